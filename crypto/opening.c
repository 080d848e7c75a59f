/*
 * Openings; crypto/SPEC.md, "Opening".
 *
 * Both sides do the same mixing in the same order and differ in which halves of the keys they
 * hold, so what can be shared is.  No public key is made that somebody has already: a
 * multiplication of the base point costs nearly as much as a DH.
 */
#include "crypto/opening.h"

#include <string.h>

#include "crypto/extension.h"
#include "crypto/handshake.h"
#include "crypto/noise_symmetric.h"

enum {
    E_LEN = 32,
    STATIC_LEN = 32 + VC_TAG_LEN,
    PAYLOAD_MIN = 32 + VC_CERTIFICATE_LEN + 4 + 4 + 1,
    LEN_MIN = VC_OPENING_HEAD_LEN + STATIC_LEN + PAYLOAD_MIN + VC_TAG_LEN,
    PROLOGUE_MAX = 13 + 1 + VC_NETWORK_ID_MAX + 2 + 32 + 2 + VC_PREKEY_SIGNED_LEN + 4,
    MASK_NONCE_LEN = 24,
};

_Static_assert(VC_OPENING_HEAD_LEN + VC_KEM_CIPHERTEXT_MAX + STATIC_LEN +
                       VC_OPENING_PAYLOAD_MAX + VC_TAG_LEN <=
                   VC_OPENING_MAX,
               "the longest opening");
_Static_assert(PAYLOAD_MIN + VC_OPENING_STATEMENT_MAX <= VC_OPENING_PAYLOAD_MAX,
               "the longest payload that is written");

static void write_network(struct vc_writer *w, struct vc_bytes network_id)
{
    VC_CHECK(network_id.len >= 1 && network_id.len <= VC_NETWORK_ID_MAX);
    vc_write_u8(w, (uint8_t)network_id.len);
    vc_write_bytes(w, network_id);
}

void vc_opening_mask(struct vc_secret32 *ret_mask, struct vc_bytes network_id,
                     const struct vc_key32 *root, uint16_t index)
{
    uint8_t room[1 + VC_NETWORK_ID_MAX + 32 + 2];
    struct vc_writer w = vc_writer(room, sizeof(room));

    write_network(&w, network_id);
    vc_write_copy(&w, root->b, sizeof(root->b));
    vc_write_u16(&w, index);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    vc_hash(ret_mask->b, sizeof(ret_mask->b), "opening mask", NULL,
            vc_writer_bytes(&w));
}

void vc_opening_name(struct vc_id16 *ret_name, struct vc_bytes opening)
{
    vc_hash(ret_name->b, sizeof(ret_name->b), "opening", NULL, opening);
}

/* Puts the mask on or takes it off. */
static void mask_head(const struct vc_secret32 *mask, const uint8_t *e,
                      struct vc_room head)
{
    vc_xchacha_xor_nonce(head, mask, (struct vc_bytes){e, MASK_NONCE_LEN});
}

static void write_head(struct vc_writer *w, const struct vc_secret32 *mask,
                       const struct vc_key32 *e, const struct vc_opening_head *head)
{
    uint8_t room[VC_OPENING_HEAD_LEN - E_LEN];
    struct vc_writer fields = vc_writer(room, sizeof(room));

    vc_write_u16(&fields, head->suite);
    vc_write_u16(&fields, head->len);
    vc_write_u32(&fields, head->prekey_id);
    vc_write_u32(&fields, head->one_time_id);
    VC_CHECK(vc_writer_left(&fields) == 0 && vc_writer_end(&fields) == VC_OK);
    mask_head(mask, e->b, (struct vc_room){room, sizeof(room)});
    vc_write_copy(w, e->b, sizeof(e->b));
    vc_write_copy(w, room, sizeof(room));
}

bool vc_opening_peek(const struct vc_secret32 *mask, struct vc_bytes object,
                     struct vc_opening_head *ret_head)
{
    struct vc_opening_head *head = ret_head;
    uint8_t room[VC_OPENING_HEAD_LEN];
    struct vc_reader r = vc_reader(object);

