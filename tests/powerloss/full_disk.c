/*
 * A store on a file system of 16 MiB that fills up: slowly by its own rows, and suddenly by
 * somebody else's file.  What was acknowledged stays, the reason is told, and it goes on when
 * there is space again.
 *
 *     full_disk       exit code 77 where no file system may be mounted
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base/cursor.h"
#include "crypto/prim.h"
#include "storage/lmdb.h"

#define VALUE_BYTES 3000
#define ROUNDS      8
#define MOUNT_BYTES "size=16m"

struct run {
    struct vc_store *store;
    uint32_t next;         /* the next row's number */
    uint32_t acknowledged; /* rows below are durable */
    uint32_t by_ticket[1 << 16];
    unsigned failures;
    unsigned refusals;
};

static int wake_fds[2];
static char dir[64];
static char filler[80];

static void need(bool is_fine, const char *what)
{
    if (!is_fine) {
        (void)fprintf(stderr, "full_disk: %s (%s)\n", what, strerror(errno));
        exit(1);
    }
}

static void on_wake(void *ctx)
{
    (void)ctx;
    (void)!write(wake_fds[1], "", 1); /* a full pipe wakes as well */
}

static void wait_for_wake(int wait_ms)
{
    struct pollfd waiting = {.fd = wake_fds[0], .events = POLLIN};
    char news[64];

    (void)poll(&waiting, 1, wait_ms);
    (void)!read(wake_fds[0], news, sizeof news); /* how often does not matter */
}

static void fill_value(uint32_t number, uint8_t value[VALUE_BYTES])
{
    for (size_t i = 0; i < VALUE_BYTES; i++) {
        value[i] = (uint8_t)(number * 31 + i);
    }
}

static struct vc_bytes key_of(uint32_t number, uint8_t room[4])
{
    struct vc_writer w = vc_writer(room, 4);

    vc_write_be32(&w, number);
    return vc_writer_bytes(&w);
}

static void poll_store(struct run *run)
{
    struct vc_store_progress progress = vc_store_poll(run->store);

    run->acknowledged =
        progress.committed > 0 ? run->by_ticket[progress.committed] : run->acknowledged;
    if (progress.failure != VC_OK) {
        need(progress.failure == VC_ERR_DISK_FULL, vc_err_words(progress.failure));
        run->failures++;
        vc_store_recover(run->store);
        run->next = run->acknowledged;
    }
}

static bool write_row(struct run *run)
{
    uint8_t value[VALUE_BYTES];
    uint8_t key[4];
    uint64_t ticket;
    vc_err err = vc_store_reserve(run->store, 1, sizeof value + sizeof key);

    if (err != VC_OK) {
        need(err == VC_ERR_FULL || err == VC_ERR_DISK_FULL, vc_err_words(err));
        run->refusals += err == VC_ERR_DISK_FULL ? 1 : 0;
        return false;
    }
    fill_value(run->next, value);
    vc_store_put(run->store, VC_TABLE_MESSAGE, key_of(run->next, key), VC_BYTES(value));
    run->next++;
    ticket = vc_store_submit(run->store);
    need(ticket < sizeof run->by_ticket / sizeof run->by_ticket[0], "too many turns");
    run->by_ticket[ticket] = run->next;
    return true;
}

static void check_rows(struct run *run)
{
    uint8_t value[VALUE_BYTES];
    uint8_t key[4];

    for (uint32_t i = 0; i < run->acknowledged; i++) {
        struct vc_bytes got;

        fill_value(i, value);
        need(vc_store_get(run->store, VC_TABLE_MESSAGE, key_of(i, key), &got) ==
                     VC_OK &&
                 got.len == sizeof value && memcmp(got.data, value, sizeof value) == 0,
             "an acknowledged row is lost");
    }
}

/* Leaves @free_bytes of the file system, or 0 takes the file away. */
static void fill_disk(uint64_t bytes)
{
    static uint8_t block[64 * 1024];
    int fd = open(filler, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    need(fd >= 0, filler);
    for (uint64_t at = 0; at < bytes; at += sizeof block) {
        if (write(fd, block, sizeof block) < 0) {
            break; /* that is what it is for */
        }
    }
    (void)close(fd);
    if (bytes == 0) {
        need(unlink(filler) == 0, filler);
    }
}

static void wait_for_health(struct run *run)
{
    for (int i = 0; vc_store_health(run->store) != VC_OK; i++) {
        need(i < 300, "it does not go on when there is space again");
        wait_for_wake(100);
        poll_store(run);
    }
}

/* Writes until the store says no, with somebody who takes all the space at @surprise_at. */
static void run_until_full(struct run *run, uint32_t surprise_at)
{
    uint32_t start = run->next;

    while (vc_store_health(run->store) == VC_OK) {
        poll_store(run);
        if (!write_row(run)) {
            wait_for_wake(20);
        }
        if (run->next == start + surprise_at) {
            fill_disk((uint64_t)64 << 20);
            surprise_at = UINT32_MAX - start;
        }
    }
    need(vc_store_health(run->store) == VC_ERR_DISK_FULL, "another reason");
    while (vc_store_is_busy(run->store)) {
        wait_for_wake(20);
        poll_store(run);
    }
    need(!write_row(run), "a promise on a full disk");
    check_rows(run);
}

static bool mount_disk(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/veche-full-XXXXXX");
    need(mkdtemp(dir) != NULL, dir);
    (void)snprintf(filler, sizeof filler, "%s/filler", dir);
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
        return false;
    }
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", dir, "tmpfs", 0, MOUNT_BYTES) == 0;
}

int main(void)
{
    struct vc_lmdb_config cfg = {.dir = dir, .wake = on_wake};
    static struct run run;
    uint64_t rows = 0;

    if (!mount_disk()) {
        (void)fprintf(stderr,
                      "full_disk: skipped, no file system may be mounted here\n");
        (void)rmdir(dir);
        return 77;
    }
    need(vc_crypto_init() == VC_OK && pipe2(wake_fds, O_NONBLOCK) == 0, "pipe2");
    need(vc_lmdb_open(&cfg, &run.store, NULL) == VC_OK, "opening");
    for (uint32_t round = 0; round < ROUNDS; round++) {
        /* With little left anyhow, somebody comes between promise and commit. */
        fill_disk((uint64_t)3 << 20);
        run_until_full(&run, 50 + 90 * round);
        fill_disk(0);
        wait_for_health(&run);
        poll_store(&run);
    }
    run_until_full(&run, UINT32_MAX);
    vc_store_close(run.store);
    need(vc_lmdb_check(&cfg, &rows, NULL, 0) == VC_OK && rows >= run.acknowledged,
         "check");
    need(vc_lmdb_open(&cfg, &run.store, NULL) == VC_OK, "opening a full disk");
    need(vc_store_health(run.store) == VC_ERR_DISK_FULL, "health of a full disk");
    check_rows(&run);
    vc_store_close(run.store);
    printf("%u rows acknowledged and kept, %u commits failed, %u times refused\n",
           run.acknowledged, run.failures, run.refusals);
    need(run.failures > 0 && run.refusals > 0, "nothing failed or was refused");
    (void)umount2(dir, MNT_DETACH); /* it goes with the process anyhow */
    (void)rmdir(dir);
    return 0;
}
