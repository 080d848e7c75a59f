/*
 * The codecs of storage/SCHEMA.md, "Mail rows".
 */
#include "node/mail/rows.h"

enum { MAILBOX_VERSION = 2, OUTBOX_VERSION = 1 };
enum { REF_AT = VC_OUTBOX_HEAD_LEN - VC_MAIL_REF_LEN };
enum { STATE_LIVE = 0, STATE_ENDING = 1, STATE_ROLLED_BACK = 2 };

/* The form before there were seals: what waits has still to be sealed. */
enum { MAILBOX_UNSEALED_VERSION = 1 };

struct vc_bytes vc_mailbox_key(uint8_t room[VC_MAILBOX_KEY_LEN], uint32_t peer)
{
    struct vc_writer w = vc_writer(room, VC_MAILBOX_KEY_LEN);
    vc_write_be32(&w, peer);
    return vc_writer_bytes(&w);
}

vc_err vc_mailbox_key_decode(struct vc_bytes key, uint32_t *ret_peer)
{
    struct vc_reader r = vc_reader(key);
    uint32_t peer = vc_read_be32(&r);
    if (vc_reader_end(&r) != VC_OK || peer >= VC_LINK_PEER_JOINING)
        return VC_ERR_MALFORMED;
    *ret_peer = peer;
    return VC_OK;
}

static void write_numbers(struct vc_writer *w, const struct vc_numbers *set)
{
    uint64_t last = vc_numbers_last(set);
    vc_write_u64(w, set->prefix);
    vc_write_u16(w, (uint16_t)((last - set->prefix + 7) / 8));
    vc_numbers_write_bitmap(w, set);
}

static bool read_numbers(struct vc_reader *r, uint64_t *ret_prefix,
                         struct vc_bytes *ret_bitmap)
{
    *ret_prefix = vc_read_u64(r);
    size_t len = vc_read_u16(r);
    *ret_bitmap = vc_read_bytes(r, len);
    return vc_numbers_bitmap_is_valid(*ret_prefix, *ret_bitmap);
}

static uint8_t state_of(const struct vc_mailbox_row *row)
{
    if (row->is_ending)
        return STATE_ENDING;
    return row->is_rolled_back ? STATE_ROLLED_BACK : STATE_LIVE;
}

