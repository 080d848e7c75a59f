/*
 * The handshake datagrams of a link: what stands around the Noise messages.
 *
 * crypto/SPEC.md, "Link handshake".  Two kinds: XK between contacts, whose mask key
 * comes from the responder's contacts key K; and the join, XXpsk3, whose psk and mask
 * key come from an invite's secret.  This module builds and reads single datagrams; who
 * retransmits, how many are half open and when a cookie is demanded is node/link's
 * business.
 *
 * Every datagram is 16 bytes of salt and a body under XChaCha20(mask key, salt || 0).
 * In all but the first message the salt starts with the receiver's cid, which is how
 * they are told apart: look up the first 8 bytes first, then try masks.
 *
 *   msg1    salt 16 | sender's cid 8 | cookie 16 or zeros | noise | mac1 16
 *   msg2    receiver's cid 8, random 8 | noise
 *   msg3    receiver's cid 8, random 8 | noise
 *   cookie  receiver's cid 8, random 8 | sealed cookie
 *
 * The payloads carry version and capabilities (msg1, msg2), the responder's cid (msg2),
 * the tag of the session that it continues or zeros (msg3), and padding of a random
 * length inside the encryption.  Every byte is authenticated: one flipped bit anywhere
 * and the datagram is refused, with the state as it was.
 *
 *   initiator                          responder
 *   init, write_msg1   ----- msg1 ---> open_msg1 under each mask
 *   read_cookie        <---- cookie -- write_cookie, when busy and it had no valid one
 *   write_msg1         ----- msg1 ---> init, read_msg1, write_msg2
 *   read_msg2          <---- msg2 ----
 *   write_msg3         ----- msg3 ---> read_msg3
 */
#ifndef VC_CRYPTO_HANDSHAKE_H
#define VC_CRYPTO_HANDSHAKE_H

#include "crypto/base/cursor.h"
#include "crypto/noise.h"

#define VC_CID_LEN        8
#define VC_COOKIE_LEN     16
#define VC_NETWORK_ID_MAX 32 /* bytes */
#define VC_LINK_VERSION   1

/* Bytes of a datagram.  Writers stay below VC_HANDSHAKE_MAX; readers refuse what is
 * longer.  Shorter than the shortest kind (a cookie reply) is no handshake datagram at
 * all. */
#define VC_HANDSHAKE_MAX      256
#define VC_HANDSHAKE_MIN      48
#define VC_HANDSHAKE_MSG1_MIN 125 /* as long as the shortest msg2 of a join */

/* The Noise part of the longest msg1 that we write: e 32, payload 5 + 16 + 63, tag
 * 16. */
#define VC_HANDSHAKE_NOISE1_MAX 132

struct vc_cid {
    uint8_t b[VC_CID_LEN];
};

struct vc_session_tag {
    uint8_t b[8];
};

enum vc_handshake_kind { VC_HANDSHAKE_LINK, VC_HANDSHAKE_JOIN };

/* What hides the datagrams towards one responder: all three from one secret. */
struct vc_mask {
    struct vc_secret32 stream; /* the XChaCha20 key */
    struct vc_secret32 mac;    /* of mac1 */
    struct vc_secret32 cookie; /* seals cookie replies */
};

/* Of a contact: his contacts key K and the static key of his device. */
void vc_mask_of_contact(struct vc_mask *ret_mask, struct vc_bytes network_id,
                        const struct vc_secret32 *contacts_key,
                        const struct vc_key32 *dev_dh);
/* Of an invite: its secret. */
void vc_mask_of_invite(struct vc_mask *ret_mask, struct vc_bytes network_id,
                       const struct vc_id16 *secret);

/* One side's state of one handshake, about 800 bytes. */
struct vc_handshake {
    enum vc_handshake_kind kind;
    struct vc_noise noise;
    struct vc_mask mask;
    struct vc_cid own_cid, peer_cid; /* an initiator knows peer_cid after msg2 */
    uint32_t capabilities;
    uint8_t noise1[VC_HANDSHAKE_NOISE1_MAX]; /* initiator: the Noise part of msg1 */
    uint8_t noise1_len;
    uint8_t peer_version;
    uint32_t peer_capabilities;
    struct vc_session_tag continues; /* msg3: what it continues; zero: a new session */
};

struct vc_handshake_config {
    enum vc_handshake_kind kind;
    bool is_initiator;
    struct vc_bytes network_id; /* in every prologue: 1..VC_NETWORK_ID_MAX */
    const struct vc_mask *mask;
    const struct vc_secret32 *dev_dh; /* own static key */
    const struct vc_key32
        *dev_dh_public;                 /* its public half; NULL: made, takes longer */
    const struct vc_key32 *peer_dev_dh; /* LINK initiator only */
    const struct vc_key32 *responder_root; /* LINK only; in the prologue */
    const struct vc_id16 *invite_secret;   /* JOIN only */
    const struct vc_secret32 *e;           /* fresh randomness for this handshake */
    struct vc_cid own_cid;  /* fresh randomness, looked up by the owner */
    struct vc_cid peer_cid; /* responder only: sender_cid of msg1 */
    uint32_t capabilities;  /* own */
};

