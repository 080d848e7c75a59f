/*
 * Addresses as people write them.  Our own, because the system's parser knows names of
 * interfaces, spellings of other times ("1.2", "010.0.0.1") and is not pure.
 */
#include "crypto/base/addr.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads a decimal number of at most @max without leading zeros; NULL when it is none. */
static const char *take_decimal(const char *at, unsigned max, unsigned *ret_value)
{
    unsigned value = 0;
    const char *start = at;

    for (; is_digit(*at); at++) {
        value = value * 10 + (unsigned)(*at - '0');
        if (value > max || (at > start && *start == '0')) {
            return NULL;
        }
    }
    *ret_value = value;
    return at > start ? at : NULL;
}

static const char *take_ipv4(const char *at, uint8_t ret_ip[4])
{
    for (int i = 0; i < 4; i++) {
        unsigned value = 0;
        if (i > 0 && *at++ != '.') {
            return NULL;
        }
        at = take_decimal(at, 255, &value);
        if (at == NULL) {
            return NULL;
        }
        ret_ip[i] = (uint8_t)value;
    }
    return at;
}

static int hex_digit(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Reads a group of 1 to 4 hexadecimal digits; NULL when there is none. */
static const char *take_group(const char *at, uint8_t ret_group[2])
{
    unsigned value = 0;
    int count = 0;

    for (; count < 4 && hex_digit(*at) >= 0; at++, count++) {
        value = value << 4 | (unsigned)hex_digit(*at);
    }
    ret_group[0] = (uint8_t)(value >> 8);
    ret_group[1] = (uint8_t)value;
    return count > 0 && hex_digit(*at) < 0 ? at : NULL;
}

/*
 * Reads groups up to the closing bracket into @ip; *@gap_at gets the byte before which a
 * "::" stood, or -1.  Gives the place of the bracket, NULL when it is no address.
 */
static const char *take_groups(const char *at, uint8_t ip[16], int *len, int *gap_at)
{
    *len = 0;
    *gap_at = -1;
    if (at[0] == ':' && at[1] == ':') {
        *gap_at = 0;
        at += 2;
    }
    while (*at != ']') {
        const char *next = take_group(at, &ip[*len]);
        if (next != NULL && *next == '.' && *len <= 12) {
            /* The last 32 bits may be written as an IPv4 address. */
            next = take_ipv4(at, &ip[*len]);
            *len += 4;
            return next != NULL && *next == ']' ? next : NULL;
        }
        if (next == NULL) {
            return NULL;
        }
        *len += 2;
        at = next;
        if (at[0] == ':' && at[1] == ':' && *gap_at < 0) {
            *gap_at = *len;
            at += 2;
        } else if (*at == ':' && at[1] != ']' && *len < 16) {
            at++;
        } else if (*at != ']') {
            return NULL;
        }
        if (*len == 16 && *at != ']') {
            return NULL;
        }
    }
    return at;
}

static const char *take_ipv6(const char *at, uint8_t ret_ip[16])
{
    uint8_t ip[16] = {0};
    int len = 0;
    int gap_at = -1;

    at = take_groups(at, ip, &len, &gap_at);
    if (at == NULL || (gap_at < 0 ? len != 16 : len > 14)) {
        return NULL;
    }
    if (gap_at >= 0) {
        size_t tail = (size_t)(len - gap_at);
        memmove(&ip[16 - tail], &ip[gap_at], tail);
        memset(&ip[gap_at], 0, (size_t)(16 - len));
    }
    memcpy(ret_ip, ip, 16);
    return at;
}

vc_err vc_addr_parse(const char *text, struct vc_addr *ret_addr)
{
    uint8_t ip[16] = {0};
    unsigned port = 0;
    bool is_v6 = *text == '[';

    VC_CHECK(ret_addr != NULL);
    text = is_v6 ? take_ipv6(text + 1, ip) : take_ipv4(text, ip);
    if (text != NULL && is_v6) {
        text++; /* the bracket */
    }
    if (text == NULL || *text != ':') {
        return VC_ERR_MALFORMED;
    }
    text = take_decimal(text + 1, UINT16_MAX, &port);
    if (text == NULL || *text != '\0') {
        return VC_ERR_MALFORMED;
    }
    *ret_addr =
        is_v6 ? vc_addr_ipv6(ip, (uint16_t)port) : vc_addr_ipv4(ip, (uint16_t)port);
    return VC_OK;
}
