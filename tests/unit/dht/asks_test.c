#include <string.h>

#include "dht/machine.h"
#include "dht/table_parts.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

/* The world itself checks that every ask ends once, within VC_DHT_ASK_MAX_MS, and that what is
 * found for one is signed and gets newer. */

static struct dht_world world;
static struct dht_desk desk;
static uint8_t record[VC_DHT_RECORD_LEN];
static struct vc_hash32 place;

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

static void build(uint32_t count)
{
    dht_world_init(&world, 21);
    dht_world_build(&world, count, NULL);
    dht_world_record(&world, 1, 7, 24, record, &place);
}

static vc_err reason_of(const struct dht_node *node, uint32_t ask)
{
    const struct dht_told *told = dht_world_last(node->world, node, VC_DHT_DONE, ask);

    assert_int_equal(dht_world_count(node->world, node, VC_DHT_DONE, ask), 1);
    return told->output.reason;
}

static vc_err put(struct dht_node *node)
{
    uint32_t ask = dht_world_publish(node, VC_BYTES(record));

    dht_world_run(&world, 9000);
    return reason_of(node, ask);
}

static vc_err get(struct dht_node *node, uint32_t *ret_found)
{
    uint32_t ask = dht_world_get(node, &place);

    dht_world_run(node->world, 9000);
    *ret_found = dht_world_count(node->world, node, VC_DHT_FOUND, ask);
    return reason_of(node, ask);
}

/* ---- how they end ---- */

static void found_and_not_found(void **state)
{
    uint32_t found;

    (void)state;
    build(30);
    assert_int_equal(get(&world.nodes[9], &found), VC_ERR_NOT_FOUND);
    assert_int_equal(found, 0);
    assert_int_equal(put(&world.nodes[3]), VC_OK);
    for (uint32_t i = 0; i < 30; i++) {
        assert_int_equal(get(&world.nodes[i], &found), VC_OK);
        assert_int_equal(found, 1);
    }
}

static void nobody_is_known(void **state)
{
    struct dht_node *node;
    uint32_t found;

    (void)state;
    build(1);
    node = &world.nodes[0];
    assert_int_equal(get(node, &found), VC_ERR_NO_NETWORK);
    assert_int_equal(put(node), VC_ERR_NO_NETWORK);
}

static void nobody_is_known_any_more(void **state)
{
    struct dht_node *node;
    uint32_t ask;

    (void)state;
    build(10);
    node = &world.nodes[9];
    while (node->dht->families[0].table.count > 0) {
        vc_dht_table_remove(&node->dht->families[0].table, 0);
    }
    node->dht->told_count = 0;
    ask = dht_world_get(node, &place);
    assert_int_equal(reason_of(node, ask), VC_ERR_NO_NETWORK); /* at once */
    ask = dht_world_publish(node, VC_BYTES(record));
    assert_int_equal(reason_of(node, ask), VC_ERR_NO_NETWORK);
}

/* Who knows nobody at first begins as soon as somebody is known. */
static void somebody_is_known_later(void **state)
{
    struct dht_node *node;
    uint32_t ask;

    (void)state;
    build(20);
    assert_int_equal(put(&world.nodes[3]), VC_OK);
    node = dht_world_add(&world, NULL);
    ask = dht_world_get(node, &place);
    dht_world_run(&world, 3000);
    assert_false(vc_dht_ask_at(node->dht, 0)->walks[0].lookup.is_wide);
    dht_world_enter(node, &world.nodes[0], false, false);
    dht_world_run(&world, 1000);
    assert_int_equal(reason_of(node, ask), VC_OK);
    assert_int_equal(dht_world_count(&world, node, VC_DHT_FOUND, ask), 1);
}

/* The same when all of a saved table are gone. */
static void somebody_else_is_known_later(void **state)
{
    struct dht_node *node;
    uint32_t ask;

    (void)state;
    build(20);
    assert_int_equal(put(&world.nodes[3]), VC_OK);
    node = dht_world_add(&world, NULL);
    for (uint32_t i = 0; i < 8; i++) {
        struct vc_dht_contact gone = dht_world_contact(&world.nodes[i], false);

        gone.addr.port++;
        gone.key.b[0] ^= 1;
        vc_dht_table_restore(&node->dht->families[0].table, world.now, &gone,
                             false);
    }
    ask = dht_world_get(node, &place);
    dht_world_run(&world, 1000);
    dht_world_enter(node, &world.nodes[0], false, false);
    dht_world_run(&world, 3000);
    assert_int_equal(reason_of(node, ask), VC_OK);
}

