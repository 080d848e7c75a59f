#include "crypto/base/heap.h"

#include <stdlib.h>

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

enum { CAPACITY = 60 };

static void *mem;
static struct vc_heap heap;

static int set_up(void **state)
{
    (void)state;
    mem = calloc(1, vc_heap_footprint(CAPACITY));
    vc_heap_init(&heap, mem, CAPACITY);
    return mem != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    free(mem);
    return 0;
}

static void an_empty_heap_is_never_due(void **state)
{
    (void)state;
    uint32_t index = 7;

    assert_true(vc_heap_due(&heap) == VC_NEVER);
    assert_true(vc_heap_due_of(&heap, 3) == VC_NEVER);
    assert_false(vc_heap_take(&heap, VC_NEVER, &index));
    assert_int_equal(index, 7);
    vc_heap_set(&heap, 3, VC_NEVER);
    assert_int_equal(heap.count, 0);
}

static void timers_come_out_when_due_and_once(void **state)
{
    (void)state;
    uint32_t index = 0;

    vc_heap_set(&heap, 5, 100);
    vc_heap_set(&heap, 6, 50);
    vc_heap_set(&heap, 7, 100);
    assert_true(vc_heap_due(&heap) == 50);
    assert_false(vc_heap_take(&heap, 49, &index));
    assert_true(vc_heap_take(&heap, 50, &index));
    assert_int_equal(index, 6);
    assert_false(vc_heap_take(&heap, 99, &index));
    assert_true(vc_heap_take(&heap, 1000, &index));
    assert_int_equal(index, 5);
    assert_true(vc_heap_take(&heap, 1000, &index));
    assert_int_equal(index, 7);
    assert_false(vc_heap_take(&heap, 1000, &index));
}

static void a_timer_is_moved_and_taken_away(void **state)
{
    (void)state;
    uint32_t index = 0;

    vc_heap_set(&heap, 1, 10);
    vc_heap_set(&heap, 2, 20);
    vc_heap_set(&heap, 1, 30);
    assert_true(vc_heap_due_of(&heap, 1) == 30);
    assert_true(vc_heap_due(&heap) == 20);
    vc_heap_set(&heap, 2, VC_NEVER);
    assert_true(vc_heap_due(&heap) == 30);
    assert_true(vc_heap_take(&heap, 30, &index));
    assert_int_equal(index, 1);
    assert_int_equal(heap.count, 0);
}

/* What comes next if one looks at all timers. */
static uint32_t first_of(const vc_ms due_at[CAPACITY])
{
    uint32_t first = 0;

    for (uint32_t i = 1; i < CAPACITY; i++) {
        if (due_at[i] < due_at[first]) {
            first = i;
        }
    }
    return first;
}

static void the_heap_does_what_a_plain_list_does(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("the_heap_does_what_a_plain_list_does");
    vc_ms due_at[CAPACITY];

    for (uint32_t i = 0; i < CAPACITY; i++) {
        due_at[i] = VC_NEVER;
    }
    for (int run = 0; run < 100000; run++) {
        uint32_t index = vc_prop_below(&prop, CAPACITY);
        uint32_t action = vc_prop_below(&prop, 8);
        uint32_t first = first_of(due_at);
        uint32_t taken = CAPACITY;

        assert_true(vc_heap_due(&heap) == due_at[first]);
        assert_true(vc_heap_due_of(&heap, index) == due_at[index]);
        if (action < 5) {
            /* Few different instants, so that many are equal. */
            due_at[index] = vc_prop_below(&prop, 40);
            vc_heap_set(&heap, index, due_at[index]);
        } else if (action < 6) {
            due_at[index] = VC_NEVER;
            vc_heap_set(&heap, index, VC_NEVER);
        } else {
            vc_ms now = vc_prop_below(&prop, 40);
            assert_int_equal(vc_heap_take(&heap, now, &taken), due_at[first] <= now);
            if (taken < CAPACITY) {
                assert_int_equal(taken, first);
                due_at[first] = VC_NEVER;
            }
        }
    }
}

static void an_index_beyond_the_capacity_is_a_mistake(void **state)
{
    (void)state;
    expect_assert_failure(vc_heap_set(&heap, CAPACITY, 1));
    expect_assert_failure((void)vc_heap_due_of(&heap, CAPACITY));
    expect_assert_failure(vc_heap_init(&heap, mem, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_heap_is_never_due, set_up, tear_down),
        cmocka_unit_test_setup_teardown(timers_come_out_when_due_and_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_timer_is_moved_and_taken_away, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_heap_does_what_a_plain_list_does, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_index_beyond_the_capacity_is_a_mistake,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
