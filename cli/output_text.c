/*
 * Output for people.  Everything that others wrote goes through cli/term.h.
 */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"

static void put_failure(struct vc_cli *cli, const struct vc_control_message *failure)
{
    (void)cli;
    (void)fflush(
        stdout); /* so that both streams stand in order; main() looks for errors */
    (void)fputs("veche: ", stderr);
    vc_term_put(stderr, failure->words[0] == '\0' ? vc_err_words(failure->err)
                                                  : failure->words);
    if (failure->detail[0] != '\0') {
        (void)fputs(": ", stderr);
        vc_term_put(stderr, failure->detail);
    }
    (void)fputs("\nhint: ", stderr);
    vc_term_put(stderr,
                failure->hint[0] == '\0' ? vc_err_hint(failure->err) : failure->hint);
    (void)fputs("\n", stderr);
}

static void put_note(struct vc_cli *cli, const char *words)
{
    if (cli->is_quiet)
        return;
    vc_term_put(stdout, words);
    putchar('\n');
    (void)fflush(stdout); /* main() asks the stream at the end */
}

void vc_text_row(const char *name, const char *text)
{
    printf("  %-12s ", name);
    vc_term_put(stdout, text);
    putchar('\n');
}

static void put_count_row(const char *name, const json_t *object, const char *key)
{
    printf("  %-12s %lld\n", name, (long long)vc_json_integer(object, key));
}

static void put_list_row(const char *name, const json_t *list)
{
    size_t i;
    json_t *part;

    printf("  %-12s ", name);
    if (json_array_size(list) == 0)
        (void)fputs("none", stdout);
    json_array_foreach(list, i, part)
    {
        if (i > 0)
            (void)fputs(", ", stdout);
        vc_term_put(stdout,
                    json_string_value(part) == NULL ? "?" : json_string_value(part));
    }
    putchar('\n');
}

static void put_identity(struct vc_cli *cli, const json_t *status)
{
    if (cli->is_quiet) {
        vc_term_put(stdout, vc_json_string(status, "veche_id"));
        putchar('\n');
        return;
    }
    vc_text_row("name", vc_json_string(status, "name"));
    vc_text_row("veche id", vc_json_string(status, "veche_id"));
    vc_text_row("fingerprint", vc_json_string(status, "fingerprint"));
    vc_text_row("receipts", vc_json_bool(status, "read_receipts")
                            ? "others see what was read"
                            : "others do not see what was read");
}

/* What an owner should know of his keys, and do. */
static void put_keys(const json_t *status)
{
    int64_t left = vc_json_integer(status, "live_until") - vc_term_now_ms();
    char when[VC_TERM_TIME_MAX];
    char words[128];

    if (vc_json_bool(status, "has_root"))
        vc_text_row("root", "on this device: whoever steals it is you; see: veche words");
    if (vc_json_integer(status, "unknowing") > 0) {
        (void)snprintf(words, sizeof(words),
                       "%lld contacts do not have the new address yet",
                       (long long)vc_json_integer(status, "unknowing"));
        vc_text_row("moved", words);
    }
    if (vc_json_has(status, "key_turns_at")) {
        vc_term_until(vc_json_integer(status, "key_turns_at"), when);
        (void)snprintf(words, sizeof(words),
                       "turns %s, for whom you removed or blocked", when);
        vc_text_row("contacts key", words);
    }
    if (vc_json_has(status, "live_until") && left < VC_LIVE_SOON_MS) {
        vc_term_date(vc_json_integer(status, "live_until"), when);
        (void)snprintf(words, sizeof(words),
                       "said to be yours until %s: veche address extend", when);
        vc_text_row("this device", words);
    }
}

static void put_status(struct vc_cli *cli, const json_t *status)
{
    const json_t *health = json_object_get(status, "health");
    bool is_usable = vc_json_bool(status, "is_usable");
    char since[VC_TERM_TIME_MAX];

    (void)fputs(vc_term_style(&cli->term, is_usable ? VC_GREEN : VC_RED), stdout);
    vc_term_put(stdout, vc_json_string(status, "verdict"));
    (void)fputs(vc_term_style(&cli->term, VC_PLAIN), stdout);
    putchar('\n');
    if (cli->is_quiet)
        return;
    if (vc_json_has(status, "health")) {
        vc_text_row("trouble", vc_json_string(health, "message"));
        vc_text_row("what to do", vc_json_string(health, "hint"));
    }
    vc_text_row("name", vc_json_string(status, "name"));
    vc_text_row("veche id", vc_json_string(status, "veche_id"));
    put_list_row("listens at", json_object_get(status, "listen"));
    put_list_row("others try", json_object_get(status, "addresses"));
    vc_text_dht(json_object_get(status, "dht"));
    printf("  %-12s %lld, %lld connected\n", "contacts",
           (long long)vc_json_integer(status, "contacts"),
           (long long)vc_json_integer(status, "connected"));
    put_count_row("waiting", status, "waiting");
    put_count_row("unread", status, "unread");
    put_count_row("invites open", status, "open_invites");
    vc_term_when(vc_json_integer(status, "started_at"), since);
    printf("  %-12s since %s, process %lld, %.1f MB of memory, %.1f MB on disk\n",
           "running", since, (long long)vc_json_integer(status, "pid"),
           (double)vc_json_integer(status, "rss_bytes") / 1e6,
           (double)vc_json_integer(status, "store_bytes") / 1e6);
    vc_text_row("directory", vc_json_string(status, "directory"));
    vc_text_row("locked",
            vc_json_bool(status, "has_passphrase")
                ? "with a passphrase"
                : "no: whoever has the directory can read it; see: veche passphrase");
    put_keys(status);
}

