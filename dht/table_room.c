/* Who may be in the routing table: buckets, the near ones, diversity, and who gives way. */
#include "dht/table_parts.h"

#include <string.h>

/* The limits that a new node would exceed, as bits; the same bits say which of the crowds that
 * these limits are about an entry belongs to. */
enum {
    OF_TABLE = 1,
    OF_BUCKET = 2,
    OF_BUCKET_24 = 4,
    OF_BUCKET_16 = 8,
    OF_TABLE_24 = 16,
    OF_TABLE_16 = 32,
    CROWDS = 6
};

struct newcomer {
    uint64_t distance;
    unsigned bucket;
    uint32_t tag;          /* of its address */
    uint64_t narrow, wide; /* prefixes */
};

static struct newcomer newcomer(const struct vc_dht_table *table, uint64_t id,
                                const struct vc_addr *addr)
{
    uint64_t distance = vc_dht_distance(table->own, id);

    return (struct newcomer){.distance = distance,
                             .bucket = vc_dht_bucket(distance),
                             .tag = vc_dht_table_tag_of_addr(addr),
                             .narrow = vc_dht_prefix_narrow(addr),
                             .wide = vc_dht_prefix_wide(addr)};
}

static unsigned crowds_of_id(const struct vc_dht_table *table,
                             const struct newcomer *new, uint64_t id)
{
    return vc_dht_table_bucket(table, id) == new->bucket ? OF_TABLE | OF_BUCKET
                                                         : OF_TABLE;
}

/* The crowds that somebody of @id at @addr and the newcomer are both in. */
static unsigned crowds_of(const struct vc_dht_table *table, const struct newcomer *new,
                          uint64_t id, const struct vc_addr *addr)
{
    unsigned crowds = crowds_of_id(table, new, id);
    bool is_in_bucket = (crowds & OF_BUCKET) != 0;

    if (table->is_private || vc_dht_prefix_wide(addr) != new->wide) {
        return crowds;
    }
    crowds |= OF_TABLE_16 | (is_in_bucket ? OF_BUCKET_16 : 0);
    if (vc_dht_prefix_narrow(addr) == new->narrow) {
        crowds |= OF_TABLE_24 | (is_in_bucket ? OF_BUCKET_24 : 0);
    }
    return crowds;
}

static unsigned crowds_of_entry(const struct vc_dht_table *table,
                                const struct newcomer *new, uint32_t index)
{
    return vc_dht_tags_agree(table->tags[index], new->tag, VC_DHT_TAG_WIDE)
               ? crowds_of(table, new, table->ids[index],
                           &table->entries[index].contact.addr)
               : crowds_of_id(table, new, table->ids[index]);
}

static void count_crowds(uint32_t counts[CROWDS], unsigned crowds)
{
    for (unsigned i = 0; crowds != 0; i++, crowds >>= 1) {
        counts[i] += crowds & 1;
    }
}

static void count_entries(const struct vc_dht_table *table, const struct newcomer *new,
                          uint32_t counts[CROWDS])
{
    for (uint32_t i = 0; i < table->count; i++) {
        count_crowds(counts, crowds_of_entry(table, new, i));
    }
}

static unsigned exceeded(const uint32_t counts[CROWDS], const uint32_t limits[CROWDS])
{
    unsigned crowds = 0;

    for (unsigned i = 0; i < CROWDS; i++) {
        if (counts[i] >= limits[i]) {
            crowds |= 1u << i;
        }
    }
    return crowds;
}

/* Would it be one of the VC_DHT_NEAR nearest of those that have not failed? */
static bool is_near(const struct vc_dht_table *table, uint64_t distance)
{
    uint32_t nearer = 0;

    for (uint32_t i = 0; i < table->count && nearer < VC_DHT_NEAR; i++) {
        nearer += vc_dht_distance(table->own, table->ids[i]) < distance &&
                  !vc_dht_entry_has_failed(&table->entries[i]);
    }
    return nearer < VC_DHT_NEAR;
}

bool vc_dht_table_is_near(const struct vc_dht_table *table, uint64_t id)
{
    return is_near(table, vc_dht_distance(table->own, id));
}

