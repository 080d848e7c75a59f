/* The rows of META, and any row in both forms: table, length of the key, key, what is stored. */
#include <string.h>

#include "crypto/prim.h"
#include "storage/plain.h"
#include "storage/schema.h"
#include "storage/seal.h"

static struct vc_keyring ring;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return vc_crypto_init() == VC_OK &&
                   vc_keyring_init(&ring, &(struct vc_secret32){{0}}) == VC_OK
               ? 0
               : 1;
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

/* Whatever opens was sealed with this key at this place, and seals to the same again. */
static void open_sealed(enum vc_table table, struct vc_bytes place,
                        struct vc_bytes stored)
{
    static uint8_t again[VC_STORED_MAX];
    static uint8_t room[VC_STORED_MAX];
    struct vc_row_key key = {.len = 0};
    struct vc_row row;

    if (vc_row_open(&row, (struct vc_room){room, sizeof room}, &ring, table, place,
                    stored) == VC_OK) {
        vc_row_key_make(&key, &ring, table, row.key);
        VC_CHECK(key.len == place.len && memcmp(key.bytes, place.data, place.len) == 0);
        VC_CHECK(vc_row_stored_len(table, &key, row.value.len) == stored.len);
        vc_row_seal(again, &ring, table, &key, row.value);
        VC_CHECK(memcmp(again, stored.data, stored.len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[VC_STORE_VALUE_MAX + VC_PLAIN_CHECK_BYTES];
    struct vc_reader r = vc_reader((struct vc_bytes){data, size});
    enum vc_table table = (enum vc_table)(vc_read_u8(&r) % VC_TABLE_COUNT);
    struct vc_bytes key = vc_read_bytes(&r, vc_read_u8(&r) % (VC_ROW_KEY_MAX + 1u));
    struct vc_bytes sealed = vc_read_rest(&r);
    struct vc_bytes value;

    decode_version((struct vc_bytes){data, size});
    if (vc_reader_end(&r) != VC_OK) {
        return 0;
    }
    if (vc_plain_decode(table, key, sealed, &value) == VC_OK) {
        decode_version(value);
        vc_plain_encode(again, table, key, value);
        VC_CHECK(memcmp(again, sealed.data, sealed.len) == 0);
    }
    open_sealed(table, key, sealed);
    return 0;
}
