/*
 * send: a message is durable when this ends with 0, and often there already.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"

#define WAIT_S     5
#define WAIT_S_MAX 86400

/* The words of the arguments with a blank between, in memory of the caller's to free(). */
static char *join_words(char **words, int count, size_t *ret_len)
{
    size_t len = 0;
    size_t at = 0;

    for (int i = 0; i < count; i++)
        len += strlen(words[i]) + 1;
    char *text = malloc(len + 1);
    if (text == NULL)
        return NULL;
    for (int i = 0; i < count; i++) {
        size_t part = strlen(words[i]);
        memcpy(text + at, words[i], part);
        at += part;
        if (i + 1 < count)
            text[at++] = ' ';
    }
    *ret_len = at;
    return text;
}

/* Standard input to its end, as far as a message may go and one byte more. */
static char *read_input(size_t *ret_len)
{
    size_t room = VC_CONTROL_TEXT_MAX + 2;
    size_t len = 0;
    char *text = malloc(room);

    while (text != NULL && len < room) {
        ssize_t got = read(STDIN_FILENO, text + len, room - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    /* The line end that echo and editors put there is not part of what was said. */
    if (len > 0 && text != NULL && text[len - 1] == '\n')
        len--;
    *ret_len = len;
    return text;
}

static vc_err check_text(const char *text, size_t len, const char **ret_detail)
{
    if (text == NULL)
        return VC_ERR_NO_MEMORY;
    if (len > VC_CONTROL_TEXT_MAX)
        return VC_ERR_TOO_LONG;
    if (!vc_utf8_is_valid((struct vc_bytes){(const uint8_t *)text, len}))
        return VC_ERR_BAD_TEXT;
    *ret_detail = "the text is empty";
    return len == 0 ? VC_ERR_USAGE : VC_OK;
}

/* Does the event say something new about the message?  Then takes its state over. */
static void take_state(json_t *message, const json_t *event)
{
    json_t *id;
    size_t i;

    if (!vc_json_is(event, "kind", "message.state"))
        return;
    json_array_foreach(json_object_get(event, "ids"), i, id)
    {
        if (json_equal(id, json_object_get(message, "id")) == 0)
            continue;
        (void)json_object_set(message, "state", json_object_get(event, "state"));
        if (vc_json_has(event, "failure"))
            (void)json_object_set(message, "failure",
                                  json_object_get(event, "failure"));
    }
}

/* Waits until the message is delivered or given up; the daemon's end ends it too. */
static void wait_delivered(struct vc_cli *cli, json_t *message, int64_t wait_ms)
{
    vc_ms end_at = vc_connection_clock_ms() + (vc_ms)wait_ms;

    while (vc_json_is(message, "state", "queued")) {
        vc_ms now = vc_connection_clock_ms();
        json_t *event = NULL;
        if (vc_connection_event(&cli->connection,
                                now >= end_at ? 0 : (int)(end_at - now),
                                &event) != VC_OK)
            return;
        take_state(message, event);
        json_decref(event);
    }
}

/* "queued: bob offline since 14:02, retry 14:10" */
static void tell_queued(struct vc_cli *cli, const json_t *contact)
{
    const char *name = vc_json_string(contact, "name");
    const json_t *failure = json_object_get(contact, "failure");
    char seen[VC_TERM_TIME_MAX + 16] = "not seen yet";
    char retry[VC_TERM_TIME_MAX + 16] = "";
    char when[VC_TERM_TIME_MAX];

    if (vc_json_bool(contact, "is_connected")) {
        vc_note(cli, "queued: %s is connected and has not confirmed it yet", name);
        return;
    }
    if (vc_json_has(contact, "last_seen_at")) {
        vc_term_when(vc_json_integer(contact, "last_seen_at"), when);
        (void)snprintf(seen, sizeof(seen), "offline since %s", when);
    }
    if (vc_json_has(contact, "retry_at")) {
        vc_term_until(vc_json_integer(contact, "retry_at"), when);
        (void)snprintf(retry, sizeof(retry), ", retry %s", when);
    }
    vc_note(cli, "queued: %s %s%s%s%s%s", name, seen, retry,
            json_is_object(failure) ? " (" : "", vc_json_string(failure, "message"),
            json_is_object(failure) ? ")" : "");
}

static int tell(struct vc_cli *cli, const json_t *message, vc_ms begun_at)
{
    const json_t *failure = json_object_get(message, "failure");
    char contact_param[32];
    char span[VC_TERM_TIME_MAX];
    json_t *result = NULL;

    if (cli->is_json)
        cli->out->message(cli, message);
    if (vc_json_is(message, "state", "failed")) {
        vc_err err = vc_err_from_name(vc_json_string(failure, "name"));
        return cli->is_json ? vc_err_exit_code(err) : vc_cli_fail(cli, err, NULL);
    }
    vc_term_span((int64_t)(vc_connection_clock_ms() - begun_at), span);
    (void)snprintf(contact_param, sizeof(contact_param), "#%lld",
                   (long long)vc_json_integer(message, "contact"));
    if (vc_connection_call(&cli->connection, "contacts.get",
                           json_pack("{s:s}", "contact", contact_param),
                           &result) != VC_OK) {
        vc_note(cli, "%s", vc_json_string(message, "state"));
        return VC_EXIT_OK;
    }
    const json_t *contact = json_object_get(result, "contact");
    if (vc_json_is(message, "state", "queued"))
        tell_queued(cli, contact);
    else
        vc_note(cli, "%s in %s (direct %s)", vc_json_string(message, "state"), span,
                vc_json_has(contact, "address") ? vc_json_string(contact, "address")
                                                : "?");
    json_decref(result);
    return VC_EXIT_OK;
}

static int send_text(struct vc_cli *cli, const char *text, size_t len, int64_t wait_s)
{
    json_t *result = NULL;
    int exit_code = VC_EXIT_OK;
    vc_ms begun_at = vc_connection_clock_ms();

    json_t *params = json_pack("{s:s, s:s%, s:s*}", "contact", cli->args[0], "text",
                               text, len, "token", vc_cli_value(cli, "token"));
    if (!vc_cli_connect(cli, &exit_code)) {
        json_decref(params);
        return exit_code;
    }
    /* Events first, so that none is missed between the answer and the wait. */
    if (wait_s > 0 && !vc_cli_call(cli, "events.subscribe", NULL, NULL, &exit_code)) {
        json_decref(params);
        return exit_code;
    }
    if (!vc_cli_call(cli, "messages.send", params, &result, &exit_code))
        return exit_code;
    json_t *message = json_object_get(result, "message");
    if (wait_s > 0)
        wait_delivered(cli, message, wait_s * 1000);
    exit_code = tell(cli, message, begun_at);
    json_decref(result);
    return exit_code;
}

int vc_command_send(struct vc_cli *cli)
{
    const char *detail = NULL;
    size_t len = 0;
    int64_t wait_s = 0;

    if (vc_cli_number(cli, "wait", 0, WAIT_S_MAX, WAIT_S, &wait_s) != VC_OK)
        return VC_EXIT_USAGE;
    if (cli->arg_count < 2)
        return vc_cli_usage(
            cli, "the text is missing: veche send NAME TEXT, or - for input");
    bool is_input = cli->arg_count == 2 && strcmp(cli->args[1], "-") == 0;
    char *text = is_input ? read_input(&len)
                          : join_words(cli->args + 1, cli->arg_count - 1, &len);
    vc_err err = check_text(text, len, &detail);
    int exit_code = err == VC_OK ? send_text(cli, text, len, wait_s)
                                 : vc_cli_fail(cli, err, detail);
    free(text);
    return exit_code;
}
