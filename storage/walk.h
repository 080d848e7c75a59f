/*
 * The walk of a store's file: everything in it is read, opened and found again.  LMDB may
 * die by a signal in here, so that only a child process does it.  Inside this folder only.
 */
#ifndef VC_STORAGE_WALK_H
#define VC_STORAGE_WALK_H

#include "storage/keyring.h"
#include "storage/store.h"

struct vc_walk {
    uint64_t rows;           /* read so far */
    char words[96];          /* where it stands */
    struct vc_keyring *ring; /* NULL: there is none */
    vc_err no_ring;          /* and why; a file of version 1 needs none */
    /* Called every few hundred rows, so that somebody can see that it goes on. */
    void (*on_progress)(void *ctx, const struct vc_walk *walk);
    void *ctx;
};

/* VC_ERR_STORE_DAMAGED, VC_ERR_STORE_NEWER, @walk's no_ring, or why the file could not be
 * opened. */
VC_NODISCARD vc_err vc_walk_file(const char *path, struct vc_walk *walk);

#endif
