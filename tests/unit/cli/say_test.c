#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

static void missing_fields_read_as_nothing(void **state)
{
    (void)state;
    json_t *object = json_pack("{s:i, s:s, s:b, s:n}", "a", 7, "b", "x", "c", 1, "d");

    assert_int_equal(vc_json_integer(object, "a"), 7);
    assert_int_equal(vc_json_integer(object, "b"), 0);
    assert_string_equal(vc_json_string(object, "b"), "x");
    assert_string_equal(vc_json_string(object, "none"), "");
    assert_string_equal(vc_json_string(NULL, "none"), "");
    assert_true(vc_json_bool(object, "c"));
    assert_false(vc_json_bool(object, "a"));
    assert_true(vc_json_has(object, "a"));
    assert_false(vc_json_has(object, "d"));
    assert_true(vc_json_is(object, "b", "x"));
    json_decref(object);
}

static void another_version_is_named_as_the_reason(void **state)
{
    (void)state;
    char *status = vc_fake_status("{\"api\":2,\"version\":\"9.9\"}");

    vc_fake_reset();
    vc_fake_failure("contacts.list", VC_ERR_UNKNOWN_METHOD, "contacts.list");
    vc_fake_answer("node.status", status);
    struct vc_run run = vc_fake_veche("", "contacts");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "talks API 1, veched 9.9 API 2");
    assert_holds(run.err, "hint: run: veche down && veche up");
    vc_run_clear(&run);
    free(status);
}

static void the_socket_is_named_to_who_named_a_directory(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_gone(VC_ERR_NO_DAEMON);
    struct vc_run run = vc_fake_veche("", "status", "--dir", "/tmp/nowhere");
    assert_holds(run.err, "veched is not running: /tmp/nowhere/control.sock");
    vc_run_clear(&run);
    vc_fake_gone(VC_ERR_PERMISSION);
    run = vc_fake_veche("", "status", "--dir", "/tmp/nowhere");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "permission denied: /tmp/nowhere/control.sock");
    vc_run_clear(&run);
}

static void errors_of_veched_are_escaped(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_failure("contacts.list", VC_ERR_IO, "\033]52;c;aGk=\a\nveche: fine");
    struct vc_run run = vc_fake_veche("", "contacts");
    assert_null(strchr(run.err, '\033'));
    assert_null(strchr(run.err, '\a'));
    assert_holds(run.err, "\\x1b]52;c;aGk=\\x07\\nveche: fine");
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_fields_read_as_nothing),
        cmocka_unit_test(another_version_is_named_as_the_reason),
        cmocka_unit_test(the_socket_is_named_to_who_named_a_directory),
        cmocka_unit_test(errors_of_veched_are_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
