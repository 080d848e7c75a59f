#include "dht/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/test.h"

#define TARGET UINT64_C(0x0123456789abcdef)
#define PEOPLE 300

/* Nodes by their rank: people[0] is the nearest to the target. */
static struct vc_dht_contact people[PEOPLE];

/* Nothing is known of the network; the people are all of it. */
static const struct vc_dht_size unknown = {0};
static const struct vc_dht_size known = {
    .spacing = UINT64_MAX / (PEOPLE + 1),
};

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

/* Makes people of whom the nearest lie as is expected: the sixteenth not farther, hardly nearer. */
static int set_up(void **state)
{
    (void)state;
    for (uint8_t world = 0; world < 100; world++) {
        for (unsigned i = 0; i < PEOPLE; i++) {
            uint8_t ip[4] = {9, (uint8_t)(i / 100), (uint8_t)(i % 100), 1};

            people[i] = (struct vc_dht_contact){.addr = vc_addr_ipv4(ip, 4000)};
            people[i].key.b[0] = (uint8_t)i;
            people[i].key.b[1] = (uint8_t)(i >> 8);
            people[i].key.b[2] = world;
        }
        qsort(people, PEOPLE, sizeof *people, by_distance);
        if (distance_of(&people[15]) <= vc_dht_size_reach(&known, 16, 0) &&
            distance_of(&people[15]) >= vc_dht_size_reach(&known, 16, -1)) {
            return 0;
        }
    }
    return 1;
}

/* A lookup that was told of people[@from..@to - 1]. */
static struct vc_dht_lookup told_of(uint8_t wanted, const struct vc_dht_size *size,
                                    unsigned from, unsigned to)
{
    struct vc_dht_lookup lookup;

    vc_dht_lookup_begin(&lookup, TARGET, wanted, size, false, true);
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

/* Everybody who is asked answers, and names nobody; gives how many were asked. */
static unsigned run_down(struct vc_dht_lookup *lookup)
{
    unsigned asked = 0;
    uint8_t slot;

    for (; next(lookup, &slot) >= 0; asked++) {
        vc_dht_lookup_answered(lookup, slot, NULL, 0);
    }
    assert_true(vc_dht_lookup_is_over(lookup));
    return asked;
}

/* ---- paths ---- */

static void test_the_nearest_are_asked_first_on_each_path(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &unknown, 0, 20);
    uint8_t slot;

    (void)state;
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_int_equal(next(&lookup, &slot), i);
        assert_int_equal(lookup.nodes[slot].path, i % VC_DHT_PATHS);
    }
    assert_int_equal(next(&lookup, &slot), -1);
}

static void test_an_answer_gives_the_place_to_the_next_of_the_same_path(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &unknown, 0, 20);
    uint8_t slots[VC_DHT_ALPHA], slot;

    (void)state;
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_int_equal(next(&lookup, &slots[i]), i);
    }
    vc_dht_lookup_answered(&lookup, slots[2], NULL, 0);
    assert_int_equal(next(&lookup, &slot), 2 + VC_DHT_PATHS);
    assert_int_equal(next(&lookup, &slot), -1);
    assert_int_equal(lookup.asked, VC_DHT_ALPHA + 1);
}

static void test_who_has_answered_may_be_asked_again(void **state)
{
    struct vc_dht_lookup lookup = told_of(1, &unknown, 0, 1);
    uint8_t slot;

    (void)state;
    assert_int_equal(next(&lookup, &slot), 0);
    vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    assert_true(vc_dht_lookup_is_over(&lookup));
    vc_dht_lookup_ask_again(&lookup, slot);
    assert_false(vc_dht_lookup_is_over(&lookup));
    assert_int_equal(next(&lookup, &slot), 0);
    vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    assert_true(vc_dht_lookup_is_over(&lookup));
}

