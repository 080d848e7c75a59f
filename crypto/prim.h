/*
 * Primitives: every use of libsodium, behind types and names of our own.
 *
 * prim.c is the one file that includes sodium.h.  Secrets are struct types; wipe them
 * on every exit.  Nothing here draws randomness from the system: generators are seeded
 * by whoever owns the machine.
 */
#ifndef VC_CRYPTO_PRIM_H
#define VC_CRYPTO_PRIM_H

#include "crypto/base/base.h"
#include "crypto/base/cursor.h"
#include "crypto/base/err.h"

/* Secret: an X25519 scalar, a seed or a symmetric key. */
struct vc_secret32 {
    uint8_t b[32];
};

/* Secret: an Ed25519 seed and, behind it, the public key. */
struct vc_sign_secret {
    uint8_t b[64];
};

/* A public key, X25519 or Ed25519. */
struct vc_key32 {
    uint8_t b[32];
};

struct vc_hash32 {
    uint8_t b[32];
};

struct vc_id16 {
    uint8_t b[16];
};

struct vc_sig {
    uint8_t b[64];
};

/* A number by which points of Ed25519 are multiplied, little-endian; a result is below the
 * group's order L = 2^252 + 27742317777372353535851937790883648493. */
struct vc_scalar {
    uint8_t b[32];
};

#define VC_TAG_LEN   16
#define VC_LABEL_MAX 16 /* bytes: BLAKE2b's personal field */

/* Call once, before anything else here.  VC_ERR_SELFTEST when the library is not one
 * that we may trust (crypto/selftest.h says what is tried). */
VC_NODISCARD vc_err vc_crypto_init(void);

void vc_wipe(void *secret, size_t len);
/* In constant time. */
bool vc_equal(const void *a, const void *b, size_t len);
bool vc_is_zero(const void *bytes, size_t len);

/*
 * BLAKE2b of @len bytes (1..64) with @label (at most VC_LABEL_MAX bytes of ASCII, put
 * in the personal field and filled up with zeros, so that no two uses ever meet) over
 * the concatenation of @parts; keyed when @key is not NULL.  Below 16 bytes it is the
 * start of the 16-byte hash.  Variable fields must carry their length: that is the
 * caller's business.  The empty label is plain BLAKE2b: for Noise only.
 */
void vc_hash_parts(void *ret_hash, size_t len, const char *label,
                   const struct vc_secret32 *key, const struct vc_bytes *parts,
                   size_t part_count);
/* The same over one part. */
void vc_hash(void *ret_hash, size_t len, const char *label,
             const struct vc_secret32 *key, struct vc_bytes bytes);

/* Short keyed hash for hash tables (SipHash-2-4), so that strangers cannot aim. */
uint64_t vc_siphash(const uint8_t key[16], struct vc_bytes bytes);

/* X25519.  false, with @ret_shared wiped, when the result is zero (a low-order
 * point). */
VC_NODISCARD bool vc_dh(struct vc_secret32 *ret_shared,
                        const struct vc_secret32 *secret,
                        const struct vc_key32 *public_key);
void vc_dh_public(struct vc_key32 *ret_public, const struct vc_secret32 *secret);

/* Ed25519. */
void vc_sign_keypair(struct vc_key32 *ret_public, struct vc_sign_secret *ret_secret,
                     const struct vc_secret32 *seed);
void vc_sign(struct vc_sig *ret_sig, const struct vc_sign_secret *secret,
             struct vc_bytes message);
VC_NODISCARD bool vc_sign_verify(const struct vc_sig *sig,
                                 const struct vc_key32 *public_key,
                                 struct vc_bytes message);
/* Is it the encoding of a point of the prime-order group, other than the neutral
 * one? */
VC_NODISCARD bool vc_point_is_valid(const struct vc_key32 *point);

/* Arithmetic under Ed25519, in constant time.  @wide is a number of 64 bytes,
 * little-endian.  The result may be an operand. */
void vc_scalar_reduce(struct vc_scalar *ret, const uint8_t wide[64]);
void vc_scalar_add(struct vc_scalar *ret, const struct vc_scalar *a,
                   const struct vc_scalar *b);
void vc_scalar_mul(struct vc_scalar *ret, const struct vc_scalar *a,
                   const struct vc_scalar *b);
/* @scalar, below 2^255 and not clamped, times @point.  false, with nothing useful in
 * @ret_point, when the point is not valid (above) or the product is the neutral one. */
VC_NODISCARD bool vc_point_mul(struct vc_key32 *ret_point,
                               const struct vc_scalar *scalar,
                               const struct vc_key32 *point);
/* The same with the base point. */
VC_NODISCARD bool vc_point_mul_base(struct vc_key32 *ret_point,
                                    const struct vc_scalar *scalar);

/*
 * ChaCha20-Poly1305 (RFC 8439); the nonce is 4 zero bytes and the counter,
 * little-endian (Noise, section 12).  @ret_sealed has room for plain.len + VC_TAG_LEN;
 * it may be the plaintext's own place.
 */
