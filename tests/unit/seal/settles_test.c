/*
 * Two devices seal for each other while everything fails that may fail: they crash between any
 * two steps, frames are lost, come twice and in another order, what was opened is refused, both
 * begin at once, days pass, one store is put back to an older state.  A small stand-in for mail
 * keeps numbers and rows.  Judges stand outside: what opens is what was sealed, once; a message
 * key is used for one frame only; and in the end everything has arrived.
 *
 * A failure prints its seed; VC_SEED=0x... runs that one alone, VC_SEEDS=n so many.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/prop.h"
#include "tests/support/test.h"
#include "tests/unit/seal/host.h"
#include "tests/unit/seal/uses.h"

enum {
    SEEDS = 300,
    STEPS = 250,
    ROUNDS = 60,
    BURST_MAX = 1900,
    BAG_MAX = 8192,
    TEXT_MAX = 400,
    ROW_MAX = 16 + 8 + TEXT_MAX * 2,
};

enum kind { DATA, UNOPENED, ACK };

/* What is under way. */
struct letter {
    enum kind kind;
    uint64_t number;
    uint32_t generation;
    struct vc_prekey prekey;
    size_t len;
    uint8_t *bytes;
};

struct side {
    struct host host;
    uint64_t next; /* number */
    bool is_dirty; /* sealed something that is not committed: nothing may leave */
    struct letter bag[BAG_MAX];
    size_t bag_count; /* on their way to this side */
    struct vc_memory_disk *old;
};

struct totals {
    uint64_t sealed, resealed, opened, twice, refused, unopened, complaints, crashes,
        restored, begun;
};

struct world {
    struct vc_prop prop;
    uint64_t seed;
    struct side sides[2];
    uint32_t loss, doubles;
    bool is_settling, restores;
    struct uses uses;
    struct totals *totals;
};

