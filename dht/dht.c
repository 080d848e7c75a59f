/* The door of the DHT: its memory, the turn, and whose datagram it is. */
#include <string.h>

#include "dht/machine.h"

void vc_dht_config_init(struct vc_dht_config *ret_cfg, enum vc_dht_profile profile)
{
    static const uint8_t network_id[] = {'v', 'e', 'c', 'h', 'e'};
    static const struct vc_dht_config profiles[] = {
        [VC_DHT_CLIENT] = {.nodes_max = 320,
                           .spares_max = 64,
                           .peers_max = 512,
                           .records_max = 0,
                           .sources_max = 16,
                           .seen_max = 16,
                           .calls_max = 256,
                           .lookup_nodes_max = 128,
                           .asks_max = 16,
                           .keeps_max = 32,
                           .answers_max = 4,
                           .doors_max = 64,
                           .recent_max = 32},
        [VC_DHT_ROUTER] = {.nodes_max = 512,
                           .spares_max = 256,
                           .peers_max = 2048,
                           .records_max = 57000,
                           .sources_max = 4096,
                           .seen_max = 65536,
                           .calls_max = 512,
                           .lookup_nodes_max = 128,
                           .asks_max = 32,
                           .keeps_max = 64,
                           .answers_max = 64,
                           .doors_max = 64,
                           .recent_max = 32},
        [VC_DHT_SIMULATION] = {.nodes_max = 160,
                               .spares_max = 16,
                               .peers_max = 21,
                               .records_max = 21,
                               .sources_max = 8,
                               .seen_max = 32,
                               .calls_max = 21,
                               .lookup_nodes_max = 64,
                               .asks_max = 1,
                               .keeps_max = 1,
                               .answers_max = 1,
                               .doors_max = 2,
                               .recent_max = 0},
    };

    *ret_cfg = profiles[profile];
    ret_cfg->network_id = VC_BYTES(network_id);
    ret_cfg->has_ipv4 = true;
}

/* Carves arrays out of one block; with @base NULL it only adds up. */
struct carver {
    uint8_t *base;
    size_t used;
};

static void *carve(struct carver *carver, size_t len)
{
    size_t align = _Alignof(max_align_t);
    size_t at = (carver->used + align - 1) / align * align;

    carver->used = at + len;
    return carver->base == NULL ? NULL : carver->base + at;
}

#define CARVE(carver, count, type) carve(carver, (size_t)(count) * sizeof(type))

/* Where everything lies. */
struct layout {
    struct vc_dht *dht;
    void *tables[VC_DHT_FAMILIES];
    void *peers, *calls, *seen, *limiter, *records, *asks, *values, *keeps, *answers,
        *doors, *recent;
};

static bool family_is_on(const struct vc_dht_config *cfg, unsigned family)
{
    return family == 0 ? cfg->has_ipv4 : cfg->has_ipv6;
}

/* An ask has as many lookups as there can be families. */
static size_t ask_size(const struct vc_dht_config *cfg)
{
    size_t size = sizeof(struct vc_dht_ask);
    size_t align = _Alignof(struct vc_dht_ask);

    /* The last lookup ends with its nodes. */
    if (!cfg->has_ipv6) {
        size -= sizeof(struct vc_dht_walk);
        size -= (size_t)(VC_DHT_LOOKUP_NODES - cfg->lookup_nodes_max) *
                sizeof(struct vc_dht_lookup_node);
    }
    return (size + align - 1) / align * align;
}

static size_t lay_out(const struct vc_dht_config *cfg, void *mem,
                      struct layout *ret_layout)
{
    struct carver c = {mem, 0};
    struct layout *l = ret_layout;

    l->dht =
        carve(&c, sizeof *l->dht - (cfg->has_ipv6 ? 0 : sizeof l->dht->families[1]));
    for (unsigned i = 0; i < VC_DHT_FAMILIES; i++) {
        l->tables[i] = NULL;
        if (family_is_on(cfg, i)) {
            l->tables[i] =
                carve(&c, vc_dht_table_footprint(cfg->nodes_max, cfg->spares_max));
        }
    }
    l->peers = carve(&c, vc_dht_peers_footprint(cfg->peers_max));
    l->calls = carve(&c, vc_dht_calls_footprint(cfg->calls_max));
    l->seen = carve(&c, vc_dht_seen_footprint(cfg->seen_max));
    l->limiter = carve(&c, vc_dht_limiter_footprint(cfg->sources_max));
    l->records = carve(&c, vc_dht_records_footprint(cfg->records_max));
    l->asks = carve(&c, (cfg->asks_max + 1) * ask_size(cfg));
    l->values = carve(&c, (size_t)cfg->asks_max * VC_DHT_RECORD_LEN);
    l->keeps = CARVE(&c, cfg->keeps_max, struct vc_dht_keep);
    l->answers = CARVE(&c, cfg->answers_max, struct vc_dht_parcel);
    l->doors = CARVE(&c, cfg->doors_max, struct vc_dht_door);
    l->recent = CARVE(&c, cfg->recent_max, struct vc_dht_contact);
    return c.used;
}

