/*
 * The recorded program: makes a store and runs its turns through it, with other pauses in
 * every run; says what was acknowledged.
 *
 *     powerloss_workload DIRECTORY
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/prim.h"
#include "storage/lmdb.h"
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

static void run_turns(struct vc_store *store, uint32_t first, uint32_t end)
{
    for (uint32_t turn = first; turn < end; turn++) {
        acknowledge(store, first - 1);
        while (!vc_turns_write(store, turn)) {
            wait_for_wake();
            acknowledge(store, first - 1);
        }
        (void)vc_store_submit(store);
        if (turn % 7 == 0) {
            wait_for_wake();
        }
    }
    while (vc_store_is_busy(store)) {
        wait_for_wake();
        acknowledge(store, first - 1);
    }
}

int main(int argc, char **argv)
{
    struct vc_lmdb_config cfg = {.wake = on_wake};
    uint32_t share = VC_TURNS_COUNT / OPENINGS;

    if (argc != 2 || pipe2(wake_fds, O_NONBLOCK) != 0 || vc_crypto_init() != VC_OK) {
        return 2;
    }
    cfg.dir = argv[1];
    for (uint32_t i = 0; i < OPENINGS; i++) {
        struct vc_store *store;
        vc_err err = vc_lmdb_open(&cfg, &store, NULL);

        if (err != VC_OK) {
            (void)fprintf(stderr, "workload: %s\n", vc_err_words(err));
            return 1;
        }
        run_turns(store, 1 + i * share, 1 + (i + 1) * share);
        vc_store_close(store);
    }
    return 0;
}
