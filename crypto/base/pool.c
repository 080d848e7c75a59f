#include "crypto/base/pool.h"

#define NO_INDEX UINT32_MAX
#define TAKEN    (UINT32_MAX - 1)

size_t vc_pool_footprint(uint32_t capacity)
{
    return (size_t)capacity * sizeof(uint32_t);
}

void vc_pool_init(struct vc_pool *pool, void *mem, uint32_t capacity)
{
    VC_CHECK(mem != NULL && (uintptr_t)mem % sizeof(uint32_t) == 0);
    VC_CHECK(capacity > 0 && capacity < TAKEN);
    *pool =
        (struct vc_pool){.links = mem, .capacity = capacity, .first_free = NO_INDEX};
}

vc_err vc_pool_take(struct vc_pool *pool, uint32_t *ret_index)
{
    uint32_t index = pool->first_free;

    if (index != NO_INDEX) {
        pool->first_free = pool->links[index];
    } else if (pool->touched < pool->capacity) {
        index = pool->touched++;
    } else {
        return VC_ERR_FULL;
    }
    pool->links[index] = TAKEN;
    pool->count++;
    *ret_index = index;
    return VC_OK;
}

void vc_pool_give(struct vc_pool *pool, uint32_t index)
{
    VC_CHECK(vc_pool_is_taken(pool, index));
    pool->links[index] = pool->first_free;
    pool->first_free = index;
    pool->count--;
}

bool vc_pool_is_taken(const struct vc_pool *pool, uint32_t index)
{
    return index < pool->touched && pool->links[index] == TAKEN;
}
