#include "dht/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/test.h"

#define TARGET UINT64_C(0x0123456789abcdef)
#define PEOPLE 300

/* Nodes by their rank: people[0] is the nearest to the target. */
static struct vc_dht_contact people[PEOPLE];

static uint64_t distance_of(const struct vc_dht_contact *contact)
{
    return vc_dht_distance(TARGET,
                           vc_dht_node_id(&contact->addr, &contact->key, false));
}

static int by_distance(const void *a, const void *b)
{
    uint64_t x = distance_of(a), y = distance_of(b);

    return x < y ? -1 : x > y;
}

static int set_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEOPLE; i++) {
        uint8_t ip[4] = {9, (uint8_t)(i / 100), (uint8_t)(i % 100), 1};

        people[i] = (struct vc_dht_contact){.addr = vc_addr_ipv4(ip, 4000)};
        people[i].key.b[0] = (uint8_t)i;
        people[i].key.b[1] = (uint8_t)(i >> 8);
    }
    qsort(people, PEOPLE, sizeof *people, by_distance);
    return 0;
}

/* A lookup that was told of people[@from..@to - 1]. */
static struct vc_dht_lookup told_of(uint8_t wanted, uint64_t near, unsigned from,
                                    unsigned to)
{
    struct vc_dht_lookup lookup;

    vc_dht_lookup_begin(&lookup, TARGET, wanted, near, false, true);
    vc_dht_lookup_seed(&lookup, &people[from], to - from);
    return lookup;
}

/* The rank of who is to be asked next; -1: nobody. */
static int next(struct vc_dht_lookup *lookup, uint8_t *ret_slot)
{
    uint64_t point;
    bool is_hungry = vc_dht_lookup_is_hungry(lookup);

    assert_int_equal(vc_dht_lookup_next(lookup, ret_slot, &point), is_hungry);
    if (!is_hungry) {
        return -1;
    }
    for (int i = 0; i < PEOPLE; i++) {
        if (distance_of(&people[i]) == lookup->nodes[*ret_slot].distance) {
            return i;
        }
    }
    return PEOPLE;
}

static void test_the_nearest_are_asked_first_one_on_each_path(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, 0, 0, 20);
    uint8_t slot;

    (void)state;
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_true(vc_dht_lookup_is_hungry(&lookup));
        assert_int_equal(next(&lookup, &slot), i);
        assert_int_equal(lookup.nodes[slot].path, i);
    }
    assert_false(vc_dht_lookup_is_hungry(&lookup));
    assert_int_equal(next(&lookup, &slot), -1);
    /* An answer gives the place to the next of the same path. */
    vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    assert_int_equal(next(&lookup, &slot), 3 + VC_DHT_ALPHA);
    assert_int_equal(lookup.asked, VC_DHT_ALPHA + 1);
}

static void test_a_late_one_gives_its_place_away_and_may_still_answer(void **state)
{
    struct vc_dht_lookup lookup = told_of(1, 0, 0, 2 * VC_DHT_ALPHA);
    uint8_t slots[VC_DHT_ALPHA], slot;

    (void)state;
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_int_equal(next(&lookup, &slots[i]), i);
    }
    vc_dht_lookup_late(&lookup, slots[0]);
    assert_int_equal(next(&lookup, &slot), VC_DHT_ALPHA);
    assert_false(vc_dht_lookup_is_over(&lookup));
    vc_dht_lookup_answered(&lookup, slots[0], NULL, 0);
    assert_true(vc_dht_lookup_is_over(&lookup));
    assert_int_equal(vc_dht_lookup_nearest(&lookup, &slot, 1), 1);
    assert_int_equal(slot, slots[0]);
}

static void test_a_contact_belongs_to_who_told_of_it_first(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, 0, 100, 100 + VC_DHT_ALPHA);
    uint8_t slots[VC_DHT_ALPHA], slot;

    (void)state;
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_int_equal(next(&lookup, &slots[i]), 100 + i);
    }
    vc_dht_lookup_answered(&lookup, slots[2], people, 2);
    vc_dht_lookup_answered(&lookup, slots[0], people, 3);
    assert_int_equal(lookup.count, VC_DHT_ALPHA + 3);
    assert_int_equal(next(&lookup, &slot), 0);
    assert_int_equal(lookup.nodes[slot].path, 2);
    assert_int_equal(next(&lookup, &slot), 2);
    assert_int_equal(lookup.nodes[slot].path, 0);
    /* The other two paths wait for their first; theirs are busy; nobody is left but person 1, for
     * whom a place is free when path 1 has run dry. */
    vc_dht_lookup_answered(&lookup, slots[1], NULL, 0);
    assert_int_equal(next(&lookup, &slot), 1);
    assert_int_equal(lookup.nodes[slot].path, 2);
}

