#include <stdio.h>
#include <string.h>

#include "node/mail/limits.h"
#include "node/mail/rows.h"
#include "tests/support/check.h"
#include "tests/unit/mail/host.h"

enum { PEER = 7 };
static struct host host;

/* A host that knows one peer and has a session with him. */
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

static void send_many(uint32_t peer, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(host_send(&host, peer, "x", NULL), VC_OK);
        if (i % 1000 == 999)
            host_turn(&host);
    }
    host_turn(&host);
}

static uint64_t expect_acked(void)
{
    return host_expect(&host, VC_MAIL_ACKED).number;
}

/* Gives the words of so many rows, in their order. */
static void say_words(uint64_t first, uint32_t count)
{
    for (uint64_t number = first; number < first + count; number++) {
        struct vc_mail_output wanted = host_expect(&host, VC_MAIL_WORDS);
        assert_int_equal(wanted.number, number);
        assert_int_equal(host_words(&host, &wanted, "x"), VC_OK);
    }
}

/* How many objects the link was given for the peer; they are gone then. */
static uint32_t take_all(void)
{
    struct fake_object object;
    uint32_t count = 0;
    while (fake_link_take_of(host.link, PEER, &object))
        count++;
    return count;
}

static void settle_pumps(void)
{
    while (vc_mail_due(host.mail) == 0)
        host_tick(&host, 0);
}

static void nothing_goes_to_the_link_before_its_turn_is_committed(void **state)
{
    (void)state;
    assert_int_equal(host_send(&host, PEER, "one", NULL), VC_OK);
    host_tick(&host, 1000);
    host_expect_nothing(&host);
    assert_int_equal(host_submit(&host), 2);
    host_poll(&host);
    host_expect_silence(&host, PEER);
    vc_memory_complete(host.store, VC_OK);
    host_expect_silence(&host, PEER);
    host_poll(&host);
    host_expect_data(&host, PEER, 1, "one");
    host_expect_silence(&host, PEER);
}

static void turns_are_released_one_by_one(void **state)
{
    (void)state;
    assert_int_equal(host_send(&host, PEER, "one", NULL), VC_OK);
    host_submit(&host);
    assert_int_equal(host_send(&host, PEER, "two", NULL), VC_OK);
    host_submit(&host);
    vc_memory_complete(host.store, VC_OK);
    host_poll(&host);
    host_expect_data(&host, PEER, 1, "one");
    host_expect_silence(&host, PEER);
    vc_memory_complete(host.store, VC_OK);
    host_poll(&host);
    host_expect_data(&host, PEER, 2, "two");
}

static void what_was_not_committed_never_was(void **state)
{
    (void)state;
    assert_int_equal(host_send(&host, PEER, "kept", NULL), VC_OK);
    host_turn(&host);
    assert_int_equal(host_send(&host, PEER, "lost", NULL), VC_OK);
    host_submit(&host);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    uint64_t number;
    assert_int_equal(host_send(&host, PEER, "next", &number), VC_OK);
    assert_int_equal(number, 2);
}

static void a_row_stays_until_it_is_acknowledged(void **state)
{
    (void)state;
    assert_int_equal(vc_memory_disk_rows(host.disk), 1);
    send_many(PEER, 3);
    assert_int_equal(vc_memory_disk_rows(host.disk), 4);
    feed_ack(&host, PEER, 2, 0, 0);
    assert_int_equal(expect_acked(), 1);
    assert_int_equal(expect_acked(), 2);
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    host_turn(&host);
    assert_int_equal(vc_memory_disk_rows(host.disk), 2);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    assert_int_equal(host_state(&host, PEER).sent, 3);
}

