/*
 * How long an answer takes: the round trip's estimate and what follows from it.
 *
 * RFC 9002, section 5 and 6.  In microseconds, because the clock's step of a millisecond
 * is too coarse for averages; what comes out is in milliseconds again, rounded up.
 */
#ifndef VC_NODE_LINK_RTT_H
#define VC_NODE_LINK_RTT_H

#include "crypto/base/base.h"

struct vc_rtt {
    uint64_t smoothed_us, variation_us, latest_us, minimum_us;
    bool has_sample;
};

void vc_rtt_init(struct vc_rtt *rtt);

/* An answer came after @latest_ms, of which the peer says that he waited @delay_ms. */
void vc_rtt_sample(struct vc_rtt *rtt, vc_ms latest_ms, vc_ms delay_ms);

/* The probe timeout, with @backoff doublings up to a limit. */
vc_ms vc_rtt_pto_ms(const struct vc_rtt *rtt, uint32_t backoff);

/* A packet that is so much older than one acknowledged after it is lost: a round trip and @eighths
 * of one. */
vc_ms vc_rtt_loss_ms(const struct vc_rtt *rtt, uint32_t eighths);

#endif
