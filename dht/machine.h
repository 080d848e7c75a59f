/*
 * What the files of the machine share: its state, and who does what.
 *
 *     dht.c         memory, the turn, whose datagram it is
 *     sending.c     requests of ours: sealed, counted, noted as calls
 *     answers.c     answers that came, and those that did not
 *     requests.c    requests of others
 *     asks.c        gets and puts under way
 *     walks.c       the lookups inside them, one for each family
 *     keeps.c       own records kept alive
 *     joining.c     doors, walks of our own, saved tables, nodes that were lost
 *     reach.c       where others see us, what time it is, whether we route
 *     status.c      what it knows, for people
 *
 * Not for callers: dht.h is the door.
 */
#ifndef VC_DHT_MACHINE_H
#define VC_DHT_MACHINE_H

#include "crypto/handshake.h"
#include "dht/calls.h"
#include "dht/cookie.h"
#include "dht/datagram.h"
#include "dht/dht.h"
#include "dht/limiter.h"
#include "dht/lookup.h"
#include "dht/peers.h"
#include "dht/records.h"
#include "dht/seen.h"
#include "dht/size.h"
#include "dht/table.h"
#include "dht/written.h"

#define VC_DHT_FAMILIES 2 /* 0: IPv4, 1: IPv6 */

/* Owners of calls: below VC_DHT_OWNER_KEEP 2 * ask + family. */
#define VC_DHT_OWNER_KEEP \
    0x4000 /* and the number of the keep; the slot is the holder's */
#define VC_DHT_OWNER_PING  0x8000 /* does it live? */
#define VC_DHT_OWNER_CHECK 0x8001 /* a router that asked us: does it answer us? */
#define VC_DHT_OWNER_DOOR  0x8002 /* the slot is the door's */
#define VC_DHT_OWNER_LOST  0x8003 /* the slot is its place among the lost */
#define VC_DHT_OWNER_CALL  0x8004
#define VC_DHT_OWNER_RING  0x8005

/* A request that is to be sent: it becomes a call when it is taken out. */
struct vc_dht_wish {
    struct vc_dht_contact to; /* key unset with is_hello */
    enum vc_dht_type type;
    bool is_hello;
    bool is_second;
    uint16_t owner, slot;
    uint64_t target; /* FIND */
};

#define VC_DHT_WISHES_MAX 16

/* ---- lookups ---- */

enum vc_dht_put_state {
    VC_DHT_PUT_NONE,
    VC_DHT_PUT_WANTED,
    VC_DHT_PUT_SENT,
    VC_DHT_PUT_HELD,
    VC_DHT_PUT_FAILED
};

struct vc_dht_walk {
    bool is_on;
    struct vc_dht_lookup lookup;
    uint8_t put[VC_DHT_LOOKUP_NODES];   /* enum vc_dht_put_state */
    uint8_t tries[VC_DHT_LOOKUP_NODES]; /* PUTs sent to a slot */
};

enum vc_dht_ask_kind {
    VC_DHT_ASK_FREE,
    VC_DHT_ASK_GET,
    VC_DHT_ASK_PUT,
    VC_DHT_ASK_WALK /* our own: to meet who is there */
};

struct vc_dht_ask {
    enum vc_dht_ask_kind kind;
    uint32_t id;
    struct vc_hash32 place; /* GET, PUT */
    uint64_t target;
    uint32_t keep; /* PUT: whose */
    vc_ms began_at;
    vc_ms ends_at;   /* whatever happens */
    vc_ms settle_at; /* GET with a value: answers under way are waited for until then */
    uint16_t asked;
    uint8_t misses; /* GET: nodes that should have the record and have not */
    bool has_value, is_value_untold; /* GET */
    bool is_over, is_over_told;      /* DONE is to be told, was told */
    vc_err reason;
    uint64_t seq;                              /* of the value */
    struct vc_dht_walk walks[VC_DHT_FAMILIES]; /* the second: only where has_ipv6 */
};

