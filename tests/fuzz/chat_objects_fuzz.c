/*
 * Chat's objects: what decodes keeps the limits, and is encoded to the same bytes again.
 */
#include <string.h>

#include "node/chat/objects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t room[VC_CHAT_BODY_MAX + 4096];

static void expect_same(const struct vc_writer *w, struct vc_bytes bytes)
{
    struct vc_bytes encoded = vc_writer_bytes(w);

    VC_CHECK(vc_writer_end(w) == VC_OK);
    VC_CHECK(encoded.len == bytes.len &&
             memcmp(encoded.data, bytes.data, bytes.len) == 0);
}

static void try_message(struct vc_bytes bytes)
{
    struct vc_message_object message;
    struct vc_hash32 pair = {{1}}, id;
    struct vc_key32 root = {{2}};
    struct vc_writer w = vc_writer(room, sizeof room);

    if (vc_message_object_read(bytes, &message) != VC_OK) {
        return;
    }
    VC_CHECK(message.seq > 0 && message.clock <= VC_CHAT_CLOCK_MAX);
    VC_CHECK(message.parent_count <= VC_CHAT_PARENTS_MAX);
    VC_CHECK(message.body.len >= 1 && message.body.len <= VC_CHAT_BODY_MAX);
    for (uint8_t i = 1; i < message.parent_count; i++) {
        VC_CHECK(vc_ref_compare(&message.parents[i - 1], &message.parents[i]) < 0);
    }
    vc_message_id(&id, &pair, &root, 0, &message);
    vc_message_object_write_head(&w, &message);
    vc_write_bytes(&w, message.body);
    expect_same(&w, bytes);
}

static void try_small(struct vc_bytes bytes, uint8_t kind)
{
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_read_object read;
    struct vc_refs_object refs;

    if (kind == VC_OBJECT_READ && vc_read_object_read(bytes, &read) == VC_OK) {
        vc_read_object_write(&w, &read);
        expect_same(&w, bytes);
    }
    if ((kind == VC_OBJECT_PULL || kind == VC_OBJECT_GONE) &&
        vc_refs_object_read(bytes, &refs) == VC_OK) {
        vc_refs_object_write(&w, (enum vc_object_kind)kind, &refs);
        expect_same(&w, bytes);
    }
}

static void try_restoring(struct vc_bytes bytes, uint8_t kind)
{
    static uint8_t head[VC_MESSAGE_HEAD_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_writer h = vc_writer(head, sizeof head);
    struct vc_message_object message;
    struct vc_restore_object ask;
    struct vc_restored_object done;
    uint32_t highest;

    if (kind == VC_OBJECT_RESTORE && vc_restore_object_read(bytes, &ask) == VC_OK) {
        vc_restore_object_write(&w, &ask);
        expect_same(&w, bytes);
    }
    if (kind == VC_OBJECT_RESTORED && vc_restored_object_read(bytes, &done) == VC_OK) {
        vc_restored_object_write(&w, &done);
        expect_same(&w, bytes);
    }
    if (kind == VC_OBJECT_OWN &&
        vc_own_object_read(bytes, &highest, &message) == VC_OK) {
        vc_message_object_write_head(&h, &message);
        vc_own_object_write_head(&w, highest, vc_writer_bytes(&h));
        vc_write_bytes(&w, message.body);
        expect_same(&w, bytes);
    }
}

/* Cards may hold fields that we do not know, so they need not come back alike. */
static void try_cards(struct vc_bytes bytes)
{
    static struct vc_card card;
    static struct vc_join_card join;
    vc_err reason;

    if (vc_card_object_read(bytes, &card) == VC_OK) {
        VC_CHECK(card.device_count >= 1 && card.addr_count <= VC_CARD_ADDRS_MAX);
    }
    if (vc_join_card_read(bytes, &join) == VC_OK) {
        VC_CHECK(join.card.device_count >= 1);
    }
    if (vc_join_refused_read(bytes, &reason) == VC_OK) {
        VC_CHECK(bytes.len == VC_JOIN_REFUSED_LEN && reason != VC_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_bytes bytes = {data, size};
    uint8_t version, kind;

    try_cards(bytes);
    if (vc_object_read_kind(bytes, &version, &kind) == VC_OK) {
        if (kind == VC_OBJECT_MESSAGE) {
            try_message(bytes);
        }
        try_small(bytes, kind);
        try_restoring(bytes, kind);
    }
    return 0;
}
