#include <string.h>

#include "node/mail/limits.h"
#include "node/mail/objects.h"
#include "tests/support/check.h"
#include "tests/unit/mail/host.h"

enum { PEER = 7 };
static struct host host;

static int set_up(void **state)
{
    (void)state;
    host_open(&host, false);
    host_peer_put(&host, PEER);
    host_turn(&host);
    host_up(&host, PEER, 1);
    host_expect_nothing(&host);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_close(&host);
    return 0;
}

static void expect_delivery(uint64_t number)
{
    struct vc_mail_output delivery = host_expect(&host, VC_MAIL_DELIVERY);
    assert_int_equal(delivery.peer, PEER);
    assert_int_equal(delivery.number, number);
    host_accept(&host, &delivery);
    host_expect_nothing(&host);
}

static void deliver(uint64_t number)
{
    feed_data(&host, PEER, number, "x");
    expect_delivery(number);
}

static void feed_number(enum vc_mail_type type, uint64_t number)
{
    uint8_t head[VC_MAIL_HEAD_MAX];
    host_feed(&host, PEER, vc_mail_head_encode(head, type, number));
    host_expect_nothing(&host);
}

/* Numbers that are gone and were not seen: it is said that they are lost. */
static void feed_gone(uint64_t number)
{
    uint8_t head[VC_MAIL_HEAD_MAX];
    host_feed(&host, PEER, vc_mail_head_encode(head, VC_MAIL_GONE, number));
    assert_int_equal(host_expect(&host, VC_MAIL_LOST).peer, PEER);
    host_expect_nothing(&host);
}

static struct vc_mail_frame take_ack(void)
{
    struct fake_object object;
    struct vc_mail_frame frame;
    assert_true(fake_link_take_of(host.link, PEER, &object));
    assert_int_equal(object.stream, VC_LINK_CONTROL);
    assert_int_equal(
        vc_mail_frame_decode((struct vc_bytes){object.bytes, object.len}, &frame),
        VC_OK);
    assert_int_equal(frame.type, VC_MAIL_ACK);
    return frame;
}

static void an_ack_waits_for_the_commit_of_what_it_acknowledges(void **state)
{
    (void)state;
    deliver(1);
    host_tick(&host, 1000);
    host_expect_silence(&host, PEER);
    host_submit(&host);
    deliver(2);
    host_expect_silence(&host, PEER);
    vc_memory_complete(host.store, VC_OK);
    host_poll(&host);
    host_expect_ack(&host, PEER, 1);
    host_expect_silence(&host, PEER);
    host_turn(&host);
    host_expect_ack(&host, PEER, 2);
}

static void one_ack_answers_all_objects_of_a_commit(void **state)
{
    (void)state;
    for (uint64_t number = 1; number <= 500; number++)
        deliver(number);
    host_turn(&host);
    host_expect_ack(&host, PEER, 500);
    host_expect_silence(&host, PEER);
    assert_int_equal(host_stats(&host).acks_out, 1);
}

static void what_comes_twice_is_delivered_once(void **state)
{
    (void)state;
    deliver(1);
    feed_data(&host, PEER, 1, "x");
    host_expect_nothing(&host);
    host_turn(&host);
    host_expect_ack(&host, PEER, 1);
    feed_data(&host, PEER, 1, "x");
    host_expect_nothing(&host);
    host_crash(&host, false);
    host_up(&host, PEER, 2);
    feed_data(&host, PEER, 1, "x");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).duplicates, 1);
}

static void a_duplicate_is_answered_but_not_each_one(void **state)
{
    (void)state;
    deliver(1);
    host_turn(&host);
    host_expect_ack(&host, PEER, 1);
    for (int i = 0; i < 100; i++) {
        feed_data(&host, PEER, 1, "x");
        host_expect_nothing(&host);
    }
    host_expect_silence(&host, PEER);
    assert_int_equal(vc_mail_due(host.mail), host.now.mono + VC_MAIL_REPEAT_MS);
    host_tick(&host, VC_MAIL_REPEAT_MS);
    host_expect_ack(&host, PEER, 1);
    host_expect_silence(&host, PEER);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
    host_pass(&host, VC_MAIL_REPEAT_MS);
    feed_data(&host, PEER, 1, "x");
    host_expect_nothing(&host);
    host_expect_ack(&host, PEER, 1);
}

