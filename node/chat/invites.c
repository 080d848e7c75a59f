/* Invites of ours: made, listed, revoked, and until when they are answered. */
#include <string.h>

#include "node/chat/names.h"
#include "node/chat/state.h"

static bool is_expired(const struct vc_chat *chat, const struct vc_invite_entry *entry,
                       const struct vc_now *now)
{
    return entry->row.expires_at != VC_NEVER &&
           vc_chat_date(chat, now) > entry->row.expires_at;
}

/* Nobody new can join with it. */
static bool is_over(const struct vc_chat *chat, const struct vc_invite_entry *entry,
                    const struct vc_now *now)
{
    return entry->row.is_revoked || entry->row.is_settled || entry->row.contact != 0 ||
           is_expired(chat, entry, now);
}

/* Until then a "no" is said; afterwards there is silence. */
static vc_ms answered_until(const struct vc_invite_entry *entry)
{
    return entry->row.is_settled
               ? 0
               : vc_ms_after(entry->row.expires_at, VC_CHAT_INVITE_GRACE_MS);
}

static void stop_answering(struct vc_chat *chat, struct vc_invite_entry *entry)
{
    if (chat->cfg.find != NULL) {
        vc_find_invite_remove(chat->cfg.find, entry->id);
    }
    if (entry->is_answered) {
        vc_link_invite_remove(chat->cfg.link, entry->id);
        entry->is_answered = false;
    }
}

/* Those that only say "no" give their places to new ones. */
static vc_err answer(struct vc_chat *chat, const struct vc_now *now,
                     struct vc_invite_entry *entry)
{
    vc_err err = vc_link_invite_put(chat->cfg.link, entry->id, &entry->invite.secret);

    for (size_t i = 0; err == VC_ERR_FULL && i < chat->invite_count; i++) {
        struct vc_invite_entry *other = &chat->invites[i];

        if (other->is_answered && is_over(chat, other, now)) {
            stop_answering(chat, other);
            err = vc_link_invite_put(chat->cfg.link, entry->id, &entry->invite.secret);
        }
    }
    entry->is_answered = err == VC_OK;
    return err;
}

struct vc_invite_entry *vc_invite_find(struct vc_chat *chat, uint32_t id)
{
    for (size_t i = 0; i < chat->invite_count; i++) {
        if (chat->invites[i].id == id) {
            return &chat->invites[i];
        }
    }
    return NULL;
}

void vc_invite_write(struct vc_chat *chat, const struct vc_invite_entry *entry)
{
    struct vc_chat_key key = vc_key_number(entry->id);
    uint8_t room[VC_INVITE_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_invite_row_write(&w, &entry->row);
    vc_chat_put(chat, VC_TABLE_INVITE, &key, &w);
    vc_wipe(room, sizeof room);
}

static struct vc_invite_entry *new_entry(struct vc_chat *chat)
{
    struct vc_invite_entry *larger =
        vc_chat_grow(chat, chat->invites, &chat->invite_room, chat->invite_count,
                     sizeof *chat->invites);

    if (larger == NULL) {
        return NULL;
    }
    chat->invites = larger;
    memset(&larger[chat->invite_count], 0, sizeof *larger);
    return &larger[chat->invite_count];
}

struct loading {
    struct vc_chat *chat;
    vc_err err;
};

static bool load_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct loading *loading = ctx;
    struct vc_reader r = vc_reader(key);
    struct vc_invite_entry *entry = new_entry(loading->chat);

    if (entry == NULL) {
        loading->err = VC_ERR_NO_MEMORY;
        return false;
    }
    entry->id = vc_read_be32(&r);
    loading->err = vc_invite_row_read(value, &entry->row);
    if (loading->err == VC_OK &&
        (vc_reader_end(&r) != VC_OK ||
         vc_invite_parse(entry->row.text, &entry->invite) != VC_OK)) {
        loading->err = VC_ERR_STORE_DAMAGED;
    }
    if (loading->err != VC_OK) {
        return false;
    }
    loading->chat->invite_count++;
    return true;
}

vc_err vc_invites_load(struct vc_chat *chat, const struct vc_now *now)
{
    struct loading loading = {.chat = chat, .err = VC_OK};
    struct vc_scan scan = {
        .table = VC_TABLE_INVITE, .on_row = load_row, .ctx = &loading};
    vc_err err = vc_store_scan(chat->cfg.store, &scan);

    if (err != VC_OK || loading.err != VC_OK) {
        return err != VC_OK ? err : loading.err;
    }
    /* The open ones first: they must have a place. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < chat->invite_count; i++) {
            struct vc_invite_entry *entry = &chat->invites[i];

            if (is_over(chat, entry, now) == (pass == 1) &&
                vc_chat_date(chat, now) <= answered_until(entry)) {
                /* Without a place it is not answered, which is what over ones come to. */
                (void)answer(chat, now, entry);
                vc_finding_invite(chat, now, entry);
            }
        }
    }
    vc_chat_want(chat, now->mono);
    return VC_OK;
}

