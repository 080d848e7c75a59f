/* The contacts key turns, once a day, and older ones stay good as long as needed. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

static struct vc_chat_keys keys_of(struct party_host *host)
{
    struct vc_chat_keys keys;

    vc_chat_keys(party_chat(host), &keys);
    return keys;
}

static void remove_contact(struct party *party, struct party_host *host,
                           uint32_t contact)
{
    struct vc_now now = party_now(party, host);

    assert_int_equal(vc_chat_contact_remove(party_chat(host), &now, contact), VC_OK);
    party_end_turn(party, host);
}

/* What @host knows of the other's key is what he has. */
static void assert_knows_key_of(struct party_host *host, uint32_t contact,
                                struct party_host *other)
{
    const struct vc_person *person = vc_person_find(party_chat(host), contact);
    const struct vc_account *account = vc_node_account(other->node);

    assert_int_equal(person->row.contacts_generation, account->contacts_generation);
    assert_memory_equal(&person->row.contacts, &account->contacts,
                        sizeof account->contacts);
}

static struct vc_link_stats link_stats(struct party_host *host)
{
    struct vc_link_stats stats;

    vc_link_stats(vc_node_link(host->node), &stats);
    return stats;
}

/* Forgets where a contact may be, so that he has to come by himself. */
static void forget_place(struct party_host *host, uint32_t contact)
{
    struct vc_person *person = vc_person_find(party_chat(host), contact);

    person->device.addr_count = 0;
    person->device.good_count = 0;
}

static void who_is_removed_gets_no_answer_when_the_others_know(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1],
                      *c = &party->hosts[2];
    struct vc_link_stats before, after;
    uint32_t bob, carol, alice_at_b, alice_at_c;

    party_meet(party, a, b, &bob, &alice_at_b);
    party_meet(party, a, c, &carol, &alice_at_c);
    party_run(party, 1000);
    assert_int_equal(keys_of(a).contacts_generation, 0);
    assert_true(keys_of(a).turn_at == VC_NEVER);
    remove_contact(party, a, bob);
    party_run(party, 2000);
    assert_int_equal(keys_of(a).contacts_generation, 1);
    assert_int_equal(keys_of(a).contacts_valid, 1);
    assert_knows_key_of(c, alice_at_c, a);
    assert_true(party_contact(party, a, carol).is_connected);
    before = link_stats(a);
    party_say(party, b, alice_at_b, "are you there?");
    party_run(party, 60 * 1000); /* before the session with carol takes new keys */
    after = link_stats(a);
    assert_int_equal(after.dh_for_strangers, before.dh_for_strangers);
    assert_int_equal(after.handshakes, before.handshakes);
    assert_true(after.dropped_strange > before.dropped_strange);
    assert_int_equal(party_state(b, alice_at_b, "are you there?"), VC_MESSAGE_QUEUED);
}

static void the_old_key_is_good_for_who_was_away(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *c = &party->hosts[2];
    uint32_t bob, carol, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party_meet(party, a, c, &carol, &alice);
    party_run(party, 1000);
    party_crash(party, c);
    remove_contact(party, a, bob);
    party_run(party, 60000);
    assert_int_equal(keys_of(a).contacts_generation, 1);
    assert_int_equal(keys_of(a).contacts_valid, 2);
    /* It is kept over a restart, and is what carol comes with. */
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_int_equal(keys_of(a).contacts_generation, 1);
    assert_int_equal(keys_of(a).contacts_valid, 2);
    forget_place(a, carol);
    assert_int_equal(party_start(party, c), VC_OK);
    party_run(party, 20000);
    assert_true(party_contact(party, a, carol).is_connected);
    assert_knows_key_of(c, alice, a);
    assert_int_equal(keys_of(a).contacts_valid, 1);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_int_equal(keys_of(a).contacts_valid, 1);
}

