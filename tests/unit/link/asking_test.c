/* node/link/asking.c: what the caller may ask for. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

static void an_unknown_peer_is_not_found(void **state)
{
    (void)state;
    struct vc_link_state s;
    struct vc_link *link = world.nodes[0].link;
    assert_int_equal(vc_link_connect(link, world.now, 9, &world.nodes[1].addr, 1),
                     VC_ERR_NOT_FOUND);
    assert_int_equal(link_duo_say(0, 9, VC_LINK_CHAT, "x", 1), VC_ERR_NOT_FOUND);
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 1), VC_ERR_NOT_FOUND);
    assert_false(vc_link_state(link, 9, &s));
    assert_false(vc_link_state(link, 1, &s));
}

static void connecting_to_who_is_there_does_nothing(void **state)
{
    (void)state;
    link_duo_connect();
    uint64_t before = world.datagrams;
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(100);
    assert_int_equal(world.datagrams, before);
    assert_int_equal(world.nodes[0].link->attempt_pool.count, 0);
}

static void a_session_that_was_not_told_yet_takes_nothing(void **state)
{
    (void)state;
    link_duo_connect();
    struct vc_session *s = link_duo_session(0, 1);
    s->is_told = false;
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 1), VC_ERR_NOT_FOUND);
}

/* Fills a stream; gives how many objects it took. */
static uint32_t fill(enum vc_link_stream stream, size_t len)
{
    uint32_t count = 0;
    while (link_duo_say(0, 1, stream, "full", len) == VC_OK)
        count++;
    return count;
}

static void a_full_stream_says_so_and_when_there_is_room_again(void **state)
{
    (void)state;
    link_duo_connect();
    uint32_t took = fill(VC_LINK_CHAT, 1000);
    assert_true(took > VC_LINK_WINDOW / 1000 - 2 && took <= VC_LINK_WINDOW / 1000);
    assert_int_equal(told[0].writables, 0);
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CONTROL, "other", 1000), VC_OK);
    link_duo_wait(2000);
    assert_int_equal(told[0].writables, 1);
    assert_int_equal(told[1].objects, took + 1);
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", VC_LINK_OBJECT_MAX), VC_OK);
    link_duo_wait(2000);
    assert_int_equal(told[0].writables, 1);
}

static void one_peer_cannot_take_the_whole_pool(void **state)
{
    (void)state;
    link_duo_end(NULL);
    struct vc_link_config cfg = {.peers_max = 16,
                                 .half_open_max = 8,
                                 .chunk_count = VC_LINK_CHUNKS_MIN,
                                 .packets_max = VC_LINK_PACKETS_MIN};
    link_duo_begin_with(&cfg);
    link_duo_connect();
    uint32_t took = fill(VC_LINK_CHAT, 5000) + fill(VC_LINK_CONTROL, 5000);
    const struct vc_link *link = world.nodes[0].link;
    assert_true(link->chunks.pool.count <= link->share);
    link_duo_wait(20000);
    assert_int_equal(told[1].objects, took);
    assert_int_equal(told[0].writables, 1);
    assert_int_equal(link->chunks.pool.count, 0);
}

/* The pool is taken by others: who was refused is told when they have given it back. */
static void a_full_pool_tells_the_refused_when_it_has_room(void **state)
{
    (void)state;
    link_duo_connect();
    struct vc_link *link = world.nodes[0].link;
    uint32_t taken[2048], count = 0;
    while (vc_chunks_left(&link->chunks) > 0)
        taken[count++] = vc_chunk_take(&link->chunks);
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 10), VC_ERR_FULL);
    link_duo_wait(1000);
    assert_int_equal(told[0].writables, 0);
    while (count > 0)
        vc_chunk_give(&link->chunks, taken[--count]);
    link_duo_wait(1);
    assert_int_equal(told[0].writables, 1);
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 10), VC_OK);
}

