#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

#define SECOND (UINT64_C(1000))
#define MINUTE (60 * SECOND)

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

static void enter(uint32_t hand, const struct vc_key32 *key)
{
    struct vc_now now = dht_world_clock(desk.node);

    vc_dht_enter(desk.node->dht, &now, &desk.hands[hand].addr, key);
    dht_world_drain(desk.node);
}

static uint32_t knocks(uint32_t hand)
{
    return dht_desk_count(&desk, VC_DHT_FIND, hand);
}

static uint32_t hellos(uint32_t hand)
{
    uint32_t count = 0;

    for (size_t i = 0; i < desk.heard_count; i++) {
        count += desk.heard[i].hand == hand && desk.heard[i].header.is_hello;
    }
    return count;
}

/* ---- doors ---- */

/* One after the other, a tenth of a second apart. */
static void every_door_is_tried(void **state)
{
    (void)state;
    dht_desk_begin(&desk, NULL, 10, false);
    memset(desk.is_silent, true, sizeof desk.is_silent);
    for (uint32_t i = 0; i < 10; i++) {
        enter(i, NULL);
    }
    dht_world_run(&desk.world, 450);
    assert_in_range(dht_desk_count(&desk, 0, DHT_DESK_ANY), 4, 5);
    dht_world_run(&desk.world, 2 * SECOND);
    for (uint32_t i = 0; i < 10; i++) {
        assert_true(knocks(i) >= 1);
    }
}

/* With backoff, and five minutes apart at most, for as long as nobody is known. */
static void a_silent_door_is_tried_ever_more_seldom(void **state)
{
    vc_ms wait = VC_DHT_DOOR_AGAIN_MS, last = 0;

    (void)state;
    dht_desk_begin(&desk, NULL, 1, false);
    desk.is_silent[0] = true;
    enter(0, NULL);
    for (uint32_t i = 1; i < 24; i++) {
        while (knocks(0) < i) {
            dht_world_run(&desk.world, 20);
        }
        if (i > 1) {
            assert_in_range(desk.world.now - last, wait - 100, wait + 100);
            wait = vc_ms_min(2 * wait, VC_DHT_DOOR_AGAIN_MAX_MS);
        }
        last = desk.world.now;
    }
    desk.is_silent[0] = false;
    dht_world_run(&desk.world, 16 * MINUTE);
    assert_true(dht_world_status(desk.node).is_joined);
}

/* How long to wait is decided at the knock: that somebody else has answered since makes a hello
 * that was lost no less urgent. */
static void a_hurry_stays_one(void **state)
{
    (void)state;
    dht_desk_begin(&desk, NULL, 2, false);
    desk.is_silent[1] = true;
    enter(1, NULL);
    enter(0, NULL);
    dht_world_run(&desk.world, VC_DHT_GIVE_UP_MS / 2);
    assert_true(dht_world_status(desk.node).is_joined);
    assert_int_equal(hellos(1), 2);
}

/* The door of hand 11, of whom nobody has heard. */
static void begin_with_silent_door(uint32_t hands)
{
    dht_desk_begin(&desk, NULL, hands, false);
    dht_desk_meet(&desk);
    desk.hands[11].addr.port++;
    desk.is_silent[11] = true;
    dht_desk_clear(&desk);
    enter(11, NULL);
    enter(10, NULL);
}

/* Who knows few only may be on an island, and who is behind the door may route some day. */
static void a_silent_door_is_tried_ever_more_seldom_on_an_island(void **state)
{
    uint32_t before;

    (void)state;
    begin_with_silent_door(12);
    assert_true(dht_world_status(desk.node).network_size < VC_DHT_DOOR_ISLAND);
    dht_world_run(&desk.world, 60 * MINUTE);
    before = hellos(11);
    assert_in_range(before, VC_DHT_DOOR_TRIES + 2, VC_DHT_DOOR_TRIES + 4);
    dht_world_run(&desk.world, 24 * 60 * MINUTE);
    assert_in_range(hellos(11) - before, 6, 9);
    desk.is_silent[11] = false;
    dht_world_run(&desk.world, 4 * 60 * MINUTE);
    before = hellos(11);
    dht_world_run(&desk.world, 24 * 60 * MINUTE);
    assert_int_equal(hellos(11), before); /* it has answered */
}

/* Doors are for who knows nobody: a few more tries, and no more. */
static void a_silent_door_is_let_alone_when_others_are_known(void **state)
{
    (void)state;
    begin_with_silent_door(DHT_DESK_HANDS_MAX);
    assert_true(dht_world_status(desk.node).network_size >= VC_DHT_DOOR_ISLAND);
    dht_world_run(&desk.world, 60 * MINUTE);
    /* Walks may ask there too, with the key that others tell. */
    assert_int_equal(hellos(11), VC_DHT_DOOR_TRIES);
}

