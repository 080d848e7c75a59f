#include "crypto/opening.h"

#include <string.h>

#include "crypto/ratchet.h"
#include "tests/unit/crypto/checks.h"
#include "tests/unit/crypto/opening_pair.h"

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

enum { STATEMENT = 1, ONE_TIME = 2, KEM = 4 };

/* Every way in which an opening can be made. */
static void pair_of(struct opening_pair *p, unsigned way, uint8_t seed)
{
    opening_pair_init(p, seed);
    if (way & KEM) {
        opening_pair_with_kem(p);
    }
    if (!(way & ONE_TIME)) {
        opening_pair_without_one_time(p);
    }
    if (!(way & STATEMENT)) {
        p->from.statement = (struct vc_bytes){NULL, 0};
    }
}

static void both_ends_have_the_same_keys_and_he_knows_who_it_is(void **state)
{
    (void)state;
    struct opening_pair p;

    for (unsigned way = 0; way < 8; way++) {
        pair_of(&p, way, (uint8_t)way);
        opening_pair_write(&p);
        assert_int_equal(opening_pair_read(&p), VC_OK);
        assert_true(opening_pair_agrees(&p));
        assert_false(vc_is_zero(&p.written.id, sizeof(p.written.id)));
        assert_false(vc_is_zero(&p.written.root, sizeof(p.written.root)));
        assert_memory_not_equal(p.written.to_recipient, p.written.to_initiator, 64);
        assert_memory_equal(&p.sender.root, &p.from.root, 32);
        assert_memory_equal(p.sender.certificate.dev_dh.b, p.from.certificate.dev_dh.b,
                            32);
        assert_int_equal(vc_certificate_verify(&p.sender.certificate, &p.sender.root),
                         VC_OK);
        assert_int_equal(p.sender.generation, 1);
        assert_int_equal(p.sender.capabilities, 0x0c0a);
        assert_int_equal(p.sender.statement.len, p.from.statement.len);
        if (way & STATEMENT) {
            assert_memory_equal(p.sender.statement.data, opening_statement,
                                sizeof(opening_statement));
        }
    }
}

static void the_head_says_which_keys_and_how_long(void **state)
{
    (void)state;
    struct opening_pair p;
    struct vc_opening_head head;
    struct vc_secret32 mask;

    for (unsigned way = 0; way < 8; way++) {
        pair_of(&p, way, (uint8_t)way);
        opening_pair_write(&p);
        vc_opening_mask(&mask, p.own.network_id, &p.own.root, p.own.index);
        for (size_t more = 0; more < 2; more++) { /* with the beginning of a frame */
            struct vc_bytes object = {p.bytes, p.len + more};

            assert_true(vc_opening_peek(&mask, object, &head));
            assert_int_equal(head.len, p.len);
            assert_int_equal(head.suite,
                             way & KEM ? DUMMY_KEM_SUITE : VC_SUITE_CLASSIC);
            assert_int_equal(head.prekey_id, p.prekey.id);
            assert_int_equal(head.one_time_id, way & ONE_TIME ? p.one_time.id : 0);
        }
        for (size_t len = 0; len < p.len; len++) {
            assert_false(
                vc_opening_peek(&mask, (struct vc_bytes){p.bytes, len}, &head));
        }
    }
}

static void lengths_are_those_of_the_document(void **state)
{
    (void)state;
    struct opening_pair p;
    uint8_t longest[VC_OPENING_STATEMENT_MAX] = {0};

    opening_pair_init(&p, 1);
    opening_pair_write(&p);
    assert_int_equal(p.len, 92 + 182 + 16 + 75);
    assert_true(p.len + VC_RATCHET_OVERHEAD + 100 <= 560);
    p.from.statement = (struct vc_bytes){NULL, 0};
    opening_pair_write(&p);
    assert_int_equal(p.len, 290);
    assert_int_equal(opening_pair_read(&p), VC_OK);
    assert_int_equal(p.sender.statement.len, 0);
    opening_pair_with_kem(&p);
    p.from.statement = VC_BYTES(longest);
    opening_pair_write(&p);
    assert_int_equal(p.len, 290 + 255 + VC_KEM_CIPHERTEXT_MAX);
    assert_int_equal(opening_pair_read(&p), VC_OK);
    assert_int_equal(p.sender.statement.len, sizeof(longest));
}

static void a_room_too_small_is_said(void **state)
{
    (void)state;
    struct opening_pair p;

    opening_pair_init(&p, 1);
    opening_pair_write(&p);
    for (size_t len = 0; len < p.len; len++) {
        struct vc_session_keys keys = {.id = {{0}}};
        struct vc_writer w = vc_writer(p.bytes, len);

        assert_int_equal(vc_opening_write(&p.cfg, &w, &keys), VC_ERR_FULL);
        assert_true(vc_is_zero(&keys, sizeof(keys)));
    }
}

static void a_fresh_e_makes_everything_fresh(void **state)
{
    (void)state;
    struct opening_pair p, q;

    opening_pair_init(&p, 1);
    q = p;
    opening_pair_write(&p);
    opening_pair_init(&q, 1);
    vc_rng_draw(&q.rng, &q.e, sizeof(q.e));
    opening_pair_write(&q);
    assert_int_equal(p.len, q.len);
    assert_memory_not_equal(&p.written.id, &q.written.id, sizeof(p.written.id));
    assert_memory_not_equal(&p.written.root, &q.written.root, 32);
    assert_memory_not_equal(p.written.to_recipient, q.written.to_recipient, 64);
    assert_memory_not_equal(p.written.to_initiator, q.written.to_initiator, 64);
    /* And the same e makes the same bytes. */
    opening_pair_init(&q, 1);
    opening_pair_write(&q);
    assert_memory_equal(p.bytes, q.bytes, p.len);
    assert_true(memcmp(&p.written, &q.written, sizeof(p.written)) == 0);
}

static void mistakes_of_the_caller_are_found(void **state)
{
    (void)state;
    struct opening_pair p;
    uint8_t longer[VC_OPENING_STATEMENT_MAX + 1] = {0}, network[33] = {1};

    opening_pair_init(&p, 1);
    p.from.generation = 0;
    expect_assert_failure((void)!opening_pair_try_write(&p));
    opening_pair_init(&p, 1);
    p.from.statement = VC_BYTES(longer);
    expect_assert_failure((void)!opening_pair_try_write(&p));
    opening_pair_init(&p, 1);
    p.prekey_seen.id = 0;
    expect_assert_failure((void)!opening_pair_try_write(&p));
    opening_pair_init(&p, 1);
    p.one_time_seen.id = 0;
    expect_assert_failure((void)!opening_pair_try_write(&p));
    opening_pair_init(&p, 1);
    p.cfg.network_id = VC_BYTES(network);
    expect_assert_failure((void)!opening_pair_try_write(&p));
    opening_pair_init(&p, 1);
    opening_pair_with_kem(&p);
    p.cfg.coins = NULL;
    expect_assert_failure((void)!opening_pair_try_write(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_have_the_same_keys_and_he_knows_who_it_is),
        cmocka_unit_test(the_head_says_which_keys_and_how_long),
        cmocka_unit_test(lengths_are_those_of_the_document),
        cmocka_unit_test(a_room_too_small_is_said),
        cmocka_unit_test(a_fresh_e_makes_everything_fresh),
        cmocka_unit_test(mistakes_of_the_caller_are_found),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}
