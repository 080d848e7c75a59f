#include "node/edge/dht_shapes.h"

#include <stdio.h>
#include <time.h>

#include "crypto/base/utf8.h"
#include "node/edge/shapes.h"

/* Unix milliseconds of an instant of the other clock. */
static json_t *shape_mono(vc_ms at, const struct vc_now *now)
{
    vc_ms ago = now->mono > at ? now->mono - at : 0;

    return json_integer((json_int_t)(now->unix_ms > ago ? now->unix_ms - ago : 0));
}

static json_t *shape_addr(const struct vc_addr *addr)
{
    char text[VC_ADDR_TEXT_MAX];

    if (addr->family == 0) {
        return json_null();
    }
    vc_addr_format(addr, text);
    return json_string(text);
}

static json_t *shape_addrs(const struct vc_addr *addrs, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, shape_addr(&addrs[i]));
    }
    return list;
}

json_t *vc_shape_day(uint32_t epoch)
{
    time_t begin = (time_t)epoch * VC_EPOCH_S;
    struct tm day;
    char text[sizeof "2026-01-02"];

    /* Four digits of a year last until 9999; the count of days goes on much longer. */
    if (gmtime_r(&begin, &day) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%d", &day) == 0) {
        return json_null();
    }
    return json_string(text);
}

/* Why the node has its role: a name for programs, words for people. */
static void explain(const struct vc_dht_status *dht, const char **ret_name,
                    const char **ret_words)
{
    bool is_router = dht->role == VC_DHT_ROLE_ROUTER;

    switch (dht->why) {
    case VC_DHT_WHY_CONFIGURED:
        *ret_name = "configured";
        *ret_words = is_router ? "the configuration says that others can reach it"
                               : "the configuration says that it only asks";
        return;
    case VC_DHT_WHY_PRIVATE:
        *ret_name = "private";
        *ret_words = "in a private network everybody answers others";
        return;
    case VC_DHT_WHY_NO_ANSWER:
        *ret_name = "no_answer";
        *ret_words = "nobody has answered yet";
        return;
    case VC_DHT_WHY_FEW:
        *ret_name = "few";
        *ret_words = "too few have said yet where they see this node";
        return;
    case VC_DHT_WHY_UNSTABLE:
        *ret_name = "unstable";
        *ret_words = "others see this node at different addresses: its router gives it "
                     "another one for each of them";
        return;
    case VC_DHT_WHY_CLOSED:
        *ret_name = "closed";
        *ret_words = "who does not know this node yet cannot reach it: a router or a "
                     "firewall keeps them out";
        return;
    case VC_DHT_WHY_YOUNG:
        *ret_name = "young";
        *ret_words =
            "others can reach it; it answers when it has been up for 20 minutes";
        return;
    case VC_DHT_WHY_REACHABLE:
        *ret_name = "reachable";
        *ret_words = "others can reach it";
        return;
    }
    VC_CHECK(false);
}

static json_t *shape_published(const struct vc_find_status *find,
                               const struct vc_now *now)
{
    return find->published_at == VC_NEVER
               ? json_null()
               : json_pack("{s:o, s:o, s:i, s:o}", "day", vc_shape_day(find->epoch),
                           "at", shape_mono(find->published_at, now), "holders",
                           (int)find->holders, "failure",
                           vc_shape_failure(find->failure));
}

static json_t *shape_looked(const struct vc_dht_status *dht, const struct vc_now *now)
{
    return dht->lookup_at == VC_NEVER
               ? json_null()
               : json_pack("{s:o, s:I, s:i}", "at", shape_mono(dht->lookup_at, now),
                           "took_ms", (json_int_t)dht->lookup_ms, "requests",
                           (int)dht->lookup_asked);
}

static json_t *shape_network(const struct vc_options *options)
{
    struct vc_bytes id = {options->network_id, options->network_id_len};

    return vc_utf8_is_valid(id) ? json_stringn((const char *)id.data, id.len)
                                : json_null();
}

static void set_number(json_t *shape, const char *name, uint64_t value)
{
    json_object_set_new(shape, name, json_integer((json_int_t)value));
}

static void set_traffic(json_t *shape, const struct vc_dht_status *dht)
{
    set_number(shape, "answers", dht->answers);
    set_number(shape, "datagrams_in", dht->datagrams_in);
    set_number(shape, "datagrams_out", dht->datagrams_out);
    set_number(shape, "bytes_in", dht->bytes_in);
    set_number(shape, "bytes_out", dht->bytes_out);
}

json_t *vc_shape_dht(const struct vc_dht_status *dht, const struct vc_find_status *find,
                     const struct vc_options *options, const struct vc_now *now)
{
    json_t *shape = json_object();
    const char *why, *words;

    explain(dht, &why, &words);
    json_object_set_new(shape, "network", shape_network(options));
    json_object_set_new(shape, "is_private", json_boolean(options->is_private));
    json_object_set_new(shape, "is_joined", json_boolean(dht->is_joined));
    set_number(shape, "entry_points", options->door_count);
    set_number(shape, "nodes", dht->nodes);
    set_number(shape, "suspects", dht->suspects);
    json_object_set_new(shape, "size",
                        dht->network_size == 0
                            ? json_null()
                            : json_integer((json_int_t)dht->network_size));
    json_object_set_new(
        shape, "role",
        json_string(dht->role == VC_DHT_ROLE_ROUTER ? "router" : "client"));
    json_object_set_new(shape, "why", json_string(why));
    json_object_set_new(shape, "why_words", json_string(words));
    json_object_set_new(shape, "seen", shape_addr(&dht->seen));
    json_object_set_new(shape, "addresses", shape_addrs(find->addrs, find->addr_count));
    set_number(shape, "records", dht->records);
    json_object_set_new(shape, "published", shape_published(find, now));
    json_object_set_new(shape, "is_left", json_boolean(find->is_left));
    json_object_set_new(shape, "looked", shape_looked(dht, now));
    set_number(shape, "seeking", find->seeking);
    set_number(shape, "pausing", find->waiting);
    json_object_set_new(shape, "is_clock_off", json_boolean(find->is_clock_off));
    set_traffic(shape, dht);
    return shape;
}

json_t *vc_shape_dht_node(const struct vc_dht_node *node, const struct vc_now *now)
{
    char id[17];

    (void)snprintf(id, sizeof id, "%016llx", (unsigned long long)node->id);
    return json_pack("{s:s, s:i, s:o, s:o, s:b}", "id", id, "bucket", (int)node->bucket,
                     "address", shape_addr(&node->contact.addr), "heard_at",
                     shape_mono(node->heard_at, now), "is_suspect",
                     (int)node->is_suspect);
}

json_t *vc_shape_dht_record(const struct vc_dht_record *record,
                            const struct vc_account_record *said, vc_ms first_ms)
{
    const char *kind = said == NULL                      ? "sealed"
                       : said->kind == VC_RECORD_FORWARD ? "forward"
                                                         : "account";
    bool has_addrs = said != NULL && said->kind == VC_RECORD_ACCOUNT;

    return json_pack(
        "{s:I, s:I, s:I, s:s, s:o}", "first_ms", (json_int_t)first_ms, "written_at",
        (json_int_t)(record->seq <= INT64_MAX ? record->seq : INT64_MAX), "expires_at",
        (json_int_t)record->expiry * 1000, "kind", kind, "addresses",
        shape_addrs(has_addrs ? said->addrs : NULL, has_addrs ? said->addr_count : 0));
}
