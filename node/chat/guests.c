/*
 * Strangers who hold an invite of ours: from their session to their being a contact.
 *
 * The contact is written first; only when that is durable does the session become his and
 * does our card go out.  Whatever dies in between, he comes again with the same invite and
 * finds himself known.
 */
#include <string.h>

#include "node/chat/state.h"

static struct vc_guest *guest_of(struct vc_chat *chat, uint32_t peer)
{
    for (size_t i = 0; i < VC_CHAT_GUESTS_MAX; i++) {
        if (chat->guests[i].peer == peer) {
            return &chat->guests[i];
        }
    }
    return NULL;
}

static void dismiss(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_guest *guest)
{
    vc_link_close(chat->cfg.link, now->mono, guest->peer);
    memset(guest, 0, sizeof *guest);
}

/* Says why and waits a moment: a close would overtake the words. */
static void refuse(struct vc_chat *chat, const struct vc_now *now,
                   struct vc_guest *guest, vc_err reason)
{
    uint8_t room[VC_JOIN_REFUSED_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_bytes nothing = {room, 0};

    chat->stats.refused_joins++;
    vc_join_refused_write(&w, reason);
    if (vc_link_send(chat->cfg.link, now->mono, guest->peer, VC_LINK_CONTROL,
                     vc_writer_bytes(&w), nothing) != VC_OK) {
        dismiss(chat, now, guest);
        return;
    }
    guest->invite = 0;
    guest->close_at = now->mono + VC_CHAT_REFUSED_LINGER_MS;
    vc_chat_want(chat, guest->close_at);
}

void vc_guest_up(struct vc_chat *chat, const struct vc_now *now,
                 const struct vc_link_output *up)
{
    struct vc_guest *guest = guest_of(chat, 0);

    if (guest == NULL || !up->is_join) {
        vc_link_close(chat->cfg.link, now->mono, up->peer);
        return;
    }
    guest->peer = up->peer;
    guest->invite = up->invite;
    guest->dev_dh = up->dev_dh;
    guest->addr = up->addr;
    guest->up_at = now->mono;
    guest->close_at = now->mono + VC_CHAT_GREETING_MS;
    vc_chat_want(chat, guest->close_at);
}

void vc_guest_down(struct vc_chat *chat, uint32_t peer)
{
    struct vc_guest *guest = guest_of(chat, peer);

    if (guest == NULL) {
        return;
    }
    if (guest->contact != 0) {
        guest->is_gone = true; /* he is a contact all the same */
    } else {
        memset(guest, 0, sizeof *guest);
    }
}

/* VC_OK, or what he is told. */
static vc_err judge(struct vc_chat *chat, const struct vc_now *now,
                    const struct vc_guest *guest, const struct vc_card *card)
{
    const struct vc_invite_entry *invite = vc_invite_find(chat, guest->invite);
    const struct vc_person *person = vc_person_of_root(chat, &card->root);
    vc_err err = invite == NULL ? VC_ERR_NO_INVITE
                                : vc_invite_judge(chat, invite, now, &card->root);

    if (err != VC_OK) {
        return err;
    }
    if (vc_equal(card->root.b, chat->cfg.account->root.b, sizeof card->root.b) ||
        (person != NULL && vc_card_is_old(person, card))) {
        return VC_ERR_REFUSED;
    }
    return person != NULL && person->row.is_blocked ? VC_ERR_BLOCKED : VC_OK;
}

static void welcome(struct vc_chat *chat, const struct vc_now *now,
                    struct vc_guest *guest, const struct vc_join_card *card)
{
    struct vc_invite_entry *invite = vc_invite_find(chat, guest->invite);
    struct vc_meeting meeting = {
        .card = card, .petname = invite->row.note, .up_at = guest->up_at};
    struct vc_person *person;
    vc_err err = vc_room_take(chat, NULL, 1, VC_INVITE_ROW_MAX + 8);

