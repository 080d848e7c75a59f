/* The thread itself, with a disk that is a few variables. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "storage/committer.h"

#define WAIT_MS_MAX 20000

struct disk {
    atomic_int result; /* of the next commits and probes */
    atomic_int health;
    atomic_int probe_result;
    atomic_uint commits;
    atomic_uint probes;
    atomic_uint tends;
    atomic_ullong tend_again;
    int wake[2];
    struct vc_committer *committer;
};

static vc_err apply(void *ctx, const struct vc_batch *batch, vc_err *ret_health)
{
    struct disk *disk = ctx;

    assert_non_null(batch);
    atomic_fetch_add(&disk->commits, 1);
    *ret_health = (vc_err)atomic_load(&disk->health);
    return (vc_err)atomic_load(&disk->result);
}

static vc_err probe(void *ctx)
{
    struct disk *disk = ctx;

    atomic_fetch_add(&disk->probes, 1);
    return (vc_err)atomic_load(&disk->probe_result);
}

/* News each time; how soon it is called again is the test's wish. */
static bool tend(void *ctx, vc_ms *ret_again_after)
{
    struct disk *disk = ctx;

    atomic_fetch_add(&disk->tends, 1);
    *ret_again_after = atomic_load(&disk->tend_again);
    return true;
}

static void wake(void *ctx)
{
    struct disk *disk = ctx;

    (void)!write(disk->wake[1], "", 1); /* a full pipe wakes as well */
}

