/* Meetings in which one side knows the other already, or has forgotten him. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

static void forget(struct party *party, struct party_host *host, uint32_t contact)
{
    struct vc_now now = party_now(party, host);

    assert_int_equal(vc_chat_contact_remove(party_chat(host), &now, contact), VC_OK);
    party_end_turn(party, host);
    party_run(party, 5000);
}

static void a_stranger_says_that_he_knows_nothing(void **state)
{
    struct vc_person person = {.conversation = {.delivered = 4, .highest = 9}};
    struct vc_join_card about;

    (void)state;
    vc_join_card_about(NULL, &about);
    assert_false(about.is_known);
    assert_int_equal(about.settled, 0);
    vc_join_card_about(&person, &about);
    assert_true(about.is_known);
    assert_int_equal(about.settled, 4);
    assert_int_equal(about.highest, 9);
}

/* Who was removed and is invited again talks with an inviter who starts anew. */
static void the_inviter_has_forgotten(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice, bob_again, alice_again;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "first from alice");
    party_say(party, b, alice, "first from bob");
    party_run(party, 1000);
    forget(party, a, bob);
    party_say(party, b, alice, "written to nobody");
    party_meet(party, a, b, &bob_again, &alice_again);
    assert_int_not_equal(bob_again, bob);
    assert_int_equal(alice_again, alice);
    party_run(party, 60000);
    party_say(party, a, bob_again, "second from alice");
    party_say(party, b, alice, "second from bob");
    party_run(party, 60000);
    /* She sees what was not delivered before, and nothing older. */
    assert_string_equal(party_texts(b, alice),
                        "first from alice\nfirst from bob\nwritten to nobody\n"
                        "second from alice\nsecond from bob\n");
    assert_non_null(strstr(party_texts(a, bob_again), "written to nobody\n"));
    assert_non_null(strstr(party_texts(a, bob_again), "second from bob\n"));
    assert_null(strstr(party_texts(a, bob_again), "first"));
    assert_int_equal(party_state(b, alice, "written to nobody"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_state(a, bob_again, "second from alice"),
                     VC_MESSAGE_DELIVERED);
    assert_int_equal(vc_chat_gaps(party_chat(a), bob_again), 0);
    assert_int_equal(party_stats(b).dropped_forged, 0);
}

static void the_joiner_has_forgotten(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice, bob_again, alice_again;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "first from alice");
    party_say(party, b, alice, "first from bob");
    party_run(party, 1000);
    forget(party, b, alice);
    party_say(party, a, bob, "written to nobody");
    party_meet(party, a, b, &bob_again, &alice_again);
    assert_int_equal(bob_again, bob);
    assert_int_not_equal(alice_again, alice);
    party_run(party, 60000);
    party_say(party, a, bob, "second from alice");
    party_run(party, 1000);
    party_say(party, b, alice_again, "second from bob");
    party_run(party, 60000);
    assert_string_equal(party_texts(b, alice_again),
                        "written to nobody\nsecond from alice\nsecond from bob\n");
    assert_string_equal(party_texts(a, bob),
                        "first from alice\nfirst from bob\nwritten to nobody\n"
                        "second from alice\nsecond from bob\n");
    assert_int_equal(party_state(a, bob, "written to nobody"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_state(b, alice_again, "second from bob"),
                     VC_MESSAGE_DELIVERED);
}

static void a_receipt_that_waited_for_the_old_device_is_given_to_the_new(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, b, alice, "one");
    party_run(party, 1000);
    b->is_deaf = true;
    now = party_now(party, a);
    assert_int_equal(vc_chat_mark_read(party_chat(a), &now, bob), VC_OK);
    party_end_turn(party, a);
    party_run(party, 1000);
    forget(party, b, alice);
    b->is_deaf = false;
    party_meet(party, a, b, &bob, &alice);
    party_say(party, b, alice, "two");
    party_run(party, 60000);
    now = party_now(party, a);
    assert_int_equal(vc_chat_mark_read(party_chat(a), &now, bob), VC_OK);
    party_end_turn(party, a);
    party_run(party, 60000);
    assert_int_equal(party_state(b, alice, "two"), VC_MESSAGE_READ);
}

static void both_know_each_other_and_meet_again(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice, bob_again, alice_again;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "one");
    party_run(party, 1000);
    party_meet(party, a, b, &bob_again, &alice_again);
    assert_int_equal(bob, bob_again);
    assert_int_equal(alice, alice_again);
    party_say(party, a, bob, "two");
    party_say(party, b, alice, "three");
    party_run(party, 60000);
    assert_int_equal(party_state(a, bob, "two"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_state(b, alice, "three"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_stats(a).dropped_forged, 0);
    assert_string_equal(party_texts(a, bob), party_texts(b, alice));
}

static void both_have_forgotten(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "one");
    party_run(party, 1000);
    forget(party, a, bob);
    forget(party, b, alice);
    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "two");
    party_run(party, 60000);
    assert_string_equal(party_texts(b, alice), "two\n");
    assert_int_equal(party_find(b, alice, "two").ref.seq, 1);
}

/* The cards of a meeting bring keys, though those who know each other have each other's. */
static void who_meets_again_has_keys_again(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice, bob_again, alice_again;

    party_meet(party, a, b, &bob, &alice);
    assert_true(party_seal(party, a, bob).has_prekey);
    assert_true(party_seal(party, b, alice).has_prekey);
    party_run(party, 1000);
    party_crash(party, a);
    party_lose(a, VC_TABLE_SESSION);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_false(party_seal(party, a, bob).has_prekey);
    party_meet(party, a, b, &bob_again, &alice_again);
    assert_int_equal(bob_again, bob);
    assert_true(party_seal(party, a, bob).has_prekey);
    party_say(party, a, bob, "sealed anew");
    party_run(party, 1000);
    assert_string_equal(party_texts(b, alice), "sealed anew\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_says_that_he_knows_nothing),
        PARTY_TEST(the_inviter_has_forgotten),
        PARTY_TEST(the_joiner_has_forgotten),
        PARTY_TEST(a_receipt_that_waited_for_the_old_device_is_given_to_the_new),
        PARTY_TEST(both_know_each_other_and_meet_again),
        PARTY_TEST(both_have_forgotten),
        PARTY_TEST(who_meets_again_has_keys_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
