/*
 * That openings look like random bytes, over many of them.
 */
#include <string.h>

#include "crypto/opening.h"
#include "tests/unit/crypto/opening_pair.h"

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

/*
 * 10,000 openings, all made by one sender for one recipient: the bytes of every place are as
 * even as random ones.  Chi-square with 255 degrees of freedom has the mean 255 and the standard
 * deviation 22.6; the bound is eight of them away.
 */
static void every_byte_of_an_opening_is_uniform(void **state)
{
    (void)state;
    enum { OPENINGS = 10000, PLACES = 290, BOUND = 255 + 8 * 23 };
    static uint32_t counts[PLACES][256];
    struct opening_pair p;
    uint32_t high = 0;

    opening_pair_init(&p, 5);
    opening_pair_without_one_time(&p);
    p.from.statement = (struct vc_bytes){NULL, 0};
    memset(counts, 0, sizeof(counts));
    for (int i = 0; i < OPENINGS; i++) {
        vc_rng_draw(&p.rng, &p.e, sizeof(p.e));
        opening_pair_write(&p);
        assert_int_equal(p.len, PLACES);
        high += p.bytes[31] >> 7;
        for (size_t at = 0; at < PLACES; at++) {
            counts[at][p.bytes[at]]++;
        }
    }
    for (size_t at = 0; at < PLACES; at++) {
        double sum = 0, expected = OPENINGS / 256.0;

        for (size_t value = 0; value < 256; value++) {
            double off = counts[at][value] - expected;
            sum += off * off / expected;
        }
        if (sum > BOUND) {
            fail_msg("byte %zu: %f", at, sum);
        }
    }
    assert_true(high > OPENINGS / 2 - 250 && high < OPENINGS / 2 + 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_an_opening_is_uniform),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}
