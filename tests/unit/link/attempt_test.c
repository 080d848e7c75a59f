/* node/link/attempt.c: handshakes of our own. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

#define TIMES_MAX 64

/* When node 0 sent something, with 1 in the lowest bit for what went to node 1. */
static vc_ms times[TIMES_MAX];
static struct vc_addr targets[TIMES_MAX];
static uint32_t count;

static bool note(struct link_world *w, struct link_node *from, const struct vc_addr *to,
                 struct vc_bytes bytes)
{
    (void)bytes;
    if (from->index == 0 && count < TIMES_MAX) {
        times[count] = w->now;
        targets[count++] = *to;
    }
    return false;
}

static int begin(void **state)
{
    count = 0;
    link_duo_begin(state);
    world.filter = note;
    return 0;
}

static void assert_rounds(vc_ms start, uint32_t first, uint32_t rounds)
{
    static const vc_ms waits[] = {500, 1000, 2000, 4000};
    assert_int_equal(times[first], start);
    for (uint32_t i = 0; i + 1 < rounds; i++) {
        vc_ms wait = times[first + i + 1] - times[first + i];
        assert_true(wait >= waits[i] && wait <= waits[i] + waits[i] / 4);
    }
}

static void msg1_is_sent_five_times_and_then_the_peer_is_unreachable(void **state)
{
    (void)state;
    world.loss = 1000;
    vc_ms start = world.now;
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(VC_LINK_ATTEMPT_MS - 1);
    assert_int_equal(told[0].downs, 0);
    link_duo_wait(1);
    assert_int_equal(told[0].downs, 1);
    assert_int_equal(told[0].reason, VC_ERR_PEER_UNREACHABLE);
    assert_int_equal(count, 5);
    assert_rounds(start, 0, 5);
    link_duo_wait(60000);
    assert_int_equal(count, 5);
    assert_int_equal(told[0].downs, 1);
    assert_int_equal(world.nodes[0].link->attempt_pool.count, 0);
    assert_int_equal(world.nodes[0].link->cids.count, 0);
}

static void who_moves_after_msg2_is_met_where_he_is_found(void **state)
{
    (void)state;
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(15);
    world.nodes[1].addr = link_world_addr(77, 4000); /* he has answered, and goes */
    link_duo_wait(85);
    /* msg3 is under way: that is not disturbed. */
    uint32_t before = count;
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(100);
    assert_int_equal(count, before);
    link_duo_wait(1000);
    assert_int_equal(told[0].ups, 0);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(100);
    assert_int_equal(told[0].ups, 1);
    assert_true(vc_addr_equal(&told[0].up.addr, &world.nodes[1].addr));
    assert_int_equal(told[1].ups, 1);
    assert_int_equal(world.nodes[0].link->attempt_pool.count, 0);
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "here", 4), VC_OK);
    link_duo_wait(100);
    assert_int_equal(told[1].objects, 1);
}

static bool goes_first(uint32_t node)
{
    return memcmp(world.nodes[node].dev_dh_public.b, world.nodes[1 - node].dev_dh_public.b, 32) <
           0;
}

/* His own handshake loses against one that he knows nothing of any more. */
static void who_starts_anew_after_msg2_is_met_soon(void **state)
{
    (void)state;
    uint32_t first = goes_first(0) ? 0 : 1;
    static const vc_ms away[] = {20, 300, 700, 3000};
    for (size_t i = 0; i < 2 * sizeof away / sizeof away[0]; i++) {
        struct link_node *other = &world.nodes[1 - first];
        assert_int_equal(link_world_connect(&world.nodes[first], other), VC_OK);
        link_duo_wait(15); /* he has answered */
        link_world_restart(other);
        if (i % 2 == 0)
            other->addr = link_world_addr(77, (uint16_t)(4000 + i));
        link_world_introduce(other, &world.nodes[first]);
        link_duo_wait(away[i / 2]);
        uint32_t ups = told[first].ups;
        assert_int_equal(link_world_connect(other, &world.nodes[first]), VC_OK);
        link_duo_wait(900);
        assert_int_equal(told[first].ups, ups + 1);
        assert_true(vc_addr_equal(&told[first].up.addr, &other->addr));
        assert_int_equal(world.nodes[first].link->attempt_pool.count, 0);
        assert_int_equal(other->link->attempt_pool.count, 0);
        assert_int_equal(link_duo_say(first, 1 - first, VC_LINK_CHAT, "here", 4), VC_OK);
        uint32_t objects = told[1 - first].objects;
        link_duo_wait(100);
        assert_int_equal(told[1 - first].objects, objects + 1);
        link_world_restart(&world.nodes[first]);
        link_world_introduce(&world.nodes[first], other);
    }
}

/* Loses what node 1 sends from its second datagram on. */
static uint32_t from_1;

static bool only_msg2_comes(struct link_world *w, struct link_node *from,
                            const struct vc_addr *to, struct vc_bytes bytes)
{
    note(w, from, to, bytes);
    return from->index == 1 && ++from_1 > 1;
}

