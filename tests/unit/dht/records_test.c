#include "dht/records.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

enum { CAPACITY = 48, KEYS = 80, HOUR_S = 3600 };

#define HOUR_MS UINT64_C(3600000)

static struct vc_blinded signers[KEYS];

struct world {
    void *mem;
    struct vc_dht_records records;
    struct vc_dht_records_at at;
};

static int prepare(void **state)
{
    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    for (uint16_t i = 0; i < (uint16_t)KEYS; i++) {
        const struct vc_secret32 seed = {{1}};
        struct vc_key32 record;
        struct vc_sign_secret secret;
        struct vc_scalar factor;

        vc_sign_keypair(&record, &secret, &seed);
        vc_blind_of_device(&factor, &record, 20455, i);
        assert_true(vc_blind_secret(&signers[i], &secret, &factor));
    }
    return 0;
}

static int begin(void **state, uint32_t capacity, bool is_private)
{
    const struct vc_secret32 seed = {{9}};
    struct vc_rng rng;
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    vc_rng_init(&rng, &seed);
    world->mem = calloc(1, vc_dht_records_footprint(capacity) + 1);
    assert_non_null(world->mem);
    vc_dht_records_init(&world->records, world->mem, capacity, is_private, &rng);
    world->at = (struct vc_dht_records_at){
        .now = HOUR_MS,
        .unix_ms = UINT64_C(20455) * 24 * HOUR_MS,
        .own = UINT64_C(0x1122334455667788),
        .reach = UINT64_MAX,
    };
    *state = world;
    return 0;
}

static int begin_public(void **state)
{
    return begin(state, CAPACITY, false);
}

static int begin_private(void **state)
{
    return begin(state, CAPACITY, true);
}

static int begin_client(void **state)
{
    return begin(state, 0, false);
}

static int end(void **state)
{
    struct world *world = *state;

    free(world->mem);
    free(world);
    return 0;
}

struct said {
    vc_err err;
    enum vc_dht_hold hold;
    uint64_t seq;
};

static uint8_t made[VC_DHT_RECORD_LEN];

/* A record of key @key, as of the world's date; @mark goes into its body. */
static struct vc_dht_record make(const struct world *world, unsigned key, uint64_t seq,
                                 uint8_t mark)
{
    uint8_t body[VC_DHT_RECORD_BODY_LEN] = {mark};
    uint32_t expiry = (uint32_t)(world->at.unix_ms / 1000) + 26 * HOUR_S;
    struct vc_dht_record record;

    vc_dht_record_sign(made, VC_DHT_RECORD_ACCOUNT, seq, expiry, VC_BYTES(body),
                       &signers[key]);
    assert_int_equal(vc_dht_record_read(VC_BYTES(made), &record), VC_OK);
    return record;
}

static struct said put_made(struct world *world, unsigned net,
                            const struct vc_dht_record *record)
{
    struct said said = {.hold = VC_DHT_HOLD_NO};

    world->at.prefix = net;
    said.err = vc_dht_records_put(&world->records, &world->at, record, VC_BYTES(made),
                                  &said.hold, &said.seq);
    return said;
}

static struct said put(struct world *world, unsigned key, uint64_t seq, unsigned net)
{
    const struct vc_dht_record record = make(world, key, seq, 0);

    return put_made(world, net, &record);
}

static struct vc_hash32 place_of(unsigned key)
{
    struct vc_hash32 place;

    vc_blind_place(&place, &signers[key].public_key);
    return place;
}

static uint64_t distance_of(const struct world *world, unsigned key)
{
    const struct vc_hash32 place = place_of(key);

    return vc_dht_distance(world->at.own, vc_dht_place_id(&place));
}

static struct vc_bytes get(const struct world *world, unsigned key)
{
    const struct vc_hash32 place = place_of(key);

    return vc_dht_records_get(&world->records, &world->at, &place);
}

static bool holds(const struct world *world, unsigned key)
{
    return get(world, key).len == VC_DHT_RECORD_LEN;
}

