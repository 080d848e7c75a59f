/*
 * What an attacker tries against the handshakes, by name; every attempt is refused and
 * leaves the state as it was.
 */
#include <string.h>

#include "crypto/handshake.h"
#include "crypto/noise_hash.h"
#include "tests/unit/crypto/checks.h"
#include "tests/unit/crypto/pair.h"

static const enum vc_handshake_kind kinds[] = {VC_HANDSHAKE_LINK, VC_HANDSHAKE_JOIN};

/* A point of order 8. */
static const struct vc_key32 low_order = {
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
     0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
     0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00}};

/* Runs a handshake up to and with the writing of message @number. */
static void run_up_to(struct pair *p, enum vc_handshake_kind kind, uint32_t seed,
                      int number)
{
    pair_init(p, kind, seed);
    pair_start(p, ALICE);
    pair_write_msg1(p, NULL);
    if (number >= 2) {
        assert_int_equal(pair_read_msg1(p), VC_OK);
        pair_write_msg2(p);
    }
    if (number >= 3) {
        assert_int_equal(vc_handshake_read_msg2(&p->hs[ALICE], pair_datagram(p, 2)),
                         VC_OK);
        pair_write_msg3(p);
    }
}

static vc_err read_number(struct pair *p, int number, struct vc_bytes datagram)
{
    return number == 2 ? vc_handshake_read_msg2(&p->hs[ALICE], datagram)
                       : vc_handshake_read_msg3(&p->hs[BOB], datagram);
}

/* Refuses @datagram in every way in which it could be looked at. */
static void assert_refused(struct pair *p, int number, struct vc_bytes datagram)
{
    uint8_t scratch[VC_HANDSHAKE_MAX], cookie[VC_COOKIE_LEN];
    struct vc_msg1 msg1;

    if (number == 1) {
        assert_false(vc_handshake_open_msg1(&p->mask[BOB], datagram, scratch, &msg1));
        return;
    }
    assert_int_not_equal(read_number(p, number, datagram), VC_OK);
    if (number == 2) {
        assert_false(vc_handshake_read_cookie(&p->hs[ALICE], datagram, cookie));
    }
}

static void a_flipped_byte_anywhere_is_refused_and_changes_nothing(void **state)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xff};

    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        int number = (int)(i % 3) + 1;
        struct pair p;
        struct vc_handshake before[2];

        run_up_to(&p, kinds[i / 3], i, number);
        pair_mask(&p, BOB);
        memcpy(before, p.hs, sizeof(before));
        for (size_t at = 0; at < p.len[number - 1]; at++) {
            p.datagram[number - 1][at] ^= flips[at % 3];
            assert_refused(&p, number, pair_datagram(&p, number));
            p.datagram[number - 1][at] ^= flips[at % 3];
        }
        assert_memory_equal(before, p.hs, sizeof(before));
        assert_int_equal(number == 1
                             ? pair_read_msg1(&p)
                             : read_number(&p, number, pair_datagram(&p, number)),
                         VC_OK);
    }
}

static void a_datagram_cut_or_lengthened_is_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        int number = (int)(i % 3) + 1;
        struct pair p;
        uint8_t longer[VC_HANDSHAKE_MAX + 10] = {0};

        run_up_to(&p, kinds[i / 3], i, number);
        pair_mask(&p, BOB);
        memcpy(longer, p.datagram[number - 1], p.len[number - 1]);
        for (size_t len = 0; len <= sizeof(longer); len++) {
            if (len != p.len[number - 1]) {
                assert_refused(&p, number, (struct vc_bytes){longer, len});
            }
        }
        assert_int_equal(number == 1
                             ? pair_read_msg1(&p)
                             : read_number(&p, number, pair_datagram(&p, number)),
                         VC_OK);
    }
}

