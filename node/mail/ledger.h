/*
 * The ledger: what becomes true when a turn is committed, in the order of turns.
 *
 * An entry is a run of numbers of one peer that one turn has sent, seen or abandoned.
 * Positions count from 0 for ever; the entries between tail and head are kept in a
 * ring.
 */
#ifndef VC_NODE_MAIL_LEDGER_H
#define VC_NODE_MAIL_LEDGER_H

#include "crypto/base/alloc.h"
#include "crypto/base/err.h"
#include "node/mail/limits.h"

enum vc_ledger_kind {
    VC_LEDGER_SENT,      /* outbox rows: may go to the link */
    VC_LEDGER_SEEN,      /* accepted deliveries: may be acknowledged */
    VC_LEDGER_GONE,      /* every number up to @last will not come any more */
    VC_LEDGER_ABANDONED, /* the row under @first was replaced */
    VC_LEDGER_ACKED      /* every row up to @last was deleted */
};

struct vc_ledger_entry {
    uint64_t ticket; /* 0 until the turn is submitted */
    uint64_t first, last;
    uint32_t peer;
    enum vc_ledger_kind kind;
};

struct vc_ledger {
    struct vc_ledger_entry *ring;
    uint64_t tail; /* the oldest entry that is kept */
    uint64_t turn; /* the first entry of the present turn */
    uint64_t head; /* where the next one goes */
};

VC_NODISCARD vc_err vc_ledger_init(struct vc_ledger *ledger,
                                   const struct vc_alloc *alloc);
void vc_ledger_deinit(struct vc_ledger *ledger, const struct vc_alloc *alloc);

/* Is there room for @count more entries? */
bool vc_ledger_has_room(const struct vc_ledger *ledger, size_t count);

/*
 * Writes down a number in the present turn; there is room.  @run is the position of the
 * entry that the caller's last call for this peer and kind wrote to: the number joins
 * it when it follows it in the same turn.
 */
void vc_ledger_add(struct vc_ledger *ledger, uint64_t *run, enum vc_ledger_kind kind,
                   uint32_t peer, uint64_t number);

/* The present turn has got its ticket; 0 when it wrote nothing. */
void vc_ledger_submitted(struct vc_ledger *ledger, uint64_t ticket);

/* Takes the oldest entry of a turn up to @ticket; false when there is none left. */
bool vc_ledger_take(struct vc_ledger *ledger, uint64_t ticket,
                    struct vc_ledger_entry *ret_entry);

#endif
