/* node/link/packet_out.c: how packets are made. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

#define LENGTHS_MAX 4096

/* The packets of node 0, opened with node 1's keys. */
static struct vc_frames frames;
static uint32_t packets, streams_in_packet[8];
static uint8_t first_stream[64];
static size_t lengths[LENGTHS_MAX];

static bool look(struct link_world *w, struct link_node *from, const struct vc_addr *to,
                 struct vc_bytes bytes)
{
    (void)to;
    if (from->index != 0)
        return false;
    struct vc_session *s = link_duo_session(1, 0);
    struct vc_replay replay = s->replay;
    uint8_t plain[VC_PACKET_MAX];
    size_t len;
    uint64_t number;
    assert_true(bytes.len <= VC_LINK_DATAGRAM_MAX);
    if (!vc_packet_open(&s->keys.recv, &replay, bytes, plain, &len, &number))
        return false;
    (void)w;
    assert_int_equal(len % VC_LINK_PAD_STEP, 0);
    assert_int_equal(vc_frames_decode((struct vc_bytes){plain, len}, &frames), VC_OK);
    if (packets < 8)
        streams_in_packet[packets] = frames.stream_count;
    if (packets < 64 && frames.stream_count > 0)
        first_stream[packets] = frames.streams[0].stream;
    if (packets < LENGTHS_MAX)
        lengths[packets] = bytes.len;
    packets++;
    return false;
}

static int begin(void **state)
{
    link_duo_begin(state);
    link_duo_connect();
    link_duo_wait(1000);
    packets = 0;
    memset(streams_in_packet, 0, sizeof streams_in_packet);
    world.filter = look;
    return 0;
}

static void small_objects_of_a_turn_share_packets(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "small", 100), VC_OK);
    link_world_drain(&world.nodes[0]);
    assert_int_equal(packets, 100 * 102 / VC_LINK_PLAIN_MAX + 1);
    link_duo_wait(500);
    assert_int_equal(told[1].objects, 100);
}

static void control_is_never_behind_chat(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "chat", 6000), VC_OK);
    link_duo_wait(25);
    uint32_t before = packets;
    assert_true(before < 40);
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CONTROL, "ack", 50), VC_OK);
    link_world_drain(&world.nodes[0]);
    while (packets == before)
        assert_true(link_world_step(&world, world.now + 1000));
    assert_int_equal(first_stream[before], VC_LINK_CONTROL);
}

static void no_more_is_in_flight_than_the_window_allows(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    uint64_t window = s->congestion.window;
    for (int i = 0; i < 30; i++)
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "chat", 6000), VC_OK);
    link_world_drain(&world.nodes[0]);
    assert_true(s->flight.bytes <= window);
    assert_true(s->flight.bytes + VC_LINK_DATAGRAM_MAX > window);
    assert_int_equal(packets, 10);
}

static void nothing_is_sent_beyond_the_peers_credit(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    s->congestion.window = 1u << 20;
    s->eliciting_at = world.now; /* it did not rest */
    for (int i = 0; i < 31; i++)
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "chat", 6000), VC_OK);
    link_world_drain(&world.nodes[0]);
    assert_int_equal(s->send[VC_LINK_CHAT].next, VC_LINK_FIRST_CREDIT);
    link_duo_wait(1000);
    assert_int_equal(told[1].objects, 31);
}

static void the_length_of_a_packet_without_data_is_not_always_the_same(void **state)
{
    (void)state;
    uint32_t seen = 0;
    for (int i = 0; i < 200; i++) {
        vc_link_probe_all(world.nodes[0].link, world.now);
        link_world_drain(&world.nodes[0]);
        size_t steps = (lengths[packets - 1] - VC_PACKET_OVERHEAD) / VC_LINK_PAD_STEP;
        assert_true(steps >= 1 && steps <= 2 + VC_LINK_PAD_EXTRA_MAX);
        seen |= 1u << steps;
        link_duo_wait(100);
    }
    assert_int_equal(__builtin_popcount(seen), VC_LINK_PAD_EXTRA_MAX + 1);
}

