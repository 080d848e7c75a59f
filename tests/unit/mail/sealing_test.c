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

static void accept_one(uint64_t number, uint32_t session, const char *text)
{
    feed_sealed(&host, PEER, number, session, number, text);
    struct vc_mail_output delivery = host_expect(&host, VC_MAIL_DELIVERY);
    host_accept(&host, &delivery);
}

static void without_keys_objects_wait_in_their_order(void **state)
{
    (void)state;
    take_keys_away();
    send("a");
    send("b");
    send("c");
    host_expect_nothing(&host);
    host_turn(&host);
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
    assert_int_equal(host_state(&host, PEER).waiting, 3);
    assert_int_not_equal(vc_mail_due(host.mail), 0);
    bring_keys();
    assert_int_equal(vc_mail_due(host.mail), 0);
    say(1, "a");
    say(2, "b");
    say(3, "c");
    send("d");
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
    host_turn(&host);
    host_expect_sealed(&host, PEER, 2, 1, "a");
    host_expect_sealed(&host, PEER, 2, 2, "b");
    host_expect_sealed(&host, PEER, 2, 3, "c");
    host_expect_sealed(&host, PEER, 2, 4, "d");
    assert_int_equal(host_stats(&host).resealed, 3);
}

static void what_is_written_behind_what_waits_waits_too(void **state)
{
    (void)state;
    take_keys_away();
    send("a");
    seals->session = 5;
    send("b");
    assert_int_equal(seals->seals, 0);
    say(1, "a");
    say(2, "b");
    host_expect_nothing(&host);
}

static void no_more_are_sealed_than_a_receiver_can_skip(void **state)
{
    (void)state;
    for (int i = 0; i < VC_MAIL_WINDOW + 50; i++) {
        send("x");
        if (i % 500 == 0)
            host_turn(&host);
    }
    host_turn(&host);
    assert_int_equal(seals->seals, VC_MAIL_WINDOW);
    host_expect_nothing(&host);
    /* Room is made by what is acknowledged anywhere in the window. */
    feed_ack(&host, PEER, 3, 10, 0);
    for (uint64_t number = 1; number <= 3; number++)
        expect_acked(number);
    expect_acked(10);
    for (uint64_t i = 1; i <= 4; i++)
        say(VC_MAIL_WINDOW + i, "x");
    host_expect_nothing(&host);
    assert_int_equal(seals->seals, VC_MAIL_WINDOW + 4);
}

static void words_that_do_not_come_are_asked_for_ever_more_rarely(void **state)
{
    (void)state;
    take_keys_away();
    send("a");
    host_turn(&host);
    bring_keys();
    vc_ms pause = VC_MAIL_WORDS_MS;
    for (int i = 0; i < 12; i++) {
        (void)expect_words(1);
        host_expect_nothing(&host);
        assert_int_equal(vc_mail_due(host.mail), host.now.mono + pause);
        host_turn(&host);
        host_expect_nothing(&host);
        host_tick(&host, pause);
        pause = vc_ms_min(2 * pause, VC_MAIL_WORDS_MAX_MS);
    }
    assert_int_equal(pause, VC_MAIL_WORDS_MAX_MS);
    say(1, "a");
    send("b");
    host_expect_nothing(&host);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
    take_keys_away();
    send("c");
    bring_keys();
    (void)expect_words(3);
    host_expect_nothing(&host);
    assert_int_equal(vc_mail_due(host.mail), host.now.mono + VC_MAIL_WORDS_MS);
}

static void words_that_cannot_be_sealed_are_asked_for_again(void **state)
{
    (void)state;
    const vc_err errors[] = {VC_ERR_NO_MEMORY, VC_ERR_FULL, VC_ERR_AWAY};
    take_keys_away();
    send("a");
    host_turn(&host);
    bring_keys();
    for (int i = 0; i < 3; i++) {
        struct vc_mail_output wanted = expect_words(1);
        seals->seal_err = errors[i];
        assert_int_equal(host_words(&host, &wanted, "a"), errors[i]);
        host_expect_nothing(&host);
        assert_true(vc_mail_due(host.mail) > host.now.mono);
        seals->seal_err = VC_OK;
        /* Other keys are a reason to try at once. */
        bring_keys();
    }
    say(1, "a");
    host_expect_nothing(&host);
}

