#include "dht/id.h"

#include <string.h>

#include "tests/support/test.h"

static void test_an_id_is_bound_to_address_and_key(void **state)
{
    struct vc_addr addr = vc_addr_ipv4((const uint8_t[]){192, 0, 2, 1}, 1);
    struct vc_addr other_port = vc_addr_ipv4((const uint8_t[]){192, 0, 2, 1}, 2);
    /* Differs from it in bits that the mask takes off. */
    struct vc_addr same_masked = vc_addr_ipv4((const uint8_t[]){64, 0xf0, 0xc2, 1}, 1);
    struct vc_addr elsewhere = vc_addr_ipv4((const uint8_t[]){192, 0, 2, 2}, 1);
    struct vc_key32 key = {{7}}, same_bits = {{15}}, other_bits = {{8}};
    uint64_t id = vc_dht_node_id(&addr, &key, true);

    (void)state;
    assert_true(id == vc_dht_node_id(&other_port, &key, true));
    assert_true(id == vc_dht_node_id(&same_masked, &key, true));
    assert_int_not_equal(id >> 40, vc_dht_node_id(&elsewhere, &key, true) >> 40);
    assert_int_equal(id >> 40, vc_dht_node_id(&addr, &same_bits, true) >> 40);
    assert_true(id != vc_dht_node_id(&addr, &same_bits, true));
    assert_int_not_equal(id >> 40, vc_dht_node_id(&addr, &other_bits, true) >> 40);
    assert_true(vc_dht_node_id(&addr, &key, false) ==
                vc_dht_node_id(&elsewhere, &key, false));
    assert_true(vc_dht_node_id(&addr, &key, false) !=
                vc_dht_node_id(&addr, &same_bits, false));
}

static void test_a_place_reads_big_endian(void **state)
{
    struct vc_hash32 place = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};

    (void)state;
    assert_true(vc_dht_place_id(&place) == UINT64_C(0x0102030405060708));
}

static void test_buckets_halve_the_line_twice_a_level(void **state)
{
    (void)state;
    assert_int_equal(vc_dht_bucket(UINT64_MAX), 0);
    assert_int_equal(vc_dht_bucket(UINT64_C(3) << 62), 0);
    assert_int_equal(vc_dht_bucket(UINT64_C(2) << 62), 1);
    assert_int_equal(vc_dht_bucket(UINT64_C(1) << 62), 2);
    assert_int_equal(vc_dht_bucket((UINT64_C(1) << 62) - 1), 3);
    assert_int_equal(vc_dht_bucket(3), 93);
    assert_int_equal(vc_dht_bucket(2), 94);
    assert_int_equal(vc_dht_bucket(1), 95);
    assert_int_equal(vc_dht_bucket(0), VC_DHT_BUCKETS);
}

static void test_a_random_id_falls_into_its_bucket(void **state)
{
    struct vc_secret32 seed = {{1}};
    struct vc_rng rng;
    uint64_t own = UINT64_C(0x123456789abcdef0);

    (void)state;
    vc_rng_init(&rng, &seed);
    for (unsigned bucket = 0; bucket < VC_DHT_BUCKETS; bucket++) {
        for (int i = 0; i < 20; i++) {
            uint64_t id = vc_dht_id_in_bucket(&rng, own, bucket);

            assert_int_equal(vc_dht_bucket(vc_dht_distance(own, id)), bucket);
        }
    }
    assert_true(vc_dht_id_in_bucket(&rng, own, VC_DHT_BUCKETS) == own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_id_is_bound_to_address_and_key),
        cmocka_unit_test(test_a_place_reads_big_endian),
        cmocka_unit_test(test_buckets_halve_the_line_twice_a_level),
        cmocka_unit_test(test_a_random_id_falls_into_its_bucket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
