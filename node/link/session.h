/*
 * A session: two devices that share keys.
 *
 * session.c begins and ends sessions and keeps their timers; packet_in.c takes packets
 * apart, packet_out.c makes them, recovery.c does what acknowledgements and their absence
 * ask for.
 */
#ifndef VC_NODE_LINK_SESSION_H
#define VC_NODE_LINK_SESSION_H

#include "node/link/congestion.h"
#include "node/link/flight.h"
#include "node/link/link.h"
#include "node/link/ranges.h"
#include "node/link/reordering.h"
#include "node/link/rtt.h"

/* What one finished handshake gives. */
struct vc_link_keys {
    struct vc_packet_key send, recv;
    struct vc_cid send_cid, recv_cid;
    struct vc_session_tag tag;
    bool is_initiator;
    /* When it was begun by the other side, or confirmed to us: the place in one order of
     * such moments, by which a handshake that was overtaken is known. */
    uint64_t order;
};

enum vc_session_phase {
    VC_SESSION_FREE,
    VC_SESSION_UP,
    VC_SESSION_ENDED /* what arrived before its end is still taken out */
};

struct vc_session {
    enum vc_session_phase phase;
    uint32_t peer; /* the place of its peer */
    bool is_told;  /* UP was taken out */
    bool is_join;
    bool has_old_key;
    uint32_t invite;
    struct vc_key32 dev_dh; /* the static key that the peer proved */
    vc_err end_reason;

    struct vc_link_keys keys;
    struct vc_replay replay;
    struct vc_packet_key old_recv; /* the key before: only to receive */
    struct vc_cid old_recv_cid;
    struct vc_session_tag old_tag;
    struct vc_replay old_replay;
    vc_ms old_until;
    vc_ms key_at, data_at; /* beginning of the key, first stream data under it */
    vc_ms rekey_retry_at;

    /* Where the peer is.  An address is proved when he has acknowledged a packet that
     * went there; before, he gets no more bytes there than came from there. */
    struct vc_addr addr, proved_addr;
    bool is_proved, is_moved; /* is_moved: MOVED is to be told */
    bool has_proof;           /* a packet that went to addr was acknowledged just now */
    uint64_t moved_number;    /* packets from this number on went to addr */
    uint64_t unproved_in, unproved_out;
    /* Other places where he may be while he is silent: the next packets go there. */
    struct vc_addr elsewhere[VC_LINK_ELSEWHERE_MAX];
    uint8_t elsewhere_count;

    /* Sending. */
    uint64_t next_number;
    struct vc_flight flight;
    struct vc_rtt rtt;
    struct vc_congestion congestion;
    struct vc_reordering reordering;
    struct vc_send_stream send[VC_LINK_STREAM_COUNT];
    uint64_t largest_acked;
    bool has_acked, wants_ping;
    uint8_t windows_due;  /* bit by stream: tell the peer his new limit */
    uint8_t full_streams; /* bit by stream: a send was refused */
    uint32_t backoff;     /* probe timeouts in a row */
    uint32_t probes;      /* packets that may be sent whatever the window says */
    vc_ms eliciting_at;   /* the last packet that wanted an answer */
    vc_ms probed_at;      /* the last probe timeout */
    vc_ms loss_at;

    /* Receiving. */
    struct vc_ranges received;
    struct vc_recv_stream recv[VC_LINK_STREAM_COUNT];
    uint32_t unacked; /* ack-eliciting packets that no ACK has told of */
    bool wants_ack;
    vc_ms ack_at;
    vc_ms newest_at; /* arrival of the highest number */

    /* Life. */
    vc_ms up_since, heard_at, active_at;
    vc_ms unanswered_since;
    bool is_silent;      /* unanswered for long enough to be told of */
    bool is_silent_told; /* and it was */
    uint32_t ping_jitter_ms, rekey_jitter_ms;
    vc_ms joining_until;
    uint64_t bytes_sent, bytes_received, packets_lost;
};

