/*
 * A batch: the writes of one or more turns, gathered in memory until they are committed.
 *
 * One buffer of VC_STORE_BATCH_BYTES holds everything: keys and values grow up from its
 * start, the operations grow down from its end.  A later write of a row takes the place of
 * an earlier one, but the earlier bytes stay where they are until vc_batch_clear(), because
 * somebody may have borrowed them.  Inside this folder only.
 */
#ifndef VC_STORAGE_BATCH_H
#define VC_STORAGE_BATCH_H

#include "storage/store.h"

/* Twice the operations, so that a search ends after a step or two. */
#define VC_BATCH_SLOTS ((size_t)2 * VC_STORE_BATCH_OPS)

struct vc_batch {
    uint8_t *bytes;  /* VC_STORE_BATCH_BYTES, and the slots behind them */
    uint16_t *slots; /* number of an operation plus 1, or 0 */
    uint32_t used;   /* bytes of keys and values */
    uint32_t count;  /* operations: one for each row that was written */
    uint32_t turns;  /* submitted ones */
    bool
        is_forgetting; /* something in it is to be forgotten: an old row, or a whole one */
    uint64_t ticket; /* of the last submitted turn; 0: none */
    uint8_t hash_key[16];
};

/* One operation as others see it; borrowed until vc_batch_clear(). */
struct vc_batch_op {
    enum vc_table table;
    bool is_del;
    struct vc_bytes key;
    struct vc_bytes value; /* empty when is_del */
};

/* false when memory is short.  @hash_key keeps strangers from aiming at the slots. */
VC_NODISCARD bool vc_batch_init(struct vc_batch *batch, const uint8_t hash_key[16]);
void vc_batch_deinit(struct vc_batch *batch);

/* Forgets everything, and wipes it: rows may hold secrets. */
void vc_batch_clear(struct vc_batch *batch);

/* Is there room for @ops operations with @bytes of keys and values in all? */
bool vc_batch_fits(const struct vc_batch *batch, size_t ops, size_t bytes);

/* Adds an operation; there is room for it. */
void vc_batch_add(struct vc_batch *batch, const struct vc_batch_op *added);

/* Finds the newest write of a row; false when the batch has none. */
bool vc_batch_find(const struct vc_batch *batch, enum vc_table table,
                   struct vc_bytes key, struct vc_batch_op *ret_op);

struct vc_batch_op vc_batch_at(const struct vc_batch *batch, uint32_t number);

/* Puts the numbers of all operations into @ret_order (VC_STORE_BATCH_OPS long), sorted by
 * table and then by the bytes of the key. */
void vc_batch_sort(const struct vc_batch *batch, uint16_t *ret_order);

#endif
