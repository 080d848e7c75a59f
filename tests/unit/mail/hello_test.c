#include <string.h>

#include "node/mail/machine.h"
#include "tests/support/test.h"
#include "tests/unit/mail/host.h"

enum { PEER = 7 };
static struct host host;
static struct fake_seal_peer *seals;
static const struct vc_link_output writable = {.kind = VC_LINK_WRITABLE, .peer = PEER};

/* A host that knows one peer, without a session; it shows its hellos, and keeps its seals. */
static int set_up(void **state)
{
    (void)state;
    host_open(&host, false);
    fake_link_hide(host.link, 0);
    seals = fake_seal_peer(host.seal, PEER);
    fake_seal_keep(host.seal, host.store);
    host_peer_put(&host, PEER);
    host_turn(&host);
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

/* Sends objects of one letter each, in one turn. */
static void send_all(const char *letters)
{
    for (; *letters != '\0'; letters++)
        send((const char[]){*letters, '\0'});
    host_turn(&host);
}

static struct vc_mail_frame expect_hello(uint64_t last)
{
    struct vc_mail_frame hello = host_expect_frame(&host, PEER, VC_MAIL_HELLO);
    assert_int_equal(hello.last, last);
    return hello;
}

static void drop_outputs(void)
{
    struct vc_mail_output output;
    while (host_next(&host, &output))
        assert_int_equal(output.kind, VC_MAIL_CONNECT);
}

/* A new session whose first words are exchanged: the peer saw @text last, under @last. */
static void meet(vc_ms since, uint64_t last, const char *text)
{
    drop_outputs();
    host_up_in_silence(&host, PEER, since);
    host_greet(&host, PEER, last, text);
}

static void feed_frame(const struct vc_mail_frame *frame)
{
    uint8_t hello[VC_MAIL_HELLO_MAX], unopened[VC_MAIL_UNOPENED_MAX];
    host_feed(&host, PEER,
              frame->type == VC_MAIL_HELLO ? vc_mail_hello_encode(hello, frame)
                                           : vc_mail_unopened_encode(unopened, frame));
}

static void complain(uint64_t number)
{
    feed_frame(&(struct vc_mail_frame){.type = VC_MAIL_UNOPENED, .number = number});
}

static void accept_one(uint64_t number, const char *text)
{
    feed_data(&host, PEER, number, text);
    struct vc_mail_output delivery = host_expect(&host, VC_MAIL_DELIVERY);
    host_accept(&host, &delivery);
    host_expect_nothing(&host);
}

/* Takes whatever the link was given for the peer. */
static void take_all(void)
{
    struct fake_object object;
    while (fake_link_take_of(host.link, PEER, &object))
        ;
}

static void nothing_is_given_before_the_peer_has_said_hello(void **state)
{
    (void)state;
    send_all("ab");
    drop_outputs();
    host_up_in_silence(&host, PEER, 1);
    host_expect_nothing(&host);
    assert_true(expect_hello(0).wants_answer);
    send_all("c");
    host_expect_silence(&host, PEER);
    host_greet(&host, PEER, 0, NULL);
    host_expect_nothing(&host);
    host_expect_data(&host, PEER, 1, "a");
    host_expect_data(&host, PEER, 2, "b");
    host_expect_data(&host, PEER, 3, "c");
    /* The next session needs another. */
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    drop_outputs();
    host_up_in_silence(&host, PEER, 2);
    host_expect_nothing(&host);
    expect_hello(0);
    host_expect_silence(&host, PEER);
}

static void a_hello_is_the_first_word_and_says_what_was_seen_last(void **state)
{
    (void)state;
    uint8_t tag[VC_SEAL_TAG_LEN], frame[20], head[VC_MAIL_HEAD_MAX];
    struct vc_writer w = vc_writer(frame, sizeof(frame));
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    expect_hello(0);
    accept_one(1, "one");
    accept_one(3, "three");
    accept_one(2, "two");
    host_turn(&host);
    host_crash(&host, false);
    seals->generation = 5;
    meet(2, 0, NULL);
    host_expect_nothing(&host);
    struct vc_mail_frame hello = expect_hello(3);
    fake_seal_write(&w, 1, 3, (struct vc_bytes){(const uint8_t *)"three", 5});
    vc_seal_tag(vc_writer_bytes(&w), tag);
    assert_memory_equal(hello.tag, tag, sizeof(tag));
    assert_int_equal(hello.generation, 5);
    assert_false(hello.wants_answer);
    host_expect_ack(&host, PEER, 3);
    /* Numbers under which nothing came count too. */
    host_feed(&host, PEER, vc_mail_head_encode(head, VC_MAIL_ABANDON, 5));
    host_expect_nothing(&host);
    feed_frame(&(struct vc_mail_frame){.type = VC_MAIL_HELLO, .wants_answer = true});
    host_expect_nothing(&host);
    hello = expect_hello(5);
    assert_true(vc_is_zero(hello.tag, sizeof(hello.tag)));
    accept_one(6, "six");
    host_feed(&host, PEER, vc_mail_head_encode(head, VC_MAIL_GONE, 9));
    host_expect(&host, VC_MAIL_LOST);
    feed_frame(&(struct vc_mail_frame){.type = VC_MAIL_HELLO, .wants_answer = true});
    host_expect_nothing(&host);
    hello = expect_hello(9);
    assert_true(vc_is_zero(hello.tag, sizeof(hello.tag)));
    host_turn(&host);
    host_crash(&host, false);
    meet(3, 0, NULL);
    host_expect_nothing(&host);
    hello = expect_hello(9);
    assert_true(vc_is_zero(hello.tag, sizeof(hello.tag)));
}

static void a_hello_is_answered_when_that_is_wanted(void **state)
{
    (void)state;
    struct vc_mail_frame hello = {.type = VC_MAIL_HELLO, .wants_answer = true};
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    assert_false(expect_hello(0).wants_answer);
    feed_frame(&hello);
    host_expect_nothing(&host);
    assert_false(expect_hello(0).wants_answer);
    hello.wants_answer = false;
    feed_frame(&hello);
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
}

static void a_hello_waits_for_a_full_link(void **state)
{
    (void)state;
    drop_outputs();
    fake_link_set_room(host.link, 0);
    host_up_in_silence(&host, PEER, 1);
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
    fake_link_set_room(host.link, 10);
    vc_mail_link_output(host.mail, &host.now, &writable);
    host_expect_nothing(&host);
    expect_hello(0);
    host_expect_silence(&host, PEER);
}

static void a_hello_that_finds_no_session_is_like_its_end(void **state)
{
    (void)state;
    send_all("a");
    drop_outputs();
    host_up_in_silence(&host, PEER, 1);
    fake_link_set_session(host.link, PEER, 0);
    host_expect_nothing(&host);
    assert_true(host_state(&host, PEER).retry_at != VC_NEVER);
}

static void a_hello_that_does_not_come_is_asked_for(void **state)
{
    (void)state;
    send_all("a");
    drop_outputs();
    host_up_in_silence(&host, PEER, 1);
    host_expect_nothing(&host);
    expect_hello(0);
    vc_ms ideal = VC_MAIL_STALL_MS;
    for (int i = 0; i < 8; i++) {
        vc_ms delay = vc_mail_due(host.mail) - host.now.mono;
        assert_in_range(delay, ideal * 8 / 10, ideal * 12 / 10);
        host_tick(&host, delay);
        host_expect_nothing(&host);
        assert_true(expect_hello(0).wants_answer);
        host_expect_silence(&host, PEER);
        ideal = vc_ms_min(2 * ideal, VC_MAIL_STALL_MAX_MS);
    }
    host_greet(&host, PEER, 0, NULL);
    host_expect_nothing(&host);
    host_expect_data(&host, PEER, 1, "a");
    assert_in_range(vc_mail_due(host.mail) - host.now.mono, VC_MAIL_STALL_MS * 8 / 10,
                    VC_MAIL_STALL_MS * 12 / 10);
}

static void nothing_is_taken_before_the_hello(void **state)
{
    (void)state;
    uint8_t head[VC_MAIL_HEAD_MAX];
    drop_outputs();
    host_up_in_silence(&host, PEER, 1);
    host_expect_nothing(&host);
    expect_hello(0);
    feed_data(&host, PEER, 1, "x");
    host_feed(&host, PEER, vc_mail_head_encode(head, VC_MAIL_ABANDON, 2));
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).refused, 2);
    assert_int_equal(host_state(&host, PEER).received, 0);
    /* What he gave is asked for again, and so is the hello. */
    host_tick(&host, (vc_ms)2 * VC_MAIL_REFUSED_MS);
    host_expect_nothing(&host);
    assert_true(expect_hello(0).wants_answer);
    assert_int_equal(host_expect_frame(&host, PEER, VC_MAIL_ACK).again, 2);
    host_greet(&host, PEER, 0, NULL);
    accept_one(1, "x");
}

