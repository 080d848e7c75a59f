/* How a node gets in, and stays in: doors, walks of its own, saved tables, lost nodes. */
#include <string.h>

#include "dht/machine.h"

#define SAVED_VERSION 1

static bool knows_somebody(const struct vc_dht *dht)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (dht->families[i].is_on && vc_dht_table_good(&dht->families[i].table) > 0) {
            return true;
        }
    }
    return false;
}

/* ---- doors ---- */

static struct vc_dht_door *enter(struct vc_dht *dht, const struct vc_now *now,
                                 const struct vc_addr *addr, const struct vc_key32 *key)
{
    struct vc_dht_door *door = &dht->doors[dht->door_next];

    if (!vc_addr_is_usable(addr) || !vc_dht_has_family(dht, addr)) {
        return NULL;
    }
    for (uint32_t i = 0; i < dht->cfg.doors_max; i++) {
        if (dht->doors[i].is_used && vc_addr_equal(&dht->doors[i].addr, addr)) {
            door = &dht->doors[i];
        }
    }
    if (door == &dht->doors[dht->door_next]) {
        dht->door_next = (dht->door_next + 1) % dht->cfg.doors_max;
    }
    *door = (struct vc_dht_door){
        .is_used = true, .has_key = key != NULL, .addr = *addr, .due_at = now->mono};
    if (key != NULL) {
        door->key = *key;
    }
    return door;
}

void vc_dht_enter(struct vc_dht *dht, const struct vc_now *now,
                  const struct vc_addr *addr, const struct vc_key32 *key)
{
    (void)enter(dht, now, addr, key);
}

/* The door that is due first; NULL when there is none. */
static struct vc_dht_door *first_door(const struct vc_dht *dht)
{
    struct vc_dht_door *first = NULL;

    for (uint32_t i = 0; i < dht->cfg.doors_max; i++) {
        struct vc_dht_door *door = &dht->doors[i];

        if (door->is_used && (first == NULL || door->due_at < first->due_at)) {
            first = door;
        }
    }
    return first;
}

static void knock(struct vc_dht *dht, const struct vc_now *now,
                  struct vc_dht_door *door)
{
    struct vc_dht_wish wish = {.to = {.addr = door->addr, .key = door->key},
                               .type = VC_DHT_FIND,
                               .is_hello = !door->has_key,
                               .owner = VC_DHT_OWNER_DOOR,
                               .slot = (uint16_t)(door - dht->doors)};
    vc_ms wait = (vc_ms)VC_DHT_DOOR_AGAIN_MS << (door->tries < 13 ? door->tries : 13);

    if (!vc_dht_wish_for(dht, &wish)) {
        return;
    }
    door->tries++;
    door->due_at =
        now->mono + (wait < VC_DHT_DOOR_AGAIN_MAX_MS ? wait : VC_DHT_DOOR_AGAIN_MAX_MS);
    dht->door_at = now->mono + VC_DHT_DOOR_EVERY_MS;
}

/* Doors are for who knows nobody; but each is tried once, as what is behind it may be another
 * part of the network. */
static struct vc_dht_door *door_to_try(const struct vc_dht *dht)
{
    struct vc_dht_door *door = first_door(dht);

    if (door == NULL || !knows_somebody(dht)) {
        return door;
    }
    for (uint32_t i = 0; i < dht->cfg.doors_max; i++) {
        if (dht->doors[i].is_used && dht->doors[i].tries == 0) {
            return &dht->doors[i];
        }
    }
    return NULL;
}

/* ---- lost nodes ---- */

static void lose(struct vc_dht *dht, const struct vc_now *now,
                 const struct vc_dht_contact *contact)
{
    struct vc_dht_lost *place = NULL;

    for (unsigned i = 0; i < VC_DHT_LOST_MAX; i++) {
        struct vc_dht_lost *lost = &dht->lost[i];

        if (lost->contact.addr.family == 0 || lost->tries >= VC_DHT_LOST_TRIES) {
            place = lost;
        }
    }
    /* Who was lost first is kept: others are lost in numbers when the network is cut. */
    if (place != NULL) {
        *place = (struct vc_dht_lost){.contact = *contact,
                                      .due_at = now->mono + VC_DHT_LOST_AGAIN_MS};
    }
}

