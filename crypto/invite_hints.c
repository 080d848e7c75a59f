/* crypto/SPEC.md, "Invite", the table of shapes. */
#include "crypto/invite_hints.h"

enum { IPV4_LEN = 4, IPV6_LEN = 16 };

/* The addresses that an invite may name, in its order. */
struct choice {
    const struct vc_addr *v4[VC_INVITE_ADDRS_MAX];
    const struct vc_addr *v6[VC_INVITE_ADDRS_MAX];
    size_t v4_count;
    size_t v6_count;
    /* The first two of different families and equal port. */
    const struct vc_addr *both_v4;
    const struct vc_addr *both_v6;
    const struct vc_addr *first;
};

static void choose(struct choice *choice, const struct vc_invite *invite)
{
    *choice = (struct choice){.first = NULL};
    for (size_t i = 0; i < invite->addr_count; i++) {
        const struct vc_addr *addr = &invite->addrs[i];
        if (!vc_addr_is_usable(addr)) {
            continue;
        }
        if (choice->first == NULL) {
            choice->first = addr;
        }
        if (addr->family == 4) {
            choice->v4[choice->v4_count++] = addr;
        } else {
            choice->v6[choice->v6_count++] = addr;
        }
    }
    for (size_t i = 0; i < choice->v6_count; i++) {
        for (size_t k = 0; k < choice->v4_count && choice->both_v6 == NULL; k++) {
            if (choice->v6[i]->port == choice->v4[k]->port) {
                choice->both_v6 = choice->v6[i];
                choice->both_v4 = choice->v4[k];
            }
        }
    }
}

static enum vc_invite_shape shape_of(const struct choice *choice, bool has_relay)
{
    if (has_relay || choice->first == NULL) {
        return VC_INVITE_RELAY;
    }
    if (choice->v4_count == 3) {
        return VC_INVITE_IPV4S;
    }
    /* Two families reach more peers than two addresses of one. */
    if (choice->both_v6 != NULL) {
        return VC_INVITE_BOTH;
    }
    if (choice->v4_count == 2) {
        return VC_INVITE_IPV4S;
    }
    return choice->first->family == 4 ? VC_INVITE_RELAY : VC_INVITE_IPV6;
}

static void write_ipv4(struct vc_writer *w, const struct vc_addr *addr)
{
    if (addr != NULL) {
        vc_write_copy(w, addr->ip, IPV4_LEN);
        vc_write_u16(w, addr->port);
    } else {
        vc_write_u32(w, 0);
        vc_write_u16(w, 0);
    }
}

enum vc_invite_shape vc_invite_hints_write(struct vc_writer *w,
                                           const struct vc_invite *invite)
{
    struct choice choice;

    VC_CHECK(invite->addr_count <= VC_INVITE_ADDRS_MAX);
    choose(&choice, invite);
    bool has_relay = !vc_is_zero(invite->relay.b, sizeof(invite->relay.b));
    enum vc_invite_shape shape = shape_of(&choice, has_relay);

    switch (shape) {
    case VC_INVITE_RELAY:
        write_ipv4(w, choice.v4[0]);
        vc_write_copy(w, invite->relay.b, sizeof(invite->relay.b));
        break;
    case VC_INVITE_IPV6:
        VC_CHECK(choice.v6_count > 0);
        vc_write_copy(w, choice.v6[0]->ip, IPV6_LEN);
        vc_write_u16(w, choice.v6[0]->port);
        vc_write_u32(w, 0);
        break;
    case VC_INVITE_IPV4S:
        for (size_t i = 0; i < VC_INVITE_ADDRS_MAX; i++) {
            write_ipv4(w, choice.v4[i]);
        }
        vc_write_u32(w, 0);
        break;
    case VC_INVITE_BOTH:
        VC_CHECK(choice.both_v6 != NULL && choice.both_v4 != NULL);
        vc_write_copy(w, choice.both_v6->ip, IPV6_LEN);
        vc_write_copy(w, choice.both_v4->ip, IPV4_LEN);
        vc_write_u16(w, choice.both_v6->port);
        break;
    }
    return shape;
}

/* Adds an address that was read; one that nobody can be at is not an invite's. */
static void add_addr(struct vc_reader *r, struct vc_invite *invite, struct vc_addr addr)
{
    if (!vc_addr_is_usable(&addr)) {
        vc_reader_fail(r);
        return;
    }
    VC_CHECK(invite->addr_count < VC_INVITE_ADDRS_MAX);
    invite->addrs[invite->addr_count++] = addr;
}

static void add_ipv6(struct vc_reader *r, struct vc_invite *invite,
                     const uint8_t ip[16], uint16_t port)
{
    struct vc_addr addr = vc_addr_ipv6(ip, port);

    if (addr.family != 6) {
        vc_reader_fail(r); /* IPv4-mapped: it has another shape */
        return;
    }
    add_addr(r, invite, addr);
}

/* Reads an IPv4 address and port; false, with nothing added, for six zeros. */
static bool read_ipv4(struct vc_reader *r, struct vc_invite *invite)
{
    uint8_t ip[IPV4_LEN];

    vc_read_copy(r, ip, sizeof(ip));
    struct vc_addr addr = vc_addr_ipv4(ip, vc_read_u16(r));
    if (addr.port == 0 && vc_is_zero(ip, sizeof(ip))) {
        return false;
    }
    add_addr(r, invite, addr);
    return true;
}

static void read_ipv4s(struct vc_reader *r, struct vc_invite *invite)
{
    for (size_t i = 0; i < VC_INVITE_ADDRS_MAX; i++) {
        /* The first two must be there, else it would have another shape. */
        if (!read_ipv4(r, invite) && i < 2) {
            vc_reader_fail(r);
        }
    }
    if (vc_read_u32(r) != 0) {
        vc_reader_fail(r);
    }
}

void vc_invite_hints_read(struct vc_reader *r, enum vc_invite_shape shape,
                          struct vc_invite *ret_invite)
{
    uint8_t ipv6[IPV6_LEN];
    uint8_t ipv4[IPV4_LEN];
    uint16_t port;

    ret_invite->addr_count = 0;
    switch (shape) {
    case VC_INVITE_RELAY:
        (void)read_ipv4(r, ret_invite); /* none is as good as one */
        vc_read_copy(r, ret_invite->relay.b, sizeof(ret_invite->relay.b));
        break;
    case VC_INVITE_IPV6:
        vc_read_copy(r, ipv6, sizeof(ipv6));
        port = vc_read_u16(r);
        add_ipv6(r, ret_invite, ipv6, port);
        if (vc_read_u32(r) != 0) {
            vc_reader_fail(r);
        }
        break;
    case VC_INVITE_IPV4S:
        read_ipv4s(r, ret_invite);
        break;
    case VC_INVITE_BOTH:
        vc_read_copy(r, ipv6, sizeof(ipv6));
        vc_read_copy(r, ipv4, sizeof(ipv4));
        port = vc_read_u16(r);
        add_ipv6(r, ret_invite, ipv6, port);
        add_addr(r, ret_invite, vc_addr_ipv4(ipv4, port));
        break;
    }
}
