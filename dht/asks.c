/* Gets and puts under way: what they want sent, what became of it, and how they end. */
#include <string.h>

#include "dht/machine.h"

static size_t index_of(const struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    return (size_t)((const uint8_t *)ask - dht->asks) / dht->ask_size;
}

static uint16_t owner_of(const struct vc_dht *dht, const struct vc_dht_ask *ask,
                         unsigned family)
{
    return (uint16_t)(index_of(dht, ask) * VC_DHT_FAMILIES + family);
}

struct vc_dht_ask *vc_dht_ask_begin(struct vc_dht *dht, const struct vc_now *now,
                                    enum vc_dht_ask_kind kind, uint64_t target)
{
    uint32_t first = kind == VC_DHT_ASK_WALK ? dht->asks_count - 1 : 0;
    uint32_t end = kind == VC_DHT_ASK_WALK ? dht->asks_count : dht->asks_count - 1;

    for (uint32_t i = first; i < end; i++) {
        struct vc_dht_ask *ask = vc_dht_ask_at(dht, i);

        if (ask->kind == VC_DHT_ASK_FREE) {
            memset(ask, 0, offsetof(struct vc_dht_ask, walks));
            for (unsigned family = 0; family < vc_dht_family_count(dht); family++) {
                ask->walks[family].is_on = false;
            }
            ask->kind = kind;
            ask->id = ++dht->next_id;
            ask->target = target;
            ask->began_at = now->mono;
            ask->ends_at = now->mono + VC_DHT_ASK_MAX_MS;
            ask->settle_at = VC_NEVER;
            return ask;
        }
    }
    return NULL;
}

/* What vc_dht_asks_end_keep() frees counts as free. */
bool vc_dht_asks_have_room(const struct vc_dht *dht, uint32_t keep)
{
    for (uint32_t i = 0; i + 1 < dht->asks_count; i++) {
        const struct vc_dht_ask *ask = vc_dht_ask_at(dht, i);

        if (ask->kind == VC_DHT_ASK_FREE ||
            (ask->kind == VC_DHT_ASK_PUT && ask->keep == keep && ask->is_over_told)) {
            return true;
        }
    }
    return false;
}

static void free_ask(struct vc_dht *dht, struct vc_dht_ask *ask)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        vc_dht_calls_disown(&dht->calls, owner_of(dht, ask, i));
        vc_dht_wishes_drop(dht, owner_of(dht, ask, i));
    }
    ask->kind = VC_DHT_ASK_FREE;
}

vc_err vc_dht_get(struct vc_dht *dht, const struct vc_now *now,
                  const struct vc_hash32 *place, uint32_t *ret_ask)
{
    struct vc_dht_ask *ask =
        vc_dht_ask_begin(dht, now, VC_DHT_ASK_GET, vc_dht_place_id(place));

    if (ask == NULL) {
        return VC_ERR_FULL;
    }
    ask->place = *place;
    *ret_ask = ask->id;
    vc_dht_ask_start(dht, now, ask, VC_DHT_HOLDERS);
    return VC_OK;
}

void vc_dht_cancel(struct vc_dht *dht, uint32_t id)
{
    for (uint32_t i = 0; i + 1 < dht->asks_count; i++) {
        struct vc_dht_ask *ask = vc_dht_ask_at(dht, i);

        if (ask->kind == VC_DHT_ASK_GET && ask->id == id) {
            free_ask(dht, ask);
        }
    }
}

void vc_dht_asks_drop_keep(struct vc_dht *dht, uint32_t keep)
{
    for (uint32_t i = 0; i + 1 < dht->asks_count; i++) {
        struct vc_dht_ask *ask = vc_dht_ask_at(dht, i);

        if (ask->kind == VC_DHT_ASK_PUT && ask->keep == keep) {
            free_ask(dht, ask);
        }
    }
}

/* ---- what is sent ---- */

/* A put goes on when it has been told that it is done: the first twelve that hold the record may
 * all be of one who lies, and who else is near is known at the end of the lookup. */
static bool is_looking(const struct vc_dht_ask *ask)
{
    return ask->settle_at == VC_NEVER && (!ask->is_over || ask->kind == VC_DHT_ASK_PUT);
}

