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

/* ---- when ---- */

static void meet_strangers(unsigned count)
{
    struct vc_now now = dht_world_clock(desk.node);

    for (unsigned i = 0; i < count; i++) {
        struct vc_dht_contact one = dht_hand_contact(&desk.hands[i]);

        (void)vc_dht_introductions_stranger(desk.node->dht, &now, &one);
    }
}

static bool is_due(void)
{
    bool was_due = desk.node->dht->introductions.is_due;

    desk.node->dht->introductions.is_due = false;
    return was_due;
}

static void one_or_two_new_ones_are_no_other_network(void **state)
{
    (void)state;
    dht_desk_begin(&desk, NULL, 12, false);
    dht_desk_meet(&desk);
    for (int i = 0; i < 30; i++) {
        meet_strangers(VC_DHT_STRANGERS - 1);
        assert_false(is_due());
        dht_world_run(&desk.world, MINUTE);
    }
}

static void many_at_once_are_but_not_again_and_again(void **state)
{
    vc_ms last = 0;

    (void)state;
    dht_desk_begin(&desk, NULL, 12, false);
    dht_desk_meet(&desk);
    for (int minutes = 0; minutes < 30; minutes++) {
        meet_strangers(2 * VC_DHT_STRANGERS);
        if (is_due()) {
            assert_true(last == 0 ||
                        desk.world.now - last >= VC_DHT_INTRODUCE_EVERY_MS);
            last = desk.world.now;
        }
        assert_true(last > 0);
        dht_world_run(&desk.world, MINUTE);
    }
}

/* ---- of whom to whom ---- */

static uint32_t rings;

/* To a friend, of somebody who stands near him and is none of us. */
static bool judge_rings(struct dht_world *in, struct dht_node *from,
                        const struct vc_addr *to, struct vc_bytes bytes)
{
    struct dht_node *friend = dht_world_at(in, to);
    struct vc_dht_header header;
    struct vc_dht_request request;

    if (from->index == 4 && friend != NULL &&
        dht_world_read(friend, bytes, &header, &request) &&
        request.type == VC_DHT_RING) {
        struct dht_node *stranger = dht_world_at(in, &request.contact.addr);
        uint64_t distance = friend->dht->families[0].id ^ stranger->dht->families[0].id;
        uint32_t nearer = 0;

        for (uint32_t i = 1; i < in->node_count; i += 2) {
            nearer += (friend->dht->families[0].id ^ in->nodes[i].dht->families[0].id) <
                      distance;
        }
        assert_int_equal(friend->index % 2, 0);
        assert_int_equal(stranger->index % 2, 1);
        assert_in_range(nearer, 0, 4);
        rings++;
    }
    return false;
}

/* Two networks, the even and the odd. */
static void found(uint32_t count)
{
    dht_world_init(&world, 72);
    for (uint32_t i = 0; i < count; i++) {
        struct dht_node *node = dht_world_add(&world, NULL);

        if (i > 1) {
            dht_world_enter(node, &world.nodes[i % 2], false, false);
        }
        dht_world_run(&world, 200);
    }
    dht_world_run(&world, 10 * MINUTE);
}

static void the_nearest_of_the_others_to_one_of_each_bucket(void **state)
{
    struct vc_dht *dht;
    struct vc_now now;
    struct vc_dht_contact stranger;

    (void)state;
    rings = 0;
    found(90);
    dht = world.nodes[4].dht;
    now = dht_world_clock(&world.nodes[4]);
    stranger = dht_world_contact(&world.nodes[9], false);
    assert_true(vc_dht_table_heard(&dht->families[0].table, now.mono, &stranger));
    world.filter = judge_rings;
    for (int i = 1; i <= VC_DHT_STRANGERS; i++) {
        assert_int_equal(vc_dht_introductions_stranger(dht, &now, &stranger),
                         i == VC_DHT_STRANGERS);
    }
    assert_true(dht->introductions.is_due);
    dht_world_drain(&world.nodes[4]);
    dht_world_run(&world, 20 * SECOND);
    assert_false(dht->introductions.is_due);
    assert_true(rings > 0);
}

/* What one person learns of another network is soon known by all. */
static void all_know_some_of_the_others(void **state)
{
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;

    (void)state;
    found(90);
    dht_world_record(&world, 1, 7, 24, record, &place);
    (void)dht_world_publish(&world.nodes[20], VC_BYTES(record));
    dht_world_enter(&world.nodes[4], &world.nodes[9], false, true);
    dht_world_run(&world, 3 * MINUTE);
    for (uint32_t i = 0; i < world.node_count; i++) {
        uint32_t known = 0;

        for (uint32_t n = 1 - i % 2; n < world.node_count; n += 2) {
            known += dht_world_knows(&world.nodes[i], &world.nodes[n], false);
        }
        assert_true(known >= 4);
    }
    for (uint32_t i = 1; i < world.node_count; i += 8) {
        uint32_t ask = dht_world_get(&world.nodes[i], &place);

        dht_world_run(&world, 9 * SECOND);
        assert_int_equal(
            dht_world_last(&world, &world.nodes[i], VC_DHT_DONE, ask)->output.reason,
            VC_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(one_or_two_new_ones_are_no_other_network),
        TEST(many_at_once_are_but_not_again_and_again),
        TEST(the_nearest_of_the_others_to_one_of_each_bucket),
        TEST(all_know_some_of_the_others),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
