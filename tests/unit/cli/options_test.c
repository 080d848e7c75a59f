#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "tests/support/test.h"

extern int optind;

static struct vc_control_message last_failure;

static void keep_failure(struct vc_cli *cli, const struct vc_control_message *failure)
{
    (void)cli;
    last_failure = *failure;
}

static const struct vc_output quiet = {.failure = keep_failure};

static const struct vc_option options[] = {{"name", "NAME", "a name", 0},
                                           {"follow", NULL, "go on", 'f'},
                                           {"limit", "N", "so many", 'n'},
                                           {NULL, NULL, NULL, 0}};
static const struct vc_command command = {"log", "[A]", "words", NULL, options,
                                          0,     1,     true,    NULL};
static const struct vc_command plain_command = {"chat", "A", "words", NULL, options,
                                                1,      1,   false,   NULL};

static vc_err parse(struct vc_cli *cli, const struct vc_command *which,
                    const char *words)
{
    static char text[256];
    static char *argv[16];
    int argc = 0;

    (void)snprintf(text, sizeof(text), "%s", words);
    argv[argc++] = (char *)(uintptr_t)which->name;
    for (char *word = text; *word != '\0';) {
        argv[argc++] = word;
        word += strcspn(word, " ");
        if (*word == ' ')
            *word++ = '\0';
    }
    argv[argc] = NULL;
    memset(&last_failure, 0, sizeof(last_failure));
    *cli = (struct vc_cli){.command = which, .out = &quiet};
    optind = 0;
    return vc_cli_parse(cli, argc, argv);
}

static void options_and_arguments_may_be_mixed(void **state)
{
    (void)state;
    struct vc_cli cli;

    assert_int_equal(parse(&cli, &command, "bob --name Alice -f -n 7 --dir /d -q"),
                     VC_OK);
    assert_int_equal(cli.arg_count, 1);
    assert_string_equal(cli.args[0], "bob");
    assert_string_equal(vc_cli_value(&cli, "name"), "Alice");
    assert_true(vc_cli_has(&cli, "follow"));
    assert_string_equal(cli.dir, "/d");
    assert_true(cli.is_quiet);
    assert_false(cli.is_json);
    int64_t limit = 0;
    assert_int_equal(vc_cli_number(&cli, "limit", 1, 10, 5, &limit), VC_OK);
    assert_int_equal(limit, 7);
}

static void what_comes_after_two_dashes_is_no_option(void **state)
{
    (void)state;
    struct vc_cli cli;

    assert_int_equal(parse(&cli, &command, "-- --name"), VC_OK);
    assert_string_equal(cli.args[0], "--name");
    assert_false(vc_cli_has(&cli, "name"));
}

static void an_unknown_option_names_the_nearest(void **state)
{
    (void)state;
    struct vc_cli cli;

    assert_int_equal(parse(&cli, &command, "--folow"), VC_ERR_USAGE);
    assert_string_equal(last_failure.words,
                        "--folow: there is no such option; is it --follow?");
    assert_string_equal(last_failure.hint, "see: veche help log");
    assert_int_equal(parse(&cli, &command, "-x"), VC_ERR_USAGE);
    assert_int_equal(parse(&cli, &command, "--frobnicate"), VC_ERR_USAGE);
    assert_string_equal(last_failure.words, "--frobnicate: there is no such option");
}

static void a_missing_value_is_said(void **state)
{
    (void)state;
    struct vc_cli cli;

    assert_int_equal(parse(&cli, &command, "--name"), VC_ERR_USAGE);
    assert_string_equal(last_failure.words, "--name: it needs a value");
    assert_int_equal(parse(&cli, &command, "-n"), VC_ERR_USAGE);
}

static void json_is_for_commands_that_read(void **state)
{
    (void)state;
    struct vc_cli cli;

    assert_int_equal(parse(&cli, &command, "--json"), VC_OK);
    assert_true(cli.is_json);
    assert_ptr_equal(cli.out, &vc_output_json);
    assert_int_equal(parse(&cli, &plain_command, "bob --json"), VC_ERR_USAGE);
}

static void arguments_are_counted(void **state)
{
    (void)state;
    struct vc_cli cli;

    assert_int_equal(parse(&cli, &command, "a b"), VC_ERR_USAGE);
    assert_string_equal(last_failure.words, "b: there is one argument too many");
    assert_int_equal(parse(&cli, &plain_command, ""), VC_ERR_USAGE);
    assert_string_equal(last_failure.words, "something is missing: veche chat A");
    assert_int_equal(parse(&cli, &plain_command, "--help"), VC_OK);
    assert_true(cli.wants_help);
}

static void numbers_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {"-n 0", "-n 11", "-n 1x", "-n x",
                                      "-n 99999999999999999999"};
    struct vc_cli cli;
    int64_t limit = 0;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(&cli, &command, bad[i]), VC_OK);
        assert_int_equal(vc_cli_number(&cli, "limit", 1, 10, 5, &limit), VC_ERR_USAGE);
        assert_string_equal(last_failure.words,
                            "--limit: it has to be a number from 1 to 10");
    }
    assert_int_equal(parse(&cli, &command, ""), VC_OK);
    assert_int_equal(vc_cli_number(&cli, "limit", 1, 10, 5, &limit), VC_OK);
    assert_int_equal(limit, 5);
}

static void arguments_have_to_be_utf8(void **state)
{
    (void)state;
    struct vc_cli cli;

    assert_int_equal(parse(&cli, &command, "b\xff"), VC_ERR_BAD_TEXT);
    assert_int_equal(parse(&cli, &command, "--name \xc3"), VC_ERR_BAD_TEXT);
    /* A directory may be named as it is. */
    assert_int_equal(parse(&cli, &command, "--dir /\xff"), VC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_may_be_mixed),
        cmocka_unit_test(what_comes_after_two_dashes_is_no_option),
        cmocka_unit_test(an_unknown_option_names_the_nearest),
        cmocka_unit_test(a_missing_value_is_said),
        cmocka_unit_test(json_is_for_commands_that_read),
        cmocka_unit_test(arguments_are_counted),
        cmocka_unit_test(numbers_are_read_strictly),
        cmocka_unit_test(arguments_have_to_be_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