static void test_it_is_over_when_the_wanted_nearest_have_answered(void **state)
{
    struct vc_dht_lookup lookup = told_of(3, 0, 0, 10);
    uint8_t slots[10], nearest[4];
    size_t asked = 0;

    (void)state;
    while (next(&lookup, &slots[asked]) >= 0) {
        asked++;
    }
    assert_int_equal(asked, VC_DHT_ALPHA);
    vc_dht_lookup_answered(&lookup, slots[0], NULL, 0);
    vc_dht_lookup_answered(&lookup, slots[2], NULL, 0);
    vc_dht_lookup_answered(&lookup, slots[3], NULL, 0);
    /* Three have answered, but a nearer one may still. */
    assert_false(vc_dht_lookup_is_over(&lookup));
    assert_int_equal(next(&lookup, &slots[4]), -1);
    vc_dht_lookup_failed(&lookup, slots[1]);
    assert_true(vc_dht_lookup_is_over(&lookup));
    assert_int_equal(vc_dht_lookup_nearest(&lookup, nearest, 4), 3);
    assert_int_equal(nearest[0], slots[0]);
    assert_int_equal(nearest[1], slots[2]);
    assert_int_equal(nearest[2], slots[3]);
}

static void test_whoever_knows_nobody_is_done(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, 0, 0, 0);
    uint8_t slot;

    (void)state;
    assert_true(vc_dht_lookup_is_over(&lookup));
    assert_int_equal(next(&lookup, &slot), -1);
}

static void test_two_failures_in_a_row_widen_it(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, 0, 0, 40);
    uint8_t slots[VC_DHT_ALPHA], slot;
    unsigned asked = 0;

    (void)state;
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_int_equal(next(&lookup, &slots[i]), i);
    }
    vc_dht_lookup_failed(&lookup, slots[0]);
    vc_dht_lookup_answered(&lookup, slots[1], NULL, 0);
    vc_dht_lookup_failed(&lookup, slots[2]);
    assert_false(lookup.is_wide);
    vc_dht_lookup_failed(&lookup, slots[3]);
    assert_true(lookup.is_wide);
    while (next(&lookup, &slot) >= 0) {
        asked++;
    }
    assert_int_equal(asked, VC_DHT_ALPHA_WIDE);
}

static void test_a_second_try_asks_everybody_in_the_neighbourhood(void **state)
{
    uint64_t near = distance_of(&people[24]);
    struct vc_dht_lookup lookup = told_of(16, near, 0, 32);
    uint8_t slot;
    unsigned answered = 0;

    (void)state;
    for (; next(&lookup, &slot) >= 0; answered++) {
        vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    }
    assert_int_equal(answered, 16);
    assert_true(vc_dht_lookup_is_over(&lookup));
    vc_dht_lookup_widen(&lookup);
    assert_false(vc_dht_lookup_is_over(&lookup));
    for (; next(&lookup, &slot) >= 0; answered++) {
        vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    }
    assert_int_equal(answered, 25);
    assert_true(vc_dht_lookup_is_over(&lookup));
}

static void test_a_second_try_goes_on_where_the_neighbourhood_is_empty(void **state)
{
    uint64_t near = distance_of(&people[24]);
    struct vc_dht_lookup lookup = told_of(16, near, 20, 52);
    uint8_t slot;
    unsigned answered = 0;

    (void)state;
    vc_dht_lookup_widen(&lookup);
    for (; next(&lookup, &slot) >= 0; answered++) {
        vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    }
    assert_int_equal(answered, 32);
}

static void test_of_one_network_a_path_asks_one(void **state)
{
    struct vc_dht_contact same[2 * VC_DHT_ALPHA];
    struct vc_dht_lookup lookup;
    uint8_t slot;

    (void)state;
    for (unsigned i = 0; i < 2 * VC_DHT_ALPHA; i++) {
        same[i] = people[i];
        same[i].addr = people[0].addr;
        same[i].addr.ip[3] = (uint8_t)i;
    }
    vc_dht_lookup_begin(&lookup, TARGET, 16, 0, false, true);
    vc_dht_lookup_seed(&lookup, same, 2 * VC_DHT_ALPHA);
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_int_equal(next(&lookup, &slot), i);
        vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    }
    assert_int_equal(next(&lookup, &slot), -1);
    assert_true(vc_dht_lookup_is_over(&lookup));
    /* In a private network they are not looked at. */
    lookup.is_diverse = false;
    assert_int_equal(next(&lookup, &slot), VC_DHT_ALPHA);
}

