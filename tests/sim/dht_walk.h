/*
 * One lookup in virtual time, over a network with static tables: it does what the caller of
 * dht/lookup.h does, with losses, hedges, dead nodes and such as lie.
 *
 * A colluder denies the value and tells of other colluders: of the 64 nearest to the target.
 */
#ifndef VC_TESTS_SIM_DHT_WALK_H
#define VC_TESTS_SIM_DHT_WALK_H

#include "tests/sim/dht_net.h"

#define DHT_WALK_RING  64
#define DHT_WALK_TOLD  16 /* contacts in an answer, at most */
#define DHT_WALK_NEVER UINT32_MAX

struct dht_walk_rules {
    uint32_t loss;     /* of a million, each way */
    uint32_t told;     /* contacts in an answer */
    uint32_t hedge_ms; /* 0: the 90th percentile of the round trips */
    bool
        is_lab; /* 40-160 ms, the same for a pair at all times, and a private network; else
                          lognormal, median 80 ms, sigma 0.6 */
};

struct dht_walk_call {
    uint8_t slot;
    bool is_get;
    uint32_t node;
    uint64_t point;                       /* what a FIND asks for */
    uint32_t answer_at, late_at, fail_at; /* DHT_WALK_NEVER: not, or not any more */
};

struct dht_walk {
    const struct dht_walk_rules *rules;
    const struct dht_net *net;
    const struct vc_dht_size *size;
    struct sim_random random;
    struct vc_dht_lookup lookup;
    uint32_t asker;
    uint32_t now_ms;
    bool is_get;
    bool is_before; /* nobody is dead yet */
    uint32_t ring[DHT_WALK_RING];
    uint32_t ring_count;
    const uint32_t *holders;
    uint32_t holders_count;
    struct dht_walk_call calls[VC_DHT_LOOKUP_NODES];
    uint32_t calls_count;
    uint32_t answers;
    uint32_t found_ms; /* the first value; DHT_WALK_NEVER: not found */
    /* A put: who has taken the record, and when their acknowledgements are here. */
    uint32_t taken[VC_DHT_LOOKUP_NODES];
    uint32_t taken_ms[VC_DHT_LOOKUP_NODES];
    uint32_t taken_count;
};

/* Somebody honest looks for @target.  All that is given is borrowed. */
void dht_walk_begin(struct dht_walk *walk, const struct dht_walk_rules *rules,
                    const struct dht_net *net, const struct vc_dht_size *size,
                    uint64_t target, uint64_t seed);

/* Looks for what @holders have, a second time if need be. */
void dht_walk_get(struct dht_walk *walk, const uint32_t *holders, uint32_t count);
/* Puts a record where it belongs: to all nearer than the twelfth is expected to be and to the
 * twelve nearest. */
void dht_walk_put(struct dht_walk *walk);
/* Goes on until it is over. */
void dht_walk_on(struct dht_walk *walk);

/* When the twelfth had acknowledged; DHT_WALK_NEVER: never. */
uint32_t dht_walk_put_ms(const struct dht_walk *walk);
/* What a lookup that is over says of the size of the network. */
void dht_walk_size(const struct dht_walk *walk, struct vc_dht_size *ret_size);

#endif
