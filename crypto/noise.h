/*
 * Noise (revision 34): a table of tokens that runs any pattern over the SymmetricState.
 *
 * The patterns we use are in the table by name; those for which there are published
 * vectors run too.  Hash: BLAKE2b (ours) or SHA-256 (vectors only).
 */
#ifndef VC_CRYPTO_NOISE_H
#define VC_CRYPTO_NOISE_H

#include "crypto/noise_symmetric.h"

struct vc_noise_pattern; /* one row of the table */

/* Finds "XK", "XXpsk3", ...; NULL when the table does not have it. */
const struct vc_noise_pattern *vc_noise_pattern_find(const char *name);

struct vc_noise {
    const struct vc_noise_pattern *pattern;
    struct vc_noise_symmetric symmetric;
    struct vc_secret32 s, e, psk; /* own static and ephemeral, pre-shared key */
    struct vc_key32 s_public, e_public, rs, re;
    bool is_initiator, has_rs, has_re;
    uint8_t message_index; /* messages written and read so far */
};

struct vc_noise_config {
    const struct vc_noise_pattern *pattern;
    enum vc_noise_hash hash;
    bool is_initiator;
    struct vc_bytes prologue;
    const struct vc_secret32 *s; /* NULL when the pattern has none */
    const struct vc_key32
        *s_public;             /* NULL: made from s, for one multiplication more */
    const struct vc_key32 *rs; /* NULL when it is learnt */
    const struct vc_secret32 *psk;
    const struct vc_secret32
        *e; /* the ephemeral to use: the caller's fresh randomness */
};

/* Copies what it needs of @cfg.  What the pattern needs must be there. */
void vc_noise_init(struct vc_noise *noise, const struct vc_noise_config *cfg);

/* VC_ERR_AUTH on a low-order result, VC_ERR_FULL when the room is short.  A failed
 * state must be wiped, not used again. */
VC_NODISCARD vc_err vc_noise_write(struct vc_noise *noise, struct vc_bytes payload,
                                   struct vc_writer *w);
/*
 * Reads one whole message; @ret_payload has room for message.len bytes.  Works on a
 * copy of the state and keeps it only on success: a forged message changes nothing.
 * VC_ERR_MALFORMED: too short, or it is not this side's turn to read; VC_ERR_AUTH:
 * not made by the other side of this handshake, or with a low-order key.
 */
VC_NODISCARD vc_err vc_noise_read(struct vc_noise *noise, struct vc_bytes message,
                                  uint8_t *ret_payload, size_t *ret_payload_len);

bool vc_noise_is_done(const struct vc_noise *noise);

/* The handshake hash h, vc_noise_hash_len() bytes; borrowed, final once done. */
struct vc_bytes vc_noise_handshake_hash(const struct vc_noise *noise);

/* The two transport keys: initiator's sending key first. */
void vc_noise_split(const struct vc_noise *noise, struct vc_secret32 *ret_first,
                    struct vc_secret32 *ret_second);

void vc_noise_wipe(struct vc_noise *noise);

#endif
