#include "node/mail/objects.h"

#include <string.h>

#include "tests/support/test.h"
#include "tests/unit/mail/host.h"

static vc_err decode(const uint8_t *bytes, size_t len, struct vc_mail_frame *ret_frame)
{
    return vc_mail_frame_decode((struct vc_bytes){bytes, len}, ret_frame);
}

#define DECODES_TO(expected, ...)                                           \
    do {                                                                    \
        const uint8_t bytes_[] = {__VA_ARGS__};                             \
        assert_int_equal(decode(bytes_, sizeof(bytes_), &frame), expected); \
    } while (0)

static void a_data_object_is_type_number_and_the_object(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    DECODES_TO(VC_OK, 0x01, 0x40, 0x42, 'h', 'i');
    assert_int_equal(frame.type, VC_MAIL_DATA);
    assert_int_equal(frame.number, 0x42);
    assert_int_equal(frame.object.len, 2);
    assert_memory_equal(frame.object.data, "hi", 2);

    uint8_t head[VC_MAIL_HEAD_MAX];
    struct vc_bytes bytes = vc_mail_head_encode(head, VC_MAIL_DATA, 0x42);
    assert_int_equal(bytes.len, 3);
    assert_memory_equal(bytes.data, "\x01\x40\x42", 3);
    assert_int_equal(vc_mail_head_encode(head, VC_MAIL_GONE, VC_MAIL_NUMBER_MAX).len,
                     VC_MAIL_HEAD_MAX);
}

static void a_data_object_has_1_byte_to_64_kib(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    static uint8_t bytes[2 + VC_MAIL_OBJECT_MAX + 1] = {VC_MAIL_DATA, 1};
    assert_int_equal(decode(bytes, 2, &frame), VC_ERR_MALFORMED);
    assert_int_equal(decode(bytes, 3, &frame), VC_OK);
    assert_int_equal(decode(bytes, sizeof(bytes) - 1, &frame), VC_OK);
    assert_int_equal(frame.object.len, VC_MAIL_OBJECT_MAX);
    assert_int_equal(decode(bytes, sizeof(bytes), &frame), VC_ERR_MALFORMED);
}

static void an_ack_says_prefix_wish_and_bitmap(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    DECODES_TO(VC_OK, 0x02, 0x05, 0x09, 0x06);
    assert_int_equal(frame.type, VC_MAIL_ACK);
    assert_int_equal(frame.prefix, 5);
    assert_int_equal(frame.again, 9);
    assert_int_equal(frame.bitmap.len, 1);
    DECODES_TO(VC_OK, 0x02, 0x00, 0x00);
    assert_int_equal(frame.bitmap.len, 0);

    struct test_alloc counted = {0};
    struct vc_alloc alloc = test_alloc(&counted);
    struct vc_numbers have = {.prefix = 5};
    assert_int_equal(vc_numbers_widen(&have, &alloc), VC_OK);
    vc_numbers_add(&have, 7);
    vc_numbers_add(&have, 8);
    uint8_t room[VC_MAIL_ACK_MAX];
    struct vc_bytes ack = vc_mail_ack_encode(room, &have, 9);
    assert_int_equal(ack.len, 4);
    assert_memory_equal(ack.data, "\x02\x05\x09\x06", 4);
    vc_numbers_deinit(&have, &alloc);
}

static void a_wish_is_beyond_the_prefix_or_none(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    DECODES_TO(VC_OK, 0x02, 0x05, 0x06);
    DECODES_TO(VC_ERR_MALFORMED, 0x02, 0x05, 0x05);
    DECODES_TO(VC_ERR_MALFORMED, 0x02, 0x05, 0x01);
}

static void bitmaps_have_one_encoding(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    DECODES_TO(VC_ERR_MALFORMED, 0x02, 0x05, 0x00, 0x01);
    DECODES_TO(VC_ERR_MALFORMED, 0x02, 0x05, 0x00, 0x02, 0x00);
    static uint8_t bytes[3 + VC_NUMBERS_BITMAP_MAX + 1] = {VC_MAIL_ACK, 5, 0};
    bytes[3 + VC_NUMBERS_BITMAP_MAX - 1] = 0x80;
    assert_int_equal(decode(bytes, sizeof(bytes) - 1, &frame), VC_OK);
    bytes[sizeof(bytes) - 1] = 1;
    assert_int_equal(decode(bytes, sizeof(bytes), &frame), VC_ERR_MALFORMED);
}

static void abandon_and_gone_are_a_number_and_nothing_else(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    DECODES_TO(VC_OK, 0x03, 0x07);
    assert_int_equal(frame.type, VC_MAIL_ABANDON);
    assert_int_equal(frame.number, 7);
    DECODES_TO(VC_OK, 0x04, 0x07);
    assert_int_equal(frame.type, VC_MAIL_GONE);
    DECODES_TO(VC_ERR_MALFORMED, 0x03, 0x07, 0x00);
    DECODES_TO(VC_ERR_MALFORMED, 0x04, 0x07, 0x00);
}

static void a_hello_says_what_was_seen_last_and_how_it_was_sealed(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    DECODES_TO(VC_OK, 0x05, 0x01, 4, 3, 2, 1, 0x40, 0x42, 't', 'a', 'g', 't', 'a', 'g',
               't', 'a');
    assert_int_equal(frame.type, VC_MAIL_HELLO);
    assert_true(frame.wants_answer);
    assert_int_equal(frame.generation, 0x01020304);
    assert_int_equal(frame.last, 0x42);
    assert_memory_equal(frame.tag, "tagtagta", VC_SEAL_TAG_LEN);

    uint8_t room[VC_MAIL_HELLO_MAX];
    struct vc_bytes hello = vc_mail_hello_encode(room, &frame);
    assert_int_equal(hello.len, 16);
    assert_memory_equal(hello.data, "\x05\x01\x04\x03\x02\x01\x40\x42tagtagta", 16);
    frame.last = VC_MAIL_NUMBER_MAX;
    frame.wants_answer = false;
    assert_int_equal(vc_mail_hello_encode(room, &frame).len, VC_MAIL_HELLO_MAX);
    assert_int_equal(room[1], 0);
}

