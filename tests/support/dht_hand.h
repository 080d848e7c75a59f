/*
 * A peer of the DHT played by hand: it has a key and an address, seals whatever a test wants it
 * to say to a machine, and opens what the machine says to it.
 */
#ifndef VC_TESTS_SUPPORT_DHT_HAND_H
#define VC_TESTS_SUPPORT_DHT_HAND_H

#include <string.h>

#include "dht/datagram.h"
#include "tests/support/dht_talk.h"

struct dht_hand {
    struct vc_bytes network_id;
    struct vc_addr addr;
    struct vc_secret32 secret;
    struct vc_key32 key;
    struct vc_dht_masks masks;
    struct vc_rng rng;
    bool is_router;              /* what it says of itself */
    bool has_cookie;             /* the machine gave it one */
    struct vc_dht_cookie cookie; /* that it sends, if it has one */
    struct vc_dht_txid txid;     /* of its last request */
    bool is_hello;               /* was that one? */
    struct vc_key32 peer;        /* with whom the shared key is */
    struct vc_secret32 shared;
};

/* Everything follows from @seed. */
static inline void dht_hand_begin(struct dht_hand *hand, struct vc_bytes network_id,
                                  const struct vc_addr *addr, uint32_t seed)
{
    struct vc_secret32 start = {{'h', 'a', 'n', 'd'}};

    memcpy(start.b + 4, &seed, sizeof seed);
    memset(hand, 0, sizeof *hand);
    hand->network_id = network_id;
    hand->addr = *addr;
    vc_rng_init(&hand->rng, &start);
    vc_rng_fork(&hand->rng, &hand->secret);
    vc_dh_public(&hand->key, &hand->secret);
    vc_dht_masks_make(&hand->masks, network_id, &hand->key);
}

static inline struct vc_dht_contact dht_hand_contact(const struct dht_hand *hand)
{
    return (struct vc_dht_contact){.addr = hand->addr, .key = hand->key};
}

/* The keys between it and a machine; @is_asker: it asks, or is asked. */
static inline void dht_hand_pair(struct dht_hand *hand, const struct vc_key32 *to,
                                 bool is_asker, struct vc_dht_pair *ret_pair)
{
    if (memcmp(&hand->peer, to, sizeof *to) != 0) {
        VC_CHECK(vc_dh(&hand->shared, &hand->secret, to));
        hand->peer = *to;
    }
    vc_dht_pair_make(ret_pair, hand->network_id, &hand->shared,
                     is_asker ? &hand->key : to, is_asker ? to : &hand->key);
}

/* Seals a request to the machine of key @to (NULL: a hello), with a body of @body_min bytes at
 * least; its has_cookie and cookie are filled in. */
static inline void dht_hand_ask(struct dht_hand *hand, const struct vc_key32 *to,
                                struct vc_dht_request request, size_t body_min,
                                struct dht_datagram *ret_datagram)
{
    uint8_t body[VC_DHT_DATAGRAM_MAX];
    struct vc_writer b = vc_writer(body, sizeof body);
    struct vc_writer w = vc_writer(ret_datagram->b, sizeof ret_datagram->b);
    struct vc_dht_header header = {.is_hello = to == NULL,
                                   .is_router = hand->is_router,
                                   .has_cookie = hand->has_cookie,
                                   .asker = hand->key};
    struct vc_secret32 mask = hand->masks.hello;
    struct vc_dht_pair pair;

    vc_rng_draw(&hand->rng, header.txid.b, sizeof header.txid.b);
    hand->txid = header.txid;
    hand->is_hello = header.is_hello;
    request.has_cookie = hand->has_cookie;
    request.cookie = hand->cookie;
    vc_dht_request_write(&b, &request);
    if (to == NULL) {
        vc_dht_hello_key(&pair.request, hand->network_id, &hand->key);
    } else {
        vc_dht_mask_of(&mask, hand->network_id, to);
        dht_hand_pair(hand, to, true, &pair);
    }
    VC_CHECK(vc_dht_request_seal(&w, &header, &mask, &pair.request, vc_writer_bytes(&b),
                                 body_min, &hand->rng) == VC_OK);
    ret_datagram->len = vc_writer_bytes(&w).len;
}

/* Opens the answer of the machine to its last request, and keeps the cookie; its record is
 * borrowed until the next call. */
static inline bool dht_hand_open(struct dht_hand *hand, const struct vc_key32 *from,
                                 struct vc_bytes datagram,
                                 struct vc_dht_answer *ret_answer)
{
    static uint8_t scratch[VC_DHT_DATAGRAM_MAX];
    struct vc_dht_txid txid;
    struct vc_dht_pair pair;
    struct vc_bytes body;

    if (!vc_dht_answer_txid(datagram, &txid) ||
        memcmp(txid.b, hand->txid.b, sizeof txid.b) != 0) {
        return false;
    }
    dht_hand_pair(hand, from, true, &pair);
    if (!vc_dht_answer_open(datagram, hand->is_hello, &pair.answer, scratch, &body) ||
        vc_dht_answer_read(body, ret_answer) != VC_OK) {
        return false;
    }
    hand->cookie = ret_answer->cookie;
    hand->has_cookie = true;
    return true;
}

/* Opens a request of a machine to it; what @ret_request borrows is good until the next call. */
static inline bool dht_hand_hear(struct dht_hand *hand, struct vc_bytes datagram,
                                 struct vc_dht_header *ret_header,
                                 struct vc_dht_request *ret_request)
{
    static uint8_t scratch[VC_DHT_DATAGRAM_MAX];
    struct vc_dht_pair pair;
    struct vc_bytes body;

    if (!vc_dht_request_unmask(&hand->masks, datagram, ret_header)) {
        return false;
    }
    dht_hand_pair(hand, &ret_header->asker, false, &pair);
    if (ret_header->is_hello) {
        vc_dht_hello_key(&pair.request, hand->network_id, &ret_header->asker);
    }
    return vc_dht_request_open(datagram, ret_header, &pair.request, scratch, &body) &&
           vc_dht_request_read(body, ret_header->has_cookie, ret_request) == VC_OK;
}

/* Seals any @body as the answer to a request that it has heard. */
static inline void dht_hand_say(struct dht_hand *hand,
                                const struct vc_dht_header *header,
                                struct vc_bytes body, struct dht_datagram *ret_datagram)
{
    struct vc_writer w = vc_writer(ret_datagram->b, sizeof ret_datagram->b);
    struct vc_dht_pair pair;

    dht_hand_pair(hand, &header->asker, false, &pair);
    VC_CHECK(vc_dht_answer_seal(&w, &header->txid, &pair.answer,
                                header->is_hello ? &hand->masks.hello : NULL,
                                header->is_hello ? &hand->key : NULL, body,
                                VC_DHT_DATAGRAM_MAX, &hand->rng) == VC_OK);
    ret_datagram->len = vc_writer_bytes(&w).len;
}

/* The same with an answer that has the right form. */
static inline void dht_hand_answer(struct dht_hand *hand,
                                   const struct vc_dht_header *header,
                                   const struct vc_dht_answer *answer,
                                   struct dht_datagram *ret_datagram)
{
    uint8_t body[VC_DHT_DATAGRAM_MAX];
    struct vc_writer w = vc_writer(body, sizeof body);

    vc_dht_answer_write(&w, answer);
    dht_hand_say(hand, header, vc_writer_bytes(&w), ret_datagram);
}

#endif
