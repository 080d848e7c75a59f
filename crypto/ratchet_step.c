/* crypto/SPEC.md, "Ratchet": its steps and its frames. */
#include "crypto/ratchet_step.h"

#define HEADER_PLAIN_LEN 40 /* ratchet key, N, PN */

_Static_assert(VC_RATCHET_HEADER_LEN == VC_SIV_SHORT_TAG_LEN + HEADER_PLAIN_LEN,
               "frame");
_Static_assert(VC_RATCHET_OVERHEAD == VC_RATCHET_HEADER_LEN + VC_SIV_TAG_LEN, "frame");

void vc_ratchet_chain_step(struct vc_secret32 *chain, struct vc_secret32 *ret_key)
{
    struct vc_secret32 both[2];

    _Static_assert(sizeof both == 64, "one hash makes both");
    vc_hash_parts(both, sizeof both, "ratchet chain", chain, NULL, 0);
    *chain = both[0];
    *ret_key = both[1];
    vc_wipe(both, sizeof both);
}

bool vc_ratchet_dh_step(struct vc_ratchet_turn *ret_turn,
                        const struct vc_secret32 *root, const struct vc_secret32 *own,
                        const struct vc_key32 *peer)
{
    struct vc_secret32 both[2], dh;

    if (!vc_dh(&dh, own, peer)) {
        return false;
    }
    vc_hash(&ret_turn->header, sizeof ret_turn->header, "ratchet header", root,
            VC_BYTES(dh.b));
    vc_hash(both, sizeof both, "ratchet root", root, VC_BYTES(dh.b));
    ret_turn->root = both[0];
    ret_turn->chain = both[1];
    vc_wipe(both, sizeof both);
    vc_wipe(&dh, sizeof dh);
    return true;
}

void vc_ratchet_header_seal(uint8_t *ret_frame, const struct vc_siv_key *key,
                            const struct vc_id16 *session,
                            const struct vc_ratchet_header *header)
{
    struct vc_bytes part = VC_BYTES(session->b);
    struct vc_siv_ad ad = {&part, 1};
    uint8_t plain[HEADER_PLAIN_LEN];
    struct vc_writer w = vc_writer(plain, sizeof plain);

    vc_write_copy(&w, header->key.b, sizeof header->key.b);
    vc_write_u32(&w, header->n);
    vc_write_u32(&w, header->before);
    VC_CHECK(vc_writer_end(&w) == VC_OK && vc_writer_left(&w) == 0);
    vc_siv_seal(ret_frame, VC_SIV_SHORT_TAG_LEN, key, &ad, VC_BYTES(plain));
    vc_wipe(plain, sizeof plain);
}

bool vc_ratchet_header_open(struct vc_ratchet_header *ret_header,
                            const struct vc_siv_key *key, const struct vc_id16 *session,
                            struct vc_bytes frame)
{
    struct vc_bytes part = VC_BYTES(session->b);
    struct vc_siv_ad ad = {&part, 1};
    uint8_t plain[HEADER_PLAIN_LEN];
    struct vc_reader r;

    VC_CHECK(frame.len >= VC_RATCHET_OVERHEAD);
    frame.len = VC_RATCHET_HEADER_LEN;
    if (!vc_siv_open(plain, VC_SIV_SHORT_TAG_LEN, key, &ad, frame)) {
        return false;
    }
    r = vc_reader(VC_BYTES(plain));
    vc_read_copy(&r, ret_header->key.b, sizeof ret_header->key.b);
    ret_header->n = vc_read_u32(&r);
    ret_header->before = vc_read_u32(&r);
    vc_wipe(plain, sizeof plain);
    return true;
}

void vc_ratchet_text_seal(uint8_t *frame, const struct vc_secret32 *key,
                          const struct vc_id16 *session, struct vc_bytes plain)
{
    struct vc_bytes parts[] = {VC_BYTES(session->b), {frame, VC_RATCHET_HEADER_LEN}};
    struct vc_siv_ad ad = {parts, 2};
    struct vc_siv_key pair;

    vc_siv_key_make(&pair, key);
    vc_siv_seal(frame + VC_RATCHET_HEADER_LEN, VC_SIV_TAG_LEN, &pair, &ad, plain);
    vc_wipe(&pair, sizeof pair);
}

bool vc_ratchet_text_open(uint8_t *ret_plain, const struct vc_secret32 *key,
                          const struct vc_id16 *session, struct vc_bytes frame)
{
    struct vc_bytes parts[] = {VC_BYTES(session->b),
                               {frame.data, VC_RATCHET_HEADER_LEN}};
    struct vc_bytes sealed;
    struct vc_siv_ad ad = {parts, 2};
    struct vc_siv_key pair;
    bool is_open;

    VC_CHECK(frame.len >= VC_RATCHET_OVERHEAD);
    sealed.data = frame.data + VC_RATCHET_HEADER_LEN;
    sealed.len = frame.len - VC_RATCHET_HEADER_LEN;
    vc_siv_key_make(&pair, key);
    is_open = vc_siv_open(ret_plain, VC_SIV_TAG_LEN, &pair, &ad, sealed);
    vc_wipe(&pair, sizeof pair);
    return is_open;
}
