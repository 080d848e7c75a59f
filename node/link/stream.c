/* node/SPEC.md, "Link frames": STREAM, and objects in streams. */
#include "node/link/stream.h"

#include <string.h>

#include "crypto/base/cursor.h"
#include "node/link/link.h"

/* The window is shorter than what one list can name, so two blocks of it never share an
 * entry. */
_Static_assert(VC_LINK_WINDOW / VC_LINK_CHUNK + 2 <= VC_LINK_CHUNK_REFS,
               "one list names a whole window");
_Static_assert(VC_LINK_FIRST_CREDIT >= VC_LINK_OBJECT_MAX + VC_STREAM_PREFIX_MAX,
               "the longest object needs no WINDOW frame");
_Static_assert(VC_LINK_WINDOW / 2 >= VC_LINK_OBJECT_MAX + VC_STREAM_PREFIX_MAX,
               "half a window takes the longest object");

static uint64_t block_of(uint64_t offset)
{
    return offset / VC_LINK_CHUNK;
}

/* Blocks that the bytes [from, until) touch. */
static uint32_t blocks_between(uint64_t from, uint64_t until)
{
    return from == until ? 0 : (uint32_t)(block_of(until - 1) - block_of(from) + 1);
}

static uint32_t *ref_at(const struct vc_chunks *chunks, uint32_t list, uint64_t block)
{
    return &chunks->chunks[list].refs[block % VC_LINK_CHUNK_REFS];
}

static uint8_t *bytes_at(const struct vc_chunks *chunks, uint32_t list, uint64_t offset)
{
    uint32_t ref = *ref_at(chunks, list, block_of(offset));
    VC_CHECK(ref != 0);
    return chunks->chunks[ref - 1].bytes + offset % VC_LINK_CHUNK;
}

/* The bytes at @offset that lie in one chunk, at most @len. */
static size_t piece_at(uint64_t offset, uint64_t len)
{
    uint64_t left = VC_LINK_CHUNK - offset % VC_LINK_CHUNK;
    return (size_t)(len < left ? len : left);
}

static void give_block(struct vc_chunks *chunks, uint32_t list, uint64_t block)
{
    uint32_t *ref = ref_at(chunks, list, block);
    if (*ref == 0)
        return;
    vc_chunk_give(chunks, *ref - 1);
    *ref = 0;
}

void vc_send_stream_init(struct vc_send_stream *stream)
{
    *stream = (struct vc_send_stream){.credit = VC_LINK_FIRST_CREDIT,
                                      .list = VC_SLOT_NONE,
                                      .first_segment = VC_SLOT_NONE,
                                      .last_segment = VC_SLOT_NONE,
                                      .first_lost = VC_SLOT_NONE,
                                      .last_lost = VC_SLOT_NONE};
}

uint32_t vc_send_stream_held(const struct vc_send_stream *stream)
{
    return stream->list == VC_SLOT_NONE ? 0
                                        : blocks_between(stream->base, stream->end) + 1;
}

uint32_t vc_send_stream_need(const struct vc_send_stream *stream, uint64_t len)
{
    uint32_t after = blocks_between(stream->base, stream->end + len) + 1;
    return after - vc_send_stream_held(stream);
}

uint64_t vc_send_stream_room(const struct vc_send_stream *stream)
{
    return VC_LINK_WINDOW - (stream->end - stream->base);
}

static void append(struct vc_send_stream *stream, struct vc_chunks *chunks,
                   struct vc_bytes bytes)
{
    size_t done = 0;
    while (done < bytes.len) {
        uint32_t *ref = ref_at(chunks, stream->list, block_of(stream->end));
        if (*ref == 0)
            *ref = vc_chunk_take(chunks) + 1;
        size_t piece = piece_at(stream->end, bytes.len - done);
        memcpy(bytes_at(chunks, stream->list, stream->end), bytes.data + done, piece);
        stream->end += piece;
        done += piece;
    }
}

