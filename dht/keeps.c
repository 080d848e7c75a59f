/* Own records: put, and kept alive at those who hold them. */
#include <string.h>

#include "dht/machine.h"

static struct vc_dht_keep *find_keep(struct vc_dht *dht, const struct vc_hash32 *place)
{
    for (uint32_t i = 0; i < dht->cfg.keeps_max; i++) {
        if (dht->keeps[i].is_used &&
            vc_equal(dht->keeps[i].place.b, place->b, sizeof place->b)) {
            return &dht->keeps[i];
        }
    }
    return NULL;
}

static struct vc_dht_keep *free_keep(struct vc_dht *dht)
{
    for (uint32_t i = 0; i < dht->cfg.keeps_max; i++) {
        if (!dht->keeps[i].is_used) {
            return &dht->keeps[i];
        }
    }
    return NULL;
}

/* An hour, give or take a fifth, so that nobody's records are due together. */
static vc_ms next_refresh(struct vc_dht *dht, const struct vc_now *now)
{
    uint32_t fifth = (uint32_t)(VC_DHT_REFRESH_MS / 5);

    return now->mono + VC_DHT_REFRESH_MS - fifth + vc_rng_below(&dht->rng, 2 * fifth);
}

static uint32_t index_of(const struct vc_dht *dht, const struct vc_dht_keep *keep)
{
    return (uint32_t)(keep - dht->keeps);
}

/* Forgets what its holders are being asked. */
static void disown(struct vc_dht *dht, const struct vc_dht_keep *keep)
{
    uint16_t owner = (uint16_t)(VC_DHT_OWNER_KEEP + index_of(dht, keep));

    vc_dht_calls_disown(&dht->calls, owner);
    vc_dht_wishes_drop(dht, owner);
}

/* @is_over_told: nobody asked for this one. */
static struct vc_dht_ask *begin_put(struct vc_dht *dht, const struct vc_now *now,
                                    struct vc_dht_keep *keep, bool is_over_told)
{
    struct vc_dht_ask *ask =
        vc_dht_ask_begin(dht, now, VC_DHT_ASK_PUT, vc_dht_place_id(&keep->place));

    if (ask == NULL) {
        return NULL;
    }
    disown(dht, keep);
    keep->is_putting = true;
    keep->due_at = VC_NEVER;
    keep->wanted = keep->waiting = keep->rounds = 0;
    for (uint8_t i = 0; i < keep->holder_count; i++) {
        keep->holders[i].has_it = false;
        keep->holders[i].state = VC_DHT_HOLDER_IDLE;
    }
    ask->place = keep->place;
    ask->keep = index_of(dht, keep);
    ask->is_over_told = is_over_told;
    ask->asks_first = is_over_told && keep->failures == 0; /* most of them hold it */
    vc_dht_ask_start(dht, now, ask, VC_DHT_REPLICAS);
    return ask;
}

static void drop_keep(struct vc_dht *dht, struct vc_dht_keep *keep)
{
    vc_dht_asks_drop_keep(dht, index_of(dht, keep));
    disown(dht, keep);
    memset(keep, 0, sizeof *keep);
}

vc_err vc_dht_publish(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_bytes bytes, uint32_t *ret_ask)
{
    struct vc_dht_record record;
    struct vc_hash32 place;
    struct vc_dht_keep *keep;
    struct vc_dht_ask *ask;

    if (vc_dht_record_read(bytes, &record) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    vc_dht_record_place(&place, &record);
    keep = find_keep(dht, &place);
    if (keep == NULL) {
        keep = free_keep(dht);
    }
    /* What is kept alive already stays so when there is no place for the put. */
    if (keep == NULL || !vc_dht_asks_have_room(dht, index_of(dht, keep))) {
        return VC_ERR_FULL;
    }
    vc_dht_asks_end_keep(dht, now, index_of(dht, keep));
    keep->is_used = true;
    keep->is_untold = false;
    keep->expiry = record.expiry;
    keep->seq = record.seq;
    keep->place = place;
    keep->failures = 0;
    keep->due_at = now->mono;
    memcpy(keep->record, bytes.data, sizeof keep->record);
    ask = begin_put(dht, now, keep, false);
    VC_CHECK(ask != NULL);
    *ret_ask = ask->id;
    return VC_OK;
}

void vc_dht_withdraw(struct vc_dht *dht, const struct vc_hash32 *place)
{
    struct vc_dht_keep *keep = find_keep(dht, place);

    if (keep != NULL) {
        drop_keep(dht, keep);
    }
}

/* Those of one family that have it. */
static uint8_t count_holders(const struct vc_dht_keep *keep, unsigned family)
{
    uint8_t count = 0;

    for (uint8_t i = 0; i < keep->holder_count; i++) {
        const struct vc_dht_holder *holder = &keep->holders[i];

        count = (uint8_t)(count + (holder->has_it &&
                                   vc_dht_family_of(&holder->contact.addr) == family));
    }
    return count;
}

uint8_t vc_dht_keep_holders(const struct vc_dht_keep *keep)
{
    return (uint8_t)(count_holders(keep, 0) + count_holders(keep, 1));
}

/* Have so many that no lookup is needed, wherever somebody is known? */
static bool has_enough(const struct vc_dht *dht, const struct vc_dht_keep *keep)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (dht->families[i].table.count > 0 &&
            count_holders(keep, i) < VC_DHT_HOLDERS_MIN) {
            return false;
        }
    }
    return true;
}

