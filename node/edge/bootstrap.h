/*
 * A node that is nothing but an entry point: others join the network by it.
 *
 * It has a socket, the DHT and a file of the nodes that it knows; no account, no store, no
 * contacts and no control socket.  It routes from the first moment, as its owner says that
 * others can reach it, and keeps records for others like every router.
 */
#ifndef VC_NODE_EDGE_BOOTSTRAP_H
#define VC_NODE_EDGE_BOOTSTRAP_H

#include "node/edge/options.h"

/*
 * Opens what @options name and runs until SIGTERM or SIGINT; gives the process's exit code.
 * What went wrong has been said in the log.  SIGUSR1: it says how it is, there.
 */
int vc_bootstrap_run(const struct vc_options *options);

#endif
