#include "tests/sim/dht_crypto.h"

#include <string.h>

#include "crypto/blind.h"
#include "tests/sim/dht_world.h"

bool sim_dht_crypto_is_fake;

/* ---- hashes and ciphers ---- */

struct mix {
    uint64_t a, b;
    uint64_t word; /* that is not full yet */
    unsigned fill; /* its bytes */
};

static void mix_word(struct mix *mix, uint64_t word)
{
    mix->a = (mix->a ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    mix->a ^= mix->a >> 29;
    mix->b = (mix->b + mix->a) * UINT64_C(0xbf58476d1ce4e5b9);
    mix->b ^= mix->b >> 32;
}

/* Whatever the parts, their concatenation is mixed in. */
static void mix_bytes(struct mix *mix, struct vc_bytes bytes)
{
    for (size_t i = 0; i < bytes.len;) {
        if (mix->fill == 0 && bytes.len - i >= sizeof mix->word) {
            memcpy(&mix->word, bytes.data + i, sizeof mix->word);
            mix->fill = sizeof mix->word;
            i += sizeof mix->word;
        } else {
            mix->word |= (uint64_t)bytes.data[i++] << 8 * mix->fill++;
        }
        if (mix->fill == sizeof mix->word) {
            mix_word(mix, mix->word);
            mix->word = 0;
            mix->fill = 0;
        }
    }
}

/* The last steps of MurmurHash3: every bit of the state reaches every bit of the word. */
static uint64_t finish_word(uint64_t word)
{
    word = (word ^ word >> 33) * UINT64_C(0xff51afd7ed558ccd);
    word = (word ^ word >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return word ^ word >> 33;
}

static void mix_end(struct mix *mix, void *ret_bytes, size_t len)
{
    uint8_t *at = ret_bytes;

    mix_word(mix, mix->word);
    mix_word(mix, mix->fill);
    while (len > 0) {
        uint64_t word;
        size_t count = len < sizeof word ? len : sizeof word;

        mix_word(mix, len);
        word = finish_word(mix->a ^ mix->b);
        memcpy(at, &word, count);
        at += count;
        len -= count;
    }
}

__typeof__(vc_hash_parts) __real_vc_hash_parts, __wrap_vc_hash_parts;

void __wrap_vc_hash_parts(void *ret_hash, size_t len, const char *label,
                          const struct vc_secret32 *key, const struct vc_bytes *parts,
                          size_t count)
{
    struct mix mix = {1, 2, 0, 0};

    if (!sim_dht_crypto_is_fake) {
        __real_vc_hash_parts(ret_hash, len, label, key, parts, count);
        return;
    }
    mix_bytes(&mix, (struct vc_bytes){(const uint8_t *)label, strlen(label)});
    if (key != NULL) {
        mix_bytes(&mix, VC_BYTES(key->b));
    }
    for (size_t i = 0; i < count; i++) {
        mix_bytes(&mix, parts[i]);
    }
    mix_end(&mix, ret_hash, len);
}

__typeof__(vc_hash) __real_vc_hash, __wrap_vc_hash;

void __wrap_vc_hash(void *ret_hash, size_t len, const char *label,
                    const struct vc_secret32 *key, struct vc_bytes bytes)
{
    if (sim_dht_crypto_is_fake) {
        __wrap_vc_hash_parts(ret_hash, len, label, key, &bytes, 1);
    } else {
        __real_vc_hash(ret_hash, len, label, key, bytes);
    }
}

enum { LANES = 4 };

/* Of many bytes, a word for each lane at a time: lanes do not wait for each other. */
static struct vc_hash32 digest(struct vc_bytes bytes)
{
    uint64_t lanes[LANES] = {bytes.len, 1, 2, 3};
    uint64_t words[LANES];
    struct vc_hash32 hash;

    while (bytes.len > 0) {
        size_t count = bytes.len < sizeof words ? bytes.len : sizeof words;

        if (count < sizeof words) {
            memset(words, 0, sizeof words);
        }
        memcpy(words, bytes.data, count);
        for (unsigned i = 0; i < LANES; i++) {
            lanes[i] = (lanes[i] ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
            lanes[i] ^= lanes[i] >> 32;
        }
        bytes.data += count;
        bytes.len -= count;
    }
    memcpy(hash.b, lanes, sizeof hash.b);
    return hash;
}

/* What was said can be read by anybody, but changed by nobody. */
static void make_tag(uint8_t ret_tag[VC_TAG_LEN], const struct vc_secret32 *key,
                     const uint8_t nonce[VC_XNONCE_LEN], struct vc_bytes ad,
                     struct vc_bytes plain)
{
    struct vc_hash32 hash = digest(plain);
    struct mix mix = {3, 4, 0, 0};

    mix_bytes(&mix, VC_BYTES(key->b));
    mix_bytes(&mix, (struct vc_bytes){nonce, VC_XNONCE_LEN});
    mix_bytes(&mix, ad);
    mix_bytes(&mix, VC_BYTES(hash.b));
    mix_end(&mix, ret_tag, VC_TAG_LEN);
}

__typeof__(vc_xseal) __real_vc_xseal, __wrap_vc_xseal;

void __wrap_vc_xseal(uint8_t *ret_sealed, const struct vc_secret32 *key,
                     const uint8_t nonce[VC_XNONCE_LEN], struct vc_bytes ad,
                     struct vc_bytes plain)
{
    if (!sim_dht_crypto_is_fake) {
        __real_vc_xseal(ret_sealed, key, nonce, ad, plain);
        return;
    }
    memmove(ret_sealed, plain.data, plain.len);
    make_tag(ret_sealed + plain.len, key, nonce, ad,
             (struct vc_bytes){ret_sealed, plain.len});
}

__typeof__(vc_xopen) __real_vc_xopen, __wrap_vc_xopen;

bool __wrap_vc_xopen(uint8_t *ret_plain, const struct vc_secret32 *key,
                     const uint8_t nonce[VC_XNONCE_LEN], struct vc_bytes ad,
                     struct vc_bytes sealed)
{
    uint8_t tag[VC_TAG_LEN];

    if (!sim_dht_crypto_is_fake) {
        return __real_vc_xopen(ret_plain, key, nonce, ad, sealed);
    }
    if (sealed.len < VC_TAG_LEN) {
        return false;
    }
    sealed.len -= VC_TAG_LEN;
    make_tag(tag, key, nonce, ad, sealed);
    if (memcmp(tag, sealed.data + sealed.len, sizeof tag) != 0) {
        return false;
    }
    memmove(ret_plain, sealed.data, sealed.len);
    return true;
}

/* ---- keys ---- */

__typeof__(vc_dh_public) __real_vc_dh_public, __wrap_vc_dh_public;

void __wrap_vc_dh_public(struct vc_key32 *ret_public, const struct vc_secret32 *secret)
{
    if (!sim_dht_crypto_is_fake) {
        __real_vc_dh_public(ret_public, secret);
        return;
    }
    vc_hash(ret_public->b, sizeof ret_public->b, "sim public", NULL,
            VC_BYTES(secret->b));
    /* Who grinds takes keys until one fits; here the first does. */
    if (sim_dht_running != NULL && sim_dht_running->key_bits != 0) {
        ret_public->b[0] =
            (uint8_t)((ret_public->b[0] & ~7u) | (sim_dht_running->key_bits & 7));
    }
}

__typeof__(vc_dh) __real_vc_dh, __wrap_vc_dh;

bool __wrap_vc_dh(struct vc_secret32 *ret_shared, const struct vc_secret32 *secret,
                  const struct vc_key32 *public_key)
{
    struct vc_key32 own;
    bool is_first;
    struct vc_bytes parts[2];

    if (!sim_dht_crypto_is_fake) {
        return __real_vc_dh(ret_shared, secret, public_key);
    }
    __wrap_vc_dh_public(&own, secret);
    is_first = memcmp(own.b, public_key->b, sizeof own.b) < 0;
    parts[is_first ? 0 : 1] = VC_BYTES(own.b);
    parts[is_first ? 1 : 0] = VC_BYTES(public_key->b);
    vc_hash_parts(ret_shared->b, sizeof ret_shared->b, "sim shared", NULL, parts, 2);
    return true;
}

static void fake_sign(struct vc_sig *ret_sig, const struct vc_key32 *public_key,
                      struct vc_bytes message)
{
    const struct vc_bytes parts[] = {VC_BYTES(public_key->b), message};

    vc_hash_parts(ret_sig->b, sizeof ret_sig->b, "sim signature", NULL, parts, 2);
}

__typeof__(vc_blinded_sign) __real_vc_blinded_sign, __wrap_vc_blinded_sign;

void __wrap_vc_blinded_sign(struct vc_sig *ret_sig, const struct vc_blinded *key,
                            struct vc_bytes message)
{
    if (sim_dht_crypto_is_fake) {
        fake_sign(ret_sig, &key->public_key, message);
    } else {
        __real_vc_blinded_sign(ret_sig, key, message);
    }
}

__typeof__(vc_sign_verify) __real_vc_sign_verify, __wrap_vc_sign_verify;

bool __wrap_vc_sign_verify(const struct vc_sig *sig, const struct vc_key32 *public_key,
                           struct vc_bytes message)
{
    struct vc_sig expected;

    if (!sim_dht_crypto_is_fake) {
        return __real_vc_sign_verify(sig, public_key, message);
    }
    fake_sign(&expected, public_key, message);
    return vc_equal(expected.b, sig->b, sizeof expected.b);
}
