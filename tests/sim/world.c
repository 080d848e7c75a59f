#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Three years: the invites of a world are good for ten, whoever looks at them. */
#define SKEW_MAX_S 94000000

void sim_config_of_seed(struct sim_config *ret_config, uint64_t seed)
{
    static const uint32_t crashes[] = {0, 1000, 5000, 20000, 60000}; /* from calm to hell */
    struct sim_random random;
    struct sim_config config = {.seed = seed};

    sim_random_init(&random, seed ^ 0x636f6e666967u);
    config.hosts = sim_random_chance(&random, 800000) ? 2 : 3;
    config.faults_ms = 1000 * sim_random_between(&random, 20, 90);
    config.settle_ms = 40 * 60 * 1000;
    config.texts = sim_random_between(&random, 5, 60);
    config.burst = sim_random_between(&random, 1, 12);
    config.delay_min_ms = sim_random_between(&random, 1, 40);
    config.delay_max_ms = config.delay_min_ms + sim_random_between(&random, 0, 200);
    config.loss = sim_random_chance(&random, 600000) ? sim_random_below(&random, 300000) : 0;
    config.duplication = sim_random_chance(&random, 300000) ? 100000 : 0;
    config.slow = sim_random_chance(&random, 300000) ? 30000 : 0;
    config.crash = crashes[sim_random_below(&random, 5)];
    config.commit_failure = sim_random_chance(&random, 400000) ? 20000 : 0;
    config.partition = sim_random_chance(&random, 400000) ? 30000 : 0;
    config.sleep = sim_random_chance(&random, 300000) ? 20000 : 0;
    config.move = sim_random_chance(&random, 300000) ? 50000 : 0;
    config.garbage = sim_random_chance(&random, 300000) ? 300000 : 0;
    config.skew_max_s = sim_random_chance(&random, 500000) ? SKEW_MAX_S : 5;
    config.commit_max_ms = sim_random_between(&random, 1, 60);
    config.put_back = sim_random_chance(&random, 200000) ? 20000 : 0;
    config.put_backs_max = sim_random_between(&random, 1, 3);
    *ret_config = config;
}

void sim_complain(struct sim_world *world, const char *format, ...)
{
    va_list args;

    if (world->complaint[0] != '\0') {
        return;
    }
    va_start(args, format);
    vsnprintf(world->complaint, sizeof world->complaint, format, args);
    va_end(args);
    world->is_over = true;
}

/* FNV-1a, 64 bits. */
static void mix(struct sim_world *world, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < len; i++) {
        world->trace_hash = (world->trace_hash ^ at[i]) * 0x100000001b3u;
    }
}

void sim_trace(struct sim_world *world, const char *what, uint32_t host, uint64_t value)
{
    uint64_t words[3] = {world->now, host, value};

    mix(world, words, sizeof words);
    mix(world, what, strlen(what));
    if (world->config.trace != NULL) {
        fprintf(world->config.trace, "%10.3f  host %u  %s %llu\n", (double)world->now / 1000,
                host, what, (unsigned long long)value);
    }
}

static bool is_before(const struct sim_happening *a, const struct sim_happening *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void sim_plan(struct sim_world *world, struct sim_happening happening)
{
    size_t at = world->heap_len++;

    if (at == world->heap_room) {
        world->heap_room = world->heap_room == 0 ? 1024 : world->heap_room * 2;
        world->heap = realloc(world->heap, world->heap_room * sizeof *world->heap);
        if (world->heap == NULL) {
            abort();
        }
    }
    happening.order = world->planned++;
    while (at > 0 && is_before(&happening, &world->heap[(at - 1) / 2])) {
        world->heap[at] = world->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    world->heap[at] = happening;
}

static struct sim_happening take(struct sim_world *world)
{
    struct sim_happening first = world->heap[0];
    struct sim_happening last = world->heap[--world->heap_len];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= world->heap_len) {
            break;
        }
        if (child + 1 < world->heap_len &&
            is_before(&world->heap[child + 1], &world->heap[child])) {
            child++;
        }
        if (!is_before(&world->heap[child], &last)) {
            break;
        }
        world->heap[at] = world->heap[child];
        at = child;
    }
    world->heap[at] = last;
    return first;
}

