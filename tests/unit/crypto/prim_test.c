#include "crypto/prim.h"

#include <string.h>

#include "tests/unit/crypto/checks.h"
#include "tests/unit/crypto/vectors.h"

static const struct vc_bytes nothing = {NULL, 0};
static size_t refused_count;

static void judge_x25519(const json_t *group, const json_t *test)
{
    struct vector public_key = vector_field(test, "public");
    struct vector secret = vector_field(test, "private");
    struct vector expected = vector_field(test, "shared");
    struct vc_secret32 shared = {{1}};
    bool is_good = vc_dh(&shared, (const struct vc_secret32 *)secret.b,
                         (const struct vc_key32 *)public_key.b);

    (void)group;
    if (vector_has_flag(test, "LowOrderPublic")) {
        assert_false(is_good);
        assert_true(vc_is_zero(&shared, sizeof(shared)));
        refused_count++;
        return;
    }
    assert_true(is_good);
    assert_memory_equal(shared.b, expected.b, sizeof(shared.b));
}

static void x25519_vectors_hold_and_low_order_points_are_refused(void **state)
{
    (void)state;
    refused_count = 0;
    wycheproof_each(VC_VECTORS "/wycheproof/x25519_test.json", judge_x25519);
    assert_int_equal(refused_count, 31);
}

static void judge_ed25519(const json_t *group, const json_t *test)
{
    struct vector public_key = vector_field(json_object_get(group, "publicKey"), "pk");
    struct vector message = vector_field(test, "msg");
    struct vector sig = vector_field(test, "sig");

    if (sig.len != sizeof(struct vc_sig)) {
        /* The type says the length: such a signature cannot be handed in. */
        assert_string_equal(vector_text(test, "result"), "invalid");
        return;
    }
    assert_int_equal(vc_sign_verify((const struct vc_sig *)sig.b,
                                    (const struct vc_key32 *)public_key.b,
                                    vector_bytes(&message)),
                     strcmp(vector_text(test, "result"), "valid") == 0);
}

static void ed25519_vectors_hold(void **state)
{
    (void)state;
    wycheproof_each(VC_VECTORS "/wycheproof/ed25519_test.json", judge_ed25519);
}

static void a_signature_is_good_for_its_message_and_key_only(void **state)
{
    struct vc_secret32 seed = {{7}};
    struct vc_sign_secret secret;
    struct vc_key32 public_key;
    struct vc_sig sig;
    uint8_t message[3] = {1, 2, 3};

    (void)state;
    vc_sign_keypair(&public_key, &secret, &seed);
    vc_sign(&sig, &secret, VC_BYTES(message));
    assert_true(vc_sign_verify(&sig, &public_key, VC_BYTES(message)));
    assert_false(vc_sign_verify(&sig, &public_key, nothing));
    message[0] ^= 1;
    assert_false(vc_sign_verify(&sig, &public_key, VC_BYTES(message)));
    message[0] ^= 1;
    public_key.b[3] ^= 1;
    assert_false(vc_sign_verify(&sig, &public_key, VC_BYTES(message)));
}

typedef void (*seal_fn)(uint8_t *ret_sealed, const struct vc_secret32 *key,
                        const uint8_t *nonce, struct vc_bytes ad,
                        struct vc_bytes plain);
typedef bool (*open_fn)(uint8_t *ret_plain, const struct vc_secret32 *key,
                        const uint8_t *nonce, struct vc_bytes ad,
                        struct vc_bytes sealed);

static void judge_sealing(const json_t *test, seal_fn seal, open_fn open)
{
    struct vector key = vector_field(test, "key"), iv = vector_field(test, "iv");
    struct vector ad = vector_field(test, "aad"), plain = vector_field(test, "msg");
    struct vector sealed = vector_field(test, "ct"), tag = vector_field(test, "tag");
    static uint8_t got[VECTOR_BYTES_MAX + VC_TAG_LEN];
    const struct vc_secret32 *secret = (const struct vc_secret32 *)key.b;
    bool is_valid = strcmp(vector_text(test, "result"), "valid") == 0;

    memcpy(sealed.b + sealed.len, tag.b, tag.len);
    sealed.len += tag.len;
    assert_int_equal(open(got, secret, iv.b, vector_bytes(&ad), vector_bytes(&sealed)),
                     is_valid);
    if (!is_valid) {
        refused_count++;
        return;
    }
    assert_memory_equal(got, plain.b, plain.len);
    seal(got, secret, iv.b, vector_bytes(&ad), vector_bytes(&plain));
    assert_memory_equal(got, sealed.b, sealed.len);
    /* In its own place it gives the same, both ways. */
    memcpy(got, plain.b, plain.len);
    seal(got, secret, iv.b, vector_bytes(&ad), (struct vc_bytes){got, plain.len});
    assert_memory_equal(got, sealed.b, sealed.len);
    assert_true(
        open(got, secret, iv.b, vector_bytes(&ad), (struct vc_bytes){got, sealed.len}));
    assert_memory_equal(got, plain.b, plain.len);
}

