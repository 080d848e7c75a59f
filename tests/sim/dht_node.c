#include <stdlib.h>
#include <string.h>

#include "tests/sim/dht_hostile.h"
#include "tests/sim/dht_world.h"

enum {
    DOORS = 4,            /* nodes that somebody new is told of */
    DOOR_TRIES = 20,      /* to find one of them */
    TICKS_MAX = 64,       /* in one millisecond: more is a machine that spins */
    BASE_S = 1767225600,  /* 2026-01-01: the true time at the beginning */
    EVENING_S = 21 * 3600 /* or in the evening of that day */
};

struct sim_dht_node *sim_dht_running;

uint32_t sim_dht_index(const struct sim_dht *world, const struct sim_dht_node *node)
{
    return (uint32_t)(node - world->nodes);
}

enum sim_dht_class sim_dht_class_of(const struct sim_dht_node *node)
{
    if (node->evil != SIM_DHT_HONEST) {
        return SIM_DHT_HOSTILE;
    }
    return node->is_nat ? SIM_DHT_CLIENT : SIM_DHT_ROUTER;
}

vc_ms sim_dht_true_time(const struct sim_dht *world)
{
    return ((vc_ms)BASE_S + (world->options.is_private ? EVENING_S : 0)) * 1000 +
           world->now;
}

struct vc_now sim_dht_clock(const struct sim_dht *world,
                            const struct sim_dht_node *node)
{
    return (struct vc_now){.mono = world->now + node->mono_ahead,
                           .unix_ms =
                               sim_dht_true_time(world) + (uint64_t)node->skew_ms};
}

bool sim_dht_is_reachable(const struct sim_dht_node *node)
{
    return !node->is_nat;
}

static bool is_fit(const struct sim_dht_node *node,
                   bool (*fits)(const struct sim_dht_node *node))
{
    return node->state == SIM_DHT_HERE && fits(node);
}

struct sim_dht_node *sim_dht_pick(struct sim_dht *world,
                                  bool (*fits)(const struct sim_dht_node *node))
{
    uint32_t first = 0;

    for (int tries = 0; tries < 200; tries++) {
        first = sim_random_below(&world->random, world->node_count);
        if (is_fit(&world->nodes[first], fits)) {
            return &world->nodes[first];
        }
    }
    /* There are few, or none. */
    for (uint32_t i = 0; i < world->node_count; i++) {
        struct sim_dht_node *node = &world->nodes[(first + i) % world->node_count];

        if (is_fit(node, fits)) {
            return node;
        }
    }
    return NULL;
}

/* Invites and lists name routers: a client lets nobody in. */
static bool is_entry(const struct sim_dht_node *node)
{
    struct vc_now now = sim_dht_clock(sim_dht_world, node);
    struct vc_dht_status status;

    if (node->is_nat || node->is_founder) {
        return !node->is_nat;
    }
    vc_dht_status(node->dht, &now, &status);
    return status.role == VC_DHT_ROLE_ROUTER;
}

static bool is_friend(const struct sim_dht_node *node)
{
    return is_entry(node) && node->evil == SIM_DHT_HONEST;
}

/* Of those whom it can reach. */
static struct sim_dht_node *pick_door(struct sim_dht *world,
                                      const struct sim_dht_node *node,
                                      bool (*is_door)(const struct sim_dht_node *node))
{
    struct sim_dht_node *door = sim_dht_pick(world, is_door);

    for (int tries = 0; door != NULL && world->is_split && door->side != node->side;
         tries++) {
        door = tries < DOOR_TRIES ? sim_dht_pick(world, is_door) : NULL;
    }
    return door;
}

/* Tells it of some who are there, a friend first; half of them with their keys, as invites
 * do. */
static void show_doors(struct sim_dht *world, struct sim_dht_node *node, int count)
{
    struct vc_now now = sim_dht_clock(world, node);

    for (int i = 0; i < count; i++) {
        struct sim_dht_node *door =
            pick_door(world, node, i == 0 ? is_friend : is_entry);

        for (int tries = 0; i == 0 && door == node && tries < DOOR_TRIES; tries++) {
            door = pick_door(world, node, is_friend);
        }
        if (door != NULL && door != node) {
            vc_dht_enter(node->dht, &now, &door->addr, i % 2 == 0 ? &door->key : NULL);
        }
    }
}

static void restore(struct sim_dht *world, struct sim_dht_node *node)
{
    struct vc_now now = sim_dht_clock(world, node);

    if (vc_dht_restore(node->dht, &now,
                       (struct vc_bytes){node->saved, node->saved_len}) != VC_OK) {
        sim_dht_complain(world, node, "does not take its own saved table");
    }
}

static void make_machine(struct sim_dht *world, struct sim_dht_node *node)
{
    struct vc_dht_config config = world->config;
    struct vc_now now = sim_dht_clock(world, node);
    struct vc_secret32 seed;

    for (int i = 0; i < 4; i++) {
        uint64_t word = sim_random_next(&world->random);
        struct vc_writer w = vc_writer(seed.b + 8 * i, 8);

        vc_write_u64(&w, word);
    }
    config.is_bootstrap = node->is_founder;
    node->dht = vc_dht_init(sim_dht_machine_alloc(world, node), &config, &now, &seed);
}

/* What is of one session only. */
static void begin_session(struct sim_dht *world, struct sim_dht_node *node)
{
    node->state = SIM_DHT_HERE;
    node->began_at = world->now;
    node->mono_ahead = sim_random_below(&world->random, 1u << 30);
    node->hole_count = 0;
    node->remote_count = 0;
    node->remotes_from = VC_NEVER;
    node->traffic = (struct sim_dht_traffic){0};
    node->measured_at = world->now;
    world->starts++;
    world->measured_starts += world->now > world->measured_from;
}

