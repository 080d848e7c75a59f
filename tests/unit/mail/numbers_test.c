#include "node/mail/numbers.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/unit/mail/host.h"

static struct test_alloc counted;
static struct vc_alloc alloc;

static int set_up(void **state)
{
    (void)state;
    counted = (struct test_alloc){0};
    alloc = test_alloc(&counted);
    return 0;
}

static int nothing_is_left(void **state)
{
    (void)state;
    return counted.used == 0 ? 0 : -1;
}

static struct vc_numbers make(uint64_t prefix, const uint64_t *more, size_t count)
{
    struct vc_numbers set = {.prefix = prefix};
    assert_int_equal(vc_numbers_widen(&set, &alloc), VC_OK);
    for (size_t i = 0; i < count; i++)
        vc_numbers_add(&set, more[i]);
    return set;
}

static void numbers_in_order_need_no_memory(void **state)
{
    (void)state;
    struct vc_numbers set = {0};
    for (uint64_t number = 1; number <= 10000; number++) {
        assert_false(vc_numbers_has(&set, number));
        vc_numbers_add(&set, number);
        assert_true(vc_numbers_has(&set, number));
    }
    assert_int_equal(set.prefix, 10000);
    assert_null(set.bits);
    assert_int_equal(counted.calls, 0);
}

static void a_filled_gap_moves_the_prefix_over_what_follows(void **state)
{
    (void)state;
    const uint64_t more[] = {3, 4, 6};
    struct vc_numbers set = make(1, more, 3);
    assert_int_equal(set.sparse, 3);
    vc_numbers_add(&set, 2);
    assert_int_equal(set.prefix, 4);
    assert_int_equal(set.sparse, 1);
    assert_true(vc_numbers_has(&set, 6));
    assert_false(vc_numbers_has(&set, 5));
    vc_numbers_deinit(&set, &alloc);
}

static void the_window_ends_after_4096_numbers(void **state)
{
    (void)state;
    struct vc_numbers set = make(10, NULL, 0);
    assert_true(vc_numbers_fits(&set, 1));
    assert_true(vc_numbers_fits(&set, 10 + VC_MAIL_SPARSE_MAX));
    assert_false(vc_numbers_fits(&set, 11 + VC_MAIL_SPARSE_MAX));
    vc_numbers_add(&set, 10 + VC_MAIL_SPARSE_MAX);
    assert_true(vc_numbers_has(&set, 10 + VC_MAIL_SPARSE_MAX));
    assert_false(vc_numbers_has(&set, 11 + VC_MAIL_SPARSE_MAX));
    assert_int_equal(vc_numbers_last(&set), 10 + VC_MAIL_SPARSE_MAX);
    expect_assert_failure(vc_numbers_add(&set, 11 + VC_MAIL_SPARSE_MAX));
    vc_numbers_deinit(&set, &alloc);
}

static void a_number_beyond_the_prefix_needs_a_wide_set(void **state)
{
    (void)state;
    struct vc_numbers set = {.prefix = 5};
    expect_assert_failure(vc_numbers_add(&set, 7));
    counted.is_failing = true;
    assert_int_equal(vc_numbers_widen(&set, &alloc), VC_ERR_NO_MEMORY);
    assert_int_equal(set.prefix, 5);
    assert_null(set.bits);
    counted.is_failing = false;
    assert_int_equal(vc_numbers_widen(&set, &alloc), VC_OK);
    vc_numbers_add(&set, 7);
    assert_true(vc_numbers_has(&set, 7));
    vc_numbers_deinit(&set, &alloc);
}

static void raising_swallows_what_it_passes(void **state)
{
    (void)state;
    const uint64_t more[] = {12, 15, 16, 4000};
    struct vc_numbers set = make(10, more, 4);
    vc_numbers_raise(&set, 14);
    assert_int_equal(set.prefix, 16);
    assert_int_equal(set.sparse, 1);
    vc_numbers_raise(&set, 3);
    assert_int_equal(set.prefix, 16);
    vc_numbers_raise(&set, 1000000);
    assert_int_equal(set.prefix, 1000000);
    assert_int_equal(set.sparse, 0);
    /* The bits are clean: the same places stand for other numbers now. */
    assert_int_equal(vc_numbers_present(&set, 0), 0);
    vc_numbers_add(&set, 1000002);
    assert_int_equal(vc_numbers_last(&set), 1000002);
    vc_numbers_deinit(&set, &alloc);
}

