/*
 * Openings.  The first byte of an input says how far it gets by itself:
 *
 *   0   raw bytes, for peek and read
 *   1   behind e and a head that names the right keys and length: sealed by nobody
 *   2   the payload of an opening that is right in everything else
 *   3   DH results, e and s of somebody who makes an opening by hand, each chosen by one byte
 *
 * Bit 6 adds a one-time prekey, bit 7 a KEM.  What is refused gives nothing, and a payload is
 * taken if and only if the few words of the specification say so.
 */
#include <string.h>

#include "tests/support/opening_hand.h"
#include "tests/unit/crypto/dummy_kem.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ONE_TIME = 0x40, KEM = 0x80, FIXED_LEN = 32 + VC_CERTIFICATE_LEN + 8 };

static const struct vc_secret32 alice = {{1}}, bob = {{2}}, prekey_secret = {{3}};
static const struct vc_secret32 one_time_secret = {{4}}, e = {{5}}, coins = {{6}};
static const struct vc_key32 root = {{7}};
static const uint8_t network[] = {'f', 'u', 'z', 'z'}, kem_seed[64] = {8};
static struct vc_key32 alice_public, bob_public;
static struct vc_prekey prekey[2]; /* without a KEM, with one */
static struct vc_one_time one_time = {.id = 0x0a0b0c0d};
static uint8_t kem_public[VC_KEM_PUBLIC_MAX], kem_secret[DUMMY_KEM_SECRET_LEN];
static uint8_t kem_ciphertext[VC_KEM_CIPHERTEXT_MAX];
static struct vc_secret32 kem_shared;
static struct vc_opening_private own[2]
                                    [2]; /* without and with a one-time prekey, a KEM */
static struct vc_secret32 mask;
/* A good opening's payload, up to the length of the statement. */
static uint8_t fixed[FIXED_LEN];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct vc_certificate certificate = {.version = 1, .suite = VC_SUITE_CLASSIC};
    struct vc_writer w = vc_writer(fixed, sizeof(fixed));

    (void)argc;
    (void)argv;
    VC_CHECK(vc_crypto_init() == VC_OK);
    vc_dh_public(&alice_public, &alice);
    vc_dh_public(&bob_public, &bob);
    vc_dh_public(&one_time.key, &one_time_secret);
    dummy_kem.keypair(kem_public, kem_secret, kem_seed);
    VC_CHECK(dummy_kem.encapsulate(kem_ciphertext, &kem_shared, kem_public, coins.b));
    prekey[0] = (struct vc_prekey){.suite = VC_SUITE_CLASSIC, .id = 0x01020304};
    vc_dh_public(&prekey[0].key, &prekey_secret);
    prekey[1] = prekey[0];
    prekey[1].suite = DUMMY_KEM_SUITE;
    vc_kem_hash(&prekey[1].kem_hash, VC_BYTES(kem_public));
    for (int i = 0; i < 4; i++) {
        struct vc_opening_private *p = &own[i / 2][i % 2];
        *p = (struct vc_opening_private){.network_id = VC_BYTES(network),
                                         .root = root,
                                         .dev_dh = &bob,
                                         .dev_dh_public = &bob_public,
                                         .prekey = &prekey[i % 2],
                                         .prekey_secret = &prekey_secret};
        if (i / 2) {
            p->one_time = &one_time;
            p->one_time_secret = &one_time_secret;
        }
        if (i % 2) {
            p->kem = &dummy_kem;
            p->kem_public = VC_BYTES(kem_public);
            p->kem_secret = VC_BYTES(kem_secret);
        }
    }
    vc_opening_mask(&mask, VC_BYTES(network), &root, 0);
    certificate.dev_dh = alice_public;
    opening_hand_payload(&w, &root, &certificate, 1, 0);
    VC_CHECK(vc_writer_left(&w) == 0 && vc_writer_end(&w) == VC_OK);
    return 0;
}

static const struct vc_opening_private *own_of(uint8_t way)
{
    return &own[(way & ONE_TIME) != 0][(way & KEM) != 0];
}

