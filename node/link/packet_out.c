/* node/SPEC.md, "Link frames": how packets are made. */
#include <string.h>

#include "node/link/machine.h"
#include "node/link/session.h"

/* What a STREAM frame's head takes at most: new data is not begun with less room. */
#define STREAM_HEAD_MAX (2 + 8 + 2)

/* A packet being made. */
struct making {
    struct vc_link *link;
    struct vc_session *s;
    uint32_t session;
    struct vc_writer w;
    uint32_t sent;     /* its record, or VC_SLOT_NONE when it wants no answer */
    uint32_t segments; /* in it */
    bool has_ack;
};

/* A few random bits, for lengths; not worth a draw each. */
static uint32_t pad_steps(struct vc_link *link)
{
    if (link->pad_bits_left == 0) {
        vc_rng_draw(&link->rng, &link->pad_bits, sizeof link->pad_bits);
        link->pad_bits_left = 64;
    }
    uint32_t steps = (uint32_t)link->pad_bits & VC_LINK_PAD_EXTRA_MAX;
    link->pad_bits >>= 2;
    link->pad_bits_left -= 2;
    return steps;
}

static bool has_lost(const struct vc_session *s)
{
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        if (s->send[i].first_lost != VC_SLOT_NONE)
            return true;
    }
    return false;
}

static uint64_t unsent_len(const struct vc_send_stream *stream)
{
    uint64_t until = stream->end < stream->credit ? stream->end : stream->credit;
    return until > stream->next ? until - stream->next : 0;
}

static bool has_data(const struct vc_session *s)
{
    if (has_lost(s))
        return true;
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        if (unsent_len(&s->send[i]) > 0)
            return true;
    }
    return false;
}

static bool is_window_full(const struct vc_session *s)
{
    return s->flight.bytes + VC_LINK_DATAGRAM_MAX > s->congestion.window;
}

/* May data go into the next packet?  A session that lacks a record for it waits. */
static bool may_send_data(struct vc_link *link, uint32_t session)
{
    const struct vc_session *s = &link->sessions[session];
    if (!has_data(s) || (s->probes == 0 && is_window_full(s)))
        return false;
    if (link->flights.segment_pool.count < link->flights.segment_pool.capacity)
        return true;
    vc_fifo_push(&link->starving, session);
    return false;
}

/* Where the next packet goes and how much plaintext it may hold; 0: none yet. */
static size_t aim(const struct vc_session *s, struct vc_addr *ret_to)
{
    *ret_to = s->addr;
    if (s->is_proved)
        return VC_LINK_PLAIN_MAX;
    /* While the new address is silent, every other probe goes where the peer was proved to
     * be: somebody may have sent a copy of his packet from elsewhere. */
    if (s->proved_addr.family != 0 && s->probes > 0 && s->backoff % 2 == 0) {
        *ret_to = s->proved_addr;
        return VC_LINK_PLAIN_MAX;
    }
    uint64_t left = s->unproved_in - s->unproved_out;
    if (left < VC_PACKET_OVERHEAD + VC_LINK_PAD_STEP)
        return 0;
    left -= VC_PACKET_OVERHEAD;
    left -= left % VC_LINK_PAD_STEP;
    return left < VC_LINK_PLAIN_MAX ? (size_t)left : VC_LINK_PLAIN_MAX;
}

static void write_ack(struct making *m, vc_ms now)
{
    struct vc_session *s = m->s;
    const uint8_t *before = m->w.at;
    /* One byte is left, so that what wants an answer can always say so. */
    m->w.end--;
    vc_frame_write_ack(&m->w, &s->received, now - s->newest_at);
    m->w.end++;
    if (m->w.at == before)
        return;
    m->has_ack = true;
    s->unacked = 0;
    s->wants_ack = false;
    s->ack_at = VC_NEVER;
    if (m->sent != VC_SLOT_NONE)
        m->link->flights.sent[m->sent].told = s->received.at[0].last + 1;
}

static void write_windows(struct making *m)
{
    struct vc_session *s = m->s;
    for (uint32_t i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        struct vc_recv_stream *stream = &s->recv[i];
        uint8_t bit = (uint8_t)(1u << i);
        uint64_t limit = stream->read + vc_session_window(m->link);
        if (limit < stream->limit)
            limit = stream->limit;
        if ((s->windows_due & bit) == 0 || vc_writer_left(&m->w) < 2 + 8)
            continue;
        stream->limit = limit;
        vc_frame_write_window(&m->w, (uint8_t)i, limit);
        m->link->flights.sent[m->sent].windows |= bit;
        s->windows_due &= (uint8_t)~bit;
    }
}

