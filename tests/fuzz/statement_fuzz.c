/*
 * What the root signs: live statements and forwards.  The first byte says which, and
 * whether the signature is made right before it is judged, since no fuzzer finds one.
 */
#include <string.h>

#include "crypto/statement.h"

static struct vc_key32 root;
static struct vc_sign_secret root_secret;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct vc_secret32 seed = {{1}};

    (void)argc;
    (void)argv;
    if (vc_crypto_init() != VC_OK) {
        return 1;
    }
    vc_sign_keypair(&root, &root_secret, &seed);
    return 0;
}

static void try_live(struct vc_bytes bytes, bool is_signed)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_live live;
    uint8_t room[VC_LIVE_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    vc_live_read(&r, &live);
    if (vc_reader_end(&r) != VC_OK) {
        return;
    }
    vc_live_write(&w, &live);
    VC_CHECK(vc_writer_end(&w) == VC_OK && vc_writer_bytes(&w).len == bytes.len);
    VC_CHECK(memcmp(room, bytes.data, bytes.len) == 0);
    if (is_signed) {
        vc_live_sign(&live, &root_secret);
        VC_CHECK(vc_live_verify(&live, &root) == VC_OK);
        VC_CHECK(vc_live_has(&live, live.indices[live.count - 1]));
    } else {
        VC_CHECK(vc_live_verify(&live, &root) == VC_ERR_AUTH);
    }
}

static void sign(struct vc_forward *forward)
{
    uint8_t message[16 + VC_FORWARD_LEN] = "forward";
    struct vc_writer w = vc_writer(&message[16], VC_FORWARD_LEN);

    vc_forward_write(&w, forward);
    vc_sign(&forward->sig, &root_secret,
            (struct vc_bytes){message, sizeof(message) - sizeof(struct vc_sig)});
}

static void try_forward(struct vc_bytes bytes, bool is_signed)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_forward forward;
    uint8_t room[VC_FORWARD_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));

    vc_forward_read(&r, &forward);
    if (vc_reader_end(&r) != VC_OK) {
        return;
    }
    vc_forward_write(&w, &forward);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    VC_CHECK(memcmp(room, bytes.data, sizeof(room)) == 0);
    if (is_signed) {
        sign(&forward);
    }
    vc_err err = vc_forward_verify(&forward, &root);
    if (forward.version != VC_FORWARD_VERSION) {
        VC_CHECK(err == VC_ERR_UNSUPPORTED);
    } else if (!is_signed) {
        VC_CHECK(err == VC_ERR_AUTH);
    } else if (err == VC_OK) {
        VC_CHECK(forward.new_generation > forward.old_generation);
        VC_CHECK(forward.until >= forward.made);
    } else {
        VC_CHECK(err == VC_ERR_MALFORMED);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct vc_bytes rest = {data + 1, size - 1};
    bool is_signed = (data[0] & 2) != 0;

    if ((data[0] & 1) == 0) {
        try_live(rest, is_signed);
    } else {
        try_forward(rest, is_signed);
    }
    return 0;
}