static void acked_gives_the_ref_back(void **state)
{
    (void)state;
    assert_int_equal(host_send(&host, PEER, "ab", NULL), VC_OK);
    assert_int_equal(host_send(&host, PEER, "cd", NULL), VC_OK);
    host_turn(&host);
    feed_ack(&host, PEER, 2, 0, 0);
    struct vc_mail_output output = host_expect(&host, VC_MAIL_ACKED);
    assert_int_equal(output.peer, PEER);
    assert_int_equal(output.ref[0], 'a');
    assert_int_equal(output.ref[1], 1);
    output = host_expect(&host, VC_MAIL_ACKED);
    assert_int_equal(output.ref[0], 'c');
    host_expect_nothing(&host);
}

static void acks_with_gaps_are_taken_and_kept(void **state)
{
    (void)state;
    send_many(PEER, 10);
    feed_ack(&host, PEER, 2, 9, 0);
    assert_int_equal(expect_acked(), 1);
    assert_int_equal(expect_acked(), 2);
    assert_int_equal(expect_acked(), 9);
    host_expect_nothing(&host);
    host_turn(&host);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 7);
    host_up(&host, PEER, 2);
    host_expect_nothing(&host);
    assert_int_equal(take_all(), 7);
    feed_ack(&host, PEER, 10, 0, 0);
    for (uint64_t number = 3; number <= 10; number++)
        if (number != 9)
            assert_int_equal(expect_acked(), number);
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 0);
}

static void acks_of_what_was_never_given_are_ignored_whole(void **state)
{
    (void)state;
    send_many(PEER, 3);
    /* Written, but not committed: the peer cannot have it. */
    assert_int_equal(host_send(&host, PEER, "x", NULL), VC_OK);
    feed_ack(&host, PEER, 4, 0, 0);
    host_expect_nothing(&host);
    feed_ack(&host, PEER, 1, 4, 0);
    host_expect_nothing(&host);
    feed_ack(&host, PEER, VC_MAIL_NUMBER_MAX, 0, 0);
    host_expect_nothing(&host);
    feed_ack(&host, PEER, 0, 4096, 0);
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).dropped_acks, 4);
    assert_int_equal(host_state(&host, PEER).waiting, 4);
    feed_ack(&host, PEER, 1, 3, 0);
    assert_int_equal(expect_acked(), 1);
    assert_int_equal(expect_acked(), 3);
}

static void an_old_ack_takes_nothing_back(void **state)
{
    (void)state;
    send_many(PEER, 5);
    feed_ack(&host, PEER, 2, 4, 0);
    assert_int_equal(expect_acked(), 1);
    assert_int_equal(expect_acked(), 2);
    assert_int_equal(expect_acked(), 4);
    host_expect_nothing(&host);
    feed_ack(&host, PEER, 1, 0, 0);
    host_expect_nothing(&host);
    feed_ack(&host, PEER, 3, 0, 0);
    assert_int_equal(expect_acked(), 3);
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
}

static void the_window_bounds_what_is_given(void **state)
{
    (void)state;
    send_many(PEER, VC_MAIL_WINDOW + 100);
    settle_pumps();
    assert_int_equal(take_all(), VC_MAIL_WINDOW);
    feed_ack(&host, PEER, 30, 0, 0);
    for (uint64_t number = 1; number <= 30; number++)
        assert_int_equal(expect_acked(), number);
    /* What did not fit into the window was not sealed. */
    say_words(VC_MAIL_WINDOW + 1, 30);
    host_expect_nothing(&host);
    assert_int_equal(take_all(), 0);
    host_turn(&host);
    settle_pumps();
    assert_int_equal(take_all(), 30);
}

