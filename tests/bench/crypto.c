/*
 * Handshakes and packets a second on one core, both ends counted, beside the bare
 * primitives that they are made of, in one run.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/packet.h"
#include "tests/bench/party.h"

static const uint8_t network[] = {'b', 'e', 'n', 'c', 'h'};
static const uint8_t address[] = {4, 192, 0, 2, 1, 0x88, 0x13};

struct side {
    struct vc_secret32 dev_dh;
    struct vc_key32 dev_dh_public;
    struct vc_handshake hs;
};

static struct vc_rng rng;
static struct side alice, bob;
static struct vc_mask masks[2]; /* by kind */
static struct vc_key32 root;
static struct vc_id16 invite;
static uint8_t msg1_bytes[VC_HANDSHAKE_MAX];
static size_t msg1_len;

static void need(bool is_fine)
{
    party_need(is_fine, "a step");
}

static void start(struct side *side, enum vc_handshake_kind kind, bool is_initiator,
                  struct vc_cid peer_cid)
{
    struct vc_secret32 e;
    struct vc_handshake_config cfg = {.kind = kind,
                                      .is_initiator = is_initiator,
                                      .network_id = VC_BYTES(network),
                                      .mask = &masks[kind],
                                      .dev_dh = &side->dev_dh,
                                      .dev_dh_public = &side->dev_dh_public,
                                      .peer_dev_dh = &bob.dev_dh_public,
                                      .responder_root = &root,
                                      .invite_secret = &invite,
                                      .e = &e,
                                      .peer_cid = peer_cid};

    vc_rng_draw(&rng, &e, sizeof(e));
    vc_rng_draw(&rng, &cfg.own_cid, sizeof(cfg.own_cid));
    vc_handshake_init(&side->hs, &cfg);
}

static void shake_hands(enum vc_handshake_kind kind)
{
    uint8_t room[VC_HANDSHAKE_MAX], scratch[VC_HANDSHAKE_MAX];
    const struct vc_session_tag none = {{0}};
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_packet_key send, recv;
    struct vc_msg1 msg1;

    start(&alice, kind, true, (struct vc_cid){{0}});
    need(vc_handshake_write_msg1(&alice.hs, NULL, &rng, &w) == VC_OK);
    msg1_len = vc_writer_bytes(&w).len;
    memcpy(msg1_bytes, room, msg1_len);
    need(vc_handshake_open_msg1(&masks[kind], vc_writer_bytes(&w), scratch, &msg1));
    start(&bob, kind, false, msg1.sender_cid);
    need(vc_handshake_read_msg1(&bob.hs, &msg1) == VC_OK);
    w = vc_writer(room, sizeof(room));
    need(vc_handshake_write_msg2(&bob.hs, msg1_len, &rng, &w) == VC_OK);
    need(vc_handshake_read_msg2(&alice.hs, vc_writer_bytes(&w)) == VC_OK);
    w = vc_writer(room, sizeof(room));
    need(vc_handshake_write_msg3(&alice.hs, &none, &rng, &w) == VC_OK);
    need(vc_handshake_read_msg3(&bob.hs, vc_writer_bytes(&w)) == VC_OK);
    vc_packet_keys(&alice.hs, &send, &recv);
    vc_packet_keys(&bob.hs, &send, &recv);
}

static void link_once(void)
{
    shake_hands(VC_HANDSHAKE_LINK);
}

static void join_once(void)
{
    shake_hands(VC_HANDSHAKE_JOIN);
}

static void dh_once(void)
{
    struct vc_secret32 shared;

    need(vc_dh(&shared, &alice.dev_dh, &bob.dev_dh_public));
}

static void dh_public_once(void)
{
    struct vc_key32 key;

    vc_dh_public(&key, &alice.dev_dh);
}

/* A stranger's datagram under a mask that it was not made with. */
static void refuse_once(void)
{
    uint8_t scratch[VC_HANDSHAKE_MAX];
    struct vc_msg1 msg1;

    need(!vc_handshake_open_msg1(&masks[VC_HANDSHAKE_JOIN],
                                 (struct vc_bytes){msg1_bytes, msg1_len}, scratch,
                                 &msg1));
}