static void put_invite(struct vc_cli *cli, const json_t *invite)
{
    char when[VC_TERM_TIME_MAX];

    if (cli->is_quiet) {
        vc_term_put(stdout, vc_json_string(invite, "text"));
        putchar('\n');
        return;
    }
    vc_term_when(vc_json_integer(invite, "made_at"), when);
    printf("#%lld  %s, made %s", (long long)vc_json_integer(invite, "id"),
           vc_json_string(invite, "state"), when);
    if (vc_json_has(invite, "expires_at")) {
        vc_term_when(vc_json_integer(invite, "expires_at"), when);
        printf(", valid until %s", when);
    }
    if (vc_json_string(invite, "note")[0] != '\0') {
        (void)fputs(", for ", stdout);
        vc_term_put(stdout, vc_json_string(invite, "note"));
    }
    if (vc_json_is(invite, "state", "open")) {
        (void)fputs("\n    ", stdout);
        vc_term_put(stdout, vc_json_string(invite, "text"));
    }
    putchar('\n');
}

static void put_join(struct vc_cli *cli, const json_t *join)
{
    const json_t *failure = json_object_get(join, "failure");
    char when[VC_TERM_TIME_MAX];

    (void)cli;
    printf("#%lld  %s", (long long)vc_json_integer(join, "id"),
           vc_json_string(join, "state"));
    if (vc_json_string(join, "name")[0] != '\0') {
        (void)fputs(", with ", stdout);
        vc_term_put(stdout, vc_json_string(join, "name"));
    }
    if (json_is_object(failure)) {
        (void)fputs(": ", stdout);
        vc_term_put(stdout, vc_json_string(failure, "message"));
    }
    if (vc_json_has(join, "retry_at")) {
        vc_term_until(vc_json_integer(join, "retry_at"), when);
        printf(", tried again %s", when);
    }
    putchar('\n');
}

static void put_contact(struct vc_cli *cli, const json_t *contact)
{
    const struct vc_term *term = &cli->term;
    char when[VC_TERM_TIME_MAX];
    bool is_connected = vc_json_bool(contact, "is_connected");

    (void)fputs(vc_term_style(term, VC_BOLD), stdout);
    vc_term_put(stdout, vc_json_string(contact, "name"));
    (void)fputs(vc_term_style(term, VC_PLAIN), stdout);
    if (cli->is_quiet) {
        putchar('\n');
        return;
    }
    printf("  #%lld", (long long)vc_json_integer(contact, "id"));
    if (vc_json_bool(contact, "is_blocked")) {
        (void)fputs(", blocked", stdout);
    } else if (is_connected) {
        (void)fputs(", connected", stdout);
    } else if (vc_json_has(contact, "last_seen_at")) {
        vc_term_when(vc_json_integer(contact, "last_seen_at"), when);
        printf(", offline since %s", when);
    } else {
        (void)fputs(", never seen", stdout);
    }
    if (vc_json_has(contact, "address")) {
        (void)fputs(is_connected ? " at " : ", last at ", stdout);
        vc_term_put(stdout, vc_json_string(contact, "address"));
    }
    if (is_connected && vc_json_has(contact, "rtt_ms"))
        printf(" (%lld ms)", (long long)vc_json_integer(contact, "rtt_ms"));
    (void)fputs(vc_json_bool(contact, "is_verified") ? ", verified" : ", not verified",
                stdout);
    if (vc_json_has(contact, "device_since")) {
        vc_term_when(vc_json_integer(contact, "device_since"), when);
        printf(", new device since %s", when);
    }
    if (vc_json_integer(contact, "unread") > 0)
        printf(", %lld unread", (long long)vc_json_integer(contact, "unread"));
    if (vc_json_integer(contact, "waiting") > 0)
        printf(", %lld waiting%s", (long long)vc_json_integer(contact, "waiting"),
               vc_json_bool(contact, "is_waiting_for_keys") ? " for keys" : "");
    if (!is_connected && vc_json_has(contact, "retry_at")) {
        vc_term_until(vc_json_integer(contact, "retry_at"), when);
        printf(", tried again %s", when);
    }
    putchar('\n');
}

static void put_check(struct vc_cli *cli, const struct vc_check *check)
{
    static const char *const words[] = {"ok  ", "warn", "FAIL"};
    static const enum vc_style styles[] = {VC_GREEN, VC_YELLOW, VC_RED};

    if (cli->is_quiet && check->verdict == VC_VERDICT_OK)
        return;
    printf("%s%s%s  %-11s ", vc_term_style(&cli->term, styles[check->verdict]),
           words[check->verdict], vc_term_style(&cli->term, VC_PLAIN), check->name);
    vc_term_put(stdout, check->words);
    putchar('\n');
    if (check->hint[0] == '\0')
        return;
    (void)fputs("                  ", stdout);
    vc_term_put(stdout, check->hint);
    putchar('\n');
}

static void put_message(struct vc_cli *cli, const json_t *message)
{
    vc_text_message(cli, message, false);
}

static void put_object(struct vc_cli *cli, const char *kind, json_t *object)
{
    (void)cli;
    (void)kind;
    json_decref(object);
}

const struct vc_output vc_output_text = {
    .status = put_status,
    .identity = put_identity,
    .invite = put_invite,
    .join = put_join,
    .contact = put_contact,
    .message = put_message,
    .event = vc_text_event,
    .check = put_check,
    .dht_lookup = vc_text_dht_lookup,
    .dht_node = vc_text_dht_node,
    .note = put_note,
    .failure = put_failure,
    .object = put_object,
};
