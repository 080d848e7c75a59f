/*
 * Every call of the library goes through a wrapper (linker option --wrap) that spoils
 * its answer when the test says so: each spoilt primitive must be noticed.
 */
#include "crypto/selftest.h"

#include <sodium.h>
#include <string.h>

#include "crypto/prim.h"
#include "tests/support/test.h"

enum spoilt {
    NOTHING,
    BLAKE2B,
    SHA256,
    SHA512,
    SIPHASH,
    DH,
    DH_LOW_ORDER,
    DH_BASE,
    KEYPAIR,
    SIGN,
    VERIFY,
    POINT,
    SCALAR_REDUCE,
    SCALAR_ADD,
    SCALAR_MUL,
    POINT_MUL,
    POINT_MUL_BASE,
    SEAL,
    OPEN,
    XSEAL,
    XOPEN,
    XCHACHA,
    CHACHA,
    DRAW,
    SPOILT_COUNT
};

static enum spoilt spoilt;

#define REAL(name) __real_##name
#define WRAP(name) __wrap_##name

int REAL(crypto_generichash_blake2b_final)(crypto_generichash_blake2b_state *state,
                                           unsigned char *out, const size_t len);
int WRAP(crypto_generichash_blake2b_final)(crypto_generichash_blake2b_state *state,
                                           unsigned char *out, const size_t len);
int WRAP(crypto_generichash_blake2b_final)(crypto_generichash_blake2b_state *state,
                                           unsigned char *out, const size_t len)
{
    int result = REAL(crypto_generichash_blake2b_final)(state, out, len);
    out[len - 1] ^= spoilt == BLAKE2B;
    return result;
}

int REAL(crypto_hash_sha256_final)(crypto_hash_sha256_state *state, unsigned char *out);
int WRAP(crypto_hash_sha256_final)(crypto_hash_sha256_state *state, unsigned char *out);
int WRAP(crypto_hash_sha256_final)(crypto_hash_sha256_state *state, unsigned char *out)
{
    int result = REAL(crypto_hash_sha256_final)(state, out);
    out[31] ^= spoilt == SHA256;
    return result;
}

int REAL(crypto_hash_sha512_final)(crypto_hash_sha512_state *state, unsigned char *out);
int WRAP(crypto_hash_sha512_final)(crypto_hash_sha512_state *state, unsigned char *out);
int WRAP(crypto_hash_sha512_final)(crypto_hash_sha512_state *state, unsigned char *out)
{
    int result = REAL(crypto_hash_sha512_final)(state, out);
    out[63] ^= spoilt == SHA512;
    return result;
}

int REAL(crypto_shorthash)(unsigned char *out, const unsigned char *in,
                           unsigned long long len, const unsigned char *key);
int WRAP(crypto_shorthash)(unsigned char *out, const unsigned char *in,
                           unsigned long long len, const unsigned char *key);
int WRAP(crypto_shorthash)(unsigned char *out, const unsigned char *in,
                           unsigned long long len, const unsigned char *key)
{
    int result = REAL(crypto_shorthash)(out, in, len, key);
    out[7] ^= spoilt == SIPHASH;
    return result;
}

int REAL(crypto_scalarmult)(unsigned char *q, const unsigned char *n,
                            const unsigned char *p);
int WRAP(crypto_scalarmult)(unsigned char *q, const unsigned char *n,
                            const unsigned char *p);
int WRAP(crypto_scalarmult)(unsigned char *q, const unsigned char *n,
                            const unsigned char *p)
{
    int result = REAL(crypto_scalarmult)(q, n, p);
    q[31] ^= spoilt == DH;
    return spoilt == DH_LOW_ORDER ? 0 : result;
}

int REAL(crypto_scalarmult_base)(unsigned char *q, const unsigned char *n);
int WRAP(crypto_scalarmult_base)(unsigned char *q, const unsigned char *n);
int WRAP(crypto_scalarmult_base)(unsigned char *q, const unsigned char *n)
{
    int result = REAL(crypto_scalarmult_base)(q, n);
    q[0] ^= spoilt == DH_BASE;
    return result;
}

int REAL(crypto_sign_seed_keypair)(unsigned char *pk, unsigned char *sk,
                                   const unsigned char *seed);
int WRAP(crypto_sign_seed_keypair)(unsigned char *pk, unsigned char *sk,
                                   const unsigned char *seed);