static void a_probe_finds_a_dead_peer_in_twenty_seconds(void **state)
{
    (void)state;
    link_duo_connect();
    link_duo_wait(1000);
    world.loss = 1000;
    vc_link_probe_all(world.nodes[1].link, world.now);
    link_duo_wait(VC_LINK_UNANSWERED_MS + 50);
    assert_int_equal(told[1].reason, VC_ERR_TIMEOUT);
}

/* Both get other addresses at one moment, and neither knows that of the other. */
static void move_both(void)
{
    for (uint32_t i = 0; i < 2; i++) {
        world.nodes[i].addr = link_world_addr(50 + i, 4000);
        vc_link_probe_all(world.nodes[i].link, world.now);
    }
}

static void who_does_not_answer_is_told_to_be_silent_and_heard_again(void **state)
{
    (void)state;
    link_duo_connect();
    link_duo_wait(1000);
    world.loss = 1000;
    vc_link_probe_all(world.nodes[0].link, world.now);
    link_duo_wait(VC_LINK_SILENT_MS - 1);
    assert_int_equal(told[0].silences, 0);
    link_duo_wait(2);
    assert_int_equal(told[0].silences, 1);
    link_duo_wait(3000);
    assert_int_equal(told[0].silences, 1);
    assert_int_equal(told[0].hearings, 0);
    world.loss = 0;
    link_duo_wait(5000);
    assert_int_equal(told[0].hearings, 1);
    assert_int_equal(told[0].downs, 0);
    assert_int_equal(told[1].silences, 0); /* it asked nothing */
}

static void two_who_both_moved_find_each_other_when_one_is_told_where(void **state)
{
    (void)state;
    link_duo_connect();
    link_duo_wait(1000);
    move_both();
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "where", 5), VC_OK);
    link_duo_wait(VC_LINK_SILENT_MS + 500);
    assert_int_equal(told[0].silences, 1);
    assert_int_equal(told[1].objects, 0);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(200);
    assert_int_equal(told[0].hearings, 1);
    assert_int_equal(told[1].hearings, 1);
    assert_int_equal(told[0].moves, 1);
    assert_int_equal(told[1].moves, 1);
    assert_true(vc_addr_equal(&told[0].moved_to, &world.nodes[1].addr));
    link_duo_wait(4000);
    assert_int_equal(told[1].objects, 1);
    assert_int_equal(told[0].downs + told[1].downs, 0);
    assert_int_equal(told[0].ups, 1);
}

static void a_silent_peer_who_started_anew_elsewhere_gets_a_new_session(void **state)
{
    (void)state;
    link_duo_connect();
    link_duo_wait(1000);
    link_world_restart(&world.nodes[1]);
    world.nodes[1].addr = link_world_addr(50, 4000);
    link_world_introduce(&world.nodes[1], &world.nodes[0]);
    vc_link_probe_all(world.nodes[0].link, world.now);
    link_duo_wait(VC_LINK_SILENT_MS + 1);
    assert_int_equal(told[0].silences, 1);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(VC_LINK_BESIDE_MS - 10);
    assert_int_equal(told[0].ups, 1);
    link_duo_wait(200);
    assert_int_equal(told[0].ups, 2);
    assert_int_equal(told[0].downs, 1);
    assert_int_equal(told[0].reason, VC_ERR_EXISTS);
    assert_int_equal(told[1].ups, 2);
    assert_int_equal(world.nodes[0].link->attempt_pool.count, 0);
}

