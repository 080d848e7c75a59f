/*
 * A world of DHT machines: hundreds to a hundred thousand on one thread, in virtual time.
 *
 * Every node is the real machine behind dht/dht.h.  The network between them delays (each
 * pair has its own round trip), loses, filters at NATs and splits; people start and stop
 * nodes, publish and look for records; some nodes are hostile (dht_hostile.h).  Judges look
 * at it from outside: what they complain of is a bug.  What is only better or worse is a
 * figure (dht_figures.h).
 *
 * One millisecond is one step: datagrams arrive in the order in which they were sent, then
 * the timers that are due, by node, then what people do.  So the same options give the same
 * datagrams, to the byte, whatever compiler built it.
 */
#ifndef VC_TESTS_SIM_DHT_WORLD_H
#define VC_TESTS_SIM_DHT_WORLD_H

#include "crypto/base/heap.h"
#include "crypto/base/map.h"
#include "dht/dht.h"
#include "dht/message.h"
#include "tests/sim/dht_options.h"
#include "tests/sim/random.h"

/* A datagram that takes longer than this is lost. */
#define SIM_DHT_DELAY_MAX 8192
/* How long a NAT lets the answers of somebody in, and nobody else. */
#define SIM_DHT_NAT_MS (60 * 1000)
/* Addresses of which spoofed requests seem to come: nobody is there. */
#define SIM_DHT_SPOOFED    64
#define SIM_DHT_NOBODY     UINT32_MAX
#define SIM_DHT_TRAFFIC_MS 10000

enum sim_dht_state {
    SIM_DHT_UNBORN, /* founders that have not come yet */
    SIM_DHT_HERE,
    SIM_DHT_AWAY, /* comes back */
    SIM_DHT_DEAD  /* does not */
};

enum sim_dht_class { SIM_DHT_ROUTER, SIM_DHT_CLIENT, SIM_DHT_HOSTILE, SIM_DHT_CLASSES };

/* What went over a node's link, of its payload; and what it asked. */
struct sim_dht_traffic {
    uint64_t bytes_in, bytes_out, datagrams_in, datagrams_out;
    uint64_t requests[VC_DHT_RING + 1]; /* by type */
};

/* An address that a NAT lets in. */
struct sim_dht_hole {
    uint64_t address;
    vc_ms at; /* the node last sent there */
};

struct sim_dht_node {
    struct vc_dht *dht; /* NULL: not here; its own memory */
    enum sim_dht_state state;
    enum sim_dht_evil evil;
    bool is_nat, is_idle, is_founder;
    uint8_t side; /* of a split network */
    uint8_t
        key_bits; /* ground: 8 and the lowest three of its key, which its id is made of */
    struct vc_addr addr;
    struct vc_key32 key;
    uint64_t evil_id;
    vc_ms began_at;   /* this session */
    vc_ms mono_ahead; /* its monotonic clock less the world's */
    int64_t skew_ms;  /* its wall clock less the true time */
    vc_ms gone_at;
    uint32_t record;    /* its own; SIM_DHT_NOBODY: none */
    uint32_t first_ask; /* asks under way, linked */
    vc_ms ticked_at;    /* how often in this millisecond */
    uint32_t ticks;
    vc_ms measured_at; /* since when the traffic is counted */
    struct sim_dht_traffic traffic;
    uint64_t spoofed_in, spoofed_out; /* bytes */
    struct sim_dht_hole *holes;
    uint32_t hole_count, hole_room;
    uint64_t *remotes; /* idle clients: whom it wrote to in this hour */
    uint32_t remote_count, remote_room;
    vc_ms remotes_from; /* VC_NEVER: no hour has begun */
    uint8_t *saved;     /* away: its table */
    uint32_t saved_len;
};

struct sim_dht_datagram {
    struct sim_dht_datagram *next;
    struct vc_addr from, to;
    uint32_t len;
    bool is_spoofed;
    uint8_t bytes[];
};

