/*
 * Half-open places: handshakes of others, from msg1 to msg3.
 *
 * Nothing is kept and no DH is done for who does not know a key of ours; while many places
 * are taken, a cookie is demanded first; when all are taken, the oldest gives way, so that
 * who answers quickly gets in even then.
 */
#ifndef VC_NODE_LINK_HALF_OPEN_H
#define VC_NODE_LINK_HALF_OPEN_H

#include "node/link/session.h"

struct vc_half_open {
    struct vc_handshake hs;
    uint64_t msg1_id; /* keyed hash of msg1's ephemeral */
    uint64_t order;
    struct vc_addr addr; /* where msg2 went last */
    vc_ms created_at, replied_at;
    uint32_t replies;
    uint32_t invite; /* JOIN: which one */
    uint32_t prefix; /* bucket of the address that made it */
    uint8_t msg2[VC_HANDSHAKE_MAX];
    size_t msg2_len;
};

/* Buckets in which places are counted by address; two addresses may share one. */
#define VC_HALF_OPEN_BUCKETS 256

/* A datagram with an unknown cid: a msg1, if one of our masks opens it. */
void vc_half_open_hello(struct vc_link *link, vc_ms now, const struct vc_addr *from,
                        struct vc_bytes datagram);
/* A datagram with the cid of a place: msg3. */
void vc_half_open_recv(struct vc_link *link, vc_ms now, uint32_t half_open,
                       const struct vc_addr *from, struct vc_bytes datagram);
/* Lets the places go whose time is over. */
void vc_half_open_tick(struct vc_link *link, vc_ms now);
void vc_half_open_free(struct vc_link *link, uint32_t half_open);

#endif
