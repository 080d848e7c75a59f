/*
 * The UDP sockets: datagrams in as they come, datagrams out in batches.
 *
 * At most one socket for each family, on all addresses or on those that were asked for.
 * A datagram that the kernel does not take is lost, as it might be on the way.
 */
#ifndef VC_NODE_EDGE_UDP_H
#define VC_NODE_EDGE_UDP_H

#include <uv.h>

#include "crypto/base/addr.h"
#include "crypto/packet.h"
#include "node/edge/limits.h"

#define VC_UDP_SOCKETS_MAX 4

struct vc_udp;

struct vc_udp_socket {
    uv_udp_t handle;
    struct vc_udp *udp;
    struct vc_addr bound;
    bool is_open, is_reading;
};

struct vc_udp_batch {
    uint8_t bytes[VC_EDGE_DATAGRAMS_PER_SEND][VC_PACKET_MAX];
    size_t lens[VC_EDGE_DATAGRAMS_PER_SEND];
    struct vc_addr to[VC_EDGE_DATAGRAMS_PER_SEND];
    size_t count;
};

struct vc_udp {
    struct vc_udp_socket sockets[VC_UDP_SOCKETS_MAX];
    size_t count;
    uint8_t *read_buffer; /* one for all sockets: libuv reads one at a time */
    struct vc_udp_batch batch;
    uint64_t unsent; /* datagrams that the kernel did not take */
    void (*on_datagram)(void *ctx, const struct vc_addr *from, struct vc_bytes datagram);
    void *ctx;
};

VC_NODISCARD vc_err vc_udp_init(struct vc_udp *udp);
/* Binds one more socket.  @addr with port 0 lets the kernel choose; read .bound after.
 * VC_ERR_ADDRESS_IN_USE, VC_ERR_PERMISSION, VC_ERR_UNSUPPORTED (no such family), VC_ERR_IO. */
VC_NODISCARD vc_err vc_udp_bind(struct vc_udp *udp, uv_loop_t *loop, const struct vc_addr *addr);
/* Stops or goes on reading: what comes meanwhile waits in the kernel. */
void vc_udp_set_reading(struct vc_udp *udp, bool is_reading);
/* Queues a datagram; a full batch goes out. */
void vc_udp_send(struct vc_udp *udp, const struct vc_addr *to, struct vc_bytes datagram);
void vc_udp_flush(struct vc_udp *udp);
void vc_udp_close(struct vc_udp *udp);

/* Conversions to and from the system's form. */
size_t vc_addr_to_sockaddr(const struct vc_addr *addr, struct sockaddr_storage *ret_sockaddr);
bool vc_addr_from_sockaddr(const struct sockaddr *sockaddr, struct vc_addr *ret_addr);

#endif