/* The datagrams that arrive in one millisecond, in order. */
struct sim_dht_slot {
    struct sim_dht_datagram *first, **last;
};

/* A record that its owner keeps published. */
struct sim_dht_record {
    uint32_t owner;
    struct vc_hash32 place;
    struct vc_blinded signer;
    struct account_hand
        *hand;               /* of a real account; NULL: what stands in it is made up */
    uint32_t epoch;          /* of a real account: the day */
    uint64_t first_seq, seq; /* of those that were published */
    uint64_t kept_seq;       /* the highest that was acknowledged; 0: none */
    vc_ms published_at;
};

enum sim_dht_ask_kind {
    SIM_DHT_GET,         /* of any record, by anybody */
    SIM_DHT_READ_BACK,   /* of a record that was just acknowledged */
    SIM_DHT_FIRST_COLD,  /* at once at the start, with nothing but doors */
    SIM_DHT_FIRST_SAVED, /* or with a saved table */
    SIM_DHT_PUT,
    SIM_DHT_ASK_KINDS
};

struct sim_dht_ask {
    uint32_t node; /* SIM_DHT_NOBODY: free */
    uint32_t id;   /* the machine's */
    uint32_t next;
    uint32_t record;
    enum sim_dht_ask_kind kind;
    bool is_across,
        is_attacked; /* of the other side's record; of the one that is ground at */
    bool is_overdue;
    vc_ms at;
    vc_ms first_at;       /* the first value; VC_NEVER: none yet */
    uint64_t wanted, seq; /* what it should find at least, and has found */
};

/* What became of an ask: for the figures. */
struct sim_dht_result {
    uint32_t at_s; /* when it was asked */
    uint16_t first_ms, done_ms;
    uint16_t asked;
    uint8_t kind;
    bool is_good, is_stale, is_across, is_attacked;
};

struct sim_dht_todo {
    vc_ms at;
    uint32_t record;
    bool is_publish; /* by its owner; else somebody reads it back */
};

struct sim_dht {
    struct sim_dht_options options;
    struct sim_random random;
    vc_ms now, measured_from, ends_at;
    uint64_t hash; /* of all datagrams */

    struct sim_dht_node *nodes;
    uint32_t node_count;
    struct vc_map addresses; /* to nodes, and SIM_DHT_SPOOFED after them */
    struct vc_addr spoofed[SIM_DHT_SPOOFED];
    struct vc_heap timers, lives; /* by node */
    size_t node_bytes;
    uint8_t *machines; /* of all nodes; NULL: each has memory of its own */
    struct vc_dht_config config;

    struct sim_dht_slot wheel[SIM_DHT_DELAY_MAX];
    uint16_t delays[4096]; /* one way, quantiles, ms */
    uint32_t waits[4096];  /* of an exponential time of mean 1000 */
    bool is_split;
    vc_ms split_until;

    struct sim_dht_record *records;
    struct vc_map places;     /* to them */
    struct sim_catch *caught; /* what all nodes have seen */
    uint32_t caught_count, caught_room;
    uint32_t links;                  /* that it shows */
    uint32_t record_count, attacked; /* SIM_DHT_NOBODY: none */
    uint64_t gets_due, puts_due;     /* in parts of one */
    struct sim_dht_ask *asks;
    uint32_t ask_count, ask_room, free_ask;
    struct sim_dht_todo *todos; /* in no order */
    vc_ms todo_at;              /* the earliest of them */
    uint32_t todo_count, todo_room;

    uint32_t *evils; /* who collude, by their ids */
    uint32_t evil_count, flooders;
    struct vc_addr *ground; /* addresses next to the attacked place */
    uint64_t floods_due;
    struct vc_dht_request heard; /* by the hostile node that is running */
    uint8_t answer_txid[8];      /* of the answer that it has written */
    bool has_answer, has_foreign;
    uint8_t foreign[VC_DHT_RECORD_LEN], forged[VC_DHT_RECORD_LEN];
    struct sim_dht_datagram *captured;

