#include "node/chat/row_fields.h"

#include <string.h>

#include "node/chat/objects.h"

void vc_row_write_text(struct vc_writer *w, const char *text)
{
    size_t len = strlen(text);

    VC_CHECK(len <= UINT8_MAX);
    vc_write_u8(w, (uint8_t)len);
    vc_write_copy(w, text, len);
}

void vc_row_read_text(struct vc_reader *r, char *ret_text, size_t room)
{
    size_t len = vc_read_u8(r);
    struct vc_bytes text = vc_read_bytes(r, len);

    ret_text[0] = '\0';
    if (text.len == 0) {
        return;
    }
    if (text.len >= room || memchr(text.data, 0, text.len) != NULL) {
        vc_reader_fail(r);
        return;
    }
    memcpy(ret_text, text.data, text.len);
    ret_text[text.len] = '\0';
}

struct vc_reader vc_row_reader(struct vc_bytes value)
{
    struct vc_reader r = vc_reader(value);

    if (vc_read_u8(&r) != VC_CHAT_ROW_VERSION) {
        vc_reader_fail(&r);
    }
    return r;
}

vc_err vc_row_end(const struct vc_reader *r)
{
    return vc_reader_end(r) == VC_OK ? VC_OK : VC_ERR_STORE_DAMAGED;
}

bool vc_row_read_flag(struct vc_reader *r)
{
    uint8_t value = vc_read_u8(r);

    if (value > 1) {
        vc_reader_fail(r);
    }
    return value == 1;
}

void vc_row_write_err(struct vc_writer *w, vc_err err)
{
    vc_write_u8(w, (uint8_t) - (int)err);
}

vc_err vc_row_read_err(struct vc_reader *r)
{
    int code = -(int)vc_read_u8(r);

    if (code < (int)VC_ERR_LAST) {
        vc_reader_fail(r);
        code = 0;
    }
    return (vc_err)code;
}

uint8_t vc_row_read_count(struct vc_reader *r, uint8_t max)
{
    uint8_t count = vc_read_u8(r);

    if (count > max) {
        vc_reader_fail(r);
        count = 0;
    }
    return count;
}

void vc_row_write_addrs(struct vc_writer *w, const struct vc_addr *addrs, uint8_t count)
{
    vc_write_u8(w, count);
    for (uint8_t i = 0; i < count; i++) {
        vc_addr_write(w, &addrs[i]);
    }
}

uint8_t vc_row_read_addrs(struct vc_reader *r, struct vc_addr *ret_addrs, uint8_t max)
{
    uint8_t count = vc_row_read_count(r, max);

    for (uint8_t i = 0; i < count; i++) {
        ret_addrs[i] = vc_addr_read(r);
    }
    return count;
}

void vc_row_write_refs(struct vc_writer *w, const struct vc_message_ref *refs,
                       uint8_t count)
{
    VC_CHECK(count <= VC_CHAT_PARENTS_MAX);
    vc_write_u8(w, count);
    for (uint8_t i = 0; i < count; i++) {
        vc_ref_write(w, &refs[i]);
    }
}

uint8_t vc_row_read_refs(struct vc_reader *r, struct vc_message_ref *ret_refs)
{
    uint8_t count = vc_row_read_count(r, VC_CHAT_PARENTS_MAX);

    for (uint8_t i = 0; i < count; i++) {
        ret_refs[i] = vc_ref_read(r);
    }
    return count;
}
