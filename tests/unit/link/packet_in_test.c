/* node/link/packet_in.c: what is done with packets that open, and with those that do not. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

static int begin(void **state)
{
    link_duo_begin(state);
    link_duo_connect();
    return 0;
}

static struct vc_link_stats stats_of(uint32_t node)
{
    struct vc_link_stats stats;
    vc_link_stats(world.nodes[node].link, &stats);
    return stats;
}

/* What node 0 sends, counted, and where to. */
static uint32_t sent_by_0;
static struct vc_addr sent_to;
static size_t sent_bytes;

static bool count_of_0(struct link_world *w, struct link_node *from,
                       const struct vc_addr *to, struct vc_bytes bytes)
{
    (void)w;
    if (from->index == 0) {
        sent_by_0++;
        sent_to = *to;
        sent_bytes += bytes.len;
    }
    return false;
}

static void watch(void)
{
    sent_by_0 = 0;
    sent_bytes = 0;
    world.filter = count_of_0;
}

static const uint8_t ping[16] = {VC_FRAME_PING};

static void inject(struct vc_bytes frames)
{
    link_duo_inject(1, 0, &world.nodes[1].addr, frames);
}

static void
every_second_packet_is_acknowledged_at_once_and_a_single_one_later(void **state)
{
    (void)state;
    link_duo_wait(500);
    watch();
    vc_ms start = world.now;
    inject(VC_BYTES(ping));
    link_world_drain(&world.nodes[0]);
    assert_int_equal(sent_by_0, 0);
    assert_int_equal(vc_link_due(world.nodes[0].link), start + VC_LINK_ACK_DELAY_MS);
    inject(VC_BYTES(ping));
    link_world_drain(&world.nodes[0]);
    assert_int_equal(sent_by_0, 1);
    inject(VC_BYTES(ping));
    link_duo_wait(VC_LINK_ACK_DELAY_MS - 1);
    assert_int_equal(sent_by_0, 1);
    link_duo_wait(1);
    assert_int_equal(sent_by_0, 2);
}

static void a_gap_is_told_at_once(void **state)
{
    (void)state;
    link_duo_wait(500);
    watch();
    link_duo_session(1, 0)->next_number += 3;
    inject(VC_BYTES(ping));
    link_world_drain(&world.nodes[0]);
    assert_int_equal(sent_by_0, 1);
    assert_int_equal(link_duo_session(0, 1)->received.count, 2);
}

static void a_packet_comes_once(void **state)
{
    (void)state;
    static const uint8_t object[16] = {
        VC_FRAME_STREAM, VC_LINK_CHAT, 0, 3, 2, 'h', 'i'};
    struct vc_session *s = link_duo_session(1, 0);
    inject(VC_BYTES(object));
    s->next_number--;
    inject(VC_BYTES(object));
    assert_int_equal(stats_of(0).dropped_replay, 1);
    inject(VC_BYTES(object)); /* the same bytes of the stream in another packet */
    link_world_drain(&world.nodes[0]);
    assert_int_equal(told[0].objects, 1);
    assert_memory_equal(told[0].last, "hi", 2);
}

static void a_changed_packet_is_dropped(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(1, 0);
    uint8_t room[VC_PACKET_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    assert_int_equal(vc_packet_seal(&s->keys.send, &s->keys.send_cid, s->next_number,
                                    VC_BYTES(ping), &w),
                     VC_OK);
    struct vc_bytes packet = vc_writer_bytes(&w);
    vc_ms heard_at = link_duo_session(0, 1)->heard_at;
    for (size_t i = VC_CID_LEN; i < packet.len; i++) {
        room[i] ^= 0x10;
        vc_link_recv(world.nodes[0].link, world.now, &world.nodes[1].addr, packet);
        room[i] ^= 0x10;
    }
    assert_int_equal(stats_of(0).dropped_replay, packet.len - VC_CID_LEN);
    assert_int_equal(link_duo_session(0, 1)->heard_at, heard_at);
}

static void malformed_frames_drop_the_packet_and_keep_the_session(void **state)
{
    (void)state;
    static const uint8_t unknown[16] = {VC_FRAME_PING, 99};
    static const uint8_t never_sent[16] = {VC_FRAME_ACK, 0x7f, 0xff};
    static const uint8_t half[16] = {VC_FRAME_STREAM, VC_LINK_CHAT, 0, 2, 1, 'x', 77};
    static const uint8_t beyond[16] = {VC_FRAME_STREAM,
                                       VC_LINK_CHAT,
                                       0x80,
                                       VC_LINK_FIRST_CREDIT >> 16,
                                       VC_LINK_FIRST_CREDIT >> 8 & 0xff,
                                       VC_LINK_FIRST_CREDIT & 0xff,
                                       1,
                                       'x'};
    const struct vc_bytes bad[] = {VC_BYTES(unknown), VC_BYTES(never_sent),
                                   VC_BYTES(half), VC_BYTES(beyond)};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        inject(bad[i]);
        assert_int_equal(stats_of(0).dropped_malformed, i + 1);
    }
    link_world_drain(&world.nodes[0]);
    assert_int_equal(told[0].objects, 0);
    assert_int_equal(link_duo_session(0, 1)->recv[VC_LINK_CHAT].highest, 0);
    assert_int_equal(told[0].downs, 0);
}

