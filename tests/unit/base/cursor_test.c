#include "crypto/base/cursor.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/test.h"

static void integers_are_little_endian(void **state)
{
    (void)state;
    uint8_t room[15];
    struct vc_writer w = vc_writer(room, sizeof(room));
    static const uint8_t wanted[15] = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0f,
                                       0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08};

    vc_write_u8(&w, 0x01);
    vc_write_u16(&w, 0x0203);
    vc_write_u32(&w, 0x04050607);
    vc_write_u64(&w, 0x08090a0b0c0d0e0f);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    assert_memory_equal(room, wanted, sizeof(wanted));

    struct vc_reader r = vc_reader(vc_writer_bytes(&w));
    assert_int_equal(vc_read_u8(&r), 0x01);
    assert_int_equal(vc_read_u16(&r), 0x0203);
    assert_int_equal(vc_read_u32(&r), 0x04050607);
    assert_true(vc_read_u64(&r) == 0x08090a0b0c0d0e0f);
    assert_int_equal(vc_reader_end(&r), VC_OK);
}

static void keys_that_sort_are_big_endian(void **state)
{
    (void)state;
    uint8_t room[12];
    struct vc_writer w = vc_writer(room, sizeof(room));
    static const uint8_t wanted[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

    vc_write_be32(&w, 0x01020304);
    vc_write_be64(&w, 0x05060708090a0b0c);
    assert_memory_equal(room, wanted, sizeof(wanted));

    struct vc_reader r = vc_reader(vc_writer_bytes(&w));
    assert_int_equal(vc_read_be32(&r), 0x01020304);
    assert_true(vc_read_be64(&r) == 0x05060708090a0b0c);
    assert_int_equal(vc_reader_end(&r), VC_OK);
}

struct varint_case {
    uint64_t value;
    size_t len;
    uint8_t bytes[8];
};

/* The first four are the examples of RFC 9000, appendix A.1; the others the borders. */
static const struct varint_case varint_cases[] = {
    {151288809941952652, 8, {0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c}},
    {494878333, 4, {0x9d, 0x7f, 0x3e, 0x7d}},
    {15293, 2, {0x7b, 0xbd}},
    {37, 1, {0x25}},
    {0, 1, {0}},
    {63, 1, {0x3f}},
    {64, 2, {0x40, 0x40}},
    {16383, 2, {0x7f, 0xff}},
    {16384, 4, {0x80, 0x00, 0x40, 0x00}},
    {1073741823, 4, {0xbf, 0xff, 0xff, 0xff}},
    {1073741824, 8, {0xc0, 0, 0, 0, 0x40, 0, 0, 0}},
    {4611686018427387903, 8, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};

static void varints_are_those_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(varint_cases) / sizeof(varint_cases[0]); i++) {
        const struct varint_case *c = &varint_cases[i];
        uint8_t room[8];
        struct vc_writer w = vc_writer(room, sizeof(room));

        vc_write_varint(&w, c->value);
        assert_int_equal(vc_writer_bytes(&w).len, c->len);
        assert_int_equal(vc_varint_len(c->value), c->len);
        assert_memory_equal(room, c->bytes, c->len);

        struct vc_reader r = vc_reader((struct vc_bytes){c->bytes, c->len});
        assert_true(vc_read_varint(&r) == c->value);
        assert_int_equal(vc_reader_end(&r), VC_OK);
    }
}

static void a_longer_form_of_a_varint_is_malformed(void **state)
{
    (void)state;
    static const uint8_t forms[][8] = {
        {0x40, 0x25},
        {0x40, 0x3f},
        {0x80, 0, 0, 0x25},
        {0x80, 0, 0x3f, 0xff},
        {0xc0, 0, 0, 0, 0, 0, 0, 1},
        {0xc0, 0, 0, 0, 0x3f, 0xff, 0xff, 0xff},
    };
    static const size_t lens[] = {2, 2, 4, 4, 8, 8};

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct vc_reader r = vc_reader((struct vc_bytes){forms[i], lens[i]});
        assert_true(vc_read_varint(&r) == 0);
        assert_int_equal(vc_reader_end(&r), VC_ERR_MALFORMED);
    }
}

static void a_varint_cut_off_is_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(varint_cases) / sizeof(varint_cases[0]); i++) {
        for (size_t len = 0; len < varint_cases[i].len; len++) {
            struct vc_reader r =
                vc_reader((struct vc_bytes){varint_cases[i].bytes, len});
            assert_true(vc_read_varint(&r) == 0);
            assert_int_equal(vc_reader_end(&r), VC_ERR_MALFORMED);
        }
    }
}

static void left_over_bytes_are_malformed(void **state)
{
    (void)state;
    static const uint8_t bytes[3] = {1, 2, 3};
    struct vc_reader r = vc_reader(VC_BYTES(bytes));

    assert_int_equal(vc_read_u16(&r), 0x0201);
    assert_int_equal(vc_reader_left(&r), 1);
    assert_int_equal(vc_reader_end(&r), VC_ERR_MALFORMED);
    assert_int_equal(vc_read_rest(&r).len, 1);
    assert_int_equal(vc_reader_end(&r), VC_OK);
}

static void a_failed_read_sticks_and_gives_zeros(void **state)
{
    (void)state;
    static const uint8_t bytes[3] = {1, 2, 3};
    struct vc_reader r = vc_reader(VC_BYTES(bytes));
    uint8_t copy[2] = {0xaa, 0xaa};

    assert_int_equal(vc_read_u32(&r), 0);
    assert_int_equal(vc_reader_left(&r), 0);
    assert_int_equal(vc_read_u8(&r), 0);
    assert_int_equal(vc_read_be32(&r), 0);
    assert_true(vc_read_varint(&r) == 0);
    assert_int_equal(vc_read_bytes(&r, 1).len, 0);
    assert_int_equal(vc_read_rest(&r).len, 0);
    vc_read_copy(&r, copy, sizeof(copy));
    assert_int_equal(copy[0] | copy[1], 0);
    assert_int_equal(vc_reader_end(&r), VC_ERR_MALFORMED);
}

