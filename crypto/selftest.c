/*
 * Known answers; crypto/SPEC.md, "Self-test".
 *
 * One answer for each primitive, and for what must be refused a refusal: enough to
 * notice a library that was built wrongly or is older than the one that may be
 * trusted.  The published vectors are the tests' business.
 */
#include "crypto/selftest.h"

#include "crypto/base/hex.h"
#include "crypto/blind.h"
#include "crypto/noise_hash.h"
#include "crypto/prim.h"

#define ANSWER_MAX 128 /* bytes of the longest known answer */

/* Does @hex say what these @len bytes are? */
static bool is(const void *bytes, size_t len, const char *hex)
{
    uint8_t expected[ANSWER_MAX];

    VC_CHECK(len <= sizeof(expected));
    VC_CHECK(vc_hex_decode(hex, expected, len) == VC_OK);
    return vc_equal(bytes, expected, len);
}

static void from_hex(void *ret_bytes, size_t len, const char *hex)
{
    VC_CHECK(vc_hex_decode(hex, ret_bytes, len) == VC_OK);
}

static const struct vc_bytes abc = {(const uint8_t *)"abc", 3};

/* 00 01 02 ... 1f */
static struct vc_secret32 counting(void)
{
    struct vc_secret32 key;

    for (size_t i = 0; i < sizeof(key.b); i++) {
        key.b[i] = (uint8_t)i;
    }
    return key;
}

