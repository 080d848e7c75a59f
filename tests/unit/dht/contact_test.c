#include "dht/contact.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/test.h"

static struct vc_dht_contact ipv4_contact(void)
{
    struct vc_dht_contact contact = {
        .addr = vc_addr_ipv4((const uint8_t[]){192, 0, 2, 1}, 0x1234)};

    memset(contact.key.b, 0x77, sizeof contact.key.b);
    return contact;
}

static struct vc_dht_contact ipv6_contact(void)
{
    struct vc_dht_contact contact = {
        .addr =
            vc_addr_ipv6((const uint8_t[16]){0x20, 1, 0xd, 0xb8, 1, 1, [15] = 9}, 443)};

    memset(contact.key.b, 0x88, sizeof contact.key.b);
    return contact;
}

static size_t write(uint8_t room[VC_DHT_CONTACT_LEN_IPV6],
                    const struct vc_dht_contact *contact)
{
    struct vc_writer w = vc_writer(room, VC_DHT_CONTACT_LEN_IPV6);

    vc_dht_contact_write(&w, contact);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    return vc_writer_bytes(&w).len;
}

static vc_err read_back(const uint8_t *bytes, size_t len,
                        struct vc_dht_contact *ret_contact)
{
    struct vc_reader r = vc_reader((struct vc_bytes){bytes, len});

    vc_dht_contact_read(&r, ret_contact);
    return vc_reader_end(&r);
}

static void test_a_contact_is_read_as_it_was_written(void **state)
{
    struct vc_dht_contact contacts[] = {ipv4_contact(), ipv6_contact()};
    const size_t lens[] = {VC_DHT_CONTACT_LEN_IPV4, VC_DHT_CONTACT_LEN_IPV6};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[VC_DHT_CONTACT_LEN_IPV6];
        struct vc_dht_contact read;

        assert_int_equal(write(bytes, &contacts[i]), lens[i]);
        assert_int_equal(read_back(bytes, lens[i], &read), VC_OK);
        assert_true(vc_addr_equal(&read.addr, &contacts[i].addr));
        assert_memory_equal(read.key.b, contacts[i].key.b, 32);
        for (size_t len = 0; len < lens[i]; len++) {
            assert_int_equal(read_back(bytes, len, &read), VC_ERR_MALFORMED);
        }
    }
}

static void test_the_bytes_are_those_of_the_document(void **state)
{
    struct vc_dht_contact contact = ipv4_contact();
    uint8_t bytes[VC_DHT_CONTACT_LEN_IPV6];
    const uint8_t head[7] = {4, 192, 0, 2, 1, 0x34, 0x12};

    (void)state;
    (void)write(bytes, &contact);
    assert_memory_equal(bytes, head, sizeof head);
    assert_memory_equal(bytes + sizeof head, contact.key.b, 32);
}

static void test_only_two_families(void **state)
{
    struct vc_dht_contact contact = ipv6_contact(), read;
    uint8_t bytes[VC_DHT_CONTACT_LEN_IPV6];
    size_t good = 0;

    (void)state;
    (void)write(bytes, &contact);
    for (unsigned first = 0; first < 256; first++) {
        size_t len = (first & 7) == 4 ? VC_DHT_CONTACT_LEN_IPV4 : sizeof bytes;
        bool is_good = first == 4 || first == 6;

        bytes[0] = (uint8_t)first;
        good += is_good;
        assert_int_equal(read_back(bytes, len, &read),
                         is_good ? VC_OK : VC_ERR_MALFORMED);
    }
    assert_int_equal(good, 2);
}

static void test_nobody_is_at_an_unusable_address(void **state)
{
    static const uint8_t mapped[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1};
    struct vc_dht_contact contact = ipv6_contact(), read;
    uint8_t bytes[VC_DHT_CONTACT_LEN_IPV6];

    (void)state;
    (void)write(bytes, &contact);
    memcpy(bytes + 1, mapped, sizeof mapped);
    assert_int_equal(read_back(bytes, sizeof bytes, &read), VC_ERR_MALFORMED);
    contact.addr = vc_addr_ipv6((const uint8_t[16]){0xff, 2}, 1);
    assert_int_equal(read_back(bytes, write(bytes, &contact), &read), VC_ERR_MALFORMED);
    contact = ipv4_contact();
    contact.addr.port = 0;
    assert_int_equal(read_back(bytes, write(bytes, &contact), &read), VC_ERR_MALFORMED);
}

static void test_what_no_contact_can_be_is_not_written(void **state)
{
    struct vc_dht_contact contact = ipv4_contact();
    uint8_t bytes[VC_DHT_CONTACT_LEN_IPV6];

    (void)state;
    contact.addr.family = 0;
    expect_assert_failure((void)write(bytes, &contact));
}

