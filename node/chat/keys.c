#include <string.h>

#include "node/chat/row_fields.h"

static struct vc_chat_key key_of(struct vc_writer *w, struct vc_chat_key *key)
{
    VC_CHECK(vc_writer_end(w) == VC_OK);
    key->len = vc_writer_bytes(w).len;
    return *key;
}

struct vc_chat_key vc_key_text(const char *text)
{
    struct vc_chat_key key;
    struct vc_writer w = vc_writer(key.b, sizeof key.b);

    vc_write_copy(&w, text, strlen(text));
    return key_of(&w, &key);
}

struct vc_chat_key vc_key_number(uint32_t number)
{
    struct vc_chat_key key;
    struct vc_writer w = vc_writer(key.b, sizeof key.b);

    vc_write_be32(&w, number);
    return key_of(&w, &key);
}

struct vc_chat_key vc_key_long(uint64_t number)
{
    struct vc_chat_key key;
    struct vc_writer w = vc_writer(key.b, sizeof key.b);

    vc_write_be64(&w, number);
    return key_of(&w, &key);
}

static void write_key_ref(struct vc_writer *w, const struct vc_message_ref *ref)
{
    vc_write_u8(w, ref->author);
    vc_write_u8(w, ref->device);
    vc_write_be32(w, ref->seq);
}

static struct vc_message_ref read_key_ref(struct vc_reader *r)
{
    struct vc_message_ref ref;

    ref.author = vc_read_u8(r);
    ref.device = vc_read_u8(r);
    ref.seq = vc_read_be32(r);
    return ref;
}

struct vc_chat_key vc_key_ref(uint32_t contact, const struct vc_message_ref *ref)
{
    struct vc_chat_key key;
    struct vc_writer w = vc_writer(key.b, sizeof key.b);

    vc_write_be32(&w, contact);
    write_key_ref(&w, ref);
    return key_of(&w, &key);
}

vc_err vc_key_ref_read(struct vc_bytes key, uint32_t *ret_contact,
                       struct vc_message_ref *ret_ref)
{
    struct vc_reader r = vc_reader(key);
    uint32_t contact = vc_read_be32(&r);
    struct vc_message_ref ref = read_key_ref(&r);

    if (vc_row_end(&r) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_contact = contact;
    *ret_ref = ref;
    return VC_OK;
}

struct vc_chat_key vc_key_order(const struct vc_order_key *order)
{
    struct vc_chat_key key;
    struct vc_writer w = vc_writer(key.b, sizeof key.b);

    vc_write_be32(&w, order->contact);
    vc_write_be64(&w, order->order);
    write_key_ref(&w, &order->ref);
    return key_of(&w, &key);
}

vc_err vc_key_order_read(struct vc_bytes key, struct vc_bytes value,
                         struct vc_order_key *ret_order)
{
    struct vc_reader r = vc_reader(key);
    struct vc_reader in_value = vc_reader(value);
    struct vc_order_key order;

    order.contact = vc_read_be32(&r);
    order.order = vc_read_be64(&r);
    order.ref = read_key_ref(&r);
    vc_read_copy(&in_value, order.id, sizeof order.id);
    if (vc_row_end(&r) != VC_OK || vc_row_end(&in_value) != VC_OK) {
        return VC_ERR_STORE_DAMAGED;
    }
    *ret_order = order;
    return VC_OK;
}
