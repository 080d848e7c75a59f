/*
 * Chat's rows: what decodes is encoded to the same bytes again.  The first byte says which
 * row the others are; keys are among them.
 */
#include <string.h>

#include "node/chat/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t room[VC_CHAT_BODY_MAX + 4096];

static void expect_same(const struct vc_writer *w, struct vc_bytes bytes)
{
    struct vc_bytes encoded = vc_writer_bytes(w);

    VC_CHECK(vc_writer_end(w) == VC_OK);
    VC_CHECK(encoded.len == bytes.len &&
             memcmp(encoded.data, bytes.data, bytes.len) == 0);
}

/* Reads a row of one kind and, when it is one, writes it again. */
#define TRY(name)                                          \
    static void try_##name(struct vc_bytes bytes)          \
    {                                                      \
        static struct vc_##name##_row row;                 \
        struct vc_writer w = vc_writer(room, sizeof room); \
                                                           \
        if (vc_##name##_row_read(bytes, &row) == VC_OK) {  \
            vc_##name##_row_write(&w, &row);               \
            expect_same(&w, bytes);                        \
        }                                                  \
    }

TRY(owner)
TRY(counters)
TRY(device)
TRY(conversation)
TRY(invite)
TRY(join)
TRY(gap)
TRY(unsettled)
TRY(token)
TRY(event)

TRY(turning)
TRY(forwards)

/* One of version 1 is written as version 2. */
static void try_contact(struct vc_bytes bytes)
{
    struct vc_contact_row row;
    struct vc_writer w = vc_writer(room, sizeof room);

    if (vc_contact_row_read(bytes, &row) != VC_OK) {
        return;
    }
    vc_contact_row_write(&w, &row);
    if (bytes.data[0] == VC_CONTACT_ROW_VERSION) {
        expect_same(&w, bytes);
    } else {
        VC_CHECK(vc_writer_bytes(&w).len == bytes.len + 12);
        VC_CHECK(vc_contact_row_read(vc_writer_bytes(&w), &row) == VC_OK);
    }
}

static void try_message(struct vc_bytes bytes)
{
    struct vc_message_row row;
    struct vc_writer w = vc_writer(room, sizeof room);

    if (vc_message_row_read(bytes, &row) == VC_OK) {
        VC_CHECK(row.parent_count <= VC_CHAT_PARENTS_MAX);
        vc_message_row_write_head(&w, &row);
        vc_write_bytes(&w, row.body);
        expect_same(&w, bytes);
    }
}

static void try_keys(struct vc_bytes bytes)
{
    struct vc_message_ref ref;
    static const uint8_t id[8] = {1};
    struct vc_order_key order;
    struct vc_chat_key key;
    uint32_t contact;

    if (vc_key_ref_read(bytes, &contact, &ref) == VC_OK) {
        key = vc_key_ref(contact, &ref);
        VC_CHECK(key.len == bytes.len && memcmp(key.b, bytes.data, bytes.len) == 0);
    }
    if (vc_key_order_read(bytes, VC_BYTES(id), &order) == VC_OK) {
        key = vc_key_order(&order);
        VC_CHECK(key.len == bytes.len && memcmp(key.b, bytes.data, bytes.len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct vc_bytes bytes) = {
        try_owner,  try_counters, try_contact, try_device,    try_conversation,
        try_invite, try_join,     try_gap,     try_unsettled, try_token,
        try_event,  try_message,  try_keys,    try_turning,   try_forwards};

    if (size > 0) {
        tries[data[0] % (sizeof tries / sizeof tries[0])](
            (struct vc_bytes){data + 1, size - 1});
    }
    return 0;
}
