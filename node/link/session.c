/* Sessions: how they begin, change keys and end, and when they want attention. */
#include "node/link/session.h"

#include <string.h>

#include "node/link/machine.h"

static uint32_t jitter(struct vc_link *link, uint32_t below_ms)
{
    return vc_rng_below(&link->rng, below_ms);
}

/* What belongs to one key and its numbers. */
static void begin_key(struct vc_link *link, vc_ms now, struct vc_session *s,
                      const struct vc_link_keys *keys)
{
    s->keys = *keys;
    memset(&s->replay, 0, sizeof s->replay);
    s->key_at = now;
    s->data_at = s->rekey_retry_at = VC_NEVER;
    s->rekey_jitter_ms = jitter(link, VC_LINK_REKEY_JITTER_MS);
    s->next_number = 0;
    s->moved_number = 0;
    s->largest_acked = 0;
    s->has_acked = false;
    s->loss_at = s->ack_at = VC_NEVER;
    s->received.count = 0;
    s->unacked = 0;
    s->wants_ack = false;
    /* Who answered the handshake speaks first: his packet confirms the keys, and wants an
     * answer so that it is sent again until it has arrived. */
    s->wants_ping = !keys->is_initiator;
    s->backoff = s->probes = 0;
    vc_reordering_init(&s->reordering);
}

/* The session before gives way; what it had to tell is kept. */
static void replace(struct vc_link *link, uint32_t peer)
{
    uint32_t older = link->peers[peer].session;
    if (older == VC_SLOT_NONE)
        return;
    const struct vc_session *s = &link->sessions[older];
    if (s->is_told)
        vc_peers_tell_down(link, peer,
                           s->phase == VC_SESSION_UP ? VC_ERR_EXISTS : s->end_reason);
    vc_session_free(link, older);
}

uint32_t vc_session_begin(struct vc_link *link, vc_ms now,
                          const struct vc_session_begin *begin)
{
    uint32_t session;
    replace(link, begin->peer);
    vc_err err = vc_pool_take(&link->session_pool, &session);
    VC_CHECK(err == VC_OK); /* there are as many as places of peers */
    struct vc_session *s = &link->sessions[session];
    memset(s, 0, sizeof *s);
    s->phase = VC_SESSION_UP;
    s->peer = begin->peer;
    s->is_join = begin->is_join;
    s->invite = begin->invite;
    s->dev_dh = *begin->dev_dh;
    s->addr = begin->addr;
    s->is_proved = begin->is_proved;
    s->proved_addr = begin->is_proved ? begin->addr : (struct vc_addr){.family = 0};
    begin_key(link, now, s, begin->keys);
    s->wants_ping |= !begin->is_proved; /* its acknowledgement proves the address */
    vc_flight_init(&s->flight);
    vc_rtt_init(&s->rtt);
    if (begin->has_rtt)
        vc_rtt_sample(&s->rtt, begin->rtt_ms, 0);
    vc_new_reno.init(&s->congestion);
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++) {
        vc_send_stream_init(&s->send[i]);
        vc_recv_stream_init(&s->recv[i]);
    }
    s->up_since = s->heard_at = s->active_at = now;
    s->unanswered_since = VC_NEVER;
    s->joining_until = link->peers[begin->peer].number >= VC_LINK_PEER_JOINING
                           ? now + VC_LINK_JOINING_MS
                           : VC_NEVER;
    s->ping_jitter_ms = jitter(link, VC_LINK_KEEPALIVE_JITTER_MS);
    link->peers[begin->peer].session = session;
    link->stats.handshakes++;
    link->stats.sessions++;
    vc_peers_tell(link, begin->peer);
    vc_session_wake(link, session);
    return session;
}

static void drop_old_key(struct vc_link *link, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    if (!s->has_old_key)
        return;
    vc_cids_remove(link, &s->old_recv_cid, VC_CID_SESSION, session);
    vc_wipe(&s->old_recv, sizeof s->old_recv);
    s->has_old_key = false;
}

void vc_session_rekey(struct vc_link *link, vc_ms now, uint32_t session,
                      const struct vc_link_keys *keys)
{
    struct vc_session *s = &link->sessions[session];
    VC_CHECK(s->phase == VC_SESSION_UP);
    drop_old_key(link, session);
    s->has_old_key = true;
    s->old_recv = s->keys.recv;
    s->old_recv_cid = s->keys.recv_cid;
    s->old_tag = s->keys.tag;
    s->old_replay = s->replay;
    s->old_until = now + VC_LINK_OLD_KEY_MS;
    vc_recovery_requeue(link, session);
    uint8_t windows = s->windows_due;
    begin_key(link, now, s, keys);
    s->windows_due = windows;
    link->stats.handshakes++;
    vc_session_wake(link, session);
}