static void check_config(const struct vc_dht_config *cfg)
{
    VC_CHECK(cfg->asks_max >= 1 && cfg->asks_max <= 64);
    VC_CHECK(cfg->lookup_nodes_max >= VC_DHT_NEAR + VC_DHT_CONTACTS_IPV4 &&
             cfg->lookup_nodes_max <= VC_DHT_LOOKUP_NODES);
    VC_CHECK(cfg->answers_max >= 1 && cfg->doors_max >= 1);
    VC_CHECK(cfg->keeps_max < VC_DHT_OWNER_KEEP);
    VC_CHECK(cfg->network_id.len >= 1 && cfg->network_id.len <= VC_NETWORK_ID_MAX);
}

size_t vc_dht_footprint(const struct vc_dht_config *cfg)
{
    struct layout layout;

    check_config(cfg);
    return lay_out(cfg, NULL, &layout);
}

static void init_parts(struct vc_dht *dht, const struct layout *l,
                       const struct vc_now *now)
{
    const struct vc_dht_config *cfg = &dht->cfg;

    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        struct vc_dht_family *family = &dht->families[i];

        family->is_on = family_is_on(cfg, i);
        family->open_at = VC_NEVER;
        family->wants_walk = true;
        family->again_at = VC_NEVER;
        family->again_ms = VC_DHT_WALK_EVERY_MS;
        if (family->is_on) {
            vc_dht_table_init(&family->table, l->tables[i], cfg->nodes_max,
                              cfg->spares_max, cfg->is_private);
        }
    }
    vc_dht_peers_init(&dht->peers, l->peers, cfg->peers_max, &dht->rng);
    vc_dht_calls_init(&dht->calls, l->calls, cfg->calls_max, &dht->rng);
    vc_dht_seen_init(&dht->seen, l->seen, cfg->seen_max, &dht->rng);
    vc_dht_limiter_init(&dht->limiter, l->limiter, cfg->sources_max, &dht->rng);
    vc_dht_written_init(&dht->written, now->mono, &dht->rng);
    vc_dht_records_init(&dht->records, l->records, cfg->records_max, cfg->is_private,
                        &dht->rng);
    vc_dht_tokens_init(&dht->ask_tokens, VC_DHT_ASK_BURST, now->mono);
    vc_dht_tokens_init(&dht->dh_tokens, VC_DHT_DH_BURST, now->mono);
    vc_dht_tokens_init(&dht->check_tokens, VC_DHT_CHECK_BURST, now->mono);
    vc_dht_tokens_init(&dht->ring_tokens, VC_DHT_RING_BURST, now->mono);
}

struct vc_dht *vc_dht_init(void *mem, const struct vc_dht_config *cfg,
                           const struct vc_now *now, const struct vc_secret32 *seed)
{
    struct vc_secret32 secret;
    struct layout l;
    struct vc_dht *dht;

    check_config(cfg);
    VC_CHECK(mem != NULL);
    (void)lay_out(cfg, mem, &l); /* its length, which the caller knows */
    dht = l.dht;
    dht->cfg = *cfg;
    memcpy(dht->network, cfg->network_id.data, cfg->network_id.len);
    dht->cfg.network_id.data = dht->network;
    dht->asks = l.asks;
    dht->values = l.values;
    dht->ask_size = ask_size(cfg);
    dht->asks_count = cfg->asks_max + 1;
    dht->keeps = l.keeps;
    dht->answers = l.answers;
    dht->doors = l.doors;
    dht->recent = l.recent;
    vc_rng_init(&dht->rng, seed);
    vc_rng_draw(&dht->rng, &dht->cookie_key, sizeof dht->cookie_key);
    vc_rng_draw(&dht->rng, &secret, sizeof secret);
    init_parts(dht, &l, now);
    vc_dht_key_take(dht, now, &secret);
    vc_wipe(&secret, sizeof secret);
    dht->save_at = now->mono + VC_DHT_SAVE_FIRST_MS;
    dht->stats.lookup_at = VC_NEVER;
    vc_dht_reach_tick(dht, now);
    dht->is_change_untold = false;
    return dht;
}

void vc_dht_deinit(struct vc_dht *dht)
{
    vc_dht_peers_wipe(&dht->peers);
    vc_wipe(&dht->rng, sizeof dht->rng);
    vc_dht_key_wipe(dht);
    vc_wipe(&dht->cookie_key, sizeof dht->cookie_key);
}

