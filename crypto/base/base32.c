#include "crypto/base/base32.h"

int vc_base32_value(char letter)
{
    if (letter >= 'A' && letter <= 'Z') {
        return letter - 'A';
    }
    return letter >= '2' && letter <= '7' ? letter - '2' + 26 : -1;
}

void vc_base32_encode(struct vc_bytes bytes, char *ret_text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned bits = 0;
    unsigned bit_count = 0;

    VC_CHECK(bytes.data != NULL || bytes.len == 0);
    for (size_t i = 0; i < bytes.len; i++) {
        bits = (bits << 8 | bytes.data[i]) & 0xfff;
        bit_count += 8;
        while (bit_count >= 5) {
            bit_count -= 5;
            *ret_text++ = alphabet[bits >> bit_count & 31];
        }
    }
    if (bit_count > 0) {
        *ret_text++ = alphabet[bits << (5 - bit_count) & 31];
    }
    *ret_text = '\0';
}

vc_err vc_base32_decode(const char *letters, uint8_t *ret_bytes, size_t len)
{
    size_t letter_count = VC_BASE32_LEN(len);
    unsigned bits = 0;
    unsigned bit_count = 0;
    unsigned spare_bits = (unsigned)(5 * letter_count - 8 * len);
    size_t at = 0;

    for (size_t i = 0; i < letter_count; i++) {
        int value = vc_base32_value(letters[i]);
        bool is_last = i + 1 == letter_count;
        if (value < 0 ||
            (is_last && ((unsigned)value & ((1u << spare_bits) - 1)) != 0)) {
            return VC_ERR_MALFORMED;
        }
    }
    for (size_t i = 0; i < letter_count; i++) {
        bits = (bits << 5 | (unsigned)vc_base32_value(letters[i])) & 0xfff;
        bit_count += 5;
        if (bit_count >= 8) {
            bit_count -= 8;
            ret_bytes[at++] = (uint8_t)(bits >> bit_count);
        }
    }
    VC_CHECK(at == len);
    return VC_OK;
}
