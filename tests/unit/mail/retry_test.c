#include "node/mail/limits.h"
#include "tests/support/test.h"
#include "tests/unit/mail/host.h"

enum { PEER = 7 };
static struct host host;

/* One object waits, and there is no session. */
static int set_up(void **state)
{
    (void)state;
    host_open(&host, true);
    host_peer_put(&host, PEER);
    host_turn(&host);
    host_expect_nothing(&host);
    assert_int_equal(host_send(&host, PEER, "x", NULL), VC_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_close(&host);
    return 0;
}

static void expect_wish(void)
{
    assert_int_equal(host_expect(&host, VC_MAIL_CONNECT).peer, PEER);
    host_expect_nothing(&host);
}

/* Passes to when mail wants a tick; gives how long that was. */
static vc_ms to_due(void)
{
    vc_ms due = vc_mail_due(host.mail);
    assert_true(due != VC_NEVER && due > host.now.mono);
    vc_ms delay = due - host.now.mono;
    host_tick(&host, delay);
    return delay;
}

/* An ack that asks for everything which is not acknowledged. */
static void expect_ask_for_all(uint32_t peer)
{
    struct fake_object object;
    assert_true(fake_link_take_of(host.link, peer, &object));
    const uint8_t everything[] = {2, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xef, 0xff};
    assert_int_equal(object.len, sizeof(everything));
    assert_memory_equal(object.bytes, everything, sizeof(everything));
}

static void what_waits_wants_a_session_at_once(void **state)
{
    (void)state;
    expect_wish();
    host_turn(&host);
    host_expect_nothing(&host);
}

static void with_nothing_waiting_there_is_no_wish(void **state)
{
    (void)state;
    expect_wish();
    host_turn(&host);
    host_up(&host, PEER, 1);
    host_expect_nothing(&host);
    feed_ack(&host, PEER, 1, 0, 0);
    host_expect(&host, VC_MAIL_ACKED);
    host_expect_nothing(&host);
    host_turn(&host);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    host_expect_nothing(&host);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
    assert_int_equal(host_state(&host, PEER).retry_at, VC_NEVER);
    vc_mail_wake(host.mail, &host.now, PEER);
    host_expect_nothing(&host);
}

static void failed_attempts_come_further_and_further_apart(void **state)
{
    (void)state;
    expect_wish();
    host_turn(&host);
    vc_ms ideal = VC_MAIL_CONNECT_MS;
    for (int i = 0; i < 14; i++) {
        host_pass(&host, VC_MAIL_ATTEMPT_MS);
        host_down(&host, PEER, VC_ERR_PEER_UNREACHABLE);
        host_expect_nothing(&host);
        assert_int_equal(host_state(&host, PEER).retry_at, vc_mail_due(host.mail));
        assert_in_range(to_due(), ideal * 8 / 10, ideal * 12 / 10);
        expect_wish();
        ideal = vc_ms_min(2 * ideal, VC_MAIL_CONNECT_MAX_MS);
    }
    assert_int_equal(ideal, VC_MAIL_CONNECT_MAX_MS);
}

static void an_attempt_that_cannot_begin_is_tried_again_too(void **state)
{
    (void)state;
    expect_wish();
    host_turn(&host);
    assert_true(to_due() >= VC_MAIL_ATTEMPT_MS);
    expect_wish();
}

static void waking_tries_at_once_and_forgets_the_failures(void **state)
{
    (void)state;
    expect_wish();
    host_turn(&host);
    for (int i = 0; i < 8; i++) {
        host_down(&host, PEER, VC_ERR_PEER_UNREACHABLE);
        to_due();
        expect_wish();
    }
    host_down(&host, PEER, VC_ERR_PEER_UNREACHABLE);
    host_expect_nothing(&host);
    assert_true(vc_mail_due(host.mail) - host.now.mono > 60000);
    vc_mail_wake(host.mail, &host.now, PEER);
    expect_wish();
    host_down(&host, PEER, VC_ERR_PEER_UNREACHABLE);
    host_expect_nothing(&host);
    assert_true(to_due() <= VC_MAIL_CONNECT_MS * 12 / 10);
    expect_wish();
}

static void something_new_brings_a_far_attempt_near(void **state)
{
    (void)state;
    expect_wish();
    host_turn(&host);
    for (int i = 0; i < 10; i++) {
        host_down(&host, PEER, VC_ERR_PEER_UNREACHABLE);
        to_due();
        expect_wish();
    }
    host_down(&host, PEER, VC_ERR_PEER_UNREACHABLE);
    assert_true(vc_mail_due(host.mail) > host.now.mono + 10 * VC_MAIL_HURRY_MS);
    assert_int_equal(host_send(&host, PEER, "y", NULL), VC_OK);
    assert_int_equal(to_due(), VC_MAIL_HURRY_MS);
    expect_wish();
}

static void a_session_that_is_closed_at_once_is_no_success(void **state)
{
    (void)state;
    expect_wish();
    host_turn(&host);
    vc_ms longest = 0;
    for (vc_ms i = 1; i < 10; i++) {
        host_up(&host, PEER, i);
        host_down(&host, PEER, VC_ERR_REFUSED);
        host_expect_nothing(&host);
        longest = to_due();
        expect_wish();
    }
    assert_true(longest > 60000);
    /* One that carries something is. */
    host_up(&host, PEER, 100);
    feed_data(&host, PEER, 1, "x");
    host_expect(&host, VC_MAIL_DELIVERY);
    host_expect_nothing(&host);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    host_expect_nothing(&host);
    assert_true(to_due() <= VC_MAIL_CONNECT_MS * 12 / 10);
}

static void an_unanswered_object_is_given_again_ever_more_rarely(void **state)
{
    (void)state;
    expect_wish();
    assert_int_equal(host_send(&host, PEER, "y", NULL), VC_OK);
    host_turn(&host);
    host_up(&host, PEER, 1);
    host_expect_nothing(&host);
    host_expect_data(&host, PEER, 1, "x");
    host_expect_data(&host, PEER, 2, "y");
    vc_ms ideal = VC_MAIL_STALL_MS;
    for (int i = 0; i < 9; i++) {
        assert_in_range(to_due(), ideal * 8 / 10, ideal * 12 / 10);
        host_expect_data(&host, PEER, 1, "x");
        host_expect_silence(&host, PEER);
        ideal = vc_ms_min(2 * ideal, VC_MAIL_STALL_MAX_MS);
    }
    feed_ack(&host, PEER, 1, 0, 0);
    host_expect(&host, VC_MAIL_ACKED);
    host_expect_nothing(&host);
    host_turn(&host);
    assert_in_range(to_due(), VC_MAIL_STALL_MS * 8 / 10, VC_MAIL_STALL_MS * 12 / 10);
    host_expect_data(&host, PEER, 2, "y");
}

static void a_session_that_nobody_told_of_is_found(void **state)
{
    (void)state;
    expect_wish();
    host_turn(&host);
    fake_link_set_session(host.link, PEER, 5);
    vc_mail_wake(host.mail, &host.now, PEER);
    host_expect_nothing(&host);
    expect_ask_for_all(PEER);
    host_greet(&host, PEER, 0, NULL);
    host_expect_nothing(&host);
    host_expect_data(&host, PEER, 1, "x");
    /* The wish that waking made is void. */
    assert_int_equal(host_state(&host, PEER).retry_at, VC_NEVER);
    /* Another in its place: everything anew. */
    fake_link_set_session(host.link, PEER, 6);
    vc_mail_wake(host.mail, &host.now, PEER);
    host_expect_nothing(&host);
    expect_ask_for_all(PEER);
    host_greet(&host, PEER, 0, NULL);
    host_expect_nothing(&host);
    host_expect_data(&host, PEER, 1, "x");
    vc_mail_wake(host.mail, &host.now, PEER);
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
    fake_link_set_session(host.link, PEER, 0);
    vc_mail_wake(host.mail, &host.now, PEER);
    host_expect_nothing(&host);
    assert_true(host_state(&host, PEER).retry_at != VC_NEVER);
}

static void what_came_before_the_peer_was_known_is_asked_for(void **state)
{
    (void)state;
    fake_link_set_session(host.link, 9, 5);
    feed_data(&host, 9, 1, "early");
    host_expect(&host, VC_MAIL_CONNECT);
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).dropped_strange, 1);
    host_peer_put(&host, 9);
    host_expect_nothing(&host);
    expect_ask_for_all(9);
}