static void nothing_is_given_beyond_the_receivers_window(void **state)
{
    (void)state;
    send_many(PEER, VC_MAIL_SPARSE_MAX + 100);
    struct vc_mail_output output;
    uint64_t given = 0;
    /* All but the first are acknowledged as they come. */
    for (uint64_t number = 2; number <= VC_MAIL_SPARSE_MAX + 1; number++) {
        settle_pumps();
        given += take_all();
        uint8_t bits[VC_NUMBERS_BITMAP_MAX] = {0};
        for (uint64_t i = 2; i <= number; i++)
            if (i <= VC_MAIL_SPARSE_MAX)
                bits[(i - 1) / 8] |= (uint8_t)(1u << ((i - 1) % 8));
        if (number % 512 != 0)
            continue;
        uint8_t ack[3 + VC_NUMBERS_BITMAP_MAX] = {2, 0, 0};
        size_t len = (size_t)(number + 7) / 8;
        memcpy(ack + 3, bits, len);
        host_feed(&host, PEER, (struct vc_bytes){ack, 3 + len});
        while (host_next(&host, &output))
            if (output.kind != VC_MAIL_ACKED)
                assert_int_equal(host_words(&host, &output, "x"), VC_OK);
        host_turn(&host);
    }
    settle_pumps();
    given += take_all();
    assert_int_equal(given, VC_MAIL_SPARSE_MAX);
    assert_int_equal(host_state(&host, PEER).waiting, 1 + 100);
    feed_ack(&host, PEER, VC_MAIL_SPARSE_MAX, 0, 0);
    assert_int_equal(expect_acked(), 1);
    host_expect_nothing(&host);
    settle_pumps();
    assert_int_equal(take_all(), 100);
}

static void a_full_link_is_waited_for(void **state)
{
    (void)state;
    fake_link_set_room(host.link, 2);
    send_many(PEER, 5);
    assert_int_equal(take_all(), 2);
    assert_int_not_equal(vc_mail_due(host.mail), 0);
    host_tick(&host, 100);
    assert_int_equal(take_all(), 0);
    fake_link_set_room(host.link, 100);
    vc_mail_link_output(
        host.mail, &host.now,
        &(struct vc_link_output){.kind = VC_LINK_WRITABLE, .peer = PEER});
    host_expect_nothing(&host);
    host_expect_data(&host, PEER, 3, "x");
    assert_int_equal(take_all(), 2);
}

static void a_new_session_gets_everything_unacknowledged_anew(void **state)
{
    (void)state;
    send_many(PEER, 3);
    feed_ack(&host, PEER, 1, 0, 0);
    assert_int_equal(expect_acked(), 1);
    host_expect_nothing(&host);
    assert_int_equal(take_all(), 3);
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    host_expect_nothing(&host);
    assert_int_equal(host_send(&host, PEER, "four", NULL), VC_OK);
    host_turn(&host);
    host_up(&host, PEER, 2);
    host_expect_nothing(&host);
    host_expect_data(&host, PEER, 2, "x");
    host_expect_data(&host, PEER, 3, "x");
    host_expect_data(&host, PEER, 4, "four");
    host_expect_silence(&host, PEER);
}

static void an_abandoned_object_is_replaced_under_its_number(void **state)
{
    (void)state;
    fake_link_set_room(host.link, 0);
    send_many(PEER, 3);
    host_abandon(&host, PEER, 2);
    host_turn(&host);
    fake_link_set_room(host.link, 100);
    vc_mail_link_output(
        host.mail, &host.now,
        &(struct vc_link_output){.kind = VC_LINK_WRITABLE, .peer = PEER});
    host_expect_nothing(&host);
    host_expect_data(&host, PEER, 1, "x");
    host_expect_abandon(&host, PEER, 2);
    host_expect_data(&host, PEER, 3, "x");
    feed_ack(&host, PEER, 3, 0, 0);
    assert_int_equal(expect_acked(), 1);
    assert_int_equal(expect_acked(), 3);
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 0);
    host_turn(&host);
    assert_int_equal(vc_memory_disk_rows(host.disk), 1);
}

