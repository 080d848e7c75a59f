/*
 * Noise: the SymmetricState and the run over a pattern's tokens; crypto/SPEC.md,
 * "Noise".
 *
 * Names are those of the specification (revision 34, section 5), so that the code can
 * be laid beside it.
 */
#include "crypto/noise.h"

#include <string.h>

#include "crypto/noise_pattern.h"

#define MESSAGE_MAX  65535 /* bytes: Noise, section 3 */
#define NAME_MAX_LEN 64    /* bytes of a protocol name: BLAKE2b's hash length */

static struct vc_bytes h_of(const struct vc_noise_symmetric *symmetric)
{
    return (struct vc_bytes){symmetric->h, vc_noise_hash_len(symmetric->hash)};
}

static void mix_hash(struct vc_noise_symmetric *symmetric, struct vc_bytes bytes)
{
    struct vc_bytes parts[2] = {h_of(symmetric), bytes};

    vc_noise_hash_parts(symmetric->hash, symmetric->h, parts, 2);
}

static void set_key(struct vc_noise_symmetric *symmetric, const uint8_t *output)
{
    memcpy(symmetric->k.b, output, sizeof(symmetric->k.b));
    symmetric->n = 0;
    symmetric->has_key = true;
}

static void mix_key(struct vc_noise_symmetric *symmetric, struct vc_bytes input)
{
    uint8_t outputs[2 * VC_NOISE_HASH_MAX];
    size_t len = vc_noise_hash_len(symmetric->hash);

    vc_noise_hkdf(symmetric->hash, outputs, 2, (struct vc_bytes){symmetric->ck, len},
                  input);
    memcpy(symmetric->ck, outputs, len);
    set_key(symmetric, outputs + len);
    vc_wipe(outputs, sizeof(outputs));
}

static void mix_key_and_hash(struct vc_noise_symmetric *symmetric,
                             struct vc_bytes input)
{
    uint8_t outputs[3 * VC_NOISE_HASH_MAX];
    size_t len = vc_noise_hash_len(symmetric->hash);

    vc_noise_hkdf(symmetric->hash, outputs, 3, (struct vc_bytes){symmetric->ck, len},
                  input);
    memcpy(symmetric->ck, outputs, len);
    mix_hash(symmetric, (struct vc_bytes){outputs + len, len});
    set_key(symmetric, outputs + 2 * len);
    vc_wipe(outputs, sizeof(outputs));
}

static void encrypt_and_hash(struct vc_noise_symmetric *symmetric,
                             struct vc_bytes plain, struct vc_writer *w)
{
    const uint8_t *start = w->at;

    if (symmetric->has_key) {
        vc_seal_to(w, &symmetric->k, symmetric->n++, h_of(symmetric), plain);
    } else {
        vc_write_bytes(w, plain);
    }
    mix_hash(symmetric, (struct vc_bytes){start, (size_t)(w->at - start)});
}

/* @ret_plain has room for sealed.len bytes. */
static vc_err decrypt_and_hash(struct vc_noise_symmetric *symmetric,
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
    } else if (!vc_open(ret_plain, &symmetric->k, symmetric->n, h_of(symmetric),
                        sealed)) {
        return VC_ERR_AUTH;
    } else {
        symmetric->n++;
        *ret_plain_len = sealed.len - VC_TAG_LEN;
    }
    mix_hash(symmetric, sealed);
    return VC_OK;
}

static void initialize_symmetric(struct vc_noise_symmetric *symmetric,
                                 enum vc_noise_hash hash, const char *pattern_name)
{
    uint8_t room[NAME_MAX_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));
    const char *suite = hash == VC_NOISE_BLAKE2B ? "_25519_ChaChaPoly_BLAKE2b"
                                                 : "_25519_ChaChaPoly_SHA256";
    size_t len = vc_noise_hash_len(hash);
    struct vc_bytes name;

    vc_write_copy(&w, "Noise_", strlen("Noise_"));
    vc_write_copy(&w, pattern_name, strlen(pattern_name));
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

static void take_own_static(struct vc_noise *noise, const struct vc_noise_config *cfg)
{
    noise->s = *cfg->s;
    if (cfg->s_public != NULL) {
        noise->s_public = *cfg->s_public;
    } else {
        vc_dh_public(&noise->s_public, &noise->s);
    }
}

