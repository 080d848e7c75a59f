/* The one file that includes <lmdb.h>.  SCHEMA.md, "The file". */
#include <lmdb.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/cursor.h"
#include "storage/seal.h"
#include "storage/secret.h"
#include "storage/space.h"
#include "storage/tables.h"

/* Stale readers are those of a killed --check; a full list would never be freed pages. */
#define READERS_MAX            16
#define COMMITS_A_READER_CHECK 256

struct cursor {
    struct vc_rows rows;
    MDB_cursor *mdb;
};

struct vc_tables {
    MDB_env *env;
    struct vc_keyring *ring;
    struct vc_row_key place; /* of the row that the writer has at hand */
    uint8_t *room; /* VC_STORED_MAX bytes, for a row that is opened by the writer */
    MDB_txn *read;
    struct cursor walking; /* what vc_tables_rows() gave last */
    MDB_dbi dbis[VC_TABLE_COUNT];
    bool has_dbi[VC_TABLE_COUNT]; /* not all in an older file that is only read */
    uint16_t order[VC_STORE_BATCH_OPS];
    unsigned commits;
    uint64_t probes;
    char *path;
};

/* The only place where an error of LMDB becomes one of ours. */
static vc_err from_mdb(int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return VC_OK;
    case MDB_NOTFOUND:
    case ENOENT:
        return VC_ERR_NOT_FOUND;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
        return VC_ERR_DISK_FULL;
    case ENOMEM:
        return VC_ERR_NO_MEMORY;
    case EACCES:
    case EPERM:
    case EROFS:
        return VC_ERR_PERMISSION;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_INCOMPATIBLE:
    case MDB_CURSOR_FULL:
        return VC_ERR_STORE_DAMAGED;
    case MDB_VERSION_MISMATCH:
        return VC_ERR_STORE_NEWER;
    default:
        return VC_ERR_STORE_IO;
    }
}

static MDB_val to_val(struct vc_bytes bytes)
{
    return (MDB_val){.mv_size = bytes.len, .mv_data = (void *)(uintptr_t)bytes.data};
}

static struct vc_bytes from_val(MDB_val val)
{
    return (struct vc_bytes){val.mv_data, val.mv_size};
}

const char *vc_tables_name(unsigned table)
{
    static const char *const names[] = {
#define TABLE_NAME(name, text) text,
        VC_TABLES(TABLE_NAME)
#undef TABLE_NAME
    };

    return names[table];
}

/* LMDB says EIO for a write that was cut short because the disk is full. */
static vc_err from_commit(const struct vc_tables *tables, int rc)
{
    vc_err err = from_mdb(rc);

    if (err == VC_ERR_STORE_IO) {
        vc_err space = vc_space_look(tables->path, VC_SPACE_COMMIT_BYTES);

        return space != VC_OK ? space : err;
    }
    return err;
}

static int put_sealed(const struct vc_tables *tables, MDB_txn *txn,
                      const struct vc_batch_op *op, const struct vc_row_key *place)
{
    MDB_val key = to_val(vc_row_key_bytes(place));
    MDB_val val = {.mv_size = vc_row_stored_len(op->table, place, op->value.len)};
    int rc = mdb_put(txn, tables->dbis[op->table], &key, &val, MDB_RESERVE);

    if (rc == MDB_SUCCESS) {
        vc_row_seal(val.mv_data, tables->ring, op->table, place, op->value);
    }
    return rc;
}

static int apply_op(struct vc_tables *tables, MDB_txn *txn,
                    const struct vc_batch_op *op)
{
    MDB_val key;
    int rc;

    vc_row_key_make(&tables->place, tables->ring, op->table, op->key);
    if (!op->is_del) {
        return put_sealed(tables, txn, op, &tables->place);
    }
    key = to_val(vc_row_key_bytes(&tables->place));
    rc = mdb_del(txn, tables->dbis[op->table], &key, NULL);
    return rc == MDB_NOTFOUND ? MDB_SUCCESS : rc;
}

static vc_err move_cursor(struct vc_rows *rows, enum vc_rows_move move,
                          struct vc_bytes *key, struct vc_bytes *ret_value)
{
    static const MDB_cursor_op ops[] = {
        [VC_ROWS_FIRST] = MDB_FIRST,    [VC_ROWS_LAST] = MDB_LAST,
        [VC_ROWS_SEEK] = MDB_SET_RANGE, [VC_ROWS_NEXT] = MDB_NEXT,
        [VC_ROWS_PREV] = MDB_PREV,
    };
    struct cursor *cursor = (struct cursor *)rows;
    MDB_val mdb_key = {0};
    MDB_val val;
    int rc;

