/* How a node gets in, and stays in: who answers, walks of its own, pings. */
#include <string.h>

#include "dht/machine.h"

bool vc_dht_knows_somebody_in(const struct vc_dht *dht, unsigned family)
{
    return dht->families[family].is_on &&
           vc_dht_table_has_good(&dht->families[family].table, 1);
}

static bool knows_somebody(const struct vc_dht *dht)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (vc_dht_knows_somebody_in(dht, i)) {
            return true;
        }
    }
    return false;
}

/* ---- who answers ---- */

/* One more is known.  Those on the way of a walk count for it: the first of all would else have met
 * nobody. */
static void met(const struct vc_dht *dht, struct vc_dht_family *family,
                const struct vc_dht_call *call)
{
    family->walk_met += call->owner < VC_DHT_OWNER_KEEP &&
                        vc_dht_is_neighbour(dht, family, &call->to);
    /* Before the first walk is over nearly nobody is known, and that says nothing. */
    if (vc_dht_size_nodes(&family->size) > 0) {
        vc_dht_learn_size(family);
    }
}

void vc_dht_joining_heard(struct vc_dht *dht, const struct vc_now *now,
                          const struct vc_dht_call *call,
                          const struct vc_dht_answer *answer)
{
    struct vc_dht_family *family = vc_dht_family_at(dht, &call->to.addr);
    bool is_first = !dht->is_joined;
    bool was_known = vc_dht_table_has(&family->table, &call->to.key);

    /* Who is met on the way of a lookup is whom others name, and who lies names his own: only
     * those found in the end are put in (vc_dht_walks_learn()), once there are some. */
    if (vc_dht_is_place_for_node(dht, &call->to.addr) &&
        (call->owner >= VC_DHT_OWNER_KEEP || was_known ||
         !vc_dht_table_has_good(&family->table, VC_DHT_K))) {
        if (vc_dht_table_heard(&family->table, now->mono, &call->to) && !was_known) {
            met(dht, family, call);
            vc_dht_neighbours_met(dht, now, call);
        }
    } else {
        vc_dht_table_answered(&family->table, now->mono);
    }
    vc_dht_neighbours_heard(dht, now, call, answer);
    vc_dht_doors_heard(dht, call, answer);
    dht->is_joined = true;
    if (is_first) {
        dht->is_change_untold = true;
        vc_dht_asks_seed(dht);
    }
}

static void wish_ping(struct vc_dht *dht, const struct vc_dht_contact *to)
{
    /* When the queue is full somebody else is asked soon. */
    (void)vc_dht_wish_for(dht, &(struct vc_dht_wish){.to = *to,
                                                     .type = VC_DHT_PING,
                                                     .owner = VC_DHT_OWNER_PING});
}

void vc_dht_joining_again(struct vc_dht *dht, const struct vc_now *now)
{
    vc_dht_doors_again(dht, now);
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];
        struct vc_dht_contact nodes[VC_DHT_FIRST_ASKED];
        size_t count = 0;

        family->wants_walk = true;
        family->own_walk_at = now->mono;
        if (family->is_on) {
            count = vc_dht_table_nearest(&family->table, family->id, false, nodes,
                                         VC_DHT_FIRST_ASKED);
        }
        for (size_t n = 0; n < count; n++) {
            wish_ping(dht, &nodes[n]);
        }
    }
    dht->is_joined = false;
    dht->walk_at = now->mono;
}

/* ---- walks ---- */

static bool was_told_of(const struct vc_dht *dht, unsigned family)
{
    for (uint8_t i = 0; i < dht->told_count; i++) {
        if (vc_dht_family_of(&dht->told[i].addr) == family) {
            return true;
        }
    }
    return false;
}

static bool is_walking(const struct vc_dht *dht)
{
    return vc_dht_ask_at(dht, dht->asks_count - 1)->kind != VC_DHT_ASK_FREE;
}

