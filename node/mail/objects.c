/*
 * The codec of node/SPEC.md, "Mail objects".
 */
#include "node/mail/objects.h"

void vc_mail_head_write(struct vc_writer *w, enum vc_mail_type type, uint64_t number)
{
    VC_CHECK(number >= 1 && number <= VC_MAIL_NUMBER_MAX);
    vc_write_u8(w, (uint8_t)type);
    vc_write_varint(w, number);
}

struct vc_bytes vc_mail_head_encode(uint8_t room[VC_MAIL_HEAD_MAX],
                                    enum vc_mail_type type, uint64_t number)
{
    struct vc_writer w = vc_writer(room, VC_MAIL_HEAD_MAX);
    vc_mail_head_write(&w, type, number);
    return vc_writer_bytes(&w);
}

struct vc_bytes vc_mail_ack_encode(uint8_t room[VC_MAIL_ACK_MAX],
                                   const struct vc_numbers *have, uint64_t again)
{
    VC_CHECK(again == 0 || again > have->prefix);
    struct vc_writer w = vc_writer(room, VC_MAIL_ACK_MAX);
    vc_write_u8(&w, VC_MAIL_ACK);
    vc_write_varint(&w, have->prefix);
    vc_write_varint(&w, again);
    vc_numbers_write_bitmap(&w, have);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

struct vc_bytes vc_mail_hello_encode(uint8_t room[VC_MAIL_HELLO_MAX],
                                     const struct vc_mail_frame *hello)
{
    struct vc_writer w = vc_writer(room, VC_MAIL_HELLO_MAX);
    vc_write_u8(&w, VC_MAIL_HELLO);
    vc_write_u8(&w, hello->wants_answer ? 1 : 0);
    vc_write_u32(&w, hello->generation);
    vc_write_varint(&w, hello->last);
    vc_write_copy(&w, hello->tag, sizeof(hello->tag));
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

struct vc_bytes vc_mail_unopened_encode(uint8_t room[VC_MAIL_UNOPENED_MAX],
                                        const struct vc_mail_frame *unopened)
{
    struct vc_writer w = vc_writer(room, VC_MAIL_UNOPENED_MAX);
    vc_write_u8(&w, VC_MAIL_UNOPENED);
    vc_write_varint(&w, unopened->number);
    vc_write_u32(&w, unopened->generation);
    if (unopened->has_prekey)
        vc_prekey_write(&w, &unopened->prekey);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    return vc_writer_bytes(&w);
}

static bool number_is_valid(uint64_t number)
{
    return number >= 1 && number <= VC_MAIL_NUMBER_MAX;
}

static bool ack_is_valid(const struct vc_mail_frame *frame)
{
    if (frame->again != 0 && frame->again <= frame->prefix)
        return false;
    return vc_numbers_bitmap_is_valid(frame->prefix, frame->bitmap);
}

static bool read_hello(struct vc_reader *r, struct vc_mail_frame *frame)
{
    uint8_t answer = vc_read_u8(r);
    frame->type = VC_MAIL_HELLO;
    frame->wants_answer = answer == 1;
    frame->generation = vc_read_u32(r);
    frame->last = vc_read_varint(r);
    vc_read_copy(r, frame->tag, sizeof(frame->tag));
    return answer <= 1 && frame->last <= VC_MAIL_NUMBER_MAX &&
           (frame->last > 0 || vc_is_zero(frame->tag, sizeof(frame->tag)));
}

static bool read_unopened(struct vc_reader *r, struct vc_mail_frame *frame)
{
    frame->type = VC_MAIL_UNOPENED;
    frame->number = vc_read_varint(r);
    frame->generation = vc_read_u32(r);
    frame->has_prekey = vc_reader_left(r) > 0;
    if (frame->has_prekey)
        vc_prekey_read(r, &frame->prekey);
    return number_is_valid(frame->number);
}

vc_err vc_mail_frame_decode(struct vc_bytes bytes, struct vc_mail_frame *ret_frame)
{
    struct vc_mail_frame frame = {0};
    struct vc_reader r = vc_reader(bytes);
    bool is_valid = false;

    switch (vc_read_u8(&r)) {
    case VC_MAIL_DATA:
        frame.type = VC_MAIL_DATA;
        frame.number = vc_read_varint(&r);
        frame.object = vc_read_rest(&r);
        is_valid = number_is_valid(frame.number) && frame.object.len >= 1 &&
                   frame.object.len <= VC_MAIL_OBJECT_MAX;
        break;
    case VC_MAIL_ACK:
        frame.type = VC_MAIL_ACK;
        frame.prefix = vc_read_varint(&r);
        frame.again = vc_read_varint(&r);
        frame.bitmap = vc_read_rest(&r);
        is_valid = ack_is_valid(&frame);
        break;
    case VC_MAIL_ABANDON:
        frame.type = VC_MAIL_ABANDON;
        frame.number = vc_read_varint(&r);
        is_valid = number_is_valid(frame.number);
        break;
    case VC_MAIL_GONE:
        frame.type = VC_MAIL_GONE;
        frame.number = vc_read_varint(&r);
        is_valid = number_is_valid(frame.number);
        break;
    case VC_MAIL_HELLO:
        is_valid = read_hello(&r, &frame);
        break;
    case VC_MAIL_UNOPENED:
        is_valid = read_unopened(&r, &frame);
        break;
    default:
        break;
    }
    if (!is_valid || vc_reader_end(&r) != VC_OK)
        return VC_ERR_MALFORMED;
    *ret_frame = frame;
    return VC_OK;
}
