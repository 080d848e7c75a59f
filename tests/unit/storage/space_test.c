#include "tests/support/test.h"

#include "storage/space.h"
#include "tests/unit/storage/faults.h"

static void a_byte_too_few_is_a_full_disk(void **state)
{
    (void)state;
    fault_set_free_bytes(1000);
    assert_int_equal(vc_space_look("/tmp", 1000), VC_OK);
    assert_int_equal(vc_space_look("/tmp", 1001), VC_ERR_DISK_FULL);
    fault_set_free_bytes(0);
    assert_int_equal(vc_space_look("/tmp", 0), VC_OK);
    assert_int_equal(vc_space_look("/tmp", 1), VC_ERR_DISK_FULL);
    fault_set_free_bytes(UINT64_MAX);
}

static void where_nothing_is_told_nothing_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vc_space_look("/nonexistent/veche", UINT64_MAX), VC_OK);
    /* A file system that has no blocks at all. */
    assert_int_equal(vc_space_look("/proc", UINT64_MAX), VC_OK);
}

static void a_promise_wants_more_than_a_commit(void **state)
{
    (void)state;
    assert_true(VC_SPACE_PROMISE_BYTES >=
                VC_SPACE_COMMIT_BYTES + 2 * (uint64_t)VC_STORE_BATCH_BYTES);
    assert_true(VC_SPACE_PROMISE_BYTES < ((uint64_t)16 << 20) / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_too_few_is_a_full_disk),
        cmocka_unit_test(where_nothing_is_told_nothing_is_refused),
        cmocka_unit_test(a_promise_wants_more_than_a_commit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
