/*
 * rpc: the control protocol on standard input and output, for programs that would rather
 * start a child than open a socket.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"

/* One line of the protocol at most, and what was read behind it. */
#define ROOM_BYTES ((size_t)2 * VC_CONTROL_LINE_MAX)
/* So many requests are on their way at most: their answers must not pile up. */
#define UNANSWERED_MAX 256

struct bridge {
    char *in; /* requests that were read and not passed on */
    size_t in_len;
    char *out; /* the part of a line of veched's that has come */
    size_t out_len;
    int64_t unanswered;
    bool is_input_over;
    bool is_over;
    int exit_code;
};

static bool is_blank(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    }
    return true;
}

/* Will a request be answered?  One that cannot be read is, too. */
static bool is_answered(const char *line, size_t len)
{
    json_t *request = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
    bool is_call = request == NULL || !json_is_object(request) ||
                   json_object_get(request, "id") != NULL;
    json_decref(request);
    return is_call;
}

static bool is_answer(const char *line, size_t len)
{
    json_t *reply = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
    bool is_reply = json_object_get(reply, "method") == NULL;

    json_decref(reply);
    return is_reply;
}

static void stop(struct vc_cli *cli, struct bridge *bridge, vc_err err)
{
    bridge->exit_code = vc_cli_fail(cli, err, NULL);
    bridge->is_over = true;
}

/* Passes whole lines on, as long as not too many are unanswered. */
static void pass_requests(struct vc_cli *cli, struct bridge *bridge)
{
    size_t used = 0;

    while (!bridge->is_over && bridge->unanswered < UNANSWERED_MAX) {
        const char *line = bridge->in + used;
        const char *end = memchr(line, '\n', bridge->in_len - used);
        if (end == NULL)
            break;
        size_t len = (size_t)(end - line) + 1;
        used += len;
        if (is_blank(line, len - 1))
            continue;
        if (is_answered(line, len - 1))
            bridge->unanswered++;
        vc_err err = vc_connection_write(&cli->connection, line, len);
        if (err != VC_OK)
            stop(cli, bridge, err);
    }
    bridge->in_len -= used;
    memmove(bridge->in, bridge->in + used, bridge->in_len);
}

static void read_input(struct vc_cli *cli, struct bridge *bridge)
{
    ssize_t got =
        read(STDIN_FILENO, bridge->in + bridge->in_len, ROOM_BYTES - bridge->in_len);

    if (got < 0 && errno == EINTR)
        return;
    if (got > 0) {
        bridge->in_len += (size_t)got;
    } else {
        bridge->is_input_over = true;
        if (bridge->in_len > 0 && bridge->in_len < ROOM_BYTES)
            bridge->in[bridge->in_len++] = '\n';
    }
    pass_requests(cli, bridge);
    if (bridge->in_len == ROOM_BYTES &&
        memchr(bridge->in, '\n', bridge->in_len) == NULL)
        stop(cli, bridge, VC_ERR_BAD_REQUEST);
}

static void write_output(struct vc_cli *cli, struct bridge *bridge, const char *bytes,
                         size_t len)
{
    /* Programs get the bytes of veched; on a terminal the same JSON, harmless. */
    if (cli->term.is_tty)
        vc_term_json(stdout, bytes, len);
    else
        (void)fwrite(bytes, 1, len, stdout);
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        stop(cli, bridge, VC_ERR_IO);
}

static void read_daemon(struct vc_cli *cli, struct bridge *bridge)
{
    ssize_t got = read(cli->connection.fd, bridge->out + bridge->out_len,
                       ROOM_BYTES - bridge->out_len);
    size_t used = 0;

    if (got < 0 && errno == EINTR)
        return;
    if (got <= 0) {
        stop(cli, bridge, VC_ERR_NO_DAEMON);
        return;
    }
    bridge->out_len += (size_t)got;
    for (;;) {
        const char *line = bridge->out + used;
        const char *end = memchr(line, '\n', bridge->out_len - used);
        if (end == NULL)
            break;
        if (is_answer(line, (size_t)(end - line)))
            bridge->unanswered--;
        used += (size_t)(end - line) + 1;
    }
    write_output(cli, bridge, bridge->out, used);
    bridge->out_len -= used;
    memmove(bridge->out, bridge->out + used, bridge->out_len);
    if (bridge->out_len == ROOM_BYTES)
        stop(cli, bridge, VC_ERR_VERSION);
    pass_requests(cli, bridge);
}

int vc_command_rpc(struct vc_cli *cli)
{
    struct bridge bridge = {0};

    if (!vc_cli_connect(cli, &bridge.exit_code))
        return bridge.exit_code;
    if (isatty(STDIN_FILENO) == 1)
        (void)fputs(
            "This is JSON-RPC 2.0 for programs; try this line, and end with Ctrl-D:\n"
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"node.status\"}\n",
            stderr);
    bridge.in = calloc(1, ROOM_BYTES);
    bridge.out = calloc(1, ROOM_BYTES);
    if (bridge.in == NULL || bridge.out == NULL)
        stop(cli, &bridge, VC_ERR_NO_MEMORY);
    while (!bridge.is_over && !(bridge.is_input_over && bridge.unanswered <= 0)) {
        bool has_room = !bridge.is_input_over && bridge.in_len < ROOM_BYTES &&
                        bridge.unanswered < UNANSWERED_MAX;
        struct pollfd fds[2] = {{.fd = cli->connection.fd, .events = POLLIN},
                                {.fd = has_room ? STDIN_FILENO : -1, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            stop(cli, &bridge, VC_ERR_IO);
        if (fds[0].revents != 0)
            read_daemon(cli, &bridge);
        if (fds[1].revents != 0 && !bridge.is_over)
            read_input(cli, &bridge);
    }
    free(bridge.in);
    free(bridge.out);
    return bridge.exit_code;
}
