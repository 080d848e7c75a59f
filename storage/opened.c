#include "storage/opened.h"

#include "crypto/prim.h"
#include "storage/secret.h"

struct vc_opened_block {
    struct vc_opened_block *before;
    size_t used;
    uint8_t bytes[];
};

static struct vc_opened_block *new_block(struct vc_opened_block *before)
{
    struct vc_opened_block *block =
        vc_secret_new(sizeof *block + VC_OPENED_BLOCK_BYTES, false);

    if (block != NULL) {
        block->before = before;
    }
    return block;
}

static void free_block(struct vc_opened_block *block)
{
    vc_wipe(block->bytes, block->used);
    vc_secret_drop(block, sizeof *block + VC_OPENED_BLOCK_BYTES);
}

void vc_opened_deinit(struct vc_opened_values *opened)
{
    if (opened->newest != NULL) {
        vc_opened_clear(opened);
        free_block(opened->newest);
        opened->newest = NULL;
    }
}

uint8_t *vc_opened_take(struct vc_opened_values *opened, size_t len)
{
    struct vc_opened_block *block = opened->newest;
    uint8_t *taken;

    VC_CHECK(len <= VC_OPENED_BLOCK_BYTES);
    if (block == NULL || len > VC_OPENED_BLOCK_BYTES - block->used) {
        block = new_block(block);
        if (block == NULL) {
            return NULL;
        }
        opened->newest = block;
    }
    taken = block->bytes + block->used;
    block->used += len;
    return taken;
}

void vc_opened_give_back(struct vc_opened_values *opened, uint8_t *taken, size_t len)
{
    struct vc_opened_block *block = opened->newest;

    if (taken + len == block->bytes + block->used) {
        vc_wipe(taken, len);
        block->used -= len;
    }
}

void vc_opened_clear(struct vc_opened_values *opened)
{
    if (opened->newest == NULL) {
        return;
    }
    while (opened->newest->before != NULL) {
        struct vc_opened_block *block = opened->newest;

        opened->newest = block->before;
        free_block(block);
    }
    vc_wipe(opened->newest->bytes, opened->newest->used);
    opened->newest->used = 0;
}
