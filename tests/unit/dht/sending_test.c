#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

static struct dht_desk desk;

static int set_up(void **state)
{
    (void)state;
    dht_desk_begin(&desk, NULL, 30, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dht_desk_end(&desk);
    return 0;
}

static void begin_with(const struct vc_dht_config *cfg)
{
    dht_desk_end(&desk);
    dht_desk_begin(&desk, cfg, 30, false);
}

/* A request that nobody else wants: what becomes of it is of no interest. */
static struct vc_dht_wish wish_to(uint32_t hand, enum vc_dht_type type)
{
    return (struct vc_dht_wish){.to = dht_hand_contact(&desk.hands[hand]),
                                .type = type,
                                .owner = VC_DHT_OWNER_CALL};
}

/* ---- the queue ---- */

static void the_queue_is_full_and_says_so(void **state)
{
    const struct vc_dht_wish wish = wish_to(1, VC_DHT_PING);

    (void)state;
    for (int i = 0; i < VC_DHT_WISHES_MAX; i++) {
        assert_true(vc_dht_wishes_have_room(desk.node->dht));
        assert_true(vc_dht_wish_for(desk.node->dht, &wish));
    }
    assert_false(vc_dht_wishes_have_room(desk.node->dht));
    assert_false(vc_dht_wish_for(desk.node->dht, &wish));
    dht_world_drain(desk.node);
    assert_true(vc_dht_wishes_have_room(desk.node->dht));
    dht_world_run(&desk.world, 100);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, 1), VC_DHT_WISHES_MAX);
}

static void only_what_one_owner_wanted_is_dropped(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 12; i++) {
        struct vc_dht_wish wish = wish_to(i, VC_DHT_PING);

        wish.owner = i % 3 == 0 ? VC_DHT_OWNER_CALL : VC_DHT_OWNER_RING;
        assert_true(vc_dht_wish_for(desk.node->dht, &wish));
    }
    vc_dht_wishes_drop(desk.node->dht, VC_DHT_OWNER_CALL);
    dht_world_drain(desk.node);
    dht_world_run(&desk.world, 100);
    for (uint32_t i = 0; i < 12; i++) {
        assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, i), i % 3 != 0);
    }
    /* In the order in which they were wanted. */
    assert_int_equal(desk.node->dht->wish_count, 0);
}

/* ---- rates ---- */

static uint32_t sent_in(vc_ms ms)
{
    uint64_t before = desk.world.datagrams;
    vc_ms until = desk.world.now + ms;

    while (desk.world.now < until) {
        const struct vc_dht_wish wish = wish_to(1, VC_DHT_PING);

        while (vc_dht_wish_for(desk.node->dht, &wish)) {
            continue;
        }
        dht_world_drain(desk.node);
        dht_world_run(&desk.world, 5);
    }
    return (uint32_t)(desk.world.datagrams - before);
}

static void a_router_sends_forty_a_second(void **state)
{
    (void)state;
    assert_in_range(sent_in(1000), VC_DHT_ASK_BURST + 30, VC_DHT_ASK_BURST + 41);
    assert_in_range(sent_in(10000), 10 * VC_DHT_ASK_RATE - 2, 10 * VC_DHT_ASK_RATE + 2);
}

static void a_client_fifteen(void **state)
{
    struct vc_dht_config cfg;

    (void)state;
    dht_world_config(&cfg);
    cfg.is_client = true;
    begin_with(&cfg);
    (void)sent_in(1000);
    assert_in_range(sent_in(10000), 10 * VC_DHT_ASK_RATE_CLIENT - 2,
                    10 * VC_DHT_ASK_RATE_CLIENT + 2);
}

/* It asks for a tick when the rate lets the next one go, and not before. */
static void the_rate_says_when_to_come_again(void **state)
{
    const struct vc_dht_wish wish = wish_to(1, VC_DHT_PING);

    (void)state;
    (void)sent_in(1000);
    assert_true(vc_dht_wish_for(desk.node->dht, &wish));
    dht_world_drain(desk.node);
    assert_true(desk.node->dht->wish_count > 0);
    assert_in_range(desk.node->due_at, desk.world.now + 1, desk.world.now + 25);
}

/* ---- cookies ---- */

static void call(uint32_t pings, uint32_t calls)
{
    const struct vc_dht_wish wish = wish_to(3, VC_DHT_CALL);

    assert_true(vc_dht_wish_for(desk.node->dht, &wish));
    dht_world_drain(desk.node);
    dht_world_run(&desk.world, 500);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, 3), pings);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_CALL, 3), calls);
    assert_true(dht_desk_last(&desk, VC_DHT_CALL, 3)->request.has_cookie);
    assert_int_equal(dht_desk_last(&desk, VC_DHT_CALL, 3)->request.cookie.b[1], 3);
}

