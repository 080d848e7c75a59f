/* Our card reaches those who have an older one, once. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

static void set_name(struct party *party, struct party_host *host, const char *name)
{
    struct vc_now now = party_now(party, host);

    assert_int_equal(vc_chat_set_name(party_chat(host), &now, name), VC_OK);
    party_end_turn(party, host);
}

static void a_new_name_reaches_contacts_and_leaves_the_petname(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    set_name(party, b, "Robert");
    party_run(party, 1000);
    assert_string_equal(party_contact(party, a, bob).own_name, "Robert");
    assert_string_equal(party_contact(party, a, bob).petname, "bob");
    assert_int_equal(party_event_count(a, VC_EVENT_CONTACT_CHANGED), 1);
}

static void what_changed_while_away_is_told_at_the_next_meeting(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_addr two[2];
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_crash(party, a);
    party_run(party, 60000);
    set_name(party, b, "one");
    set_name(party, b, "two");
    two[0] = b->addr;
    two[1] = b->addr;
    two[1].port = 777;
    now = party_now(party, b);
    vc_node_set_addresses(b->node, &now, two, 2);
    party_end_turn(party, b);
    assert_int_equal(party_contact(party, b, alice).waiting, 0); /* nothing piles up */
    assert_int_equal(party_start(party, a), VC_OK);
    party_run(party, 60000);
    assert_string_equal(party_contact(party, a, bob).own_name, "two");
    assert_int_equal(vc_person_find(party_chat(a), bob)->device.addr_count, 2);
}

static uint64_t sent_by(struct party *party, struct party_host *host, uint32_t contact)
{
    struct vc_mail_state state;

    assert_true(vc_mail_state(vc_node_mail(host->node),
                              party_contact(party, host, contact).peer, &state));
    return state.sent;
}

static void who_has_it_does_not_get_it_again(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint64_t sent;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    sent = sent_by(party, b, alice);
    for (int i = 0; i < 3; i++) {
        party_crash(party, b);
        assert_int_equal(party_start(party, b), VC_OK);
        party_run(party, 60000);
        assert_true(party_contact(party, b, alice).is_connected);
    }
    assert_int_equal(sent_by(party, b, alice), sent);
}

static void changes_back_and_forth_end_with_the_last(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    for (int i = 0; i < 10; i++) {
        set_name(party, b, i % 2 == 0 ? "even" : "odd");
        party_run(party, (vc_ms)i);
    }
    set_name(party, b, "bob"); /* as at first */
    party_run(party, 2000);
    assert_string_equal(party_contact(party, a, bob).own_name, "bob");
    assert_int_equal(party_contact(party, b, alice).waiting, 0);
}

static void a_name_must_be_one(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now = party_now(party, a);
    struct vc_owner owner;

    assert_int_equal(vc_chat_set_name(party_chat(a), &now, "a\x1b[0m"),
                     VC_ERR_BAD_NAME);
    vc_chat_owner(party_chat(a), &owner);
    assert_string_equal(owner.name, "alice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(a_new_name_reaches_contacts_and_leaves_the_petname),
        PARTY_TEST(what_changed_while_away_is_told_at_the_next_meeting),
        PARTY_TEST(who_has_it_does_not_get_it_again),
        PARTY_TEST(changes_back_and_forth_end_with_the_last),
        PARTY_TEST(a_name_must_be_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