/* A thief of Bob's static key poses as Alice: he knows her public key, not the secret. */
static void a_stolen_key_does_not_let_others_pose_towards_its_owner(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct pair p;

        pair_init(&p, kinds[i], i);
        pair_start(&p, ALICE);
        p.hs[ALICE].noise.s = p.dev_dh[BOB];
        pair_write_msg1(&p, NULL);
        assert_int_equal(pair_read_msg1(&p), VC_OK);
        pair_write_msg2(&p);
        assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)),
                         VC_OK);
        pair_write_msg3(&p); /* says Alice's public key, and cannot prove it */
        assert_int_equal(vc_handshake_read_msg3(&p.hs[BOB], pair_datagram(&p, 3)),
                         VC_ERR_AUTH);
        assert_false(vc_handshake_is_done(&p.hs[BOB]));
    }
}

/* A thief of Alice's static key, and of the mask, poses as Bob towards her. */
static void a_stolen_key_does_not_answer_for_whom_its_owner_calls(void **state)
{
    struct pair p, thief;

    (void)state;
    run_up_to(&p, VC_HANDSHAKE_LINK, 9, 1);
    thief = p;
    thief.dev_dh[BOB] = p.dev_dh[ALICE];
    assert_int_equal(pair_read_msg1(&thief), VC_ERR_AUTH);
    /* Without having understood msg1 he goes on with what he has. */
    thief.hs[BOB].noise.message_index = 1;
    memcpy(thief.hs[BOB].noise.re.b, p.hs[ALICE].noise.e_public.b, 32);
    thief.hs[BOB].noise.has_re = true;
    pair_write_msg2(&thief);
    assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&thief, 2)),
                     VC_ERR_AUTH);
}

static void a_replayed_msg1_gets_an_answer_and_no_session(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct pair p;

        pair_run(&p, kinds[i], 10 + i);
        assert_int_equal(pair_read_msg1(&p), VC_OK); /* a fresh state of Bob */
        pair_write_msg2(&p);
        assert_true(p.len[1] <= p.len[0]);
        assert_int_equal(vc_handshake_read_msg3(&p.hs[BOB], pair_datagram(&p, 3)),
                         VC_ERR_MALFORMED); /* another cid */
        p.hs[BOB].own_cid = p.hs[ALICE].peer_cid;
        assert_int_equal(vc_handshake_read_msg3(&p.hs[BOB], pair_datagram(&p, 3)),
                         VC_ERR_AUTH); /* and another ephemeral */
        assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)),
                         VC_ERR_MALFORMED); /* Alice is past that */
    }
}

static void a_replayed_msg2_is_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct pair p;
        struct vc_handshake before;

        pair_run(&p, kinds[i], 20 + i);
        before = p.hs[ALICE];
        assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)),
                         VC_ERR_MALFORMED);
        assert_memory_equal(&before, &p.hs[ALICE], sizeof(before));
        pair_start(&p, ALICE); /* another handshake */
        pair_write_msg1(&p, NULL);
        p.hs[ALICE].own_cid = before.own_cid;
        assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)),
                         VC_ERR_AUTH);
    }
}

static void a_replayed_msg3_is_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct pair p;
        struct vc_handshake before;

        pair_run(&p, kinds[i], 30 + i);
        before = p.hs[BOB];
        assert_int_equal(vc_handshake_read_msg3(&p.hs[BOB], pair_datagram(&p, 3)),
                         VC_ERR_MALFORMED);
        assert_memory_equal(&before, &p.hs[BOB], sizeof(before));
    }
}

static void a_message_sent_back_to_its_writer_is_refused(void **state)
{
    struct pair p;
    struct vc_msg1 msg1;

    (void)state;
    run_up_to(&p, VC_HANDSHAKE_LINK, 33, 2);
    assert_int_equal(vc_handshake_read_msg3(&p.hs[BOB], pair_datagram(&p, 2)),
                     VC_ERR_MALFORMED);
    memcpy(p.datagram[1], p.hs[BOB].own_cid.b, VC_CID_LEN);
    assert_int_equal(vc_handshake_read_msg3(&p.hs[BOB], pair_datagram(&p, 2)),
                     VC_ERR_AUTH);
    assert_false(
        vc_handshake_open_msg1(&p.mask[BOB], pair_datagram(&p, 2), p.scratch, &msg1));
    assert_int_not_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 1)),
                         VC_OK);
}