    if (object.len < LEN_MIN) {
        return false;
    }
    vc_read_copy(&r, room, sizeof(room));
    mask_head(mask, room, (struct vc_room){room + E_LEN, sizeof(room) - E_LEN});
    r = vc_reader((struct vc_bytes){room + E_LEN, sizeof(room) - E_LEN});
    head->suite = vc_read_u16(&r);
    head->len = vc_read_u16(&r);
    head->prekey_id = vc_read_u32(&r);
    head->one_time_id = vc_read_u32(&r);
    return head->len >= LEN_MIN && head->len <= VC_OPENING_MAX &&
           head->len <= object.len;
}

/* What both sides know before the first byte. */
struct terms {
    struct vc_bytes network_id;
    uint16_t suite;
    const struct vc_key32 *root; /* of the recipient, as all that follows */
    uint16_t index;
    const struct vc_key32 *dev_dh;
    const struct vc_prekey *prekey;
    const struct vc_one_time *one_time;
};

static uint32_t one_time_id(const struct vc_one_time *one_time)
{
    return one_time == NULL ? 0 : one_time->id;
}

/* Up to the message: protocol name, prologue, pre-message. */
static void begin(struct vc_noise_symmetric *symmetric, const struct terms *terms)
{
    static const char label[13] = {'v', 'e', 'c', 'h', 'e', ' ', 'o',
                                   'p', 'e', 'n', 'i', 'n', 'g'};
    uint8_t prologue[PROLOGUE_MAX];
    struct vc_writer w = vc_writer(prologue, sizeof(prologue));

    vc_write_copy(&w, label, sizeof(label));
    write_network(&w, terms->network_id);
    vc_write_u16(&w, terms->suite);
    vc_write_copy(&w, terms->root->b, sizeof(terms->root->b));
    vc_write_u16(&w, terms->index);
    vc_prekey_write_signed(&w, terms->prekey);
    vc_write_u32(&w, one_time_id(terms->one_time));
    VC_CHECK(vc_writer_end(&w) == VC_OK);

    vc_noise_symmetric_init(symmetric, VC_NOISE_BLAKE2B, "Xpk");
    vc_noise_mix_hash(symmetric, vc_writer_bytes(&w));
    vc_noise_mix_hash(symmetric, VC_BYTES(terms->dev_dh->b));
    vc_noise_mix_hash(symmetric, VC_BYTES(terms->prekey->key.b));
    if (terms->one_time != NULL) {
        vc_noise_mix_hash(symmetric, VC_BYTES(terms->one_time->key.b));
    }
}

static bool mix_dh(struct vc_noise_symmetric *symmetric,
                   const struct vc_secret32 *secret, const struct vc_key32 *public_key)
{
    struct vc_secret32 shared;

    if (!vc_dh(&shared, secret, public_key)) {
        return false;
    }
    vc_noise_mix_key(symmetric, VC_BYTES(shared.b));
    vc_wipe(&shared, sizeof(shared));
    return true;
}

static void mix_kem(struct vc_noise_symmetric *symmetric, struct vc_bytes kem_public,
                    struct vc_bytes ciphertext, struct vc_secret32 *shared)
{
    vc_noise_mix_hash(symmetric, kem_public);
    vc_noise_mix_hash(symmetric, ciphertext);
    vc_noise_mix_key_and_hash(symmetric, VC_BYTES(shared->b));
    vc_wipe(shared, sizeof(*shared));
}