struct vc_bytes vc_mailbox_row_encode(uint8_t room[VC_MAILBOX_ROW_MAX],
                                      const struct vc_mailbox_row *row,
                                      const struct vc_numbers *acked,
                                      const struct vc_numbers *seen)
{
    VC_CHECK(row->next >= 1 && vc_numbers_last(acked) < row->next);
    struct vc_writer w = vc_writer(room, VC_MAILBOX_ROW_MAX);
    vc_write_u8(&w, MAILBOX_VERSION);
    vc_write_u8(&w, state_of(row));
    vc_write_u64(&w, row->next);
    vc_write_u64(&w, row->sealed);
    vc_write_u64(&w, row->resealed);
    vc_write_u64(&w, row->dropped);
    vc_write_u64(&w, row->dropped_rows);
    vc_write_copy(&w, row->last_tag, sizeof(row->last_tag));
    write_numbers(&w, acked);
    write_numbers(&w, seen);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

static void read_seals(struct vc_reader *r, struct vc_mailbox_row *row)
{
    row->sealed = vc_read_u64(r);
    row->resealed = vc_read_u64(r);
    row->dropped = vc_read_u64(r);
    row->dropped_rows = vc_read_u64(r);
    vc_read_copy(r, row->last_tag, sizeof(row->last_tag));
    if (row->sealed >= row->next || row->resealed >= row->next ||
        row->dropped > row->sealed || row->dropped_rows > row->dropped)
        vc_reader_fail(r);
}

vc_err vc_mailbox_row_decode(struct vc_bytes value, struct vc_mailbox_row *ret_row)
{
    struct vc_mailbox_row row = {0};
    struct vc_reader r = vc_reader(value);
    uint8_t version = vc_read_u8(&r);
    bool has_seals = version == MAILBOX_VERSION;
    bool is_valid = has_seals || version == MAILBOX_UNSEALED_VERSION;
    uint8_t state = vc_read_u8(&r);
    is_valid = is_valid && state <= (has_seals ? STATE_ROLLED_BACK : STATE_ENDING);
    row.is_ending = state == STATE_ENDING;
    row.is_rolled_back = state == STATE_ROLLED_BACK;
    row.next = vc_read_u64(&r);
    if (has_seals)
        read_seals(&r, &row);
    is_valid = read_numbers(&r, &row.acked_prefix, &row.acked_bitmap) && is_valid;
    is_valid = read_numbers(&r, &row.seen_prefix, &row.seen_bitmap) && is_valid;
    if (!is_valid || vc_reader_end(&r) != VC_OK)
        return VC_ERR_MALFORMED;
    if (row.next > VC_MAIL_NUMBER_MAX ||
        row.next <= vc_numbers_bitmap_last(row.acked_prefix, row.acked_bitmap))
        return VC_ERR_MALFORMED;
    if (vc_numbers_bitmap_last(row.seen_prefix, row.seen_bitmap) == 0 &&
        !vc_is_zero(row.last_tag, sizeof(row.last_tag)))
        return VC_ERR_MALFORMED;
    /* What was given then was not sealed at all. */
    if (!has_seals)
        row.resealed = row.next - 1;
    *ret_row = row;
    return VC_OK;
}

struct vc_bytes vc_outbox_key(uint8_t room[VC_OUTBOX_KEY_LEN], uint32_t peer,
                              uint64_t number)
{
    struct vc_writer w = vc_writer(room, VC_OUTBOX_KEY_LEN);
    vc_write_be32(&w, peer);
    vc_write_be64(&w, number);
    return vc_writer_bytes(&w);
}

struct vc_bytes vc_outbox_row_encode(uint8_t room[VC_OUTBOX_ROW_MAX],
                                     const struct vc_outbox_row *row)
{
    struct vc_writer w = vc_writer(room, VC_OUTBOX_ROW_MAX);
    vc_write_u8(&w, OUTBOX_VERSION);
    vc_write_u8(&w, (uint8_t)row->kind);
    vc_write_copy(&w, row->session.b, sizeof(row->session.b));
    vc_write_copy(&w, row->id.b, sizeof(row->id.b));
    vc_write_copy(&w, row->ref, sizeof(row->ref));
    vc_write_bytes(&w, row->object);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

static bool is_valid_row(const struct vc_outbox_row *row, struct vc_bytes value)
{
    bool is_empty = row->object.len == 0;
    switch (row->kind) {
    case VC_OUTBOX_OBJECT:
    case VC_OUTBOX_TURN:
        return !is_empty && row->object.len <= VC_MAIL_OBJECT_MAX;
    case VC_OUTBOX_WAITING:
        return is_empty && vc_is_zero(row->session.b, sizeof(row->session.b));
    case VC_OUTBOX_ABANDONED:
        return is_empty && vc_is_zero(value.data + 2, REF_AT - 2) &&
               vc_is_zero(row->ref + VC_SEAL_TAG_LEN,
                          VC_MAIL_REF_LEN - VC_SEAL_TAG_LEN);
    }
    return false;
}

vc_err vc_outbox_row_decode(struct vc_bytes value, struct vc_outbox_row *ret_row)
{
    struct vc_outbox_row row = {0};
    struct vc_reader r = vc_reader(value);
    bool is_valid = vc_read_u8(&r) == OUTBOX_VERSION;
    uint8_t kind = vc_read_u8(&r);
    vc_read_copy(&r, row.session.b, sizeof(row.session.b));
    vc_read_copy(&r, row.id.b, sizeof(row.id.b));
    vc_read_copy(&r, row.ref, sizeof(row.ref));
    row.object = vc_read_rest(&r);
    if (!is_valid || vc_reader_end(&r) != VC_OK || kind < VC_OUTBOX_OBJECT ||
        kind > VC_OUTBOX_TURN)
        return VC_ERR_MALFORMED;
    row.kind = (enum vc_outbox_kind)kind;
    if (!is_valid_row(&row, value))
        return VC_ERR_MALFORMED;
    *ret_row = row;
    return VC_OK;
}
