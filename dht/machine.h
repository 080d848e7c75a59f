/*
 * What the files of the machine share: its state, and who does what.
 *
 *     dht.c         memory, the turn, whose datagram it is
 *     sending.c     requests of ours: sealed, counted, noted as calls
 *     answers.c     answers that came, and those that did not
 *     requests.c    requests of others
 *     asks.c        gets and puts under way
 *     values.c      what gets have found
 *     walks.c       the lookups inside them, one for each family
 *     keeps.c       own records kept alive
 *     doors.c       whom to ask to get in: doors, and nodes that were lost
 *     joining.c     who answers, walks of our own, pings
 *     saved.c       the table on the disk
 *     node_key.c    under which key, over a restart
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
#define VC_DHT_OWNER_KEEP  0x4000 /* and the keep's number; the slot is the holder's */
#define VC_DHT_OWNER_PING  0x8000 /* does it live? */
#define VC_DHT_OWNER_CHECK 0x8001 /* a router that asked us: does it answer us? */
#define VC_DHT_OWNER_DOOR  0x8002 /* the slot is the door's */
#define VC_DHT_OWNER_LOST  0x8003 /* the slot is its place among the lost */
#define VC_DHT_OWNER_CALL  0x8004
#define VC_DHT_OWNER_RING  0x8005
#define VC_DHT_OWNER_NEAR  0x8006 /* a neighbour: whom does it know near us? */

/* A request that is to be sent: it becomes a call when it is taken out. */
struct vc_dht_wish {
    struct vc_dht_contact to; /* key unset with is_hello */
    enum vc_dht_type type;
    bool is_hello;
    bool is_second;
    uint16_t owner, slot;
    uint64_t target; /* FIND */
};

/* ---- lookups ---- */

enum vc_dht_put_state {
    VC_DHT_PUT_NONE,
    VC_DHT_PUT_SENT,
    VC_DHT_PUT_HELD,
    VC_DHT_PUT_FAILED
};

struct vc_dht_walk {
    bool is_on;
    uint8_t put[VC_DHT_LOOKUP_NODES];   /* enum vc_dht_put_state */
    uint8_t tries[VC_DHT_LOOKUP_NODES]; /* PUTs or GETs sent to a slot */
    struct vc_dht_lookup
        lookup; /* the last: it may be cut short, see lookup_nodes_max */
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
    vc_ms settle_at; /* GET that asks no more, as it has a value: answers under way are waited */
    /* for until then; else VC_NEVER */
    uint16_t asked;
    uint8_t misses; /* GET: nodes that should have the record and have not; of those near the */
    /* place, since there is a value */
    bool has_value, is_value_untold; /* GET */
    bool is_value_near;              /* one of those near the place has it */
    bool asks_first; /* PUT: by REFRESH, and puts only where it is not held */
    bool is_over, is_over_told; /* DONE is to be told, was told */
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
    uint8_t rounds;   /* refreshes since the last put */
    uint8_t failures; /* puts in a row that did not end well */
    uint8_t wanted;   /* holders that are to be asked something */
    uint8_t waiting;  /* holders that were and have not answered */
    uint8_t holder_count;
    struct vc_dht_size sizes[VC_DHT_FAMILIES]; /* of the network it was put into */
    struct vc_dht_holder holders[VC_DHT_REPLICAS_MAX];
    uint8_t record[VC_DHT_RECORD_LEN];
};

/* ---- doors ---- */

struct vc_dht_door {
    bool is_used, has_key, has_answered;
    bool is_saved; /* of our own table, not somebody's word */
    struct vc_addr addr;
    struct vc_key32 key;
    vc_ms from_at;    /* when it was put here or last tried, */
    uint32_t wait_ms; /* and how long to wait then */
    uint8_t tries;
};

struct vc_dht_lost {
    struct vc_dht_contact contact;
    vc_ms due_at;
    uint8_t tries;
};

/* ---- where others see us ---- */

struct vc_dht_witness {
    uint64_t network; /* the wide prefix of who said it; 0: a free place */
    struct vc_addr seen;
    int64_t offset_ms; /* his time less our monotonic one; 0: he does not know */
    vc_ms at;
};

/* What they say together. */
struct vc_dht_verdict {
    struct vc_addr seen; /* the address that most of them name */
    unsigned agreeing;   /* so many do */
    unsigned all;
};

