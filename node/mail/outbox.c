/*
 * What waits for the other device: written in a turn, given to the link when that is
 * committed, deleted when it is acknowledged.  node/SPEC.md, "Mail objects".
 */
#include "node/mail/machine.h"

static struct vc_bytes outbox_key(uint8_t room[VC_OUTBOX_KEY_LEN],
                                  const struct vc_mail_peer *peer, uint64_t number)
{
    return vc_outbox_key(room, peer->number, number);
}

struct vc_outbox_row vc_outbox_abandoned(const struct vc_outbox_row *row)
{
    struct vc_outbox_row abandoned = {.kind = VC_OUTBOX_ABANDONED};
    if (row->kind == VC_OUTBOX_ABANDONED)
        return *row;
    if (row->object.len > 0)
        vc_seal_tag(row->object, abandoned.ref);
    return abandoned;
}

vc_err vc_mail_abandon(struct vc_mail *mail, const struct vc_now *now, uint32_t peer,
                       uint64_t number)
{
    mail->mono = now->mono;
    mail->unix_ms = now->unix_ms;
    struct vc_mail_peer *known = vc_mail_peer_find(mail, peer);
    if (known == NULL || number >= known->next || number <= known->dropped ||
        vc_numbers_has(&known->told, number))
        return VC_ERR_NOT_FOUND;
    if (!vc_ledger_has_room(&mail->ledger, VC_MAIL_LEDGER_SPARE))
        return VC_ERR_BUSY;

    uint8_t room[VC_OUTBOX_KEY_LEN];
    struct vc_bytes key = outbox_key(room, known, number);
    struct vc_bytes value;
    struct vc_outbox_row row = {.kind = VC_OUTBOX_ABANDONED};
    if (vc_store_get(mail->store, VC_TABLE_OUTBOX, key, &value) != VC_OK ||
        vc_outbox_row_decode(value, &row) != VC_OK)
        mail->stats.rows_missing++;
    row = vc_outbox_abandoned(&row);
    vc_store_put(mail->store, VC_TABLE_OUTBOX, key,
                 vc_outbox_row_encode(mail->row, &row));
    if (known->words == number)
        known->words = 0;
    /* Without its words it can be passed, keys or not. */
    if (number == known->sealed + 1)
        vc_mail_want_output(mail, known);
    /* Until the new row is durable the other device must not hear of it: after a crash
     * the old one would be there again, and be taken for delivered. */
    known->held++;
    if (number < known->hold_from)
        known->hold_from = number;
    uint64_t run = UINT64_MAX;
    vc_ledger_add(&mail->ledger, &run, VC_LEDGER_ABANDONED, peer, number);
    return VC_OK;
}

void vc_outbox_committed(struct vc_mail *mail, const struct vc_ledger_entry *entry)
{
    struct vc_mail_peer *peer = vc_mail_peer_find(mail, entry->peer);
    if (peer == NULL)
        return;
    if (entry->kind == VC_LEDGER_SENT) {
        /* What was sealed for a session that ended meanwhile is sealed anew first. */
        if (mail->ledger.tail > peer->stale_until) {
            VC_CHECK(entry->last <= peer->sealed);
            if (peer->released < entry->last)
                peer->released = entry->last;
            if (peer->given_out < peer->released)
                peer->given_out = peer->released;
        }
    } else if (entry->kind == VC_LEDGER_ACKED) {
        peer->acked_durable = entry->last;
    } else {
        VC_CHECK(entry->kind == VC_LEDGER_ABANDONED && peer->held > 0);
        peer->held--;
        if (peer->held == 0)
            peer->hold_from = UINT64_MAX;
    }
    if (peer->is_up)
        vc_mail_want_pump(mail, peer);
}

/* Asked for again: everything that is not acknowledged, from the oldest on. */
static void give_again(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t last)
{
    uint64_t oldest = vc_numbers_missing(&peer->told, 0);
    if (oldest > peer->given)
        return;
    peer->again = oldest;
    peer->again_last = last < peer->given ? last : peer->given;
    peer->again_sent_at = mail->mono;
}

static bool may_repeat(const struct vc_mail *mail, const struct vc_mail_peer *peer)
{
    return peer->again_sent_at == VC_NEVER ||
           mail->mono - peer->again_sent_at >= VC_MAIL_AGAIN_MS;
}

