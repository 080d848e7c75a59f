#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

#define READ_HERE(seq, contact)                                                 \
    "{\"seq\":" seq                                                             \
    ",\"kind\":\"message.read_here\",\"at\":1764000000000,\"contact\":" contact \
    ",\"contact_name\":\"bob\"}"

static void answer_status(const char *more)
{
    char *status = vc_fake_status(more);

    vc_fake_answer("node.status", status);
    free(status);
}

static void the_newest_events_are_shown_up_to_the_last(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_status("{\"event_first\":1,\"event_last\":3}");
    vc_fake_event(READ_HERE("2", "1"));
    vc_fake_event("{\"kind\":\"presence\",\"at\":1764000000000,\"contact\":1,"
                  "\"contact_name\":\"bob\",\"is_connected\":true,\"failure\":null}");
    vc_fake_event(READ_HERE("3", "1"));
    vc_fake_event(READ_HERE("4", "1")); /* it comes later, and is not waited for */
    struct vc_run run = vc_fake_veche("", "log", "--limit", "2");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(run.out, "2025-11-24\n"
                                 "16:00 . bob: you have read this conversation\n"
                                 "16:00 . bob: connected\n"
                                 "16:00 . bob: you have read this conversation\n");
    assert_int_equal(vc_json_integer(vc_fake_asked("events.subscribe", 0), "since"), 1);
    vc_run_clear(&run);
}

static void json_lines_have_their_numbers(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_status("{\"event_first\":1,\"event_last\":7}");
    vc_fake_event(READ_HERE("7", "1"));
    struct vc_run run = vc_fake_veche("", "log", "--since", "6", "--json");
    assert_string_equal(run.out, "{\"v\":1,\"kind\":\"message.read_here\",\"seq\":7,"
                                 "\"at\":1764000000000,\"contact\":1,"
                                 "\"contact_name\":\"bob\"}\n");
    vc_run_clear(&run);
}

static void an_event_that_came_already_is_not_shown_again(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_status("{\"event_last\":3}");
    vc_fake_event(READ_HERE("2", "1"));
    vc_fake_event(READ_HERE("2", "1"));
    vc_fake_event(READ_HERE("1", "1"));
    vc_fake_event(READ_HERE("3", "1"));
    struct vc_run run = vc_fake_veche("", "log", "--since", "1", "--json");
    int lines = 0;
    for (const char *c = run.out; *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 2);
    vc_run_clear(&run);
}

static void one_contact_may_be_picked(void **state)
{
    (void)state;
    char *bob = vc_fake_contact("{\"id\":9}");
    char text[2048];

    vc_fake_reset();
    (void)snprintf(text, sizeof(text), "{\"contact\":%s}", bob);
    vc_fake_answer("contacts.get", text);
    answer_status("{\"event_last\":3}");
    vc_fake_event(READ_HERE("2", "1"));
    vc_fake_event(READ_HERE("3", "9"));
    struct vc_run run = vc_fake_veche("", "log", "--peer", "bob", "--json");
    assert_holds(run.out, "\"seq\":3");
    assert_null(strstr(run.out, "\"seq\":2"));
    vc_run_clear(&run);
    free(bob);
}

static void when_nothing_comes_that_was_all(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_status("{\"event_last\":3}");
    vc_fake_event(READ_HERE("2", "1"));
    struct vc_run run = vc_fake_veche("", "log");
    assert_int_equal(run.exit_code, 0);
    vc_run_clear(&run);
}

static void events_that_are_gone_are_told_and_stepped_over(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_status("{\"event_first\":50,\"event_last\":51}");
    vc_fake_failure("events.subscribe", VC_ERR_GAP, NULL);
    answer_status("{\"event_first\":50,\"event_last\":51}");
    vc_fake_event(READ_HERE("50", "1"));
    vc_fake_event(READ_HERE("51", "1"));
    struct vc_run run = vc_fake_veche("", "log", "--since", "3");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "older events are gone: this begins with number 50");
    assert_int_equal(vc_json_integer(vc_fake_asked("events.subscribe", 1), "since"),
                     49);
    vc_run_clear(&run);
}

static void a_slow_reader_asks_again_from_where_it_was(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_status("{\"event_last\":3}");
    vc_fake_event(READ_HERE("1", "1"));
    vc_fake_event("{\"kind\":\"gap\",\"at\":1,\"first\":1}");
    vc_fake_event(READ_HERE("2", "1"));
    vc_fake_event(READ_HERE("3", "1"));
    struct vc_run run = vc_fake_veche("", "log", "--since", "0");
    assert_int_equal(run.exit_code, 0);
    assert_int_equal(vc_json_integer(vc_fake_asked("events.subscribe", 1), "since"), 1);
    vc_run_clear(&run);
}

static void the_log_of_veched_is_escaped(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer("node.log", "{\"lines\":[\"one\",\"two\\u001b[2J\"]}");
    struct vc_run run = vc_fake_veche("", "log", "--node", "--level", "warn");
    assert_string_equal(run.out, "one\ntwo\\x1b[2J\n");
    assert_string_equal(vc_json_string(vc_fake_asked("node.log", 0), "level"), "warn");
    vc_run_clear(&run);
    run = vc_fake_veche("", "log", "--level", "warn");
    assert_int_equal(run.exit_code, 2);
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_events_are_shown_up_to_the_last),
        cmocka_unit_test(json_lines_have_their_numbers),
        cmocka_unit_test(an_event_that_came_already_is_not_shown_again),
        cmocka_unit_test(one_contact_may_be_picked),
        cmocka_unit_test(when_nothing_comes_that_was_all),
        cmocka_unit_test(events_that_are_gone_are_told_and_stepped_over),
        cmocka_unit_test(a_slow_reader_asks_again_from_where_it_was),
        cmocka_unit_test(the_log_of_veched_is_escaped),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
