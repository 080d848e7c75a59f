/*
 * End-to-end sessions with the devices of contacts, kept in the store.
 *
 * What mail sends is sealed here for one device before it becomes a row, and what came is
 * opened here before anybody looks at it.  Sessions begin with a prekey of the other device, so
 * that it need not be there; they change their keys with every message.  A session that cannot
 * go on is replaced by one of a higher generation: nothing is ever lost because of it, as mail
 * seals what was not acknowledged again.
 *
 * The order of things (node/SPEC.md, "Sealed objects"):
 *   seal     the state and mail's row in one turn -> commit -> only then to the link
 *   open     into a pending state -> accept writes it in the turn of the effects
 *
 * Pure given a store.  Rows: storage/SCHEMA.md, "Session rows".
 */
#ifndef VC_NODE_SEAL_SEAL_H
#define VC_NODE_SEAL_SEAL_H

#include "crypto/base/alloc.h"
#include "crypto/ratchet.h"
#include "storage/store.h"

#define VC_SEAL_OBJECT_MAX  63000 /* bytes of an object that is sealed */
#define VC_SEAL_FRAME_MAX   (63488 + VC_RATCHET_OVERHEAD)
#define VC_SEAL_OPENING_MAX 640 /* bytes in front of a frame until the first reply */
#define VC_SEAL_SESSIONS_MAX \
    4                     /* with one device: one to send, others that still receive */
#define VC_SEAL_TAG_LEN 8 /* what tells one frame from another under the same number */

/* What to reserve in the store for one sealed object beside mail's row, and for one that was
 * opened, without the keys that it skips and gives up. */
#define VC_SEAL_SEAL_OPS     2
#define VC_SEAL_SEAL_BYTES   4096
#define VC_SEAL_ACCEPT_OPS   5
#define VC_SEAL_ACCEPT_BYTES 4352
/* For those keys vc_seal_open() looks itself: it opens what skips keys only while so much is free
 * beside them, for all that others still write in the turn, the object's effects among it. */
#define VC_SEAL_SPARE_OPS   3328
#define VC_SEAL_SPARE_BYTES ((size_t)352 * 1024)

struct vc_seal;

struct vc_seal_config {
    struct vc_alloc alloc;
    struct vc_store *store;
    struct vc_bytes network_id; /* outlives the machine, as do these: */
    const struct vc_account *account;
    const struct vc_device *device;
};

/* Loads our own prekeys; sessions are loaded when they are needed.  VC_ERR_NO_MEMORY,
 * VC_ERR_STORE_DAMAGED, or what the store says. */
VC_NODISCARD vc_err vc_seal_init(const struct vc_seal_config *cfg,
                                 const struct vc_now *now,
                                 const struct vc_secret32 *seed,
                                 struct vc_seal **ret_seal);
void vc_seal_deinit(struct vc_seal *seal);

/* Turns prekeys that are old, and deletes those and the kept keys whose time is over. */
void vc_seal_tick(struct vc_seal *seal, const struct vc_now *now);
vc_ms vc_seal_due(const struct vc_seal *seal);

/* ---- our own prekeys, for cards ---- */

/* The signed prekey that others should use now; false when there is none yet, because the
 * store took nothing. */
bool vc_seal_own_prekey(const struct vc_seal *seal, struct vc_prekey *ret_prekey);
/* Makes @count one-time prekeys for somebody's card, in this turn.  Room for @count operations
 * of 128 bytes is reserved.  Ids rise. */
void vc_seal_one_times(struct vc_seal *seal, const struct vc_now *now,
                       struct vc_one_time *ret_keys, size_t count);

/* ---- devices ---- */

/* Makes a device known, at start and when it is new.  Writes nothing.  VC_ERR_NO_MEMORY. */
VC_NODISCARD vc_err vc_seal_peer_put(struct vc_seal *seal, uint32_t peer,
                                     const struct vc_key32 *root,
                                     const struct vc_certificate *certificate);
void vc_seal_peer_forget(struct vc_seal *seal, uint32_t peer);
/* Forgets a device, known or not, and deletes up to *@budget of its rows; false when some are
 * left, or when the store cannot be read.  Room for as many operations of 64 bytes is reserved.
 * It must not be put again before this gave true. */
VC_NODISCARD bool vc_seal_peer_purge(struct vc_seal *seal, uint32_t peer,
                                     size_t *budget);

/*
 * Prekeys of a device that came from it, in the form that crypto/prekey.h reads.  Room for one
 * operation of VC_SEAL_SEAL_BYTES is reserved.  Passed over are: what the device did not sign;
 * what is older than a prekey that is known, can be used and is not from the future; and a
 * suite below the best that was ever used with it.  One-time prekeys, if there are any, take the
 * place of those that are known.
 */
void vc_seal_peer_keys(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                       const struct vc_prekey *prekey,
                       const struct vc_one_time *one_times, size_t one_time_count);

/* Why the present session began. */
enum vc_seal_reason {
    VC_SEAL_FIRST = 0,    /* the first between the two devices */
    VC_SEAL_UNOPENED = 1, /* the other side could not open what was sealed */
    VC_SEAL_ROLLBACK = 2, /* our store was put back to an older state */
    VC_SEAL_THEIRS = 3    /* the other side began it */
};

