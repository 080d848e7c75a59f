/*
 * The published handshakes of noise_test.c go through every function here; these are the
 * edges that no handshake reaches.
 */
#include "crypto/noise_symmetric.h"

#include <string.h>

#include "tests/unit/crypto/checks.h"

static const uint8_t some[] = {'s', 'o', 'm', 'e'};

static void a_short_name_is_filled_up_and_a_long_one_hashed(void **state)
{
    (void)state;
    static const char filled[64] = "Noise_XK_25519_ChaChaPoly_BLAKE2b";
    static const char longer[] =
        "Noise_XK_25519_ChaChaPoly_SHA256"; /* 32 bytes: fits */
    static const char hashed[] = "Noise_XXpsk3_25519_ChaChaPoly_SHA256";
    struct vc_noise_symmetric symmetric;
    struct vc_bytes name = {(const uint8_t *)hashed, sizeof(hashed) - 1};
    uint8_t expected[32];

    vc_noise_symmetric_init(&symmetric, VC_NOISE_BLAKE2B, "XK");
    assert_memory_equal(symmetric.h, filled, sizeof(filled));
    assert_memory_equal(symmetric.ck, filled, sizeof(filled));
    assert_false(symmetric.has_key);
    vc_noise_symmetric_init(&symmetric, VC_NOISE_SHA256, "XK");
    assert_memory_equal(symmetric.h, longer, 32);
    vc_noise_symmetric_init(&symmetric, VC_NOISE_SHA256, "XXpsk3");
    vc_sha256_parts(expected, &name, 1);
    assert_memory_equal(symmetric.h, expected, sizeof(expected));
    assert_memory_equal(symmetric.ck, expected, sizeof(expected));
    expect_assert_failure(vc_noise_symmetric_init(
        &symmetric, VC_NOISE_BLAKE2B, "a pattern of a name with very many letters"));
}

static void without_a_key_what_is_sealed_is_what_was_given(void **state)
{
    (void)state;
    struct vc_noise_symmetric a, b;
    uint8_t room[16], opened[16];
    struct vc_writer w = vc_writer(room, sizeof(room));
    size_t len;

    vc_noise_symmetric_init(&a, VC_NOISE_BLAKE2B, "XK");
    b = a;
    vc_noise_encrypt_and_hash(&a, VC_BYTES(some), &w);
    assert_int_equal(vc_writer_bytes(&w).len, sizeof(some));
    assert_memory_equal(room, some, sizeof(some));
    assert_int_equal(vc_noise_decrypt_and_hash(&b, vc_writer_bytes(&w), opened, &len),
                     VC_OK);
    assert_int_equal(len, sizeof(some));
    assert_memory_equal(&a, &b, sizeof(a));
}

static void with_a_key_both_states_stay_equal(void **state)
{
    (void)state;
    struct vc_noise_symmetric a, b;
    struct vc_secret32 keys[2][2];

    vc_noise_symmetric_init(&a, VC_NOISE_BLAKE2B, "XK");
    vc_noise_mix_key(&a, VC_BYTES(some));
    b = a;
    for (uint64_t n = 0; n < 3; n++) {
        uint8_t room[32], opened[32];
        struct vc_writer w = vc_writer(room, sizeof(room));
        size_t len;

        assert_int_equal(a.n, n);
        vc_noise_encrypt_and_hash(&a, VC_BYTES(some), &w);
        assert_int_equal(
            vc_noise_decrypt_and_hash(&b, vc_writer_bytes(&w), opened, &len), VC_OK);
        assert_int_equal(len, sizeof(some));
        assert_memory_equal(opened, some, sizeof(some));
        assert_memory_equal(&a, &b, sizeof(a));
    }
    vc_noise_mix_key_and_hash(&a, VC_BYTES(some));
    assert_int_equal(a.n, 0);
    assert_memory_not_equal(a.h, b.h, sizeof(a.h));
    vc_noise_symmetric_split(&a, &keys[0][0], &keys[0][1]);
    vc_noise_symmetric_split(&b, &keys[1][0], &keys[1][1]);
    assert_memory_not_equal(keys[0], keys[1], sizeof(keys[0]));
    assert_memory_not_equal(&keys[0][0], &keys[0][1], sizeof(keys[0][0]));
}

static void what_is_refused_changes_nothing(void **state)
{
    (void)state;
    struct vc_noise_symmetric a, b, before;
    uint8_t room[32], opened[32];
    struct vc_writer w = vc_writer(room, sizeof(room));
    size_t len;

    vc_noise_symmetric_init(&a, VC_NOISE_BLAKE2B, "XK");
    vc_noise_mix_key(&a, VC_BYTES(some));
    b = before = a;
    vc_noise_encrypt_and_hash(&a, VC_BYTES(some), &w);
    room[3] ^= 1;
    assert_int_equal(vc_noise_decrypt_and_hash(&b, vc_writer_bytes(&w), opened, &len),
                     VC_ERR_AUTH);
    room[3] ^= 1;
    for (size_t cut = 0; cut < VC_TAG_LEN + sizeof(some); cut++) {
        assert_int_equal(
            vc_noise_decrypt_and_hash(&b, (struct vc_bytes){room, cut}, opened, &len),
            cut < VC_TAG_LEN ? VC_ERR_MALFORMED : VC_ERR_AUTH);
    }
    assert_memory_equal(&b, &before, sizeof(b));
}

static void a_writer_without_room_fails(void **state)
{
    (void)state;
    struct vc_noise_symmetric a;
    uint8_t room[VC_TAG_LEN + sizeof(some) - 1];
    struct vc_writer w = vc_writer(room, sizeof(room));

    vc_noise_symmetric_init(&a, VC_NOISE_BLAKE2B, "XK");
    vc_noise_mix_key(&a, VC_BYTES(some));
    vc_noise_encrypt_and_hash(&a, VC_BYTES(some), &w);
    assert_int_equal(vc_writer_end(&w), VC_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_name_is_filled_up_and_a_long_one_hashed),
        cmocka_unit_test(without_a_key_what_is_sealed_is_what_was_given),
        cmocka_unit_test(with_a_key_both_states_stay_equal),
        cmocka_unit_test(what_is_refused_changes_nothing),
        cmocka_unit_test(a_writer_without_room_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
