/*
 * Base32 of RFC 4648: upper case, no padding, one text for each value.
 */
#ifndef VC_CRYPTO_BASE_BASE32_H
#define VC_CRYPTO_BASE_BASE32_H

#include "crypto/base/base.h"
#include "crypto/base/err.h"

/* The letters that @byte_count bytes become, without a NUL. */
#define VC_BASE32_LEN(byte_count) ((8 * (byte_count) + 4) / 5)

/* The value 0..31 of a letter of the alphabet, -1 for everything else (lower case too). */
int vc_base32_value(char letter);

/* Writes VC_BASE32_LEN(bytes.len) letters and a NUL. */
void vc_base32_encode(struct vc_bytes bytes, char *ret_text);

/*
 * Reads the VC_BASE32_LEN(len) letters at @letters, no NUL looked for, into @len bytes.
 * VC_ERR_MALFORMED for another character and for a bit behind the last byte that is set.
 */
VC_NODISCARD vc_err vc_base32_decode(const char *letters, uint8_t *ret_bytes, size_t len);

#endif
