#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

#define MINUTE (UINT64_C(60) * 1000)

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

/* One that has to find out whether it can be reached. */
static struct vc_dht_config undecided(void)
{
    struct vc_dht_config cfg;

    dht_world_config(&cfg);
    cfg.is_bootstrap = false;
    return cfg;
}

static bool is_seen_at(const struct dht_node *node, const struct vc_addr *addr)
{
    struct vc_dht_status status = dht_world_status(node);

    return vc_addr_equal(&status.seen, addr);
}

static void begin(uint32_t hands)
{
    const struct vc_dht_config cfg = undecided();

    dht_desk_begin(&desk, &cfg, hands, false);
}

/* ---- quorum ---- */

static void nobody_has_answered(void **state)
{
    (void)state;
    begin(1);
    assert_int_equal(dht_world_status(desk.node).role, VC_DHT_ROLE_CLIENT);
    assert_int_equal(dht_world_status(desk.node).why, VC_DHT_WHY_NO_ANSWER);
    assert_int_equal(dht_world_status(desk.node).seen.family, 0);
}

/* Where it is counts when five in as many /16 say the same; one word is enough for an id. */
static void five_networks_have_to_agree(void **state)
{
    (void)state;
    begin(12);
    dht_desk_meet(&desk);
    assert_true(is_seen_at(desk.node, &desk.node->addrs[0]));
    assert_int_equal(dht_world_status(desk.node).why, VC_DHT_WHY_CLOSED);
    assert_true(desk.node->dht->families[0].id ==
                vc_dht_node_id(&desk.node->addrs[0], &desk.node->dht->key, true));
}

static void four_networks_are_too_few_when_more_are_known(void **state)
{
    (void)state;
    begin(12);
    /* All but four say nothing of it that could be true. */
    for (uint32_t i = 4; i < 12; i++) {
        desk.seen[i] = vc_addr_ipv4((const uint8_t[]){192, 168, 1, 7}, 5000);
    }
    dht_desk_meet(&desk);
    assert_true(is_seen_at(desk.node, &desk.node->addrs[0]));
    assert_int_equal(dht_world_status(desk.node).why, VC_DHT_WHY_FEW);
}

static void four_of_five_are_too_few(void **state)
{
    (void)state;
    begin(5);
    desk.seen[4] = vc_addr_ipv4((const uint8_t[]){99, 99, 99, 99}, 99);
    dht_desk_meet(&desk);
    assert_true(is_seen_at(desk.node, &desk.node->addrs[0]));
    assert_int_equal(dht_world_status(desk.node).why, VC_DHT_WHY_FEW);
}

static void one_network_has_one_word(void **state)
{
    (void)state;
    begin(12);
    for (uint32_t i = 1; i < 12; i++) {
        desk.hands[i].addr.ip[1] = desk.hands[0].addr.ip[1];
        desk.hands[i].addr.ip[2] = (uint8_t)(i * 3);
    }
    dht_desk_meet(&desk);
    assert_true(dht_world_status(desk.node).nodes > 4);
    assert_true(desk.node->dht->families[0].witnesses[0].network != 0);
    assert_true(desk.node->dht->families[0].witnesses[1].network == 0);
}

static void a_few_liars_change_nothing(void **state)
{
    (void)state;
    begin(8);
    for (uint32_t i = 0; i < 2; i++) {
        desk.seen[i] = vc_addr_ipv4((const uint8_t[]){99, 99, 99, 99}, 99);
    }
    dht_desk_meet(&desk);
    assert_true(is_seen_at(desk.node, &desk.node->addrs[0]));
    assert_int_equal(dht_world_status(desk.node).why, VC_DHT_WHY_CLOSED);
}

/* A NAT that maps each anew. */
static void everybody_sees_it_elsewhere(void **state)
{
    const struct vc_dht_config cfg = undecided();
    struct dht_node *node;

    (void)state;
    dht_world_init(&world, 4);
    dht_world_build(&world, 16, NULL);
    node = dht_world_add(&world, &cfg);
    node->has_new_ports = node->is_natted[0] = true;
    dht_world_enter(node, &world.nodes[0], false, false);
    dht_world_run(&world, 30 * MINUTE);
    assert_int_equal(dht_world_status(node).why, VC_DHT_WHY_UNSTABLE);
    assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_CLIENT);
    for (uint32_t i = 0; i < 16; i++) {
        assert_false(dht_world_knows(&world.nodes[i], node, false));
    }
}

/* ---- strangers ---- */

/* Behind a NAT that lets in only whom it wrote to it stays a client, though it is pinged by many
 * to whom it has written, and it does not ask for ever. */
