/* node/SPEC.md, "Link frames": what is done with a packet that opens. */
#include <string.h>

#include "node/link/machine.h"
#include "node/link/session.h"

static bool is_same_ip(const struct vc_addr *a, const struct vc_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

/* The newest packet came from elsewhere: the peer is there now. */
static void move(struct vc_session *s, const struct vc_addr *to)
{
    bool is_other_path = !is_same_ip(&s->addr, to);
    s->addr = *to;
    s->moved_number = s->next_number;
    s->unproved_in = s->unproved_out = 0;
    s->is_proved = vc_addr_equal(&s->proved_addr, to);
    if (!s->is_proved)
        s->wants_ping = true; /* its acknowledgement proves the address */
    if (is_other_path) {
        vc_rtt_init(&s->rtt);
        vc_new_reno.init(&s->congestion);
        vc_reordering_init(&s->reordering);
        s->backoff = 0;
    }
}

static void look_at_sender(struct vc_link *link, uint32_t session,
                           const struct vc_packet_in *packet)
{
    struct vc_session *s = &link->sessions[session];
    bool is_newest = !packet->is_old && packet->number + 1 == s->replay.highest;
    if (is_newest && !vc_addr_equal(&s->addr, packet->from))
        move(s, packet->from);
    if (!s->is_proved && vc_addr_equal(&s->addr, packet->from))
        s->unproved_in += packet->datagram_len;
}

/* An ACK from the peer's new address of a packet that went there: he is there. */
static void look_for_proof(struct vc_link *link, uint32_t session,
                           const struct vc_packet_in *packet)
{
    struct vc_session *s = &link->sessions[session];
    if (s->is_proved || !s->has_proof || !vc_addr_equal(&s->addr, packet->from))
        return;
    s->is_proved = true;
    s->is_moved = !vc_addr_equal(&s->proved_addr, &s->addr);
    s->proved_addr = s->addr;
    if (s->is_moved)
        vc_peers_tell(link, s->peer);
}

/* Remembers the number for the next ACK, and decides when that is due. */
static void note_arrival(struct vc_link *link, vc_ms now, struct vc_session *s,
                         uint64_t number)
{
    const struct vc_ranges *received = &s->received;
    bool is_next =
        received->count == 0 ? number == 0 : number == received->at[0].last + 1;
    if (received->count == 0 || number > received->at[0].last)
        s->newest_at = now;
    vc_ranges_add(&s->received, number);
    if (!link->frames.is_eliciting)
        return;
    s->unacked++;
    if (!is_next || s->unacked >= VC_LINK_ACK_EVERY)
        s->wants_ack = true;
    else
        s->ack_at = vc_ms_min(s->ack_at, now + VC_LINK_ACK_DELAY_MS);
}

/* false: there was no room for it now, so the packet must not be acknowledged. */
static bool store(struct vc_link *link, uint32_t session,
                  const struct vc_stream_frame *frame)
{
    struct vc_session *s = &link->sessions[session];
    struct vc_recv_stream *stream = &s->recv[frame->stream];
    uint64_t end = frame->offset + frame->data.len;
    uint32_t need =
        vc_recv_stream_need(stream, &link->chunks, frame->offset, frame->data.len);
    bool is_near = end <= stream->read + VC_LINK_FIRST_CREDIT;
    if (!vc_session_may_store(link, session, need, is_near))
        return false;
    vc_recv_stream_write(stream, &link->chunks, frame->offset, frame->data);
    if (vc_recv_stream_has_object(stream))
        vc_peers_tell(link, s->peer);
    return true;
}

/*
 * Tells the peer a new limit once it is worth a frame: a quarter of the window, or
 * anything when little is left to him; an object that is longer than what is left would
 * else never be finished.
 */
static void look_at_credit(const struct vc_link *link, struct vc_session *s)
{
    uint64_t window = vc_session_window(link), quarter = window / 4;
    for (uint32_t i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        const struct vc_recv_stream *stream = &s->recv[i];
        uint64_t limit = stream->read + window;
        if (stream->highest == 0 || limit <= stream->limit)
            continue;
        if (limit - stream->limit >= quarter ||
            stream->limit - stream->highest < quarter)
            s->windows_due |= (uint8_t)(1u << i);
    }
}

void vc_session_was_read(struct vc_link *link, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    uint32_t held = 0;
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++)
        held += s->recv[i].held;
    if (link->favoured == session &&
        (held == 0 || vc_chunks_left(&link->chunks) >= VC_LINK_CHUNKS_RESERVE))
        link->favoured = VC_SLOT_NONE;
    look_at_credit(link, s);
    if (s->windows_due != 0)
        vc_session_wake(link, session);
}

