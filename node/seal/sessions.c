/* Sessions with a device: which one to use, how one begins, how old ones end. */
#include <string.h>

#include "node/seal/machine.h"

_Static_assert(VC_SEAL_OPENING_MAX >= VC_OPENING_HEAD_LEN + 32 + VC_TAG_LEN +
                                          (32 + VC_CERTIFICATE_LEN + 4 + 4 + 1 +
                                           VC_OPENING_STATEMENT_MAX) +
                                          VC_TAG_LEN,
               "the longest opening that is written");
_Static_assert(VC_LIVE_ENCODED_MAX <= VC_OPENING_STATEMENT_MAX, "one with a statement");
_Static_assert(2 * VC_SEAL_KEY_MAX + VC_SEAL_SESSION_ROW_MAX + VC_SEAL_PEER_ROW_MAX <=
                   VC_SEAL_SEAL_BYTES,
               "a session that begins: its row and the peer's");

bool vc_seal_session_is_live(const struct vc_seal_peer *peer,
                             const struct vc_seal_session *session)
{
    return session->row.generation >= peer->row.floor;
}

static bool is_better(const struct vc_seal_session *a, const struct vc_seal_session *b)
{
    if (a->row.generation != b->row.generation) {
        return a->row.generation > b->row.generation;
    }
    return memcmp(a->ratchet.session.b, b->ratchet.session.b,
                  sizeof a->ratchet.session.b) < 0;
}

struct vc_seal_session *vc_seal_session_best(const struct vc_seal_peer *peer)
{
    struct vc_seal_session *best = NULL;

    for (uint8_t i = 0; i < peer->row.session_count; i++) {
        struct vc_seal_session *session = peer->sessions[i];

        if (vc_seal_session_is_live(peer, session) &&
            (best == NULL || is_better(session, best))) {
            best = session;
        }
    }
    return best;
}

struct vc_seal_session *vc_seal_session_by_id(const struct vc_seal_peer *peer,
                                              const struct vc_id16 *id)
{
    for (uint8_t i = 0; i < peer->row.session_count; i++) {
        if (memcmp(peer->sessions[i]->ratchet.session.b, id->b, sizeof id->b) == 0) {
            return peer->sessions[i];
        }
    }
    return NULL;
}

void vc_seal_session_write(struct vc_seal *seal, const struct vc_seal_peer *peer,
                           struct vc_seal_session *session)
{
    struct vc_seal_key key = vc_seal_key_session(peer->number, session->number);
    struct vc_writer w = vc_writer(seal->row, sizeof seal->row);

    session->row.opening = (struct vc_bytes){session->opening, session->opening_len};
    vc_seal_session_row_write(&w, &session->row, &session->ratchet);
    vc_seal_put(seal, VC_TABLE_SESSION, &key, &w);
    vc_wipe(seal->row, sizeof seal->row);
}

void vc_seal_session_confirm(struct vc_seal_session *session)
{
    session->row.is_confirmed = true;
    vc_wipe(session->opening, session->opening_len);
    session->opening_len = 0;
}

bool vc_seal_session_has_room(const struct vc_seal_peer *peer)
{
    return peer->row.session_count < VC_SEAL_SESSIONS_ROOM &&
           peer->row.next < UINT32_MAX;
}

void vc_seal_session_add(struct vc_seal_peer *peer, struct vc_seal_session *session)
{
    uint8_t at = peer->row.session_count++;

    VC_CHECK(at < VC_SEAL_SESSIONS_ROOM);
    session->number = peer->row.next++;
    peer->row.sessions[at] = session->number;
    peer->sessions[at] = session;
    peer->has_begun = true;
    if (session->row.generation > peer->row.generation) {
        peer->row.generation = session->row.generation;
    }
}

bool vc_seal_rows_delete(struct vc_seal *seal, uint32_t peer, uint32_t session,
                         struct vc_ratchet_rows *rows, size_t *budget)
{
    /* Most numbers of a long chain have no row: only those that have one are deleted, so that a
     * batch has room for all. */
    for (; rows->left > 0 && rows->first < rows->end; rows->first++) {
        struct vc_ratchet_place place = {rows->chain, rows->first};
        struct vc_seal_key key = vc_seal_key_skipped(peer, session, &place);
        struct vc_bytes value;

        if (vc_store_get(seal->store, VC_TABLE_SKIPPED, vc_seal_key_bytes(&key),
                         &value) == VC_ERR_NOT_FOUND) {
            continue;
        }
        if (*budget == 0) {
            return false;
        }
        --*budget;
        vc_store_del(seal->store, VC_TABLE_SKIPPED, vc_seal_key_bytes(&key));
        rows->left--;
    }
    rows->left = 0;
    return true;
}

/* The one to go: of the lowest generation, but never the one that is sent under. */
static uint8_t oldest(const struct vc_seal_peer *peer)
{
    const struct vc_seal_session *best = vc_seal_session_best(peer);
    uint8_t found = 0;
    bool has_found = false;

    for (uint8_t i = 0; i < peer->row.session_count; i++) {
        const struct vc_seal_session *session = peer->sessions[i];

        if (session != best &&
            (!has_found ||
             session->row.generation < peer->sessions[found]->row.generation)) {
            found = i;
            has_found = true;
        }
    }
    VC_CHECK(has_found);
    return found;
}

static size_t rows_of(const struct vc_ratchet *ratchet)
{
    size_t count = ratchet->recv_rows.left;

    for (uint8_t i = 0; i < ratchet->old_count; i++) {
        count += ratchet->old[i].rows.left;
    }
    return count;
}