static void closed(void **state)
{
    const struct vc_dht_config cfg = undecided();
    struct dht_node *node;
    struct vc_hash32 place = {{0}};
    uint64_t before;

    (void)state;
    dht_world_init(&world, 5);
    dht_world_build(&world, 16, NULL);
    node = dht_world_add(&world, &cfg);
    node->is_natted[0] = true;
    dht_world_enter(node, &world.nodes[0], false, false);
    for (uint8_t i = 0; i < 40; i++) {
        place.b[0] = (uint8_t)(i * 6);
        (void)dht_world_get(node, &place);
        dht_world_run(&world, MINUTE);
        assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_CLIENT);
    }
    assert_int_equal(dht_world_status(node).why, VC_DHT_WHY_CLOSED);
    for (uint32_t i = 0; i < 16; i++) {
        assert_false(dht_world_knows(&world.nodes[i], node, false));
    }
    dht_world_run(&world, 120 * MINUTE);
    before = node->bytes_out;
    dht_world_run(&world, 240 * MINUTE);
    assert_in_range(node->bytes_out - before, 0, 4 * 1024);
}

static void open_and_old_enough(void **state)
{
    const struct vc_dht_config cfg = undecided();
    struct dht_node *node;
    uint32_t known = 0, changes;
    vc_ms began_at;

    (void)state;
    dht_world_init(&world, 6);
    dht_world_build(&world, 16, NULL);
    node = dht_world_add(&world, &cfg);
    began_at = world.now;
    dht_world_enter(node, &world.nodes[0], false, false);
    /* It has written to all of them when it came, and only later are there strangers. */
    dht_world_run(&world, 19 * MINUTE);
    assert_int_equal(dht_world_status(node).why, VC_DHT_WHY_YOUNG);
    assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_CLIENT);
    dht_world_run(&world, began_at + VC_DHT_UPTIME_MS - world.now);
    assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_CLIENT);
    dht_world_run(&world, 1000);
    assert_int_equal(dht_world_status(node).why, VC_DHT_WHY_REACHABLE);
    assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_ROUTER);
    /* It stays one, without a gap, and others get to know it. */
    changes = dht_world_count(&world, node, VC_DHT_CHANGED, 0);
    dht_world_run(&world, 240 * MINUTE);
    assert_int_equal(dht_world_count(&world, node, VC_DHT_CHANGED, 0), changes);
    assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_ROUTER);
    for (uint32_t i = 0; i < 16; i++) {
        known += dht_world_knows(&world.nodes[i], node, false);
    }
    assert_true(known > 8);
}

/* However many it answers: they do not make it take the next one for somebody it knows. */
static void a_busy_router_still_knows_strangers(void **state)
{
    const struct vc_dht_request ping = {.type = VC_DHT_PING};
    struct vc_dht_answer answer;

    (void)state;
    dht_desk_begin(&desk, NULL, 2, false);
    for (uint32_t i = 0; i < 6000; i++) {
        const uint8_t ip[4] = {60, (uint8_t)(i >> 8), (uint8_t)i, 1};

        desk.hands[1].addr = vc_addr_ipv4(ip, 99);
        desk.hands[1].has_cookie = false;
        assert_true(dht_desk_ask(&desk, 1, &ping, &answer) > 0);
        if (i % 60 == 0) {
            dht_world_run(&desk.world, 1000);
        }
        assert_true(desk.node->dht->families[0].open_at + 1000 >= desk.world.now);
    }
}

/* A tenth of all that is needed for a call is lost on the way, and it stays open all the same. */
static bool lose_some(struct dht_world *in, struct dht_node *from,
                      const struct vc_addr *to, struct vc_bytes bytes)
{
    (void)from;
    (void)to;
    (void)bytes;
    return dht_world_below(in, 10) == 0;
}

static void a_call_that_is_lost_is_made_again(void **state)
{
    const struct vc_dht_config cfg = undecided();
    struct dht_node *node;

    (void)state;
    dht_world_init(&world, 7);
    dht_world_build(&world, 16, NULL);
    node = dht_world_add(&world, &cfg);
    dht_world_enter(node, &world.nodes[0], false, false);
    dht_world_run(&world, 25 * MINUTE);
    world.filter = lose_some;
    for (int i = 0; i < 240; i++) {
        dht_world_run(&world, MINUTE);
        assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_ROUTER);
    }
}

/* At another address it has to show again that it can be reached, and stays there for long. */
static void a_change_of_address_begins_anew(void **state)
{
    const struct vc_dht_config cfg = undecided();
    struct vc_addr elsewhere = vc_addr_ipv4((const uint8_t[]){77, 1, 2, 3}, 4000);
    struct dht_node *node;
    uint32_t changes;

    (void)state;
    dht_world_init(&world, 8);
    dht_world_build(&world, 16, NULL);
    node = dht_world_add(&world, &cfg);
    dht_world_enter(node, &world.nodes[0], false, false);
    dht_world_run(&world, 25 * MINUTE);
    assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_ROUTER);
    changes = dht_world_count(&world, node, VC_DHT_CHANGED, 0);
    dht_world_move(node, &elsewhere);
    assert_true(dht_world_count(&world, node, VC_DHT_CHANGED, 0) > changes);
    assert_int_equal(dht_world_status(node).seen.family, 0);
    assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_CLIENT);
    dht_world_run(&world, 5 * MINUTE);
    assert_true(is_seen_at(node, &elsewhere));
    assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_CLIENT);
    dht_world_run(&world, 20 * MINUTE);
    assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_ROUTER);
}

