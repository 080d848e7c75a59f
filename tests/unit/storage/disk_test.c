/* The store on disk when the world fails it: commits, space, memory, the lock. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/space.h"
#include "tests/unit/storage/faults.h"
#include "tests/unit/storage/host.h"

static void faults_off(void)
{
    for (int i = 0; i < FAULT_CALL_COUNT; i++) {
        fault_set((enum fault_call)i, 0, 0, false);
    }
    fault_set_free_bytes(UINT64_MAX);
}

static int set_up(void **state)
{
    struct host *host = malloc(sizeof *host);

    faults_off();
    host_init(host, true);
    *state = host;
    return 0;
}

static int tear_down(void **state)
{
    faults_off();
    host_deinit(*state);
    free(*state);
    return 0;
}

static void put_one(struct host *host, const char *value)
{
    host_put(host, VC_TABLE_CONTACT, "a", value);
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
}

/* Waits until the store is well by itself. */
static void wait_for_health(struct host *host)
{
    while (vc_store_health(host->store) != VC_OK) {
        assert_int_equal(host_wait(host).failure, VC_OK);
    }
}

/* A commit fails, is told, and after recover the store comes back with what was durable. */
static void fail_once(struct host *host, vc_err expected)
{
    uint64_t ticket;

    host_put(host, VC_TABLE_CONTACT, "a", "lost");
    ticket = vc_store_submit(host->store);
    assert_int_equal(host_settle(host, ticket), expected);
    assert_true(vc_store_poll(host->store).committed < ticket);
    assert_int_equal(vc_store_reserve(host->store, 1, 8), expected);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "lost");
    vc_store_recover(host->store);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "kept");
}

static void a_failing_sync_is_told_and_recovered_from(void **state)
{
    struct host *host = *state;

    put_one(host, "kept");
    fault_set(FAULT_FDATASYNC, 1, EIO, false);
    fail_once(host, VC_ERR_STORE_IO);
    wait_for_health(host);
    put_one(host, "new");
    host_close(host);
    assert_true(vc_lmdb_was_clean(host->dir));
    assert_int_equal(host_open(host), VC_OK);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "new");
}

static void nothing_is_accepted_while_syncs_go_on_failing(void **state)
{
    struct host *host = *state;

    put_one(host, "kept");
    fault_set(FAULT_FDATASYNC, 1, EIO, true);
    fail_once(host, VC_ERR_STORE_IO);
    while (fault_calls(FAULT_FDATASYNC) < 4) {
        assert_int_equal(vc_store_reserve(host->store, 1, 8), VC_ERR_STORE_IO);
        assert_int_equal(vc_store_poll(host->store).failure, VC_OK);
        (void)usleep(1000);
    }
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "kept");
    faults_off();
    wait_for_health(host);
    put_one(host, "new");
}

/* Each write of a commit in turn: the pages, and the meta page, after which LMDB wants a
 * new environment. */
static void any_write_may_fail(void **state)
{
    struct host *host = *state;

    for (unsigned nth = 1;; nth++) {
        uint64_t ticket;
        vc_err err;

        put_one(host, "kept");
        fault_set(FAULT_WRITE, nth, EIO, false);
        host_put(host, VC_TABLE_CONTACT, "a", "lost");
        host_put(host, VC_TABLE_MESSAGE, "a", "lost");
        ticket = vc_store_submit(host->store);
        err = host_settle(host, ticket);
        if (err == VC_OK) {
            assert_true(nth > 2);
            break;
        }
        assert_int_equal(err, VC_ERR_STORE_IO);
        vc_store_recover(host->store);
        wait_for_health(host);
        assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "kept");
        assert_null(host_get(host, VC_TABLE_MESSAGE, "a"));
    }
}

static void a_write_that_finds_no_space_is_a_full_disk(void **state)
{
    struct host *host = *state;

    put_one(host, "kept");
    fault_set(FAULT_WRITE, 1, ENOSPC, false);
    fail_once(host, VC_ERR_DISK_FULL);
    wait_for_health(host);
    put_one(host, "new");
}

static void little_space_keeps_promises_away_without_a_failure(void **state)
{
    struct host *host = *state;

    fault_set_free_bytes(VC_SPACE_PROMISE_BYTES - 1);
    put_one(host, "kept");
    assert_int_equal(vc_store_health(host->store), VC_ERR_DISK_FULL);
    assert_int_equal(vc_store_reserve(host->store, 1, 8), VC_ERR_DISK_FULL);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "kept");
    fault_set_free_bytes(VC_SPACE_PROMISE_BYTES);
    wait_for_health(host);
    put_one(host, "new");
}