bool vc_dht_is_place_for_node(const struct vc_dht *dht, const struct vc_addr *addr)
{
    return vc_addr_is_usable(addr) && vc_dht_has_family(dht, addr) &&
           (dht->cfg.is_private || vc_dht_addr_is_public(addr));
}

vc_ms vc_dht_date(const struct vc_dht *dht, const struct vc_now *now)
{
    vc_ms unix_ms;

    return vc_dht_time(dht, now, &unix_ms) ? unix_ms : now->unix_ms;
}

void vc_dht_moved(struct vc_dht *dht, const struct vc_now *now)
{
    for (unsigned i = 0; i < vc_dht_family_count(dht); i++) {
        if (dht->families[i].is_on) {
            vc_dht_table_suspect_all(&dht->families[i].table, now->mono);
        }
    }
    vc_dht_reach_forget(dht);
    vc_dht_key_renew(dht, now);
    vc_dht_joining_again(dht, now);
    vc_dht_reach_tick(dht, now);
    dht->is_change_untold = true;
}

bool vc_dht_recv(struct vc_dht *dht, const struct vc_now *now,
                 const struct vc_addr *from, struct vc_bytes datagram)
{
    if (!vc_dht_has_family(dht, from) || !vc_addr_is_usable(from)) {
        return false;
    }
    if (!vc_dht_take_answer(dht, now, from, datagram) &&
        !vc_dht_take_request(dht, now, from, datagram)) {
        return false;
    }
    dht->stats.datagrams_in++;
    dht->stats.bytes_in += datagram.len;
    return true;
}

void vc_dht_tick(struct vc_dht *dht, const struct vc_now *now)
{
    vc_dht_take_overdue(dht, now);
    vc_dht_asks_tick(dht, now);
    vc_dht_keeps_tick(dht, now);
    vc_dht_doors_tick(dht, now);
    vc_dht_joining_tick(dht, now);
    vc_dht_reach_tick(dht, now);
}

static bool take_datagram(struct vc_dht *dht, const struct vc_now *now,
                          struct vc_dht_output *ret_output)
{
    struct vc_dht_output output = {.kind = VC_DHT_DATAGRAM};
    bool is_answer = dht->answer_count > 0;

    if (is_answer) {
        struct vc_dht_parcel *parcel = &dht->answers[dht->answer_first];

        dht->answer_first = (dht->answer_first + 1) % dht->cfg.answers_max;
        dht->answer_count--;
        output.addr = parcel->to;
        output.bytes = (struct vc_bytes){parcel->bytes, parcel->len};
    } else {
        output.bytes.len = vc_dht_send_next(dht, now, &output.addr);
        output.bytes.data = dht->out;
    }
    if (output.bytes.len == 0) {
        return false;
    }
    /* Who was a stranger when he asked stays one: they are many. */
    if (!is_answer || vc_dht_written_has(&dht->written, now->mono, &output.addr)) {
        vc_dht_written_add(&dht->written, now->mono, &output.addr);
    }
    dht->stats.datagrams_out++;
    dht->stats.bytes_out += output.bytes.len;
    *ret_output = output;
    return true;
}

bool vc_dht_next(struct vc_dht *dht, const struct vc_now *now,
                 struct vc_dht_output *ret_output)
{
    if (take_datagram(dht, now, ret_output) || vc_dht_asks_tell(dht, now, ret_output) ||
        vc_dht_keeps_tell(dht, ret_output)) {
        return true;
    }
    if (dht->is_change_untold || dht->was_joined != vc_dht_is_joined(dht, now)) {
        dht->is_change_untold = false;
        dht->was_joined = vc_dht_is_joined(dht, now);
        *ret_output = (struct vc_dht_output){.kind = VC_DHT_CHANGED};
        return true;
    }
    if (dht->is_save_untold) {
        dht->is_save_untold = false;
        *ret_output = (struct vc_dht_output){.kind = VC_DHT_SAVE};
        return true;
    }
    return false;
}

vc_ms vc_dht_due(const struct vc_dht *dht, const struct vc_now *now)
{
    vc_ms due = vc_ms_min(vc_dht_calls_due(&dht->calls), vc_dht_asks_due(dht));

    due = vc_ms_min(due, vc_dht_keeps_due(dht));
    due = vc_ms_min(due, vc_dht_doors_due(dht));
    due = vc_ms_min(due, vc_dht_joining_due(dht));
    due = vc_ms_min(due, vc_dht_reach_due(dht));
    if (vc_dht_is_sending(dht)) {
        due = vc_ms_min(due, vc_dht_tokens_at(&dht->ask_tokens, vc_dht_ask_rate(dht),
                                              VC_DHT_ASK_BURST, now->mono));
    }
    return due;
}
