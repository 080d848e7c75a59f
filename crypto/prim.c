/*
 * Primitives over libsodium; crypto/SPEC.md, "Primitives".
 *
 * libsodium 1.0.18 (Debian 12) has what is used here; newer calls are not.  Its
 * functions give 0 or -1; the ones whose result is not looked at cannot fail with the
 * sizes given.
 */
#include "crypto/prim.h"

#include <sodium.h>
#include <string.h>

#include "crypto/selftest.h"

#define HASH_MIN       16 /* bytes: BLAKE2b below this is a truncation */
#define HASH_MAX       64
#define MASK_BLOCK_LEN 64                /* one ChaCha20 block */
#define DRAW_MAX       ((size_t)1 << 30) /* far below what one ChaCha20 stream gives */

_Static_assert(sizeof(struct vc_sign_secret) == crypto_sign_SECRETKEYBYTES, "Ed25519");
_Static_assert(sizeof(struct vc_sig) == crypto_sign_BYTES, "Ed25519");
_Static_assert(sizeof(struct vc_secret32) == crypto_scalarmult_SCALARBYTES, "X25519");
_Static_assert(VC_LABEL_MAX == crypto_generichash_blake2b_PERSONALBYTES, "BLAKE2b");
_Static_assert(VC_NONCE_LEN == crypto_aead_chacha20poly1305_ietf_NPUBBYTES, "AEAD");
_Static_assert(VC_ARGON2_SALT_LEN == crypto_pwhash_argon2id_SALTBYTES, "Argon2id");
_Static_assert(VC_TAG_LEN == crypto_aead_chacha20poly1305_ietf_ABYTES, "AEAD");
_Static_assert(VC_XNONCE_LEN == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "AEAD");
_Static_assert(VC_XNONCE_LEN == crypto_stream_xchacha20_NONCEBYTES, "XChaCha20");
_Static_assert(VC_TAG_LEN == crypto_aead_xchacha20poly1305_ietf_ABYTES, "AEAD");
_Static_assert(sizeof(struct vc_scalar) == crypto_core_ed25519_SCALARBYTES, "Ed25519");

vc_err vc_crypto_init(void)
{
    if (sodium_init() < 0) {
        return VC_ERR_SELFTEST;
    }
    return vc_selftest();
}

void vc_wipe(void *secret, size_t len)
{
    sodium_memzero(secret, len);
}

bool vc_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}

bool vc_is_zero(const void *bytes, size_t len)
{
    return sodium_is_zero(bytes, len) == 1;
}

/* An empty part may have no address, which C's memcpy inside the library must not
 * see. */
static const uint8_t *address_of(struct vc_bytes bytes)
{
    static const uint8_t nothing[1];
    return bytes.len == 0 ? nothing : bytes.data;
}

void vc_hash_parts(void *ret_hash, size_t len, const char *label,
                   const struct vc_secret32 *key, const struct vc_bytes *parts,
                   size_t part_count)
{
    crypto_generichash_blake2b_state state;
    uint8_t personal[VC_LABEL_MAX] = {0};
    uint8_t whole[HASH_MIN]; /* of which a shorter one is the start */
    bool is_short = len < HASH_MIN;
    size_t label_len = strlen(label);
    size_t hash_len = is_short ? HASH_MIN : len;

    VC_CHECK(len >= 1 && len <= HASH_MAX);
    VC_CHECK(label_len <= VC_LABEL_MAX);
    memcpy(personal, label, label_len);
    crypto_generichash_blake2b_init_salt_personal(&state, key == NULL ? NULL : key->b,
                                                  key == NULL ? 0 : sizeof(key->b),
                                                  hash_len, NULL, personal);
    for (size_t i = 0; i < part_count; i++) {
        crypto_generichash_blake2b_update(&state, address_of(parts[i]), parts[i].len);
    }
    crypto_generichash_blake2b_final(&state, is_short ? whole : ret_hash, hash_len);
    if (is_short) {
        memcpy(ret_hash, whole, len);
        sodium_memzero(whole, sizeof(whole));
    }
    sodium_memzero(&state, sizeof(state));
}

void vc_hash(void *ret_hash, size_t len, const char *label,
             const struct vc_secret32 *key, struct vc_bytes bytes)
{
    vc_hash_parts(ret_hash, len, label, key, &bytes, 1);
}

uint64_t vc_siphash(const uint8_t key[16], struct vc_bytes bytes)
{
    uint8_t hash[crypto_shorthash_BYTES];
    uint64_t number = 0;

    crypto_shorthash(hash, address_of(bytes), bytes.len, key);
    for (size_t i = sizeof(hash); i > 0; i--) {
        number = number << 8 | hash[i - 1];
    }
    return number;
}

bool vc_dh(struct vc_secret32 *ret_shared, const struct vc_secret32 *secret,
           const struct vc_key32 *public_key)
{
    if (crypto_scalarmult(ret_shared->b, secret->b, public_key->b) != 0) {
        sodium_memzero(ret_shared, sizeof(*ret_shared));
        return false;
    }
    return true;
}

