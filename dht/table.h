/*
 * The routing table: the nodes that we know, of one address family.
 *
 * Buckets of two bits of the id, VC_DHT_K nodes in each, the oldest kept; the VC_DHT_NEAR
 * nearest to us whatever their buckets hold.  A node is put in only after its authenticated
 * answer to our own request; others wait among the spares.  In the public network the diversity
 * limits of limits.h hold.
 *
 * A node that fails to answer is suspect: not given to others, not used first.  When it fails
 * again half a minute later it goes out, but no failure counts that may have been our own: it
 * waits for the next answer of anybody, and if there was silence for VC_DHT_DOUBT_MS before that
 * answer, all failures of the silence are void.
 *
 * Nodes lie in one array, the oldest first, that is looked through as a whole: a table has some
 * hundreds of nodes, and this costs a microsecond or two.  No links to keep, no order to repair.
 */
#ifndef VC_DHT_TABLE_H
#define VC_DHT_TABLE_H

#include "dht/spares.h"

/* How sure we are of a node: all but GOOD are suspect. */
enum vc_dht_standing {
    VC_DHT_GOOD,
    VC_DHT_UNSURE, /* nothing speaks against it, but our own network had to be doubted */
    VC_DHT_FAILED,   /* it did not answer, once */
    VC_DHT_CONDEMNED /* nor half a minute later: the next answer of anybody puts it out */
};

/* Instants are in seconds, by vc_dht_seconds(): a table of 300 has to be small. */
struct vc_dht_entry {
    struct vc_dht_contact contact;
    uint8_t standing;   /* enum vc_dht_standing */
    uint32_t heard_at;  /* its last answer, or request with a good cookie */
    uint32_t failed_at; /* its first failure since, if it is FAILED or CONDEMNED */
    uint32_t pinged_at; /* when vc_dht_table_ping() last gave it out; 0: never */
};

struct vc_dht_table {
    uint64_t *ids;  /* of the entries, apart, as only they are looked through */
    uint32_t *tags; /* of their keys and addresses, for the same reason */
    struct vc_dht_entry *entries; /* oldest first */
    uint32_t capacity, count;
    struct vc_dht_spares spares;
    uint64_t own;
    bool is_private;
    bool is_of_client; /* only whether it is he or we is asked, and nobody is kept fresh */
    struct vc_dht_contact gone; /* who went out last; family 0: nobody */
    bool has_openings;          /* somebody has gone: a spare may find room */
    bool is_unsettled;          /* somebody has failed since the last answer */
    uint8_t burst;              /* pings that need not wait for each other */
    uint8_t depth;              /* as vc_dht_table_depth() says */
    uint32_t
        ping_every_ms; /* to nodes that are only unheard: from VC_DHT_PING_SOON_MS, after
                             * a failure, doubling to VC_DHT_PING_EVERY_MS */
    vc_ms asked_at; /* the oldest request that nobody's answer has followed; VC_NEVER */
    vc_ms pinged_at;     /* the last ping */
    vc_ms looked_at;     /* the last bucket looked into */
    vc_ms ping_due_at;   /* not before these has anybody to be pinged */
    vc_ms bucket_due_at; /* or a bucket to be looked into */
    uint32_t
        bucket_at[VC_DHT_BUCKETS]; /* seconds: when it was last heard of; 0: never */
};

/* An instant in seconds, never 0; good for 136 years of a clock. */
static inline uint32_t vc_dht_seconds(vc_ms at)
{
    return (uint32_t)(at / 1000) + 1;
}

/* The begin of the second; 0 for 0. */
static inline vc_ms vc_dht_seconds_ms(uint32_t seconds)
{
    return seconds == 0 ? 0 : (vc_ms)(seconds - 1) * 1000;
}

/* @capacity: at least twice VC_DHT_NEAR. */
size_t vc_dht_table_footprint(uint32_t capacity, uint32_t spares_max);
/* @mem: zeroed, aligned for uint64_t.  @is_private: ids are not bound, no diversity limits. */
void vc_dht_table_init(struct vc_dht_table *table, void *mem, uint32_t capacity,
                       uint32_t spares_max, bool is_private);

/* Our own id has changed: the nodes stay, the oldest first, as far as the diversity limits let
 * them; buckets that have too many now are trimmed when room is needed. */
void vc_dht_table_set_own(struct vc_dht_table *table, vc_ms now, uint64_t own);

/* A request went out to anybody; somebody has answered.  For the doubt about our uplink. */
void vc_dht_table_asked(struct vc_dht_table *table, vc_ms now);
void vc_dht_table_answered(struct vc_dht_table *table, vc_ms now);
bool vc_dht_table_is_in_doubt(const struct vc_dht_table *table, vc_ms now);

/*
 * @contact gave an authenticated answer to our request from @contact->addr: it is put in, or is
 * suspect no more, or becomes a spare when there is no room.  True when it is in the table
 * afterwards.  Says what vc_dht_table_answered() says, too.
 *
 * An entry of the same key at another address moves to this one only if it has failed at its
 * own: who passes on requests and answers could otherwise put himself in anybody's place.  An
 * entry of another key at the same address is there no more and goes.
 */
bool vc_dht_table_heard(struct vc_dht_table *table, vc_ms now,
                        const struct vc_dht_contact *contact);
