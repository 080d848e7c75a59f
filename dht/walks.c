/* The lookups inside an ask, one for each family, and who is to hold what is put. */
#include <string.h>

#include "dht/machine.h"

/* With the nearest of the table; with what a door told when they are few, and in a walk of our
 * own to meet those: they may be of another part of the network. */
static void seed(struct vc_dht *dht, const struct vc_dht_ask *ask, unsigned family,
                 struct vc_dht_walk *walk)
{
    struct vc_dht_contact contacts[VC_DHT_NEAR + VC_DHT_CONTACTS_IPV4];
    size_t count =
        vc_dht_table_nearest(&dht->families[family].table, walk->lookup.target, false,
                             contacts, VC_DHT_NEAR);
    bool is_told = count < VC_DHT_K || ask->kind == VC_DHT_ASK_WALK;

    for (uint8_t i = 0; is_told && i < dht->told_count; i++) {
        if (vc_dht_family_of(&dht->told[i].addr) == family) {
            contacts[count++] = dht->told[i];
        }
    }
    vc_dht_lookup_seed(&walk->lookup, contacts, count);
}

void vc_dht_walk_begin(struct vc_dht *dht, struct vc_dht_ask *ask, unsigned family,
                       uint8_t wanted, const struct vc_dht_contact *from)
{
    /* Of a stale bucket somebody is to be heard, and of what one node knows the nearest, whoever
     * they are: no density can be wrong.  Else every second of them would be asked as if
     * somebody lied there. */
    static const struct vc_dht_size unknown;
    bool is_wary =
        ask->kind != VC_DHT_ASK_WALK || (wanted != VC_DHT_STALE_WANTED && from == NULL);
    struct vc_dht_walk *walk = &ask->walks[family];

    walk->is_on = dht->families[family].is_on;
    memset(walk->put, VC_DHT_PUT_NONE, sizeof walk->put);
    memset(walk->tries, 0, sizeof walk->tries);
    vc_dht_lookup_begin(&walk->lookup, ask->target, wanted,
                        is_wary ? &dht->families[family].size : &unknown,
                        !dht->cfg.is_private, !dht->cfg.is_private);
    walk->lookup.capacity =
        dht->cfg.has_ipv6 ? VC_DHT_LOOKUP_NODES : dht->cfg.lookup_nodes_max;
    /* What was put before is out there already, and in no hurry. */
    if ((ask->kind == VC_DHT_ASK_PUT && !ask->asks_first) ||
        (ask->kind == VC_DHT_ASK_WALK && wanted == VC_DHT_HOLDERS)) {
        vc_dht_lookup_hurry(&walk->lookup);
    }
    if (walk->is_on && from != NULL) {
        vc_dht_lookup_seed(&walk->lookup, from, 1);
    } else if (walk->is_on) {
        seed(dht, ask, family, walk);
    }
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
        if (vc_dht_walk_answered(&ask->walks[i]) == 0 && ask->walks[i].is_on) {
            seed(dht, ask, i, &ask->walks[i]);
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

static unsigned count_state(const struct vc_dht_walk *walk,
                            enum vc_dht_lookup_state state)
{
    unsigned count = 0;

    for (unsigned slot = 0; walk->is_on && slot < walk->lookup.count; slot++) {
        count += walk->lookup.nodes[slot].state == state;
    }
    return count;
}

unsigned vc_dht_walk_answered(const struct vc_dht_walk *walk)
{
    return count_state(walk, VC_DHT_LOOKUP_ANSWERED);
}

unsigned vc_dht_walks_answered(const struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    unsigned count = 0;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        count += vc_dht_walk_answered(&ask->walks[i]);
    }
    return count;
}

bool vc_dht_walks_are_waiting(const struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (count_state(&ask->walks[i], VC_DHT_LOOKUP_ASKED) > 0) {
            return true;
        }
    }
    return false;
}

void vc_dht_walks_widen(struct vc_dht *dht, struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (ask->walks[i].is_on) {
            vc_dht_lookup_widen(&ask->walks[i].lookup);
        }
    }
}

/* Where a record belongs: to the twelve nearest, and to all in the region.  Before enough have
 * answered only the latter is known: those are not kept waiting. */
bool vc_dht_walk_put_next(const struct vc_dht *dht, unsigned family,
                          const struct vc_dht_walk *walk, uint8_t *ret_slot)
{
    uint64_t region = vc_dht_size_distance(&dht->families[family].size, VC_DHT_HOLDERS);
    bool is_over = vc_dht_lookup_has_enough(&walk->lookup);
    uint8_t slots[VC_DHT_REPLICAS_MAX];
    size_t count = vc_dht_lookup_nearest(&walk->lookup, slots, VC_DHT_REPLICAS_MAX);
    unsigned taken = 0;

    if (vc_dht_walk_put_count(walk, VC_DHT_PUT_HELD) +
            vc_dht_walk_put_count(walk, VC_DHT_PUT_SENT) >=
        VC_DHT_PUT_NODES_MAX) {
        return false;
    }
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

bool vc_dht_walks_ask_again(struct vc_dht *dht, struct vc_dht_ask *ask)
{
    bool is_anybody = false;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_walk *walk = &ask->walks[i];
        uint8_t slots[VC_DHT_HOLDERS];
        size_t count = walk->is_on
                           ? vc_dht_lookup_nearest(&walk->lookup, slots, VC_DHT_HOLDERS)
                           : 0;

        for (size_t n = 0; n < count; n++) {
            if (walk->tries[slots[n]] == 0) {
                vc_dht_lookup_ask_again(&walk->lookup, slots[n]);
                is_anybody = true;
            }
        }
    }
    return is_anybody;
}