/* What a contact's msg1 costs while a cookie is demanded. */
static void demand_once(void)
{
    uint8_t room[VC_HANDSHAKE_MAX], scratch[VC_HANDSHAKE_MAX], cookie[VC_COOKIE_LEN];
    struct vc_writer w = vc_writer(room, sizeof(room));
    struct vc_msg1 msg1;

    need(vc_handshake_open_msg1(&masks[VC_HANDSHAKE_LINK],
                                (struct vc_bytes){msg1_bytes, msg1_len}, scratch,
                                &msg1));
    vc_cookie_make(cookie, &alice.dev_dh, VC_BYTES(address), &msg1);
    need(vc_handshake_write_cookie(&masks[VC_HANDSHAKE_LINK], &msg1, cookie, &rng,
                                   &w) == VC_OK);
}

static struct vc_packet_key packet_key;
static struct vc_replay replay;
static uint64_t next_number;
static size_t plain_len;
static uint8_t packet_room[VC_PACKET_MAX];

static void packet_once(void)
{
    static uint8_t plain[VC_PACKET_MAX];
    const struct vc_cid cid = {{1}};
    struct vc_writer w = vc_writer(packet_room, sizeof(packet_room));
    size_t len;
    uint64_t number;

    need(vc_packet_seal(&packet_key, &cid, next_number++,
                        (struct vc_bytes){plain, plain_len}, &w) == VC_OK);
    need(vc_packet_open(&packet_key, &replay, vc_writer_bytes(&w), plain, &len,
                        &number));
}

static void forged_once(void)
{
    static uint8_t plain[VC_PACKET_MAX];
    size_t len;
    uint64_t number;

    need(!vc_packet_open(&packet_key, &replay,
                         (struct vc_bytes){packet_room, plain_len + VC_PACKET_OVERHEAD},
                         plain, &len, &number));
}

static void (*measured)(void);

static void sixteen_times(void)
{
    for (int i = 0; i < 16; i++) {
        measured();
    }
}

static double rate_of(void (*once)(void))
{
    measured = once;
    return 16 * party_rate(sixteen_times);
}

static void measure(const char *what, void (*once)(void))
{
    double rate = rate_of(once);

    printf("%-44s %10.0f /s %10.2f us\n", what, rate, 1e6 / rate);
}

/* With --ours only the line that has a bar. */
int main(int argc, char **argv)
{
    struct vc_secret32 seed = {{1}};

    need(vc_crypto_init() == VC_OK);
    vc_rng_init(&rng, &seed);
    vc_rng_draw(&rng, &alice.dev_dh, sizeof(alice.dev_dh));
    vc_rng_draw(&rng, &bob.dev_dh, sizeof(bob.dev_dh));
    vc_dh_public(&alice.dev_dh_public, &alice.dev_dh);
    vc_dh_public(&bob.dev_dh_public, &bob.dev_dh);
    vc_mask_of_contact(&masks[VC_HANDSHAKE_LINK], VC_BYTES(network), &seed,
                       &bob.dev_dh_public);
    vc_mask_of_invite(&masks[VC_HANDSHAKE_JOIN], VC_BYTES(network), &invite);

    if (argc > 1 && strcmp(argv[1], "--ours") == 0) {
        party_print("ours", "handshake", rate_of(link_once), "/s");
        return 0;
    }
    measure("X25519", dh_once);
    measure("X25519 with the base point", dh_public_once);
    measure("join handshake, both ends", join_once);
    measure("link handshake, both ends", link_once);
    measure("a stranger's msg1 refused under one mask", refuse_once);
    measure("a msg1 answered with a cookie", demand_once);
    plain_len = 100;
    measure("packet of 100 bytes sealed and opened", packet_once);
    plain_len = VC_PACKET_MAX - VC_PACKET_OVERHEAD;
    measure("packet of 1,204 bytes sealed and opened", packet_once);
    packet_room[VC_PACKET_MAX - 1] ^= 1;
    replay = (struct vc_replay){0};
    measure("forged packet of 1,232 bytes refused", forged_once);
    return 0;
}
