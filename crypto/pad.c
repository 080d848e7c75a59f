/* crypto/SPEC.md, "Padding". */
#include "crypto/pad.h"

#include <string.h>

#define MARK 0x80

static unsigned floor_log2(size_t number)
{
    unsigned log = 0;

    while (number >>= 1) {
        log++;
    }
    return log;
}

size_t vc_pad_len(size_t len)
{
    size_t least = len + 1;
    unsigned exponent, kept;
    size_t mask;

    if (least <= VC_PAD_FLOOR) {
        return VC_PAD_FLOOR;
    }
    /* As many significant bits stay as it takes to write the exponent. */
    exponent = floor_log2(least);
    kept = floor_log2(exponent) + 1;
    mask = ((size_t)1 << (exponent - kept)) - 1;
    return (least + mask) & ~mask;
}

size_t vc_pad_fill(uint8_t *room, size_t len)
{
    size_t padded = vc_pad_len(len);

    room[len] = MARK;
    memset(room + len + 1, 0, padded - len - 1);
    return padded;
}

vc_err vc_pad_strip(struct vc_bytes padded, size_t *ret_len)
{
    size_t found = 0;
    uint8_t is_open = 0xff; /* until a byte that is not zero, from the end */
    uint8_t last = 0;

    for (size_t i = padded.len; i > 0; i--) {
        uint8_t byte = padded.data[i - 1];
        uint8_t is_set = (uint8_t)((byte | (uint8_t)-byte) >> 7); /* 1: not zero */
        uint8_t take = (uint8_t)(is_open & (uint8_t)-is_set);

        found |= (i - 1) & ((size_t)0 - (take & 1));
        last |= byte & take;
        is_open &= (uint8_t)~take;
    }
    if (is_open != 0 || last != MARK) {
        return VC_ERR_MALFORMED;
    }
    *ret_len = found;
    return VC_OK;
}
