/* RFC 9002, sections 5.3, 6.1.2 and 6.2.1. */
#include "node/link/rtt.h"

#include "node/link/limits.h"

void vc_rtt_init(struct vc_rtt *rtt)
{
    *rtt = (struct vc_rtt){.smoothed_us = VC_LINK_INITIAL_RTT_US,
                           .variation_us = VC_LINK_INITIAL_RTT_US / 2};
}

void vc_rtt_sample(struct vc_rtt *rtt, vc_ms latest_ms, vc_ms delay_ms)
{
    uint64_t latest = latest_ms * 1000;
    rtt->latest_us = latest;
    if (!rtt->has_sample) {
        rtt->has_sample = true;
        rtt->minimum_us = latest;
        rtt->smoothed_us = latest;
        rtt->variation_us = latest / 2;
        return;
    }
    if (latest < rtt->minimum_us)
        rtt->minimum_us = latest;
    /* What a peer says about himself is believed up to what he may wait, and only as long
     * as the rest is possible. */
    uint64_t delay =
        (delay_ms < VC_LINK_ACK_DELAY_MS ? delay_ms : VC_LINK_ACK_DELAY_MS);
    delay *= 1000;
    if (latest >= rtt->minimum_us + delay)
        latest -= delay;
    uint64_t off = latest > rtt->smoothed_us ? latest - rtt->smoothed_us
                                             : rtt->smoothed_us - latest;
    rtt->variation_us = (3 * rtt->variation_us + off) / 4;
    rtt->smoothed_us = (7 * rtt->smoothed_us + latest) / 8;
}

static vc_ms rounded_up(uint64_t us)
{
    return (us + 999) / 1000;
}

vc_ms vc_rtt_pto_ms(const struct vc_rtt *rtt, uint32_t backoff)
{
    uint64_t spread = 4 * rtt->variation_us;
    if (spread < VC_LINK_GRANULARITY_US)
        spread = VC_LINK_GRANULARITY_US;
    vc_ms pto = rounded_up(rtt->smoothed_us + spread) + VC_LINK_ACK_DELAY_MS;
    for (; backoff > 0 && pto < VC_LINK_PTO_MAX_MS; backoff--)
        pto = pto * 2 < VC_LINK_PTO_MAX_MS ? pto * 2 : VC_LINK_PTO_MAX_MS;
    return pto;
}

vc_ms vc_rtt_loss_ms(const struct vc_rtt *rtt, uint32_t eighths)
{
    uint64_t longest =
        rtt->latest_us > rtt->smoothed_us ? rtt->latest_us : rtt->smoothed_us;
    /* One step more, because both instants are rounded to the step of the clock. */
    return rounded_up(longest + longest * eighths / 8) + VC_LINK_GRANULARITY_US / 1000;
}
