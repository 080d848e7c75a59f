#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

static void every_command_is_described_whole(void **state)
{
    (void)state;

    for (const struct vc_command *c = vc_commands; c->name != NULL; c++) {
        int options = 0;
        assert_non_null(c->run);
        assert_true(strlen(c->words) > 0 && strlen(c->words) <= 68);
        assert_ptr_equal(vc_cli_command_find(c->name), c);
        for (const struct vc_option *o = c->options; o->name != NULL; o++, options++)
            assert_true(strlen(o->words) > 0);
        assert_true(options <= VC_OPTIONS_MAX);
    }
    assert_null(vc_cli_command_find("frobnicate"));
}

static void no_option_is_there_twice(void **state)
{
    (void)state;

    for (const struct vc_command *c = vc_commands; c->name != NULL; c++) {
        for (const struct vc_option *o = c->options; o->name != NULL; o++) {
            for (const struct vc_option *p = c->options; p != o; p++) {
                assert_string_not_equal(o->name, p->name);
                assert_true(o->letter == 0 || o->letter != p->letter);
            }
            for (const struct vc_option *p = vc_common_options; p->name != NULL; p++) {
                assert_string_not_equal(o->name, p->name);
                assert_true(o->letter == 0 || o->letter != p->letter);
            }
        }
    }
}

static char *help_of(const struct vc_command *command)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (command == NULL)
        vc_cli_overview(out);
    else
        vc_cli_help(command, out);
    fclose(out);
    return text;
}

static void the_help_names_every_option_and_fits_80_columns(void **state)
{
    (void)state;

    for (const struct vc_command *c = vc_commands; c->name != NULL; c++) {
        char *text = help_of(c);
        for (const struct vc_option *o = c->options; o->name != NULL; o++)
            assert_holds(text, o->name);
        /* The synopsis stands in the first line and may be long. */
        for (const char *line = strchr(text, '\n') + 1; *line != '\0';) {
            size_t len = strcspn(line, "\n");
            if (len > 88)
                fail_msg("%.*s", (int)len, line);
            line += len + 1;
        }
        free(text);
    }
}

static void the_overview_names_every_command(void **state)
{
    (void)state;
    char *text = help_of(NULL);

    for (const struct vc_command *c = vc_commands; c->name != NULL; c++)
        assert_holds(text, c->name);
    free(text);
}

static void no_command_ends_with_0_when_there_is_no_daemon(void **state)
{
    (void)state;
    static const char *const cases[][4] = {
        {"down"},
        {"status"},
        {"id"},
        {"invite"},
        {"contacts"},
        {"verify", "bob"},
        {"send", "bob", "hi"},
        {"read"},
        {"log"},
        {"chat", "bob"},
        {"rpc"},
        {"read", "bob"},
        {"join", "--list"},
        {"contacts", "show", "bob"},
        {"invite", "--list"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        vc_fake_reset();
        vc_fake_gone(VC_ERR_NO_DAEMON);
        struct vc_run run = vc_fake_veche("", cases[i][0], cases[i][1], cases[i][2]);
        assert_int_equal(run.exit_code, 4);
        assert_holds(run.err, "veched is not running");
        assert_holds(run.err, "hint: start it with: veche up");
        assert_string_equal(run.out, "");
        vc_run_clear(&run);
    }
}

static void no_command_ends_with_0_with_a_bad_option(void **state)
{
    (void)state;

    for (const struct vc_command *c = vc_commands; c->name != NULL; c++) {
        vc_fake_reset();
        struct vc_run run = vc_fake_veche("", c->name, "--frobnicate");
        assert_int_equal(run.exit_code, 2);
        assert_holds(run.err, "there is no such option");
        vc_run_clear(&run);
    }
}

static void every_error_of_veched_has_its_exit_code_and_words(void **state)
{
    (void)state;

    for (int code = -1; code >= VC_ERR_LAST; code--) {
        vc_err err = (vc_err)code;
        vc_fake_reset();
        vc_fake_failure("contacts.list", err, "just so");
        /* Those that may mean another version are looked into. */
        char *status = vc_fake_status("{}");
        vc_fake_answer("node.status", status);
        free(status);
        struct vc_run run = vc_fake_veche("", "contacts");
        assert_int_equal(run.exit_code, vc_err_exit_code(err));
        assert_int_not_equal(run.exit_code, 0);
        assert_holds(run.err, vc_err_words(err));
        assert_holds(run.err, ": just so\n");
        assert_holds(run.err, vc_err_hint(err));
        vc_run_clear(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_described_whole),
        cmocka_unit_test(no_option_is_there_twice),
        cmocka_unit_test(the_help_names_every_option_and_fits_80_columns),
        cmocka_unit_test(the_overview_names_every_command),
        cmocka_unit_test(no_command_ends_with_0_when_there_is_no_daemon),
        cmocka_unit_test(no_command_ends_with_0_with_a_bad_option),
        cmocka_unit_test(every_error_of_veched_has_its_exit_code_and_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
