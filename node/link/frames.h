/*
 * The frames inside a packet: their bytes and nothing else.
 *
 * node/SPEC.md, "Link frames".  A packet is read as a whole before anything in it counts,
 * so that half of a malformed one never does.
 */
#ifndef VC_NODE_LINK_FRAMES_H
#define VC_NODE_LINK_FRAMES_H

#include "crypto/base/cursor.h"
#include "node/link/limits.h"

enum vc_frame_type {
    VC_FRAME_PADDING, /* zeros up to the end of the packet */
    VC_FRAME_PING,
    VC_FRAME_ACK,
    VC_FRAME_STREAM,
    VC_FRAME_WINDOW,
    VC_FRAME_CLOSE
};

enum vc_close_reason {
    VC_CLOSE_ENDED,   /* the owner wants no session */
    VC_CLOSE_PROTOCOL /* the other side broke the rules of node/SPEC.md */
};

/* A row of packet numbers, both ends belong to it. */
struct vc_range {
    uint64_t first, last;
};

/* Rows of packet numbers, the highest first, with gaps between them. */
struct vc_ranges {
    uint32_t count;
    struct vc_range at[VC_LINK_RANGES_MAX];
};

struct vc_stream_frame {
    uint8_t stream;
    uint64_t offset;
    struct vc_bytes data; /* borrowed from the packet; not empty */
};

struct vc_window_frame {
    uint8_t stream;
    uint64_t limit;
};

/* What one packet says. */
struct vc_frames {
    bool has_ping, has_ack, has_close;
    bool is_eliciting; /* something besides ACK, CLOSE and PADDING: it wants an ACK */
    struct vc_ranges ack; /* at least one range when there is an ACK */
    uint64_t ack_delay_ms;
    uint8_t close_reason;
    uint32_t stream_count, window_count;
    struct vc_stream_frame streams[VC_LINK_FRAMES_MAX];
    struct vc_window_frame windows[VC_LINK_FRAMES_MAX];
};

/* VC_ERR_MALFORMED: drop the packet. */
VC_NODISCARD vc_err vc_frames_decode(struct vc_bytes plain,
                                     struct vc_frames *ret_frames);

void vc_frame_write_ping(struct vc_writer *w);
/* Writes as many ranges as fit, the highest first; at least one, or nothing. */
void vc_frame_write_ack(struct vc_writer *w, const struct vc_ranges *ranges,
                        uint64_t delay_ms);
void vc_frame_write_window(struct vc_writer *w, uint8_t stream, uint64_t limit);
void vc_frame_write_close(struct vc_writer *w, uint8_t reason);
/* The head of a STREAM frame; @len bytes of data must follow. */
void vc_frame_write_stream(struct vc_writer *w, uint8_t stream, uint64_t offset,
                           size_t len);
/* Bytes that the head takes. */
size_t vc_frame_stream_head_len(uint64_t offset, size_t len);

#endif