static void note_the_lost(struct vc_dht *dht, const struct vc_now *now)
{
    struct vc_dht_contact contact;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (dht->families[i].is_on &&
            vc_dht_table_take_gone(&dht->families[i].table, &contact)) {
            lose(dht, now, &contact);
        }
    }
}

static void ask_the_lost(struct vc_dht *dht, const struct vc_now *now)
{
    for (unsigned i = 0; i < VC_DHT_LOST_MAX; i++) {
        struct vc_dht_lost *lost = &dht->lost[i];

        if (lost->contact.addr.family == 0 || lost->tries >= VC_DHT_LOST_TRIES ||
            lost->due_at > now->mono) {
            continue;
        }
        if (vc_dht_wish_for(dht, &(struct vc_dht_wish){.to = lost->contact,
                                                       .type = VC_DHT_PING,
                                                       .owner = VC_DHT_OWNER_LOST,
                                                       .slot = (uint16_t)i})) {
            lost->due_at = now->mono + (VC_DHT_LOST_AGAIN_MS << lost->tries++) +
                           vc_rng_below(&dht->rng, VC_DHT_LOST_AGAIN_MS);
        }
    }
}

/* ---- what came of it ---- */

void vc_dht_joining_heard(struct vc_dht *dht, const struct vc_now *now,
                          const struct vc_dht_call *call,
                          const struct vc_dht_answer *answer)
{
    struct vc_dht_family *family = vc_dht_family_at(dht, &call->to.addr);
    bool is_first = !dht->is_joined;

    vc_dht_table_answered(&family->table, now->mono);
    if (vc_dht_is_place_for_node(dht, &call->to.addr) &&
        !vc_equal(call->to.key.b, dht->key.b, sizeof dht->key.b)) {
        (void)vc_dht_table_heard(&family->table, now->mono, &call->to);
    }
    dht->is_joined = true;
    if (call->owner == VC_DHT_OWNER_LOST) {
        dht->lost[call->slot].contact.addr.family = 0;
    }
    if (dht->afar_count < VC_DHT_AFAR_MAX && !is_first &&
        (call->owner == VC_DHT_OWNER_LOST ||
         (call->owner == VC_DHT_OWNER_DOOR && !dht->doors[call->slot].is_saved))) {
        dht->afar[dht->afar_count++] = call->to;
    }
    /* What a door tells is who stands near us: lookups begin with them, too. */
    if (call->owner == VC_DHT_OWNER_DOOR && answer->contact_count > 0) {
        memcpy(dht->told, answer->contacts, sizeof dht->told);
        dht->told_count = answer->contact_count;
    }
    if (is_first) {
        dht->is_change_untold = true;
        vc_dht_asks_seed(dht, now);
    }
}

void vc_dht_joining_failed(struct vc_dht *dht, const struct vc_now *now,
                           const struct vc_dht_call *call)
{
    (void)dht;
    (void)now;
    (void)call; /* doors and the lost have their own time to be tried again */
}

void vc_dht_joining_again(struct vc_dht *dht, const struct vc_now *now)
{
    for (uint32_t i = 0; i < dht->cfg.doors_max; i++) {
        dht->doors[i].tries = 0;
        dht->doors[i].due_at = now->mono;
    }
    for (unsigned family = 0; family < vc_dht_family_count(dht); family++) {
        struct vc_dht_contact nodes[VC_DHT_FIRST_ASKED];
        size_t count = 0;

        if (dht->families[family].is_on) {
            count = vc_dht_table_nearest(&dht->families[family].table,
                                         dht->families[family].id, false, nodes,
                                         VC_DHT_FIRST_ASKED);
        }
        for (size_t i = 0; i < count; i++) {
            (void)vc_dht_wish_for(dht,
                                  &(struct vc_dht_wish){.to = nodes[i],
                                                        .type = VC_DHT_PING,
                                                        .owner = VC_DHT_OWNER_PING});
        }
    }
    dht->is_joined = false;
    dht->wants_walk = true;
    dht->walk_at = now->mono;
}

