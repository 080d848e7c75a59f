#include "storage/batch.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/prim.h"
#include "storage/seal.h"
#include "storage/secret.h"

struct op {
    uint32_t offset; /* of the key; the value stands behind it */
    uint32_t value_len;
    uint16_t slot;
    uint16_t
        tag; /* bits of the hash that are not in the slot: spares most comparisons */
    uint8_t key_len;
    uint8_t table;
    bool is_del;
};

_Static_assert(sizeof(struct op) <= VC_STORE_OP_OVERHEAD, "callers count on this size");
_Static_assert(VC_STORE_BATCH_BYTES % sizeof(struct op) == 0, "operations are aligned");
_Static_assert(VC_STORE_BATCH_OPS < UINT16_MAX, "a slot holds a number plus 1");
_Static_assert((VC_BATCH_SLOTS & (VC_BATCH_SLOTS - 1)) == 0, "slots are masked");
_Static_assert(VC_STORE_KEY_MAX <= UINT8_MAX && VC_TABLE_COUNT <= UINT8_MAX,
               "an operation keeps them in a byte");

#define BATCH_MEMORY_BYTES (VC_STORE_BATCH_BYTES + VC_BATCH_SLOTS * sizeof(uint16_t))

static struct op *op_at(const struct vc_batch *batch, uint32_t number)
{
    return (struct op *)(void *)(batch->bytes + VC_STORE_BATCH_BYTES) - 1 - number;
}

bool vc_batch_init(struct vc_batch *batch, const uint8_t hash_key[16])
{
    memset(batch, 0, sizeof *batch);
    /* Rows stand here as they are: nobody shall find them in a core file. */
    batch->bytes = vc_secret_new(BATCH_MEMORY_BYTES, false);
    if (batch->bytes == NULL) {
        return false;
    }
    batch->slots = (uint16_t *)(void *)(batch->bytes + VC_STORE_BATCH_BYTES);
    memcpy(batch->hash_key, hash_key, sizeof batch->hash_key);
    return true;
}

void vc_batch_deinit(struct vc_batch *batch)
{
    if (batch->bytes != NULL) {
        vc_batch_clear(batch);
    }
    vc_secret_drop(batch->bytes, BATCH_MEMORY_BYTES);
    memset(batch, 0, sizeof *batch);
}

void vc_batch_clear(struct vc_batch *batch)
{
    /* Only what was touched: a batch is mostly small, and its buffer is mostly not there. */
    for (uint32_t i = 0; i < batch->count; i++) {
        batch->slots[op_at(batch, i)->slot] = 0;
    }
    vc_wipe(batch->bytes, batch->used);
    batch->used = 0;
    batch->count = 0;
    batch->turns = 0;
    batch->ticket = 0;
    batch->is_forgetting = false;
}

bool vc_batch_fits(const struct vc_batch *batch, size_t ops, size_t bytes)
{
    size_t taken = batch->used + batch->count * sizeof(struct op);
    size_t left = VC_STORE_BATCH_BYTES - taken;

    if (ops > VC_STORE_BATCH_OPS - batch->count) {
        return false;
    }
    return bytes <= left && ops * VC_STORE_OP_OVERHEAD <= left - bytes;
}

static bool is_row(const struct vc_batch *batch, const struct op *op,
                   enum vc_table table, struct vc_bytes key)
{
    return op->table == (uint8_t)table && op->key_len == key.len &&
           memcmp(batch->bytes + op->offset, key.data, key.len) == 0;
}

/* The slot where the row stands, or the free one where it would. */
static uint16_t slot_of(const struct vc_batch *batch, enum vc_table table,
                        struct vc_bytes key, uint16_t *ret_tag)
{
    uint64_t hash =
        vc_siphash(batch->hash_key, key) + (uint64_t)table * 0x9e3779b97f4a7c15u;
    uint16_t tag = (uint16_t)(hash >> 48);
    uint32_t slot = (uint32_t)(hash & (VC_BATCH_SLOTS - 1));

    while (batch->slots[slot] != 0) {
        const struct op *op = op_at(batch, batch->slots[slot] - 1u);

        if (op->tag == tag && is_row(batch, op, table, key)) {
            break;
        }
        slot = (uint32_t)((slot + 1) & (VC_BATCH_SLOTS - 1));
    }
    *ret_tag = tag;
    return (uint16_t)slot;
}

void vc_batch_add(struct vc_batch *batch, const struct vc_batch_op *added)
{
    uint16_t tag;
    uint16_t slot = slot_of(batch, added->table, added->key, &tag);
    struct op *op;

    VC_CHECK(vc_batch_fits(batch, 1, added->key.len + added->value.len));
    if (batch->slots[slot] == 0) {
        op = op_at(batch, batch->count);
        batch->count++;
        batch->slots[slot] = (uint16_t)batch->count;
    } else {
        op = op_at(batch, batch->slots[slot] - 1u);
    }
    *op = (struct op){
        .offset = batch->used,
        .value_len = (uint32_t)added->value.len,
        .slot = slot,
        .tag = tag,
        .key_len = (uint8_t)added->key.len,
        .table = (uint8_t)added->table,
        .is_del = added->is_del,
    };
    /* A row that is new leaves nothing behind, but few are. */
    batch->is_forgetting = batch->is_forgetting || vc_table_forgets(added->table);
    memcpy(batch->bytes + batch->used, added->key.data, added->key.len);
    batch->used += (uint32_t)added->key.len;
    if (added->value.len > 0) {
        memcpy(batch->bytes + batch->used, added->value.data, added->value.len);
        batch->used += (uint32_t)added->value.len;
    }
}

struct vc_batch_op vc_batch_at(const struct vc_batch *batch, uint32_t number)
{
    const struct op *op = op_at(batch, number);
    const uint8_t *key = batch->bytes + op->offset;

    VC_CHECK(number < batch->count);
    return (struct vc_batch_op){
        .table = (enum vc_table)op->table,
        .is_del = op->is_del,
        .key = {key, op->key_len},
        .value = {key + op->key_len, op->value_len},
    };
}

bool vc_batch_find(const struct vc_batch *batch, enum vc_table table,
                   struct vc_bytes key, struct vc_batch_op *ret_op)
{
    uint16_t tag;
    uint16_t slot;

    if (batch->count == 0) {
        return false;
    }
    slot = slot_of(batch, table, key, &tag);
    if (batch->slots[slot] == 0) {
        return false;
    }
    *ret_op = vc_batch_at(batch, batch->slots[slot] - 1u);
    return true;
}

static int compare_ops(const void *left, const void *right, void *ctx)
{
    const struct vc_batch *batch = ctx;
    const struct op *a = op_at(batch, *(const uint16_t *)left);
    const struct op *b = op_at(batch, *(const uint16_t *)right);
    size_t shorter = a->key_len < b->key_len ? a->key_len : b->key_len;
    int order;

    if (a->table != b->table) {
        return a->table < b->table ? -1 : 1;
    }
    order = memcmp(batch->bytes + a->offset, batch->bytes + b->offset, shorter);
    return order != 0 ? order : (int)a->key_len - (int)b->key_len;
}

void vc_batch_sort(const struct vc_batch *batch, uint16_t *ret_order)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        ret_order[i] = (uint16_t)i;
    }
    qsort_r(ret_order, batch->count, sizeof *ret_order, compare_ops, (void *)batch);
}
