/* Whom find is asked for, and what becomes of what it has found: with a DHT of three nodes. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

struct pair {
    struct party *party;
    struct party_host *a, *b; /* contacts; the third is but a node of the DHT */
    uint32_t b_at_a, a_at_b;
};

static struct pair meet(struct party *party)
{
    struct pair p = {.party = party, .a = &party->hosts[0], .b = &party->hosts[1]};

    party_begin_dht(party);
    party_meet(party, p.a, p.b, &p.b_at_a, &p.a_at_b);
    party_run(party, 20000);
    return p;
}

static struct vc_find_status status(struct party *party, struct party_host *host)
{
    struct vc_find_status status;
    struct vc_now now = party_now(party, host);

    vc_find_status(vc_node_find(host->node), &now, &status);
    return status;
}

static bool is_there(struct party_host *host, uint32_t contact, const char *text)
{
    return strstr(party_texts(host, contact), text) != NULL;
}

static void everybody_is_published(void **state)
{
    struct pair p = meet(*state);

    for (size_t i = 0; i < PARTY_HOSTS; i++) {
        struct vc_find_status s = status(p.party, &p.party->hosts[i]);

        assert_true(s.is_published);
        assert_int_equal(s.holders, 2);
        assert_int_equal(s.addr_count, 1);
        assert_true(vc_addr_equal(&s.addrs[0], &p.party->hosts[i].addr));
    }
    assert_int_equal(status(p.party, p.a).lookups, 0);
}

static void two_who_both_moved_talk_again(void **state)
{
    struct pair p = meet(*state);
    struct vc_contact contact;

    party_move(p.party, p.a, 50);
    party_move(p.party, p.b, 60);
    party_say(p.party, p.a, p.b_at_a, "here I am");
    party_say(p.party, p.b, p.a_at_b, "and I am there");
    party_run(p.party, 5000);
    assert_true(is_there(p.b, p.a_at_b, "here I am"));
    assert_true(is_there(p.a, p.b_at_a, "and I am there"));
    contact = party_contact(p.party, p.a, p.b_at_a);
    assert_true(contact.is_connected);
    assert_true(vc_addr_equal(&contact.addr, &p.b->addr));
}

static void who_comes_back_elsewhere_finds_who_has_moved_meanwhile(void **state)
{
    struct pair p = meet(*state);

    party_crash(p.party, p.b);
    party_run(p.party, PARTY_HOUR);
    party_move(p.party, p.a, 50);
    party_say(p.party, p.a, p.b_at_a, "are you back?");
    party_run(p.party, PARTY_HOUR);
    party_move(p.party, p.b, 60);
    assert_int_equal(party_start(p.party, p.b), VC_OK);
    /* He has nothing to say, and looks for us once all the same. */
    party_run(p.party, VC_CHAT_FIRST_TRY_SPREAD_MS + VC_CHAT_SEEK_AFTER_MS +
                           2 * VC_CHAT_ANNOUNCE_STEP_MS + 2000);
    assert_true(is_there(p.b, p.a_at_b, "are you back?"));
}

static void nobody_is_looked_for_when_nothing_waits(void **state)
{
    struct pair p = meet(*state);
    uint64_t before;

    party_stop(p.party, p.b); /* he says goodbye */
    party_run(p.party, 24 * PARTY_HOUR);
    assert_int_equal(status(p.party, p.a).lookups, 0);
    assert_int_equal(party_start(p.party, p.b), VC_OK);
    party_run(p.party, 10000);
    party_crash(p.party, p.b); /* he does not: he may be elsewhere */
    party_run(p.party, PARTY_HOUR);
    before = status(p.party, p.a).lookups;
    assert_true(before >= 3 && before <= 12);
    party_run(p.party, 24 * PARTY_HOUR);
    assert_int_equal(status(p.party, p.a).lookups, before);
}

