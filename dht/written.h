/*
 * Whom we have asked of late: who is none of them, and reaches us all the same, shows that
 * strangers can.
 *
 * A NAT or a firewall may let in what comes from an address to which something was sent, for
 * minutes.  Two Bloom filters ("Space/time trade-offs in hash coding with allowable errors",
 * 1970) of addresses without ports, taking turns, so that each is remembered for
 * VC_DHT_WRITTEN_MS at least and twice that at most.  It errs on one side only: somebody may
 * be taken for one to whom we have written, the more often the more there are (one in five
 * of 300).
 */
#ifndef VC_DHT_WRITTEN_H
#define VC_DHT_WRITTEN_H

#include "crypto/base/addr.h"
#include "crypto/prim.h"

#define VC_DHT_WRITTEN_BITS 1024

struct vc_dht_written {
    uint64_t bits[2][VC_DHT_WRITTEN_BITS / 64];
    uint8_t newer;
    vc_ms since; /* when the newer was begun */
    uint8_t key[16];
};

/* Draws the key of the hashes from @rng. */
void vc_dht_written_init(struct vc_dht_written *ret_written, vc_ms now,
                         struct vc_rng *rng);
/* Something is sent to @addr. */
void vc_dht_written_add(struct vc_dht_written *written, vc_ms now,
                        const struct vc_addr *addr);
/* Was something sent there of late? */
bool vc_dht_written_has(const struct vc_dht_written *written, vc_ms now,
                        const struct vc_addr *addr);

#endif