/* ---- own records ---- */

enum vc_dht_holder_state {
    VC_DHT_HOLDER_IDLE,
    VC_DHT_HOLDER_REFRESH, /* is to be asked whether it holds the record */
    VC_DHT_HOLDER_PUT,     /* it does not: it is to get it again */
    VC_DHT_HOLDER_ASKED
};

struct vc_dht_holder {
    struct vc_dht_contact contact;
    uint8_t state; /* enum vc_dht_holder_state */
    bool has_it;   /* it said so the last time */
};

struct vc_dht_keep {
    bool is_used;
    bool is_putting; /* an ask of it is under way */
    bool is_untold;  /* KEPT is to be told */
    uint32_t expiry;
    uint64_t seq;
    struct vc_hash32 place;
    vc_ms due_at;     /* the next refresh or put; VC_NEVER: one is under way */
    uint64_t nodes;   /* in the network, at the last put */
    uint8_t rounds;   /* refreshes since the last put */
    uint8_t failures; /* puts in a row that did not end well */
    uint8_t wanted;   /* holders that are to be asked something */
    uint8_t waiting;  /* holders that were and have not answered */
    uint8_t holder_count;
    struct vc_dht_holder holders[VC_DHT_REPLICAS_MAX];
    uint8_t record[VC_DHT_RECORD_LEN];
};

/* ---- joining ---- */

struct vc_dht_door {
    bool is_used, has_key;
    bool is_saved; /* of our own table, not somebody's word */
    struct vc_addr addr;
    struct vc_key32 key;
    vc_ms due_at;
    uint8_t tries;
};

struct vc_dht_lost {
    struct vc_dht_contact contact;
    vc_ms due_at;
    uint8_t tries;
};

#define VC_DHT_LOST_MAX 8
#define VC_DHT_AFAR_MAX 4

/* ---- where others see us ---- */

#define VC_DHT_WITNESSES_MAX 8

struct vc_dht_witness {
    uint64_t network; /* the wide prefix of who said it; 0: a free place */
    struct vc_addr seen;
    int64_t offset_ms; /* his time less our monotonic one; 0: he does not know */
    vc_ms at;
};

struct vc_dht_family {
    bool is_on;
    uint64_t id;
    struct vc_addr own; /* family 0: unknown */
    struct vc_dht_table table;
    struct vc_dht_size size;
    struct vc_dht_witness witnesses[VC_DHT_WITNESSES_MAX];
    vc_ms open_at;   /* a stranger last reached us; VC_NEVER: none did */
    vc_ms call_at;   /* when to ask for one again */
    uint8_t calls; /* since a stranger last reached us */
    vc_ms stable_at; /* since when enough witnesses agree; VC_NEVER: they do not */
};

/* An answer that waits to be taken out. */
struct vc_dht_parcel {
    struct vc_addr to;
    uint16_t len;
    uint8_t bytes[VC_DHT_DATAGRAM_MAX];
};

