#include "tests/sim/dht_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/sim/dht_crypto.h"
#include "tests/sim/dht_privacy.h"

enum {
    WAITS = 4096,
    SECOND_MS = 1000,
    COMPLAINTS_MAX = 1000, /* nothing more is learned after so many */
    LARGE_NODES = 1000,    /* up to so many machines are large */
    LARGE_RECORDS = 256,
    LARGE_SEEN = 1024,
    HUGE_PAGE = 2 << 20,
};

struct sim_dht *sim_dht_world;

void *sim_dht_alloc(size_t count, size_t size)
{
    void *items = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

    if (items == NULL) {
        fputs("veche-sim: out of memory\n", stderr);
        exit(1);
    }
    return items;
}

void *sim_dht_grow(void *items, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room) {
        return items;
    }
    *room = *room == 0 ? 16 : 2 * *room;
    items = realloc(items, *room * size);
    if (items == NULL) {
        fputs("veche-sim: out of memory\n", stderr);
        exit(1);
    }
    return items;
}

/* From one machine to the next: whole lines. */
static size_t stride(const struct sim_dht *world)
{
    return (world->node_bytes + 63) / 64 * 64;
}

/*
 * So many machines, of which now one works and now another, want huge pages: with small ones the
 * processor looks up an address for nearly every line that it reads.  Where they are few each is
 * apart, so that a sanitizer sees whoever goes beyond one.
 */
static void make_room(struct sim_dht *world)
{
    size_t len =
        (stride(world) * world->node_count + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;

    if (world->node_count <= LARGE_NODES) {
        return;
    }
    world->machines = aligned_alloc(HUGE_PAGE, len);
    if (world->machines == NULL) {
        fputs("veche-sim: out of memory\n", stderr);
        exit(1);
    }
    (void)madvise(world->machines, len, MADV_HUGEPAGE); /* it goes without */
}

void *sim_dht_machine_alloc(const struct sim_dht *world,
                            const struct sim_dht_node *node)
{
    void *mem;

    if (world->machines == NULL) {
        return sim_dht_alloc(1, world->node_bytes);
    }
    mem = world->machines + stride(world) * sim_dht_index(world, node);
    memset(mem, 0, world->node_bytes);
    return mem;
}

void sim_dht_machine_free(const struct sim_dht *world, struct sim_dht_node *node)
{
    if (world->machines == NULL) {
        free(node->dht);
    }
    node->dht = NULL;
}

vc_ms sim_dht_wait(struct sim_dht *world, vc_ms mean_ms)
{
    return mean_ms * world->waits[sim_random_below(&world->random, WAITS)] / 1000;
}

static void make_config(struct sim_dht *world)
{
    const struct sim_dht_options *options = &world->options;
    bool is_large =
        options->is_large || (!options->is_small && options->nodes <= LARGE_NODES);

    vc_dht_config_init(&world->config, is_large ? VC_DHT_ROUTER : VC_DHT_SIMULATION);
    if (is_large) {
        world->config.records_max = LARGE_RECORDS;
        world->config.seen_max = LARGE_SEEN;
    }
    world->config.has_ipv4 = !world->options.is_ipv6;
    world->config.has_ipv6 = world->options.is_ipv6;
    world->node_bytes = vc_dht_footprint(&world->config);
}

struct sim_dht *sim_dht_new(const struct sim_dht_options *options)
{
    struct sim_dht *world = sim_dht_alloc(1, sizeof *world);

    world->options = *options;
    sim_random_init(&world->random, options->seed);
    world->measured_from = (vc_ms)options->warm_up_min * 60 * 1000;
    world->ends_at = world->measured_from + (vc_ms)options->minutes * 60 * 1000;
    world->node_count = options->nodes + options->grind;
    world->nodes = sim_dht_alloc(world->node_count, sizeof *world->nodes);
    world->traffic =
        sim_dht_alloc(world->ends_at / SIM_DHT_TRAFFIC_MS + 1, sizeof *world->traffic);
    for (uint32_t i = 0; i < WAITS; i++) {
        world->waits[i] = (uint32_t)lround(-1000 * log((i + 0.5) / WAITS));
    }
    vc_heap_init(&world->timers, sim_dht_alloc(1, vc_heap_footprint(world->node_count)),
                 world->node_count);
    vc_heap_init(&world->lives, sim_dht_alloc(1, vc_heap_footprint(world->node_count)),
                 world->node_count);
    sim_dht_world = world;
    sim_dht_crypto_is_fake = !options->is_real_crypto;
    make_config(world);
    make_room(world);
    sim_dht_network_init(world);
    sim_dht_found(world);
    sim_dht_people_init(world);
    return world;
}

void sim_dht_free(struct sim_dht *world)
{
    for (uint32_t i = 0; i < world->node_count; i++) {
        struct sim_dht_node *node = &world->nodes[i];

        if (node->dht != NULL) {
            vc_dht_deinit(node->dht);
        }
        sim_dht_machine_free(world, node);
        free(node->holes);
        free(node->remotes);
        free(node->saved);
    }
    sim_dht_network_free(world);
    sim_dht_privacy_free(world);
    free(world->machines);
    free(world->places.slots);
    free(world->nodes);
    free(world->traffic);
    free(world->timers.entries);
    free(world->lives.entries);
    free(world->records);
    free(world->asks);
    free(world->todos);
    free(world->evils);
    free(world->ground);
    free(world->captured);
    free(world->results);
    free(world->remote_hours);
    free(world);
    sim_dht_world = NULL;
    sim_dht_crypto_is_fake = false;
}

/* Figures are of what comes after the warm-up. */
static void begin_measuring(struct sim_dht *world)
{
    for (uint32_t i = 0; i < world->node_count; i++) {
        world->nodes[i].traffic = (struct sim_dht_traffic){0};
        world->nodes[i].measured_at = world->now;
    }
}

static void progress(const struct sim_dht *world)
{
    if (world->now % 60000 == 0 && !world->options.is_quiet && isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%llu of %llu min", (unsigned long long)world->now / 60000,
                (unsigned long long)world->ends_at / 60000);
        if (world->now == world->ends_at) {
            fputs("\r                    \r", stderr);
        }
    }
}

void sim_dht_run(struct sim_dht *world)
{
    uint32_t index;

    while (world->now < world->ends_at && world->complaints < COMPLAINTS_MAX) {
        world->now++;
        sim_dht_arrive(world);
        while (vc_heap_take(&world->timers, world->now, &index)) {
            sim_dht_tick(world, &world->nodes[index]);
        }
        sim_dht_events(world);
        sim_dht_people(world);
        if (world->now == world->measured_from) {
            begin_measuring(world);
        }
        if (world->now % SECOND_MS == 0) {
            sim_dht_judge_asks(world);
            progress(world);
        }
    }
    for (index = 0; index < world->node_count; index++) {
        if (world->nodes[index].dht != NULL) {
            sim_dht_account(world, &world->nodes[index]);
        }
    }
    sim_dht_judge_end(world);
}
