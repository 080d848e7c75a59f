/* node/link/recovery.c: RFC 9002, section 6 and appendix A. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

/* Datagrams of node 0 from the begin of a test on: which of them are lost. */
static uint64_t lost_mask;
static uint32_t sent_count;
static vc_ms sent_at[64];

static bool lose(struct link_world *w, struct link_node *from, const struct vc_addr *to,
                 struct vc_bytes bytes)
{
    (void)to, (void)bytes;
    if (from->index != 0)
        return false;
    uint32_t i = sent_count++;
    if (i < 64)
        sent_at[i] = w->now;
    return i < 64 && (lost_mask >> i & 1) != 0;
}

static int begin(void **state)
{
    link_duo_begin(state);
    link_duo_connect();
    link_duo_wait(1000);
    sent_count = 0;
    lost_mask = 0;
    world.filter = lose;
    return 0;
}

/* An object of one packet. */
static void say(void)
{
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "one packet", 1150), VC_OK);
    link_world_drain(&world.nodes[0]);
}

static void three_later_packets_make_one_lost(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    uint64_t window = s->congestion.window;
    lost_mask = 1;
    vc_ms start = world.now;
    for (int i = 0; i < 4; i++)
        say();
    link_duo_wait(25);
    /* The acknowledgement of the fourth came after one round trip. */
    assert_int_equal(s->packets_lost, 1);
    assert_true(sent_count >= 5);
    assert_true(sent_at[4] - start <= 21);
    assert_int_equal(s->congestion.window, window / 2);
    link_duo_wait(100);
    assert_int_equal(told[1].objects, 4);
}

static void two_later_packets_make_it_lost_after_a_while(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    lost_mask = 1;
    say();
    vc_ms start = world.now;
    say();
    link_duo_wait(21);
    assert_int_equal(s->packets_lost, 0);
    assert_true(s->loss_at > world.now &&
                s->loss_at <= start + vc_rtt_loss_ms(&s->rtt, 1));
    link_duo_wait(60);
    assert_int_equal(s->packets_lost, 1);
    assert_int_equal(told[1].objects, 2);
}

static void packets_that_overtake_each_other_keep_the_window(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    uint64_t widest = 0;
    world.delay_min_ms = 1;
    world.delay_max_ms = 200;
    for (int i = 0; i < 40; i++) {
        say();
        say();
        link_duo_wait(100);
        widest = s->congestion.window > widest ? s->congestion.window : widest;
    }
    link_duo_wait(5000);
    assert_int_equal(told[1].objects, 80);
    assert_true(s->reordering.packets > VC_LINK_REORDER_PACKETS);
    assert_true(s->packets_lost > 0);
    assert_true(widest >= 10 * (uint64_t)VC_LINK_DATAGRAM_MAX);
    assert_true(s->congestion.window >= 5 * (uint64_t)VC_LINK_DATAGRAM_MAX);
}

static void a_lost_last_packet_is_probed_for(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    lost_mask = 1;
    vc_ms pto = vc_rtt_pto_ms(&s->rtt, 0);
    vc_ms start = world.now;
    say();
    link_duo_wait(pto - 1);
    assert_int_equal(sent_count, 1);
    link_duo_wait(1);
    assert_true(sent_count >= 2);
    assert_int_equal(sent_at[1] - start, pto);
    link_duo_wait(15);
    assert_int_equal(told[1].objects, 1);
    link_duo_wait(100);
    assert_int_equal(s->backoff, 0);
}

static void probes_come_at_doubled_times(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    lost_mask = UINT64_MAX;
    vc_ms pto = vc_rtt_pto_ms(&s->rtt, 0), at = world.now;
    say();
    link_duo_wait(10000);
    for (uint32_t i = 0; i < 5; i++) {
        at += pto << i;
        assert_int_equal(sent_at[1 + VC_LINK_PROBES * i], at);
        assert_int_equal(sent_at[VC_LINK_PROBES * (i + 1)], at);
    }
}

static void a_long_silence_collapses_the_window(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    lost_mask = 0xff; /* the data and three rounds of probes */
    for (int i = 0; i < 2; i++)
        say();
    link_duo_wait(5000);
    assert_int_equal(told[1].objects, 2);
    assert_true(s->packets_lost >= 6);
    assert_true(s->congestion.window <= 3 * VC_LINK_DATAGRAM_MAX);
}

