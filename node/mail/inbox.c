/*
 * What the other device has sent: seen in the turn that kept it, acknowledged when that
 * is committed.  node/SPEC.md, "Mail objects".
 */
#include "node/mail/machine.h"

/* Of what was no object. */
static const uint8_t no_tag[VC_SEAL_TAG_LEN];

/* The other device does not know what we have: says so, soon. */
static void ack_soon(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (peer->ack_sent_at != VC_NEVER &&
        mail->mono - peer->ack_sent_at < VC_MAIL_REPEAT_MS) {
        peer->ack_at = vc_ms_min(peer->ack_at, peer->ack_sent_at + VC_MAIL_REPEAT_MS);
        vc_schedule_update(mail, peer);
        return;
    }
    peer->owes_ack = true;
    vc_mail_want_pump(mail, peer);
}

/* It came again.  While it is not durable there is nothing to say, and the commit will say it. */
static void on_duplicate(struct vc_mail *mail, struct vc_mail_peer *peer,
                         uint64_t number)
{
    mail->stats.duplicates++;
    if (vc_numbers_has(&peer->durable, number))
        ack_soon(mail, peer);
}

void vc_inbox_refused(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t number)
{
    mail->stats.refused++;
    if (number > peer->refused)
        peer->refused = number;
    if (peer->ack_at == VC_NEVER) {
        peer->ack_at = vc_ms_after(mail->mono, vc_retry_jitter(mail, peer->refused_ms));
        peer->refused_ms = vc_ms_min(2 * peer->refused_ms, VC_MAIL_REFUSED_MAX_MS);
        vc_schedule_update(mail, peer);
    }
}

/* Nothing that was refused is missing any more. */
static void forget_refused(struct vc_mail_peer *peer)
{
    if (peer->refused == 0 || peer->refused > peer->seen.prefix)
        return;
    peer->refused = 0;
    peer->refused_ms = VC_MAIL_REFUSED_MS;
}

/* Only the highest number is told in a hello. */
static void note_last(struct vc_mail_peer *peer, uint64_t number,
                      const uint8_t tag[VC_SEAL_TAG_LEN])
{
    if (number <= peer->last)
        return;
    peer->last = number;
    for (size_t i = 0; i < VC_SEAL_TAG_LEN; i++)
        peer->last_tag[i] = tag[i];
}

/* Makes sure that accepting the number cannot fail, but for the store. */
static bool prepare(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t number)
{
    if (!vc_ledger_has_room(&mail->ledger, 1))
        return false;
    if (number == peer->seen.prefix + 1)
        return true;
    return vc_numbers_widen(&peer->seen, &mail->alloc) == VC_OK &&
           vc_numbers_widen(&peer->durable, &mail->alloc) == VC_OK;
}

/* Is it new, and is everything ready for it?  When not, this has done what there is to
 * do about it. */
static bool is_wanted(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t number)
{
    if (vc_numbers_has(&peer->seen, number)) {
        on_duplicate(mail, peer, number);
        return false;
    }
    if (!vc_numbers_fits(&peer->seen, number)) {
        mail->stats.dropped_strange++;
        /* He takes what we have lost, beyond the first of it, for acknowledged, and gives no
         * more of it: our ack has him say that it is gone. */
        ack_soon(mail, peer);
        return false;
    }
    /* What he says may hang on what our store has lost: that must be known first. */
    if (!peer->is_greeted || peer->is_rolled_back || !prepare(mail, peer, number)) {
        vc_inbox_refused(mail, peer, number);
        return false;
    }
    return true;
}

/* Marks a number seen; room in the store is reserved.  @tag is of the object that it was
 * opened from, zeros when it was none. */
static void accept_number(struct vc_mail *mail, struct vc_mail_peer *peer,
                          uint64_t number, const uint8_t tag[VC_SEAL_TAG_LEN])
{
    VC_CHECK(!vc_numbers_has(&peer->seen, number));
    vc_numbers_add(&peer->seen, number);
    note_last(peer, number, tag);
    forget_refused(peer);
    vc_ledger_add(&mail->ledger, &peer->run_seen, VC_LEDGER_SEEN, peer->number, number);
    vc_mail_peer_write(mail, peer);
}

/* Has no words, only a number: mail's own. */
static void take_turn(struct vc_mail *mail, const struct vc_now *now,
                      struct vc_mail_peer *peer, const struct vc_opened *opened)
{
    if (!vc_mail_has_room(mail, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES)) {
        vc_inbox_refused(mail, peer, opened->number);
        return;
    }
    vc_seal_accept(mail->seal, now, peer->number);
    accept_number(mail, peer, opened->number, opened->tag);
    vc_sealing_refresh(mail, peer);
}

/* Opens it; when that fails, this has done what there is to do about it. */
static bool open_data(struct vc_mail *mail, const struct vc_now *now,
                      struct vc_mail_peer *peer, const struct vc_mail_frame *data,
                      struct vc_opened *ret_opened)
{
    vc_err err = vc_seal_open(mail->seal, now, peer->number, data->object, ret_opened);
    if (err == VC_OK && ret_opened->number == data->number)
        return true;
    if (err == VC_OK || err == VC_ERR_MALFORMED) {
        mail->stats.dropped_malformed++;
    } else if (err == VC_ERR_AUTH || err == VC_ERR_EXISTS) {
        mail->stats.unopened++;
        vc_hello_complain(mail, peer, data->number);
    } else {
        vc_inbox_refused(mail, peer, data->number);
    }
    return false;
}

