#include "node/edge/control_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/edge/daemon.h"
#include "node/edge/log.h"
#include "node/edge/methods.h"
#include "node/edge/shapes.h"

/* A line on its way to a client. */
struct outgoing {
    uv_write_t request;
    struct vc_client *client;
    char *line;
    size_t len;
};

#define FIRST_ROOM_BYTES 4096

static void on_client_closed(uv_handle_t *handle)
{
    struct vc_client *client = handle->data;
    struct vc_control_server *server = client->server;

    for (size_t i = 0; i < VC_EDGE_CLIENTS_MAX; i++) {
        if (server->clients[i] == client) {
            server->clients[i] = NULL;
        }
    }
    free(client->in);
    free(client);
}

static void close_client(struct vc_client *client)
{
    struct vc_control_server *server = client->server;

    if (client->is_closing) {
        return;
    }
    client->is_closing = true;
    for (size_t i = 0; i < server->parked_count; i++) {
        struct vc_parked_reply *parked =
            &server->parked[(server->parked_first + i) % VC_EDGE_PARKED_MAX];

        if (parked->client == client) {
            parked->client = NULL; /* what was promised is kept all the same */
        }
    }
    uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

static void set_reading(struct vc_client *client, bool is_reading);

static void on_written(uv_write_t *request, int status)
{
    struct outgoing *outgoing = (struct outgoing *)(void *)request;
    struct vc_client *client = outgoing->client;

    client->out_bytes -= outgoing->len;
    free(outgoing->line);
    free(outgoing);
    if (status != 0) {
        close_client(client);
        return;
    }
    if (client->out_bytes == 0) {
        /* He has taken everything: go on with his requests and events. */
        vc_daemon_enter(client->server->daemon);
        client->server->has_work = true;
    }
}

/* Takes over @line. */
static void write_line(struct vc_client *client, char *line, size_t len)
{
    struct outgoing *outgoing = malloc(sizeof *outgoing);
    uv_buf_t buffer = uv_buf_init(line, (unsigned)len);
    int written;

    if (line == NULL || outgoing == NULL || client->is_closing) {
        free(line);
        free(outgoing);
        if (!client->is_closing) {
            close_client(client); /* a lost reply is worse than a lost connection */
        }
        return;
    }
    /* Most clients read at once: then nothing has to be kept. */
    written = client->out_bytes == 0
                  ? uv_try_write((uv_stream_t *)&client->pipe, &buffer, 1)
                  : UV_EAGAIN;
    if (written == (int)len) {
        free(line);
        free(outgoing);
        return;
    }
    outgoing->client = client;
    outgoing->line = line;
    outgoing->len = len;
    if (written > 0) {
        buffer = uv_buf_init(line + written, (unsigned)(len - (size_t)written));
    }
    client->out_bytes += len;
    if (uv_write(&outgoing->request, (uv_stream_t *)&client->pipe, &buffer, 1, on_written) !=
        0) {
        client->out_bytes -= len;
        free(line);
        free(outgoing);
        close_client(client);
    }
}

void vc_client_reply(struct vc_client *client, const json_t *id, json_t *result)
{
    size_t len;
    char *line = vc_control_reply(id, result, &len);

    write_line(client, line, len);
}

void vc_client_fail(struct vc_client *client, const json_t *id, vc_err err,
                    const char *detail)
{
    size_t len;
    char *line = vc_control_failure(id, err, detail, &len);

    write_line(client, line, len);
}

vc_err vc_client_park(struct vc_client *client, json_t *id, json_t *result)
{
    struct vc_control_server *server = client->server;
    struct vc_parked_reply *parked;

    if (server->parked_count == VC_EDGE_PARKED_MAX) {
        return VC_ERR_FULL;
    }
    parked = &server->parked[(server->parked_first + server->parked_count) %
                             VC_EDGE_PARKED_MAX];
    server->parked_count++;
    *parked = (struct vc_parked_reply){
        .client = client, .id = json_incref(id), .result = result};
    client->parked++;
    return VC_OK;
}

/* The vc_err that means "not now": the request is kept and carried out later. */
static bool should_wait(struct vc_daemon *daemon, vc_err err)
{
    return err == VC_ERR_FULL && vc_store_is_busy(daemon->store);
}

/* false: the line has to be tried again when there is room. */
static bool answer(struct vc_client *client, const struct vc_control_request *request)
{
    struct vc_method_call call = {.daemon = client->server->daemon,
                                  .client = client,
                                  .params = request->params,
                                  .result = json_object()};
    vc_err err = call.result != NULL ? vc_method_run(request->method, &call)
                                     : VC_ERR_NO_MEMORY;

    if (err != VC_OK && should_wait(call.daemon, err)) {
        json_decref(call.result);
        return false;
    }
    if (err == VC_OK && call.is_durable && request->id != NULL) {
        err = vc_client_park(client, request->id, call.result);
        VC_CHECK(err == VC_OK); /* requests are not read while there is no place */
        return true;
    }
    if (request->id == NULL) {
        json_decref(call.result); /* a notification is not answered */
    } else if (err == VC_OK) {
        vc_client_reply(client, request->id, call.result);
    } else {
        json_decref(call.result);
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
    }
    vc_control_request_clear(&request);
    return is_done;
}

static bool may_take_more(const struct vc_client *client)
{
    const struct vc_control_server *server = client->server;

    return !client->is_closing && client->out_bytes < VC_EDGE_REPLY_BACKLOG_BYTES &&
           server->parked_count < VC_EDGE_PARKED_MAX;
}

/* Carries out the whole lines that have come; what is left moves to the front. */
static void take_lines(struct vc_client *client)
{
    size_t taken = 0;
    const char *end = NULL;

    client->is_stalled = false;
    while (may_take_more(client) && taken < VC_EDGE_REQUESTS_PER_TURN) {
        const char *start = client->in + client->in_at;
        size_t len = client->in_len - client->in_at;

        end = len > 0 ? memchr(start, '\n', len) : NULL;
        if (end == NULL) {
            break;
        }
        if (!take_line(client, (struct vc_bytes){(const uint8_t *)start,
                                                 (size_t)(end - start)})) {
            client->is_stalled = true;
            break;
        }
        client->in_at += (size_t)(end - start) + 1;
        taken++;
    }
    if (client->is_closing) {
        return;
    }
    if (client->in_at > 0) {
        memmove(client->in, client->in + client->in_at, client->in_len - client->in_at);
        client->in_len -= client->in_at;
        client->in_at = 0;
    }
    if (end == NULL && client->in_len >= VC_CONTROL_LINE_MAX) {
        vc_client_fail(client, NULL, VC_ERR_BAD_REQUEST, "the line is longer than 1 MiB");
        close_client(client);
        return;
    }
    if (end != NULL && !client->is_stalled) {
        client->server->has_work = true; /* more in the next turn */
    }
    set_reading(client, end == NULL);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    struct vc_client *client = handle->data;
    size_t room = client->in_room;

    (void)suggested;
    if (client->in_len == room && room < VC_CONTROL_LINE_MAX) {
        char *grown;

        room = room == 0 ? FIRST_ROOM_BYTES : room * 2;
        grown = realloc(client->in, room);
        if (grown != NULL) {
            client->in = grown;
            client->in_room = room;
        }
    }
    *ret_buffer = uv_buf_init(client->in + client->in_len,
                              (unsigned)(client->in_room - client->in_len));
}

static void on_request_bytes(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct vc_client *client = stream->data;

    (void)buffer;
    if (len < 0) {
        close_client(client);
        return;
    }
    if (len == 0) {
        return;
    }
    vc_daemon_enter(client->server->daemon);
    client->in_len += (size_t)len;
    if (client->server->daemon->node != NULL) {
        take_lines(client);
    }
}

static void set_reading(struct vc_client *client, bool is_reading)
{
    if (client->is_closing || client->is_reading == is_reading) {
        return;
    }
    client->is_reading = is_reading;
    if (is_reading) {
        if (uv_read_start((uv_stream_t *)&client->pipe, on_room, on_request_bytes) != 0) {
            close_client(client);
        }
    } else {
        (void)uv_read_stop((uv_stream_t *)&client->pipe); /* cannot fail */
    }
}

/* Root and the owner of the process only: the socket's mode says the same. */
static bool is_peer_allowed(uv_pipe_t *pipe)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    uv_os_fd_t fd;

    return uv_fileno((uv_handle_t *)pipe, &fd) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct vc_control_server *server = listener->data;
    struct vc_client *client = calloc(1, sizeof *client);
    size_t place = 0;

    while (place < VC_EDGE_CLIENTS_MAX && server->clients[place] != NULL) {
        place++;
    }
    if (status != 0 || client == NULL ||
        uv_pipe_init(listener->loop, &client->pipe, 0) != 0) {
        free(client);
        return;
    }
    client->pipe.data = client;
    client->server = server;
    client->is_open = true;
    if (uv_accept(listener, (uv_stream_t *)&client->pipe) != 0 ||
        place == VC_EDGE_CLIENTS_MAX || !is_peer_allowed(&client->pipe)) {
        close_client(client);
        return;
    }
    server->clients[place] = client;
    set_reading(client, true);
}

