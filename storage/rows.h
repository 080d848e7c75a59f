/*
 * Rows of one table in the order of their keys, as a backend steps through them, and what
 * vc_store_scan() means, written once for all backends.  Inside this folder only.
 */
#ifndef VC_STORAGE_ROWS_H
#define VC_STORAGE_ROWS_H

#include "storage/store.h"

enum vc_rows_move {
    VC_ROWS_FIRST,
    VC_ROWS_LAST,
    VC_ROWS_SEEK, /* to the first row that is not before the given key */
    VC_ROWS_NEXT,
    VC_ROWS_PREV,
};

struct vc_rows {
    /*
     * Goes to a row and gives it, borrowed until the transaction of the backend ends.  Takes
     * a key in @key for SEEK only.  VC_ERR_NOT_FOUND when there is no such row.
     */
    vc_err (*move)(struct vc_rows *rows, enum vc_rows_move move, struct vc_bytes *key,
                   struct vc_bytes *ret_value);
};

/* Below 0, 0 or above 0: the order of keys is that of their bytes, a shorter one first. */
int vc_key_compare(struct vc_bytes a, struct vc_bytes b);

VC_NODISCARD vc_err vc_rows_scan(struct vc_rows *rows, const struct vc_scan *scan);

#endif
