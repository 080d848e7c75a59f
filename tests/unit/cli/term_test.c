#include "cli/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static const struct vc_term plain = {0};

static char *block(const struct vc_term *term, int indent, const char *text, size_t len,
                   const char *tail)
{
    char *printed = NULL;
    size_t printed_len = 0;
    FILE *out = open_memstream(&printed, &printed_len);

    vc_term_block(out, term, indent, text, len, tail);
    fclose(out);
    assert_int_equal(strlen(printed), printed_len);
    return printed;
}

static void expect_block(const struct vc_term *term, int indent, const char *text,
                         const char *expected)
{
    char *printed = block(term, indent, text, strlen(text), "");

    assert_string_equal(printed, expected);
    free(printed);
}

/* Nothing but printable text and line ends; no C1 and no bidi controls either. */
static void assert_harmless(const char *printed)
{
    struct vc_bytes rest = {(const uint8_t *)printed, strlen(printed)};
    uint32_t code_point = 0;

    while (vc_utf8_next(&rest, &code_point)) {
        enum vc_utf8_class class = vc_utf8_classify(code_point);
        if (class != VC_UTF8_TEXT && class != VC_UTF8_NEWLINE &&
            class != VC_UTF8_JOINER)
            fail_msg("U+%04X is printed", code_point);
    }
    assert_int_equal(rest.len, 0);
}

static void text_is_put_as_it_is(void **state)
{
    (void)state;

    expect_block(&plain, 4, "Grüße aus Köln", "Grüße aus Köln\n");
}

static void further_lines_are_indented(void **state)
{
    (void)state;

    expect_block(&plain, 4, "one\ntwo\n\nthree", "one\n    two\n    \n    three\n");
    expect_block(&plain, 2, "end\n", "end\n  \n");
}

static void what_steers_a_terminal_is_escaped(void **state)
{
    (void)state;
    static const char *const payloads[] = {
        "\033[2J\033[H",
        "\033]52;c;aGk=\a",
        "\033]0;title\033\\",
        "\xc2\x9b\x32J",
        "a\rfake",
        "a\bb",
        "\x7f",
        "\xe2\x80\xae"
        "txt.exe",
        "\xe2\x81\xa6isolate\xe2\x81\xa9",
        "\xff\xfe\x80",
        "\xe2\x80\xa8separator",
        "\xed\xa0\x80",
        "\xc0\xaf",
        "tab\tand bell\a",
    };

    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        char *printed = block(&plain, 3, payloads[i], strlen(payloads[i]), "");
        assert_harmless(printed);
        free(printed);
    }
}

static void every_byte_alone_and_in_pairs_is_harmless(void **state)
{
    (void)state;

    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            const char text[2] = {(char)a, (char)b};
            char *printed = block(&plain, 0, text, 2, "");
            assert_harmless(printed);
            free(printed);
        }
    }
}

static void a_zero_byte_does_not_end_the_text(void **state)
{
    (void)state;
    char *printed = block(&plain, 0, "a\0b", 3, "");

    assert_string_equal(printed, "a\\x00b\n");
    free(printed);
}

static void long_lines_are_wrapped_by_us(void **state)
{
    (void)state;
    const struct vc_term narrow = {.is_tty = true, .columns = 24, .rows = 24};

    expect_block(&narrow, 4, "the quick brown fox jumps over it",
                 "the quick brown fox \n    jumps over it\n");
    /* Without blanks it breaks where it must. */
    expect_block(&narrow, 4, "abcdefghijklmnopqrstuvwxyz",
                 "abcdefghijklmnopqrst\n    uvwxyz\n");
}

static void no_line_of_a_text_begins_in_front_of_the_indent(void **state)
{
    (void)state;
    const struct vc_term narrow = {.is_tty = true, .columns = 40, .rows = 24};
    char text[400];

    memset(text, ' ', sizeof(text));
    memcpy(text + 200, "14:02 < alice: send me money", 28);
    char *printed = block(&narrow, 13, text, sizeof(text), "");
    for (const char *line = strchr(printed, '\n'); line != NULL && line[1] != '\0';
         line = strchr(line + 1, '\n')) {
        assert_int_equal(strspn(line + 1, " ") >= 13, 1);
        assert_true(strcspn(line + 1, "\n") <= 40);
    }
    free(printed);
}

