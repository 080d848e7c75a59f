/*
 * Congestion control: how many bytes may be in flight.
 *
 * An instance is a struct of functions over a small state, so that another one can stand
 * beside the first without the callers knowing.
 */
#ifndef VC_NODE_LINK_CONGESTION_H
#define VC_NODE_LINK_CONGESTION_H

#include "crypto/base/base.h"

struct vc_congestion {
    uint64_t window;    /* bytes that may be in flight */
    uint64_t threshold; /* slow start ends here */
    uint64_t credit;    /* bytes acknowledged towards the next growth */
    vc_ms recovery_at;  /* start of the present recovery period */
    bool has_recovery;
    uint64_t window_before, threshold_before; /* that; 0: it is not given back */
};

struct vc_congestion_control {
    const char *name;
    void (*init)(struct vc_congestion *congestion);
    /* @bytes of a packet sent at @sent_at were acknowledged; @is_limited: the window was
     * what held the sender back. */
    void (*acked)(struct vc_congestion *congestion, uint64_t bytes, vc_ms sent_at,
                  bool is_limited);
    /* Packets were lost, the last of them sent at @sent_at.  True: the window was made smaller
     * for it. */
    bool (*lost)(struct vc_congestion *congestion, vc_ms sent_at, vc_ms now);
    /* They were not, and the window is given back. */
    void (*was_not_lost)(struct vc_congestion *congestion);
    /* Nothing at all came through for a long time. */
    void (*collapsed)(struct vc_congestion *congestion);
    /* Nothing was in flight for a long time. */
    void (*rested)(struct vc_congestion *congestion);
};

/* RFC 9002, section 7 and appendix B. */
extern const struct vc_congestion_control vc_new_reno;

#endif
