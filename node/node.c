/*
 * The conductor: it carries what comes out of one machine into the one above it, and what
 * the store has committed back into all of them.  It decides nothing else.
 */
#include "node/node.h"

#include <string.h>

#include "node/identity_row.h"

struct vc_node {
    struct vc_alloc alloc;
    struct vc_store *store;
    struct vc_account account;
    struct vc_device device;
    struct vc_link *link;
    void *link_memory;
    size_t link_bytes;
    struct vc_seal *seal;
    struct vc_bytes network_id; /* in network */
    uint8_t network[VC_NETWORK_ID_MAX];
    uint32_t prekey_id; /* that is in our card */
    struct vc_mail *mail;
    struct vc_dht *dht; /* NULL: there is none */
    void *dht_memory;
    size_t dht_bytes;
    struct vc_find *find;
    uint32_t looks[VC_NODE_LOOKS_MAX]; /* asks of the DHT that are the owner's; 0: a free place */
    struct vc_chat *chat;
    struct vc_now now;  /* of the last input */
    bool has_addresses; /* they were set once */
    uint64_t committed;
    bool is_dirty; /* something may have been written since the last submit */
};

void vc_node_config_default(struct vc_node_config *ret_cfg)
{
    static const uint8_t network_id[] = {'v', 'e', 'c', 'h', 'e'};

    memset(ret_cfg, 0, sizeof *ret_cfg);
    ret_cfg->network_id = VC_BYTES(network_id);
    /* Every contact, every join, and strangers with invites. */
    ret_cfg->peers_max = VC_CHAT_CONTACTS_MAX + VC_CHAT_JOINS_MAX;
    ret_cfg->half_open_max = 1024;
    ret_cfg->chunk_count = 16 * 1024;
    ret_cfg->packets_max = 16 * 1024;
}

/* Zeroed memory that stays until the end. */
static void *take_memory(struct vc_node *node, size_t bytes)
{
    void *memory = node->alloc.resize(node->alloc.ctx, NULL, 0, bytes);

    if (memory != NULL && bytes < VC_NODE_ZEROED_FROM_BYTES) {
        memset(memory, 0, bytes);
    }
    return memory;
}

static vc_err build_link(struct vc_node *node, const struct vc_node_config *cfg,
                         struct vc_rng *rng)
{
    struct vc_link_config link = {.peers_max = cfg->peers_max,
                                  .half_open_max = cfg->half_open_max,
                                  .chunk_count = cfg->chunk_count,
                                  .packets_max = cfg->packets_max,
                                  .network_id = cfg->network_id};
    struct vc_secret32 seed;

    link.dev_dh = node->device.dh_secret;
    link.root = node->account.root;
    node->link_bytes = vc_link_footprint(&link);
    node->link_memory = take_memory(node, node->link_bytes);
    if (node->link_memory == NULL) {
        vc_wipe(&link, sizeof link);
        return VC_ERR_NO_MEMORY;
    }
    vc_rng_fork(rng, &seed);
    node->link = vc_link_init(node->link_memory, &link, &seed);
    vc_wipe(&seed, sizeof seed);
    vc_wipe(&link, sizeof link);
    return VC_OK;
}

