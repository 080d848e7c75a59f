/* node/link/link.c: the door. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "node/link/machine.h"
#include "tests/support/check.h"
#include "tests/support/link_told.h"

static void a_config_out_of_its_limits_is_the_callers_mistake(void **state)
{
    (void)state;
    const struct vc_link_config good = world.nodes[0].cfg;
    struct vc_link_config bad[] = {good, good, good, good, good, good, good};
    bad[0].peers_max = 0;
    bad[1].peers_max = 65537;
    bad[2].half_open_max = 0;
    bad[3].chunk_count = VC_LINK_CHUNKS_MIN - 1;
    bad[4].packets_max = VC_LINK_PACKETS_MIN - 1;
    bad[5].network_id.len = 0;
    bad[6].network_id.len = VC_NETWORK_ID_MAX + 1;
    assert_true(vc_link_footprint(&good) > 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_assert_failure(vc_link_footprint(&bad[i]));
}

static void nothing_secret_is_left_when_it_ends(void **state)
{
    (void)state;
    link_duo_connect();
    struct link_node *node = &world.nodes[0];
    struct vc_session *s = link_duo_session(0, 1);
    uint8_t secrets[4][32];
    memcpy(secrets[0], s->keys.send.key.b, 32);
    memcpy(secrets[1], s->keys.recv.key.b, 32);
    memcpy(secrets[2], node->cfg.dev_dh.b, 32);
    memcpy(secrets[3], world.nodes[1].contacts.b, 32);
    vc_link_deinit(node->link);
    const uint8_t *bytes = node->mem;
    for (size_t i = 0; i + 32 <= node->mem_len; i++) {
        for (size_t j = 0; j < 4; j++) {
            if (bytes[i] == secrets[j][0])
                assert_memory_not_equal(bytes + i, secrets[j], 32);
        }
    }
    link_world_restart(node); /* for the end of the test */
}

static uint64_t trace;

static bool hash(struct link_world *w, struct link_node *from, const struct vc_addr *to,
                 struct vc_bytes bytes)
{
    (void)w, (void)from;
    trace = (trace ^ to->ip[3]) * 1099511628211u;
    for (size_t i = 0; i < bytes.len; i++)
        trace = (trace ^ bytes.data[i]) * 1099511628211u;
    return false;
}

static void equal_seeds_and_inputs_give_equal_outputs(void **state)
{
    uint64_t first = 0;
    for (int run = 0; run < 2; run++) {
        link_duo_end(state);
        link_duo_begin(state);
        world.filter = hash;
        world.loss = 100;
        trace = 7;
        assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
        link_duo_wait(3000);
        for (int i = 0; i < 50; i++) {
            (void)link_duo_say(0, 1, VC_LINK_CHAT, "x", 3000); /* full is fine */
            link_duo_wait(100);
        }
        link_duo_wait(200000);
        assert_true(run == 0 || trace == first);
        first = trace;
    }
    assert_true(world.datagrams > 100);
}

static void at_rest_nothing_is_due(void **state)
{
    (void)state;
    struct vc_link_output output;
    assert_int_equal(vc_link_due(world.nodes[0].link), VC_NEVER);
    vc_link_tick(world.nodes[0].link, world.now + 1000000);
    assert_false(vc_link_next(world.nodes[0].link, world.now, &output));
}

static void datagrams_of_no_length_or_from_nowhere_are_dropped(void **state)
{
    (void)state;
    uint8_t bytes[VC_PACKET_MAX + 1] = {0};
    struct vc_link *link = world.nodes[0].link;
    struct vc_addr nowhere = {.family = 0};
    for (size_t len = 0; len <= VC_PACKET_OVERHEAD; len++)
        vc_link_recv(link, world.now, &world.nodes[1].addr,
                     (struct vc_bytes){bytes, len});
    vc_link_recv(link, world.now, &world.nodes[1].addr, VC_BYTES(bytes));
    vc_link_recv(link, world.now, &nowhere, (struct vc_bytes){bytes, 150});
    assert_int_equal(link->stats.dropped_strange, VC_PACKET_OVERHEAD + 3);
}

