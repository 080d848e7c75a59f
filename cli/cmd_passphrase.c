/*
 * passphrase: what the store wants to know before anybody can read it.
 */
#include <string.h>

#include "cli/ask.h"
#include "cli/output.h"

static int fail_to_ask(struct vc_cli *cli, vc_err err)
{
    if (err == VC_ERR_USAGE)
        return vc_cli_usage(cli, "the two passphrases differ");
    if (err == VC_ERR_TOO_LONG)
        return vc_cli_usage(cli, "a passphrase has at most %d bytes",
                            VC_CONTROL_PASSPHRASE_MAX);
    if (err == VC_ERR_LOCKED)
        return vc_cli_usage(cli, "no passphrase was given");
    return vc_cli_fail(cli, err, NULL);
}

/* What the person wants, and whether there is a passphrase now. */
struct wish {
    bool wants_old, wants_new;
};

static bool read_wish(struct vc_cli *cli, bool has_passphrase, struct wish *ret_wish,
                      int *ret_exit)
{
    const char *word = cli->args[0];

    *ret_wish = (struct wish){.wants_old = strcmp(word, "set") != 0,
                              .wants_new = strcmp(word, "remove") != 0};
    if (strcmp(word, "set") != 0 && strcmp(word, "change") != 0 &&
        strcmp(word, "remove") != 0) {
        *ret_exit = vc_cli_usage(cli, "there is only: set, change, remove");
        return false;
    }
    if (ret_wish->wants_old != has_passphrase) {
        *ret_exit =
            has_passphrase
                ? vc_cli_usage(cli, "there is a passphrase: change or remove it")
                : vc_cli_usage(cli, "there is no passphrase: set one");
        return false;
    }
    return true;
}

/* Asks for both and builds the parameters. */
static vc_err ask(const struct wish *wish, json_t **ret_params)
{
    struct vc_asked asked;
    json_t *params = json_object();
    vc_err err = VC_OK;

    if (wish->wants_old) {
        err = vc_ask("present passphrase: ", &asked);
        if (err == VC_OK)
            json_object_set_new(params, "old", json_stringn(asked.text, asked.len));
    }
    if (err == VC_OK && wish->wants_new) {
        err = vc_ask_new(&asked);
        if (err == VC_OK)
            json_object_set_new(params, "new", json_stringn(asked.text, asked.len));
    }
    vc_asked_wipe(&asked);
    if (err == VC_OK)
        *ret_params = params;
    else
        json_decref(params);
    return err;
}

int vc_command_passphrase(struct vc_cli *cli)
{
    json_t *status = NULL;
    json_t *params = NULL;
    int result = VC_EXIT_OK;
    struct wish wish;

    if (!vc_cli_connect(cli, &result) ||
        !vc_cli_call(cli, "node.status", NULL, &status, &result))
        return result;
    bool has_passphrase = vc_json_bool(status, "has_passphrase");
    json_decref(status);
    if (!read_wish(cli, has_passphrase, &wish, &result))
        return result;
    vc_err err = ask(&wish, &params);
    if (err != VC_OK)
        return fail_to_ask(cli, err);
    if (!vc_cli_call(cli, "node.passphrase", params, NULL, &result))
        return result;
    if (wish.wants_new) {
        vc_note(cli, "the passphrase is set: veche up asks for it from now on");
        vc_note(cli, "without it nobody can read the store, you neither");
    } else {
        vc_note(cli, "the passphrase is removed: the store opens by itself");
    }
    return VC_EXIT_OK;
}
