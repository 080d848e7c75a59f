#include <string.h>

#include "dht/machine.h"
#include "dht/table_parts.h"
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

/* ---- walks ---- */

static void its_own_id_comes_first(void **state)
{
    uint64_t own;
    size_t at = 1, near = 0;

    (void)state;
    dht_desk_begin(&desk, NULL, 30, false);
    dht_desk_meet(&desk);
    own = desk.node->dht->families[0].id;
    assert_true(desk.heard[0].header.is_hello);
    for (; at < desk.heard_count && near < 16; at++) {
        assert_int_equal(desk.heard[at].request.type, VC_DHT_FIND);
        near += desk.heard[at].request.target == own;
        assert_true(near > 0);
    }
    assert_true(near >= 8);
    assert_true(dht_world_status(desk.node).nodes > 20);
}

static uint32_t finds_in[VC_DHT_BUCKETS + 1];

static bool count_buckets(struct dht_world *in, struct dht_node *from,
                          const struct vc_addr *to, struct vc_bytes bytes)
{
    struct vc_dht_header header;
    struct vc_dht_request request;

    if (from->index == 7 &&
        dht_world_read(dht_world_at(in, to), bytes, &header, &request) &&
        request.type == VC_DHT_FIND) {
        /* What is asked for are points around what is looked for. */
        const struct vc_dht_ask *walk =
            vc_dht_ask_at(from->dht, from->dht->asks_count - 1);

        finds_in[vc_dht_bucket(walk->target ^ from->dht->families[0].id)]++;
    }
    return false;
}

static void then_buckets_of_which_too_few_are_known(void **state)
{
    struct vc_dht_family *family;

    (void)state;
    dht_world_init(&world, 60);
    dht_world_build(&world, 90, NULL);
    /* Walks to their own ids are over. */
    dht_world_run(&world, 60 * MINUTE);
    world.filter = count_buckets;
    family = &world.nodes[7].dht->families[0];
    for (uint32_t i = family->table.count; i-- > 0;) {
        if (vc_dht_table_bucket(&family->table, family->table.ids[i]) == 0) {
            vc_dht_table_remove(&family->table, i);
        }
    }
    family->walk_bucket = 0;
    dht_world_drain(&world.nodes[7]);
    dht_world_run(&world, 10 * SECOND);
    assert_true(vc_dht_table_depth(&family->table) > 0);
    assert_true(finds_in[0] > 0);
    assert_int_equal(finds_in[1], 0);
    /* Those of it are known again. */
    for (uint32_t i = 0, known = 0; i < family->table.count; i++) {
        known += vc_dht_table_bucket(&family->table, family->table.ids[i]) == 0;
        assert_true(i + 1 < family->table.count || known >= VC_DHT_EMPTY_WANTED);
    }
}

static void a_client_meets_its_neighbours_only(void **state)
{
    struct vc_dht_config cfg;

    (void)state;
    dht_world_config(&cfg);
    cfg.is_client = true;
    dht_desk_begin(&desk, &cfg, 30, false);
    dht_desk_meet(&desk);
    assert_true(dht_world_status(desk.node).nodes >= 8);
    /* It looks there again until that brings nobody new. */
    dht_world_run(&desk.world, 5 * MINUTE);
    dht_desk_clear(&desk);
    dht_world_run(&desk.world, 180 * MINUTE);
    /* And when nobody asks anything of it, it says nothing. */
    assert_int_equal(desk.heard_count, 0);
}

/* However many come later: it meets them when it asks for something. */
static void a_client_does_not_look_for_company(void **state)
{
    struct vc_dht_config cfg;
    struct dht_node *client;
    uint64_t before;

    (void)state;
    dht_world_config(&cfg);
    cfg.is_client = true;
    dht_world_init(&world, 64);
    dht_world_build(&world, 20, NULL);
    client = dht_world_add(&world, &cfg);
    dht_world_enter(client, &world.nodes[0], false, false);
    dht_world_run(&world, MINUTE);
    before = client->datagrams_out;
    dht_world_build(&world, 20, NULL);
    dht_world_run(&world, 60 * MINUTE);
    assert_int_equal(client->datagrams_out, before);
}