static enum vc_dht_hold refresh(struct world *world, unsigned key, uint64_t seq,
                                uint64_t *ret_seq)
{
    const struct vc_hash32 place = place_of(key);

    return vc_dht_records_refresh(&world->records, &world->at, &place, seq, ret_seq);
}

static void assert_said(struct said said, enum vc_dht_hold hold, uint64_t seq)
{
    assert_int_equal(said.err, VC_OK);
    assert_int_equal(said.hold, hold);
    assert_true(said.seq == seq);
}

static void test_what_is_put_can_be_got(void **state)
{
    struct world *world = *state;

    assert_false(holds(world, 0));
    assert_said(put(world, 0, 5, 1), VC_DHT_HOLD_YES, 5);
    assert_true(holds(world, 0));
    assert_memory_equal(get(world, 0).data, made, sizeof(made));
    assert_false(holds(world, 1));
    assert_int_equal(vc_dht_records_count(&world->records), 1);
}

static void test_the_highest_seq_wins(void **state)
{
    struct world *world = *state;

    assert_said(put(world, 0, 5, 1), VC_DHT_HOLD_YES, 5);
    assert_said(put(world, 0, 4, 1), VC_DHT_HOLD_NEWER, 5);
    assert_said(put(world, 0, 7, 1), VC_DHT_HOLD_YES, 7);
    assert_memory_equal(get(world, 0).data, made, sizeof(made));
    assert_said(put(world, 0, 6, 1), VC_DHT_HOLD_NEWER, 7);
    assert_int_equal(vc_dht_records_count(&world->records), 1);
}

static void test_of_equal_seq_the_first_stays(void **state)
{
    struct world *world = *state;
    struct vc_dht_record record = make(world, 0, 5, 1);
    uint8_t first[VC_DHT_RECORD_LEN];

    assert_said(put_made(world, 1, &record), VC_DHT_HOLD_YES, 5);
    memcpy(first, made, sizeof(first));
    record = make(world, 0, 5, 2);
    assert_said(put_made(world, 1, &record), VC_DHT_HOLD_YES, 5);
    assert_memory_equal(get(world, 0).data, first, sizeof(first));
}

static void test_what_is_not_signed_is_malformed(void **state)
{
    struct world *world = *state;
    struct vc_dht_record record = make(world, 0, 5, 0);

    made[999] ^= 1;
    assert_int_equal(put_made(world, 1, &record).err, VC_ERR_MALFORMED);
    assert_false(holds(world, 0));
    assert_said(put(world, 0, 5, 1), VC_DHT_HOLD_YES, 5);
    record = make(world, 0, 6, 0);
    made[999] ^= 1;
    assert_int_equal(put_made(world, 1, &record).err, VC_ERR_MALFORMED);
    record = make(world, 0, 5, 0);
    assert_memory_equal(get(world, 0).data, made, sizeof(made));
}

static void test_what_is_not_timely_is_malformed(void **state)
{
    struct world *world = *state;
    struct vc_dht_record record =
        make(world, 0, world->at.unix_ms + VC_DHT_SEQ_AHEAD_MS, 0);

    assert_int_equal(put(world, 1, world->at.unix_ms + VC_DHT_SEQ_AHEAD_MS + 1, 1).err,
                     VC_ERR_MALFORMED);
    record = make(world, 0, world->at.unix_ms + VC_DHT_SEQ_AHEAD_MS, 0);
    world->at.unix_ms += 26 * HOUR_MS;
    assert_int_equal(put_made(world, 1, &record).err, VC_ERR_MALFORMED);
    world->at.unix_ms -= 1;
    assert_said(put_made(world, 1, &record), VC_DHT_HOLD_YES, record.seq);
    assert_true(holds(world, 0));
    world->at.unix_ms += 1;
    assert_false(holds(world, 0));
}

static void test_too_far_is_said(void **state)
{
    struct world *world = *state;

    world->at.reach = distance_of(world, 0) - 1;
    assert_said(put(world, 0, 5, 1), VC_DHT_HOLD_FAR, 0);
    world->at.reach++;
    assert_said(put(world, 0, 5, 1), VC_DHT_HOLD_YES, 5);
    /* Once here it may be renewed. */
    world->at.reach = 0;
    assert_said(put(world, 0, 6, 1), VC_DHT_HOLD_YES, 6);
}