/* Is somebody there?  A socket that nobody answers is a leftover of a crash. */
static bool is_answered(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there;

    if (fd < 0 || strlen(path) >= sizeof name.sun_path) {
        return false;
    }
    memcpy(name.sun_path, path, strlen(path) + 1);
    is_there = connect(fd, (struct sockaddr *)&name, sizeof name) == 0;
    close(fd);
    return is_there;
}

vc_err vc_control_server_open(struct vc_control_server *server, struct vc_daemon *daemon,
                              const char *path)
{
    mode_t mask;
    int status;

    server->daemon = daemon;
    server->parked = calloc(VC_EDGE_PARKED_MAX, sizeof *server->parked);
    if (server->parked == NULL || uv_pipe_init(&daemon->loop, &server->listener, 0) != 0) {
        return VC_ERR_NO_MEMORY;
    }
    server->listener.data = server;
    server->is_open = true;
    VC_CHECK(strlen(path) < sizeof server->path);
    memcpy(server->path, path, strlen(path) + 1);
    if (is_answered(path)) {
        return VC_ERR_ADDRESS_IN_USE;
    }
    (void)unlink(path); /* a leftover; if it is not, bind says so */
    mask = umask(0177);
    status = uv_pipe_bind(&server->listener, path);
    umask(mask);
    if (status == 0) {
        status = uv_listen((uv_stream_t *)&server->listener, 16, on_connection);
    }
    if (status != 0) {
        vc_log(VC_LOG_ERROR, "the control socket cannot be made: %s", uv_strerror(status));
        return status == UV_EACCES ? VC_ERR_PERMISSION : VC_ERR_IO;
    }
    return VC_OK;
}