void vc_invites_deinit(struct vc_chat *chat)
{
    size_t size = chat->invite_room * sizeof *chat->invites;

    if (chat->invites != NULL) {
        vc_wipe(chat->invites, size);
    }
    vc_chat_free(chat, chat->invites, size);
    chat->invites = NULL;
    chat->invite_count = 0;
}

void vc_invites_tick(struct vc_chat *chat, const struct vc_now *now)
{
    vc_ms date = vc_chat_date(chat, now);

    for (size_t i = 0; i < chat->invite_count; i++) {
        struct vc_invite_entry *entry = &chat->invites[i];
        vc_ms until = answered_until(entry);

        if (!entry->is_answered) {
            continue;
        }
        if (date > until) {
            stop_answering(chat, entry);
        } else if (until != VC_NEVER) {
            vc_chat_want(chat, vc_ms_after(now->mono, until - date + 1));
        }
    }
}

vc_err vc_invite_judge(const struct vc_chat *chat, const struct vc_invite_entry *entry,
                       const struct vc_now *now, const struct vc_key32 *root)
{
    bool is_bound = !vc_is_zero(entry->row.bound_root.b, sizeof root->b);

    if (entry->row.is_revoked) {
        return VC_ERR_NO_INVITE;
    }
    if (is_bound && memcmp(entry->row.bound_root.b, root->b, sizeof root->b) != 0) {
        return VC_ERR_INVITE_USED;
    }
    return is_expired(chat, entry, now) ? VC_ERR_INVITE_EXPIRED : VC_OK;
}

uint32_t vc_invites_end(struct vc_chat *chat, const struct vc_now *now)
{
    uint32_t unused = 0;

    for (size_t i = 0; i < chat->invite_count; i++) {
        struct vc_invite_entry *entry = &chat->invites[i];

        if (entry->row.is_revoked || entry->row.is_settled ||
            is_expired(chat, entry, now)) {
            continue;
        }
        unused += entry->row.contact == 0;
        entry->row.is_revoked = true;
        vc_finding_invite(chat, now, entry);
        vc_invite_write(chat, entry);
    }
    return unused;
}

void vc_invites_settle(struct vc_chat *chat, uint32_t contact)
{
    for (size_t i = 0; i < chat->invite_count; i++) {
        struct vc_invite_entry *entry = &chat->invites[i];

        if (entry->row.contact == contact && !entry->row.is_settled &&
            vc_room_take(chat, NULL, 1, VC_INVITE_ROW_MAX + 8) == VC_OK) {
            entry->row.is_settled = true;
            stop_answering(chat, entry);
            vc_invite_write(chat, entry);
        }
    }
}

/* Days since the invites' epoch; at least 1, for 0 means never. */
static uint16_t expiry_day(vc_ms date, uint32_t days)
{
    uint64_t epoch_ms = (uint64_t)VC_INVITE_EPOCH_S * 1000;
    uint64_t today = date > epoch_ms ? (date - epoch_ms) / VC_CHAT_DAY_MS : 0;
    uint64_t day = today + days;

    return day < VC_INVITE_DAY_MAX ? (uint16_t)(day > 0 ? day : 1) : VC_INVITE_DAY_MAX;
}

/* What another machine can reach comes before what only this one can. */
static void choose_addrs(const struct vc_chat *chat, struct vc_invite *invite)
{
    for (int pass = 0; pass < 2; pass++) {
        for (uint8_t i = 0; i < chat->addr_count; i++) {
            bool is_near = vc_addr_is_loopback(&chat->addrs[i]) ||
                           vc_addr_is_link_local(&chat->addrs[i]);

            if (is_near == (pass == 1) && invite->addr_count < VC_INVITE_ADDRS_MAX) {
                invite->addrs[invite->addr_count++] = chat->addrs[i];
            }
        }
        if (invite->addr_count > 0) {
            return;
        }
    }
}

static void shape(const struct vc_chat *chat, const struct vc_invite_entry *entry,
                  const struct vc_now *now, struct vc_invite_state *ret_invite)
{
    struct vc_invite_state invite = {.id = entry->id};

    invite.made_at = entry->row.made_at;
    invite.expires_at = entry->row.expires_at;
    invite.contact = entry->row.contact;
    invite.is_revoked = entry->row.is_revoked;
    invite.is_expired = is_expired(chat, entry, now);
    memcpy(invite.note, entry->row.note, sizeof invite.note);
    memcpy(invite.text, entry->row.text, sizeof invite.text);
    *ret_invite = invite;
}

