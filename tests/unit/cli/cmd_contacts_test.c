#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

/* Answers @method with {"contact": ...}. */
static void answer_contact(const char *method, const char *more)
{
    char *contact = vc_fake_contact(more);
    char answer[2048];

    (void)snprintf(answer, sizeof(answer), "{\"contact\":%s}", contact);
    vc_fake_answer(method, answer);
    free(contact);
}

static void contacts_are_listed_with_what_matters(void **state)
{
    (void)state;
    char *bob = vc_fake_contact("{\"is_connected\":true,\"address\":\"192.0.2.9:5000\","
                                "\"rtt_ms\":12,\"unread\":2,\"is_verified\":true}");
    char *eve = vc_fake_contact(
        "{\"id\":2,\"name\":\"eve\",\"is_blocked\":true,\"waiting\":3}");
    char answer[4096];

    vc_fake_reset();
    (void)snprintf(answer, sizeof(answer), "{\"contacts\":[%s,%s]}", bob, eve);
    vc_fake_answer("contacts.list", answer);
    struct vc_run run = vc_fake_veche("", "contacts");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(
        run.out, "bob  #1, connected at 192.0.2.9:5000 (12 ms), verified, 2 unread\n"
                 "eve  #2, blocked, not verified, 3 waiting\n");
    vc_run_clear(&run);
    vc_fake_answer("contacts.list", answer);
    run = vc_fake_veche("", "contacts", "list", "--json");
    assert_holds(run.out, "{\"v\":1,\"kind\":\"contact\",\"id\":1,\"name\":\"bob\"");
    assert_int_equal(run.exit_code, 0);
    vc_run_clear(&run);
    free(bob);
    free(eve);
}

static void a_name_cannot_fake_a_line(void **state)
{
    (void)state;
    char *contact =
        vc_fake_contact("{\"name\":\"bob\\n\\u001b[2Jeve  #2\",\"own_name\":\"\"}");
    char answer[2048];

    vc_fake_reset();
    (void)snprintf(answer, sizeof(answer), "{\"contacts\":[%s]}", contact);
    vc_fake_answer("contacts.list", answer);
    struct vc_run run = vc_fake_veche("", "contacts");
    assert_string_equal(run.out,
                        "bob\\n\\x1b[2Jeve  #2  #1, never seen, not verified\n");
    vc_run_clear(&run);
    free(contact);
}

static void a_contact_is_shown_renamed_and_blocked(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_contact("contacts.get", "{\"gaps\":2}");
    struct vc_run run = vc_fake_veche("", "contacts", "show", "bob");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "veche id     veche1bob");
    assert_holds(run.out, "missing      2 messages");
    vc_run_clear(&run);
    answer_contact("contacts.rename", "{\"name\":\"bobby\"}");
    run = vc_fake_veche("", "contacts", "rename", "bob", "bobby");
    assert_holds(run.out, "bobby  #1");
    assert_string_equal(vc_json_string(vc_fake_asked("contacts.rename", 0), "name"),
                        "bobby");
    vc_run_clear(&run);
    answer_contact("contacts.block", "{\"is_blocked\":true}");
    run = vc_fake_veche("", "contacts", "block", "bob");
    assert_holds(run.out, "bob is blocked");
    vc_run_clear(&run);
}

static void a_session_is_shown_with_its_reason(void **state)
{
    (void)state;

    vc_fake_reset();
    answer_contact("contacts.get",
                   "{\"session\":{\"generation\":3,\"since\":1764000000000,\"reason\":"
                   "\"unopened\"}}");
    struct vc_run run = vc_fake_veche("", "contacts", "show", "bob");
    assert_holds(run.out,
                 "  session      3 since 2025-11-24 16:00: the other side could "
                 "not open what was sent\n");
    assert_null(strstr(run.out, "keys  "));
    vc_run_clear(&run);
    answer_contact("contacts.get", "{\"is_waiting_for_keys\":true,\"waiting\":2}");
    run = vc_fake_veche("", "contacts", "show", "bob");
    assert_holds(run.out, "not verified, 2 waiting for keys\n");
    assert_holds(run.out,
                 "  keys         what waits is sealed when keys of theirs have "
                 "come: both sides must be there once\n");
    assert_null(strstr(run.out, "session"));
    vc_run_clear(&run);
    answer_contact("contacts.get",
                   "{\"session\":{\"generation\":1,\"since\":1764000000000,\"reason\":"
                   "\"first\"}}");
    run = vc_fake_veche("", "contacts", "show", "bob", "--json");
    assert_holds(run.out, "\"session\":{\"generation\":1,\"since\":1764000000000,"
                          "\"reason\":\"first\"}");
    vc_run_clear(&run);
}

static void nobody_is_removed_without_a_yes(void **state)
{
    (void)state;

    vc_fake_reset();
    struct vc_run run = vc_fake_veche("y\n", "contacts", "remove", "bob");
    assert_int_equal(run.exit_code, 2);
    assert_null(vc_fake_asked("contacts.remove", 0));
    vc_run_clear(&run);
    run = vc_fake_veche("", "contacts", "remove", "bob", "--yes");
    assert_int_equal(run.exit_code, 0);
    assert_non_null(vc_fake_asked("contacts.remove", 0));
    assert_holds(run.out, "The contacts key turns now; once your other contacts have");
    vc_run_clear(&run);
    vc_fake_answer("contacts.remove", "{\"key_turns_at\":1764000000000}");
    run = vc_fake_veche("", "contacts", "remove", "bob", "--yes");
    assert_holds(run.out, "The contacts key turns 2025-11-2");
    vc_run_clear(&run);
}

