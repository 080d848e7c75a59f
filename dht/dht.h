/*
 * The DHT: a network of nodes that keep small signed records for each other.
 *
 * It joins by any node that it is told of, learns who else there is, finds the record at a
 * place and keeps records of its owner alive at the nodes nearest to their places.  Whether
 * it also answers others (as a router) or only asks (as a client) it finds out by itself.
 *
 * Pure: time, datagrams and randomness come in as arguments, outputs go out through
 * vc_dht_next().  No memory is taken after vc_dht_init().  One thread at a time.
 *
 * A turn:
 *
 *     recv, tick, get, publish ...    any number of inputs, each with the same `now`
 *     next                            until it gives false
 *     due                             set one timer to this
 *
 * dht/SPEC.md has everything that others see of it.
 */
#ifndef VC_DHT_DHT_H
#define VC_DHT_DHT_H

#include "dht/contact.h"
#include "dht/limits.h"
#include "dht/record.h"
#include "dht/table.h"

struct vc_dht;

enum vc_dht_profile {
    VC_DHT_CLIENT,    /* holds nothing for others: about 0.4 MiB */
    VC_DHT_ROUTER,    /* a home computer: 64 MiB of records when they are used */
    VC_DHT_SIMULATION /* at most 64 KiB, for networks of thousands in one process */
};

struct vc_dht_config {
    uint32_t nodes_max; /* of each family's table */
    uint32_t spares_max;
    uint32_t peers_max;       /* shared keys and cookies remembered */
    uint32_t records_max;     /* of others */
    uint32_t sources_max;     /* networks whose rate is watched */
    uint32_t seen_max;        /* requests remembered against copies */
    uint32_t calls_max;       /* requests of ours under way */
    uint8_t lookup_nodes_max; /* that a lookup can know: 128; less only without IPv6 */
    uint32_t asks_max;        /* gets and puts under way, 1..64 */
    uint32_t keeps_max;       /* own records kept alive */
    uint32_t answers_max;     /* datagrams that wait to be taken out */
    uint32_t doors_max;       /* addresses to join by */
    uint32_t recent_max;      /* holders of the last lookups, for the saved table */
    struct vc_bytes network_id; /* 1..32 bytes, copied */
    bool is_private; /* no id binding, reachability quorum, uptime or diversity rule */
    bool is_bootstrap; /* its owner says that others can reach it: it routes at once */
    bool is_client;    /* it never routes, whatever others say */
    bool has_ipv4, has_ipv6; /* sockets there are */
};

/* Fills in the capacities, has_ipv4 and the network id of the public network. */
void vc_dht_config_init(struct vc_dht_config *ret_cfg, enum vc_dht_profile profile);

size_t vc_dht_footprint(const struct vc_dht_config *cfg);

/* @mem: vc_dht_footprint(cfg) zeroed bytes, aligned for max_align_t, outlives the machine.
 * @seed: 32 secret bytes, copied; equal seeds and inputs give equal outputs. */
struct vc_dht *vc_dht_init(void *mem, const struct vc_dht_config *cfg,
                           const struct vc_now *now, const struct vc_secret32 *seed);
void vc_dht_deinit(struct vc_dht *dht); /* wipes */

/* ---- joining ---- */

/*
 * Tells of a node to join by: its address and, when it is known, its key.  It may be anything
 * that somebody once said: nothing is lost if nobody is there, or somebody of another key.  Up
 * to doors_max are remembered, the latest instead of the oldest, and tried again, with backoff,
 * while nobody else is known.
 */
void vc_dht_enter(struct vc_dht *dht, const struct vc_now *now,
                  const struct vc_addr *addr, const struct vc_key32 *key);

/*
 * What is to be known after a restart, as bytes for the disk: the node key, which is secret, and
 * where it was seen; the 200 nodes known for longest and the holders of the last lookups.  Asked
 * for by VC_DHT_SAVE, and before the program ends.  Gives its length; 0 when @room is less than
 * VC_DHT_SAVED_MIN.
 */
#define VC_DHT_SAVED_MAX 16384
#define VC_DHT_SAVED_MIN (10 + 32 + 2 * (VC_ADDR_ENCODED_MAX + 4))
size_t vc_dht_save(const struct vc_dht *dht, const struct vc_now *now,
                   uint8_t *ret_bytes, size_t room);
/*
 * Joins by the nodes of an earlier run: eight of them at once, or four when it ended minutes ago
 * (by the wall clock).  Then the table is as good as it was; else nobody in it is sure to be
 * there.  The earlier key is told to nobody before others see us at the same host; then it is
 * ours again, and whoever knew us finds us.  Once, after init.  VC_ERR_MALFORMED: nothing is done.
 */
VC_NODISCARD vc_err vc_dht_restore(struct vc_dht *dht, const struct vc_now *now,
                                   struct vc_bytes bytes);

/* The network was changed, or the machine has slept: takes a new node key, suspects everybody
 * and asks eight at once.  What is under way goes on. */
void vc_dht_moved(struct vc_dht *dht, const struct vc_now *now);

/* ---- asking ---- */

/* Looks for the record at @place.  Ends with exactly one DONE, within VC_DHT_ASK_MAX_MS; before
 * it, FOUND for the first valid record and for each with a higher seq.  VC_ERR_FULL at
 * asks_max. */
VC_NODISCARD vc_err vc_dht_get(struct vc_dht *dht, const struct vc_now *now,
                               const struct vc_hash32 *place, uint32_t *ret_ask);

