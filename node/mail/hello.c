/*
 * The first words of a session, by which a store that was put back to an older state finds
 * it out, and the complaints about what cannot be opened.  node/SPEC.md, "Hello",
 * "Unopened".
 *
 * Nothing is given to a device, and nothing that it says of our numbers is believed, before
 * it has said what it saw last.  Whoever was put back would give its numbers a second time
 * for other objects, and the other side would acknowledge what it never had.
 */
#include "node/mail/machine.h"

/* Numbers beyond this are not believed: there must be room for more. */
#define LAST_BELIEVED_MAX (VC_MAIL_NUMBER_MAX / 2)

void vc_hello_send(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (!peer->owes_hello || peer->is_control_full)
        return;
    struct vc_mail_frame hello = {
        .wants_answer = !peer->is_greeted,
        .generation = vc_seal_generation(mail->seal, peer->number),
        .last = peer->last,
    };
    for (size_t i = 0; i < VC_SEAL_TAG_LEN; i++)
        hello.tag[i] = peer->last_tag[i];
    uint8_t room[VC_MAIL_HELLO_MAX];
    vc_err err =
        vc_link_send(mail->link, mail->mono, peer->number, VC_LINK_CONTROL,
                     vc_mail_hello_encode(room, &hello), (struct vc_bytes){NULL, 0});
    if (err == VC_ERR_FULL)
        peer->is_control_full = true;
    else if (err != VC_OK)
        vc_retry_on_down(mail, peer);
    else
        peer->owes_hello = false;
}

/* The row under @number; false when there is none. */
static bool read_row(struct vc_mail *mail, const struct vc_mail_peer *peer,
                     uint64_t number, struct vc_outbox_row *ret_row)
{
    uint8_t key[VC_OUTBOX_KEY_LEN];
    struct vc_bytes value;
    return vc_store_get(mail->store, VC_TABLE_OUTBOX,
                        vc_outbox_key(key, peer->number, number), &value) == VC_OK &&
           vc_outbox_row_decode(value, ret_row) == VC_OK;
}

/* Could the device have seen this, if the row is what always stood there? */
static bool is_seen_of(const struct vc_outbox_row *row,
                       const struct vc_mail_frame *hello)
{
    struct vc_outbox_row abandoned = vc_outbox_abandoned(row);
    bool is_nothing = vc_is_zero(hello->tag, sizeof(hello->tag));
    /* Of what was given up, either the object or its end was seen. */
    if (row->kind == VC_OUTBOX_ABANDONED && is_nothing)
        return true;
    return !is_nothing && vc_equal(abandoned.ref, hello->tag, sizeof(hello->tag));
}

/* Does what the other side saw last come from a time that we have lost? */
static bool is_behind(struct vc_mail *mail, const struct vc_mail_peer *peer,
                      const struct vc_mail_frame *hello)
{
    struct vc_outbox_row row;
    if (hello->last > LAST_BELIEVED_MAX)
        return false;
    if (hello->last >= peer->next)
        return true;
    /* What was acknowledged is known to be the same; what was sealed anew need not be. */
    return hello->last > peer->resealed && hello->last > peer->dropped &&
           !vc_numbers_has(&peer->told, hello->last) &&
           read_row(mail, peer, hello->last, &row) && !is_seen_of(&row, hello);
}

/* All that waits is given up, as its numbers are used; chat writes it again. */
static void roll_back(struct vc_mail *mail, const struct vc_now *now,
                      struct vc_mail_peer *peer, const struct vc_mail_frame *hello)
{
    mail->stats.rollbacks++;
    mail->dropping_count += vc_mail_peer_is_dropping(peer) ? 0 : 1;
    peer->dropped_rows = peer->next - 1;
    peer->dropped = hello->last > peer->dropped_rows ? hello->last : peer->dropped_rows;
    peer->next = peer->dropped + 1;
    peer->given_out = peer->dropped;
    peer->rolled_at = mail->mono;
    peer->is_rolled_back = true;
    vc_seal_rekey(mail->seal, now, peer->number, hello->generation, VC_SEAL_ROLLBACK);
    vc_sealing_restart(mail, peer);
    vc_mail_want_output(mail, peer);
}

/* When may it be done: now, or at @ret_at? */
static bool may_roll_back(struct vc_mail *mail, const struct vc_mail_peer *peer,
                          vc_ms *ret_at)
{
    *ret_at = vc_ms_after(mail->mono, VC_MAIL_STORE_MS);
    if (peer->rolled_at != VC_NEVER &&
        mail->mono - peer->rolled_at < VC_MAIL_ROLLBACK_MS) {
        *ret_at = peer->rolled_at + VC_MAIL_ROLLBACK_MS;
        return false;
    }
    return vc_mail_has_room(mail, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(0));
}