/* Makes told what the ack says, and at least what was acknowledged before. */
static vc_err take_ack(struct vc_mail *mail, struct vc_mail_peer *peer,
                       const struct vc_mail_frame *ack)
{
    if (ack->bitmap.len > 0 || peer->acked.sparse > 0) {
        vc_err err = vc_numbers_widen(&peer->told, &mail->alloc);
        if (err == VC_OK)
            err = vc_numbers_widen(&peer->acked, &mail->alloc);
        if (err != VC_OK)
            return err;
    }
    vc_numbers_load(&peer->told, ack->prefix, ack->bitmap);
    vc_numbers_raise(&peer->told, peer->acked.prefix);
    uint64_t number = vc_numbers_present(&peer->acked, 0);
    for (; number != 0; number = vc_numbers_present(&peer->acked, number + 1))
        vc_numbers_add(&peer->told, number);
    return VC_OK;
}

void vc_outbox_on_ack(struct vc_mail *mail, struct vc_mail_peer *peer,
                      const struct vc_mail_frame *ack)
{
    mail->stats.acks_in++;
    if (!peer->is_greeted || vc_mail_peer_is_dropping(peer))
        return;
    if (vc_numbers_bitmap_last(ack->prefix, ack->bitmap) > peer->given_out) {
        mail->stats.dropped_acks++;
        return;
    }
    uint64_t before = vc_numbers_count(&peer->told);
    /* Without memory it is as if the ack had been lost: a later one says the same. */
    if (take_ack(mail, peer, ack) != VC_OK)
        return;
    if (vc_numbers_count(&peer->told) > before) {
        peer->stall_ms = VC_MAIL_STALL_MS;
        peer->stall_at = VC_NEVER;
    }
    if (ack->prefix < peer->acked_durable && may_repeat(mail, peer)) {
        peer->owes_gone = true;
        peer->again_sent_at = mail->mono;
    } else if (ack->again != 0 && may_repeat(mail, peer)) {
        give_again(mail, peer, ack->again);
    }
    if (vc_numbers_count(&peer->told) > vc_numbers_count(&peer->acked))
        vc_mail_want_output(mail, peer);
    vc_mail_want_pump(mail, peer);
}

/* The smallest number that was acknowledged and whose row still stands. */
static uint64_t next_acked(const struct vc_mail_peer *peer)
{
    uint64_t number = vc_numbers_missing(&peer->acked, 0);
    while (!vc_numbers_has(&peer->told, number)) {
        number = vc_numbers_present(&peer->told, number);
        VC_CHECK(number != 0);
        number = vc_numbers_missing(&peer->acked, number);
    }
    return number;
}

/* Deletes the row under a number; true when its sender is to be told. */
static bool delete_row(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t number,
                       struct vc_mail_output *ret_output)
{
    uint8_t room[VC_OUTBOX_KEY_LEN];
    struct vc_bytes key = outbox_key(room, peer, number);
    struct vc_bytes value;
    struct vc_outbox_row row = {.kind = VC_OUTBOX_OBJECT};
    if (vc_store_get(mail->store, VC_TABLE_OUTBOX, key, &value) != VC_OK ||
        vc_outbox_row_decode(value, &row) != VC_OK)
        mail->stats.rows_missing++;
    /* When it was sealed anew, another frame may be what the peer has. */
    if (row.object.len > 0 && number > peer->resealed)
        vc_seal_confirm(mail->seal, peer->number, &row.session);
    vc_store_del(mail->store, VC_TABLE_OUTBOX, key);
    vc_numbers_add(&peer->acked, number);
    if (peer->given < peer->acked.prefix)
        peer->given = peer->acked.prefix;
    if (peer->sealed < peer->acked.prefix)
        peer->sealed = peer->acked.prefix;
    if (row.kind == VC_OUTBOX_ABANDONED || row.kind == VC_OUTBOX_TURN)
        return false;

    *ret_output = (struct vc_mail_output){
        .kind = VC_MAIL_ACKED,
        .peer = peer->number,
        .number = number,
    };
    for (size_t i = 0; i < VC_MAIL_REF_LEN; i++)
        ret_output->ref[i] = row.ref[i];
    return true;
}

/* Writes what a run of acknowledgements has changed. */
static void end_run(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    vc_mail_peer_write(mail, peer);
    vc_retry_refresh(mail, peer);
    /* Without room the prefix on the disk is merely thought to be smaller than it is.
     */
    uint64_t run = UINT64_MAX;
    if (vc_ledger_has_room(&mail->ledger, VC_MAIL_LEDGER_SPARE))
        vc_ledger_add(&mail->ledger, &run, VC_LEDGER_ACKED, peer->number,
                      peer->acked.prefix);
}

