/*
 * A hash table from what the caller calls a key to an index of his own.
 *
 * The table keeps the key's hash and the index; the key itself stays in the caller's
 * array, and a function of his says whether the index has it.  Open addressing with a
 * fixed number of slots, at most two thirds of them used; a removal moves the followers
 * back, so that there are no graves and no slow old tables.
 *
 * Hash what strangers choose with vc_siphash() and a secret key, else they can aim.
 */
#ifndef VC_CRYPTO_BASE_MAP_H
#define VC_CRYPTO_BASE_MAP_H

#include "crypto/base/base.h"
#include "crypto/base/err.h"

struct vc_map_slot {
    uint64_t hash;
    uint32_t value;
    bool is_used;
};

struct vc_map {
    struct vc_map_slot *slots;
    uint32_t mask; /* the number of slots, a power of two, less 1 */
    uint32_t capacity;
    uint32_t count;
};

/* Does index @value have @key? */
typedef bool vc_map_equal(const void *ctx, uint32_t value, const void *key);

#define VC_MAP_CAPACITY_MAX (1u << 30)

/* Gives the bytes that a table of at most @capacity (1..VC_MAP_CAPACITY_MAX) keys needs:
 * 24 to 48 for each. */
size_t vc_map_footprint(uint32_t capacity);

/* @mem: vc_map_footprint(capacity) zeroed bytes, aligned for uint64_t. */
void vc_map_init(struct vc_map *map, void *mem, uint32_t capacity);

/* Finds the index that has @key; false when none has. */
VC_NODISCARD bool vc_map_find(const struct vc_map *map, uint64_t hash,
                              vc_map_equal *is_equal, const void *ctx, const void *key,
                              uint32_t *ret_value);

/* Adds a key that is not there yet (ask first).  VC_ERR_FULL at the capacity. */
VC_NODISCARD vc_err vc_map_insert(struct vc_map *map, uint64_t hash, uint32_t value);

/* Removes the key of index @value, whose hash is @hash; false when it is not there. */
bool vc_map_remove(struct vc_map *map, uint64_t hash, uint32_t value);

#endif
