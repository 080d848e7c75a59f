/*
 * Conversations as text.
 *
 *     2026-11-21
 *     14:02 < bob: what he wrote
 *                  and its second line
 *     14:03 > bob: what I wrote  (delivered)
 *
 * The sign in the seventh column says who wrote a line, and no text begins left of where
 * its first line began.
 */
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "cli/output.h"

/* "14:02 < " */
#define SIGN_COLUMNS     8
#define NAME_COLUMNS_MAX 24

/* Prints the date when it is another than that of the line before. */
static void put_day(struct vc_cli *cli, int64_t unix_ms)
{
    static char last[VC_TERM_TIME_MAX];
    char day[VC_TERM_TIME_MAX];

    vc_term_date(unix_ms, day);
    if (strcmp(day, last) == 0)
        return;
    memcpy(last, day, sizeof(last));
    printf("%s%s%s\n", vc_term_style(&cli->term, VC_DIM), day,
           vc_term_style(&cli->term, VC_PLAIN));
}

/* The columns of a name; names hold nothing that is escaped, or else the indent is short. */
static int columns_of(const char *name)
{
    struct vc_bytes rest = {(const uint8_t *)name, strlen(name)};
    uint32_t code_point = 0;
    int columns = 0;

    while (vc_utf8_next(&rest, &code_point))
        columns += utf8proc_charwidth((utf8proc_int32_t)code_point);
    return columns;
}

/* Begins a line of the conversation; gives the column where its text begins. */
static int put_head(struct vc_cli *cli, int64_t unix_ms, char sign, const char *name)
{
    const struct vc_term *term = &cli->term;
    char when[VC_TERM_TIME_MAX];

    put_day(cli, unix_ms);
    vc_term_time(unix_ms, when);
    printf("%s%s%s %c ", vc_term_style(term, VC_DIM), when,
           vc_term_style(term, VC_PLAIN), sign);
    if (name == NULL)
        return SIGN_COLUMNS;
    (void)fputs(vc_term_style(term, VC_BOLD), stdout);
    vc_term_put(stdout, name);
    printf("%s: ", vc_term_style(term, VC_PLAIN));
    int columns = columns_of(name) + 2;
    return SIGN_COLUMNS + (columns > NAME_COLUMNS_MAX ? NAME_COLUMNS_MAX : columns);
}

/* What stands behind a text: how far it got, or that it is new. */
static void tail_format(const struct vc_term *term, const json_t *message,
                        char *ret_tail, size_t room)
{
    const json_t *failure = json_object_get(message, "failure");
    const char *words = "";

    ret_tail[0] = '\0';
    if (vc_json_is(message, "from", "them"))
        return;
    if (json_is_object(failure))
        words = vc_err_words(vc_err_from_name(vc_json_string(failure, "name")));
    (void)snprintf(ret_tail, room, "  %s(%.16s%s%s)%s", vc_term_style(term, VC_DIM),
                   vc_json_string(message, "state"), words[0] == '\0' ? "" : ": ",
                   words, vc_term_style(term, VC_PLAIN));
}

static void put_body(struct vc_cli *cli, const json_t *message, int indent)
{
    const json_t *text = json_object_get(message, "text");
    char tail[256];
    char unknown[96];

    tail_format(&cli->term, message, tail, sizeof(tail));
    if (json_is_string(text)) {
        vc_term_block(stdout, &cli->term, indent, json_string_value(text),
                      json_string_length(text), tail);
        return;
    }
    (void)snprintf(unknown, sizeof(unknown),
                   "[a message of type %lld: a newer veche may show it]",
                   (long long)vc_json_integer(message, "type_number"));
    vc_term_block(stdout, &cli->term, indent, unknown, strlen(unknown), tail);
}