/* What comes out, at the end of the message. */
static void derive(struct vc_session_keys *ret_keys,
                   const struct vc_noise_symmetric *symmetric,
                   const struct vc_opening_sender *sender, const struct terms *terms)
{
    struct vc_bytes h = vc_noise_h(symmetric);
    struct vc_secret32 k, unused;
    uint8_t room[2 * (32 + 2)];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_bytes parts[2] = {h};

    vc_write_copy(&w, sender->root.b, sizeof(sender->root.b));
    vc_write_u16(&w, sender->certificate.index);
    vc_write_copy(&w, terms->root->b, sizeof(terms->root->b));
    vc_write_u16(&w, terms->index);
    VC_CHECK(vc_writer_left(&w) == 0 && vc_writer_end(&w) == VC_OK);
    parts[1] = vc_writer_bytes(&w);

    vc_noise_symmetric_split(symmetric, &k, &unused);
    vc_hash_parts(ret_keys->id.b, sizeof(ret_keys->id.b), "session id", &k, parts, 2);
    vc_hash(ret_keys->root.b, sizeof(ret_keys->root.b), "session root", &k, h);
    vc_hash(ret_keys->to_recipient, sizeof(ret_keys->to_recipient), "session header",
            &k, h);
    vc_hash(ret_keys->to_initiator, sizeof(ret_keys->to_initiator), "session next", &k,
            h);
    vc_wipe(&k, sizeof(k));
    vc_wipe(&unused, sizeof(unused));
}