static void begin_walk(struct vc_dht *dht, const struct vc_now *now, unsigned family,
                       uint64_t target, uint8_t wanted,
                       const struct vc_dht_contact *from)
{
    struct vc_dht_ask *ask = vc_dht_ask_begin(dht, now, VC_DHT_ASK_WALK, target);

    VC_CHECK(ask != NULL); /* none is under way */
    vc_dht_walk_begin(dht, ask, family, wanted, from);
}

/* Is anybody in a bucket known to live? */
static bool lives_in_bucket(const struct vc_dht_table *table, unsigned bucket)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if ((table->entries[i].standing == VC_DHT_GOOD ||
             table->entries[i].standing == VC_DHT_UNSURE) &&
            vc_dht_bucket(vc_dht_distance(table->own, table->ids[i])) == bucket) {
            return true;
        }
    }
    return false;
}

/*
 * How many of those near us no walk has met yet?  If each is met by a walk as likely as any other,
 * and one met what those before it had not, it is the square of that by all who are near: so fish
 * in a pond are counted (Petersen 1896, Lincoln 1930).
 */
static bool misses_neighbours(const struct vc_dht_family *family)
{
    uint32_t near = family->table.count < VC_DHT_NEAR ? family->table.count : VC_DHT_NEAR;

    return family->walk_met > 0 && family->walk_met * family->walk_met >= near;
}

/* Whoever stands near us has to be known, all of them, as we are asked for them: it is walked there
 * again as long as somebody is likely to be missed, ever more seldom.  A client is asked by
 * nobody. */
static void plan_again(struct vc_dht *dht, const struct vc_now *now,
                       struct vc_dht_family *family)
{
    family->again_at = VC_NEVER;
    if (!misses_neighbours(family) || !vc_dht_family_routes(family)) {
        family->again_ms = VC_DHT_WALK_EVERY_MS;
    } else {
        family->again_at =
            now->mono + family->again_ms + vc_rng_below(&dht->rng, family->again_ms);
        family->again_ms =
            (uint32_t)vc_ms_min(2 * (vc_ms)family->again_ms, VC_DHT_WALK_AGAIN_MAX_MS);
    }
    family->walk_met = 0;
}

/* When a family has somewhere to walk to, or earlier. */
static vc_ms walk_due_in(const struct vc_dht *dht, unsigned index)
{
    const struct vc_dht_family *family = &dht->families[index];
    vc_ms at = VC_NEVER;

    if (dht->earlier.is_open || (!vc_dht_knows_somebody_in(dht, index) &&
                                 !(family->wants_walk && was_told_of(dht, index)))) {
        return VC_NEVER; /* not for an id that is ours for a moment only */
    }
    if (family->wants_walk) {
        at = family->own_walk_at;
    } else if (vc_dht_family_routes(family)) {
        at = family->walk_bucket < vc_dht_table_depth(&family->table)
                 ? 0
                 : family->table.bucket_due_at;
    }
    at = vc_ms_min(at, family->again_at);
    return at > dht->walk_at ? at : dht->walk_at;
}

/* To our own id first, then into every bucket between it and the far end of which nobody is
 * known; later into those of which nothing was heard. */
static void walk_in(struct vc_dht *dht, const struct vc_now *now, unsigned index)
{
    struct vc_dht_family *family = &dht->families[index];
    uint8_t wanted = VC_DHT_STALE_WANTED;
    unsigned depth, bucket;

    if (family->wants_walk || family->again_at <= now->mono) {
        family->wants_walk = false;
        family->again_at = VC_NEVER;
        family->walk_bucket = 0;
        family->own_walk_at = now->mono + VC_DHT_WALK_EVERY_MS;
        begin_walk(dht, now, index, family->id, VC_DHT_HOLDERS, NULL);
        return;
    }
    depth = vc_dht_table_depth(&family->table);
    while (family->walk_bucket < depth &&
           lives_in_bucket(&family->table, family->walk_bucket)) {
        family->walk_bucket++;
    }
    bucket = family->walk_bucket;
    if (bucket < depth) {
        family->walk_bucket++;
        wanted = VC_DHT_EMPTY_WANTED;
    } else if (!vc_dht_table_stale(&family->table, now->mono, &bucket)) {
        return;
    }
    begin_walk(dht, now, index, vc_dht_id_in_bucket(&dht->rng, family->id, bucket),
               bucket == VC_DHT_BUCKETS ? VC_DHT_HOLDERS : wanted, NULL);
}

