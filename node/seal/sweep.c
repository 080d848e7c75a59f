/* Housekeeping: rows of a device that is gone, and kept keys whose time is over.
 * node/SPEC.md, "Sealed objects". */
#include <string.h>

#include "node/seal/machine.h"

struct found {
    struct vc_seal_key keys[VC_SEAL_SWEEP_ROWS];
    size_t count;
};

static bool on_found(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct found *found = ctx;
    struct vc_seal_key *copy = &found->keys[found->count];

    (void)value;
    if (key.len <= sizeof copy->b) {
        memcpy(copy->b, key.data, key.len);
        copy->len = key.len;
        found->count++;
    }
    return found->count < VC_SEAL_SWEEP_ROWS;
}

bool vc_seal_sweep(struct vc_seal *seal, enum vc_table table,
                   const struct vc_seal_key *prefix, size_t *budget)
{
    struct found found = {.count = 0};
    struct vc_scan scan = {.table = table,
                           .prefix = vc_seal_key_bytes(prefix),
                           .on_row = on_found,
                           .ctx = &found};

    if (vc_store_scan(seal->store, &scan) != VC_OK) {
        return false;
    }
    for (size_t i = 0; i < found.count; i++) {
        struct vc_bytes key = vc_seal_key_bytes(&found.keys[i]), value;

        /* A scan sees what was deleted and is not committed. */
        if (vc_store_get(seal->store, table, key, &value) == VC_ERR_NOT_FOUND) {
            continue;
        }
        if (*budget == 0) {
            return false;
        }
        --*budget;
        vc_store_del(seal->store, table, key);
    }
    return found.count < VC_SEAL_SWEEP_ROWS;
}

/* Deletes what one session has; false when the budget was not enough for all. */
static bool purge_session(struct vc_seal *seal, uint32_t peer, uint32_t number,
                          size_t *budget)
{
    struct vc_seal_key key = vc_seal_key_session(peer, number);
    struct vc_seal_session_row row;
    struct vc_ratchet ratchet;
    struct vc_bytes value;
    bool is_done = true;

    if (vc_store_get(seal->store, VC_TABLE_SESSION, vc_seal_key_bytes(&key), &value) !=
            VC_OK ||
        vc_seal_session_row_read(value, &row, &ratchet) != VC_OK) {
        return true; /* it is gone; or what is left of it is found by its keys */
    }
    for (uint8_t i = 0; i < ratchet.old_count && is_done; i++) {
        is_done = vc_seal_rows_delete(seal, peer, number, &ratchet.old[i].rows, budget);
    }
    is_done =
        is_done && vc_seal_rows_delete(seal, peer, number, &ratchet.recv_rows, budget);
    vc_ratchet_wipe(&ratchet);
    if (!is_done || *budget == 0) {
        return false;
    }
    --*budget;
    vc_store_del(seal->store, VC_TABLE_SESSION, vc_seal_key_bytes(&key));
    return true;
}

bool vc_seal_peer_purge(struct vc_seal *seal, uint32_t number, size_t *budget)
{
    struct vc_seal_key key = vc_seal_key_session(number, 0);
    struct vc_seal_key all = vc_seal_key_prekey(number); /* keys begin with a number */
    struct vc_seal_peer_row row;
    struct vc_bytes value;

    vc_seal_peer_forget(seal, number);
    /* By what the rows name: a scan does not see those that are not committed yet. */
    if (vc_store_get(seal->store, VC_TABLE_SESSION, vc_seal_key_bytes(&key), &value) ==
            VC_OK &&
        vc_seal_peer_row_read(value, &row) == VC_OK) {
        for (uint8_t i = 0; i < row.session_count; i++) {
            if (!purge_session(seal, number, row.sessions[i], budget)) {
                return false;
            }
        }
        if (*budget == 0) {
            return false;
        }
        --*budget;
        vc_store_del(seal->store, VC_TABLE_SESSION, vc_seal_key_bytes(&key));
    }
    return vc_seal_sweep(seal, VC_TABLE_SKIPPED, &all, budget) &&
           vc_seal_sweep(seal, VC_TABLE_SESSION, &all, budget);
}

/* Gives up what is over of one session; false when the store has no room for it. */
static bool expire_session(struct vc_seal *seal, const struct vc_seal_peer *peer,
                           struct vc_seal_session *session, uint32_t today)
{
    struct vc_ratchet ratchet = session->ratchet;
    struct vc_ratchet_change change;
    size_t rows = 0, budget = SIZE_MAX;
    bool has_room = true;

    vc_ratchet_expire(&ratchet, today, &change);
    for (size_t i = 0; i < change.forgotten_count; i++) {
        rows += change.forgotten[i].left;
    }
    if (change.forgotten_count > 0) {
        has_room =
            vc_store_reserve(seal->store, rows + 1 + VC_SEAL_SPARE_OPS,
                             (rows + 1) * VC_SEAL_KEY_MAX + VC_SEAL_SESSION_ROW_MAX +
                                 VC_SEAL_SPARE_BYTES) == VC_OK;
    }
    if (change.forgotten_count > 0 && has_room) {
        for (size_t i = 0; i < change.forgotten_count; i++) {
            (void)vc_seal_rows_delete(seal, peer->number, session->number,
                                      &change.forgotten[i], &budget); /* all */
        }
        session->ratchet = ratchet;
        vc_seal_session_write(seal, peer, session);
    }
    vc_ratchet_wipe(&ratchet);
    return has_room;
}

/* A peer that was not loaded is not kept in memory for this. */
static bool expire_peer(struct vc_seal *seal, struct vc_seal_peer *peer, uint32_t today)
{
    bool was_loaded = peer->is_loaded, is_done = true;

    if (seal->pending.is_there && seal->pending.peer == peer->number) {
        return true; /* what is pending has looked itself, and would take this back */
    }
    if (vc_seal_peer_load(seal, peer->number, &peer) != VC_OK) {
        return true; /* whoever uses it is told */
    }
    for (uint8_t i = 0; i < peer->row.session_count && is_done; i++) {
        is_done = expire_session(seal, peer, peer->sessions[i], today);
    }
    if (!was_loaded) {
        vc_seal_peer_unload(seal, peer);
    }
    return is_done;
}

void vc_seal_peers_expire(struct vc_seal *seal, const struct vc_now *now)
{
    size_t at = vc_seal_peer_place(seal, seal->expire_next);

    seal->expire_at = now->mono + VC_SEAL_RETRY_MS;
    for (size_t i = 0; i < VC_SEAL_SWEEP_PEERS && at < seal->peer_count; i++, at++) {
        if (!expire_peer(seal, seal->peers[at], vc_seal_day(now))) {
            break;
        }
    }
    if (at < seal->peer_count) {
        seal->expire_next = seal->peers[at]->number;
    } else {
        seal->expire_next = 0;
        seal->expire_at = now->mono + VC_SEAL_SWEEP_MS;
    }
}
