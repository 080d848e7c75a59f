#include "tests/support/dht_world.h"

#include <stdlib.h>
#include <string.h>

/* A machine that is due again at one instant after so many ticks will be for ever. */
#define TICKS_MAX 16
#define HOLE_MS   60000

static const uint8_t network[] = {'t', 'e', 's', 't'};

uint64_t dht_world_random(struct dht_world *world)
{
    uint64_t z = world->rng += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t dht_world_below(struct dht_world *world, uint32_t bound)
{
    return (uint32_t)((dht_world_random(world) >> 32) % bound);
}

static void fill(struct dht_world *world, void *ret_bytes, size_t len)
{
    uint8_t *bytes = ret_bytes;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)dht_world_random(world);
    }
}

void dht_world_init(struct dht_world *world, uint64_t seed)
{
    vc_err err = vc_crypto_init();

    VC_CHECK(err == VC_OK);
    memset(world, 0, sizeof *world);
    world->rng = seed;
    world->now = DHT_WORLD_BEGIN_MS;
    world->delay_min_ms = 10;
    world->delay_max_ms = 40;
}

void dht_world_free(struct dht_world *world)
{
    for (uint32_t i = 0; i < world->node_count; i++) {
        dht_world_stop(&world->nodes[i]);
    }
    for (size_t i = 0; i < world->heap_len; i++) {
        free(world->heap[i].bytes);
    }
    free(world->heap);
    free(world->told);
    memset(world, 0, sizeof *world);
}

/* ---- nodes ---- */

void dht_world_config(struct vc_dht_config *ret_cfg)
{
    vc_dht_config_init(ret_cfg, VC_DHT_SIMULATION);
    ret_cfg->peers_max = 128;
    ret_cfg->calls_max = 64;
    ret_cfg->asks_max = 8;
    ret_cfg->keeps_max = 4;
    ret_cfg->records_max = 64;
    ret_cfg->sources_max = 64;
    ret_cfg->answers_max = 8;
    ret_cfg->doors_max = 16;
    ret_cfg->recent_max = 8;
    ret_cfg->is_bootstrap = true;
}

struct vc_now dht_world_clock(const struct dht_node *node)
{
    vc_ms now = node->world->now;
    int64_t date = (int64_t)(now - DHT_WORLD_BEGIN_MS + DHT_WORLD_DATE_MS);

    return (struct vc_now){.mono = now, .unix_ms = (vc_ms)(date + node->skew_ms)};
}

void dht_world_start(struct dht_node *node)
{
    struct vc_now now = dht_world_clock(node);
    struct vc_secret32 seed;

    VC_CHECK(node->dht == NULL);
    fill(node->world, seed.b, sizeof seed.b);
    node->mem = calloc(1, vc_dht_footprint(&node->cfg));
    VC_CHECK(node->mem != NULL);
    node->dht = vc_dht_init(node->mem, &node->cfg, &now, &seed);
    dht_world_drain(node);
}

static void forget_asks(struct dht_node *node, uint32_t ask)
{
    struct dht_world *world = node->world;
    size_t kept = 0;

    for (size_t i = 0; i < world->asked_count; i++) {
        if (world->asked[i].node != node->index ||
            (ask != 0 && world->asked[i].ask != ask)) {
            world->asked[kept++] = world->asked[i];
        }
    }
    world->asked_count = kept;
}

void dht_world_stop(struct dht_node *node)
{
    if (node->dht != NULL) {
        vc_dht_deinit(node->dht);
        free(node->mem);
        node->dht = NULL;
        node->due_at = VC_NEVER;
        forget_asks(node, 0);
    }
}

struct dht_node *dht_world_add(struct dht_world *world, const struct vc_dht_config *cfg)
{
    struct dht_node *node = &world->nodes[world->node_count];
    /* Prime to 256, so that neighbours in the list are strangers to the masks of ids. */
    uint8_t number = (uint8_t)(world->node_count * 37);
    const uint8_t ipv4[4] = {20, number, 7, 1};
    const uint8_t ipv6[16] = {0x2a, 0, 0, number, 0, 1, [15] = 1};