/* ---- both families ---- */

/* Over IPv6 a firewall lets in only whom it wrote to: it routes over IPv4, and only there. */
static void it_routes_where_it_can_be_reached(void **state)
{
    struct vc_dht_config cfg, mine = undecided();
    struct dht_node *node;
    uint32_t over_ipv4 = 0;

    (void)state;
    dht_world_config(&cfg);
    cfg.has_ipv6 = mine.has_ipv6 = true;
    dht_world_init(&world, 9);
    dht_world_build(&world, 16, &cfg);
    node = dht_world_add(&world, &mine);
    node->is_natted[1] = true;
    dht_world_enter(node, &world.nodes[0], false, false);
    dht_world_enter(node, &world.nodes[0], true, false);
    dht_world_run(&world, 60 * MINUTE);
    assert_int_equal(dht_world_status(node).role, VC_DHT_ROLE_ROUTER);
    assert_int_equal(node->dht->families[1].why, VC_DHT_WHY_CLOSED);
    for (uint32_t i = 0; i < 16; i++) {
        assert_false(dht_world_knows(&world.nodes[i], node, true));
        over_ipv4 += dht_world_knows(&world.nodes[i], node, false);
    }
    assert_true(over_ipv4 > 4);
}

static void roles_that_are_given(void **state)
{
    struct vc_dht_config cfg = undecided();

    (void)state;
    dht_world_init(&world, 10);
    cfg.is_bootstrap = true;
    assert_int_equal(dht_world_status(dht_world_add(&world, &cfg)).role,
                     VC_DHT_ROLE_ROUTER);
    cfg.is_client = true;
    assert_int_equal(dht_world_status(dht_world_add(&world, &cfg)).role,
                     VC_DHT_ROLE_CLIENT);
    cfg.is_bootstrap = cfg.is_client = false;
    cfg.is_private = true;
    assert_int_equal(dht_world_status(dht_world_add(&world, &cfg)).role,
                     VC_DHT_ROLE_ROUTER);
    assert_int_equal(dht_world_status(&world.nodes[2]).why, VC_DHT_WHY_PRIVATE);
}

/* ---- the time ---- */

static void tell_time(uint32_t hands, uint32_t liars, uint32_t silent,
                      bool *ret_is_known, int64_t *ret_error_ms)
{
    struct vc_now now;
    vc_ms unix_ms = 0;

    begin(hands);
    for (uint32_t i = 0; i < hands; i++) {
        desk.skew_ms[i] = i < liars ? 3600000 * (i % 2 == 0 ? 48 : -48) : 0;
        desk.has_no_date[i] = i >= hands - silent;
    }
    desk.node->skew_ms = 86400000; /* its own clock is wrong */
    dht_desk_meet(&desk);
    now = dht_world_clock(desk.node);
    *ret_is_known = vc_dht_time(desk.node->dht, &now, &unix_ms);
    *ret_error_ms = (int64_t)unix_ms - (int64_t)(now.unix_ms - 86400000);
    dht_desk_end(&desk);
}

static void the_median_of_five_networks(void **state)
{
    int64_t error_ms;
    bool is_known;

    (void)state;
    tell_time(8, 0, 0, &is_known, &error_ms);
    assert_true(is_known && error_ms >= -1100 && error_ms <= 0);
    tell_time(8, 3, 0, &is_known, &error_ms);
    assert_true(is_known && error_ms >= -1100 && error_ms <= 0);
    tell_time(4, 0, 0, &is_known, &error_ms);
    assert_false(is_known);
    tell_time(8, 0, 4, &is_known, &error_ms);
    assert_false(is_known);
    tell_time(8, 0, 3, &is_known, &error_ms);
    assert_true(is_known && error_ms >= -1100 && error_ms <= 0);
}

/* Where everybody believes the others, nobody's clock may wander off. */
static void the_time_of_a_network_stays(void **state)
{
    (void)state;
    dht_world_init(&world, 11);
    dht_world_build(&world, 12, NULL);
    dht_world_run(&world, 180 * MINUTE);
    for (uint32_t i = 0; i < 12; i++) {
        struct vc_now now = dht_world_clock(&world.nodes[i]);
        vc_ms unix_ms;

        assert_true(vc_dht_time(world.nodes[i].dht, &now, &unix_ms));
        assert_in_range(unix_ms, now.unix_ms - 1100, now.unix_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(nobody_has_answered),
        TEST(five_networks_have_to_agree),
        TEST(four_networks_are_too_few_when_more_are_known),
        TEST(four_of_five_are_too_few),
        TEST(one_network_has_one_word),
        TEST(a_few_liars_change_nothing),
        TEST(everybody_sees_it_elsewhere),
        TEST(closed),
        TEST(open_and_old_enough),
        TEST(a_busy_router_still_knows_strangers),
        TEST(a_call_that_is_lost_is_made_again),
        TEST(a_change_of_address_begins_anew),
        TEST(it_routes_where_it_can_be_reached),
        TEST(roles_that_are_given),
        TEST(the_median_of_five_networks),
        TEST(the_time_of_a_network_stays),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