/* Somebody is silent at a door: he, or we?  A client that does not find out would think for ever
 * that it is alone, and look for nobody. */
static void a_client_finds_out_that_it_is_not_alone(void **state)
{
    struct vc_dht_config cfg;
    struct vc_addr nobody = vc_addr_ipv4((const uint8_t[4]){9, 9, 9, 9}, 999);
    struct vc_now now;
    uint32_t changes;

    (void)state;
    dht_world_config(&cfg);
    cfg.is_client = true;
    dht_desk_begin(&desk, &cfg, 30, false);
    dht_desk_meet(&desk);
    dht_world_run(&desk.world, 5 * MINUTE);
    dht_desk_clear(&desk);
    changes = dht_world_count(&desk.world, desk.node, VC_DHT_CHANGED, 0);
    now = dht_world_clock(desk.node);
    vc_dht_enter(desk.node->dht, &now, &nobody, NULL);
    dht_world_drain(desk.node);
    for (int i = 0; i < 60; i++) {
        dht_world_run(&desk.world, 1000);
        assert_true(dht_world_status(desk.node).is_joined);
    }
    /* At most one for each knock. */
    assert_in_range(dht_desk_count(&desk, VC_DHT_PING, DHT_DESK_ANY), 1, VC_DHT_DOOR_TRIES + 1);
    assert_int_equal(desk.heard_count, dht_desk_count(&desk, VC_DHT_PING, DHT_DESK_ANY));
    assert_int_equal(changes, dht_world_count(&desk.world, desk.node, VC_DHT_CHANGED, 0));
}

/* After a walk that met so many neighbours for the first time: is there another one? */
static bool walks_again(unsigned met)
{
    struct vc_now now = dht_world_clock(desk.node);
    struct vc_dht_family *family = &desk.node->dht->families[0];

    family->walk_met = met;
    vc_dht_joining_walked(desk.node->dht, &now, family->id);
    return family->again_at != VC_NEVER;
}

static void it_walks_again_while_neighbours_are_missed(void **state)
{
    (void)state;
    dht_desk_begin(&desk, NULL, 50, false);
    dht_desk_meet(&desk);
    for (uint32_t i = 0; i < desk.hand_count; i++) {
        struct vc_dht_contact contact = dht_hand_contact(&desk.hands[i]);

        (void)vc_dht_table_heard(&desk.node->dht->families[0].table,
                                 dht_world_clock(desk.node).mono, &contact);
    }
    assert_true(desk.node->dht->families[0].table.count >= VC_DHT_NEAR);
    assert_true(walks_again(VC_DHT_NEAR));
    assert_true(walks_again(6));
    assert_false(walks_again(5)); /* 5 * 5 / 32: less than one is missed */
    assert_false(walks_again(0));
}

/* Where few are known three of twelve were not many. */
static void among_few_less_is_enough(void **state)
{
    (void)state;
    dht_desk_begin(&desk, NULL, 12, false);
    dht_desk_meet(&desk);
    assert_int_equal(desk.node->dht->families[0].table.count, 12);
    assert_true(walks_again(4));
    assert_false(walks_again(3));
}

/* A new id is looked up again, but not all the time. */
static void not_more_often_than_each_half_minute(void **state)
{
    uint32_t walks = 0;
    vc_ms last = 0;

    (void)state;
    dht_desk_begin(&desk, NULL, 12, false);
    dht_desk_meet(&desk);
    dht_desk_clear(&desk);
    for (int i = 0; i < 3000; i++) {
        desk.node->dht->families[0].wants_walk = true;
        dht_world_drain(desk.node);
        dht_world_run(&desk.world, 100);
    }
    for (size_t i = 0; i < desk.heard_count; i++) {
        if (desk.heard[i].request.type == VC_DHT_FIND &&
            desk.heard[i].at > last + 5 * SECOND) {
            walks++;
            assert_true(last == 0 ||
                        desk.heard[i].at > last + VC_DHT_WALK_EVERY_MS - SECOND);
            last = desk.heard[i].at;
        }
    }
    assert_in_range(walks, 9, 11);
}

