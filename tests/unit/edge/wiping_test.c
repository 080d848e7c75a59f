/* What JSON held is gone when its memory is given back. */
#include "node/edge/wiping.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

void __real_free(void *memory);
void __wrap_free(void *memory);

static const char *watched; /* a block of so many bytes, until it is given back */
static size_t watched_len;
static bool was_wiped;

void __wrap_free(void *memory)
{
    if (memory != NULL && memory == watched) {
        was_wiped = true;
        for (size_t i = 0; i < watched_len; i++) {
            was_wiped = was_wiped && watched[i] == 0;
        }
        watched = NULL;
    }
    __real_free(memory);
}

static void watch(const char *block, size_t len)
{
    watched = block;
    watched_len = len;
    was_wiped = false;
}

static void a_string_of_json_is_wiped(void **state)
{
    json_t *text;

    (void)state;
    vc_wiping_begin();
    text = json_string("abandon ability able about above absent absorb abstract");
    assert_non_null(text);
    watch(json_string_value(text), json_string_length(text));
    json_decref(text);
    assert_null(watched);
    assert_true(was_wiped);
    json_set_alloc_funcs(malloc, free);
}

static void a_block_that_grows_leaves_nothing_behind(void **state)
{
    char *small = vc_wiping_grow(NULL, 0, 8);
    char *large;

    (void)state;
    memcpy(small, "secret!", 8);
    watch(small, 8);
    large = vc_wiping_grow(small, 8, 64);
    assert_null(watched);
    assert_true(was_wiped);
    assert_string_equal(large, "secret!");
    watch(large, 64);
    vc_wiping_free(large);
    assert_true(was_wiped);
    vc_wiping_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_of_json_is_wiped),
        cmocka_unit_test(a_block_that_grows_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
