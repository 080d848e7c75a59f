/* crypto/SPEC.md, "Link handshake", the responder's side; node/SPEC.md, "Sessions". */
#include "node/link/half_open.h"

#include <string.h>

#include "node/link/machine.h"

/* The mask that opened a msg1, and what it belongs to. */
struct door {
    enum vc_handshake_kind kind;
    const struct vc_mask *mask;
    const struct vc_link_invite *invite;
};

/* A msg1 that opened. */
struct hello {
    struct door door;
    struct vc_msg1 msg1;
    const struct vc_addr *from;
    size_t len;      /* of its datagram: no reply is longer */
    uint64_t id;     /* equal in all transmissions of one msg1 */
    uint32_t prefix; /* bucket of the address */
};

static bool has_id(const void *ctx, uint32_t value, const void *key)
{
    const struct vc_link *link = ctx;
    return link->half_opens[value].msg1_id == *(const uint64_t *)key;
}

/* Everything but the cid, which may live on in a session. */
static void drop(struct vc_link *link, uint32_t half_open)
{
    struct vc_half_open *half = &link->half_opens[half_open];
    vc_map_remove(&link->hellos, half->msg1_id, half_open);
    vc_fifo_remove(&link->half_open_ages, half_open);
    link->prefix_counts[half->prefix]--;
    link->stats.half_open--;
    vc_wipe(half, sizeof *half);
    vc_pool_give(&link->half_open_pool, half_open);
}

void vc_half_open_free(struct vc_link *link, uint32_t half_open)
{
    const struct vc_cid *cid = &link->half_opens[half_open].hs.own_cid;
    vc_cids_remove(link, cid, VC_CID_HALF_OPEN, half_open);
    drop(link, half_open);
}

static void rearm(struct vc_link *link)
{
    uint32_t oldest = vc_fifo_first(&link->half_open_ages);
    vc_heap_set(&link->timers, vc_timer_of_half_open(link),
                oldest == VC_SLOT_NONE
                    ? VC_NEVER
                    : link->half_opens[oldest].created_at + VC_LINK_HALF_OPEN_MS);
}

void vc_half_open_tick(struct vc_link *link, vc_ms now)
{
    for (;;) {
        uint32_t oldest = vc_fifo_first(&link->half_open_ages);
        if (oldest == VC_SLOT_NONE ||
            link->half_opens[oldest].created_at + VC_LINK_HALF_OPEN_MS > now)
            break;
        vc_half_open_free(link, oldest);
    }
    rearm(link);
}

/* Tries the masks, ours as a contact first; false: the datagram is none of ours. */
static bool find_door(struct vc_link *link, struct vc_bytes datagram, uint8_t *scratch,
                 struct hello *ret_hello)
{
    for (size_t i = 0; i < link->generation_count; i++) {
        const struct vc_mask *mask = &link->generations[i].mask;
        if (vc_handshake_open_msg1(mask, datagram, scratch, &ret_hello->msg1)) {
            ret_hello->door = (struct door){VC_HANDSHAKE_LINK, mask, NULL};
            return true;
        }
    }
    for (size_t i = 0; i < VC_LINK_INVITES_MAX; i++) {
        const struct vc_link_invite *invite = &link->invites[i];
        if (invite->is_used && vc_handshake_open_msg1(&invite->mask, datagram, scratch,
                                                      &ret_hello->msg1)) {
            ret_hello->door = (struct door){VC_HANDSHAKE_JOIN, &invite->mask, invite};
            return true;
        }
    }
    return false;
}

/* The address as cookies and counters see it; the counter takes its network only. */
static struct vc_bytes encode(const struct vc_addr *addr, uint8_t *room)
{
    struct vc_writer w = vc_writer(room, VC_ADDR_ENCODED_MAX);
    vc_addr_write(&w, addr);
    VC_CHECK(!w.is_failed);
    return vc_writer_bytes(&w);
}

