#include "dht/table.h"

#include <string.h>

#include "dht/table_parts.h"

size_t vc_dht_table_footprint(uint32_t capacity, uint32_t spares_max)
{
    const struct vc_dht_table *table = NULL;

    return capacity *
               (sizeof *table->ids + sizeof *table->entries + sizeof *table->tags) +
           spares_max * (sizeof *table->spares.ids + sizeof *table->spares.contacts);
}

void vc_dht_table_init(struct vc_dht_table *table, void *mem, uint32_t capacity,
                       uint32_t spares_max, bool is_private)
{
    uint64_t *ids = mem;
    uint64_t *spare_ids = ids + capacity;
    struct vc_dht_entry *entries =
        (struct vc_dht_entry *)(void *)(spare_ids + spares_max);
    uint32_t *tags = (uint32_t *)(void *)(entries + capacity);
    struct vc_dht_contact *spares = (struct vc_dht_contact *)(void *)(tags + capacity);

    VC_CHECK(capacity >= 2 * VC_DHT_NEAR);
    *table = (struct vc_dht_table){.ids = ids,
                                   .tags = tags,
                                   .entries = entries,
                                   .capacity = capacity,
                                   .is_private = is_private,
                                   .ping_every_ms = VC_DHT_PING_EVERY_MS,
                                   .asked_at = VC_NEVER,
                                   .ping_due_at = VC_NEVER,
                                   .bucket_due_at = VC_NEVER};
    vc_dht_spares_init(&table->spares, spare_ids, spares, spares_max);
}

/* ---- who is who ---- */

uint32_t vc_dht_table_tag_of_key(const struct vc_key32 *key)
{
    uint16_t tag;

    memcpy(&tag, key->b, sizeof tag);
    return tag;
}

