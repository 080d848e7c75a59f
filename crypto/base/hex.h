/*
 * Bytes as hexadecimal digits: keys in control messages, logs and tests.
 */
#ifndef VC_CRYPTO_BASE_HEX_H
#define VC_CRYPTO_BASE_HEX_H

#include "crypto/base/base.h"
#include "crypto/base/err.h"

/* The room that @byte_count bytes need, with the final NUL. */
#define VC_HEX_ROOM(byte_count) (2 * (byte_count) + 1)

/* Lower case; @ret_text has VC_HEX_ROOM(bytes.len). */
void vc_hex_encode(struct vc_bytes bytes, char *ret_text);

/* Reads exactly @len bytes, in either case, and nothing else: VC_ERR_MALFORMED. */
VC_NODISCARD vc_err vc_hex_decode(const char *text, uint8_t *ret_bytes, size_t len);

#endif
