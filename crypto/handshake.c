/*
 * Handshake datagrams; crypto/SPEC.md, "Link handshake".
 */
#include "crypto/handshake.h"

#include <string.h>

#include "crypto/handshake_mask.h"
#include "crypto/invite.h"

#define PROLOGUE_MAX 128 /* bytes: 10 + 1 + 8 + 1 + 32 + 32, rounded up */
#define KEY_LEN      32
#define PAYLOAD_MAX  (VC_HANDSHAKE_MAX - VC_SALT_LEN)

_Static_assert(VC_LINK_MSG2_MIN ==
                   VC_SALT_LEN + KEY_LEN + VC_CID_LEN + VC_CLAIM_LEN + VC_TAG_LEN,
               "salt, e, payload");
_Static_assert(VC_JOIN_MSG2_MIN == VC_LINK_MSG2_MIN + KEY_LEN + VC_TAG_LEN, "and s");
_Static_assert(VC_HANDSHAKE_MSG1_MIN == VC_JOIN_MSG2_MIN,
               "no reply beyond its request");
_Static_assert(VC_HANDSHAKE_MSG1_MIN == VC_SALT_LEN + VC_CID_LEN + VC_COOKIE_LEN +
                                            KEY_LEN + VC_CLAIM_LEN + VC_MSG1_PAD_MIN +
                                            VC_TAG_LEN + VC_MAC1_LEN,
               "msg1");
_Static_assert(VC_HANDSHAKE_NOISE1_MAX == KEY_LEN + VC_CLAIM_LEN + VC_MSG1_PAD_MIN +
                                              VC_PAD_CHOICES - 1 + VC_TAG_LEN,
               "msg1");

static void init_noise(struct vc_handshake *hs, const struct vc_handshake_config *cfg)
{
    bool is_link = cfg->kind == VC_HANDSHAKE_LINK;
    const struct vc_cid *initiator = cfg->is_initiator ? &cfg->own_cid : &cfg->peer_cid;
    uint8_t room[PROLOGUE_MAX];
    struct vc_writer prologue = vc_writer(room, sizeof(room));
    struct vc_secret32 psk, unused;

    vc_write_copy(&prologue, "veche link", 10);
    vc_write_u8(&prologue, is_link ? 1 : 2);
    vc_write_copy(&prologue, initiator->b, sizeof(initiator->b));
    vc_write_u8(&prologue, (uint8_t)cfg->network_id.len);
    vc_write_bytes(&prologue, cfg->network_id);
    if (is_link) {
        vc_write_copy(&prologue, cfg->responder_root->b, KEY_LEN);
    } else {
        vc_invite_keys(cfg->invite_secret, &psk, &unused);
    }
    VC_CHECK(vc_writer_end(&prologue) == VC_OK);
    vc_noise_init(&hs->noise,
                  &(struct vc_noise_config){
                      .pattern = vc_noise_pattern_find(is_link ? "XK" : "XXpsk3"),
                      .hash = VC_NOISE_BLAKE2B,
                      .is_initiator = cfg->is_initiator,
                      .prologue = vc_writer_bytes(&prologue),
                      .s = cfg->dev_dh,
                      .s_public = cfg->dev_dh_public,
                      .rs = cfg->peer_dev_dh,
                      .psk = is_link ? NULL : &psk,
                      .e = cfg->e,
                  });
    vc_wipe(&psk, sizeof(psk));
    vc_wipe(&unused, sizeof(unused));
}

void vc_handshake_init(struct vc_handshake *hs, const struct vc_handshake_config *cfg)
{
    VC_CHECK(cfg->network_id.len >= 1 && cfg->network_id.len <= VC_NETWORK_ID_MAX);
    if (cfg->kind == VC_HANDSHAKE_LINK) {
        VC_CHECK(cfg->responder_root != NULL);
        VC_CHECK(!cfg->is_initiator || cfg->peer_dev_dh != NULL);
    } else {
        VC_CHECK(cfg->invite_secret != NULL);
    }
    memset(hs, 0, sizeof(*hs));
    hs->kind = cfg->kind;
    hs->mask = *cfg->mask;
    hs->own_cid = cfg->own_cid;
    hs->capabilities = cfg->capabilities;
    if (!cfg->is_initiator) {
        hs->peer_cid = cfg->peer_cid;
    }
    init_noise(hs, cfg);
}

