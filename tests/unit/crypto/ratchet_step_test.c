#include "crypto/ratchet_step.h"

#include <string.h>

#include "tests/unit/crypto/checks.h"

static const struct vc_id16 session = {{1, 2, 3}}, another = {{1, 2, 4}};
static const struct vc_secret32 secret = {{7}}, wrong = {{8}};
static const uint8_t text[] = "what is said";

static void a_chain_step_is_one_hash_of_the_chain_key(void **state)
{
    struct vc_secret32 chain = secret, key;
    uint8_t both[64];

    (void)state;
    vc_hash(both, sizeof both, "ratchet chain", &secret, (struct vc_bytes){NULL, 0});
    vc_ratchet_chain_step(&chain, &key);
    assert_memory_equal(chain.b, both, 32);
    assert_memory_equal(key.b, both + 32, 32);
}

static void a_dh_step_gives_both_sides_the_same_three_keys(void **state)
{
    struct vc_key32 secret_public, wrong_public;
    struct vc_ratchet_turn a, b;
    struct vc_secret32 dh;
    uint8_t hash[64];

    (void)state;
    vc_dh_public(&secret_public, &secret);
    vc_dh_public(&wrong_public, &wrong);
    assert_true(vc_ratchet_dh_step(&a, &secret, &wrong, &secret_public));
    assert_true(vc_ratchet_dh_step(&b, &secret, &secret, &wrong_public));
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(vc_dh(&dh, &secret, &wrong_public));
    vc_hash(hash, sizeof hash, "ratchet root", &secret, VC_BYTES(dh.b));
    assert_memory_equal(a.root.b, hash, 32);
    assert_memory_equal(a.chain.b, hash + 32, 32);
    vc_hash(hash, sizeof hash, "ratchet header", &secret, VC_BYTES(dh.b));
    assert_memory_equal(&a.header, hash, 64);
}

static void a_dh_step_with_a_point_of_low_order_gives_nothing(void **state)
{
    const struct vc_key32 zero = {{0}}, one = {{1}};
    struct vc_ratchet_turn turn, before;

    (void)state;
    memset(&turn, 0xee, sizeof turn);
    before = turn;
    assert_false(vc_ratchet_dh_step(&turn, &secret, &wrong, &zero));
    assert_false(vc_ratchet_dh_step(&turn, &secret, &wrong, &one));
    assert_memory_equal(&turn, &before, sizeof turn);
}

static void a_header_opens_with_its_key_and_session_only(void **state)
{
    struct vc_ratchet_header header = {{{5, 6}}, 0x01020304, 0x05060708}, got;
    struct vc_siv_key key, other;
    uint8_t frame[VC_RATCHET_OVERHEAD] = {0};

    (void)state;
    vc_siv_key_make(&key, &secret);
    vc_siv_key_make(&other, &wrong);
    vc_ratchet_header_seal(frame, &key, &session, &header);
    assert_true(vc_ratchet_header_open(&got, &key, &session, VC_BYTES(frame)));
    assert_memory_equal(&got.key, &header.key, sizeof got.key);
    assert_int_equal(got.n, header.n);
    assert_int_equal(got.before, header.before);
    assert_false(vc_ratchet_header_open(&got, &other, &session, VC_BYTES(frame)));
    assert_false(vc_ratchet_header_open(&got, &key, &another, VC_BYTES(frame)));
    for (size_t bit = 0; bit < 8 * VC_RATCHET_HEADER_LEN; bit++) {
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(vc_ratchet_header_open(&got, &key, &session, VC_BYTES(frame)));
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    frame[VC_RATCHET_HEADER_LEN] ^= 1; /* that is the text's */
    assert_true(vc_ratchet_header_open(&got, &key, &session, VC_BYTES(frame)));
}

static void a_text_opens_behind_its_header_only(void **state)
{
    static const uint8_t zeros[sizeof text];
    uint8_t frame[VC_RATCHET_OVERHEAD + sizeof text] = {9, 9, 9}, plain[sizeof text];

    (void)state;
    vc_ratchet_text_seal(frame, &secret, &session, VC_BYTES(text));
    assert_true(vc_ratchet_text_open(plain, &secret, &session, VC_BYTES(frame)));
    assert_memory_equal(plain, text, sizeof text);
    assert_false(vc_ratchet_text_open(plain, &wrong, &session, VC_BYTES(frame)));
    assert_false(vc_ratchet_text_open(plain, &secret, &another, VC_BYTES(frame)));
    for (size_t bit = 0; bit < 8 * sizeof frame; bit++) {
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(vc_ratchet_text_open(plain, &secret, &session, VC_BYTES(frame)));
        assert_memory_equal(plain, zeros, sizeof plain);
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void shorter_than_a_frame_is_a_mistake_of_ours(void **state)
{
    uint8_t frame[VC_RATCHET_OVERHEAD] = {0};
    struct vc_bytes cut = {frame, sizeof frame - 1};
    struct vc_ratchet_header header;
    struct vc_siv_key key;

    (void)state;
    vc_siv_key_make(&key, &secret);
    expect_assert_failure((void)!vc_ratchet_header_open(&header, &key, &session, cut));
    expect_assert_failure((void)!vc_ratchet_text_open(frame, &secret, &session, cut));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_step_is_one_hash_of_the_chain_key),
        cmocka_unit_test(a_dh_step_gives_both_sides_the_same_three_keys),
        cmocka_unit_test(a_dh_step_with_a_point_of_low_order_gives_nothing),
        cmocka_unit_test(a_header_opens_with_its_key_and_session_only),
        cmocka_unit_test(a_text_opens_behind_its_header_only),
        cmocka_unit_test(shorter_than_a_frame_is_a_mistake_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