static void for_what_waits_he_is_looked_for_ever_more_rarely(void **state)
{
    struct pair p = meet(*state);
    uint64_t first, day;

    party_stop(p.party, p.b);
    party_say(p.party, p.a, p.b_at_a, "for you");
    party_run(p.party, 60000);
    first = status(p.party, p.a).lookups;
    assert_true(first >= 3 && first <= 5);
    party_run(p.party, 24 * PARTY_HOUR);
    day = status(p.party, p.a).lookups - first;
    assert_true(day >= 10 && day <= 30);
    assert_int_equal(party_start(p.party, p.b), VC_OK);
    party_run(p.party, 10000);
    assert_true(is_there(p.b, p.a_at_b, "for you"));
    assert_int_equal(status(p.party, p.a).seeking + status(p.party, p.a).waiting, 0);
}

static void the_owner_may_ask_for_it(void **state)
{
    struct pair p = meet(*state);
    struct vc_now now;
    uint64_t before;

    party_stop(p.party, p.b);
    party_run(p.party, PARTY_HOUR);
    before = status(p.party, p.a).lookups;
    for (int i = 0; i < 2; i++) {
        now = party_now(p.party, p.a);
        assert_int_equal(vc_chat_contact_try(party_chat(p.a), &now, p.b_at_a), VC_OK);
        party_end_turn(p.party, p.a);
        party_run(p.party, 60000);
        assert_true(status(p.party, p.a).lookups >= before + 3);
        before = status(p.party, p.a).lookups;
    }
}

static void who_is_blocked_or_removed_is_not_looked_for(void **state)
{
    struct pair p = meet(*state);
    struct vc_now now;
    uint64_t before;

    party_stop(p.party, p.b);
    party_say(p.party, p.a, p.b_at_a, "for you");
    party_run(p.party, 1000);
    now = party_now(p.party, p.a);
    assert_int_equal(vc_chat_contact_set_blocked(party_chat(p.a), &now, p.b_at_a, true),
                     VC_OK);
    party_end_turn(p.party, p.a);
    before = status(p.party, p.a).lookups;
    assert_int_equal(status(p.party, p.a).seeking + status(p.party, p.a).waiting, 0);
    party_run(p.party, PARTY_HOUR);
    assert_int_equal(status(p.party, p.a).lookups, before);
    now = party_now(p.party, p.a);
    assert_int_equal(vc_chat_contact_remove(party_chat(p.a), &now, p.b_at_a), VC_OK);
    party_end_turn(p.party, p.a);
    party_run(p.party, PARTY_HOUR);
    assert_int_equal(status(p.party, p.a).lookups, before);
}

static void an_invite_works_after_its_maker_has_moved(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_invite_state invite;
    struct vc_join_state join;
    struct vc_contact contact;
    struct vc_now now;

    party_begin_dht(party);
    now = party_now(party, a);
    assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "", &invite), VC_OK);
    party_end_turn(party, a);
    party_run(party, 1000);
    assert_int_equal(status(party, a).invite_places, 1);
    party_move(party, a, 50);
    party_run(party, 3000);
    now = party_now(party, b);
    assert_int_equal(vc_chat_join(party_chat(b), &now, invite.text, "", &join), VC_OK);
    party_end_turn(party, b);
    party_run(party, 3000);
    assert_int_equal(vc_chat_contacts(party_chat(b), &now, &contact, 1), 1);
    assert_true(vc_addr_equal(&contact.addr, &a->addr));
    /* He has acknowledged our card, and need not come once more. */
    assert_int_equal(status(party, a).invite_places, 0);
}

static void revoked_and_expired_invites_have_no_places(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_invite_state first, second;
    struct vc_now now;

    party_begin_dht(party);
    now = party_now(party, a);
    assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "", &first), VC_OK);
    assert_int_equal(vc_chat_invite(party_chat(a), &now, 1, "", &second), VC_OK);
    party_end_turn(party, a);
    party_run(party, 5000);
    assert_int_equal(status(party, a).invite_places, 2);
    now = party_now(party, a);
    assert_int_equal(vc_chat_invite_revoke(party_chat(a), &now, first.id), VC_OK);
    party_end_turn(party, a);
    party_run(party, 1000);
    assert_int_equal(status(party, a).invite_places, 1);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    party_run(party, 20000);
    assert_int_equal(status(party, a).invite_places, 1);
    party_run(party, 48 * PARTY_HOUR);
    assert_int_equal(status(party, a).invite_places, 0);
    assert_true(status(party, a).is_published); /* two days later, too */
}

