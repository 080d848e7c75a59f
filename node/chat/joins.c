/*
 * Joins of ours with somebody's invite: durable, and tried until they end.
 */
#include <string.h>

#include "node/chat/names.h"
#include "node/chat/state.h"

static bool is_pending(const struct vc_join_entry *join)
{
    return !join->row.is_done && !join->row.is_failed;
}

static void write(struct vc_chat *chat, const struct vc_join_entry *join)
{
    struct vc_chat_key key = vc_key_number(join->id);
    uint8_t room[VC_JOIN_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_join_row_write(&w, &join->row);
    vc_chat_put(chat, VC_TABLE_JOIN, &key, &w);
    vc_wipe(room, sizeof room);
}

static void say_ended(struct vc_chat *chat, const struct vc_now *now,
                      const struct vc_join_entry *join)
{
    struct vc_event event = {.kind = VC_EVENT_JOIN,
                             .contact = join->row.contact,
                             .reason = join->row.reason,
                             .join = join->id};

    vc_event_add(chat, now, &event);
}

static void retry_later(struct vc_chat *chat, const struct vc_now *now,
                        struct vc_join_entry *join, vc_err reason)
{
    join->row.reason = reason;
    join->is_up = false;
    join->is_trying = false;
    join->retry_at = now->mono + join->backoff_ms +
                     vc_rng_below(&chat->rng, (uint32_t)(join->backoff_ms / 4) + 1);
    join->backoff_ms = vc_ms_min(2 * join->backoff_ms, VC_CHAT_JOIN_BACKOFF_MAX_MS);
    vc_chat_want(chat, join->retry_at);
}

static void stop_seeking(struct vc_chat *chat, struct vc_join_entry *join)
{
    join->seek_at = VC_NEVER;
    if (chat->cfg.find != NULL) {
        vc_find_stop(chat->cfg.find, join->row.peer);
    }
}

static void fail(struct vc_chat *chat, const struct vc_now *now,
                 struct vc_join_entry *join, vc_err reason)
{
    vc_link_close(chat->cfg.link, now->mono, join->row.peer);
    if (vc_room_take(chat, NULL, 2, VC_JOIN_ROW_MAX + 64) != VC_OK) {
        retry_later(chat, now, join, reason); /* it fails again when that can be kept */
        return;
    }
    join->row.is_failed = true;
    join->row.reason = reason;
    join->is_up = false;
    join->is_trying = false;
    join->retry_at = VC_NEVER;
    stop_seeking(chat, join);
    write(chat, join);
    say_ended(chat, now, join);
}

static void try_now(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_join_entry *join)
{
    vc_ms expires_at = vc_invite_expires_at(&join->invite);

    if (expires_at != VC_NEVER && vc_chat_date(chat, now) > expires_at) {
        fail(chat, now, join, VC_ERR_INVITE_EXPIRED);
        return;
    }
    if (vc_link_join(chat->cfg.link, now->mono, join->row.peer, &join->invite.secret,
                     join->invite.addrs, join->invite.addr_count) != VC_OK) {
        retry_later(chat, now, join, VC_ERR_PEER_UNREACHABLE);
        return;
    }
    join->is_trying = true;
    join->retry_at = VC_NEVER;
    if (chat->cfg.find != NULL) {
        join->seek_at = vc_ms_after(now->mono, VC_CHAT_SEEK_AFTER_MS);
        vc_finding_door(chat, now, join->invite.addrs, join->invite.addr_count);
    }
}

static struct vc_join_entry *new_entry(struct vc_chat *chat)
{
    struct vc_join_entry *larger = vc_chat_grow(chat, chat->joins, &chat->join_room,
                                                chat->join_count, sizeof *chat->joins);

    if (larger == NULL) {
        return NULL;
    }
    chat->joins = larger;
    memset(&larger[chat->join_count], 0, sizeof *larger);
    larger[chat->join_count].retry_at = VC_NEVER;
    larger[chat->join_count].seek_at = VC_NEVER;
    larger[chat->join_count].backoff_ms = VC_CHAT_JOIN_BACKOFF_MS;
    return &larger[chat->join_count];
}

struct loading {
    struct vc_chat *chat;
    vc_ms mono;
    vc_err err;
};

static bool load_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct loading *loading = ctx;
    struct vc_reader r = vc_reader(key);
    struct vc_join_entry *join = new_entry(loading->chat);

    if (join == NULL) {
        loading->err = VC_ERR_NO_MEMORY;
        return false;
    }
    join->id = vc_read_be32(&r);
    loading->err = vc_join_row_read(value, &join->row);
    if (loading->err == VC_OK &&
        (vc_reader_end(&r) != VC_OK ||
         vc_invite_parse(join->row.text, &join->invite) != VC_OK)) {
        loading->err = VC_ERR_STORE_DAMAGED;
    }
    if (loading->err != VC_OK) {
        return false;
    }
    if (is_pending(join)) {
        join->row.reason = VC_OK;
        join->retry_at = loading->mono;
        vc_chat_want(loading->chat, loading->mono);
    }
    loading->chat->join_count++;
    return true;
}