struct vc_dht {
    struct vc_dht_config cfg;
    uint8_t network[VC_NETWORK_ID_MAX];
    struct vc_rng rng;
    struct vc_secret32 secret; /* node key */
    struct vc_key32 key;
    struct vc_dht_masks masks;
    struct vc_secret32 cookie_key;
    vc_ms began_at;
    struct vc_dht_peers peers;
    struct vc_dht_calls calls;
    struct vc_dht_seen seen;
    struct vc_dht_limiter limiter;
    struct vc_dht_records records;
    struct vc_dht_written written;
    struct vc_dht_tokens ask_tokens, dh_tokens, check_tokens, ring_tokens;
    /* asks_max of the caller's, then one for our own walks */
    uint8_t *asks;
    uint8_t *values; /* VC_DHT_RECORD_LEN for each of the caller's: what was found */
    size_t ask_size; /* without IPv6 the second walk is left out */
    uint32_t asks_count;
    uint32_t next_id, next_ask; /* numbers given; the place that is served next */
    struct vc_dht_keep *keeps;
    struct vc_dht_wish wishes[VC_DHT_WISHES_MAX];
    uint32_t wish_first, wish_count;
    struct vc_dht_contact
        rung_for; /* of the RING in the queue; family 0: there is none */
    struct vc_dht_parcel *answers;
    uint32_t answer_first, answer_count;
    struct vc_dht_door *doors;
    uint32_t door_next;
    vc_ms door_at; /* when the next door may be tried */
    /* What the last door told: not in the table before they have answered themselves. */
    struct vc_dht_contact told[VC_DHT_CONTACTS_IPV4];
    uint8_t told_count;
    /* Who may belong to another part of the network, or to honest people when who let us in
     * does not: a walk begins at each alone. */
    struct vc_dht_contact afar[VC_DHT_AFAR_MAX];
    uint8_t afar_count;
    vc_ms afar_at;    /* when the next may be begun */
    vc_ms counted_at; /* when those near us are counted again */
    vc_ms lonely_at, lonely_wait_ms; /* when it matters again that we know a few only */
    struct vc_dht_lost lost[VC_DHT_LOST_MAX];
    vc_ms lost_at;
    bool is_joined;  /* somebody has answered since init or moved */
    bool wants_walk; /* to our own id, as soon as there is a place */
    uint8_t
        walk_bucket; /* the next to be walked into after it; VC_DHT_BUCKETS: all were */
    uint8_t walk_family; /* whose turn it is */
    vc_ms walk_at;       /* when the next walk may begin */
    vc_ms save_at;
    bool is_save_untold, is_change_untold;
    enum vc_dht_role role;
    enum vc_dht_why why;
    struct vc_dht_contact *recent; /* the nearest of the last lookups, a ring */
    uint32_t recent_next;
    uint8_t out[VC_DHT_DATAGRAM_MAX];
    struct vc_dht_status stats; /* the counters of it */
    struct vc_dht_family
        families[VC_DHT_FAMILIES]; /* the second: only where has_ipv6 */
};

/* ---- dht.c ---- */

static inline struct vc_bytes vc_dht_network(const struct vc_dht *dht)
{
    return (struct vc_bytes){dht->network, dht->cfg.network_id.len};
}
static inline unsigned vc_dht_family_of(const struct vc_addr *addr)
{
    return addr->family == 6;
}
static inline unsigned vc_dht_family_count(const struct vc_dht *dht)
{
    return dht->cfg.has_ipv6 ? 2 : 1;
}
static inline bool vc_dht_has_family(const struct vc_dht *dht,
                                     const struct vc_addr *addr)
{
    return addr->family == 6 ? dht->cfg.has_ipv6 : dht->cfg.has_ipv4;
}
static inline struct vc_dht_family *vc_dht_family_at(struct vc_dht *dht,
                                                     const struct vc_addr *addr)
{
    return &dht->families[vc_dht_family_of(addr)];
}
uint64_t vc_dht_id_of(const struct vc_dht *dht, const struct vc_dht_contact *contact);
/* May a node be at @addr, in this network? */
bool vc_dht_is_place_for_node(const struct vc_dht *dht, const struct vc_addr *addr);
bool vc_dht_is_router(const struct vc_dht *dht);
/* The date, of others or by our own clock. */
vc_ms vc_dht_date(const struct vc_dht *dht, const struct vc_now *now);

/* ---- sending.c ---- */

/* Forgets the requests in the queue that an owner wanted. */
void vc_dht_wishes_drop(struct vc_dht *dht, uint16_t owner);
/* Puts a request into the queue; false when it is full. */
bool vc_dht_wish_for(struct vc_dht *dht, const struct vc_dht_wish *wish);
/* Builds the next request that is to be sent, into dht->out; gives its length, 0 for none. */
size_t vc_dht_send_next(struct vc_dht *dht, const struct vc_now *now,
                        struct vc_addr *ret_to);