static void an_abandoned_number_is_held_until_that_is_durable(void **state)
{
    (void)state;
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    host_expect_nothing(&host);
    send_many(PEER, 3);
    host_abandon(&host, PEER, 2);
    host_submit(&host);
    host_up(&host, PEER, 2);
    host_expect_nothing(&host);
    host_expect_data(&host, PEER, 1, "x");
    host_expect_silence(&host, PEER);
    vc_memory_complete(host.store, VC_OK);
    host_poll(&host);
    host_expect_abandon(&host, PEER, 2);
    host_expect_data(&host, PEER, 3, "x");
}

static vc_err try_abandon(uint32_t peer, uint64_t number)
{
    return vc_mail_abandon(host.mail, &host.now, peer, number);
}

static void only_what_waits_can_be_abandoned(void **state)
{
    (void)state;
    send_many(PEER, 2);
    feed_ack(&host, PEER, 1, 0, 0);
    assert_int_equal(try_abandon(PEER, 1), VC_ERR_NOT_FOUND);
    assert_int_equal(try_abandon(PEER, 0), VC_ERR_NOT_FOUND);
    assert_int_equal(try_abandon(PEER, 3), VC_ERR_NOT_FOUND);
    assert_int_equal(try_abandon(PEER, UINT64_MAX), VC_ERR_NOT_FOUND);
    assert_int_equal(try_abandon(PEER + 1, 2), VC_ERR_NOT_FOUND);
    host_abandon(&host, PEER, 2);
    host_abandon(&host, PEER, 2);
    host_turn(&host);
}

static void a_row_that_is_gone_or_damaged_leaves_no_gap(void **state)
{
    (void)state;
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    host_expect_nothing(&host);
    send_many(PEER, 3);
    uint8_t key[VC_OUTBOX_KEY_LEN];
    assert_int_equal(vc_store_reserve(host.store, 2, 100), VC_OK);
    vc_store_del(host.store, VC_TABLE_OUTBOX, vc_outbox_key(key, PEER, 1));
    vc_store_put(host.store, VC_TABLE_OUTBOX, vc_outbox_key(key, PEER, 2),
                 (struct vc_bytes){key, 3});
    host_turn(&host);
    host_up(&host, PEER, 2);
    host_expect_nothing(&host);
    host_expect_abandon(&host, PEER, 1);
    host_expect_abandon(&host, PEER, 2);
    host_expect_data(&host, PEER, 3, "x");
    feed_ack(&host, PEER, 3, 0, 0);
    struct vc_mail_output output;
    while (host_next(&host, &output))
        ;
    assert_int_equal(host_state(&host, PEER).waiting, 0);
    assert_int_equal(host_stats(&host).rows_missing, 4);
}

static void acked_waits_until_the_caller_has_room_to_write(void **state)
{
    (void)state;
    send_many(PEER, 2);
    feed_ack(&host, PEER, 2, 0, 0);
    assert_int_equal(expect_acked(), 1);
    /* The caller writes all it may, and others fill the batch. */
    static uint8_t filler[VC_STORE_VALUE_MAX];
    uint32_t key = 0;
    while (vc_store_reserve(host.store, 1, sizeof(filler) + sizeof(key) + 2000) ==
           VC_OK) {
        key++;
        vc_store_put(host.store, VC_TABLE_EVENT,
                     (struct vc_bytes){(const uint8_t *)&key, sizeof(key)},
                     VC_BYTES(filler));
    }
    host_expect_nothing(&host);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
    assert_int_not_equal(vc_mail_due(host.mail), 0);
    host_turn(&host);
    assert_int_equal(expect_acked(), 2);
    host_expect_nothing(&host);
    host_turn(&host);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 0);
}

static void an_ill_store_is_asked_again_after_a_second(void **state)
{
    (void)state;
    send_many(PEER, 1);
    vc_memory_complete(host.store, VC_ERR_DISK_FULL);
    (void)vc_store_poll(host.store);
    feed_ack(&host, PEER, 1, 0, 0);
    host_expect_nothing(&host);
    vc_ms due = vc_mail_due(host.mail);
    assert_int_equal(due, host.now.mono + VC_MAIL_STORE_MS);
    vc_memory_complete(host.store, VC_OK);
    (void)vc_store_poll(host.store);
    host_expect_nothing(&host);
    host_tick(&host, VC_MAIL_STORE_MS);
    assert_int_equal(expect_acked(), 1);
}

