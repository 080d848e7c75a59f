/*
 * Noise's SymmetricState (revision 34, section 5.2), under the names it has there: what every
 * message of every pattern is made with.
 *
 * A state is a value: copy it to try something, wipe what is not kept.
 */
#ifndef VC_CRYPTO_NOISE_SYMMETRIC_H
#define VC_CRYPTO_NOISE_SYMMETRIC_H

#include "crypto/noise_hash.h"

struct vc_noise_symmetric {
    enum vc_noise_hash hash;
    uint8_t h[VC_NOISE_HASH_MAX];
    uint8_t ck[VC_NOISE_HASH_MAX]; /* secret */
    struct vc_secret32 k;
    uint64_t n;
    bool has_key;
};

/* The protocol's name is made of @pattern, "XK" or another of at most 16 letters, and the
 * algorithms. */
void vc_noise_symmetric_init(struct vc_noise_symmetric *ret_symmetric,
                             enum vc_noise_hash hash, const char *pattern);

void vc_noise_mix_hash(struct vc_noise_symmetric *symmetric, struct vc_bytes bytes);
void vc_noise_mix_key(struct vc_noise_symmetric *symmetric, struct vc_bytes input);
void vc_noise_mix_key_and_hash(struct vc_noise_symmetric *symmetric,
                               struct vc_bytes input);

/* @w fails when its room is short. */
void vc_noise_encrypt_and_hash(struct vc_noise_symmetric *symmetric,
                               struct vc_bytes plain, struct vc_writer *w);
/* @ret_plain has room for sealed.len bytes.  VC_ERR_MALFORMED: shorter than a tag;
 * VC_ERR_AUTH: not sealed with this state.  Nothing has changed then. */
VC_NODISCARD vc_err vc_noise_decrypt_and_hash(struct vc_noise_symmetric *symmetric,
                                              struct vc_bytes sealed,
                                              uint8_t *ret_plain,
                                              size_t *ret_plain_len);

/* h, vc_noise_hash_len() bytes, borrowed from the state. */
struct vc_bytes vc_noise_h(const struct vc_noise_symmetric *symmetric);

/* The two transport keys, the initiator's sending key first. */
void vc_noise_symmetric_split(const struct vc_noise_symmetric *symmetric,
                              struct vc_secret32 *ret_first,
                              struct vc_secret32 *ret_second);

#endif