void vc_dh_public(struct vc_key32 *ret_public, const struct vc_secret32 *secret)
{
    crypto_scalarmult_base(ret_public->b, secret->b);
}

void vc_sign_keypair(struct vc_key32 *ret_public, struct vc_sign_secret *ret_secret,
                     const struct vc_secret32 *seed)
{
    crypto_sign_seed_keypair(ret_public->b, ret_secret->b, seed->b);
}

void vc_sign(struct vc_sig *ret_sig, const struct vc_sign_secret *secret,
             struct vc_bytes message)
{
    crypto_sign_detached(ret_sig->b, NULL, address_of(message), message.len, secret->b);
}

bool vc_sign_verify(const struct vc_sig *sig, const struct vc_key32 *public_key,
                    struct vc_bytes message)
{
    return crypto_sign_verify_detached(sig->b, address_of(message), message.len,
                                       public_key->b) == 0;
}

bool vc_point_is_valid(const struct vc_key32 *point)
{
    return crypto_core_ed25519_is_valid_point(point->b) == 1;
}

void vc_scalar_reduce(struct vc_scalar *ret, const uint8_t wide[64])
{
    crypto_core_ed25519_scalar_reduce(ret->b, wide);
}

void vc_scalar_add(struct vc_scalar *ret, const struct vc_scalar *a,
                   const struct vc_scalar *b)
{
    crypto_core_ed25519_scalar_add(ret->b, a->b, b->b);
}

void vc_scalar_mul(struct vc_scalar *ret, const struct vc_scalar *a,
                   const struct vc_scalar *b)
{
    crypto_core_ed25519_scalar_mul(ret->b, a->b, b->b);
}

bool vc_point_mul(struct vc_key32 *ret_point, const struct vc_scalar *scalar,
                  const struct vc_key32 *point)
{
    return crypto_scalarmult_ed25519_noclamp(ret_point->b, scalar->b, point->b) == 0;
}

bool vc_point_mul_base(struct vc_key32 *ret_point, const struct vc_scalar *scalar)
{
    return crypto_scalarmult_ed25519_base_noclamp(ret_point->b, scalar->b) == 0;
}

void vc_seal_nonce(uint8_t *ret_sealed, const struct vc_secret32 *key,
                   const uint8_t nonce[VC_NONCE_LEN], struct vc_bytes ad,
                   struct vc_bytes plain)
{
    crypto_aead_chacha20poly1305_ietf_encrypt(ret_sealed, NULL, address_of(plain),
                                              plain.len, address_of(ad), ad.len, NULL,
                                              nonce, key->b);
}

bool vc_open_nonce(uint8_t *ret_plain, const struct vc_secret32 *key,
                   const uint8_t nonce[VC_NONCE_LEN], struct vc_bytes ad,
                   struct vc_bytes sealed)
{
    if (sealed.len < VC_TAG_LEN) {
        return false;
    }
    return crypto_aead_chacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL, sealed.data,
                                                     sealed.len, address_of(ad), ad.len,
                                                     nonce, key->b) == 0;
}

/* Noise, section 12: 32 zero bits, then the counter, little-endian. */
static void nonce_of(uint8_t ret_nonce[VC_NONCE_LEN], uint64_t counter)
{
    memset(ret_nonce, 0, 4);
    for (size_t i = 0; i < 8; i++) {
        ret_nonce[4 + i] = (uint8_t)(counter >> (8 * i));
    }
}

void vc_seal(uint8_t *ret_sealed, const struct vc_secret32 *key, uint64_t counter,
             struct vc_bytes ad, struct vc_bytes plain)
{
    uint8_t nonce[VC_NONCE_LEN];

    nonce_of(nonce, counter);
    vc_seal_nonce(ret_sealed, key, nonce, ad, plain);
}

void vc_seal_to(struct vc_writer *w, const struct vc_secret32 *key, uint64_t counter,
                struct vc_bytes ad, struct vc_bytes plain)
{
    size_t left = vc_writer_left(w);

    if (w->is_failed || left < VC_TAG_LEN || left - VC_TAG_LEN < plain.len) {
        w->is_failed = true;
        return;
    }
    vc_seal(w->at, key, counter, ad, plain);
    w->at += plain.len + VC_TAG_LEN;
}

bool vc_open(uint8_t *ret_plain, const struct vc_secret32 *key, uint64_t counter,
             struct vc_bytes ad, struct vc_bytes sealed)
{
    uint8_t nonce[VC_NONCE_LEN];

    nonce_of(nonce, counter);
    return vc_open_nonce(ret_plain, key, nonce, ad, sealed);
}

void vc_xseal(uint8_t *ret_sealed, const struct vc_secret32 *key,
              const uint8_t nonce[VC_XNONCE_LEN], struct vc_bytes ad,
              struct vc_bytes plain)
{
    crypto_aead_xchacha20poly1305_ietf_encrypt(ret_sealed, NULL, address_of(plain),
                                               plain.len, address_of(ad), ad.len, NULL,
                                               nonce, key->b);
}

