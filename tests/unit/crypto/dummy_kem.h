/*
 * A key encapsulation mechanism that hides nothing, with the lengths of ML-KEM-768: for tests
 * of what is done with one.
 *
 *     public = H(secret) 32 || zeros      ciphertext = (coins XOR H(H(secret))) 32 || zeros
 */
#ifndef VC_TESTS_UNIT_CRYPTO_DUMMY_KEM_H
#define VC_TESTS_UNIT_CRYPTO_DUMMY_KEM_H

#include <string.h>

#include "crypto/kem.h"

enum {
    DUMMY_KEM_SUITE = 0xff01,
    DUMMY_KEM_SECRET_LEN = 64,
};

static inline void dummy_kem_hash(uint8_t ret_hash[32], const char *label,
                                  const uint8_t *bytes, size_t len)
{
    vc_hash(ret_hash, 32, label, NULL, (struct vc_bytes){bytes, len});
}

static inline void dummy_kem_keypair(uint8_t *ret_public, uint8_t *ret_secret,
                                     const uint8_t seed[64])
{
    memset(ret_public, 0, VC_KEM_PUBLIC_MAX);
    memcpy(ret_secret, seed, DUMMY_KEM_SECRET_LEN);
    dummy_kem_hash(ret_public, "dummy public", ret_secret, DUMMY_KEM_SECRET_LEN);
}

static inline void dummy_kem_share(struct vc_secret32 *ret_shared,
                                   const uint8_t *public_key, const uint8_t coins[32])
{
    uint8_t bytes[64];

    memcpy(bytes, public_key, 32);
    memcpy(bytes + 32, coins, 32);
    dummy_kem_hash(ret_shared->b, "dummy shared", bytes, sizeof(bytes));
}

static inline bool dummy_kem_encapsulate(uint8_t *ret_ciphertext,
                                         struct vc_secret32 *ret_shared,
                                         const uint8_t *public_key,
                                         const uint8_t coins[32])
{
    if (!vc_is_zero(public_key + 32, VC_KEM_PUBLIC_MAX - 32)) {
        return false;
    }
    memset(ret_ciphertext, 0, VC_KEM_CIPHERTEXT_MAX);
    dummy_kem_hash(ret_ciphertext, "dummy mask", public_key, 32);
    for (size_t i = 0; i < 32; i++) {
        ret_ciphertext[i] ^= coins[i];
    }
    dummy_kem_share(ret_shared, public_key, coins);
    return true;
}

static inline bool dummy_kem_decapsulate(struct vc_secret32 *ret_shared,
                                         const uint8_t *secret_key,
                                         const uint8_t *ciphertext)
{
    uint8_t public_key[32], coins[32];

    if (!vc_is_zero(ciphertext + 32, VC_KEM_CIPHERTEXT_MAX - 32)) {
        return false;
    }
    dummy_kem_hash(public_key, "dummy public", secret_key, DUMMY_KEM_SECRET_LEN);
    dummy_kem_hash(coins, "dummy mask", public_key, sizeof(public_key));
    for (size_t i = 0; i < 32; i++) {
        coins[i] ^= ciphertext[i];
    }
    dummy_kem_share(ret_shared, public_key, coins);
    return true;
}

static const struct vc_kem dummy_kem = {
    .suite = DUMMY_KEM_SUITE,
    .public_len = VC_KEM_PUBLIC_MAX,
    .secret_len = DUMMY_KEM_SECRET_LEN,
    .ciphertext_len = VC_KEM_CIPHERTEXT_MAX,
    .keypair = dummy_kem_keypair,
    .encapsulate = dummy_kem_encapsulate,
    .decapsulate = dummy_kem_decapsulate,
};

#endif
