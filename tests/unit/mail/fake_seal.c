#include "tests/unit/mail/fake_seal.h"

#include <stdlib.h>
#include <string.h>

static const struct vc_bytes opening = {(const uint8_t *)"open", 4};

struct vc_seal {
    struct fake_seal_peer peers[FAKE_SEAL_PEERS];
    struct vc_store *store; /* NULL: states are not kept */
    uint8_t *frame;         /* what was sealed last */
    uint8_t *opened;        /* what was opened last */
    bool is_pending, has_own_prekey;
    uint32_t pending_peer, pending_session;
};

struct fake_seal_peer *fake_seal_peer(struct vc_seal *seal, uint32_t peer)
{
    VC_CHECK(peer < FAKE_SEAL_PEERS);
    return &seal->peers[peer];
}

struct vc_seal *fake_seal_new(void)
{
    struct vc_seal *seal = calloc(1, sizeof(*seal));
    VC_CHECK(seal != NULL);
    for (uint32_t peer = 0; peer < FAKE_SEAL_PEERS; peer++)
        seal->peers[peer] = (struct fake_seal_peer){
            .session = 1,
            .floor = 1,
            .generation = 1,
            .has_keys = true,
        };
    return seal;
}

void fake_seal_free(struct vc_seal *seal)
{
    free(seal->frame);
    free(seal->opened);
    free(seal);
}

void fake_seal_set_own_prekey(struct vc_seal *seal, bool has_prekey)
{
    seal->has_own_prekey = has_prekey;
}

/* ---- frames ---- */

void fake_seal_write(struct vc_writer *w, uint32_t session, uint64_t number,
                     struct vc_bytes object)
{
    vc_write_be32(w, session);
    vc_write_varint(w, number);
    vc_write_bytes(w, object);
}

bool fake_seal_read(struct vc_bytes frame, uint32_t *ret_session, uint64_t *ret_number,
                    struct vc_bytes *ret_object)
{
    struct vc_reader r = vc_reader(frame);
    *ret_session = vc_read_be32(&r);
    *ret_number = vc_read_varint(&r);
    *ret_object = vc_read_rest(&r);
    return vc_reader_end(&r) == VC_OK;
}

struct vc_id16 fake_seal_id(uint32_t session)
{
    struct vc_id16 id = {{0}};
    struct vc_writer w = vc_writer(id.b, sizeof(id.b));
    vc_write_be32(&w, session);
    return id;
}

static uint32_t session_of(const struct vc_id16 *id)
{
    struct vc_reader r = vc_reader((struct vc_bytes){id->b, sizeof(id->b)});
    return vc_read_be32(&r);
}

/* ---- what is kept ---- */

static struct vc_bytes state_key(uint8_t room[4], uint32_t peer)
{
    struct vc_writer w = vc_writer(room, 4);
    vc_write_be32(&w, peer);
    return vc_writer_bytes(&w);
}

static void write_state(struct vc_seal *seal, uint32_t peer)
{
    const struct fake_seal_peer *known = fake_seal_peer(seal, peer);
    uint8_t key[4], row[FAKE_SEAL_STATE_BYTES] = {0};
    struct vc_writer w = vc_writer(row, sizeof(row));
    if (seal->store == NULL)
        return;
    vc_write_u32(&w, known->session);
    vc_write_u32(&w, known->floor);
    vc_write_u32(&w, known->generation);
    vc_write_u32(&w, known->opens_from);
    vc_write_u8(&w, known->has_keys ? 1 : 0);
    vc_store_put(seal->store, VC_TABLE_SESSION, state_key(key, peer), VC_BYTES(row));
}

void fake_seal_keep(struct vc_seal *seal, struct vc_store *store)
{
    seal->store = store;
}

void fake_seal_load(struct vc_seal *seal, struct vc_store *store)
{
    seal->is_pending = false;
    if (seal->store == NULL)
        return;
    seal->store = store;
    for (uint32_t peer = 0; peer < FAKE_SEAL_PEERS; peer++) {
        struct fake_seal_peer *known = &seal->peers[peer];
        uint8_t key[4];
        struct vc_bytes row;
        known->session = known->floor = known->generation = 1;
        known->opens_from = 0;
        known->has_keys = true;
        if (vc_store_get(store, VC_TABLE_SESSION, state_key(key, peer), &row) != VC_OK)
            continue;
        struct vc_reader r = vc_reader(row);
        known->session = vc_read_u32(&r);
        known->floor = vc_read_u32(&r);
        known->generation = vc_read_u32(&r);
        known->opens_from = vc_read_u32(&r);
        known->has_keys = vc_read_u8(&r) == 1;
    }
}

/* ---- node/seal/seal.h ---- */

vc_err vc_seal_seal(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                    uint64_t number, struct vc_bytes head, struct vc_bytes body,
                    struct vc_sealed *ret_sealed)
{
    struct fake_seal_peer *known = fake_seal_peer(seal, peer);
    (void)now;
    VC_CHECK(head.len + body.len <= VC_SEAL_OBJECT_MAX);
    if (known->seal_err != VC_OK)
        return known->seal_err;
    if (known->session == 0 && !known->has_keys)
        return VC_ERR_AWAY;
    if (known->session == 0)
        known->session = ++known->generation;

