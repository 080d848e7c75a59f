#include "node/control/control.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static void the_answer_fits_its_own_table(void **state)
{
    (void)state;
    char detail[256] = "";
    json_t *discover = vc_control_discover();

    assert_non_null(discover);
    if (!vc_control_result_fits(vc_control_method_find("rpc.discover"), discover,
                                detail, sizeof(detail)))
        fail_msg("%s", detail);
    json_decref(discover);
}

static void everything_is_in_it(void **state)
{
    (void)state;
    json_t *discover = vc_control_discover();
    size_t methods = 0, objects = 0, events = 0;

    while (vc_control_methods[methods].name != NULL)
        methods++;
    while (vc_control_objects[objects].name != NULL)
        objects++;
    while (vc_control_events[events].kind != NULL)
        events++;
    assert_int_equal(json_array_size(json_object_get(discover, "methods")), methods);
    assert_int_equal(json_array_size(json_object_get(discover, "objects")), objects);
    assert_int_equal(json_array_size(json_object_get(discover, "events")), events);
    assert_int_equal(json_array_size(json_object_get(discover, "errors")),
                     -VC_ERR_LAST);
    json_decref(discover);
}

static void every_error_has_words_a_hint_and_an_exit_code(void **state)
{
    (void)state;
    json_t *discover = vc_control_discover();
    json_t *error;
    size_t i;

    json_array_foreach(json_object_get(discover, "errors"), i, error)
    {
        assert_true(json_string_length(json_object_get(error, "message")) > 0);
        assert_true(json_string_length(json_object_get(error, "hint")) > 0);
        assert_in_range(json_integer_value(json_object_get(error, "exit_code")), 1, 8);
    }
    json_decref(discover);
}

static long allocations_left;

static void *failing_malloc(size_t len)
{
    return allocations_left-- > 0 ? malloc(len) : NULL;
}

static void every_failing_allocation_gives_nothing_and_leaks_nothing(void **state)
{
    (void)state;
    int failures = 0;

    json_set_alloc_funcs(failing_malloc, free);
    /* There are thousands: all of the first ones, then one in every fifty. */
    for (long n = 0;; n += n < 200 ? 1 : 50) {
        allocations_left = n;
        json_t *discover = vc_control_discover();
        bool is_whole = allocations_left >= 0;
        json_decref(discover);
        if (is_whole)
            break;
        assert_null(discover);
        failures++;
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(failures > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_fits_its_own_table),
        cmocka_unit_test(everything_is_in_it),
        cmocka_unit_test(every_error_has_words_a_hint_and_an_exit_code),
        cmocka_unit_test(every_failing_allocation_gives_nothing_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
