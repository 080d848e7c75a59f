#include "crypto/blind.h"

#include <string.h>

#include "tests/unit/crypto/example.h"
#include "tests/unit/crypto/vectors.h"

#define EPOCH 20455 /* 2026-01-02 */

/* Record keys by number. */
struct owner {
    struct vc_key32 record;
    struct vc_sign_secret secret;
};

static struct owner owner_of(uint8_t number)
{
    struct vc_secret32 seed;
    struct owner owner;

    memset(&seed, number, sizeof(seed));
    vc_sign_keypair(&owner.record, &owner.secret, &seed);
    return owner;
}

static struct vc_blinded blinded_of(const struct owner *owner,
                                    const struct vc_scalar *factor)
{
    struct vc_blinded key;
    struct vc_key32 public_key;

    assert_true(vc_blind_secret(&key, &owner->secret, factor));
    assert_true(vc_blind_public(&public_key, &owner->record, factor));
    assert_memory_equal(&public_key, &key.public_key, sizeof(public_key));
    return key;
}

static struct vc_blinded device_key(const struct owner *owner, uint32_t epoch,
                                    uint16_t index)
{
    struct vc_scalar factor;

    vc_blind_of_device(&factor, &owner->record, epoch, index);
    return blinded_of(owner, &factor);
}

/* Tor's: clamp(SHA-512("Derive temporary signing key" || parameter)), not reduced. */
static struct vc_scalar factor_of_tor(const struct vector *parameter)
{
    static const char label[] = "Derive temporary signing key";
    const struct vc_bytes parts[] = {{(const uint8_t *)label, sizeof(label) - 1},
                                     vector_bytes(parameter)};
    struct vc_scalar factor;
    uint8_t hash[64];

    vc_sha512_parts(hash, parts, 2);
    memcpy(factor.b, hash, sizeof(factor.b));
    factor.b[0] &= 248;
    factor.b[31] = (factor.b[31] & 63) | 64;
    return factor;
}

static struct vector vector_at(const json_t *file, const char *list, size_t i)
{
    struct vector vector;
    const char *hex = json_string_value(json_array_get(json_object_get(file, list), i));

    assert_non_null(hex);
    vector_decode(&vector, hex);
    return vector;
}

static void tors_vectors_hold(void **state)
{
    json_t *file = vectors_load(VC_VECTORS "/ed25519/tor-key-blinding.json");
    size_t count = json_array_size(json_object_get(file, "ED25519_SECRET_KEYS"));

    (void)state;
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++) {
        struct vector seed = vector_at(file, "ED25519_SECRET_KEYS", i);
        struct vector record = vector_at(file, "ED25519_PUBLIC_KEYS", i);
        struct vector parameter = vector_at(file, "ED25519_BLINDING_PARAMS", i);
        struct vector secret = vector_at(file, "ED25519_BLINDED_SECRET_KEYS", i);
        struct vector blinded = vector_at(file, "ED25519_BLINDED_PUBLIC_KEYS", i);
        struct vc_scalar factor = factor_of_tor(&parameter);
        struct owner owner;
        struct vc_blinded key;

        vc_sign_keypair(&owner.record, &owner.secret,
                        (const struct vc_secret32 *)seed.b);
        assert_memory_equal(&owner.record, record.b, sizeof(owner.record));
        key = blinded_of(&owner, &factor);
        assert_memory_equal(&key.public_key, blinded.b, sizeof(key.public_key));
        assert_memory_equal(&key.secret, secret.b, sizeof(key.secret));
    }
    json_decref(file);
}

static struct example example;

static void the_document_says_this_of(const char *title, const struct owner *owner,
                                      const struct vc_scalar *factor)
{
    static const uint8_t message[] = "example\0\0\0\0\0\0\0\0\0hello";
    struct vc_blinded key = blinded_of(owner, factor);
    struct vc_hash32 place;
    struct vc_sig sig;

    example_choose(&example, "### Worked examples of section 20", title);
    example_says(&example, "h", VC_BYTES(factor->b));
    example_says(&example, "P'", VC_BYTES(key.public_key.b));
    vc_blind_place(&place, &key.public_key);
    example_says(&example, "place", VC_BYTES(place.b));
    example_says(&example, "a'", VC_BYTES(key.secret.b));
    example_says(&example, "nonce key", VC_BYTES(key.nonce_key.b));
    vc_blinded_sign(&sig, &key, (struct vc_bytes){message, sizeof(message) - 1});
    example_says(&example, "signature", VC_BYTES(sig.b));
}