#define DEMAND(world, condition)                                              \
    do {                                                                      \
        if (!(condition))                                                     \
            fail_msg("VC_SEED=0x%llx: %s", (unsigned long long)(world)->seed, \
                     #condition);                                             \
    } while (0)

static uint32_t below(struct world *world, uint32_t bound)
{
    return vc_prop_below(&world->prop, bound);
}

static bool chance(struct world *world, uint32_t percent)
{
    return below(world, 100) < percent;
}

static struct side *other_of(struct world *world, const struct side *side)
{
    return side == world->sides ? world->sides + 1 : world->sides;
}

static struct vc_bytes number_key(uint8_t room[8], uint64_t number)
{
    struct vc_writer w = vc_writer(room, 8);

    vc_write_be64(&w, number);
    return vc_writer_bytes(&w);
}

/* The words under a number are always the same. */
static struct vc_bytes text_of(const struct world *world, const struct side *side,
                               uint64_t number)
{
    static uint8_t room[TEXT_MAX];
    struct vc_prop prop = {world->seed ^ (number << 8) ^
                           (side == world->sides ? 1 : 2)};
    size_t len = vc_prop_below(&prop, TEXT_MAX);

    vc_prop_bytes(&prop, room, len);
    return (struct vc_bytes){room, number % 5 == 0 ? 0 : len};
}

static bool has_row(struct side *side, enum vc_table table, uint64_t number,
                    struct vc_bytes *ret_value)
{
    uint8_t key[8];

    return vc_store_get(side->host.store, table, number_key(key, number), ret_value) ==
           VC_OK;
}

static bool reserve(struct side *side)
{
    return vc_store_reserve(side->host.store, 64, 65536) == VC_OK;
}

/* OUTBOX: the session, the place and the frame.  EVENT: what was numbered, MESSAGE: what came,
 * empty rows. */
static void seal(struct world *world, struct side *side, uint64_t number)
{
    struct vc_bytes text = text_of(world, side, number);
    struct vc_bytes head = {text.data, text.len / 3};
    struct vc_bytes body = {text.data + head.len, text.len - head.len};
    struct vc_seal_peer *peer;
    const struct vc_seal_session *session;
    struct vc_sealed sealed;
    uint8_t key[8], room[ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    vc_err err;

    if (!reserve(side)) {
        return;
    }
    err = vc_seal_seal(side->host.seal, &side->host.now, PEER, number, head, body,
                       &sealed);
    DEMAND(world, err == VC_OK || err == VC_ERR_AWAY || err == VC_ERR_FULL);
    if (err != VC_OK) {
        vc_write_u8(&w, 0); /* waits for keys */
    } else {
        peer = vc_seal_peer_find(side->host.seal, PEER);
        session = vc_seal_session_by_id(peer, &sealed.session);
        DEMAND(world, session != NULL && session->ratchet.send_n > 0);
        vc_write_copy(&w, sealed.session.b, sizeof sealed.session.b);
        vc_write_u32(&w, session->ratchet.send_count);
        vc_write_u32(&w, session->ratchet.send_n - 1);
        vc_write_bytes(&w, sealed.frame);
        world->totals->sealed++;
    }
    DEMAND(world, vc_writer_end(&w) == VC_OK);
    vc_store_put(side->host.store, VC_TABLE_OUTBOX, number_key(key, number),
                 vc_writer_bytes(&w));
    vc_store_put(side->host.store, VC_TABLE_EVENT, number_key(key, number),
                 (struct vc_bytes){NULL, 0});
    side->is_dirty = true;
}

static void seal_next(struct world *world, struct side *side)
{
    seal(world, side, side->next);
    side->next++;
}

static struct letter *post(struct world *world, struct side *to, enum kind kind,
                           uint64_t number)
{
    struct letter *letter;

    if (to->bag_count == BAG_MAX || chance(world, world->loss)) {
        return NULL;
    }
    letter = &to->bag[to->bag_count++];
    *letter = (struct letter){.kind = kind, .number = number};
    return letter;
}

static void commit(struct side *side)
{
    host_turn(&side->host);
    side->is_dirty = false;
}

/* What is in the row leaves, if everything is committed. */
static void give(struct world *world, struct side *side, uint64_t number)
{
    struct side *to = other_of(world, side);
    struct vc_bytes value, frame, prefix;
    struct vc_id16 session;
    struct letter *letter;

    if (!has_row(side, VC_TABLE_OUTBOX, number, &value)) {
        return;
    }
    if (value.len > 1) {
        memcpy(session.b, value.data, sizeof session.b);
    }
    if (value.len == 1 || !vc_seal_is_live(side->host.seal, PEER, &session)) {
        seal(world, side, number); /* and leaves next time */
        world->totals->resealed++;
        return;
    }
    if (side->is_dirty) {
        return;
    }
    frame = (struct vc_bytes){value.data + 24, value.len - 24};
    if (!world->restores) {
        uses_note(&world->uses, side == world->sides, value.data, frame);
    }
    letter = post(world, to, DATA, number);
    if (letter == NULL) {
        return;
    }
    prefix = vc_seal_prefix(side->host.seal, PEER, &session);
    letter->len = prefix.len + frame.len;
    letter->bytes = malloc(letter->len);
    assert_non_null(letter->bytes);
    if (prefix.len > 0) {
        memcpy(letter->bytes, prefix.data, prefix.len);
    }
    memcpy(letter->bytes + prefix.len, frame.data, frame.len);
}

static void give_some(struct world *world, struct side *side, uint32_t count)
{
    commit(side);
    for (; count > 0 && side->next > 1; count--) {
        give(world, side, 1 + below(world, (uint32_t)side->next - 1));
    }
}

static void complain(struct world *world, struct side *side, uint64_t number)
{
    struct letter *letter = post(world, other_of(world, side), UNOPENED, number);

    world->totals->unopened++;
    if (letter != NULL) {
        letter->generation = vc_seal_generation(side->host.seal, PEER);
        DEMAND(world, vc_seal_own_prekey(side->host.seal, &letter->prekey));
    }
}

static void take_data(struct world *world, struct side *side,
                      const struct letter *letter)
{
    struct side *from = other_of(world, side);
    struct vc_bytes object = {letter->bytes, letter->len}, value, text;
    struct vc_opened opened;
    uint8_t key[8];
    vc_err err;

    if (has_row(side, VC_TABLE_MESSAGE, letter->number, &value)) {
        world->totals->twice++;
        commit(side);
        (void)post(world, from, ACK, letter->number);
        return;
    }
    err = vc_seal_open(side->host.seal, &side->host.now, PEER, object, &opened);
    if (err == VC_ERR_AUTH || err == VC_ERR_EXISTS) {
        complain(world, side, letter->number);
        return;
    }
    DEMAND(world, err == VC_OK || err == VC_ERR_FULL);
    if (err != VC_OK || !reserve(side)) {
        return;
    }
    text = text_of(world, from, letter->number);
    DEMAND(world, opened.number == letter->number);
    DEMAND(world, opened.object.len == text.len);
    DEMAND(world,
           text.len == 0 || memcmp(opened.object.data, text.data, text.len) == 0);
    if (!world->is_settling && chance(world, 10)) {
        world->totals->refused++;
        return;
    }
    if (!world->is_settling && chance(world, 5)) {
        seal_next(world, side); /* an answer before it is accepted */
        if (chance(world, 20)) {
            return; /* and then it is not */
        }
    }
    vc_store_put(side->host.store, VC_TABLE_MESSAGE, number_key(key, letter->number),
                 (struct vc_bytes){NULL, 0});
    vc_seal_accept(side->host.seal, &side->host.now, PEER);
    world->totals->opened++;
}

static void take_unopened(struct world *world, struct side *side,
                          const struct letter *letter)
{
    struct vc_bytes value;
    struct vc_id16 session;

    if (!has_row(side, VC_TABLE_OUTBOX, letter->number, &value) || value.len == 1) {
        return;
    }
    memcpy(session.b, value.data, sizeof session.b);
    if (!vc_seal_is_live(side->host.seal, PEER, &session) || !reserve(side)) {
        return;
    }
    world->totals->complaints++;
    vc_seal_peer_keys(side->host.seal, &side->host.now, PEER, &letter->prekey, NULL, 0);
    vc_seal_rekey(side->host.seal, &side->host.now, PEER, letter->generation,
                  VC_SEAL_UNOPENED);
}

static void take_ack(struct side *side, const struct letter *letter)
{
    struct vc_bytes value;
    struct vc_id16 session;
    uint8_t key[8];

    if (!has_row(side, VC_TABLE_OUTBOX, letter->number, &value) || !reserve(side)) {
        return;
    }
    if (value.len > 1) {
        memcpy(session.b, value.data, sizeof session.b);
        vc_seal_confirm(side->host.seal, PEER, &session);
    }
    vc_store_del(side->host.store, VC_TABLE_OUTBOX, number_key(key, letter->number));
}

/* One of those under way, whichever: they come in any order. */
static void take(struct world *world, struct side *side)
{
    size_t at;
    struct letter letter;
    bool stays;

    if (side->bag_count == 0) {
        return;
    }
    at = below(world, (uint32_t)side->bag_count);
    letter = side->bag[at];
    stays = chance(world, world->doubles);
    if (!stays) {
        side->bag[at] = side->bag[--side->bag_count];
    }
    switch (letter.kind) {
    case DATA:
        take_data(world, side, &letter);
        break;
    case UNOPENED:
        take_unopened(world, side, &letter);
        break;
    case ACK:
        take_ack(side, &letter);
        break;
    }
    if (!stays) {
        free(letter.bytes);
    }
}

static void add_totals(struct world *world, struct side *side)
{
    world->totals->begun += host_stats(&side->host).sessions_begun;
}

static void crash(struct world *world, struct side *side)
{
    add_totals(world, side);
    side->is_dirty = false;
    host_crash(&side->host);
    host_meet(&side->host, &other_of(world, side)->host);
    world->totals->crashes++;
}

/* As mail does it: the numbers of the lost time are not used again, and a session begins. */
static void restore(struct world *world, struct side *side)
{
    struct side *other = other_of(world, side);

    if (side->old == NULL) {
        commit(side);
        side->old = vc_memory_disk_copy(side->host.disk);
        return;
    }
    add_totals(world, side);
    side->is_dirty = false;
    host_restore(&side->host, side->old);
    side->old = NULL;
    host_meet(&side->host, &other->host);
    host_rekey(&side->host, vc_seal_generation(other->host.seal, PEER),
               VC_SEAL_ROLLBACK);
    world->totals->restored++;
}

static void exchange_keys(struct world *world, struct side *side)
{
    host_give_keys(&side->host, &other_of(world, side)->host, below(world, ONE_TIMES));
}

static void pass(struct world *world)
{
    vc_ms delay = (vc_ms)1 << below(world, 33);

    for (int i = 0; i < 2; i++) {
        host_pass(&world->sides[i].host, delay);
        vc_seal_tick(world->sides[i].host.seal, &world->sides[i].host.now);
    }
}

static void step(struct world *world)
{
    struct side *side = &world->sides[below(world, 2)];
    uint32_t dice = below(world, 1000);

    if (dice < 200) {
        for (uint32_t i = below(world, 4); i > 0; i--) {
            seal_next(world, side);
        }
    } else if (dice < 300) {
        (void)vc_store_submit(side->host.store);
    } else if (dice < 400) {
        commit(side);
    } else if (dice < 600) {
        give_some(world, side, 1 + below(world, 8));
    } else if (dice < 940) {
        for (uint32_t i = below(world, 8); i > 0; i--) {
            take(world, side);
        }
    } else if (dice < 960) {
        crash(world, side);
    } else if (dice < 970) {
        exchange_keys(world, side);
    } else if (dice < 980) {
        pass(world);
    } else if (dice < 990 && world->restores) {
        restore(world, side);
    } else if (dice == 999) {
        host_rekey(&side->host, 0, VC_SEAL_UNOPENED);
    }
}

static size_t waiting(struct side *side)
{
    return host_count(&side->host, VC_TABLE_OUTBOX);
}

/* Nothing fails any more. */
static void settle(struct world *world)
{
    world->is_settling = true;
    world->loss = 0;
    world->doubles = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 2; i++) {
            struct side *side = &world->sides[i];

            vc_seal_tick(side->host.seal, &side->host.now);
            commit(side);
            if (!host_state(&side->host).has_prekey) {
                exchange_keys(world, side);
            }
            for (uint64_t number = 1; number < side->next; number++) {
                give(world, side, number);
            }
            commit(side);
        }
        for (int i = 0; i < 2; i++) {
            while (world->sides[i].bag_count > 0) {
                take(world, &world->sides[i]);
            }
            commit(&world->sides[i]);
        }
        if (waiting(&world->sides[0]) + waiting(&world->sides[1]) == 0) {
            return;
        }
    }
    DEMAND(world, !"it settles");
}