    VC_CHECK(world->node_count < DHT_WORLD_NODES_MAX);
    *node = (struct dht_node){.world = world, .index = world->node_count++};
    if (cfg == NULL) {
        dht_world_config(&node->cfg);
    } else {
        node->cfg = *cfg;
    }
    node->cfg.network_id = VC_BYTES(network);
    node->addrs[0] = vc_addr_ipv4(ipv4, 4000);
    node->addrs[1] = vc_addr_ipv6(ipv6, 4000);
    dht_world_start(node);
    return node;
}

struct vc_dht_contact dht_world_contact(const struct dht_node *node, bool is_ipv6)
{
    return (struct vc_dht_contact){.addr = node->addrs[is_ipv6 ? 1 : 0],
                                   .key = node->dht->key};
}

void dht_world_enter(struct dht_node *node, const struct dht_node *other, bool is_ipv6,
                     bool has_key)
{
    struct vc_now now = dht_world_clock(node);
    struct vc_dht_contact contact = dht_world_contact(other, is_ipv6);

    vc_dht_enter(node->dht, &now, &contact.addr, has_key ? &contact.key : NULL);
    dht_world_drain(node);
}

void dht_world_build(struct dht_world *world, uint32_t count,
                     const struct vc_dht_config *cfg)
{
    for (uint32_t i = 0; i < count; i++) {
        struct dht_node *node = dht_world_add(world, cfg);

        for (unsigned family = 0; family < VC_DHT_FAMILIES; family++) {
            if (node->index > 0 &&
                (family == 0 ? node->cfg.has_ipv4 : node->cfg.has_ipv6)) {
                dht_world_enter(node, &world->nodes[0], family == 1, false);
            }
        }
        dht_world_run(world, 200);
    }
    dht_world_run(world, 20000);
}

/* ---- what tests ask ---- */

static void note_ask(struct dht_node *node, uint32_t ask)
{
    struct dht_world *world = node->world;

    VC_CHECK(world->asked_count < sizeof world->asked / sizeof *world->asked);
    world->asked[world->asked_count++] =
        (struct dht_asked){.node = node->index, .ask = ask, .at = world->now};
}

uint32_t dht_world_get(struct dht_node *node, const struct vc_hash32 *place)
{
    struct vc_now now = dht_world_clock(node);
    uint32_t ask = 0;
    vc_err err = vc_dht_get(node->dht, &now, place, &ask);

    VC_CHECK(err == VC_OK);
    note_ask(node, ask);
    dht_world_drain(node);
    return ask;
}

uint32_t dht_world_publish(struct dht_node *node, struct vc_bytes record)
{
    struct vc_now now = dht_world_clock(node);
    uint32_t ask = 0;
    vc_err err = vc_dht_publish(node->dht, &now, record, &ask);

    VC_CHECK(err == VC_OK);
    note_ask(node, ask);
    dht_world_drain(node);
    return ask;
}

void dht_world_cancel(struct dht_node *node, uint32_t ask)
{
    vc_dht_cancel(node->dht, ask);
    forget_asks(node, ask);
    dht_world_drain(node);
}

void dht_world_withdraw(struct dht_node *node, const struct vc_hash32 *place)
{
    vc_dht_withdraw(node->dht, place);
    dht_world_drain(node);
}

void dht_world_move(struct dht_node *node, const struct vc_addr *ipv4)
{
    struct vc_now now = dht_world_clock(node);

    node->addrs[0] = *ipv4;
    vc_dht_moved(node->dht, &now);
    dht_world_drain(node);
}

struct vc_dht_status dht_world_status(const struct dht_node *node)
{
    struct vc_now now = dht_world_clock(node);
    struct vc_dht_status status;

    vc_dht_status(node->dht, &now, &status);
    return status;
}

size_t dht_world_open_asks(const struct dht_world *world)
{
    return world->asked_count;
}

/* ---- the network ---- */

static bool is_before(const struct dht_flying *a, const struct dht_flying *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct dht_flying *a, struct dht_flying *b)
{
    struct dht_flying c = *a;

    *a = *b;
    *b = c;
}