static void write_claim(struct vc_writer *w, const struct vc_handshake *hs)
{
    vc_write_u8(w, VC_LINK_VERSION);
    vc_write_u32(w, hs->capabilities);
}

static vc_err read_claim(struct vc_reader *r, uint8_t *ret_version,
                         uint32_t *ret_capabilities)
{
    uint8_t version = vc_read_u8(r);
    uint32_t capabilities = vc_read_u32(r);

    if (!r->is_failed && version != VC_LINK_VERSION) {
        return VC_ERR_UNSUPPORTED;
    }
    *ret_version = version;
    *ret_capabilities = capabilities;
    return VC_OK;
}

/* Everything that is left is padding, and padding is zeros. */
static vc_err read_padding(struct vc_reader *r)
{
    struct vc_bytes rest = vc_read_rest(r);

    if (rest.len > 0 && !vc_is_zero(rest.data, rest.len)) {
        vc_reader_fail(r);
    }
    return vc_reader_end(r);
}

static void write_padding(struct vc_writer *w, size_t len)
{
    static const uint8_t zeros[VC_HANDSHAKE_MAX];

    VC_CHECK(len <= sizeof(zeros));
    vc_write_copy(w, zeros, len);
}

/* Makes the Noise part of msg1, once. */
static vc_err make_noise1(struct vc_handshake *hs, struct vc_rng *rng)
{
    uint8_t room[PAYLOAD_MAX];
    struct vc_writer payload = vc_writer(room, sizeof(room));
    struct vc_writer noise = vc_writer(hs->noise1, sizeof(hs->noise1));
    vc_err err;

    write_claim(&payload, hs);
    write_padding(&payload, VC_MSG1_PAD_MIN + vc_rng_below(rng, VC_PAD_CHOICES));
    VC_CHECK(vc_writer_end(&payload) == VC_OK);
    err = vc_noise_write(&hs->noise, vc_writer_bytes(&payload), &noise);
    if (err == VC_OK) {
        hs->noise1_len = (uint8_t)vc_writer_bytes(&noise).len;
    }
    return err;
}

/* Of mac1, over all that stands before it but the salt, which its transmission alone
 * is marked with and which it could not be unmasked without. */
static void make_mac1(uint8_t ret_mac1[VC_MAC1_LEN], const struct vc_mask *mask,
                      struct vc_bytes before)
{
    vc_hash(ret_mac1, VC_MAC1_LEN, "mac1", &mask->mac, before);
}

vc_err vc_handshake_write_msg1(struct vc_handshake *hs, const uint8_t *cookie,
                               struct vc_rng *rng, struct vc_writer *w)
{
    static const uint8_t no_cookie[VC_COOKIE_LEN];
    uint8_t salt[VC_SALT_LEN];
    uint8_t mac1[VC_MAC1_LEN];
    uint8_t *start = w->at;

    VC_CHECK(hs->noise.is_initiator && hs->noise.message_index <= 1);
    if (hs->noise1_len == 0) {
        vc_err err = make_noise1(hs, rng);
        if (err != VC_OK) {
            return err;
        }
    }
    vc_rng_draw(rng, salt, sizeof(salt));
    vc_write_copy(w, salt, sizeof(salt));
    vc_write_copy(w, hs->own_cid.b, sizeof(hs->own_cid.b));
    vc_write_copy(w, cookie == NULL ? no_cookie : cookie, VC_COOKIE_LEN);
    vc_write_copy(w, hs->noise1, hs->noise1_len);
    if (w->is_failed) {
        return VC_ERR_FULL;
    }
    make_mac1(
        mac1, &hs->mask,
        (struct vc_bytes){start + VC_SALT_LEN, (size_t)(w->at - start) - VC_SALT_LEN});
    vc_write_copy(w, mac1, sizeof(mac1));
    return vc_mask_written(&hs->mask, start, w);
}

