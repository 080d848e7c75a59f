/* node/link/session.c: how sessions live, renew their keys and end. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

static void a_contact_is_connected_and_both_are_told(void **state)
{
    (void)state;
    link_duo_connect();
    assert_memory_equal(told[0].up.dev_dh.b, world.nodes[1].dev_dh_public.b, 32);
    assert_memory_equal(told[1].up.dev_dh.b, world.nodes[0].dev_dh_public.b, 32);
    assert_true(vc_addr_equal(&told[1].up.addr, &world.nodes[0].addr));
    assert_false(told[0].up.is_join || told[1].up.is_join);
    assert_memory_equal(&link_duo_session(0, 1)->keys.tag,
                        &link_duo_session(1, 0)->keys.tag,
                        sizeof(struct vc_session_tag));
}

static void an_object_arrives_as_it_was_sent(void **state)
{
    (void)state;
    link_duo_connect();
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "hello", 5), VC_OK);
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CONTROL, "x", 1), VC_OK);
    link_duo_wait(100);
    assert_int_equal(told[1].last_len, 5);
    assert_memory_equal(told[1].last, "hello", 5);
    assert_int_equal(told[0].last_len, 1);
}

static void the_longest_object_arrives(void **state)
{
    (void)state;
    link_duo_connect();
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "long", VC_LINK_OBJECT_MAX),
                     VC_OK);
    link_duo_wait(3000);
    assert_int_equal(told[0].objects, 1);
    assert_int_equal(told[0].last_len, VC_LINK_OBJECT_MAX);
    for (size_t i = 4; i < told[0].last_len; i++)
        assert_int_equal(told[0].last[i], (uint8_t)(i * 7 + i / 256));
}

static void an_idle_session_costs_four_packets_a_minute_and_no_other_timer(void **state)
{
    (void)state;
    link_duo_connect();
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 300), VC_OK);
    link_duo_wait(5000);
    uint64_t before = world.datagrams;
    link_duo_wait(30 * 60000);
    /* New keys come once, two minutes after the object: three datagrams and some packets. */
    assert_true(world.datagrams - before <= 30 * 4 + 10);
    uint32_t ticks = 0;
    for (vc_ms until = world.now + 10 * 60000; world.now < until; ticks++) {
        if (!link_world_step(&world, until))
            world.now = until;
    }
    /* An exchange is four happenings: the ping leaves, it comes, its answer leaves after
     * the delay, and comes. */
    assert_true(ticks <= 10 * 2 * 4 + 5);
    assert_int_equal(told[0].downs + told[1].downs, 0);
}

static void a_peer_that_falls_silent_is_given_up(void **state)
{
    (void)state;
    link_duo_connect();
    world.loss = 1000;
    vc_ms silent_at = world.now;
    while (told[0].downs == 0 || told[1].downs == 0)
        assert_true(link_world_step(&world, silent_at + 200000));
    assert_int_equal(told[0].reason, VC_ERR_TIMEOUT);
    assert_int_equal(told[1].reason, VC_ERR_TIMEOUT);
    /* The initiator notices by his own ping, the responder by its absence. */
    assert_true(world.now - silent_at <= VC_LINK_SILENCE_MS + 1000);
}

static void what_has_no_answer_ends_the_session_after_its_time(void **state)
{
    (void)state;
    link_duo_connect();
    world.loss = 1000;
    vc_ms start = world.now;
    assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "x", 10), VC_OK);
    while (told[1].downs == 0)
        assert_true(link_world_step(&world, start + 60000));
    assert_true(world.now - start >= VC_LINK_UNANSWERED_MS);
    assert_true(world.now - start <= VC_LINK_UNANSWERED_MS + 100);
}

static void a_blackout_that_is_shorter_loses_nothing(void **state)
{
    (void)state;
    link_duo_connect();
    world.loss = 1000;
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "still here", 10), VC_OK);
    link_duo_wait(15000);
    world.loss = 0;
    link_duo_wait(5000);
    assert_int_equal(told[1].objects, 1);
    assert_int_equal(told[0].downs + told[1].downs, 0);
}