void dht_world_send(struct dht_world *world, const struct vc_addr *from,
                    const struct vc_addr *to, struct vc_bytes bytes)
{
    struct dht_flying *heap;
    size_t at = world->heap_len++;
    vc_ms span = world->delay_max_ms - world->delay_min_ms;

    if (at == world->heap_room) {
        world->heap_room = world->heap_room == 0 ? 256 : 2 * world->heap_room;
        world->heap = realloc(world->heap, world->heap_room * sizeof *world->heap);
        VC_CHECK(world->heap != NULL);
    }
    heap = world->heap;
    heap[at] = (struct dht_flying){.at = world->now + world->delay_min_ms +
                                         dht_world_below(world, (uint32_t)span + 1),
                                   .order = world->order++,
                                   .from = *from,
                                   .to = *to,
                                   .bytes = malloc(bytes.len),
                                   .len = bytes.len};
    VC_CHECK(heap[at].bytes != NULL);
    memcpy(heap[at].bytes, bytes.data, bytes.len);
    for (; at > 0 && is_before(&heap[at], &heap[(at - 1) / 2]); at = (at - 1) / 2) {
        swap(&heap[at], &heap[(at - 1) / 2]);
    }
}

static struct dht_flying take_first(struct dht_world *world)
{
    struct dht_flying *heap = world->heap;
    struct dht_flying first = heap[0];

    heap[0] = heap[--world->heap_len];
    for (size_t at = 0;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < world->heap_len && is_before(&heap[child + 1], &heap[child])) {
            child++;
        }
        if (child >= world->heap_len || !is_before(&heap[child], &heap[at])) {
            return first;
        }
        swap(&heap[at], &heap[child]);
        at = child;
    }
}

struct dht_node *dht_world_at(struct dht_world *world, const struct vc_addr *addr)
{
    for (uint32_t i = 0; i < world->node_count; i++) {
        struct dht_node *node = &world->nodes[i];
        struct vc_addr at = *addr;

        if (node->has_new_ports) {
            at.port = node->addrs[0].port; /* whatever port others see */
        }
        if (vc_addr_equal(&node->addrs[0], &at) ||
            vc_addr_equal(&node->addrs[1], &at)) {
            return node;
        }
    }
    return NULL;
}

/* The NAT notes whom it lets in from now on. */
static void make_hole(struct dht_node *node, const struct vc_addr *to)
{
    struct dht_world *world = node->world;
    size_t at = 0;

    while (at < world->hole_count && (world->holes[at].node != node->index ||
                                      !vc_addr_equal(&world->holes[at].to, to))) {
        at++;
    }
    VC_CHECK(at < sizeof world->holes / sizeof *world->holes);
    world->hole_count += at == world->hole_count;
    world->holes[at].node = node->index;
    world->holes[at].to = *to;
    world->holes[at].at = world->now;
}

static bool is_let_in(const struct dht_node *node, const struct vc_addr *from)
{
    const struct dht_world *world = node->world;

    for (size_t i = 0; i < world->hole_count; i++) {
        if (world->holes[i].node == node->index &&
            vc_addr_equal(&world->holes[i].to, from)) {
            return world->now - world->holes[i].at <= HOLE_MS;
        }
    }
    return false;
}

static void put_on_the_wire(struct dht_node *node, const struct vc_addr *to,
                            struct vc_bytes bytes)
{
    struct dht_world *world = node->world;
    struct vc_addr from = node->addrs[to->family == 6 ? 1 : 0];

    VC_CHECK(bytes.len <= VC_DHT_DATAGRAM_MAX);
    world->datagrams++;
    node->datagrams_out++;
    node->bytes_out += bytes.len;
    if (node->has_new_ports) {
        from.port = (uint16_t)(10000 + to->ip[1] * 64u + to->ip[2]);
    }
    if (node->is_natted[to->family == 6]) {
        make_hole(node, to);
    }
    if ((world->filter == NULL || !world->filter(world, node, to, bytes)) &&
        dht_world_below(world, 1000) >= world->loss) {
        dht_world_send(world, &from, to, bytes);
    }
}

/* ---- what machines tell ---- */

static struct dht_asked *find_ask(struct dht_node *node, uint32_t ask)
{
    struct dht_world *world = node->world;

    for (size_t i = 0; i < world->asked_count; i++) {
        if (world->asked[i].node == node->index && world->asked[i].ask == ask) {
            return &world->asked[i];
        }
    }
    return NULL;
}