static void what_the_receiver_asks_for_is_given_again(void **state)
{
    (void)state;
    send_many(PEER, 5);
    assert_int_equal(take_all(), 5);
    feed_ack(&host, PEER, 1, 3, 4);
    assert_int_equal(expect_acked(), 1);
    assert_int_equal(expect_acked(), 3);
    host_expect_nothing(&host);
    host_expect_data(&host, PEER, 2, "x");
    host_expect_data(&host, PEER, 4, "x");
    host_expect_silence(&host, PEER);
    /* Not more often than he may. */
    feed_ack(&host, PEER, 1, 3, 4);
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
    host_pass(&host, VC_MAIL_AGAIN_MS);
    feed_ack(&host, PEER, 1, 3, VC_MAIL_NUMBER_MAX);
    host_expect_nothing(&host);
    assert_int_equal(take_all(), 3);
    assert_int_equal(host_stats(&host).given_again, 5);
}

static void a_receiver_who_lost_what_he_had_is_told_that_it_is_gone(void **state)
{
    (void)state;
    send_many(PEER, 4);
    feed_ack(&host, PEER, 3, 0, 0);
    for (uint64_t number = 1; number <= 3; number++)
        assert_int_equal(expect_acked(), number);
    host_expect_nothing(&host);
    assert_int_equal(take_all(), 4);
    /* The rows are deleted in this turn only: after a crash they would be here again.
     */
    feed_ack(&host, PEER, 1, 0, 0);
    host_expect_nothing(&host);
    assert_int_equal(take_all(), 0);
    host_turn(&host);
    feed_ack(&host, PEER, 1, 0, 0);
    host_expect_nothing(&host);
    struct fake_object object;
    assert_true(fake_link_take_of(host.link, PEER, &object));
    assert_int_equal(object.stream, VC_LINK_CONTROL);
    assert_int_equal(object.len, 2);
    assert_memory_equal(object.bytes, "\x04\x03", 2);
    feed_ack(&host, PEER, 1, 0, 0);
    host_expect_nothing(&host);
    host_expect_silence(&host, PEER);
}

static void a_turn_may_end_between_two_acked(void **state)
{
    (void)state;
    send_many(PEER, 2);
    feed_ack(&host, PEER, 2, 0, 0);
    assert_int_equal(expect_acked(), 1);
    host_turn(&host);
    host_crash(&host, false);
    assert_int_equal(host_state(&host, PEER).waiting, 1);
}

static void a_full_outbox_is_busy(void **state)
{
    (void)state;
    host_down(&host, PEER, VC_ERR_TIMEOUT);
    send_many(PEER, VC_MAIL_OUTBOX_MAX);
    assert_int_equal(host_send(&host, PEER, "x", NULL), VC_ERR_BUSY);
    assert_int_equal(host_state(&host, PEER).waiting, VC_MAIL_OUTBOX_MAX);
    host_up(&host, PEER, 2);
    feed_ack(&host, PEER, 1, 0, 0);
    assert_int_equal(expect_acked(), 1);
    say_words(VC_MAIL_WINDOW + 1, 1);
    host_expect_nothing(&host);
    assert_int_equal(host_send(&host, PEER, "x", NULL), VC_OK);
}

