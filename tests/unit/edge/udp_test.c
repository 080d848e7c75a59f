#include "node/edge/udp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/test.h"

static struct vc_addr parse(const char *text)
{
    struct vc_addr addr;

    assert_int_equal(vc_addr_parse(text, &addr), VC_OK);
    return addr;
}

static void addresses_go_to_the_system_and_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"192.0.2.7:4000", "[2001:db8::1]:65535", "0.0.0.0:1"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct vc_addr addr = parse(texts[i]), back;
        struct sockaddr_storage name;
        size_t len = vc_addr_to_sockaddr(&addr, &name);

        assert_int_equal(len, addr.family == 4 ? sizeof(struct sockaddr_in)
                                               : sizeof(struct sockaddr_in6));
        assert_true(vc_addr_from_sockaddr((struct sockaddr *)&name, &back));
        assert_true(vc_addr_equal(&addr, &back));
    }
}

static void a_mapped_address_is_ipv4(void **state)
{
    (void)state;
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    struct vc_addr addr, expected = parse("192.0.2.9:80");

    in6.sin6_addr.s6_addr[10] = in6.sin6_addr.s6_addr[11] = 0xff;
    memcpy(in6.sin6_addr.s6_addr + 12, expected.ip, 4);
    assert_true(vc_addr_from_sockaddr((struct sockaddr *)&in6, &addr));
    assert_true(vc_addr_equal(&addr, &expected));
}

static void other_families_are_no_addresses(void **state)
{
    (void)state;
    struct sockaddr name = {.sa_family = AF_UNIX};
    struct vc_addr addr;

    assert_false(vc_addr_from_sockaddr(&name, &addr));
}

static size_t came;

static void count_datagram(void *ctx, const struct vc_addr *from, struct vc_bytes datagram)
{
    (void)from;
    assert_int_equal(datagram.len, 100);
    came++;
    uv_stop(ctx);
}

static void more_than_a_batch_is_sent_and_comes(void **state)
{
    (void)state;
    static struct vc_udp udp;
    struct vc_addr any = parse("127.0.0.1:0");
    uint8_t bytes[100] = {1};
    size_t count = 2 * VC_EDGE_DATAGRAMS_PER_SEND + 3;
    uv_loop_t loop;

    came = 0;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(vc_udp_init(&udp), VC_OK);
    udp.on_datagram = count_datagram;
    udp.ctx = &loop;
    assert_int_equal(vc_udp_bind(&udp, &loop, &any), VC_OK);
    assert_int_not_equal(udp.sockets[0].bound.port, 0);
    for (size_t i = 0; i < count; i++)
        vc_udp_send(&udp, &udp.sockets[0].bound, (struct vc_bytes){bytes, sizeof bytes});
    vc_udp_flush(&udp);
    assert_int_equal(udp.unsent, 0);
    assert_int_equal(uv_run(&loop, UV_RUN_NOWAIT), 0); /* nobody reads yet */
    assert_int_equal(came, 0);
    vc_udp_set_reading(&udp, true);
    while (came < count)
        (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(came, count);
    vc_udp_close(&udp);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    free(udp.read_buffer);
}

static void a_used_address_is_refused_and_leaves_no_socket(void **state)
{
    (void)state;
    static struct vc_udp one, two;
    struct vc_addr any = parse("127.0.0.1:0");
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(vc_udp_bind(&one, &loop, &any), VC_OK);
    assert_int_equal(vc_udp_bind(&two, &loop, &one.sockets[0].bound), VC_ERR_ADDRESS_IN_USE);
    assert_int_equal(two.count, 0);
    assert_int_equal(vc_udp_bind(&two, &loop, &any), VC_OK);
    vc_udp_close(&one);
    vc_udp_close(&two);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void sockets_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    static struct vc_udp udp;
    struct vc_addr any = parse("127.0.0.1:0");
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    for (size_t i = 0; i < VC_UDP_SOCKETS_MAX; i++)
        assert_int_equal(vc_udp_bind(&udp, &loop, &any), VC_OK);
    assert_int_equal(vc_udp_bind(&udp, &loop, &any), VC_ERR_FULL);
    vc_udp_close(&udp);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_go_to_the_system_and_back),
        cmocka_unit_test(a_mapped_address_is_ipv4),
        cmocka_unit_test(other_families_are_no_addresses),
        cmocka_unit_test(more_than_a_batch_is_sent_and_comes),
        cmocka_unit_test(a_used_address_is_refused_and_leaves_no_socket),
        cmocka_unit_test(sockets_beyond_the_limit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