static void who_means_another_root_is_refused(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, VC_HANDSHAKE_LINK, 40);
    p.root[ALICE].b[31] ^= 1;
    pair_start(&p, ALICE);
    pair_write_msg1(&p, NULL);
    assert_int_equal(pair_read_msg1(&p), VC_ERR_AUTH);
}

static void who_means_another_static_key_is_refused(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, VC_HANDSHAKE_LINK, 41);
    p.expected = p.dev_dh_public[ALICE];
    pair_start(&p, ALICE);
    pair_write_msg1(&p, NULL);
    assert_int_equal(pair_read_msg1(&p), VC_ERR_AUTH);
}

static void another_network_is_not_heard(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct pair p;

        pair_init(&p, kinds[i], 50 + i);
        p.network[ALICE] = "veche-tesu";
        pair_start(&p, ALICE);
        pair_write_msg1(&p, NULL);
        assert_int_equal(pair_read_msg1(&p), VC_ERR_MALFORMED); /* no mask fits */
        /* Under the right mask the prologue still differs. */
        pair_mask(&p, BOB);
        p.hs[ALICE].mask = p.mask[BOB];
        pair_write_msg1(&p, NULL);
        assert_int_equal(pair_read_msg1(&p), VC_ERR_AUTH);
    }
}

static void a_wrong_contacts_key_is_not_heard(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, VC_HANDSHAKE_LINK, 60);
    pair_start(&p, ALICE);
    pair_write_msg1(&p, NULL);
    p.contacts.b[0] ^= 1;
    assert_int_equal(pair_read_msg1(&p), VC_ERR_MALFORMED);
}

static void a_wrong_invite_secret_is_not_heard(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, VC_HANDSHAKE_JOIN, 61);
    p.secret[ALICE].b[15] ^= 1;
    pair_start(&p, ALICE);
    pair_write_msg1(&p, NULL);
    assert_int_equal(pair_read_msg1(&p), VC_ERR_MALFORMED);
}

/* Who learnt the mask but not the secret comes as far as msg3. */
static void a_join_without_the_secret_ends_at_msg3(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, VC_HANDSHAKE_JOIN, 62);
    p.secret[ALICE].b[0] ^= 1;
    pair_start(&p, ALICE);
    pair_mask(&p, BOB);
    p.hs[ALICE].mask = p.mask[BOB];
    pair_write_msg1(&p, NULL);
    assert_int_equal(pair_read_msg1(&p), VC_OK);
    pair_write_msg2(&p);
    assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)), VC_OK);
    pair_write_msg3(&p);
    assert_int_equal(vc_handshake_read_msg3(&p.hs[BOB], pair_datagram(&p, 3)),
                     VC_ERR_AUTH);
}

static void a_join_is_no_link_and_a_link_no_join(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct pair p;

        pair_init(&p, kinds[i], 63 + i);
        pair_start(&p, ALICE);
        pair_write_msg1(&p, NULL);
        p.mask[BOB] = p.mask[ALICE];
        assert_true(vc_handshake_open_msg1(&p.mask[BOB], pair_datagram(&p, 1),
                                           p.scratch, &p.msg1));
        p.kind = kinds[1 - i];
        pair_start(&p, BOB);
        assert_int_equal(vc_handshake_read_msg1(&p.hs[BOB], &p.msg1), VC_ERR_AUTH);
    }
}