static void drop(struct vc_seal *seal, struct vc_seal_peer *peer, uint8_t at)
{
    struct vc_seal_session *session = peer->sessions[at];
    struct vc_seal_key key = vc_seal_key_session(peer->number, session->number);
    size_t budget = SIZE_MAX;

    for (uint8_t i = 0; i < session->ratchet.old_count; i++) {
        (void)vc_seal_rows_delete(seal, peer->number, session->number,
                                  &session->ratchet.old[i].rows, &budget); /* all */
    }
    (void)vc_seal_rows_delete(seal, peer->number, session->number,
                              &session->ratchet.recv_rows, &budget); /* all */
    vc_store_del(seal->store, VC_TABLE_SESSION, vc_seal_key_bytes(&key));
    vc_seal_free(seal, session, sizeof *session);
    peer->row.session_count--;
    for (uint8_t i = at; i < peer->row.session_count; i++) {
        peer->sessions[i] = peer->sessions[i + 1];
        peer->row.sessions[i] = peer->row.sessions[i + 1];
    }
    vc_seal_peer_write(seal, peer);
}

void vc_seal_sessions_trim(struct vc_seal *seal, struct vc_seal_peer *peer)
{
    while (peer->row.session_count > VC_SEAL_SESSIONS_MAX) {
        uint8_t at = oldest(peer);
        size_t ops = rows_of(&peer->sessions[at]->ratchet) + 2;

        /* What others have still to write in this turn comes first. */
        if (vc_store_reserve(seal->store, ops + VC_SEAL_SPARE_OPS,
                             ops * VC_SEAL_KEY_MAX + VC_SEAL_PEER_ROW_MAX +
                                 VC_SEAL_SPARE_BYTES) != VC_OK) {
            return;
        }
        drop(seal, peer, at);
    }
}

static void take_one_time(struct vc_seal_peer *peer, struct vc_one_time *ret_one_time)
{
    uint8_t last = --peer->row.one_time_count;

    *ret_one_time = peer->row.one_times[last];
}

static vc_err open_to(struct vc_seal *seal, struct vc_seal_peer *peer,
                      const struct vc_one_time *one_time,
                      struct vc_seal_session *session)
{
    struct vc_opening_recipient to = {.root = peer->root,
                                      .index = peer->certificate.index,
                                      .dev_dh = peer->certificate.dev_dh,
                                      .prekey = &peer->row.prekey,
                                      .one_time = one_time};
    struct vc_opening_sender from = {.root = seal->cfg.account->root,
                                     .certificate = seal->cfg.device->certificate,
                                     .generation = session->row.generation};
    uint8_t statement[VC_LIVE_ENCODED_MAX];
    struct vc_writer live = vc_writer(statement, sizeof statement);
    struct vc_secret32 e, own;
    struct vc_opening_config cfg = {.network_id = seal->cfg.network_id,
                                    .to = &to,
                                    .from = &from,
                                    .dev_dh = &seal->cfg.device->dh_secret,
                                    .e = &e};
    struct vc_writer w = vc_writer(session->opening, sizeof session->opening);
    struct vc_session_keys keys;
    vc_err err;

    if (seal->cfg.account->live.count > 0) {
        vc_live_write(&live, &seal->cfg.account->live);
        from.statement = vc_writer_bytes(&live);
    }
    vc_rng_fork(&seal->rng, &e);
    vc_rng_fork(&seal->rng, &own);
    err = vc_opening_write(&cfg, &w, &keys);
    if (err == VC_OK) {
        session->opening_len = (uint16_t)vc_writer_bytes(&w).len;
        vc_opening_name(&session->row.name, vc_writer_bytes(&w));
        err = vc_ratchet_init_initiator(&session->ratchet, &keys, &peer->row.prekey.key,
                                        &own);
    }
    vc_wipe(&e, sizeof e);
    vc_wipe(&own, sizeof own);
    vc_wipe(&keys, sizeof keys);
    return err;
}

vc_err vc_seal_session_begin(struct vc_seal *seal, const struct vc_now *now,
                             struct vc_seal_peer *peer,
                             struct vc_seal_session **ret_session)
{
    struct vc_seal_session *session;
    struct vc_one_time one_time;
    bool has_one_time = peer->row.one_time_count > 0;
    vc_err err;

    if (!vc_seal_prekey_is_usable(peer) ||
        peer->row.generation >= VC_SEAL_GENERATION_MAX) {
        return VC_ERR_AWAY;
    }
    if (!vc_seal_session_has_room(peer)) {
        return VC_ERR_FULL;
    }
    session = vc_seal_alloc(seal, sizeof *session);
    if (session == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    session->row.is_initiator = true;
    session->row.reason = peer->row.reason;
    session->row.generation = peer->row.generation + 1;
    session->row.made_at = now->unix_ms;
    session->row.prekey_id = peer->row.prekey.id;
    if (has_one_time) {
        take_one_time(peer, &one_time);
    }
    err = open_to(seal, peer, has_one_time ? &one_time : NULL, session);
    if (err != VC_OK) {
        /* A key of low order: nothing can begin with it, so others have to come. */
        vc_seal_free(seal, session, sizeof *session);
        peer->row.has_prekey = peer->row.has_prekey && has_one_time;
        return VC_ERR_AWAY;
    }
    vc_seal_session_add(peer, session);
    if (peer->row.suite < VC_SUITE_CLASSIC) {
        peer->row.suite = VC_SUITE_CLASSIC;
    }
    peer->row.reason = VC_SEAL_FIRST;
    seal->stats.sessions_begun++;
    *ret_session = session;
    return VC_OK;
}
