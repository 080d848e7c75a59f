#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

static struct dht_desk desk;

static int set_up(void **state)
{
    (void)state;
    dht_desk_begin(&desk, NULL, 20, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dht_desk_end(&desk);
    return 0;
}

static void want(uint32_t hand, enum vc_dht_type type)
{
    const struct vc_dht_wish wish = {.to = dht_hand_contact(&desk.hands[hand]),
                                     .type = type,
                                     .owner = VC_DHT_OWNER_CHECK};

    assert_true(vc_dht_wish_for(desk.node->dht, &wish));
    dht_world_drain(desk.node);
}

static uint32_t nodes(void)
{
    return dht_world_status(desk.node).nodes;
}

/* What a hand would say to the ping that it has heard last. */
static struct dht_datagram pong(uint32_t hand)
{
    const struct vc_dht_answer answer = {.type = VC_DHT_PONG,
                                         .seen = desk.node->addrs[0]};
    const struct dht_heard *heard = dht_desk_last(&desk, VC_DHT_PING, hand);
    struct dht_datagram datagram;

    assert_non_null(heard);
    dht_hand_answer(&desk.hands[hand], &heard->header, &answer, &datagram);
    return datagram;
}

/* ---- whose answer it is ---- */

static void an_answer_counts_once_and_from_where_was_asked(void **state)
{
    struct dht_datagram datagram;
    struct vc_addr elsewhere;

    (void)state;
    desk.is_silent[1] = desk.is_silent[2] = true;
    want(1, VC_DHT_PING);
    dht_world_run(&desk.world, 100);
    datagram = pong(1);
    elsewhere = desk.hands[2].addr;
    assert_false(dht_world_feed(desk.node, &elsewhere, dht_bytes(&datagram)));
    elsewhere = desk.hands[1].addr;
    elsewhere.port++;
    assert_false(dht_world_feed(desk.node, &elsewhere, dht_bytes(&datagram)));
    assert_int_equal(nodes(), 0);
    assert_true(dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram)));
    assert_int_equal(nodes(), 1);
    assert_false(dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram)));
}

/* Who has no key of the pair cannot answer, and does not keep the true one from it. */
static void a_forged_answer_changes_nothing(void **state)
{
    struct dht_datagram datagram, forged;

    (void)state;
    desk.is_silent[1] = true;
    want(1, VC_DHT_PING);
    dht_world_run(&desk.world, 100);
    datagram = pong(1);
    for (size_t at = 8; at < datagram.len; at++) {
        forged = datagram;
        forged.b[at] ^= 1;
        assert_true(dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&forged)));
        assert_int_equal(nodes(), 0);
    }
    assert_int_equal(dht_world_status(desk.node).dropped_malformed, datagram.len - 8);
    assert_true(dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram)));
    assert_int_equal(nodes(), 1);
}

static void nobody_waits_longer_than_a_second_and_a_half(void **state)
{
    struct dht_datagram datagram;

    (void)state;
    desk.is_silent[1] = true;
    want(1, VC_DHT_PING);
    dht_world_run(&desk.world, VC_DHT_GIVE_UP_MS);
    datagram = pong(1);
    assert_false(dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram)));
    assert_int_equal(nodes(), 0);
}

/* The answer to a hello may come from anybody: who answers is known by it. */
static void a_hello_learns_the_key(void **state)
{
    struct vc_now now = dht_world_clock(desk.node);
    struct vc_dht_node entry;
    bool is_hello_heard = false;

    (void)state;
    vc_dht_enter(desk.node->dht, &now, &desk.hands[4].addr, NULL);
    dht_world_run(&desk.world, 100);
    /* Then it is looked at from there, with the key. */
    for (size_t i = 0; i < desk.heard_count; i++) {
        is_hello_heard = is_hello_heard ||
                         (desk.heard[i].hand == 4 && desk.heard[i].header.is_hello);
    }
    assert_true(is_hello_heard);
    assert_false(dht_desk_last(&desk, VC_DHT_FIND, 4)->header.is_hello);
    assert_true(vc_dht_node_at(desk.node->dht, 0, &entry));
    assert_memory_equal(entry.contact.key.b, desk.hands[4].key.b, 32);
}

/* ---- what it says ---- */

static bool say_pong(struct dht_desk *at, uint32_t hand, const struct dht_heard *heard,
                     struct vc_dht_answer *answer)
{
    (void)at;
    (void)heard;
    if (hand == 5) {
        answer->type = VC_DHT_PONG;
    }
    return true;
}