static void greet(struct vc_mail *mail, const struct vc_now *now,
                  struct vc_mail_peer *peer, const struct vc_mail_frame *hello)
{
    if (is_behind(mail, peer, hello)) {
        vc_ms at;
        if (!may_roll_back(mail, peer, &at)) {
            /* He is asked again then; until then nothing is given. */
            peer->stall_at = at;
            vc_schedule_update(mail, peer);
            return;
        }
        roll_back(mail, now, peer, hello);
    }
    peer->is_greeted = true;
    peer->stall_ms = VC_MAIL_STALL_MS;
    peer->stall_at = VC_NEVER;
    vc_retry_refresh(mail, peer);
    vc_sealing_refresh(mail, peer);
}

void vc_hello_on_hello(struct vc_mail *mail, const struct vc_now *now,
                       struct vc_mail_peer *peer, const struct vc_mail_frame *hello)
{
    /* Later ones of a session say nothing new, they only ask. */
    if (!peer->is_greeted)
        greet(mail, now, peer, hello);
    peer->owes_hello = peer->owes_hello || hello->wants_answer;
    vc_mail_want_pump(mail, peer);
}

bool vc_hello_next_rolled_back(struct vc_mail *mail, struct vc_mail_peer *peer,
                               struct vc_mail_output *ret_output)
{
    if (!peer->is_rolled_back || peer->is_ending)
        return false;
    if (!vc_mail_has_room(mail, 1, VC_MAIL_ACCEPT_BYTES)) {
        mail->store_at = vc_ms_after(mail->mono, VC_MAIL_STORE_MS);
        return false;
    }
    peer->is_rolled_back = false;
    vc_mail_peer_write(mail, peer);
    *ret_output =
        (struct vc_mail_output){.kind = VC_MAIL_ROLLED_BACK, .peer = peer->number};
    return true;
}

void vc_hello_complain(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t number)
{
    struct vc_mail_frame unopened = {
        .number = number,
        .generation = vc_seal_generation(mail->seal, peer->number),
    };
    uint8_t room[VC_MAIL_UNOPENED_MAX];
    /* One complaint has everything sealed anew; what is lost of them is repeated, because
     * the other side gives again what is not acknowledged. */
    if (peer->unopened_at != VC_NEVER &&
        mail->mono - peer->unopened_at < VC_MAIL_UNOPENED_MS)
        return;
    unopened.has_prekey = vc_seal_own_prekey(mail->seal, &unopened.prekey);
    if (vc_link_send(mail->link, mail->mono, peer->number, VC_LINK_CONTROL,
                     vc_mail_unopened_encode(room, &unopened),
                     (struct vc_bytes){NULL, 0}) == VC_OK)
        peer->unopened_at = mail->mono;
}

/* Complaints are followed ever more rarely, while what was sealed anew is not
 * acknowledged. */
static bool may_reseal(const struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (peer->acked.prefix >= peer->resealed)
        peer->reseal_ms = VC_MAIL_UNOPENED_MS;
    return peer->resealed_at == VC_NEVER ||
           mail->mono - peer->resealed_at >= peer->reseal_ms;
}

void vc_hello_on_unopened(struct vc_mail *mail, const struct vc_now *now,
                          struct vc_mail_peer *peer,
                          const struct vc_mail_frame *unopened)
{
    struct vc_outbox_row row;
    if (!peer->is_greeted || unopened->number > peer->sealed ||
        unopened->number <= peer->dropped ||
        vc_numbers_has(&peer->told, unopened->number) || !may_reseal(mail, peer) ||
        !read_row(mail, peer, unopened->number, &row) || row.object.len == 0 ||
        !vc_mail_has_room(mail, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(0)))
        return;
    bool is_live = vc_seal_is_live(mail->seal, peer->number, &row.session);
    if (unopened->has_prekey)
        vc_seal_peer_keys(mail->seal, now, peer->number, &unopened->prekey, NULL, 0);
    /* One that ended meanwhile has a successor already. */
    if (is_live)
        vc_seal_rekey(mail->seal, now, peer->number, unopened->generation,
                      VC_SEAL_UNOPENED);
    peer->resealed_at = mail->mono;
    peer->reseal_ms = vc_ms_min(2 * peer->reseal_ms, VC_MAIL_RESEAL_MAX_MS);
    vc_sealing_restart(mail, peer);
    vc_mail_want_pump(mail, peer);
}