    if (move == VC_ROWS_SEEK) {
        mdb_key = to_val(*key);
    }
    rc = mdb_cursor_get(cursor->mdb, &mdb_key, &val, ops[move]);
    if (rc != MDB_SUCCESS) {
        return from_mdb(rc);
    }
    *key = from_val(mdb_key);
    *ret_value = from_val(val);
    return VC_OK;
}

static vc_err open_cursor(MDB_txn *txn, MDB_dbi dbi, struct cursor *ret_cursor)
{
    ret_cursor->rows.move = move_cursor;
    return from_mdb(mdb_cursor_open(txn, dbi, &ret_cursor->mdb));
}

/* A transaction of the schema: the calls of schema.h over a write transaction. */
struct upgrade {
    struct vc_schema_tx base;
    struct vc_tables *tables;
    MDB_txn *txn;
    struct vc_row row; /* what was given last */
    size_t opened_len; /* of the room that rows were opened in */
};

/* The row that says the version is read before there are keys. */
static vc_err upgrade_open(struct upgrade *up, enum vc_table table,
                           struct vc_bytes place, struct vc_bytes stored,
                           struct vc_bytes *ret_value)
{
    vc_err err =
        vc_row_open(&up->row, (struct vc_room){up->tables->room, VC_STORED_MAX},
                    up->tables->ring, table, place, stored);

    up->opened_len = stored.len > up->opened_len ? stored.len : up->opened_len;
    if (err == VC_OK) {
        *ret_value = up->row.value;
    }
    return err;
}

static vc_err upgrade_get(struct vc_schema_tx *tx, enum vc_table table,
                          struct vc_bytes key, struct vc_bytes *ret_value)
{
    struct upgrade *up = (struct upgrade *)tx;
    struct vc_row_key place = {.len = 0};
    MDB_val mdb_key;
    MDB_val val;
    int rc;

    if (!up->tables->has_dbi[table]) {
        return VC_ERR_NOT_FOUND;
    }
    vc_row_key_make(&place, up->tables->ring, table, key);
    mdb_key = to_val(vc_row_key_bytes(&place));
    rc = mdb_get(up->txn, up->tables->dbis[table], &mdb_key, &val);
    if (rc != MDB_SUCCESS) {
        return from_mdb(rc);
    }
    return upgrade_open(up, table, vc_row_key_bytes(&place), from_val(val), ret_value);
}

static vc_err upgrade_put(struct vc_schema_tx *tx, enum vc_table table,
                          struct vc_bytes key, struct vc_bytes value)
{
    struct upgrade *up = (struct upgrade *)tx;
    struct vc_batch_op op = {.table = table, .key = key, .value = value};

    return from_commit(up->tables, apply_op(up->tables, up->txn, &op));
}

static vc_err upgrade_del(struct vc_schema_tx *tx, enum vc_table table,
                          struct vc_bytes key)
{
    struct upgrade *up = (struct upgrade *)tx;
    struct vc_batch_op op = {.table = table, .key = key, .is_del = true};

    return from_commit(up->tables, apply_op(up->tables, up->txn, &op));
}

static vc_err upgrade_next(struct vc_schema_tx *tx, enum vc_table table,
                           struct vc_bytes after, struct vc_bytes *ret_key,
                           struct vc_bytes *ret_value)
{
    struct upgrade *up = (struct upgrade *)tx;
    struct vc_row_key place = {.len = 0};
    /* The least place behind that of @after is the same and a zero byte. */
    uint8_t start[VC_ROW_KEY_MAX + 1] = {0};
    struct vc_bytes key = {start, 0};
    struct vc_bytes stored = {0};
    struct cursor cursor;
    vc_err err = open_cursor(up->txn, up->tables->dbis[table], &cursor);

    if (err != VC_OK) {
        return err;
    }
    if (after.len > 0) {
        vc_row_key_make(&place, up->tables->ring, table, after);
        memcpy(start, place.bytes, place.len);
        key.len = place.len + 1u;
    }
    err = move_cursor(&cursor.rows, after.len > 0 ? VC_ROWS_SEEK : VC_ROWS_FIRST, &key,
                      &stored);
    mdb_cursor_close(cursor.mdb);
    if (err == VC_OK) {
        err = upgrade_open(up, table, key, stored, ret_value);
    }
    if (err == VC_OK) {
        *ret_key = up->row.key;
    }
    return err;
}

static const struct vc_schema_tx_calls upgrade_calls = {
    .get = upgrade_get,
    .put = upgrade_put,
    .del = upgrade_del,
    .next = upgrade_next,
};

static struct upgrade upgrade_of(struct vc_tables *tables, MDB_txn *txn)
{
    return (struct upgrade){.base = {&upgrade_calls}, .tables = tables, .txn = txn};
}

