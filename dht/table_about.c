/* What the routing table tells: who is near, and what it knows of its nodes. */
#include "dht/table_parts.h"

size_t vc_dht_table_select(const struct vc_dht_table *table, uint64_t target,
                           enum vc_dht_standing from, enum vc_dht_standing to,
                           struct vc_dht_pick *ret_picks, size_t room)
{
    size_t count = 0;

    VC_CHECK(room <= VC_DHT_NEAREST_MAX);
    if (room == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        uint64_t distance = vc_dht_distance(target, table->ids[i]);
        size_t at = count;

        if ((count == room && distance >= ret_picks[count - 1].distance) ||
            table->entries[i].standing < from || table->entries[i].standing > to) {
            continue;
        }
        if (count == room) {
            at--; /* the farthest gives way */
        } else {
            count++;
        }
        for (; at > 0 && ret_picks[at - 1].distance > distance; at--) {
            ret_picks[at] = ret_picks[at - 1];
        }
        ret_picks[at] = (struct vc_dht_pick){distance, i};
    }
    return count;
}

size_t vc_dht_table_nearest(const struct vc_dht_table *table, uint64_t target,
                            bool is_for_others, struct vc_dht_contact *ret_contacts,
                            size_t room)
{
    struct vc_dht_pick picks[VC_DHT_NEAREST_MAX];
    size_t count =
        vc_dht_table_select(table, target, VC_DHT_GOOD, VC_DHT_GOOD, picks, room);

    if (!is_for_others) {
        count += vc_dht_table_select(table, target, VC_DHT_UNSURE, VC_DHT_CONDEMNED,
                                     picks + count, room - count);
    }
    for (size_t i = 0; i < count; i++) {
        ret_contacts[i] = table->entries[picks[i].index].contact;
    }
    return count;
}

uint32_t vc_dht_table_good(const struct vc_dht_table *table)
{
    uint32_t good = 0;

    for (uint32_t i = 0; i < table->count; i++) {
        good += table->entries[i].standing == VC_DHT_GOOD;
    }
    return good;
}

bool vc_dht_table_has_good(const struct vc_dht_table *table, uint32_t count)
{
    for (uint32_t i = 0; i < table->count && count > 0; i++) {
        count -= table->entries[i].standing == VC_DHT_GOOD;
    }
    return count == 0;
}

size_t vc_dht_table_oldest(const struct vc_dht_table *table,
                           struct vc_dht_contact *ret_contacts, size_t room)
{
    size_t count = 0;

    for (uint32_t i = 0; i < table->count && count < room; i++) {
        if (table->entries[i].standing == VC_DHT_GOOD) {
            ret_contacts[count++] = table->entries[i].contact;
        }
    }
    return count;
}

size_t vc_dht_table_near(const struct vc_dht_table *table,
                         uint64_t ret_distances[VC_DHT_NEAR])
{
    struct vc_dht_pick picks[VC_DHT_NEAR];
    size_t count = vc_dht_table_select(table, table->own, VC_DHT_GOOD, VC_DHT_UNSURE,
                                       picks, VC_DHT_NEAR);

    for (size_t i = 0; i < count; i++) {
        ret_distances[i] = picks[i].distance;
    }
    return count;
}

unsigned vc_dht_table_depth(const struct vc_dht_table *table)
{
    return table->depth;
}

unsigned vc_dht_table_find_depth(const struct vc_dht_table *table)
{
    struct vc_dht_pick picks[VC_DHT_NEAR];
    size_t count = vc_dht_table_select(table, table->own, VC_DHT_GOOD, VC_DHT_CONDEMNED,
                                       picks, VC_DHT_NEAR);

    return count == 0 ? 0 : vc_dht_bucket(picks[count - 1].distance);
}

unsigned vc_dht_table_networks(const struct vc_dht_table *table, unsigned max)
{
    uint64_t networks[VC_DHT_NETWORKS_MAX];
    unsigned count = 0;

    VC_CHECK(max <= VC_DHT_NETWORKS_MAX);
    for (uint32_t i = 0; i < table->count && count < max; i++) {
        uint64_t network = vc_dht_prefix_wide(&table->entries[i].contact.addr);
        unsigned known = 0;

        while (known < count && networks[known] != network) {
            known++;
        }
        if (known == count) {
            networks[count++] = network;
        }
    }
    return count;
}

void vc_dht_table_node(const struct vc_dht_table *table, uint32_t index,
                       struct vc_dht_node *ret_node)
{
    const struct vc_dht_entry *entry = &table->entries[index];

    VC_CHECK(index < table->count);
    *ret_node =
        (struct vc_dht_node){.contact = entry->contact,
                             .id = table->ids[index],
                             .bucket = vc_dht_table_bucket(table, table->ids[index]),
                             .heard_at = vc_dht_seconds_ms(entry->heard_at),
                             .is_suspect = entry->standing != VC_DHT_GOOD};
}