/* Alice writes message @number with a payload of the test's making. */
static void write_payload(struct pair *p, int number, struct vc_bytes payload)
{
    struct vc_handshake *hs = &p->hs[number == 2 ? BOB : ALICE];
    uint8_t room[VC_HANDSHAKE_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    if (number == 1) {
        w = vc_writer(hs->noise1, sizeof(hs->noise1));
        assert_int_equal(vc_noise_write(&hs->noise, payload, &w), VC_OK);
        hs->noise1_len = (uint8_t)vc_writer_bytes(&w).len;
        pair_write_msg1(p, NULL);
        return;
    }
    vc_write_copy(&w, hs->peer_cid.b, VC_CID_LEN);
    vc_write_u64(&w, 0x1122334455667788u);
    assert_int_equal(vc_noise_write(&hs->noise, payload, &w), VC_OK);
    p->len[number - 1] = vc_writer_bytes(&w).len;
    vc_xchacha_xor((struct vc_room){room + 16, p->len[number - 1] - 16},
                   &hs->mask.stream, room);
    memcpy(p->datagram[number - 1], room, p->len[number - 1]);
}

/* What message @number with @payload gives; the offsets of version and padding differ. */
static vc_err try_payload(enum vc_handshake_kind kind, int number, size_t at,
                          uint8_t value, size_t len)
{
    struct pair p;
    uint8_t payload[64] = {0};
    struct vc_handshake before;
    vc_err err;

    payload[number == 2 ? 8 : 0] = VC_LINK_VERSION;
    payload[at] = value;
    run_up_to(&p, kind, 70, number - 1 < 1 ? 1 : number - 1);
    if (number == 1) {
        pair_start(&p, ALICE);
    } else if (number == 2) {
        assert_int_equal(pair_read_msg1(&p), VC_OK);
    } else {
        assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)),
                         VC_OK);
    }
    write_payload(&p, number, (struct vc_bytes){payload, len});
    before = p.hs[number == 2 ? ALICE : BOB];
    err = number == 1 ? pair_read_msg1(&p)
                      : read_number(&p, number, pair_datagram(&p, number));
    if (number > 1 && err != VC_OK) {
        assert_memory_equal(&before, &p.hs[number == 2 ? ALICE : BOB], sizeof(before));
    }
    return err;
}

static void another_version_is_not_spoken(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(try_payload(kinds[i], 1, 0, VC_LINK_VERSION, 40), VC_OK);
        assert_int_equal(try_payload(kinds[i], 1, 0, 0, 40), VC_ERR_UNSUPPORTED);
        assert_int_equal(try_payload(kinds[i], 1, 0, 2, 40), VC_ERR_UNSUPPORTED);
        assert_int_equal(try_payload(kinds[i], 2, 8, VC_LINK_VERSION, 13), VC_OK);
        assert_int_equal(try_payload(kinds[i], 2, 8, 0, 13), VC_ERR_UNSUPPORTED);
        assert_int_equal(try_payload(kinds[i], 2, 8, 255, 13), VC_ERR_UNSUPPORTED);
    }
}

static void padding_other_than_zeros_and_short_payloads_are_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (size_t at = 5; at < 40; at++) {
            assert_int_equal(try_payload(kinds[i], 1, at, 1, 40), VC_ERR_MALFORMED);
        }
        for (size_t at = 13; at < 40; at++) {
            assert_int_equal(try_payload(kinds[i], 2, at, 1, 40), VC_ERR_MALFORMED);
        }
        for (size_t at = 8; at < 40; at++) {
            assert_int_equal(try_payload(kinds[i], 3, at, 1, 40), VC_ERR_MALFORMED);
        }
        for (size_t len = 0; len < 13; len++) {
            assert_int_equal(try_payload(kinds[i], 2, 0, 0, len), VC_ERR_MALFORMED);
        }
        for (size_t len = 0; len < 8; len++) {
            assert_int_equal(try_payload(kinds[i], 3, 0, 0, len), VC_ERR_MALFORMED);
        }
        assert_int_equal(try_payload(kinds[i], 3, 0, 9, 8), VC_OK);
    }
}

