/*
 * Lets a test demand that a VC_CHECK fires:
 *
 *     expect_assert_failure(vc_pool_give(&pool, 7));
 *
 * Include it in one source of a test program: it brings the program's vc_check_failed().
 */
#ifndef VC_TESTS_SUPPORT_CHECK_H
#define VC_TESTS_SUPPORT_CHECK_H

#include <stdlib.h>

#include "crypto/base/base.h"
#include "tests/support/test.h"

void vc_check_failed(const char *condition, const char *file, int line)
{
    mock_assert(0, condition, file, line);
    abort(); /* mock_assert() does not come back, but is not declared so */
}

#endif