static void who_restarts_replaces_his_session(void **state)
{
    (void)state;
    link_duo_connect();
    link_world_restart(&world.nodes[1]);
    link_world_introduce(&world.nodes[1], &world.nodes[0]);
    assert_int_equal(link_world_connect(&world.nodes[1], &world.nodes[0]), VC_OK);
    link_duo_wait(200);
    assert_int_equal(told[0].downs, 1);
    assert_int_equal(told[0].reason, VC_ERR_EXISTS);
    assert_int_equal(told[0].ups, 2);
    assert_int_equal(told[0].order[told[0].count - 2], VC_LINK_DOWN);
    assert_int_equal(told[0].order[told[0].count - 1], VC_LINK_UP);
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "again", 5), VC_OK);
    link_duo_wait(200);
    assert_int_equal(told[1].objects, 1);
}

static void a_close_is_told_to_the_peer_only(void **state)
{
    (void)state;
    link_duo_connect();
    vc_link_close(world.nodes[0].link, world.now, 1);
    link_duo_wait(200);
    assert_int_equal(told[0].downs, 0);
    assert_int_equal(told[1].downs, 1);
    assert_int_equal(told[1].reason, VC_ERR_AWAY);
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 1), VC_ERR_NOT_FOUND);
    struct vc_link_stats stats;
    vc_link_stats(world.nodes[1].link, &stats);
    assert_int_equal(stats.sessions, 0);
}

static void all_are_told_when_the_program_ends(void **state)
{
    (void)state;
    link_duo_connect();
    vc_link_close_all(world.nodes[1].link, world.now);
    link_duo_wait(200);
    assert_int_equal(told[0].reason, VC_ERR_AWAY);
}

/* Talks a little every second, both ways. */
static void talk_for(vc_ms ms)
{
    for (vc_ms until = world.now + ms; world.now < until;) {
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "a", 50), VC_OK);
        assert_int_equal(link_duo_say(1, 0, VC_LINK_CHAT, "b", 50), VC_OK);
        link_duo_wait(1000);
    }
}

static void keys_that_carry_data_are_renewed_after_two_minutes(void **state)
{
    (void)state;
    link_duo_connect();
    struct vc_session_tag first = link_duo_session(0, 1)->keys.tag;
    talk_for(VC_LINK_REKEY_MS - 1000);
    assert_memory_equal(&link_duo_session(0, 1)->keys.tag, &first, sizeof first);
    talk_for(VC_LINK_REKEY_JITTER_MS + 3000);
    struct vc_session_tag second = link_duo_session(0, 1)->keys.tag;
    assert_memory_not_equal(&second, &first, sizeof first);
    assert_memory_equal(&link_duo_session(1, 0)->keys.tag, &second, sizeof second);
    talk_for(600000);
    assert_int_equal(told[0].objects, told[1].objects);
    assert_int_equal(told[0].objects,
                     (uint32_t)((VC_LINK_REKEY_MS - 1000 + 7000 + 600000) / 1000));
    assert_int_equal(told[0].downs + told[1].downs, 0);
    assert_int_equal(told[0].ups + told[1].ups, 2);
}

static void idle_keys_live_for_an_hour(void **state)
{
    (void)state;
    link_duo_connect();
    struct vc_session_tag first = link_duo_session(0, 1)->keys.tag;
    link_duo_wait(VC_LINK_IDLE_KEY_MS - 1000);
    assert_memory_equal(&link_duo_session(0, 1)->keys.tag, &first, sizeof first);
    link_duo_wait(10000);
    assert_memory_not_equal(&link_duo_session(0, 1)->keys.tag, &first, sizeof first);
    assert_int_equal(told[0].downs + told[1].downs, 0);
}

static size_t short_handshakes;

/* Loses the handshakes that node 0 begins: what is no packet of a session. */
static bool lose_handshakes_of_0(struct link_world *w, struct link_node *from,
                                 const struct vc_addr *to, struct vc_bytes bytes)
{
    (void)w;
    (void)to;
    if (from->index != 0)
        return false;
    const struct vc_session *s = link_duo_session(0, 1);
    if (memcmp(bytes.data, s->keys.send_cid.b, VC_CID_LEN) == 0)
        return false;
    short_handshakes++;
    return true;
}