static struct vc_bytes write_payload(uint8_t room[VC_OPENING_PAYLOAD_MAX],
                                     const struct vc_opening_sender *from)
{
    struct vc_writer w = vc_writer(room, VC_OPENING_PAYLOAD_MAX);

    VC_CHECK(from->generation > 0);
    VC_CHECK(from->statement.len <= VC_OPENING_STATEMENT_MAX);
    vc_write_copy(&w, from->root.b, sizeof(from->root.b));
    vc_certificate_write(&w, &from->certificate);
    vc_write_u32(&w, from->generation);
    vc_write_u32(&w, from->capabilities);
    vc_write_u8(&w, (uint8_t)from->statement.len);
    vc_write_bytes(&w, from->statement);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

static vc_err read_payload(struct vc_bytes payload,
                           struct vc_opening_sender *ret_sender)
{
    struct vc_reader r = vc_reader(payload);
    struct vc_extension extension = VC_EXTENSION_NONE;

    vc_read_copy(&r, ret_sender->root.b, sizeof(ret_sender->root.b));
    vc_certificate_read(&r, &ret_sender->certificate);
    ret_sender->generation = vc_read_u32(&r);
    ret_sender->capabilities = vc_read_u32(&r);
    ret_sender->statement = vc_read_bytes(&r, vc_read_u8(&r));
    if (ret_sender->generation == 0) {
        vc_reader_fail(&r);
    }
    while (vc_extension_next(&r, &extension)) {
        /* None is known. */
    }
    return vc_reader_end(&r);
}

/* Mixes a KEM's secret in and sends what the recipient needs for it. */
static bool write_kem(struct vc_noise_symmetric *symmetric,
                      const struct vc_opening_config *cfg, struct vc_writer *w)
{
    const struct vc_kem *kem = cfg->to->kem;
    uint8_t ciphertext[VC_KEM_CIPHERTEXT_MAX];
    struct vc_secret32 shared;
    struct vc_hash32 hash;

    VC_CHECK(cfg->coins != NULL && kem->ciphertext_len <= sizeof(ciphertext));
    vc_kem_hash(&hash, cfg->to->kem_public);
    if (cfg->to->kem_public.len != kem->public_len ||
        !vc_equal(&hash, &cfg->to->prekey->kem_hash, sizeof(hash)) ||
        !kem->encapsulate(ciphertext, &shared, cfg->to->kem_public.data,
                          cfg->coins->b)) {
        return false;
    }
    vc_write_copy(w, ciphertext, kem->ciphertext_len);
    mix_kem(symmetric, cfg->to->kem_public,
            (struct vc_bytes){ciphertext, kem->ciphertext_len}, &shared);
    return true;
}

/* From the tokens ee on to the end of the message. */
static vc_err write_rest(struct vc_noise_symmetric *symmetric,
                         const struct vc_opening_config *cfg, struct vc_bytes payload,
                         struct vc_writer *w)
{
    const struct vc_opening_recipient *to = cfg->to;

    if (!mix_dh(symmetric, cfg->e, &to->dev_dh) ||
        !mix_dh(symmetric, cfg->e, &to->prekey->key) ||
        (to->one_time != NULL && !mix_dh(symmetric, cfg->e, &to->one_time->key)) ||
        (to->kem != NULL && !write_kem(symmetric, cfg, w))) {
        return VC_ERR_AUTH;
    }
    vc_noise_encrypt_and_hash(symmetric, VC_BYTES(cfg->from->certificate.dev_dh.b), w);
    if (!mix_dh(symmetric, cfg->dev_dh, &to->prekey->key)) {
        return VC_ERR_AUTH;
    }
    vc_noise_encrypt_and_hash(symmetric, payload, w);
    return vc_writer_end(w);
}

/* The highest bit, which X25519 leaves zero and does not look at, is as random as the
 * others. */
static void make_e(struct vc_key32 *ret_e, const struct vc_secret32 *e)
{
    vc_dh_public(ret_e, e);
    ret_e->b[31] |= e->b[31] & 0x80;
}

vc_err vc_opening_write(const struct vc_opening_config *cfg, struct vc_writer *w,
                        struct vc_session_keys *ret_keys)
{
    const struct vc_opening_recipient *to = cfg->to;
    struct terms terms = {
        .network_id = cfg->network_id,
        .suite = to->kem == NULL ? VC_SUITE_CLASSIC : to->kem->suite,
        .root = &to->root,
        .index = to->index,
        .dev_dh = &to->dev_dh,
        .prekey = to->prekey,
        .one_time = to->one_time,
    };
    uint8_t room[VC_OPENING_PAYLOAD_MAX];
    struct vc_bytes payload = write_payload(room, cfg->from);
    size_t ciphertext_len = to->kem == NULL ? 0 : to->kem->ciphertext_len;
    struct vc_opening_head head = {
        .suite = terms.suite,
        .len = (uint16_t)(VC_OPENING_HEAD_LEN + ciphertext_len + STATIC_LEN +
                          payload.len + VC_TAG_LEN),
        .prekey_id = to->prekey->id,
        .one_time_id = one_time_id(to->one_time),
    };
    struct vc_noise_symmetric symmetric;
    struct vc_secret32 mask;
    struct vc_key32 e;

    if (to->kem != NULL && to->kem->suite != to->prekey->suite) {
        return VC_ERR_UNSUPPORTED;
    }
    VC_CHECK(to->prekey->id != 0 && (to->one_time == NULL || to->one_time->id != 0));
    vc_opening_mask(&mask, cfg->network_id, &to->root, to->index);
    make_e(&e, cfg->e);
    write_head(w, &mask, &e, &head);
    begin(&symmetric, &terms);
    vc_noise_mix_hash(&symmetric, VC_BYTES(e.b));
    vc_err err = write_rest(&symmetric, cfg, payload, w);
    if (err == VC_OK) {
        derive(ret_keys, &symmetric, cfg->from, &terms);
    }
    vc_wipe(&symmetric, sizeof(symmetric));
    vc_wipe(&mask, sizeof(mask));
    return err;
}

static bool read_kem(struct vc_noise_symmetric *symmetric,
                     const struct vc_opening_private *own, const struct vc_kem *kem,
                     struct vc_bytes ciphertext)
{
    struct vc_secret32 shared;

    VC_CHECK(own->kem_public.len == kem->public_len);
    VC_CHECK(own->kem_secret.len == kem->secret_len);
    if (!kem->decapsulate(&shared, own->kem_secret.data, ciphertext.data)) {
        return false;
    }
    mix_kem(symmetric, own->kem_public, ciphertext, &shared);
    return true;
}

/* The static key of the sender, and with it proved the payload into @scratch. */
static vc_err read_message(struct vc_noise_symmetric *symmetric,
                           const struct vc_opening_private *own,
                           const struct vc_kem *kem, struct vc_bytes opening,
                           uint8_t *scratch, struct vc_key32 *ret_s,
                           struct vc_bytes *ret_payload)
{
    struct vc_reader r = vc_reader(opening);
    struct vc_key32 e;
    struct vc_bytes ciphertext, sealed_s, sealed_payload;
    uint8_t s[STATIC_LEN];
    size_t s_len, payload_len;
    vc_err err;

    vc_read_copy(&r, e.b, sizeof(e.b));
    (void)vc_read_bytes(&r,
                        VC_OPENING_HEAD_LEN - E_LEN); /* the head: looked at before */
    ciphertext = vc_read_bytes(&r, kem == NULL ? 0 : kem->ciphertext_len);
    sealed_s = vc_read_bytes(&r, STATIC_LEN);
    sealed_payload = vc_read_rest(&r);
    if (vc_reader_end(&r) != VC_OK || sealed_payload.len < VC_TAG_LEN ||
        sealed_payload.len > VC_OPENING_PAYLOAD_MAX + VC_TAG_LEN) {
        return VC_ERR_AUTH;
    }
    vc_noise_mix_hash(symmetric, VC_BYTES(e.b));
    if (!mix_dh(symmetric, own->dev_dh, &e) ||
        !mix_dh(symmetric, own->prekey_secret, &e) ||
        (own->one_time != NULL && !mix_dh(symmetric, own->one_time_secret, &e)) ||
        (kem != NULL && !read_kem(symmetric, own, kem, ciphertext))) {
        return VC_ERR_AUTH;
    }
    err = vc_noise_decrypt_and_hash(symmetric, sealed_s, s, &s_len);
    if (err != VC_OK) {
        return err;
    }
    VC_CHECK(s_len == sizeof(ret_s->b));
    memcpy(ret_s->b, s, sizeof(ret_s->b));
    if (!mix_dh(symmetric, own->prekey_secret, ret_s)) {
        return VC_ERR_AUTH;
    }
    err = vc_noise_decrypt_and_hash(symmetric, sealed_payload, scratch, &payload_len);
    *ret_payload = (struct vc_bytes){scratch, payload_len};
    return err;
}

/* Which KEM the suite of @head takes, NULL for none; false when these keys do not take the
 * suite. */
static bool choose_kem(const struct vc_opening_private *own, uint16_t suite,
                       const struct vc_kem **ret_kem)
{
    if (suite == VC_SUITE_CLASSIC) {
        *ret_kem = NULL;
        return true;
    }
    *ret_kem = own->kem;
    return own->kem != NULL && own->kem->suite == suite && own->prekey->suite == suite;
}

vc_err vc_opening_read(const struct vc_opening_private *own, struct vc_bytes opening,
                       uint8_t *scratch, struct vc_opening_sender *ret_sender,
                       struct vc_session_keys *ret_keys)
{
    struct vc_secret32 mask;
    struct vc_opening_head head;
    const struct vc_kem *kem;
    struct vc_noise_symmetric symmetric;
    struct vc_opening_sender sender;
    struct vc_bytes payload;
    struct vc_key32 s;
    vc_err err;

    vc_opening_mask(&mask, own->network_id, &own->root, own->index);
    bool is_ours = vc_opening_peek(&mask, opening, &head) && head.len == opening.len &&
                   head.prekey_id == own->prekey->id &&
                   head.one_time_id == one_time_id(own->one_time);
    vc_wipe(&mask, sizeof(mask));
    if (!is_ours) {
        return VC_ERR_AUTH;
    }
    if (!choose_kem(own, head.suite, &kem)) {
        return VC_ERR_UNSUPPORTED;
    }
    struct terms terms = {
        .network_id = own->network_id,
        .suite = head.suite,
        .root = &own->root,
        .index = own->index,
        .dev_dh = own->dev_dh_public,
        .prekey = own->prekey,
        .one_time = own->one_time,
    };
    begin(&symmetric, &terms);
    err = read_message(&symmetric, own, kem, opening, scratch, &s, &payload);
    if (err == VC_OK) {
        err = read_payload(payload, &sender);
    }
    if (err == VC_OK && !vc_equal(&sender.certificate.dev_dh, &s, sizeof(s))) {
        err = VC_ERR_AUTH; /* somebody else's certificate */
    }
    if (err == VC_OK) {
        derive(ret_keys, &symmetric, &sender, &terms);
        *ret_sender = sender;
    }
    vc_wipe(&symmetric, sizeof(symmetric));
    return err;
}