static vc_err build_dht(struct vc_node *node, const struct vc_node_config *cfg,
                        const struct vc_now *now, struct vc_rng *rng)
{
    struct vc_dht_config dht = *cfg->dht;
    struct vc_find_config find = {.alloc = node->alloc,
                                  .store = node->store,
                                  .account = &node->account,
                                  .device = &node->device,
                                  .is_private = dht.is_private};
    struct vc_secret32 seed;
    vc_err err;

    dht.network_id = node->network_id;
    if (dht.keeps_max < VC_FIND_KEEPS_MAX) {
        dht.keeps_max = VC_FIND_KEEPS_MAX;
    }
    node->dht_bytes = vc_dht_footprint(&dht);
    node->dht_memory = take_memory(node, node->dht_bytes);
    if (node->dht_memory == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    vc_rng_fork(rng, &seed);
    node->dht = vc_dht_init(node->dht_memory, &dht, now, &seed);
    find.dht = node->dht;
    vc_rng_fork(rng, &seed);
    err = vc_find_init(&find, now, &seed, &node->find);
    vc_wipe(&seed, sizeof seed);
    return err;
}

/* After those of contacts, so that they are not given up for them. */
static void enter_doors(struct vc_node *node, const struct vc_node_config *cfg,
                        const struct vc_now *now)
{
    for (size_t i = 0; i < cfg->door_count && i < VC_NODE_DOORS_MAX; i++) {
        vc_dht_enter(node->dht, now, &cfg->doors[i], NULL);
    }
}

static vc_err build_upper(struct vc_node *node, const struct vc_now *now,
                          struct vc_rng *rng)
{
    struct vc_seal_config seal = {.alloc = node->alloc,
                                  .store = node->store,
                                  .network_id = node->network_id,
                                  .account = &node->account,
                                  .device = &node->device};
    struct vc_mail_config mail = {
        .alloc = node->alloc, .store = node->store, .link = node->link};
    struct vc_chat_config chat = {.alloc = node->alloc,
                                  .store = node->store,
                                  .link = node->link,
                                  .account = &node->account,
                                  .device = &node->device};
    struct vc_secret32 seed;
    vc_err err;

    vc_rng_fork(rng, &seed);
    err = vc_seal_init(&seal, now, &seed, &node->seal);
    if (err == VC_OK) {
        mail.seal = node->seal;
        vc_rng_fork(rng, &seed);
        err = vc_mail_init(&mail, now, &seed, &node->mail);
    }
    if (err == VC_OK) {
        chat.mail = node->mail;
        chat.seal = node->seal;
        chat.find = node->find;
        vc_rng_fork(rng, &seed);
        err = vc_chat_init(&chat, now, &seed, &node->chat);
    }
    vc_wipe(&seed, sizeof seed);
    return err;
}

/* A name that cannot be kept now is given at the next start. */
static void give_name(struct vc_node *node, const struct vc_now *now, const char *name)
{
    struct vc_owner owner;

    vc_chat_owner(node->chat, &owner);
    if (owner.name[0] == '\0' && name != NULL &&
        vc_chat_set_name(node->chat, now, name) == VC_OK) {
        node->is_dirty = true;
    }
}

vc_err vc_node_init(const struct vc_node_config *cfg, const struct vc_now *now,
                    const struct vc_secret32 *seed, struct vc_node **ret_node)
{
    struct vc_alloc alloc = cfg->alloc;
    struct vc_node *node = alloc.resize(alloc.ctx, NULL, 0, sizeof *node);
    struct vc_rng rng;
    vc_err err;

    if (node == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    memset(node, 0, sizeof *node);
    node->alloc = alloc;
    node->store = cfg->store;
    VC_CHECK(cfg->network_id.len <= sizeof node->network);
    memcpy(node->network, cfg->network_id.data, cfg->network_id.len);
    node->network_id = (struct vc_bytes){node->network, cfg->network_id.len};
    node->is_dirty = true;
    node->now = *now;
    vc_rng_init(&rng, seed);
    err = vc_identity_load(cfg->store, now, &rng, &node->account, &node->device);
    if (err == VC_OK) {
        err = build_link(node, cfg, &rng);
    }
    if (err == VC_OK && cfg->dht != NULL) {
        err = build_dht(node, cfg, now, &rng);
    }
    if (err == VC_OK) {
        err = build_upper(node, now, &rng);
    }
    vc_wipe(&rng, sizeof rng);
    if (err != VC_OK) {
        vc_node_deinit(node);
        return err;
    }
    give_name(node, now, cfg->default_name);
    if (node->dht != NULL) {
        enter_doors(node, cfg, now);
    }
    *ret_node = node;
    return VC_OK;
}

void vc_node_deinit(struct vc_node *node)
{
    struct vc_alloc alloc;

    if (node == NULL) {
        return;
    }
    alloc = node->alloc;
    vc_chat_deinit(node->chat);
    vc_mail_deinit(node->mail);
    vc_seal_deinit(node->seal);
    vc_find_deinit(node->find);
    if (node->dht != NULL) {
        vc_dht_deinit(node->dht);
    }
    if (node->dht_memory != NULL) {
        (void)alloc.resize(alloc.ctx, node->dht_memory, node->dht_bytes, 0);
    }
    if (node->link != NULL) {
        vc_link_deinit(node->link);
    }
    if (node->link_memory != NULL) {
        (void)alloc.resize(alloc.ctx, node->link_memory, node->link_bytes, 0);
    }
    vc_account_wipe(&node->account);
    vc_device_wipe(&node->device);
    (void)alloc.resize(alloc.ctx, node, sizeof *node, 0);
}

struct vc_chat *vc_node_chat(struct vc_node *node)
{
    node->is_dirty = true; /* whoever asks for it may make it write */
    return node->chat;
}

struct vc_seal *vc_node_seal(struct vc_node *node)
{
    return node->seal;
}

struct vc_mail *vc_node_mail(struct vc_node *node)
{
    return node->mail;
}

struct vc_link *vc_node_link(struct vc_node *node)
{
    return node->link;
}

struct vc_dht *vc_node_dht(struct vc_node *node)
{
    return node->dht;
}

struct vc_find *vc_node_find(struct vc_node *node)
{
    return node->find;
}

const struct vc_account *vc_node_account(const struct vc_node *node)
{
    return &node->account;
}

const struct vc_device *vc_node_device(const struct vc_node *node)
{
    return &node->device;
}

vc_err vc_node_poll(struct vc_node *node, const struct vc_now *now,
                    uint64_t *ret_committed)
{
    struct vc_store_progress progress = vc_store_poll(node->store);

    node->now = *now;
    if (progress.failure != VC_OK) {
        return progress.failure;
    }
    if (progress.committed > node->committed) {
        node->committed = progress.committed;
        node->is_dirty = true;
        vc_mail_committed(node->mail, now, progress.committed);
        vc_chat_committed(node->chat, now, progress.committed);
        if (node->find != NULL) {
            vc_find_committed(node->find, now, progress.committed);
        }
    }
    *ret_committed = progress.committed;
    return VC_OK;
}

void vc_node_recv(struct vc_node *node, const struct vc_now *now,
                  const struct vc_addr *from, struct vc_bytes datagram)
{
    node->now = *now;
    if (node->dht == NULL || vc_link_knows(node->link, datagram) ||
        !vc_dht_recv(node->dht, now, from, datagram)) {
        vc_link_recv(node->link, now->mono, from, datagram);
    }
}

bool vc_node_has_room(const struct vc_node *node)
{
    return vc_chat_has_room(node->chat);
}

static void tick_seal(struct vc_node *node, const struct vc_now *now)
{
    struct vc_prekey prekey;

    if (vc_seal_due(node->seal) > now->mono) {
        return;
    }
    node->is_dirty = true;
    vc_seal_tick(node->seal, now);
    if (vc_seal_own_prekey(node->seal, &prekey) && prekey.id != node->prekey_id) {
        node->prekey_id = prekey.id;
        vc_chat_prekey_turned(node->chat, now);
    }
}

void vc_node_tick(struct vc_node *node, const struct vc_now *now)
{
    node->now = *now;
    tick_seal(node, now);
    if (node->dht != NULL && vc_dht_due(node->dht, now) <= now->mono) {
        vc_dht_tick(node->dht, now);
    }
    if (node->find != NULL && vc_find_due(node->find) <= now->mono) {
        vc_find_tick(node->find, now);
    }
    if (vc_link_due(node->link) <= now->mono) {
        vc_link_tick(node->link, now->mono);
    }
    if (vc_mail_due(node->mail) <= now->mono) {
        node->is_dirty = true;
        vc_mail_tick(node->mail, now);
    }
    if (vc_chat_due(node->chat) <= now->mono) {
        node->is_dirty = true;
        vc_chat_tick(node->chat, now);
    }
}

uint64_t vc_node_submit(struct vc_node *node, const struct vc_now *now)
{
    uint64_t ticket;

    if (node->find != NULL && vc_find_has_written(node->find)) {
        node->is_dirty = true;
    }
    if (!node->is_dirty) {
        return 0;
    }
    node->is_dirty = false;
    vc_chat_flush(node->chat, now);
    vc_mail_flush(node->mail);
    ticket = vc_store_submit(node->store);
    vc_mail_submitted(node->mail, ticket);
    vc_chat_submitted(node->chat, ticket);
    if (node->find != NULL) {
        vc_find_submitted(node->find, ticket);
    }
    return ticket;
}

/* What mail has to say goes to chat, which writes. */
static void drain_mail(struct vc_node *node, const struct vc_now *now)
{
    struct vc_mail_output output;

    while (vc_mail_next(node->mail, now, &output)) {
        node->is_dirty = true;
        vc_chat_mail_output(node->chat, now, &output);
    }
}

static bool take_chat(struct vc_node *node, struct vc_node_output *ret_output)
{
    struct vc_node_output output = {.kind = VC_NODE_EVENTS};

    if (!vc_chat_next(node->chat, &output.chat)) {
        return false;
    }
    if (output.chat.kind == VC_CHAT_PRESENCE) {
        output.kind = VC_NODE_PRESENCE;
    }
    *ret_output = output;
    return true;
}

/* The owner's place of this ask, NULL when it is not his; of 0 a free one. */
static uint32_t *look_of(struct vc_node *node, uint32_t ask)
{
    for (size_t i = 0; i < VC_NODE_LOOKS_MAX; i++) {
        if (node->looks[i] == ask) {
            return &node->looks[i];
        }
    }
    return NULL;
}

vc_err vc_node_look(struct vc_node *node, const struct vc_now *now,
                    const struct vc_hash32 *place, uint32_t *ret_ask)
{
    uint32_t *look = look_of(node, 0);
    vc_err err;

    if (node->dht == NULL) {
        return VC_ERR_UNSUPPORTED;
    }
    if (look == NULL) {
        return VC_ERR_BUSY;
    }
    node->now = *now;
    err = vc_dht_get(node->dht, now, place, look);
    if (err != VC_OK) {
        *look = 0;
        return err == VC_ERR_FULL ? VC_ERR_BUSY : err;
    }
    *ret_ask = *look;
    return VC_OK;
}

/* Is it about what the owner looks for?  Then it is an output of our own. */
static bool take_look(struct vc_node *node, const struct vc_dht_output *dht,
                      struct vc_node_output *ret_output)
{
    bool is_ask = dht->kind == VC_DHT_FOUND || dht->kind == VC_DHT_DONE;
    uint32_t *look = is_ask && dht->ask != 0 ? look_of(node, dht->ask) : NULL;

    if (look == NULL) {
        return false;
    }
    if (dht->kind == VC_DHT_DONE) {
        *look = 0;
    }
    *ret_output = (struct vc_node_output){.kind = VC_NODE_LOOKED, .dht = *dht};
    return true;
}

/* What the DHT has to say goes to find; a datagram is an output of our own. */
static bool take_dht(struct vc_node *node, const struct vc_now *now,
                     struct vc_node_output *ret_output)
{
    struct vc_dht_output dht;

    while (node->dht != NULL && vc_dht_next(node->dht, now, &dht)) {
        if (dht.kind == VC_DHT_DATAGRAM) {
            *ret_output = (struct vc_node_output){
                .kind = VC_NODE_DATAGRAM, .addr = dht.addr, .bytes = dht.bytes};
            return true;
        }
        if (take_look(node, &dht, ret_output)) {
            return true;
        }
        vc_find_dht_output(node->find, now, &dht);
    }
    return false;
}

/* What find has to say goes to chat, which writes; false when it was nothing. */
static bool drain_find(struct vc_node *node, const struct vc_now *now)
{
    struct vc_find_output output;
    bool had_some = false;

    while (node->find != NULL && vc_chat_has_room(node->chat) &&
           vc_find_next(node->find, &output)) {
        node->is_dirty = true;
        had_some = true;
        vc_chat_find_output(node->chat, now, &output);
    }
    return had_some;
}

bool vc_node_next(struct vc_node *node, const struct vc_now *now,
                  struct vc_node_output *ret_output)
{
    struct vc_link_output link;

    for (;;) {
        drain_mail(node, now);
        if (take_chat(node, ret_output) || take_dht(node, now, ret_output)) {
            return true;
        }
        if (drain_find(node, now)) {
            continue;
        }
        if (!vc_chat_has_room(node->chat) ||
            !vc_link_next(node->link, now->mono, &link)) {
            return false;
        }
        if (link.kind == VC_LINK_DATAGRAM) {
            *ret_output = (struct vc_node_output){
                .kind = VC_NODE_DATAGRAM, .addr = link.addr, .bytes = link.bytes};
            return true;
        }
        node->is_dirty = true;
        vc_mail_link_output(node->mail, now, &link);
    }
}

vc_ms vc_node_due(const struct vc_node *node)
{
    vc_ms due = vc_ms_min(vc_mail_due(node->mail), vc_chat_due(node->chat));

    due = vc_ms_min(due, vc_seal_due(node->seal));
    if (node->dht != NULL) {
        due = vc_ms_min(due, vc_dht_due(node->dht, &node->now));
        due = vc_ms_min(due, vc_find_due(node->find));
    }
    return vc_ms_min(due, vc_link_due(node->link));
}

void vc_node_set_addresses(struct vc_node *node, const struct vc_now *now,
                           const struct vc_addr *addrs, size_t count)
{
    struct vc_owner before, after;
    bool is_same, is_first = !node->has_addresses;

    node->has_addresses = true;
    node->is_dirty = true;

    vc_chat_owner(node->chat, &before);
    vc_chat_set_addresses(node->chat, now, addrs, count);
    vc_chat_owner(node->chat, &after);
    is_same = before.addr_count == after.addr_count;
    for (uint8_t i = 0; i < after.addr_count && is_same; i++) {
        is_same = vc_addr_equal(&before.addrs[i], &after.addrs[i]);
    }
    if (!is_same && !is_first) {
        vc_node_moved(node, now);
    }
}

void vc_node_moved(struct vc_node *node, const struct vc_now *now)
{
    node->now = *now;
    vc_link_probe_all(node->link, now->mono);
    if (node->find != NULL) {
        vc_find_moved(node->find, now);
    }
}

void vc_node_stop(struct vc_node *node, const struct vc_now *now)
{
    vc_link_close_all(node->link, now->mono);
    if (node->find != NULL) {
        vc_find_save(node->find, now);
    }
}
