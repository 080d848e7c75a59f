#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES (64 * 1024)

vc_ms vc_client_clock_ms(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (vc_ms)now.tv_sec * 1000 + (vc_ms)now.tv_nsec / 1000000;
}

void vc_client_init(struct vc_client *client)
{
    *client = (struct vc_client){.fd = -1};
}

static vc_err from_errno(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
        return VC_ERR_NO_DAEMON;
    case EACCES:
    case EPERM:
        return VC_ERR_PERMISSION;
    case ENOMEM:
        return VC_ERR_NO_MEMORY;
    default:
        return VC_ERR_IO;
    }
}

vc_err vc_client_open(struct vc_client *client, const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(addr.sun_path))
        return VC_ERR_USAGE;
    memcpy(addr.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return from_errno(errno);
    if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
        vc_err err = from_errno(errno);
        (void)close(fd); /* nothing was written to it */
        return err;
    }
    client->fd = fd;
    client->in_len = 0;
    client->in_used = 0;
    return VC_OK;
}

void vc_client_close(struct vc_client *client)
{
    if (client->fd >= 0)
        (void)close(client->fd); /* what was sent is confirmed by answers, not by this */
    free(client->in);
    json_decref(client->events);
    vc_client_init(client);
}

vc_err vc_client_write(struct vc_client *client, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(client->fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return from_errno(errno);
        bytes += sent;
        len -= (size_t)sent;
    }
    return VC_OK;
}

/* Makes room for another READ_BYTES behind what is there. */
static vc_err make_room(struct vc_client *client)
{
    if (client->in_used > 0) {
        memmove(client->in, client->in + client->in_used, client->in_len - client->in_used);
        client->in_len -= client->in_used;
        client->in_used = 0;
    }
    if (client->in_len > VC_CONTROL_LINE_MAX)
        return VC_ERR_MALFORMED;
    if (client->in_room - client->in_len >= READ_BYTES)
        return VC_OK;
    size_t room = client->in_room * 2 + READ_BYTES;
    char *in = realloc(client->in, room);
    if (in == NULL)
        return VC_ERR_NO_MEMORY;
    client->in = in;
    client->in_room = room;
    return VC_OK;
}

/* Waits for bytes and takes what is there. */
static vc_err fill(struct vc_client *client, int wait_ms)
{
    struct pollfd pollfd = {.fd = client->fd, .events = POLLIN};

    vc_err err = make_room(client);
    if (err != VC_OK)
        return err;
    int ready = poll(&pollfd, 1, wait_ms);
    if (ready == 0)
        return VC_ERR_TIMEOUT;
    if (ready < 0)
        return errno == EINTR ? VC_OK : from_errno(errno);
    ssize_t got = recv(client->fd, client->in + client->in_len,
                       client->in_room - client->in_len, 0);
    if (got < 0)
        return errno == EINTR ? VC_OK : from_errno(errno);
    if (got == 0)
        return VC_ERR_NO_DAEMON;
    client->in_len += (size_t)got;
    return VC_OK;
}

static const char *line_end(const struct vc_client *client)
{
    if (client->in_len == client->in_used)
        return NULL;
    return memchr(client->in + client->in_used, '\n', client->in_len - client->in_used);
}

bool vc_client_has_more(const struct vc_client *client)
{
    return json_array_size(client->events) > 0 || line_end(client) != NULL;
}

/* The next line from veched. */
static vc_err next_line(struct vc_client *client, int wait_ms,
                        struct vc_control_message *ret_message)
{
    vc_ms end_at = vc_ms_after(vc_client_clock_ms(), wait_ms < 0 ? VC_NEVER : (vc_ms)wait_ms);
    const char *end = line_end(client);

    while (end == NULL) {
        vc_ms now = vc_client_clock_ms();
        int left_ms = wait_ms < 0 ? -1 : now >= end_at ? 0 : (int)(end_at - now);
        vc_err err = client->fd < 0 ? VC_ERR_NO_DAEMON : fill(client, left_ms);
        if (err != VC_OK)
            return err;
        end = line_end(client);
    }
    const char *start = client->in + client->in_used;
    struct vc_bytes line = {(const uint8_t *)start, (size_t)(end - start)};
    vc_err err = vc_control_message_read(line, ret_message);
    client->in_used += line.len + 1;
    return err == VC_ERR_MALFORMED ? VC_ERR_VERSION : err;
}

vc_err vc_client_send(struct vc_client *client, const char *method, json_t *params,
                      int64_t *ret_id)
{
    size_t len = 0;

    if (client->fd < 0) {
        json_decref(params);
        return VC_ERR_NO_DAEMON;
    }
    char *line = vc_control_call(client->last_id + 1, method, params, &len);
    if (line == NULL)
        return VC_ERR_TOO_LONG;
    vc_err err = vc_client_write(client, line, len);
    free(line);
    if (err == VC_OK)
        *ret_id = ++client->last_id;
    return err;
}

/* Keeps an event that came while somebody waited for something else. */
static vc_err keep_event(struct vc_client *client, json_t *params)
{
    if (client->events == NULL)
        client->events = json_array();
    return json_array_append_new(client->events, params) == 0 ? VC_OK : VC_ERR_NO_MEMORY;
}

vc_err vc_client_call(struct vc_client *client, const char *method, json_t *params,
                      json_t **ret_result)
{
    struct vc_control_message message;
    int64_t id = 0;

    client->failure = (struct vc_control_message){0};
    vc_err err = vc_client_send(client, method, params, &id);
    vc_ms end_at = vc_client_clock_ms() + VC_CLIENT_CALL_MS;
    while (err == VC_OK) {
        vc_ms now = vc_client_clock_ms();
        err = next_line(client, now >= end_at ? 0 : (int)(end_at - now), &message);
        if (err != VC_OK)
            break;
        if (message.is_notification) {
            err = keep_event(client, message.body);
            continue;
        }
        if (message.id != id) { /* an answer that nobody waits for any more */
            json_decref(message.body);
            continue;
        }
        if (message.err != VC_OK) {
            client->failure = message;
            return message.err;
        }
        if (ret_result != NULL)
            *ret_result = message.body;
        else
            json_decref(message.body);
        return VC_OK;
    }
    return err;
}

vc_err vc_client_next(struct vc_client *client, int wait_ms,
                      struct vc_control_message *ret_message)
{
    if (json_array_size(client->events) == 0)
        return next_line(client, wait_ms, ret_message);
    *ret_message = (struct vc_control_message){
        .is_notification = true, .body = json_incref(json_array_get(client->events, 0))};
    /* It is there, so it can be taken out. */
    (void)json_array_remove(client->events, 0);
    return VC_OK;
}

vc_err vc_client_event(struct vc_client *client, int wait_ms, json_t **ret_params)
{
    struct vc_control_message message;
    vc_ms end_at = vc_ms_after(vc_client_clock_ms(), wait_ms < 0 ? VC_NEVER : (vc_ms)wait_ms);

    for (;;) {
        vc_ms now = vc_client_clock_ms();
        int left_ms = wait_ms < 0 ? -1 : now >= end_at ? 0 : (int)(end_at - now);
        vc_err err = vc_client_next(client, left_ms, &message);
        if (err != VC_OK)
            return err;
        if (message.is_notification) {
            *ret_params = message.body;
            return VC_OK;
        }
        json_decref(message.body);
    }
}