bool vc_outbox_next_acked(struct vc_mail *mail, struct vc_mail_peer *peer,
                          struct vc_mail_output *ret_output)
{
    bool is_found = false;
    while (!is_found && !peer->is_ending && !vc_mail_peer_is_dropping(peer) &&
           vc_numbers_count(&peer->told) > vc_numbers_count(&peer->acked)) {
        if (!vc_mail_has_room(mail, 2, VC_OUTBOX_KEY_LEN + VC_MAIL_ACCEPT_BYTES)) {
            mail->store_at = vc_ms_after(mail->mono, VC_MAIL_STORE_MS);
            break;
        }
        is_found = delete_row(mail, peer, next_acked(peer), ret_output);
        mail->row_owed = peer;
    }
    /* One mailbox row for a run of them: what was reserved for it is not touched by
     * what the caller writes because of an output. */
    if (!is_found && mail->row_owed == peer)
        end_run(mail, peer);
    return is_found;
}

bool vc_outbox_delete_to(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t last,
                         size_t *budget)
{
    for (; peer->acked.prefix < last; --*budget) {
        uint64_t number = peer->acked.prefix + 1;
        uint8_t key[VC_OUTBOX_KEY_LEN];
        if (*budget == 0)
            return false;
        vc_store_del(mail->store, VC_TABLE_OUTBOX, outbox_key(key, peer, number));
        vc_numbers_raise(&peer->acked, number);
    }
    return true;
}

void vc_outbox_rewind(struct vc_mail_peer *peer)
{
    peer->given =
        peer->acked.prefix > peer->dropped ? peer->acked.prefix : peer->dropped;
    peer->again = 0;
    peer->again_last = 0;
}

/* Gives one row to the link; what cannot be read is given up, so that no gap stays. */
static vc_err give(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t number)
{
    uint8_t key[VC_OUTBOX_KEY_LEN];
    uint8_t room[VC_MAIL_HEAD_MAX + VC_SEAL_OPENING_MAX];
    struct vc_writer head = vc_writer(room, sizeof(room));
    struct vc_bytes value;
    struct vc_outbox_row row = {.kind = VC_OUTBOX_ABANDONED};
    if (vc_store_get(mail->store, VC_TABLE_OUTBOX, outbox_key(key, peer, number),
                     &value) != VC_OK ||
        vc_outbox_row_decode(value, &row) != VC_OK)
        mail->stats.rows_missing++;
    enum vc_mail_type type = row.object.len == 0 ? VC_MAIL_ABANDON : VC_MAIL_DATA;
    vc_mail_head_write(&head, type, number);
    if (type == VC_MAIL_DATA)
        vc_write_bytes(&head, vc_seal_prefix(mail->seal, peer->number, &row.session));
    VC_CHECK(vc_writer_end(&head) == VC_OK);
    return vc_link_send(mail->link, mail->mono, peer->number, VC_LINK_CHAT,
                        vc_writer_bytes(&head), row.object);
}

/* Which number the link gets next, if any may be given now. */
static bool choose(struct vc_mail_peer *peer, uint64_t *ret_number)
{
    if (peer->again != 0) {
        uint64_t number = vc_numbers_missing(&peer->told, peer->again);
        *ret_number = number;
        if (number <= peer->again_last)
            return number < peer->hold_from && number <= peer->released;
        peer->again = 0;
    }
    uint64_t number = vc_numbers_missing(&peer->told, peer->given + 1);
    uint64_t in_flight = peer->given - vc_mail_peer_done(peer, peer->given);
    *ret_number = number;
    return number <= peer->released && number < peer->hold_from &&
           vc_numbers_fits(&peer->acked, number) && in_flight < VC_MAIL_WINDOW;
}

static void given(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t number)
{
    if (peer->again != 0) {
        peer->again = number + 1;
        mail->stats.given_again++;
        return;
    }
    VC_CHECK(number > peer->given);
    peer->given = number;
    mail->stats.given++;
}

static void give_gone(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    uint8_t head[VC_MAIL_HEAD_MAX];
    struct vc_bytes gone = vc_mail_head_encode(head, VC_MAIL_GONE, peer->acked_durable);
    vc_err err = vc_link_send(mail->link, mail->mono, peer->number, VC_LINK_CONTROL,
                              gone, (struct vc_bytes){NULL, 0});
    if (err == VC_ERR_FULL)
        peer->is_control_full = true;
    else
        peer->owes_gone = false;
}

bool vc_outbox_give(struct vc_mail *mail, struct vc_mail_peer *peer, size_t *budget)
{
    if (peer->owes_gone && !peer->is_control_full)
        give_gone(mail, peer);
    uint64_t number;
    while (peer->is_up && peer->is_greeted && !vc_mail_peer_is_dropping(peer) &&
           !peer->is_chat_full && choose(peer, &number)) {
        if (*budget == 0)
            return false;
        --*budget;
        vc_err err = give(mail, peer, number);
        if (err == VC_OK)
            given(mail, peer, number);
        else if (err == VC_ERR_FULL)
            peer->is_chat_full = true;
        else
            vc_retry_on_down(mail, peer);
    }
    return true;
}