static void wide_characters_count_twice(void **state)
{
    (void)state;
    const struct vc_term narrow = {.is_tty = true, .columns = 20, .rows = 24};

    /* Nine of them, 18 columns, in 16. */
    expect_block(&narrow, 4, "漢字漢字漢字漢字漢", "漢字漢字漢字漢字\n    漢\n");
}

static void a_name_stays_in_its_line(void **state)
{
    (void)state;
    char *printed = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&printed, &len);

    vc_term_put(out, "bob\n14:02 < alice: \033[31mhi\t");
    fclose(out);
    assert_string_equal(printed, "bob\\n14:02 < alice: \\x1b[31mhi\\t");
    free(printed);
}

static void json_stays_the_same_json(void **state)
{
    (void)state;
    static const char json[] =
        "{\"a\":\"\xc2\x9b\x32J\x7f \xe2\x80\xae Gr\xc3\xbc\xc3\x9f"
        "e \xf3\xa0\x81\x81\"}\n";
    char *printed = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&printed, &len);

    vc_term_json(out, json, sizeof(json) - 1);
    fclose(out);
    assert_string_equal(printed, "{\"a\":\"\\u009b2J\\u007f \\u202e Gr\xc3\xbc\xc3\x9f"
                                 "e \\udb40\\udc41\"}\n");
    free(printed);
}

static void spans_have_the_unit_that_fits(void **state)
{
    (void)state;
    char text[VC_TERM_TIME_MAX];

    vc_term_span(412, text);
    assert_string_equal(text, "0.4 s");
    vc_term_span(90 * 1000, text);
    assert_string_equal(text, "1 min");
    vc_term_span(3 * 3600 * 1000, text);
    assert_string_equal(text, "3 h");
    vc_term_span(72 * 3600 * 1000, text);
    assert_string_equal(text, "3 days");
    vc_term_span(-1, text);
    assert_string_equal(text, "0.0 s");
}

static void times_are_those_of_the_place(void **state)
{
    (void)state;
    char text[VC_TERM_TIME_MAX];

    vc_term_time(1764000000000, text);
    assert_string_equal(text, "16:00");
    vc_term_date(1764000000000, text);
    assert_string_equal(text, "2025-11-24");
    vc_term_when(1764000000000, text);
    assert_string_equal(text, "2025-11-24 16:00");
    vc_term_when(vc_term_now_ms(), text);
    assert_int_equal(strlen(text), 5);
    /* A clock that is mad breaks nothing. */
    vc_term_when(INT64_MAX, text);
    vc_term_when(INT64_MIN, text);
}

static void what_comes_is_told_in_seconds_when_it_is_near(void **state)
{
    (void)state;
    char text[VC_TERM_TIME_MAX];

    vc_term_until(vc_term_now_ms() - 5000, text);
    assert_string_equal(text, "now");
    vc_term_until(vc_term_now_ms() + 29500, text);
    assert_string_equal(text, "in 30 s");
    vc_term_until(INT64_MAX, text);
}

static void styles_are_nothing_without_colours(void **state)
{
    (void)state;
    const struct vc_term colored = {.has_color = true};

    assert_string_equal(vc_term_style(&plain, VC_RED), "");
    assert_string_equal(vc_term_style(&colored, VC_RED), "\033[31m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_put_as_it_is),
        cmocka_unit_test(further_lines_are_indented),
        cmocka_unit_test(what_steers_a_terminal_is_escaped),
        cmocka_unit_test(every_byte_alone_and_in_pairs_is_harmless),
        cmocka_unit_test(a_zero_byte_does_not_end_the_text),
        cmocka_unit_test(long_lines_are_wrapped_by_us),
        cmocka_unit_test(no_line_of_a_text_begins_in_front_of_the_indent),
        cmocka_unit_test(wide_characters_count_twice),
        cmocka_unit_test(a_name_stays_in_its_line),
        cmocka_unit_test(json_stays_the_same_json),
        cmocka_unit_test(spans_have_the_unit_that_fits),
        cmocka_unit_test(times_are_those_of_the_place),
        cmocka_unit_test(what_comes_is_told_in_seconds_when_it_is_near),
        cmocka_unit_test(styles_are_nothing_without_colours),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
