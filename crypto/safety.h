/*
 * What two people compare to be sure of each other: digits to read aloud, and a code to
 * scan.  Both are the same on both sides, and both are about roots, so that a new device
 * changes neither.
 *
 * crypto/SPEC.md, "Safety number and code".
 */
#ifndef VC_CRYPTO_SAFETY_H
#define VC_CRYPTO_SAFETY_H

#include "crypto/identity.h"

#define VC_SAFETY_TEXT_MAX     72 /* 12 groups of 5 digits, blanks between, NUL */
#define VC_SAFETY_CODE_LEN     71 /* letters; a QR code of version 3 holds them */
#define VC_SAFETY_CODE_BYTES   36
#define VC_SAFETY_CODE_VERSION 1

/* The order of @a and @b does not matter, here and below. */
void vc_safety_number(const struct vc_key32 *a, const struct vc_key32 *b,
                      char ret_text[VC_SAFETY_TEXT_MAX]);

void vc_safety_code(const struct vc_fingerprint *a, const struct vc_fingerprint *b,
                    char ret_text[VC_SAFETY_CODE_LEN + 1]);

/*
 * Compares a code that was scanned from the other side with ours.  VC_ERR_MALFORMED: it is
 * no such code, or not all of it; VC_ERR_UNSUPPORTED: of a newer version;
 * VC_ERR_VERIFY_MISMATCH: it is whole and of two others.
 */
VC_NODISCARD vc_err vc_safety_compare(const char *text, const struct vc_fingerprint *a,
                                      const struct vc_fingerprint *b);

#endif
