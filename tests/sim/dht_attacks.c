/* Attacks that are no answers: floods, and ids that are ground next to a place. */
#include <stdlib.h>
#include <string.h>

#include "dht/datagram.h"
#include "tests/sim/dht_hostile.h"

enum {
    FLOOD_EVERY_MS = 500, /* each of those who flood sends so often */
    GARBAGE_MIN = 20,
    CAPTURE_EVERY = 50, /* one datagram of so many is kept to be sent again */
    HOSTS = 256         /* addresses in a /24 */
};

static void send_garbage(struct sim_dht *world, struct sim_dht_node *node,
                         const struct vc_addr *to)
{
    uint8_t bytes[VC_DHT_DATAGRAM_MAX];
    uint32_t len = sim_random_between(&world->random, GARBAGE_MIN, sizeof bytes);

    for (uint32_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)sim_random_next(&world->random);
    }
    sim_dht_send(world, node, to, (struct vc_bytes){bytes, len}, 0);
}

/* A hello as anybody can make it, from an address that is not the sender's: padded, or short
 * and with a cookie that nobody has given. */
static void send_spoofed(struct sim_dht *world, const struct vc_addr *to)
{
    const struct vc_addr *from =
        &world->spoofed[sim_random_below(&world->random, SIM_DHT_SPOOFED)];
    bool is_short = sim_random_below(&world->random, 2) == 0;
    struct vc_dht_request request = {.type = VC_DHT_FIND, .has_cookie = is_short};
    struct vc_dht_header header = {
        .is_hello = true, .is_router = true, .has_cookie = is_short};
    struct vc_dht_masks masks;
    struct vc_secret32 key, seed;
    struct vc_rng rng;
    uint8_t body[VC_DHT_DATAGRAM_MAX], datagram[VC_DHT_DATAGRAM_MAX];
    struct vc_writer body_writer = vc_writer(body, sizeof body);
    struct vc_writer w = vc_writer(datagram, sizeof datagram);

    for (unsigned i = 0; i < sizeof seed.b; i++) {
        seed.b[i] = (uint8_t)sim_random_next(&world->random);
    }
    vc_rng_init(&rng, &seed);
    vc_rng_draw(&rng, header.asker.b, sizeof header.asker.b);
    vc_rng_draw(&rng, header.txid.b, sizeof header.txid.b);
    vc_rng_draw(&rng, &request.target, sizeof request.target);
    vc_dht_masks_make(&masks, world->config.network_id, &header.asker);
    vc_dht_hello_key(&key, world->config.network_id, &header.asker);
    vc_dht_request_write(&body_writer, &request);
    if (vc_dht_request_seal(
            &w, &header, &masks.hello, &key, vc_writer_bytes(&body_writer),
            vc_dht_request_body_min(VC_DHT_FIND, true, is_short), &rng) == VC_OK) {
        sim_dht_spoof(world, from, to, vc_writer_bytes(&w));
    }
}

static bool is_flooder(const struct sim_dht_node *node)
{
    return node->evil == SIM_DHT_FLOOD;
}

static void flood_once(struct sim_dht *world)
{
    struct sim_dht_node *node = sim_dht_pick(world, is_flooder);
    const struct sim_dht_node *victim = sim_dht_pick(world, sim_dht_is_reachable);
    const struct sim_dht_datagram *again = world->captured;

    if (node == NULL || victim == NULL) {
        return;
    }
    switch (sim_random_below(&world->random, 3)) {
    case 0:
        send_garbage(world, node, &victim->addr);
        break;
    case 1:
        send_spoofed(world, &victim->addr);
        break;
    default:
        if (again != NULL) {
            sim_dht_spoof(world, &again->from, &again->to,
                          (struct vc_bytes){again->bytes, again->len});
        }
        break;
    }
}

void sim_dht_flood(struct sim_dht *world)
{
    if (world->now < world->measured_from) {
        return;
    }
    world->floods_due += world->flooders;
    for (; world->floods_due >= FLOOD_EVERY_MS; world->floods_due -= FLOOD_EVERY_MS) {
        flood_once(world);
    }
}

void sim_dht_capture(struct sim_dht *world, struct sim_dht_datagram *datagram)
{
    if (world->flooders == 0 || datagram->is_spoofed ||
        sim_random_below(&world->random, CAPTURE_EVERY) != 0) {
        free(datagram);
        return;
    }
    free(world->captured);
    world->captured = datagram;
}

/* ---- ids next to a place ---- */

struct candidate {
    uint64_t distance;
    struct vc_addr addr;
    uint8_t bits; /* the lowest three of the key */
};

static int by_distance(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return (x->distance > y->distance) - (x->distance < y->distance);
}

/* The nearest id at each address of one network: of the key only its last 40 bits depend. */
static void try_network(struct sim_dht *world, uint64_t target,
                        struct candidate *candidates)
{
    struct vc_addr network = sim_dht_random_addr(world);

    for (unsigned host = 0; host < HOSTS; host++) {
        struct candidate *best = &candidates[host];

        best->distance = UINT64_MAX;
        best->addr = network;
        best->addr.ip[3] = (uint8_t)host;
        for (uint8_t bits = 0; bits < 8; bits++) {
            struct vc_key32 any_key = {{bits}};
            uint64_t distance =
                vc_dht_distance(target, vc_dht_node_id(&best->addr, &any_key, true));

            if (distance < best->distance) {
                best->distance = distance;
                best->bits = bits;
            }
        }
    }
}

void sim_dht_grind(struct sim_dht *world)
{
    uint32_t networks = world->options.grind_networks;
    struct candidate *candidates =
        sim_dht_alloc((size_t)networks * HOSTS, sizeof *candidates);
    uint32_t taken = 0;

    world->attacked = sim_dht_pick_record(world);
    if (world->attacked == SIM_DHT_NOBODY) {
        world->attacked = 0;
    }
    for (uint32_t i = 0; i < networks; i++) {
        try_network(world, vc_dht_place_id(&world->records[world->attacked].place),
                    candidates + (size_t)i * HOSTS);
    }
    qsort(candidates, (size_t)networks * HOSTS, sizeof *candidates, by_distance);
    world->ground = sim_dht_alloc(world->options.grind, sizeof *world->ground);
    for (uint32_t i = 0; i < networks * HOSTS && taken < world->options.grind; i++) {
        bool is_spoofed;

        if (sim_dht_at(world, &candidates[i].addr, &is_spoofed) == NULL &&
            !is_spoofed) {
            world->nodes[world->options.nodes + taken].key_bits =
                8 | candidates[i].bits;
            world->ground[taken++] = candidates[i].addr;
        }
    }
    VC_CHECK(taken == world->options.grind); /* networks * HOSTS is far more */
    free(candidates);
}

struct vc_addr sim_dht_choose_addr(struct sim_dht *world,
                                   const struct sim_dht_node *node)
{
    uint32_t index = sim_dht_index(world, node);

    return index >= world->options.nodes ? world->ground[index - world->options.nodes]
                                         : sim_dht_random_addr(world);
}
