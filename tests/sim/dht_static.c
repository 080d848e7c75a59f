/*
 * Lookups alone, over static tables: what dht/lookup.c and dht/size.c do in networks of a
 * thousand to a million nodes, with losses, dead nodes and such as lie.
 *
 * A colluder answers with contacts drawn from the 64 colluders nearest to what is looked for and
 * denies the value.  Round trips are lognormal, or uniform for each pair (--uniform).
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dht/size.h"
#include "tests/sim/dht_net.h"

#define RING     64 /* the colluders nearest to a place that the others tell of */
#define TELL_MAX 32
#define NEVER_MS UINT32_MAX
#define LEARN    40 /* lookups before, from which the size is learned */
#define PERCENT  10000

struct setting {
    uint64_t seed;
    uint32_t nodes, lookups;
    uint32_t loss, dead, colluding; /* of a million; loss: each way */
    uint32_t ground;                /* colluders next to every place */
    uint32_t told;                  /* contacts in an answer */
    uint32_t hedge_ms;
    bool is_uniform; /* 40-160 ms, fixed for each pair; else lognormal */
    bool is_put;     /* who has the value is who was found by a put */
    bool is_diverse;
    bool is_verbose;
    bool has_points;
};

struct call {
    uint8_t slot;
    uint32_t node;
    uint32_t answer_at, late_at, fail_at; /* NEVER_MS: not any more */
    bool is_get;
    uint64_t point; /* what a FIND asks for */
};

/* One lookup in virtual time. */
struct walk {
    const struct setting *setting;
    struct dht_net *net;
    const struct vc_dht_size *size;
    struct sim_random random;
    struct vc_dht_lookup lookup;
    uint64_t target;
    uint32_t asker;
    uint32_t now;
    uint32_t ring[RING];
    uint32_t ring_count;
    const uint32_t *holders;
    uint32_t holders_count;
    struct call calls[VC_DHT_LOOKUP_NODES + VC_DHT_LOOKUP_ASKED_MAX];
    uint32_t calls_count;
    uint32_t answers;
    uint32_t found_at; /* NEVER_MS: not yet */
    bool is_second;
    bool is_get;
};

struct figures {
    uint32_t *found_ms;
    uint32_t found, found_first, tries, put_exact, put_known;
    uint64_t asked, answers;
    uint32_t second;
    uint64_t over_ms;
};

static double uniform01(struct sim_random *random)
{
    return (double)(sim_random_next(random) >> 11) * 0x1p-53;
}

static uint32_t round_trip(struct walk *walk, uint32_t node)
{
    if (walk->setting->is_uniform) {
        uint64_t pair = walk->net->ids[node] ^ walk->net->ids[walk->asker];

        return 40 + (uint32_t)(sim_splitmix(&pair) % 121);
    }
    double u = 1 - uniform01(&walk->random), v = uniform01(&walk->random);
    double normal = sqrt(-2 * log(u)) * cos(6.283185307179586 * v);

    return 1 + (uint32_t)(80 * exp(0.6 * normal));
}

static void ask(struct walk *walk, uint8_t slot, uint64_t point)
{
    const struct vc_dht_lookup_node *to = &walk->lookup.nodes[slot];
    uint32_t node = dht_net_node(walk->net, &to->contact);
    bool is_lost = sim_random_chance(&walk->random, walk->setting->loss) ||
                   sim_random_chance(&walk->random, walk->setting->loss);
    uint32_t trip = round_trip(walk, node);
    struct call call = {.slot = slot,
                        .point = point,
                        .node = node,
                        .answer_at = NEVER_MS,
                        .late_at = walk->now + walk->setting->hedge_ms,
                        .fail_at = walk->now + VC_DHT_GIVE_UP_MS};

    if (!is_lost && walk->net->kinds[node] != DHT_NET_DEAD &&
        trip < VC_DHT_GIVE_UP_MS) {
        call.answer_at = walk->now + trip;
    }
    call.is_get = walk->is_get &&
                  to->distance <= vc_dht_size_distance(walk->size, VC_DHT_HOLDERS);
    walk->calls[walk->calls_count++] = call;
}