static void the_worked_examples_hold(void **state)
{
    struct owner owner;
    struct vector seed;
    struct vc_id16 secret;
    struct vc_scalar factor;

    (void)state;
    /* The record seed of the worked examples of sections 2 to 6. */
    vector_decode(&seed,
                  "39a14ffa8f296bd23674aabbca1e97ef4acee251dcbc0bbd580090be10a40777");
    vc_sign_keypair(&owner.record, &owner.secret, (const struct vc_secret32 *)seed.b);
    vc_blind_of_device(&factor, &owner.record, EPOCH, 5);
    the_document_says_this_of("Device 5", &owner, &factor);
    memset(&secret, 0x05, sizeof(secret));
    vc_blind_of_invite(&factor, &owner.record, EPOCH, &secret);
    the_document_says_this_of("Invite", &owner, &factor);
}

static void what_is_signed_under_two_hundred_epochs_verifies(void **state)
{
    struct owner owner = owner_of(7), other = owner_of(8);
    uint8_t message[200] = {1};
    struct vc_key32 before = owner.record;
    struct vc_sig sig;

    (void)state;
    for (uint32_t epoch = EPOCH; epoch < EPOCH + 200; epoch++) {
        struct vc_blinded key = device_key(&owner, epoch, (uint16_t)(epoch % 64));
        struct vc_bytes bytes = {message, epoch - EPOCH};

        vc_blinded_sign(&sig, &key, bytes);
        assert_true(vc_sign_verify(&sig, &key.public_key, bytes));
        assert_false(vc_sign_verify(&sig, &before, bytes));
        assert_false(vc_sign_verify(&sig, &owner.record, bytes));
        assert_false(vc_sign_verify(&sig, &other.record, bytes));
        message[epoch % sizeof(message)] ^= 0xff;
        assert_false(
            vc_sign_verify(&sig, &key.public_key, (struct vc_bytes){message, 200}));
        before = key.public_key;
    }
}

