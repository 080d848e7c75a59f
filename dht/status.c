/* What the machine knows, for people. */
#include "dht/machine.h"

/* Somebody has answered, and not all that are known have been silent since they were asked. */
bool vc_dht_is_joined(const struct vc_dht *dht, const struct vc_now *now)
{
    bool is_doubted = false;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_family *family = &dht->families[i];

        if (!family->is_on || family->table.count == 0) {
            continue;
        }
        if (!vc_dht_table_is_in_doubt(&family->table, now->mono)) {
            return dht->is_joined;
        }
        is_doubted = true;
    }
    return dht->is_joined && !is_doubted;
}

void vc_dht_status(const struct vc_dht *dht, const struct vc_now *now,
                   struct vc_dht_status *ret_status)
{
    struct vc_dht_status status = dht->stats;

    status.role = dht->role;
    status.why = dht->why;
    status.records = vc_dht_records_count(&dht->records);
    status.is_joined = vc_dht_is_joined(dht, now);
    status.key = dht->key;
    status.is_key_settled = !dht->earlier.is_open;
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_family *family = &dht->families[i];
        uint64_t size;

        if (!family->is_on) {
            continue;
        }
        status.nodes += family->table.count;
        status.suspects += family->table.count - vc_dht_table_good(&family->table);
        size = vc_dht_size_nodes(&family->size);
        status.network_size = size > status.network_size ? size : status.network_size;
        if (status.seen.family == 0) {
            status.seen = family->own;
        }
    }
    *ret_status = status;
}

bool vc_dht_node_at(const struct vc_dht *dht, uint32_t index,
                    struct vc_dht_node *ret_node)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_table *table = &dht->families[i].table;

        if (!dht->families[i].is_on) {
            continue;
        }
        if (index < table->count) {
            vc_dht_table_node(table, index, ret_node);
            return true;
        }
        index -= table->count;
    }
    return false;
}
