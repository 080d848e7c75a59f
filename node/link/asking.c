/* What the caller asks for: connect, join, adopt, send, probe, state. */
#include <string.h>

#include "node/link/machine.h"

vc_err vc_link_connect(struct vc_link *link, vc_ms now, uint32_t peer,
                       const struct vc_addr *addrs, size_t count)
{
    uint32_t place = vc_peers_find(link, peer);
    if (place == VC_SLOT_NONE)
        return VC_ERR_NOT_FOUND;
    uint32_t session = vc_peers_session(link, place);
    if (session != VC_SLOT_NONE) {
        vc_session_look_at(link, now, session, addrs, count);
        return VC_OK;
    }
    if (link->peers[place].attempt == VC_SLOT_NONE) {
        vc_err err = vc_attempt_begin(link, now, place, NULL);
        if (err != VC_OK)
            return err;
    }
    vc_attempt_add_addrs(link, now, link->peers[place].attempt, addrs, count);
    return VC_OK;
}

vc_err vc_link_join(struct vc_link *link, vc_ms now, uint32_t peer,
                    const struct vc_id16 *secret, const struct vc_addr *addrs,
                    size_t count)
{
    uint32_t place;
    VC_CHECK(peer < VC_LINK_PEER_JOINING);
    vc_err err = vc_peers_take_joiner(link, peer, &place);
    if (err != VC_OK)
        return err;
    if (vc_peers_session(link, place) != VC_SLOT_NONE)
        return VC_OK;
    if (link->peers[place].attempt == VC_SLOT_NONE) {
        err = vc_attempt_begin(link, now, place, secret);
        if (err != VC_OK)
            return err;
    }
    vc_attempt_add_addrs(link, now, link->peers[place].attempt, addrs, count);
    return VC_OK;
}

vc_err vc_link_adopt(struct vc_link *link, vc_ms now, uint32_t joining, uint32_t peer)
{
    uint32_t from = vc_peers_find(link, joining), to = vc_peers_find(link, peer);
    if (from == VC_SLOT_NONE || to == VC_SLOT_NONE || from == to)
        return VC_ERR_NOT_FOUND;
    uint32_t session = vc_peers_session(link, from);
    if (session == VC_SLOT_NONE)
        return VC_ERR_NOT_FOUND;
    struct vc_session *s = &link->sessions[session];
    if (!link->peers[to].has_keys ||
        !vc_equal(&link->peers[to].keys.dev_dh, &s->dev_dh, sizeof s->dev_dh))
        return VC_ERR_AUTH;
    vc_peers_end(link, now, to);
    link->peers[to].has_down = false;
    link->peers[to].session = session;
    link->peers[from].session = VC_SLOT_NONE;
    s->peer = to;
    s->joining_until = VC_NEVER;
    vc_peers_settle(link, from);
    vc_peers_tell(link, to);
    vc_session_rearm(link, session);
    return VC_OK;
}

/* The session that the caller knows of. */
static uint32_t told_session(const struct vc_link *link, uint32_t peer)
{
    uint32_t place = vc_peers_find(link, peer);
    if (place == VC_SLOT_NONE || link->peers[place].has_down)
        return VC_SLOT_NONE;
    uint32_t session = vc_peers_session(link, place);
    if (session == VC_SLOT_NONE || !link->sessions[session].is_told)
        return VC_SLOT_NONE;
    return session;
}

vc_err vc_link_send(struct vc_link *link, vc_ms now, uint32_t peer,
                    enum vc_link_stream stream, struct vc_bytes head,
                    struct vc_bytes body)
{
    uint64_t len = (uint64_t)head.len + body.len;
    VC_CHECK((unsigned)stream < VC_LINK_STREAM_COUNT);
    VC_CHECK(len >= 1 && len <= VC_LINK_OBJECT_MAX);
    (void)now; /* it leaves when datagrams are taken out */
    uint32_t session = told_session(link, peer);
    if (session == VC_SLOT_NONE)
        return VC_ERR_NOT_FOUND;
    struct vc_session *s = &link->sessions[session];
    uint64_t whole = len + vc_varint_len(len);
    if (vc_send_stream_room(&s->send[stream]) < whole) {
        s->full_streams |= (uint8_t)(1u << stream);
        return VC_ERR_FULL;
    }
    uint32_t need = vc_send_stream_need(&s->send[stream], whole);
    if (need > 0 && !vc_session_may_send(link, s, need)) {
        s->full_streams |= (uint8_t)(1u << stream);
        vc_fifo_push(&link->blocked, session);
        return VC_ERR_FULL;
    }
    vc_send_stream_append(&s->send[stream], &link->chunks, head, body);
    vc_session_wake(link, session);
    return VC_OK;
}

void vc_link_probe_all(struct vc_link *link, vc_ms now)
{
    for (uint32_t i = 0; i < link->session_pool.touched; i++) {
        struct vc_session *s = &link->sessions[i];
        if (s->phase != VC_SESSION_UP)
            continue;
        s->wants_ping = true;
        s->unanswered_since = vc_ms_min(s->unanswered_since, now);
        vc_session_wake(link, i);
    }
}

bool vc_link_state(const struct vc_link *link, uint32_t peer,
                   struct vc_link_state *ret_state)
{
    uint32_t session = told_session(link, peer);
    if (session == VC_SLOT_NONE)
        return false;
    const struct vc_session *s = &link->sessions[session];
    *ret_state = (struct vc_link_state){
        .addr = s->addr,
        .rtt_ms = (uint32_t)(s->rtt.smoothed_us / 1000),
        .is_initiator = s->keys.is_initiator,
        .up_since = s->up_since,
        .heard_at = s->heard_at,
        .bytes_sent = s->bytes_sent,
        .bytes_received = s->bytes_received,
        .packets_lost = s->packets_lost,
    };
    return true;
}
