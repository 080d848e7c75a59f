#include "tests/sim/dht_privacy.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/account_hand.h"

enum {
    SPREAD_S = 1800, /* not by everybody at once */
    DATES_AT = 33,   /* seq and expiry: dates, which many records share */
    DATES_END = 45,
    KEYS = 5,              /* of an account, that a record might show */
    KEY_SUBJECT = 1u << 30 /* they are subjects of their own */
};

/* Something that a node has seen, of the record @subject. */
struct sim_catch {
    uint64_t seq; /* of a record; 0: only the place was named */
    uint32_t subject;
    uint32_t len;
    uint8_t bytes[VC_DHT_RECORD_LEN];
};

/* Eight bytes of it. */
struct window {
    uint64_t bytes;
    uint32_t subject;
};

struct windows {
    struct window *items;
    uint32_t count, room;
};

static void make_account(struct sim_dht_record *record, uint32_t number, uint32_t epoch)
{
    struct account_hand *hand = sim_dht_alloc(1, sizeof *hand);

    account_hand_begin(hand, number, 0);
    /* Random, as what is searched for. */
    vc_hash(hand->account.contacts.b, sizeof hand->account.contacts.b, "sim contacts",
            &hand->account.entropy, VC_BYTES(hand->account.root.b));
    if (number % 2 == 0) {
        account_hand_fill(hand);
    }
    VC_CHECK(vc_account_place_of_device(&hand->place, &hand->account.record, epoch, 0));
    record->hand = hand;
    record->epoch = epoch;
    record->owner = number;
    record->place = hand->place.place;
}

void sim_dht_privacy_init(struct sim_dht *world)
{
    uint32_t today = vc_dht_epoch_of(sim_dht_true_time(world));
    uint32_t count = world->record_count;
    vc_ms until_eve = ((vc_ms)(today + 1) * VC_EPOCH_S - VC_DHT_RECORD_AHEAD_S) * 1000 -
                      sim_dht_true_time(world);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t owner = world->records[i].owner;

        make_account(&world->records[i], owner, today);
        make_account(&world->records[count + i], owner, today + 1);
        sim_dht_plan(world, count + i, true,
                     until_eve + sim_random_below(&world->random, SPREAD_S * 1000));
    }
    world->record_count = 2 * count;
}

void sim_dht_privacy_free(struct sim_dht *world)
{
    for (uint32_t i = 0; i < world->record_count; i++) {
        free(world->records[i].hand);
    }
    free(world->caught);
}

void sim_dht_privacy_record(const struct sim_dht_record *record, uint64_t seq,
                            uint8_t ret_bytes[VC_DHT_RECORD_LEN])
{
    struct account_hand *hand = record->hand;
    struct vc_secret32 seed = {{0}};
    struct vc_writer w = vc_writer(seed.b, sizeof seed.b);
    struct vc_rng rng;

    vc_write_u64(&w, seq);
    vc_write_u32(&w, record->owner);
    vc_write_u32(&w, record->epoch);
    vc_rng_init(&rng, &seed);
    hand->record.seq = seq;
    vc_account_record_write(ret_bytes, &hand->place, &hand->record, &hand->signers,
                            &rng);
}

void sim_dht_privacy_catch(struct sim_dht *world, const struct vc_dht_request *request)
{
    struct vc_hash32 place = request->place;
    struct sim_catch new = {.len = sizeof place};
    const struct sim_dht_record *subject;
    struct vc_dht_record record;

    if (!world->options.is_private ||
        (request->type != VC_DHT_PUT && request->type != VC_DHT_GET &&
         request->type != VC_DHT_REFRESH)) {
        return;
    }
    memcpy(new.bytes, place.b, sizeof place);
    if (request->type == VC_DHT_PUT) {
        if (vc_dht_record_read(request->record, &record) != VC_OK) {
            return;
        }
        vc_dht_record_place(&place, &record);
        new.seq = record.seq;
        new.len = VC_DHT_RECORD_LEN;
        memcpy(new.bytes, request->record.data, VC_DHT_RECORD_LEN);
    }
    subject = sim_dht_record_at(world, &place);
    if (subject == NULL) {
        sim_dht_complain(world, NULL, "somebody asks for a place of nobody");
        return;
    }
    new.subject = (uint32_t)(subject - world->records);
    for (uint32_t i = world->caught_count; i-- > 0;) {
        if (world->caught[i].subject == new.subject &&
            world->caught[i].seq == new.seq) {
            return; /* the same bytes: a record is made of its seq */
        }
    }
    world->caught = sim_dht_grow(world->caught, world->caught_count,
                                 &world->caught_room, sizeof *world->caught);
    world->caught[world->caught_count++] = new;
}

/* ---- what links ---- */

static void add_windows(struct windows *windows, const uint8_t *bytes, uint32_t from,
                        uint32_t until, uint32_t subject)
{
    for (uint32_t at = from; at + sizeof(uint64_t) <= until; at++) {
        windows->items = sim_dht_grow(windows->items, windows->count, &windows->room,
                                      sizeof *windows->items);
        memcpy(&windows->items[windows->count].bytes, bytes + at, sizeof(uint64_t));
        windows->items[windows->count++].subject = subject;
    }
}

static void add_keys(struct windows *windows, const struct sim_dht_record *record)
{
    const struct account_hand *hand = record->hand;
    const void *keys[KEYS] = {
        hand->account.record.b, hand->account.root.b, hand->account.contacts.b,
        hand->device.certificate.dev_sig.b, hand->device.certificate.dev_dh.b};

    for (unsigned i = 0; i < KEYS; i++) {
        add_windows(windows, keys[i], 0, 32, KEY_SUBJECT + record->owner);
    }
}

static int by_bytes(const void *a, const void *b)
{
    const struct window *x = a, *y = b;

    if (x->bytes != y->bytes) {
        return x->bytes < y->bytes ? -1 : 1;
    }
    return (x->subject > y->subject) - (x->subject < y->subject);
}

void sim_dht_privacy_judge(struct sim_dht *world)
{
    struct windows windows = {0};

    for (uint32_t i = 0; i < world->caught_count; i++) {
        const struct sim_catch *caught = &world->caught[i];
        bool is_record = caught->seq != 0;

        add_windows(&windows, caught->bytes, is_record ? 1 : 0,
                    is_record ? DATES_AT : caught->len, caught->subject);
        add_windows(&windows, caught->bytes, is_record ? DATES_END : caught->len,
                    caught->len, caught->subject);
    }
    for (uint32_t i = 0; i < world->record_count / 2; i++) {
        add_keys(&windows, &world->records[i]);
    }
    qsort(windows.items, windows.count, sizeof *windows.items, by_bytes);
    for (uint32_t i = 1; i < windows.count; i++) {
        const struct window *a = &windows.items[i - 1], *b = &windows.items[i];

        if (a->bytes == b->bytes && a->subject != b->subject) {
            world->links++;
        }
    }
    free(windows.items);
}
