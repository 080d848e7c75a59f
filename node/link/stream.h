/*
 * The two halves of a stream: bytes that wait to be sent or acknowledged, and bytes that
 * arrived and wait to be read.
 *
 * A stream is a row of bytes with offsets from 0; an object stands in it as its length (a
 * varint) and its bytes.  Offsets go on for as long as the session does, through changes
 * of keys.  A stream at rest holds no chunk: the first byte takes a list and a chunk, the
 * last acknowledged or read byte gives them back.
 *
 * node/SPEC.md, "Link frames".
 */
#ifndef VC_NODE_LINK_STREAM_H
#define VC_NODE_LINK_STREAM_H

#include "crypto/base/err.h"
#include "node/link/chunks.h"

/* The most that the length in front of an object takes. */
#define VC_STREAM_PREFIX_MAX 4

struct vc_send_stream {
    uint64_t base;   /* everything below is acknowledged */
    uint64_t next;   /* everything from here on was never sent */
    uint64_t end;    /* of what is buffered */
    uint64_t credit; /* the peer takes bytes below this offset */
    uint32_t list;   /* chunk that lists the others; VC_SLOT_NONE: none are held */
    /* The pieces sent and not acknowledged: all of them by offset, and those of them that
     * are lost and wait to be sent again, in the order of their loss (segments.h). */
    uint32_t first_segment, last_segment;
    uint32_t first_lost, last_lost;
};

void vc_send_stream_init(struct vc_send_stream *stream);

/* Chunks that appending @len bytes takes, lists included. */
uint32_t vc_send_stream_need(const struct vc_send_stream *stream, uint64_t len);
/* Chunks that it holds. */
uint32_t vc_send_stream_held(const struct vc_send_stream *stream);
/* Room in the window, in bytes. */
uint64_t vc_send_stream_room(const struct vc_send_stream *stream);

/* Appends one object; the caller has looked whether there are room and chunks. */
void vc_send_stream_append(struct vc_send_stream *stream, struct vc_chunks *chunks,
                           struct vc_bytes head, struct vc_bytes body);

/* Copies buffered bytes out. */
void vc_send_stream_copy(const struct vc_send_stream *stream,
                         const struct vc_chunks *chunks, uint64_t offset, size_t len,
                         uint8_t *ret_bytes);

/* Everything below @base is acknowledged: gives chunks back. */
void vc_send_stream_advance(struct vc_send_stream *stream, struct vc_chunks *chunks,
                            uint64_t base);

/* Gives everything back. */
void vc_send_stream_deinit(struct vc_send_stream *stream, struct vc_chunks *chunks);

struct vc_recv_stream {
    uint64_t read;       /* everything below was given to the owner */
    uint64_t ready;      /* everything below has arrived */
    uint64_t highest;    /* end of the farthest byte that has arrived */
    uint64_t limit;      /* the credit that the peer was told */
    uint64_t object_end; /* of the object at @read; 0: its length has not arrived */
    uint32_t object_len;
    uint32_t list;
    uint32_t held;  /* chunks, the list included */
    bool is_broken; /* an object with an impossible length: nothing more can be read */
};

void vc_recv_stream_init(struct vc_recv_stream *stream);

/* Chunks that storing these bytes takes. */
uint32_t vc_recv_stream_need(const struct vc_recv_stream *stream,
                             const struct vc_chunks *chunks, uint64_t offset,
                             size_t len);

/*
 * Stores bytes; those that are there already stay as they are.  The caller has looked
 * whether they are below the limit and whether there are chunks.
 */
void vc_recv_stream_write(struct vc_recv_stream *stream, struct vc_chunks *chunks,
                          uint64_t offset, struct vc_bytes bytes);

/* Is a whole object there to be read? */
static inline bool vc_recv_stream_has_object(const struct vc_recv_stream *stream)
{
    return stream->object_end != 0 && stream->ready >= stream->object_end;
}

/*
 * Takes the next whole object, which must be there.  It is borrowed from its chunk, or
 * copied to @room (VC_LINK_OBJECT_MAX bytes) when it lies in several; valid until a chunk
 * is taken.
 */
struct vc_bytes vc_recv_stream_read(struct vc_recv_stream *stream,
                                    struct vc_chunks *chunks, uint8_t *room);

void vc_recv_stream_deinit(struct vc_recv_stream *stream, struct vc_chunks *chunks);

#endif
