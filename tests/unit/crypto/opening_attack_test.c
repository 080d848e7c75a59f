/*
 * What an attacker tries against openings, by name.
 */
#include <string.h>

#include "crypto/opening.h"
#include "tests/support/opening_hand.h"
#include "tests/unit/crypto/checks.h"
#include "tests/unit/crypto/opening_pair.h"

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

/* Reads what must be refused: nothing comes out. */
static vc_err refused(struct opening_pair *p)
{
    static const struct vc_session_keys none;
    vc_err err;

    memset(&p->read, 0, sizeof(p->read));
    memset(&p->sender, 0, sizeof(p->sender));
    err = opening_pair_read(p);
    assert_int_not_equal(err, VC_OK);
    assert_memory_equal(&p->read, &none, sizeof(none));
    assert_true(vc_is_zero(&p->sender, sizeof(p->sender)));
    return err;
}

/* Takes off the mask of whom Alice meant and puts on Bob's, as anybody can who knows both
 * roots; what was said stays. */
static void mask_for_bob(struct opening_pair *p)
{
    struct vc_secret32 meant, bob;
    struct vc_room head = {p->bytes + 32, VC_OPENING_HEAD_LEN - 32};
    struct vc_bytes nonce = {p->bytes, 24};

    vc_opening_mask(&meant, p->cfg.network_id, &p->to.root, p->to.index);
    vc_opening_mask(&bob, p->own.network_id, &p->own.root, p->own.index);
    vc_xchacha_xor_nonce(head, &meant, nonce);
    vc_xchacha_xor_nonce(head, &bob, nonce);
}

/* Alice writes, and Bob refuses it with and without the help of somebody between. */
static void assert_not_for_bob(struct opening_pair *p)
{
    opening_pair_write(p);
    assert_int_equal(refused(p), VC_ERR_AUTH);
    mask_for_bob(p);
    assert_int_equal(refused(p), VC_ERR_AUTH);
}

/* XORs @value into the unmasked head at @at. */
static void change_head(struct opening_pair *p, size_t at, uint32_t value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        p->bytes[32 + at + i] ^= (uint8_t)(value >> 8 * i);
    }
}

