/* crypto/SPEC.md, "Link handshake", the initiator's side; node/SPEC.md, "Sessions". */
#include "node/link/attempt.h"

#include <string.h>

#include "node/link/machine.h"

static void draw(struct vc_link *link, struct vc_secret32 *ret_secret)
{
    vc_rng_draw(&link->rng, ret_secret->b, sizeof ret_secret->b);
}

/* Makes the Noise state anew, with a fresh ephemeral key. */
static void begin_handshake(struct vc_link *link, struct vc_attempt *a)
{
    const struct vc_peer *peer = &link->peers[a->peer];
    struct vc_secret32 e;
    struct vc_mask mask;
    bool is_join = a->kind == VC_HANDSHAKE_JOIN;
    if (is_join)
        vc_mask_of_invite(&mask, vc_link_network(link), &a->secret);
    else
        vc_mask_of_contact(&mask, vc_link_network(link), &peer->keys.contacts,
                           &peer->keys.dev_dh);
    draw(link, &e);
    struct vc_handshake_config cfg = {
        .kind = a->kind,
        .is_initiator = true,
        .network_id = vc_link_network(link),
        .mask = &mask,
        .dev_dh = &link->dev_dh,
        .peer_dev_dh = is_join ? NULL : &peer->keys.dev_dh,
        .responder_root = is_join ? NULL : &peer->keys.root,
        .invite_secret = is_join ? &a->secret : NULL,
        .e = &e,
        .own_cid = a->keys.recv_cid,
        .capabilities = link->capabilities,
    };
    vc_handshake_init(&a->hs, &cfg);
    vc_wipe(&e, sizeof e);
    vc_wipe(&mask, sizeof mask);
}

static uint32_t all_of(const struct vc_attempt *a)
{
    return (1u << a->addr_count) - 1;
}

static void rearm(struct vc_link *link, uint32_t attempt)
{
    const struct vc_attempt *a = &link->attempts[attempt];
    vc_heap_set(&link->timers, vc_timer_of_attempt(link, attempt),
                vc_ms_min(a->round_at, a->ends_at));
}

/* 0.5, 1, 2, 4 seconds, and up to a quarter more, so that two who began together do not
 * stay in step. */
static void plan_round(struct vc_link *link, vc_ms now, struct vc_attempt *a)
{
    if (a->round > VC_LINK_RETRANSMITS_MAX) {
        a->round_at = VC_NEVER;
        return;
    }
    vc_ms wait = (vc_ms)VC_LINK_RETRANSMIT_MS << (a->round - 1);
    a->round_at = now + wait + vc_rng_below(&link->rng, (uint32_t)wait / 4);
}

static void begin_rounds(struct vc_link *link, vc_ms now, uint32_t attempt)
{
    struct vc_attempt *a = &link->attempts[attempt];
    a->round = 1;
    a->sent_at = now;
    plan_round(link, now, a);
    a->wanted = all_of(a);
    vc_fifo_push(&link->trying, attempt);
    rearm(link, attempt);
}

static uint32_t take(struct vc_link *link, vc_ms now, uint32_t peer)
{
    uint32_t attempt;
    VC_CHECK(link->peers[peer].attempt == VC_SLOT_NONE);
    vc_err err = vc_pool_take(&link->attempt_pool, &attempt);
    VC_CHECK(err == VC_OK); /* there are as many as places of peers */
    struct vc_attempt *a = &link->attempts[attempt];
    memset(a, 0, sizeof *a);
    a->peer = peer;
    a->ends_at = now + VC_LINK_ATTEMPT_MS;
    link->peers[peer].attempt = attempt;
    vc_cids_draw(link, VC_CID_ATTEMPT, attempt, &a->keys.recv_cid);
    return attempt;
}

vc_err vc_attempt_begin(struct vc_link *link, vc_ms now, uint32_t peer,
                        const struct vc_id16 *secret)
{
    if (secret == NULL && !link->peers[peer].has_keys)
        return VC_ERR_NOT_FOUND;
    uint32_t attempt = take(link, now, peer);
    struct vc_attempt *a = &link->attempts[attempt];
    a->kind = secret == NULL ? VC_HANDSHAKE_LINK : VC_HANDSHAKE_JOIN;
    if (secret != NULL)
        a->secret = *secret;
    begin_handshake(link, a);
    begin_rounds(link, now, attempt);
    return VC_OK;
}

void vc_attempt_begin_beside(struct vc_link *link, vc_ms now, uint32_t peer)
{
    uint32_t attempt = take(link, now, peer);
    struct vc_attempt *a = &link->attempts[attempt];
    a->kind = VC_HANDSHAKE_LINK;
    a->is_beside = true;
    begin_handshake(link, a);
    a->round_at = now + VC_LINK_BESIDE_MS;
    rearm(link, attempt);
}