static bool is_holder(const struct walk *walk, uint32_t node)
{
    for (uint32_t i = 0; i < walk->holders_count; i++) {
        if (walk->holders[i] == node) {
            return true;
        }
    }
    return false;
}

static void answer(struct walk *walk, const struct call *call)
{
    struct vc_dht_contact contacts[TELL_MAX];
    uint32_t nodes[TELL_MAX];
    uint32_t count = 0;

    walk->answers++;
    if (walk->net->kinds[call->node] == DHT_NET_COLLUDER) {
        for (; count < walk->setting->told && walk->ring_count > 0; count++) {
            nodes[count] =
                walk->ring[sim_random_below(&walk->random, walk->ring_count)];
        }
    } else if (call->is_get && is_holder(walk, call->node)) {
        walk->found_at = walk->found_at == NEVER_MS ? walk->now : walk->found_at;
    } else {
        count = dht_net_known(walk->net, call->node,
                              call->is_get && !walk->setting->has_points ? walk->target
                                                                         : call->point,
                              nodes, walk->setting->told);
    }
    for (uint32_t i = 0; i < count; i++) {
        contacts[i] = dht_net_contact(walk->net, nodes[i]);
    }
    vc_dht_lookup_answered(&walk->lookup, call->slot, contacts, count);
}

/* The next thing that happens to a call; false when there is none under way. */
static bool happen(struct walk *walk)
{
    struct call *next = NULL;
    uint32_t next_at = NEVER_MS;

    for (uint32_t i = 0; i < walk->calls_count; i++) {
        struct call *call = &walk->calls[i];
        uint32_t at = call->answer_at < call->fail_at ? call->answer_at : call->fail_at;

        at = call->late_at < at ? call->late_at : at;
        if (at < next_at) {
            next = call;
            next_at = at;
        }
    }
    if (next == NULL) {
        return false;
    }
    walk->now = next_at;
    if (next_at == next->late_at && next_at < next->answer_at) {
        next->late_at = NEVER_MS;
        vc_dht_lookup_late(&walk->lookup, next->slot);
        return true;
    }
    struct call call = *next;

    *next = walk->calls[--walk->calls_count];
    if (call.answer_at == next_at) {
        answer(walk, &call);
    } else {
        vc_dht_lookup_failed(&walk->lookup, call.slot);
    }
    return true;
}

static void walk_begin(struct walk *walk, const struct setting *setting,
                       struct dht_net *net, const struct vc_dht_size *size,
                       uint64_t target, uint64_t seed)
{
    struct vc_dht_contact contacts[VC_DHT_NEAR];
    uint32_t nodes[VC_DHT_NEAR];
    uint32_t count;

    memset(walk, 0, sizeof *walk);
    walk->setting = setting;
    walk->net = net;
    walk->size = size;
    walk->target = target;
    walk->found_at = NEVER_MS;
    sim_random_init(&walk->random, seed);
    walk->ring_count = dht_net_nearest(net, target, DHT_NET_COLLUDER, walk->ring, RING);
    do {
        walk->asker = sim_random_below(&walk->random, net->count);
    } while (net->kinds[walk->asker] != DHT_NET_HONEST);
    vc_dht_lookup_begin(&walk->lookup, target, VC_DHT_HOLDERS,
                        size->samples == 0 ? 0
                                           : vc_dht_size_distance(size, VC_DHT_HOLDERS),
                        true, setting->is_diverse);
    count = dht_net_known(net, walk->asker, target, nodes, VC_DHT_NEAR);
    for (uint32_t i = 0; i < count; i++) {
        contacts[i] = dht_net_contact(net, nodes[i]);
    }
    vc_dht_lookup_seed(&walk->lookup, contacts, count);
}

/* Goes on until the value is found or nothing is left to do. */
static void walk_on(struct walk *walk)
{
    uint8_t slot;
    uint64_t point;

    while (walk->found_at == NEVER_MS) {
        while (vc_dht_lookup_next(&walk->lookup, &slot, &point)) {
            ask(walk, slot, point);
        }
        if (vc_dht_lookup_is_over(&walk->lookup)) {
            return;
        }
        if (!happen(walk)) {
            (void)fprintf(stderr, "it waits for nothing\n");
            abort();
        }
    }
}

