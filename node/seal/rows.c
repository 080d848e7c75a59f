/* The codecs of storage/SCHEMA.md, "Session rows". */
#include "node/seal/rows.h"

#include <string.h>

enum { ROW_VERSION = 1, KIND_SIGNED = 1, KIND_ONE_TIME = 2 };
enum { FLAG_INITIATOR = 1, FLAG_CONFIRMED = 2 };

static struct vc_seal_key key_of(const uint32_t *numbers, size_t count)
{
    struct vc_seal_key key = {.len = 0};
    struct vc_writer w = vc_writer(key.b, sizeof key.b);

    for (size_t i = 0; i < count; i++) {
        vc_write_be32(&w, numbers[i]);
    }
    key.len = vc_writer_bytes(&w).len;
    return key;
}

struct vc_seal_key vc_seal_key_session(uint32_t peer, uint32_t session)
{
    return key_of((const uint32_t[]){peer, session}, 2);
}

struct vc_seal_key vc_seal_key_skipped(uint32_t peer, uint32_t session,
                                       const struct vc_ratchet_place *place)
{
    return key_of((const uint32_t[]){peer, session, place->chain, place->n}, 4);
}

struct vc_seal_key vc_seal_key_prekey(uint32_t id)
{
    return key_of(&id, 1);
}

struct vc_seal_key vc_seal_key_replay(uint32_t prekey_id, const struct vc_id16 *name)
{
    struct vc_seal_key key = key_of(&prekey_id, 1);

    memcpy(key.b + key.len, name->b, sizeof name->b);
    key.len += sizeof name->b;
    return key;
}

vc_err vc_seal_key_prekey_read(struct vc_bytes key, uint32_t *ret_id)
{
    struct vc_reader r = vc_reader(key);
    uint32_t id = vc_read_be32(&r);

    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    *ret_id = id;
    return VC_OK;
}

struct vc_bytes vc_seal_key_bytes(const struct vc_seal_key *key)
{
    return (struct vc_bytes){key->b, key->len};
}

static bool read_flag(struct vc_reader *r)
{
    uint8_t flag = vc_read_u8(r);

    if (flag > 1) {
        vc_reader_fail(r);
    }
    return flag == 1;
}

static void read_version(struct vc_reader *r)
{
    if (vc_read_u8(r) != ROW_VERSION) {
        vc_reader_fail(r);
    }
}

void vc_seal_peer_row_write(struct vc_writer *w, const struct vc_seal_peer_row *row)
{
    vc_write_u8(w, ROW_VERSION);
    vc_write_u32(w, row->generation);
    vc_write_u32(w, row->floor);
    vc_write_u32(w, row->next);
    vc_write_u16(w, row->suite);
    vc_write_u8(w, row->reason);
    vc_write_u8(w, row->session_count);
    for (uint8_t i = 0; i < row->session_count; i++) {
        vc_write_u32(w, row->sessions[i]);
    }
    vc_write_u8(w, row->has_prekey ? 1 : 0);
    if (row->has_prekey) {
        vc_prekey_write(w, &row->prekey);
    }
    if (row->one_time_count > 0) {
        vc_one_time_write(w, row->one_times, row->one_time_count);
    }
}

static void read_sessions(struct vc_reader *r, struct vc_seal_peer_row *row)
{
    row->session_count = vc_read_u8(r);
    if (row->session_count > VC_SEAL_SESSIONS_ROOM) {
        vc_reader_fail(r);
        return;
    }
    for (uint8_t i = 0; i < row->session_count; i++) {
        row->sessions[i] = vc_read_u32(r);
        if (row->sessions[i] >= row->next || row->sessions[i] == 0 ||
            (i > 0 && row->sessions[i] <= row->sessions[i - 1])) {
            vc_reader_fail(r);
        }
    }
}

