#include "cli/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

static char path[] = "/tmp/vc-settings-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);

    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void put(const char *text, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void a_value_is_found(void **state)
{
    (void)state;
    static const char text[] = "nonsense\nsocket = /run/x.sock\nname = A\n";
    char value[64] = "";

    put(text, strlen(text));
    assert_true(vc_settings_value(path, VC_CONFIG_SOCKET, value, sizeof(value)));
    assert_string_equal(value, "/run/x.sock");
    assert_false(vc_settings_value(path, VC_CONFIG_LOG_LEVEL, value, sizeof(value)));
    assert_false(vc_settings_value(path, VC_CONFIG_SOCKET, value, 4));
}

static void a_file_that_is_not_there_has_no_values(void **state)
{
    (void)state;
    char value[64];
    char *text = NULL;
    size_t len = 0;

    assert_false(vc_settings_value("/nowhere/x", VC_CONFIG_NAME, value, sizeof(value)));
    assert_int_equal(vc_settings_load("/nowhere/x", &text, &len), VC_ERR_NOT_FOUND);
    assert_int_equal(vc_settings_load("/", &text, &len), VC_ERR_IO);
}

static void a_file_may_have_64_kib_and_no_more(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    char *big = malloc(VC_CONFIG_TEXT_MAX + 1);

    memset(big, '\n', VC_CONFIG_TEXT_MAX + 1);
    put(big, VC_CONFIG_TEXT_MAX);
    assert_int_equal(vc_settings_load(path, &text, &len), VC_OK);
    assert_int_equal(len, VC_CONFIG_TEXT_MAX);
    free(text);
    put(big, VC_CONFIG_TEXT_MAX + 1);
    assert_int_equal(vc_settings_load(path, &text, &len), VC_ERR_TOO_LONG);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found),
        cmocka_unit_test(a_file_that_is_not_there_has_no_values),
        cmocka_unit_test(a_file_may_have_64_kib_and_no_more),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
