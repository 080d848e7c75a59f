/*
 * What every unit test includes first: cmocka wants these four headers before its own.
 */
#ifndef VC_TESTS_SUPPORT_TEST_H
#define VC_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