vc_err vc_joins_load(struct vc_chat *chat, const struct vc_now *now)
{
    struct loading loading = {.chat = chat, .mono = now->mono, .err = VC_OK};
    struct vc_scan scan = {.table = VC_TABLE_JOIN, .on_row = load_row, .ctx = &loading};
    vc_err err = vc_store_scan(chat->cfg.store, &scan);

    return err != VC_OK ? err : loading.err;
}

void vc_joins_deinit(struct vc_chat *chat)
{
    size_t size = chat->join_room * sizeof *chat->joins;

    if (chat->joins != NULL) {
        vc_wipe(chat->joins, size);
    }
    vc_chat_free(chat, chat->joins, size);
    chat->joins = NULL;
    chat->join_count = 0;
}

struct vc_join_entry *vc_join_of_peer(struct vc_chat *chat, uint32_t peer)
{
    for (size_t i = 0; i < chat->join_count; i++) {
        if (is_pending(&chat->joins[i]) && chat->joins[i].row.peer == peer) {
            return &chat->joins[i];
        }
    }
    return NULL;
}

void vc_join_up(struct vc_chat *chat, const struct vc_now *now,
                struct vc_join_entry *join, const struct vc_link_output *up)
{
    struct vc_join_card about;
    const struct vc_person *person = NULL;

    for (size_t i = 0; i < chat->people_count; i++) {
        if (!chat->people[i]->row.is_removed &&
            memcmp(chat->people[i]->fingerprint.b, join->invite.fingerprint.b,
                   sizeof join->invite.fingerprint.b) == 0) {
            person = chat->people[i];
        }
    }
    join->is_up = true;
    join->is_trying = false;
    stop_seeking(chat, join);
    join->dev_dh = up->dev_dh;
    join->addr = up->addr;
    join->up_at = now->mono;
    join->greet_until = now->mono + VC_CHAT_GREETING_MS;
    join->card_mark = chat->card_mark;
    vc_chat_want(chat, join->greet_until);
    vc_join_card_about(person, &about);
    if (vc_join_card_send(chat, now, join->row.peer, &about) != VC_OK) {
        vc_link_close(chat->cfg.link, now->mono, join->row.peer);
        retry_later(chat, now, join, VC_ERR_PEER_UNREACHABLE);
    }
}

void vc_join_down(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_join_entry *join, vc_err reason)
{
    retry_later(chat, now, join, reason);
}

