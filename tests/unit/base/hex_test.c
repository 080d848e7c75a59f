#include "crypto/base/hex.h"

#include <string.h>

#include "tests/support/test.h"

static void every_byte_has_two_digits(void **state)
{
    (void)state;
    uint8_t all[256];
    uint8_t again[256];
    char text[VC_HEX_ROOM(sizeof(all))];

    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (uint8_t)i;
    }
    vc_hex_encode(VC_BYTES(all), text);
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text, "000102", 6);
    assert_string_equal(&text[506], "fdfeff");
    assert_int_equal(vc_hex_decode(text, again, sizeof(again)), VC_OK);
    assert_memory_equal(all, again, sizeof(all));
}

static void upper_case_is_read_too(void **state)
{
    (void)state;
    uint8_t bytes[2];

    assert_int_equal(vc_hex_decode("aBCd", bytes, 2), VC_OK);
    assert_int_equal(bytes[0], 0xab);
    assert_int_equal(bytes[1], 0xcd);
}

static void nothing_is_a_value_too(void **state)
{
    (void)state;
    char text[1];

    vc_hex_encode((struct vc_bytes){NULL, 0}, text);
    assert_string_equal(text, "");
    assert_int_equal(vc_hex_decode("", NULL, 0), VC_OK);
}

static void another_length_or_character_is_malformed(void **state)
{
    (void)state;
    static const char *const texts[] = {"",       "ab",   "abc",   "abcde",
                                        "abcdef", "abcg", " abcd", "ab cd",
                                        "abc`",   "abc@", "0xab",  "ab/:"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint8_t bytes[2] = {7, 7};
        assert_int_equal(vc_hex_decode(texts[i], bytes, 2), VC_ERR_MALFORMED);
        assert_int_equal(bytes[0] + bytes[1], 14);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_has_two_digits),
        cmocka_unit_test(upper_case_is_read_too),
        cmocka_unit_test(nothing_is_a_value_too),
        cmocka_unit_test(another_length_or_character_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
