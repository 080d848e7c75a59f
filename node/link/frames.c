/* node/SPEC.md, "Link frames". */
#include "node/link/frames.h"

#include "crypto/prim.h"
#include "node/link/link.h"

/* The largest number that a varint holds. */
#define NUMBER_MAX (((uint64_t)1 << 62) - 1)

static uint8_t read_stream_id(struct vc_reader *r)
{
    uint8_t stream = vc_read_u8(r);
    if (stream >= VC_LINK_STREAM_COUNT)
        vc_reader_fail(r);
    return stream;
}

/* Reads @ret_last's row: it ends @skip below @above, and has 1 + what is read numbers. */
static struct vc_range read_range(struct vc_reader *r, uint64_t last)
{
    uint64_t more = vc_read_varint(r);
    if (more > last) {
        vc_reader_fail(r);
        more = 0;
    }
    return (struct vc_range){last - more, last};
}

static void read_ack(struct vc_reader *r, struct vc_frames *frames)
{
    if (frames->has_ack)
        vc_reader_fail(r);
    frames->has_ack = true;
    uint64_t last = vc_read_varint(r);
    frames->ack_delay_ms = vc_read_varint(r);
    uint32_t more = vc_read_u8(r);
    if (more >= VC_LINK_RANGES_MAX) {
        vc_reader_fail(r);
        return;
    }
    frames->ack.count = more + 1;
    frames->ack.at[0] = read_range(r, last);
    for (uint32_t i = 1; i <= more; i++) {
        uint64_t gap = vc_read_varint(r); /* numbers missing, less one */
        uint64_t above = frames->ack.at[i - 1].first;
        if (above < 2 || gap > above - 2) {
            vc_reader_fail(r);
            return;
        }
        frames->ack.at[i] = read_range(r, above - 2 - gap);
    }
}

static void read_stream(struct vc_reader *r, struct vc_frames *frames)
{
    if (frames->stream_count == VC_LINK_FRAMES_MAX) {
        vc_reader_fail(r);
        return;
    }
    struct vc_stream_frame *frame = &frames->streams[frames->stream_count++];
    frame->stream = read_stream_id(r);
    frame->offset = vc_read_varint(r);
    uint64_t len = vc_read_varint(r);
    if (len == 0 || len > vc_reader_left(r) || frame->offset > NUMBER_MAX - len) {
        vc_reader_fail(r);
        return;
    }
    frame->data = vc_read_bytes(r, (size_t)len);
}

static void read_window(struct vc_reader *r, struct vc_frames *frames)
{
    if (frames->window_count == VC_LINK_FRAMES_MAX) {
        vc_reader_fail(r);
        return;
    }
    struct vc_window_frame *frame = &frames->windows[frames->window_count++];
    frame->stream = read_stream_id(r);
    frame->limit = vc_read_varint(r);
}

static void read_padding(struct vc_reader *r)
{
    struct vc_bytes rest = vc_read_rest(r);
    if (!vc_is_zero(rest.data, rest.len))
        vc_reader_fail(r);
}

static void read_frame(struct vc_reader *r, struct vc_frames *frames)
{
    switch (vc_read_u8(r)) {
    case VC_FRAME_PADDING:
        read_padding(r);
        break;
    case VC_FRAME_PING:
        if (frames->has_ping)
            vc_reader_fail(r);
        frames->has_ping = true;
        break;
    case VC_FRAME_ACK:
        read_ack(r, frames);
        break;
    case VC_FRAME_STREAM:
        read_stream(r, frames);
        break;
    case VC_FRAME_WINDOW:
        read_window(r, frames);
        break;
    case VC_FRAME_CLOSE:
        if (frames->has_close)
            vc_reader_fail(r);
        frames->has_close = true;
        frames->close_reason = vc_read_u8(r);
        break;
    default:
        vc_reader_fail(r);
        break;
    }
}

vc_err vc_frames_decode(struct vc_bytes plain, struct vc_frames *ret_frames)
{
    /* Not the whole struct: most of it is room that nobody looks at. */
    ret_frames->has_ping = ret_frames->has_ack = ret_frames->has_close = false;
    ret_frames->ack.count = ret_frames->stream_count = ret_frames->window_count = 0;
    struct vc_reader r = vc_reader(plain);
    if (plain.len == 0)
        vc_reader_fail(&r);
    /* Each round reads a byte at least, or fails. */
    while (!r.is_failed && vc_reader_left(&r) > 0)
        read_frame(&r, ret_frames);
    ret_frames->is_eliciting = ret_frames->has_ping || ret_frames->stream_count > 0 ||
                               ret_frames->window_count > 0;
    return vc_reader_end(&r);
}

void vc_frame_write_ping(struct vc_writer *w)
{
    vc_write_u8(w, VC_FRAME_PING);
}

/* The numbers of a range that is written behind another. */
struct tail {
    uint64_t gap, more;
};

static struct tail tail_of(const struct vc_ranges *ranges, uint32_t i)
{
    uint64_t above = ranges->at[i - 1].first;
    VC_CHECK(ranges->at[i].last + 2 <= above);
    return (struct tail){above - 2 - ranges->at[i].last,
                         ranges->at[i].last - ranges->at[i].first};
}

void vc_frame_write_ack(struct vc_writer *w, const struct vc_ranges *ranges,
                        uint64_t delay_ms)
{
    VC_CHECK(ranges->count > 0 && ranges->count <= VC_LINK_RANGES_MAX);
    const struct vc_range *top = &ranges->at[0];
    size_t len = 2 + vc_varint_len(top->last) + vc_varint_len(delay_ms) +
                 vc_varint_len(top->last - top->first);
    if (len > vc_writer_left(w))
        return;
    uint32_t fits = 1;
    for (; fits < ranges->count; fits++) {
        struct tail tail = tail_of(ranges, fits);
        len += vc_varint_len(tail.gap) + vc_varint_len(tail.more);
        if (len > vc_writer_left(w))
            break;
    }
    vc_write_u8(w, VC_FRAME_ACK);
    vc_write_varint(w, top->last);
    vc_write_varint(w, delay_ms);
    vc_write_u8(w, (uint8_t)(fits - 1));
    vc_write_varint(w, top->last - top->first);
    for (uint32_t i = 1; i < fits; i++) {
        struct tail tail = tail_of(ranges, i);
        vc_write_varint(w, tail.gap);
        vc_write_varint(w, tail.more);
    }
}

void vc_frame_write_window(struct vc_writer *w, uint8_t stream, uint64_t limit)
{
    vc_write_u8(w, VC_FRAME_WINDOW);
    vc_write_u8(w, stream);
    vc_write_varint(w, limit);
}

void vc_frame_write_close(struct vc_writer *w, uint8_t reason)
{
    vc_write_u8(w, VC_FRAME_CLOSE);
    vc_write_u8(w, reason);
}

void vc_frame_write_stream(struct vc_writer *w, uint8_t stream, uint64_t offset,
                           size_t len)
{
    vc_write_u8(w, VC_FRAME_STREAM);
    vc_write_u8(w, stream);
    vc_write_varint(w, offset);
    vc_write_varint(w, len);
}

size_t vc_frame_stream_head_len(uint64_t offset, size_t len)
{
    return 2 + vc_varint_len(offset) + vc_varint_len(len);
}