static void complete(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_join_entry *join, const struct vc_join_card *card)
{
    struct vc_meeting meeting = {.card = card,
                                 .petname = join->row.petname,
                                 .peer = join->row.peer,
                                 .up_at = join->up_at};
    struct vc_person *person;
    vc_err err = vc_room_take(chat, NULL, 2, VC_JOIN_ROW_MAX + 64);

    if (err == VC_OK) {
        err = vc_join_meet(chat, now, &meeting, &person);
    }
    if (err != VC_OK) {
        vc_link_close(chat->cfg.link, now->mono, join->row.peer);
        retry_later(chat, now, join, err);
        return;
    }
    join->is_own_peer = person->row.peer == join->row.peer;
    if (join->is_own_peer) {
        person->row.card_sent = join->card_mark;
        person->row.card_acked = join->card_mark;
    }
    join->row.is_done = true;
    join->row.contact = person->id;
    join->row.reason = VC_OK;
    join->ticket = VC_TICKET_OPEN;
    write(chat, join);
    say_ended(chat, now, join);
}

void vc_join_object(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_join_entry *join, struct vc_bytes object)
{
    const struct vc_person *person;
    struct vc_fingerprint fingerprint;
    struct vc_join_card card;
    vc_err reason;

    if (vc_join_refused_read(object, &reason) == VC_OK) {
        fail(chat, now, join, reason);
        return;
    }
    if (vc_join_card_read(object, &card) != VC_OK) {
        chat->stats.dropped_malformed++;
        return;
    }
    vc_fingerprint_of(&fingerprint, &card.card.root);
    person = vc_person_of_root(chat, &card.card.root);
    if ((person != NULL && vc_card_is_old(person, &card.card)) ||
        !vc_equal(fingerprint.b, join->invite.fingerprint.b, sizeof fingerprint.b) ||
        !vc_equal(card.card.record.b, join->invite.record.b,
                  sizeof card.card.record.b) ||
        !vc_equal(card.card.devices[0].dev_dh.b, join->dev_dh.b,
                  sizeof join->dev_dh.b)) {
        fail(chat, now, join, VC_ERR_AUTH);
    } else {
        complete(chat, now, join, &card);
    }
    vc_wipe(&card, sizeof card);
}

void vc_joins_submitted(struct vc_chat *chat, uint64_t ticket)
{
    for (size_t i = 0; i < chat->join_count; i++) {
        if (chat->joins[i].ticket == VC_TICKET_OPEN) {
            chat->joins[i].ticket = ticket;
        }
    }
}

/* The contact is durable: the session is his, or ends in favour of his own. */
static void settle(struct vc_chat *chat, const struct vc_now *now,
                   struct vc_join_entry *join)
{
    struct vc_person *person;
    struct vc_link_state state;

    join->ticket = 0;
    join->is_up = false;
    if (vc_person_get(chat, join->row.contact, &person) != VC_OK ||
        person->row.is_blocked) {
        vc_link_close(chat->cfg.link, now->mono, join->row.peer);
        return;
    }
    if (!join->is_own_peer) {
        vc_link_close(chat->cfg.link, now->mono, join->row.peer);
        vc_presence_connect(chat, now, person);
        return;
    }
    if (vc_person_link_put(chat, person) != VC_OK) {
        return;
    }
    if (vc_link_state(chat->cfg.link, join->row.peer, &state)) {
        vc_presence_up(chat, now, person, &state.addr);
    } else {
        vc_presence_start(chat, now, person);
    }
    vc_mail_wake(chat->cfg.mail, now, person->row.peer);
}

void vc_joins_committed(struct vc_chat *chat, const struct vc_now *now)
{
    for (size_t i = 0; i < chat->join_count; i++) {
        struct vc_join_entry *join = &chat->joins[i];

        if (join->ticket != 0 && join->ticket <= chat->committed) {
            settle(chat, now, join);
        }
    }
}

void vc_join_found(struct vc_chat *chat, const struct vc_now *now,
                   struct vc_join_entry *join, const struct vc_addr *addrs,
                   uint8_t count)
{
    if (!join->is_up && count > 0 &&
        vc_link_join(chat->cfg.link, now->mono, join->row.peer, &join->invite.secret,
                     addrs, count) == VC_OK) {
        join->is_trying = true;
        join->retry_at = VC_NEVER;
    }
}

