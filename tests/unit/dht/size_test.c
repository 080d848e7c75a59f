#include "dht/size.h"

#include <stdlib.h>

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

#define NEAREST 16

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

static void learn(struct vc_prop *prop, struct vc_dht_size *size, uint32_t nodes,
                  unsigned lookups)
{
    for (unsigned i = 0; i < lookups; i++) {
        uint64_t distances[NEAREST];
        size_t count = draw(prop, nodes, distances);

        vc_dht_size_learn(size, distances, count, count == nodes);
    }
}

/* How often in two hundred it is off by more than a quarter after @lookups. */
static unsigned misses(struct vc_prop *prop, struct vc_dht_size from, uint32_t nodes,
                       unsigned lookups)
{
    unsigned missed = 0;

    for (unsigned i = 0; i < 200; i++) {
        struct vc_dht_size size = from;
        uint64_t says;

        learn(prop, &size, nodes, lookups);
        says = vc_dht_size_nodes(&size);
        missed += says > nodes + nodes / 4 || says < nodes - nodes / 4;
    }
    return missed;
}

static void test_ten_lookups_tell_the_size_to_a_quarter(void **state)
{
    static const uint32_t nodes[] = {20, 50, 200, 2000, 1 << 20};
    struct vc_prop prop = {1};

    (void)state;
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        /* One standard deviation would be 63 of two hundred; it is better than that. */
        assert_in_range(misses(&prop, (struct vc_dht_size){0}, nodes[i], 10), 0, 4);
    }
}

static void test_a_small_network_is_counted(void **state)
{
    struct vc_prop prop = {1};

    (void)state;
    for (uint32_t nodes = 1; nodes <= NEAREST; nodes++) {
        struct vc_dht_size size = {0};

        learn(&prop, &size, nodes, 1);
        assert_int_equal(vc_dht_size_nodes(&size), nodes);
        learn(&prop, &size, nodes, 20);
        assert_int_equal(vc_dht_size_nodes(&size), nodes);
        assert_true(vc_dht_size_distance(&size, NEAREST) == UINT64_MAX);
    }
}

static void test_it_follows_a_network_that_loses_half(void **state)
{
    struct vc_prop prop = {1};

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct vc_dht_size size = {0};

        learn(&prop, &size, 2000, 20);
        learn(&prop, &size, 1000, 12);
        assert_in_range(vc_dht_size_nodes(&size), 700, 1500);
    }
}

static void test_silence_is_not_taken_for_a_small_network(void **state)
{
    struct vc_prop prop = {1};
    struct vc_dht_size size = {0};
    uint64_t distances[NEAREST] = {UINT64_MAX / 4, UINT64_MAX / 3, UINT64_MAX / 2};

    (void)state;
    learn(&prop, &size, 2000, 20);
    vc_dht_size_learn(&size, distances, 3, true);
    assert_in_range(vc_dht_size_nodes(&size), 1500, 2500);
}

static void test_one_lookup_moves_it_by_an_eighth(void **state)
{
    struct vc_prop prop = {1};
    struct vc_dht_size size = {0};
    uint64_t ground[NEAREST] = {0}, far[NEAREST];
    uint64_t before;

    (void)state;
    for (size_t i = 0; i < NEAREST; i++) {
        far[i] = UINT64_MAX;
    }
    learn(&prop, &size, 2000, 20);
    before = size.spacing;
    vc_dht_size_learn(&size, ground, NEAREST, false);
    assert_in_range(size.spacing, before - before / 8, before);
    before = size.spacing;
    vc_dht_size_learn(&size, far, NEAREST, false);
    assert_in_range(size.spacing, before, before + before / 8 + 1);
}

static void test_ids_next_to_a_place_are_no_endless_network(void **state)
{
    struct vc_dht_size size = {0};
    uint64_t ground[NEAREST] = {0};

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        vc_dht_size_learn(&size, ground, NEAREST, false);
    }
    assert_in_range(vc_dht_size_nodes(&size), UINT64_C(1) << 40, UINT64_C(1) << 44);
    assert_true(vc_dht_size_distance(&size, 12) > 0);
}

static void test_nothing_is_known_at_first(void **state)
{
    struct vc_dht_size size = {0};
    uint64_t few[3] = {1, 2, 3};

    (void)state;
    vc_dht_size_learn(&size, few, 3, false);
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
            struct vc_dht_size size = {0};
            uint64_t distances[NEAREST];

            learn(&prop, &size, nodes[n], 12);
            assert_int_equal(draw(&prop, nodes[n], distances), NEAREST);
            outside += distances[11] > vc_dht_size_distance(&size, 12);
        }
        assert_in_range(outside, 0, 10 + 5);
    }
}

static void test_thin_answers_are_seen_and_honest_ones_are_not_thin(void **state)
{
    struct vc_prop prop = {1};
    unsigned alarms = 0, seen = 0;

    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        struct vc_dht_size size = {0};
        uint64_t distances[NEAREST];

        learn(&prop, &size, 2000, 12);
        assert_int_equal(draw(&prop, 2000, distances), NEAREST);
        alarms += vc_dht_size_is_thin(&size, distances, 12);
        /* One node in five belongs to who leaves all others out. */
        assert_int_equal(draw(&prop, 400, distances), NEAREST);
        seen += vc_dht_size_is_thin(&size, distances, 12);
    }
    assert_in_range(alarms, 0, 4);
    assert_in_range(seen, 1940, 2000);
}

static void test_reaches_have_the_spread_of_sums_of_gaps(void **state)
{
    struct vc_prop prop = {1};
    struct vc_dht_size size = {.spacing = UINT64_MAX / 2001, .samples = 8};
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
    struct vc_dht_size size = {.spacing = UINT64_MAX / 21, .samples = 8};

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
        cmocka_unit_test(test_ten_lookups_tell_the_size_to_a_quarter),
        cmocka_unit_test(test_a_small_network_is_counted),
        cmocka_unit_test(test_it_follows_a_network_that_loses_half),
        cmocka_unit_test(test_silence_is_not_taken_for_a_small_network),
        cmocka_unit_test(test_one_lookup_moves_it_by_an_eighth),
        cmocka_unit_test(test_ids_next_to_a_place_are_no_endless_network),
        cmocka_unit_test(test_nothing_is_known_at_first),
        cmocka_unit_test(test_the_region_has_the_nearest_in_99_of_100),
        cmocka_unit_test(test_thin_answers_are_seen_and_honest_ones_are_not_thin),
        cmocka_unit_test(test_reaches_have_the_spread_of_sums_of_gaps),
        cmocka_unit_test(test_reaches_end_with_the_line),
        cmocka_unit_test(test_a_rank_that_it_does_not_know_is_a_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
