#include "crypto/base/base32.h"

#include <string.h>

#include "tests/support/prop.h"
#include "tests/support/test.h"

static void the_examples_of_the_rfc_are_met(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"f", "MY"},
        {"fo", "MZXQ"},
        {"foo", "MZXW6"},
        {"foob", "MZXW6YQ"},
        {"fooba", "MZXW6YTB"},
        {"foobar", "MZXW6YTBOI"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *plain = cases[i][0];
        size_t len = strlen(plain);
        char text[16];
        uint8_t bytes[8];

        vc_base32_encode((struct vc_bytes){(const uint8_t *)plain, len}, text);
        assert_string_equal(text, cases[i][1]);
        assert_int_equal(strlen(text), VC_BASE32_LEN(len));
        assert_int_equal(vc_base32_decode(text, bytes, len), VC_OK);
        assert_memory_equal(bytes, plain, len);
    }
}

static void only_the_alphabet_has_values(void **state)
{
    (void)state;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    for (int c = -128; c < 128; c++) {
        const char *at = c != 0 ? strchr(alphabet, c) : NULL;
        assert_int_equal(vc_base32_value((char)c),
                         at != NULL ? (int)(at - alphabet) : -1);
    }
}

static void bits_behind_the_last_byte_are_malformed(void **state)
{
    (void)state;
    uint8_t bytes[4] = {9, 9, 9, 9};

    assert_int_equal(vc_base32_decode("MZ", bytes, 1), VC_ERR_MALFORMED);
    assert_int_equal(vc_base32_decode("MZXR", bytes, 2), VC_ERR_MALFORMED);
    assert_int_equal(vc_base32_decode("MZXW7", bytes, 3), VC_ERR_MALFORMED);
    assert_int_equal(vc_base32_decode("MZXW6YR", bytes, 4), VC_ERR_MALFORMED);
    assert_int_equal(vc_base32_decode("my", bytes, 1), VC_ERR_MALFORMED);
    assert_int_equal(vc_base32_decode("M=", bytes, 1), VC_ERR_MALFORMED);
    assert_int_equal(vc_base32_decode("M", bytes, 1), VC_ERR_MALFORMED);
    assert_int_equal(bytes[0], 9);
}

static void any_bytes_come_back_and_each_text_has_one_value(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("any_bytes_come_back");

    for (int run = 0; run < 5000; run++) {
        uint8_t bytes[100];
        uint8_t again[100];
        char text[VC_BASE32_LEN(100) + 1];
        char text_again[VC_BASE32_LEN(100) + 1];
        size_t len = vc_prop_below(&prop, sizeof(bytes) + 1);

        vc_prop_bytes(&prop, bytes, len);
        vc_base32_encode((struct vc_bytes){bytes, len}, text);
        assert_int_equal(vc_base32_decode(text, again, len), VC_OK);
        assert_memory_equal(bytes, again, len);
        if (len == 0) {
            continue;
        }
        size_t at = vc_prop_below(&prop, (uint32_t)strlen(text));
        text[at] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[vc_prop_below(&prop, 32)];
        if (vc_base32_decode(text, again, len) == VC_OK) {
            vc_base32_encode((struct vc_bytes){again, len}, text_again);
            assert_string_equal(text, text_again);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc_are_met),
        cmocka_unit_test(only_the_alphabet_has_values),
        cmocka_unit_test(bits_behind_the_last_byte_are_malformed),
        cmocka_unit_test(any_bytes_come_back_and_each_text_has_one_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
