/*
 * How large the network is, from how near the nearest are.
 *
 * The i-th nearest of N nodes is i / (N + 1) of the line away, on average.  How far the farthest
 * of some is says all that they can say: of 32 within a fifth, two times in three.  Pure integers.
 */
#ifndef VC_DHT_SIZE_H
#define VC_DHT_SIZE_H

#include "crypto/base/base.h"

struct vc_dht_size {
    uint64_t spacing; /* the mean distance between neighbours on the line; 0: unknown */
};

/*
 * The distances of the nearest to some point that nobody could choose to be near, nearest first.
 * Fewer than 4 say nothing, except when @is_all: then they are the whole network, and the size
 * is exact.
 */
void vc_dht_size_set(struct vc_dht_size *size, const uint64_t *distances, size_t count,
                     bool is_all);
/* The number of nodes; 0: unknown. */
uint64_t vc_dht_size_nodes(const struct vc_dht_size *size);
/* The expected distance of the @rank-th nearest and @halves half standard deviations more;
 * UINT64_MAX when nothing is known or that is all of the line. */
#define VC_DHT_SIZE_RANK_MAX 128
uint64_t vc_dht_size_reach(const struct vc_dht_size *size, unsigned rank, int halves);
/* The distance within which the @rank nearest to a place are, in 99 of 100 cases: three standard
 * deviations more than is expected. */
uint64_t vc_dht_size_distance(const struct vc_dht_size *size, unsigned rank);
#endif
