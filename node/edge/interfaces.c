#include "node/edge/interfaces.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/edge/log.h"

#define CANDIDATES_MAX 64

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct vc_interfaces *interfaces = poll->data;
    uint8_t ignored[4096];

    (void)events;
    while (status == 0 && recv(interfaces->fd, ignored, sizeof ignored, MSG_DONTWAIT) > 0) {
        /* What has changed is looked up afresh: notices can be lost. */
    }
    interfaces->on_change(interfaces->ctx);
}

void vc_interfaces_watch(struct vc_interfaces *interfaces, uv_loop_t *loop,
                         void (*on_change)(void *ctx), void *ctx)
{
    /* Links too: an address stays with a wire that is pulled, and may be there before it is up. */
    struct sockaddr_nl name = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};

    interfaces->on_change = on_change;
    interfaces->ctx = ctx;
    interfaces->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                            NETLINK_ROUTE);
    if (interfaces->fd < 0) {
        return;
    }
    if (bind(interfaces->fd, (struct sockaddr *)&name, sizeof name) != 0 ||
        uv_poll_init(loop, &interfaces->poll, interfaces->fd) != 0) {
        close(interfaces->fd);
        interfaces->fd = -1;
        vc_log(VC_LOG_INFO, "changes of addresses cannot be watched");
        return;
    }
    interfaces->poll.data = interfaces;
    (void)uv_poll_start(&interfaces->poll, UV_READABLE, on_readable); /* the fd is valid */
}

static void on_closed(uv_handle_t *handle)
{
    struct vc_interfaces *interfaces = handle->data;

    close(interfaces->fd);
    interfaces->fd = -1;
}

void vc_interfaces_close(struct vc_interfaces *interfaces)
{
    if (interfaces->fd >= 0) {
        uv_close((uv_handle_t *)&interfaces->poll, on_closed);
    }
}

static bool is_private4(const struct vc_addr *addr)
{
    const uint8_t *ip = addr->ip;

    return addr->family == 4 &&
           (ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
            (ip[0] == 192 && ip[1] == 168) || (ip[0] == 100 && (ip[1] & 0xc0) == 64));
}

/* Smaller is better. */
static int rank(const struct vc_addr *addr)
{
    if (vc_addr_is_loopback(addr)) {
        return 4;
    }
    if (addr->family == 4) {
        return is_private4(addr) ? 1 : 0;
    }
    return (addr->ip[0] & 0xfe) == 0xfc ? 3 : 2; /* unique local behind global */
}

static bool is_wildcard(const struct vc_addr *addr)
{
    static const uint8_t zero[16];

    return memcmp(addr->ip, zero, sizeof zero) == 0;
}

static size_t add(struct vc_addr *list, size_t count, const struct vc_addr *addr)
{
    for (size_t i = 0; i < count; i++) {
        if (vc_addr_equal(&list[i], addr)) {
            return count;
        }
    }
    if (count == CANDIDATES_MAX) {
        return count;
    }
    list[count] = *addr;
    return count + 1;
}

/* The machine's addresses of the family of @bound, with its port. */
static size_t add_interfaces(struct vc_addr *list, size_t count, const struct vc_addr *bound)
{
    uv_interface_address_t *found;
    int found_count;

    if (uv_interface_addresses(&found, &found_count) != 0) {
        return count;
    }
    for (int i = 0; i < found_count; i++) {
        struct vc_addr addr;

        if (!vc_addr_from_sockaddr((struct sockaddr *)&found[i].address, &addr) ||
            addr.family != bound->family || vc_addr_is_link_local(&addr)) {
            continue;
        }
        addr.port = bound->port;
        count = add(list, count, &addr);
    }
    uv_free_interface_addresses(found, found_count);
    return count;
}

size_t vc_interfaces_addresses(const struct vc_udp *udp, struct vc_addr *ret_addrs,
                               size_t room)
{
    struct vc_addr list[CANDIDATES_MAX];
    size_t count = 0, given = 0;

    for (size_t i = 0; i < udp->count; i++) {
        const struct vc_addr *bound = &udp->sockets[i].bound;

        count = is_wildcard(bound) ? add_interfaces(list, count, bound)
                                   : add(list, count, bound);
    }
    for (int wanted = 0; wanted <= 4 && given < room; wanted++) {
        if (wanted == 4 && given > 0) {
            break; /* loopback only when there is nothing better */
        }
        for (size_t i = 0; i < count && given < room; i++) {
            if (rank(&list[i]) == wanted) {
                ret_addrs[given++] = list[i];
            }
        }
    }
    return given;
}
