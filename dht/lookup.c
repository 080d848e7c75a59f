#include "dht/lookup.h"

#include <string.h>

/* Half standard deviations by which the nearest that answered may be nearer than is expected; they
 * may not be farther at all (dht/README.md). */
#define THICK_HALVES (-5)

static unsigned paths(const struct vc_dht_lookup *lookup)
{
    return lookup->is_wide ? VC_DHT_PATHS_WIDE : VC_DHT_PATHS;
}

static unsigned alpha(const struct vc_dht_lookup *lookup)
{
    return lookup->is_wide ? VC_DHT_ALPHA_WIDE : VC_DHT_ALPHA;
}

void vc_dht_lookup_begin(struct vc_dht_lookup *lookup, uint64_t target, uint8_t wanted,
                         const struct vc_dht_size *size, bool is_bound, bool is_diverse)
{
    VC_CHECK(wanted >= 1 && wanted <= VC_DHT_HOLDERS);
    memset(lookup, 0, offsetof(struct vc_dht_lookup, nodes));
    lookup->capacity = VC_DHT_LOOKUP_NODES;
    lookup->target = target;
    lookup->wanted = wanted;
    lookup->size = *size;
    lookup->near =
        vc_dht_size_nodes(size) == 0 ? 0 : vc_dht_size_distance(size, VC_DHT_HOLDERS);
    lookup->is_bound = is_bound;
    lookup->is_diverse = is_diverse;
}

/* ---- who is known ---- */