int WRAP(crypto_sign_seed_keypair)(unsigned char *pk, unsigned char *sk,
                                   const unsigned char *seed)
{
    int result = REAL(crypto_sign_seed_keypair)(pk, sk, seed);
    pk[31] ^= spoilt == KEYPAIR;
    return result;
}

int REAL(crypto_sign_detached)(unsigned char *sig, unsigned long long *sig_len,
                               const unsigned char *m, unsigned long long m_len,
                               const unsigned char *sk);
int WRAP(crypto_sign_detached)(unsigned char *sig, unsigned long long *sig_len,
                               const unsigned char *m, unsigned long long m_len,
                               const unsigned char *sk);
int WRAP(crypto_sign_detached)(unsigned char *sig, unsigned long long *sig_len,
                               const unsigned char *m, unsigned long long m_len,
                               const unsigned char *sk)
{
    int result = REAL(crypto_sign_detached)(sig, sig_len, m, m_len, sk);
    sig[63] ^= spoilt == SIGN;
    return result;
}

int REAL(crypto_sign_verify_detached)(const unsigned char *sig, const unsigned char *m,
                                      unsigned long long m_len,
                                      const unsigned char *pk);
int WRAP(crypto_sign_verify_detached)(const unsigned char *sig, const unsigned char *m,
                                      unsigned long long m_len,
                                      const unsigned char *pk);
int WRAP(crypto_sign_verify_detached)(const unsigned char *sig, const unsigned char *m,
                                      unsigned long long m_len, const unsigned char *pk)
{
    int result = REAL(crypto_sign_verify_detached)(sig, m, m_len, pk);
    return spoilt == VERIFY ? 0 : result;
}

/* What the library did before it was mended: a point of twice the order passes. */
int REAL(crypto_core_ed25519_is_valid_point)(const unsigned char *p);
int WRAP(crypto_core_ed25519_is_valid_point)(const unsigned char *p);
int WRAP(crypto_core_ed25519_is_valid_point)(const unsigned char *p)
{
    static const unsigned char mixed[2] = {0x95, 0x99};
    int result = REAL(crypto_core_ed25519_is_valid_point)(p);
    return spoilt == POINT && memcmp(p, mixed, sizeof(mixed)) == 0 ? 1 : result;
}

void REAL(crypto_core_ed25519_scalar_reduce)(unsigned char *r, const unsigned char *s);
void WRAP(crypto_core_ed25519_scalar_reduce)(unsigned char *r, const unsigned char *s);
void WRAP(crypto_core_ed25519_scalar_reduce)(unsigned char *r, const unsigned char *s)
{
    REAL(crypto_core_ed25519_scalar_reduce)(r, s);
    r[0] ^= spoilt == SCALAR_REDUCE;
}

void REAL(crypto_core_ed25519_scalar_add)(unsigned char *z, const unsigned char *x,
                                          const unsigned char *y);
void WRAP(crypto_core_ed25519_scalar_add)(unsigned char *z, const unsigned char *x,
                                          const unsigned char *y);
void WRAP(crypto_core_ed25519_scalar_add)(unsigned char *z, const unsigned char *x,
                                          const unsigned char *y)
{
    REAL(crypto_core_ed25519_scalar_add)(z, x, y);
    z[0] ^= spoilt == SCALAR_ADD;
}

void REAL(crypto_core_ed25519_scalar_mul)(unsigned char *z, const unsigned char *x,
                                          const unsigned char *y);
void WRAP(crypto_core_ed25519_scalar_mul)(unsigned char *z, const unsigned char *x,
                                          const unsigned char *y);
void WRAP(crypto_core_ed25519_scalar_mul)(unsigned char *z, const unsigned char *x,
                                          const unsigned char *y)
{
    REAL(crypto_core_ed25519_scalar_mul)(z, x, y);
    z[0] ^= spoilt == SCALAR_MUL;
}

int REAL(crypto_scalarmult_ed25519_noclamp)(unsigned char *q, const unsigned char *n,
                                            const unsigned char *p);
int WRAP(crypto_scalarmult_ed25519_noclamp)(unsigned char *q, const unsigned char *n,
                                            const unsigned char *p);
int WRAP(crypto_scalarmult_ed25519_noclamp)(unsigned char *q, const unsigned char *n,
                                            const unsigned char *p)
{
    int result = REAL(crypto_scalarmult_ed25519_noclamp)(q, n, p);
    q[31] ^= spoilt == POINT_MUL;
    return result;
}

