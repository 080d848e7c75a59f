/*
 * The record key: the account moves to another one when the owner wants to, and a forward
 * stands at the old place for 60 days, and as long as a contact knows no newer one.
 *
 * crypto/SPEC.md, "Keys" and "Forward".  The rows of the forwards are what is published at
 * the old places.
 */
#include <string.h>

#include "node/chat/self.h"
#include "node/chat/state.h"

static void put_row(struct vc_chat *chat)
{
    struct vc_chat_key key = vc_key_text("forwards");
    uint8_t room[VC_FORWARDS_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_forwards_row_write(&w, &chat->forwards);
    vc_chat_put(chat, VC_TABLE_SETTING, &key, &w);
    vc_wipe(room, sizeof room);
}

vc_err vc_forwards_load(struct vc_chat *chat, const struct vc_now *now)
{
    struct vc_chat_key key = vc_key_text("forwards");
    struct vc_bytes value;
    vc_err err =
        vc_store_get(chat->cfg.store, VC_TABLE_SETTING, vc_key_bytes(&key), &value);

    if (err == VC_OK) {
        err = vc_forwards_row_read(value, &chat->forwards);
    }
    if (err != VC_OK && err != VC_ERR_NOT_FOUND) {
        return err;
    }
    chat->has_new_forward = chat->forwards.count > 0;
    vc_forwards_review(chat);
    vc_chat_want(chat, now->mono);
    return VC_OK;
}

/* Does every contact who counts have a record key of this generation or a newer one? */
static bool is_known_to_all(const struct vc_chat *chat, uint8_t generation)
{
    for (size_t i = 0; i < chat->people_count; i++) {
        const struct vc_contact_row *row = &chat->people[i]->row;

        if (!row->is_removed && !row->is_blocked &&
            (row->card_acked == 0 ||
             vc_card_mark_record(row->card_acked) < generation)) {
            return false;
        }
    }
    return true;
}

uint32_t vc_forwards_unknowing(const struct vc_chat *chat)
{
    uint8_t generation = chat->cfg.account->record_generation;
    uint32_t count = 0;

    for (size_t i = 0; i < chat->people_count && chat->forwards.count > 0; i++) {
        const struct vc_contact_row *row = &chat->people[i]->row;

        count += !row->is_removed && !row->is_blocked &&
                 (row->card_acked == 0 ||
                  vc_card_mark_record(row->card_acked) != generation);
    }
    return count;
}

void vc_forwards_review(struct vc_chat *chat)
{
    if (chat->forwards.count > 0) {
        chat->is_forwards_review = true;
        vc_chat_want(chat, 0);
    }
}

static void drop_oldest(struct vc_forwards_row *row)
{
    row->count--;
    memmove(&row->moves[0], &row->moves[1], row->count * sizeof row->moves[0]);
    vc_wipe(&row->moves[row->count], sizeof row->moves[0]);
}

static vc_ms ends_at(const struct vc_move *move)
{
    return (vc_ms)move->forward.until * 1000;
}

void vc_forwards_tick(struct vc_chat *chat, const struct vc_now *now)
{
    struct vc_forwards_row *row = &chat->forwards;
    bool is_changed = false;

    if (row->count == 0) {
        return;
    }
    if (now->unix_ms < ends_at(&row->moves[0])) {
        vc_chat_want(chat,
                     vc_ms_after(now->mono, ends_at(&row->moves[0]) - now->unix_ms));
        return;
    }
    if (!chat->is_forwards_review) {
        return; /* a contact is waited for */
    }
    if (vc_room_take(chat, NULL, 1, VC_FORWARDS_ROW_MAX + VC_CHAT_KEY_MAX) != VC_OK) {
        vc_chat_want(chat, now->mono + VC_CHAT_CHORE_RETRY_MS);
        return;
    }
    while (row->count > 0 && now->unix_ms >= ends_at(&row->moves[0]) &&
           is_known_to_all(chat, row->moves[0].forward.new_generation)) {
        drop_oldest(row);
        is_changed = true;
    }
    chat->is_forwards_review = false;
    if (is_changed) {
        put_row(chat);
    }
    if (row->count > 0 && now->unix_ms < ends_at(&row->moves[0])) {
        vc_forwards_review(chat); /* at its end */
    }
}

void vc_forwards_submitted(struct vc_chat *chat, uint64_t ticket)
{
    if (chat->move_ticket == VC_TICKET_OPEN) {
        chat->move_ticket = ticket;
    }
}

size_t vc_chat_forwards(const struct vc_chat *chat, const struct vc_now *now,
                        struct vc_chat_forward *ret_forwards, size_t room)
{
    const struct vc_forwards_row *row = &chat->forwards;
    struct vc_key32 old_record;
    size_t count = 0;

    if (chat->move_ticket > chat->committed) {
        return 0; /* what others are told must not be forgotten here */
    }
    for (uint8_t i = 0; i < row->count; i++) {
        if (now->unix_ms >= ends_at(&row->moves[i])) {
            continue; /* it is kept for a contact who does not know */
        }
        if (count < room) {
            ret_forwards[count].forward = row->moves[i].forward;
            vc_sign_keypair(&old_record, &ret_forwards[count].old_secret,
                            &row->moves[i].old_seed);
        }
        count++;
    }
    return count;
}

static uint32_t date_of(const struct vc_now *now)
{
    uint64_t unix_s = now->unix_ms / 1000;

    return unix_s < UINT32_MAX ? (uint32_t)unix_s : 0;
}

/* The account with its root and a new live statement, in a copy to be wiped. */
static vc_err begin(const struct vc_chat *chat, const struct vc_now *now,
                    const struct vc_secret32 *entropy, struct vc_account *ret_next)
{
    struct vc_account *next = ret_next;

    *next = *chat->cfg.account;
    if (entropy != NULL) {
        if (vc_account_take_root(next, entropy) != VC_OK) {
            return VC_ERR_WORDS_WRONG;
        }
    } else if (!vc_account_has_root(next)) {
        return VC_ERR_NO_ROOT;
    }
    if (next->live.count > 0) {
        vc_account_sign_live(next, chat->cfg.account->live.indices, next->live.count,
                             date_of(now));
    } else {
        vc_account_sign_live(next, &chat->cfg.device->certificate.index, 1,
                             date_of(now));
    }
    return VC_OK;
}

/* It takes the account's place; the root stays only where it was. */
static void end(struct vc_chat *chat, struct vc_account *next)
{
    if (!vc_account_has_root(chat->cfg.account)) {
        vc_account_drop_root(next);
    }
    *chat->cfg.account = *next;
    vc_self_put(chat->cfg.store, chat->cfg.account, chat->cfg.device);
    vc_own_card_changed(chat);
}

vc_err vc_chat_extend(struct vc_chat *chat, const struct vc_now *now,
                      const struct vc_secret32 *entropy)
{
    struct vc_account next;
    vc_err err = begin(chat, now, entropy, &next);

    if (err == VC_OK) {
        err = vc_room_take(chat, NULL, VC_SELF_OPS, VC_SELF_BYTES);
    }
    if (err == VC_OK) {
        end(chat, &next);
    }
    vc_account_wipe(&next);
    return err;
}

/* The secret half begins with the seed. */
static void remember(struct vc_chat *chat, const struct vc_account *before,
                     const struct vc_forward *forward)
{
    struct vc_forwards_row *row = &chat->forwards;
    struct vc_move *move;

    if (row->count == VC_CHAT_FORWARDS_MAX) {
        drop_oldest(row);
    }
    move = &row->moves[row->count++];
    memcpy(move->old_seed.b, before->record_secret.b, sizeof move->old_seed.b);
    move->forward = *forward;
    chat->move_ticket = VC_TICKET_OPEN;
    chat->has_new_forward = true;
    put_row(chat);
}

vc_err vc_chat_move(struct vc_chat *chat, const struct vc_now *now,
                    const struct vc_secret32 *entropy, uint32_t *ret_invites)
{
    struct vc_forward forward;
    struct vc_account next;
    vc_err err = begin(chat, now, entropy, &next);

    if (err == VC_OK) {
        err = vc_account_turn_record(&next, date_of(now), &forward);
    }
    if (err == VC_OK) {
        err = vc_room_take(chat, NULL, 1 + VC_SELF_OPS + VC_CHAT_INVITES_KEPT,
                           VC_SELF_BYTES + VC_FORWARDS_ROW_MAX + VC_CHAT_KEY_MAX +
                               VC_CHAT_INVITES_KEPT * (VC_INVITE_ROW_MAX + 8));
    }
    if (err == VC_OK) {
        remember(chat, chat->cfg.account, &forward);
        *ret_invites = vc_invites_end(chat, now);
        end(chat, &next);
        vc_forwards_review(chat);
    }
    vc_account_wipe(&next);
    return err;
}
