#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

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

static void build(uint32_t count, uint64_t seed)
{
    dht_world_init(&world, seed);
    dht_world_build(&world, count, NULL);
}

/* ---- where records go ---- */

/* Of those that are nearest by their ids, how many hold it? */
static uint32_t nearest_that_hold(size_t room)
{
    struct dht_node *nearest[VC_DHT_REPLICAS];
    size_t count = dht_world_nearest(&world, &place, false, nearest, room);
    uint32_t holding = 0;

    for (size_t i = 0; i < count; i++) {
        holding += dht_world_holds(nearest[i], &place) > 0;
    }
    return holding;
}

static uint32_t all_that_hold(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < world.node_count; i++) {
        count += dht_world_holds(&world.nodes[i], &place) > 0;
    }
    return count;
}

static void records_lie_at_the_nearest(void **state)
{
    uint32_t at_nearest = 0;

    (void)state;
    build(80, 31);
    for (uint32_t i = 0; i < 30; i++) {
        struct dht_node *node = &world.nodes[i * 2];
        const struct dht_told *told;
        uint32_t ask;

        dht_world_record(&world, i, 7, 24, record, &place);
        ask = dht_world_publish(node, VC_BYTES(record));
        dht_world_run(&world, 9000);
        told = dht_world_last(&world, node, VC_DHT_DONE, ask);
        assert_int_equal(told->output.reason, VC_OK);
        /* Some of the region were sent it before nearer ones were known. */
        assert_in_range(all_that_hold(), VC_DHT_REPLICAS, VC_DHT_PUT_NODES_MAX);
        /* Whoever puts it does not hold it himself, near as he may be. */
        assert_true(nearest_that_hold(4) >= 3);
        at_nearest += nearest_that_hold(VC_DHT_REPLICAS);
        dht_world_withdraw(node, &place);
    }
    assert_true(at_nearest >= 30 * 11);
}

/* Nothing is acknowledged before twelve hold it. */
static void what_is_acknowledged_is_held(void **state)
{
    (void)state;
    build(60, 32);
    for (uint32_t i = 0; i < 20; i++) {
        struct dht_node *node = &world.nodes[i * 2];
        uint32_t ask;

        dht_world_record(&world, i, 7, 24, record, &place);
        ask = dht_world_publish(node, VC_BYTES(record));
        while (dht_world_count(&world, node, VC_DHT_DONE, ask) == 0) {
            dht_world_run(&world, 1);
        }
        assert_true(all_that_hold() >= VC_DHT_REPLICAS);
        dht_world_run(&world, 9000);
        dht_world_withdraw(node, &place);
    }
}

/* The twelve nearest that have answered, and all in the region: the next one to be sent to. */
static void who_is_sent_a_record(void **state)
{
    static struct vc_dht_ask ask;
    struct vc_dht_walk *walk = &ask.walks[0];
    uint8_t slot;

    (void)state;
    dht_desk_begin(&desk, NULL, 30, false);
    memset(&ask, 0, sizeof ask);
    ask.kind = VC_DHT_ASK_PUT;
    vc_dht_walk_begin(desk.node->dht, &ask, 0, VC_DHT_REPLICAS, NULL);
    for (uint32_t i = 0; i < 30; i++) {
        const struct vc_dht_contact contact = dht_hand_contact(&desk.hands[i]);

        vc_dht_lookup_seed(&walk->lookup, &contact, 1);
    }
    /* Nobody has answered. */
    assert_false(vc_dht_walk_put_next(desk.node->dht, 0, walk, &slot));
    for (uint8_t i = 0; i < 20; i++) {
        walk->lookup.nodes[walk->lookup.order[i]].state = VC_DHT_LOOKUP_ANSWERED;
    }
    assert_int_equal(vc_dht_walk_answered(walk), 20);
    /* The size is not known: the nearest twelve, one after the other. */
    for (unsigned i = 0; i < VC_DHT_REPLICAS; i++) {
        assert_true(vc_dht_walk_put_next(desk.node->dht, 0, walk, &slot));
        assert_int_equal(slot, walk->lookup.order[i]);
        walk->put[slot] = VC_DHT_PUT_SENT;
    }
    assert_false(vc_dht_walk_put_next(desk.node->dht, 0, walk, &slot));
    /* One fails: the next one takes its place. */
    walk->put[walk->lookup.order[5]] = VC_DHT_PUT_FAILED;
    assert_true(vc_dht_walk_put_next(desk.node->dht, 0, walk, &slot));
    assert_int_equal(slot, walk->lookup.order[VC_DHT_REPLICAS]);
    walk->put[slot] = VC_DHT_PUT_HELD;
    assert_int_equal(vc_dht_walk_put_count(walk, VC_DHT_PUT_SENT), VC_DHT_REPLICAS - 1);
    assert_int_equal(vc_dht_walk_put_count(walk, VC_DHT_PUT_HELD), 1);
    /* All in the region get it, twelve or not. */
    desk.node->dht->families[0].size = (struct vc_dht_size){
        walk->lookup.nodes[walk->lookup.order[19]].distance / 27};
    for (unsigned i = VC_DHT_REPLICAS + 1; i < 20; i++) {
        assert_true(vc_dht_walk_put_next(desk.node->dht, 0, walk, &slot));
        assert_int_equal(slot, walk->lookup.order[i]);
        walk->put[slot] = VC_DHT_PUT_SENT;
    }
    assert_false(vc_dht_walk_put_next(desk.node->dht, 0, walk, &slot));
}

