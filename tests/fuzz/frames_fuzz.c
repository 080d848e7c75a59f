/*
 * The frames inside a packet.  What is read is within the limits that the readers of the
 * frames rely on; an ACK that was read is written again in the same bytes.
 */
#include <string.h>

#include "node/link/frames.h"
#include "node/link/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ack(const struct vc_frames *frames)
{
    uint8_t room[VC_PACKET_MAX];
    static struct vc_frames again;
    struct vc_writer w = vc_writer(room, sizeof room);
    VC_CHECK(frames->ack.count >= 1 && frames->ack.count <= VC_LINK_RANGES_MAX);
    for (uint32_t i = 0; i < frames->ack.count; i++) {
        const struct vc_range *row = &frames->ack.at[i];
        VC_CHECK(row->first <= row->last);
        VC_CHECK(i == 0 || row->last + 1 < frames->ack.at[i - 1].first);
    }
    vc_frame_write_ack(&w, &frames->ack, frames->ack_delay_ms);
    VC_CHECK(vc_frames_decode(vc_writer_bytes(&w), &again) == VC_OK);
    VC_CHECK(again.ack_delay_ms == frames->ack_delay_ms);
    VC_CHECK(
        memcmp(&again.ack, &frames->ack,
               sizeof again.ack.count + again.ack.count * sizeof again.ack.at[0]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vc_frames frames;
    if (size > VC_PACKET_MAX ||
        vc_frames_decode((struct vc_bytes){data, size}, &frames) != VC_OK)
        return 0;
    VC_CHECK(frames.stream_count <= VC_LINK_FRAMES_MAX);
    VC_CHECK(frames.window_count <= VC_LINK_FRAMES_MAX);
    for (uint32_t i = 0; i < frames.stream_count; i++) {
        const struct vc_stream_frame *frame = &frames.streams[i];
        VC_CHECK(frame->stream < VC_LINK_STREAM_COUNT && frame->data.len > 0);
        VC_CHECK(frame->data.data >= data);
        VC_CHECK(frame->data.data + frame->data.len <= data + size);
        VC_CHECK(frame->offset + frame->data.len < (uint64_t)1 << 62);
    }
    for (uint32_t i = 0; i < frames.window_count; i++)
        VC_CHECK(frames.windows[i].stream < VC_LINK_STREAM_COUNT);
    if (frames.has_ack)
        check_ack(&frames);
    return 0;
}
