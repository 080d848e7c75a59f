#include "dht/calls.h"

#include <string.h>

/* The 90th percentile is where steps of 9 up and 1 down keep the balance.  Steps of an 80th of
 * the estimate follow a change of the network within 30 answers (the median; 9 of 10
 * times within 60) and leave it wavering by a seventh (the standard deviation; both for
 * lognormal round trips of sigma 0.6).  Twice as large: 10 and 30, and a fifth. */
#define STEP_PARTS 80
#define STEPS_UP   9

size_t vc_dht_calls_footprint(uint32_t capacity)
{
    return (size_t)capacity * sizeof(struct vc_dht_call) + vc_map_footprint(capacity) +
           vc_heap_footprint(capacity) + vc_pool_footprint(capacity);
}

void vc_dht_calls_init(struct vc_dht_calls *calls, void *mem, uint32_t capacity,
                       struct vc_rng *rng)
{
    struct vc_dht_call *items = mem;
    uint8_t *map_mem = (uint8_t *)(items + capacity);
    uint8_t *heap_mem = map_mem + vc_map_footprint(capacity);

    *calls =
        (struct vc_dht_calls){.items = items, .hedge_us = VC_DHT_HEDGE_FIRST_MS * 1000};
    vc_map_init(&calls->map, map_mem, capacity);
    vc_heap_init(&calls->timers, heap_mem, capacity);
    vc_pool_init(&calls->pool, heap_mem + vc_heap_footprint(capacity), capacity);
    vc_rng_draw(rng, calls->map_key, sizeof calls->map_key);
}

static uint64_t hash_of(const struct vc_dht_calls *calls,
                        const struct vc_dht_txid *txid)
{
    return vc_siphash(calls->map_key, VC_BYTES(txid->b));
}

static bool has_txid(const void *ctx, uint32_t value, const void *key)
{
    const struct vc_dht_calls *calls = ctx;

    return memcmp(&calls->items[value].txid, key, sizeof(struct vc_dht_txid)) == 0;
}

static bool find(const struct vc_dht_calls *calls, const struct vc_dht_txid *txid,
                 uint32_t *ret_place)
{
    return vc_map_find(&calls->map, hash_of(calls, txid), has_txid, calls, txid,
                       ret_place);
}

static void forget(struct vc_dht_calls *calls, uint32_t place)
{
    vc_map_remove(&calls->map, hash_of(calls, &calls->items[place].txid), place);
    vc_heap_set(&calls->timers, place, VC_NEVER);
    vc_pool_give(&calls->pool, place);
}

/* Of the calls that are late, all or only nobody's, the one that waits longest. */
static bool find_late(const struct vc_dht_calls *calls, bool is_nobodys,
                      uint32_t *ret_place)
{
    vc_ms sent_at = VC_NEVER;

    for (uint32_t place = 0; place < calls->pool.touched; place++) {
        const struct vc_dht_call *call = &calls->items[place];

        if (vc_pool_is_taken(&calls->pool, place) && call->is_late &&
            (call->owner == VC_DHT_NOBODY || !is_nobodys) && call->sent_at < sent_at) {
            *ret_place = place;
            sent_at = call->sent_at;
        }
    }
    return sent_at != VC_NEVER;
}

bool vc_dht_calls_have_room(const struct vc_dht_calls *calls)
{
    uint32_t place;

    return calls->map.count < calls->map.capacity || find_late(calls, true, &place);
}

bool vc_dht_calls_have_late(const struct vc_dht_calls *calls)
{
    uint32_t place;

    return find_late(calls, false, &place);
}

bool vc_dht_calls_give_up(struct vc_dht_calls *calls, struct vc_dht_call *ret_call)
{
    uint32_t place;

    if (!find_late(calls, false, &place)) {
        return false;
    }
    *ret_call = calls->items[place];
    forget(calls, place);
    return true;
}

