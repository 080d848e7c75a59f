/*
 * Generated inputs for property tests: a generator with a seed that is printed when the
 * test begins.  VC_SEED=0x... in the environment runs one seed again.
 */
#ifndef VC_TESTS_SUPPORT_PROP_H
#define VC_TESTS_SUPPORT_PROP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct vc_prop {
    uint64_t state;
};

/* Starts a test with the seed of the environment, or one of the clock's. */
static inline struct vc_prop vc_prop_begin(const char *test)
{
    const char *given = getenv("VC_SEED");
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = given != NULL ? strtoull(given, NULL, 0)
                                  : (uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec;
    printf("%s: VC_SEED=0x%016llx\n", test, (unsigned long long)seed);
    return (struct vc_prop){seed};
}

/* SplitMix64. */
static inline uint64_t vc_prop_u64(struct vc_prop *prop)
{
    uint64_t z = prop->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0..bound-1; the slight unevenness does not matter to a test. */
static inline uint32_t vc_prop_below(struct vc_prop *prop, uint32_t bound)
{
    return (uint32_t)(vc_prop_u64(prop) >> 32) % bound;
}

static inline void vc_prop_bytes(struct vc_prop *prop, void *ret_bytes, size_t len)
{
    uint8_t *bytes = ret_bytes;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)vc_prop_u64(prop);
    }
}

#endif