static uint32_t prefix_of(const struct vc_link *link, const struct vc_addr *addr)
{
    struct vc_bytes network = {addr->ip, addr->family == 4 ? 4u : 8u};
    return (uint32_t)vc_siphash(link->hash_key, network) % VC_HALF_OPEN_BUCKETS;
}

static void turn_cookie_secret(struct vc_link *link, vc_ms now)
{
    if (now < link->cookie_until)
        return;
    link->cookie_secret_before = link->cookie_secret;
    vc_rng_draw(&link->rng, link->cookie_secret.b, sizeof link->cookie_secret.b);
    link->cookie_until = now + VC_LINK_COOKIE_MS;
}

static void demand_cookie(struct vc_link *link, const struct hello *hello)
{
    uint8_t room[VC_ADDR_ENCODED_MAX], cookie[VC_COOKIE_LEN], out[VC_HANDSHAKE_MAX];
    struct vc_writer w =
        vc_writer(out, hello->len < sizeof out ? hello->len : sizeof out);
    vc_cookie_make(cookie, &link->cookie_secret, encode(hello->from, room),
                   &hello->msg1);
    if (vc_handshake_write_cookie(hello->door.mask, &hello->msg1, cookie, &link->rng,
                                  &w) != VC_OK)
        return;
    vc_replies_push(link, hello->from, vc_writer_bytes(&w));
    link->stats.cookies_sent++;
}

/* While many places are taken: only who has shown that he gets our answers, and no more
 * than a few from one place of the net. */
static bool is_admitted(struct vc_link *link, vc_ms now, const struct hello *hello)
{
    uint8_t room[VC_ADDR_ENCODED_MAX];
    if (link->stats.half_open < VC_LINK_COOKIE_FROM)
        return true;
    turn_cookie_secret(link, now);
    struct vc_bytes address = encode(hello->from, room);
    if (!vc_cookie_is_valid(&hello->msg1, &link->cookie_secret, address) &&
        !vc_cookie_is_valid(&hello->msg1, &link->cookie_secret_before, address)) {
        demand_cookie(link, hello);
        return false;
    }
    return link->prefix_counts[hello->prefix] < VC_LINK_HALF_OPEN_PER_PREFIX;
}

static void reply(struct vc_link *link, vc_ms now, struct vc_half_open *half,
                  const struct hello *hello)
{
    if (half->replies >= VC_LINK_REPLIES_MAX || half->msg2_len > hello->len)
        return;
    half->replies++;
    half->addr = *hello->from;
    half->replied_at = now;
    vc_replies_push(link, hello->from, (struct vc_bytes){half->msg2, half->msg2_len});
}

/* How long msg2 may be: shorter than this msg1, because one of its repetitions, each of a
 * length of its own, should be long enough to be answered too. */
static size_t msg2_max(const struct hello *hello)
{
    size_t max = VC_HANDSHAKE_MSG1_MIN;
    if (hello->door.kind == VC_HANDSHAKE_JOIN)
        max += VC_LINK_JOIN_PAD_MAX;
    return hello->len < max ? hello->len : max;
}

/* Answers msg1 inside @half: the two DHs that a stranger can make us do. */
static vc_err answer(struct vc_link *link, struct vc_half_open *half,
                     const struct hello *hello, const struct vc_cid *cid)
{
    struct vc_secret32 e;
    vc_rng_draw(&link->rng, e.b, sizeof e.b);
    struct vc_handshake_config cfg = {
        .kind = hello->door.kind,
        .network_id = vc_link_network(link),
        .mask = hello->door.mask,
        .dev_dh = &link->dev_dh,
        .responder_root = hello->door.kind == VC_HANDSHAKE_LINK ? &link->root : NULL,
        .invite_secret =
            hello->door.invite == NULL ? NULL : &hello->door.invite->secret,
        .e = &e,
        .own_cid = *cid,
        .peer_cid = hello->msg1.sender_cid,
        .capabilities = link->capabilities,
    };
    struct vc_writer w = vc_writer(half->msg2, sizeof half->msg2);
    vc_handshake_init(&half->hs, &cfg);
    vc_wipe(&e, sizeof e);
    link->stats.dh_for_strangers++;
    vc_err err = vc_handshake_read_msg1(&half->hs, &hello->msg1);
    if (err == VC_OK)
        err = vc_handshake_write_msg2(&half->hs, msg2_max(hello), &link->rng, &w);
    half->msg2_len = vc_writer_bytes(&w).len;
    return err;
}

