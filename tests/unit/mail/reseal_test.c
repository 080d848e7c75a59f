#include <string.h>

#include "node/mail/machine.h"
#include "tests/support/check.h"
#include "tests/unit/mail/host.h"

enum { PEER = 7, OTHER = 9 };
static struct host host;
static struct fake_seal_peer *seals;

/* A host that knows one peer and has a session with him; its seals are kept. */
static int set_up(void **state)
{
    (void)state;
    host_open(&host, false);
    seals = fake_seal_peer(host.seal, PEER);
    fake_seal_keep(host.seal, host.store);
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

static void send(const char *text)
{
    assert_int_equal(host_send(&host, PEER, text, NULL), VC_OK);
}

static void take_keys_away(void)
{
    seals->session = 0;
    seals->has_keys = false;
}

static void bring_keys(void)
{
    seals->has_keys = true;
    vc_mail_keys(host.mail, &host.now, PEER);
}

static struct vc_mail_output expect_words(uint64_t number)
{
    struct vc_mail_output wanted = host_expect(&host, VC_MAIL_WORDS);
    assert_int_equal(wanted.peer, PEER);
    assert_int_equal(wanted.number, number);
    return wanted;
}

static void say(uint64_t number, const char *text)
{
    struct vc_mail_output wanted = expect_words(number);
    assert_int_equal(wanted.ref[0], text[0]);
    assert_int_equal(host_words(&host, &wanted, text), VC_OK);
}

static void expect_acked(uint64_t number)
{
    assert_int_equal(host_expect(&host, VC_MAIL_ACKED).number, number);
}

/* The peer cannot open what is under @number. */
static void complain(uint64_t number, uint32_t generation)
{
    uint8_t room[VC_MAIL_UNOPENED_MAX];
    const struct vc_mail_frame unopened = {.number = number, .generation = generation};
    host_feed(&host, PEER, vc_mail_unopened_encode(room, &unopened));
}

static void accept_one(uint64_t number, uint32_t session, const char *text)
{
    feed_sealed(&host, PEER, number, session, number, text);
    struct vc_mail_output delivery = host_expect(&host, VC_MAIL_DELIVERY);
    host_accept(&host, &delivery);
}

static void a_session_that_ended_has_everything_sealed_anew(void **state)
{
    (void)state;
    send("a");
    send("b");
    host_turn(&host);
    host_expect_sealed(&host, PEER, 1, 1, "a");
    host_expect_sealed(&host, PEER, 1, 2, "b");
    complain(1, 4);
    assert_int_equal(seals->rekeys, 1);
    assert_int_equal(seals->reason, VC_SEAL_UNOPENED);
    say(1, "a");
    say(2, "b");
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
    host_turn(&host);
    host_expect_sealed(&host, PEER, 5, 1, "a");
    host_expect_sealed(&host, PEER, 5, 2, "b");
    feed_ack(&host, PEER, 2, 0, 0);
    expect_acked(1);
    expect_acked(2);
    host_expect_nothing(&host);
    host_turn(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 0);
    send("c");
    host_turn(&host);
    host_expect_sealed(&host, PEER, 5, 3, "c");
}

static void an_ack_for_what_is_being_sealed_anew_counts(void **state)
{
    (void)state;
    send("a");
    send("b");
    send("c");
    host_turn(&host);
    complain(3, 1);
    say(1, "a");
    /* The old ones arrived, all but the last. */
    feed_ack(&host, PEER, 2, 0, 0);
    expect_acked(1);
    expect_acked(2);
    say(3, "c");
    host_expect_nothing(&host);
    host_turn(&host);
    feed_ack(&host, PEER, 3, 0, 0);
    expect_acked(3);
    /* Nobody knows which of both frames the peer has. */
    assert_int_equal(seals->confirmed, 0);
    host_expect_nothing(&host);
    host_turn(&host);
    send("d");
    host_turn(&host);
    feed_ack(&host, PEER, 4, 0, 0);
    expect_acked(4);
    assert_int_equal(seals->confirmed, 2);
}

static void an_ack_may_overtake_the_sealing(void **state)
{
    (void)state;
    for (const char *text = "abcde"; *text != '\0'; text++)
        send(text);
    host_turn(&host);
    complain(1, 1);
    feed_ack(&host, PEER, 4, 0, 0);
    for (uint64_t number = 1; number <= 4; number++)
        expect_acked(number);
    say(5, "e");
    host_expect_nothing(&host);
    host_turn(&host);
    feed_ack(&host, PEER, 5, 0, 0);
    expect_acked(5);
    host_expect_nothing(&host);
    /* Nothing waits, so what comes is sealed at once. */
    send("f");
    host_expect_nothing(&host);
    assert_int_equal(seals->seals, 5 + 1 + 1);
}

static void what_is_acknowledged_needs_no_other_seal(void **state)
{
    (void)state;
    send("a");
    send("b");
    host_turn(&host);
    complain(1, 1);
    feed_ack(&host, PEER, 2, 0, 0);
    expect_acked(1);
    expect_acked(2);
    send("c");
    assert_int_equal(seals->seals, 3);
    host_expect_nothing(&host);
    host_turn(&host);
    host_crash(&host, false);
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
}

static void turns_from_before_a_session_ended_release_nothing(void **state)
{
    (void)state;
    send("a");
    host_turn(&host);
    host_expect_data(&host, PEER, 1, "a");
    send("b");
    host_submit(&host);
    complain(1, 1);
    vc_memory_complete(host.store, VC_OK);
    host_poll(&host);
    host_expect_silence(&host, PEER);
    say(1, "a");
    host_submit(&host);
    say(2, "b");
    host_expect_nothing(&host);
    host_submit(&host);
    host_expect_silence(&host, PEER);
    vc_memory_complete(host.store, VC_OK);
    host_poll(&host);
    host_expect_sealed(&host, PEER, 2, 1, "a");
    host_expect_silence(&host, PEER);
    vc_memory_complete(host.store, VC_OK);
    host_poll(&host);
    host_expect_sealed(&host, PEER, 2, 2, "b");
}

static void a_crash_before_the_commit_leaves_the_old_session(void **state)
{
    (void)state;
    send("a");
    host_turn(&host);
    complain(1, 1);
    say(1, "a");
    host_submit(&host);
    host_crash(&host, false);
    host_up(&host, PEER, 2);
    host_expect_nothing(&host);
    host_expect_sealed(&host, PEER, 1, 1, "a");
    complain(1, 1);
    say(1, "a");
    host_turn(&host);
    host_expect_sealed(&host, PEER, 2, 1, "a");
}

static void what_was_not_sealed_anew_before_a_crash_is_after_it(void **state)
{
    (void)state;
    send("a");
    send("b");
    host_turn(&host);
    complain(1, 1);
    say(1, "a");
    host_turn(&host);
    host_crash(&host, false);
    say(2, "b");
    host_tick(&host, 0);
    host_expect(&host, VC_MAIL_CONNECT);
    host_expect_nothing(&host);
    host_turn(&host);
    host_up(&host, PEER, 2);
    host_expect_nothing(&host);
    host_expect_sealed(&host, PEER, 2, 1, "a");
    host_expect_sealed(&host, PEER, 2, 2, "b");
}

static void that_a_session_ended_outlives_a_crash(void **state)
{
    (void)state;
    send("a");
    send("b");
    host_turn(&host);
    complain(1, 1);
    host_turn(&host);
    host_crash(&host, false);
    say(1, "a");
    say(2, "b");
}

static void rows_of_a_live_session_are_not_sealed_twice(void **state)
{
    (void)state;
    send("a");
    host_turn(&host);
    /* It came to its end by itself; the row goes on as it is, until it is complained of. */
    seals->floor = 2;
    seals->session = 2;
    send("b");
    host_turn(&host);
    host_expect_sealed(&host, PEER, 1, 1, "a");
    host_expect_sealed(&host, PEER, 2, 2, "b");
    complain(1, 1);
    assert_int_equal(seals->rekeys, 0);
    say(1, "a");
    host_expect_nothing(&host);
    host_turn(&host);
    host_expect_sealed(&host, PEER, 2, 1, "a");
    host_expect_sealed(&host, PEER, 2, 2, "b");
    assert_int_equal(host_stats(&host).resealed, 1);
}

static void a_turn_of_a_session_that_ended_is_given_up(void **state)
{
    (void)state;
    seals->owes_turn = true;
    accept_one(1, 1, "in");
    send("a");
    host_turn(&host);
    host_expect_ack(&host, PEER, 1);
    host_expect_data(&host, PEER, 1, "");
    host_expect_data(&host, PEER, 2, "a");
    complain(2, 1);
    say(2, "a");
    host_expect_nothing(&host);
    host_turn(&host);
    host_expect_abandon(&host, PEER, 1);
    host_expect_sealed(&host, PEER, 2, 2, "a");
}

static void put_old_row(uint64_t number, uint8_t kind, const char *text)
{
    uint8_t key[VC_OUTBOX_KEY_LEN], row[100] = {1, kind};
    size_t len = strlen(text);
    if (len > 0)
        row[50] = (uint8_t)text[0];
    memcpy(row + VC_OUTBOX_HEAD_LEN, text, len);
    vc_store_put(host.store, VC_TABLE_OUTBOX, vc_outbox_key(key, PEER, number),
                 (struct vc_bytes){row, VC_OUTBOX_HEAD_LEN + len});
}

static void what_waited_before_there_were_seals_is_sealed(void **state)
{
    (void)state;
    const uint8_t old[] = {
        1, 0,                      /* version, in use */
        7, 0, 0,    0, 0, 0, 0, 0, /* next */
        1, 0, 0,    0, 0, 0, 0, 0, /* acked: prefix */
        1, 0, 0x02,                /*   bitmap: 3 */
        4, 0, 0,    0, 0, 0, 0, 0, /* seen: prefix */
        0, 0,                      /*   bitmap */
    };
    uint8_t key[VC_MAILBOX_KEY_LEN];
    assert_int_equal(vc_store_reserve(host.store, 10, 2000), VC_OK);
    vc_store_put(host.store, VC_TABLE_MAILBOX, vc_mailbox_key(key, PEER),
                 VC_BYTES(old));
    put_old_row(2, VC_OUTBOX_OBJECT, "b");
    put_old_row(4, VC_OUTBOX_ABANDONED, "");
    put_old_row(5, VC_OUTBOX_OBJECT, "e");
    put_old_row(6, VC_OUTBOX_OBJECT, "f");
    host_turn(&host);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 4);
    assert_int_equal(host_state(&host, PEER).received, 4);
    say(2, "b");
    say(5, "e");
    say(6, "f");
    host_tick(&host, 0);
    host_expect(&host, VC_MAIL_CONNECT);
    host_expect_nothing(&host);
    host_turn(&host);
    host_up_in_silence(&host, PEER, 2);
    /* What he had of it then has no tag that could be compared. */
    host_greet(&host, PEER, 6, "f, unsealed");
    host_expect_nothing(&host);
    host_expect_ack(&host, PEER, 4);
    host_expect_data(&host, PEER, 2, "b");
    host_expect_abandon(&host, PEER, 4);
    host_expect_data(&host, PEER, 5, "e");
    host_expect_data(&host, PEER, 6, "f");
    assert_int_equal(host_stats(&host).rollbacks, 0);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 4);
}

