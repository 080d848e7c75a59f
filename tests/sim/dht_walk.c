#include "tests/sim/dht_walk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAB_MIN_MS 40
#define LAB_MAX_MS 160
#define MEDIAN_MS  80
#define SIGMA      0.6
/* The 90th percentiles: 80 ms times e to 1.2816 sigma; 40 ms and nine tenths of 120. */
#define HEDGE_MS     172
#define HEDGE_LAB_MS 148
/* Seeds that are not near the target. */
#define FAR_SEEDS 4
#define PUT_TRIES 3

static double uniform(struct sim_random *random)
{
    return (double)(sim_random_next(random) >> 11) * 0x1p-53;
}

static uint32_t round_trip(struct dht_walk *walk, uint32_t node)
{
    double normal;

    if (walk->rules->is_lab) {
        uint64_t pair = walk->net->ids[node] ^ walk->net->ids[walk->asker];

        return LAB_MIN_MS +
               (uint32_t)(sim_splitmix(&pair) % (LAB_MAX_MS - LAB_MIN_MS + 1));
    }
    /* Box and Muller, 1958. */
    normal = sqrt(-2 * log(1 - uniform(&walk->random)));
    normal *= cos(6.283185307179586 * uniform(&walk->random));
    return 1 + (uint32_t)(MEDIAN_MS * exp(SIGMA * normal));
}

static uint32_t hedge_ms(const struct dht_walk *walk)
{
    return walk->rules->hedge_ms > 0 ? walk->rules->hedge_ms
           : walk->rules->is_lab     ? HEDGE_LAB_MS
                                     : HEDGE_MS;
}

static bool is_lost(struct dht_walk *walk, uint32_t node)
{
    bool is_dead = walk->net->kinds[node] == DHT_NET_DEAD && !walk->is_before;

    return sim_random_chance(&walk->random, walk->rules->loss) ||
           sim_random_chance(&walk->random, walk->rules->loss) || is_dead;
}

static void ask(struct dht_walk *walk, uint8_t slot, uint64_t point)
{
    const struct vc_dht_lookup_node *to = &walk->lookup.nodes[slot];
    struct dht_walk_call call = {.slot = slot,
                                 .node = dht_net_node(walk->net, &to->contact),
                                 .point = point,
                                 .answer_at = DHT_WALK_NEVER,
                                 .late_at = walk->now_ms + hedge_ms(walk),
                                 .fail_at = walk->now_ms + VC_DHT_GIVE_UP_MS};
    uint32_t trip = round_trip(walk, call.node);

    if (!is_lost(walk, call.node) && trip < VC_DHT_GIVE_UP_MS) {
        call.answer_at = walk->now_ms + trip;
    }
    call.is_get = walk->is_get &&
                  to->distance <= vc_dht_size_distance(walk->size, VC_DHT_HOLDERS);
    walk->calls[walk->calls_count++] = call;
}

static bool is_holder(const struct dht_walk *walk, uint32_t node)
{
    for (uint32_t i = 0; i < walk->holders_count; i++) {
        if (walk->holders[i] == node && walk->net->kinds[node] != DHT_NET_COLLUDER) {
            return true;
        }
    }
    return false;
}

/* What a node tells: all that is known nearest to what was asked for, or what it wants known. */
static uint32_t tell(struct dht_walk *walk, const struct dht_walk_call *call,
                     struct vc_dht_contact *ret_contacts)
{
    uint32_t nodes[DHT_WALK_TOLD];
    uint32_t count = 0;

    if (walk->net->kinds[call->node] == DHT_NET_COLLUDER) {
        for (; count < walk->rules->told && walk->ring_count > 0; count++) {
            nodes[count] =
                walk->ring[sim_random_below(&walk->random, walk->ring_count)];
        }
    } else {
        count = dht_net_known(walk->net, call->node,
                              call->is_get ? walk->lookup.target : call->point, nodes,
                              walk->rules->told);
    }
    for (uint32_t i = 0; i < count; i++) {
        ret_contacts[i] = dht_net_contact(walk->net, nodes[i]);
    }
    return count;
}

/* Sends the record, again at each hedge, until it is acknowledged. */
static void send_record(struct dht_walk *walk, uint32_t node)
{
    uint32_t at = walk->now_ms;

    for (unsigned i = 0; i < PUT_TRIES; i++, at += hedge_ms(walk)) {
        if (!is_lost(walk, node)) {
            walk->taken[walk->taken_count] = node;
            walk->taken_ms[walk->taken_count++] = at + round_trip(walk, node);
            return;
        }
    }
}

static bool is_in_region(const struct dht_walk *walk,
                         const struct vc_dht_lookup_node *node)
{
    return node->distance <= vc_dht_size_distance(walk->size, VC_DHT_REPLICAS);
}

static void answer(struct dht_walk *walk, const struct dht_walk_call *call, bool is_put)
{
    struct vc_dht_contact contacts[DHT_WALK_TOLD];
    uint32_t count = 0;

    walk->answers++;
    if (call->is_get && is_holder(walk, call->node)) {
        if (walk->found_ms == DHT_WALK_NEVER) {
            walk->found_ms = walk->now_ms;
        }
    } else {
        count = tell(walk, call, contacts);
    }
    if (is_put && is_in_region(walk, &walk->lookup.nodes[call->slot])) {
        send_record(walk, call->node);
    }
    vc_dht_lookup_answered(&walk->lookup, call->slot, contacts, count);
}

