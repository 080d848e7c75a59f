/*
 * Openings made by hand: who can make which with what he has, keys that X25519 does not like,
 * and payloads that no writer of ours makes.
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

struct forge {
    struct opening_pair p;
    struct opening_hand hand;
    uint8_t payload[VC_OPENING_PAYLOAD_MAX + 1];
    struct vc_noise_symmetric symmetric;
};

static struct vc_secret32 dh(const struct vc_secret32 *secret,
                             const struct vc_key32 *public_key)
{
    struct vc_secret32 shared;

    (void)!vc_dh(&shared, secret, public_key); /* zeros for a key of low order */
    return shared;
}

/* The payload that Alice would write. */
static void say_alice(struct forge *f)
{
    struct vc_writer w = vc_writer(f->payload, sizeof(f->payload));
    struct vc_opening_sender *from = &f->p.from;

    opening_hand_payload(&w, &from->root, &from->certificate, from->generation,
                         from->capabilities);
    vc_write_u8(&w, (uint8_t)from->statement.len);
    vc_write_bytes(&w, from->statement);
    f->hand.payload = vc_writer_bytes(&w);
    f->hand.s = from->certificate.dev_dh;
}

/* All that everybody knows or can make: only se is missing. */
static void begin(struct forge *f)
{
    opening_pair_init(&f->p, 0);
    f->hand = (struct opening_hand){
        .network_id = f->p.own.network_id,
        .suite = VC_SUITE_CLASSIC,
        .root = f->p.own.root,
        .index = f->p.own.index,
        .dev_dh = *f->p.own.dev_dh_public,
        .prekey = f->p.prekey,
        .one_time = &f->p.one_time,
        .es = dh(&f->p.e, f->p.own.dev_dh_public),
        .ee = dh(&f->p.e, &f->p.prekey.key),
        .eo = dh(&f->p.e, &f->p.one_time.key),
    };
    vc_dh_public(&f->hand.e, &f->p.e);
    f->hand.e.b[31] |= f->p.e.b[31] & 0x80;
    say_alice(f);
}

static void write(struct forge *f)
{
    struct vc_writer w = vc_writer(f->p.bytes, sizeof(f->p.bytes));

    opening_hand_write(&f->hand, &w, &f->symmetric);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    f->p.len = vc_writer_bytes(&w).len;
}

static vc_err read(struct forge *f)
{
    write(f);
    return opening_pair_read(&f->p);
}

/* Alice's own se. */
static void prove_alice(struct forge *f)
{
    f->hand.se = dh(&f->p.alice.device.dh_secret, &f->p.prekey.key);
}

/* The keys after crypto/SPEC.md, "What comes out". */
static void derive(const struct forge *f, struct vc_session_keys *ret_keys)
{
    uint8_t outputs[128], message[64 + 34 + 34];
    struct vc_writer w = vc_writer(message, sizeof(message));
    struct vc_bytes h = VC_BYTES(f->symmetric.h);
    struct vc_secret32 k;

    vc_noise_hkdf(VC_NOISE_BLAKE2B, outputs, 2, VC_BYTES(f->symmetric.ck),
                  (struct vc_bytes){NULL, 0});
    memcpy(k.b, outputs, sizeof(k.b));
    vc_write_bytes(&w, h);
    vc_write_copy(&w, f->p.from.root.b, 32);
    vc_write_u16(&w, f->p.from.certificate.index);
    vc_write_copy(&w, f->hand.root.b, 32);
    vc_write_u16(&w, f->hand.index);
    vc_hash(ret_keys->id.b, 16, "session id", &k, vc_writer_bytes(&w));
    vc_hash(ret_keys->root.b, 32, "session root", &k, h);
    vc_hash(ret_keys->to_recipient, 64, "session header", &k, h);
    vc_hash(ret_keys->to_initiator, 64, "session next", &k, h);
}

