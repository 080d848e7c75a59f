/* SCHEMA.md, "The form of version 1". */
#include "storage/plain.h"

#include <string.h>

#include "crypto/prim.h"

static void check_of(uint8_t ret_check[VC_PLAIN_CHECK_BYTES], enum vc_table table,
                     struct vc_bytes key, struct vc_bytes value)
{
    uint8_t place[2] = {(uint8_t)table, (uint8_t)key.len};
    struct vc_bytes parts[3] = {VC_BYTES(place), key, value};

    VC_CHECK(key.len <= VC_STORE_KEY_MAX && (unsigned)table < VC_TABLE_COUNT);
    vc_hash_parts(ret_check, VC_PLAIN_CHECK_BYTES, "veche row", NULL, parts, 3);
}

void vc_plain_encode(uint8_t *ret_stored, enum vc_table table, struct vc_bytes key,
                     struct vc_bytes value)
{
    if (value.len > 0) {
        memcpy(ret_stored, value.data, value.len);
    }
    check_of(ret_stored + value.len, table, key, value);
}

vc_err vc_plain_decode(enum vc_table table, struct vc_bytes key, struct vc_bytes stored,
                       struct vc_bytes *ret_value)
{
    uint8_t check[VC_PLAIN_CHECK_BYTES];
    struct vc_bytes value = stored;

    if (key.len == 0 || key.len > VC_STORE_KEY_MAX ||
        stored.len < VC_PLAIN_CHECK_BYTES ||
        stored.len > VC_STORE_VALUE_MAX + VC_PLAIN_CHECK_BYTES) {
        return VC_ERR_STORE_DAMAGED;
    }
    value.len -= VC_PLAIN_CHECK_BYTES;
    check_of(check, table, key, value);
    if (!vc_equal(check, stored.data + value.len, VC_PLAIN_CHECK_BYTES)) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_value = value;
    return VC_OK;
}
