/* One order on both sides, whatever the clocks say. */
#include <stdio.h>
#include <string.h>

#include "node/chat/state.h"
#include "tests/support/prop.h"
#include "tests/unit/node/party.h"

static struct vc_now at(vc_ms unix_ms)
{
    return (struct vc_now){.mono = 0, .unix_ms = unix_ms};
}

static void our_clock_follows_the_wall_and_never_stands(void **state)
{
    struct vc_conversation_row books = {.clock = 5000ull << 16};
    struct vc_now early = at(4000), late = at(6000);

    (void)state;
    assert_int_equal(vc_clock_next(&books, &late), 6000ull << 16);
    assert_int_equal(vc_clock_next(&books, &early), (5000ull << 16) + 1);
}

static void our_clock_follows_others_but_not_into_the_far_future(void **state)
{
    struct vc_conversation_row books = {.clock = 0};
    struct vc_now now = at(1000);

    (void)state;
    vc_clock_adopt(&books, &now, 2000ull << 16);
    assert_int_equal(books.clock, 2000ull << 16);
    vc_clock_adopt(&books, &now, 1500ull << 16);
    assert_int_equal(books.clock, 2000ull << 16);
    vc_clock_adopt(&books, &now, VC_CHAT_CLOCK_MAX);
    assert_int_equal(books.clock, (1000ull + VC_CHAT_CLOCK_AHEAD_MS) << 16);
}

static void a_clock_at_the_end_of_time_does_not_turn_over(void **state)
{
    struct vc_conversation_row books = {.clock = VC_CHAT_CLOCK_MAX};
    struct vc_now now = at(UINT64_MAX);

    (void)state;
    assert_int_equal(vc_clock_next(&books, &now), VC_CHAT_CLOCK_MAX);
}

static void an_answer_stands_after_its_question_with_any_clock(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    b->skew_ms = -5 * (int64_t)PARTY_HOUR;
    party_say(party, a, bob, "question");
    party_run(party, 500);
    party_say(party, b, alice, "answer");
    party_run(party, 500);
    b->skew_ms = 100 * (int64_t)PARTY_HOUR;
    party_say(party, b, alice, "from the future");
    party_run(party, 500);
    party_say(party, a, bob, "from the present");
    party_run(party, 500);
    assert_string_equal(party_texts(a, bob),
                        "question\nanswer\nfrom the future\nfrom the present\n");
    assert_string_equal(party_texts(b, alice), party_texts(a, bob));
}

static void both_write_at_once_and_show_one_order(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    char text[32];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    b->skew_ms = 70;
    for (int round = 0; round < 30; round++) {
        (void)snprintf(text, sizeof text, "alice %d", round);
        party_say(party, a, bob, text);
        (void)snprintf(text, sizeof text, "bob %d", round);
        party_say(party, b, alice, text);
        party_run(party, (vc_ms)(round % 7));
    }
    party_run(party, 1000);
    assert_string_equal(party_texts(a, bob), party_texts(b, alice));
}

static void equal_clocks_are_sorted_by_the_author(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;
    struct vc_message first, second;

    party_meet(party, a, b, &bob, &alice);
    a->is_deaf = true;
    party_say(party, a, bob, "one");
    party_say(party, b, alice, "two");
    a->is_deaf = false;
    party_run(party, 60000);
    assert_string_equal(party_texts(a, bob), party_texts(b, alice));
    first = party_find(a, bob, "one");
    second = party_find(a, bob, "two");
    assert_int_equal(first.order, second.order);
    assert_int_not_equal(first.ref.author, second.ref.author);
    assert_string_equal(party_texts(a, bob), first.ref.author < second.ref.author
                                                 ? "one\ntwo\n"
                                                 : "two\none\n");
}

static void a_clock_beyond_the_end_is_no_message(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct party_forged forged = {.seq = 1, .clock = VC_CHAT_CLOCK_MAX, .text = "last"};
    uint8_t bytes[] = {1, 1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 1, 0, 1, 'x'};
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_forge_message(party, b, alice, &forged);
    party_forge(party, b, alice, VC_BYTES(bytes));
    party_run(party, 500);
    assert_string_equal(party_texts(a, bob), "last\n");
    assert_int_equal(party_stats(a).dropped_malformed, 1);
    party_say(party, a, bob, "after the last");
    party_say(party, a, bob, "and again");
    party_run(party, 10);
    assert_string_equal(party_texts(a, bob), "last\nafter the last\nand again\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_clock_follows_the_wall_and_never_stands),
        cmocka_unit_test(our_clock_follows_others_but_not_into_the_far_future),
        cmocka_unit_test(a_clock_at_the_end_of_time_does_not_turn_over),
        PARTY_TEST(an_answer_stands_after_its_question_with_any_clock),
        PARTY_TEST(both_write_at_once_and_show_one_order),
        PARTY_TEST(equal_clocks_are_sorted_by_the_author),
        PARTY_TEST(a_clock_beyond_the_end_is_no_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
