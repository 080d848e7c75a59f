/*
 * CRC-24 as OpenPGP has it (RFC 9580, section 6.1.1): polynomial 0x864cfb, initial value
 * 0xb704ce, most significant bit first, nothing turned round or inverted.
 *
 * Finds every burst of errors of up to 24 bits for certain.  Against accidents only:
 * anybody can make the right one.
 */
#ifndef VC_CRYPTO_BASE_CRC24_H
#define VC_CRYPTO_BASE_CRC24_H

#include "crypto/base/base.h"

#define VC_CRC24_POLYNOMIAL 0x864cfbu
#define VC_CRC24_INITIAL    0xb704ceu

/* 24 bits. */
uint32_t vc_crc24(struct vc_bytes bytes);

#endif
