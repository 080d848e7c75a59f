#include "node/edge/udp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "node/edge/log.h"

/* libuv cuts the buffer into pieces of this size for recvmmsg. */
#define READ_PIECE_BYTES ((size_t)64 * 1024)

size_t vc_addr_to_sockaddr(const struct vc_addr *addr, struct sockaddr_storage *ret_sockaddr)
{
    memset(ret_sockaddr, 0, sizeof *ret_sockaddr);
    if (addr->family == 4) {
        struct sockaddr_in *in = (struct sockaddr_in *)ret_sockaddr;

        in->sin_family = AF_INET;
        in->sin_port = htons(addr->port);
        memcpy(&in->sin_addr, addr->ip, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_sockaddr;

    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(addr->port);
    memcpy(&in6->sin6_addr, addr->ip, 16);
    return sizeof *in6;
}

bool vc_addr_from_sockaddr(const struct sockaddr *sockaddr, struct vc_addr *ret_addr)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct vc_addr addr = {0};

    if (sockaddr->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sockaddr;

        addr.family = 4;
        addr.port = ntohs(in->sin_port);
        memcpy(addr.ip, &in->sin_addr, 4);
    } else if (sockaddr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 =
            (const struct sockaddr_in6 *)(const void *)sockaddr;
        const uint8_t *ip = (const uint8_t *)&in6->sin6_addr;

        addr.port = ntohs(in6->sin6_port);
        if (memcmp(ip, mapped, sizeof mapped) == 0) {
            addr.family = 4;
            memcpy(addr.ip, ip + 12, 4);
        } else {
            addr.family = 6;
            memcpy(addr.ip, ip, 16);
        }
    } else {
        return false;
    }
    *ret_addr = addr;
    return true;
}

static vc_err from_uv(int status)
{
    switch (status) {
    case 0:
        return VC_OK;
    case UV_EADDRINUSE:
        return VC_ERR_ADDRESS_IN_USE;
    case UV_EACCES:
    case UV_EPERM:
        return VC_ERR_PERMISSION;
    case UV_EAFNOSUPPORT:
    case UV_EADDRNOTAVAIL:
        return VC_ERR_UNSUPPORTED;
    case UV_ENOMEM:
        return VC_ERR_NO_MEMORY;
    default:
        return VC_ERR_IO;
    }
}

vc_err vc_udp_init(struct vc_udp *udp)
{
    udp->read_buffer = malloc(VC_EDGE_DATAGRAMS_PER_READ * READ_PIECE_BYTES);
    return udp->read_buffer != NULL ? VC_OK : VC_ERR_NO_MEMORY;
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    struct vc_udp_socket *socket = handle->data;

    (void)suggested;
    *ret_buffer = uv_buf_init((char *)socket->udp->read_buffer,
                              VC_EDGE_DATAGRAMS_PER_READ * READ_PIECE_BYTES);
}

static void on_read(uv_udp_t *handle, ssize_t len, const uv_buf_t *buffer,
                    const struct sockaddr *from, unsigned flags)
{
    struct vc_udp_socket *socket = handle->data;
    struct vc_addr addr;

    if (len <= 0 || from == NULL || (flags & UV_UDP_PARTIAL) != 0 ||
        !vc_addr_from_sockaddr(from, &addr)) {
        return;
    }
    socket->udp->on_datagram(
        socket->udp->ctx, &addr,
        (struct vc_bytes){(const uint8_t *)buffer->base, (size_t)len});
}

/* A burst that comes while a turn runs waits in the kernel; root may exceed its limit. */
static void enlarge_buffers(int fd)
{
    int bytes = VC_EDGE_SOCKET_BUFFER_BYTES;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    }
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
}

static vc_err read_bound(struct vc_udp_socket *socket)
{
    struct sockaddr_storage name;
    int len = sizeof name;

    if (uv_udp_getsockname(&socket->handle, (struct sockaddr *)&name, &len) != 0 ||
        !vc_addr_from_sockaddr((struct sockaddr *)&name, &socket->bound)) {
        return VC_ERR_IO;
    }
    return VC_OK;
}