static bool is_within_credit(const struct vc_session *s, const struct vc_frames *frames)
{
    for (uint32_t i = 0; i < frames->stream_count; i++) {
        const struct vc_stream_frame *frame = &frames->streams[i];
        if (frame->offset + frame->data.len > s->recv[frame->stream].limit)
            return false;
    }
    return true;
}

static void take_windows(struct vc_session *s, const struct vc_frames *frames)
{
    for (uint32_t i = 0; i < frames->window_count; i++) {
        struct vc_send_stream *stream = &s->send[frames->windows[i].stream];
        if (frames->windows[i].limit > stream->credit)
            stream->credit = frames->windows[i].limit;
    }
}

static bool take_streams(struct vc_link *link, vc_ms now, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    const struct vc_frames *frames = &link->frames;
    bool is_stored = true;
    for (uint32_t i = 0; i < frames->stream_count; i++)
        is_stored &= store(link, session, &frames->streams[i]);
    if (frames->stream_count > 0) {
        s->data_at = vc_ms_min(s->data_at, now);
        look_at_credit(link, s);
    }
    return is_stored;
}

static bool is_broken(const struct vc_session *s)
{
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        if (s->recv[i].is_broken)
            return true;
    }
    return false;
}

void vc_session_take(struct vc_link *link, vc_ms now, uint32_t session,
                     const struct vc_packet_in *packet)
{
    struct vc_session *s = &link->sessions[session];
    const struct vc_frames *frames = &link->frames;
    VC_CHECK(s->phase == VC_SESSION_UP);
    if (vc_frames_decode(packet->plain, &link->frames) != VC_OK ||
        !is_within_credit(s, frames)) {
        link->stats.dropped_malformed++;
        return;
    }
    s->heard_at = s->active_at = now;
    s->unanswered_since = VC_NEVER;
    if (s->is_silent)
        vc_session_is_heard(link, session);
    s->bytes_received += packet->datagram_len;
    look_at_sender(link, session, packet);
    /* Numbers of the key before mean nothing here: what they told of was sent again. */
    if (frames->has_ack && !packet->is_old) {
        if (!vc_recovery_acked(link, now, session, frames)) {
            link->stats.dropped_malformed++;
            return;
        }
        look_for_proof(link, session, packet);
    }
    take_windows(s, frames);
    if (!take_streams(link, now, session))
        link->stats.dropped_full++;
    else if (!packet->is_old)
        note_arrival(link, now, s, packet->number);
    vc_session_wake(link, session);
    if (frames->has_close)
        vc_session_end(link, session,
                       frames->close_reason == VC_CLOSE_ENDED ? VC_ERR_AWAY
                                                              : VC_ERR_REFUSED);
    else if (is_broken(s))
        vc_session_break(link, now, session, VC_CLOSE_PROTOCOL, VC_ERR_MALFORMED);
}

void vc_session_recv(struct vc_link *link, vc_ms now, uint32_t session,
                     const struct vc_addr *from, struct vc_bytes datagram)
{
    struct vc_session *s = &link->sessions[session];
    struct vc_packet_in packet = {.from = from, .datagram_len = datagram.len};
    packet.is_old = memcmp(datagram.data, s->keys.recv_cid.b, VC_CID_LEN) != 0;
    packet.plain.data = link->plain;
    if (!vc_packet_open(packet.is_old ? &s->old_recv : &s->keys.recv,
                        packet.is_old ? &s->old_replay : &s->replay, datagram,
                        link->plain, &packet.plain.len, &packet.number)) {
        link->stats.dropped_replay++;
        return;
    }
    vc_session_take(link, now, session, &packet);
}