struct vc_seal_state {
    bool has_session; /* to send */
    bool has_prekey;  /* could begin one */
    uint32_t generation;
    enum vc_seal_reason reason;
    vc_ms since; /* Unix: when the session began */
    struct vc_id16 session;
};
bool vc_seal_state(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                   struct vc_seal_state *ret_state);

/* Gives a device with which a session began, on either side, since it was given last; false
 * when there is none. */
bool vc_seal_begun(struct vc_seal *seal, uint32_t *ret_peer);

/* ---- sealing ---- */

struct vc_sealed {
    struct vc_id16 session;
    struct vc_bytes frame; /* borrowed until the next call */
};

/*
 * Seals head ‖ body (0..VC_SEAL_OBJECT_MAX bytes) under @number for a device; the state is written
 * in this turn (VC_SEAL_SEAL_OPS, _BYTES reserved).
 * VC_ERR_NOT_FOUND: unknown device; VC_ERR_AWAY: no session, and no prekey to begin one: keys
 * must come first; VC_ERR_FULL: no room now to drop sessions that are too many; VC_ERR_NO_MEMORY;
 * what the store says.  Nothing is sealed then.
 */
VC_NODISCARD vc_err vc_seal_seal(struct vc_seal *seal, const struct vc_now *now,
                                 uint32_t peer, uint64_t number, struct vc_bytes head,
                                 struct vc_bytes body, struct vc_sealed *ret_sealed);

/* May a frame of this session still be sent as it is? */
bool vc_seal_is_live(struct vc_seal *seal, uint32_t peer,
                     const struct vc_id16 *session);
/* What goes in front of a frame of this session now: its opening until the other side has
 * shown that it has the session, then nothing.  Borrowed until the next call. */
struct vc_bytes vc_seal_prefix(struct vc_seal *seal, uint32_t peer,
                               const struct vc_id16 *session);
/* The other side has acknowledged something of this session, so it holds it for certain.  The
 * row is written with the next change. */
void vc_seal_confirm(struct vc_seal *seal, uint32_t peer,
                     const struct vc_id16 *session);

/* Which of several frames under one number this is: the start of its tag.  Zeros when it is
 * too short to be one. */
void vc_seal_tag(struct vc_bytes frame, uint8_t ret_tag[VC_SEAL_TAG_LEN]);

/* ---- opening ---- */

struct vc_opened {
    uint64_t number;
    struct vc_bytes
        object; /* borrowed until it is accepted, or the next one is opened */
    uint8_t tag[VC_SEAL_TAG_LEN];
};

/*
 * Opens what came from a device: a frame, or an opening and a frame.  Nothing has changed until
 * vc_seal_accept(), but that old sessions are dropped when there is no place for one more; the next
 * call of vc_seal_open() forgets it.  Sealing for the same device in between keeps it at once, as
 * both change one state: if it is not accepted then, it cannot be opened again, and the other
 * side has to seal it anew.  So room for accepting is reserved before sealing.
 * VC_ERR_EXISTS: it was opened before, or what it was sealed with is deleted; VC_ERR_AUTH: no
 * session and no prekey of ours opens it, or one of us was put back to an older state: in both
 * cases the other side has to be told, if the object is wanted.  VC_ERR_MALFORMED: authentic, but
 * not of the form: drop it.  VC_ERR_FULL: no room now for the keys that it skips, or for one
 * session more; VC_ERR_NOT_FOUND: unknown device; VC_ERR_NO_MEMORY, or what the store says.
 */
VC_NODISCARD vc_err vc_seal_open(struct vc_seal *seal, const struct vc_now *now,
                                 uint32_t peer, struct vc_bytes object,
                                 struct vc_opened *ret_opened);
/* Its effects are written: writes the state, in the same turn (VC_SEAL_ACCEPT_OPS, _BYTES
 * reserved), and forgets the words.  A programmer's mistake without something that was just
 * opened, unless its device has been forgotten since. */
void vc_seal_accept(struct vc_seal *seal, const struct vc_now *now, uint32_t peer);
/* Has the other side said so much without an answer that the ratchet should turn? */
bool vc_seal_owes_turn(struct vc_seal *seal, uint32_t peer);

/* ---- when a session cannot go on ---- */

/*
 * The sessions with a device that can still be sent under are given up, in this turn (room as for
 * sealing); the next seal begins one with a generation above @generation and all that were seen.
 * They still receive.  When the other side could not open something, its one-time prekeys are
 * given up too, as it may have lost them.
 */
void vc_seal_rekey(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                   uint32_t generation, enum vc_seal_reason reason);
/* The highest generation that was seen with the device. */
uint32_t vc_seal_generation(struct vc_seal *seal, uint32_t peer);

/* What happened since init. */
struct vc_seal_stats {
    uint64_t sealed, opened;
    uint64_t sessions_begun, sessions_taken;
    uint64_t unopened;   /* refused: no key opens them */
    uint64_t duplicates; /* opened before */
};
void vc_seal_stats(const struct vc_seal *seal, struct vc_seal_stats *ret_stats);

#endif
