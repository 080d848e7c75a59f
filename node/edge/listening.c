#include "node/edge/listening.h"

#include "crypto/base/cursor.h"

static const uint8_t port_key[] = "edge.port";

static struct vc_bytes key_of_port(void)
{
    return (struct vc_bytes){port_key, sizeof port_key - 1};
}

/* The port of last time; 0 when there was none. */
static uint16_t kept_port(struct vc_store *store)
{
    struct vc_bytes value;
    struct vc_reader r;
    uint16_t port;

    if (vc_store_get(store, VC_TABLE_SETTING, key_of_port(), &value) != VC_OK) {
        return 0;
    }
    r = vc_reader(value);
    port = vc_read_u16(&r);
    return vc_reader_end(&r) == VC_OK ? port : 0;
}

static void keep_port(struct vc_store *store, uint16_t port)
{
    uint8_t room[2];
    struct vc_writer w = vc_writer(room, sizeof room);

    vc_write_u16(&w, port);
    if (kept_port(store) == port ||
        vc_store_reserve(store, 1, sizeof port_key + sizeof room) != VC_OK) {
        return; /* it is a convenience: another port works as well */
    }
    vc_store_put(store, VC_TABLE_SETTING, key_of_port(), vc_writer_bytes(&w));
}

/* Binds @addr; when its port was not asked for and is taken, to any other. */
static vc_err bind_somewhere(struct vc_udp *udp, uv_loop_t *loop, struct vc_addr addr,
                             uint16_t usual_port)
{
    vc_err err;

    if (addr.port != 0) {
        return vc_udp_bind(udp, loop, &addr);
    }
    addr.port = usual_port;
    err = vc_udp_bind(udp, loop, &addr);
    if (err == VC_ERR_ADDRESS_IN_USE && usual_port != 0) {
        addr.port = 0;
        err = vc_udp_bind(udp, loop, &addr);
    }
    return err;
}

/* Every address of both families, on one port; a machine that has one family is fine. */
static vc_err listen_everywhere(struct vc_udp *udp, uv_loop_t *loop, uint16_t usual_port)
{
    struct vc_addr any = {.family = 4};
    vc_err err = bind_somewhere(udp, loop, any, usual_port);

    any.family = 6;
    any.port = err == VC_OK ? udp->sockets[0].bound.port : 0;
    if (bind_somewhere(udp, loop, any, usual_port) == VC_OK) {
        return VC_OK;
    }
    return err;
}

vc_err vc_listening_open(struct vc_udp *udp, uv_loop_t *loop, struct vc_store *store,
                         const struct vc_options *options)
{
    uint16_t usual_port = kept_port(store);
    vc_err err = VC_OK;

    if (options->listen_count == 0) {
        err = listen_everywhere(udp, loop, usual_port);
    }
    for (size_t i = 0; err == VC_OK && i < options->listen_count; i++) {
        err = bind_somewhere(udp, loop, options->listen[i], usual_port);
    }
    if (err == VC_OK) {
        keep_port(store, udp->sockets[0].bound.port);
    }
    return err;
}