/* Whoever made the invite is not where it says. */
static void seek(struct vc_chat *chat, const struct vc_now *now,
                 struct vc_join_entry *join)
{
    join->seek_at = VC_NEVER;
    vc_find_seek_inviter(chat->cfg.find, now, join->row.peer, &join->invite,
                         VC_FIND_QUICK);
}

void vc_joins_tick(struct vc_chat *chat, const struct vc_now *now)
{
    for (size_t i = 0; i < chat->join_count; i++) {
        struct vc_join_entry *join = &chat->joins[i];

        if (!is_pending(join)) {
            continue;
        }
        if (join->is_up && join->greet_until <= now->mono) {
            vc_link_close(chat->cfg.link, now->mono, join->row.peer);
            retry_later(chat, now, join, VC_ERR_TIMEOUT);
        } else if (!join->is_up && join->retry_at <= now->mono) {
            try_now(chat, now, join);
        }
        if (is_pending(join) && !join->is_up && join->seek_at <= now->mono) {
            seek(chat, now, join);
        }
        if (is_pending(join)) {
            vc_chat_want(chat, join->is_up ? join->greet_until : join->retry_at);
            vc_chat_want(chat, join->seek_at);
        }
    }
}

static void shape(const struct vc_join_entry *join, const struct vc_now *now,
                  struct vc_join_state *ret_join)
{
    struct vc_join_state state = {.id = join->id};

    state.stage = join->row.is_done     ? VC_JOIN_DONE
                  : join->row.is_failed ? VC_JOIN_FAILED
                  : join->is_up         ? VC_JOIN_GREETING
                                        : VC_JOIN_CONNECTING;
    state.reason = join->row.reason;
    state.contact = join->row.contact;
    state.begun_at = join->row.begun_at;
    state.retry_at = VC_NEVER;
    if (is_pending(join) && join->retry_at != VC_NEVER) {
        state.retry_at = now->unix_ms +
                         (join->retry_at > now->mono ? join->retry_at - now->mono : 0);
    }
    memcpy(state.petname, join->row.petname, sizeof state.petname);
    *ret_join = state;
}

/* The oldest that has ended goes, when there are too many. */
static vc_err forget_old(struct vc_chat *chat)
{
    struct vc_chat_key key;
    size_t at = 0;

    if (chat->join_count < VC_CHAT_JOINS_MAX) {
        return VC_OK;
    }
    while (at < chat->join_count &&
           (is_pending(&chat->joins[at]) || chat->joins[at].ticket != 0)) {
        at++;
    }
    if (at == chat->join_count) {
        return VC_ERR_FULL;
    }
    key = vc_key_number(chat->joins[at].id);
    vc_store_del(chat->cfg.store, VC_TABLE_JOIN, vc_key_bytes(&key));
    chat->join_count--;
    memmove(&chat->joins[at], &chat->joins[at + 1],
            (chat->join_count - at) * sizeof *chat->joins);
    return VC_OK;
}

static struct vc_join_entry *find_invite(struct vc_chat *chat,
                                         const struct vc_invite *invite)
{
    for (size_t i = 0; i < chat->join_count; i++) {
        if (vc_equal(chat->joins[i].invite.secret.b, invite->secret.b,
                     sizeof invite->secret.b)) {
            return &chat->joins[i];
        }
    }
    return NULL;
}

/* The row is written again even when nothing changes: so the answer waits until what it
 * says is durable. */
static vc_err begin_again(struct vc_chat *chat, const struct vc_now *now,
                          struct vc_join_entry *join)
{
    const struct vc_person *person = vc_person_find(chat, join->row.contact);
    vc_err err = VC_OK;

