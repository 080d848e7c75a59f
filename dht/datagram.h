/*
 * Datagrams: bodies sealed, headers masked, so that every byte on the wire looks random.
 *
 * dht/SPEC.md, "Datagrams".  A request is made for one node, whose key must be known; a hello
 * is the first request to an address of which no key is known.  The keys come from peers.h,
 * so that the Diffie-Hellman is done once for many datagrams.
 */
#ifndef VC_DHT_DATAGRAM_H
#define VC_DHT_DATAGRAM_H

#include "dht/message.h"

/* Bytes that a datagram has more than its body. */
#define VC_DHT_REQUEST_OVERHEAD      77
#define VC_DHT_ANSWER_OVERHEAD       40
#define VC_DHT_HELLO_ANSWER_OVERHEAD 72
/* Bytes of zeros at random behind a body, 0 to this, where the rules leave room. */
#define VC_DHT_PAD_MAX 15
/* The longest PING, one with a cookie: what has to be left of a request's length for looking at
 * whoever sent it. */
#define VC_DHT_PING_LEN_MAX \
    (VC_DHT_REQUEST_OVERHEAD + 1 + VC_DHT_COOKIE_LEN + VC_DHT_PAD_MAX)

struct vc_dht_txid {
    uint8_t b[8];
};

/* The masks under which we are asked: made once for a node key. */
struct vc_dht_masks {
    struct vc_secret32 own;   /* of our own node key */
    struct vc_secret32 hello; /* of the network */
};

void vc_dht_masks_make(struct vc_dht_masks *ret_masks, struct vc_bytes network_id,
                       const struct vc_key32 *own);

/* The mask of another node. */
void vc_dht_mask_of(struct vc_secret32 *ret_mask, struct vc_bytes network_id,
                    const struct vc_key32 *node);

/* What stands in a request's header. */
struct vc_dht_header {
    bool is_hello;
    bool is_router; /* the asker answers requests: it may be put into tables */
    bool has_cookie;
    struct vc_dht_txid txid;
    struct vc_key32 asker;
};

/* The two keys of a pair, one for each direction of asking. */
struct vc_dht_pair {
    struct vc_secret32 request; /* from the asker to the one who is asked */
    struct vc_secret32 answer;
};

/* @shared: the X25519 of both node keys. */
void vc_dht_request_key(struct vc_secret32 *ret_key, struct vc_bytes network_id,
                        const struct vc_secret32 *shared, const struct vc_key32 *asker,
                        const struct vc_key32 *asked);
void vc_dht_answer_key(struct vc_secret32 *ret_key, struct vc_bytes network_id,
                       const struct vc_secret32 *shared, const struct vc_key32 *asker,
                       const struct vc_key32 *asked);
void vc_dht_pair_make(struct vc_dht_pair *ret_pair, struct vc_bytes network_id,
                      const struct vc_secret32 *shared, const struct vc_key32 *asker,
                      const struct vc_key32 *asked);
/* The request key of a hello; anybody in the network can make it. */
void vc_dht_hello_key(struct vc_secret32 *ret_key, struct vc_bytes network_id,
                      const struct vc_key32 *asker);

/*
 * Writes a request: header, then @body padded with zeros to at least @body_min and by up to
 * VC_DHT_PAD_MAX more, within VC_DHT_DATAGRAM_MAX.  @mask: of the node that is asked, or of
 * the network for a hello.  VC_ERR_FULL, and nothing is written, when the writer's room is
 * short.
 */
VC_NODISCARD vc_err vc_dht_request_seal(struct vc_writer *w,
                                        const struct vc_dht_header *header,
                                        const struct vc_secret32 *mask,
                                        const struct vc_secret32 *request_key,
                                        struct vc_bytes body, size_t body_min,
                                        struct vc_rng *rng);

/* Takes the mask off the header: false when it is not a request for us (neither mask fits) or
 * too short or long.  Costs one or two short XChaCha20; no key is needed yet. */
VC_NODISCARD bool vc_dht_request_unmask(const struct vc_dht_masks *masks,
                                        struct vc_bytes datagram,
                                        struct vc_dht_header *ret_header);
/* Opens the body into @scratch (VC_DHT_DATAGRAM_MAX bytes), which @ret_body borrows. */
VC_NODISCARD bool vc_dht_request_open(struct vc_bytes datagram,
                                      const struct vc_dht_header *header,
                                      const struct vc_secret32 *request_key,
                                      uint8_t *scratch, struct vc_bytes *ret_body);

/*
 * Writes an answer to the request with @header.  @body is padded by up to VC_DHT_PAD_MAX as
 * long as the datagram stays within @len_max.  @hello_mask and @own: for a hello, else NULL.
 * VC_ERR_FULL when it cannot be that short, and nothing is written.
 */
VC_NODISCARD vc_err vc_dht_answer_seal(struct vc_writer *w,
                                       const struct vc_dht_txid *txid,
                                       const struct vc_secret32 *answer_key,
                                       const struct vc_secret32 *hello_mask,
                                       const struct vc_key32 *own, struct vc_bytes body,
                                       size_t len_max, struct vc_rng *rng);

/* The first 8 bytes of a datagram; false when it is shorter than any answer. */
VC_NODISCARD bool vc_dht_answer_txid(struct vc_bytes datagram,
                                     struct vc_dht_txid *ret_txid);
/* The key that stands in the answer to a hello, not proved yet. */
VC_NODISCARD bool vc_dht_hello_answer_key(struct vc_bytes datagram,
                                          const struct vc_secret32 *hello_mask,
                                          struct vc_key32 *ret_key);
VC_NODISCARD bool vc_dht_answer_open(struct vc_bytes datagram, bool is_hello,
                                     const struct vc_secret32 *answer_key,
                                     uint8_t *scratch, struct vc_bytes *ret_body);

#endif
