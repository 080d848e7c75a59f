/* Rows that nobody needs go away, a bounded number at a time, over crashes too. */
#include <string.h>

#include "node/chat/limits.h"
#include "tests/unit/node/party.h"

static void fill(struct party *party, struct party_host *host, uint32_t contact, int count)
{
    for (int i = 0; i < count; i++) {
        party_say(party, host, contact, "text");
        if (i % 200 == 0) {
            party_run(party, 20);
        }
    }
    party_run(party, 2000);
}

static void a_removed_conversation_leaves_no_row_behind(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now;
    uint32_t bob, carol, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party_meet(party, a, &party->hosts[2], &carol, &alice);
    fill(party, a, bob, 2 * VC_CHAT_SWEEP_ROWS + 100);
    party_say(party, a, carol, "stays");
    party_run(party, 1000);
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_remove(party_chat(a), &now, bob), VC_OK);
    party_end_turn(party, a);
    /* Dies after each of the first steps. */
    for (int i = 0; i < 8; i++) {
        party_turn(party);
        party_turn(party);
        party_crash(party, a);
        assert_int_equal(party_start(party, a), VC_OK);
    }
    party_run(party, 20000);
    assert_int_equal(party_rows(a, VC_TABLE_MESSAGE), 1);
    assert_int_equal(party_rows(a, VC_TABLE_ORDER), 1);
    assert_int_equal(party_rows(a, VC_TABLE_CONVERSATION), 1);
    assert_int_equal(party_rows(a, VC_TABLE_CONTACT), 1);
    assert_int_equal(party_rows(a, VC_TABLE_DEVICE), 1);
    assert_string_equal(party_texts(a, carol), "stays\n");
}

static void holes_of_a_removed_conversation_go_too(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    {
        struct party_forged forged = {.seq = 9,
                                      .clock = 5,
                                      .parents = {{party_author(b, a), 0, 8}},
                                      .parent_count = 1,
                                      .text = "x"};

        party_forge_message(party, b, alice, &forged);
    }
    party_run(party, 500);
    assert_int_equal(party_rows(a, VC_TABLE_GAP), 1);
    assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 1);
    now = party_now(party, a);
    assert_int_equal(vc_chat_contact_remove(party_chat(a), &now, bob), VC_OK);
    party_end_turn(party, a);
    party_turn(party);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    party_run(party, 10000);
    assert_int_equal(party_rows(a, VC_TABLE_GAP), 0);
    assert_int_equal(party_rows(a, VC_TABLE_UNSETTLED), 0);
}

static void old_tokens_are_forgotten_and_new_ones_are_not(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_bytes text = {(const uint8_t *)"hi", 2};
    struct vc_message message, again;
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    for (uint8_t i = 0; i < 20; i++) {
        now = party_now(party, a);
        assert_int_equal(vc_chat_send_text(party_chat(a), &now, bob, text,
                                           (struct vc_bytes){&i, 1}, &message),
                         VC_OK);
        party_end_turn(party, a);
        party_run(party, 3 * VC_CHAT_DAY_MS);
    }
    assert_in_range(party_rows(a, VC_TABLE_TOKEN), 10, 12);
    {
        uint8_t last = 19;

        now = party_now(party, a);
        assert_int_equal(vc_chat_send_text(party_chat(a), &now, bob, text,
                                           (struct vc_bytes){&last, 1}, &again),
                         VC_OK);
        assert_memory_equal(message.id.b, again.id.b, sizeof again.id.b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(a_removed_conversation_leaves_no_row_behind),
        PARTY_TEST(holes_of_a_removed_conversation_go_too),
        PARTY_TEST(old_tokens_are_forgotten_and_new_ones_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
