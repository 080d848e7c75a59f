/* The lookups inside an ask, one for each family, and who is to hold what is put. */
#include <string.h>

#include "dht/machine.h"

static void seed(struct vc_dht *dht, unsigned family, struct vc_dht_walk *walk)
{
    struct vc_dht_contact contacts[VC_DHT_NEAR + VC_DHT_CONTACTS_IPV4];
    size_t count =
        vc_dht_table_nearest(&dht->families[family].table, walk->lookup.target, false,
                             contacts, VC_DHT_NEAR);

    for (uint8_t i = 0; count < VC_DHT_K && i < dht->told_count; i++) {
        if (vc_dht_family_of(&dht->told[i].addr) == family) {
            contacts[count++] = dht->told[i];
        }
    }
    vc_dht_lookup_seed(&walk->lookup, contacts, count);
}

void vc_dht_walk_begin(struct vc_dht *dht, struct vc_dht_ask *ask, unsigned family,
                       uint8_t wanted, const struct vc_dht_contact *from)
{
    struct vc_dht_walk *walk = &ask->walks[family];
    uint64_t near = vc_dht_size_distance(&dht->families[family].size, wanted);

    walk->is_on = dht->families[family].is_on;
    memset(walk->put, VC_DHT_PUT_NONE, sizeof walk->put);
    memset(walk->tries, 0, sizeof walk->tries);
    vc_dht_lookup_begin(&walk->lookup, ask->target, wanted,
                        near == UINT64_MAX ? 0 : near, !dht->cfg.is_private,
                        !dht->cfg.is_private);
    if (ask->kind == VC_DHT_ASK_PUT) {
        vc_dht_lookup_hurry(&walk->lookup);
    }
    if (walk->is_on && from != NULL) {
        vc_dht_lookup_seed(&walk->lookup, from, 1);
    } else if (walk->is_on) {
        seed(dht, family, walk);
    }
}

/* How far the nearest that answered are; gives their number. */
static size_t nearest_distances(const struct vc_dht_walk *walk,
                                uint64_t ret_distances[VC_DHT_REPLICAS])
{
    uint8_t slots[VC_DHT_REPLICAS];
    size_t count = vc_dht_lookup_nearest(&walk->lookup, slots, VC_DHT_REPLICAS);

    for (size_t n = 0; n < count; n++) {
        ret_distances[n] = walk->lookup.nodes[slots[n]].distance;
    }
    return count;
}

void vc_dht_walks_begin(struct vc_dht *dht, struct vc_dht_ask *ask, uint8_t wanted)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        vc_dht_walk_begin(dht, ask, i, wanted, NULL);
    }
}

void vc_dht_walks_reseed(struct vc_dht *dht, struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (ask->walks[i].is_on && ask->walks[i].lookup.count == 0) {
            seed(dht, i, &ask->walks[i]);
        }
    }
}

bool vc_dht_walks_are_over(const struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (ask->walks[i].is_on && !vc_dht_lookup_is_over(&ask->walks[i].lookup)) {
            return false;
        }
    }
    return true;
}

bool vc_dht_walks_are_settled(const struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (ask->walks[i].is_on && !vc_dht_lookup_is_settled(&ask->walks[i].lookup)) {
            return false;
        }
    }
    return true;
}

bool vc_dht_walks_are_thin(const struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_walk *walk = &ask->walks[i];
        uint64_t distances[VC_DHT_REPLICAS];

        if (walk->is_on && vc_dht_size_is_thin(&dht->families[i].size, distances,
                                               nearest_distances(walk, distances))) {
            return true;
        }
    }
    return false;
}

static unsigned count_state(const struct vc_dht *dht, const struct vc_dht_ask *ask,
                            enum vc_dht_lookup_state state)
{
    unsigned count = 0;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_walk *walk = &ask->walks[i];

        for (unsigned slot = 0; walk->is_on && slot < walk->lookup.count; slot++) {
            count += walk->lookup.nodes[slot].state == state;
        }
    }
    return count;
}

unsigned vc_dht_walks_waiting(const struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    return count_state(dht, ask, VC_DHT_LOOKUP_ASKED);
}

unsigned vc_dht_walks_answered(const struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    return count_state(dht, ask, VC_DHT_LOOKUP_ANSWERED);
}

void vc_dht_walks_widen(struct vc_dht *dht, struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (ask->walks[i].is_on) {
            vc_dht_lookup_widen(&ask->walks[i].lookup);
        }
    }
}

/* Where a record belongs: to the twelve nearest, and to all in the region.  Before the lookup is
 * over only the latter is known: those are not kept waiting. */
bool vc_dht_walk_put_next(const struct vc_dht *dht, unsigned family,
                          const struct vc_dht_walk *walk, uint8_t *ret_slot)
{
    uint64_t region = vc_dht_size_distance(&dht->families[family].size, VC_DHT_HOLDERS);
    bool is_over = vc_dht_lookup_is_settled(&walk->lookup);
    uint8_t slots[VC_DHT_REPLICAS_MAX];
    size_t count = vc_dht_lookup_nearest(&walk->lookup, slots, VC_DHT_REPLICAS_MAX);
    unsigned taken = 0;

    for (size_t i = 0; i < count; i++) {
        uint8_t slot = slots[i];
        bool is_inside =
            region != UINT64_MAX && walk->lookup.nodes[slot].distance <= region;

        if (walk->put[slot] == VC_DHT_PUT_FAILED) {
            continue;
        }
        if (!is_inside && (!is_over || taken >= VC_DHT_REPLICAS)) {
            continue;
        }
        taken++;
        if (walk->put[slot] == VC_DHT_PUT_NONE) {
            *ret_slot = slot;
            return true;
        }
    }
    return false;
}

unsigned vc_dht_walks_put_count(const struct vc_dht *dht, const struct vc_dht_ask *ask,
                                enum vc_dht_put_state state)
{
    unsigned count = 0;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_walk *walk = &ask->walks[i];

        for (unsigned slot = 0; walk->is_on && slot < walk->lookup.count; slot++) {
            count += walk->put[slot] == state;
        }
    }
    return count;
}

void vc_dht_walks_learn(struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_walk *walk = &ask->walks[i];
        uint64_t distances[VC_DHT_REPLICAS];
        uint8_t slots[VC_DHT_REMEMBERED];
        size_t count;

        if (!walk->is_on || !vc_dht_lookup_is_over(&walk->lookup)) {
            continue;
        }
        count = nearest_distances(walk, distances);
        if (!vc_dht_knows_neighbours(dht, i)) {
            vc_dht_size_learn(&dht->families[i].size, distances, count,
                              count < VC_DHT_REPLICAS && count > 0);
        }
        count = vc_dht_lookup_nearest(&walk->lookup, slots, VC_DHT_REMEMBERED);
        for (size_t n = 0; n < count; n++) {
            vc_dht_remember(dht, &walk->lookup.nodes[slots[n]].contact);
        }
    }
}