static void judge(struct world *world)
{
    DEMAND(world, uses_are_single(&world->uses));
    for (int i = 0; i < 2; i++) {
        struct side *side = &world->sides[i], *other = other_of(world, side);
        struct vc_seal_peer *peer;
        struct vc_bytes value;

        assert_int_equal(vc_seal_peer_load(side->host.seal, PEER, &peer), VC_OK);
        DEMAND(world, peer->row.session_count <= VC_SEAL_SESSIONS_MAX + 1);
        DEMAND(world, host_count(&side->host, VC_TABLE_SESSION) <=
                          (size_t)peer->row.session_count + 1);
        for (uint64_t number = 1; number < side->next && !world->restores; number++) {
            /* A number whose turn was lost in a crash was never given. */
            DEMAND(world, has_row(side, VC_TABLE_EVENT, number, &value) ==
                              has_row(other, VC_TABLE_MESSAGE, number, &value));
        }
        add_totals(world, side);
    }
}

/* A long chain that comes in any order. */
static void burst(struct world *world)
{
    struct side *side = &world->sides[below(world, 2)];
    struct side *to = other_of(world, side);
    uint64_t first = side->next;

    for (uint32_t i = below(world, BURST_MAX); i > 0; i--) {
        seal_next(world, side);
        if (i % 64 == 0) {
            commit(side);
        }
    }
    commit(side);
    for (uint64_t number = first; number < side->next; number++) {
        give(world, side, number);
    }
    for (uint32_t i = below(world, BURST_MAX); i > 0; i--) {
        take(world, to);
        if (i % 16 == 0) {
            commit(to);
        }
    }
}

