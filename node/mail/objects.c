/*
 * The codec of node/SPEC.md, "Mail objects".
 */
#include "node/mail/objects.h"

struct vc_bytes vc_mail_head_encode(uint8_t room[VC_MAIL_HEAD_MAX],
                                    enum vc_mail_type type, uint64_t number)
{
    VC_CHECK(number >= 1 && number <= VC_MAIL_NUMBER_MAX);
    struct vc_writer w = vc_writer(room, VC_MAIL_HEAD_MAX);
    vc_write_u8(&w, (uint8_t)type);
    vc_write_varint(&w, number);
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
    default:
        break;
    }
    if (!is_valid || vc_reader_end(&r) != VC_OK)
        return VC_ERR_MALFORMED;
    *ret_frame = frame;
    return VC_OK;
}
