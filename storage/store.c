/* The front of the store, the same before every backend: batches, tickets, reads. */
#include "storage/store.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/prim.h"
#include "storage/backend.h"
#include "storage/opened.h"
#include "storage/reading.h"

struct vc_store {
    struct vc_backend *backend;
    struct vc_batch batches[2];
    struct vc_batch *gathering;
    struct vc_batch *committing;    /* NULL while the backend has nothing to do */
    struct vc_opened_values opened; /* values that are lent out */
    uint64_t last_ticket;
    uint64_t committed;
    vc_err health;
    bool has_failed;   /* a commit failed and nobody has recovered yet */
    bool is_turn_open; /* written since the last submit */
    bool is_reserved;  /* asked for room since the last submit */
    bool is_scanning;
    struct vc_store_stats stats;
};

vc_err vc_store_new(struct vc_backend *backend, const uint8_t hash_key[16],
                    struct vc_store **ret_store)
{
    struct vc_store *store = calloc(1, sizeof *store);

    if (store == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    if (!vc_batch_init(&store->batches[0], hash_key) ||
        !vc_batch_init(&store->batches[1], hash_key)) {
        vc_batch_deinit(&store->batches[0]);
        vc_batch_deinit(&store->batches[1]);
        free(store);
        return VC_ERR_NO_MEMORY;
    }
    store->backend = backend;
    store->gathering = &store->batches[0];
    store->health = backend->calls->health(backend);
    *ret_store = store;
    return VC_OK;
}

struct vc_backend *vc_store_backend(const struct vc_store *store)
{
    return store->backend;
}

static struct vc_batch *other_batch(struct vc_store *store,
                                    const struct vc_batch *batch)
{
    return batch == &store->batches[0] ? &store->batches[1] : &store->batches[0];
}

/* Only whole turns are handed over, and only while the writer has nothing to do. */
static void hand_over(struct vc_store *store)
{
    if (store->committing != NULL || store->has_failed || store->is_turn_open ||
        store->gathering->ticket == 0) {
        return;
    }
    store->committing = store->gathering;
    store->gathering = other_batch(store, store->committing);
    store->backend->calls->commit(store->backend, store->committing);
}

/* Takes the end of a commit, if it has come, and gives why it failed. */
static vc_err take(struct vc_store *store)
{
    const struct vc_batch *batch = store->committing;
    vc_err result;

    if (batch == NULL || store->has_failed ||
        !store->backend->calls->take(store->backend, &result)) {
        return VC_OK;
    }
    if (result != VC_OK) {
        /* Both batches stay, so that reads still see what they saw before. */
        store->has_failed = true;
        store->stats.failed_commits++;
        return result;
    }
    store->committed = batch->ticket;
    store->stats.commits++;
    store->stats.turns += batch->turns;
    store->stats.ops += batch->count;
    store->stats.bytes += batch->used;
    vc_batch_clear(store->committing);
    store->committing = NULL;
    return VC_OK;
}

struct vc_store_progress vc_store_poll(struct vc_store *store)
{
    struct vc_store_progress progress = {.failure = VC_OK};

