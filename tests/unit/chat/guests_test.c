/* Strangers with an invite who do not behave. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

#define GUEST (VC_LINK_PEER_JOINING + 7)

/* What the link would say of a stranger, without one. */
static void tell_up(struct party *party, struct party_host *host, uint32_t peer,
                    const struct vc_key32 *dev_dh)
{
    struct vc_now now = party_now(party, host);
    struct vc_mail_output up = {.kind = VC_MAIL_UP, .peer = peer};

    up.link = (struct vc_link_output){.kind = VC_LINK_UP,
                                      .peer = peer,
                                      .is_join = true,
                                      .invite = 1,
                                      .dev_dh = *dev_dh,
                                      .addr = party->hosts[1].addr};
    vc_chat_mail_output(party_chat(host), &now, &up);
}

static void tell_object(struct party *party, struct party_host *host, uint32_t peer,
                        struct vc_bytes object)
{
    struct vc_now now = party_now(party, host);
    struct vc_mail_output passed = {
        .kind = VC_MAIL_PASSED, .peer = peer, .object = object};

    vc_chat_mail_output(party_chat(host), &now, &passed);
}

static struct vc_guest *guest_of(struct party_host *host, uint32_t peer)
{
    struct vc_chat *chat = party_chat(host);

    for (size_t i = 0; i < VC_CHAT_GUESTS_MAX; i++) {
        if (chat->guests[i].peer == peer) {
            return &chat->guests[i];
        }
    }
    return NULL;
}

/* Bob's card, as he would send it. */
static struct vc_bytes card_of(struct party_host *host, uint8_t room[VC_JOIN_CARD_MAX])
{
    static struct vc_join_card card;
    struct vc_writer w = vc_writer(room, VC_JOIN_CARD_MAX);

    memset(&card, 0, sizeof card);
    vc_own_card(party_chat(host), &card.card);
    assert_int_equal(vc_join_card_write(&w, &card), VC_OK);
    return vc_writer_bytes(&w);
}

static void invite(struct party *party, struct party_host *host)
{
    struct vc_now now = party_now(party, host);
    struct vc_invite_state made;

    assert_int_equal(vc_chat_invite(party_chat(host), &now, 0, "", &made), VC_OK);
    party_end_turn(party, host);
}

static void a_guest_who_says_nothing_is_sent_away(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];

    tell_up(party, a, GUEST, &vc_node_device(party->hosts[1].node)->certificate.dev_dh);
    assert_non_null(guest_of(a, GUEST));
    party_run(party, VC_CHAT_GREETING_MS - 1000);
    assert_non_null(guest_of(a, GUEST));
    party_run(party, 2000);
    assert_null(guest_of(a, GUEST));
}

static void only_so_many_guests_are_let_in(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_key32 dev_dh = {{1}};

    for (uint32_t i = 0; i < VC_CHAT_GUESTS_MAX + 5; i++) {
        tell_up(party, a, GUEST + i, &dev_dh);
    }
    assert_non_null(guest_of(a, GUEST + VC_CHAT_GUESTS_MAX - 1));
    assert_null(guest_of(a, GUEST + VC_CHAT_GUESTS_MAX));
}

static void a_card_must_belong_to_the_key_that_was_proved(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint8_t room[VC_JOIN_CARD_MAX];
    struct vc_key32 another = {{9}};

    invite(party, a);
    tell_up(party, a, GUEST, &another);
    tell_object(party, a, GUEST, card_of(b, room));
    assert_null(guest_of(a, GUEST));
    assert_int_equal(party_stats(a).dropped_malformed, 1);
    party_run(party, 100);
    assert_int_equal(party_rows(a, VC_TABLE_CONTACT), 0);
}

static void bytes_that_are_no_card_end_the_visit(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    uint8_t noise[] = {VC_JOIN_CARD, 1, 0, 1, 2, 3};

    invite(party, a);
    tell_up(party, a, GUEST, &vc_node_device(party->hosts[1].node)->certificate.dev_dh);
    tell_object(party, a, GUEST, VC_BYTES(noise));
    assert_null(guest_of(a, GUEST));
    tell_object(party, a, GUEST,
                VC_BYTES(noise)); /* nobody is there: nothing happens */
    assert_int_equal(party_stats(a).dropped_malformed, 1);
}

static void nobody_joins_himself(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    uint8_t room[VC_JOIN_CARD_MAX];

    invite(party, a);
    tell_up(party, a, GUEST, &vc_node_device(a->node)->certificate.dev_dh);
    tell_object(party, a, GUEST, card_of(a, room));
    assert_int_equal(party_stats(a).refused_joins, 1);
    party_run(party, 100);
    assert_int_equal(party_rows(a, VC_TABLE_CONTACT), 0);
}

static void a_guest_who_leaves_is_a_contact_all_the_same(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now = party_now(party, a);
    struct vc_mail_output down = {.kind = VC_MAIL_DOWN, .peer = GUEST};
    struct vc_contact contacts[2];
    uint8_t room[VC_JOIN_CARD_MAX];

    invite(party, a);
    tell_up(party, a, GUEST, &vc_node_device(b->node)->certificate.dev_dh);
    tell_object(party, a, GUEST, card_of(b, room));
    down.link = (struct vc_link_output){.kind = VC_LINK_DOWN, .peer = GUEST};
    vc_chat_mail_output(party_chat(a), &now, &down);
    party_end_turn(party, a);
    party_run(party, 100);
    assert_null(guest_of(a, GUEST));
    now = party_now(party, a);
    assert_int_equal(vc_chat_contacts(party_chat(a), &now, contacts, 2), 1);
    assert_string_equal(contacts[0].petname, "bob");
    assert_false(contacts[0].is_connected);
    /* The link knows him, and he will be tried. */
    assert_int_equal(
        vc_link_connect(vc_node_link(a->node), now.mono, contacts[0].peer, &b->addr, 1),
        VC_OK);
    assert_true(contacts[0].retry_at != VC_NEVER);
}

static void a_store_that_takes_nothing_makes_no_contact(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint8_t room[VC_JOIN_CARD_MAX];

    invite(party, a);
    party_run(party, 10);
    vc_memory_complete(a->store, VC_ERR_DISK_FULL);
    party_turn(party);
    tell_up(party, a, GUEST, &vc_node_device(b->node)->certificate.dev_dh);
    tell_object(party, a, GUEST, card_of(b, room));
    assert_null(guest_of(a, GUEST));
    vc_memory_complete(a->store, VC_OK);
    party_run(party, 100);
    assert_int_equal(party_rows(a, VC_TABLE_CONTACT), 0);
    tell_up(party, a, GUEST, &vc_node_device(b->node)->certificate.dev_dh);
    tell_object(party, a, GUEST, card_of(b, room));
    party_end_turn(party, a);
    party_run(party, 100);
    assert_int_equal(party_rows(a, VC_TABLE_CONTACT), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(a_guest_who_says_nothing_is_sent_away),
        PARTY_TEST(only_so_many_guests_are_let_in),
        PARTY_TEST(a_card_must_belong_to_the_key_that_was_proved),
        PARTY_TEST(bytes_that_are_no_card_end_the_visit),
        PARTY_TEST(nobody_joins_himself),
        PARTY_TEST(a_guest_who_leaves_is_a_contact_all_the_same),
        PARTY_TEST(a_store_that_takes_nothing_makes_no_contact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