bool vc_xopen(uint8_t *ret_plain, const struct vc_secret32 *key,
              const uint8_t nonce[VC_XNONCE_LEN], struct vc_bytes ad,
              struct vc_bytes sealed)
{
    if (sealed.len < VC_TAG_LEN) {
        return false;
    }
    return crypto_aead_xchacha20poly1305_ietf_decrypt(
               ret_plain, NULL, NULL, sealed.data, sealed.len, address_of(ad), ad.len,
               nonce, key->b) == 0;
}

void vc_xchacha_xor_nonce(struct vc_room bytes, const struct vc_secret32 *key,
                          struct vc_bytes nonce)
{
    uint8_t whole[VC_XNONCE_LEN] = {0};

    VC_CHECK(nonce.len <= sizeof(whole));
    if (bytes.len == 0) {
        return;
    }
    memcpy(whole, nonce.data, nonce.len);
    crypto_stream_xchacha20_xor(bytes.data, bytes.data, bytes.len, whole, key->b);
}

void vc_xchacha_xor(struct vc_room bytes, const struct vc_secret32 *key,
                    const uint8_t salt[16])
{
    vc_xchacha_xor_nonce(bytes, key, (struct vc_bytes){salt, 16});
}

static uint32_t u32_of(const uint8_t bytes[4])
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

void vc_chacha_mask(uint8_t *ret_mask, size_t len, const struct vc_secret32 *key,
                    const uint8_t sample[16])
{
    VC_CHECK(len <= MASK_BLOCK_LEN);
    memset(ret_mask, 0, len);
    crypto_stream_chacha20_ietf_xor_ic(ret_mask, ret_mask, len, sample + 4,
                                       u32_of(sample), key->b);
}

void vc_sha256_parts(uint8_t ret_hash[32], const struct vc_bytes *parts,
                     size_t part_count)
{
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < part_count; i++) {
        crypto_hash_sha256_update(&state, address_of(parts[i]), parts[i].len);
    }
    crypto_hash_sha256_final(&state, ret_hash);
    sodium_memzero(&state, sizeof(state));
}

void vc_sha512_parts(uint8_t ret_hash[64], const struct vc_bytes *parts,
                     size_t part_count)
{
    crypto_hash_sha512_state state;

    crypto_hash_sha512_init(&state);
    for (size_t i = 0; i < part_count; i++) {
        crypto_hash_sha512_update(&state, address_of(parts[i]), parts[i].len);
    }
    crypto_hash_sha512_final(&state, ret_hash);
    sodium_memzero(&state, sizeof(state));
}

const struct vc_argon2_cost vc_argon2_interactive = {
    crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
    crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE / 1024};
const struct vc_argon2_cost vc_argon2_moderate = {
    crypto_pwhash_argon2id_OPSLIMIT_MODERATE,
    crypto_pwhash_argon2id_MEMLIMIT_MODERATE / 1024};

bool vc_argon2id(struct vc_secret32 *ret_key, struct vc_bytes passphrase,
                 const uint8_t salt[VC_ARGON2_SALT_LEN],
                 const struct vc_argon2_cost *cost)
{
    const char *words = (const char *)(const void *)address_of(passphrase);

    VC_CHECK(cost->passes >= 1 && cost->passes <= VC_ARGON2_PASSES_MAX);
    VC_CHECK(cost->memory_kib >= 8 && cost->memory_kib <= VC_ARGON2_MEMORY_KIB_MAX);
    if (crypto_pwhash_argon2id(ret_key->b, sizeof(ret_key->b), words, passphrase.len,
                               salt, cost->passes, (size_t)cost->memory_kib * 1024,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        sodium_memzero(ret_key, sizeof(*ret_key));
        return false;
    }
    return true;
}

void vc_rng_init(struct vc_rng *rng, const struct vc_secret32 *seed)
{
    rng->key = *seed;
}

/*
 * One ChaCha20 stream per draw: the first block is the next key, what follows is given
 * out.  A nonce is not needed, as no key is used for two streams.
 */
void vc_rng_draw(struct vc_rng *rng, void *ret_bytes, size_t len)
{
    static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
    struct vc_secret32 next;

    VC_CHECK(len <= DRAW_MAX);
    crypto_stream_chacha20_ietf(next.b, sizeof(next.b), nonce, rng->key.b);
    if (len > 0) {
        memset(ret_bytes, 0, len);
        crypto_stream_chacha20_ietf_xor_ic(ret_bytes, ret_bytes, len, nonce, 1,
                                           rng->key.b);
    }
    rng->key = next;
    sodium_memzero(&next, sizeof(next));
}

uint32_t vc_rng_below(struct vc_rng *rng, uint32_t bound)
{
    uint8_t drawn[4];
    uint32_t number;
    uint32_t skewed; /* numbers below this would make small results likelier */

    VC_CHECK(bound > 0);
    skewed = (UINT32_MAX - bound + 1) % bound;
    do {
        vc_rng_draw(rng, drawn, sizeof(drawn));
        number = u32_of(drawn);
    } while (number < skewed);
    return number % bound;
}

void vc_rng_fork(struct vc_rng *rng, struct vc_secret32 *ret_seed)
{
    vc_rng_draw(rng, ret_seed->b, sizeof(ret_seed->b));
}
