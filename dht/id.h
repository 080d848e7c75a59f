/*
 * Ids: the line on which nodes and places stand, and the distance between them.
 *
 * An id has 64 bits.  That is enough to tell the nodes of any network apart, and a lookup
 * that carries no more of what it looks for tells those on its way that much less.  The
 * distance is XOR (Maymounkov, Mazieres: "Kademlia", 2002).  dht/SPEC.md, "Ids".
 */
#ifndef VC_DHT_ID_H
#define VC_DHT_ID_H

#include "crypto/base/addr.h"
#include "crypto/prim.h"

/*
 * The id of a node: 24 bits of its masked address and of three bits of its key, 40 of its key, so
 * that who wants an id near a place needs the addresses for it, and who has one address has
 * eight regions to choose from (BEP 42).  In a private network (@is_bound false) all 64 are of
 * the key.
 */
uint64_t vc_dht_node_id(const struct vc_addr *addr, const struct vc_key32 *key,
                        bool is_bound);

/* The id of a place: its first 8 bytes, big-endian. */
uint64_t vc_dht_place_id(const struct vc_hash32 *place);

static inline uint64_t vc_dht_distance(uint64_t a, uint64_t b)
{
    return a ^ b;
}

/*
 * The bucket of a node at @distance from our own id: three for each level of two bits, the
 * farthest first: 0 and 1 for the half with another first bit, 2 for the quarter after it.
 * VC_DHT_BUCKETS for the distance 0.
 */
#define VC_DHT_BUCKETS 96
static inline unsigned vc_dht_bucket(uint64_t distance)
{
    unsigned level;

    if (distance == 0) {
        return VC_DHT_BUCKETS;
    }
    level = (unsigned)__builtin_clzll(distance) / 2;
    /* The two bits of the level are 3, 2 or 1. */
    return level * 3 + (3 - (unsigned)(distance >> (62 - 2 * level)));
}

/* A random id that falls into @bucket of the table of @own; for VC_DHT_BUCKETS, @own. */
uint64_t vc_dht_id_in_bucket(struct vc_rng *rng, uint64_t own, unsigned bucket);

#endif
