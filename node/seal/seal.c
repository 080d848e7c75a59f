/* The door of node/seal: its life, and sealing.  node/SPEC.md, "Sealed objects". */
#include "node/seal/seal.h"

#include <string.h>

#include "crypto/pad.h"
#include "node/seal/machine.h"

vc_err vc_seal_init(const struct vc_seal_config *cfg, const struct vc_now *now,
                    const struct vc_secret32 *seed, struct vc_seal **ret_seal)
{
    struct vc_alloc alloc = cfg->alloc;
    struct vc_seal *seal = alloc.resize(alloc.ctx, NULL, 0, sizeof *seal);
    vc_err err = VC_ERR_NO_MEMORY;

    if (seal == NULL) {
        return err;
    }
    memset(seal, 0, sizeof *seal);
    seal->alloc = alloc;
    seal->store = cfg->store;
    seal->cfg = *cfg;
    vc_rng_init(&seal->rng, seed);
    vc_opening_mask(&seal->mask, cfg->network_id, &cfg->account->root,
                    cfg->device->certificate.index);
    seal->dev_dh_public = cfg->device->certificate.dev_dh;
    seal->tick_at = now->mono;
    seal->sweep_at = now->mono + VC_SEAL_SWEEP_FIRST_MS;
    seal->expire_at = seal->sweep_at;
    seal->frame = alloc.resize(alloc.ctx, NULL, 0, VC_SEAL_FRAME_MAX);
    seal->plain = alloc.resize(alloc.ctx, NULL, 0, VC_SEAL_FRAME_MAX);
    if (seal->frame != NULL && seal->plain != NULL) {
        err = vc_seal_prekeys_load(seal);
    }
    if (err != VC_OK) {
        vc_seal_deinit(seal);
        return err;
    }
    *ret_seal = seal;
    return VC_OK;
}

void vc_seal_deinit(struct vc_seal *seal)
{
    struct vc_alloc alloc;

    if (seal == NULL) {
        return;
    }
    alloc = seal->alloc; /* it is wiped with the rest */
    vc_seal_drop_pending(seal);
    vc_seal_free(seal, seal->pending.skipped,
                 seal->pending.skipped_room * sizeof *seal->pending.skipped);
    vc_seal_peers_deinit(seal);
    vc_seal_free(seal, seal->frame, VC_SEAL_FRAME_MAX);
    vc_seal_free(seal, seal->plain, VC_SEAL_FRAME_MAX);
    vc_wipe(seal, sizeof *seal);
    (void)alloc.resize(alloc.ctx, seal, sizeof *seal, 0); /* gives nothing back */
}

void vc_seal_tick(struct vc_seal *seal, const struct vc_now *now)
{
    if (seal->tick_at <= now->mono) {
        vc_seal_prekeys_tick(seal, now);
    }
    if (seal->expire_at <= now->mono) {
        vc_seal_peers_expire(seal, now);
    }
}

vc_ms vc_seal_due(const struct vc_seal *seal)
{
    return vc_ms_min(seal->tick_at, seal->expire_at);
}

void vc_seal_peer_keys(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                       const struct vc_prekey *prekey,
                       const struct vc_one_time *one_times, size_t one_time_count)
{
    struct vc_seal_peer *known;

    if (vc_seal_peer_load(seal, peer, &known) != VC_OK ||
        vc_prekey_verify(prekey, &known->root, &known->certificate) != VC_OK ||
        prekey->suite < known->row.suite ||
        !vc_seal_prekey_is_newer(known, prekey, now)) {
        return;
    }
    known->row.has_prekey = true;
    known->row.prekey = *prekey;
    if (one_time_count > 0) {
        VC_CHECK(one_time_count <= VC_SEAL_ONE_TIMES_MAX);
        memcpy(known->row.one_times, one_times, one_time_count * sizeof *one_times);
        known->row.one_time_count = (uint8_t)one_time_count;
    }
    vc_seal_peer_write(seal, known);
}

bool vc_seal_state(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                   struct vc_seal_state *ret_state)
{
    struct vc_seal_state state = {.has_session = false};
    const struct vc_seal_session *best;
    struct vc_seal_peer *known;

    (void)now; /* no clock decides it */
    if (vc_seal_peer_load(seal, peer, &known) != VC_OK) {
        return false;
    }
    best = vc_seal_session_best(known);
    state.has_prekey = vc_seal_prekey_is_usable(known);
    if (best != NULL) {
        state.has_session = true;
        state.generation = best->row.generation;
        state.reason = (enum vc_seal_reason)best->row.reason;
        state.since = best->row.made_at;
        state.session = best->ratchet.session;
    }
    *ret_state = state;
    return true;
}

bool vc_seal_begun(struct vc_seal *seal, uint32_t *ret_peer)
{
    uint64_t all = seal->stats.sessions_begun + seal->stats.sessions_taken;

    for (size_t i = 0; seal->begun_told < all && i < seal->peer_count; i++) {
        if (seal->peers[i]->has_begun) {
            seal->peers[i]->has_begun = false;
            *ret_peer = seal->peers[i]->number;
            return true;
        }
    }
    seal->begun_told = all;
    return false;
}

/* number ‖ head ‖ body, padded, where the frame's text will stand. */
static struct vc_bytes put_content(struct vc_seal *seal, uint64_t number,
                                   struct vc_bytes head, struct vc_bytes body)
{
    uint8_t *room = seal->frame + VC_RATCHET_OVERHEAD;
    struct vc_writer w = vc_writer(room, VC_SEAL_FRAME_MAX - VC_RATCHET_OVERHEAD);
    uint8_t salt[VC_SEAL_SALT_LEN];
    size_t len;

