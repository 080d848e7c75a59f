#include "dht/size.h"

#include <stdlib.h>

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

#define NEAREST 32

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* The distances of the nearest of @nodes nodes that lie anywhere. */
static size_t draw(struct vc_prop *prop, uint32_t nodes, uint64_t *ret_distances)
{
    uint64_t all[150];
    uint32_t in = nodes;
    size_t count;
    unsigned shift = 0;

    /* Of many nodes only the part of the line where the nearest are. */
    while (in > 150) {
        in /= 2;
        shift++;
    }
    for (uint32_t i = 0; i < in; i++) {
        all[i] = vc_prop_u64(prop) >> shift;
    }
    qsort(all, in, sizeof *all, by_size);
    count = in < NEAREST ? in : NEAREST;
    for (size_t i = 0; i < count; i++) {
        ret_distances[i] = all[i];
    }
    return count;
}

static struct vc_dht_size size_from(struct vc_prop *prop, uint32_t nodes)
{
    struct vc_dht_size size = {0};
    uint64_t distances[NEAREST];
    size_t count = draw(prop, nodes, distances);

    vc_dht_size_set(&size, distances, count, count == nodes);
    return size;
}

static void test_the_nearest_tell_the_size(void **state)
{
    static const uint32_t nodes[] = {50, 200, 2000, 1 << 20};
    struct vc_prop prop = {1};

    (void)state;
    for (size_t n = 0; n < sizeof nodes / sizeof *nodes; n++) {
        unsigned off = 0;
        uint64_t sum = 0;

        for (unsigned i = 0; i < 400; i++) {
            struct vc_dht_size size = size_from(&prop, nodes[n]);
            uint64_t says = vc_dht_size_nodes(&size);

            off += says > nodes[n] + nodes[n] / 2 || says < nodes[n] - nodes[n] / 3;
            sum += says;
        }
        /* One deviation is 18 percent. */
        assert_in_range(off, 0, 400 * 5 / 100);
        assert_in_range(sum / 400, nodes[n] - nodes[n] / 20, nodes[n] + nodes[n] / 10);
    }
}

static void test_a_small_network_is_counted(void **state)
{
    struct vc_prop prop = {1};

    (void)state;
    for (uint32_t nodes = 1; nodes <= NEAREST; nodes++) {
        struct vc_dht_size size = size_from(&prop, nodes);

        assert_int_equal(vc_dht_size_nodes(&size), nodes);
        assert_true(vc_dht_size_distance(&size, nodes) == UINT64_MAX);
    }
}

static void test_ids_next_to_a_place_are_no_endless_network(void **state)
{
    struct vc_dht_size size = {0};
    uint64_t ground[NEAREST] = {0};

    (void)state;
    vc_dht_size_set(&size, ground, NEAREST, false);
    assert_in_range(vc_dht_size_nodes(&size), UINT64_C(1) << 40, UINT64_C(1) << 44);
    assert_true(vc_dht_size_distance(&size, 12) > 0);
}

static void test_nothing_is_known_at_first(void **state)
{
    struct vc_dht_size size = {0};
    uint64_t few[3] = {1, 2, 3};

    (void)state;
    vc_dht_size_set(&size, few, 3, false);
    vc_dht_size_set(&size, few, 0, true);
    assert_int_equal(vc_dht_size_nodes(&size), 0);
    assert_true(vc_dht_size_distance(&size, 1) == UINT64_MAX);
}

static void test_the_region_has_the_nearest_in_99_of_100(void **state)
{
    struct vc_prop prop = {1};
    static const uint32_t nodes[] = {50, 200, 2000, 1 << 20};

    (void)state;
    for (size_t n = 0; n < sizeof nodes / sizeof *nodes; n++) {
        unsigned outside = 0;

        for (unsigned i = 0; i < 1000; i++) {
            struct vc_dht_size size = size_from(&prop, nodes[n]);
            uint64_t distances[NEAREST];

            assert_int_equal(draw(&prop, nodes[n], distances), NEAREST);
            outside += distances[11] > vc_dht_size_distance(&size, 12);
        }
        assert_in_range(outside, 0, 10 + 5);
    }
}

static void test_reaches_have_the_spread_of_sums_of_gaps(void **state)
{
    struct vc_prop prop = {1};
    struct vc_dht_size size = {.spacing = UINT64_MAX / 2001};
    unsigned below_expected = 0, within_one = 0, far_below = 0;

    (void)state;
    for (unsigned i = 0; i < 4000; i++) {
        uint64_t distances[NEAREST];

        assert_int_equal(draw(&prop, 2000, distances), NEAREST);
        below_expected += distances[15] < vc_dht_size_reach(&size, 16, 0);
        within_one += distances[15] >= vc_dht_size_reach(&size, 16, -2) &&
                      distances[15] <= vc_dht_size_reach(&size, 16, 2);
        far_below += distances[15] < vc_dht_size_reach(&size, 16, -5);
    }
    /* Of a sum of sixteen exponential gaps 53 and 69 percent, and one in a thousand. */
    assert_in_range(below_expected, 2000, 2240);
    assert_in_range(within_one, 2620, 2900);
    assert_in_range(far_below, 0, 10);
}

static void test_reaches_end_with_the_line(void **state)
{
    struct vc_dht_size size = {.spacing = UINT64_MAX / 21};

    (void)state;
    assert_in_range(vc_dht_size_reach(&size, 20, 0), UINT64_MAX / 21 * 20 - 1000,
                    UINT64_MAX / 21 * 20);
    assert_true(vc_dht_size_reach(&size, 20, 2) == UINT64_MAX);
    assert_true(vc_dht_size_reach(&size, 6, -5) == 0);
    assert_true(vc_dht_size_reach(&size, 7, -5) > 0);
}

static void test_a_rank_that_it_does_not_know_is_a_mistake(void **state)
{
    struct vc_dht_size size = {0};

    (void)state;
    expect_assert_failure(vc_dht_size_distance(&size, 0));
    expect_assert_failure(vc_dht_size_distance(&size, VC_DHT_SIZE_RANK_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nearest_tell_the_size),
        cmocka_unit_test(test_a_small_network_is_counted),
        cmocka_unit_test(test_ids_next_to_a_place_are_no_endless_network),
        cmocka_unit_test(test_nothing_is_known_at_first),
        cmocka_unit_test(test_the_region_has_the_nearest_in_99_of_100),
        cmocka_unit_test(test_reaches_have_the_spread_of_sums_of_gaps),
        cmocka_unit_test(test_reaches_end_with_the_line),
        cmocka_unit_test(test_a_rank_that_it_does_not_know_is_a_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
