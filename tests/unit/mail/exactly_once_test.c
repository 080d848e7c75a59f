/*
 * Two mail machines write to each other while everything fails that may fail: hosts
 * crash, commits fail, sessions end on one side only, objects come twice or not at all,
 * the receiver refuses some, the sender gives some up.  Judges stand outside: what a
 * sender's disk says was sent is on the receiver's disk once, and nothing is reported
 * as acknowledged that is not.
 *
 * A failure prints its seed; VC_SEED=0x... runs that one alone, VC_SEEDS=n so many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/cursor.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"
#include "tests/unit/mail/host.h"

enum {
    PEER = 1,
    SEEDS = 1000,
    STEPS = 400,
    SETTLE_STEPS = 20000,
    IDS_MAX = 20000,
    BURST_MAX = 5000
};

/* One side: its host, and what the test knows about it. */
struct side {
    struct host host;
    uint64_t since;        /* of its session; 0: none */
    uint64_t refused;      /* the id that it does not accept now */
    bool is_chat_refusing; /* it accepts nothing now */
};

/* What all seeds together met: a test that meets nothing proves nothing. */
struct totals {
    uint64_t sent, given_again, duplicates, refused, abandoned, restarts;
};

struct world {
    struct vc_prop prop;
    uint64_t seed;
    struct side sides[2];
    uint64_t next_id;
    uint64_t next_since;
    uint32_t loss, doubles; /* percent */
    bool is_settling;
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

static struct vc_bytes id_key(uint8_t room[8], uint64_t id)
{
    struct vc_writer w = vc_writer(room, 8);
    vc_write_be64(&w, id);
    return vc_writer_bytes(&w);
}

static uint64_t read_id(struct vc_bytes bytes)
{
    struct vc_reader r = vc_reader(bytes);
    return vc_read_be64(&r);
}

/* What the side has sent is in its EVENT table, with the delivery number; what it has
 * given up in GAP; what it has received in MESSAGE. */
static void put(struct side *side, enum vc_table table, uint64_t id, uint64_t value)
{
    uint8_t key[8], bytes[8];
    vc_store_put(side->host.store, table, id_key(key, id), id_key(bytes, value));
}

static bool get(struct side *side, enum vc_table table, uint64_t id,
                uint64_t *ret_value)
{
    uint8_t key[8];
    struct vc_bytes value;
    if (vc_store_get(side->host.store, table, id_key(key, id), &value) != VC_OK)
        return false;
    *ret_value = read_id(value);
    return true;
}

static bool on_found(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    (void)key, (void)value;
    *(bool *)ctx = true;
    return false;
}

static bool is_on_disk(struct side *side, enum vc_table table, uint64_t id)
{
    uint8_t key[8];
    bool is_found = false;
    struct vc_scan scan = {
        .table = table,
        .prefix = id_key(key, id),
        .on_row = on_found,
        .ctx = &is_found,
    };
    assert_int_equal(vc_store_scan(side->host.store, &scan), VC_OK);
    return is_found;
}

static bool reserve(struct side *side, size_t ops, size_t bytes)
{
    return vc_store_reserve(side->host.store, ops, bytes) == VC_OK;
}

static void set_session(struct world *world, struct side *side, uint64_t since);

static void on_delivery(struct world *world, struct side *side,
                        const struct vc_mail_output *output)
{
    uint64_t id = read_id(output->object);
    uint64_t before;
    DEMAND(world, id >= 1 && id < world->next_id);
    DEMAND(world, !get(side, VC_TABLE_MESSAGE, id, &before));
    if (id == side->refused || side->is_chat_refusing ||
        !reserve(side, 1 + VC_MAIL_ACCEPT_OPS, 64 + VC_MAIL_ACCEPT_BYTES))
        return;
    put(side, VC_TABLE_MESSAGE, id, output->number);
    vc_mail_accept(side->host.mail, &side->host.now, output->peer, output->number);
}

static void on_acked(struct world *world, struct side *side,
                     const struct vc_mail_output *output)
{
    struct side *other = side == world->sides ? world->sides + 1 : world->sides;
    uint64_t id = read_id((struct vc_bytes){output->ref, 8});
    uint64_t number = 0;
    DEMAND(world, get(side, VC_TABLE_EVENT, id, &number));
    DEMAND(world, number == output->number);
    DEMAND(world, is_on_disk(side, VC_TABLE_EVENT, id));
    DEMAND(world, is_on_disk(other, VC_TABLE_MESSAGE, id));
    DEMAND(world, !get(side, VC_TABLE_GAP, id, &number));
}

static void drain(struct world *world, struct side *side)
{
    struct vc_mail_output output;
    while (host_next(&side->host, &output)) {
        if (output.kind == VC_MAIL_DELIVERY)
            on_delivery(world, side, &output);
        else if (output.kind == VC_MAIL_ACKED)
            on_acked(world, side, &output);
        else if (output.kind == VC_MAIL_CONNECT &&
                 (world->is_settling || chance(world, 50))) {
            world->next_since++;
            set_session(world, world->sides, world->next_since);
            set_session(world, world->sides + 1, world->next_since);
        }
    }
}

/* The link tells about a new session, or the end of one. */
static void set_session(struct world *world, struct side *side, uint64_t since)
{
    struct vc_link_output output = {.peer = PEER};
    bool was_up = side->since != 0;
    side->since = since;
    fake_link_set_session(side->host.link, PEER, since);
    output.reason = since == 0 ? VC_ERR_TIMEOUT : VC_ERR_EXISTS;
    output.kind = VC_LINK_DOWN;
    if (was_up) {
        vc_mail_link_output(side->host.mail, &side->host.now, &output);
        drain(world, side);
    }
    /* That one began again under the drain is possible; then this one is over. */
    if (since == 0 || side->since != since)
        return;
    output.kind = VC_LINK_UP;
    /* Now and then the link does not say so: the session was adopted. */
    if (chance(world, 10))
        vc_mail_wake(side->host.mail, &side->host.now, PEER);
    else
        vc_mail_link_output(side->host.mail, &side->host.now, &output);
    drain(world, side);
}

static void add_totals(struct world *world, struct side *side)
{
    struct vc_mail_stats stats = host_stats(&side->host);
    world->totals->given_again += stats.given_again;
    world->totals->duplicates += stats.duplicates;
    world->totals->refused += stats.refused;
}

static void restart(struct world *world, struct side *side, bool is_crash)
{
    side->since = 0;
    world->totals->restarts++;
    add_totals(world, side);
    if (is_crash) {
        host_crash(&side->host, false);
        drain(world, side);
        return;
    }
    /* A failed commit: the process lives, its machines are built anew. */
    vc_mail_deinit(side->host.mail);
    vc_store_recover(side->host.store);
    fake_link_set_session(side->host.link, PEER, 0);
    struct vc_secret32 seed = {{side->host.seed++}};
    struct vc_mail_config cfg = {
        .alloc = test_alloc(&side->host.alloc),
        .store = side->host.store,
        .link = side->host.link,
    };
    assert_int_equal(vc_mail_init(&cfg, &side->host.now, &seed, &side->host.mail),
                     VC_OK);
    vc_memory_complete(side->host.store, VC_OK);
    (void)vc_store_poll(side->host.store);
    drain(world, side);
}

static void send(struct world *world, struct side *side)
{
    uint8_t bytes[300] = {0};
    size_t len = 8 + below(world, sizeof(bytes) - 8);
    if (world->next_id == IDS_MAX ||
        !reserve(side, 1 + VC_MAIL_SEND_OPS, 64 + VC_MAIL_SEND_BYTES(len)))
        return;
    uint64_t id = world->next_id++;
    uint64_t number;
    struct vc_mail_object object = {.head = id_key(bytes, id)};
    object.body = (struct vc_bytes){bytes + 8, len - 8};
    memcpy(object.ref, bytes, 8);
    vc_err err = vc_mail_send(side->host.mail, &side->host.now, PEER, &object, &number);
    DEMAND(world, err == VC_OK || err == VC_ERR_BUSY);
    if (err == VC_OK)
        put(side, VC_TABLE_EVENT, id, number);
}

static void abandon(struct world *world, struct side *side)
{
    uint64_t id = 1 + below(world, (uint32_t)world->next_id);
    uint64_t number;
    if (!get(side, VC_TABLE_EVENT, id, &number) ||
        !reserve(side, 1 + VC_MAIL_ACCEPT_OPS, 64 + VC_MAIL_ACCEPT_BYTES))
        return;
    vc_err err = vc_mail_abandon(side->host.mail, &side->host.now, PEER, number);
    DEMAND(world, err == VC_OK || err == VC_ERR_NOT_FOUND || err == VC_ERR_BUSY);
    if (err == VC_OK)
        put(side, VC_TABLE_GAP, id, number);
}

static void poll(struct world *world, struct side *side)
{
    struct vc_store_progress progress = vc_store_poll(side->host.store);
    if (progress.failure != VC_OK) {
        restart(world, side, false);
        return;
    }
    vc_mail_committed(side->host.mail, &side->host.now, progress.committed);
    drain(world, side);
}

static void commit(struct world *world, struct side *side, vc_err result)
{
    if (!vc_memory_is_committing(side->host.store))
        return;
    vc_memory_complete(side->host.store, result);
    poll(world, side);
}

static void feed(struct world *world, struct side *side,
                 const struct fake_object *object)
{
    uint8_t *copy = malloc(object->len);
    assert_non_null(copy);
    memcpy(copy, object->bytes, object->len);
    host_feed(&side->host, PEER, (struct vc_bytes){copy, object->len});
    drain(world, side);
    free(copy);
}

/* Carries up to @count objects over; true when something moved. */
static bool move(struct world *world, struct side *from, uint32_t count)
{
    struct side *to = from == world->sides ? world->sides + 1 : world->sides;
    struct fake_object object;
    bool has_moved = false;
    while (count-- > 0 && fake_link_take(from->host.link, &object)) {
        has_moved = true;
        if (from->since == 0 || from->since != to->since || chance(world, world->loss))
            continue;
        /* What is fed may make the sender's link forget: a copy. */
        struct fake_object kept = object;
        kept.bytes = malloc(object.len);
        assert_non_null(kept.bytes);
        memcpy(kept.bytes, object.bytes, object.len);
        feed(world, to, &kept);
        if (chance(world, world->doubles))
            feed(world, to, &kept);
        free(kept.bytes);
    }
    if (fake_link_was_full(from->host.link) && from->since != 0) {
        fake_link_set_room(from->host.link, 1 + below(world, 100));
        vc_mail_link_output(
            from->host.mail, &from->host.now,
            &(struct vc_link_output){.kind = VC_LINK_WRITABLE, .peer = PEER});
        drain(world, from);
        has_moved = true;
    }
    return has_moved;
}

static void pass(struct world *world, vc_ms delay_ms)
{
    for (int i = 0; i < 2; i++) {
        host_tick(&world->sides[i].host, delay_ms);
        drain(world, &world->sides[i]);
    }
}

static void feed_junk(struct world *world, struct side *side)
{
    uint8_t bytes[40];
    struct fake_object object = {.bytes = bytes,
                                 .len = 1 + below(world, sizeof(bytes))};
    vc_prop_bytes(&world->prop, bytes, sizeof(bytes));
    /* Not an ack: one that by chance names a number would be a lie about it. */
    bytes[0] = (uint8_t)(chance(world, 50) ? 5 + below(world, 11) : 0);
    feed(world, side, &object);
}

static void step(struct world *world)
{
    struct side *side = &world->sides[below(world, 2)];
    uint32_t dice = below(world, 1000);
    if (dice < 150)
        for (uint32_t i = below(world, 6); i > 0; i--)
            send(world, side);
    else if (dice < 170)
        abandon(world, side);
    else if (dice < 400)
        host_submit(&side->host);
    else if (dice < 600)
        commit(world, side, VC_OK);
    else if (dice < 610)
        commit(world, side, VC_ERR_DISK_FULL);
    else if (dice < 625)
        restart(world, side, true);
    else if (dice < 640)
        set_session(world, side, 0);
    else if (dice < 650)
        side->is_chat_refusing = chance(world, 30);
    else if (dice < 660)
        side->refused =
            chance(world, 50) ? 1 + below(world, (uint32_t)world->next_id) : 0;
    else if (dice < 670)
        fake_link_set_room(side->host.link, below(world, 20));
    else if (dice < 680)
        feed_junk(world, side);
    else if (dice < 740)
        pass(world, (vc_ms)1 << below(world, 15));
    else
        (void)move(world, side, 1 + below(world, 20));
}

/* Everything works now, and goes on until nothing waits. */
static void settle(struct world *world)
{
    world->is_settling = true;
    world->loss = 0;
    for (int i = 0; i < 2; i++) {
        world->sides[i].refused = 0;
        world->sides[i].is_chat_refusing = false;
        fake_link_set_room(world->sides[i].host.link, SIZE_MAX);
        /* Sessions that ended on one side are noticed on the other. */
        if (world->sides[0].since != world->sides[1].since)
            set_session(world, &world->sides[i], 0);
    }
    for (int steps = 0; steps < SETTLE_STEPS; steps++) {
        bool has_moved = false;
        for (int i = 0; i < 2; i++) {
            struct side *side = &world->sides[i];
            if (world->sides[0].since != world->sides[1].since)
                set_session(world, side, 0);
            has_moved = move(world, side, UINT32_MAX) || has_moved;
            has_moved = host_submit(&side->host) != 0 || has_moved;
            has_moved = vc_memory_is_committing(side->host.store) || has_moved;
            commit(world, side, VC_OK);
        }
        if (has_moved)
            continue;
        vc_ms due = vc_ms_min(vc_mail_due(world->sides[0].host.mail),
                              vc_mail_due(world->sides[1].host.mail));
        if (due == VC_NEVER)
            return;
        vc_ms now = world->sides[0].host.now.mono;
        pass(world, due > now ? due - now : 0);
    }
    DEMAND(world, !"it settles");
}

struct rows {
    struct world *world;
    struct side *side, *other;
    uint64_t count;
};

static bool on_sent(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct rows *rows = ctx;
    (void)value;
    uint64_t id = read_id(key), number;
    rows->count++;
    if (!get(rows->side, VC_TABLE_GAP, id, &number))
        DEMAND(rows->world, get(rows->other, VC_TABLE_MESSAGE, id, &number));
    return true;
}

static bool on_received(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct rows *rows = ctx;
    (void)value;
    uint64_t number;
    DEMAND(rows->world, get(rows->other, VC_TABLE_EVENT, read_id(key), &number));
    rows->count++;
    return true;
}

static bool on_outbox(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    (void)key, (void)value;
    ((struct rows *)ctx)->count++;
    return true;
}

static uint64_t scan(struct rows *rows, enum vc_table table,
                     bool (*on_row)(void *, struct vc_bytes, struct vc_bytes))
{
    rows->count = 0;
    struct vc_scan scan = {.table = table, .on_row = on_row, .ctx = rows};
    assert_int_equal(vc_store_scan(rows->side->host.store, &scan), VC_OK);
    return rows->count;
}

static void judge(struct world *world)
{
    for (int i = 0; i < 2; i++) {
        struct rows rows = {
            .world = world,
            .side = &world->sides[i],
            .other = &world->sides[1 - i],
        };
        struct vc_mail_state state = host_state(&rows.side->host, PEER);
        struct vc_mail_state others = host_state(&rows.other->host, PEER);
        DEMAND(world, state.waiting == 0);
        DEMAND(world, state.sent == others.received);
        DEMAND(world, scan(&rows, VC_TABLE_OUTBOX, on_outbox) == 0);
        /* What a crashed sender took back was never given to anybody. */
        DEMAND(world, scan(&rows, VC_TABLE_EVENT, on_sent) == state.sent);
        (void)scan(&rows, VC_TABLE_MESSAGE, on_received);
        DEMAND(world, host_stats(&rows.side->host).rows_missing == 0);
        DEMAND(world, host_stats(&rows.side->host).dropped_acks == 0);
        world->totals->sent += state.sent;
        world->totals->abandoned += scan(&rows, VC_TABLE_GAP, on_outbox);
        add_totals(world, rows.side);
    }
}

/* Enough to fill windows and batches, with a hole at the front. */
static void burst(struct world *world)
{
    struct side *side = &world->sides[below(world, 2)];
    struct side *other = side == world->sides ? world->sides + 1 : world->sides;
    other->refused = world->next_id + below(world, 10);
    for (uint32_t i = below(world, BURST_MAX); i > 0; i--) {
        send(world, side);
        if (chance(world, 2)) {
            host_submit(&side->host);
            commit(world, side, VC_OK);
        }
        if (chance(world, 5))
            step(world);
    }
}

static void run(uint64_t seed, struct totals *totals)
{
    static struct world world;
    world = (struct world){
        .prop = {seed},
        .seed = seed,
        .totals = totals,
        .next_id = 1,
    };
    world.loss = chance(&world, 20) ? below(&world, 20) : 0;
    world.doubles = chance(&world, 50) ? below(&world, 20) : 0;
    for (int i = 0; i < 2; i++) {
        host_open(&world.sides[i].host, false);
        host_peer_put(&world.sides[i].host, PEER);
        host_turn(&world.sides[i].host);
        drain(&world, &world.sides[i]);
    }
    for (int i = 0; i < STEPS; i++)
        step(&world);
    if (seed % 50 == 0)
        burst(&world);
    settle(&world);
    judge(&world);
    for (int i = 0; i < 2; i++)
        host_close(&world.sides[i].host);
}

static void what_is_sent_arrives_once_whatever_fails(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin(__func__);
    const char *count = getenv("VC_SEEDS");
    uint64_t seeds = count != NULL ? strtoull(count, NULL, 0) : SEEDS;
    if (getenv("VC_SEED") != NULL)
        seeds = 1;
    struct totals totals = {0};
    for (uint64_t i = 0; i < seeds; i++)
        run(prop.state + i, &totals);
    printf("%llu seeds: %llu objects, %llu given again, %llu came twice, %llu refused, "
           "%llu abandoned, %llu restarts\n",
           (unsigned long long)seeds, (unsigned long long)totals.sent,
           (unsigned long long)totals.given_again,
           (unsigned long long)totals.duplicates, (unsigned long long)totals.refused,
           (unsigned long long)totals.abandoned, (unsigned long long)totals.restarts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_arrives_once_whatever_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