static void a_session_that_is_heard_again_is_not_begun_anew(void **state)
{
    (void)state;
    link_duo_connect();
    link_duo_wait(1000);
    world.loss = 1000;
    vc_link_probe_all(world.nodes[0].link, world.now);
    link_duo_wait(VC_LINK_SILENT_MS + 1);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(1);
    assert_int_equal(world.nodes[0].link->attempt_pool.count, 1);
    assert_int_equal(vc_link_state(world.nodes[0].link, 1, &(struct vc_link_state){0}),
                     1);
    /* Nobody is there either: the session stays what the caller knows of. */
    link_duo_wait(VC_LINK_ATTEMPT_MS);
    assert_int_equal(world.nodes[0].link->attempt_pool.count, 0);
    assert_int_equal(told[0].downs, 0);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    assert_int_equal(world.nodes[0].link->attempt_pool.count, 1);
    world.loss = 0;
    link_duo_wait(2000);
    assert_int_equal(told[0].hearings, 1);
    assert_int_equal(world.nodes[0].link->attempt_pool.count, 0);
    assert_int_equal(told[0].ups, 1);
    assert_int_equal(told[0].downs, 0);
}

static void the_end_of_a_silent_session_leaves_the_attempt(void **state)
{
    (void)state;
    link_duo_connect();
    link_duo_wait(1000);
    world.loss = 1000;
    vc_link_probe_all(world.nodes[0].link, world.now);
    link_duo_wait(VC_LINK_UNANSWERED_MS - 500);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(600);
    assert_int_equal(told[0].reason, VC_ERR_TIMEOUT);
    assert_int_equal(world.nodes[0].link->attempt_pool.count, 1);
    world.loss = 0;
    link_duo_wait(2000);
    assert_int_equal(told[0].ups, 2);
}

static void wrong_places_of_a_silent_peer_do_no_harm(void **state)
{
    (void)state;
    struct vc_addr addrs[VC_LINK_ELSEWHERE_MAX + 2];
    link_duo_connect();
    link_duo_wait(1000);
    world.loss = 1000;
    vc_link_probe_all(world.nodes[0].link, world.now);
    link_duo_wait(VC_LINK_SILENT_MS + 1);
    for (uint16_t i = 0; i < VC_LINK_ELSEWHERE_MAX + 2; i++)
        addrs[i] = link_world_addr(70, 4000 + i);
    addrs[1].port = 0;
    uint64_t before = world.datagrams;
    assert_int_equal(vc_link_connect(world.nodes[0].link, world.now, 1, addrs,
                                     VC_LINK_ELSEWHERE_MAX + 2),
                     VC_OK);
    link_world_drain(&world.nodes[0]);
    assert_int_equal(world.datagrams, before + VC_LINK_ELSEWHERE_MAX);
    world.loss = 0;
    link_duo_wait(5000);
    assert_int_equal(told[0].hearings, 1);
    assert_int_equal(told[0].moves, 0);
}

static void a_probe_costs_a_living_peer_nothing(void **state)
{
    (void)state;
    link_duo_connect();
    link_duo_wait(1000);
    uint64_t before = world.datagrams;
    vc_link_probe_all(world.nodes[1].link, world.now);
    link_duo_wait(VC_LINK_UNANSWERED_MS + 50);
    assert_int_equal(told[1].downs, 0);
    assert_int_equal(world.datagrams - before, 2);
}

static void the_state_tells_how_it_stands(void **state)
{
    (void)state;
    struct vc_link_state s;
    link_duo_connect();
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 5000), VC_OK);
    link_duo_wait(300);
    assert_true(vc_link_state(world.nodes[0].link, 1, &s));
    assert_true(s.rtt_ms >= 18 && s.rtt_ms <= 42);
    assert_true(s.bytes_sent > 5000 && s.bytes_sent < 6000);
    assert_true(s.bytes_received > 40 && s.bytes_received < 1000);
    assert_int_equal(s.packets_lost, 0);
    assert_true(s.up_since < s.heard_at && s.heard_at <= world.now);
    assert_true(vc_addr_equal(&s.addr, &world.nodes[1].addr));
}

/* Node 0 joins node 1 with an invite, under number 30. */
static uint32_t join(void)
{
    struct vc_id16 secret = {{8}};
    assert_int_equal(vc_link_invite_put(world.nodes[1].link, 2, &secret), VC_OK);
    assert_int_equal(vc_link_join(world.nodes[0].link, world.now, 30, &secret,
                                  &world.nodes[1].addr, 1),
                     VC_OK);
    link_duo_wait(200);
    assert_int_equal(told[0].up.peer, 30);
    return told[1].up.peer;
}

