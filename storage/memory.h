/*
 * The store in memory: the same store.h, for the simulator and for tests.
 *
 * The disk outlives the store, so that a host can crash: vc_store_close() keeps everything
 * that was submitted, vc_memory_crash() what was completed.  Commits happen only when the
 * test says so, and nothing hangs on addresses or on time.
 */
#ifndef VC_STORAGE_MEMORY_H
#define VC_STORAGE_MEMORY_H

#include "storage/store.h"

struct vc_memory_disk;

struct vc_memory_disk *vc_memory_disk_new(void);
void vc_memory_disk_free(struct vc_memory_disk *disk);
/* Copies a disk as it is now: to put an old state back later. */
struct vc_memory_disk *vc_memory_disk_copy(const struct vc_memory_disk *disk);
uint64_t vc_memory_disk_rows(const struct vc_memory_disk *disk);
/* Turns over a bit of byte @at of a row as it is stored; false when there is no such byte. */
bool vc_memory_disk_flip(struct vc_memory_disk *disk, enum vc_table table,
                         struct vc_bytes key, size_t at);

VC_NODISCARD vc_err vc_memory_open(struct vc_memory_disk *disk,
                                   struct vc_store **ret_store);

/* Is a batch waiting for its commit? */
bool vc_memory_is_committing(const struct vc_store *store);
/*
 * The waiting batch reaches the disk (@result VC_OK) or fails with @result and does not.
 * The next poll says so.  @result is also the store's health from then on: after a failure,
 * VC_OK here restores it, and without a waiting batch it is all that changes.
 */
void vc_memory_complete(struct vc_store *store, vc_err result);
/* With true, a submit is completed at once: for unit tests that do not care. */
void vc_memory_commit_at_once(struct vc_store *store, bool is_at_once);
/* The process dies: like close, but batches that are waiting are lost. */
void vc_memory_crash(struct vc_store *store);

#endif
