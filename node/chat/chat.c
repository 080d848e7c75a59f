/* The door of the chat machine: its life, its owner, and the conductor's side. */
#include <string.h>

#include "node/chat/names.h"
#include "node/chat/state.h"

#define FIRST_SWEEP_MS 600000 /* a start has other things to do */

static vc_err load_settings(struct vc_chat *chat)
{
    struct vc_chat_key key = vc_key_text("owner");
    struct vc_bytes value;
    vc_err err =
        vc_store_get(chat->cfg.store, VC_TABLE_SETTING, vc_key_bytes(&key), &value);

    chat->owner.sends_read_receipts = true;
    if (err == VC_OK) {
        err = vc_owner_row_read(value, &chat->owner);
    }
    if (err != VC_OK && err != VC_ERR_NOT_FOUND) {
        return err;
    }
    chat->counters = (struct vc_counters_row){1, 1, 1, 1};
    key = vc_key_text("counters");
    err = vc_store_get(chat->cfg.store, VC_TABLE_SETTING, vc_key_bytes(&key), &value);
    if (err == VC_OK) {
        err = vc_counters_row_read(value, &chat->counters);
    }
    return err == VC_ERR_NOT_FOUND ? VC_OK : err;
}

static vc_err load(struct vc_chat *chat, const struct vc_now *now)
{
    vc_err err = load_settings(chat);

    if (err == VC_OK) {
        err = vc_people_load(chat, now);
    }
    if (err == VC_OK) {
        err = vc_turning_load(chat, now);
    }
    if (err == VC_OK) {
        err = vc_forwards_load(chat, now);
    }
    if (err == VC_OK) {
        err = vc_conversations_load(chat);
    }
    if (err == VC_OK) {
        err = vc_unsettled_load(chat);
    }
    if (err == VC_OK) {
        err = vc_invites_load(chat, now);
    }
    if (err == VC_OK) {
        err = vc_joins_load(chat, now);
    }
    if (err == VC_OK) {
        err = vc_tokens_load(chat);
    }
    return err == VC_OK ? vc_events_load(chat) : err;
}

vc_err vc_chat_init(const struct vc_chat_config *cfg, const struct vc_now *now,
                    const struct vc_secret32 *seed, struct vc_chat **ret_chat)
{
    struct vc_alloc alloc = cfg->alloc;
    struct vc_chat *chat = alloc.resize(alloc.ctx, NULL, 0, sizeof *chat);
    vc_err err = VC_ERR_NO_MEMORY;

    if (chat == NULL) {
        return err;
    }
    memset(chat, 0, sizeof *chat);
    chat->cfg = *cfg;
    chat->due = VC_NEVER;
    chat->sweep_at = now->mono + FIRST_SWEEP_MS;
    vc_chat_want(chat, chat->sweep_at);
    vc_rng_init(&chat->rng, seed);
    chat->row = alloc.resize(alloc.ctx, NULL, 0, VC_STORE_VALUE_MAX);
    if (chat->row != NULL) {
        err = load(chat, now);
    }
    if (err != VC_OK) {
        vc_chat_deinit(chat);
        return err;
    }
    vc_own_card_changed(chat);
    *ret_chat = chat;
    return VC_OK;
}

void vc_chat_deinit(struct vc_chat *chat)
{
    struct vc_alloc alloc;

    if (chat == NULL) {
        return;
    }
    vc_people_deinit(chat);
    vc_invites_deinit(chat);
    vc_joins_deinit(chat);
    vc_unsettled_deinit(chat);
    vc_tokens_deinit(chat);
    if (chat->row != NULL) {
        vc_wipe(chat->row, VC_STORE_VALUE_MAX);
    }
    vc_chat_free(chat, chat->row, VC_STORE_VALUE_MAX);
    alloc = chat->cfg.alloc;
    vc_wipe(chat, sizeof *chat);
    (void)alloc.resize(alloc.ctx, chat, sizeof *chat,
                       0); /* a free gives nothing back */
}