static void nothing_is_believed_before_the_hello(void **state)
{
    (void)state;
    send_all("ab");
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    drop_outputs();
    host_up_in_silence(&host, PEER, 2);
    feed_ack(&host, PEER, 2, 0, 0);
    complain(1);
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 2);
    assert_int_equal(seals->rekeys, 0);
    assert_int_equal(host_submit(&host), 0);
    host_greet(&host, PEER, 2, "b");
    feed_ack(&host, PEER, 2, 0, 0);
    host_expect(&host, VC_MAIL_ACKED);
    host_expect(&host, VC_MAIL_ACKED);
}

static void what_does_not_open_is_complained_of(void **state)
{
    (void)state;
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    expect_hello(0);
    seals->generation = 3;
    seals->open_err = VC_ERR_AUTH;
    feed_data(&host, PEER, 5, "x");
    host_expect_nothing(&host);
    struct vc_mail_frame unopened = host_expect_frame(&host, PEER, VC_MAIL_UNOPENED);
    assert_int_equal(unopened.number, 5);
    assert_int_equal(unopened.generation, 3);
    assert_false(unopened.has_prekey);
    assert_int_equal(host_stats(&host).unopened, 1);
    /* Not of each one. */
    seals->open_err = VC_ERR_EXISTS;
    fake_seal_set_own_prekey(host.seal, true);
    for (int i = 0; i < 100; i++)
        feed_data(&host, PEER, 6, "x");
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
    assert_int_equal(host_stats(&host).unopened, 101);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
    host_pass(&host, VC_MAIL_UNOPENED_MS);
    feed_data(&host, PEER, 6, "x");
    host_expect_nothing(&host);
    unopened = host_expect_frame(&host, PEER, VC_MAIL_UNOPENED);
    assert_int_equal(unopened.number, 6);
    assert_true(unopened.has_prekey);
    /* The next session has nothing to do with it. */
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    meet(2, 0, NULL);
    host_expect_nothing(&host);
    expect_hello(0);
    feed_data(&host, PEER, 6, "x");
    host_expect_nothing(&host);
    host_expect_frame(&host, PEER, VC_MAIL_UNOPENED);
    /* It is neither seen nor asked for. */
    assert_int_equal(host_state(&host, PEER).received, 0);
    assert_int_equal(host_submit(&host), 0);
}