/* Copies @len bytes from @offset of stream @id into the packet. */
static void write_stream(struct making *m, uint32_t id, uint64_t offset, size_t len)
{
    vc_frame_write_stream(&m->w, (uint8_t)id, offset, len);
    VC_CHECK(vc_writer_left(&m->w) >= len);
    vc_send_stream_copy(&m->s->send[id], &m->link->chunks, offset, len, m->w.at);
    m->w.at += len;
    m->segments++;
}

/* The bytes that fit behind a head for @offset. */
static size_t fitting(const struct making *m, uint64_t offset, size_t len)
{
    size_t left = vc_writer_left(&m->w);
    size_t head = vc_frame_stream_head_len(offset, len);
    if (head + len <= left)
        return len;
    return left <= head ? 0 : left - head;
}

static void write_lost(struct making *m, uint32_t id)
{
    struct vc_send_stream *stream = &m->s->send[id];
    while (stream->first_lost != VC_SLOT_NONE && m->segments < VC_LINK_SEGMENTS_MAX) {
        const struct vc_segment *lost = &m->link->flights.segments[stream->first_lost];
        uint64_t offset = lost->offset;
        size_t len = fitting(m, offset, lost->len);
        if (len == 0 || (len < lost->len && len < VC_LINK_SPLIT_MIN && m->segments > 0))
            return;
        if (!vc_segment_repeat(&m->link->flights, stream, m->sent, len))
            return;
        write_stream(m, id, offset, len);
    }
}

static void write_new(struct making *m, uint32_t id)
{
    struct vc_send_stream *stream = &m->s->send[id];
    uint64_t unsent = unsent_len(stream);
    if (unsent == 0 || m->segments >= VC_LINK_SEGMENTS_MAX ||
        vc_writer_left(&m->w) <= STREAM_HEAD_MAX)
        return;
    size_t len = unsent < VC_LINK_PLAIN_MAX ? (size_t)unsent : VC_LINK_PLAIN_MAX;
    uint64_t offset = stream->next;
    len = fitting(m, offset, len);
    if (len == 0 ||
        !vc_segment_begin(&m->link->flights, stream, (uint8_t)id, m->sent, len))
        return;
    write_stream(m, id, offset, len);
}

/* CONTROL before CHAT, and in each what was lost before what is new. */
static void write_data(struct making *m)
{
    for (uint32_t id = 0; id < VC_LINK_STREAM_COUNT; id++) {
        write_lost(m, id);
        write_new(m, id);
    }
}

/* Zeros up to a step; a packet without data gets a few steps more. */
static size_t pad(struct making *m, const uint8_t *start, size_t room)
{
    size_t len = (size_t)(m->w.at - start);
    size_t padded = (len + VC_LINK_PAD_STEP - 1) / VC_LINK_PAD_STEP * VC_LINK_PAD_STEP;
    if (padded == 0)
        padded = VC_LINK_PAD_STEP;
    if (m->segments == 0)
        padded += (size_t)pad_steps(m->link) * VC_LINK_PAD_STEP;
    if (padded > room)
        padded = room;
    VC_CHECK(padded >= len);
    memset(m->w.at, 0, padded - len);
    return padded;
}

static size_t seal(struct vc_session *s, uint8_t *out, size_t len)
{
    struct vc_writer w = vc_writer(out, VC_PACKET_MAX);
    struct vc_bytes plain = {out + VC_PACKET_HEADER, len};
    vc_err err =
        vc_packet_seal(&s->keys.send, &s->keys.send_cid, s->next_number, plain, &w);
    VC_CHECK(err == VC_OK);
    s->next_number++;
    return vc_writer_bytes(&w).len;
}

/* Bookkeeping of a packet of @size bytes that leaves for @to. */
static void note_sent(struct making *m, vc_ms now, const struct vc_addr *to,
                      size_t size)
{
    struct vc_session *s = m->s;
    s->active_at = now;
    s->bytes_sent += size;
    bool is_elsewhere = !vc_addr_equal(to, &s->addr);
    if (!s->is_proved && !is_elsewhere)
        s->unproved_out += size;
    if (m->sent == VC_SLOT_NONE)
        return;
    struct vc_sent *sent = &m->link->flights.sent[m->sent];
    sent->is_elsewhere = is_elsewhere;
    sent->number = s->next_number - 1;
    sent->sent_at = now;
    sent->size = (uint16_t)size;
    if (s->flight.count == 1 && now - s->eliciting_at > vc_rtt_pto_ms(&s->rtt, 0))
        vc_new_reno.rested(&s->congestion);
    s->flight.bytes += size;
    /* Full, or nearly: then its acknowledgement is a reason to widen the window. */
    sent->is_limited =
        s->flight.bytes + VC_LINK_DATAGRAM_MAX > s->congestion.window / 2;
    s->eliciting_at = now;
    s->unanswered_since = vc_ms_min(s->unanswered_since, now);
    if (m->segments > 0)
        s->data_at = vc_ms_min(s->data_at, now);
    if (s->probes > 0)
        s->probes--;
}