static void
an_object_that_cannot_be_breaks_the_session_and_the_peer_is_told(void **state)
{
    (void)state;
    static const uint8_t empty[16] = {
        VC_FRAME_STREAM, VC_LINK_CHAT, 0, 4, 2, 'o', 'k', 0};
    inject(VC_BYTES(empty));
    link_duo_wait(100);
    assert_int_equal(told[0].objects, 1); /* what came before is still told */
    assert_int_equal(told[0].reason, VC_ERR_MALFORMED);
    assert_int_equal(told[1].reason, VC_ERR_REFUSED);
}

static void what_cannot_be_stored_is_not_acknowledged_and_comes_again(void **state)
{
    (void)state;
    struct vc_link *link = world.nodes[0].link;
    uint32_t taken[4096], count = 0;
    while (vc_chunks_left(&link->chunks) > 0)
        taken[count++] = vc_chunk_take(&link->chunks);
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "later", 100), VC_OK);
    link_duo_wait(1000);
    assert_true(stats_of(0).dropped_full > 0);
    assert_int_equal(told[0].objects, 0);
    while (count > 0)
        vc_chunk_give(&link->chunks, taken[--count]);
    link_duo_wait(3000);
    assert_int_equal(told[0].objects, 1);
    assert_memory_equal(told[0].last, "later", 5);
}

static void the_reserve_lets_one_session_finish(void **state)
{
    (void)state;
    struct vc_link *link = world.nodes[0].link;
    uint32_t taken[4096], count = 0;
    while (vc_chunks_left(&link->chunks) > VC_LINK_CHUNKS_RESERVE)
        taken[count++] = vc_chunk_take(&link->chunks);
    for (int i = 0; i < 5; i++)
        assert_int_equal(link_duo_say(1, 0, i % 2 == 0 ? VC_LINK_CHAT : VC_LINK_CONTROL,
                                      "big", i < 2 ? VC_LINK_OBJECT_MAX : 60000),
                         VC_OK);
    link_duo_wait(20000);
    assert_int_equal(told[0].objects, 5);
    assert_int_equal(link->favoured, VC_SLOT_NONE);
    while (count > 0)
        vc_chunk_give(&link->chunks, taken[--count]);
}

static void a_peer_who_moves_is_followed_once_he_has_answered_from_there(void **state)
{
    (void)state;
    link_duo_wait(500);
    world.nodes[1].addr = link_world_addr(99, 4000);
    watch();
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "moved", 5), VC_OK);
    link_duo_wait(11);
    struct vc_session *s = link_duo_session(0, 1);
    assert_true(vc_addr_equal(&s->addr, &world.nodes[1].addr));
    assert_false(s->is_proved);
    assert_int_equal(told[0].moves, 0);
    assert_int_equal(sent_by_0, 1);
    assert_true(vc_addr_equal(&sent_to, &world.nodes[1].addr));
    link_duo_wait(100);
    assert_true(link_duo_session(0, 1)->is_proved);
    assert_int_equal(told[0].moves, 1);
    assert_true(vc_addr_equal(&told[0].moved_to, &world.nodes[1].addr));
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "there", 5), VC_OK);
    link_duo_wait(100);
    assert_int_equal(told[1].objects, 1);
}

