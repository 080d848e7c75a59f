#include <stdlib.h>
#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

#define SECOND (UINT64_C(1000))
#define MINUTE (60 * SECOND)
#define KIB    1024
#define MIB    (1024 * KIB)

static struct dht_desk desk;
static struct dht_world world;

static int tear_down(void **state)
{
    (void)state;
    if (desk.node != NULL) {
        dht_desk_end(&desk);
    }
    if (world.node_count > 0) {
        dht_world_free(&world);
    }
    return 0;
}

/* ---- memory ---- */

static size_t footprint(enum vc_dht_profile profile, bool has_ipv6)
{
    struct vc_dht_config cfg;

    vc_dht_config_init(&cfg, profile);
    cfg.has_ipv6 = has_ipv6;
    return vc_dht_footprint(&cfg);
}

static void what_the_profiles_take(void **state)
{
    (void)state;
    print_message("simulation %zu, client %zu and %zu, router %zu and %zu bytes\n",
                  footprint(VC_DHT_SIMULATION, false), footprint(VC_DHT_CLIENT, false),
                  footprint(VC_DHT_CLIENT, true), footprint(VC_DHT_ROUTER, false),
                  footprint(VC_DHT_ROUTER, true));
    assert_in_range(footprint(VC_DHT_SIMULATION, false), 1, 65536);
    assert_in_range(footprint(VC_DHT_CLIENT, false), 250 * KIB, 450 * KIB);
    assert_in_range(footprint(VC_DHT_ROUTER, false), 64 * MIB, 72 * MIB);
}

/* With every byte behind it taken: nothing is written there (the sanitizer looks). */
static void a_machine_stays_in_its_memory(void **state)
{
    (void)state;
    for (int families = 1; families < 4; families++) {
        struct vc_dht_config cfg;

        dht_world_config(&cfg);
        cfg.has_ipv4 = (families & 1) != 0;
        cfg.has_ipv6 = (families & 2) != 0;
        dht_world_init(&world, 71);
        dht_world_build(&world, 8, &cfg);
        for (uint32_t i = 0; i < 8; i++) {
            assert_true(dht_world_status(&world.nodes[i]).nodes >= 7);
        }
        dht_world_free(&world);
    }
}

static bool is_anywhere(const void *mem, size_t len, const void *secret,
                        size_t secret_len)
{
    return memmem(mem, len, secret, secret_len) != NULL;
}

/* No key of its own, nor any that it shared, is left. */
static void it_is_wiped(void **state)
{
    struct vc_secret32 secret, cookie_key, shared;
    struct vc_dht_config cfg;
    size_t len;
    void *mem;

    (void)state;
    dht_world_config(&cfg);
    len = vc_dht_footprint(&cfg);
    dht_desk_begin(&desk, &cfg, 6, false);
    dht_desk_meet(&desk);
    mem = desk.node->mem;
    secret = desk.node->dht->secret;
    cookie_key = desk.node->dht->cookie_key;
    assert_true(vc_dh(&shared, &secret, &desk.hands[0].key));
    assert_true(is_anywhere(mem, len, &secret, sizeof secret));
    assert_true(is_anywhere(mem, len, &shared, sizeof shared));
    vc_dht_deinit(desk.node->dht);
    assert_false(is_anywhere(mem, len, &secret, sizeof secret));
    assert_false(is_anywhere(mem, len, &cookie_key, sizeof cookie_key));
    assert_false(is_anywhere(mem, len, &shared, sizeof shared));
    free(mem);
    desk.node->dht = NULL;
}

/* ---- equal seeds ---- */

static uint64_t hash;

static bool take_down(struct dht_world *in, struct dht_node *from,
                      const struct vc_addr *to, struct vc_bytes bytes)
{
    uint8_t digest[8];

    vc_hash(digest, sizeof digest, "test", NULL, bytes);
    for (int i = 0; i < 8; i++) {
        hash = (hash ^ digest[i] ^ to->port ^ from->index ^ in->now) * 0x100000001b3u;
    }
    return false;
}

static uint64_t live(uint64_t seed)
{
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;

    hash = 0;
    dht_world_init(&world, seed);
    world.filter = take_down;
    dht_world_build(&world, 12, NULL);
    dht_world_record(&world, 1, 7, 24, record, &place);
    (void)dht_world_publish(&world.nodes[1], VC_BYTES(record));
    (void)dht_world_get(&world.nodes[7], &place);
    dht_world_run(&world, 90 * MINUTE);
    dht_world_free(&world);
    return hash;
}

static void equal_seeds_give_equal_outputs(void **state)
{
    uint64_t first = live(5);

    (void)state;
    assert_true(first != 0);
    assert_true(live(5) == first);
    assert_true(live(6) != first);
}

/* ---- whose datagram it is ---- */

static void garbage_gets_no_answer(void **state)
{
    struct vc_prop prop = vc_prop_begin("garbage");
    uint8_t bytes[VC_DHT_DATAGRAM_MAX + 100];
    uint64_t before;
    uint32_t taken = 0;

    (void)state;
    dht_desk_begin(&desk, NULL, 6, false);
    dht_desk_meet(&desk);
    before = desk.node->bytes_out;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        uint8_t exact[sizeof bytes];

        vc_prop_bytes(&prop, bytes, sizeof bytes);
        memcpy(exact, bytes, len);
        taken += dht_world_feed(desk.node, &desk.hands[len % 6].addr,
                                (struct vc_bytes){exact, len});
    }
    assert_int_equal(taken, 0); /* another machine may know them */
    assert_int_equal(desk.node->bytes_out, before);
}

