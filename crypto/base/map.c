#include "crypto/base/map.h"

static uint32_t slot_count(uint32_t capacity)
{
    /* At least one slot is always free: a search for what is not there ends at it. */
    uint64_t wanted = (uint64_t)capacity + capacity / 2 + 1;
    uint32_t count = 2;

    VC_CHECK(capacity > 0 && capacity <= VC_MAP_CAPACITY_MAX);
    while (count < wanted) {
        count *= 2;
    }
    return count;
}

size_t vc_map_footprint(uint32_t capacity)
{
    return (size_t)slot_count(capacity) * sizeof(struct vc_map_slot);
}

void vc_map_init(struct vc_map *map, void *mem, uint32_t capacity)
{
    VC_CHECK(mem != NULL && (uintptr_t)mem % sizeof(uint64_t) == 0);
    *map = (struct vc_map){
        .slots = mem, .mask = slot_count(capacity) - 1, .capacity = capacity};
}

/* Where a key of @hash would like to be.  The high bits go in too: a caller may hash with
 * something weaker than SipHash. */
static uint32_t home_of(const struct vc_map *map, uint64_t hash)
{
    return (uint32_t)(hash ^ hash >> 32) & map->mask;
}

bool vc_map_find(const struct vc_map *map, uint64_t hash, vc_map_equal *is_equal,
                 const void *ctx, const void *key, uint32_t *ret_value)
{
    uint32_t at = home_of(map, hash);

    for (; map->slots[at].is_used; at = (at + 1) & map->mask) {
        const struct vc_map_slot *slot = &map->slots[at];
        if (slot->hash == hash && is_equal(ctx, slot->value, key)) {
            *ret_value = slot->value;
            return true;
        }
    }
    return false;
}

vc_err vc_map_insert(struct vc_map *map, uint64_t hash, uint32_t value)
{
    uint32_t at = home_of(map, hash);

    if (map->count == map->capacity) {
        return VC_ERR_FULL;
    }
    while (map->slots[at].is_used) {
        VC_CHECK(map->slots[at].hash != hash || map->slots[at].value != value);
        at = (at + 1) & map->mask;
    }
    map->slots[at] = (struct vc_map_slot){hash, value, true};
    map->count++;
    return VC_OK;
}

/* Fills the hole at @hole with the followers that may stand there. */
static void close_hole(struct vc_map *map, uint32_t hole)
{
    uint32_t at = (hole + 1) & map->mask;

    for (; map->slots[at].is_used; at = (at + 1) & map->mask) {
        uint32_t home = home_of(map, map->slots[at].hash);
        /* It may move back only if the hole is not in front of its home. */
        if (((at - home) & map->mask) >= ((at - hole) & map->mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = (struct vc_map_slot){.is_used = false};
}

bool vc_map_remove(struct vc_map *map, uint64_t hash, uint32_t value)
{
    uint32_t at = home_of(map, hash);

    for (; map->slots[at].is_used; at = (at + 1) & map->mask) {
        if (map->slots[at].hash == hash && map->slots[at].value == value) {
            VC_CHECK(map->count > 0);
            map->count--;
            close_hole(map, at);
            return true;
        }
    }
    return false;
}
