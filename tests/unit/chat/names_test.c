#include "node/chat/names.h"

#include <string.h>

#include "tests/support/test.h"

static vc_err clean(const char *text, char name[VC_NAME_MAX + 1])
{
    return vc_name_clean((struct vc_bytes){(const uint8_t *)text, strlen(text)}, name);
}

static void names_are_trimmed_and_composed(void **state)
{
    char name[VC_NAME_MAX + 1];

    (void)state;
    assert_int_equal(clean("  Ana Maria ", name), VC_OK);
    assert_string_equal(name, "Ana Maria");
    assert_int_equal(clean("Rene\xcc\x81", name), VC_OK); /* e and a combining accent */
    assert_string_equal(name, "Ren\xc3\xa9");
}

static void what_plays_tricks_is_no_name(void **state)
{
    static const char *bad[] = {
        "",
        "   ",
        "a\nb",
        "a\tb",
        "\x1b[31mred",
        "a\x7f",
        "a\xc2\x9b"
        "b",
        "a\xe2\x80\xae"
        "b",
        "\xff\xfe",
        "a\xe2\x80\x8b"
        "b",
        "#12",
        "\xed\xa0\x80",
        "a\xe2\x80\xa8"
        "b",
        "\xef\xbb\xbf"
        "bob",
    };
    char name[VC_NAME_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(clean(bad[i], name), VC_ERR_BAD_NAME);
    }
}

static void a_name_has_at_most_64_bytes(void **state)
{
    char text[VC_NAME_MAX + 2], name[VC_NAME_MAX + 1];

    (void)state;
    memset(text, 'a', sizeof text);
    text[VC_NAME_MAX] = '\0';
    assert_int_equal(clean(text, name), VC_OK);
    text[VC_NAME_MAX] = 'a';
    text[VC_NAME_MAX + 1] = '\0';
    assert_int_equal(clean(text, name), VC_ERR_BAD_NAME);
}

static void a_name_that_grows_when_composed_is_refused(void **state)
{
    /* U+1D160 composes into three of four bytes. */
    char text[VC_NAME_MAX + 1], name[VC_NAME_MAX + 1];

    (void)state;
    for (size_t i = 0; i < VC_NAME_MAX; i += 4) {
        memcpy(text + i, "\xf0\x9d\x85\xa0", 4);
    }
    text[VC_NAME_MAX] = '\0';
    assert_int_equal(clean(text, name), VC_ERR_BAD_NAME);
}

static void the_case_of_letters_does_not_matter(void **state)
{
    (void)state;
    assert_true(vc_name_is_same("Bob", "bOB"));
    assert_true(vc_name_is_same("\xc3\x89milie", "\xc3\xa9MILIE"));
    assert_true(vc_name_is_same("stra\xc3\x9f"
                                "e",
                                "STRASSE"));
    assert_false(vc_name_is_same("bob", "bobo"));
    assert_false(vc_name_is_same("bob", "bop"));
}

static void a_number_behind_a_name_cuts_no_character(void **state)
{
    char longest[VC_NAME_MAX + 1], name[VC_NAME_MAX + 1];

    (void)state;
    vc_name_number("bob", 2, name);
    assert_string_equal(name, "bob 2");
    for (size_t i = 0; i < VC_NAME_MAX; i += 2) {
        memcpy(longest + i, "\xc3\xa9", 2);
    }
    longest[VC_NAME_MAX] = '\0';
    vc_name_number(longest, 10, name);
    assert_int_equal(strlen(name), 60 + 3);
    assert_memory_equal(name + 58, "\xc3\xa9 10", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_trimmed_and_composed),
        cmocka_unit_test(what_plays_tricks_is_no_name),
        cmocka_unit_test(a_name_has_at_most_64_bytes),
        cmocka_unit_test(a_name_that_grows_when_composed_is_refused),
        cmocka_unit_test(the_case_of_letters_does_not_matter),
        cmocka_unit_test(a_number_behind_a_name_cuts_no_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
