/* dht/SPEC.md, "Contact". */
#include "dht/contact.h"

#include <string.h>

struct network {
    uint8_t ip[16];
    uint8_t bits;
};

/* Where no node of the public network can be: IANA's registries of special-purpose addresses
 * (RFC 6890), without what vc_addr_is_usable() says already. */
static const struct network special_ipv4[] = {
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* shared behind a carrier's NAT */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocols of the IETF */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* relays of 6to4 */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24}}; /* documentation */

/* All that is given to anybody is here; of it not: */
static const struct network global_ipv6 = {{0x20}, 3};
static const struct network special_ipv6[] = {
    {{0x20, 0x01, 0x00}, 23},       /* protocols of the IETF, Teredo, benchmarks */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4: an IPv4 address of any kind */
    {{0x3f, 0xff, 0x00}, 20}};      /* documentation */

static bool is_in(const uint8_t *ip, const struct network *network)
{
    size_t whole = network->bits / 8;
    uint8_t mask = (uint8_t) ~(0xff >> network->bits % 8);

    return memcmp(ip, network->ip, whole) == 0 &&
           ((ip[whole] ^ network->ip[whole]) & mask) == 0;
}

static bool is_in_any(const uint8_t *ip, const struct network *networks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_in(ip, &networks[i])) {
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

bool vc_dht_addr_is_public(const struct vc_addr *addr)
{
    if (!vc_addr_is_usable(addr)) {
        return false;
    }
    if (addr->family == 4) {
        return !is_in_any(addr->ip, special_ipv4,
                          sizeof special_ipv4 / sizeof special_ipv4[0]);
    }
    return is_in(addr->ip, &global_ipv6) &&
           !is_in_any(addr->ip, special_ipv6,
                      sizeof special_ipv6 / sizeof special_ipv6[0]);
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

uint64_t vc_dht_prefix_narrow(const struct vc_addr *addr)
{
    return prefix(addr, addr->family == 4 ? 3 : 6);
}

uint64_t vc_dht_prefix_wide(const struct vc_addr *addr)
{
    return prefix(addr, addr->family == 4 ? 2 : 4);
}
