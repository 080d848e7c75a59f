/*
 * Blinded record keys: the record key R of an account in another shape for each day and
 * place, so that what is published there shows neither R nor that two of them belong together.
 *
 * crypto/SPEC.md, "Blinding".  The arithmetic is that of Tor's onion services (rend-spec-v3,
 * appendix A): whoever holds R computes the public halves, whoever has R's secret half signs
 * under them, and everybody verifies with vc_sign_verify().
 *
 * A blinded secret half never leaves the device: with the factor it gives R's away.
 */
#ifndef VC_CRYPTO_BLIND_H
#define VC_CRYPTO_BLIND_H

#include "crypto/prim.h"

#define VC_EPOCH_S 86400 /* an epoch is a day: Unix time in seconds / VC_EPOCH_S */

/*
 * The factor h under which a record stands in @epoch: that of device @index of the account,
 * and that of the invite with @secret, which whoever has the invite finds.  Secret towards
 * those who do not hold R.
 */
void vc_blind_of_device(struct vc_scalar *ret_factor, const struct vc_key32 *record,
                        uint32_t epoch, uint16_t index);
void vc_blind_of_invite(struct vc_scalar *ret_factor, const struct vc_key32 *record,
                        uint32_t epoch, const struct vc_id16 *secret);

/* P' = h R.  false when @record is not a valid point or P' the neutral one. */
VC_NODISCARD bool vc_blind_public(struct vc_key32 *ret_public,
                                  const struct vc_key32 *record,
                                  const struct vc_scalar *factor);

/* Where the storing nodes of P' are looked for: its place among the ids of the DHT. */
void vc_blind_place(struct vc_hash32 *ret_place, const struct vc_key32 *public_key);

/* Both halves of a blinded key; wipe it. */
struct vc_blinded {
    struct vc_key32 public_key;   /* P' */
    struct vc_scalar secret;      /* a' = h r mod L, where r is R's secret scalar */
    struct vc_secret32 nonce_key; /* the same for all keys of one R */
};

/* false, with the key wiped, when P' would be the neutral point. */
VC_NODISCARD bool vc_blind_secret(struct vc_blinded *ret_key,
                                  const struct vc_sign_secret *record_secret,
                                  const struct vc_scalar *factor);
void vc_blinded_wipe(struct vc_blinded *key);

/* An Ed25519 signature.  @message begins with its label of 16 bytes, as all that is signed. */
void vc_blinded_sign(struct vc_sig *ret_sig, const struct vc_blinded *key,
                     struct vc_bytes message);

#endif
