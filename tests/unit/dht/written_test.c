#include "dht/written.h"

#include "dht/limits.h"
#include "tests/support/test.h"

static struct vc_dht_written written;

static int set_up(void **state)
{
    const struct vc_secret32 seed = {{3}};
    struct vc_rng rng;

    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    vc_rng_init(&rng, &seed);
    vc_dht_written_init(&written, 1000, &rng);
    return 0;
}

static struct vc_addr addr(uint32_t number)
{
    const uint8_t ip[4] = {20, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                           (uint8_t)number};

    return vc_addr_ipv4(ip, (uint16_t)(1 + number));
}

static bool has(vc_ms now, uint32_t number)
{
    const struct vc_addr at = addr(number);

    return vc_dht_written_has(&written, now, &at);
}

static void add(vc_ms now, uint32_t number)
{
    const struct vc_addr at = addr(number);

    vc_dht_written_add(&written, now, &at);
}

static void who_was_written_to_is_no_stranger(void **state)
{
    struct vc_addr other_port = addr(7);

    (void)state;
    assert_false(has(1000, 7));
    add(1000, 7);
    assert_true(has(1000, 7));
    assert_false(has(1000, 8));
    other_port.port++;
    assert_true(vc_dht_written_has(&written, 1000, &other_port));
}

/* Whenever it was, and whatever was written meanwhile. */
static void for_one_to_two_times_so_long(void **state)
{
    (void)state;
    for (uint32_t step = 1; step <= 40; step++) {
        vc_ms begun_at = 1000 + step * 10 * VC_DHT_WRITTEN_MS;

        for (uint32_t at = 0; at < 40; at++) {
            vc_ms now = begun_at + at * VC_DHT_WRITTEN_MS / 10;

            if (at == 7) {
                add(now, 1);
            }
            if (at % step == 0) {
                add(now, 1000);
            }
            assert_int_equal(has(now, 1) && at <= 17, at >= 7 && at <= 17);
            assert_false(has(now, 1) && at > 27);
        }
    }
}

static void few_strangers_are_taken_for_others(void **state)
{
    uint32_t wrong = 0;

    (void)state;
    for (uint32_t i = 0; i < 300; i++) {
        add(1000, i);
    }
    for (uint32_t i = 0; i < 10000; i++) {
        wrong += has(1000, 1000000 + i);
    }
    assert_in_range(wrong, 1000, 2600);
    for (uint32_t i = 0; i < 300; i++) {
        assert_true(has(1000, i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_was_written_to_is_no_stranger, set_up),
        cmocka_unit_test_setup(for_one_to_two_times_so_long, set_up),
        cmocka_unit_test_setup(few_strangers_are_taken_for_others, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
