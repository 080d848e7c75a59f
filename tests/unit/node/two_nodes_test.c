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

static uint64_t resealed(struct party_host *host)
{
    struct vc_mail_stats stats;

    vc_mail_stats(vc_node_mail(host->node), &stats);
    return stats.resealed;
}

/* A store from before there were sessions: contacts, and cards that they have acknowledged. */
static void forget_all_sessions(struct party *party, struct party_host *host)
{
    static const enum vc_table tables[] = {VC_TABLE_SESSION, VC_TABLE_SKIPPED,
                                           VC_TABLE_PREKEY, VC_TABLE_REPLAY};

    party_crash(party, host);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        party_lose(host, tables[i]);
    }
}

static void contacts_from_before_sessions_give_each_other_keys(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "before");
    party_run(party, 1000);
    forget_all_sessions(party, a);
    forget_all_sessions(party, b);
    assert_int_equal(party_start(party, a), VC_OK);
    party_say(party, a, bob, "from alice");
    party_run(party, 60000);
    assert_false(party_seal(party, a, bob).has_prekey);
    assert_int_equal(resealed(a), 0);
    assert_int_equal(party_start(party, b), VC_OK);
    party_say(party, b, alice, "from bob");
    party_run(party, 60000);
    assert_true(party_seal(party, a, bob).has_session);
    assert_true(party_seal(party, b, alice).has_session);
    assert_true(resealed(a) > 0);
    assert_string_equal(party_texts(b, alice), "before\nfrom alice\nfrom bob\n");
    assert_string_equal(party_texts(a, bob), "before\nfrom alice\nfrom bob\n");
    assert_int_equal(party_contact(party, a, bob).waiting, 0);
    assert_int_equal(party_contact(party, b, alice).waiting, 0);
}

/* Whatever dies in between. */
static void what_waited_for_keys_survives_a_crash(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    forget_all_sessions(party, a);
    forget_all_sessions(party, b);
    assert_int_equal(party_start(party, a), VC_OK);
    party_say(party, a, bob, "one");
    party_turn(party);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    party_say(party, a, bob, "two");
    party_turn(party);
    assert_int_equal(party_start(party, b), VC_OK);
    for (int i = 0; i < 40; i++) {
        party_run(party, 5);
        if (i % 8 == 7) {
            party_crash(party, a);
            assert_int_equal(party_start(party, a), VC_OK);
        }
    }
    party_run(party, 120000);
    assert_string_equal(party_texts(b, alice), "one\ntwo\n");
    assert_int_equal(party_state(a, bob, "one"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_state(a, bob, "two"), VC_MESSAGE_DELIVERED);
}

/* The other side lost its sessions: it says so, and everything is sealed anew. */
static void a_lost_session_is_replaced_and_nothing_is_lost(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice, generation;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "one");
    party_run(party, 1000);
    generation = party_seal(party, a, bob).generation;
    party_crash(party, b);
    party_lose(b, VC_TABLE_SESSION);
    party_say(party, a, bob, "two");
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, 120000);
    assert_string_equal(party_texts(b, alice), "one\ntwo\n");
    assert_true(party_seal(party, a, bob).generation > generation);
    assert_int_equal(party_seal(party, a, bob).reason, VC_SEAL_UNOPENED);
    assert_int_equal(party_seal(party, b, alice).reason, VC_SEAL_THEIRS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(an_invite_makes_contacts_of_both),
        PARTY_TEST(texts_arrive_both_ways_and_are_known_to_have_arrived),
        PARTY_TEST(reading_is_told),
        PARTY_TEST(contacts_from_before_sessions_give_each_other_keys),
        PARTY_TEST(what_waited_for_keys_survives_a_crash),
        PARTY_TEST(a_lost_session_is_replaced_and_nothing_is_lost),
        PARTY_TEST(what_was_written_to_a_dead_node_arrives_when_it_is_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
