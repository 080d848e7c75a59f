#include "node/edge/options.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

static char home[] = "/tmp/veche-options-XXXXXX";
static struct vc_options options;
static int old_stderr = -1;

static vc_err read_words(const char *const *words)
{
    char *argv[16] = {(char *)(uintptr_t)"veched"};
    int argc = 1;

    for (; *words != NULL; words++)
        argv[argc++] = (char *)(uintptr_t)*words;
    optind = 0; /* getopt starts afresh */
    return vc_options_read(&options, argc, argv);
}

#define READ(...) read_words((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static char *in_home(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static void write_config(const char *text)
{
    FILE *file = fopen(in_home("veche.conf"), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Complaints are for people; here they would only stand between the results. */
static int begin(void **state)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)state;
    old_stderr = dup(STDERR_FILENO);
    (void)unlink(in_home("veche.conf"));
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_RUNTIME_DIR");
    setenv("HOME", home, 1);
    memset(&options, 0, sizeof options);
    return dup2(fd, STDERR_FILENO) >= 0 && close(fd) == 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return dup2(old_stderr, STDERR_FILENO) >= 0 && close(old_stderr) == 0 ? 0 : -1;
}

static void nothing_has_to_be_said(void **state)
{
    (void)state;

    assert_int_equal(READ(NULL), VC_OK);
    assert_string_equal(options.dir, in_home(".local/share/veche"));
    assert_string_equal(options.socket_path, in_home(".local/share/veche/control.sock"));
    assert_string_equal(options.config_path, in_home(".local/share/veche/veche.conf"));
    assert_int_equal(options.listen_count, 0);
    assert_int_equal(options.network_id_len, 5);
    assert_memory_equal(options.network_id, "veche", 5);
    assert_true(options.name[0] != '\0');
    assert_int_equal(options.log_level, VC_LOG_INFO);
    assert_false(options.has_read_receipts);
    assert_false(options.wants_check || options.wants_help || options.wants_version);
}

static void the_system_says_where_things_are(void **state)
{
    (void)state;
    struct stat made;

    setenv("XDG_DATA_HOME", "/data", 1);
    setenv("XDG_RUNTIME_DIR", home, 1);
    assert_int_equal(READ(NULL), VC_OK);
    assert_string_equal(options.dir, "/data/veche");
    assert_string_equal(options.socket_path, in_home("veche/control.sock"));
    assert_int_equal(stat(in_home("veche"), &made), 0);
    assert_int_equal(made.st_mode & 0777, 0700);
    /* A second node beside the first one has its socket for itself. */
    assert_int_equal(READ("--dir", "/other"), VC_OK);
    assert_string_equal(options.socket_path, "/other/control.sock");
    assert_int_equal(rmdir(in_home("veche")), 0);
    /* veche names the same path when it starts veched; other folders are not made. */
    assert_int_equal(READ("--socket", in_home("veche/control.sock")), VC_OK);
    assert_int_equal(rmdir(in_home("veche")), 0);
    assert_int_equal(READ("--socket", in_home("elsewhere/control.sock")), VC_OK);
    assert_int_not_equal(rmdir(in_home("elsewhere")), 0);
}

static void the_owner_is_called_as_he_logged_in(void **state)
{
    (void)state;

    setenv("LOGNAME", "anna", 1);
    setenv("USER", "bert", 1);
    assert_int_equal(READ(NULL), VC_OK);
    assert_string_equal(options.name, "anna");
    unsetenv("LOGNAME");
    assert_int_equal(READ(NULL), VC_OK);
    assert_string_equal(options.name, "bert");
    unsetenv("USER");
    assert_int_equal(READ(NULL), VC_OK);
    assert_true(options.name[0] != '\0');
}

static void addresses_are_read_from_the_command_line(void **state)
{
    (void)state;

    assert_int_equal(READ("--listen", "127.0.0.1:0", "--listen", "[::1]:7"), VC_OK);
    assert_int_equal(options.listen_count, 2);
    assert_int_equal(options.listen[1].port, 7);
    assert_int_equal(options.listen[1].family, 6);
    assert_int_equal(READ("--listen", "localhost"), VC_ERR_USAGE);
    assert_int_equal(READ("--listen", "127.0.0.1:1", "--listen", "127.0.0.1:2", "--listen",
                          "127.0.0.1:3", "--listen", "127.0.0.1:4", "--listen", "127.0.0.1:5"),
                     VC_ERR_USAGE);
}

