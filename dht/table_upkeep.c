/* What keeps the routing table fresh: whom to ping, and which bucket to look into, when. */
#include "dht/table_parts.h"

/* Somebody to be pinged, not before @at; VC_NEVER: nobody. */
struct wish {
    vc_ms at;
    uint32_t index;
};

static const struct wish nobody = {VC_NEVER, 0};

static struct wish not_before(struct wish wish, vc_ms at)
{
    if (wish.at != VC_NEVER && wish.at < at) {
        wish.at = at;
    }
    return wish;
}

/*
 * Silence: is it he whom we asked, or we?  Those heard most recently will tell, each once; then
 * whoever was not asked for longest.  The longer it lasts the more seldom.
 */
static struct wish probe(const struct vc_dht_table *table)
{
    uint32_t since = vc_dht_seconds(table->asked_at);
    uint32_t best = table->count, idle = 0;
    struct wish wish;
    vc_ms wait = 0;

    if (table->asked_at == VC_NEVER || table->count == 0) {
        return nobody;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        const struct vc_dht_entry *entry = &table->entries[i];

        if (entry->standing == VC_DHT_GOOD && entry->pinged_at < since &&
            (best == table->count || entry->heard_at > table->entries[best].heard_at)) {
            best = i;
        }
        if (entry->pinged_at < table->entries[idle].pinged_at) {
            idle = i;
        }
    }
    if (table->pinged_at > table->asked_at) {
        wait =
            vc_ms_min((table->pinged_at - table->asked_at) / 4, VC_DHT_PING_EVERY_MS);
    }
    wish = (struct wish){table->asked_at + VC_DHT_PROBE_MS,
                         best < table->count ? best : idle};
    return not_before(wish, table->pinged_at + wait);
}

static struct wish suspect(const struct vc_dht_table *table)
{
    struct wish wish = nobody;

    for (uint32_t i = 0; i < table->count; i++) {
        const struct vc_dht_entry *entry = &table->entries[i];
        uint32_t tried = entry->pinged_at;
        vc_ms at;

        if (entry->standing == VC_DHT_GOOD || entry->standing == VC_DHT_CONDEMNED) {
            continue;
        }
        if (entry->standing == VC_DHT_FAILED && entry->failed_at > tried) {
            tried = entry->failed_at;
        }
        at = tried == 0 ? 0 : vc_dht_seconds_ms(tried) + VC_DHT_FAILURES_APART_MS;
        if (at < wish.at) {
            wish = (struct wish){at, i};
        }
    }
    return wish;
}

/* The newest spare that would find room without anybody giving way. */
static struct wish spare(struct vc_dht_table *table, vc_ms now)
{
    if (!table->has_openings) {
        return nobody;
    }
    for (uint32_t i = table->spares.count; i-- > 0;) {
        uint32_t victim;

        if (vc_dht_table_has_room(table, now, table->spares.ids[i],
                                  &table->spares.contacts[i].addr, &victim) &&
            victim == table->count) {
            return (struct wish){0, i};
        }
    }
    table->has_openings = false;
    return nobody;
}

static struct wish unheard(const struct vc_dht_table *table)
{
    vc_ms patience = table->ping_every_ms * (VC_DHT_UNHEARD_MS / VC_DHT_PING_EVERY_MS);
    struct wish wish = nobody;

    for (uint32_t i = 0; i < table->count; i++) {
        const struct vc_dht_entry *entry = &table->entries[i];
        struct wish this = {vc_dht_seconds_ms(entry->heard_at) + patience, i};

        if (entry->standing == VC_DHT_GOOD) {
            this = not_before(this, vc_dht_seconds_ms(entry->pinged_at) +
                                        VC_DHT_FAILURES_APART_MS);
            wish = this.at < wish.at ? this : wish;
        }
    }
    return not_before(wish, table->pinged_at + table->ping_every_ms);
}

/* In the order in which they come first. */
enum { PROBE, SUSPECT, SPARE, UNHEARD, KINDS };

static void wish_all(struct vc_dht_table *table, vc_ms now,
                     struct wish ret_wishes[KINDS])
{
    vc_ms free_at = table->burst > 0 ? 0 : table->pinged_at + VC_DHT_PING_SOON_MS;
    bool is_quiet = table->is_of_client || vc_dht_table_is_in_doubt(table, now);

