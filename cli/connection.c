#include "cli/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 * 1024)

vc_ms vc_connection_clock_ms(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (vc_ms)now.tv_sec * 1000 + (vc_ms)now.tv_nsec / 1000000;
}

void vc_connection_init(struct vc_connection *connection)
{
    *connection = (struct vc_connection){.fd = -1};
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

vc_err vc_connection_open(struct vc_connection *connection, const char *path)
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
    connection->fd = fd;
    connection->in_len = 0;
    connection->in_used = 0;
    return VC_OK;
}

void vc_connection_close(struct vc_connection *connection)
{
    if (connection->fd >= 0)
        (void)close(
            connection->fd); /* what was sent is confirmed by answers, not by this */
    free(connection->in);
    json_decref(connection->events);
    vc_connection_init(connection);
}

vc_err vc_connection_write(struct vc_connection *connection, const char *bytes,
                           size_t len)
{
    while (len > 0) {
        ssize_t sent = send(connection->fd, bytes, len, MSG_NOSIGNAL);
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
static vc_err make_room(struct vc_connection *connection)
{
    if (connection->in_used > 0) {
        memmove(connection->in, connection->in + connection->in_used,
                connection->in_len - connection->in_used);
        connection->in_len -= connection->in_used;
        connection->in_used = 0;
    }
    if (connection->in_len > VC_CONTROL_LINE_MAX)
        return VC_ERR_MALFORMED;
    if (connection->in_room - connection->in_len >= READ_BYTES)
        return VC_OK;
    size_t room = connection->in_room * 2 + READ_BYTES;
    char *in = realloc(connection->in, room);
    if (in == NULL)
        return VC_ERR_NO_MEMORY;
    connection->in = in;
    connection->in_room = room;
    return VC_OK;
}

/* Waits for bytes and takes what is there. */
static vc_err fill(struct vc_connection *connection, int wait_ms)
{
    struct pollfd pollfd = {.fd = connection->fd, .events = POLLIN};

    vc_err err = make_room(connection);
    if (err != VC_OK)
        return err;
    int ready = poll(&pollfd, 1, wait_ms);
    if (ready == 0)
        return VC_ERR_TIMEOUT;
    if (ready < 0)
        return errno == EINTR ? VC_OK : from_errno(errno);
    ssize_t got = recv(connection->fd, connection->in + connection->in_len,
                       connection->in_room - connection->in_len, 0);
    if (got < 0)
        return errno == EINTR ? VC_OK : from_errno(errno);
    if (got == 0)
        return VC_ERR_NO_DAEMON;
    connection->in_len += (size_t)got;
    return VC_OK;
}

static const char *line_end(const struct vc_connection *connection)
{
    if (connection->in_len == connection->in_used)
        return NULL;
    return memchr(connection->in + connection->in_used, '\n',
                  connection->in_len - connection->in_used);
}

bool vc_connection_has_more(const struct vc_connection *connection)
{
    return json_array_size(connection->events) > 0 || line_end(connection) != NULL;
}

/* The next line from veched. */
static vc_err next_line(struct vc_connection *connection, int wait_ms,
                        struct vc_control_message *ret_message)
{
    vc_ms end_at =
        vc_ms_after(vc_connection_clock_ms(), wait_ms < 0 ? VC_NEVER : (vc_ms)wait_ms);
    const char *end = line_end(connection);

    while (end == NULL) {
        vc_ms now = vc_connection_clock_ms();
        int left_ms = wait_ms < 0 ? -1 : now >= end_at ? 0 : (int)(end_at - now);
        vc_err err = connection->fd < 0 ? VC_ERR_NO_DAEMON : fill(connection, left_ms);
        if (err != VC_OK)
            return err;
        end = line_end(connection);
    }
    const char *start = connection->in + connection->in_used;
    struct vc_bytes line = {(const uint8_t *)start, (size_t)(end - start)};
    vc_err err = vc_control_message_read(line, ret_message);
    connection->in_used += line.len + 1;
    return err == VC_ERR_MALFORMED ? VC_ERR_VERSION : err;
}

vc_err vc_connection_send(struct vc_connection *connection, const char *method,
                          json_t *params, int64_t *ret_id)
{
    size_t len = 0;

    if (connection->fd < 0) {
        json_decref(params);
        return VC_ERR_NO_DAEMON;
    }
    char *line = vc_control_call(connection->last_id + 1, method, params, &len);
    if (line == NULL)
        return VC_ERR_TOO_LONG;
    vc_err err = vc_connection_write(connection, line, len);
    free(line);
    if (err == VC_OK)
        *ret_id = ++connection->last_id;
    return err;
}

/* Keeps an event that came while somebody waited for something else. */
static vc_err keep_event(struct vc_connection *connection, json_t *params)
{
    if (connection->events == NULL)
        connection->events = json_array();
    return json_array_append_new(connection->events, params) == 0 ? VC_OK
                                                                  : VC_ERR_NO_MEMORY;
}

vc_err vc_connection_call(struct vc_connection *connection, const char *method,
                          json_t *params, json_t **ret_result)
{
    struct vc_control_message message;
    int64_t id = 0;

    connection->failure = (struct vc_control_message){0};
    vc_err err = vc_connection_send(connection, method, params, &id);
    vc_ms end_at = vc_connection_clock_ms() + VC_CONNECTION_CALL_MS;
    while (err == VC_OK) {
        vc_ms now = vc_connection_clock_ms();
        err = next_line(connection, now >= end_at ? 0 : (int)(end_at - now), &message);
        if (err != VC_OK)
            break;
        if (message.is_notification) {
            err = keep_event(connection, message.body);
            continue;
        }
        if (message.id != id) { /* an answer that nobody waits for any more */
            json_decref(message.body);
            continue;
        }
        if (message.err != VC_OK) {
            connection->failure = message;
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

vc_err vc_connection_next(struct vc_connection *connection, int wait_ms,
                          struct vc_control_message *ret_message)
{
    if (json_array_size(connection->events) == 0)
        return next_line(connection, wait_ms, ret_message);
    *ret_message = (struct vc_control_message){
        .is_notification = true,
        .body = json_incref(json_array_get(connection->events, 0))};
    /* It is there, so it can be taken out. */
    (void)json_array_remove(connection->events, 0);
    return VC_OK;
}

vc_err vc_connection_event(struct vc_connection *connection, int wait_ms,
                           json_t **ret_params)
{
    struct vc_control_message message;
    vc_ms end_at =
        vc_ms_after(vc_connection_clock_ms(), wait_ms < 0 ? VC_NEVER : (vc_ms)wait_ms);

    for (;;) {
        vc_ms now = vc_connection_clock_ms();
        int left_ms = wait_ms < 0 ? -1 : now >= end_at ? 0 : (int)(end_at - now);
        vc_err err = vc_connection_next(connection, left_ms, &message);
        if (err != VC_OK)
            return err;
        if (message.is_notification) {
            *ret_params = message.body;
            return VC_OK;
        }
        json_decref(message.body);
    }
}
