/* crypto/SPEC.md, "Conventions": the encoding of an address. */
#include "crypto/base/addr.h"

#include <string.h>

enum {
    IPV4_LEN = 4,
    IPV6_LEN = 16,
    MAPPED_AT = 12, /* ::ffff:a.b.c.d has its IPv4 address here */
};

static size_t ip_len(const struct vc_addr *addr)
{
    return addr->family == 4 ? IPV4_LEN : IPV6_LEN;
}

static bool is_mapped(const uint8_t ip[16])
{
    static const uint8_t prefix[MAPPED_AT] = {[10] = 0xff, [11] = 0xff};

    return memcmp(ip, prefix, MAPPED_AT) == 0;
}

struct vc_addr vc_addr_ipv4(const uint8_t ip[4], uint16_t port)
{
    struct vc_addr addr = {.port = port, .family = 4};

    memcpy(addr.ip, ip, IPV4_LEN);
    return addr;
}

struct vc_addr vc_addr_ipv6(const uint8_t ip[16], uint16_t port)
{
    struct vc_addr addr = {.port = port, .family = 6};

    if (is_mapped(ip)) {
        return vc_addr_ipv4(&ip[MAPPED_AT], port);
    }
    memcpy(addr.ip, ip, IPV6_LEN);
    return addr;
}

bool vc_addr_is_loopback(const struct vc_addr *addr)
{
    static const uint8_t one[IPV6_LEN] = {[15] = 1};

    if (addr->family == 4) {
        return addr->ip[0] == 127;
    }
    return addr->family == 6 && memcmp(addr->ip, one, IPV6_LEN) == 0;
}

bool vc_addr_is_link_local(const struct vc_addr *addr)
{
    if (addr->family == 4) {
        return addr->ip[0] == 169 && addr->ip[1] == 254;
    }
    return addr->family == 6 && addr->ip[0] == 0xfe && (addr->ip[1] & 0xc0) == 0x80;
}

bool vc_addr_is_usable(const struct vc_addr *addr)
{
    static const uint8_t none[IPV6_LEN];

    if (addr->port == 0) {
        return false;
    }
    if (addr->family == 4) {
        /* 0/8 is "this host", 224/4 multicast, 240/4 reserved with broadcast at its end. */
        return addr->ip[0] != 0 && addr->ip[0] < 224;
    }
    return addr->family == 6 && addr->ip[0] != 0xff &&
           memcmp(addr->ip, none, IPV6_LEN) != 0;
}

void vc_addr_write(struct vc_writer *w, const struct vc_addr *addr)
{
    VC_CHECK(addr->family == 4 || addr->family == 6);
    /* A mapped address that came past vc_addr_ipv6() would be written so that it could not
     * be read again. */
    struct vc_addr plain =
        addr->family == 6 ? vc_addr_ipv6(addr->ip, addr->port) : *addr;

    vc_write_u8(w, plain.family);
    vc_write_copy(w, plain.ip, ip_len(&plain));
    vc_write_u16(w, plain.port);
}

struct vc_addr vc_addr_read(struct vc_reader *r)
{
    struct vc_addr addr = {.family = vc_read_u8(r)};

    if (addr.family != 4 && addr.family != 6) {
        vc_reader_fail(r);
        return (struct vc_addr){0};
    }
    vc_read_copy(r, addr.ip, ip_len(&addr));
    addr.port = vc_read_u16(r);
    if (addr.family == 6 && is_mapped(addr.ip)) {
        vc_reader_fail(r);
    }
    return r->is_failed ? (struct vc_addr){0} : addr;
}

/* Writes @value in decimal and gives the place behind it. */
static char *put_decimal(char *at, unsigned value)
{
    char digits[5];
    int count = 0;

    VC_CHECK(value <= UINT16_MAX);
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

static char *put_hex(char *at, unsigned value)
{
    bool has_begun = false;

    VC_CHECK(value <= UINT16_MAX);
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 15;
        if (digit != 0 || has_begun || shift == 0) {
            *at++ = "0123456789abcdef"[digit];
            has_begun = true;
        }
    }
    return at;
}

static char *put_ipv4(char *at, const uint8_t ip[4])
{
    for (int i = 0; i < IPV4_LEN; i++) {
        if (i > 0) {
            *at++ = '.';
        }
        at = put_decimal(at, ip[i]);
    }
    return at;
}

static unsigned group_of(const uint8_t ip[16], size_t i)
{
    return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

/* RFC 5952: lower case, no leading zeros, "::" for the first longest run of at least two
 * zero groups. */
static char *put_ipv6(char *at, const uint8_t ip[16])
{
    size_t gap_at = 8; /* none */
    size_t gap_len = 1;

    for (size_t i = 0; i < 8; i++) {
        size_t len = 0;
        while (i + len < 8 && group_of(ip, i + len) == 0) {
            len++;
        }
        if (len > gap_len) {
            gap_at = i;
            gap_len = len;
        }
    }
    for (size_t i = 0; i < 8; i++) {
        if (i == gap_at) {
            *at++ = ':';
            *at++ = ':';
            i += gap_len - 1;
            continue;
        }
        if (i > 0 && at[-1] != ':') {
            *at++ = ':';
        }
        at = put_hex(at, group_of(ip, i));
    }
    return at;
}

void vc_addr_format(const struct vc_addr *addr, char ret_text[VC_ADDR_TEXT_MAX])
{
    char *at = ret_text;

    VC_CHECK(addr->family == 4 || addr->family == 6);
    if (addr->family == 4) {
        at = put_ipv4(at, addr->ip);
    } else {
        *at++ = '[';
        at = put_ipv6(at, addr->ip);
        *at++ = ']';
    }
    *at++ = ':';
    at = put_decimal(at, addr->port);
    *at = '\0';
    VC_CHECK(at < ret_text + VC_ADDR_TEXT_MAX);
}