int REAL(crypto_scalarmult_ed25519_base_noclamp)(unsigned char *q,
                                                 const unsigned char *n);
int WRAP(crypto_scalarmult_ed25519_base_noclamp)(unsigned char *q,
                                                 const unsigned char *n);
int WRAP(crypto_scalarmult_ed25519_base_noclamp)(unsigned char *q,
                                                 const unsigned char *n)
{
    int result = REAL(crypto_scalarmult_ed25519_base_noclamp)(q, n);
    q[31] ^= spoilt == POINT_MUL_BASE;
    return result;
}

int REAL(crypto_aead_chacha20poly1305_ietf_encrypt)(
    unsigned char *c, unsigned long long *c_len, const unsigned char *m,
    unsigned long long m_len, const unsigned char *ad, unsigned long long ad_len,
    const unsigned char *nsec, const unsigned char *npub, const unsigned char *k);
int WRAP(crypto_aead_chacha20poly1305_ietf_encrypt)(
    unsigned char *c, unsigned long long *c_len, const unsigned char *m,
    unsigned long long m_len, const unsigned char *ad, unsigned long long ad_len,
    const unsigned char *nsec, const unsigned char *npub, const unsigned char *k);
int WRAP(crypto_aead_chacha20poly1305_ietf_encrypt)(
    unsigned char *c, unsigned long long *c_len, const unsigned char *m,
    unsigned long long m_len, const unsigned char *ad, unsigned long long ad_len,
    const unsigned char *nsec, const unsigned char *npub, const unsigned char *k)
{
    int result = REAL(crypto_aead_chacha20poly1305_ietf_encrypt)(c, c_len, m, m_len, ad,
                                                                 ad_len, nsec, npub, k);
    c[m_len] ^= spoilt == SEAL;
    return result;
}

int REAL(crypto_aead_chacha20poly1305_ietf_decrypt)(
    unsigned char *m, unsigned long long *m_len, unsigned char *nsec,
    const unsigned char *c, unsigned long long c_len, const unsigned char *ad,
    unsigned long long ad_len, const unsigned char *npub, const unsigned char *k);
int WRAP(crypto_aead_chacha20poly1305_ietf_decrypt)(
    unsigned char *m, unsigned long long *m_len, unsigned char *nsec,
    const unsigned char *c, unsigned long long c_len, const unsigned char *ad,
    unsigned long long ad_len, const unsigned char *npub, const unsigned char *k);
int WRAP(crypto_aead_chacha20poly1305_ietf_decrypt)(
    unsigned char *m, unsigned long long *m_len, unsigned char *nsec,
    const unsigned char *c, unsigned long long c_len, const unsigned char *ad,
    unsigned long long ad_len, const unsigned char *npub, const unsigned char *k)
{
    int result = REAL(crypto_aead_chacha20poly1305_ietf_decrypt)(
        m, m_len, nsec, c, c_len, ad, ad_len, npub, k);
    return spoilt == OPEN ? 0 : result;
}

int REAL(crypto_aead_xchacha20poly1305_ietf_encrypt)(
    unsigned char *c, unsigned long long *c_len, const unsigned char *m,
    unsigned long long m_len, const unsigned char *ad, unsigned long long ad_len,
    const unsigned char *nsec, const unsigned char *npub, const unsigned char *k);
int WRAP(crypto_aead_xchacha20poly1305_ietf_encrypt)(
    unsigned char *c, unsigned long long *c_len, const unsigned char *m,
    unsigned long long m_len, const unsigned char *ad, unsigned long long ad_len,
    const unsigned char *nsec, const unsigned char *npub, const unsigned char *k);
int WRAP(crypto_aead_xchacha20poly1305_ietf_encrypt)(
    unsigned char *c, unsigned long long *c_len, const unsigned char *m,
    unsigned long long m_len, const unsigned char *ad, unsigned long long ad_len,
    const unsigned char *nsec, const unsigned char *npub, const unsigned char *k)
{
    int result = REAL(crypto_aead_xchacha20poly1305_ietf_encrypt)(
        c, c_len, m, m_len, ad, ad_len, nsec, npub, k);
    c[m_len] ^= spoilt == XSEAL;
    return result;
}

int REAL(crypto_aead_xchacha20poly1305_ietf_decrypt)(
    unsigned char *m, unsigned long long *m_len, unsigned char *nsec,
    const unsigned char *c, unsigned long long c_len, const unsigned char *ad,
    unsigned long long ad_len, const unsigned char *npub, const unsigned char *k);
