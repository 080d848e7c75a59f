/* What the owner asks about contacts and does with them. */
#include <string.h>

#include "crypto/base/hex.h"
#include "node/chat/names.h"
#include "node/chat/state.h"

/* A monotonic instant as one of the wall clock. */
static vc_ms to_unix(const struct vc_now *now, vc_ms at)
{
    if (at == VC_NEVER) {
        return VC_NEVER;
    }
    return vc_ms_after(now->unix_ms, at > now->mono ? at - now->mono : 0);
}

static void shape(const struct vc_chat *chat, const struct vc_now *now,
                  const struct vc_person *person, struct vc_contact *ret_contact)
{
    const struct vc_conversation_row *conversation = &person->conversation;
    struct vc_contact contact = {.id = person->id, .peer = person->row.peer};
    uint32_t unknown =
        conversation->own_seq - conversation->delivered - conversation->beyond_count;
    struct vc_link_state link;
    struct vc_mail_state mail;

    contact.root = person->row.root;
    contact.fingerprint = person->fingerprint;
    memcpy(contact.petname, person->row.petname, sizeof contact.petname);
    memcpy(contact.own_name, person->row.own_name, sizeof contact.own_name);
    contact.is_blocked = person->row.is_blocked;
    contact.is_verified = person->row.is_verified;
    contact.is_connected = person->is_up;
    contact.added_at = person->row.added_at;
    contact.device_since = person->row.device_since;
    contact.last_seen_at = person->row.last_seen_at;
    contact.retry_at = to_unix(now, person->try_at);
    contact.last_failure = person->is_up ? VC_OK : person->last_failure;
    contact.unread = conversation->arrivals - conversation->read_mark;
    if (person->device.good_count > 0) {
        contact.addr = person->device.good[0];
    }
    if (person->is_up && vc_link_state(chat->cfg.link, person->row.peer, &link)) {
        contact.addr = link.addr;
        contact.rtt_ms = link.rtt_ms;
        contact.last_seen_at = now->unix_ms;
    }
    if (vc_mail_state(chat->cfg.mail, person->row.peer, &mail)) {
        contact.waiting = mail.waiting;
        if (vc_message_is_held_back(person) && contact.waiting < unknown) {
            contact.waiting = unknown; /* mail does not have them all yet */
        }
        if (!person->row.is_blocked && !person->is_up) {
            contact.retry_at = vc_ms_min(contact.retry_at, to_unix(now, mail.retry_at));
        }
    }
    vc_session_show(chat, now, person, &contact);
    *ret_contact = contact;
}

size_t vc_chat_contacts(const struct vc_chat *chat, const struct vc_now *now,
                        struct vc_contact *ret_contacts, size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < chat->people_count; i++) {
        if (!vc_person_is_shown(chat, chat->people[i])) {
            continue;
        }
        if (count < room) {
            shape(chat, now, chat->people[i], &ret_contacts[count]);
        }
        count++;
    }
    return count;
}

vc_err vc_chat_contact(const struct vc_chat *chat, const struct vc_now *now,
                       uint32_t id, struct vc_contact *ret_contact)
{
    struct vc_person *person;
    vc_err err = vc_person_get(chat, id, &person);

    if (err == VC_OK) {
        shape(chat, now, person, ret_contact);
    }
    return err;
}

/* Of ASCII: ids have no other letters. */
static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool starts_with(const char *whole, const char *start)
{
    while (*start != '\0' && lower(*whole) == lower(*start)) {
        whole++;
        start++;
    }
    return *start == '\0';
}

/* "#12" is contact 12. */
static bool parse_number(const char *text, uint32_t *ret_number)
{
    uint32_t number = 0;
    size_t len = strlen(text);

    if (text[0] != '#' || len < 2 || len > 10) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        number = 10 * number + (uint32_t)(text[i] - '0');
    }
    *ret_number = number;
    return true;
}

static bool has_id(const struct vc_person *person, const char *text)
{
    char fingerprint[VC_HEX_ROOM(sizeof person->fingerprint.b)];
    char id[VC_ID_TEXT_MAX];

    if (strlen(text) < 8) {
        return false;
    }
    vc_hex_encode(VC_BYTES(person->fingerprint.b), fingerprint);
    vc_id_format(&person->row.root, id);
    return starts_with(fingerprint, text) || starts_with(id, text);
}

