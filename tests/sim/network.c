#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

struct sim_host *sim_network_find(struct sim_world *world, const struct vc_addr *addr)
{
    uint32_t count = world->config.hosts + (world->moves.has_newcomer ? 1 : 0);

    for (uint32_t i = 0; i < count; i++) {
        if (vc_addr_equal(&world->hosts[i].addr, addr)) {
            return &world->hosts[i];
        }
    }
    return NULL;
}

static vc_ms delay_of(struct sim_world *world)
{
    const struct sim_config *config = &world->config;
    vc_ms delay = sim_random_between(&world->random, config->delay_min_ms,
                                     config->delay_max_ms);

    if (world->has_faults && sim_random_chance(&world->random, config->slow)) {
        delay += sim_random_below(&world->random, 3000);
    }
    return delay;
}

static void carry(struct sim_world *world, const struct vc_addr *from,
                  const struct vc_addr *to, struct vc_bytes bytes)
{
    struct sim_happening happening = {.kind = SIM_DATAGRAM,
                                      .at = world->now + delay_of(world),
                                      .from = *from,
                                      .to = *to,
                                      .len = bytes.len};

    happening.bytes = malloc(bytes.len > 0 ? bytes.len : 1);
    if (happening.bytes == NULL) {
        abort();
    }
    memcpy(happening.bytes, bytes.data, bytes.len);
    sim_plan(world, happening);
}

void sim_network_carry(struct sim_world *world, const struct vc_addr *from,
                       const struct vc_addr *to, struct vc_bytes bytes)
{
    const struct sim_config *config = &world->config;

    world->datagrams++;
    if (world->has_faults && sim_random_chance(&world->random, config->loss)) {
        return;
    }
    carry(world, from, to, bytes);
    if (world->has_faults && sim_random_chance(&world->random, config->duplication)) {
        carry(world, from, to, bytes);
    }
}

void sim_network_send(struct sim_host *from, const struct vc_addr *to, struct vc_bytes bytes)
{
    struct sim_world *world = from->world;

    sim_judge_datagram(from, to, bytes);
    if (world->has_faults && world->now < from->cut_off_until) {
        world->datagrams++;
        return;
    }
    sim_network_carry(world, &from->addr, to, bytes);
}