    VC_CHECK(!store->is_scanning);
    vc_opened_clear(&store->opened);
    /* A second round, because a backend in memory may be done at once. */
    for (int round = 0; round < 2 && progress.failure == VC_OK; round++) {
        progress.failure = take(store);
        hand_over(store);
    }
    if (progress.failure == VC_OK && !store->has_failed) {
        progress.failure = store->backend->calls->tend(store->backend);
        store->has_failed = progress.failure != VC_OK;
    }
    if (progress.failure != VC_OK) {
        store->health = progress.failure;
    } else if (!store->has_failed) {
        store->health = store->backend->calls->health(store->backend);
    }
    progress.committed = store->committed;
    return progress;
}

void vc_store_recover(struct vc_store *store)
{
    VC_CHECK(!store->is_scanning);
    vc_opened_clear(&store->opened);
    store->backend->calls->recover(store->backend);
    vc_batch_clear(&store->batches[0]);
    vc_batch_clear(&store->batches[1]);
    store->committing = NULL;
    store->has_failed = false;
    store->is_turn_open = false;
    store->is_reserved = false;
    store->health = store->backend->calls->health(store->backend);
}

vc_err vc_store_health(const struct vc_store *store)
{
    return store->health;
}

vc_err vc_store_reserve(struct vc_store *store, size_t ops, size_t bytes)
{
    /* What does not fit into an empty batch would wait for ever. */
    VC_CHECK(ops <= VC_STORE_BATCH_OPS && bytes <= VC_STORE_BATCH_BYTES &&
             bytes + ops * VC_STORE_OP_OVERHEAD <= VC_STORE_BATCH_BYTES);
    if (store->health != VC_OK) {
        return store->health;
    }
    if (!vc_batch_fits(store->gathering, ops, bytes)) {
        return VC_ERR_FULL;
    }
    store->is_reserved = true;
    return VC_OK;
}

static void check_place(enum vc_table table, struct vc_bytes key)
{
    VC_CHECK((unsigned)table < VC_TABLE_COUNT);
    VC_CHECK(key.len >= 1 && key.len <= VC_STORE_KEY_MAX);
}

static void write_op(struct vc_store *store, const struct vc_batch_op *op)
{
    check_place(op->table, op->key);
    VC_CHECK(op->value.len <= VC_STORE_VALUE_MAX);
    VC_CHECK(store->is_reserved);
    vc_batch_add(store->gathering, op);
    store->is_turn_open = true;
}

void vc_store_put(struct vc_store *store, enum vc_table table, struct vc_bytes key,
                  struct vc_bytes value)
{
    write_op(store, &(struct vc_batch_op){.table = table, .key = key, .value = value});
}

void vc_store_del(struct vc_store *store, enum vc_table table, struct vc_bytes key)
{
    write_op(store, &(struct vc_batch_op){.table = table, .key = key, .is_del = true});
}

vc_err vc_store_get(struct vc_store *store, enum vc_table table, struct vc_bytes key,
                    struct vc_bytes *ret_value)
{
    struct vc_batch_op op;

    check_place(table, key);
    if (vc_batch_find(store->gathering, table, key, &op) ||
        (store->committing != NULL &&
         vc_batch_find(store->committing, table, key, &op))) {
        if (op.is_del) {
            return VC_ERR_NOT_FOUND;
        }
        *ret_value = op.value;
        return VC_OK;
    }
    return vc_reading_get(store->backend, &store->opened, table, key, ret_value);
}

uint64_t vc_store_submit(struct vc_store *store)
{
    VC_CHECK(!store->is_scanning);
    vc_opened_clear(&store->opened);
    store->is_reserved = false;
    if (!store->is_turn_open) {
        return 0;
    }
    store->is_turn_open = false;
    store->gathering->ticket = ++store->last_ticket;
    store->gathering->turns++;
    hand_over(store);
    return store->last_ticket;
}

bool vc_store_is_busy(const struct vc_store *store)
{
    return store->committing != NULL || store->gathering->ticket != 0;
}

void vc_store_wait(struct vc_store *store)
{
    if (store->committing != NULL) {
        store->backend->calls->wait(store->backend);
    }
}

vc_err vc_store_scan(struct vc_store *store, const struct vc_scan *scan)
{
    vc_err err;

    VC_CHECK((unsigned)scan->table < VC_TABLE_COUNT && !store->is_scanning);
    VC_CHECK(scan->prefix.len <= VC_STORE_KEY_MAX &&
             scan->from.len <= VC_STORE_KEY_MAX);
    store->is_scanning = true;
    err = vc_reading_scan(store->backend, &store->opened, scan);
    store->is_scanning = false;
    return err;
}

void vc_store_stats(const struct vc_store *store, struct vc_store_stats *ret_stats)
{
    *ret_stats = store->stats;
    ret_stats->file_bytes = store->backend->calls->file_bytes(store->backend);
}

static void close_store(struct vc_store *store, bool is_clean)
{
    store->backend->calls->close(store->backend, is_clean);
    vc_batch_deinit(&store->batches[0]);
    vc_batch_deinit(&store->batches[1]);
    vc_opened_deinit(&store->opened);
    free(store);
}

void vc_store_close(struct vc_store *store)
{
    if (store == NULL) {
        return;
    }
    VC_CHECK(!store->is_scanning);
    while (!store->has_failed && vc_store_is_busy(store)) {
        hand_over(store);
        if (store->committing == NULL) {
            break; /* an open turn: its batch may not be committed without its end */
        }
        store->backend->calls->wait(store->backend);
        (void)take(store); /* a failure ends the loop, and there is nobody to tell */
    }
    close_store(store, !store->has_failed);
}

void vc_store_drop(struct vc_store *store)
{
    close_store(store, false);
}
