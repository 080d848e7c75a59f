/*
 * The rows of sessions and prekeys: what decodes is encoded to the same bytes again.  The first
 * byte of an input says which row it is.
 */
#include <string.h>

#include "node/seal/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t room[4096];

static void check_same(const struct vc_writer *encoded, struct vc_bytes value)
{
    VC_CHECK(vc_writer_end(encoded) == VC_OK);
    VC_CHECK(vc_writer_bytes(encoded).len == value.len);
    VC_CHECK(memcmp(vc_writer_bytes(encoded).data, value.data, value.len) == 0);
}

static void try_peer(struct vc_bytes value)
{
    struct vc_writer w = vc_writer(room, VC_SEAL_PEER_ROW_MAX);
    struct vc_seal_peer_row row;

    if (vc_seal_peer_row_read(value, &row) == VC_OK) {
        vc_seal_peer_row_write(&w, &row);
        check_same(&w, value);
    }
}

static void try_session(struct vc_bytes value)
{
    struct vc_writer w = vc_writer(room, VC_SEAL_SESSION_ROW_MAX);
    struct vc_seal_session_row row;
    struct vc_ratchet ratchet;

    if (vc_seal_session_row_read(value, &row, &ratchet) == VC_OK) {
        vc_seal_session_row_write(&w, &row, &ratchet);
        check_same(&w, value);
    }
}

static void try_prekey(struct vc_bytes value)
{
    struct vc_writer w = vc_writer(room, VC_SEAL_PREKEY_ROW_MAX);
    struct vc_seal_prekey_row row;

    if (vc_seal_prekey_row_read(value, &row) == VC_OK) {
        vc_seal_prekey_row_write(&w, &row);
        check_same(&w, value);
    }
}

static void try_skipped(struct vc_bytes value)
{
    struct vc_writer w = vc_writer(room, VC_SEAL_SKIPPED_ROW_LEN);
    struct vc_secret32 key;

    if (vc_seal_skipped_row_read(value, &key) == VC_OK) {
        vc_seal_skipped_row_write(&w, &key);
        check_same(&w, value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_bytes rest = {data + 1, size - 1};
    uint32_t id;

    if (size == 0) {
        return 0;
    }
    if (data[0] == 0) {
        try_peer(rest);
    } else if (data[0] == 1) {
        try_session(rest);
    } else if (data[0] == 2) {
        try_prekey(rest);
    } else if (data[0] == 3) {
        try_skipped(rest);
    } else if (vc_seal_key_prekey_read(rest, &id) == VC_OK) {
        VC_CHECK(rest.len == 4);
    }
    return 0;
}
