#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

#define JOIN(state, failure, contact)                                         \
    "{\"id\":3,\"state\":\"" state "\",\"name\":\"bob\",\"failure\":" failure \
    ",\"contact\":" contact ",\"begun_at\":1,\"retry_at\":null}"
#define REFUSAL \
    "{\"code\":-33,\"name\":\"invite_used\",\"message\":\"used\",\"hint\":\"new\"}"

static void begin(const char *start)
{
    char *status = vc_fake_status("{}");

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    vc_fake_answer("join.start", start);
    free(status);
}

static void a_join_that_succeeds_says_who_it_is(void **state)
{
    (void)state;
    char *bob = vc_fake_contact("{}");
    char text[2048];

    begin("{\"join\":" JOIN("connecting", "null", "null") "}");
    vc_fake_event("{\"seq\":1,\"kind\":\"join.done\",\"at\":1,\"join\":" JOIN(
        "done", "null", "1") "}");
    (void)snprintf(text, sizeof(text), "{\"contact\":%s}", bob);
    vc_fake_answer("contacts.get", text);
    struct vc_run run = vc_fake_veche("", "join", "VECHE:AB", "CD", "--name", "bob");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "connecting to the other side");
    assert_holds(run.out, "bob is your contact now.");
    assert_holds(run.out, "veche send bob \"hello\"");
    assert_string_equal(vc_json_string(vc_fake_asked("join.start", 0), "invite"),
                        "VECHE:AB CD");
    assert_string_equal(vc_json_string(vc_fake_asked("join.start", 0), "name"), "bob");
    vc_run_clear(&run);
    free(bob);
}

static void a_name_that_a_shell_would_take_apart_is_not_in_the_command(void **state)
{
    (void)state;
    char *bob = vc_fake_contact("{\"name\":\"bob; reboot\"}");
    char text[2048];

    begin("{\"join\":" JOIN("done", "null", "1") "}");
    (void)snprintf(text, sizeof(text), "{\"contact\":%s}", bob);
    vc_fake_answer("contacts.get", text);
    struct vc_run run = vc_fake_veche("", "join", "VECHE:AB");
    assert_holds(run.out, "veche send '#1' \"hello\"\n");
    vc_run_clear(&run);
    free(bob);
}

static void a_refused_join_ends_with_its_error(void **state)
{
    (void)state;

    begin("{\"join\":" JOIN("connecting", "null", "null") "}");
    vc_fake_event("{\"seq\":1,\"kind\":\"join.failed\",\"at\":1,\"join\":" JOIN(
        "failed", REFUSAL, "null") "}");
    struct vc_run run = vc_fake_veche("", "join", "VECHE:AB");
    assert_int_equal(run.exit_code, 7);
    assert_holds(run.err, "veche: used\nhint: new\n");
    vc_run_clear(&run);
}

static void a_join_that_goes_on_by_itself_ends_with_0(void **state)
{
    (void)state;

    begin("{\"join\":" JOIN("connecting", "null", "null") "}");
    vc_fake_answer("join.list", "{\"joins\":[" JOIN("connecting", "null", "null") "]}");
    struct vc_run run = vc_fake_veche("", "join", "VECHE:AB", "--wait", "0");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "goes on trying by itself");
    vc_run_clear(&run);
}

static void a_bad_invite_is_said(void **state)
{
    (void)state;
    char *status = vc_fake_status("{}");

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    vc_fake_failure("join.start", VC_ERR_INVITE_CHECKSUM, NULL);
    struct vc_run run = vc_fake_veche("", "join", "VECHE:XX");
    assert_int_equal(run.exit_code, 2);
    assert_holds(run.err, "mistyped character");
    vc_run_clear(&run);
    run = vc_fake_veche("", "join");
    assert_int_equal(run.exit_code, 2);
    vc_run_clear(&run);
    free(status);
}

static void joins_are_listed_and_given_up(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer("join.list",
                   "{\"joins\":[" JOIN("connecting", REFUSAL, "null") "]}");
    struct vc_run run = vc_fake_veche("", "join", "--list");
    assert_string_equal(run.out, "#3  connecting, with bob: used\n");
    vc_run_clear(&run);
    run = vc_fake_veche("", "join", "--cancel", "3");
    assert_int_equal(run.exit_code, 0);
    assert_int_equal(vc_json_integer(vc_fake_asked("join.cancel", 0), "id"), 3);
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_join_that_succeeds_says_who_it_is),
        cmocka_unit_test(a_name_that_a_shell_would_take_apart_is_not_in_the_command),
        cmocka_unit_test(a_refused_join_ends_with_its_error),
        cmocka_unit_test(a_join_that_goes_on_by_itself_ends_with_0),
        cmocka_unit_test(a_bad_invite_is_said),
        cmocka_unit_test(joins_are_listed_and_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