static void wrong_words_are_usage_errors(void **state)
{
    (void)state;
    static const char *const cases[][4] = {
        {"frobnicate"}, {"show"}, {"rename", "bob"}, {"list", "bob"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        vc_fake_reset();
        struct vc_run run = vc_fake_veche("", "contacts", cases[i][0], cases[i][1]);
        assert_int_equal(run.exit_code, 2);
        vc_run_clear(&run);
    }
}

static void a_safety_number_is_shown_and_marked(void **state)
{
    (void)state;
    char *contact = vc_fake_contact("{\"is_verified\":true}");
    char answer[2048];

    vc_fake_reset();
    (void)snprintf(answer, sizeof(answer),
                   "{\"contact\":%s,\"safety_number\":\"11111 22222\",\"code\":"
                   "\"VECHE-VERIFY:ABC\"}",
                   contact);
    vc_fake_answer("contacts.verify", answer);
    struct vc_run run = vc_fake_veche("", "verify", "bob", "--yes");
    assert_string_equal(run.out, "11111 22222\nbob is verified.\n");
    assert_true(vc_json_bool(vc_fake_asked("contacts.verify", 0), "is_verified"));
    vc_run_clear(&run);
    vc_fake_answer("contacts.verify", answer);
    run = vc_fake_veche("", "verify", "bob", "--json");
    assert_holds(run.out, "\"kind\":\"verify\"");
    assert_false(vc_json_has(vc_fake_asked("contacts.verify", 1), "is_verified"));
    vc_run_clear(&run);
    run = vc_fake_veche("", "verify", "bob", "--yes", "--no");
    assert_int_equal(run.exit_code, 2);
    vc_run_clear(&run);
    run = vc_fake_veche("", "verify", "bob", "--yes", "--scan", "X");
    assert_int_equal(run.exit_code, 2);
    vc_run_clear(&run);
    free(contact);
}

static void a_code_is_shown_and_compared(void **state)
{
    (void)state;
    char *contact = vc_fake_contact("{\"device_since\":1764000000000}");
    char answer[2048];

    vc_fake_reset();
    (void)snprintf(answer, sizeof(answer),
                   "{\"contact\":%s,\"safety_number\":\"1\",\"code\":"
                   "\"VECHE-VERIFY:ABC\"}",
                   contact);
    vc_fake_answer("contacts.verify", answer);
    struct vc_run run = vc_fake_veche("", "verify", "bob");
    assert_holds(run.out,
                 "1\nbob is not verified: compare the digits, then add --yes.\n"
                 "Or let them scan: VECHE-VERIFY:ABC\n"
                 "bob has had a new device since ");
    vc_run_clear(&run);
    vc_fake_answer("contacts.verify", answer);
    run = vc_fake_veche("", "verify", "bob", "--qr");
    assert_holds(run.out, "\033[48;5;231m"); /* it is asked for, so it is there */
    vc_run_clear(&run);
    vc_fake_answer("contacts.verify", answer);
    run = vc_fake_veche("", "verify", "bob", "--scan", "VECHE-VERIFY:ABC");
    assert_holds(run.out, "The code is the same: bob is verified.\n");
    assert_string_equal(vc_json_string(vc_fake_asked("contacts.verify", 2), "scan"),
                        "VECHE-VERIFY:ABC");
    vc_run_clear(&run);
    vc_fake_failure("contacts.verify", VC_ERR_VERIFY_MISMATCH, NULL);
    run = vc_fake_veche("", "verify", "bob", "--scan", "VECHE-VERIFY:ABD");
    assert_int_equal(run.exit_code, 7);
    assert_holds(run.err, "THIS CODE DOES NOT BELONG TO THE TWO OF YOU");
    vc_run_clear(&run);
    free(contact);
}

static void the_owner_is_shown_and_changed(void **state)
{
    (void)state;
    char *status = vc_fake_status("{}");

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    vc_fake_answer("owner.set", "{\"name\":\"Al\",\"read_receipts\":false}");
    struct vc_run run = vc_fake_veche("", "id", "--name", "Al", "--receipts", "no");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "veche1alice");
    assert_string_equal(vc_json_string(vc_fake_asked("owner.set", 0), "name"), "Al");
    assert_true(vc_json_has(vc_fake_asked("owner.set", 0), "read_receipts"));
    vc_run_clear(&run);
    run = vc_fake_veche("", "id", "--receipts", "perhaps");
    assert_int_equal(run.exit_code, 2);
    vc_run_clear(&run);
    vc_fake_answer("node.status", status);
    run = vc_fake_veche("", "id", "-q");
    assert_string_equal(run.out, "veche1alice\n");
    vc_run_clear(&run);
    free(status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contacts_are_listed_with_what_matters),
        cmocka_unit_test(a_name_cannot_fake_a_line),
        cmocka_unit_test(a_contact_is_shown_renamed_and_blocked),
        cmocka_unit_test(a_session_is_shown_with_its_reason),
        cmocka_unit_test(nobody_is_removed_without_a_yes),
        cmocka_unit_test(wrong_words_are_usage_errors),
        cmocka_unit_test(a_safety_number_is_shown_and_marked),
        cmocka_unit_test(a_code_is_shown_and_compared),
        cmocka_unit_test(the_owner_is_shown_and_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
