/*
 * From the files of a directory to the keys of its store.  Inside this folder only.
 */
#ifndef VC_STORAGE_UNLOCK_H
#define VC_STORAGE_UNLOCK_H

#include "storage/keyring.h"
#include "storage/store.h"

/*
 * Reads the data key and makes the ring of it, without any epoch yet.  Errors as
 * vc_key_file_open(); VC_ERR_NOT_FOUND: there is no key.
 */
VC_NODISCARD vc_err vc_unlock(int dir_fd, struct vc_bytes passphrase,
                              struct vc_keyring **ret_ring);

/* The same; makes a key when there is none. */
VC_NODISCARD vc_err vc_unlock_or_make(int dir_fd, struct vc_bytes passphrase,
                                      struct vc_keyring **ret_ring);

/* Wipes.  NULL is fine. */
void vc_unlock_end(struct vc_keyring *ring);

#endif
