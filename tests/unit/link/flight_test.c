/* node/link/flight.c: every sent byte is in one place, whatever arrives and is lost. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/flight.h"
#include "node/link/link.h"
#include "tests/support/prop.h"

#define CHUNKS  600
#define PACKETS 64

static union vc_chunk room[CHUNKS];
static struct vc_chunk_bits bits[CHUNKS];
static uint32_t chunk_links[CHUNKS], sent_links[PACKETS], segment_links[2 * PACKETS];
static struct vc_sent sent[PACKETS];
static struct vc_segment segments[2 * PACKETS];
static struct vc_chunks chunks;
static struct vc_flight_pools pools;
static struct vc_flight flight;
static struct vc_send_stream streams[VC_LINK_STREAM_COUNT];

static int begin(void **state)
{
    (void)state;
    chunks = (struct vc_chunks){.chunks = room, .bits = bits};
    vc_pool_init(&chunks.pool, chunk_links, CHUNKS);
    pools = (struct vc_flight_pools){.sent = sent, .segments = segments};
    vc_pool_init(&pools.sent_pool, sent_links, PACKETS);
    vc_pool_init(&pools.segment_pool, segment_links, 2 * PACKETS);
    vc_flight_init(&flight);
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++)
        vc_send_stream_init(&streams[i]);
    return 0;
}

/* The bytes of a stream that are in packets, in the queue, and acknowledged add up. */
static void assert_whole(const struct vc_send_stream *stream)
{
    uint64_t at = stream->base, last = VC_SLOT_NONE;
    for (uint32_t s = stream->first_segment; s != VC_SLOT_NONE; s = segments[s].next) {
        assert_true(segments[s].offset >= at);
        assert_int_equal(segments[s].prev, last);
        if (s == stream->first_segment)
            assert_int_equal(segments[s].offset, stream->base);
        at = segments[s].offset + segments[s].len;
        last = s;
    }
    assert_int_equal(stream->last_segment, last);
    assert_true(at <= stream->next);
    if (stream->first_segment == VC_SLOT_NONE)
        assert_int_equal(stream->base, stream->next);
}

static void fill(struct vc_send_stream *stream)
{
    static const uint8_t body[2000] = {0};
    while (vc_send_stream_room(stream) > VC_LINK_WINDOW - 20000)
        vc_send_stream_append(stream, &chunks, VC_BYTES(body),
                              (struct vc_bytes){NULL, 0});
}

static uint32_t send(struct vc_prop *prop)
{
    uint32_t packet = vc_flight_push(&flight, &pools);
    if (packet == VC_SLOT_NONE)
        return packet;
    sent[packet].size = (uint16_t)(50 + vc_prop_below(prop, 1000));
    flight.bytes += sent[packet].size;
    for (int i = 0; i < 3; i++) {
        uint8_t id = (uint8_t)vc_prop_below(prop, VC_LINK_STREAM_COUNT);
        struct vc_send_stream *stream = &streams[id];
        size_t len = 1 + vc_prop_below(prop, 400);
        if (stream->first_lost != VC_SLOT_NONE) {
            size_t lost = segments[stream->first_lost].len;
            if (!vc_segment_repeat(&pools, stream, packet, len < lost ? len : lost))
                break;
        } else if (stream->next + len <= stream->end) {
            if (!vc_segment_begin(&pools, stream, id, packet, len))
                break;
        }
    }
    return packet;
}

static void every_byte_is_in_one_place(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("every_byte_is_in_one_place");
    for (int step = 0; step < 20000; step++) {
        for (int i = 0; i < VC_LINK_STREAM_COUNT; i++)
            fill(&streams[i]);
        if (vc_prop_below(&prop, 2) == 0) {
            (void)send(&prop);
        } else if (flight.first != VC_SLOT_NONE) {
            uint32_t packet = flight.first;
            for (uint32_t i = vc_prop_below(&prop, 4); i > 0; i--) {
                if (sent[packet].next != VC_SLOT_NONE)
                    packet = sent[packet].next;
            }
            if (vc_prop_below(&prop, 3) == 0)
                vc_segments_lost(&pools, streams, packet);
            else
                vc_segments_acked(&pools, &chunks, streams, packet);
            vc_flight_drop(&flight, &pools, packet);
        }
        for (int i = 0; i < VC_LINK_STREAM_COUNT; i++)
            assert_whole(&streams[i]);
    }
    assert_true(streams[0].base > 100000);
    vc_flight_deinit(&flight, &pools, &chunks, streams);
    assert_int_equal(flight.bytes, 0);
    assert_int_equal(pools.sent_pool.count, 0);
    assert_int_equal(pools.segment_pool.count, 0);
    assert_int_equal(chunks.pool.count, 0);
}

static void without_a_record_nothing_is_taken(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("without_a_record_nothing_is_taken");
    fill(&streams[0]);
    for (int i = 0; i < PACKETS; i++)
        assert_true(send(&prop) != VC_SLOT_NONE);
    assert_int_equal(send(&prop), VC_SLOT_NONE);
    vc_segments_lost(&pools, streams, flight.first);
    while (pools.segment_pool.count < 2 * PACKETS) {
        uint32_t slot;
        assert_int_equal(vc_pool_take(&pools.segment_pool, &slot), VC_OK);
    }
    static const uint8_t more[100] = {0};
    uint64_t next = streams[0].next;
    vc_send_stream_append(&streams[0], &chunks, VC_BYTES(more),
                          (struct vc_bytes){NULL, 0});
    assert_false(vc_segment_begin(&pools, &streams[0], 0, flight.first, 10));
    assert_int_equal(streams[0].next, next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_byte_is_in_one_place, begin),
        cmocka_unit_test_setup(without_a_record_nothing_is_taken, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