/* ---- what is learned ---- */

static void the_size_of_the_network(void **state)
{
    unsigned wrong = 0;

    (void)state;
    build(60, 33);
    /* Those that came when there were so many.  Who has just come may know fewer than a
     * neighbourhood, and takes them for all: that is one in forty. */
    for (uint32_t i = 50; i < 60; i++) {
        uint64_t size = dht_world_status(&world.nodes[i]).network_size;

        wrong += size < 15 || size > 140;
    }
    assert_in_range(wrong, 0, 1);
    /* A minute later nobody does. */
    dht_world_run(&world, 60000);
    for (uint32_t i = 50; i < 60; i++) {
        assert_in_range(dht_world_status(&world.nodes[i]).network_size, 15, 140);
    }
}

/* Of a few nodes the number is exact for who has come last, though walks into buckets end when
 * four have answered. */
static void the_size_of_a_small_network(void **state)
{
    (void)state;
    for (uint32_t count = 2; count <= 14; count += 4) {
        build(count, 34 + count);
        dht_world_run(&world, 60000);
        if (count <= VC_DHT_REPLICAS) {
            assert_int_equal(dht_world_status(&world.nodes[count - 1]).network_size,
                             count - 1);
        } else {
            assert_in_range(dht_world_status(&world.nodes[count - 1]).network_size,
                            count / 2, 2 * count);
        }
        dht_world_free(&world);
    }
}

static void who_was_nearest_is_remembered(void **state)
{
    uint32_t remembered = 0;

    (void)state;
    build(30, 35);
    for (int i = 0; i < 2; i++) {
        memset(&place, 0x40 + i, sizeof place);
        (void)dht_world_get(&world.nodes[9], &place);
        dht_world_run(&world, 9000);
    }
    for (uint32_t i = 0; i < 2 * VC_DHT_REMEMBERED; i++) {
        remembered += world.nodes[9].dht->recent[i].addr.family == 4;
    }
    assert_int_equal(remembered, 2 * VC_DHT_REMEMBERED);
}

/* ---- how they begin ---- */

static void families_that_are_off_have_no_walk(void **state)
{
    struct vc_dht_config cfg;
    struct vc_dht_ask *ask;
    struct vc_now now;

    (void)state;
    dht_world_config(&cfg);
    cfg.has_ipv6 = true;
    cfg.has_ipv4 = false;
    dht_desk_begin(&desk, &cfg, 4, true);
    now = dht_world_clock(desk.node);
    ask = vc_dht_ask_begin(desk.node->dht, &now, VC_DHT_ASK_GET, 5);
    vc_dht_walks_begin(desk.node->dht, ask, VC_DHT_HOLDERS);
    assert_false(ask->walks[0].is_on);
    assert_true(ask->walks[1].is_on);
    assert_true(vc_dht_walks_are_over(desk.node->dht, ask));
    assert_false(vc_dht_walks_are_waiting(desk.node->dht, ask));
    vc_dht_walks_widen(desk.node->dht, ask);
    assert_true(ask->walks[1].lookup.is_wide);
    ask->kind = VC_DHT_ASK_FREE;
}

/* Who has met nobody begins again with those that are known by then; the others go on. */
static void they_are_seeded_again(void **state)
{
    struct vc_dht_ask *ask;
    struct vc_dht_contact contact;
    struct vc_now now;

    (void)state;
    dht_desk_begin(&desk, NULL, 8, false);
    now = dht_world_clock(desk.node);
    ask = vc_dht_ask_begin(desk.node->dht, &now, VC_DHT_ASK_GET, 5);
    vc_dht_walks_begin(desk.node->dht, ask, VC_DHT_HOLDERS);
    assert_int_equal(ask->walks[0].lookup.count, 0);
    for (uint8_t i = 0; i < 8; i++) {
        contact = dht_hand_contact(&desk.hands[i]);
        if (i < 3) {
            vc_dht_table_heard(&desk.node->dht->families[0].table, now.mono, &contact);
        } else {
            desk.node->dht->told[i - 3] = contact;
            desk.node->dht->told_count = (uint8_t)(i - 2);
        }
    }
    vc_dht_walks_reseed(desk.node->dht, ask);
    assert_int_equal(ask->walks[0].lookup.count, 8);
    vc_dht_walks_reseed(desk.node->dht, ask);
    assert_int_equal(ask->walks[0].lookup.count, 8);
    ask->walks[0].lookup.nodes[0].state = VC_DHT_LOOKUP_FAILED;
    ask->walks[0].lookup.count = 1;
    vc_dht_walks_reseed(desk.node->dht, ask);
    assert_true(ask->walks[0].lookup.count > 1);
    ask->walks[0].lookup.nodes[0].state = VC_DHT_LOOKUP_ANSWERED;
    ask->walks[0].lookup.count = 1;
    vc_dht_walks_reseed(desk.node->dht, ask);
    assert_int_equal(ask->walks[0].lookup.count, 1);
    ask->kind = VC_DHT_ASK_FREE;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(records_lie_at_the_nearest),
        TEST(what_is_acknowledged_is_held),
        TEST(who_is_sent_a_record),
        TEST(the_size_of_the_network),
        TEST(the_size_of_a_small_network),
        TEST(who_was_nearest_is_remembered),
        TEST(families_that_are_off_have_no_walk),
        TEST(they_are_seeded_again),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