static void msg3_is_sent_until_a_packet_confirms_it_and_up_waits_for_that(void **state)
{
    (void)state;
    from_1 = 0;
    world.filter = only_msg2_comes;
    vc_ms start = world.now;
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(10000);
    assert_int_equal(told[0].ups, 0);
    assert_int_equal(told[1].ups, 1);
    assert_rounds(start + 20, 1, 5);
    world.filter = note;
    link_duo_wait(4900); /* node 1 goes on asking: its next probe confirms */
    assert_int_equal(told[0].ups, 1);
    assert_int_equal(told[0].downs, 0);
}

static void all_addresses_are_tried_at_once_and_new_ones_when_they_come(void **state)
{
    (void)state;
    struct vc_addr addrs[20];
    for (uint32_t i = 0; i < 20; i++)
        addrs[i] = link_world_addr(5000 + i, 9);
    addrs[2] = addrs[1];                      /* known */
    addrs[3] = (struct vc_addr){.family = 4}; /* no address */
    assert_int_equal(vc_link_connect(world.nodes[0].link, world.now, 1, addrs, 5),
                     VC_OK);
    link_world_drain(&world.nodes[0]);
    assert_int_equal(count, 3);
    assert_int_equal(vc_link_connect(world.nodes[0].link, world.now, 1, addrs, 20),
                     VC_OK);
    link_world_drain(&world.nodes[0]);
    assert_int_equal(count, VC_LINK_ADDRS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++)
            assert_false(vc_addr_equal(&targets[i], &targets[j]));
    }
}

static void an_address_given_later_is_reached_at_once(void **state)
{
    (void)state;
    struct vc_addr wrong = link_world_addr(5000, 9);
    assert_int_equal(vc_link_connect(world.nodes[0].link, world.now, 1, &wrong, 1),
                     VC_OK);
    link_duo_wait(100);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(100);
    assert_int_equal(told[0].ups, 1);
    assert_true(vc_addr_equal(&told[0].up.addr, &world.nodes[1].addr));
}

static void
two_who_connect_at_once_settle_on_the_handshake_of_the_smaller_key(void **state)
{
    (void)state;
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    assert_int_equal(link_world_connect(&world.nodes[1], &world.nodes[0]), VC_OK);
    link_duo_wait(2000);
    assert_int_equal(told[0].ups, 1);
    assert_int_equal(told[1].ups, 1);
    assert_int_equal(told[0].downs + told[1].downs, 0);
    bool is_0_smaller =
        memcmp(world.nodes[0].dev_dh_public.b, world.nodes[1].dev_dh_public.b, 32) < 0;
    struct vc_link_state s;
    assert_true(vc_link_state(world.nodes[0].link, 1, &s));
    assert_int_equal(s.is_initiator, is_0_smaller);
    assert_true(vc_link_state(world.nodes[1].link, 0, &s));
    assert_int_equal(s.is_initiator, !is_0_smaller);
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 9), VC_OK);
    link_duo_wait(100);
    assert_int_equal(told[1].objects, 1);
}

/* Whatever the moments, and whatever of the first datagrams is lost. */
static uint64_t lost_mask;
static uint32_t sent_so_far;

static bool lose_by_mask(struct link_world *w, struct link_node *from,
                         const struct vc_addr *to, struct vc_bytes bytes)
{
    (void)w, (void)from, (void)to, (void)bytes;
    uint32_t i = sent_so_far++;
    return i < 8 && (lost_mask >> i & 1) != 0;
}

static void any_loss_of_the_first_datagrams_ends_in_one_session(void **state)
{
    (void)state;
    for (vc_ms apart = 0; apart <= 15; apart += 15) {
        for (lost_mask = 0; lost_mask < 256; lost_mask++) {
            link_duo_end(NULL);
            link_duo_begin(NULL);
            world.filter = lose_by_mask;
            sent_so_far = 0;
            assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]),
                             VC_OK);
            link_duo_wait(apart);
            assert_int_equal(link_world_connect(&world.nodes[1], &world.nodes[0]),
                             VC_OK);
            link_duo_wait(15000);
            assert_int_equal(told[0].ups - told[0].downs, 1);
            assert_int_equal(told[1].ups - told[1].downs, 1);
            assert_memory_equal(&link_duo_session(0, 1)->keys.tag,
                                &link_duo_session(1, 0)->keys.tag,
                                sizeof(struct vc_session_tag));
        }
    }
}

static void who_answers_with_another_key_is_not_the_peer(void **state)
{
    (void)state;
    /* Node 1 answers under a contacts key that node 0 takes for that of a third. */
    struct vc_link_peer keys = {.dev_dh = world.nodes[0].dev_dh_public,
                                .root = world.nodes[1].cfg.root,
                                .contacts = world.nodes[1].contacts};
    assert_int_equal(vc_link_peer_put(world.nodes[0].link, 5, &keys), VC_OK);
    assert_int_equal(
        vc_link_connect(world.nodes[0].link, world.now, 5, &world.nodes[1].addr, 1),
        VC_OK);
    link_duo_wait(VC_LINK_ATTEMPT_MS);
    assert_int_equal(told[0].ups + told[1].ups, 0);
    assert_int_equal(told[0].reason, VC_ERR_PEER_UNREACHABLE);
}