static void
another_network_makes_the_window_small_again_but_another_port_does_not(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    uint64_t initial = s->congestion.window;
    s->congestion.window = 5 * initial;
    struct vc_addr addr = world.nodes[1].addr;
    addr.port++;
    link_duo_inject(1, 0, &addr, VC_BYTES(ping));
    assert_int_equal(s->congestion.window, 5 * initial);
    addr.ip[3]++;
    link_duo_inject(1, 0, &addr, VC_BYTES(ping));
    assert_int_equal(s->congestion.window, initial);
}

static void only_the_newest_packet_moves_the_peer(void **state)
{
    (void)state;
    struct vc_addr elsewhere = link_world_addr(99, 4000);
    struct vc_session *of_1 = link_duo_session(1, 0);
    of_1->next_number += 5;
    inject(VC_BYTES(ping));
    of_1->next_number -= 3;
    link_duo_inject(1, 0, &elsewhere, VC_BYTES(ping));
    assert_true(vc_addr_equal(&link_duo_session(0, 1)->addr, &world.nodes[1].addr));
}

static void an_unproved_address_gets_no_more_than_it_gave(void **state)
{
    (void)state;
    struct vc_addr victim = link_world_addr(99, 53);
    for (int i = 0; i < 20; i++)
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "much", 9000), VC_OK);
    link_duo_inject(1, 0, &victim, VC_BYTES(ping));
    watch();
    link_world_drain(&world.nodes[0]);
    assert_true(vc_addr_equal(&sent_to, &victim));
    assert_true(sent_bytes > 0 && sent_bytes <= sizeof ping + VC_PACKET_OVERHEAD);
    /* It was a copy: the peer is where he was, and is found there again. */
    link_duo_wait(30000);
    assert_int_equal(told[1].objects, 20);
    assert_true(vc_addr_equal(&link_duo_session(0, 1)->addr, &world.nodes[1].addr));
    assert_int_equal(told[0].downs + told[1].downs, 0);
}

/* Copies each packet of node 1 and hands it over first, as if it came from a victim. */
static struct vc_addr victim_of_copies;
static size_t copied_in, copied_out;

static bool copy(struct link_world *w, struct link_node *from, const struct vc_addr *to,
                 struct vc_bytes bytes)
{
    if (vc_addr_equal(to, &victim_of_copies)) {
        copied_out += bytes.len;
        assert_true(copied_out <= copied_in);
        return true;
    }
    if (from->index == 1 && w->now % 3 != 0) {
        copied_in += bytes.len;
        vc_link_recv(w->nodes[0].link, w->now, &victim_of_copies, bytes);
    }
    return false;
}

static void copies_from_a_victim_never_prove_his_address(void **state)
{
    (void)state;
    victim_of_copies = link_world_addr(99, 53);
    copied_in = copied_out = 0;
    world.filter = copy;
    for (int i = 0; i < 400; i++) {
        assert_int_not_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 700), VC_ERR_NOT_FOUND);
        if (i % 7 == 0)
            assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "y", 20), VC_OK);
        link_duo_wait(50 + (vc_ms)i % 90);
    }
    assert_true(copied_in > 0 && copied_out > 0);
    assert_int_equal(told[0].moves, 0);
    world.filter = NULL;
    link_duo_wait(20000);
    assert_int_equal(told[0].downs + told[1].downs, 0);
    assert_true(told[1].objects > 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_second_packet_is_acknowledged_at_once_and_a_single_one_later),
        TEST(a_gap_is_told_at_once),
        TEST(a_packet_comes_once),
        TEST(a_changed_packet_is_dropped),
        TEST(malformed_frames_drop_the_packet_and_keep_the_session),
        TEST(an_object_that_cannot_be_breaks_the_session_and_the_peer_is_told),
        TEST(what_cannot_be_stored_is_not_acknowledged_and_comes_again),
        TEST(the_reserve_lets_one_session_finish),
        TEST(a_peer_who_moves_is_followed_once_he_has_answered_from_there),
        TEST(another_network_makes_the_window_small_again_but_another_port_does_not),
        TEST(only_the_newest_packet_moves_the_peer),
        TEST(copies_from_a_victim_never_prove_his_address),
        TEST(an_unproved_address_gets_no_more_than_it_gave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
