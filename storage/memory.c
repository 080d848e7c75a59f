#include "storage/memory.h"

#include <stdlib.h>
#include <string.h>

#include "storage/backend.h"
#include "storage/rows.h"
#include "storage/seal.h"

/* A row as it stands on a disk: its place and its sealed value in one piece. */
struct row {
    uint32_t value_len;
    uint8_t key_len;
    uint8_t bytes[];
};

/* Sorted by place: thousands of rows at most, and ranges are read more than rows are made. */
struct table {
    struct row **rows;
    size_t count;
    size_t room;
};

#define ENTRY_BYTES sizeof(void *) /* of rows above */

struct vc_memory_disk {
    struct table tables[VC_TABLE_COUNT];
};

struct memory {
    struct vc_backend base;
    struct vc_keyring ring;
    struct vc_memory_disk *disk;
    const struct vc_batch *batch; /* waits for vc_memory_complete() */
    bool is_done;
    bool is_at_once;
    vc_err result;
    vc_err health;
};

static struct vc_bytes row_key(const struct row *row)
{
    return (struct vc_bytes){row->bytes, row->key_len};
}

static struct vc_bytes row_value(const struct row *row)
{
    return (struct vc_bytes){row->bytes + row->key_len, row->value_len};
}

/* The place of the first row that is not before @key. */
static size_t place_of(const struct table *table, struct vc_bytes key)
{
    size_t low = 0;
    size_t high = table->count;

    /* Most rows are made at the end, where keys carry a time or a number. */
    if (high > 0 && vc_key_compare(row_key(table->rows[high - 1]), key) < 0) {
        return high;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (vc_key_compare(row_key(table->rows[middle]), key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct table *table, size_t place, struct vc_bytes key)
{
    return place < table->count &&
           vc_key_compare(row_key(table->rows[place]), key) == 0;
}

static struct row *new_row(struct vc_keyring *ring, const struct vc_batch_op *op)
{
    struct vc_row_key key = {.len = 0};
    struct row *row;
    size_t len;

    vc_row_key_make(&key, ring, op->table, op->key);
    len = vc_row_stored_len(op->table, &key, op->value.len);
    row = malloc(sizeof *row + key.len + len);
    if (row == NULL) {
        return NULL;
    }
    row->key_len = key.len;
    row->value_len = (uint32_t)len;
    memcpy(row->bytes, key.bytes, key.len);
    vc_row_seal(row->bytes + key.len, ring, op->table, &key, op->value);
    return row;
}

static bool make_room(struct table *table)
{
    size_t room = table->room == 0 ? 16 : table->room * 2;
    struct row **rows;

    if (table->count < table->room) {
        return true;
    }
    rows = realloc(table->rows, room * ENTRY_BYTES);
    if (rows == NULL) {
        return false;
    }
    table->rows = rows;
    table->room = room;
    return true;
}

static vc_err put_row(struct vc_memory_disk *disk, struct vc_keyring *ring,
                      const struct vc_batch_op *op)
{
    struct table *table = &disk->tables[op->table];
    struct row *row = new_row(ring, op);
    size_t place;

    if (row == NULL || !make_room(table)) {
        free(row);
        return VC_ERR_NO_MEMORY;
    }
    place = place_of(table, row_key(row));
    if (is_at(table, place, row_key(row))) {
        free(table->rows[place]);
    } else {
        memmove(table->rows + place + 1, table->rows + place,
                (table->count - place) * ENTRY_BYTES);
        table->count++;
    }
    table->rows[place] = row;
    return VC_OK;
}

static void del_row(struct vc_memory_disk *disk, struct vc_keyring *ring,
                    const struct vc_batch_op *op)
{
    struct table *table = &disk->tables[op->table];
    struct vc_row_key key = {.len = 0};
    size_t place;

    vc_row_key_make(&key, ring, op->table, op->key);
    place = place_of(table, vc_row_key_bytes(&key));
    if (is_at(table, place, vc_row_key_bytes(&key))) {
        free(table->rows[place]);
        table->count--;
        memmove(table->rows + place, table->rows + place + 1,
                (table->count - place) * ENTRY_BYTES);
    }
}

/* The same disk and the same turns give the same run: every disk has the same keys. */
static vc_err make_ring(struct vc_keyring *ring)
{
    static const struct vc_epoch_key none = {.number = 0};
    static const struct vc_secret32 zeros = {{0}};
    struct vc_epoch_key first;
    vc_err err = vc_keyring_init(ring, &zeros);

    if (err == VC_OK) {
        vc_epoch_key_make(&first, 1, &zeros);
        vc_keyring_set(ring, &first, &none);
    }
    return err;
}

struct vc_memory_disk *vc_memory_disk_new(void)
{
    return calloc(1, sizeof(struct vc_memory_disk));
}

static void empty_disk(struct vc_memory_disk *disk)
{
    for (size_t i = 0; i < VC_TABLE_COUNT; i++) {
        struct table *table = &disk->tables[i];

        for (size_t j = 0; j < table->count; j++) {
            free(table->rows[j]);
        }
        free(table->rows);
        *table = (struct table){0};
    }
}

void vc_memory_disk_free(struct vc_memory_disk *disk)
{
    if (disk != NULL) {
        empty_disk(disk);
        free(disk);
    }
}

static bool copy_table(struct table *to, const struct table *from)
{
    to->rows = from->count == 0 ? NULL : malloc(from->count * ENTRY_BYTES);
    if (from->count > 0 && to->rows == NULL) {
        return false;
    }
    to->room = from->count;
    for (; to->count < from->count; to->count++) {
        const struct row *row = from->rows[to->count];
        size_t len = sizeof *row + row->key_len + row->value_len;
        struct row *copy = malloc(len);

        if (copy == NULL) {
            return false;
        }
        memcpy(copy, row, len);
        to->rows[to->count] = copy;
    }
    return true;
}

struct vc_memory_disk *vc_memory_disk_copy(const struct vc_memory_disk *disk)
{
    struct vc_memory_disk *copy = vc_memory_disk_new();

    for (size_t i = 0; i < VC_TABLE_COUNT && copy != NULL; i++) {
        if (!copy_table(&copy->tables[i], &disk->tables[i])) {
            vc_memory_disk_free(copy);
            copy = NULL;
        }
    }
    return copy;
}

uint64_t vc_memory_disk_rows(const struct vc_memory_disk *disk)
{
    uint64_t rows = 0;

    for (size_t i = 0; i < VC_TABLE_COUNT; i++) {
        rows += disk->tables[i].count;
    }
    return rows;
}

bool vc_memory_disk_flip(struct vc_memory_disk *disk, enum vc_table number,
                         struct vc_bytes key, size_t at)
{
    struct table *table = &disk->tables[number];
    struct vc_row_key hidden = {.len = 0};
    struct vc_keyring ring;
    size_t place;

    if (make_ring(&ring) != VC_OK) {
        return false;
    }
    vc_row_key_make(&hidden, &ring, number, key);
    vc_keyring_deinit(&ring);
    place = place_of(table, vc_row_key_bytes(&hidden));
    if (!is_at(table, place, vc_row_key_bytes(&hidden)) ||
        at >= table->rows[place]->value_len) {
        return false;
    }
    table->rows[place]->bytes[hidden.len + at] ^= 1;
    return true;
}

static struct memory *memory_of(struct vc_backend *backend)
{
    return (struct memory *)backend;
}

static vc_err memory_get(struct vc_backend *backend, enum vc_table number,
                         struct vc_bytes key, struct vc_bytes *ret_sealed)
{
    const struct table *table = &memory_of(backend)->disk->tables[number];
    size_t place = place_of(table, key);

    if (!is_at(table, place, key)) {
        return VC_ERR_NOT_FOUND;
    }
    *ret_sealed = row_value(table->rows[place]);
    return VC_OK;
}

struct cursor {
    struct vc_rows rows;
    const struct table *table;
    size_t place; /* the table's count behind the last row */
};

static vc_err move_cursor(struct vc_rows *rows, enum vc_rows_move move,
                          struct vc_bytes *key, struct vc_bytes *ret_value)
{
    struct cursor *cursor = (struct cursor *)rows;
    const struct table *table = cursor->table;

    switch (move) {
    case VC_ROWS_FIRST:
        cursor->place = 0;
        break;
    case VC_ROWS_SEEK:
        cursor->place = place_of(table, *key);
        break;
    case VC_ROWS_NEXT:
        cursor->place++;
        break;
    case VC_ROWS_LAST:
    case VC_ROWS_PREV:
        /* Before the first row there is none: the place behind the last says so. */
        cursor->place = move == VC_ROWS_LAST ? table->count : cursor->place;
        cursor->place = cursor->place == 0 ? table->count : cursor->place - 1;
        break;
    }
    if (cursor->place >= table->count) {
        return VC_ERR_NOT_FOUND;
    }
    *key = row_key(table->rows[cursor->place]);
    *ret_value = row_value(table->rows[cursor->place]);
    return VC_OK;
}

static vc_err memory_scan(struct vc_backend *backend, const struct vc_scan *scan)
{
    struct cursor cursor = {
        {move_cursor}, &memory_of(backend)->disk->tables[scan->table], 0};

    return vc_rows_scan(&cursor.rows, scan);
}

/* All of it or nothing, as on a disk; memory may be short in the middle. */
static vc_err apply(struct memory *memory, const struct vc_batch *batch)
{
    vc_err err = VC_OK;

    for (uint32_t i = 0; i < batch->count && err == VC_OK; i++) {
        struct vc_batch_op op = vc_batch_at(batch, i);

        if (op.is_del) {
            del_row(memory->disk, &memory->ring, &op);
        } else {
            err = put_row(memory->disk, &memory->ring, &op);
        }
    }
    /* A host of the simulator that has no memory left cannot go on being one. */
    VC_CHECK(err == VC_OK);
    return err;
}

static void complete(struct memory *memory, vc_err result)
{
    if (memory->batch != NULL) {
        memory->result = result == VC_OK ? apply(memory, memory->batch) : result;
        memory->batch = NULL;
        memory->is_done = true;
    }
    memory->health = result;
}

static vc_err memory_tend(struct vc_backend *backend)
{
    (void)backend; /* nobody seals anything anew */
    return VC_OK;
}

static void memory_commit(struct vc_backend *backend, const struct vc_batch *batch)
{
    struct memory *memory = memory_of(backend);

    VC_CHECK(memory->batch == NULL && !memory->is_done);
    memory->batch = batch;
    if (memory->is_at_once) {
        complete(memory, VC_OK);
    }
}

static bool memory_take(struct vc_backend *backend, vc_err *ret_result)
{
    struct memory *memory = memory_of(backend);

    if (!memory->is_done) {
        return false;
    }
    memory->is_done = false;
    *ret_result = memory->result;
    return true;
}

static void memory_wait(struct vc_backend *backend)
{
    if (memory_of(backend)->batch != NULL) {
        complete(memory_of(backend), VC_OK);
    }
}

static void memory_recover(struct vc_backend *backend)
{
    memory_of(backend)->batch = NULL;
    memory_of(backend)->is_done = false;
}

static vc_err memory_health(struct vc_backend *backend)
{
    return memory_of(backend)->health;
}

static uint64_t memory_file_bytes(struct vc_backend *backend)
{
    (void)backend; /* there is no file */
    return 0;
}

static void memory_close(struct vc_backend *backend, bool is_clean)
{
    (void)is_clean; /* memory has no half-written state */
    vc_keyring_deinit(&memory_of(backend)->ring);
    free(memory_of(backend));
}

static const struct vc_backend_calls memory_calls = {
    .get = memory_get,
    .scan = memory_scan,
    .tend = memory_tend,
    .commit = memory_commit,
    .take = memory_take,
    .wait = memory_wait,
    .recover = memory_recover,
    .health = memory_health,
    .file_bytes = memory_file_bytes,
    .close = memory_close,
};

vc_err vc_memory_open(struct vc_memory_disk *disk, struct vc_store **ret_store)
{
    /* The same disk and the same turns give the same run: no randomness here. */
    static const uint8_t hash_key[16] = {0};
    struct memory *memory = calloc(1, sizeof *memory);
    vc_err err;

    if (memory == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    err = make_ring(&memory->ring);
    if (err != VC_OK) {
        free(memory);
        return err;
    }
    memory->base.calls = &memory_calls;
    memory->base.ring = &memory->ring;
    memory->disk = disk;
    err = vc_store_new(&memory->base, hash_key, ret_store);
    if (err != VC_OK) {
        memory_close(&memory->base, false);
    }
    return err;
}

static struct memory *memory_behind(const struct vc_store *store)
{
    struct vc_backend *backend = vc_store_backend(store);

    VC_CHECK(backend->calls == &memory_calls);
    return memory_of(backend);
}

bool vc_memory_is_committing(const struct vc_store *store)
{
    return memory_behind(store)->batch != NULL;
}

void vc_memory_complete(struct vc_store *store, vc_err result)
{
    complete(memory_behind(store), result);
}

void vc_memory_commit_at_once(struct vc_store *store, bool is_at_once)
{
    struct memory *memory = memory_behind(store);

    memory->is_at_once = is_at_once;
    if (is_at_once && memory->batch != NULL) {
        complete(memory, VC_OK);
    }
}

void vc_memory_crash(struct vc_store *store)
{
    VC_CHECK(memory_behind(store) != NULL);
    vc_store_drop(store);
}
