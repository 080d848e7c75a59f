/* Contacts: found, renamed, verified, blocked, removed. */
#include <string.h>

#include "crypto/base/hex.h"
#include "node/chat/state.h"
#include "tests/unit/node/party.h"

static void contacts_are_found_by_name_number_and_id(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    char id[VC_ID_TEXT_MAX], hex[VC_HEX_ROOM(16)];
    uint32_t bob, carol, alice, found;
    struct vc_contact contact;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party_meet(party, a, &party->hosts[2], &carol, &alice);
    contact = party_contact(party, a, carol);
    assert_int_equal(vc_chat_contact_find(party_chat(a), "CAROL", &found), VC_OK);
    assert_int_equal(found, carol);
    assert_int_equal(vc_chat_contact_find(party_chat(a), "#1", &found), VC_OK);
    assert_int_equal(found, 1);
    assert_int_equal(vc_chat_contact_find(party_chat(a), "#9", &found),
                     VC_ERR_NO_CONTACT);
    assert_int_equal(vc_chat_contact_find(party_chat(a), "#x", &found),
                     VC_ERR_NO_CONTACT);
    assert_int_equal(vc_chat_contact_find(party_chat(a), "", &found),
                     VC_ERR_NO_CONTACT);
    vc_id_format(&contact.root, id);
    assert_int_equal(vc_chat_contact_find(party_chat(a), id, &found), VC_OK);
    assert_int_equal(found, carol);
    vc_hex_encode(VC_BYTES(contact.fingerprint.b), hex);
    hex[8] = '\0';
    assert_int_equal(vc_chat_contact_find(party_chat(a), hex, &found), VC_OK);
    assert_int_equal(found, carol);
    hex[7] = '\0'; /* too short to be sure */
    assert_int_equal(vc_chat_contact_find(party_chat(a), hex, &found),
                     VC_ERR_NO_CONTACT);
}

static void every_id_starts_alike_and_that_is_ambiguous(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    char first[VC_ID_TEXT_MAX], second[VC_ID_TEXT_MAX], both[VC_ID_TEXT_MAX];
    uint32_t bob, carol, alice, found;
    size_t alike = 0;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party_meet(party, a, &party->hosts[2], &carol, &alice);
    {
        struct vc_contact one = party_contact(party, a, bob);
        struct vc_contact two = party_contact(party, a, carol);

        vc_id_format(&one.root, first);
        vc_id_format(&two.root, second);
    }
    while (first[alike] == second[alike]) {
        both[alike] = first[alike];
        alike++;
    }
    both[alike] = '\0';
    assert_int_equal(vc_chat_contact_find(party_chat(a), both, &found),
                     alike >= 8 ? VC_ERR_AMBIGUOUS : VC_ERR_NO_CONTACT);
}

static void names_are_unique_and_kept(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now;
    uint32_t bob, carol, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party_meet(party, a, &party->hosts[2], &carol, &alice);
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_rename(party_chat(a), &now, carol, "BOB"),
                     VC_ERR_EXISTS);
    assert_int_equal(vc_chat_contact_rename(party_chat(a), &now, carol, "\n"),
                     VC_ERR_BAD_NAME);
    assert_int_equal(vc_chat_contact_rename(party_chat(a), &now, 9, "x"),
                     VC_ERR_NO_CONTACT);
    assert_int_equal(vc_chat_contact_rename(party_chat(a), &now, carol, "Karo"), VC_OK);
    assert_int_equal(vc_chat_contact_rename(party_chat(a), &now, carol, "karo"), VC_OK);
    assert_int_equal(vc_chat_contact_set_verified(party_chat(a), &now, carol, true),
                     VC_OK);
    party_end_turn(party, a);
    party_turn(party);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_string_equal(party_contact(party, a, carol).petname, "karo");
    assert_true(party_contact(party, a, carol).is_verified);
    assert_int_equal(party_event_count(a, VC_EVENT_CONTACT_CHANGED), 3);
}