vc_err vc_chat_contact_find(const struct vc_chat *chat, const char *text,
                            uint32_t *ret_id)
{
    const struct vc_person *found = NULL;
    struct vc_bytes bytes = {(const uint8_t *)text, strlen(text)};
    char name[VC_NAME_MAX + 1];
    struct vc_person *person;
    uint32_t number;
    bool is_name = vc_name_clean(bytes, name) == VC_OK;

    if (parse_number(text, &number)) {
        vc_err err = vc_person_get(chat, number, &person);

        if (err == VC_OK) {
            *ret_id = number;
        }
        return err;
    }
    for (size_t i = 0; is_name && i < chat->people_count; i++) {
        person = chat->people[i];
        if (vc_person_is_shown(chat, person) &&
            vc_name_is_same(person->row.petname, name)) {
            *ret_id = person->id;
            return VC_OK;
        }
    }
    for (size_t i = 0; i < chat->people_count; i++) {
        person = chat->people[i];
        if (!vc_person_is_shown(chat, person) || !has_id(person, text)) {
            continue;
        }
        if (found != NULL) {
            return VC_ERR_AMBIGUOUS;
        }
        found = person;
    }
    if (found == NULL) {
        return VC_ERR_NO_CONTACT;
    }
    *ret_id = found->id;
    return VC_OK;
}

static void say_changed(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person)
{
    struct vc_event event = {.kind = VC_EVENT_CONTACT_CHANGED, .contact = person->id};

    vc_person_contact_dirty(chat, person);
    vc_event_add(chat, now, &event);
}

/* Every change of a contact by his owner begins so. */
static vc_err begin_change(struct vc_chat *chat, uint32_t id,
                           struct vc_person **ret_person)
{
    struct vc_person *person;
    vc_err err = vc_person_get(chat, id, &person);

    if (err == VC_OK) {
        err = vc_room_take(chat, person, 2, 256);
    }
    if (err == VC_OK) {
        *ret_person = person;
    }
    return err;
}

vc_err vc_chat_contact_rename(struct vc_chat *chat, const struct vc_now *now,
                              uint32_t id, const char *petname)
{
    struct vc_bytes text = {(const uint8_t *)petname, strlen(petname)};
    char name[VC_NAME_MAX + 1];
    struct vc_person *person;
    vc_err err = vc_name_clean(text, name);

    if (err != VC_OK) {
        return err;
    }
    for (size_t i = 0; i < chat->people_count; i++) {
        person = chat->people[i];
        if (person->id != id && !person->row.is_removed &&
            vc_name_is_same(person->row.petname, name)) {
            return VC_ERR_EXISTS;
        }
    }
    err = begin_change(chat, id, &person);
    if (err == VC_OK) {
        memcpy(person->row.petname, name, sizeof name);
        say_changed(chat, now, person);
    }
    return err;
}

vc_err vc_chat_contact_set_verified(struct vc_chat *chat, const struct vc_now *now,
                                    uint32_t id, bool is_verified)
{
    struct vc_person *person;
    vc_err err = begin_change(chat, id, &person);

    if (err == VC_OK) {
        person->row.is_verified = is_verified;
        say_changed(chat, now, person);
    }
    return err;
}

/* The outbox stays as it is; mail finds no session and is told of no new one. */
static void block(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_person *person)
{
    vc_link_peer_remove(chat->cfg.link, now->mono, person->row.peer);
    vc_mail_wake(chat->cfg.mail, now, person->row.peer);
    vc_presence_down(chat, now, person, VC_ERR_BLOCKED);
}

