#include "crypto/handshake.h"

#include <string.h>

#include "crypto/handshake_mask.h"
#include "crypto/packet.h"
#include "tests/unit/crypto/checks.h"
#include "tests/unit/crypto/pair.h"

static const enum vc_handshake_kind kinds[] = {VC_HANDSHAKE_LINK, VC_HANDSHAKE_JOIN};

static void both_sides_agree_on_everything(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct pair p;
        struct vc_session_tag tag[2];
        struct vc_packet_key send[2], recv[2];

        pair_run(&p, kinds[i], i);
        for (int side = 0; side < 2; side++) {
            assert_true(vc_handshake_is_done(&p.hs[side]));
            vc_handshake_tag(&p.hs[side], &tag[side]);
            vc_packet_keys(&p.hs[side], &send[side], &recv[side]);
            assert_int_equal(p.hs[side].peer_version, VC_LINK_VERSION);
            assert_memory_equal(p.hs[side].noise.rs.b, p.dev_dh_public[1 - side].b, 32);
            assert_memory_equal(&p.hs[side].peer_cid, &p.hs[1 - side].own_cid,
                                VC_CID_LEN);
        }
        assert_memory_equal(&tag[0], &tag[1], sizeof(tag[0]));
        assert_memory_equal(&send[0], &recv[1], sizeof(send[0]));
        assert_memory_equal(&send[1], &recv[0], sizeof(send[1]));
        assert_memory_not_equal(&send[0], &send[1], sizeof(send[0]));
        assert_memory_not_equal(&send[0].key, &send[0].mask, sizeof(send[0].key));
        assert_int_equal(p.hs[ALICE].peer_capabilities, 0xb0b);
        assert_int_equal(p.hs[BOB].peer_capabilities, 0xa11ce);
        assert_int_equal(p.hs[BOB].continues.b[7], 8);
    }
}

static void two_handshakes_of_the_same_two_share_nothing(void **state)
{
    struct pair p;
    struct vc_packet_key first[2], second[2];
    struct vc_session_tag tag[2];

    (void)state;
    pair_run(&p, VC_HANDSHAKE_LINK, 1);
    vc_packet_keys(&p.hs[ALICE], &first[0], &first[1]);
    vc_handshake_tag(&p.hs[ALICE], &tag[0]);
    pair_start(&p, ALICE);
    pair_write_msg1(&p, NULL);
    assert_int_equal(pair_read_msg1(&p), VC_OK);
    pair_write_msg2(&p);
    assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], pair_datagram(&p, 2)), VC_OK);
    pair_write_msg3(&p);
    vc_packet_keys(&p.hs[ALICE], &second[0], &second[1]);
    vc_handshake_tag(&p.hs[ALICE], &tag[1]);
    for (int i = 0; i < 2; i++) {
        assert_memory_not_equal(&first[i].key, &second[i].key, sizeof(first[i].key));
        assert_memory_not_equal(&first[i].mask, &second[i].mask, sizeof(first[i].mask));
    }
    assert_memory_not_equal(&tag[0], &tag[1], sizeof(tag[0]));
}

static void no_answer_is_longer_than_its_question(void **state)
{
    bool len_was_seen[VC_HANDSHAKE_MAX] = {false};
    size_t lens = 0;

    (void)state;
    for (uint32_t seed = 0; seed < 200; seed++) {
        struct pair p;
        uint8_t room[VC_HANDSHAKE_MAX], cookie[VC_COOKIE_LEN] = {1};
        struct vc_writer w = vc_writer(room, sizeof(room));

        pair_run(&p, kinds[seed % 2], seed);
        assert_in_range(p.len[0], VC_HANDSHAKE_MSG1_MIN, VC_HANDSHAKE_MSG1_MIN + 63);
        assert_in_range(p.len[1], kinds[seed % 2] == VC_HANDSHAKE_LINK ? 77 : 125,
                        p.len[0]);
        assert_in_range(p.len[2], 88, 88 + 63);
        assert_int_equal(
            vc_handshake_write_cookie(&p.mask[BOB], &p.msg1, cookie, &p.rng, &w),
            VC_OK);
        assert_in_range(vc_writer_bytes(&w).len, VC_HANDSHAKE_MIN, p.len[0] - 1);
        lens += len_was_seen[p.len[0]] ? 0 : 1;
        len_was_seen[p.len[0]] = true;
    }
    assert_true(lens > 40); /* of the 64 that there are */
}

static void msg1_sent_again_looks_new_and_is_the_same_inside(void **state)
{
    struct pair p;
    struct vc_msg1 first, second;
    uint8_t scratch[2][VC_HANDSHAKE_MAX], datagram[VC_HANDSHAKE_MAX];
    const uint8_t cookie[VC_COOKIE_LEN] = {7};

    (void)state;
    pair_init(&p, VC_HANDSHAKE_LINK, 3);
    pair_start(&p, ALICE);
    pair_write_msg1(&p, NULL);
    memcpy(datagram, p.datagram[0], p.len[0]);
    pair_mask(&p, BOB);
    assert_true(
        vc_handshake_open_msg1(&p.mask[BOB], pair_datagram(&p, 1), scratch[0], &first));
    assert_true(vc_is_zero(first.cookie, sizeof(first.cookie)));
    pair_write_msg1(&p, cookie);
    for (size_t i = 0; i + 8 <= p.len[0]; i += 8) {
        assert_memory_not_equal(datagram + i, p.datagram[0] + i, 8);
    }
    assert_true(vc_handshake_open_msg1(&p.mask[BOB], pair_datagram(&p, 1), scratch[1],
                                       &second));
    assert_memory_equal(second.cookie, cookie, sizeof(cookie));
    assert_memory_equal(&first.sender_cid, &second.sender_cid, VC_CID_LEN);
    assert_int_equal(first.noise_part.len, second.noise_part.len);
    assert_memory_equal(first.noise_part.data, second.noise_part.data,
                        first.noise_part.len);
}

