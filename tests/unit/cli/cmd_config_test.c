#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/cli/fake.h"

static char dir[] = "/tmp/vc-config-XXXXXX";
static char file_path[64];

static int make_dir(void **state)
{
    (void)state;
    if (mkdtemp(dir) == NULL)
        return -1;
    (void)snprintf(file_path, sizeof(file_path), "%s/veche.conf", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(file_path);
    return rmdir(dir);
}

static void put(const char *text)
{
    FILE *file = fopen(file_path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void no_file_is_fine(void **state)
{
    (void)state;
    struct vc_run run = vc_fake_veche("", "config", "check", "--dir", dir);

    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "there is none, and none is needed");
    vc_run_clear(&run);
    run = vc_fake_veche("", "config", "check", "/nowhere/x.conf", "--dir", dir);
    assert_int_equal(run.exit_code, 1);
    vc_run_clear(&run);
}

static void every_mistake_is_told_with_file_line_and_nearest_key(void **state)
{
    (void)state;
    char expected[256];

    put("nmae = A\n\n[log]\nlevel = lod\n");
    struct vc_run run = vc_fake_veche("", "config", "check", "--dir", dir);
    assert_int_equal(run.exit_code, 2);
    (void)snprintf(expected, sizeof(expected),
                   "%s:1: there is no key nmae; is it name?\n", file_path);
    assert_holds(run.out, expected);
    (void)snprintf(expected, sizeof(expected), "%s:4: log.level: ", file_path);
    assert_holds(run.out, expected);
    vc_run_clear(&run);
    put("name = A\n");
    run = vc_fake_veche("", "config", "check", file_path);
    assert_int_equal(run.exit_code, 0);
    vc_run_clear(&run);
}

static void what_is_set_and_what_holds_otherwise_is_shown(void **state)
{
    (void)state;

    put("name = A\nlisten = 192.0.2.1:1\nlisten = 192.0.2.1:2\n");
    struct vc_run run = vc_fake_veche("", "config", "show", "--dir", dir);
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "\nname = A\n");
    assert_holds(run.out, "\nlisten = 192.0.2.1:1, 192.0.2.1:2\n");
    assert_holds(run.out, "\n# log.level = info\n");
    vc_run_clear(&run);
    run = vc_fake_veche("", "config", "--json", "--dir", dir);
    assert_holds(run.out, "\"kind\":\"setting\",\"name\":\"name\",\"value\":\"A\"");
    assert_holds(run.out, "\"name\":\"log.level\",\"value\":null,\"usual\":\"info\"");
    vc_run_clear(&run);
    run = vc_fake_veche("", "config", "frobnicate");
    assert_int_equal(run.exit_code, 2);
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_is_fine),
        cmocka_unit_test(every_mistake_is_told_with_file_line_and_nearest_key),
        cmocka_unit_test(what_is_set_and_what_holds_otherwise_is_shown),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
