/* Own records in a network that grows: they follow to whom others will ask. */
#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

#define SECOND (UINT64_C(1000))
#define MINUTE (60 * SECOND)

#define FEW  10 /* are there at first, */
#define ALL  60 /* so many in the end */
#define MORE 22 /* these are no other network yet */

static struct dht_desk desk;

static int tear_down(void **state)
{
    (void)state;
    if (desk.node != NULL) {
        dht_desk_end(&desk);
    }
    return 0;
}

/* The record is with the first few. */
static void begin(const struct vc_dht_config *cfg)
{
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;

    dht_desk_begin(&desk, cfg, ALL, false);
    memset(&desk.is_silent[FEW], true, ALL - FEW);
    dht_desk_meet(&desk);
    dht_world_record(&desk.world, 1, 7, 24, record, &place);
    (void)dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 5 * MINUTE);
    dht_desk_clear(&desk);
}

/* These begin to route: each asks something, and so is met. */
static void come(uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        const struct vc_dht_request find = {.type = VC_DHT_FIND};
        struct vc_dht_answer answer;

        desk.is_silent[i] = false;
        desk.hands[i].is_router = true;
        (void)dht_desk_ask(&desk, i, &find, &answer);
        dht_world_run(&desk.world, 2 * SECOND);
    }
    dht_world_run(&desk.world, MINUTE);
}

static uint32_t holding(uint32_t first, uint32_t end)
{
    uint32_t count = 0;

    for (uint32_t i = first; i < end; i++) {
        count += desk.holds[i];
    }
    return count;
}

static uint32_t puts_and_refreshes(void)
{
    return dht_desk_count(&desk, VC_DHT_PUT, DHT_DESK_ANY) +
           dht_desk_count(&desk, VC_DHT_REFRESH, DHT_DESK_ANY);
}

/* ---- growth ---- */

static void it_goes_to_who_is_near_now(void **state)
{
    (void)state;
    begin(NULL);
    assert_int_equal(holding(0, ALL), FEW);
    come(FEW, ALL);
    assert_true(holding(FEW, ALL) >= VC_DHT_REPLICAS / 2);
}

static void it_goes_there_once(void **state)
{
    (void)state;
    begin(NULL);
    come(FEW, ALL);
    dht_desk_clear(&desk);
    dht_world_run(&desk.world, 40 * MINUTE);
    assert_int_equal(puts_and_refreshes(), 0);
}

/* Twice as many are the same network: most of the nearest hold it. */
static void it_stays_where_few_have_come(void **state)
{
    (void)state;
    begin(NULL);
    come(FEW, MORE);
    dht_world_run(&desk.world, 35 * MINUTE);
    assert_int_equal(puts_and_refreshes(), 0);
    assert_int_equal(holding(0, ALL), FEW);
}

/* Another record of the same place, put in the grown network, starts from its size. */
static void what_is_put_later_begins_anew(void **state)
{
    uint8_t later[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;

    (void)state;
    begin(NULL);
    come(FEW, MORE);
    dht_world_record(&desk.world, 1, 8, 24, later, &place);
    (void)dht_world_publish(desk.node, VC_BYTES(later));
    dht_world_run(&desk.world, 9 * SECOND);
    dht_desk_clear(&desk);
    come(MORE, ALL);
    assert_int_equal(puts_and_refreshes(), 0);
}

/* A client is asked by nobody, and so hears of nobody who came; a put meets them. */
static void who_is_asked_by_nobody_learns_of_it_by_a_put(void **state)
{
    struct vc_dht_config cfg;
    uint8_t other[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;

    (void)state;
    dht_world_config(&cfg);
    cfg.is_client = true;
    begin(&cfg);
    assert_int_equal(dht_world_status(desk.node).network_size, FEW);
    memset(desk.is_silent, false, sizeof desk.is_silent);
    dht_world_run(&desk.world, VC_DHT_SETTLED_MS);
    assert_int_equal(dht_world_status(desk.node).network_size, FEW);
    dht_world_record(&desk.world, 2, 7, 24, other, &place);
    (void)dht_world_publish(desk.node, VC_BYTES(other));
    dht_world_run(&desk.world, MINUTE);
    assert_in_range(dht_world_status(desk.node).network_size, ALL / 2, 2 * ALL);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_goes_to_who_is_near_now),
        TEST(it_goes_there_once),
        TEST(it_stays_where_few_have_come),
        TEST(what_is_put_later_begins_anew),
        TEST(who_is_asked_by_nobody_learns_of_it_by_a_put),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
