/*
 * The routing table: the nodes that we know, of one address family.
 *
 * Buckets of two bits of the id, VC_DHT_K nodes in each, the oldest kept; the VC_DHT_NEAR
 * nearest to us whatever their buckets hold.  A node is put in only after its authenticated
 * answer to our own request; others wait among the spares.  One failed request makes a node
 * suspect: not given to others, not used first; a second, half a minute later, puts it out,
 * a spare comes in.  Nothing goes out while our own uplink is in doubt.  In the public network
 * the diversity limits of limits.h hold.
 *
 * Nodes lie in one array that is looked through as a whole: a table has some hundreds of nodes, and
 * this costs a microsecond or two.  No links to keep, no order to repair.
 */
#ifndef VC_DHT_TABLE_H
#define VC_DHT_TABLE_H

#include "dht/contact.h"
#include "dht/limits.h"

struct vc_dht_entry {
    struct vc_dht_contact contact;
    vc_ms since;     /* when it was put in */
    vc_ms heard_at;  /* its last authenticated answer, or request with a good cookie */
    vc_ms failed_at; /* its first failure since; VC_NEVER: none, it is not suspect */
    vc_ms pinged_at; /* when it was last asked whether it lives; 0: never */
};

struct vc_dht_table {
    uint64_t *ids; /* of the entries, apart, as only they are looked through */
    struct vc_dht_entry *entries;
    uint64_t *spare_ids;
    struct vc_dht_contact *spares; /* oldest first */
    uint32_t capacity, count;
    uint32_t spares_max, spare_count;
    uint64_t own;
    bool is_private;
    vc_ms asked_at; /* the oldest request that nobody's answer has followed; VC_NEVER */
    vc_ms answered_at;               /* the last answer of anybody */
    vc_ms pinged_at;                 /* the last liveness ping */
    vc_ms bucket_at[VC_DHT_BUCKETS]; /* when a bucket was last heard of; 0: never */
};

size_t vc_dht_table_footprint(uint32_t capacity, uint32_t spares_max);
/* @mem: zeroed, aligned for uint64_t.  @is_private: no diversity limits. */
void vc_dht_table_init(struct vc_dht_table *table, void *mem, uint32_t capacity,
                       uint32_t spares_max, bool is_private);

/* Our own id has changed: the nodes stay, as far as buckets and limits have room, the oldest
 * first. */
void vc_dht_table_set_own(struct vc_dht_table *table, vc_ms now, uint64_t own);

/* A request went out to anybody; somebody has answered.  For the doubt about our uplink. */
void vc_dht_table_asked(struct vc_dht_table *table, vc_ms now);
void vc_dht_table_answered(struct vc_dht_table *table, vc_ms now);
bool vc_dht_table_is_in_doubt(const struct vc_dht_table *table, vc_ms now);

/* @contact gave an authenticated answer to our request from @contact->addr: it is put in,
 * or is suspect no more, or becomes a spare when there is no room.  An entry of the same key at
 * another address moves there.  True when it is in the table afterwards. */
bool vc_dht_table_heard(struct vc_dht_table *table, vc_ms now,
                        const struct vc_dht_contact *contact);
/* A node that is known has sent a request with a good cookie: it lives.  Others: nothing. */
void vc_dht_table_seen(struct vc_dht_table *table, vc_ms now,
                       const struct vc_dht_contact *contact);
/* A router that is not known has asked us: would it have a place?  Then the caller may ping
 * it; else it becomes a spare (the newest pushes out the oldest of its bucket). */
VC_NODISCARD bool vc_dht_table_wants(struct vc_dht_table *table, vc_ms now,
                                     const struct vc_dht_contact *contact);
/* It did not answer in time. */
void vc_dht_table_failed(struct vc_dht_table *table, vc_ms now,
                         const struct vc_key32 *key);
/* Our address has changed, or the machine slept: nobody is sure any more. */
void vc_dht_table_suspect_all(struct vc_dht_table *table, vc_ms now);

/*
 * Fills @ret_contacts with the nodes nearest to @target, nearest first; gives their number.
 * @is_for_others: only such as are not suspect; else suspects come behind all that are not.
 */
size_t vc_dht_table_nearest(const struct vc_dht_table *table, uint64_t target,
                            bool is_for_others, struct vc_dht_contact *ret_contacts,
                            size_t room);

/* Whom to ask now whether it lives, if anybody: the one unheard for longest, when that is
 * longer than VC_DHT_UNHEARD_MS; suspects at once, half a minute after their failure; at most one
 * in VC_DHT_PING_EVERY_MS.  Notes that it was asked. */
VC_NODISCARD bool vc_dht_table_ping(struct vc_dht_table *table, vc_ms now,
                                    struct vc_dht_contact *ret_contact);
/* A bucket that has nodes and was not heard of for VC_DHT_BUCKET_STALE_MS: look up an id in
 * it.  Notes that it was looked into. */
VC_NODISCARD bool vc_dht_table_stale(struct vc_dht_table *table, vc_ms now,
                                     unsigned *ret_bucket);
/* When one of the two may be wanted. */
vc_ms vc_dht_table_due(const struct vc_dht_table *table);

/* Nodes that are not suspect. */
uint32_t vc_dht_table_good(const struct vc_dht_table *table);
/* The nodes that were in for longest and are not suspect, oldest first: to be kept on disk. */
size_t vc_dht_table_oldest(const struct vc_dht_table *table,
                           struct vc_dht_contact *ret_contacts, size_t room);

#endif
