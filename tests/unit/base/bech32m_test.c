#include "crypto/base/bech32m.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

static json_t *vectors;

static int load_vectors(void **state)
{
    (void)state;
    vectors = json_load_file(VC_VECTORS "/bech32m/bip350-strings.json", 0, NULL);
    return vectors != NULL ? 0 : -1;
}

static int drop_vectors(void **state)
{
    (void)state;
    json_decref(vectors);
    return 0;
}

static size_t count_of(const char *list)
{
    return json_array_size(json_object_get(vectors, list));
}

static const char *text_of(const char *list, size_t i)
{
    return json_string_value(json_array_get(json_object_get(vectors, list), i));
}

static void the_valid_strings_of_bip_350_are_read(void **state)
{
    (void)state;
    assert_int_equal(count_of("valid_bech32m"), 7);
    for (size_t i = 0; i < 7; i++) {
        struct vc_bech32m parts;
        const char *text = text_of("valid_bech32m", i);
        const char *separator = strrchr(text, '1');

        assert_int_equal(vc_bech32m_split(text, &parts), VC_OK);
        assert_int_equal(strlen(parts.prefix), separator - text);
        assert_int_equal(parts.value_count, strlen(separator + 1) - 6);
        for (size_t k = 0; parts.prefix[k] != '\0'; k++) {
            assert_int_equal(parts.prefix[k], tolower((unsigned char)text[k]));
        }
    }
}

static void the_invalid_strings_of_bip_350_are_refused(void **state)
{
    (void)state;
    struct vc_bech32m parts;

    assert_int_equal(count_of("invalid_bech32m"), 14);
    for (size_t i = 0; i < 14; i++) {
        assert_int_equal(vc_bech32m_split(text_of("invalid_bech32m", i), &parts),
                         VC_ERR_MALFORMED);
    }
    /* The third of them with the bare byte that the standard has. */
    assert_int_equal(vc_bech32m_split("\x80"
                                      "1vctc34",
                                      &parts),
                     VC_ERR_MALFORMED);
}

static void bech32_strings_are_refused(void **state)
{
    (void)state;
    struct vc_bech32m parts;

    assert_int_equal(count_of("valid_bech32_must_fail_as_bech32m"), 7);
    for (size_t i = 0; i < 7; i++) {
        const char *text = text_of("valid_bech32_must_fail_as_bech32m", i);
        assert_int_equal(vc_bech32m_split(text, &parts), VC_ERR_MALFORMED);
    }
}

static void both_cases_at_once_are_refused(void **state)
{
    (void)state;
    struct vc_bech32m parts;

    assert_int_equal(vc_bech32m_split("a1lqfn3a", &parts), VC_OK);
    assert_int_equal(vc_bech32m_split("A1LQFN3A", &parts), VC_OK);
    assert_int_equal(vc_bech32m_split("A1lqfn3a", &parts), VC_ERR_MALFORMED);
    assert_int_equal(vc_bech32m_split("a1lqfn3A", &parts), VC_ERR_MALFORMED);
    assert_int_equal(vc_bech32m_split("", &parts), VC_ERR_MALFORMED);
}

static void bytes_come_back_behind_their_prefix_only(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("bytes_come_back_behind_their_prefix_only");

    for (int run = 0; run < 2000; run++) {
        uint8_t bytes[48];
        uint8_t again[48];
        char text[VC_BECH32M_TEXT_MAX + 1];
        size_t len = vc_prop_below(&prop, sizeof(bytes) + 1);

        vc_prop_bytes(&prop, bytes, sizeof(bytes));
        vc_bech32m_encode("veche", (struct vc_bytes){bytes, len}, text, sizeof(text));
        assert_int_equal(vc_bech32m_decode(text, "veche", again, len), VC_OK);
        assert_memory_equal(bytes, again, len);
        assert_int_equal(vc_bech32m_decode(text, "vechf", again, len),
                         VC_ERR_MALFORMED);
        assert_int_equal(vc_bech32m_decode(text, "veche", again, len + 1),
                         VC_ERR_MALFORMED);

        /* Any one to four letters changed are found, by the code's construction. */
        uint32_t wrong = 1 + vc_prop_below(&prop, 4);
        for (uint32_t i = 0; i < wrong; i++) {
            size_t at = 6 + vc_prop_below(&prop, (uint32_t)strlen(text) - 6);
            char old = text[at];
            text[at] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"[vc_prop_below(&prop, 32)];
            if (i == 0 && text[at] == old) {
                text[at] = old == 'q' ? 'p' : 'q';
            }
        }
        char same[VC_BECH32M_TEXT_MAX + 1];
        vc_bech32m_encode("veche", (struct vc_bytes){bytes, len}, same, sizeof(same));
        if (strcmp(same, text) != 0) {
            assert_int_equal(vc_bech32m_decode(text, "veche", again, len),
                             VC_ERR_MALFORMED);
        }
    }
}

static void bits_behind_the_last_byte_are_malformed(void **state)
{
    (void)state;
    static const uint8_t odd[5] = {1, 2, 3, 4, 5};
    uint8_t bytes[51];
    char text[VC_BECH32M_TEXT_MAX + 1];
    struct vc_bech32m parts;

    vc_bech32m_encode("x", VC_BYTES(odd), text, sizeof(text));
    assert_int_equal(vc_bech32m_decode(text, "x", bytes, 4), VC_ERR_MALFORMED);

    /* The prefix "1" and 82 values with all bits set: 51 bytes and two bits more. */
    const char *ones = text_of("valid_bech32m", 4);
    assert_int_equal(vc_bech32m_split(ones, &parts), VC_OK);
    assert_int_equal(parts.value_count, 82);
    assert_string_equal(parts.prefix, "1");
    assert_int_equal(vc_bech32m_decode(ones, "1", bytes, 51), VC_ERR_MALFORMED);
}

static void a_text_too_long_is_a_mistake(void **state)
{
    (void)state;
    static const uint8_t bytes[64];
    static const struct vc_bytes id = {bytes, 33};
    static const struct vc_bytes long_one = {bytes, 64};
    char text[128];

    expect_assert_failure(vc_bech32m_encode("veche", long_one, text, sizeof(text)));
    expect_assert_failure(vc_bech32m_encode("veche", id, text, 65));
    expect_assert_failure(vc_bech32m_encode("", id, text, sizeof(text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_valid_strings_of_bip_350_are_read),
        cmocka_unit_test(the_invalid_strings_of_bip_350_are_refused),
        cmocka_unit_test(bech32_strings_are_refused),
        cmocka_unit_test(both_cases_at_once_are_refused),
        cmocka_unit_test(bytes_come_back_behind_their_prefix_only),
        cmocka_unit_test(bits_behind_the_last_byte_are_malformed),
        cmocka_unit_test(a_text_too_long_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, load_vectors, drop_vectors);
}
