/*
 * What the handshake's files share: the salt and the mask over a datagram.
 */
#ifndef VC_CRYPTO_HANDSHAKE_MASK_H
#define VC_CRYPTO_HANDSHAKE_MASK_H

#include "crypto/handshake.h"

#define VC_SALT_LEN  16
#define VC_MAC1_LEN  16
#define VC_CLAIM_LEN 5 /* version 1, capabilities 4 */

/* Zeros at the end of every payload: 0..63, so that no datagram has a fixed length,
 * and 16 more in msg1, which make the shortest as long as a join's shortest msg2. */
#define VC_PAD_CHOICES  64
#define VC_MSG1_PAD_MIN 16

/* The shortest msg2 of either kind and the shortest msg3. */
#define VC_LINK_MSG2_MIN 77
#define VC_JOIN_MSG2_MIN 125
#define VC_MSG3_MIN      88

/* Writes the salt of a datagram to @receiver: his cid and 8 random bytes. */
void vc_mask_write_salt(const struct vc_cid *receiver, struct vc_rng *rng,
                        struct vc_writer *w);

/* Masks what was written from @start on, behind the salt.  VC_ERR_FULL when the
 * writer's room was short. */
VC_NODISCARD vc_err vc_mask_written(const struct vc_mask *mask, uint8_t *start,
                                    struct vc_writer *w);

/* Takes the mask off into @scratch (VC_HANDSHAKE_MAX bytes), which @ret_body then
 * borrows; false when the datagram is too short or too long. */
VC_NODISCARD bool vc_mask_remove(const struct vc_mask *mask, struct vc_bytes datagram,
                                 uint8_t *scratch, struct vc_bytes *ret_body);

#endif