/* The highest byte of a product depends on all of the number. */
static uint32_t hash_byte(uint64_t number)
{
    return (uint32_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

uint32_t vc_dht_table_tag_of_addr(const struct vc_addr *addr)
{
    uint64_t ip[2];

    memcpy(ip, addr->ip, sizeof ip);
    return hash_byte(vc_dht_prefix_wide(addr)) << 16 |
           hash_byte(ip[0] ^ ip[1] ^ (uint64_t)addr->port << 48) << 24;
}

static uint32_t find(const struct vc_dht_table *table, const struct vc_key32 *key)
{
    uint32_t tag = vc_dht_table_tag_of_key(key);

    for (uint32_t i = 0; i < table->count; i++) {
        if (vc_dht_tags_agree(table->tags[i], tag, VC_DHT_TAG_KEY) &&
            memcmp(table->entries[i].contact.key.b, key->b, sizeof key->b) == 0) {
            return i;
        }
    }
    return table->count;
}

bool vc_dht_table_has(const struct vc_dht_table *table, const struct vc_key32 *key)
{
    return find(table, key) < table->count;
}

static bool is_there(const struct vc_dht_entry *entry, const struct vc_addr *addr)
{
    return vc_addr_equal(&entry->contact.addr, addr);
}

static uint32_t find_at(const struct vc_dht_table *table, const struct vc_addr *addr)
{
    uint32_t tag = vc_dht_table_tag_of_addr(addr);
    uint32_t i = 0;

    while (i < table->count &&
           !(vc_dht_tags_agree(table->tags[i], tag, VC_DHT_TAG_ADDR) &&
             is_there(&table->entries[i], addr))) {
        i++;
    }
    return i;
}

static uint64_t id_of(const struct vc_dht_table *table,
                      const struct vc_dht_contact *contact)
{
    return vc_dht_node_id(&contact->addr, &contact->key, !table->is_private);
}

/* ---- coming and going ---- */

static void look_soon(struct vc_dht_table *table)
{
    table->bucket_due_at = vc_ms_min(
        table->bucket_due_at, vc_ms_after(table->looked_at, VC_DHT_PING_EVERY_MS));
}

/* One of @id has come or gone: which buckets are far and which are near may have changed. */
static void regroup(struct vc_dht_table *table, uint64_t id)
{
    /* Behind the nearest that there are room for everything stays as it is. */
    if (table->count <= VC_DHT_NEAR || vc_dht_table_bucket(table, id) >= table->depth) {
        table->depth = (uint8_t)vc_dht_table_find_depth(table);
    }
    look_soon(table);
}

void vc_dht_table_remove(struct vc_dht_table *table, uint32_t index)
{
    size_t behind = table->count - index - 1;
    uint64_t id = table->ids[index];

    VC_CHECK(index < table->count);
    memmove(&table->ids[index], &table->ids[index + 1], behind * sizeof *table->ids);
    memmove(&table->tags[index], &table->tags[index + 1], behind * sizeof *table->tags);
    memmove(&table->entries[index], &table->entries[index + 1],
            behind * sizeof *table->entries);
    table->count--;
    table->has_openings = true;
    vc_dht_table_hurry(table, vc_ms_after(table->pinged_at, VC_DHT_PING_SOON_MS));
    regroup(table, id);
}

static void append(struct vc_dht_table *table, uint64_t id,
                   const struct vc_dht_entry *entry)
{
    VC_CHECK(table->count < table->capacity);
    table->ids[table->count] = id;
    table->tags[table->count] = vc_dht_table_tag_of_key(&entry->contact.key) |
                                vc_dht_table_tag_of_addr(&entry->contact.addr);
    table->entries[table->count] = *entry;
    table->count++;
    vc_dht_table_hurry(table, vc_ms_after(table->pinged_at, VC_DHT_PING_SOON_MS));
    regroup(table, id);
}

static void wait_as_spare(struct vc_dht_table *table, uint64_t id,
                          const struct vc_dht_contact *contact)
{
    struct vc_dht_contact copy = *contact; /* it may lie where it will be written */

    if (vc_dht_table_is_diverse(table, id, &copy.addr)) {
        vc_dht_spares_put(&table->spares, table->own, id, &copy);
    }
}

static bool insert(struct vc_dht_table *table, vc_ms now, uint64_t id,
                   const struct vc_dht_entry *entry)
{
    uint32_t victim;

    if (!vc_dht_table_has_room(table, now, id, &entry->contact.addr, &victim)) {
        wait_as_spare(table, id, &entry->contact);
        return false;
    }
    if (victim < table->count) {
        vc_dht_table_remove(table, victim);
    }
    append(table, id, entry);
    return true;
}

static void note_bucket(struct vc_dht_table *table, uint64_t id, uint32_t seconds)
{
    uint32_t *at = &table->bucket_at[vc_dht_table_bucket(table, id)];

    *at = *at > seconds ? *at : seconds;
}

void vc_dht_table_set_own(struct vc_dht_table *table, vc_ms now, uint64_t own)
{
    uint32_t count = table->count;
    uint32_t spare_count = table->spares.count;

    table->own = own;
    table->depth = 0;
    memset(table->bucket_at, 0, sizeof table->bucket_at);
    /* The arrays are written again behind where they are read. */
    table->count = 0;
    table->spares.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t id = table->ids[i];
        struct vc_dht_entry entry = table->entries[i];

        if (vc_dht_table_is_diverse(table, id, &entry.contact.addr)) {
            append(table, id, &entry);
            note_bucket(table, id, entry.heard_at);
        }
    }
    for (uint32_t i = 0; i < spare_count; i++) {
        wait_as_spare(table, table->spares.ids[i], &table->spares.contacts[i]);
    }
    table->has_openings = true;
    vc_dht_table_hurry(table, now);
}

/* ---- what is heard of them ---- */

static void revive(struct vc_dht_table *table, vc_ms now, uint32_t index)
{
    struct vc_dht_entry *entry = &table->entries[index];

    entry->standing = VC_DHT_GOOD;
    entry->heard_at = vc_dht_seconds(now);
    note_bucket(table, table->ids[index], entry->heard_at);
}

bool vc_dht_table_heard(struct vc_dht_table *table, vc_ms now,
                        const struct vc_dht_contact *contact)
{
    uint32_t index = find(table, &contact->key);
    struct vc_dht_entry entry = {.contact = *contact, .heard_at = vc_dht_seconds(now)};
    uint64_t id;

    if (index < table->count && is_there(&table->entries[index], &contact->addr)) {
        revive(table, now, index);
        vc_dht_table_answered(table, now);
        return true;
    }
    vc_dht_table_answered(table, now);
    index = find(table, &contact->key);
    if (index < table->count) {
        if (!is_there(&table->entries[index], &contact->addr) &&
            !vc_dht_entry_has_failed(&table->entries[index])) {
            return false;
        }
        vc_dht_table_remove(table, index);
    }
    index = find_at(table, &contact->addr);
    if (index < table->count) {
        vc_dht_table_remove(table, index);
    }
    vc_dht_spares_remove_key(&table->spares, &contact->key);
    id = id_of(table, contact);
    if (!insert(table, now, id, &entry)) {
        return false;
    }
    note_bucket(table, id, entry.heard_at);
    return true;
}

void vc_dht_table_restore(struct vc_dht_table *table, vc_ms now,
                          const struct vc_dht_contact *contact, bool is_fresh)
{
    struct vc_dht_entry entry = {.contact = *contact,
                                 .standing = is_fresh ? VC_DHT_GOOD : VC_DHT_UNSURE,
                                 .heard_at = vc_dht_seconds(now)};
    uint64_t id = id_of(table, contact);
    uint32_t victim;

    if (find(table, &contact->key) == table->count &&
        find_at(table, &contact->addr) == table->count &&
        vc_dht_table_has_room(table, now, id, &contact->addr, &victim) &&
        victim == table->count) {
        append(table, id, &entry);
    }
}

bool vc_dht_table_take_gone(struct vc_dht_table *table,
                            struct vc_dht_contact *ret_contact)
{
    if (table->gone.addr.family == 0) {
        return false;
    }
    *ret_contact = table->gone;
    table->gone.addr.family = 0;
    return true;
}

void vc_dht_table_seen(struct vc_dht_table *table, vc_ms now,
                       const struct vc_dht_contact *contact)
{
    uint32_t index = find(table, &contact->key);

    if (index < table->count && is_there(&table->entries[index], &contact->addr) &&
        !vc_dht_entry_has_failed(&table->entries[index])) {
        revive(table, now, index);
    }
}

bool vc_dht_table_wants(struct vc_dht_table *table, vc_ms now,
                        const struct vc_dht_contact *contact)
{
    uint32_t index = find(table, &contact->key);
    uint32_t victim;
    uint64_t id;

    if (index < table->count) {
        /* Has it moved? */
        return !is_there(&table->entries[index], &contact->addr) &&
               vc_dht_entry_has_failed(&table->entries[index]);
    }
    id = id_of(table, contact);
    vc_dht_spares_remove_key(&table->spares, &contact->key);
    if (find_at(table, &contact->addr) < table->count || /* another is no more there */
        vc_dht_table_has_room(table, now, id, &contact->addr, &victim)) {
        return true;
    }
    wait_as_spare(table, id, contact);
    return false;
}

void vc_dht_table_failed(struct vc_dht_table *table, vc_ms now,
                         const struct vc_dht_contact *contact)
{
    uint32_t index = find(table, &contact->key);
    uint32_t seconds = vc_dht_seconds(now);
    struct vc_dht_entry *entry;

    if (index == table->count || !is_there(&table->entries[index], &contact->addr)) {
        return;
    }
    entry = &table->entries[index];
    if (!vc_dht_entry_has_failed(entry)) {
        entry->standing = VC_DHT_FAILED;
        entry->failed_at = seconds;
        table->ping_every_ms = VC_DHT_PING_SOON_MS;
    } else if (seconds - entry->failed_at >= VC_DHT_FAILURES_APART_MS / 1000) {
        entry->standing = VC_DHT_CONDEMNED;
    }
    table->is_unsettled = true;
    vc_dht_table_hurry(table, vc_ms_after(table->pinged_at, VC_DHT_PING_SOON_MS));
    if (table->asked_at == VC_NEVER) {
        /* Somebody has answered since this one was asked: it is not we. */
        vc_dht_table_answered(table, now);
    }
}

void vc_dht_table_suspect_all(struct vc_dht_table *table, vc_ms now)
{
    for (uint32_t i = 0; i < table->count; i++) {
        table->entries[i].standing = VC_DHT_UNSURE;
        table->entries[i].pinged_at = 0;
    }
    table->burst = VC_DHT_PING_BURST;
    vc_dht_table_hurry(table, now);
}

/* ---- our own uplink ---- */

bool vc_dht_table_is_in_doubt(const struct vc_dht_table *table, vc_ms now)
{
    return table->asked_at != VC_NEVER && now >= table->asked_at + VC_DHT_DOUBT_MS;
}

void vc_dht_table_asked(struct vc_dht_table *table, vc_ms now)
{
    if (table->asked_at == VC_NEVER) {
        table->asked_at = now;
        vc_dht_table_hurry(table, vc_ms_after(now, VC_DHT_PROBE_MS));
    }
}

/* After a silence that puts us in doubt: what was held against nodes in it is void. */
static void pardon(struct vc_dht_table *table)
{
    uint32_t since = vc_dht_seconds(table->asked_at);

    for (uint32_t i = 0; i < table->count; i++) {
        struct vc_dht_entry *entry = &table->entries[i];

        if (vc_dht_entry_has_failed(entry)) {
            entry->standing = entry->failed_at >= since ? VC_DHT_UNSURE : VC_DHT_FAILED;
        }
    }
}

static void put_out_condemned(struct vc_dht_table *table)
{
    for (uint32_t i = table->count; i-- > 0;) {
        if (table->entries[i].standing == VC_DHT_CONDEMNED) {
            table->gone = table->entries[i].contact;
            vc_dht_table_remove(table, i);
        }
    }
}

void vc_dht_table_answered(struct vc_dht_table *table, vc_ms now)
{
    if (vc_dht_table_is_in_doubt(table, now)) {
        pardon(table);
        vc_dht_table_hurry(table, now);
        look_soon(table);
    } else if (table->is_unsettled) {
        put_out_condemned(table);
    }
    table->is_unsettled = false;
    table->asked_at = VC_NEVER;
}
