#include "dht/cookie.h"

#include <string.h>

#include "tests/support/prop.h"
#include "tests/support/test.h"

static const struct vc_secret32 key = {{1}};

static struct vc_addr addr_of(uint8_t last, uint16_t port)
{
    return vc_addr_ipv4((const uint8_t[]){192, 0, 2, last}, port);
}

static void it_is_good_at_its_address_only(void **state)
{
    const struct vc_secret32 other_key = {{2}};
    struct vc_addr addr = addr_of(1, 5000), elsewhere = addr_of(2, 5000);
    struct vc_addr other_port = addr_of(1, 5001);
    /* The same leading bytes, in the other family. */
    struct vc_addr ipv6 = vc_addr_ipv6((const uint8_t[16]){192, 0, 2, 1}, 5000);
    struct vc_dht_cookie cookie;

    (void)state;
    vc_dht_cookie_make(&cookie, &key, 1000, &addr);
    assert_true(vc_dht_cookie_is_good(&cookie, &key, 1000, &addr));
    assert_false(vc_dht_cookie_is_good(&cookie, &key, 1000, &elsewhere));
    assert_false(vc_dht_cookie_is_good(&cookie, &key, 1000, &other_port));
    assert_false(vc_dht_cookie_is_good(&cookie, &key, 1000, &ipv6));
    assert_false(vc_dht_cookie_is_good(&cookie, &other_key, 1000, &addr));
}

static void every_bit_of_it_counts(void **state)
{
    struct vc_addr addr = addr_of(1, 5000);
    struct vc_dht_cookie cookie, zeros = {{0}};

    (void)state;
    vc_dht_cookie_make(&cookie, &key, 0, &addr);
    for (unsigned bit = 0; bit < 8 * VC_DHT_COOKIE_LEN; bit++) {
        struct vc_dht_cookie other = cookie;

        other.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(vc_dht_cookie_is_good(&other, &key, 0, &addr));
        assert_false(vc_dht_cookie_is_good(&other, &key, VC_DHT_COOKIE_SLOT_MS, &addr));
    }
    assert_false(vc_dht_cookie_is_good(&zeros, &key, 0, &addr));
}

static void it_is_what_the_document_says(void **state)
{
    struct vc_addr addr = addr_of(1, 0x1234);
    /* Family, address, port and slot, little-endian. */
    const uint8_t bytes[] = {4, 192, 0, 2, 1, 0x34, 0x12, 3, 0, 0, 0, 0, 0, 0, 0};
    struct vc_dht_cookie cookie, wanted;

    (void)state;
    vc_hash(wanted.b, sizeof wanted.b, "dht cookie", &key, VC_BYTES(bytes));
    vc_dht_cookie_make(&cookie, &key, 4 * VC_DHT_COOKIE_SLOT_MS - 1, &addr);
    assert_memory_equal(&cookie, &wanted, sizeof cookie);
}

/* In its own slot and the next, neither before nor after: and so wherever in a slot it was
 * made, it lives for longer than its holders use it. */
static void it_is_good_for_two_slots(void **state)
{
    struct vc_prop prop = vc_prop_begin("it_is_good_for_two_slots");

    (void)state;
    for (int run = 0; run < 2000; run++) {
        vc_ms made_at = vc_prop_below(&prop, 20 * VC_DHT_COOKIE_SLOT_MS);
        vc_ms now = made_at + vc_prop_below(&prop, 4 * VC_DHT_COOKIE_SLOT_MS);
        uint64_t slot = made_at / VC_DHT_COOKIE_SLOT_MS;
        struct vc_addr addr = addr_of((uint8_t)run, 1);
        struct vc_dht_cookie cookie;

        if (run % 4 == 0) { /* the edges of slots, and what is not made yet */
            made_at = slot * VC_DHT_COOKIE_SLOT_MS;
            now = made_at + 2 * VC_DHT_COOKIE_SLOT_MS - (run % 8 == 0);
            now = run % 12 == 0 && made_at > 0 ? made_at - 1 : now;
        }
        vc_dht_cookie_make(&cookie, &key, made_at, &addr);
        assert_int_equal(vc_dht_cookie_is_good(&cookie, &key, now, &addr),
                         now / VC_DHT_COOKIE_SLOT_MS == slot ||
                             now / VC_DHT_COOKIE_SLOT_MS == slot + 1);
        assert_true(vc_dht_cookie_is_good(&cookie, &key, made_at + VC_DHT_COOKIE_USE_MS,
                                          &addr));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_good_at_its_address_only),
        cmocka_unit_test(every_bit_of_it_counts),
        cmocka_unit_test(it_is_what_the_document_says),
        cmocka_unit_test(it_is_good_for_two_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
