/* crypto/SPEC.md, "Ratchet": how a session begins, what it sends, whose frame it is. */
#include "crypto/ratchet.h"

#include <string.h>

#include "crypto/ratchet_step.h"

static void header_key_of(struct vc_siv_key *ret_key, const uint8_t bytes[64])
{
    memcpy(ret_key->mac.b, bytes, sizeof ret_key->mac.b);
    memcpy(ret_key->enc.b, bytes + sizeof ret_key->mac.b, sizeof ret_key->enc.b);
}

/* The next sending chain; nothing has changed when it says no. */
static vc_err begin_sending(struct vc_ratchet *ratchet, const struct vc_secret32 *own)
{
    struct vc_ratchet_turn turn;

    if (ratchet->send_count == UINT32_MAX) {
        return VC_ERR_FULL;
    }
    if (!vc_ratchet_dh_step(&turn, &ratchet->root, own, &ratchet->peer_public)) {
        return VC_ERR_AUTH;
    }
    ratchet->own_secret = *own;
    vc_dh_public(&ratchet->own_public, own);
    ratchet->root = turn.root;
    ratchet->send_chain = turn.chain;
    ratchet->send_header = ratchet->send_next;
    ratchet->send_next = turn.header;
    ratchet->send_n = 0;
    ratchet->send_count++;
    ratchet->has_send = true;
    vc_wipe(&turn, sizeof turn);
    return VC_OK;
}

vc_err vc_ratchet_init_initiator(struct vc_ratchet *ret_ratchet,
                                 const struct vc_session_keys *keys,
                                 const struct vc_key32 *peer_prekey,
                                 const struct vc_secret32 *own)
{
    struct vc_ratchet ratchet;
    vc_err err;

    memset(&ratchet, 0, sizeof ratchet);
    ratchet.session = keys->id;
    ratchet.root = keys->root;
    ratchet.peer_public = *peer_prekey;
    header_key_of(&ratchet.send_next, keys->to_recipient);
    header_key_of(&ratchet.recv_next, keys->to_initiator);
    err = begin_sending(&ratchet, own);
    if (err == VC_OK) {
        /* It was for this one step: from now on the peer's keys come with his frames. */
        ratchet.peer_public = (struct vc_key32){{0}};
        *ret_ratchet = ratchet;
    }
    vc_ratchet_wipe(&ratchet);
    return err;
}

void vc_ratchet_init_recipient(struct vc_ratchet *ret_ratchet,
                               const struct vc_session_keys *keys,
                               const struct vc_secret32 *prekey_secret)
{
    memset(ret_ratchet, 0, sizeof *ret_ratchet);
    ret_ratchet->session = keys->id;
    ret_ratchet->root = keys->root;
    ret_ratchet->own_secret = *prekey_secret;
    header_key_of(&ret_ratchet->send_next, keys->to_initiator);
    header_key_of(&ret_ratchet->recv_next, keys->to_recipient);
}

vc_err vc_ratchet_seal(struct vc_ratchet *ratchet, const struct vc_secret32 *fresh,
                       struct vc_bytes plain, uint8_t *ret_frame,
                       struct vc_ratchet_place *ret_place)
{
    struct vc_ratchet_header header;
    struct vc_secret32 key;

    VC_CHECK(plain.len <= VC_RATCHET_TEXT_MAX);
    VC_CHECK(ratchet->has_send || fresh != NULL);
    if (!ratchet->has_send) {
        vc_err err = begin_sending(ratchet, fresh);
        if (err != VC_OK) {
            return err;
        }
    }
    if (ratchet->send_n == UINT32_MAX) {
        return VC_ERR_FULL;
    }
    header.key = ratchet->own_public;
    header.n = ratchet->send_n;
    header.before = ratchet->send_before;
    vc_ratchet_header_seal(ret_frame, &ratchet->send_header, &ratchet->session,
                           &header);
    vc_ratchet_chain_step(&ratchet->send_chain, &key);
    vc_ratchet_text_seal(ret_frame, &key, &ratchet->session, plain);
    vc_wipe(&key, sizeof key);
    *ret_place = (struct vc_ratchet_place){ratchet->send_count, ratchet->send_n};
    ratchet->send_n++;
    return VC_OK;
}

