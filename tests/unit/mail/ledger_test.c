#include "node/mail/ledger.h"

#include "tests/support/check.h"
#include "tests/unit/mail/host.h"

static struct test_alloc counted;
static struct vc_alloc alloc;
static struct vc_ledger ledger;
static uint64_t run_a, run_b;

static int set_up(void **state)
{
    (void)state;
    counted = (struct test_alloc){0};
    alloc = test_alloc(&counted);
    run_a = run_b = UINT64_MAX;
    return vc_ledger_init(&ledger, &alloc) == VC_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    vc_ledger_deinit(&ledger, &alloc);
    return counted.used == 0 ? 0 : -1;
}

static void expect(uint64_t ticket, uint32_t peer, uint64_t first, uint64_t last)
{
    struct vc_ledger_entry entry;
    assert_true(vc_ledger_take(&ledger, ticket, &entry));
    assert_int_equal(entry.peer, peer);
    assert_int_equal(entry.first, first);
    assert_int_equal(entry.last, last);
}

static void expect_none(uint64_t ticket)
{
    struct vc_ledger_entry entry;
    assert_false(vc_ledger_take(&ledger, ticket, &entry));
}

static void a_turn_comes_true_with_its_ticket(void **state)
{
    (void)state;
    vc_ledger_add(&ledger, &run_a, VC_LEDGER_SENT, 1, 1);
    expect_none(UINT64_MAX);
    vc_ledger_submitted(&ledger, 7);
    vc_ledger_add(&ledger, &run_a, VC_LEDGER_SENT, 1, 2);
    vc_ledger_submitted(&ledger, 8);
    expect_none(6);
    expect(7, 1, 1, 1);
    expect_none(7);
    expect(9, 1, 2, 2);
    expect_none(9);
}

static void numbers_of_one_turn_that_follow_each_other_are_one_entry(void **state)
{
    (void)state;
    for (uint64_t number = 1; number <= 1000; number++) {
        vc_ledger_add(&ledger, &run_a, VC_LEDGER_SENT, 1, number);
        vc_ledger_add(&ledger, &run_b, VC_LEDGER_SEEN, 2, 2 * number);
    }
    vc_ledger_submitted(&ledger, 1);
    expect(1, 1, 1, 1000);
    for (uint64_t number = 1; number <= 1000; number++)
        expect(1, 2, 2 * number, 2 * number);
    expect_none(1);
}

static void a_run_does_not_reach_into_the_next_turn(void **state)
{
    (void)state;
    vc_ledger_add(&ledger, &run_a, VC_LEDGER_SENT, 1, 1);
    vc_ledger_submitted(&ledger, 1);
    vc_ledger_add(&ledger, &run_a, VC_LEDGER_SENT, 1, 2);
    expect(1, 1, 1, 1);
    expect_none(1);
    vc_ledger_submitted(&ledger, 2);
    expect(2, 1, 2, 2);
}

static void a_full_ledger_says_so(void **state)
{
    (void)state;
    for (uint64_t number = 1; number <= VC_MAIL_LEDGER_MAX; number++) {
        assert_true(vc_ledger_has_room(&ledger, 1));
        vc_ledger_add(&ledger, &run_a, VC_LEDGER_SEEN, 1, 2 * number);
    }
    assert_false(vc_ledger_has_room(&ledger, 1));
    expect_assert_failure(vc_ledger_add(&ledger, &run_a, VC_LEDGER_SEEN, 1, 1));
    vc_ledger_submitted(&ledger, 1);
    expect(1, 1, 2, 2);
    assert_true(vc_ledger_has_room(&ledger, 1));
    assert_false(vc_ledger_has_room(&ledger, 2));
    vc_ledger_add(&ledger, &run_a, VC_LEDGER_SEEN, 1, 1);
}

static void what_was_written_without_a_ticket_is_a_mistake(void **state)
{
    (void)state;
    vc_ledger_submitted(&ledger, 0);
    vc_ledger_add(&ledger, &run_a, VC_LEDGER_SENT, 1, 1);
    expect_assert_failure(vc_ledger_submitted(&ledger, 0));
}

static void without_memory_there_is_no_ledger(void **state)
{
    (void)state;
    struct vc_ledger other = {0};
    counted.is_failing = true;
    assert_int_equal(vc_ledger_init(&other, &alloc), VC_ERR_NO_MEMORY);
    vc_ledger_deinit(&other, &alloc);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_turn_comes_true_with_its_ticket),
        TEST(numbers_of_one_turn_that_follow_each_other_are_one_entry),
        TEST(a_run_does_not_reach_into_the_next_turn),
        TEST(a_full_ledger_says_so),
        TEST(what_was_written_without_a_ticket_is_a_mistake),
        TEST(without_memory_there_is_no_ledger),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
