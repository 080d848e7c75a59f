/* A slot of the file with the data key: what decodes has one encoding. */
#include <string.h>

#include "crypto/prim.h"
#include "storage/keyfile.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return vc_crypto_init() == VC_OK ? 0 : 1;
}

static void decode(struct vc_bytes bytes)
{
    static uint8_t again[VC_SLOT_BYTES];
    struct vc_key_slot slot;

    if (vc_key_slot_decode(bytes, &slot) == VC_OK) {
        vc_key_slot_encode(&slot, again);
        VC_CHECK(bytes.len == sizeof again &&
                 memcmp(again, bytes.data, sizeof again) == 0);
    }
}

/* As it is; and as a short slot whose check is right and whose end is zeros, so that what is
 * decoded is reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t slot[VC_SLOT_BYTES];
    size_t len = VC_KEY_HEAD_BYTES + VC_KEY_BODY_BYTES;

    decode((struct vc_bytes){data, size});
    memset(slot, 0, sizeof slot);
    memcpy(slot, data, size < len ? size : len);
    vc_hash(slot + len, VC_KEY_CHECK_BYTES, "veche key slot", NULL,
            (struct vc_bytes){slot, len});
    decode(VC_BYTES(slot));
    return 0;
}