void vc_seal(uint8_t *ret_sealed, const struct vc_secret32 *key, uint64_t counter,
             struct vc_bytes ad, struct vc_bytes plain);
/* The same into a writer, which fails when its room is short; @plain may stand where
 * the sealed bytes will. */
void vc_seal_to(struct vc_writer *w, const struct vc_secret32 *key, uint64_t counter,
                struct vc_bytes ad, struct vc_bytes plain);
/* @ret_plain has room for sealed.len - VC_TAG_LEN bytes.  false, with nothing useful in
 * it, when the tag is wrong or @sealed is shorter than a tag. */
VC_NODISCARD bool vc_open(uint8_t *ret_plain, const struct vc_secret32 *key,
                          uint64_t counter, struct vc_bytes ad, struct vc_bytes sealed);

#define VC_NONCE_LEN 12

/* Both with the whole nonce given, as published vectors want it. */
void vc_seal_nonce(uint8_t *ret_sealed, const struct vc_secret32 *key,
                   const uint8_t nonce[VC_NONCE_LEN], struct vc_bytes ad,
                   struct vc_bytes plain);
VC_NODISCARD bool vc_open_nonce(uint8_t *ret_plain, const struct vc_secret32 *key,
                                const uint8_t nonce[VC_NONCE_LEN], struct vc_bytes ad,
                                struct vc_bytes sealed);

#define VC_XNONCE_LEN 24

/* XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), whose nonce is long enough to be drawn at
 * random; otherwise as above. */
void vc_xseal(uint8_t *ret_sealed, const struct vc_secret32 *key,
              const uint8_t nonce[VC_XNONCE_LEN], struct vc_bytes ad,
              struct vc_bytes plain);
VC_NODISCARD bool vc_xopen(uint8_t *ret_plain, const struct vc_secret32 *key,
                           const uint8_t nonce[VC_XNONCE_LEN], struct vc_bytes ad,
                           struct vc_bytes sealed);

/* XChaCha20 over @bytes in place; nonce = @salt followed by 8 zero bytes. */
void vc_xchacha_xor(struct vc_room bytes, const struct vc_secret32 *key,
                    const uint8_t salt[16]);

/* The same with a nonce of up to 24 bytes, filled up with zero bytes. */
void vc_xchacha_xor_nonce(struct vc_room bytes, const struct vc_secret32 *key,
                          struct vc_bytes nonce);

/* The first @len (at most 64) bytes of the ChaCha20 block that RFC 9001 section 5.4.4
 * makes of a 16-byte sample: block counter = first 4 bytes, nonce = the other 12. */
void vc_chacha_mask(uint8_t *ret_mask, size_t len, const struct vc_secret32 *key,
                    const uint8_t sample[16]);

/* SHA-256: BIP-39's checksum and Noise's second hash only. */
void vc_sha256_parts(uint8_t ret_hash[32], const struct vc_bytes *parts,
                     size_t part_count);

/* SHA-512: what Ed25519 (RFC 8032) makes of a seed, and its challenge. */
void vc_sha512_parts(uint8_t ret_hash[64], const struct vc_bytes *parts,
                     size_t part_count);

#define VC_ARGON2_SALT_LEN 16

/* What deriving a key from a passphrase costs: passes over so many KiB of memory. */
struct vc_argon2_cost {
    uint32_t passes;     /* 1..VC_ARGON2_PASSES_MAX */
    uint32_t memory_kib; /* 8..VC_ARGON2_MEMORY_KIB_MAX */
};

#define VC_ARGON2_PASSES_MAX     64
#define VC_ARGON2_MEMORY_KIB_MAX (1u << 20)

/* libsodium's "interactive" and "moderate": about 0.06 and 0.35 s. */
extern const struct vc_argon2_cost vc_argon2_interactive;
extern const struct vc_argon2_cost vc_argon2_moderate;

/*
 * Argon2id, version 1.3, one lane.  Slow on purpose, and takes the memory that the cost says
 * while it runs.  false, with @ret_key wiped, when that is not there.
 */
VC_NODISCARD bool vc_argon2id(struct vc_secret32 *ret_key, struct vc_bytes passphrase,
                              const uint8_t salt[VC_ARGON2_SALT_LEN],
                              const struct vc_argon2_cost *cost);

/*
 * An erasing generator: each draw replaces the key, so that what is stolen later tells
 * nothing about what was drawn before.  Pure: equal seeds give equal draws.
 */
struct vc_rng {
    struct vc_secret32 key;
};

void vc_rng_init(struct vc_rng *rng, const struct vc_secret32 *seed);
void vc_rng_draw(struct vc_rng *rng, void *ret_bytes, size_t len);
/* Uniform in 0..bound-1; bound > 0. */
uint32_t vc_rng_below(struct vc_rng *rng, uint32_t bound);
/* A seed for another machine's generator. */
void vc_rng_fork(struct vc_rng *rng, struct vc_secret32 *ret_seed);

#endif