    free(seal->frame);
    size_t room = FAKE_SEAL_HEAD_MAX + head.len + body.len;
    seal->frame = malloc(room);
    VC_CHECK(seal->frame != NULL);
    struct vc_writer w = vc_writer(seal->frame, room);
    fake_seal_write(&w, known->session, number, head);
    vc_write_bytes(&w, body);
    known->owes_turn = false;
    known->seals++;
    write_state(seal, peer);
    *ret_sealed = (struct vc_sealed){
        .session = fake_seal_id(known->session),
        .frame = vc_writer_bytes(&w),
    };
    return VC_OK;
}

bool vc_seal_state(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                   struct vc_seal_state *ret_state)
{
    const struct fake_seal_peer *known = fake_seal_peer(seal, peer);
    (void)now;
    *ret_state = (struct vc_seal_state){
        .has_session = known->session != 0,
        .has_prekey = known->has_keys,
        .generation = known->generation,
        .reason = known->reason,
        .session = fake_seal_id(known->session),
    };
    return true;
}

bool vc_seal_is_live(struct vc_seal *seal, uint32_t peer, const struct vc_id16 *session)
{
    uint32_t number = session_of(session);
    return number != 0 && number >= fake_seal_peer(seal, peer)->floor;
}

struct vc_bytes vc_seal_prefix(struct vc_seal *seal, uint32_t peer,
                               const struct vc_id16 *session)
{
    const struct fake_seal_peer *known = fake_seal_peer(seal, peer);
    bool is_confirmed = session_of(session) <= known->confirmed;
    return known->has_prefix && !is_confirmed ? opening : (struct vc_bytes){NULL, 0};
}

void vc_seal_confirm(struct vc_seal *seal, uint32_t peer, const struct vc_id16 *session)
{
    fake_seal_peer(seal, peer)->confirmed = session_of(session);
}

/* All bytes count, as with a real tag. */
void vc_seal_tag(struct vc_bytes frame, uint8_t ret_tag[VC_SEAL_TAG_LEN])
{
    uint64_t hash = frame.len == 0 ? 0 : UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < frame.len; i++)
        hash = (hash ^ frame.data[i]) * UINT64_C(0x100000001b3);
    struct vc_writer w = vc_writer(ret_tag, VC_SEAL_TAG_LEN);
    vc_write_be64(&w, hash);
}

vc_err vc_seal_open(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                    struct vc_bytes object, struct vc_opened *ret_opened)
{
    const struct fake_seal_peer *known = fake_seal_peer(seal, peer);
    uint32_t session;
    uint64_t number;
    struct vc_bytes plain;
    (void)now;
    seal->is_pending = false;
    if (known->open_err != VC_OK)
        return known->open_err;
    if (!fake_seal_read(object, &session, &number, &plain))
        return VC_ERR_MALFORMED;
    if (session < known->opens_from)
        return VC_ERR_AUTH;
    /* Borrowed until the next call, and not a byte longer. */
    free(seal->opened);
    seal->opened = malloc(plain.len + 1);
    VC_CHECK(seal->opened != NULL);
    if (plain.len > 0)
        memcpy(seal->opened, plain.data, plain.len);
    ret_opened->number = number;
    ret_opened->object = (struct vc_bytes){seal->opened, plain.len};
    vc_seal_tag(object, ret_opened->tag);
    seal->is_pending = true;
    seal->pending_peer = peer;
    seal->pending_session = session;
    return VC_OK;
}

void vc_seal_accept(struct vc_seal *seal, const struct vc_now *now, uint32_t peer)
{
    struct fake_seal_peer *known = fake_seal_peer(seal, peer);
    (void)now;
    VC_CHECK(seal->is_pending && seal->pending_peer == peer);
    seal->is_pending = false;
    if (known->generation < seal->pending_session)
        known->generation = seal->pending_session;
    write_state(seal, peer);
}

bool vc_seal_owes_turn(struct vc_seal *seal, uint32_t peer)
{
    return fake_seal_peer(seal, peer)->owes_turn;
}

bool vc_seal_own_prekey(const struct vc_seal *seal, struct vc_prekey *ret_prekey)
{
    *ret_prekey = (struct vc_prekey){.suite = 1, .index = 1, .id = 1, .until = 1};
    return seal->has_own_prekey;
}

void vc_seal_peer_keys(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                       const struct vc_prekey *prekey,
                       const struct vc_one_time *one_times, size_t one_time_count)
{
    struct fake_seal_peer *known = fake_seal_peer(seal, peer);
    (void)now, (void)prekey, (void)one_times, (void)one_time_count;
    known->has_keys = true;
    known->keys_came++;
    write_state(seal, peer);
}

void vc_seal_rekey(struct vc_seal *seal, const struct vc_now *now, uint32_t peer,
                   uint32_t generation, enum vc_seal_reason reason)
{
    struct fake_seal_peer *known = fake_seal_peer(seal, peer);
    (void)now;
    if (known->generation < generation)
        known->generation = generation;
    known->floor = known->generation + 1;
    known->session = 0;
    known->reason = reason;
    known->rekeys++;
    write_state(seal, peer);
}

uint32_t vc_seal_generation(struct vc_seal *seal, uint32_t peer)
{
    return fake_seal_peer(seal, peer)->generation;
}

bool vc_seal_peer_purge(struct vc_seal *seal, uint32_t peer, size_t *budget)
{
    struct fake_seal_peer *known = fake_seal_peer(seal, peer);
    if (known->is_purge_stuck)
        return false;
    size_t count = known->rows < *budget ? known->rows : *budget;
    known->rows -= count;
    *budget -= count;
    return known->rows == 0;
}
