/*
 * What is remembered of the nodes we talk to: the shared key and the cookie, for an hour.
 *
 * A fixed number of places, the one unused for longest given away first.  A shared key costs
 * an X25519; what is forgotten is made again.  Keys are wiped when they go.
 */
#ifndef VC_DHT_PEERS_H
#define VC_DHT_PEERS_H

#include "crypto/base/fifo.h"
#include "crypto/base/map.h"
#include "crypto/base/pool.h"
#include "dht/message.h"

/* A cookie to echo.  A node with both families sees us at two addresses: a cookie of the one
 * is worth nothing at the other. */
struct vc_dht_held_cookie {
    struct vc_dht_cookie cookie;
    vc_ms at; /* when it came; VC_NEVER: none */
};

struct vc_dht_peer {
    struct vc_key32 key;
    struct vc_secret32 shared;
    struct vc_dht_held_cookie cookies[2]; /* over IPv4 and over IPv6 */
    vc_ms used_at;
};

struct vc_dht_peers {
    struct vc_dht_peer *items;
    struct vc_pool pool;
    struct vc_map map;    /* by key */
    struct vc_fifo order; /* the one unused for longest first */
    uint8_t map_key[16];
};

/* @capacity: 8 at least; 156 to 180 bytes each. */
size_t vc_dht_peers_footprint(uint32_t capacity);
/* @mem: zeroed, aligned for uint64_t.  Draws the key of the map from @rng. */
void vc_dht_peers_init(struct vc_dht_peers *peers, void *mem, uint32_t capacity,
                       struct vc_rng *rng);
/* Forgets all: the own key has changed, or it is over. */
void vc_dht_peers_wipe(struct vc_dht_peers *peers);

/* Finds the peer and makes him the newest; NULL when he is not known or was unused for longer
 * than VC_DHT_SESSION_MS.  Borrowed until the next call of any kind. */
struct vc_dht_peer *vc_dht_peers_find(struct vc_dht_peers *peers, vc_ms now,
                                      const struct vc_key32 *key);
/* The same, and makes him when he is not there, with one X25519; NULL for a low-order key. */
struct vc_dht_peer *vc_dht_peers_get(struct vc_dht_peers *peers, vc_ms now,
                                     const struct vc_key32 *key,
                                     const struct vc_secret32 *own_secret);

/* A cookie has come from him at @addr. */
void vc_dht_peer_put_cookie(struct vc_dht_peer *peer, vc_ms now,
                            const struct vc_addr *addr,
                            const struct vc_dht_cookie *cookie);
/* The cookie for a request to him at @addr, borrowed from @peer; NULL when there is none that
 * is good now. */
const struct vc_dht_cookie *vc_dht_peer_cookie(const struct vc_dht_peer *peer,
                                               vc_ms now, const struct vc_addr *addr);

#endif
