#include "crypto/packet.h"

#include <string.h>

#include "tests/unit/crypto/checks.h"
#include "tests/unit/crypto/pair.h"

static const struct vc_packet_key key = {{{1}}, {{2}}};
static const struct vc_cid cid = {{3, 1, 4, 1, 5, 9, 2, 6}};

struct packet {
    uint8_t b[VC_PACKET_MAX + 1];
    size_t len;
};

static struct packet seal(uint64_t number, struct vc_bytes plain)
{
    struct packet packet;
    struct vc_writer w = vc_writer(packet.b, sizeof(packet.b));

    assert_int_equal(vc_packet_seal(&key, &cid, number, plain, &w), VC_OK);
    packet.len = vc_writer_bytes(&w).len;
    assert_int_equal(packet.len, plain.len + VC_PACKET_OVERHEAD);
    return packet;
}

static bool open_with(const struct vc_packet_key *with, struct vc_replay *replay,
                      const struct packet *packet, uint64_t *ret_number)
{
    uint8_t plain[VC_PACKET_MAX];
    size_t plain_len;

    return vc_packet_open(with, replay, (struct vc_bytes){packet->b, packet->len},
                          plain, &plain_len, ret_number);
}

/* Does packet @number open, with its number found again? */
static bool opens(struct vc_replay *replay, uint64_t number)
{
    const uint8_t plain[3] = {7, 8, 9};
    struct packet packet = seal(number, VC_BYTES(plain));
    uint64_t found;

    if (!open_with(&key, replay, &packet, &found)) {
        return false;
    }
    assert_true(found == number);
    return true;
}

static void what_was_sealed_is_opened(void **state)
{
    static uint8_t plain[VC_PACKET_MAX - VC_PACKET_OVERHEAD];
    uint8_t opened[VC_PACKET_MAX];
    struct vc_replay replay = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(plain); i++) {
        plain[i] = (uint8_t)(i * 7);
    }
    for (size_t len = 0; len <= sizeof(plain); len += 43) {
        struct packet packet = seal(len, (struct vc_bytes){plain, len});
        size_t opened_len;
        uint64_t number;

        assert_memory_equal(packet.b, cid.b, sizeof(cid.b));
        assert_true(vc_packet_open(&key, &replay,
                                   (struct vc_bytes){packet.b, packet.len}, opened,
                                   &opened_len, &number));
        assert_int_equal(opened_len, len);
        assert_memory_equal(opened, plain, len);
        assert_true(number == len);
    }
}

