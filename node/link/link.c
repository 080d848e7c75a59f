/* The door of the link machine: its memory, the turn, and who gets which datagram. */
#include <string.h>

#include "node/link/machine.h"

/* Places of peers: the caller's, and the strangers'. */
static uint32_t places_of(const struct vc_link_config *cfg)
{
    return cfg->peers_max + VC_LINK_JOINING_MAX;
}

/* Carves arrays out of one block; with @base NULL it only adds up. */
struct carver {
    uint8_t *base;
    size_t used;
};

static void *carve(struct carver *carver, size_t len)
{
    size_t align = _Alignof(max_align_t);
    size_t at = (carver->used + align - 1) / align * align;
    carver->used = at + len;
    return carver->base == NULL ? NULL : carver->base + at;
}

#define CARVE(carver, count, type) carve(carver, (size_t)(count) * sizeof(type))

static size_t replies_size(const struct vc_link_config *cfg)
{
    return VC_LINK_REPLIES_BYTES + (size_t)places_of(cfg) * VC_LINK_CLOSE_BYTES;
}

/* Where everything lies. */
struct layout {
    struct vc_link *link;
    void *cids, *numbers, *static_keys, *hellos;
    void *peer_pool, *session_pool, *attempt_pool, *half_open_pool;
    void *chunk_pool, *sent_pool, *segment_pool, *timers;
    void *telling, *sending, *starving, *blocked, *trying, *half_open_ages;
    void *peers, *sessions, *attempts, *half_opens;
    void *chunks, *bits, *sent, *segments, *replies;
};

static size_t lay_out(const struct vc_link_config *cfg, void *mem,
                      struct layout *ret_layout)
{
    uint32_t places = places_of(cfg), half_open = cfg->half_open_max;
    struct carver c = {mem, 0};
    struct layout *l = ret_layout;
    l->link = CARVE(&c, 1, struct vc_link);
    /* A session has a present and an earlier cid, an attempt and a place one each. */
    l->cids = carve(&c, vc_map_footprint(3 * places + half_open));
    l->numbers = carve(&c, vc_map_footprint(places));
    l->static_keys = carve(&c, vc_map_footprint(places));
    l->hellos = carve(&c, vc_map_footprint(half_open));
    l->peer_pool = carve(&c, vc_pool_footprint(places));
    l->session_pool = carve(&c, vc_pool_footprint(places));
    l->attempt_pool = carve(&c, vc_pool_footprint(places));
    l->half_open_pool = carve(&c, vc_pool_footprint(half_open));
    l->chunk_pool = carve(&c, vc_pool_footprint(cfg->chunk_count));
    l->sent_pool = carve(&c, vc_pool_footprint(cfg->packets_max));
    l->segment_pool = carve(&c, vc_pool_footprint(2 * cfg->packets_max));
    l->timers = carve(&c, vc_heap_footprint(2 * places + 1));
    l->telling = CARVE(&c, places, struct vc_fifo_link);
    l->sending = CARVE(&c, places, struct vc_fifo_link);
    l->starving = CARVE(&c, places, struct vc_fifo_link);
    l->blocked = CARVE(&c, places, struct vc_fifo_link);
    l->trying = CARVE(&c, places, struct vc_fifo_link);
    l->half_open_ages = CARVE(&c, half_open, struct vc_fifo_link);
    l->peers = CARVE(&c, places, struct vc_peer);
    l->sessions = CARVE(&c, places, struct vc_session);
    l->attempts = CARVE(&c, places, struct vc_attempt);
    l->half_opens = CARVE(&c, half_open, struct vc_half_open);
    l->chunks = CARVE(&c, cfg->chunk_count, union vc_chunk);
    l->bits = CARVE(&c, cfg->chunk_count, struct vc_chunk_bits);
    l->sent = CARVE(&c, cfg->packets_max, struct vc_sent);
    l->segments = CARVE(&c, 2 * cfg->packets_max, struct vc_segment);
    l->replies = carve(&c, replies_size(cfg));
    return c.used;
}

static void check_config(const struct vc_link_config *cfg)
{
    VC_CHECK(cfg->peers_max >= 1 && cfg->peers_max <= 65536);
    VC_CHECK(cfg->half_open_max >= 1 && cfg->half_open_max <= UINT16_MAX);
    VC_CHECK(cfg->chunk_count >= VC_LINK_CHUNKS_MIN && cfg->chunk_count < 1u << 28);
    VC_CHECK(cfg->packets_max >= VC_LINK_PACKETS_MIN && cfg->packets_max < 1u << 28);
    VC_CHECK(cfg->network_id.len >= 1 && cfg->network_id.len <= VC_NETWORK_ID_MAX);
}

