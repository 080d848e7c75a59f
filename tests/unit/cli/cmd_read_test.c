#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

static void answer_contact(const char *more)
{
    char *contact = vc_fake_contact(more);
    char text[4096];

    (void)snprintf(text, sizeof(text), "{\"contact\":%s}", contact);
    vc_fake_answer("contacts.get", text);
    free(contact);
}

/* Answers a page of two messages of which the first has this id's last letter. */
static void answer_page(const char *first, const char *second, bool has_more)
{
    char *one = vc_fake_message(first);
    char *two = vc_fake_message(second);
    char text[8192];

    (void)snprintf(text, sizeof(text), "{\"messages\":[%s,%s],\"more\":%s}", one, two,
                   has_more ? "true" : "false");
    vc_fake_answer("messages.list", text);
    free(one);
    free(two);
}

static void a_conversation_is_shown_and_marked(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_contact("{\"unread\":1}");
    answer_page("{\"text\":\"two\\nlines\"}",
                "{\"from\":\"me\",\"state\":\"read\",\"text\":\"mine\"}", false);
    struct vc_run run = vc_fake_veche("", "read", "bob");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(run.out, "2025-11-24\n"
                                 "16:00 < bob: two\n"
                                 "             lines\n"
                                 "16:00 > mine  (read)\n");
    assert_string_equal(
        vc_json_string(vc_fake_asked("messages.mark_read", 0), "contact"), "bob");
    vc_run_clear(&run);
}

static void peeking_marks_nothing(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_contact("{\"unread\":1}");
    answer_page("{}", "{}", false);
    struct vc_run run = vc_fake_veche("", "read", "bob", "--peek");
    assert_int_equal(run.exit_code, 0);
    assert_null(vc_fake_asked("messages.mark_read", 0));
    vc_run_clear(&run);
}

static void the_limit_is_kept_over_pages(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_contact("{}");
    answer_page("{\"text\":\"c\"}", "{\"text\":\"d\"}", true);
    answer_page("{\"text\":\"a\"}", "{\"text\":\"b\"}", true);
    struct vc_run run = vc_fake_veche("", "read", "bob", "--limit", "4");
    assert_int_equal(run.exit_code, 0);
    const char *a = strstr(run.out, ": a\n");
    const char *d = strstr(run.out, ": d\n");
    assert_true(a != NULL && d != NULL && a < d);
    assert_int_equal(vc_json_integer(vc_fake_asked("messages.list", 0), "limit"), 4);
    assert_int_equal(vc_json_integer(vc_fake_asked("messages.list", 1), "limit"), 2);
    assert_true(vc_json_has(vc_fake_asked("messages.list", 1), "before"));
    assert_null(vc_fake_asked("messages.list", 2));
    vc_run_clear(&run);
}

static void all_goes_on_to_the_first_message(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_contact("{}");
    answer_page("{}", "{}", true);
    answer_page("{}", "{}", true);
    answer_page("{}", "{}", false);
    struct vc_run run = vc_fake_veche("", "read", "bob", "--all", "--json");
    assert_int_equal(run.exit_code, 0);
    int lines = 0;
    for (const char *c = run.out; *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 6);
    vc_run_clear(&run);
}

static void without_a_name_what_is_unread_is_shown(void **state)
{
    (void)state;
    char *bob = vc_fake_contact("{\"unread\":1}");
    char *eve = vc_fake_contact("{\"id\":2,\"name\":\"eve\"}");
    char text[4096];

    vc_fake_reset();
    (void)snprintf(text, sizeof(text), "{\"contacts\":[%s,%s]}", bob, eve);
    vc_fake_answer("contacts.list", text);
    answer_page("{\"state\":\"seen\",\"text\":\"old\"}", "{\"text\":\"new\"}", true);
    struct vc_run run = vc_fake_veche("", "read");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, ": new\n");
    assert_null(strstr(run.out, "old"));
    assert_null(vc_fake_asked("messages.list", 1));
    assert_string_equal(
        vc_json_string(vc_fake_asked("messages.mark_read", 0), "contact"), "#1");
    vc_run_clear(&run);
    vc_fake_reset();
    vc_fake_answer("contacts.list", "{\"contacts\":[]}");
    run = vc_fake_veche("", "read");
    assert_string_equal(run.out, "nothing new\n");
    vc_run_clear(&run);
    free(bob);
    free(eve);
}

static void gaps_are_told(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_contact("{\"gaps\":3}");
    answer_page("{}", "{\"has_gap\":true}", false);
    struct vc_run run = vc_fake_veche("", "read", "bob");
    assert_holds(run.out, "a message is missing here");
    assert_holds(run.out, "3 messages of this conversation are missing");
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_is_shown_and_marked),
        cmocka_unit_test(peeking_marks_nothing),
        cmocka_unit_test(the_limit_is_kept_over_pages),
        cmocka_unit_test(all_goes_on_to_the_first_message),
        cmocka_unit_test(without_a_name_what_is_unread_is_shown),
        cmocka_unit_test(gaps_are_told),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