void vc_control_server_close(struct vc_control_server *server)
{
    if (!server->is_open) {
        return;
    }
    server->is_open = false;
    for (size_t i = 0; i < VC_EDGE_CLIENTS_MAX; i++) {
        if (server->clients[i] != NULL) {
            close_client(server->clients[i]);
        }
    }
    for (; server->parked_count > 0; server->parked_count--) {
        struct vc_parked_reply *parked = &server->parked[server->parked_first];

        json_decref(parked->id);
        json_decref(parked->result);
        server->parked_first = (server->parked_first + 1) % VC_EDGE_PARKED_MAX;
    }
    free(server->parked);
    server->parked = NULL;
    (void)unlink(server->path); /* may be gone already */
    uv_close((uv_handle_t *)&server->listener, NULL);
}

void vc_control_server_submitted(struct vc_control_server *server, uint64_t ticket)
{
    for (size_t i = server->parked_count; i-- > 0;) {
        struct vc_parked_reply *parked =
            &server->parked[(server->parked_first + i) % VC_EDGE_PARKED_MAX];

        if (parked->ticket != 0) {
            break; /* and so all before it */
        }
        parked->ticket = ticket;
    }
    if (server->daemon->committed >= ticket) {
        vc_control_server_committed(server, ticket); /* nothing had to be written */
    }
}

