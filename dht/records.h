/*
 * The records of others that this node holds.
 *
 * In memory, of a fixed number; one at a place; the highest seq wins, of two with equal seq
 * and other bytes the first stays.  Full means: what has expired, or nobody has refreshed for
 * VC_DHT_UNREFRESHED_MS, goes first, else what was farthest from us when it came, if that is
 * farther than the new one; else the new one is refused.  Limits are for new places: what
 * replaces a record that is held takes no more room, wherever it comes from.
 *
 * What is not timely (vc_dht_record_is_timely()) is as if it were not there: it is never given
 * out, anything replaces it, and no limit counts it.  So nothing that came while the date was
 * unknown stays for ever.
 *
 * dht/SPEC.md, "Records".
 */
#ifndef VC_DHT_RECORDS_H
#define VC_DHT_RECORDS_H

#include "crypto/base/heap.h"
#include "crypto/base/map.h"
#include "crypto/base/pool.h"
#include "dht/message.h"
#include "dht/record.h"

struct vc_dht_held {
    struct vc_hash32 place;
    uint64_t prefix; /* the network of who put the first record at this place */
    uint64_t seq;
    uint32_t expiry; /* seconds since 1970 */
    uint8_t bytes[VC_DHT_RECORD_LEN];
};

struct vc_dht_records {
    struct vc_dht_held *items;
    struct vc_pool pool;
    struct vc_map by_place;
    struct vc_map
        by_prefix; /* of each prefix as many as it has; not in private networks */
    struct vc_heap by_due;      /* when it is the first to go */
    struct vc_heap by_distance; /* the farthest first */
    uint8_t map_key[16];
    uint32_t capacity; /* 0: holds nothing, as a client */
    bool is_private;
};

size_t vc_dht_records_footprint(uint32_t capacity);
/* @mem: zeroed, aligned for uint64_t; not used for capacity 0. */
void vc_dht_records_init(struct vc_dht_records *records, void *mem, uint32_t capacity,
                         bool is_private, struct vc_rng *rng);

struct vc_dht_records_at {
    vc_ms now;       /* monotonic */
    vc_ms unix_ms;   /* 0: the date is not known */
    uint64_t prefix; /* the network of who asks: vc_dht_prefix_narrow() */
    uint64_t own;    /* our id in the family over which the request came */
    uint64_t reach;  /* the greatest distance from us at which a new place is taken */
};

/*
 * Keeps a record whose form was read (@record, from @bytes); checks date, region, limits and
 * signature, in this order, so that a refusal is cheap.  @ret_seq: of what is held then; 0:
 * nothing.
 * VC_ERR_MALFORMED: not timely or not signed: answer nothing.  Else VC_OK and @ret_hold says
 * what to answer.
 */
VC_NODISCARD vc_err vc_dht_records_put(struct vc_dht_records *records,
                                       const struct vc_dht_records_at *at,
                                       const struct vc_dht_record *record,
                                       struct vc_bytes bytes,
                                       enum vc_dht_hold *ret_hold, uint64_t *ret_seq);

/* Its owner asks: YES (and it counts as refreshed), NEWER, or NO. */
enum vc_dht_hold vc_dht_records_refresh(struct vc_dht_records *records,
                                        const struct vc_dht_records_at *at,
                                        const struct vc_hash32 *place, uint64_t seq,
                                        uint64_t *ret_seq);

/* The record at @place, borrowed until the next put; empty when none is held. */
struct vc_bytes vc_dht_records_get(const struct vc_dht_records *records,
                                   const struct vc_dht_records_at *at,
                                   const struct vc_hash32 *place);

uint32_t vc_dht_records_count(const struct vc_dht_records *records);

#endif
