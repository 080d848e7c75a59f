/*
 * A host for tests of the store: a store on either backend that can be closed, crash and be
 * opened again, and a folder of its own for the one on disk.
 */
#ifndef VC_TESTS_UNIT_STORAGE_HOST_H
#define VC_TESTS_UNIT_STORAGE_HOST_H

#include "storage/disk.h"
#include "storage/keyring.h"
#include "storage/memory.h"
#include "storage/store.h"

struct host {
    bool is_on_disk;
    struct vc_memory_disk *memory;
    char dir[64];
    int wake[2]; /* a pipe: the committer writes, the test waits */
    struct vc_disk_config disk_cfg;
    struct vc_store *store;
};

/* Makes an empty host and opens its store. */
void host_init(struct host *host, bool is_on_disk);
void host_deinit(struct host *host);

vc_err host_open(struct host *host);
void host_close(struct host *host);

/* Waits for news of the committer, then polls. */
struct vc_store_progress host_wait(struct host *host);
/* Polls until the ticket is durable, or a commit fails: gives why. */
vc_err host_settle(struct host *host, uint64_t ticket);
/* The same for everything that was submitted. */
vc_err host_settle_all(struct host *host);

/* Shorthands that fail the test when the store says no. */
struct vc_bytes bytes_of(const char *text);
void host_put(struct host *host, enum vc_table table, const char *key,
              const char *value);
void host_del(struct host *host, enum vc_table table, const char *key);
/* The value as text in a buffer that the next call takes over; NULL when there is none. */
const char *host_get(struct host *host, enum vc_table table, const char *key);

/* The keys of a host on disk; for vc_unlock_end(). */
struct vc_keyring *host_ring(const struct host *host);

/* vc_lmdb_check() of a directory without a passphrase. */
vc_err host_check(const char *dir, uint64_t *ret_rows, char *ret_words, size_t room);

void host_path(const struct host *host, const char *name, char ret_path[128]);

#endif
