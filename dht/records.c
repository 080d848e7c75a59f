/* dht/SPEC.md, "Records": what holders do. */
#include "dht/records.h"

#include <string.h>

/* Of all that stands in the memory only heaps may end between two numbers of 8 bytes. */
static size_t heap_footprint(uint32_t capacity)
{
    return (vc_heap_footprint(capacity) + 7) / 8 * 8;
}

size_t vc_dht_records_footprint(uint32_t capacity)
{
    if (capacity == 0) {
        return 0;
    }
    return (size_t)capacity * sizeof(struct vc_dht_held) +
           2 * vc_map_footprint(capacity) + 2 * heap_footprint(capacity) +
           vc_pool_footprint(capacity);
}

void vc_dht_records_init(struct vc_dht_records *records, void *mem, uint32_t capacity,
                         bool is_private, struct vc_rng *rng)
{
    uint8_t *at = mem;

    *records = (struct vc_dht_records){.capacity = capacity, .is_private = is_private};
    vc_rng_draw(rng, records->map_key, sizeof(records->map_key));
    if (capacity == 0) {
        return;
    }
    VC_CHECK(mem != NULL && (uintptr_t)mem % sizeof(uint64_t) == 0);
    records->items = mem;
    at += (size_t)capacity * sizeof(struct vc_dht_held);
    vc_map_init(&records->by_place, at, capacity);
    at += vc_map_footprint(capacity);
    vc_map_init(&records->by_prefix, at, capacity);
    at += vc_map_footprint(capacity);
    vc_heap_init(&records->by_due, at, capacity);
    at += heap_footprint(capacity);
    vc_heap_init(&records->by_distance, at, capacity);
    at += heap_footprint(capacity);
    vc_pool_init(&records->pool, at, capacity);
}

static uint64_t hash_of_place(const struct vc_dht_records *records,
                              const struct vc_hash32 *place)
{
    return vc_siphash(records->map_key, VC_BYTES(place->b));
}

static uint64_t hash_of_prefix(const struct vc_dht_records *records, uint64_t prefix)
{
    uint8_t bytes[sizeof(prefix)];
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));

    vc_write_u64(&w, prefix);
    return vc_siphash(records->map_key, VC_BYTES(bytes));
}

static bool is_at_place(const void *ctx, uint32_t value, const void *key)
{
    const struct vc_dht_records *records = ctx;
    const struct vc_hash32 *place = key;

    return memcmp(records->items[value].place.b, place->b, sizeof(place->b)) == 0;
}

static bool find(const struct vc_dht_records *records, const struct vc_hash32 *place,
                 uint32_t *ret_index)
{
    return records->capacity > 0 &&
           vc_map_find(&records->by_place, hash_of_place(records, place), is_at_place,
                       records, place, ret_index);
}

static bool is_timely(const struct vc_dht_held *held, vc_ms unix_ms)
{
    const struct vc_dht_record dates = {.seq = held->seq, .expiry = held->expiry};

    return vc_dht_record_is_timely(&dates, unix_ms);
}

static void drop(struct vc_dht_records *records, uint32_t index)
{
    const struct vc_dht_held *held = &records->items[index];

    vc_map_remove(&records->by_place, hash_of_place(records, &held->place), index);
    if (!records->is_private) {
        vc_map_remove(&records->by_prefix, hash_of_prefix(records, held->prefix),
                      index);
    }
    vc_heap_set(&records->by_due, index, VC_NEVER);
    vc_heap_set(&records->by_distance, index, VC_NEVER);
    vc_pool_give(&records->pool, index);
}

/* When it is the first to go. */
static vc_ms due_of(const struct vc_dht_held *held, const struct vc_dht_records_at *at)
{
    vc_ms expires_at = (vc_ms)held->expiry * 1000; /* by the other clock */
    vc_ms due_at = vc_ms_after(at->now, VC_DHT_UNREFRESHED_MS);

    if (at->unix_ms == 0 || expires_at <= at->unix_ms) {
        return due_at;
    }
    return vc_ms_min(due_at, vc_ms_after(at->now, expires_at - at->unix_ms));
}

