#include "dht/written.h"

#include "dht/limits.h"
#include "tests/support/test.h"

static struct vc_dht_written written;

static int begin(void **state)
{
    struct vc_secret32 seed = {{3}};
    struct vc_rng rng;

    (void)state;
    vc_rng_init(&rng, &seed);
    vc_dht_written_init(&written, 1000, &rng);
    return 0;
}

static struct vc_addr addr_of(uint32_t number, uint16_t port)
{
    const uint8_t ip[4] = {11, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                           (uint8_t)number};

    return vc_addr_ipv4(ip, port);
}

static void note(vc_ms now, uint32_t number)
{
    struct vc_addr addr = addr_of(number, 4000);

    vc_dht_written_note(&written, now, &addr);
}

static bool has(uint32_t number)
{
    struct vc_addr addr = addr_of(number, 5000);

    return vc_dht_written_has(&written, &addr);
}

static void test_whoever_was_written_to_is_known_at_every_port(void **state)
{
    (void)state;
    assert_false(has(1));
    note(1000, 1);
    assert_true(has(1));
    assert_false(has(2));
}

static void test_nobody_is_forgotten_before_his_time(void **state)
{
    vc_ms now = 1000;

    (void)state;
    /* The one who is written to last before the sets change is the one at risk. */
    note(now + VC_DHT_NAT_MS - 1, 1);
    note(now + VC_DHT_NAT_MS, 2);
    assert_true(has(1));
    note(now + 2 * VC_DHT_NAT_MS - 1, 3);
    assert_true(has(1));
    note(now + 2 * VC_DHT_NAT_MS, 4);
    assert_false(has(1));
    assert_true(has(2));
    assert_true(has(3));
}

static void test_of_six_hundred_a_quarter_of_strangers_is_lost(void **state)
{
    uint32_t lost = 0;

    (void)state;
    for (uint32_t i = 0; i < 600; i++) {
        note(1000, i);
    }
    for (uint32_t i = 0; i < 600; i++) {
        assert_true(has(i));
    }
    for (uint32_t i = 1000; i < 11000; i++) {
        lost += has(i);
    }
    assert_in_range(lost, 2000, 3000);
}

static void test_ipv6_addresses_are_told_apart_by_their_last_bytes(void **state)
{
    const uint8_t one[16] = {0x24, [15] = 1}, two[16] = {0x24, [15] = 2};
    struct vc_addr a = vc_addr_ipv6(one, 9), b = vc_addr_ipv6(two, 9);

    (void)state;
    vc_dht_written_note(&written, 1000, &a);
    assert_true(vc_dht_written_has(&written, &a));
    assert_false(vc_dht_written_has(&written, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_whoever_was_written_to_is_known_at_every_port,
                               begin),
        cmocka_unit_test_setup(test_nobody_is_forgotten_before_his_time, begin),
        cmocka_unit_test_setup(test_of_six_hundred_a_quarter_of_strangers_is_lost,
                               begin),
        cmocka_unit_test_setup(test_ipv6_addresses_are_told_apart_by_their_last_bytes,
                               begin),
    };

    return vc_crypto_init() == VC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
