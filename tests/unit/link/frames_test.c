/* node/link/frames.c: every frame there and back, and everything that is no frame. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/frames.h"
#include "node/link/link.h"
#include "tests/support/prop.h"

static struct vc_frames frames;

static vc_err decode(const uint8_t *bytes, size_t len)
{
    return vc_frames_decode((struct vc_bytes){bytes, len}, &frames);
}

static void all_frames_of_a_packet_are_read(void **state)
{
    (void)state;
    uint8_t room[200];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_ranges ranges = {3, {{900, 1000}, {500, 500}, {0, 7}}};
    vc_frame_write_ack(&w, &ranges, 19);
    vc_frame_write_ping(&w);
    vc_frame_write_window(&w, VC_LINK_CHAT, 123456);
    vc_frame_write_stream(&w, VC_LINK_CONTROL, 77, 5);
    vc_write_copy(&w, "hello", 5);
    vc_frame_write_close(&w, VC_CLOSE_PROTOCOL);
    vc_write_copy(&w, "\0\0\0", 3);
    struct vc_bytes packet = vc_writer_bytes(&w);
    assert_int_equal(vc_frames_decode(packet, &frames), VC_OK);
    assert_true(frames.has_ack && frames.has_ping && frames.has_close);
    assert_true(frames.is_eliciting);
    assert_int_equal(frames.ack_delay_ms, 19);
    assert_int_equal(frames.ack.count, 3);
    assert_memory_equal(frames.ack.at, ranges.at, 3 * sizeof ranges.at[0]);
    assert_int_equal(frames.window_count, 1);
    assert_int_equal(frames.windows[0].stream, VC_LINK_CHAT);
    assert_int_equal(frames.windows[0].limit, 123456);
    assert_int_equal(frames.stream_count, 1);
    assert_int_equal(frames.streams[0].stream, VC_LINK_CONTROL);
    assert_int_equal(frames.streams[0].offset, 77);
    assert_int_equal(frames.streams[0].data.len, 5);
    assert_memory_equal(frames.streams[0].data.data, "hello", 5);
    assert_int_equal(frames.close_reason, VC_CLOSE_PROTOCOL);
    /* Cut anywhere, it is something else or malformed, and never read over its end. */
    for (size_t len = 0; len < packet.len - 3; len++)
        (void)decode(room, len);
}

static void acks_and_padding_want_no_answer(void **state)
{
    (void)state;
    static const uint8_t packet[] = {VC_FRAME_ACK, 9, 0, 0, 3, 0, 0, 0};
    assert_int_equal(decode(packet, sizeof packet), VC_OK);
    assert_false(frames.is_eliciting);
    assert_int_equal(frames.ack.at[0].first, 6);
    static const uint8_t close[] = {VC_FRAME_CLOSE, 0};
    assert_int_equal(decode(close, sizeof close), VC_OK);
    assert_false(frames.is_eliciting);
}

static void what_is_no_frame_is_malformed(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint8_t bytes[16];
    } bad[] = {
        {0, {0}},                                    /* an empty packet */
        {1, {VC_FRAME_CLOSE + 1}},                   /* an unknown type */
        {3, {VC_FRAME_PADDING, 0, 1}},               /* padding that is not zero */
        {2, {VC_FRAME_PING, VC_FRAME_PING}},         /* twice */
        {4, {VC_FRAME_CLOSE, 0, VC_FRAME_CLOSE, 0}}, /* twice */
        {1, {VC_FRAME_CLOSE}},                       /* no reason */
        {10, {VC_FRAME_ACK, 1, 0, 0, 0, VC_FRAME_ACK, 1, 0, 0, 0}},
        {5, {VC_FRAME_ACK, 3, 0, 0, 4}},       /* below number 0 */
        {7, {VC_FRAME_ACK, 9, 0, 1, 8, 0, 0}}, /* no room for a gap */
        {7, {VC_FRAME_ACK, 9, 0, 1, 0, 8, 0}}, /* the gap goes below 0 */
        {7, {VC_FRAME_ACK, 9, 0, 1, 0, 0, 8}}, /* the row goes below 0 */
        {4, {VC_FRAME_ACK, 9, 0, 0}},          /* no first row */
        {6, {VC_FRAME_ACK, 0x40, 9, 0, 0, 0}}, /* a number in a longer form */
        {5, {VC_FRAME_ACK, 200, 0, VC_LINK_RANGES_MAX, 0}},
        {5, {VC_FRAME_STREAM, VC_LINK_STREAM_COUNT, 0, 1, 'x'}},
        {4, {VC_FRAME_STREAM, 0, 0, 0}},      /* no data */
        {5, {VC_FRAME_STREAM, 0, 0, 2, 'x'}}, /* less data than it says */
        {12, {VC_FRAME_STREAM, 0, 0xff, 255, 255, 255, 255, 255, 255, 255, 1, 'x'}},
        {3, {VC_FRAME_WINDOW, VC_LINK_STREAM_COUNT, 1}},
        {2, {VC_FRAME_WINDOW, 0}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (decode(bad[i].bytes, bad[i].len) != VC_ERR_MALFORMED)
            fail_msg("case %zu was taken", i);
    }
}

