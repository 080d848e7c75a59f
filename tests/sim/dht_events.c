#include <stdlib.h>
#include <string.h>

#include "tests/sim/dht_hostile.h"
#include "tests/sim/dht_world.h"

enum {
    MINUTE_MS = 60 * 1000,
    FOUNDING_MAX_MS = 5 * MINUTE_MS, /* founders come within this */
    FIRST = 8,                       /* founders that nobody doubts */
    AWAY_PART = 10,                  /* of a session: how long somebody is away */
    AWAY_MIN_MS = 10 * 1000,
    RESTART_MIN_MS = 1000, /* a storm: how long a restart takes */
    RESTART_MAX_MS = 5000,
    LINKS = 3, /* who know somebody of the other network when two meet */
    DAY_MS = 24 * 60 * MINUTE_MS,
    MILLION = 1000000,
};

static bool is_anybody(const struct sim_dht_node *node)
{
    (void)node;
    return true;
}

static bool chance(struct sim_dht *world, uint32_t share)
{
    return sim_random_chance(&world->random, share);
}

static void make_evil(struct sim_dht *world, struct sim_dht_node *node, uint32_t index)
{
    const struct sim_dht_options *options = &world->options;
    bool is_ground = index >= options->nodes;

    if (is_ground) {
        node->evil = SIM_DHT_COLLUDE;
    } else if (index >= FIRST && chance(world, options->hostile)) {
        node->evil = options->is_mixed
                         ? (enum sim_dht_evil)(1 + index % (SIM_DHT_EVIL_COUNT - 1))
                         : options->evil;
    }
    world->flooders += node->evil == SIM_DHT_FLOOD;
}

static int64_t skew_of(struct sim_dht *world)
{
    uint32_t most = chance(world, world->options.wrong_clocks)
                        ? 2u * DAY_MS
                        : world->options.skew_s * 1000;

    return (int64_t)sim_random_below(&world->random, 2 * most + 1) - most;
}

vc_ms sim_dht_founded_at(const struct sim_dht *world)
{
    return vc_ms_min(world->measured_from / 2, FOUNDING_MAX_MS);
}

void sim_dht_found(struct sim_dht *world)
{
    const struct sim_dht_options *options = &world->options;
    vc_ms founding = sim_dht_founded_at(world);

    for (uint32_t i = 0; i < world->node_count; i++) {
        struct sim_dht_node *node = &world->nodes[i];
        bool is_ground = i >= options->nodes;
        vc_ms at = is_ground
                       ? world->measured_from
                       : 1 + sim_random_below(&world->random, (uint32_t)founding + 1);

        make_evil(world, node, i);
        if (node->evil == SIM_DHT_HONEST) {
            node->is_nat = i >= FIRST && chance(world, options->clients);
            node->is_idle = i >= FIRST && chance(world, options->idle);
        }
        node->is_founder =
            node->evil != SIM_DHT_HONEST ||
            (!node->is_nat && (i < FIRST || chance(world, options->founders)));
        node->side = options->merge_min > 0 ? (uint8_t)(i % 2) : 0;
        node->skew_ms = skew_of(world);
        vc_heap_set(&world->lives, i, i < FIRST ? 1 + i : at);
    }
    world->is_split = options->merge_min > 0;
    world->split_until = world->measured_from + (vc_ms)options->merge_min * MINUTE_MS;
}

/* ---- coming and going ---- */

static vc_ms session_mean(const struct sim_dht *world)
{
    return (vc_ms)world->options.churn_min * MINUTE_MS * 14427 /
           10000; /* median / ln 2 */
}

static bool has_churn(const struct sim_dht *world, const struct sim_dht_node *node)
{
    return world->options.churn_min > 0 && node->evil == SIM_DHT_HONEST &&
           (world->attacked == SIM_DHT_NOBODY || node->record != world->attacked);
}

