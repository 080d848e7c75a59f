/*
 * How large the network is, from how near the nearest are: an estimate from our own lookups.
 *
 * The i-th nearest of N nodes is i / N of the line away, on average; what the nearest twelve
 * say is averaged, and that moves the estimate a little (EWMA).  Pure integers.
 */
#ifndef VC_DHT_SIZE_H
#define VC_DHT_SIZE_H

#include "crypto/base/base.h"

struct vc_dht_size {
    uint64_t spacing; /* the mean distance between neighbours on the line; 0: unknown */
    uint32_t samples;
};

/* The distances of the nearest that answered a lookup which was not cut short, nearest first.
 * Fewer than 4 say nothing, except when @is_all: then they are the whole network. */
void vc_dht_size_learn(struct vc_dht_size *size, const uint64_t *distances,
                       size_t count, bool is_all);
/* The number of nodes; 0: unknown. */
uint64_t vc_dht_size_nodes(const struct vc_dht_size *size);
/* The expected distance of the @rank-th nearest (1..64); UINT64_MAX when nothing is known or the
 * network has fewer. */
uint64_t vc_dht_size_distance(const struct vc_dht_size *size, unsigned rank);
/* Are these answers much thinner than the network is: has somebody left nodes out?  @distances:
 * as above. */
bool vc_dht_size_is_thin(const struct vc_dht_size *size, const uint64_t *distances,
                         size_t count);

#endif
