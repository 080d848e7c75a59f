/*
 * Who is there: sessions with contacts, and when to try again.
 *
 * While something waits for a contact, mail says when it wants a session.  Otherwise he is
 * tried once at start, which also tells him that we are here, and then ever more seldom.
 */
#include <string.h>

#include "node/chat/state.h"

#define ADDRS_MAX (VC_CARD_ADDRS_MAX + VC_CHAT_GOOD_ADDRS_MAX)

_Static_assert(ADDRS_MAX <= VC_LINK_ADDRS_MAX,
               "all addresses of a contact are tried at once");

/* At some time after @delay_ms, so that not everybody is tried at once. */
static void try_after(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person, vc_ms delay_ms)
{
    uint32_t spread = (uint32_t)(delay_ms / 4) + 1;

    person->try_at = now->mono + delay_ms + vc_rng_below(&chat->rng, spread);
    vc_chat_want(chat, person->try_at);
}

/* Each time later than the last. */
static void try_later(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person)
{
    try_after(chat, now, person, person->try_backoff_ms);
    person->try_backoff_ms =
        vc_ms_min(2 * person->try_backoff_ms, VC_CHAT_TRY_BACKOFF_MAX_MS);
}

void vc_presence_start(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person)
{
    person->try_backoff_ms = VC_CHAT_TRY_BACKOFF_MS;
    person->try_at = now->mono + vc_rng_below(&chat->rng, VC_CHAT_FIRST_TRY_SPREAD_MS);
    vc_chat_want(chat, person->try_at);
}

static void tell(struct vc_chat *chat, struct vc_person *person)
{
    if (person->is_presence_new) {
        return;
    }
    person->is_presence_new = true;
    chat->presence_new++;
}

static size_t add_addr(struct vc_addr *addrs, size_t count, const struct vc_addr *addr)
{
    for (size_t i = 0; i < count; i++) {
        if (vc_addr_equal(&addrs[i], addr)) {
            return count;
        }
    }
    addrs[count] = *addr;
    return count + 1;
}

void vc_presence_connect(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person)
{
    struct vc_addr addrs[ADDRS_MAX];
    size_t count = 0;

    if (person->is_up || person->row.is_blocked || person->row.is_removed) {
        return;
    }
    for (uint8_t i = 0; i < person->device.good_count; i++) {
        count = add_addr(addrs, count, &person->device.good[i]);
    }
    for (uint8_t i = 0; i < person->device.addr_count; i++) {
        count = add_addr(addrs, count, &person->device.addrs[i]);
    }
    vc_finding_begun(chat, now, person);
    if (count == 0 || vc_link_connect(chat->cfg.link, now->mono, person->row.peer,
                                      addrs, count) != VC_OK) {
        try_later(chat, now, person);
        return;
    }
    person->is_trying = true;
    person->try_at = VC_NEVER;
}

/* Newest first; a row is written only when the order changes. */
static void remember(struct vc_chat *chat, struct vc_person *person,
                     const struct vc_addr *addr)
{
    struct vc_device_row *device = &person->device;
    struct vc_addr good[VC_CHAT_GOOD_ADDRS_MAX + 1];
    size_t count;

    if (!vc_addr_is_usable(addr) ||
        (device->good_count > 0 && vc_addr_equal(&device->good[0], addr)) ||
        vc_room_take(chat, person, 0, 0) != VC_OK) {
        return;
    }
    count = add_addr(good, 0, addr);
    for (uint8_t i = 0; i < device->good_count; i++) {
        count = add_addr(good, count, &device->good[i]);
    }
    if (count > VC_CHAT_GOOD_ADDRS_MAX) {
        count = VC_CHAT_GOOD_ADDRS_MAX;
    }
    memcpy(device->good, good, count * sizeof good[0]);
    device->good_count = (uint8_t)count;
    vc_person_device_dirty(chat, person);
}

/* Worth a row, but not worth to fail for. */
static void mark_seen(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person)
{
    person->row.last_seen_at = now->unix_ms;
    if (vc_room_take(chat, person, 0, 0) == VC_OK) {
        vc_person_contact_dirty(chat, person);
    }
}

void vc_presence_up(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_person *person, const struct vc_addr *addr)
{
    person->is_up = true;
    person->is_trying = false;
    person->try_at = VC_NEVER;
    person->try_backoff_ms = VC_CHAT_TRY_BACKOFF_MS;
    person->last_failure = VC_OK;
    person->addr = *addr;
    person->is_announcing = false;
    vc_finding_stop(chat, person);
    remember(chat, person, addr);
    mark_seen(chat, now, person);
    vc_keys_give(chat, now, person);
    vc_restore_resume(chat, now, person);
    vc_chat_chore(chat, person, VC_CHORE_CARD);
    vc_pull_plan(chat, now, person);
    tell(chat, person);
}

void vc_presence_down(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person, vc_err reason)
{
    bool was_up = person->is_up;

    person->is_up = false;
    person->is_trying = false;
    person->pull_at = VC_NEVER;
    if (reason == VC_ERR_EXISTS) {
        return; /* he started anew, and is here in a moment */
    }
    if (was_up || person->last_failure != reason) {
        person->last_failure = reason;
        tell(chat, person);
    }
    if (reason == VC_ERR_BLOCKED || reason == VC_ERR_REMOVED) {
        person->try_at = VC_NEVER;
        vc_finding_stop(chat, person);
        return;
    }
    if (was_up) {
        mark_seen(chat, now, person);
    }
    if (was_up && reason == VC_ERR_TIMEOUT) {
        vc_finding_silent(chat, now, person);
        try_after(chat, now, person, VC_CHAT_RECONNECT_MS);
        return;
    }
    try_later(chat, now, person);
}

void vc_presence_moved(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person, const struct vc_addr *addr)
{
    (void)now;
    person->addr = *addr;
    remember(chat, person, addr);
}

void vc_presence_found(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person, const struct vc_addr *addrs,
                       uint8_t count)
{
    if (count == 0 || vc_link_connect(chat->cfg.link, now->mono, person->row.peer,
                                      addrs, count) != VC_OK) {
        return;
    }
    if (!person->is_up) {
        person->is_trying = true;
        person->try_at = VC_NEVER;
    }
}

void vc_presence_tick(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person)
{
    if (person->try_at <= now->mono) {
        person->try_at = VC_NEVER;
        vc_presence_connect(chat, now, person);
    }
}
