/* The check that every program has unless a test brings its own. */
#include "crypto/base/base.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/test.h"

enum { CHECK_LINE = __LINE__ + 4 };

static void check(bool holds)
{
    VC_CHECK(holds);
}

static void a_failed_check_says_where_and_aborts(void **state)
{
    (void)state;
    int ends[2];
    char said[256] = {0};
    char wanted[64];
    size_t len = 0;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        /* cmocka has put its own handler there. */
        signal(SIGABRT, SIG_DFL);
        check(false);
        _exit(0);
    }
    close(ends[1]);
    ssize_t got;
    while ((got = read(ends[0], &said[len], sizeof(said) - 1 - len)) > 0) {
        len += (size_t)got;
    }
    close(ends[0]);

    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(said, "check failed: holds at "));
    snprintf(wanted, sizeof(wanted), "check_test.c:%d\n", CHECK_LINE);
    assert_non_null(strstr(said, wanted));
}

static void a_check_that_holds_does_nothing(void **state)
{
    (void)state;
    int evaluated = 0;

    check(true);
    VC_CHECK(++evaluated == 1);
    assert_int_equal(evaluated, 1);
}

static void instants_do_not_overflow(void **state)
{
    (void)state;
    assert_true(vc_ms_after(VC_NEVER, 0) == VC_NEVER);
    assert_true(vc_ms_after(VC_NEVER - 1, 5) == VC_NEVER);
    assert_true(vc_ms_after(5, VC_NEVER) == VC_NEVER);
    assert_true(vc_ms_after(5, 7) == 12);
    assert_true(vc_ms_min(5, VC_NEVER) == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_check_says_where_and_aborts),
        cmocka_unit_test(a_check_that_holds_does_nothing),
        cmocka_unit_test(instants_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