/* Reads @opening; on an error nothing may come out. */
static vc_err read(const struct vc_opening_private *own_keys, struct vc_bytes opening,
                   struct vc_opening_sender *ret_sender)
{
    static const struct vc_session_keys none;
    uint8_t scratch[VC_OPENING_PAYLOAD_MAX];
    struct vc_session_keys keys = none;
    struct vc_opening_sender sender, before;

    memset(&sender, 0x5a, sizeof(sender));
    memcpy(&before, &sender, sizeof(sender));
    vc_err err = vc_opening_read(own_keys, opening, scratch, &sender, &keys);
    if (err != VC_OK) {
        VC_CHECK(memcmp(&keys, &none, sizeof(keys)) == 0);
        VC_CHECK(memcmp(&sender, &before, sizeof(sender)) == 0);
        return err;
    }
    VC_CHECK(memcmp(&keys, &none, sizeof(keys)) != 0);
    VC_CHECK(sender.statement.len == 0 ||
             (sender.statement.data >= scratch &&
              sender.statement.data + sender.statement.len <=
                  scratch + VC_OPENING_PAYLOAD_MAX));
    *ret_sender = sender;
    ret_sender->statement.data = NULL; /* it goes with the scratch */
    return VC_OK;
}

static void try_raw(uint8_t way, struct vc_bytes bytes)
{
    struct vc_opening_head head;
    struct vc_opening_sender sender;
    struct vc_id16 name;

    if (vc_opening_peek(&mask, bytes, &head)) {
        VC_CHECK(head.len <= bytes.len && head.len <= VC_OPENING_MAX);
        VC_CHECK(head.len >= 290);
    }
    (void)!read(own_of(way), bytes, &sender);
    vc_opening_name(&name, bytes);
}

/* A maker who knows all that there is to know. */
static struct opening_hand hand_of(uint8_t way)
{
    struct opening_hand hand = {.network_id = VC_BYTES(network),
                                .suite = way & KEM ? DUMMY_KEM_SUITE : VC_SUITE_CLASSIC,
                                .root = root,
                                .dev_dh = bob_public,
                                .prekey = prekey[(way & KEM) != 0],
                                .one_time = way & ONE_TIME ? &one_time : NULL,
                                .s = alice_public};

    vc_dh_public(&hand.e, &e);
    VC_CHECK(vc_dh(&hand.es, &e, &bob_public));
    VC_CHECK(vc_dh(&hand.ee, &e, &prekey[0].key));
    VC_CHECK(vc_dh(&hand.eo, &e, &one_time.key));
    VC_CHECK(vc_dh(&hand.se, &alice, &prekey[0].key));
    if (way & KEM) {
        hand.kem_public = VC_BYTES(kem_public);
        hand.kem_ciphertext = VC_BYTES(kem_ciphertext);
        hand.kem_shared = kem_shared;
    }
    return hand;
}

