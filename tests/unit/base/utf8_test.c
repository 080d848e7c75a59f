#include "crypto/base/utf8.h"

#include <string.h>

#include "tests/support/prop.h"
#include "tests/support/test.h"

static struct vc_bytes bytes_of(const char *text)
{
    return (struct vc_bytes){(const uint8_t *)text, strlen(text)};
}

static void the_borders_of_every_length_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t code_point;
    } cases[] = {
        {"\x01", 0x1},
        {"\x7f", 0x7f},
        {"\xc2\x80", 0x80},
        {"\xdf\xbf", 0x7ff},
        {"\xe0\xa0\x80", 0x800},
        {"\xed\x9f\xbf", 0xd7ff},
        {"\xee\x80\x80", 0xe000},
        {"\xef\xbf\xbf", 0xffff},
        {"\xf0\x90\x80\x80", 0x10000},
        {"\xf4\x8f\xbf\xbf", 0x10ffff},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vc_bytes text = bytes_of(cases[i].text);
        uint32_t code_point = 0;
        assert_true(vc_utf8_next(&text, &code_point));
        assert_int_equal(code_point, cases[i].code_point);
        assert_int_equal(text.len, 0);
        assert_false(vc_utf8_next(&text, &code_point));
    }
}

static void what_is_not_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x41",
        "\xc2\xc2",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xe0\xa0",
        "\xe0\xa0\x41",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xef\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfc\x84\x80\x80\x80\x80",
        "\xfe",
        "\xff",
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vc_bytes text = bytes_of(cases[i]);
        uint32_t code_point = 77;
        assert_false(vc_utf8_next(&text, &code_point));
        assert_int_equal(text.len, strlen(cases[i]));
        assert_int_equal(code_point, 77);
        assert_false(vc_utf8_is_valid(text));
    }
    assert_true(vc_utf8_is_valid(bytes_of("")));
    assert_true(
        vc_utf8_is_valid(bytes_of("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80")));
    assert_false(vc_utf8_is_valid(bytes_of("good\xff")));
}

static void code_points_have_their_class(void **state)
{
    (void)state;
    static const struct {
        uint32_t code_point;
        enum vc_utf8_class class;
    } cases[] = {
        {0, VC_UTF8_CONTROL},
        {8, VC_UTF8_CONTROL},
        {9, VC_UTF8_TAB},
        {10, VC_UTF8_NEWLINE},
        {11, VC_UTF8_CONTROL},
        {0x1b, VC_UTF8_CONTROL},
        {0x1f, VC_UTF8_CONTROL},
        {0x20, VC_UTF8_TEXT},
        {0x7e, VC_UTF8_TEXT},
        {0x7f, VC_UTF8_CONTROL},
        {0x80, VC_UTF8_CONTROL},
        {0x9b, VC_UTF8_CONTROL},
        {0x9f, VC_UTF8_CONTROL},
        {0xa0, VC_UTF8_TEXT},
        {0xad, VC_UTF8_INVISIBLE},
        {0x61c, VC_UTF8_BIDI},
        {0x200a, VC_UTF8_TEXT},
        {0x200b, VC_UTF8_INVISIBLE},
        {0x200c, VC_UTF8_JOINER},
        {0x200d, VC_UTF8_JOINER},
        {0x200e, VC_UTF8_BIDI},
        {0x200f, VC_UTF8_BIDI},
        {0x2028, VC_UTF8_CONTROL},
        {0x2029, VC_UTF8_CONTROL},
        {0x202a, VC_UTF8_BIDI},
        {0x202e, VC_UTF8_BIDI},
        {0x202f, VC_UTF8_TEXT},
        {0x2060, VC_UTF8_INVISIBLE},
        {0x2065, VC_UTF8_INVISIBLE},
        {0x2066, VC_UTF8_BIDI},
        {0x2069, VC_UTF8_BIDI},
        {0x206a, VC_UTF8_INVISIBLE},
        {0xfe0f, VC_UTF8_JOINER},
        {0xfeff, VC_UTF8_INVISIBLE},
        {0xe0001, VC_UTF8_INVISIBLE},
        {0x1f600, VC_UTF8_TEXT},
        {0x10ffff, VC_UTF8_TEXT},
        {0x4e2d, VC_UTF8_TEXT},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(vc_utf8_classify(cases[i].code_point), cases[i].class);
    }
}

