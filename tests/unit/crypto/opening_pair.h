/*
 * Somebody who opens a session and the one with whom, for the tests of openings.
 */
#ifndef VC_TESTS_UNIT_CRYPTO_OPENING_PAIR_H
#define VC_TESTS_UNIT_CRYPTO_OPENING_PAIR_H

#include "crypto/opening.h"
#include "tests/support/test.h"
#include "tests/unit/crypto/dummy_kem.h"
#include "tests/unit/crypto/person.h"

/* All keys of both.  The sender's view of the recipient, @to, and the recipient's own, @own,
 * begin equal; a test changes what it likes in either before it writes or reads. */
struct opening_pair {
    struct vc_rng rng;
    struct person alice, bob; /* the initiator and the recipient */
    struct vc_secret32 prekey_secret, one_time_secret;
    struct vc_prekey prekey_seen, prekey;       /* by Alice, by Bob */
    struct vc_one_time one_time_seen, one_time; /* likewise */
    uint8_t kem_public_seen[VC_KEM_PUBLIC_MAX];
    uint8_t kem_public[VC_KEM_PUBLIC_MAX], kem_secret[DUMMY_KEM_SECRET_LEN];
    struct vc_secret32 e, coins;
    struct vc_opening_recipient to;
    struct vc_opening_sender from;
    struct vc_opening_config cfg;
    struct vc_opening_private own;

    uint8_t bytes[VC_OPENING_MAX + 1];
    size_t len;
    uint8_t scratch[VC_OPENING_PAYLOAD_MAX];
    struct vc_opening_sender sender;      /* as it was read */
    struct vc_session_keys written, read; /* what came out at either end */
};

static const uint8_t opening_network[] = {'v', 'e', 'c', 'h', 'e', '-', 't'};
static const uint8_t opening_statement[75] = {'l', 'i', 'v', 'e'};

static inline struct vc_bytes opening_bytes(const struct opening_pair *p)
{
    return (struct vc_bytes){p->bytes, p->len};
}

/* With a one-time prekey; opening_pair_without_one_time() takes it off. */
static inline void opening_pair_init(struct opening_pair *p, uint8_t seed)
{
    struct vc_secret32 start = {{seed}};

    memset(p, 0, sizeof(*p));
    vc_rng_init(&p->rng, &start);
    person_init(&p->alice, (uint8_t)(seed * 2 + 1));
    person_init(&p->bob, (uint8_t)(seed * 2 + 2));
    vc_rng_draw(&p->rng, &p->prekey_secret, sizeof(p->prekey_secret));
    vc_rng_draw(&p->rng, &p->one_time_secret, sizeof(p->one_time_secret));
    vc_rng_draw(&p->rng, &p->e, sizeof(p->e));
    p->prekey = (struct vc_prekey){.suite = VC_SUITE_CLASSIC,
                                   .id = 0x01020304u + seed,
                                   .from = PERSON_FROM_S,
                                   .until = PERSON_FROM_S + VC_PREKEY_USE_S};
    vc_dh_public(&p->prekey.key, &p->prekey_secret);
    vc_prekey_sign(&p->prekey, &p->bob.account.root, &p->bob.device.sig_secret);
    p->prekey_seen = p->prekey;
    p->one_time.id = 0xa1a2a3a4u;
    vc_dh_public(&p->one_time.key, &p->one_time_secret);
    p->one_time_seen = p->one_time;
    p->to = (struct vc_opening_recipient){.root = p->bob.account.root,
                                          .dev_dh = p->bob.device.certificate.dev_dh,
                                          .prekey = &p->prekey_seen,
                                          .one_time = &p->one_time_seen};
    p->from = (struct vc_opening_sender){.root = p->alice.account.root,
                                         .certificate = p->alice.device.certificate,
                                         .generation = 1,
                                         .capabilities = 0x0c0a,
                                         .statement = VC_BYTES(opening_statement)};
    p->cfg = (struct vc_opening_config){.network_id = VC_BYTES(opening_network),
                                        .to = &p->to,
                                        .from = &p->from,
                                        .dev_dh = &p->alice.device.dh_secret,
                                        .e = &p->e};
    p->own = (struct vc_opening_private){
        .network_id = VC_BYTES(opening_network),
        .root = p->bob.account.root,
        .dev_dh = &p->bob.device.dh_secret,
        .dev_dh_public = &p->bob.device.certificate.dev_dh,
        .prekey = &p->prekey,
        .prekey_secret = &p->prekey_secret,
        .one_time = &p->one_time,
        .one_time_secret = &p->one_time_secret,
    };
}

static inline void opening_pair_without_one_time(struct opening_pair *p)
{
    p->to.one_time = NULL;
    p->own.one_time = NULL;
    p->own.one_time_secret = NULL;
}

/* Bob's prekey names a KEM key, and Alice uses it. */
static inline void opening_pair_with_kem(struct opening_pair *p)
{
    uint8_t seed[64];

    vc_rng_draw(&p->rng, seed, sizeof(seed));
    vc_rng_draw(&p->rng, &p->coins, sizeof(p->coins));
    dummy_kem.keypair(p->kem_public, p->kem_secret, seed);
    memcpy(p->kem_public_seen, p->kem_public, sizeof(p->kem_public));
    p->prekey.suite = DUMMY_KEM_SUITE;
    vc_kem_hash(&p->prekey.kem_hash, VC_BYTES(p->kem_public));
    vc_prekey_sign(&p->prekey, &p->bob.account.root, &p->bob.device.sig_secret);
    p->prekey_seen = p->prekey;
    p->to.kem = &dummy_kem;
    p->to.kem_public = VC_BYTES(p->kem_public_seen);
    p->cfg.coins = &p->coins;
    p->own.kem = &dummy_kem;
    p->own.kem_public = VC_BYTES(p->kem_public);
    p->own.kem_secret = VC_BYTES(p->kem_secret);
}

static inline vc_err opening_pair_try_write(struct opening_pair *p)
{
    struct vc_writer w = vc_writer(p->bytes, VC_OPENING_MAX);
    vc_err err = vc_opening_write(&p->cfg, &w, &p->written);

    p->len = vc_writer_bytes(&w).len;
    return err;
}

static inline void opening_pair_write(struct opening_pair *p)
{
    assert_int_equal(opening_pair_try_write(p), VC_OK);
}

static inline vc_err opening_pair_read(struct opening_pair *p)
{
    return vc_opening_read(&p->own, opening_bytes(p), p->scratch, &p->sender, &p->read);
}

/* Do both ends have the same keys? */
static inline bool opening_pair_agrees(const struct opening_pair *p)
{
    return memcmp(&p->written, &p->read, sizeof(p->read)) == 0;
}

#endif
