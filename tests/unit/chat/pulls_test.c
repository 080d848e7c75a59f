/* Holes are asked for, answered, and given up when nobody has what is missing. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

/* Forgets a message of bob's at alice, as a store does that was put back. */
static void forget(struct party *party, struct party_host *host, uint32_t contact,
                   const struct vc_message_ref *ref)
{
    struct vc_chat_key key = vc_key_ref(contact, ref);
    struct vc_message message;

    assert_int_equal(vc_chat_message(party_chat(host), contact, *ref, &message), VC_OK);
    assert_int_equal(vc_store_reserve(host->store, 2, 128), VC_OK);
    vc_store_del(host->store, VC_TABLE_MESSAGE, vc_key_bytes(&key));
    party_end_turn(party, host);
    party_turn(party);
}

static void what_is_missing_is_asked_for_and_comes(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;
    struct vc_message lost;

    party_meet(party, a, b, &bob, &alice);
    lost = party_say(party, b, alice, "lost");
    party_run(party, 500);
    party_say(party, b, alice, "last");
    party_run(party, 500);
    forget(party, a, bob, &lost.ref);
    {
        /* Somebody names it, and it is not here. */
        struct party_forged forged = {.seq = 3,
                                      .clock = lost.clock + 1,
                                      .parents = {lost.ref},
                                      .parent_count = 1,
                                      .text = "names it"};

        party_forge_message(party, b, alice, &forged);
    }
    party_run(party, 500);
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), 1);
    assert_true(party_find(a, bob, "names it").has_gap);
    party_run(party, VC_CHAT_PULL_AFTER_MS + 1000);
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), 0);
    assert_string_equal(party_texts(a, bob), "lost\nnames it\nlast\n");
    assert_int_equal(party_rows(a, VC_TABLE_GAP), 0);
    assert_int_equal(party_event_count(a, VC_EVENT_MESSAGE), 4);
}

static void what_nobody_has_is_lost_and_no_longer_asked_for(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    {
        struct party_forged forged = {.seq = 2,
                                      .clock = 7,
                                      .parents = {{party_author(b, a), 0, 1}},
                                      .parent_count = 1,
                                      .text = "orphan"};

        party_forge_message(party, b, alice, &forged);
    }
    party_run(party, 500);
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), 1);
    assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 1);
    party_run(party, VC_CHAT_PULL_AFTER_MS + 3000);
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), 0);
    assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 0);
    assert_int_equal(party_rows(a, VC_TABLE_GAP), 1); /* remembered as lost */
    assert_true(party_find(a, bob, "orphan").has_gap);
    /* Naming it again does not open the hole again. */
    {
        struct party_forged forged = {.seq = 3,
                                      .clock = 8,
                                      .parents = {{party_author(b, a), 0, 1}},
                                      .parent_count = 1,
                                      .text = "another"};

        party_forge_message(party, b, alice, &forged);
    }
    party_run(party, 500);
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), 0);
}

static void an_abandoned_message_leaves_no_open_hole(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    uint32_t bob, alice;
    struct vc_message given_up;

    party_meet(party, a, b, &bob, &alice);
    party_crash(party, b);
    given_up = party_say(party, a, bob, "never mind");
    party_say(party, a, bob, "this one");
    now = party_now(party, a);
    assert_int_equal(vc_chat_abandon(party_chat(a), &now, bob, given_up.ref), VC_OK);
    party_end_turn(party, a);
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, 120000);
    assert_string_equal(party_texts(b, alice), "this one\n");
    assert_int_equal(vc_chat_gaps(party_chat(b), alice), 0);
    assert_int_equal(party_state(a, bob, "never mind"), VC_MESSAGE_FAILED);
    assert_int_equal(party_state(a, bob, "this one"), VC_MESSAGE_DELIVERED);
    /* Reading is told in spite of the hole. */
    now = party_now(party, b);
    assert_int_equal(vc_chat_mark_read(party_chat(b), &now, alice), VC_OK);
    party_end_turn(party, b);
    party_run(party, 1000);
    assert_int_equal(party_state(a, bob, "this one"), VC_MESSAGE_READ);
    assert_int_equal(party_state(a, bob, "never mind"), VC_MESSAGE_FAILED);
}

static void what_is_gone_unasked_keeps_nothing_waiting(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct party_forged forged = {.seq = 1, .clock = 7, .text = "first"};
    uint8_t bytes[3 + 5 * 6] = {VC_OBJECT_VERSION, VC_OBJECT_GONE, 5};
    struct vc_writer w = vc_writer(bytes + 3, sizeof bytes - 3);
    uint32_t bob, alice;
    uint8_t author;

    party_meet(party, a, b, &bob, &alice);
    party_forge_message(party, b, alice, &forged);
    party_run(party, 500);
    /* What is here, what is of another device and what is ours is not gone because he says so. */
    author = party_author(b, a);
    for (uint8_t i = 0; i < 2; i++) {
        for (uint8_t device = 0; device < 2; device++) {
            /* The first and the second of his device, the second of any other. */
            struct vc_message_ref ref = {.author = i, .device = device, .seq = 2};

            if (i == author && device == 0) {
                ref.seq = 1;
                vc_ref_write(&w, &ref);
                ref.seq = 2;
            }
            vc_ref_write(&w, &ref);
        }
    }
    party_forge(party, b, alice, VC_BYTES(bytes));
    party_run(party, 500);
    assert_int_equal(party_stats(a).dropped_malformed, 0);
    assert_int_equal(party_rows(a, VC_TABLE_GAP), 1);
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), 0);
    /* What comes behind it does not wait for it. */
    forged = (struct party_forged){.seq = 3, .clock = 8, .text = "third"};
    party_forge_message(party, b, alice, &forged);
    party_run(party, 500);
    assert_int_equal(vc_person_find(party_chat(a), bob)->conversation.contiguous, 3);
}

static void a_request_gets_a_bounded_answer(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_mail_state before, after;
    uint8_t bytes[3 + 64 * 6] = {1, 3, 64};
    struct vc_writer w = vc_writer(bytes + 3, sizeof bytes - 3);
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    for (uint32_t i = 1; i <= 64; i++) {
        party_say(party, a, bob, "text");
        vc_write_u8(&w, party_author(a, b));
        vc_write_u8(&w, 0);
        vc_write_u32(&w, i);
    }
    party_run(party, 2000);
    assert_true(vc_mail_state(vc_node_mail(a->node), party_contact(party, a, bob).peer,
                              &before));
    party_forge(party, b, alice, VC_BYTES(bytes));
    party_forge(party, b, alice, VC_BYTES(bytes));
    party_run(party, 500);
    assert_true(vc_mail_state(vc_node_mail(a->node), party_contact(party, a, bob).peer,
                              &after));
    assert_int_equal(after.sent - before.sent, VC_CHAT_PULL_ANSWER_MAX);
    assert_int_equal(party_stats(b).duplicates, VC_CHAT_PULL_ANSWER_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(what_is_missing_is_asked_for_and_comes),
        PARTY_TEST(what_nobody_has_is_lost_and_no_longer_asked_for),
        PARTY_TEST(an_abandoned_message_leaves_no_open_hole),
        PARTY_TEST(what_is_gone_unasked_keeps_nothing_waiting),
        PARTY_TEST(a_request_gets_a_bounded_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
