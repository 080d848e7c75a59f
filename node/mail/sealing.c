/*
 * Rows of the outbox that are sealed, or wait for it: for keys of the other device, for its
 * acknowledgements, or because a session ended.  Their words are asked for again then.
 * node/SPEC.md, "Sealing".
 */
#include "node/mail/machine.h"

_Static_assert(VC_MAIL_SEND_OPS <= VC_MAIL_ACKED_OPS &&
                   VC_MAIL_SEND_BYTES(VC_MAIL_TEXT_MAX) <= VC_MAIL_ACKED_BYTES,
               "who is asked for words has room for them");

/* At most so many are sealed and not acknowledged, or a receiver might have to skip more
 * keys than he keeps. */
static bool has_window(const struct vc_mail_peer *peer)
{
    return peer->sealed - vc_mail_peer_done(peer, peer->sealed) < VC_MAIL_WINDOW;
}

/* Is there a row behind the sealed ones that may be looked at?  Nearly always there is
 * none, and that is asked first. */
static bool has_next(const struct vc_mail_peer *peer)
{
    return peer->sealed + 1 < peer->next && !peer->is_ending &&
           peer->seal_at == VC_NEVER && has_window(peer);
}

static bool has_keys(struct vc_mail *mail, const struct vc_mail_peer *peer)
{
    struct vc_now now = {.mono = mail->mono, .unix_ms = mail->unix_ms};
    struct vc_seal_state state;
    return vc_seal_state(mail->seal, &now, peer->number, &state) &&
           (state.has_session || state.has_prekey);
}

static void set_seal_at(struct vc_mail *mail, struct vc_mail_peer *peer, vc_ms at)
{
    if (peer->seal_at == at)
        return;
    peer->seal_at = at;
    vc_schedule_update(mail, peer);
}

/* The row's turn comes again later, and others' do not wait for it. */
static void postpone(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    peer->words = 0;
    set_seal_at(mail, peer, vc_ms_after(mail->mono, peer->seal_ms));
    peer->seal_ms = vc_ms_min(2 * peer->seal_ms, VC_MAIL_WORDS_MAX_MS);
}

static void put_row(struct vc_mail *mail, const struct vc_mail_peer *peer,
                    uint64_t number, const struct vc_outbox_row *row)
{
    uint8_t key[VC_OUTBOX_KEY_LEN];
    vc_store_put(mail->store, VC_TABLE_OUTBOX, vc_outbox_key(key, peer->number, number),
                 vc_outbox_row_encode(mail->row, row));
}

/* The next number counts as sealed, and is given when the turn is committed. */
static void advance(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    peer->sealed++;
    vc_ledger_add(&mail->ledger, &peer->run_sent, VC_LEDGER_SENT, peer->number,
                  peer->sealed);
}

/* Seals @object as the row behind those that are sealed. */
static vc_err seal_row(struct vc_mail *mail, const struct vc_now *now,
                       struct vc_mail_peer *peer, enum vc_outbox_kind kind,
                       const struct vc_mail_object *object)
{
    uint64_t number = peer->sealed + 1;
    struct vc_sealed sealed;
    vc_err err = vc_seal_seal(mail->seal, now, peer->number, number, object->head,
                              object->body, &sealed);
    if (err != VC_OK)
        return err;
    struct vc_outbox_row row = {
        .kind = kind,
        .session = sealed.session,
        .id = object->id,
        .object = sealed.frame,
    };
    for (size_t i = 0; i < VC_MAIL_REF_LEN; i++)
        row.ref[i] = object->ref[i];
    put_row(mail, peer, number, &row);
    advance(mail, peer);
    return VC_OK;
}

static void put_waiting(struct vc_mail *mail, const struct vc_mail_peer *peer,
                        uint64_t number, const struct vc_mail_object *object)
{
    struct vc_outbox_row row = {.kind = VC_OUTBOX_WAITING, .id = object->id};
    for (size_t i = 0; i < VC_MAIL_REF_LEN; i++)
        row.ref[i] = object->ref[i];
    put_row(mail, peer, number, &row);
}

static void check_text(const struct vc_mail_object *object)
{
    size_t len = object->head.len + object->body.len;
    VC_CHECK(len >= 1 && len <= VC_MAIL_TEXT_MAX);
}

