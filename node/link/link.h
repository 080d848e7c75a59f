/*
 * The link machine: sessions with other devices over UDP.
 *
 * It does handshakes, cuts objects of up to 64 KiB into datagrams of at most 1,232 bytes,
 * delivers them whole, in order and once per session, recovers losses (RFC 9002) under a
 * congestion control, keeps idle sessions alive, re-keys them, and follows a peer to a new
 * address.  It does not promise durability: what a dying session had not delivered is
 * lost here, and sending it again is the mail floor's business.  To strangers it is silent.
 *
 * Pure: time, datagrams and randomness come in as arguments, outputs go out through
 * vc_link_next().  No memory is taken after vc_link_init().  One thread at a time.
 *
 * A turn:
 *
 *     recv, tick, connect, send ...   any number of inputs, each with the same `now`
 *     next                            until it gives false
 *     due                             set one timer to this
 *
 * Peers are devices.  The caller names them with numbers of its own below
 * VC_LINK_PEER_JOINING; a peer has at most one session.  A session that a stranger opened
 * with an invite gets a number from VC_LINK_PEER_JOINING up until it is adopted.
 *
 * crypto/SPEC.md has the datagrams, node/SPEC.md the frames inside them.
 */
#ifndef VC_NODE_LINK_LINK_H
#define VC_NODE_LINK_LINK_H

#include "crypto/base/addr.h"
#include "crypto/handshake.h"
#include "crypto/packet.h"

#define VC_LINK_OBJECT_MAX (64 * 1024 + 256) /* an object and what mail puts around it */
#define VC_LINK_ADDRS_MAX 16                 /* addresses tried at once for a peer */
#define VC_LINK_INVITES_MAX 16               /* open invites tried on a stranger's datagram */
#define VC_LINK_GENERATIONS_MAX 16           /* contacts keys answered to */
#define VC_LINK_PEER_JOINING 0x80000000u

struct vc_link;

struct vc_link_config {
    uint32_t peers_max;     /* 1..65536: peers, and so sessions */
    uint32_t half_open_max; /* handshakes of others under way: 1024 for a node */
    uint32_t chunk_count;   /* 1 KiB pieces for objects in flight, all sessions together:
                               512 at least */
    uint32_t packets_max;   /* packets in flight that are remembered, all sessions together:
                               64 at least */
    struct vc_bytes network_id; /* 1..32 bytes, copied */
    uint32_t capabilities;
    struct vc_secret32 dev_dh;  /* own static key */
    struct vc_key32 root;       /* own root: in the prologue of who connects to us */
};

/* Gives the bytes a machine with this config needs; untouched pages cost nothing. */
size_t vc_link_footprint(const struct vc_link_config *cfg);

/* @mem: vc_link_footprint(cfg) zeroed bytes, aligned for max_align_t, outlives the machine.
 * @seed: 32 secret bytes, copied; equal seeds and inputs give equal outputs. */
struct vc_link *vc_link_init(void *mem, const struct vc_link_config *cfg,
                             const struct vc_secret32 *seed);
void vc_link_deinit(struct vc_link *link); /* wipes */

/* The contacts keys K under which we answer, newest first; replaces the earlier ones. */
void vc_link_answer_to(struct vc_link *link, const struct vc_secret32 *keys, size_t count);

struct vc_link_peer {
    struct vc_key32 dev_dh;
    struct vc_key32 root;
    struct vc_secret32 contacts; /* the peer's K: the mask under which he answers */
};

/* Makes a peer known, or changes his keys; a session goes on if dev_dh is the same.
 * VC_ERR_FULL at peers_max. */
VC_NODISCARD vc_err vc_link_peer_put(struct vc_link *link, uint32_t peer,
                                     const struct vc_link_peer *keys);
/* Forgets a peer; a session is closed towards him without an output. */
void vc_link_peer_remove(struct vc_link *link, vc_ms now, uint32_t peer);

/* Answers joins with this secret.  VC_ERR_FULL at VC_LINK_INVITES_MAX. */
VC_NODISCARD vc_err vc_link_invite_put(struct vc_link *link, uint32_t invite,
                                       const struct vc_id16 *secret);
void vc_link_invite_remove(struct vc_link *link, uint32_t invite);

/*
 * Starts a session with a known peer at all of @addrs at once, or adds addresses to the
 * attempt under way.  Ends with UP, or with DOWN (VC_ERR_PEER_UNREACHABLE) after 15 s.  When
 * there is a session, nothing happens; but when the peer is silent (VC_LINK_SILENT), its next
 * packet goes to @addrs too, up to VC_LINK_ELSEWHERE_MAX of them, and if that is not answered
 * either, another session is tried there: so two find each other again who have both moved.
 * VC_ERR_NOT_FOUND: unknown peer.
 */
#define VC_LINK_ELSEWHERE_MAX 6
VC_NODISCARD vc_err vc_link_connect(struct vc_link *link, vc_ms now, uint32_t peer,
                                    const struct vc_addr *addrs, size_t count);

