/* The owner sees which session there is with a contact, and hears when another begins. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

static size_t told(struct party_host *host, uint32_t contact)
{
    static struct party_events events;
    size_t count = 0;

    party_events(host, 0, &events);
    for (size_t i = 0; i < events.count; i++) {
        count += events.events[i].kind == VC_EVENT_CONTACT_CHANGED &&
                 events.events[i].change == VC_CHANGE_SESSION &&
                 events.events[i].contact == contact;
    }
    return count;
}

static void the_first_session_is_shown_and_no_news(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_contact contact;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "from alice");
    party_say(party, b, alice, "at the same time");
    party_run(party, 1000);
    contact = party_contact(party, a, bob);
    assert_true(contact.session.has_session);
    assert_int_equal(contact.session.generation, 1);
    assert_true(contact.session.since >= PARTY_START_UNIX);
    assert_false(contact.is_waiting_for_keys);
    assert_int_equal(party_contact(party, b, alice).session.generation, 1);
    assert_int_equal(told(a, bob), 0);
    assert_int_equal(told(b, alice), 0);
}

static void without_keys_the_owner_sees_what_it_waits_for(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    b->is_deaf = true;
    party_crash(party, a);
    party_lose(a, VC_TABLE_SESSION);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_false(party_contact(party, a, bob).session.has_session);
    assert_false(party_contact(party, a, bob).is_waiting_for_keys); /* nothing waits */
    party_say(party, a, bob, "patience");
    assert_true(party_contact(party, a, bob).is_waiting_for_keys);
}

/* b, who lost its sessions, cannot open what a sends. */
static void part(struct party *party, struct party_host *a, struct party_host *b,
                 uint32_t bob)
{
    party_crash(party, b);
    party_lose(b, VC_TABLE_SESSION);
    party_say(party, a, bob, "once more");
    assert_int_equal(party_start(party, b), VC_OK);
}

static void another_session_is_told_once_on_both_sides(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_contact contact;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    part(party, a, b, bob);
    party_run(party, 60000);
    assert_int_equal(told(a, bob), 1);
    assert_int_equal(told(b, alice), 1);
    contact = party_contact(party, a, bob);
    assert_int_equal(contact.session.generation, 2);
    assert_int_equal(contact.session.reason, VC_SEAL_UNOPENED);
    assert_true(contact.session.since >= PARTY_START_UNIX + 4000);
    assert_int_equal(party_contact(party, b, alice).session.reason, VC_SEAL_THEIRS);
    party_say(party, b, alice, "it goes on");
    party_run(party, 60000);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    party_say(party, a, bob, "over a restart");
    party_run(party, 60000);
    assert_int_equal(told(a, bob), 1);
    assert_int_equal(told(b, alice), 1);
    part(party, a, b, bob);
    party_run(party, 60000);
    assert_int_equal(told(a, bob), 2);
    assert_int_equal(party_contact(party, a, bob).session.generation, 3);
}

/* It is written in the turn in which the session began, so neither is there alone. */
static void a_crash_leaves_both_or_none(void **state)
{
    (void)state;
    for (int turns = 20; turns < 60; turns += 3) {
        static struct party party;
        struct party_host *a = &party.hosts[0], *b = &party.hosts[1];
        uint32_t bob, alice;

        party_open(&party);
        party_meet(&party, a, b, &bob, &alice);
        party_run(&party, 1000);
        part(&party, a, b, bob);
        party_run(&party, (vc_ms)turns * 100);
        party_crash(&party, a);
        assert_int_equal(party_start(&party, a), VC_OK);
        assert_int_equal(told(a, bob),
                         party_contact(&party, a, bob).session.generation - 1);
        party_close(&party);
    }
}

static void without_room_it_is_told_later(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    static struct vc_person people[VC_CHAT_ROWS_BYTES_MAX / VC_CHAT_PERSON_BYTES + 1];
    struct vc_person *person;
    struct vc_now now;
    size_t taken = 0;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    part(party, a, b, bob);
    party_run(party, 60000);
    assert_int_equal(told(a, bob), 1);
    person = vc_person_find(party_chat(a), bob);
    person->session_told = 0;
    memset(people, 0, sizeof people);
    while (vc_room_take(party_chat(a), &people[taken], 0, 0) == VC_OK) {
        taken++;
    }
    party_chat(a)->room_bytes = VC_CHAT_ROWS_BYTES_MAX + 1;
    now = party_now(party, a);
    assert_false(vc_session_tell(party_chat(a), &now, person));
    party_end_turn(party, a);
    vc_chat_chore(party_chat(a), person, VC_CHORE_SESSION);
    party_run(party, 2000);
    assert_int_equal(told(a, bob), 2);
    assert_int_equal(person->chores, 0);
    assert_true(vc_session_tell(party_chat(a), &now, person)); /* it was told */
    assert_int_equal(told(a, bob), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(the_first_session_is_shown_and_no_news),
        PARTY_TEST(without_keys_the_owner_sees_what_it_waits_for),
        PARTY_TEST(another_session_is_told_once_on_both_sides),
        cmocka_unit_test(a_crash_leaves_both_or_none),
        PARTY_TEST(without_room_it_is_told_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
