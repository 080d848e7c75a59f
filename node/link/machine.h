/*
 * The inside of the link machine: what its files share.
 */
#ifndef VC_NODE_LINK_MACHINE_H
#define VC_NODE_LINK_MACHINE_H

#include "crypto/base/heap.h"
#include "crypto/base/map.h"
#include "node/link/attempt.h"
#include "node/link/half_open.h"

/* A device that the caller named, or a stranger who joined. */
struct vc_peer {
    uint32_t number;
    bool has_keys;
    struct vc_link_peer keys;
    uint32_t session, attempt; /* VC_SLOT_NONE: none */
    bool has_down; /* DOWN is to be told, before anything of a new session */
    vc_err down_reason;
};

/* A contacts key under which we answer. */
struct vc_link_generation {
    struct vc_secret32 key;
    struct vc_mask mask;
};

struct vc_link_invite {
    bool is_used;
    uint32_t number;
    struct vc_id16 secret;
    struct vc_mask mask;
};

/* What a cid that we gave out belongs to: two bits of kind above the index. */
enum vc_cid_kind { VC_CID_SESSION, VC_CID_ATTEMPT, VC_CID_HALF_OPEN };
#define VC_CID_KIND_SHIFT 30

/* Datagrams that answer at once: they wait here for vc_link_next(). */
struct vc_replies {
    uint8_t *bytes;
    size_t size, head, tail;
};

struct vc_link {
    uint32_t peers_max, places; /* places: those of joining strangers as well */
    uint32_t half_open_max;
    uint8_t network_id[VC_NETWORK_ID_MAX];
    size_t network_id_len;
    uint32_t capabilities;
    struct vc_secret32 dev_dh;
    struct vc_key32 dev_dh_public, root;
    struct vc_rng rng;
    uint8_t hash_key[16];
    uint64_t pad_bits; /* random bits for padding, drawn 64 at a time */
    uint32_t pad_bits_left;

    struct vc_link_generation generations[VC_LINK_GENERATIONS_MAX];
    size_t generation_count;
    struct vc_link_invite invites[VC_LINK_INVITES_MAX];

    struct vc_map cids, numbers, static_keys, hellos;
    struct vc_pool peer_pool, session_pool, attempt_pool, half_open_pool;
    struct vc_peer *peers;
    struct vc_session *sessions;
    struct vc_attempt *attempts;
    struct vc_half_open *half_opens;
    uint32_t peer_count; /* the caller's peers */
    uint32_t joining[VC_LINK_JOINING_MAX], joining_count; /* places of strangers */
    uint32_t joining_next;
    uint64_t order;

    struct vc_chunks chunks;
    uint32_t share;      /* chunks of one session to send, and as many to receive */
    uint64_t window;     /* bytes of credit that a stream of a peer is given */
    uint32_t flight_max; /* packets of one session that are remembered */
    struct vc_flight_pools flights;
    uint32_t favoured; /* the session that may use the reserve of chunks */

    /* By place of peer: something to tell.  By session: something to send, waiting for a
     * record, for chunks.  By attempt: something to send. */
    struct vc_fifo telling, sending, starving, blocked, trying;
    struct vc_fifo half_open_ages;
    struct vc_heap timers; /* sessions, then attempts, then one for half-open places */
    struct vc_replies replies;

    struct vc_secret32 cookie_secret, cookie_secret_before;
    vc_ms cookie_until;
    uint16_t prefix_counts[VC_HALF_OPEN_BUCKETS];

    struct vc_link_stats stats;
    struct vc_frames frames; /* of the packet in hand */
    uint8_t plain[VC_PACKET_MAX];
    uint8_t datagram[VC_PACKET_MAX];
    uint8_t object[VC_LINK_OBJECT_MAX];
};

/* peers.c */

/* The place of a number, or VC_SLOT_NONE. */
uint32_t vc_peers_find(const struct vc_link *link, uint32_t number);
/* The place of the peer with this static key, or VC_SLOT_NONE. */
uint32_t vc_peers_find_key(const struct vc_link *link, const struct vc_key32 *dev_dh);
/* A place for a stranger with this static key: the one he had, or a new one;
 * VC_SLOT_NONE: too many. */
uint32_t vc_peers_take_joining(struct vc_link *link, const struct vc_key32 *dev_dh);
/* The place of a number for whom we join: he has no keys yet.  VC_ERR_FULL. */
VC_NODISCARD vc_err vc_peers_take_joiner(struct vc_link *link, uint32_t number,
                                         uint32_t *ret_place);
/* Ends the peer's attempt and session, telling him. */
void vc_peers_end(struct vc_link *link, vc_ms now, uint32_t peer);
/* A place without keys is given back when nothing is left in it. */
void vc_peers_settle(struct vc_link *link, uint32_t peer);
/* The session of the peer that is up, or VC_SLOT_NONE. */
uint32_t vc_peers_session(const struct vc_link *link, uint32_t peer);
/* An invite that is still open, or NULL. */
const struct vc_link_invite *vc_peers_invite(const struct vc_link *link,
                                             uint32_t number);
/* The peer has something to be told to the caller. */
void vc_peers_tell(struct vc_link *link, uint32_t peer);
void vc_peers_tell_down(struct vc_link *link, uint32_t peer, vc_err reason);

/* cids.c */

/* Draws a cid that nobody has and gives it to @index. */
void vc_cids_draw(struct vc_link *link, enum vc_cid_kind kind, uint32_t index,
                  struct vc_cid *ret_cid);
/* The cid changes hands. */
void vc_cids_move(struct vc_link *link, const struct vc_cid *cid, enum vc_cid_kind from,
                  uint32_t from_index, enum vc_cid_kind kind, uint32_t index);
void vc_cids_remove(struct vc_link *link, const struct vc_cid *cid,
                    enum vc_cid_kind kind, uint32_t index);
bool vc_cids_find(const struct vc_link *link, struct vc_bytes datagram,
                  enum vc_cid_kind *ret_kind, uint32_t *ret_index);

/* replies.c */

/* Queues a datagram; dropped when there is no room: who asked asks again. */
void vc_replies_push(struct vc_link *link, const struct vc_addr *to,
                     struct vc_bytes datagram);
/* Takes the oldest, borrowed until something is queued. */
bool vc_replies_pop(struct vc_link *link, struct vc_addr *ret_to,
                    struct vc_bytes *ret_datagram);

/* telling.c */

/* Takes the next output that is no datagram; false when there is none. */
bool vc_telling_next(struct vc_link *link, struct vc_link_output *ret_output);

/* Timers' indices. */
static inline uint32_t vc_timer_of_attempt(const struct vc_link *link, uint32_t attempt)
{
    return link->places + attempt;
}

static inline uint32_t vc_timer_of_half_open(const struct vc_link *link)
{
    return 2 * link->places;
}

static inline struct vc_bytes vc_link_network(const struct vc_link *link)
{
    return (struct vc_bytes){link->network_id, link->network_id_len};
}

#endif