/* Takes the oldest parked reply out and sends it, or the error in its place. */
static void release_first(struct vc_control_server *server, vc_err err)
{
    struct vc_parked_reply parked = server->parked[server->parked_first];

    server->parked_first = (server->parked_first + 1) % VC_EDGE_PARKED_MAX;
    server->parked_count--;
    if (parked.client == NULL) {
        json_decref(parked.result);
    } else if (err == VC_OK) {
        parked.client->parked--;
        vc_client_reply(parked.client, parked.id, parked.result);
    } else {
        parked.client->parked--;
        json_decref(parked.result);
        vc_client_fail(parked.client, parked.id, err, "");
    }
    json_decref(parked.id);
}

void vc_control_server_committed(struct vc_control_server *server, uint64_t ticket)
{
    while (server->parked_count > 0) {
        const struct vc_parked_reply *parked = &server->parked[server->parked_first];

        if (parked->ticket == 0 || parked->ticket > ticket) {
            break;
        }
        release_first(server, VC_OK);
    }
    server->has_work = true; /* events may have become readable */
}

void vc_control_server_failed(struct vc_control_server *server, vc_err err)
{
    while (server->parked_count > 0) {
        release_first(server, err);
    }
}

struct event_feed {
    struct vc_client *client;
    struct vc_daemon *daemon;
    size_t given;
    bool has_more;
};

static bool feed_event(void *ctx, const struct vc_event *event)
{
    struct event_feed *feed = ctx;
    struct vc_client *client = feed->client;
    json_t *params;
    size_t len = 0;
    char *line;

    if (feed->given == VC_EDGE_EVENTS_PER_TURN || client->is_closing ||
        client->out_bytes > VC_EDGE_EVENT_BACKLOG_BYTES) {
        feed->has_more = client->out_bytes == 0;
        return false;
    }
    params = vc_shape_event(vc_node_chat(feed->daemon->node), &feed->daemon->now, event);
    if (json_is_null(params)) {
        client->event_cursor = event->seq;
        return true;
    }
    line = params != NULL ? vc_control_notify("event", params, &len) : NULL;
    write_line(client, line, len);
    client->event_cursor = event->seq;
    feed->given++;
    return true;
}

static void feed_events(struct vc_client *client)
{
    struct vc_daemon *daemon = client->server->daemon;
    struct vc_chat *chat = vc_node_chat(daemon->node);
    struct event_feed feed = {.client = client, .daemon = daemon};

    if (!client->is_subscribed || client->event_cursor >= vc_chat_event_last(chat) ||
        client->out_bytes > VC_EDGE_EVENT_BACKLOG_BYTES) {
        return;
    }
    if (vc_chat_events(chat, client->event_cursor, feed_event, &feed) == VC_ERR_GAP) {
        json_t *params = json_pack("{s:s, s:I}", "kind", "gap", "first",
                                   (json_int_t)vc_chat_event_first(chat));
        size_t len;
        char *line = vc_control_notify("event", params, &len);

        client->is_subscribed = false;
        write_line(client, line, len);
    }
    if (feed.has_more) {
        client->server->has_work = true;
    }
}

void vc_control_server_resume(struct vc_control_server *server)
{
    server->has_work = false;
    for (size_t i = 0; i < VC_EDGE_CLIENTS_MAX; i++) {
        struct vc_client *client = server->clients[i];

        if (client == NULL || client->is_closing) {
            continue;
        }
        feed_events(client);
        if (client->in_len > client->in_at && !client->is_closing) {
            take_lines(client);
        }
    }
}

void vc_control_server_tell(struct vc_control_server *server, json_t *params)
{
    for (size_t i = 0; params != NULL && i < VC_EDGE_CLIENTS_MAX; i++) {
        struct vc_client *client = server->clients[i];
        size_t len;
        char *line;

        /* It is not kept: who is behind does without it. */
        if (client == NULL || !client->is_subscribed || client->is_closing ||
            client->out_bytes > VC_EDGE_EVENT_BACKLOG_BYTES) {
            continue;
        }
        line = vc_control_notify("event", json_incref(params), &len);
        write_line(client, line, len);
    }
    json_decref(params);
}