void vc_send_stream_append(struct vc_send_stream *stream, struct vc_chunks *chunks,
                           struct vc_bytes head, struct vc_bytes body)
{
    uint8_t prefix[VC_STREAM_PREFIX_MAX];
    struct vc_writer w = vc_writer(prefix, sizeof prefix);
    vc_write_varint(&w, head.len + body.len);
    VC_CHECK(!w.is_failed);
    VC_CHECK(vc_writer_bytes(&w).len + head.len + body.len <=
             vc_send_stream_room(stream));
    if (stream->list == VC_SLOT_NONE)
        stream->list = vc_chunk_take_list(chunks);
    append(stream, chunks, vc_writer_bytes(&w));
    append(stream, chunks, head);
    append(stream, chunks, body);
}

void vc_send_stream_copy(const struct vc_send_stream *stream,
                         const struct vc_chunks *chunks, uint64_t offset, size_t len,
                         uint8_t *ret_bytes)
{
    VC_CHECK(stream->base <= offset && offset + len <= stream->end);
    while (len > 0) {
        size_t piece = piece_at(offset, len);
        memcpy(ret_bytes, bytes_at(chunks, stream->list, offset), piece);
        ret_bytes += piece;
        offset += piece;
        len -= piece;
    }
}

void vc_send_stream_advance(struct vc_send_stream *stream, struct vc_chunks *chunks,
                            uint64_t base)
{
    VC_CHECK(stream->base <= base && base <= stream->end);
    uint64_t until = base == stream->end ? block_of(base) + 1 : block_of(base);
    if (stream->list != VC_SLOT_NONE) {
        for (uint64_t block = block_of(stream->base); block < until; block++)
            give_block(chunks, stream->list, block);
    }
    stream->base = base;
    if (base == stream->end && stream->list != VC_SLOT_NONE) {
        vc_chunk_give(chunks, stream->list);
        stream->list = VC_SLOT_NONE;
    }
}

void vc_send_stream_deinit(struct vc_send_stream *stream, struct vc_chunks *chunks)
{
    vc_send_stream_advance(stream, chunks, stream->end);
}

void vc_recv_stream_init(struct vc_recv_stream *stream)
{
    *stream =
        (struct vc_recv_stream){.limit = VC_LINK_FIRST_CREDIT, .list = VC_SLOT_NONE};
}

/* Leaves of [offset, offset + len) what is not known to be there. */
static bool clip(const struct vc_recv_stream *stream, uint64_t *offset, size_t *len)
{
    uint64_t end = *offset + *len;
    if (end <= stream->ready)
        return false;
    if (*offset < stream->ready)
        *offset = stream->ready;
    *len = (size_t)(end - *offset);
    return true;
}

uint32_t vc_recv_stream_need(const struct vc_recv_stream *stream,
                             const struct vc_chunks *chunks, uint64_t offset,
                             size_t len)
{
    if (!clip(stream, &offset, &len))
        return 0;
    if (stream->list == VC_SLOT_NONE)
        return blocks_between(offset, offset + len) + 1;
    uint32_t need = 0;
    for (uint64_t block = block_of(offset); block <= block_of(offset + len - 1);
         block++)
        need += *ref_at(chunks, stream->list, block) == 0;
    return need;
}

static uint32_t take_block(struct vc_recv_stream *stream, struct vc_chunks *chunks,
                           uint64_t block)
{
    uint32_t *ref = ref_at(chunks, stream->list, block);
    if (*ref == 0) {
        *ref = vc_chunk_take(chunks) + 1;
        memset(&chunks->bits[*ref - 1], 0, sizeof chunks->bits[*ref - 1]);
        stream->held++;
    }
    return *ref - 1;
}

/* Moves @ready over what had arrived before the gap in front of it was filled. */
static void close_gap(struct vc_recv_stream *stream, const struct vc_chunks *chunks)
{
    while (stream->ready < stream->highest) {
        uint32_t ref = *ref_at(chunks, stream->list, block_of(stream->ready));
        if (ref == 0)
            return;
        uint32_t from = (uint32_t)(stream->ready % VC_LINK_CHUNK);
        uint32_t run = vc_chunk_bits_run(&chunks->bits[ref - 1], from);
        stream->ready += run;
        if (from + run < VC_LINK_CHUNK)
            return;
    }
}