/* ---- walks ---- */

void vc_dht_remember(struct vc_dht *dht, const struct vc_dht_contact *contact)
{
    if (dht->cfg.recent_max > 0) {
        dht->recent[dht->recent_next] = *contact;
        dht->recent_next = (dht->recent_next + 1) % dht->cfg.recent_max;
    }
}

static bool begin_walk(struct vc_dht *dht, const struct vc_now *now, unsigned family,
                       uint64_t target, uint8_t wanted,
                       const struct vc_dht_contact *from)
{
    struct vc_dht_ask *ask = vc_dht_ask_begin(dht, now, VC_DHT_ASK_WALK, target);

    if (ask == NULL) {
        return false;
    }
    vc_dht_walk_begin(dht, ask, family, wanted, from);
    return true;
}

/* How many of a bucket are known to live. */
static unsigned good_in_bucket(const struct vc_dht_table *table, unsigned bucket)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < table->count; i++) {
        count += (table->entries[i].standing == VC_DHT_GOOD ||
                  table->entries[i].standing == VC_DHT_UNSURE) &&
                 vc_dht_bucket(vc_dht_distance(table->own, table->ids[i])) == bucket;
    }
    return count;
}

/* To our own id first, then into every bucket between it and the far end of which too few are
 * known. */
static void walk(struct vc_dht *dht, const struct vc_now *now)
{
    struct vc_dht_family *family = &dht->families[dht->walk_family];
    unsigned bucket;

    if (!family->is_on) {
        dht->walk_family = (uint8_t)(1 - dht->walk_family);
        return;
    }
    if (dht->afar_count > 0 && dht->afar_at <= now->mono) {
        const struct vc_dht_contact *from = &dht->afar[dht->afar_count - 1];
        unsigned of = vc_dht_family_of(&from->addr);

        if (begin_walk(dht, now, of, dht->families[of].id, VC_DHT_HOLDERS, from)) {
            dht->afar_count--;
            dht->afar_at = now->mono + VC_DHT_WALK_EVERY_MS;
        }
        return;
    }
    if (dht->wants_walk) {
        if (begin_walk(dht, now, dht->walk_family, family->id, VC_DHT_HOLDERS, NULL)) {
            dht->wants_walk = false;
            dht->walk_bucket = 0;
            dht->walk_at = now->mono + VC_DHT_WALK_EVERY_MS;
        }
        return;
    }
    if (!vc_dht_is_router(dht)) {
        return;
    }
    while (dht->walk_bucket < vc_dht_table_depth(&family->table) &&
           good_in_bucket(&family->table, dht->walk_bucket) >= VC_DHT_ALPHA) {
        dht->walk_bucket++;
    }
    if (dht->walk_bucket < vc_dht_table_depth(&family->table)) {
        uint64_t target = vc_dht_id_in_bucket(&dht->rng, family->id, dht->walk_bucket);

        dht->walk_bucket =
            (uint8_t)(dht->walk_bucket + begin_walk(dht, now, dht->walk_family, target,
                                                    VC_DHT_ALPHA, NULL));
    } else if (vc_dht_table_stale(&family->table, now->mono, &bucket)) {
        (void)begin_walk(dht, now, dht->walk_family,
                         vc_dht_id_in_bucket(&dht->rng, family->id, bucket),
                         VC_DHT_ALPHA, NULL);
    }
}

static bool is_walking(const struct vc_dht *dht)
{
    return vc_dht_ask_at(dht, dht->asks_count - 1)->kind != VC_DHT_ASK_FREE;
}

