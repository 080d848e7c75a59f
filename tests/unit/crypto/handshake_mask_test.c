#include "crypto/handshake_mask.h"

#include <string.h>

#include "tests/unit/crypto/checks.h"
#include "tests/unit/crypto/pair.h"

static const uint8_t here[] = {4, 192, 0, 2, 1, 0x88, 0x13};
static const uint8_t there[] = {4, 192, 0, 2, 2, 0x88, 0x13};
static const struct vc_secret32 secret = {{11}}, other_secret = {{12}};

static void start(struct pair *p, uint32_t seed)
{
    pair_init(p, VC_HANDSHAKE_LINK, seed);
    pair_start(p, ALICE);
    pair_write_msg1(p, NULL);
    assert_int_equal(pair_read_msg1(p), VC_OK);
}

/* Bob demands a cookie for Alice at @here: the datagram. */
static struct vc_bytes demand(struct pair *p, uint8_t *room, size_t len)
{
    uint8_t cookie[VC_COOKIE_LEN];
    struct vc_writer w = vc_writer(room, len);

    vc_cookie_make(cookie, &secret, VC_BYTES(here), &p->msg1);
    assert_int_equal(
        vc_handshake_write_cookie(&p->mask[BOB], &p->msg1, cookie, &p->rng, &w), VC_OK);
    return vc_writer_bytes(&w);
}

static void every_input_changes_every_key_of_a_mask(void **state)
{
    static const uint8_t ids[2][3] = {{1, 2, 3}, {1, 2, 4}};
    struct vc_secret32 contacts[2] = {{{1}}, {{2}}};
    struct vc_key32 dev_dh[2] = {{{3}}, {{4}}};
    struct vc_id16 invites[2] = {{{5}}, {{6}}};
    struct vc_secret32 seen[7 * 3];
    struct vc_mask mask;
    size_t count = 0;

    (void)state;
    for (int i = 0; i < 7; i++) {
        struct vc_bytes id = {ids[i == 1 || i == 5], i == 6 ? 2 : 3};
        if (i < 4) {
            vc_mask_of_contact(&mask, id, &contacts[i == 2], &dev_dh[i == 3]);
        } else {
            vc_mask_of_invite(&mask, id, &invites[0]);
        }
        seen[count++] = mask.stream;
        seen[count++] = mask.mac;
        seen[count++] = mask.cookie;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(&seen[i], &seen[j], sizeof(seen[i]));
        }
    }
    vc_mask_of_invite(&mask, VC_BYTES(ids[0]), &invites[1]);
    assert_memory_not_equal(&mask.stream, &seen[4 * 3], sizeof(mask.stream));
}

static void network_ids_have_1_to_32_bytes(void **state)
{
    static const uint8_t id[VC_NETWORK_ID_MAX + 1];
    static const struct vc_bytes none = {id, 0}, too_long = {id, sizeof(id)};
    static const struct vc_secret32 contacts;
    static const struct vc_key32 dev_dh;
    static const struct vc_id16 invite;
    struct vc_mask mask;

    (void)state;
    expect_assert_failure(vc_mask_of_invite(&mask, none, &invite));
    expect_assert_failure(vc_mask_of_invite(&mask, too_long, &invite));
    expect_assert_failure(vc_mask_of_contact(&mask, none, &contacts, &dev_dh));
    expect_assert_failure(vc_mask_of_contact(&mask, too_long, &contacts, &dev_dh));
}

