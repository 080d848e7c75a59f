/*
 * The self-test at start: known answers for every primitive in use, and a point that
 * libsodium before 1.0.18-1+deb12u1 wrongly accepts (CVE-2025-69277).  The version
 * string does not tell the two apart.
 */
#ifndef VC_CRYPTO_SELFTEST_H
#define VC_CRYPTO_SELFTEST_H

#include "crypto/base/err.h"

/* VC_ERR_SELFTEST when one answer is wrong.  About a millisecond. */
VC_NODISCARD vc_err vc_selftest(void);

#endif
