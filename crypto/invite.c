/* crypto/SPEC.md, "Invite". */
#include "crypto/invite.h"

#include <string.h>

#include "crypto/base/base32.h"
#include "crypto/base/crc24.h"
#include "crypto/base/utf8.h"
#include "crypto/invite_hints.h"

#define PREFIX "VECHE:"

enum {
    PREFIX_LEN = sizeof(PREFIX) - 1,
    CRC_LEN = 3,
    COVERED_LEN = VC_INVITE_BYTES - CRC_LEN, /* what the CRC is of */

    /* The first three bytes, most significant bit first. */
    VERSION_SHIFT = 21,
    REUSABLE_SHIFT = 20,
    SHAPE_SHIFT = 18,
    INDEX_SHIFT = 12,

    DAY_MS = 24 * 60 * 60 * 1000,
};

_Static_assert(PREFIX_LEN + VC_BASE32_LEN(VC_INVITE_BYTES) == VC_INVITE_TEXT_LEN,
               "the length of an invite");

/* Three bytes with the most significant first, so that errors next to each other in the
 * letters are next to each other for the CRC. */
static void write_be24(struct vc_writer *w, uint32_t value)
{
    vc_write_u8(w, (uint8_t)(value >> 16));
    vc_write_u8(w, (uint8_t)(value >> 8));
    vc_write_u8(w, (uint8_t)value);
}

static uint32_t read_be24(struct vc_reader *r)
{
    uint32_t value = (uint32_t)vc_read_u8(r) << 16;

    value |= (uint32_t)vc_read_u8(r) << 8;
    return value | vc_read_u8(r);
}

void vc_invite_format(const struct vc_invite *invite,
                      char ret_text[VC_INVITE_TEXT_LEN + 1])
{
    uint8_t bytes[VC_INVITE_BYTES];
    uint8_t hints[VC_INVITE_HINTS_LEN];
    struct vc_writer w = vc_writer(bytes, sizeof(bytes));
    struct vc_writer hints_w = vc_writer(hints, sizeof(hints));

    VC_CHECK(invite->device_index <= VC_DEVICE_INDEX_MAX);
    VC_CHECK(invite->expiry_day <= VC_INVITE_DAY_MAX);
    enum vc_invite_shape shape = vc_invite_hints_write(&hints_w, invite);
    uint32_t bits = (uint32_t)VC_INVITE_VERSION << VERSION_SHIFT |
                    (invite->is_reusable ? 1u : 0u) << REUSABLE_SHIFT |
                    (uint32_t)shape << SHAPE_SHIFT |
                    (uint32_t)invite->device_index << INDEX_SHIFT | invite->expiry_day;

    write_be24(&w, bits);
    vc_write_copy(&w, invite->fingerprint.b, sizeof(invite->fingerprint.b));
    vc_write_copy(&w, invite->record.b, sizeof(invite->record.b));
    vc_write_copy(&w, invite->secret.b, sizeof(invite->secret.b));
    vc_write_bytes(&w, vc_writer_bytes(&hints_w));
    write_be24(&w, vc_crc24(vc_writer_bytes(&w)));
    VC_CHECK(vc_writer_left(&hints_w) == 0 && vc_writer_left(&w) == 0);

    memcpy(ret_text, PREFIX, PREFIX_LEN);
    vc_base32_encode(VC_BYTES(bytes), &ret_text[PREFIX_LEN]);
    vc_wipe(bytes, sizeof(bytes));
}

/* What letter a code point stands for in what somebody typed; '\0' when it is to be
 * passed over, '?' when it does not belong into an invite. */
static char letter_of(uint32_t code_point)
{
    enum vc_utf8_class class = vc_utf8_classify(code_point);

    if (code_point >= 'a' && code_point <= 'z') {
        return (char)(code_point - 'a' + 'A');
    }
    switch (code_point) {
    case '0':
        return 'O';
    case '1':
        return 'I';
    case '8':
        return 'B';
    case ' ':
    case '-':
    case '\r':
    case 0x2212: /* minus */
        return '\0';
    default:
        break;
    }
    bool is_letter = (code_point >= 'A' && code_point <= 'Z') || code_point == ':' ||
                     (code_point >= '2' && code_point <= '9');
    if (is_letter) {
        return (char)code_point;
    }
    bool is_passed_over = class == VC_UTF8_NEWLINE || class == VC_UTF8_TAB ||
                          class == VC_UTF8_BIDI || class == VC_UTF8_INVISIBLE ||
                          class == VC_UTF8_JOINER || vc_utf8_is_blank(code_point) ||
                          (code_point >= 0x2010 && code_point <= 0x2015) ||
                          (code_point >= 0x2028 && code_point <= 0x2029);
    return is_passed_over ? '\0' : '?';
}

