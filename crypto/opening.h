/*
 * The opening of an end-to-end session: the part that stands in front of every frame until the
 * first reply, and that hides who sends it; crypto/SPEC.md, "Opening".
 *
 * One message of Noise with two or three keys of the recipient known beforehand: his device's
 * static key, his signed prekey and, when there is one, a one-time prekey.  The sender is hidden
 * from everybody but the recipient's device and is proved by his static key, without a signature,
 * so that nobody can show it to others.
 *
 *   initiator                                recipient
 *   vc_opening_write    ------ bytes ------> vc_opening_peek    which keys, how long
 *                                            vc_opening_read    who, and the session's keys
 *   vc_ratchet_init_initiator                vc_ratchet_init_recipient
 *
 * The bytes are made once for a session, kept, and repeated as they are.
 */
#ifndef VC_CRYPTO_OPENING_H
#define VC_CRYPTO_OPENING_H

#include "crypto/identity.h"
#include "crypto/kem.h"
#include "crypto/prekey.h"

#define VC_OPENING_HEAD_LEN      44  /* e and the masked head */
#define VC_OPENING_STATEMENT_MAX 255 /* bytes of a live statement */
/* Without a KEM; with one VC_KEM_CIPHERTEXT_MAX more. */
#define VC_OPENING_PAYLOAD_MAX 768
#define VC_OPENING_MAX         2048

/* Secret: what both sides have afterwards. */
struct vc_session_keys {
    struct vc_id16 id;
    struct vc_secret32 root;
    uint8_t to_recipient[64]; /* header key of the initiator's first chain: mac, enc */
    uint8_t to_initiator[64]; /* next header key of the recipient's */
};

/* To whom. */
struct vc_opening_recipient {
    struct vc_key32 root;
    uint16_t index;
    struct vc_key32 dev_dh;
    const struct vc_prekey *prekey;     /* verified by the caller */
    const struct vc_one_time *one_time; /* NULL: none */
    const struct vc_kem *kem;           /* of the prekey's suite; NULL: suite 0x0001 */
    struct vc_bytes kem_public;         /* with a KEM: judged here by its hash */
};

/* Who, as the recipient learns it.  Bytes are borrowed from the caller's scratch. */
struct vc_opening_sender {
    struct vc_key32 root;
    struct vc_certificate certificate; /* of the device whose dev_dh it is */
    uint32_t
        generation; /* of the session: 1 + the highest seen between the two devices */
    uint32_t capabilities;
    struct vc_bytes statement; /* the live statement, not judged here; may be empty */
};

struct vc_opening_config {
    struct vc_bytes network_id;
    const struct vc_opening_recipient *to;
    const struct vc_opening_sender *from;
    const struct vc_secret32 *dev_dh; /* the sender's */
    const struct vc_secret32 *e;      /* fresh: used for this opening only */
    const struct vc_secret32 *coins;  /* fresh; with a KEM only */
};

/* Five multiplications, four without a one-time prekey.  VC_ERR_AUTH: a key of the recipient's
 * is of low order, or the KEM key not the one that the prekey names.  VC_ERR_UNSUPPORTED: the
 * prekey does not take the KEM's suite.  VC_ERR_FULL: @w is too small (VC_OPENING_MAX is
 * enough). */
VC_NODISCARD vc_err vc_opening_write(const struct vc_opening_config *cfg,
                                     struct vc_writer *w,
                                     struct vc_session_keys *ret_keys);

/* What the head says to whoever it is for; random to others. */
struct vc_opening_head {
    uint16_t suite;
    uint16_t len; /* of the whole opening, checked against the bytes that are there */
    uint32_t prekey_id;
    uint32_t one_time_id; /* 0: none */
};

/* The mask of the openings to one device: made once. */
void vc_opening_mask(struct vc_secret32 *ret_mask, struct vc_bytes network_id,
                     const struct vc_key32 *root, uint16_t index);

/* Takes the mask off the head of @object, an opening with whatever follows it: false when it is
 * too short or its length cannot be.  No DH; anybody's bytes may come through, with random
 * ids.  What it says is true when vc_opening_read() says so. */
VC_NODISCARD bool vc_opening_peek(const struct vc_secret32 *mask,
                                  struct vc_bytes object,
                                  struct vc_opening_head *ret_head);

/* H-128("opening", ; the opening's bytes): its name, for what was seen before. */
void vc_opening_name(struct vc_id16 *ret_name, struct vc_bytes opening);

/* The recipient's private side. */
struct vc_opening_private {
    struct vc_bytes network_id;
    struct vc_key32 root; /* his own account */
    uint16_t index;
    const struct vc_secret32 *dev_dh;
    const struct vc_key32 *dev_dh_public;
    const struct vc_prekey *prekey; /* as it was published */
    const struct vc_secret32 *prekey_secret;
    const struct vc_one_time *one_time; /* NULL when the head names none */
    const struct vc_secret32 *one_time_secret;
    const struct vc_kem *kem; /* of the prekey's suite; NULL: suite 0x0001 only */
    struct vc_bytes kem_public, kem_secret;
};

/*
 * Reads an opening: exactly its bytes.  Four multiplications, three without a one-time prekey.
 * @scratch: VC_OPENING_PAYLOAD_MAX bytes, into which @ret_sender borrows.  Proves that the sender
 * holds the private half of the certificate's dev_dh; whether its root signed the certificate is
 * the caller's to verify or to know (vc_certificate_verify()), and whether the same bytes came
 * before (vc_opening_name()), and whether the contact may still use so low a suite.
 * VC_ERR_AUTH: not for these keys, or forged; VC_ERR_MALFORMED: authentic but not of the form;
 * VC_ERR_UNSUPPORTED: another suite than the keys have.  Drop it in all cases.
 */
VC_NODISCARD vc_err vc_opening_read(const struct vc_opening_private *own,
                                    struct vc_bytes opening, uint8_t *scratch,
                                    struct vc_opening_sender *ret_sender,
                                    struct vc_session_keys *ret_keys);

#endif