/* With a good mac1, from somebody who has the mask: the answer would be longer. */
static void a_msg1_shorter_than_its_answer_is_refused(void **state)
{
    (void)state;
    for (size_t len = 5; len < 24; len++) {
        struct pair p;
        uint8_t payload[24] = {VC_LINK_VERSION};

        pair_init(&p, VC_HANDSHAKE_JOIN, 75);
        pair_start(&p, ALICE);
        write_payload(&p, 1, (struct vc_bytes){payload, len});
        assert_int_equal(p.len[0], VC_HANDSHAKE_MSG1_MIN - 21 + len);
        assert_int_equal(pair_read_msg1(&p), len < 21 ? VC_ERR_MALFORMED : VC_OK);
    }
}

/* Somebody who has the invite too stands in the middle and says less for Alice. */
static void a_changed_claim_is_found_out_at_msg2(void **state)
{
    struct pair p, middle;
    struct vc_handshake_config cfg;

    (void)state;
    run_up_to(&p, VC_HANDSHAKE_JOIN, 80, 1);
    cfg = (struct vc_handshake_config){.kind = VC_HANDSHAKE_JOIN,
                                       .is_initiator = true,
                                       .network_id = pair_network(&p, ALICE),
                                       .mask = &p.mask[ALICE],
                                       .dev_dh = &p.dev_dh[ALICE],
                                       .invite_secret = &p.secret[ALICE],
                                       .e = &p.hs[ALICE].noise.e,
                                       .own_cid = p.hs[ALICE].own_cid,
                                       .capabilities = 0};
    middle = p;
    vc_handshake_init(&middle.hs[ALICE], &cfg);
    pair_write_msg1(&middle, NULL);
    assert_int_equal(pair_read_msg1(&middle), VC_OK);
    assert_int_equal(middle.hs[BOB].peer_capabilities, 0);
    pair_write_msg2(&middle);
    assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&middle, 2)),
                     VC_ERR_AUTH);
}

static void a_low_order_ephemeral_in_msg1_is_refused(void **state)
{
    struct pair p;

    (void)state;
    run_up_to(&p, VC_HANDSHAKE_LINK, 90, 1);
    memcpy(p.hs[ALICE].noise1, low_order.b, sizeof(low_order));
    pair_write_msg1(&p, NULL); /* with a good mac1 */
    assert_int_equal(pair_read_msg1(&p), VC_ERR_AUTH);
}

/* In a join no DH is done before msg2: the payload can be sealed by anybody. */
static void a_low_order_ephemeral_in_a_join_is_refused_when_answering(void **state)
{
    struct pair p;
    struct vc_noise_symmetric *symmetric = &p.hs[ALICE].noise.symmetric;
    uint8_t outputs[2 * VC_NOISE_HASH_MAX], payload[40] = {VC_LINK_VERSION}, room[256];
    struct vc_writer noise, w = vc_writer(room, sizeof(room));
    struct vc_bytes parts[2];

    (void)state;
    pair_init(&p, VC_HANDSHAKE_JOIN, 91);
    pair_start(&p, ALICE);
    parts[0] = VC_BYTES(symmetric->h);
    parts[1] = VC_BYTES(low_order.b);
    vc_noise_hash_parts(VC_NOISE_BLAKE2B, symmetric->h, parts, 2);
    vc_noise_hkdf(VC_NOISE_BLAKE2B, outputs, 2, VC_BYTES(symmetric->ck), parts[1]);
    noise = vc_writer(p.hs[ALICE].noise1, sizeof(p.hs[ALICE].noise1));
    vc_write_bytes(&noise, parts[1]);
    vc_seal_to(&noise, (struct vc_secret32 *)(outputs + 64), 0, VC_BYTES(symmetric->h),
               VC_BYTES(payload));
    assert_int_equal(vc_writer_end(&noise), VC_OK);
    p.hs[ALICE].noise1_len = (uint8_t)vc_writer_bytes(&noise).len;
    pair_write_msg1(&p, NULL);
    assert_int_equal(pair_read_msg1(&p), VC_OK);
    assert_int_equal(vc_handshake_write_msg2(&p.hs[BOB], p.len[0], &p.rng, &w),
                     VC_ERR_AUTH);
}

