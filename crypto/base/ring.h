/*
 * A queue of indices, first in, first out, of a fixed length.
 */
#ifndef VC_CRYPTO_BASE_RING_H
#define VC_CRYPTO_BASE_RING_H

#include "crypto/base/base.h"
#include "crypto/base/err.h"

struct vc_ring {
    uint32_t *items;
    uint32_t capacity;
    uint32_t first; /* the place of the oldest */
    uint32_t count;
};

size_t vc_ring_footprint(uint32_t capacity);

/* @mem: vc_ring_footprint(capacity) bytes, aligned for uint32_t; need not be zeroed. */
void vc_ring_init(struct vc_ring *ring, void *mem, uint32_t capacity);

/* Puts @item behind the others.  VC_ERR_FULL at the capacity. */
VC_NODISCARD vc_err vc_ring_push(struct vc_ring *ring, uint32_t item);

/* Takes the oldest; false when there is none. */
VC_NODISCARD bool vc_ring_pop(struct vc_ring *ring, uint32_t *ret_item);

/* The item that @age others are older than, age < count: 0 is the oldest. */
uint32_t vc_ring_at(const struct vc_ring *ring, uint32_t age);

#endif