int WRAP(crypto_aead_xchacha20poly1305_ietf_decrypt)(
    unsigned char *m, unsigned long long *m_len, unsigned char *nsec,
    const unsigned char *c, unsigned long long c_len, const unsigned char *ad,
    unsigned long long ad_len, const unsigned char *npub, const unsigned char *k);
int WRAP(crypto_aead_xchacha20poly1305_ietf_decrypt)(
    unsigned char *m, unsigned long long *m_len, unsigned char *nsec,
    const unsigned char *c, unsigned long long c_len, const unsigned char *ad,
    unsigned long long ad_len, const unsigned char *npub, const unsigned char *k)
{
    int result = REAL(crypto_aead_xchacha20poly1305_ietf_decrypt)(
        m, m_len, nsec, c, c_len, ad, ad_len, npub, k);
    return spoilt == XOPEN ? 0 : result;
}

int REAL(crypto_stream_xchacha20_xor)(unsigned char *c, const unsigned char *m,
                                      unsigned long long len, const unsigned char *n,
                                      const unsigned char *k);
int WRAP(crypto_stream_xchacha20_xor)(unsigned char *c, const unsigned char *m,
                                      unsigned long long len, const unsigned char *n,
                                      const unsigned char *k);
int WRAP(crypto_stream_xchacha20_xor)(unsigned char *c, const unsigned char *m,
                                      unsigned long long len, const unsigned char *n,
                                      const unsigned char *k)
{
    int result = REAL(crypto_stream_xchacha20_xor)(c, m, len, n, k);
    c[0] ^= spoilt == XCHACHA;
    return result;
}

int REAL(crypto_stream_chacha20_ietf_xor_ic)(unsigned char *c, const unsigned char *m,
                                             unsigned long long len,
                                             const unsigned char *n, uint32_t ic,
                                             const unsigned char *k);
int WRAP(crypto_stream_chacha20_ietf_xor_ic)(unsigned char *c, const unsigned char *m,
                                             unsigned long long len,
                                             const unsigned char *n, uint32_t ic,
                                             const unsigned char *k);
int WRAP(crypto_stream_chacha20_ietf_xor_ic)(unsigned char *c, const unsigned char *m,
                                             unsigned long long len,
                                             const unsigned char *n, uint32_t ic,
                                             const unsigned char *k)
{
    int result = REAL(crypto_stream_chacha20_ietf_xor_ic)(c, m, len, n, ic, k);
    c[0] ^= spoilt == CHACHA;
    return result;
}

int REAL(crypto_stream_chacha20_ietf)(unsigned char *c, unsigned long long len,
                                      const unsigned char *n, const unsigned char *k);
int WRAP(crypto_stream_chacha20_ietf)(unsigned char *c, unsigned long long len,
                                      const unsigned char *n, const unsigned char *k);
int WRAP(crypto_stream_chacha20_ietf)(unsigned char *c, unsigned long long len,
                                      const unsigned char *n, const unsigned char *k)
{
    int result = REAL(crypto_stream_chacha20_ietf)(c, len, n, k);
    c[0] ^= spoilt == DRAW;
    return result;
}

static void a_right_library_passes(void **state)
{
    (void)state;
    spoilt = NOTHING;
    assert_int_equal(vc_selftest(), VC_OK);
    assert_int_equal(vc_crypto_init(), VC_OK);
}

static void every_spoilt_primitive_is_noticed(void **state)
{
    (void)state;
    spoilt = NOTHING;
    assert_int_equal(vc_selftest(), VC_OK);
    for (int i = NOTHING + 1; i < SPOILT_COUNT; i++) {
        spoilt = (enum spoilt)i;
        if (vc_selftest() != VC_ERR_SELFTEST) {
            spoilt = NOTHING;
            fail_msg("spoilt primitive %d passed", i);
        }
    }
    spoilt = NOTHING;
}

static void a_library_with_the_old_point_check_is_refused_at_start(void **state)
{
    (void)state;
    spoilt = POINT;
    assert_int_equal(vc_crypto_init(), VC_ERR_SELFTEST);
    spoilt = NOTHING;
    assert_int_equal(vc_crypto_init(), VC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_library_passes),
        cmocka_unit_test(every_spoilt_primitive_is_noticed),
        cmocka_unit_test(a_library_with_the_old_point_check_is_refused_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