static void judge_ask(struct dht_node *node, const struct dht_told *told)
{
    struct dht_asked *asked = find_ask(node, told->output.ask);

    VC_CHECK(asked != NULL);
    VC_CHECK(node->world->now - asked->at <= VC_DHT_ASK_MAX_MS);
    if (told->output.kind == VC_DHT_FOUND) {
        VC_CHECK(told->seq > asked->seq);
        asked->seq = told->seq;
    } else {
        forget_asks(node, told->output.ask);
    }
}

static void tell(struct dht_node *node, const struct vc_dht_output *output)
{
    struct dht_world *world = node->world;
    struct dht_told told = {.node = node->index, .at = world->now, .output = *output};

    if (output->kind == VC_DHT_FOUND) {
        struct vc_dht_record record;

        VC_CHECK(vc_dht_record_read(output->bytes, &record) == VC_OK);
        VC_CHECK(vc_dht_record_verify(&record, output->bytes));
        told.seq = record.seq;
    }
    told.output.bytes = (struct vc_bytes){NULL, 0};
    if (output->kind == VC_DHT_FOUND || output->kind == VC_DHT_DONE) {
        judge_ask(node, &told);
    }
    if (world->told_count == world->told_room) {
        world->told_room = world->told_room == 0 ? 256 : 2 * world->told_room;
        world->told = realloc(world->told, world->told_room * sizeof *world->told);
        VC_CHECK(world->told != NULL);
    }
    world->told[world->told_count++] = told;
}

void dht_world_drain(struct dht_node *node)
{
    struct vc_now now = dht_world_clock(node);
    struct vc_dht_output output;

    while (vc_dht_next(node->dht, &now, &output)) {
        if (output.kind == VC_DHT_DATAGRAM) {
            put_on_the_wire(node, &output.addr, output.bytes);
        } else {
            tell(node, &output);
        }
    }
    node->due_at = vc_dht_due(node->dht, &now);
}

bool dht_world_feed(struct dht_node *node, const struct vc_addr *from,
                    struct vc_bytes bytes)
{
    struct vc_now now = dht_world_clock(node);
    bool is_ours = vc_dht_recv(node->dht, &now, from, bytes);

    dht_world_drain(node);
    return is_ours;
}

static void arrive(struct dht_world *world)
{
    struct dht_flying flying = take_first(world);
    struct dht_node *node = dht_world_at(world, &flying.to);
    struct vc_bytes bytes = {flying.bytes, flying.len};

    if (node == NULL && world->on_stray != NULL) {
        world->on_stray(world, &flying.from, &flying.to, bytes);
    } else if (node != NULL && node->dht != NULL &&
               (!node->is_natted[flying.to.family == 6] ||
                is_let_in(node, &flying.from))) {
        (void)dht_world_feed(node, &flying.from, bytes);
    }
    free(flying.bytes);
}

static void tick(struct dht_node *node)
{
    struct vc_now now = dht_world_clock(node);

    node->ticks = node->ticked_at == now.mono ? node->ticks + 1 : 1;
    node->ticked_at = now.mono;
    VC_CHECK(node->ticks <= TICKS_MAX);
    node->wakeups++;
    vc_dht_tick(node->dht, &now);
    dht_world_drain(node);
}

void dht_world_run(struct dht_world *world, vc_ms ms)
{
    vc_ms until = world->now + ms;

    for (;;) {
        struct dht_node *first = NULL;
        vc_ms at = world->heap_len > 0 ? world->heap[0].at : VC_NEVER;

        for (uint32_t i = 0; i < world->node_count; i++) {
            struct dht_node *node = &world->nodes[i];

            if (node->dht != NULL && node->due_at < at) {
                at = node->due_at;
                first = node;
            }
        }
        if (at > until) {
            break;
        }
        world->now = at > world->now ? at : world->now;
        if (first == NULL) {
            arrive(world);
        } else {
            tick(first);
        }
        for (size_t i = 0; i < world->asked_count; i++) {
            VC_CHECK(world->now - world->asked[i].at <= VC_DHT_ASK_MAX_MS);
        }
    }
    world->now = until;
}
