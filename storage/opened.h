/*
 * Values that were opened and are lent out until the turn is over: pieces of memory that are
 * wiped all at once.  Inside this folder only.
 */
#ifndef VC_STORAGE_OPENED_H
#define VC_STORAGE_OPENED_H

#include "storage/store.h"

/* What most turns read; a turn that reads more takes further blocks until it is over. */
#define VC_OPENED_BLOCK_BYTES ((size_t)128 * 1024)

struct vc_opened_block;

/* Begins with zeros. */
struct vc_opened_values {
    struct vc_opened_block *newest; /* a list; the last one stays until the end */
};

void vc_opened_deinit(struct vc_opened_values *opened);

/* @len bytes, at most VC_OPENED_BLOCK_BYTES; NULL when memory is short. */
uint8_t *vc_opened_take(struct vc_opened_values *opened, size_t len);

/* Wipes and gives back @taken, if nothing was taken after it. */
void vc_opened_give_back(struct vc_opened_values *opened, uint8_t *taken, size_t len);

/* Wipes everything; what was taken is no longer there. */
void vc_opened_clear(struct vc_opened_values *opened);

#endif
