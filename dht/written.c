#include "dht/written.h"

#include <string.h>

#include "dht/limits.h"

void vc_dht_written_init(struct vc_dht_written *ret_written, vc_ms now,
                         struct vc_rng *rng)
{
    *ret_written = (struct vc_dht_written){.since = now};
    vc_rng_draw(rng, ret_written->key, sizeof ret_written->key);
}

/* The two bits of an address. */
struct mark {
    uint32_t bits[2];
};

static struct mark mark_of(const struct vc_dht_written *written,
                           const struct vc_addr *addr)
{
    uint64_t hash = vc_siphash(written->key, VC_BYTES(addr->ip));

    return (struct mark){{(uint32_t)(hash % VC_DHT_WRITTEN_BITS),
                          (uint32_t)((hash >> 32) % VC_DHT_WRITTEN_BITS)}};
}

static bool is_set(const uint64_t *bits, uint32_t bit)
{
    return (bits[bit / 64] >> bit % 64 & 1) != 0;
}

void vc_dht_written_add(struct vc_dht_written *written, vc_ms now,
                        const struct vc_addr *addr)
{
    struct mark mark = mark_of(written, addr);

    if (now >= written->since + 2 * VC_DHT_WRITTEN_MS) {
        memset(written->bits, 0, sizeof written->bits);
        written->since = now;
    } else if (now >= written->since + VC_DHT_WRITTEN_MS) {
        written->newer ^= 1;
        memset(written->bits[written->newer], 0, sizeof written->bits[0]);
        written->since += VC_DHT_WRITTEN_MS;
    }
    for (int i = 0; i < 2; i++) {
        written->bits[written->newer][mark.bits[i] / 64] |= UINT64_C(1)
                                                            << mark.bits[i] % 64;
    }
}

bool vc_dht_written_has(const struct vc_dht_written *written, vc_ms now,
                        const struct vc_addr *addr)
{
    struct mark mark = mark_of(written, addr);
    vc_ms age = now - written->since;

    for (unsigned set = 0; set < 2; set++) {
        const uint64_t *bits = written->bits[set];
        vc_ms life = set == written->newer ? 2 * VC_DHT_WRITTEN_MS : VC_DHT_WRITTEN_MS;

        if (age < life && is_set(bits, mark.bits[0]) && is_set(bits, mark.bits[1])) {
            return true;
        }
    }
    return false;
}
