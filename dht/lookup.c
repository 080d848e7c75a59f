#include "dht/lookup.h"

#include <string.h>

static unsigned paths(const struct vc_dht_lookup *lookup)
{
    return lookup->is_wide || lookup->is_hurried ? VC_DHT_ALPHA_WIDE : VC_DHT_ALPHA;
}

void vc_dht_lookup_begin(struct vc_dht_lookup *lookup, uint64_t target, uint8_t wanted,
                         uint64_t near, bool is_bound, bool is_diverse)
{
    VC_CHECK(wanted >= 1 && wanted <= VC_DHT_HOLDERS);
    memset(lookup, 0, sizeof *lookup);
    lookup->target = target;
    lookup->wanted = wanted;
    lookup->near = near;
    lookup->is_bound = is_bound;
    lookup->is_diverse = is_diverse;
}

/* The most crowded path: the one with the most nodes that were not asked yet. */
static uint8_t crowded(const struct vc_dht_lookup *lookup)
{
    unsigned heard[VC_DHT_ALPHA_WIDE] = {0};
    uint8_t most = 0;

    for (unsigned i = 0; i < lookup->count; i++) {
        const struct vc_dht_lookup_node *node = &lookup->nodes[i];

        heard[node->path] += node->state == VC_DHT_LOOKUP_HEARD;
        if (heard[node->path] > heard[most]) {
            most = node->path;
        }
    }
    return most;
}

/* Makes room for a node of @path at @distance: the farthest unasked one of the most crowded path
 * gives way, so that who tells of many pushes out his own only.  Gives its slot. */
static bool make_room(struct vc_dht_lookup *lookup, uint8_t path, uint64_t distance,
                      uint8_t *ret_slot)
{
    uint8_t from = crowded(lookup);

    for (unsigned i = lookup->count; i-- > 0;) {
        uint8_t slot = lookup->order[i];
        const struct vc_dht_lookup_node *node = &lookup->nodes[slot];

        if (node->state != VC_DHT_LOOKUP_HEARD || node->path != from) {
            continue;
        }
        if (from == path && node->distance < distance) {
            return false;
        }
        lookup->count--;
        memmove(&lookup->order[i], &lookup->order[i + 1], lookup->count - i);
        *ret_slot = slot;
        return true;
    }
    return false;
}

static void hear(struct vc_dht_lookup *lookup, const struct vc_dht_contact *contact,
                 uint8_t path)
{
    uint64_t id = vc_dht_node_id(&contact->addr, &contact->key, lookup->is_bound);
    uint64_t distance = vc_dht_distance(lookup->target, id);
    uint8_t slot = lookup->count;
    unsigned at = lookup->count;

    for (unsigned i = 0; i < lookup->count; i++) {
        if (lookup->nodes[lookup->order[i]].distance == distance) {
            return;
        }
    }
    if (lookup->count == VC_DHT_LOOKUP_NODES &&
        !make_room(lookup, path, distance, &slot)) {
        return;
    }
    at = lookup->count;
    while (at > 0 && lookup->nodes[lookup->order[at - 1]].distance > distance) {
        lookup->order[at] = lookup->order[at - 1];
        at--;
    }
    lookup->order[at] = slot;
    lookup->count++;
    lookup->nodes[slot] = (struct vc_dht_lookup_node){
        .contact = *contact, .distance = distance, .path = path};
}

void vc_dht_lookup_hurry(struct vc_dht_lookup *lookup)
{
    VC_CHECK(lookup->count == 0);
    lookup->is_hurried = true;
}

void vc_dht_lookup_seed(struct vc_dht_lookup *lookup,
                        const struct vc_dht_contact *contacts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hear(lookup, &contacts[i], (uint8_t)(i % paths(lookup)));
    }
}

void vc_dht_lookup_widen(struct vc_dht_lookup *lookup)
{
    bool is_odd[VC_DHT_ALPHA] = {false};

    if (lookup->is_wide) {
        return;
    }
    lookup->is_wide = true;
    lookup->wanted = VC_DHT_HOLDERS;
    lookup->dead_row = 0;
    /* Every second unasked node of a path begins a path of its own. */
    for (unsigned i = 0; i < lookup->count && !lookup->is_hurried; i++) {
        struct vc_dht_lookup_node *node = &lookup->nodes[lookup->order[i]];

        if (node->state != VC_DHT_LOOKUP_HEARD) {
            continue;
        }
        is_odd[node->path] = !is_odd[node->path];
        if (!is_odd[node->path]) {
            node->path = (uint8_t)(node->path + VC_DHT_ALPHA);
        }
    }
}

/* May it be asked: is it unasked, and does nobody of its /24 stand on its path? */
static bool is_askable(const struct vc_dht_lookup *lookup,
                       const struct vc_dht_lookup_node *node)
{
    uint64_t prefix;

    if (node->state != VC_DHT_LOOKUP_HEARD) {
        return false;
    }
    if (!lookup->is_diverse) {
        return true;
    }
    prefix = vc_dht_prefix_narrow(&node->contact.addr);
    for (unsigned i = 0; i < lookup->count; i++) {
        const struct vc_dht_lookup_node *other = &lookup->nodes[i];

        if (other->state != VC_DHT_LOOKUP_HEARD && other->path == node->path &&
            vc_dht_prefix_narrow(&other->contact.addr) == prefix) {
            return false;
        }
    }
    return true;
}

/* The place in the order behind which nobody is needed: where the wanted number has answered;
 * in the wide mode also everybody of the neighbourhood, in which so many must be. */
