/*
 * Bech32m (BIP-350): a name, "1", and values of 5 bits with six check letters that find
 * every single up to four wrong letters.
 */
#ifndef VC_CRYPTO_BASE_BECH32M_H
#define VC_CRYPTO_BASE_BECH32M_H

#include "crypto/base/base.h"
#include "crypto/base/err.h"

#define VC_BECH32M_TEXT_MAX   90 /* letters, by the standard */
#define VC_BECH32M_PREFIX_MAX 83
#define VC_BECH32M_VALUES_MAX (VC_BECH32M_TEXT_MAX - 8) /* without "1" and check letters */

/*
 * Writes prefix, "1", @bytes and check letters, lower case, with a NUL.  @prefix is lower
 * case; the text must fit into VC_BECH32M_TEXT_MAX and, with its NUL, into @room.
 */
void vc_bech32m_encode(const char *prefix, struct vc_bytes bytes, char *ret_text,
                       size_t room);

/*
 * Reads exactly @len bytes behind @prefix, all in lower or all in upper case.
 * VC_ERR_MALFORMED for everything else; bits behind the last byte must be zero.
 */
VC_NODISCARD vc_err vc_bech32m_decode(const char *text, const char *prefix,
                                      uint8_t *ret_bytes, size_t len);

/* What a text is made of, before any meaning. */
struct vc_bech32m {
    char prefix[VC_BECH32M_PREFIX_MAX + 1]; /* lower case */
    uint8_t values[VC_BECH32M_VALUES_MAX];  /* 0..31 each */
    size_t value_count;
};

/* Reads any text that the standard allows.  VC_ERR_MALFORMED. */
VC_NODISCARD vc_err vc_bech32m_split(const char *text, struct vc_bech32m *ret_parts);

#endif
