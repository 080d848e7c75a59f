/*
 * One process at a time in a directory, and whether the last one closed it properly.
 * Inside this folder only.
 */
#ifndef VC_STORAGE_LOCK_H
#define VC_STORAGE_LOCK_H

#include "storage/store.h"

/* The files beside the store's own. */
#define VC_LOCK_FILE  "lock"
#define VC_CLEAN_FILE "clean"

/*
 * Takes the lock of the directory @dir_fd and writes this process and the time into its
 * file.  VC_ERR_STORE_LOCKED, and @ret_holder is the process that has it, or 0.
 */
VC_NODISCARD vc_err vc_lock_take(int dir_fd, int *ret_fd, long *ret_holder);
/* Does somebody have it? */
bool vc_lock_is_taken(int dir_fd);
/* -1 is fine. */
void vc_lock_release(int fd);

/*
 * The clean mark says how long the store's file was and when it was last written, when it
 * was closed.  A file that was changed since, or put back from a copy, is not clean.
 */
bool vc_clean_is_set(int dir_fd, const char *store_file);
/* Durable when it comes back: the mark may not stand beside a file that is in use. */
VC_NODISCARD vc_err vc_clean_unset(int dir_fd);
/* It may get lost: then the file is checked for nothing. */
void vc_clean_set(int dir_fd, const char *store_file);

#endif