void sim_dht_start(struct sim_dht *world, struct sim_dht_node *node)
{
    bool is_saved = node->saved != NULL;
    struct sim_dht_node *before = sim_dht_running;

    begin_session(world, node);
    if (!is_saved) {
        struct vc_addr addr = sim_dht_choose_addr(world, node);

        sim_dht_set_addr(world, node, &addr);
    }
    sim_dht_running = node;
    make_machine(world, node);
    if (is_saved) {
        restore(world, node);
        free(node->saved);
        node->saved = NULL;
    }
    show_doors(world, node, is_saved ? 1 : DOORS);
    sim_dht_running = before;
    sim_dht_turn(world, node);
    sim_dht_evil_started(world, node);
    sim_dht_people_started(world, node, is_saved);
}

static void save(const struct sim_dht *world, struct sim_dht_node *node)
{
    struct vc_now now = sim_dht_clock(world, node);
    uint8_t bytes[VC_DHT_SAVED_MAX];

    node->saved_len = (uint32_t)vc_dht_save(node->dht, &now, bytes, sizeof bytes);
    node->saved = sim_dht_alloc(1, node->saved_len + 1);
    memcpy(node->saved, bytes, node->saved_len);
}

void sim_dht_stop(struct sim_dht *world, struct sim_dht_node *node, bool is_saved)
{
    struct sim_dht_node *before = sim_dht_running;

    sim_dht_account(world, node);
    sim_dht_drop_asks(world, node);
    sim_dht_running = node;
    if (is_saved) {
        save(world, node);
    }
    vc_dht_deinit(node->dht);
    sim_dht_running = before;
    sim_dht_machine_free(world, node);
    node->state = SIM_DHT_AWAY;
    node->gone_at = world->now;
    vc_heap_set(&world->timers, sim_dht_index(world, node), VC_NEVER);
}

void sim_dht_account(struct sim_dht *world, struct sim_dht_node *node)
{
    struct sim_dht_traffic *all =
        &world->classes[sim_dht_class_of(node)][node->is_idle ? 1 : 0];
    const struct sim_dht_traffic *own = &node->traffic;
    vc_ms from = node->measured_at > world->measured_from ? node->measured_at
                                                          : world->measured_from;

    if (world->now >= from && world->now >= world->measured_from) {
        all->bytes_in += own->bytes_in;
        all->bytes_out += own->bytes_out;
        all->datagrams_in += own->datagrams_in;
        all->datagrams_out += own->datagrams_out;
        for (unsigned i = 0; i <= VC_DHT_RING; i++) {
            all->requests[i] += own->requests[i];
        }
        world->class_ms[sim_dht_class_of(node)][node->is_idle ? 1 : 0] +=
            world->now - from;
    }
    node->traffic = (struct sim_dht_traffic){0};
    node->measured_at = world->now;
}

void sim_dht_deliver(struct sim_dht *world, struct sim_dht_node *node,
                     const struct sim_dht_datagram *datagram)
{
    struct vc_now now = sim_dht_clock(world, node);

    node->traffic.bytes_in += datagram->len;
    node->traffic.datagrams_in++;
    if (datagram->is_spoofed) {
        node->spoofed_in += datagram->len;
    }
    sim_dht_running = node;
    world->has_answer = false;
    vc_dht_recv(node->dht, &now, &datagram->from,
                (struct vc_bytes){datagram->bytes, datagram->len});
    sim_dht_running = NULL;
    sim_dht_turn(world, node);
}

void sim_dht_tick(struct sim_dht *world, struct sim_dht_node *node)
{
    struct vc_now now = sim_dht_clock(world, node);

    if (node->ticked_at != world->now) {
        node->ticked_at = world->now;
        node->ticks = 0;
    }
    if (++node->ticks == TICKS_MAX) {
        sim_dht_complain(world, node, "is due again and again at one instant");
    }
    sim_dht_running = node;
    vc_dht_tick(node->dht, &now);
    sim_dht_running = NULL;
    sim_dht_turn(world, node);
}

static void take_output(struct sim_dht *world, struct sim_dht_node *node,
                        const struct vc_dht_output *output)
{
    switch (output->kind) {
    case VC_DHT_DATAGRAM:
        world->traffic[world->now / SIM_DHT_TRAFFIC_MS] += output->bytes.len;
        if (node->evil == SIM_DHT_HONEST) {
            sim_dht_send(world, node, &output->addr, output->bytes, 0);
        } else {
            sim_dht_evil_send(world, node, output);
        }
        break;
    case VC_DHT_FOUND:
        sim_dht_on_found(world, node, output);
        break;
    case VC_DHT_DONE:
        sim_dht_on_done(world, node, output);
        break;
    case VC_DHT_KEPT:
        sim_dht_on_kept(world, node, output);
        break;
    case VC_DHT_CHANGED:
    case VC_DHT_SAVE:
        break;
    }
}

void sim_dht_turn(struct sim_dht *world, struct sim_dht_node *node)
{
    struct vc_now now = sim_dht_clock(world, node);
    struct vc_dht_output output;
    vc_ms due;

    sim_dht_running = node;
    while (vc_dht_next(node->dht, &now, &output)) {
        take_output(world, node, &output);
    }
    due = vc_dht_due(node->dht, &now);
    sim_dht_running = NULL;
    if (due != VC_NEVER) {
        due = due <= now.mono ? world->now : due - node->mono_ahead;
        if (node->ticked_at == world->now && node->ticks >= TICKS_MAX &&
            due == world->now) {
            due++;
        }
    }
    vc_heap_set(&world->timers, sim_dht_index(world, node), due);
}