static void remove_those_without(struct vc_dht_keep *keep)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < keep->holder_count; i++) {
        if (keep->holders[i].has_it) {
            keep->holders[kept++] = keep->holders[i];
        }
    }
    keep->holder_count = kept;
}

/* Is it the same node over the same family? */
static bool is_holder(const struct vc_dht_holder *holder,
                      const struct vc_dht_contact *contact)
{
    return holder->contact.addr.family == contact->addr.family &&
           vc_equal(holder->contact.key.b, contact->key.b, sizeof contact->key.b);
}

void vc_dht_keep_insert(struct vc_dht *dht, uint32_t index,
                        const struct vc_dht_contact *contact)
{
    struct vc_dht_keep *keep = &dht->keeps[index];
    const struct vc_dht_holder holder = {.contact = *contact, .has_it = true};

    for (uint8_t i = 0; i < keep->holder_count; i++) {
        if (is_holder(&keep->holders[i], contact)) {
            keep->holders[i] = holder;
            return;
        }
    }
    if (keep->holder_count == VC_DHT_REPLICAS_MAX) {
        remove_those_without(keep);
    }
    /* No family takes the places of the other. */
    if (keep->holder_count < VC_DHT_REPLICAS_MAX &&
        count_holders(keep, vc_dht_family_of(&contact->addr)) <
            VC_DHT_REPLICAS_MAX / vc_dht_family_count(dht)) {
        keep->holders[keep->holder_count++] = holder;
    }
}

/* ---- growth ---- */

static void note_sizes(const struct vc_dht *dht, struct vc_dht_keep *keep)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        keep->sizes[i] = dht->families[i].size;
    }
}

static bool is_outgrown(const struct vc_dht *dht, const struct vc_dht_keep *keep)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        uint64_t nodes = vc_dht_size_nodes(&keep->sizes[i]);

        if (nodes > 0 &&
            vc_dht_size_nodes(&dht->families[i].size) / VC_DHT_OUTGROWN > nodes) {
            return true;
        }
    }
    return false;
}

/* Where the network has grown so much, others are near the place now, and whoever looks for the
 * record asks them: it is not left to the hourly round. */
static void follow_growth(struct vc_dht *dht, const struct vc_now *now,
                          struct vc_dht_keep *keep)
{
    if (is_outgrown(dht, keep)) {
        note_sizes(dht, keep);
        keep->rounds = VC_DHT_REFRESHES_PER_PUT;
        keep->due_at = now->mono;
    }
}

void vc_dht_keep_over(struct vc_dht *dht, const struct vc_now *now, uint32_t index,
                      vc_err reason)
{
    struct vc_dht_keep *keep = &dht->keeps[index];
    vc_ms wait = VC_DHT_PUT_AGAIN_MS;

    keep->is_putting = false;
    keep->is_untold = true;
    note_sizes(dht, keep);
    if (reason == VC_OK) {
        keep->failures = 0;
        keep->due_at = next_refresh(dht, now);
        return;
    }
    wait <<= keep->failures < 6 ? keep->failures++ : 6;
    keep->due_at = now->mono + wait + vc_rng_below(&dht->rng, (uint32_t)wait);
}

/* ---- refreshing ---- */

static void begin_refresh(struct vc_dht_keep *keep)
{
    remove_those_without(keep);
    keep->rounds++;
    keep->due_at = VC_NEVER;
    keep->wanted = keep->holder_count;
    keep->waiting = 0;
    for (uint8_t i = 0; i < keep->holder_count; i++) {
        keep->holders[i].state = VC_DHT_HOLDER_REFRESH;
        keep->holders[i].has_it = false;
    }
}

static void judge_refresh(struct vc_dht *dht, const struct vc_now *now,
                          struct vc_dht_keep *keep)
{
    if (keep->wanted > 0 || keep->waiting > 0 || keep->is_putting) {
        return;
    }
    keep->is_untold = true;
    keep->due_at = has_enough(dht, keep) ? next_refresh(dht, now) : now->mono;
}

bool vc_dht_keeps_are_hungry(const struct vc_dht *dht)
{
    for (uint32_t i = 0; i < dht->cfg.keeps_max; i++) {
        if (dht->keeps[i].wanted > 0) {
            return true;
        }
    }
    return false;
}

static bool next_of_keep(struct vc_dht *dht, uint32_t index,
                         struct vc_dht_wish *ret_wish)
{
    struct vc_dht_keep *keep = &dht->keeps[index];

