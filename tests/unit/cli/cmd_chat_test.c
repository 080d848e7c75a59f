#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

static void begin(void)
{
    char *bob = vc_fake_contact("{}");
    char text[2048];

    vc_fake_reset();
    (void)snprintf(text, sizeof(text), "{\"contact\":%s}", bob);
    vc_fake_answer("contacts.get", text);
    free(bob);
}

static void add_event(const char *more)
{
    char *message = vc_fake_message(more);
    char text[4096];

    (void)snprintf(text, sizeof(text),
                   "{\"seq\":1,\"kind\":\"message.new\",\"at\":1,\"contact\":1,"
                   "\"contact_name\":\"bob\",\"message\":%s}",
                   message);
    vc_fake_event(text);
    free(message);
}

static void every_line_is_sent_and_the_end_of_input_ends(void **state)
{
    (void)state;

    begin();
    struct vc_run run = vc_fake_veche("one\n\ntwo words\nlast without an end", "chat",
                                      "bob", "-n", "0");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(vc_json_string(vc_fake_asked("messages.send", 0), "text"),
                        "one");
    assert_string_equal(vc_json_string(vc_fake_asked("messages.send", 1), "text"),
                        "two words");
    assert_string_equal(vc_json_string(vc_fake_asked("messages.send", 2), "text"),
                        "last without an end");
    assert_string_equal(vc_json_string(vc_fake_asked("messages.send", 2), "contact"),
                        "#1");
    assert_null(vc_fake_asked("messages.send", 3));
    vc_run_clear(&run);
}

static void commands_are_not_sent(void **state)
{
    (void)state;

    begin();
    struct vc_run run = vc_fake_veche("/help\n/nonsense\n//text\n/quit\nnot sent\n",
                                      "chat", "bob", "-n", "0");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "/quit ends");
    assert_holds(run.out, "there is no such command");
    assert_string_equal(vc_json_string(vc_fake_asked("messages.send", 0), "text"),
                        "/text");
    assert_null(vc_fake_asked("messages.send", 1));
    vc_run_clear(&run);
}

static void what_comes_in_is_shown_and_marked(void **state)
{
    (void)state;

    begin();
    add_event("{\"text\":\"hello\\nyou\"}");
    add_event("{\"from\":\"me\",\"state\":\"queued\",\"text\":\"typed here\"}");
    struct vc_run run = vc_fake_veche("hi\n", "chat", "bob", "-n", "0");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, " < bob: hello\n             you\n");
    assert_null(strstr(run.out, "typed here"));
    assert_non_null(vc_fake_asked("messages.mark_read", 0));
    vc_run_clear(&run);
}

static void the_last_messages_stand_in_front(void **state)
{
    (void)state;
    char *message = vc_fake_message("{}");
    char text[4096];

    begin();
    (void)snprintf(text, sizeof(text), "{\"messages\":[%s],\"more\":true}", message);
    vc_fake_answer("messages.list", text);
    struct vc_run run = vc_fake_veche("", "chat", "bob");
    assert_holds(run.out, " < bob: hello\n");
    assert_int_equal(run.exit_code, 0);
    vc_run_clear(&run);
    free(message);
}

static void a_line_that_is_refused_is_said_and_the_rest_goes_on(void **state)
{
    (void)state;
    char *big = malloc(VC_CONTROL_TEXT_MAX + 32);

    memset(big, 'x', VC_CONTROL_TEXT_MAX + 1);
    memcpy(big + VC_CONTROL_TEXT_MAX + 1, "\n\xff\nfine\n", 9);
    begin();
    struct vc_run run = vc_fake_veche(big, "chat", "bob", "-n", "0");
    assert_int_not_equal(run.exit_code, 0);
    assert_holds(run.err, "longer than 32 KiB");
    assert_holds(run.err, "not valid UTF-8");
    assert_string_equal(vc_json_string(vc_fake_asked("messages.send", 0), "text"),
                        "fine");
    vc_run_clear(&run);
    begin();
    vc_fake_failure("messages.send", VC_ERR_BLOCKED, NULL);
    run = vc_fake_veche("one\n", "chat", "bob", "-n", "0");
    assert_int_equal(run.exit_code, 7);
    assert_holds(run.err, "this contact is blocked");
    vc_run_clear(&run);
    free(big);
}

static void the_end_of_veched_ends_it(void **state)
{
    (void)state;

    begin();
    vc_fake_end();
    struct vc_run run = vc_fake_veche("", "chat", "bob", "-n", "0");
    assert_int_equal(run.exit_code, 4);
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_is_sent_and_the_end_of_input_ends),
        cmocka_unit_test(commands_are_not_sent),
        cmocka_unit_test(what_comes_in_is_shown_and_marked),
        cmocka_unit_test(the_last_messages_stand_in_front),
        cmocka_unit_test(a_line_that_is_refused_is_said_and_the_rest_goes_on),
        cmocka_unit_test(the_end_of_veched_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
