/* node/link/congestion.c: RFC 9002, section 7 and appendix B. */
#include "tests/support/test.h"

#include "node/link/congestion.h"
#include "node/link/limits.h"

#define DATAGRAM VC_LINK_DATAGRAM_MAX

static struct vc_congestion c;

static int begin(void **state)
{
    (void)state;
    vc_new_reno.init(&c);
    return 0;
}

static void slow_start_grows_by_what_is_acknowledged(void **state)
{
    (void)state;
    assert_int_equal(c.window, 10 * DATAGRAM);
    vc_new_reno.acked(&c, 3 * DATAGRAM, 5, true);
    assert_int_equal(c.window, 13 * DATAGRAM);
}

static void a_window_that_was_not_full_does_not_grow(void **state)
{
    (void)state;
    vc_new_reno.acked(&c, 3 * DATAGRAM, 5, false);
    assert_int_equal(c.window, 10 * DATAGRAM);
}

static void a_loss_halves_the_window_once_for_a_round_trip(void **state)
{
    (void)state;
    vc_new_reno.lost(&c, 90, 100);
    assert_int_equal(c.window, 5 * DATAGRAM);
    vc_new_reno.lost(&c, 95, 110); /* sent before the reaction */
    assert_int_equal(c.window, 5 * DATAGRAM);
    vc_new_reno.acked(&c, DATAGRAM, 99, true); /* sent before the reaction */
    assert_int_equal(c.window, 5 * DATAGRAM);
    vc_new_reno.lost(&c, 120, 130);
    assert_int_equal(c.window, 5 * DATAGRAM / 2);
}

static void what_was_not_lost_gives_the_window_back_once(void **state)
{
    (void)state;
    vc_new_reno.acked(&c, 2 * DATAGRAM, 5, true);
    assert_true(vc_new_reno.lost(&c, 90, 100));
    assert_false(vc_new_reno.lost(&c, 95, 110));
    assert_int_equal(c.window, 6 * DATAGRAM);
    vc_new_reno.was_not_lost(&c);
    assert_int_equal(c.window, 12 * DATAGRAM);
    vc_new_reno.acked(&c, DATAGRAM, 99, true); /* in slow start again */
    assert_int_equal(c.window, 13 * DATAGRAM);
    vc_new_reno.was_not_lost(&c);
    assert_int_equal(c.window, 13 * DATAGRAM);
}

static void after_a_collapse_or_a_rest_nothing_is_given_back(void **state)
{
    (void)state;
    assert_true(vc_new_reno.lost(&c, 90, 100));
    vc_new_reno.collapsed(&c);
    vc_new_reno.was_not_lost(&c);
    assert_int_equal(c.window, 2 * DATAGRAM);
    vc_new_reno.init(&c);
    assert_true(vc_new_reno.lost(&c, 90, 100));
    vc_new_reno.rested(&c);
    vc_new_reno.was_not_lost(&c);
    assert_int_equal(c.window, 5 * DATAGRAM);
}

static void congestion_avoidance_grows_by_one_datagram_for_a_window(void **state)
{
    (void)state;
    vc_new_reno.lost(&c, 90, 100);
    for (int i = 0; i < 5; i++)
        vc_new_reno.acked(&c, DATAGRAM, 101, true);
    assert_int_equal(c.window, 6 * DATAGRAM);
    for (int i = 0; i < 5; i++)
        vc_new_reno.acked(&c, DATAGRAM, 101, true);
    assert_int_equal(c.window, 6 * DATAGRAM);
}

static void the_window_never_goes_below_two_datagrams(void **state)
{
    (void)state;
    for (vc_ms at = 100; at < 200; at += 10)
        vc_new_reno.lost(&c, at, at + 5);
    assert_int_equal(c.window, 2 * DATAGRAM);
    vc_new_reno.init(&c);
    vc_new_reno.collapsed(&c);
    assert_int_equal(c.window, 2 * DATAGRAM);
}

static void a_rest_gives_back_what_was_earned_before(void **state)
{
    (void)state;
    vc_new_reno.acked(&c, 30 * DATAGRAM, 5, true);
    vc_new_reno.rested(&c);
    assert_int_equal(c.window, 10 * DATAGRAM);
    vc_new_reno.collapsed(&c);
    vc_new_reno.rested(&c);
    assert_int_equal(c.window, 2 * DATAGRAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(slow_start_grows_by_what_is_acknowledged, begin),
        cmocka_unit_test_setup(a_window_that_was_not_full_does_not_grow, begin),
        cmocka_unit_test_setup(a_loss_halves_the_window_once_for_a_round_trip, begin),
        cmocka_unit_test_setup(what_was_not_lost_gives_the_window_back_once, begin),
        cmocka_unit_test_setup(after_a_collapse_or_a_rest_nothing_is_given_back, begin),
        cmocka_unit_test_setup(congestion_avoidance_grows_by_one_datagram_for_a_window,
                               begin),
        cmocka_unit_test_setup(the_window_never_goes_below_two_datagrams, begin),
        cmocka_unit_test_setup(a_rest_gives_back_what_was_earned_before, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