static void run(uint64_t seed, struct totals *totals)
{
    static struct world world; /* large */

    world = (struct world){.prop = {seed}, .seed = seed, .totals = totals};
    world.loss = chance(&world, 40) ? below(&world, 60) : 0;
    world.doubles = chance(&world, 50) ? below(&world, 40) : 0;
    world.restores = chance(&world, 30);
    for (int i = 0; i < 2; i++) {
        host_open(&world.sides[i].host, (uint8_t)(i + 1), false);
        world.sides[i].next = 1;
    }
    for (int i = 0; i < 2; i++) {
        host_meet(&world.sides[i].host, &world.sides[1 - i].host);
    }
    for (int i = 0; i < 2; i++) {
        exchange_keys(&world, &world.sides[i]);
    }
    for (int i = 0; i < STEPS; i++) {
        step(&world);
    }
    if (seed % 32 == 0) {
        burst(&world);
    }
    settle(&world);
    judge(&world);
    for (int i = 0; i < 2; i++) {
        host_close(&world.sides[i].host);
        vc_memory_disk_free(world.sides[i].old);
    }
}

static void what_is_sealed_opens_once_whatever_fails(void **state)
{
    struct vc_prop prop = vc_prop_begin(__func__);
    const char *count = getenv("VC_SEEDS");
    uint64_t seeds = count != NULL ? strtoull(count, NULL, 0) : SEEDS;
    struct totals totals = {0};

    (void)state;
    if (getenv("VC_SEED") != NULL) {
        seeds = 1;
    }
    for (uint64_t i = 0; i < seeds; i++) {
        run(prop.state + i, &totals);
    }
    printf(
        "%llu seeds: %llu sealed, %llu sealed anew, %llu opened, %llu came twice, %llu "
        "refused, %llu not opened, %llu complaints, %llu sessions, %llu crashes, %llu "
        "put back\n",
        (unsigned long long)seeds, (unsigned long long)totals.sealed,
        (unsigned long long)totals.resealed, (unsigned long long)totals.opened,
        (unsigned long long)totals.twice, (unsigned long long)totals.refused,
        (unsigned long long)totals.unopened, (unsigned long long)totals.complaints,
        (unsigned long long)totals.begun, (unsigned long long)totals.crashes,
        (unsigned long long)totals.restored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_once_whatever_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
