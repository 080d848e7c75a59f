/*
 * HMAC is put together from the plain hash (RFC 2104): OpenSSL 3's own objects for it cost more
 * than the hash itself.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/party.h"
#include "tests/bench/party_signal.h"

struct hmac {
    SHA256_CTX inner, outer;
};

static EVP_CIPHER *cbc, *ctr;
static EVP_CIPHER_CTX *cipher;

static int random_bytes(uint8_t *bytes, size_t len, void *data)
{
    (void)data;
    return RAND_bytes(bytes, (int)len) == 1 ? 0 : SG_ERR_UNKNOWN;
}

static int hmac_init(void **ret_hmac, const uint8_t *key, size_t key_len, void *data)
{
    struct hmac *hmac = malloc(sizeof(*hmac));
    uint8_t pad[SHA256_CBLOCK] = {0};

    (void)data;
    if (hmac == NULL) {
        return SG_ERR_NOMEM;
    }
    if (key_len > sizeof(pad)) {
        (void)SHA256(key, key_len, pad);
    } else {
        memcpy(pad, key, key_len);
    }
    for (size_t i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36;
    }
    (void)SHA256_Init(&hmac->inner);
    (void)SHA256_Update(&hmac->inner, pad, sizeof(pad));
    for (size_t i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }
    (void)SHA256_Init(&hmac->outer);
    (void)SHA256_Update(&hmac->outer, pad, sizeof(pad));
    *ret_hmac = hmac;
    return 0;
}

static int hmac_update(void *hmac, const uint8_t *bytes, size_t len, void *data)
{
    (void)data;
    return SHA256_Update(&((struct hmac *)hmac)->inner, bytes, len) == 1
               ? 0
               : SG_ERR_UNKNOWN;
}

static int hmac_final(void *context, signal_buffer **output, void *data)
{
    struct hmac *hmac = context;
    uint8_t hash[SHA256_DIGEST_LENGTH];

    (void)data;
    (void)SHA256_Final(hash, &hmac->inner);
    (void)SHA256_Update(&hmac->outer, hash, sizeof(hash));
    (void)SHA256_Final(hash, &hmac->outer);
    *output = signal_buffer_create(hash, sizeof(hash));
    return *output != NULL ? 0 : SG_ERR_NOMEM;
}

static void release(void *context, void *data)
{
    (void)data;
    free(context);
}

static int sha512_init(void **ret_context, void *data)
{
    SHA512_CTX *hash = malloc(sizeof(*hash));

    (void)data;
    if (hash == NULL) {
        return SG_ERR_NOMEM;
    }
    (void)SHA512_Init(hash);
    *ret_context = hash;
    return 0;
}

static int sha512_update(void *context, const uint8_t *bytes, size_t len, void *data)
{
    (void)data;
    return SHA512_Update(context, bytes, len) == 1 ? 0 : SG_ERR_UNKNOWN;
}

/* It may be used again afterwards. */
static int sha512_final(void *context, signal_buffer **output, void *data)
{
    uint8_t hash[SHA512_DIGEST_LENGTH];

    (void)data;
    (void)SHA512_Final(hash, context);
    (void)SHA512_Init(context);
    *output = signal_buffer_create(hash, sizeof(hash));
    return *output != NULL ? 0 : SG_ERR_NOMEM;
}

static int crypt(signal_buffer **output, int which, const uint8_t *key,
                 const uint8_t *iv, const uint8_t *in, size_t in_len, int is_sealing)
{
    signal_buffer *out = signal_buffer_alloc(in_len + 16);
    int len = 0, last = 0;

    if (out == NULL) {
        return SG_ERR_NOMEM;
    }
    uint8_t *bytes = signal_buffer_data(out);
    if (EVP_CipherInit_ex2(cipher, which == SG_CIPHER_AES_CBC_PKCS5 ? cbc : ctr, key,
                           iv, is_sealing, NULL) != 1 ||
        EVP_CipherUpdate(cipher, bytes, &len, in, (int)in_len) != 1 ||
        EVP_CipherFinal_ex(cipher, bytes + len, &last) != 1) {
        signal_buffer_free(out);
        return SG_ERR_UNKNOWN;
    }
    *output = signal_buffer_n_copy(out, (size_t)(len + last));
    signal_buffer_free(out);
    return *output != NULL ? 0 : SG_ERR_NOMEM;
}

static int encrypt(signal_buffer **output, int which, const uint8_t *key,
                   size_t key_len, const uint8_t *iv, size_t iv_len, const uint8_t *in,
                   size_t in_len, void *data)
{
    (void)data;
    party_need(key_len == 32 && iv_len == 16, "a cipher of 256 bits");
    return crypt(output, which, key, iv, in, in_len, 1);
}

static int decrypt(signal_buffer **output, int which, const uint8_t *key,
                   size_t key_len, const uint8_t *iv, size_t iv_len, const uint8_t *in,
                   size_t in_len, void *data)
{
    (void)data;
    party_need(key_len == 32 && iv_len == 16, "a cipher of 256 bits");
    return crypt(output, which, key, iv, in, in_len, 0);
}

const signal_crypto_provider *party_signal_provider(void)
{
    static const signal_crypto_provider provider = {
        .random_func = random_bytes,
        .hmac_sha256_init_func = hmac_init,
        .hmac_sha256_update_func = hmac_update,
        .hmac_sha256_final_func = hmac_final,
        .hmac_sha256_cleanup_func = release,
        .sha512_digest_init_func = sha512_init,
        .sha512_digest_update_func = sha512_update,
        .sha512_digest_final_func = sha512_final,
        .sha512_digest_cleanup_func = release,
        .encrypt_func = encrypt,
        .decrypt_func = decrypt,
    };

    cbc = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    ctr = EVP_CIPHER_fetch(NULL, "AES-256-CTR", NULL);
    cipher = EVP_CIPHER_CTX_new();
    party_need(cbc != NULL && ctr != NULL && cipher != NULL, "AES");
    return &provider;
}
