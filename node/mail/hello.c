/*
 * The first words of a session, by which a store that was put back to an older state finds it
 * out, and the complaints about what cannot be opened.  node/SPEC.md, "Hello", "Unopened".
 *
 * Nothing is given to a device before it has said what it saw last.  Whoever was put back would
 * give its numbers a second time for other objects, and the other side would drop them as seen.
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

/* Does what the other side saw last come from a time that we have lost? */
static bool is_behind(struct vc_mail *mail, const struct vc_mail_peer *peer,
                      const struct vc_mail_frame *hello)
{
    struct vc_outbox_row row;
    uint8_t tag[VC_SEAL_TAG_LEN];
    if (hello->last > LAST_BELIEVED_MAX)
        return false;
    if (hello->last >= peer->next)
        return true;
    /* What was acknowledged is known to be the same; what was sealed anew need not be. */
    if (hello->last <= peer->resealed || hello->last <= peer->dropped ||
        vc_numbers_has(&peer->told, hello->last) ||
        !read_row(mail, peer, hello->last, &row) || row.kind == VC_OUTBOX_ABANDONED)
        return false;
    vc_seal_tag(row.object, tag);
    return !vc_equal(tag, hello->tag, sizeof(tag));
}

/* All that waits is given up, as its numbers are used; chat writes it again. */
static void roll_back(struct vc_mail *mail, const struct vc_now *now,
                      struct vc_mail_peer *peer, const struct vc_mail_frame *hello)
{
    mail->stats.rollbacks++;
    mail->dropping_count += peer->acked.prefix >= peer->dropped ? 1 : 0;
    peer->dropped_rows = peer->next - 1;
    peer->dropped = hello->last > peer->dropped_rows ? hello->last : peer->dropped_rows;
    peer->next = peer->dropped + 1;
    peer->given_out = peer->dropped;
    vc_seal_rekey(mail->seal, now, peer->number, hello->generation, VC_SEAL_ROLLBACK);
    vc_sealing_restart(mail, peer);
    peer->is_rolled_back = true;
    vc_mail_want_output(mail, peer);
}

void vc_hello_on_hello(struct vc_mail *mail, const struct vc_now *now,
                       struct vc_mail_peer *peer, const struct vc_mail_frame *hello)
{
    if (is_behind(mail, peer, hello)) {
        if (!vc_mail_has_room(mail, VC_MAIL_SEND_OPS, VC_MAIL_SEND_BYTES(0))) {
            /* He is asked again; until then nothing is given. */
            peer->ack_at = vc_ms_after(mail->mono, VC_MAIL_STORE_MS);
            vc_schedule_update(mail, peer);
            return;
        }
        roll_back(mail, now, peer, hello);
    }
    peer->is_greeted = true;
    peer->owes_hello = peer->owes_hello || hello->wants_answer;
    vc_mail_want_pump(mail, peer);
}

void vc_hello_complain(struct vc_mail *mail, struct vc_mail_peer *peer, uint64_t number)
{
    struct vc_mail_frame unopened = {
        .number = number,
        .generation = vc_seal_generation(mail->seal, peer->number),
    };
    uint8_t room[VC_MAIL_UNOPENED_MAX];
    /* One complaint has everything sealed anew; what is lost of them is repeated, because the
     * other side gives again what is not acknowledged. */
    if (peer->unopened_at != VC_NEVER &&
        mail->mono - peer->unopened_at < VC_MAIL_UNOPENED_MS)
        return;
    unopened.has_prekey = vc_seal_own_prekey(mail->seal, &unopened.prekey);
    if (vc_link_send(mail->link, mail->mono, peer->number, VC_LINK_CONTROL,
                     vc_mail_unopened_encode(room, &unopened),
                     (struct vc_bytes){NULL, 0}) == VC_OK)
        peer->unopened_at = mail->mono;
}

void vc_hello_on_unopened(struct vc_mail *mail, const struct vc_now *now,
                          struct vc_mail_peer *peer,
                          const struct vc_mail_frame *unopened)
{
    struct vc_outbox_row row;
    if (unopened->number >= peer->next ||
        vc_numbers_has(&peer->told, unopened->number) ||
        !read_row(mail, peer, unopened->number, &row) || row.object.len == 0 ||
        !vc_seal_is_live(mail->seal, peer->number, &row.session) ||
        !vc_mail_has_room(mail, 2 * VC_MAIL_SEND_OPS, 2 * VC_MAIL_SEND_BYTES(0)))
        return;
    if (unopened->has_prekey)
        vc_seal_peer_keys(mail->seal, now, peer->number, &unopened->prekey, NULL, 0);
    vc_seal_rekey(mail->seal, now, peer->number, unopened->generation,
                  VC_SEAL_UNOPENED);
    vc_sealing_restart(mail, peer);
    vc_mail_want_pump(mail, peer);
}