static void a_length_beyond_the_end_is_malformed(void **state)
{
    (void)state;
    static const uint8_t bytes[3] = {1, 2, 3};
    static const size_t lens[] = {4, 1000, SIZE_MAX, SIZE_MAX - 1};

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct vc_reader r = vc_reader(VC_BYTES(bytes));
        assert_int_equal(vc_read_bytes(&r, lens[i]).len, 0);
        assert_int_equal(vc_reader_end(&r), VC_ERR_MALFORMED);
    }
}

static void bytes_are_borrowed_from_the_input(void **state)
{
    (void)state;
    static const uint8_t bytes[4] = {1, 2, 3, 4};
    struct vc_reader r = vc_reader(VC_BYTES(bytes));
    struct vc_bytes part = vc_read_bytes(&r, 3);

    assert_ptr_equal(part.data, bytes);
    assert_int_equal(part.len, 3);
    assert_ptr_equal(vc_read_rest(&r).data, &bytes[3]);
}

static void a_decoder_can_make_its_reader_fail(void **state)
{
    (void)state;
    static const uint8_t bytes[1] = {9};
    struct vc_reader r = vc_reader(VC_BYTES(bytes));

    assert_int_equal(vc_read_u8(&r), 9);
    vc_reader_fail(&r);
    assert_int_equal(vc_reader_end(&r), VC_ERR_MALFORMED);
}

static void nothing_can_be_read_and_written(void **state)
{
    (void)state;
    struct vc_reader r = vc_reader((struct vc_bytes){NULL, 0});
    struct vc_writer w = vc_writer(NULL, 0);

    assert_int_equal(vc_read_rest(&r).len, 0);
    vc_read_copy(&r, NULL, 0);
    assert_int_equal(vc_reader_end(&r), VC_OK);
    assert_int_equal(vc_read_u8(&r), 0);
    assert_int_equal(vc_reader_end(&r), VC_ERR_MALFORMED);

    vc_write_copy(&w, NULL, 0);
    vc_write_bytes(&w, (struct vc_bytes){NULL, 0});
    assert_int_equal(vc_writer_end(&w), VC_OK);
    vc_write_u8(&w, 1);
    assert_int_equal(vc_writer_end(&w), VC_ERR_FULL);
}

static void a_room_too_small_is_full_and_keeps_what_fitted(void **state)
{
    (void)state;
    uint8_t room[4] = {0, 0, 0, 0xee};
    struct vc_writer w = vc_writer(room, 3);

    vc_write_u16(&w, 0x0201);
    assert_int_equal(vc_writer_left(&w), 1);
    vc_write_u16(&w, 0x0403);
    assert_int_equal(vc_writer_end(&w), VC_ERR_FULL);
    assert_int_equal(vc_writer_left(&w), 0);
    /* What would still fit does not go in behind a hole. */
    vc_write_u8(&w, 5);
    assert_int_equal(vc_writer_bytes(&w).len, 2);
    assert_int_equal(room[2], 0);
    assert_int_equal(room[3], 0xee);

    w = vc_writer(room, 3);
    vc_write_be32(&w, 1);
    assert_int_equal(vc_writer_end(&w), VC_ERR_FULL);
    w = vc_writer(room, 3);
    vc_write_varint(&w, 1 << 20);
    assert_int_equal(vc_writer_end(&w), VC_ERR_FULL);
    assert_int_equal(vc_writer_bytes(&w).len, 0);
}

static void copies_and_bytes_are_written_alike(void **state)
{
    (void)state;
    static const uint8_t bytes[3] = {7, 8, 9};
    uint8_t room[6];
    struct vc_writer w = vc_writer(room, sizeof(room));

    vc_write_bytes(&w, VC_BYTES(bytes));
    vc_write_copy(&w, bytes, sizeof(bytes));
    assert_int_equal(vc_writer_end(&w), VC_OK);
    assert_memory_equal(room, &room[3], 3);
}

static void a_number_too_large_for_a_varint_is_a_mistake(void **state)
{
    (void)state;
    static const struct vc_bytes nowhere = {NULL, 1};
    uint8_t room[8];
    struct vc_writer w = vc_writer(room, sizeof(room));

    expect_assert_failure(vc_write_varint(&w, UINT64_C(1) << 62));
    expect_assert_failure((void)vc_varint_len(UINT64_MAX));
    expect_assert_failure((void)vc_reader(nowhere));
    expect_assert_failure((void)vc_writer(NULL, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(keys_that_sort_are_big_endian),
        cmocka_unit_test(varints_are_those_of_the_rfc),
        cmocka_unit_test(a_longer_form_of_a_varint_is_malformed),
        cmocka_unit_test(a_varint_cut_off_is_malformed),
        cmocka_unit_test(left_over_bytes_are_malformed),
        cmocka_unit_test(a_failed_read_sticks_and_gives_zeros),
        cmocka_unit_test(a_length_beyond_the_end_is_malformed),
        cmocka_unit_test(bytes_are_borrowed_from_the_input),
        cmocka_unit_test(a_decoder_can_make_its_reader_fail),
        cmocka_unit_test(nothing_can_be_read_and_written),
        cmocka_unit_test(a_room_too_small_is_full_and_keeps_what_fitted),
        cmocka_unit_test(copies_and_bytes_are_written_alike),
        cmocka_unit_test(a_number_too_large_for_a_varint_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
