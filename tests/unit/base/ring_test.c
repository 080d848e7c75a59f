#include "crypto/base/ring.h"

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

enum { CAPACITY = 7 };

static uint32_t mem[CAPACITY];
static struct vc_ring ring;

static int set_up(void **state)
{
    (void)state;
    assert_true(vc_ring_footprint(CAPACITY) <= sizeof(mem));
    vc_ring_init(&ring, mem, CAPACITY);
    return 0;
}

static void the_oldest_comes_first(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("the_oldest_comes_first");
    uint32_t pushed = 0;
    uint32_t popped = 0;

    for (int run = 0; run < 10000; run++) {
        uint32_t item = UINT32_MAX;
        assert_int_equal(ring.count, pushed - popped);
        if (vc_prop_below(&prop, 2) == 0) {
            vc_err err = vc_ring_push(&ring, pushed);
            assert_int_equal(err, pushed - popped < CAPACITY ? VC_OK : VC_ERR_FULL);
            pushed += err == VC_OK ? 1 : 0;
        } else {
            assert_int_equal(vc_ring_pop(&ring, &item), popped < pushed);
            if (popped < pushed) {
                assert_int_equal(item, popped);
                popped++;
            }
        }
        for (uint32_t age = 0; age < ring.count; age++) {
            assert_int_equal(vc_ring_at(&ring, age), popped + age);
        }
    }
    assert_true(popped > CAPACITY);
}

static void a_full_ring_is_full(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CAPACITY; i++) {
        assert_int_equal(vc_ring_push(&ring, i), VC_OK);
    }
    assert_int_equal(vc_ring_push(&ring, 7), VC_ERR_FULL);
    assert_int_equal(vc_ring_at(&ring, CAPACITY - 1), CAPACITY - 1);
}

static void looking_behind_the_end_is_a_mistake(void **state)
{
    (void)state;
    expect_assert_failure((void)vc_ring_at(&ring, 0));
    expect_assert_failure(vc_ring_init(&ring, NULL, 1));
    expect_assert_failure(vc_ring_init(&ring, mem, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_oldest_comes_first, set_up),
        cmocka_unit_test_setup(a_full_ring_is_full, set_up),
        cmocka_unit_test_setup(looking_behind_the_end_is_a_mistake, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
