/* Contacts in memory and in rows: names, numbers, loading. */
#include <string.h>

#include "node/chat/self.h"
#include "node/chat/state.h"
#include "tests/unit/node/party.h"

static void equal_names_get_numbers(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1],
                      *c = &party->hosts[2];
    struct vc_now now = party_now(party, c);
    uint32_t bob, second, alice;

    assert_int_equal(vc_chat_set_name(party_chat(c), &now, "BOB"), VC_OK);
    party_end_turn(party, c);
    party_meet(party, a, b, &bob, &alice);
    party_meet(party, a, c, &second, &alice);
    assert_string_equal(party_contact(party, a, bob).petname, "bob");
    assert_string_equal(party_contact(party, a, second).petname, "BOB 2");
}

static void who_has_no_name_is_called_by_his_fingerprint(void **state)
{
    struct party *party = *state;
    struct vc_chat *chat = party_chat(&party->hosts[0]);
    struct vc_card card = {.root = {{7}}};
    char name[VC_NAME_MAX + 1];

    vc_person_pick_name(chat, "", &card, name);
    assert_int_equal(strlen(name), 8);
    memcpy(card.name,
           "\xe2\x80\xae"
           "evil",
           8);
    vc_person_pick_name(chat, "", &card, name);
    assert_int_equal(strlen(name), 8);
    vc_person_pick_name(chat, "Mallory", &card, name);
    assert_string_equal(name, "Mallory");
}

static void numbers_are_never_used_again(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now;
    uint32_t bob, again, alice;
    uint32_t peer;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    peer = party_contact(party, a, bob).peer;
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_remove(party_chat(a), &now, bob), VC_OK);
    party_end_turn(party, a);
    party_run(party, 5000);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    party_meet(party, a, &party->hosts[2], &again, &alice);
    assert_int_equal(again, bob + 1);
    assert_true(party_contact(party, a, again).peer > peer);
}

static void everything_is_there_after_a_restart(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_contact before, after;
    uint32_t bob, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party_run(party, 1000);
    before = party_contact(party, a, bob);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    after = party_contact(party, a, bob);
    assert_memory_equal(before.root.b, after.root.b, sizeof before.root.b);
    assert_string_equal(before.petname, after.petname);
    assert_string_equal(before.own_name, after.own_name);
    assert_int_equal(before.peer, after.peer);
    assert_true(vc_addr_equal(&before.addr, &after.addr));
    assert_true(after.last_seen_at > 0);
}

/* Before anything was sealed for him, and over a restart. */
static void a_new_contact_can_be_sealed_for(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_card card;
    struct vc_person *person;
    struct vc_seal_state seal;
    struct vc_now now = party_now(party, a);

    vc_own_card(party_chat(b), &card);
    assert_true(card.has_prekey);
    assert_int_equal(vc_person_add(party_chat(a), &now, &card, "", 77, &person), VC_OK);
    assert_true(vc_seal_state(vc_node_seal(a->node), &now, 77, &seal));
    assert_true(seal.has_prekey);
    assert_false(seal.has_session);
    party_end_turn(party, a);
    party_turn(party);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_true(vc_seal_state(vc_node_seal(a->node), &now, 77, &seal));
    assert_true(seal.has_prekey);
    vc_card_wipe(&card);
}

/* A version from before there were any says none: then keys have to come by themselves. */
static void a_card_without_keys_is_a_card(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_card card;
    struct vc_person *person;
    struct vc_now now = party_now(party, a);

    vc_own_card(party_chat(b), &card);
    card.has_prekey = false;
    assert_int_equal(vc_person_add(party_chat(a), &now, &card, "", 77, &person), VC_OK);
    party_end_turn(party, a);
    party_turn(party);
    assert_false(party_seal(party, a, person->id).has_prekey);
    card.has_prekey = true;
    assert_int_equal(vc_room_take(party_chat(a), person, VC_KEYS_OPS, VC_KEYS_BYTES),
                     VC_OK);
    vc_person_set_card(party_chat(a), &now, person, &card);
    assert_true(party_seal(party, a, person->id).has_prekey);
    (void)vc_node_chat(a->node);
    party_end_turn(party, a);
    vc_card_wipe(&card);
}

static vc_err restart_with(struct party *party, struct party_host *host,
                           enum vc_table table, struct vc_bytes key,
                           struct vc_bytes value)
{
    vc_err err;

    assert_int_equal(vc_store_reserve(host->store, 1, 1024), VC_OK);
    vc_store_put(host->store, table, key, value);
    (void)vc_node_chat(host->node);
    party_end_turn(party, host);
    party_turn(party);
    party_crash(party, host);
    err = party_start(party, host);
    if (err != VC_OK) {
        vc_store_close(host->store);
        host->store = NULL;
    }
    return err;
}