vc_err vc_seal_peer_row_read(struct vc_bytes value, struct vc_seal_peer_row *ret_row)
{
    struct vc_seal_peer_row row = {0};
    struct vc_reader r = vc_reader(value);
    size_t one_time_count = 0;

    read_version(&r);
    row.generation = vc_read_u32(&r);
    row.floor = vc_read_u32(&r);
    row.next = vc_read_u32(&r);
    row.suite = vc_read_u16(&r);
    row.reason = vc_read_u8(&r);
    if (row.next == 0 || row.reason > VC_SEAL_THEIRS) {
        vc_reader_fail(&r);
    }
    read_sessions(&r, &row);
    row.has_prekey = read_flag(&r);
    if (row.has_prekey) {
        vc_prekey_read(&r, &row.prekey);
    }
    if (!r.is_failed && vc_reader_left(&r) > 0 &&
        vc_one_time_read(&r, row.one_times, &one_time_count) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    row.one_time_count = (uint8_t)one_time_count;
    *ret_row = row;
    return VC_OK;
}

void vc_seal_session_row_write(struct vc_writer *w,
                               const struct vc_seal_session_row *row,
                               const struct vc_ratchet *ratchet)
{
    vc_write_u8(w, ROW_VERSION);
    vc_write_u8(w, (uint8_t)((row->is_initiator ? FLAG_INITIATOR : 0) |
                             (row->is_confirmed ? FLAG_CONFIRMED : 0)));
    vc_write_u8(w, row->reason);
    vc_write_u32(w, row->generation);
    vc_write_u64(w, row->made_at);
    vc_write_u32(w, row->prekey_id);
    vc_write_copy(w, row->name.b, sizeof row->name.b);
    vc_write_u16(w, (uint16_t)row->opening.len);
    vc_write_bytes(w, row->opening);
    vc_ratchet_write(w, ratchet);
}

vc_err vc_seal_session_row_read(struct vc_bytes value,
                                struct vc_seal_session_row *ret_row,
                                struct vc_ratchet *ret_ratchet)
{
    struct vc_seal_session_row row = {0};
    struct vc_reader r = vc_reader(value);
    uint8_t flags;
    bool wants_opening;

    read_version(&r);
    flags = vc_read_u8(&r);
    row.is_initiator = (flags & FLAG_INITIATOR) != 0;
    row.is_confirmed = (flags & FLAG_CONFIRMED) != 0;
    row.reason = vc_read_u8(&r);
    row.generation = vc_read_u32(&r);
    row.made_at = vc_read_u64(&r);
    row.prekey_id = vc_read_u32(&r);
    vc_read_copy(&r, row.name.b, sizeof row.name.b);
    row.opening = vc_read_bytes(&r, vc_read_u16(&r));
    wants_opening = row.is_initiator && !row.is_confirmed;
    if (flags > (FLAG_INITIATOR | FLAG_CONFIRMED) || row.reason > VC_SEAL_THEIRS ||
        (row.opening.len > 0) != wants_opening ||
        !(row.is_initiator || row.is_confirmed) || row.generation == 0 ||
        row.opening.len > VC_SEAL_OPENING_MAX || r.is_failed) {
        return VC_ERR_MALFORMED;
    }
    if (vc_ratchet_read(&r, ret_ratchet) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    *ret_row = row;
    return VC_OK;
}

void vc_seal_prekey_row_write(struct vc_writer *w, const struct vc_seal_prekey_row *row)
{
    vc_write_u8(w, ROW_VERSION);
    vc_write_u8(w, row->is_one_time ? KIND_ONE_TIME : KIND_SIGNED);
    vc_write_copy(w, row->secret.b, sizeof row->secret.b);
    if (row->is_one_time) {
        vc_write_u32(w, row->day);
    } else {
        vc_write_u32(w, row->order);
        vc_prekey_write(w, &row->prekey);
    }
}

vc_err vc_seal_prekey_row_read(struct vc_bytes value,
                               struct vc_seal_prekey_row *ret_row)
{
    struct vc_seal_prekey_row row = {0};
    struct vc_reader r = vc_reader(value);
    uint8_t kind;
    vc_err err;

    read_version(&r);
    kind = vc_read_u8(&r);
    row.is_one_time = kind == KIND_ONE_TIME;
    if (kind != KIND_ONE_TIME && kind != KIND_SIGNED) {
        vc_reader_fail(&r);
    }
    vc_read_copy(&r, row.secret.b, sizeof row.secret.b);
    if (row.is_one_time) {
        row.day = vc_read_u32(&r);
    } else {
        row.order = vc_read_u32(&r);
        vc_prekey_read(&r, &row.prekey);
    }
    err = vc_reader_end(&r);
    if (err == VC_OK) {
        *ret_row = row;
    }
    vc_wipe(&row, sizeof row);
    return err;
}

void vc_seal_skipped_row_write(struct vc_writer *w, const struct vc_secret32 *key)
{
    vc_write_u8(w, ROW_VERSION);
    vc_write_copy(w, key->b, sizeof key->b);
}

vc_err vc_seal_skipped_row_read(struct vc_bytes value, struct vc_secret32 *ret_key)
{
    struct vc_reader r = vc_reader(value);
    struct vc_secret32 key;
    vc_err err;

    read_version(&r);
    vc_read_copy(&r, key.b, sizeof key.b);
    err = vc_reader_end(&r);
    if (err == VC_OK) {
        *ret_key = key;
    }
    vc_wipe(&key, sizeof key);
    return err;
}

void vc_seal_replay_row_write(struct vc_writer *w)
{
    vc_write_u8(w, ROW_VERSION);
}