/* Is it a case whose nonce is of the algorithm's length?  The type says the length. */
static bool has_nonce_of(const json_t *group, const json_t *test, size_t len)
{
    if (vector_number(group, "ivSize") == (json_int_t)(8 * len)) {
        return true;
    }
    assert_string_equal(vector_text(test, "result"), "invalid");
    return false;
}

static void judge_aead(const json_t *group, const json_t *test)
{
    if (has_nonce_of(group, test, VC_NONCE_LEN)) {
        judge_sealing(test, vc_seal_nonce, vc_open_nonce);
    }
}

static void chacha20_poly1305_vectors_hold(void **state)
{
    (void)state;
    wycheproof_each(VC_VECTORS "/wycheproof/chacha20_poly1305_test.json", judge_aead);
}

static void judge_xaead(const json_t *group, const json_t *test)
{
    if (has_nonce_of(group, test, VC_XNONCE_LEN)) {
        judge_sealing(test, vc_xseal, vc_xopen);
    }
}

static void xchacha20_poly1305_vectors_hold(void **state)
{
    (void)state;
    refused_count = 0;
    wycheproof_each(VC_VECTORS "/wycheproof/xchacha20_poly1305_test.json", judge_xaead);
    assert_int_equal(refused_count, 60);
}

/* The key stream alone: in the AEAD its block 0 is the tag's key, and what is sealed begins
 * at block 1. */
static void judge_xchacha(const json_t *group, const json_t *test)
{
    struct vector key = vector_field(test, "key"), iv = vector_field(test, "iv");
    struct vector plain = vector_field(test, "msg"), sealed = vector_field(test, "ct");
    static uint8_t got[64 + VECTOR_BYTES_MAX];

    (void)group;
    if (strcmp(vector_text(test, "result"), "valid") != 0) {
        return;
    }
    memset(got, 0, 64);
    memcpy(got + 64, plain.b, plain.len);
    vc_xchacha_xor_nonce((struct vc_room){got, 64 + plain.len},
                         (const struct vc_secret32 *)key.b, vector_bytes(&iv));
    assert_memory_equal(got + 64, sealed.b, sealed.len);
}

static void the_key_streams_of_xchacha20_poly1305_vectors_are_ours(void **state)
{
    (void)state;
    wycheproof_each(VC_VECTORS "/wycheproof/xchacha20_poly1305_test.json",
                    judge_xchacha);
}

static void the_counter_is_the_end_of_the_nonce_in_little_endian(void **state)
{
    const uint8_t nonce[VC_NONCE_LEN] = {0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1};
    const uint8_t plain[5] = {9, 8, 7, 6, 5};
    struct vc_secret32 key = {{42}};
    uint8_t by_counter[sizeof(plain) + VC_TAG_LEN], by_nonce[sizeof(by_counter)];

    (void)state;
    vc_seal(by_counter, &key, 0x0102030405060708u, nothing, VC_BYTES(plain));
    vc_seal_nonce(by_nonce, &key, nonce, nothing, VC_BYTES(plain));
    assert_memory_equal(by_counter, by_nonce, sizeof(by_nonce));
}

