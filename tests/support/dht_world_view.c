/* What a test looks at in a world: what was told, who knows whom, who holds what. */
#include "tests/support/dht_world.h"

const struct dht_told *dht_world_last(const struct dht_world *world,
                                      const struct dht_node *node,
                                      enum vc_dht_output_kind kind, uint32_t ask)
{
    for (size_t i = world->told_count; i-- > 0;) {
        const struct dht_told *told = &world->told[i];

        if (told->node == node->index && told->output.kind == kind &&
            (ask == 0 || told->output.ask == ask)) {
            return told;
        }
    }
    return NULL;
}

uint32_t dht_world_count(const struct dht_world *world, const struct dht_node *node,
                         enum vc_dht_output_kind kind, uint32_t ask)
{
    uint32_t count = 0;

    for (size_t i = 0; i < world->told_count; i++) {
        const struct dht_told *told = &world->told[i];

        count += told->node == node->index && told->output.kind == kind &&
                 (ask == 0 || told->output.ask == ask);
    }
    return count;
}

bool dht_world_knows(const struct dht_node *node, const struct dht_node *other,
                     bool is_ipv6)
{
    struct vc_dht_contact contact = dht_world_contact(other, is_ipv6);
    struct vc_dht_node entry;

    for (uint32_t i = 0; vc_dht_node_at(node->dht, i, &entry); i++) {
        if (vc_addr_equal(&entry.contact.addr, &contact.addr) &&
            vc_equal(entry.contact.key.b, contact.key.b, sizeof contact.key.b)) {
            return true;
        }
    }
    return false;
}

uint64_t dht_world_holds(const struct dht_node *node, const struct vc_hash32 *place)
{
    struct vc_dht_records_at at = {.now = node->world->now};
    struct vc_dht_record record;
    struct vc_bytes bytes = {NULL, 0};

    if (node->dht != NULL) {
        bytes = vc_dht_records_get(&node->dht->records, &at, place);
    }
    return bytes.len > 0 && vc_dht_record_read(bytes, &record) == VC_OK ? record.seq
                                                                        : 0;
}

size_t dht_world_nearest(struct dht_world *world, const struct vc_hash32 *place,
                         bool is_ipv6, struct dht_node **ret_nodes, size_t room)
{
    uint64_t distances[DHT_WORLD_NODES_MAX];
    unsigned family = is_ipv6 ? 1 : 0;
    size_t count = 0;

    for (uint32_t i = 0; i < world->node_count; i++) {
        struct dht_node *node = &world->nodes[i];
        uint64_t distance;
        size_t at;

        if (node->dht == NULL || family >= vc_dht_family_count(node->dht) ||
            !vc_dht_family_routes(&node->dht->families[family])) {
            continue;
        }
        distance =
            vc_dht_distance(vc_dht_place_id(place), node->dht->families[family].id);
        if (count == room && distance >= distances[count - 1]) {
            continue;
        }
        at = count < room ? count++ : count - 1;
        for (; at > 0 && distances[at - 1] > distance; at--) {
            distances[at] = distances[at - 1];
            ret_nodes[at] = ret_nodes[at - 1];
        }
        distances[at] = distance;
        ret_nodes[at] = node;
    }
    return count;
}

bool dht_world_read(const struct dht_node *to, struct vc_bytes bytes,
                    struct vc_dht_header *ret_header,
                    struct vc_dht_request *ret_request)
{
    static uint8_t scratch[VC_DHT_DATAGRAM_MAX];
    struct vc_bytes network_id = {to->dht->network, to->dht->cfg.network_id.len}, body;
    struct vc_secret32 shared;
    struct vc_dht_pair pair;

    if (!vc_dht_request_unmask(&to->dht->masks, bytes, ret_header)) {
        return false;
    }
    if (ret_header->is_hello) {
        vc_dht_hello_key(&pair.request, network_id, &ret_header->asker);
    } else if (vc_dh(&shared, &to->dht->secret, &ret_header->asker)) {
        vc_dht_pair_make(&pair, network_id, &shared, &ret_header->asker, &to->dht->key);
    } else {
        return false;
    }
    return vc_dht_request_open(bytes, ret_header, &pair.request, scratch, &body) &&
           vc_dht_request_read(body, ret_header->has_cookie, ret_request) == VC_OK;
}

void dht_world_record(const struct dht_world *world, uint32_t number, uint64_t seq,
                      uint32_t hours, uint8_t ret_record[VC_DHT_RECORD_LEN],
                      struct vc_hash32 *ret_place)
{
    static const uint8_t body[VC_DHT_RECORD_BODY_LEN];
    const struct vc_secret32 seed = {
        {'p', (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16)}};
    vc_ms date = world->now - DHT_WORLD_BEGIN_MS + DHT_WORLD_DATE_MS;
    struct vc_key32 key;
    struct vc_sign_secret secret;
    struct vc_scalar factor;
    struct vc_blinded signer;
    struct vc_dht_record record;

    vc_sign_keypair(&key, &secret, &seed);
    vc_blind_of_device(&factor, &key, 1, 0);
    VC_CHECK(vc_blind_secret(&signer, &secret, &factor));
    vc_dht_record_sign(ret_record, VC_DHT_RECORD_ACCOUNT, seq,
                       (uint32_t)(date / 1000) + hours * 3600, VC_BYTES(body), &signer);
    VC_CHECK(vc_dht_record_read((struct vc_bytes){ret_record, VC_DHT_RECORD_LEN},
                                &record) == VC_OK);
    vc_dht_record_place(ret_place, &record);
}
