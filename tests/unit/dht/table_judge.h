/*
 * What may be said of a routing table from outside, before and after an operation: its limits, its
 * order, and that nobody went out without a reason that the world knows of.
 * Include it in one source of a test program.
 */
#ifndef VC_TESTS_UNIT_DHT_TABLE_JUDGE_H
#define VC_TESTS_UNIT_DHT_TABLE_JUDGE_H

#include "dht/table_parts.h"
#include "tests/unit/dht/table_world.h"

/* What the table was before the operation. */
static struct vc_dht_entry before[CAPACITY_MAX];
static uint64_t ids_before[CAPACITY_MAX];
static uint32_t count_before;

static void remember(void)
{
    memcpy(before, table.entries, table.count * sizeof before[0]);
    memcpy(ids_before, table.ids, table.count * sizeof ids_before[0]);
    count_before = table.count;
}

static bool is_same(const struct vc_dht_contact *a, const struct vc_dht_contact *b)
{
    return vc_addr_equal(&a->addr, &b->addr) &&
           memcmp(a->key.b, b->key.b, sizeof a->key.b) == 0;
}

static bool has_failed(const struct vc_dht_entry *entry)
{
    return entry->standing == VC_DHT_FAILED || entry->standing == VC_DHT_CONDEMNED;
}

static uint64_t distance_of(uint64_t id)
{
    return id ^ table.own;
}

/* ---- what the table may do ---- */

static bool shares(const struct vc_addr *a, const struct vc_addr *b, bool is_wide)
{
    return memcmp(a->ip, b->ip, is_wide ? 2 : 3) == 0;
}

/* Of all entries before, how many are of that bucket (any: VC_DHT_BUCKETS) and network. */
static uint32_t count_like(const struct vc_addr *addr, unsigned bucket, bool is_wide)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < count_before; i++) {
        count += (bucket == VC_DHT_BUCKETS ||
                  vc_dht_bucket(distance_of(ids_before[i])) == bucket) &&
                 shares(&before[i].contact.addr, addr, is_wide);
    }
    return count;
}

static bool is_diverse(const struct vc_addr *addr, unsigned bucket)
{
    return table.is_private ||
           (count_like(addr, bucket, false) < VC_DHT_BUCKET_PER_24 &&
            count_like(addr, bucket, true) < VC_DHT_BUCKET_PER_16 &&
            count_like(addr, VC_DHT_BUCKETS, false) < VC_DHT_TABLE_PER_24 &&
            count_like(addr, VC_DHT_BUCKETS, true) < VC_DHT_TABLE_PER_16);
}

static uint32_t count_nearer(uint64_t distance)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < count_before; i++) {
        count += distance_of(ids_before[i]) < distance && !has_failed(&before[i]);
    }
    return count;
}

static uint32_t count_bucket(unsigned bucket)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < count_before; i++) {
        count += vc_dht_bucket(distance_of(ids_before[i])) == bucket;
    }
    return count;
}

static bool has_anybody_failed(void)
{
    for (uint32_t i = 0; i < count_before; i++) {
        if (has_failed(&before[i])) {
            return true;
        }
    }
    return false;
}

/* Twice, half a minute apart, each time while somebody else could be heard. */
static bool is_proven_dead(uint32_t number, vc_ms apart_ms)
{
    const struct inhabitant *node = &nodes[number];

    for (uint32_t i = 0; i < node->failure_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (node->failures[i].is_settled && node->failures[j].is_settled &&
                node->failures[i].at / 1000 - node->failures[j].at / 1000 >=
                    apart_ms / 1000) {
                return true;
            }
        }
    }
    return false;
}

