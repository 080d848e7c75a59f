#include "node/edge/wiping.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prim.h"

void vc_wiping_free(void *memory)
{
    if (memory != NULL) {
        vc_wipe(memory, malloc_usable_size(memory));
    }
    free(memory);
}

void *vc_wiping_grow(void *memory, size_t len, size_t room)
{
    void *larger = malloc(room);

    if (larger != NULL && memory != NULL) {
        memcpy(larger, memory, len);
        vc_wiping_free(memory);
    }
    return larger;
}

void vc_wiping_begin(void)
{
    json_set_alloc_funcs(malloc, vc_wiping_free);
}
