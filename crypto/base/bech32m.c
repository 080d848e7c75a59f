#include "crypto/base/bech32m.h"

#include <string.h>

#define CHECK_CONSTANT 0x2bc830a3u /* what tells bech32m from bech32 */

enum { CHECK_LEN = 6 };

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t polymod_step(uint32_t check, unsigned value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                          0x3d4233dd, 0x2a1462b3};
    uint32_t top = check >> 25;

    check = (check & 0x1ffffff) << 5 ^ value;
    for (int i = 0; i < 5; i++) {
        check ^= (top >> i & 1) != 0 ? generator[i] : 0;
    }
    return check;
}

/* The checksum's state after the prefix, which goes in as high bits, 0, low bits. */
static uint32_t polymod_prefix(const char *prefix)
{
    uint32_t check = 1;

    for (const char *at = prefix; *at != '\0'; at++) {
        check = polymod_step(check, (unsigned)*at >> 5);
    }
    check = polymod_step(check, 0);
    for (const char *at = prefix; *at != '\0'; at++) {
        check = polymod_step(check, (unsigned)*at & 31);
    }
    return check;
}

void vc_bech32m_encode(const char *prefix, struct vc_bytes bytes, char *ret_text,
                       size_t room)
{
    size_t prefix_len = strlen(prefix);
    size_t value_count = (8 * bytes.len + 4) / 5;
    size_t len = prefix_len + 1 + value_count + CHECK_LEN;
    uint32_t check = polymod_prefix(prefix);
    unsigned bits = 0;
    unsigned bit_count = 0;
    size_t byte_at = 0;

    VC_CHECK(prefix_len > 0 && len <= VC_BECH32M_TEXT_MAX && len < room);
    memcpy(ret_text, prefix, prefix_len);
    ret_text += prefix_len;
    *ret_text++ = '1';
    for (size_t i = 0; i < value_count; i++) {
        if (bit_count < 5) {
            /* Behind the last byte come zero bits. */
            uint8_t next = byte_at < bytes.len ? bytes.data[byte_at++] : 0;
            bits = (bits << 8 | next) & 0xfff;
            bit_count += 8;
        }
        bit_count -= 5;
        unsigned value = bits >> bit_count & 31;
        check = polymod_step(check, value);
        *ret_text++ = alphabet[value];
    }
    for (int i = 0; i < CHECK_LEN; i++) {
        check = polymod_step(check, 0);
    }
    check ^= CHECK_CONSTANT;
    for (int i = 0; i < CHECK_LEN; i++) {
        *ret_text++ = alphabet[check >> (5 * (CHECK_LEN - 1 - i)) & 31];
    }
    *ret_text = '\0';
}

/* Copies @text in lower case; VC_ERR_MALFORMED when it is too long, in both cases at
 * once, or has something else than printable ASCII in it. */
static vc_err fold_case(const char *text, char ret_lower[VC_BECH32M_TEXT_MAX + 1])
{
    bool has_lower = false;
    bool has_upper = false;
    size_t len = 0;

    for (; text[len] != '\0'; len++) {
        char c = text[len];
        bool is_upper = c >= 'A' && c <= 'Z';
        if (len == VC_BECH32M_TEXT_MAX || c < 33 || c > 126) {
            return VC_ERR_MALFORMED;
        }
        has_upper = has_upper || is_upper;
        has_lower = has_lower || (c >= 'a' && c <= 'z');
        ret_lower[len] = (char)(is_upper ? c - 'A' + 'a' : c);
    }
    ret_lower[len] = '\0';
    return has_lower && has_upper ? VC_ERR_MALFORMED : VC_OK;
}

vc_err vc_bech32m_split(const char *text, struct vc_bech32m *ret_parts)
{
    char lower[VC_BECH32M_TEXT_MAX + 1];
    struct vc_bech32m parts = {.value_count = 0};

    if (fold_case(text, lower) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    /* The prefix may have a "1" in it, the values cannot. */
    char *separator = strrchr(lower, '1');
    if (separator == NULL || separator == lower || strlen(separator + 1) < CHECK_LEN) {
        return VC_ERR_MALFORMED;
    }
    memcpy(parts.prefix, lower, (size_t)(separator - lower));

    uint32_t check = polymod_prefix(parts.prefix);
    size_t count = strlen(separator + 1) - CHECK_LEN;
    for (size_t i = 0; separator[1 + i] != '\0'; i++) {
        const char *letter = strchr(alphabet, separator[1 + i]);
        if (letter == NULL) {
            return VC_ERR_MALFORMED;
        }
        uint8_t value = (uint8_t)(letter - alphabet);
        check = polymod_step(check, value);
        if (i < count) {
            parts.values[parts.value_count++] = value;
        }
    }
    if (check != CHECK_CONSTANT) {
        return VC_ERR_MALFORMED;
    }
    *ret_parts = parts;
    return VC_OK;
}

vc_err vc_bech32m_decode(const char *text, const char *prefix, uint8_t *ret_bytes,
                         size_t len)
{
    struct vc_bech32m parts;
    unsigned bits = 0;
    unsigned bit_count = 0;
    size_t at = 0;

    if (vc_bech32m_split(text, &parts) != VC_OK || strcmp(parts.prefix, prefix) != 0 ||
        parts.value_count != (8 * len + 4) / 5) {
        return VC_ERR_MALFORMED;
    }
    unsigned spare_bits = (unsigned)(5 * parts.value_count - 8 * len);
    if (len > 0 &&
        (parts.values[parts.value_count - 1] & ((1u << spare_bits) - 1)) != 0) {
        return VC_ERR_MALFORMED;
    }
    for (size_t i = 0; i < parts.value_count; i++) {
        bits = (bits << 5 | parts.values[i]) & 0xfff;
        bit_count += 5;
        if (bit_count >= 8) {
            bit_count -= 8;
            ret_bytes[at++] = (uint8_t)(bits >> bit_count);
        }
    }
    VC_CHECK(at == len);
    return VC_OK;
}