void vc_dht_joining_walked(struct vc_dht *dht, const struct vc_now *now)
{
    if (dht->cfg.has_ipv4 && dht->cfg.has_ipv6) {
        dht->walk_family = (uint8_t)(1 - dht->walk_family);
    }
    dht->walk_at = vc_ms_min(dht->walk_at, now->mono + VC_DHT_WALK_PAUSE_MS);
    if (dht->wants_walk && dht->afar_count == 0) {
        dht->walk_at = now->mono + VC_DHT_WALK_EVERY_MS;
    }
}

/* ---- the table on the disk ---- */

size_t vc_dht_save(const struct vc_dht *dht, uint8_t *ret_bytes, size_t room)
{
    struct vc_writer w = vc_writer(ret_bytes, room);
    struct vc_dht_contact contacts[VC_DHT_SAVE_NODES];

    vc_write_u8(&w, SAVED_VERSION);
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        size_t count = 0;

        if (dht->families[i].is_on) {
            count = vc_dht_table_oldest(&dht->families[i].table, contacts,
                                        VC_DHT_SAVE_NODES);
        }
        for (size_t n = 0; n < count && vc_writer_left(&w) >= VC_DHT_CONTACT_LEN_IPV6;
             n++) {
            vc_dht_contact_write(&w, &contacts[n]);
        }
    }
    for (uint32_t i = 0; i < dht->cfg.recent_max; i++) {
        if (dht->recent[i].addr.family != 0 &&
            vc_writer_left(&w) >= VC_DHT_CONTACT_LEN_IPV6) {
            vc_dht_contact_write(&w, &dht->recent[i]);
        }
    }
    return vc_writer_bytes(&w).len;
}

vc_err vc_dht_restore(struct vc_dht *dht, const struct vc_now *now,
                      struct vc_bytes bytes)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_dht_contact contact;
    unsigned count = 0;

    if (vc_read_u8(&r) != SAVED_VERSION) {
        return VC_ERR_MALFORMED;
    }
    while (vc_reader_left(&r) > 0 && !r.is_failed) {
        vc_dht_contact_read(&r, &contact);
    }
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    r = vc_reader(bytes);
    (void)vc_read_u8(&r);
    while (vc_reader_left(&r) > 0) {
        vc_dht_contact_read(&r, &contact);
        if (!vc_dht_is_place_for_node(dht, &contact.addr)) {
            continue;
        }
        vc_dht_table_restore(&vc_dht_family_at(dht, &contact.addr)->table, now->mono,
                             &contact);
        if (count++ < VC_DHT_FIRST_ASKED) {
            struct vc_dht_door *door = enter(dht, now, &contact.addr, &contact.key);

            if (door != NULL) {
                door->is_saved = true;
            }
        }
    }
    return VC_OK;
}

/* ---- the turn ---- */

static void ping(struct vc_dht *dht, const struct vc_now *now)
{
    struct vc_dht_contact contact;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (dht->families[i].is_on && vc_dht_is_router(dht) &&
            vc_dht_table_ping(&dht->families[i].table, now->mono, &contact)) {
            (void)vc_dht_wish_for(dht,
                                  &(struct vc_dht_wish){.to = contact,
                                                        .type = VC_DHT_PING,
                                                        .owner = VC_DHT_OWNER_PING});
        }
    }
}

bool vc_dht_knows_neighbours(const struct vc_dht *dht, unsigned family)
{
    return vc_dht_is_router(dht) && dht->families[family].is_on &&
           vc_dht_table_good(&dht->families[family].table) >= VC_DHT_NEAR;
}

