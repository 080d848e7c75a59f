/*
 * The handshake datagrams of a link: what stands around the Noise messages.
 *
 * crypto/SPEC.md, "Link handshake".  Two kinds: XK between contacts, whose mask key comes
 * from the responder's contacts key K; and the join, XXpsk3, whose psk and mask key come
 * from an invite's secret.  This module builds and reads single datagrams; who retransmits,
 * how many are half open and when a cookie is demanded is node/link's business.
 *
 * Every datagram is 16 bytes of salt and a body under XChaCha20(mask key, salt || 0).
 * In all but the first message the salt starts with the receiver's cid, which is how they
 * are told apart: look up the first 8 bytes first, then try masks.
 *
 *   msg1    salt 16 | sender's cid 8 | noise | mac1 16 | mac2 16
 *   msg2    receiver's cid 8, random 8 | sender's cid 8 | noise | random padding never
 *           beyond the length of msg1
 *   msg3    receiver's cid 8, random 8 | noise
 *   cookie  receiver's cid 8, random 8 | sealed cookie
 *
 * The payloads carry version, capabilities, and in msg3 (XK) the tag of the session that
 * it continues, or zeros.
 */
#ifndef VC_CRYPTO_HANDSHAKE_H
#define VC_CRYPTO_HANDSHAKE_H

#include "crypto/base/cursor.h"
#include "crypto/identity.h"
#include "crypto/noise.h"

#define VC_CID_LEN 8
#define VC_COOKIE_LEN 16
#define VC_HANDSHAKE_MAX 512 /* no handshake datagram is longer */
#define VC_LINK_VERSION 1

struct vc_cid { uint8_t b[VC_CID_LEN]; };
struct vc_session_tag { uint8_t b[8]; };

enum vc_handshake_kind { VC_HANDSHAKE_LINK, VC_HANDSHAKE_JOIN };

/* mask and mac1 keys of one address book entry: ("link", K of the responder || dev_dh of
 * the responder), or of an invite. */
struct vc_mask { struct vc_secret32 key; };

void vc_mask_of_contact(struct vc_mask *ret_mask, struct vc_bytes network_id,
                        const struct vc_secret32 *contacts_key, const struct vc_key32 *dev_dh);
void vc_mask_of_invite(struct vc_mask *ret_mask, struct vc_bytes network_id,
                       const struct vc_id16 *secret);

/* One side's state of one handshake, about 600 bytes. */
struct vc_handshake {
    enum vc_handshake_kind kind;
    struct vc_noise noise;
    struct vc_mask mask;
    struct vc_cid own_cid, peer_cid;
    uint8_t mac1[16];                /* of the msg1 sent, to open a cookie with */
    uint8_t peer_version;
    uint32_t peer_capabilities;
    struct vc_session_tag continues; /* msg3: what it continues; zero: a new session */
};

struct vc_handshake_config {
    enum vc_handshake_kind kind;
    bool is_initiator;
    struct vc_bytes network_id;            /* mixed into every prologue; at most 32 bytes */
    struct vc_mask mask;
    const struct vc_secret32 *dev_dh;      /* own static key */
    const struct vc_key32 *peer_dev_dh;    /* LINK initiator only */
    const struct vc_key32 *responder_root; /* LINK only; in the prologue */
    const struct vc_id16 *invite_secret;   /* JOIN only */
    const struct vc_secret32 *e;           /* fresh */
    struct vc_cid own_cid;                 /* fresh, looked up by the owner */
    uint32_t capabilities;                 /* own */
};

void vc_handshake_init(struct vc_handshake *hs, const struct vc_handshake_config *cfg);

/*
 * msg1 is made once with its noise part, then written anew (fresh salt) for each
 * transmission; @cookie NULL while none was demanded.  @noise_part keeps the bytes.
 */
VC_NODISCARD vc_err vc_handshake_write_msg1(struct vc_handshake *hs, struct vc_writer *ret_noise_part);
VC_NODISCARD vc_err vc_handshake_wrap_msg1(struct vc_handshake *hs, struct vc_bytes noise_part,
                                           const uint8_t *cookie, struct vc_rng *rng,
                                           struct vc_writer *w);

/* What a first look at an unknown datagram under one mask finds. */
struct vc_msg1 {
    struct vc_cid sender_cid;
    struct vc_bytes noise_part; /* inside the caller's scratch */
    uint8_t mac1[16];
    uint8_t mac2[16];
};

/*
 * Unmasks @datagram into @scratch (VC_HANDSHAKE_MAX bytes) and checks mac1: false for
 * everything that was not made with this mask.  Costs about a microsecond, no DH.
 */
VC_NODISCARD bool vc_handshake_open_msg1(const struct vc_mask *mask, struct vc_bytes datagram,
                                         uint8_t *scratch, struct vc_msg1 *ret_msg1);

/* Cookies: keyed BLAKE2b("cookie", @secret; address, mac1). */
void vc_cookie_make(uint8_t ret_cookie[VC_COOKIE_LEN], const struct vc_secret32 *secret,
                    struct vc_bytes address, const uint8_t mac1[16]);
bool vc_cookie_is_valid(const struct vc_msg1 *msg1, const struct vc_secret32 *secret,
                        struct vc_bytes address);
/* The reply that demands it; sealed so that only who sent msg1 can read it. */
void vc_handshake_write_cookie(const struct vc_mask *mask, const struct vc_msg1 *msg1,
                               const uint8_t cookie[VC_COOKIE_LEN], struct vc_rng *rng,
                               struct vc_writer *w);
VC_NODISCARD bool vc_handshake_read_cookie(const struct vc_handshake *hs, struct vc_bytes datagram,
                                           uint8_t ret_cookie[VC_COOKIE_LEN]);

/* Responder: takes the noise part of msg1 into a fresh state; VC_ERR_AUTH, MALFORMED,
 * UNSUPPORTED: drop. */
VC_NODISCARD vc_err vc_handshake_read_msg1(struct vc_handshake *hs, const struct vc_msg1 *msg1);
/* Responder: writes msg2, at most @msg1_len bytes. */
VC_NODISCARD vc_err vc_handshake_write_msg2(struct vc_handshake *hs, size_t msg1_len,
                                            struct vc_rng *rng, struct vc_writer *w);
/* Initiator.  A forged or foreign msg2 changes nothing. */
VC_NODISCARD vc_err vc_handshake_read_msg2(struct vc_handshake *hs, struct vc_bytes datagram);
/* Initiator: then the handshake is done on this side.  Keep the bytes to retransmit them. */
VC_NODISCARD vc_err vc_handshake_write_msg3(struct vc_handshake *hs,
                                            const struct vc_session_tag *continues,
                                            struct vc_rng *rng, struct vc_writer *w);
/* Responder: afterwards hs->noise.rs is the proved static key of the initiator. */
VC_NODISCARD vc_err vc_handshake_read_msg3(struct vc_handshake *hs, struct vc_bytes datagram);

/* The session's tag, equal on both sides, from the final handshake hash. */
void vc_handshake_tag(const struct vc_handshake *hs, struct vc_session_tag *ret_tag);

void vc_handshake_wipe(struct vc_handshake *hs);

#endif