/* ---- the key of an earlier life ---- */

struct vc_dht_home {
    struct vc_addr addr; /* where it was seen; family 0: nowhere */
    uint32_t up_ms;      /* for how long, up to VC_DHT_UPTIME_MS */
};

struct vc_dht_earlier {
    bool is_open; /* it is not known yet whether we are where we were */
    vc_ms until;  /* it is decided then; VC_NEVER: nobody has answered */
    struct vc_secret32 secret;
    struct vc_dht_home homes[VC_DHT_FAMILIES];
};

/* ---- others near us, and strangers ---- */

struct vc_dht_neighbours {
    vc_ms ask_at; /* when a new one may next be asked whom he knows near us */
    uint32_t asked[VC_DHT_NEAR_ASKED]; /* of the ids of those who were last, a ring */
    uint8_t next;
};

struct vc_dht_introductions {
    uint8_t strangers;     /* neighbours of whom neighbours told, */
    vc_ms strangers_until; /* counted for so long */
    vc_ms next_at;         /* not before */
    uint64_t stranger;     /* the id of one who is introduced, */
    uint8_t family;
    bool is_due;
    uint8_t bucket;  /* to a friend in each bucket: this is the next, */
    uint64_t friend; /* this the id of one: */
    bool is_walking; /* to where he stands, among the strangers */
};