vc_err vc_mail_send(struct vc_mail *mail, const struct vc_now *now, uint32_t peer,
                    const struct vc_mail_object *object, uint64_t *ret_number)
{
    check_text(object);
    mail->mono = now->mono;
    mail->unix_ms = now->unix_ms;
    struct vc_mail_peer *known = vc_mail_peer_find(mail, peer);
    if (known == NULL)
        return VC_ERR_NOT_FOUND;
    /* Before chat knows that the store was put back it may name two things alike. */
    if (known->is_rolled_back || vc_mail_peer_waiting(known) >= VC_MAIL_OUTBOX_MAX ||
        known->next >= VC_MAIL_NUMBER_MAX ||
        !vc_ledger_has_room(&mail->ledger, VC_MAIL_LEDGER_SPARE))
        return VC_ERR_BUSY;

    vc_err err = VC_ERR_AWAY;
    if (known->sealed + 1 == known->next && has_window(known))
        err = seal_row(mail, now, known, VC_OUTBOX_OBJECT, object);
    if (err == VC_ERR_AWAY || err == VC_ERR_FULL)
        put_waiting(mail, known, known->next, object);
    else if (err != VC_OK)
        return err;
    *ret_number = known->next++;
    vc_mail_peer_write(mail, known);
    vc_sealing_refresh(mail, known);
    vc_retry_refresh(mail, known);
    vc_retry_hurry(mail, known);
    return VC_OK;
}

vc_err vc_mail_words(struct vc_mail *mail, const struct vc_now *now, uint32_t peer,
                     uint64_t number, const struct vc_mail_object *object)
{
    check_text(object);
    mail->mono = now->mono;
    mail->unix_ms = now->unix_ms;
    struct vc_mail_peer *known = vc_mail_peer_find(mail, peer);
    VC_CHECK(known != NULL && known->words == number && number == known->sealed + 1);
    if (!vc_ledger_has_room(&mail->ledger, 1))
        return VC_ERR_BUSY;
    vc_err err = seal_row(mail, now, known, VC_OUTBOX_OBJECT, object);
    if (err != VC_OK)
        return err; /* as if there had been no answer */
    known->words = 0;
    known->seal_ms = VC_MAIL_WORDS_MS;
    mail->stats.resealed++;
    vc_mail_peer_write(mail, known);
    return VC_OK;
}

void vc_sealing_refresh(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (has_next(peer) && has_keys(mail, peer))
        vc_mail_want_output(mail, peer);
}

void vc_sealing_tick(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    set_seal_at(mail, peer, VC_NEVER);
    vc_sealing_refresh(mail, peer);
}

void vc_mail_keys(struct vc_mail *mail, const struct vc_now *now, uint32_t peer)
{
    mail->mono = now->mono;
    mail->unix_ms = now->unix_ms;
    struct vc_mail_peer *known = vc_mail_peer_find(mail, peer);
    if (known != NULL)
        vc_sealing_tick(mail, known);
}

/* Reads the next row; what cannot be read is passed like one that was given up. */
static void read_next(struct vc_mail *mail, const struct vc_mail_peer *peer,
                      struct vc_outbox_row *ret_row)
{
    uint8_t key[VC_OUTBOX_KEY_LEN];
    struct vc_bytes value;
    *ret_row = (struct vc_outbox_row){.kind = VC_OUTBOX_ABANDONED};
    if (vc_numbers_has(&peer->told, peer->sealed + 1))
        return;
    if (vc_store_get(mail->store, VC_TABLE_OUTBOX,
                     vc_outbox_key(key, peer->number, peer->sealed + 1),
                     &value) != VC_OK ||
        vc_outbox_row_decode(value, ret_row) != VC_OK)
        mail->stats.rows_missing++;
}

/* Passes the next row when that is possible without its words. */
static bool pass_next(struct vc_mail *mail, struct vc_mail_peer *peer,
                      const struct vc_outbox_row *row)
{
    bool is_sealed =
        row->object.len > 0 && vc_seal_is_live(mail->seal, peer->number, &row->session);
    if (row->kind == VC_OUTBOX_TURN && !is_sealed) {
        /* The ratchet that it was to turn is not used any more. */
        struct vc_outbox_row abandoned = vc_outbox_abandoned(row);
        put_row(mail, peer, peer->sealed + 1, &abandoned);
    } else if (row->kind != VC_OUTBOX_ABANDONED && !is_sealed) {
        return false;
    }
    advance(mail, peer);
    return true;
}