static void words_that_wait_hold_up_nobody_else(void **state)
{
    (void)state;
    host_peer_put(&host, OTHER);
    host_up(&host, OTHER, 3);
    assert_int_equal(host_send(&host, OTHER, "o", NULL), VC_OK);
    take_keys_away();
    send("a");
    host_turn(&host);
    bring_keys();
    feed_ack(&host, OTHER, 1, 0, 0);
    (void)expect_words(1);
    struct vc_mail_output acked = host_expect(&host, VC_MAIL_ACKED);
    assert_int_equal(acked.peer, OTHER);
    host_expect_nothing(&host);
}

static void only_what_was_asked_for_can_be_answered(void **state)
{
    (void)state;
    const struct vc_mail_output unwanted = {
        .kind = VC_MAIL_WORDS, .peer = PEER, .number = 1};
    expect_assert_failure(assert_int_equal(host_words(&host, &unwanted, "a"), VC_OK));
    take_keys_away();
    send("a");
    bring_keys();
    struct vc_mail_output wanted = expect_words(1);
    wanted.number = 2;
    expect_assert_failure(assert_int_equal(host_words(&host, &wanted, "a"), VC_OK));
    /* Without a word it is nothing. */
    wanted.number = 1;
    const struct vc_mail_object nothing = {0};
    expect_assert_failure(assert_int_equal(
        vc_mail_words(host.mail, &host.now, PEER, 1, &nothing), VC_OK));
}

static void what_waits_can_be_abandoned_without_keys(void **state)
{
    (void)state;
    take_keys_away();
    send("a");
    send("b");
    host_turn(&host);
    host_abandon(&host, PEER, 1);
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
    host_turn(&host);
    host_expect_abandon(&host, PEER, 1);
    host_expect_silence(&host, PEER);
    feed_ack(&host, PEER, 1, 0, 0);
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    bring_keys();
    say(2, "b");
    host_expect_nothing(&host);
}

static void who_has_no_words_any_more_abandons(void **state)
{
    (void)state;
    take_keys_away();
    send("a");
    send("b");
    host_turn(&host);
    bring_keys();
    (void)expect_words(1);
    host_abandon(&host, PEER, 1);
    say(2, "b");
    host_expect_nothing(&host);
    host_turn(&host);
    host_expect_abandon(&host, PEER, 1);
    host_expect_data(&host, PEER, 2, "b");
}

static void a_session_that_the_peer_begins_serves_to_answer(void **state)
{
    (void)state;
    take_keys_away();
    send("a");
    host_turn(&host);
    host_expect_nothing(&host);
    seals->session = 3;
    accept_one(1, 3, "in");
    say(1, "a");
    take_keys_away();
    send("b");
    seals->session = 4;
    feed_sealed(&host, PEER, 2, 4, 2, "");
    say(2, "b");
}

static void the_opening_goes_in_front_until_it_is_confirmed(void **state)
{
    (void)state;
    struct fake_object object;
    seals->has_prefix = true;
    send("a");
    host_turn(&host);
    assert_true(fake_link_take_of(host.link, PEER, &object));
    assert_memory_equal(object.bytes,
                        "\x01\x01open\x00\x00\x00\x01\x01"
                        "a",
                        object.len);
    feed_ack(&host, PEER, 1, 0, 0);
    expect_acked(1);
    host_expect_nothing(&host);
    send("b");
    host_turn(&host);
    host_expect_data(&host, PEER, 2, "b");
}

static void a_send_that_cannot_be_sealed(void **state)
{
    (void)state;
    seals->seal_err = VC_ERR_NO_MEMORY;
    assert_int_equal(host_send(&host, PEER, "a", NULL), VC_ERR_NO_MEMORY);
    assert_int_equal(host_state(&host, PEER).sent, 0);
    assert_int_equal(host_submit(&host), 0);
    /* No room for another session is a reason to wait. */
    seals->seal_err = VC_ERR_FULL;
    send("a");
    struct vc_mail_output wanted = expect_words(1);
    assert_int_equal(host_words(&host, &wanted, "a"), VC_ERR_FULL);
    host_expect_nothing(&host);
    seals->seal_err = VC_OK;
    host_tick(&host, VC_MAIL_WORDS_MS);
    say(1, "a");
}