static uint32_t distances_of(const struct walk *walk, uint64_t *ret_distances)
{
    uint8_t slots[VC_DHT_HOLDERS];
    size_t count = vc_dht_lookup_nearest(&walk->lookup, slots, VC_DHT_HOLDERS);

    for (size_t i = 0; i < count; i++) {
        ret_distances[i] = walk->lookup.nodes[slots[i]].distance;
    }
    return (uint32_t)count;
}

/* Of the nearest that live: has it asked all, and has it an answer of all that were not lost? */
static void judge_put(const struct walk *walk, struct figures *figures)
{
    uint32_t nearest[4 * VC_DHT_REPLICAS], live = 0, known = 0, answered = 0;
    uint32_t count =
        dht_net_nearest(walk->net, walk->target, -1, nearest, 4 * VC_DHT_REPLICAS);

    for (uint32_t i = 0; i < count && live < VC_DHT_REPLICAS; i++) {
        if (walk->net->kinds[nearest[i]] == DHT_NET_DEAD || nearest[i] == walk->asker) {
            continue;
        }
        live++;
        for (unsigned j = 0; j < walk->lookup.count; j++) {
            const struct vc_dht_lookup_node *node = &walk->lookup.nodes[j];

            if (node->distance == (walk->net->ids[nearest[i]] ^ walk->target)) {
                known += node->state != VC_DHT_LOOKUP_HEARD;
                answered += node->state == VC_DHT_LOOKUP_ANSWERED;
            }
        }
    }
    figures->put_known += known == live;
    figures->put_exact += answered == live;
}

/* A put: gives the nodes that took the value. */
static uint32_t put(struct walk *walk, struct figures *figures, uint32_t *ret_holders)
{
    uint8_t slots[VC_DHT_REPLICAS_MAX];
    uint32_t count = 0;
    size_t nearest;

    walk_on(walk);
    judge_put(walk, figures);
    nearest = vc_dht_lookup_nearest(&walk->lookup, slots, VC_DHT_REPLICAS_MAX);
    for (size_t i = 0; i < nearest; i++) {
        const struct vc_dht_lookup_node *node = &walk->lookup.nodes[slots[i]];
        uint32_t to = dht_net_node(walk->net, &node->contact);

        if (count >= VC_DHT_REPLICAS &&
            node->distance > vc_dht_size_distance(walk->size, VC_DHT_REPLICAS)) {
            break;
        }
        ret_holders[count++] = to;
    }
    return count;
}

static void get(struct walk *walk, struct figures *figures)
{
    walk->is_get = true;
    walk_on(walk);
    figures->found_first += walk->found_at != NEVER_MS;
    if (walk->found_at == NEVER_MS) {
        figures->second++;
        vc_dht_lookup_widen(&walk->lookup);
        walk_on(walk);
    }
    if (walk->found_at != NEVER_MS) {
        figures->found_ms[figures->found++] = walk->found_at;
    }
    figures->tries++;
    figures->asked += walk->lookup.asked;
    figures->answers += walk->answers;
    figures->over_ms += walk->now;
}