void vc_inbox_on_data(struct vc_mail *mail, const struct vc_now *now,
                      struct vc_mail_peer *peer, const struct vc_mail_frame *data)
{
    struct vc_opened opened;
    if (!is_wanted(mail, peer, data->number) ||
        !open_data(mail, now, peer, data, &opened))
        return;
    if (opened.object.len == 0) {
        take_turn(mail, now, peer, &opened);
        return;
    }
    VC_CHECK(!mail->is_slot_full);
    for (size_t i = 0; i < VC_SEAL_TAG_LEN; i++)
        mail->offered_tag[i] = opened.tag[i];
    mail->slot = (struct vc_mail_output){
        .kind = VC_MAIL_DELIVERY,
        .peer = peer->number,
        .number = data->number,
        .is_in_order = data->number == peer->seen.prefix + 1,
        .object = opened.object,
    };
    mail->is_slot_full = true;
}

void vc_inbox_on_abandon(struct vc_mail *mail, struct vc_mail_peer *peer,
                         const struct vc_mail_frame *abandon)
{
    if (!is_wanted(mail, peer, abandon->number))
        return;
    if (vc_mail_has_room(mail, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES))
        accept_number(mail, peer, abandon->number, no_tag);
    else
        vc_inbox_refused(mail, peer, abandon->number);
}

void vc_inbox_on_gone(struct vc_mail *mail, struct vc_mail_peer *peer,
                      const struct vc_mail_frame *gone)
{
    if (gone->number <= peer->seen.prefix) {
        on_duplicate(mail, peer, gone->number);
        return;
    }
    /* Without room it is as if it had been lost: our next ack brings it again. */
    if (!vc_ledger_has_room(&mail->ledger, 1) ||
        !vc_mail_has_room(mail, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES))
        return;
    vc_numbers_raise(&peer->seen, gone->number);
    peer->has_lost = true;
    vc_mail_want_output(mail, peer);
    note_last(peer, gone->number, no_tag);
    forget_refused(peer);
    /* No number that comes later may join a run from before this. */
    peer->run_seen = UINT64_MAX;
    uint64_t run = UINT64_MAX;
    vc_ledger_add(&mail->ledger, &run, VC_LEDGER_GONE, peer->number, gone->number);
    vc_mail_peer_write(mail, peer);
}

void vc_inbox_committed(struct vc_mail *mail, const struct vc_ledger_entry *entry)
{
    struct vc_mail_peer *peer = vc_mail_peer_find(mail, entry->peer);
    if (peer == NULL)
        return;
    if (entry->kind == VC_LEDGER_GONE) {
        vc_numbers_raise(&peer->durable, entry->last);
    } else {
        VC_CHECK(entry->kind == VC_LEDGER_SEEN);
        for (uint64_t number = entry->first; number <= entry->last; number++)
            vc_numbers_add(&peer->durable, number);
    }
    VC_CHECK(peer->durable.prefix <= peer->seen.prefix);
    if (peer->is_up) {
        peer->owes_ack = true;
        vc_mail_want_pump(mail, peer);
    }
}

void vc_inbox_send_ack(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (!peer->owes_ack || peer->is_control_full)
        return;
    uint64_t again = 0;
    if (peer->says_again)
        again = peer->has_missed ? VC_MAIL_NUMBER_MAX : peer->refused;
    if (again <= peer->seen.prefix || again <= peer->durable.prefix)
        again = 0;

    uint8_t room[VC_MAIL_ACK_MAX];
    struct vc_bytes ack = vc_mail_ack_encode(room, &peer->durable, again);
    vc_err err = vc_link_send(mail->link, mail->mono, peer->number, VC_LINK_CONTROL,
                              ack, (struct vc_bytes){NULL, 0});
    if (err == VC_ERR_FULL) {
        peer->is_control_full = true;
        return;
    }
    if (err != VC_OK) {
        vc_retry_on_down(mail, peer);
        return;
    }
    mail->stats.acks_out++;
    peer->owes_ack = false;
    peer->says_again = false;
    peer->has_missed = false;
    peer->ack_sent_at = mail->mono;
}

void vc_mail_accept(struct vc_mail *mail, const struct vc_now *now, uint32_t peer,
                    uint64_t number)
{
    mail->mono = now->mono;
    mail->unix_ms = now->unix_ms;
    VC_CHECK(mail->offered_number == number && mail->offered_peer == peer);
    mail->offered_number = 0;
    /* Chat may have removed the peer because of what he sent. */
    struct vc_mail_peer *known = vc_mail_peer_find(mail, peer);
    if (known == NULL)
        return;
    vc_seal_accept(mail->seal, now, peer);
    accept_number(mail, known, number, mail->offered_tag);
    /* He may have begun a session, under which we can answer. */
    vc_sealing_refresh(mail, known);
    vc_sealing_turn(mail, now, known);
}
