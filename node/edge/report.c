#include "node/edge/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "node/edge/daemon.h"
#include "node/edge/dht_shapes.h"
#include "node/edge/shapes.h"
#include "node/edge/system.h"
#include "storage/lmdb.h"

#define REPORT_LOG_LINES 200

/* What the contacts add up to. */
struct totals {
    size_t contacts, connected;
    uint64_t waiting, unread;
    size_t open_invites;
};

static bool has_passphrase(const struct vc_daemon *daemon)
{
    bool is_there = false;

    /* Without a key that can be read veched would not have started. */
    return vc_lmdb_has_passphrase(daemon->options.dir, &is_there) == VC_OK && is_there;
}

static void add_up(struct vc_daemon *daemon, struct totals *ret_totals)
{
    static struct vc_contact contacts[VC_CHAT_CONTACTS_MAX];
    static struct vc_invite_state invites[256];
    struct vc_chat *chat = vc_node_chat(daemon->node);
    struct totals totals = {0};
    size_t count = vc_chat_invites(chat, &daemon->now, invites, 256);

    for (size_t i = 0; i < count && i < 256; i++) {
        totals.open_invites += !invites[i].is_revoked && !invites[i].is_expired &&
                               invites[i].contact == 0;
    }
    count = vc_chat_contacts(chat, &daemon->now, contacts, VC_CHAT_CONTACTS_MAX);
    for (size_t i = 0; i < count && i < VC_CHAT_CONTACTS_MAX; i++) {
        totals.connected += contacts[i].is_connected;
        totals.waiting += contacts[i].waiting;
        totals.unread += contacts[i].unread;
    }
    totals.contacts = count;
    *ret_totals = totals;
}

static void write_verdict(char *ret_text, size_t room, const struct totals *totals,
                          vc_err health, size_t address_count)
{
    if (health != VC_OK) {
        (void)snprintf(ret_text, room, "nothing new is accepted: %s", vc_err_words(health));
    } else if (address_count == 0) {
        (void)snprintf(ret_text, room, "no network: messages wait until there is one");
    } else if (totals->contacts == 0) {
        (void)snprintf(ret_text, room, "ready; there are no contacts yet");
    } else {
        (void)snprintf(ret_text, room, "ready: %zu of %zu contacts connected, %llu waiting",
                 totals->connected, totals->contacts, (unsigned long long)totals->waiting);
    }
}

static json_t *address_list(const struct vc_addr *addrs, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        char text[VC_ADDR_TEXT_MAX];

        vc_addr_format(&addrs[i], text);
        json_array_append_new(list, json_string(text));
    }
    return list;
}

static json_t *listen_list(const struct vc_daemon *daemon)
{
    struct vc_addr addrs[VC_UDP_SOCKETS_MAX];

    for (size_t i = 0; i < daemon->udp.count; i++) {
        addrs[i] = daemon->udp.sockets[i].bound;
    }
    return address_list(addrs, daemon->udp.count);
}

static void set_number(json_t *result, const char *name, uint64_t value)
{
    json_object_set_new(result, name, json_integer((json_int_t)value));
}

static void set_owner(struct vc_daemon *daemon, json_t *result,
                      const struct vc_owner *owner)
{
    const struct vc_account *account = vc_node_account(daemon->node);
    char id[VC_ID_TEXT_MAX];

    vc_id_format(&account->root, id);
    json_object_set_new(result, "name", json_string(owner->name));
    json_object_set_new(result, "veche_id", json_string(id));
    json_object_set_new(result, "fingerprint",
                        vc_shape_hex(account->fingerprint.b, sizeof account->fingerprint.b));
    json_object_set_new(result, "read_receipts", json_boolean(owner->sends_read_receipts));
    json_object_set_new(result, "has_passphrase", json_boolean(has_passphrase(daemon)));
    json_object_set_new(result, "addresses", address_list(owner->addrs, owner->addr_count));
}

static void set_traffic(struct vc_daemon *daemon, json_t *result)
{
    struct vc_link_stats link;
    struct vc_store_stats store;

    vc_link_stats(vc_node_link(daemon->node), &link);
    vc_store_stats(daemon->store, &store);
    set_number(result, "sessions", link.sessions + link.half_open);
    set_number(result, "datagrams_in", link.datagrams_in);
    set_number(result, "datagrams_out", link.datagrams_out);
    set_number(result, "bytes_in", link.bytes_in);
    set_number(result, "bytes_out", link.bytes_out);
    set_number(result, "dropped",
               link.dropped_strange + link.dropped_replay + link.dropped_full +
                   link.dropped_malformed);
    set_number(result, "store_bytes", store.file_bytes);
    set_number(result, "commits", store.commits);
}