static bool lose_all(struct dht_world *in, struct dht_node *from,
                     const struct vc_addr *to, struct vc_bytes bytes)
{
    (void)in;
    (void)from;
    (void)to;
    (void)bytes;
    return true;
}

static void the_network_is_dead(void **state)
{
    uint32_t found, asks[4];
    struct dht_node *node;

    (void)state;
    build(30);
    assert_int_equal(put(&world.nodes[3]), VC_OK);
    node = &world.nodes[9];
    for (uint32_t i = 0; i < 30; i++) {
        if (i != 9) {
            dht_world_stop(&world.nodes[i]);
        }
    }
    for (int i = 0; i < 4; i++) {
        asks[i] = dht_world_get(node, &place);
    }
    dht_world_run(&world, 9000);
    for (int i = 0; i < 4; i++) {
        vc_err reason = reason_of(node, asks[i]);

        /* Unless it is one of its holders. */
        assert_int_equal(reason,
                         dht_world_holds(node, &place) > 0 ? VC_OK : VC_ERR_NO_NETWORK);
    }
    place.b[0] ^= 0x80;
    assert_int_equal(get(node, &found), VC_ERR_NO_NETWORK);
}

static void every_datagram_is_lost(void **state)
{
    struct dht_node *node;
    uint32_t ask, found;

    (void)state;
    build(30);
    node = &world.nodes[9];
    world.filter = lose_all;
    ask = dht_world_publish(node, VC_BYTES(record));
    place.b[0] ^= 0x80;
    assert_int_equal(get(node, &found), VC_ERR_NO_NETWORK);
    assert_int_equal(reason_of(node, ask), VC_ERR_NO_NETWORK);
}

static void many_are_lost(void **state)
{
    uint32_t found;

    (void)state;
    build(30);
    world.loss = 100;
    assert_int_equal(put(&world.nodes[3]), VC_OK);
    world.loss = 330;
    for (uint32_t i = 0; i < 30; i += 3) {
        assert_int_equal(get(&world.nodes[i], &found), VC_OK);
    }
}

static void half_are_dead(void **state)
{
    uint32_t found;

    (void)state;
    build(60);
    assert_int_equal(put(&world.nodes[3]), VC_OK);
    for (uint32_t i = 1; i < 60; i += 2) {
        dht_world_stop(&world.nodes[i]);
    }
    for (uint32_t i = 0; i < 60; i += 10) {
        assert_int_equal(get(&world.nodes[i], &found), VC_OK);
    }
}

static void a_cancelled_get_says_nothing_more(void **state)
{
    struct dht_node *node;
    uint32_t ask, other, told;

    (void)state;
    build(20);
    assert_int_equal(put(&world.nodes[3]), VC_OK);
    node = &world.nodes[9];
    for (vc_ms after = 0; after < 200; after += 7) {
        ask = dht_world_get(node, &place);
        other = dht_world_get(node, &place);
        dht_world_run(&world, after);
        dht_world_cancel(node, ask);
        told = dht_world_count(&world, node, VC_DHT_DONE, ask) +
               dht_world_count(&world, node, VC_DHT_FOUND, ask);
        dht_world_run(&world, 9000);
        assert_int_equal(dht_world_count(&world, node, VC_DHT_DONE, ask) +
                             dht_world_count(&world, node, VC_DHT_FOUND, ask),
                         told);
        assert_int_equal(reason_of(node, other), VC_OK);
    }
    dht_world_cancel(node, 12345678); /* nobody's */
}

