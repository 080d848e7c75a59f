/* node/link/rtt.c: RFC 9002, sections 5.3, 6.1.2 and 6.2.1. */
#include "tests/support/test.h"

#include "node/link/limits.h"
#include "node/link/rtt.h"

static struct vc_rtt rtt;

static int begin(void **state)
{
    (void)state;
    vc_rtt_init(&rtt);
    return 0;
}

static void before_a_sample_the_probe_comes_after_a_second(void **state)
{
    (void)state;
    vc_ms pto = vc_rtt_pto_ms(&rtt, 0);
    assert_true(pto >= 999 && pto <= 1030);
}

static void the_first_sample_is_taken_whole(void **state)
{
    (void)state;
    vc_rtt_sample(&rtt, 100, 20);
    assert_int_equal(rtt.smoothed_us, 100000);
    assert_int_equal(rtt.variation_us, 50000);
    assert_int_equal(rtt.minimum_us, 100000);
}

static void later_samples_are_smoothed_without_the_peers_delay(void **state)
{
    (void)state;
    vc_rtt_sample(&rtt, 100, 0);
    vc_rtt_sample(&rtt, 120, 20);
    assert_int_equal(rtt.smoothed_us, 100000);
    assert_int_equal(rtt.variation_us, 37500);
    vc_rtt_sample(&rtt, 180, 0);
    assert_int_equal(rtt.smoothed_us, 110000);
    assert_int_equal(rtt.variation_us, (3 * 37500 + 80000) / 4);
}

static void a_delay_is_believed_up_to_what_a_peer_may_wait(void **state)
{
    (void)state;
    vc_rtt_sample(&rtt, 100, 0);
    vc_rtt_sample(&rtt, 200, 100);
    assert_int_equal(rtt.smoothed_us, (7 * 100000 + 180000) / 8);
    /* and never below the shortest round trip there was */
    vc_rtt_init(&rtt);
    vc_rtt_sample(&rtt, 100, 0);
    vc_rtt_sample(&rtt, 101, 20);
    assert_int_equal(rtt.smoothed_us, (7 * 100000 + 101000) / 8);
}

static void probes_back_off_up_to_a_limit(void **state)
{
    (void)state;
    vc_rtt_sample(&rtt, 100, 0);
    vc_ms pto = vc_rtt_pto_ms(&rtt, 0);
    assert_int_equal(pto, 100 + 200 + VC_LINK_ACK_DELAY_MS);
    assert_int_equal(vc_rtt_pto_ms(&rtt, 1), 2 * pto);
    assert_int_equal(vc_rtt_pto_ms(&rtt, 2), 4 * pto);
    assert_int_equal(vc_rtt_pto_ms(&rtt, 31), VC_LINK_PTO_MAX_MS);
    /* A path that is slower than the limit is not hurried. */
    for (int i = 0; i < 50; i++)
        vc_rtt_sample(&rtt, 9000, 0);
    assert_true(vc_rtt_pto_ms(&rtt, 5) >= 9000);
}

static void loss_needs_nine_eighths_of_a_round_trip(void **state)
{
    (void)state;
    vc_rtt_sample(&rtt, 80, 0);
    assert_int_equal(vc_rtt_loss_ms(&rtt, 1), 90 + 1);
    vc_rtt_sample(&rtt, 160, 0);
    assert_int_equal(vc_rtt_loss_ms(&rtt, 1), 180 + 1);
    assert_int_equal(vc_rtt_loss_ms(&rtt, 8), 320 + 1);
    vc_rtt_init(&rtt);
    vc_rtt_sample(&rtt, 0, 0);
    assert_true(vc_rtt_loss_ms(&rtt, 1) >= 1);
    assert_true(vc_rtt_pto_ms(&rtt, 0) >= 1 + VC_LINK_ACK_DELAY_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(before_a_sample_the_probe_comes_after_a_second, begin),
        cmocka_unit_test_setup(the_first_sample_is_taken_whole, begin),
        cmocka_unit_test_setup(later_samples_are_smoothed_without_the_peers_delay,
                               begin),
        cmocka_unit_test_setup(a_delay_is_believed_up_to_what_a_peer_may_wait, begin),
        cmocka_unit_test_setup(probes_back_off_up_to_a_limit, begin),
        cmocka_unit_test_setup(loss_needs_nine_eighths_of_a_round_trip, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
