/* A party whose nodes are those of a DHT, and that moves. */
#include "tests/unit/node/party.h"

void party_dht_config(struct vc_dht_config *ret_config)
{
    vc_dht_config_init(ret_config, VC_DHT_SIMULATION);
    ret_config->is_private = true;
    ret_config->asks_max = 8;
    ret_config->answers_max = 16; /* all that arrives in one turn is answered */
}

size_t party_doors(const struct party *party, const struct party_host *host,
                   struct vc_addr ret_doors[PARTY_HOSTS])
{
    size_t count = 0;

    for (size_t i = 0; i < PARTY_HOSTS && !party->has_no_doors; i++) {
        if (&party->hosts[i] != host) {
            ret_doors[count++] = party->hosts[i].addr;
        }
    }
    return count;
}

void party_begin_dht(struct party *party)
{
    party->has_dht = true;
    for (size_t i = 0; i < PARTY_HOSTS; i++) {
        party_crash(party, &party->hosts[i]);
        assert_int_equal(party_start(party, &party->hosts[i]), VC_OK);
    }
    party_run(party, 10000);
}

void party_move(struct party *party, struct party_host *host, uint8_t network)
{
    struct vc_now now = party_now(party, host);

    host->addr.ip[1] = network;
    if (host->node != NULL) {
        vc_node_set_addresses(host->node, &now, &host->addr, 1);
        party_end_turn(party, host);
    }
}
