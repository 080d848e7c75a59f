/* What arrived and what was read is known at the other side, if its owner allows. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

static void mark_read(struct party *party, struct party_host *host, uint32_t contact)
{
    struct vc_now now = party_now(party, host);

    assert_int_equal(vc_chat_mark_read(party_chat(host), &now, contact), VC_OK);
    party_end_turn(party, host);
}

static void marks_read_back_and_others_are_refused(void **state)
{
    struct vc_mark mark = {
        .kind = VC_MARK_CARD, .device = 3, .contact = 9, .value = UINT64_MAX};
    struct vc_mark back;
    uint8_t ref[VC_MAIL_REF_LEN];

    (void)state;
    vc_mark_write(ref, &mark);
    assert_int_equal(vc_mark_read(ref, &back), VC_OK);
    assert_int_equal(back.kind, VC_MARK_CARD);
    assert_int_equal(back.device, 3);
    assert_int_equal(back.contact, 9);
    assert_true(back.value == UINT64_MAX);
    ref[0] = 4;
    assert_int_equal(vc_mark_read(ref, &back), VC_ERR_STORE_DAMAGED);
    ref[0] = 0;
    ref[15] = 1;
    assert_int_equal(vc_mark_read(ref, &back), VC_ERR_STORE_DAMAGED);
}

static void nobody_is_told_when_receipts_are_off(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    struct vc_owner owner;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    now = party_now(party, b);
    assert_int_equal(vc_chat_set_read_receipts(party_chat(b), &now, false), VC_OK);
    party_end_turn(party, b);
    party_say(party, a, bob, "secretly read");
    party_run(party, 500);
    mark_read(party, b, alice);
    party_run(party, 500);
    assert_int_equal(party_state(b, alice, "secretly read"), VC_MESSAGE_SEEN);
    assert_int_equal(party_state(a, bob, "secretly read"), VC_MESSAGE_DELIVERED);
    party_crash(party, b);
    assert_int_equal(party_start(party, b), VC_OK);
    vc_chat_owner(party_chat(b), &owner);
    assert_false(owner.sends_read_receipts);
    /* His own are shown to him all the same. */
    party_say(party, b, alice, "openly read");
    party_run(party, 5000);
    mark_read(party, a, bob);
    party_run(party, 500);
    assert_int_equal(party_state(b, alice, "openly read"), VC_MESSAGE_READ);
}

static void at_most_one_receipt_waits(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    for (int i = 0; i < 5; i++) {
        party_say(party, a, bob, "text");
        party_run(party, 200);
        a->is_deaf = true;
        mark_read(party, b, alice);
        party_run(party, 100);
        a->is_deaf = false;
        if (i < 4) {
            a->is_deaf = true;
            party_run(party, 10);
            assert_true(party_contact(party, b, alice).waiting <= 1);
            a->is_deaf = false;
            party_run(party, 300);
        }
    }
    party_run(party, 60000);
    assert_int_equal(party_contact(party, b, alice).waiting, 0);
    assert_int_equal(party_find(a, bob, "text").state, VC_MESSAGE_READ);
}

static void what_was_read_while_away_is_told_later(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "first");
    party_run(party, 200);
    party_crash(party, a);
    mark_read(party, b, alice);
    party_run(party, 1000);
    party_crash(party, b);
    assert_int_equal(party_start(party, b), VC_OK);
    assert_int_equal(party_start(party, a), VC_OK);
    party_run(party, 60000);
    assert_int_equal(party_state(a, bob, "first"), VC_MESSAGE_READ);
    assert_int_equal(party_contact(party, b, alice).unread, 0);
}

static void what_came_after_the_reading_is_unread(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "read");
    party_run(party, 200);
    mark_read(party, b, alice);
    party_say(party, a, bob, "unread");
    party_run(party, 500);
    assert_int_equal(party_state(b, alice, "read"), VC_MESSAGE_SEEN);
    assert_int_equal(party_state(b, alice, "unread"), VC_MESSAGE_RECEIVED);
    assert_int_equal(party_state(a, bob, "unread"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_contact(party, b, alice).unread, 1);
    assert_int_equal(party_event_count(b, VC_EVENT_READ_HERE), 1);
    mark_read(party, b, alice);
    mark_read(party, b, alice); /* nothing new: nothing happens */
    party_run(party, 200);
    assert_int_equal(party_event_count(b, VC_EVENT_READ_HERE), 2);
}

static void a_receipt_for_what_was_never_written_is_nothing(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint8_t too_far[] = {1, 2, 0, 9, 0, 0, 0}, other_device[] = {1, 2, 1, 1, 0, 0, 0};
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "one");
    party_run(party, 200);
    party_forge(party, b, alice, VC_BYTES(too_far));
    party_forge(party, b, alice, VC_BYTES(other_device));
    party_run(party, 500);
    assert_int_equal(party_stats(a).dropped_malformed, 2);
    assert_int_equal(party_state(a, bob, "one"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_contact(party, b, alice).waiting, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_read_back_and_others_are_refused),
        PARTY_TEST(nobody_is_told_when_receipts_are_off),
        PARTY_TEST(at_most_one_receipt_waits),
        PARTY_TEST(what_was_read_while_away_is_told_later),
        PARTY_TEST(what_came_after_the_reading_is_unread),
        PARTY_TEST(a_receipt_for_what_was_never_written_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