static bool wants_more(const struct vc_dht *dht, const struct vc_dht_ask *ask,
                       unsigned family)
{
    const struct vc_dht_walk *walk = &ask->walks[family];
    uint8_t slot;

    if (ask->kind == VC_DHT_ASK_FREE || !walk->is_on) {
        return false;
    }
    if (ask->kind == VC_DHT_ASK_PUT && vc_dht_walk_put_next(dht, family, walk, &slot)) {
        return true;
    }
    return is_looking(ask) && vc_dht_lookup_is_hungry(&walk->lookup);
}

bool vc_dht_asks_are_hungry(const struct vc_dht *dht)
{
    for (uint32_t i = 0; i < dht->asks_count; i++) {
        for (unsigned family = 0; family < vc_dht_family_count(dht); family++) {
            if (wants_more(dht, vc_dht_ask_at(dht, i), family)) {
                return true;
            }
        }
    }
    return false;
}

/* Only who may hold the record is told its place. */
static enum vc_dht_type find_or_get(const struct vc_dht *dht,
                                    const struct vc_dht_ask *ask, unsigned family,
                                    uint64_t distance)
{
    uint64_t holders =
        vc_dht_size_distance(&dht->families[family].size, VC_DHT_HOLDERS);

    if (ask->kind != VC_DHT_ASK_GET) {
        return VC_DHT_FIND;
    }
    return ask->walks[family].lookup.is_wide ||
                   holders > UINT64_MAX / VC_DHT_GET_FACTOR ||
                   distance <= holders * VC_DHT_GET_FACTOR
               ? VC_DHT_GET
               : VC_DHT_FIND;
}

static bool next_of(struct vc_dht *dht, struct vc_dht_ask *ask, unsigned family,
                    struct vc_dht_wish *ret_wish)
{
    struct vc_dht_walk *walk = &ask->walks[family];
    struct vc_dht_wish wish = {.owner = owner_of(dht, ask, family)};
    uint8_t slot;

    if (ask->kind == VC_DHT_ASK_PUT && vc_dht_walk_put_next(dht, family, walk, &slot)) {
        walk->put[slot] = VC_DHT_PUT_SENT;
        walk->tries[slot]++;
        wish.type =
            ask->asks_first && walk->tries[slot] == 1 ? VC_DHT_REFRESH : VC_DHT_PUT;
    } else if (is_looking(ask) &&
               vc_dht_lookup_next(&walk->lookup, &slot, &wish.target)) {
        wish.type = find_or_get(dht, ask, family, walk->lookup.nodes[slot].distance);
        walk->tries[slot] = wish.type == VC_DHT_GET;
    } else {
        return false;
    }
    ask->asked++;
    wish.slot = slot;
    wish.to = walk->lookup.nodes[slot].contact;
    *ret_wish = wish;
    return true;
}

bool vc_dht_asks_next(struct vc_dht *dht, struct vc_dht_wish *ret_wish)
{
    for (uint32_t i = 0; i < dht->asks_count; i++) {
        /* The caller's go before our own walk, and in turn among themselves. */
        uint32_t index =
            i + 1 == dht->asks_count ? i : (dht->next_ask + i) % (dht->asks_count - 1);
        struct vc_dht_ask *ask = vc_dht_ask_at(dht, index);

        for (unsigned family = 0; family < vc_dht_family_count(dht); family++) {
            if (wants_more(dht, ask, family) && next_of(dht, ask, family, ret_wish)) {
                dht->next_ask =
                    index + 1 == dht->asks_count ? dht->next_ask : index + 1;
                return true;
            }
        }
    }
    return false;
}

/* ---- how they end ---- */

static void end(struct vc_dht *dht, const struct vc_now *now, struct vc_dht_ask *ask,
                vc_err reason)
{
    if (ask->is_over) {
        return;
    }
    if (ask->kind == VC_DHT_ASK_GET && reason != VC_OK &&
        vc_dht_value_take_held(dht, now, ask)) {
        reason = VC_OK;
    }
    ask->is_over = true;
    ask->reason = reason;
    dht->stats.lookups++;
    dht->stats.lookup_ms = (uint32_t)(now->mono - ask->began_at);
    dht->stats.lookup_asked = ask->asked;
    dht->stats.lookup_at = now->mono;
    if (ask->kind == VC_DHT_ASK_PUT) {
        vc_dht_keep_over(dht, now, ask->keep, reason);
    }
    if (ask->kind == VC_DHT_ASK_WALK) {
        vc_dht_introductions_walked(dht, ask);
        free_ask(dht, ask);
        vc_dht_joining_walked(dht, now, ask->target);
    }
}

