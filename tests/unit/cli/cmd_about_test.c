#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cli/fake.h"

static void both_versions_are_told(void **state)
{
    (void)state;
    char *status = vc_fake_status("{}");

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    struct vc_run run = vc_fake_veche("", "version");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(run.out, "veche " VC_VERSION ", API 1\n"
                                 "veched " VC_VERSION ", API 1, running\n");
    vc_run_clear(&run);
    vc_fake_gone(VC_ERR_NO_DAEMON);
    run = vc_fake_veche("", "version", "--json");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "\"veched\":null");
    vc_run_clear(&run);
    free(status);
}

static void another_version_is_a_failure(void **state)
{
    (void)state;
    char *status = vc_fake_status("{\"api\":2,\"version\":\"9.0\"}");

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    vc_fake_answer("node.status", status);
    struct vc_run run = vc_fake_veche("", "version");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "run: veche down && veche up");
    vc_run_clear(&run);
    free(status);
}

static void help_is_given_for_all_and_for_one(void **state)
{
    (void)state;
    struct vc_run run = vc_fake_veche("", "help");

    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "Exit codes:");
    vc_run_clear(&run);
    run = vc_fake_veche("", "help", "send");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "--token TOKEN");
    vc_run_clear(&run);
    run = vc_fake_veche("", "help", "sned");
    assert_int_equal(run.exit_code, 2);
    assert_holds(run.err, "is it: send");
    vc_run_clear(&run);
}

static void a_report_is_shown_before_it_is_written(void **state)
{
    (void)state;
    char dir[] = "/tmp/vc-report-XXXXXX";
    char path[64];
    char *status = vc_fake_status("{}");
    struct stat facts;

    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/report", dir);
    vc_fake_reset();
    for (int i = 0; i < 3; i++) /* the daemon, the keys, the DHT */
        vc_fake_answer("node.status", status);
    vc_fake_answer("node.report", "{\"text\":\"from veched\\n\"}");
    struct vc_run run = vc_fake_veche("", "bugreport", "--out", path);
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "veche " VC_VERSION);
    assert_holds(run.out, "directory: ");
    assert_holds(run.out, "from veched\n");
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    vc_run_clear(&run);
    /* What is there is not written over. */
    for (int i = 0; i < 3; i++) /* the daemon, the keys, the DHT */
        vc_fake_answer("node.status", status);
    vc_fake_answer("node.report", "{\"text\":\"\"}");
    run = vc_fake_veche("", "bugreport", "--out", path);
    assert_int_equal(run.exit_code, 1);
    vc_run_clear(&run);
    unlink(path);
    rmdir(dir);
    free(status);
}

static void a_report_names_no_path_and_needs_no_daemon(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_gone(VC_ERR_NO_DAEMON);
    struct vc_run run = vc_fake_veche("", "bugreport", "--dir", "/tmp/alice-and-bob");
    assert_int_equal(run.exit_code, 0);
    assert_null(strstr(run.out, "alice"));
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_versions_are_told),
        cmocka_unit_test(another_version_is_a_failure),
        cmocka_unit_test(help_is_given_for_all_and_for_one),
        cmocka_unit_test(a_report_is_shown_before_it_is_written),
        cmocka_unit_test(a_report_names_no_path_and_needs_no_daemon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
