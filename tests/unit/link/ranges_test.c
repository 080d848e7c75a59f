/* node/link/ranges.c against a plain set of numbers. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/ranges.h"
#include "tests/support/prop.h"

#define NUMBERS 600

static bool has(const struct vc_ranges *ranges, uint64_t number)
{
    for (uint32_t i = 0; i < ranges->count; i++) {
        if (ranges->at[i].first <= number && number <= ranges->at[i].last)
            return true;
    }
    return false;
}

static void assert_in_order(const struct vc_ranges *ranges)
{
    for (uint32_t i = 0; i < ranges->count; i++) {
        assert_true(ranges->at[i].first <= ranges->at[i].last);
        if (i > 0)
            assert_true(ranges->at[i].last + 1 < ranges->at[i - 1].first);
    }
}

static void numbers_in_any_order_make_one_row(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("numbers_in_any_order_make_one_row");
    for (int round = 0; round < 200; round++) {
        struct vc_ranges ranges = {.count = 0};
        uint64_t numbers[50];
        for (uint32_t i = 0; i < 50; i++)
            numbers[i] = i;
        for (uint32_t i = 49; i > 0; i--) {
            uint32_t j = vc_prop_below(&prop, i + 1);
            uint64_t other = numbers[i];
            numbers[i] = numbers[j];
            numbers[j] = other;
        }
        for (uint32_t i = 0; i < 50; i++) {
            vc_ranges_add(&ranges, numbers[i]);
            assert_in_order(&ranges);
        }
        assert_int_equal(ranges.count, 1);
        assert_int_equal(ranges.at[0].first, 0);
        assert_int_equal(ranges.at[0].last, 49);
    }
}

static void
nothing_is_said_that_did_not_come_and_the_highest_rows_are_kept(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("nothing_is_said_that_did_not_come");
    for (int round = 0; round < 300; round++) {
        struct vc_ranges ranges = {.count = 0};
        bool added[NUMBERS] = {false};
        /* Of 2 * VC_LINK_RANGES_MAX numbers there are never too many rows. */
        uint32_t bound = round % 2 == 0 ? 2 * VC_LINK_RANGES_MAX : NUMBERS;
        uint32_t highest = 0;
        for (int i = 0; i < 400; i++) {
            uint32_t number = vc_prop_below(&prop, bound);
            if (added[number])
                continue;
            added[number] = true;
            highest = number > highest ? number : highest;
            vc_ranges_add(&ranges, number);
            assert_in_order(&ranges);
            assert_true(ranges.count <= VC_LINK_RANGES_MAX);
            assert_int_equal(ranges.at[0].last, highest);
        }
        for (uint32_t i = 0; i < NUMBERS; i++) {
            if (has(&ranges, i))
                assert_true(added[i]);
            if (bound < NUMBERS)
                assert_int_equal(has(&ranges, i), added[i]);
        }
    }
}

static void a_row_too_many_costs_the_lowest_one(void **state)
{
    (void)state;
    struct vc_ranges ranges = {.count = 0};
    for (uint64_t i = 0; i <= VC_LINK_RANGES_MAX; i++)
        vc_ranges_add(&ranges, 10 + 2 * i);
    assert_int_equal(ranges.count, VC_LINK_RANGES_MAX);
    assert_false(has(&ranges, 10));
    vc_ranges_add(&ranges, 3); /* below all, and there is no place */
    assert_false(has(&ranges, 3));
    assert_true(has(&ranges, 12));
}

static void what_the_peer_knows_is_forgotten_but_not_the_newest_row(void **state)
{
    (void)state;
    struct vc_ranges ranges = {3, {{20, 30}, {10, 15}, {1, 5}}};
    vc_ranges_forget(&ranges, 4);
    assert_int_equal(ranges.count, 3);
    vc_ranges_forget(&ranges, 5);
    assert_int_equal(ranges.count, 2);
    vc_ranges_forget(&ranges, 100);
    assert_int_equal(ranges.count, 1);
    assert_int_equal(ranges.at[0].last, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_any_order_make_one_row),
        cmocka_unit_test(
            nothing_is_said_that_did_not_come_and_the_highest_rows_are_kept),
        cmocka_unit_test(a_row_too_many_costs_the_lowest_one),
        cmocka_unit_test(what_the_peer_knows_is_forgotten_but_not_the_newest_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
