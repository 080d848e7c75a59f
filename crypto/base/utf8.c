#include "crypto/base/utf8.h"

enum { SURROGATE_FIRST = 0xd800, SURROGATE_LAST = 0xdfff, CODE_POINT_MAX = 0x10ffff };

/* The length of the sequence that @lead begins, and the bits of the code point in it;
 * 0 for a byte that begins none. */
static size_t sequence_len(uint8_t lead, uint32_t *ret_bits)
{
    if (lead < 0x80) {
        *ret_bits = lead;
        return 1;
    }
    if (lead >= 0xc2 && lead < 0xe0) {
        *ret_bits = lead & 0x1f;
        return 2;
    }
    if (lead >= 0xe0 && lead < 0xf0) {
        *ret_bits = lead & 0x0f;
        return 3;
    }
    if (lead >= 0xf0 && lead < 0xf5) {
        *ret_bits = lead & 0x07;
        return 4;
    }
    return 0;
}

bool vc_utf8_next(struct vc_bytes *text, uint32_t *ret_code_point)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t value = 0;

    if (text->len == 0) {
        return false;
    }
    size_t len = sequence_len(text->data[0], &value);
    if (len == 0 || len > text->len) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if ((text->data[i] & 0xc0) != 0x80) {
            return false;
        }
        value = value << 6 | (text->data[i] & 0x3f);
    }
    if (value < smallest[len] || value > CODE_POINT_MAX ||
        (value >= SURROGATE_FIRST && value <= SURROGATE_LAST)) {
        return false;
    }
    text->data += len;
    text->len -= len;
    *ret_code_point = value;
    return true;
}

bool vc_utf8_is_valid(struct vc_bytes text)
{
    uint32_t code_point;

    while (vc_utf8_next(&text, &code_point)) {
    }
    return text.len == 0;
}

struct range {
    uint32_t first;
    uint32_t last;
    enum vc_utf8_class class;
};

/* Sorted.  Unicode's default ignorable code points, and those that turn the direction. */
static const struct range ranges[] = {
    {0x0000, 0x0008, VC_UTF8_CONTROL},     {0x0009, 0x0009, VC_UTF8_TAB},
    {0x000a, 0x000a, VC_UTF8_NEWLINE},     {0x000b, 0x001f, VC_UTF8_CONTROL},
    {0x007f, 0x009f, VC_UTF8_CONTROL},     {0x00ad, 0x00ad, VC_UTF8_INVISIBLE},
    {0x034f, 0x034f, VC_UTF8_INVISIBLE},   {0x061c, 0x061c, VC_UTF8_BIDI},
    {0x115f, 0x1160, VC_UTF8_INVISIBLE},   {0x17b4, 0x17b5, VC_UTF8_INVISIBLE},
    {0x180b, 0x180f, VC_UTF8_INVISIBLE},   {0x200b, 0x200b, VC_UTF8_INVISIBLE},
    {0x200c, 0x200d, VC_UTF8_JOINER},      {0x200e, 0x200f, VC_UTF8_BIDI},
    {0x2028, 0x2029, VC_UTF8_CONTROL},     {0x202a, 0x202e, VC_UTF8_BIDI},
    {0x2060, 0x2065, VC_UTF8_INVISIBLE},   {0x2066, 0x2069, VC_UTF8_BIDI},
    {0x206a, 0x206f, VC_UTF8_INVISIBLE},   {0x3164, 0x3164, VC_UTF8_INVISIBLE},
    {0xfe00, 0xfe0f, VC_UTF8_JOINER},      {0xfeff, 0xfeff, VC_UTF8_INVISIBLE},
    {0xffa0, 0xffa0, VC_UTF8_INVISIBLE},   {0xfff0, 0xfffb, VC_UTF8_INVISIBLE},
    {0x1bca0, 0x1bca3, VC_UTF8_INVISIBLE}, {0x1d173, 0x1d17a, VC_UTF8_INVISIBLE},
    {0xe0000, 0xe0fff, VC_UTF8_INVISIBLE},
};

enum vc_utf8_class vc_utf8_classify(uint32_t code_point)
{
    size_t low = 0;
    size_t high = sizeof(ranges) / sizeof(ranges[0]);

    if (code_point >= 0x20 && code_point < 0x7f) {
        return VC_UTF8_TEXT; /* nearly everything */
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code_point > ranges[middle].last) {
            low = middle + 1;
        } else if (code_point < ranges[middle].first) {
            high = middle;
        } else {
            return ranges[middle].class;
        }
    }
    return VC_UTF8_TEXT;
}

bool vc_utf8_is_blank(uint32_t code_point)
{
    return code_point == ' ' || code_point == 0xa0 || code_point == 0x1680 ||
           (code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x202f ||
           code_point == 0x205f || code_point == 0x2800 || code_point == 0x3000;
}

bool vc_utf8_is_name(struct vc_bytes text)
{
    uint32_t code_point;
    bool has_visible = false;

    while (vc_utf8_next(&text, &code_point)) {
        enum vc_utf8_class class = vc_utf8_classify(code_point);
        if (class != VC_UTF8_TEXT && class != VC_UTF8_JOINER) {
            return false;
        }
        has_visible =
            has_visible || (class == VC_UTF8_TEXT && !vc_utf8_is_blank(code_point));
    }
    return text.len == 0 && has_visible;
}

static void write_hex(struct vc_writer *w, char kind, uint32_t value, int digits)
{
    VC_CHECK(digits <= 8);
    vc_write_u8(w, '\\');
    vc_write_u8(w, (uint8_t)kind);
    for (int i = digits - 1; i >= 0; i--) {
        vc_write_u8(w, (uint8_t) "0123456789abcdef"[value >> (4 * i) & 15]);
    }
}

static void write_escaped(struct vc_writer *w, uint32_t code_point)
{
    if (code_point == '\n' || code_point == '\t' || code_point == '\r') {
        vc_write_u8(w, '\\');
        vc_write_u8(w, code_point == '\n' ? 'n' : code_point == '\t' ? 't' : 'r');
    } else if (code_point < 0x80) {
        write_hex(w, 'x', code_point, 2);
    } else if (code_point <= 0xffff) {
        write_hex(w, 'u', code_point, 4);
    } else {
        write_hex(w, 'U', code_point, 8);
    }
}

static bool is_kept(enum vc_utf8_class class, unsigned policy)
{
    switch (class) {
    case VC_UTF8_TEXT:
    case VC_UTF8_JOINER:
        return true;
    case VC_UTF8_NEWLINE:
        return (policy & VC_UTF8_KEEP_NEWLINE) != 0;
    case VC_UTF8_TAB:
        return (policy & VC_UTF8_KEEP_TAB) != 0;
    case VC_UTF8_INVISIBLE:
        return (policy & VC_UTF8_KEEP_INVISIBLE) != 0;
    case VC_UTF8_CONTROL:
    case VC_UTF8_BIDI:
        break;
    }
    return false;
}

void vc_utf8_escape(struct vc_writer *w, struct vc_bytes text, unsigned policy)
{
    while (text.len > 0) {
        const uint8_t *at = text.data;
        uint32_t code_point;
        if (!vc_utf8_next(&text, &code_point)) {
            write_hex(w, 'x', *at, 2);
            text.data++;
            text.len--;
        } else if (code_point == '\\' && (policy & VC_UTF8_DOUBLE_BACKSLASH) != 0) {
            vc_write_copy(w, "\\\\", 2);
        } else if (is_kept(vc_utf8_classify(code_point), policy)) {
            vc_write_copy(w, at, (size_t)(text.data - at));
        } else {
            write_escaped(w, code_point);
        }
    }
}
