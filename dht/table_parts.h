/*
 * What the sources of the routing table share: room for nodes, in table_room.c, their coming and
 * going, in table.c, who is near, in table_about.c.
 */
#ifndef VC_DHT_TABLE_PARTS_H
#define VC_DHT_TABLE_PARTS_H

#include "dht/table.h"

/*
 * The tag of an entry: what tells it from most others without looking at it.  From the lowest: two
 * bytes of its key, one of the hash of its wide prefix, one of its whole address.
 */
#define VC_DHT_TAG_KEY  UINT32_C(0x0000ffff)
#define VC_DHT_TAG_WIDE UINT32_C(0x00ff0000)
#define VC_DHT_TAG_ADDR UINT32_C(0xffff0000)

uint32_t vc_dht_table_tag_of_key(const struct vc_key32 *key);
uint32_t vc_dht_table_tag_of_addr(const struct vc_addr *addr);

static inline bool vc_dht_tags_agree(uint32_t a, uint32_t b, uint32_t mask)
{
    return ((a ^ b) & mask) == 0;
}

struct vc_dht_pick {
    uint64_t distance;
    uint32_t index;
};

static inline bool vc_dht_entry_has_failed(const struct vc_dht_entry *entry)
{
    return entry->standing >= VC_DHT_FAILED;
}

static inline unsigned vc_dht_table_bucket(const struct vc_dht_table *table,
                                           uint64_t id)
{
    return vc_dht_bucket(vc_dht_distance(table->own, id));
}

/* The entries nearest to @target with a standing of @from to @to, nearest first; gives their
 * number.  @room: at most VC_DHT_NEAREST_MAX. */
size_t vc_dht_table_select(const struct vc_dht_table *table, uint64_t target,
                           enum vc_dht_standing from, enum vc_dht_standing to,
                           struct vc_dht_pick *ret_picks, size_t room);

/*
 * Is there room for a node that is not in the table?  @ret_victim is then the entry that gives
 * way to it, or table->count: nobody has to.
 */
bool vc_dht_table_has_room(const struct vc_dht_table *table, vc_ms now, uint64_t id,
                           const struct vc_addr *addr, uint32_t *ret_victim);
/* Do the diversity limits allow one more?  Spares count here as if they were in, so that nobody
 * fills them with nodes that could not come in. */
bool vc_dht_table_is_diverse(const struct vc_dht_table *table, uint64_t id,
                             const struct vc_addr *addr);

/* What vc_dht_table_depth() is to say, after entries have changed: it is asked for far more often
 * than they do. */
unsigned vc_dht_table_find_depth(const struct vc_dht_table *table);

/* Takes an entry out. */
void vc_dht_table_remove(struct vc_dht_table *table, uint32_t index);

/* Something has changed: a ping may be wanted earlier than was thought. */
static inline void vc_dht_table_hurry(struct vc_dht_table *table, vc_ms at)
{
    table->ping_due_at = vc_ms_min(table->ping_due_at, at);
}

#endif