static void a_duplicate_of_what_is_not_durable_is_not_acknowledged(void **state)
{
    (void)state;
    deliver(1);
    feed_data(&host, PEER, 1, "x");
    host_expect_nothing(&host);
    host_tick(&host, 1000);
    host_expect_silence(&host, PEER);
}

static void an_uncommitted_delivery_comes_again_after_a_crash(void **state)
{
    (void)state;
    deliver(1);
    host_submit(&host);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).received, 0);
    host_up(&host, PEER, 2);
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
    deliver(1);
    host_turn(&host);
    host_expect_ack(&host, PEER, 1);
}

static void gaps_are_remembered_over_restarts(void **state)
{
    (void)state;
    deliver(1);
    deliver(3);
    deliver(1 + VC_MAIL_SPARSE_MAX);
    host_turn(&host);
    struct vc_mail_frame ack = take_ack();
    assert_int_equal(ack.prefix, 1);
    assert_int_equal(ack.bitmap.len, VC_NUMBERS_BITMAP_MAX);
    assert_int_equal(ack.bitmap.data[0], 2);
    assert_int_equal(ack.bitmap.data[VC_NUMBERS_BITMAP_MAX - 1], 0x80);
    host_crash(&host, false);
    host_up(&host, PEER, 2);
    host_expect_nothing(&host);
    assert_int_equal(take_ack().prefix, 1);
    feed_data(&host, PEER, 3, "x");
    host_expect_nothing(&host);
    deliver(2);
    host_turn(&host);
    assert_int_equal(take_ack().prefix, 3);
    assert_int_equal(host_state(&host, PEER).received, 4);
}

static void a_number_beyond_the_window_is_only_answered(void **state)
{
    (void)state;
    feed_data(&host, PEER, VC_MAIL_SPARSE_MAX + 1, "x");
    host_expect_nothing(&host);
    feed_data(&host, PEER, VC_MAIL_NUMBER_MAX, "x");
    host_expect_nothing(&host);
    feed_number(VC_MAIL_ABANDON, VC_MAIL_SPARSE_MAX + 1);
    assert_int_equal(host_stats(&host).dropped_strange, 3);
    assert_int_equal(host_submit(&host), 0);
    /* Its sender thinks us further than we are: he has to hear of it, though not each time. */
    assert_int_equal(take_ack().prefix, 0);
    assert_int_equal(vc_mail_due(host.mail), host.now.mono + VC_MAIL_REPEAT_MS);
    deliver(VC_MAIL_SPARSE_MAX);
}

static void what_is_not_accepted_comes_again_and_is_asked_for(void **state)
{
    (void)state;
    feed_data(&host, PEER, 1, "x");
    host_expect(&host, VC_MAIL_DELIVERY);
    host_expect_nothing(&host);
    deliver(2);
    assert_int_equal(host_stats(&host).refused, 1);
    host_turn(&host);
    struct vc_mail_frame ack = take_ack();
    assert_int_equal(ack.prefix, 0);
    assert_int_equal(ack.again, 0);
    host_tick(&host, (vc_ms)2 * VC_MAIL_REFUSED_MS);
    ack = take_ack();
    assert_int_equal(ack.again, 1);
    host_expect_silence(&host, PEER);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
    deliver(1);
    host_turn(&host);
    host_expect_ack(&host, PEER, 2);
}