static void a_short_room_is_full(void **state)
{
    (void)state;
    for (size_t len = 0; len < 300; len += 7) {
        struct pair p;
        uint8_t room[300];
        struct vc_writer w = vc_writer(room, len);
        struct vc_session_tag none = {{0}};
        vc_err err;

        pair_init(&p, VC_HANDSHAKE_JOIN, 4);
        pair_start(&p, ALICE);
        err = vc_handshake_write_msg1(&p.hs[ALICE], NULL, &p.rng, &w);
        pair_write_msg1(&p, NULL); /* a write that found no room may be tried again */
        assert_int_equal(err, len >= p.len[0] ? VC_OK : VC_ERR_FULL);
        assert_int_equal(pair_read_msg1(&p), VC_OK);
        w = vc_writer(room, len);
        err = vc_handshake_write_msg2(&p.hs[BOB], p.len[0], &p.rng, &w);
        assert_true(
            err ==
            (len >= vc_writer_bytes(&w).len && !w.is_failed ? VC_OK : VC_ERR_FULL));
        if (err != VC_OK) {
            continue;
        }
        assert_int_equal(vc_handshake_read_msg2(&p.hs[ALICE], vc_writer_bytes(&w)),
                         VC_OK);
        w = vc_writer(room, 80);
        assert_int_equal(vc_handshake_write_msg3(&p.hs[ALICE], &none, &p.rng, &w),
                         VC_ERR_FULL);
    }
}

static struct vc_handshake_config whole_config(const struct pair *p)
{
    static const struct vc_secret32 e = {{1}};

    return (struct vc_handshake_config){.kind = VC_HANDSHAKE_LINK,
                                        .is_initiator = true,
                                        .network_id = pair_network(p, ALICE),
                                        .mask = &p->mask[ALICE],
                                        .dev_dh = &p->dev_dh[ALICE],
                                        .peer_dev_dh = &p->expected,
                                        .responder_root = &p->root[ALICE],
                                        .e = &e};
}

static void what_a_side_must_know_must_be_given(void **state)
{
    static const uint8_t long_id[VC_NETWORK_ID_MAX + 1];
    struct pair p;
    struct vc_handshake hs;
    struct vc_handshake_config cfg;

    (void)state;
    pair_init(&p, VC_HANDSHAKE_LINK, 5);
    pair_mask(&p, ALICE);
    cfg = whole_config(&p);
    vc_handshake_init(&hs, &cfg);
    cfg.network_id = (struct vc_bytes){long_id, VC_NETWORK_ID_MAX};
    vc_handshake_init(&hs, &cfg);
    cfg.network_id = VC_BYTES(long_id);
    expect_assert_failure(vc_handshake_init(&hs, &cfg));
    cfg = whole_config(&p);
    cfg.network_id.len = 0;
    expect_assert_failure(vc_handshake_init(&hs, &cfg));
    cfg = whole_config(&p);
    cfg.responder_root = NULL;
    expect_assert_failure(vc_handshake_init(&hs, &cfg));
    cfg = whole_config(&p);
    cfg.peer_dev_dh = NULL;
    expect_assert_failure(vc_handshake_init(&hs, &cfg));
    cfg = whole_config(&p);
    cfg.kind = VC_HANDSHAKE_JOIN;
    expect_assert_failure(vc_handshake_init(&hs, &cfg));
}

static void a_public_key_given_along_changes_no_byte(void **state)
{
    struct pair p;
    struct vc_handshake made, given;
    struct vc_handshake_config cfg;

    (void)state;
    pair_init(&p, VC_HANDSHAKE_LINK, 6);
    pair_mask(&p, ALICE);
    cfg = whole_config(&p);
    vc_handshake_init(&made, &cfg);
    cfg.dev_dh_public = &p.dev_dh_public[ALICE];
    vc_handshake_init(&given, &cfg);
    assert_memory_equal(&made.noise.s_public, &given.noise.s_public, 32);
    assert_memory_equal(&made.noise.symmetric.h, &given.noise.symmetric.h, 64);
}

static void tag_and_keys_come_from_finished_handshakes_only(void **state)
{
    struct pair p;
    struct vc_session_tag tag;
    struct vc_packet_key send, recv;

    (void)state;
    pair_init(&p, VC_HANDSHAKE_LINK, 7);
    pair_start(&p, ALICE);
    assert_false(vc_handshake_is_done(&p.hs[ALICE]));
    expect_assert_failure(vc_handshake_tag(&p.hs[ALICE], &tag));
    expect_assert_failure(vc_packet_keys(&p.hs[ALICE], &send, &recv));
}

static void a_wiped_state_is_zeros(void **state)
{
    struct pair p;

    (void)state;
    pair_run(&p, VC_HANDSHAKE_JOIN, 8);
    vc_handshake_wipe(&p.hs[ALICE]);
    assert_true(vc_is_zero(&p.hs[ALICE], sizeof(p.hs[ALICE])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_agree_on_everything),
        cmocka_unit_test(two_handshakes_of_the_same_two_share_nothing),
        cmocka_unit_test(no_answer_is_longer_than_its_question),
        cmocka_unit_test(msg1_sent_again_looks_new_and_is_the_same_inside),
        cmocka_unit_test(a_short_room_is_full),
        cmocka_unit_test(what_a_side_must_know_must_be_given),
        cmocka_unit_test(a_public_key_given_along_changes_no_byte),
        cmocka_unit_test(tag_and_keys_come_from_finished_handshakes_only),
        cmocka_unit_test(a_wiped_state_is_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