static void set_keys(struct vc_daemon *daemon, json_t *result)
{
    struct vc_chat_keys keys;

    vc_chat_keys(vc_node_chat(daemon->node), &keys);
    json_object_set_new(result, "has_root", json_boolean(keys.has_root));
    json_object_set_new(result, "live_until", vc_shape_time(keys.live_until));
    set_number(result, "moves", keys.record_generation);
    json_object_set_new(result, "moved_at", vc_shape_time(keys.moved_at));
    set_number(result, "unknowing", keys.unknowing);
    set_number(result, "contacts_keys", keys.contacts_valid);
    json_object_set_new(result, "key_turns_at", vc_shape_time(keys.turn_at));
}

static json_t *dht_state(struct vc_daemon *daemon)
{
    struct vc_dht_status dht;
    struct vc_find_status find;

    vc_dht_status(vc_node_dht(daemon->node), &daemon->now, &dht);
    vc_find_status(vc_node_find(daemon->node), &daemon->now, &find);
    return vc_shape_dht(&dht, &find, &daemon->options, &daemon->now);
}

vc_err vc_report_status(struct vc_daemon *daemon, json_t *result)
{
    struct vc_chat *chat = vc_node_chat(daemon->node);
    vc_err health = vc_store_health(daemon->store);
    struct vc_owner owner;
    struct totals totals;
    char verdict[256];

    add_up(daemon, &totals);
    vc_chat_owner(chat, &owner);
    write_verdict(verdict, sizeof verdict, &totals, health, owner.addr_count);
    json_object_set_new(result, "verdict", json_string(verdict));
    json_object_set_new(result, "is_usable",
                        json_boolean(health == VC_OK && owner.addr_count > 0));
    json_object_set_new(result, "version", json_string(VC_VERSION));
    set_number(result, "api", VC_CONTROL_API_VERSION);
    set_number(result, "pid", (uint64_t)getpid());
    set_number(result, "started_at", daemon->started_at);
    json_object_set_new(result, "directory", json_string(daemon->options.dir));
    set_owner(daemon, result, &owner);
    set_keys(daemon, result);
    json_object_set_new(result, "listen", listen_list(daemon));
    json_object_set_new(result, "health", vc_shape_failure(health));
    set_number(result, "contacts", totals.contacts);
    set_number(result, "connected", totals.connected);
    set_number(result, "waiting", totals.waiting);
    set_number(result, "unread", totals.unread);
    set_number(result, "open_invites", totals.open_invites);
    set_traffic(daemon, result);
    json_object_set_new(result, "dht", dht_state(daemon));
    set_number(result, "rss_bytes", vc_system_rss_bytes());
    set_number(result, "event_first", vc_chat_event_first(chat));
    set_number(result, "event_last", vc_chat_event_last(chat));
    return VC_OK;
}

static void print_line(void *ctx, const char *line)
{
    (void)fprintf(ctx, "  %s\n", line);
}

static void print_machine(FILE *out)
{
    struct utsname machine;

    if (uname(&machine) == 0) {
        (void)fprintf(out, "system: %s %s %s\n", machine.sysname, machine.release, machine.machine);
    }
    (void)fprintf(out, "libuv: %s\n", uv_version_string());
}

static void print_values(FILE *out, const char *front, const json_t *object,
                         const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *value = json_dumps(json_object_get(object, names[i]), JSON_ENCODE_ANY);

        (void)fprintf(out, "%s%s: %s\n", front, names[i], value != NULL ? value : "?");
        free(value);
    }
}

char *vc_report_text(struct vc_daemon *daemon)
{
    static const char *const shown[] = {
        "is_usable",    "started_at",    "contacts",     "connected", "waiting",
        "unread",       "open_invites",  "sessions",     "datagrams_in", "datagrams_out",
        "bytes_in",     "bytes_out",     "dropped",      "rss_bytes", "store_bytes",
        "commits",      "event_first",   "event_last",   "has_root",  "live_until",
        "moves",        "moved_at",      "unknowing",    "contacts_keys", "key_turns_at",
    };
    static const char *const dht_shown[] = {
        "is_private", "is_joined", "entry_points", "nodes",        "suspects",
        "size",       "role",      "why",          "records",      "published",
        "is_left",    "looked",    "seeking",   "pausing",      "is_clock_off", "answers",
        "datagrams_in", "datagrams_out", "bytes_in", "bytes_out",
    };
    json_t *status = json_object();
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (status == NULL || out == NULL || vc_report_status(daemon, status) != VC_OK) {
        json_decref(status);
        if (out != NULL) {
            (void)fclose(out);
        }
        free(text);
        return NULL;
    }
    (void)fprintf(out, "veched %s, control protocol %d\n", VC_VERSION, VC_CONTROL_API_VERSION);
    print_machine(out);
    (void)fprintf(out, "store: %s\n", vc_err_words(vc_store_health(daemon->store)));
    print_values(out, "", status, shown, sizeof shown / sizeof *shown);
    print_values(out, "dht.", json_object_get(status, "dht"), dht_shown,
                 sizeof dht_shown / sizeof *dht_shown);
    (void)fprintf(out, "log:\n");
    vc_log_kept(VC_LOG_DEBUG, REPORT_LOG_LINES, print_line, out);
    json_decref(status);
    (void)fclose(out);
    return text;
}
