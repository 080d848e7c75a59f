/* Two machines meet, talk and part. */
#include "tests/support/test.h"

#include <string.h>

#include "tests/support/link_world.h"

/* What one node was told. */
struct told {
    uint32_t ups, downs, objects, writables, moves;
    vc_err reason;
    struct vc_link_output up;
    uint8_t last[VC_LINK_OBJECT_MAX];
    size_t last_len;
    uint64_t next_number; /* of objects that begin with their number */
    bool is_out_of_order;
};

static struct told told[LINK_WORLD_NODES_MAX];
static struct link_world world;

static void on_output(struct link_world *w, struct link_node *node,
                      const struct vc_link_output *output)
{
    struct told *t = &told[node->index];
    (void)w;
    switch (output->kind) {
    case VC_LINK_UP:
        t->ups++;
        t->up = *output;
        break;
    case VC_LINK_DOWN:
        t->downs++;
        t->reason = output->reason;
        break;
    case VC_LINK_OBJECT:
        t->objects++;
        t->last_len = output->bytes.len;
        memcpy(t->last, output->bytes.data, output->bytes.len);
        break;
    case VC_LINK_WRITABLE:
        t->writables++;
        break;
    case VC_LINK_MOVED:
        t->moves++;
        break;
    case VC_LINK_DATAGRAM:
        fail();
    }
}

static int set_up(void **state)
{
    (void)state;
    memset(told, 0, sizeof told);
    link_world_init(&world, 1);
    world.on_output = on_output;
    struct link_node *a = link_world_add(&world, NULL);
    struct link_node *b = link_world_add(&world, NULL);
    link_world_introduce(a, b);
    link_world_introduce(b, a);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    link_world_free(&world);
    return 0;
}

static void connect_both(void)
{
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_world_run(&world, world.now + 200);
    assert_int_equal(told[0].ups, 1);
    assert_int_equal(told[1].ups, 1);
}

static vc_err say(uint32_t from, uint32_t to, enum vc_link_stream stream,
                  const void *bytes, size_t len)
{
    struct vc_bytes body = {bytes, len};
    return vc_link_send(world.nodes[from].link, world.now, to, stream,
                        (struct vc_bytes){NULL, 0}, body);
}

static void a_contact_is_connected_and_both_are_told(void **state)
{
    (void)state;
    connect_both();
    assert_memory_equal(told[0].up.dev_dh.b, world.nodes[1].dev_dh_public.b, 32);
    assert_memory_equal(told[1].up.dev_dh.b, world.nodes[0].dev_dh_public.b, 32);
    assert_true(vc_addr_equal(&told[1].up.addr, &world.nodes[0].addr));
    struct vc_link_state s;
    assert_true(vc_link_state(world.nodes[0].link, 1, &s));
    assert_true(s.is_initiator);
}

static void an_object_arrives_as_it_was_sent(void **state)
{
    (void)state;
    connect_both();
    assert_int_equal(say(0, 1, VC_LINK_CHAT, "hello", 5), VC_OK);
    link_world_run(&world, world.now + 100);
    assert_int_equal(told[1].objects, 1);
    assert_int_equal(told[1].last_len, 5);
    assert_memory_equal(told[1].last, "hello", 5);
}

static void the_longest_object_arrives(void **state)
{
    (void)state;
    static uint8_t big[VC_LINK_OBJECT_MAX];
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 7 + i / 256);
    connect_both();
    assert_int_equal(say(1, 0, VC_LINK_CHAT, big, sizeof big), VC_OK);
    link_world_run(&world, world.now + 3000);
    assert_int_equal(told[0].objects, 1);
    assert_int_equal(told[0].last_len, sizeof big);
    assert_memory_equal(told[0].last, big, sizeof big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_contact_is_connected_and_both_are_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_object_arrives_as_it_was_sent, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_longest_object_arrives, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
