#include "node/edge/client.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/prim.h"
#include "node/edge/daemon.h"
#include "node/edge/methods.h"
#include "node/edge/wiping.h"

#define LINE_MAX_BYTES ((size_t)VC_CONTROL_LINE_MAX)

/* Buffers that have grown beyond this are given back when they are empty. */
#define KEPT_ROOM_BYTES ((size_t)64 * 1024)

static void release(struct vc_client_bytes *buffer)
{
    vc_wiping_free(buffer->bytes);
    *buffer = (struct vc_client_bytes){0};
}

static bool make_room(struct vc_client_bytes *buffer, size_t len)
{
    size_t room = buffer->room == 0 ? KEPT_ROOM_BYTES : buffer->room;
    char *grown;

    if (buffer->room - buffer->len >= len) {
        return true;
    }
    while (room - buffer->len < len) {
        room *= 2;
    }
    grown = vc_wiping_grow(buffer->bytes, buffer->len, room);
    if (grown == NULL) {
        return false;
    }
    buffer->bytes = grown;
    buffer->room = room;
    return true;
}

/* Drops the first @len bytes, and leaves nothing of them. */
static void drop_front(struct vc_client_bytes *buffer, size_t len)
{
    if (len == 0) {
        return;
    }
    buffer->len -= len;
    memmove(buffer->bytes, buffer->bytes + len, buffer->len);
    vc_wipe(buffer->bytes + buffer->len, len);
    if (buffer->len > 0) {
        return;
    }
    if (buffer->room > KEPT_ROOM_BYTES) {
        release(buffer);
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct vc_client *client = handle->data;

    release(&client->in);
    release(&client->gathered);
    release(&client->leaving);
    client->is_taken = false;
    vc_control_server_left(client->server);
}

void vc_client_close(struct vc_client *client)
{
    if (client->is_closing) {
        return;
    }
    if (!client->is_writing && client->gathered.len > 0) {
        uv_buf_t buffer = uv_buf_init(client->gathered.bytes, (unsigned)client->gathered.len);

        /* The last words are a courtesy. */
        (void)uv_try_write((uv_stream_t *)&client->pipe, &buffer, 1);
    }
    client->is_closing = true;
    vc_control_server_forget(client->server, client);
    uv_close((uv_handle_t *)&client->pipe, on_closed);
}

size_t vc_client_backlog(const struct vc_client *client)
{
    return client->gathered.len + client->leaving.len;
}

static void on_written(uv_write_t *request, int status)
{
    struct vc_client *client = request->data;

    client->is_writing = false;
    drop_front(&client->leaving, client->leaving.len);
    if (status != 0) {
        vc_client_close(client);
        return;
    }
    vc_daemon_enter(client->server->daemon);
    client->server->has_work = true; /* his requests and events go on */
}

void vc_client_flush(struct vc_client *client)
{
    struct vc_client_bytes rest = client->gathered;
    uv_buf_t buffer = uv_buf_init(rest.bytes, (unsigned)rest.len);
    int taken;

    if (client->is_closing || client->is_writing || rest.len == 0) {
        return;
    }
    /* Most clients read at once: then nothing has to wait. */
    taken = uv_try_write((uv_stream_t *)&client->pipe, &buffer, 1);
    if (taken == (int)rest.len) {
        drop_front(&client->gathered, rest.len);
        return;
    }
    if (taken < 0 && taken != UV_EAGAIN) {
        vc_client_close(client);
        return;
    }
    client->gathered = client->leaving;
    client->leaving = rest;
    client->write.data = client;
    buffer = uv_buf_init(rest.bytes + (taken > 0 ? taken : 0),
                         (unsigned)(rest.len - (taken > 0 ? (size_t)taken : 0)));
    if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &buffer, 1, on_written) != 0) {
        vc_client_close(client);
        return;
    }
    client->is_writing = true;
}

void vc_client_write(struct vc_client *client, char *line, size_t len)
{
    if (client->is_closing) {
        vc_wiping_free(line);
        return;
    }
    if (line == NULL || !make_room(&client->gathered, len)) {
        vc_wiping_free(line);
        vc_client_close(client);
        return;
    }
    memcpy(client->gathered.bytes + client->gathered.len, line, len);
    client->gathered.len += len;
    vc_wiping_free(line);
}

void vc_client_reply(struct vc_client *client, const json_t *id, json_t *result)
{
    size_t len;
    char *line = vc_control_reply(id, result, &len);

    vc_client_write(client, line, len);
}

void vc_client_fail(struct vc_client *client, const json_t *id, vc_err err,
                    const char *detail)
{
    size_t len;
    char *line = vc_control_failure(id, err, detail, &len);

    vc_client_write(client, line, len);
}

/* The vc_err that means "not now": the request is kept and carried out later. */
static bool should_wait(struct vc_daemon *daemon, vc_err err)
{
    if (err != VC_ERR_FULL) {
        return false;
    }
    vc_turn_submit(daemon); /* what fills the batch may be this turn itself */
    return vc_store_is_busy(daemon->store);
}