static void what_is_made_by_hand_is_what_is_written(void **state)
{
    (void)state;
    struct forge f;
    struct opening_pair q;
    struct vc_session_keys keys;
    uint8_t ciphertext[VC_KEM_CIPHERTEXT_MAX];

    for (int way = 0; way < 4; way++) {
        begin(&f);
        prove_alice(&f);
        if (way & 1) {
            opening_pair_without_one_time(&f.p);
            f.hand.one_time = NULL;
        }
        if (way & 2) {
            opening_pair_with_kem(&f.p);
            f.hand.prekey = f.p.prekey;
            f.hand.suite = DUMMY_KEM_SUITE;
            assert_true(dummy_kem.encapsulate(ciphertext, &f.hand.kem_shared,
                                              f.p.kem_public, f.p.coins.b));
            f.hand.kem_public = VC_BYTES(f.p.kem_public);
            f.hand.kem_ciphertext = VC_BYTES(ciphertext);
        }
        q = f.p;
        write(&f);
        opening_pair_write(&f.p);
        /* @f.p was written over with the code's, @q gets it by hand. */
        struct vc_writer w = vc_writer(q.bytes, sizeof(q.bytes));
        opening_hand_write(&f.hand, &w, &f.symmetric);
        assert_int_equal(vc_writer_bytes(&w).len, f.p.len);
        assert_memory_equal(q.bytes, f.p.bytes, f.p.len);
        derive(&f, &keys);
        assert_memory_equal(&keys, &f.p.written, sizeof(keys));
    }
}

/* Key compromise: with all that Bob has but the prekey's private half nobody passes for Alice
 * towards him. */
static void a_thief_of_dev_dh_does_not_pose_towards_its_owner(void **state)
{
    (void)state;
    struct forge f;
    const struct vc_key32 *alice;

    begin(&f);
    alice = &f.p.alice.device.certificate.dev_dh;
    const struct vc_secret32 tries[] = {
        dh(&f.p.bob.device.dh_secret, alice),
        dh(&f.p.bob.device.dh_secret, &f.p.prekey.key),
        dh(&f.p.one_time_secret, alice),
        dh(&f.p.one_time_secret, &f.p.prekey.key),
        dh(&f.p.e, alice),
        dh(&f.p.e, &f.p.prekey.key),
        {{0}},
    };
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        f.hand.se = tries[i];
        assert_int_equal(read(&f), VC_ERR_AUTH);
    }
    prove_alice(&f); /* it is se alone that was missing */
    assert_int_equal(read(&f), VC_OK);
}

/* The residue, and why nobody can show an opening to others: Bob could have made it. */
static void
whoever_has_the_prekeys_private_half_can_pose_towards_its_owner(void **state)
{
    (void)state;
    struct forge f;

    begin(&f);
    f.hand.se = dh(&f.p.prekey_secret, &f.p.alice.device.certificate.dev_dh);
    assert_int_equal(read(&f), VC_OK);
    assert_memory_equal(&f.p.sender.root, &f.p.alice.account.root, 32);
    assert_int_equal(vc_certificate_verify(&f.p.sender.certificate, &f.p.sender.root),
                     VC_OK);
}

/* Nor does it help towards anybody but its owner. */
static void a_stolen_prekey_does_not_pose_towards_others(void **state)
{
    (void)state;
    struct forge f;
    struct opening_pair carol;

    begin(&f);
    opening_pair_init(&carol, 1);
    f.hand.se = dh(&carol.prekey_secret, &f.p.alice.device.certificate.dev_dh);
    assert_int_equal(read(&f), VC_ERR_AUTH);
    f.hand.se = dh(&carol.prekey_secret, &f.p.prekey.key);
    assert_int_equal(read(&f), VC_ERR_AUTH);
}

static void whoever_says_who_he_is_not_is_refused(void **state)
{
    (void)state;
    struct forge f;
    struct person mallory;

    /* Mallory proves her key and shows Alice's certificate, or her own with Alice's key. */
    begin(&f);
    person_init(&mallory, 77);
    f.hand.s = mallory.device.certificate.dev_dh;
    f.hand.se = dh(&mallory.device.dh_secret, &f.p.prekey.key);
    assert_int_equal(read(&f), VC_ERR_AUTH);
    begin(&f);
    f.p.from.certificate = mallory.device.certificate;
    say_alice(&f);
    f.hand.s = f.p.alice.device.certificate.dev_dh;
    f.hand.se = dh(&mallory.device.dh_secret, &f.p.prekey.key);
    assert_int_equal(read(&f), VC_ERR_AUTH);
}

