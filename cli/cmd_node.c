/*
 * up, down, status: the node as a whole.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/invite.h"
#include "cli/output.h"

/* A stop is clean in a second; a slow disk may need more. */
#define STOP_MS 5000
/* Whoever is there answers within a round trip or two; the rest goes on by itself. */
#define JOIN_MS       1000
#define LOOK_AGAIN_MS 20

static void put_step(struct vc_cli *cli, vc_ms begun_at, const char *name,
                     const char *words)
{
    vc_ms passed = vc_connection_clock_ms() - begun_at;

    vc_note(cli, "%2llu.%02llu s  %-10s %s", (unsigned long long)passed / 1000,
            (unsigned long long)passed % 1000 / 10, name, words);
}

static void put_start(struct vc_cli *cli, vc_ms begun_at, const json_t *status)
{
    const json_t *addresses = json_object_get(status, "addresses");
    char words[256];
    size_t len = 0;
    size_t i;
    json_t *part;

    (void)snprintf(words, sizeof(words), "%.64s, fingerprint %.64s",
                   vc_json_string(status, "name"),
                   vc_json_string(status, "fingerprint"));
    put_step(cli, begun_at, "identity", words);
    (void)snprintf(words, sizeof(words), "none that others could reach");
    json_array_foreach(addresses, i, part)
    {
        if (len < sizeof(words) - 64 && json_is_string(part))
            len += (size_t)snprintf(words + len, 64, "%s%.56s", i == 0 ? "" : ", ",
                                    json_string_value(part));
    }
    put_step(cli, begun_at, "addresses", words);
    put_step(cli, begun_at, "node", vc_json_string(status, "verdict"));
}

/* Is there anybody to join by? */
static bool may_join(const json_t *status)
{
    const json_t *dht = json_object_get(status, "dht");

    return vc_json_integer(dht, "entry_points") > 0 ||
           vc_json_integer(dht, "nodes") > 0 || vc_json_integer(status, "contacts") > 0;
}

/* The node whose answer was the first. */
static void find_first_node(struct vc_cli *cli, char *ret_text, size_t room)
{
    json_t *table = NULL;

    ret_text[0] = '\0';
    if (vc_connection_call(&cli->connection, "dht.table", NULL, &table) != VC_OK)
        return;
    const char *address =
        vc_json_string(json_array_get(json_object_get(table, "nodes"), 0), "address");
    if (address[0] != '\0')
        (void)snprintf(ret_text, room, " by %.64s", address);
    json_decref(table);
}

/* Waits a moment until somebody of the DHT has answered; says how far it is. */
static void put_joined(struct vc_cli *cli, vc_ms begun_at, const json_t *status)
{
    vc_ms end_at = vc_connection_clock_ms() + JOIN_MS;
    json_t *now = json_incref((json_t *)(uintptr_t)status);
    char words[VC_TEXT_DHT_MAX], line[2 * VC_TEXT_DHT_MAX], by[80] = "";

    while (may_join(now) && !vc_json_bool(json_object_get(now, "dht"), "is_joined") &&
           vc_connection_clock_ms() < end_at) {
        json_t *later = NULL;
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
        if (vc_connection_call(&cli->connection, "node.status", NULL, &later) != VC_OK)
            break;
        json_decref(now);
        now = later;
    }
    const json_t *dht = json_object_get(now, "dht");
    bool is_joined = vc_json_bool(dht, "is_joined");
    if (is_joined)
        find_first_node(cli, by, sizeof(by));
    vc_text_dht_joined(dht, words);
    (void)snprintf(line, sizeof(line), "%s%s%s%s", is_joined ? "joined" : "", by,
                   is_joined ? ": " : "", words);
    put_step(cli, begun_at, "dht", line);
    json_decref(now);
}

/* Shows an invite to begin with: an open one if there is one, else a new one. */
static int put_first_invite(struct vc_cli *cli)
{
    json_t *invite = NULL;
    int result = VC_EXIT_OK;

    if (!vc_invite_open_one(cli, &invite, &result))
        return VC_EXIT_DEGRADED;
    bool wants_qr = vc_cli_has(cli, "qr");
    result =
        vc_invite_show(cli, invite, wants_qr, wants_qr || !vc_cli_has(cli, "no-qr"));
    json_decref(invite);
    return result;
}

int vc_command_up(struct vc_cli *cli)
{
    vc_ms begun_at = vc_connection_clock_ms();
    json_t *status = NULL;
    bool was_running = false;
    int result = VC_EXIT_OK;

    if (!vc_daemon_ensure(cli, vc_cli_value(cli, "listen"), &status, &was_running,
                          &result))
        return result;
    if (was_running)
        vc_note(cli, "veched is running already: process %lld, %s",
                (long long)vc_json_integer(status, "pid"),
                vc_json_string(status, "verdict"));
    else
        put_start(cli, begun_at, status);
    if (!was_running && !cli->is_quiet)
        put_joined(cli, begun_at, status);
    bool is_new = vc_json_integer(status, "contacts") == 0;
    json_decref(status);
    if (vc_cli_has(cli, "no-invite") || cli->is_quiet)
        return VC_EXIT_OK;
    /* Who knows nobody yet needs one, and gets the same one each time. */
    if (is_new)
        return put_first_invite(cli);
    vc_note(cli, "to invite somebody: veche invite");
    return VC_EXIT_OK;
}

int vc_command_down(struct vc_cli *cli)
{
    json_t *status = NULL;
    int result = VC_EXIT_OK;

    if (!vc_cli_connect(cli, &result))
        return result;
    /* A veched of another version has to stop as well, so its status is only a help. */
    int pid_fd = -1;
    if (vc_connection_call(&cli->connection, "node.status", NULL, &status) == VC_OK) {
        pid_fd = vc_daemon_watch(vc_json_integer(status, "pid"));
        json_decref(status);
    }
    vc_err err = vc_connection_call(&cli->connection, "node.stop", NULL, NULL);
    /* It may be gone before its answer is. */
    if (err != VC_OK && err != VC_ERR_NO_DAEMON) {
        result = vc_cli_call_failed(cli, err);
    } else if (vc_daemon_wait_end(cli, pid_fd, STOP_MS)) {
        vc_note(cli, "veched has stopped; everything is kept");
    } else {
        result = vc_cli_fail(cli, VC_ERR_TIMEOUT, "veched is still stopping");
    }
    if (pid_fd >= 0)
        (void)close(pid_fd); /* it only watched */
    return result;
}

int vc_command_status(struct vc_cli *cli)
{
    json_t *status = NULL;
    int result = VC_EXIT_OK;

    if (!vc_cli_connect(cli, &result) ||
        !vc_cli_call(cli, "node.status", NULL, &status, &result))
        return result;
    if (vc_json_integer(status, "api") != VC_CONTROL_API_VERSION) {
        json_decref(status);
        return vc_cli_call_failed(cli, VC_ERR_VERSION);
    }
    cli->out->status(cli, status);
    result = vc_json_bool(status, "is_usable") ? VC_EXIT_OK : VC_EXIT_DEGRADED;
    json_decref(status);
    return result;
}
