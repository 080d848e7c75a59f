#include <stdlib.h>
#include <string.h>

#include "tests/sim/plants.h"
#include "tests/sim/world.h"

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    if (old == NULL) {
        return calloc(1, new_size);
    }
    return realloc(old, new_size);
}

struct vc_now sim_host_now(const struct sim_host *host)
{
    /* The monotonic clock starts anew with the machine, so it says nothing about others. */
    return (struct vc_now){
        .mono = host->world->now + 1000u * host->index,
        .unix_ms = (vc_ms)((int64_t)(SIM_UNIX_MS + host->world->now) + host->skew_ms)};
}

static void build_node(struct sim_host *host)
{
    static const uint8_t network_id[] = "sim";
    struct vc_now now = sim_host_now(host);
    struct vc_node_config config;
    struct vc_dht_config dht;
    struct vc_addr doors[SIM_ROUTERS_MAX];
    struct vc_secret32 seed;
    vc_err err;

    vc_node_config_default(&config);
    config.alloc = (struct vc_alloc){.resize = resize};
    config.store = host->store;
    config.network_id = (struct vc_bytes){network_id, sizeof network_id - 1};
    config.peers_max = 32;
    config.half_open_max = 32;
    config.chunk_count = 1024;
    config.packets_max = 2048;
    config.default_name = "somebody";
    if (host->world->config.routers > 0) {
        /* One way in: the others are learnt. */
        sim_dht_config(host->world, &dht);
        config.dht = &dht;
        doors[0] = sim_router_addr(host->index % host->world->config.routers);
        config.doors = doors;
        config.door_count = 1;
    }
    for (size_t i = 0; i < sizeof seed.b; i += 8) {
        uint64_t word = sim_random_next(&host->world->seeds);

        memcpy(seed.b + i, &word, 8);
    }
    err = vc_node_init(&config, &now, &seed, &host->node);
    if (err == VC_ERR_STORE_IO && !host->has_root) {
        /* Without an identity it can be nobody: it says so and ends, and is started again. */
        host->node = NULL;
        host->is_dying = true;
        return;
    }
    if (err != VC_OK) {
        sim_complain(host->world, "host %u does not start: %s", host->index,
                     vc_err_name(err));
        host->node = NULL;
        return;
    }
    if (!host->has_root) {
        host->root = vc_node_account(host->node)->root;
    } else if (memcmp(host->root.b, vc_node_account(host->node)->root.b, 32) != 0) {
        sim_complain(host->world, "host %u has become somebody else", host->index);
    }
    vc_node_set_addresses(host->node, &now, &host->addr, 1);
}

/* Dies here, perhaps.  Then what follows in the turn does not happen. */
static bool dies(struct sim_host *host)
{
    struct sim_world *world = host->world;

    if (world->has_faults && !host->is_dying &&
        sim_random_chance(&world->random, world->config.crash)) {
        host->is_dying = true;
    }
    return host->is_dying;
}

static void plan_commit(struct sim_host *host)
{
    struct sim_world *world = host->world;

    if (host->is_commit_planned || !vc_memory_is_committing(host->store)) {
        return;
    }
    host->is_commit_planned = true;
    sim_plan(world, (struct sim_happening){
                        .kind = SIM_COMMIT,
                        .host = host->index,
                        .life = host->life,
                        .at = world->now + 1 +
                              sim_random_below(&world->random, world->config.commit_max_ms)});
}

static void plan_wake(struct sim_host *host)
{
    struct vc_now now = sim_host_now(host);
    vc_ms due = vc_node_due(host->node);
    vc_ms at;

    if (due == VC_NEVER) {
        return;
    }
    at = host->world->now + (due > now.mono ? due - now.mono : 1);
    if (host->wake_at > host->world->now && host->wake_at <= at) {
        return;
    }
    host->wake_at = at;
    sim_plan(host->world, (struct sim_happening){.kind = SIM_WAKE,
                                                 .host = host->index,
                                                 .life = host->life,
                                                 .at = at});
}

/* A commit failed: the machines are built again from what is committed. */
static void rebuild(struct sim_host *host)
{
    sim_person_forget(host);
    vc_node_deinit(host->node);
    host->node = NULL;
    vc_store_recover(host->store);
    build_node(host);
}

static bool begin_turn(struct sim_host *host)
{
    struct vc_now now = sim_host_now(host);
    uint64_t committed = host->committed;

    host->world->turns++;
    if (dies(host)) {
        return false;
    }
    if (vc_node_poll(host->node, &now, &committed) != VC_OK) {
        rebuild(host);
        return host->node != NULL;
    }
    if (committed != host->committed) {
        host->committed = committed;
        host->has_root = true; /* the first commit holds the identity */
        sim_person_answered(host);
        sim_person_read(host);
    }
    return !dies(host);
}

