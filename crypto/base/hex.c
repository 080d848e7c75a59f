#include "crypto/base/hex.h"

void vc_hex_encode(struct vc_bytes bytes, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";

    VC_CHECK(bytes.data != NULL || bytes.len == 0);
    for (size_t i = 0; i < bytes.len; i++) {
        *ret_text++ = digits[bytes.data[i] >> 4];
        *ret_text++ = digits[bytes.data[i] & 15];
    }
    *ret_text = '\0';
}

static int value_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

vc_err vc_hex_decode(const char *text, uint8_t *ret_bytes, size_t len)
{
    VC_CHECK(text != NULL);
    /* Looked at whole before anything is written. */
    for (size_t i = 0; i < 2 * len; i++) {
        if (value_of(text[i]) < 0) {
            return VC_ERR_MALFORMED;
        }
    }
    if (text[2 * len] != '\0') {
        return VC_ERR_MALFORMED;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned value =
            (unsigned)value_of(text[2 * i]) << 4 | (unsigned)value_of(text[2 * i + 1]);
        ret_bytes[i] = (uint8_t)value;
    }
    return VC_OK;
}