static void what_is_shorter_than_a_tag_does_not_open(void **state)
{
    struct vc_secret32 key = {{1}};
    uint8_t sealed[VC_TAG_LEN], plain[1], nonce[VC_XNONCE_LEN] = {2};

    (void)state;
    vc_seal(sealed, &key, 0, nothing, nothing);
    assert_true(vc_open(plain, &key, 0, nothing, VC_BYTES(sealed)));
    assert_false(vc_open(plain, &key, 0, nothing,
                         (struct vc_bytes){sealed, sizeof(sealed) - 1}));
    assert_false(vc_open(plain, &key, 0, nothing, nothing));
    assert_false(vc_open(plain, &key, 1, nothing, VC_BYTES(sealed)));
    vc_xseal(sealed, &key, nonce, nothing, nothing);
    assert_true(vc_xopen(plain, &key, nonce, nothing, VC_BYTES(sealed)));
    assert_false(vc_xopen(plain, &key, nonce, nothing,
                          (struct vc_bytes){sealed, sizeof(sealed) - 1}));
    assert_false(vc_xopen(plain, &key, nonce, nothing, nothing));
}

static void sealing_into_a_short_room_fails_the_writer(void **state)
{
    struct vc_secret32 key = {{1}};
    const uint8_t plain[4] = {1, 2, 3, 4};

    (void)state;
    for (size_t len = 0; len <= sizeof(plain) + VC_TAG_LEN; len++) {
        uint8_t room[sizeof(plain) + VC_TAG_LEN];
        struct vc_writer w = vc_writer(room, len);

        vc_seal_to(&w, &key, 0, nothing, VC_BYTES(plain));
        assert_int_equal(vc_writer_end(&w), len == sizeof(room) ? VC_OK : VC_ERR_FULL);
    }
}

static void judge_siphash(const json_t *group, const json_t *test)
{
    struct vector key = vector_field(test, "key"), message = vector_field(test, "msg");
    struct vector tag = vector_field(test, "tag");
    uint64_t expected = 0;

    (void)group;
    for (size_t i = 0; i < 8; i++) {
        expected |= (uint64_t)tag.b[i] << (8 * i);
    }
    assert_true(vc_siphash(key.b, vector_bytes(&message)) == expected);
}

static void siphash_vectors_hold(void **state)
{
    (void)state;
    wycheproof_each(VC_VECTORS "/wycheproof/siphash_2_4_test.json", judge_siphash);
}

static void label_key_and_length_each_change_the_hash(void **state)
{
    struct vc_secret32 key = {{1}};
    uint8_t a[32], b[32];

    (void)state;
    vc_hash(a, 32, "one", &key, VC_BYTES(key.b));
    vc_hash(b, 32, "two", &key, VC_BYTES(key.b));
    assert_memory_not_equal(a, b, 32);
    vc_hash(b, 32, "one", NULL, VC_BYTES(key.b));
    assert_memory_not_equal(a, b, 32);
    vc_hash(b, 31, "one", &key, VC_BYTES(key.b));
    assert_memory_not_equal(a, b, 31);
}

static void parts_are_hashed_as_one_piece(void **state)
{
    const uint8_t whole[5] = {1, 2, 3, 4, 5};
    const struct vc_bytes parts[3] = {{whole, 2}, {NULL, 0}, {whole + 2, 3}};
    uint8_t a[64], b[64];

    (void)state;
    vc_hash(a, 64, "parts", NULL, VC_BYTES(whole));
    vc_hash_parts(b, 64, "parts", NULL, parts, 3);
    assert_memory_equal(a, b, 64);
}

static void a_short_hash_is_the_start_of_the_one_of_16_bytes(void **state)
{
    uint8_t whole[16], start[16];

    (void)state;
    vc_hash(whole, 16, "short", NULL, nothing);
    for (size_t len = 1; len < 16; len++) {
        vc_hash(start, len, "short", NULL, nothing);
        assert_memory_equal(start, whole, len);
    }
}

static void a_label_of_17_bytes_and_a_hash_of_none_are_mistakes(void **state)
{
    uint8_t hash[65];

    (void)state;
    vc_hash(hash, 64, "sixteen letters!", NULL, nothing);
    expect_assert_failure(vc_hash(hash, 64, "seventeen letters", NULL, nothing));
    expect_assert_failure(vc_hash(hash, 0, "label", NULL, nothing));
    expect_assert_failure(vc_hash(hash, 65, "label", NULL, nothing));
}

