#include "crypto/base/pool.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

enum { CAPACITY = 20 };

static uint32_t mem[CAPACITY];
static struct vc_pool pool;

static int set_up(void **state)
{
    (void)state;
    /* The memory need not be zeroed. */
    memset(mem, 0xfe, sizeof(mem));
    assert_true(vc_pool_footprint(CAPACITY) <= sizeof(mem));
    vc_pool_init(&pool, mem, CAPACITY);
    return 0;
}

static uint32_t take(void)
{
    uint32_t index = CAPACITY;

    assert_int_equal(vc_pool_take(&pool, &index), VC_OK);
    return index;
}

static void what_was_given_back_is_taken_before_what_is_new(void **state)
{
    (void)state;
    assert_int_equal(take(), 0);
    assert_int_equal(take(), 1);
    assert_int_equal(take(), 2);
    vc_pool_give(&pool, 1);
    vc_pool_give(&pool, 0);
    assert_int_equal(take(), 0);
    assert_int_equal(take(), 1);
    assert_int_equal(take(), 3);
    assert_int_equal(pool.touched, 4);
    assert_int_equal(pool.count, 4);
}

static void an_empty_pool_is_full(void **state)
{
    (void)state;
    uint32_t index = 77;

    for (uint32_t i = 0; i < CAPACITY; i++) {
        assert_int_equal(take(), i);
    }
    assert_int_equal(vc_pool_take(&pool, &index), VC_ERR_FULL);
    assert_int_equal(index, 77);
    vc_pool_give(&pool, 9);
    assert_int_equal(take(), 9);
}

static void giving_back_twice_is_a_mistake(void **state)
{
    (void)state;
    uint32_t index = take();

    vc_pool_give(&pool, index);
    expect_assert_failure(vc_pool_give(&pool, index));
    expect_assert_failure(vc_pool_give(&pool, CAPACITY - 1));
    expect_assert_failure(vc_pool_give(&pool, CAPACITY));
    expect_assert_failure(vc_pool_give(&pool, UINT32_MAX));
}

static void no_index_is_ever_out_twice(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("no_index_is_ever_out_twice");
    bool is_out[CAPACITY] = {false};
    uint32_t count = 0;

    for (int run = 0; run < 50000; run++) {
        uint32_t index = vc_prop_below(&prop, CAPACITY);
        assert_int_equal(vc_pool_is_taken(&pool, index), is_out[index]);
        if (is_out[index] && vc_prop_below(&prop, 2) == 0) {
            vc_pool_give(&pool, index);
            is_out[index] = false;
            count--;
        } else if (count < CAPACITY) {
            index = take();
            assert_false(is_out[index]);
            is_out[index] = true;
            count++;
        }
        assert_int_equal(pool.count, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_given_back_is_taken_before_what_is_new, set_up),
        cmocka_unit_test_setup(an_empty_pool_is_full, set_up),
        cmocka_unit_test_setup(giving_back_twice_is_a_mistake, set_up),
        cmocka_unit_test_setup(no_index_is_ever_out_twice, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
