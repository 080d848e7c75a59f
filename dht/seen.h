/*
 * Which requests have been answered already, so that a copy gets nothing.
 *
 * Two sets of keyed 64-bit hashes of asker and transaction id; the older is dropped when
 * the newer holds half of the capacity or is two cookie slots old.  So a copy is known for
 * ten minutes at least while fewer than half the capacity come in that time; a copy that
 * comes later has a cookie no more.
 */
#ifndef VC_DHT_SEEN_H
#define VC_DHT_SEEN_H

#include "dht/datagram.h"

struct vc_dht_seen {
    uint64_t *slots[2]; /* open addressing; 0: free */
    uint32_t mask;
    uint32_t half;  /* the most that one set takes */
    uint32_t count; /* in the newer set */
    uint8_t newer;
    vc_ms since; /* when the newer set was begun */
    uint8_t key[16];
};

#define VC_DHT_SEEN_MAX (1u << 30)

/* @capacity: 2..VC_DHT_SEEN_MAX; 12 to 24 bytes each. */
size_t vc_dht_seen_footprint(uint32_t capacity);
/* @mem: zeroed, aligned for uint64_t.  Draws the key of the hashes from @rng. */
void vc_dht_seen_init(struct vc_dht_seen *seen, void *mem, uint32_t capacity,
                      struct vc_rng *rng);
/* Notes a request; false when it was seen before. */
VC_NODISCARD bool vc_dht_seen_add(struct vc_dht_seen *seen, vc_ms now,
                                  const struct vc_key32 *asker,
                                  const struct vc_dht_txid *txid);

#endif
