/* RFC 9002, section 6 and appendix A: what acknowledgements, and their absence, ask for. */
#include "node/link/machine.h"
#include "node/link/session.h"

/* Walks the rows of an ACK upwards while the numbers that are asked for rise. */
struct ack_walk {
    const struct vc_ranges *ranges;
    uint32_t left; /* rows not passed yet */
};

static bool is_acked(struct ack_walk *walk, uint64_t number)
{
    while (walk->left > 0 && walk->ranges->at[walk->left - 1].last < number)
        walk->left--;
    return walk->left > 0 && walk->ranges->at[walk->left - 1].first <= number;
}

static void take_acked(struct vc_link *link, struct vc_session *s, uint32_t slot)
{
    const struct vc_sent *sent = &link->flights.sent[slot];
    vc_segments_acked(&link->flights, &link->chunks, s->send, slot);
    /* What was sent before the peer moved says nothing about the way to him now. */
    if (sent->number >= s->moved_number && !sent->is_elsewhere)
        s->has_proof = true;
    if (sent->number >= s->moved_number)
        vc_new_reno.acked(&s->congestion, sent->size, sent->sent_at, sent->is_limited);
    if (sent->told > 0)
        vc_ranges_forget(&s->received, sent->told - 1);
    vc_flight_drop(&s->flight, &link->flights, slot);
}

/* Streams that were full have room for the longest object again. */
static void look_at_room(struct vc_link *link, struct vc_session *s)
{
    for (uint32_t i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        if ((s->full_streams & 1u << i) != 0 &&
            vc_send_stream_room(&s->send[i]) >= VC_LINK_WINDOW / 2)
            vc_peers_tell(link, s->peer);
    }
}

bool vc_recovery_acked(struct vc_link *link, vc_ms now, uint32_t session,
                       const struct vc_frames *frames)
{
    struct vc_session *s = &link->sessions[session];
    uint64_t largest = frames->ack.at[0].last;
    if (largest >= s->next_number)
        return false;
    s->has_proof = false;
    struct ack_walk walk = {&frames->ack, frames->ack.count};
    uint32_t slot = s->flight.first;
    bool is_new = false;
    while (slot != VC_SLOT_NONE && link->flights.sent[slot].number <= largest) {
        const struct vc_sent *sent = &link->flights.sent[slot];
        uint32_t next = sent->next;
        if (is_acked(&walk, sent->number)) {
            is_new = true;
            if (sent->number == largest && largest >= s->moved_number)
                vc_rtt_sample(&s->rtt, now - sent->sent_at, frames->ack_delay_ms);
            take_acked(link, s, slot);
        }
        slot = next;
    }
    if (!s->has_acked || largest > s->largest_acked)
        s->largest_acked = largest;
    s->has_acked = true;
    if (vc_reordering_acked(&s->reordering, &frames->ack))
        vc_new_reno.was_not_lost(&s->congestion);
    if (is_new) {
        s->backoff = s->probes = 0;
        vc_recovery_look(link, now, session);
        look_at_room(link, s);
    }
    return true;
}

/* A row of packets that were lost one after the other. */
struct loss {
    bool has_any;
    vc_ms row_from,
        last_sent_at; /* sending times: the row's first packet, the last lost */
    uint64_t last_number;
    vc_ms longest_ms;
    uint64_t first_number;
};

static void take_lost(struct vc_link *link, struct vc_session *s, uint32_t slot,
                      struct loss *loss)
{
    const struct vc_sent *sent = &link->flights.sent[slot];
    bool counts = sent->number >= s->moved_number;
    if (counts) {
        if (!loss->has_any)
            loss->first_number = sent->number;
        if (!loss->has_any || sent->number != loss->last_number + 1)
            loss->row_from = sent->sent_at;
        vc_reordering_lost(&s->reordering, sent->number);
        loss->has_any = true;
        loss->last_number = sent->number;
        loss->last_sent_at = sent->sent_at;
        if (sent->sent_at - loss->row_from > loss->longest_ms)
            loss->longest_ms = sent->sent_at - loss->row_from;
    }
    s->windows_due |= sent->windows;
    s->packets_lost++;
    vc_segments_lost(&link->flights, s->send, slot);
    vc_flight_drop(&s->flight, &link->flights, slot);
}

void vc_recovery_look(struct vc_link *link, vc_ms now, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    vc_ms patience = vc_rtt_loss_ms(&s->rtt, s->reordering.eighths);
    struct loss loss = {.has_any = false};
    s->loss_at = VC_NEVER;
    if (!s->has_acked)
        return;
    uint32_t slot = s->flight.first;
    while (slot != VC_SLOT_NONE && link->flights.sent[slot].number < s->largest_acked) {
        const struct vc_sent *sent = &link->flights.sent[slot];
        uint32_t next = sent->next;
        if (sent->number + s->reordering.packets <= s->largest_acked ||
            sent->sent_at + patience <= now)
            take_lost(link, s, slot, &loss);
        else
            s->loss_at = vc_ms_min(s->loss_at, sent->sent_at + patience);
        slot = next;
    }
    if (!loss.has_any)
        return;
    if (vc_new_reno.lost(&s->congestion, loss.last_sent_at, now))
        vc_reordering_halved(&s->reordering, loss.first_number, loss.last_number);
    if (s->rtt.has_sample &&
        loss.longest_ms > VC_LINK_PERSISTENT_PTOS * vc_rtt_pto_ms(&s->rtt, 0))
        vc_new_reno.collapsed(&s->congestion);
}

vc_ms vc_recovery_pto_at(const struct vc_session *s)
{
    if (s->flight.count == 0 || s->loss_at != VC_NEVER)
        return VC_NEVER;
    /* A probe that could not leave counts as sent, else the timer would never rest. */
    vc_ms from = s->probed_at > s->eliciting_at ? s->probed_at : s->eliciting_at;
    return from + vc_rtt_pto_ms(&s->rtt, s->backoff);
}

void vc_recovery_probe(struct vc_link *link, vc_ms now, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    s->probed_at = now;
    s->backoff++;
    s->probes = VC_LINK_PROBES;
    /* The oldest bytes are what the peer needs most.  The packet that had them still
     * counts as in flight; it is only their record that moves. */
    uint32_t slot = s->flight.first;
    for (uint32_t i = 0; i < VC_LINK_PROBES && slot != VC_SLOT_NONE;) {
        struct vc_sent *sent = &link->flights.sent[slot];
        bool has_news = sent->segments != VC_SLOT_NONE || sent->windows != 0;
        s->windows_due |= sent->windows;
        sent->windows = 0;
        vc_segments_lost(&link->flights, s->send, slot);
        i += has_news;
        slot = sent->next;
    }
    vc_session_wake(link, session);
}

void vc_recovery_requeue(struct vc_link *link, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    while (s->flight.first != VC_SLOT_NONE) {
        s->windows_due |= link->flights.sent[s->flight.first].windows;
        vc_segments_lost(&link->flights, s->send, s->flight.first);
        vc_flight_drop(&s->flight, &link->flights, s->flight.first);
    }
    s->loss_at = VC_NEVER;
}