static void the_other_side_renews_the_keys_when_the_initiator_cannot(void **state)
{
    (void)state;
    link_duo_connect();
    struct vc_session_tag first = link_duo_session(0, 1)->keys.tag;
    world.filter = lose_handshakes_of_0;
    short_handshakes = 0;
    /* The initiator's msg1 is lost; node 1 begins 30 s later, and to that node 0 answers
     * under the cid of the handshake, which is lost too, until the filter goes. */
    talk_for(VC_LINK_REKEY_MS + VC_LINK_REKEY_OTHER_MS);
    assert_true(short_handshakes >= 5);
    assert_memory_equal(&link_duo_session(0, 1)->keys.tag, &first, sizeof first);
    world.filter = NULL;
    talk_for(20000);
    assert_memory_not_equal(&link_duo_session(0, 1)->keys.tag, &first, sizeof first);
    assert_int_equal(told[0].downs + told[1].downs, 0);
}

static bool lose_all_handshakes(struct link_world *w, struct link_node *from,
                                const struct vc_addr *to, struct vc_bytes bytes)
{
    const struct vc_link *link = w->nodes[from->index].link;
    uint32_t place = vc_peers_find(link, 1 - from->index);
    uint32_t session = vc_peers_session(link, place);
    (void)to;
    return session == VC_SLOT_NONE ||
           memcmp(bytes.data, link->sessions[session].keys.send_cid.b, VC_CID_LEN) != 0;
}

static void keys_that_cannot_be_renewed_die(void **state)
{
    (void)state;
    link_duo_connect();
    world.filter = lose_all_handshakes;
    vc_ms start = world.now;
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "a", 50), VC_OK);
    while (told[0].downs == 0)
        assert_true(link_world_step(&world, start + 400000));
    assert_int_equal(told[0].reason, VC_ERR_TIMEOUT);
    assert_true(world.now - start >= VC_LINK_REKEY_MS + VC_LINK_REFUSE_MS);
    assert_true(world.now - start <= VC_LINK_REKEY_MS + VC_LINK_REFUSE_MS + 10000);
}

/* Keeps back one packet of node 0 and hands it over later. */
static uint8_t kept[VC_PACKET_MAX];
static size_t kept_len;

static bool keep_back(struct link_world *w, struct link_node *from,
                      const struct vc_addr *to, struct vc_bytes bytes)
{
    (void)w;
    (void)to;
    if (from->index != 0 || kept_len > 0 || bytes.len < 600)
        return false;
    memcpy(kept, bytes.data, bytes.len);
    kept_len = bytes.len;
    return true;
}

static void a_packet_under_the_key_before_is_taken_for_a_minute(void **state)
{
    (void)state;
    for (int is_late = 0; is_late < 2; is_late++) {
        if (is_late) {
            link_duo_end(NULL);
            link_duo_begin(NULL);
        }
        link_duo_connect();
        talk_for(VC_LINK_REKEY_MS - 1000);
        kept_len = 0;
        world.filter = keep_back;
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "kept", 700), VC_OK);
        link_duo_wait(5);
        assert_true(kept_len > 0);
        talk_for(10000);
        assert_true(link_duo_session(1, 0)->has_old_key);
        talk_for(is_late ? VC_LINK_OLD_KEY_MS : 0);
        struct vc_link_stats before, after;
        vc_link_stats(world.nodes[1].link, &before);
        vc_link_recv(world.nodes[1].link, world.now, &world.nodes[0].addr,
                     (struct vc_bytes){kept, kept_len});
        vc_link_stats(world.nodes[1].link, &after);
        bool is_taken = after.dropped_replay == before.dropped_replay &&
                        after.dropped_strange == before.dropped_strange;
        assert_int_equal(is_taken, !is_late);
        assert_int_equal(link_duo_session(1, 0)->has_old_key, !is_late);
    }
}

static void a_joining_stranger_whom_nobody_adopts_is_sent_away(void **state)
{
    (void)state;
    struct vc_id16 secret = {{1, 2, 3}};
    assert_int_equal(vc_link_invite_put(world.nodes[1].link, 77, &secret), VC_OK);
    assert_int_equal(vc_link_join(world.nodes[0].link, world.now, 9, &secret,
                                  &world.nodes[1].addr, 1),
                     VC_OK);
    link_duo_wait(1000);
    assert_int_equal(told[1].ups, 1);
    assert_true(told[1].up.peer >= VC_LINK_PEER_JOINING && told[1].up.is_join);
    assert_int_equal(told[1].up.invite, 77);
    link_duo_wait(VC_LINK_JOINING_MS);
    assert_int_equal(told[1].downs, 1);
    assert_int_equal(told[0].reason, VC_ERR_AWAY);
    assert_int_equal(world.nodes[1].link->joining_count, 0);
}

