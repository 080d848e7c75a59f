/* SCHEMA.md, "The form of version 1". */
#include "storage/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/batch.h"
#include "storage/plain.h"

#define CHUNK_BYTES 65536

static const uint8_t version_key[] = VC_SCHEMA_KEY;

static vc_err open_old(const char *path, struct vc_tables **ret_old)
{
    struct vc_tables_config cfg = {.path = path, .is_read_only = true};

    return vc_tables_open(&cfg, ret_old);
}

vc_err vc_upgrade_is_wanted(const char *path, bool *ret_is_plain)
{
    struct vc_tables *old;
    struct vc_bytes stored;
    struct vc_bytes row;
    uint32_t version = 0;
    vc_err err = open_old(path, &old);

    if (err != VC_OK) {
        return err;
    }
    err = vc_tables_get(old, VC_TABLE_META, VC_BYTES(version_key), &stored);
    if (err == VC_OK) {
        err = vc_plain_decode(VC_TABLE_META, VC_BYTES(version_key), stored, &row);
    }
    if (err == VC_OK) {
        err = vc_schema_decode(row, &version);
    }
    vc_tables_close(old);
    *ret_is_plain = version == VC_SCHEMA_PLAIN;
    return err == VC_OK ? VC_OK : VC_ERR_STORE_DAMAGED;
}

static bool is_version(enum vc_table table, struct vc_bytes key)
{
    return table == VC_TABLE_META && vc_key_compare(key, VC_BYTES(version_key)) == 0;
}

/*
 * Keys of ORDER had 8 bytes of a message's id in them, contact 4 ‖ order 8 ‖ id 8 ‖ ref 6, which
 * are its value now.  @room is for the key.
 */
static void reform(struct vc_batch_op *op, uint8_t room[VC_STORE_KEY_MAX])
{
    enum { BEFORE = 12, ID = 8, REF = 6 };

    if (op->table == VC_TABLE_ORDER && op->key.len == BEFORE + ID + REF &&
        op->value.len == 0) {
        memcpy(room, op->key.data, BEFORE);
        memcpy(room + BEFORE, op->key.data + BEFORE + ID, REF);
        op->value = (struct vc_bytes){op->key.data + BEFORE, ID};
        op->key = (struct vc_bytes){room, BEFORE + REF};
    }
}

/* One row into the batch, which is committed when it is full. */
static vc_err add_row(struct vc_batch *batch, struct vc_tables *tables,
                      const struct vc_batch_op *op)
{
    vc_err err = VC_OK;

    if (!vc_batch_fits(batch, 1, op->key.len + op->value.len)) {
        err = vc_tables_apply(tables, batch);
        vc_batch_clear(batch);
    }
    if (err == VC_OK) {
        vc_batch_add(batch, op);
    }
    return err;
}

static vc_err copy_table(struct vc_tables *old, enum vc_table table,
                         struct vc_batch *batch, struct vc_tables *tables)
{
    struct vc_batch_op op = {.table = table};
    uint8_t room[VC_STORE_KEY_MAX];
    struct vc_bytes stored;
    struct vc_bytes key;
    struct vc_rows *rows;
    vc_err err = vc_tables_rows(old, table, &rows);

    if (err == VC_OK) {
        err = rows->move(rows, VC_ROWS_FIRST, &key, &stored);
    }
    while (err == VC_OK) {
        err = vc_plain_decode(table, key, stored, &op.value);
        if (err == VC_OK && !is_version(table, key)) {
            op.key = key;
            reform(&op, room);
            err = add_row(batch, tables, &op);
        }
        if (err == VC_OK) {
            err = rows->move(rows, VC_ROWS_NEXT, &key, &stored);
        }
    }
    /* No such row, or no such table: version 1 had fewer. */
    return err == VC_ERR_NOT_FOUND ? VC_OK : err;
}

vc_err vc_upgrade_copy(const char *path, struct vc_tables *tables)
{
    static const uint8_t no_key[16] = {0}; /* nobody aims at the slots of a copy */
    struct vc_batch batch;
    struct vc_tables *old;
    vc_err err;

    if (!vc_batch_init(&batch, no_key)) {
        return VC_ERR_NO_MEMORY;
    }
    err = open_old(path, &old);
    if (err == VC_OK) {
        for (unsigned i = 0; i < VC_TABLE_COUNT && err == VC_OK; i++) {
            err = copy_table(old, (enum vc_table)i, &batch, tables);
        }
        if (err == VC_OK) {
            err = vc_tables_apply(tables, &batch);
        }
        vc_tables_close(old);
    }
    vc_batch_deinit(&batch);
    return err;
}

static vc_err overwrite(int fd)
{
    static const uint8_t zeros[CHUNK_BYTES];
    struct stat file;
    off_t at = 0;

    if (fstat(fd, &file) != 0) {
        return VC_ERR_STORE_IO;
    }
    while (at < file.st_size) {
        off_t left = file.st_size - at;
        size_t len = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
        ssize_t n = pwrite(fd, zeros, len, at);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return VC_ERR_STORE_IO;
        }
        at += n;
    }
    return fdatasync(fd) == 0 ? VC_OK : VC_ERR_STORE_IO;
}

vc_err vc_upgrade_erase(int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    vc_err err;

    if (fd < 0) {
        return errno == ENOENT ? VC_OK : VC_ERR_STORE_IO;
    }
    err = overwrite(fd);
    (void)close(fd); /* everything is on the disk */
    if (err == VC_OK && unlinkat(dir_fd, name, 0) != 0) {
        err = VC_ERR_STORE_IO;
    }
    return err;
}
