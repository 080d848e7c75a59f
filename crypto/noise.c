/*
 * Noise: the run over a pattern's tokens; crypto/SPEC.md, "Noise".
 *
 * Names are those of the specification (revision 34, section 5), so that the code can
 * be laid beside it.
 */
#include "crypto/noise.h"

#include <string.h>

#include "crypto/noise_pattern.h"

#define MESSAGE_MAX 65535 /* bytes: Noise, section 3 */

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

    vc_noise_symmetric_init(&noise->symmetric, cfg->hash, pattern->name);
    vc_noise_mix_hash(&noise->symmetric, cfg->prologue);
    if (pattern->initiator_is_known) {
        const struct vc_key32 *s = cfg->is_initiator ? &noise->s_public : &noise->rs;
        vc_noise_mix_hash(&noise->symmetric, VC_BYTES(s->b));
    }
    if (pattern->responder_is_known) {
        const struct vc_key32 *s = cfg->is_initiator ? &noise->rs : &noise->s_public;
        vc_noise_mix_hash(&noise->symmetric, VC_BYTES(s->b));
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
    vc_noise_mix_key(&noise->symmetric, VC_BYTES(shared.b));
    vc_wipe(&shared, sizeof(shared));
    return true;
}

/* With a pre-shared key the ephemeral is mixed into the key too (section 9.2). */
static void mix_ephemeral(struct vc_noise *noise, const struct vc_key32 *e)
{
    vc_noise_mix_hash(&noise->symmetric, VC_BYTES(e->b));
    if (noise->pattern->has_psk) {
        vc_noise_mix_key(&noise->symmetric, VC_BYTES(e->b));
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
            vc_noise_encrypt_and_hash(&noise->symmetric, VC_BYTES(noise->s_public.b),
                                      w);
        } else if (*t == VC_NOISE_PSK) {
            vc_noise_mix_key_and_hash(&noise->symmetric, VC_BYTES(noise->psk.b));
        } else if (!mix_dh(noise, *t)) {
            return VC_ERR_AUTH;
        }
    }
    vc_noise_encrypt_and_hash(&noise->symmetric, payload, w);
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
    err = vc_noise_decrypt_and_hash(&noise->symmetric, vc_read_bytes(r, sealed_len),
                                    opened, &opened_len);
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
        vc_noise_mix_key_and_hash(&noise->symmetric, VC_BYTES(noise->psk.b));
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
    err = vc_noise_decrypt_and_hash(&next.symmetric, vc_read_rest(&r), ret_payload,
                                    &payload_len);
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
    return vc_noise_h(&noise->symmetric);
}

void vc_noise_split(const struct vc_noise *noise, struct vc_secret32 *ret_first,
                    struct vc_secret32 *ret_second)
{
    VC_CHECK(vc_noise_is_done(noise));
    vc_noise_symmetric_split(&noise->symmetric, ret_first, ret_second);
}

void vc_noise_wipe(struct vc_noise *noise)
{
    vc_wipe(noise, sizeof(*noise));
}
