/*
 * Nodes that wait for a place in the routing table, a few for each bucket.
 *
 * Nothing is known of them but that they once sent something from where they are.  They are in
 * the order in which they were last heard of; the newest push out the oldest.
 */
#ifndef VC_DHT_SPARES_H
#define VC_DHT_SPARES_H

#include "dht/contact.h"
#include "dht/limits.h"

struct vc_dht_spares {
    uint64_t *ids;                   /* oldest first */
    struct vc_dht_contact *contacts; /* in the same order */
    uint32_t capacity, count;
};

/* @ids and @contacts: room for @capacity of each, outlives the spares; 0 is possible. */
void vc_dht_spares_init(struct vc_dht_spares *spares, uint64_t *ids,
                        struct vc_dht_contact *contacts, uint32_t capacity);

/* Puts one in as the newest; he was not there before.  When his bucket in the table of @own has
 * VC_DHT_SPARES_PER_BUCKET, its oldest goes; when all are full, the oldest of all. */
void vc_dht_spares_put(struct vc_dht_spares *spares, uint64_t own, uint64_t id,
                       const struct vc_dht_contact *contact);

void vc_dht_spares_remove(struct vc_dht_spares *spares, uint32_t index);
/* Nothing when nobody has that key. */
void vc_dht_spares_remove_key(struct vc_dht_spares *spares, const struct vc_key32 *key);

#endif