static void test_a_contact_belongs_to_who_told_of_it_first(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &unknown, 100, 100 + VC_DHT_ALPHA);
    uint8_t slots[VC_DHT_ALPHA], slot;

    (void)state;
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_int_equal(next(&lookup, &slots[i]), 100 + i);
    }
    vc_dht_lookup_answered(&lookup, slots[2], people, 3);
    vc_dht_lookup_answered(&lookup, slots[0], people, 4);
    vc_dht_lookup_answered(&lookup, slots[4], people, 4);
    assert_int_equal(lookup.count, VC_DHT_ALPHA + 4);
    assert_int_equal(next(&lookup, &slot), 0);
    assert_int_equal(lookup.nodes[slot].path, 2);
    assert_int_equal(next(&lookup, &slot), 3);
    assert_int_equal(lookup.nodes[slot].path, 0);
    /* Each path has one under way: the last place is for the nearest that is left. */
    assert_int_equal(next(&lookup, &slot), 1);
    assert_int_equal(lookup.nodes[slot].path, 2);
    assert_int_equal(next(&lookup, &slot), -1);
    /* Path 1 has run dry: its place is for one of path 2, which stays that path's. */
    vc_dht_lookup_answered(&lookup, slots[1], NULL, 0);
    assert_int_equal(next(&lookup, &slot), 2);
    assert_int_equal(lookup.nodes[slot].path, 2);
}

/* Who is the only one to begin with names somebody for each path. */
static void test_whom_the_only_one_names_begin_a_path_each(void **state)
{
    struct vc_dht_lookup lookup;
    bool is_begun[VC_DHT_PATHS_WIDE] = {false};
    uint8_t slot;

    (void)state;
    vc_dht_lookup_begin(&lookup, TARGET, VC_DHT_HOLDERS, &unknown, false, true);
    vc_dht_lookup_hurry(&lookup);
    vc_dht_lookup_seed(&lookup, &people[200], 1);
    assert_int_equal(next(&lookup, &slot), 200);
    vc_dht_lookup_answered(&lookup, slot, &people[100], VC_DHT_PATHS_WIDE);
    for (unsigned i = 0; i < lookup.count; i++) {
        if (lookup.nodes[i].state == VC_DHT_LOOKUP_HEARD) {
            assert_false(is_begun[lookup.nodes[i].path]);
            is_begun[lookup.nodes[i].path] = true;
        }
    }
    for (unsigned path = 0; path < VC_DHT_PATHS_WIDE; path++) {
        assert_true(is_begun[path]);
    }
}

static void test_a_late_one_gives_its_place_away_and_may_still_answer(void **state)
{
    struct vc_dht_lookup lookup = told_of(2, &unknown, 0, 2 * VC_DHT_ALPHA);
    uint8_t slots[2], slot;

    (void)state;
    assert_int_equal(next(&lookup, &slots[0]), 0);
    assert_int_equal(next(&lookup, &slots[1]), 1);
    /* Two are counted on. */
    assert_int_equal(next(&lookup, &slot), -1);
    vc_dht_lookup_late(&lookup, slots[0]);
    assert_int_equal(next(&lookup, &slot), 2);
    vc_dht_lookup_answered(&lookup, slots[1], NULL, 0);
    vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    assert_false(vc_dht_lookup_is_over(&lookup));
    vc_dht_lookup_answered(&lookup, slots[0], NULL, 0);
    assert_true(vc_dht_lookup_is_over(&lookup));
    assert_int_equal(vc_dht_lookup_nearest(&lookup, &slot, 1), 1);
    assert_int_equal(slot, slots[0]);
}

static void test_two_failures_in_a_row_widen_it(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &unknown, 0, 40);
    uint8_t slots[VC_DHT_ALPHA], slot;
    bool has_asked[VC_DHT_PATHS_WIDE] = {false};
    unsigned asked = 0;

    (void)state;
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_int_equal(next(&lookup, &slots[i]), i);
    }
    vc_dht_lookup_answered(&lookup, slots[4], NULL, 0);
    vc_dht_lookup_failed(&lookup, slots[0]);
    vc_dht_lookup_answered(&lookup, slots[1], NULL, 0);
    vc_dht_lookup_failed(&lookup, slots[2]);
    assert_false(lookup.is_wide);
    vc_dht_lookup_failed(&lookup, slots[3]);
    assert_true(lookup.is_wide);
    for (; next(&lookup, &slot) >= 0; asked++) {
        has_asked[lookup.nodes[slot].path] = true;
    }
    assert_int_equal(asked, VC_DHT_ALPHA_WIDE);
    for (unsigned i = 0; i < VC_DHT_PATHS_WIDE; i++) {
        assert_true(has_asked[i]);
    }
}