/* Every datagram of two who meet and talk, changed in one place or cut, before the right
 * one comes: they still meet, and nothing else happens. */
static bool change(struct link_world *w, struct link_node *from,
                   const struct vc_addr *to, struct vc_bytes bytes)
{
    uint8_t copy[VC_PACKET_MAX];
    struct link_node *target = &w->nodes[1 - from->index];
    (void)to;
    for (size_t i = 0; i < bytes.len; i += 1 + bytes.len / 40) {
        memcpy(copy, bytes.data, bytes.len);
        copy[i] ^= (uint8_t)(1u << link_world_below(w, 8));
        vc_link_recv(target->link, w->now, &from->addr,
                     (struct vc_bytes){copy, bytes.len});
        vc_link_recv(target->link, w->now, &from->addr,
                     (struct vc_bytes){bytes.data, i});
    }
    return false;
}

static void changed_datagrams_change_nothing(void **state)
{
    (void)state;
    world.filter = change;
    link_duo_connect();
    for (int i = 0; i < 20; i++) {
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 2000), VC_OK);
        assert_int_equal(link_duo_say(1, 0, VC_LINK_CONTROL, "x", 20), VC_OK);
        link_duo_wait(100);
    }
    assert_int_equal(told[0].objects, 20);
    assert_int_equal(told[1].objects, 20);
    assert_int_equal(told[0].downs + told[1].downs, 0);
    assert_int_equal(told[0].ups + told[1].ups, 2);
}

static bool knew_all, knew_none;

static bool look_whether_known(struct link_world *w, struct link_node *from,
                               const struct vc_addr *to, struct vc_bytes bytes)
{
    bool is_known = vc_link_knows(w->nodes[1 - from->index].link, bytes);
    (void)to;
    knew_all &= is_known;
    knew_none &= !is_known;
    return false;
}

static void datagrams_of_sessions_are_known_and_no_others(void **state)
{
    (void)state;
    const uint8_t stranger[64] = {1, 2, 3};
    world.filter = look_whether_known;
    knew_none = true;
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_world_drain(&world.nodes[0]);
    assert_true(knew_none); /* the first of a handshake is for nobody yet */
    link_duo_wait(100);
    knew_all = true;
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 2000), VC_OK);
    link_duo_wait(100);
    assert_true(knew_all);
    assert_false(vc_link_knows(world.nodes[0].link, VC_BYTES(stranger)));
    assert_false(vc_link_knows(world.nodes[0].link, (struct vc_bytes){stranger, 7}));
    assert_false(vc_link_knows(world.nodes[0].link, (struct vc_bytes){stranger, 0}));
}

static void sessions_take_turns(void **state)
{
    (void)state;
    struct link_node *c = link_world_add(&world, NULL);
    link_world_introduce(&world.nodes[0], c);
    link_world_introduce(c, &world.nodes[0]);
    link_duo_connect();
    assert_int_equal(link_world_connect(&world.nodes[0], c), VC_OK);
    link_duo_wait(300);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 2000), VC_OK);
        assert_int_equal(link_duo_say(0, 2, VC_LINK_CHAT, "x", 2000), VC_OK);
    }
    struct vc_link_output output;
    uint8_t last = 0;
    uint32_t count = 0;
    while (vc_link_next(world.nodes[0].link, world.now, &output)) {
        assert_int_equal(output.kind, VC_LINK_DATAGRAM);
        if (count++ < 14)
            assert_int_not_equal(output.addr.ip[3], last);
        last = output.addr.ip[3];
    }
    assert_true(count >= 18);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, link_duo_begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_config_out_of_its_limits_is_the_callers_mistake),
        TEST(nothing_secret_is_left_when_it_ends),
        TEST(equal_seeds_and_inputs_give_equal_outputs),
        TEST(at_rest_nothing_is_due),
        TEST(datagrams_of_no_length_or_from_nowhere_are_dropped),
        TEST(changed_datagrams_change_nothing),
        TEST(datagrams_of_sessions_are_known_and_no_others),
        TEST(sessions_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