struct vc_dht_family {
    bool is_on;
    bool routes;         /* we answer others there */
    bool wants_walk;     /* to our own id, as soon as there is a place */
    uint8_t walk_bucket; /* the next one to be walked into after it */
    uint8_t calls;       /* times that a stranger's ping was asked for since one came */
    uint32_t up_before_ms; /* at our own address before this life */
    uint64_t id;
    struct vc_addr own;  /* family 0: unknown */
    enum vc_dht_why why; /* the reason why it routes or does not */
    struct vc_dht_table table;
    struct vc_dht_size size;
    struct vc_dht_witness witnesses[VC_DHT_WITNESSES_MAX];
    vc_ms own_at;      /* since when it is our own */
    vc_ms open_at;     /* a stranger last reached us there; VC_NEVER: none did */
    vc_ms call_at;     /* one may be asked for from then on */
    vc_ms own_walk_at; /* not before */
    vc_ms again_at; /* it is wanted again then; VC_NEVER: nobody near is missed */
    uint32_t again_ms; /* pause before that, doubled each time */
    unsigned walk_met; /* neighbours that walks brought in since */
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
    uint8_t key_turn;               /* how many there were before it */
    struct vc_secret32 last_secret; /* the one before */
    struct vc_key32 last_key;
    struct vc_dht_earlier earlier; /* that may be taken up */
    struct vc_secret32 cookie_key;
    struct vc_dht_peers peers;
    struct vc_dht_calls calls;
    struct vc_dht_seen seen;
    struct vc_dht_limiter limiter;
    struct vc_dht_written written;
    struct vc_dht_records records;
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
        rung_for; /* of the RING to be sent; family 0: there is none */
    struct vc_dht_parcel *answers;
    uint32_t answer_first, answer_count;
    struct vc_dht_door *doors;
    uint32_t door_next;
    vc_ms door_at;      /* when the next door may be tried, */
    vc_ms door_wait_at; /* and one that is not of the saved table */
    /* What the last door told: not in the table before they have answered themselves. */
    struct vc_dht_contact told[VC_DHT_CONTACTS_IPV4];
    uint8_t told_count;
    /* Who may belong to another part of the network, or to honest people when who let us in
     * does not: a walk to our own id begins at each alone. */
    struct vc_dht_contact afar[VC_DHT_AFAR_MAX];
    uint8_t afar_count;
    vc_ms afar_at; /* when the next may be begun */
    struct vc_dht_lost lost[VC_DHT_LOST_MAX];
    struct vc_dht_neighbours neighbours;
    struct vc_dht_introductions introductions;
    bool is_joined;      /* somebody has answered since init or moved */
    bool is_resumed;     /* it began with a table of some minutes ago */
    uint8_t walk_family; /* whose turn it is */
    vc_ms walk_at;       /* when the next walk may begin */
    vc_ms save_at;
    bool is_save_untold, is_change_untold;
    bool was_joined; /* as it was told last */
    enum vc_dht_role role;
    enum vc_dht_why why;
    struct vc_dht_contact *recent; /* the nearest of the last lookups, a ring */
    uint32_t recent_next;
    uint8_t out[VC_DHT_DATAGRAM_MAX];
    struct vc_dht_status stats;                     /* the counters of it */
    struct vc_dht_family families[VC_DHT_FAMILIES]; /* the second: where has_ipv6 */
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
/* May a node be at @addr, in this network? */
bool vc_dht_is_place_for_node(const struct vc_dht *dht, const struct vc_addr *addr);
/* The date, of others or by our own clock. */
vc_ms vc_dht_date(const struct vc_dht *dht, const struct vc_now *now);

/* ---- sending.c ---- */

/* Forgets the requests in the queue that an owner wanted. */
void vc_dht_wishes_drop(struct vc_dht *dht, uint16_t owner);
bool vc_dht_wishes_have_room(const struct vc_dht *dht);
/* Puts a request into the queue; false when it is full. */
bool vc_dht_wish_for(struct vc_dht *dht, const struct vc_dht_wish *wish);
/* Builds the next request that is to be sent, into dht->out; gives its length, 0 for none. */
size_t vc_dht_send_next(struct vc_dht *dht, const struct vc_now *now,
                        struct vc_addr *ret_to);
/* Requests of ours a second. */
uint32_t vc_dht_ask_rate(const struct vc_dht *dht);
/* Is anything to be sent, and room for its call, so that only the rate is waited for? */
bool vc_dht_is_sending(const struct vc_dht *dht);

/* ---- answers.c ---- */

/* Was it an answer to one of our calls? */
bool vc_dht_take_answer(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_addr *from, struct vc_bytes datagram);
/* Calls that are late, or have failed. */
void vc_dht_take_overdue(struct vc_dht *dht, const struct vc_now *now);
/* Tells the owner of a call that nothing will come of it. */
void vc_dht_call_failed(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_dht_call *call);

/* ---- neighbours.c ---- */

/* Would it be one of the VC_DHT_NEAR nearest to us? */
bool vc_dht_is_neighbour(const struct vc_dht *dht, const struct vc_dht_family *family,
                         const struct vc_dht_contact *contact);
/* Who has answered @call is new in the table. */
void vc_dht_neighbours_met(struct vc_dht *dht, const struct vc_now *now,
                           const struct vc_dht_call *call);
/* Is it the answer of a neighbour who was asked whom he knows near us? */
void vc_dht_neighbours_heard(struct vc_dht *dht, const struct vc_now *now,
                             const struct vc_dht_call *call,
                             const struct vc_dht_answer *answer);

/* ---- introductions.c ---- */

/* A new neighbour of whom another new one told.  True: there are so many of them that they are
 * strangers, and will be introduced. */
bool vc_dht_introductions_stranger(struct vc_dht *dht, const struct vc_now *now,
                                   const struct vc_dht_contact *stranger);
/* Where the next walk for an introduction goes, and from whom; false: all were made. */
bool vc_dht_introductions_next(struct vc_dht *dht, uint64_t *ret_target,
                               struct vc_dht_contact *ret_from);
/* Is it one of these walks?  As it begins at one stranger alone, nobody whom it finds is put in. */
bool vc_dht_introductions_is_walk(const struct vc_dht *dht,
                                  const struct vc_dht_ask *ask);
/* A walk of ours is over; perhaps it was one for an introduction. */
void vc_dht_introductions_walked(struct vc_dht *dht, const struct vc_dht_ask *ask);

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
/* Begins its lookups. */
void vc_dht_ask_start(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_dht_ask *ask, uint8_t wanted);
/* Is there a place for an ask of the caller's, when those of @keep are ended? */
bool vc_dht_asks_have_room(const struct vc_dht *dht, uint32_t keep);
/* The next request that an ask wants sent. */
bool vc_dht_asks_next(struct vc_dht *dht, struct vc_dht_wish *ret_wish);
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
void vc_dht_asks_seed(struct vc_dht *dht);
vc_ms vc_dht_asks_due(const struct vc_dht *dht);
bool vc_dht_asks_tell(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_dht_output *ret_output);
/* A later record takes the place of that of a keep: puts of the earlier one end, with DONE. */
void vc_dht_asks_end_keep(struct vc_dht *dht, const struct vc_now *now, uint32_t keep);
/* Ends the asks of a keep, without. */
void vc_dht_asks_drop_keep(struct vc_dht *dht, uint32_t keep);

/* ---- values.c ---- */

/* Where what it has found is kept: only those of the caller find anything. */
struct vc_room vc_dht_value_of(const struct vc_dht *dht, const struct vc_dht_ask *ask);
/* Its GET was answered: takes the value, if it is one and later than the last. */
void vc_dht_value_answered(struct vc_dht *dht, const struct vc_now *now,
                           struct vc_dht_ask *ask, const struct vc_dht_call *call,
                           const struct vc_dht_answer *answer);
/* Is nobody to be asked any more?  One near the place has given it; or one who is farther, and
 * VC_DHT_MISSES_MAX of those near have not. */
bool vc_dht_value_is_final(const struct vc_dht_ask *ask);
/* What nobody else has given may be held here: we may be the last of its holders. */
bool vc_dht_value_take_held(struct vc_dht *dht, const struct vc_now *now,
                            struct vc_dht_ask *ask);

/* ---- status.c ---- */

/* Has somebody answered, and are not all silent that were asked of late? */
bool vc_dht_is_joined(const struct vc_dht *dht, const struct vc_now *now);

/* ---- walks.c ---- */

/* Begins the lookups of an ask, in every family that is on. */
void vc_dht_walks_begin(struct vc_dht *dht, struct vc_dht_ask *ask, uint8_t wanted);
/* The same in one of them only; @from: at this node alone, and not wary, as it has to end with the
 * nearest that it is led to; NULL: at those whom we know. */
void vc_dht_walk_begin(struct vc_dht *dht, struct vc_dht_ask *ask, unsigned family,
                       uint8_t wanted, const struct vc_dht_contact *from);
/* Gives lookups that know nobody whom we know by now. */
void vc_dht_walks_reseed(struct vc_dht *dht, struct vc_dht_ask *ask);
bool vc_dht_walks_are_over(const struct vc_dht *dht, const struct vc_dht_ask *ask);
/* Was somebody asked who has not answered yet, though he is not late? */
bool vc_dht_walks_are_waiting(const struct vc_dht *dht, const struct vc_dht_ask *ask);
unsigned vc_dht_walks_answered(const struct vc_dht *dht, const struct vc_dht_ask *ask);
unsigned vc_dht_walk_answered(const struct vc_dht_walk *walk);
void vc_dht_walks_widen(struct vc_dht *dht, struct vc_dht_ask *ask);
/* Has those nearest that were asked the way only asked for the record too; false: they all were.
 * Who takes the network for too large takes its holders for too far to have it. */
bool vc_dht_walks_ask_again(struct vc_dht *dht, struct vc_dht_ask *ask);
/* A slot to which the record of a put is to be sent now; false when there is none. */
bool vc_dht_walk_put_next(const struct vc_dht *dht, unsigned family,
                          const struct vc_dht_walk *walk, uint8_t *ret_slot);
unsigned vc_dht_walk_put_count(const struct vc_dht_walk *walk,
                               enum vc_dht_put_state state);
/* Learns from a lookup that went to its end: the size, whom to remember. */
void vc_dht_walks_learn(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_dht_ask *ask);
/*
 * A put is over.  Whom we know near us says how large the network is, and a client who asks for
 * nothing hears of nobody who has come since.  When those that were met near the place lie much
 * denser than that lets expect, we look around us again, at most every VC_DHT_SETTLED_MS: who has
 * put nodes there gains nothing but that.
 */
void vc_dht_walks_doubt_size(struct vc_dht *dht, const struct vc_now *now,
                             const struct vc_dht_ask *ask);
/* The size of the network, from the table as it is. */
void vc_dht_learn_size(struct vc_dht_family *family);

/* ---- keeps.c ---- */

/* @holder has it: it is asked from now on. */
void vc_dht_keep_insert(struct vc_dht *dht, uint32_t keep,
                        const struct vc_dht_contact *holder);
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
void vc_dht_keeps_tick(struct vc_dht *dht, const struct vc_now *now);
vc_ms vc_dht_keeps_due(const struct vc_dht *dht);
bool vc_dht_keeps_tell(struct vc_dht *dht, struct vc_dht_output *ret_output);
uint8_t vc_dht_keep_holders(const struct vc_dht_keep *keep);

/* ---- doors.c ---- */

/* The same as vc_dht_joining_heard(), of which it is a part. */
struct vc_dht_door *vc_dht_door_put(struct vc_dht *dht, const struct vc_now *now,
                                    const struct vc_addr *addr,
                                    const struct vc_key32 *key);
void vc_dht_doors_heard(struct vc_dht *dht, const struct vc_dht_call *call,
                        const struct vc_dht_answer *answer);
/* The network was changed: every door is as if nobody had knocked. */
void vc_dht_doors_again(struct vc_dht *dht, const struct vc_now *now);
void vc_dht_doors_tick(struct vc_dht *dht, const struct vc_now *now);
vc_ms vc_dht_doors_due(const struct vc_dht *dht);

/* ---- joining.c ---- */

/* Is there anybody of this family who is not suspect? */
bool vc_dht_knows_somebody_in(const struct vc_dht *dht, unsigned family);
/* Somebody has answered: to a call of any owner. */
void vc_dht_joining_heard(struct vc_dht *dht, const struct vc_now *now,
                          const struct vc_dht_call *call,
                          const struct vc_dht_answer *answer);
/* A walk of our own is over. */
void vc_dht_joining_walked(struct vc_dht *dht, const struct vc_now *now,
                           uint64_t target);
/* The network was changed: everybody known is asked, walks begin anew. */
void vc_dht_joining_again(struct vc_dht *dht, const struct vc_now *now);
void vc_dht_joining_tick(struct vc_dht *dht, const struct vc_now *now);
vc_ms vc_dht_joining_due(const struct vc_dht *dht);

/* ---- node_key.c ---- */

/* The same machine or network: IPv4 address, IPv6 /64. */
bool vc_dht_is_same_host(const struct vc_addr *a, const struct vc_addr *b);
/* This is our key, and ids are of it: for the first one. */
void vc_dht_key_take(struct vc_dht *dht, const struct vc_now *now,
                     const struct vc_secret32 *secret);
/* Another key, and ids of it, as those who knew the last shall not know this one. */
void vc_dht_key_renew(struct vc_dht *dht, const struct vc_now *now);
void vc_dht_key_wipe(struct vc_dht *dht);
/* The key that was saved, with at least one home: it is taken up when we are there again.  Until
 * that is known it is told to nobody, nor is its id. */
void vc_dht_key_expect(struct vc_dht *dht, const struct vc_now *now,
                       const struct vc_dht_earlier *earlier);
/* Somebody has answered, or it is due: are we where we were? */
void vc_dht_key_settle(struct vc_dht *dht, const struct vc_now *now);
vc_ms vc_dht_key_due(const struct vc_dht *dht);
/* What is to be saved.  The caller wipes it. */
void vc_dht_key_save(const struct vc_dht *dht, const struct vc_now *now,
                     struct vc_dht_earlier *ret_earlier);
/* The keys for answers to requests of the key before; false for a low-order key. */
VC_NODISCARD bool vc_dht_key_answer_last(const struct vc_dht *dht,
                                         const struct vc_key32 *asked,
                                         struct vc_secret32 *ret_key);

/* ---- saved.c ---- */

/* One of the nearest of a lookup: those of the last ones are saved, too. */
void vc_dht_remember(struct vc_dht *dht, const struct vc_dht_contact *contact);

/* ---- reach.c ---- */

/* Somebody says where he sees us, and what time it is. */
void vc_dht_reach_heard(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_addr *from, const struct vc_dht_answer *answer);
/* Somebody has asked us: if he is one to whom we have not written of late, strangers can. */
void vc_dht_reach_asked(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_addr *from);
struct vc_dht_verdict vc_dht_reach_verdict(const struct vc_dht_family *family);
/* For how long it has been where it is, up to VC_DHT_UPTIME_MS. */
uint32_t vc_dht_family_up_ms(const struct vc_dht_family *family,
                             const struct vc_now *now);
/* Does it answer others, over this family? */
bool vc_dht_family_routes(const struct vc_dht_family *family);
void vc_dht_reach_tick(struct vc_dht *dht, const struct vc_now *now);
vc_ms vc_dht_reach_due(const struct vc_dht *dht);
/* The network was changed: whatever was known of our addresses is not. */
void vc_dht_reach_forget(struct vc_dht *dht);

#endif
