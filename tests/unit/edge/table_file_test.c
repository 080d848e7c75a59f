#include "node/edge/table_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

static char dir[] = "/tmp/veche-table-XXXXXX";
static uint8_t bytes[VC_DHT_SAVED_MAX], found[VC_DHT_SAVED_MAX];
static size_t len;

static char *in_dir(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void write_file(const char *name, size_t file_len)
{
    int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)file_len), 0);
    assert_int_equal(close(fd), 0);
}

static int begin(void **state)
{
    (void)state;
    (void)unlink(in_dir("dht.table"));
    (void)unlink(in_dir("dht.table.new"));
    (void)rmdir(in_dir("dht.table"));
    memset(found, 0, sizeof found);
    len = 0;
    return 0;
}

static void what_was_saved_is_loaded(void **state)
{
    (void)state;
    struct stat facts;

    memset(bytes, 7, sizeof bytes);
    assert_int_equal(vc_table_file_save(dir, VC_BYTES(bytes)), VC_OK);
    assert_int_equal(vc_table_file_load(dir, found, &len), VC_OK);
    assert_int_equal(len, sizeof bytes);
    assert_memory_equal(found, bytes, sizeof bytes);
    /* A shorter one takes its place as a whole. */
    assert_int_equal(vc_table_file_save(dir, (struct vc_bytes){bytes, 5}), VC_OK);
    assert_int_equal(vc_table_file_load(dir, found, &len), VC_OK);
    assert_int_equal(len, 5);
    assert_int_equal(stat(in_dir("dht.table"), &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_not_equal(access(in_dir("dht.table.new"), F_OK), 0);
}

static void a_missing_file_is_no_failure_of_the_disk(void **state)
{
    (void)state;

    assert_int_equal(vc_table_file_load(dir, found, &len), VC_ERR_NOT_FOUND);
    assert_int_equal(vc_table_file_load("/proc/self/none", found, &len),
                     VC_ERR_NOT_FOUND);
    assert_int_equal(len, 0);
}

static void a_file_that_is_too_long_is_refused(void **state)
{
    (void)state;

    write_file("dht.table", VC_DHT_SAVED_MAX);
    assert_int_equal(vc_table_file_load(dir, found, &len), VC_OK);
    write_file("dht.table", VC_DHT_SAVED_MAX + 1);
    assert_int_equal(vc_table_file_load(dir, found, &len), VC_ERR_TOO_LONG);
}

static void what_a_crash_left_behind_is_written_over(void **state)
{
    (void)state;

    write_file("dht.table.new", 100);
    assert_int_equal(vc_table_file_save(dir, (struct vc_bytes){bytes, 3}), VC_OK);
    assert_int_equal(vc_table_file_load(dir, found, &len), VC_OK);
    assert_int_equal(len, 3);
}

static void a_failure_leaves_the_file_as_it_was(void **state)
{
    (void)state;

    assert_int_equal(vc_table_file_save("/proc/self/none", VC_BYTES(bytes)),
                     VC_ERR_NOT_FOUND);
    /* A directory stands where it should be put. */
    assert_int_equal(mkdir(in_dir("dht.table"), 0700), 0);
    assert_int_not_equal(vc_table_file_save(dir, VC_BYTES(bytes)), VC_OK);
    assert_int_not_equal(access(in_dir("dht.table.new"), F_OK), 0);
    assert_int_equal(vc_table_file_load(dir, found, &len), VC_ERR_IO);
}

static void a_link_in_the_way_is_not_followed(void **state)
{
    (void)state;
    struct stat facts;

    assert_int_equal(symlink("/dev/full", in_dir("dht.table.new")), 0);
    assert_int_not_equal(vc_table_file_save(dir, VC_BYTES(bytes)), VC_OK);
    assert_int_equal(vc_table_file_load(dir, found, &len), VC_ERR_NOT_FOUND);
    assert_int_equal(stat("/dev/full", &facts), 0);
    assert_true(S_ISCHR(facts.st_mode));
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char path[4097];

    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(vc_table_file_load(path, found, &len), VC_ERR_TOO_LONG);
    assert_int_equal(vc_table_file_save(path, VC_BYTES(bytes)), VC_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_saved_is_loaded, begin),
        cmocka_unit_test_setup(a_missing_file_is_no_failure_of_the_disk, begin),
        cmocka_unit_test_setup(a_file_that_is_too_long_is_refused, begin),
        cmocka_unit_test_setup(what_a_crash_left_behind_is_written_over, begin),
        cmocka_unit_test_setup(a_failure_leaves_the_file_as_it_was, begin),
        cmocka_unit_test_setup(a_link_in_the_way_is_not_followed, begin),
        cmocka_unit_test_setup(a_path_that_is_too_long_is_refused, begin),
    };
    int failed;

    if (mkdtemp(dir) == NULL) {
        return 1;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)begin(NULL);
    (void)rmdir(dir);
    return failed;
}
