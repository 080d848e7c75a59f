/*
 * The held records against a naive model: an array that is looked through for everything.
 *
 * Places and signatures are made up here (the linker puts these in front of the real ones), so
 * that places can share an id and 100,000 operations take no time.
 */
#include <stdlib.h>
#include <string.h>

#include "dht/records.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"

enum { CAPACITY = 40, KEYS = 120, OPERATIONS = 100000, SIGNED = 1 };

#define MINUTE_MS UINT64_C(60000)

void __wrap_vc_dht_record_place(struct vc_hash32 *ret_place,
                                const struct vc_dht_record *record);
bool __wrap_vc_dht_record_verify(const struct vc_dht_record *record,
                                 struct vc_bytes bytes);

void __wrap_vc_dht_record_place(struct vc_hash32 *ret_place,
                                const struct vc_dht_record *record)
{
    memcpy(ret_place->b, record->key.b, sizeof(ret_place->b));
}

bool __wrap_vc_dht_record_verify(const struct vc_dht_record *record,
                                 struct vc_bytes bytes)
{
    (void)bytes;
    return record->sig.b[0] == SIGNED;
}

struct entry {
    struct vc_hash32 place;
    uint64_t prefix, seq, distance;
    uint32_t expiry;
    vc_ms due_at;   /* when it is the first to go */
    uint32_t index; /* where the records have it, which decides between equals */
    uint8_t bytes[VC_DHT_RECORD_LEN];
};

struct model {
    struct entry entries[CAPACITY];
    size_t count;
    bool is_private;
};

struct world {
    struct vc_prop prop;
    struct vc_dht_records records;
    struct vc_dht_records_at at;
    struct model model;
    struct vc_hash32 places[KEYS];
    vc_ms unix_ms; /* the true date, whether it is known or not */
    uint32_t nets; /* from how many networks they write at present */
    unsigned holds[5], malformed, evictions, crowdings, expiries; /* what was met */
};

static bool is_timely(const struct world *world, uint64_t seq, uint32_t expiry)
{
    const uint64_t unix_ms = world->at.unix_ms;

    return unix_ms == 0 ||
           ((uint64_t)expiry * 1000 > unix_ms &&
            (uint64_t)expiry * 1000 <= unix_ms + UINT64_C(30) * 60 * MINUTE_MS &&
            seq <= unix_ms + UINT64_C(2) * 60 * MINUTE_MS);
}

static struct entry *model_find(struct model *model, const struct vc_hash32 *place)
{
    for (size_t i = 0; i < model->count; i++) {
        if (memcmp(&model->entries[i].place, place, sizeof(*place)) == 0) {
            return &model->entries[i];
        }
    }
    return NULL;
}

static void model_drop(struct model *model, struct entry *entry)
{
    *entry = model->entries[--model->count];
}

static void model_touch(const struct world *world, struct entry *entry)
{
    vc_ms left_ms = (vc_ms)entry->expiry * 1000 - world->at.unix_ms;

    entry->due_at = world->at.now + 150 * MINUTE_MS;
    if (world->at.unix_ms > 0 && left_ms < 150 * MINUTE_MS) {
        entry->due_at = world->at.now + left_ms;
    }
}

/* The first to go of all, or the farthest. */
static struct entry *model_first(struct model *model, bool is_by_distance)
{
    struct entry *first = NULL;

    for (size_t i = 0; i < model->count; i++) {
        struct entry *entry = &model->entries[i];
        uint64_t key = is_by_distance ? ~entry->distance : entry->due_at;
        uint64_t first_key = first == NULL    ? 0
                             : is_by_distance ? ~first->distance
                                              : first->due_at;

        if (first == NULL || key < first_key ||
            (key == first_key && entry->index < first->index)) {
            first = entry;
        }
    }
    return first;
}

static void model_drop_expired(struct world *world)
{
    for (int i = 0; i < 2 && world->model.count > 0; i++) {
        struct entry *first = model_first(&world->model, false);

        if (first->due_at > world->at.now ||
            is_timely(world, first->seq, first->expiry)) {
            return;
        }
        model_drop(&world->model, first);
        world->expiries++;
    }
}