void vc_text_message(struct vc_cli *cli, const json_t *message, bool with_name)
{
    bool is_own = vc_json_is(message, "from", "me");
    int64_t at = vc_json_integer(message, is_own ? "sent_at" : "stored_at");
    const char *name = vc_json_string(message, "contact_name");

    if (vc_json_bool(message, "has_gap")) {
        put_day(cli, at);
        printf("      . %sa message is missing here; it is asked for%s\n",
               vc_term_style(&cli->term, VC_YELLOW),
               vc_term_style(&cli->term, VC_PLAIN));
    }
    put_body(cli, message,
             put_head(cli, at, is_own ? '>' : '<', is_own && !with_name ? NULL : name));
}

/* One line about something that is no message. */
static void put_news(struct vc_cli *cli, const json_t *event, const char *words)
{
    const json_t *failure = json_object_get(event, "failure");

    (void)put_head(cli, vc_json_integer(event, "at"), '.',
                   vc_json_string(event, "contact_name"));
    (void)fputs(words, stdout);
    if (json_is_object(failure)) {
        (void)fputs(": ", stdout);
        vc_term_put(stdout, vc_json_string(failure, "message"));
    }
    putchar('\n');
}

static void put_states(struct vc_cli *cli, const json_t *event)
{
    char words[64];
    size_t count = json_array_size(json_object_get(event, "ids"));

    (void)snprintf(words, sizeof(words), "%zu %s %.16s", count,
                   count == 1 ? "message" : "messages", vc_json_string(event, "state"));
    put_news(cli, event, words);
}

static void put_join(struct vc_cli *cli, const json_t *event, bool is_done)
{
    const json_t *join = json_object_get(event, "join");
    const json_t *failure = json_object_get(join, "failure");

    (void)put_head(cli, vc_json_integer(event, "at"), '.', NULL);
    printf("join #%lld ", (long long)vc_json_integer(join, "id"));
    (void)fputs(is_done ? "succeeded" : "failed", stdout);
    if (json_is_object(failure)) {
        (void)fputs(": ", stdout);
        vc_term_put(stdout, vc_json_string(failure, "message"));
    }
    putchar('\n');
}

const char *vc_text_session_reason(const json_t *session)
{
    return vc_json_is(session, "reason", "unopened")
               ? "the other side could not open what was sent"
           : vc_json_is(session, "reason", "rollback")
               ? "this node was put back to an older state"
           : vc_json_is(session, "reason", "theirs") ? "the other side began it"
                                                     : "the first one";
}

static void put_session(struct vc_cli *cli, const json_t *event)
{
    const json_t *session =
        json_object_get(json_object_get(event, "contact_now"), "session");
    char words[128] = "has a new session";

    if (json_is_object(session)) {
        (void)snprintf(words, sizeof(words), "has a new session, number %lld: %s",
                       (long long)vc_json_integer(session, "generation"),
                       vc_text_session_reason(session));
    }
    put_news(cli, event, words);
}

void vc_text_event(struct vc_cli *cli, const json_t *event)
{
    static const struct {
        const char *kind;
        const char *words;
    } news[] = {{"message.read_here", "you have read this conversation"},
                {"contact.added", "is a contact now"},
                {"contact.changed", "changed"},
                {"contact.removed", "is no contact any more"}};

    if (vc_json_is(event, "kind", "message.new"))
        vc_text_message(cli, json_object_get(event, "message"), true);
    else if (vc_json_is(event, "kind", "message.state"))
        put_states(cli, event);
    else if (vc_json_is(event, "kind", "presence"))
        put_news(cli, event,
                 vc_json_bool(event, "is_connected") ? "connected" : "offline");
    else if (vc_json_is(event, "change", "session"))
        put_session(cli, event);
    else if (vc_json_is(event, "kind", "join.done"))
        put_join(cli, event, true);
    else if (vc_json_is(event, "kind", "join.failed"))
        put_join(cli, event, false);
    for (size_t i = 0; i < sizeof(news) / sizeof(news[0]); i++) {
        if (vc_json_is(event, "kind", news[i].kind) &&
            !vc_json_is(event, "change", "session"))
            put_news(cli, event,
                     vc_json_is(event, "change", "device") ? "has a new device"
                                                           : news[i].words);
    }
    (void)fflush(stdout); /* main() asks the stream at the end */
}
