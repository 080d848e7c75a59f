/*
 * What the command line and the configuration file say.
 */
#ifndef VC_NODE_EDGE_OPTIONS_H
#define VC_NODE_EDGE_OPTIONS_H

#include "crypto/base/addr.h"
#include "crypto/card.h"
#include "node/edge/log.h"
#include "node/edge/udp.h"
#include "node/node.h"

#define VC_PATH_MAX 4096
#define VC_SOCKET_PATH_MAX 108 /* sun_path with its NUL */

/* What the node is in the DHT. */
enum vc_role {
    VC_ROLE_AUTO,     /* it answers others when they can reach it */
    VC_ROLE_CLIENT,   /* it only asks */
    VC_ROLE_BOOTSTRAP /* others can reach it, says its owner */
};

struct vc_options {
    char dir[VC_PATH_MAX];
    char config_path[VC_PATH_MAX];
    char socket_path[VC_SOCKET_PATH_MAX];
    struct vc_addr listen[VC_UDP_SOCKETS_MAX]; /* none: every address, both families */
    size_t listen_count;
    uint8_t network_id[32];
    size_t network_id_len;
    bool is_private;                           /* of the network */
    struct vc_addr doors[VC_NODE_DOORS_MAX];   /* to join the network by */
    size_t door_count;
    enum vc_role role;
    char name[VC_NAME_MAX + 1];
    enum vc_log_level log_level;
    bool has_read_receipts, read_receipts; /* what the configuration says, if it does */
    int passphrase_fd; /* where the store's passphrase can be read; -1: nowhere */
    bool is_bootstrap_only; /* nothing but a node that others join by */
    bool wants_check, wants_help, wants_version;
};

/*
 * Reads the command line, then the configuration file (which need not exist); the command
 * line wins.  On an error says on stderr what and where.  VC_ERR_USAGE, VC_ERR_CONFIG.
 */
VC_NODISCARD vc_err vc_options_read(struct vc_options *ret_options, int argc, char **argv);

void vc_options_print_usage(void);

#endif