/* The first and the last address of each network that is not public, and their neighbours. */
static const struct {
    const char *address;
    bool is_public;
} public_cases[] = {
    {"0.255.255.255:1", false},
    {"1.0.0.0:1", true},
    {"9.255.255.255:1", true},
    {"10.0.0.0:1", false},
    {"10.255.255.255:1", false},
    {"11.0.0.0:1", true},
    {"100.63.255.255:1", true},
    {"100.64.0.0:1", false},
    {"100.127.255.255:1", false},
    {"100.128.0.0:1", true},
    {"126.255.255.255:1", true},
    {"127.0.0.1:1", false},
    {"128.0.0.0:1", true},
    {"169.253.255.255:1", true},
    {"169.254.0.0:1", false},
    {"169.255.0.0:1", true},
    {"172.15.255.255:1", true},
    {"172.16.0.0:1", false},
    {"172.31.255.255:1", false},
    {"172.32.0.0:1", true},
    {"192.0.0.255:1", false},
    {"192.0.1.0:1", true},
    {"192.0.2.0:1", false},
    {"192.0.3.0:1", true},
    {"192.88.99.1:1", false},
    {"192.88.100.0:1", true},
    {"192.167.255.255:1", true},
    {"192.168.0.0:1", false},
    {"192.169.0.0:1", true},
    {"198.17.255.255:1", true},
    {"198.18.0.0:1", false},
    {"198.19.255.255:1", false},
    {"198.20.0.0:1", true},
    {"198.51.100.7:1", false},
    {"198.51.101.0:1", true},
    {"203.0.113.255:1", false},
    {"203.0.114.0:1", true},
    {"223.255.255.255:1", true},
    {"224.0.0.0:1", false},
    {"255.255.255.255:1", false},
    {"8.8.8.8:0", false},
    {"[::]:1", false},
    {"[::1]:1", false},
    {"[64:ff9b::808:808]:1", false},
    {"[1fff:ffff::]:1", false},
    {"[2000::]:1", true},
    {"[2001::1]:1", false},
    {"[2001:1ff:ffff::]:1", false},
    {"[2001:200::]:1", true},
    {"[2001:db7:ffff::]:1", true},
    {"[2001:db8::]:1", false},
    {"[2001:db9::]:1", true},
    {"[2002:808:808::1]:1", false},
    {"[2003::]:1", true},
    {"[3ffe:ffff::]:1", true},
    {"[3fff::]:1", false},
    {"[3fff:fff:ffff::]:1", false},
    {"[3fff:1000::]:1", true},
    {"[4000::]:1", false},
    {"[fc00::1]:1", false},
    {"[fe80::1]:1", false},
    {"[ff02::1]:1", false},
    {"[2a00::1]:0", false},
};

static void test_special_addresses_are_not_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof public_cases / sizeof public_cases[0]; i++) {
        struct vc_addr addr;

        assert_int_equal(vc_addr_parse(public_cases[i].address, &addr), VC_OK);
        if (vc_dht_addr_is_public(&addr) != public_cases[i].is_public) {
            fail_msg("%s", public_cases[i].address);
        }
    }
}

static uint64_t narrow(const char *text)
{
    struct vc_addr addr;

    assert_int_equal(vc_addr_parse(text, &addr), VC_OK);
    return vc_dht_prefix_narrow(&addr);
}

static uint64_t wide(const char *text)
{
    struct vc_addr addr;

    assert_int_equal(vc_addr_parse(text, &addr), VC_OK);
    return vc_dht_prefix_wide(&addr);
}

static void test_prefixes_are_those_of_networks(void **state)
{
    (void)state;
    assert_true(narrow("192.0.2.1:1") == narrow("192.0.2.255:2"));
    assert_true(narrow("192.0.2.1:1") != narrow("192.0.3.1:1"));
    assert_true(wide("192.0.2.1:1") == wide("192.0.255.1:1"));
    assert_true(wide("192.0.2.1:1") != wide("192.1.2.1:1"));
    assert_true(narrow("[2001:db8:1::1]:1") == narrow("[2001:db8:1:ffff::]:1"));
    assert_true(narrow("[2001:db8:1::1]:1") != narrow("[2001:db8:2::1]:1"));
    assert_true(wide("[2001:db8:1::1]:1") == wide("[2001:db8:2::1]:1"));
    assert_true(wide("[2001:db8:1::1]:1") != wide("[2001:db9:1::1]:1"));
    /* Zeros in front tell families apart too. */
    assert_true(narrow("[0:0:1:2:3::]:1") != narrow("0.1.0.3:1"));
    assert_true(wide("[0:102::]:1") != wide("1.2.0.0:1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_contact_is_read_as_it_was_written),
        cmocka_unit_test(test_the_bytes_are_those_of_the_document),
        cmocka_unit_test(test_only_two_families),
        cmocka_unit_test(test_nobody_is_at_an_unusable_address),
        cmocka_unit_test(test_what_no_contact_can_be_is_not_written),
        cmocka_unit_test(test_special_addresses_are_not_public),
        cmocka_unit_test(test_prefixes_are_those_of_networks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
