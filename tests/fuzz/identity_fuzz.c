/*
 * What names and holds a person: ids, words, certificates, stored identities.  The first
 * byte says which.
 */
#include <string.h>

#include "crypto/identity.h"
#include "crypto/words.h"

enum { TEXT_MAX = 512 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return vc_crypto_init() == VC_OK ? 0 : 1;
}

static void try_id(const char *text)
{
    struct vc_key32 root;
    struct vc_key32 again;
    char written[VC_ID_TEXT_MAX];

    if (vc_id_parse(text, &root) == VC_OK) {
        vc_id_format(&root, written);
        VC_CHECK(strlen(written) == strlen(text));
        VC_CHECK(vc_id_parse(written, &again) == VC_OK);
        VC_CHECK(memcmp(&root, &again, sizeof(root)) == 0);
    }
}

static void try_words(const char *text)
{
    struct vc_secret32 entropy;
    struct vc_secret32 again;
    char written[VC_WORDS_TEXT_MAX];
    int bad_word = -1;

    if (vc_words_parse(text, &entropy, &bad_word) == VC_OK) {
        vc_words_format(&entropy, written);
        VC_CHECK(vc_words_parse(written, &again, &bad_word) == VC_OK);
        VC_CHECK(memcmp(&entropy, &again, sizeof(entropy)) == 0);
    }
    VC_CHECK(bad_word >= 0 && bad_word <= VC_WORD_COUNT);
}

static void try_certificate(struct vc_bytes bytes)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_certificate certificate;
    struct vc_key32 root;
    uint8_t room[VC_CERTIFICATE_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));

    vc_read_copy(&r, root.b, sizeof(root.b));
    const uint8_t *at = r.at;
    vc_certificate_read(&r, &certificate);
    if (vc_reader_end(&r) == VC_OK) {
        vc_err err = vc_certificate_verify(&certificate, &root);
        VC_CHECK(err == VC_OK || strcmp(vc_err_name(err), "internal") != 0);
        vc_certificate_write(&w, &certificate);
        VC_CHECK(memcmp(room, at, sizeof(room)) == 0);
    }
}

static void try_stored(struct vc_bytes bytes)
{
    struct vc_account account;
    struct vc_device device;
    uint8_t room[VC_IDENTITY_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    if (vc_identity_read(bytes, &account, &device) == VC_OK) {
        VC_CHECK(vc_identity_write(&w, &account, &device) == VC_OK);
        VC_CHECK(vc_writer_bytes(&w).len == bytes.len);
        VC_CHECK(memcmp(room, bytes.data, bytes.len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];

    if (size < 1 || size - 1 > TEXT_MAX) {
        return 0;
    }
    struct vc_bytes rest = {data + 1, size - 1};
    memcpy(text, rest.data, rest.len);
    text[rest.len] = '\0';

    switch (data[0] % 4) {
    case 0:
        try_id(text);
        break;
    case 1:
        try_words(text);
        break;
    case 2:
        try_certificate(rest);
        break;
    default:
        try_stored(rest);
        break;
    }
    return 0;
}
