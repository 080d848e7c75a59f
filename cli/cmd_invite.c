/*
 * invite: making invites, and looking after them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/invite.h"
#include "cli/output.h"
#include "cli/qr.h"

bool vc_invite_open_one(struct vc_cli *cli, json_t **ret_invite, int *ret_exit)
{
    json_t *result = NULL;
    json_t *found = NULL;
    json_t *invite;
    size_t i;

    if (!vc_cli_call(cli, "invite.list", NULL, &result, ret_exit))
        return false;
    json_array_foreach(json_object_get(result, "invites"), i, invite)
    {
        if (vc_json_is(invite, "state", "open") && vc_json_is(invite, "note", ""))
            found = invite;
    }
    if (found == NULL) {
        json_decref(result);
        if (!vc_cli_call(cli, "invite.create", NULL, &result, ret_exit))
            return false;
        found = json_object_get(result, "invite");
    }
    *ret_invite = json_incref(found);
    json_decref(result);
    return true;
}

int vc_invite_show(struct vc_cli *cli, const json_t *invite, bool is_asked,
                   bool is_allowed)
{
    const char *text = vc_json_string(invite, "text");
    char when[VC_TERM_TIME_MAX];

    if (cli->is_json || cli->is_quiet) {
        cli->out->invite(cli, invite);
        return VC_EXIT_OK;
    }
    if (is_asked || (is_allowed && vc_qr_fits(&cli->term))) {
        putchar('\n');
        vc_err err = vc_qr_draw(stdout, text);
        if (err != VC_OK && is_asked)
            return vc_cli_fail(cli, err, "the invite does not fit into a QR code");
    }
    (void)fputs("\nSend this line to ", stdout);
    vc_term_put(stdout, vc_json_is(invite, "note", "")
                            ? "the other person"
                            : vc_json_string(invite, "note"));
    (void)fputs(", over a way that you trust.\nIt works once", stdout);
    if (vc_json_has(invite, "expires_at")) {
        vc_term_date(vc_json_integer(invite, "expires_at"), when);
        printf(", until %s", when);
    }
    (void)fputs(":\n\n    veche join ", stdout);
    vc_term_put(stdout, text);
    (void)fputs("\n\n", stdout);
    return VC_EXIT_OK;
}

static int list(struct vc_cli *cli)
{
    json_t *result = NULL;
    json_t *invite;
    size_t i;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_call(cli, "invite.list", NULL, &result, &exit_code))
        return exit_code;
    json_array_foreach(json_object_get(result, "invites"), i, invite)
        cli->out->invite(cli, invite);
    if (json_array_size(json_object_get(result, "invites")) == 0)
        vc_note(cli, "there are no invites");
    json_decref(result);
    return VC_EXIT_OK;
}

static int revoke(struct vc_cli *cli)
{
    int64_t id = 0;
    int exit_code = VC_EXIT_OK;

    if (vc_cli_number(cli, "revoke", 1, UINT32_MAX, 0, &id) != VC_OK)
        return VC_EXIT_USAGE;
    if (vc_cli_call(cli, "invite.revoke", json_pack("{s:I}", "id", (json_int_t)id),
                    NULL, &exit_code))
        vc_note(cli, "invite #%lld is worth nothing now", (long long)id);
    return exit_code;
}

int vc_command_invite(struct vc_cli *cli)
{
    const char *note = vc_cli_value(cli, "for");
    json_t *result = NULL;
    int64_t days = 0;
    int exit_code = VC_EXIT_OK;

    if (vc_cli_number(cli, "days", 1, 3650, 7, &days) != VC_OK)
        return VC_EXIT_USAGE;
    if (!vc_cli_connect(cli, &exit_code))
        return exit_code;
    if (vc_cli_has(cli, "list"))
        return list(cli);
    if (vc_cli_has(cli, "revoke"))
        return revoke(cli);
    json_t *params = json_pack("{s:I, s:s*}", "days", (json_int_t)days, "note", note);
    if (params == NULL)
        return vc_cli_fail(cli, VC_ERR_BAD_TEXT, "--for");
    if (!vc_cli_call(cli, "invite.create", params, &result, &exit_code))
        return exit_code;
    bool wants_qr = vc_cli_has(cli, "qr");
    exit_code = vc_invite_show(cli, json_object_get(result, "invite"), wants_qr,
                               wants_qr || !vc_cli_has(cli, "no-qr"));
    json_decref(result);
    return exit_code;
}