static void who_does_not_know_us_makes_no_session(void **state)
{
    (void)state;
    vc_link_peer_remove(world.nodes[1].link, world.now, 0);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(VC_LINK_ATTEMPT_MS + 100);
    assert_int_equal(told[0].ups + told[1].ups, 0);
    assert_int_equal(told[0].reason, VC_ERR_PEER_UNREACHABLE);
}

static void new_keys_of_a_peer_begin_the_handshake_again(void **state)
{
    (void)state;
    struct vc_link_peer wrong = {.dev_dh = world.nodes[1].dev_dh_public};
    struct vc_link_peer right = {.dev_dh = world.nodes[1].dev_dh_public,
                                 .root = world.nodes[1].cfg.root,
                                 .contacts = world.nodes[1].contacts};
    assert_int_equal(vc_link_peer_put(world.nodes[0].link, 1, &wrong), VC_OK);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(400);
    assert_int_equal(told[0].ups, 0);
    assert_int_equal(vc_link_peer_put(world.nodes[0].link, 1, &right), VC_OK);
    link_duo_wait(100);
    assert_int_equal(told[0].ups, 1);
}

static void a_static_key_that_is_no_key_is_unreachable_at_once(void **state)
{
    (void)state;
    struct vc_link_peer none = {.root = world.nodes[1].cfg.root};
    assert_int_equal(vc_link_peer_put(world.nodes[0].link, 8, &none), VC_OK);
    assert_int_equal(
        vc_link_connect(world.nodes[0].link, world.now, 8, &world.nodes[1].addr, 1),
        VC_OK);
    link_duo_wait(1);
    assert_int_equal(told[0].downs, 1);
    assert_int_equal(told[0].reason, VC_ERR_PEER_UNREACHABLE);
}

/* Node 1 has two addresses, and answers from the one that was not asked. */
static bool answer_from_elsewhere(struct link_world *w, struct link_node *from,
                                  const struct vc_addr *to, struct vc_bytes bytes)
{
    (void)w, (void)to, (void)bytes;
    if (from->index == 1)
        from->addr = link_world_addr(2, 7001);
    return false;
}

static void who_answers_from_another_address_is_met_there(void **state)
{
    (void)state;
    uint32_t met = 0;
    for (int i = 0; i < 20; i++) {
        link_duo_end(NULL);
        link_duo_begin(NULL);
        for (int skip = 0; skip < i; skip++)
            (void)vc_rng_below(&world.nodes[0].link->rng, 5);
        world.filter = answer_from_elsewhere;
        assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
        link_duo_wait(100);
        if (told[0].ups == 0)
            continue; /* msg2 was shorter than the shortest msg3 */
        met++;
        assert_true(link_duo_session(0, 1)->is_proved);
        assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 3000), VC_OK);
        link_duo_wait(300);
        assert_int_equal(told[1].objects, 1);
    }
    assert_true(met >= 8);
}

static void garbage_for_an_attempt_changes_nothing(void **state)
{
    (void)state;
    uint8_t garbage[200];
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_world_drain(&world.nodes[0]);
    for (size_t len = 0; len <= sizeof garbage; len += 3) {
        memset(garbage, (int)len, sizeof garbage);
        memcpy(garbage, world.nodes[0].link->attempts[0].keys.recv_cid.b, VC_CID_LEN);
        vc_link_recv(world.nodes[0].link, world.now, &world.nodes[1].addr,
                     (struct vc_bytes){garbage, len});
    }
    link_world_drain(&world.nodes[0]);
    assert_int_equal(count, 1);
    link_duo_wait(100);
    assert_int_equal(told[0].ups, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_moves_after_msg2_is_met_where_he_is_found),
        TEST(who_starts_anew_after_msg2_is_met_soon),
        TEST(msg1_is_sent_five_times_and_then_the_peer_is_unreachable),
        TEST(msg3_is_sent_until_a_packet_confirms_it_and_up_waits_for_that),
        TEST(all_addresses_are_tried_at_once_and_new_ones_when_they_come),
        TEST(an_address_given_later_is_reached_at_once),
        TEST(two_who_connect_at_once_settle_on_the_handshake_of_the_smaller_key),
        TEST(any_loss_of_the_first_datagrams_ends_in_one_session),
        TEST(who_answers_with_another_key_is_not_the_peer),
        TEST(who_does_not_know_us_makes_no_session),
        TEST(new_keys_of_a_peer_begin_the_handshake_again),
        TEST(a_static_key_that_is_no_key_is_unreachable_at_once),
        TEST(who_answers_from_another_address_is_met_there),
        TEST(garbage_for_an_attempt_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
