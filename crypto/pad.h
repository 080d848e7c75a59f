/*
 * Padding, so that the length of what is sealed says little; crypto/SPEC.md, "Padding".
 *
 * Nearly all that people type becomes one length; above it the lengths are Padmé's (Nikitin et
 * al., PoPETs 2019), which add at most 12 % and leave O(log log n) bits to be learnt.
 */
#ifndef VC_CRYPTO_PAD_H
#define VC_CRYPTO_PAD_H

#include "crypto/base/cursor.h"

#define VC_PAD_FLOOR 192 /* bytes: nothing is shorter */

/* The length of @len bytes with their padding, of which there is at least one byte. */
size_t vc_pad_len(size_t len);

/* Pads the first @len bytes of @room, which has room for vc_pad_len(@len); gives the length. */
size_t vc_pad_fill(uint8_t *room, size_t len);

/* Finds how many of @padded's bytes stand before the padding.  VC_ERR_MALFORMED when there
 * is none.  In constant time for one length. */
VC_NODISCARD vc_err vc_pad_strip(struct vc_bytes padded, size_t *ret_len);

#endif
