/* Who there is: the contacts in memory and their rows. */
#include "node/chat/names.h"
#include "node/chat/state.h"

#include <string.h>

#include "crypto/base/hex.h"

struct vc_person *vc_person_find(const struct vc_chat *chat, uint32_t id)
{
    size_t low = 0, high = chat->people_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (chat->people[middle]->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < chat->people_count && chat->people[low]->id == id ? chat->people[low]
                                                                   : NULL;
}

struct vc_person *vc_person_of_peer(const struct vc_chat *chat, uint32_t peer)
{
    struct vc_person *last = chat->last_of_peer;

    if (last != NULL && last->row.peer == peer && !last->row.is_removed) {
        return last;
    }
    for (size_t i = 0; i < chat->people_count; i++) {
        if (chat->people[i]->row.peer == peer && !chat->people[i]->row.is_removed) {
            return chat->people[i];
        }
    }
    return NULL;
}

struct vc_person *vc_person_of_root(const struct vc_chat *chat,
                                    const struct vc_key32 *root)
{
    for (size_t i = 0; i < chat->people_count; i++) {
        if (!chat->people[i]->row.is_removed &&
            memcmp(chat->people[i]->row.root.b, root->b, sizeof root->b) == 0) {
            return chat->people[i];
        }
    }
    return NULL;
}

bool vc_person_is_shown(const struct vc_chat *chat, const struct vc_person *person)
{
    return !person->row.is_removed && person->ticket <= chat->committed;
}

vc_err vc_person_get(const struct vc_chat *chat, uint32_t id,
                     struct vc_person **ret_person)
{
    struct vc_person *person = vc_person_find(chat, id);

    if (person == NULL || !vc_person_is_shown(chat, person)) {
        return VC_ERR_NO_CONTACT;
    }
    *ret_person = person;
    return VC_OK;
}

/* What can be worked out from the row. */
static void derive(const struct vc_chat *chat, struct vc_person *person)
{
    vc_fingerprint_of(&person->fingerprint, &person->row.root);
    vc_pair_id(&person->pair, &person->own_author, &chat->cfg.account->root,
               &person->row.root);
    person->try_at = VC_NEVER;
    person->seek_at = VC_NEVER;
    person->try_backoff_ms = VC_CHAT_TRY_BACKOFF_MS;
    person->restore_at = VC_NEVER;
    person->pull_at = VC_NEVER;
    person->pull_backoff_ms = VC_CHAT_PULL_BACKOFF_MS;
}

static struct vc_person *new_person(struct vc_chat *chat, uint32_t id)
{
    struct vc_person **larger = vc_chat_grow(chat, chat->people, &chat->people_room,
                                             chat->people_count, sizeof(void *));
    struct vc_person *person;

