/*
 * The DHT's configuration, made from what the owner has said.
 */
#ifndef VC_NODE_EDGE_DHT_CONFIG_H
#define VC_NODE_EDGE_DHT_CONFIG_H

#include "node/edge/options.h"

/* Fills it in for a node with the sockets of @udp.  The network id borrows @options. */
void vc_dht_config_of(const struct vc_options *options, const struct vc_udp *udp,
                      struct vc_dht_config *ret_config);

#endif
