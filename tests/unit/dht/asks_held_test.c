/*
 * A record that only we hold is found by us, too.
 */
#include <stdlib.h>
#include <string.h>

#include "dht/machine.h"
#include "tests/support/test.h"

struct world {
    struct vc_now now;
    void *mem;
    struct vc_dht *dht;
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;
};

static void begin(struct world *world, enum vc_dht_profile profile)
{
    const struct vc_secret32 seed = {{7}};
    struct vc_dht_config cfg;

    memset(world, 0, sizeof *world);
    assert_int_equal(vc_crypto_init(), VC_OK);
    world->now = (struct vc_now){.mono = 1000000, .unix_ms = UINT64_C(1767225600000)};
    vc_dht_config_init(&cfg, profile);
    cfg.is_private = true;
    world->mem = calloc(1, vc_dht_footprint(&cfg));
    assert_non_null(world->mem);
    world->dht = vc_dht_init(world->mem, &cfg, &world->now, &seed);
}

static void end(struct world *world)
{
    vc_dht_deinit(world->dht);
    free(world->mem);
}

static void make_record(struct world *world, uint32_t expiry)
{
    static const uint8_t body[VC_DHT_RECORD_BODY_LEN];
    const struct vc_secret32 seed = {{1}};
    struct vc_key32 key;
    struct vc_sign_secret secret;
    struct vc_scalar factor;
    struct vc_blinded signer;

    vc_sign_keypair(&key, &secret, &seed);
    vc_blind_of_device(&factor, &key, 1, 0);
    assert_true(vc_blind_secret(&signer, &secret, &factor));
    vc_dht_record_sign(world->record, VC_DHT_RECORD_ACCOUNT, 1, expiry, VC_BYTES(body),
                       &signer);
    vc_blind_place(&world->place, &signer.public_key);
}

static void hold_record(struct world *world)
{
    struct vc_dht_records_at at = {
        .now = world->now.mono, .unix_ms = world->now.unix_ms, .reach = UINT64_MAX};
    struct vc_dht_record record;
    enum vc_dht_hold hold;
    uint64_t seq;

    assert_int_equal(vc_dht_record_read(VC_BYTES(world->record), &record), VC_OK);
    assert_int_equal(vc_dht_records_put(&world->dht->records, &at, &record,
                                        VC_BYTES(world->record), &hold, &seq),
                     VC_OK);
    assert_int_equal(hold, VC_DHT_HOLD_YES);
}

/* Asks, and goes on until it is over; how often something was found is counted. */
static vc_err look(struct world *world, unsigned *ret_found)
{
    struct vc_dht_output output;
    uint32_t ask;

    *ret_found = 0;
    assert_int_equal(vc_dht_get(world->dht, &world->now, &world->place, &ask), VC_OK);
    for (unsigned turn = 0; turn < 1000; turn++) {
        while (vc_dht_next(world->dht, &world->now, &output)) {
            if (output.kind == VC_DHT_FOUND && output.ask == ask) {
                assert_memory_equal(output.bytes.data, world->record,
                                    sizeof world->record);
                (*ret_found)++;
            } else if (output.kind == VC_DHT_DONE && output.ask == ask) {
                assert_true(output.took_ms <= VC_DHT_ASK_MAX_MS);
                return output.reason;
            }
        }
        world->now.mono = vc_dht_due(world->dht, &world->now);
        vc_dht_tick(world->dht, &world->now);
    }
    fail_msg("the get does not end");
    return VC_ERR_INTERNAL;
}

static void what_only_we_hold_is_found(void **state)
{
    (void)state;
    struct world world;
    unsigned found;

    begin(&world, VC_DHT_SIMULATION);
    make_record(&world, (uint32_t)(world.now.unix_ms / 1000) + 3600);
    assert_int_equal(look(&world, &found), VC_ERR_NO_NETWORK);
    assert_int_equal(found, 0);
    hold_record(&world);
    assert_int_equal(look(&world, &found), VC_OK);
    assert_int_equal(found, 1);
    end(&world);
}

static void what_has_expired_is_not(void **state)
{
    (void)state;
    struct world world;
    unsigned found;

    begin(&world, VC_DHT_SIMULATION);
    make_record(&world, (uint32_t)(world.now.unix_ms / 1000) + 3600);
    hold_record(&world);
    world.now.unix_ms += 2 * 3600 * 1000;
    assert_int_equal(look(&world, &found), VC_ERR_NO_NETWORK);
    assert_int_equal(found, 0);
    end(&world);
}

static void a_client_holds_nothing(void **state)
{
    (void)state;
    struct world world;
    unsigned found;

    begin(&world, VC_DHT_CLIENT);
    make_record(&world, (uint32_t)(world.now.unix_ms / 1000) + 3600);
    assert_int_equal(look(&world, &found), VC_ERR_NO_NETWORK);
    assert_int_equal(found, 0);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_we_hold_is_found),
        cmocka_unit_test(what_has_expired_is_not),
        cmocka_unit_test(a_client_holds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
