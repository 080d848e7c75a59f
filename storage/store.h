/*
 * The store: tables of small rows, read by key, written in batches, durable by ticket.
 *
 * It never makes the caller wait for a disk.  Writes of a turn gather in memory;
 * vc_store_submit() closes the turn and gives a ticket; one writer thread (LMDB backend)
 * applies all waiting turns in order as one transaction; the ticket is kept when
 * vc_store_poll() has said so.  What a turn promised may leave only then.
 *
 * A turn:
 *
 *     poll                            what was committed since; did a commit fail?
 *     get, reserve, put, del ...      in any order
 *     submit                          a ticket, or 0 when nothing was written
 *
 * vc_store_get() sees everything that was written before it, committed or not.
 * vc_store_scan() sees committed rows only: use it at init and for housekeeping.
 *
 * A failed commit is a crash without dying: poll gives the error, and from then on the
 * store is of no use until vc_store_recover(), which drops every batch that was not
 * committed.  The caller drops its machines and builds them again from what is committed.
 * Until a commit has succeeded again (the store tries by itself), vc_store_reserve() fails
 * with the reason, so that nothing new is accepted.
 *
 * One thread uses a store.  Only the `wake` hook is called on another one.
 */
#ifndef VC_STORAGE_STORE_H
#define VC_STORAGE_STORE_H

#include "crypto/base/base.h"
#include "crypto/base/err.h"

#define VC_STORE_KEY_MAX     64                  /* bytes of a key; 1 at least */
#define VC_STORE_VALUE_MAX   ((size_t)72 * 1024) /* a 64 KiB object and its surroundings */
#define VC_STORE_BATCH_BYTES (1u << 20)          /* each of the two batch buffers */
#define VC_STORE_BATCH_OPS   16384               /* operations in a batch */
#define VC_STORE_OP_OVERHEAD 16 /* bytes of a batch beside key and value, an operation */

/*
 * On disk every row is sealed, and the first 4 bytes of keys that begin with the number of a
 * contact are hidden: rows that share them are read quickest together, and a scan over fewer
 * than these looks at each of such groups first.  Rows of SESSION, SKIPPED, PREKEY and REPLAY
 * cannot be read from the disk any more an hour after they were deleted or overwritten.
 */

/*
 * What the file may grow to.  Address space, not memory: the map is fixed at open, because
 * LMDB may not be resized while anybody reads.
 */
#if UINTPTR_MAX > UINT32_MAX
#define VC_STORE_FILE_BYTES_MAX ((uint64_t)64 << 30)
#else
#define VC_STORE_FILE_BYTES_MAX ((uint64_t)1 << 30)
#endif

/*
 * X(NAME, "name on disk"): SCHEMA.md says what stands in the rows.  The number of a table
 * is its place in this list; a new one goes to the end, and a table that is gone leaves
 * its place.
 */
#define VC_TABLES(X)              \
    X(META, "meta")               \
    X(IDENTITY, "identity")       \
    X(SETTING, "setting")         \
    X(CONTACT, "contact")         \
    X(DEVICE, "device")           \
    X(INVITE, "invite")           \
    X(JOIN, "join")               \
    X(MAILBOX, "mailbox")         \
    X(OUTBOX, "outbox")           \
    X(CONVERSATION, "conversation") \
    X(MESSAGE, "message")         \
    X(ORDER, "order")             \
    X(MESSAGE_ID, "message_id")   \
    X(GAP, "gap")                 \
    X(UNSETTLED, "unsettled")     \
    X(TOKEN, "token")             \
    X(EVENT, "event")             \
    X(SESSION, "session")         \
    X(SKIPPED, "skipped")         \
    X(PREKEY, "prekey")           \
    X(REPLAY, "replay")           \
    X(ROOT, "root")

enum vc_table {
#define VC_TABLE_ENUM(name, text) VC_TABLE_##name,
    VC_TABLES(VC_TABLE_ENUM)
#undef VC_TABLE_ENUM
    VC_TABLE_COUNT
};

struct vc_store;

/* What happened since the last poll. */
struct vc_store_progress {
    uint64_t committed; /* every ticket up to this one is durable */
    vc_err failure;     /* VC_OK, or why a commit failed: now vc_store_recover() */
};

struct vc_store_progress vc_store_poll(struct vc_store *store);

/* Drops what is not committed.  Borrowed values die; tickets go on from where they were. */
void vc_store_recover(struct vc_store *store);

/* VC_OK while promises may be made; else why not (VC_ERR_DISK_FULL, VC_ERR_STORE_IO ...). */
vc_err vc_store_health(const struct vc_store *store);

/*
 * Makes sure that @ops operations with @bytes of keys and values in all fit into the
 * present batch.  Ask before the first write of anything that must be whole; a write in a
 * turn that did not ask is a programmer's mistake.
 * VC_ERR_FULL: the batches are full, come back after the next poll that shows progress; or
 * the store's health.
 */
VC_NODISCARD vc_err vc_store_reserve(struct vc_store *store, size_t ops, size_t bytes);

/* Writes a row, new or in place of an old one; copies both.  Room for it was reserved. */
void vc_store_put(struct vc_store *store, enum vc_table table, struct vc_bytes key,
                  struct vc_bytes value);
/* Removes a row; nothing happens when there is none.  Room for it was reserved. */
void vc_store_del(struct vc_store *store, enum vc_table table, struct vc_bytes key);

/*
 * Finds the newest value of a row.  @ret_value is borrowed until the next poll, submit or
 * recover.  VC_ERR_NOT_FOUND, or VC_ERR_STORE_DAMAGED when the row cannot be opened.
 */
VC_NODISCARD vc_err vc_store_get(struct vc_store *store, enum vc_table table,
                                 struct vc_bytes key, struct vc_bytes *ret_value);

/* Closes the turn.  0 when nothing was written since the last submit. */
uint64_t vc_store_submit(struct vc_store *store);

/* Waits until the commit that is under way has ended, if there is one; the next poll tells how.
 * For the start, when there is nothing else to do. */
void vc_store_wait(struct vc_store *store);

/* Are there submitted turns whose tickets have not come back? */
bool vc_store_is_busy(const struct vc_store *store);

/*
 * Committed rows of @table whose keys start with @prefix, in the order of their bytes, or
 * backwards.  Start at @from (included) or, when it is empty, at the end it begins with.
 * @on_row gives false to stop; key and value are borrowed for the call; it must not write.
 */
struct vc_scan {
    enum vc_table table;
    struct vc_bytes prefix;
    struct vc_bytes from;
    bool is_reverse;
    bool (*on_row)(void *ctx, struct vc_bytes key, struct vc_bytes value);
    void *ctx;
};

VC_NODISCARD vc_err vc_store_scan(struct vc_store *store, const struct vc_scan *scan);

/* Figures for status and tests. */
struct vc_store_stats {
    uint64_t commits, turns, ops, bytes; /* since open */
    uint64_t failed_commits;
    uint64_t file_bytes;                 /* on disk; 0 in memory */
};

void vc_store_stats(const struct vc_store *store, struct vc_store_stats *ret_stats);

/* Waits for the writer, then closes; nothing that was submitted is lost, unless a turn is
 * open: that one is dropped with what shares its batch.  NULL is fine. */
void vc_store_close(struct vc_store *store);

#endif