static void a_low_order_ephemeral_in_msg2_is_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct pair p;
        struct vc_handshake before;
        uint8_t *e;

        run_up_to(&p, kinds[i], 92 + i, 2);
        before = p.hs[ALICE];
        e = p.datagram[1] + 16;
        vc_xchacha_xor((struct vc_room){e, p.len[1] - 16}, &p.mask[BOB].stream,
                       p.datagram[1]);
        memcpy(e, low_order.b, sizeof(low_order));
        vc_xchacha_xor((struct vc_room){e, p.len[1] - 16}, &p.mask[BOB].stream,
                       p.datagram[1]);
        assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)),
                         VC_ERR_AUTH);
        assert_memory_equal(&before, &p.hs[ALICE], sizeof(before));
    }
}

static void a_low_order_static_is_refused(void **state)
{
    struct pair p;
    uint8_t room[256];
    struct vc_writer w = vc_writer(room, sizeof(room));

    (void)state;
    for (uint32_t i = 0; i < 2; i++) { /* the initiator's */
        pair_init(&p, kinds[i], 94 + i);
        pair_start(&p, ALICE);
        p.hs[ALICE].noise.s_public = low_order;
        pair_write_msg1(&p, NULL);
        assert_int_equal(pair_read_msg1(&p), VC_OK);
        pair_write_msg2(&p);
        assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)),
                         VC_OK);
        pair_write_msg3(&p);
        assert_int_equal(vc_handshake_read_msg3(&p.hs[BOB], pair_datagram(&p, 3)),
                         VC_ERR_AUTH);
    }
    run_up_to(&p, VC_HANDSHAKE_JOIN, 96, 1); /* the inviter's */
    assert_int_equal(pair_read_msg1(&p), VC_OK);
    p.hs[BOB].noise.s_public = low_order;
    pair_write_msg2(&p);
    assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)),
                     VC_ERR_AUTH);
    pair_init(&p, VC_HANDSHAKE_LINK, 97); /* the one that a contact is said to have */
    p.expected = low_order;
    pair_start(&p, ALICE);
    assert_int_equal(vc_handshake_write_msg1(&p.hs[ALICE], NULL, &p.rng, &w),
                     VC_ERR_AUTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_byte_anywhere_is_refused_and_changes_nothing),
        cmocka_unit_test(a_datagram_cut_or_lengthened_is_refused),
        cmocka_unit_test(a_stolen_key_does_not_let_others_pose_towards_its_owner),
        cmocka_unit_test(a_stolen_key_does_not_answer_for_whom_its_owner_calls),
        cmocka_unit_test(a_replayed_msg1_gets_an_answer_and_no_session),
        cmocka_unit_test(a_replayed_msg2_is_refused),
        cmocka_unit_test(a_replayed_msg3_is_refused),
        cmocka_unit_test(a_message_sent_back_to_its_writer_is_refused),
        cmocka_unit_test(who_means_another_root_is_refused),
        cmocka_unit_test(who_means_another_static_key_is_refused),
        cmocka_unit_test(another_network_is_not_heard),
        cmocka_unit_test(a_wrong_contacts_key_is_not_heard),
        cmocka_unit_test(a_wrong_invite_secret_is_not_heard),
        cmocka_unit_test(a_join_without_the_secret_ends_at_msg3),
        cmocka_unit_test(a_join_is_no_link_and_a_link_no_join),
        cmocka_unit_test(another_version_is_not_spoken),
        cmocka_unit_test(padding_other_than_zeros_and_short_payloads_are_malformed),
        cmocka_unit_test(a_msg1_shorter_than_its_answer_is_refused),
        cmocka_unit_test(a_changed_claim_is_found_out_at_msg2),
        cmocka_unit_test(a_low_order_ephemeral_in_msg1_is_refused),
        cmocka_unit_test(a_low_order_ephemeral_in_a_join_is_refused_when_answering),
        cmocka_unit_test(a_low_order_ephemeral_in_msg2_is_refused),
        cmocka_unit_test(a_low_order_static_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
