/*
 * Rates: a bucket of tokens for each network (/24, IPv6 /48) that asks, and single buckets.
 *
 * The table of networks has a fixed size and is never a reason to turn somebody away: a new
 * network takes the place of the one that was quiet for longest (freenet-core#4981 is what
 * happens else).  Answers to our own requests never come here.
 */
#ifndef VC_DHT_LIMITER_H
#define VC_DHT_LIMITER_H

#include "crypto/base/addr.h"
#include "crypto/base/fifo.h"
#include "crypto/base/map.h"
#include "crypto/prim.h"

/* Tokens in thousandths, so that a millisecond's share is a whole number.  Rate and burst are
 * 1 at least, the burst 4,000,000 at most. */
struct vc_dht_tokens {
    uint32_t left_milli;
    vc_ms at;
};

/* Starts full. */
void vc_dht_tokens_init(struct vc_dht_tokens *tokens, uint32_t burst, vc_ms now);
/* Takes one when there is one. */
VC_NODISCARD bool vc_dht_tokens_take(struct vc_dht_tokens *tokens, uint32_t rate_per_s,
                                     uint32_t burst, vc_ms now);
/* When there will be one: @now when there is. */
vc_ms vc_dht_tokens_at(const struct vc_dht_tokens *tokens, uint32_t rate_per_s,
                       uint32_t burst, vc_ms now);

struct vc_dht_source {
    uint64_t prefix;
    struct vc_dht_tokens tokens;
};

struct vc_dht_limiter {
    struct vc_dht_source *items;
    struct vc_map map;    /* by prefix */
    struct vc_fifo order; /* the one quiet for longest first */
    uint8_t map_key[16];
    uint32_t capacity, count;
};

/* @capacity: 1 at least; 56 to 80 bytes each. */
size_t vc_dht_limiter_footprint(uint32_t capacity);
/* @mem: zeroed, aligned for uint64_t.  Draws the key of the map from @rng. */
void vc_dht_limiter_init(struct vc_dht_limiter *limiter, void *mem, uint32_t capacity,
                         struct vc_rng *rng);
/* May a request from @from be looked at? */
VC_NODISCARD bool vc_dht_limiter_admit(struct vc_dht_limiter *limiter, vc_ms now,
                                       const struct vc_addr *from);

#endif
