/*
 * When two networks become one, or the halves of one find each other again, those who stand near
 * each other soon know each other (neighbours.c), but in other places nobody knows of it.  Who
 * has met strangers makes it known: for somebody whom it knows in each bucket it looks for the
 * nearest that the strangers know, and lets the two meet, by a RING.
 */
#include "dht/machine.h"

bool vc_dht_introductions_stranger(struct vc_dht *dht, const struct vc_now *now,
                                   const struct vc_dht_contact *stranger)
{
    struct vc_dht_introductions *introductions = &dht->introductions;

    if (now->mono >= introductions->strangers_until) {
        introductions->strangers = 0;
        introductions->strangers_until = now->mono + VC_DHT_STRANGERS_MS;
    }
    if (introductions->strangers < VC_DHT_STRANGERS &&
        ++introductions->strangers < VC_DHT_STRANGERS) {
        return false;
    }
    if (now->mono >= introductions->next_at) {
        introductions->next_at = now->mono + VC_DHT_INTRODUCE_EVERY_MS;
        introductions->family = (uint8_t)vc_dht_family_of(&stranger->addr);
        introductions->stranger =
            vc_dht_node_id(&stranger->addr, &stranger->key, !dht->cfg.is_private);
        introductions->is_due = true;
        introductions->bucket = 0;
    }
    return true;
}

static bool is_old_friend(const struct vc_dht_table *table, uint32_t index,
                          unsigned bucket)
{
    return table->entries[index].standing == VC_DHT_GOOD &&
           vc_dht_bucket(vc_dht_distance(table->own, table->ids[index])) == bucket;
}

/* One of the older half of a bucket: those are no strangers.  The index, table->count: nobody. */
static uint32_t pick_of_bucket(struct vc_dht *dht, const struct vc_dht_table *table,
                               unsigned bucket)
{
    uint32_t count = 0, left, index = 0;

    for (uint32_t i = 0; i < table->count; i++) {
        count += is_old_friend(table, i, bucket);
    }
    if (count == 0) {
        return table->count;
    }
    left = vc_rng_below(&dht->rng, (count + 1) / 2);
    while (!is_old_friend(table, index, bucket) || left-- > 0) {
        index++;
    }
    return index;
}

bool vc_dht_introductions_next(struct vc_dht *dht, uint64_t *ret_target,
                               struct vc_dht_contact *ret_from)
{
    struct vc_dht_introductions *introductions = &dht->introductions;
    const struct vc_dht_table *table = &dht->families[introductions->family].table;
    unsigned depth = vc_dht_table_depth(table);

    introductions->is_due =
        vc_dht_table_nearest(table, introductions->stranger, true, ret_from, 1) > 0;
    while (introductions->is_due && introductions->bucket <= depth) {
        uint32_t index = pick_of_bucket(dht, table, introductions->bucket++);

        if (index < table->count) {
            introductions->is_walking = true;
            introductions->friend = *ret_target = table->ids[index];
            return true;
        }
    }
    introductions->is_due = false;
    return false;
}

bool vc_dht_introductions_is_walk(const struct vc_dht *dht,
                                  const struct vc_dht_ask *ask)
{
    return dht->introductions.is_walking && ask->target == dht->introductions.friend;
}

void vc_dht_introductions_walked(struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    struct vc_dht_introductions *introductions = &dht->introductions;
    const struct vc_dht_table *table = &dht->families[introductions->family].table;
    const struct vc_dht_lookup *lookup = &ask->walks[introductions->family].lookup;
    bool is_walk = vc_dht_introductions_is_walk(dht, ask);
    struct vc_dht_contact friend;
    uint8_t slot;

    introductions->is_walking = false;
    if (!is_walk || dht->rung_for.addr.family != 0 ||
        vc_dht_table_nearest(table, ask->target, true, &friend, 1) == 0 ||
        vc_dht_lookup_nearest(lookup, &slot, 1) == 0) {
        return;
    }
    /* Or do the strangers know the friend already? */
    if (lookup->nodes[slot].distance != 0 &&
        vc_dht_wish_for(dht, &(struct vc_dht_wish){.to = friend,
                                                   .type = VC_DHT_RING,
                                                   .owner = VC_DHT_OWNER_RING})) {
        dht->rung_for = lookup->nodes[slot].contact;
    }
}
