#include "dht/peers.h"

#include <string.h>

size_t vc_dht_peers_footprint(uint32_t capacity)
{
    return vc_map_footprint(capacity) + vc_pool_footprint(capacity) +
           (size_t)capacity *
               (sizeof(struct vc_dht_peer) + sizeof(struct vc_fifo_link));
}

void vc_dht_peers_init(struct vc_dht_peers *peers, void *mem, uint32_t capacity,
                       struct vc_rng *rng)
{
    struct vc_dht_peer *items = mem;
    uint8_t *map_mem = (uint8_t *)(items + capacity);
    uint8_t *pool_mem = map_mem + vc_map_footprint(capacity);

    VC_CHECK(capacity >= 8);
    *peers = (struct vc_dht_peers){.items = items};
    vc_map_init(&peers->map, map_mem, capacity);
    vc_pool_init(&peers->pool, pool_mem, capacity);
    vc_fifo_init(&peers->order, (void *)(pool_mem + vc_pool_footprint(capacity)));
    vc_rng_draw(rng, peers->map_key, sizeof peers->map_key);
}

static uint64_t hash_of(const struct vc_dht_peers *peers, const struct vc_key32 *key)
{
    return vc_siphash(peers->map_key, VC_BYTES(key->b));
}

static bool has_key(const void *ctx, uint32_t value, const void *key)
{
    const struct vc_dht_peers *peers = ctx;

    return memcmp(&peers->items[value].key, key, sizeof(struct vc_key32)) == 0;
}

static void forget(struct vc_dht_peers *peers, uint32_t place)
{
    struct vc_dht_peer *peer = &peers->items[place];

    vc_map_remove(&peers->map, hash_of(peers, &peer->key), place);
    vc_fifo_remove(&peers->order, place);
    vc_wipe(peer, sizeof *peer);
    vc_pool_give(&peers->pool, place);
}

void vc_dht_peers_wipe(struct vc_dht_peers *peers)
{
    uint32_t place;

    while ((place = vc_fifo_first(&peers->order)) != VC_SLOT_NONE) {
        forget(peers, place);
    }
}

/* The order of use is the order of time: who is too old stands in front. */
static void forget_unused(struct vc_dht_peers *peers, vc_ms now)
{
    uint32_t place;

    while ((place = vc_fifo_first(&peers->order)) != VC_SLOT_NONE &&
           now > vc_ms_after(peers->items[place].used_at, VC_DHT_SESSION_MS)) {
        forget(peers, place);
    }
}

static struct vc_dht_peer *use(struct vc_dht_peers *peers, vc_ms now, uint32_t place)
{
    vc_fifo_remove(&peers->order, place);
    vc_fifo_push(&peers->order, place);
    peers->items[place].used_at = now;
    return &peers->items[place];
}

struct vc_dht_peer *vc_dht_peers_find(struct vc_dht_peers *peers, vc_ms now,
                                      const struct vc_key32 *key)
{
    uint32_t place;

    forget_unused(peers, now);
    if (!vc_map_find(&peers->map, hash_of(peers, key), has_key, peers, key, &place)) {
        return NULL;
    }
    return use(peers, now, place);
}

struct vc_dht_peer *vc_dht_peers_get(struct vc_dht_peers *peers, vc_ms now,
                                     const struct vc_key32 *key,
                                     const struct vc_secret32 *own_secret)
{
    struct vc_dht_peer *known = vc_dht_peers_find(peers, now, key);
    struct vc_dht_peer made = {.key = *key,
                               .cookies = {{.at = VC_NEVER}, {.at = VC_NEVER}}};
    uint32_t place;
    vc_err err;

    if (known != NULL) {
        return known;
    }
    if (!vc_dh(&made.shared, own_secret, key)) {
        return NULL;
    }
    if (vc_pool_take(&peers->pool, &place) != VC_OK) {
        forget(peers, vc_fifo_first(&peers->order));
        err = vc_pool_take(&peers->pool, &place);
        VC_CHECK(err == VC_OK);
    }
    err = vc_map_insert(&peers->map, hash_of(peers, key), place);
    VC_CHECK(err == VC_OK); /* it has as many places */
    peers->items[place] = made;
    vc_wipe(&made, sizeof made);
    return use(peers, now, place);
}

void vc_dht_peer_put_cookie(struct vc_dht_peer *peer, vc_ms now,
                            const struct vc_addr *addr,
                            const struct vc_dht_cookie *cookie)
{
    peer->cookies[addr->family == 6] = (struct vc_dht_held_cookie){*cookie, now};
}

const struct vc_dht_cookie *vc_dht_peer_cookie(const struct vc_dht_peer *peer,
                                               vc_ms now, const struct vc_addr *addr)
{
    const struct vc_dht_held_cookie *held = &peer->cookies[addr->family == 6];

    if (held->at == VC_NEVER || now >= vc_ms_after(held->at, VC_DHT_COOKIE_USE_MS)) {
        return NULL;
    }
    return &held->cookie;
}