static void test_of_one_network_a_path_asks_one(void **state)
{
    struct vc_dht_contact same[2 * VC_DHT_PATHS];
    struct vc_dht_lookup lookup;

    (void)state;
    for (unsigned i = 0; i < 2 * VC_DHT_PATHS; i++) {
        same[i] = people[i];
        same[i].addr = people[0].addr;
        same[i].addr.ip[3] = (uint8_t)i;
    }
    vc_dht_lookup_begin(&lookup, TARGET, 16, &unknown, false, true);
    vc_dht_lookup_seed(&lookup, same, 2 * VC_DHT_PATHS);
    assert_int_equal(run_down(&lookup), VC_DHT_PATHS);
    /* A path hears of nobody else of a /24 that it has asked. */
    same[0].key.b[5] = 1;
    vc_dht_lookup_seed(&lookup, same, 1);
    assert_int_equal(lookup.count, 2 * VC_DHT_PATHS);
    /* In a private network nobody minds. */
    vc_dht_lookup_begin(&lookup, TARGET, 16, &unknown, false, false);
    vc_dht_lookup_seed(&lookup, same + 1, 2 * VC_DHT_PATHS - 1);
    assert_int_equal(run_down(&lookup), 2 * VC_DHT_PATHS - 1);
}

/* ---- room ---- */

static void test_who_tells_of_many_pushes_out_his_own_only(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &unknown, 200, 200 + 32);
    uint8_t slots[VC_DHT_ALPHA];
    unsigned of_others = 0, of_his = 0, nearest_of_his = 0;

    (void)state;
    for (int i = 0; i < VC_DHT_ALPHA; i++) {
        assert_int_equal(next(&lookup, &slots[i]), 200 + i);
    }
    vc_dht_lookup_answered(&lookup, slots[0], &people[50], 150);
    /* Of his own the nearest are left: what is farther than all of them finds no room. */
    for (unsigned i = 0; i < lookup.count; i++) {
        of_his += lookup.nodes[i].path == 0 && !lookup.nodes[i].is_seed;
    }
    for (unsigned i = 0; i < lookup.count; i++) {
        nearest_of_his += lookup.nodes[i].path == 0 && !lookup.nodes[i].is_seed &&
                          lookup.nodes[i].distance <= distance_of(&people[49 + of_his]);
    }
    assert_int_equal(nearest_of_his, of_his);
    vc_dht_lookup_answered(&lookup, slots[1], people, 1);
    assert_int_equal(lookup.count, VC_DHT_LOOKUP_NODES);
    for (unsigned i = 0; i < lookup.count; i++) {
        of_others += lookup.nodes[i].path != 0;
        assert_true(i == 0 || lookup.nodes[lookup.order[i - 1]].distance <
                                  lookup.nodes[lookup.order[i]].distance);
    }
    assert_int_equal(of_others, 32 - 32 / VC_DHT_PATHS + 1);
}

static void test_no_seed_gives_way(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &unknown, 200, 200 + 32);
    uint8_t slot;
    unsigned seeds = 0;

    (void)state;
    assert_int_equal(next(&lookup, &slot), 200);
    vc_dht_lookup_answered(&lookup, slot, people, 200);
    assert_int_equal(lookup.count, VC_DHT_LOOKUP_NODES);
    for (unsigned i = 0; i < lookup.count; i++) {
        seeds += lookup.nodes[i].distance >= distance_of(&people[200]);
    }
    assert_int_equal(seeds, 32);
}