/* A node that is known has sent a request with a good cookie: it lives.  One that has failed
 * stays suspect until it answers.  Others: nothing. */
void vc_dht_table_seen(struct vc_dht_table *table, vc_ms now,
                       const struct vc_dht_contact *contact);
/* A router has asked us: is it unknown, and would it have room?  Then the caller may ping it; an
 * unknown one without room becomes a spare. */
VC_NODISCARD bool vc_dht_table_wants(struct vc_dht_table *table, vc_ms now,
                                     const struct vc_dht_contact *contact);
/* It did not answer in time where it was said to be.  Nothing when we know it at another address:
 * else anybody could have it put out, by telling of it where it is not. */
void vc_dht_table_failed(struct vc_dht_table *table, vc_ms now,
                         const struct vc_dht_contact *contact);
/* Our address has changed, or the machine slept: nobody is sure any more.  The next eight pings
 * need not wait for each other. */
void vc_dht_table_suspect_all(struct vc_dht_table *table, vc_ms now);

/*
 * Fills @ret_contacts with the nodes nearest to @target, nearest first; gives their number.
 * @is_for_others: only such as are not suspect; else suspects come behind all that are not.
 * @room: at most VC_DHT_NEAREST_MAX.
 */
#define VC_DHT_NEAREST_MAX 64
size_t vc_dht_table_nearest(const struct vc_dht_table *table, uint64_t target,
                            bool is_for_others, struct vc_dht_contact *ret_contacts,
                            size_t room);

/*
 * Whom to ask now whether it lives, if anybody; notes that it was asked.  The caller says asked,
 * and heard or failed, as of every request.  In this order:
 *
 * when somebody was asked and there is silence since: one of whom most is hoped;
 * a suspect, half a minute after its failure or the last ping;
 * a spare for which there is room, since somebody went out;
 * the one unheard for longest, when that is longer than VC_DHT_UNHEARD_MS.
 *
 * Two are VC_DHT_PING_SOON_MS apart, those of the last kind VC_DHT_PING_EVERY_MS; but who finds
 * one node dead looks at others soon, also at those heard more recently.  In doubt only the
 * first kind, ever more seldom; for a client, whose table others do not need, always only that.
 */
VC_NODISCARD bool vc_dht_table_ping(struct vc_dht_table *table, vc_ms now,
                                    struct vc_dht_contact *ret_contact);
/* A bucket of which nothing was heard for VC_DHT_BUCKET_STALE_MS: look up an id in it.  The
 * buckets of the VC_DHT_NEAR nearest are one: VC_DHT_BUCKETS, look up our own id.  Notes that
 * it was looked into; two are VC_DHT_PING_EVERY_MS apart. */
VC_NODISCARD bool vc_dht_table_stale(struct vc_dht_table *table, vc_ms now,
                                     unsigned *ret_bucket);
/* When one of the two may be wanted, or earlier, never now after both have said no.  A client,
 * which pings nobody, does not look here. */
vc_ms vc_dht_table_due(const struct vc_dht_table *table);

/* A node of an earlier run: put in, if nobody has to give way, as one that we are not sure of
 * unless that was a moment ago (@is_fresh). */
void vc_dht_table_restore(struct vc_dht_table *table, vc_ms now,
                          const struct vc_dht_contact *contact, bool is_fresh);

bool vc_dht_table_has(const struct vc_dht_table *table, const struct vc_key32 *key);

/* The distances of the VC_DHT_NEAR nearest to us that have not failed; gives their number. */
size_t vc_dht_table_near(const struct vc_dht_table *table,
                         uint64_t ret_distances[VC_DHT_NEAR]);

/* Would it be one of the VC_DHT_NEAR nearest to us? */
bool vc_dht_table_is_near(const struct vc_dht_table *table, uint64_t id);

/* One that went out because it had failed, since this was last asked. */
VC_NODISCARD bool vc_dht_table_take_gone(struct vc_dht_table *table,
                                         struct vc_dht_contact *ret_contact);

/* The bucket of the last of the VC_DHT_NEAR nearest, suspect or not: those before it are far. */
unsigned vc_dht_table_depth(const struct vc_dht_table *table);
/* Distinct wide networks (/16, IPv6 /32) of its nodes, counted up to @max. */
#define VC_DHT_NETWORKS_MAX 16
unsigned vc_dht_table_networks(const struct vc_dht_table *table, unsigned max);

/* A node as it is shown to people.  @heard_at: mono. */
struct vc_dht_node {
    struct vc_dht_contact contact;
    uint64_t id;
    unsigned bucket;
    vc_ms heard_at;
    bool is_suspect;
};
void vc_dht_table_node(const struct vc_dht_table *table, uint32_t index,
                       struct vc_dht_node *ret_node);

/* Nodes that are not suspect. */
uint32_t vc_dht_table_good(const struct vc_dht_table *table);
/* Are there so many of them? */
bool vc_dht_table_has_good(const struct vc_dht_table *table, uint32_t count);
/* The nodes that were in for longest and are not suspect, oldest first: to be kept on disk. */
size_t vc_dht_table_oldest(const struct vc_dht_table *table,
                           struct vc_dht_contact *ret_contacts, size_t room);

#endif
