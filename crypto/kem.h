/*
 * A key encapsulation mechanism as the opening of a session sees it; crypto/SPEC.md, "Opening".
 *
 * Suite 0x0001 has none.  The place is there so that one can be mixed in later without another
 * protocol: a suite says which it is, a prekey says (by capability and hash) that its owner has a
 * key for it, and the transcript holds all of that.
 */
#ifndef VC_CRYPTO_KEM_H
#define VC_CRYPTO_KEM_H

#include "crypto/prim.h"

#define VC_KEM_PUBLIC_MAX     1184 /* bytes: ML-KEM-768's */
#define VC_KEM_CIPHERTEXT_MAX 1088

/* All lengths in bytes; a shared secret has 32. */
struct vc_kem {
    uint16_t suite; /* that has it */
    size_t public_len, secret_len, ciphertext_len;
    void (*keypair)(uint8_t *ret_public, uint8_t *ret_secret, const uint8_t seed[64]);
    /* Both false when the key or the ciphertext is not of the form. */
    bool (*encapsulate)(uint8_t *ret_ciphertext, struct vc_secret32 *ret_shared,
                        const uint8_t *public_key, const uint8_t coins[32]);
    bool (*decapsulate)(struct vc_secret32 *ret_shared, const uint8_t *secret_key,
                        const uint8_t *ciphertext);
};

/* H-256("kem key", ; public key): what a prekey names. */
void vc_kem_hash(struct vc_hash32 *ret_hash, struct vc_bytes public_key);

#endif