/* The path with the most nodes that were not asked yet. */
static uint8_t crowded_path(const struct vc_dht_lookup *lookup)
{
    unsigned heard[VC_DHT_PATHS_WIDE] = {0};
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

/*
 * Makes room for a node of @path at @distance: of those that are not to be asked, else the farthest
 * one of the most crowded path gives way, so that who tells of many pushes out his own, and
 * nobody a seed.  Gives its slot.
 */
static bool make_room(struct vc_dht_lookup *lookup, uint8_t path, uint64_t distance,
                      uint8_t *ret_slot)
{
    uint8_t from = crowded_path(lookup);
    unsigned at = lookup->count;

    for (unsigned i = 0; i < lookup->count; i++) {
        const struct vc_dht_lookup_node *node = &lookup->nodes[lookup->order[i]];

        if (node->state == VC_DHT_LOOKUP_PASSED) {
            at = i;
            break;
        }
        if (node->state == VC_DHT_LOOKUP_HEARD && !node->is_seed &&
            node->path == from && (from != path || node->distance > distance)) {
            at = i;
        }
    }
    if (at == lookup->count) {
        return false;
    }
    *ret_slot = lookup->order[at];
    lookup->count--;
    memmove(&lookup->order[at], &lookup->order[at + 1], lookup->count - at);
    return true;
}

/* Was one of the same /24 asked on @path already? */
static bool is_met(const struct vc_dht_lookup *lookup, const struct vc_addr *addr,
                   uint8_t path)
{
    uint64_t prefix = vc_dht_prefix_narrow(addr);

    for (unsigned i = 0; lookup->is_diverse && i < lookup->count; i++) {
        const struct vc_dht_lookup_node *node = &lookup->nodes[i];

        if (node->path == path && node->state != VC_DHT_LOOKUP_HEARD &&
            node->state != VC_DHT_LOOKUP_PASSED &&
            vc_dht_prefix_narrow(&node->contact.addr) == prefix) {
            return true;
        }
    }
    return false;
}

static bool is_known(const struct vc_dht_lookup *lookup,
                     const struct vc_dht_contact *contact)
{
    for (unsigned i = 0; i < lookup->count; i++) {
        const struct vc_dht_contact *known = &lookup->nodes[i].contact;

        if (vc_addr_equal(&known->addr, &contact->addr) &&
            memcmp(known->key.b, contact->key.b, sizeof known->key.b) == 0) {
            return true;
        }
    }
    return false;
}

static void hear(struct vc_dht_lookup *lookup, const struct vc_dht_contact *contact,
                 uint8_t path, bool is_seed)
{
    uint8_t slot = lookup->count;
    uint64_t distance;
    unsigned at;

    /* Most are known, and the hash for the id is the dearest of all this. */
    if (is_known(lookup, contact)) {
        return;
    }
    distance =
        vc_dht_distance(lookup->target, vc_dht_node_id(&contact->addr, &contact->key,
                                                       lookup->is_bound));
    /* Another path may still hear of it. */
    if (is_met(lookup, &contact->addr, path) ||
        (lookup->count == lookup->capacity &&
         !make_room(lookup, path, distance, &slot))) {
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
        .contact = *contact, .distance = distance, .path = path, .is_seed = is_seed};
}

/* ---- who is needed ---- */

/* How the @count nearest lie, the last of them at @last, beside what the network's size lets
 * expect.  Too thin: somebody has left nodes out.  Too thick: somebody has put nodes there. */
static enum vc_dht_density density_of(const struct vc_dht_lookup *lookup,
                                      unsigned count, uint64_t last)
{
    if (vc_dht_size_nodes(&lookup->size) == 0) {
        return VC_DHT_DENSITY_RIGHT;
    }
    if (last > vc_dht_size_reach(&lookup->size, count, 0)) {
        return VC_DHT_DENSITY_THIN;
    }
    return count == lookup->wanted &&
                   last < vc_dht_size_reach(&lookup->size, count, THICK_HALVES)
               ? VC_DHT_DENSITY_THICK
               : VC_DHT_DENSITY_RIGHT;
}

/* Whose answers are counted on. */
enum counted {
    COUNT_ANSWERS,   /* who has answered */
    COUNT_UNDER_WAY, /* and who is asked and not late */
    COUNT_KNOWN      /* and who may be asked: nobody is judged by what he may answer */
};

static bool is_counted(const struct vc_dht_lookup_node *node, enum counted counted)
{
    return node->state == VC_DHT_LOOKUP_ANSWERED ||
           (counted >= COUNT_UNDER_WAY && node->state == VC_DHT_LOOKUP_ASKED) ||
           (counted == COUNT_KNOWN && node->state == VC_DHT_LOOKUP_HEARD);
}

/*
 * The place in the order behind which nobody is needed: where the wanted number is reached and
 * lies as it should.  Where they are too thin, further ones are needed until they are not; too
 * thick, everybody.
 */
static unsigned needed(const struct vc_dht_lookup *lookup, enum counted counted,
                       enum vc_dht_density *ret_density)
{
    unsigned count = 0;
    uint64_t last = 0;
    bool is_judged = false; /* up to the last that was counted */

    *ret_density = VC_DHT_DENSITY_RIGHT;
    for (unsigned i = 0; i < lookup->count; i++) {
        const struct vc_dht_lookup_node *node = &lookup->nodes[lookup->order[i]];

        if (count >= lookup->wanted && !is_judged) {
            is_judged = true;
            if (counted != COUNT_KNOWN) {
                *ret_density = density_of(lookup, count, last);
            }
            if (*ret_density == VC_DHT_DENSITY_RIGHT) {
                return i;
            }
            if (*ret_density == VC_DHT_DENSITY_THICK) {
                return lookup->count;
            }
        }
        if (is_counted(node, counted)) {
            count++;
            last = node->distance;
            is_judged = false;
        }
    }
    return lookup->count;
}

/* After an answer, and whatever else moves places in the order: judges by what was answered. */
static void judge(struct vc_dht_lookup *lookup)
{
    enum vc_dht_density density;

    lookup->end = (uint8_t)needed(lookup, COUNT_ANSWERS, &density);
    lookup->density = (uint8_t)density;
}

static void widen(struct vc_dht_lookup *lookup)
{
    bool is_odd[VC_DHT_PATHS] = {false};

    if (lookup->is_wide) {
        return;
    }
    lookup->is_wide = true;
    lookup->wanted = VC_DHT_HOLDERS;
    /* Every second unasked node of a path begins a path of its own. */
    for (unsigned i = 0; i < lookup->count; i++) {
        struct vc_dht_lookup_node *node = &lookup->nodes[lookup->order[i]];

        if (node->state != VC_DHT_LOOKUP_HEARD) {
            continue;
        }
        is_odd[node->path] = !is_odd[node->path];
        if (!is_odd[node->path]) {
            node->path = (uint8_t)(node->path + VC_DHT_PATHS);
        }
    }
    judge(lookup);
}

/* The nearest of each path are needed too when the lookup is wide, so that who leads some of the
 * paths to his own does not end the others. */
static bool is_path_short(const struct vc_dht_lookup *lookup,
                          const struct vc_dht_lookup_node *node,
                          uint8_t of_path[VC_DHT_PATHS_WIDE], enum counted counted)
{
    bool is_short = lookup->is_wide && of_path[node->path] < VC_DHT_PATH_SHARE;

    of_path[node->path] = (uint8_t)(of_path[node->path] + is_counted(node, counted));
    return is_short;
}

/* ---- asking ---- */

/* The nearest unasked one of those it began with. */
static bool nearest_seed(const struct vc_dht_lookup *lookup, uint8_t *ret_slot)
{
    for (unsigned i = 0; i < lookup->count; i++) {
        const struct vc_dht_lookup_node *node = &lookup->nodes[lookup->order[i]];

        if (node->is_seed && node->state == VC_DHT_LOOKUP_HEARD) {
            *ret_slot = lookup->order[i];
            return true;
        }
    }
    return false;
}

/*
 * Whom to ask: the nearest one whose path has nobody under way; if all such paths have run dry,
 * the nearest one there is, though what it tells stays with its own path.
 *
 * Where the nearest lie wrong every second one is a seed.  Else who lies and was asked first would
 * keep the lookup busy with those he names, all of them nearer than the seeds, to its end.
 */
static bool choose(const struct vc_dht_lookup *lookup, uint8_t *ret_slot)
{
    unsigned under_way[VC_DHT_PATHS_WIDE] = {0};
    uint8_t of_path[VC_DHT_PATHS_WIDE] = {0};
    unsigned all = 0;
    bool is_found = false;
    enum vc_dht_density density;
    unsigned end;

    for (unsigned i = 0; i < lookup->count; i++) {
        if (lookup->nodes[i].state == VC_DHT_LOOKUP_ASKED) {
            under_way[lookup->nodes[i].path]++;
            all++;
        }
    }
    if (all >= alpha(lookup)) {
        return false;
    }
    if (lookup->asked % 2 == 0 && lookup->density != VC_DHT_DENSITY_RIGHT &&
        nearest_seed(lookup, ret_slot)) {
        return true;
    }
    end = needed(lookup, lookup->is_wide ? COUNT_UNDER_WAY : COUNT_KNOWN, &density);
    for (unsigned i = 0; i < lookup->count; i++) {
        uint8_t slot = lookup->order[i];
        bool is_short =
            is_path_short(lookup, &lookup->nodes[slot], of_path, COUNT_UNDER_WAY);

        if ((i >= end && !is_short) ||
            lookup->nodes[slot].state != VC_DHT_LOOKUP_HEARD) {
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

/* After whatever changes the answer of choose(), which is asked for far more often. */
static void plan(struct vc_dht_lookup *lookup)
{
    lookup->is_hungry = choose(lookup, &lookup->next);
}

/* The @turn-th point of the neighbourhood: the target, then one half of it away, a quarter, three
 * quarters, an eighth ...: van der Corput's sequence. */
static uint64_t point_of(const struct vc_dht_lookup *lookup, unsigned turn)
{
    uint64_t reversed = 0;

    for (unsigned i = 0; i < 8; i++) {
        reversed |= (uint64_t)(turn >> i & 1) << (63 - i);
    }
    return lookup->target ^ reversed >> __builtin_clzll(lookup->near);
}

/* Of one network a path asks one only. */
static void pass_over(struct vc_dht_lookup *lookup,
                      const struct vc_dht_lookup_node *asked)
{
    uint64_t prefix = vc_dht_prefix_narrow(&asked->contact.addr);

    for (unsigned i = 0; lookup->is_diverse && i < lookup->count; i++) {
        struct vc_dht_lookup_node *node = &lookup->nodes[i];

        if (node->state == VC_DHT_LOOKUP_HEARD && node->path == asked->path &&
            vc_dht_prefix_narrow(&node->contact.addr) == prefix) {
            node->state = VC_DHT_LOOKUP_PASSED;
        }
    }
}

bool vc_dht_lookup_next(struct vc_dht_lookup *lookup, uint8_t *ret_slot,
                        uint64_t *ret_point)
{
    struct vc_dht_lookup_node *node;

    if (!lookup->is_hungry) {
        return false;
    }
    *ret_slot = lookup->next;
    node = &lookup->nodes[*ret_slot];
    node->state = VC_DHT_LOOKUP_ASKED;
    lookup->asked++;
    pass_over(lookup, node);
    *ret_point = lookup->target;
    if (lookup->near > 0 &&
        (node->distance <= lookup->near || lookup->density == VC_DHT_DENSITY_THICK)) {
        *ret_point = point_of(lookup, lookup->asked_near++);
    }
    plan(lookup);
    return true;
}

bool vc_dht_lookup_is_hungry(const struct vc_dht_lookup *lookup)
{
    return lookup->is_hungry;
}

/* ---- who is heard of ---- */

void vc_dht_lookup_hurry(struct vc_dht_lookup *lookup)
{
    VC_CHECK(lookup->count == 0);
    vc_dht_lookup_widen(lookup);
}

void vc_dht_lookup_seed(struct vc_dht_lookup *lookup,
                        const struct vc_dht_contact *contacts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hear(lookup, &contacts[i], (uint8_t)(i % paths(lookup)), true);
    }
    judge(lookup);
    plan(lookup);
}

void vc_dht_lookup_widen(struct vc_dht_lookup *lookup)
{
    widen(lookup);
    plan(lookup);
}

/* ---- what became of it ---- */

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
    /* Where all begins at one, each of whom he names begins a path: else one who lies among them
     * would lead all of them to his own. */
    bool is_alone = lookup->count == 1;

    node->state = VC_DHT_LOOKUP_ANSWERED;
    lookup->dead_row = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t path = node->path;

        if (is_alone) {
            path = (uint8_t)(i % paths(lookup));
        }
        hear(lookup, &contacts[i], path, false);
    }
    judge(lookup);
    if (lookup->density != VC_DHT_DENSITY_RIGHT) {
        widen(lookup);
    }
    plan(lookup);
}

void vc_dht_lookup_late(struct vc_dht_lookup *lookup, uint8_t slot)
{
    waited_for(lookup, slot)->state = VC_DHT_LOOKUP_LATE;
    plan(lookup);
}

void vc_dht_lookup_failed(struct vc_dht_lookup *lookup, uint8_t slot)
{
    waited_for(lookup, slot)->state = VC_DHT_LOOKUP_FAILED;
    lookup->dead_row++;
    if (lookup->dead_row >= 2) {
        widen(lookup);
    }
    plan(lookup);
}

void vc_dht_lookup_ask_again(struct vc_dht_lookup *lookup, uint8_t slot)
{
    VC_CHECK(slot < lookup->count);
    VC_CHECK(lookup->nodes[slot].state == VC_DHT_LOOKUP_ANSWERED);
    lookup->nodes[slot].state = VC_DHT_LOOKUP_HEARD;
    judge(lookup);
    plan(lookup);
}

/* Is nobody left of those that are needed, but such as have answered or failed, or are late? */
static bool is_done(const struct vc_dht_lookup *lookup, bool waits_for_late)
{
    uint8_t of_path[VC_DHT_PATHS_WIDE] = {0};

    for (unsigned i = 0; i < lookup->count; i++) {
        const struct vc_dht_lookup_node *node = &lookup->nodes[lookup->order[i]];

        if (!is_path_short(lookup, node, of_path, COUNT_ANSWERS) && i >= lookup->end) {
            continue;
        }
        if (node->state == VC_DHT_LOOKUP_ASKED || node->state == VC_DHT_LOOKUP_HEARD ||
            (waits_for_late && node->state == VC_DHT_LOOKUP_LATE)) {
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

bool vc_dht_lookup_has_enough(const struct vc_dht_lookup *lookup)
{
    unsigned answered = 0;

    for (unsigned i = 0; i < lookup->count && answered < lookup->wanted; i++) {
        const struct vc_dht_lookup_node *node = &lookup->nodes[lookup->order[i]];

        if (node->state == VC_DHT_LOOKUP_ASKED || node->state == VC_DHT_LOOKUP_HEARD) {
            return false;
        }
        answered += node->state == VC_DHT_LOOKUP_ANSWERED;
    }
    return true;
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
