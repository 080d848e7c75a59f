#include "tests/support/test.h"

#include <string.h>

#include "storage/paths.h"

static void files_stand_in_the_directory(void **state)
{
    struct vc_store_paths paths;

    (void)state;
    assert_int_equal(vc_store_paths_make("/home/a", &paths), VC_OK);
    assert_string_equal(paths.store, "/home/a/store.mdb");
    assert_string_equal(paths.made, "/home/a/store.mdb.new");
}

static void a_directory_that_is_too_long_is_refused(void **state)
{
    struct vc_store_paths paths;
    char dir[VC_PATH_BYTES_MAX + 1];

    (void)state;
    memset(dir, 'd', sizeof dir);
    dir[sizeof dir - 1] = '\0';
    assert_int_equal(vc_store_paths_make(dir, &paths), VC_ERR_STORE_IO);
    dir[VC_PATH_BYTES_MAX - sizeof "/store.mdb.new"] = '\0';
    assert_int_equal(vc_store_paths_make(dir, &paths), VC_OK);
    dir[VC_PATH_BYTES_MAX - sizeof "/store.mdb.new"] = 'd';
    dir[VC_PATH_BYTES_MAX - sizeof "/store.mdb.new" + 1] = '\0';
    assert_int_equal(vc_store_paths_make(dir, &paths), VC_ERR_STORE_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_stand_in_the_directory),
        cmocka_unit_test(a_directory_that_is_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