static void no_space_at_all_fails_the_commit_before_lmdb_sees_it(void **state)
{
    struct host *host = *state;

    put_one(host, "kept");
    fault_set(FAULT_WRITE, 0, 0, false);
    fault_set_free_bytes(VC_SPACE_COMMIT_BYTES - 1);
    fail_once(host, VC_ERR_DISK_FULL);
    assert_int_equal(fault_calls(FAULT_WRITE), 0);
    fault_set_free_bytes(UINT64_MAX);
    wait_for_health(host);
    put_one(host, "new");
}

static void a_store_that_starts_on_a_full_disk_says_so(void **state)
{
    struct host *host = *state;

    put_one(host, "kept");
    host_close(host);
    fault_set_free_bytes(VC_SPACE_PROMISE_BYTES - 1);
    assert_int_equal(host_open(host), VC_OK);
    assert_int_equal(vc_store_reserve(host->store, 1, 8), VC_ERR_DISK_FULL);
    fault_set_free_bytes(UINT64_MAX);
    wait_for_health(host);
    put_one(host, "new");
}

/* The Nth allocation of opening fails, for every N: an error that says so, or a store. */
static void any_allocation_of_opening_may_fail(void **state)
{
    struct host *host = *state;

    put_one(host, "kept");
    for (unsigned nth = 1;; nth++) {
        vc_err err;

        host_close(host);
        fault_set(FAULT_MALLOC, nth, ENOMEM, false);
        err = host_open(host);
        if (fault_calls(FAULT_MALLOC) < nth) {
            assert_int_equal(err, VC_OK);
            assert_true(nth > 10);
            break;
        }
        faults_off();
        if (err == VC_OK) {
            assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "kept");
        } else {
            assert_int_equal(err, VC_ERR_NO_MEMORY);
        }
    }
    faults_off();
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "kept");
}

/* The same while a new store is made: no half of one may be left behind. */
static void any_allocation_of_making_may_fail(void **state)
{
    struct host *host = *state;
    char path[128];

    host_path(host, "store.mdb", path);
    for (unsigned nth = 1;; nth++) {
        vc_err err;

        host_close(host);
        (void)unlink(path);
        fault_set(FAULT_MALLOC, nth, ENOMEM, false);
        err = host_open(host);
        if (fault_calls(FAULT_MALLOC) < nth) {
            assert_int_equal(err, VC_OK);
            break;
        }
        faults_off();
        if (err != VC_OK) {
            assert_int_equal(err, VC_ERR_NO_MEMORY);
            assert_int_equal(host_open(host), VC_OK);
        }
        put_one(host, "made");
    }
}

/* And in commits: a commit that fails for memory is one that failed. */
static void any_allocation_of_a_commit_may_fail(void **state)
{
    struct host *host = *state;

    for (unsigned nth = 1; nth < 40; nth++) {
        vc_err err;

        put_one(host, "kept");
        host_put(host, VC_TABLE_CONTACT, "a", "perhaps");
        fault_set(FAULT_MALLOC, nth, ENOMEM, false);
        err = host_settle(host, vc_store_submit(host->store));
        faults_off();
        if (err != VC_OK) {
            assert_int_equal(err, VC_ERR_NO_MEMORY);
            vc_store_recover(host->store);
            wait_for_health(host);
            assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "kept");
        } else {
            assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "perhaps");
        }
    }
}

static void a_failing_sync_while_a_store_is_made_leaves_none(void **state)
{
    struct host *host = *state;
    char path[128];

    host_close(host);
    host_path(host, "store.mdb", path);
    assert_int_equal(unlink(path), 0);
    fault_set(FAULT_FDATASYNC, 1, EIO, true);
    assert_int_equal(host_open(host), VC_ERR_STORE_IO);
    faults_off();
    assert_int_equal(host_open(host), VC_OK);
    put_one(host, "made");
}

static void files_are_for_the_owner_only(void **state)
{
    struct host *host = *state;
    static const char *const names[] = {"store.mdb", "store.mdb-lock", "lock", "clean"};
    struct stat file;
    char path[128];

    host_close(host);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        host_path(host, names[i], path);
        assert_int_equal(stat(path, &file), 0);
        assert_int_equal(file.st_mode & 07777, 0600);
    }
}