static void come(struct sim_dht *world, struct sim_dht_node *node)
{
    node->is_founder =
        node->is_founder && (node->state == SIM_DHT_UNBORN || node->saved != NULL ||
                             node->evil != SIM_DHT_HONEST);
    sim_dht_start(world, node);
    if (has_churn(world, node)) {
        vc_heap_set(&world->lives, sim_dht_index(world, node),
                    world->now + 1 + sim_dht_wait(world, session_mean(world)));
    }
}

static void go(struct sim_dht *world, struct sim_dht_node *node)
{
    if (!has_churn(world, node)) {
        return;
    }
    sim_dht_stop(world, node, sim_random_below(&world->random, 2) == 0);
    vc_heap_set(&world->lives, sim_dht_index(world, node),
                world->now + AWAY_MIN_MS +
                    sim_dht_wait(world, session_mean(world) / AWAY_PART));
}

/* ---- what befalls many ---- */

static void kill_or_restart(struct sim_dht *world, const struct sim_dht_event *event)
{
    for (uint32_t i = 0; i < world->node_count; i++) {
        struct sim_dht_node *node = &world->nodes[i];

        if (node->state != SIM_DHT_HERE || !chance(world, event->share)) {
            continue;
        }
        if (event->kind == SIM_DHT_STORM) {
            sim_dht_stop(world, node, true);
            vc_heap_set(&world->lives, i,
                        world->now + sim_random_between(&world->random, RESTART_MIN_MS,
                                                        RESTART_MAX_MS));
        } else {
            sim_dht_stop(world, node, false);
            node->state = SIM_DHT_DEAD;
            vc_heap_set(&world->lives, i, VC_NEVER);
        }
    }
}

static void split(struct sim_dht *world, const struct sim_dht_event *event)
{
    for (uint32_t i = 0; i < world->node_count; i++) {
        world->nodes[i].side = chance(world, event->share) ? 1 : 0;
    }
    world->is_split = true;
    world->split_from = world->now;
    world->split_until = world->measured_from + (vc_ms)event->until_min * MINUTE_MS;
}

/* A few people know somebody on the other side. */
static void heal(struct sim_dht *world)
{
    uint32_t links = 0;

    world->is_split = false;
    world->healed_at = world->now;
    for (int tries = 0; tries < 1000 && links < LINKS; tries++) {
        struct sim_dht_node *a = sim_dht_pick(world, is_anybody);
        struct sim_dht_node *b = sim_dht_pick(world, sim_dht_is_reachable);

        if (a != NULL && b != NULL && a->side != b->side && a->evil == SIM_DHT_HONEST) {
            struct vc_now now = sim_dht_clock(world, a);

            sim_dht_running = a;
            vc_dht_enter(a->dht, &now, &b->addr, &b->key);
            sim_dht_running = NULL;
            sim_dht_turn(world, a);
            links++;
        }
    }
}

static void happen(struct sim_dht *world, struct sim_dht_event *event)
{
    event->is_past = true;
    if (event->kind == SIM_DHT_SPLIT) {
        split(world, event);
    } else {
        world->struck_at = world->now;
        kill_or_restart(world, event);
    }
}

void sim_dht_events(struct sim_dht *world)
{
    uint32_t index;

    for (uint32_t i = 0; i < world->options.event_count; i++) {
        struct sim_dht_event *event = &world->options.events[i];

        if (!event->is_past &&
            world->now >= world->measured_from + (vc_ms)event->at_min * MINUTE_MS) {
            happen(world, event);
        }
    }
    if (world->is_split && world->now >= world->split_until) {
        heal(world);
    }
    if (world->options.grind > 0 && world->attacked == SIM_DHT_NOBODY &&
        world->now >= world->measured_from - 1) {
        sim_dht_grind(world);
    }
    while (vc_heap_take(&world->lives, world->now, &index)) {
        struct sim_dht_node *node = &world->nodes[index];

        if (node->state == SIM_DHT_HERE) {
            go(world, node);
        } else if (node->state != SIM_DHT_DEAD) {
            come(world, node);
        }
    }
    sim_dht_flood(world);
}
