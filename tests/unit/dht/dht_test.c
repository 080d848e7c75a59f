#include "dht/dht.h"

#include "tests/support/dht_world.h"
#include "tests/support/test.h"

static struct dht_world world;

static int tear_down(void **state)
{
    (void)state;
    dht_world_free(&world);
    return 0;
}

static void what_is_published_is_found(void **state)
{
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;
    uint32_t ask;

    (void)state;
    dht_world_init(&world, 1);
    dht_world_build(&world, 20, NULL);
    dht_world_record(&world, 1, 7, 24, record, &place);
    ask = dht_world_publish(&world.nodes[3], VC_BYTES(record));
    dht_world_run(&world, 8000);
    assert_int_equal(
        dht_world_last(&world, &world.nodes[3], VC_DHT_DONE, ask)->output.reason,
        VC_OK);
    ask = dht_world_get(&world.nodes[17], &place);
    dht_world_run(&world, 8000);
    assert_int_equal(dht_world_count(&world, &world.nodes[17], VC_DHT_FOUND, ask), 1);
    assert_int_equal(dht_world_open_asks(&world), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_published_is_found, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
