#include "crypto/siv.h"

#include <string.h>

#include "tests/unit/crypto/checks.h"

static const struct vc_secret32 secret = {{7}};
static const uint8_t first[] = "first", second[] = "second";
static const uint8_t text[] = "what is sealed, and a little more of it";

static struct vc_siv_key key_of(const struct vc_secret32 *from)
{
    struct vc_siv_key key;

    vc_siv_key_make(&key, from);
    return key;
}

static void sealed_bytes_open_with_the_same_data(void **state)
{
    struct vc_bytes parts[] = {VC_BYTES(first), VC_BYTES(second)};
    struct vc_siv_ad ad = {parts, 2};
    struct vc_siv_key key = key_of(&secret);
    const size_t tags[] = {VC_SIV_TAG_LEN, VC_SIV_SHORT_TAG_LEN};

    (void)state;
    for (size_t t = 0; t < 2; t++) {
        for (size_t len = 0; len <= sizeof text; len++) {
            uint8_t sealed[VC_SIV_TAG_LEN + sizeof text], plain[sizeof text];
            struct vc_bytes whole = {sealed, tags[t] + len};

            vc_siv_seal(sealed, tags[t], &key, &ad, (struct vc_bytes){text, len});
            assert_true(vc_siv_open(plain, tags[t], &key, &ad, whole));
            assert_memory_equal(plain, text, len);
            /* In place, both ways. */
            memcpy(sealed + tags[t], text, len);
            vc_siv_seal(sealed, tags[t], &key, &ad,
                        (struct vc_bytes){sealed + tags[t], len});
            assert_true(vc_siv_open(sealed + tags[t], tags[t], &key, &ad, whole));
            assert_memory_equal(sealed + tags[t], text, len);
        }
    }
}

static void every_flipped_bit_is_refused(void **state)
{
    struct vc_bytes parts[] = {VC_BYTES(first)};
    struct vc_siv_ad ad = {parts, 1};
    struct vc_siv_key key = key_of(&secret);
    uint8_t sealed[VC_SIV_TAG_LEN + sizeof text], plain[sizeof text];
    static const uint8_t zeros[sizeof text];

    (void)state;
    vc_siv_seal(sealed, VC_SIV_TAG_LEN, &key, &ad, VC_BYTES(text));
    for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(vc_siv_open(plain, VC_SIV_TAG_LEN, &key, &ad, VC_BYTES(sealed)));
        assert_memory_equal(plain, zeros, sizeof plain);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(vc_siv_open(plain, VC_SIV_TAG_LEN, &key, &ad, VC_BYTES(sealed)));
    assert_false(
        vc_siv_open(plain, VC_SIV_TAG_LEN, &key, &ad, (struct vc_bytes){sealed, 23}));
}

static void other_data_or_another_key_is_refused(void **state)
{
    struct vc_bytes ab[] = {VC_BYTES(first), VC_BYTES(second)};
    struct vc_bytes longer[] = {VC_BYTES(first), VC_BYTES(second), VC_BYTES(first)};
    struct vc_siv_ad ad = {ab, 2}, other = {longer, 3};
    const struct vc_secret32 another = {{8}};
    struct vc_siv_key key = key_of(&secret), wrong = key_of(&another);
    uint8_t sealed[VC_SIV_TAG_LEN + sizeof text], plain[sizeof text];

    (void)state;
    vc_siv_seal(sealed, VC_SIV_TAG_LEN, &key, &ad, VC_BYTES(text));
    assert_false(vc_siv_open(plain, VC_SIV_TAG_LEN, &key, &other, VC_BYTES(sealed)));
    assert_false(vc_siv_open(plain, VC_SIV_TAG_LEN, &wrong, &ad, VC_BYTES(sealed)));
}

/* The same bytes give the same, other bytes share nothing: no key stream is used twice. */
static void a_key_that_is_used_again_shows_only_equality(void **state)
{
    struct vc_siv_ad none = {NULL, 0};
    struct vc_siv_key key = key_of(&secret);
    uint8_t a[VC_SIV_TAG_LEN + 64], b[VC_SIV_TAG_LEN + 64], same[VC_SIV_TAG_LEN + 64];
    uint8_t plain_a[64] = {0}, plain_b[64] = {1};
    size_t equal = 0;

    (void)state;
    vc_siv_seal(a, VC_SIV_TAG_LEN, &key, &none, VC_BYTES(plain_a));
    vc_siv_seal(same, VC_SIV_TAG_LEN, &key, &none, VC_BYTES(plain_a));
    vc_siv_seal(b, VC_SIV_TAG_LEN, &key, &none, VC_BYTES(plain_b));
    assert_memory_equal(a, same, sizeof a);
    for (size_t i = 0; i < sizeof a; i++) {
        equal += a[i] == b[i] ? 1 : 0;
    }
    assert_true(equal < 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_bytes_open_with_the_same_data),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(other_data_or_another_key_is_refused),
        cmocka_unit_test(a_key_that_is_used_again_shows_only_equality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