vc_err vc_chat_contact_set_blocked(struct vc_chat *chat, const struct vc_now *now,
                                   uint32_t id, bool is_blocked)
{
    struct vc_person *person;
    vc_err err = vc_person_get(chat, id, &person);

    if (err == VC_OK) {
        err = vc_room_take(chat, person, 3, 256 + VC_TURNING_BYTES);
    }
    if (err != VC_OK) {
        return err;
    }
    if (person->row.is_blocked != is_blocked) {
        if (!is_blocked) {
            err = vc_person_link_put(chat, person);
            if (err != VC_OK) {
                return err;
            }
        }
        person->row.is_blocked = is_blocked;
        if (is_blocked) {
            block(chat, now, person);
            vc_turning_want(chat); /* he shall not learn any more where we are */
            vc_forwards_review(chat);
        } else {
            vc_presence_start(chat, now, person);
            vc_presence_connect(chat, now, person);
        }
    }
    say_changed(chat, now, person);
    return VC_OK;
}

vc_err vc_chat_contact_remove(struct vc_chat *chat, const struct vc_now *now,
                              uint32_t id)
{
    struct vc_event event = {.kind = VC_EVENT_CONTACT_REMOVED, .contact = id};
    struct vc_chat_key key;
    struct vc_person *person;
    vc_err err = vc_person_get(chat, id, &person);

    if (err == VC_OK) {
        err = vc_room_take(chat, person, 4 + VC_MAIL_ACCEPT_OPS,
                           256 + VC_INVITE_ROW_MAX + VC_MAIL_ACCEPT_BYTES +
                               VC_TURNING_BYTES);
    }
    if (err != VC_OK) {
        return err;
    }
    vc_invites_settle(chat, id); /* who was removed does not come in by the same door */
    key = vc_key_number(person->row.peer);
    vc_store_del(chat->cfg.store, VC_TABLE_DEVICE, vc_key_bytes(&key));
    vc_mail_peer_remove(chat->cfg.mail, person->row.peer);
    vc_link_peer_remove(chat->cfg.link, now->mono, person->row.peer);
    vc_presence_down(chat, now, person, VC_ERR_REMOVED);
    vc_unsettled_forget(chat, person);
    vc_person_clean(chat, person);
    person->row.is_removed = true;
    person->chores = 0;
    person->pull_at = VC_NEVER;
    person->try_at = VC_NEVER;
    vc_person_contact_dirty(chat, person);
    person->remove_ticket = VC_TICKET_OPEN;
    vc_chat_chore(chat, person, VC_CHORE_REMOVE);
    vc_turning_want(chat);
    vc_forwards_review(chat);
    vc_event_add(chat, now, &event);
    return VC_OK;
}

vc_err vc_chat_contact_try(struct vc_chat *chat, const struct vc_now *now, uint32_t id)
{
    struct vc_person *person;
    vc_err err = vc_person_get(chat, id, &person);

    if (err != VC_OK) {
        return err;
    }
    if (person->row.is_blocked) {
        return VC_ERR_BLOCKED;
    }
    vc_finding_opened(chat, now, person);
    vc_presence_connect(chat, now, person);
    vc_mail_wake(chat->cfg.mail, now, person->row.peer);
    return VC_OK;
}

vc_err vc_chat_safety_number(const struct vc_chat *chat, uint32_t id,
                             char ret_text[VC_SAFETY_TEXT_MAX])
{
    struct vc_person *person;
    vc_err err = vc_person_get(chat, id, &person);

    if (err == VC_OK) {
        vc_safety_number(&chat->cfg.account->root, &person->row.root, ret_text);
    }
    return err;
}

vc_err vc_chat_safety_code(const struct vc_chat *chat, uint32_t id,
                           char ret_text[VC_SAFETY_CODE_LEN + 1])
{
    struct vc_person *person;
    vc_err err = vc_person_get(chat, id, &person);

    if (err == VC_OK) {
        vc_safety_code(&chat->cfg.account->fingerprint, &person->fingerprint, ret_text);
    }
    return err;
}

vc_err vc_chat_contact_scan(struct vc_chat *chat, const struct vc_now *now, uint32_t id,
                            const char *text)
{
    struct vc_person *person;
    vc_err err = vc_person_get(chat, id, &person);

    if (err == VC_OK) {
        err = vc_safety_compare(text, &chat->cfg.account->fingerprint,
                                &person->fingerprint);
    }
    return err != VC_OK ? err : vc_chat_contact_set_verified(chat, now, id, true);
}
