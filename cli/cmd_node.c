/*
 * up, down, status: the node as a whole.
 */
#include <stdio.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/invite.h"
#include "cli/output.h"

/* A stop is clean in a second; a slow disk may need more. */
#define STOP_MS 5000

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
