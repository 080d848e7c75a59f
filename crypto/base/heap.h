/*
 * Timers: which of many is due first.
 *
 * A binary heap of (instant, index) with the place of every index, so that a timer is set,
 * moved and cancelled in O(log n) and looked up in O(1).  Equal instants come out by
 * rising index, so that the order never depends on what happened before.
 *
 * The memory is the caller's, taken once; no index costs a page before it is used.
 */
#ifndef VC_CRYPTO_BASE_HEAP_H
#define VC_CRYPTO_BASE_HEAP_H

#include "crypto/base/base.h"

struct vc_heap_entry {
    vc_ms due_at;
    uint32_t index;
};

struct vc_heap {
    struct vc_heap_entry *entries;
    uint32_t *places; /* by index: 1 + the place in @entries; 0: no timer */
    uint32_t capacity;
    uint32_t count;
};

/* Gives the bytes that timers for the indices 0..capacity-1 need. */
size_t vc_heap_footprint(uint32_t capacity);

/* @mem: vc_heap_footprint(capacity) zeroed bytes, aligned for uint64_t. */
void vc_heap_init(struct vc_heap *heap, void *mem, uint32_t capacity);

/* Sets or moves the timer of @index; VC_NEVER takes it away. */
void vc_heap_set(struct vc_heap *heap, uint32_t index, vc_ms due_at);

/* When the timer of @index is due; VC_NEVER when it has none. */
vc_ms vc_heap_due_of(const struct vc_heap *heap, uint32_t index);

/* When the first of all is due; VC_NEVER when there is none. */
vc_ms vc_heap_due(const struct vc_heap *heap);

/* Takes the first timer that is due at @now away; false when none is. */
VC_NODISCARD bool vc_heap_take(struct vc_heap *heap, vc_ms now, uint32_t *ret_index);

#endif
