#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/lock.h"
#include "tests/unit/storage/host.h"

static struct host host;
static int dir_fd;

static int set_up(void **state)
{
    (void)state;
    host_init(&host, true);
    host_close(&host);
    dir_fd = open(host.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir_fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)close(dir_fd);
    host_deinit(&host);
    return 0;
}

static void one_has_it_and_is_named(void **state)
{
    int fd = -1;
    int other = -1;
    long holder = 0;

    (void)state;
    assert_false(vc_lock_is_taken(dir_fd));
    assert_int_equal(vc_lock_take(dir_fd, &fd, &holder), VC_OK);
    assert_true(vc_lock_is_taken(dir_fd));
    assert_int_equal(vc_lock_take(dir_fd, &other, &holder), VC_ERR_STORE_LOCKED);
    assert_int_equal(other, -1);
    assert_int_equal(holder, (long)getpid());
    assert_int_equal(vc_lock_take(dir_fd, &other, NULL), VC_ERR_STORE_LOCKED);
    vc_lock_release(fd);
    assert_int_equal(vc_lock_take(dir_fd, &fd, &holder), VC_OK);
    vc_lock_release(fd);
    vc_lock_release(-1);
}

static void a_killed_holder_leaves_it_free(void **state)
{
    int status;
    int fd;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        _exit(vc_lock_take(dir_fd, &fd, NULL) == VC_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(vc_lock_take(dir_fd, &fd, NULL), VC_OK);
    vc_lock_release(fd);
}

static void nonsense_in_the_lock_names_nobody(void **state)
{
    static const char *const texts[] = {"", "veche", "-7 0\n",
                                        "99999999999999999999999"};
    char path[128];
    int fd;

    (void)state;
    host_path(&host, VC_LOCK_FILE, path);
    assert_int_equal(vc_lock_take(dir_fd, &fd, NULL), VC_OK);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        FILE *file = fopen(path, "w");
        long holder = 1;
        int other;

        assert_non_null(file);
        (void)fputs(texts[i], file);
        (void)fclose(file);
        assert_int_equal(vc_lock_take(dir_fd, &other, &holder), VC_ERR_STORE_LOCKED);
        assert_int_equal(holder, 0);
    }
    vc_lock_release(fd);
}

static void a_link_is_not_followed(void **state)
{
    char path[128];
    int fd;

    (void)state;
    host_path(&host, VC_LOCK_FILE, path);
    (void)unlink(path);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(vc_lock_take(dir_fd, &fd, NULL), VC_ERR_PERMISSION);
    assert_int_equal(unlink(path), 0);
}

static void the_clean_mark_fits_one_file_only(void **state)
{
    char path[128];

    (void)state;
    host_path(&host, "store.mdb", path);
    vc_clean_set(dir_fd, "store.mdb");
    assert_true(vc_clean_is_set(dir_fd, "store.mdb"));
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
    assert_false(vc_clean_is_set(dir_fd, "store.mdb"));
    vc_clean_set(dir_fd, "store.mdb");
    assert_int_equal(vc_clean_unset(dir_fd), VC_OK);
    assert_int_equal(vc_clean_unset(dir_fd), VC_OK);
    assert_false(vc_clean_is_set(dir_fd, "store.mdb"));
    assert_true(vc_clean_is_set(dir_fd, "nothing"));
    vc_clean_set(dir_fd, "nothing");
    assert_false(vc_clean_is_set(dir_fd, "store.mdb"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_has_it_and_is_named),
        cmocka_unit_test(a_killed_holder_leaves_it_free),
        cmocka_unit_test(nonsense_in_the_lock_names_nobody),
        cmocka_unit_test(a_link_is_not_followed),
        cmocka_unit_test(the_clean_mark_fits_one_file_only),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
