/* Two people meet by an invite and write to each other, and nothing is lost. */
#include "tests/unit/node/party.h"

#include <string.h>

static void an_invite_makes_contacts_of_both(void **state)
{
    struct party *party = *state;
    uint32_t bob, alice;

    party_meet(party, &party->hosts[0], &party->hosts[1], &bob, &alice);
    assert_string_equal(party_contact(party, &party->hosts[0], bob).petname, "bob");
    assert_string_equal(party_contact(party, &party->hosts[1], alice).petname, "alice");
    assert_true(party_contact(party, &party->hosts[0], bob).is_connected);
    assert_true(party_contact(party, &party->hosts[1], alice).is_connected);
}

static void texts_arrive_both_ways_and_are_known_to_have_arrived(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    assert_int_equal(party_say(party, a, bob, "hello").state, VC_MESSAGE_QUEUED);
    party_run(party, 500);
    party_say(party, b, alice, "hello yourself");
    party_run(party, 500);
    assert_string_equal(party_texts(a, bob), "hello\nhello yourself\n");
    assert_string_equal(party_texts(b, alice), "hello\nhello yourself\n");
    assert_int_equal(party_state(a, bob, "hello"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_state(b, alice, "hello yourself"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_state(b, alice, "hello"), VC_MESSAGE_RECEIVED);
}

static void reading_is_told(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "one");
    party_say(party, a, bob, "two");
    party_run(party, 500);
    assert_int_equal(party_contact(party, b, alice).unread, 2);
    now = party_now(party, b);
    assert_int_equal(vc_chat_mark_read(party_chat(b), &now, alice), VC_OK);
    party_end_turn(party, b);
    party_run(party, 500);
    assert_int_equal(party_contact(party, b, alice).unread, 0);
    assert_int_equal(party_state(b, alice, "one"), VC_MESSAGE_SEEN);
    assert_int_equal(party_state(a, bob, "one"), VC_MESSAGE_READ);
    assert_int_equal(party_state(a, bob, "two"), VC_MESSAGE_READ);
}

static void what_was_written_to_a_dead_node_arrives_when_it_is_back(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "before");
    party_run(party, 500);
    party_crash(party, b);
    party_say(party, a, bob, "while you were away");
    party_run(party, 60 * 1000);
    party_crash(party, a);
    assert_int_equal(party_start(party, b), VC_OK);
    assert_int_equal(party_start(party, a), VC_OK);
    party_run(party, 60 * 1000);
    assert_string_equal(party_texts(b, alice), "before\nwhile you were away\n");
    assert_int_equal(party_state(a, bob, "while you were away"), VC_MESSAGE_DELIVERED);
    party_say(party, b, alice, "here I am");
    party_run(party, 500);
    assert_string_equal(party_texts(a, bob),
                        "before\nwhile you were away\nhere I am\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(an_invite_makes_contacts_of_both),
        PARTY_TEST(texts_arrive_both_ways_and_are_known_to_have_arrived),
        PARTY_TEST(reading_is_told),
        PARTY_TEST(what_was_written_to_a_dead_node_arrives_when_it_is_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