/* From here on nothing is sent or received; what arrived can still be read. */
static void silence(struct vc_link *link, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    if (s->phase != VC_SESSION_UP)
        return;
    drop_old_key(link, session);
    vc_cids_remove(link, &s->keys.recv_cid, VC_CID_SESSION, session);
    vc_wipe(&s->keys, sizeof s->keys);
    vc_flight_deinit(&s->flight, &link->flights, &link->chunks, s->send);
    vc_heap_set(&link->timers, session, VC_NEVER);
    vc_fifo_remove(&link->sending, session);
    vc_fifo_remove(&link->starving, session);
    vc_fifo_remove(&link->blocked, session);
    /* Its keys can't be renewed any more. */
    uint32_t attempt = link->peers[s->peer].attempt;
    if (attempt != VC_SLOT_NONE && link->attempts[attempt].is_rekey)
        vc_attempt_free(link, attempt);
    else if (attempt != VC_SLOT_NONE)
        link->attempts[attempt].is_beside = false;
    s->phase = VC_SESSION_ENDED;
    link->stats.sessions--;
}

void vc_session_free(struct vc_link *link, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    VC_CHECK(s->phase != VC_SESSION_FREE);
    silence(link, session);
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++)
        vc_recv_stream_deinit(&s->recv[i], &link->chunks);
    if (link->favoured == session)
        link->favoured = VC_SLOT_NONE;
    link->peers[s->peer].session = VC_SLOT_NONE;
    s->phase = VC_SESSION_FREE;
    vc_pool_give(&link->session_pool, session);
}

void vc_session_end(struct vc_link *link, uint32_t session, vc_err reason)
{
    struct vc_session *s = &link->sessions[session];
    uint32_t peer = s->peer;
    if (s->phase != VC_SESSION_UP)
        return;
    bool was_wanted = s->keys.is_initiator;
    silence(link, session);
    s->end_reason = reason;
    if (s->is_told) {
        vc_peers_tell(link, peer);
        return;
    }
    /* Nobody was told of it.  Who asked for it gets the answer that he waits for. */
    vc_session_free(link, session);
    if (was_wanted)
        vc_peers_tell_down(link, peer, reason);
    else
        vc_peers_settle(link, peer);
}

void vc_session_break(struct vc_link *link, vc_ms now, uint32_t session,
                      enum vc_close_reason why, vc_err reason)
{
    const struct vc_session *s = &link->sessions[session];
    if (s->phase != VC_SESSION_UP)
        return;
    uint8_t out[VC_PACKET_MAX];
    size_t len = vc_session_write_close(link, now, session, why, out);
    if (len > 0)
        vc_replies_push(link, &s->addr, (struct vc_bytes){out, len});
    vc_session_end(link, session, reason);
}

void vc_session_close(struct vc_link *link, vc_ms now, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    uint32_t peer = s->peer;
    s->is_told = true; /* no word to the caller of what he did himself */
    vc_session_break(link, now, session, VC_CLOSE_ENDED, VC_ERR_REFUSED);
    vc_session_free(link, session);
    vc_peers_settle(link, peer);
}

void vc_session_wake(struct vc_link *link, uint32_t session)
{
    if (link->sessions[session].phase == VC_SESSION_UP)
        vc_fifo_push(&link->sending, session);
}

/* When this side wants new keys. */
static vc_ms rekey_at(const struct vc_session *s)
{
    vc_ms at = s->key_at + VC_LINK_IDLE_KEY_MS;
    if (s->data_at != VC_NEVER)
        at = vc_ms_min(at, s->data_at + VC_LINK_REKEY_MS);
    if (s->next_number >= VC_LINK_REKEY_PACKETS)
        at = s->key_at;
    at += s->rekey_jitter_ms;
    if (!s->keys.is_initiator)
        at += VC_LINK_REKEY_OTHER_MS;
    if (s->rekey_retry_at != VC_NEVER && s->rekey_retry_at > at)
        at = s->rekey_retry_at;
    return at;
}

/* When the keys have lived too long for anything. */
static vc_ms refuse_at(const struct vc_session *s)
{
    vc_ms at = s->key_at + VC_LINK_IDLE_KEY_MS;
    if (s->data_at != VC_NEVER)
        at = vc_ms_min(at, s->data_at + VC_LINK_REKEY_MS);
    return at + VC_LINK_REKEY_JITTER_MS + VC_LINK_REFUSE_MS;
}

/* Only one side pings, so that an idle session costs one exchange and not two. */
static vc_ms ping_at(const struct vc_session *s)
{
    if (!s->keys.is_initiator || s->wants_ping)
        return VC_NEVER;
    return s->active_at + VC_LINK_KEEPALIVE_MS + s->ping_jitter_ms;
}

/* When the peer counts as gone. */
static vc_ms dead_at(const struct vc_session *s)
{
    vc_ms at = vc_ms_after(s->unanswered_since, VC_LINK_UNANSWERED_MS);
    if (!s->keys.is_initiator)
        at = vc_ms_min(at, s->heard_at + VC_LINK_SILENCE_MS);
    return vc_ms_min(at, vc_ms_min(refuse_at(s), s->joining_until));
}

/* When the caller is told that nothing comes. */
static vc_ms silent_at(const struct vc_session *s)
{
    vc_ms patience = 2 * vc_rtt_pto_ms(&s->rtt, 0);
    if (s->is_silent)
        return VC_NEVER;
    return vc_ms_after(s->unanswered_since,
                       patience > VC_LINK_SILENT_MS ? patience : VC_LINK_SILENT_MS);
}

