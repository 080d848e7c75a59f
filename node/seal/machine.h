/*
 * The inside of node/seal: what its files share.  Not for other folders.
 */
#ifndef VC_NODE_SEAL_MACHINE_H
#define VC_NODE_SEAL_MACHINE_H

#include "node/seal/rows.h"

/* Secret. */
struct vc_seal_session {
    uint32_t number;
    struct vc_seal_session_row row; /* its opening is in the next field */
    uint8_t opening[VC_SEAL_OPENING_MAX];
    uint16_t opening_len; /* 0: nothing stands in front of frames */
    struct vc_ratchet ratchet;
};

struct vc_seal_peer {
    uint32_t number;
    struct vc_key32 root;
    struct vc_certificate certificate;
    bool has_begun; /* a session, of which vc_seal_begun() has not told */
    bool is_loaded; /* its rows were read: the following is valid */
    struct vc_seal_peer_row row;
    struct vc_seal_session *sessions[VC_SEAL_SESSIONS_ROOM]; /* as in row.sessions */
};

/* A signed prekey of ours: secret. */
struct vc_seal_own {
    struct vc_prekey prekey;
    struct vc_secret32 secret;
    uint32_t order;
    bool is_over; /* opens nothing any more; its rows are being deleted */
};

/* What vc_seal_open() found and vc_seal_accept() keeps.  Secret. */
struct vc_seal_pending {
    bool is_there;
    bool is_kept; /* the state is the session's already, because something was sealed */
    uint32_t peer;
    struct vc_seal_session
        *session; /* the peer's, or a new one that is ours until accepted */
    bool is_new;
    uint32_t one_time_id; /* used up by a new session; 0: none */
    uint16_t suite;       /* of a new session */
    struct vc_ratchet ratchet;
    struct vc_ratchet_place place;
    struct vc_ratchet_change change, expired;
    size_t plain_len;                   /* words that stand in the machine's plain */
    struct vc_ratchet_skipped *skipped; /* room for skipped_room */
    size_t skipped_room;
};

struct vc_seal {
    struct vc_alloc alloc;
    struct vc_store *store;
    struct vc_seal_config cfg;
    struct vc_rng rng;
    struct vc_secret32 mask; /* of openings to us */
    struct vc_key32 dev_dh_public;

    struct vc_seal_peer **peers; /* sorted by number */
    size_t peer_count, peer_room;

    struct vc_seal_own
        own[VC_SEAL_PREKEYS_MAX]; /* in the order in which they were made */
    size_t own_count;
    vc_ms tick_at, sweep_at, expire_at; /* monotonic */
    uint32_t expire_next; /* the peer whose kept keys are looked at next */

    struct vc_seal_pending pending;
    uint8_t *frame; /* VC_SEAL_FRAME_MAX: what is sealed */
    uint8_t *plain; /* VC_SEAL_FRAME_MAX: what was opened */
    uint8_t row[VC_SEAL_SESSION_ROW_MAX];
    struct vc_seal_stats stats;
    uint64_t begun_told; /* sessions, of all in stats, when none was left to tell of */
};

/* ---- peers.c ---- */

struct vc_seal_peer *vc_seal_peer_find(struct vc_seal *seal, uint32_t number);
/* Where it stands among the others, or would. */
size_t vc_seal_peer_place(const struct vc_seal *seal, uint32_t number);
/* Its rows are read again when they are needed. */
void vc_seal_peer_unload(struct vc_seal *seal, struct vc_seal_peer *peer);
/* With its rows read.  VC_ERR_NOT_FOUND, VC_ERR_NO_MEMORY, VC_ERR_STORE_DAMAGED. */
VC_NODISCARD vc_err vc_seal_peer_load(struct vc_seal *seal, uint32_t number,
                                      struct vc_seal_peer **ret_peer);
void vc_seal_peer_write(struct vc_seal *seal, const struct vc_seal_peer *peer);
void vc_seal_peers_deinit(struct vc_seal *seal);
void vc_seal_put(struct vc_seal *seal, enum vc_table table,
                 const struct vc_seal_key *key, const struct vc_writer *value);
