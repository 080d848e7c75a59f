/*
 * Where the node listens: the sockets that were asked for, on the port of last time.
 */
#ifndef VC_NODE_EDGE_LISTENING_H
#define VC_NODE_EDGE_LISTENING_H

#include "node/edge/options.h"
#include "node/edge/udp.h"
#include "storage/store.h"

/*
 * Binds what @options name: without --listen all addresses of both families on one port.
 * A port that is not named is the one of last time, if it is free; it is kept in @store, in
 * the open turn.  VC_ERR_ADDRESS_IN_USE, VC_ERR_PERMISSION, VC_ERR_UNSUPPORTED, VC_ERR_IO.
 */
VC_NODISCARD vc_err vc_listening_open(struct vc_udp *udp, uv_loop_t *loop,
                                      struct vc_store *store,
                                      const struct vc_options *options);

#endif