static bool hashes_are_right(void)
{
    struct vc_secret32 key = counting();
    uint8_t sip_key[16];
    uint8_t hash[2 * VC_NOISE_HASH_MAX];
    uint8_t zeros[VC_NOISE_HASH_MAX] = {0};
    uint8_t sip_byte = 0x18;

    vc_hash(hash, 64, "", NULL, abc); /* RFC 7693, appendix A */
    if (!is(hash, 64,
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")) {
        return false;
    }
    vc_hash(hash, 32, "self-test", &key, abc);
    if (!is(hash, 32,
            "ebda3a341537203fbdd05e4a7036f618f6054064b34029c73c60ba893509f14e")) {
        return false;
    }
    vc_sha256_parts(hash, &abc, 1); /* FIPS 180-2, appendix B.1 */
    if (!is(hash, 32,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")) {
        return false;
    }
    vc_sha512_parts(hash, &abc, 1); /* FIPS 180-2, appendix C.1 */
    if (!is(hash, 64,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")) {
        return false;
    }
    from_hex(sip_key, sizeof(sip_key), "39ff769700dca7efa13068ad6b850cad");
    if (vc_siphash(sip_key, (struct vc_bytes){&sip_byte, 1}) != 0x03bccc9f4f19a555u) {
        return false;
    }
    vc_noise_hkdf(VC_NOISE_BLAKE2B, hash, 2, VC_BYTES(zeros), VC_BYTES(key.b));
    return is(hash, 128,
              "5f00fc95cfc2e3645f60393222f709d9e4c41314a55392eb5c5b7b04e33096fd"
              "014a71113695694a85ad56af0bc25c94ff08bfd0dbc8bb5e2862aa4b983877a5"
              "a5e3c028beff14c78b280cb3da7e47935530922fa7cbdebfdcb8d5564207ad22"
              "514c6c17bf2ebd1e5bfbbc84e8136f87cb9a6c79b74ab82c875a3d907c96d94a");
}

static bool x25519_is_right(void)
{
    struct vc_secret32 secret, shared;
    struct vc_key32 peer, own;

    /* RFC 7748, section 5.2. */
    from_hex(secret.b, sizeof(secret.b),
             "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    from_hex(peer.b, sizeof(peer.b),
             "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
    if (!vc_dh(&shared, &secret, &peer) ||
        !is(shared.b, sizeof(shared.b),
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")) {
        return false;
    }
    vc_dh_public(&own, &secret);
    if (!is(own.b, sizeof(own.b),
            "1c9fd88f45606d932a80c71824ae151d15d73e77de38e8e000852e614fae7019")) {
        return false;
    }
    /* A point of order 8: the result would be the same zero for every secret. */
    from_hex(peer.b, sizeof(peer.b),
             "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
    return !vc_dh(&shared, &secret, &peer);
}

static bool ed25519_is_right(void)
{
    static const uint8_t message = 0x72;
    struct vc_bytes bytes = {&message, 1};
    struct vc_secret32 seed;
    struct vc_sign_secret secret;
    struct vc_key32 public_key;
    struct vc_sig sig;

    /* RFC 8032, section 7.1, test 2. */
    from_hex(seed.b, sizeof(seed.b),
             "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    vc_sign_keypair(&public_key, &secret, &seed);
    vc_sign(&sig, &secret, bytes);
    if (!is(public_key.b, sizeof(public_key.b),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c") ||
        !is(sig.b, sizeof(sig.b),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00") ||
        !vc_sign_verify(&sig, &public_key, bytes)) {
        return false;
    }
    sig.b[0] ^= 1;
    return !vc_sign_verify(&sig, &public_key, bytes);
}

/*
 * The base point plus the point of order 2.  Multiplied by the group's order it gives
 * (0, -1): a library that looks at the first coordinate alone takes it for (0, 1), the
 * neutral point, and so this one for a good point.
 */
static bool points_are_judged_rightly(void)
{
    struct vc_key32 good, mixed;

    from_hex(good.b, sizeof(good.b),
             "5866666666666666666666666666666666666666666666666666666666666666");
    from_hex(mixed.b, sizeof(mixed.b),
             "9599999999999999999999999999999999999999999999999999999999999999");
    return vc_point_is_valid(&good) && !vc_point_is_valid(&mixed);
}

/* A record key blinded with a factor that is not below the group's order: the first of Tor's
 * published cases.  Both halves must come to the same key, and what is signed with the secret
 * one must verify. */
static bool blinding_is_right(void)
{
    struct vc_secret32 seed;
    struct vc_scalar factor;
    struct vc_sign_secret secret;
    struct vc_key32 record, public_key;
    struct vc_blinded key;
    struct vc_sig sig;

    from_hex(seed.b, sizeof(seed.b),
             "26c76712d89d906e6672dafa614c42e5cb1caac8c6568e4d2493087db51f0d36");
    from_hex(factor.b, sizeof(factor.b),
             "6072edcae39a95aec3d04583791098d8d6180d6418ca341d5766936e2d5dba56");
    vc_sign_keypair(&record, &secret, &seed);
    if (!vc_blind_public(&public_key, &record, &factor) ||
        !vc_blind_secret(&key, &secret, &factor) ||
        !is(public_key.b, sizeof(public_key.b),
            "722d6da6348e618967ef782e71061e27163a8b35f21856475d9d2023f65b6495") ||
        !is(key.public_key.b, sizeof(key.public_key.b),
            "722d6da6348e618967ef782e71061e27163a8b35f21856475d9d2023f65b6495") ||
        !is(key.secret.b, sizeof(key.secret.b),
            "014e83abadb2ca9a27e0ffe23920333d817729f48700e97656ec2823d694050e")) {
        return false;
    }
    vc_blinded_sign(&sig, &key, abc);
    return vc_sign_verify(&sig, &public_key, abc);
}

static bool ciphers_are_right(void)
{
    struct vc_secret32 key = counting();
    uint8_t sealed[32 + VC_TAG_LEN];
    uint8_t opened[32];
    uint8_t stream[32] = {0};
    uint8_t sample[16], mask[5];

    vc_seal(sealed, &key, 0x0102030405060708u, abc, VC_BYTES(key.b));
    if (!is(sealed, sizeof(sealed),
            "f048afe7af3cec1f6ca220c77f756fb7f017e0d79c5153894f2cbd46f51fb9c2"
            "fd7ef875d27c43618b171eef16be94db") ||
        !vc_open(opened, &key, 0x0102030405060708u, abc, VC_BYTES(sealed)) ||
        !vc_equal(opened, key.b, sizeof(opened))) {
        return false;
    }
    sealed[sizeof(sealed) - 1] ^= 1;
    if (vc_open(opened, &key, 0x0102030405060708u, abc, VC_BYTES(sealed))) {
        return false;
    }
    vc_xseal(sealed, &key, key.b, abc, VC_BYTES(key.b));
    if (!is(sealed, sizeof(sealed),
            "9ec30d7c94d78ba93b4d2cc5c75fa6e75b563ab6e9c30bfc670325ad21b0eb46"
            "be31a975991d53277d430e5246e9a07a") ||
        !vc_xopen(opened, &key, key.b, abc, VC_BYTES(sealed)) ||
        !vc_equal(opened, key.b, sizeof(opened))) {
        return false;
    }
    sealed[sizeof(sealed) - 1] ^= 1;
    if (vc_xopen(opened, &key, key.b, abc, VC_BYTES(sealed))) {
        return false;
    }
    vc_xchacha_xor((struct vc_room){stream, sizeof(stream)}, &key, key.b);
    if (!is(stream, sizeof(stream),
            "8352dbb549565290d1a49c2e071e85fe10654c531fa3ecad9f4fa54a4f94dba7")) {
        return false;
    }
    /* RFC 9001, appendix A.5. */
    from_hex(key.b, sizeof(key.b),
             "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4");
    from_hex(sample, sizeof(sample), "5e5cd55c41f69080575d7999c25a5bfb");
    vc_chacha_mask(mask, sizeof(mask), &key, sample);
    return is(mask, sizeof(mask), "aefefe7d03");
}

static bool generator_is_right(void)
{
    struct vc_secret32 seed = counting();
    struct vc_rng rng;
    uint8_t drawn[45];

    vc_rng_init(&rng, &seed);
    vc_rng_draw(&rng, drawn, 5);
    vc_rng_draw(&rng, drawn + 5, 40);
    return is(drawn, sizeof(drawn),
              "18b84231adba3d01218930e55e8ac959c0b44772f7057621c309f50535496828"
              "ea3b8cba1b6882deffb7ec6a53");
}

vc_err vc_selftest(void)
{
    if (hashes_are_right() && x25519_is_right() && ed25519_is_right() &&
        points_are_judged_rightly() && blinding_is_right() && ciphers_are_right() &&
        generator_is_right()) {
        return VC_OK;
    }
    return VC_ERR_SELFTEST;
}
