/* node/link/telling.c: the order in which the caller is told things. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

static void up_comes_before_the_first_object(void **state)
{
    (void)state;
    link_duo_connect();
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "x", 5), VC_OK);
    link_duo_wait(100);
    assert_int_equal(told[0].order[0], VC_LINK_UP);
    assert_int_equal(told[0].order[1], VC_LINK_OBJECT);
}

static void what_came_before_a_close_is_told_before_down(void **state)
{
    (void)state;
    link_duo_connect();
    struct vc_link *link = world.nodes[1].link;
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "last words", 10), VC_OK);
    link_world_drain(&world.nodes[1]);
    vc_link_close(link, world.now, 0);
    /* Both datagrams come before node 0 is asked. */
    struct link_node *node = &world.nodes[0];
    link_world_drain(&world.nodes[1]);
    assert_int_equal(world.heap_len, 2);
    for (uint32_t i = 0; i < 2; i++)
        vc_link_recv(node->link, world.now, &world.heap[i].from,
                     (struct vc_bytes){world.heap[i].bytes, world.heap[i].len});
    link_world_drain(node);
    assert_int_equal(told[0].count, 3);
    assert_int_equal(told[0].order[1], VC_LINK_OBJECT);
    assert_int_equal(told[0].order[2], VC_LINK_DOWN);
    assert_int_equal(node->link->session_pool.count, 0);
    assert_int_equal(node->link->chunks.pool.count, 0);
}

static void control_objects_are_told_first(void **state)
{
    (void)state;
    link_duo_connect();
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "chat", 10), VC_OK);
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CONTROL, "ctrl", 10), VC_OK);
    link_duo_wait(100);
    assert_int_equal(told[0].objects, 2);
    assert_memory_equal(told[0].last, "chat", 4);
}

static void a_session_that_came_and_went_unseen_is_not_told(void **state)
{
    (void)state;
    link_duo_connect();
    struct vc_link *link = world.nodes[1].link;
    uint32_t place = vc_peers_find(link, 0);
    struct vc_session *s = link_duo_session(1, 0);
    s->is_told = false;
    vc_session_end(link, link->peers[place].session, VC_ERR_TIMEOUT);
    link_duo_wait(1);
    assert_int_equal(told[1].downs, 0);
    assert_int_equal(link->session_pool.count, 0);
}

static void who_wanted_it_hears_how_it_ended(void **state)
{
    (void)state;
    link_duo_connect();
    struct vc_link *link = world.nodes[0].link;
    uint32_t place = vc_peers_find(link, 1);
    link_duo_session(0, 1)->is_told = false;
    link_duo_session(0, 1)->keys.is_initiator = true;
    vc_session_end(link, link->peers[place].session, VC_ERR_REFUSED);
    link_duo_wait(1);
    assert_int_equal(told[0].downs, 1);
    assert_int_equal(told[0].reason, VC_ERR_REFUSED);
}

static void an_object_is_readable_until_the_next_call(void **state)
{
    (void)state;
    link_duo_connect();
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "one", 400), VC_OK);
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "two", 3000), VC_OK);
    link_world_drain(&world.nodes[1]);
    struct vc_link *link = world.nodes[0].link;
    for (uint32_t i = 0; i < world.heap_len; i++)
        vc_link_recv(link, world.now, &world.heap[i].from,
                     (struct vc_bytes){world.heap[i].bytes, world.heap[i].len});
    struct vc_link_output output;
    do {
        assert_true(vc_link_next(link, world.now, &output));
    } while (output.kind != VC_LINK_OBJECT);
    assert_int_equal(output.bytes.len, 400);
    assert_memory_equal(output.bytes.data, "one", 3);
    assert_int_equal(output.bytes.data[399], (uint8_t)(399 * 7 + 399 / 256));
    do {
        assert_true(vc_link_next(link, world.now, &output));
    } while (output.kind != VC_LINK_OBJECT);
    assert_int_equal(output.bytes.len, 3000);
    assert_int_equal(output.bytes.data[2999], (uint8_t)(2999 * 7 + 2999 / 256));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, link_duo_begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(up_comes_before_the_first_object),
        TEST(what_came_before_a_close_is_told_before_down),
        TEST(control_objects_are_told_first),
        TEST(a_session_that_came_and_went_unseen_is_not_told),
        TEST(who_wanted_it_hears_how_it_ended),
        TEST(an_object_is_readable_until_the_next_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