/* The next thing that happens to a call. */
static void happen(struct dht_walk *walk, bool is_put)
{
    struct dht_walk_call *next = NULL;
    struct dht_walk_call call;
    uint32_t next_at = DHT_WALK_NEVER;

    for (uint32_t i = 0; i < walk->calls_count; i++) {
        struct dht_walk_call *each = &walk->calls[i];
        uint32_t at = each->answer_at < each->fail_at ? each->answer_at : each->fail_at;

        at = each->late_at < at ? each->late_at : at;
        if (at < next_at) {
            next = each;
            next_at = at;
        }
    }
    if (next == NULL) {
        (void)fprintf(stderr, "a lookup that is not over waits for nobody\n");
        abort();
    }
    walk->now_ms = next_at;
    if (next_at == next->late_at && next_at < next->answer_at) {
        next->late_at = DHT_WALK_NEVER;
        vc_dht_lookup_late(&walk->lookup, next->slot);
        return;
    }
    call = *next;
    *next = walk->calls[--walk->calls_count];
    if (call.answer_at == next_at) {
        answer(walk, &call, is_put);
    } else {
        vc_dht_lookup_failed(&walk->lookup, call.slot);
    }
}

static void go_on(struct dht_walk *walk, bool is_put)
{
    uint8_t slot;
    uint64_t point;

    while (walk->found_ms == DHT_WALK_NEVER) {
        while (vc_dht_lookup_next(&walk->lookup, &slot, &point)) {
            ask(walk, slot, point);
        }
        if (vc_dht_lookup_is_over(&walk->lookup)) {
            return;
        }
        happen(walk, is_put);
    }
}

static void seed(struct dht_walk *walk, uint64_t near, uint32_t room)
{
    struct vc_dht_contact contacts[VC_DHT_NEAR];
    uint32_t nodes[VC_DHT_NEAR];
    uint32_t count = dht_net_known(walk->net, walk->asker, near, nodes, room);

    for (uint32_t i = 0; i < count; i++) {
        contacts[i] = dht_net_contact(walk->net, nodes[i]);
    }
    vc_dht_lookup_seed(&walk->lookup, contacts, count);
}

void dht_walk_begin(struct dht_walk *walk, const struct dht_walk_rules *rules,
                    const struct dht_net *net, const struct vc_dht_size *size,
                    uint64_t target, uint64_t number)
{
    memset(walk, 0, sizeof *walk);
    walk->rules = rules;
    walk->net = net;
    walk->size = size;
    walk->found_ms = DHT_WALK_NEVER;
    sim_random_init(&walk->random, number);
    walk->ring_count =
        dht_net_nearest(net, target, DHT_NET_COLLUDER, walk->ring, DHT_WALK_RING);
    do {
        walk->asker = sim_random_below(&walk->random, net->count);
    } while (net->kinds[walk->asker] != DHT_NET_HONEST);
    vc_dht_lookup_begin(&walk->lookup, target, VC_DHT_HOLDERS, size, !rules->is_lab,
                        !rules->is_lab);
    seed(walk, target, VC_DHT_NEAR - FAR_SEEDS);
    seed(walk, target ^ UINT64_C(1) << 63, FAR_SEEDS);
}

void dht_walk_on(struct dht_walk *walk)
{
    go_on(walk, false);
}

void dht_walk_get(struct dht_walk *walk, const uint32_t *holders, uint32_t count)
{
    walk->is_get = true;
    walk->holders = holders;
    walk->holders_count = count;
    go_on(walk, false);
    if (walk->found_ms == DHT_WALK_NEVER) {
        vc_dht_lookup_widen(&walk->lookup);
        go_on(walk, false);
    }
}

void dht_walk_put(struct dht_walk *walk)
{
    uint8_t slots[VC_DHT_REPLICAS];
    size_t nearest;

    vc_dht_lookup_widen(&walk->lookup);
    go_on(walk, true);
    nearest = vc_dht_lookup_nearest(&walk->lookup, slots, VC_DHT_REPLICAS);
    for (size_t i = 0; i < nearest; i++) {
        const struct vc_dht_lookup_node *node = &walk->lookup.nodes[slots[i]];

        if (!is_in_region(walk, node)) {
            send_record(walk, dht_net_node(walk->net, &node->contact));
        }
    }
}

static int by_ms(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

uint32_t dht_walk_put_ms(const struct dht_walk *walk)
{
    uint32_t ms[VC_DHT_LOOKUP_NODES];

    if (walk->taken_count < VC_DHT_REPLICAS) {
        return DHT_WALK_NEVER;
    }
    memcpy(ms, walk->taken_ms, walk->taken_count * sizeof *ms);
    qsort(ms, walk->taken_count, sizeof *ms, by_ms);
    return ms[VC_DHT_REPLICAS - 1];
}

void dht_walk_size(const struct dht_walk *walk, struct vc_dht_size *ret_size)
{
    uint64_t distances[VC_DHT_HOLDERS];
    uint8_t slots[VC_DHT_HOLDERS];
    size_t count = vc_dht_lookup_nearest(&walk->lookup, slots, VC_DHT_HOLDERS);

    for (size_t i = 0; i < count; i++) {
        distances[i] = walk->lookup.nodes[slots[i]].distance;
    }
    vc_dht_size_set(ret_size, distances, count, count < VC_DHT_HOLDERS);
}
