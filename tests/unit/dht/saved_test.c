#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_world.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

static struct dht_world world;
static uint8_t saved[VC_DHT_SAVED_MAX];
static size_t saved_len;

static int set_up(void **state)
{
    (void)state;
    dht_world_init(&world, 51);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dht_world_free(&world);
    return 0;
}

static vc_err restore(struct dht_node *node, struct vc_bytes bytes)
{
    struct vc_now now = dht_world_clock(node);
    vc_err err = vc_dht_restore(node->dht, &now, bytes);

    dht_world_drain(node);
    return err;
}

static void save(const struct dht_node *node)
{
    struct vc_now now = dht_world_clock(node);

    saved_len = vc_dht_save(node->dht, &now, saved, sizeof saved);
}

/* Where the contacts begin in what a node with one address of IPv4 saves. */
#define CONTACTS_AT (10 + 32 + 7 + 4)

/* The date of it, as it would have been so much earlier. */
static void make_older(vc_ms ms)
{
    struct vc_reader r = vc_reader((struct vc_bytes){saved + 1, 8});
    struct vc_writer w = vc_writer(saved + 1, 8);

    vc_write_u64(&w, vc_read_u64(&r) - ms);
}

static struct vc_bytes all_saved(void)
{
    return (struct vc_bytes){saved, saved_len};
}

/* A node that was away is in again by its table alone, soon. */
static void by_its_table_a_node_is_in_again(void **state)
{
    struct dht_node *node;

    (void)state;
    dht_world_build(&world, 30, NULL);
    node = &world.nodes[9];
    save(node);
    assert_int_equal((saved_len - CONTACTS_AT) % VC_DHT_CONTACT_LEN_IPV4, 0);
    assert_true(saved_len > CONTACTS_AT + 15 * VC_DHT_CONTACT_LEN_IPV4);
    make_older(VC_DHT_SAVED_FRESH_MS);
    dht_world_stop(node);
    dht_world_run(&world, 60000);
    dht_world_start(node);
    assert_int_equal(restore(node, all_saved()), VC_OK);
    assert_int_equal(dht_world_status(node).suspects, dht_world_status(node).nodes);
    dht_world_run(&world, 100);
    assert_true(dht_world_status(node).is_joined);
    dht_world_run(&world, 5000);
    assert_true(dht_world_status(node).nodes > 15);
}

/* After minutes it is as if it had been there all the time: its nodes are good, nobody is looked
 * for, and what is asked is found at once. */
static void after_minutes_it_goes_on(void **state)
{
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;
    struct dht_node *node;
    uint32_t ask, nodes;

    (void)state;
    dht_world_build(&world, 40, NULL);
    node = &world.nodes[9];
    dht_world_record(&world, 1, 7, 24, record, &place);
    (void)dht_world_publish(&world.nodes[20], VC_BYTES(record));
    dht_world_run(&world, 600000);
    save(node);
    nodes = dht_world_status(node).nodes;
    dht_world_stop(node);
    dht_world_run(&world, 60000);
    dht_world_start(node);
    node->datagrams_out = 0;
    assert_int_equal(restore(node, all_saved()), VC_OK);
    /* Who is behind a door and names strangers is looked at later. */
    assert_in_range(node->dht->afar_at, dht_world_clock(node).mono,
                    dht_world_clock(node).mono + VC_DHT_AFAR_SPREAD_MS);
    assert_int_equal(dht_world_status(node).suspects, 0);
    assert_true(dht_world_status(node).nodes + 2 >= nodes);
    assert_true(dht_world_status(node).network_size > 20);
    ask = dht_world_get(node, &place);
    dht_world_run(&world, 10000);
    assert_int_equal(dht_world_last(&world, node, VC_DHT_DONE, ask)->output.reason,
                     VC_OK);
    dht_world_run(&world, 50000);
    assert_in_range(node->datagrams_out, 8, 8 + 16);
    /* Its walk comes later. */
    dht_world_run(&world, VC_DHT_WALK_SPREAD_MS);
    assert_true(node->datagrams_out > 8 + 16);
}

