/*
 * Seals for mail alone: what is sealed stays readable, behind the session and the number.
 *
 * It has the functions of node/seal/seal.h that mail calls.  Each peer has one live session at
 * first; everything opens until the test says otherwise.
 */
#ifndef VC_TESTS_UNIT_MAIL_FAKE_SEAL_H
#define VC_TESTS_UNIT_MAIL_FAKE_SEAL_H

#include "node/seal/seal.h"

enum {
    FAKE_SEAL_PEERS = 64,        /* peers 0 to 63 */
    FAKE_SEAL_HEAD_MAX = 4 + 8,  /* bytes before the object in a frame */
    FAKE_SEAL_STATE_BYTES = 64 /* of the row that is written when they are kept */
};

/* What a test may look at and turn. */
struct fake_seal_peer {
    uint32_t session; /* what is sealed under; 0: none, the next begins with the keys */
    uint32_t floor;   /* frames of sessions below this one may not be sent any more */
    uint32_t generation; /* the highest session that was seen */
    uint32_t opens_from; /* frames of sessions below this one cannot be opened */
    bool has_keys;       /* a session may begin */
    bool owes_turn;
    vc_err seal_err, open_err; /* what every call says, unless VC_OK */
    enum vc_seal_reason reason;
    uint32_t rekeys, keys_came, seals,
        confirmed;       /* calls; the session last confirmed */
    size_t rows;         /* to be purged */
    bool is_purge_stuck; /* none of them goes away */
    bool has_prefix; /* "open" stands before the frames of a session not confirmed */
};

struct vc_seal *fake_seal_new(void);
void fake_seal_free(struct vc_seal *seal);
struct fake_seal_peer *fake_seal_peer(struct vc_seal *seal, uint32_t peer);
/* From now on the state of a peer is kept in rows, written whenever the machine would. */
void fake_seal_keep(struct vc_seal *seal, struct vc_store *store);
/* Kept states are read again, as at a start. */
void fake_seal_load(struct vc_seal *seal, struct vc_store *store);
/* A prekey of ours goes with complaints. */
void fake_seal_set_own_prekey(struct vc_seal *seal, bool has_prekey);

/* Writes the frame of an object. */
void fake_seal_write(struct vc_writer *w, uint32_t session, uint64_t number,
                     struct vc_bytes object);
/* Reads one; false when it is none. */
bool fake_seal_read(struct vc_bytes frame, uint32_t *ret_session, uint64_t *ret_number,
                    struct vc_bytes *ret_object);
struct vc_id16 fake_seal_id(uint32_t session);

#endif
