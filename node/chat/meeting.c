/*
 * What both sides of a join do when the other's card is there.
 *
 * Either side may have had the other as a contact before and either may have forgotten:
 * the card says so.  Who has forgotten starts where the other stands, so that no seq is
 * given twice; who has not gives the other's device a new number, because its delivery
 * numbers begin anew.  node/SPEC.md, "Join".
 */
#include <string.h>

#include "node/chat/state.h"

/* What is claimed beyond this is not believed: there must be room for messages. */
#define SEQ_BELIEVED_MAX (UINT32_MAX / 2)

void vc_join_card_about(const struct vc_person *person, struct vc_join_card *ret_card)
{
    memset(ret_card, 0, sizeof *ret_card);
    if (person != NULL) {
        ret_card->is_known = true;
        ret_card->settled = person->conversation.delivered;
        ret_card->highest = person->conversation.highest;
    }
}

vc_err vc_join_card_send(struct vc_chat *chat, const struct vc_now *now, uint32_t peer,
                         const struct vc_join_card *about)
{
    struct vc_join_card card = *about;
    uint8_t room[VC_JOIN_CARD_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_bytes nothing = {room, 0};
    vc_err err;

    vc_own_card(chat, &card.card);
    /* The card leaves at once.  If we die before their private halves are durable, what he
     * seals with one cannot be opened, and he is asked to seal it anew. */
    if (vc_room_take(chat, NULL, VC_CHAT_ONE_TIMES, VC_CHAT_ONE_TIMES * 128) == VC_OK) {
        vc_card_add_one_times(chat, now, &card.card);
    }
    err = vc_join_card_write(&w, &card);
    VC_CHECK(err == VC_OK && vc_writer_end(&w) == VC_OK);
    err = vc_link_send(chat->cfg.link, now->mono, peer, VC_LINK_CONTROL,
                       vc_writer_bytes(&w), nothing);
    vc_wipe(&card, sizeof card);
    vc_wipe(room, sizeof room);
    return err;
}

/* Has he taken or given anything under the numbers that he has here? */
static bool is_touched(const struct vc_chat *chat, const struct vc_person *person)
{
    struct vc_mail_state state;

    return vc_mail_state(chat->cfg.mail, person->row.peer, &state) &&
           (state.received > 0 || state.sent > state.waiting);
}

/* A conversation without a message starts where the other side stands. */
static void catch_up(struct vc_chat *chat, struct vc_person *person,
                     const struct vc_join_card *card)
{
    struct vc_conversation_row *conversation = &person->conversation;

    if (conversation->own_seq != 0 || conversation->highest != 0 || !card->is_known ||
        card->highest > SEQ_BELIEVED_MAX || card->settled > SEQ_BELIEVED_MAX) {
        return;
    }
    conversation->own_seq = card->highest;
    conversation->delivered = card->highest;
    conversation->highest = card->settled;
    conversation->contiguous = card->settled;
    conversation->base = card->settled;
    vc_person_conversation_dirty(chat, person);
}

static vc_err take_number(struct vc_chat *chat, uint32_t *peer)
{
    vc_err err;

    if (*peer != 0) {
        return VC_OK;
    }
    err = vc_room_take(chat, NULL, 1, 64);
    return err != VC_OK ? err : vc_counters_next(chat, &chat->counters.peer, peer);
}

/* Does the card's device have another key, or numbers that begin anew? */
static bool is_new_device(const struct vc_chat *chat, const struct vc_person *person,
                          const struct vc_meeting *meeting)
{
    const struct vc_key32 *dev_dh = &meeting->card->card.devices[0].dev_dh;

    if (!vc_equal(person->device.certificate.dev_dh.b, dev_dh->b, sizeof dev_dh->b)) {
        return true;
    }
    /* Whom this very meeting made known cannot have been forgotten since. */
    return !meeting->card->is_known && person->known_since <= meeting->up_at &&
           is_touched(chat, person);
}

vc_err vc_join_meet(struct vc_chat *chat, const struct vc_now *now,
                    const struct vc_meeting *meeting, struct vc_person **ret_person)
{
    const struct vc_card *card = &meeting->card->card;
    struct vc_person *person = vc_person_of_root(chat, &card->root);
    uint32_t peer = meeting->peer;
    vc_err err;

    if (person == NULL) {
        err = take_number(chat, &peer);
        if (err == VC_OK) {
            err = vc_person_add(chat, now, card, meeting->petname, peer, &person);
        }
        if (err == VC_OK) {
            catch_up(chat, person, meeting->card);
        }
    } else if (is_new_device(chat, person, meeting)) {
        err = take_number(chat, &peer);
        if (err == VC_OK) {
            err = vc_person_replace_device(chat, now, person, card, peer);
        }
    } else {
        err = vc_room_take(chat, person, VC_KEYS_OPS, VC_KEYS_BYTES);
        if (err == VC_OK) {
            vc_person_set_card(chat, now, person, card);
        }
    }
    if (err == VC_OK) {
        *ret_person = person;
    }
    return err;
}