static void ask_words(struct vc_mail_peer *peer, const struct vc_outbox_row *row,
                      struct vc_mail_output *ret_output)
{
    peer->words = peer->sealed + 1;
    *ret_output = (struct vc_mail_output){
        .kind = VC_MAIL_WORDS,
        .peer = peer->number,
        .number = peer->words,
    };
    for (size_t i = 0; i < VC_MAIL_REF_LEN; i++)
        ret_output->ref[i] = row->ref[i];
}

bool vc_sealing_next(struct vc_mail *mail, struct vc_mail_peer *peer,
                     struct vc_mail_output *ret_output)
{
    bool is_found = false, has_passed = false;
    if (peer->words != 0)
        postpone(mail, peer);
    while (has_next(peer)) {
        struct vc_outbox_row row;
        if (!vc_ledger_has_room(&mail->ledger, VC_MAIL_LEDGER_SPARE) ||
            !vc_mail_has_room(mail, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(0))) {
            mail->store_at = vc_ms_after(mail->mono, VC_MAIL_STORE_MS);
            break;
        }
        read_next(mail, peer, &row);
        if (!pass_next(mail, peer, &row)) {
            is_found = has_keys(mail, peer);
            if (is_found)
                ask_words(peer, &row, ret_output);
            break;
        }
        has_passed = true;
    }
    /* One mailbox row for all that were passed. */
    if (has_passed)
        vc_mail_peer_write(mail, peer);
    return is_found;
}

void vc_sealing_restart(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    uint64_t from =
        peer->acked.prefix > peer->dropped ? peer->acked.prefix : peer->dropped;
    peer->resealed = peer->next - 1;
    peer->sealed = from;
    peer->released = from;
    peer->stale_until = mail->ledger.head;
    peer->run_sent = UINT64_MAX;
    peer->words = 0;
    vc_outbox_rewind(peer);
    vc_mail_peer_write(mail, peer);
    vc_sealing_tick(mail, peer);
}

void vc_sealing_turn(struct vc_mail *mail, const struct vc_now *now,
                     struct vc_mail_peer *peer)
{
    const struct vc_mail_object nothing = {0};
    if (peer->sealed + 1 != peer->next || peer->next >= VC_MAIL_NUMBER_MAX ||
        !has_window(peer) || !vc_seal_owes_turn(mail->seal, peer->number) ||
        !vc_ledger_has_room(&mail->ledger, VC_MAIL_LEDGER_SPARE) ||
        !vc_mail_has_room(mail, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(0)) ||
        seal_row(mail, now, peer, VC_OUTBOX_TURN, &nothing) != VC_OK)
        return;
    peer->next++;
    vc_mail_peer_write(mail, peer);
    vc_retry_refresh(mail, peer);
}

void vc_sealing_drop_rows(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    const size_t ops = VC_MAIL_REMOVE_ROWS + 1;
    const size_t bytes = VC_MAIL_REMOVE_ROWS * VC_OUTBOX_KEY_LEN + VC_MAIL_ACCEPT_BYTES;
    size_t budget = VC_MAIL_REMOVE_ROWS;
    if (!vc_mail_peer_is_dropping(peer))
        return;
    if (!vc_ledger_has_room(&mail->ledger, VC_MAIL_LEDGER_SPARE) ||
        !vc_mail_has_room(mail, ops, bytes)) {
        mail->store_at = vc_ms_after(mail->mono, VC_MAIL_STORE_MS);
        return;
    }
    if (vc_outbox_delete_to(mail, peer, peer->dropped_rows, &budget)) {
        vc_numbers_raise(&peer->acked, peer->dropped);
        mail->dropping_count--;
    }
    vc_numbers_raise(&peer->told, peer->acked.prefix);
    vc_mail_peer_write(mail, peer);
    uint64_t run = UINT64_MAX;
    vc_ledger_add(&mail->ledger, &run, VC_LEDGER_ACKED, peer->number,
                  peer->acked.prefix);
    vc_retry_refresh(mail, peer);
    vc_sealing_refresh(mail, peer);
    vc_mail_want_pump(mail, peer);
}