static void a_name_can_be_seen_and_plays_no_tricks(void **state)
{
    (void)state;
    static const char *const names[] = {
        "a",
        "Alice B.",
        "\xd0\x90\xd0\xbb\xd0\xb8\xd1\x81\xd0\xb0",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80", /* woman, joiner, rocket */
        "<b>&\"'",
        "a\\nb",
    };
    static const char *const tricks[] = {
        "",
        " ",
        "\xc2\xa0\xe3\x80\x80",
        "\xe2\x80\x8d",
        "a\nb",
        "a\tb",
        "a\x1b[31m",
        "a\xc2\x9b"
        "31m",
        "a\x7f",
        "ev\xe2\x80\xae"
        "il",
        "a\xe2\x80\x8b"
        "b",
        "\xef\xbb\xbf"
        "a",
        "a\xff",
        "a\xe2\x80\xa8"
        "b",
        "\xe2\xa0\x80",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(vc_utf8_is_name(bytes_of(names[i])));
    }
    for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
        assert_false(vc_utf8_is_name(bytes_of(tricks[i])));
    }
    assert_false(vc_utf8_is_name((struct vc_bytes){(const uint8_t *)"a\0b", 3}));
}

static const char *escaped(const char *text, unsigned policy)
{
    static char room[256];
    struct vc_writer w = vc_writer((uint8_t *)room, sizeof(room));

    vc_utf8_escape(&w, bytes_of(text), policy);
    vc_write_u8(&w, 0);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    return room;
}

static void escapes_are_those_of_the_header(void **state)
{
    (void)state;
    assert_string_equal(escaped("plain, gr\xc3\xbc\xc3\x9f", 0),
                        "plain, gr\xc3\xbc\xc3\x9f");
    assert_string_equal(escaped("a\nb\tc\rd", 0), "a\\nb\\tc\\rd");
    assert_string_equal(escaped("a\nb\tc\rd", VC_UTF8_KEEP_NEWLINE), "a\nb\\tc\\rd");
    assert_string_equal(escaped("a\nb\tc\rd", VC_UTF8_KEEP_TAB), "a\\nb\tc\\rd");
    assert_string_equal(escaped("\x1b[2J\x07\x7f", 0), "\\x1b[2J\\x07\\x7f");
    assert_string_equal(escaped("\xc2\x9b"
                                "2J",
                                0),
                        "\\u009b2J");
    assert_string_equal(escaped("ab\xe2\x80\xae"
                                "cd",
                                0),
                        "ab\\u202ecd");
    assert_string_equal(escaped("a\xe2\x80\xa8"
                                "b",
                                VC_UTF8_KEEP_NEWLINE),
                        "a\\u2028b");
    assert_string_equal(escaped("\xf3\xa0\x80\x81", 0), "\\U000e0001");
    assert_string_equal(escaped("\xf3\xa0\x80\x81", VC_UTF8_KEEP_INVISIBLE),
                        "\xf3\xa0\x80\x81");
    assert_string_equal(escaped("\xff"
                                "a\xe2\x82",
                                0),
                        "\\xffa\\xe2\\x82");
    assert_string_equal(escaped("\\x1b", 0), "\\x1b");
    assert_string_equal(escaped("\\x1b", VC_UTF8_DOUBLE_BACKSLASH), "\\\\x1b");
    assert_string_equal(escaped("\xe2\x80\x8d", 0), "\xe2\x80\x8d");
}

static void a_room_too_small_is_full(void **state)
{
    (void)state;
    uint8_t room[3];
    struct vc_writer w = vc_writer(room, sizeof(room));

    vc_utf8_escape(&w, bytes_of("\x1b"), 0);
    assert_int_equal(vc_writer_end(&w), VC_ERR_FULL);
}