/* The same when all have another key meanwhile: their addresses are left. */
static void when_all_have_new_keys(void **state)
{
    (void)state;
    dht_world_build(&world, 12, NULL);
    save(&world.nodes[9]);
    for (uint32_t i = 0; i < 12; i++) {
        dht_world_stop(&world.nodes[i]);
        dht_world_start(&world.nodes[i]);
    }
    assert_int_equal(restore(&world.nodes[9], all_saved()), VC_OK);
    dht_world_run(&world, 10000);
    assert_true(dht_world_status(&world.nodes[9]).is_joined);
    assert_true(vc_dht_knows_somebody_in(world.nodes[9].dht, 0));
}

static void both_families_are_saved(void **state)
{
    struct vc_dht_config cfg;
    struct dht_node *node;
    struct vc_dht_node entry;
    uint32_t ipv6 = 0;

    (void)state;
    dht_world_config(&cfg);
    cfg.has_ipv6 = true;
    dht_world_build(&world, 12, &cfg);
    save(&world.nodes[9]);
    node = dht_world_add(&world, &cfg);
    assert_int_equal(restore(node, all_saved()), VC_OK);
    for (uint32_t i = 0; vc_dht_node_at(node->dht, i, &entry); i++) {
        ipv6 += entry.contact.addr.family == 6;
    }
    assert_true(ipv6 > 5 && ipv6 < dht_world_status(node).nodes);
    /* Who has IPv4 only takes what it can use. */
    node = dht_world_add(&world, NULL);
    assert_int_equal(restore(node, all_saved()), VC_OK);
    assert_true(dht_world_status(node).nodes > 5);
    dht_world_run(&world, 60000);
}

static void it_asks_to_be_saved(void **state)
{
    const struct dht_node *node;
    uint32_t saves;

    (void)state;
    dht_world_build(&world, 4, NULL);
    node = &world.nodes[3];
    dht_world_run(&world, VC_DHT_SAVE_FIRST_MS);
    assert_int_equal(dht_world_count(&world, node, VC_DHT_SAVE, 0), 1);
    dht_world_run(&world, 6 * VC_DHT_SAVE_EVERY_MS);
    saves = dht_world_count(&world, node, VC_DHT_SAVE, 0);
    assert_in_range(saves, 6, 7);
}

static void a_table_of_nobody_is_saved_too(void **state)
{
    struct dht_node *node = dht_world_add(&world, NULL);

    (void)state;
    save(node);
    assert_int_equal(saved_len, 10);
    assert_int_equal(restore(node, all_saved()), VC_OK);
    dht_world_run(&world, 120000);
    assert_int_equal(dht_world_count(&world, node, VC_DHT_SAVE, 0), 0);
}

/* As much as there is room for, and it can be read again. */
static void there_is_only_so_much_room(void **state)
{
    struct dht_node *node;

    (void)state;
    dht_world_build(&world, 12, NULL);
    node = dht_world_add(&world, NULL);
    for (size_t room = 0; room < 12 * VC_DHT_CONTACT_LEN_IPV6; room++) {
        struct vc_now now = dht_world_clock(&world.nodes[9]);
        size_t len = vc_dht_save(world.nodes[9].dht, &now, saved, room);

        assert_true(len <= room);
        assert_int_equal(len == 0, room < VC_DHT_SAVED_MIN);
        if (len > 0) {
            assert_int_equal(restore(node, (struct vc_bytes){saved, len}), VC_OK);
        }
    }
    dht_world_run(&world, 10000);
}