/* Of those in all of @crowds the one that failed first; table->count: nobody.  For the sake of
 * a bucket it has to be some time ago: a router has asked again by then, and old nodes do not
 * go for one datagram that was lost. */
static uint32_t find_failed(const struct vc_dht_table *table, vc_ms now,
                            const struct newcomer *new, unsigned crowds)
{
    uint32_t found = table->count;

    for (uint32_t i = 0; i < table->count; i++) {
        const struct vc_dht_entry *entry = &table->entries[i];

        if (vc_dht_entry_has_failed(entry) &&
            (found == table->count ||
             entry->failed_at < table->entries[found].failed_at) &&
            (crowds == OF_TABLE ||
             now >= vc_dht_seconds_ms(entry->failed_at) + VC_DHT_SUSPECT_YIELDS_MS) &&
            (crowds_of_entry(table, new, i) & crowds) == crowds) {
            found = i;
        }
    }
    return found;
}

/* In a full table: the youngest of the fullest bucket that is not near us, if the newcomer is
 * near or its bucket would still have fewer; table->count: nobody. */
static uint32_t find_of_fullest(const struct vc_dht_table *table,
                                const struct newcomer *new, bool is_near)
{
    struct vc_dht_pick near[VC_DHT_NEAR];
    size_t near_count =
        vc_dht_table_select(table, table->own, VC_DHT_GOOD, VC_DHT_UNSURE, near,
                            is_near ? VC_DHT_NEAR - 1 : VC_DHT_NEAR);
    uint64_t reach = near_count == 0 ? 0 : near[near_count - 1].distance;
    uint32_t counts[VC_DHT_BUCKETS + 1] = {0};
    uint32_t most; /* the count to exceed */
    uint32_t found = table->count;

    for (uint32_t i = 0; i < table->count; i++) {
        counts[vc_dht_table_bucket(table, table->ids[i])]++;
    }
    most = is_near ? 0 : counts[new->bucket] + 1;
    for (uint32_t i = table->count; i-- > 0;) {
        uint32_t count = counts[vc_dht_table_bucket(table, table->ids[i])];

        if (count > most && vc_dht_distance(table->own, table->ids[i]) > reach) {
            most = count;
            found = i;
        }
    }
    return found;
}

bool vc_dht_table_has_room(const struct vc_dht_table *table, vc_ms now, uint64_t id,
                           const struct vc_addr *addr, uint32_t *ret_victim)
{
    struct newcomer new = newcomer(table, id, addr);
    bool is_new_near = is_near(table, new.distance);
    uint32_t counts[CROWDS] = {0};
    uint32_t limits[CROWDS] = {
        table->capacity,      is_new_near ? UINT32_MAX : VC_DHT_K,
        VC_DHT_BUCKET_PER_24, VC_DHT_BUCKET_PER_16,
        VC_DHT_TABLE_PER_24,  VC_DHT_TABLE_PER_16};
    uint32_t victim = table->count;
    unsigned crowds;

    if (new.distance == 0) {
        return false; /* it says that it is we */
    }
    count_entries(table, &new, counts);
    crowds = exceeded(counts, limits);
    if (crowds != 0) {
        victim = find_failed(table, now, &new, crowds);
        if (victim == table->count && crowds == OF_TABLE) {
            victim = find_of_fullest(table, &new, is_new_near);
        }
        if (victim == table->count) {
            return false;
        }
    }
    *ret_victim = victim;
    return true;
}

bool vc_dht_table_is_diverse(const struct vc_dht_table *table, uint64_t id,
                             const struct vc_addr *addr)
{
    const struct vc_dht_spares *spares = &table->spares;
    struct newcomer new = newcomer(table, id, addr);
    uint32_t counts[CROWDS] = {0};
    const uint32_t limits[CROWDS] = {UINT32_MAX,           UINT32_MAX,
                                     VC_DHT_BUCKET_PER_24, VC_DHT_BUCKET_PER_16,
                                     VC_DHT_TABLE_PER_24,  VC_DHT_TABLE_PER_16};

    count_entries(table, &new, counts);
    for (uint32_t i = 0; i < spares->count; i++) {
        count_crowds(counts,
                     crowds_of(table, &new, spares->ids[i], &spares->contacts[i].addr));
    }
    return new.distance != 0 && exceeded(counts, limits) == 0;
}