struct vc_session_begin {
    uint32_t peer; /* place */
    const struct vc_link_keys *keys;
    const struct vc_key32 *dev_dh;
    struct vc_addr addr;
    bool is_proved;
    bool is_join;
    uint32_t invite;
    bool has_rtt;
    vc_ms rtt_ms;
};

/* Begins a session; one that the peer had before ends (EXISTS).  The keys' recv_cid must
 * be drawn already.  Gives its place. */
uint32_t vc_session_begin(struct vc_link *link, vc_ms now,
                          const struct vc_session_begin *begin);
/* The session goes on under new keys; what was not acknowledged is sent again. */
void vc_session_rekey(struct vc_link *link, vc_ms now, uint32_t session,
                      const struct vc_link_keys *keys);

/* The session is over for the caller too: DOWN is told after what is left to read. */
void vc_session_end(struct vc_link *link, uint32_t session, vc_err reason);
/* The same, telling the peer why. */
void vc_session_break(struct vc_link *link, vc_ms now, uint32_t session,
                      enum vc_close_reason why, vc_err reason);
/* The owner ends it: the peer is told, the caller is not. */
void vc_session_close(struct vc_link *link, vc_ms now, uint32_t session);
/* Forgets a session at once. */
void vc_session_free(struct vc_link *link, uint32_t session);

/* It may have something to send. */
void vc_session_wake(struct vc_link *link, uint32_t session);
/* Something happened: when is it due next? */
void vc_session_rearm(struct vc_link *link, uint32_t session);
void vc_session_tick(struct vc_link *link, vc_ms now, uint32_t session);
/* A silent peer may be at these addresses. */
void vc_session_look_at(struct vc_link *link, vc_ms now, uint32_t session,
                        const struct vc_addr *addrs, size_t count);

/* And he has answered after all. */
void vc_session_is_heard(struct vc_link *link, uint32_t session);

/* May it take @count more chunks? */
bool vc_session_may_send(const struct vc_link *link, const struct vc_session *s,
                         uint32_t count);
bool vc_session_may_store(struct vc_link *link, uint32_t session, uint32_t count,
                          bool is_near);
/* Bytes beyond what was read that a stream of a peer may send: few while chunks are
 * short, so that what comes can be kept. */
uint64_t vc_session_window(const struct vc_link *link);
/* An object was taken out: chunks are free. */
void vc_session_was_read(struct vc_link *link, uint32_t session);

/* packet_in.c */

/* A datagram with a cid of this session. */
void vc_session_recv(struct vc_link *link, vc_ms now, uint32_t session,
                     const struct vc_addr *from, struct vc_bytes datagram);

struct vc_packet_in {
    const struct vc_addr *from;
    uint64_t number;
    struct vc_bytes plain;
    size_t datagram_len;
    bool is_old; /* under the key before */
};

/* The same, opened. */
void vc_session_take(struct vc_link *link, vc_ms now, uint32_t session,
                     const struct vc_packet_in *packet);

/* packet_out.c */

/* Makes the next packet in @out (VC_PACKET_MAX bytes); 0: there is none to send now. */
size_t vc_session_write(struct vc_link *link, vc_ms now, uint32_t session, uint8_t *out,
                        struct vc_addr *ret_to);
/* The last packet: a CLOSE. */
size_t vc_session_write_close(struct vc_link *link, vc_ms now, uint32_t session,
                              enum vc_close_reason why, uint8_t *out);

/* recovery.c */

/* An ACK frame arrived at @now, from @from.  false: it speaks of packets never sent. */
VC_NODISCARD bool vc_recovery_acked(struct vc_link *link, vc_ms now, uint32_t session,
                                    const struct vc_frames *frames);
/* Looks for packets that must be lost by now. */
void vc_recovery_look(struct vc_link *link, vc_ms now, uint32_t session);
/* Nothing came for too long: probes are due. */
void vc_recovery_probe(struct vc_link *link, vc_ms now, uint32_t session);
/* When the probe timeout ends, or VC_NEVER. */
vc_ms vc_recovery_pto_at(const struct vc_session *s);
/* All that is in flight is taken back and queued again, without blame. */
void vc_recovery_requeue(struct vc_link *link, uint32_t session);

#endif