/* Cut off anywhere, of another version, with impossible contacts: then nothing is done. */
static void what_is_malformed_changes_nothing(void **state)
{
    struct dht_node *node;

    (void)state;
    dht_world_build(&world, 8, NULL);
    save(&world.nodes[5]);
    node = dht_world_add(&world, NULL);
    for (size_t len = 0; len < saved_len; len++) {
        if (len < CONTACTS_AT || (len - CONTACTS_AT) % VC_DHT_CONTACT_LEN_IPV4 != 0) {
            assert_int_equal(restore(node, (struct vc_bytes){saved, len}),
                             VC_ERR_MALFORMED);
        }
    }
    saved[0]++;
    assert_int_equal(restore(node, all_saved()), VC_ERR_MALFORMED);
    saved[0]--;
    saved[9]++; /* one own address more than there are families */
    saved[9]++;
    assert_int_equal(restore(node, all_saved()), VC_ERR_MALFORMED);
    saved[9] = 1;
    saved[CONTACTS_AT - 1] = 1; /* it was up for longer than is counted */
    assert_int_equal(restore(node, all_saved()), VC_ERR_MALFORMED);
    saved[CONTACTS_AT - 1] = 0;
    saved[CONTACTS_AT] = 5; /* a family that is none */
    assert_int_equal(restore(node, all_saved()), VC_ERR_MALFORMED);
    saved[CONTACTS_AT] = 4;
    saved[CONTACTS_AT + 1 + 4] = saved[CONTACTS_AT + 1 + 5] = 0; /* port 0 */
    assert_int_equal(restore(node, all_saved()), VC_ERR_MALFORMED);
    assert_false(node->dht->earlier.is_open);
    assert_int_equal(dht_world_status(node).nodes, 0);
    assert_false(node->dht->doors[0].is_used);
    assert_int_equal(node->bytes_out, 0);
}

/* Whatever stands in it: nothing worse happens than that somebody is asked who is not there. */
static void any_bytes_do_no_harm(void **state)
{
    struct vc_prop prop = vc_prop_begin("saved");
    struct dht_node *node = dht_world_add(&world, NULL);
    uint32_t taken = 0;

    (void)state;
    for (int round = 0; round < 300; round++) {
        size_t contacts = vc_prop_below(&prop, 12);
        size_t len = 10;

        vc_prop_bytes(&prop, saved, sizeof saved);
        saved[0] = 2;
        saved[9] = (uint8_t)vc_prop_below(&prop, 2);
        if (saved[9] == 1) {
            saved[len + 32] = 4;
            saved[len + 32 + 1] = 20;
            memset(saved + len + 32 + 7, 0, 4);
            len += 32 + 7 + 4;
        }
        for (size_t i = 0; i < contacts; i++) {
            bool is_ipv4 = vc_prop_below(&prop, 3) > 0;

            saved[len] = is_ipv4 ? 4 : 6;
            /* Private addresses, our own, the same again. */
            saved[len + 1] = (uint8_t)(vc_prop_below(&prop, 8) == 0 ? 10 : 20);
            if (vc_prop_below(&prop, 8) == 0) {
                memcpy(saved + len + (is_ipv4 ? 7 : 19), node->dht->key.b, 32);
            }
            len += is_ipv4 ? VC_DHT_CONTACT_LEN_IPV4 : VC_DHT_CONTACT_LEN_IPV6;
        }
        taken += restore(node, (struct vc_bytes){saved, len}) == VC_OK;
        dht_world_run(&world, 500);
    }
    assert_true(taken > 100);
    assert_true(dht_world_status(node).nodes <= node->cfg.nodes_max);
    dht_world_run(&world, 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(by_its_table_a_node_is_in_again),
        TEST(after_minutes_it_goes_on),
        TEST(when_all_have_new_keys),
        TEST(both_families_are_saved),
        TEST(it_asks_to_be_saved),
        TEST(a_table_of_nobody_is_saved_too),
        TEST(there_is_only_so_much_room),
        TEST(what_is_malformed_changes_nothing),
        TEST(any_bytes_do_no_harm),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
