#include "node/edge/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "node/edge/limits.h"
#include "tests/support/test.h"

struct lines {
    size_t count;
    char first[VC_EDGE_LOG_LINE_MAX], last[VC_EDGE_LOG_LINE_MAX];
};

static void take_line(void *ctx, const char *line)
{
    struct lines *lines = ctx;

    if (lines->count == 0)
        (void)snprintf(lines->first, sizeof lines->first, "%s", line);
    (void)snprintf(lines->last, sizeof lines->last, "%s", line);
    lines->count++;
}

/* stderr goes into memory while a test runs. */
static int old_stderr = -1;

static int catch_stderr(void **state)
{
    int fd = memfd_create("stderr", MFD_CLOEXEC);

    *state = NULL;
    old_stderr = dup(STDERR_FILENO);
    return fd >= 0 && old_stderr >= 0 && dup2(fd, STDERR_FILENO) >= 0 && close(fd) == 0 ? 0 : -1;
}

static int free_stderr(void **state)
{
    (void)state;
    (void)fflush(stderr);
    return dup2(old_stderr, STDERR_FILENO) >= 0 && close(old_stderr) == 0 ? 0 : -1;
}

static size_t read_stderr(char *ret_text, size_t room)
{
    ssize_t len;

    (void)fflush(stderr);
    len = pread(STDERR_FILENO, ret_text, room - 1, 0);
    assert_true(len >= 0);
    ret_text[len] = '\0';
    return (size_t)len;
}

static void levels_have_names(void **state)
{
    (void)state;
    enum vc_log_level level = VC_LOG_DEBUG;

    assert_true(vc_log_level_parse("error", &level));
    assert_int_equal(level, VC_LOG_ERROR);
    assert_true(vc_log_level_parse("debug", &level));
    assert_int_equal(level, VC_LOG_DEBUG);
    assert_false(vc_log_level_parse("Error", &level));
    assert_false(vc_log_level_parse("", &level));
    assert_int_equal(level, VC_LOG_DEBUG);
}

static void what_is_below_the_level_is_kept_and_not_said(void **state)
{
    (void)state;
    struct lines lines = {0};
    char said[1024];

    vc_log_open(VC_LOG_WARN);
    vc_log(VC_LOG_INFO, "quiet %d", 1);
    vc_log(VC_LOG_WARN, "loud %d", 2);
    (void)read_stderr(said, sizeof said);
    assert_null(strstr(said, "quiet"));
    assert_non_null(strstr(said, "warn: loud 2\n"));
    vc_log_kept(VC_LOG_DEBUG, 2, take_line, &lines);
    assert_int_equal(lines.count, 2);
    assert_non_null(strstr(lines.first, "info: quiet 1"));
    assert_non_null(strstr(lines.last, "warn: loud 2"));
}

static void a_service_manager_gets_priorities_and_no_time(void **state)
{
    (void)state;
    char said[1024];

    assert_int_equal(setenv("JOURNAL_STREAM", "8:1", 1), 0);
    vc_log_open(VC_LOG_INFO);
    vc_log_failure(VC_LOG_ERROR, "the store", VC_ERR_DISK_FULL);
    (void)read_stderr(said, sizeof said);
    assert_memory_equal(said, "<3>error: the store: ", 21);
    assert_non_null(strstr(said, vc_err_hint(VC_ERR_DISK_FULL)));
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    vc_log_open(VC_LOG_INFO);
}

static void the_newest_lines_are_kept_oldest_first(void **state)
{
    (void)state;
    struct lines lines = {0};

    vc_log_open(VC_LOG_ERROR);
    for (int i = 0; i < VC_EDGE_LOG_LINES + 7; i++)
        vc_log(VC_LOG_INFO, "line %d", i);
    vc_log_kept(VC_LOG_DEBUG, 1000000, take_line, &lines);
    assert_int_equal(lines.count, VC_EDGE_LOG_LINES);
    assert_non_null(strstr(lines.first, "info: line 7"));
    lines.count = 0;
    vc_log_kept(VC_LOG_DEBUG, 3, take_line, &lines);
    assert_int_equal(lines.count, 3);
    assert_non_null(strstr(lines.first, "line 504"));
    assert_non_null(strstr(lines.last, "line 506"));
}

static void only_graver_lines_are_given_when_asked_for(void **state)
{
    (void)state;
    struct lines lines = {0};

    vc_log_open(VC_LOG_ERROR);
    vc_log(VC_LOG_ERROR, "grave");
    for (int i = 0; i < 20; i++)
        vc_log(VC_LOG_DEBUG, "chatter");
    vc_log_kept(VC_LOG_ERROR, 1, take_line, &lines);
    assert_int_equal(lines.count, 1);
    assert_non_null(strstr(lines.first, "error: grave"));
}

static void a_long_line_is_cut(void **state)
{
    (void)state;
    struct lines lines = {0};
    char words[2 * VC_EDGE_LOG_LINE_MAX];

    memset(words, 'x', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    vc_log_open(VC_LOG_ERROR);
    vc_log(VC_LOG_INFO, "%s", words);
    vc_log_kept(VC_LOG_DEBUG, 1, take_line, &lines);
    assert_int_equal(lines.count, 1);
    assert_true(strlen(lines.first) < VC_EDGE_LOG_LINE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test_setup_teardown(what_is_below_the_level_is_kept_and_not_said,
                                        catch_stderr, free_stderr),
        cmocka_unit_test_setup_teardown(a_service_manager_gets_priorities_and_no_time,
                                        catch_stderr, free_stderr),
        cmocka_unit_test(the_newest_lines_are_kept_oldest_first),
        cmocka_unit_test_setup_teardown(only_graver_lines_are_given_when_asked_for,
                                        catch_stderr, free_stderr),
        cmocka_unit_test(a_long_line_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
