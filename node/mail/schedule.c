/*
 * Whose turn it is, and when: a binary heap of the peers by the first of their
 * instants.
 */
#include "node/mail/machine.h"

static void place(struct vc_mail *mail, struct vc_mail_peer *peer, size_t at)
{
    mail->heap[at] = peer;
    peer->place = at;
}

/* Moves the peer at @at up or down to where it belongs. */
static void settle(struct vc_mail *mail, size_t at)
{
    struct vc_mail_peer *peer = mail->heap[at];
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (mail->heap[parent]->due_at <= peer->due_at)
            break;
        place(mail, mail->heap[parent], at);
        at = parent;
    }
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= mail->peer_count)
            break;
        if (child + 1 < mail->peer_count &&
            mail->heap[child + 1]->due_at < mail->heap[child]->due_at)
            child++;
        if (mail->heap[child]->due_at >= peer->due_at)
            break;
        place(mail, mail->heap[child], at);
        at = child;
    }
    place(mail, peer, at);
}

/* The count of peers already includes the new one. */
void vc_schedule_insert(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    VC_CHECK(mail->peer_count >= 1 && mail->peer_count <= mail->heap_room);
    place(mail, peer, mail->peer_count - 1);
    settle(mail, peer->place);
}

/* The count of peers does not include it any more. */
void vc_schedule_remove(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    VC_CHECK(mail->heap[peer->place] == peer);
    struct vc_mail_peer *last = mail->heap[mail->peer_count];
    if (last == peer)
        return;
    place(mail, last, peer->place);
    settle(mail, last->place);
}

void vc_schedule_update(struct vc_mail *mail, struct vc_mail_peer *peer)
{
    vc_ms due_at = vc_ms_min(vc_ms_min(peer->connect_at, peer->stall_at),
                             vc_ms_min(peer->ack_at, peer->seal_at));
    if (due_at == peer->due_at)
        return;
    VC_CHECK(mail->heap[peer->place] == peer);
    peer->due_at = due_at;
    settle(mail, peer->place);
}
