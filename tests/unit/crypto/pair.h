/*
 * Two sides of a handshake with fixed keys, for the tests of the link's cryptography.
 */
#ifndef VC_TESTS_UNIT_CRYPTO_PAIR_H
#define VC_TESTS_UNIT_CRYPTO_PAIR_H

#include <string.h>

#include "crypto/handshake.h"
#include "tests/support/test.h"

/* Who the two are and what they know of each other; a test changes what it likes before
 * it starts a side. */
struct pair {
    enum vc_handshake_kind kind;
    struct vc_rng rng;
    const char *network[2]; /* of the initiator, of the responder */
    struct vc_key32 root[2];
    struct vc_id16 secret[2];
    struct vc_secret32 dev_dh[2];
    struct vc_key32 dev_dh_public[2];
    struct vc_secret32 contacts;
    struct vc_key32 expected; /* the static key that the initiator wants to meet */
    struct vc_mask mask[2];
    struct vc_handshake hs[2];
    uint8_t datagram[3][VC_HANDSHAKE_MAX];
    size_t len[3];
    uint8_t scratch[VC_HANDSHAKE_MAX];
    struct vc_msg1 msg1;
};

enum { ALICE, BOB }; /* the initiator and the responder */

static inline void pair_init(struct pair *pair, enum vc_handshake_kind kind,
                             uint32_t seed)
{
    struct vc_secret32 start = {{0}};

    memset(pair, 0, sizeof(*pair));
    memcpy(start.b, &seed, sizeof(seed));
    vc_rng_init(&pair->rng, &start);
    pair->kind = kind;
    for (int i = 0; i < 2; i++) {
        pair->network[i] = "veche-test";
        vc_rng_draw(&pair->rng, &pair->dev_dh[i], sizeof(pair->dev_dh[i]));
        vc_dh_public(&pair->dev_dh_public[i], &pair->dev_dh[i]);
    }
    vc_rng_draw(&pair->rng, &pair->root[BOB], sizeof(pair->root[BOB]));
    pair->root[ALICE] = pair->root[BOB];
    vc_rng_draw(&pair->rng, &pair->secret[BOB], sizeof(pair->secret[BOB]));
    pair->secret[ALICE] = pair->secret[BOB];
    vc_rng_draw(&pair->rng, &pair->contacts, sizeof(pair->contacts));
    pair->expected = pair->dev_dh_public[BOB];
}

static inline struct vc_bytes pair_network(const struct pair *pair, int side)
{
    return (struct vc_bytes){(const uint8_t *)pair->network[side],
                             strlen(pair->network[side])};
}

/* Derives the mask of one side from what that side knows. */
static inline void pair_mask(struct pair *pair, int side)
{
    if (pair->kind == VC_HANDSHAKE_LINK) {
        vc_mask_of_contact(&pair->mask[side], pair_network(pair, side), &pair->contacts,
                           &pair->dev_dh_public[BOB]);
    } else {
        vc_mask_of_invite(&pair->mask[side], pair_network(pair, side),
                          &pair->secret[side]);
    }
}

static inline void pair_start(struct pair *pair, int side)
{
    struct vc_secret32 e;
    bool is_link = pair->kind == VC_HANDSHAKE_LINK;
    struct vc_handshake_config cfg = {
        .kind = pair->kind,
        .is_initiator = side == ALICE,
        .network_id = pair_network(pair, side),
        .mask = &pair->mask[side],
        .dev_dh = &pair->dev_dh[side],
        .peer_dev_dh = is_link && side == ALICE ? &pair->expected : NULL,
        .responder_root = is_link ? &pair->root[side] : NULL,
        .invite_secret = is_link ? NULL : &pair->secret[side],
        .e = &e,
        .peer_cid = pair->msg1.sender_cid,
        .capabilities = side == ALICE ? 0xa11ce : 0xb0b,
    };

    pair_mask(pair, side);
    vc_rng_draw(&pair->rng, &e, sizeof(e));
    vc_rng_draw(&pair->rng, &cfg.own_cid, sizeof(cfg.own_cid));
    vc_handshake_init(&pair->hs[side], &cfg);
}

static inline struct vc_bytes pair_datagram(const struct pair *pair, int number)
{
    return (struct vc_bytes){pair->datagram[number - 1], pair->len[number - 1]};
}

static inline void pair_write_msg1(struct pair *pair, const uint8_t *cookie)
{
    struct vc_writer w = vc_writer(pair->datagram[0], sizeof(pair->datagram[0]));

    assert_int_equal(vc_handshake_write_msg1(&pair->hs[ALICE], cookie, &pair->rng, &w),
                     VC_OK);
    pair->len[0] = vc_writer_bytes(&w).len;
}

/* Bob opens msg1 and starts his side with it: what reading it gives. */
static inline vc_err pair_read_msg1(struct pair *pair)
{
    pair_mask(pair, BOB);
    if (!vc_handshake_open_msg1(&pair->mask[BOB], pair_datagram(pair, 1), pair->scratch,
                                &pair->msg1)) {
        return VC_ERR_MALFORMED;
    }
    pair_start(pair, BOB);
    return vc_handshake_read_msg1(&pair->hs[BOB], &pair->msg1);
}

static inline void pair_write_msg2(struct pair *pair)
{
    struct vc_writer w = vc_writer(pair->datagram[1], sizeof(pair->datagram[1]));

    assert_int_equal(
        vc_handshake_write_msg2(&pair->hs[BOB], pair->len[0], &pair->rng, &w), VC_OK);
    pair->len[1] = vc_writer_bytes(&w).len;
}

static inline void pair_write_msg3(struct pair *pair)
{
    struct vc_writer w = vc_writer(pair->datagram[2], sizeof(pair->datagram[2]));
    struct vc_session_tag continues = {{1, 2, 3, 4, 5, 6, 7, 8}};

    assert_int_equal(
        vc_handshake_write_msg3(&pair->hs[ALICE], &continues, &pair->rng, &w), VC_OK);
    pair->len[2] = vc_writer_bytes(&w).len;
}

/* Runs a whole handshake of two honest sides. */
static inline void pair_run(struct pair *pair, enum vc_handshake_kind kind,
                            uint32_t seed)
{
    pair_init(pair, kind, seed);
    pair_start(pair, ALICE);
    pair_write_msg1(pair, NULL);
    assert_int_equal(pair_read_msg1(pair), VC_OK);
    pair_write_msg2(pair);
    assert_int_equal(vc_handshake_read_msg2(&pair->hs[ALICE], pair_datagram(pair, 2)),
                     VC_OK);
    pair_write_msg3(pair);
    assert_int_equal(vc_handshake_read_msg3(&pair->hs[BOB], pair_datagram(pair, 3)),
                     VC_OK);
}

#endif
