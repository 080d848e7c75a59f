/*
 * Mail's stored rows: what decodes is encoded to the same bytes again, but for those of an
 * older form.  The first byte of an input says which row it is.
 */
#include <string.h>

#include "node/mail/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    static uint64_t bits[2][VC_MAIL_SPARSE_MAX / 64];
    static unsigned taken;
    (void)ctx, (void)old_size, (void)old;
    VC_CHECK(new_size == 0 || new_size == sizeof(bits[0]));
    return new_size == 0 ? NULL : bits[taken++ % 2];
}

static void check_same(struct vc_bytes encoded, struct vc_bytes value)
{
    VC_CHECK(encoded.len == value.len);
    VC_CHECK(memcmp(encoded.data, value.data, value.len) == 0);
}

static void try_mailbox(struct vc_bytes value)
{
    const struct vc_alloc alloc = {.resize = resize};
    struct vc_numbers acked = {0}, seen = {0};
    struct vc_mailbox_row row;
    uint8_t room[VC_MAILBOX_ROW_MAX];
    if (vc_mailbox_row_decode(value, &row) != VC_OK)
        return;
    VC_CHECK(vc_numbers_widen(&acked, &alloc) == VC_OK);
    VC_CHECK(vc_numbers_widen(&seen, &alloc) == VC_OK);
    vc_numbers_load(&acked, row.acked_prefix, row.acked_bitmap);
    vc_numbers_load(&seen, row.seen_prefix, row.seen_bitmap);
    VC_CHECK(vc_numbers_last(&acked) < row.next);
    VC_CHECK(row.dropped <= row.sealed && row.sealed < row.next);
    struct vc_bytes again = vc_mailbox_row_encode(room, &row, &acked, &seen);
    if (value.data[0] == room[0])
        check_same(again, value);
    else
        VC_CHECK(vc_mailbox_row_decode(again, &row) == VC_OK);
}

static void try_outbox(struct vc_bytes value)
{
    static uint8_t room[VC_OUTBOX_ROW_MAX];
    struct vc_outbox_row row;
    if (vc_outbox_row_decode(value, &row) != VC_OK)
        return;
    check_same(vc_outbox_row_encode(room, &row), value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct vc_bytes rest = {data + 1, size - 1};
    uint32_t peer;
    if (data[0] == 0)
        try_mailbox(rest);
    else if (data[0] == 1)
        try_outbox(rest);
    else if (vc_mailbox_key_decode(rest, &peer) == VC_OK)
        VC_CHECK(peer < VC_LINK_PEER_JOINING && rest.len == VC_MAILBOX_KEY_LEN);
    return 0;
}