static void a_missing_directory_is_made_for_the_owner_only(void **state)
{
    struct host *host = *state;
    struct vc_lmdb_config cfg;
    struct vc_store *store;
    struct stat dir;
    char path[128];

    host_path(host, "inner", path);
    cfg = (struct vc_lmdb_config){.dir = path};
    assert_int_equal(vc_lmdb_open(&cfg, &store, NULL), VC_OK);
    vc_store_close(store);
    assert_int_equal(stat(path, &dir), 0);
    assert_int_equal(dir.st_mode & 07777, 0700);
}

static void a_second_open_is_told_who_has_it(void **state)
{
    struct host *host = *state;
    struct vc_lmdb_config cfg = {.dir = host->dir};
    struct vc_store *store;
    int status;
    pid_t child = fork();

    if (child == 0) {
        long holder = 0;

        _exit(vc_lmdb_open(&cfg, &store, &holder) == VC_ERR_STORE_LOCKED &&
                      holder == (long)getppid()
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_reader_sees_what_is_committed_and_writes_nothing(void **state)
{
    struct host *host = *state;
    struct vc_lmdb_config cfg = {.dir = host->dir, .is_read_only = true};

    put_one(host, "kept");
    host_close(host);
    assert_int_equal(vc_lmdb_open(&cfg, &host->store, NULL), VC_OK);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "kept");
    assert_int_equal(vc_store_reserve(host->store, 1, 1), VC_ERR_PERMISSION);
    vc_store_recover(host->store);
    host_close(host);
    assert_true(vc_lmdb_was_clean(host->dir));
    cfg.dir = "/nonexistent/veche";
    assert_int_equal(vc_lmdb_open(&cfg, &host->store, NULL), VC_ERR_NOT_FOUND);
}

static void the_end_of_the_last_use_is_known(void **state)
{
    struct host *host = *state;
    char path[128];
    int fd;

    assert_true(vc_lmdb_was_clean(host->dir)); /* while it is in use */
    put_one(host, "kept");
    host_close(host);
    assert_true(vc_lmdb_was_clean(host->dir));
    host_path(host, "store.mdb", path);
    fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
    assert_false(vc_lmdb_was_clean(host->dir));
    assert_int_equal(host_open(host), VC_OK);
    host_close(host);
    assert_true(vc_lmdb_was_clean(host->dir));
    assert_true(vc_lmdb_was_clean("/nonexistent/veche"));
}

static void a_killed_process_leaves_no_clean_end(void **state)
{
    struct host *host = *state;
    int status;
    pid_t child;

    host_close(host);
    child = fork();
    if (child == 0) {
        _exit(host_open(host) == VC_OK ? 0 : 1); /* without closing */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(vc_lmdb_was_clean(host->dir));
}

static void a_close_after_a_failure_is_no_clean_one(void **state)
{
    struct host *host = *state;

    put_one(host, "kept");
    fault_set(FAULT_FDATASYNC, 1, EIO, false);
    host_put(host, VC_TABLE_CONTACT, "a", "lost");
    (void)vc_store_submit(host->store);
    host_close(host);
    faults_off();
    assert_false(vc_lmdb_was_clean(host->dir));
    assert_int_equal(host_check(host->dir, NULL, NULL, 0), VC_OK);
    assert_int_equal(host_open(host), VC_OK);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "kept");
}

static void an_empty_file_is_damaged_and_not_new(void **state)
{
    struct host *host = *state;
    char path[128];

    host_close(host);
    host_path(host, "store.mdb", path);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(host_open(host), VC_ERR_STORE_DAMAGED);
    assert_int_equal(host_open(host), VC_ERR_STORE_DAMAGED);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(a_failing_sync_is_told_and_recovered_from),
        ONE(nothing_is_accepted_while_syncs_go_on_failing),
        ONE(any_write_may_fail),
        ONE(a_write_that_finds_no_space_is_a_full_disk),
        ONE(little_space_keeps_promises_away_without_a_failure),
        ONE(no_space_at_all_fails_the_commit_before_lmdb_sees_it),
        ONE(a_store_that_starts_on_a_full_disk_says_so),
        ONE(any_allocation_of_opening_may_fail),
        ONE(any_allocation_of_making_may_fail),
        ONE(any_allocation_of_a_commit_may_fail),
        ONE(a_failing_sync_while_a_store_is_made_leaves_none),
        ONE(files_are_for_the_owner_only),
        ONE(a_missing_directory_is_made_for_the_owner_only),
        ONE(a_second_open_is_told_who_has_it),
        ONE(a_reader_sees_what_is_committed_and_writes_nothing),
        ONE(the_end_of_the_last_use_is_known),
        ONE(a_killed_process_leaves_no_clean_end),
        ONE(a_close_after_a_failure_is_no_clean_one),
        ONE(an_empty_file_is_damaged_and_not_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
