#include "crypto/extension.h"

#include "tests/unit/crypto/checks.h"

static void a_list_is_gone_through_in_its_order(void **state)
{
    (void)state;
    uint8_t room[64];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_extension extension = VC_EXTENSION_NONE;
    struct vc_reader r;

    vc_extension_head(&w, 0, 0);
    vc_extension_head(&w, 3, 2);
    vc_write_copy(&w, "ab", 2);
    vc_extension_head(&w, 0xffff, 1);
    vc_write_copy(&w, "c", 1);
    assert_int_equal(vc_writer_bytes(&w).len, 3 * VC_EXTENSION_HEAD_LEN + 3);
    r = vc_reader(vc_writer_bytes(&w));
    assert_true(vc_extension_next(&r, &extension));
    assert_int_equal(extension.type, 0);
    assert_int_equal(extension.bytes.len, 0);
    assert_true(vc_extension_next(&r, &extension));
    assert_int_equal(extension.type, 3);
    assert_int_equal(extension.bytes.len, 2);
    assert_memory_equal(extension.bytes.data, "ab", 2);
    assert_true(vc_extension_next(&r, &extension));
    assert_int_equal(extension.type, 0xffff);
    assert_false(vc_extension_next(&r, &extension));
    assert_int_equal(vc_reader_end(&r), VC_OK);
}

static void an_empty_list_has_none(void **state)
{
    (void)state;
    struct vc_extension extension = VC_EXTENSION_NONE;
    struct vc_reader r = vc_reader((struct vc_bytes){NULL, 0});

    assert_false(vc_extension_next(&r, &extension));
    assert_int_equal(vc_reader_end(&r), VC_OK);
}

static void types_that_do_not_rise_are_malformed(void **state)
{
    (void)state;
    static const uint8_t lists[][8] = {{5, 0, 0, 0, 5, 0, 0, 0},
                                       {5, 0, 0, 0, 4, 0, 0, 0},
                                       {0, 1, 0, 0, 0xff, 0, 0, 0}};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct vc_extension extension = VC_EXTENSION_NONE;
        struct vc_reader r = vc_reader(VC_BYTES(lists[i]));

        assert_true(vc_extension_next(&r, &extension));
        assert_false(vc_extension_next(&r, &extension));
        assert_int_equal(vc_reader_end(&r), VC_ERR_MALFORMED);
    }
}

static void a_list_cut_off_anywhere_is_malformed(void **state)
{
    (void)state;
    static const uint8_t list[] = {5, 0, 3, 0, 'a', 'b', 'c'};

    for (size_t len = 1; len < sizeof(list); len++) {
        struct vc_extension extension = VC_EXTENSION_NONE;
        struct vc_reader r = vc_reader((struct vc_bytes){list, len});

        assert_false(vc_extension_next(&r, &extension));
        assert_int_equal(vc_reader_end(&r), VC_ERR_MALFORMED);
    }
}

static void a_length_over_two_bytes_is_a_mistake(void **state)
{
    (void)state;
    uint8_t room[8];
    struct vc_writer w = vc_writer(room, sizeof(room));

    expect_assert_failure(vc_extension_head(&w, 1, 65536));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_gone_through_in_its_order),
        cmocka_unit_test(an_empty_list_has_none),
        cmocka_unit_test(types_that_do_not_rise_are_malformed),
        cmocka_unit_test(a_list_cut_off_anywhere_is_malformed),
        cmocka_unit_test(a_length_over_two_bytes_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
