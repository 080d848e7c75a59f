/*
 * Every reader of text in crypto/base.  The first byte says which; the rest is the text.
 */
#include <string.h>

#include "crypto/base/addr.h"
#include "crypto/base/base32.h"
#include "crypto/base/bech32m.h"
#include "crypto/base/hex.h"
#include "crypto/base/utf8.h"

enum { TEXT_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever came in, nothing that a terminal acts upon goes out. */
static void try_escape(struct vc_bytes text, unsigned policy)
{
    uint8_t room[VC_UTF8_ESCAPE_FACTOR * TEXT_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    uint32_t code_point;

    (void)vc_utf8_is_name(text); /* only has to come back */
    vc_utf8_escape(&w, text, policy);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    struct vc_bytes out = vc_writer_bytes(&w);
    while (vc_utf8_next(&out, &code_point)) {
        enum vc_utf8_class class = vc_utf8_classify(code_point);
        bool is_line = class == VC_UTF8_NEWLINE && (policy & VC_UTF8_KEEP_NEWLINE) != 0;
        bool is_tab = class == VC_UTF8_TAB && (policy & VC_UTF8_KEEP_TAB) != 0;
        VC_CHECK(code_point >= 0x20 || is_line || is_tab);
        VC_CHECK(class != VC_UTF8_CONTROL && class != VC_UTF8_BIDI);
    }
    VC_CHECK(out.len == 0);
}

static void try_addr(const char *text)
{
    struct vc_addr addr;
    struct vc_addr again;
    char written[VC_ADDR_TEXT_MAX];

    if (vc_addr_parse(text, &addr) == VC_OK) {
        vc_addr_format(&addr, written);
        VC_CHECK(vc_addr_parse(written, &again) == VC_OK);
        VC_CHECK(vc_addr_equal(&addr, &again));
    }
}

static void try_encoded_addr(struct vc_bytes bytes)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_addr addr = vc_addr_read(&r);
    uint8_t room[VC_ADDR_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    if (vc_reader_end(&r) == VC_OK) {
        vc_addr_write(&w, &addr);
        VC_CHECK(vc_writer_bytes(&w).len == bytes.len);
        VC_CHECK(memcmp(room, bytes.data, bytes.len) == 0);
    }
}

static void try_bech32m(const char *text)
{
    struct vc_bech32m parts;
    uint8_t bytes[VC_BECH32M_VALUES_MAX];
    char written[VC_BECH32M_TEXT_MAX + 1];

    if (vc_bech32m_split(text, &parts) != VC_OK) {
        return;
    }
    size_t len = parts.value_count * 5 / 8;
    if (vc_bech32m_decode(text, parts.prefix, bytes, len) == VC_OK) {
        vc_bech32m_encode(parts.prefix, (struct vc_bytes){bytes, len}, written,
                          sizeof(written));
        VC_CHECK(strlen(written) == strlen(text));
    }
}

static void try_codes(const char *text, size_t len)
{
    uint8_t bytes[TEXT_MAX];
    char written[2 * TEXT_MAX + 1];

    if (vc_hex_decode(text, bytes, len / 2) == VC_OK) {
        vc_hex_encode((struct vc_bytes){bytes, len / 2}, written);
        VC_CHECK(strlen(written) == len);
    }
    size_t byte_count = len * 5 / 8;
    if (VC_BASE32_LEN(byte_count) == len &&
        vc_base32_decode(text, bytes, byte_count) == VC_OK) {
        vc_base32_encode((struct vc_bytes){bytes, byte_count}, written);
        VC_CHECK(memcmp(written, text, len) == 0);
    }
}

/* Reads varints as long as there are; each comes out as it went in. */
static void try_varints(struct vc_bytes bytes)
{
    struct vc_reader r = vc_reader(bytes);

    while (vc_reader_left(&r) > 0) {
        const uint8_t *at = r.at;
        uint8_t room[8];
        struct vc_writer w = vc_writer(room, sizeof(room));
        uint64_t value = vc_read_varint(&r);
        if (!r.is_failed) {
            vc_write_varint(&w, value);
            VC_CHECK(vc_writer_bytes(&w).len == (size_t)(r.at - at));
            VC_CHECK(memcmp(room, at, (size_t)(r.at - at)) == 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];

    if (size < 1 || size - 1 > TEXT_MAX) {
        return 0;
    }
    struct vc_bytes rest = {data + 1, size - 1};
    memcpy(text, rest.data, rest.len);
    text[rest.len] = '\0';

    switch (data[0] % 8) {
    case 0:
        try_addr(text);
        break;
    case 1:
        try_encoded_addr(rest);
        break;
    case 2:
        try_bech32m(text);
        break;
    case 3:
        try_codes(text, strlen(text));
        break;
    case 4:
        try_varints(rest);
        break;
    default:
        try_escape(rest, data[0] / 8);
        break;
    }
    return 0;
}