/* What it wanted to ask once more is not asked for whoever has its place now. */
static void a_cancelled_get_leaves_nothing_to_be_sent(void **state)
{
    const struct vc_dht_answer pong = {
        .type = VC_DHT_PONG, .seen = vc_addr_ipv4((const uint8_t[]){20, 1, 1, 1}, 9)};
    struct vc_now now;
    uint32_t first, second;

    (void)state;
    dht_desk_begin(&desk, NULL, 12, false);
    dht_desk_meet(&desk);
    memset(desk.is_silent, true, sizeof desk.is_silent);
    dht_desk_clear(&desk);
    memset(&place, 0x11, sizeof place);
    first = dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 50);
    assert_int_equal(desk.heard_count, VC_DHT_ALPHA);
    now = dht_world_clock(desk.node);
    for (size_t i = 0; i < VC_DHT_ALPHA; i++) {
        struct dht_hand *hand = &desk.hands[desk.heard[i].hand];
        struct dht_datagram datagram;

        dht_hand_answer(hand, &desk.heard[i].header, &pong, &datagram);
        assert_true(
            vc_dht_recv(desk.node->dht, &now, &hand->addr, dht_bytes(&datagram)));
    }
    assert_int_equal(desk.node->dht->wish_count, VC_DHT_ALPHA);
    memset(desk.is_silent, false, sizeof desk.is_silent);
    vc_dht_cancel(desk.node->dht, first);
    assert_int_equal(desk.node->dht->wish_count, 0);
    dht_world_cancel(desk.node, first);
    second = dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 9000);
    assert_int_equal(reason_of(desk.node, second), VC_ERR_NOT_FOUND);
}

static void all_places_are_taken(void **state)
{
    struct dht_node *node;
    struct vc_now now;
    uint32_t asks[8], ask = 77;

    (void)state;
    build(20);
    node = &world.nodes[9];
    for (uint32_t i = 0; i < node->cfg.asks_max; i++) {
        place.b[1] = (uint8_t)i;
        asks[i] = dht_world_get(node, &place);
    }
    now = dht_world_clock(node);
    assert_int_equal(vc_dht_get(node->dht, &now, &place, &ask), VC_ERR_FULL);
    assert_int_equal(vc_dht_publish(node->dht, &now, VC_BYTES(record), &ask),
                     VC_ERR_FULL);
    assert_int_equal(ask, 77);
    dht_world_run(&world, 9000);
    for (uint32_t i = 0; i < node->cfg.asks_max; i++) {
        assert_int_equal(reason_of(node, asks[i]), VC_ERR_NOT_FOUND);
    }
    assert_int_equal(put(node), VC_OK);
}

static void with_very_few_calls(void **state)
{
    struct vc_dht_config cfg;
    uint32_t found;

    (void)state;
    dht_world_config(&cfg);
    cfg.calls_max = 2;
    dht_world_init(&world, 22);
    dht_world_build(&world, 20, &cfg);
    dht_world_record(&world, 1, 7, 24, record, &place);
    (void)put(&world.nodes[3]);
    (void)get(&world.nodes[9], &found);
    assert_int_equal(found, 1);
}

/* A simulated node has one place for what its caller asks, and one for itself. */
static void with_the_least_of_everything(void **state)
{
    struct vc_dht_config cfg;
    uint32_t found;

    (void)state;
    vc_dht_config_init(&cfg, VC_DHT_SIMULATION);
    cfg.is_bootstrap = true;
    dht_world_init(&world, 23);
    dht_world_build(&world, 40, &cfg);
    dht_world_record(&world, 1, 7, 24, record, &place);
    assert_int_equal(put(&world.nodes[3]), VC_OK);
    assert_int_equal(get(&world.nodes[9], &found), VC_OK);
}

/* ---- what is sent ---- */

/* Nodes on the way are not told the place, only those who may hold the record. */
static void few_are_told_the_place(void **state)
{
    uint32_t ask, gets, finds;

    (void)state;
    dht_desk_begin(&desk, NULL, 20, false);
    dht_desk_meet(&desk);
    /* A network of millions. */
    desk.node->dht->families[0].size = (struct vc_dht_size){UINT64_MAX >> 22};
    dht_desk_clear(&desk);
    memset(&place, 0x3c, sizeof place);
    ask = dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 40);
    gets = dht_desk_count(&desk, VC_DHT_GET, DHT_DESK_ANY);
    finds = dht_desk_count(&desk, VC_DHT_FIND, DHT_DESK_ANY);
    assert_int_equal(gets, 0);
    assert_int_equal(finds, VC_DHT_ALPHA);
    assert_true(dht_desk_last(&desk, VC_DHT_FIND, DHT_DESK_ANY)->request.target ==
                vc_dht_place_id(&place));
    dht_world_run(&desk.world, 9000);
    assert_int_equal(reason_of(desk.node, ask), VC_ERR_NOT_FOUND);
}

