/* What comes from a contact who may lie: kept, dropped and counted, and never twice. */
#include <string.h>

#include "node/chat/limits.h"
#include "node/chat/state.h"
#include "tests/unit/node/party.h"

/* Everything was acknowledged, so nothing comes again for ever. */
static void expect_settled(struct party *party, uint32_t alice)
{
    party_run(party, 2000);
    assert_int_equal(party_contact(party, &party->hosts[1], alice).waiting, 0);
}

static void what_is_malformed_is_counted_and_acknowledged(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint8_t short_one[] = {1}, version[] = {9, 1, 0}, kind[] = {1, 99, 0};
    uint8_t message[] = {1, 1, 0, 0, 0, 0}, read[] = {1, 2, 0}, pull[] = {1, 3, 0};
    uint8_t gone[] = {1, 4, 65}, card[] = {1, 5, 1, 2, 3};
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_forge(party, b, alice, VC_BYTES(short_one));
    party_forge(party, b, alice, VC_BYTES(version));
    party_forge(party, b, alice, VC_BYTES(kind));
    party_forge(party, b, alice, VC_BYTES(message));
    party_forge(party, b, alice, VC_BYTES(read));
    party_forge(party, b, alice, VC_BYTES(pull));
    party_forge(party, b, alice, VC_BYTES(gone));
    party_forge(party, b, alice, VC_BYTES(card));
    expect_settled(party, alice);
    assert_int_equal(party_stats(a).dropped_malformed, 8);
}

static void an_unknown_type_is_kept_and_shown_as_such(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct party_forged forged = {
        .seq = 1, .clock = 5, .type = 777, .text = "of tomorrow"};
    struct vc_message message;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_forge_message(party, b, alice, &forged);
    expect_settled(party, alice);
    assert_string_equal(party_texts(a, bob), "?\n");
    message = party_find(a, bob, "of tomorrow");
    assert_int_equal(message.type, 777);
    assert_int_equal(party_contact(party, a, bob).unread, 1);
}

static void the_same_message_again_is_silently_accepted(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct party_forged forged = {.seq = 1, .clock = 5, .text = "once"};
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_forge_message(party, b, alice, &forged);
    party_forge_message(party, b, alice, &forged);
    expect_settled(party, alice);
    assert_string_equal(party_texts(a, bob), "once\n");
    assert_int_equal(party_stats(a).duplicates, 1);
    assert_int_equal(party_event_count(a, VC_EVENT_MESSAGE), 1);
}

static void a_second_message_under_a_name_is_kept_out(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct party_forged forged = {.seq = 1, .clock = 5, .text = "first"};
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_forge_message(party, b, alice, &forged);
    forged.text = "never said that";
    party_forge_message(party, b, alice, &forged);
    expect_settled(party, alice);
    assert_string_equal(party_texts(a, bob), "first\n");
    assert_int_equal(party_stats(a).dropped_forged, 1);
}

static void nobody_is_his_own_ancestor(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint8_t bob_author;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    bob_author = party_author(b, a);
    {
        struct party_forged itself = {.seq = 1,
                                      .clock = 5,
                                      .parents = {{bob_author, 0, 1}},
                                      .parent_count = 1,
                                      .text = "x"};
        struct party_forged later = {.seq = 1,
                                     .clock = 5,
                                     .parents = {{bob_author, 0, 2}},
                                     .parent_count = 1,
                                     .text = "x"};
        struct party_forged third = {.seq = 1,
                                     .clock = 5,
                                     .parents = {{2, 0, 1}},
                                     .parent_count = 1,
                                     .text = "x"};

        party_forge_message(party, b, alice, &itself);
        party_forge_message(party, b, alice, &later);
        party_forge_message(party, b, alice, &third);
    }
    expect_settled(party, alice);
    assert_string_equal(party_texts(a, bob), "");
    assert_int_equal(party_stats(a).dropped_malformed, 3);
}

static void our_messages_that_we_never_wrote_are_not_waited_for(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    {
        struct party_forged forged = {.seq = 1,
                                      .clock = 5,
                                      .parents = {{party_author(a, b), 0, 1000}},
                                      .parent_count = 1,
                                      .text = "you said 1000 things"};

        party_forge_message(party, b, alice, &forged);
    }
    expect_settled(party, alice);
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), 0);
    assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 0);
    assert_string_equal(party_texts(a, bob), "you said 1000 things\n");
}

static void a_card_of_somebody_else_changes_nothing(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1],
                      *c = &party->hosts[2];
    static struct vc_card card;
    uint8_t bytes[VC_CARD_ENCODED_MAX + 2] = {1, 5};
    struct vc_writer w = vc_writer(bytes + 2, sizeof bytes - 2);
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    card.root = vc_node_account(c->node)->root;
    card.record = vc_node_account(c->node)->record;
    card.contacts = vc_node_account(c->node)->contacts;
    card.devices[0] = vc_node_device(c->node)->certificate;
    card.device_count = 1;
    memcpy(card.name, "not bob", 8);
    assert_int_equal(vc_card_write(&w, &card), VC_OK);
    party_forge(party, b, alice, (struct vc_bytes){bytes, vc_writer_bytes(&w).len + 2});
    expect_settled(party, alice);
    assert_int_equal(party_stats(a).dropped_malformed, 1);
    assert_string_equal(party_contact(party, a, bob).own_name, "bob");
}

/* A card as host @of would give it. */
static void card_of(struct vc_card *ret_card, struct party_host *of)
{
    vc_own_card(party_chat(of), ret_card);
}