/* Requests of ours a second. */
uint32_t vc_dht_ask_rate(const struct vc_dht *dht);
/* Is anything to be sent as soon as the rate allows it? */
bool vc_dht_is_sending(const struct vc_dht *dht);
/* The same for one wish, at once: false when it could not be sent (the calls are full). */
size_t vc_dht_send(struct vc_dht *dht, const struct vc_now *now,
                   const struct vc_dht_wish *wish);

/* ---- answers.c ---- */

/* Was it an answer to one of our calls? */
bool vc_dht_take_answer(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_addr *from, struct vc_bytes datagram);
/* Calls that are late, or have failed. */
void vc_dht_take_overdue(struct vc_dht *dht, const struct vc_now *now);

/* ---- requests.c ---- */

bool vc_dht_take_request(struct vc_dht *dht, const struct vc_now *now,
                         const struct vc_addr *from, struct vc_bytes datagram);

/* ---- asks.c ---- */

static inline struct vc_dht_ask *vc_dht_ask_at(const struct vc_dht *dht, uint32_t index)
{
    return (struct vc_dht_ask *)(void *)(dht->asks + (size_t)index * dht->ask_size);
}
/* Takes a place for an ask of the caller's, or the one for our own walks. */
struct vc_dht_ask *vc_dht_ask_begin(struct vc_dht *dht, const struct vc_now *now,
                                    enum vc_dht_ask_kind kind, uint64_t target);
/* Is there a place for an ask of the caller's? */
bool vc_dht_asks_have_room(const struct vc_dht *dht);
/* The next request that an ask wants sent. */
bool vc_dht_asks_next(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_dht_wish *ret_wish);
bool vc_dht_asks_are_hungry(const struct vc_dht *dht);
void vc_dht_ask_answered(struct vc_dht *dht, const struct vc_now *now,
                         const struct vc_dht_call *call,
                         const struct vc_dht_answer *answer);
void vc_dht_ask_late(struct vc_dht *dht, const struct vc_now *now,
                     const struct vc_dht_call *call);
void vc_dht_ask_failed(struct vc_dht *dht, const struct vc_now *now,
                       const struct vc_dht_call *call);
void vc_dht_asks_tick(struct vc_dht *dht, const struct vc_now *now);
/* Somebody is known at last: asks that had nobody to begin with begin. */
void vc_dht_asks_seed(struct vc_dht *dht, const struct vc_now *now);
vc_ms vc_dht_asks_due(const struct vc_dht *dht);
bool vc_dht_asks_tell(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_dht_output *ret_output);
/* A later record takes the place of that of a keep: puts of the earlier one end, with DONE. */
void vc_dht_asks_end_keep(struct vc_dht *dht, const struct vc_now *now, uint32_t keep);
/* Ends the asks of a keep, without. */
void vc_dht_asks_drop_keep(struct vc_dht *dht, uint32_t keep);

/* ---- walks.c ---- */

/* Begins the lookups of an ask, in every family that is on. */
void vc_dht_walks_begin(struct vc_dht *dht, struct vc_dht_ask *ask, uint8_t wanted);
/* The same in one of them only; @from: at this node alone, NULL: at those whom we know. */
void vc_dht_walk_begin(struct vc_dht *dht, struct vc_dht_ask *ask, unsigned family,
                       uint8_t wanted, const struct vc_dht_contact *from);
