#include "node/edge/interfaces.h"

#include "tests/support/test.h"

static struct vc_udp udp; /* large, and nothing in it is opened */

static void listen_at(size_t place, const char *text)
{
    assert_int_equal(vc_addr_parse(text, &udp.sockets[place].bound), VC_OK);
    udp.count = place + 1;
}

static void assert_address(const struct vc_addr *addr, const char *text)
{
    struct vc_addr expected;

    assert_int_equal(vc_addr_parse(text, &expected), VC_OK);
    assert_true(vc_addr_equal(addr, &expected));
}

static void public_ipv4_comes_first_and_unique_local_last(void **state)
{
    (void)state;
    struct vc_addr addrs[4];

    listen_at(0, "[fd00::1]:9");
    listen_at(1, "10.1.2.3:9");
    listen_at(2, "[2001:db8::1]:9");
    listen_at(3, "192.0.2.1:9");
    assert_int_equal(vc_interfaces_addresses(&udp, addrs, 4), 4);
    assert_address(&addrs[0], "192.0.2.1:9");
    assert_address(&addrs[1], "10.1.2.3:9");
    assert_address(&addrs[2], "[2001:db8::1]:9");
    assert_address(&addrs[3], "[fd00::1]:9");
}

static void loopback_is_told_only_when_there_is_nothing_else(void **state)
{
    (void)state;
    struct vc_addr addrs[4];

    listen_at(0, "127.0.0.1:9");
    assert_int_equal(vc_interfaces_addresses(&udp, addrs, 4), 1);
    assert_address(&addrs[0], "127.0.0.1:9");
    listen_at(1, "192.168.1.1:9");
    assert_int_equal(vc_interfaces_addresses(&udp, addrs, 4), 1);
    assert_address(&addrs[0], "192.168.1.1:9");
}

static void an_address_is_told_once(void **state)
{
    (void)state;
    struct vc_addr addrs[4];

    listen_at(0, "192.0.2.1:9");
    listen_at(1, "192.0.2.1:9");
    assert_int_equal(vc_interfaces_addresses(&udp, addrs, 4), 1);
}

static void the_best_are_told_when_there_is_no_room_for_all(void **state)
{
    (void)state;
    struct vc_addr addrs[1];

    listen_at(0, "[2001:db8::1]:9");
    listen_at(1, "100.64.0.1:9");
    assert_int_equal(vc_interfaces_addresses(&udp, addrs, 1), 1);
    assert_address(&addrs[0], "100.64.0.1:9");
}

static void the_wildcard_stands_for_the_machines_addresses(void **state)
{
    (void)state;
    struct vc_addr addrs[16];
    size_t count;

    listen_at(0, "0.0.0.0:9");
    count = vc_interfaces_addresses(&udp, addrs, 16);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(addrs[i].family, 4);
        assert_int_equal(addrs[i].port, 9);
        assert_int_not_equal(addrs[i].ip[0], 0);
        assert_false(vc_addr_is_link_local(&addrs[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_ipv4_comes_first_and_unique_local_last),
        cmocka_unit_test(loopback_is_told_only_when_there_is_nothing_else),
        cmocka_unit_test(an_address_is_told_once),
        cmocka_unit_test(the_best_are_told_when_there_is_no_room_for_all),
        cmocka_unit_test(the_wildcard_stands_for_the_machines_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
