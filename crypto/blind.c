/* crypto/SPEC.md, "Blinding". */
#include "crypto/blind.h"

#include <string.h>

enum { WIDE_LEN = 64 }; /* bytes: what is reduced modulo L without a bias */

/* R and the epoch, and behind them @what tells the places of one epoch apart. */
static void factor_of(struct vc_scalar *ret_factor, const char *label,
                      const struct vc_key32 *record, uint32_t epoch,
                      struct vc_bytes what)
{
    uint8_t epoch_bytes[sizeof(epoch)];
    struct vc_writer w = vc_writer(epoch_bytes, sizeof(epoch_bytes));
    const struct vc_bytes parts[] = {VC_BYTES(record->b), VC_BYTES(epoch_bytes), what};
    uint8_t wide[WIDE_LEN];

    vc_write_u32(&w, epoch);
    vc_hash_parts(wide, sizeof(wide), label, NULL, parts,
                  sizeof(parts) / sizeof(parts[0]));
    vc_scalar_reduce(ret_factor, wide);
    vc_wipe(wide, sizeof(wide));
}

void vc_blind_of_device(struct vc_scalar *ret_factor, const struct vc_key32 *record,
                        uint32_t epoch, uint16_t index)
{
    uint8_t index_bytes[sizeof(index)];
    struct vc_writer w = vc_writer(index_bytes, sizeof(index_bytes));

    vc_write_u16(&w, index);
    factor_of(ret_factor, "blind", record, epoch, VC_BYTES(index_bytes));
}

void vc_blind_of_invite(struct vc_scalar *ret_factor, const struct vc_key32 *record,
                        uint32_t epoch, const struct vc_id16 *secret)
{
    factor_of(ret_factor, "invite place", record, epoch, VC_BYTES(secret->b));
}

bool vc_blind_public(struct vc_key32 *ret_public, const struct vc_key32 *record,
                     const struct vc_scalar *factor)
{
    return vc_point_mul(ret_public, factor, record);
}

void vc_blind_place(struct vc_hash32 *ret_place, const struct vc_key32 *public_key)
{
    vc_hash(ret_place->b, sizeof(ret_place->b), "dht", NULL, VC_BYTES(public_key->b));
}

/* RFC 8032, 5.1.5: the secret scalar of a seed. */
static void scalar_of(struct vc_scalar *ret_scalar, const struct vc_secret32 *seed)
{
    struct vc_bytes part = VC_BYTES(seed->b);
    uint8_t hash[64];

    vc_sha512_parts(hash, &part, 1);
    memcpy(ret_scalar->b, hash, sizeof(ret_scalar->b));
    ret_scalar->b[0] &= 0xf8;
    ret_scalar->b[31] = (uint8_t)((ret_scalar->b[31] & 0x7f) | 0x40);
    vc_wipe(hash, sizeof(hash));
}

bool vc_blind_secret(struct vc_blinded *ret_key,
                     const struct vc_sign_secret *record_secret,
                     const struct vc_scalar *factor)
{
    struct vc_secret32 seed;
    struct vc_scalar own;
    bool is_good;

    memcpy(seed.b, record_secret->b, sizeof(seed.b)); /* it begins with the seed */
    scalar_of(&own, &seed);
    vc_scalar_mul(&ret_key->secret, factor, &own);
    vc_hash_parts(ret_key->nonce_key.b, sizeof(ret_key->nonce_key.b), "blind nonce key",
                  &seed, NULL, 0);
    is_good = vc_point_mul_base(&ret_key->public_key, &ret_key->secret);
    if (!is_good) {
        vc_blinded_wipe(ret_key);
    }
    vc_wipe(&seed, sizeof(seed));
    vc_wipe(&own, sizeof(own));
    return is_good;
}

void vc_blinded_wipe(struct vc_blinded *key)
{
    vc_wipe(key, sizeof(*key));
}

/*
 * The nonce takes P' as well as the message: one nonce under two keys h1 r and h2 r would give
 * r to everybody who knows h1 and h2.
 */
void vc_blinded_sign(struct vc_sig *ret_sig, const struct vc_blinded *key,
                     struct vc_bytes message)
{
    const struct vc_bytes for_nonce[] = {VC_BYTES(key->public_key.b), message};
    struct vc_key32 commitment;
    const struct vc_bytes for_challenge[] = {VC_BYTES(commitment.b),
                                             VC_BYTES(key->public_key.b), message};
    struct vc_scalar nonce, challenge, sum;
    uint8_t wide[WIDE_LEN];

    vc_hash_parts(wide, sizeof(wide), "blind nonce", &key->nonce_key, for_nonce, 2);
    vc_scalar_reduce(&nonce, wide);
    VC_CHECK(
        vc_point_mul_base(&commitment, &nonce)); /* to hit zero takes 2^252 tries */
    vc_sha512_parts(wide, for_challenge, 3);
    vc_scalar_reduce(&challenge, wide);
    vc_scalar_mul(&sum, &challenge, &key->secret);
    vc_scalar_add(&sum, &sum, &nonce);
    memcpy(ret_sig->b, commitment.b, sizeof(commitment.b));
    memcpy(&ret_sig->b[sizeof(commitment.b)], sum.b, sizeof(sum.b));
    vc_wipe(wide, sizeof(wide));
    vc_wipe(&nonce, sizeof(nonce));
    vc_wipe(&sum, sizeof(sum));
}