/* Makes room in the list: the oldest that is over goes. */
static vc_err forget_old(struct vc_chat *chat, const struct vc_now *now)
{
    size_t at = 0;
    struct vc_chat_key key;

    if (chat->invite_count < VC_CHAT_INVITES_KEPT) {
        return VC_OK;
    }
    while (at < chat->invite_count && !is_over(chat, &chat->invites[at], now)) {
        at++;
    }
    if (at == chat->invite_count) {
        return VC_ERR_FULL;
    }
    key = vc_key_number(chat->invites[at].id);
    stop_answering(chat, &chat->invites[at]);
    vc_store_del(chat->cfg.store, VC_TABLE_INVITE, vc_key_bytes(&key));
    chat->invite_count--;
    memmove(&chat->invites[at], &chat->invites[at + 1],
            (chat->invite_count - at) * sizeof *chat->invites);
    return VC_OK;
}

static void fill(struct vc_chat *chat, const struct vc_now *now, uint32_t days,
                 struct vc_invite_entry *entry)
{
    struct vc_invite *invite = &entry->invite;

    invite->device_index = (uint8_t)chat->cfg.device->certificate.index;
    invite->expiry_day =
        expiry_day(vc_chat_date(chat, now), days == 0 ? VC_CHAT_INVITE_DAYS : days);
    invite->fingerprint = chat->cfg.account->fingerprint;
    invite->record = chat->cfg.account->record;
    vc_rng_draw(&chat->rng, invite->secret.b, sizeof invite->secret.b);
    choose_addrs(chat, invite);
    vc_invite_format(invite, entry->row.text);
    entry->row.made_at = now->unix_ms;
    entry->row.expires_at = vc_invite_expires_at(invite);
}

vc_err vc_chat_invite(struct vc_chat *chat, const struct vc_now *now, uint32_t days,
                      const char *note, struct vc_invite_state *ret_invite)
{
    struct vc_bytes text = {(const uint8_t *)note, strlen(note)};
    char clean[VC_NAME_MAX + 1] = "";
    struct vc_invite_entry *entry;
    vc_err err;

    if (days > VC_CHAT_INVITE_DAYS_MAX) {
        return VC_ERR_BAD_PARAMS;
    }
    if (text.len > 0 && vc_name_clean(text, clean) != VC_OK) {
        return VC_ERR_BAD_NAME;
    }
    if (chat->addr_count == 0) {
        return VC_ERR_NO_NETWORK;
    }
    err = vc_room_take(chat, NULL, 3, VC_INVITE_ROW_MAX + 128);
    if (err == VC_OK) {
        err = forget_old(chat, now);
    }
    entry = err == VC_OK ? new_entry(chat) : NULL;
    if (entry == NULL) {
        return err != VC_OK ? err : VC_ERR_NO_MEMORY;
    }
    memcpy(entry->row.note, clean, sizeof clean);
    fill(chat, now, days, entry);
    entry->id = chat->counters.invite;
    err = answer(chat, now, entry);
    if (err == VC_OK) {
        err = vc_counters_next(chat, &chat->counters.invite, &entry->id);
    }
    if (err != VC_OK) {
        stop_answering(chat, entry);
        return err;
    }
    chat->invite_count++;
    vc_invite_write(chat, entry);
    vc_finding_invite(chat, now, entry);
    vc_chat_want(chat, now->mono);
    shape(chat, entry, now, ret_invite);
    return VC_OK;
}

vc_err vc_chat_invite_revoke(struct vc_chat *chat, const struct vc_now *now,
                             uint32_t id)
{
    struct vc_invite_entry *entry = vc_invite_find(chat, id);
    vc_err err;

    if (entry == NULL) {
        return VC_ERR_NO_INVITE;
    }
    err = vc_room_take(chat, NULL, 1, VC_INVITE_ROW_MAX + 8);
    if (err == VC_OK) {
        entry->row.is_revoked = true;
        vc_finding_invite(chat, now, entry);
        vc_invite_write(chat, entry);
    }
    return err;
}

size_t vc_chat_invites(const struct vc_chat *chat, const struct vc_now *now,
                       struct vc_invite_state *ret_invites, size_t room)
{
    for (size_t i = 0; i < chat->invite_count && i < room; i++) {
        shape(chat, &chat->invites[i], now, &ret_invites[i]);
    }
    return chat->invite_count;
}