/* Both families look up their own id, and fill their tables. */
static void each_family_walks(void **state)
{
    struct vc_dht_config cfg;
    struct dht_node *node;

    (void)state;
    dht_world_config(&cfg);
    cfg.has_ipv6 = true;
    dht_world_init(&world, 61);
    dht_world_build(&world, 40, &cfg);
    dht_world_run(&world, MINUTE);
    node = &world.nodes[39];
    for (unsigned family = 0; family < 2; family++) {
        assert_false(node->dht->families[family].wants_walk);
        assert_true(node->dht->families[family].own_walk_at > 0);
        assert_true(node->dht->families[family].table.count > 20);
    }
}

static uint32_t finds_near;

static bool count_near(struct dht_world *in, struct dht_node *from,
                       const struct vc_addr *to, struct vc_bytes bytes)
{
    const struct dht_node *node = dht_world_at(in, to);
    struct vc_dht_header header;
    struct vc_dht_request request;

    if (from->index == 7 && dht_world_read(node, bytes, &header, &request)) {
        finds_near +=
            request.type == VC_DHT_FIND && request.target == from->dht->families[0].id;
    }
    return false;
}

/* Buckets of which nothing was heard for an hour are looked into; what is near by our own id. */
static void stale_buckets_are_looked_into(void **state)
{
    struct vc_dht_table *table;

    (void)state;
    dht_world_init(&world, 62);
    dht_world_build(&world, 50, NULL);
    dht_world_run(&world, 10 * MINUTE);
    world.filter = count_near;
    table = &world.nodes[7].dht->families[0].table;
    for (int i = 0; i < 30; i++) {
        /* As if nothing had been heard of anybody. */
        memset(table->bucket_at, 0, sizeof table->bucket_at);
        table->bucket_due_at = 0;
        dht_world_drain(&world.nodes[7]);
        dht_world_run(&world, MINUTE);
    }
    assert_true(finds_near > 0);
}

/* ---- who is known ---- */

static void who_routes_pings_whom_it_has_not_heard(void **state)
{
    uint32_t pings;

    (void)state;
    dht_desk_begin(&desk, NULL, 12, false);
    dht_desk_meet(&desk);
    dht_desk_clear(&desk);
    dht_world_run(&desk.world, VC_DHT_UNHEARD_MS - MINUTE);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, DHT_DESK_ANY), 0);
    dht_world_run(&desk.world, VC_DHT_UNHEARD_MS + MINUTE);
    pings = dht_desk_count(&desk, VC_DHT_PING, DHT_DESK_ANY);
    assert_in_range(pings, 6, 31);
}

static void the_first_answer_is_told(void **state)
{
    (void)state;
    dht_desk_begin(&desk, NULL, 4, false);
    assert_false(dht_world_status(desk.node).is_joined);
    dht_desk_meet(&desk);
    assert_true(dht_world_status(desk.node).is_joined);
    assert_true(dht_world_count(&desk.world, desk.node, VC_DHT_CHANGED, 0) > 0);
}

/* Who answers where no node of the public network can be is asked, and not put into the table;
 * but what he tells leads on. */
static void a_door_in_the_same_house(void **state)
{
    static const uint8_t home[4] = {192, 168, 1, 2};
    struct vc_dht_node entry;

    (void)state;
    dht_desk_begin(&desk, NULL, 12, false);
    desk.hands[0].addr = vc_addr_ipv4(home, 5000);
    dht_desk_meet(&desk);
    assert_true(dht_world_status(desk.node).nodes >= 8);
    for (uint32_t i = 0; vc_dht_node_at(desk.node->dht, i, &entry); i++) {
        assert_int_equal(entry.contact.addr.ip[0], 50);
    }
}

/* ---- a change of network ---- */

