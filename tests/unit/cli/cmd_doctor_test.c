#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "tests/unit/cli/fake.h"

static char dir[] = "/tmp/vc-doctor-XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) == NULL ? -1 : 0;
}

static int remove_dir(void **state)
{
    (void)state;
    char path[64];

    (void)snprintf(path, sizeof(path), "%s/veche.conf", dir);
    unlink(path);
    (void)snprintf(path, sizeof(path), "%s/control.sock", dir);
    unlink(path);
    return rmdir(dir);
}

/* Runs with veched there and well. */
static struct vc_run run_well(const char *more)
{
    char *status = vc_fake_status(more);

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    vc_fake_answer("node.status", status); /* for the keys */
    vc_fake_answer("node.status", status); /* for the DHT */
    free(status);
    return vc_fake_veche("", "doctor", "--dir", dir);
}

static struct vc_run run_with_dht(const char *more)
{
    char *status = vc_fake_dht(more);

    vc_fake_reset();
    for (int i = 0; i < 3; i++)
        vc_fake_answer("node.status", status);
    free(status);
    return vc_fake_veche("", "doctor", "--dir", dir);
}

static void a_directory_that_others_see_fails(void **state)
{
    (void)state;

    assert_int_equal(chmod(dir, 0755), 0);
    struct vc_run run = run_well("{}");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.out, "FAIL  directory");
    assert_holds(run.out, "run: chmod 700 /tmp/vc-doctor-");
    vc_run_clear(&run);
    assert_int_equal(chmod(dir, 0700), 0);
    run = run_well("{}");
    assert_holds(run.out, "ok    directory");
    assert_holds(run.out, "ok    daemon      all is well");
    vc_run_clear(&run);
}

static void a_daemon_in_trouble_fails_with_its_hint(void **state)
{
    (void)state;
    struct vc_run run = run_well(
        "{\"is_usable\":false,\"verdict\":\"nothing new is "
        "accepted\",\"health\":{\"code\":-7,"
        "\"name\":\"disk_full\",\"message\":\"m\",\"hint\":\"free some space\"}}");

    assert_int_equal(run.exit_code, 1);
    assert_holds(run.out, "FAIL  daemon      nothing new is accepted\n");
    assert_holds(run.out, "free some space");
    vc_run_clear(&run);
    run = run_well("{\"api\":7,\"version\":\"7.0\"}");
    assert_holds(run.out, "talks API 1, veched 7.0 API 7");
    vc_run_clear(&run);
}

static void the_keys_are_looked_at(void **state)
{
    (void)state;
    struct vc_run run = run_well("{\"has_root\":true}");

    assert_holds(run.out, "ok    keys        the root is still on this device\n");
    assert_holds(run.out, "take it off: veche words\n");
    vc_run_clear(&run);
    run = run_well("{}");
    assert_holds(run.out, "ok    keys        the root is not on this device\n");
    vc_run_clear(&run);
    run = run_well("{\"live_until\":1764000000000}");
    assert_holds(run.out, "warn  keys        this device is said to be yours until ");
    assert_holds(run.out, "veche address extend");
    vc_run_clear(&run);
}

static void it_is_said_when_nobody_is_known(void **state)
{
    (void)state;
    struct vc_run run = run_with_dht("{}");

    assert_holds(run.out, "ok    dht         7 nodes known, about 120 in all\n");
    vc_run_clear(&run);
    run = run_with_dht("{\"is_joined\":false,\"nodes\":0,\"entry_points\":0}");
    assert_holds(run.out, "ok    dht         no entry point known: add one with "
                          "network.bootstrap = ADDR:PORT");
    assert_holds(run.out, "until then you are found only where");
    vc_run_clear(&run);
    run = run_with_dht("{\"is_joined\":false,\"nodes\":0,\"entry_points\":2}");
    assert_holds(run.out,
                 "warn  dht         nobody has answered yet, of 2 entry points\n");
    assert_holds(run.out, "whether UDP gets out of here\n");
    vc_run_clear(&run);
}

static void without_a_daemon_it_warns_and_sees_a_stale_socket(void **state)
{
    (void)state;
    char path[64];

    vc_fake_reset();
    vc_fake_gone(VC_ERR_NO_DAEMON);
    struct vc_run run = vc_fake_veche("", "doctor", "--dir", dir);
    assert_int_not_equal(run.exit_code, 0);
    assert_holds(run.out, "warn  daemon      veched is not running\n");
    vc_run_clear(&run);
    (void)snprintf(path, sizeof(path), "%s/control.sock", dir);
    fclose(fopen(path, "w"));
    run = vc_fake_veche("", "doctor", "--dir", dir);
    assert_holds(run.out, "left its socket behind");
    vc_run_clear(&run);
}

static void a_mistake_in_the_configuration_fails(void **state)
{
    (void)state;
    char path[64];

    (void)snprintf(path, sizeof(path), "%s/veche.conf", dir);
    FILE *file = fopen(path, "w");
    fputs("name = A\nlisen = x\n", file);
    fclose(file);
    struct vc_run run = run_well("{}");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.out, "veche.conf:2: there is no key lisen; is it listen?");
    vc_run_clear(&run);
    unlink(path);
}

static void json_has_one_check_a_line(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_gone(VC_ERR_NO_DAEMON);
    struct vc_run run = vc_fake_veche("", "doctor", "--dir", dir, "--json");
    assert_holds(run.out,
                 "{\"v\":1,\"kind\":\"check\",\"name\":\"clock\",\"verdict\":\"ok\"");
    vc_run_clear(&run);
}

static int counted;

static void count(struct vc_cli *cli, void *ctx, const struct vc_check *check)
{
    (void)cli;
    *(enum vc_verdict *)ctx = check->verdict > *(enum vc_verdict *)ctx
                                  ? check->verdict
                                  : *(enum vc_verdict *)ctx;
    counted++;
    assert_true(check->words[0] != '\0');
    assert_true(check->verdict != VC_VERDICT_FAIL || check->hint[0] != '\0');
}

static void the_worst_verdict_is_given(void **state)
{
    (void)state;
    struct vc_cli cli = {.out = &vc_output_text};
    enum vc_verdict worst = VC_VERDICT_OK;
    char detail[128];

    vc_fake_reset();
    vc_fake_gone(VC_ERR_NO_DAEMON);
    vc_connection_init(&cli.connection);
    assert_int_equal(vc_paths_find("/nowhere/at/all", NULL, &cli.paths, detail, 128),
                     VC_OK);
    enum vc_verdict given = vc_doctor_run(&cli, count, &worst);
    assert_int_equal(given, worst);
    assert_true(counted >= 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_directory_that_others_see_fails),
        cmocka_unit_test(a_daemon_in_trouble_fails_with_its_hint),
        cmocka_unit_test(the_keys_are_looked_at),
        cmocka_unit_test(it_is_said_when_nobody_is_known),
        cmocka_unit_test(without_a_daemon_it_warns_and_sees_a_stale_socket),
        cmocka_unit_test(a_mistake_in_the_configuration_fails),
        cmocka_unit_test(json_has_one_check_a_line),
        cmocka_unit_test(the_worst_verdict_is_given),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
