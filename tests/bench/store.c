/*
 * Durable rows a second: the store as the node uses it, against bare LMDB that commits the
 * same rows in transactions of the same size, in one run.
 *
 *     store_bench DIRECTORY
 */
#include <fcntl.h>
#include <lmdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/prim.h"
#include "storage/lmdb.h"
#include "storage/store.h"

/* A message of a conversation: what one turn writes when it takes one in. */
#define ROWS_A_TURN 4
#define SECONDS     3.0
#define ALONE_COUNT 300

struct row {
    enum vc_table table;
    uint8_t key[40];
    size_t key_len;
    uint8_t value[300];
    size_t value_len;
};

static int wake_fds[2];

static double now(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void need(bool is_fine, const char *what)
{
    if (!is_fine) {
        (void)fprintf(stderr, "store_bench: %s failed\n", what);
        exit(1);
    }
}

static void put_be(uint8_t *to, uint64_t number)
{
    for (int i = 0; i < 8; i++) {
        to[i] = (uint8_t)(number >> (56 - 8 * i));
    }
}

/* The rows of message @number: the text, its place in the order, its id, a counter. */
static void make_rows(struct row rows[ROWS_A_TURN], uint64_t number)
{
    uint64_t spread = number * 0x9e3779b97f4a7c15u;

    memset(rows, 0, ROWS_A_TURN * sizeof *rows);
    rows[0] = (struct row){.table = VC_TABLE_MESSAGE, .key_len = 24, .value_len = 220};
    rows[1] = (struct row){.table = VC_TABLE_ORDER, .key_len = 40, .value_len = 8};
    rows[2] =
        (struct row){.table = VC_TABLE_MESSAGE_ID, .key_len = 16, .value_len = 24};
    rows[3] = (struct row){.table = VC_TABLE_MAILBOX, .key_len = 16, .value_len = 40};
    put_be(rows[0].key + 16, number);
    put_be(rows[1].key + 16, number);
    put_be(rows[1].key + 24, spread);
    put_be(rows[2].key, spread);
    put_be(rows[2].key + 8, ~spread);
    for (int i = 0; i < ROWS_A_TURN; i++) {
        put_be(rows[i].value, number);
    }
}

static bool write_turn(struct vc_store *store, uint64_t number)
{
    struct row rows[ROWS_A_TURN];

    if (vc_store_reserve(store, ROWS_A_TURN, 1024) != VC_OK) {
        return false;
    }
    make_rows(rows, number);
    for (int i = 0; i < ROWS_A_TURN; i++) {
        vc_store_put(store, rows[i].table,
                     (struct vc_bytes){rows[i].key, rows[i].key_len},
                     (struct vc_bytes){rows[i].value, rows[i].value_len});
    }
    return true;
}

static void on_wake(void *ctx)
{
    (void)ctx;
    (void)!write(wake_fds[1], "", 1); /* a full pipe wakes as well */
}

static uint64_t poll_store(struct vc_store *store)
{
    struct vc_store_progress progress = vc_store_poll(store);

    need(progress.failure == VC_OK, "a commit");
    return progress.committed;
}

static void sleep_until_wake(void)
{
    struct pollfd waiting = {.fd = wake_fds[0], .events = POLLIN};
    char news[64];

    (void)poll(&waiting, 1, 5000);
    (void)!read(wake_fds[0], news, sizeof news); /* how often does not matter */
}

struct figures {
    double rows_a_second;
    double rows_a_commit;
    double alone_ms; /* one turn at a time, until it is durable */
};

/* A start after a kill: the whole file is read first.  And one after a clean end. */
static void time_starts(const char *dir)
{
    struct vc_lmdb_config cfg = {.dir = dir};
    struct vc_store *store;
    double start = now();
    double checked;
    uint64_t rows = 0;

    need(vc_lmdb_check(&cfg, &rows, NULL, 0) == VC_OK, "vc_lmdb_check");
    checked = now();
    need(vc_lmdb_open(&cfg, &store, NULL) == VC_OK, "vc_lmdb_open");
    printf(
        "start:     %8.0f rows checked in %.3f s (%.2f us a row), opened in %.1f ms\n",
        (double)rows, checked - start, (checked - start) * 1e6 / (double)rows,
        (now() - checked) * 1000);
    vc_store_close(store);
}

static struct figures run_store(const char *dir)
{
    struct vc_lmdb_config cfg = {.dir = dir, .wake = on_wake};
    struct vc_store *store;
    struct vc_store_stats before;
    struct vc_store_stats stats;
    struct figures figures;
    uint64_t number = 0;
    uint64_t last = 0;
    double start;

    need(pipe2(wake_fds, O_NONBLOCK) == 0, "pipe2");
    need(vc_lmdb_open(&cfg, &store, NULL) == VC_OK, "vc_lmdb_open");
    start = now();
    for (int i = 0; i < ALONE_COUNT; i++) {
        need(write_turn(store, number++), "room");
        last = vc_store_submit(store);
        while (poll_store(store) < last) {
            sleep_until_wake();
        }
    }
    figures.alone_ms = (now() - start) * 1000 / ALONE_COUNT;
    vc_store_stats(store, &before);
    start = now();
    while (now() - start < SECONDS) {
        (void)poll_store(store);
        if (write_turn(store, number)) {
            number++;
            last = vc_store_submit(store);
        } else {
            sleep_until_wake();
        }
    }
    while (poll_store(store) < last) {
        sleep_until_wake();
    }
    vc_store_stats(store, &stats);
    figures.rows_a_second = (double)(stats.ops - before.ops) / (now() - start);
    figures.rows_a_commit =
        (double)(stats.ops - before.ops) / (double)(stats.commits - before.commits);
    vc_store_close(store);
    return figures;
}

struct bare {
    MDB_env *env;
    MDB_dbi dbis[VC_TABLE_COUNT];
};

static void open_bare(struct bare *bare, const char *dir)
{
    MDB_txn *txn;

    need(mkdir(dir, 0700) == 0, "mkdir");
    need(mdb_env_create(&bare->env) == 0 && mdb_env_set_maxdbs(bare->env, 32) == 0 &&
             mdb_env_set_mapsize(bare->env, (size_t)64 << 30) == 0 &&
             mdb_env_open(bare->env, dir, 0, 0600) == 0,
         "mdb_env_open");
    need(mdb_txn_begin(bare->env, NULL, 0, &txn) == 0, "mdb_txn_begin");
    for (int i = 0; i < VC_TABLE_COUNT; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "t%d", i);
        need(mdb_dbi_open(txn, name, MDB_CREATE, &bare->dbis[i]) == 0, "mdb_dbi_open");
    }
    need(mdb_txn_commit(txn) == 0, "mdb_txn_commit");
}