static void the_mask_of_rfc_9001_is_ours(void **state)
{
    struct vector key, sample, expected;
    uint8_t mask[5];

    (void)state;
    vector_decode(&key,
                  "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4");
    vector_decode(&sample, "5e5cd55c41f69080575d7999c25a5bfb");
    vector_decode(&expected, "aefefe7d03");
    vc_chacha_mask(mask, sizeof(mask), (const struct vc_secret32 *)key.b, sample.b);
    assert_memory_equal(mask, expected.b, sizeof(mask));
}

static void masking_twice_gives_the_bytes_back(void **state)
{
    struct vc_secret32 key = {{3}};
    uint8_t salt[16] = {4}, bytes[100] = {5}, before[100];

    (void)state;
    memcpy(before, bytes, sizeof(bytes));
    vc_xchacha_xor((struct vc_room){bytes, sizeof(bytes)}, &key, salt);
    assert_memory_not_equal(bytes, before, sizeof(bytes));
    vc_xchacha_xor((struct vc_room){bytes, sizeof(bytes)}, &key, salt);
    assert_memory_equal(bytes, before, sizeof(bytes));
    vc_xchacha_xor((struct vc_room){NULL, 0}, &key, salt);
}

static void comparing_sees_every_byte(void **state)
{
    uint8_t a[40] = {0}, b[40] = {0};

    (void)state;
    assert_true(vc_equal(a, b, sizeof(a)));
    assert_true(vc_is_zero(a, sizeof(a)));
    for (size_t i = 0; i < sizeof(a); i++) {
        a[i] = 0x80;
        assert_false(vc_equal(a, b, sizeof(a)));
        assert_false(vc_is_zero(a, sizeof(a)));
        vc_wipe(a, sizeof(a));
        assert_true(vc_is_zero(a, sizeof(a)));
    }
}

/* The neutral point, the ones of order 2 and 4, one of order 2L, one not on the curve, and
 * the base point written with a coordinate beyond the field. */