static void a_forward_leads_to_the_new_record_key(void **state)
{
    struct pair p = meet(*state);
    struct vc_person *person;
    uint32_t invites;
    struct vc_now now;

    party_stop(p.party, p.a);
    now = party_now(p.party, p.b);
    assert_int_equal(vc_chat_move(party_chat(p.b), &now, NULL, &invites), VC_OK);
    party_end_turn(p.party, p.b);
    party_run(p.party, 20000);
    assert_int_equal(status(p.party, p.b).forward_places, 1);
    party_move(p.party, p.b, 60);
    party_run(p.party, 20000);
    party_move(p.party, p.a, 50);
    assert_int_equal(party_start(p.party, p.a), VC_OK);
    party_say(p.party, p.a, p.b_at_a, "where have you gone?");
    party_run(p.party, 6000);
    assert_true(is_there(p.b, p.a_at_b, "where have you gone?"));
    person = vc_person_find(party_chat(p.a), p.b_at_a);
    assert_int_equal(person->row.record_generation, 1);
    assert_memory_equal(person->row.record.b, vc_node_account(p.b->node)->record.b, 32);
    /* Over restarts, too. */
    party_crash(p.party, p.a);
    assert_int_equal(party_start(p.party, p.a), VC_OK);
    assert_int_equal(vc_person_find(party_chat(p.a), p.b_at_a)->row.record_generation,
                     1);
}

static void a_forward_of_another_key_changes_nothing(void **state)
{
    struct pair p = meet(*state);
    struct vc_person *person = vc_person_find(party_chat(p.a), p.b_at_a);
    struct vc_find_output output = {.kind = VC_FIND_FORWARD, .peer = person->row.peer};
    struct vc_key32 before = person->row.record;
    struct vc_now now = party_now(p.party, p.a);

    output.forward.old_record = before;
    output.forward.old_record.b[0] ^= 1;
    output.forward.new_generation = 9;
    vc_chat_find_output(party_chat(p.a), &now, &output);
    assert_memory_equal(person->row.record.b, before.b, 32);
    output.forward.old_record = before;
    output.forward.new_generation = 0;
    vc_chat_find_output(party_chat(p.a), &now, &output);
    assert_memory_equal(person->row.record.b, before.b, 32);
    output.peer = 4711; /* nobody */
    vc_chat_find_output(party_chat(p.a), &now, &output);
}

static void without_a_dht_nobody_is_looked_for(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    assert_null(vc_node_find(a->node));
    assert_null(vc_node_dht(a->node));
    party_move(party, a, 50);
    party_run(party, 3000);
    party_say(party, a, bob, "still here");
    party_run(party, 3000);
    assert_string_equal(party_texts(b, alice), "still here\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(everybody_is_published),
        PARTY_TEST(two_who_both_moved_talk_again),
        PARTY_TEST(who_comes_back_elsewhere_finds_who_has_moved_meanwhile),
        PARTY_TEST(nobody_is_looked_for_when_nothing_waits),
        PARTY_TEST(for_what_waits_he_is_looked_for_ever_more_rarely),
        PARTY_TEST(the_owner_may_ask_for_it),
        PARTY_TEST(who_is_blocked_or_removed_is_not_looked_for),
        PARTY_TEST(an_invite_works_after_its_maker_has_moved),
        PARTY_TEST(revoked_and_expired_invites_have_no_places),
        PARTY_TEST(a_forward_leads_to_the_new_record_key),
        PARTY_TEST(a_forward_of_another_key_changes_nothing),
        PARTY_TEST(without_a_dht_nobody_is_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
