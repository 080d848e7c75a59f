/*
 * Two mail machines write to each other while everything fails that may fail: hosts
 * crash, commits fail, sessions end on one side only, objects come twice or not at all,
 * the receiver refuses some, the sender gives some up; seals cannot be opened, end-to-end
 * sessions die, keys come late, and disks are put back to older states.  Judges stand
 * outside: what a sender's disk says was sent is on the receiver's disk once, and nothing is
 * reported as acknowledged that is not.
 *
 * A failure prints its seed; VC_SEED=0x... runs that one alone, VC_SEEDS=n so many.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/mail/world.h"

enum { SEEDS = 1000, STEPS = 400, SETTLE_STEPS = 20000, BURST_MAX = 5000 };

static void feed_junk(struct world *world, struct side *side)
{
    uint8_t bytes[40];
    struct fake_object object = {.bytes = bytes,
                                 .len = 1 + below(world, sizeof(bytes))};
    vc_prop_bytes(&world->prop, bytes, sizeof(bytes));
    /* Nothing that by chance is a lie about a number. */
    bytes[0] = (uint8_t)(chance(world, 50) ? 7 + below(world, 9) : 0);
    feed(world, side, &object);
}

static void bring_keys(struct side *side)
{
    seals_of(side)->seal_err = VC_OK;
    seals_of(side)->has_keys = true;
    vc_mail_keys(side->host.mail, &side->host.now, WORLD_PEER);
}

/* Something happens to the end-to-end session of a side. */
static void disturb_seals(struct world *world, struct side *side)
{
    struct fake_seal_peer *seals = seals_of(side);
    switch (below(world, 6)) {
    case 0:
        /* What he is sent under the present sessions he cannot open any more. */
        seals->opens_from = ++seals->generation;
        break;
    case 1:
        /* A session came to its end by itself, and nobody told mail. */
        seals->floor = seals->generation + 1;
        seals->session = 0;
        break;
    case 2:
        seals->has_keys = false;
        break;
    case 3:
        seals->seal_err = VC_ERR_NO_MEMORY;
        break;
    default:
        bring_keys(side);
        drain(world, side);
        break;
    }
}

static void step_rarely(struct world *world, struct side *side)
{
    uint32_t dice = below(world, 100);
    if (dice < 20 && world->has_turns)
        seals_of(side)->owes_turn = true;
    else if (dice < 50 && world->has_deaths)
        disturb_seals(world, side);
    else if (dice < 75 && world->has_restores)
        back_up(world, side);
    else if (dice < 95 && world->has_restores)
        restore(world, side);
}

static void step(struct world *world)
{
    struct side *side = &world->sides[below(world, 2)];
    uint32_t dice = below(world, 1000);
    if (dice < 150)
        for (uint32_t i = below(world, 6); i > 0; i--)
            send_new(world, side);
    else if (dice < 170)
        abandon_any(world, side);
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
    else if (dice < 780)
        step_rarely(world, side);
    else
        (void)move(world, side, 1 + below(world, 20));
}

static void make_well(struct world *world)
{
    world->is_settling = true;
    world->loss = 0;
    for (int i = 0; i < 2; i++) {
        struct side *side = &world->sides[i];
        side->refused = 0;
        side->is_chat_refusing = false;
        fake_link_set_room(side->host.link, SIZE_MAX);
        bring_keys(side);
        drain(world, side);
    }
}

