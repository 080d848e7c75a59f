/*
 * Sealed messages a second that are durable: the ratchet's state and the outbox row of each in
 * the store as the node uses it, against bare LMDB that commits rows of the same sizes in
 * transactions of the same size, in one run.
 *
 *     seal_bench DIRECTORY
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

#include "node/seal/seal.h"
#include "storage/lmdb.h"
#include "storage/memory.h"

#define SECONDS     4.0
#define TEXT_BYTES  100
#define OUTBOX_HEAD 66 /* what mail puts in front of a frame, storage/SCHEMA.md */
#define PEER        1

struct party {
    struct vc_account account;
    struct vc_device device;
    struct vc_store *store;
    struct vc_seal *seal;
};

static const struct vc_now today = {.mono = 1000, .unix_ms = UINT64_C(1790000000000)};
static const uint8_t network[] = {'b', 'e', 'n', 'c', 'h'};
static int wake_fds[2];
static size_t state_bytes, outbox_bytes;

static double now(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void need(bool is_fine, const char *what)
{
    if (!is_fine) {
        (void)fprintf(stderr, "seal_bench: %s failed\n", what);
        exit(1);
    }
}

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

static void on_wake(void *ctx)
{
    (void)ctx;
    (void)!write(wake_fds[1], "", 1); /* a full pipe wakes as well */
}

static void sleep_until_wake(void)
{
    struct pollfd waiting = {.fd = wake_fds[0], .events = POLLIN};
    char news[64];

    (void)poll(&waiting, 1, 5000);
    (void)!read(wake_fds[0], news, sizeof news); /* how often does not matter */
}

static uint64_t poll_store(struct vc_store *store)
{
    struct vc_store_progress progress = vc_store_poll(store);

    need(progress.failure == VC_OK, "a commit");
    return progress.committed;
}

static void open_party(struct party *party, uint8_t number)
{
    struct vc_secret32 secrets[4], seed = {{number}};
    struct vc_seal_config cfg = {.alloc = {.resize = resize},
                                 .store = party->store,
                                 .network_id = VC_BYTES(network),
                                 .account = &party->account,
                                 .device = &party->device};

    for (uint8_t i = 0; i < 4; i++) {
        memset(&secrets[i], number, sizeof secrets[i]);
        secrets[i].b[0] = i;
    }
    vc_account_init(&party->account, &secrets[0], &secrets[1]);
    vc_device_init(&party->device, &party->account, 0, 1, &secrets[2], &secrets[3]);
    need(vc_seal_init(&cfg, &today, &seed, &party->seal) == VC_OK, "vc_seal_init");
    vc_seal_tick(party->seal, &today);
    (void)vc_store_submit(party->store);
}

/* One turn: a text sealed, its row and the state put. */
static bool write_turn(struct party *from, uint64_t number)
{
    static const uint8_t text[TEXT_BYTES] = "what somebody says";
    static uint8_t row[OUTBOX_HEAD + VC_SEAL_FRAME_MAX];
    struct vc_writer w = vc_writer(row, sizeof row);
    struct vc_sealed sealed;
    uint8_t key[12] = {0, 0, 0, PEER};

    if (vc_store_reserve(from->store, 1 + VC_SEAL_SEAL_OPS,
                         1024 + VC_SEAL_SEAL_BYTES) != VC_OK) {
        return false;
    }
    need(vc_seal_seal(from->seal, &today, PEER, number, VC_BYTES(text),
                      (struct vc_bytes){text, 0}, &sealed) == VC_OK,
         "vc_seal_seal");
    for (int i = 0; i < 8; i++) {
        key[4 + i] = (uint8_t)(number >> (56 - 8 * i));
    }
    memset(row, 1, OUTBOX_HEAD);
    w.at += OUTBOX_HEAD;
    vc_write_bytes(&w, sealed.frame);
    vc_store_put(from->store, VC_TABLE_OUTBOX, VC_BYTES(key), vc_writer_bytes(&w));
    outbox_bytes = vc_writer_bytes(&w).len;
    return true;
}

struct figures {
    double messages_a_second;
    double messages_a_commit;
};

static struct figures run_store(struct party *from)
{
    struct vc_store_stats before, stats;
    struct figures figures;
    uint64_t number = 0, last = 0;
    double start;

    vc_store_stats(from->store, &before);
    start = now();
    while (now() - start < SECONDS) {
        (void)poll_store(from->store);
        if (write_turn(from, number + 1)) {
            number++;
            last = vc_store_submit(from->store);
        } else {
            sleep_until_wake();
        }
    }
    while (poll_store(from->store) < last) {
        sleep_until_wake();
    }
    vc_store_stats(from->store, &stats);
    figures.messages_a_second = (double)number / (now() - start);
    figures.messages_a_commit =
        (double)number / (double)(stats.commits - before.commits);
    return figures;
}

static bool measure_state(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    (void)ctx;
    if (key.len == 8 && key.data[7] != 0) {
        state_bytes = value.len;
    }
    return true;
}

/* Rows of the sizes of ours, in transactions of as many messages; the state once in each. */
static double run_bare(const char *dir, uint64_t messages_a_commit)
{
    static uint8_t value[OUTBOX_HEAD + VC_SEAL_FRAME_MAX];
    uint64_t number = 0;
    MDB_env *env;
    MDB_dbi states, outbox;
    MDB_txn *txn;
    double start;

    need(mkdir(dir, 0700) == 0 && mdb_env_create(&env) == 0 &&
             mdb_env_set_maxdbs(env, 2) == 0 &&
             mdb_env_set_mapsize(env, (size_t)16 << 30) == 0 &&
             mdb_env_open(env, dir, 0, 0600) == 0 &&
             mdb_txn_begin(env, NULL, 0, &txn) == 0 &&
             mdb_dbi_open(txn, "states", MDB_CREATE, &states) == 0 &&
             mdb_dbi_open(txn, "outbox", MDB_CREATE, &outbox) == 0 &&
             mdb_txn_commit(txn) == 0,
         "LMDB");
    start = now();
    while (now() - start < SECONDS) {
        need(mdb_txn_begin(env, NULL, 0, &txn) == 0, "mdb_txn_begin");
        for (uint64_t i = 0; i < messages_a_commit; i++) {
            uint8_t key[16] = {7, 7, 7, 7, 7, 7, 7, 7};
            MDB_val row_key = {sizeof key, key};
            MDB_val row = {outbox_bytes + 24 + 5, value};

            number++;
            for (int b = 0; b < 8; b++) {
                key[8 + b] = (uint8_t)(number >> (56 - 8 * b));
            }
            need(mdb_put(txn, outbox, &row_key, &row, 0) == 0, "mdb_put");
        }
        {
            uint8_t key[8] = {0};
            MDB_val row_key = {sizeof key, key};
            MDB_val row = {state_bytes + 24 + 9, value};

            need(mdb_put(txn, states, &row_key, &row, 0) == 0, "mdb_put");
        }
        need(mdb_txn_commit(txn) == 0, "mdb_txn_commit");
    }
    start = (double)number / (now() - start);
    mdb_env_close(env);
    return start;
}

static void introduce(struct party *from, const struct party *to)
{
    struct vc_prekey prekey;

    need(vc_seal_own_prekey(to->seal, &prekey), "a prekey");
    need(vc_seal_peer_put(from->seal, PEER, &to->account.root,
                          &to->device.certificate) == VC_OK,
         "vc_seal_peer_put");
    need(vc_store_reserve(from->store, 1, VC_SEAL_SEAL_BYTES) == VC_OK, "room");
    vc_seal_peer_keys(from->seal, &today, PEER, &prekey, NULL, 0);
    (void)vc_store_submit(from->store);
}

int main(int argc, char **argv)
{
    static struct party alice, bob;
    struct vc_scan scan = {.table = VC_TABLE_SESSION, .on_row = measure_state};
    struct vc_memory_disk *disk = vc_memory_disk_new();
    struct figures figures;
    char dirs[2][512];
    double bare;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: seal_bench DIRECTORY\n");
        return 2;
    }
    for (int i = 0; i < 2; i++) {
        int len = snprintf(dirs[i], sizeof dirs[i], "%s/%d", argv[1], i);

        need(len > 0 && (size_t)len < sizeof dirs[i], "a shorter path");
    }
    struct vc_lmdb_config cfg = {.dir = dirs[0], .wake = on_wake};

    need(vc_crypto_init() == VC_OK && pipe2(wake_fds, O_NONBLOCK) == 0, "start");
    need(vc_lmdb_open(&cfg, &alice.store, NULL) == VC_OK, "vc_lmdb_open");
    need(vc_memory_open(disk, &bob.store) == VC_OK, "vc_memory_open");
    vc_memory_commit_at_once(bob.store, true);
    open_party(&alice, 1);
    open_party(&bob, 2);
    introduce(&alice, &bob);
    figures = run_store(&alice);
    need(vc_store_scan(alice.store, &scan) == VC_OK, "vc_store_scan");
    vc_seal_deinit(alice.seal);
    vc_store_close(alice.store);
    bare = run_bare(dirs[1], (uint64_t)figures.messages_a_commit + 1);
    printf("sealed:    %8.0f durable messages/s, %6.0f a commit; outbox row %zu B, "
           "state %zu B\n",
           figures.messages_a_second, figures.messages_a_commit, outbox_bytes,
           state_bytes);
    printf("bare LMDB: %8.0f durable messages/s, %6.0f a commit, the same sizes, "
           "nothing sealed\n",
           bare, figures.messages_a_commit);
    printf("ratio:     %8.2f\n", figures.messages_a_second / bare);
    vc_seal_deinit(bob.seal);
    vc_store_close(bob.store);
    vc_memory_disk_free(disk);
    return 0;
}