/* Reads the length in front of the object at @read, once enough of it is there. */
static void look_for_object(struct vc_recv_stream *stream,
                            const struct vc_chunks *chunks)
{
    if (stream->object_end != 0 || stream->read == stream->ready || stream->is_broken)
        return;
    uint8_t first = *bytes_at(chunks, stream->list, stream->read);
    size_t prefix_len = (size_t)1 << (first >> 6);
    if (prefix_len > VC_STREAM_PREFIX_MAX) {
        stream->is_broken = true;
        return;
    }
    if (stream->ready - stream->read < prefix_len)
        return;
    uint8_t prefix[VC_STREAM_PREFIX_MAX];
    for (size_t i = 0; i < prefix_len; i++)
        prefix[i] = *bytes_at(chunks, stream->list, stream->read + i);
    struct vc_reader r = vc_reader((struct vc_bytes){prefix, prefix_len});
    uint64_t len = vc_read_varint(&r);
    if (vc_reader_end(&r) != VC_OK || len == 0 || len > VC_LINK_OBJECT_MAX) {
        stream->is_broken = true;
        return;
    }
    stream->object_len = (uint32_t)len;
    stream->object_end = stream->read + prefix_len + len;
}

void vc_recv_stream_write(struct vc_recv_stream *stream, struct vc_chunks *chunks,
                          uint64_t offset, struct vc_bytes bytes)
{
    size_t len = bytes.len;
    uint64_t from = offset;
    VC_CHECK(offset + len <= stream->limit);
    if (!clip(stream, &from, &len))
        return;
    const uint8_t *data = bytes.data + (from - offset);
    if (stream->list == VC_SLOT_NONE) {
        stream->list = vc_chunk_take_list(chunks);
        stream->held = 1;
    }
    bool is_next = from == stream->ready;
    uint64_t at = from;
    while (at < from + len) {
        uint32_t chunk = take_block(stream, chunks, block_of(at));
        uint32_t start = (uint32_t)(at % VC_LINK_CHUNK);
        size_t piece = piece_at(at, from + len - at);
        memcpy(chunks->chunks[chunk].bytes + start, data + (at - from), piece);
        if (!is_next)
            vc_chunk_bits_set(&chunks->bits[chunk], start, start + (uint32_t)piece);
        at += piece;
    }
    if (is_next)
        stream->ready = at;
    if (at > stream->highest)
        stream->highest = at;
    if (is_next) {
        close_gap(stream, chunks);
        look_for_object(stream, chunks);
    }
}

/* Gives back what was read: the blocks below @read, or all when nothing is left. */
static void release_read(struct vc_recv_stream *stream, struct vc_chunks *chunks,
                         uint64_t from)
{
    bool is_empty = stream->read == stream->highest;
    uint64_t until = is_empty ? block_of(stream->read) + 1 : block_of(stream->read);
    for (uint64_t block = block_of(from); block < until; block++) {
        stream->held -= *ref_at(chunks, stream->list, block) != 0;
        give_block(chunks, stream->list, block);
    }
    if (!is_empty)
        return;
    VC_CHECK(stream->held == 1);
    vc_chunk_give(chunks, stream->list);
    stream->list = VC_SLOT_NONE;
    stream->held = 0;
}

struct vc_bytes vc_recv_stream_read(struct vc_recv_stream *stream,
                                    struct vc_chunks *chunks, uint8_t *room)
{
    VC_CHECK(vc_recv_stream_has_object(stream));
    uint64_t from = stream->read;
    uint64_t at = stream->object_end - stream->object_len;
    size_t len = stream->object_len;
    struct vc_bytes object = {bytes_at(chunks, stream->list, at), len};
    if (piece_at(at, len) < len) {
        for (size_t done = 0; done < len;) {
            size_t piece = piece_at(at + done, len - done);
            memcpy(room + done, bytes_at(chunks, stream->list, at + done), piece);
            done += piece;
        }
        object.data = room;
    }
    stream->read = stream->object_end;
    stream->object_end = 0;
    look_for_object(stream, chunks);
    release_read(stream, chunks, from);
    return object;
}

void vc_recv_stream_deinit(struct vc_recv_stream *stream, struct vc_chunks *chunks)
{
    if (stream->list == VC_SLOT_NONE)
        return;
    uint64_t from = stream->read;
    stream->read = stream->ready = stream->highest;
    release_read(stream, chunks, from);
}
