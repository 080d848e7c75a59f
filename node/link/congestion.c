/* RFC 9002, section 7 and appendix B: NewReno. */
#include "node/link/congestion.h"

#include "node/link/limits.h"

/* Section 7.2: ten datagrams, which are fewer than 14,720 bytes; and never fewer than two. */
#define INITIAL_WINDOW (UINT64_C(10) * VC_LINK_DATAGRAM_MAX)
#define MINIMUM_WINDOW (UINT64_C(2) * VC_LINK_DATAGRAM_MAX)

static void init(struct vc_congestion *congestion)
{
    *congestion =
        (struct vc_congestion){.window = INITIAL_WINDOW, .threshold = UINT64_MAX};
}

static bool is_in_recovery(const struct vc_congestion *congestion, vc_ms sent_at)
{
    return congestion->has_recovery && sent_at <= congestion->recovery_at;
}

static void acked(struct vc_congestion *congestion, uint64_t bytes, vc_ms sent_at,
                  bool is_limited)
{
    if (!is_limited || is_in_recovery(congestion, sent_at))
        return;
    if (congestion->window < congestion->threshold) {
        congestion->window += bytes;
        return;
    }
    congestion->credit += bytes;
    if (congestion->credit >= congestion->window) {
        congestion->credit -= congestion->window;
        congestion->window += VC_LINK_DATAGRAM_MAX;
    }
}

static bool lost(struct vc_congestion *congestion, vc_ms sent_at, vc_ms now)
{
    if (is_in_recovery(congestion, sent_at))
        return false;
    congestion->window_before = congestion->window;
    congestion->threshold_before = congestion->threshold;
    congestion->has_recovery = true;
    congestion->recovery_at = now;
    congestion->window /= 2;
    if (congestion->window < MINIMUM_WINDOW)
        congestion->window = MINIMUM_WINDOW;
    congestion->threshold = congestion->window;
    congestion->credit = 0;
    return true;
}

/* RFC 4015, section 3.2, without its pacing: what has been earned since is not lost either. */
static void was_not_lost(struct vc_congestion *congestion)
{
    if (congestion->window_before == 0)
        return;
    if (congestion->window < congestion->window_before)
        congestion->window = congestion->window_before;
    congestion->threshold = congestion->threshold_before;
    congestion->has_recovery = false;
    congestion->window_before = 0;
}

static void collapsed(struct vc_congestion *congestion)
{
    congestion->window = MINIMUM_WINDOW;
    congestion->window_before = 0;
    congestion->has_recovery = false;
    congestion->credit = 0;
}

/* Without pacing a window that was earned long ago would leave as one burst: RFC 9002,
 * section 7.7, wants that limited to the initial window. */
static void rested(struct vc_congestion *congestion)
{
    if (congestion->window > INITIAL_WINDOW)
        congestion->window = INITIAL_WINDOW;
    congestion->window_before = 0;
}

const struct vc_congestion_control vc_new_reno = {
    .name = "newreno",
    .init = init,
    .acked = acked,
    .lost = lost,
    .was_not_lost = was_not_lost,
    .collapsed = collapsed,
    .rested = rested,
};
