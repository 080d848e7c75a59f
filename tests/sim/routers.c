/* Nodes of the DHT that only route, at addresses that stay; their clocks are right. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

static struct vc_now now_of(const struct sim_router *router)
{
    return (struct vc_now){.mono = router->world->now + 77000,
                           .unix_ms = SIM_UNIX_MS + router->world->now};
}

void sim_dht_config(struct sim_world *world, struct vc_dht_config *ret_config)
{
    static const uint8_t network_id[] = "sim";

    vc_dht_config_init(ret_config, VC_DHT_CLIENT);
    ret_config->network_id = (struct vc_bytes){network_id, sizeof network_id - 1};
    ret_config->is_private = true;
    ret_config->is_client = world->config.seed % 2 == 0;
    ret_config->records_max = 64;
    ret_config->peers_max = 64;
    ret_config->nodes_max = 232;
    ret_config->answers_max = 16;
}

/* Each in a network of its own, as they are asked for the time. */
struct vc_addr sim_router_addr(uint32_t index)
{
    return (struct vc_addr){
        .family = 4, .ip = {10, (uint8_t)(100 + index), 0, 1}, .port = 4000};
}

static void plan_wake(struct sim_router *router)
{
    struct vc_now now = now_of(router);
    vc_ms due = vc_dht_due(router->dht, &now);
    vc_ms at;

    if (due == VC_NEVER) {
        return;
    }
    at = router->world->now + (due > now.mono ? due - now.mono : 1);
    if (router->wake_at > router->world->now && router->wake_at <= at) {
        return;
    }
    router->wake_at = at;
    sim_plan(router->world, (struct sim_happening){
                                .kind = SIM_ROUTER, .host = router->index, .at = at});
}

static void drain(struct sim_router *router)
{
    struct vc_now now = now_of(router);
    struct vc_dht_output output;

    while (vc_dht_next(router->dht, &now, &output)) {
        if (output.kind == VC_DHT_DATAGRAM) {
            sim_network_carry(router->world, &router->addr, &output.addr, output.bytes);
        }
    }
    plan_wake(router);
}

void sim_routers_open(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->config.routers; i++) {
        struct sim_router *router = &world->routers[i];
        struct vc_dht_config config;
        struct vc_secret32 seed = {{0}};
        struct vc_now now;

        *router = (struct sim_router){
            .world = world, .index = i, .addr = sim_router_addr(i)};
        now = now_of(router);
        sim_dht_config(world, &config);
        config.is_client = false;
        config.is_bootstrap = true;
        memcpy(seed.b, &world->config.seed, sizeof world->config.seed);
        seed.b[31] = (uint8_t)(1 + i);
        router->memory = calloc(1, vc_dht_footprint(&config));
        if (router->memory == NULL) {
            abort();
        }
        router->dht = vc_dht_init(router->memory, &config, &now, &seed);
        for (uint32_t n = 0; n < i; n++) {
            struct vc_addr addr = sim_router_addr(n);

            vc_dht_enter(router->dht, &now, &addr, NULL);
        }
        drain(router);
    }
}

void sim_routers_free(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->config.routers; i++) {
        if (world->routers[i].dht != NULL) {
            vc_dht_deinit(world->routers[i].dht);
        }
        free(world->routers[i].memory);
    }
}

struct sim_router *sim_router_find(struct sim_world *world, const struct vc_addr *addr)
{
    for (uint32_t i = 0; i < world->config.routers; i++) {
        if (vc_addr_equal(&world->routers[i].addr, addr)) {
            return &world->routers[i];
        }
    }
    return NULL;
}

void sim_router_recv(struct sim_router *router, const struct vc_addr *from,
                     struct vc_bytes bytes)
{
    struct vc_now now = now_of(router);

    (void)vc_dht_recv(router->dht, &now, from, bytes);
    drain(router);
}

void sim_router_wake(struct sim_router *router)
{
    struct vc_now now = now_of(router);

    if (vc_dht_due(router->dht, &now) <= now.mono) {
        vc_dht_tick(router->dht, &now);
    }
    drain(router);
}
