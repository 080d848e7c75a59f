/* Rows that nobody needs go away, a bounded number at a time, over crashes too. */
#include <string.h>

#include "node/chat/limits.h"
#include "tests/unit/node/party.h"

static void fill(struct party *party, struct party_host *host, uint32_t contact,
                 int count)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(a_removed_conversation_leaves_no_row_behind),
        PARTY_TEST(holes_of_a_removed_conversation_go_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