static void remove_peer(void)
{
    assert_int_equal(
        vc_store_reserve(host.store, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES), VC_OK);
    vc_mail_peer_remove(host.mail, PEER);
}

/* Turns until the machine has nothing more to do; at most @most. */
static uint32_t turns_until_quiet(uint32_t most)
{
    struct vc_mail_output output;
    uint32_t turns = 0;
    do {
        host_tick(&host, 0);
        while (host_next(&host, &output))
            ;
        host_turn(&host);
        assert_true(turns++ < most);
    } while (vc_mail_due(host.mail) == 0);
    return turns;
}

static void a_removal_takes_the_sessions_too_in_parts(void **state)
{
    (void)state;
    seals->rows = (size_t)3 * VC_MAIL_REMOVE_ROWS + 1;
    send("a");
    host_turn(&host);
    remove_peer();
    assert_true(turns_until_quiet(10) >= 4);
    assert_int_equal(seals->rows, 0);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
    host_crash(&host, false);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
}

static void a_removal_that_cannot_go_on_is_tried_now_and_then(void **state)
{
    (void)state;
    seals->is_purge_stuck = true;
    send("a");
    remove_peer();
    host_turn(&host);
    for (int i = 0; i < 5; i++) {
        (void)turns_until_quiet(3);
        assert_int_equal(vc_mail_due(host.mail), host.now.mono + VC_MAIL_STORE_MS);
        host_pass(&host, VC_MAIL_STORE_MS);
    }
    seals->is_purge_stuck = false;
    (void)turns_until_quiet(3);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
}