static void try_sealed(uint8_t way, struct vc_bytes bytes)
{
    struct opening_hand hand = hand_of(way);
    uint8_t room[VC_OPENING_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_opening_sender sender;
    size_t c = hand.kem_ciphertext.len;

    if (bytes.len < c + 48 + 16 || bytes.len > sizeof(room) - VC_OPENING_HEAD_LEN) {
        return;
    }
    hand.payload.len = bytes.len - c - 48 - 16; /* for the head alone */
    vc_write_copy(&w, hand.e.b, sizeof(hand.e.b));
    opening_hand_head(&hand, &w);
    vc_write_bytes(&w, bytes);
    VC_CHECK(read(own_of(way), vc_writer_bytes(&w), &sender) == VC_ERR_AUTH);
}

/* What SPEC.md says of a payload. */
static vc_err judge(struct vc_bytes payload)
{
    size_t at = FIXED_LEN;
    int last = -1;

    if (payload.len < at + 1 || vc_is_zero(payload.data + 32 + VC_CERTIFICATE_LEN, 4)) {
        return VC_ERR_MALFORMED;
    }
    at += 1u + payload.data[at];
    while (at < payload.len) {
        if (payload.len - at < 4) {
            return VC_ERR_MALFORMED;
        }
        const uint8_t *head = payload.data + at;
        int type = head[0] | head[1] << 8;
        at += 4u + (head[2] | (size_t)head[3] << 8);
        if (type <= last) {
            return VC_ERR_MALFORMED;
        }
        last = type;
    }
    if (at != payload.len) {
        return VC_ERR_MALFORMED;
    }
    return memcmp(payload.data + 32 + 37, alice_public.b, 32) == 0 ? VC_OK
                                                                   : VC_ERR_AUTH;
}

/* The input is XORed with the fixed part of a good payload, so that little of it is needed to
 * be good. */
static void try_payload(uint8_t way, struct vc_bytes bytes)
{
    struct opening_hand hand = hand_of(way);
    struct vc_noise_symmetric symmetric;
    uint8_t room[VC_OPENING_MAX], payload[VC_OPENING_PAYLOAD_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_opening_sender sender;

    if (bytes.len > sizeof(payload)) {
        return;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        payload[i] = bytes.data[i] ^ (i < sizeof(fixed) ? fixed[i] : 0);
    }
    hand.payload = (struct vc_bytes){payload, bytes.len};
    opening_hand_write(&hand, &w, &symmetric);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
    vc_err expected = judge(hand.payload);
    if (vc_writer_bytes(&w).len < 290) {
        expected = VC_ERR_AUTH; /* no head names that */
    }
    VC_CHECK(read(own_of(way), vc_writer_bytes(&w), &sender) == expected);
    if (expected == VC_OK) {
        VC_CHECK(sender.statement.len == payload[FIXED_LEN]);
        VC_CHECK(memcmp(sender.root.b, payload, 32) == 0);
    }
}

/* Each byte leaves one thing right (0), or makes it zero or something else that is known. */
static void try_hand(uint8_t way, struct vc_bytes bytes)
{
    struct opening_hand hand = hand_of(way);
    struct vc_secret32 *results[] = {&hand.es, &hand.ee, &hand.eo, &hand.se};
    struct vc_key32 *keys[] = {&hand.e, &hand.s};
    struct vc_noise_symmetric symmetric;
    uint8_t room[VC_OPENING_MAX], payload[FIXED_LEN + 1] = {0};
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_opening_sender sender;
    bool is_right = true;

    for (size_t i = 0; i < 6 && i < bytes.len; i++) {
        uint8_t choice = bytes.data[i];
        if (choice == 0 || (i == 2 && hand.one_time == NULL)) {
            continue;
        }
        is_right = false;
        if (i < 4 && choice == 1) {
            memset(results[i], 0, sizeof(*results[i]));
        } else if (i < 4) {
            results[i]->b[choice % 32] ^= choice;
        } else if (choice < 8) {
            memset(keys[i - 4], 0, sizeof(*keys[i - 4]));
            keys[i - 4]->b[0] = choice >> 1; /* 0 and 1 are of low order */
        } else {
            keys[i - 4]->b[choice % 32] ^= choice;
        }
    }
    memcpy(payload, fixed, sizeof(fixed));
    memcpy(payload + 32 + 37, hand.s.b,
           32); /* the certificate names the key that is sent */
    hand.payload = VC_BYTES(payload);
    opening_hand_write(&hand, &w, &symmetric);
    VC_CHECK(read(own_of(way), vc_writer_bytes(&w), &sender) ==
             (is_right ? VC_OK : VC_ERR_AUTH));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    uint8_t way = data[0];
    struct vc_bytes bytes = {data + 1, size - 1};
    switch (way & 3) {
    case 0:
        try_raw(way, bytes);
        break;
    case 1:
        try_sealed(way, bytes);
        break;
    case 2:
        try_payload(way, bytes);
        break;
    default:
        try_hand(way, bytes);
        break;
    }
    return 0;
}
