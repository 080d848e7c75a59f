#include <string.h>

#include "node/mail/machine.h"
#include "tests/support/test.h"
#include "tests/unit/mail/host.h"

enum { PEER = 7 };
static struct host host;
static struct fake_seal_peer *seals;

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

static void send_many(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        send("x");
        if (i % 500 == 0)
            host_turn(&host);
    }
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

static void expect_rolled_back(void)
{
    assert_int_equal(host_expect(&host, VC_MAIL_ROLLED_BACK).peer, PEER);
}

/* Takes whatever the link was given for the peer. */
static void take_all(void)
{
    struct fake_object object;
    while (fake_link_take_of(host.link, PEER, &object))
        ;
}

static uint32_t turns_until_quiet(void)
{
    uint32_t turns = 0;
    do {
        host_tick(&host, 0);
        host_expect_nothing(&host);
        host_turn(&host);
        assert_true(turns++ < 100);
    } while (vc_mail_due(host.mail) == 0);
    return turns;
}

static void who_saw_what_we_have_is_no_sign_of_anything(void **state)
{
    (void)state;
    send_all("abcd");
    /* Nothing; the newest one; an older one, which is not looked at once acknowledged. */
    meet(1, 0, NULL);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    meet(2, 4, "d");
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    meet(3, 2, "b");
    feed_ack(&host, PEER, 2, 0, 0);
    host_expect(&host, VC_MAIL_ACKED);
    host_expect(&host, VC_MAIL_ACKED);
    host_expect_nothing(&host);
    host_turn(&host);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    meet(4, 2, "what was acknowledged");
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    host_crash(&host, false);
    meet(5, 4, "d");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).rollbacks, 0);
    assert_int_equal(host_state(&host, PEER).waiting, 2);
}

static void who_saw_more_than_we_ever_gave_shows_that_we_were_put_back(void **state)
{
    (void)state;
    send_all("abc");
    meet(1, 9, "nine");
    expect_rolled_back();
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).rollbacks, 1);
    assert_int_equal(seals->rekeys, 1);
    assert_int_equal(seals->reason, VC_SEAL_ROLLBACK);
    expect_hello(0);
    /* Numbers go on beyond, at once; the rows are deleted without a word. */
    uint64_t number;
    assert_int_equal(host_send(&host, PEER, "again", &number), VC_OK);
    assert_int_equal(number, 10);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    host_expect_silence(&host, PEER);
    host_turn(&host);
    host_expect_nothing(&host);
    host_expect_sealed(&host, PEER, 2, 10, "again");
    host_expect_silence(&host, PEER);
    assert_int_equal(vc_memory_disk_rows(host.disk), 3);
    /* He has seen 1, 2 and 9: what is between will not come. */
    feed_ack(&host, PEER, 2, 9, 0);
    host_expect_nothing(&host);
    assert_int_equal(host_expect_frame(&host, PEER, VC_MAIL_GONE).number, 9);
    feed_ack(&host, PEER, 10, 0, 0);
    assert_int_equal(host_expect(&host, VC_MAIL_ACKED).number, 10);
    host_expect_nothing(&host);
    host_turn(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 0);
    assert_int_equal(vc_memory_disk_rows(host.disk), 2);
    /* And it is no sign a second time. */
    host_crash(&host, false);
    meet(2, 9, "nine");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).rollbacks, 0);
}

static void who_saw_something_else_shows_it_too(void **state)
{
    (void)state;
    send_all("abc");
    meet(1, 2, "not b");
    expect_rolled_back();
    host_expect_nothing(&host);
    uint64_t number;
    assert_int_equal(host_send(&host, PEER, "again", &number), VC_OK);
    assert_int_equal(number, 4);
}

static void who_saw_what_was_never_sealed_shows_it_too(void **state)
{
    (void)state;
    seals->session = 0;
    seals->has_keys = false;
    send_all("a");
    meet(1, 1, "a");
    expect_rolled_back();
}

