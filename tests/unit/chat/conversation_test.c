/* The books of a conversation, against simple models of them. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"
#include "tests/unit/node/party.h"

static void what_arrives_in_order_makes_the_prefix_longer(void **state)
{
    struct vc_conversation_row books = {.own_seq = 3};

    (void)state;
    for (uint32_t seq = 1; seq <= 3; seq++) {
        assert_false(vc_delivered_has(&books, seq));
        assert_true(vc_delivered_add(&books, seq));
        assert_false(vc_delivered_add(&books, seq));
        assert_int_equal(books.delivered, seq);
    }
    assert_false(vc_delivered_add(&books, 0));
    assert_false(vc_delivered_add(&books, 4)); /* nobody wrote it */
}

static void any_order_of_arrival_is_remembered_exactly(void **state)
{
    struct vc_prop prop = vc_prop_begin("any_order_of_arrival_is_remembered_exactly");
    static bool model[10001];
    static struct vc_conversation_row books;

    (void)state;
    for (int round = 0; round < 20; round++) {
        uint32_t first = 1, spread = 1 + vc_prop_below(&prop, VC_CHAT_BEYOND_MAX);

        memset(model, 0, sizeof model);
        memset(&books, 0, sizeof books);
        books.own_seq = 10000;
        for (int i = 0; i < 12000; i++) {
            uint32_t seq =
                first + vc_prop_below(&prop, 2) * vc_prop_below(&prop, spread);
            bool is_new = seq <= 10000 && !model[seq];

            assert_int_equal(vc_delivered_add(&books, seq), is_new);
            if (is_new) {
                model[seq] = true;
            }
            while (first <= 10000 && model[first]) {
                first++;
            }
            assert_int_equal(books.delivered, first - 1);
        }
        for (uint32_t seq = 1; seq <= 10000; seq++) {
            assert_int_equal(vc_delivered_has(&books, seq), model[seq]);
        }
    }
}

static void what_is_too_far_ahead_is_not_remembered(void **state)
{
    static struct vc_conversation_row books = {.own_seq = UINT32_MAX};

    (void)state;
    assert_true(vc_delivered_add(&books, VC_CHAT_BEYOND_MAX));
    assert_false(vc_delivered_add(&books, VC_CHAT_BEYOND_MAX + 1));
    for (uint32_t seq = 1; seq < VC_CHAT_BEYOND_MAX; seq++) {
        assert_true(vc_delivered_add(&books, seq));
    }
    assert_int_equal(books.delivered, VC_CHAT_BEYOND_MAX);
    assert_int_equal(books.beyond_count, 0);
    assert_true(vc_is_zero(books.beyond, sizeof books.beyond));
}

static void a_ninth_head_pushes_the_one_furthest_back_out(void **state)
{
    struct vc_conversation_row books = {.head_count = 0};
    struct vc_head early = {.ref = {0, 0, 50}, .order = 1};

    (void)state;
    for (uint32_t i = 0; i < VC_CHAT_PARENTS_MAX; i++) {
        struct vc_head head = {.ref = {1, 0, i + 1}, .order = 10 + i};

        vc_heads_add(&books, &head);
    }
    vc_heads_add(&books, &early);
    assert_int_equal(books.head_count, VC_CHAT_PARENTS_MAX);
    assert_int_equal(books.heads[0].order, 10);
    early.order = 100;
    vc_heads_add(&books, &early);
    assert_int_equal(books.heads[0].order, 100);
    vc_heads_remove(&books, &early.ref);
    assert_int_equal(books.head_count, VC_CHAT_PARENTS_MAX - 1);
    vc_heads_remove(&books, &early.ref);
    assert_int_equal(books.head_count, VC_CHAT_PARENTS_MAX - 1);
}

/* A hole under a message that alice gets from a bob who lies. */
static void tell_of_a_hole(struct party *party, uint32_t alice, uint32_t seq)
{
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct party_forged forged = {.seq = seq + 1,
                                  .clock = (uint64_t)seq << 16,
                                  .parents = {{party_author(b, a), 0, seq}},
                                  .parent_count = 1,
                                  .text = "after a hole"};

    party_forge_message(party, b, alice, &forged);
}

static void holes_are_known_after_a_restart(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    uint32_t bob, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    tell_of_a_hole(party, alice, 4);
    tell_of_a_hole(party, alice, 8);
    party_run(party, 200);
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), 2);
    assert_true(party_find(a, bob, "after a hole").has_gap);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), 2);
    assert_int_equal(party_rows(a, VC_TABLE_GAP), 2);
}

static void beyond_the_limit_holes_are_not_tracked(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    uint32_t bob, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    for (uint32_t i = 1; i <= VC_CHAT_GAPS_MAX + 5; i++) {
        tell_of_a_hole(party, alice, 2 * i);
        if (i % 50 == 0) {
            party_run(party, 20);
        }
    }
    party_run(party, 500); /* too early to ask for them */
    assert_int_equal(vc_chat_gaps(party_chat(a), bob), VC_CHAT_GAPS_MAX);
    assert_true(party_stats(a).untracked > 0);
    /* The messages are there all the same. */
    assert_int_equal(party_contact(party, a, bob).unread, VC_CHAT_GAPS_MAX + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_arrives_in_order_makes_the_prefix_longer),
        cmocka_unit_test(any_order_of_arrival_is_remembered_exactly),
        cmocka_unit_test(what_is_too_far_ahead_is_not_remembered),
        cmocka_unit_test(a_ninth_head_pushes_the_one_furthest_back_out),
        PARTY_TEST(holes_are_known_after_a_restart),
        PARTY_TEST(beyond_the_limit_holes_are_not_tracked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