static void test_a_network_has_so_many_places(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < VC_DHT_RECORDS_PER_24; i++) {
        assert_said(put(world, i, 5, 1), VC_DHT_HOLD_YES, 5);
    }
    assert_said(put(world, VC_DHT_RECORDS_PER_24, 5, 1), VC_DHT_HOLD_FULL, 0);
    /* Others are not in its way, and its own are renewed, from anywhere. */
    assert_said(put(world, VC_DHT_RECORDS_PER_24, 5, 2), VC_DHT_HOLD_YES, 5);
    assert_said(put(world, 3, 6, 1), VC_DHT_HOLD_YES, 6);
    assert_said(put(world, VC_DHT_RECORDS_PER_24, 6, 1), VC_DHT_HOLD_YES, 6);
    assert_said(put(world, VC_DHT_RECORDS_PER_24 + 1, 5, 1), VC_DHT_HOLD_FULL, 0);
    /* When they have expired there is room again. */
    world->at.unix_ms += 27 * HOUR_MS;
    world->at.now += 27 * HOUR_MS;
    assert_said(put(world, VC_DHT_RECORDS_PER_24 + 1, 5, 1), VC_DHT_HOLD_YES, 5);
    assert_int_equal(vc_dht_records_count(&world->records),
                     VC_DHT_RECORDS_PER_24 + 1 - VC_DHT_EXPIRED_PER_PUT + 1);
}

static void test_a_private_network_has_no_such_limit(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < CAPACITY; i++) {
        assert_said(put(world, i, 5, 1), VC_DHT_HOLD_YES, 5);
    }
    assert_int_equal(vc_dht_records_count(&world->records), CAPACITY);
}

static void fill(struct world *world)
{
    for (unsigned i = 0; i < CAPACITY; i++) {
        assert_said(put(world, i, 5, i / 4), VC_DHT_HOLD_YES, 5);
    }
}

/* The farthest of the keys that are held, and the nearest of those that are not. */
static unsigned pick(const struct world *world, bool is_held)
{
    unsigned best = KEYS;

    for (unsigned i = 0; i < KEYS; i++) {
        if (holds(world, i) != is_held) {
            continue;
        }
        if (best == KEYS ||
            is_held == (distance_of(world, i) > distance_of(world, best))) {
            best = i;
        }
    }
    return best;
}

static void test_when_full_the_farthest_goes(void **state)
{
    struct world *world = *state;
    unsigned far, near;

    fill(world);
    far = pick(world, true);
    near = pick(world, false);
    assert_true(distance_of(world, near) < distance_of(world, far));
    assert_said(put(world, near, 5, 99), VC_DHT_HOLD_YES, 5);
    assert_false(holds(world, far));
    assert_true(holds(world, near));
    assert_said(put(world, far, 5, 99), VC_DHT_HOLD_FULL, 0);
    assert_int_equal(vc_dht_records_count(&world->records), CAPACITY);
}

static void test_a_forged_record_puts_nothing_out(void **state)
{
    struct world *world = *state;
    unsigned far, near;
    struct vc_dht_record record;

    fill(world);
    far = pick(world, true);
    near = pick(world, false);
    record = make(world, near, 5, 0);
    made[60] ^= 1;
    assert_int_equal(vc_dht_record_read(VC_BYTES(made), &record), VC_OK);
    assert_int_equal(put_made(world, 99, &record).err, VC_ERR_MALFORMED);
    assert_true(holds(world, far));
}