static void a_removed_peer_is_asked_for_no_words(void **state)
{
    (void)state;
    take_keys_away();
    send("a");
    host_turn(&host);
    bring_keys();
    (void)expect_words(1);
    remove_peer();
    host_expect_nothing(&host);
    vc_mail_keys(host.mail, &host.now, PEER);
    host_expect_nothing(&host);
    (void)turns_until_quiet(5);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_session_that_ended_has_everything_sealed_anew),
        TEST(an_ack_for_what_is_being_sealed_anew_counts),
        TEST(an_ack_may_overtake_the_sealing),
        TEST(what_is_acknowledged_needs_no_other_seal),
        TEST(turns_from_before_a_session_ended_release_nothing),
        TEST(a_crash_before_the_commit_leaves_the_old_session),
        TEST(what_was_not_sealed_anew_before_a_crash_is_after_it),
        TEST(that_a_session_ended_outlives_a_crash),
        TEST(rows_of_a_live_session_are_not_sealed_twice),
        TEST(a_turn_of_a_session_that_ended_is_given_up),
        TEST(what_waited_before_there_were_seals_is_sealed),
        TEST(a_removal_takes_the_sessions_too_in_parts),
        TEST(a_removal_that_cannot_go_on_is_tried_now_and_then),
        TEST(a_removed_peer_is_asked_for_no_words),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