/* Records are short: the session waits for one, unless it may take its own oldest. */
static uint32_t take_record(struct vc_link *link, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    uint32_t sent = VC_SLOT_NONE;
    if (s->flight.count < link->flight_max)
        sent = vc_flight_push(&s->flight, &link->flights);
    if (sent == VC_SLOT_NONE && s->probes > 0 && s->flight.first != VC_SLOT_NONE) {
        s->windows_due |= link->flights.sent[s->flight.first].windows;
        vc_segments_lost(&link->flights, s->send, s->flight.first);
        vc_flight_drop(&s->flight, &link->flights, s->flight.first);
        sent = vc_flight_push(&s->flight, &link->flights);
    }
    if (sent == VC_SLOT_NONE && s->flight.count < link->flight_max)
        vc_fifo_push(&link->starving, session);
    return sent;
}

/* A PING that is not waited for, to where a silent peer may be: what he answers shows it. */
static size_t write_elsewhere(struct vc_link *link, vc_ms now, uint32_t session,
                              uint8_t *out, struct vc_addr *ret_to)
{
    struct vc_session *s = &link->sessions[session];
    struct making m = {.link = link,
                       .s = s,
                       .session = session,
                       .w = vc_writer(out + VC_PACKET_HEADER, VC_LINK_PLAIN_MAX),
                       .sent = VC_SLOT_NONE};
    *ret_to = s->elsewhere[--s->elsewhere_count];
    vc_frame_write_ping(&m.w);
    size_t len = pad(&m, out + VC_PACKET_HEADER, VC_LINK_PLAIN_MAX);
    size_t size = seal(s, out, len);
    note_sent(&m, now, ret_to, size);
    return size;
}

size_t vc_session_write(struct vc_link *link, vc_ms now, uint32_t session, uint8_t *out,
                        struct vc_addr *ret_to)
{
    struct vc_session *s = &link->sessions[session];
    struct vc_addr to;
    if (s->elsewhere_count > 0)
        return write_elsewhere(link, now, session, out, ret_to);
    size_t room = aim(s, &to);
    bool has_room_for_data = room > 0 && may_send_data(link, session);
    bool is_eliciting =
        has_room_for_data || s->wants_ping || s->windows_due != 0 || s->probes > 0;
    if (room == 0 || (!is_eliciting && !s->wants_ack))
        return 0;
    uint8_t *start = out + VC_PACKET_HEADER;
    struct making m = {.link = link,
                       .s = s,
                       .session = session,
                       .w = vc_writer(start, room),
                       .sent = VC_SLOT_NONE};
    if (is_eliciting)
        m.sent = take_record(link, session);
    if (m.sent == VC_SLOT_NONE && !s->wants_ack)
        return 0;
    /* Rows are told again in what will be acknowledged: then they can be forgotten. */
    if (s->wants_ack || s->unacked > 0 ||
        (m.sent != VC_SLOT_NONE && s->received.count > 1))
        write_ack(&m, now);
    if (m.sent != VC_SLOT_NONE) {
        write_windows(&m);
        if (has_room_for_data)
            write_data(&m);
        if (m.segments == 0 && vc_writer_left(&m.w) > 0)
            vc_frame_write_ping(&m.w);
        s->wants_ping = false;
    }
    VC_CHECK(!m.w.is_failed);
    size_t size = seal(s, out, pad(&m, start, room));
    note_sent(&m, now, &to, size);
    *ret_to = to;
    return size;
}

size_t vc_session_write_close(struct vc_link *link, vc_ms now, uint32_t session,
                              enum vc_close_reason why, uint8_t *out)
{
    struct vc_session *s = &link->sessions[session];
    struct making m = {.link = link,
                       .s = s,
                       .session = session,
                       .w = vc_writer(out + VC_PACKET_HEADER, VC_LINK_PAD_STEP),
                       .sent = VC_SLOT_NONE};
    if (!s->is_proved &&
        s->unproved_in - s->unproved_out < VC_PACKET_OVERHEAD + VC_LINK_PAD_STEP)
        return 0;
    vc_frame_write_close(&m.w, (uint8_t)why);
    VC_CHECK(!m.w.is_failed);
    m.segments = 1; /* no random length: its room in the queue is counted */
    size_t size = seal(s, out, pad(&m, out + VC_PACKET_HEADER, VC_LINK_PAD_STEP));
    note_sent(&m, now, &s->addr, size);
    return size;
}