/*
 * Puts @record (VC_DHT_RECORD_LEN bytes, signed, copied) at its place, and keeps it alive there
 * until it expires, a later one of the same place replaces it, or it is withdrawn.  DONE says
 * how the first time ended: VC_OK when VC_DHT_REPLICAS nodes hold it, or all of a smaller
 * network, for each address family in which somebody answers.  If it did not end well it is
 * tried again by itself.  VC_ERR_FULL at asks_max or keeps_max, VC_ERR_MALFORMED.
 */
VC_NODISCARD vc_err vc_dht_publish(struct vc_dht *dht, const struct vc_now *now,
                                   struct vc_bytes record, uint32_t *ret_ask);
/* Keeps the record at @place alive no longer.  Its holders keep it until it expires.  A publish
 * of it that is under way ends without DONE. */
void vc_dht_withdraw(struct vc_dht *dht, const struct vc_hash32 *place);

/* Ends a get early, without DONE. */
void vc_dht_cancel(struct vc_dht *dht, uint32_t ask);

/* ---- the turn ---- */

/* Feeds one datagram, borrowed for the call.  False when it was not for the DHT: another
 * machine may know it. */
bool vc_dht_recv(struct vc_dht *dht, const struct vc_now *now,
                 const struct vc_addr *from, struct vc_bytes datagram);
void vc_dht_tick(struct vc_dht *dht, const struct vc_now *now);

enum vc_dht_output_kind {
    VC_DHT_DATAGRAM, /* send @bytes to @addr */
    VC_DHT_FOUND,    /* @bytes is a valid record at the place of @ask */
    VC_DHT_DONE,     /* @ask is over */
    VC_DHT_KEPT, /* the own record at @place was put or refreshed: @holders have it */
    VC_DHT_CHANGED, /* vc_dht_status(): another role or own address; it has joined, or is alone */
    VC_DHT_SAVE     /* it is time to save the table */
};

struct vc_dht_output {
    enum vc_dht_output_kind kind;
    struct vc_addr addr;    /* DATAGRAM */
    struct vc_bytes bytes;  /* DATAGRAM, FOUND: borrowed until the next call */
    uint32_t ask;           /* FOUND, DONE */
    vc_err reason;          /* DONE: see below */
    struct vc_hash32 place; /* KEPT, and DONE of a publish */
    uint8_t holders;        /* DONE of a publish, KEPT */
    uint16_t asked;         /* DONE: requests that it took */
    uint32_t took_ms;       /* DONE */
};

/*
 * Takes the next output; false when there is none left.  DONE ends with VC_OK;
 * VC_ERR_NOT_FOUND: nobody has the record; VC_ERR_NO_NETWORK: nobody has answered;
 * VC_ERR_TIMEOUT: fewer than were wanted have acknowledged.
 */
bool vc_dht_next(struct vc_dht *dht, const struct vc_now *now,
                 struct vc_dht_output *ret_output);

/* When vc_dht_tick() is wanted, or VC_NEVER. */
vc_ms vc_dht_due(const struct vc_dht *dht, const struct vc_now *now);

/* ---- what it knows ---- */

enum vc_dht_role { VC_DHT_ROLE_CLIENT, VC_DHT_ROLE_ROUTER };

/* The reason for the role. */
enum vc_dht_why {
    VC_DHT_WHY_CONFIGURED,
    VC_DHT_WHY_PRIVATE,   /* a private network: everybody routes */
    VC_DHT_WHY_NO_ANSWER, /* nobody has answered yet */
    VC_DHT_WHY_FEW,       /* too few networks have said where they see us */
    VC_DHT_WHY_UNSTABLE,  /* they see us at different addresses: a NAT maps each anew */
    VC_DHT_WHY_CLOSED,    /* strangers cannot reach us there */
    VC_DHT_WHY_YOUNG,     /* not there for long enough */
    VC_DHT_WHY_REACHABLE
};

struct vc_dht_status {
    enum vc_dht_role role;
    enum vc_dht_why why;
    bool is_joined;           /* somebody has answered, and there is no silence now */
    uint32_t nodes, suspects; /* in the tables */
    uint64_t network_size;    /* estimated; 0: unknown */
    struct vc_addr seen;      /* where others see us; family 0: unknown */
    struct vc_key32 key;      /* the node key: another one when the network changes */
    bool is_key_settled;   /* else that of before the start may be ours in a moment */
    uint32_t records;      /* held for others */
    uint32_t lookup_ms;    /* the last lookup took */
    uint16_t lookup_asked; /* and so many requests */
    vc_ms lookup_at;       /* mono; VC_NEVER: none yet */
    uint64_t datagrams_in, datagrams_out, bytes_in, bytes_out;
    uint64_t dropped_strange, dropped_replay, dropped_rate, dropped_malformed;
    uint64_t lookups, answers;
};
void vc_dht_status(const struct vc_dht *dht, const struct vc_now *now,
                   struct vc_dht_status *ret_status);

/* The time that others say it is: the median of at least VC_DHT_QUORUM networks; false when so
 * many have not said it.  For dates only. */
VC_NODISCARD bool vc_dht_time(const struct vc_dht *dht, const struct vc_now *now,
                              vc_ms *ret_unix_ms);

/* The nodes of the tables, one after the other; false past the last. */
VC_NODISCARD bool vc_dht_node_at(const struct vc_dht *dht, uint32_t index,
                                 struct vc_dht_node *ret_node);

#endif