/* Do @a and @b have four bytes in a row in common, anywhere? */
static bool share_bytes(struct vc_bytes a, struct vc_bytes b)
{
    for (size_t i = 0; i + 4 <= a.len; i++) {
        for (size_t k = 0; k + 4 <= b.len; k++) {
            if (memcmp(a.data + i, b.data + k, 4) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void the_sender_is_hidden(void **state)
{
    (void)state;
    struct opening_pair p;
    uint8_t room[256];

    for (uint8_t seed = 0; seed < 8; seed++) {
        struct vc_writer w = vc_writer(room, sizeof(room));

        opening_pair_init(&p, seed);
        opening_pair_write(&p);
        opening_hand_payload(&w, &p.from.root, &p.from.certificate, 1, 0x0c0a);
        vc_write_bytes(&w, p.from.statement);
        assert_false(share_bytes(opening_bytes(&p), vc_writer_bytes(&w)));
        assert_false(share_bytes(opening_bytes(&p), VC_BYTES(p.to.root.b)));
        assert_false(share_bytes(opening_bytes(&p), VC_BYTES(p.to.dev_dh.b)));
        assert_false(share_bytes(opening_bytes(&p), VC_BYTES(p.prekey.key.b)));
    }
}

static void one_sender_is_not_recognized_by_two_openings(void **state)
{
    (void)state;
    struct opening_pair p, q;

    for (uint8_t seed = 1; seed < 4; seed++) {
        /* To somebody else, with all else equal that can be. */
        opening_pair_init(&p, 0);
        opening_pair_init(&q, seed);
        q.from = p.from;
        q.cfg.dev_dh = p.cfg.dev_dh;
        opening_pair_write(&p);
        opening_pair_write(&q);
        assert_int_equal(opening_pair_read(&q), VC_OK);
        assert_memory_equal(&q.sender.root, &p.from.root, 32);
        assert_false(share_bytes(opening_bytes(&p), opening_bytes(&q)));
        /* And to the same again. */
        opening_pair_init(&q, 0);
        q.e.b[0] ^= 8;
        opening_pair_write(&q);
        assert_false(share_bytes(opening_bytes(&p), opening_bytes(&q)));
    }
}

static void whoever_it_is_not_for_cannot_read_it(void **state)
{
    (void)state;
    struct opening_pair p, carol;

    opening_pair_init(&p, 0);
    opening_pair_init(&carol, 1);
    opening_pair_write(&p);
    carol.len = p.len;
    memcpy(carol.bytes, p.bytes, p.len);
    assert_int_equal(refused(&carol), VC_ERR_AUTH);
    /* Without any single private half it is of no use to have the others. */
    p.own.dev_dh = carol.own.dev_dh;
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    p.own.dev_dh = p.cfg.dev_dh; /* the sender's own does not help */
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    p.own.dev_dh = &p.bob.device.dh_secret;
    p.own.prekey_secret = &carol.prekey_secret;
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    p.own.prekey_secret = &p.prekey_secret;
    p.own.one_time_secret = &carol.one_time_secret;
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    p.own.one_time_secret = &p.one_time_secret;
    assert_int_equal(opening_pair_read(&p), VC_OK);
}

static void another_network_is_not_heard(void **state)
{
    (void)state;
    static const uint8_t networks[][8] = {"veche-u", "veche-t"};
    struct opening_pair p;

    opening_pair_init(&p, 0);
    p.cfg.network_id = (struct vc_bytes){networks[0], 7};
    assert_not_for_bob(&p);
    opening_pair_init(&p, 0);
    p.cfg.network_id = (struct vc_bytes){networks[1], 8}; /* a zero byte more */
    assert_not_for_bob(&p);
    opening_pair_init(&p, 0);
    p.cfg.network_id = (struct vc_bytes){networks[1], 6};
    assert_not_for_bob(&p);
}

static void another_device_of_the_account_is_refused(void **state)
{
    (void)state;
    struct opening_pair p;

    opening_pair_init(&p, 0);
    p.to.index = 1;
    assert_not_for_bob(&p);
    p.to.index = 256;
    assert_not_for_bob(&p);
    opening_pair_init(&p, 0);
    p.prekey_seen.index = 1;
    assert_not_for_bob(&p);
}

/* Mallory has put her name on keys of Bob's: Alice means Mallory and gets Bob. */
static void keys_under_another_root_reach_nobody(void **state)
{
    (void)state;
    struct opening_pair p;
    struct person mallory;

    opening_pair_init(&p, 0);
    person_init(&mallory, 77);
    p.to.root = mallory.account.root;
    assert_not_for_bob(&p);
}

/* Unknown key share: whoever thinks of other ends has other keys. */
static void sessions_of_other_ends_have_other_keys(void **state)
{
    (void)state;
    struct opening_pair p;
    struct vc_session_keys seen[5];

    for (size_t i = 0; i < 5; i++) {
        opening_pair_init(&p, 0);
        if (i == 1) {
            p.from.root.b[31] ^= 1;
        } else if (i == 2) {
            p.from.certificate.index = 1;
        } else if (i == 3) {
            p.to.root.b[31] ^= 1;
        } else if (i == 4) {
            p.to.index = 1;
        }
        opening_pair_write(&p);
        seen[i] = p.written;
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(&seen[i].id, &seen[k].id, sizeof(seen[i].id));
            assert_memory_not_equal(&seen[i].root, &seen[k].root, 32);
            assert_memory_not_equal(seen[i].to_recipient, seen[k].to_recipient, 64);
            assert_memory_not_equal(seen[i].to_initiator, seen[k].to_initiator, 64);
        }
    }
}

static void a_certificate_of_another_device_is_refused(void **state)
{
    (void)state;
    struct opening_pair p;
    struct person mallory;
    struct vc_device other;

    /* Alice's other device, and somebody else's. */
    opening_pair_init(&p, 0);
    person_device(&other, &p.alice.account, 99, 1);
    p.from.certificate = other.certificate;
    opening_pair_write(&p);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    person_init(&mallory, 77);
    p.from.certificate = mallory.device.certificate;
    opening_pair_write(&p);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    /* Alice's own under another root goes to whoever verifies it. */
    opening_pair_init(&p, 0);
    p.from.root = mallory.account.root;
    opening_pair_write(&p);
    assert_int_equal(opening_pair_read(&p), VC_OK);
    assert_int_equal(vc_certificate_verify(&p.sender.certificate, &p.sender.root),
                     VC_ERR_AUTH);
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct opening_pair p;

    opening_pair_init(&p, 0);
    opening_pair_write(&p);
    for (size_t bit = 0; bit < p.len * 8; bit++) {
        p.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        vc_err err = refused(&p);
        /* The suite stands first in the head. */
        assert_true(err == VC_ERR_AUTH ||
                    (err == VC_ERR_UNSUPPORTED && bit / 8 >= 32 && bit / 8 < 34));
        p.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(opening_pair_read(&p), VC_OK);
}

static void what_is_cut_off_or_left_over_is_refused(void **state)
{
    (void)state;
    struct opening_pair p;
    size_t len;

    opening_pair_init(&p, 0);
    opening_pair_write(&p);
    len = p.len;
    for (p.len = 0; p.len <= VC_OPENING_MAX + 1; p.len++) {
        uint32_t named = (uint32_t)(p.len ^ len) & 0xffff;

        if (p.len == len) {
            continue;
        }
        assert_int_equal(refused(&p), VC_ERR_AUTH);
        change_head(&p, 2, named, 2); /* the head names the wrong length, too */
        assert_int_equal(refused(&p), VC_ERR_AUTH);
        change_head(&p, 2, named, 2);
    }
    p.len = len;
    assert_int_equal(opening_pair_read(&p), VC_OK);
}

static void a_replay_has_the_same_name_and_nothing_else_has(void **state)
{
    (void)state;
    struct opening_pair p;
    struct vc_id16 name, again;
    struct vc_session_keys first;

    opening_pair_init(&p, 0);
    opening_pair_write(&p);
    vc_opening_name(&name, opening_bytes(&p));
    assert_int_equal(opening_pair_read(&p), VC_OK);
    first = p.read;
    assert_int_equal(opening_pair_read(&p), VC_OK);
    assert_memory_equal(&p.read, &first, sizeof(first));
    vc_opening_name(&again, opening_bytes(&p));
    assert_memory_equal(&again, &name, sizeof(name));
    for (size_t bit = 0; bit < p.len * 8; bit++) {
        p.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        vc_opening_name(&again, opening_bytes(&p));
        assert_memory_not_equal(&again, &name, sizeof(name));
        p.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* Each field of the prekey, of which Alice has been told something else than is true. */
static void a_changed_prekey_is_found(void **state)
{
    (void)state;
    struct opening_pair p;

    for (int field = 0; field < 8; field++) {
        opening_pair_init(&p, 0);
        struct vc_prekey *seen = &p.prekey_seen;
        switch (field) {
        case 0:
            seen->suite = 0x0002;
            break;
        case 1:
            seen->index = 3;
            break;
        case 2:
            seen->id ^= 1;
            break;
        case 3:
            seen->key = p.one_time.key;
            break;
        case 4:
            seen->from++;
            break;
        case 5:
            seen->until++;
            break;
        case 6:
            seen->capabilities ^= 0x80000000u;
            break;
        default:
            seen->kem_hash.b[31] ^= 1;
            break;
        }
        opening_pair_write(&p);
        assert_int_equal(refused(&p), VC_ERR_AUTH);
        /* Somebody between mends what the head says of it. */
        change_head(&p, 4, seen->id ^ p.prekey.id, 4);
        assert_int_equal(refused(&p), VC_ERR_AUTH);
    }
}

static void another_or_no_one_time_prekey_is_found(void **state)
{
    (void)state;
    struct opening_pair p;

    /* Alice's is taken away, or she is given one. */
    opening_pair_init(&p, 0);
    p.to.one_time = NULL;
    opening_pair_write(&p);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    change_head(&p, 8, p.one_time.id, 4);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    opening_pair_init(&p, 0);
    p.own.one_time = NULL;
    opening_pair_write(&p);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    change_head(&p, 8, p.one_time.id, 4);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    /* Its name or its key is changed. */
    opening_pair_init(&p, 0);
    p.one_time_seen.id ^= 1;
    opening_pair_write(&p);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    change_head(&p, 8, 1, 4);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    opening_pair_init(&p, 0);
    p.one_time_seen.key = p.prekey.key;
    opening_pair_write(&p);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
}

static void a_suite_is_not_taken_from_the_head_alone(void **state)
{
    (void)state;
    struct opening_pair p;

    /* A recipient without a KEM ends at every other suite. */
    opening_pair_init(&p, 0);
    opening_pair_write(&p);
    for (uint32_t suite = 0; suite <= 0xffff; suite++) {
        uint32_t change = suite ^ VC_SUITE_CLASSIC;

        if (change != 0) {
            change_head(&p, 0, change, 2);
            assert_int_equal(refused(&p), VC_ERR_UNSUPPORTED);
            change_head(&p, 0, change, 2);
        }
    }
    /* One with a KEM takes both, and neither for the other. */
    opening_pair_init(&p, 0);
    opening_pair_with_kem(&p);
    opening_pair_write(&p);
    change_head(&p, 0, DUMMY_KEM_SUITE ^ VC_SUITE_CLASSIC, 2);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    p.to.kem = NULL;
    opening_pair_write(&p);
    assert_int_equal(opening_pair_read(&p), VC_OK);
    change_head(&p, 0, DUMMY_KEM_SUITE ^ VC_SUITE_CLASSIC, 2);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
}

static void a_kem_key_or_ciphertext_that_was_exchanged_is_found(void **state)
{
    (void)state;
    struct opening_pair p;
    uint8_t seed[64] = {9}, other_secret[DUMMY_KEM_SECRET_LEN];
    uint8_t other_public[VC_KEM_PUBLIC_MAX];

    dummy_kem.keypair(other_public, other_secret, seed);
    opening_pair_init(&p, 0);
    opening_pair_with_kem(&p);
    opening_pair_write(&p);
    for (size_t at = VC_OPENING_HEAD_LEN; at < p.len; at++) {
        p.bytes[at] ^= 0x10;
        assert_int_equal(refused(&p), VC_ERR_AUTH);
        p.bytes[at] ^= 0x10;
    }
    p.own.kem_secret = VC_BYTES(other_secret);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    p.own.kem_secret = VC_BYTES(p.kem_secret);
    p.own.kem_public = VC_BYTES(other_public);
    assert_int_equal(refused(&p), VC_ERR_AUTH);
    p.own.kem_public = VC_BYTES(p.kem_public);
    p.own.kem = NULL;
    assert_int_equal(refused(&p), VC_ERR_UNSUPPORTED);
    p.own.kem = &dummy_kem;
    assert_int_equal(opening_pair_read(&p), VC_OK);

    /* Alice does not use a key that the prekey does not name, or a suite that it does not. */
    p.to.kem_public = VC_BYTES(other_public);
    assert_int_equal(opening_pair_try_write(&p), VC_ERR_AUTH);
    p.to.kem_public = (struct vc_bytes){p.kem_public_seen, VC_KEM_PUBLIC_MAX - 1};
    assert_int_equal(opening_pair_try_write(&p), VC_ERR_AUTH);
    p.to.kem_public = VC_BYTES(p.kem_public_seen);
    p.prekey_seen.suite = VC_SUITE_CLASSIC;
    assert_int_equal(opening_pair_try_write(&p), VC_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sender_is_hidden),
        cmocka_unit_test(one_sender_is_not_recognized_by_two_openings),
        cmocka_unit_test(whoever_it_is_not_for_cannot_read_it),
        cmocka_unit_test(another_network_is_not_heard),
        cmocka_unit_test(another_device_of_the_account_is_refused),
        cmocka_unit_test(keys_under_another_root_reach_nobody),
        cmocka_unit_test(sessions_of_other_ends_have_other_keys),
        cmocka_unit_test(a_certificate_of_another_device_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(what_is_cut_off_or_left_over_is_refused),
        cmocka_unit_test(a_replay_has_the_same_name_and_nothing_else_has),
        cmocka_unit_test(a_changed_prekey_is_found),
        cmocka_unit_test(another_or_no_one_time_prekey_is_found),
        cmocka_unit_test(a_suite_is_not_taken_from_the_head_alone),
        cmocka_unit_test(a_kem_key_or_ciphertext_that_was_exchanged_is_found),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}
