#include "tests/sim/dht_hostile.h"

#include <stdlib.h>
#include <string.h>

enum {
    CROWD = 64, /* those nearest to the target: some of them are named */
    DRAWS = 32, /* addresses of nobody, of which the nearest is named */
    STALL_MS = 1400,
};

static uint64_t target_of(const struct vc_dht_request *request)
{
    return request->type == VC_DHT_FIND ? request->target
                                        : vc_dht_place_id(&request->place);
}

/* The first of those who collude whose id is at least @id: they are sorted. */
static uint32_t lower_bound(const struct sim_dht *world, uint64_t id)
{
    uint32_t low = 0, high = world->evil_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (world->nodes[world->evils[middle]].evil_id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The smallest subtree around @target with a crowd in it: all of them are nearer than
 * anybody outside. */
static uint32_t crowd_at(const struct sim_dht *world, uint64_t target,
                         uint32_t *ret_first)
{
    for (unsigned bits = 63; bits > 0; bits--) {
        uint64_t below = UINT64_MAX >> bits;
        uint32_t first = lower_bound(world, target & ~below);
        uint32_t end = (target | below) == UINT64_MAX
                           ? world->evil_count
                           : lower_bound(world, (target | below) + 1);

        if (end - first >= CROWD) {
            *ret_first = first;
            return end - first;
        }
    }
    *ret_first = 0;
    return world->evil_count;
}

void sim_dht_evil_started(struct sim_dht *world, struct sim_dht_node *node)
{
    uint32_t at = 0, index = sim_dht_index(world, node);

    if (node->evil != SIM_DHT_COLLUDE) {
        return;
    }
    if (world->evils == NULL) {
        world->evils = sim_dht_alloc(world->node_count, sizeof *world->evils);
    }
    while (at < world->evil_count && world->evils[at] != index) {
        at++;
    }
    if (at < world->evil_count) { /* it was restarted and has another key */
        world->evil_count--;
        memmove(world->evils + at, world->evils + at + 1,
                (world->evil_count - at) * sizeof *world->evils);
    }
    node->evil_id = vc_dht_node_id(&node->addr, &node->key, true);
    at = lower_bound(world, node->evil_id);
    memmove(world->evils + at + 1, world->evils + at,
            (world->evil_count - at) * sizeof *world->evils);
    world->evils[at] = index;
    world->evil_count++;
}

static size_t contacts_max(const struct sim_dht *world)
{
    return world->options.is_ipv6 ? VC_DHT_CONTACTS_IPV6 : VC_DHT_CONTACTS_IPV4;
}

static void name_each_other(struct sim_dht *world, struct vc_dht_answer *answer,
                            uint64_t target)
{
    uint32_t first, count = crowd_at(world, target, &first);
    uint32_t begin = sim_random_below(&world->random, count);

    answer->type = VC_DHT_NODES;
    answer->contact_count = 0;
    for (uint32_t i = 0; i < count && answer->contact_count < contacts_max(world);
         i++) {
        const struct sim_dht_node *node =
            &world->nodes[world->evils[first + (begin + i) % count]];

        answer->contacts[answer->contact_count++] =
            (struct vc_dht_contact){.addr = node->addr, .key = node->key};
    }
}

static void random_key(struct sim_dht *world, struct vc_key32 *ret_key)
{
    for (unsigned i = 0; i < sizeof ret_key->b; i++) {
        ret_key->b[i] = (uint8_t)sim_random_next(&world->random);
    }
}

/* Somebody near the target, at an address of nobody. */
static void name_nobody(struct sim_dht *world, uint64_t target,
                        struct vc_dht_contact *ret_contact)
{
    uint64_t nearest = UINT64_MAX;

    for (int i = 0; i < DRAWS; i++) {
        struct vc_dht_contact contact = {.addr = sim_dht_random_addr(world)};
        uint64_t distance;

        random_key(world, &contact.key);
        distance =
            vc_dht_distance(target, vc_dht_node_id(&contact.addr, &contact.key, true));
        if (distance < nearest) {
            nearest = distance;
            *ret_contact = contact;
        }
    }
}

static void name_garbage(struct sim_dht *world, struct vc_dht_answer *answer,
                         uint64_t target)
{
    static const uint8_t private_ips[][4] = {{10, 1, 2, 3},
                                             {192, 168, 1, 1},
                                             {127, 0, 0, 1},
                                             {100, 64, 0, 1},
                                             {172, 16, 9, 9}};

    answer->type = VC_DHT_NODES;
    answer->contact_count = (uint8_t)contacts_max(world);
    for (unsigned i = 0; i < answer->contact_count; i++) {
        struct vc_dht_contact *contact = &answer->contacts[i];
        const struct sim_dht_node *other = sim_dht_pick(world, sim_dht_is_reachable);

        name_nobody(world, target, contact);
        if (i % 3 == 1 && !world->options.is_ipv6) {
            contact->addr = vc_addr_ipv4(
                private_ips[sim_random_below(&world->random, 5)], contact->addr.port);
        } else if (i % 3 == 2 && other != NULL) {
            contact->addr = other->addr;
        }
    }
}

/* An altered record, or one of another place. */
static void forge(struct sim_dht *world, struct vc_dht_answer *answer)
{
    bool is_value = answer->type == VC_DHT_VALUE;

    if (world->heard.type != VC_DHT_GET || (!is_value && !world->has_foreign)) {
        return;
    }
    if (is_value && sim_random_below(&world->random, 2) == 0) {
        memcpy(world->forged, answer->record.data, sizeof world->forged);
        world->forged[sim_random_below(&world->random, sizeof world->forged)] ^= 1;
    } else if (world->has_foreign) {
        memcpy(world->forged, world->foreign, sizeof world->forged);
    }
    answer->type = VC_DHT_VALUE;
    answer->record = VC_BYTES(world->forged);
}

void sim_dht_evil_heard(struct sim_dht *world, const struct vc_dht_request *request)
{
    world->heard = *request;
    if (request->type == VC_DHT_PUT) {
        memcpy(world->foreign, request->record.data, sizeof world->foreign);
        world->has_foreign = true;
    }
}

/* Says that it holds what it was sent, and gives nothing. */
static void deny(const struct sim_dht *world, struct vc_dht_answer *answer)
{
    struct vc_dht_record record;

    if (answer->type == VC_DHT_VALUE) {
        answer->type = VC_DHT_NODES;
        answer->contact_count = 0;
    } else if (answer->type == VC_DHT_HOLD) {
        answer->hold = VC_DHT_HOLD_YES;
        answer->seq = world->heard.seq;
        if (world->heard.type == VC_DHT_PUT &&
            vc_dht_record_read(VC_BYTES(world->foreign), &record) == VC_OK) {
            answer->seq = record.seq;
        }
    }
}

void sim_dht_evil_answer(struct sim_dht *world, struct sim_dht_node *node,
                         struct vc_dht_answer *answer)
{
    bool names_nodes = answer->type == VC_DHT_NODES || answer->type == VC_DHT_VALUE;

    switch (node->evil) {
    case SIM_DHT_COLLUDE:
        if (names_nodes && world->evil_count > 0) {
            name_each_other(world, answer, target_of(&world->heard));
        }
        deny(world, answer);
        break;
    case SIM_DHT_DENY:
        deny(world, answer);
        break;
    case SIM_DHT_POISON:
        if (names_nodes) {
            name_garbage(world, answer, target_of(&world->heard));
        }
        break;
    case SIM_DHT_FORGE:
        forge(world, answer);
        break;
    case SIM_DHT_HONEST:
    case SIM_DHT_STALL:
    case SIM_DHT_FLOOD:
    case SIM_DHT_EVIL_COUNT:
        break;
    }
}

void sim_dht_evil_send(struct sim_dht *world, struct sim_dht_node *node,
                       const struct vc_dht_output *output)
{
    bool is_answer =
        world->has_answer && output->bytes.len >= sizeof world->answer_txid &&
        memcmp(output->bytes.data, world->answer_txid, sizeof world->answer_txid) == 0;
    vc_ms late = 0;

    if (node->evil == SIM_DHT_STALL && is_answer && world->heard.type != VC_DHT_PING) {
        if (sim_random_below(&world->random, 2) == 0) {
            return;
        }
        late = STALL_MS;
    }
    sim_dht_send(world, node, &output->addr, output->bytes, late);
}