/* A PONG brings a cookie to ask again with, once; a second one is a failure. */
static void a_pong_instead_is_asked_again_once(void **state)
{
    struct vc_hash32 place = {{9}};
    uint32_t ask;

    (void)state;
    dht_desk_meet(&desk);
    desk.answer = say_pong;
    dht_world_run(&desk.world, VC_DHT_COOKIE_USE_MS);
    dht_desk_clear(&desk);
    ask = dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 8000);
    assert_int_equal(dht_world_count(&desk.world, desk.node, VC_DHT_DONE, ask), 1);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_GET, 5) +
                         dht_desk_count(&desk, VC_DHT_FIND, 5),
                     2);
    assert_true(dht_desk_last(&desk, 0, 5)->request.has_cookie);
    /* He has answered, though not what was asked: he is alive. */
    assert_int_equal(dht_world_status(desk.node).suspects, 0);
}

static bool say_hold(struct dht_desk *at, uint32_t hand, const struct dht_heard *heard,
                     struct vc_dht_answer *answer)
{
    (void)at;
    (void)hand;
    (void)heard;
    answer->type = VC_DHT_HOLD;
    return true;
}

/* An answer of another type is no answer: all have failed, and a get is over as soon as that
 * is clear. */
static void an_answer_to_something_else_is_a_failure(void **state)
{
    struct vc_hash32 place = {{9}};
    uint32_t ask;

    (void)state;
    dht_desk_meet(&desk);
    desk.answer = say_hold;
    ask = dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 2000);
    assert_int_equal(
        dht_world_last(&desk.world, desk.node, VC_DHT_DONE, ask)->output.reason,
        VC_ERR_NO_NETWORK);
}

static bool name_the_impossible(struct dht_desk *at, uint32_t hand,
                                const struct dht_heard *heard,
                                struct vc_dht_answer *answer)
{
    static const uint8_t private[4] = {10, 0, 0, 1};

    (void)hand;
    (void)heard;
    if (answer->type == VC_DHT_NODES) {
        answer->contact_count = 3;
        answer->contacts[0] = (struct vc_dht_contact){.addr = at->hands[9].addr,
                                                      .key = at->node->dht->key};
        answer->contacts[1] = (struct vc_dht_contact){.addr = vc_addr_ipv4(private, 5),
                                                      .key = at->hands[9].key};
        answer->contacts[2] = dht_hand_contact(&at->hands[8]);
    }
    return true;
}

static bool is_possible(struct dht_world *world, struct dht_node *from,
                        const struct vc_addr *to, struct vc_bytes bytes)
{
    (void)world;
    (void)from;
    (void)bytes;
    assert_int_not_equal(to->ip[0], 10);
    return false;
}

static void contacts_that_cannot_be_are_passed_over(void **state)
{
    (void)state;
    desk.answer = name_the_impossible;
    desk.world.filter = is_possible;
    dht_desk_meet(&desk);
    assert_true(dht_desk_count(&desk, 0, 8) > 0);
    assert_int_equal(dht_desk_count(&desk, 0, 9), 0);
}

/* ---- silence ---- */

/* After the hedge another is asked, and the answer of the first still counts. */
static void patience_ends_at_the_hedge(void **state)
{
    struct vc_hash32 place = {{9}};
    uint32_t asked;

    (void)state;
    dht_desk_meet(&desk);
    dht_desk_clear(&desk);
    memset(desk.is_silent, true, sizeof desk.is_silent);
    (void)dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 60);
    asked = dht_desk_count(&desk, 0, DHT_DESK_ANY);
    assert_int_equal(asked, VC_DHT_ALPHA);
    dht_world_run(&desk.world, vc_dht_calls_hedge_ms(&desk.node->dht->calls) + 60);
    assert_in_range(dht_desk_count(&desk, 0, DHT_DESK_ANY), 2 * VC_DHT_ALPHA,
                    3 * VC_DHT_ALPHA_WIDE);
    dht_world_run(&desk.world, 8000);
}

static void who_is_silent_becomes_suspect_and_goes(void **state)
{
    uint32_t before;

    (void)state;
    dht_desk_meet(&desk);
    before = nodes();
    desk.is_silent[7] = true;
    want(7, VC_DHT_PING);
    dht_world_run(&desk.world, VC_DHT_GIVE_UP_MS);
    assert_int_equal(dht_world_status(desk.node).suspects, 1);
    /* It is asked again by itself, and goes when others answer meanwhile. */
    dht_world_run(&desk.world, 120000);
    assert_int_equal(nodes(), before - 1);
    assert_int_equal(dht_world_status(desk.node).suspects, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(an_answer_counts_once_and_from_where_was_asked),
        TEST(a_forged_answer_changes_nothing),
        TEST(nobody_waits_longer_than_a_second_and_a_half),
        TEST(a_hello_learns_the_key),
        TEST(a_pong_instead_is_asked_again_once),
        TEST(an_answer_to_something_else_is_a_failure),
        TEST(contacts_that_cannot_be_are_passed_over),
        TEST(patience_ends_at_the_hedge),
        TEST(who_is_silent_becomes_suspect_and_goes),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
