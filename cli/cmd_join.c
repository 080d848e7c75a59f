/*
 * join: from an invite to a contact.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/output.h"

#define WAIT_S        15
#define WAIT_S_MAX    86400
#define PLAIN_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."

static int list(struct vc_cli *cli)
{
    json_t *result = NULL;
    json_t *join;
    size_t i;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_connect(cli, &exit_code) ||
        !vc_cli_call(cli, "join.list", NULL, &result, &exit_code))
        return exit_code;
    json_array_foreach(json_object_get(result, "joins"), i, join)
        cli->out->join(cli, join);
    if (json_array_size(json_object_get(result, "joins")) == 0)
        vc_note(cli, "there are no joins");
    json_decref(result);
    return VC_EXIT_OK;
}

static int cancel(struct vc_cli *cli)
{
    int64_t id = 0;
    int exit_code = VC_EXIT_OK;

    if (vc_cli_number(cli, "cancel", 1, UINT32_MAX, 0, &id) != VC_OK)
        return VC_EXIT_USAGE;
    if (vc_cli_connect(cli, &exit_code) &&
        vc_cli_call(cli, "join.cancel", json_pack("{s:I}", "id", (json_int_t)id), NULL,
                    &exit_code))
        vc_note(cli, "join #%lld is given up", (long long)id);
    return exit_code;
}

/* An invite may have been broken into several words by whoever pasted it. */
static char *invite_text(const struct vc_cli *cli)
{
    size_t len = 1;

    for (int i = 0; i < cli->arg_count; i++)
        len += strlen(cli->args[i]) + 1;
    char *text = calloc(1, len);
    size_t at = 0;
    for (int i = 0; text != NULL && i < cli->arg_count; i++) {
        size_t part = strlen(cli->args[i]);
        memcpy(text + at, cli->args[i], part);
        at += part;
        text[at++] = i + 1 < cli->arg_count ? ' ' : '\0';
    }
    return text;
}

static bool is_over(const json_t *join)
{
    return vc_json_is(join, "state", "done") || vc_json_is(join, "state", "failed");
}

/* Waits until the join is over; gives how it stands then, in place of what it was. */
static vc_err wait_over(struct vc_cli *cli, int64_t wait_ms, json_t **join)
{
    vc_ms end_at = vc_connection_clock_ms() + (vc_ms)wait_ms;
    int64_t id = vc_json_integer(*join, "id");

    while (!is_over(*join)) {
        vc_ms now = vc_connection_clock_ms();
        json_t *event = NULL;
        vc_err err = vc_connection_event(
            &cli->connection, now >= end_at ? 0 : (int)(end_at - now), &event);
        if (err != VC_OK)
            return err;
        json_t *news = json_object_get(event, "join");
        if (json_is_object(news) && vc_json_integer(news, "id") == id) {
            json_incref(news);
            json_decref(*join);
            *join = news;
        }
        json_decref(event);
    }
    return VC_OK;
}

/* What the join says by now, after nothing was heard of it. */
static void look_again(struct vc_cli *cli, json_t **join)
{
    json_t *result = NULL;
    json_t *other;
    size_t i;

    if (vc_connection_call(&cli->connection, "join.list", NULL, &result) != VC_OK)
        return;
    json_array_foreach(json_object_get(result, "joins"), i, other)
    {
        if (vc_json_integer(other, "id") == vc_json_integer(*join, "id")) {
            json_decref(*join);
            *join = json_incref(other);
        }
    }
    json_decref(result);
}

static int tell_done(struct vc_cli *cli, const json_t *join)
{
    char contact[32];
    json_t *result = NULL;

    if (cli->is_json)
        cli->out->join(cli, join);
    (void)snprintf(contact, sizeof(contact), "#%lld",
                   (long long)vc_json_integer(join, "contact"));
    if (vc_connection_call(&cli->connection, "contacts.get",
                           json_pack("{s:s}", "contact", contact), &result) == VC_OK) {
        const json_t *who = json_object_get(result, "contact");
        const char *name = vc_json_string(who, "name");
        /* What a shell would take apart is named by its number. */
        bool is_plain = name[0] != '\0' && strspn(name, PLAIN_LETTERS) == strlen(name);
        vc_note(cli, "%s is your contact now.", name);
        vc_note(cli,
                is_plain ? "say hello:    veche send %s \"hello\""
                         : "say hello:    veche send '%s' \"hello\"",
                is_plain ? name : contact);
        json_decref(result);
    }
    return VC_EXIT_OK;
}

static int tell(struct vc_cli *cli, const json_t *join)
{
    const json_t *failure = json_object_get(join, "failure");
    struct vc_control_message words = {0};

    if (vc_json_is(join, "state", "done"))
        return tell_done(cli, join);
    if (vc_json_is(join, "state", "failed")) {
        words.err = vc_err_from_name(vc_json_string(failure, "name"));
        (void)snprintf(words.code_name, sizeof(words.code_name), "%s",
                       vc_json_string(failure, "name"));
        (void)snprintf(words.words, sizeof(words.words), "%s",
                       vc_json_string(failure, "message"));
        (void)snprintf(words.hint, sizeof(words.hint), "%s",
                       vc_json_string(failure, "hint"));
        cli->out->failure(cli, &words);
        int code = vc_err_exit_code(words.err);
        return code == VC_EXIT_OK ? VC_EXIT_FAILED : code;
    }
    if (cli->is_json)
        cli->out->join(cli, join);
    vc_note(cli, "the other side did not answer yet; veched goes on trying by itself,");
    vc_note(cli, "also after a restart. How it stands: veche join --list");
    return VC_EXIT_OK;
}

int vc_command_join(struct vc_cli *cli)
{
    json_t *status = NULL;
    json_t *result = NULL;
    int64_t wait_s = 0;
    bool was_running = false;
    int exit_code = VC_EXIT_OK;

    if (vc_cli_number(cli, "wait", 0, WAIT_S_MAX, WAIT_S, &wait_s) != VC_OK)
        return VC_EXIT_USAGE;
    if (vc_cli_has(cli, "list"))
        return list(cli);
    if (vc_cli_has(cli, "cancel"))
        return cancel(cli);
    if (cli->arg_count == 0)
        return vc_cli_usage(cli, "the invite is missing: veche join VECHE:...");
    if (!vc_daemon_ensure(cli, vc_cli_value(cli, "listen"), &status, &was_running,
                          &exit_code))
        return exit_code;
    if (!was_running)
        vc_note(cli, "veched is started: you are %s", vc_json_string(status, "name"));
    json_decref(status);
    char *text = invite_text(cli);
    json_t *params =
        json_pack("{s:s, s:s*}", "invite", text, "name", vc_cli_value(cli, "name"));
    free(text);
    /* Events first, so that none is missed between the answer and the wait. */
    if (!vc_cli_call(cli, "events.subscribe", NULL, NULL, &exit_code)) {
        json_decref(params);
        return exit_code;
    }
    if (!vc_cli_call(cli, "join.start", params, &result, &exit_code))
        return exit_code;
    json_t *join = json_incref(json_object_get(result, "join"));
    json_decref(result);
    if (!is_over(join) && wait_s > 0)
        vc_note(cli, "connecting to the other side ...");
    vc_err err = wait_over(cli, wait_s * 1000, &join);
    if (err == VC_ERR_TIMEOUT)
        look_again(cli, &join);
    exit_code = err == VC_OK || err == VC_ERR_TIMEOUT ? tell(cli, join)
                                                      : vc_cli_call_failed(cli, err);
    json_decref(join);
    return exit_code;
}