static void hellos_have_one_encoding(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    DECODES_TO(VC_OK, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    /* Something was seen that was no object. */
    DECODES_TO(VC_OK, 0x05, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0);
    /* Nothing was seen, and it has a tag; another answer; cut; more; too great. */
    DECODES_TO(VC_ERR_MALFORMED, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    DECODES_TO(VC_ERR_MALFORMED, 0x05, 2, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0);
    DECODES_TO(VC_ERR_MALFORMED, 0x05, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0);
    DECODES_TO(VC_ERR_MALFORMED, 0x05, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    DECODES_TO(VC_ERR_MALFORMED, 0x05, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff,
               0xff, 0xf0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void a_complaint_names_a_number_and_may_bring_a_prekey(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    DECODES_TO(VC_OK, 0x06, 0x07, 4, 3, 2, 1);
    assert_int_equal(frame.type, VC_MAIL_UNOPENED);
    assert_int_equal(frame.number, 7);
    assert_int_equal(frame.generation, 0x01020304);
    assert_false(frame.has_prekey);
    DECODES_TO(VC_ERR_MALFORMED, 0x06, 0x00, 4, 3, 2, 1);
    DECODES_TO(VC_ERR_MALFORMED, 0x06, 0x07, 4, 3, 2);
    DECODES_TO(VC_ERR_MALFORMED, 0x06, 0x07, 4, 3, 2, 1, 1);

    uint8_t room[VC_MAIL_UNOPENED_MAX];
    struct vc_mail_frame given = {
        .number = VC_MAIL_NUMBER_MAX,
        .generation = 9,
        .has_prekey = true,
        .prekey = {.suite = 1, .index = 2, .id = 3, .key = {{4}}, .until = 5},
    };
    struct vc_bytes bytes = vc_mail_unopened_encode(room, &given);
    assert_int_equal(bytes.len, VC_MAIL_UNOPENED_MAX);
    assert_int_equal(vc_mail_frame_decode(bytes, &frame), VC_OK);
    assert_int_equal(frame.number, VC_MAIL_NUMBER_MAX);
    assert_true(frame.has_prekey);
    assert_int_equal(frame.prekey.id, 3);
    assert_int_equal(frame.prekey.key.b[0], 4);
    given.has_prekey = false;
    assert_int_equal(vc_mail_unopened_encode(room, &given).len, 1 + 8 + 4);
}

static void number_0_and_numbers_above_the_largest_are_malformed(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    DECODES_TO(VC_ERR_MALFORMED, 0x01, 0x00, 'x');
    DECODES_TO(VC_ERR_MALFORMED, 0x03, 0x00);
    DECODES_TO(VC_ERR_MALFORMED, 0x04, 0x00);
    DECODES_TO(VC_OK, 0x04, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xef, 0xff);
    assert_int_equal(frame.number, VC_MAIL_NUMBER_MAX);
    DECODES_TO(VC_ERR_MALFORMED, 0x04, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0, 0x00);
    DECODES_TO(VC_ERR_MALFORMED, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0, 0x00,
               1);
    DECODES_TO(VC_ERR_MALFORMED, 0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0, 0x00,
               0);
}

static void long_forms_and_cut_ones_are_malformed(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    DECODES_TO(VC_ERR_MALFORMED, 0x01, 0x40, 0x07, 'x');
    DECODES_TO(VC_ERR_MALFORMED, 0x02, 0x40, 0x07, 0x00);
    DECODES_TO(VC_ERR_MALFORMED, 0x01);
    DECODES_TO(VC_ERR_MALFORMED, 0x01, 0x40);
    DECODES_TO(VC_ERR_MALFORMED, 0x02, 0x05);
    DECODES_TO(VC_ERR_MALFORMED, 0x03);
    assert_int_equal(decode(NULL, 0, &frame), VC_ERR_MALFORMED);
}

static void other_types_are_not_mails(void **state)
{
    (void)state;
    struct vc_mail_frame frame;
    for (unsigned type = 0; type < 256; type++) {
        const uint8_t bytes[] = {(uint8_t)type, 0x07};
        bool is_known = type == VC_MAIL_ABANDON || type == VC_MAIL_GONE;
        assert_int_equal(decode(bytes, 2, &frame), is_known ? VC_OK : VC_ERR_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_object_is_type_number_and_the_object),
        cmocka_unit_test(a_data_object_has_1_byte_to_64_kib),
        cmocka_unit_test(an_ack_says_prefix_wish_and_bitmap),
        cmocka_unit_test(a_wish_is_beyond_the_prefix_or_none),
        cmocka_unit_test(bitmaps_have_one_encoding),
        cmocka_unit_test(abandon_and_gone_are_a_number_and_nothing_else),
        cmocka_unit_test(a_hello_says_what_was_seen_last_and_how_it_was_sealed),
        cmocka_unit_test(hellos_have_one_encoding),
        cmocka_unit_test(a_complaint_names_a_number_and_may_bring_a_prekey),
        cmocka_unit_test(number_0_and_numbers_above_the_largest_are_malformed),
        cmocka_unit_test(long_forms_and_cut_ones_are_malformed),
        cmocka_unit_test(other_types_are_not_mails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
