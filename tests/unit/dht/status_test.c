#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

static struct dht_desk desk;

static int set_up(void **state)
{
    struct vc_dht_config cfg;

    (void)state;
    dht_world_config(&cfg);
    cfg.has_ipv6 = true;
    dht_desk_begin(&desk, &cfg, 10, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dht_desk_end(&desk);
    return 0;
}

static struct vc_dht_status status(void)
{
    return dht_world_status(desk.node);
}

static void before_anybody_has_answered(void **state)
{
    (void)state;
    assert_false(status().is_joined);
    assert_int_equal(status().nodes, 0);
    assert_int_equal(status().network_size, 0);
    assert_int_equal(status().seen.family, 0);
    assert_true(status().lookup_at == VC_NEVER);
    assert_memory_equal(status().key.b, desk.node->dht->key.b, 32);
}

static void everything_is_counted(void **state)
{
    struct vc_hash32 place = {{7}};
    struct vc_dht_answer answer;
    uint64_t in, out, bytes_in, bytes_out;
    uint32_t ask;

    (void)state;
    dht_desk_meet(&desk);
    assert_true(status().is_joined);
    assert_int_equal(status().nodes, 10);
    assert_int_equal(status().suspects, 0);
    assert_true(status().network_size >= 8);
    assert_int_equal(status().seen.family, 6);
    assert_int_equal(status().datagrams_out, desk.node->datagrams_out);
    assert_int_equal(status().bytes_out, desk.node->bytes_out);
    assert_int_equal(status().datagrams_in, status().datagrams_out);
    in = status().datagrams_in;
    out = status().datagrams_out;
    bytes_in = status().bytes_in;
    bytes_out = status().bytes_out;
    (void)dht_desk_ask(&desk, 3, &(struct vc_dht_request){.type = VC_DHT_PING},
                       &answer);
    assert_int_equal(status().datagrams_in, in + 1);
    assert_int_equal(status().datagrams_out, out + 1);
    assert_true(status().bytes_in >= bytes_in + 85);
    assert_true(status().bytes_out >= bytes_out + 80);
    assert_int_equal(status().answers, 1);
    ask = dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 3000);
    assert_int_equal(
        status().lookup_ms,
        dht_world_last(&desk.world, desk.node, VC_DHT_DONE, ask)->output.took_ms);
    assert_int_equal(status().lookup_asked, 10);
    assert_in_range(status().lookup_at, desk.world.now - 3000, desk.world.now);
}

static void records_of_others(void **state)
{
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_dht_request put = {.type = VC_DHT_PUT};
    struct vc_dht_answer answer;
    struct vc_hash32 place;

    (void)state;
    dht_world_record(&desk.world, 1, 7, 24, record, &place);
    dht_desk_take_cookie(&desk, 2);
    put.record = VC_BYTES(record);
    (void)dht_desk_ask(&desk, 2, &put, &answer);
    assert_int_equal(status().records, 1);
}

/* Who has answered once has joined, until somebody who was asked does not answer for long.  Both
 * are told. */
static void silence_says_that_it_is_alone(void **state)
{
    uint32_t changes;

    (void)state;
    dht_desk_meet(&desk);
    changes = dht_world_count(&desk.world, desk.node, VC_DHT_CHANGED, 0);
    memset(desk.is_silent, true, sizeof desk.is_silent);
    dht_world_run(&desk.world, 60 * 60000);
    assert_false(status().is_joined);
    assert_int_equal(status().suspects, status().nodes);
    assert_int_equal(dht_world_count(&desk.world, desk.node, VC_DHT_CHANGED, 0), changes + 1);
    memset(desk.is_silent, false, sizeof desk.is_silent);
    dht_world_run(&desk.world, 5 * 60000);
    assert_true(status().is_joined);
    assert_int_equal(dht_world_count(&desk.world, desk.node, VC_DHT_CHANGED, 0), changes + 2);
}

static void nodes_of_both_tables(void **state)
{
    struct vc_dht_contact contact = {
        .addr = vc_addr_ipv4((const uint8_t[4]){60, 1, 1, 1}, 99), .key = {{5}}};
    struct vc_dht_node entry;
    uint32_t count = 0, ipv4 = 0;

    (void)state;
    dht_desk_meet(&desk);
    vc_dht_table_heard(&desk.node->dht->families[0].table, desk.world.now, &contact);
    while (vc_dht_node_at(desk.node->dht, count, &entry)) {
        ipv4 += entry.contact.addr.family == 4;
        assert_true(entry.id ==
                    vc_dht_node_id(&entry.contact.addr, &entry.contact.key, true));
        assert_false(entry.is_suspect);
        count++;
    }
    assert_int_equal(count, 11);
    assert_int_equal(ipv4, 1);
    assert_int_equal(status().nodes, 11);
    assert_false(vc_dht_node_at(desk.node->dht, UINT32_MAX, &entry));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(before_anybody_has_answered), TEST(everything_is_counted),
        TEST(records_of_others),           TEST(silence_says_that_it_is_alone),
        TEST(nodes_of_both_tables),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
