/*
 * How large the network is, from how near the nearest are: an estimate from our own lookups.
 *
 * The i-th nearest of N nodes is i / (N + 1) of the line away, on average.  How far the farthest
 * of those that answered is says all that they can say; that moves the estimate a little
 * (EWMA).  Pure integers.
 */
#ifndef VC_DHT_SIZE_H
#define VC_DHT_SIZE_H

#include "crypto/base/base.h"

struct vc_dht_size {
    uint64_t spacing; /* the mean distance between neighbours on the line */
    uint32_t samples; /* 0: nothing is known */
};

/*
 * The distances of the nearest that answered a lookup which was not cut short, nearest first.
 * Fewer than 4 say nothing, except when @is_all: then they are the whole network, and the
 * estimate is exact.  Once eight lookups are in, none moves it by more than an eighth.
 */
void vc_dht_size_learn(struct vc_dht_size *size, const uint64_t *distances,
                       size_t count, bool is_all);
/* The same at once and in full: for distances that are known well, as those of the nodes nearest
 * to our own id. */
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
/*
 * Are these answers much thinner than the network is: has somebody left nodes out?  True when
 * the last is five standard deviations farther than expected: 2.4 times for twelve, which one
 * honest answer in a thousand is at most.  @distances: as above.
 */
bool vc_dht_size_is_thin(const struct vc_dht_size *size, const uint64_t *distances,
                         size_t count);

#endif
