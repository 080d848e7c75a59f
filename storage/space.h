/*
 * Free space: a commit is not begun when it might run into the end of the disk.
 *
 * LMDB does survive that (it says EIO), but then the commit has failed and everything that
 * was built on it starts over; to refuse early is cheaper and clearer.  Inside this folder
 * only.
 */
#ifndef VC_STORAGE_SPACE_H
#define VC_STORAGE_SPACE_H

#include "storage/store.h"

/* Below this a commit is not begun: branches, the list of free pages and what the file
 * system itself wants. */
#define VC_SPACE_COMMIT_BYTES ((uint64_t)1 << 20)

/*
 * Below this nothing new is accepted: a commit's own, and a full batch twice, because a page
 * that is split stands half empty.  Small enough for a store on a 16 MiB file system.
 */
#define VC_SPACE_PROMISE_BYTES \
    (VC_SPACE_COMMIT_BYTES + 2 * (uint64_t)VC_STORE_BATCH_BYTES)

/* VC_OK, or VC_ERR_DISK_FULL when fewer than @bytes are free where @path is.  VC_OK also
 * when the system does not say. */
vc_err vc_space_look(const char *path, uint64_t bytes);

#endif