static void an_acknowledgement_that_comes_late_does_no_harm(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    world.delay_min_ms = world.delay_max_ms = 700; /* all probes are too early */
    say();
    link_duo_wait(5000);
    assert_int_equal(told[1].objects, 1);
    assert_int_equal(s->flight.count, 0);
    assert_true(s->rtt.smoothed_us > 200000);
    assert_int_equal(world.nodes[0].link->chunks.pool.count, 0);
}

static void new_keys_send_again_without_blame(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    uint32_t index = (uint32_t)(s - world.nodes[0].link->sessions);
    uint64_t window = s->congestion.window;
    lost_mask = 0x7;
    for (int i = 0; i < 3; i++)
        say();
    assert_int_equal(s->flight.count, 3);
    vc_recovery_requeue(world.nodes[0].link, index);
    assert_int_equal(s->flight.count, 0);
    assert_int_equal(s->flight.bytes, 0);
    assert_int_equal(s->congestion.window, window);
    vc_session_wake(world.nodes[0].link, index);
    link_duo_wait(30);
    assert_int_equal(told[1].objects, 3);
}

static void a_window_frame_that_is_lost_is_told_again(void **state)
{
    (void)state;
    /* Node 1 sends so much that node 0 has to give credit, which is lost at first. */
    lost_mask = 0xffff;
    for (int i = 0; i < 3; i++)
        assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "much", 60000), VC_OK);
    link_duo_wait(20000);
    assert_int_equal(told[0].objects, 3);
    assert_true(link_duo_session(1, 0)->send[VC_LINK_CHAT].credit > 180000);
}

static void old_rows_are_forgotten_when_the_peer_knows_them(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    for (int i = 0; i < 20; i++) {
        link_duo_session(1, 0)->next_number += 2; /* a gap each time */
        assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "x", 5), VC_OK);
        say();
        link_duo_wait(100);
    }
    assert_true(s->received.count <= 3);
}

static void a_narrow_line_is_filled_and_not_flooded(void **state)
{
    (void)state;
    world.filter = NULL;
    world.bytes_per_ms = 1000;
    world.queue_ms = 60;
    world.delay_min_ms = world.delay_max_ms = 20;
    vc_ms start = world.now;
    uint32_t sent = 0;
    while (told[1].bytes < 10000000) {
        while (link_duo_say(0, 1, VC_LINK_CHAT, "bulk", 10000) == VC_OK)
            sent++;
        assert_true(link_world_step(&world, start + 60000));
    }
    /* Ten seconds is what the line needs for the bytes alone. */
    assert_true(world.now - start < 13000);
    struct vc_link_state s;
    assert_true(vc_link_state(world.nodes[0].link, 1, &s));
    assert_true(s.packets_lost * 25 < s.bytes_sent / VC_LINK_DATAGRAM_MAX);
    assert_true(s.bytes_sent < told[1].bytes * 110 / 100 + VC_LINK_WINDOW);
}

static void two_who_share_a_line_both_get_on(void **state)
{
    (void)state;
    struct link_node *c = link_world_add(&world, NULL);
    world.filter = NULL;
    link_world_introduce(&world.nodes[0], c);
    link_world_introduce(c, &world.nodes[0]);
    assert_int_equal(link_world_connect(&world.nodes[0], c), VC_OK);
    link_duo_wait(1000);
    world.bytes_per_ms = 1000;
    world.queue_ms = 60;
    vc_ms until = world.now + 20000;
    while (world.now < until) {
        while (link_duo_say(0, 1, VC_LINK_CHAT, "bulk", 10000) == VC_OK)
            continue;
        while (link_duo_say(0, 2, VC_LINK_CHAT, "bulk", 10000) == VC_OK)
            continue;
        assert_true(link_world_step(&world, until + 1000));
    }
    assert_true(told[1].bytes > 3000000 && told[2].bytes > 3000000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(three_later_packets_make_one_lost),
        TEST(two_later_packets_make_it_lost_after_a_while),
        TEST(packets_that_overtake_each_other_keep_the_window),
        TEST(a_lost_last_packet_is_probed_for),
        TEST(probes_come_at_doubled_times),
        TEST(a_long_silence_collapses_the_window),
        TEST(an_acknowledgement_that_comes_late_does_no_harm),
        TEST(new_keys_send_again_without_blame),
        TEST(a_window_frame_that_is_lost_is_told_again),
        TEST(a_narrow_line_is_filled_and_not_flooded),
        TEST(two_who_share_a_line_both_get_on),
        TEST(old_rows_are_forgotten_when_the_peer_knows_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