static void the_safety_number_is_the_same_on_both_sides(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    char at_a[VC_SAFETY_TEXT_MAX], at_b[VC_SAFETY_TEXT_MAX], other[VC_SAFETY_TEXT_MAX];
    uint32_t bob, alice, carol, alice_at_c;

    party_meet(party, a, b, &bob, &alice);
    party_meet(party, a, &party->hosts[2], &carol, &alice_at_c);
    assert_int_equal(vc_chat_safety_number(party_chat(a), bob, at_a), VC_OK);
    assert_int_equal(vc_chat_safety_number(party_chat(b), alice, at_b), VC_OK);
    assert_int_equal(vc_chat_safety_number(party_chat(a), carol, other), VC_OK);
    assert_string_equal(at_a, at_b);
    assert_string_not_equal(at_a, other);
    assert_int_equal(strlen(at_a), 12 * 5 + 11);
    for (size_t i = 0; i < strlen(at_a); i++) {
        assert_true(i % 6 == 5 ? at_a[i] == ' ' : at_a[i] >= '0' && at_a[i] <= '9');
    }
    assert_int_equal(vc_chat_safety_number(party_chat(a), 77, other),
                     VC_ERR_NO_CONTACT);
}

static void a_code_marks_only_whom_it_belongs_to(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    char at_a[VC_SAFETY_CODE_LEN + 1], at_b[VC_SAFETY_CODE_LEN + 1],
        other[VC_SAFETY_CODE_LEN + 1];
    struct vc_now now;
    uint32_t bob, alice, carol, alice_at_c;

    party_meet(party, a, b, &bob, &alice);
    party_meet(party, a, &party->hosts[2], &carol, &alice_at_c);
    now = party_now(party, a);
    assert_int_equal(vc_chat_safety_code(party_chat(a), bob, at_a), VC_OK);
    assert_int_equal(vc_chat_safety_code(party_chat(b), alice, at_b), VC_OK);
    assert_int_equal(vc_chat_safety_code(party_chat(a), carol, other), VC_OK);
    assert_string_equal(at_a, at_b);
    assert_int_equal(vc_chat_contact_scan(party_chat(a), &now, bob, other),
                     VC_ERR_VERIFY_MISMATCH);
    assert_int_equal(vc_chat_contact_scan(party_chat(a), &now, bob, "VECHE-VERIFY:A"),
                     VC_ERR_MALFORMED);
    assert_int_equal(vc_chat_contact_scan(party_chat(a), &now, 77, at_b),
                     VC_ERR_NO_CONTACT);
    assert_false(party_contact(party, a, bob).is_verified);
    assert_int_equal(vc_chat_contact_scan(party_chat(a), &now, bob, at_b), VC_OK);
    party_end_turn(party, a);
    party_turn(party);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_true(party_contact(party, a, bob).is_verified);
    assert_false(party_contact(party, a, carol).is_verified);
}

static vc_err set_blocked(struct party *party, struct party_host *host,
                          uint32_t contact, bool is_blocked)
{
    struct vc_now now = party_now(party, host);
    vc_err err =
        vc_chat_contact_set_blocked(party_chat(host), &now, contact, is_blocked);

    party_end_turn(party, host);
    return err;
}

static void a_blocked_contact_meets_silence_until_he_is_not(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    struct vc_message message;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "before");
    party_run(party, 500);
    assert_int_equal(set_blocked(party, a, bob, true), VC_OK);
    party_say(party, b, alice, "do you hear me?");
    party_run(party, 10 * 60 * 1000);
    assert_false(party_contact(party, a, bob).is_connected);
    assert_string_equal(party_texts(a, bob), "before\n");
    assert_int_equal(party_state(b, alice, "do you hear me?"), VC_MESSAGE_QUEUED);
    assert_int_equal(party_try_say(party, a, bob, "x", &message), VC_ERR_BLOCKED);
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_try(party_chat(a), &now, bob), VC_ERR_BLOCKED);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    party_run(party, 10 * 60 * 1000);
    assert_string_equal(party_texts(a, bob), "before\n");
    assert_int_equal(set_blocked(party, a, bob, false), VC_OK);
    party_run(party, 60000);
    assert_string_equal(party_texts(a, bob), "before\ndo you hear me?\n");
    assert_int_equal(party_state(b, alice, "do you hear me?"), VC_MESSAGE_DELIVERED);
}

