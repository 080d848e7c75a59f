/* Whom to ask to get in, or back in: the doors that the caller tells of, nodes that were lost. */
#include <string.h>

#include "dht/machine.h"

/* ---- doors ---- */

struct vc_dht_door *vc_dht_door_put(struct vc_dht *dht, const struct vc_now *now,
                                    const struct vc_addr *addr,
                                    const struct vc_key32 *key)
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
        .is_used = true, .has_key = key != NULL, .addr = *addr, .from_at = now->mono};
    if (key != NULL) {
        door->key = *key;
    }
    return door;
}

void vc_dht_enter(struct vc_dht *dht, const struct vc_now *now,
                  const struct vc_addr *addr, const struct vc_key32 *key)
{
    (void)vc_dht_door_put(dht, now, addr, key);
}

/* Is it known that somebody is there, whatever stood in a saved table? */
static bool is_inside(const struct vc_dht *dht, unsigned family)
{
    return dht->is_joined && vc_dht_knows_somebody_in(dht, family);
}

/* Is all that is known so little that there may be more elsewhere? */
static bool is_island(const struct vc_dht *dht, unsigned family)
{
    return vc_dht_size_nodes(&dht->families[family].size) < VC_DHT_DOOR_ISLAND;
}

/* Doors are for who knows nobody; but each is tried until it has answered, a few times, as what is
 * behind it may be another part of the network, and on and on by who is on an island.  Whom we know
 * ourselves is no door then. */
static bool is_wanted(const struct vc_dht *dht, const struct vc_dht_door *door)
{
    unsigned family = vc_dht_family_of(&door->addr);
    unsigned tries = door->is_saved ? 1 : VC_DHT_DOOR_TRIES;

    return door->is_used &&
           (!is_inside(dht, family) ||
            (!door->has_answered && (door->tries < tries || is_island(dht, family))));
}

/* From the knock just now to the next: twice the last, and in no hurry for who is inside. */
static uint32_t next_wait(const struct vc_dht *dht, const struct vc_dht_door *door)
{
    vc_ms wait = door->wait_ms == 0 ? VC_DHT_DOOR_AGAIN_MS : 2 * (vc_ms)door->wait_ms;
    vc_ms least =
        door->tries < VC_DHT_DOOR_TRIES ? VC_DHT_GIVE_UP_MS : VC_DHT_DOOR_AGAIN_MAX_MS;

    if (!is_inside(dht, vc_dht_family_of(&door->addr))) {
        return (uint32_t)vc_ms_min(wait, VC_DHT_DOOR_AGAIN_MAX_MS);
    }
    wait = wait < least ? least : wait;
    return (uint32_t)vc_ms_min(wait, VC_DHT_DOOR_AGAIN_ISLAND_MS);
}

/* The nodes of a saved table come first: they are ours, and most of them know us.  Who was inside
 * when he knocked, and is no more, does not wait so long. */
static vc_ms due_of(const struct vc_dht *dht, const struct vc_dht_door *door)
{
    vc_ms wait = is_inside(dht, vc_dht_family_of(&door->addr))
                     ? door->wait_ms
                     : vc_ms_min(door->wait_ms, VC_DHT_DOOR_AGAIN_MAX_MS);
    vc_ms at = door->from_at + wait;

    return door->is_saved || at > dht->door_wait_at ? at : dht->door_wait_at;
}

/* Of the doors to be tried the one that is due first; NULL: there is none. */
static struct vc_dht_door *door_to_try(const struct vc_dht *dht)
{
    struct vc_dht_door *first = NULL;

    for (uint32_t i = 0; i < dht->cfg.doors_max; i++) {
        struct vc_dht_door *door = &dht->doors[i];

        if (is_wanted(dht, door) &&
            (first == NULL || due_of(dht, door) < due_of(dht, first))) {
            first = door;
        }
    }
    return first;
}

/* Who is behind a door may have another key by now: every second time its key is not used. */
static void knock(struct vc_dht *dht, const struct vc_now *now,
                  struct vc_dht_door *door)
{
    bool is_hello = !door->has_key || door->tries % 2 == 1;
    /* In a table that is fresh stands already what a saved node would tell of. */
    bool is_ping = door->is_saved && !is_hello &&
                   vc_dht_knows_somebody_in(dht, vc_dht_family_of(&door->addr));
    struct vc_dht_wish wish = {.to = {.addr = door->addr},
                               .type = is_ping ? VC_DHT_PING : VC_DHT_FIND,
                               .is_hello = is_hello,
                               .owner = VC_DHT_OWNER_DOOR,
                               .slot = (uint16_t)(door - dht->doors)};

    if (!is_hello) {
        wish.to.key = door->key;
    }
    if (!vc_dht_wish_for(dht, &wish)) {
        return;
    }
    if (door->tries < UINT8_MAX) {
        door->tries++;
    }
    door->from_at = now->mono;
    door->wait_ms = next_wait(dht, door);
    dht->door_at = now->mono + VC_DHT_DOOR_EVERY_MS;
}

