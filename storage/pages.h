/*
 * The pages of an LMDB file, read without LMDB and believed nothing: every page is reached
 * once, is what it should be and stands where it says; keys are in order and where a search
 * finds them; what is free is not in use.  LMDB itself takes all that for granted, and writes
 * over the wrong pages or dies where it is not so.  Inside this folder only.
 */
#ifndef VC_STORAGE_PAGES_H
#define VC_STORAGE_PAGES_H

#include "storage/image.h"
#include "storage/store.h"

/* As deep as LMDB follows a tree. */
#define VC_PAGES_DEPTH_MAX 32

struct vc_pages_walk {
    struct vc_bytes file; /* mapped or read */
    struct vc_image image;
    /* Gets every row as it is stored; anything but VC_OK ends the walk. */
    vc_err (*on_row)(void *ctx, enum vc_table table, struct vc_bytes key,
                     struct vc_bytes sealed);
    void *ctx;
    unsigned table; /* where the walk is; VC_TABLE_COUNT in none of them */
    const char
        *words; /* what was wrong with the pages; NULL when on_row was not content */
};

/* VC_ERR_STORE_DAMAGED, VC_ERR_NO_MEMORY, or what on_row said. */
VC_NODISCARD vc_err vc_pages_walk(struct vc_pages_walk *walk);

#endif