static void refresh(struct vc_dht_records *records, const struct vc_dht_records_at *at,
                    uint32_t index)
{
    vc_heap_set(&records->by_due, index, due_of(&records->items[index], at));
}

/* Throws out what has expired, so much for each that comes that it never takes long. */
static void drop_expired(struct vc_dht_records *records,
                         const struct vc_dht_records_at *at)
{
    for (int i = 0; i < VC_DHT_EXPIRED_PER_PUT && records->pool.count > 0; i++) {
        const struct vc_heap_entry *first = &records->by_due.entries[0];

        if (first->due_at > at->now ||
            is_timely(&records->items[first->index], at->unix_ms)) {
            return;
        }
        drop(records, first->index);
    }
}

/* What the search below counts: it never finds, and so goes on to the last. */
struct tally {
    const struct vc_dht_records *records;
    vc_ms unix_ms;
    uint32_t *count;
};

static bool tally_one(const void *ctx, uint32_t value, const void *key)
{
    const struct tally *tally = ctx;
    const uint64_t *prefix = key;

    const struct vc_dht_held *held = &tally->records->items[value];

    *tally->count += held->prefix == *prefix && is_timely(held, tally->unix_ms);
    return false;
}

static bool is_crowded(const struct vc_dht_records *records,
                       const struct vc_dht_records_at *at)
{
    uint32_t count = 0, none;
    const struct tally tally = {records, at->unix_ms, &count};

    if (records->is_private ||
        vc_map_find(&records->by_prefix, hash_of_prefix(records, at->prefix), tally_one,
                    &tally, &at->prefix, &none)) {
        return false;
    }
    return count >= VC_DHT_RECORDS_PER_24;
}

static bool is_full(const struct vc_dht_records *records)
{
    return records->pool.count == records->capacity;
}

/* The heap gives the least first; VC_NEVER would mean none. */
static vc_ms nearness_of(uint64_t distance)
{
    return vc_ms_min(~distance, VC_NEVER - 1);
}

/* Which record goes when one comes in that is at @distance; false when none does. */
static bool find_victim(const struct vc_dht_records *records,
                        const struct vc_dht_records_at *at, uint64_t distance,
                        uint32_t *ret_index)
{
    const struct vc_heap_entry *first = &records->by_due.entries[0];
    const struct vc_heap_entry *farthest = &records->by_distance.entries[0];

    if (first->due_at <= at->now) {
        *ret_index = first->index;
        return true;
    }
    *ret_index = farthest->index;
    return farthest->due_at < nearness_of(distance);
}

/* Is there room for one more at @distance?  Nothing goes out for it yet that anybody
 * would miss: its signature is not checked. */
static bool has_room(struct vc_dht_records *records, const struct vc_dht_records_at *at,
                     uint64_t distance)
{
    uint32_t victim;

    if (records->capacity == 0) {
        return false;
    }
    drop_expired(records, at);
    return !is_crowded(records, at) &&
           (!is_full(records) || find_victim(records, at, distance, &victim));
}

static void write(struct vc_dht_records *records, uint32_t index,
                  const struct vc_dht_record *record, struct vc_bytes bytes)
{
    struct vc_dht_held *held = &records->items[index];

    held->seq = record->seq;
    held->expiry = record->expiry;
    memcpy(held->bytes, bytes.data, sizeof(held->bytes));
}

static void add(struct vc_dht_records *records, const struct vc_dht_records_at *at,
                const struct vc_hash32 *place, const struct vc_dht_record *record,
                struct vc_bytes bytes)
{
    uint64_t distance = vc_dht_distance(at->own, vc_dht_place_id(place));
    uint32_t index = 0;

    if (is_full(records) && find_victim(records, at, distance, &index)) {
        drop(records, index);
    }
    VC_CHECK(vc_pool_take(&records->pool, &index) == VC_OK);
    records->items[index].place = *place;
    records->items[index].prefix = at->prefix;
    VC_CHECK(vc_map_insert(&records->by_place, hash_of_place(records, place), index) ==
             VC_OK);
    if (!records->is_private) {
        VC_CHECK(vc_map_insert(&records->by_prefix, hash_of_prefix(records, at->prefix),
                               index) == VC_OK);
    }
    vc_heap_set(&records->by_distance, index, nearness_of(distance));
    write(records, index, record, bytes);
    refresh(records, at, index);
}