    if (join->row.is_done && (person == NULL || person->row.is_removed)) {
        /* The number went with the contact that was removed since. */
        err = vc_counters_next(chat, &chat->counters.peer, &join->row.peer);
        join->row.is_failed = err == VC_OK;
    }
    if (join->row.is_failed) {
        join->row.is_done = false;
        join->row.is_failed = false;
        join->row.reason = VC_OK;
        join->row.contact = 0;
        join->backoff_ms = VC_CHAT_JOIN_BACKOFF_MS;
        join->retry_at = now->mono;
        vc_chat_want(chat, now->mono);
    }
    write(chat, join);
    return err;
}

static vc_err begin(struct vc_chat *chat, const struct vc_now *now,
                    const struct vc_invite *invite, const char *petname,
                    struct vc_join_entry **ret_join)
{
    struct vc_join_entry *join = new_entry(chat);
    vc_err err;

    if (join == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    err = vc_counters_next(chat, &chat->counters.peer, &join->row.peer);
    if (err == VC_OK) {
        err = vc_counters_next(chat, &chat->counters.join, &join->id);
    }
    if (err != VC_OK) {
        return err;
    }
    join->invite = *invite;
    vc_invite_format(invite, join->row.text);
    memcpy(join->row.petname, petname, strlen(petname));
    join->row.begun_at = now->unix_ms;
    join->retry_at = now->mono;
    chat->join_count++;
    write(chat, join);
    vc_chat_want(chat, now->mono);
    *ret_join = join;
    return VC_OK;
}

vc_err vc_chat_join(struct vc_chat *chat, const struct vc_now *now,
                    const char *invite_text, const char *petname,
                    struct vc_join_state *ret_join)
{
    struct vc_bytes text = {(const uint8_t *)petname, strlen(petname)};
    char name[VC_NAME_MAX + 1] = "";
    struct vc_join_entry *join;
    struct vc_invite invite;
    vc_ms expires_at;
    vc_err err = vc_invite_parse(invite_text, &invite);

    if (err != VC_OK) {
        return err;
    }
    if (invite.is_reusable) {
        return VC_ERR_UNSUPPORTED;
    }
    if (text.len > 0 && vc_name_clean(text, name) != VC_OK) {
        return VC_ERR_BAD_NAME;
    }
    if (vc_equal(invite.fingerprint.b, chat->cfg.account->fingerprint.b,
                 sizeof invite.fingerprint.b)) {
        return VC_ERR_INVITE_OWN;
    }
    expires_at = vc_invite_expires_at(&invite);
    join = find_invite(chat, &invite);
    if (join == NULL && expires_at != VC_NEVER &&
        vc_chat_date(chat, now) > expires_at) {
        return VC_ERR_INVITE_EXPIRED;
    }
    err = vc_room_take(chat, NULL, 4, VC_JOIN_ROW_MAX + 256);
    if (err == VC_OK && join != NULL) {
        err = begin_again(chat, now, join);
    } else if (err == VC_OK) {
        err = forget_old(chat);
        if (err == VC_OK) {
            err = begin(chat, now, &invite, name, &join);
        }
    }
    if (err == VC_OK) {
        shape(join, now, ret_join);
    }
    return err;
}

vc_err vc_chat_join_cancel(struct vc_chat *chat, const struct vc_now *now, uint32_t id)
{
    for (size_t i = 0; i < chat->join_count; i++) {
        struct vc_join_entry *join = &chat->joins[i];
        vc_err err;

        if (join->id != id || !is_pending(join)) {
            continue;
        }
        err = vc_room_take(chat, NULL, 2, VC_JOIN_ROW_MAX + 64);
        if (err == VC_OK) {
            fail(chat, now, join, VC_ERR_ABANDONED);
        }
        return err;
    }
    return VC_ERR_NOT_FOUND;
}

size_t vc_chat_joins(const struct vc_chat *chat, const struct vc_now *now,
                     struct vc_join_state *ret_joins, size_t room)
{
    for (size_t i = 0; i < chat->join_count && i < room; i++) {
        shape(&chat->joins[i], now, &ret_joins[i]);
    }
    return chat->join_count;
}
