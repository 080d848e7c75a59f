/*
 * chat: a conversation line by line, for people and for pipes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"

#define LIMIT      10
#define READ_BYTES 65536
/* So many are on their way at most: veched's answers must not pile up unread. */
#define UNANSWERED_MAX 64

struct chat {
    int64_t contact;
    char name[128];
    char param[32];      /* "#7" */
    char in[READ_BYTES]; /* bytes of the input, in_used of them looked at */
    size_t in_len, in_used;
    char line[VC_CONTROL_TEXT_MAX];
    size_t line_len;
    bool is_line_too_long;
    bool is_input_over; /* or /quit was typed */
    bool is_broken;     /* veched is gone, or it never began */
    bool is_unmarked;   /* something was shown that is not marked as read */
    int unanswered; /* calls whose answer has not come: messages may not be durable */
    int exit_code;
};

static bool put_last(struct vc_cli *cli, struct chat *chat)
{
    json_t *result = NULL;
    const json_t *message;
    int64_t limit = 0;
    size_t i;

    if (vc_cli_number(cli, "limit", 0, 1000, LIMIT, &limit) != VC_OK) {
        chat->exit_code = VC_EXIT_USAGE;
        return false;
    }
    if (limit == 0)
        return true;
    if (!vc_cli_call(
            cli, "messages.list",
            json_pack("{s:s, s:I}", "contact", chat->param, "limit", (json_int_t)limit),
            &result, &chat->exit_code))
        return false;
    json_array_foreach(json_object_get(result, "messages"), i, message)
        cli->out->message(cli, message);
    json_decref(result);
    return vc_cli_call(cli, "messages.mark_read",
                       json_pack("{s:s}", "contact", chat->param), NULL,
                       &chat->exit_code);
}

static bool begin(struct vc_cli *cli, struct chat *chat)
{
    json_t *result = NULL;

    if (!vc_cli_connect(cli, &chat->exit_code) ||
        !vc_cli_call(cli, "contacts.get", json_pack("{s:s}", "contact", cli->args[0]),
                     &result, &chat->exit_code))
        return false;
    const json_t *contact = json_object_get(result, "contact");
    chat->contact = vc_json_integer(contact, "id");
    (void)snprintf(chat->name, sizeof(chat->name), "%s",
                   vc_json_string(contact, "name"));
    (void)snprintf(chat->param, sizeof(chat->param), "#%lld", (long long)chat->contact);
    if (isatty(STDIN_FILENO) == 1) {
        cli->out->contact(cli, contact);
        vc_note(cli, "every line is a message; /help shows more, /quit ends");
    }
    json_decref(result);
    return vc_cli_call(cli, "events.subscribe", NULL, NULL, &chat->exit_code) &&
           put_last(cli, chat);
}

/* Sends without waiting: a pipe of many lines must not stand still at each commit. */
static void ask(struct vc_cli *cli, struct chat *chat, const char *method,
                json_t *params)
{
    int64_t id;

    vc_err err = vc_connection_send(&cli->connection, method, params, &id);
    if (err == VC_OK) {
        chat->unanswered++;
        return;
    }
    chat->exit_code = vc_cli_call_failed(cli, err);
    chat->is_broken = true;
}

static void take_line(struct vc_cli *cli, struct chat *chat)
{
    struct vc_bytes text = {(const uint8_t *)chat->line, chat->line_len};

    if (chat->is_line_too_long) {
        chat->exit_code = vc_cli_fail(cli, VC_ERR_TOO_LONG, NULL);
    } else if (!vc_utf8_is_valid(text)) {
        chat->exit_code = vc_cli_fail(cli, VC_ERR_BAD_TEXT, NULL);
    } else if (text.len == 5 && memcmp(chat->line, "/quit", 5) == 0) {
        chat->is_input_over = true;
    } else if (text.len == 5 && memcmp(chat->line, "/help", 5) == 0) {
        vc_note(cli,
                "/quit ends; //TEXT sends a text that begins with /; any other line is"
                " a message");
    } else if (text.len > 1 && chat->line[0] == '/' && chat->line[1] != '/') {
        vc_note(cli,
                "there is no such command: /help. To send it as a text, put another /"
                " before it");
    } else if (text.len > 0) {
        size_t skip = text.len > 1 && chat->line[0] == '/' ? 1 : 0;
        ask(cli, chat, "messages.send",
            json_pack("{s:s, s:s%}", "contact", chat->param, "text", chat->line + skip,
                      text.len - skip));
    }
    chat->line_len = 0;
    chat->is_line_too_long = false;
}

