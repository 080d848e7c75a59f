/*
 * Handshake datagrams.  The first byte of an input says how far it gets by itself:
 *
 *   0..2   a raw datagram for open_msg1, for the initiator, for the responder
 *   3      sender's cid, cookie and Noise part of a msg1 with a good mask and mac1
 *   4..6   the payload of a msg1, 2, 3 that is right in everything else
 *
 * What is refused must leave the state as it was, and a payload is taken if and only if
 * the few words of the specification say so.  Further bits of the first byte choose the
 * kind of the handshake.
 */
#include <string.h>

#include "crypto/handshake.h"
#include "crypto/handshake_mask.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vc_secret32 alice = {{1}}, bob = {{2}}, contacts = {{3}};
static const struct vc_secret32 alice_e = {{4}}, bob_e = {{5}}, seed = {{6}};
static const struct vc_key32 root = {{7}};
static const struct vc_id16 invite = {{8}};
static const uint8_t network[] = {'f', 'u', 'z', 'z'};
static const struct vc_cid alice_cid = {{'a', 'l', 'i', 'c', 'e', 0, 0, 1}};
static const struct vc_cid bob_cid = {{'b', 'o', 'b', 0, 0, 0, 0, 2}};

struct side {
    enum vc_handshake_kind kind;
    struct vc_mask mask;
    struct vc_handshake hs;
};

static void start(struct side *side, enum vc_handshake_kind kind, bool is_initiator,
                  struct vc_cid peer_cid)
{
    struct vc_key32 bob_public;
    struct vc_handshake_config cfg = {
        .kind = kind,
        .is_initiator = is_initiator,
        .network_id = VC_BYTES(network),
        .mask = &side->mask,
        .dev_dh = is_initiator ? &alice : &bob,
        .responder_root = &root,
        .invite_secret = &invite,
        .e = is_initiator ? &alice_e : &bob_e,
        .own_cid = is_initiator ? alice_cid : bob_cid,
        .peer_cid = peer_cid,
        .capabilities = 9,
    };

    vc_dh_public(&bob_public, &bob);
    cfg.peer_dev_dh = &bob_public;
    side->kind = kind;
    if (kind == VC_HANDSHAKE_LINK) {
        vc_mask_of_contact(&side->mask, cfg.network_id, &contacts, &bob_public);
    } else {
        vc_mask_of_invite(&side->mask, cfg.network_id, &invite);
    }
    vc_handshake_init(&side->hs, &cfg);
}

/* Both sides of each kind, at the point where a raw datagram meets them. */
struct stage {
    struct side alice; /* has written msg1 */
    struct side bob;   /* has written msg2 */
    struct vc_rng rng;
};