static void a_packet_that_wants_an_answer_has_room_for_saying_so(void **state)
{
    (void)state;
    struct vc_session *s = link_duo_session(0, 1);
    uint8_t out[VC_PACKET_MAX];
    struct vc_addr to;
    /* Many rows to acknowledge, and room for the shortest packet only. */
    for (uint64_t i = 0; i < 40; i++)
        vc_ranges_add(&s->received, 1000000 + 7 * i);
    s->is_proved = false;
    s->unproved_in = VC_PACKET_OVERHEAD + VC_LINK_PAD_STEP;
    s->unproved_out = 0;
    s->wants_ping = s->wants_ack = true;
    uint32_t index = (uint32_t)(s - world.nodes[0].link->sessions);
    size_t len = vc_session_write(world.nodes[0].link, world.now, index, out, &to);
    assert_int_equal(len, VC_PACKET_OVERHEAD + VC_LINK_PAD_STEP);
    assert_true(look(&world, &world.nodes[0], &to, (struct vc_bytes){out, len}) ==
                false);
    assert_true(frames.has_ack && frames.has_ping);
    assert_int_equal(vc_session_write(world.nodes[0].link, world.now, index, out, &to),
                     0);
}

static void without_records_a_session_waits_and_then_goes_on(void **state)
{
    (void)state;
    struct vc_link *link = world.nodes[0].link;
    uint32_t taken[4096], count = 0;
    while (vc_pool_take(&link->flights.sent_pool, &taken[count]) == VC_OK)
        count++;
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "wait", 100), VC_OK);
    link_duo_wait(1000);
    assert_int_equal(packets, 0);
    while (count > 0)
        vc_pool_give(&link->flights.sent_pool, taken[--count]);
    link_duo_wait(100);
    assert_int_equal(told[1].objects, 1);
}

static void without_segments_a_session_waits_and_then_goes_on(void **state)
{
    (void)state;
    struct vc_link *link = world.nodes[0].link;
    uint32_t taken[8192], count = 0;
    while (vc_pool_take(&link->flights.segment_pool, &taken[count]) == VC_OK)
        count++;
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "wait", 100), VC_OK);
    link_duo_wait(1000);
    assert_int_equal(packets, 0);
    while (count > 0)
        vc_pool_give(&link->flights.segment_pool, taken[--count]);
    link_duo_wait(100);
    assert_int_equal(told[1].objects, 1);
}

static void a_probe_may_take_the_record_of_the_oldest_packet(void **state)
{
    (void)state;
    struct vc_link *link = world.nodes[0].link;
    struct vc_session *s = link_duo_session(0, 1);
    link->flight_max = 16;
    s->congestion.window = 1u << 20;
    s->eliciting_at = world.now;
    world.loss = 1000;
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "long", 60000), VC_OK);
    link_world_drain(&world.nodes[0]);
    assert_int_equal(s->flight.count, 16);
    link_duo_wait(3000);
    assert_int_equal(s->flight.count, 16);
    assert_true(s->backoff > 2);
    world.loss = 0;
    link_duo_wait(6000);
    assert_int_equal(told[1].objects, 1);
}

/* Byte by byte from the ninth on, packets look like noise: no value is too frequent. */
static uint32_t histogram[28][256];
static uint32_t looked_at;

static bool take_histogram(struct link_world *w, struct link_node *from,
                           const struct vc_addr *to, struct vc_bytes bytes)
{
    (void)w, (void)from, (void)to;
    looked_at++;
    for (size_t i = 0; i < 28 && VC_CID_LEN + i < bytes.len; i++)
        histogram[i][bytes.data[VC_CID_LEN + i]]++;
    return false;
}

static void packets_look_like_noise_behind_the_cid(void **state)
{
    (void)state;
    memset(histogram, 0, sizeof histogram);
    looked_at = 0;
    world.filter = take_histogram;
    world.delay_min_ms = world.delay_max_ms = 0;
    while (looked_at < 6400) {
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "0000", 150), VC_OK);
        link_duo_wait(25);
    }
    /* Chi-square with 255 degrees of freedom: above 360 once in 50,000 positions. */
    for (size_t i = 0; i < 28; i++) {
        double expected = looked_at / 256.0, chi = 0;
        for (size_t v = 0; v < 256; v++) {
            double off = histogram[i][v] - expected;
            chi += off * off / expected;
        }
        if (chi > 360)
            fail_msg("byte %zu: %.0f", VC_CID_LEN + i, chi);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(small_objects_of_a_turn_share_packets),
        TEST(control_is_never_behind_chat),
        TEST(no_more_is_in_flight_than_the_window_allows),
        TEST(nothing_is_sent_beyond_the_peers_credit),
        TEST(the_length_of_a_packet_without_data_is_not_always_the_same),
        TEST(a_packet_that_wants_an_answer_has_room_for_saying_so),
        TEST(without_records_a_session_waits_and_then_goes_on),
        TEST(without_segments_a_session_waits_and_then_goes_on),
        TEST(a_probe_may_take_the_record_of_the_oldest_packet),
        TEST(packets_look_like_noise_behind_the_cid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
