/*
 * An opening made by hand after crypto/SPEC.md, "Opening", from DH results instead of keys: what
 * somebody makes who has other keys than he should, or says something else than one may.
 */
#ifndef VC_TESTS_SUPPORT_OPENING_HAND_H
#define VC_TESTS_SUPPORT_OPENING_HAND_H

#include <string.h>

#include "crypto/noise_symmetric.h"
#include "crypto/opening.h"

struct opening_hand {
    struct vc_bytes network_id;
    uint16_t suite;
    struct vc_key32 root; /* of the recipient, as the next four */
    uint16_t index;
    struct vc_key32 dev_dh;
    struct vc_prekey prekey;
    const struct vc_one_time *one_time; /* NULL: none */
    struct vc_key32 e, s;               /* as they are sent */
    struct vc_secret32 es, ee, eo, se;
    struct vc_bytes kem_public, kem_ciphertext; /* empty: none */
    struct vc_secret32 kem_shared;
    struct vc_bytes payload;
};

static inline void opening_hand_begin(struct vc_noise_symmetric *ret_symmetric,
                                      const struct opening_hand *hand)
{
    uint8_t prekey[VC_PREKEY_LEN], room[256];
    struct vc_writer p = vc_writer(prekey, sizeof(prekey));
    struct vc_writer w = vc_writer(room, sizeof(room));

    vc_prekey_write(&p, &hand->prekey);
    vc_write_copy(&w, "veche opening", 13);
    vc_write_u8(&w, (uint8_t)hand->network_id.len);
    vc_write_bytes(&w, hand->network_id);
    vc_write_u16(&w, hand->suite);
    vc_write_copy(&w, hand->root.b, 32);
    vc_write_u16(&w, hand->index);
    vc_write_copy(&w, prekey, 85);
    vc_write_u32(&w, hand->one_time == NULL ? 0 : hand->one_time->id);
    vc_noise_symmetric_init(ret_symmetric, VC_NOISE_BLAKE2B, "Xpk");
    vc_noise_mix_hash(ret_symmetric, vc_writer_bytes(&w));
    vc_noise_mix_hash(ret_symmetric, VC_BYTES(hand->dev_dh.b));
    vc_noise_mix_hash(ret_symmetric, VC_BYTES(hand->prekey.key.b));
    if (hand->one_time != NULL) {
        vc_noise_mix_hash(ret_symmetric, VC_BYTES(hand->one_time->key.b));
    }
}

static inline void opening_hand_head(const struct opening_hand *hand,
                                     struct vc_writer *w)
{
    uint8_t network[64], head[12];
    struct vc_writer n = vc_writer(network, sizeof(network));
    struct vc_writer h = vc_writer(head, sizeof(head));
    struct vc_secret32 mask;

    vc_write_u8(&n, (uint8_t)hand->network_id.len);
    vc_write_bytes(&n, hand->network_id);
    vc_write_copy(&n, hand->root.b, 32);
    vc_write_u16(&n, hand->index);
    vc_hash(mask.b, 32, "opening mask", NULL, vc_writer_bytes(&n));
    vc_write_u16(&h, hand->suite);
    vc_write_u16(
        &h, (uint16_t)(44 + hand->kem_ciphertext.len + 48 + hand->payload.len + 16));
    vc_write_u32(&h, hand->prekey.id);
    vc_write_u32(&h, hand->one_time == NULL ? 0 : hand->one_time->id);
    vc_xchacha_xor_nonce((struct vc_room){head, sizeof(head)}, &mask,
                         (struct vc_bytes){hand->e.b, 24});
    vc_write_copy(w, head, sizeof(head));
}

/* Puts the opening into @w and gives the state at its end. */
static inline void opening_hand_write(const struct opening_hand *hand,
                                      struct vc_writer *w,
                                      struct vc_noise_symmetric *ret_symmetric)
{
    struct vc_noise_symmetric *symmetric = ret_symmetric;

    opening_hand_begin(symmetric, hand);
    vc_write_copy(w, hand->e.b, 32);
    opening_hand_head(hand, w);
    vc_noise_mix_hash(symmetric, VC_BYTES(hand->e.b));
    vc_noise_mix_key(symmetric, VC_BYTES(hand->es.b));
    vc_noise_mix_key(symmetric, VC_BYTES(hand->ee.b));
    if (hand->one_time != NULL) {
        vc_noise_mix_key(symmetric, VC_BYTES(hand->eo.b));
    }
    if (hand->kem_ciphertext.len > 0) {
        vc_noise_mix_hash(symmetric, hand->kem_public);
        vc_noise_mix_hash(symmetric, hand->kem_ciphertext);
        vc_noise_mix_key_and_hash(symmetric, VC_BYTES(hand->kem_shared.b));
        vc_write_bytes(w, hand->kem_ciphertext);
    }
    vc_noise_encrypt_and_hash(symmetric, VC_BYTES(hand->s.b), w);
    vc_noise_mix_key(symmetric, VC_BYTES(hand->se.b));
    vc_noise_encrypt_and_hash(symmetric, hand->payload, w);
}

/* The fields that every payload has, before the statement's length and what follows it. */
static inline void opening_hand_payload(struct vc_writer *w,
                                        const struct vc_key32 *root,
                                        const struct vc_certificate *certificate,
                                        uint32_t generation, uint32_t capabilities)
{
    vc_write_copy(w, root->b, 32);
    vc_certificate_write(w, certificate);
    vc_write_u32(w, generation);
    vc_write_u32(w, capabilities);
}

#endif
