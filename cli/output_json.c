/*
 * Output for programs: objects of node/CONTROL.md, one a line, exactly as veched gave them.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"

/* Prints one line and lets @object go. */
static void put(const char *kind, json_t *object)
{
    json_t *line = json_pack("{s:i, s:s}", "v", VC_OUTPUT_VERSION, "kind", kind);

    /* The two names in front stay: an event has its own kind, which is the same. */
    char *text = line == NULL || json_object_update_missing(line, object) != 0
                     ? NULL
                     : json_dumps(line, JSON_COMPACT);
    if (text == NULL) {
        (void)fputs("veche: memory is short\n", stderr);
        exit(VC_EXIT_FAILED);
    }
    vc_term_json(stdout, text, strlen(text));
    putchar('\n');
    free(text);
    json_decref(line);
    json_decref(object);
    (void)fflush(stdout); /* main() asks the stream at the end */
}

static json_t *own(const json_t *object)
{
    return json_incref((json_t *)(uintptr_t)object);
}

static void put_status(struct vc_cli *cli, const json_t *status)
{
    (void)cli;
    put("status", own(status));
}

static void put_identity(struct vc_cli *cli, const json_t *status)
{
    (void)cli;
    put("identity",
        json_pack("{s:s, s:s, s:s, s:b}", "name", vc_json_string(status, "name"),
                  "veche_id", vc_json_string(status, "veche_id"), "fingerprint",
                  vc_json_string(status, "fingerprint"), "read_receipts",
                  (int)vc_json_bool(status, "read_receipts")));
}

static void put_invite(struct vc_cli *cli, const json_t *invite)
{
    (void)cli;
    put("invite", own(invite));
}

static void put_join(struct vc_cli *cli, const json_t *join)
{
    (void)cli;
    put("join", own(join));
}

static void put_contact(struct vc_cli *cli, const json_t *contact)
{
    (void)cli;
    put("contact", own(contact));
}

static void put_message(struct vc_cli *cli, const json_t *message)
{
    (void)cli;
    put("message", own(message));
}

static void put_event(struct vc_cli *cli, const json_t *event)
{
    (void)cli;
    put(vc_json_string(event, "kind"), own(event));
}

static void put_check(struct vc_cli *cli, const struct vc_check *check)
{
    static const char *const verdicts[] = {"ok", "warn", "fail"};

    (void)cli;
    put("check", json_pack("{s:s, s:s, s:s*, s:s*}", "name", check->name, "verdict",
                           verdicts[check->verdict], "words", check->words, "hint",
                           check->hint));
}

static void put_dht_lookup(struct vc_cli *cli, const json_t *lookup)
{
    (void)cli;
    put("dht_lookup", own(lookup));
}

static void put_dht_node(struct vc_cli *cli, const json_t *node)
{
    (void)cli;
    put("dht_node", own(node));
}

static void put_note(struct vc_cli *cli, const char *words)
{
    (void)cli;
    (void)words;
}

static void put_failure(struct vc_cli *cli, const struct vc_control_message *failure)
{
    (void)cli;
    json_t *error = vc_control_error(failure->err, failure->detail);

    /* What veched said comes first: it may know errors that we do not. */
    if (error != NULL && failure->words[0] != '\0')
        (void)json_object_set_new(error, "message", json_string(failure->words));
    if (error != NULL && failure->code_name[0] != '\0')
        (void)json_object_set_new(error, "name", json_string(failure->code_name));
    if (error != NULL && failure->hint[0] != '\0')
        (void)json_object_set_new(error, "hint", json_string(failure->hint));
    put("error", error);
}

static void put_object(struct vc_cli *cli, const char *kind, json_t *object)
{
    (void)cli;
    put(kind, object);
}

const struct vc_output vc_output_json = {
    .status = put_status,
    .identity = put_identity,
    .invite = put_invite,
    .join = put_join,
    .contact = put_contact,
    .message = put_message,
    .event = put_event,
    .check = put_check,
    .dht_lookup = put_dht_lookup,
    .dht_node = put_dht_node,
    .note = put_note,
    .failure = put_failure,
    .object = put_object,
};
