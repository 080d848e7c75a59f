/*
 * A network of nodes with static tables, as large as the ids of all take memory: a table is
 * made when it is looked into, the same every time.
 *
 * The tables are as those of real nodes: 16 nodes a bucket, drawn from all that fall into it, three
 * buckets a level of two bits, and the 32 nearest.  vc_dht_node_id() is replaced at link
 * time: an id is what the first eight bytes of a key say.
 */
#ifndef VC_TESTS_SIM_DHT_NET_H
#define VC_TESTS_SIM_DHT_NET_H

#include "dht/lookup.h"
#include "tests/sim/random.h"

/* The most that dht_net_grind() puts in. */
#define DHT_NET_GROUND_MAX 256

enum dht_net_kind { DHT_NET_HONEST, DHT_NET_DEAD, DHT_NET_COLLUDER };

struct dht_net {
    uint64_t seed;
    uint32_t count;
    uint64_t *ids;       /* rising; a node is a place in it */
    uint8_t *kinds;      /* enum dht_net_kind */
    uint32_t base_count; /* the same without those that dht_net_grind() put in */
    uint64_t *base_ids;
    uint8_t *base_kinds;
};

/* @dead and @colluding: of a million. */
void dht_net_init(struct dht_net *net, uint64_t seed, uint32_t count, uint32_t dead,
                  uint32_t colluding);
void dht_net_deinit(struct dht_net *net);

/* Puts @count colluders next to @target, nearer than anybody, instead of those of the last
 * time. */
void dht_net_grind(struct dht_net *net, uint64_t target, uint32_t count);

struct vc_dht_contact dht_net_contact(const struct dht_net *net, uint32_t node);
/* The place of the node with a contact that this network gave. */
uint32_t dht_net_node(const struct dht_net *net, const struct vc_dht_contact *contact);

/* The nodes nearest to @target of all there are, or only those of @kind (-1: of any), nearest
 * first; gives how many. */
uint32_t dht_net_nearest(const struct dht_net *net, uint64_t target, int kind,
                         uint32_t *ret_nodes, uint32_t room);
/* The nodes nearest to @target that @node knows. */
uint32_t dht_net_known(const struct dht_net *net, uint32_t node, uint64_t target,
                       uint32_t *ret_nodes, uint32_t room);

#endif
