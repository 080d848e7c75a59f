#include "dht/size.h"

/* Fewer distances than this say nothing. */
#define DISTANCES_MIN 4
/* The spacing of 2^44 nodes: ids that were put next to a place are not a network. */
#define SPACING_MIN (UINT64_C(1) << 20)

void vc_dht_size_set(struct vc_dht_size *size, const uint64_t *distances, size_t count,
                     bool is_all)
{
    if (is_all && count > 0) {
        size->spacing = UINT64_MAX / (count + 1);
    } else if (count >= DISTANCES_MIN) {
        size->spacing = distances[count - 1] / count;
        if (size->spacing < SPACING_MIN) {
            size->spacing = SPACING_MIN;
        }
    }
}

uint64_t vc_dht_size_nodes(const struct vc_dht_size *size)
{
    uint64_t whole, rest;

    if (size->spacing == 0) {
        return 0;
    }
    /* N nodes make N + 1 gaps. */
    whole = UINT64_MAX / size->spacing;
    rest = UINT64_MAX % size->spacing;
    return whole - (rest < size->spacing - rest ? 1 : 0);
}

/* The square root of @value, below 2^16, rounded down. */
static unsigned root_of(unsigned value)
{
    unsigned root = 0;

    for (unsigned bit = 128; bit > 0; bit /= 2) {
        root += (root + bit) * (root + bit) <= value ? bit : 0;
    }
    return root;
}

uint64_t vc_dht_size_reach(const struct vc_dht_size *size, unsigned rank, int halves)
{
    uint64_t reach;
    int gaps; /* in thirty-seconds */

    VC_CHECK(rank >= 1 && rank <= VC_DHT_SIZE_RANK_MAX);
    if (size->spacing == 0) {
        return UINT64_MAX;
    }
    /* It is a sum of so many exponential gaps, so one deviation is the root of the rank. */
    gaps = (int)(32 * rank);
    if (halves != 0) {
        gaps += halves * (int)root_of(256 * rank);
    }
    if (gaps <= 0) {
        return 0;
    }
    return __builtin_mul_overflow(size->spacing / 32, (unsigned)gaps, &reach)
               ? UINT64_MAX
               : reach;
}

uint64_t vc_dht_size_distance(const struct vc_dht_size *size, unsigned rank)
{
    return vc_dht_size_reach(size, rank, 6);
}
