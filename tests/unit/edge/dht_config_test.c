#include "node/edge/dht_config.h"

#include <string.h>

#include "tests/support/test.h"

static struct vc_options options;
static struct vc_udp udp;

static int begin(void **state)
{
    (void)state;
    options = (struct vc_options){.network_id = "lab", .network_id_len = 3};
    udp = (struct vc_udp){.count = 1};
    udp.sockets[0].bound.family = 4;
    return 0;
}

static void the_network_is_that_of_the_options(void **state)
{
    (void)state;
    struct vc_dht_config config;

    options.is_private = true;
    vc_dht_config_of(&options, &udp, &config);
    assert_int_equal(config.network_id.len, 3);
    assert_memory_equal(config.network_id.data, "lab", 3);
    assert_true(config.is_private);
    options.is_private = false;
    vc_dht_config_of(&options, &udp, &config);
    assert_false(config.is_private);
}

static void a_family_is_on_when_there_is_a_socket(void **state)
{
    (void)state;
    struct vc_dht_config config;

    vc_dht_config_of(&options, &udp, &config);
    assert_true(config.has_ipv4 && !config.has_ipv6);
    udp.sockets[1].bound.family = 6;
    udp.count = 2;
    vc_dht_config_of(&options, &udp, &config);
    assert_true(config.has_ipv4 && config.has_ipv6);
    udp.sockets[0].bound.family = 6;
    vc_dht_config_of(&options, &udp, &config);
    assert_true(!config.has_ipv4 && config.has_ipv6);
}

static void only_a_client_has_no_room_for_records_of_others(void **state)
{
    (void)state;
    struct vc_dht_config config;

    vc_dht_config_of(&options, &udp, &config);
    assert_false(config.is_client || config.is_bootstrap);
    assert_true(config.records_max > 0);
    options.role = VC_ROLE_CLIENT;
    vc_dht_config_of(&options, &udp, &config);
    assert_true(config.is_client && !config.is_bootstrap);
    assert_int_equal(config.records_max, 0);
    options.role = VC_ROLE_BOOTSTRAP;
    vc_dht_config_of(&options, &udp, &config);
    assert_true(config.is_bootstrap && !config.is_client);
    assert_true(config.records_max > 0);
}

static void an_entry_point_is_one_whatever_its_role_says(void **state)
{
    (void)state;
    struct vc_dht_config config;

    options.role = VC_ROLE_CLIENT;
    options.is_bootstrap_only = true;
    vc_dht_config_of(&options, &udp, &config);
    assert_true(config.is_bootstrap && !config.is_client);
    assert_true(config.records_max > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_network_is_that_of_the_options, begin),
        cmocka_unit_test_setup(a_family_is_on_when_there_is_a_socket, begin),
        cmocka_unit_test_setup(only_a_client_has_no_room_for_records_of_others, begin),
        cmocka_unit_test_setup(an_entry_point_is_one_whatever_its_role_says, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