/* Everything works now, and goes on until nothing waits. */
static void settle(struct world *world)
{
    make_well(world);
    for (int steps = 0; steps < SETTLE_STEPS; steps++) {
        bool has_moved = false;
        for (int i = 0; i < 2; i++) {
            struct side *side = &world->sides[i];
            /* Sessions that ended on one side are noticed on the other. */
            if (world->sides[0].since != world->sides[1].since)
                set_session(world, side, 0);
            has_moved = move(world, side, UINT32_MAX) || has_moved;
            /* What could not be sealed when the last commit came. */
            resend(world, side);
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
    uint64_t id = id_of(key), number;
    rows->count++;
    if (!has(rows->side, VC_TABLE_GAP, id, &number) &&
        (rows->world->fates[id] & (WORLD_LOST | WORLD_REVIVED)) == 0)
        DEMAND(rows->world, has(rows->other, VC_TABLE_MESSAGE, id, &number));
    return true;
}

static bool on_received(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct rows *rows = ctx;
    (void)value;
    uint64_t id = id_of(key), number;
    if ((rows->world->fates[id] & WORLD_FORGOTTEN) == 0)
        DEMAND(rows->world, has(rows->other, VC_TABLE_EVENT, id, &number));
    rows->count++;
    return true;
}

static bool on_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    (void)key, (void)value;
    ((struct rows *)ctx)->count++;
    return true;
}

static uint64_t scan(struct rows *rows, enum vc_table table,
                     bool (*on_each)(void *, struct vc_bytes, struct vc_bytes))
{
    rows->count = 0;
    struct vc_scan scan = {.table = table, .on_row = on_each, .ctx = rows};
    assert_int_equal(vc_store_scan(rows->side->host.store, &scan), VC_OK);
    return rows->count;
}

static void judge(struct world *world)
{
    bool is_put_back = world->sides[0].restores + world->sides[1].restores > 0;
    for (int i = 0; i < 2; i++) {
        struct rows rows = {
            .world = world,
            .side = &world->sides[i],
            .other = &world->sides[1 - i],
        };
        struct vc_mail_state state = host_state(&rows.side->host, WORLD_PEER);
        struct vc_mail_state others = host_state(&rows.other->host, WORLD_PEER);
        uint64_t sent = scan(&rows, VC_TABLE_EVENT, on_sent);
        DEMAND(world, state.waiting == 0);
        DEMAND(world, scan(&rows, VC_TABLE_OUTBOX, on_row) == 0);
        DEMAND(world, is_put_back || state.sent == others.received);
        /* What a crashed sender took back was never given to anybody. */
        DEMAND(world, is_put_back || world->has_turns || sent == state.sent);
        (void)scan(&rows, VC_TABLE_MESSAGE, on_received);
        DEMAND(world, host_stats(&rows.side->host).rows_missing == 0);
        DEMAND(world, host_stats(&rows.side->host).dropped_acks == 0);
        world->totals->sent += sent;
        world->totals->turns += is_put_back ? 0 : state.sent - sent;
        world->totals->abandoned += scan(&rows, VC_TABLE_GAP, on_row);
        add_totals(world, rows.side);
    }
}

/* Enough to fill windows and batches, with a hole at the front. */
static void burst(struct world *world)
{
    struct side *side = &world->sides[below(world, 2)];
    struct side *other = other_side(world, side);
    other->refused = world->next_id + below(world, 10);
    for (uint32_t i = below(world, BURST_MAX); i > 0; i--) {
        send_new(world, side);
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
    world_open(&world, seed, totals);
    for (int i = 0; i < STEPS; i++)
        step(&world);
    if (seed % 50 == 0)
        burst(&world);
    settle(&world);
    judge(&world);
    world_close(&world);
}

#define SHOWN(count) ((unsigned long long)(count))

/* 0x6b08...: a receiver was put back behind objects that he had acknowledged beyond a hole; the
 * next burst filled his window behind it. */
static const uint64_t once_failed[] = {0x6b085bd02e7242b4};

static void what_has_failed_once_does_not_again(void **state)
{
    struct totals totals = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(once_failed) / sizeof(*once_failed); i++)
        run(once_failed[i], &totals);
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
           SHOWN(seeds), SHOWN(totals.sent), SHOWN(totals.given_again),
           SHOWN(totals.duplicates), SHOWN(totals.refused), SHOWN(totals.abandoned),
           SHOWN(totals.restarts));
    printf("%llu not opened, %llu sealed from words, %llu turns, %llu disks put back, "
           "%llu rollbacks found, %llu written again\n",
           SHOWN(totals.unopened), SHOWN(totals.resealed), SHOWN(totals.turns),
           SHOWN(totals.restores), SHOWN(totals.rollbacks),
           SHOWN(totals.written_again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_failed_once_does_not_again),
        cmocka_unit_test(what_is_sent_arrives_once_whatever_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