/* All encodings of the points of low order, but for the highest bit. */
static const struct vc_key32 low_order[] = {
    {{0}},
    {{1}},
    {{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
      0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
      0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00}},
    {{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
      0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
      0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57}},
    {{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
    {{0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
    {{0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
};
enum { LOW_ORDERS = 2 * sizeof(low_order) / sizeof(low_order[0]) };

static struct vc_key32 low_order_key(size_t i)
{
    struct vc_key32 key = low_order[i / 2];

    key.b[31] |= i % 2 ? 0x80 : 0;
    return key;
}

static void a_recipients_key_of_low_order_is_not_used(void **state)
{
    (void)state;
    struct opening_pair p;

    for (size_t i = 0; i < LOW_ORDERS; i++) {
        opening_pair_init(&p, 0);
        p.to.dev_dh = low_order_key(i);
        assert_int_equal(opening_pair_try_write(&p), VC_ERR_AUTH);
        opening_pair_init(&p, 0);
        p.prekey_seen.key = low_order_key(i);
        assert_int_equal(opening_pair_try_write(&p), VC_ERR_AUTH);
        opening_pair_init(&p, 0);
        p.one_time_seen.key = low_order_key(i);
        assert_int_equal(opening_pair_try_write(&p), VC_ERR_AUTH);
        assert_true(vc_is_zero(&p.written, sizeof(p.written)));
    }
}

/* Everything is right but that the DH results are zero, as anybody can know. */
static void a_senders_key_of_low_order_is_refused(void **state)
{
    (void)state;
    struct forge f;

    for (size_t i = 0; i < LOW_ORDERS; i++) {
        begin(&f);
        prove_alice(&f);
        f.hand.e = low_order_key(i);
        memset(&f.hand.es, 0, sizeof(f.hand.es));
        memset(&f.hand.ee, 0, sizeof(f.hand.ee));
        memset(&f.hand.eo, 0, sizeof(f.hand.eo));
        assert_int_equal(read(&f), VC_ERR_AUTH);

        begin(&f);
        f.p.from.certificate.dev_dh = low_order_key(i);
        say_alice(&f);
        memset(&f.hand.se, 0, sizeof(f.hand.se));
        assert_int_equal(read(&f), VC_ERR_AUTH);
        assert_true(vc_is_zero(&f.p.read, sizeof(f.p.read)));
    }
}

/* p + 9 is the base point in another encoding: X25519 with it gives the public keys. */
static void an_e_that_is_not_canonical_is_taken_and_bound(void **state)
{
    (void)state;
    static const struct vc_key32 canonical = {{9}};
    struct vc_key32 other = low_order[5]; /* p */
    struct forge f;
    struct vc_id16 first;

    begin(&f);
    prove_alice(&f);
    f.hand.es = dh(&f.p.bob.device.dh_secret, &canonical);
    f.hand.ee = dh(&f.p.prekey_secret, &canonical);
    f.hand.eo = dh(&f.p.one_time_secret, &canonical);
    f.hand.e = canonical;
    assert_int_equal(read(&f), VC_OK);
    first = f.p.read.id;
    other.b[0] += 9;
    f.hand.e = other;
    assert_int_equal(read(&f), VC_OK);
    assert_memory_not_equal(&f.p.read.id, &first, sizeof(first));
    f.hand.e.b[31] |= 0x80;
    assert_int_equal(read(&f), VC_OK);
    f.p.bytes[31] ^= 0x80; /* the same key, but not what was sent */
    assert_int_equal(opening_pair_read(&f.p), VC_ERR_AUTH);
}

static void a_key_that_is_not_canonical_is_bound_as_it_was_published(void **state)
{
    (void)state;
    struct opening_pair p;

    for (int which = 0; which < 3; which++) {
        opening_pair_init(&p, 0);
        struct vc_key32 *seen[] = {&p.to.dev_dh, &p.prekey_seen.key,
                                   &p.one_time_seen.key};
        struct vc_key32 *own[] = {&p.bob.device.certificate.dev_dh, &p.prekey.key,
                                  &p.one_time.key};

        seen[which]->b[31] |= 0x80;
        opening_pair_write(&p);
        assert_int_equal(opening_pair_read(&p), VC_ERR_AUTH);
        own[which]->b[31] |= 0x80;
        assert_int_equal(opening_pair_read(&p), VC_OK);
        assert_true(opening_pair_agrees(&p));
    }
}

static void a_senders_key_that_is_not_canonical_is_that_of_his_certificate(void **state)
{
    (void)state;
    struct forge f;

    begin(&f);
    f.p.from.certificate.dev_dh.b[31] |= 0x80;
    say_alice(&f);
    prove_alice(&f);
    assert_int_equal(read(&f), VC_OK);
    f.hand.s.b[31] ^= 0x80;
    assert_int_equal(read(&f), VC_ERR_AUTH);
}

/* The payload up to the length of the statement, then @rest. */
static vc_err try_rest(struct forge *f, uint32_t generation, const void *rest,
                       size_t len)
{
    struct vc_writer w = vc_writer(f->payload, sizeof(f->payload));

    begin(f);
    prove_alice(f);
    opening_hand_payload(&w, &f->p.from.root, &f->p.from.certificate, generation, 0);
    vc_write_copy(&w, rest, len);
    f->hand.payload = vc_writer_bytes(&w);
    return read(f);
}

static void a_payload_of_another_form_is_malformed(void **state)
{
    (void)state;
    struct forge f;

    assert_int_equal(try_rest(&f, 1, "", 1), VC_OK);
    assert_int_equal(try_rest(&f, 0xffffffff, "\x01x", 2), VC_OK);
    assert_int_equal(f.p.sender.generation, 0xffffffff);
    assert_int_equal(f.p.sender.statement.len, 1);
    assert_int_equal(try_rest(&f, 0, "", 1), VC_ERR_MALFORMED);
    assert_int_equal(try_rest(&f, 1, "\x02x", 2), VC_ERR_MALFORMED);
    assert_int_equal(try_rest(&f, 1, "\x01xy", 3), VC_ERR_MALFORMED);
    /* Extensions that nobody knows yet. */
    assert_int_equal(try_rest(&f, 1, "\0\x01\0\0\0", 5), VC_OK);
    assert_int_equal(try_rest(&f, 1, "\x01x\x01\0\x02\0ab\x02\0\0\0", 12), VC_OK);
    assert_int_equal(f.p.sender.statement.len, 1);
    assert_int_equal(try_rest(&f, 1, "\0\x01\0\0\0\x01\0\0\0", 9), VC_ERR_MALFORMED);
    assert_int_equal(try_rest(&f, 1, "\0\x01\0\x01\0", 5), VC_ERR_MALFORMED);
}

static void a_payload_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    struct forge f;

    begin(&f);
    prove_alice(&f);
    struct vc_bytes whole = f.hand.payload;
    for (size_t len = 0; len < whole.len; len++) {
        f.hand.payload.len = len;
        /* Below the least that a head can name it is not even tried. */
        assert_int_equal(read(&f), len < 182 ? VC_ERR_AUTH : VC_ERR_MALFORMED);
    }
}

static void the_longest_payload_is_read_and_a_longer_one_not(void **state)
{
    (void)state;
    struct forge f;
    uint8_t rest[VC_OPENING_PAYLOAD_MAX + 1 - 181] = {0, 0xff, 0xff};
    size_t len = sizeof(rest) - 1;

    rest[3] = (uint8_t)((len - 5) & 0xff);
    rest[4] = (uint8_t)((len - 5) >> 8);
    assert_int_equal(try_rest(&f, 1, rest, len), VC_OK);
    assert_int_equal(f.hand.payload.len, VC_OPENING_PAYLOAD_MAX);
    rest[3]++;
    assert_int_equal(try_rest(&f, 1, rest, len + 1), VC_ERR_AUTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_by_hand_is_what_is_written),
        cmocka_unit_test(a_thief_of_dev_dh_does_not_pose_towards_its_owner),
        cmocka_unit_test(
            whoever_has_the_prekeys_private_half_can_pose_towards_its_owner),
        cmocka_unit_test(a_stolen_prekey_does_not_pose_towards_others),
        cmocka_unit_test(whoever_says_who_he_is_not_is_refused),
        cmocka_unit_test(a_recipients_key_of_low_order_is_not_used),
        cmocka_unit_test(a_senders_key_of_low_order_is_refused),
        cmocka_unit_test(an_e_that_is_not_canonical_is_taken_and_bound),
        cmocka_unit_test(a_key_that_is_not_canonical_is_bound_as_it_was_published),
        cmocka_unit_test(
            a_senders_key_that_is_not_canonical_is_that_of_his_certificate),
        cmocka_unit_test(a_payload_of_another_form_is_malformed),
        cmocka_unit_test(a_payload_cut_off_anywhere_is_refused),
        cmocka_unit_test(the_longest_payload_is_read_and_a_longer_one_not),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}
