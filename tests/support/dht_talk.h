/*
 * Two nodes of one network with all the keys that datagrams between them take.
 */
#ifndef VC_TESTS_SUPPORT_DHT_TALK_H
#define VC_TESTS_SUPPORT_DHT_TALK_H

#include <string.h>

#include "dht/datagram.h"

struct dht_talk {
    struct vc_bytes network_id;
    struct vc_secret32 secrets[2]; /* the asker's, and of who is asked */
    struct vc_key32 keys[2];
    struct vc_dht_masks masks[2];
    struct vc_secret32 mask;      /* under which the second is asked */
    struct vc_dht_pair pair;      /* the first asks the second */
    struct vc_secret32 hello_key; /* of the first */
    struct vc_rng rng;
};

/* A datagram with its length. */
struct dht_datagram {
    uint8_t b[VC_DHT_DATAGRAM_MAX];
    size_t len;
};

static inline struct vc_bytes dht_bytes(const struct dht_datagram *datagram)
{
    return (struct vc_bytes){datagram->b, datagram->len};
}

/* Everything follows from @network, a text, and @seed. */
static inline void dht_talk_begin(struct dht_talk *talk, const char *network,
                                  uint8_t seed)
{
    const struct vc_secret32 start = {{'t', 'a', 'l', 'k', seed}};
    struct vc_secret32 shared;

    talk->network_id = (struct vc_bytes){(const uint8_t *)network, strlen(network)};
    vc_rng_init(&talk->rng, &start);
    for (int i = 0; i < 2; i++) {
        vc_rng_fork(&talk->rng, &talk->secrets[i]);
        vc_dh_public(&talk->keys[i], &talk->secrets[i]);
        vc_dht_masks_make(&talk->masks[i], talk->network_id, &talk->keys[i]);
    }
    VC_CHECK(vc_dh(&shared, &talk->secrets[0], &talk->keys[1]));
    vc_dht_pair_make(&talk->pair, talk->network_id, &shared, &talk->keys[0],
                     &talk->keys[1]);
    vc_dht_mask_of(&talk->mask, talk->network_id, &talk->keys[1]);
    vc_dht_hello_key(&talk->hello_key, talk->network_id, &talk->keys[0]);
}

static inline struct vc_dht_header dht_talk_header(struct dht_talk *talk, bool is_hello)
{
    struct vc_dht_header header = {.is_hello = is_hello, .asker = talk->keys[0]};

    vc_rng_draw(&talk->rng, header.txid.b, sizeof header.txid.b);
    return header;
}

/* The first asks the second. */
static inline vc_err dht_talk_ask(struct dht_talk *talk,
                                  const struct vc_dht_header *header,
                                  struct vc_bytes body, size_t body_min,
                                  struct dht_datagram *ret_datagram)
{
    struct vc_writer w = vc_writer(ret_datagram->b, sizeof ret_datagram->b);
    vc_err err = vc_dht_request_seal(
        &w, header, header->is_hello ? &talk->masks[0].hello : &talk->mask,
        header->is_hello ? &talk->hello_key : &talk->pair.request, body, body_min,
        &talk->rng);

    ret_datagram->len = vc_writer_bytes(&w).len;
    return err;
}

/* The second answers. */
static inline vc_err dht_talk_answer(struct dht_talk *talk,
                                     const struct vc_dht_header *header,
                                     struct vc_bytes body, size_t len_max,
                                     struct dht_datagram *ret_datagram)
{
    struct vc_writer w = vc_writer(ret_datagram->b, sizeof ret_datagram->b);
    vc_err err = vc_dht_answer_seal(&w, &header->txid, &talk->pair.answer,
                                    header->is_hello ? &talk->masks[1].hello : NULL,
                                    header->is_hello ? &talk->keys[1] : NULL, body,
                                    len_max, &talk->rng);

    ret_datagram->len = vc_writer_bytes(&w).len;
    return err;
}

#endif
