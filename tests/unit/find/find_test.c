/* node/find/find.c: the door, and the turn. */
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

static void the_date_is_our_own_unless_the_network_knows_better(void **state)
{
    vc_ms own = host.now.unix_ms;

    (void)state;
    assert_true(vc_find_date(NULL, &host.now) == own);
    assert_true(vc_find_date(host.find, &host.now) == own);
    host.dht.time = own + VC_FIND_CLOCK_OFF_MS;
    assert_true(vc_find_date(host.find, &host.now) == own);
    host.dht.time = own + VC_FIND_CLOCK_OFF_MS + 1;
    assert_true(vc_find_date(host.find, &host.now) == host.dht.time);
    host.dht.time = own - VC_FIND_CLOCK_OFF_MS;
    assert_true(vc_find_date(host.find, &host.now) == own);
    host.dht.time = own - VC_FIND_CLOCK_OFF_MS - 1;
    assert_true(vc_find_date(host.find, &host.now) == host.dht.time);
}

static void
what_the_network_said_holds_while_it_is_silent_and_the_clock_is_not_set(void **state)
{
    vc_ms year = UINT64_C(365) * 86400000;

    (void)state;
    host.dht.time = host.now.unix_ms + year;
    host_changed(&host);
    host.dht.time = 0;
    host_pass(&host, 3600000);
    assert_true(vc_find_date(host.find, &host.now) == host.now.unix_ms + year);
    host.now.unix_ms += year; /* it is set right */
    assert_true(vc_find_date(host.find, &host.now) == host.now.unix_ms);
    host.dht.time = host.now.unix_ms + 5000;
    host_changed(&host);
    host.dht.time = 0;
    host_pass(&host, 3600000);
    assert_true(vc_find_date(host.find, &host.now) == host.now.unix_ms);
}

static void at_rest_nothing_is_due(void **state)
{
    (void)state;
    host_pass(&host, 600000);
    assert_true(vc_find_due(host.find) == VC_NEVER);
    assert_false(vc_find_has_written(host.find));
}

static void doors_are_handed_on(void **state)
{
    struct vc_addr addr = host_addr(5);

    (void)state;
    vc_find_door(host.find, &host.now, &addr);
    assert_int_equal(host.dht.door_count, 1);
    assert_true(vc_addr_equal(&host.dht.doors[0], &addr));
}

static void doors_where_nobody_of_the_public_network_can_be_are_left_out(void **state)
{
    struct vc_addr addr = {.family = 4, .ip = {192, 168, 1, 7}, .port = 4000};

    (void)state;
    vc_find_door(host.find, &host.now, &addr);
    assert_int_equal(host.dht.door_count, 0);
    host.find->cfg.is_private = true;
    vc_find_door(host.find, &host.now, &addr);
    assert_int_equal(host.dht.door_count, 1);
}

static void without_memory_it_does_not_begin(void **state)
{
    struct vc_find_config cfg = host.find->cfg;
    struct vc_secret32 seed = {{1}};
    struct vc_find *find;

    (void)state;
    host.fails_at = 1;
    assert_int_equal(vc_find_init(&cfg, &host.now, &seed, &find), VC_ERR_NO_MEMORY);
    vc_find_deinit(NULL);
}

static void outputs_of_the_dht_that_are_of_nobody_do_no_harm(void **state)
{
    const uint8_t record[VC_DHT_RECORD_LEN] = {1};
    struct vc_dht_output output = {.kind = VC_DHT_DATAGRAM, .bytes = VC_BYTES(record)};
    struct vc_find_output told;

    (void)state;
    vc_find_dht_output(host.find, &host.now, &output);
    host_found(&host, 99, VC_BYTES(record));
    host_done(&host, 99, VC_ERR_NOT_FOUND, 0);
    output = (struct vc_dht_output){.kind = VC_DHT_KEPT, .holders = 3};
    vc_find_dht_output(host.find, &host.now, &output);
    assert_false(vc_find_next(host.find, &told));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_date_is_our_own_unless_the_network_knows_better),
        TEST(what_the_network_said_holds_while_it_is_silent_and_the_clock_is_not_set),
        TEST(at_rest_nothing_is_due),
        TEST(doors_are_handed_on),
        TEST(doors_where_nobody_of_the_public_network_can_be_are_left_out),
        TEST(without_memory_it_does_not_begin),
        TEST(outputs_of_the_dht_that_are_of_nobody_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