static void test_those_not_to_be_asked_give_way_first(void **state)
{
    struct vc_dht_contact same = people[250];
    struct vc_dht_lookup lookup;
    uint8_t slot;

    (void)state;
    same.addr = people[0].addr;
    vc_dht_lookup_begin(&lookup, TARGET, 16, &unknown, false, true);
    vc_dht_lookup_seed(&lookup, people, 1);
    vc_dht_lookup_seed(&lookup, &same, 1);
    assert_int_equal(next(&lookup, &slot), 0);
    assert_int_equal(lookup.nodes[1].state, VC_DHT_LOOKUP_PASSED);
    for (unsigned i = 1; i < VC_DHT_LOOKUP_NODES; i++) {
        vc_dht_lookup_seed(&lookup, &people[i], 1);
    }
    assert_int_equal(lookup.count, VC_DHT_LOOKUP_NODES);
    for (unsigned i = 0; i < lookup.count; i++) {
        assert_int_not_equal(lookup.nodes[i].state, VC_DHT_LOOKUP_PASSED);
    }
}

/* ---- the end ---- */

static void test_it_is_over_when_the_wanted_nearest_have_answered(void **state)
{
    struct vc_dht_lookup lookup = told_of(3, &unknown, 0, 10);
    uint8_t slots[4], nearest[4];

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(next(&lookup, &slots[i]), i);
    }
    vc_dht_lookup_answered(&lookup, slots[0], NULL, 0);
    vc_dht_lookup_late(&lookup, slots[1]);
    vc_dht_lookup_answered(&lookup, slots[2], NULL, 0);
    assert_int_equal(next(&lookup, &slots[3]), 3);
    vc_dht_lookup_answered(&lookup, slots[3], NULL, 0);
    /* Three have answered, but a nearer one may still. */
    assert_false(vc_dht_lookup_is_over(&lookup));
    assert_int_equal(next(&lookup, nearest), -1);
    vc_dht_lookup_failed(&lookup, slots[1]);
    assert_true(vc_dht_lookup_is_over(&lookup));
    assert_int_equal(vc_dht_lookup_nearest(&lookup, nearest, 4), 3);
    assert_int_equal(nearest[0], slots[0]);
    assert_int_equal(nearest[1], slots[2]);
    assert_int_equal(nearest[2], slots[3]);
}

static void test_whoever_knows_nobody_is_done(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &unknown, 0, 0);

    (void)state;
    assert_int_equal(run_down(&lookup), 0);
}

static void test_all_of_a_small_network_are_asked(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &unknown, 0, 9);

    (void)state;
    assert_int_equal(run_down(&lookup), 9);
}

static void test_the_wanted_number_is_enough_where_they_lie_as_expected(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &known, 0, 100);

    (void)state;
    assert_int_equal(run_down(&lookup), 16);
    assert_false(lookup.is_wide);
    /* In a second try every new path brings its share. */
    vc_dht_lookup_widen(&lookup);
    assert_int_equal(run_down(&lookup),
                     (VC_DHT_PATHS_WIDE - VC_DHT_PATHS) * VC_DHT_PATH_SHARE);
}

static void test_enough_may_have_answered_while_it_goes_on(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &known, 40, 100);
    unsigned answered = 0;
    uint8_t late, slot;

    (void)state;
    assert_int_equal(next(&lookup, &late), 40);
    vc_dht_lookup_late(&lookup, late);
    while (!vc_dht_lookup_has_enough(&lookup)) {
        assert_true(next(&lookup, &slot) >= 0);
        vc_dht_lookup_answered(&lookup, slot, NULL, 0);
        answered++;
    }
    assert_int_equal(answered, 16);
    /* They lie too thin, so it goes on. */
    assert_false(vc_dht_lookup_is_settled(&lookup));
    while (next(&lookup, &slot) >= 0) {
        vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    }
    assert_true(vc_dht_lookup_is_settled(&lookup));
    assert_false(vc_dht_lookup_is_over(&lookup));
}

