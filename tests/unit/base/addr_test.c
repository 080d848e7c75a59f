#include "crypto/base/addr.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/test.h"

static struct vc_addr addr_of(const char *text)
{
    struct vc_addr addr;

    assert_int_equal(vc_addr_parse(text, &addr), VC_OK);
    return addr;
}

static void text_is_that_of_the_rfc(void **state)
{
    (void)state;
    /* RFC 5952, sections 2 and 4, and the borders of the gap. */
    static const char *const cases[][2] = {
        {"192.0.2.1:5000", "192.0.2.1:5000"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"[2001:0db8:0000:0000:0001:0000:0000:0001]:1", "[2001:db8::1:0:0:1]:1"},
        {"[2001:db8:0:1:1:1:1:1]:1", "[2001:db8:0:1:1:1:1:1]:1"},
        {"[2001:DB8::AbCd]:1", "[2001:db8::abcd]:1"},
        {"[2001:0:0:1:0:0:0:1]:1", "[2001:0:0:1::1]:1"},
        {"[::]:443", "[::]:443"},
        {"[0:0:0:0:0:0:0:1]:1", "[::1]:1"},
        {"[1::]:1", "[1::]:1"},
        {"[1:2:3:4:5:6:7::]:1", "[1:2:3:4:5:6:7:0]:1"},
        {"[::2:3:4:5:6:7:8]:1", "[0:2:3:4:5:6:7:8]:1"},
        {"[1:2:3:4:5:6:7:8]:1", "[1:2:3:4:5:6:7:8]:1"},
        {"[64:ff9b::192.0.2.33]:1", "[64:ff9b::c000:221]:1"},
        {"[1:2:3:4:5:6:1.2.3.4]:1", "[1:2:3:4:5:6:102:304]:1"},
        {"[::ffff:192.0.2.1]:7", "192.0.2.1:7"},
        {"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[VC_ADDR_TEXT_MAX];
        struct vc_addr addr = addr_of(cases[i][0]);
        vc_addr_format(&addr, text);
        assert_string_equal(text, cases[i][1]);
    }
}

static void an_encoded_address_is_a_family_the_bytes_and_the_port(void **state)
{
    (void)state;
    uint8_t room[VC_ADDR_ENCODED_MAX];
    static const uint8_t v4[] = {4, 192, 0, 2, 1, 0x88, 0x13};
    static const uint8_t v6[] = {6, 0x20, 1, 0xd, 0xb8, 0, 0, 0,    0,   0,
                                 0, 0,    0, 0,   0,    0, 1, 0x88, 0x13};
    struct vc_addr addr = addr_of("192.0.2.1:5000");
    struct vc_writer w = vc_writer(room, sizeof(room));

    vc_addr_write(&w, &addr);
    assert_int_equal(vc_writer_bytes(&w).len, sizeof(v4));
    assert_memory_equal(room, v4, sizeof(v4));

    addr = addr_of("[2001:db8::1]:5000");
    w = vc_writer(room, sizeof(room));
    vc_addr_write(&w, &addr);
    assert_int_equal(vc_writer_bytes(&w).len, sizeof(v6));
    assert_memory_equal(room, v6, sizeof(v6));

    struct vc_reader r = vc_reader(vc_writer_bytes(&w));
    struct vc_addr again = vc_addr_read(&r);
    assert_int_equal(vc_reader_end(&r), VC_OK);
    assert_true(vc_addr_equal(&addr, &again));
}

static void a_foreign_encoding_is_malformed(void **state)
{
    (void)state;
    static const uint8_t family[] = {5, 192, 0, 2, 1, 0x88, 0x13};
    static const uint8_t short4[] = {4, 192, 0, 2, 1, 0x88};
    static const uint8_t mapped[] = {6, [11] = 0xff, 0xff, 192, 0, 2, 1, 0x88, 0x13};
    const struct vc_bytes cases[] = {
        VC_BYTES(family), VC_BYTES(short4), VC_BYTES(mapped), {NULL, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vc_reader r = vc_reader(cases[i]);
        struct vc_addr addr = vc_addr_read(&r);
        assert_int_equal(addr.family, 0);
        assert_int_equal(vc_reader_end(&r), VC_ERR_MALFORMED);
    }
}

static void a_mapped_address_becomes_ipv4_everywhere(void **state)
{
    (void)state;
    static const uint8_t ip[16] = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 1};
    struct vc_addr made = vc_addr_ipv6(ip, 7);
    struct vc_addr by_hand = {.family = 6, .port = 7};
    struct vc_addr wanted = addr_of("192.0.2.1:7");
    uint8_t room[VC_ADDR_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    assert_true(vc_addr_equal(&made, &wanted));
    memcpy(by_hand.ip, ip, sizeof(ip));
    vc_addr_write(&w, &by_hand);
    struct vc_reader r = vc_reader(vc_writer_bytes(&w));
    struct vc_addr read = vc_addr_read(&r);
    assert_int_equal(vc_reader_end(&r), VC_OK);
    assert_true(vc_addr_equal(&read, &wanted));
}

static void usable_is_where_a_peer_could_be(void **state)
{
    (void)state;
    static const char *const usable[] = {
        "192.0.2.1:1", "127.0.0.1:1", "10.1.2.3:65535", "169.254.1.1:9",
        "[::1]:1",     "[fe80::1]:1", "[2001::]:5",     "223.255.255.255:1"};
    static const char *const useless[] = {
        "192.0.2.1:0", "0.0.0.0:1", "0.1.2.3:1",   "224.0.0.1:1", "255.255.255.255:1",
        "240.0.0.1:1", "[::]:1",    "[ff02::1]:1", "[2001::]:0"};
    struct vc_addr unset = {0};

    for (size_t i = 0; i < sizeof(usable) / sizeof(usable[0]); i++) {
        struct vc_addr addr = addr_of(usable[i]);
        assert_true(vc_addr_is_usable(&addr));
    }
    for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
        struct vc_addr addr = addr_of(useless[i]);
        assert_false(vc_addr_is_usable(&addr));
    }
    assert_false(vc_addr_is_usable(&unset));
}

static void loopback_and_link_local_are_told_apart(void **state)
{
    (void)state;
    static const char *const cases[] = {"127.0.0.1:1",   "127.9.9.9:1", "[::1]:1",
                                        "169.254.0.1:1", "[fe80::1]:1", "[febf::1]:1",
                                        "128.0.0.1:1",   "[fec0::1]:1", "[::2]:1"};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vc_addr addr = addr_of(cases[i]);
        assert_int_equal(vc_addr_is_loopback(&addr), i < 3);
        assert_int_equal(vc_addr_is_link_local(&addr), i >= 3 && i < 6);
    }
}

