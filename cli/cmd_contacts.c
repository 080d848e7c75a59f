/*
 * contacts, verify, id: who is who.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "node/control/config_keys.h"

static json_t *contact_param(const char *name)
{
    return json_pack("{s:s}", "contact", name);
}

static int list(struct vc_cli *cli)
{
    json_t *result = NULL;
    json_t *contact;
    size_t i;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_call(cli, "contacts.list", NULL, &result, &exit_code))
        return exit_code;
    json_array_foreach(json_object_get(result, "contacts"), i, contact)
        cli->out->contact(cli, contact);
    if (json_array_size(json_object_get(result, "contacts")) == 0)
        vc_note(cli, "nobody yet: veche invite, or veche join INVITE");
    json_decref(result);
    return VC_EXIT_OK;
}

static int show(struct vc_cli *cli)
{
    json_t *result = NULL;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_call(cli, "contacts.get", contact_param(cli->args[1]), &result,
                     &exit_code))
        return exit_code;
    const json_t *contact = json_object_get(result, "contact");
    const json_t *failure = json_object_get(contact, "failure");
    cli->out->contact(cli, contact);
    vc_note(cli, "  calls itself %s", vc_json_string(contact, "own_name"));
    vc_note(cli, "  veche id     %s", vc_json_string(contact, "veche_id"));
    vc_note(cli, "  fingerprint  %s", vc_json_string(contact, "fingerprint"));
    if (json_is_object(failure))
        vc_note(cli, "  last attempt %s", vc_json_string(failure, "message"));
    if (vc_json_integer(contact, "gaps") > 0)
        vc_note(cli, "  missing      %lld messages; they are asked for",
                (long long)vc_json_integer(contact, "gaps"));
    json_decref(result);
    return VC_EXIT_OK;
}

/* Asks on a terminal; without one the answer is no. */
static bool is_sure(struct vc_cli *cli)
{
    char answer[16];

    if (vc_cli_has(cli, "yes"))
        return true;
    if (isatty(STDIN_FILENO) != 1)
        return false;
    (void)fputs("remove ", stdout);
    vc_term_put(stdout, cli->args[1]);
    (void)fputs(", the conversation and what waits, for ever? [y/N] ", stdout);
    (void)fflush(stdout); /* main() asks the stream at the end */
    return fgets(answer, sizeof(answer), stdin) != NULL &&
           (answer[0] == 'y' || answer[0] == 'Y');
}

static int rename_contact(struct vc_cli *cli)
{
    json_t *result = NULL;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_call(
            cli, "contacts.rename",
            json_pack("{s:s, s:s}", "contact", cli->args[1], "name", cli->args[2]),
            &result, &exit_code))
        return exit_code;
    cli->out->contact(cli, json_object_get(result, "contact"));
    json_decref(result);
    return VC_EXIT_OK;
}

static int change(struct vc_cli *cli, const char *method, const char *words)
{
    json_t *result = NULL;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_call(cli, method, contact_param(cli->args[1]), &result, &exit_code))
        return exit_code;
    if (cli->is_json && vc_json_has(result, "contact"))
        cli->out->contact(cli, json_object_get(result, "contact"));
    vc_note(cli, "%s %s", cli->args[1], words);
    json_decref(result);
    return VC_EXIT_OK;
}

int vc_command_contacts(struct vc_cli *cli)
{
    const char *verb = cli->arg_count == 0 ? "list" : cli->args[0];
    static const struct {
        const char *verb;
        int args;
    } verbs[] = {{"list", 1},  {"show", 2},    {"rename", 3},
                 {"block", 2}, {"unblock", 2}, {"remove", 2}};
    int wanted = 0;
    int exit_code = VC_EXIT_OK;

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].verb, verb) == 0)
            wanted = verbs[i].args;
    }
    if (wanted == 0)
        return vc_cli_usage(cli, "%.64s: contacts cannot do that", verb);
    if (cli->arg_count != wanted && cli->arg_count > 0)
        return vc_cli_usage(cli, "contacts %s: it needs %d more words, and no others",
                            verb, wanted - 1);
    if (strcmp(verb, "remove") == 0 && !is_sure(cli))
        return vc_cli_usage(cli, "nothing was removed: it needs --yes");
    if (!vc_cli_connect(cli, &exit_code))
        return exit_code;
    if (strcmp(verb, "show") == 0)
        return show(cli);
    if (strcmp(verb, "rename") == 0)
        return rename_contact(cli);
    if (strcmp(verb, "block") == 0)
        return change(cli, "contacts.block", "is blocked: nothing is taken from them");
    if (strcmp(verb, "unblock") == 0)
        return change(cli, "contacts.unblock", "is not blocked any more");
    if (strcmp(verb, "remove") == 0)
        return change(cli, "contacts.remove", "is removed, with the conversation");
    return list(cli);
}

int vc_command_verify(struct vc_cli *cli)
{
    json_t *params = contact_param(cli->args[0]);
    json_t *result = NULL;
    int exit_code = VC_EXIT_OK;

    if (vc_cli_has(cli, "yes") && vc_cli_has(cli, "no")) {
        json_decref(params);
        return vc_cli_usage(cli, "--yes and --no: which one?");
    }
    if (vc_cli_has(cli, "yes") || vc_cli_has(cli, "no"))
        (void)json_object_set_new(params, "is_verified",
                                  json_boolean(vc_cli_has(cli, "yes")));
    if (!vc_cli_connect(cli, &exit_code)) {
        json_decref(params);
        return exit_code;
    }
    if (!vc_cli_call(cli, "contacts.verify", params, &result, &exit_code))
        return exit_code;
    const json_t *contact = json_object_get(result, "contact");
    if (cli->is_json) {
        cli->out->object(cli, "verify", json_incref(result));
    } else {
        vc_term_put(stdout, vc_json_string(result, "safety_number"));
        putchar('\n');
        vc_note(cli,
                vc_json_bool(contact, "is_verified")
                    ? "%s is verified."
                    : "%s is not verified: compare the digits, then add --yes.",
                vc_json_string(contact, "name"));
    }
    json_decref(result);
    return VC_EXIT_OK;
}

/* Changes what the person asked to have changed about himself. */
static bool change_owner(struct vc_cli *cli, int *ret_exit)
{
    const char *name = vc_cli_value(cli, "name");
    const char *receipts = vc_cli_value(cli, "receipts");
    bool is_on = false;

    if (receipts != NULL && !vc_config_boolean(receipts, &is_on)) {
        *ret_exit = vc_cli_usage(cli, "--receipts: it has to be yes or no");
        return false;
    }
    json_t *params = json_object();
    if (name != NULL)
        (void)json_object_set_new(params, "name", json_string(name));
    if (receipts != NULL)
        (void)json_object_set_new(params, "read_receipts", json_boolean(is_on));
    return vc_cli_call(cli, "owner.set", params, NULL, ret_exit);
}

int vc_command_id(struct vc_cli *cli)
{
    bool is_change = vc_cli_has(cli, "name") || vc_cli_has(cli, "receipts");
    json_t *status = NULL;
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_connect(cli, &exit_code) ||
        (is_change && !change_owner(cli, &exit_code)) ||
        !vc_cli_call(cli, "node.status", NULL, &status, &exit_code))
        return exit_code;
    cli->out->identity(cli, status);
    json_decref(status);
    return VC_EXIT_OK;
}