static void test_too_thin_answers_widen_it_and_it_goes_on(void **state)
{
    /* Of the nearest forty nobody has told. */
    struct vc_dht_lookup lookup = told_of(16, &known, 40, 100);

    (void)state;
    assert_int_equal(run_down(&lookup), 60);
    assert_true(lookup.is_wide);
    /* Who knows nothing of the network does not mind. */
    lookup = told_of(16, &unknown, 40, 100);
    assert_int_equal(run_down(&lookup), 16);
}

static void test_every_second_one_is_a_seed_where_they_lie_wrong(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &known, 200, 232);
    unsigned of_seeds = 0;
    uint8_t slot;

    (void)state;
    /* The first names ninety, who name nobody: far too few, though nearer than all seeds. */
    assert_int_equal(next(&lookup, &slot), 200);
    vc_dht_lookup_answered(&lookup, slot, &people[60], 90);
    while (!lookup.is_wide) {
        assert_true(next(&lookup, &slot) >= 0);
        vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    }
    for (unsigned i = 0; i < 20; i++) {
        of_seeds += next(&lookup, &slot) >= 200;
        vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    }
    assert_int_equal(of_seeds, 10);
}

static void test_further_answers_may_show_that_it_was_chance(void **state)
{
    bool is_shown = false;

    (void)state;
    /* The more have answered, the less it is that a few of the nearest are missing. */
    for (unsigned missing = 0; missing < 9; missing++) {
        struct vc_dht_lookup lookup;
        unsigned asked;

        vc_dht_lookup_begin(&lookup, TARGET, 16, &known, false, true);
        vc_dht_lookup_seed(&lookup, people, 4);
        vc_dht_lookup_seed(&lookup, &people[4 + missing], 76);
        asked = run_down(&lookup);
        is_shown |= asked > 16 && asked < 80;
        assert_int_equal(lookup.is_wide, asked > 16);
    }
    assert_true(is_shown);
}

static void test_too_thick_answers_make_it_ask_everybody(void **state)
{
    /* They lie ten times as dense as in the network that is expected. */
    struct vc_dht_size small = {
        .spacing = known.spacing * 10,
    };
    struct vc_dht_lookup lookup = told_of(16, &small, 0, 100);
    uint64_t points[100];
    unsigned count = 0, of_target = 0;
    uint8_t slot;

    (void)state;
    lookup.near = distance_of(&people[30]);
    for (; vc_dht_lookup_next(&lookup, &slot, &points[count]); count++) {
        vc_dht_lookup_answered(&lookup, slot, NULL, 0);
        of_target += count > 16 && points[count] == TARGET;
    }
    assert_int_equal(count, 100);
    assert_true(lookup.is_wide);
    assert_true(vc_dht_lookup_is_over(&lookup));
    /* Nobody, however far, is asked any more for the target, around which they lie. */
    assert_int_equal(of_target, 0);
}

static void test_it_does_not_ask_for_ever(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &known, 200, 232);
    unsigned asked = 0;
    uint8_t slot;

    (void)state;
    vc_dht_lookup_widen(&lookup);
    /* Each names eight others; together they leave the nearest out. */
    for (; next(&lookup, &slot) >= 0; asked++) {
        vc_dht_lookup_answered(&lookup, slot, &people[60 + 8 * (asked % 29)], 8);
    }
    assert_int_equal(asked, VC_DHT_LOOKUP_NODES);
    assert_true(vc_dht_lookup_is_over(&lookup));
}

/* ---- what is asked for ---- */

