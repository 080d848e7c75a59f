#include "crypto/base/heap.h"

size_t vc_heap_footprint(uint32_t capacity)
{
    return (size_t)capacity * (sizeof(struct vc_heap_entry) + sizeof(uint32_t));
}

void vc_heap_init(struct vc_heap *heap, void *mem, uint32_t capacity)
{
    VC_CHECK(mem != NULL && (uintptr_t)mem % sizeof(uint64_t) == 0);
    VC_CHECK(capacity > 0 && capacity < UINT32_MAX);
    struct vc_heap_entry *entries = mem;

    *heap = (struct vc_heap){.entries = entries,
                             .places = (uint32_t *)(entries + capacity),
                             .capacity = capacity};
}

static bool is_before(struct vc_heap_entry a, struct vc_heap_entry b)
{
    return a.due_at != b.due_at ? a.due_at < b.due_at : a.index < b.index;
}

static void put(struct vc_heap *heap, uint32_t place, struct vc_heap_entry entry)
{
    heap->entries[place] = entry;
    heap->places[entry.index] = place + 1;
}

/* Puts @entry where it belongs, starting at the free @place. */
static void sift(struct vc_heap *heap, uint32_t place, struct vc_heap_entry entry)
{
    while (place > 0 && is_before(entry, heap->entries[(place - 1) / 2])) {
        put(heap, place, heap->entries[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (;;) {
        /* 64 bits: twice the place of the largest heap does not fit into 32. */
        uint64_t child = 2 * (uint64_t)place + 1;
        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count &&
            is_before(heap->entries[child + 1], heap->entries[child])) {
            child++;
        }
        if (!is_before(heap->entries[child], entry)) {
            break;
        }
        put(heap, place, heap->entries[child]);
        place = (uint32_t)child;
    }
    put(heap, place, entry);
}

static void drop(struct vc_heap *heap, uint32_t index)
{
    uint32_t place = heap->places[index] - 1;

    VC_CHECK(place < heap->count && heap->entries[place].index == index);
    heap->places[index] = 0;
    heap->count--;
    if (place != heap->count) {
        sift(heap, place, heap->entries[heap->count]);
    }
}

void vc_heap_set(struct vc_heap *heap, uint32_t index, vc_ms due_at)
{
    VC_CHECK(index < heap->capacity);
    uint32_t place = heap->places[index];

    if (due_at == VC_NEVER) {
        if (place != 0) {
            drop(heap, index);
        }
        return;
    }
    place = place != 0 ? place - 1 : heap->count++;
    sift(heap, place, (struct vc_heap_entry){due_at, index});
}

vc_ms vc_heap_due_of(const struct vc_heap *heap, uint32_t index)
{
    VC_CHECK(index < heap->capacity);
    uint32_t place = heap->places[index];

    return place != 0 ? heap->entries[place - 1].due_at : VC_NEVER;
}

vc_ms vc_heap_due(const struct vc_heap *heap)
{
    return heap->count > 0 ? heap->entries[0].due_at : VC_NEVER;
}

bool vc_heap_take(struct vc_heap *heap, vc_ms now, uint32_t *ret_index)
{
    if (heap->count == 0 || heap->entries[0].due_at > now) {
        return false;
    }
    uint32_t index = heap->entries[0].index;
    drop(heap, index);
    *ret_index = index;
    return true;
}