static void what_was_sealed_anew_may_have_another_tag(void **state)
{
    (void)state;
    send_all("ab");
    meet(1, 0, NULL);
    complain(1);
    struct vc_mail_output wanted = host_expect(&host, VC_MAIL_WORDS);
    assert_int_equal(host_words(&host, &wanted, "a"), VC_OK);
    wanted = host_expect(&host, VC_MAIL_WORDS);
    assert_int_equal(host_words(&host, &wanted, "b"), VC_OK);
    host_turn(&host);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    meet(2, 2, "b");
    host_expect_nothing(&host);
    host_crash(&host, false);
    meet(3, 2, "b");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).rollbacks, 0);
    /* What is written after that is sealed once. */
    send_all("c");
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    meet(4, 3, "not c");
    expect_rolled_back();
}

static void of_what_was_abandoned_either_may_have_been_seen(void **state)
{
    (void)state;
    send_all("ab");
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    host_abandon(&host, PEER, 2);
    host_turn(&host);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    meet(2, 2, "b");
    host_expect_nothing(&host);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    meet(3, 2, NULL);
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).rollbacks, 0);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    meet(4, 2, "not b");
    expect_rolled_back();
}

static void who_saw_an_end_of_what_was_not_abandoned_shows_it_too(void **state)
{
    (void)state;
    send_all("ab");
    meet(1, 2, NULL);
    expect_rolled_back();
}

static void a_row_that_cannot_be_read_shows_nothing(void **state)
{
    (void)state;
    uint8_t key[VC_OUTBOX_KEY_LEN];
    send_all("ab");
    assert_int_equal(vc_store_reserve(host.store, 1, 100), VC_OK);
    vc_store_del(host.store, VC_TABLE_OUTBOX, vc_outbox_key(key, PEER, 2));
    meet(1, 2, "b");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).rollbacks, 0);
}

static void an_absurd_number_is_not_believed(void **state)
{
    (void)state;
    send_all("a");
    meet(1, VC_MAIL_NUMBER_MAX / 2 + 1, "x");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).rollbacks, 0);
    expect_hello(0);
    host_expect_data(&host, PEER, 1, "a");
}

static void only_the_first_hello_of_a_session_counts(void **state)
{
    (void)state;
    send_all("a");
    meet(1, 0, NULL);
    host_greet(&host, PEER, 9, "x");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).rollbacks, 0);
}

static void many_rows_are_dropped_over_turns_and_restarts(void **state)
{
    (void)state;
    const uint32_t count = 3 * VC_MAIL_REMOVE_ROWS + 10;
    send_many(count);
    meet(1, count + 5, "x");
    expect_rolled_back();
    host_expect_nothing(&host);
    take_all();
    host_turn(&host);
    uint64_t rows = vc_memory_disk_rows(host.disk);
    assert_true(rows > VC_MAIL_REMOVE_ROWS);
    assert_int_equal(host_state(&host, PEER).waiting, 0);
    uint64_t number;
    assert_int_equal(host_send(&host, PEER, "again", &number), VC_OK);
    assert_int_equal(number, count + 6);
    host_turn(&host);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    assert_int_equal(vc_mail_due(host.mail), 0);
    meet(2, count + 5, "x");
    host_expect_nothing(&host);
    expect_hello(0);
    /* Nothing is given, and no ack is taken, while the numbers before are not over. */
    host_expect_silence(&host, PEER);
    feed_ack(&host, PEER, 700, 0, 0);
    host_expect_nothing(&host);
    turns_until_quiet();
    host_expect_data(&host, PEER, count + 6, "again");
    host_expect_silence(&host, PEER);
    feed_ack(&host, PEER, count + 6, 0, 0);
    assert_int_equal(host_expect(&host, VC_MAIL_ACKED).number, count + 6);
    host_expect_nothing(&host);
    host_turn(&host);
    /* The mailbox row and the seal's. */
    assert_int_equal(vc_memory_disk_rows(host.disk), 2);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
    host_crash(&host, false);
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
}