static const char *const bad_points[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "9599999999999999999999999999999999999999999999999999999999999999",
    "5252cc0a7f208133b620acbd4537eba2a4123bf0a8c2e4f980c3b31bb69765ea",
    "0200000000000000000000000000000000000000000000000000000000000000",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

/* The group order L, L - 1, and the base point. */
static const struct vc_scalar order = {
    {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
     0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
     0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10}};
static const struct vc_scalar one = {{1}};

static struct vc_scalar minus_one(void)
{
    struct vc_scalar scalar = order;

    scalar.b[0]--;
    return scalar;
}

static struct vc_key32 base_point(void)
{
    struct vc_key32 base;

    assert_int_equal(
        vc_hex_decode(
            "5866666666666666666666666666666666666666666666666666666666666666", base.b,
            sizeof(base.b)),
        VC_OK);
    return base;
}

static void points_outside_the_group_are_refused(void **state)
{
    struct vc_key32 base = base_point();
    struct vc_key32 product;
    struct vector point;

    (void)state;
    for (size_t i = 0; i < sizeof(bad_points) / sizeof(bad_points[0]); i++) {
        vector_decode(&point, bad_points[i]);
        assert_false(vc_point_is_valid((const struct vc_key32 *)point.b));
        assert_false(vc_point_mul(&product, &one, (const struct vc_key32 *)point.b));
    }
    assert_true(vc_point_is_valid(&base));
}

static void points_are_multiplied_as_the_scalar_stands(void **state)
{
    struct vc_scalar scalar = {{2}}, zero = {{0}}, top = minus_one();
    struct vc_key32 base = base_point(), product, by_base;

    (void)state;
    assert_true(vc_point_mul_base(&product, &one));
    assert_memory_equal(&product, &base, sizeof(base));
    assert_true(vc_point_mul(&product, &one, &base));
    assert_memory_equal(&product, &base, sizeof(base));
    for (int i = 0; i < 20; i++) {
        assert_true(vc_point_mul(&product, &scalar, &base));
        assert_true(vc_point_mul_base(&by_base, &scalar));
        assert_memory_equal(&product, &by_base, sizeof(by_base));
        vc_scalar_mul(&scalar, &scalar, &scalar);
        vc_scalar_add(&scalar, &scalar, &one);
    }
    assert_true(
        vc_point_mul(&product, &top, &base)); /* the base with its sign turned */
    base.b[31] ^= 0x80;
    assert_memory_equal(&product, &base, sizeof(base));
    assert_false(vc_point_mul(&product, &zero, &base));
    assert_false(vc_point_mul(&product, &order, &base));
    assert_false(vc_point_mul_base(&product, &zero));
    assert_false(vc_point_mul_base(&product, &order));
}

static void scalars_are_numbers_below_the_order(void **state)
{
    struct vc_scalar a, top = minus_one();
    uint8_t wide[64] = {0};
    /* 2^512 - 1 mod L */
    static const struct vc_scalar rest = {
        {0x00, 0x0f, 0x9c, 0x44, 0xe3, 0x11, 0x06, 0xa4, 0x47, 0x93, 0x85,
         0x68, 0xa7, 0x1b, 0x0e, 0xd0, 0x65, 0xbe, 0xf5, 0x17, 0xd2, 0x73,
         0xec, 0xce, 0x3d, 0x9a, 0x30, 0x7c, 0x1b, 0x41, 0x99, 0x03}};

    (void)state;
    memcpy(wide, order.b, sizeof(order));
    vc_scalar_reduce(&a, wide);
    assert_true(vc_is_zero(&a, sizeof(a)));
    memset(wide, 0xff, sizeof(wide));
    vc_scalar_reduce(&a, wide);
    assert_memory_equal(&a, &rest, sizeof(a));
    vc_scalar_add(&a, &top, &one);
    assert_true(vc_is_zero(&a, sizeof(a)));
    vc_scalar_mul(&a, &top, &top);
    assert_memory_equal(&a, &one, sizeof(a));
}

/* RFC 8032, 5.1.5, step by step. */
static void a_public_key_is_the_clamped_half_of_a_hash_times_the_base(void **state)
{
    struct vc_secret32 seed = {{7}};
    struct vc_bytes part = VC_BYTES(seed.b);
    struct vc_sign_secret secret;
    struct vc_key32 public_key, product;
    struct vc_scalar scalar;
    uint8_t hash[64];

    (void)state;
    vc_sign_keypair(&public_key, &secret, &seed);
    vc_sha512_parts(hash, &part, 1);
    memcpy(scalar.b, hash, sizeof(scalar.b));
    scalar.b[0] &= 248;
    scalar.b[31] = (scalar.b[31] & 127) | 64;
    assert_true(vc_point_mul_base(&product, &scalar));
    assert_memory_equal(&product, &public_key, sizeof(product));
}

static void equal_seeds_draw_equal_bytes_and_each_draw_changes_the_key(void **state)
{
    struct vc_secret32 seed = {{9}}, before;
    struct vc_rng a, b;
    uint8_t from_a[100], from_b[100];

    (void)state;
    vc_rng_init(&a, &seed);
    vc_rng_init(&b, &seed);
    for (size_t len = 0; len <= sizeof(from_a); len++) {
        before = a.key;
        vc_rng_draw(&a, from_a, len);
        vc_rng_draw(&b, from_b, len);
        assert_memory_equal(from_a, from_b, len);
        assert_memory_not_equal(&before, &a.key, sizeof(before));
    }
    vc_rng_draw(&a, from_a, 64);
    vc_rng_draw(&a, from_b, 64);
    assert_memory_not_equal(from_a, from_b, 64);
    vc_rng_fork(&a, &seed);
    assert_memory_not_equal(&seed, &a.key, sizeof(seed));
}

static void numbers_below_a_bound_are_below_it_and_even(void **state)
{
    struct vc_secret32 seed = {{10}};
    struct vc_rng rng;
    uint32_t counts[7] = {0};

    (void)state;
    vc_rng_init(&rng, &seed);
    for (int i = 0; i < 7000; i++) {
        uint32_t number = vc_rng_below(&rng, 7);
        assert_true(number < 7);
        counts[number]++;
    }
    for (int i = 0; i < 7; i++) {
        assert_in_range(counts[i], 850, 1150);
    }
    counts[0] = 0;
    for (int i = 0; i < 3000; i++) { /* 3 * 2^30: a remainder alone would give 1500 */
        counts[0] += vc_rng_below(&rng, 3u << 30) < 1u << 30;
    }
    assert_in_range(counts[0], 850, 1150);
    assert_int_equal(vc_rng_below(&rng, 1), 0);
    assert_true(vc_rng_below(&rng, UINT32_MAX) < UINT32_MAX);
    expect_assert_failure((void)vc_rng_below(&rng, 0));
}

/* Made with the reference program: argon2 0123456789abcdef -id -p 1 -l 32 -r, the passphrase
 * on its input, and -t and -k as below. */
static void argon2id_gives_what_the_reference_gives(void **state)
{
    static const struct {
        struct vc_argon2_cost cost;
        uint8_t key[32];
    } cases[] = {
        {{2, 8192}, {0x3b, 0xc3, 0x82, 0x90, 0x0b, 0xe1, 0xa5, 0x08, 0x66, 0x45, 0xe5,
                     0x64, 0x35, 0x48, 0xdd, 0x6c, 0x97, 0x74, 0x8c, 0xfc, 0x94, 0x98,
                     0x0a, 0xa5, 0x65, 0xea, 0xf3, 0x3e, 0x0f, 0x3f, 0xd0, 0xfb}},
        {{1, 64}, {0x32, 0x36, 0x4f, 0xd7, 0xed, 0x54, 0xf4, 0x95, 0x1b, 0x0d, 0x6b,
                   0xc3, 0xbe, 0xd2, 0xf2, 0x12, 0xc6, 0x62, 0x35, 0x73, 0x8a, 0x11,
                   0x4c, 0x5f, 0x8b, 0xa3, 0xb6, 0xa1, 0xee, 0x3a, 0xbb, 0x10}},
    };
    static const uint8_t salt[] = "0123456789abcdef";
    static const uint8_t words[] = "correct horse";
    struct vc_bytes passphrase = {words, sizeof(words) - 1};
    struct vc_secret32 key;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(vc_argon2id(&key, passphrase, salt, &cases[i].cost));
        assert_memory_equal(key.b, cases[i].key, sizeof(key.b));
    }
    assert_true(vc_argon2_moderate.memory_kib > vc_argon2_interactive.memory_kib);
    expect_assert_failure(
        (void)!vc_argon2id(&key, passphrase, salt, &(struct vc_argon2_cost){0, 64}));
}

