#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/dht_hostile.h"
#include "tests/sim/dht_world.h"

enum {
    RTT_MEDIAN_MS = 80,
    DELAYS = 4096,
};
static const double rtt_sigma = 0.6;

/* The same for the same words, whatever the machine; nobody aims at it. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t state = a ^ (b * 0x9fb21c651e98df25u);

    return sim_splitmix(&state);
}

/* Of the address alone: what NATs look at. */
static uint64_t ip_of(const struct vc_addr *addr)
{
    uint64_t words[2];

    memcpy(words, addr->ip, sizeof words);
    return mix(words[0], words[1]);
}

static uint64_t addr_hash(const struct vc_addr *addr)
{
    return mix(ip_of(addr), addr->port);
}

static bool has_addr(const void *ctx, uint32_t value, const void *key)
{
    const struct sim_dht *world = ctx;
    const struct vc_addr *addr = value < world->node_count
                                     ? &world->nodes[value].addr
                                     : &world->spoofed[value - world->node_count];

    return vc_addr_equal(addr, key);
}

/* z with P(Z < z) = p, by bisection of erfc: once for each quantile. */
static double normal_quantile(double p)
{
    double low = -8, high = 8;

    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;

        if (0.5 * erfc(-middle / sqrt(2)) < p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void sim_dht_network_init(struct sim_dht *world)
{
    uint32_t capacity = world->node_count + SIM_DHT_SPOOFED;

    vc_map_init(&world->addresses, sim_dht_alloc(1, vc_map_footprint(capacity)),
                capacity);
    for (uint32_t i = 0; i < DELAYS; i++) {
        double z = normal_quantile((i + 0.5) / DELAYS);

        world->delays[i] = (uint16_t)lround(RTT_MEDIAN_MS / 2.0 * exp(rtt_sigma * z));
    }
    for (uint32_t i = 0; i < SIM_DHT_DELAY_MAX; i++) {
        world->wheel[i].last = &world->wheel[i].first;
    }
    for (uint32_t i = 0; i < SIM_DHT_SPOOFED; i++) {
        struct vc_addr addr = sim_dht_random_addr(world);

        world->spoofed[i] = addr;
        VC_CHECK(vc_map_insert(&world->addresses, addr_hash(&addr),
                               world->node_count + i) == VC_OK);
    }
}

void sim_dht_network_free(struct sim_dht *world)
{
    for (uint32_t i = 0; i < SIM_DHT_DELAY_MAX; i++) {
        struct sim_dht_datagram *datagram = world->wheel[i].first;

        while (datagram != NULL) {
            struct sim_dht_datagram *next = datagram->next;

            free(datagram);
            datagram = next;
        }
    }
    free(world->addresses.slots);
}

struct vc_addr sim_dht_random_addr(struct sim_dht *world)
{
    for (;;) {
        uint64_t words[2] = {sim_random_next(&world->random),
                             sim_random_next(&world->random)};
        uint16_t port = (uint16_t)sim_random_between(&world->random, 1024, 65535);
        uint8_t ip[16];
        struct vc_addr addr;
        bool is_spoofed;

        for (int i = 0; i < 16; i++) {
            ip[i] = (uint8_t)(words[i / 8] >> (8 * (i % 8)));
        }
        ip[0] = world->options.is_ipv6 ? 0x24 + (ip[0] & 7) : ip[0]; /* 2400::/5 */
        addr = world->options.is_ipv6 ? vc_addr_ipv6(ip, port) : vc_addr_ipv4(ip, port);
        if (vc_addr_is_usable(&addr) && sim_dht_is_public(&addr) &&
            sim_dht_at(world, &addr, &is_spoofed) == NULL && !is_spoofed) {
            return addr;
        }
    }
}

void sim_dht_set_addr(struct sim_dht *world, struct sim_dht_node *node,
                      const struct vc_addr *addr)
{
    uint32_t index = sim_dht_index(world, node);

    if (node->addr.family != 0) {
        VC_CHECK(vc_map_remove(&world->addresses, addr_hash(&node->addr), index));
    }
    node->addr = *addr;
    node->hole_count = 0;
    VC_CHECK(vc_map_insert(&world->addresses, addr_hash(addr), index) == VC_OK);
}

struct sim_dht_node *sim_dht_at(struct sim_dht *world, const struct vc_addr *addr,
                                bool *ret_is_spoofed)
{
    uint32_t index;

    *ret_is_spoofed = false;
    if (!vc_map_find(&world->addresses, addr_hash(addr), has_addr, world, addr,
                     &index)) {
        return NULL;
    }
    *ret_is_spoofed = index >= world->node_count;
    return *ret_is_spoofed ? NULL : &world->nodes[index];
}

/* One way between two nodes: always the same quantile, and up to an eighth more. */
static vc_ms delay_between(struct sim_dht *world, uint32_t a, uint32_t b)
{
    uint64_t pair = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
    uint32_t delay = world->delays[mix(pair, world->options.seed) % DELAYS];

    return delay + sim_random_below(&world->random, delay / 8 + 1);
}

/* The NAT of @node opens towards @to, or stays open. */
static void open_hole(struct sim_dht *world, struct sim_dht_node *node,
                      const struct vc_addr *to)
{
    uint64_t address = ip_of(to);
    uint32_t kept = 0;

    for (uint32_t i = 0; i < node->hole_count; i++) {
        if (node->holes[i].address == address) {
            node->holes[i].at = world->now;
            return;
        }
    }
    if (node->hole_count == node->hole_room) {
        for (uint32_t i = 0; i < node->hole_count; i++) {
            if (world->now - node->holes[i].at < SIM_DHT_NAT_MS) {
                node->holes[kept++] = node->holes[i];
            }
        }
        node->hole_count = kept;
    }
    node->holes = sim_dht_grow(node->holes, node->hole_count, &node->hole_room,
                               sizeof *node->holes);
    node->holes[node->hole_count++] = (struct sim_dht_hole){address, world->now};
}

static bool lets_in(const struct sim_dht *world, const struct sim_dht_node *node,
                    const struct vc_addr *from)
{
    uint64_t address = ip_of(from);

    for (uint32_t i = 0; i < node->hole_count; i++) {
        if (node->holes[i].address == address) {
            return world->now - node->holes[i].at < SIM_DHT_NAT_MS;
        }
    }
    return false;
}

static void put_on_wheel(struct sim_dht *world, const struct vc_addr *from,
                         const struct vc_addr *to, struct vc_bytes bytes, vc_ms delay,
                         bool is_spoofed)
{
    struct sim_dht_datagram *datagram = sim_dht_alloc(1, sizeof *datagram + bytes.len);
    vc_ms wait = delay < 1 ? 1 : delay;
    struct sim_dht_slot *slot = &world->wheel[(world->now + wait) % SIM_DHT_DELAY_MAX];

    VC_CHECK(wait < SIM_DHT_DELAY_MAX);
    *datagram = (struct sim_dht_datagram){
        .from = *from, .to = *to, .len = (uint32_t)bytes.len, .is_spoofed = is_spoofed};
    memcpy(datagram->bytes, bytes.data, bytes.len);
    *slot->last = datagram;
    slot->last = &datagram->next;
}

static void hash_datagram(struct sim_dht *world, uint64_t from, uint64_t to,
                          struct vc_bytes bytes)
{
    static const uint8_t key[16] = "datagrams";

    world->hash = mix(world->hash ^ world->now, mix(from, to) ^ vc_siphash(key, bytes));
}

void sim_dht_send(struct sim_dht *world, struct sim_dht_node *node,
                  const struct vc_addr *to, struct vc_bytes bytes, vc_ms extra_ms)
{
    bool is_spoofed;
    struct sim_dht_node *other = sim_dht_at(world, to, &is_spoofed);
    uint32_t from_index = sim_dht_index(world, node);
    uint32_t to_index = other != NULL ? sim_dht_index(world, other) : SIM_DHT_NOBODY;

    world->datagrams++;
    hash_datagram(world, from_index, to_index, bytes);
    sim_dht_judge_send(world, node, to, bytes);
    node->traffic.bytes_out += bytes.len;
    node->traffic.datagrams_out++;
    if (node->is_nat) {
        open_hole(world, node, to);
    }
    if (is_spoofed) {
        node->spoofed_out += bytes.len;
    }
    if (other == NULL || (world->is_split && node->side != other->side)) {
        return;
    }
    if (sim_random_chance(&world->random, world->options.loss)) {
        world->lost++;
        return;
    }
    put_on_wheel(world, &node->addr, to, bytes,
                 delay_between(world, from_index, to_index) + extra_ms, false);
}

void sim_dht_spoof(struct sim_dht *world, const struct vc_addr *from,
                   const struct vc_addr *to, struct vc_bytes bytes)
{
    bool is_spoofed;

    world->datagrams++;
    hash_datagram(world, ip_of(from), ip_of(to), bytes);
    (void)sim_dht_at(world, from, &is_spoofed);
    put_on_wheel(world, from, to, bytes, 40, is_spoofed);
}

void sim_dht_arrive(struct sim_dht *world)
{
    struct sim_dht_slot *slot = &world->wheel[world->now % SIM_DHT_DELAY_MAX];
    struct sim_dht_datagram *datagram = slot->first, *next;
    bool is_spoofed;

    *slot = (struct sim_dht_slot){.last = &slot->first};
    for (; datagram != NULL; datagram = next) {
        struct sim_dht_node *node = sim_dht_at(world, &datagram->to, &is_spoofed);

        next = datagram->next;
        if (node != NULL && node->dht != NULL) {
            if (node->is_nat && !lets_in(world, node, &datagram->from)) {
                world->filtered++;
            } else {
                sim_dht_deliver(world, node, datagram);
            }
        }
        sim_dht_capture(world, datagram);
    }
}