static void start(struct disk *disk, vc_err health)
{
    struct vc_committer_config cfg = {.apply = apply,
                                      .probe = probe,
                                      .ctx = disk,
                                      .wake = wake,
                                      .wake_ctx = disk,
                                      .health = health,
                                      .probe_after_ms = 1};

    memset(disk, 0, sizeof *disk);
    atomic_store(&disk->probe_result, health);
    assert_int_equal(pipe2(disk->wake, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(vc_committer_start(&cfg, &disk->committer), VC_OK);
}

static void stop(struct disk *disk)
{
    vc_committer_stop(disk->committer);
    (void)close(disk->wake[0]);
    (void)close(disk->wake[1]);
}

static void wait_for_wake(struct disk *disk)
{
    struct pollfd waiting = {.fd = disk->wake[0], .events = POLLIN};
    char news;

    assert_int_equal(poll(&waiting, 1, WAIT_MS_MAX), 1);
    assert_int_equal(read(disk->wake[0], &news, 1), 1);
}

static void a_commit_is_told_once(void **state)
{
    static const struct vc_batch batch;
    struct disk disk;
    vc_err result = VC_ERR_INTERNAL;

    (void)state;
    start(&disk, VC_OK);
    assert_false(vc_committer_take(disk.committer, &result));
    for (int i = 0; i < 200; i++) {
        vc_committer_commit(disk.committer, &batch);
        wait_for_wake(&disk);
        assert_true(vc_committer_take(disk.committer, &result));
        assert_int_equal(result, VC_OK);
        assert_false(vc_committer_take(disk.committer, &result));
    }
    assert_int_equal(atomic_load(&disk.commits), 200);
    assert_int_equal(atomic_load(&disk.probes), 0);
    stop(&disk);
}

static void wait_comes_back_when_the_commit_is_done(void **state)
{
    static const struct vc_batch batch;
    struct disk disk;
    vc_err result;

    (void)state;
    start(&disk, VC_OK);
    vc_committer_wait(disk.committer);
    for (int i = 0; i < 200; i++) {
        vc_committer_commit(disk.committer, &batch);
        vc_committer_wait(disk.committer);
        assert_true(vc_committer_take(disk.committer, &result));
    }
    stop(&disk);
}

static void a_failure_is_not_probed_before_recover(void **state)
{
    static const struct vc_batch batch;
    struct disk disk;
    vc_err result;

    (void)state;
    start(&disk, VC_OK);
    atomic_store(&disk.result, VC_ERR_STORE_IO);
    atomic_store(&disk.probe_result, VC_ERR_STORE_IO);
    vc_committer_commit(disk.committer, &batch);
    wait_for_wake(&disk);
    assert_true(vc_committer_take(disk.committer, &result));
    assert_int_equal(result, VC_ERR_STORE_IO);
    (void)usleep(20000);
    assert_int_equal(atomic_load(&disk.probes), 0);
    vc_committer_pause(disk.committer);
    vc_committer_recover(disk.committer);
    while (atomic_load(&disk.probes) < 3) {
        assert_int_equal(vc_committer_health(disk.committer), VC_ERR_STORE_IO);
        (void)usleep(200);
    }
    atomic_store(&disk.probe_result, VC_OK);
    wait_for_wake(&disk);
    assert_int_equal(vc_committer_health(disk.committer), VC_OK);
    stop(&disk);
}

static void bad_health_without_a_failure_is_probed_at_once(void **state)
{
    static const struct vc_batch batch;
    struct disk disk;
    vc_err result;

    (void)state;
    start(&disk, VC_OK);
    atomic_store(&disk.health, VC_ERR_DISK_FULL);
    atomic_store(&disk.probe_result, VC_ERR_DISK_FULL);
    vc_committer_commit(disk.committer, &batch);
    wait_for_wake(&disk);
    assert_true(vc_committer_take(disk.committer, &result));
    assert_int_equal(result, VC_OK);
    assert_int_equal(vc_committer_health(disk.committer), VC_ERR_DISK_FULL);
    while (atomic_load(&disk.probes) < 3) {
        (void)usleep(200);
    }
    /* What was promised before still reaches the disk. */
    vc_committer_commit(disk.committer, &batch);
    vc_committer_wait(disk.committer);
    assert_true(vc_committer_take(disk.committer, &result));
    assert_int_equal(result, VC_OK);
    atomic_store(&disk.health, VC_OK);
    atomic_store(&disk.probe_result, VC_OK);
    while (vc_committer_health(disk.committer) != VC_OK) {
        wait_for_wake(&disk);
    }
    stop(&disk);
}

static void a_bad_start_is_probed_until_it_is_good(void **state)
{
    struct disk disk;

    (void)state;
    start(&disk, VC_ERR_DISK_FULL);
    assert_int_equal(vc_committer_health(disk.committer), VC_ERR_DISK_FULL);
    while (atomic_load(&disk.probes) < 2) {
        (void)usleep(200);
    }
    atomic_store(&disk.probe_result, VC_OK);
    wait_for_wake(&disk);
    assert_int_equal(vc_committer_health(disk.committer), VC_OK);
    stop(&disk);
}

/* Recover while a commit runs: its batch may be used again when it comes back. */
static void pause_waits_and_forgets(void **state)
{
    struct vc_batch batch;
    struct disk disk;
    vc_err result;

    (void)state;
    start(&disk, VC_OK);
    for (int i = 0; i < 200; i++) {
        vc_committer_commit(disk.committer, &batch);
        vc_committer_pause(disk.committer);
        memset(&batch, i, sizeof batch);
        vc_committer_recover(disk.committer);
        assert_false(vc_committer_take(disk.committer, &result));
    }
    assert_int_equal(vc_committer_health(disk.committer), VC_OK);
    stop(&disk);
}

/* At the start, after each good commit, and when its time has come; never in a pause. */
static void what_is_to_be_done_now_and_then_is(void **state)
{
    static const struct vc_batch batch;
    struct disk disk;
    struct vc_committer_config cfg = {.apply = apply,
                                      .probe = probe,
                                      .tend = tend,
                                      .ctx = &disk,
                                      .wake = wake,
                                      .wake_ctx = &disk,
                                      .probe_after_ms = 1};
    vc_err result;
    unsigned before;

    (void)state;
    memset(&disk, 0, sizeof disk);
    atomic_store(&disk.tend_again, VC_NEVER);
    assert_int_equal(pipe2(disk.wake, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(vc_committer_start(&cfg, &disk.committer), VC_OK);
    wait_for_wake(&disk);
    assert_int_equal(atomic_load(&disk.tends), 1);
    vc_committer_commit(disk.committer, &batch);
    wait_for_wake(&disk); /* the commit is told before what is done behind it */
    wait_for_wake(&disk);
    assert_true(vc_committer_take(disk.committer, &result));
    assert_int_equal(atomic_load(&disk.tends), 2);

    atomic_store(&disk.tend_again, 1);
    vc_committer_commit(disk.committer, &batch);
    for (int i = 0; i < 5; i++) {
        wait_for_wake(&disk);
    }
    vc_committer_pause(disk.committer);
    before = atomic_load(&disk.tends);
    assert_true(before >= 5);
    vc_committer_recover(disk.committer);
    atomic_store(&disk.result, VC_ERR_STORE_IO);
    vc_committer_commit(disk.committer, &batch);
    vc_committer_wait(disk.committer);
    assert_true(vc_committer_take(disk.committer, &result));
    assert_int_equal(result, VC_ERR_STORE_IO);
    assert_int_equal(atomic_load(&disk.tends), before);
    stop(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_is_told_once),
        cmocka_unit_test(wait_comes_back_when_the_commit_is_done),
        cmocka_unit_test(a_failure_is_not_probed_before_recover),
        cmocka_unit_test(bad_health_without_a_failure_is_probed_at_once),
        cmocka_unit_test(a_bad_start_is_probed_until_it_is_good),
        cmocka_unit_test(pause_waits_and_forgets),
        cmocka_unit_test(what_is_to_be_done_now_and_then_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