static void test_the_neighbourhood_is_asked_for_points_all_over_it(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &known, 0, 60);
    uint64_t half = UINT64_C(1) << (63 - __builtin_clzll(lookup.near));
    uint64_t points[8];
    uint8_t slot;

    (void)state;
    assert_true(lookup.near == vc_dht_size_distance(&known, 16));
    vc_dht_lookup_widen(&lookup);
    for (unsigned i = 0; i < 8; i++) {
        assert_true(vc_dht_lookup_next(&lookup, &slot, &points[i]));
    }
    assert_true(points[0] == TARGET);
    assert_true(points[1] == (TARGET ^ half));
    assert_true(points[2] == (TARGET ^ half / 2));
    assert_true(points[3] == (TARGET ^ half ^ half / 2));
    assert_true(points[7] == (TARGET ^ half ^ half / 2 ^ half / 4));
    /* All of a small network is a neighbourhood. */
    lookup = told_of(16, &(struct vc_dht_size){UINT64_MAX / 20}, 0, 2);
    assert_true(vc_dht_lookup_next(&lookup, &slot, points) && points[0] == TARGET);
    assert_true(vc_dht_lookup_next(&lookup, &slot, points));
    assert_true(points[0] == (TARGET ^ UINT64_C(1) << 63));
}

static void test_who_is_far_is_asked_for_the_target(void **state)
{
    struct vc_dht_lookup far = told_of(16, &known, 41, 43);
    struct vc_dht_lookup blind = told_of(16, &unknown, 0, 2);
    uint64_t point;
    uint8_t slot;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_true(vc_dht_lookup_next(&far, &slot, &point) && point == TARGET);
        assert_true(vc_dht_lookup_next(&blind, &slot, &point) && point == TARGET);
    }
}

static void test_what_nobody_waits_for_is_a_mistake(void **state)
{
    struct vc_dht_lookup lookup = told_of(16, &unknown, 0, 2);
    uint8_t slot;

    (void)state;
    expect_assert_failure(vc_dht_lookup_failed(&lookup, 0));
    expect_assert_failure(vc_dht_lookup_late(&lookup, 2));
    assert_int_equal(next(&lookup, &slot), 0);
    vc_dht_lookup_answered(&lookup, slot, NULL, 0);
    expect_assert_failure(vc_dht_lookup_answered(&lookup, slot, NULL, 0));
    expect_assert_failure(
        vc_dht_lookup_begin(&lookup, TARGET, 0, &unknown, false, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nearest_are_asked_first_on_each_path),
        cmocka_unit_test(test_an_answer_gives_the_place_to_the_next_of_the_same_path),
        cmocka_unit_test(test_who_has_answered_may_be_asked_again),
        cmocka_unit_test(test_a_contact_belongs_to_who_told_of_it_first),
        cmocka_unit_test(test_whom_the_only_one_names_begin_a_path_each),
        cmocka_unit_test(test_a_late_one_gives_its_place_away_and_may_still_answer),
        cmocka_unit_test(test_two_failures_in_a_row_widen_it),
        cmocka_unit_test(test_of_one_network_a_path_asks_one),
        cmocka_unit_test(test_who_tells_of_many_pushes_out_his_own_only),
        cmocka_unit_test(test_no_seed_gives_way),
        cmocka_unit_test(test_those_not_to_be_asked_give_way_first),
        cmocka_unit_test(test_it_is_over_when_the_wanted_nearest_have_answered),
        cmocka_unit_test(test_whoever_knows_nobody_is_done),
        cmocka_unit_test(test_all_of_a_small_network_are_asked),
        cmocka_unit_test(test_the_wanted_number_is_enough_where_they_lie_as_expected),
        cmocka_unit_test(test_enough_may_have_answered_while_it_goes_on),
        cmocka_unit_test(test_too_thin_answers_widen_it_and_it_goes_on),
        cmocka_unit_test(test_every_second_one_is_a_seed_where_they_lie_wrong),
        cmocka_unit_test(test_further_answers_may_show_that_it_was_chance),
        cmocka_unit_test(test_too_thick_answers_make_it_ask_everybody),
        cmocka_unit_test(test_it_does_not_ask_for_ever),
        cmocka_unit_test(test_the_neighbourhood_is_asked_for_points_all_over_it),
        cmocka_unit_test(test_who_is_far_is_asked_for_the_target),
        cmocka_unit_test(test_what_nobody_waits_for_is_a_mistake),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
