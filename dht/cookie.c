/* dht/SPEC.md, "Answers", the cookie. */
#include "dht/cookie.h"

static void make(struct vc_dht_cookie *ret_cookie, const struct vc_secret32 *key,
                 uint64_t slot, const struct vc_addr *addr)
{
    uint8_t bytes[VC_ADDR_ENCODED_MAX + 8];
    struct vc_writer w = vc_writer(bytes, sizeof bytes);

    vc_addr_write(&w, addr);
    vc_write_u64(&w, slot);
    vc_hash(ret_cookie->b, sizeof ret_cookie->b, "dht cookie", key,
            vc_writer_bytes(&w));
}

void vc_dht_cookie_make(struct vc_dht_cookie *ret_cookie, const struct vc_secret32 *key,
                        vc_ms now, const struct vc_addr *addr)
{
    make(ret_cookie, key, now / VC_DHT_COOKIE_SLOT_MS, addr);
}

bool vc_dht_cookie_is_good(const struct vc_dht_cookie *cookie,
                           const struct vc_secret32 *key, vc_ms now,
                           const struct vc_addr *addr)
{
    uint64_t slot = now / VC_DHT_COOKIE_SLOT_MS;

    for (uint64_t back = 0; back <= 1 && back <= slot; back++) {
        struct vc_dht_cookie good;

        make(&good, key, slot - back, addr);
        if (vc_equal(&good, cookie, sizeof good)) {
            return true;
        }
    }
    return false;
}