/* May entry @i of before be trimmed from a full table for somebody at @distance? */
static bool may_be_trimmed(uint32_t i, uint64_t distance)
{
    unsigned bucket = vc_dht_bucket(distance_of(ids_before[i]));
    uint32_t count = count_bucket(bucket);
    bool is_new_near = count_nearer(distance) < VC_DHT_NEAR;
    uint32_t reach = is_new_near ? VC_DHT_NEAR - 1 : VC_DHT_NEAR;

    if (has_anybody_failed() || count_nearer(distance_of(ids_before[i])) < reach ||
        (!is_new_near && count < count_bucket(vc_dht_bucket(distance)) + 2)) {
        return false;
    }
    for (uint32_t j = 0; j < count_before; j++) {
        unsigned other = vc_dht_bucket(distance_of(ids_before[j]));

        if (count_nearer(distance_of(ids_before[j])) >= reach &&
            (count_bucket(other) > count || (other == bucket && j > i))) {
            return false;
        }
    }
    return true;
}

/* Entry @i of before is there no more; @heard, if anybody, was put in. */
static void check_departure(uint32_t i, const struct vc_dht_contact *heard,
                            bool is_new_own)
{
    const struct vc_dht_entry *gone = &before[i];
    uint64_t distance;
    unsigned bucket;

    if (gone->contact.key.b[31] != nodes[number_of(&gone->contact)].key_no) {
        return; /* of a key that he has no more nobody keeps a record */
    }
    if (is_new_own ||
        is_proven_dead(number_of(&gone->contact), VC_DHT_FAILURES_APART_MS)) {
        return;
    }
    assert_non_null(heard);
    distance = distance_of(id_in(&table, heard));
    bucket = vc_dht_bucket(distance);
    assert_non_null(entry_of(&table, heard));
    if (!has_failed(gone)) {
        assert_int_equal(count_before, table.capacity);
        assert_true(may_be_trimmed(i, distance));
        return;
    }
    if (count_before < table.capacity ||
        !is_diverse(&heard->addr, bucket)) { /* not only for want of memory */
        assert_true(now >=
                    vc_dht_seconds_ms(gone->failed_at) + VC_DHT_SUSPECT_YIELDS_MS);
        assert_true(vc_dht_bucket(distance_of(ids_before[i])) == bucket ||
                    shares(&gone->contact.addr, &heard->addr, true));
    }
}

/* ---- what it always is ---- */

static void check_limits(void)
{
    uint32_t bucket_24[CAPACITY_MAX] = {0}, bucket_16[CAPACITY_MAX] = {0};

    assert_true(table.count <= table.capacity);
    for (uint32_t i = 0; i < table.count && !table.is_private; i++) {
        uint32_t table_24 = 0, table_16 = 0;

        for (uint32_t j = 0; j < table.count; j++) {
            const struct vc_addr *a = &table.entries[i].contact.addr;
            const struct vc_addr *b = &table.entries[j].contact.addr;

            if (!shares(a, b, true)) {
                continue;
            }
            bool is_bucket = vc_dht_bucket(distance_of(table.ids[i])) ==
                             vc_dht_bucket(distance_of(table.ids[j]));
            bool is_24 = shares(a, b, false);

            table_16++;
            table_24 += is_24;
            bucket_16[i] += is_bucket;
            bucket_24[i] += is_bucket && is_24;
        }
        assert_true(table_16 <= VC_DHT_TABLE_PER_16 && table_24 <= VC_DHT_TABLE_PER_24);
        assert_true(bucket_16[i] <= VC_DHT_BUCKET_PER_16);
        assert_true(bucket_24[i] <= VC_DHT_BUCKET_PER_24);
    }
}

static void check_entries(void)
{
    for (uint32_t i = 0; i < table.count; i++) {
        const struct vc_dht_entry *entry = &table.entries[i];
        const struct inhabitant *node = &nodes[number_of(&entry->contact)];

        assert_int_equal(table.tags[i],
                         vc_dht_table_tag_of_key(&entry->contact.key) |
                             vc_dht_table_tag_of_addr(&entry->contact.addr));
        if (entry->standing == VC_DHT_GOOD &&
            entry->contact.key.b[31] == node->key_no) {
            assert_int_equal(node->failure_count, 0);
        }
        if (has_failed(entry) && entry->contact.key.b[31] == node->key_no) {
            assert_true(node->failure_count > 0);
        }
    }
    /* It is not looked for again where it cannot have changed. */
    assert_int_equal(vc_dht_table_depth(&table), vc_dht_table_find_depth(&table));
}

