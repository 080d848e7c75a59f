/*
 * The mail machine: objects from one device to another, exactly once, whatever dies.
 *
 * Each object gets a delivery number (per pair of devices and direction, from 1) and
 * waits in the outbox until the other device has acknowledged that number, which it
 * does only when the object's effects are durable there.  Duplicates are recognised for
 * ever: the receiver keeps the contiguous prefix of numbers it has seen and up to 4,096
 * beyond it.
 *
 * Objects are sealed for the device before they become rows (node/seal), and opened before
 * chat sees them.  What cannot be sealed yet, or has to be sealed anew, has a row without words:
 * mail asks chat for them, who can make them again from the row's mark.
 *
 * The order of things:
 *   send     one turn {ratchet, outbox row, what chat writes} -> commit -> only then to the link
 *   receive  one turn {ratchet, what chat writes, seen} -> commit -> only then the ack
 *
 * Pure given a store; calls down into the link machine; memory from the allocator
 * handed in.  The conductor (node/node.c) feeds it with the link's outputs and the
 * store's tickets, and takes its outputs with vc_mail_next().
 *
 * node/SPEC.md has the objects, storage/SCHEMA.md the rows.
 */
#ifndef VC_NODE_MAIL_MAIL_H
#define VC_NODE_MAIL_MAIL_H

#include "crypto/base/alloc.h"
#include "node/link/link.h"
#include "node/seal/seal.h"
#include "storage/store.h"

#define VC_MAIL_OBJECT_MAX 65536              /* sealed, with what stands in front */
#define VC_MAIL_TEXT_MAX   VC_SEAL_OBJECT_MAX /* before it is sealed */
#define VC_MAIL_REF_LEN    16     /* the sender's own mark on an outbox row */
#define VC_MAIL_WINDOW     2000   /* unacknowledged objects given to a link, per peer */
#define VC_MAIL_SPARSE_MAX 4096   /* numbers beyond the prefix that are remembered */
#define VC_MAIL_OUTBOX_MAX 200000 /* waiting objects per peer; then VC_ERR_BUSY */
#define VC_MAIL_PEERS_MAX  65536  /* as many as a link has */

/* The first byte of an object on the link: below this mail's own, from it on passed up.
 */
#define VC_MAIL_TYPE_PASSED 16

/* What to reserve in the store for one vc_mail_send() of @len bytes, and for one
 * accepted object, abandoned object, new or removed peer. */
#define VC_MAIL_SEND_OPS        (2 + VC_SEAL_SEAL_OPS)
#define VC_MAIL_SEND_BYTES(len) ((len) + (len) / 8 + 2048 + VC_SEAL_SEAL_BYTES)
#define VC_MAIL_ACCEPT_OPS      (1 + VC_SEAL_ACCEPT_OPS)
#define VC_MAIL_ACCEPT_BYTES    (1216 + VC_SEAL_ACCEPT_BYTES)

/* What mail leaves of a batch whenever it writes by itself (before it gives ACKED, for
 * an abandoned number, for a removed peer): the most that the caller may write because
 * of an ACKED, together with what he still owes to the turn's end.  While there is
 * less, mail waits for the next commit. */
#define VC_MAIL_ACKED_OPS   256
#define VC_MAIL_ACKED_BYTES (VC_STORE_VALUE_MAX + 4096)

struct vc_mail;

struct vc_mail_config {
    struct vc_alloc alloc;
    struct vc_store *store;
    struct vc_link *link;
    struct vc_seal *seal;
};

/* Loads the peers and their numbers; the objects that wait stay in the store.
 * VC_ERR_NO_MEMORY, VC_ERR_STORE_DAMAGED, or what the store says. */
VC_NODISCARD vc_err vc_mail_init(const struct vc_mail_config *cfg,
                                 const struct vc_now *now,
                                 const struct vc_secret32 *seed,
                                 struct vc_mail **ret_mail);
void vc_mail_deinit(struct vc_mail *mail);