/* Opens the handles of all tables that are there, or makes them with MDB_CREATE. */
static vc_err open_dbis(struct vc_tables *tables, MDB_txn *txn, unsigned flags)
{
    for (unsigned i = 0; i < VC_TABLE_COUNT; i++) {
        int rc = mdb_dbi_open(txn, vc_tables_name(i), flags, &tables->dbis[i]);

        if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) {
            return from_mdb(rc);
        }
        tables->has_dbi[i] = rc == MDB_SUCCESS;
    }
    return VC_OK;
}

/* Opens the handles of a file whose schema does not matter. */
static vc_err open_all(struct vc_tables *tables)
{
    MDB_txn *txn;
    vc_err err = from_mdb(mdb_txn_begin(tables->env, NULL, MDB_RDONLY, &txn));

    if (err != VC_OK) {
        return err;
    }
    err = open_dbis(tables, txn, 0);
    /* Committed, so that the handles stay open. */
    return err != VC_OK ? (mdb_txn_abort(txn), err) : from_mdb(mdb_txn_commit(txn));
}

/* Only a file of ours has our version; look before anything is written. */
static vc_err look_at_schema(struct vc_tables *tables, const struct vc_schema *schema,
                             bool *ret_is_old)
{
    MDB_txn *txn;
    struct upgrade look;
    vc_err err = from_mdb(mdb_txn_begin(tables->env, NULL, MDB_RDONLY, &txn));

    if (err != VC_OK) {
        return err;
    }
    err = open_dbis(tables, txn, 0);
    if (err == VC_OK) {
        look = upgrade_of(tables, txn);
        err = vc_schema_look(&look.base, schema, ret_is_old);
    }
    if (err == VC_OK) {
        err = vc_schema_look_at_key(&look.base);
    }
    if (err != VC_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    /* Committed, so that the handles stay open. */
    return from_mdb(mdb_txn_commit(txn));
}

vc_err vc_tables_run(struct vc_tables *tables, vc_tables_work run, const void *ctx)
{
    MDB_txn *txn;
    struct upgrade up;
    vc_err err = from_commit(tables, mdb_txn_begin(tables->env, NULL, 0, &txn));

    if (err != VC_OK) {
        return err;
    }
    up = upgrade_of(tables, txn);
    err = run(&up.base, ctx);
    vc_wipe(tables->room, up.opened_len);
    if (err != VC_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    return from_commit(tables, mdb_txn_commit(txn));
}

/* Makes the tables and what says of which schema they are, or goes on to that schema. */
static vc_err write_schema(struct vc_schema_tx *tx, const void *ctx)
{
    const struct vc_tables_config *cfg = ctx;
    struct upgrade *up = (struct upgrade *)tx;
    vc_err err = open_dbis(up->tables, up->txn, MDB_CREATE);

    if (err != VC_OK) {
        return err;
    }
    return cfg->is_new ? vc_schema_begin(tx, cfg->schema)
                       : vc_schema_upgrade(tx, cfg->schema);
}

static vc_err prepare(struct vc_tables *tables, const struct vc_tables_config *cfg)
{
    bool is_old = false;
    vc_err err = VC_OK;
    int dead;

    if (cfg->schema == NULL) {
        err = open_all(tables);
    } else if (!cfg->is_new) {
        err = look_at_schema(tables, cfg->schema, &is_old);
    }
    if (err == VC_OK && is_old && cfg->is_read_only) {
        return VC_ERR_UNSUPPORTED;
    }
    if (err == VC_OK && !cfg->is_read_only) {
        (void)mdb_reader_check(tables->env, &dead); /* it only saves space */
        if (cfg->is_new || is_old) {
            err = vc_tables_run(tables, write_schema, cfg);
        }
    }
    if (err != VC_OK) {
        return err;
    }
    return from_mdb(mdb_txn_begin(tables->env, NULL, MDB_RDONLY, &tables->read));
}

static vc_err open_env(MDB_env **ret_env, const char *path, unsigned flags)
{
    MDB_env *env;
    int rc = mdb_env_create(&env);

    if (rc != MDB_SUCCESS) {
        return from_mdb(rc);
    }
    rc = mdb_env_set_mapsize(env, (size_t)VC_STORE_FILE_BYTES_MAX);
    if (rc == MDB_SUCCESS) {
        rc = mdb_env_set_maxdbs(env, VC_TABLE_COUNT);
    }
    if (rc == MDB_SUCCESS) {
        rc = mdb_env_set_maxreaders(env, READERS_MAX);
    }
    if (rc == MDB_SUCCESS) {
        /*
         * A reader belongs to its transaction, not to the thread.  The system may read
         * ahead: of a store that fits into memory a cold scan is ten times faster so, and
         * cold reads of single rows are no slower.
         */
        rc = mdb_env_open(env, path, flags | MDB_NOSUBDIR | MDB_NOTLS, 0600);
    }
    if (rc != MDB_SUCCESS) {
        mdb_env_close(env);
        return from_mdb(rc);
    }
    *ret_env = env;
    return VC_OK;
}

vc_err vc_tables_open(const struct vc_tables_config *cfg, struct vc_tables **ret_tables)
{
    struct vc_tables *tables = calloc(1, sizeof *tables);
    vc_err err;

    if (tables == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    tables->path = strdup(cfg->path);
    tables->room = vc_secret_new(VC_STORED_MAX, false);
    tables->ring = cfg->ring;
    err = tables->path == NULL || tables->room == NULL
              ? VC_ERR_NO_MEMORY
              : open_env(&tables->env, cfg->path, cfg->is_read_only ? MDB_RDONLY : 0);
    if (err == VC_OK) {
        err = prepare(tables, cfg);
    }
    if (err != VC_OK) {
        vc_tables_close(tables);
        /* The caller has seen that the file is there. */
        return err == VC_ERR_NOT_FOUND ? VC_ERR_STORE_DAMAGED : err;
    }
    *ret_tables = tables;
    return VC_OK;
}

void vc_tables_close(struct vc_tables *tables)
{
    if (tables == NULL) {
        return;
    }
    if (tables->walking.mdb != NULL) {
        mdb_cursor_close(tables->walking.mdb);
    }
    if (tables->read != NULL) {
        mdb_txn_abort(tables->read);
    }
    if (tables->env != NULL) {
        mdb_env_close(tables->env);
    }
    vc_secret_free(tables->room, VC_STORED_MAX);
    free(tables->path);
    free(tables);
}

vc_err vc_tables_get(struct vc_tables *tables, enum vc_table table,
                     struct vc_bytes place, struct vc_bytes *ret_stored)
{
    MDB_val mdb_key = to_val(place);
    MDB_val val;
    int rc = mdb_get(tables->read, tables->dbis[table], &mdb_key, &val);

    if (rc != MDB_SUCCESS) {
        return from_mdb(rc);
    }
    *ret_stored = from_val(val);
    return VC_OK;
}

vc_err vc_tables_scan(struct vc_tables *tables, const struct vc_scan *scan)
{
    struct cursor cursor;
    vc_err err = open_cursor(tables->read, tables->dbis[scan->table], &cursor);

    if (err != VC_OK) {
        return err;
    }
    err = vc_rows_scan(&cursor.rows, scan);
    mdb_cursor_close(cursor.mdb);
    return err;
}

vc_err vc_tables_renew(struct vc_tables *tables)
{
    mdb_txn_reset(tables->read);
    return from_mdb(mdb_txn_renew(tables->read));
}

/* The order of the keys makes neighbours of rows that stand on one page. */
static vc_err apply_batch(struct vc_schema_tx *tx, const void *ctx)
{
    const struct upgrade *up = (struct upgrade *)tx;
    struct vc_tables *tables = up->tables;
    const struct vc_batch *batch = ctx;
    int rc = MDB_SUCCESS;

    vc_batch_sort(batch, tables->order);
    for (uint32_t i = 0; i < batch->count && rc == MDB_SUCCESS; i++) {
        struct vc_batch_op op = vc_batch_at(batch, tables->order[i]);

        rc = apply_op(tables, up->txn, &op);
    }
    return from_commit(tables, rc);
}

vc_err vc_tables_apply(struct vc_tables *tables, const struct vc_batch *batch)
{
    int dead;

    if (++tables->commits % COMMITS_A_READER_CHECK == 0) {
        (void)mdb_reader_check(tables->env, &dead); /* it only saves space */
    }
    return vc_tables_run(tables, apply_batch, batch);
}

static vc_err write_probe(struct vc_schema_tx *tx, const void *ctx)
{
    static const uint8_t key[] = {'p', 'r', 'o', 'b', 'e'};
    uint8_t value[8];
    struct vc_writer w = vc_writer(value, sizeof value);

    vc_write_u64(&w, *(const uint64_t *)ctx);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    return tx->calls->put(tx, VC_TABLE_META, VC_BYTES(key), VC_BYTES(value));
}

vc_err vc_tables_probe(struct vc_tables *tables)
{
    /* Another value than before, so that pages are really written. */
    tables->probes++;
    return vc_tables_run(tables, write_probe, &tables->probes);
}

vc_err vc_tables_rows(struct vc_tables *tables, unsigned table,
                      struct vc_rows **ret_rows)
{
    vc_err err;

    if (tables->walking.mdb != NULL) {
        mdb_cursor_close(tables->walking.mdb);
        tables->walking.mdb = NULL;
    }
    if (!tables->has_dbi[table]) {
        return VC_ERR_NOT_FOUND;
    }
    err = open_cursor(tables->read, tables->dbis[table], &tables->walking);
    if (err == VC_OK) {
        *ret_rows = &tables->walking.rows;
    }
    return err;
}

size_t vc_tables_commit(struct vc_tables *tables)
{
    return mdb_txn_id(tables->read);
}