void vc_attempt_begin_rekey(struct vc_link *link, vc_ms now, uint32_t peer)
{
    const struct vc_session *s = &link->sessions[link->peers[peer].session];
    uint32_t attempt = take(link, now, peer);
    struct vc_attempt *a = &link->attempts[attempt];
    a->is_rekey = true;
    a->addrs[0].addr = s->is_proved ? s->addr : s->proved_addr;
    a->addr_count = a->addrs[0].addr.family != 0;
    begin_handshake(link, a);
    begin_rounds(link, now, attempt);
}

static struct vc_attempt_addr *addr_of(struct vc_attempt *a, const struct vc_addr *addr)
{
    for (uint32_t i = 0; i < a->addr_count; i++) {
        if (vc_addr_equal(&a->addrs[i].addr, addr))
            return &a->addrs[i];
    }
    return NULL;
}

/* From msg1 on, to all addresses. */
static void start_over(struct vc_link *link, struct vc_attempt *a)
{
    vc_handshake_wipe(&a->hs);
    begin_handshake(link, a);
    memset(&a->replay, 0, sizeof a->replay);
    a->phase = VC_ATTEMPT_HELLO;
    a->is_in_doubt = false;
    a->wanted = all_of(a);
}

/* The same, and from the first round on. */
static void begin_anew(struct vc_link *link, vc_ms now, uint32_t attempt)
{
    start_over(link, &link->attempts[attempt]);
    begin_rounds(link, now, attempt);
}

/* Who answered may have moved before msg3 came to him, or never have been there: when he is said
 * to be elsewhere, he is asked anew. */
static bool is_stuck(const struct vc_attempt *a, const struct vc_addr *addrs,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (vc_addr_is_usable(&addrs[i]) && !vc_addr_equal(&a->addr, &addrs[i]))
            return a->phase == VC_ATTEMPT_CONFIRM && a->round > 1;
    }
    return false;
}

void vc_attempt_add_addrs(struct vc_link *link, vc_ms now, uint32_t attempt,
                          const struct vc_addr *addrs, size_t count)
{
    struct vc_attempt *a = &link->attempts[attempt];
    bool starts_over = is_stuck(a, addrs, count);
    for (size_t i = 0; i < count && a->addr_count < VC_LINK_ADDRS_MAX; i++) {
        if (!vc_addr_is_usable(&addrs[i]) || addr_of(a, &addrs[i]) != NULL)
            continue;
        a->addrs[a->addr_count].addr = addrs[i];
        a->addrs[a->addr_count].has_cookie = false;
        /* From msg2 on it knows where to go, and before its first round it waits. */
        if (a->phase == VC_ATTEMPT_HELLO && a->round > 0) {
            a->wanted |= 1u << a->addr_count;
            vc_fifo_push(&link->trying, attempt);
        }
        a->addr_count++;
    }
    if (starts_over)
        begin_anew(link, now, attempt);
}

void vc_attempt_outran(struct vc_link *link, vc_ms now, uint32_t attempt,
                       const struct vc_addr *addr)
{
    struct vc_attempt *a = &link->attempts[attempt];
    if (a->is_rekey)
        return; /* he has the session */
    a->is_in_doubt = true;
    vc_attempt_add_addrs(link, now, attempt, addr, 1);
    if (a->is_in_doubt && a->round > 1)
        begin_anew(link, now, attempt);
}

void vc_attempt_restart(struct vc_link *link, uint32_t attempt)
{
    struct vc_attempt *a = &link->attempts[attempt];
    if (a->kind == VC_HANDSHAKE_JOIN)
        return; /* it does not depend on what is known of the peer */
    if (a->is_rekey || !link->peers[a->peer].has_keys) {
        vc_attempt_free(link, attempt);
        return;
    }
    start_over(link, a);
    vc_fifo_push(&link->trying, attempt);
}

/* Everything but the cid, which may live on in a session. */
static void drop(struct vc_link *link, uint32_t attempt)
{
    struct vc_attempt *a = &link->attempts[attempt];
    link->peers[a->peer].attempt = VC_SLOT_NONE;
    vc_fifo_remove(&link->trying, attempt);
    vc_heap_set(&link->timers, vc_timer_of_attempt(link, attempt), VC_NEVER);
    vc_wipe(a, sizeof *a);
    vc_pool_give(&link->attempt_pool, attempt);
}

void vc_attempt_free(struct vc_link *link, uint32_t attempt)
{
    vc_cids_remove(link, &link->attempts[attempt].keys.recv_cid, VC_CID_ATTEMPT,
                   attempt);
    drop(link, attempt);
}

