/*
 * What the ratchet is made of: the steps of its keys and the two sealed parts of a frame;
 * crypto/SPEC.md, "Ratchet".  For ratchet.c and ratchet_open.c only.
 */
#ifndef VC_CRYPTO_RATCHET_STEP_H
#define VC_CRYPTO_RATCHET_STEP_H

#include "crypto/ratchet.h"

/* @chain goes on by one; @ret_key is the message key of the frame it stood at. */
void vc_ratchet_chain_step(struct vc_secret32 *chain, struct vc_secret32 *ret_key);

/* Secret: what a DH step gives. */
struct vc_ratchet_turn {
    struct vc_secret32 root;
    struct vc_secret32 chain;
    struct vc_siv_key header;
};

/* false when @peer is of low order; nothing is given then. */
VC_NODISCARD bool vc_ratchet_dh_step(struct vc_ratchet_turn *ret_turn,
                                     const struct vc_secret32 *root,
                                     const struct vc_secret32 *own,
                                     const struct vc_key32 *peer);

struct vc_ratchet_header {
    struct vc_key32 key;
    uint32_t n;
    uint32_t before; /* PN */
};

/* The first VC_RATCHET_HEADER_LEN bytes of a frame. */
void vc_ratchet_header_seal(uint8_t *ret_frame, const struct vc_siv_key *key,
                            const struct vc_id16 *session,
                            const struct vc_ratchet_header *header);
/* One trial of a header key; @frame has VC_RATCHET_OVERHEAD bytes or more. */
VC_NODISCARD bool vc_ratchet_header_open(struct vc_ratchet_header *ret_header,
                                         const struct vc_siv_key *key,
                                         const struct vc_id16 *session,
                                         struct vc_bytes frame);

/* What is behind the header, which stands in @frame already.  @key: the message key. */
void vc_ratchet_text_seal(uint8_t *frame, const struct vc_secret32 *key,
                          const struct vc_id16 *session, struct vc_bytes plain);
/* false, with @ret_plain wiped, when it was not sealed with @key behind this header. */
VC_NODISCARD bool vc_ratchet_text_open(uint8_t *ret_plain,
                                       const struct vc_secret32 *key,
                                       const struct vc_id16 *session,
                                       struct vc_bytes frame);

#endif