/* A walk that begins with all whom we know would never come to whom this one knows.  The first of
 * all is the one by whom we know anybody. */
static void walk_from(struct vc_dht *dht, const struct vc_dht_contact *node)
{
    if (!dht->is_joined) {
        vc_dht_family_at(dht, &node->addr)->wants_walk = true;
    } else if (dht->afar_count < VC_DHT_AFAR_MAX) {
        dht->afar[dht->afar_count++] = *node;
    }
}

/* Does he know whom we know?  Then he is no part of another network.  Who is new cannot say so:
 * whom he knows may all be of one who lies. */
static bool is_of_ours(const struct vc_dht *dht, const struct vc_dht_answer *answer)
{
    if (!dht->is_resumed || !dht->is_joined) {
        return false;
    }
    for (uint8_t i = 0; i < answer->contact_count; i++) {
        const struct vc_dht_contact *contact = &answer->contacts[i];

        if (vc_dht_table_has(&dht->families[vc_dht_family_of(&contact->addr)].table,
                             &contact->key)) {
            return true;
        }
    }
    return false;
}

/* Somebody has answered at a door: what he tells is who stands near us. */
static void door_answered(struct vc_dht *dht, const struct vc_dht_call *call,
                          const struct vc_dht_answer *answer)
{
    struct vc_dht_door *door = &dht->doors[call->slot];

    if (vc_addr_equal(&door->addr, &call->to.addr)) {
        door->has_answered = true;
    }
    if (!door->is_saved && !is_of_ours(dht, answer)) {
        walk_from(dht, &call->to);
    }
    /* The first is the only one from whom no walk of its own begins. */
    if (answer->contact_count > 0 && dht->told_count == 0) {
        memcpy(dht->told, answer->contacts, sizeof dht->told);
        dht->told_count = answer->contact_count;
    }
}

static vc_ms door_due(const struct vc_dht *dht)
{
    const struct vc_dht_door *door = door_to_try(dht);
    vc_ms due;

    if (door == NULL) {
        return VC_NEVER;
    }
    due = due_of(dht, door);
    return due > dht->door_at ? due : dht->door_at;
}

/* ---- lost nodes ---- */

static bool is_lost(const struct vc_dht_lost *lost)
{
    return lost->contact.addr.family != 0 && lost->tries < VC_DHT_LOST_TRIES;
}

static void lose(struct vc_dht *dht, const struct vc_now *now,
                 const struct vc_dht_contact *contact)
{
    struct vc_dht_lost *place = NULL;

    for (unsigned i = 0; i < VC_DHT_LOST_MAX; i++) {
        if (!is_lost(&dht->lost[i])) {
            place = &dht->lost[i];
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

        if (!is_lost(lost) || lost->due_at > now->mono) {
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

/* One who was lost is there again: so may others be. */
static void lost_answered(struct vc_dht *dht, const struct vc_dht_call *call)
{
    struct vc_dht_lost *lost = &dht->lost[call->slot];

    if (vc_equal(lost->contact.key.b, call->to.key.b, sizeof call->to.key.b)) {
        lost->contact.addr.family = 0;
    }
    walk_from(dht, &call->to);
}

/* ---- the turn ---- */

void vc_dht_doors_heard(struct vc_dht *dht, const struct vc_dht_call *call,
                        const struct vc_dht_answer *answer)
{
    if (call->owner == VC_DHT_OWNER_LOST) {
        lost_answered(dht, call);
    }
    if (call->owner == VC_DHT_OWNER_DOOR) {
        door_answered(dht, call, answer);
    }
}

void vc_dht_doors_again(struct vc_dht *dht, const struct vc_now *now)
{
    for (uint32_t i = 0; i < dht->cfg.doors_max; i++) {
        dht->doors[i].tries = 0;
        dht->doors[i].has_answered = false;
        dht->doors[i].from_at = now->mono;
        dht->doors[i].wait_ms = 0;
    }
}

void vc_dht_doors_tick(struct vc_dht *dht, const struct vc_now *now)
{
    if (door_due(dht) <= now->mono) {
        knock(dht, now, door_to_try(dht));
    }
    note_the_lost(dht, now);
    ask_the_lost(dht, now);
}

vc_ms vc_dht_doors_due(const struct vc_dht *dht)
{
    vc_ms due;

    if (!vc_dht_wishes_have_room(dht)) {
        return VC_NEVER; /* they are looked at again when something was sent */
    }
    due = door_due(dht);
    for (unsigned i = 0; i < VC_DHT_LOST_MAX; i++) {
        if (is_lost(&dht->lost[i])) {
            due = vc_ms_min(due, dht->lost[i].due_at);
        }
    }
    return due;
}
