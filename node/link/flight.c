#include "node/link/flight.h"

#include "node/link/link.h"

void vc_flight_init(struct vc_flight *flight)
{
    *flight = (struct vc_flight){.first = VC_SLOT_NONE, .last = VC_SLOT_NONE};
}

uint32_t vc_flight_push(struct vc_flight *flight, struct vc_flight_pools *pools)
{
    uint32_t slot;
    if (vc_pool_take(&pools->sent_pool, &slot) != VC_OK)
        return VC_SLOT_NONE;
    pools->sent[slot] = (struct vc_sent){
        .prev = flight->last, .next = VC_SLOT_NONE, .segments = VC_SLOT_NONE};
    if (flight->last == VC_SLOT_NONE)
        flight->first = slot;
    else
        pools->sent[flight->last].next = slot;
    flight->last = slot;
    flight->count++;
    return slot;
}

void vc_flight_drop(struct vc_flight *flight, struct vc_flight_pools *pools,
                    uint32_t sent)
{
    struct vc_sent *record = &pools->sent[sent];
    VC_CHECK(record->segments == VC_SLOT_NONE && flight->bytes >= record->size);
    if (record->prev == VC_SLOT_NONE)
        flight->first = record->next;
    else
        pools->sent[record->prev].next = record->next;
    if (record->next == VC_SLOT_NONE)
        flight->last = record->prev;
    else
        pools->sent[record->next].prev = record->prev;
    flight->count--;
    flight->bytes -= record->size;
    vc_pool_give(&pools->sent_pool, sent);
}

/* Puts @slot into the stream's list behind @prev (VC_SLOT_NONE: in front of all). */
static void link_behind(struct vc_flight_pools *pools, struct vc_send_stream *stream,
                        uint32_t slot, uint32_t prev)
{
    struct vc_segment *segments = pools->segments;
    uint32_t next = prev == VC_SLOT_NONE ? stream->first_segment : segments[prev].next;
    segments[slot].prev = prev;
    segments[slot].next = next;
    if (prev == VC_SLOT_NONE)
        stream->first_segment = slot;
    else
        segments[prev].next = slot;
    if (next == VC_SLOT_NONE)
        stream->last_segment = slot;
    else
        segments[next].prev = slot;
}

static void unlink(struct vc_flight_pools *pools, struct vc_send_stream *stream,
                   uint32_t slot)
{
    struct vc_segment *segments = pools->segments;
    uint32_t prev = segments[slot].prev, next = segments[slot].next;
    if (prev == VC_SLOT_NONE)
        stream->first_segment = next;
    else
        segments[prev].next = next;
    if (next == VC_SLOT_NONE)
        stream->last_segment = prev;
    else
        segments[next].prev = prev;
}

static void add_to_packet(struct vc_flight_pools *pools, uint32_t sent, uint32_t slot)
{
    pools->segments[slot].after = pools->sent[sent].segments;
    pools->sent[sent].segments = slot;
}

bool vc_segment_begin(struct vc_flight_pools *pools, struct vc_send_stream *stream,
                      uint8_t stream_id, uint32_t sent, size_t len)
{
    VC_CHECK(len > 0 && len <= VC_LINK_PLAIN_MAX && stream->next + len <= stream->end);
    uint32_t slot;
    if (vc_pool_take(&pools->segment_pool, &slot) != VC_OK)
        return false;
    pools->segments[slot] = (struct vc_segment){
        .offset = stream->next, .len = (uint16_t)len, .stream = stream_id};
    link_behind(pools, stream, slot, stream->last_segment);
    add_to_packet(pools, sent, slot);
    stream->next += len;
    return true;
}

bool vc_segment_repeat(struct vc_flight_pools *pools, struct vc_send_stream *stream,
                       uint32_t sent, size_t len)
{
    uint32_t slot = stream->first_lost;
    struct vc_segment *lost = &pools->segments[slot];
    VC_CHECK(len > 0 && len <= lost->len);
    if (len < lost->len) {
        uint32_t front;
        if (vc_pool_take(&pools->segment_pool, &front) != VC_OK)
            return false;
        pools->segments[front] = (struct vc_segment){
            .offset = lost->offset, .len = (uint16_t)len, .stream = lost->stream};
        link_behind(pools, stream, front, lost->prev);
        lost->offset += len;
        lost->len = (uint16_t)(lost->len - len);
        add_to_packet(pools, sent, front);
        return true;
    }
    stream->first_lost = lost->after;
    if (stream->first_lost == VC_SLOT_NONE)
        stream->last_lost = VC_SLOT_NONE;
    add_to_packet(pools, sent, slot);
    return true;
}

void vc_segments_acked(struct vc_flight_pools *pools, struct vc_chunks *chunks,
                       struct vc_send_stream *streams, uint32_t sent)
{
    uint32_t slot = pools->sent[sent].segments;
    while (slot != VC_SLOT_NONE) {
        const struct vc_segment *segment = &pools->segments[slot];
        struct vc_send_stream *stream = &streams[segment->stream];
        uint32_t after = segment->after;
        bool is_first = stream->first_segment == slot;
        unlink(pools, stream, slot);
        vc_pool_give(&pools->segment_pool, slot);
        if (is_first) {
            uint32_t first = stream->first_segment;
            vc_send_stream_advance(
                stream, chunks,
                first == VC_SLOT_NONE ? stream->next : pools->segments[first].offset);
        }
        slot = after;
    }
    pools->sent[sent].segments = VC_SLOT_NONE;
}

void vc_segments_lost(struct vc_flight_pools *pools, struct vc_send_stream *streams,
                      uint32_t sent)
{
    uint32_t slot = pools->sent[sent].segments;
    while (slot != VC_SLOT_NONE) {
        struct vc_segment *segment = &pools->segments[slot];
        struct vc_send_stream *stream = &streams[segment->stream];
        uint32_t after = segment->after;
        segment->after = VC_SLOT_NONE;
        if (stream->last_lost == VC_SLOT_NONE)
            stream->first_lost = slot;
        else
            pools->segments[stream->last_lost].after = slot;
        stream->last_lost = slot;
        slot = after;
    }
    pools->sent[sent].segments = VC_SLOT_NONE;
}

void vc_flight_deinit(struct vc_flight *flight, struct vc_flight_pools *pools,
                      struct vc_chunks *chunks, struct vc_send_stream *streams)
{
    while (flight->first != VC_SLOT_NONE) {
        vc_segments_lost(pools, streams, flight->first);
        vc_flight_drop(flight, pools, flight->first);
    }
    for (uint32_t i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        uint32_t slot = streams[i].first_segment;
        while (slot != VC_SLOT_NONE) {
            uint32_t next = pools->segments[slot].next;
            vc_pool_give(&pools->segment_pool, slot);
            slot = next;
        }
        vc_send_stream_deinit(&streams[i], chunks);
        vc_send_stream_init(&streams[i]);
    }
}