static void test_who_tells_of_many_pushes_out_his_own_only(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, 0, 200, 200 + 32);
    uint8_t slots[VC_DHT_ALPHA];
    unsigned of_others = 0;

    (void)state;
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_int_equal(next(&lookup, &slots[i]), 200 + i);
    }
    vc_dht_lookup_answered(&lookup, slots[0], people, 200);
    assert_int_equal(lookup.count, VC_DHT_LOOKUP_NODES);
    for (unsigned i = 0; i < lookup.count; i++) {
        of_others += lookup.nodes[i].path != 0;
        assert_true(i == 0 || lookup.nodes[lookup.order[i - 1]].distance <
                                  lookup.nodes[lookup.order[i]].distance);
    }
    assert_int_equal(of_others, 32 - 32 / VC_DHT_ALPHA);
}

static void test_the_neighbourhood_is_asked_for_points_all_over_it(void **state)
{
    uint64_t near = distance_of(&people[40]);
    struct vc_dht_lookup lookup = told_of(16, near, 0, 60);
    uint64_t half = UINT64_C(1) << (62 - __builtin_clzll(near));
    uint64_t points[8];
    uint8_t slot;

    (void)state;
    vc_dht_lookup_widen(&lookup);
    for (unsigned i = 0; i < 8; i++) {
        assert_true(vc_dht_lookup_next(&lookup, &slot, &points[i]));
    }
    assert_true(points[0] == TARGET);
    assert_true(points[1] == (TARGET ^ half));
    assert_true(points[2] == (TARGET ^ half / 2));
    assert_true(points[3] == (TARGET ^ half ^ half / 2));
    assert_true(points[7] == (TARGET ^ half ^ half / 2 ^ half / 4));
    /* Those farther off and those of a network of unknown size are asked for the target. */
    lookup = told_of(16, near, 41, 43);
    assert_true(vc_dht_lookup_next(&lookup, &slot, &points[0]) && points[0] == TARGET);
    assert_true(vc_dht_lookup_next(&lookup, &slot, &points[0]) && points[0] == TARGET);
    lookup = told_of(16, 0, 0, 2);
    assert_true(vc_dht_lookup_next(&lookup, &slot, &points[0]) && points[0] == TARGET);
    assert_true(vc_dht_lookup_next(&lookup, &slot, &points[0]) && points[0] == TARGET);
    /* All of a small one is a neighbourhood. */
    lookup = told_of(16, UINT64_MAX, 0, 2);
    assert_true(vc_dht_lookup_next(&lookup, &slot, &points[0]) && points[0] == TARGET);
    assert_true(vc_dht_lookup_next(&lookup, &slot, &points[0]));
    assert_true(points[0] == (TARGET ^ UINT64_C(1) << 63));
}

static void test_it_does_not_ask_for_ever(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, UINT64_MAX, 0, 32);
    unsigned asked = 0;
    uint8_t slot;

    (void)state;
    vc_dht_lookup_widen(&lookup);
    for (; next(&lookup, &slot) >= 0; asked++) {
        vc_dht_lookup_answered(&lookup, slot, &people[(8 * asked) % 256], 8);
    }
    assert_in_range(asked, VC_DHT_HOLDERS, VC_DHT_LOOKUP_ASKED_MAX);
    assert_true(vc_dht_lookup_is_over(&lookup));
}

static void test_what_nobody_waits_for_is_a_mistake(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, 0, 0, 2);
    uint8_t slot;

    (void)state;
    expect_assert_failure(vc_dht_lookup_failed(&lookup, 0));
    expect_assert_failure(vc_dht_lookup_late(&lookup, 2));
    assert_int_equal(next(&lookup, &slot), 0);
    vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    expect_assert_failure(vc_dht_lookup_answered(&lookup, slot, NULL, 0));
    expect_assert_failure(vc_dht_lookup_begin(&lookup, TARGET, 0, 0, false, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nearest_are_asked_first_one_on_each_path),
        cmocka_unit_test(test_a_late_one_gives_its_place_away_and_may_still_answer),
        cmocka_unit_test(test_a_contact_belongs_to_who_told_of_it_first),
        cmocka_unit_test(test_it_is_over_when_the_wanted_nearest_have_answered),
        cmocka_unit_test(test_whoever_knows_nobody_is_done),
        cmocka_unit_test(test_two_failures_in_a_row_widen_it),
        cmocka_unit_test(test_a_second_try_asks_everybody_in_the_neighbourhood),
        cmocka_unit_test(test_a_second_try_goes_on_where_the_neighbourhood_is_empty),
        cmocka_unit_test(test_of_one_network_a_path_asks_one),
        cmocka_unit_test(test_who_tells_of_many_pushes_out_his_own_only),
        cmocka_unit_test(test_the_neighbourhood_is_asked_for_points_all_over_it),
        cmocka_unit_test(test_it_does_not_ask_for_ever),
        cmocka_unit_test(test_what_nobody_waits_for_is_a_mistake),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
