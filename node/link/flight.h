/*
 * What is under way: the packets sent and not yet acknowledged or given up, and the
 * pieces of streams in them.
 *
 * Every byte of a stream that was sent and is not acknowledged is in exactly one segment;
 * a segment is in exactly one packet, or in its stream's queue of lost ones.  So the
 * lowest byte not acknowledged is always where the stream's first segment begins.
 *
 * Only packets that want an answer are remembered.  The records are shared by all
 * sessions.
 */
#ifndef VC_NODE_LINK_FLIGHT_H
#define VC_NODE_LINK_FLIGHT_H

#include "node/link/stream.h"

struct vc_segment {
    uint64_t offset;
    uint32_t prev, next; /* neighbours in the stream */
    uint32_t after;      /* the next one in the same packet, or in the queue */
    uint16_t len;
    uint8_t stream;
};

struct vc_sent {
    uint64_t number;
    uint64_t told; /* 1 + the highest number of which its ACK frame spoke; 0: none */
    vc_ms sent_at;
    uint32_t prev, next;
    uint32_t segments; /* the first, or VC_SLOT_NONE */
    uint16_t size;     /* bytes of the datagram */
    uint8_t windows;   /* bit by stream: it had a WINDOW frame */
    bool is_limited;   /* the congestion window was full when it was sent */
    bool is_elsewhere; /* it did not go to the address that is to be proved */
};

struct vc_flight_pools {
    struct vc_pool sent_pool, segment_pool;
    struct vc_sent *sent;
    struct vc_segment *segments;
};

/* The packets of one session, by rising number. */
struct vc_flight {
    uint32_t first, last;
    uint32_t count;
    uint64_t bytes;
};

void vc_flight_init(struct vc_flight *flight);

/* A new record at the end; VC_SLOT_NONE when there is none left. */
uint32_t vc_flight_push(struct vc_flight *flight, struct vc_flight_pools *pools);
/* Forgets a record, whose segments have gone elsewhere. */
void vc_flight_drop(struct vc_flight *flight, struct vc_flight_pools *pools,
                    uint32_t sent);

/* Puts the next @len bytes that were never sent into packet @sent.  false: no record. */
VC_NODISCARD bool vc_segment_begin(struct vc_flight_pools *pools,
                                   struct vc_send_stream *stream, uint8_t stream_id,
                                   uint32_t sent, size_t len);
/* Puts the first lost segment into packet @sent, but only its first @len bytes.  false:
 * it would have to be cut, and there is no record. */
VC_NODISCARD bool vc_segment_repeat(struct vc_flight_pools *pools,
                                    struct vc_send_stream *stream, uint32_t sent,
                                    size_t len);

/* Packet @sent arrived: its segments are done with.  @streams: by stream id. */
void vc_segments_acked(struct vc_flight_pools *pools, struct vc_chunks *chunks,
                       struct vc_send_stream *streams, uint32_t sent);
/* It did not: they wait to be sent again. */
void vc_segments_lost(struct vc_flight_pools *pools, struct vc_send_stream *streams,
                      uint32_t sent);

/* The session ends: gives back all that it holds. */
void vc_flight_deinit(struct vc_flight *flight, struct vc_flight_pools *pools,
                      struct vc_chunks *chunks, struct vc_send_stream *streams);

#endif