size_t vc_link_footprint(const struct vc_link_config *cfg)
{
    struct layout layout;
    check_config(cfg);
    return lay_out(cfg, NULL, &layout);
}

static void init_indices(struct vc_link *link, const struct vc_link_config *cfg,
                         const struct layout *l)
{
    uint32_t places = link->places, half_open = cfg->half_open_max;
    vc_map_init(&link->cids, l->cids, 3 * places + half_open);
    vc_map_init(&link->numbers, l->numbers, places);
    vc_map_init(&link->static_keys, l->static_keys, places);
    vc_map_init(&link->hellos, l->hellos, half_open);
    vc_pool_init(&link->peer_pool, l->peer_pool, places);
    vc_pool_init(&link->session_pool, l->session_pool, places);
    vc_pool_init(&link->attempt_pool, l->attempt_pool, places);
    vc_pool_init(&link->half_open_pool, l->half_open_pool, half_open);
    vc_pool_init(&link->chunks.pool, l->chunk_pool, cfg->chunk_count);
    vc_pool_init(&link->flights.sent_pool, l->sent_pool, cfg->packets_max);
    vc_pool_init(&link->flights.segment_pool, l->segment_pool, 2 * cfg->packets_max);
    vc_heap_init(&link->timers, l->timers, 2 * places + 1);
    vc_fifo_init(&link->telling, l->telling);
    vc_fifo_init(&link->sending, l->sending);
    vc_fifo_init(&link->starving, l->starving);
    vc_fifo_init(&link->blocked, l->blocked);
    vc_fifo_init(&link->trying, l->trying);
    vc_fifo_init(&link->half_open_ages, l->half_open_ages);
}

static uint32_t at_most(uint32_t value, uint32_t max)
{
    return value < max ? value : max;
}

static uint32_t at_least(uint32_t value, uint32_t min)
{
    return value > min ? value : min;
}

/* What one session may take of the pools, and so what it may promise its peer. */
static void init_shares(struct vc_link *link, const struct vc_link_config *cfg)
{
    link->share =
        at_least(cfg->chunk_count / VC_LINK_SESSION_SHARE, VC_LINK_CHUNKS_RESERVE);
    /* Each stream has a list, and a window that is not aligned touches one chunk more. */
    uint32_t blocks = link->share / VC_LINK_STREAM_COUNT - 2;
    link->window = at_most(blocks * VC_LINK_CHUNK, VC_LINK_WINDOW);
    VC_CHECK(link->window >= VC_LINK_FIRST_CREDIT);
    link->flight_max = at_most(VC_LINK_FLIGHT_MAX,
                               at_least(cfg->packets_max / VC_LINK_SESSION_SHARE, 16));
    link->favoured = VC_SLOT_NONE;
}

struct vc_link *vc_link_init(void *mem, const struct vc_link_config *cfg,
                             const struct vc_secret32 *seed)
{
    struct layout l;
    check_config(cfg);
    lay_out(cfg, mem, &l);
    struct vc_link *link = l.link;
    link->peers_max = cfg->peers_max;
    link->places = places_of(cfg);
    link->half_open_max = cfg->half_open_max;
    memcpy(link->network_id, cfg->network_id.data, cfg->network_id.len);
    link->network_id_len = cfg->network_id.len;
    link->capabilities = cfg->capabilities;
    link->dev_dh = cfg->dev_dh;
    vc_dh_public(&link->dev_dh_public, &cfg->dev_dh);
    link->root = cfg->root;
    vc_rng_init(&link->rng, seed);
    vc_rng_draw(&link->rng, link->hash_key, sizeof link->hash_key);
    vc_rng_draw(&link->rng, &link->cookie_secret, sizeof link->cookie_secret);
    vc_rng_draw(&link->rng, &link->cookie_secret_before, sizeof link->cookie_secret);
    link->peers = l.peers;
    link->sessions = l.sessions;
    link->attempts = l.attempts;
    link->half_opens = l.half_opens;
    link->chunks.chunks = l.chunks;
    link->chunks.bits = l.bits;
    link->flights.sent = l.sent;
    link->flights.segments = l.segments;
    link->replies = (struct vc_replies){.bytes = l.replies, .size = replies_size(cfg)};
    init_indices(link, cfg, &l);
    init_shares(link, cfg);
    return link;
}

void vc_link_deinit(struct vc_link *link)
{
    for (uint32_t i = 0; i < link->session_pool.touched; i++)
        vc_wipe(&link->sessions[i], sizeof link->sessions[i]);
    for (uint32_t i = 0; i < link->attempt_pool.touched; i++)
        vc_wipe(&link->attempts[i], sizeof link->attempts[i]);
    for (uint32_t i = 0; i < link->half_open_pool.touched; i++)
        vc_wipe(&link->half_opens[i], sizeof link->half_opens[i]);
    for (uint32_t i = 0; i < link->peer_pool.touched; i++)
        vc_wipe(&link->peers[i], sizeof link->peers[i]);
    for (uint32_t i = 0; i < link->chunks.pool.touched; i++)
        vc_wipe(&link->chunks.chunks[i], sizeof link->chunks.chunks[i]);
    vc_wipe(link, sizeof *link);
}

