/*
 * VC_CHECK as something that a test can demand: expect_assert_failure(call).
 */
#ifndef VC_TESTS_UNIT_CRYPTO_CHECKS_H
#define VC_TESTS_UNIT_CRYPTO_CHECKS_H

#include <stdlib.h>

#include "crypto/base/base.h"
#include "crypto/base/err.h"
#include "tests/support/test.h"

void vc_check_failed(const char *condition, const char *file, int line)
{
    mock_assert(0, condition, file, line);
    abort();
}

/* For a call whose result nobody gets to see, because it fails its check. */
static inline void ignore_err(vc_err err)
{
    (void)err;
}

#endif
