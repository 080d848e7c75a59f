#include "tests/sim/dht_net.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_MAX (VC_DHT_BUCKETS * VC_DHT_K + VC_DHT_NEAR)

struct range {
    uint32_t from, to;
};

static void *take(size_t count, size_t len)
{
    void *mem = calloc(count, len);

    if (mem == NULL) {
        abort();
    }
    return mem;
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

void dht_net_init(struct dht_net *net, uint64_t seed, uint32_t count, uint32_t dead,
                  uint32_t colluding)
{
    struct sim_random random;

    sim_random_init(&random, seed);
    *net = (struct dht_net){.seed = seed, .count = count, .base_count = count};
    net->ids = take(count + DHT_NET_GROUND_MAX, sizeof *net->ids);
    net->kinds = take(count + DHT_NET_GROUND_MAX, 1);
    net->base_ids = take(count, sizeof *net->base_ids);
    net->base_kinds = take(count, 1);
    for (uint32_t i = 0; i < count; i++) {
        net->base_ids[i] = sim_random_next(&random);
    }
    qsort(net->base_ids, count, sizeof *net->base_ids, by_id);
    for (uint32_t i = 0; i < count; i++) {
        bool is_dead = sim_random_chance(&random, dead);
        bool is_colluder = sim_random_chance(&random, colluding);

        net->base_kinds[i] = is_dead       ? DHT_NET_DEAD
                             : is_colluder ? DHT_NET_COLLUDER
                                           : DHT_NET_HONEST;
    }
    memcpy(net->ids, net->base_ids, count * sizeof *net->ids);
    memcpy(net->kinds, net->base_kinds, count);
}

void dht_net_deinit(struct dht_net *net)
{
    free(net->ids);
    free(net->kinds);
    free(net->base_ids);
    free(net->base_kinds);
}

/* The first place at which an id is not less than @id. */
static uint32_t lower(const struct dht_net *net, uint64_t id)
{
    uint32_t from = 0, to = net->count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;

        if (net->ids[middle] < id) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

/* All whose first @bits bits are those of @id. */
static struct range prefix(const struct dht_net *net, uint64_t id, unsigned bits)
{
    uint64_t rest = bits >= 64 ? 0 : UINT64_MAX >> bits;
    uint64_t first = id & ~rest;

    if (bits == 0) {
        return (struct range){0, net->count};
    }
    return (struct range){lower(net, first), (first | rest) == UINT64_MAX
                                                 ? net->count
                                                 : lower(net, (first | rest) + 1)};
}

void dht_net_grind(struct dht_net *net, uint64_t target, uint32_t count)
{
    uint32_t nearest[1];
    uint64_t ground[DHT_NET_GROUND_MAX];
    uint64_t room;
    uint32_t in = 0, of_base = 0;

    if (count > DHT_NET_GROUND_MAX) {
        abort();
    }
    net->count = net->base_count;
    memcpy(net->ids, net->base_ids, net->count * sizeof *net->ids);
    memcpy(net->kinds, net->base_kinds, net->count);
    (void)dht_net_nearest(net, target, -1, nearest, 1);
    room = (net->ids[nearest[0]] ^ target) / (count + 1);
    for (uint32_t i = 0; i < count; i++) {
        ground[i] = target ^ ((i + 1) * room);
    }
    qsort(ground, count, sizeof *ground, by_id);
    net->count = net->base_count + count;
    for (uint32_t i = 0; i < net->count; i++) {
        bool is_ground = of_base == net->base_count ||
                         (in < count && ground[in] < net->base_ids[of_base]);

        net->ids[i] = is_ground ? ground[in++] : net->base_ids[of_base];
        net->kinds[i] = is_ground ? DHT_NET_COLLUDER : net->base_kinds[of_base++];
    }
}

struct vc_dht_contact dht_net_contact(const struct dht_net *net, uint32_t node)
{
    struct vc_dht_contact contact = {0};
    uint64_t mix = net->ids[node];
    uint64_t place = sim_splitmix(&mix);
    uint8_t ip[4] = {(uint8_t)(1 + place % 223), (uint8_t)(place >> 8),
                     (uint8_t)(place >> 16), (uint8_t)(place >> 24)};

    contact.addr = vc_addr_ipv4(ip, 4000);
    for (unsigned i = 0; i < 8; i++) {
        contact.key.b[i] = (uint8_t)(net->ids[node] >> (56 - 8 * i));
    }
    return contact;
}

uint64_t __wrap_vc_dht_node_id(const struct vc_addr *addr, const struct vc_key32 *key,
                               bool is_bound);
uint64_t __wrap_vc_dht_node_id(const struct vc_addr *addr, const struct vc_key32 *key,
                               bool is_bound)
{
    uint64_t id = 0;

    (void)addr;
    (void)is_bound;
    for (unsigned i = 0; i < 8; i++) {
        id = id << 8 | key->b[i];
    }
    return id;
}

uint32_t dht_net_node(const struct dht_net *net, const struct vc_dht_contact *contact)
{
    return lower(net, vc_dht_node_id(&contact->addr, &contact->key, true));
}

/* Puts @node where it belongs among the nearest so far. */
static uint32_t put_nearest(const struct dht_net *net, uint64_t target, uint32_t node,
                            uint32_t *nodes, uint32_t count, uint32_t room)
{
    uint64_t distance = net->ids[node] ^ target;
    uint32_t at = count;

    if (count == room && (net->ids[nodes[count - 1]] ^ target) <= distance) {
        return count;
    }
    if (count == room) {
        at--;
    } else {
        count++;
    }
    while (at > 0 && (net->ids[nodes[at - 1]] ^ target) > distance) {
        nodes[at] = nodes[at - 1];
        at--;
    }
    nodes[at] = node;
    return count;
}

uint32_t dht_net_nearest(const struct dht_net *net, uint64_t target, int kind,
                         uint32_t *ret_nodes, uint32_t room)
{
    uint32_t count = 0;

    /* What has one bit more in common is nearer than all the rest: from the longest prefix
     * that has enough. */
    for (unsigned bits = 64;; bits--) {
        struct range range = prefix(net, target, bits);
        uint32_t fit = 0;

        for (uint32_t i = range.from; i < range.to && fit < room; i++) {
            fit += kind < 0 || net->kinds[i] == kind;
        }
        if (fit < room && bits > 0) {
            continue;
        }
        for (uint32_t i = range.from; i < range.to; i++) {
            if (kind < 0 || net->kinds[i] == kind) {
                count = put_nearest(net, target, i, ret_nodes, count, room);
            }
        }
        return count;
    }
}

/* Draws VC_DHT_K different nodes of @range, or takes all of them. */
static uint32_t draw(struct range range, struct sim_random *random, uint32_t *ret_nodes)
{
    uint32_t size = range.to - range.from;
    uint32_t count = 0;

    /* Floyd's way: as many draws as nodes, none twice. */
    for (uint32_t i = size > VC_DHT_K ? size - VC_DHT_K : 0; i < size; i++) {
        uint32_t node = range.from + sim_random_below(random, i + 1);
        bool is_twice = false;

        for (uint32_t j = 0; j < count; j++) {
            is_twice |= ret_nodes[j] == node;
        }
        ret_nodes[count++] = is_twice ? range.from + i : node;
    }
    return count;
}

uint32_t dht_net_known(const struct dht_net *net, uint32_t node, uint64_t target,
                       uint32_t *ret_nodes, uint32_t room)
{
    uint64_t own = net->ids[node];
    uint32_t near[VC_DHT_NEAR + 1];
    uint32_t drawn[VC_DHT_K];
    uint64_t farthest;
    uint32_t near_count = dht_net_nearest(net, own, -1, near, VC_DHT_NEAR + 1);
    uint32_t count = 0;

    farthest = net->ids[near[near_count - 1]] ^ own;
    for (uint32_t i = 1; i < near_count; i++) {
        count = put_nearest(net, target, near[i], ret_nodes, count, room);
    }
    for (unsigned bucket = 0; bucket < VC_DHT_BUCKETS; bucket++) {
        unsigned level = bucket / 3;
        uint64_t other = own ^ ((uint64_t)(3 - bucket % 3) << (62 - 2 * level));
        struct range range = prefix(net, other, 2 * level + 2);
        struct sim_random random;
        uint32_t in_bucket;

        if (range.from == range.to) {
            if (prefix(net, own, 2 * level + 2).to -
                    prefix(net, own, 2 * level + 2).from <=
                1) {
                break;
            }
            continue;
        }
        sim_random_init(&random, net->seed ^ own ^ (uint64_t)bucket << 56);
        in_bucket = draw(range, &random, drawn);
        for (uint32_t i = 0; i < in_bucket; i++) {
            if ((net->ids[drawn[i]] ^ own) > farthest) {
                count = put_nearest(net, target, drawn[i], ret_nodes, count, room);
            }
        }
    }
    return count;
}
