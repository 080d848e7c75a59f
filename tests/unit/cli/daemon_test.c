#include "cli/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/cli/fake.h"

/* A directory whose "veched" is a script of ours, and which is all of PATH. */
static char dir[] = "/tmp/vc-daemon-XXXXXX";
static char *old_path;

static int make_dir(void **state)
{
    (void)state;
    old_path = strdup(getenv("PATH"));
    return mkdtemp(dir) == NULL || setenv("PATH", dir, 1) != 0 ? -1 : 0;
}

static int remove_dir(void **state)
{
    (void)state;
    static const char *const names[] = {"veched", "veched.log"};
    char path[128];

    setenv("PATH", old_path, 1);
    free(old_path);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static void put_veched(const char *script)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/veched", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    assert_int_equal(chmod(path, 0700), 0);
}

static struct vc_run up_that_fails(const char *script)
{
    put_veched(script);
    vc_fake_reset();
    vc_fake_gone(VC_ERR_NO_DAEMON);
    return vc_fake_veche("", "up", "--dir", dir, "--listen", "127.0.0.1:7");
}

static void a_veched_that_dies_is_quoted(void **state)
{
    (void)state;
    struct vc_run run =
        up_that_fails("echo 'veched: the store is damaged: page 7' >&2\n"
                      "echo 'hint: restore a copy' >&2\nexit 1");

    assert_int_equal(run.exit_code, 1);
    assert_string_equal(run.err,
                        "veche: the store is damaged: page 7\nhint: restore a copy\n");
    vc_run_clear(&run);
}

static void its_log_is_understood_too_and_escaped(void **state)
{
    (void)state;
    struct vc_run run = up_that_fails("echo '2026-11-21T03:20:00Z info: begun' >&2\n"
                                      "printf '2026-11-21T03:20:00Z error: open: no "
                                      "\\033[2J(dmesg) (look (well))\\n' >&2\n"
                                      "exit 7");

    assert_int_equal(run.exit_code, 7);
    assert_string_equal(run.err,
                        "veche: open: no \\x1b[2J(dmesg)\nhint: look (well)\n");
    vc_run_clear(&run);
}

static void only_the_words_of_this_start_count(void **state)
{
    (void)state;
    struct vc_run run = up_that_fails("echo 'veched: old words' >&2; exit 1");

    vc_run_clear(&run);
    run = up_that_fails("exit 0");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "veche: veched ended at once\nhint: see: ");
    vc_run_clear(&run);
    run = up_that_fails("kill -9 $$");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "killed by signal 9");
    vc_run_clear(&run);
}

static void its_arguments_are_passed_on(void **state)
{
    (void)state;
    struct vc_run run = up_that_fails("echo \"veched: $* in $(/bin/pwd)\" >&2; exit 1");
    char expected[512];

    (void)snprintf(
        expected, sizeof(expected),
        "veche: --dir %s --socket %s/control.sock --listen 127.0.0.1:7 in /\n", dir,
        dir);
    assert_holds(run.err, expected);
    vc_run_clear(&run);
}

/* A store that is locked: the passphrase comes through descriptor 3, and only there. */
static void a_passphrase_is_asked_for_and_passed_on(void **state)
{
    (void)state;
    static const char script[] =
        "case \"$*\" in\n"
        "*--passphrase-fd*) echo \"veched: got $(/bin/cat <&3) in $*\" >&2; exit 1;;\n"
        "*) echo 'veched: locked (say it)' >&2; exit 8;;\nesac";

    put_veched(script);
    vc_fake_reset();
    vc_fake_gone(VC_ERR_NO_DAEMON);
    struct vc_run run = vc_fake_veche("one two\n", "up", "--dir", dir);
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "veche: got one two in --dir ");
    assert_holds(run.err, "/control.sock --passphrase-fd 3\n");
    vc_run_clear(&run);
    run = vc_fake_veche("", "up", "--dir", dir);
    assert_int_equal(run.exit_code, 8);
    assert_holds(run.err, "the store is locked with a passphrase");
    vc_run_clear(&run);
    put_veched("exit 8");
    run = vc_fake_veche("wrong\n", "up", "--dir", dir);
    assert_int_equal(run.exit_code, 8);
    assert_holds(run.err, "the passphrase is wrong");
    vc_run_clear(&run);
}

static void without_a_program_it_says_so(void **state)
{
    (void)state;
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/veched", dir);
    unlink(path);
    vc_fake_reset();
    vc_fake_gone(VC_ERR_NO_DAEMON);
    struct vc_run run = vc_fake_veche("", "up", "--dir", dir);
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "veched is neither beside veche nor in PATH");
    vc_run_clear(&run);
}

static void a_process_is_watched_until_its_end(void **state)
{
    (void)state;
    struct vc_cli cli = {.out = &vc_output_text};

    assert_int_equal(vc_daemon_watch(0), -1);
    assert_int_equal(vc_daemon_watch(INT64_MAX), -1);
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    int watch = vc_daemon_watch(pid);
    assert_true(watch >= 0);
    assert_true(vc_daemon_wait_end(&cli, watch, 5000));
    close(watch);
    waitpid(pid, NULL, 0);
    watch = vc_daemon_watch(getpid());
    assert_false(vc_daemon_wait_end(&cli, watch, 30));
    close(watch);
    vc_fake_reset();
    vc_fake_gone(VC_ERR_NO_DAEMON);
    assert_true(vc_daemon_wait_end(&cli, -1, 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_veched_that_dies_is_quoted),
        cmocka_unit_test(its_log_is_understood_too_and_escaped),
        cmocka_unit_test(only_the_words_of_this_start_count),
        cmocka_unit_test(its_arguments_are_passed_on),
        cmocka_unit_test(a_passphrase_is_asked_for_and_passed_on),
        cmocka_unit_test(without_a_program_it_says_so),
        cmocka_unit_test(a_process_is_watched_until_its_end),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