/* Many sessions in one machine: one other machine after the other meets it and goes. */
static void many_idle_sessions_hold_nothing_of_the_pools(void **state)
{
    (void)state;
    const char *given = getenv("VC_SESSIONS");
    uint32_t count = given != NULL ? (uint32_t)strtoul(given, NULL, 10) : 1000;
    struct vc_link_config cfg = {.peers_max = 10000,
                                 .half_open_max = 1024,
                                 .chunk_count = 4096,
                                 .packets_max = 4096};
    link_duo_end(NULL);
    memset(told, 0, sizeof told);
    link_duo_begin_with(&cfg);
    struct link_node *hub = &world.nodes[0], *guest = &world.nodes[1];
    assert_true(vc_link_footprint(&hub->cfg) <= 64u << 20);
    assert_true(sizeof(struct vc_session) <= 4096);
    struct vc_link_config small = {.peers_max = 1,
                                   .half_open_max = 4,
                                   .chunk_count = VC_LINK_CHUNKS_MIN,
                                   .packets_max = VC_LINK_PACKETS_MIN,
                                   .network_id = guest->cfg.network_id,
                                   .root = guest->cfg.root};
    vc_link_peer_remove(hub->link, world.now, 1);
    world.delay_min_ms = world.delay_max_ms = 0;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(small.dev_dh.b, &i, sizeof i);
        small.dev_dh.b[8] = 1;
        vc_link_deinit(guest->link);
        free(guest->mem);
        guest->cfg = small;
        guest->mem_len = vc_link_footprint(&small);
        guest->mem = calloc(1, guest->mem_len);
        struct vc_secret32 seed = {{(uint8_t)i}};
        guest->link = vc_link_init(guest->mem, &small, &seed);
        vc_dh_public(&guest->dev_dh_public, &small.dev_dh);
        struct vc_link_peer keys = {.dev_dh = guest->dev_dh_public,
                                    .root = small.root,
                                    .contacts = guest->contacts};
        assert_int_equal(vc_link_peer_put(hub->link, 100 + i, &keys), VC_OK);
        link_world_introduce(guest, hub);
        assert_int_equal(link_world_connect(guest, hub), VC_OK);
        while (told[0].ups <= i || told[1].ups <= i)
            assert_true(link_world_step(&world, world.now + 100));
        for (int quiet = 0; quiet < 4; quiet++)
            link_duo_wait(20 / 4);
        world.now -= 20; /* all of them within the time of one keepalive */
    }
    const struct vc_link *link = hub->link;
    assert_int_equal(link->stats.sessions, count);
    assert_int_equal(link->chunks.pool.count, 0);
    assert_int_equal(link->flights.sent_pool.count, 0);
    assert_int_equal(link->flights.segment_pool.count, 0);
    assert_int_equal(link->attempt_pool.count, 0);
    assert_int_equal(link->half_open_pool.count, 0);
    printf("%u sessions: footprint %zu bytes, session %zu, attempt %zu\n", count,
           vc_link_footprint(&hub->cfg), sizeof(struct vc_session),
           sizeof(struct vc_attempt));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, link_duo_begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_contact_is_connected_and_both_are_told),
        TEST(an_object_arrives_as_it_was_sent),
        TEST(the_longest_object_arrives),
        TEST(an_idle_session_costs_four_packets_a_minute_and_no_other_timer),
        TEST(a_peer_that_falls_silent_is_given_up),
        TEST(what_has_no_answer_ends_the_session_after_its_time),
        TEST(a_blackout_that_is_shorter_loses_nothing),
        TEST(who_restarts_replaces_his_session),
        TEST(a_close_is_told_to_the_peer_only),
        TEST(all_are_told_when_the_program_ends),
        TEST(keys_that_carry_data_are_renewed_after_two_minutes),
        TEST(idle_keys_live_for_an_hour),
        TEST(the_other_side_renews_the_keys_when_the_initiator_cannot),
        TEST(keys_that_cannot_be_renewed_die),
        TEST(a_packet_under_the_key_before_is_taken_for_a_minute),
        TEST(a_joining_stranger_whom_nobody_adopts_is_sent_away),
        TEST(many_idle_sessions_hold_nothing_of_the_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
