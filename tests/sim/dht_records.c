/* What people publish: whose it is, and what stands in it. */
#include <string.h>

#include "tests/sim/dht_privacy.h"

enum {
    HOUR_MS = 3600 * 1000,
    HOUR_S = 3600,
    PICKS = 40, /* tries to find a record that fits */
    EXPIRY_S = 24 * 3600,
};

/* The keys of a record: random bytes do where signatures are not real. */
static void make_signer(struct sim_dht *world, struct sim_dht_record *record)
{
    struct vc_sign_secret secret;
    struct vc_secret32 seed;
    struct vc_scalar factor;
    struct vc_key32 public_key;

    for (unsigned i = 0; i < sizeof seed.b; i++) {
        seed.b[i] = (uint8_t)sim_random_next(&world->random);
    }
    if (!world->options.is_real_crypto) {
        memset(&record->signer, 0, sizeof record->signer);
        memcpy(record->signer.public_key.b, seed.b, sizeof seed.b);
        return;
    }
    vc_sign_keypair(&public_key, &secret, &seed);
    vc_blind_of_device(&factor, &public_key, 1, 0);
    VC_CHECK(vc_blind_secret(&record->signer, &secret, &factor));
}

static uint64_t place_hash(const struct vc_hash32 *place)
{
    uint64_t hash;

    memcpy(&hash, place->b, sizeof hash);
    return hash;
}

static bool has_place(const void *ctx, uint32_t value, const void *key)
{
    const struct sim_dht *world = ctx;

    return memcmp(world->records[value].place.b, key, sizeof(struct vc_hash32)) == 0;
}

struct sim_dht_record *sim_dht_record_at(struct sim_dht *world,
                                         const struct vc_hash32 *place)
{
    uint32_t index;

    return vc_map_find(&world->places, place_hash(place), has_place, world, place,
                       &index)
               ? &world->records[index]
               : NULL;
}

/* False when another record stands there already. */
static bool stand(struct sim_dht *world, uint32_t index)
{
    const struct vc_hash32 *place = &world->records[index].place;

    if (sim_dht_record_at(world, place) != NULL) {
        return false;
    }
    VC_CHECK(vc_map_insert(&world->places, place_hash(place), index) == VC_OK);
    return true;
}

void sim_dht_records_init(struct sim_dht *world)
{
    uint32_t room = 2 * world->node_count;

    world->records = sim_dht_alloc(room, sizeof *world->records);
    vc_map_init(&world->places, sim_dht_alloc(1, vc_map_footprint(room)), room);
    for (uint32_t i = 0; i < world->node_count; i++) {
        struct sim_dht_node *node = &world->nodes[i];
        struct sim_dht_record *record = &world->records[world->record_count];

        node->record = SIM_DHT_NOBODY;
        if (sim_dht_asks(node) &&
            sim_random_chance(&world->random, world->options.publishers)) {
            node->record = world->record_count++;
            record->owner = i;
            make_signer(world, record);
            vc_blind_place(&record->place, &record->signer.public_key);
        }
    }
    if (world->options.is_private) {
        sim_dht_privacy_init(world);
    }
    for (uint32_t i = 0; i < world->record_count; i++) {
        if (!stand(world, i)) {
            world->links++;
            sim_dht_complain(world, NULL, "two records stand at one place");
        }
    }
}

void sim_dht_make_record(const struct sim_dht_record *record, uint64_t seq,
                         uint8_t ret_bytes[VC_DHT_RECORD_LEN])
{
    uint8_t body[VC_DHT_RECORD_BODY_LEN];
    struct sim_random random;

    if (record->hand != NULL) {
        sim_dht_privacy_record(record, seq, ret_bytes);
        return;
    }
    sim_random_init(&random, seq ^ record->owner);
    for (unsigned i = 0; i < sizeof body; i++) {
        body[i] = (uint8_t)(i % 8 == 0 ? sim_random_next(&random) : i);
    }
    vc_dht_record_sign(ret_bytes, VC_DHT_RECORD_ACCOUNT, seq,
                       (uint32_t)(seq / 1000 + EXPIRY_S), VC_BYTES(body),
                       &record->signer);
}

/* Its owner keeps it alive, or has not been gone for longer than it lives without him. */
static bool is_there(const struct sim_dht *world, const struct sim_dht_record *record)
{
    const struct sim_dht_node *owner = &world->nodes[record->owner];
    bool has_expired =
        record->hand != NULL &&
        sim_dht_true_time(world) / 1000 + HOUR_S >= vc_dht_record_expiry(record->epoch);

    return record->kept_seq != 0 && !has_expired &&
           (owner->state == SIM_DHT_HERE || world->now - owner->gone_at < HOUR_MS);
}

uint32_t sim_dht_pick_record(struct sim_dht *world)
{
    for (int i = 0; i < PICKS && world->record_count > 0; i++) {
        uint32_t index = sim_random_below(&world->random, world->record_count);

        if (is_there(world, &world->records[index])) {
            return index;
        }
    }
    return SIM_DHT_NOBODY;
}
