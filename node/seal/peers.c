/* The devices that are known, and what is kept of each. */
#include <string.h>

#include "node/seal/machine.h"

enum { FIRST_ROOM = 16 };

void *vc_seal_alloc(struct vc_seal *seal, size_t size)
{
    void *memory = seal->alloc.resize(seal->alloc.ctx, NULL, 0, size);

    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

void vc_seal_free(struct vc_seal *seal, void *memory, size_t size)
{
    if (memory != NULL) {
        vc_wipe(memory, size);
        (void)seal->alloc.resize(seal->alloc.ctx, memory, size,
                                 0); /* gives nothing back */
    }
}

uint32_t vc_seal_day(const struct vc_now *now)
{
    uint64_t day = now->unix_ms / VC_SEAL_DAY_MS;

    return day < UINT32_MAX ? (uint32_t)day : UINT32_MAX;
}

void vc_seal_put(struct vc_seal *seal, enum vc_table table,
                 const struct vc_seal_key *key, const struct vc_writer *value)
{
    VC_CHECK(vc_writer_end(value) == VC_OK);
    vc_store_put(seal->store, table, vc_seal_key_bytes(key), vc_writer_bytes(value));
}

size_t vc_seal_peer_place(const struct vc_seal *seal, uint32_t number)
{
    size_t low = 0, high = seal->peer_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (seal->peers[middle]->number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct vc_seal_peer *vc_seal_peer_find(struct vc_seal *seal, uint32_t number)
{
    size_t at = vc_seal_peer_place(seal, number);

    return at < seal->peer_count && seal->peers[at]->number == number ? seal->peers[at]
                                                                      : NULL;
}

static vc_err make_room(struct vc_seal *seal)
{
    size_t more = seal->peer_room == 0 ? FIRST_ROOM : 2 * seal->peer_room;
    size_t unit = sizeof(struct vc_seal_peer *);
    void *grown;

    if (seal->peer_count < seal->peer_room) {
        return VC_OK;
    }
    if (seal->peer_count >= VC_SEAL_PEERS_MAX) {
        return VC_ERR_FULL;
    }
    grown = seal->alloc.resize(seal->alloc.ctx, (void *)seal->peers,
                               seal->peer_room * unit, more * unit);
    if (grown == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    seal->peers = grown;
    seal->peer_room = more;
    return VC_OK;
}

vc_err vc_seal_peer_put(struct vc_seal *seal, uint32_t peer,
                        const struct vc_key32 *root,
                        const struct vc_certificate *certificate)
{
    struct vc_seal_peer *known = vc_seal_peer_find(seal, peer);
    size_t at = vc_seal_peer_place(seal, peer);

    if (known == NULL) {
        vc_err err = make_room(seal);

        if (err != VC_OK) {
            return err;
        }
        known = vc_seal_alloc(seal, sizeof *known);
        if (known == NULL) {
            return VC_ERR_NO_MEMORY;
        }
        known->number = peer;
        memmove(seal->peers + at + 1, seal->peers + at,
                (seal->peer_count - at) * sizeof(struct vc_seal_peer *));
        seal->peers[at] = known;
        seal->peer_count++;
    }
    known->root = *root;
    known->certificate = *certificate;
    return VC_OK;
}

void vc_seal_peer_unload(struct vc_seal *seal, struct vc_seal_peer *peer)
{
    for (uint8_t i = 0; i < peer->row.session_count; i++) {
        vc_seal_free(seal, peer->sessions[i], sizeof *peer->sessions[i]);
        peer->sessions[i] = NULL;
    }
    vc_wipe(&peer->row, sizeof peer->row);
    peer->is_loaded = false;
}

static void free_peer(struct vc_seal *seal, struct vc_seal_peer *peer)
{
    vc_seal_peer_unload(seal, peer);
    vc_seal_free(seal, peer, sizeof *peer);
}

void vc_seal_peer_forget(struct vc_seal *seal, uint32_t peer)
{
    struct vc_seal_peer *known = vc_seal_peer_find(seal, peer);
    size_t at = vc_seal_peer_place(seal, peer);

    if (known == NULL) {
        return;
    }
    if (seal->pending.is_there && seal->pending.peer == peer) {
        vc_seal_drop_pending(seal);
    }
    seal->peer_count--;
    memmove(seal->peers + at, seal->peers + at + 1,
            (seal->peer_count - at) * sizeof(struct vc_seal_peer *));
    free_peer(seal, known);
}

void vc_seal_peers_deinit(struct vc_seal *seal)
{
    size_t unit = sizeof(struct vc_seal_peer *);

    for (size_t i = 0; i < seal->peer_count; i++) {
        free_peer(seal, seal->peers[i]);
    }
    if (seal->peers != NULL) {
        (void)seal->alloc.resize(seal->alloc.ctx, (void *)seal->peers,
                                 seal->peer_room * unit, 0); /* gives nothing back */
    }
}

static vc_err load_session(struct vc_seal *seal, uint32_t peer, uint32_t number,
                           struct vc_seal_session *session)
{
    struct vc_seal_key key = vc_seal_key_session(peer, number);
    struct vc_bytes value;
    vc_err err =
        vc_store_get(seal->store, VC_TABLE_SESSION, vc_seal_key_bytes(&key), &value);

    if (err == VC_OK) {
        err = vc_seal_session_row_read(value, &session->row, &session->ratchet);
    }
    if (err != VC_OK) {
        /* The peer's row names it, so it has to be there and to be of the form. */
        return err == VC_ERR_NOT_FOUND || err == VC_ERR_MALFORMED ? VC_ERR_STORE_DAMAGED
                                                                  : err;
    }
    session->number = number;
    session->opening_len = (uint16_t)session->row.opening.len;
    if (session->opening_len > 0) {
        memcpy(session->opening, session->row.opening.data, session->opening_len);
    }
    session->row.opening = (struct vc_bytes){session->opening, session->opening_len};
    return VC_OK;
}

static vc_err load_sessions(struct vc_seal *seal, uint32_t peer,
                            const struct vc_seal_peer_row *row,
                            struct vc_seal_session **ret_sessions)
{
    vc_err err = VC_OK;

    for (uint8_t i = 0; i < row->session_count && err == VC_OK; i++) {
        ret_sessions[i] = vc_seal_alloc(seal, sizeof *ret_sessions[i]);
        err = ret_sessions[i] == NULL
                  ? VC_ERR_NO_MEMORY
                  : load_session(seal, peer, row->sessions[i], ret_sessions[i]);
    }
    for (uint8_t i = 0; i < row->session_count && err != VC_OK; i++) {
        vc_seal_free(seal, ret_sessions[i], sizeof *ret_sessions[i]);
        ret_sessions[i] = NULL;
    }
    return err;
}

vc_err vc_seal_peer_load(struct vc_seal *seal, uint32_t number,
                         struct vc_seal_peer **ret_peer)
{
    struct vc_seal_peer *peer = vc_seal_peer_find(seal, number);
    struct vc_seal_key key = vc_seal_key_session(number, 0);
    struct vc_seal_peer_row row = {.next = 1};
    struct vc_bytes value;
    vc_err err = VC_OK;

    if (peer == NULL) {
        return VC_ERR_NOT_FOUND;
    }
    if (!peer->is_loaded) {
        err = vc_store_get(seal->store, VC_TABLE_SESSION, vc_seal_key_bytes(&key),
                           &value);
        if (err == VC_OK && vc_seal_peer_row_read(value, &row) != VC_OK) {
            err = VC_ERR_STORE_DAMAGED;
        } else if (err == VC_ERR_NOT_FOUND) {
            err = VC_OK;
        }
        if (err == VC_OK) {
            err = load_sessions(seal, number, &row, peer->sessions);
        }
        if (err != VC_OK) {
            return err;
        }
        peer->row = row;
        peer->is_loaded = true;
    }
    *ret_peer = peer;
    return VC_OK;
}

void vc_seal_peer_write(struct vc_seal *seal, const struct vc_seal_peer *peer)
{
    struct vc_seal_key key = vc_seal_key_session(peer->number, 0);
    uint8_t room[VC_SEAL_PEER_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    VC_CHECK(peer->is_loaded);
    vc_seal_peer_row_write(&w, &peer->row);
    vc_seal_put(seal, VC_TABLE_SESSION, &key, &w);
}
