#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

static void an_error_goes_to_standard_error_with_its_hint(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_failure("contacts.list", VC_ERR_DISK_FULL, NULL);
    struct vc_run run = vc_fake_veche("", "contacts");
    assert_string_equal(run.out, "");
    assert_holds(run.err, "veche: the disk is full");
    assert_holds(run.err, "\nhint: free some space");
    vc_run_clear(&run);
}

static void quietly_only_what_was_asked_for_is_said(void **state)
{
    (void)state;
    char *contact = vc_fake_contact("{}");
    char answer[2048];

    vc_fake_reset();
    (void)snprintf(answer, sizeof(answer), "{\"contacts\":[%s]}", contact);
    vc_fake_answer("contacts.list", answer);
    struct vc_run run = vc_fake_veche("", "contacts", "--quiet");
    assert_string_equal(run.out, "bob\n");
    vc_run_clear(&run);
    vc_fake_answer("contacts.list", "{\"contacts\":[]}");
    run = vc_fake_veche("", "contacts", "--quiet");
    assert_string_equal(run.out, "");
    vc_run_clear(&run);
    free(contact);
}

static void there_are_no_colours_where_there_is_no_terminal(void **state)
{
    (void)state;
    char *status = vc_fake_status("{}");

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    struct vc_run run = vc_fake_veche("", "status");
    assert_null(strchr(run.out, '\033'));
    vc_run_clear(&run);
    free(status);
}

static void what_veched_says_of_others_is_escaped(void **state)
{
    (void)state;
    char *status =
        vc_fake_status("{\"name\":\"\\u001b[31mred\",\"addresses\":[\"\\u009b2J\"],"
                       "\"verdict\":\"a\\nb\"}");

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    struct vc_run run = vc_fake_veche("", "status");
    assert_memory_equal(run.out, "a\\nb\n", 5);
    assert_holds(run.out, "name         \\x1b[31mred\n");
    assert_holds(run.out, "others try   \\u009b2J\n");
    vc_run_clear(&run);
    free(status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_goes_to_standard_error_with_its_hint),
        cmocka_unit_test(quietly_only_what_was_asked_for_is_said),
        cmocka_unit_test(there_are_no_colours_where_there_is_no_terminal),
        cmocka_unit_test(what_veched_says_of_others_is_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
