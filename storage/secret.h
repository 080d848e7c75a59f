/*
 * Memory for secrets, and the system's randomness.  Inside this folder only.
 *
 * What stands in such memory is in no core file, and has pages on both sides that nobody can
 * touch.
 */
#ifndef VC_STORAGE_SECRET_H
#define VC_STORAGE_SECRET_H

#include "storage/store.h"

/*
 * Zeros, aligned to a page; NULL when memory is short.  @is_locked: never swapped out, if the
 * system allows that much; for keys, which are small, because all of it is resident then.
 */
void *vc_secret_new(size_t len, bool is_locked);
/* Wipes.  NULL is fine. */
void vc_secret_free(void *mem, size_t len);
/* The same for what is wiped already: large memory was mostly never touched. */
void vc_secret_drop(void *mem, size_t len);

/* VC_ERR_IO when the system has no randomness to give. */
VC_NODISCARD vc_err vc_secret_draw(void *ret_bytes, size_t len);

#endif