/* It came to nothing.  While there is a session, that is what the caller knows of. */
static void fail(struct vc_link *link, vc_ms now, uint32_t attempt)
{
    bool is_rekey = link->attempts[attempt].is_rekey;
    bool is_beside = link->attempts[attempt].is_beside;
    uint32_t peer = link->attempts[attempt].peer;
    uint32_t session = vc_peers_session(link, peer);
    vc_attempt_free(link, attempt);
    if (!is_rekey && !is_beside) {
        vc_peers_tell_down(link, peer, VC_ERR_PEER_UNREACHABLE);
        return;
    }
    VC_CHECK(session != VC_SLOT_NONE);
    if (is_rekey)
        link->sessions[session].rekey_retry_at = now + VC_LINK_REKEY_RETRY_MS;
    vc_session_rearm(link, session);
}

bool vc_attempt_is_decided(const struct vc_attempt *attempt)
{
    return attempt->phase == VC_ATTEMPT_CONFIRM;
}

/* Is the one who answered the one whom we wanted? */
static bool is_wanted(const struct vc_link *link, const struct vc_attempt *a)
{
    const struct vc_peer *peer = &link->peers[a->peer];
    const struct vc_key32 *proved = &a->hs.noise.rs;
    if (memcmp(proved, &link->dev_dh_public, sizeof *proved) == 0)
        return false;
    return !peer->has_keys || memcmp(proved, &peer->keys.dev_dh, sizeof *proved) == 0;
}

/* Draws of msg3's length, when it has to be short. */
#define MSG3_DRAWS 16

/* Writes msg3.  To an address that is not proved it may not be longer than what came from
 * there; its length is a matter of chance, so it is tried a few times. */
static vc_err make_msg3(struct vc_link *link, struct vc_attempt *a)
{
    struct vc_session_tag continues = {{0}};
    uint32_t session = link->peers[a->peer].session;
    if (a->is_rekey)
        continues = link->sessions[session].keys.tag;
    struct vc_handshake before = a->hs;
    vc_err err = VC_OK;
    for (int i = 0; i < MSG3_DRAWS && err == VC_OK; i++) {
        struct vc_writer w = vc_writer(a->msg3, sizeof a->msg3);
        a->hs = before;
        err = vc_handshake_write_msg3(&a->hs, &continues, &link->rng, &w);
        a->msg3_len = vc_writer_bytes(&w).len;
        if (a->is_proved || a->msg3_len <= a->bytes_in)
            break;
    }
    vc_wipe(&before, sizeof before);
    return err;
}

/* msg2 has come: the keys are there, and msg3 can go. */
static void take_msg2(struct vc_link *link, vc_ms now, uint32_t attempt,
                      const struct vc_addr *from, size_t len)
{
    struct vc_attempt *a = &link->attempts[attempt];
    a->is_proved = addr_of(a, from) != NULL;
    a->addr = *from;
    a->bytes_in = len;
    if (!is_wanted(link, a) || make_msg3(link, a) != VC_OK) {
        fail(link, now, attempt);
        return;
    }
    vc_packet_keys(&a->hs, &a->keys.send, &a->keys.recv);
    a->keys.send_cid = a->hs.peer_cid;
    vc_handshake_tag(&a->hs, &a->keys.tag);
    a->keys.is_initiator = true;
    a->has_rtt = a->round == 1;
    a->rtt_ms = now - a->sent_at;
    a->phase = VC_ATTEMPT_CONFIRM;
    begin_rounds(link, now, attempt);
}

/* The first packet of the other side has opened: the handshake is done. */
static void confirm(struct vc_link *link, vc_ms now, uint32_t attempt,
                    const struct vc_packet_in *packet)
{
    struct vc_attempt *a = &link->attempts[attempt];
    struct vc_link_keys keys = a->keys;
    struct vc_cid cid = keys.recv_cid;
    struct vc_replay replay = a->replay;
    uint32_t session;
    keys.order = ++link->order;
    if (a->is_rekey) {
        session = vc_peers_session(link, a->peer);
        vc_session_rekey(link, now, session, &keys);
    } else {
        struct vc_session_begin begin = {
            .peer = a->peer,
            .keys = &keys,
            .dev_dh = &a->hs.noise.rs,
            .addr = a->addr,
            .is_proved = a->is_proved,
            .is_join = a->kind == VC_HANDSHAKE_JOIN,
            .has_rtt = a->has_rtt,
            .rtt_ms = a->rtt_ms,
        };
        session = vc_session_begin(link, now, &begin);
        link->sessions[session].unproved_in = a->bytes_in;
        link->sessions[session].unproved_out = a->bytes_out;
    }
    link->sessions[session].replay = replay;
    drop(link, attempt);
    vc_cids_move(link, &cid, VC_CID_ATTEMPT, attempt, VC_CID_SESSION, session);
    vc_wipe(&keys, sizeof keys);
    vc_session_take(link, now, session, packet);
}

