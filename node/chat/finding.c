/*
 * What find is told and asked for, and what becomes of what it has found.
 *
 * Whoever is not at the addresses that we know is looked for when it may help: something waits
 * for him, he was there a moment ago, or the owner wants to reach him.  After a start, and when
 * our own addresses change, everybody else is looked for once: so we come back to those who do
 * not find us where we were, and may have something for us.
 */
#include <string.h>

#include "node/chat/state.h"

/* ---- what is said of us ---- */

static void say_self(struct vc_chat *chat, const struct vc_now *now)
{
    struct vc_find_self self = {.addr_count = chat->addr_count};

    _Static_assert(VC_CARD_ADDRS_MAX <= VC_FIND_OWN_ADDRS_MAX, "all have room");
    self.has_prekey = vc_seal_own_prekey(chat->cfg.seal, &self.prekey);
    memcpy(self.addrs, chat->addrs, sizeof chat->addrs);
    vc_find_set_self(chat->cfg.find, now, &self);
}

static void say_forwards(struct vc_chat *chat, const struct vc_now *now)
{
    struct vc_chat_forward forwards[VC_CHAT_FORWARDS_MAX];
    size_t count = vc_chat_forwards(chat, now, forwards, VC_CHAT_FORWARDS_MAX);

    for (size_t i = 0; i < count; i++) {
        vc_find_forward_put(chat->cfg.find, now, &forwards[i].forward,
                            &forwards[i].old_secret);
    }
    vc_wipe(forwards, sizeof forwards);
}

void vc_finding_flush(struct vc_chat *chat, const struct vc_now *now)
{
    if (chat->cfg.find == NULL) {
        return;
    }
    if (chat->is_self_changed) {
        chat->is_self_changed = false;
        say_self(chat, now);
    }
    for (size_t i = 0; chat->has_new_card && i < chat->invite_count; i++) {
        vc_finding_invite(chat, now, &chat->invites[i]);
    }
    chat->has_new_card = false;
    if (chat->has_new_forward && chat->move_ticket <= chat->committed) {
        chat->has_new_forward = false;
        say_forwards(chat, now);
    }
}

/* Who has joined may have to come once more, if he died in the middle of it: until he has
 * acknowledged a card. */
static bool is_open(const struct vc_chat *chat, const struct vc_now *now,
                    const struct vc_invite_entry *entry)
{
    const struct vc_person *person = vc_person_find(chat, entry->row.contact);

    if (entry->row.is_revoked || entry->row.is_settled ||
        vc_chat_date(chat, now) > entry->row.expires_at) {
        return false;
    }
    return entry->row.contact == 0 || (person != NULL && person->row.card_acked == 0);
}

void vc_finding_invite(struct vc_chat *chat, const struct vc_now *now,
                       const struct vc_invite_entry *entry)
{
    if (chat->cfg.find == NULL) {
        return;
    }
    if (is_open(chat, now, entry)) {
        vc_find_invite_put(chat->cfg.find, now, entry->id, &entry->invite.secret,
                           entry->row.expires_at);
    } else {
        vc_find_invite_remove(chat->cfg.find, entry->id);
    }
}

void vc_finding_door(struct vc_chat *chat, const struct vc_now *now,
                     const struct vc_addr *addrs, uint8_t count)
{
    for (uint8_t i = 0; chat->cfg.find != NULL && i < count; i++) {
        vc_find_door(chat->cfg.find, now, &addrs[i]);
    }
}

vc_ms vc_chat_date(const struct vc_chat *chat, const struct vc_now *now)
{
    return vc_find_date(chat->cfg.find, now);
}

/* ---- contacts ---- */

/* Is it worth to look for him, and how? */
static bool is_wanted(const struct vc_chat *chat, const struct vc_now *now,
                      const struct vc_person *person, enum vc_find_urgency *ret_urgency)
{
    struct vc_mail_state mail;
    bool has_waiting =
        vc_mail_state(chat->cfg.mail, person->row.peer, &mail) && mail.waiting > 0;

    *ret_urgency =
        has_waiting || person->sought_until > now->mono ? VC_FIND_QUICK : VC_FIND_ONCE;
    return *ret_urgency == VC_FIND_QUICK || person->is_announcing;
}

static void seek(struct vc_chat *chat, const struct vc_now *now,
                 struct vc_person *person, enum vc_find_urgency urgency)
{
    struct vc_find_contact contact = {
        .root = person->row.root,
        .record_generation = person->row.record_generation,
        .record = person->row.record,
        .contacts_generation = person->row.contacts_generation,
        .contacts = person->row.contacts,
        .certificate = person->device.certificate,
    };

    person->is_announcing = false;
    vc_find_seek_contact(chat->cfg.find, now, person->row.peer, &contact, urgency);
    vc_wipe(&contact, sizeof contact);
}

static void seek_at(struct vc_chat *chat, struct vc_person *person, vc_ms at)
{
    person->seek_at = vc_ms_min(person->seek_at, at);
    vc_chat_want(chat, person->seek_at);
}

void vc_finding_begun(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person)
{
    enum vc_find_urgency urgency;
    vc_ms at = vc_ms_after(now->mono, VC_CHAT_SEEK_AFTER_MS);

    if (chat->cfg.find == NULL || !is_wanted(chat, now, person, &urgency)) {
        return;
    }
    if (urgency == VC_FIND_ONCE) {
        /* Nobody waits for it: not all of them at one moment. */
        uint64_t spread = chat->people_count * (uint64_t)VC_CHAT_ANNOUNCE_STEP_MS;

        at += vc_rng_below(&chat->rng, spread < VC_CHAT_ANNOUNCE_SPREAD_MS
                                           ? (uint32_t)spread
                                           : VC_CHAT_ANNOUNCE_SPREAD_MS);
    }
    seek_at(chat, person, at);
}

