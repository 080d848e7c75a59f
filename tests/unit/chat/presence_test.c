/* Who is there, where he was last, and when he is tried again. */
#include <string.h>

#include "node/chat/limits.h"
#include "tests/unit/node/party.h"

static void contacts_are_tried_at_start_without_a_message(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_crash(party, a);
    party_crash(party, b);
    party_run(party, 1000);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, VC_CHAT_FIRST_TRY_SPREAD_MS + 1000);
    assert_true(party_contact(party, a, bob).is_connected);
    assert_true(party_contact(party, b, alice).is_connected);
}

static void who_is_away_is_tried_ever_more_seldom(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_contact contact;
    vc_ms first, later;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_crash(party, b);
    party_run(party, 5 * 60 * 1000);
    contact = party_contact(party, a, bob);
    assert_false(contact.is_connected);
    assert_int_equal(contact.last_failure, VC_ERR_PEER_UNREACHABLE);
    first = contact.retry_at - (PARTY_START_UNIX + party->now);
    party_run(party, 24 * PARTY_HOUR);
    contact = party_contact(party, a, bob);
    later = contact.retry_at == VC_NEVER
                ? 0
                : contact.retry_at - (PARTY_START_UNIX + party->now);
    assert_true(first <= 20 * 60 * 1000);
    assert_true(later <= 2 * VC_CHAT_TRY_BACKOFF_MAX_MS);
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, 5000); /* who comes back tells us */
    assert_true(party_contact(party, a, bob).is_connected);
    assert_int_equal(party_contact(party, a, bob).last_failure, VC_OK);
}

static void an_idle_pair_does_next_to_nothing(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_link_stats before, after;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 10 * 60 * 1000);
    vc_link_stats(vc_node_link(a->node), &before);
    party_run(party, 10 * 60 * 1000);
    vc_link_stats(vc_node_link(a->node), &after);
    assert_true(party_contact(party, a, bob).is_connected);
    assert_true(after.datagrams_out - before.datagrams_out +
                    (after.datagrams_in - before.datagrams_in) <=
                10 * 4);
}

static void where_somebody_was_met_is_remembered(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_crash(party, b);
    b->addr.port = 4999;
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, 60000);
    assert_int_equal(party_contact(party, a, bob).addr.port, 4999);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_int_equal(party_contact(party, a, bob).addr.port, 4999);
    party_run(party, 60000);
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_try(party_chat(a), &now, bob), VC_OK);
    assert_int_equal(vc_chat_contact_try(party_chat(a), &now, 99), VC_ERR_NO_CONTACT);
}

static void coming_and_going_is_told(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;
    uint64_t told;

    party_meet(party, a, b, &bob, &alice);
    told = a->presences;
    assert_true(told >= 1);
    party_stop(party, b);
    party_run(party, 1000);
    assert_false(party_contact(party, a, bob).is_connected);
    assert_int_equal(party_contact(party, a, bob).last_failure, VC_ERR_AWAY);
    assert_true(a->presences > told);
    told = a->presences;
    party_run(party, 6 * PARTY_HOUR);
    assert_true(a->presences <= told + 2); /* not at every attempt */
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, 5000);
    assert_true(a->presences > told);
}

static void a_message_does_not_wait_for_the_next_slow_attempt(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    b->is_deaf = true;
    party_run(party, 6 * PARTY_HOUR);
    assert_false(party_contact(party, a, bob).is_connected);
    b->is_deaf = false;
    party_say(party, a, bob, "now");
    party_run(party, 2000);
    assert_int_equal(party_state(a, bob, "now"), VC_MESSAGE_DELIVERED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(contacts_are_tried_at_start_without_a_message),
        PARTY_TEST(who_is_away_is_tried_ever_more_seldom),
        PARTY_TEST(an_idle_pair_does_next_to_nothing),
        PARTY_TEST(where_somebody_was_met_is_remembered),
        PARTY_TEST(coming_and_going_is_told),
        PARTY_TEST(a_message_does_not_wait_for_the_next_slow_attempt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
