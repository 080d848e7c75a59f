#include "node/chat/names.h"

#include <string.h>
#include <utf8proc.h>

#include "crypto/base/utf8.h"

/* A letter decomposes into four at most; case folding makes up to three of one. */
#define POINTS_MAX 256
_Static_assert(POINTS_MAX == 4 * VC_NAME_MAX, "room for the longest name");

static struct vc_bytes trimmed(struct vc_bytes text)
{
    while (text.len > 0 && text.data[0] == ' ') {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && text.data[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

/* Its bytes in @points afterwards; the library writes a NUL behind them.  Gives their
 * number, or a negative one when it cannot be. */
static utf8proc_ssize_t compose(struct vc_bytes text, int extra,
                                utf8proc_int32_t *points)
{
    utf8proc_option_t options =
        (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE | extra);
    utf8proc_ssize_t count = utf8proc_decompose(text.data, (utf8proc_ssize_t)text.len,
                                                points, POINTS_MAX, options);

    if (count < 0 || count > POINTS_MAX) {
        return -1;
    }
    return utf8proc_reencode(points, count, options);
}

vc_err vc_name_clean(struct vc_bytes text, char ret_name[VC_NAME_MAX + 1])
{
    utf8proc_int32_t points[POINTS_MAX + 1];
    struct vc_bytes inner = trimmed(text);
    utf8proc_ssize_t len;

    if (inner.len == 0 || inner.len > VC_NAME_MAX || inner.data[0] == '#' ||
        !vc_utf8_is_name(inner)) {
        return VC_ERR_BAD_NAME;
    }
    len = compose(inner, 0, points);
    if (len <= 0 || len > VC_NAME_MAX) {
        return VC_ERR_BAD_NAME;
    }
    memcpy(ret_name, points, (size_t)len);
    ret_name[len] = '\0';
    return VC_OK;
}

bool vc_name_is_same(const char *a, const char *b)
{
    utf8proc_int32_t folded_a[POINTS_MAX + 1], folded_b[POINTS_MAX + 1];
    struct vc_bytes bytes_a = {(const uint8_t *)a, strlen(a)};
    struct vc_bytes bytes_b = {(const uint8_t *)b, strlen(b)};
    utf8proc_ssize_t len_a, len_b;

    if (bytes_a.len == bytes_b.len && memcmp(a, b, bytes_a.len) == 0) {
        return true;
    }
    if (bytes_a.len > VC_NAME_MAX || bytes_b.len > VC_NAME_MAX) {
        return false;
    }
    len_a = compose(bytes_a, UTF8PROC_CASEFOLD, folded_a);
    len_b = compose(bytes_b, UTF8PROC_CASEFOLD, folded_b);
    return len_a > 0 && len_a == len_b &&
           memcmp(folded_a, folded_b, (size_t)len_a) == 0;
}

/* The longest start of @name with at most @max bytes that cuts no character. */
static size_t cut_len(const char *name, size_t max)
{
    size_t len = strlen(name);

    if (len <= max) {
        return len;
    }
    len = max;
    while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80) {
        len--;
    }
    while (len > 0 && name[len - 1] == ' ') {
        len--;
    }
    return len;
}

void vc_name_number(const char *name, uint32_t number, char ret_name[VC_NAME_MAX + 1])
{
    char digits[12];
    size_t at = sizeof digits;
    size_t len;

    VC_CHECK(number > 1);
    while (number > 0) {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    }
    digits[--at] = ' ';
    len = cut_len(name, VC_NAME_MAX - (sizeof digits - at));
    memmove(ret_name, name, len);
    memcpy(ret_name + len, digits + at, sizeof digits - at);
    ret_name[len + sizeof digits - at] = '\0';
}