static unsigned needed(const struct vc_dht_lookup *lookup)
{
    unsigned answered = 0;
    unsigned i;

    for (i = 0; i < lookup->count; i++) {
        const struct vc_dht_lookup_node *node = &lookup->nodes[lookup->order[i]];

        if (answered >= lookup->wanted &&
            (!lookup->is_wide || node->distance > lookup->near)) {
            break;
        }
        answered +=
            node->state == VC_DHT_LOOKUP_ANSWERED &&
            (!lookup->is_wide || lookup->near == 0 || node->distance <= lookup->near);
    }
    return i;
}

/* Whom to ask: the nearest one whose path has nobody under way; if all such paths have run dry, the
 * nearest one there is, though what it tells stays with its own path. */
static bool choose(const struct vc_dht_lookup *lookup, uint8_t *ret_slot)
{
    unsigned under_way[VC_DHT_ALPHA_WIDE] = {0};
    unsigned all = 0;
    unsigned end = needed(lookup);
    bool is_found = false;

    for (unsigned i = 0; i < lookup->count; i++) {
        if (lookup->nodes[i].state == VC_DHT_LOOKUP_ASKED) {
            under_way[lookup->nodes[i].path]++;
            all++;
        }
    }
    if (all >= paths(lookup) || lookup->asked >= VC_DHT_LOOKUP_ASKED_MAX) {
        return false;
    }
    for (unsigned i = 0; i < end; i++) {
        uint8_t slot = lookup->order[i];

        if (!is_askable(lookup, &lookup->nodes[slot])) {
            continue;
        }
        if (under_way[lookup->nodes[slot].path] == 0) {
            *ret_slot = slot;
            return true;
        }
        if (!is_found) {
            *ret_slot = slot;
            is_found = true;
        }
    }
    return is_found;
}

/* The @turn-th point of the neighbourhood: the target, then one half of it away, a quarter, three
 * quarters, an eighth ...: van der Corput's sequence. */
static uint64_t point(const struct vc_dht_lookup *lookup, unsigned turn)
{
    uint64_t reversed = 0;
    unsigned unused = (unsigned)__builtin_clzll(lookup->near);

    for (unsigned i = 0; i < 8; i++) {
        reversed |= (uint64_t)(turn >> i & 1) << (63 - i);
    }
    /* The largest power of two that is not farther than it reaches. */
    if (lookup->near != UINT64_MAX >> unused) {
        unused++;
    }
    return lookup->target ^ (unused > 63 ? 0 : reversed >> unused);
}

bool vc_dht_lookup_next(struct vc_dht_lookup *lookup, uint8_t *ret_slot,
                        uint64_t *ret_point)
{
    struct vc_dht_lookup_node *node;

    if (!choose(lookup, ret_slot)) {
        return false;
    }
    node = &lookup->nodes[*ret_slot];
    node->state = VC_DHT_LOOKUP_ASKED;
    lookup->asked++;
    *ret_point = lookup->target;
    if (lookup->near > 0 && node->distance <= lookup->near) {
        *ret_point = point(lookup, lookup->asked_near++);
    }
    return true;
}

bool vc_dht_lookup_is_hungry(const struct vc_dht_lookup *lookup)
{
    uint8_t slot;

    return choose(lookup, &slot);
}

static struct vc_dht_lookup_node *waited_for(struct vc_dht_lookup *lookup, uint8_t slot)
{
    VC_CHECK(slot < lookup->count);
    VC_CHECK(lookup->nodes[slot].state == VC_DHT_LOOKUP_ASKED ||
             lookup->nodes[slot].state == VC_DHT_LOOKUP_LATE);
    return &lookup->nodes[slot];
}

void vc_dht_lookup_answered(struct vc_dht_lookup *lookup, uint8_t slot,
                            const struct vc_dht_contact *contacts, size_t count)
{
    struct vc_dht_lookup_node *node = waited_for(lookup, slot);

    node->state = VC_DHT_LOOKUP_ANSWERED;
    lookup->dead_row = 0;
    for (size_t i = 0; i < count; i++) {
        hear(lookup, &contacts[i], node->path);
    }
}

void vc_dht_lookup_late(struct vc_dht_lookup *lookup, uint8_t slot)
{
    waited_for(lookup, slot)->state = VC_DHT_LOOKUP_LATE;
}

void vc_dht_lookup_failed(struct vc_dht_lookup *lookup, uint8_t slot)
{
    waited_for(lookup, slot)->state = VC_DHT_LOOKUP_FAILED;
    lookup->dead_row++;
    if (lookup->dead_row >= 2) {
        vc_dht_lookup_widen(lookup);
    }
}

/* Is nobody left of those that are needed, but such as have answered or failed, or are late? */
static bool is_done(const struct vc_dht_lookup *lookup, bool waits_for_late)
{
    unsigned end = needed(lookup);

    for (unsigned i = 0; i < end; i++) {
        const struct vc_dht_lookup_node *node = &lookup->nodes[lookup->order[i]];

        if (node->state == VC_DHT_LOOKUP_ASKED ||
            (waits_for_late && node->state == VC_DHT_LOOKUP_LATE) ||
            (lookup->asked < VC_DHT_LOOKUP_ASKED_MAX && is_askable(lookup, node))) {
            return false;
        }
    }
    return true;
}

bool vc_dht_lookup_is_over(const struct vc_dht_lookup *lookup)
{
    return is_done(lookup, true);
}

bool vc_dht_lookup_is_settled(const struct vc_dht_lookup *lookup)
{
    return is_done(lookup, false);
}

size_t vc_dht_lookup_nearest(const struct vc_dht_lookup *lookup, uint8_t *ret_slots,
                             size_t room)
{
    size_t count = 0;

    for (unsigned i = 0; i < lookup->count && count < room; i++) {
        if (lookup->nodes[lookup->order[i]].state == VC_DHT_LOOKUP_ANSWERED) {
            ret_slots[count++] = lookup->order[i];
        }
    }
    return count;
}