static void check_ids(void)
{
    for (uint32_t i = 0; i < table.count; i++) {
        assert_true(table.ids[i] == id_in(&table, &table.entries[i].contact));
    }
}

static void check_spares(void)
{
    const struct vc_dht_spares *spares = &table.spares;
    uint32_t in_bucket[VC_DHT_BUCKETS + 1] = {0};

    assert_true(spares->count <= SPARES);
    for (uint32_t i = 0; i < spares->count; i++) {
        assert_null(entry_of(&table, &spares->contacts[i]));
        assert_true(spares->ids[i] == id_in(&table, &spares->contacts[i]));
        assert_true(++in_bucket[vc_dht_bucket(distance_of(spares->ids[i]))] <=
                    VC_DHT_SPARES_PER_BUCKET);
    }
}

static uint64_t sort_target;

static int by_distance(const void *a, const void *b)
{
    const struct vc_dht_entry *one = *(const struct vc_dht_entry *const *)a;
    const struct vc_dht_entry *other = *(const struct vc_dht_entry *const *)b;
    uint64_t da, db;

    if ((one->standing == VC_DHT_GOOD) != (other->standing == VC_DHT_GOOD)) {
        return one->standing == VC_DHT_GOOD ? -1 : 1;
    }
    da = table.ids[one - table.entries] ^ sort_target;
    db = table.ids[other - table.entries] ^ sort_target;
    return da < db ? -1 : da > db;
}

static void check_nearest(void)
{
    const struct vc_dht_entry *sorted[CAPACITY_MAX];
    struct vc_dht_contact got[VC_DHT_NEAREST_MAX];
    size_t room = below(VC_DHT_NEAREST_MAX + 1);
    bool is_for_others = below(2) == 0;
    size_t wanted = is_for_others ? vc_dht_table_good(&table) : table.count;

    sort_target = vc_prop_u64(&prop);
    for (uint32_t i = 0; i < table.count; i++) {
        sorted[i] = &table.entries[i];
    }
    qsort(sorted, table.count, sizeof sorted[0], by_distance);
    wanted = wanted < room ? wanted : room;
    assert_int_equal(
        vc_dht_table_nearest(&table, sort_target, is_for_others, got, room), wanted);
    for (size_t i = 0; i < wanted; i++) {
        assert_true(is_same(&got[i], &sorted[i]->contact));
    }
}

/* Would it want anything now, if it did not trust the instants that it keeps? */
static void check_due(void)
{
    static struct vc_dht_entry entries[CAPACITY_MAX];
    static struct vc_dht_contact spares[SPARES];
    static uint64_t spare_ids[SPARES];
    struct vc_dht_table copy = table;
    struct vc_dht_contact to;
    unsigned bucket;
    bool is_wanted;

    memcpy(entries, table.entries, table.count * sizeof entries[0]);
    memcpy(spares, table.spares.contacts, sizeof spares);
    memcpy(spare_ids, table.spares.ids, sizeof spare_ids);
    copy.entries = entries;
    copy.spares.contacts = spares;
    copy.spares.ids = spare_ids;
    copy.ping_due_at = copy.bucket_due_at = 0;
    is_wanted =
        vc_dht_table_ping(&copy, now, &to) || vc_dht_table_stale(&copy, now, &bucket);
    if (is_wanted) {
        assert_true(vc_dht_table_due(&table) <= now);
    }
}

/* Who is left is in the same order; who is new is the youngest. */
static void check(const struct vc_dht_contact *heard, bool is_new_own)
{
    uint32_t left = 0;
    bool has_changed;

    for (uint32_t i = 0; i < count_before; i++) {
        if (left < table.count &&
            is_same(&before[i].contact, &table.entries[left].contact)) {
            left++;
        } else {
            check_departure(i, heard, is_new_own);
        }
    }
    assert_true(table.count - left <= (heard != NULL));
    has_changed = left < count_before || left < table.count;
    if (has_changed) {
        check_limits();
    }
    remember();
}

#endif