/* false: the request has to be tried again when there is room. */
static bool answer(struct vc_client *client, const struct vc_control_request *request)
{
    struct vc_method_call call = {.daemon = client->server->daemon,
                                  .client = client,
                                  .id = request->id,
                                  .params = request->params,
                                  .result = json_object()};
    vc_err err = call.result != NULL ? vc_method_run(request->method, &call)
                                     : VC_ERR_NO_MEMORY;

    if (err == VC_OK && call.is_later) {
        json_decref(call.result);
        return true;
    }
    if (err == VC_OK && call.is_durable && request->id != NULL) {
        vc_control_server_park(client->server, client, request->id, call.result);
        return true;
    }
    if (err == VC_OK && request->id != NULL) {
        vc_client_reply(client, request->id, call.result);
        return true;
    }
    json_decref(call.result);
    if (should_wait(call.daemon, err)) {
        return false;
    }
    if (request->id != NULL) { /* a notification is not answered */
        vc_client_fail(client, request->id, err, call.detail);
    }
    return true;
}

static bool take_line(struct vc_client *client, struct vc_bytes line)
{
    struct vc_control_request request = {0};
    char detail[VC_DETAIL_MAX] = "";
    vc_err err = vc_control_request_read(line, &request, detail, sizeof detail);
    bool is_done = true;

    if (err == VC_OK) {
        is_done = answer(client, &request);
    } else {
        vc_client_fail(client, request.id, err, detail);
        if (err == VC_ERR_NO_MEMORY) {
            vc_client_close(client); /* whose request that was cannot be told */
        }
    }
    vc_control_request_clear(&request);
    return is_done;
}

static bool may_take_more(struct vc_client *client)
{
    if (vc_client_backlog(client) < VC_EDGE_REPLY_BACKLOG_BYTES) {
        return vc_control_server_has_place(client->server); /* a commit gives places */
    }
    /* Until he has read his replies, which may be as soon as they leave. */
    client->server->has_work |= !client->is_writing;
    return false;
}

static void set_reading(struct vc_client *client, bool is_reading);

void vc_client_take_requests(struct vc_client *client)
{
    struct vc_client_bytes *in = &client->in;
    const char *end = NULL;
    size_t at = 0, taken = 0;

    while (!client->is_closing && in->len > client->in_seen) {
        end = memchr(in->bytes + client->in_seen, '\n', in->len - client->in_seen);
        if (end == NULL) {
            client->in_seen = in->len;
            break;
        }
        if (taken == VC_EDGE_REQUESTS_PER_TURN) {
            client->server->has_work = true; /* the others have their turn first */
            break;
        }
        if (!may_take_more(client) ||
            !take_line(client, (struct vc_bytes){(const uint8_t *)in->bytes + at,
                                                 (size_t)(end - in->bytes) - at})) {
            break;
        }
        /* It may have held a passphrase. */
        vc_wipe(in->bytes + at, (size_t)(end - in->bytes) - at);
        at = client->in_seen = (size_t)(end - in->bytes) + 1;
        end = NULL;
        taken++;
    }
    if (client->is_closing) {
        return;
    }
    client->in_seen -= at;
    drop_front(in, at);
    if (end == NULL && in->len >= LINE_MAX_BYTES) {
        vc_client_fail(client, NULL, VC_ERR_BAD_REQUEST, "the line is longer than 1 MiB");
        vc_client_close(client);
        return;
    }
    set_reading(client, end == NULL);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    struct vc_client *client = handle->data;
    struct vc_client_bytes *in = &client->in;

    (void)suggested;
    if (in->len == in->room && in->room < LINE_MAX_BYTES) {
        (void)make_room(in, 1); /* libuv takes an empty buffer for an error and says so */
    }
    *ret_buffer = uv_buf_init(in->bytes + in->len, (unsigned)(in->room - in->len));
}

static void on_bytes(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct vc_client *client = stream->data;

    (void)buffer;
    if (len < 0) {
        vc_client_close(client);
        return;
    }
    if (len == 0) {
        return;
    }
    vc_daemon_enter(client->server->daemon);
    client->in.len += (size_t)len;
    client->server->has_work = true;
    if (client->in.len >= KEPT_ROOM_BYTES) {
        set_reading(client, false); /* first what there is */
    }
}

static void set_reading(struct vc_client *client, bool is_reading)
{
    if (client->is_closing || client->is_reading == is_reading) {
        return;
    }
    client->is_reading = is_reading;
    if (!is_reading) {
        (void)uv_read_stop((uv_stream_t *)&client->pipe); /* cannot fail */
    } else if (uv_read_start((uv_stream_t *)&client->pipe, on_room, on_bytes) != 0) {
        vc_client_close(client);
    }
}

void vc_client_open(struct vc_client *client)
{
    set_reading(client, true);
}
