/*
 * The simulator's own dice: small, quick, the same everywhere (xoshiro256**, seeded by
 * splitmix64; Blackman and Vigna 2018).  Not for anything secret.
 */
#ifndef VC_TESTS_SIM_RANDOM_H
#define VC_TESTS_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t s[4];
};

static inline uint64_t sim_splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline void sim_random_init(struct sim_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        random->s[i] = sim_splitmix(&seed);
    }
}

static inline uint64_t sim_random_next(struct sim_random *random)
{
    uint64_t *s = random->s;
    uint64_t x = s[1] * 5;
    uint64_t result = ((x << 7) | (x >> 57)) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* 0..bound-1; the bias of the remainder does not matter here. */
static inline uint32_t sim_random_below(struct sim_random *random, uint32_t bound)
{
    return bound == 0 ? 0 : (uint32_t)(sim_random_next(random) % bound);
}

static inline uint32_t sim_random_between(struct sim_random *random, uint32_t low,
                                          uint32_t high)
{
    return low + sim_random_below(random, high - low + 1);
}

/* True @per_million times in a million. */
static inline bool sim_random_chance(struct sim_random *random, uint32_t per_million)
{
    return per_million > 0 && sim_random_below(random, 1000000) < per_million;
}

#endif