void vc_noise_init(struct vc_noise *noise, const struct vc_noise_config *cfg)
{
    const struct vc_noise_pattern *pattern = cfg->pattern;
    bool own_is_known =
        cfg->is_initiator ? pattern->initiator_is_known : pattern->responder_is_known;
    bool peer_is_known =
        cfg->is_initiator ? pattern->responder_is_known : pattern->initiator_is_known;

    memset(noise, 0, sizeof(*noise));
    noise->pattern = pattern;
    noise->is_initiator = cfg->is_initiator;
    if (own_is_known ||
        vc_noise_pattern_sends(pattern, cfg->is_initiator, VC_NOISE_S)) {
        VC_CHECK(cfg->s != NULL);
        take_own_static(noise, cfg);
    }
    if (vc_noise_pattern_sends(pattern, cfg->is_initiator, VC_NOISE_E)) {
        VC_CHECK(cfg->e != NULL);
        noise->e = *cfg->e;
    }
    if (peer_is_known) {
        VC_CHECK(cfg->rs != NULL);
        noise->rs = *cfg->rs;
        noise->has_rs = true;
    }
    if (pattern->has_psk) {
        VC_CHECK(cfg->psk != NULL);
        noise->psk = *cfg->psk;
    }

    initialize_symmetric(&noise->symmetric, cfg->hash, pattern->name);
    mix_hash(&noise->symmetric, cfg->prologue);
    if (pattern->initiator_is_known) {
        const struct vc_key32 *s = cfg->is_initiator ? &noise->s_public : &noise->rs;
        mix_hash(&noise->symmetric, VC_BYTES(s->b));
    }
    if (pattern->responder_is_known) {
        const struct vc_key32 *s = cfg->is_initiator ? &noise->rs : &noise->s_public;
        mix_hash(&noise->symmetric, VC_BYTES(s->b));
    }
}

/* The tokens ee, es, se and ss: false on a low-order result. */
static bool mix_dh(struct vc_noise *noise, enum vc_noise_token token)
{
    bool initiator_is_s = token == VC_NOISE_SE || token == VC_NOISE_SS;
    bool responder_is_s = token == VC_NOISE_ES || token == VC_NOISE_SS;
    bool own_is_s = noise->is_initiator ? initiator_is_s : responder_is_s;
    bool peer_is_s = noise->is_initiator ? responder_is_s : initiator_is_s;
    struct vc_secret32 shared;

    VC_CHECK(peer_is_s ? noise->has_rs : noise->has_re);
    if (!vc_dh(&shared, own_is_s ? &noise->s : &noise->e,
               peer_is_s ? &noise->rs : &noise->re)) {
        return false;
    }
    mix_key(&noise->symmetric, VC_BYTES(shared.b));
    vc_wipe(&shared, sizeof(shared));
    return true;
}

/* With a pre-shared key the ephemeral is mixed into the key too (section 9.2). */
static void mix_ephemeral(struct vc_noise *noise, const struct vc_key32 *e)
{
    mix_hash(&noise->symmetric, VC_BYTES(e->b));
    if (noise->pattern->has_psk) {
        mix_key(&noise->symmetric, VC_BYTES(e->b));
    }
}

bool vc_noise_is_done(const struct vc_noise *noise)
{
    return noise->message_index == noise->pattern->message_count;
}

static bool is_own_turn(const struct vc_noise *noise)
{
    return !vc_noise_is_done(noise) &&
           (noise->message_index % 2 == 0) == noise->is_initiator;
}

vc_err vc_noise_write(struct vc_noise *noise, struct vc_bytes payload,
                      struct vc_writer *w)
{
    VC_CHECK(is_own_turn(noise));
    for (const uint8_t *t = noise->pattern->messages[noise->message_index];
         *t != VC_NOISE_END; t++) {
        if (*t == VC_NOISE_E) {
            vc_dh_public(&noise->e_public, &noise->e);
            vc_write_copy(w, noise->e_public.b, sizeof(noise->e_public.b));
            mix_ephemeral(noise, &noise->e_public);
        } else if (*t == VC_NOISE_S) {
            encrypt_and_hash(&noise->symmetric, VC_BYTES(noise->s_public.b), w);
        } else if (*t == VC_NOISE_PSK) {
            mix_key_and_hash(&noise->symmetric, VC_BYTES(noise->psk.b));
        } else if (!mix_dh(noise, *t)) {
            return VC_ERR_AUTH;
        }
    }
    encrypt_and_hash(&noise->symmetric, payload, w);
    noise->message_index++;
    return vc_writer_end(w);
}