static void it_turns_once_a_day_and_a_wish_outlives_a_crash(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    vc_ms turned_at;
    uint32_t bob, carol, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party_meet(party, a, &party->hosts[2], &carol, &alice);
    remove_contact(party, a, bob);
    party_run(party, 1000);
    turned_at = party_chat(a)->turning.turned_at;
    assert_int_equal(keys_of(a).contacts_generation, 1);
    party_run(party, PARTY_HOUR);
    remove_contact(party, a, carol);
    party_run(party, 1000);
    assert_int_equal(keys_of(a).contacts_generation, 1);
    assert_true(keys_of(a).turn_at == turned_at + 24 * PARTY_HOUR);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    party_run(party, 22 * PARTY_HOUR);
    assert_int_equal(keys_of(a).contacts_generation, 1);
    party_run(party, PARTY_HOUR);
    assert_int_equal(keys_of(a).contacts_generation, 2);
    assert_int_equal(keys_of(a).contacts_valid, 1); /* nobody is left */
    assert_true(keys_of(a).turn_at == VC_NEVER);
    party_run(party, 48 * PARTY_HOUR);
    assert_int_equal(keys_of(a).contacts_generation, 2);
}

static void a_clock_that_was_wrong_does_not_hold_it_up(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    uint32_t bob, carol, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party_meet(party, a, &party->hosts[2], &carol, &alice);
    a->skew_ms = INT64_C(365) * 24 * 3600 * 1000;
    remove_contact(party, a, bob);
    party_run(party, 1000);
    assert_int_equal(keys_of(a).contacts_generation, 1);
    a->skew_ms = 0;
    remove_contact(party, a, carol);
    party_run(party, 1000);
    assert_int_equal(keys_of(a).contacts_generation, 2);
}

static void blocking_turns_it_and_who_is_unblocked_gets_the_new_one(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_set_blocked(party_chat(a), &now, bob, true),
                     VC_OK);
    party_end_turn(party, a);
    party_run(party, 5000);
    assert_int_equal(keys_of(a).contacts_generation, 1);
    assert_int_equal(keys_of(a).contacts_valid, 1); /* the blocked one does not count */
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_set_blocked(party_chat(a), &now, bob, false),
                     VC_OK);
    party_end_turn(party, a);
    party_run(party, 5000);
    assert_int_equal(keys_of(a).contacts_generation, 1);
    assert_true(party_contact(party, a, bob).is_connected);
    assert_knows_key_of(b, alice, a);
}

static void the_oldest_of_sixteen_goes(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    party_crash(party, b);
    for (int day = 1; day <= 20; day++) {
        assert_int_equal(vc_room_take(party_chat(a), NULL, 1, VC_TURNING_BYTES), VC_OK);
        vc_turning_want(party_chat(a));
        party_end_turn(party, a);
        party_run(party, 2000);
        assert_int_equal(keys_of(a).contacts_generation, day);
        /* The card with key 1 is under way to bob: he may have it or key 0. */
        assert_int_equal(keys_of(a).contacts_valid, day < 16    ? day + 1
                                                    : day == 16 ? 16
                                                                : 1);
        a->skew_ms += INT64_C(25) * 3600 * 1000;
    }
    /* Bob has none that is good: he is not answered, but found by us. */
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, 2 * PARTY_HOUR);
    assert_true(party_contact(party, a, bob).is_connected);
    assert_knows_key_of(b, alice, a);
    assert_int_equal(keys_of(a).contacts_valid, 1);
}

static void what_was_not_committed_has_not_turned(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    a->is_held = true;
    vc_memory_commit_at_once(a->store, false);
    remove_contact(party, a, bob);
    party_run(party, 1000);
    party_crash(party, a);
    a->is_held = false;
    assert_int_equal(party_start(party, a), VC_OK);
    party_run(party, 20000);
    assert_int_equal(keys_of(a).contacts_generation, 0);
    assert_true(party_contact(party, a, bob).is_connected);
    assert_knows_key_of(b, alice, a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(who_is_removed_gets_no_answer_when_the_others_know),
        PARTY_TEST(the_old_key_is_good_for_who_was_away),
        PARTY_TEST(it_turns_once_a_day_and_a_wish_outlives_a_crash),
        PARTY_TEST(a_clock_that_was_wrong_does_not_hold_it_up),
        PARTY_TEST(blocking_turns_it_and_who_is_unblocked_gets_the_new_one),
        PARTY_TEST(the_oldest_of_sixteen_goes),
        PARTY_TEST(what_was_not_committed_has_not_turned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
