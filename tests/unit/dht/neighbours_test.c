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

static struct vc_dht_contact somebody(uint8_t number)
{
    const uint8_t ip[4] = {60, number, 1, 1};

    return (struct vc_dht_contact){.addr = vc_addr_ipv4(ip, 4000),
                                   .key = {{number, 1, 2, 3}}};
}

static void meet(const struct vc_dht_contact *contact, uint16_t owner)
{
    struct vc_now now = dht_world_clock(desk.node);

    vc_dht_neighbours_met(desk.node->dht, &now,
                          &(struct vc_dht_call){.to = *contact, .owner = owner});
}

static void hear(const struct vc_dht_contact *from, uint16_t owner, uint8_t first,
                 uint8_t count)
{
    struct vc_now now = dht_world_clock(desk.node);
    struct vc_dht_answer answer = {.type = VC_DHT_NODES, .contact_count = count};

    for (uint8_t i = 0; i < count; i++) {
        answer.contacts[i] = somebody((uint8_t)(first + i));
    }
    vc_dht_neighbours_heard(desk.node->dht, &now,
                            &(struct vc_dht_call){.to = *from, .owner = owner},
                            &answer);
}

/* Those who wait to be asked whom they know near us; takes them out. */
static uint32_t take_asked(void)
{
    struct vc_dht *dht = desk.node->dht;
    uint32_t count = 0;

    for (uint32_t i = 0; i < dht->wish_count; i++) {
        const struct vc_dht_wish *wish =
            &dht->wishes[(dht->wish_first + i) % VC_DHT_WISHES_MAX];

        count += wish->owner == VC_DHT_OWNER_NEAR && wish->type == VC_DHT_FIND;
    }
    vc_dht_wishes_drop(dht, VC_DHT_OWNER_NEAR);
    return count;
}

static void begin(uint32_t hands)
{
    dht_desk_begin(&desk, NULL, hands, false);
    dht_desk_meet(&desk);
    dht_world_run(&desk.world, VC_DHT_SETTLED_MS + MINUTE);
    assert_int_equal(take_asked(), 0);
}

/* ---- who is asked ---- */

static void a_new_neighbour_but_not_more_than_one_a_minute(void **state)
{
    struct vc_dht_contact one = somebody(1), two = somebody(2), three = somebody(3);

    (void)state;
    begin(12);
    meet(&one, VC_DHT_OWNER_CHECK);
    assert_int_equal(take_asked(), 1);
    meet(&two, VC_DHT_OWNER_CHECK);
    assert_int_equal(take_asked(), 0);
    dht_world_run(&desk.world, MINUTE);
    meet(&three, VC_DHT_OWNER_RING);
    assert_int_equal(take_asked(), 1);
    /* Who came by a walk or a ping was asked, or is known for long. */
    dht_world_run(&desk.world, MINUTE);
    meet(&two, VC_DHT_OWNER_PING);
    meet(&two, 0);
    assert_int_equal(take_asked(), 0);
}

static void nobody_is_asked_by_a_client(void **state)
{
    struct vc_dht_contact one = somebody(1);

    (void)state;
    begin(12);
    desk.node->dht->families[0].routes = false;
    meet(&one, VC_DHT_OWNER_CHECK);
    meet(&one, VC_DHT_OWNER_NEAR);
    assert_int_equal(take_asked(), 0);
}

static void nor_who_stands_far_away(void **state)
{
    struct vc_dht_table *table;
    uint32_t asked = 0, near = 0;

    (void)state;
    begin(12);
    table = &desk.node->dht->families[0].table;
    for (uint8_t number = 1; number < 100; number++) {
        struct vc_dht_contact one = somebody(number);

        (void)vc_dht_table_heard(table, desk.world.now, &one);
    }
    for (uint8_t number = 100; number < 140; number++) {
        struct vc_dht_contact one = somebody(number);

        near += vc_dht_table_is_near(table, vc_dht_node_id(&one.addr, &one.key, true));
        desk.node->dht->neighbours.ask_at = 0;
        meet(&one, VC_DHT_OWNER_CHECK);
        asked += take_asked();
    }
    assert_in_range(near, 1, 39);
    assert_int_equal(asked, near);
}

static void whom_it_names_and_we_do_not_know(void **state)
{
    struct vc_dht_contact known;

    (void)state;
    begin(12);
    known = dht_hand_contact(&desk.hands[3]);
    hear(&known, VC_DHT_OWNER_NEAR, 10, 3);
    assert_int_equal(take_asked(), 3);
    /* Others name the same. */
    hear(&known, VC_DHT_OWNER_NEAR, 10, 3);
    assert_int_equal(take_asked(), 0);
    hear(&known, VC_DHT_OWNER_NEAR, 12, 3);
    assert_int_equal(take_asked(), 2);
}

static void but_not_by_anybody(void **state)
{
    struct vc_dht_contact known, unknown = somebody(1);

    (void)state;
    begin(12);
    known = dht_hand_contact(&desk.hands[3]);
    hear(&known, VC_DHT_OWNER_CHECK, 10, 3);
    hear(&known, 0, 10, 3);
    hear(&unknown, VC_DHT_OWNER_NEAR, 10, 3);
    assert_int_equal(take_asked(), 0);
}

/* However many are named, no more are asked than anybody may make us check. */
static void not_without_end(void **state)
{
    struct vc_dht_contact known;
    uint32_t asked = 0;

    (void)state;
    begin(12);
    known = dht_hand_contact(&desk.hands[3]);
    for (uint8_t first = 0; first < 200; first = (uint8_t)(first + 8)) {
        hear(&known, VC_DHT_OWNER_NEAR, first, 8);
        asked += take_asked();
    }
    assert_in_range(asked, 8, VC_DHT_CHECK_BURST);
}

/* ---- what comes of it ---- */

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

/* Those of two small networks know each other when one knew one. */
static void two_networks_are_one(void **state)
{
    (void)state;
    dht_world_init(&world, 71);
    for (uint32_t i = 0; i < 28; i++) {
        struct dht_node *node = dht_world_add(&world, NULL);

        if (i > 1) {
            dht_world_enter(node, &world.nodes[i % 2], false, false);
        }
        dht_world_run(&world, 200);
    }
    dht_world_run(&world, 10 * MINUTE);
    assert_int_equal(known_across(), 0);
    dht_world_enter(&world.nodes[4], &world.nodes[9], false, true);
    dht_world_run(&world, 2 * MINUTE);
    assert_true(known_across() > 14 * 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(a_new_neighbour_but_not_more_than_one_a_minute),
        TEST(nobody_is_asked_by_a_client),
        TEST(nor_who_stands_far_away),
        TEST(whom_it_names_and_we_do_not_know),
        TEST(but_not_by_anybody),
        TEST(not_without_end),
        TEST(two_networks_are_one),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
