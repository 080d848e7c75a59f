/*
 * The version of what stands in the tables, and the way from older versions to this one.
 *
 * The row META/"schema" holds the version.  An older file is upgraded step by step inside
 * one transaction; a newer one is refused.  Inside this folder only.
 */
#ifndef VC_STORAGE_SCHEMA_H
#define VC_STORAGE_SCHEMA_H

#include "storage/store.h"

/* The version whose rows are not sealed: such a file is made over into another (upgrade.h)
 * before any step. */
#define VC_SCHEMA_PLAIN 1

/* Goes up whenever a row changes its meaning or its bytes, or a table is added. */
#define VC_SCHEMA_VERSION 2

/* Its key in META, in every version. */
#define VC_SCHEMA_KEY                \
    {                                \
        's', 'c', 'h', 'e', 'm', 'a' \
    }

/* Bytes of the value of META/"schema". */
#define VC_SCHEMA_ROW_BYTES 4

/*
 * All tables, inside one transaction that writes.  Values are open on this side.  A backend
 * makes one; what get() and next() give is borrowed until the next call of any of the four.
 */
struct vc_schema_tx;

struct vc_schema_tx_calls {
    vc_err (*get)(struct vc_schema_tx *tx, enum vc_table table, struct vc_bytes key,
                  struct vc_bytes *ret_value);
    vc_err (*put)(struct vc_schema_tx *tx, enum vc_table table, struct vc_bytes key,
                  struct vc_bytes value);
    /* VC_OK also when there is no such row. */
    vc_err (*del)(struct vc_schema_tx *tx, enum vc_table table, struct vc_bytes key);
    /* The first row behind @after, or the very first when it is empty; VC_ERR_NOT_FOUND
     * behind the last. */
    vc_err (*next)(struct vc_schema_tx *tx, enum vc_table table, struct vc_bytes after,
                   struct vc_bytes *ret_key, struct vc_bytes *ret_value);
};

struct vc_schema_tx {
    const struct vc_schema_tx_calls *calls;
};

/* One step: makes version from + 1 out of version @from. */
struct vc_migration {
    uint32_t from;
    vc_err (*run)(struct vc_schema_tx *tx);
};

struct vc_schema {
    uint32_t version;
    const struct vc_migration *migrations; /* one for each version below, in order */
    size_t migration_count;
};

/* What this program knows. */
extern const struct vc_schema vc_schema_now;

/* The form of the version row, so that it can be fuzzed. */
void vc_schema_encode(uint32_t version, uint8_t ret_row[VC_SCHEMA_ROW_BYTES]);
VC_NODISCARD vc_err vc_schema_decode(struct vc_bytes row, uint32_t *ret_version);

/*
 * Looks at the version row of a store that is there, without writing.  VC_OK: of this
 * version, or of an older one, then @ret_is_old.  VC_ERR_STORE_NEWER; VC_ERR_UNSUPPORTED:
 * its rows are not sealed; VC_ERR_STORE_DAMAGED when the row is not there or cannot be read.
 */
VC_NODISCARD vc_err vc_schema_look(struct vc_schema_tx *tx,
                                   const struct vc_schema *schema, bool *ret_is_old);

/*
 * Were the rows of this store sealed with these keys?  One row of every store is there to
 * tell.  VC_ERR_STORE_KEY, or VC_ERR_STORE_DAMAGED when there is no such row.
 */
VC_NODISCARD vc_err vc_schema_look_at_key(struct vc_schema_tx *tx);

/* Writes the version row of a new store, and the one that tells its keys. */
VC_NODISCARD vc_err vc_schema_begin(struct vc_schema_tx *tx,
                                    const struct vc_schema *schema);

/* Runs the steps from the file's version to @schema's; the caller commits or drops. */
VC_NODISCARD vc_err vc_schema_upgrade(struct vc_schema_tx *tx,
                                      const struct vc_schema *schema);

#endif