static void the_command_line_wins_over_the_file(void **state)
{
    (void)state;

    write_config("name = alice\nlisten = 10.0.0.1:1\nsocket = /run/a.sock\n"
                 "read_receipts = no\n[log]\nlevel = debug\n[network]\nid = test\n");
    assert_int_equal(READ("--dir", home), VC_OK);
    assert_string_equal(options.name, "alice");
    assert_int_equal(options.listen_count, 1);
    assert_int_equal(options.listen[0].ip[0], 10);
    assert_string_equal(options.socket_path, "/run/a.sock");
    assert_true(options.has_read_receipts);
    assert_false(options.read_receipts);
    assert_int_equal(options.log_level, VC_LOG_DEBUG);
    assert_int_equal(options.network_id_len, 4);
    assert_memory_equal(options.network_id, "test", 4);

    assert_int_equal(READ("--dir", home, "--listen", "10.0.0.2:2", "--socket", "/run/b.sock"),
                     VC_OK);
    assert_int_equal(options.listen_count, 1);
    assert_int_equal(options.listen[0].ip[3], 2);
    assert_string_equal(options.socket_path, "/run/b.sock");
}

static void a_network_with_an_id_of_its_own_is_private(void **state)
{
    (void)state;

    assert_int_equal(READ("--dir", home), VC_OK);
    assert_false(options.is_private);
    write_config("network.id = lab\n");
    assert_int_equal(READ("--dir", home), VC_OK);
    assert_true(options.is_private);
    write_config("network.private = no\nnetwork.id = lab\n");
    assert_int_equal(READ("--dir", home), VC_OK);
    assert_false(options.is_private);
    write_config("network.private = yes\n");
    assert_int_equal(READ("--dir", home), VC_OK);
    assert_true(options.is_private);
    assert_memory_equal(options.network_id, "veche", 5);
    write_config("");
    assert_int_equal(READ("--dir", home, "--network", "vechf"), VC_OK);
    assert_true(options.is_private);
    assert_int_equal(READ("--dir", home, "--network", "veche"), VC_OK);
    assert_false(options.is_private);
}

static void the_network_of_the_command_line_wins(void **state)
{
    (void)state;

    write_config("network.id = lab\n");
    assert_int_equal(READ("--dir", home, "--network", "other"), VC_OK);
    assert_int_equal(options.network_id_len, 5);
    assert_memory_equal(options.network_id, "other", 5);
    assert_int_equal(READ("--dir", home, "--network", ""), VC_ERR_USAGE);
    assert_int_equal(READ("--dir", home, "--network", "33 bytes are one more than may be"),
                     VC_ERR_USAGE);
}

static void entry_points_are_gathered(void **state)
{
    (void)state;
    char text[64 * (VC_NODE_DOORS_MAX + 1)] = "";
    size_t len = 0;

    write_config("[network]\nbootstrap = 192.0.2.1:1\nbootstrap = [2001:db8::1]:2\n"
                 "role = client\n");
    assert_int_equal(READ("--dir", home, "--bootstrap", "192.0.2.3:3"), VC_OK);
    assert_int_equal(options.door_count, 3);
    assert_int_equal(options.doors[0].port, 3);
    assert_int_equal(options.doors[2].family, 6);
    assert_int_equal(options.role, VC_ROLE_CLIENT);
    assert_int_equal(READ("--dir", home, "--bootstrap", "192.0.2.3:0"), VC_ERR_USAGE);
    assert_int_equal(READ("--dir", home, "--bootstrap", "somewhere"), VC_ERR_USAGE);
    for (unsigned i = 0; i <= VC_NODE_DOORS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "network.bootstrap = 192.0.2.1:%u\n", i + 1);
    write_config(text);
    assert_int_equal(READ("--dir", home), VC_OK); /* it was said that these are too many */
    assert_int_equal(options.door_count, VC_NODE_DOORS_MAX);
}