static void take_cookie(struct vc_link *link, uint32_t attempt,
                        const struct vc_addr *from, const uint8_t cookie[VC_COOKIE_LEN])
{
    struct vc_attempt *a = &link->attempts[attempt];
    struct vc_attempt_addr *addr = addr_of(a, from);
    if (addr == NULL)
        return;
    bool is_news =
        !addr->has_cookie || memcmp(addr->cookie, cookie, sizeof addr->cookie) != 0;
    memcpy(addr->cookie, cookie, sizeof addr->cookie);
    addr->has_cookie = true;
    if (!is_news)
        return;
    a->wanted |= 1u << (addr - a->addrs);
    vc_fifo_push(&link->trying, attempt);
}

void vc_attempt_recv(struct vc_link *link, vc_ms now, uint32_t attempt,
                     const struct vc_addr *from, struct vc_bytes datagram)
{
    struct vc_attempt *a = &link->attempts[attempt];
    uint8_t cookie[VC_COOKIE_LEN];
    if (a->phase == VC_ATTEMPT_CONFIRM) {
        struct vc_packet_in packet = {.from = from, .datagram_len = datagram.len};
        packet.plain.data = link->plain;
        if (vc_packet_open(&a->keys.recv, &a->replay, datagram, link->plain,
                           &packet.plain.len, &packet.number))
            confirm(link, now, attempt, &packet);
        else
            link->stats.dropped_replay++;
    } else if (vc_handshake_read_cookie(&a->hs, datagram, cookie)) {
        take_cookie(link, attempt, from, cookie);
    } else if (vc_handshake_read_msg2(&a->hs, datagram) == VC_OK) {
        take_msg2(link, now, attempt, from, datagram.len);
    } else {
        link->stats.dropped_strange++;
    }
}

/* The peer may have moved while his keys are renewed. */
static void follow(const struct vc_link *link, struct vc_attempt *a)
{
    if (!a->is_rekey || a->phase != VC_ATTEMPT_HELLO)
        return;
    const struct vc_session *s = &link->sessions[link->peers[a->peer].session];
    if (s->is_proved && !vc_addr_equal(&a->addrs[0].addr, &s->addr))
        a->addrs[0] = (struct vc_attempt_addr){.addr = s->addr};
    a->addr_count = a->addrs[0].addr.family != 0;
}

void vc_attempt_tick(struct vc_link *link, vc_ms now, uint32_t attempt)
{
    struct vc_attempt *a = &link->attempts[attempt];
    if (a->ends_at <= now) {
        fail(link, now, attempt);
        return;
    }
    if (a->round_at <= now && a->is_in_doubt) {
        begin_anew(link, now, attempt);
    } else if (a->round_at <= now) {
        if (a->round == 0)
            a->sent_at = now;
        a->round++;
        follow(link, a);
        plan_round(link, now, a);
        a->wanted = all_of(a);
        vc_fifo_push(&link->trying, attempt);
    }
    rearm(link, attempt);
}

static size_t write_msg3(struct vc_attempt *a, uint8_t *out, struct vc_addr *ret_to)
{
    a->wanted = 0;
    if (!a->is_proved && a->bytes_in - a->bytes_out < a->msg3_len)
        return 0;
    if (!a->is_proved)
        a->bytes_out += a->msg3_len;
    memcpy(out, a->msg3, a->msg3_len);
    *ret_to = a->addr;
    return a->msg3_len;
}

size_t vc_attempt_write(struct vc_link *link, vc_ms now, uint32_t attempt, uint8_t *out,
                        struct vc_addr *ret_to)
{
    struct vc_attempt *a = &link->attempts[attempt];
    struct vc_writer w = vc_writer(out, VC_HANDSHAKE_MAX);
    if (a->wanted == 0)
        return 0;
    if (a->phase == VC_ATTEMPT_CONFIRM)
        return write_msg3(a, out, ret_to);
    uint32_t i = (uint32_t)__builtin_ctz(a->wanted);
    const struct vc_attempt_addr *addr = &a->addrs[i];
    a->wanted &= a->wanted - 1;
    if (vc_handshake_write_msg1(&a->hs, addr->has_cookie ? addr->cookie : NULL,
                                &link->rng, &w) != VC_OK) {
        fail(link, now, attempt); /* the peer's static key is no key */
        return 0;
    }
    *ret_to = addr->addr;
    return vc_writer_bytes(&w).len;
}
