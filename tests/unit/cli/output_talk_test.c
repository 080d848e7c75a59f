#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

/* Shows one message of a conversation. */
static struct vc_run show(const char *more)
{
    char *contact = vc_fake_contact("{}");
    char *message = vc_fake_message(more);
    char answer[4096];

    vc_fake_reset();
    (void)snprintf(answer, sizeof(answer), "{\"contact\":%s}", contact);
    vc_fake_answer("contacts.get", answer);
    (void)snprintf(answer, sizeof(answer), "{\"messages\":[%s],\"more\":false}",
                   message);
    vc_fake_answer("messages.list", answer);
    free(contact);
    free(message);
    return vc_fake_veche("", "read", "bob");
}

static void expect_line(const char *more, const char *line)
{
    struct vc_run run = show(more);

    assert_holds(run.out, line);
    vc_run_clear(&run);
}

static void every_state_is_told(void **state)
{
    (void)state;

    expect_line("{\"from\":\"me\",\"state\":\"queued\"}", "> hello  (queued)\n");
    expect_line("{\"from\":\"me\",\"state\":\"delivered\"}", "> hello  (delivered)\n");
    expect_line("{\"from\":\"me\",\"state\":\"failed\",\"failure\":{\"code\":-42,"
                "\"name\":\"removed\",\"message\":\"m\",\"hint\":\"h\"}}",
                "> hello  (failed: the contact was removed)\n");
    expect_line("{\"state\":\"seen\"}", "< bob: hello\n");
}

static void a_message_of_an_unknown_type_is_shown_as_such(void **state)
{
    (void)state;

    expect_line(
        "{\"type\":\"unknown\",\"type_number\":9,\"text\":null,\"body\":\"AAE=\"}",
        "< bob: [a message of type 9: a newer veche may show it]\n");
}

static void a_text_cannot_look_like_another_line(void **state)
{
    (void)state;
    struct vc_run run =
        show("{\"text\":\"hi\\n16:01 > I owe you\\r16:02 < bob: yes\"}");

    assert_holds(run.out, "16:00 < bob: hi\n"
                          "             16:01 > I owe you\\r16:02 < bob: yes\n");
    vc_run_clear(&run);
}

static void names_and_texts_are_escaped(void **state)
{
    (void)state;
    struct vc_run run = show(
        "{\"contact_name\":\"b\\u202eob\\u0007\",\"text\":\"\\u009b2J\\u001b[2J\"}");

    assert_holds(run.out, "< b\\u202eob\\x07: \\u009b2J\\x1b[2J\n");
    vc_run_clear(&run);
}

#define BOB_AND(more)                                                               \
    "{\"id\":1,\"name\":\"bob\",\"own_name\":\"\",\"fingerprint\":"                 \
    "\"00112233445566778899aabbccddeeff\",\"veche_id\":\"v\",\"is_blocked\":false," \
    "\"is_verified\":false,\"is_connected\":false,\"added_at\":1,"                  \
    "\"is_waiting_for_keys\":false,\"waiting\":0,\"unread\":0,\"gaps\":0" more "}"
#define BOB BOB_AND("")
#define BOB_WITH(reason) \
    BOB_AND(",\"session\":{\"generation\":3,\"since\":1,\"reason\":\"" reason "\"}")
#define SESSION(bob)                                                           \
    "\"seq\":1,\"kind\":\"contact.changed\",\"change\":\"session\",\"contact_" \
    "now\":" bob

static void events_have_their_words(void **state)
{
    (void)state;
    static const struct {
        const char *event;
        const char *words;
    } cases[] = {
        {"\"kind\":\"presence\",\"is_connected\":false,\"failure\":{\"code\":-20,"
         "\"name\":"
         "\"timeout\",\"message\":\"it took too long\",\"hint\":\"h\"}",
         ". bob: offline: it took too long\n"},
        {"\"seq\":1,\"kind\":\"message.state\",\"state\":\"read\",\"failure\":null,"
         "\"seq_first\":1,\"seq_last\":2,\"ids\":[\"a\",\"b\"]",
         ". bob: 2 messages read\n"},
        {"\"seq\":1,\"kind\":\"contact.removed\"", ". bob: is no contact any more\n"},
        {"\"seq\":1,\"kind\":\"contact.changed\",\"change\":\"device\",\"contact_"
         "now\":" BOB,
         ". bob: has a new device\n"},
        {"\"seq\":1,\"kind\":\"contact.changed\",\"change\":\"details\",\"contact_"
         "now\":" BOB,
         ". bob: changed\n"},
        {SESSION(BOB), ". bob: has a new session\n"},
        {SESSION(BOB_WITH("unopened")),
         ". bob: has a new session, number 3: the other side "
         "could not open what was sent\n"},
        {SESSION(BOB_WITH("rollback")), ". bob: has a new session, number 3: this node "
                                        "was put back to an older state\n"},
        {SESSION(BOB_WITH("theirs")),
         ". bob: has a new session, number 3: the other side began it\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *status = vc_fake_status("{\"event_last\":2}");
        char event[1024];
        vc_fake_reset();
        vc_fake_answer("node.status", status);
        (void)snprintf(
            event, sizeof(event),
            "{\"at\":1764000000000,\"contact\":1,\"contact_name\":\"bob\",%s}",
            cases[i].event);
        vc_fake_event(event);
        struct vc_run run = vc_fake_veche("", "log", "--since", "0");
        assert_holds(run.out, cases[i].words);
        vc_run_clear(&run);
        free(status);
    }
}

static void joins_are_told(void **state)
{
    (void)state;
    char *status = vc_fake_status("{\"event_last\":1}");

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    vc_fake_event(
        "{\"seq\":1,\"kind\":\"join.failed\",\"at\":1764000000000,\"join\":{\"id\":3,"
        "\"state\":\"failed\",\"name\":\"\",\"failure\":{\"code\":-33,\"name\":"
        "\"invite_used\",\"message\":\"used\",\"hint\":\"h\"},\"begun_at\":1}}");
    struct vc_run run = vc_fake_veche("", "log", "--since", "0");
    assert_holds(run.out, "16:00 . join #3 failed: used\n");
    vc_run_clear(&run);
    free(status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_is_told),
        cmocka_unit_test(a_message_of_an_unknown_type_is_shown_as_such),
        cmocka_unit_test(a_text_cannot_look_like_another_line),
        cmocka_unit_test(names_and_texts_are_escaped),
        cmocka_unit_test(events_have_their_words),
        cmocka_unit_test(joins_are_told),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
