/*
 * Packets that overtake each other.
 *
 * A packet is taken for lost when later ones are acknowledged.  On a path that delays each as it
 * likes that is too early, and the window would be halved again and again for nothing.  So the last
 * that were taken for lost are remembered: when one is acknowledged after all, more patience is had
 * from then on (RFC 9002, section 6.1, allows it), and when all were for which the window was
 * halved, it is given back (after RFC 4015).  It belongs to one path and one key.
 */
#ifndef VC_NODE_LINK_REORDERING_H
#define VC_NODE_LINK_REORDERING_H

#include "node/link/frames.h"
#include "node/link/limits.h"

struct vc_reordering {
    uint32_t packets; /* lost: so many numbers below one that was acknowledged, */
    uint32_t eighths; /* or so many eighths of a round trip later than that */
    uint64_t lost[VC_LINK_LOST_REMEMBERED]; /* 1 + number; 0: none */
    uint32_t next;                          /* the place of the next one */
    /* The window was halved for packets from this number on; UINT64_MAX: it was not. */
    uint64_t halved_for;
};

void vc_reordering_init(struct vc_reordering *reordering);

/* Packet @number is taken for lost. */
void vc_reordering_lost(struct vc_reordering *reordering, uint64_t number);

/* And the window was halved for those from @first to @last, and for what is lost of the same window
 * later.  More than are remembered have not all come, as far as is known. */
void vc_reordering_halved(struct vc_reordering *reordering, uint64_t first, uint64_t last);

/* An acknowledgement has come.  True: the window was halved for nothing. */
VC_NODISCARD bool vc_reordering_acked(struct vc_reordering *reordering,
                                      const struct vc_ranges *ack);

#endif