static void judge_get(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_dht_ask *ask)
{
    if (ask->settle_at == VC_NEVER && ask->has_value &&
        (vc_dht_value_is_final(ask) || vc_dht_walks_are_over(dht, ask))) {
        ask->settle_at = now->mono + vc_dht_calls_hedge_ms(&dht->calls);
    }
    /* From then on nobody is asked, whomever the answers under way may name. */
    if (ask->settle_at != VC_NEVER) {
        if (!vc_dht_walks_are_waiting(dht, ask) || ask->settle_at <= now->mono) {
            end(dht, now, ask, VC_OK);
        }
        return;
    }
    if (!vc_dht_walks_are_over(dht, ask)) {
        return;
    }
    if (ask->asked > 0) {
        vc_dht_walks_widen(dht, ask);
    }
    if (!vc_dht_walks_are_over(dht, ask)) {
        return;
    }
    if (vc_dht_walks_ask_again(dht, ask) && !vc_dht_walks_are_over(dht, ask)) {
        return;
    }
    if (vc_dht_walks_answered(dht, ask) > 0) {
        vc_dht_walks_learn(dht, now, ask);
        end(dht, now, ask, VC_ERR_NOT_FOUND);
    } else if (dht->is_joined) {
        end(dht, now, ask, VC_ERR_NO_NETWORK);
    }
}

/* Is the put into one network over: nothing of it is under way, or will be? */
static bool is_put(const struct vc_dht *dht, const struct vc_dht_ask *ask,
                   unsigned family)
{
    const struct vc_dht_walk *walk = &ask->walks[family];
    /* While fewer than twelve hold it those that are late are waited for: they may be only slow,
     * and all there are may be more than have answered. */
    bool is_over = vc_dht_walk_put_count(walk, VC_DHT_PUT_HELD) >= VC_DHT_REPLICAS
                       ? vc_dht_lookup_is_settled(&walk->lookup)
                       : vc_dht_lookup_is_over(&walk->lookup);

    return !walk->is_on || (is_over && !wants_more(dht, ask, family) &&
                            vc_dht_walk_put_count(walk, VC_DHT_PUT_SENT) == 0);
}

/* Twelve hold it, in each of the networks; or all that there are. */
static bool is_held(const struct vc_dht *dht, const struct vc_dht_ask *ask)
{
    bool is_held_somewhere = false;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        const struct vc_dht_walk *walk = &ask->walks[i];
        unsigned held = vc_dht_walk_put_count(walk, VC_DHT_PUT_HELD);

        if (held < VC_DHT_REPLICAS &&
            !(is_put(dht, ask, i) && held == vc_dht_walk_answered(walk))) {
            return false;
        }
        is_held_somewhere = is_held_somewhere || held > 0;
    }
    return is_held_somewhere;
}

static void judge_put(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_dht_ask *ask)
{
    if (vc_dht_walks_are_over(dht, ask) && vc_dht_walks_answered(dht, ask) == 0) {
        if (dht->is_joined) {
            end(dht, now, ask, VC_ERR_NO_NETWORK);
            ask->ends_at = now->mono;
        }
        return;
    }
    if (is_held(dht, ask)) {
        end(dht, now, ask, VC_OK);
    }
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (!is_put(dht, ask, i)) {
            return;
        }
    }
    end(dht, now, ask, VC_ERR_TIMEOUT);
    vc_dht_walks_doubt_size(dht, now, ask);
    /* Nothing of it is under way any more. */
    ask->ends_at = now->mono;
}

static void judge(struct vc_dht *dht, const struct vc_now *now, struct vc_dht_ask *ask)
{
    switch (ask->kind) {
    case VC_DHT_ASK_GET:
        judge_get(dht, now, ask);
        break;
    case VC_DHT_ASK_PUT:
        judge_put(dht, now, ask);
        break;
    case VC_DHT_ASK_WALK:
        if (vc_dht_walks_are_over(dht, ask)) {
            if (!vc_dht_introductions_is_walk(dht, ask)) {
                vc_dht_walks_learn(dht, now, ask);
            }
            end(dht, now, ask, VC_OK);
        }
        break;
    case VC_DHT_ASK_FREE:
        break;
    }
}

