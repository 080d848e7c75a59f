/*
 * The rows that node/seal keeps.  storage/SCHEMA.md, "Session rows", has their layout.
 */
#ifndef VC_NODE_SEAL_ROWS_H
#define VC_NODE_SEAL_ROWS_H

#include "node/seal/limits.h"

#define VC_SEAL_KEY_MAX         20
#define VC_SEAL_PEER_ROW_MAX    512
#define VC_SEAL_SESSION_ROW_MAX (64 + VC_SEAL_OPENING_MAX + VC_RATCHET_ENCODED_MAX)
#define VC_SEAL_PREKEY_ROW_MAX  (2 + 32 + 4 + VC_PREKEY_LEN)
#define VC_SEAL_SKIPPED_ROW_LEN 33

struct vc_seal_key {
    uint8_t b[VC_SEAL_KEY_MAX];
    size_t len;
};

struct vc_seal_key vc_seal_key_session(uint32_t peer,
                                       uint32_t session); /* 0: the peer */
struct vc_seal_key vc_seal_key_skipped(uint32_t peer, uint32_t session,
                                       const struct vc_ratchet_place *place);
struct vc_seal_key vc_seal_key_prekey(uint32_t id);
struct vc_seal_key vc_seal_key_replay(uint32_t prekey_id, const struct vc_id16 *name);
VC_NODISCARD vc_err vc_seal_key_prekey_read(struct vc_bytes key, uint32_t *ret_id);
struct vc_bytes vc_seal_key_bytes(const struct vc_seal_key *key);

/* What is known of a device and its sessions. */
struct vc_seal_peer_row {
    uint32_t generation; /* the highest that was seen */
    uint32_t floor;      /* sessions below it send no more */
    uint32_t next;       /* number of the next session, from 1 */
    uint16_t suite;      /* the best that was ever used with it */
    uint8_t reason;      /* of the next session that we begin: enum vc_seal_reason */
    uint8_t session_count;
    uint32_t sessions[VC_SEAL_SESSIONS_ROOM]; /* ascending */
    bool has_prekey;
    struct vc_prekey prekey;
    uint8_t one_time_count;
    struct vc_one_time one_times[VC_SEAL_ONE_TIMES_MAX]; /* ascending by id */
};

void vc_seal_peer_row_write(struct vc_writer *w, const struct vc_seal_peer_row *row);
VC_NODISCARD vc_err vc_seal_peer_row_read(struct vc_bytes value,
                                          struct vc_seal_peer_row *ret_row);

/* One session, but for its opening and ratchet. */
struct vc_seal_session_row {
    bool is_initiator;
    bool is_confirmed; /* the other side has it for certain */
    uint8_t reason;
    uint32_t generation;
    vc_ms made_at;           /* Unix */
    uint32_t prekey_id;      /* that it began with */
    struct vc_id16 name;     /* of its opening */
    struct vc_bytes opening; /* borrowed; the initiator's, until it is confirmed */
};

void vc_seal_session_row_write(struct vc_writer *w,
                               const struct vc_seal_session_row *row,
                               const struct vc_ratchet *ratchet);
VC_NODISCARD vc_err vc_seal_session_row_read(struct vc_bytes value,
                                             struct vc_seal_session_row *ret_row,
                                             struct vc_ratchet *ret_ratchet);

/* A prekey of ours: secret. */
struct vc_seal_prekey_row {
    bool is_one_time;
    struct vc_secret32 secret;
    struct vc_prekey prekey; /* signed ones, */
    uint32_t order;          /* and the how manieth it is, whatever the clock said */
    uint32_t day;            /* one-time ones: when it was given away */
};

void vc_seal_prekey_row_write(struct vc_writer *w,
                              const struct vc_seal_prekey_row *row);
VC_NODISCARD vc_err vc_seal_prekey_row_read(struct vc_bytes value,
                                            struct vc_seal_prekey_row *ret_row);

void vc_seal_skipped_row_write(struct vc_writer *w, const struct vc_secret32 *key);
VC_NODISCARD vc_err vc_seal_skipped_row_read(struct vc_bytes value,
                                             struct vc_secret32 *ret_key);

/* An opening that was taken: a version and nothing else. */
void vc_seal_replay_row_write(struct vc_writer *w);

#endif
