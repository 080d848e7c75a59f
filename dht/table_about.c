/* What the routing table tells of itself. */
#include "dht/table_parts.h"

unsigned vc_dht_table_depth(const struct vc_dht_table *table)
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
