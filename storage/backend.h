/*
 * What stands behind the front of the store (store.c): where committed rows are and how a
 * batch gets there.  Inside this folder only.
 *
 * Rows are sealed and at their places on this side, open and under their keys on the other:
 * a backend seals what it applies, the front opens what it reads.
 */
#ifndef VC_STORAGE_BACKEND_H
#define VC_STORAGE_BACKEND_H

#include "storage/batch.h"
#include "storage/keyring.h"
#include "storage/store.h"

struct vc_backend;

struct vc_backend_calls {
    /* A committed row by its place, borrowed until take(), tend() or recover(). */
    vc_err (*get)(struct vc_backend *backend, enum vc_table table,
                  struct vc_bytes place, struct vc_bytes *ret_stored);
    /* As vc_store_scan(), but over places, and on_row gets sealed rows. */
    vc_err (*scan)(struct vc_backend *backend, const struct vc_scan *scan);
    /* At each poll: nothing is borrowed, and rows may have been sealed anew meanwhile. */
    vc_err (*tend)(struct vc_backend *backend);
    /* Starts to commit a batch, which stays as it is until take() or recover().  None runs. */
    void (*commit)(struct vc_backend *backend, const struct vc_batch *batch);
    /* Did the commit end?  Then says how, and from here on get() and scan() see it. */
    bool (*take)(struct vc_backend *backend, vc_err *ret_result);
    /* Waits until take() would say that the commit ended. */
    void (*wait)(struct vc_backend *backend);
    /* Comes back from a failed commit to the last good one; ends or forgets one that runs. */
    void (*recover)(struct vc_backend *backend);
    /* May promises be made? */
    vc_err (*health)(struct vc_backend *backend);
    uint64_t (*file_bytes)(struct vc_backend *backend);
    /* No commit runs.  @is_clean: everything that was submitted is there. */
    void (*close)(struct vc_backend *backend, bool is_clean);
};

struct vc_backend {
    const struct vc_backend_calls *calls;
    struct vc_keyring *ring; /* what its rows are sealed with */
};

/* Puts the front before @backend, which then belongs to the store.  VC_ERR_NO_MEMORY, and
 * the backend is still the caller's. */
VC_NODISCARD vc_err vc_store_new(struct vc_backend *backend, const uint8_t hash_key[16],
                                 struct vc_store **ret_store);

struct vc_backend *vc_store_backend(const struct vc_store *store);

/* Closes without committing what waits: a crash. */
void vc_store_drop(struct vc_store *store);

#endif
