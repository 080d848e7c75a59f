/* Keeping what was opened, in the turn of its effects, or forgetting it.  node/SPEC.md,
 * "Sealed objects". */
#include "node/seal/machine.h"

enum { KEY_LEN = 16 }; /* of the row of a kept key */

_Static_assert(
    4 * VC_SEAL_KEY_MAX + VC_SEAL_SESSION_ROW_MAX + VC_SEAL_PEER_ROW_MAX + 1 <=
        VC_SEAL_ACCEPT_BYTES,
    "a session that is taken: its row, the peer's, a prekey's and the replay's");
_Static_assert(
    VC_SEAL_SPARE_BYTES + VC_SEAL_ACCEPT_BYTES +
            (size_t)VC_RATCHET_SKIPPED_MAX * (2 * KEY_LEN + VC_SEAL_SKIPPED_ROW_LEN) +
            (size_t)VC_STORE_OP_OVERHEAD *
                (VC_SEAL_SPARE_OPS + VC_SEAL_ACCEPT_OPS + 2 * VC_RATCHET_SKIPPED_MAX) <=
        VC_STORE_BATCH_BYTES,
    "an empty batch takes the most that can be kept and given up");

void vc_seal_drop_pending(struct vc_seal *seal)
{
    struct vc_seal_pending *pending = &seal->pending;
    struct vc_ratchet_skipped *skipped = pending->skipped;
    size_t room = pending->skipped_room;

    if (!pending->is_there) {
        return;
    }
    if (pending->is_new) {
        vc_seal_free(seal, pending->session, sizeof *pending->session);
    }
    if (skipped != NULL) {
        vc_wipe(skipped, pending->change.skipped_count * sizeof *skipped);
    }
    vc_wipe(seal->plain, pending->plain_len);
    vc_wipe(pending, sizeof *pending);
    pending->skipped = skipped;
    pending->skipped_room = room;
}

static size_t rows_of(const struct vc_ratchet_change *change)
{
    size_t count = 0;

    for (size_t i = 0; i < change->forgotten_count; i++) {
        count += change->forgotten[i].left;
    }
    return count;
}

vc_err vc_seal_reserve_pending(struct vc_seal *seal)
{
    const struct vc_seal_pending *pending = &seal->pending;
    size_t made = pending->change.skipped_count;
    size_t deleted = rows_of(&pending->change) + rows_of(&pending->expired);

    if (made + deleted == 0) {
        return VC_OK;
    }
    return vc_store_reserve(
        seal->store, made + deleted + VC_SEAL_ACCEPT_OPS + VC_SEAL_SPARE_OPS,
        (made + deleted) * KEY_LEN + made * VC_SEAL_SKIPPED_ROW_LEN +
            VC_SEAL_ACCEPT_BYTES + VC_SEAL_SPARE_BYTES);
}

static void delete_rows(struct vc_seal *seal, struct vc_ratchet_change *change)
{
    size_t budget = SIZE_MAX;

    for (size_t i = 0; i < change->forgotten_count; i++) {
        (void)vc_seal_rows_delete(seal, seal->pending.peer,
                                  seal->pending.session->number, &change->forgotten[i],
                                  &budget); /* all */
    }
}

static void write_skipped(struct vc_seal *seal)
{
    struct vc_seal_pending *pending = &seal->pending;
    uint32_t session = pending->session->number;

    /* The ranges of what is forgotten do not look at what is used: it goes first. */
    if (pending->change.has_used) {
        struct vc_seal_key key =
            vc_seal_key_skipped(pending->peer, session, &pending->place);

        vc_store_del(seal->store, VC_TABLE_SKIPPED, vc_seal_key_bytes(&key));
    }
    delete_rows(seal, &pending->change);
    delete_rows(seal, &pending->expired);
    for (size_t i = 0; i < pending->change.skipped_count; i++) {
        struct vc_seal_key key =
            vc_seal_key_skipped(pending->peer, session, &pending->skipped[i].place);
        uint8_t room[VC_SEAL_SKIPPED_ROW_LEN];
        struct vc_writer w = vc_writer(room, sizeof room);

        vc_seal_skipped_row_write(&w, &pending->skipped[i].key);
        vc_seal_put(seal, VC_TABLE_SKIPPED, &key, &w);
        vc_wipe(room, sizeof room);
    }
}

/* The rows that a new session makes, beside its own. */
static void take_session(struct vc_seal *seal, struct vc_seal_peer *peer)
{
    struct vc_seal_pending *pending = &seal->pending;
    const struct vc_seal_session_row *row = &pending->session->row;
    struct vc_seal_key key = vc_seal_key_replay(row->prekey_id, &row->name);
    uint8_t room[1];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_seal_session_add(peer, pending->session);
    pending->is_new = false; /* it is the peer's now */
    if (pending->suite > peer->row.suite) {
        peer->row.suite = pending->suite;
    }
    vc_seal_replay_row_write(&w);
    vc_seal_put(seal, VC_TABLE_REPLAY, &key, &w);
    if (pending->one_time_id != 0) {
        key = vc_seal_key_prekey(pending->one_time_id);
        vc_store_del(seal->store, VC_TABLE_PREKEY, vc_seal_key_bytes(&key));
    }
    vc_seal_peer_write(seal, peer);
    seal->stats.sessions_taken++;
}

void vc_seal_keep_pending(struct vc_seal *seal, struct vc_seal_peer *peer)
{
    struct vc_seal_pending *pending = &seal->pending;

    if (!pending->is_there || pending->is_kept || pending->peer != peer->number) {
        return;
    }
    if (pending->is_new) {
        take_session(seal, peer);
    } else if (pending->session->row.is_initiator &&
               !pending->session->row.is_confirmed) {
        vc_seal_session_confirm(pending->session);
    }
    pending->session->ratchet = pending->ratchet;
    write_skipped(seal);
    vc_seal_session_write(seal, peer, pending->session);
    pending->is_kept = true;
    seal->stats.opened++;
}

void vc_seal_accept(struct vc_seal *seal, const struct vc_now *now, uint32_t peer)
{
    struct vc_seal_peer *known = vc_seal_peer_find(seal, peer);

    (void)now;
    if (known == NULL) {
        return; /* he was removed because of what he sent, and with him what was pending */
    }
    VC_CHECK(seal->pending.is_there && seal->pending.peer == peer);
    vc_seal_keep_pending(seal, known);
    vc_seal_drop_pending(seal);
    vc_seal_sessions_trim(seal, known);
}
