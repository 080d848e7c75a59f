#include "node/control/config_keys.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

/* What a reading found, as lines: "1 log.level=debug", "2! words". */
struct found {
    char text[2048];
    size_t len;
};

static void on_value(void *ctx, unsigned line, enum vc_config_place key,
                     const char *value)
{
    struct found *found = ctx;

    found->len +=
        (size_t)snprintf(found->text + found->len, sizeof(found->text) - found->len,
                         "%u %s=%s\n", line, vc_config_keys[key].name, value);
}

static void on_fault(void *ctx, unsigned line, const char *words)
{
    struct found *found = ctx;

    found->len +=
        (size_t)snprintf(found->text + found->len, sizeof(found->text) - found->len,
                         "%u! %s\n", line, words);
}

static struct found read_bytes(const char *text, size_t len, vc_err expected)
{
    struct found found = {.len = 0};
    const struct vc_config_sink sink = {on_value, on_fault, &found};

    assert_int_equal(
        vc_config_read((struct vc_bytes){(const uint8_t *)text, len}, &sink), expected);
    return found;
}

static struct found read_text(const char *text, vc_err expected)
{
    return read_bytes(text, strlen(text), expected);
}

static void values_come_with_their_lines(void **state)
{
    (void)state;
    struct found found = read_text("# mine\n"
                                   "name = Alice\n"
                                   "listen = 192.0.2.1:5000\n"
                                   "listen = [2001:db8::1]:5000\n"
                                   "\n"
                                   "[log]\n"
                                   "level = debug ; loud\n"
                                   "[network]\n"
                                   "id=lab",
                                   VC_OK);

    assert_string_equal(found.text, "2 name=Alice\n"
                                    "3 listen=192.0.2.1:5000\n"
                                    "4 listen=[2001:db8::1]:5000\n"
                                    "7 log.level=debug\n"
                                    "9 network.id=lab\n");
}

static void a_key_may_be_written_whole(void **state)
{
    (void)state;

    assert_string_equal(read_text("log.level = warn\n", VC_OK).text,
                        "1 log.level=warn\n");
}

static void an_empty_text_is_fine(void **state)
{
    (void)state;

    assert_string_equal(read_text("", VC_OK).text, "");
    assert_string_equal(read_text("\n\n# nothing\n", VC_OK).text, "");
}

static void every_mistake_is_told_with_its_line_and_the_nearest_key(void **state)
{
    (void)state;
    struct found found = read_text("nmae = Alice\n"
                                   "frobnicate = 1\n"
                                   "listen = nowhere\n"
                                   "[log]\n"
                                   "level = loud\n",
                                   VC_ERR_CONFIG);

    assert_non_null(strstr(found.text, "1! there is no key nmae; is it name?\n"));
    assert_non_null(strstr(found.text, "2! there is no key frobnicate; see:"));
    assert_non_null(strstr(found.text, "3! listen: it has to be like"));
    assert_non_null(strstr(found.text, "5! log.level: it has to be one of: error"));
}

static void a_line_that_is_neither_pair_nor_section_is_a_mistake(void **state)
{
    (void)state;

    assert_non_null(
        strstr(read_text("name = A\nnonsense\n", VC_ERR_CONFIG).text, "2! "));
    assert_non_null(
        strstr(read_text("[log\nlevel = info\n", VC_ERR_CONFIG).text, "1! "));
}

static void a_key_may_be_given_once_unless_it_is_a_list(void **state)
{
    (void)state;

    assert_non_null(strstr(read_text("name = A\nname = B\n", VC_ERR_CONFIG).text,
                           "2! name: it is given"));
}

static void long_lines_and_zero_bytes_are_mistakes(void **state)
{
    (void)state;
    static const char zero[] = "name = A\0B\nnetwork.id = x\n";
    char text[400];

    memset(text, 'x', sizeof(text));
    memcpy(text, "name = ", 7);
    memcpy(text + 300, "\nnetwork.id = y\n", 17);
    struct found found = read_text(text, VC_ERR_CONFIG);
    assert_non_null(strstr(found.text, "1! the line is longer"));
    assert_non_null(strstr(found.text, "2 network.id=y\n"));
    found = read_bytes(zero, sizeof(zero) - 1, VC_ERR_CONFIG);
    assert_non_null(strstr(found.text, "1! the line holds a zero byte"));
    assert_non_null(strstr(found.text, "2 network.id=x\n"));
}

static void a_file_over_the_limit_is_refused(void **state)
{
    (void)state;
    static char text[VC_CONFIG_TEXT_MAX + 1];

    memset(text, '\n', sizeof(text));
    assert_non_null(
        strstr(read_bytes(text, sizeof(text), VC_ERR_CONFIG).text, "64 KiB"));
}

static void values_are_checked_by_type(void **state)
{
    (void)state;
    char words[128];
    static const struct {
        enum vc_config_place key;
        const char *value;
        bool fits;
    } cases[] = {
        {VC_CONFIG_SOCKET, "/run/veche/control.sock", true},
        {VC_CONFIG_SOCKET, "control.sock", false},
        {VC_CONFIG_NAME, "", false},
        {VC_CONFIG_NAME, "Alice", true},
        {VC_CONFIG_READ_RECEIPTS, "yes", true},
        {VC_CONFIG_READ_RECEIPTS, "perhaps", false},
        {VC_CONFIG_LOG_LEVEL, "info", true},
        {VC_CONFIG_LOG_LEVEL, "inf", false},
        {VC_CONFIG_LISTEN, "[::1]:7", true},
        {VC_CONFIG_LISTEN, "localhost:7", false},
        {VC_CONFIG_NETWORK_PRIVATE, "no", true},
        {VC_CONFIG_NETWORK_PRIVATE, "maybe", false},
        {VC_CONFIG_NETWORK_BOOTSTRAP, "192.0.2.1:5000", true},
        {VC_CONFIG_NETWORK_BOOTSTRAP, "192.0.2.1:0", false},
        {VC_CONFIG_NETWORK_BOOTSTRAP, "0.0.0.0:5000", false},
        {VC_CONFIG_NETWORK_BOOTSTRAP, "entry.example:5000", false},
        {VC_CONFIG_NETWORK_ROLE, "bootstrap", true},
        {VC_CONFIG_NETWORK_ROLE, "router", false},
        {VC_CONFIG_NETWORK_ID, "this network's name is far too long for it", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            vc_config_value_fits(cases[i].key, cases[i].value, words, sizeof(words)),
            cases[i].fits);
}

static void yes_and_no_have_their_words(void **state)
{
    (void)state;
    bool is_on = false;

    assert_true(vc_config_boolean("true", &is_on) && is_on);
    assert_true(vc_config_boolean("off", &is_on) && !is_on);
    assert_false(vc_config_boolean("Yes", &is_on));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_with_their_lines),
        cmocka_unit_test(a_key_may_be_written_whole),
        cmocka_unit_test(an_empty_text_is_fine),
        cmocka_unit_test(every_mistake_is_told_with_its_line_and_the_nearest_key),
        cmocka_unit_test(a_line_that_is_neither_pair_nor_section_is_a_mistake),
        cmocka_unit_test(a_key_may_be_given_once_unless_it_is_a_list),
        cmocka_unit_test(long_lines_and_zero_bytes_are_mistakes),
        cmocka_unit_test(a_file_over_the_limit_is_refused),
        cmocka_unit_test(values_are_checked_by_type),
        cmocka_unit_test(yes_and_no_have_their_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