static void an_encoded_set_is_trimmed_and_comes_back(void **state)
{
    (void)state;
    const uint64_t more[] = {102, 103, 117};
    struct vc_numbers set = make(100, more, 3);
    uint8_t room[VC_NUMBERS_BITMAP_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    vc_numbers_write_bitmap(&w, &set);
    struct vc_bytes bytes = vc_writer_bytes(&w);
    const uint8_t expected[] = {0x06, 0x00, 0x01};
    assert_int_equal(bytes.len, sizeof(expected));
    assert_memory_equal(bytes.data, expected, sizeof(expected));
    assert_true(vc_numbers_bitmap_is_valid(100, bytes));
    assert_int_equal(vc_numbers_bitmap_last(100, bytes), 117);

    struct vc_numbers back = make(7, more, 3);
    vc_numbers_load(&back, 100, bytes);
    assert_int_equal(back.prefix, 100);
    assert_int_equal(back.sparse, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(vc_numbers_has(&back, more[i]));
    vc_numbers_deinit(&set, &alloc);
    vc_numbers_deinit(&back, &alloc);
}

static void other_encodings_are_refused(void **state)
{
    (void)state;
    const uint8_t first_is_set[] = {0x01};
    const uint8_t ends_with_zero[] = {0x02, 0x00};
    static uint8_t too_long[VC_NUMBERS_BITMAP_MAX + 1];
    too_long[VC_NUMBERS_BITMAP_MAX] = 1;
    const struct vc_bytes empty = {NULL, 0};
    assert_false(vc_numbers_bitmap_is_valid(0, VC_BYTES(first_is_set)));
    assert_false(vc_numbers_bitmap_is_valid(0, VC_BYTES(ends_with_zero)));
    assert_false(vc_numbers_bitmap_is_valid(0, VC_BYTES(too_long)));
    assert_true(vc_numbers_bitmap_is_valid(0, empty));
    assert_true(vc_numbers_bitmap_is_valid(VC_MAIL_NUMBER_MAX, empty));
    assert_false(vc_numbers_bitmap_is_valid(VC_MAIL_NUMBER_MAX + 1, empty));
    assert_int_equal(vc_numbers_bitmap_last(9, empty), 9);
}

/* The same set as an array of truths over numbers 0 to MODEL_MAX - 1. */
enum { MODEL_MAX = 20000 };
struct model {
    bool is_in[MODEL_MAX];
    uint64_t prefix;
};

static void check_against(const struct vc_numbers *set, const struct model *model,
                          struct vc_prop *prop)
{
    uint64_t count = 0, last = 0, from = vc_prop_below(prop, MODEL_MAX);
    uint64_t missing = 0, present = 0, to = vc_prop_below(prop, MODEL_MAX),
             count_to = 0;
    for (uint64_t number = 1; number < MODEL_MAX; number++) {
        bool is_in = model->is_in[number];
        assert_int_equal(vc_numbers_has(set, number), is_in);
        count += is_in;
        count_to += is_in && number <= to;
        if (is_in)
            last = number;
        if (!is_in && missing == 0 && number >= from)
            missing = number;
        if (is_in && present == 0 && number >= from && number > model->prefix)
            present = number;
    }
    assert_int_equal(set->prefix, model->prefix);
    assert_int_equal(vc_numbers_count(set), count);
    assert_int_equal(vc_numbers_count_to(set, to), count_to);
    assert_int_equal(vc_numbers_last(set), last);
    assert_int_equal(vc_numbers_present(set, from), present);
    if (missing != 0)
        assert_int_equal(vc_numbers_missing(set, from), missing);
}

static void check_encoding(const struct vc_numbers *set)
{
    uint8_t room[VC_NUMBERS_BITMAP_MAX], again[VC_NUMBERS_BITMAP_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    vc_numbers_write_bitmap(&w, set);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    struct vc_bytes bytes = vc_writer_bytes(&w);
    assert_true(vc_numbers_bitmap_is_valid(set->prefix, bytes));
    assert_int_equal(vc_numbers_bitmap_last(set->prefix, bytes), vc_numbers_last(set));
    struct vc_numbers back = make(0, NULL, 0);
    vc_numbers_load(&back, set->prefix, bytes);
    assert_int_equal(vc_numbers_count(&back), vc_numbers_count(set));
    w = vc_writer(again, sizeof(again));
    vc_numbers_write_bitmap(&w, &back);
    assert_int_equal(vc_writer_bytes(&w).len, bytes.len);
    assert_memory_equal(again, room, bytes.len);
    vc_numbers_deinit(&back, &alloc);
}

static void a_set_is_what_a_naive_one_is(void **state)
{
    (void)state;
    static struct model model;
    struct vc_prop prop = vc_prop_begin(__func__);
    for (int round = 0; round < 20; round++) {
        model = (struct model){0};
        struct vc_numbers set = make(0, NULL, 0);
        uint32_t spread = 1u << vc_prop_below(&prop, 13);
        for (int step = 0; step < 300; step++) {
            uint64_t number = set.prefix + 1 + vc_prop_below(&prop, spread);
            bool is_raise = vc_prop_below(&prop, 40) == 0;
            if (number >= MODEL_MAX - VC_MAIL_SPARSE_MAX)
                break;
            for (uint64_t i = 1; is_raise && i <= number; i++)
                model.is_in[i] = true;
            model.is_in[number] = true;
            while (model.is_in[model.prefix + 1])
                model.prefix++;
            if (is_raise)
                vc_numbers_raise(&set, number);
            else
                vc_numbers_add(&set, number);
            if (step % 30 == 0) {
                check_against(&set, &model, &prop);
                check_encoding(&set);
            }
        }
        vc_numbers_deinit(&set, &alloc);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, nothing_is_left)
    const struct CMUnitTest tests[] = {
        TEST(numbers_in_order_need_no_memory),
        TEST(a_filled_gap_moves_the_prefix_over_what_follows),
        TEST(the_window_ends_after_4096_numbers),
        TEST(a_number_beyond_the_prefix_needs_a_wide_set),
        TEST(raising_swallows_what_it_passes),
        TEST(an_encoded_set_is_trimmed_and_comes_back),
        TEST(other_encodings_are_refused),
        TEST(a_set_is_what_a_naive_one_is),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