bool vc_handshake_open_msg1(const struct vc_mask *mask, struct vc_bytes datagram,
                            uint8_t *scratch, struct vc_msg1 *ret_msg1)
{
    uint8_t expected[VC_MAC1_LEN];
    struct vc_bytes body, before;
    struct vc_reader r;

    if (datagram.len < VC_HANDSHAKE_MSG1_MIN ||
        !vc_mask_remove(mask, datagram, scratch, &body)) {
        return false;
    }
    before = (struct vc_bytes){body.data, body.len - VC_MAC1_LEN};
    make_mac1(expected, mask, before);
    if (!vc_equal(expected, body.data + before.len, sizeof(expected))) {
        return false;
    }
    r = vc_reader(before);
    vc_read_copy(&r, ret_msg1->sender_cid.b, sizeof(ret_msg1->sender_cid.b));
    vc_read_copy(&r, ret_msg1->cookie, sizeof(ret_msg1->cookie));
    ret_msg1->noise_part = vc_read_rest(&r);
    return true;
}

vc_err vc_handshake_read_msg1(struct vc_handshake *hs, const struct vc_msg1 *msg1)
{
    uint8_t payload[VC_HANDSHAKE_MAX];
    size_t payload_len;
    struct vc_reader r;
    vc_err err;

    VC_CHECK(!hs->noise.is_initiator && hs->noise.message_index == 0);
    VC_CHECK(vc_equal(&hs->peer_cid, &msg1->sender_cid, sizeof(hs->peer_cid)));
    VC_CHECK(msg1->noise_part.len <= sizeof(payload));
    err = vc_noise_read(&hs->noise, msg1->noise_part, payload, &payload_len);
    if (err != VC_OK) {
        return err;
    }
    r = vc_reader((struct vc_bytes){payload, payload_len});
    err = read_claim(&r, &hs->peer_version, &hs->peer_capabilities);
    return err != VC_OK ? err : read_padding(&r);
}

/* Puts the receiver's salt, then the Noise message with @payload. */
static vc_err write_answer(struct vc_handshake *hs, struct vc_bytes payload,
                           struct vc_rng *rng, struct vc_writer *w)
{
    uint8_t *start = w->at;
    vc_err err;

    vc_mask_write_salt(&hs->peer_cid, rng, w);
    err = vc_noise_write(&hs->noise, payload, w);
    return err != VC_OK ? err : vc_mask_written(&hs->mask, start, w);
}

/*
 * Takes the mask off a datagram that should be for us and reads the Noise message in it
 * into @ret_noise, a copy of the state: the caller keeps it when he likes the payload.
 */
static vc_err read_answer(const struct vc_handshake *hs, struct vc_bytes datagram,
                          struct vc_noise *ret_noise, uint8_t *ret_payload,
                          size_t *ret_payload_len)
{
    uint8_t scratch[VC_HANDSHAKE_MAX];
    struct vc_bytes body;

    *ret_noise = hs->noise;
    if (datagram.len < VC_HANDSHAKE_MIN ||
        !vc_equal(datagram.data, &hs->own_cid, sizeof(hs->own_cid)) ||
        !vc_mask_remove(&hs->mask, datagram, scratch, &body)) {
        return VC_ERR_MALFORMED;
    }
    return vc_noise_read(ret_noise, body, ret_payload, ret_payload_len);
}

vc_err vc_handshake_write_msg2(struct vc_handshake *hs, size_t msg1_len,
                               struct vc_rng *rng, struct vc_writer *w)
{
    size_t len_min =
        hs->kind == VC_HANDSHAKE_LINK ? VC_LINK_MSG2_MIN : VC_JOIN_MSG2_MIN;
    uint8_t room[PAYLOAD_MAX];
    struct vc_writer payload = vc_writer(room, sizeof(room));

