#include "tests/support/link_world.h"

#include <stdlib.h>
#include <string.h>

uint64_t link_world_random(struct link_world *world)
{
    uint64_t z = world->rng += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t link_world_below(struct link_world *world, uint32_t bound)
{
    return (uint32_t)((link_world_random(world) >> 32) % bound);
}

static void fill(struct link_world *world, void *ret_bytes, size_t len)
{
    uint8_t *bytes = ret_bytes;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)link_world_random(world);
}

void link_world_init(struct link_world *world, uint64_t seed)
{
    vc_err err = vc_crypto_init();
    VC_CHECK(err == VC_OK);
    memset(world, 0, sizeof *world);
    world->rng = seed;
    world->now = 1000;
    world->delay_min_ms = world->delay_max_ms = 10;
}

static void start(struct link_node *node)
{
    struct vc_secret32 seed;
    fill(node->world, seed.b, sizeof seed.b);
    node->link = vc_link_init(node->mem, &node->cfg, &seed);
    vc_link_answer_to(node->link, &node->contacts, 1);
}

struct link_node *link_world_add(struct link_world *world,
                                 const struct vc_link_config *cfg)
{
    static const uint8_t network[] = {'t', 'e', 's', 't'};
    static const struct vc_link_config usual = {
        .peers_max = 16, .half_open_max = 64, .chunk_count = 2048, .packets_max = 1024};
    VC_CHECK(world->node_count < LINK_WORLD_NODES_MAX);
    struct link_node *node = &world->nodes[world->node_count];
    node->world = world;
    node->index = world->node_count++;
    node->addr = link_world_addr(node->index + 1, 7000);
    node->cfg = cfg == NULL ? usual : *cfg;
    node->cfg.network_id = (struct vc_bytes){network, sizeof network};
    fill(world, node->cfg.dev_dh.b, sizeof node->cfg.dev_dh.b);
    fill(world, node->cfg.root.b, sizeof node->cfg.root.b);
    fill(world, node->contacts.b, sizeof node->contacts.b);
    vc_dh_public(&node->dev_dh_public, &node->cfg.dev_dh);
    node->mem_len = vc_link_footprint(&node->cfg);
    node->mem = calloc(1, node->mem_len);
    VC_CHECK(node->mem != NULL);
    start(node);
    return node;
}

void link_world_restart(struct link_node *node)
{
    vc_link_deinit(node->link);
    memset(node->mem, 0, node->mem_len);
    start(node);
}

void link_world_free(struct link_world *world)
{
    for (uint32_t i = 0; i < world->node_count; i++) {
        vc_link_deinit(world->nodes[i].link);
        free(world->nodes[i].mem);
    }
    for (size_t i = 0; i < world->heap_len; i++)
        free(world->heap[i].bytes);
    free(world->heap);
}

void link_world_introduce(struct link_node *node, const struct link_node *other)
{
    struct vc_link_peer keys = {.dev_dh = other->dev_dh_public,
                                .root = other->cfg.root,
                                .contacts = other->contacts};
    vc_err err = vc_link_peer_put(node->link, other->index, &keys);
    VC_CHECK(err == VC_OK);
}

vc_err link_world_connect(struct link_node *node, const struct link_node *other)
{
    return vc_link_connect(node->link, node->world->now, other->index, &other->addr, 1);
}

struct vc_addr link_world_addr(uint32_t host, uint16_t port)
{
    return (struct vc_addr){
        .ip = {10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host},
        .port = port,
        .family = 4};
}

static bool is_before(const struct link_flying *a, const struct link_flying *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct link_flying *a, struct link_flying *b)
{
    struct link_flying c = *a;
    *a = *b;
    *b = c;
}

