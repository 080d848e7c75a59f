#include "crypto/base/cursor.h"

#include <string.h>

/* The largest number that a varint holds. */
#define VARINT_MAX ((UINT64_C(1) << 62) - 1)

/* Arithmetic on a null pointer is undefined, so that what is empty gets a place.  It has
 * no length for any cursor, so nothing is ever read or written there. */
static const uint8_t nowhere[1];

struct vc_reader vc_reader(struct vc_bytes bytes)
{
    VC_CHECK(bytes.data != NULL || bytes.len == 0);
    const uint8_t *at = bytes.data != NULL ? bytes.data : nowhere;

    return (struct vc_reader){.at = at, .end = at + bytes.len};
}

size_t vc_reader_left(const struct vc_reader *r)
{
    return r->is_failed ? 0 : (size_t)(r->end - r->at);
}

void vc_reader_fail(struct vc_reader *r)
{
    r->is_failed = true;
}

vc_err vc_reader_end(const struct vc_reader *r)
{
    return r->is_failed || r->at != r->end ? VC_ERR_MALFORMED : VC_OK;
}

/* Gives the place of the next @len bytes and steps over them; NULL when they are not
 * there.  Every read goes through here. */
static const uint8_t *take(struct vc_reader *r, size_t len)
{
    const uint8_t *at = r->at;

    if (r->is_failed || len > (size_t)(r->end - at)) {
        r->is_failed = true;
        return NULL;
    }
    r->at = at + len;
    return at;
}

static uint64_t read_little(struct vc_reader *r, size_t len)
{
    const uint8_t *at = take(r, len);
    uint64_t value = 0;

    if (at == NULL) {
        return 0;
    }
    for (size_t i = len; i > 0; i--) {
        value = value << 8 | at[i - 1];
    }
    return value;
}

static uint64_t read_big(struct vc_reader *r, size_t len)
{
    const uint8_t *at = take(r, len);
    uint64_t value = 0;

    if (at == NULL) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

uint8_t vc_read_u8(struct vc_reader *r)
{
    const uint8_t *at = take(r, 1);

    return at != NULL ? *at : 0;
}

uint16_t vc_read_u16(struct vc_reader *r)
{
    return (uint16_t)read_little(r, 2);
}

uint32_t vc_read_u32(struct vc_reader *r)
{
    return (uint32_t)read_little(r, 4);
}

uint64_t vc_read_u64(struct vc_reader *r)
{
    return read_little(r, 8);
}

uint32_t vc_read_be32(struct vc_reader *r)
{
    return (uint32_t)read_big(r, 4);
}

uint64_t vc_read_be64(struct vc_reader *r)
{
    return read_big(r, 8);
}

uint64_t vc_read_varint(struct vc_reader *r)
{
    /* By the first two bits, which say the length: what the other bits hold. */
    static const uint64_t masks[4] = {0x3f, 0x3fff, 0x3fffffff, VARINT_MAX};

    if (vc_reader_left(r) == 0) {
        r->is_failed = true;
        return 0;
    }
    unsigned code = *r->at >> 6;
    size_t len = (size_t)1 << code;
    uint64_t value = read_big(r, len) & masks[code];

    if (!r->is_failed && vc_varint_len(value) != len) {
        r->is_failed = true;
    }
    return r->is_failed ? 0 : value;
}

void vc_read_copy(struct vc_reader *r, void *ret_bytes, size_t len)
{
    const uint8_t *at = take(r, len);

    if (len == 0) {
        return;
    }
    if (at != NULL) {
        memcpy(ret_bytes, at, len);
    } else {
        memset(ret_bytes, 0, len);
    }
}

struct vc_bytes vc_read_bytes(struct vc_reader *r, size_t len)
{
    const uint8_t *at = take(r, len);

    return (struct vc_bytes){at, at != NULL ? len : 0};
}

struct vc_bytes vc_read_rest(struct vc_reader *r)
{
    return vc_read_bytes(r, vc_reader_left(r));
}

struct vc_writer vc_writer(uint8_t *room, size_t len)
{
    VC_CHECK(room != NULL || len == 0);
    uint8_t *at = room != NULL ? room : (uint8_t *)nowhere;

    return (struct vc_writer){.start = at, .at = at, .end = at + len};
}

size_t vc_writer_left(const struct vc_writer *w)
{
    return w->is_failed ? 0 : (size_t)(w->end - w->at);
}

struct vc_bytes vc_writer_bytes(const struct vc_writer *w)
{
    return (struct vc_bytes){w->start, (size_t)(w->at - w->start)};
}

vc_err vc_writer_end(const struct vc_writer *w)
{
    return w->is_failed ? VC_ERR_FULL : VC_OK;
}

/* Gives room for the next @len bytes; NULL when there is not so much left. */
static uint8_t *make_room(struct vc_writer *w, size_t len)
{
    uint8_t *at = w->at;

    if (w->is_failed || len > (size_t)(w->end - at)) {
        w->is_failed = true;
        return NULL;
    }
    w->at = at + len;
    return at;
}

static void write_little(struct vc_writer *w, uint64_t value, size_t len)
{
    uint8_t *at = make_room(w, len);

    if (at == NULL) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static void write_big(struct vc_writer *w, uint64_t value, size_t len)
{
    uint8_t *at = make_room(w, len);

    if (at == NULL) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        at[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
    }
}

void vc_write_u8(struct vc_writer *w, uint8_t value)
{
    write_little(w, value, 1);
}

void vc_write_u16(struct vc_writer *w, uint16_t value)
{
    write_little(w, value, 2);
}

void vc_write_u32(struct vc_writer *w, uint32_t value)
{
    write_little(w, value, 4);
}

void vc_write_u64(struct vc_writer *w, uint64_t value)
{
    write_little(w, value, 8);
}

void vc_write_be32(struct vc_writer *w, uint32_t value)
{
    write_big(w, value, 4);
}

void vc_write_be64(struct vc_writer *w, uint64_t value)
{
    write_big(w, value, 8);
}

size_t vc_varint_len(uint64_t value)
{
    VC_CHECK(value <= VARINT_MAX);
    if (value < 1 << 6) {
        return 1;
    }
    if (value < 1 << 14) {
        return 2;
    }
    return value < 1 << 30 ? 4 : 8;
}

void vc_write_varint(struct vc_writer *w, uint64_t value)
{
    size_t len = vc_varint_len(value);
    /* The first two bits say the length: 0, 1, 2, 3 for 1, 2, 4, 8 bytes. */
    uint64_t code = len == 8 ? 3 : len / 2;

    write_big(w, value | code << (8 * len - 2), len);
}

void vc_write_bytes(struct vc_writer *w, struct vc_bytes bytes)
{
    vc_write_copy(w, bytes.data, bytes.len);
}

void vc_write_copy(struct vc_writer *w, const void *bytes, size_t len)
{
    uint8_t *at = make_room(w, len);

    if (at != NULL && len > 0) {
        memcpy(at, bytes, len);
    }
}