/* ---- families ---- */

static void over_ipv6_alone(void **state)
{
    struct vc_dht_config cfg;
    uint32_t found;

    (void)state;
    dht_world_config(&cfg);
    cfg.has_ipv4 = false;
    cfg.has_ipv6 = true;
    dht_world_init(&world, 24);
    dht_world_build(&world, 20, &cfg);
    dht_world_record(&world, 1, 7, 24, record, &place);
    assert_int_equal(put(&world.nodes[3]), VC_OK);
    assert_int_equal(get(&world.nodes[9], &found), VC_OK);
    place.b[0] ^= 0x80;
    assert_int_equal(get(&world.nodes[9], &found), VC_ERR_NOT_FOUND);
}

static vc_ms ipv6_from;

/* A PUT, by its length. */
static bool is_too_early(struct dht_world *in, struct dht_node *from,
                         const struct vc_addr *to, struct vc_bytes bytes)
{
    return from->index == 2 && to->family == 6 && bytes.len > VC_DHT_RECORD_LEN &&
           in->now < ipv6_from;
}

/* One that has both puts into both, slow as one of them may be, and one of either finds it. */
static void over_both(void **state)
{
    struct vc_dht_config both, ipv4, ipv6;
    uint32_t ask, found, holders[2] = {0};

    (void)state;
    dht_world_config(&both);
    ipv4 = ipv6 = both;
    ipv6.has_ipv4 = false;
    both.has_ipv6 = ipv6.has_ipv6 = true;
    dht_world_init(&world, 25);
    dht_world_build(&world, 4, &both);
    for (int i = 0; i < 15; i++) {
        (void)dht_world_add(&world, &ipv4);
        dht_world_enter(&world.nodes[world.node_count - 1], &world.nodes[0], false,
                        false);
        (void)dht_world_add(&world, &ipv6);
        dht_world_enter(&world.nodes[world.node_count - 1], &world.nodes[0], true,
                        false);
        dht_world_run(&world, 200);
    }
    dht_world_run(&world, 40000);
    dht_world_record(&world, 1, 7, 24, record, &place);
    ipv6_from = world.now + 150; /* before all tries of a PUT are over */
    world.filter = is_too_early;
    ask = dht_world_publish(&world.nodes[2], VC_BYTES(record));
    while (dht_world_open_asks(&world) > 0) {
        dht_world_run(&world, 1);
    }
    assert_int_equal(reason_of(&world.nodes[2], ask), VC_OK);
    for (uint32_t i = 0; i < world.node_count; i++) {
        const struct dht_node *node = &world.nodes[i];

        holders[0] += node->cfg.has_ipv4 && dht_world_holds(node, &place) > 0;
        holders[1] += node->cfg.has_ipv6 && dht_world_holds(node, &place) > 0;
    }
    assert_true(holders[0] >= VC_DHT_REPLICAS && holders[1] >= VC_DHT_REPLICAS);
    for (uint32_t i = 4; i < 12; i++) {
        assert_int_equal(get(&world.nodes[i], &found), VC_OK);
        assert_int_equal(found, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(found_and_not_found),
        TEST(nobody_is_known),
        TEST(nobody_is_known_any_more),
        TEST(somebody_is_known_later),
        TEST(somebody_else_is_known_later),
        TEST(the_network_is_dead),
        TEST(every_datagram_is_lost),
        TEST(many_are_lost),
        TEST(half_are_dead),
        TEST(a_cancelled_get_says_nothing_more),
        TEST(a_cancelled_get_leaves_nothing_to_be_sent),
        TEST(all_places_are_taken),
        TEST(with_very_few_calls),
        TEST(with_the_least_of_everything),
        TEST(few_are_told_the_place),
        TEST(over_ipv6_alone),
        TEST(over_both),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