/* Makes a device known to mail (new: numbers start at 1; known: nothing changes).  Room
 * reserved by the caller (VC_MAIL_ACCEPT_OPS, _BYTES).  VC_ERR_NO_MEMORY; VC_ERR_FULL
 * at VC_MAIL_PEERS_MAX; VC_ERR_EXISTS: a removed one whose rows are not all deleted. */
VC_NODISCARD vc_err vc_mail_peer_put(struct vc_mail *mail, uint32_t peer);
/* Forgets the device: from now on it is unknown, its rows are deleted over the next
 * turns, over restarts too.  Its number must not be used again.  Room reserved by the
 * caller. */
void vc_mail_peer_remove(struct vc_mail *mail, uint32_t peer);

struct vc_mail_object {
    struct vc_hash32 id;          /* message id; stays when the object is sealed anew */
    uint8_t ref[VC_MAIL_REF_LEN]; /* given back with ACKED; zero: none */
    struct vc_bytes head, body;   /* together 1..VC_MAIL_TEXT_MAX */
};

/*
 * Writes one object into the outbox, in the present turn; it goes to the link when the
 * turn is committed.  Room reserved by the caller (VC_MAIL_SEND_OPS, _BYTES).
 * Without keys, or with too much before it, it waits and its words are asked for later.
 * VC_ERR_NOT_FOUND: unknown peer; VC_ERR_BUSY: too much waits for him, or for the disk, or
 * VC_MAIL_ROLLED_BACK is still to be told; VC_ERR_NO_MEMORY, or what the store says.
 */
VC_NODISCARD vc_err vc_mail_send(struct vc_mail *mail, const struct vc_now *now,
                                 uint32_t peer, const struct vc_mail_object *object,
                                 uint64_t *ret_number);

/*
 * Answers VC_MAIL_WORDS, before the next vc_mail_next(): the words of a row, as they were or
 * as they are now.  Room reserved by the caller (VC_MAIL_SEND_OPS, _BYTES).  Who has none any
 * more calls vc_mail_abandon(); who has no room does nothing, and is asked again after a
 * second, then ever more rarely.  An error is the same as no answer: VC_ERR_AWAY: the session
 * ended just now, and its keys must come first; VC_ERR_BUSY: too much waits for the disk;
 * VC_ERR_FULL, VC_ERR_NO_MEMORY, or what the store says.
 */
VC_NODISCARD vc_err vc_mail_words(struct vc_mail *mail, const struct vc_now *now,
                                  uint32_t peer, uint64_t number,
                                  const struct vc_mail_object *object);

/* Keys of the peer's came (vc_seal_peer_keys): what waited for them can go on. */
void vc_mail_keys(struct vc_mail *mail, const struct vc_now *now, uint32_t peer);

/* Gives an object up: its row becomes "number n abandoned", which is delivered in its
 * place so that no gap stays; there is no output for it.  What the link has already may
 * arrive all the same.  Room reserved by the caller (VC_MAIL_ACCEPT_OPS, _BYTES).
 * VC_ERR_NOT_FOUND when it is acknowledged, dropped or unknown; VC_ERR_BUSY as above. */
VC_NODISCARD vc_err vc_mail_abandon(struct vc_mail *mail, const struct vc_now *now,
                                    uint32_t peer, uint64_t number);

/* Something of the peer's was heard, his addresses are new, or he has a session that
 * the link did not tell about (vc_link_adopt): try now, not later. */
void vc_mail_wake(struct vc_mail *mail, const struct vc_now *now, uint32_t peer);

/* Takes one output of the link.  DATAGRAMs are not for mail. */
void vc_mail_link_output(struct vc_mail *mail, const struct vc_now *now,
                         const struct vc_link_output *output);

/*
 * Chat has written the effects of the DELIVERY that it took last: the number is marked
 * seen in the same turn, and acknowledged when that is committed.  What is not accepted
 * before the next vc_mail_next() is not acknowledged and comes again.  Room reserved by
 * the caller, together with that for the effects.
 */