    /* for the figures */
    struct sim_dht_result *results;
    uint32_t result_count, result_room;
    uint64_t *traffic; /* bytes of each SIM_DHT_TRAFFIC_MS, from the beginning */
    vc_ms struck_at, split_from, healed_at; /* a kill or storm; a split; 0: none yet */
    uint64_t table_nodes, table_dead, table_hostile, table_suspects; /* at the end */
    struct sim_dht_traffic classes[SIM_DHT_CLASSES][2]; /* [1]: that ask nothing */
    /* In the first minute after measured starts, by type. */
    uint64_t first_requests[VC_DHT_RING + 1];
    uint64_t measured_starts;
    uint64_t class_ms[SIM_DHT_CLASSES][2];
    uint32_t
        *remote_hours; /* distinct remote addresses of idle clients, each an hour */
    uint32_t remote_hour_count, remote_hour_room;
    uint64_t datagrams, lost, filtered, starts, refused_asks;

    uint32_t complaints;
};

/* The world and the node whose machine is running now; NULL: none. */
extern struct sim_dht *sim_dht_world;
extern struct sim_dht_node *sim_dht_running;

/* ---- dht_world.c: time ---- */

/* Gives a world at its beginning; free it. */
struct sim_dht *sim_dht_new(const struct sim_dht_options *options);
void sim_dht_free(struct sim_dht *world);
/* Lets it run until its end. */
void sim_dht_run(struct sim_dht *world);
/* A random time with that mean, exponential. */
vc_ms sim_dht_wait(struct sim_dht *world, vc_ms mean_ms);
/* When all founders have come. */
vc_ms sim_dht_founded_at(const struct sim_dht *world);
/* Memory that is there: a simulator without it has nothing to say. */
void *sim_dht_alloc(size_t count, size_t size);
/* Zeroed memory for the machine of @node, and its end. */
void *sim_dht_machine_alloc(const struct sim_dht *world,
                            const struct sim_dht_node *node);
void sim_dht_machine_free(const struct sim_dht *world, struct sim_dht_node *node);
/* Room for one more in an array that grows. */
void *sim_dht_grow(void *items, uint32_t count, uint32_t *room, size_t size);

/* ---- dht_node.c: one node ---- */

uint32_t sim_dht_index(const struct sim_dht *world, const struct sim_dht_node *node);
enum sim_dht_class sim_dht_class_of(const struct sim_dht_node *node);
struct vc_now sim_dht_clock(const struct sim_dht *world,
                            const struct sim_dht_node *node);
/* It comes: as somebody new, or with its saved table where it was. */
void sim_dht_start(struct sim_dht *world, struct sim_dht_node *node);
/* It goes without a word; @is_saved: it keeps its table for the next time. */
void sim_dht_stop(struct sim_dht *world, struct sim_dht_node *node, bool is_saved);
void sim_dht_deliver(struct sim_dht *world, struct sim_dht_node *node,
                     const struct sim_dht_datagram *datagram);
void sim_dht_tick(struct sim_dht *world, struct sim_dht_node *node);
/* Takes out what its machine has to say; after every input. */
void sim_dht_turn(struct sim_dht *world, struct sim_dht_node *node);
/* What it has counted goes to its class. */
void sim_dht_account(struct sim_dht *world, struct sim_dht_node *node);
/* A random node that is here; NULL when there is none that fits. */
struct sim_dht_node *sim_dht_pick(struct sim_dht *world,
                                  bool (*fits)(const struct sim_dht_node *node));
bool sim_dht_is_reachable(const struct sim_dht_node *node);
vc_ms sim_dht_true_time(const struct sim_dht *world);

/* ---- dht_network.c: between nodes ---- */

void sim_dht_network_init(struct sim_dht *world);
void sim_dht_network_free(struct sim_dht *world);
/* A public address that nobody has. */
struct vc_addr sim_dht_random_addr(struct sim_dht *world);
/* Gives the node @addr; its old one is free again. */
void sim_dht_set_addr(struct sim_dht *world, struct sim_dht_node *node,
                      const struct vc_addr *addr);
