/* dht/SPEC.md, "Datagrams": a request that was seen before is dropped. */
#include "dht/seen.h"

#include <string.h>

/* No cookie is good for longer: the present slot and the last. */
#define SET_MS (2 * VC_DHT_COOKIE_SLOT_MS)

/* Slots of one set, of which two thirds are used at most. */
static uint32_t slot_count(uint32_t capacity)
{
    uint32_t half = capacity / 2;
    uint32_t count = 2;

    VC_CHECK(capacity >= 2 && capacity <= VC_DHT_SEEN_MAX);
    while (count < half + half / 2 + 1) {
        count *= 2;
    }
    return count;
}

size_t vc_dht_seen_footprint(uint32_t capacity)
{
    return 2 * (size_t)slot_count(capacity) * sizeof(uint64_t);
}

void vc_dht_seen_init(struct vc_dht_seen *seen, void *mem, uint32_t capacity,
                      struct vc_rng *rng)
{
    uint64_t *slots = mem;
    uint32_t count = slot_count(capacity);

    VC_CHECK(mem != NULL && (uintptr_t)mem % sizeof(uint64_t) == 0);
    *seen = (struct vc_dht_seen){
        .slots = {slots, slots + count}, .mask = count - 1, .half = capacity / 2};
    vc_rng_draw(rng, seen->key, sizeof seen->key);
}

static uint64_t hash_of(const struct vc_dht_seen *seen, const struct vc_key32 *asker,
                        const struct vc_dht_txid *txid)
{
    uint8_t bytes[sizeof asker->b + sizeof txid->b];
    uint64_t hash;

    memcpy(bytes, asker->b, sizeof asker->b);
    memcpy(bytes + sizeof asker->b, txid->b, sizeof txid->b);
    hash = vc_siphash(seen->key, VC_BYTES(bytes));
    return hash != 0 ? hash : 1; /* 0 is a free slot */
}

/* Where @hash stands in a set, or would. */
static uint64_t *slot_of(const struct vc_dht_seen *seen, unsigned set, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & seen->mask;

    while (seen->slots[set][at] != 0 && seen->slots[set][at] != hash) {
        at = (at + 1) & seen->mask;
    }
    return &seen->slots[set][at];
}

static void drop_older(struct vc_dht_seen *seen, vc_ms now)
{
    seen->newer ^= 1;
    memset(seen->slots[seen->newer], 0, ((size_t)seen->mask + 1) * sizeof(uint64_t));
    seen->count = 0;
    seen->since = now;
}

bool vc_dht_seen_add(struct vc_dht_seen *seen, vc_ms now, const struct vc_key32 *asker,
                     const struct vc_dht_txid *txid)
{
    uint64_t hash = hash_of(seen, asker, txid);

    if (*slot_of(seen, 0, hash) == hash || *slot_of(seen, 1, hash) == hash) {
        return false;
    }
    if (seen->count == seen->half || now >= vc_ms_after(seen->since, SET_MS)) {
        drop_older(seen, now);
    }
    *slot_of(seen, seen->newer, hash) = hash;
    seen->count++;
    return true;
}
