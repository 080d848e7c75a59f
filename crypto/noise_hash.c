/*
 * Hash, HMAC and HKDF of Noise; crypto/SPEC.md, "Noise".
 *
 * libsodium has neither HMAC over BLAKE2b nor HKDF, so both are written out here for
 * either hash.
 */
#include "crypto/noise_hash.h"

#include <string.h>

#define BLOCK_MAX      128 /* bytes: BLAKE2b; SHA-256 has 64 */
#define HMAC_PARTS_MAX 3

size_t vc_noise_hash_len(enum vc_noise_hash hash)
{
    return hash == VC_NOISE_BLAKE2B ? 64 : 32;
}

static size_t block_len(enum vc_noise_hash hash)
{
    return hash == VC_NOISE_BLAKE2B ? 128 : 64;
}

void vc_noise_hash_parts(enum vc_noise_hash hash, uint8_t *ret_hash,
                         const struct vc_bytes *parts, size_t part_count)
{
    if (hash == VC_NOISE_BLAKE2B) {
        vc_hash_parts(ret_hash, 64, "", NULL, parts, part_count);
    } else {
        vc_sha256_parts(ret_hash, parts, part_count);
    }
}

void vc_noise_hmac(enum vc_noise_hash hash, uint8_t *ret_mac, struct vc_bytes key,
                   const struct vc_bytes *parts, size_t part_count)
{
    uint8_t block[BLOCK_MAX] = {0};
    uint8_t inner[VC_NOISE_HASH_MAX];
    size_t len = block_len(hash);
    struct vc_bytes all[1 + HMAC_PARTS_MAX] = {{block, len}};

    VC_CHECK(part_count <= HMAC_PARTS_MAX);
    if (key.len > len) {
        vc_noise_hash_parts(hash, block, &key, 1);
    } else if (key.len > 0) {
        memcpy(block, key.data, key.len);
    }
    for (size_t i = 0; i < len; i++) {
        block[i] ^= 0x36;
    }
    for (size_t i = 0; i < part_count; i++) {
        all[1 + i] = parts[i];
    }
    vc_noise_hash_parts(hash, inner, all, 1 + part_count);
    for (size_t i = 0; i < len; i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    all[1] = (struct vc_bytes){inner, vc_noise_hash_len(hash)};
    vc_noise_hash_parts(hash, ret_mac, all, 2);
    vc_wipe(block, sizeof(block));
    vc_wipe(inner, sizeof(inner));
}

void vc_noise_hkdf(enum vc_noise_hash hash, uint8_t *ret_outputs, size_t count,
                   struct vc_bytes chaining_key, struct vc_bytes input)
{
    size_t len = vc_noise_hash_len(hash);
    uint8_t temp[VC_NOISE_HASH_MAX];
    uint8_t number;
    struct vc_bytes parts[2] = {{NULL, 0}, {&number, 1}};

    VC_CHECK(count >= 1 && count <= 3);
    vc_noise_hmac(hash, temp, chaining_key, &input, 1);
    for (size_t i = 0; i < count; i++) {
        uint8_t *output = ret_outputs + i * len;

        number = (uint8_t)(i + 1);
        vc_noise_hmac(hash, output, (struct vc_bytes){temp, len}, parts, 2);
        parts[0] = (struct vc_bytes){output, len};
    }
    vc_wipe(temp, sizeof(temp));
}
