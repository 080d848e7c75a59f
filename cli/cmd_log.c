/*
 * log: what happened in all conversations, and what happens.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"

#define LIMIT        20
#define RECONNECT_MS 200
/* Events that are kept come at once; when nothing came for so long, that was all. */
#define QUIET_MS 500

struct following {
    int64_t since;   /* the last event that was shown */
    int64_t last;    /* the newest when we began */
    int64_t contact; /* 0: all */
};

/* The log of veched itself. */
static int put_node_log(struct vc_cli *cli)
{
    json_t *result = NULL;
    const json_t *line;
    int64_t limit = 0;
    size_t i;
    int exit_code = VC_EXIT_OK;

    if (vc_cli_number(cli, "limit", 1, 1000, 100, &limit) != VC_OK)
        return VC_EXIT_USAGE;
    if (!vc_cli_connect(cli, &exit_code) ||
        !vc_cli_call(cli, "node.log",
                     json_pack("{s:I, s:s*}", "lines", (json_int_t)limit, "level",
                               vc_cli_value(cli, "level")),
                     &result, &exit_code))
        return exit_code;
    json_array_foreach(json_object_get(result, "lines"), i, line)
    {
        if (cli->is_json) {
            cli->out->object(cli, "log",
                             json_pack("{s:O}", "line", (json_t *)(uintptr_t)line));
        } else {
            vc_term_put(stdout,
                        json_string_value(line) == NULL ? "" : json_string_value(line));
            putchar('\n');
        }
    }
    json_decref(result);
    return VC_EXIT_OK;
}

static bool find_contact(struct vc_cli *cli, struct following *following, int *ret_exit)
{
    const char *name = vc_cli_value(cli, "peer");
    json_t *result = NULL;

    if (name == NULL)
        return true;
    if (!vc_cli_call(cli, "contacts.get", json_pack("{s:s}", "contact", name), &result,
                     ret_exit))
        return false;
    following->contact = vc_json_integer(json_object_get(result, "contact"), "id");
    json_decref(result);
    return true;
}

/* Where to begin: after --since, or so that --limit events come before what is new. */
static bool find_start(struct vc_cli *cli, struct following *following, int *ret_exit)
{
    json_t *status = NULL;
    int64_t limit = 0;

    if (vc_cli_number(cli, "limit", 0, 1000000, LIMIT, &limit) != VC_OK ||
        vc_cli_number(cli, "since", 0, INT64_MAX, -1, &following->since) != VC_OK) {
        *ret_exit = VC_EXIT_USAGE;
        return false;
    }
    if (!vc_cli_call(cli, "node.status", NULL, &status, ret_exit))
        return false;
    int64_t first = vc_json_integer(status, "event_first");
    following->last = vc_json_integer(status, "event_last");
    json_decref(status);
    if (following->since >= 0)
        return true;
    following->since = following->last > limit ? following->last - limit : 0;
    if (first > 0 && following->since < first - 1)
        following->since = first - 1;
    return true;
}

/*
 * Asks for the events after those that were shown.  What is older than all that is kept is
 * gone: then it goes on with the oldest one.
 */
static vc_err subscribe(struct vc_cli *cli, struct following *following)
{
    json_t *status = NULL;

    vc_err err = vc_connection_call(
        &cli->connection, "events.subscribe",
        json_pack("{s:I}", "since", (json_int_t)following->since), NULL);
    if (err != VC_ERR_GAP)
        return err;
    err = vc_connection_call(&cli->connection, "node.status", NULL, &status);
    if (err != VC_OK)
        return err;
    int64_t first = vc_json_integer(status, "event_first");
    json_decref(status);
    if (cli->is_json)
        cli->out->object(cli, "gap", json_pack("{s:I}", "first", (json_int_t)first));
    vc_note(cli, "older events are gone: this begins with number %lld",
            (long long)first);
    following->since = first > 0 ? first - 1 : 0;
    return vc_connection_call(&cli->connection, "events.subscribe",
                              json_pack("{s:I}", "since", (json_int_t)following->since),
                              NULL);
}

/* Shows an event, and keeps our place among them. */
static void take(struct vc_cli *cli, struct following *following, const json_t *event)
{
    int64_t contact = vc_json_integer(event, "contact");

    if (vc_json_has(event, "seq")) {
        int64_t seq = vc_json_integer(event, "seq");
        if (seq <= following->since)
            return;
        following->since = seq;
    }
    if (following->contact == 0 || contact == following->contact)
        cli->out->event(cli, event);
}

/* Waits for veched to come back, and goes on where we were. */
static void reconnect(struct vc_cli *cli, struct following *following)
{
    vc_err err;

    vc_note(cli, "veched is gone; this goes on when it is back (veche up)");
    do {
        vc_connection_close(&cli->connection);
        (void)poll(NULL, 0, RECONNECT_MS);
        err = vc_connection_open(&cli->connection, cli->paths.socket);
        if (err == VC_OK)
            err = subscribe(cli, following);
    } while (err != VC_OK);
}

/* Everything there is, and with --follow what comes. */
static int follow(struct vc_cli *cli, struct following *following)
{
    bool goes_on = vc_cli_has(cli, "follow");

    while (goes_on || following->since < following->last) {
        json_t *event = NULL;
        vc_err err =
            vc_connection_event(&cli->connection, goes_on ? -1 : QUIET_MS, &event);
        if (err == VC_ERR_TIMEOUT)
            return VC_EXIT_OK; /* what the last events spoke of is gone, and so are they */
        if (err == VC_ERR_NO_DAEMON && goes_on) {
            reconnect(cli, following);
            continue;
        }
        /* A gap says that we were too slow: what is missing is asked for again. */
        bool is_gap = err == VC_OK && vc_json_is(event, "kind", "gap");
        if (err == VC_OK && !is_gap)
            take(cli, following, event);
        json_decref(event);
        if (is_gap)
            err = subscribe(cli, following);
        if (err != VC_OK)
            return vc_cli_call_failed(cli, err);
    }
    return VC_EXIT_OK;
}

int vc_command_log(struct vc_cli *cli)
{
    struct following following = {0};
    int exit_code = VC_EXIT_OK;

    if (vc_cli_has(cli, "node"))
        return put_node_log(cli);
    if (vc_cli_has(cli, "level"))
        return vc_cli_usage(cli, "--level: it goes with --node");
    if (!vc_cli_connect(cli, &exit_code) ||
        !find_contact(cli, &following, &exit_code) ||
        !find_start(cli, &following, &exit_code))
        return exit_code;
    vc_err err = subscribe(cli, &following);
    if (err != VC_OK)
        return vc_cli_call_failed(cli, err);
    return follow(cli, &following);
}
