/*
 * DHT machines and a network between them, in virtual time, for the unit tests of the DHT.
 *
 * One thread; one seed decides everything.  Datagrams travel through a heap ordered by
 * (instant, order of sending); what the machines tell is noted.  It complains by itself, with
 * VC_CHECK, when a machine is due again and again at one instant, when an ask ends twice or
 * later than it may, and when what is found for one does not get newer.
 */
#ifndef VC_TESTS_SUPPORT_DHT_WORLD_H
#define VC_TESTS_SUPPORT_DHT_WORLD_H

#include "dht/machine.h"

#define DHT_WORLD_NODES_MAX 96
#define DHT_WORLD_BEGIN_MS  1000000                 /* mono, when it begins */
#define DHT_WORLD_DATE_MS   UINT64_C(1767225600000) /* and the date then */

struct dht_world;

struct dht_node {
    struct dht_world *world;
    uint32_t index;
    struct vc_dht *dht; /* NULL: it is not running */
    void *mem;
    struct vc_dht_config cfg;
    struct vc_addr addrs[VC_DHT_FAMILIES]; /* IPv4, IPv6 */
    int64_t skew_ms;                       /* how far its clock of dates is ahead */
    /* By family: who was not written to within a minute is not let in. */
    bool is_natted[VC_DHT_FAMILIES];
    bool has_new_ports; /* a NAT: everybody sees it at a port of his own */
    vc_ms due_at;
    vc_ms ticked_at;
    uint32_t ticks; /* at that instant */
    uint64_t wakeups;
    uint64_t datagrams_out, bytes_out;
};

/* What a machine has told: every output but datagrams. */
struct dht_told {
    uint32_t node;
    vc_ms at;
    struct vc_dht_output output; /* its bytes are not there any more */
    uint64_t seq;                /* FOUND: of the record */
};

/* An ask of a test that has not ended. */
struct dht_asked {
    uint32_t node, ask;
    vc_ms at;
    uint64_t seq; /* of the last record that was found; 0: none was */
};

struct dht_flying {
    vc_ms at;
    uint64_t order;
    struct vc_addr from, to;
    uint8_t *bytes;
    size_t len;
};

struct dht_world {
    vc_ms now;
    uint64_t rng;
    struct dht_node nodes[DHT_WORLD_NODES_MAX];
    uint32_t node_count;

    /* The network. */
    vc_ms delay_min_ms, delay_max_ms;
    uint32_t loss; /* in a thousand */
    /* True: the datagram is lost; NULL: nothing special. */
    bool (*filter)(struct dht_world *world, struct dht_node *from,
                   const struct vc_addr *to, struct vc_bytes bytes);
    /* Takes what is sent to an address at which no node is. */
    void (*on_stray)(struct dht_world *world, const struct vc_addr *from,
                     const struct vc_addr *to, struct vc_bytes bytes);
    void *ctx;

    struct dht_flying *heap;
    size_t heap_len, heap_room;
    uint64_t order;
    uint64_t datagrams; /* sent, lost ones included */

    struct dht_told *told;
    size_t told_count, told_room;
    struct dht_asked asked[256];
    size_t asked_count;

    /* Whom those behind a NAT have written to: node, address, when. */
    struct {
        uint32_t node;
        struct vc_addr to;
        vc_ms at;
    } holes[4096];
    size_t hole_count;
};

uint64_t dht_world_random(struct dht_world *world);
uint32_t dht_world_below(struct dht_world *world, uint32_t bound);

void dht_world_init(struct dht_world *world, uint64_t seed);
void dht_world_free(struct dht_world *world);

/* A small router of a public test network that routes at once, with IPv4. */
void dht_world_config(struct vc_dht_config *ret_cfg);
/* Adds a node, in a /16 (and an IPv6 /32) of its own, and starts it; @cfg NULL: as above. */
struct dht_node *dht_world_add(struct dht_world *world,
                               const struct vc_dht_config *cfg);
/* The machine is gone, its address too; another begins there with an empty mind. */
void dht_world_stop(struct dht_node *node);
void dht_world_start(struct dht_node *node);
/* Tells @node of @other as a door, over IPv4 or IPv6; @has_key: and of its key. */
void dht_world_enter(struct dht_node *node, const struct dht_node *other, bool is_ipv6,
                     bool has_key);
/* Adds so many, all by the door of the first of the world, and lets them find each other. */
void dht_world_build(struct dht_world *world, uint32_t count,
                     const struct vc_dht_config *cfg);

/* What a test asks of a machine. */
uint32_t dht_world_get(struct dht_node *node, const struct vc_hash32 *place);
uint32_t dht_world_publish(struct dht_node *node, struct vc_bytes record);
void dht_world_cancel(struct dht_node *node, uint32_t ask);
void dht_world_withdraw(struct dht_node *node, const struct vc_hash32 *place);
void dht_world_move(struct dht_node *node, const struct vc_addr *ipv4);
struct vc_now dht_world_clock(const struct dht_node *node);
struct vc_dht_status dht_world_status(const struct dht_node *node);

/* Takes out what a node has to say, after something was asked of its machine. */
void dht_world_drain(struct dht_node *node);
/* Puts a datagram on its way. */
void dht_world_send(struct dht_world *world, const struct vc_addr *from,
                    const struct vc_addr *to, struct vc_bytes bytes);
/* Hands a datagram to a node at once, as if it came from @from. */
bool dht_world_feed(struct dht_node *node, const struct vc_addr *from,
                    struct vc_bytes bytes);
/* Lets everything happen for so long. */
void dht_world_run(struct dht_world *world, vc_ms ms);

/* How often a node has told something of a kind; @ask 0: of any. */
uint32_t dht_world_count(const struct dht_world *world, const struct dht_node *node,
                         enum vc_dht_output_kind kind, uint32_t ask);
/* The last of them; NULL: it has not. */
const struct dht_told *dht_world_last(const struct dht_world *world,
                                      const struct dht_node *node,
                                      enum vc_dht_output_kind kind, uint32_t ask);
/* Asks of tests that have not ended. */
size_t dht_world_open_asks(const struct dht_world *world);

/* Who is at an address, running or not; NULL: nobody. */
struct dht_node *dht_world_at(struct dht_world *world, const struct vc_addr *addr);
struct vc_dht_contact dht_world_contact(const struct dht_node *node, bool is_ipv6);
/* Does @node know @other? */
bool dht_world_knows(const struct dht_node *node, const struct dht_node *other,
                     bool is_ipv6);
/* The seq that a node holds at a place; 0: nothing. */
uint64_t dht_world_holds(const struct dht_node *node, const struct vc_hash32 *place);
/* Of all that run and route over a family, the nearest to a place, nearest first; gives their
 * number. */
size_t dht_world_nearest(struct dht_world *world, const struct vc_hash32 *place,
                         bool is_ipv6, struct dht_node **ret_nodes, size_t room);
/* Opens a request that is on its way to a node of the world: what is it? */
bool dht_world_read(const struct dht_node *to, struct vc_bytes bytes,
                    struct vc_dht_header *ret_header,
                    struct vc_dht_request *ret_request);

/* A good record of the person @number, good for @hours from now; gives its place. */
void dht_world_record(const struct dht_world *world, uint32_t number, uint64_t seq,
                      uint32_t hours, uint8_t ret_record[VC_DHT_RECORD_LEN],
                      struct vc_hash32 *ret_place);

#endif