static void a_cookie_is_good_for_its_address_message_and_secret(void **state)
{
    struct pair p, q;

    (void)state;
    start(&p, 1);
    start(&q, 2);
    assert_false(vc_cookie_is_valid(&p.msg1, &secret, VC_BYTES(here)));
    vc_cookie_make(p.msg1.cookie, &secret, VC_BYTES(here), &p.msg1);
    assert_true(vc_cookie_is_valid(&p.msg1, &secret, VC_BYTES(here)));
    assert_false(vc_cookie_is_valid(&p.msg1, &secret, VC_BYTES(there)));
    assert_false(vc_cookie_is_valid(&p.msg1, &other_secret, VC_BYTES(here)));
    memcpy(q.msg1.cookie, p.msg1.cookie, VC_COOKIE_LEN);
    assert_false(vc_cookie_is_valid(&q.msg1, &secret, VC_BYTES(here)));
    q.msg1.sender_cid = p.msg1.sender_cid; /* and with the Noise part alone different */
    assert_false(vc_cookie_is_valid(&q.msg1, &secret, VC_BYTES(here)));
    q.msg1.noise_part = p.msg1.noise_part;
    assert_true(vc_cookie_is_valid(&q.msg1, &secret, VC_BYTES(here)));
    q.msg1.sender_cid.b[0] ^= 1;
    assert_false(vc_cookie_is_valid(&q.msg1, &secret, VC_BYTES(here)));
}

static void a_demanded_cookie_comes_back_in_the_next_msg1(void **state)
{
    struct pair p;
    uint8_t room[VC_HANDSHAKE_MAX], cookie[VC_COOKIE_LEN];
    struct vc_msg1 again;

    (void)state;
    start(&p, 3);
    assert_true(
        vc_handshake_read_cookie(&p.hs[ALICE], demand(&p, room, sizeof(room)), cookie));
    pair_write_msg1(&p, cookie);
    assert_true(
        vc_handshake_open_msg1(&p.mask[BOB], pair_datagram(&p, 1), p.scratch, &again));
    assert_true(vc_cookie_is_valid(&again, &secret, VC_BYTES(here)));
    assert_false(vc_cookie_is_valid(&again, &secret, VC_BYTES(there)));
    assert_int_equal(pair_read_msg1(&p), VC_OK);
}

static void a_cookie_reply_is_for_who_sent_that_msg1(void **state)
{
    struct pair p, q;
    uint8_t room[VC_HANDSHAKE_MAX], cookie[VC_COOKIE_LEN];
    struct vc_bytes reply;

    (void)state;
    start(&p, 4);
    reply = demand(&p, room, sizeof(room));
    q = p;
    pair_start(&q, ALICE); /* another handshake towards the same device */
    pair_write_msg1(&q, NULL);
    assert_false(vc_handshake_read_cookie(&q.hs[ALICE], reply, cookie));
    q.hs[ALICE].own_cid = p.hs[ALICE].own_cid;
    assert_false(vc_handshake_read_cookie(&q.hs[ALICE], reply, cookie));
    assert_true(vc_handshake_read_cookie(&p.hs[ALICE], reply, cookie));
}

static void a_flipped_byte_or_another_length_is_no_cookie_reply(void **state)
{
    struct pair p;
    uint8_t room[VC_HANDSHAKE_MAX + 1] = {0}, cookie[VC_COOKIE_LEN] = {99};
    struct vc_bytes reply;

    (void)state;
    start(&p, 5);
    reply = demand(&p, room, sizeof(room));
    for (size_t i = 0; i < reply.len; i++) {
        room[i] ^= 4;
        assert_false(vc_handshake_read_cookie(&p.hs[ALICE], reply, cookie));
        room[i] ^= 4;
    }
    for (size_t len = 0; len <= sizeof(room); len++) {
        if (len != reply.len) {
            assert_false(vc_handshake_read_cookie(
                &p.hs[ALICE], (struct vc_bytes){room, len}, cookie));
        }
    }
    assert_int_equal(cookie[0], 99);
    assert_true(vc_handshake_read_cookie(&p.hs[ALICE], reply, cookie));
}