static void prepare(struct stage *stage, enum vc_handshake_kind kind)
{
    uint8_t room[VC_HANDSHAKE_MAX], scratch[VC_HANDSHAKE_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_msg1 msg1;

    vc_rng_init(&stage->rng, &seed);
    start(&stage->alice, kind, true, alice_cid);
    VC_CHECK(vc_handshake_write_msg1(&stage->alice.hs, NULL, &stage->rng, &w) == VC_OK);
    VC_CHECK(vc_handshake_open_msg1(&stage->alice.mask, vc_writer_bytes(&w), scratch,
                                    &msg1));
    start(&stage->bob, kind, false, msg1.sender_cid);
    VC_CHECK(vc_handshake_read_msg1(&stage->bob.hs, &msg1) == VC_OK);
    w = vc_writer(room, sizeof(room));
    VC_CHECK(vc_handshake_write_msg2(&stage->bob.hs, VC_HANDSHAKE_MAX, &stage->rng,
                                     &w) == VC_OK);
}

static void try_raw(const struct stage *stage, int mode, const uint8_t *data,
                    size_t size)
{
    struct vc_handshake hs = mode == 1 ? stage->alice.hs : stage->bob.hs, before = hs;
    uint8_t datagram[VC_HANDSHAKE_MAX + 8], scratch[VC_HANDSHAKE_MAX];
    uint8_t cookie[VC_COOKIE_LEN];
    struct vc_bytes bytes = {datagram,
                             size < sizeof(datagram) ? size : sizeof(datagram)};
    struct vc_msg1 msg1;

    memcpy(datagram, data, bytes.len);
    if (mode == 0) {
        (void)!vc_handshake_open_msg1(&stage->bob.mask, bytes, scratch, &msg1);
        return;
    }
    if (bytes.len >= VC_CID_LEN) {
        memcpy(datagram, mode == 1 ? alice_cid.b : bob_cid.b, VC_CID_LEN);
    }
    if (mode == 1) {
        (void)!vc_handshake_read_cookie(&hs, bytes, cookie);
        VC_CHECK(memcmp(&hs, &before, sizeof(hs)) == 0);
        if (vc_handshake_read_msg2(&hs, bytes) == VC_OK) {
            return;
        }
    } else if (vc_handshake_read_msg3(&hs, bytes) == VC_OK) {
        return;
    }
    VC_CHECK(memcmp(&hs, &before, sizeof(hs)) == 0);
}

static void try_inner_msg1(struct stage *stage, const uint8_t *data, size_t size)
{
    uint8_t datagram[VC_HANDSHAKE_MAX], scratch[VC_HANDSHAKE_MAX], mac1[VC_MAC1_LEN];
    struct vc_writer w = vc_writer(datagram, sizeof(datagram));
    struct side reader;
    struct vc_msg1 msg1;

    if (size > VC_HANDSHAKE_MAX - VC_SALT_LEN - VC_MAC1_LEN) {
        return;
    }
    vc_mask_write_salt(&alice_cid, &stage->rng, &w);
    vc_write_copy(&w, data, size);
    vc_hash(mac1, sizeof(mac1), "mac1", &stage->bob.mask.mac,
            (struct vc_bytes){data, size});
    vc_write_copy(&w, mac1, sizeof(mac1));
    VC_CHECK(vc_mask_written(&stage->bob.mask, datagram, &w) == VC_OK);
    if (vc_writer_bytes(&w).len < VC_HANDSHAKE_MSG1_MIN) {
        return;
    }
    VC_CHECK(
        vc_handshake_open_msg1(&stage->bob.mask, vc_writer_bytes(&w), scratch, &msg1));
    start(&reader, stage->bob.kind, false, msg1.sender_cid);
    (void)!vc_handshake_read_msg1(&reader.hs, &msg1);
}

/* What SPEC.md says of a payload: the claim's offset (or none), then zeros. */
static vc_err judge(int number, const uint8_t *payload, size_t len)
{
    size_t claim = number == 2 ? VC_CID_LEN : 0;
    size_t padding = number == 3 ? 8 : claim + 5;

    if (len < padding) {
        return VC_ERR_MALFORMED;
    }
    if (number != 3 && payload[claim] != VC_LINK_VERSION) {
        return VC_ERR_UNSUPPORTED;
    }
    for (size_t i = padding; i < len; i++) {
        if (payload[i] != 0) {
            return VC_ERR_MALFORMED;
        }
    }
    return VC_OK;
}

/* A msg2 or msg3 with any payload. */
static void try_answer(struct stage *stage, int number, struct vc_bytes payload)
{
    struct vc_handshake *writer = number == 2 ? &stage->bob.hs : &stage->alice.hs;
    struct vc_handshake *reader = number == 2 ? &stage->alice.hs : &stage->bob.hs;
    struct vc_handshake before;
    uint8_t datagram[VC_HANDSHAKE_MAX];
    struct vc_writer w = vc_writer(datagram, sizeof(datagram));
    vc_err err, expected = judge(number, payload.data, payload.len);

    vc_mask_write_salt(&reader->own_cid, &stage->rng, &w);
    if (vc_noise_write(&writer->noise, payload, &w) != VC_OK ||
        vc_mask_written(&writer->mask, datagram, &w) != VC_OK) {
        return; /* longer than a datagram may be */
    }
    before = *reader;
    err = number == 2 ? vc_handshake_read_msg2(reader, vc_writer_bytes(&w))
                      : vc_handshake_read_msg3(reader, vc_writer_bytes(&w));
    VC_CHECK(err == expected);
    VC_CHECK(err == VC_OK || memcmp(&before, reader, sizeof(before)) == 0);
}

static void try_payload(enum vc_handshake_kind kind, int number,
                        struct vc_bytes payload)
{
    uint8_t room[VC_HANDSHAKE_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_msg1 msg1 = {.sender_cid = alice_cid};
    struct stage stage;

    prepare(&stage, kind);
    if (number == 1 || number == 2) {
        start(&stage.alice, kind, true, alice_cid);
        start(&stage.bob, kind, false, alice_cid);
        if (number == 2) {
            static const uint8_t good[21] = {VC_LINK_VERSION};
            VC_CHECK(vc_noise_write(&stage.alice.hs.noise, VC_BYTES(good), &w) ==
                     VC_OK);
        } else if (vc_noise_write(&stage.alice.hs.noise, payload, &w) != VC_OK) {
            return;
        }
        msg1.noise_part = vc_writer_bytes(&w);
        vc_err err = vc_handshake_read_msg1(&stage.bob.hs, &msg1);
        if (number == 1) {
            VC_CHECK(err == judge(1, payload.data, payload.len));
            return;
        }
        VC_CHECK(err == VC_OK);
    } else {
        uint8_t good[13] = {0};
        size_t len;
        memcpy(good, bob_cid.b, VC_CID_LEN);
        good[VC_CID_LEN] = VC_LINK_VERSION;
        /* Bob's msg2 again, so that Alice can go on to msg3. */
        start(&stage.bob, kind, false, alice_cid);
        msg1.noise_part =
            (struct vc_bytes){stage.alice.hs.noise1, stage.alice.hs.noise1_len};
        VC_CHECK(vc_handshake_read_msg1(&stage.bob.hs, &msg1) == VC_OK);
        VC_CHECK(vc_noise_write(&stage.bob.hs.noise, VC_BYTES(good), &w) == VC_OK);
        VC_CHECK(vc_noise_read(&stage.alice.hs.noise, vc_writer_bytes(&w), good,
                               &len) == VC_OK);
    }
    try_answer(&stage, number, payload);
}

static struct stage stages[2];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    VC_CHECK(vc_crypto_init() == VC_OK);
    prepare(&stages[0], VC_HANDSHAKE_LINK);
    prepare(&stages[1], VC_HANDSHAKE_JOIN);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum vc_handshake_kind kind;
    int mode;

    if (size < 1) {
        return 0;
    }
    kind = data[0] & 0x80 ? VC_HANDSHAKE_JOIN : VC_HANDSHAKE_LINK;
    mode = (data[0] & 0x7f) % 7;
    data++;
    size--;
    if (mode <= 2) {
        try_raw(&stages[kind], mode, data, size);
    } else if (mode == 3) {
        try_inner_msg1(&stages[kind], data, size);
    } else if (size <= VC_HANDSHAKE_MAX - VC_SALT_LEN) {
        try_payload(kind, mode - 3, (struct vc_bytes){data, size});
    }
    return 0;
}