static void rows_that_make_no_sense_are_said_to_be_damage(void **state)
{
    static const enum vc_table tables[] = {
        VC_TABLE_CONTACT, VC_TABLE_DEVICE, VC_TABLE_CONVERSATION, VC_TABLE_INVITE,
        VC_TABLE_JOIN,    VC_TABLE_GAP,    VC_TABLE_UNSETTLED,    VC_TABLE_EVENT};
    static const uint8_t key[] = {0, 0, 0, 1}, value[] = {1, 2, 3};

    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        static struct party party;
        uint32_t bob, alice;

        party_open(&party);
        party_meet(&party, &party.hosts[0], &party.hosts[1], &bob, &alice);
        assert_int_equal(restart_with(&party, &party.hosts[0], tables[i], VC_BYTES(key),
                                      VC_BYTES(value)),
                         VC_ERR_STORE_DAMAGED);
        party_close(&party);
    }
}

static void settings_that_make_no_sense_are_said_to_be_damage(void **state)
{
    static const uint8_t owner[] = "owner", counters[] = "counters",
                         value[] = {1, 2, 3};
    struct party *party = *state;

    assert_int_equal(restart_with(party, &party->hosts[0], VC_TABLE_SETTING,
                                  (struct vc_bytes){owner, 5}, VC_BYTES(value)),
                     VC_ERR_STORE_DAMAGED);
    assert_int_equal(restart_with(party, &party->hosts[1], VC_TABLE_SETTING,
                                  (struct vc_bytes){counters, 8}, VC_BYTES(value)),
                     VC_ERR_STORE_DAMAGED);
}

/* Gives @host, which is down, an empty disk with the account of @of and a second device of
 * it. */
static void become_second_device(struct party_host *host, struct party_host *of)
{
    static const uint16_t both[] = {0, 1};
    const struct vc_secret32 seeds[] = {{{6}}, {{7}}};
    struct vc_account account = *vc_node_account(of->node);
    struct vc_device device;

    vc_account_sign_live(&account, both, 2, 1790000000);
    vc_device_init(&device, &account, 1, 1790000000, &seeds[0], &seeds[1]);
    vc_memory_disk_free(host->disk);
    host->disk = vc_memory_disk_new();
    assert_non_null(host->disk);
    assert_int_equal(vc_memory_open(host->disk, &host->store), VC_OK);
    vc_memory_commit_at_once(host->store, true);
    assert_int_equal(vc_store_reserve(host->store, VC_SELF_OPS, VC_SELF_BYTES), VC_OK);
    vc_self_put(host->store, &account, &device);
    assert_true(vc_store_submit(host->store) > 0);
    (void)vc_store_poll(host->store);
    vc_account_wipe(&account);
    vc_device_wipe(&device);
}

static void a_new_device_is_told_and_keeps_the_mark(void **state)
{
    static struct party_events events;
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1],
                      *c = &party->hosts[2];
    struct vc_invite_state invite;
    struct vc_join_state join;
    struct vc_chat_keys keys;
    struct vc_now now;
    uint32_t bob, alice, peer;
    size_t told = 0;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    peer = party_contact(party, a, bob).peer;
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_set_verified(party_chat(a), &now, bob, true),
                     VC_OK);
    assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "", &invite), VC_OK);
    party_end_turn(party, a);
    party_turn(party);
    party_crash(party, c);
    become_second_device(c, b);
    party_crash(party, b);
    assert_int_equal(party_start(party, c), VC_OK);
    now = party_now(party, c);
    assert_int_equal(vc_chat_join(party_chat(c), &now, invite.text, "", &join), VC_OK);
    party_end_turn(party, c);
    party_run(party, 5000);
    now = party_now(party, a);
    assert_int_equal(vc_chat_contacts(party_chat(a), &now, NULL, 0), 1);
    assert_true(party_contact(party, a, bob).device_since > PARTY_START_UNIX);
    assert_true(party_contact(party, a, bob).is_verified);
    party_events(a, 0, &events);
    for (size_t i = 0; i < events.count; i++) {
        told += events.events[i].kind == VC_EVENT_CONTACT_CHANGED &&
                events.events[i].change == VC_CHANGE_DEVICE;
    }
    assert_int_equal(told, 1);
    /* Whoever has the old device has the key: it turns. */
    vc_chat_keys(party_chat(a), &keys);
    assert_int_equal(keys.contacts_generation, 1);
    /* Its own keys count for it, and the old one's are forgotten. */
    assert_true(party_seal(party, a, bob).has_prekey);
    assert_true(party_contact(party, a, bob).peer > peer);
    {
        struct vc_seal_state seal;

        assert_false(vc_seal_state(vc_node_seal(a->node), &now, peer, &seal));
    }
    /* And the old one, with its older statement, is not believed any more. */
    assert_int_equal(vc_person_find(party_chat(a), bob)->row.live_seq, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(equal_names_get_numbers),
        PARTY_TEST(who_has_no_name_is_called_by_his_fingerprint),
        PARTY_TEST(numbers_are_never_used_again),
        PARTY_TEST(everything_is_there_after_a_restart),
        PARTY_TEST(a_new_contact_can_be_sealed_for),
        PARTY_TEST(a_card_without_keys_is_a_card),
        cmocka_unit_test(rows_that_make_no_sense_are_said_to_be_damage),
        PARTY_TEST(settings_that_make_no_sense_are_said_to_be_damage),
        PARTY_TEST(a_new_device_is_told_and_keeps_the_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
