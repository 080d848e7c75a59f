#include "node/chat/row_fields.h"

#include <string.h>

#include "tests/support/test.h"

static void a_text_with_a_nul_inside_is_damage(void **state)
{
    static const uint8_t bytes[] = {3, 'a', 0, 'b'};
    struct vc_reader r = vc_reader(VC_BYTES(bytes));
    char text[8];

    (void)state;
    vc_row_read_text(&r, text, sizeof text);
    assert_int_equal(vc_row_end(&r), VC_ERR_STORE_DAMAGED);
    assert_string_equal(text, "");
}

static void a_text_longer_than_its_room_is_damage(void **state)
{
    static const uint8_t bytes[] = {3, 'a', 'b', 'c'};
    struct vc_reader r = vc_reader(VC_BYTES(bytes));
    char text[4];

    (void)state;
    vc_row_read_text(&r, text, 3);
    assert_int_equal(vc_row_end(&r), VC_ERR_STORE_DAMAGED);
    r = vc_reader(VC_BYTES(bytes));
    vc_row_read_text(&r, text, 4);
    assert_int_equal(vc_row_end(&r), VC_OK);
    assert_string_equal(text, "abc");
}

static void an_empty_text_is_one(void **state)
{
    uint8_t room[4];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_reader r;
    char text[4] = "x";

    (void)state;
    vc_row_write_text(&w, "");
    r = vc_reader(vc_writer_bytes(&w));
    vc_row_read_text(&r, text, sizeof text);
    assert_int_equal(vc_row_end(&r), VC_OK);
    assert_string_equal(text, "");
}

static void every_error_reads_back(void **state)
{
    (void)state;
    for (int code = 0; code >= (int)VC_ERR_LAST; code--) {
        uint8_t room[1];
        struct vc_writer w = vc_writer(room, sizeof room);
        struct vc_reader r;

        vc_row_write_err(&w, (vc_err)code);
        r = vc_reader(VC_BYTES(room));
        assert_int_equal(vc_row_read_err(&r), code);
        assert_int_equal(vc_row_end(&r), VC_OK);
    }
}

static void counts_and_flags_have_bounds(void **state)
{
    static const uint8_t bytes[] = {2, 3};
    struct vc_reader r = vc_reader(VC_BYTES(bytes));

    (void)state;
    assert_int_equal(vc_row_read_count(&r, 2), 2);
    assert_int_equal(vc_row_read_count(&r, 2), 0);
    assert_int_equal(vc_row_end(&r), VC_ERR_STORE_DAMAGED);
    r = vc_reader(VC_BYTES(bytes));
    assert_false(vc_row_read_flag(&r));
    assert_true(r.is_failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_with_a_nul_inside_is_damage),
        cmocka_unit_test(a_text_longer_than_its_room_is_damage),
        cmocka_unit_test(an_empty_text_is_one),
        cmocka_unit_test(every_error_reads_back),
        cmocka_unit_test(counts_and_flags_have_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
