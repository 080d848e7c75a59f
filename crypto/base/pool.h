/*
 * Which of a fixed number of things are free: indices that are taken and given back.
 *
 * The lowest index that was never taken comes only when no used one is free, so that
 * memory beyond the most that were ever in use is never touched.
 */
#ifndef VC_CRYPTO_BASE_POOL_H
#define VC_CRYPTO_BASE_POOL_H

#include "crypto/base/base.h"
#include "crypto/base/err.h"

struct vc_pool {
    uint32_t *links; /* by index: the next free one, or a mark that it is taken */
    uint32_t capacity;
    uint32_t first_free;
    uint32_t touched; /* indices from here on were never taken */
    uint32_t count;   /* taken now */
};

size_t vc_pool_footprint(uint32_t capacity);

/* @mem: vc_pool_footprint(capacity) bytes, aligned for uint32_t; need not be zeroed. */
void vc_pool_init(struct vc_pool *pool, void *mem, uint32_t capacity);

/* Takes a free index.  VC_ERR_FULL when all are taken. */
VC_NODISCARD vc_err vc_pool_take(struct vc_pool *pool, uint32_t *ret_index);

/* Gives back an index that was taken. */
void vc_pool_give(struct vc_pool *pool, uint32_t index);

bool vc_pool_is_taken(const struct vc_pool *pool, uint32_t index);

#endif
