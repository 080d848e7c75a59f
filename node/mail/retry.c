/*
 * Sessions as mail sees them, and when to try what again.
 */
#include "node/mail/machine.h"

vc_ms vc_retry_jitter(struct vc_mail *mail, vc_ms delay_ms)
{
    vc_ms spread = delay_ms * VC_MAIL_JITTER_PERCENT / 100;
    VC_CHECK(spread < UINT32_MAX / 2);
    return delay_ms - spread + vc_rng_below(&mail->rng, (uint32_t)(2 * spread + 1));
}

/* The pause after so many wishes without a good session: 1, 1, 2, 4 ... seconds. */
static vc_ms pause_ms(const struct vc_mail_peer *peer)
{
    vc_ms delay = VC_MAIL_CONNECT_MS;
    for (uint32_t i = 1; i < peer->attempts && delay < VC_MAIL_CONNECT_MAX_MS; i++)
        delay *= 2;
    return vc_ms_min(delay, VC_MAIL_CONNECT_MAX_MS);
}

/* What was known of the last session does not hold for another. */
static void forget_session(struct vc_mail_peer *peer)
{
    peer->is_control_full = false;
    peer->is_chat_full = false;
    peer->must_check = false;
    peer->owes_ack = false;
    peer->says_again = false;
    peer->has_missed = false;
    peer->owes_gone = false;
    peer->is_session_good = false;
    peer->refused = 0;
    peer->ack_at = VC_NEVER;
    peer->stall_at = VC_NEVER;
    peer->stall_ms = VC_MAIL_STALL_MS;
    peer->ack_sent_at = VC_NEVER;
    peer->again_sent_at = VC_NEVER;
    peer->up_since = 0;
    peer->is_greeted = false;
    peer->owes_hello = false;
    peer->unopened_at = VC_NEVER;
    vc_outbox_rewind(peer);
}

void vc_retry_on_up(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    VC_CHECK(!peer->is_ending);
    forget_session(peer);
    peer->is_up = true;
    peer->up_at = mail->mono;
    peer->must_check = true;
    peer->owes_hello = true;
    /* Says what we have, so that little of it comes again. */
    peer->owes_ack = vc_numbers_count(&peer->durable) > 0;
    vc_retry_refresh(mail, peer);
    vc_mail_want_pump(mail, peer);
}

void vc_retry_on_down(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    VC_CHECK(!peer->is_ending);
    if (peer->is_up &&
        (peer->is_session_good || mail->mono - peer->up_at >= VC_MAIL_SETTLED_MS))
        peer->attempts = 0;
    forget_session(peer);
    peer->is_up = false;
    if (vc_mail_peer_waiting(peer) > 0 && !peer->wants_connect)
        peer->connect_at =
            vc_ms_after(mail->mono, vc_retry_jitter(mail, pause_ms(peer)));
    vc_retry_refresh(mail, peer);
}

void vc_retry_check(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    peer->must_check = false;
    struct vc_link_state state;
    if (!vc_link_state(mail->link, peer->number, &state)) {
        if (peer->is_up)
            vc_retry_on_down(mail, peer);
        return;
    }
    if (!peer->is_up || (peer->up_since != 0 && peer->up_since != state.up_since)) {
        vc_retry_on_up(mail, peer);
        peer->must_check = false;
        /* The link had this session before we knew whose it was. */
        peer->has_missed = true;
        peer->says_again = true;
        peer->owes_ack = true;
    }
    peer->up_since = state.up_since;
}

void vc_retry_refresh(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (peer->is_up || peer->is_ending || vc_mail_peer_waiting(peer) == 0) {
        peer->wants_connect = false;
        peer->connect_at = VC_NEVER;
    } else if (peer->connect_at == VC_NEVER && !peer->wants_connect) {
        peer->wants_connect = true;
        vc_mail_want_output(mail, peer);
    }
    bool is_answered = peer->is_greeted
                           ? peer->given == vc_mail_peer_done(peer, peer->given)
                           : vc_mail_peer_waiting(peer) == 0;
    if (!peer->is_up || peer->is_ending || is_answered)
        peer->stall_at = VC_NEVER;
    else if (peer->stall_at == VC_NEVER)
        peer->stall_at = vc_ms_after(mail->mono, vc_retry_jitter(mail, peer->stall_ms));
    if (!peer->is_up || peer->is_ending)
        peer->ack_at = VC_NEVER;
    vc_schedule_update(mail, peer);
}

void vc_retry_hurry(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    vc_ms near = vc_ms_after(mail->mono, VC_MAIL_HURRY_MS);
    if (peer->connect_at != VC_NEVER && peer->connect_at > near) {
        peer->connect_at = near;
        vc_schedule_update(mail, peer);
    }
}

void vc_retry_after_wish(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    VC_CHECK(peer->wants_connect);
    peer->wants_connect = false;
    if (peer->attempts < UINT32_MAX)
        peer->attempts++;
    /* The attempt's end brings this forward; who cannot even begin says nothing. */
    peer->connect_at = vc_ms_after(
        mail->mono, VC_MAIL_ATTEMPT_MS + vc_retry_jitter(mail, pause_ms(peer)));
    vc_schedule_update(mail, peer);
}

/* No answer for long: asks for a hello, or gives the oldest object again, once.  If that
 * is acknowledged, the receiver asks for whatever else he refused. */
static void on_stall(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (!peer->is_greeted) {
        peer->owes_hello = true;
        peer->stall_ms = vc_ms_min(2 * peer->stall_ms, VC_MAIL_STALL_MAX_MS);
        vc_mail_want_pump(mail, peer);
    } else if (peer->again == 0 && !peer->is_chat_full) {
        uint64_t oldest = vc_numbers_missing(&peer->told, 0);
        if (oldest <= peer->given) {
            peer->again = oldest;
            peer->again_last = oldest;
            vc_mail_want_pump(mail, peer);
        }
        peer->stall_ms = vc_ms_min(2 * peer->stall_ms, VC_MAIL_STALL_MAX_MS);
    }
    peer->stall_at = vc_ms_after(mail->mono, vc_retry_jitter(mail, peer->stall_ms));
}

static void on_ack_time(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (peer->refused != 0 && vc_store_health(mail->store) != VC_OK) {
        peer->ack_at = vc_ms_after(mail->mono, VC_MAIL_STORE_MS);
        return;
    }
    peer->ack_at = VC_NEVER;
    peer->owes_ack = true;
    peer->owes_hello = peer->owes_hello || !peer->is_greeted;
    peer->says_again = peer->says_again || peer->refused != 0;
    vc_mail_want_pump(mail, peer);
}

void vc_retry_tick(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    if (peer->connect_at <= mail->mono) {
        peer->connect_at = VC_NEVER;
        peer->wants_connect = true;
        vc_mail_want_output(mail, peer);
    }
    if (peer->stall_at <= mail->mono)
        on_stall(mail, peer);
    if (peer->ack_at <= mail->mono)
        on_ack_time(mail, peer);
    if (peer->seal_at <= mail->mono)
        vc_sealing_tick(mail, peer);
    vc_schedule_update(mail, peer);
}
