/* node/find/status.c: what people are told. */
#include "tests/support/test.h"

#include "tests/unit/find/host.h"

static struct host host;

static int begin(void **state)
{
    (void)state;
    host_open(&host, 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    host_close(&host);
    return 0;
}

static struct vc_find_status status(void)
{
    struct vc_find_status status;

    vc_find_status(host.find, &host.now, &status);
    return status;
}

static void it_says_how_it_stands_with_our_record(void **state)
{
    struct vc_addr here = host_addr(1);
    struct vc_dht_output kept = {.kind = VC_DHT_KEPT, .holders = 7};

    (void)state;
    assert_false(status().is_published);
    assert_true(status().published_at == VC_NEVER);
    host_set_self(&host, &here);
    host_join(&host);
    host_pass(&host, 5000);
    assert_false(status().is_published); /* nobody has said that he holds it */
    assert_true(status().published_at <= host.now.mono);
    host_done(&host, host_put(&host)->ask, VC_ERR_TIMEOUT, 4);
    assert_true(status().is_published);
    assert_int_equal(status().holders, 4);
    assert_int_equal(status().failure, VC_ERR_TIMEOUT);
    kept.place = host_put(&host)->place;
    vc_find_dht_output(host.find, &host.now, &kept);
    assert_int_equal(status().holders, 7);
    assert_int_equal(status().failure, VC_OK);
    assert_int_equal(status().addr_count, 1);
    assert_true(vc_addr_equal(&status().addrs[0], &here));
    assert_int_equal(status().epoch, vc_dht_epoch_of(host.now.unix_ms));
    assert_false(status().is_clock_off);
    host.dht.time = 5;
    assert_true(status().is_clock_off);
}

static void it_counts_other_places_and_who_is_looked_for(void **state)
{
    struct vc_addr here = host_addr(1);
    const struct vc_id16 secret = {{1}};
    struct vc_find_contact contact;
    struct person other;

    (void)state;
    host_set_self(&host, &here);
    host_join(&host);
    vc_find_invite_put(host.find, &host.now, 1, &secret, VC_NEVER);
    host_pass(&host, 60000);
    assert_int_equal(status().invite_places, 1);
    assert_int_equal(status().forward_places, 0);
    person_init(&other, 2);
    host_contact_of(&other, &contact);
    vc_find_seek_contact(host.find, &host.now, 5, &contact, VC_FIND_ONCE);
    host_pass(&host, 1);
    assert_int_equal(status().seeking, 1);
    assert_int_equal(status().waiting, 0);
    assert_true(status().lookup_at == VC_NEVER);
    host_done(&host, host_get(&host)->ask, VC_ERR_NOT_FOUND, 0);
    assert_int_equal(status().seeking, 0);
    assert_int_equal(status().waiting, 1);
    assert_true(status().lookup_at == host.now.mono);
    assert_int_equal(status().lookup_ms, 90);
    assert_int_equal(status().lookup_reason, VC_ERR_NOT_FOUND);
    assert_int_equal(status().lookups, 1);
    assert_int_equal(status().found, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_says_how_it_stands_with_our_record),
        TEST(it_counts_other_places_and_who_is_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
