#include "tests/sim/dht_crypto.h"

#include <string.h>

#include "crypto/blind.h"
#include "tests/sim/dht_world.h"

bool sim_dht_crypto_is_fake;

__typeof__(vc_dh_public) __real_vc_dh_public, __wrap_vc_dh_public;

void __wrap_vc_dh_public(struct vc_key32 *ret_public, const struct vc_secret32 *secret)
{
    if (!sim_dht_crypto_is_fake) {
        __real_vc_dh_public(ret_public, secret);
        return;
    }
    vc_hash(ret_public->b, sizeof ret_public->b, "sim public", NULL,
            VC_BYTES(secret->b));
    /* Who grinds takes keys until one fits; here the first does. */
    if (sim_dht_running != NULL && sim_dht_running->key_bits != 0) {
        ret_public->b[0] =
            (uint8_t)((ret_public->b[0] & ~7u) | (sim_dht_running->key_bits & 7));
    }
}

__typeof__(vc_dh) __real_vc_dh, __wrap_vc_dh;

bool __wrap_vc_dh(struct vc_secret32 *ret_shared, const struct vc_secret32 *secret,
                  const struct vc_key32 *public_key)
{
    struct vc_key32 own;
    bool is_first;
    struct vc_bytes parts[2];

    if (!sim_dht_crypto_is_fake) {
        return __real_vc_dh(ret_shared, secret, public_key);
    }
    __wrap_vc_dh_public(&own, secret);
    is_first = memcmp(own.b, public_key->b, sizeof own.b) < 0;
    parts[is_first ? 0 : 1] = VC_BYTES(own.b);
    parts[is_first ? 1 : 0] = VC_BYTES(public_key->b);
    vc_hash_parts(ret_shared->b, sizeof ret_shared->b, "sim shared", NULL, parts, 2);
    return true;
}

static void fake_sign(struct vc_sig *ret_sig, const struct vc_key32 *public_key,
                      struct vc_bytes message)
{
    const struct vc_bytes parts[] = {VC_BYTES(public_key->b), message};

    vc_hash_parts(ret_sig->b, sizeof ret_sig->b, "sim signature", NULL, parts, 2);
}

__typeof__(vc_blinded_sign) __real_vc_blinded_sign, __wrap_vc_blinded_sign;

void __wrap_vc_blinded_sign(struct vc_sig *ret_sig, const struct vc_blinded *key,
                            struct vc_bytes message)
{
    if (sim_dht_crypto_is_fake) {
        fake_sign(ret_sig, &key->public_key, message);
    } else {
        __real_vc_blinded_sign(ret_sig, key, message);
    }
}

__typeof__(vc_sign_verify) __real_vc_sign_verify, __wrap_vc_sign_verify;

bool __wrap_vc_sign_verify(const struct vc_sig *sig, const struct vc_key32 *public_key,
                           struct vc_bytes message)
{
    struct vc_sig expected;

    if (!sim_dht_crypto_is_fake) {
        return __real_vc_sign_verify(sig, public_key, message);
    }
    fake_sign(&expected, public_key, message);
    return vc_equal(expected.b, sig->b, sizeof expected.b);
}
