#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

static void answer_status(const char *more)
{
    char *status = vc_fake_status(more);

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    vc_fake_answer("node.passphrase", "{}");
    free(status);
}

#define NONE "{\"has_passphrase\":false}"
#define ONE  "{\"has_passphrase\":true}"

/* What was sent as @name, or "-". */
static const char *sent(const char *name)
{
    const json_t *params = vc_fake_asked("node.passphrase", 0);

    assert_non_null(params);
    return json_object_get(params, name) == NULL
               ? "-"
               : json_string_value(json_object_get(params, name));
}

static void what_is_asked_for_is_sent(void **state)
{
    (void)state;
    answer_status(NONE);
    struct vc_run run = vc_fake_veche("one\n", "passphrase", "set");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(sent("old"), "-");
    assert_string_equal(sent("new"), "one");
    assert_null(strstr(run.out, "one\n"));
    vc_run_clear(&run);

    answer_status(ONE);
    run = vc_fake_veche("one\ntwo\n", "passphrase", "change");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(sent("old"), "one");
    assert_string_equal(sent("new"), "two");
    vc_run_clear(&run);

    answer_status(ONE);
    run = vc_fake_veche("one\n", "passphrase", "remove");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(sent("old"), "one");
    assert_string_equal(sent("new"), "-");
    vc_run_clear(&run);
}

static void expect_refused(const char *status, const char *input, const char *word,
                           const char *words)
{
    answer_status(status);
    struct vc_run run = vc_fake_veche(input, "passphrase", word);

    assert_int_equal(run.exit_code, 2);
    assert_holds(run.err, words);
    assert_null(vc_fake_asked("node.passphrase", 0));
    vc_run_clear(&run);
}

static void what_makes_no_sense_is_refused_before_it_is_sent(void **state)
{
    (void)state;
    expect_refused(NONE, "one\n", "change", "there is no passphrase");
    expect_refused(NONE, "one\n", "remove", "there is no passphrase");
    expect_refused(ONE, "one\n", "set", "there is a passphrase");
    expect_refused(NONE, "one\n", "forget", "there is only");
    expect_refused(NONE, "", "set", "no passphrase was given");
    expect_refused(ONE, "one\n", "change", "no passphrase was given");
}

static void a_wrong_one_ends_with_8(void **state)
{
    (void)state;
    char *status = vc_fake_status(ONE);

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    vc_fake_failure("node.passphrase", VC_ERR_WRONG_PASSPHRASE, "");
    struct vc_run run = vc_fake_veche("one\n", "passphrase", "remove");
    assert_int_equal(run.exit_code, 8);
    assert_holds(run.err, "the passphrase is wrong");
    vc_run_clear(&run);
    free(status);
}

static void without_veched_there_is_nothing_to_change(void **state)
{
    (void)state;
    vc_fake_reset();
    vc_fake_gone(VC_ERR_NO_DAEMON);
    struct vc_run run = vc_fake_veche("one\n", "passphrase", "set");
    assert_int_equal(run.exit_code, 4);
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_for_is_sent),
        cmocka_unit_test(what_makes_no_sense_is_refused_before_it_is_sent),
        cmocka_unit_test(a_wrong_one_ends_with_8),
        cmocka_unit_test(without_veched_there_is_nothing_to_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
