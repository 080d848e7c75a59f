/*
 * contacts, verify, id: who is who.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/qr.h"
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

static void note_session(struct vc_cli *cli, const json_t *contact)
{
    const json_t *session = json_object_get(contact, "session");
    char when[VC_TERM_TIME_MAX];

    if (json_is_object(session)) {
        vc_term_when(vc_json_integer(session, "since"), when);
        vc_note(cli, "  session      %lld since %s: %s",
                (long long)vc_json_integer(session, "generation"), when,
                vc_text_session_reason(session));
    }
    if (vc_json_bool(contact, "is_waiting_for_keys"))
        vc_note(cli,
                "  keys         what waits is sealed when keys of theirs have come: "
                "both sides must be there once");
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
    note_session(cli, contact);
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

static int remove_contact(struct vc_cli *cli)
{
    json_t *result = NULL;
    char when[VC_TERM_TIME_MAX] = "now";
    int exit_code = VC_EXIT_OK;

    if (!vc_cli_call(cli, "contacts.remove", contact_param(cli->args[1]), &result,
                     &exit_code))
        return exit_code;
    if (vc_json_has(result, "key_turns_at"))
        vc_term_when(vc_json_integer(result, "key_turns_at"), when);
    vc_note(cli, "%s is removed, with the conversation", cli->args[1]);
    vc_note(
        cli,
        "They keep what you have sent them, and know that you exist.  The contacts key "
        "turns %s; once your other contacts have the new one, this node does not "
        "answer "
        "them any more, and they cannot tell whether it is there.",
        when);
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
        return change(
            cli, "contacts.block",
            "is blocked: nothing is taken from them, and they get no answer once "
            "your other contacts have your new key");
    if (strcmp(verb, "unblock") == 0)
        return change(cli, "contacts.unblock", "is not blocked any more");
    if (strcmp(verb, "remove") == 0)
        return remove_contact(cli);
    return list(cli);
}

/* What the person asked to do; NULL: too much at once, and it is said. */
static json_t *verify_params(struct vc_cli *cli)
{
    bool is_yes = vc_cli_has(cli, "yes");
    bool is_no = vc_cli_has(cli, "no");
    bool is_scan = vc_cli_has(cli, "scan");

    if (is_yes + is_no + is_scan > 1) {
        (void)vc_cli_usage(cli, "--yes, --no and --scan: which one?");
        return NULL;
    }
    json_t *params = contact_param(cli->args[0]);
    if (is_yes || is_no)
        (void)json_object_set_new(params, "is_verified", json_boolean(is_yes));
    if (is_scan)
        (void)json_object_set_new(params, "scan",
                                  json_string(vc_cli_value(cli, "scan")));
    return params;
}

/* The digits, and the code where it fits or is asked for. */
static int put_verification(struct vc_cli *cli, const json_t *result)
{
    const char *code = vc_json_string(result, "code");
    bool is_asked = vc_cli_has(cli, "qr");
    bool is_plain = cli->is_quiet || vc_cli_has(cli, "no-qr") ||
                    vc_json_bool(json_object_get(result, "contact"), "is_verified");

    vc_term_put(stdout, vc_json_string(result, "safety_number"));
    putchar('\n');
    if (is_asked || (!is_plain && vc_qr_fits(&cli->term))) {
        putchar('\n');
        vc_err err = vc_qr_draw(stdout, code);
        if (err != VC_OK && is_asked)
            return vc_cli_fail(cli, err, "the code does not fit into a QR code");
    }
    return VC_EXIT_OK;
}

static void note_verification(struct vc_cli *cli, const json_t *result)
{
    const json_t *contact = json_object_get(result, "contact");
    const char *name = vc_json_string(contact, "name");
    char when[VC_TERM_TIME_MAX];

    if (vc_cli_has(cli, "scan")) {
        vc_note(cli, "The code is the same: %s is verified.", name);
    } else if (vc_json_bool(contact, "is_verified")) {
        vc_note(cli, "%s is verified.", name);
    } else {
        vc_note(cli, "%s is not verified: compare the digits, then add --yes.", name);
        vc_note(cli, "Or let them scan: %s", vc_json_string(result, "code"));
    }
    if (vc_json_has(contact, "device_since")) {
        vc_term_when(vc_json_integer(contact, "device_since"), when);
        vc_note(
            cli,
            "%s has had a new device since %s.  The digits and the mark are about the "
            "account, which signed for that device too.",
            name, when);
    }
}

int vc_command_verify(struct vc_cli *cli)
{
    json_t *params = verify_params(cli);
    json_t *result = NULL;
    int exit_code = VC_EXIT_OK;

    if (params == NULL)
        return VC_EXIT_USAGE;
    if (!vc_cli_connect(cli, &exit_code)) {
        json_decref(params);
        return exit_code;
    }
    if (!vc_cli_call(cli, "contacts.verify", params, &result, &exit_code))
        return exit_code;
    if (cli->is_json) {
        cli->out->object(cli, "verify", json_incref(result));
    } else {
        exit_code = put_verification(cli, result);
        note_verification(cli, result);
    }
    json_decref(result);
    return exit_code;
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