static void a_complaint_that_finds_a_full_link_is_made_by_the_next(void **state)
{
    (void)state;
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    expect_hello(0);
    seals->open_err = VC_ERR_AUTH;
    fake_link_set_room(host.link, 0);
    feed_data(&host, PEER, 1, "x");
    fake_link_set_room(host.link, 9);
    feed_data(&host, PEER, 2, "x");
    host_expect_nothing(&host);
    assert_int_equal(host_expect_frame(&host, PEER, VC_MAIL_UNOPENED).number, 2);
}

/* Answers what is asked for, and ends the turn. */
static void reseal_all(void)
{
    struct vc_mail_output wanted;
    while (host_next(&host, &wanted))
        assert_int_equal(host_words(&host, &wanted, "x"), VC_OK);
    host_turn(&host);
    take_all();
}

static void complaints_without_end_cost_little(void **state)
{
    (void)state;
    send_all("xxx");
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    vc_ms hour = 3600000, step = 100;
    for (vc_ms passed = 0; passed < hour; passed += step) {
        complain(1);
        complain(3);
        reseal_all();
        host_tick(&host, step);
        reseal_all();
    }
    /* 2, 4, 8 ... seconds, then every five minutes. */
    assert_in_range(seals->rekeys, 12, 20);
    assert_int_equal(host_stats(&host).resealed, 3 * (uint64_t)seals->rekeys);
    /* When all of it is acknowledged, the next one is as the first. */
    feed_ack(&host, PEER, 3, 0, 0);
    for (int i = 0; i < 3; i++)
        host_expect(&host, VC_MAIL_ACKED);
    host_expect_nothing(&host);
    send_all("x");
    host_pass(&host, VC_MAIL_UNOPENED_MS);
    uint32_t before = seals->rekeys;
    complain(4);
    assert_int_equal(seals->rekeys, before + 1);
}