unsigned vc_dht_walk_put_count(const struct vc_dht_walk *walk,
                               enum vc_dht_put_state state)
{
    unsigned count = 0;

    for (unsigned slot = 0; walk->is_on && slot < walk->lookup.count; slot++) {
        count += walk->put[slot] == state;
    }
    return count;
}

/*
 * How many of the nearest that have answered are put in: those that a lookup makes sure of.  A
 * walk to our own id that has asked everybody it heard of has seen all there are near us, and in a
 * network that is not much larger all have to be known.
 */
static size_t found_in(const struct vc_dht_ask *ask, const struct vc_dht_family *family,
                       const struct vc_dht_walk *walk)
{
    if (ask->kind != VC_DHT_ASK_WALK || ask->target != family->id) {
        return VC_DHT_HOLDERS;
    }
    for (unsigned slot = 0; slot < walk->lookup.count; slot++) {
        if (walk->lookup.nodes[slot].state == VC_DHT_LOOKUP_HEARD) {
            return VC_DHT_HOLDERS;
        }
    }
    return VC_DHT_NEAR;
}

/* True when it is a neighbour that was not known before. */
static bool put_in(struct vc_dht *dht, const struct vc_now *now,
                   const struct vc_dht_contact *contact)
{
    struct vc_dht_family *family = vc_dht_family_at(dht, &contact->addr);
    bool was_known = vc_dht_table_has(&family->table, &contact->key);

    return vc_dht_table_heard(&family->table, now->mono, contact) && !was_known &&
           vc_dht_is_neighbour(dht, family, contact);
}

/*
 * From those nearest to us: nobody can choose to be there, and whoever is has looked for us.
 * Behind the sixteen that a walk makes sure of some may be unknown, most of all to who is new or
 * does not route, and those who collude hide the honest: the larger of two estimates is better.
 */
void vc_dht_learn_size(struct vc_dht_family *family)
{
    uint64_t distances[VC_DHT_NEAR];
    size_t known = vc_dht_table_near(&family->table, distances);
    size_t sure = known < VC_DHT_HOLDERS ? known : VC_DHT_HOLDERS;
    struct vc_dht_size of_all = {0};

    vc_dht_size_set(&family->size, distances, sure, known < VC_DHT_HOLDERS);
    vc_dht_size_set(&of_all, distances, known, false);
    if (known > sure && of_all.spacing < family->size.spacing) {
        family->size = of_all;
    }
}

void vc_dht_walks_learn(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_walk *walk = &ask->walks[i];
        uint8_t slots[VC_DHT_NEAR];
        size_t count;

        if (!walk->is_on || !vc_dht_lookup_is_over(&walk->lookup)) {
            continue;
        }
        count = vc_dht_lookup_nearest(&walk->lookup, slots,
                                      found_in(ask, &dht->families[i], walk));
        for (size_t n = 0; n < count; n++) {
            const struct vc_dht_contact *contact =
                &walk->lookup.nodes[slots[n]].contact;

            dht->families[i].walk_met += put_in(dht, now, contact);
            if (n < VC_DHT_REMEMBERED) {
                vc_dht_remember(dht, contact);
            }
        }
        vc_dht_learn_size(&dht->families[i]);
    }
}

/* Is the network so much larger than it was taken for? */
static bool was_underrated(const struct vc_dht_walk *walk)
{
    uint8_t slots[VC_DHT_HOLDERS];
    uint64_t distances[VC_DHT_HOLDERS];
    size_t count = vc_dht_lookup_nearest(&walk->lookup, slots, VC_DHT_HOLDERS);
    struct vc_dht_size there = {0};

    if (count < VC_DHT_HOLDERS) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        distances[i] = walk->lookup.nodes[slots[i]].distance;
    }
    vc_dht_size_set(&there, distances, count, false);
    return there.spacing < walk->lookup.size.spacing / VC_DHT_OUTGROWN;
}

void vc_dht_walks_doubt_size(struct vc_dht *dht, const struct vc_now *now,
                             const struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];

        if (ask->walks[i].is_on && was_underrated(&ask->walks[i]) &&
            now->mono >= family->own_walk_at + VC_DHT_SETTLED_MS) {
            family->wants_walk = true;
        }
    }
}
