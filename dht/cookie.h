/*
 * Cookies: who echoes one has received at the address that he sends from.
 *
 * Cookie = keyed BLAKE2b-128 over address, port and a slot of five minutes; the present and the
 * last slot are good.  Nothing is kept for whoever gets one.  The key is random, made at init.
 */
#ifndef VC_DHT_COOKIE_H
#define VC_DHT_COOKIE_H

#include "dht/message.h"

void vc_dht_cookie_make(struct vc_dht_cookie *ret_cookie, const struct vc_secret32 *key,
                        vc_ms now, const struct vc_addr *addr);
VC_NODISCARD bool vc_dht_cookie_is_good(const struct vc_dht_cookie *cookie,
                                        const struct vc_secret32 *key, vc_ms now,
                                        const struct vc_addr *addr);

#endif