static void after_a_change_eight_are_asked_at_once(void **state)
{
    struct vc_addr elsewhere = vc_addr_ipv4((const uint8_t[4]){77, 7, 7, 7}, 4000);
    struct vc_dht_config cfg;
    struct vc_key32 before;

    (void)state;
    dht_world_config(&cfg);
    cfg.is_client = true;
    dht_desk_begin(&desk, &cfg, 30, false);
    dht_desk_meet(&desk);
    before = desk.node->dht->key;
    memset(desk.is_silent, true, sizeof desk.is_silent);
    dht_desk_clear(&desk);
    dht_world_move(desk.node, &elsewhere);
    assert_memory_not_equal(before.b, desk.node->dht->key.b, 32);
    assert_int_equal(dht_world_status(desk.node).suspects,
                     dht_world_status(desk.node).nodes);
    assert_false(dht_world_status(desk.node).is_joined);
    assert_int_equal(dht_world_status(desk.node).seen.family, 0);
    dht_world_run(&desk.world, 60);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, DHT_DESK_ANY),
                     VC_DHT_FIRST_ASKED);
    for (size_t i = 0; i < desk.heard_count; i++) {
        assert_memory_not_equal(before.b, desk.heard[i].header.asker.b, 32);
        assert_false(desk.heard[i].header.has_cookie);
    }
    /* Nothing is forgotten while nobody answers. */
    dht_world_run(&desk.world, 30 * MINUTE);
    assert_true(dht_world_status(desk.node).nodes >= 8);
    memset(desk.is_silent, false, sizeof desk.is_silent);
    dht_world_run(&desk.world, 16 * MINUTE);
    assert_true(dht_world_status(desk.node).is_joined);
    assert_int_equal(dht_world_status(desk.node).seen.ip[0], 77);
}

static void what_is_under_way_goes_on(void **state)
{
    struct vc_addr elsewhere = vc_addr_ipv4((const uint8_t[4]){77, 7, 7, 7}, 4000);
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;
    struct dht_node *node;
    uint32_t get, put;

    (void)state;
    dht_world_init(&world, 63);
    dht_world_build(&world, 30, NULL);
    node = &world.nodes[9];
    dht_world_record(&world, 1, 7, 24, record, &place);
    (void)dht_world_publish(&world.nodes[3], VC_BYTES(record));
    dht_world_run(&world, 9 * SECOND);
    get = dht_world_get(node, &place);
    dht_world_record(&world, 2, 7, 24, record, &place);
    put = dht_world_publish(node, VC_BYTES(record));
    dht_world_run(&world, 15);
    dht_world_move(node, &elsewhere);
    dht_world_run(&world, 9 * SECOND);
    assert_int_equal(dht_world_last(&world, node, VC_DHT_DONE, get)->output.reason,
                     VC_OK);
    assert_int_equal(dht_world_last(&world, node, VC_DHT_DONE, put)->output.reason,
                     VC_OK);
    /* The others get to know it where and as what it is now. */
    dht_world_run(&world, 10 * MINUTE);
    for (uint32_t i = 0, known = 0; i < 30; i++) {
        known += i != 9 && dht_world_knows(&world.nodes[i], node, false);
        assert_true(i < 29 || known > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(its_own_id_comes_first),
        TEST(then_buckets_of_which_too_few_are_known),
        TEST(a_client_meets_its_neighbours_only),
        TEST(a_client_does_not_look_for_company),
        TEST(a_client_finds_out_that_it_is_not_alone),
        TEST(it_walks_again_while_neighbours_are_missed),
        TEST(among_few_less_is_enough),
        TEST(not_more_often_than_each_half_minute),
        TEST(each_family_walks),
        TEST(stale_buckets_are_looked_into),
        TEST(who_routes_pings_whom_it_has_not_heard),
        TEST(the_first_answer_is_told),
        TEST(a_door_in_the_same_house),
        TEST(after_a_change_eight_are_asked_at_once),
        TEST(what_is_under_way_goes_on),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