static bool is_crowded(const struct world *world)
{
    const struct model *model = &world->model;
    unsigned count = 0;

    for (size_t i = 0; i < model->count; i++) {
        const struct entry *entry = &model->entries[i];
        count += entry->prefix == world->at.prefix &&
                 is_timely(world, entry->seq, entry->expiry);
    }
    return !model->is_private && count >= 32;
}

/* Who goes for one at @distance; NULL: nobody. */
static struct entry *model_victim(struct world *world, uint64_t distance)
{
    struct entry *first = model_first(&world->model, false);
    struct entry *farthest = model_first(&world->model, true);

    if (first->due_at <= world->at.now) {
        return first;
    }
    return farthest->distance > distance ? farthest : NULL;
}

static bool is_held(const struct world *world, const struct vc_hash32 *place)
{
    struct vc_dht_records_at undated = world->at;

    undated.unix_ms = 0; /* to see what is not timely as well */
    return vc_dht_records_get(&world->records, &undated, place).len > 0;
}

static uint32_t index_of(const struct world *world, const struct vc_hash32 *place)
{
    uint32_t i = 0;

    while (!vc_pool_is_taken(&world->records.pool, i) ||
           memcmp(&world->records.items[i].place, place, sizeof(*place)) != 0) {
        i++;
        assert_true(i < CAPACITY);
    }
    return i;
}

struct put {
    struct vc_hash32 place;
    struct vc_dht_record record;
    uint8_t bytes[VC_DHT_RECORD_LEN];
};

static vc_err model_put_new(struct world *world, const struct put *put,
                            enum vc_dht_hold *ret_hold)
{
    struct model *model = &world->model;
    uint64_t distance = vc_dht_place_id(&put->place) ^ world->at.own;

    if (distance > world->at.reach) {
        *ret_hold = VC_DHT_HOLD_FAR;
        return VC_OK;
    }
    model_drop_expired(world);
    world->crowdings += is_crowded(world);
    if (is_crowded(world) ||
        (model->count == CAPACITY && model_victim(world, distance) == NULL)) {
        *ret_hold = VC_DHT_HOLD_FULL;
        return VC_OK;
    }
    if (put->record.sig.b[0] != SIGNED) {
        return VC_ERR_MALFORMED;
    }
    if (model->count == CAPACITY) {
        model_drop(model, model_victim(world, distance));
        world->evictions++;
    }
    struct entry *entry = &model->entries[model->count++];
    *entry = (struct entry){.place = put->place,
                            .prefix = world->at.prefix,
                            .seq = put->record.seq,
                            .distance = distance,
                            .expiry = put->record.expiry,
                            .index = index_of(world, &put->place)};
    memcpy(entry->bytes, put->bytes, sizeof(entry->bytes));
    model_touch(world, entry);
    *ret_hold = VC_DHT_HOLD_YES;
    return VC_OK;
}

/* What should come of a put; the records have done it already. */
static vc_err model_put(struct world *world, const struct put *put,
                        enum vc_dht_hold *ret_hold, uint64_t *ret_seq)
{
    struct entry *entry = model_find(&world->model, &put->place);
    vc_err err = VC_OK;

    if (!is_timely(world, put->record.seq, put->record.expiry)) {
        return VC_ERR_MALFORMED;
    }
    if (entry != NULL && !is_timely(world, entry->seq, entry->expiry)) {
        model_drop(&world->model, entry);
        entry = NULL;
    }
    if (entry == NULL) {
        err = model_put_new(world, put, ret_hold);
    } else if (put->record.seq < entry->seq) {
        *ret_hold = VC_DHT_HOLD_NEWER;
    } else if (put->record.seq > entry->seq && put->record.sig.b[0] != SIGNED) {
        err = VC_ERR_MALFORMED;
    } else {
        if (put->record.seq > entry->seq) {
            entry->seq = put->record.seq;
            entry->expiry = put->record.expiry;
            memcpy(entry->bytes, put->bytes, sizeof(entry->bytes));
        }
        model_touch(world, entry);
        *ret_hold = VC_DHT_HOLD_YES;
    }
    entry = model_find(&world->model, &put->place);
    *ret_seq = entry == NULL ? 0 : entry->seq;
    return err;
}