    vc_join_card_about(vc_person_of_root(chat, &card->card.root), &guest->answer);
    if (err == VC_OK) {
        err = vc_join_meet(chat, now, &meeting, &person);
    }
    if (err == VC_ERR_FULL && vc_store_health(chat->cfg.store) == VC_OK) {
        refuse(chat, now, guest, VC_ERR_REFUSED);
        return;
    }
    if (err != VC_OK) {
        dismiss(chat, now, guest); /* he tries again when the trouble here is over */
        return;
    }
    invite->row.contact = person->id;
    invite->row.bound_root = card->card.root;
    vc_invite_write(chat, invite);
    vc_finding_invite(chat, now, invite);
    guest->contact = person->id;
    guest->ticket = VC_TICKET_OPEN;
}

void vc_guest_object(struct vc_chat *chat, const struct vc_now *now, uint32_t peer,
                     struct vc_bytes object)
{
    struct vc_guest *guest = guest_of(chat, peer);
    struct vc_join_card card;
    vc_err err;

    if (guest == NULL || guest->contact != 0 || guest->invite == 0) {
        return;
    }
    if (vc_join_card_read(object, &card) != VC_OK ||
        !vc_equal(card.card.devices[0].dev_dh.b, guest->dev_dh.b,
                  sizeof guest->dev_dh.b)) {
        chat->stats.dropped_malformed++;
        dismiss(chat, now, guest);
        return;
    }
    err = judge(chat, now, guest, &card.card);
    if (err == VC_OK) {
        welcome(chat, now, guest, &card);
    } else {
        refuse(chat, now, guest, err);
    }
    vc_wipe(&card, sizeof card);
}

void vc_guests_submitted(struct vc_chat *chat, uint64_t ticket)
{
    for (size_t i = 0; i < VC_CHAT_GUESTS_MAX; i++) {
        if (chat->guests[i].ticket == VC_TICKET_OPEN) {
            chat->guests[i].ticket = ticket;
        }
    }
}

/* Gives him the session and our card; false when he has to start over. */
static bool hand_over(struct vc_chat *chat, const struct vc_now *now,
                      struct vc_guest *guest, const struct vc_person *person)
{
    if (guest->is_gone) {
        return false;
    }
    if (vc_link_adopt(chat->cfg.link, now->mono, guest->peer, person->row.peer) !=
        VC_OK) {
        vc_link_close(chat->cfg.link, now->mono, guest->peer);
        return false;
    }
    if (vc_join_card_send(chat, now, person->row.peer, &guest->answer) != VC_OK) {
        vc_link_close(chat->cfg.link, now->mono, person->row.peer);
        return false;
    }
    return true;
}

/* He is durable here: the session is his. */
static void adopt(struct vc_chat *chat, const struct vc_now *now,
                  struct vc_guest *guest)
{
    struct vc_person *person;

    if (vc_person_get(chat, guest->contact, &person) != VC_OK ||
        person->row.is_blocked || vc_person_link_put(chat, person) != VC_OK) {
        dismiss(chat, now, guest);
        return;
    }
    if (hand_over(chat, now, guest, person)) {
        vc_presence_up(chat, now, person, &guest->addr);
        vc_mail_wake(chat->cfg.mail, now, person->row.peer);
    } else if (!person->is_up) {
        vc_presence_start(chat, now, person);
    }
    memset(guest, 0, sizeof *guest);
}

void vc_guests_committed(struct vc_chat *chat, const struct vc_now *now)
{
    for (size_t i = 0; i < VC_CHAT_GUESTS_MAX; i++) {
        struct vc_guest *guest = &chat->guests[i];

        if (guest->ticket != 0 && guest->ticket <= chat->committed) {
            adopt(chat, now, guest);
        }
    }
}

void vc_guests_tick(struct vc_chat *chat, const struct vc_now *now)
{
    for (size_t i = 0; i < VC_CHAT_GUESTS_MAX; i++) {
        struct vc_guest *guest = &chat->guests[i];

        if (guest->peer == 0 || guest->contact != 0) {
            continue;
        }
        if (guest->close_at <= now->mono) {
            dismiss(chat, now, guest);
        } else {
            vc_chat_want(chat, guest->close_at);
        }
    }
}
