/*
 * Masks of handshake datagrams and cookies; crypto/SPEC.md, "Link handshake".
 */
#include "crypto/handshake_mask.h"

#include <string.h>

#include "crypto/invite.h"

#define ADDRESS_MAX 32 /* bytes of an encoded address */

/* Three keys of one base, and the base is gone. */
static void derive(struct vc_mask *ret_mask, struct vc_secret32 *base)
{
    struct vc_bytes nothing = {NULL, 0};

    vc_hash(ret_mask->stream.b, 32, "link mask", base, nothing);
    vc_hash(ret_mask->mac.b, 32, "link mac1", base, nothing);
    vc_hash(ret_mask->cookie.b, 32, "link cookie", base, nothing);
    vc_wipe(base, sizeof(*base));
}

void vc_mask_of_contact(struct vc_mask *ret_mask, struct vc_bytes network_id,
                        const struct vc_secret32 *contacts_key,
                        const struct vc_key32 *dev_dh)
{
    uint8_t id_len = (uint8_t)network_id.len;
    struct vc_bytes parts[] = {{&id_len, 1}, network_id, VC_BYTES(dev_dh->b)};
    struct vc_secret32 base;

    VC_CHECK(network_id.len >= 1 && network_id.len <= VC_NETWORK_ID_MAX);
    vc_hash_parts(base.b, sizeof(base.b), "link", contacts_key, parts, 3);
    derive(ret_mask, &base);
}

void vc_mask_of_invite(struct vc_mask *ret_mask, struct vc_bytes network_id,
                       const struct vc_id16 *secret)
{
    uint8_t id_len = (uint8_t)network_id.len;
    struct vc_bytes parts[] = {{&id_len, 1}, network_id};
    struct vc_secret32 psk, key, base;

    VC_CHECK(network_id.len >= 1 && network_id.len <= VC_NETWORK_ID_MAX);
    vc_invite_keys(secret, &psk, &key);
    vc_hash_parts(base.b, sizeof(base.b), "join", &key, parts, 2);
    derive(ret_mask, &base);
    vc_wipe(&psk, sizeof(psk));
    vc_wipe(&key, sizeof(key));
}

void vc_mask_write_salt(const struct vc_cid *receiver, struct vc_rng *rng,
                        struct vc_writer *w)
{
    uint8_t salt[VC_SALT_LEN - VC_CID_LEN];

    vc_rng_draw(rng, salt, sizeof(salt));
    vc_write_copy(w, receiver->b, sizeof(receiver->b));
    vc_write_copy(w, salt, sizeof(salt));
}

vc_err vc_mask_written(const struct vc_mask *mask, uint8_t *start, struct vc_writer *w)
{
    vc_err err = vc_writer_end(w);

    if (err != VC_OK) {
        return err;
    }
    VC_CHECK((size_t)(w->at - start) > VC_SALT_LEN);
    vc_xchacha_xor(
        (struct vc_room){start + VC_SALT_LEN, (size_t)(w->at - start) - VC_SALT_LEN},
        &mask->stream, start);
    return VC_OK;
}

bool vc_mask_remove(const struct vc_mask *mask, struct vc_bytes datagram,
                    uint8_t *scratch, struct vc_bytes *ret_body)
{
    size_t body_len;

    if (datagram.len < VC_HANDSHAKE_MIN || datagram.len > VC_HANDSHAKE_MAX) {
        return false;
    }
    body_len = datagram.len - VC_SALT_LEN;
    memcpy(scratch, datagram.data + VC_SALT_LEN, body_len);
    vc_xchacha_xor((struct vc_room){scratch, body_len}, &mask->stream, datagram.data);
    *ret_body = (struct vc_bytes){scratch, body_len};
    return true;
}

void vc_cookie_make(uint8_t ret_cookie[VC_COOKIE_LEN], const struct vc_secret32 *secret,
                    struct vc_bytes address, const struct vc_msg1 *msg1)
{
    uint8_t address_len = (uint8_t)address.len;
    struct vc_bytes parts[] = {
        {&address_len, 1}, address, VC_BYTES(msg1->sender_cid.b), msg1->noise_part};

    VC_CHECK(address.len <= ADDRESS_MAX);
    vc_hash_parts(ret_cookie, VC_COOKIE_LEN, "cookie", secret, parts, 4);
}

bool vc_cookie_is_valid(const struct vc_msg1 *msg1, const struct vc_secret32 *secret,
                        struct vc_bytes address)
{
    uint8_t expected[VC_COOKIE_LEN];

    vc_cookie_make(expected, secret, address, msg1);
    return vc_equal(expected, msg1->cookie, sizeof(expected));
}

/* One key for each reply, so that the counter can always be 0. */
static void reply_key(struct vc_secret32 *ret_key, const struct vc_mask *mask,
                      const uint8_t salt[VC_SALT_LEN], const struct vc_cid *cid,
                      struct vc_bytes noise_part)
{
    struct vc_bytes parts[] = {{salt, VC_SALT_LEN}, VC_BYTES(cid->b), noise_part};

    vc_hash_parts(ret_key->b, sizeof(ret_key->b), "cookie reply", &mask->cookie, parts,
                  3);
}

vc_err vc_handshake_write_cookie(const struct vc_mask *mask, const struct vc_msg1 *msg1,
                                 const uint8_t cookie[VC_COOKIE_LEN],
                                 struct vc_rng *rng, struct vc_writer *w)
{
    uint8_t plain[VC_COOKIE_LEN + VC_PAD_CHOICES] = {0};
    size_t plain_len = VC_COOKIE_LEN + vc_rng_below(rng, VC_PAD_CHOICES);
    uint8_t *start = w->at;
    struct vc_secret32 key;

    memcpy(plain, cookie, VC_COOKIE_LEN);
    vc_mask_write_salt(&msg1->sender_cid, rng, w);
    if (w->is_failed) {
        return VC_ERR_FULL;
    }
    reply_key(&key, mask, start, &msg1->sender_cid, msg1->noise_part);
    vc_seal_to(w, &key, 0, (struct vc_bytes){NULL, 0},
               (struct vc_bytes){plain, plain_len});
    vc_wipe(&key, sizeof(key));
    return vc_mask_written(mask, start, w);
}

bool vc_handshake_read_cookie(const struct vc_handshake *hs, struct vc_bytes datagram,
                              uint8_t ret_cookie[VC_COOKIE_LEN])
{
    uint8_t scratch[VC_HANDSHAKE_MAX];
    uint8_t plain[VC_HANDSHAKE_MAX];
    struct vc_bytes body;
    struct vc_secret32 key;
    bool is_opened;

    VC_CHECK(hs->noise.is_initiator);
    if (hs->noise.message_index != 1 ||
        !vc_mask_remove(&hs->mask, datagram, scratch, &body) ||
        !vc_equal(datagram.data, &hs->own_cid, sizeof(hs->own_cid))) {
        return false;
    }
    reply_key(&key, &hs->mask, datagram.data, &hs->own_cid,
              (struct vc_bytes){hs->noise1, hs->noise1_len});
    is_opened = vc_open(plain, &key, 0, (struct vc_bytes){NULL, 0}, body);
    vc_wipe(&key, sizeof(key));
    if (!is_opened ||
        !vc_is_zero(plain + VC_COOKIE_LEN, body.len - VC_TAG_LEN - VC_COOKIE_LEN)) {
        return false;
    }
    memcpy(ret_cookie, plain, VC_COOKIE_LEN);
    return true;
}