void *vc_seal_alloc(struct vc_seal *seal, size_t size); /* zeroed, or NULL */
void vc_seal_free(struct vc_seal *seal, void *memory, size_t size); /* wiped */
/* Whole days since 1970. */
uint32_t vc_seal_day(const struct vc_now *now);
/* ---- sessions.c ---- */

/* The session to send under: the highest generation, then the smaller id; NULL: none. */
struct vc_seal_session *vc_seal_session_best(const struct vc_seal_peer *peer);
/* May it be sent under? */
bool vc_seal_session_is_live(const struct vc_seal_peer *peer,
                             const struct vc_seal_session *session);
struct vc_seal_session *vc_seal_session_by_id(const struct vc_seal_peer *peer,
                                              const struct vc_id16 *id);
void vc_seal_session_write(struct vc_seal *seal, const struct vc_seal_peer *peer,
                           struct vc_seal_session *session);
/* Makes it one of the peer's, with the next number; there is room. */
void vc_seal_session_add(struct vc_seal_peer *peer, struct vc_seal_session *session);
bool vc_seal_session_has_room(const struct vc_seal_peer *peer);
/* Drops the oldest while there are more than VC_SEAL_SESSIONS_MAX, as far as the store has
 * room for it. */
void vc_seal_sessions_trim(struct vc_seal *seal, struct vc_seal_peer *peer);
/* Deletes rows of kept keys, of which there are @rows->left at most; false when *@budget was not
 * enough, with what is left in @rows. */
bool vc_seal_rows_delete(struct vc_seal *seal, uint32_t peer, uint32_t session,
                         struct vc_ratchet_rows *rows, size_t *budget);
/* The other side holds it for certain: its opening is not needed any more. */
void vc_seal_session_confirm(struct vc_seal_session *session);
/* Begins one with the peer's prekey.  VC_ERR_AWAY: there is none that may be used. */
VC_NODISCARD vc_err vc_seal_session_begin(struct vc_seal *seal,
                                          const struct vc_now *now,
                                          struct vc_seal_peer *peer,
                                          struct vc_seal_session **ret_session);

/* ---- keep.c ---- */

/* Forgets what was opened and not accepted. */
void vc_seal_drop_pending(struct vc_seal *seal);
/* VC_OK when there is room for the rows that the pending state makes and deletes, beside what
 * everybody reserves. */
VC_NODISCARD vc_err vc_seal_reserve_pending(struct vc_seal *seal);
/* Writes the state of what was opened from this device, if it is not written yet. */
void vc_seal_keep_pending(struct vc_seal *seal, struct vc_seal_peer *peer);

/* ---- sweep.c ---- */

/* Deletes up to *@budget committed rows whose keys start with @prefix; false when some are left,
 * or when the store cannot be read. */
bool vc_seal_sweep(struct vc_seal *seal, enum vc_table table,
                   const struct vc_seal_key *prefix, size_t *budget);
/* Gives up kept keys whose time is over, some peers in each step. */
void vc_seal_peers_expire(struct vc_seal *seal, const struct vc_now *now);

/* ---- prekeys.c ---- */

VC_NODISCARD vc_err vc_seal_prekeys_load(struct vc_seal *seal);
const struct vc_seal_own *vc_seal_own_find(const struct vc_seal *seal, uint32_t id);
/* The private half of a one-time prekey of ours.  VC_ERR_NOT_FOUND ... */
VC_NODISCARD vc_err vc_seal_one_time_get(struct vc_seal *seal, uint32_t id,
                                         struct vc_secret32 *ret_secret);
void vc_seal_prekeys_tick(struct vc_seal *seal, const struct vc_now *now);
/* Is there a prekey of the peer's that may be used now? */
bool vc_seal_prekey_is_usable(const struct vc_seal_peer *peer);
/* Does it take the place of the one that is known? */
bool vc_seal_prekey_is_newer(const struct vc_seal_peer *peer,
                             const struct vc_prekey *prekey, const struct vc_now *now);

#endif