static void a_send_that_finds_no_session_is_like_its_end(void **state)
{
    (void)state;
    expect_wish();
    host_up(&host, PEER, 1);
    host_expect_nothing(&host);
    fake_link_set_session(host.link, PEER, 0);
    host_turn(&host);
    assert_true(host_state(&host, PEER).retry_at != VC_NEVER);
    host_expect_nothing(&host);
}

static void peers_are_tried_one_after_another_at_start(void **state)
{
    (void)state;
    for (uint32_t peer = 20; peer < 60; peer++) {
        host_peer_put(&host, peer);
        assert_int_equal(host_send(&host, peer, "x", NULL), VC_OK);
    }
    host_turn(&host);
    host_crash(&host, true);
    host_tick(&host, 0);
    host_expect(&host, VC_MAIL_CONNECT);
    host_expect_nothing(&host);
    for (uint32_t peer = 20; peer < 60; peer++) {
        assert_int_equal(to_due(), VC_MAIL_START_STEP_MS);
        assert_int_equal(host_expect(&host, VC_MAIL_CONNECT).peer, peer);
        host_expect_nothing(&host);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_waits_wants_a_session_at_once),
        TEST(with_nothing_waiting_there_is_no_wish),
        TEST(failed_attempts_come_further_and_further_apart),
        TEST(an_attempt_that_cannot_begin_is_tried_again_too),
        TEST(waking_tries_at_once_and_forgets_the_failures),
        TEST(something_new_brings_a_far_attempt_near),
        TEST(a_session_that_is_closed_at_once_is_no_success),
        TEST(an_unanswered_object_is_given_again_ever_more_rarely),
        TEST(a_session_that_nobody_told_of_is_found),
        TEST(what_came_before_the_peer_was_known_is_asked_for),
        TEST(a_send_that_finds_no_session_is_like_its_end),
        TEST(peers_are_tried_one_after_another_at_start),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