void link_world_send(struct link_world *world, const struct vc_addr *from,
                     const struct vc_addr *to, struct vc_bytes bytes, vc_ms delay_ms)
{
    if (world->heap_len == world->heap_room) {
        world->heap_room = world->heap_room == 0 ? 256 : 2 * world->heap_room;
        world->heap = realloc(world->heap, world->heap_room * sizeof *world->heap);
        VC_CHECK(world->heap != NULL);
    }
    size_t at = world->heap_len++;
    struct link_flying *heap = world->heap;
    heap[at] = (struct link_flying){.at = world->now + delay_ms,
                                    .order = world->order++,
                                    .from = *from,
                                    .to = *to,
                                    .bytes = malloc(bytes.len + 1),
                                    .len = bytes.len};
    VC_CHECK(heap[at].bytes != NULL);
    memcpy(heap[at].bytes, bytes.data, bytes.len);
    for (; at > 0 && is_before(&heap[at], &heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&heap[at], &heap[(at - 1) / 2]);
}

static struct link_flying take_first(struct link_world *world)
{
    struct link_flying *heap = world->heap;
    struct link_flying first = heap[0];
    heap[0] = heap[--world->heap_len];
    for (size_t at = 0;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < world->heap_len && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (child >= world->heap_len || !is_before(&heap[child], &heap[at]))
            return first;
        swap(&heap[at], &heap[child]);
        at = child;
    }
}

/* How long a datagram waits for and on the line; false: the queue is full. */
static bool pass_line(struct link_node *node, size_t len, vc_ms *ret_wait_ms)
{
    struct link_world *world = node->world;
    uint64_t now_us = world->now * 1000;
    *ret_wait_ms = 0;
    if (world->bytes_per_ms == 0)
        return true;
    if (node->line_free_us < now_us)
        node->line_free_us = now_us;
    if (node->line_free_us - now_us > world->queue_ms * 1000)
        return false;
    node->line_free_us += len * 1000 / world->bytes_per_ms;
    *ret_wait_ms = (node->line_free_us - now_us) / 1000;
    return true;
}

static void put_on_the_wire(struct link_node *node, const struct vc_link_output *output)
{
    struct link_world *world = node->world;
    world->datagrams++;
    world->bytes += output->bytes.len;
    if (world->filter != NULL &&
        world->filter(world, node, &output->addr, output->bytes))
        return;
    if (world->mtu != 0 && output->bytes.len > world->mtu)
        return;
    vc_ms wait_ms;
    if (!pass_line(node, output->bytes.len, &wait_ms))
        return;
    uint32_t copies = 1 + (link_world_below(world, 1000) < world->duplication);
    for (uint32_t i = 0; i < copies; i++) {
        vc_ms span = world->delay_max_ms - world->delay_min_ms;
        vc_ms delay = world->delay_min_ms + link_world_below(world, (uint32_t)span + 1);
        if (link_world_below(world, 1000) >= world->loss)
            link_world_send(world, &node->addr, &output->addr, output->bytes,
                            wait_ms + delay);
    }
}

void link_world_drain(struct link_node *node)
{
    struct vc_link_output output;
    while (vc_link_next(node->link, node->world->now, &output)) {
        if (output.kind == VC_LINK_DATAGRAM)
            put_on_the_wire(node, &output);
        else if (node->world->on_output != NULL)
            node->world->on_output(node->world, node, &output);
    }
}

static void arrive(struct link_world *world)
{
    struct link_flying flying = take_first(world);
    for (uint32_t i = 0; i < world->node_count; i++) {
        struct link_node *node = &world->nodes[i];
        if (!vc_addr_equal(&node->addr, &flying.to))
            continue;
        vc_link_recv(node->link, world->now, &flying.from,
                     (struct vc_bytes){flying.bytes, flying.len});
        link_world_drain(node);
    }
    free(flying.bytes);
}

bool link_world_step(struct link_world *world, vc_ms until)
{
    vc_ms at = world->heap_len > 0 ? world->heap[0].at : VC_NEVER;
    struct link_node *ticking = NULL;
    for (uint32_t i = 0; i < world->node_count; i++) {
        link_world_drain(&world->nodes[i]);
        vc_ms due = vc_link_due(world->nodes[i].link);
        if (due < at) {
            at = due;
            ticking = &world->nodes[i];
        }
    }
    /* What was drained may fly before anything that was known. */
    if (world->heap_len > 0 && world->heap[0].at <= at) {
        at = world->heap[0].at;
        ticking = NULL;
    }
    if (at > until)
        return false;
    if (at > world->now)
        world->now = at;
    if (ticking == NULL) {
        arrive(world);
        return true;
    }
    vc_link_tick(ticking->link, world->now);
    link_world_drain(ticking);
    return true;
}

void link_world_run(struct link_world *world, vc_ms until)
{
    while (link_world_step(world, until))
        continue;
    world->now = until;
}
