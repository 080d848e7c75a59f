/* A slot of the file with the epochs: what decodes has one encoding. */
#include <string.h>

#include "crypto/prim.h"
#include "storage/epochs.h"

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
    struct vc_epoch_slot slot;

    if (vc_epoch_slot_decode(bytes, &slot) == VC_OK) {
        VC_CHECK(slot.number != 0);
        vc_epoch_slot_encode(&slot, again);
        VC_CHECK(bytes.len == sizeof again &&
                 memcmp(again, bytes.data, sizeof again) == 0);
    }
}

/* As it is, and filled up with zeros. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t slot[VC_SLOT_BYTES];

    decode((struct vc_bytes){data, size});
    memset(slot, 0, sizeof slot);
    memcpy(slot, data, size < sizeof slot ? size : sizeof slot);
    decode(VC_BYTES(slot));
    return 0;
}