size_t vc_ratchet_tries(const struct vc_ratchet *ratchet)
{
    return (ratchet->has_recv ? 1u : 0u) + 1u + ratchet->old_count;
}

/* Tries the header keys, that of the likeliest chain first. */
static bool find_header(const struct vc_ratchet *ratchet, struct vc_bytes frame,
                        struct vc_ratchet_header *ret_header,
                        struct vc_ratchet_found *found)
{
    const struct vc_id16 *session = &ratchet->session;

    found->where = VC_RATCHET_PRESENT;
    if (ratchet->has_recv &&
        vc_ratchet_header_open(ret_header, &ratchet->recv_header, session, frame)) {
        return true;
    }
    found->where = VC_RATCHET_NEXT;
    if (vc_ratchet_header_open(ret_header, &ratchet->recv_next, session, frame)) {
        return true;
    }
    found->where = VC_RATCHET_OLD;
    for (uint8_t i = ratchet->old_count; i > 0; i--) {
        found->old_at = (uint8_t)(i - 1);
        if (vc_ratchet_header_open(ret_header, &ratchet->old[i - 1].header, session,
                                   frame)) {
            return true;
        }
    }
    return false;
}

static vc_err place_present(const struct vc_ratchet *ratchet,
                            struct vc_ratchet_found *found)
{
    if (!vc_equal(&found->key, &ratchet->peer_public, sizeof found->key)) {
        return VC_ERR_MALFORMED;
    }
    found->place.chain = ratchet->recv_count;
    if (found->place.n < ratchet->recv_n) {
        found->needs_key = true;
        return VC_OK;
    }
    found->skips = found->place.n - ratchet->recv_n;
    return found->skips > VC_RATCHET_GAP_MAX ||
                   found->skips + ratchet->recv_rows.left > VC_RATCHET_SKIPPED_MAX
               ? VC_ERR_FULL
               : VC_OK;
}

static vc_err place_next(const struct vc_ratchet *ratchet,
                         struct vc_ratchet_found *found)
{
    uint32_t expected = ratchet->has_recv ? ratchet->recv_n : 0;
    uint64_t skips;

    /* An honest peer begins a chain only when he has opened one that we began since. */
    if (ratchet->has_recv ? !ratchet->has_send || found->before < expected
                          : found->before != 0) {
        return VC_ERR_MALFORMED;
    }
    skips = (uint64_t)(found->before - expected) + found->place.n;
    if (skips > VC_RATCHET_GAP_MAX || ratchet->recv_count == UINT32_MAX) {
        return VC_ERR_FULL;
    }
    found->place.chain = ratchet->recv_count + 1;
    found->skips = (uint32_t)skips;
    return VC_OK;
}

vc_err vc_ratchet_find(const struct vc_ratchet *ratchet, struct vc_bytes frame,
                       struct vc_ratchet_found *ret_found)
{
    struct vc_ratchet_found found = {0};
    struct vc_ratchet_header header;
    vc_err err = VC_OK;

    if (frame.len < VC_RATCHET_OVERHEAD ||
        frame.len > VC_RATCHET_OVERHEAD + VC_RATCHET_TEXT_MAX ||
        !find_header(ratchet, frame, &header, &found)) {
        return VC_ERR_AUTH;
    }
    if (header.n == UINT32_MAX) {
        return VC_ERR_MALFORMED; /* the number behind it would not fit */
    }
    found.key = header.key;
    found.before = header.before;
    found.place.n = header.n;
    switch (found.where) {
    case VC_RATCHET_PRESENT:
        err = place_present(ratchet, &found);
        break;
    case VC_RATCHET_NEXT:
        err = place_next(ratchet, &found);
        break;
    case VC_RATCHET_OLD:
        found.place.chain = ratchet->old[found.old_at].rows.chain;
        found.needs_key = true;
        break;
    }
    if (err == VC_OK) {
        *ret_found = found;
    }
    return err;
}

void vc_ratchet_wipe(struct vc_ratchet *ratchet)
{
    vc_wipe(ratchet, sizeof *ratchet);
}