/* Have both a row of four equal bytes somewhere?  By chance 841 of 2^32 have. */
static bool share_bytes(const void *a, const void *b)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i + 4 <= 32; i++) {
        for (size_t j = 0; j + 4 <= 32; j++) {
            if (memcmp(x + i, y + j, 4) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void keys_and_places_of_epochs_and_devices_share_no_bytes(void **state)
{
    enum { EPOCHS = 3, DEVICES = 3, ALL = EPOCHS * DEVICES + 1 };
    struct owner owner = owner_of(7);
    struct vc_id16 secret = {{9}};
    struct vc_blinded keys[ALL];
    struct vc_hash32 places[ALL];
    struct vc_scalar factor;

    (void)state;
    for (uint32_t i = 0; i < EPOCHS * DEVICES; i++) {
        keys[i] = device_key(&owner, EPOCH + i / DEVICES, (uint16_t)(i % DEVICES));
    }
    vc_blind_of_invite(&factor, &owner.record, EPOCH, &secret);
    keys[ALL - 1] = blinded_of(&owner, &factor);
    for (size_t i = 0; i < ALL; i++) {
        vc_blind_place(&places[i], &keys[i].public_key);
        assert_false(share_bytes(&keys[i].public_key, &owner.record));
        assert_false(share_bytes(&keys[i].secret, &owner.secret));
        assert_false(share_bytes(&places[i], &keys[i].public_key));
        for (size_t j = 0; j < i; j++) {
            assert_false(share_bytes(&keys[i].public_key, &keys[j].public_key));
            assert_false(share_bytes(&keys[i].secret, &keys[j].secret));
            assert_false(share_bytes(&places[i], &places[j]));
        }
    }
}

static void every_field_makes_another_factor(void **state)
{
    struct owner one = owner_of(1), two = owner_of(2);
    struct vc_id16 secret = {{0}}, other = {{0}};
    struct vc_scalar factors[10];

    (void)state;
    other.b[15] = 1;
    vc_blind_of_device(&factors[0], &one.record, EPOCH, 0);
    vc_blind_of_device(&factors[1], &one.record, EPOCH, 1);
    vc_blind_of_device(&factors[2], &one.record, EPOCH, 256);
    vc_blind_of_device(&factors[3], &one.record, EPOCH + 1, 0);
    vc_blind_of_device(&factors[4], &one.record, EPOCH + (1u << 24), 0);
    vc_blind_of_device(&factors[5], &two.record, EPOCH, 0);
    vc_blind_of_invite(&factors[6], &one.record, EPOCH, &secret);
    vc_blind_of_invite(&factors[7], &one.record, EPOCH, &other);
    vc_blind_of_invite(&factors[8], &one.record, EPOCH + 1, &secret);
    vc_blind_of_invite(&factors[9], &two.record, EPOCH, &secret);
    for (size_t i = 0; i < 10; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(&factors[i], &factors[j], sizeof(factors[i]));
        }
    }
}

static bool has_same_commitment(const struct vc_sig *a, const struct vc_sig *b)
{
    return memcmp(a->b, b->b, 32) == 0;
}

static void one_message_has_another_nonce_under_each_key(void **state)
{
    static const uint8_t message[] = "the same words";
    struct owner owner = owner_of(7), other = owner_of(8);
    struct vc_blinded keys[] = {
        device_key(&owner, EPOCH, 0), device_key(&owner, EPOCH, 1),
        device_key(&owner, EPOCH + 1, 0), device_key(&other, EPOCH, 0)};
    struct vc_sig sigs[4], again;

    (void)state;
    assert_memory_equal(&keys[0].nonce_key, &keys[1].nonce_key,
                        sizeof(keys[0].nonce_key));
    assert_memory_not_equal(&keys[0].nonce_key, &keys[3].nonce_key,
                            sizeof(keys[0].nonce_key));
    for (size_t i = 0; i < 4; i++) {
        vc_blinded_sign(&sigs[i], &keys[i], VC_BYTES(message));
        assert_true(vc_sign_verify(&sigs[i], &keys[i].public_key, VC_BYTES(message)));
        for (size_t j = 0; j < i; j++) {
            assert_false(has_same_commitment(&sigs[i], &sigs[j]));
        }
    }
    vc_blinded_sign(&again, &keys[0], VC_BYTES(message));
    assert_memory_equal(&again, &sigs[0], sizeof(again)); /* nothing is drawn */
    vc_blinded_sign(&again, &keys[0], (struct vc_bytes){message, 3});
    assert_false(has_same_commitment(&again, &sigs[0]));
}

static void the_neutral_point_and_points_outside_the_group_are_refused(void **state)
{
    static const char *const bad[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "9599999999999999999999999999999999999999999999999999999999999999",
        "0200000000000000000000000000000000000000000000000000000000000000",
    };
    struct vc_scalar factors[2] = {
        {{0}}, /* and the group's order, which is as good as nothing */
        {{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
          0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
          0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10}}};
    struct owner owner = owner_of(7);
    struct vc_key32 public_key;
    struct vc_blinded key;
    struct vc_scalar factor;
    struct vector record;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_false(vc_blind_public(&public_key, &owner.record, &factors[i]));
        memset(&key, 0xff, sizeof(key));
        assert_false(vc_blind_secret(&key, &owner.secret, &factors[i]));
        assert_true(vc_is_zero(&key, sizeof(key)));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        vector_decode(&record, bad[i]);
        vc_blind_of_device(&factor, (const struct vc_key32 *)record.b, EPOCH, 0);
        assert_false(
            vc_blind_public(&public_key, (const struct vc_key32 *)record.b, &factor));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tors_vectors_hold),
        cmocka_unit_test(the_worked_examples_hold),
        cmocka_unit_test(what_is_signed_under_two_hundred_epochs_verifies),
        cmocka_unit_test(keys_and_places_of_epochs_and_devices_share_no_bytes),
        cmocka_unit_test(every_field_makes_another_factor),
        cmocka_unit_test(one_message_has_another_nonce_under_each_key),
        cmocka_unit_test(the_neutral_point_and_points_outside_the_group_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
