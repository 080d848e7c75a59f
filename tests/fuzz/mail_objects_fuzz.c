/*
 * Mail's objects: what decodes is valid, says what its bytes say, and is encoded to the
 * same bytes again.
 */
#include <string.h>

#include "node/mail/objects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    static uint64_t bits[VC_MAIL_SPARSE_MAX / 64];
    (void)ctx, (void)old_size;
    VC_CHECK(new_size == 0 || (old == NULL && new_size == sizeof(bits)));
    return new_size == 0 ? NULL : bits;
}

static bool is_same(struct vc_bytes encoded, const uint8_t *data, size_t size)
{
    return encoded.len == size && memcmp(encoded.data, data, size) == 0;
}

static void try_ack(const struct vc_mail_frame *frame, const uint8_t *data, size_t size)
{
    static uint8_t room[VC_MAIL_ACK_MAX];
    const struct vc_alloc alloc = {.resize = resize};
    struct vc_numbers set = {0};
    VC_CHECK(vc_numbers_widen(&set, &alloc) == VC_OK);
    vc_numbers_load(&set, frame->prefix, frame->bitmap);
    VC_CHECK(set.prefix == frame->prefix);
    VC_CHECK(vc_numbers_last(&set) ==
             vc_numbers_bitmap_last(frame->prefix, frame->bitmap));
    VC_CHECK(is_same(vc_mail_ack_encode(room, &set, frame->again), data, size));
    vc_numbers_deinit(&set, &alloc);
}

static void try_session_word(const struct vc_mail_frame *frame, const uint8_t *data,
                             size_t size)
{
    static uint8_t hello[VC_MAIL_HELLO_MAX], unopened[VC_MAIL_UNOPENED_MAX];
    VC_CHECK(frame->last <= VC_MAIL_NUMBER_MAX);
    if (frame->type == VC_MAIL_HELLO)
        VC_CHECK(is_same(vc_mail_hello_encode(hello, frame), data, size));
    else
        VC_CHECK(is_same(vc_mail_unopened_encode(unopened, frame), data, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vc_mail_frame frame;
    if (vc_mail_frame_decode((struct vc_bytes){data, size}, &frame) != VC_OK)
        return 0;
    if (frame.type == VC_MAIL_ACK) {
        try_ack(&frame, data, size);
        return 0;
    }
    if (frame.type == VC_MAIL_HELLO || frame.type == VC_MAIL_UNOPENED) {
        try_session_word(&frame, data, size);
        return 0;
    }
    uint8_t room[VC_MAIL_HEAD_MAX];
    VC_CHECK(frame.number >= 1 && frame.number <= VC_MAIL_NUMBER_MAX);
    VC_CHECK((frame.type == VC_MAIL_DATA) == (frame.object.len > 0));
    struct vc_bytes head = vc_mail_head_encode(room, frame.type, frame.number);
    VC_CHECK(head.len + frame.object.len == size);
    VC_CHECK(is_same(head, data, head.len));
    return 0;
}