vc_err vc_udp_bind(struct vc_udp *udp, uv_loop_t *loop, const struct vc_addr *addr)
{
    struct vc_udp_socket *socket = &udp->sockets[udp->count];
    struct sockaddr_storage name;
    uv_os_fd_t fd;
    int status;

    if (udp->count == VC_UDP_SOCKETS_MAX) {
        return VC_ERR_FULL;
    }
    (void)vc_addr_to_sockaddr(addr, &name);
    status = uv_udp_init_ex(loop, &socket->handle,
                            (unsigned)name.ss_family | UV_UDP_RECVMMSG);
    if (status != 0) {
        return from_uv(status);
    }
    socket->handle.data = socket;
    socket->udp = udp;
    status = uv_udp_bind(&socket->handle, (struct sockaddr *)&name,
                         addr->family == 6 ? UV_UDP_IPV6ONLY : 0);
    if (status != 0 || read_bound(socket) != VC_OK) {
        uv_close((uv_handle_t *)&socket->handle, NULL);
        uv_run(loop, UV_RUN_NOWAIT); /* the place may be used again only when it is closed */
        return status != 0 ? from_uv(status) : VC_ERR_IO;
    }
    if (uv_fileno((uv_handle_t *)&socket->handle, &fd) == 0) {
        enlarge_buffers(fd);
    }
    socket->is_open = true;
    udp->count++;
    return VC_OK;
}

void vc_udp_set_reading(struct vc_udp *udp, bool is_reading)
{
    for (size_t i = 0; i < udp->count; i++) {
        struct vc_udp_socket *socket = &udp->sockets[i];

        if (!socket->is_open || socket->is_reading == is_reading) {
            continue;
        }
        if (is_reading) {
            socket->is_reading = uv_udp_recv_start(&socket->handle, on_buffer, on_read) == 0;
        } else {
            (void)uv_udp_recv_stop(&socket->handle); /* cannot fail */
            socket->is_reading = false;
        }
    }
}

static struct vc_udp_socket *socket_for(struct vc_udp *udp, const struct vc_addr *to)
{
    for (size_t i = 0; i < udp->count; i++) {
        if (udp->sockets[i].is_open && udp->sockets[i].bound.family == to->family) {
            return &udp->sockets[i];
        }
    }
    return NULL;
}

void vc_udp_send(struct vc_udp *udp, const struct vc_addr *to, struct vc_bytes datagram)
{
    struct vc_udp_batch *batch = &udp->batch;

    VC_CHECK(datagram.len <= VC_PACKET_MAX);
    if (batch->count == VC_EDGE_DATAGRAMS_PER_SEND) {
        vc_udp_flush(udp);
    }
    memcpy(batch->bytes[batch->count], datagram.data, datagram.len);
    batch->lens[batch->count] = datagram.len;
    batch->to[batch->count] = *to;
    batch->count++;
}

/* Sends the datagrams of one family with as few system calls as there are refusals: one
 * that the kernel refuses (no route, full buffer) is dropped and the rest goes on. */
static void send_family(struct vc_udp *udp, uint8_t family)
{
    struct mmsghdr messages[VC_EDGE_DATAGRAMS_PER_SEND];
    struct iovec pieces[VC_EDGE_DATAGRAMS_PER_SEND];
    struct sockaddr_storage names[VC_EDGE_DATAGRAMS_PER_SEND];
    struct vc_udp_batch *batch = &udp->batch;
    struct vc_udp_socket *socket = socket_for(udp, &(struct vc_addr){.family = family});
    unsigned count = 0;
    uv_os_fd_t fd;

    if (socket == NULL || uv_fileno((uv_handle_t *)&socket->handle, &fd) != 0) {
        return;
    }
    memset(messages, 0, sizeof messages);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->to[i].family != family) {
            continue;
        }
        pieces[count] = (struct iovec){batch->bytes[i], batch->lens[i]};
        messages[count].msg_hdr.msg_iov = &pieces[count];
        messages[count].msg_hdr.msg_iovlen = 1;
        messages[count].msg_hdr.msg_name = &names[count];
        messages[count].msg_hdr.msg_namelen =
            (socklen_t)vc_addr_to_sockaddr(&batch->to[i], &names[count]);
        count++;
    }
    for (unsigned sent = 0; sent < count;) {
        int n = sendmmsg(fd, messages + sent, count - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n <= 0) {
            udp->unsent++;
            sent++;
        } else {
            sent += (unsigned)n;
        }
    }
}

void vc_udp_flush(struct vc_udp *udp)
{
    if (udp->batch.count == 0) {
        return;
    }
    send_family(udp, 4);
    send_family(udp, 6);
    udp->batch.count = 0;
}

void vc_udp_close(struct vc_udp *udp)
{
    for (size_t i = 0; i < udp->count; i++) {
        if (udp->sockets[i].is_open) {
            uv_close((uv_handle_t *)&udp->sockets[i].handle, NULL);
            udp->sockets[i].is_open = false;
        }
    }
}