static void an_entry_point_has_to_be_found_and_needs_nothing_else(void **state)
{
    (void)state;
    char path[VC_SOCKET_PATH_MAX + 1];

    assert_int_equal(READ("--bootstrap-only", "--dir", home), VC_ERR_USAGE);
    assert_int_equal(READ("--bootstrap-only", "--dir", home, "--listen", "127.0.0.1:1"),
                     VC_OK);
    assert_true(options.is_bootstrap_only);
    assert_string_equal(options.socket_path, "");
    /* Nor a path that is short enough for a socket. */
    memset(path, 'p', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_int_equal(READ("--bootstrap-only", "--dir", path, "--listen", "127.0.0.1:1"),
                     VC_OK);
    write_config("listen = 127.0.0.1:2\n");
    assert_int_equal(READ("--bootstrap-only", "--dir", home), VC_OK);
    assert_int_equal(options.listen[0].port, 2);
}

static void a_mistake_in_the_file_is_refused(void **state)
{
    (void)state;

    write_config("nmae = alice\n");
    assert_int_equal(READ("--dir", home), VC_ERR_CONFIG);
    write_config("listen = nowhere\n");
    assert_int_equal(READ("--dir", home), VC_ERR_CONFIG);
    /* Help does not depend on it. */
    assert_int_equal(READ("--dir", home, "--help"), VC_OK);
    assert_true(options.wants_help);
    assert_int_equal(READ("--dir", home, "--version"), VC_OK);
    assert_true(options.wants_version);
}

static void a_file_too_long_or_unreadable_is_refused(void **state)
{
    (void)state;
    FILE *file = fopen(in_home("veche.conf"), "w");

    assert_non_null(file);
    for (int i = 0; i < 40000; i++)
        assert_true(fputs("# long\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(READ("--dir", home), VC_ERR_CONFIG);
    assert_int_equal(READ("--config", "/proc/self/mem"), VC_ERR_CONFIG);
    assert_int_equal(READ("--config", in_home("none")), VC_OK);
}

static void another_file_can_be_named(void **state)
{
    (void)state;

    write_config("name = named\n");
    assert_int_equal(READ("--dir", "/elsewhere", "--config", in_home("veche.conf")), VC_OK);
    assert_string_equal(options.name, "named");
    assert_string_equal(options.dir, "/elsewhere");
}

static void paths_that_are_too_long_are_refused(void **state)
{
    (void)state;
    char path[VC_PATH_MAX + 10];

    memset(path, 'p', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_int_equal(READ("--dir", path), VC_ERR_USAGE);
    path[VC_SOCKET_PATH_MAX] = '\0';
    assert_int_equal(READ("--socket", path), VC_ERR_USAGE);
    assert_int_equal(READ("--dir", path), VC_ERR_USAGE); /* no room for its socket */
    path[VC_SOCKET_PATH_MAX - 1] = '\0';
    assert_int_equal(READ("--socket", path), VC_OK);
}

static void what_is_no_option_is_refused(void **state)
{
    (void)state;

    assert_int_equal(READ("--dri", "x"), VC_ERR_USAGE);
    assert_int_equal(READ("argument"), VC_ERR_USAGE);
    assert_int_equal(READ("--dir"), VC_ERR_USAGE);
    assert_int_equal(READ("--check", "--dir", home), VC_OK);
    assert_true(options.wants_check);
    assert_int_equal(options.passphrase_fd, -1);
    assert_int_equal(READ("--passphrase-fd", "-1", "--dir", home), VC_ERR_USAGE);
    assert_int_equal(READ("--passphrase-fd", "x", "--dir", home), VC_ERR_USAGE);
    assert_int_equal(READ("--passphrase-fd", "99999999999", "--dir", home), VC_ERR_USAGE);
    assert_int_equal(READ("--passphrase-fd", "7", "--dir", home), VC_OK);
    assert_int_equal(options.passphrase_fd, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_has_to_be_said, begin, end),
        cmocka_unit_test_setup_teardown(the_system_says_where_things_are, begin, end),
        cmocka_unit_test_setup_teardown(the_owner_is_called_as_he_logged_in, begin, end),
        cmocka_unit_test_setup_teardown(addresses_are_read_from_the_command_line, begin, end),
        cmocka_unit_test_setup_teardown(the_command_line_wins_over_the_file, begin, end),
        cmocka_unit_test_setup_teardown(a_network_with_an_id_of_its_own_is_private, begin, end),
        cmocka_unit_test_setup_teardown(the_network_of_the_command_line_wins, begin, end),
        cmocka_unit_test_setup_teardown(entry_points_are_gathered, begin, end),
        cmocka_unit_test_setup_teardown(an_entry_point_has_to_be_found_and_needs_nothing_else,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_mistake_in_the_file_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_file_too_long_or_unreadable_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(another_file_can_be_named, begin, end),
        cmocka_unit_test_setup_teardown(paths_that_are_too_long_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_option_is_refused, begin, end),
    };
    int failed;

    if (mkdtemp(home) == NULL) {
        return 1;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(in_home("veche.conf"));
    (void)rmdir(home);
    return failed;
}