/* The node at @addr, or NULL; @ret_is_spoofed: it is one of the addresses of nobody. */
struct sim_dht_node *sim_dht_at(struct sim_dht *world, const struct vc_addr *addr,
                                bool *ret_is_spoofed);
void sim_dht_send(struct sim_dht *world, struct sim_dht_node *node,
                  const struct vc_addr *to, struct vc_bytes bytes, vc_ms extra_ms);
/* A datagram with a sender's address that is not the sender's. */
void sim_dht_spoof(struct sim_dht *world, const struct vc_addr *from,
                   const struct vc_addr *to, struct vc_bytes bytes);
/* What arrives now. */
void sim_dht_arrive(struct sim_dht *world);

/* ---- dht_people.c: records, gets and puts ---- */

void sim_dht_people_init(struct sim_dht *world);
/* Does it ask for anything at all? */
bool sim_dht_asks(const struct sim_dht_node *node);
/* What people do in this millisecond. */
void sim_dht_people(struct sim_dht *world);
/* Its owner publishes a record; again a second later while he is busy. */
void sim_dht_publish(struct sim_dht *world, uint32_t record);
/* That, or a read-back by somebody, after so long. */
void sim_dht_plan(struct sim_dht *world, uint32_t record, bool is_publish, vc_ms wait);
/* It has just started: it looks for something and publishes what it has. */
void sim_dht_people_started(struct sim_dht *world, struct sim_dht_node *node,
                            bool is_saved);
void sim_dht_get(struct sim_dht *world, struct sim_dht_node *node, uint32_t record,
                 enum sim_dht_ask_kind kind);
void sim_dht_on_found(struct sim_dht *world, struct sim_dht_node *node,
                      const struct vc_dht_output *output);
void sim_dht_on_done(struct sim_dht *world, struct sim_dht_node *node,
                     const struct vc_dht_output *output);
void sim_dht_on_kept(struct sim_dht *world, struct sim_dht_node *node,
                     const struct vc_dht_output *output);
/* Its asks are over without a result: it is gone. */
void sim_dht_drop_asks(struct sim_dht *world, struct sim_dht_node *node);

/* ---- dht_records.c ---- */

void sim_dht_records_init(struct sim_dht *world);
/* The record as its owner publishes it under @seq: what is found has to be just this. */
void sim_dht_make_record(const struct sim_dht_record *record, uint64_t seq,
                         uint8_t ret_bytes[VC_DHT_RECORD_LEN]);
/* A record that everybody should find; SIM_DHT_NOBODY: there is none. */
uint32_t sim_dht_pick_record(struct sim_dht *world);
/* The record at @place; NULL: none of ours. */
struct sim_dht_record *sim_dht_record_at(struct sim_dht *world,
                                         const struct vc_hash32 *place);

/* ---- dht_events.c: what befalls many at once ---- */

/* Founders are planned, the hostile get their places. */
void sim_dht_found(struct sim_dht *world);
/* The events of this millisecond, and the comings and goings. */
void sim_dht_events(struct sim_dht *world);

/* ---- dht_judges.c ---- */

void sim_dht_complain(struct sim_dht *world, const struct sim_dht_node *node,
                      const char *format, ...) __attribute__((format(printf, 3, 4)));
void sim_dht_judge_send(struct sim_dht *world, struct sim_dht_node *node,
                        const struct vc_addr *to, struct vc_bytes bytes);
/* May a node of the public network be there?  As it is without any plant. */
bool sim_dht_is_public(const struct vc_addr *addr);
/* Asks that are overdue; each second. */
void sim_dht_judge_asks(struct sim_dht *world);
/* Whom the tables name, and what was reflected; at the end. */
void sim_dht_judge_end(struct sim_dht *world);

#endif