void vc_mail_accept(struct vc_mail *mail, const struct vc_now *now, uint32_t peer,
                    uint64_t number);

/* Before the turn is submitted: what mail has to write by itself. */
void vc_mail_flush(struct vc_mail *mail);
/* The turn was submitted with this ticket (0: nothing was written). */
void vc_mail_submitted(struct vc_mail *mail, uint64_t ticket);
/* Every ticket up to @ticket is durable: objects and acks go out. */
void vc_mail_committed(struct vc_mail *mail, const struct vc_now *now, uint64_t ticket);

void vc_mail_tick(struct vc_mail *mail, const struct vc_now *now);
vc_ms vc_mail_due(const struct vc_mail *mail);

enum vc_mail_output_kind {
    VC_MAIL_DELIVERY, /* a new object: write its effects, then vc_mail_accept() */
    VC_MAIL_ACKED,    /* the peer has @number; its row is gone */
    VC_MAIL_CONNECT, /* wants a session with @peer: vc_link_connect() with what is known
                      */
    VC_MAIL_WORDS,   /* give the words of @number again, by its @ref: vc_mail_words() */
    /*
     * Our store was put back to an older state: what waited for the peer has no rows any
     * more, as its numbers were used before for something else, and there will be no ACKED
     * for it.  Write again what he may not have; that it is to be written must be noted in
     * this turn, as it is told once.
     */
    VC_MAIL_ROLLED_BACK,
    /*
     * The peer says that numbers will not come that we do not have: our store was put back
     * and we had them, or his was and they never were.
     */
    VC_MAIL_LOST,
    VC_MAIL_PASSED, /* an object of VC_MAIL_TYPE_PASSED or above */
    VC_MAIL_UP,     /* the link's output, after mail has taken notice */
    VC_MAIL_DOWN,
    VC_MAIL_MOVED,
    VC_MAIL_SILENT,
    VC_MAIL_HEARD
};

struct vc_mail_output {
    enum vc_mail_output_kind kind;
    uint32_t peer;
    uint64_t number;
    bool is_in_order;             /* DELIVERY: every smaller number was seen */
    struct vc_bytes object;       /* DELIVERY, PASSED: borrowed until the next call */
    uint8_t ref[VC_MAIL_REF_LEN]; /* ACKED, WORDS */
    struct vc_link_output link;   /* UP, DOWN, MOVED, SILENT, HEARD */
};

/* Takes the next output; false when there is none left.  Feed it one link output at a
 * time and drain it after each: borrowed bytes live no longer than that. */
bool vc_mail_next(struct vc_mail *mail, const struct vc_now *now,
                  struct vc_mail_output *ret_output);

/* How it stands with a peer. */
struct vc_mail_state {
    uint64_t waiting;        /* objects not acknowledged */
    vc_ms retry_at;          /* monotonic; VC_NEVER when connected or nothing waits */
    uint64_t sent, received; /* numbers given to objects; numbers seen */
};
bool vc_mail_state(const struct vc_mail *mail, uint32_t peer,
                   struct vc_mail_state *ret_state);

/* What happened since init, all peers together. */
struct vc_mail_stats {
    uint64_t given, given_again; /* objects handed to the link */
    uint64_t acks_in, acks_out;
    uint64_t duplicates;        /* came again and were dropped */
    uint64_t refused;           /* came and could not be kept then */
    uint64_t dropped_malformed; /* not an object of mail's */
    uint64_t dropped_strange;   /* from nobody known, or far ahead of the numbers */
    uint64_t dropped_acks;      /* for numbers that were never given */
    uint64_t rows_missing;      /* outbox rows that could not be read */
    uint64_t unopened;  /* came and no key opens them: asked to be sealed anew */
    uint64_t resealed;  /* rows that were sealed from words asked for */
    uint64_t rollbacks; /* times that we found our store put back */
};
void vc_mail_stats(const struct vc_mail *mail, struct vc_mail_stats *ret_stats);

#endif