    vc_rng_draw(&seal->rng, salt, sizeof salt);
    vc_write_varint(&w, number);
    vc_write_copy(&w, salt, sizeof salt);
    vc_write_bytes(&w, head);
    vc_write_bytes(&w, body);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    len = vc_writer_bytes(&w).len;
    VC_CHECK(vc_pad_len(len) <= VC_SEAL_FRAME_MAX - VC_RATCHET_OVERHEAD);
    return (struct vc_bytes){room, vc_pad_fill(room, len)};
}

vc_err vc_seal_seal(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                    uint64_t number, struct vc_bytes head, struct vc_bytes body,
                    struct vc_sealed *ret_sealed)
{
    struct vc_seal_session *session;
    struct vc_ratchet_place place;
    struct vc_seal_peer *known;
    struct vc_secret32 fresh;
    struct vc_bytes content;
    bool is_new = false;
    vc_err err = vc_seal_peer_load(seal, peer, &known);

    VC_CHECK(head.len + body.len <= VC_SEAL_OBJECT_MAX);
    if (err != VC_OK) {
        return err;
    }
    vc_seal_keep_pending(seal, known);
    session = vc_seal_session_best(known);
    if (session == NULL) {
        vc_seal_sessions_trim(seal, known);
        err = vc_seal_session_begin(seal, now, known, &session);
        is_new = true;
    }
    if (err != VC_OK) {
        return err;
    }
    content = put_content(seal, number, head, body);
    vc_rng_fork(&seal->rng, &fresh);
    err = vc_ratchet_seal(&session->ratchet, &fresh, content, seal->frame, &place);
    vc_wipe(&fresh, sizeof fresh);
    if (err != VC_OK) {
        vc_wipe(seal->frame, VC_RATCHET_OVERHEAD + content.len);
        /* The chain is full, or the other's key is none: the next one begins anew. */
        vc_seal_rekey(seal, now, peer, 0, VC_SEAL_UNOPENED);
        return VC_ERR_AWAY;
    }
    if (is_new) {
        vc_seal_peer_write(seal, known);
    }
    vc_seal_session_write(seal, known, session);
    seal->stats.sealed++;
    ret_sealed->session = session->ratchet.session;
    ret_sealed->frame =
        (struct vc_bytes){seal->frame, VC_RATCHET_OVERHEAD + content.len};
    return VC_OK;
}

/* The session @id of the device, or NULL. */
static struct vc_seal_session *look(struct vc_seal *seal, uint32_t peer,
                                    const struct vc_id16 *id,
                                    struct vc_seal_peer **ret_peer)
{
    if (vc_seal_peer_load(seal, peer, ret_peer) != VC_OK) {
        return NULL;
    }
    return vc_seal_session_by_id(*ret_peer, id);
}

bool vc_seal_is_live(struct vc_seal *seal, uint32_t peer, const struct vc_id16 *session)
{
    struct vc_seal_peer *known;
    const struct vc_seal_session *found = look(seal, peer, session, &known);

    return found != NULL && vc_seal_session_is_live(known, found);
}

struct vc_bytes vc_seal_prefix(struct vc_seal *seal, uint32_t peer,
                               const struct vc_id16 *session)
{
    struct vc_seal_peer *known;
    const struct vc_seal_session *found = look(seal, peer, session, &known);

    return found == NULL ? (struct vc_bytes){NULL, 0}
                         : (struct vc_bytes){found->opening, found->opening_len};
}

void vc_seal_confirm(struct vc_seal *seal, uint32_t peer, const struct vc_id16 *session)
{
    struct vc_seal_peer *known;
    struct vc_seal_session *found = look(seal, peer, session, &known);

    if (found != NULL && !found->row.is_confirmed) {
        vc_seal_session_confirm(found);
    }
}

void vc_seal_tag(struct vc_bytes frame, uint8_t ret_tag[VC_SEAL_TAG_LEN])
{
    memset(ret_tag, 0, VC_SEAL_TAG_LEN);
    if (frame.len >= VC_RATCHET_OVERHEAD) {
        memcpy(ret_tag, frame.data + VC_RATCHET_HEADER_LEN, VC_SEAL_TAG_LEN);
    }
}

bool vc_seal_owes_turn(struct vc_seal *seal, uint32_t peer)
{
    const struct vc_seal_session *best;
    struct vc_seal_peer *known;

    if (vc_seal_peer_load(seal, peer, &known) != VC_OK) {
        return false;
    }
    best = vc_seal_session_best(known);
    return best != NULL && !best->ratchet.has_send &&
           (best->ratchet.send_count == 0 ||
            best->ratchet.recv_n >= VC_SEAL_TURN_FRAMES);
}

void vc_seal_rekey(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                   uint32_t generation, enum vc_seal_reason reason)
{
    struct vc_seal_peer *known;

    (void)now;
    if (vc_seal_peer_load(seal, peer, &known) != VC_OK) {
        return;
    }
    if (generation > known->row.generation && generation < VC_SEAL_GENERATION_MAX) {
        known->row.generation = generation;
    }
    if (reason == VC_SEAL_UNOPENED) {
        vc_wipe(known->row.one_times, sizeof known->row.one_times);
        known->row.one_time_count = 0;
    }
    known->row.floor = known->row.generation + 1;
    known->row.reason = (uint8_t)reason;
    vc_seal_peer_write(seal, known);
}

uint32_t vc_seal_generation(struct vc_seal *seal, uint32_t peer)
{
    struct vc_seal_peer *known;

    return vc_seal_peer_load(seal, peer, &known) == VC_OK ? known->row.generation : 0;
}

void vc_seal_stats(const struct vc_seal *seal, struct vc_seal_stats *ret_stats)
{
    *ret_stats = seal->stats;
}