static void a_crash_takes_the_report_back_or_repeats_it(void **state)
{
    (void)state;
    send_all("a");
    meet(1, 5, "x");
    expect_rolled_back();
    host_submit(&host);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    meet(2, 5, "x");
    host_submit(&host);
    vc_memory_complete(host.store, VC_OK);
    /* The turn is durable, and nobody took the report. */
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 0);
    expect_rolled_back();
    host_expect_nothing(&host);
    host_turn(&host);
    host_crash(&host, false);
    host_tick(&host, 0);
    host_expect_nothing(&host);
}

static void the_report_waits_for_room_to_write(void **state)
{
    (void)state;
    send_all("a");
    meet(1, 5, "x");
    host_fill(&host, VC_MAIL_ACKED_BYTES);
    host_expect_nothing(&host);
    assert_int_not_equal(vc_mail_due(host.mail), 0);
    host_turn(&host);
    /* Until then nothing new is begun in either direction, as it may hang on what is lost. */
    assert_int_equal(host_send(&host, PEER, "b", NULL), VC_ERR_BUSY);
    assert_int_equal(host_state(&host, PEER).received, 0);
    feed_data(&host, PEER, 1, "y");
    expect_rolled_back();
    assert_int_equal(host_send(&host, PEER, "b", NULL), VC_OK);
}

static void without_room_for_it_nothing_is_given(void **state)
{
    (void)state;
    send_all("ab");
    drop_outputs();
    host_up_in_silence(&host, PEER, 1);
    host_expect_nothing(&host);
    expect_hello(0);
    host_fill(&host, VC_MAIL_ACKED_BYTES);
    host_greet(&host, PEER, 9, "x");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).rollbacks, 0);
    host_expect_silence(&host, PEER);
    host_turn(&host);
    host_expect_silence(&host, PEER);
    assert_int_equal(vc_mail_due(host.mail), host.now.mono + VC_MAIL_STORE_MS);
    host_tick(&host, VC_MAIL_STORE_MS);
    host_expect_nothing(&host);
    assert_true(expect_hello(0).wants_answer);
    host_greet(&host, PEER, 9, "x");
    expect_rolled_back();
}

static void who_shows_it_again_and_again_is_believed_once_a_minute(void **state)
{
    (void)state;
    send_all("a");
    meet(1, 5, "x");
    expect_rolled_back();
    host_turn(&host);
    send_all("b");
    for (vc_ms i = 2; i < 20; i++) {
        host_down(&host, PEER, VC_ERR_TIMEOUT);
        meet(i, 50 + i, "x");
        host_expect_nothing(&host);
    }
    assert_int_equal(host_stats(&host).rollbacks, 1);
    assert_int_equal(vc_mail_due(host.mail), host.now.mono + VC_MAIL_ROLLBACK_MS);
    take_all();
    host_tick(&host, VC_MAIL_ROLLBACK_MS);
    host_expect_nothing(&host);
    expect_hello(0);
    host_greet(&host, PEER, 99, "x");
    expect_rolled_back();
}

static void the_largest_number_that_is_believed_leaves_room(void **state)
{
    (void)state;
    const uint64_t last = VC_MAIL_NUMBER_MAX / 2;
    uint64_t number;
    send_all("abc");
    meet(1, last, "x");
    expect_rolled_back();
    assert_int_equal(host_send(&host, PEER, "d", &number), VC_OK);
    assert_int_equal(number, last + 1);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    turns_until_quiet();
    expect_hello(0);
    host_expect_data(&host, PEER, last + 1, "d");
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    meet(2, last, "x");
    host_expect_nothing(&host);
    feed_ack(&host, PEER, last, 0, 0);
    host_expect_nothing(&host);
    feed_ack(&host, PEER, last + 1, 0, 0);
    assert_int_equal(host_expect(&host, VC_MAIL_ACKED).number, last + 1);
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 0);
}

static void remove_peer(void)
{
    assert_int_equal(
        vc_store_reserve(host.store, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES), VC_OK);
    vc_mail_peer_remove(host.mail, PEER);
}

