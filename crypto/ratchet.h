/*
 * The ratchet: the state of one end-to-end session, of which every message changes the keys;
 * crypto/SPEC.md, "Ratchet".
 *
 * The Double Ratchet with header encryption (Perrin and Marlinspike, 2016).  Pure, and its state
 * is a value: copy it to keep it, put it back to go back.  A frame that is refused changes nothing.
 * Keys of messages that did not come yet are not part of the state: the caller keeps them, each
 * as a row of its own, so that a message out of order costs one row and not the whole state.
 *
 *     seal    vc_ratchet_seal
 *     open    vc_ratchet_find      is it of this session, which key does it take?  About 0.6 us for
 *                                  each header key that is tried, no step of a chain
 *             (the caller gets the row of (chain, n), when found->needs_key)
 *             vc_ratchet_open      the plaintext, new rows to keep, rows to delete
 */
#ifndef VC_CRYPTO_RATCHET_H
#define VC_CRYPTO_RATCHET_H

#include "crypto/opening.h"
#include "crypto/siv.h"

#define VC_RATCHET_HEADER_LEN 56
#define VC_RATCHET_OVERHEAD \
    80 /* header and tag: what a frame is longer than its text */
#define VC_RATCHET_GAP_MAX      2000 /* keys that one message may skip */
#define VC_RATCHET_SKIPPED_MAX  2000 /* kept for one session */
#define VC_RATCHET_SKIPPED_DAYS 30
#define VC_RATCHET_CHAINS_MAX   8 /* older receiving chains with keys that are kept */
#define VC_RATCHET_TEXT_MAX     131072

/* Rows of one receiving chain that are kept: some of first..end-1. */
struct vc_ratchet_rows {
    uint32_t chain;
    uint32_t first, end;
    uint32_t left;      /* how many; 0: none, and the others are 0 */
    uint32_t until_day; /* days since 1970: from then on they are deleted */
};

struct vc_ratchet_old {
    struct vc_ratchet_rows rows;
    struct vc_siv_key header; /* secret */
};

/* Secret.  What is not there is zero. */
struct vc_ratchet {
    struct vc_id16 session;
    struct vc_secret32 root;
    struct vc_secret32
        own_secret;              /* what the peer's next chain is made with: the ratchet
                                      key of the sending chain, or first the prekey */
    struct vc_key32 own_public;  /* of the sending chain */
    struct vc_key32 peer_public; /* of the present receiving chain */
    bool has_send; /* there is a sending chain; false: the next seal makes one */
    bool has_recv; /* there is a receiving chain */
    struct vc_secret32 send_chain, recv_chain;
    struct vc_siv_key send_header, send_next, recv_header, recv_next;
    uint32_t send_n; /* of the next frame */
    uint32_t
        send_before;     /* PN: frames of the sending chain before it, or of the last */
    uint32_t recv_n;     /* one more than the highest that was opened */
    uint32_t send_count; /* sending chains so far: the number of the present one */
    uint32_t recv_count;
    struct vc_ratchet_rows recv_rows; /* of the present receiving chain */
    struct vc_ratchet_old old[VC_RATCHET_CHAINS_MAX]; /* oldest first */
    uint8_t old_count;
};

/* @own: fresh, the first ratchet key.  VC_ERR_AUTH: the prekey is of low order.  The recipient
 * can seal as soon as he has opened a frame. */
VC_NODISCARD vc_err vc_ratchet_init_initiator(struct vc_ratchet *ret_ratchet,
                                              const struct vc_session_keys *keys,
                                              const struct vc_key32 *peer_prekey,
                                              const struct vc_secret32 *own);
void vc_ratchet_init_recipient(struct vc_ratchet *ret_ratchet,
                               const struct vc_session_keys *keys,
                               const struct vc_secret32 *prekey_secret);

/* Where a message stands in its session. */
struct vc_ratchet_place {
    uint32_t chain; /* from 1, counted for each direction */
    uint32_t n;     /* from 0 in each chain */
};