static void forge_card(struct party *party, struct party_host *host, uint32_t contact,
                       const struct vc_card *card)
{
    uint8_t bytes[VC_CARD_OBJECT_MAX];
    struct vc_writer w = vc_writer(bytes, sizeof bytes);

    vc_card_object_write(&w, card);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    party_forge(party, host, contact, vc_writer_bytes(&w));
    party_run(party, 1000);
}

/* His device, but signed for by somebody else. */
static void a_card_with_another_root_is_forgotten(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1],
                      *c = &party->hosts[2];
    const struct vc_secret32 seed = {{5}};
    struct vc_device device;
    struct vc_card card;
    struct vc_key32 before;
    uint32_t bob, alice;
    struct vc_now now;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_set_verified(party_chat(a), &now, bob, true),
                     VC_OK);
    party_end_turn(party, a);
    before = party_contact(party, a, bob).root;
    card_of(&card, c);
    vc_device_init(&device, vc_node_account(c->node), 0, 0, &seed,
                   &vc_node_device(b->node)->dh_secret);
    card.devices[0] = device.certificate;
    assert_memory_equal(&card.devices[0].dev_dh,
                        &vc_node_device(b->node)->certificate.dev_dh, 32);
    forge_card(party, b, alice, &card);
    assert_int_equal(party_stats(a).dropped_malformed, 1);
    assert_memory_equal(&vc_person_find(party_chat(a), bob)->row.root, &before,
                        sizeof before);
    assert_true(party_contact(party, a, bob).is_verified);
    assert_true(party_contact(party, a, bob).device_since == 0);
    vc_card_wipe(&card);
    vc_device_wipe(&device);
}

static void a_card_with_an_older_live_statement_is_forgotten(void **state)
{
    static const uint16_t first[] = {0};
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_account account;
    struct vc_card card, older;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    account = *vc_node_account(b->node);
    card_of(&older, b);
    memcpy(older.name, "older", 6);
    card = older;
    vc_account_sign_live(&account, first, 1, 1800000000);
    card.live = account.live;
    memcpy(card.name, "newer", 6);
    forge_card(party, b, alice, &card);
    assert_string_equal(party_contact(party, a, bob).own_name, "newer");
    forge_card(party, b, alice, &older);
    assert_string_equal(party_contact(party, a, bob).own_name, "newer");
    older.live.count = 0;
    forge_card(party, b, alice, &older);
    assert_string_equal(party_contact(party, a, bob).own_name, "newer");
    assert_int_equal(party_stats(a).dropped_malformed, 2);
    vc_account_wipe(&account);
    vc_card_wipe(&card);
    vc_card_wipe(&older);
}

/* Gives a the card as if it had been opened. */
static bool take_card(struct party *party, struct party_host *a, uint32_t bob,
                      const struct vc_card *card)
{
    struct vc_now now = party_now(party, a);
    uint8_t bytes[VC_CARD_OBJECT_MAX];
    struct vc_writer w = vc_writer(bytes, sizeof bytes);
    bool is_taken;

    vc_card_object_write(&w, card);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    is_taken = vc_inbound_object(
        party_chat(a), &now, vc_person_find(party_chat(a), bob), vc_writer_bytes(&w));
    (void)vc_node_chat(a->node);
    party_end_turn(party, a);
    return is_taken;
}

static void a_card_brings_keys_if_they_are_his(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1],
                      *c = &party->hosts[2];
    struct vc_card card;
    struct vc_prekey own;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    b->is_deaf = true;
    party_crash(party, a);
    party_lose(a, VC_TABLE_SESSION);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_false(party_seal(party, a, bob).has_prekey);
    card_of(&card, b);
    own = card.prekey;
    assert_true(vc_seal_own_prekey(vc_node_seal(c->node), &card.prekey));
    assert_true(take_card(party, a, bob, &card));
    assert_int_equal(party_stats(a).dropped_malformed, 1);
    assert_false(party_seal(party, a, bob).has_prekey);
    card.prekey = own;
    assert_true(take_card(party, a, bob, &card));
    assert_int_equal(party_stats(a).dropped_malformed, 1);
    assert_true(party_seal(party, a, bob).has_prekey);
    vc_card_wipe(&card);
}

static void what_cannot_be_kept_is_not_acknowledged_and_comes_again(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    vc_memory_complete(b->store, VC_ERR_DISK_FULL);
    party_turn(party);
    party_say(party, a, bob, "patience");
    party_run(party, 5000);
    assert_int_equal(party_state(a, bob, "patience"), VC_MESSAGE_QUEUED);
    assert_string_equal(party_texts(b, alice), "");
    vc_memory_complete(b->store, VC_OK);
    party_run(party, 60000);
    assert_string_equal(party_texts(b, alice), "patience\n");
    assert_int_equal(party_state(a, bob, "patience"), VC_MESSAGE_DELIVERED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(what_is_malformed_is_counted_and_acknowledged),
        PARTY_TEST(an_unknown_type_is_kept_and_shown_as_such),
        PARTY_TEST(the_same_message_again_is_silently_accepted),
        PARTY_TEST(a_second_message_under_a_name_is_kept_out),
        PARTY_TEST(nobody_is_his_own_ancestor),
        PARTY_TEST(our_messages_that_we_never_wrote_are_not_waited_for),
        PARTY_TEST(a_card_of_somebody_else_changes_nothing),
        PARTY_TEST(a_card_with_another_root_is_forgotten),
        PARTY_TEST(a_card_with_an_older_live_statement_is_forgotten),
        PARTY_TEST(a_card_brings_keys_if_they_are_his),
        PARTY_TEST(what_cannot_be_kept_is_not_acknowledged_and_comes_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
