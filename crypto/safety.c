/* crypto/SPEC.md, "Safety number and code". */
#include "crypto/safety.h"

#include <string.h>

#include "crypto/base/base32.h"
#include "crypto/base/crc24.h"

#define PREFIX "VECHE-VERIFY:"

enum {
    PREFIX_LEN = sizeof(PREFIX) - 1,
    CHECKED_LEN = VC_SAFETY_CODE_BYTES - 3, /* what the CRC is over */
};

_Static_assert(PREFIX_LEN + VC_BASE32_LEN(VC_SAFETY_CODE_BYTES) == VC_SAFETY_CODE_LEN,
               "the code has this length");

void vc_safety_number(const struct vc_key32 *a, const struct vc_key32 *b,
                      char ret_text[VC_SAFETY_TEXT_MAX])
{
    bool is_sorted = memcmp(a->b, b->b, sizeof(a->b)) <= 0;
    struct vc_bytes parts[2] = {VC_BYTES(a->b), VC_BYTES(b->b)};
    struct vc_bytes sorted[2] = {parts[is_sorted ? 0 : 1], parts[is_sorted ? 1 : 0]};
    uint8_t hash[64];
    size_t at = 0;

    vc_hash_parts(hash, sizeof(hash), "safety", NULL, sorted, 2);
    for (size_t group = 0; group < 12; group++) {
        struct vc_reader r = vc_reader((struct vc_bytes){hash + 5 * group, 5});
        uint64_t number = (uint64_t)vc_read_u8(&r) << 32;

        number = (number | vc_read_be32(&r)) % 100000;
        if (group > 0) {
            ret_text[at++] = ' ';
        }
        for (uint64_t unit = 10000; unit > 0; unit /= 10) {
            ret_text[at++] = (char)('0' + number / unit % 10);
        }
    }
    VC_CHECK(at + 1 == VC_SAFETY_TEXT_MAX);
    ret_text[at] = '\0';
}

void vc_safety_code(const struct vc_fingerprint *a, const struct vc_fingerprint *b,
                    char ret_text[VC_SAFETY_CODE_LEN + 1])
{
    bool is_sorted = memcmp(a->b, b->b, sizeof(a->b)) <= 0;
    uint8_t bytes[VC_SAFETY_CODE_BYTES];
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));

    vc_write_u8(&w, VC_SAFETY_CODE_VERSION);
    vc_write_copy(&w, is_sorted ? a->b : b->b, sizeof(a->b));
    vc_write_copy(&w, is_sorted ? b->b : a->b, sizeof(a->b));
    uint32_t crc = vc_crc24(vc_writer_bytes(&w));
    vc_write_u8(&w, (uint8_t)(crc >> 16));
    vc_write_u8(&w, (uint8_t)(crc >> 8));
    vc_write_u8(&w, (uint8_t)crc);
    VC_CHECK(vc_writer_end(&w) == VC_OK && vc_writer_left(&w) == 0);
    memcpy(ret_text, PREFIX, PREFIX_LEN);
    vc_base32_encode(vc_writer_bytes(&w), &ret_text[PREFIX_LEN]);
}

/* What stands between the letters when a code is pasted; lower case becomes upper. */
static bool clean(const char *text, char ret_text[VC_SAFETY_CODE_LEN + 1])
{
    size_t len = 0;

    for (; *text != '\0'; text++) {
        if (*text == ' ' || (*text >= '\t' && *text <= '\r')) {
            continue;
        }
        if (len == VC_SAFETY_CODE_LEN) {
            return false;
        }
        bool is_lower = *text >= 'a' && *text <= 'z';
        ret_text[len++] = is_lower ? (char)(*text - 'a' + 'A') : *text;
    }
    ret_text[len] = '\0';
    return len == VC_SAFETY_CODE_LEN;
}

vc_err vc_safety_compare(const char *text, const struct vc_fingerprint *a,
                         const struct vc_fingerprint *b)
{
    char given[VC_SAFETY_CODE_LEN + 1];
    char wanted[VC_SAFETY_CODE_LEN + 1];
    uint8_t bytes[VC_SAFETY_CODE_BYTES];

    if (!clean(text, given) || memcmp(given, PREFIX, PREFIX_LEN) != 0 ||
        vc_base32_decode(&given[PREFIX_LEN], bytes, sizeof(bytes)) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    struct vc_reader r = vc_reader((struct vc_bytes){&bytes[CHECKED_LEN], 3});
    uint32_t crc = (uint32_t)vc_read_u8(&r) << 16;
    crc |= (uint32_t)vc_read_u8(&r) << 8;
    crc |= vc_read_u8(&r);
    if (crc != vc_crc24((struct vc_bytes){bytes, CHECKED_LEN})) {
        return VC_ERR_MALFORMED;
    }
    if (bytes[0] != VC_SAFETY_CODE_VERSION) {
        return VC_ERR_UNSUPPORTED;
    }
    vc_safety_code(a, b, wanted);
    return vc_equal(given, wanted, sizeof(given)) ? VC_OK : VC_ERR_VERIFY_MISMATCH;
}
