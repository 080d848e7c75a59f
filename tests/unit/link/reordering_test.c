/* node/link/reordering.c: packets that were taken for lost and come after all. */
#include "tests/support/test.h"

#include "node/link/reordering.h"

static struct vc_reordering r;

static int begin(void **state)
{
    (void)state;
    vc_reordering_init(&r);
    return 0;
}

/* Acknowledges from @first to @last. */
static bool acked(uint64_t first, uint64_t last)
{
    struct vc_ranges ack = {.count = 2, .at = {{.first = 1000, .last = 1001}}};
    ack.at[1].first = first;
    ack.at[1].last = last;
    return vc_reordering_acked(&r, &ack);
}

static void what_was_not_taken_for_lost_changes_nothing(void **state)
{
    (void)state;
    vc_reordering_lost(&r, 20);
    vc_reordering_halved(&r, 20, 20);
    assert_false(acked(0, 19));
    assert_false(acked(21, 30));
    assert_int_equal(r.packets, VC_LINK_REORDER_PACKETS);
    assert_int_equal(r.eighths, 1);
}

static void the_window_is_given_back_when_all_have_come_and_once(void **state)
{
    (void)state;
    vc_reordering_lost(&r, 0);
    vc_reordering_halved(&r, 0, 0);
    vc_reordering_lost(&r, 3);
    vc_reordering_lost(&r, 4);
    assert_false(acked(3, 3));
    assert_false(acked(0, 0));
    assert_true(acked(0, 4));
    assert_false(acked(0, 4));
    vc_reordering_lost(&r, 7); /* within the same recovery */
    assert_false(acked(7, 7));
}

static void what_was_lost_before_is_no_part_of_it(void **state)
{
    (void)state;
    vc_reordering_lost(&r, 5);
    vc_reordering_halved(&r, 5, 5);
    vc_reordering_lost(&r, 9);
    vc_reordering_halved(&r, 9, 9);
    assert_true(acked(9, 9)); /* 5 is lost indeed */
    assert_false(acked(5, 5));
}

static void patience_is_doubled_up_to_its_limits(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        uint32_t packets = r.packets, eighths = r.eighths;
        vc_reordering_lost(&r, i);
        assert_false(acked(i, i));
        assert_true(r.packets == 2 * packets || r.packets == VC_LINK_REORDER_PACKETS_MAX);
        assert_true(r.eighths == 2 * eighths || r.eighths == VC_LINK_REORDER_EIGHTHS_MAX);
    }
    assert_int_equal(r.packets, VC_LINK_REORDER_PACKETS_MAX);
    assert_int_equal(r.eighths, VC_LINK_REORDER_EIGHTHS_MAX);
}

static void of_one_that_is_forgotten_it_is_not_known_that_it_came(void **state)
{
    (void)state;
    vc_reordering_lost(&r, 0);
    vc_reordering_halved(&r, 0, 0);
    for (uint64_t i = 1; i <= VC_LINK_LOST_REMEMBERED; i++)
        vc_reordering_lost(&r, i);
    assert_false(acked(0, VC_LINK_LOST_REMEMBERED));
    assert_true(r.packets > VC_LINK_REORDER_PACKETS);
}

static void a_long_row_is_too_much_to_remember(void **state)
{
    (void)state;
    for (uint64_t i = 0; i <= VC_LINK_LOST_REMEMBERED; i++)
        vc_reordering_lost(&r, i);
    vc_reordering_halved(&r, 0, VC_LINK_LOST_REMEMBERED);
    assert_false(acked(0, VC_LINK_LOST_REMEMBERED));
    begin(NULL);
    for (uint64_t i = 0; i < VC_LINK_LOST_REMEMBERED; i++)
        vc_reordering_lost(&r, i);
    vc_reordering_halved(&r, 0, VC_LINK_LOST_REMEMBERED - 1);
    assert_true(acked(0, VC_LINK_LOST_REMEMBERED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_not_taken_for_lost_changes_nothing, begin),
        cmocka_unit_test_setup(the_window_is_given_back_when_all_have_come_and_once, begin),
        cmocka_unit_test_setup(what_was_lost_before_is_no_part_of_it, begin),
        cmocka_unit_test_setup(patience_is_doubled_up_to_its_limits, begin),
        cmocka_unit_test_setup(a_long_row_is_too_much_to_remember, begin),
        cmocka_unit_test_setup(of_one_that_is_forgotten_it_is_not_known_that_it_came, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
