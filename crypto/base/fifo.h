/*
 * A queue of indices, each at most once in it; removal from the middle is cheap.
 *
 * The order in which things came, or were used last: taken out and put at the end again.
 * Works on zeroed memory: links hold an index plus one, and zero is "nothing".
 */
#ifndef VC_CRYPTO_BASE_FIFO_H
#define VC_CRYPTO_BASE_FIFO_H

#include "crypto/base/base.h"

#define VC_SLOT_NONE UINT32_MAX /* no index */

struct vc_fifo_link {
    uint32_t prev, next; /* index + 1, or VC_FIFO_END; both 0: not in the queue */
};

struct vc_fifo {
    struct vc_fifo_link *links;
    uint32_t head, tail; /* VC_SLOT_NONE: empty */
};

/* @links: zeroed, one for each index. */
void vc_fifo_init(struct vc_fifo *fifo, struct vc_fifo_link *links);
bool vc_fifo_has(const struct vc_fifo *fifo, uint32_t id);
/* Puts @id at the end, unless it is in the queue. */
void vc_fifo_push(struct vc_fifo *fifo, uint32_t id);
/* Takes @id out, if it is in the queue. */
void vc_fifo_remove(struct vc_fifo *fifo, uint32_t id);

/* The index that waits longest, or VC_SLOT_NONE. */
static inline uint32_t vc_fifo_first(const struct vc_fifo *fifo)
{
    return fifo->head;
}

#endif