static void test_when_full_what_nobody_refreshes_goes_first(void **state)
{
    struct world *world = *state;
    unsigned idle = 7, newcomer = CAPACITY;
    uint64_t seq;

    fill(world);
    if (idle == pick(world, true)) {
        idle++;
    }
    world->at.now += VC_DHT_UNREFRESHED_MS - 1;
    for (unsigned i = 0; i < CAPACITY; i++) {
        if (i != idle) {
            assert_int_equal(refresh(world, i, 5, &seq), VC_DHT_HOLD_YES);
        }
    }
    /* Then even the farthest is taken, which was refused before. */
    for (unsigned i = CAPACITY; i < KEYS; i++) {
        if (distance_of(world, i) > distance_of(world, newcomer)) {
            newcomer = i;
        }
    }
    assert_true(distance_of(world, newcomer) > distance_of(world, pick(world, true)));
    assert_said(put(world, newcomer, 5, 99), VC_DHT_HOLD_FULL, 0);
    world->at.now += 1;
    assert_said(put(world, newcomer, 5, 99), VC_DHT_HOLD_YES, 5);
    assert_false(holds(world, idle));
    assert_int_equal(vc_dht_records_count(&world->records), CAPACITY);
}

static void test_refresh_says_what_is_held(void **state)
{
    struct world *world = *state;
    uint64_t seq = 1;

    assert_int_equal(refresh(world, 0, 5, &seq), VC_DHT_HOLD_NO);
    assert_true(seq == 0);
    assert_said(put(world, 0, 5, 1), VC_DHT_HOLD_YES, 5);
    assert_int_equal(refresh(world, 0, 5, &seq), VC_DHT_HOLD_YES);
    assert_int_equal(refresh(world, 0, 6, &seq), VC_DHT_HOLD_NO);
    assert_true(seq == 5);
    assert_int_equal(refresh(world, 0, 4, &seq), VC_DHT_HOLD_NEWER);
    assert_true(seq == 5);
    world->at.unix_ms += 26 * HOUR_MS;
    assert_int_equal(refresh(world, 0, 5, &seq), VC_DHT_HOLD_NO);
    assert_true(seq == 0);
}

/* Before a node knows the date it takes anything; later nothing of that locks a place. */
static void test_what_came_before_the_date_was_known_is_judged_later(void **state)
{
    struct world *world = *state;
    vc_ms unix_ms = world->at.unix_ms;

    world->at.unix_ms = 0;
    assert_said(put(world, 0, UINT64_MAX, 1), VC_DHT_HOLD_YES, UINT64_MAX);
    assert_true(holds(world, 0));
    world->at.unix_ms = unix_ms;
    assert_false(holds(world, 0));
    assert_said(put(world, 0, 5, 1), VC_DHT_HOLD_YES, 5);
    assert_true(holds(world, 0));
}

static void test_a_client_holds_nothing(void **state)
{
    struct world *world = *state;
    uint64_t seq;

    assert_int_equal(vc_dht_records_footprint(0), 0);
    assert_said(put(world, 0, 5, 1), VC_DHT_HOLD_FULL, 0);
    assert_int_equal(refresh(world, 0, 5, &seq), VC_DHT_HOLD_NO);
    assert_false(holds(world, 0));
    assert_int_equal(vc_dht_records_count(&world->records), 0);
}

#define PUBLIC(test)  cmocka_unit_test_setup_teardown(test, begin_public, end)
#define PRIVATE(test) cmocka_unit_test_setup_teardown(test, begin_private, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PUBLIC(test_what_is_put_can_be_got),
        PUBLIC(test_the_highest_seq_wins),
        PUBLIC(test_of_equal_seq_the_first_stays),
        PUBLIC(test_what_is_not_signed_is_malformed),
        PUBLIC(test_what_is_not_timely_is_malformed),
        PUBLIC(test_too_far_is_said),
        PUBLIC(test_a_network_has_so_many_places),
        PRIVATE(test_a_private_network_has_no_such_limit),
        PUBLIC(test_when_full_the_farthest_goes),
        PUBLIC(test_a_forged_record_puts_nothing_out),
        PUBLIC(test_when_full_what_nobody_refreshes_goes_first),
        PUBLIC(test_refresh_says_what_is_held),
        PUBLIC(test_what_came_before_the_date_was_known_is_judged_later),
        cmocka_unit_test_setup_teardown(test_a_client_holds_nothing, begin_client, end),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
