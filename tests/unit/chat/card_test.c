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

/* The private halves are durable before the card is anywhere. */
static void each_card_brings_one_time_prekeys(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;
    size_t before;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    before = party_rows(b, VC_TABLE_PREKEY);
    vc_memory_commit_at_once(b->store, false);
    b->is_held = true;
    set_name(party, b, "Robert");
    party_run(party, 1000);
    assert_int_equal(party_rows(b, VC_TABLE_PREKEY), before);
    assert_string_equal(party_contact(party, a, bob).own_name, "bob");
    vc_memory_complete(b->store, VC_OK);
    vc_memory_commit_at_once(b->store, true);
    b->is_held = false;
    party_run(party, 1000);
    assert_int_equal(party_rows(b, VC_TABLE_PREKEY), before + VC_CHAT_ONE_TIMES);
    assert_string_equal(party_contact(party, a, bob).own_name, "Robert");
}

static uint32_t prekey_of(struct party_host *host)
{
    struct vc_prekey prekey;

    assert_true(vc_seal_own_prekey(vc_node_seal(host->node), &prekey));
    return prekey.id;
}

static void a_prekey_that_turned_is_told(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice, before, at_a;
    uint64_t mark;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    before = prekey_of(b);
    mark = vc_person_find(party_chat(b), alice)->row.card_acked;
    at_a = prekey_of(a);
    party_run(party, 55 * PARTY_HOUR);
    assert_int_not_equal(prekey_of(b), before);
    assert_int_not_equal(prekey_of(a), at_a);
    assert_true(vc_person_find(party_chat(b), alice)->row.card_acked != mark);
    assert_true(vc_person_find(party_chat(b), alice)->row.card_acked ==
                party_chat(b)->card_mark);
}

/* a has lost what she knew of b's keys, and b is silent. */
static void lose_keys(struct party *party, struct party_host *a, struct party_host *b)
{
    b->is_deaf = true;
    party_crash(party, a);
    party_lose(a, VC_TABLE_SESSION);
    assert_int_equal(party_start(party, a), VC_OK);
}

static void wait_together(struct party *party, struct party_host *b)
{
    b->is_deaf = false;
    party_run(party, 60000);
}

/* His card cannot be opened, and nothing else that he says is about keys. */
static void keys_are_given_until_the_card_is_acknowledged(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    lose_keys(party, a, b);
    wait_together(party, b);
    assert_true(party_contact(party, a, bob).is_connected);
    assert_false(party_seal(party, a, bob).has_prekey);
    lose_keys(party, a, b);
    /* A card that waits for ever. */
    vc_person_find(party_chat(b), alice)->row.card_sent = 6;
    vc_person_find(party_chat(b), alice)->row.card_acked = 5;
    wait_together(party, b);
    assert_true(party_contact(party, a, bob).is_connected);
    assert_true(party_seal(party, a, bob).has_prekey);
    assert_false(party_seal(party, a, bob).has_session);
}

static bool take_keys(struct party *party, struct party_host *a, uint32_t bob,
                      const void *bytes, size_t len)
{
    struct vc_now now = party_now(party, a);

    vc_keys_take(party_chat(a), &now, vc_person_find(party_chat(a), bob),
                 (struct vc_bytes){bytes, len});
    return party_seal(party, a, bob).has_prekey;
}

static void keys_are_taken_from_their_owner_only(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1],
                      *c = &party->hosts[2];
    uint8_t own[VC_KEYS_LEN + 1] = {0}, other[VC_KEYS_LEN];
    struct vc_writer w = vc_writer(own, VC_KEYS_LEN);
    struct vc_prekey prekey;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    lose_keys(party, a, b);
    assert_true(vc_seal_own_prekey(vc_node_seal(b->node), &prekey));
    vc_keys_write(&w, &prekey);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    w = vc_writer(other, sizeof other);
    assert_true(vc_seal_own_prekey(vc_node_seal(c->node), &prekey));
    vc_keys_write(&w, &prekey);
    assert_false(take_keys(party, a, bob, own, VC_KEYS_LEN - 1));
    assert_false(take_keys(party, a, bob, own, VC_KEYS_LEN + 1));
    assert_false(take_keys(party, a, bob, own, 1));
    own[1]++;
    assert_false(take_keys(party, a, bob, own, VC_KEYS_LEN));
    own[1]--;
    assert_int_equal(party_stats(a).dropped_malformed, 4);
    assert_false(take_keys(party, a, bob, other, sizeof other));
    own[VC_KEYS_LEN - 1] ^= 1;
    assert_false(take_keys(party, a, bob, own, VC_KEYS_LEN));
    own[VC_KEYS_LEN - 1] ^= 1;
    assert_int_equal(party_stats(a).dropped_malformed, 4);
    assert_true(take_keys(party, a, bob, own, VC_KEYS_LEN));
    (void)vc_node_chat(a->node);
    party_end_turn(party, a);
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
        PARTY_TEST(each_card_brings_one_time_prekeys),
        PARTY_TEST(a_prekey_that_turned_is_told),
        PARTY_TEST(keys_are_given_until_the_card_is_acknowledged),
        PARTY_TEST(keys_are_taken_from_their_owner_only),
        PARTY_TEST(a_name_must_be_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