/* Takes a place for @hello and answers it. */
static void take(struct vc_link *link, vc_ms now, const struct hello *hello)
{
    uint32_t slot;
    struct vc_cid cid;
    if (link->stats.half_open == link->half_open_max)
        vc_half_open_free(link, vc_fifo_first(&link->half_open_ages));
    vc_err err = vc_pool_take(&link->half_open_pool, &slot);
    VC_CHECK(err == VC_OK);
    struct vc_half_open *half = &link->half_opens[slot];
    *half = (struct vc_half_open){.msg1_id = hello->id,
                                  .prefix = hello->prefix,
                                  .created_at = now,
                                  .order = ++link->order};
    if (hello->door.invite != NULL)
        half->invite = hello->door.invite->number;
    vc_cids_draw(link, VC_CID_HALF_OPEN, slot, &cid);
    err = vc_map_insert(&link->hellos, hello->id, slot);
    VC_CHECK(err == VC_OK);
    vc_fifo_push(&link->half_open_ages, slot);
    link->prefix_counts[hello->prefix]++;
    link->stats.half_open++;
    if (answer(link, half, hello, &cid) == VC_OK) {
        reply(link, now, half, hello);
    } else {
        vc_half_open_free(link, slot);
        link->stats.dropped_strange++;
    }
    rearm(link);
}

void vc_half_open_hello(struct vc_link *link, vc_ms now, const struct vc_addr *from,
                        struct vc_bytes datagram)
{
    uint8_t scratch[VC_HANDSHAKE_MAX];
    struct hello hello = {.from = from, .len = datagram.len};
    if (datagram.len > VC_HANDSHAKE_MAX || datagram.len < VC_HANDSHAKE_MSG1_MIN ||
        !find_door(link, datagram, scratch, &hello)) {
        link->stats.dropped_strange++;
        return;
    }
    VC_CHECK(hello.msg1.noise_part.len >= 32);
    hello.id =
        vc_siphash(link->hash_key, (struct vc_bytes){hello.msg1.noise_part.data, 32});
    hello.prefix = prefix_of(link, from);
    uint32_t slot;
    if (vc_map_find(&link->hellos, hello.id, has_id, link, &hello.id, &slot))
        reply(link, now, &link->half_opens[slot], &hello);
    else if (is_admitted(link, now, &hello))
        take(link, now, &hello);
}

/* What becomes of a handshake whose initiator is known.  OUTRUN: refused, as ours goes first. */
enum verdict { REFUSE, OUTRUN, BEGIN, RENEW };

/* Of two handshakes that meet, the one wins whose initiator has the smaller key. */
static bool is_ours_first(const struct vc_link *link, const struct vc_key32 *theirs)
{
    return memcmp(&link->dev_dh_public, theirs, sizeof *theirs) < 0;
}

static bool continues(const struct vc_session_tag *tag, const struct vc_session *s)
{
    return memcmp(tag, &s->keys.tag, sizeof *tag) == 0 ||
           memcmp(tag, &s->old_tag, sizeof *tag) == 0;
}

static enum verdict judge(const struct vc_link *link, const struct vc_half_open *half,
                          uint32_t peer)
{
    uint32_t session = vc_peers_session(link, peer);
    uint32_t attempt = link->peers[peer].attempt;
    const struct vc_session *s =
        session == VC_SLOT_NONE ? NULL : &link->sessions[session];
    const struct vc_attempt *a =
        attempt == VC_SLOT_NONE ? NULL : &link->attempts[attempt];
    bool is_renewal = !vc_is_zero(&half->hs.continues, sizeof half->hs.continues);
    bool is_rival = a != NULL && vc_attempt_is_decided(a) && a->is_rekey == is_renewal;
    if (is_rival && is_ours_first(link, &half->hs.noise.rs))
        return OUTRUN;
    /* It was begun before the present keys were: it met them and lost. */
    if (s != NULL && half->order < s->keys.order)
        return REFUSE;
    if (!is_renewal)
        return BEGIN;
    return s != NULL && continues(&half->hs.continues, s) ? RENEW : REFUSE;
}

