/* dht/SPEC.md, "Contact". */
#include "dht/contact.h"

#include <string.h>

/* The first bytes of an address as one number, and how many bits of them say that it is in a
 * network. */
#define FIRST(b0, b1, b2, b3) \
    ((uint32_t)(b0) << 24 | (uint32_t)(b1) << 16 | (uint32_t)(b2) << 8 | (uint32_t)(b3))

struct network {
    uint32_t first;
    uint8_t bits;
};

/* Where no node of the public network can be: IANA's registries of special-purpose addresses
 * (RFC 6890), without what vc_addr_is_usable() says already. */
static const struct network special_ipv4[] = {
    {FIRST(10, 0, 0, 0), 8},      /* private */
    {FIRST(100, 64, 0, 0), 10},   /* shared behind a carrier's NAT */
    {FIRST(127, 0, 0, 0), 8},     /* loopback */
    {FIRST(169, 254, 0, 0), 16},  /* link-local */
    {FIRST(172, 16, 0, 0), 12},   /* private */
    {FIRST(192, 0, 0, 0), 24},    /* protocols of the IETF */
    {FIRST(192, 0, 2, 0), 24},    /* documentation */
    {FIRST(192, 88, 99, 0), 24},  /* relays of 6to4 */
    {FIRST(192, 168, 0, 0), 16},  /* private */
    {FIRST(198, 18, 0, 0), 15},   /* benchmarks */
    {FIRST(198, 51, 100, 0), 24}, /* documentation */
    {FIRST(203, 0, 113, 0), 24}}; /* documentation */

/* All that is given to anybody is here; of it not: */
static const struct network global_ipv6 = {FIRST(0x20, 0, 0, 0), 3};
static const struct network special_ipv6[] = {
    {FIRST(0x20, 0x01, 0, 0), 23},       /* protocols of the IETF, Teredo, benchmarks */
    {FIRST(0x20, 0x01, 0x0d, 0xb8), 32}, /* documentation */
    {FIRST(0x20, 0x02, 0, 0), 16},       /* 6to4: an IPv4 address of any kind */
    {FIRST(0x3f, 0xff, 0, 0), 20}};      /* documentation */

static bool is_in(uint32_t first, const struct network *network)
{
    return (first ^ network->first) >> (32 - network->bits) == 0;
}

static bool is_in_any(uint32_t first, const struct network *networks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_in(first, &networks[i])) {
            return true;
        }
    }
    return false;
}

void vc_dht_contact_write(struct vc_writer *w, const struct vc_dht_contact *contact)
{
    vc_addr_write(w, &contact->addr);
    vc_write_copy(w, contact->key.b, sizeof contact->key.b);
}

void vc_dht_contact_read(struct vc_reader *r, struct vc_dht_contact *ret_contact)
{
    struct vc_dht_contact contact = {.addr = vc_addr_read(r)};

    vc_read_copy(r, contact.key.b, sizeof contact.key.b);
    if (!r->is_failed && !vc_addr_is_usable(&contact.addr)) {
        vc_reader_fail(r);
    }
    if (!r->is_failed) {
        *ret_contact = contact;
    }
}

/* The family, then the first @len bytes of the address. */
static uint64_t prefix(const struct vc_addr *addr, size_t len)
{
    uint64_t number = addr->family;

    for (size_t i = 0; i < len; i++) {
        number = number << 8 | addr->ip[i];
    }
    return number;
}

bool vc_dht_addr_is_public(const struct vc_addr *addr)
{
    uint32_t first;

    if (!vc_addr_is_usable(addr)) {
        return false;
    }
    first = (uint32_t)prefix(addr, sizeof first);
    if (addr->family == 4) {
        return !is_in_any(first, special_ipv4,
                          sizeof special_ipv4 / sizeof special_ipv4[0]);
    }
    return is_in(first, &global_ipv6) &&
           !is_in_any(first, special_ipv6,
                      sizeof special_ipv6 / sizeof special_ipv6[0]);
}

uint64_t vc_dht_prefix_narrow(const struct vc_addr *addr)
{
    return prefix(addr, addr->family == 4 ? 3 : 6);
}

uint64_t vc_dht_prefix_wide(const struct vc_addr *addr)
{
    return prefix(addr, addr->family == 4 ? 2 : 4);
}