static vc_err read_static(struct vc_noise *noise, struct vc_reader *r)
{
    size_t sealed_len = sizeof(noise->rs) + (noise->symmetric.has_key ? VC_TAG_LEN : 0);
    uint8_t opened[sizeof(noise->rs) + VC_TAG_LEN];
    size_t opened_len;
    vc_err err;

    if (vc_reader_left(r) < sealed_len) {
        return VC_ERR_MALFORMED;
    }
    err = decrypt_and_hash(&noise->symmetric, vc_read_bytes(r, sealed_len), opened,
                           &opened_len);
    if (err != VC_OK) {
        return err;
    }
    VC_CHECK(opened_len == sizeof(noise->rs));
    memcpy(noise->rs.b, opened, sizeof(noise->rs));
    noise->has_rs = true;
    return VC_OK;
}

static vc_err read_token(struct vc_noise *noise, enum vc_noise_token token,
                         struct vc_reader *r)
{
    if (token == VC_NOISE_E) {
        if (vc_reader_left(r) < sizeof(noise->re)) {
            return VC_ERR_MALFORMED;
        }
        vc_read_copy(r, noise->re.b, sizeof(noise->re.b));
        noise->has_re = true;
        mix_ephemeral(noise, &noise->re);
        return VC_OK;
    }
    if (token == VC_NOISE_S) {
        return read_static(noise, r);
    }
    if (token == VC_NOISE_PSK) {
        mix_key_and_hash(&noise->symmetric, VC_BYTES(noise->psk.b));
        return VC_OK;
    }
    return mix_dh(noise, token) ? VC_OK : VC_ERR_AUTH;
}

vc_err vc_noise_read(struct vc_noise *noise, struct vc_bytes message,
                     uint8_t *ret_payload, size_t *ret_payload_len)
{
    struct vc_noise next = *noise;
    struct vc_reader r = vc_reader(message);
    size_t payload_len = 0;
    vc_err err = VC_OK;

    if (message.len > MESSAGE_MAX || vc_noise_is_done(noise) || is_own_turn(noise)) {
        err = VC_ERR_MALFORMED;
        goto out;
    }
    for (const uint8_t *t = next.pattern->messages[next.message_index];
         *t != VC_NOISE_END; t++) {
        err = read_token(&next, *t, &r);
        if (err != VC_OK) {
            goto out;
        }
    }
    err =
        decrypt_and_hash(&next.symmetric, vc_read_rest(&r), ret_payload, &payload_len);
    if (err != VC_OK) {
        goto out;
    }
    next.message_index++;
    *noise = next;
    *ret_payload_len = payload_len;
out:
    vc_wipe(&next, sizeof(next));
    return err;
}

struct vc_bytes vc_noise_handshake_hash(const struct vc_noise *noise)
{
    return h_of(&noise->symmetric);
}

void vc_noise_split(const struct vc_noise *noise, struct vc_secret32 *ret_first,
                    struct vc_secret32 *ret_second)
{
    const struct vc_noise_symmetric *symmetric = &noise->symmetric;
    uint8_t outputs[2 * VC_NOISE_HASH_MAX];
    size_t len = vc_noise_hash_len(symmetric->hash);

    VC_CHECK(vc_noise_is_done(noise));
    vc_noise_hkdf(symmetric->hash, outputs, 2, (struct vc_bytes){symmetric->ck, len},
                  (struct vc_bytes){NULL, 0});
    memcpy(ret_first->b, outputs, sizeof(ret_first->b));
    memcpy(ret_second->b, outputs + len, sizeof(ret_second->b));
    vc_wipe(outputs, sizeof(outputs));
}

void vc_noise_wipe(struct vc_noise *noise)
{
    vc_wipe(noise, sizeof(*noise));
}