    VC_CHECK(!hs->noise.is_initiator);
    VC_CHECK(msg1_len >= VC_HANDSHAKE_MSG1_MIN && msg1_len <= VC_HANDSHAKE_MAX);
    vc_write_copy(&payload, hs->own_cid.b, sizeof(hs->own_cid.b));
    write_claim(&payload, hs);
    write_padding(&payload, vc_rng_below(rng, (uint32_t)(msg1_len - len_min + 1)));
    VC_CHECK(vc_writer_end(&payload) == VC_OK);
    return write_answer(hs, vc_writer_bytes(&payload), rng, w);
}

vc_err vc_handshake_read_msg2(struct vc_handshake *hs, struct vc_bytes datagram)
{
    uint8_t payload[VC_HANDSHAKE_MAX];
    size_t payload_len = 0;
    struct vc_noise noise;
    struct vc_cid peer_cid;
    uint8_t version;
    uint32_t capabilities;
    struct vc_reader r;
    vc_err err;

    VC_CHECK(hs->noise.is_initiator);
    err = read_answer(hs, datagram, &noise, payload, &payload_len);
    if (err != VC_OK) {
        goto out;
    }
    r = vc_reader((struct vc_bytes){payload, payload_len});
    vc_read_copy(&r, peer_cid.b, sizeof(peer_cid.b));
    err = read_claim(&r, &version, &capabilities);
    if (err == VC_OK) {
        err = read_padding(&r);
    }
    if (err == VC_OK) {
        hs->noise = noise;
        hs->peer_cid = peer_cid;
        hs->peer_version = version;
        hs->peer_capabilities = capabilities;
    }
out:
    vc_wipe(&noise, sizeof(noise));
    return err;
}

vc_err vc_handshake_write_msg3(struct vc_handshake *hs,
                               const struct vc_session_tag *continues,
                               struct vc_rng *rng, struct vc_writer *w)
{
    uint8_t room[PAYLOAD_MAX];
    struct vc_writer payload = vc_writer(room, sizeof(room));

    VC_CHECK(hs->noise.is_initiator);
    hs->continues = *continues;
    vc_write_copy(&payload, continues->b, sizeof(continues->b));
    write_padding(&payload, vc_rng_below(rng, VC_PAD_CHOICES));
    VC_CHECK(vc_writer_end(&payload) == VC_OK);
    return write_answer(hs, vc_writer_bytes(&payload), rng, w);
}

vc_err vc_handshake_read_msg3(struct vc_handshake *hs, struct vc_bytes datagram)
{
    uint8_t payload[VC_HANDSHAKE_MAX];
    size_t payload_len = 0;
    struct vc_noise noise;
    struct vc_session_tag continues;
    struct vc_reader r;
    vc_err err;

    VC_CHECK(!hs->noise.is_initiator);
    err = read_answer(hs, datagram, &noise, payload, &payload_len);
    if (err != VC_OK) {
        goto out;
    }
    r = vc_reader((struct vc_bytes){payload, payload_len});
    vc_read_copy(&r, continues.b, sizeof(continues.b));
    err = read_padding(&r);
    if (err == VC_OK) {
        hs->noise = noise;
        hs->continues = continues;
    }
out:
    vc_wipe(&noise, sizeof(noise));
    return err;
}

bool vc_handshake_is_done(const struct vc_handshake *hs)
{
    return vc_noise_is_done(&hs->noise);
}

void vc_handshake_tag(const struct vc_handshake *hs, struct vc_session_tag *ret_tag)
{
    VC_CHECK(vc_handshake_is_done(hs));
    vc_hash(ret_tag->b, sizeof(ret_tag->b), "link tag", NULL,
            vc_noise_handshake_hash(&hs->noise));
}

void vc_handshake_wipe(struct vc_handshake *hs)
{
    vc_wipe(hs, sizeof(*hs));
}