/* It may be over at once, as nobody is known. */
void vc_dht_ask_start(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_dht_ask *ask, uint8_t wanted)
{
    vc_dht_walks_begin(dht, ask, wanted);
    judge(dht, now, ask);
}

void vc_dht_asks_end_keep(struct vc_dht *dht, const struct vc_now *now, uint32_t keep)
{
    for (uint32_t i = 0; i + 1 < dht->asks_count; i++) {
        struct vc_dht_ask *ask = vc_dht_ask_at(dht, i);

        if (ask->kind != VC_DHT_ASK_PUT || ask->keep != keep) {
            continue;
        }
        if (ask->is_over_told) {
            free_ask(dht, ask);
            continue;
        }
        for (unsigned family = 0; family < vc_dht_family_count(dht); family++) {
            vc_dht_calls_disown(&dht->calls, owner_of(dht, ask, family));
            vc_dht_wishes_drop(dht, owner_of(dht, ask, family));
            ask->walks[family].is_on = false;
        }
        end(dht, now, ask, VC_ERR_TIMEOUT);
        ask->ends_at = now->mono;
    }
}

/* ---- what became of requests ---- */

static struct vc_dht_ask *ask_of(struct vc_dht *dht, const struct vc_dht_call *call)
{
    return vc_dht_ask_at(dht, call->owner / VC_DHT_FAMILIES);
}

static struct vc_dht_walk *walk_of(struct vc_dht *dht, const struct vc_dht_call *call)
{
    return &ask_of(dht, call)->walks[call->owner % VC_DHT_FAMILIES];
}

/* Does it concern who holds the record, not who is near? */
static bool is_of_put(const struct vc_dht_call *call)
{
    return call->type == VC_DHT_PUT || call->type == VC_DHT_REFRESH;
}

static void put_answered(struct vc_dht *dht, const struct vc_dht_call *call,
                         const struct vc_dht_answer *answer)
{
    struct vc_dht_ask *ask = ask_of(dht, call);
    struct vc_dht_walk *walk = walk_of(dht, call);
    bool has_it = answer->hold == VC_DHT_HOLD_YES || answer->hold == VC_DHT_HOLD_NEWER;

    walk->put[call->slot] = has_it ? VC_DHT_PUT_HELD
                            : call->type == VC_DHT_REFRESH
                                ? VC_DHT_PUT_NONE /* so it gets it */
                                : VC_DHT_PUT_FAILED;
    if (has_it) {
        vc_dht_keep_insert(dht, ask->keep, &call->to);
    }
}

void vc_dht_ask_answered(struct vc_dht *dht, const struct vc_now *now,
                         const struct vc_dht_call *call,
                         const struct vc_dht_answer *answer)
{
    struct vc_dht_ask *ask = ask_of(dht, call);

    if (ask->kind == VC_DHT_ASK_FREE) {
        return;
    }
    if (is_of_put(call)) {
        put_answered(dht, call, answer);
    } else {
        vc_dht_lookup_answered(&walk_of(dht, call)->lookup, (uint8_t)call->slot,
                               answer->contacts, answer->contact_count);
        if (call->type == VC_DHT_GET) {
            vc_dht_value_answered(dht, now, ask, call, answer);
        }
    }
    judge(dht, now, ask);
}

void vc_dht_ask_late(struct vc_dht *dht, const struct vc_now *now,
                     const struct vc_dht_call *call)
{
    struct vc_dht_ask *ask = ask_of(dht, call);
    struct vc_dht_walk *walk = walk_of(dht, call);

    if (ask->kind == VC_DHT_ASK_FREE) {
        return;
    }
    if (!is_of_put(call)) {
        vc_dht_lookup_late(&walk->lookup, (uint8_t)call->slot);
    } else if (walk->put[call->slot] == VC_DHT_PUT_SENT &&
               walk->tries[call->slot] < VC_DHT_PUT_TRIES) {
        walk->put[call->slot] = VC_DHT_PUT_NONE; /* it is sent again */
    }
    judge(dht, now, ask);
}

