/*
 * The hash of a Noise protocol, and HMAC and HKDF over it (Noise revision 34, section
 * 4.3).
 *
 * BLAKE2b is ours; SHA-256 is there because more vectors are published for it.
 */
#ifndef VC_CRYPTO_NOISE_HASH_H
#define VC_CRYPTO_NOISE_HASH_H

#include "crypto/prim.h"

enum vc_noise_hash { VC_NOISE_BLAKE2B, VC_NOISE_SHA256 };

#define VC_NOISE_HASH_MAX 64 /* bytes: BLAKE2b; SHA-256 has 32 */

size_t vc_noise_hash_len(enum vc_noise_hash hash);

/* The plain hash of the concatenation of @parts; @ret_hash has vc_noise_hash_len()
 * bytes. */
void vc_noise_hash_parts(enum vc_noise_hash hash, uint8_t *ret_hash,
                         const struct vc_bytes *parts, size_t part_count);

/* HMAC (RFC 2104) of the concatenation of @parts, of which there are at most 3; a key
 * of any length. */
void vc_noise_hmac(enum vc_noise_hash hash, uint8_t *ret_mac, struct vc_bytes key,
                   const struct vc_bytes *parts, size_t part_count);

/* HKDF of Noise: @count (1..3) outputs of vc_noise_hash_len() bytes each, one behind
 * the other, which is RFC 5869 with the chaining key as salt and an empty
 * info.  @ret_outputs may be the place of @chaining_key or @input. */
void vc_noise_hkdf(enum vc_noise_hash hash, uint8_t *ret_outputs, size_t count,
                   struct vc_bytes chaining_key, struct vc_bytes input);

#endif