static void an_adopted_session_goes_on_under_the_peers_number(void **state)
{
    (void)state;
    uint32_t joining = join();
    struct vc_link *link = world.nodes[1].link;
    assert_int_equal(vc_link_send(link, world.now, joining, VC_LINK_CHAT,
                                  VC_BYTES(((const uint8_t[]){1, 2})),
                                  (struct vc_bytes){NULL, 0}),
                     VC_OK);
    assert_int_equal(link_duo_say(0, 30, VC_LINK_CHAT, "hello", 5), VC_OK);
    assert_int_equal(vc_link_adopt(link, world.now, joining, 0), VC_OK);
    assert_int_equal(link->joining_count, 0);
    link_duo_wait(VC_LINK_JOINING_MS + 10000);
    assert_int_equal(told[0].objects, 1);
    assert_int_equal(told[1].objects, 1);
    assert_int_equal(told[1].downs, 0);
    struct vc_link_state s;
    assert_true(vc_link_state(link, 0, &s));
    assert_false(vc_link_state(link, joining, &s));
    assert_int_equal(vc_link_adopt(link, world.now, joining, 0), VC_ERR_NOT_FOUND);
}

static void an_adopted_session_takes_the_place_of_an_older_one(void **state)
{
    (void)state;
    link_duo_connect();
    uint32_t joining = join();
    struct vc_link *link = world.nodes[1].link;
    assert_int_equal(vc_link_adopt(link, world.now, joining, 0), VC_OK);
    link_duo_wait(200);
    assert_int_equal(told[1].downs, 0);
    assert_int_equal(told[0].downs, 1); /* that of number 1, who was closed */
    assert_int_equal(link->stats.sessions, 1);
}

static void only_who_proved_the_key_is_adopted(void **state)
{
    (void)state;
    uint32_t joining = join();
    struct vc_link *link = world.nodes[1].link;
    struct vc_link_peer other = {.dev_dh = {{3}}};
    assert_int_equal(vc_link_peer_put(link, 60, &other), VC_OK);
    assert_int_equal(vc_link_adopt(link, world.now, joining, 60), VC_ERR_AUTH);
    assert_int_equal(vc_link_adopt(link, world.now, joining, 61), VC_ERR_NOT_FOUND);
    assert_int_equal(vc_link_adopt(link, world.now, 0, 60), VC_ERR_NOT_FOUND);
    struct vc_link_state s;
    assert_true(vc_link_state(link, joining, &s));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, link_duo_begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unknown_peer_is_not_found),
        TEST(connecting_to_who_is_there_does_nothing),
        TEST(a_session_that_was_not_told_yet_takes_nothing),
        TEST(a_full_stream_says_so_and_when_there_is_room_again),
        TEST(one_peer_cannot_take_the_whole_pool),
        TEST(a_full_pool_tells_the_refused_when_it_has_room),
        TEST(a_probe_finds_a_dead_peer_in_twenty_seconds),
        TEST(who_does_not_answer_is_told_to_be_silent_and_heard_again),
        TEST(two_who_both_moved_find_each_other_when_one_is_told_where),
        TEST(a_silent_peer_who_started_anew_elsewhere_gets_a_new_session),
        TEST(a_session_that_is_heard_again_is_not_begun_anew),
        TEST(the_end_of_a_silent_session_leaves_the_attempt),
        TEST(wrong_places_of_a_silent_peer_do_no_harm),
        TEST(a_probe_costs_a_living_peer_nothing),
        TEST(the_state_tells_how_it_stands),
        TEST(an_adopted_session_goes_on_under_the_peers_number),
        TEST(an_adopted_session_takes_the_place_of_an_older_one),
        TEST(only_who_proved_the_key_is_adopted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
