/* crypto/SPEC.md, "Live statement" and "Forward". */
#include "crypto/statement.h"

#include <string.h>

enum {
    LABEL_LEN = 16, /* the label, filled up with zeros, stands before what is signed */
    SIGNED_MAX = LABEL_LEN + VC_FORWARD_LEN,
};

/* What is signed: the label and all fields before the signature. */
struct message {
    uint8_t bytes[SIGNED_MAX];
    struct vc_writer w;
};

static void message_begin(struct message *message, const char *label)
{
    char padded[LABEL_LEN] = {0};

    memcpy(padded, label, strlen(label));
    message->w = vc_writer(message->bytes, sizeof(message->bytes));
    vc_write_copy(&message->w, padded, sizeof(padded));
}

static struct vc_bytes message_end(const struct message *message)
{
    VC_CHECK(vc_writer_end(&message->w) == VC_OK);
    return vc_writer_bytes(&message->w);
}

static void live_write_signed(struct vc_writer *w, const struct vc_live *live)
{
    VC_CHECK(live->count >= 1 && live->count <= VC_LIVE_INDICES_MAX);
    vc_write_u32(w, live->list_seq);
    vc_write_u8(w, live->count);
    for (uint8_t i = 0; i < live->count; i++) {
        vc_write_u16(w, live->indices[i]);
    }
    vc_write_u32(w, live->until);
}

/* One order, no index twice, and none that cannot be. */
static bool live_has_form(const struct vc_live *live)
{
    if (live->list_seq == 0 || live->count < 1 || live->count > VC_LIVE_INDICES_MAX) {
        return false;
    }
    for (uint8_t i = 0; i < live->count; i++) {
        if (live->indices[i] > VC_DEVICE_INDEX_MAX ||
            (i > 0 && live->indices[i] <= live->indices[i - 1])) {
            return false;
        }
    }
    return true;
}

void vc_live_sign(struct vc_live *live, const struct vc_sign_secret *root_secret)
{
    struct message message;

    VC_CHECK(live_has_form(live));
    message_begin(&message, "live statement");
    live_write_signed(&message.w, live);
    vc_sign(&live->sig, root_secret, message_end(&message));
}

void vc_live_write(struct vc_writer *w, const struct vc_live *live)
{
    VC_CHECK(live_has_form(live));
    live_write_signed(w, live);
    vc_write_copy(w, live->sig.b, sizeof(live->sig.b));
}

void vc_live_read(struct vc_reader *r, struct vc_live *ret_live)
{
    struct vc_live live = {.list_seq = vc_read_u32(r), .count = vc_read_u8(r)};

    if (live.count > VC_LIVE_INDICES_MAX) {
        vc_reader_fail(r);
        live.count = 0;
    }
    for (uint8_t i = 0; i < live.count; i++) {
        live.indices[i] = vc_read_u16(r);
    }
    live.until = vc_read_u32(r);
    vc_read_copy(r, live.sig.b, sizeof(live.sig.b));
    if (!live_has_form(&live)) {
        vc_reader_fail(r);
    }
    *ret_live = live;
}

vc_err vc_live_verify(const struct vc_live *live, const struct vc_key32 *root)
{
    struct message message;

    if (!live_has_form(live)) {
        return VC_ERR_MALFORMED;
    }
    message_begin(&message, "live statement");
    live_write_signed(&message.w, live);
    return vc_sign_verify(&live->sig, root, message_end(&message)) ? VC_OK
                                                                   : VC_ERR_AUTH;
}

bool vc_live_has(const struct vc_live *live, uint16_t index)
{
    for (uint8_t i = 0; i < live->count; i++) {
        if (live->indices[i] == index) {
            return true;
        }
    }
    return false;
}

static void forward_write_signed(struct vc_writer *w, const struct vc_forward *forward)
{
    vc_write_u8(w, forward->version);
    vc_write_u8(w, forward->old_generation);
    vc_write_copy(w, forward->old_record.b, sizeof(forward->old_record.b));
    vc_write_u8(w, forward->new_generation);
    vc_write_copy(w, forward->new_record.b, sizeof(forward->new_record.b));
    vc_write_u32(w, forward->made);
    vc_write_u32(w, forward->until);
}

static bool forward_has_form(const struct vc_forward *forward)
{
    return forward->new_generation > forward->old_generation &&
           forward->until >= forward->made;
}

void vc_forward_sign(struct vc_forward *forward,
                     const struct vc_sign_secret *root_secret)
{
    struct message message;

    VC_CHECK(forward_has_form(forward));
    forward->version = VC_FORWARD_VERSION;
    message_begin(&message, "forward");
    forward_write_signed(&message.w, forward);
    vc_sign(&forward->sig, root_secret, message_end(&message));
}

void vc_forward_write(struct vc_writer *w, const struct vc_forward *forward)
{
    forward_write_signed(w, forward);
    vc_write_copy(w, forward->sig.b, sizeof(forward->sig.b));
}

void vc_forward_read(struct vc_reader *r, struct vc_forward *ret_forward)
{
    struct vc_forward *forward = ret_forward;

    forward->version = vc_read_u8(r);
    forward->old_generation = vc_read_u8(r);
    vc_read_copy(r, forward->old_record.b, sizeof(forward->old_record.b));
    forward->new_generation = vc_read_u8(r);
    vc_read_copy(r, forward->new_record.b, sizeof(forward->new_record.b));
    forward->made = vc_read_u32(r);
    forward->until = vc_read_u32(r);
    vc_read_copy(r, forward->sig.b, sizeof(forward->sig.b));
}

vc_err vc_forward_verify(const struct vc_forward *forward, const struct vc_key32 *root)
{
    struct message message;

    if (forward->version != VC_FORWARD_VERSION) {
        return VC_ERR_UNSUPPORTED;
    }
    message_begin(&message, "forward");
    forward_write_signed(&message.w, forward);
    if (!vc_sign_verify(&forward->sig, root, message_end(&message))) {
        return VC_ERR_AUTH;
    }
    return forward_has_form(forward) && vc_point_is_valid(&forward->new_record)
               ? VC_OK
               : VC_ERR_MALFORMED;
}