static void only_addresses_that_can_be(void **state)
{
    const struct vc_dht_request find = {.type = VC_DHT_FIND};
    struct dht_datagram datagram;
    struct vc_addr addr;

    (void)state;
    dht_desk_begin(&desk, NULL, 6, false);
    dht_hand_ask(&desk.hands[1], &desk.node->dht->key, find, VC_DHT_FIND_BODY_MIN,
                 &datagram);
    addr = desk.hands[1].addr;
    addr.port = 0;
    assert_false(dht_world_feed(desk.node, &addr, dht_bytes(&datagram)));
    addr = vc_addr_ipv6((const uint8_t[16]){0x2a, 1}, 77);
    assert_false(dht_world_feed(desk.node, &addr, dht_bytes(&datagram)));
    assert_int_equal(desk.node->bytes_out, 0);
    assert_true(dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram)));
    assert_true(desk.node->bytes_out > 0);
}

/* Other networks have other masks and keys: they do not hear each other at all. */
static void networks_do_not_hear_each_other(void **state)
{
    static const uint8_t other[] = {'t', 'e', 's', 'u'};
    const struct vc_dht_request find = {.type = VC_DHT_FIND};
    struct dht_datagram datagram;

    (void)state;
    dht_desk_begin(&desk, NULL, 6, false);
    desk.hands[1].network_id = VC_BYTES(other);
    vc_dht_masks_make(&desk.hands[1].masks, VC_BYTES(other), &desk.hands[1].key);
    dht_hand_ask(&desk.hands[1], &desk.node->dht->key, find, VC_DHT_FIND_BODY_MIN,
                 &datagram);
    assert_false(dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram)));
    dht_hand_ask(&desk.hands[1], NULL, find, VC_DHT_HELLO_BODY_MIN, &datagram);
    assert_false(dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram)));
    assert_int_equal(desk.node->bytes_out, 0);
}

/* ---- the turn ---- */

/* Nothing but its table to be saved wakes a machine that is alone and is asked nothing. */
static void a_machine_alone_sleeps(void **state)
{
    (void)state;
    dht_world_init(&world, 72);
    (void)dht_world_add(&world, NULL);
    dht_world_run(&world, 60 * MINUTE);
    assert_in_range(world.nodes[0].wakeups, 6, 10);
    assert_int_equal(world.nodes[0].bytes_out, 0);
}

static void an_idle_client_sleeps(void **state)
{
    struct vc_dht_config cfg;
    struct dht_node *node;
    uint64_t before;

    (void)state;
    dht_world_init(&world, 73);
    dht_world_build(&world, 20, NULL);
    dht_world_config(&cfg);
    cfg.is_client = true;
    node = dht_world_add(&world, &cfg);
    dht_world_enter(node, &world.nodes[0], false, false);
    dht_world_run(&world, 10 * MINUTE);
    before = node->wakeups;
    dht_world_run(&world, 60 * MINUTE);
    assert_in_range(node->wakeups - before, 6, 8);
}

/* About two for each ping that it sends, and one for each that is late. */
static void an_idle_router_wakes_for_its_pings(void **state)
{
    uint64_t before, sent;

    (void)state;
    dht_world_init(&world, 74);
    dht_world_build(&world, 20, NULL);
    dht_world_run(&world, 10 * MINUTE);
    before = world.nodes[5].wakeups;
    sent = world.nodes[5].datagrams_out;
    dht_world_run(&world, 60 * MINUTE);
    before = world.nodes[5].wakeups - before;
    sent = world.nodes[5].datagrams_out - sent;
    assert_true(sent > 10);
    assert_in_range(before, 10, 30 + 3 * sent);
}

/* Ticks that come late, in the middle of the night, all at once: it goes on as before. */
static void time_that_jumps(void **state)
{
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;
    struct dht_node *node;
    uint32_t ask;

    (void)state;
    dht_world_init(&world, 75);
    dht_world_build(&world, 20, NULL);
    dht_world_record(&world, 1, 7, 24, record, &place);
    (void)dht_world_publish(&world.nodes[3], VC_BYTES(record));
    dht_world_run(&world, 9 * SECOND);
    node = &world.nodes[9];
    for (int i = 0; i < 5; i++) {
        /* It sleeps: nothing arrives, and no tick comes. */
        node->due_at = VC_NEVER;
        dht_world_run(&world, 20 * MINUTE);
        dht_world_drain(node);
        ask = dht_world_get(node, &place);
        dht_world_run(&world, 9 * SECOND);
        assert_int_equal(dht_world_last(&world, node, VC_DHT_DONE, ask)->output.reason,
                         VC_OK);
    }
}

/* A caller that ticks for no reason does no harm. */
static void needless_ticks(void **state)
{
    struct dht_node *node;
    uint64_t sent;

    (void)state;
    dht_world_init(&world, 76);
    dht_world_build(&world, 12, NULL);
    node = &world.nodes[5];
    sent = node->datagrams_out;
    for (int i = 0; i < 2000; i++) {
        struct vc_now now;

        dht_world_run(&world, 1);
        now = dht_world_clock(node);
        vc_dht_tick(node->dht, &now);
        dht_world_drain(node);
        assert_true(node->due_at > world.now);
    }
    assert_in_range(node->datagrams_out - sent, 0, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(what_the_profiles_take),
        TEST(a_machine_stays_in_its_memory),
        TEST(it_is_wiped),
        TEST(equal_seeds_give_equal_outputs),
        TEST(garbage_gets_no_answer),
        TEST(only_addresses_that_can_be),
        TEST(networks_do_not_hear_each_other),
        TEST(a_machine_alone_sleeps),
        TEST(an_idle_client_sleeps),
        TEST(an_idle_router_wakes_for_its_pings),
        TEST(time_that_jumps),
        TEST(needless_ticks),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
