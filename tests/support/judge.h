/*
 * Whether objects look like random bytes to somebody who holds no key: a chi-square of each
 * position over its 256 values, over many objects of one length.
 */
#ifndef VC_TESTS_SUPPORT_JUDGE_H
#define VC_TESTS_SUPPORT_JUDGE_H

#include <math.h>
#include <stdio.h>

#include "tests/support/test.h"

#define JUDGE_LEN_MAX 2400

/* For 255 degrees of freedom: each is passed by chance once in 2 * 10^9 positions. */
#define JUDGE_CHI_MIN 140.0
#define JUDGE_CHI_MAX 418.0
/* The mean of n positions is 255 with a deviation of sqrt(510 / n): six of them. */
#define JUDGE_DEVIATIONS 6.0

struct judge {
    uint32_t counts[JUDGE_LEN_MAX][256];
    size_t len; /* of every object */
    size_t objects;
};

static inline void judge_look(struct judge *judge, const uint8_t *object, size_t len)
{
    if (judge->objects++ == 0) {
        judge->len = len;
    }
    assert_int_equal(len, judge->len);
    assert_true(len <= JUDGE_LEN_MAX);
    for (size_t i = 0; i < len; i++) {
        judge->counts[i][object[i]]++;
    }
}

static inline double judge_chi_square(const struct judge *judge, size_t position)
{
    double expected = (double)judge->objects / 256, sum = 0;

    for (size_t i = 0; i < 256; i++) {
        double off = judge->counts[position][i] - expected;

        sum += off * off / expected;
    }
    return sum;
}

/* Gives how many positions are not even; the mean of all counts for one. */
static inline size_t judge_uneven(const struct judge *judge)
{
    double total = 0, low = 1e9, high = 0;
    size_t uneven = 0;

    for (size_t i = 0; i < judge->len; i++) {
        double chi = judge_chi_square(judge, i);

        total += chi;
        low = chi < low ? chi : low;
        high = chi > high ? chi : high;
        uneven += chi < JUDGE_CHI_MIN || chi > JUDGE_CHI_MAX;
    }
    double n = (double)judge->len, mean = total / n;
    printf("%zu objects of %zu bytes: chi-square %.0f to %.0f, mean %.1f\n",
           judge->objects, judge->len, low, high, mean);
    return uneven + (fabs(mean - 255) > JUDGE_DEVIATIONS * sqrt(510 / n));
}

#endif