static void a_full_ledger_is_busy(void **state)
{
    (void)state;
    /* Commits succeed, but nobody tells mail. */
    uint64_t ticket = 0;
    assert_int_equal(host_send(&host, PEER, "x", NULL), VC_OK);
    for (uint32_t i = 1; i <= VC_MAIL_LEDGER_MAX - VC_MAIL_LEDGER_SPARE; i++) {
        host_abandon(&host, PEER, 1);
        ticket = host_submit(&host);
        vc_memory_complete(host.store, VC_OK);
        (void)vc_store_poll(host.store);
    }
    assert_int_equal(host_send(&host, PEER, "x", NULL), VC_ERR_BUSY);
    assert_int_equal(try_abandon(PEER, 1), VC_ERR_BUSY);
    /* What is kept free is for what comes in. */
    feed_data(&host, PEER, 1, "in");
    struct vc_mail_output delivery = host_expect(&host, VC_MAIL_DELIVERY);
    host_accept(&host, &delivery);
    host_expect_nothing(&host);
    feed_data(&host, PEER, 2, "refused");
    host_expect_nothing(&host);
    assert_int_equal(host_stats(&host).refused, 1);
    vc_mail_committed(host.mail, &host.now, ticket);
    assert_int_equal(host_send(&host, PEER, "x", NULL), VC_OK);
}

static void unknown_peers_get_nothing(void **state)
{
    (void)state;
    assert_int_equal(host_send(&host, PEER + 1, "x", NULL), VC_ERR_NOT_FOUND);
}

static void objects_have_1_byte_to_what_can_be_sealed(void **state)
{
    (void)state;
    static uint8_t bytes[VC_MAIL_TEXT_MAX];
    struct vc_mail_object object = {.head = {bytes, sizeof(bytes)}};
    uint64_t number;
    assert_int_equal(vc_store_reserve(host.store, VC_MAIL_SEND_OPS,
                                      VC_MAIL_SEND_BYTES(sizeof(bytes))),
                     VC_OK);
    assert_int_equal(vc_mail_send(host.mail, &host.now, PEER, &object, &number), VC_OK);
    host_turn(&host);
    struct fake_object given;
    assert_true(fake_link_take_of(host.link, PEER, &given));
    assert_int_equal(given.len, 2 + 4 + 1 + sizeof(bytes));
    object.body = (struct vc_bytes){bytes, 1};
    expect_assert_failure(assert_int_equal(
        vc_mail_send(host.mail, &host.now, PEER, &object, &number), VC_OK));
    object = (struct vc_mail_object){0};
    expect_assert_failure(assert_int_equal(
        vc_mail_send(host.mail, &host.now, PEER, &object, &number), VC_OK));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_goes_to_the_link_before_its_turn_is_committed),
        TEST(turns_are_released_one_by_one),
        TEST(what_was_not_committed_never_was),
        TEST(a_row_stays_until_it_is_acknowledged),
        TEST(acked_gives_the_ref_back),
        TEST(acks_with_gaps_are_taken_and_kept),
        TEST(acks_of_what_was_never_given_are_ignored_whole),
        TEST(an_old_ack_takes_nothing_back),
        TEST(the_window_bounds_what_is_given),
        TEST(nothing_is_given_beyond_the_receivers_window),
        TEST(a_full_link_is_waited_for),
        TEST(a_new_session_gets_everything_unacknowledged_anew),
        TEST(an_abandoned_object_is_replaced_under_its_number),
        TEST(an_abandoned_number_is_held_until_that_is_durable),
        TEST(only_what_waits_can_be_abandoned),
        TEST(a_row_that_is_gone_or_damaged_leaves_no_gap),
        TEST(acked_waits_until_the_caller_has_room_to_write),
        TEST(an_ill_store_is_asked_again_after_a_second),
        TEST(what_the_receiver_asks_for_is_given_again),
        TEST(a_receiver_who_lost_what_he_had_is_told_that_it_is_gone),
        TEST(a_turn_may_end_between_two_acked),
        TEST(a_full_outbox_is_busy),
        TEST(a_full_ledger_is_busy),
        TEST(unknown_peers_get_nothing),
        TEST(objects_have_1_byte_to_what_can_be_sealed),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