static void the_library_of_this_machine_may_be_trusted(void **state)
{
    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    assert_int_equal(vc_crypto_init(), VC_OK); /* twice does no harm */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_of_this_machine_may_be_trusted),
        cmocka_unit_test(x25519_vectors_hold_and_low_order_points_are_refused),
        cmocka_unit_test(ed25519_vectors_hold),
        cmocka_unit_test(a_signature_is_good_for_its_message_and_key_only),
        cmocka_unit_test(chacha20_poly1305_vectors_hold),
        cmocka_unit_test(xchacha20_poly1305_vectors_hold),
        cmocka_unit_test(the_key_streams_of_xchacha20_poly1305_vectors_are_ours),
        cmocka_unit_test(the_counter_is_the_end_of_the_nonce_in_little_endian),
        cmocka_unit_test(what_is_shorter_than_a_tag_does_not_open),
        cmocka_unit_test(sealing_into_a_short_room_fails_the_writer),
        cmocka_unit_test(siphash_vectors_hold),
        cmocka_unit_test(label_key_and_length_each_change_the_hash),
        cmocka_unit_test(parts_are_hashed_as_one_piece),
        cmocka_unit_test(a_short_hash_is_the_start_of_the_one_of_16_bytes),
        cmocka_unit_test(a_label_of_17_bytes_and_a_hash_of_none_are_mistakes),
        cmocka_unit_test(the_mask_of_rfc_9001_is_ours),
        cmocka_unit_test(masking_twice_gives_the_bytes_back),
        cmocka_unit_test(comparing_sees_every_byte),
        cmocka_unit_test(points_outside_the_group_are_refused),
        cmocka_unit_test(points_are_multiplied_as_the_scalar_stands),
        cmocka_unit_test(scalars_are_numbers_below_the_order),
        cmocka_unit_test(a_public_key_is_the_clamped_half_of_a_hash_times_the_base),
        cmocka_unit_test(equal_seeds_draw_equal_bytes_and_each_draw_changes_the_key),
        cmocka_unit_test(numbers_below_a_bound_are_below_it_and_even),
        cmocka_unit_test(argon2id_gives_what_the_reference_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
