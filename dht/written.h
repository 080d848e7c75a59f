/*
 * To which addresses we have written lately: those that a NAT before us lets in.
 *
 * A node that has been restarted has another key at the same address, so that the key of who
 * reaches us does not say that he is a stranger.  Two sets of bits, one for an address; the
 * older is cleared when the newer has been filled for VC_DHT_NAT_MS.  So nobody to whom we
 * wrote within that time is taken for a stranger; the more we write, the more strangers are
 * taken for somebody we wrote to: a quarter of them at 600 addresses in two such times.
 */
#ifndef VC_DHT_WRITTEN_H
#define VC_DHT_WRITTEN_H

#include "crypto/base/addr.h"
#include "crypto/prim.h"

#define VC_DHT_WRITTEN_BITS 2048

struct vc_dht_written {
    uint64_t bits[2][VC_DHT_WRITTEN_BITS / 64];
    uint8_t newer;
    vc_ms since; /* when the newer was begun */
    uint8_t key[16];
};

void vc_dht_written_init(struct vc_dht_written *written, vc_ms now, struct vc_rng *rng);
void vc_dht_written_note(struct vc_dht_written *written, vc_ms now,
                         const struct vc_addr *to);
/* False: we have not written to this address, whatever its port, for VC_DHT_NAT_MS. */
VC_NODISCARD bool vc_dht_written_has(const struct vc_dht_written *written,
                                     const struct vc_addr *addr);

#endif