static bool can_ask(const struct chat *chat)
{
    return !chat->is_input_over && !chat->is_broken &&
           chat->unanswered < UNANSWERED_MAX;
}

/* Takes lines out of what was read, as long as there is room for their answers. */
static void take_lines(struct vc_cli *cli, struct chat *chat)
{
    while (chat->in_used < chat->in_len && can_ask(chat)) {
        char byte = chat->in[chat->in_used++];
        if (byte == '\n')
            take_line(cli, chat);
        else if (chat->line_len < sizeof(chat->line))
            chat->line[chat->line_len++] = byte;
        else
            chat->is_line_too_long = true;
    }
}

static void read_input(struct vc_cli *cli, struct chat *chat)
{
    ssize_t got = read(STDIN_FILENO, chat->in, sizeof(chat->in));

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    chat->in_used = 0;
    chat->in_len = got > 0 ? (size_t)got : 0;
    if (got > 0)
        return;
    if (chat->line_len > 0 || chat->is_line_too_long)
        take_line(cli, chat);
    chat->is_input_over = true;
}

static void take_event(struct vc_cli *cli, struct chat *chat, const json_t *event)
{
    const json_t *message = json_object_get(event, "message");

    if (vc_json_integer(event, "contact") != chat->contact)
        return;
    if (vc_json_is(event, "kind", "message.new")) {
        /* What the person just typed stands on the screen already. */
        if (vc_json_is(message, "from", "them")) {
            cli->out->message(cli, message);
            chat->is_unmarked = true;
        }
    } else if (vc_json_is(event, "kind", "message.state") ||
               vc_json_is(event, "kind", "presence") ||
               vc_json_is(event, "kind", "contact.removed")) {
        cli->out->event(cli, event);
    }
    (void)fflush(stdout); /* main() asks the stream at the end */
}

static void take_message(struct vc_cli *cli, struct chat *chat,
                         struct vc_control_message *message)
{
    if (message->is_notification) {
        take_event(cli, chat, message->body);
    } else {
        chat->unanswered--;
        if (message->err != VC_OK) {
            cli->out->failure(cli, message);
            chat->exit_code = vc_err_exit_code(message->err);
        }
    }
    json_decref(message->body);
}

/* Takes everything that has come from veched. */
static void take_daemon(struct vc_cli *cli, struct chat *chat)
{
    struct vc_control_message message;
    int wait_ms = -1;

    while (!chat->is_broken) {
        vc_err err = vc_connection_next(&cli->connection, wait_ms, &message);
        if (err == VC_ERR_TIMEOUT)
            return;
        if (err != VC_OK) {
            chat->exit_code = vc_cli_call_failed(cli, err);
            chat->is_broken = true;
            return;
        }
        take_message(cli, chat, &message);
        wait_ms = 0;
    }
}

/* Waits for a line or for veched, and takes what there is. */
static void turn(struct vc_cli *cli, struct chat *chat)
{
    bool has_room = can_ask(chat) && chat->in_used == chat->in_len;
    struct pollfd fds[2] = {{.fd = cli->connection.fd, .events = POLLIN},
                            {.fd = has_room ? STDIN_FILENO : -1, .events = POLLIN}};

    if (chat->is_unmarked) {
        chat->is_unmarked = false;
        ask(cli, chat, "messages.mark_read",
            json_pack("{s:s}", "contact", chat->param));
    }
    (void)fflush(stdout); /* main() asks the stream at the end */
    if (!vc_connection_has_more(&cli->connection) && poll(fds, 2, -1) < 0)
        return;
    if (vc_connection_has_more(&cli->connection) || fds[0].revents != 0)
        take_daemon(cli, chat);
    if (fds[1].revents != 0)
        read_input(cli, chat);
    take_lines(cli, chat);
}

int vc_command_chat(struct vc_cli *cli)
{
    struct chat *chat = calloc(1, sizeof(*chat));

    if (chat == NULL)
        return vc_cli_fail(cli, VC_ERR_NO_MEMORY, NULL);
    chat->is_broken = !begin(cli, chat);
    /* The input's end is not the end: what was written has to be durable first. */
    while (!chat->is_broken && !(chat->is_input_over && chat->unanswered == 0))
        turn(cli, chat);
    int exit_code = chat->exit_code;
    free(chat);
    return exit_code;
}
