/*
 * Getting to know whoever stands near us.  A few come and go, and ask for us when they come; but
 * when two networks become one there are suddenly many of whom none asks.  So a new neighbour is
 * asked whom he knows near us, and so is each of those whom he names and we do not know.
 */
#include "dht/machine.h"

static uint64_t id_of(const struct vc_dht *dht, const struct vc_dht_contact *contact)
{
    return vc_dht_node_id(&contact->addr, &contact->key, !dht->cfg.is_private);
}

static bool was_just_asked(const struct vc_dht_neighbours *neighbours, uint64_t id)
{
    for (unsigned i = 0; i < VC_DHT_NEAR_ASKED; i++) {
        if (neighbours->asked[i] == (uint32_t)id) {
            return true;
        }
    }
    return false;
}

static void ask(struct vc_dht *dht, const struct vc_dht_contact *contact)
{
    struct vc_dht_neighbours *neighbours = &dht->neighbours;
    uint64_t id = id_of(dht, contact);

    if (!was_just_asked(neighbours, id) &&
        vc_dht_wish_for(dht, &(struct vc_dht_wish){.to = *contact,
                                                   .type = VC_DHT_FIND,
                                                   .owner = VC_DHT_OWNER_NEAR})) {
        neighbours->asked[neighbours->next] = (uint32_t)id;
        neighbours->next = (uint8_t)((neighbours->next + 1) % VC_DHT_NEAR_ASKED);
    }
}

bool vc_dht_is_neighbour(const struct vc_dht *dht, const struct vc_dht_family *family,
                         const struct vc_dht_contact *contact)
{
    return vc_dht_table_is_near(&family->table, id_of(dht, contact));
}

/* One of whom a new neighbour told: there may be more than he named. */
static void met_by_another(struct vc_dht *dht, const struct vc_now *now,
                           struct vc_dht_family *family,
                           const struct vc_dht_contact *contact)
{
    if (vc_dht_introductions_stranger(dht, now, contact) &&
        family->again_at == VC_NEVER) {
        family->again_ms = VC_DHT_WALK_EVERY_MS;
        family->again_at =
            now->mono + family->again_ms + vc_rng_below(&dht->rng, family->again_ms);
    }
}

void vc_dht_neighbours_met(struct vc_dht *dht, const struct vc_now *now,
                           const struct vc_dht_call *call)
{
    struct vc_dht_family *family = vc_dht_family_at(dht, &call->to.addr);

    /* While we are new and know few everybody is near, and who lies would name us his own. */
    if (!vc_dht_family_routes(family) ||
        vc_dht_family_up_ms(family, now) < VC_DHT_SETTLED_MS) {
        return;
    }
    if (call->owner == VC_DHT_OWNER_NEAR) {
        met_by_another(dht, now, family, &call->to);
    }
    if ((call->owner == VC_DHT_OWNER_CHECK || call->owner == VC_DHT_OWNER_RING) &&
        now->mono >= dht->neighbours.ask_at && vc_dht_is_neighbour(dht, family, &call->to)) {
        dht->neighbours.ask_at = now->mono + VC_DHT_NEAR_EVERY_MS;
        ask(dht, &call->to);
    }
}

void vc_dht_neighbours_heard(struct vc_dht *dht, const struct vc_now *now,
                             const struct vc_dht_call *call,
                             const struct vc_dht_answer *answer)
{
    struct vc_dht_family *family = vc_dht_family_at(dht, &call->to.addr);
    struct vc_dht_table *table = &family->table;

    /* Who has no place among us may name whom he likes. */
    if (call->owner != VC_DHT_OWNER_NEAR || !vc_dht_table_has(table, &call->to.key)) {
        return;
    }
    for (uint8_t i = 0; i < answer->contact_count; i++) {
        const struct vc_dht_contact *contact = &answer->contacts[i];

        if (!vc_dht_table_has(table, &contact->key) && vc_dht_is_neighbour(dht, family, contact) &&
            vc_dht_table_wants(table, now->mono, contact) &&
            vc_dht_tokens_take(&dht->check_tokens, VC_DHT_CHECK_RATE,
                               VC_DHT_CHECK_BURST, now->mono)) {
            ask(dht, contact);
        }
    }
}
