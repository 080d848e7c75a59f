#include "dht/size.h"

/* The weight of one lookup, when so many have been averaged: after ten more the estimate
 * has gone three quarters of the way. */
#define WEIGHT_SAMPLES 8
/* Fewer distances than this say nothing. */
#define DISTANCES_MIN 4
/* The spacing of 2^44 nodes: ids that were put next to a place are not a network. */
#define SPACING_MIN (UINT64_C(1) << 20)

static void take_all(struct vc_dht_size *size, size_t count)
{
    size->spacing = UINT64_MAX / (count + 1);
    if (size->samples < WEIGHT_SAMPLES) {
        size->samples++;
    }
}

void vc_dht_size_learn(struct vc_dht_size *size, const uint64_t *distances,
                       size_t count, bool is_all)
{
    uint64_t sample;

    /* All there is, exactly; unless it is suddenly much less, which a lookup that met
     * silence looks like too. */
    if (is_all && (size->samples == 0 || count > vc_dht_size_nodes(size) / 2)) {
        take_all(size, count);
        return;
    }
    if (count < DISTANCES_MIN) {
        return;
    }
    sample = distances[count - 1] / count;
    if (size->samples >= WEIGHT_SAMPLES) {
        /* One lookup that went wrong must not move it far. */
        if (sample / 2 > size->spacing) {
            sample = 2 * size->spacing;
        } else if (sample < size->spacing / 2) {
            sample = size->spacing / 2;
        }
    } else {
        size->samples++;
    }
    if (sample >= size->spacing) {
        size->spacing += (sample - size->spacing) / size->samples;
    } else {
        size->spacing -= (size->spacing - sample) / size->samples;
    }
    if (size->spacing < SPACING_MIN) {
        size->spacing = SPACING_MIN;
    }
}

void vc_dht_size_set(struct vc_dht_size *size, const uint64_t *distances, size_t count,
                     bool is_all)
{
    struct vc_dht_size now = {0};

    vc_dht_size_learn(&now, distances, count, is_all);
    if (now.samples > 0) {
        now.samples = WEIGHT_SAMPLES;
        *size = now;
    }
}

uint64_t vc_dht_size_nodes(const struct vc_dht_size *size)
{
    uint64_t whole, rest;

    if (size->samples == 0) {
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
    int gaps; /* in thirty-seconds */

    VC_CHECK(rank >= 1 && rank <= VC_DHT_SIZE_RANK_MAX);
    if (size->samples == 0) {
        return UINT64_MAX;
    }
    /* It is a sum of so many exponential gaps, so one deviation is the root of the rank. */
    gaps = (int)(32 * rank) + halves * (int)root_of(256 * rank);
    if (gaps <= 0) {
        return 0;
    }
    return size->spacing / 32 > UINT64_MAX / (unsigned)gaps
               ? UINT64_MAX
               : size->spacing / 32 * (unsigned)gaps;
}

uint64_t vc_dht_size_distance(const struct vc_dht_size *size, unsigned rank)
{
    return vc_dht_size_reach(size, rank, 6);
}

bool vc_dht_size_is_thin(const struct vc_dht_size *size, const uint64_t *distances,
                         size_t count)
{
    if (size->samples < WEIGHT_SAMPLES || count < DISTANCES_MIN) {
        return false;
    }
    if (count > VC_DHT_SIZE_RANK_MAX) {
        count = VC_DHT_SIZE_RANK_MAX;
    }
    return distances[count - 1] > vc_dht_size_reach(size, (unsigned)count, 10);
}