/*
 * Seals @plain, at most VC_RATCHET_TEXT_MAX bytes, into @ret_frame, which has room for
 * VC_RATCHET_OVERHEAD more and may hold the plaintext at offset VC_RATCHET_OVERHEAD.
 * @fresh: 32 fresh random bytes, used when !ratchet->has_send (never NULL then; may be NULL
 * else).  VC_ERR_AUTH: the peer's ratchet key is of low order, or not known as nothing of his
 * was opened; VC_ERR_FULL: 2^32 - 1 frames in the chain, or as many chains.  Nothing has changed
 * then.
 */
VC_NODISCARD vc_err vc_ratchet_seal(struct vc_ratchet *ratchet,
                                    const struct vc_secret32 *fresh,
                                    struct vc_bytes plain, uint8_t *ret_frame,
                                    struct vc_ratchet_place *ret_place);

enum vc_ratchet_where { VC_RATCHET_PRESENT, VC_RATCHET_NEXT, VC_RATCHET_OLD };

struct vc_ratchet_found {
    enum vc_ratchet_where where;
    uint8_t old_at; /* OLD: which */
    struct vc_ratchet_place place;
    struct vc_key32 key; /* the peer's ratchet key, from the header */
    uint32_t before;     /* PN */
    bool needs_key;      /* its key was skipped, or the message opened before */
    uint32_t skips;      /* keys that vc_ratchet_open() will give out */
};

/* How many header keys a frame is tried with. */
size_t vc_ratchet_tries(const struct vc_ratchet *ratchet);

/*
 * Says of which chain @frame is; good until the state changes.
 * VC_ERR_AUTH: no header key of this session opens it; try the next session.  A frame of a chain
 * that is over, with no key kept, is such a one.
 * VC_ERR_FULL: it skips more keys than may be skipped or kept.  When some that it waits behind
 * have come it may fit; until then it is not opened.
 * VC_ERR_MALFORMED: authentic, but an honest peer does not make it, unless his state or ours was
 * put back to an older one.
 */
VC_NODISCARD vc_err vc_ratchet_find(const struct vc_ratchet *ratchet,
                                    struct vc_bytes frame,
                                    struct vc_ratchet_found *ret_found);

struct vc_ratchet_skipped {
    struct vc_ratchet_place place;
    struct vc_secret32 key; /* secret: the message key */
};

/* What the caller does to the rows, in the turn that keeps the state. */
struct vc_ratchet_change {
    size_t skipped_count; /* new rows, in @ret_skipped: found->skips */
    bool has_used;        /* delete the row of found->place */
    size_t forgotten_count;
    struct vc_ratchet_rows
        forgotten[VC_RATCHET_CHAINS_MAX + 1]; /* delete all of these, before the new
                                                 rows are put in */
};

/*
 * Opens @frame as @found says, which is of this state and this frame.  @skipped: the row of
 * found->place, or NULL when there is none; looked at when found->needs_key only.
 * @today: days since 1970, for how long new rows are kept.  @ret_plain has room for frame.len -
 * VC_RATCHET_OVERHEAD bytes; @ret_skipped for found->skips entries.
 * VC_ERR_EXISTS: found->needs_key and no row: it was opened before, or its row is gone.
 * VC_ERR_AUTH: forged.  On an error nothing has changed and nothing secret is left.
 */
VC_NODISCARD vc_err vc_ratchet_open(struct vc_ratchet *ratchet,
                                    const struct vc_ratchet_found *found,
                                    const struct vc_secret32 *skipped, uint32_t today,
                                    struct vc_bytes frame, uint8_t *ret_plain,
                                    struct vc_ratchet_skipped *ret_skipped,
                                    struct vc_ratchet_change *ret_change);

/* Gives up rows whose time is over: entries of change->forgotten. */
void vc_ratchet_expire(struct vc_ratchet *ratchet, uint32_t today,
                       struct vc_ratchet_change *ret_change);

/* The state as bytes; SPEC.md, "Stored session".  Secret: seal it. */
#define VC_RATCHET_ENCODED_MAX 1400
void vc_ratchet_write(struct vc_writer *w, const struct vc_ratchet *ratchet);
/* Reads the rest of @r, strictly.  VC_ERR_MALFORMED, with nothing given: another version too. */
VC_NODISCARD vc_err vc_ratchet_read(struct vc_reader *r,
                                    struct vc_ratchet *ret_ratchet);

void vc_ratchet_wipe(struct vc_ratchet *ratchet);

#endif
