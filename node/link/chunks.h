/*
 * The pieces of 1 KiB that hold streams' bytes, shared by all sessions.
 *
 * A piece given back keeps its bytes until it is taken again, so what was borrowed out of
 * it stays readable until the next call that may take one.
 */
#ifndef VC_NODE_LINK_CHUNKS_H
#define VC_NODE_LINK_CHUNKS_H

#include "crypto/base/fifo.h"
#include "crypto/base/pool.h"
#include "node/link/limits.h"

union vc_chunk {
    uint8_t bytes[VC_LINK_CHUNK];
    uint32_t refs[VC_LINK_CHUNK_REFS]; /* a list of chunks: index + 1, 0: none */
};

/* Which bytes of a chunk have arrived: used only where a stream has gaps. */
struct vc_chunk_bits {
    uint64_t words[VC_LINK_CHUNK / 64];
};

struct vc_chunks {
    union vc_chunk *chunks;
    struct vc_chunk_bits *bits;
    struct vc_pool pool;
};

static inline uint32_t vc_chunks_left(const struct vc_chunks *chunks)
{
    return chunks->pool.capacity - chunks->pool.count;
}

/* Takes one; the caller has looked whether there is one. */
uint32_t vc_chunk_take(struct vc_chunks *chunks);
/* The same, as an empty list. */
uint32_t vc_chunk_take_list(struct vc_chunks *chunks);
void vc_chunk_give(struct vc_chunks *chunks, uint32_t chunk);

/* Bits [@from, @until) of a chunk: mark them, or count how many from @from on are set in
 * a row. */
void vc_chunk_bits_set(struct vc_chunk_bits *bits, uint32_t from, uint32_t until);
uint32_t vc_chunk_bits_run(const struct vc_chunk_bits *bits, uint32_t from);

#endif
