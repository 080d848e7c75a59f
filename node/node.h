/*
 * The node: one aggregate machine of link, mail, chat and, where there is a DHT, of find.
 *
 * The event loop and the simulator run it alike.  A turn:
 *
 *     vc_node_poll                 the store's progress: tickets come back here
 *     vc_node_recv, asks ...       any number of inputs, all with the same `now`
 *     vc_node_tick                 when vc_node_due() has passed
 *     vc_node_next                 until it gives false: objects that came are taken here
 *     vc_node_submit               the turn's writes become one batch with a ticket
 *     vc_node_due                  arm one timer
 *
 * A submit may free what vc_node_next() had no room for, so the last two repeat until
 * there is no ticket.
 *
 * Asks are functions of chat.h, called on vc_node_chat(); an answer that promises
 * something leaves when the ticket of its turn is committed.
 *
 * When vc_node_poll() gives an error, a commit has failed: the machines are ahead of the
 * disk.  Deinit the node, vc_store_recover(), init it again; it then refuses new promises
 * (the store's health says why) until a commit succeeds.
 */
#ifndef VC_NODE_NODE_H
#define VC_NODE_NODE_H

#include "node/chat/chat.h"

#define VC_NODE_DOORS_MAX 32 /* addresses to join the DHT by, of the owner's list */
#define VC_NODE_LOOKS_MAX 8  /* lookups of a curious owner under way */

struct vc_node;

/* From this size on, a new block that the allocator gives must be zeroed, as fresh pages
 * are: so capacities that nobody uses cost nothing. */
#define VC_NODE_ZEROED_FROM_BYTES 1048576

struct vc_node_config {
    struct vc_alloc alloc;
    struct vc_store *store;
    struct vc_bytes network_id; /* 1..32 bytes */
    uint32_t peers_max;
    uint32_t half_open_max;
    uint32_t chunk_count;
    uint32_t packets_max;
    const char *default_name; /* the owner's name when none was set */
    /*
     * NULL: there is no DHT, and nobody is looked for.  Else as vc_dht_config_init() makes it
     * for a profile, with is_private, is_bootstrap, is_client and the families as they are;
     * the network id is the node's.
     */
    const struct vc_dht_config *dht;
    /* Where somebody may be who knows others; contacts and inviters are asked as well. */
    const struct vc_addr *doors;
    size_t door_count; /* up to VC_NODE_DOORS_MAX */
};

/* The capacities of a person's node. */
void vc_node_config_default(struct vc_node_config *ret_cfg);

/* Builds the node from what the store holds; an empty store gets a new identity, in the
 * first turn.  @seed: 32 secret bytes, fresh at every init. */
VC_NODISCARD vc_err vc_node_init(const struct vc_node_config *cfg,
                                 const struct vc_now *now,
                                 const struct vc_secret32 *seed,
                                 struct vc_node **ret_node);
void vc_node_deinit(struct vc_node *node);

struct vc_chat *vc_node_chat(struct vc_node *node);
struct vc_mail *vc_node_mail(struct vc_node *node);
struct vc_seal *vc_node_seal(struct vc_node *node);
struct vc_link *vc_node_link(struct vc_node *node);
/* NULL without a DHT: vc_dht_status(), vc_dht_node_at(), vc_find_status(). */
struct vc_dht *vc_node_dht(struct vc_node *node);
struct vc_find *vc_node_find(struct vc_node *node);
const struct vc_account *vc_node_account(const struct vc_node *node);
const struct vc_device *vc_node_device(const struct vc_node *node);

VC_NODISCARD vc_err vc_node_poll(struct vc_node *node, const struct vc_now *now,
                                 uint64_t *ret_committed);
void vc_node_recv(struct vc_node *node, const struct vc_now *now,
                  const struct vc_addr *from, struct vc_bytes datagram);
/* Is there room in the store's batches for another input?  When not, leave datagrams in
 * the socket and requests in theirs until the next commit. */
bool vc_node_has_room(const struct vc_node *node);
void vc_node_tick(struct vc_node *node, const struct vc_now *now);
uint64_t vc_node_submit(struct vc_node *node, const struct vc_now *now);

enum vc_node_output_kind {
    VC_NODE_DATAGRAM, /* send @bytes to @addr: at once */
    VC_NODE_EVENTS,   /* events up to @seq become readable with the turn's ticket */
    VC_NODE_PRESENCE,
    VC_NODE_LOOKED /* @dht is about a lookup of vc_node_look(): FOUND or DONE */
};

struct vc_node_output {
    enum vc_node_output_kind kind;
    struct vc_addr addr;
    struct vc_bytes bytes; /* borrowed until the next call */
    struct vc_chat_output chat;
    struct vc_dht_output dht; /* its bytes are borrowed too */
};

/* Takes the next output; false when there is none, or when the store has no room for what
 * an input may write: then the rest comes after the next commit. */
bool vc_node_next(struct vc_node *node, const struct vc_now *now,
                  struct vc_node_output *ret_output);
vc_ms vc_node_due(const struct vc_node *node);

/*
 * Looks into the DHT for what stands at @place, for an owner who wants to see it: nothing is
 * done with what is found.  FOUND comes for each record that is later than those before it, then
 * one DONE within VC_DHT_ASK_MAX_MS.  VC_ERR_BUSY: too many are under way; VC_ERR_UNSUPPORTED:
 * there is no DHT.
 */
VC_NODISCARD vc_err vc_node_look(struct vc_node *node, const struct vc_now *now,
                                 const struct vc_hash32 *place, uint32_t *ret_ask);

/* The addresses of this machine, best first.  When they are others than before, the network
 * has changed, as with vc_node_moved(). */
void vc_node_set_addresses(struct vc_node *node, const struct vc_now *now,
                           const struct vc_addr *addrs, size_t count);
/* The network has changed, or the machine has slept: sessions are asked for life, and the
 * nodes of the DHT. */
void vc_node_moved(struct vc_node *node, const struct vc_now *now);
/* Before the program ends: tells the peers.  Then submit, next, and wait for the ticket. */
void vc_node_stop(struct vc_node *node, const struct vc_now *now);

#endif