static void send_garbage(struct sim_world *world, struct sim_host *host)
{
    struct vc_addr stranger = {.family = 4, .ip = {203, 0, 113, 9}, .port = 4242};
    uint8_t bytes[VC_PACKET_MAX];
    size_t len = 1 + sim_random_below(&world->random, sizeof bytes);

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)sim_random_next(&world->random);
    }
    sim_host_recv(host, &stranger, (struct vc_bytes){bytes, len});
}

static bool is_known_to_all(const struct sim_world *world, uint32_t host)
{
    for (uint32_t other = 0; other < world->config.hosts; other++) {
        if (other != host && (world->hosts[host].person.contact_of[other] == 0 ||
                              world->hosts[other].person.contact_of[host] == 0)) {
            return false;
        }
    }
    return true;
}

/* Without a DHT only the first host roams, and only when nobody looks for it at the address of
 * an invite, so that two never lose each other for good. */
static void roam(struct sim_world *world, struct sim_host *host)
{
    struct vc_addr addr = host->home;

    if (world->config.routers == 0 &&
        (host->index != 0 || !is_known_to_all(world, host->index))) {
        return;
    }
    if (!sim_random_chance(&world->random, world->config.move)) {
        return;
    }
    addr.ip[2] = (uint8_t)sim_random_below(&world->random, 4);
    addr.port = (uint16_t)sim_random_between(&world->random, 2000, 2003);
    sim_host_move(host, &addr);
}

static void second_of_faults(struct sim_world *world, struct sim_host *host)
{
    const struct sim_config *config = &world->config;

    if (sim_random_chance(&world->random, config->partition)) {
        host->cut_off_until = world->now + 1000 * sim_random_between(&world->random, 1, 30);
    }
    if (sim_random_chance(&world->random, config->sleep)) {
        host->asleep_until = world->now + 1000 * sim_random_between(&world->random, 1, 60);
    }
    if (sim_random_chance(&world->random, config->garbage)) {
        send_garbage(world, host);
    }
    if (config->skew_max_s > 5 && sim_random_chance(&world->random, 20000)) {
        host->skew_ms = 1000 * ((int64_t)sim_random_below(&world->random,
                                                          2 * config->skew_max_s) -
                                config->skew_max_s);
    }
    roam(world, host);
    sim_copies_second(host);
}

static void plan_for(struct sim_world *world, uint32_t host, enum sim_kind kind, vc_ms at)
{
    sim_plan(world, (struct sim_happening){.kind = kind, .host = host, .at = at});
}

static void happen_to(struct sim_world *world, struct sim_host *host,
                      const struct sim_happening *happening)
{
    bool is_of_this_life = happening->life == host->life;

    switch (happening->kind) {
    case SIM_WAKE:
        if (is_of_this_life) {
            sim_host_wake(host);
        }
        break;
    case SIM_COMMIT:
        if (is_of_this_life && host->node != NULL) {
            sim_host_commit(host);
        }
        break;
    case SIM_HEAL:
        if (is_of_this_life && host->node != NULL) {
            sim_host_heal(host);
        }
        break;
    case SIM_RESTART:
        if (is_of_this_life && host->node == NULL) {
            sim_host_start(host);
        }
        break;
    case SIM_PERSON:
        sim_person_act(host);
        plan_for(world, host->index, SIM_PERSON,
                 world->now + sim_random_between(&world->random, 200, 2000));
        break;
    case SIM_SECOND:
        if (world->has_faults) {
            second_of_faults(world, host);
        }
        plan_for(world, host->index, SIM_SECOND, world->now + 1000);
        break;
    case SIM_MOVE:
        sim_moves_move(host);
        break;
    case SIM_SPEAK:
        sim_person_act(host);
        break;
    case SIM_DATAGRAM:
    case SIM_ROUTER:
    case SIM_MOVED:
    case SIM_JOINED:
        break;
    }
}

static void arrive(struct sim_world *world, struct sim_happening *happening)
{
    struct sim_host *host = sim_network_find(world, &happening->to);
    struct sim_router *router = sim_router_find(world, &happening->to);

    if (router != NULL) {
        sim_router_recv(router, &happening->from,
                        (struct vc_bytes){happening->bytes, happening->len});
    } else if (host != NULL && world->now >= host->cut_off_until &&
        world->now >= host->asleep_until) {
        uint64_t mark = 0;

        memcpy(&mark, happening->bytes, happening->len < 8 ? happening->len : 8);
        sim_trace(world, "datagram", host->index, mark ^ happening->len);
        sim_host_recv(host, &happening->from,
                      (struct vc_bytes){happening->bytes, happening->len});
    }
    free(happening->bytes);
}