static bool take_outputs(struct sim_host *host)
{
    struct vc_now now = sim_host_now(host);
    struct vc_node_output output;

    while (vc_node_next(host->node, &now, &output)) {
        if (output.kind == VC_NODE_DATAGRAM) {
            sim_network_send(host, &output.addr, output.bytes);
        }
        if (dies(host)) {
            return false;
        }
    }
    return true;
}

static void end_turn(struct sim_host *host)
{
    struct vc_now now = sim_host_now(host);
    uint64_t ticket;

    if (vc_node_due(host->node) <= now.mono) {
        vc_node_tick(host->node, &now);
    }
    do {
        if (dies(host) || !take_outputs(host)) {
            return;
        }
        ticket = vc_node_submit(host->node, &now);
        if (ticket != 0) {
            host->ticket = ticket;
        }
    } while (ticket != 0);
    sim_person_answered(host);
    plan_commit(host);
    if (!dies(host)) {
        plan_wake(host);
    }
}

void sim_host_turn(struct sim_host *host, void (*ask)(struct sim_host *host, void *ctx),
                   void *ctx)
{
    if (host->node == NULL) {
        return;
    }
    if (begin_turn(host)) {
        if (ask != NULL) {
            ask(host, ctx);
        }
        if (!dies(host)) {
            end_turn(host);
        }
    }
    if (host->is_dying) {
        sim_host_crash(host);
    }
}

void sim_host_start(struct sim_host *host)
{
    sim_plant_restart(host);
    sim_copies_restart(host);
    host->is_dying = false;
    host->is_commit_planned = false;
    host->committed = host->ticket = 0;
    host->wake_at = 0;
    if (vc_memory_open(host->disk, &host->store) != VC_OK) {
        sim_complain(host->world, "host %u: the store does not open", host->index);
        return;
    }
    build_node(host);
    if (host->node != NULL) {
        sim_copies_started(host);
        sim_person_read(host);
        end_turn(host);
    }
    if (host->is_dying) {
        sim_host_crash(host);
    }
}

void sim_host_crash(struct sim_host *host)
{
    struct sim_world *world = host->world;

    if (host->store == NULL) {
        return;
    }
    sim_trace(world, "crash", host->index, host->life);
    world->crashes++;
    sim_person_forget(host);
    vc_node_deinit(host->node);
    host->node = NULL;
    vc_memory_crash(host->store);
    host->store = NULL;
    host->life++;
    host->restart_at = world->now + 50 + sim_random_below(&world->random, 8000);
    sim_plan(world, (struct sim_happening){.kind = SIM_RESTART,
                                           .host = host->index,
                                           .life = host->life,
                                           .at = host->restart_at});
}

void sim_host_wake(struct sim_host *host)
{
    sim_host_turn(host, NULL, NULL);
}

struct arrived {
    const struct vc_addr *from;
    struct vc_bytes bytes;
};

static void feed(struct sim_host *host, void *ctx)
{
    const struct arrived *arrived = ctx;
    struct vc_now now = sim_host_now(host);

    if (vc_node_has_room(host->node)) {
        vc_node_recv(host->node, &now, arrived->from, arrived->bytes);
    }
}

void sim_host_recv(struct sim_host *host, const struct vc_addr *from, struct vc_bytes bytes)
{
    struct arrived arrived = {from, bytes};

    sim_host_turn(host, feed, &arrived);
}

void sim_host_commit(struct sim_host *host)
{
    struct sim_world *world = host->world;
    bool fails = world->has_faults &&
                 sim_random_chance(&world->random, world->config.commit_failure);

    host->is_commit_planned = false;
    if (dies(host)) {
        sim_host_crash(host);
        return;
    }
    sim_trace(world, fails ? "commit fails" : "commit", host->index, host->ticket);
    vc_memory_complete(host->store, fails ? VC_ERR_STORE_IO : VC_OK);
    if (fails) {
        world->failed_commits++;
        sim_plan(world, (struct sim_happening){
                            .kind = SIM_HEAL,
                            .host = host->index,
                            .life = host->life,
                            .at = world->now + 100 + sim_random_below(&world->random, 4000)});
    } else {
        sim_copies_keep(host);
    }
    sim_host_turn(host, NULL, NULL);
}

void sim_host_heal(struct sim_host *host)
{
    vc_memory_complete(host->store, VC_OK);
    sim_host_turn(host, NULL, NULL);
}

static void tell_address(struct sim_host *host, void *ctx)
{
    struct vc_now now = sim_host_now(host);

    (void)ctx;
    vc_node_set_addresses(host->node, &now, &host->addr, 1);
}

void sim_host_move(struct sim_host *host, const struct vc_addr *addr)
{
    sim_trace(host->world, "moves", host->index, addr->port);
    host->addr = *addr;
    sim_host_turn(host, tell_address, NULL);
}