static void every_part_of_an_address_counts_for_equality(void **state)
{
    (void)state;
    struct vc_addr a = addr_of("192.0.2.1:5000");
    struct vc_addr port = addr_of("192.0.2.1:5001");
    struct vc_addr ip = addr_of("192.0.2.2:5000");
    struct vc_addr family = a;

    family.family = 6;
    assert_true(vc_addr_equal(&a, &a));
    assert_false(vc_addr_equal(&a, &port));
    assert_false(vc_addr_equal(&a, &ip));
    assert_false(vc_addr_equal(&a, &family));
}

static void an_address_that_is_not_set_has_no_text(void **state)
{
    (void)state;
    struct vc_addr unset = {0};
    char text[VC_ADDR_TEXT_MAX];
    uint8_t room[VC_ADDR_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    expect_assert_failure(vc_addr_format(&unset, text));
    expect_assert_failure(vc_addr_write(&w, &unset));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_that_of_the_rfc),
        cmocka_unit_test(an_encoded_address_is_a_family_the_bytes_and_the_port),
        cmocka_unit_test(a_foreign_encoding_is_malformed),
        cmocka_unit_test(a_mapped_address_becomes_ipv4_everywhere),
        cmocka_unit_test(usable_is_where_a_peer_could_be),
        cmocka_unit_test(loopback_and_link_local_are_told_apart),
        cmocka_unit_test(every_part_of_an_address_counts_for_equality),
        cmocka_unit_test(an_address_that_is_not_set_has_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
