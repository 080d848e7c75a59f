/*
 * An LMDB file with one database for each table: what disk.c and check.c need of it.
 *
 * Behind this door stands lmdb.c, the one file that includes <lmdb.h>.  Inside this folder
 * only.
 */
#ifndef VC_STORAGE_TABLES_H
#define VC_STORAGE_TABLES_H

#include "storage/batch.h"
#include "storage/rows.h"
#include "storage/schema.h"
#include "storage/store.h"

struct vc_tables;

struct vc_tables_config {
    const char *path;
    const struct vc_schema *schema; /* NULL: whatever the file has, only to be read */
    struct vc_keyring *ring;        /* NULL: nothing is opened or written */
    bool is_new;                    /* makes the file, with the version row */
    bool is_read_only; /* writes nothing; an older schema is VC_ERR_UNSUPPORTED */
};

/*
 * Opens the file, upgrades it when its schema is older, and begins the long-lived read
 * transaction.  VC_ERR_UNSUPPORTED: it is of version 1, or only read and older.
 * VC_ERR_STORE_KEY: its rows were sealed with other keys.
 * VC_ERR_STORE_NEWER, _DAMAGED, _PERMISSION, _DISK_FULL, _STORE_IO, _NO_MEMORY.
 */
VC_NODISCARD vc_err vc_tables_open(const struct vc_tables_config *cfg,
                                   struct vc_tables **ret_tables);
/* NULL is fine. */
void vc_tables_close(struct vc_tables *tables);

/* On the loop's thread.  What they give is borrowed until vc_tables_renew(). */
vc_err vc_tables_get(struct vc_tables *tables, enum vc_table table,
                     struct vc_bytes place, struct vc_bytes *ret_stored);
vc_err vc_tables_scan(struct vc_tables *tables, const struct vc_scan *scan);
/* From here on reads see the newest commit. */
VC_NODISCARD vc_err vc_tables_renew(struct vc_tables *tables);

/* On the writer's thread: a batch as one transaction; or a small row, to see whether the
 * disk keeps it. */
VC_NODISCARD vc_err vc_tables_apply(struct vc_tables *tables,
                                    const struct vc_batch *batch);
VC_NODISCARD vc_err vc_tables_probe(struct vc_tables *tables);

/* The same for anything else: @run's writes are kept when it gives VC_OK. */
typedef vc_err (*vc_tables_work)(struct vc_schema_tx *tx, const void *ctx);

VC_NODISCARD vc_err vc_tables_run(struct vc_tables *tables, vc_tables_work run,
                                  const void *ctx);

/* A table to step through; one at a time.  VC_ERR_NOT_FOUND when the file has no such table. */
vc_err vc_tables_rows(struct vc_tables *tables, unsigned table,
                      struct vc_rows **ret_rows);
/* The number of the commit that reads see. */
size_t vc_tables_commit(struct vc_tables *tables);
/* The name of a table on disk. */
const char *vc_tables_name(unsigned table);

#endif