bool vc_link_knows(const struct vc_link *link, struct vc_bytes datagram)
{
    enum vc_cid_kind kind;
    uint32_t index;
    return datagram.len >= VC_CID_LEN && vc_cids_find(link, datagram, &kind, &index);
}

void vc_link_recv(struct vc_link *link, vc_ms now, const struct vc_addr *from,
                  struct vc_bytes datagram)
{
    enum vc_cid_kind kind;
    uint32_t index;
    link->stats.datagrams_in++;
    link->stats.bytes_in += datagram.len;
    if (datagram.len <= VC_PACKET_OVERHEAD || datagram.len > VC_PACKET_MAX ||
        !vc_addr_is_usable(from)) {
        link->stats.dropped_strange++;
        return;
    }
    if (!vc_cids_find(link, datagram, &kind, &index)) {
        vc_half_open_hello(link, now, from, datagram);
        return;
    }
    switch (kind) {
    case VC_CID_SESSION:
        vc_session_recv(link, now, index, from, datagram);
        break;
    case VC_CID_ATTEMPT:
        vc_attempt_recv(link, now, index, from, datagram);
        break;
    case VC_CID_HALF_OPEN:
        vc_half_open_recv(link, now, index, from, datagram);
        break;
    }
}

void vc_link_tick(struct vc_link *link, vc_ms now)
{
    uint32_t timer;
    while (vc_heap_take(&link->timers, now, &timer)) {
        if (timer < link->places)
            vc_session_tick(link, now, timer);
        else if (timer < vc_timer_of_half_open(link))
            vc_attempt_tick(link, now, timer - link->places);
        else
            vc_half_open_tick(link, now);
    }
}

/* Datagrams of attempts, then of sessions, each session one at a time in turn. */
static size_t next_of_attempts(struct vc_link *link, vc_ms now, struct vc_addr *ret_to)
{
    for (;;) {
        uint32_t attempt = vc_fifo_first(&link->trying);
        if (attempt == VC_SLOT_NONE)
            return 0;
        size_t len = vc_attempt_write(link, now, attempt, link->datagram, ret_to);
        if (len > 0)
            return len;
        vc_fifo_remove(&link->trying, attempt);
    }
}

static void feed_starving(struct vc_link *link)
{
    const struct vc_flight_pools *flights = &link->flights;
    uint32_t session = vc_fifo_first(&link->starving);
    if (session == VC_SLOT_NONE ||
        flights->sent_pool.count == flights->sent_pool.capacity ||
        flights->segment_pool.count + VC_LINK_SEGMENTS_MAX >
            flights->segment_pool.capacity)
        return;
    vc_fifo_remove(&link->starving, session);
    vc_session_wake(link, session);
}

static size_t next_of_sessions(struct vc_link *link, vc_ms now, struct vc_addr *ret_to)
{
    for (;;) {
        feed_starving(link);
        uint32_t session = vc_fifo_first(&link->sending);
        if (session == VC_SLOT_NONE)
            return 0;
        vc_fifo_remove(&link->sending, session);
        size_t len = vc_session_write(link, now, session, link->datagram, ret_to);
        if (len > 0) {
            vc_fifo_push(&link->sending, session);
            return len;
        }
        vc_session_rearm(link, session);
    }
}

bool vc_link_next(struct vc_link *link, vc_ms now, struct vc_link_output *ret_output)
{
    struct vc_addr to;
    struct vc_bytes bytes;
    if (!vc_replies_pop(link, &to, &bytes)) {
        bytes.data = link->datagram;
        bytes.len = next_of_attempts(link, now, &to);
        if (bytes.len == 0) {
            if (vc_telling_next(link, ret_output))
                return true;
            bytes.len = next_of_sessions(link, now, &to);
        }
    }
    if (bytes.len == 0)
        return false;
    link->stats.datagrams_out++;
    link->stats.bytes_out += bytes.len;
    *ret_output =
        (struct vc_link_output){.kind = VC_LINK_DATAGRAM, .addr = to, .bytes = bytes};
    return true;
}

vc_ms vc_link_due(const struct vc_link *link)
{
    return vc_heap_due(&link->timers);
}

void vc_link_stats(const struct vc_link *link, struct vc_link_stats *ret_stats)
{
    *ret_stats = link->stats;
}