static void when_all_are_gone_every_door_is_tried_again(void **state)
{
    uint32_t before;

    (void)state;
    begin_with_silent_door(12);
    dht_world_run(&desk.world, 24 * 60 * MINUTE);
    before = knocks(11);
    memset(desk.is_silent, true, sizeof desk.is_silent);
    dht_world_run(&desk.world, 60 * MINUTE);
    assert_true(knocks(11) > before + VC_DHT_DOOR_TRIES);
    desk.is_silent[11] = false;
    dht_world_run(&desk.world, 16 * MINUTE);
    assert_true(
        dht_world_status(desk.node).nodes - dht_world_status(desk.node).suspects >= 1);
}

/* Who has another key by now is found all the same; who has it still is asked under it. */
static void a_door_with_a_key(void **state)
{
    struct vc_key32 key;

    (void)state;
    dht_desk_begin(&desk, NULL, 2, false);
    key = desk.hands[0].key;
    enter(0, &key);
    dht_world_run(&desk.world, 100);
    assert_true(knocks(0) >= 1);
    assert_false(desk.heard[0].header.is_hello);
    dht_desk_end(&desk);
    dht_desk_begin(&desk, NULL, 2, false);
    key.b[0] ^= 1;
    enter(0, &key);
    dht_world_run(&desk.world, 10 * SECOND);
    assert_true(dht_world_status(desk.node).is_joined);
    assert_true(desk.heard[0].header.is_hello);
}

/* The latest instead of the oldest, each only once. */
static void so_many_doors_are_remembered(void **state)
{
    (void)state;
    dht_desk_begin(&desk, NULL, 20, false);
    memset(desk.is_silent, true, sizeof desk.is_silent);
    for (uint32_t i = 0; i < 20; i++) {
        struct vc_now now = dht_world_clock(desk.node);

        vc_dht_enter(desk.node->dht, &now, &desk.hands[i].addr, NULL);
        vc_dht_enter(desk.node->dht, &now, &desk.hands[i].addr, NULL);
    }
    dht_world_drain(desk.node);
    dht_world_run(&desk.world, 10 * SECOND);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(knocks(i) > 0, i >= 20 - desk.node->cfg.doors_max);
    }
}

static void what_cannot_be_a_door_is_none(void **state)
{
    struct vc_addr addr;
    struct vc_now now;

    (void)state;
    dht_desk_begin(&desk, NULL, 1, false);
    now = dht_world_clock(desk.node);
    addr = desk.hands[0].addr;
    addr.port = 0;
    vc_dht_enter(desk.node->dht, &now, &addr, NULL);
    addr = vc_addr_ipv6((const uint8_t[16]){0x2a, 1}, 5);
    vc_dht_enter(desk.node->dht, &now, &addr, NULL);
    dht_world_drain(desk.node);
    dht_world_run(&desk.world, MINUTE);
    assert_int_equal(desk.node->bytes_out, 0);
}

/* Who is known over IPv4 only still tries the doors of IPv6. */
static void each_family_has_its_own_doors(void **state)
{
    struct vc_dht_config cfg;
    struct dht_node *node;
    struct vc_now now;

    (void)state;
    dht_world_config(&cfg);
    cfg.has_ipv6 = true;
    dht_world_init(&world, 41);
    dht_world_build(&world, 12, &cfg);
    node = dht_world_add(&world, &cfg);
    /* The only door of IPv6 is closed for half an hour. */
    dht_world_stop(&world.nodes[1]);
    dht_world_enter(node, &world.nodes[0], false, false);
    now = dht_world_clock(node);
    vc_dht_enter(node->dht, &now, &world.nodes[1].addrs[1], NULL);
    dht_world_drain(node);
    dht_world_run(&world, 30 * MINUTE);
    assert_true(vc_dht_knows_somebody_in(node->dht, 0));
    assert_false(vc_dht_knows_somebody_in(node->dht, 1));
    dht_world_start(&world.nodes[1]);
    dht_world_enter(&world.nodes[1], &world.nodes[0], true, false);
    dht_world_run(&world, 17 * MINUTE);
    assert_true(vc_dht_knows_somebody_in(node->dht, 1));
    assert_true(node->dht->families[1].table.count > 6);
}

/* What is behind a door may be another network: then both meet. */
static void a_door_leads_to_another_network(void **state)
{
    struct dht_node *first, *second;
    uint32_t known = 0;

    (void)state;
    dht_world_init(&world, 42);
    for (uint32_t i = 0; i < 60; i++) {
        struct dht_node *node = dht_world_add(&world, NULL);

        if (i > 1) {
            dht_world_enter(node, &world.nodes[i % 2], false, false);
        }
        dht_world_run(&world, 200);
    }
    dht_world_run(&world, 20 * SECOND);
    first = &world.nodes[10];
    second = &world.nodes[11];
    assert_false(dht_world_knows(first, second, false));
    dht_world_enter(first, second, false, true);
    dht_world_run(&world, 40 * SECOND);
    for (uint32_t i = 1; i < 60; i += 2) {
        known += dht_world_knows(first, &world.nodes[i], false);
    }
    assert_true(known >= 8);
}

