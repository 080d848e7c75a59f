/*
 * The one allocator that mail and chat are handed, so that a test can count and fail it.
 */
#ifndef VC_CRYPTO_BASE_ALLOC_H
#define VC_CRYPTO_BASE_ALLOC_H

#include "crypto/base/base.h"

struct vc_alloc {
    /* Like realloc, with @old_size told; @new_size 0 frees and gives NULL.  NULL for a
     * size above 0: nothing was changed, memory is short. */
    void *(*resize)(void *ctx, void *old, size_t old_size, size_t new_size);
    void *ctx;
};

#endif