static void what_arrived_before_the_block_is_still_told(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_mark mark = {.kind = VC_MARK_MESSAGE, .value = 1};
    struct vc_mail_output acked = {.kind = VC_MAIL_ACKED};
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party->hosts[1].is_deaf = true;
    party_say(party, a, bob, "hello");
    party_run(party, 100);
    assert_int_equal(set_blocked(party, a, bob, true), VC_OK);
    mark.contact = bob;
    vc_mark_write(acked.ref, &mark);
    acked.peer = party_contact(party, a, bob).peer;
    now = party_now(party, a);
    vc_chat_mail_output(party_chat(a), &now, &acked);
    assert_int_equal(party_state(a, bob, "hello"), VC_MESSAGE_DELIVERED);
}

static void a_blocked_contact_cannot_join_again(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_invite_state invite;
    struct vc_join_state join, joins[4];
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    assert_int_equal(set_blocked(party, a, bob, true), VC_OK);
    now = party_now(party, a);
    assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "", &invite), VC_OK);
    party_end_turn(party, a);
    assert_int_equal(vc_chat_join(party_chat(b), &now, invite.text, "", &join), VC_OK);
    party_end_turn(party, b);
    party_run(party, 3000);
    assert_int_equal(vc_chat_joins(party_chat(b), &now, joins, 4), 2);
    assert_int_equal(joins[1].stage, VC_JOIN_FAILED);
    assert_int_equal(joins[1].reason, VC_ERR_BLOCKED);
}

static void a_removed_contact_is_gone_for_everybody(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    struct vc_contact contact;
    struct vc_message message;
    uint32_t bob, alice, found;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "hello");
    party_run(party, 500);
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_remove(party_chat(a), &now, bob), VC_OK);
    assert_int_equal(vc_chat_contact(party_chat(a), &now, bob, &contact),
                     VC_ERR_NO_CONTACT);
    assert_int_equal(vc_chat_contact_remove(party_chat(a), &now, bob),
                     VC_ERR_NO_CONTACT);
    party_end_turn(party, a);
    assert_int_equal(vc_chat_contact_find(party_chat(a), "bob", &found),
                     VC_ERR_NO_CONTACT);
    assert_int_equal(party_try_say(party, a, bob, "x", &message), VC_ERR_NO_CONTACT);
    party_say(party, b, alice, "hello?");
    party_run(party, 60000);
    assert_int_equal(party_state(b, alice, "hello?"), VC_MESSAGE_QUEUED);
    assert_int_equal(party_event_count(a, VC_EVENT_CONTACT_REMOVED), 1);
    assert_int_equal(party_rows(a, VC_TABLE_CONTACT), 0);
    assert_int_equal(party_rows(a, VC_TABLE_OUTBOX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(contacts_are_found_by_name_number_and_id),
        PARTY_TEST(every_id_starts_alike_and_that_is_ambiguous),
        PARTY_TEST(names_are_unique_and_kept),
        PARTY_TEST(the_safety_number_is_the_same_on_both_sides),
        PARTY_TEST(a_code_marks_only_whom_it_belongs_to),
        PARTY_TEST(a_blocked_contact_meets_silence_until_he_is_not),
        PARTY_TEST(what_arrived_before_the_block_is_still_told),
        PARTY_TEST(a_blocked_contact_cannot_join_again),
        PARTY_TEST(a_removed_contact_is_gone_for_everybody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
