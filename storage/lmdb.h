/*
 * The store on disk: LMDB with its default durability (never NOSYNC, NOMETASYNC or
 * WRITEMAP), one writer thread, a map that is fixed at open.
 *
 * lmdb.c is the one file that includes lmdb.h of the library (as <lmdb.h>).
 */
#ifndef VC_STORAGE_LMDB_H
#define VC_STORAGE_LMDB_H

#include "storage/store.h"

struct vc_lmdb_config {
    const char *dir; /* exists; 0700; the file is DIR/store.mdb */
    /* Called on the writer's thread after each commit, good or bad; must only wake the loop. */
    void (*wake)(void *ctx);
    void *wake_ctx;
    bool is_read_only;          /* --check and tools: no writer, no lock taken */
    struct vc_bytes passphrase; /* empty: none; borrowed for the call, secret */
};

/*
 * Opens or makes the store, upgrades an older schema so that a power loss leaves the old one
 * or the new one, and takes the directory's lock (DIR/lock, which names the holder's process).
 * VC_ERR_STORE_LOCKED, _NEWER, _DAMAGED, _PERMISSION, _DISK_FULL, _STORE_IO, _NO_MEMORY.
 * VC_ERR_LOCKED: it wants a passphrase; VC_ERR_WRONG_PASSPHRASE; VC_ERR_STORE_KEY: the files
 * with its keys are not those that it was written with.  With a passphrase it takes a third of
 * a second.
 * @ret_holder, when not NULL, gets the process id that holds the lock on STORE_LOCKED.
 */
VC_NODISCARD vc_err vc_lmdb_open(const struct vc_lmdb_config *cfg,
                                 struct vc_store **ret_store, long *ret_holder);

/*
 * Walks every page and row of the store in a child process, because LMDB dies by a signal
 * on a damaged file.  Of @cfg it wants the directory and the passphrase.  VC_OK,
 * VC_ERR_STORE_DAMAGED with words about where in @ret_words, or why it could not be read; as
 * vc_lmdb_open() when there is something about its keys.  @ret_rows counts the rows.
 */
VC_NODISCARD vc_err vc_lmdb_check(const struct vc_lmdb_config *cfg, uint64_t *ret_rows,
                                  char *ret_words, size_t words_room);

/*
 * Was the last use of @dir ended by vc_store_close()?  If not, check before you open.  true
 * also while another process uses it: opening says so, and there is nothing to check.
 */
bool vc_lmdb_was_clean(const char *dir);

/* VC_ERR_NOT_FOUND: there is no key yet; VC_ERR_STORE_KEY: it cannot be read. */
VC_NODISCARD vc_err vc_lmdb_has_passphrase(const char *dir, bool *ret_has_passphrase);

/*
 * Sets (@old empty), changes or removes (@fresh empty) the passphrase.  The store may be open,
 * and is not written; the caller is the only one who does this, and needs no thread of the
 * store's.  Takes up to a second.  VC_ERR_WRONG_PASSPHRASE; VC_ERR_EXISTS: @old is empty, but
 * there is one; otherwise as vc_lmdb_open().
 */
VC_NODISCARD vc_err vc_lmdb_change_passphrase(const char *dir, struct vc_bytes old,
                                              struct vc_bytes fresh);

#endif
