/*
 * Attempts: handshakes of our own, from msg1 to the first packet of the other side.
 *
 * An attempt has keys once msg2 has come; it becomes a session, or the session's new keys,
 * only when a packet under them has come back.  So UP is never told about somebody who
 * does not know us, and of two handshakes that meet one can be dropped unseen.
 */
#ifndef VC_NODE_LINK_ATTEMPT_H
#define VC_NODE_LINK_ATTEMPT_H

#include "node/link/session.h"

enum vc_attempt_phase {
    VC_ATTEMPT_HELLO,  /* msg1 is sent until msg2 comes */
    VC_ATTEMPT_CONFIRM /* msg3 is sent until a packet comes */
};

struct vc_attempt_addr {
    struct vc_addr addr;
    bool has_cookie;
    uint8_t cookie[VC_COOKIE_LEN];
};

struct vc_attempt {
    uint32_t peer; /* place */
    enum vc_attempt_phase phase;
    enum vc_handshake_kind kind;
    bool is_rekey;
    bool is_beside; /* the peer has a session, but is silent */
    bool is_in_doubt; /* does who has msg3 still know of it?  The next round starts over */
    struct vc_id16 secret; /* of the invite, for a join */
    struct vc_handshake hs;
    struct vc_attempt_addr addrs[VC_LINK_ADDRS_MAX];
    uint32_t addr_count;
    uint32_t wanted; /* bit by address: to be sent to in this turn */
    uint32_t round;  /* transmissions so far */
    vc_ms round_at;  /* the next one */
    vc_ms sent_at;
    vc_ms ends_at;

    /* From msg2 on. */
    struct vc_addr addr; /* where msg2 came from */
    bool is_proved;      /* msg1 was sent there */
    bool has_rtt;
    vc_ms rtt_ms;
    uint64_t bytes_in, bytes_out; /* from and to addr, while it is not proved */
    struct vc_link_keys keys;
    struct vc_replay replay;
    uint8_t msg3[VC_HANDSHAKE_MAX];
    size_t msg3_len;
};

/* Begins an attempt for the peer at place @peer; he must not have one. */
VC_NODISCARD vc_err vc_attempt_begin(struct vc_link *link, vc_ms now, uint32_t peer,
                                     const struct vc_id16 *secret);
/* Begins one beside the session of a silent peer, in a moment: he may have started anew elsewhere,
 * where nobody knows that session.  It ends with it, without a word. */
void vc_attempt_begin_beside(struct vc_link *link, vc_ms now, uint32_t peer);
/* Begins one that renews the keys of the peer's session. */
void vc_attempt_begin_rekey(struct vc_link *link, vc_ms now, uint32_t peer);
/* Adds addresses that it does not have yet, as many as there is room for.  If msg3 went to
 * another one and was not answered at once, it starts over. */
void vc_attempt_add_addrs(struct vc_link *link, vc_ms now, uint32_t attempt,
                          const struct vc_addr *addrs, size_t count);
/* The peer's keys changed: starts over with the same addresses. */
void vc_attempt_restart(struct vc_link *link, uint32_t attempt);
/* Drops it without a word. */
void vc_attempt_free(struct vc_link *link, uint32_t attempt);

/* Has it sent msg3, so that the other side may have taken it? */
bool vc_attempt_is_decided(const struct vc_attempt *attempt);
/* Such a one has won against one of the peer's own, which came from @addr.  He may have begun that
 * because he has started anew since his msg2: when msg3 is not answered at once, it starts over. */
void vc_attempt_outran(struct vc_link *link, vc_ms now, uint32_t attempt,
                       const struct vc_addr *addr);

void vc_attempt_recv(struct vc_link *link, vc_ms now, uint32_t attempt,
                     const struct vc_addr *from, struct vc_bytes datagram);
void vc_attempt_tick(struct vc_link *link, vc_ms now, uint32_t attempt);
/* Makes the next datagram in @out; 0: there is none to send now. */
size_t vc_attempt_write(struct vc_link *link, vc_ms now, uint32_t attempt, uint8_t *out,
                        struct vc_addr *ret_to);

#endif