/* The same with an invite: the peer is not known yet; UP tells his static key.  The caller
 * then makes him known with vc_link_peer_put() under the same number, or closes. */
VC_NODISCARD vc_err vc_link_join(struct vc_link *link, vc_ms now, uint32_t peer,
                                 const struct vc_id16 *secret, const struct vc_addr *addrs,
                                 size_t count);

/* Gives a joining session to @peer, who was made known with the same dev_dh before; an
 * older session of @peer ends without an output.  What nobody adopts within a minute ends.
 * VC_ERR_NOT_FOUND, VC_ERR_AUTH. */
VC_NODISCARD vc_err vc_link_adopt(struct vc_link *link, vc_ms now, uint32_t joining,
                                  uint32_t peer);

enum vc_link_stream {
    VC_LINK_CONTROL, /* acks, cards: never behind the others */
    VC_LINK_CHAT,
    VC_LINK_STREAM_COUNT
};

/*
 * Queues one object, @head and @body as one piece, copied.  Objects of one stream arrive
 * in order.  VC_ERR_FULL: no room now, WRITABLE comes when there is; VC_ERR_NOT_FOUND: no
 * session.  An object has 1..VC_LINK_OBJECT_MAX bytes.
 */
VC_NODISCARD vc_err vc_link_send(struct vc_link *link, vc_ms now, uint32_t peer,
                                 enum vc_link_stream stream, struct vc_bytes head,
                                 struct vc_bytes body);

/* Ends a session or an attempt, telling the peer; no output.  What was sent and has not
 * arrived yet is lost. */
void vc_link_close(struct vc_link *link, vc_ms now, uint32_t peer);
/* The same for all: before the program ends. */
void vc_link_close_all(struct vc_link *link, vc_ms now);
/* Own address changed, or the machine woke up: asks every session at once for life. */
void vc_link_probe_all(struct vc_link *link, vc_ms now);

/* Is it for a session or a handshake that is under way?  Cheap: for whoever has datagrams for
 * other machines as well, which are more easily told apart after this. */
bool vc_link_knows(const struct vc_link *link, struct vc_bytes datagram);
/* Feeds one datagram, borrowed for the call. */
void vc_link_recv(struct vc_link *link, vc_ms now, const struct vc_addr *from,
                  struct vc_bytes datagram);
void vc_link_tick(struct vc_link *link, vc_ms now);

enum vc_link_output_kind {
    VC_LINK_DATAGRAM, /* send @bytes to @addr */
    VC_LINK_UP,       /* a session stands; for a joining one, @invite and @dev_dh tell */
    VC_LINK_DOWN,     /* it ended, or the attempt failed: @reason */
    VC_LINK_OBJECT,   /* @bytes came from @peer */
    VC_LINK_WRITABLE, /* there is room again after VC_ERR_FULL */
    VC_LINK_MOVED,    /* the peer is at @addr now */
    VC_LINK_SILENT,   /* he has not answered for a moment: perhaps he is elsewhere */
    VC_LINK_HEARD     /* after SILENT: he has */
};

struct vc_link_output {
    enum vc_link_output_kind kind;
    uint32_t peer;
    struct vc_addr addr;    /* DATAGRAM, UP, MOVED */
    struct vc_bytes bytes;  /* DATAGRAM, OBJECT: borrowed until the next call of any kind */
    vc_err reason;          /* DOWN: PEER_UNREACHABLE, TIMEOUT (fell silent), AWAY (closed
                               by him), EXISTS (he started anew; UP follows), MALFORMED
                               (he broke the rules), REFUSED (we did, he says) */
    bool is_join;           /* UP: made with an invite */
    uint32_t invite;        /* UP of a stranger's join: which of ours */
    struct vc_key32 dev_dh; /* UP: the static key that he proved */
};

/* Takes the next output; false when there is none left. */
bool vc_link_next(struct vc_link *link, vc_ms now, struct vc_link_output *ret_output);

/* When vc_link_tick() is wanted, or VC_NEVER. */
vc_ms vc_link_due(const struct vc_link *link);

/* How it stands with a peer; false when there is no session. */
struct vc_link_state {
    struct vc_addr addr;
    uint32_t rtt_ms;
    bool is_initiator;
    vc_ms up_since;
    vc_ms heard_at;
    uint64_t bytes_sent, bytes_received, packets_lost;
};
bool vc_link_state(const struct vc_link *link, uint32_t peer, struct vc_link_state *ret_state);

struct vc_link_stats {
    uint64_t datagrams_in, datagrams_out, bytes_in, bytes_out;
    uint64_t dropped_strange, dropped_replay, dropped_full, dropped_malformed;
    uint64_t handshakes, cookies_sent, dh_for_strangers;
    uint32_t sessions, half_open;
};
void vc_link_stats(const struct vc_link *link, struct vc_link_stats *ret_stats);

#endif