/* Takes the letters out of what was typed; false unless there are as many as an invite
 * has, and all belong. */
static bool take_letters(const char *text, char ret_letters[VC_INVITE_TEXT_LEN])
{
    struct vc_bytes rest = {(const uint8_t *)text, strlen(text)};
    uint32_t code_point;
    size_t len = 0;

    while (vc_utf8_next(&rest, &code_point)) {
        char letter = letter_of(code_point);
        if (letter == '\0') {
            continue;
        }
        if (letter == '?' || len == VC_INVITE_TEXT_LEN) {
            return false;
        }
        ret_letters[len++] = letter;
    }
    return rest.len == 0 && len == VC_INVITE_TEXT_LEN;
}

/* Reads the bytes whose CRC is right. */
static vc_err read_fields(struct vc_bytes bytes, struct vc_invite *ret_invite)
{
    struct vc_reader r = vc_reader(bytes);
    struct vc_invite invite = {0};
    uint32_t bits = read_be24(&r);

    if (bits >> VERSION_SHIFT != VC_INVITE_VERSION) {
        return VC_ERR_UNSUPPORTED;
    }
    invite.is_reusable = (bits >> REUSABLE_SHIFT & 1) != 0;
    invite.device_index = (uint8_t)(bits >> INDEX_SHIFT & VC_DEVICE_INDEX_MAX);
    invite.expiry_day = (uint16_t)(bits & VC_INVITE_DAY_MAX);
    vc_read_copy(&r, invite.fingerprint.b, sizeof(invite.fingerprint.b));
    vc_read_copy(&r, invite.record.b, sizeof(invite.record.b));
    vc_read_copy(&r, invite.secret.b, sizeof(invite.secret.b));
    vc_invite_hints_read(&r, (enum vc_invite_shape)(bits >> SHAPE_SHIFT & 3), &invite);
    vc_err err = vc_reader_end(&r) == VC_OK ? VC_OK : VC_ERR_INVITE_BAD;
    if (err == VC_OK) {
        *ret_invite = invite;
    }
    vc_wipe(&invite, sizeof(invite));
    return err;
}

vc_err vc_invite_parse(const char *text, struct vc_invite *ret_invite)
{
    char letters[VC_INVITE_TEXT_LEN];
    uint8_t bytes[VC_INVITE_BYTES];
    vc_err err = VC_ERR_INVITE_BAD;

    VC_CHECK(text != NULL);
    if (!take_letters(text, letters) || memcmp(letters, PREFIX, PREFIX_LEN) != 0) {
        goto out;
    }
    /* Right length and beginning: what is wrong now is a slip of a finger. */
    err = VC_ERR_INVITE_CHECKSUM;
    if (vc_base32_decode(&letters[PREFIX_LEN], bytes, sizeof(bytes)) != VC_OK) {
        goto out;
    }
    struct vc_reader crc = vc_reader((struct vc_bytes){&bytes[COVERED_LEN], CRC_LEN});
    if (vc_crc24((struct vc_bytes){bytes, COVERED_LEN}) == read_be24(&crc)) {
        err = read_fields((struct vc_bytes){bytes, COVERED_LEN}, ret_invite);
    }
    vc_wipe(bytes, sizeof(bytes));
out:
    vc_wipe(letters, sizeof(letters));
    return err;
}

vc_ms vc_invite_expires_at(const struct vc_invite *invite)
{
    if (invite->expiry_day == 0) {
        return VC_NEVER;
    }
    return VC_INVITE_EPOCH_S * UINT64_C(1000) +
           ((vc_ms)invite->expiry_day + 1) * DAY_MS - 1;
}

uint16_t vc_invite_day(vc_ms unix_ms, uint32_t days)
{
    vc_ms epoch_ms = VC_INVITE_EPOCH_S * UINT64_C(1000);
    vc_ms day = unix_ms > epoch_ms ? (unix_ms - epoch_ms) / DAY_MS : 0;

    day += days;
    if (day < 1) {
        return 1; /* 0 says "never" */
    }
    return (uint16_t)(day < VC_INVITE_DAY_MAX ? day : VC_INVITE_DAY_MAX);
}

void vc_invite_keys(const struct vc_id16 *secret, struct vc_secret32 *ret_psk,
                    struct vc_secret32 *ret_mask)
{
    vc_hash(ret_psk->b, sizeof(ret_psk->b), "invite psk", NULL, VC_BYTES(secret->b));
    vc_hash(ret_mask->b, sizeof(ret_mask->b), "invite mask", NULL, VC_BYTES(secret->b));
}