/* Whoever comes and stands near a router asks it, so that it knows all who do. */
static void count_neighbours(struct vc_dht *dht, const struct vc_now *now)
{
    if (dht->counted_at > now->mono) {
        return;
    }
    dht->counted_at = now->mono + VC_DHT_COUNT_EVERY_MS;
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];
        struct vc_dht_contact near[VC_DHT_NEAR];

        if (vc_dht_knows_neighbours(dht, i) &&
            vc_dht_table_nearest(&family->table, family->id, true, near, VC_DHT_NEAR) ==
                VC_DHT_NEAR) {
            vc_dht_size_set(
                &family->size,
                vc_dht_distance(family->id, vc_dht_id_of(dht, &near[VC_DHT_NEAR - 1])),
                VC_DHT_NEAR);
        }
    }
    vc_dht_keeps_grown(dht, now);
}

/* Who has met a few only may have met them at the wrong time, or the wrong ones: doors are tried
 * and walks begun again, less and less often. */
static void seek_company(struct vc_dht *dht, const struct vc_now *now)
{
    uint32_t good = 0;

    if (dht->lonely_at > now->mono) {
        return;
    }
    dht->lonely_wait_ms = vc_ms_min(2 * dht->lonely_wait_ms, VC_DHT_LONELY_MAX_MS);
    dht->lonely_at = now->mono + dht->lonely_wait_ms;
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        good += dht->families[i].is_on ? vc_dht_table_good(&dht->families[i].table) : 0;
    }
    if (good < VC_DHT_K) {
        dht->wants_walk = true;
        for (uint32_t i = 0; i < dht->cfg.doors_max; i++) {
            dht->doors[i].tries = 0;
        }
    }
}

void vc_dht_joining_tick(struct vc_dht *dht, const struct vc_now *now)
{
    struct vc_dht_door *door;

    count_neighbours(dht, now);
    seek_company(dht, now);
    door = door_to_try(dht);

    if (door != NULL && door->due_at <= now->mono && dht->door_at <= now->mono) {
        knock(dht, now, door);
    }
    ping(dht, now);
    note_the_lost(dht, now);
    ask_the_lost(dht, now);
    if (knows_somebody(dht) && !is_walking(dht) && dht->walk_at <= now->mono) {
        walk(dht, now);
    }
    if (dht->save_at <= now->mono) {
        dht->save_at = now->mono + VC_DHT_SAVE_EVERY_MS;
        dht->is_save_untold = knows_somebody(dht);
    }
}

static vc_ms walk_due(const struct vc_dht *dht)
{
    const struct vc_dht_family *family = &dht->families[dht->walk_family];
    vc_ms due = VC_NEVER;

    if (!knows_somebody(dht) || is_walking(dht)) {
        return VC_NEVER;
    }
    if (dht->wants_walk || !family->is_on ||
        (vc_dht_is_router(dht) &&
         dht->walk_bucket < vc_dht_table_depth(&family->table))) {
        return dht->walk_at;
    }
    if (vc_dht_is_router(dht)) {
        due = family->table.bucket_due_at;
    }
    if (dht->afar_count > 0) {
        due = vc_ms_min(due, dht->afar_at);
    }
    return due > dht->walk_at ? due : dht->walk_at;
}

vc_ms vc_dht_joining_due(const struct vc_dht *dht, const struct vc_now *now)
{
    const struct vc_dht_door *door = door_to_try(dht);
    vc_ms due = vc_ms_min(vc_ms_min(dht->save_at, dht->lonely_at), walk_due(dht));

    (void)now;
    if (door != NULL) {
        vc_ms at = door->due_at > dht->door_at ? door->due_at : dht->door_at;

        due = vc_ms_min(due, at);
    }
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (dht->families[i].is_on && vc_dht_is_router(dht)) {
            due = vc_ms_min(due, dht->families[i].table.ping_due_at);
        }
    }
    for (unsigned i = 0; i < VC_DHT_LOST_MAX; i++) {
        const struct vc_dht_lost *lost = &dht->lost[i];

        if (lost->contact.addr.family != 0 && lost->tries < VC_DHT_LOST_TRIES) {
            due = vc_ms_min(due, lost->due_at);
        }
    }
    return due;
}
