/*
 * Link machines and a network between them, in virtual time: what the unit tests, the
 * simulation, the fuzz target and the bench of the link have in common.
 *
 * One thread; one seed decides everything.  Datagrams travel through a heap ordered by
 * (instant, order of sending).
 */
#ifndef VC_TESTS_SUPPORT_LINK_WORLD_H
#define VC_TESTS_SUPPORT_LINK_WORLD_H

#include "node/link/link.h"

#define LINK_WORLD_NODES_MAX 8

struct link_world;

struct link_node {
    struct link_world *world;
    uint32_t index;
    struct vc_link *link;
    void *mem;
    size_t mem_len;
    struct vc_link_config cfg;
    struct vc_secret32 contacts; /* K, the same for all lives */
    struct vc_key32 dev_dh_public;
    struct vc_addr addr;
    uint64_t line_free_us; /* its line is busy until then */
};

struct link_flying {
    vc_ms at;
    uint64_t order;
    struct vc_addr from, to;
    uint8_t *bytes;
    size_t len;
};

struct link_world {
    vc_ms now;
    uint64_t rng;
    struct link_node nodes[LINK_WORLD_NODES_MAX];
    uint32_t node_count;

    /* The network.  Chances in a thousand. */
    vc_ms delay_min_ms, delay_max_ms;
    uint32_t loss, duplication;
    size_t mtu; /* longest datagram that gets through; 0: any */
    /* What each node's line carries; 0: any.  What would wait longer is lost. */
    uint32_t bytes_per_ms;
    vc_ms queue_ms;
    /* Returns true to lose the datagram; NULL: nothing special. */
    bool (*filter)(struct link_world *world, struct link_node *from,
                   const struct vc_addr *to, struct vc_bytes bytes);
    /* Takes every output that is no datagram.  May ask the link for things. */
    void (*on_output)(struct link_world *world, struct link_node *node,
                      const struct vc_link_output *output);
    void *ctx;

    struct link_flying *heap;
    size_t heap_len, heap_room;
    uint64_t order;
    uint64_t datagrams; /* sent, lost ones included */
    uint64_t bytes;
};

/* SplitMix64, and a number below @bound. */
uint64_t link_world_random(struct link_world *world);
uint32_t link_world_below(struct link_world *world, uint32_t bound);

void link_world_init(struct link_world *world, uint64_t seed);
/* Adds a node with small pools; @cfg NULL: the usual ones (secrets are filled in). */
struct link_node *link_world_add(struct link_world *world,
                                 const struct vc_link_config *cfg);
/* The machine dies and another one begins with the same keys and an empty mind. */
void link_world_restart(struct link_node *node);
void link_world_free(struct link_world *world);

/* Makes @other known to @node, under the number of its index. */
void link_world_introduce(struct link_node *node, const struct link_node *other);
vc_err link_world_connect(struct link_node *node, const struct link_node *other);

/* An IPv4 address made of two small numbers. */
struct vc_addr link_world_addr(uint32_t host, uint16_t port);

/* Takes out what a node has to say. */
void link_world_drain(struct link_node *node);
/* Lets the next thing happen, up to @until; false when nothing is due before. */
bool link_world_step(struct link_world *world, vc_ms until);
/* Lets everything happen up to @until. */
void link_world_run(struct link_world *world, vc_ms until);
/* Puts a datagram on the way, as @from would. */
void link_world_send(struct link_world *world, const struct vc_addr *from,
                     const struct vc_addr *to, struct vc_bytes bytes, vc_ms delay_ms);

#endif