static int by_ms(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static uint32_t percentile(const struct figures *figures, uint32_t percent)
{
    uint32_t at = (uint32_t)((uint64_t)figures->found * percent / 100);

    return figures->found == 0 ? 0
                               : figures->found_ms[at < figures->found ? at : at - 1];
}

static void learn(const struct setting *setting, struct dht_net *net,
                  struct vc_dht_size *ret_size)
{
    struct sim_random random;

    *ret_size = (struct vc_dht_size){0};
    sim_random_init(&random, setting->seed ^ 1);
    for (uint32_t i = 0; i < LEARN; i++) {
        struct walk walk;
        uint64_t distances[VC_DHT_HOLDERS];

        walk_begin(&walk, setting, net, ret_size, sim_random_next(&random),
                   sim_random_next(&random));
        walk_on(&walk);
        vc_dht_size_learn(ret_size, distances, distances_of(&walk, distances),
                          walk.lookup.count < VC_DHT_HOLDERS);
    }
}

static void run(const struct setting *setting, struct figures *ret_figures)
{
    struct setting peace = *setting;
    struct dht_net net;
    struct vc_dht_size size;
    struct sim_random random;

    memset(ret_figures, 0, sizeof *ret_figures);
    ret_figures->found_ms = calloc(setting->lookups, sizeof(uint32_t));
    if (ret_figures->found_ms == NULL) {
        abort();
    }
    peace.ground = 0;
    dht_net_init(&net, setting->seed, setting->nodes, setting->dead,
                 setting->colluding);
    learn(&peace, &net, &size);
    sim_random_init(&random, setting->seed ^ 2);
    for (uint32_t i = 0; i < setting->lookups; i++) {
        uint64_t target = sim_random_next(&random);
        uint64_t seed = sim_random_next(&random);
        uint32_t holders[VC_DHT_REPLICAS_MAX];
        uint32_t count;
        struct walk walk;

        if (setting->ground > 0) {
            dht_net_grind(&net, target, setting->ground);
        }
        count = dht_net_nearest(&net, target, -1, holders, VC_DHT_REPLICAS);
        if (setting->is_put) {
            walk_begin(&walk, setting, &net, &size, target, seed ^ 1);
            count = put(&walk, ret_figures, holders);
        }
        walk_begin(&walk, setting, &net, &size, target, seed);
        walk.holders = holders;
        walk.holders_count = count;
        get(&walk, ret_figures);
    }
    qsort(ret_figures->found_ms, ret_figures->found, sizeof(uint32_t), by_ms);
    if (setting->is_verbose) {
        printf("size %" PRIu64 "\n", vc_dht_size_nodes(&size));
    }
    dht_net_deinit(&net);
}

static void show(const struct setting *setting, const struct figures *f)
{
    double n = f->tries;

    printf("%7u nodes, dead %2u %%, colluding %2u %%, ground %2u: "
           "found %.2f %% (first try %.2f), p50/p99 %u/%u ms, asked %.1f, packets %.1f",
           setting->nodes, setting->dead / PERCENT, setting->colluding / PERCENT,
           setting->ground, 100 * f->found / n, 100 * f->found_first / n,
           percentile(f, 50), percentile(f, 99), (double)f->asked / n,
           (double)(f->asked + f->answers) / n);
    if (setting->is_put) {
        printf(", put knew %.2f %%, had %.2f %%", 100 * f->put_known / n,
               100 * f->put_exact / n);
    }
    printf("\n");
}

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
    struct setting setting = {.seed = 1,
                              .nodes = 1000,
                              .lookups = 1000,
                              .loss = PERCENT,
                              .told = VC_DHT_CONTACTS_IPV4,
                              .hedge_ms = 172,
                              .is_diverse = true};
    struct figures figures;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--uniform") == 0) {
            setting.is_uniform = true;
            setting.is_diverse = false;
            setting.hedge_ms = 148;
        } else if (strcmp(argv[i], "--put") == 0) {
            setting.is_put = true;
        } else if (strcmp(argv[i], "--verbose") == 0) {
            setting.is_verbose = true;
        } else if (strcmp(argv[i], "--points") == 0) {
            setting.has_points = true;
        } else if (i + 1 == argc) {
            return 2;
        } else if (strcmp(argv[i], "--nodes") == 0) {
            setting.nodes = number(argv[++i]);
        } else if (strcmp(argv[i], "--lookups") == 0) {
            setting.lookups = number(argv[++i]);
        } else if (strcmp(argv[i], "--seed") == 0) {
            setting.seed = number(argv[++i]);
        } else if (strcmp(argv[i], "--loss") == 0) {
            setting.loss = number(argv[++i]) * PERCENT;
        } else if (strcmp(argv[i], "--dead") == 0) {
            setting.dead = number(argv[++i]) * PERCENT;
        } else if (strcmp(argv[i], "--colluding") == 0) {
            setting.colluding = number(argv[++i]) * PERCENT;
        } else if (strcmp(argv[i], "--ground") == 0) {
            setting.ground = number(argv[++i]);
        } else if (strcmp(argv[i], "--told") == 0) {
            setting.told = number(argv[++i]);
        } else if (strcmp(argv[i], "--hedge") == 0) {
            setting.hedge_ms = number(argv[++i]);
        } else {
            return 2;
        }
    }
    run(&setting, &figures);
    show(&setting, &figures);
    free(figures.found_ms);
    return 0;
}