static void what_needs_a_cookie_asks_for_one_first(void **state)
{
    (void)state;
    call(1, 1);
    call(1, 2); /* it has one now */
    dht_world_run(&desk.world, VC_DHT_COOKIE_USE_MS);
    call(2, 3); /* which is too old */
}

/* ---- what cannot be sent ---- */

/* A key of low order has no shared secret: who is said to have it is passed over at once. */
static void nodes_without_a_good_key_fail_at_once(void **state)
{
    struct vc_hash32 place = {{1}};
    uint32_t ask;

    (void)state;
    dht_desk_meet(&desk);
    memset(&desk.hands[3].key, 0, sizeof desk.hands[3].key);
    ask = dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 8000);
    assert_int_equal(
        dht_world_last(&desk.world, desk.node, VC_DHT_DONE, ask)->output.reason,
        VC_ERR_NOT_FOUND);
}

/* ---- all calls are taken ---- */

static void few_calls(struct vc_dht_config *cfg)
{
    dht_world_config(cfg);
    cfg->calls_max = 4;
    begin_with(cfg);
}

static void all_are_silent(void)
{
    memset(desk.is_silent, true, sizeof desk.is_silent);
}

static void nothing_is_sent_while_all_calls_are_taken(void **state)
{
    struct vc_dht_config cfg;

    (void)state;
    few_calls(&cfg);
    dht_world_run(&desk.world, 0);
    all_are_silent();
    for (uint32_t i = 0; i < 10; i++) {
        const struct vc_dht_wish wish = wish_to(i, VC_DHT_PING);

        assert_true(vc_dht_wish_for(desk.node->dht, &wish));
    }
    dht_world_drain(desk.node);
    assert_int_equal(desk.node->dht->calls.pool.count, 4);
    assert_int_equal(desk.node->dht->wish_count, 6);
    /* None is late: it comes again when one is. */
    assert_false(vc_dht_is_sending(desk.node->dht));
    assert_int_equal(desk.node->due_at, desk.world.now + VC_DHT_HEDGE_FIRST_MS);
    /* Late ones give way, and in the end everybody was asked. */
    dht_world_run(&desk.world, 2000);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, i), 1);
    }
}

/* A lookup goes on to its end with four calls, and nobody counts as dead who was not asked. */
static void a_lookup_gets_through_with_four_calls(void **state)
{
    struct vc_dht_config cfg;
    struct vc_hash32 place = {{0x55}};
    const struct dht_told *told;
    uint32_t ask;

    (void)state;
    few_calls(&cfg);
    dht_desk_meet(&desk);
    for (uint32_t i = 0; i < 30; i += 3) {
        desk.is_silent[i] = true;
    }
    ask = dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 8000);
    told = dht_world_last(&desk.world, desk.node, VC_DHT_DONE, ask);
    assert_int_equal(told->output.reason, VC_ERR_NOT_FOUND);
    assert_in_range(told->output.asked, 16, 30);
}

/* ---- what leaves ---- */

static void each_says_who_asks_and_is_another_one(void **state)
{
    struct vc_hash32 place = {{0x77}};

    (void)state;
    dht_desk_meet(&desk);
    (void)dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 8000);
    /* dht_world checks VC_DHT_DATAGRAM_MAX of each. */
    for (size_t i = 0; i < desk.heard_count; i++) {
        assert_true(desk.heard[i].header.is_router);
        assert_memory_equal(desk.heard[i].header.asker.b, desk.node->dht->key.b, 32);
    }
    for (size_t i = 1; i < desk.heard_count; i++) {
        assert_memory_not_equal(desk.heard[i].header.txid.b,
                                desk.heard[i - 1].header.txid.b, 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_queue_is_full_and_says_so),
        TEST(only_what_one_owner_wanted_is_dropped),
        TEST(a_router_sends_forty_a_second),
        TEST(a_client_fifteen),
        TEST(the_rate_says_when_to_come_again),
        TEST(what_needs_a_cookie_asks_for_one_first),
        TEST(nodes_without_a_good_key_fail_at_once),
        TEST(nothing_is_sent_while_all_calls_are_taken),
        TEST(a_lookup_gets_through_with_four_calls),
        TEST(each_says_who_asks_and_is_another_one),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