static void happen(struct sim_world *world, struct sim_happening *happening)
{
    struct sim_host *host = &world->hosts[happening->host];

    if (happening->kind == SIM_DATAGRAM) {
        arrive(world, happening);
    } else if (happening->kind == SIM_ROUTER) {
        sim_router_wake(&world->routers[happening->host]);
    } else if (happening->kind == SIM_MOVED) {
        sim_moves_judge(world);
    } else if (happening->kind == SIM_JOINED) {
        sim_moves_joined(world);
    } else if (world->now < host->asleep_until) {
        happening->at = host->asleep_until; /* the machine sleeps: everything waits */
        sim_plan(world, *happening);
    } else {
        happen_to(world, host, happening);
    }
}

static void open_world(struct sim_world *world)
{
    sim_random_init(&world->random, world->config.seed);
    sim_random_init(&world->seeds, world->config.seed ^ 0x7365656473u);
    world->trace_hash = 0xcbf29ce484222325u;
    world->has_faults = true;
    sim_judge_reset(world);
    sim_routers_open(world);
    for (uint32_t i = 0; i < SIM_HOSTS_MAX; i++) {
        struct sim_host *host = &world->hosts[i];

        host->world = world;
        host->index = i;
        host->home = (struct vc_addr){
            .family = 4, .ip = {10, 0, 0, (uint8_t)(i + 1)}, .port = (uint16_t)(1000 + i)};
        host->addr = host->home;
    }
    for (uint32_t i = 0; i < world->config.hosts; i++) {
        struct sim_host *host = &world->hosts[i];

        host->disk = vc_memory_disk_new();
        host->skew_ms = 1000 * ((int64_t)sim_random_below(&world->random,
                                                          2 * world->config.skew_max_s) -
                                world->config.skew_max_s);
        sim_host_start(host);
        plan_for(world, i, SIM_PERSON, 1 + sim_random_below(&world->random, 500));
        plan_for(world, i, SIM_SECOND, 1 + i);
    }
}

static void end_faults(struct sim_world *world)
{
    world->has_faults = false;
    for (uint32_t i = 0; i < world->config.hosts; i++) {
        world->hosts[i].cut_off_until = 0;
        world->hosts[i].asleep_until = 0;
        world->hosts[i].skew_ms %= 1000;
    }
    if (!vc_addr_equal(&world->hosts[0].addr, &world->hosts[0].home)) {
        sim_host_move(&world->hosts[0], &world->hosts[0].home);
    }
}

/* When everything has settled the next move begins; after the last it is over. */
static bool is_over(struct sim_world *world, vc_ms end)
{
    if (world->now > end) {
        return true;
    }
    return !world->moves.is_on && sim_is_settled(world) && !sim_moves_begin(world);
}

bool sim_world_run(struct sim_world *world, const struct sim_config *config)
{
    vc_ms end = config->faults_ms + config->settle_ms;
    vc_ms checked_at = 0;

    world->config = *config;
    open_world(world);
    while (!world->is_over && world->heap_len > 0) {
        struct sim_happening happening = take(world);

        world->now = happening.at;
        if (world->has_faults && world->now >= config->faults_ms) {
            end_faults(world);
        }
        happen(world, &happening);
        if (!world->has_faults && world->now >= checked_at + 1000) {
            checked_at = world->now;
            world->is_over |= is_over(world, end);
        }
    }
    if (world->complaint[0] == '\0') {
        sim_judge_end(world);
    }
    return world->complaint[0] == '\0';
}

void sim_world_free(struct sim_world *world)
{
    for (size_t i = 0; i < world->heap_len; i++) {
        free(world->heap[i].bytes);
    }
    free(world->heap);
    sim_routers_free(world);
    for (uint32_t i = 0; i < SIM_HOSTS_MAX; i++) {
        vc_node_deinit(world->hosts[i].node);
        if (world->hosts[i].store != NULL) {
            vc_memory_crash(world->hosts[i].store);
        }
        if (world->hosts[i].disk != NULL) {
            vc_memory_disk_free(world->hosts[i].disk);
        }
        sim_copies_free(&world->hosts[i]);
    }
    sim_judge_reset(NULL);
}