    for (uint8_t i = 0; keep->wanted > 0 && i < keep->holder_count; i++) {
        struct vc_dht_holder *holder = &keep->holders[i];

        if (holder->state == VC_DHT_HOLDER_REFRESH ||
            holder->state == VC_DHT_HOLDER_PUT) {
            *ret_wish = (struct vc_dht_wish){
                .to = holder->contact,
                .type =
                    holder->state == VC_DHT_HOLDER_PUT ? VC_DHT_PUT : VC_DHT_REFRESH,
                .owner = (uint16_t)(VC_DHT_OWNER_KEEP + index),
                .slot = i};
            holder->state = VC_DHT_HOLDER_ASKED;
            keep->wanted--;
            keep->waiting++;
            return true;
        }
    }
    return false;
}

bool vc_dht_keeps_next(struct vc_dht *dht, struct vc_dht_wish *ret_wish)
{
    for (uint32_t i = 0; i < dht->cfg.keeps_max; i++) {
        if (next_of_keep(dht, i, ret_wish)) {
            return true;
        }
    }
    return false;
}

/* The holder that a call was about, which now waits no more; NULL when it is not waited for. */
static struct vc_dht_holder *end_call(struct vc_dht *dht,
                                      const struct vc_dht_call *call)
{
    struct vc_dht_keep *keep = &dht->keeps[call->owner - VC_DHT_OWNER_KEEP];
    struct vc_dht_holder *holder;

    if (call->slot >= keep->holder_count) {
        return NULL;
    }
    holder = &keep->holders[call->slot];
    if (holder->state != VC_DHT_HOLDER_ASKED || !is_holder(holder, &call->to)) {
        return NULL;
    }
    VC_CHECK(keep->is_used && keep->waiting > 0);
    keep->waiting--;
    holder->state = VC_DHT_HOLDER_IDLE;
    return holder;
}

void vc_dht_keep_answered(struct vc_dht *dht, const struct vc_now *now,
                          const struct vc_dht_call *call,
                          const struct vc_dht_answer *answer)
{
    struct vc_dht_keep *keep = &dht->keeps[call->owner - VC_DHT_OWNER_KEEP];
    struct vc_dht_holder *holder = end_call(dht, call);

    if (holder == NULL) {
        return;
    }
    holder->has_it =
        answer->hold == VC_DHT_HOLD_YES || answer->hold == VC_DHT_HOLD_NEWER;
    if (!holder->has_it && call->type == VC_DHT_REFRESH) {
        holder->state = VC_DHT_HOLDER_PUT;
        keep->wanted++;
    }
    judge_refresh(dht, now, keep);
}

void vc_dht_keep_failed(struct vc_dht *dht, const struct vc_now *now,
                        const struct vc_dht_call *call)
{
    struct vc_dht_keep *keep = &dht->keeps[call->owner - VC_DHT_OWNER_KEEP];

    if (end_call(dht, call) != NULL) {
        judge_refresh(dht, now, keep);
    }
}

/* ---- the turn ---- */

static void tick_keep(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_dht_keep *keep)
{
    if (vc_dht_date(dht, now) / 1000 >= keep->expiry) {
        drop_keep(dht, keep);
        return;
    }
    if (keep->rounds + 1 < VC_DHT_REFRESHES_PER_PUT && keep->failures == 0 &&
        has_enough(dht, keep)) {
        begin_refresh(keep);
        return;
    }
    if (begin_put(dht, now, keep, true) == NULL) {
        keep->due_at = now->mono + VC_DHT_PUT_AGAIN_MS; /* every place is taken */
    }
}

void vc_dht_keeps_tick(struct vc_dht *dht, const struct vc_now *now)
{
    for (uint32_t i = 0; i < dht->cfg.keeps_max; i++) {
        struct vc_dht_keep *keep = &dht->keeps[i];

        /* What came of the last time is told before it is forgotten. */
        if (!keep->is_used || keep->is_putting || keep->is_untold) {
            continue;
        }
        follow_growth(dht, now, keep);
        if (keep->due_at <= now->mono) {
            tick_keep(dht, now, keep);
        }
    }
}

vc_ms vc_dht_keeps_due(const struct vc_dht *dht)
{
    vc_ms due = VC_NEVER;

    for (uint32_t i = 0; i < dht->cfg.keeps_max; i++) {
        if (dht->keeps[i].is_used && !dht->keeps[i].is_putting) {
            due = vc_ms_min(due, dht->keeps[i].due_at);
        }
    }
    return due;
}

bool vc_dht_keeps_tell(struct vc_dht *dht, struct vc_dht_output *ret_output)
{
    for (uint32_t i = 0; i < dht->cfg.keeps_max; i++) {
        struct vc_dht_keep *keep = &dht->keeps[i];

        if (keep->is_used && keep->is_untold) {
            keep->is_untold = false;
            *ret_output = (struct vc_dht_output){.kind = VC_DHT_KEPT,
                                                 .place = keep->place,
                                                 .holders = vc_dht_keep_holders(keep)};
            return true;
        }
    }
    return false;
}
