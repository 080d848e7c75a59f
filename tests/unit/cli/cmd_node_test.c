#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

static void answer_status(const char *more)
{
    char *status = vc_fake_status(more);

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    free(status);
}

static void the_verdict_stands_first(void **state)
{
    (void)state;

    answer_status("{\"verdict\":\"all is well: 1 contact\",\"unread\":4}");
    struct vc_run run = vc_fake_veche("", "status");
    assert_int_equal(run.exit_code, 0);
    assert_memory_equal(run.out, "all is well: 1 contact\n", 23);
    assert_holds(run.out, "listens at   0.0.0.0:5000\n");
    assert_holds(run.out, "unread       4\n");
    vc_run_clear(&run);
    answer_status("{}");
    run = vc_fake_veche("", "status", "-q");
    assert_string_equal(run.out, "all is well\n");
    vc_run_clear(&run);
}

static void what_is_to_be_done_about_keys_is_said(void **state)
{
    (void)state;

    answer_status("{\"has_root\":true,\"unknowing\":2,\"key_turns_at\":1764000000000,"
                  "\"live_until\":1764000000000}");
    struct vc_run run = vc_fake_veche("", "status");
    assert_holds(run.out, "root         on this device: ");
    assert_holds(run.out, "veche words\n");
    assert_holds(run.out, "moved        2 contacts do not have the new address yet\n");
    assert_holds(run.out, "contacts key turns now, for whom you removed or blocked\n");
    assert_holds(run.out, "veche address extend\n");
    vc_run_clear(&run);
    answer_status("{}");
    run = vc_fake_veche("", "status");
    assert_null(strstr(run.out, "root"));
    assert_null(strstr(run.out, "contacts key"));
    assert_null(strstr(run.out, "extend"));
    vc_run_clear(&run);
}

static void a_node_that_is_not_usable_ends_with_3(void **state)
{
    (void)state;

    answer_status("{\"is_usable\":false,\"health\":{\"code\":-7,\"name\":\"disk_full\","
                  "\"message\":\"the disk is full\",\"hint\":\"free some space\"}}");
    struct vc_run run = vc_fake_veche("", "status");
    assert_int_equal(run.exit_code, 3);
    assert_holds(run.out, "trouble      the disk is full\n");
    assert_holds(run.out, "what to do   free some space\n");
    vc_run_clear(&run);
}

static void status_says_whether_the_store_is_locked(void **state)
{
    (void)state;

    answer_status("{}");
    struct vc_run run = vc_fake_veche("", "status");
    assert_holds(run.out, "locked       no: whoever has the directory can read it;");
    vc_run_clear(&run);
    answer_status("{\"has_passphrase\":true}");
    run = vc_fake_veche("", "status");
    assert_holds(run.out, "locked       with a passphrase\n");
    vc_run_clear(&run);
}

static void another_version_is_said(void **state)
{
    (void)state;
    char *status = vc_fake_status("{\"api\":2,\"version\":\"1.1\"}");

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    vc_fake_answer("node.status", status);
    struct vc_run run = vc_fake_veche("", "status");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "veche " VC_VERSION " talks API 1, veched 1.1 API 2");
    vc_run_clear(&run);
    free(status);
}

static void json_gives_the_object_of_veched(void **state)
{
    (void)state;

    answer_status("{}");
    struct vc_run run = vc_fake_veche("", "status", "--json");
    json_t *line = json_loads(run.out, 0, NULL);
    assert_non_null(line);
    assert_true(vc_json_is(line, "kind", "status"));
    assert_int_equal(vc_json_integer(line, "api"), 1);
    json_decref(line);
    vc_run_clear(&run);
}

static void up_says_that_it_is_up(void **state)
{
    (void)state;

    answer_status("{}");
    struct vc_run run = vc_fake_veche("", "up");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "veched is running already");
    assert_null(vc_fake_asked("invite.create", 0));
    vc_run_clear(&run);
}

static void down_stops_and_waits_for_the_end(void **state)
{
    (void)state;

    answer_status("{\"pid\":999999999}"); /* nobody: it is watched by its socket */
    vc_fake_gone_after("node.stop");
    struct vc_run run = vc_fake_veche("", "down");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(run.out, "veched has stopped; everything is kept\n");
    vc_run_clear(&run);
    /* It may be of another version, or gone before it answers. */
    vc_fake_reset();
    vc_fake_failure("node.status", VC_ERR_UNKNOWN_METHOD, NULL);
    vc_fake_gone_after("node.stop");
    run = vc_fake_veche("", "down", "-q");
    assert_int_equal(run.exit_code, 0);
    vc_run_clear(&run);
    answer_status("{\"pid\":999999999}");
    vc_fake_failure("node.stop", VC_ERR_PERMISSION, NULL);
    run = vc_fake_veche("", "down");
    assert_int_equal(run.exit_code, 1);
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_stands_first),
        cmocka_unit_test(what_is_to_be_done_about_keys_is_said),
        cmocka_unit_test(a_node_that_is_not_usable_ends_with_3),
        cmocka_unit_test(status_says_whether_the_store_is_locked),
        cmocka_unit_test(another_version_is_said),
        cmocka_unit_test(json_gives_the_object_of_veched),
        cmocka_unit_test(up_says_that_it_is_up),
        cmocka_unit_test(down_stops_and_waits_for_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
