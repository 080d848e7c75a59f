/*
 * Calls: requests of ours that wait for an answer, by transaction id.
 *
 * Three instants of a call: the hedge, when patience with it ends and its place is given to
 * another, though its answer still counts; the end, VC_DHT_GIVE_UP_MS after it was sent; and
 * the answer.  Nothing is sent twice.
 *
 * The hedge follows the round trips of all answers, late ones too: it is their 90th
 * percentile, estimated by stochastic approximation (Robbins, Monro: "A Stochastic
 * Approximation Method", 1951; for quantiles Tierney, 1983), with a step that is a share of the
 * estimate and stays so, as networks change.
 */
#ifndef VC_DHT_CALLS_H
#define VC_DHT_CALLS_H

#include "crypto/base/heap.h"
#include "crypto/base/map.h"
#include "crypto/base/pool.h"
#include "dht/datagram.h"
#include "dht/limits.h"

struct vc_dht_call {
    struct vc_dht_txid txid;
    struct vc_dht_contact to; /* key zeros: a hello, nobody knows yet */
    enum vc_dht_type type;
    bool is_hello;
    bool is_late;       /* the hedge has passed */
    bool is_second;     /* asked again with a cookie: a further PONG is a failure */
    bool is_for_cookie; /* what was sent is a PING, as @type needs a cookie */
    uint8_t key_turn;   /* which of our own keys it was sent under */
    uint16_t owner; /* what it was asked for: the caller's numbers, or VC_DHT_NOBODY */
    uint16_t slot;
    vc_ms sent_at;
};

struct vc_dht_calls {
    struct vc_dht_call *items;
    struct vc_pool pool;
    struct vc_heap timers;
    struct vc_map map; /* by txid */
    uint8_t map_key[16];
    uint32_t hedge_us; /* the estimate, so fine that small steps are not lost in it */
};

/* @capacity: 1 at least; 128 to 152 bytes each. */
size_t vc_dht_calls_footprint(uint32_t capacity);
/* @mem: zeroed, aligned for uint64_t.  Draws the key of the map from @rng. */
void vc_dht_calls_init(struct vc_dht_calls *calls, void *mem, uint32_t capacity,
                       struct vc_rng *rng);

/* How long patience with a call that is sent now lasts. */
static inline vc_ms vc_dht_calls_hedge_ms(const struct vc_dht_calls *calls)
{
    return (calls->hedge_us + 500) / 1000;
}

/* Notes a call that is sent now (@call: all but is_late and sent_at).  VC_ERR_FULL;
 * VC_ERR_EXISTS when its txid is that of an open call: draw another. */
VC_NODISCARD vc_err vc_dht_calls_add(struct vc_dht_calls *calls, vc_ms now,
                                     const struct vc_dht_call *call);
/* Would vc_dht_calls_add() find a place: is one free, or nobody's? */
bool vc_dht_calls_have_room(const struct vc_dht_calls *calls);
/* Gives up the call that has been late for longest, which makes room; false: none is late. */
VC_NODISCARD bool vc_dht_calls_give_up(struct vc_dht_calls *calls,
                                       struct vc_dht_call *ret_call);
/* The same without doing it. */
bool vc_dht_calls_have_late(const struct vc_dht_calls *calls);
/* Finds the call that an answer from @from may belong to; NULL when there is none or it was
 * asked elsewhere.  Borrowed until the next call that changes something. */
const struct vc_dht_call *vc_dht_calls_find(const struct vc_dht_calls *calls,
                                            const struct vc_dht_txid *txid,
                                            const struct vc_addr *from);
/* Its answer was authentic: learns the round trip, gives the call and forgets it.  The call must
 * be open: find it first. */
void vc_dht_calls_done(struct vc_dht_calls *calls, vc_ms now,
                       const struct vc_dht_txid *txid, struct vc_dht_call *ret_call);
/*
 * Nobody waits for the calls of an owner any more.  They stay open as nobody's: what answers
 * them, and what does not, still tells of nodes and of round trips.  (A lookup is over with the
 * quick answers: who learns from these alone takes the 75th to 85th percentile for the
 * 90th.)  They are never late, and make room where it is short.  Looks through all
 * places: there are some hundreds, and it is done once for a lookup.
 */
#define VC_DHT_NOBODY UINT16_MAX
void vc_dht_calls_disown(struct vc_dht_calls *calls, uint16_t owner);

enum vc_dht_overdue {
    VC_DHT_NONE_DUE,
    VC_DHT_LATE,    /* the hedge: it may still answer */
    VC_DHT_GIVEN_UP /* it is forgotten */
};
/* The next call that something is due of. */
enum vc_dht_overdue vc_dht_calls_take(struct vc_dht_calls *calls, vc_ms now,
                                      struct vc_dht_call *ret_call);
vc_ms vc_dht_calls_due(const struct vc_dht_calls *calls);

#endif