/* When a walk may begin at one who may belong to others. */
static vc_ms afar_due(const struct vc_dht *dht)
{
    if (dht->afar_count == 0 || dht->earlier.is_open) {
        return VC_NEVER;
    }
    return dht->afar_at > dht->walk_at ? dht->afar_at : dht->walk_at;
}

/* When the next walk for an introduction may begin. */
static vc_ms introduction_due(const struct vc_dht *dht)
{
    return dht->introductions.is_due ? dht->walk_at : VC_NEVER;
}

static void introduce(struct vc_dht *dht, const struct vc_now *now)
{
    struct vc_dht_contact from;
    uint64_t target;

    if (vc_dht_introductions_next(dht, &target, &from)) {
        begin_walk(dht, now, vc_dht_family_of(&from.addr), target, VC_DHT_STALE_WANTED,
                   &from);
    }
}

static void walk(struct vc_dht *dht, const struct vc_now *now)
{
    unsigned count = vc_dht_family_count(dht);

    if (!is_walking(dht) && afar_due(dht) <= now->mono) {
        const struct vc_dht_contact *from = &dht->afar[--dht->afar_count];
        unsigned family = vc_dht_family_of(&from->addr);

        dht->afar_at = now->mono + VC_DHT_AFAR_EVERY_MS;
        begin_walk(dht, now, family, dht->families[family].id, VC_DHT_HOLDERS, from);
    }
    for (unsigned n = 0; n < count && !is_walking(dht); n++) {
        unsigned family = (dht->walk_family + n) % count;

        if (walk_due_in(dht, family) <= now->mono) {
            walk_in(dht, now, family);
        }
    }
    if (!is_walking(dht) && introduction_due(dht) <= now->mono) {
        introduce(dht, now);
    }
}

static vc_ms walk_due(const struct vc_dht *dht)
{
    vc_ms due =
        is_walking(dht) ? VC_NEVER : vc_ms_min(afar_due(dht), introduction_due(dht));

    for (unsigned i = 0; i < vc_dht_family_count(dht) && !is_walking(dht); i++) {
        due = vc_ms_min(due, walk_due_in(dht, i));
    }
    return due;
}

void vc_dht_joining_walked(struct vc_dht *dht, const struct vc_now *now,
                           uint64_t target)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (dht->families[i].is_on && dht->families[i].id == target) {
            plan_again(dht, now, &dht->families[i]);
        }
    }
    dht->walk_family = (uint8_t)((dht->walk_family + 1) % vc_dht_family_count(dht));
    dht->walk_at = now->mono + VC_DHT_WALK_PAUSE_MS;
    /* Who was told of has been asked. */
    if (dht->told_count > 0 && !vc_dht_family_at(dht, &dht->told[0].addr)->wants_walk) {
        dht->told_count = 0;
    }
}

/* ---- the turn ---- */

static void ping(struct vc_dht *dht, const struct vc_now *now)
{
    struct vc_dht_contact contact;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];

        if (family->is_on && vc_dht_table_ping(&family->table, now->mono, &contact)) {
            wish_ping(dht, &contact);
        }
    }
}

void vc_dht_joining_tick(struct vc_dht *dht, const struct vc_now *now)
{
    ping(dht, now);
    walk(dht, now);
    if (dht->save_at <= now->mono) {
        dht->save_at = now->mono + VC_DHT_SAVE_EVERY_MS;
        dht->is_save_untold = knows_somebody(dht);
    }
}

vc_ms vc_dht_joining_due(const struct vc_dht *dht)
{
    vc_ms due = vc_ms_min(dht->save_at, walk_due(dht));

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (dht->families[i].is_on) {
            due = vc_ms_min(due, dht->families[i].table.ping_due_at);
        }
    }
    return due;
}