    ret_wishes[PROBE] = not_before(probe(table), free_at);
    ret_wishes[SUSPECT] = is_quiet ? nobody : not_before(suspect(table), free_at);
    ret_wishes[SPARE] = is_quiet ? nobody : not_before(spare(table, now), free_at);
    ret_wishes[UNHEARD] = is_quiet ? nobody : unheard(table);
}

bool vc_dht_table_ping(struct vc_dht_table *table, vc_ms now,
                       struct vc_dht_contact *ret_contact)
{
    struct wish wishes[KINDS];
    unsigned kind = 0;

    if (now < table->ping_due_at) {
        return false;
    }
    wish_all(table, now, wishes);
    while (kind < KINDS && wishes[kind].at > now) {
        kind++;
    }
    if (kind == KINDS) {
        table->ping_due_at = vc_ms_min(vc_ms_min(wishes[PROBE].at, wishes[SUSPECT].at),
                                       vc_ms_min(wishes[SPARE].at, wishes[UNHEARD].at));
        return false;
    }
    if (table->burst > 0) {
        table->burst--;
    }
    table->pinged_at = now;
    table->ping_due_at = table->burst > 0 ? now : now + VC_DHT_PING_SOON_MS;
    if (kind == SPARE) {
        *ret_contact = table->spares.contacts[wishes[kind].index];
        vc_dht_spares_remove(&table->spares, wishes[kind].index);
        return true;
    }
    if (kind == UNHEARD) {
        table->ping_every_ms =
            (uint32_t)vc_ms_min(2 * (vc_ms)table->ping_every_ms, VC_DHT_PING_EVERY_MS);
    }
    table->entries[wishes[kind].index].pinged_at = vc_dht_seconds(now);
    *ret_contact = table->entries[wishes[kind].index].contact;
    return true;
}

/* The bucket that was not heard of for longest; of the near ones the one heard of last
 * stands for all, as VC_DHT_BUCKETS.  @ret_at: seconds. */
static unsigned stalest(const struct vc_dht_table *table, unsigned near,
                        uint32_t *ret_at)
{
    unsigned found = VC_DHT_BUCKETS;
    uint32_t at = 0;

    for (unsigned b = near; b < VC_DHT_BUCKETS; b++) {
        at = table->bucket_at[b] > at ? table->bucket_at[b] : at;
    }
    for (unsigned b = 0; b < near; b++) {
        if (table->bucket_at[b] < at) {
            at = table->bucket_at[b];
            found = b;
        }
    }
    *ret_at = at;
    return found;
}

bool vc_dht_table_stale(struct vc_dht_table *table, vc_ms now, unsigned *ret_bucket)
{
    unsigned near, bucket;
    uint32_t at;
    vc_ms due_at;

    if (now < table->bucket_due_at) {
        return false;
    }
    if (table->count == 0) {
        table->bucket_due_at = VC_NEVER;
        return false;
    }
    if (vc_dht_table_is_in_doubt(table, now)) {
        table->bucket_due_at = now + VC_DHT_PING_EVERY_MS;
        return false;
    }
    near = vc_dht_table_depth(table);
    bucket = stalest(table, near, &at);
    due_at = at == 0 ? 0 : vc_dht_seconds_ms(at) + VC_DHT_BUCKET_STALE_MS;
    if (due_at < table->looked_at + VC_DHT_PING_EVERY_MS) {
        due_at = table->looked_at + VC_DHT_PING_EVERY_MS;
    }
    if (now < due_at) {
        table->bucket_due_at = due_at;
        return false;
    }
    table->looked_at = now;
    table->bucket_due_at = now + VC_DHT_PING_EVERY_MS;
    table->bucket_at[bucket < VC_DHT_BUCKETS ? bucket : near] = vc_dht_seconds(now);
    *ret_bucket = bucket;
    return true;
}

vc_ms vc_dht_table_due(const struct vc_dht_table *table)
{
    return vc_ms_min(table->ping_due_at, table->bucket_due_at);
}
