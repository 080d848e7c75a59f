#include "tests/support/check.h"
#include "tests/unit/seal/host.h"

static void the_first_object_opens_with_a_one_time_prekey(void **state)
{
    struct host a, b;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    host_say(&a, &b, 1, "hello");
    assert_int_equal(host_state(&b).generation, 1);
    assert_int_equal(host_state(&b).reason, VC_SEAL_THEIRS);
    assert_int_equal(host_state(&a).reason, VC_SEAL_FIRST);
    host_say(&b, &a, 1, "and you");
    host_close_pair(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_object_opens_with_a_one_time_prekey),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
