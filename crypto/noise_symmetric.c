/*
 * Noise: the SymmetricState; crypto/SPEC.md, "Noise".
 *
 * Names are those of the specification (revision 34, section 5.2), so that the code can
 * be laid beside it.
 */
#include "crypto/noise_symmetric.h"

#include <string.h>

#define NAME_MAX_LEN 64 /* bytes of a protocol name: BLAKE2b's hash length */

struct vc_bytes vc_noise_h(const struct vc_noise_symmetric *symmetric)
{
    return (struct vc_bytes){symmetric->h, vc_noise_hash_len(symmetric->hash)};
}

void vc_noise_mix_hash(struct vc_noise_symmetric *symmetric, struct vc_bytes bytes)
{
    struct vc_bytes parts[2] = {vc_noise_h(symmetric), bytes};

    vc_noise_hash_parts(symmetric->hash, symmetric->h, parts, 2);
}

static void set_key(struct vc_noise_symmetric *symmetric, const uint8_t *output)
{
    memcpy(symmetric->k.b, output, sizeof(symmetric->k.b));
    symmetric->n = 0;
    symmetric->has_key = true;
}

void vc_noise_mix_key(struct vc_noise_symmetric *symmetric, struct vc_bytes input)
{
    uint8_t outputs[2 * VC_NOISE_HASH_MAX];
    size_t len = vc_noise_hash_len(symmetric->hash);

    vc_noise_hkdf(symmetric->hash, outputs, 2, (struct vc_bytes){symmetric->ck, len},
                  input);
    memcpy(symmetric->ck, outputs, len);
    set_key(symmetric, outputs + len);
    vc_wipe(outputs, sizeof(outputs));
}

void vc_noise_mix_key_and_hash(struct vc_noise_symmetric *symmetric,
                               struct vc_bytes input)
{
    uint8_t outputs[3 * VC_NOISE_HASH_MAX];
    size_t len = vc_noise_hash_len(symmetric->hash);

    vc_noise_hkdf(symmetric->hash, outputs, 3, (struct vc_bytes){symmetric->ck, len},
                  input);
    memcpy(symmetric->ck, outputs, len);
    vc_noise_mix_hash(symmetric, (struct vc_bytes){outputs + len, len});
    set_key(symmetric, outputs + 2 * len);
    vc_wipe(outputs, sizeof(outputs));
}

void vc_noise_encrypt_and_hash(struct vc_noise_symmetric *symmetric,
                               struct vc_bytes plain, struct vc_writer *w)
{
    const uint8_t *start = w->at;

    if (symmetric->has_key) {
        vc_seal_to(w, &symmetric->k, symmetric->n++, vc_noise_h(symmetric), plain);
    } else {
        vc_write_bytes(w, plain);
    }
    vc_noise_mix_hash(symmetric, (struct vc_bytes){start, (size_t)(w->at - start)});
}

vc_err vc_noise_decrypt_and_hash(struct vc_noise_symmetric *symmetric,
                                 struct vc_bytes sealed, uint8_t *ret_plain,
                                 size_t *ret_plain_len)
{
    if (!symmetric->has_key) {
        if (sealed.len > 0) {
            memcpy(ret_plain, sealed.data, sealed.len);
        }
        *ret_plain_len = sealed.len;
    } else if (sealed.len < VC_TAG_LEN) {
        return VC_ERR_MALFORMED;
    } else if (!vc_open(ret_plain, &symmetric->k, symmetric->n, vc_noise_h(symmetric),
                        sealed)) {
        return VC_ERR_AUTH;
    } else {
        symmetric->n++;
        *ret_plain_len = sealed.len - VC_TAG_LEN;
    }
    vc_noise_mix_hash(symmetric, sealed);
    return VC_OK;
}

void vc_noise_symmetric_init(struct vc_noise_symmetric *ret_symmetric,
                             enum vc_noise_hash hash, const char *pattern)
{
    struct vc_noise_symmetric *symmetric = ret_symmetric;
    uint8_t room[NAME_MAX_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));
    const char *suite = hash == VC_NOISE_BLAKE2B ? "_25519_ChaChaPoly_BLAKE2b"
                                                 : "_25519_ChaChaPoly_SHA256";
    size_t len = vc_noise_hash_len(hash);
    struct vc_bytes name;

    vc_write_copy(&w, "Noise_", strlen("Noise_"));
    vc_write_copy(&w, pattern, strlen(pattern));
    vc_write_copy(&w, suite, strlen(suite));
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    name = vc_writer_bytes(&w);

    memset(symmetric, 0, sizeof(*symmetric));
    symmetric->hash = hash;
    if (name.len <= len) {
        memcpy(symmetric->h, name.data, name.len);
    } else {
        vc_noise_hash_parts(hash, symmetric->h, &name, 1);
    }
    memcpy(symmetric->ck, symmetric->h, len);
}

void vc_noise_symmetric_split(const struct vc_noise_symmetric *symmetric,
                              struct vc_secret32 *ret_first,
                              struct vc_secret32 *ret_second)
{
    uint8_t outputs[2 * VC_NOISE_HASH_MAX];
    size_t len = vc_noise_hash_len(symmetric->hash);

    vc_noise_hkdf(symmetric->hash, outputs, 2, (struct vc_bytes){symmetric->ck, len},
                  (struct vc_bytes){NULL, 0});
    memcpy(ret_first->b, outputs, sizeof(ret_first->b));
    memcpy(ret_second->b, outputs + len, sizeof(ret_second->b));
    vc_wipe(outputs, sizeof(outputs));
}
