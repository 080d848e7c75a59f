#include "cli/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

static struct vc_paths paths;
static char detail[256];

static vc_err find(const char *dir, const char *socket)
{
    return vc_paths_find(dir, socket, &paths, detail, sizeof(detail));
}

static int set_variables(void **state)
{
    (void)state;
    return setenv("HOME", "/home/alice", 1) + unsetenv("XDG_DATA_HOME") +
           unsetenv("XDG_RUNTIME_DIR");
}

static void the_usual_places_are_those_of_xdg(void **state)
{
    (void)state;

    assert_int_equal(find(NULL, NULL), VC_OK);
    assert_string_equal(paths.dir, "/home/alice/.local/share/veche");
    assert_string_equal(paths.socket, "/home/alice/.local/share/veche/control.sock");
    assert_string_equal(paths.config, "/home/alice/.local/share/veche/veche.conf");
    assert_string_equal(paths.log, "/home/alice/.local/share/veche/veched.log");
    assert_true(paths.is_usual);
    setenv("XDG_DATA_HOME", "/data", 1);
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    assert_int_equal(find(NULL, NULL), VC_OK);
    assert_string_equal(paths.dir, "/data/veche");
    assert_string_equal(paths.socket, "/run/user/7/veche/control.sock");
}

static void a_directory_of_one_s_own_has_its_socket_inside(void **state)
{
    (void)state;

    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    assert_int_equal(find("/tmp/d//", NULL), VC_OK);
    assert_string_equal(paths.dir, "/tmp/d");
    assert_string_equal(paths.socket, "/tmp/d/control.sock");
    assert_false(paths.is_usual);
    assert_int_equal(find("/tmp/d", "/tmp/s"), VC_OK);
    assert_string_equal(paths.socket, "/tmp/s");
}

static void a_path_from_here_becomes_absolute(void **state)
{
    (void)state;
    char here[PATH_MAX];
    char expected[PATH_MAX + 8];

    assert_non_null(getcwd(here, sizeof(here)));
    snprintf(expected, sizeof(expected), "%s/d", here);
    assert_int_equal(find("d", "s"), VC_OK);
    assert_string_equal(paths.dir, expected);
}

static void a_relative_variable_does_not_count(void **state)
{
    (void)state;

    setenv("XDG_DATA_HOME", "data", 1);
    assert_int_equal(find(NULL, NULL), VC_OK);
    assert_string_equal(paths.dir, "/home/alice/.local/share/veche");
}

static void a_socket_s_path_that_is_too_long_is_said(void **state)
{
    (void)state;
    char dir[128] = "/";

    memset(dir + 1, 'd', 100);
    dir[101] = '\0';
    assert_int_equal(find(dir, NULL), VC_ERR_USAGE);
    assert_non_null(strstr(detail, "the system allows 107"));
    assert_int_equal(find(dir, "/tmp/s"), VC_OK);
}

static void the_configuration_may_name_the_socket(void **state)
{
    (void)state;
    char dir[] = "/tmp/vc-paths-XXXXXX";
    char config[64];

    assert_non_null(mkdtemp(dir));
    snprintf(config, sizeof(config), "%s/veche.conf", dir);
    FILE *file = fopen(config, "w");
    assert_non_null(file);
    fputs("socket = /run/elsewhere.sock\n", file);
    fclose(file);
    assert_int_equal(find(dir, NULL), VC_OK);
    assert_string_equal(paths.socket, "/run/elsewhere.sock");
    assert_int_equal(find(dir, "/tmp/s"), VC_OK);
    assert_string_equal(paths.socket, "/tmp/s");
    unlink(config);
    rmdir(dir);
}

static void a_program_is_found_in_the_path(void **state)
{
    (void)state;
    char program[PATH_MAX];

    assert_true(vc_paths_program("sh", program));
    assert_string_equal(strrchr(program, '/'), "/sh");
    assert_false(vc_paths_program("no-such-program-of-veche", program));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_usual_places_are_those_of_xdg, set_variables),
        cmocka_unit_test_setup(a_directory_of_one_s_own_has_its_socket_inside,
                               set_variables),
        cmocka_unit_test_setup(a_path_from_here_becomes_absolute, set_variables),
        cmocka_unit_test_setup(a_relative_variable_does_not_count, set_variables),
        cmocka_unit_test_setup(a_socket_s_path_that_is_too_long_is_said, set_variables),
        cmocka_unit_test_setup(the_configuration_may_name_the_socket, set_variables),
        cmocka_unit_test(a_program_is_found_in_the_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