/* Is there nothing in @text that a terminal acts upon? */
static void assert_harmless(struct vc_bytes text, unsigned policy)
{
    uint32_t code_point;

    while (vc_utf8_next(&text, &code_point)) {
        bool is_kept = (code_point == '\n' && (policy & VC_UTF8_KEEP_NEWLINE) != 0) ||
                       (code_point == '\t' && (policy & VC_UTF8_KEEP_TAB) != 0);
        assert_true(is_kept || (code_point >= 0x20 && code_point != 0x7f));
        assert_false(code_point >= 0x80 && code_point < 0xa0);
        assert_int_not_equal(vc_utf8_classify(code_point), VC_UTF8_BIDI);
    }
    assert_int_equal(text.len, 0);
}

static void no_text_whatever_gets_a_control_character_out(void **state)
{
    (void)state;
    struct vc_prop prop =
        vc_prop_begin("no_text_whatever_gets_a_control_character_out");
    static const char *const parts[] = {
        "\x1b",
        "[",
        "\xc2",
        "\x9b",
        "\xe2\x80",
        "\xae",
        "\xe2\x80\xae",
        "\xff",
        "a",
        "\n",
        "\t",
        "\r",
        "\xf0\x9f\x98\x80",
        "\\",
        "\x7f",
        "\xc2\x85",
        "\xed\xa0\x80",
    };

    for (int run = 0; run < 20000; run++) {
        uint8_t text[64];
        uint8_t room[VC_UTF8_ESCAPE_FACTOR * sizeof(text)];
        struct vc_writer text_w = vc_writer(text, sizeof(text));
        struct vc_writer w = vc_writer(room, sizeof(room));
        unsigned policy = vc_prop_below(&prop, 16);

        for (uint32_t i = vc_prop_below(&prop, 16); i > 0; i--) {
            uint32_t which = vc_prop_below(&prop, 1 + sizeof(parts) / sizeof(parts[0]));
            if (which == 0) {
                vc_write_u8(&text_w, (uint8_t)vc_prop_u64(&prop));
            } else {
                vc_write_bytes(&text_w, bytes_of(parts[which - 1]));
            }
        }
        assert_int_equal(vc_writer_end(&text_w), VC_OK);
        vc_utf8_escape(&w, vc_writer_bytes(&text_w), policy);
        assert_int_equal(vc_writer_end(&w), VC_OK);
        assert_harmless(vc_writer_bytes(&w), policy);
    }
}

/* Writes @c as UTF-8, surrogates too, and gives the length. */
static size_t put_code_point(uint32_t c, uint8_t ret_text[4])
{
    static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = len; i-- > 0; c >>= 6) {
        ret_text[i] = (uint8_t)(i > 0 ? 0x80 | (c & 0x3f) : leads[len] | c);
    }
    return len;
}

static void every_code_point_comes_back_harmless(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        uint8_t text[4];
        uint8_t room[16];
        struct vc_bytes whole = {text, put_code_point(c, text)};
        struct vc_bytes rest = whole;
        struct vc_writer w = vc_writer(room, sizeof(room));
        uint32_t again = 0;
        bool is_surrogate = c >= 0xd800 && c <= 0xdfff;

        assert_int_equal(vc_utf8_next(&rest, &again), !is_surrogate);
        assert_true(is_surrogate || again == c);
        vc_utf8_escape(&w, whole, 0);
        assert_true(vc_writer_bytes(&w).len <= VC_UTF8_ESCAPE_FACTOR * whole.len);
        assert_harmless(vc_writer_bytes(&w), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_borders_of_every_length_are_read),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(code_points_have_their_class),
        cmocka_unit_test(a_name_can_be_seen_and_plays_no_tricks),
        cmocka_unit_test(escapes_are_those_of_the_header),
        cmocka_unit_test(a_room_too_small_is_full),
        cmocka_unit_test(no_text_whatever_gets_a_control_character_out),
        cmocka_unit_test(every_code_point_comes_back_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