/* The distinct rows of @turns turns; the counter is written once, as a batch does. */
static void commit_bare(struct bare *bare, uint64_t *number, uint64_t turns)
{
    MDB_txn *txn;

    need(mdb_txn_begin(bare->env, NULL, 0, &txn) == 0, "mdb_txn_begin");
    for (uint64_t turn = 0; turn < turns; turn++) {
        struct row rows[ROWS_A_TURN];
        int count = turn == 0 ? ROWS_A_TURN : ROWS_A_TURN - 1;

        make_rows(rows, (*number)++);
        for (int i = 0; i < count; i++) {
            MDB_val key = {rows[i].key_len, rows[i].key};
            MDB_val value = {rows[i].value_len, rows[i].value};

            need(mdb_put(txn, bare->dbis[rows[i].table], &key, &value, 0) == 0,
                 "mdb_put");
        }
    }
    need(mdb_txn_commit(txn) == 0, "mdb_txn_commit");
}

static struct figures run_bare(const char *dir, double rows_a_commit)
{
    struct bare bare;
    struct figures figures = {.rows_a_commit = rows_a_commit};
    uint64_t turns = (uint64_t)((rows_a_commit - 1) / (ROWS_A_TURN - 1));
    uint64_t number = 0;
    uint64_t rows = 0;
    double start;

    open_bare(&bare, dir);
    turns = turns == 0 ? 1 : turns;
    start = now();
    for (int i = 0; i < ALONE_COUNT; i++) {
        commit_bare(&bare, &number, 1);
    }
    figures.alone_ms = (now() - start) * 1000 / ALONE_COUNT;
    start = now();
    while (now() - start < SECONDS) {
        commit_bare(&bare, &number, turns);
        rows += turns * (ROWS_A_TURN - 1) + 1;
    }
    figures.rows_a_second = (double)rows / (now() - start);
    mdb_env_close(bare.env);
    return figures;
}

int main(int argc, char **argv)
{
    char dirs[2][512];
    struct figures store;
    struct figures bare;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: store_bench DIRECTORY\n");
        return 2;
    }
    need(vc_crypto_init() == VC_OK, "vc_crypto_init");
    for (int i = 0; i < 2; i++) {
        int len = snprintf(dirs[i], sizeof dirs[i], "%s/%d", argv[1], i);

        need(len > 0 && (size_t)len < sizeof dirs[i], "a shorter path");
    }
    store = run_store(dirs[0]);
    bare = run_bare(dirs[1], store.rows_a_commit);
    printf(
        "store:     %8.0f durable rows/s, %6.0f rows a commit; a turn alone %.3f ms\n",
        store.rows_a_second, store.rows_a_commit, store.alone_ms);
    printf(
        "bare LMDB: %8.0f durable rows/s, %6.0f rows a commit; a turn alone %.3f ms\n",
        bare.rows_a_second, bare.rows_a_commit, bare.alone_ms);
    printf("ratio:     %8.2f                                  a turn alone %.2f\n",
           store.rows_a_second / bare.rows_a_second, store.alone_ms / bare.alone_ms);
    time_starts(dirs[0]);
    return 0;
}