static void complaints_of_nothing_are_ignored(void **state)
{
    (void)state;
    send_all("abc");
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    feed_ack(&host, PEER, 1, 0, 0);
    host_expect(&host, VC_MAIL_ACKED);
    host_abandon(&host, PEER, 2);
    host_turn(&host);
    seals->session = 0;
    seals->has_keys = false;
    send_all("d");
    const uint64_t numbers[] = {1, 2, 4, 5, VC_MAIL_NUMBER_MAX};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        complain(numbers[i]);
        host_expect_nothing(&host);
    }
    assert_int_equal(seals->rekeys, 0);
    complain(3);
    assert_int_equal(seals->rekeys, 1);
}

static void a_complaint_without_room_is_ignored(void **state)
{
    (void)state;
    send_all("a");
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    host_fill(&host, VC_MAIL_ACKED_BYTES);
    complain(1);
    assert_int_equal(seals->rekeys, 0);
    host_turn(&host);
    complain(1);
    assert_int_equal(seals->rekeys, 1);
}

static void a_complaint_brings_the_key_for_the_next_session(void **state)
{
    (void)state;
    struct vc_mail_frame unopened = {
        .type = VC_MAIL_UNOPENED,
        .number = 1,
        .generation = 8,
        .has_prekey = true,
        .prekey = {.suite = 1, .id = 7, .until = 1},
    };
    send_all("a");
    seals->has_keys = false;
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    take_all();
    feed_frame(&unopened);
    assert_int_equal(seals->keys_came, 1);
    struct vc_mail_output wanted = host_expect(&host, VC_MAIL_WORDS);
    assert_int_equal(host_words(&host, &wanted, "a"), VC_OK);
    host_expect_nothing(&host);
    host_turn(&host);
    host_expect_sealed(&host, PEER, 9, 1, "a");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_given_before_the_peer_has_said_hello),
        TEST(a_hello_is_the_first_word_and_says_what_was_seen_last),
        TEST(a_hello_is_answered_when_that_is_wanted),
        TEST(a_hello_waits_for_a_full_link),
        TEST(a_hello_that_finds_no_session_is_like_its_end),
        TEST(a_hello_that_does_not_come_is_asked_for),
        TEST(nothing_is_taken_before_the_hello),
        TEST(nothing_is_believed_before_the_hello),
        TEST(what_does_not_open_is_complained_of),
        TEST(a_complaint_that_finds_a_full_link_is_made_by_the_next),
        TEST(complaints_without_end_cost_little),
        TEST(complaints_of_nothing_are_ignored),
        TEST(a_complaint_without_room_is_ignored),
        TEST(a_complaint_brings_the_key_for_the_next_session),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