static void a_cookie_reply_is_heeded_until_msg2_only(void **state)
{
    struct pair p;
    uint8_t room[VC_HANDSHAKE_MAX], cookie[VC_COOKIE_LEN];
    struct vc_bytes reply;

    (void)state;
    start(&p, 6);
    reply = demand(&p, room, sizeof(room));
    assert_int_not_equal(vc_handshake_read_msg2(&p.hs[ALICE], reply), VC_OK);
    pair_write_msg2(&p);
    assert_false(vc_handshake_read_cookie(&p.hs[ALICE], pair_datagram(&p, 2), cookie));
    assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)), VC_OK);
    assert_false(vc_handshake_read_cookie(&p.hs[ALICE], reply, cookie));
}

static void a_short_room_for_a_cookie_is_full(void **state)
{
    struct pair p;
    uint8_t room[VC_HANDSHAKE_MAX], cookie[VC_COOKIE_LEN] = {1};

    (void)state;
    start(&p, 7);
    for (size_t len = 0; len < VC_HANDSHAKE_MIN; len++) {
        struct vc_writer w = vc_writer(room, len);
        assert_int_equal(
            vc_handshake_write_cookie(&p.mask[BOB], &p.msg1, cookie, &p.rng, &w),
            VC_ERR_FULL);
    }
}

/*
 * Pearson's test at each position: 4,000 datagrams over 256 values.  With 255 degrees of
 * freedom the sum has mean 255 and deviation 22.6; 400 is passed by chance once in about
 * 10^8 positions.
 */
#define SAMPLE_COUNT 4000
#define CHI2_MAX     400.0

static uint16_t counts[4][VC_HANDSHAKE_MAX][256];

static void count_bytes(size_t kind, struct vc_bytes datagram)
{
    for (size_t i = 0; i < datagram.len; i++) {
        counts[kind][i][datagram.data[i]]++;
    }
}

static void assert_uniform(size_t kind, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        double expected = SAMPLE_COUNT / 256.0, sum = 0;

        for (size_t value = 0; value < 256; value++) {
            double off = counts[kind][i][value] - expected;
            sum += off * off / expected;
        }
        if (sum > CHI2_MAX) {
            fail_msg("datagram %zu, position %zu: chi-square %.0f", kind, i, sum);
        }
    }
}

static void the_first_datagrams_look_like_noise_at_every_position(void **state)
{
    struct pair p;
    uint8_t room[VC_HANDSHAKE_MAX];

    (void)state;
    memset(counts, 0, sizeof(counts));
    pair_init(&p, VC_HANDSHAKE_LINK, 8); /* one pair, one mask: the worst case */
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        pair_start(&p, ALICE);
        pair_write_msg1(&p, NULL);
        assert_int_equal(pair_read_msg1(&p), VC_OK);
        count_bytes(0, pair_datagram(&p, 1));
        count_bytes(3, demand(&p, room, sizeof(room)));
        pair_write_msg2(&p);
        count_bytes(1, pair_datagram(&p, 2));
        assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)),
                         VC_OK);
        pair_write_msg3(&p);
        count_bytes(2, pair_datagram(&p, 3));
    }
    assert_uniform(0, VC_HANDSHAKE_MSG1_MIN);
    assert_uniform(1, 77);
    assert_uniform(2, 88);
    assert_uniform(3, VC_HANDSHAKE_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_input_changes_every_key_of_a_mask),
        cmocka_unit_test(network_ids_have_1_to_32_bytes),
        cmocka_unit_test(a_cookie_is_good_for_its_address_message_and_secret),
        cmocka_unit_test(a_demanded_cookie_comes_back_in_the_next_msg1),
        cmocka_unit_test(a_cookie_reply_is_for_who_sent_that_msg1),
        cmocka_unit_test(a_flipped_byte_or_another_length_is_no_cookie_reply),
        cmocka_unit_test(a_cookie_reply_is_heeded_until_msg2_only),
        cmocka_unit_test(a_short_room_for_a_cookie_is_full),
        cmocka_unit_test(the_first_datagrams_look_like_noise_at_every_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
