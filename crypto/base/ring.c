#include "crypto/base/ring.h"

size_t vc_ring_footprint(uint32_t capacity)
{
    return (size_t)capacity * sizeof(uint32_t);
}

void vc_ring_init(struct vc_ring *ring, void *mem, uint32_t capacity)
{
    VC_CHECK(mem != NULL && (uintptr_t)mem % sizeof(uint32_t) == 0);
    VC_CHECK(capacity > 0);
    *ring = (struct vc_ring){.items = mem, .capacity = capacity};
}

/* The place that is @steps (at most the capacity) behind the oldest one's. */
static uint32_t place_of(const struct vc_ring *ring, uint32_t steps)
{
    uint32_t to_end = ring->capacity - ring->first;

    return steps < to_end ? ring->first + steps : steps - to_end;
}

vc_err vc_ring_push(struct vc_ring *ring, uint32_t item)
{
    if (ring->count == ring->capacity) {
        return VC_ERR_FULL;
    }
    ring->items[place_of(ring, ring->count)] = item;
    ring->count++;
    return VC_OK;
}

bool vc_ring_pop(struct vc_ring *ring, uint32_t *ret_item)
{
    if (ring->count == 0) {
        return false;
    }
    *ret_item = ring->items[ring->first];
    ring->first = place_of(ring, 1);
    ring->count--;
    return true;
}

uint32_t vc_ring_at(const struct vc_ring *ring, uint32_t age)
{
    VC_CHECK(age < ring->count);
    return ring->items[place_of(ring, age)];
}