static void keys_of(const struct vc_half_open *half, struct vc_link_keys *ret_keys)
{
    memset(ret_keys, 0, sizeof *ret_keys);
    vc_packet_keys(&half->hs, &ret_keys->send, &ret_keys->recv);
    ret_keys->send_cid = half->hs.peer_cid;
    ret_keys->recv_cid = half->hs.own_cid;
    vc_handshake_tag(&half->hs, &ret_keys->tag);
    ret_keys->order = half->order;
}

/* The place that a finished handshake belongs to, and what to do there. */
static enum verdict find_place(struct vc_link *link, const struct vc_half_open *half,
                               uint32_t *ret_peer)
{
    const struct vc_key32 *proved = &half->hs.noise.rs;
    if (memcmp(proved, &link->dev_dh_public, sizeof *proved) == 0)
        return REFUSE;
    if (half->hs.kind == VC_HANDSHAKE_JOIN) {
        if (vc_peers_invite(link, half->invite) == NULL)
            return REFUSE;
        *ret_peer = vc_peers_take_joining(link, proved);
        return *ret_peer == VC_SLOT_NONE ? REFUSE : BEGIN;
    }
    *ret_peer = vc_peers_find_key(link, proved);
    return *ret_peer == VC_SLOT_NONE ? REFUSE : judge(link, half, *ret_peer);
}

static uint32_t begin(struct vc_link *link, vc_ms now, const struct vc_half_open *half,
                      uint32_t peer, const struct vc_link_keys *keys,
                      const struct vc_addr *from)
{
    struct vc_session_begin how = {
        .peer = peer,
        .keys = keys,
        .dev_dh = &half->hs.noise.rs,
        .addr = *from,
        .is_proved = vc_addr_equal(from, &half->addr),
        .is_join = half->hs.kind == VC_HANDSHAKE_JOIN,
        .invite = half->invite,
        .has_rtt = half->replies == 1,
        .rtt_ms = now - half->replied_at,
    };
    return vc_session_begin(link, now, &how);
}

void vc_half_open_recv(struct vc_link *link, vc_ms now, uint32_t half_open,
                       const struct vc_addr *from, struct vc_bytes datagram)
{
    struct vc_half_open *half = &link->half_opens[half_open];
    uint32_t peer;
    if (vc_handshake_read_msg3(&half->hs, datagram) != VC_OK) {
        link->stats.dropped_strange++;
        return;
    }
    enum verdict verdict = find_place(link, half, &peer);
    if (verdict == OUTRUN)
        vc_attempt_outran(link, now, link->peers[peer].attempt, from);
    if (verdict == REFUSE || verdict == OUTRUN) {
        vc_half_open_free(link, half_open);
        rearm(link);
        link->stats.dropped_strange++;
        return;
    }
    if (link->peers[peer].attempt != VC_SLOT_NONE)
        vc_attempt_free(link, link->peers[peer].attempt);
    struct vc_link_keys keys;
    keys_of(half, &keys);
    uint32_t session;
    if (verdict == BEGIN) {
        session = begin(link, now, half, peer, &keys, from);
        link->sessions[session].unproved_in = datagram.len;
    } else {
        session = vc_peers_session(link, peer);
        vc_session_rekey(link, now, session, &keys);
    }
    vc_cids_move(link, &keys.recv_cid, VC_CID_HALF_OPEN, half_open, VC_CID_SESSION,
                 session);
    drop(link, half_open);
    rearm(link);
    vc_wipe(&keys, sizeof keys);
}
