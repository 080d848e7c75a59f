/*
 * The codecs of storage/SCHEMA.md, "Mail rows".
 */
#include "node/mail/rows.h"

enum { MAILBOX_VERSION = 1, OUTBOX_VERSION = 1, STATE_LIVE = 0, STATE_ENDING = 1 };

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

struct vc_bytes vc_mailbox_row_encode(uint8_t room[VC_MAILBOX_ROW_MAX], bool is_ending,
                                      uint64_t next, const struct vc_numbers *acked,
                                      const struct vc_numbers *seen)
{
    VC_CHECK(next >= 1 && vc_numbers_last(acked) < next);
    struct vc_writer w = vc_writer(room, VC_MAILBOX_ROW_MAX);
    vc_write_u8(&w, MAILBOX_VERSION);
    vc_write_u8(&w, is_ending ? STATE_ENDING : STATE_LIVE);
    vc_write_u64(&w, next);
    write_numbers(&w, acked);
    write_numbers(&w, seen);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

vc_err vc_mailbox_row_decode(struct vc_bytes value, struct vc_mailbox_row *ret_row)
{
    struct vc_mailbox_row row = {0};
    struct vc_reader r = vc_reader(value);
    bool is_valid = vc_read_u8(&r) == MAILBOX_VERSION;
    uint8_t state = vc_read_u8(&r);
    is_valid = is_valid && (state == STATE_LIVE || state == STATE_ENDING);
    row.is_ending = state == STATE_ENDING;
    row.next = vc_read_u64(&r);
    is_valid = read_numbers(&r, &row.acked_prefix, &row.acked_bitmap) && is_valid;
    is_valid = read_numbers(&r, &row.seen_prefix, &row.seen_bitmap) && is_valid;
    if (!is_valid || vc_reader_end(&r) != VC_OK)
        return VC_ERR_MALFORMED;
    if (row.next > VC_MAIL_NUMBER_MAX ||
        row.next <= vc_numbers_bitmap_last(row.acked_prefix, row.acked_bitmap))
        return VC_ERR_MALFORMED;
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

static void write_outbox_head(struct vc_writer *w, const struct vc_outbox_row *row)
{
    vc_write_u8(w, OUTBOX_VERSION);
    vc_write_u8(w, (uint8_t)row->kind);
    vc_write_copy(w, row->session.b, sizeof(row->session.b));
    vc_write_copy(w, row->id.b, sizeof(row->id.b));
    vc_write_copy(w, row->ref, sizeof(row->ref));
}

struct vc_bytes vc_outbox_object_encode(uint8_t room[VC_OUTBOX_ROW_MAX],
                                        const struct vc_mail_object *object)
{
    struct vc_outbox_row row = {.kind = VC_OUTBOX_OBJECT, .id = object->id};
    for (size_t i = 0; i < sizeof(row.ref); i++)
        row.ref[i] = object->ref[i];
    struct vc_writer w = vc_writer(room, VC_OUTBOX_ROW_MAX);
    write_outbox_head(&w, &row);
    vc_write_bytes(&w, object->head);
    vc_write_bytes(&w, object->body);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

struct vc_bytes vc_outbox_abandoned_encode(uint8_t room[VC_OUTBOX_HEAD_LEN])
{
    struct vc_outbox_row row = {.kind = VC_OUTBOX_ABANDONED};
    struct vc_writer w = vc_writer(room, VC_OUTBOX_HEAD_LEN);
    write_outbox_head(&w, &row);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
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
    if (!is_valid || vc_reader_end(&r) != VC_OK)
        return VC_ERR_MALFORMED;

    if (kind == VC_OUTBOX_OBJECT) {
        row.kind = VC_OUTBOX_OBJECT;
        is_valid = row.object.len >= 1 && row.object.len <= VC_MAIL_OBJECT_MAX;
    } else {
        row.kind = VC_OUTBOX_ABANDONED;
        is_valid = kind == VC_OUTBOX_ABANDONED && row.object.len == 0 &&
                   vc_is_zero(value.data + 2, VC_OUTBOX_HEAD_LEN - 2);
    }
    if (!is_valid)
        return VC_ERR_MALFORMED;
    *ret_row = row;
    return VC_OK;
}