vc_err vc_dht_calls_add(struct vc_dht_calls *calls, vc_ms now,
                        const struct vc_dht_call *call)
{
    uint32_t place;
    vc_err err;

    if (find(calls, &call->txid, &place)) {
        return VC_ERR_EXISTS;
    }
    if (calls->map.count == calls->map.capacity && find_late(calls, true, &place)) {
        forget(calls, place);
    }
    err = vc_pool_take(&calls->pool, &place);
    if (err != VC_OK) {
        return err;
    }
    err = vc_map_insert(&calls->map, hash_of(calls, &call->txid), place);
    VC_CHECK(err == VC_OK); /* it has as many places */
    calls->items[place] = *call;
    calls->items[place].is_late = false;
    calls->items[place].sent_at = now;
    vc_heap_set(&calls->timers, place, vc_ms_after(now, vc_dht_calls_hedge_ms(calls)));
    return VC_OK;
}

const struct vc_dht_call *vc_dht_calls_find(const struct vc_dht_calls *calls,
                                            const struct vc_dht_txid *txid,
                                            const struct vc_addr *from)
{
    uint32_t place;

    if (!find(calls, txid, &place) ||
        !vc_addr_equal(&calls->items[place].to.addr, from)) {
        return NULL;
    }
    return &calls->items[place];
}

static void learn(struct vc_dht_calls *calls, vc_ms round_trip_ms)
{
    uint32_t step_us = calls->hedge_us / STEP_PARTS;

    if (vc_ms_min(round_trip_ms, VC_DHT_GIVE_UP_MS) * 1000 > calls->hedge_us) {
        calls->hedge_us += STEPS_UP * step_us;
    } else {
        calls->hedge_us -= step_us;
    }
    if (calls->hedge_us < VC_DHT_HEDGE_MIN_MS * 1000) {
        calls->hedge_us = VC_DHT_HEDGE_MIN_MS * 1000;
    }
    if (calls->hedge_us > VC_DHT_HEDGE_MAX_MS * 1000) {
        calls->hedge_us = VC_DHT_HEDGE_MAX_MS * 1000;
    }
}

void vc_dht_calls_done(struct vc_dht_calls *calls, vc_ms now,
                       const struct vc_dht_txid *txid, struct vc_dht_call *ret_call)
{
    uint32_t place = 0;
    bool is_open = find(calls, txid, &place);

    VC_CHECK(is_open);
    *ret_call = calls->items[place];
    learn(calls, now - ret_call->sent_at);
    forget(calls, place);
}

void vc_dht_calls_disown(struct vc_dht_calls *calls, uint16_t owner)
{
    for (uint32_t place = 0; place < calls->pool.touched; place++) {
        struct vc_dht_call *call = &calls->items[place];

        if (vc_pool_is_taken(&calls->pool, place) && call->owner == owner) {
            call->owner = VC_DHT_NOBODY;
            call->is_late = true; /* nobody's patience can end */
            vc_heap_set(&calls->timers, place,
                        vc_ms_after(call->sent_at, VC_DHT_GIVE_UP_MS));
        }
    }
}

enum vc_dht_overdue vc_dht_calls_take(struct vc_dht_calls *calls, vc_ms now,
                                      struct vc_dht_call *ret_call)
{
    struct vc_dht_call *call;
    uint32_t place;

    if (!vc_heap_take(&calls->timers, now, &place)) {
        return VC_DHT_NONE_DUE;
    }
    call = &calls->items[place];
    if (!call->is_late) {
        call->is_late = true;
        vc_heap_set(&calls->timers, place,
                    vc_ms_after(call->sent_at, VC_DHT_GIVE_UP_MS));
        *ret_call = *call;
        return VC_DHT_LATE;
    }
    *ret_call = *call;
    forget(calls, place);
    return VC_DHT_GIVEN_UP;
}

vc_ms vc_dht_calls_due(const struct vc_dht_calls *calls)
{
    return vc_heap_due(&calls->timers);
}
