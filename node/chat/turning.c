/*
 * The contacts key turns when somebody who has it shall not have it any more, at most once
 * a day, and older ones stay good for those who may hold nothing newer.
 *
 * crypto/SPEC.md, "Keys".  Which key somebody holds is told by the mark of the card that he
 * has acknowledged (card.c).
 */
#include <string.h>

#include "node/chat/self.h"
#include "node/chat/state.h"

static void put_row(struct vc_chat *chat)
{
    struct vc_chat_key key = vc_key_text("contacts_keys");
    uint8_t room[VC_TURNING_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_turning_row_write(&w, &chat->turning);
    vc_chat_put(chat, VC_TABLE_SETTING, &key, &w);
    vc_wipe(room, sizeof room);
}

/* The link answers to the newest key and the older ones. */
static void answer(const struct vc_chat *chat)
{
    struct vc_secret32 keys[1 + VC_CHAT_OLD_KEYS_MAX];

    keys[0] = chat->cfg.account->contacts;
    for (uint8_t i = 0; i < chat->turning.count; i++) {
        keys[1 + i] = chat->turning.old[i].key;
    }
    vc_link_answer_to(chat->cfg.link, keys, 1 + (size_t)chat->turning.count);
    vc_wipe(keys, sizeof keys);
}

vc_err vc_turning_load(struct vc_chat *chat, const struct vc_now *now)
{
    struct vc_chat_key key = vc_key_text("contacts_keys");
    struct vc_bytes value;
    vc_err err =
        vc_store_get(chat->cfg.store, VC_TABLE_SETTING, vc_key_bytes(&key), &value);

    if (err == VC_OK) {
        err = vc_turning_row_read(value, &chat->turning);
    }
    if (err != VC_OK && err != VC_ERR_NOT_FOUND) {
        return err;
    }
    answer(chat);
    chat->is_turning_review = true;
    vc_chat_want(chat, now->mono);
    return VC_OK;
}

/* How many of the older keys must stay for who has the card of this mark: its own, and
 * those before it in the row, of cards that came after it. */
static uint8_t depth_of(const struct vc_chat *chat, uint64_t mark)
{
    uint8_t generation = vc_card_mark_contacts(mark);

    for (uint8_t i = 0; i < chat->turning.count; i++) {
        if (chat->turning.old[i].generation == generation) {
            return i + 1;
        }
    }
    return 0; /* the newest, or one that is not good any more */
}

/* How many of the older keys some contact may still hold. */
static uint8_t wanted_depth(const struct vc_chat *chat)
{
    uint8_t wanted = 0;

    for (size_t i = 0; i < chat->people_count; i++) {
        const struct vc_contact_row *row = &chat->people[i]->row;
        uint8_t acked, sent;

        if (row->is_removed || row->is_blocked) {
            continue;
        }
        if (row->card_acked == 0) {
            return chat->turning.count; /* what he has is not known */
        }
        acked = depth_of(chat, row->card_acked);
        sent = depth_of(chat, row->card_sent);
        wanted = acked > wanted ? acked : wanted;
        wanted = sent > wanted ? sent : wanted;
    }
    return wanted;
}

/* Forgets the older keys that nobody needs; true when there were some. */
static bool forget_old(struct vc_chat *chat)
{
    struct vc_turning_row *row = &chat->turning;
    uint8_t wanted = wanted_depth(chat);

    if (wanted >= row->count) {
        return false;
    }
    vc_wipe(&row->old[wanted], (row->count - wanted) * sizeof row->old[0]);
    row->count = wanted;
    return true;
}

/* When the key may turn again; an instant of the past: now. */
static vc_ms may_turn_at(const struct vc_chat *chat, const struct vc_now *now)
{
    vc_ms turned_at = chat->turning.turned_at;

    if (turned_at == 0 ||
        turned_at > vc_ms_after(now->unix_ms, VC_CHAT_TURN_EVERY_MS)) {
        return 0; /* a clock that was wrong by days does not hold it up */
    }
    return vc_ms_after(turned_at, VC_CHAT_TURN_EVERY_MS);
}

static void turn(struct vc_chat *chat, const struct vc_now *now)
{
    struct vc_turning_row *row = &chat->turning;
    struct vc_account *account = chat->cfg.account;
    struct vc_secret32 fresh;

    row->count = row->count < VC_CHAT_OLD_KEYS_MAX ? row->count + 1 : row->count;
    memmove(&row->old[1], &row->old[0], (row->count - 1) * sizeof row->old[0]);
    row->old[0].generation = account->contacts_generation;
    row->old[0].key = account->contacts;
    vc_rng_fork(&chat->rng, &fresh);
    vc_account_turn_contacts(account, &fresh);
    vc_wipe(&fresh, sizeof fresh);
    row->is_wanted = false;
    row->turned_at = now->unix_ms;
    vc_self_put(chat->cfg.store, account, chat->cfg.device);
    vc_own_card_changed(chat);
}

void vc_turning_want(struct vc_chat *chat)
{
    if (!chat->turning.is_wanted) {
        chat->turning.is_wanted = true;
        put_row(chat);
    }
    vc_turning_review(chat);
}

void vc_turning_review(struct vc_chat *chat)
{
    chat->is_turning_review = true;
    vc_chat_want(chat, 0);
}

void vc_turning_tick(struct vc_chat *chat, const struct vc_now *now)
{
    vc_ms at = chat->turning.is_wanted ? may_turn_at(chat, now) : VC_NEVER;
    bool is_due = at <= now->unix_ms;

    if (!is_due && at != VC_NEVER) {
        vc_chat_want(chat, vc_ms_after(now->mono, at - now->unix_ms));
    }
    if (!is_due && !chat->is_turning_review) {
        return;
    }
    if (vc_room_take(chat, NULL, 1 + VC_SELF_OPS, VC_SELF_BYTES + VC_TURNING_BYTES) != VC_OK) {
        vc_chat_want(chat, now->mono + VC_CHAT_CHORE_RETRY_MS);
        return;
    }
    chat->is_turning_review = false;
    if (is_due) {
        turn(chat, now);
    }
    if (forget_old(chat) || is_due) {
        put_row(chat);
        answer(chat);
    }
}

void vc_chat_keys(const struct vc_chat *chat, struct vc_chat_keys *ret_keys)
{
    const struct vc_account *account = chat->cfg.account;
    const struct vc_forwards_row *forwards = &chat->forwards;
    struct vc_chat_keys keys = {.has_root = vc_account_has_root(account),
                                .live_until = (vc_ms)account->live.until * 1000,
                                .turn_at = VC_NEVER};

    keys.record_generation = account->record_generation;
    keys.unknowing = vc_forwards_unknowing(chat);
    if (forwards->count > 0) {
        keys.moved_at = (vc_ms)forwards->moves[forwards->count - 1].forward.made * 1000;
    }
    keys.contacts_generation = account->contacts_generation;
    keys.contacts_valid = (uint8_t)(1 + chat->turning.count);
    if (chat->turning.is_wanted) {
        keys.turn_at = vc_ms_after(chat->turning.turned_at, VC_CHAT_TURN_EVERY_MS);
    }
    *ret_keys = keys;
}