static void a_receiver_who_goes_on_refusing_asks_less_and_less_often(void **state)
{
    (void)state;
    vc_ms last = 0;
    for (int i = 0; i < 12; i++) {
        feed_data(&host, PEER, 1, "x");
        host_expect(&host, VC_MAIL_DELIVERY);
        host_expect_nothing(&host);
        vc_ms delay = vc_mail_due(host.mail) - host.now.mono;
        vc_ms ideal = vc_ms_min((vc_ms)VC_MAIL_REFUSED_MS << i, VC_MAIL_REFUSED_MAX_MS);
        assert_in_range(delay, ideal * 8 / 10, ideal * 12 / 10);
        last = delay;
        host_tick(&host, delay);
        assert_int_equal(take_ack().again, 1);
    }
    assert_true(last >= VC_MAIL_REFUSED_MAX_MS * 8 / 10);
    deliver(1);
    feed_data(&host, PEER, 2, "x");
    host_expect(&host, VC_MAIL_DELIVERY);
    host_expect_nothing(&host);
    assert_true(vc_mail_due(host.mail) - host.now.mono <= VC_MAIL_REFUSED_MS * 12 / 10);
}

static void an_ill_receiver_asks_when_he_is_well(void **state)
{
    (void)state;
    vc_memory_complete(host.store, VC_ERR_DISK_FULL);
    (void)vc_store_poll(host.store);
    feed_data(&host, PEER, 1, "x");
    host_expect(&host, VC_MAIL_DELIVERY);
    host_expect_nothing(&host);
    feed_number(VC_MAIL_ABANDON, 2);
    for (int i = 0; i < 10; i++)
        host_tick(&host, (vc_ms)2 * VC_MAIL_STORE_MS);
    host_expect_silence(&host, PEER);
    vc_memory_complete(host.store, VC_OK);
    (void)vc_store_poll(host.store);
    host_tick(&host, VC_MAIL_STORE_MS);
    assert_int_equal(take_ack().again, 2);
}

static void an_abandoned_number_is_seen_without_output(void **state)
{
    (void)state;
    feed_number(VC_MAIL_ABANDON, 1);
    deliver(2);
    host_expect_silence(&host, PEER);
    host_turn(&host);
    host_expect_ack(&host, PEER, 2);
    feed_number(VC_MAIL_ABANDON, 1);
    feed_number(VC_MAIL_ABANDON, 2);
    assert_int_equal(host_stats(&host).duplicates, 2);
    feed_data(&host, PEER, 1, "late");
    host_expect_nothing(&host);
}

static void gone_numbers_are_seen_at_once(void **state)
{
    (void)state;
    deliver(1);
    deliver(5);
    feed_gone(3);
    deliver(6);
    deliver(4);
    host_turn(&host);
    host_expect_ack(&host, PEER, 6);
    feed_number(VC_MAIL_GONE, 6);
    assert_int_equal(host_submit(&host), 0);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).received, 6);
}

static void a_leap_over_the_whole_window_keeps_the_order_of_things(void **state)
{
    (void)state;
    deliver(VC_MAIL_SPARSE_MAX - 1);
    feed_gone(VC_MAIL_SPARSE_MAX - 2);
    deliver(VC_MAIL_SPARSE_MAX);
    feed_gone(UINT64_C(3) * VC_MAIL_SPARSE_MAX);
    deliver(UINT64_C(4) * VC_MAIL_SPARSE_MAX);
    host_turn(&host);
    assert_int_equal(take_ack().prefix, UINT64_C(3) * VC_MAIL_SPARSE_MAX);
}

static void numbers_may_leap_to_their_end_without_harm(void **state)
{
    (void)state;
    feed_gone(VC_MAIL_NUMBER_MAX);
    host_turn(&host);
    host_expect_ack(&host, PEER, VC_MAIL_NUMBER_MAX);
    vc_mail_wake(host.mail, &host.now, PEER);
    fake_link_set_session(host.link, PEER, 9);
    host_expect_nothing(&host);
    host_expect_ack(&host, PEER, VC_MAIL_NUMBER_MAX);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).received, VC_MAIL_NUMBER_MAX);
}

static void what_is_had_is_said_when_a_session_begins(void **state)
{
    (void)state;
    deliver(1);
    host_turn(&host);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    host_up(&host, PEER, 2);
    host_expect_nothing(&host);
    host_expect_ack(&host, PEER, 1);
    host_expect_silence(&host, PEER);
}

