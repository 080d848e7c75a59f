#include "node/link/chunks.h"

#include <string.h>

uint32_t vc_chunk_take(struct vc_chunks *chunks)
{
    uint32_t chunk;
    vc_err err = vc_pool_take(&chunks->pool, &chunk);
    VC_CHECK(err == VC_OK);
    return chunk;
}

uint32_t vc_chunk_take_list(struct vc_chunks *chunks)
{
    uint32_t chunk = vc_chunk_take(chunks);
    memset(&chunks->chunks[chunk], 0, sizeof chunks->chunks[chunk]);
    return chunk;
}

void vc_chunk_give(struct vc_chunks *chunks, uint32_t chunk)
{
    vc_pool_give(&chunks->pool, chunk);
}

/* Bits @from..@until-1 of one word; 0 <= from < until <= 64. */
static uint64_t bits_between(uint32_t from, uint32_t until)
{
    uint64_t low = until == 64 ? UINT64_MAX : ((uint64_t)1 << until) - 1;
    return low & ~(((uint64_t)1 << from) - 1);
}

void vc_chunk_bits_set(struct vc_chunk_bits *bits, uint32_t from, uint32_t until)
{
    VC_CHECK(from <= until && until <= VC_LINK_CHUNK);
    while (from < until) {
        uint32_t word = from / 64;
        uint32_t end = until < (word + 1) * 64 ? until : (word + 1) * 64;
        bits->words[word] |= bits_between(from % 64, end - word * 64);
        from = end;
    }
}

uint32_t vc_chunk_bits_run(const struct vc_chunk_bits *bits, uint32_t from)
{
    VC_CHECK(from < VC_LINK_CHUNK);
    uint32_t at = from;
    while (at < VC_LINK_CHUNK) {
        uint64_t gaps = ~bits->words[at / 64] >> (at % 64);
        if (gaps != 0) {
            uint32_t run = (uint32_t)__builtin_ctzll(gaps);
            return at + run - from;
        }
        at = (at / 64 + 1) * 64;
    }
    return VC_LINK_CHUNK - from;
}