/* Gives lookups that know nobody whom we know by now. */
void vc_dht_walks_reseed(struct vc_dht *dht, struct vc_dht_ask *ask);
bool vc_dht_walks_are_over(const struct vc_dht *dht, const struct vc_dht_ask *ask);
/* The same, but late answers are not waited for. */
bool vc_dht_walks_are_settled(const struct vc_dht *dht, const struct vc_dht_ask *ask);
/* Are the nearest much farther than they should be: has somebody left nodes out? */
bool vc_dht_walks_are_thin(const struct vc_dht *dht, const struct vc_dht_ask *ask);
/* Nodes that were asked in time and have not answered yet. */
unsigned vc_dht_walks_waiting(const struct vc_dht *dht, const struct vc_dht_ask *ask);
unsigned vc_dht_walks_answered(const struct vc_dht *dht, const struct vc_dht_ask *ask);
void vc_dht_walks_widen(struct vc_dht *dht, struct vc_dht_ask *ask);
/* A slot to which the record of a put is to be sent now; false when there is none. */
bool vc_dht_walk_put_next(const struct vc_dht *dht, unsigned family,
                          const struct vc_dht_walk *walk, uint8_t *ret_slot);
unsigned vc_dht_walks_put_count(const struct vc_dht *dht, const struct vc_dht_ask *ask,
                                enum vc_dht_put_state state);
/* Learns from a lookup that went to its end: the size, whom to remember. */
void vc_dht_walks_learn(struct vc_dht *dht, const struct vc_dht_ask *ask);

/* ---- keeps.c ---- */

void vc_dht_keep_put(struct vc_dht *dht, uint32_t keep,
                     const struct vc_dht_contact *holder, bool has_it);
/* The ask that put it is over. */
void vc_dht_keep_over(struct vc_dht *dht, const struct vc_now *now, uint32_t keep,
                      vc_err reason);
void vc_dht_keep_answered(struct vc_dht *dht, const struct vc_now *now,
                          const struct vc_dht_call *call,
                          const struct vc_dht_answer *answer);
void vc_dht_keep_failed(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_dht_call *call);
bool vc_dht_keeps_next(struct vc_dht *dht, struct vc_dht_wish *ret_wish);
bool vc_dht_keeps_are_hungry(const struct vc_dht *dht);
/* Records are put again when there are twice as many nodes as when they were put: others stand
 * near their places now. */
void vc_dht_keeps_grown(struct vc_dht *dht, const struct vc_now *now);
void vc_dht_keeps_tick(struct vc_dht *dht, const struct vc_now *now);
vc_ms vc_dht_keeps_due(const struct vc_dht *dht);
bool vc_dht_keeps_tell(struct vc_dht *dht, struct vc_dht_output *ret_output);
uint8_t vc_dht_keep_holders(const struct vc_dht_keep *keep);

/* ---- joining.c ---- */

/* Are all who stand near us in the table? */
bool vc_dht_knows_neighbours(const struct vc_dht *dht, unsigned family);
void vc_dht_joining_tick(struct vc_dht *dht, const struct vc_now *now);
vc_ms vc_dht_joining_due(const struct vc_dht *dht, const struct vc_now *now);
/* Somebody has answered: to a call of any owner. */
void vc_dht_joining_heard(struct vc_dht *dht, const struct vc_now *now,
                          const struct vc_dht_call *call,
                          const struct vc_dht_answer *answer);
void vc_dht_joining_failed(struct vc_dht *dht, const struct vc_now *now,
                           const struct vc_dht_call *call);
/* A walk of our own is over. */
void vc_dht_joining_walked(struct vc_dht *dht, const struct vc_now *now);
void vc_dht_remember(struct vc_dht *dht, const struct vc_dht_contact *contact);

/* The network was changed: everybody known is asked, walks begin anew. */
void vc_dht_joining_again(struct vc_dht *dht, const struct vc_now *now);

/* ---- reach.c ---- */

/* Somebody says where he sees us, and what time it is. */
void vc_dht_reach_heard(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_addr *from, const struct vc_dht_answer *answer);
/* Somebody has pinged us: a stranger, if we have not written to his address lately. */
void vc_dht_reach_pinged(struct vc_dht *dht, const struct vc_now *now,
                         const struct vc_addr *from);
void vc_dht_reach_tick(struct vc_dht *dht, const struct vc_now *now);
vc_ms vc_dht_reach_due(const struct vc_dht *dht, const struct vc_now *now);
void vc_dht_reach_forget(struct vc_dht *dht);

#endif
