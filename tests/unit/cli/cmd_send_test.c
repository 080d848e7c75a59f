#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STATE_EVENT(state, id)                                                       \
    "{\"seq\":5,\"kind\":\"message.state\",\"at\":1,\"contact\":1,\"contact_name\":" \
    "\"bob\","                                                                       \
    "\"state\":\"" state "\",\"failure\":null,\"seq_first\":1,\"seq_last\":1,"       \
    "\"ids\":[\"" id "\"]}"

static void answer(const char *method, const char *name, char *object)
{
    char text[4096];

    (void)snprintf(text, sizeof(text), "{\"%s\":%s}", name, object);
    vc_fake_answer(method, text);
    free(object);
}

static void answer_sent(const char *more)
{
    char *usual = vc_fake_message(more);

    answer("messages.send", "message", usual);
}

static void a_delivery_is_told_with_its_time_and_way(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_sent("{\"from\":\"me\",\"state\":\"queued\"}");
    vc_fake_event(STATE_EVENT("delivered", "ffff"));
    vc_fake_event(STATE_EVENT("delivered", ID));
    answer("contacts.get", "contact",
           vc_fake_contact("{\"is_connected\":true,\"address\":\"203.0.113.7:5000\"}"));
    struct vc_run run = vc_fake_veche("", "send", "bob", "hello", "there");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "delivered in 0.");
    assert_holds(run.out, " s (direct 203.0.113.7:5000)\n");
    assert_string_equal(vc_json_string(vc_fake_asked("messages.send", 0), "text"),
                        "hello there");
    vc_run_clear(&run);
}

static void a_queued_message_tells_why_and_ends_with_0(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_sent("{\"from\":\"me\",\"state\":\"queued\"}");
    answer(
        "contacts.get", "contact",
        vc_fake_contact("{\"last_seen_at\":1764000000000,\"retry_at\":1764000600000}"));
    struct vc_run run = vc_fake_veche("", "send", "bob", "hello");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "queued: bob offline since ");
    assert_holds(run.out, ", retry now\n");
    vc_run_clear(&run);
}

static void a_message_that_is_given_up_is_a_failure(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_sent("{\"from\":\"me\",\"state\":\"queued\"}");
    vc_fake_event(
        "{\"seq\":5,\"kind\":\"message.state\",\"at\":1,\"contact\":1,"
        "\"contact_name\":\"bob\",\"state\":\"failed\",\"failure\":{\"code\":-39,"
        "\"name\":\"blocked\",\"message\":\"m\",\"hint\":\"h\"},\"seq_first\":1,"
        "\"seq_last\":1,\"ids\":[\"" ID "\"]}");
    struct vc_run run = vc_fake_veche("", "send", "bob", "hello");
    assert_int_equal(run.exit_code, 7);
    assert_holds(run.err, "this contact is blocked");
    vc_run_clear(&run);
}

static void with_wait_0_nothing_is_waited_for(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_sent("{\"from\":\"me\",\"state\":\"queued\"}");
    answer("contacts.get", "contact", vc_fake_contact("{}"));
    struct vc_run run = vc_fake_veche("", "send", "bob", "hi", "--wait", "0");
    assert_int_equal(run.exit_code, 0);
    assert_null(vc_fake_asked("events.subscribe", 0));
    vc_run_clear(&run);
}

static void the_input_is_sent_without_its_last_line_end(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_sent("{\"from\":\"me\",\"state\":\"delivered\"}");
    answer("contacts.get", "contact", vc_fake_contact("{}"));
    struct vc_run run =
        vc_fake_veche("one\ntwo\n\n", "send", "bob", "-", "--token", "t1");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(vc_json_string(vc_fake_asked("messages.send", 0), "text"),
                        "one\ntwo\n");
    assert_string_equal(vc_json_string(vc_fake_asked("messages.send", 0), "token"),
                        "t1");
    vc_run_clear(&run);
}

static void what_cannot_be_a_text_is_refused_before_it_is_sent(void **state)
{
    (void)state;
    char *big = malloc(VC_CONTROL_TEXT_MAX + 2);

    memset(big, 'x', VC_CONTROL_TEXT_MAX + 1);
    big[VC_CONTROL_TEXT_MAX + 1] = '\0';
    vc_fake_reset();
    struct vc_run run = vc_fake_veche(big, "send", "bob", "-");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "longer than 32 KiB");
    assert_holds(run.err, "hint: ");
    vc_run_clear(&run);
    run = vc_fake_veche("a\xff\n", "send", "bob", "-");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "not valid UTF-8");
    vc_run_clear(&run);
    run = vc_fake_veche("", "send", "bob", "-");
    assert_int_equal(run.exit_code, 2);
    vc_run_clear(&run);
    run = vc_fake_veche("", "send", "bob");
    assert_int_equal(run.exit_code, 2);
    vc_run_clear(&run);
    assert_null(vc_fake_asked("messages.send", 0));
    /* One byte less is a text. */
    big[VC_CONTROL_TEXT_MAX] = '\0';
    answer_sent("{\"from\":\"me\",\"state\":\"delivered\"}");
    answer("contacts.get", "contact", vc_fake_contact("{}"));
    run = vc_fake_veche(big, "send", "bob", "-");
    assert_int_equal(run.exit_code, 0);
    vc_run_clear(&run);
    free(big);
}

static void in_json_the_message_is_given_as_it_stands(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_sent("{\"from\":\"me\",\"state\":\"queued\"}");
    vc_fake_event(STATE_EVENT("delivered", ID));
    answer("contacts.get", "contact", vc_fake_contact("{}"));
    struct vc_run run = vc_fake_veche("", "send", "bob", "hi", "--json");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "\"kind\":\"message\"");
    assert_holds(run.out, "\"state\":\"delivered\"");
    assert_null(strchr(strchr(run.out, '\n') + 1, '\n'));
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delivery_is_told_with_its_time_and_way),
        cmocka_unit_test(a_queued_message_tells_why_and_ends_with_0),
        cmocka_unit_test(a_message_that_is_given_up_is_a_failure),
        cmocka_unit_test(with_wait_0_nothing_is_waited_for),
        cmocka_unit_test(the_input_is_sent_without_its_last_line_end),
        cmocka_unit_test(what_cannot_be_a_text_is_refused_before_it_is_sent),
        cmocka_unit_test(in_json_the_message_is_given_as_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
