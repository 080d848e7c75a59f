/* Opening what came: found and decrypted, not kept.  node/SPEC.md,
 * "Sealed objects". */
#include <string.h>

#include "crypto/pad.h"
#include "node/seal/machine.h"

static vc_err make_room(struct vc_seal *seal, uint32_t skips)
{
    struct vc_seal_pending *pending = &seal->pending;
    size_t unit = sizeof *pending->skipped;
    void *grown;

    if (skips <= pending->skipped_room) {
        return VC_OK;
    }
    grown = vc_seal_alloc(seal, skips * unit);
    if (grown == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    vc_seal_free(seal, pending->skipped, pending->skipped_room * unit);
    pending->skipped = grown;
    pending->skipped_room = skips;
    return VC_OK;
}

/* The kept key of a frame; VC_ERR_NOT_FOUND when there is none. */
static vc_err get_skipped(struct vc_seal *seal, uint32_t peer, uint32_t session,
                          const struct vc_ratchet_place *place,
                          struct vc_secret32 *ret_key)
{
    struct vc_seal_key key = vc_seal_key_skipped(peer, session, place);
    struct vc_bytes value;
    vc_err err =
        vc_store_get(seal->store, VC_TABLE_SKIPPED, vc_seal_key_bytes(&key), &value);

    if (err == VC_OK && vc_seal_skipped_row_read(value, ret_key) != VC_OK) {
        err = VC_ERR_STORE_DAMAGED;
    }
    return err;
}

/* Opens the frame with the pending ratchet, which is a copy. */
static vc_err open_frame(struct vc_seal *seal, const struct vc_now *now,
                         const struct vc_ratchet_found *found, struct vc_bytes frame)
{
    struct vc_seal_pending *pending = &seal->pending;
    struct vc_ratchet_skipped none; /* is skipped, mostly */
    uint32_t today = vc_seal_day(now);
    struct vc_secret32 key;
    bool has_key = false;
    vc_err err = make_room(seal, found->skips);

    if (err == VC_OK && found->needs_key && !pending->is_new) {
        err = get_skipped(seal, pending->peer, pending->session->number, &found->place,
                          &key);
        has_key = err == VC_OK;
        err = err == VC_ERR_NOT_FOUND ? VC_OK : err;
    }
    if (err == VC_OK) {
        err = vc_ratchet_open(
            &pending->ratchet, found, has_key ? &key : NULL, today, frame, seal->plain,
            found->skips > 0 ? pending->skipped : &none, &pending->change);
    }
    if (err == VC_OK) {
        pending->place = found->place;
        pending->plain_len = frame.len - VC_RATCHET_OVERHEAD;
        vc_ratchet_expire(&pending->ratchet, today, &pending->expired);
        err = vc_seal_reserve_pending(seal);
    }
    vc_wipe(&key, sizeof key);
    return err;
}

static bool is_theirs(const struct vc_seal_peer *peer,
                      const struct vc_opening_sender *sender)
{
    uint8_t known[VC_CERTIFICATE_LEN], shown[VC_CERTIFICATE_LEN];
    struct vc_writer a = vc_writer(known, sizeof known),
                     b = vc_writer(shown, sizeof shown);

    vc_certificate_write(&a, &peer->certificate);
    vc_certificate_write(&b, &sender->certificate);
    return memcmp(peer->root.b, sender->root.b, sizeof peer->root.b) == 0 &&
           memcmp(known, shown, sizeof known) == 0;
}

/* Reads the opening with our keys, and makes a session that is not the peer's yet. */
static vc_err read_opening(struct vc_seal *seal, const struct vc_now *now,
                           const struct vc_seal_peer *peer,
                           const struct vc_opening_head *head, struct vc_bytes opening)
{
    const struct vc_seal_own *own = vc_seal_own_find(seal, head->prekey_id);
    struct vc_seal_pending *pending = &seal->pending;
    struct vc_opening_private keys = {.network_id = seal->cfg.network_id,
                                      .root = seal->cfg.account->root,
                                      .index = seal->cfg.device->certificate.index,
                                      .dev_dh = &seal->cfg.device->dh_secret,
                                      .dev_dh_public = &seal->dev_dh_public};
    uint8_t scratch[VC_OPENING_PAYLOAD_MAX];
    struct vc_one_time one_time = {.id = head->one_time_id};
    struct vc_secret32 one_time_secret;
    struct vc_opening_sender sender;
    struct vc_session_keys session;
    vc_err err = VC_OK;

    if (own == NULL || head->suite < peer->row.suite) {
        return VC_ERR_AUTH;
    }
    keys.prekey = &own->prekey;
    keys.prekey_secret = &own->secret;
    if (head->one_time_id != 0) {
        err = vc_seal_one_time_get(seal, head->one_time_id, &one_time_secret);
        if (err != VC_OK) {
            return err == VC_ERR_NOT_FOUND ? VC_ERR_AUTH : err;
        }
        vc_dh_public(&one_time.key, &one_time_secret);
        keys.one_time = &one_time;
        keys.one_time_secret = &one_time_secret;
    }
    /* Until it is read nobody knows whose it is, so all that is wrong with it is the same. */
    if (vc_opening_read(&keys, opening, scratch, &sender, &session) != VC_OK ||
        !is_theirs(peer, &sender) || sender.generation > VC_SEAL_GENERATION_MAX) {
        err = VC_ERR_AUTH;
    }
    if (err == VC_OK) {
        struct vc_seal_session_row *row = &pending->session->row;

        row->reason = VC_SEAL_THEIRS;
        row->is_confirmed = true;
        row->generation = sender.generation;
        row->made_at = now->unix_ms;
        row->prekey_id = head->prekey_id;
        vc_opening_name(&row->name, opening);
        pending->one_time_id = head->one_time_id;
        pending->suite = head->suite;
        vc_ratchet_init_recipient(&pending->ratchet, &session, &own->secret);
    }
    vc_wipe(&session, sizeof session);
    vc_wipe(&one_time_secret, sizeof one_time_secret);
    vc_wipe(scratch, sizeof scratch);
    return err;
}

/* VC_ERR_AUTH: an opening of this name was taken before, in a session that is gone. */
static vc_err check_replay(struct vc_seal *seal, uint32_t prekey_id,
                           const struct vc_id16 *name)
{
    struct vc_seal_key key = vc_seal_key_replay(prekey_id, name);
    struct vc_bytes value;
    vc_err err =
        vc_store_get(seal->store, VC_TABLE_REPLAY, vc_seal_key_bytes(&key), &value);

    if (err == VC_OK) {
        return VC_ERR_AUTH;
    }
    return err == VC_ERR_NOT_FOUND ? VC_OK : err;
}

static struct vc_seal_session *session_of_name(const struct vc_seal_peer *peer,
                                               const struct vc_id16 *name)
{
    for (uint8_t i = 0; i < peer->row.session_count; i++) {
        struct vc_seal_session *session = peer->sessions[i];

        if (!session->row.is_initiator &&
            memcmp(session->row.name.b, name->b, sizeof name->b) == 0) {
            return session;
        }
    }
    return NULL;
}

/* Takes the newest session of which a header key opens the frame. */
static vc_err find_session(struct vc_seal *seal, const struct vc_seal_peer *peer,
                           struct vc_bytes frame, struct vc_ratchet_found *ret_found)
{
    for (uint8_t i = peer->row.session_count; i > 0; i--) {
        struct vc_seal_session *session = peer->sessions[i - 1];
        vc_err err = vc_ratchet_find(&session->ratchet, frame, ret_found);

        if (err != VC_ERR_AUTH) {
            seal->pending.session = session;
            return err;
        }
    }
    return VC_ERR_AUTH;
}

/* An opening and a frame: of a session that is there, or of a new one. */
static vc_err find_opening(struct vc_seal *seal, const struct vc_now *now,
                           struct vc_seal_peer *peer, struct vc_bytes object,
                           struct vc_bytes *ret_frame,
                           struct vc_ratchet_found *ret_found)
{
    struct vc_seal_pending *pending = &seal->pending;
    struct vc_opening_head head;
    struct vc_bytes opening = object;
    struct vc_id16 name;
    vc_err err;

    if (!vc_opening_peek(&seal->mask, object, &head)) {
        return VC_ERR_AUTH;
    }
    opening.len = head.len;
    *ret_frame = (struct vc_bytes){object.data + head.len, object.len - head.len};
    vc_opening_name(&name, opening);
    pending->session = session_of_name(peer, &name);
    if (pending->session != NULL) {
        return vc_ratchet_find(&pending->session->ratchet, *ret_frame, ret_found);
    }
    err = check_replay(seal, head.prekey_id, &name);
    if (err != VC_OK) {
        return err;
    }
    if (!vc_seal_session_has_room(peer)) {
        vc_seal_sessions_trim(seal, peer); /* when they came there was no room for it */
    }
    if (!vc_seal_session_has_room(peer)) {
        return VC_ERR_BUSY;
    }
    pending->session = vc_seal_alloc(seal, sizeof *pending->session);
    if (pending->session == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    pending->is_new = true;
    err = read_opening(seal, now, peer, &head, opening);
    return err != VC_OK ? err
                        : vc_ratchet_find(&pending->ratchet, *ret_frame, ret_found);
}

static vc_err read_content(struct vc_bytes content, struct vc_opened *ret_opened)
{
    struct vc_opened opened;
    struct vc_reader r;
    size_t len;

    if (vc_pad_strip(content, &len) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    r = vc_reader((struct vc_bytes){content.data, len});
    opened.number = vc_read_varint(&r);
    (void)vc_read_bytes(&r, VC_SEAL_SALT_LEN);
    opened.object = vc_read_rest(&r);
    if (vc_reader_end(&r) != VC_OK || opened.object.len > VC_SEAL_OBJECT_MAX) {
        return VC_ERR_MALFORMED;
    }
    *ret_opened = opened;
    return VC_OK;
}

static vc_err open_object(struct vc_seal *seal, const struct vc_now *now,
                          struct vc_seal_peer *peer, struct vc_bytes object,
                          struct vc_opened *ret_opened)
{
    struct vc_seal_pending *pending = &seal->pending;
    struct vc_ratchet_found found;
    struct vc_bytes frame = object;
    vc_err err = find_session(seal, peer, object, &found);

    if (err == VC_ERR_AUTH) {
        err = find_opening(seal, now, peer, object, &frame, &found);
    }
    if (err == VC_ERR_FULL || err == VC_ERR_MALFORMED) {
        /* It skips what no honest side skips, or stands where none stands now: with a new session
         * it comes, whoever was put back to an older state. */
        return VC_ERR_AUTH;
    }
    if (err != VC_OK) {
        return err == VC_ERR_BUSY ? VC_ERR_FULL : err;
    }
    if (frame.len > VC_SEAL_FRAME_MAX) {
        return VC_ERR_MALFORMED;
    }
    if (!pending->is_new) {
        pending->ratchet = pending->session->ratchet;
    }
    err = open_frame(seal, now, &found, frame);
    if (err == VC_OK) {
        struct vc_bytes content = {seal->plain, frame.len - VC_RATCHET_OVERHEAD};

        err = read_content(content, ret_opened);
    }
    if (err == VC_OK) {
        vc_seal_tag(frame, ret_opened->tag);
    }
    return err;
}

vc_err vc_seal_open(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                    struct vc_bytes object, struct vc_opened *ret_opened)
{
    struct vc_seal_peer *known;
    struct vc_opened opened;
    vc_err err = vc_seal_peer_load(seal, peer, &known);

    vc_seal_drop_pending(seal);
    if (err != VC_OK) {
        return err;
    }
    seal->pending.is_there = true;
    seal->pending.peer = peer;
    err = open_object(seal, now, known, object, &opened);
    if (err == VC_OK) {
        *ret_opened = opened;
        return VC_OK;
    }
    seal->stats.unopened += err == VC_ERR_AUTH ? 1 : 0;
    seal->stats.duplicates += err == VC_ERR_EXISTS ? 1 : 0;
    vc_seal_drop_pending(seal);
    return err;
}
