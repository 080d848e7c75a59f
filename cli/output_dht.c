/*
 * The DHT in words: who is known, what this node is there, and whether it is found.
 */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"

void vc_text_dht_joined(const json_t *dht, char ret_text[VC_TEXT_DHT_MAX])
{
    long long nodes = (long long)vc_json_integer(dht, "nodes");
    long long size = (long long)vc_json_integer(dht, "size");
    long long doors = (long long)vc_json_integer(dht, "entry_points");
    char all[64] = "";

    if (size > nodes)
        (void)snprintf(all, sizeof(all), ", about %lld in all", size);
    if (vc_json_bool(dht, "is_joined"))
        (void)snprintf(ret_text, VC_TEXT_DHT_MAX, "%lld node%s known%s", nodes,
                       nodes == 1 ? "" : "s", all);
    else if (nodes > 0)
        (void)snprintf(ret_text, VC_TEXT_DHT_MAX,
                       "%lld node%s known from before, nobody has answered yet", nodes,
                       nodes == 1 ? "" : "s");
    else if (doors > 0)
        (void)snprintf(ret_text, VC_TEXT_DHT_MAX,
                       "nobody has answered yet, of %lld entry point%s", doors,
                       doors == 1 ? "" : "s");
    else
        (void)snprintf(
            ret_text, VC_TEXT_DHT_MAX,
            "no entry point known: add one with network.bootstrap = ADDR:PORT "
            "in veche.conf");
}

static void put_network(const json_t *dht)
{
    char words[VC_TEXT_DHT_MAX], line[2 * VC_TEXT_DHT_MAX];
    const char *network = vc_json_string(dht, "network");

    vc_text_dht_joined(dht, words);
    if (vc_json_bool(dht, "is_private"))
        (void)snprintf(line, sizeof(line), "private, %.64s: %s", network, words);
    else
        (void)snprintf(line, sizeof(line), "%s", words);
    vc_text_row("network", line);
}

static void put_role(const json_t *dht)
{
    char line[512];
    const char *seen = vc_json_string(dht, "seen");

    (void)snprintf(line, sizeof(line), "%s: %.256s%s%.64s", vc_json_string(dht, "role"),
                   vc_json_string(dht, "why_words"),
                   seen[0] == '\0' ? "" : "; seen at ", seen);
    vc_text_row("reachable", line);
}

static void put_published(const json_t *dht)
{
    const json_t *published = json_object_get(dht, "published");
    const json_t *failure = json_object_get(published, "failure");
    char when[VC_TERM_TIME_MAX], line[512];

    if (!json_is_object(published) && json_is_true(json_object_get(dht, "is_left"))) {
        vc_text_row("found by", "the record that was put before the start; it is put "
                                "again within a quarter of an hour");
        return;
    }
    if (!json_is_object(published)) {
        vc_text_row("found by", "addresses in invites and at contacts only: nothing is "
                                "published yet");
        return;
    }
    long long holders = (long long)vc_json_integer(published, "holders");
    vc_term_when(vc_json_integer(published, "at"), when);
    (void)snprintf(
        line, sizeof(line), "a record for %.10s, put at %s, that %lld node%s%s%.200s",
        vc_json_string(published, "day"), when, holders,
        holders == 1 ? " keeps" : "s keep", json_is_object(failure) ? "; " : "",
        vc_json_string(failure, "message"));
    vc_text_row("found by", line);
}

static void put_looked(const json_t *dht)
{
    const json_t *looked = json_object_get(dht, "looked");
    char when[VC_TERM_TIME_MAX], line[256];

    if (!json_is_object(looked))
        return;
    vc_term_when(vc_json_integer(looked, "at"), when);
    long long requests = (long long)vc_json_integer(looked, "requests");
    (void)snprintf(line, sizeof(line), "at %s, in %lld ms with %lld request%s", when,
                   (long long)vc_json_integer(looked, "took_ms"), requests,
                   requests == 1 ? "" : "s");
    vc_text_row("last lookup", line);
}

void vc_text_dht(const json_t *dht)
{
    char line[128];

    if (!json_is_object(dht))
        return; /* another version */
    put_network(dht);
    put_role(dht);
    put_published(dht);
    put_looked(dht);
    if (vc_json_integer(dht, "seeking") > 0 || vc_json_integer(dht, "pausing") > 0) {
        (void)snprintf(line, sizeof(line), "%lld now, %lld not found and again later",
                       (long long)vc_json_integer(dht, "seeking"),
                       (long long)vc_json_integer(dht, "pausing"));
        vc_text_row("looks for", line);
    }
    if (vc_json_bool(dht, "is_clock_off"))
        vc_text_row("clock",
                    "others say another time: look whether this machine's is right");
}

static void put_record(const json_t *record)
{
    static const struct {
        const char *kind, *words;
    } kinds[] = {
        {"account", "where this contact's device is"},
        {"forward", "that this contact has moved to another address"},
        {"sealed", "something that is not for you to read"},
    };
    char when[VC_TERM_TIME_MAX], until[VC_TERM_TIME_MAX], line[256];
    const char *words = "something";
    json_t *address;
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (vc_json_is(record, "kind", kinds[i].kind))
            words = kinds[i].words;
    }
    vc_text_row("says", words);
    json_array_foreach(json_object_get(record, "addresses"), i, address)
        vc_text_row("at", json_is_string(address) ? json_string_value(address) : "?");
    vc_term_when(vc_json_integer(record, "written_at"), when);
    vc_term_when(vc_json_integer(record, "expires_at"), until);
    (void)snprintf(line, sizeof(line), "about %s, good until %s", when, until);
    vc_text_row("written", line);
}

void vc_text_dht_lookup(struct vc_cli *cli, const json_t *lookup)
{
    const json_t *record = json_object_get(lookup, "record");
    long long requests = (long long)vc_json_integer(lookup, "requests");

    if (!json_is_object(record))
        (void)fputs("nothing was found", stdout);
    else
        printf("found after %lld ms", (long long)vc_json_integer(record, "first_ms"));
    printf("; %lld request%s in %lld ms\n", requests, requests == 1 ? "" : "s",
           (long long)vc_json_integer(lookup, "took_ms"));
    if (cli->is_quiet)
        return;
    vc_text_row("place", vc_json_string(lookup, "place"));
    if (vc_json_has(lookup, "day"))
        vc_text_row("of", vc_json_string(lookup, "day"));
    if (json_is_object(record))
        put_record(record);
}

void vc_text_dht_node(struct vc_cli *cli, const json_t *node)
{
    char when[VC_TERM_TIME_MAX];

    if (cli->is_quiet) {
        vc_term_put(stdout, vc_json_string(node, "address"));
        putchar('\n');
        return;
    }
    vc_term_put(stdout, vc_json_string(node, "id"));
    vc_term_when(vc_json_integer(node, "heard_at"), when);
    printf("  bucket %3lld  heard %s  ", (long long)vc_json_integer(node, "bucket"),
           when);
    vc_term_put(stdout, vc_json_string(node, "address"));
    printf("%s\n", vc_json_bool(node, "is_suspect") ? ", suspect" : "");
}