/* A record for a place at which nothing is held. */
static vc_err put_new(struct vc_dht_records *records,
                      const struct vc_dht_records_at *at,
                      const struct vc_dht_record *record, struct vc_bytes bytes,
                      const struct vc_hash32 *place, enum vc_dht_hold *ret_hold)
{
    uint64_t distance = vc_dht_distance(at->own, vc_dht_place_id(place));

    if (distance > at->reach) {
        *ret_hold = VC_DHT_HOLD_FAR;
    } else if (!has_room(records, at, distance)) {
        *ret_hold = VC_DHT_HOLD_FULL;
    } else if (!vc_dht_record_verify(record, bytes)) {
        return VC_ERR_MALFORMED;
    } else {
        add(records, at, place, record, bytes);
        *ret_hold = VC_DHT_HOLD_YES;
    }
    return VC_OK;
}

/* A record for the place of the one at @index.  Of equal seq it is not verified: nothing of it
 * is kept, and whoever knows the seq may refresh. */
static vc_err put_again(struct vc_dht_records *records,
                        const struct vc_dht_records_at *at, uint32_t index,
                        const struct vc_dht_record *record, struct vc_bytes bytes,
                        enum vc_dht_hold *ret_hold)
{
    struct vc_dht_held *held = &records->items[index];

    if (record->seq < held->seq) {
        *ret_hold = VC_DHT_HOLD_NEWER;
        return VC_OK;
    }
    if (record->seq > held->seq) {
        if (!vc_dht_record_verify(record, bytes)) {
            return VC_ERR_MALFORMED;
        }
        write(records, index, record, bytes);
    }
    refresh(records, at, index);
    *ret_hold = VC_DHT_HOLD_YES;
    return VC_OK;
}

vc_err vc_dht_records_put(struct vc_dht_records *records,
                          const struct vc_dht_records_at *at,
                          const struct vc_dht_record *record, struct vc_bytes bytes,
                          enum vc_dht_hold *ret_hold, uint64_t *ret_seq)
{
    struct vc_hash32 place;
    uint32_t index = 0;
    vc_err err;

    if (!vc_dht_record_is_timely(record, at->unix_ms)) {
        return VC_ERR_MALFORMED;
    }
    vc_dht_record_place(&place, record);
    if (find(records, &place, &index) &&
        !is_timely(&records->items[index], at->unix_ms)) {
        drop(records, index);
    }
    if (find(records, &place, &index)) {
        err = put_again(records, at, index, record, bytes, ret_hold);
    } else {
        err = put_new(records, at, record, bytes, &place, ret_hold);
    }
    if (err == VC_OK) {
        *ret_seq = find(records, &place, &index) ? records->items[index].seq : 0;
    }
    return err;
}

enum vc_dht_hold vc_dht_records_refresh(struct vc_dht_records *records,
                                        const struct vc_dht_records_at *at,
                                        const struct vc_hash32 *place, uint64_t seq,
                                        uint64_t *ret_seq)
{
    uint32_t index;

    if (!find(records, place, &index) ||
        !is_timely(&records->items[index], at->unix_ms)) {
        *ret_seq = 0;
        return VC_DHT_HOLD_NO;
    }
    *ret_seq = records->items[index].seq;
    if (*ret_seq != seq) {
        return *ret_seq > seq ? VC_DHT_HOLD_NEWER : VC_DHT_HOLD_NO;
    }
    refresh(records, at, index);
    return VC_DHT_HOLD_YES;
}

struct vc_bytes vc_dht_records_get(const struct vc_dht_records *records,
                                   const struct vc_dht_records_at *at,
                                   const struct vc_hash32 *place)
{
    uint32_t index;

    if (!find(records, place, &index) ||
        !is_timely(&records->items[index], at->unix_ms)) {
        return (struct vc_bytes){NULL, 0};
    }
    return VC_BYTES(records->items[index].bytes);
}

uint32_t vc_dht_records_count(const struct vc_dht_records *records)
{
    return records->pool.count;
}