static const struct vc_hash32 *pick_place(struct world *world)
{
    return &world->places[vc_prop_below(&world->prop, KEYS)];
}

/* Of few values, so that equal ones meet; now and then one that cannot be. */
static uint64_t pick_seq(struct world *world)
{
    return vc_prop_below(&world->prop, 50) == 0 ? vc_prop_u64(&world->prop)
                                                : vc_prop_below(&world->prop, 6);
}

static void make_put(struct world *world, struct put *put)
{
    struct vc_prop *prop = &world->prop;
    struct vc_writer w = vc_writer(put->bytes, sizeof(put->bytes));
    uint8_t body[64 + VC_DHT_RECORD_BODY_LEN];
    uint64_t expires_s = world->unix_ms / 1000 - 7200 + vc_prop_below(prop, 33 * 3600);

    put->place = *pick_place(world);
    vc_prop_bytes(prop, body, sizeof(body));
    body[0] = vc_prop_below(prop, 10) > 0 ? SIGNED : 0;
    vc_write_u8(&w, VC_DHT_RECORD_ACCOUNT);
    vc_write_copy(&w, put->place.b, sizeof(put->place.b));
    vc_write_u64(&w, pick_seq(world));
    vc_write_u32(&w, (uint32_t)expires_s);
    vc_write_bytes(&w, VC_BYTES(body));
    assert_int_equal(vc_dht_record_read(VC_BYTES(put->bytes), &put->record), VC_OK);
}

static void do_put(struct world *world)
{
    enum vc_dht_hold hold = VC_DHT_HOLD_NO, wanted_hold = VC_DHT_HOLD_NO;
    uint64_t seq = 0, wanted_seq = 0;
    struct put put;

    world->at.prefix = vc_prop_below(&world->prop, world->nets);
    make_put(world, &put);
    vc_err err = vc_dht_records_put(&world->records, &world->at, &put.record,
                                    VC_BYTES(put.bytes), &hold, &seq);
    assert_int_equal(err, model_put(world, &put, &wanted_hold, &wanted_seq));
    if (err != VC_OK) {
        assert_int_equal(err, VC_ERR_MALFORMED);
        world->malformed++;
        return;
    }
    assert_int_equal(hold, wanted_hold);
    assert_true(seq == wanted_seq);
    world->holds[hold]++;
}

static void do_refresh(struct world *world)
{
    const struct vc_hash32 *place = pick_place(world);
    struct entry *entry = model_find(&world->model, place);
    uint64_t seq = pick_seq(world), held_seq;
    enum vc_dht_hold hold =
        vc_dht_records_refresh(&world->records, &world->at, place, seq, &held_seq);

    if (entry == NULL || !is_timely(world, entry->seq, entry->expiry)) {
        assert_int_equal(hold, VC_DHT_HOLD_NO);
        assert_true(held_seq == 0);
        return;
    }
    assert_true(held_seq == entry->seq);
    if (entry->seq == seq) {
        model_touch(world, entry);
        assert_int_equal(hold, VC_DHT_HOLD_YES);
    } else {
        assert_int_equal(hold, entry->seq > seq ? VC_DHT_HOLD_NEWER : VC_DHT_HOLD_NO);
    }
}

static void compare(struct world *world, const struct vc_hash32 *place)
{
    const struct entry *entry = model_find(&world->model, place);
    struct vc_bytes bytes = vc_dht_records_get(&world->records, &world->at, place);

    if (entry == NULL || !is_timely(world, entry->seq, entry->expiry)) {
        assert_int_equal(bytes.len, 0);
    } else {
        assert_int_equal(bytes.len, VC_DHT_RECORD_LEN);
        assert_memory_equal(bytes.data, entry->bytes, sizeof(entry->bytes));
    }
    assert_true(is_held(world, place) == (entry != NULL));
}