void vc_finding_tick(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_person *person)
{
    enum vc_find_urgency urgency;

    if (person->seek_at <= now->mono) {
        person->seek_at = VC_NEVER;
        if (is_wanted(chat, now, person, &urgency)) {
            seek(chat, now, person, urgency);
        }
    }
    vc_chat_want(chat, person->seek_at);
}

void vc_finding_stop(struct vc_chat *chat, struct vc_person *person)
{
    person->seek_at = VC_NEVER;
    if (chat->cfg.find != NULL) {
        vc_find_stop(chat->cfg.find, person->row.peer);
    }
}

void vc_finding_silent(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person)
{
    person->sought_until = vc_ms_after(now->mono, VC_CHAT_SOUGHT_MS);
    if (chat->cfg.find != NULL) {
        seek_at(chat, person, now->mono);
    }
}

void vc_finding_opened(struct vc_chat *chat, const struct vc_now *now,
                       struct vc_person *person)
{
    person->sought_until = vc_ms_after(now->mono, VC_CHAT_SOUGHT_MS);
    if (chat->cfg.find != NULL) {
        vc_find_hurry(chat->cfg.find, person->row.peer);
    }
}

void vc_finding_announce(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person)
{
    person->is_announcing =
        chat->cfg.find != NULL &&
        vc_ms_after(person->row.last_seen_at, VC_CHAT_ANNOUNCE_DAYS * VC_CHAT_DAY_MS) >
            now->unix_ms;
}

/* Who is there follows by himself; the others may try us where we were. */
void vc_finding_moved(struct vc_chat *chat, const struct vc_now *now)
{
    bool is_early =
        chat->announced_at != 0 &&
        vc_ms_after(chat->announced_at, VC_CHAT_ANNOUNCE_EVERY_MS) > now->mono;

    if (chat->cfg.find == NULL) {
        return;
    }
    for (size_t i = 0; i < chat->people_count; i++) {
        struct vc_person *person = chat->people[i];

        if (person->row.is_removed || person->row.is_blocked || person->is_up) {
            continue;
        }
        if (!is_early) {
            vc_finding_announce(chat, now, person);
        }
        if (!is_early || person->sought_until > now->mono) {
            vc_presence_start(chat, now, person);
        }
    }
    if (!is_early) {
        chat->announced_at = now->mono;
    }
}

/* ---- what was found ---- */

static void take_prekey(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, const struct vc_prekey *prekey)
{
    if (vc_room_take(chat, person, 1, VC_SEAL_SEAL_BYTES) == VC_OK) {
        vc_seal_peer_keys(chat->cfg.seal, now, person->row.peer, prekey, NULL, 0);
        vc_mail_keys(chat->cfg.mail, now, person->row.peer);
    }
}

/* He has another record key, his root says: what stands at its places is looked for. */
static void follow(struct vc_chat *chat, const struct vc_now *now,
                   struct vc_person *person, const struct vc_forward *forward)
{
    if (memcmp(person->row.record.b, forward->old_record.b,
               sizeof forward->old_record.b) != 0 ||
        forward->new_generation <= person->row.record_generation ||
        vc_room_take(chat, person, 0, 0) != VC_OK) {
        return;
    }
    person->row.record = forward->new_record;
    person->row.record_generation = forward->new_generation;
    vc_person_contact_dirty(chat, person);
    seek(chat, now, person, VC_FIND_QUICK);
}

static void found_person(struct vc_chat *chat, const struct vc_now *now,
                         struct vc_person *person, const struct vc_find_output *output)
{
    if (output->kind == VC_FIND_FORWARD) {
        follow(chat, now, person, &output->forward);
        return;
    }
    if (output->has_prekey) {
        take_prekey(chat, now, person, &output->prekey);
    }
    vc_presence_found(chat, now, person, output->addrs, output->addr_count);
}

void vc_chat_find_output(struct vc_chat *chat, const struct vc_now *now,
                         const struct vc_find_output *output)
{
    struct vc_join_entry *join = vc_join_of_peer(chat, output->peer);
    struct vc_person *person = vc_person_of_peer(chat, output->peer);

    if (join != NULL) {
        vc_join_found(chat, now, join, output->addrs, output->addr_count);
    } else if (person != NULL && !person->row.is_blocked) {
        found_person(chat, now, person, output);
    }
}

/* ---- for an owner who wants to see it ---- */

vc_err vc_chat_contact_place(const struct vc_chat *chat, const struct vc_now *now,
                             uint32_t id, struct vc_account_place *ret_place)
{
    struct vc_person *person;
    vc_err err = vc_person_get(chat, id, &person);

    if (err != VC_OK) {
        return err;
    }
    return chat->cfg.find != NULL &&
                   vc_account_place_of_device(ret_place, &person->row.record,
                                              vc_dht_epoch_of(vc_chat_date(chat, now)),
                                              person->device.certificate.index)
               ? VC_OK
               : VC_ERR_UNSUPPORTED;
}

vc_err vc_chat_contact_record(const struct vc_chat *chat, uint32_t id,
                              const struct vc_account_place *place,
                              struct vc_bytes bytes,
                              struct vc_account_record *ret_record)
{
    struct vc_person *person;
    vc_err err = vc_person_get(chat, id, &person);

    return err != VC_OK
               ? err
               : vc_account_record_read_contact(place, bytes, &person->row.root,
                                                &person->row.contacts, 1, ret_record);
}
