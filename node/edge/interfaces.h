/*
 * The addresses of this machine, and the notice that they have changed.
 */
#ifndef VC_NODE_EDGE_INTERFACES_H
#define VC_NODE_EDGE_INTERFACES_H

#include <uv.h>

#include "node/edge/udp.h"

struct vc_interfaces {
    uv_poll_t poll;  /* a routing socket: the kernel tells, nothing is polled */
    int fd;          /* -1: none; then only the addresses at start count */
    void (*on_change)(void *ctx);
    void *ctx;
};

/* Watches; @on_change may be called several times for one change. */
void vc_interfaces_watch(struct vc_interfaces *interfaces, uv_loop_t *loop,
                         void (*on_change)(void *ctx), void *ctx);
void vc_interfaces_close(struct vc_interfaces *interfaces);

/*
 * The addresses under which the sockets of @udp can be reached, best first: public IPv4,
 * private IPv4, IPv6.  Loopback only when there is nothing else or it was asked for.
 */
size_t vc_interfaces_addresses(const struct vc_udp *udp, struct vc_addr *ret_addrs,
                               size_t room);

#endif