void vc_dht_ask_failed(struct vc_dht *dht, const struct vc_now *now,
                       const struct vc_dht_call *call)
{
    struct vc_dht_ask *ask = ask_of(dht, call);
    struct vc_dht_walk *walk = walk_of(dht, call);

    if (ask->kind == VC_DHT_ASK_FREE) {
        return;
    }
    if (!is_of_put(call)) {
        vc_dht_lookup_failed(&walk->lookup, (uint8_t)call->slot);
    } else if (walk->put[call->slot] == VC_DHT_PUT_SENT &&
               (walk->tries[call->slot] >= VC_DHT_PUT_TRIES || !call->is_late)) {
        /* Of a late one another may be under way. */
        walk->put[call->slot] = VC_DHT_PUT_FAILED;
    }
    judge(dht, now, ask);
}

void vc_dht_asks_seed(struct vc_dht *dht)
{
    for (uint32_t i = 0; i < dht->asks_count; i++) {
        struct vc_dht_ask *ask = vc_dht_ask_at(dht, i);

        if (ask->kind != VC_DHT_ASK_FREE && !ask->is_over) {
            vc_dht_walks_reseed(dht, ask);
        }
    }
}

/* ---- the turn ---- */

void vc_dht_asks_tick(struct vc_dht *dht, const struct vc_now *now)
{
    for (uint32_t i = 0; i < dht->asks_count; i++) {
        struct vc_dht_ask *ask = vc_dht_ask_at(dht, i);

        if (ask->kind == VC_DHT_ASK_FREE) {
            continue;
        }
        judge(dht, now, ask);
        if (ask->kind == VC_DHT_ASK_FREE || ask->ends_at > now->mono) {
            continue;
        }
        if (!ask->is_over) {
            end(dht, now, ask,
                ask->has_value                         ? VC_OK
                : vc_dht_walks_answered(dht, ask) == 0 ? VC_ERR_NO_NETWORK
                : ask->kind == VC_DHT_ASK_PUT          ? VC_ERR_TIMEOUT
                                                       : VC_ERR_NOT_FOUND);
        }
        if (ask->kind != VC_DHT_ASK_FREE && ask->is_over_told) {
            free_ask(dht, ask);
        }
    }
}

vc_ms vc_dht_asks_due(const struct vc_dht *dht)
{
    vc_ms due = VC_NEVER;

    for (uint32_t i = 0; i < dht->asks_count; i++) {
        const struct vc_dht_ask *ask = vc_dht_ask_at(dht, i);

        if (ask->kind == VC_DHT_ASK_FREE) {
            continue;
        }
        due = vc_ms_min(due, ask->ends_at);
        if (!ask->is_over) {
            due = vc_ms_min(due, ask->settle_at);
        }
    }
    return due;
}

static void tell_over(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_dht_ask *ask, struct vc_dht_output *output)
{
    output->kind = VC_DHT_DONE;
    output->reason = ask->reason;
    output->asked = ask->asked;
    output->took_ms = (uint32_t)(now->mono - ask->began_at);
    if (ask->kind == VC_DHT_ASK_PUT) {
        output->holders = vc_dht_keep_holders(&dht->keeps[ask->keep]);
    }
    ask->is_over_told = true;
    /* A put goes on with what is under way, so that its keep learns of every holder. */
    if (ask->kind == VC_DHT_ASK_GET || ask->ends_at <= now->mono) {
        free_ask(dht, ask);
    }
}

bool vc_dht_asks_tell(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_dht_output *ret_output)
{
    for (uint32_t i = 0; i + 1 < dht->asks_count; i++) {
        struct vc_dht_ask *ask = vc_dht_ask_at(dht, i);
        struct vc_dht_output output = {.ask = ask->id, .place = ask->place};

        if (ask->kind == VC_DHT_ASK_FREE) {
            continue;
        }
        if (ask->is_value_untold) {
            ask->is_value_untold = false;
            output.kind = VC_DHT_FOUND;
            output.bytes =
                (struct vc_bytes){vc_dht_value_of(dht, ask).data, VC_DHT_RECORD_LEN};
        } else if (ask->is_over && !ask->is_over_told) {
            tell_over(dht, now, ask, &output);
        } else {
            continue;
        }
        *ret_output = output;
        return true;
    }
    return false;
}