/* ---- lost nodes ---- */

static bool is_cut;

static bool cut(struct dht_world *in, struct dht_node *from, const struct vc_addr *to,
                struct vc_bytes bytes)
{
    (void)bytes;
    return is_cut && from->index % 2 != dht_world_at(in, to)->index % 2;
}

static uint32_t known_across(void)
{
    uint32_t known = 0;

    for (uint32_t i = 0; i < world.node_count; i++) {
        for (uint32_t n = 0; n < world.node_count; n++) {
            known += i % 2 != n % 2 &&
                     dht_world_knows(&world.nodes[i], &world.nodes[n], false);
        }
    }
    return known;
}

/* Two halves that were cut from each other for an hour find each other by themselves, and what
 * was put in one half is found in the other. */
static void the_halves_find_each_other_again(void **state)
{
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;
    uint32_t before, ask;

    (void)state;
    dht_world_init(&world, 43);
    dht_world_build(&world, 30, NULL);
    dht_world_run(&world, 5 * MINUTE);
    world.filter = cut;
    is_cut = true;
    before = known_across();
    assert_true(before > 200);
    dht_world_run(&world, 60 * MINUTE);
    assert_true(known_across() < before / 10);
    dht_world_record(&world, 1, 7, 24, record, &place);
    (void)dht_world_publish(&world.nodes[4], VC_BYTES(record));
    dht_world_run(&world, 9 * SECOND);
    is_cut = false;
    dht_world_run(&world, 140 * MINUTE);
    assert_true(known_across() > before * 2 / 3);
    for (uint32_t i = 1; i < 30; i += 4) {
        ask = dht_world_get(&world.nodes[i], &place);
        dht_world_run(&world, 9 * SECOND);
        assert_int_equal(
            dht_world_last(&world, &world.nodes[i], VC_DHT_DONE, ask)->output.reason,
            VC_OK);
    }
}

/* Seven times, then it is forgotten. */
static void a_lost_node_is_asked_for_two_hours(void **state)
{
    uint32_t pings;

    (void)state;
    dht_desk_begin(&desk, NULL, 12, false);
    dht_desk_meet(&desk);
    desk.is_silent[5] = true;
    dht_world_run(&desk.world, 60 * MINUTE);
    assert_int_equal(desk.node->dht->lost[VC_DHT_LOST_MAX - 1].tries > 0, true);
    dht_world_run(&desk.world, 300 * MINUTE);
    assert_int_equal(desk.node->dht->lost[VC_DHT_LOST_MAX - 1].tries,
                     VC_DHT_LOST_TRIES);
    pings = dht_desk_count(&desk, VC_DHT_PING, 5);
    dht_world_run(&desk.world, 300 * MINUTE);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, 5), pings);
}

/* ---- the turn ---- */

/* Doors that are due while there is no room for their requests do not make it spin: dht_world
 * checks that of every turn. */
static void a_full_queue_makes_nobody_spin(void **state)
{
    const struct vc_dht_wish wish = {
        .to = {.addr = vc_addr_ipv4((const uint8_t[4]){50, 1, 1, 1}, 9), .key = {{9}}},
        .type = VC_DHT_PING,
        .owner = VC_DHT_OWNER_CALL};

    (void)state;
    dht_desk_begin(&desk, NULL, 10, false);
    memset(desk.is_silent, true, sizeof desk.is_silent);
    for (int i = 0; i < 20; i++) {
        while (vc_dht_wish_for(desk.node->dht, &wish)) {
            continue;
        }
        enter((uint32_t)i % 10, NULL);
        while (vc_dht_wish_for(desk.node->dht, &wish)) {
            continue;
        }
        dht_world_drain(desk.node);
        dht_world_run(&desk.world, 30);
    }
    dht_world_run(&desk.world, 10 * SECOND);
    for (uint32_t i = 0; i < 10; i++) {
        assert_true(knocks(i) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(every_door_is_tried),
        TEST(a_silent_door_is_tried_ever_more_seldom),
        TEST(a_hurry_stays_one),
        TEST(a_silent_door_is_tried_ever_more_seldom_on_an_island),
        TEST(a_silent_door_is_let_alone_when_others_are_known),
        TEST(when_all_are_gone_every_door_is_tried_again),
        TEST(a_door_with_a_key),
        TEST(so_many_doors_are_remembered),
        TEST(what_cannot_be_a_door_is_none),
        TEST(each_family_has_its_own_doors),
        TEST(a_door_leads_to_another_network),
        TEST(the_halves_find_each_other_again),
        TEST(a_lost_node_is_asked_for_two_hours),
        TEST(a_full_queue_makes_nobody_spin),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