void vc_chat_owner(const struct vc_chat *chat, struct vc_owner *ret_owner)
{
    struct vc_owner owner = {.sends_read_receipts = chat->owner.sends_read_receipts};

    memcpy(owner.name, chat->owner.name, sizeof owner.name);
    memcpy(owner.addrs, chat->addrs, sizeof owner.addrs);
    owner.addr_count = chat->addr_count;
    *ret_owner = owner;
}

static vc_err put_owner(struct vc_chat *chat, const struct vc_owner_row *row)
{
    struct vc_chat_key key = vc_key_text("owner");
    uint8_t room[VC_OWNER_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    vc_err err = vc_room_take(chat, NULL, 1, sizeof room + VC_CHAT_KEY_MAX);

    if (err == VC_OK) {
        vc_owner_row_write(&w, row);
        vc_chat_put(chat, VC_TABLE_SETTING, &key, &w);
        chat->owner = *row;
    }
    return err;
}

vc_err vc_chat_set_name(struct vc_chat *chat, const struct vc_now *now,
                        const char *name)
{
    struct vc_bytes text = {(const uint8_t *)name, strlen(name)};
    struct vc_owner_row row = chat->owner;
    vc_err err = vc_name_clean(text, row.name);

    (void)now;
    if (err == VC_OK) {
        err = put_owner(chat, &row);
    }
    if (err == VC_OK) {
        vc_own_card_changed(chat);
    }
    return err;
}

vc_err vc_chat_set_read_receipts(struct vc_chat *chat, const struct vc_now *now,
                                 bool is_on)
{
    struct vc_owner_row row = chat->owner;

    (void)now;
    row.sends_read_receipts = is_on;
    return put_owner(chat, &row);
}

void vc_chat_set_addresses(struct vc_chat *chat, const struct vc_now *now,
                           const struct vc_addr *addrs, size_t count)
{
    struct vc_addr usable[VC_CARD_ADDRS_MAX] = {0};
    uint8_t usable_count = 0;
    bool is_same;

    for (size_t i = 0; i < count && usable_count < VC_CARD_ADDRS_MAX; i++) {
        if (vc_addr_is_usable(&addrs[i])) {
            usable[usable_count++] = addrs[i];
        }
    }
    is_same = usable_count == chat->addr_count;
    for (uint8_t i = 0; i < usable_count && is_same; i++) {
        is_same = vc_addr_equal(&usable[i], &chat->addrs[i]);
    }
    if (!is_same) {
        bool is_first = chat->addr_count == 0;

        memcpy(chat->addrs, usable, sizeof usable);
        chat->addr_count = usable_count;
        vc_own_card_changed(chat);
        if (!is_first) {
            vc_finding_moved(chat, now);
        }
    }
}

void vc_chat_chore(struct vc_chat *chat, struct vc_person *person, unsigned chore)
{
    person->chores |= chore;
    chat->has_chores = true;
    vc_chat_want(chat, 0);
}

static void link_up(struct vc_chat *chat, const struct vc_now *now,
                    const struct vc_link_output *up)
{
    struct vc_join_entry *join = vc_join_of_peer(chat, up->peer);
    struct vc_person *person = vc_person_of_peer(chat, up->peer);

    if (up->peer >= VC_LINK_PEER_JOINING) {
        vc_guest_up(chat, now, up);
    } else if (join != NULL) {
        vc_join_up(chat, now, join, up);
    } else if (person != NULL && !person->row.is_blocked) {
        vc_presence_up(chat, now, person, &up->addr);
    } else {
        vc_link_close(chat->cfg.link, now->mono, up->peer);
    }
}

static void link_down(struct vc_chat *chat, const struct vc_now *now,
                      const struct vc_link_output *down)
{
    struct vc_join_entry *join = vc_join_of_peer(chat, down->peer);
    struct vc_person *person = vc_person_of_peer(chat, down->peer);

    if (down->peer >= VC_LINK_PEER_JOINING) {
        vc_guest_down(chat, down->peer);
    } else if (join != NULL) {
        vc_join_down(chat, now, join, down->reason);
    } else if (person != NULL) {
        vc_presence_down(chat, now, person, down->reason);
    }
}

static void passed(struct vc_chat *chat, const struct vc_now *now,
                   const struct vc_mail_output *output)
{
    struct vc_join_entry *join = vc_join_of_peer(chat, output->peer);
    struct vc_person *person = vc_person_of_peer(chat, output->peer);

    if (output->peer >= VC_LINK_PEER_JOINING) {
        vc_guest_object(chat, now, output->peer, output->object);
    } else if (join != NULL) {
        vc_join_object(chat, now, join, output->object);
    } else if (person != NULL && !person->row.is_blocked && output->object.len > 0 &&
               output->object.data[0] == VC_KEYS) {
        vc_keys_take(chat, now, person, output->object);
    }
}

void vc_chat_mail_output(struct vc_chat *chat, const struct vc_now *now,
                         const struct vc_mail_output *output)
{
    struct vc_person *person;

    switch (output->kind) {
    case VC_MAIL_UP:
        link_up(chat, now, &output->link);
        return;
    case VC_MAIL_DOWN:
        link_down(chat, now, &output->link);
        return;
    case VC_MAIL_PASSED:
        passed(chat, now, output);
        return;
    case VC_MAIL_DELIVERY:
    case VC_MAIL_ACKED:
    case VC_MAIL_WORDS:
    case VC_MAIL_ROLLED_BACK:
    case VC_MAIL_LOST:
    case VC_MAIL_CONNECT:
    case VC_MAIL_MOVED:
    case VC_MAIL_SILENT:
    case VC_MAIL_HEARD:
        break;
    }
    person = vc_person_of_peer(chat, output->peer);
    if (person == NULL) {
        return;
    }
    chat->last_of_peer = person;
    if (output->kind == VC_MAIL_ACKED) {
        /* Also of one who was blocked meanwhile: mail says it only once. */
        vc_receipt_on_acked(chat, now, person, output->ref);
    } else if (output->kind == VC_MAIL_WORDS) {
        vc_words_wanted(chat, now, person, output->number, output->ref);
    } else if (output->kind == VC_MAIL_ROLLED_BACK) {
        vc_words_rolled_back(chat, now, person);
    } else if (output->kind == VC_MAIL_LOST) {
        vc_restore_begin(chat, now, person, VC_RESTORING_THEIRS);
    } else if (person->row.is_blocked) {
        return;
    } else if (output->kind == VC_MAIL_MOVED) {
        vc_presence_moved(chat, now, person, &output->link.addr);
    } else if (output->kind == VC_MAIL_SILENT) {
        vc_finding_silent(chat, now, person);
    } else if (output->kind == VC_MAIL_HEARD) {
        vc_finding_stop(chat, person);
    } else if (output->kind == VC_MAIL_CONNECT) {
        vc_presence_connect(chat, now, person);
    } else {
        chat->is_in_order = output->is_in_order;
        if (vc_inbound_object(chat, now, person, output->object)) {
            vc_mail_accept(chat->cfg.mail, now, output->peer, output->number);
        }
    }
}

/* What could not be done stays a chore until the next commit, or for a moment. */
static void do_chores(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_person *person)
{
    if ((person->chores & VC_CHORE_CARD) != 0 &&
        vc_card_give(chat, now, person) == VC_OK) {
        person->chores &= ~(unsigned)VC_CHORE_CARD;
    }
    if ((person->chores & VC_CHORE_RECEIPT) != 0 &&
        vc_receipt_give(chat, now, person)) {
        person->chores &= ~(unsigned)VC_CHORE_RECEIPT;
    }
    if ((person->chores & VC_CHORE_SETTLE) != 0 && vc_unsettled_move(chat, person)) {
        person->chores &= ~(unsigned)VC_CHORE_SETTLE;
    }
    if ((person->chores & VC_CHORE_SESSION) != 0 &&
        vc_session_tell(chat, now, person)) {
        person->chores &= ~(unsigned)VC_CHORE_SESSION;
    }
    if ((person->chores & VC_CHORE_RESEND) != 0 &&
        vc_messages_resend(chat, now, person)) {
        person->chores &= ~(unsigned)VC_CHORE_RESEND;
    }
}

static void tick_person(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_person *person)
{
    vc_presence_tick(chat, now, person);
    if (person->pull_at != VC_NEVER) {
        vc_pull_tick(chat, now, person);
    }
    if (person->restore_at != VC_NEVER) {
        vc_restore_tick(chat, now, person);
    }
    if (person->chores != 0) {
        do_chores(chat, now, person);
    }
    if (person->chores != 0) {
        chat->has_chores = true;
        vc_chat_want(chat, now->mono + VC_CHAT_CHORE_RETRY_MS);
    }
    vc_chat_want(chat, person->try_at);
    vc_finding_tick(chat, now, person);
}

void vc_chat_tick(struct vc_chat *chat, const struct vc_now *now)
{
    chat->due = VC_NEVER;
    chat->has_chores = false;
    vc_invites_tick(chat, now);
    vc_guests_tick(chat, now);
    vc_joins_tick(chat, now);
    vc_tokens_tick(chat, now);
    vc_turning_tick(chat, now);
    vc_forwards_tick(chat, now);
    for (size_t i = 0; i < chat->people_count; i++) {
        struct vc_person *person = chat->people[i];

        if (!person->row.is_removed) {
            tick_person(chat, now, person);
            continue;
        }
        chat->has_chores = true;
        if (person->remove_ticket > chat->committed || person->is_listed) {
            continue;
        }
        if (vc_sweep_person(chat, person)) {
            vc_person_drop(chat, person);
            i--;
        } else {
            vc_chat_want(chat, now->mono + VC_CHAT_CHORE_RETRY_MS);
        }
    }
    if (chat->dirty_first != NULL) {
        vc_chat_want(chat, now->mono + VC_CHAT_CHORE_RETRY_MS);
    }
}

vc_ms vc_chat_due(const struct vc_chat *chat)
{
    return chat->due;
}

void vc_chat_flush(struct vc_chat *chat, const struct vc_now *now)
{
    vc_finding_flush(chat, now);
    vc_sessions_flush(chat, now);
    vc_events_flush(chat);
    vc_tokens_flush(chat, now);
    vc_room_flush(chat, now);
}

void vc_chat_submitted(struct vc_chat *chat, uint64_t ticket)
{
    vc_people_submitted(chat, ticket);
    vc_guests_submitted(chat, ticket);
    vc_joins_submitted(chat, ticket);
    vc_forwards_submitted(chat, ticket);
    for (size_t i = 0; chat->has_chores && i < chat->people_count; i++) {
        if (chat->people[i]->remove_ticket == VC_TICKET_OPEN) {
            chat->people[i]->remove_ticket = ticket;
        }
    }
}

void vc_chat_committed(struct vc_chat *chat, const struct vc_now *now, uint64_t ticket)
{
    if (ticket <= chat->committed) {
        return;
    }
    chat->committed = ticket;
    vc_guests_committed(chat, now);
    vc_joins_committed(chat, now);
    if (chat->has_chores) {
        vc_chat_want(chat, 0);
    }
}

bool vc_chat_next(struct vc_chat *chat, struct vc_chat_output *ret_output)
{
    struct vc_chat_output output = {.kind = VC_CHAT_EVENTS, .seq = chat->event_last};

    if (chat->has_events) {
        chat->has_events = false;
        *ret_output = output;
        return true;
    }
    for (size_t i = 0; chat->presence_new > 0 && i < chat->people_count; i++) {
        struct vc_person *person = chat->people[i];

        if (!person->is_presence_new) {
            continue;
        }
        person->is_presence_new = false;
        chat->presence_new--;
        if (person->row.is_removed) {
            continue;
        }
        output.kind = VC_CHAT_PRESENCE;
        output.contact = person->id;
        output.is_connected = person->is_up;
        output.reason = person->last_failure;
        *ret_output = output;
        return true;
    }
    return false;
}

void vc_chat_stats(const struct vc_chat *chat, struct vc_chat_stats *ret_stats)
{
    *ret_stats = chat->stats;
}
