/*
 * Which frame each message key was used for.
 */
#ifndef VC_TESTS_UNIT_SEAL_USES_H
#define VC_TESTS_UNIT_SEAL_USES_H

#include <stdlib.h>
#include <string.h>

#include "crypto/prim.h"

enum { USE_PLACE_LEN = 24, USES_MAX = 1 << 16 };

struct use {
    uint8_t place[1 + USE_PLACE_LEN]; /* who sealed it; session, chain and number */
    uint64_t frame;                   /* its hash */
};

struct uses {
    struct use uses[USES_MAX];
    size_t count;
};

static inline void uses_note(struct uses *uses, bool is_first_side,
                             const uint8_t place[USE_PLACE_LEN], struct vc_bytes frame)
{
    struct use *use = &uses->uses[uses->count];

    if (uses->count < USES_MAX) {
        use->place[0] = is_first_side;
        memcpy(use->place + 1, place, USE_PLACE_LEN);
        vc_hash(&use->frame, sizeof use->frame, "test", NULL, frame);
        uses->count++;
    }
}

static inline int uses_compare(const void *a, const void *b)
{
    return memcmp(a, b, 1 + USE_PLACE_LEN);
}

/* Was every key used for one frame only?  Sorts them. */
static inline bool uses_are_single(struct uses *uses)
{
    qsort(uses->uses, uses->count, sizeof uses->uses[0], uses_compare);
    for (size_t i = 1; i < uses->count; i++) {
        if (uses_compare(&uses->uses[i - 1], &uses->uses[i]) == 0 &&
            uses->uses[i - 1].frame != uses->uses[i].frame) {
            return false;
        }
    }
    return true;
}

#endif
