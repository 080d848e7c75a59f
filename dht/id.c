#include "dht/id.h"

#include <string.h>

/* Which bits of an address the id is bound to: BEP 42. */
static const uint8_t mask_ipv4[4] = {0x03, 0x0f, 0x3f, 0xff};
static const uint8_t mask_ipv6[8] = {0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff};

static uint64_t be64(const uint8_t bytes[8])
{
    struct vc_reader r = vc_reader((struct vc_bytes){bytes, 8});

    return vc_read_be64(&r);
}

uint64_t vc_dht_node_id(const struct vc_addr *addr, const struct vc_key32 *key,
                        bool is_bound)
{
    const uint8_t *mask = addr->family == 4 ? mask_ipv4 : mask_ipv6;
    uint8_t masked_len = addr->family == 4 ? sizeof mask_ipv4 : sizeof mask_ipv6;
    uint8_t bound[sizeof mask_ipv6 + 1];
    uint8_t hash[32];
    uint8_t id[8];

    vc_hash(hash, sizeof hash, "dht id key", NULL, VC_BYTES(key->b));
    memcpy(id, hash, sizeof id);
    if (!is_bound) {
        return be64(id);
    }
    for (uint8_t i = 0; i < masked_len; i++) {
        bound[i] = addr->ip[i] & mask[i];
    }
    bound[masked_len] = key->b[0] & 7;
    memmove(id + 3, id, 5);
    vc_hash(hash, sizeof hash, "dht id ip", NULL,
            (struct vc_bytes){bound, masked_len + 1u});
    memcpy(id, hash, 3);
    return be64(id);
}

uint64_t vc_dht_place_id(const struct vc_hash32 *place)
{
    return be64(place->b);
}

uint64_t vc_dht_id_in_bucket(struct vc_rng *rng, uint64_t own, unsigned bucket)
{
    unsigned shift = 62 - 2 * (bucket / 3);
    uint64_t bits;

    if (bucket == VC_DHT_BUCKETS) {
        return own;
    }
    vc_rng_draw(rng, &bits, sizeof bits);
    bits &= (UINT64_C(1) << shift) - 1;
    return own ^ ((uint64_t)(3 - bucket % 3) << shift) ^ bits;
}
