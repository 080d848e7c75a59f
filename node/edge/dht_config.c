#include "node/edge/dht_config.h"

static bool has_socket(const struct vc_udp *udp, uint8_t family)
{
    for (size_t i = 0; i < udp->count; i++) {
        if (udp->sockets[i].bound.family == family) {
            return true;
        }
    }
    return false;
}

void vc_dht_config_of(const struct vc_options *options, const struct vc_udp *udp,
                      struct vc_dht_config *ret_config)
{
    bool is_client = !options->is_bootstrap_only && options->role == VC_ROLE_CLIENT;

    vc_dht_config_init(ret_config, is_client ? VC_DHT_CLIENT : VC_DHT_ROUTER);
    ret_config->network_id =
        (struct vc_bytes){options->network_id, options->network_id_len};
    ret_config->is_private = options->is_private;
    ret_config->is_client = is_client;
    ret_config->is_bootstrap =
        options->is_bootstrap_only || options->role == VC_ROLE_BOOTSTRAP;
    ret_config->has_ipv4 = has_socket(udp, 4);
    ret_config->has_ipv6 = has_socket(udp, 6);
}