    if (larger == NULL) {
        return NULL;
    }
    chat->people = larger;
    person = vc_chat_alloc(chat, sizeof *person);
    if (person != NULL) {
        person->id = id;
    }
    return person;
}

/* Ids only grow, so the end is the place. */
static void append(struct vc_chat *chat, struct vc_person *person)
{
    VC_CHECK(chat->people_count < chat->people_room);
    VC_CHECK(chat->people_count == 0 ||
             chat->people[chat->people_count - 1]->id < person->id);
    chat->people[chat->people_count++] = person;
}

static void free_person(struct vc_chat *chat, struct vc_person *person)
{
    vc_chat_free(chat, person->gaps, person->gap_room * sizeof *person->gaps);
    vc_wipe(person, sizeof *person);
    vc_chat_free(chat, person, sizeof *person);
}

void vc_people_deinit(struct vc_chat *chat)
{
    for (size_t i = 0; i < chat->people_count; i++) {
        free_person(chat, chat->people[i]);
    }
    vc_chat_free(chat, chat->people, chat->people_room * sizeof(void *));
    chat->people = NULL;
    chat->people_count = 0;
}

void vc_person_drop(struct vc_chat *chat, struct vc_person *person)
{
    size_t at = 0;

    vc_person_clean(chat, person);
    chat->presence_new -= person->is_presence_new ? 1 : 0;
    while (chat->people[at] != person) {
        at++;
    }
    chat->people_count--;
    memmove(&chat->people[at], &chat->people[at + 1],
            (chat->people_count - at) * sizeof(void *));
    if (chat->last_of_peer == person) {
        chat->last_of_peer = NULL;
    }
    free_person(chat, person);
}

struct loading {
    struct vc_chat *chat;
    vc_err err;
};

static bool load_contact(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct loading *loading = ctx;
    struct vc_chat *chat = loading->chat;
    struct vc_reader r = vc_reader(key);
    uint32_t id = vc_read_be32(&r);
    struct vc_person *person;

    if (vc_reader_end(&r) != VC_OK || id == 0 || id >= chat->counters.contact) {
        loading->err = VC_ERR_STORE_DAMAGED;
        return false;
    }
    person = new_person(chat, id);
    if (person == NULL) {
        loading->err = VC_ERR_NO_MEMORY;
        return false;
    }
    loading->err = vc_contact_row_read(value, &person->row);
    if (loading->err != VC_OK) {
        free_person(chat, person);
        return false;
    }
    derive(chat, person);
    append(chat, person);
    if (person->row.is_removed) {
        person->chores = VC_CHORE_REMOVE;
    }
    return true;
}

static bool load_device(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct loading *loading = ctx;
    struct vc_reader r = vc_reader(key);
    uint32_t peer = vc_read_be32(&r);
    struct vc_device_row row;
    struct vc_person *person;

    loading->err = vc_device_row_read(value, &row);
    if (loading->err != VC_OK || vc_reader_end(&r) != VC_OK) {
        loading->err = VC_ERR_STORE_DAMAGED;
        return false;
    }
    person = vc_person_find(loading->chat, row.contact);
    if (person == NULL || person->row.peer != peer) {
        loading->err = VC_ERR_STORE_DAMAGED;
        return false;
    }
    person->device = row;
    return true;
}

static vc_err put_seal(struct vc_chat *chat, const struct vc_person *person)
{
    return vc_seal_peer_put(chat->cfg.seal, person->row.peer, &person->row.root,
                            &person->device.certificate);
}

vc_err vc_people_load(struct vc_chat *chat, const struct vc_now *now)
{
    struct loading loading = {.chat = chat, .err = VC_OK};
    struct vc_scan scan = {
        .table = VC_TABLE_CONTACT, .on_row = load_contact, .ctx = &loading};
    vc_err err = vc_store_scan(chat->cfg.store, &scan);

    if (err == VC_OK && loading.err == VC_OK) {
        scan.table = VC_TABLE_DEVICE;
        scan.on_row = load_device;
        err = vc_store_scan(chat->cfg.store, &scan);
    }
    if (err != VC_OK || loading.err != VC_OK) {
        return err != VC_OK ? err : loading.err;
    }
    for (size_t i = 0; i < chat->people_count; i++) {
        struct vc_person *person = chat->people[i];

        if (person->row.is_removed) {
            vc_chat_want(chat, now->mono);
            continue;
        }
        if (person->device.contact == 0) {
            return VC_ERR_STORE_DAMAGED;
        }
        err = put_seal(chat, person);
        if (err != VC_OK) {
            return err;
        }
        vc_mail_keys(chat->cfg.mail, now, person->row.peer);
        if (!person->row.is_blocked) {
            err = vc_person_link_put(chat, person);
            if (err != VC_OK) {
                return err;
            }
            vc_presence_start(chat, now, person);
            vc_finding_announce(chat, now, person);
            vc_finding_door(chat, now, person->device.good, person->device.good_count);
        }
    }
    return VC_OK;
}

/* New ones are at the end. */
void vc_people_submitted(struct vc_chat *chat, uint64_t ticket)
{
    for (size_t i = chat->people_count; i > 0; i--) {
        if (chat->people[i - 1]->ticket != VC_TICKET_OPEN) {
            return;
        }
        chat->people[i - 1]->ticket = ticket;
    }
}

vc_err vc_person_link_put(struct vc_chat *chat, const struct vc_person *person)
{
    struct vc_link_peer keys;
    vc_err err;

    keys.dev_dh = person->device.certificate.dev_dh;
    keys.root = person->row.root;
    keys.contacts = person->row.contacts;
    err = vc_link_peer_put(chat->cfg.link, person->row.peer, &keys);
    vc_wipe(&keys, sizeof keys);
    return err;
}

void vc_counters_put(struct vc_chat *chat)
{
    struct vc_chat_key key = vc_key_text("counters");
    uint8_t room[VC_COUNTERS_ROW_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_counters_row_write(&w, &chat->counters);
    vc_chat_put(chat, VC_TABLE_SETTING, &key, &w);
}

vc_err vc_counters_next(struct vc_chat *chat, uint32_t *counter, uint32_t *ret_number)
{
    if (*counter >= VC_LINK_PEER_JOINING) {
        return VC_ERR_FULL;
    }
    *ret_number = (*counter)++;
    vc_counters_put(chat);
    return VC_OK;
}

static bool is_name_taken(const struct vc_chat *chat, const char *name)
{
    for (size_t i = 0; i < chat->people_count; i++) {
        if (!chat->people[i]->row.is_removed &&
            vc_name_is_same(chat->people[i]->row.petname, name)) {
            return true;
        }
    }
    return false;
}

void vc_person_pick_name(const struct vc_chat *chat, const char *wanted,
                         const struct vc_card *card, char ret_name[VC_NAME_MAX + 1])
{
    char base[VC_NAME_MAX + 1];
    struct vc_bytes own = {(const uint8_t *)card->name, strlen(card->name)};
    struct vc_bytes text = {(const uint8_t *)wanted, strlen(wanted)};
    struct vc_fingerprint fingerprint;

    if (vc_name_clean(text, base) != VC_OK && vc_name_clean(own, base) != VC_OK) {
        vc_fingerprint_of(&fingerprint, &card->root);
        vc_hex_encode((struct vc_bytes){fingerprint.b, 4}, base);
    }
    memcpy(ret_name, base, sizeof base);
    /* One more than there are contacts is enough to find a free one. */
    for (uint32_t number = 2; is_name_taken(chat, ret_name); number++) {
        vc_name_number(base, number, ret_name);
    }
}

static void take_card(struct vc_person *person, const struct vc_card *card)
{
    struct vc_bytes name = {(const uint8_t *)card->name, strlen(card->name)};

    person->row.root = card->root;
    if (card->record_generation >= person->row.record_generation) {
        /* Else the card is of before a move that we were told of. */
        person->row.record_generation = card->record_generation;
        person->row.record = card->record;
    }
    person->row.contacts_generation = card->contacts_generation;
    person->row.contacts = card->contacts;
    if (vc_name_clean(name, person->row.own_name) != VC_OK) {
        person->row.own_name[0] =
            '\0'; /* no name is better than one that plays tricks */
    }
    if (card->live.count > 0) {
        person->row.live_seq = card->live.list_seq;
    }
    person->device.certificate = card->devices[0];
    person->device.addr_count = 0;
    for (uint8_t i = 0; i < card->addr_count; i++) {
        if (vc_addr_is_usable(&card->addrs[i])) {
            person->device.addrs[person->device.addr_count++] = card->addrs[i];
        }
    }
}

static size_t known_count(const struct vc_chat *chat)
{
    size_t count = 0;

    for (size_t i = 0; i < chat->people_count; i++) {
        count += chat->people[i]->row.is_removed ? 0 : 1;
    }
    return count;
}

/* The keys that sessions with his device begin with; room for them is taken. */
static vc_err learn_keys(struct vc_chat *chat, const struct vc_now *now,
                         const struct vc_person *person, const struct vc_card *card)
{
    uint32_t peer = person->row.peer;
    vc_err err = put_seal(chat, person);

    if (err == VC_OK && card->has_prekey) {
        vc_seal_peer_keys(chat->cfg.seal, now, peer, &card->prekey, card->one_times,
                          card->one_time_count);
        vc_mail_keys(chat->cfg.mail, now, peer);
    }
    return err;
}

vc_err vc_person_add(struct vc_chat *chat, const struct vc_now *now,
                     const struct vc_card *card, const char *petname, uint32_t peer,
                     struct vc_person **ret_person)
{
    struct vc_person *person;
    struct vc_event event = {.kind = VC_EVENT_CONTACT_ADDED};
    vc_err err;

    if (known_count(chat) >= VC_CHAT_CONTACTS_MAX) {
        return VC_ERR_FULL;
    }
    person = new_person(chat, 0);
    if (person == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    take_card(person, card);
    person->row.peer = peer;
    person->row.added_at = now->unix_ms;
    person->known_since = now->mono;
    person->ticket = VC_TICKET_OPEN;
    vc_person_pick_name(chat, petname, card, person->row.petname);
    derive(chat, person);
    err = vc_room_take(chat, person, 1 + VC_MAIL_ACCEPT_OPS + VC_KEYS_OPS,
                       64 + VC_MAIL_ACCEPT_BYTES + VC_KEYS_BYTES);
    if (err == VC_OK) {
        err = vc_mail_peer_put(chat->cfg.mail, peer);
    }
    if (err == VC_OK) {
        err = learn_keys(chat, now, person, card);
    }
    if (err == VC_OK) {
        err = vc_counters_next(chat, &chat->counters.contact, &person->id);
    }
    if (err != VC_OK) {
        free_person(chat, person);
        return err;
    }
    person->device.contact = person->id;
    append(chat, person);
    vc_person_contact_dirty(chat, person);
    vc_person_device_dirty(chat, person);
    vc_person_conversation_dirty(chat, person);
    event.contact = person->id;
    vc_event_add(chat, now, &event);
    *ret_person = person;
    return VC_OK;
}

void vc_person_set_card(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person, const struct vc_card *card)
{
    struct vc_contact_row before = person->row;
    struct vc_event event = {.kind = VC_EVENT_CONTACT_CHANGED, .contact = person->id};

    take_card(person, card);
    /* He is known already, so there is memory for him. */
    VC_CHECK(learn_keys(chat, now, person, card) == VC_OK);
    vc_person_contact_dirty(chat, person);
    vc_person_device_dirty(chat, person);
    if (strcmp(before.own_name, person->row.own_name) != 0) {
        vc_event_add(chat, now, &event);
    }
    if (!vc_equal(&before.contacts, &person->row.contacts, sizeof before.contacts) &&
        !person->row.is_blocked) {
        /* He is known to the link already, so there is a place for him. */
        VC_CHECK(vc_person_link_put(chat, person) == VC_OK);
    }
    vc_wipe(&before, sizeof before);
}

/* The mark "verified" stays: it is about the root, which signed for this device too. */
static void say_new_device(struct vc_chat *chat, const struct vc_now *now,
                           struct vc_person *person)
{
    struct vc_event event = {.kind = VC_EVENT_CONTACT_CHANGED,
                             .change = VC_CHANGE_DEVICE,
                             .contact = person->id};

    person->row.device_since = now->unix_ms;
    vc_event_add(chat, now, &event);
}

vc_err vc_person_replace_device(struct vc_chat *chat, const struct vc_now *now,
                                struct vc_person *person, const struct vc_card *card,
                                uint32_t peer)
{
    struct vc_chat_key key = vc_key_number(person->row.peer);
    bool is_other = !vc_equal(&person->device.certificate.dev_dh,
                              &card->devices[0].dev_dh, sizeof card->devices[0].dev_dh);
    vc_err err = vc_room_take(
        chat, person, 2 + 2 * VC_MAIL_ACCEPT_OPS + VC_KEYS_OPS + VC_RESTORE_END_OPS,
        64 + 2 * VC_MAIL_ACCEPT_BYTES + VC_TURNING_BYTES + VC_KEYS_BYTES +
            VC_RESTORE_END_BYTES);

    if (err == VC_OK) {
        err = vc_mail_peer_put(chat->cfg.mail, peer);
    }
    if (err == VC_OK) {
        err = vc_seal_peer_put(chat->cfg.seal, peer, &person->row.root,
                               &card->devices[0]);
    }
    if (err != VC_OK) {
        return err;
    }
    vc_store_del(chat->cfg.store, VC_TABLE_DEVICE, vc_key_bytes(&key));
    vc_mail_peer_remove(chat->cfg.mail, person->row.peer);
    vc_link_peer_remove(chat->cfg.link, now->mono, person->row.peer);
    vc_finding_stop(chat, person);
    if (person->is_up) {
        vc_presence_down(chat, now, person, VC_ERR_EXISTS);
    }
    person->row.peer = peer;
    person->device.good_count = 0;
    person->row.card_sent = 0;
    person->row.card_acked = 0;
    /* A receipt that waited is gone with its row. */
    person->conversation.receipt_sent = person->conversation.receipt_acked;
    vc_person_conversation_dirty(chat, person);
    vc_chat_chore(chat, person, VC_CHORE_RECEIPT);
    take_card(person, card);
    VC_CHECK(learn_keys(chat, now, person, card) == VC_OK); /* he has a place already */
    if (is_other) {
        say_new_device(chat, now, person);
        vc_turning_want(chat); /* who has the old one has our key too */
    }
    vc_person_contact_dirty(chat, person);
    vc_person_device_dirty(chat, person);
    vc_restore_end(chat, now,
                   person); /* who had what we have lost is not there any more */
    person->row.is_resending = true;
    person->resend_next = person->conversation.delivered + 1;
    vc_chat_chore(chat, person, VC_CHORE_RESEND);
    return VC_OK;
}
