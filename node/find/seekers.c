/* Who is looked for: rounds of lookups, and the pauses between them. */
#include <string.h>

#include "node/find/machine.h"

/* Where the peer stands among the others, or would. */
static size_t place_of(const struct vc_find *find, uint32_t peer)
{
    size_t low = 0, high = find->seeker_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (find->seekers[middle]->peer < peer) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct vc_find_seeker *seeker_of(const struct vc_find *find, uint32_t peer)
{
    size_t at = place_of(find, peer);

    return at < find->seeker_count && find->seekers[at]->peer == peer
               ? find->seekers[at]
               : NULL;
}

static bool grow(struct vc_find *find)
{
    const struct vc_alloc *alloc = &find->cfg.alloc;
    size_t more = find->seeker_room == 0 ? 16 : 2 * find->seeker_room;
    size_t unit = sizeof(struct vc_find_seeker *);
    void *larger;

    if (find->seeker_count < find->seeker_room) {
        return true;
    }
    if (find->seeker_count == VC_FIND_SEEKERS_MAX) {
        return false;
    }
    larger = alloc->resize(alloc->ctx, (void *)find->seekers, find->seeker_room * unit,
                           more * unit);
    if (larger != NULL) {
        find->seekers = larger;
        find->seeker_room = more;
    }
    return larger != NULL;
}

static struct vc_find_seeker *add(struct vc_find *find, uint32_t peer)
{
    const struct vc_alloc *alloc = &find->cfg.alloc;
    struct vc_find_seeker *seeker;
    size_t at = place_of(find, peer);

    if (!grow(find)) {
        return NULL;
    }
    seeker = alloc->resize(alloc->ctx, NULL, 0, sizeof *seeker);
    if (seeker == NULL) {
        return NULL;
    }
    *seeker = (struct vc_find_seeker){.peer = peer, .due_at = VC_NEVER};
    memmove(&find->seekers[at + 1], &find->seekers[at],
            (find->seeker_count - at) * sizeof find->seekers[0]);
    find->seekers[at] = seeker;
    find->seeker_count++;
    return seeker;
}

static void free_seeker(struct vc_find *find, struct vc_find_seeker *seeker)
{
    const struct vc_alloc *alloc = &find->cfg.alloc;

    vc_wipe(seeker, sizeof *seeker);
    alloc->resize(alloc->ctx, seeker, sizeof *seeker, 0);
}

/* A lookup under way ends without a word. */
static void give_up(struct vc_find *find, struct vc_find_seeker *seeker)
{
    if (seeker->ask != 0) {
        vc_dht_cancel(find->cfg.dht, seeker->ask);
        seeker->ask = 0;
        find->lookups_on--;
    }
}

void vc_find_seekers_deinit(struct vc_find *find)
{
    const struct vc_alloc *alloc = &find->cfg.alloc;
    size_t bytes = find->seeker_room * sizeof find->seekers[0];

    for (size_t i = 0; i < find->seeker_count; i++) {
        free_seeker(find, find->seekers[i]);
    }
    if (find->seekers != NULL) {
        alloc->resize(alloc->ctx, (void *)find->seekers, bytes, 0);
    }
}

/* Who was not found in a quick round is hardly found by more of them. */
static void begin_round(struct vc_find_seeker *seeker, const struct vc_now *now,
                        enum vc_find_urgency urgency)
{
    seeker->urgency = seeker->pause_ms == 0 ? urgency : VC_FIND_ONCE;
    seeker->is_on = true;
    seeker->tries = 0;
    seeker->due_at = now->mono;
}

/* The first of the pauses, and the longest. */
static vc_ms pause_min(const struct vc_find_seeker *seeker)
{
    return seeker->is_inviter ? VC_FIND_INVITER_PAUSE_MS : VC_FIND_PAUSE_MS;
}

static vc_ms pause_max(const struct vc_find_seeker *seeker)
{
    return seeker->is_inviter ? VC_FIND_INVITER_PAUSE_MAX_MS : VC_FIND_PAUSE_MAX_MS;
}

static void end_round(struct vc_find *find, const struct vc_now *now,
                      struct vc_find_seeker *seeker)
{
    vc_ms pause = seeker->pause_ms == 0
                      ? pause_min(seeker)
                      : vc_ms_min(2 * seeker->pause_ms, pause_max(seeker));
    vc_ms spread = pause * VC_FIND_JITTER_PERCENT / 100;

    seeker->is_on = false;
    seeker->ended_at = now->mono;
    seeker->due_at = VC_NEVER;
    seeker->pause_ms = pause;
    seeker->rest_until = vc_ms_after(now->mono, pause - spread) +
                         vc_rng_below(&find->rng, (uint32_t)(2 * spread) + 1);
}

static void seek(const struct vc_now *now, struct vc_find_seeker *seeker,
                 enum vc_find_urgency urgency)
{
    if (!seeker->is_on && seeker->rest_until <= now->mono) {
        begin_round(seeker, now, urgency);
    } else if (seeker->is_on && seeker->pause_ms == 0 && urgency == VC_FIND_QUICK) {
        seeker->urgency = VC_FIND_QUICK;
    }
}

/* Another place than before: what was learnt of the old one does not count. */
static void aim(struct vc_find *find, struct vc_find_seeker *seeker, bool is_inviter,
                const struct vc_key32 *record)
{
    const struct vc_key32 *before =
        seeker->is_inviter ? &seeker->invite.record : &seeker->contact.record;

    if (seeker->is_inviter == is_inviter &&
        memcmp(before->b, record->b, sizeof record->b) == 0) {
        return;
    }
    give_up(find, seeker);
    seeker->is_on = false;
    seeker->due_at = VC_NEVER;
    seeker->rest_until = 0;
    seeker->pause_ms = 0;
    seeker->is_inviter = is_inviter;
}

void vc_find_seek_contact(struct vc_find *find, const struct vc_now *now, uint32_t peer,
                          const struct vc_find_contact *contact,
                          enum vc_find_urgency urgency)
{
    struct vc_find_seeker *seeker = seeker_of(find, peer);

    if (seeker == NULL) {
        seeker = add(find, peer);
    }
    if (seeker != NULL) {
        aim(find, seeker, false, &contact->record);
        seeker->contact = *contact;
        seek(now, seeker, urgency);
    }
}

void vc_find_seek_inviter(struct vc_find *find, const struct vc_now *now, uint32_t peer,
                          const struct vc_invite *invite, enum vc_find_urgency urgency)
{
    struct vc_find_seeker *seeker = seeker_of(find, peer);

    if (seeker == NULL) {
        seeker = add(find, peer);
    }
    if (seeker != NULL) {
        aim(find, seeker, true, &invite->record);
        seeker->invite = *invite;
        seek(now, seeker, urgency);
    }
}

void vc_find_hurry(struct vc_find *find, uint32_t peer)
{
    struct vc_find_seeker *seeker = seeker_of(find, peer);

    if (seeker != NULL && !seeker->is_on) {
        seeker->rest_until = vc_ms_min(seeker->rest_until,
                                       vc_ms_after(seeker->ended_at, VC_FIND_HURRY_MS));
        seeker->pause_ms = 0;
    }
}

void vc_find_stop(struct vc_find *find, uint32_t peer)
{
    size_t at = place_of(find, peer);
    struct vc_find_seeker *seeker = seeker_of(find, peer);

    if (seeker == NULL) {
        return;
    }
    give_up(find, seeker);
    free_seeker(find, seeker);
    find->seeker_count--;
    memmove(&find->seekers[at], &find->seekers[at + 1],
            (find->seeker_count - at) * sizeof find->seekers[0]);
}

struct vc_find_seeker *vc_find_seeker_of_ask(struct vc_find *find, uint32_t ask)
{
    for (size_t i = 0; i < find->seeker_count; i++) {
        if (find->seekers[i]->ask == ask) {
            return find->seekers[i];
        }
    }
    return NULL;
}

void vc_find_seeker_done(struct vc_find *find, const struct vc_now *now,
                         struct vc_find_seeker *seeker)
{
    vc_ms pause = (vc_ms)VC_FIND_QUICK_MS << (seeker->tries - 1);

    if (seeker->urgency == VC_FIND_QUICK && seeker->tries < VC_FIND_QUICK_TRIES) {
        seeker->due_at = vc_ms_after(now->mono, pause);
    } else {
        end_round(find, now, seeker);
    }
}

/* In turn, so that nobody waits for ever while others of the same urgency are looked for. */
static void begin_lookups(struct vc_find *find, const struct vc_now *now,
                          enum vc_find_urgency urgency)
{
    size_t count = find->seeker_count, first = find->next_seeker;

    for (size_t i = 0; i < count && find->lookups_on < VC_FIND_LOOKUPS_MAX; i++) {
        struct vc_find_seeker *seeker = find->seekers[(first + i) % count];

        if (seeker->ask != 0 || seeker->due_at > now->mono ||
            seeker->urgency != urgency) {
            continue;
        }
        find->next_seeker = (first + i + 1) % count;
        if (vc_find_lookup_begin(find, now, seeker)) {
            seeker->tries++;
            seeker->due_at = VC_NEVER;
        } else {
            seeker->due_at = vc_ms_after(now->mono, VC_FIND_AGAIN_MS);
        }
    }
}

void vc_find_seekers_tick(struct vc_find *find, const struct vc_now *now)
{
    if (find->is_joined) {
        begin_lookups(find, now, VC_FIND_QUICK);
        begin_lookups(find, now, VC_FIND_ONCE);
    } /* else whoever waits is looked for when it has joined */
}

vc_ms vc_find_seekers_due(const struct vc_find *find)
{
    vc_ms due = VC_NEVER;

    if (!find->is_joined) {
        return VC_NEVER;
    }
    for (size_t i = 0; i < find->seeker_count && find->lookups_on < VC_FIND_LOOKUPS_MAX;
         i++) {
        due = vc_ms_min(due, find->seekers[i]->due_at);
    }
    return due;
}
