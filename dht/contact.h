/*
 * A contact: where a node is and the key with which one talks to it.
 *
 * dht/SPEC.md, "Contact": 39 bytes for IPv4, 51 for IPv6.
 */
#ifndef VC_DHT_CONTACT_H
#define VC_DHT_CONTACT_H

#include "dht/id.h"

#define VC_DHT_CONTACT_LEN_IPV4 39
#define VC_DHT_CONTACT_LEN_IPV6 51

struct vc_dht_contact {
    struct vc_addr addr;
    struct vc_key32 key;
};

/* @contact must be of a set family.  What vc_addr_is_usable() refuses cannot be read again. */
void vc_dht_contact_write(struct vc_writer *w, const struct vc_dht_contact *contact);
/* Fails the reader for another family, for bits that must be zero and for an address that
 * nobody can be at (vc_addr_is_usable()). */
void vc_dht_contact_read(struct vc_reader *r, struct vc_dht_contact *ret_contact);

/*
 * May a node of the public network be there?  Not where vc_addr_is_usable() says no, nor at a
 * loopback, link-local, private (RFC 1918, 4193), shared (100.64/10), documentation or
 * benchmark address, nor behind a tunnel that carries an IPv4 address of any kind (Teredo,
 * 6to4); of IPv6 only in 2000::/3.  In a private network every usable address is good, which
 * the caller knows.
 */
bool vc_dht_addr_is_public(const struct vc_addr *addr);

/* The network of an address as a number, for diversity and limits: /24 and /16 of IPv4, /48 and
 * /32 of IPv6; different families never meet. */
uint64_t vc_dht_prefix_narrow(const struct vc_addr *addr);
uint64_t vc_dht_prefix_wide(const struct vc_addr *addr);

#endif