static void remove_in_the_middle(bool is_crash)
{
    send_many(2 * VC_MAIL_REMOVE_ROWS);
    meet(1, VC_MAIL_NUMBER_MAX / 2, "x");
    remove_peer();
    host_expect_nothing(&host);
    host_turn(&host);
    if (is_crash)
        host_crash(&host, false);
    turns_until_quiet();
    assert_int_equal(vc_mail_due(host.mail), VC_NEVER);
    /* The seal's row is not deleted by the fake. */
    assert_int_equal(vc_memory_disk_rows(host.disk), 1);
}

static void a_removal_ends_the_dropping(void **state)
{
    (void)state;
    remove_in_the_middle(false);
}

static void a_removal_ends_the_dropping_over_a_crash(void **state)
{
    (void)state;
    remove_in_the_middle(true);
}

static void what_is_dropped_is_not_acknowledged_any_more(void **state)
{
    (void)state;
    send_all("abc");
    meet(1, 0, NULL);
    host_expect_nothing(&host);
    host_fill(&host, VC_MAIL_ACKED_BYTES);
    /* There is no room to report it, and then it is too late. */
    feed_ack(&host, PEER, 2, 0, 0);
    host_expect_nothing(&host);
    host_turn(&host);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    host_up_in_silence(&host, PEER, 2);
    host_greet(&host, PEER, 9, "x");
    expect_rolled_back();
    host_expect_nothing(&host);
    host_turn(&host);
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 0);
}

static void what_is_dropped_is_not_given_again(void **state)
{
    (void)state;
    send_all("abc");
    meet(1, 9, "x");
    expect_rolled_back();
    host_expect_nothing(&host);
    send_all("d");
    take_all();
    host_expect_nothing(&host);
    host_tick(&host, (vc_ms)2 * VC_MAIL_STALL_MS);
    host_expect_data(&host, PEER, 10, "d");
    host_expect_silence(&host, PEER);
    assert_int_equal(host_stats(&host).rows_missing, 0);
}

static void what_is_dropped_cannot_be_abandoned(void **state)
{
    (void)state;
    send_all("abc");
    meet(1, 9, "x");
    expect_rolled_back();
    const uint64_t numbers[] = {1, 3, 4, 9, 10};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        assert_int_equal(vc_mail_abandon(host.mail, &host.now, PEER, numbers[i]),
                         VC_ERR_NOT_FOUND);
}

static void what_follows_in_the_same_turn_is_released_with_it(void **state)
{
    (void)state;
    send_all("ab");
    drop_outputs();
    send("c");
    meet(1, 2, "not b");
    expect_rolled_back();
    send("d");
    host_expect_nothing(&host);
    expect_hello(0);
    host_turn(&host);
    host_expect_nothing(&host);
    host_expect_sealed(&host, PEER, 2, 4, "d");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(who_saw_what_we_have_is_no_sign_of_anything),
        TEST(who_saw_more_than_we_ever_gave_shows_that_we_were_put_back),
        TEST(who_saw_something_else_shows_it_too),
        TEST(who_saw_what_was_never_sealed_shows_it_too),
        TEST(what_was_sealed_anew_may_have_another_tag),
        TEST(of_what_was_abandoned_either_may_have_been_seen),
        TEST(who_saw_an_end_of_what_was_not_abandoned_shows_it_too),
        TEST(a_row_that_cannot_be_read_shows_nothing),
        TEST(an_absurd_number_is_not_believed),
        TEST(only_the_first_hello_of_a_session_counts),
        TEST(many_rows_are_dropped_over_turns_and_restarts),
        TEST(a_crash_takes_the_report_back_or_repeats_it),
        TEST(the_report_waits_for_room_to_write),
        TEST(without_room_for_it_nothing_is_given),
        TEST(who_shows_it_again_and_again_is_believed_once_a_minute),
        TEST(the_largest_number_that_is_believed_leaves_room),
        TEST(a_removal_ends_the_dropping),
        TEST(a_removal_ends_the_dropping_over_a_crash),
        TEST(what_is_dropped_is_not_acknowledged_any_more),
        TEST(what_is_dropped_is_not_given_again),
        TEST(what_is_dropped_cannot_be_abandoned),
        TEST(what_follows_in_the_same_turn_is_released_with_it),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
