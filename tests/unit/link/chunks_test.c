/* node/link/chunks.c */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/chunks.h"
#include "tests/support/check.h"
#include "tests/support/prop.h"

#define COUNT 4

static union vc_chunk room[COUNT];
static struct vc_chunk_bits bits[COUNT];
static uint32_t links[COUNT];

static struct vc_chunks begin(void)
{
    struct vc_chunks chunks = {.chunks = room, .bits = bits};
    vc_pool_init(&chunks.pool, links, COUNT);
    return chunks;
}

static void a_chunk_given_back_keeps_its_bytes_until_it_is_taken_again(void **state)
{
    (void)state;
    struct vc_chunks chunks = begin();
    uint32_t chunk = vc_chunk_take(&chunks);
    memset(room[chunk].bytes, 0x5a, sizeof room[chunk].bytes);
    vc_chunk_give(&chunks, chunk);
    assert_int_equal(room[chunk].bytes[77], 0x5a);
    assert_int_equal(vc_chunk_take_list(&chunks), chunk);
    assert_int_equal(room[chunk].bytes[77], 0);
}

static void more_than_there_are_is_the_callers_mistake(void **state)
{
    (void)state;
    struct vc_chunks chunks = begin();
    for (int i = 0; i < COUNT; i++)
        (void)vc_chunk_take(&chunks);
    assert_int_equal(vc_chunks_left(&chunks), 0);
    expect_assert_failure(vc_chunk_take(&chunks));
}

static void a_run_of_bits_is_what_was_marked(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("a_run_of_bits_is_what_was_marked");
    for (int round = 0; round < 2000; round++) {
        struct vc_chunk_bits marked = {{0}};
        bool model[VC_LINK_CHUNK + 1] = {false};
        for (int i = 0; i < 4; i++) {
            uint32_t from = vc_prop_below(&prop, VC_LINK_CHUNK);
            uint32_t until = from + vc_prop_below(&prop, VC_LINK_CHUNK - from + 1);
            vc_chunk_bits_set(&marked, from, until);
            memset(model + from, true, until - from);
        }
        for (int i = 0; i < 50; i++) {
            uint32_t from = vc_prop_below(&prop, VC_LINK_CHUNK), run = 0;
            while (model[from + run])
                run++;
            assert_int_equal(vc_chunk_bits_run(&marked, from), run);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chunk_given_back_keeps_its_bytes_until_it_is_taken_again),
        cmocka_unit_test(more_than_there_are_is_the_callers_mistake),
        cmocka_unit_test(a_run_of_bits_is_what_was_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