static bool may_rekey(const struct vc_link *link, const struct vc_session *s)
{
    const struct vc_peer *peer = &link->peers[s->peer];
    return peer->has_keys && peer->attempt == VC_SLOT_NONE;
}

void vc_session_rearm(struct vc_link *link, uint32_t session)
{
    const struct vc_session *s = &link->sessions[session];
    if (s->phase != VC_SESSION_UP)
        return;
    vc_ms at = vc_ms_min(s->ack_at, s->loss_at);
    at = vc_ms_min(at, vc_recovery_pto_at(s));
    at = vc_ms_min(at, ping_at(s));
    at = vc_ms_min(at, vc_ms_min(dead_at(s), silent_at(s)));
    if (s->has_old_key)
        at = vc_ms_min(at, s->old_until);
    if (may_rekey(link, s))
        at = vc_ms_min(at, rekey_at(s));
    vc_heap_set(&link->timers, session, at);
}

void vc_session_tick(struct vc_link *link, vc_ms now, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    VC_CHECK(s->phase == VC_SESSION_UP);
    if (dead_at(s) <= now) {
        if (s->joining_until <= now)
            vc_session_break(link, now, session, VC_CLOSE_ENDED, VC_ERR_TIMEOUT);
        else
            vc_session_end(link, session, VC_ERR_TIMEOUT);
        return;
    }
    if (s->has_old_key && s->old_until <= now)
        drop_old_key(link, session);
    if (silent_at(s) <= now) {
        s->is_silent = true;
        vc_peers_tell(link, s->peer);
    }
    if (s->ack_at <= now) {
        s->wants_ack = true;
        s->ack_at = VC_NEVER;
    }
    if (s->loss_at <= now)
        vc_recovery_look(link, now, session);
    else if (vc_recovery_pto_at(s) <= now)
        vc_recovery_probe(link, now, session);
    if (ping_at(s) <= now) {
        s->wants_ping = true;
        s->unanswered_since = vc_ms_min(s->unanswered_since, now);
    }
    if (may_rekey(link, s) && rekey_at(s) <= now)
        vc_attempt_begin_rekey(link, now, s->peer);
    vc_session_wake(link, session);
    vc_session_rearm(link, session);
}

void vc_session_look_at(struct vc_link *link, vc_ms now, uint32_t session,
                        const struct vc_addr *addrs, size_t count)
{
    struct vc_session *s = &link->sessions[session];
    if (!s->is_silent)
        return;
    s->elsewhere_count = 0;
    for (size_t i = 0; i < count && s->elsewhere_count < VC_LINK_ELSEWHERE_MAX; i++) {
        if (vc_addr_is_usable(&addrs[i]))
            s->elsewhere[s->elsewhere_count++] = addrs[i];
    }
    vc_session_wake(link, session);
    uint32_t attempt = link->peers[s->peer].attempt;
    if (attempt == VC_SLOT_NONE) {
        vc_attempt_begin_beside(link, now, s->peer);
        attempt = link->peers[s->peer].attempt;
    }
    if (link->attempts[attempt].is_beside)
        vc_attempt_add_addrs(link, now, attempt, addrs, count);
}

void vc_session_is_heard(struct vc_link *link, uint32_t session)
{
    struct vc_session *s = &link->sessions[session];
    uint32_t attempt = link->peers[s->peer].attempt;
    s->is_silent = false;
    s->elsewhere_count = 0;
    vc_peers_tell(link, s->peer);
    /* Once msg3 has left, the other side may have taken the new session. */
    if (attempt != VC_SLOT_NONE && link->attempts[attempt].is_beside &&
        !vc_attempt_is_decided(&link->attempts[attempt]))
        vc_attempt_free(link, attempt);
}

bool vc_session_may_send(const struct vc_link *link, const struct vc_session *s,
                         uint32_t count)
{
    uint32_t held = count;
    for (int i = 0; i < VC_LINK_STREAM_COUNT; i++)
        held += vc_send_stream_held(&s->send[i]);
    /* An eighth of the pool is left to those who receive, besides the reserve. */
    uint32_t keep = VC_LINK_CHUNKS_RESERVE + link->chunks.pool.capacity / 8;
    return held <= link->share && vc_chunks_left(&link->chunks) >= count + keep;
}

bool vc_session_may_store(struct vc_link *link, uint32_t session, uint32_t count,
                          bool is_near)
{
    uint32_t left = vc_chunks_left(&link->chunks);
    if (count == 0 || left >= count + VC_LINK_CHUNKS_RESERVE)
        return true;
    /* Below the reserve only one session at a time goes on, and only with what lies near
     * to its readers: that much always fits, so it comes to an end. */
    if (!is_near || left < count)
        return false;
    if (link->favoured == VC_SLOT_NONE)
        link->favoured = session;
    return link->favoured == session;
}

uint64_t vc_session_window(const struct vc_link *link)
{
    bool is_short = vc_chunks_left(&link->chunks) < link->chunks.pool.capacity / 2;
    return is_short ? VC_LINK_FIRST_CREDIT : link->window;
}
