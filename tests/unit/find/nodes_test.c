/* node/find/nodes.c: the nodes that the DHT knew, over restarts. */
#include "tests/support/test.h"

#include "tests/unit/find/host.h"

static struct host host;

static int begin(void **state)
{
    (void)state;
    host_open(&host, 1);
    memcpy(host.dht.table, "\x01nodes", 6);
    host.dht.table_len = 6;
    return 0;
}

static int end(void **state)
{
    (void)state;
    host_close(&host);
    return 0;
}

static void ask_to_save(void)
{
    struct vc_dht_output output = {.kind = VC_DHT_SAVE};

    vc_find_dht_output(host.find, &host.now, &output);
}

static void what_was_known_is_known_after_a_restart(void **state)
{
    (void)state;
    assert_int_equal(host.dht.restored_len, 0);
    ask_to_save();
    host_pass(&host, 1);
    host_crash(&host);
    assert_int_equal(host.dht.restored_len, 6);
    assert_memory_equal(host.dht.restored, host.dht.table, 6);
}

static void before_the_end_it_is_saved_as_well(void **state)
{
    (void)state;
    vc_find_save(host.find, &host.now);
    host_turn(&host);
    host_crash(&host);
    assert_int_equal(host.dht.restored_len, 6);
}

static void another_versions_nodes_are_as_none(void **state)
{
    (void)state;
    host.dht.table[0] = 2;
    vc_find_save(host.find, &host.now);
    host_turn(&host);
    host_crash(&host);
    assert_int_equal(host.dht.restored_len, 0);
}

static void without_room_it_is_saved_later(void **state)
{
    static const uint8_t big[VC_STORE_VALUE_MAX];
    const uint8_t key[] = {'x'};

    (void)state;
    while (vc_store_reserve(host.store, 1, sizeof big) == VC_OK) {
        vc_store_put(host.store, VC_TABLE_SETTING, VC_BYTES(key), VC_BYTES(big));
    }
    ask_to_save();
    vc_find_save(host.find, &host.now);
    vc_find_tick(host.find, &host.now);
    assert_false(vc_find_has_written(host.find));
    assert_true(vc_store_submit(host.store) > 0);
    host_commit(&host);
    host_pass(&host, VC_FIND_AGAIN_MS);
    host_crash(&host);
    assert_int_equal(host.dht.restored_len, 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_known_is_known_after_a_restart),
        TEST(before_the_end_it_is_saved_as_well),
        TEST(another_versions_nodes_are_as_none),
        TEST(without_room_it_is_saved_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
