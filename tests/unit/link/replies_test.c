/* node/link/replies.c: answers that wait to be taken out. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

static void replies_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct vc_link *link = world.nodes[0].link;
    uint8_t bytes[VC_PACKET_MAX];
    struct vc_addr to;
    struct vc_bytes got;
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 1; i <= 20; i++) {
            struct vc_addr addr = link_world_addr(i, (uint16_t)(i + 1));
            memset(bytes, (int)i, sizeof bytes);
            vc_replies_push(link, &addr, (struct vc_bytes){bytes, 10 * i});
        }
        for (uint32_t i = 1; i <= 20; i++) {
            assert_true(vc_replies_pop(link, &to, &got));
            assert_int_equal(got.len, 10 * i);
            assert_int_equal(got.data[got.len - 1], i);
            assert_int_equal(to.port, i + 1);
        }
        assert_false(vc_replies_pop(link, &to, &got));
    }
}

static void what_finds_no_room_is_dropped_and_counted(void **state)
{
    (void)state;
    struct vc_link *link = world.nodes[0].link;
    uint8_t bytes[VC_PACKET_MAX] = {0};
    struct vc_addr addr = link_world_addr(1, 1), to;
    struct vc_bytes got;
    uint32_t pushed = 0, popped = 0;
    while (link->stats.dropped_full == 0) {
        vc_replies_push(link, &addr, VC_BYTES(bytes));
        pushed++;
    }
    while (vc_replies_pop(link, &to, &got))
        popped++;
    assert_int_equal(popped, pushed - 1);
    assert_true((size_t)popped * VC_PACKET_MAX > VC_LINK_REPLIES_BYTES * 9 / 10);
    vc_replies_push(link, &addr, VC_BYTES(bytes));
    assert_true(vc_replies_pop(link, &to, &got));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, link_duo_begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(replies_come_out_as_they_went_in),
        TEST(what_finds_no_room_is_dropped_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
