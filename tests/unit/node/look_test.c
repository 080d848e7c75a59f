/*
 * What an owner wants to see of the DHT comes out of the node, and nothing is done with it.
 */
#include <stdlib.h>
#include <string.h>

#include "node/node.h"
#include "storage/memory.h"
#include "tests/support/test.h"

struct world {
    struct vc_memory_disk *disk;
    struct vc_store *store;
    struct vc_node *node;
    struct vc_now now;
};

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    void *memory = new_size > 0 ? calloc(1, new_size) : NULL;

    (void)ctx;
    if (memory != NULL && old != NULL) {
        memcpy(memory, old, old_size < new_size ? old_size : new_size);
    }
    free(old);
    return memory;
}

static void begin(struct world *world, const struct vc_dht_config *dht)
{
    static const uint8_t network_id[] = {'t', 'e', 's', 't'};
    const struct vc_secret32 seed = {{1}};
    struct vc_node_config config;

    *world = (struct world){.now = {.mono = 1000, .unix_ms = UINT64_C(1790000000000)}};
    assert_int_equal(vc_crypto_init(), VC_OK);
    world->disk = vc_memory_disk_new();
    assert_non_null(world->disk);
    assert_int_equal(vc_memory_open(world->disk, &world->store), VC_OK);
    vc_memory_commit_at_once(world->store, true);
    vc_node_config_default(&config);
    config.alloc = (struct vc_alloc){.resize = resize};
    config.store = world->store;
    config.network_id = VC_BYTES(network_id);
    config.peers_max = config.half_open_max = 16;
    config.chunk_count = config.packets_max = 512;
    config.dht = dht;
    assert_int_equal(vc_node_init(&config, &world->now, &seed, &world->node), VC_OK);
}

static void end(struct world *world)
{
    vc_node_deinit(world->node);
    vc_store_close(world->store);
    vc_memory_disk_free(world->disk);
}

/* Turns until so many lookups have ended; gives how many came out. */
static unsigned wait_for(struct world *world, unsigned count, vc_ms limit_ms)
{
    vc_ms until = world->now.mono + limit_ms;
    struct vc_node_output output;
    unsigned ended = 0;

    while (ended < count && world->now.mono <= until) {
        while (vc_node_next(world->node, &world->now, &output)) {
            if (output.kind == VC_NODE_LOOKED) {
                assert_int_equal(output.dht.kind, VC_DHT_DONE);
                assert_int_equal(output.dht.reason, VC_ERR_NO_NETWORK);
                ended++;
            }
        }
        (void)vc_node_submit(world->node, &world->now);
        world->now.mono += 100;
        vc_node_tick(world->node, &world->now);
    }
    return ended;
}

static void every_lookup_ends_within_eight_seconds(void **state)
{
    (void)state;
    struct vc_hash32 place = {{0}};
    struct vc_dht_config dht;
    struct world world;
    uint32_t asks[VC_NODE_LOOKS_MAX], ask;

    vc_dht_config_init(&dht, VC_DHT_CLIENT);
    dht.is_private = true;
    begin(&world, &dht);
    for (unsigned i = 0; i < VC_NODE_LOOKS_MAX; i++) {
        place.b[0] = (uint8_t)i;
        assert_int_equal(vc_node_look(world.node, &world.now, &place, &asks[i]), VC_OK);
        for (unsigned other = 0; other < i; other++) {
            assert_int_not_equal(asks[i], asks[other]);
        }
    }
    assert_int_equal(vc_node_look(world.node, &world.now, &place, &ask), VC_ERR_BUSY);
    /* Nobody is there to answer. */
    assert_int_equal(wait_for(&world, VC_NODE_LOOKS_MAX, VC_DHT_ASK_MAX_MS + 200),
                     VC_NODE_LOOKS_MAX);
    /* All places are free again. */
    for (unsigned i = 0; i < VC_NODE_LOOKS_MAX; i++) {
        assert_int_equal(vc_node_look(world.node, &world.now, &place, &ask), VC_OK);
    }
    end(&world);
}

static void a_dht_without_room_is_busy(void **state)
{
    (void)state;
    const struct vc_hash32 place = {{7}};
    struct vc_dht_config dht;
    struct world world;
    uint32_t ask;

    vc_dht_config_init(&dht, VC_DHT_CLIENT);
    dht.asks_max = 1;
    begin(&world, &dht);
    assert_int_equal(vc_node_look(world.node, &world.now, &place, &ask), VC_OK);
    assert_int_equal(vc_node_look(world.node, &world.now, &place, &ask), VC_ERR_BUSY);
    assert_int_equal(wait_for(&world, 1, VC_DHT_ASK_MAX_MS + 200), 1);
    assert_int_equal(vc_node_look(world.node, &world.now, &place, &ask), VC_OK);
    end(&world);
}

static void without_a_dht_there_is_nothing_to_see(void **state)
{
    (void)state;
    const struct vc_hash32 place = {{7}};
    struct vc_account_place at;
    struct world world;
    uint32_t ask;

    begin(&world, NULL);
    assert_int_equal(vc_node_look(world.node, &world.now, &place, &ask),
                     VC_ERR_UNSUPPORTED);
    assert_int_equal(
        vc_chat_contact_place(vc_node_chat(world.node), &world.now, 1, &at),
        VC_ERR_NO_CONTACT);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lookup_ends_within_eight_seconds),
        cmocka_unit_test(a_dht_without_room_is_busy),
        cmocka_unit_test(without_a_dht_there_is_nothing_to_see),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