static void sealing_in_its_own_place_gives_the_same_bytes(void **state)
{
    const uint8_t plain[5] = {1, 2, 3, 4, 5};
    struct packet apart = seal(77, VC_BYTES(plain));
    uint8_t room[VC_PACKET_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    (void)state;
    memcpy(room + VC_PACKET_HEADER, plain, sizeof(plain));
    assert_int_equal(
        vc_packet_seal(&key, &cid, 77,
                       (struct vc_bytes){room + VC_PACKET_HEADER, sizeof(plain)}, &w),
        VC_OK);
    assert_memory_equal(room, apart.b, apart.len);
}

static void what_would_pass_the_limits_is_full(void **state)
{
    static uint8_t plain[VC_PACKET_MAX];
    uint8_t room[2 * VC_PACKET_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    (void)state;
    assert_int_equal(
        vc_packet_seal(&key, &cid, 1,
                       (struct vc_bytes){plain, VC_PACKET_MAX - VC_PACKET_OVERHEAD + 1},
                       &w),
        VC_ERR_FULL);
    for (size_t len = 0; len < VC_PACKET_OVERHEAD + 4; len++) {
        w = vc_writer(room, len);
        assert_int_equal(vc_packet_seal(&key, &cid, 1, (struct vc_bytes){plain, 4}, &w),
                         VC_ERR_FULL);
    }
}

static void numbers_from_2_to_the_63_on_are_mistakes(void **state)
{
    static const struct vc_bytes nothing = {NULL, 0};
    uint8_t room[VC_PACKET_MAX];
    struct vc_writer w = vc_writer(room, sizeof(room));

    (void)state;
    expect_assert_failure(
        ignore_err(vc_packet_seal(&key, &cid, (uint64_t)1 << 63, nothing, &w)));
}

static void a_flipped_byte_anywhere_is_refused_and_changes_nothing(void **state)
{
    const uint8_t plain[40] = {1};
    struct packet packet = seal(5, VC_BYTES(plain));
    struct vc_replay replay = {0}, before;
    uint64_t number = 99;

    (void)state;
    assert_true(opens(&replay, 3));
    before = replay;
    for (size_t i = 0; i < packet.len; i++) {
        packet.b[i] ^= 0x10;
        assert_false(open_with(&key, &replay, &packet, &number));
        packet.b[i] ^= 0x10;
    }
    assert_memory_equal(&before, &replay, sizeof(before));
    assert_true(number == 99);
    assert_true(open_with(&key, &replay, &packet, &number));
    assert_true(number == 5);
}

static void a_datagram_cut_or_lengthened_is_refused(void **state)
{
    const uint8_t plain[40] = {1};
    struct packet packet = seal(5, VC_BYTES(plain));
    struct vc_replay replay = {0};
    size_t whole = packet.len;
    uint64_t number;

    (void)state;
    memset(packet.b + whole, 0, sizeof(packet.b) - whole);
    for (packet.len = 0; packet.len <= sizeof(packet.b); packet.len++) {
        assert_int_equal(packet.len == whole,
                         open_with(&key, &replay, &packet, &number));
    }
}

/* From a peer who keeps no limits: the tag is right. */
static void a_packet_longer_than_1232_bytes_is_refused(void **state)
{
    static const uint8_t plain[VC_PACKET_MAX + 1 - VC_PACKET_OVERHEAD];

    (void)state;
    for (size_t len = sizeof(plain) - 1; len <= sizeof(plain); len++) {
        struct packet packet;
        struct vc_writer w = vc_writer(packet.b, sizeof(packet.b));
        struct vc_replay replay = {0};
        uint8_t mask[4];
        uint64_t number;

        vc_write_copy(&w, cid.b, sizeof(cid.b));
        vc_write_u32(&w, 0);
        vc_seal_to(&w, &key.key, 0, VC_BYTES(cid.b), (struct vc_bytes){plain, len});
        assert_int_equal(vc_writer_end(&w), VC_OK);
        packet.len = vc_writer_bytes(&w).len;
        vc_chacha_mask(mask, sizeof(mask), &key.mask, packet.b + VC_PACKET_HEADER);
        memcpy(packet.b + VC_CID_LEN, mask, sizeof(mask));
        assert_int_equal(open_with(&key, &replay, &packet, &number),
                         packet.len <= VC_PACKET_MAX);
    }
}

static void another_key_or_mask_does_not_open(void **state)
{
    const struct vc_packet_key others[] = {
        {{{9}}, {{2}}}, {{{1}}, {{9}}}, {{{2}}, {{1}}}};
    struct packet packet = seal(5, (struct vc_bytes){NULL, 0});
    struct vc_replay replay = {0};
    uint64_t number;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_false(open_with(&others[i], &replay, &packet, &number));
    }
    assert_true(open_with(&key, &replay, &packet, &number));
}

static void a_packet_opens_once(void **state)
{
    struct vc_replay replay = {0};

    (void)state;
    for (uint64_t n = 0; n < 100; n++) {
        assert_true(opens(&replay, n));
        assert_false(opens(&replay, n));
    }
    assert_true(opens(&replay, 99 + VC_REPLAY_WINDOW));
    assert_false(opens(&replay, 99)); /* seen */
    assert_true(opens(&replay, 100)); /* the oldest that the window knows */
    assert_true(opens(&replay, 100 + VC_REPLAY_WINDOW));
    assert_false(opens(&replay, 100));
}

static void numbers_go_on_across_2_to_the_32(void **state)
{
    const uint64_t turn = (uint64_t)1 << 32;

    (void)state;
    for (uint64_t times = 1; times <= 3; times++) {
        struct vc_replay replay = {0};
        uint64_t edge = times * turn;

        /* A receiver that is at the edge already, as after that many packets. */
        vc_replay_mark(&replay, edge - 3);
        assert_true(opens(&replay, edge - 2));
        assert_true(opens(&replay, edge + 1)); /* over the edge */
        assert_true(opens(&replay, edge - 1)); /* and back: late ones */
        assert_true(opens(&replay, edge));
        assert_false(opens(&replay, edge - 2));
        assert_true(opens(&replay, edge + 500));
        assert_true(opens(&replay, edge - 1000));
        assert_true(
            opens(&replay, edge + 500 + turn / 2)); /* the farthest that is found */
        assert_false(opens(&replay, edge + 500));
    }
}

static void a_jump_of_more_than_half_a_turn_is_refused(void **state)
{
    struct vc_replay replay = {0};

    (void)state;
    assert_true(opens(&replay, 1000));
    assert_false(opens(&replay, 1001 + ((uint64_t)1 << 31) + ((uint64_t)1 << 32)));
    assert_true(opens(&replay, 1001 + ((uint64_t)1 << 31)));
}

static void equal_counters_do_not_show(void **state)
{
    const uint8_t plain[16] = {0};
    struct packet a = seal(1, VC_BYTES(plain));
    struct packet b = seal(1, (struct vc_bytes){plain, 15});
    struct packet c = seal(2, VC_BYTES(plain));

    (void)state;
    assert_memory_not_equal(a.b + VC_CID_LEN, b.b + VC_CID_LEN, 4);
    assert_memory_not_equal(a.b + VC_CID_LEN, c.b + VC_CID_LEN, 4);
}

static void both_ways_of_a_session_work_and_are_not_each_other(void **state)
{
    const uint8_t plain[3] = {1, 2, 3};
    struct pair p;
    struct vc_packet_key send[2], recv[2];

    (void)state;
    pair_run(&p, VC_HANDSHAKE_JOIN, 1);
    vc_packet_keys(&p.hs[ALICE], &send[ALICE], &recv[ALICE]);
    vc_packet_keys(&p.hs[BOB], &send[BOB], &recv[BOB]);
    for (int from = 0; from < 2; from++) {
        struct packet packet;
        struct vc_writer w = vc_writer(packet.b, sizeof(packet.b));
        struct vc_replay replay = {0};
        uint64_t number;

        assert_int_equal(
            vc_packet_seal(&send[from], &p.hs[from].peer_cid, 0, VC_BYTES(plain), &w),
            VC_OK);
        packet.len = vc_writer_bytes(&w).len;
        assert_false(open_with(&recv[from], &replay, &packet, &number)); /* sent back */
        assert_true(open_with(&recv[1 - from], &replay, &packet, &number));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_is_opened),
        cmocka_unit_test(sealing_in_its_own_place_gives_the_same_bytes),
        cmocka_unit_test(what_would_pass_the_limits_is_full),
        cmocka_unit_test(numbers_from_2_to_the_63_on_are_mistakes),
        cmocka_unit_test(a_flipped_byte_anywhere_is_refused_and_changes_nothing),
        cmocka_unit_test(a_datagram_cut_or_lengthened_is_refused),
        cmocka_unit_test(a_packet_longer_than_1232_bytes_is_refused),
        cmocka_unit_test(another_key_or_mask_does_not_open),
        cmocka_unit_test(a_packet_opens_once),
        cmocka_unit_test(numbers_go_on_across_2_to_the_32),
        cmocka_unit_test(a_jump_of_more_than_half_a_turn_is_refused),
        cmocka_unit_test(equal_counters_do_not_show),
        cmocka_unit_test(both_ways_of_a_session_work_and_are_not_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
