#include "dht/written.h"

#include <string.h>

#include "dht/limits.h"

void vc_dht_written_init(struct vc_dht_written *written, vc_ms now, struct vc_rng *rng)
{
    memset(written, 0, sizeof *written);
    written->since = now;
    vc_rng_draw(rng, written->key, sizeof written->key);
}

static uint32_t bit_of(const struct vc_dht_written *written, const struct vc_addr *addr)
{
    return (uint32_t)(vc_siphash(written->key, VC_BYTES(addr->ip)) %
                      VC_DHT_WRITTEN_BITS);
}

void vc_dht_written_note(struct vc_dht_written *written, vc_ms now,
                         const struct vc_addr *to)
{
    uint32_t bit = bit_of(written, to);

    if (now >= vc_ms_after(written->since, VC_DHT_NAT_MS)) {
        written->newer = 1 - written->newer;
        memset(written->bits[written->newer], 0, sizeof written->bits[0]);
        written->since = now;
    }
    written->bits[written->newer][bit / 64] |= UINT64_C(1) << bit % 64;
}

bool vc_dht_written_has(const struct vc_dht_written *written,
                        const struct vc_addr *addr)
{
    uint32_t bit = bit_of(written, addr);

    return ((written->bits[0][bit / 64] | written->bits[1][bit / 64]) >> bit % 64 &
            1) != 0;
}
