#include "tests/support/test.h"

#include <string.h>

#include "crypto/prim.h"
#include "storage/opened.h"

static void what_is_taken_stays_until_the_turn_is_over(void **state)
{
    struct vc_opened_values opened = {0};
    uint8_t *taken[100];

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        taken[i] = vc_opened_take(&opened, 10000);
        assert_non_null(taken[i]);
        memset(taken[i], (int)i, 10000);
    }
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(taken[i][0], i);
        assert_int_equal(taken[i][9999], i);
    }
    vc_opened_clear(&opened);
    assert_ptr_equal(vc_opened_take(&opened, 1), taken[0]);
    assert_true(vc_is_zero(taken[0], 10000));
    vc_opened_deinit(&opened);
    vc_opened_deinit(&opened);
}

static void the_last_piece_can_be_given_back(void **state)
{
    struct vc_opened_values opened = {0};
    uint8_t *first = vc_opened_take(&opened, 100);
    uint8_t *second = vc_opened_take(&opened, 100);

    (void)state;
    memset(first, 1, 100);
    memset(second, 2, 100);
    vc_opened_give_back(&opened, first,
                        100); /* something was taken after it: it stays */
    assert_int_equal(first[0], 1);
    vc_opened_give_back(&opened, second, 100);
    assert_ptr_equal(vc_opened_take(&opened, 50), second);
    assert_true(vc_is_zero(second, 100));
    vc_opened_deinit(&opened);
}

static void a_whole_block_can_be_taken_and_no_more(void **state)
{
    struct vc_opened_values opened = {0};

    (void)state;
    assert_non_null(vc_opened_take(&opened, VC_OPENED_BLOCK_BYTES));
    assert_non_null(vc_opened_take(&opened, 0));
    assert_non_null(vc_opened_take(&opened, VC_OPENED_BLOCK_BYTES));
    vc_opened_clear(&opened);
    vc_opened_deinit(&opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_stays_until_the_turn_is_over),
        cmocka_unit_test(the_last_piece_can_be_given_back),
        cmocka_unit_test(a_whole_block_can_be_taken_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