/* Copies what it needs of @cfg. */
void vc_handshake_init(struct vc_handshake *hs, const struct vc_handshake_config *cfg);

/*
 * Initiator: writes msg1, with a fresh salt at every transmission around a Noise part
 * that is made once.  @cookie: VC_COOKIE_LEN bytes; NULL while none was demanded; a
 * cookie is good only for the way on which it came.  VC_ERR_AUTH: the peer's static key
 * is bad.
 */
VC_NODISCARD vc_err vc_handshake_write_msg1(struct vc_handshake *hs,
                                            const uint8_t *cookie, struct vc_rng *rng,
                                            struct vc_writer *w);

/* What a first look at an unknown datagram under one mask finds. */
struct vc_msg1 {
    struct vc_cid sender_cid;
    uint8_t cookie[VC_COOKIE_LEN];
    struct vc_bytes
        noise_part; /* inside the caller's scratch; its first 32 bytes are the
                                   ephemeral, equal in all transmissions of one msg1 */
};

/*
 * Unmasks @datagram into @scratch (VC_HANDSHAKE_MAX bytes) and checks mac1: false for
 * everything that was not made with this mask.  Costs about a microsecond, no DH.
 */
VC_NODISCARD bool vc_handshake_open_msg1(const struct vc_mask *mask,
                                         struct vc_bytes datagram, uint8_t *scratch,
                                         struct vc_msg1 *ret_msg1);

/* The cookie of the sender at @address (its encoded bytes, at most 32) for this msg1;
 * @secret is the responder's and turns every 120 s. */
void vc_cookie_make(uint8_t ret_cookie[VC_COOKIE_LEN], const struct vc_secret32 *secret,
                    struct vc_bytes address, const struct vc_msg1 *msg1);
bool vc_cookie_is_valid(const struct vc_msg1 *msg1, const struct vc_secret32 *secret,
                        struct vc_bytes address);
/* The reply that demands it: shorter than any msg1, sealed so that only who knows this
 * msg1 and the mask can read or make it. */
VC_NODISCARD vc_err vc_handshake_write_cookie(const struct vc_mask *mask,
                                              const struct vc_msg1 *msg1,
                                              const uint8_t cookie[VC_COOKIE_LEN],
                                              struct vc_rng *rng, struct vc_writer *w);
/* Initiator: is this a cookie reply to our msg1?  Ask before vc_handshake_read_msg2():
 * it costs no DH. */
VC_NODISCARD bool vc_handshake_read_cookie(const struct vc_handshake *hs,
                                           struct vc_bytes datagram,
                                           uint8_t ret_cookie[VC_COOKIE_LEN]);

/* Responder: takes the noise part of msg1 into a fresh state; VC_ERR_AUTH, MALFORMED,
 * UNSUPPORTED: drop and wipe. */
VC_NODISCARD vc_err vc_handshake_read_msg1(struct vc_handshake *hs,
                                           const struct vc_msg1 *msg1);
/* Responder: writes msg2, at most @msg1_len bytes (the length of msg1's
 * datagram).  Keep the bytes to retransmit them. */
VC_NODISCARD vc_err vc_handshake_write_msg2(struct vc_handshake *hs, size_t msg1_len,
                                            struct vc_rng *rng, struct vc_writer *w);
/* Initiator.  A forged, foreign or repeated msg2 is refused and changes nothing. */
VC_NODISCARD vc_err vc_handshake_read_msg2(struct vc_handshake *hs,
                                           struct vc_bytes datagram);
/* Initiator: then the handshake is done on this side.  Keep the bytes to retransmit
 * them.  @continues: zeros for a new session. */
VC_NODISCARD vc_err vc_handshake_write_msg3(struct vc_handshake *hs,
                                            const struct vc_session_tag *continues,
                                            struct vc_rng *rng, struct vc_writer *w);
/* Responder: afterwards hs->noise.rs is the proved static key of the initiator.  A
 * forged, foreign or repeated msg3 is refused and changes nothing. */
VC_NODISCARD vc_err vc_handshake_read_msg3(struct vc_handshake *hs,
                                           struct vc_bytes datagram);

bool vc_handshake_is_done(const struct vc_handshake *hs);

/* The session's tag, equal on both sides, from the final handshake hash. */
void vc_handshake_tag(const struct vc_handshake *hs, struct vc_session_tag *ret_tag);

void vc_handshake_wipe(struct vc_handshake *hs);

#endif