static void words_wait_for_room_in_the_store(void **state)
{
    (void)state;
    static char longest[VC_MAIL_TEXT_MAX + 1];
    memset(longest, 'a', VC_MAIL_TEXT_MAX);
    take_keys_away();
    send("a");
    send("b");
    host_turn(&host);
    bring_keys();
    host_fill(&host, VC_MAIL_ACKED_BYTES + VC_MAIL_SEND_BYTES(0));
    host_expect_nothing(&host);
    assert_int_not_equal(vc_mail_due(host.mail), 0);
    host_turn(&host);
    /* Whoever is asked has room for the longest words. */
    const size_t overhead =
        (VC_MAIL_ACKED_OPS + VC_MAIL_SEND_OPS + 1) * VC_STORE_OP_OVERHEAD;
    host_fill(&host, VC_MAIL_ACKED_BYTES + VC_MAIL_SEND_BYTES(0) + overhead);
    say(1, longest);
    host_expect_nothing(&host);
    host_turn(&host);
    say(2, "b");
}

static void turns_of_the_ratchet_are_nobodys_objects(void **state)
{
    (void)state;
    seals->owes_turn = true;
    accept_one(1, 1, "in");
    host_expect_nothing(&host);
    host_turn(&host);
    host_expect_ack(&host, PEER, 1);
    host_expect_data(&host, PEER, 1, "");
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    feed_ack(&host, PEER, 1, 0, 0);
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 0);
    /* The other way round. */
    feed_sealed(&host, PEER, 2, 1, 2, "");
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).received, 2);
    host_turn(&host);
    host_expect_ack(&host, PEER, 2);
    host_expect_silence(&host, PEER);
}

static void a_turn_that_has_no_place_is_left_out(void **state)
{
    (void)state;
    take_keys_away();
    send("a");
    seals->owes_turn = true;
    accept_one(1, 1, "in");
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).sent, 1);
}

static void a_turn_without_room_is_refused(void **state)
{
    (void)state;
    host_fill(&host, VC_MAIL_ACKED_BYTES + VC_MAIL_ACCEPT_BYTES);
    feed_sealed(&host, PEER, 1, 1, 1, "");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).refused, 1);
    assert_int_equal(host_state(&host, PEER).received, 0);
}

static void an_object_that_says_another_number_is_dropped(void **state)
{
    (void)state;
    feed_sealed(&host, PEER, 1, 1, 2, "x");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).dropped_malformed, 1);
    assert_int_equal(host_state(&host, PEER).received, 0);
    host_expect_silence(&host, PEER);
    accept_one(1, 1, "x");
}

static void what_has_no_room_to_be_opened_comes_again(void **state)
{
    (void)state;
    seals->open_err = VC_ERR_FULL;
    feed_data(&host, PEER, 1, "x");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).refused, 1);
    seals->open_err = VC_OK;
    host_tick(&host, (vc_ms)2 * VC_MAIL_REFUSED_MS);
    assert_int_equal(host_expect_frame(&host, PEER, VC_MAIL_ACK).again, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_keys_objects_wait_in_their_order),
        TEST(what_is_written_behind_what_waits_waits_too),
        TEST(no_more_are_sealed_than_a_receiver_can_skip),
        TEST(words_that_do_not_come_are_asked_for_ever_more_rarely),
        TEST(words_that_cannot_be_sealed_are_asked_for_again),
        TEST(words_that_wait_hold_up_nobody_else),
        TEST(only_what_was_asked_for_can_be_answered),
        TEST(what_waits_can_be_abandoned_without_keys),
        TEST(who_has_no_words_any_more_abandons),
        TEST(a_session_that_the_peer_begins_serves_to_answer),
        TEST(the_opening_goes_in_front_until_it_is_confirmed),
        TEST(a_send_that_cannot_be_sealed),
        TEST(words_wait_for_room_in_the_store),
        TEST(turns_of_the_ratchet_are_nobodys_objects),
        TEST(a_turn_that_has_no_place_is_left_out),
        TEST(a_turn_without_room_is_refused),
        TEST(an_object_that_says_another_number_is_dropped),
        TEST(what_has_no_room_to_be_opened_comes_again),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