static void let_time_pass(struct world *world)
{
    struct vc_prop *prop = &world->prop;
    vc_ms passed = vc_prop_below(prop, 30) == 0 ? 60 * MINUTE_MS : 0;

    passed += vc_prop_below(prop, (uint32_t)MINUTE_MS);
    world->at.now += passed;
    world->unix_ms += passed;
    if (vc_prop_below(prop, 200) == 0) {
        world->at.own = vc_prop_u64(prop);
    }
    if (vc_prop_below(prop, 50) == 0) {
        world->at.reach = vc_prop_u64(prop) | UINT64_C(1) << 63;
    }
    if (vc_prop_below(prop, 50) == 0) {
        world->nets = 1 + vc_prop_below(prop, vc_prop_below(prop, 2) == 0 ? 2 : 200);
    }
    /* Now and then it is not known for a while. */
    world->at.unix_ms =
        world->unix_ms / (200 * MINUTE_MS) % 20 == 0 ? 0 : world->unix_ms;
}

/* Three of them share each id, as no hash would have it, and the ids lie in one quarter. */
static void make_places(struct world *world)
{
    for (size_t i = 0; i < KEYS; i++) {
        vc_prop_bytes(&world->prop, world->places[i].b, sizeof(world->places[i].b));
        world->places[i].b[0] &= 0x3f;
        if (i % 3 > 0) {
            memcpy(world->places[i].b, world->places[i - 1].b, 8);
        }
    }
}

static void run(struct world *world, bool is_private)
{
    const struct vc_secret32 seed = {{3}};
    struct vc_rng rng;
    void *mem = calloc(1, vc_dht_records_footprint(CAPACITY));

    assert_non_null(mem);
    vc_rng_init(&rng, &seed);
    vc_dht_records_init(&world->records, mem, CAPACITY, is_private, &rng);
    world->model.is_private = is_private;
    world->unix_ms = UINT64_C(20455) * 24 * 60 * MINUTE_MS;
    world->at =
        (struct vc_dht_records_at){.unix_ms = world->unix_ms, .reach = UINT64_MAX};
    world->nets = 1;
    make_places(world);
    for (size_t i = 0; i < OPERATIONS; i++) {
        uint32_t dice = vc_prop_below(&world->prop, 10);

        if (dice < 6) {
            do_put(world);
        } else if (dice < 8) {
            do_refresh(world);
        } else if (dice < 9) {
            compare(world, pick_place(world));
        } else {
            let_time_pass(world);
        }
        assert_int_equal(vc_dht_records_count(&world->records), world->model.count);
        for (size_t j = 0; i % 1000 == 0 && j < KEYS; j++) {
            compare(world, &world->places[j]);
        }
    }
    free(mem);
}

static void met(const struct world *world)
{
    printf("met: %u taken, %u newer held, %u full, %u too far, %u malformed; "
           "%u evicted, %u expired, %u of a crowded network\n",
           world->holds[VC_DHT_HOLD_YES], world->holds[VC_DHT_HOLD_NEWER],
           world->holds[VC_DHT_HOLD_FULL], world->holds[VC_DHT_HOLD_FAR],
           world->malformed, world->evictions, world->expiries, world->crowdings);
    assert_true(world->holds[VC_DHT_HOLD_YES] > 100);
    assert_true(world->holds[VC_DHT_HOLD_NEWER] > 100);
    assert_true(world->holds[VC_DHT_HOLD_FULL] > 100);
    assert_true(world->holds[VC_DHT_HOLD_FAR] > 100);
    assert_true(world->malformed > 100);
    assert_true(world->evictions > 100);
    assert_true(world->expiries > 100);
}

static void test_the_records_are_as_the_model_has_them(void **state)
{
    struct world world = {.prop = vc_prop_begin(__func__)};

    (void)state;
    run(&world, false);
    met(&world);
    assert_true(world.crowdings > 100);
}

static void test_the_records_of_a_private_network_too(void **state)
{
    struct world world = {.prop = vc_prop_begin(__func__)};

    (void)state;
    run(&world, true);
    met(&world);
    assert_int_equal(world.crowdings, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_records_are_as_the_model_has_them),
        cmocka_unit_test(test_the_records_of_a_private_network_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