static void more_frames_than_a_packet_may_have_are_malformed(void **state)
{
    (void)state;
    uint8_t room[VC_LINK_PLAIN_MAX];
    for (uint32_t count = VC_LINK_FRAMES_MAX; count <= VC_LINK_FRAMES_MAX + 1;
         count++) {
        struct vc_writer streams = vc_writer(room, sizeof room);
        for (uint32_t i = 0; i < count; i++) {
            vc_frame_write_stream(&streams, 0, i, 1);
            vc_write_u8(&streams, 'x');
        }
        vc_err want = count > VC_LINK_FRAMES_MAX ? VC_ERR_MALFORMED : VC_OK;
        assert_int_equal(vc_frames_decode(vc_writer_bytes(&streams), &frames), want);
        struct vc_writer windows = vc_writer(room, sizeof room);
        for (uint32_t i = 0; i < count; i++)
            vc_frame_write_window(&windows, 0, i);
        assert_int_equal(vc_frames_decode(vc_writer_bytes(&windows), &frames), want);
    }
}

static void an_ack_takes_as_many_rows_as_fit(void **state)
{
    (void)state;
    uint8_t room[256];
    struct vc_ranges ranges = {.count = VC_LINK_RANGES_MAX};
    for (uint32_t i = 0; i < VC_LINK_RANGES_MAX; i++)
        ranges.at[i] = (struct vc_range){10000 - 10 * i, 10000 - 10 * i + 3};
    for (size_t len = 0; len < sizeof room; len++) {
        struct vc_writer w = vc_writer(room, len);
        vc_frame_write_ack(&w, &ranges, 5);
        assert_false(w.is_failed);
        struct vc_bytes packet = vc_writer_bytes(&w);
        if (packet.len == 0) {
            assert_true(len < 6);
            continue;
        }
        assert_int_equal(vc_frames_decode(packet, &frames), VC_OK);
        assert_true(frames.ack.count >= 1);
        assert_memory_equal(frames.ack.at, ranges.at,
                            frames.ack.count * sizeof ranges.at[0]);
        assert_true(frames.ack.count == VC_LINK_RANGES_MAX || packet.len + 3 > len);
    }
    assert_int_equal(frames.ack.count, VC_LINK_RANGES_MAX);
}

/* Whatever is read is written again in the same bytes: there is one encoding. */
static void what_is_read_is_written_the_same(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("what_is_read_is_written_the_same");
    uint32_t good = 0;
    for (int round = 0; round < 200000; round++) {
        uint8_t bytes[24], again[64];
        size_t len = 1 + vc_prop_below(&prop, sizeof bytes);
        vc_prop_bytes(&prop, bytes, len);
        bytes[0] = (uint8_t)(VC_FRAME_ACK + vc_prop_below(&prop, 3));
        for (size_t i = 1; i < len; i++)
            bytes[i] &= vc_prop_below(&prop, 8) == 0 ? 0xff : 0x07;
        if (decode(bytes, len) != VC_OK)
            continue;
        if (frames.has_ack + frames.stream_count + frames.window_count != 1 ||
            frames.has_ping || frames.has_close)
            continue;
        struct vc_writer w = vc_writer(again, sizeof again);
        if (frames.has_ack)
            vc_frame_write_ack(&w, &frames.ack, frames.ack_delay_ms);
        if (frames.window_count == 1)
            vc_frame_write_window(&w, frames.windows[0].stream,
                                  frames.windows[0].limit);
        if (frames.stream_count == 1) {
            vc_frame_write_stream(&w, frames.streams[0].stream,
                                  frames.streams[0].offset, frames.streams[0].data.len);
            vc_write_bytes(&w, frames.streams[0].data);
        }
        struct vc_bytes written = vc_writer_bytes(&w);
        assert_true(written.len <= len);
        assert_memory_equal(written.data, bytes, written.len);
        good++;
    }
    assert_true(good > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_frames_of_a_packet_are_read),
        cmocka_unit_test(acks_and_padding_want_no_answer),
        cmocka_unit_test(what_is_no_frame_is_malformed),
        cmocka_unit_test(more_frames_than_a_packet_may_have_are_malformed),
        cmocka_unit_test(an_ack_takes_as_many_rows_as_fit),
        cmocka_unit_test(what_is_read_is_written_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
