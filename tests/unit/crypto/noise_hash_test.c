#include "crypto/noise_hash.h"

#include <string.h>

#include "tests/unit/crypto/checks.h"
#include "tests/unit/crypto/vectors.h"

static size_t skipped_count, noise_count;

static void judge_hmac(const json_t *group, const json_t *test)
{
    struct vector key = vector_field(test, "key"), message = vector_field(test, "msg");
    struct vector tag = vector_field(test, "tag");
    struct vc_bytes parts[2] = {
        {message.b, message.len / 2},
        {message.b + message.len / 2, message.len - message.len / 2}};
    uint8_t mac[VC_NOISE_HASH_MAX];

    assert_int_equal(tag.len * 8, vector_number(group, "tagSize"));
    vc_noise_hmac(VC_NOISE_SHA256, mac, vector_bytes(&key), parts, 2);
    assert_int_equal(memcmp(mac, tag.b, tag.len) == 0,
                     strcmp(vector_text(test, "result"), "valid") == 0);
}

static void hmac_sha256_vectors_hold(void **state)
{
    (void)state;
    wycheproof_each(VC_VECTORS "/wycheproof/hmac_sha256_test.json", judge_hmac);
}

/* RFC 5869 over our HMAC. */
static void expand(uint8_t *ret_output, size_t len, struct vc_bytes prk,
                   struct vc_bytes context)
{
    uint8_t block[32];
    struct vc_bytes last = {NULL, 0};
    uint8_t number = 1;

    for (size_t done = 0; done < len; done += sizeof(block), number++) {
        struct vc_bytes parts[3] = {last, context, {&number, 1}};
        vc_noise_hmac(VC_NOISE_SHA256, block, prk, parts, 3);
        last = VC_BYTES(block);
        memcpy(ret_output + done, block,
               len - done < sizeof(block) ? len - done : sizeof(block));
    }
}

static void judge_hkdf(const json_t *group, const json_t *test)
{
    struct vector input = vector_field(test, "ikm"), salt = vector_field(test, "salt");
    struct vector context = vector_field(test, "info");
    struct vector expected = vector_field(test, "okm");
    struct vc_bytes ikm = vector_bytes(&input);
    static uint8_t output[VECTOR_BYTES_MAX];
    uint8_t prk[32];

    (void)group;
    if (vector_has_flag(test, "SizeTooLarge")) {
        skipped_count++; /* Noise asks for 1 to 3 outputs: the size cannot be said */
        return;
    }
    vc_noise_hmac(VC_NOISE_SHA256, prk, vector_bytes(&salt), &ikm, 1);
    expand(output, expected.len, VC_BYTES(prk), vector_bytes(&context));
    assert_memory_equal(output, expected.b, expected.len);
    if (context.len == 0 && expected.len <= 96) {
        vc_noise_hkdf(VC_NOISE_SHA256, output, 3, vector_bytes(&salt), ikm);
        assert_memory_equal(output, expected.b, expected.len);
        noise_count++;
    }
}

static void hkdf_sha256_vectors_hold(void **state)
{
    (void)state;
    skipped_count = noise_count = 0;
    wycheproof_each(VC_VECTORS "/wycheproof/hkdf_sha256_test.json", judge_hkdf);
    assert_int_equal(skipped_count, 3);
    assert_true(noise_count > 0);
}

static void a_key_longer_than_a_block_is_hashed_first(void **state)
{
    const enum vc_noise_hash hashes[] = {VC_NOISE_BLAKE2B, VC_NOISE_SHA256};
    uint8_t key[129], hashed[VC_NOISE_HASH_MAX];
    uint8_t a[VC_NOISE_HASH_MAX], b[VC_NOISE_HASH_MAX];
    struct vc_bytes whole = VC_BYTES(key);

    (void)state;
    memset(key, 0xaa, sizeof(key));
    for (size_t i = 0; i < 2; i++) {
        size_t len = vc_noise_hash_len(hashes[i]);

        vc_noise_hash_parts(hashes[i], hashed, &whole, 1);
        vc_noise_hmac(hashes[i], a, whole, NULL, 0);
        vc_noise_hmac(hashes[i], b, (struct vc_bytes){hashed, len}, NULL, 0);
        assert_memory_equal(a, b, len);
    }
}

static void outputs_may_take_the_place_of_the_chaining_key(void **state)
{
    uint8_t place[3 * VC_NOISE_HASH_MAX] = {1, 2, 3}, apart[3 * VC_NOISE_HASH_MAX];
    const uint8_t input[32] = {4};

    (void)state;
    vc_noise_hkdf(VC_NOISE_BLAKE2B, apart, 3, (struct vc_bytes){place, 64},
                  VC_BYTES(input));
    vc_noise_hkdf(VC_NOISE_BLAKE2B, place, 3, (struct vc_bytes){place, 64},
                  VC_BYTES(input));
    assert_memory_equal(place, apart, sizeof(apart));
}

static void counts_outside_their_limits_are_mistakes(void **state)
{
    uint8_t out[4 * VC_NOISE_HASH_MAX];
    struct vc_bytes parts[4] = {{NULL, 0}};

    (void)state;
    expect_assert_failure(vc_noise_hkdf(VC_NOISE_BLAKE2B, out, 0, parts[0], parts[0]));
    expect_assert_failure(vc_noise_hkdf(VC_NOISE_BLAKE2B, out, 4, parts[0], parts[0]));
    expect_assert_failure(vc_noise_hmac(VC_NOISE_BLAKE2B, out, parts[0], parts, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_sha256_vectors_hold),
        cmocka_unit_test(hkdf_sha256_vectors_hold),
        cmocka_unit_test(a_key_longer_than_a_block_is_hashed_first),
        cmocka_unit_test(outputs_may_take_the_place_of_the_chaining_key),
        cmocka_unit_test(counts_outside_their_limits_are_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
