#include "tests/support/check.h"
#include "tests/unit/dht/table_nodes.h"

static struct vc_dht_table table;

static int set_up(void **state)
{
    (void)state;
    table_open(&table, 300, 0, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    table_close(&table);
    return 0;
}

static void depth_is_the_bucket_of_the_last_of_the_near(void **state)
{
    uint32_t number = 0;

    (void)state;
    assert_int_equal(vc_dht_table_depth(&table), 0);
    for (uint32_t i = 0; i < VC_DHT_NEAR; i++) {
        struct vc_dht_contact contact = node_in_bucket(&table, 4, &number);

        vc_dht_table_heard(&table, 0, &contact);
    }
    for (uint32_t i = 1; i <= 10; i++) {
        struct vc_dht_contact near = node_in_bucket(&table, 7, &number);
        struct vc_dht_contact far = node_in_bucket(&table, 1, &number);

        vc_dht_table_heard(&table, 0, &near);
        vc_dht_table_heard(&table, 0, &far);
        assert_int_equal(vc_dht_table_depth(&table), 4);
    }
    for (uint32_t i = 11; i <= VC_DHT_NEAR; i++) {
        struct vc_dht_contact near = node_in_bucket(&table, 5 + i % 3, &number);

        vc_dht_table_heard(&table, 0, &near);
    }
    assert_int_equal(vc_dht_table_depth(&table), 5);
}

static void networks_are_counted_up_to_a_number(void **state)
{
    (void)state;
    assert_int_equal(vc_dht_table_networks(&table, 5), 0);
    for (uint32_t i = 0; i < 9; i++) {
        struct vc_dht_contact contact = node(i);

        contact.addr.ip[1] = (uint8_t)(i / 3);
        contact.addr.ip[2] = (uint8_t)i;
        vc_dht_table_heard(&table, 0, &contact);
    }
    assert_int_equal(vc_dht_table_networks(&table, 5), 3);
    assert_int_equal(vc_dht_table_networks(&table, 2), 2);
    assert_int_equal(vc_dht_table_networks(&table, 0), 0);
    expect_assert_failure((void)vc_dht_table_networks(&table, VC_DHT_NETWORKS_MAX + 1));
}

static void a_node_is_told_with_all_that_is_known(void **state)
{
    struct vc_dht_contact contact = node(7);
    struct vc_dht_node told;

    (void)state;
    vc_dht_table_heard(&table, 5 * MINUTE, &contact);
    vc_dht_table_node(&table, 0, &told);
    assert_memory_equal(&told.contact, &contact, sizeof contact);
    assert_true(told.id == id_in(&table, &contact));
    assert_int_equal(told.bucket, bucket_in(&table, &contact));
    assert_true(told.heard_at == 5 * MINUTE);
    assert_false(told.is_suspect);
    vc_dht_table_suspect_all(&table, 6 * MINUTE);
    vc_dht_table_node(&table, 0, &told);
    assert_true(told.is_suspect);
    expect_assert_failure(vc_dht_table_node(&table, 1, &told));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(depth_is_the_bucket_of_the_last_of_the_near),
        TEST(networks_are_counted_up_to_a_number),
        TEST(a_node_is_told_with_all_that_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