static void an_ack_waits_for_a_full_link(void **state)
{
    (void)state;
    deliver(1);
    fake_link_set_room(host.link, 0);
    host_turn(&host);
    host_expect_silence(&host, PEER);
    deliver(2);
    host_turn(&host);
    fake_link_set_room(host.link, 10);
    vc_mail_link_output(
        host.mail, &host.now,
        &(struct vc_link_output){.kind = VC_LINK_WRITABLE, .peer = PEER});
    host_expect_nothing(&host);
    host_expect_ack(&host, PEER, 2);
    host_expect_silence(&host, PEER);
}

static void without_memory_for_a_gap_it_is_refused(void **state)
{
    (void)state;
    host.alloc.is_failing = true;
    feed_data(&host, PEER, 2, "x");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).refused, 1);
    deliver(1);
    host.alloc.is_failing = false;
    deliver(2);
}

static void a_leap_without_room_waits_for_the_next_one(void **state)
{
    (void)state;
    vc_memory_complete(host.store, VC_ERR_DISK_FULL);
    (void)vc_store_poll(host.store);
    feed_number(VC_MAIL_GONE, 5);
    assert_int_equal(host_state(&host, PEER).received, 0);
    vc_memory_complete(host.store, VC_OK);
    (void)vc_store_poll(host.store);
    feed_gone(5);
    assert_int_equal(host_state(&host, PEER).received, 5);
}

static void an_ack_that_finds_no_session_is_said_in_the_next(void **state)
{
    (void)state;
    deliver(1);
    fake_link_set_session(host.link, PEER, 0);
    host_turn(&host);
    host_up(&host, PEER, 2);
    host_expect_nothing(&host);
    host_expect_ack(&host, PEER, 1);
}

static void what_a_removed_peer_sent_is_not_acknowledged(void **state)
{
    (void)state;
    deliver(1);
    vc_mail_peer_remove(host.mail, PEER);
    host_turn(&host);
    host_expect_silence(&host, PEER);
}

static void only_what_was_offered_can_be_accepted(void **state)
{
    (void)state;
    expect_assert_failure(vc_mail_accept(host.mail, &host.now, PEER, 1));
    feed_data(&host, PEER, 1, "x");
    host_expect(&host, VC_MAIL_DELIVERY);
    expect_assert_failure(vc_mail_accept(host.mail, &host.now, PEER, 2));
    host_expect_nothing(&host);
    expect_assert_failure(vc_mail_accept(host.mail, &host.now, PEER, 1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_ack_waits_for_the_commit_of_what_it_acknowledges),
        TEST(one_ack_answers_all_objects_of_a_commit),
        TEST(what_comes_twice_is_delivered_once),
        TEST(a_duplicate_is_answered_but_not_each_one),
        TEST(a_duplicate_of_what_is_not_durable_is_not_acknowledged),
        TEST(an_uncommitted_delivery_comes_again_after_a_crash),
        TEST(gaps_are_remembered_over_restarts),
        TEST(a_number_beyond_the_window_is_only_answered),
        TEST(what_is_not_accepted_comes_again_and_is_asked_for),
        TEST(a_receiver_who_goes_on_refusing_asks_less_and_less_often),
        TEST(an_ill_receiver_asks_when_he_is_well),
        TEST(an_abandoned_number_is_seen_without_output),
        TEST(gone_numbers_are_seen_at_once),
        TEST(a_leap_over_the_whole_window_keeps_the_order_of_things),
        TEST(numbers_may_leap_to_their_end_without_harm),
        TEST(what_is_had_is_said_when_a_session_begins),
        TEST(an_ack_waits_for_a_full_link),
        TEST(without_memory_for_a_gap_it_is_refused),
        TEST(a_leap_without_room_waits_for_the_next_one),
        TEST(an_ack_that_finds_no_session_is_said_in_the_next),
        TEST(what_a_removed_peer_sent_is_not_acknowledged),
        TEST(only_what_was_offered_can_be_accepted),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
