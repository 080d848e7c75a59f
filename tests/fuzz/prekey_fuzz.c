/*
 * Signed and one-time prekeys as they were read.  The first byte of an input says which:
 *
 *   0      signed prekeys, one behind the other
 *   else   one-time prekeys to the end
 *
 * What is read is written the same again.
 */
#include <string.h>

#include "crypto/prekey.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vc_certificate certificate;
static struct vc_key32 root;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct vc_secret32 seed = {{1}};
    struct vc_sign_secret secret;

    (void)argc;
    (void)argv;
    VC_CHECK(vc_crypto_init() == VC_OK);
    vc_sign_keypair(&certificate.dev_sig, &secret, &seed);
    return 0;
}

static void try_prekeys(struct vc_bytes bytes)
{
    struct vc_reader r = vc_reader(bytes);

    while (vc_reader_left(&r) > 0) {
        const uint8_t *start = r.at;
        struct vc_prekey prekey;
        uint8_t room[VC_PREKEY_LEN];
        struct vc_writer w = vc_writer(room, sizeof(room));

        vc_prekey_read(&r, &prekey);
        if (r.is_failed) {
            return;
        }
        vc_prekey_write(&w, &prekey);
        VC_CHECK(vc_writer_end(&w) == VC_OK && vc_writer_left(&w) == 0);
        VC_CHECK(memcmp(room, start, sizeof(room)) == 0);
        VC_CHECK(vc_prekey_verify(&prekey, &root, &certificate) == VC_ERR_AUTH);
    }
}

static void try_one_times(struct vc_bytes bytes)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_one_time keys[VC_ONE_TIME_MAX];
    uint8_t room[VC_ONE_TIME_MAX * VC_ONE_TIME_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));
    size_t count;

    if (vc_one_time_read(&r, keys, &count) != VC_OK) {
        return;
    }
    vc_one_time_write(&w, keys, count);
    VC_CHECK(vc_writer_bytes(&w).len == bytes.len);
    VC_CHECK(memcmp(room, bytes.data, bytes.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct vc_bytes bytes = {data + 1, size - 1};
    if (data[0] == 0) {
        try_prekeys(bytes);
    } else {
        try_one_times(bytes);
    }
    return 0;
}
