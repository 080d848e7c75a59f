/* The rows of META, and the seal of any row: table, length of the key, key, sealed value. */
#include <string.h>

#include "crypto/prim.h"
#include "storage/schema.h"
#include "storage/seal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return vc_crypto_init() == VC_OK ? 0 : 1;
}

/* What decodes has one encoding. */
static void decode_version(struct vc_bytes row)
{
    uint8_t again[VC_SCHEMA_ROW_BYTES];
    uint32_t version;

    if (vc_schema_decode(row, &version) == VC_OK) {
        vc_schema_encode(version, again);
        VC_CHECK(row.len == sizeof again && memcmp(row.data, again, sizeof again) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[VC_STORE_VALUE_MAX + VC_SEAL_OVERHEAD];
    struct vc_reader r = vc_reader((struct vc_bytes){data, size});
    enum vc_table table = (enum vc_table)(vc_read_u8(&r) % VC_TABLE_COUNT);
    struct vc_bytes key = vc_read_bytes(&r, vc_read_u8(&r) % (VC_STORE_KEY_MAX + 1u));
    struct vc_bytes sealed = vc_read_rest(&r);
    struct vc_bytes value;

    decode_version((struct vc_bytes){data, size});
    if (vc_reader_end(&r) == VC_OK &&
        vc_value_open(table, key, sealed, &value) == VC_OK) {
        decode_version(value);
        vc_value_seal(again, table, key, value);
        VC_CHECK(memcmp(again, sealed.data, sealed.len) == 0);
    }
    return 0;
}
