/*
 * The cursor: the only code that reads or writes foreign and stored bytes.
 *
 * Little-endian integers, explicit lengths, one encoding for each value.  Errors stick:
 * after the first read past the end every further read gives zeros, and
 * vc_reader_end() says VC_ERR_MALFORMED; so a decoder reads all its fields and checks
 * once.  A length that was read must be used through vc_read_bytes(), which checks it.
 */
#ifndef VC_CRYPTO_BASE_CURSOR_H
#define VC_CRYPTO_BASE_CURSOR_H

#include "crypto/base/base.h"
#include "crypto/base/err.h"

struct vc_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool is_failed;
};

struct vc_writer {
    uint8_t *start;
    uint8_t *at;
    uint8_t *end;
    bool is_failed;
};

struct vc_reader vc_reader(struct vc_bytes bytes);

uint8_t vc_read_u8(struct vc_reader *r);
uint16_t vc_read_u16(struct vc_reader *r);
uint32_t vc_read_u32(struct vc_reader *r);
uint64_t vc_read_u64(struct vc_reader *r);
/* Big-endian, for keys that sort by their bytes. */
uint32_t vc_read_be32(struct vc_reader *r);
uint64_t vc_read_be64(struct vc_reader *r);

/*
 * A variable-length number after RFC 9000 section 16 (1, 2, 4 or 8 bytes, at most
 * 2^62 - 1), in its shortest form only: a longer form is malformed.
 */
uint64_t vc_read_varint(struct vc_reader *r);

/* Copies @len bytes out; zeros when they are not there. */
void vc_read_copy(struct vc_reader *r, void *ret_bytes, size_t len);

/* The next @len bytes, borrowed from the input; empty when they are not there. */
struct vc_bytes vc_read_bytes(struct vc_reader *r, size_t len);

/* Everything that is left. */
struct vc_bytes vc_read_rest(struct vc_reader *r);

size_t vc_reader_left(const struct vc_reader *r);

/* Makes the reader fail: for a decoder that found a value which is not allowed. */
void vc_reader_fail(struct vc_reader *r);

/* VC_OK when everything was there and nothing is left over, else VC_ERR_MALFORMED. */
VC_NODISCARD vc_err vc_reader_end(const struct vc_reader *r);

struct vc_writer vc_writer(uint8_t *room, size_t len);

void vc_write_u8(struct vc_writer *w, uint8_t value);
void vc_write_u16(struct vc_writer *w, uint16_t value);
void vc_write_u32(struct vc_writer *w, uint32_t value);
void vc_write_u64(struct vc_writer *w, uint64_t value);
void vc_write_be32(struct vc_writer *w, uint32_t value);
void vc_write_be64(struct vc_writer *w, uint64_t value);
void vc_write_varint(struct vc_writer *w, uint64_t value);
void vc_write_bytes(struct vc_writer *w, struct vc_bytes bytes);
void vc_write_copy(struct vc_writer *w, const void *bytes, size_t len);

/* The bytes a number takes as a varint: 1, 2, 4 or 8. */
size_t vc_varint_len(uint64_t value);

size_t vc_writer_left(const struct vc_writer *w);

/* What has been written so far, borrowed from the room. */
struct vc_bytes vc_writer_bytes(const struct vc_writer *w);

/* VC_OK, or VC_ERR_FULL when the room was too small for what was written. */
VC_NODISCARD vc_err vc_writer_end(const struct vc_writer *w);

#endif
