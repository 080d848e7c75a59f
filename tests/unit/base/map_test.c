#include "crypto/base/map.h"

#include <stdlib.h>

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

enum { CAPACITY = 50, KEYS = 120 };

static void *mem;
static struct vc_map map;
static uint64_t keys[CAPACITY]; /* by index: the caller's own array */
static bool is_there[CAPACITY];

static bool has_key(const void *ctx, uint32_t value, const void *key)
{
    const uint64_t *of_ctx = ctx;

    assert_true(is_there[value]);
    return of_ctx[value] == *(const uint64_t *)key;
}

static int set_up(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CAPACITY; i++) {
        is_there[i] = false;
    }
    mem = calloc(1, vc_map_footprint(CAPACITY));
    vc_map_init(&map, mem, CAPACITY);
    return mem != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    free(mem);
    return 0;
}

static bool find(uint64_t hash, uint64_t key, uint32_t *ret_value)
{
    return vc_map_find(&map, hash, has_key, keys, &key, ret_value);
}

static void put(uint64_t hash, uint64_t key, uint32_t value)
{
    assert_int_equal(vc_map_insert(&map, hash, value), VC_OK);
    keys[value] = key;
    is_there[value] = true;
}

static void what_was_put_in_is_found(void **state)
{
    (void)state;
    uint32_t value = 99;

    assert_false(find(1, 11, &value));
    put(1, 11, 5);
    put(1, 12, 6); /* another key of the same hash */
    assert_true(find(1, 11, &value));
    assert_int_equal(value, 5);
    assert_true(find(1, 12, &value));
    assert_int_equal(value, 6);
    value = 99;
    assert_false(find(1, 13, &value));
    assert_false(find(2, 11, &value));
    assert_int_equal(value, 99);
}

static void a_full_map_is_full_and_still_searched(void **state)
{
    (void)state;
    uint32_t value;

    for (uint32_t i = 0; i < CAPACITY; i++) {
        put(7, 100 + i, i);
    }
    assert_int_equal(vc_map_insert(&map, 8, 0), VC_ERR_FULL);
    assert_false(find(7, 99, &value));
    assert_true(find(7, 100 + CAPACITY - 1, &value));
    assert_true(vc_map_remove(&map, 7, 0));
    is_there[0] = false;
    put(9, 1, 0);
    assert_true(find(9, 1, &value));
}

static void what_was_removed_is_gone_and_the_others_stay(void **state)
{
    (void)state;
    uint32_t value;

    for (uint32_t i = 0; i < 10; i++) {
        put(7, i, i);
    }
    assert_true(vc_map_remove(&map, 7, 3));
    is_there[3] = false;
    assert_false(vc_map_remove(&map, 7, 3));
    assert_false(vc_map_remove(&map, 8, 4));
    assert_int_equal(map.count, 9);
    for (uint64_t key = 0; key < 10; key++) {
        assert_int_equal(find(7, key, &value), key != 3);
    }
}

/* Few homes and equal hashes, so that the runs are long and meet and wrap round. */
static uint64_t hash_of(uint64_t key)
{
    return key % 3 == 0 ? 63 : key % 17 + 55;
}

static void the_map_does_what_a_plain_list_does(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("the_map_does_what_a_plain_list_does");
    uint32_t value_of[KEYS];
    uint32_t count = 0;

    for (uint32_t i = 0; i < KEYS; i++) {
        value_of[i] = CAPACITY;
    }
    for (int run = 0; run < 100000; run++) {
        uint64_t key = vc_prop_below(&prop, KEYS);
        uint32_t value = CAPACITY;
        bool is_known = value_of[key] < CAPACITY;

        assert_int_equal(find(hash_of(key), key, &value), is_known);
        assert_int_equal(value, value_of[key]);
        if (is_known && vc_prop_below(&prop, 2) == 0) {
            assert_true(vc_map_remove(&map, hash_of(key), value));
            is_there[value] = false;
            value_of[key] = CAPACITY;
            count--;
        } else if (!is_known && count < CAPACITY) {
            uint32_t index = vc_prop_below(&prop, CAPACITY);
            while (is_there[index]) {
                index = (index + 1) % CAPACITY;
            }
            put(hash_of(key), key, index);
            value_of[key] = index;
            count++;
        } else if (!is_known) {
            assert_int_equal(vc_map_insert(&map, hash_of(key), 0), VC_ERR_FULL);
        }
        assert_int_equal(map.count, count);
    }
}

static void footprints_leave_a_third_free(void **state)
{
    (void)state;
    for (uint32_t capacity = 1; capacity < 3000; capacity++) {
        size_t slots = vc_map_footprint(capacity) / sizeof(struct vc_map_slot);
        assert_true(slots > capacity + capacity / 2 &&
                    slots <= 2 * (capacity * 3 / 2 + 1));
        assert_int_equal(slots & (slots - 1), 0);
    }
    expect_assert_failure((void)vc_map_footprint(0));
    expect_assert_failure((void)vc_map_footprint(VC_MAP_CAPACITY_MAX + 1));
}

static void the_same_pair_twice_is_a_mistake(void **state)
{
    (void)state;
    put(1, 11, 5);
    expect_assert_failure((void)!vc_map_insert(&map, 1, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_put_in_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_map_is_full_and_still_searched, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_removed_is_gone_and_the_others_stay,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_map_does_what_a_plain_list_does, set_up,
                                        tear_down),
        cmocka_unit_test(footprints_leave_a_third_free),
        cmocka_unit_test_setup_teardown(the_same_pair_twice_is_a_mistake, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
