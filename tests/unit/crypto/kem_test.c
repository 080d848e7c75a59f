#include "crypto/kem.h"

#include <string.h>

#include "tests/support/test.h"
#include "tests/unit/crypto/dummy_kem.h"

static void a_key_is_named_by_its_hash(void **state)
{
    (void)state;
    static const char label[16] = "kem key";
    uint8_t key[VC_KEM_PUBLIC_MAX] = {7}, other[VC_KEM_PUBLIC_MAX] = {8};
    struct vc_hash32 hash, again, expected;

    vc_kem_hash(&hash, VC_BYTES(key));
    vc_kem_hash(&again, VC_BYTES(key));
    vc_hash(expected.b, sizeof(expected.b), label, NULL, VC_BYTES(key));
    assert_memory_equal(&hash, &again, sizeof(hash));
    assert_memory_equal(&hash, &expected, sizeof(hash));
    vc_kem_hash(&again, VC_BYTES(other));
    assert_memory_not_equal(&hash, &again, sizeof(hash));
    vc_kem_hash(&again, (struct vc_bytes){key, sizeof(key) - 1});
    assert_memory_not_equal(&hash, &again, sizeof(hash));
}

/* What the tests of openings rest on. */
static void the_dummy_gives_both_ends_one_secret(void **state)
{
    (void)state;
    static const uint8_t seed[64] = {1}, other_seed[64] = {2}, coins[32] = {3};
    uint8_t public_key[VC_KEM_PUBLIC_MAX], secret[DUMMY_KEM_SECRET_LEN];
    uint8_t ciphertext[VC_KEM_CIPHERTEXT_MAX];
    struct vc_secret32 a, b;

    dummy_kem.keypair(public_key, secret, seed);
    assert_true(dummy_kem.encapsulate(ciphertext, &a, public_key, coins));
    assert_true(dummy_kem.decapsulate(&b, secret, ciphertext));
    assert_memory_equal(&a, &b, sizeof(a));
    ciphertext[0] ^= 1;
    assert_true(dummy_kem.decapsulate(&b, secret, ciphertext));
    assert_memory_not_equal(&a, &b, sizeof(a));
    ciphertext[0] ^= 1;
    ciphertext[VC_KEM_CIPHERTEXT_MAX - 1] = 1;
    assert_false(dummy_kem.decapsulate(&b, secret, ciphertext));
    ciphertext[VC_KEM_CIPHERTEXT_MAX - 1] = 0;
    dummy_kem.keypair(public_key, secret, other_seed);
    assert_true(dummy_kem.decapsulate(&b, secret, ciphertext));
    assert_memory_not_equal(&a, &b, sizeof(a));
    public_key[VC_KEM_PUBLIC_MAX - 1] = 1;
    assert_false(dummy_kem.encapsulate(ciphertext, &a, public_key, coins));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_named_by_its_hash),
        cmocka_unit_test(the_dummy_gives_both_ends_one_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
