/*
 * Where a datagram goes: an IPv4 or IPv6 address and a UDP port.
 *
 * An IPv4-mapped IPv6 address is always kept as IPv4, so that equal addresses have
 * equal bytes: make addresses with vc_addr_ipv4() and vc_addr_ipv6().
 */
#ifndef VC_CRYPTO_BASE_ADDR_H
#define VC_CRYPTO_BASE_ADDR_H

#include <string.h>

#include "crypto/base/cursor.h"

struct vc_addr {
    uint8_t ip[16]; /* IPv4 in the first 4 bytes, the rest 0 */
    uint16_t port;  /* host order; 0: any port to bind to, never a place to send to */
    uint8_t family; /* 4 or 6; 0: not set */
};

/* The most a textual address with its port takes, with the final NUL. */
#define VC_ADDR_TEXT_MAX 56

/* Bytes of an encoded address: a family byte, then 6 (IPv4) or 18 (IPv6). */
#define VC_ADDR_ENCODED_MAX 19

/* Bytes in network order, as the sockets give them; the port in host order. */
struct vc_addr vc_addr_ipv4(const uint8_t ip[4], uint16_t port);
/* Gives an IPv4 address for an IPv4-mapped one. */
struct vc_addr vc_addr_ipv6(const uint8_t ip[16], uint16_t port);

static inline bool vc_addr_equal(const struct vc_addr *a, const struct vc_addr *b)
{
    return a->port == b->port && a->family == b->family &&
           memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* Is it one a peer could be at: a port, and not unspecified, multicast or broadcast?
 * Loopback and private addresses are usable: two people may sit on one machine. */
bool vc_addr_is_usable(const struct vc_addr *addr);
bool vc_addr_is_loopback(const struct vc_addr *addr);
/* fe80::/10 or 169.254/16: means nothing on another link. */
bool vc_addr_is_link_local(const struct vc_addr *addr);

/* @addr must be set.  Every set address can be read again, usable or not. */
void vc_addr_write(struct vc_writer *w, const struct vc_addr *addr);
/* Fails the reader for another family and for an IPv4-mapped address. */
struct vc_addr vc_addr_read(struct vc_reader *r);

/* "192.0.2.1:5000" or "[2001:db8::1]:5000" (RFC 5952).  @addr must be set. */
void vc_addr_format(const struct vc_addr *addr, char ret_text[VC_ADDR_TEXT_MAX]);

/* Reads what vc_addr_format() wrote, any valid spelling of it; no names, no zones.
 * VC_ERR_MALFORMED when it is something else.  Unspecified addresses and port 0 are read
 * too: they say where to listen. */
VC_NODISCARD vc_err vc_addr_parse(const char *text, struct vc_addr *ret_addr);

#endif
