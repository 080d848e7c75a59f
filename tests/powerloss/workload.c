/*
 * The recorded program: makes a store and runs its turns through it, with other pauses in
 * every run; says what was acknowledged.
 *
 *     powerloss_workload DIRECTORY                  turns, and turns of the epoch between them
 *     powerloss_workload DIRECTORY keys             few, and changes of the passphrase
 *     powerloss_workload DIRECTORY upgrade FILE     a store of version 1 that is made over
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/prim.h"
#include "storage/disk.h"
#include "tests/powerloss/log.h"
#include "tests/powerloss/turns.h"

#define OPENINGS 4

static int wake_fds[2];

static void on_wake(void *ctx)
{
    (void)ctx;
    (void)!write(wake_fds[1], "", 1); /* a full pipe wakes as well */
}

static void wait_for_wake(void)
{
    struct pollfd waiting = {.fd = wake_fds[0], .events = POLLIN};
    char news[64];

    (void)poll(&waiting, 1, 5000);
    (void)!read(wake_fds[0], news, sizeof news); /* how often does not matter */
}

/* Tickets count from 1 in each opening; turns go on. */
static void acknowledge(struct vc_store *store, uint32_t turns_before)
{
    static uint64_t last;
    struct vc_store_progress progress = vc_store_poll(store);

    if (progress.failure != VC_OK) {
        (void)fprintf(stderr, "workload: %s\n", vc_err_words(progress.failure));
        exit(1);
    }
    if (turns_before + progress.committed > last) {
        last = turns_before + progress.committed;
        if (vc_powerloss_mark != NULL) {
            vc_powerloss_mark(last);
        }
    }
}

/* @before: the turns of openings before this one. */
static void run_turns(struct vc_store *store, uint32_t before, uint32_t first,
                      uint32_t end)
{
    for (uint32_t turn = first; turn < end; turn++) {
        acknowledge(store, before);
        while (!vc_turns_write(store, turn)) {
            wait_for_wake();
            acknowledge(store, before);
        }
        (void)vc_store_submit(store);
        if (turn % 7 == 0) {
            wait_for_wake();
        }
    }
    while (vc_store_is_busy(store)) {
        wait_for_wake();
        acknowledge(store, before);
    }
}

static struct vc_bytes words_of(const char *text)
{
    return (struct vc_bytes){(const uint8_t *)text, strlen(text)};
}

static void need(vc_err err)
{
    if (err != VC_OK) {
        (void)fprintf(stderr, "workload: %s\n", vc_err_words(err));
        exit(1);
    }
}

/* A few commits make an epoch. */
static struct vc_store *open_store(struct vc_lmdb_config *cfg, vc_ms forget_after_ms)
{
    struct vc_disk_config disk_cfg = vc_disk_config_now;
    struct vc_store *store;

    disk_cfg.forget_after_ms = forget_after_ms;
    need(vc_disk_open(cfg, &disk_cfg, &store, NULL));
    return store;
}

static void run_all(struct vc_lmdb_config *cfg)
{
    uint32_t share = VC_TURNS_COUNT / OPENINGS;

    for (uint32_t i = 0; i < OPENINGS; i++) {
        struct vc_store *store = open_store(cfg, 2);

        run_turns(store, i * share, 1 + i * share, 1 + (i + 1) * share);
        vc_store_close(store);
    }
}

static void run_keys(struct vc_lmdb_config *cfg)
{
    static const char *const passphrases[] = VC_TURNS_PASSPHRASES;
    struct vc_store *store = open_store(cfg, 0);

    run_turns(store, 0, 1, 2);
    for (size_t i = 1; i < sizeof passphrases / sizeof passphrases[0]; i++) {
        need(vc_lmdb_change_passphrase(cfg->dir, words_of(passphrases[i - 1]),
                                       words_of(passphrases[i])));
        run_turns(store, 0, (uint32_t)i + 1, (uint32_t)i + 2);
    }
    vc_store_close(store);
}

/* The old file as version 1 has left it, and then the first start of this one. */
static void run_upgrade(struct vc_lmdb_config *cfg, const char *old_path)
{
    static uint8_t bytes[1 << 20];
    char path[512];
    int old = open(old_path, O_RDONLY | O_CLOEXEC);
    ssize_t len = old < 0 ? -1 : read(old, bytes, sizeof bytes);
    int dir = open(cfg->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int file;

    (void)snprintf(path, sizeof path, "%s/store.mdb", cfg->dir);
    file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (len <= 0 || file < 0 || write(file, bytes, (size_t)len) != len ||
        fsync(file) != 0 || fsync(dir) != 0) {
        exit(2);
    }
    (void)close(old);
    (void)close(file);
    (void)close(dir);
    if (vc_powerloss_mark != NULL) {
        vc_powerloss_mark(1);
    }
    vc_store_close(open_store(cfg, VC_NEVER));
}

int main(int argc, char **argv)
{
    struct vc_lmdb_config cfg = {.wake = on_wake};

    if (argc < 2 || pipe2(wake_fds, O_NONBLOCK) != 0 || vc_crypto_init() != VC_OK) {
        return 2;
    }
    cfg.dir = argv[1];
    if (argc == 2) {
        run_all(&cfg);
    } else if (argc == 3 && strcmp(argv[2], "keys") == 0) {
        run_keys(&cfg);
    } else if (argc == 4 && strcmp(argv[2], "upgrade") == 0) {
        run_upgrade(&cfg, argv[3]);
    } else {
        return 2;
    }
    return 0;
}
