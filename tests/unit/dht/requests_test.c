#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

#define MINUTE (UINT64_C(60) * 1000)

static struct dht_desk desk;
static struct vc_dht_answer answer;

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

static size_t ask(uint32_t hand, struct vc_dht_request request)
{
    return dht_desk_ask(&desk, hand, &request, &answer);
}

static void every_request_gets_its_answer(void **state)
{
    struct vc_dht_request put = {.type = VC_DHT_PUT};
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;

    (void)state;
    dht_desk_meet(&desk);
    assert_true(ask(1, (struct vc_dht_request){.type = VC_DHT_PING}) > 0);
    assert_int_equal(answer.type, VC_DHT_PONG);
    assert_true(vc_addr_equal(&answer.seen, &desk.hands[1].addr));
    assert_true(ask(1, (struct vc_dht_request){.type = VC_DHT_FIND, .target = 5}) > 0);
    assert_int_equal(answer.type, VC_DHT_NODES);
    assert_int_equal(answer.contact_count, VC_DHT_CONTACTS_IPV4);
    for (uint8_t i = 0; i < answer.contact_count; i++) {
        assert_memory_not_equal(answer.contacts[i].key.b, desk.hands[1].key.b, 32);
    }
    dht_world_record(&desk.world, 1, 7, 24, record, &place);
    ask(1, (struct vc_dht_request){.type = VC_DHT_GET, .place = place});
    assert_int_equal(answer.type, VC_DHT_NODES);
    put.record = VC_BYTES(record);
    ask(1, put);
    assert_int_equal(answer.type, VC_DHT_HOLD);
    assert_int_equal(answer.hold, VC_DHT_HOLD_YES);
    assert_int_equal(answer.seq, 7);
    ask(2, (struct vc_dht_request){.type = VC_DHT_GET, .place = place});
    assert_int_equal(answer.type, VC_DHT_VALUE);
    assert_memory_equal(answer.record.data, record, sizeof record);
    ask(1, (struct vc_dht_request){.type = VC_DHT_REFRESH, .place = place, .seq = 7});
    assert_int_equal(answer.hold, VC_DHT_HOLD_YES);
    ask(1, (struct vc_dht_request){.type = VC_DHT_REFRESH, .place = place, .seq = 8});
    assert_int_equal(answer.hold, VC_DHT_HOLD_NO);
}

/* What needs a cookie is not done without a good one, and gets a cookie instead. */
static void nothing_that_needs_a_cookie_is_done_without(void **state)
{
    struct vc_dht_request put = {.type = VC_DHT_PUT};
    uint8_t record[VC_DHT_RECORD_LEN];
    struct vc_hash32 place;

    (void)state;
    dht_desk_meet(&desk);
    dht_world_record(&desk.world, 1, 7, 24, record, &place);
    put.record = VC_BYTES(record);
    for (int round = 0; round < 2; round++) {
        struct dht_hand *hand = &desk.hands[1];

        for (unsigned type = VC_DHT_PUT; type <= VC_DHT_RING; type++) {
            struct vc_dht_request request = {.type = (enum vc_dht_type)type,
                                             .place = place,
                                             .seq = 7,
                                             .record = VC_BYTES(record),
                                             .contact =
                                                 dht_hand_contact(&desk.hands[2])};

            if (!vc_dht_type_needs_cookie(request.type)) {
                continue;
            }
            /* None at all, then one that was made up. */
            hand->has_cookie = round == 1;
            memset(hand->cookie.b, 7, sizeof hand->cookie.b);
            dht_desk_clear(&desk);
            ask(1, request);
            assert_int_equal(answer.type, VC_DHT_PONG);
            dht_world_run(&desk.world, 1000);
            assert_int_equal(dht_desk_count(&desk, VC_DHT_RING, DHT_DESK_ANY), 0);
            assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, 2), 0);
        }
    }
    assert_int_equal(dht_world_holds(desk.node, &place), 0);
    /* With the one that came with the PONG it is. */
    ask(1, put);
    assert_int_equal(answer.type, VC_DHT_HOLD);
    assert_int_equal(dht_world_holds(desk.node, &place), 7);
}

/* What an owner asks each hour of holders whose cookies are long worth nothing. */
static void a_refresh_needs_none(void **state)
{
    struct vc_dht_request put = {.type = VC_DHT_PUT},
                          refresh = {.type = VC_DHT_REFRESH};
    uint8_t record[VC_DHT_RECORD_LEN];
    size_t asked = VC_DHT_REQUEST_OVERHEAD + sizeof refresh.place + sizeof refresh.seq;

    (void)state;
    dht_world_record(&desk.world, 1, 7, 24, record, &refresh.place);
    put.record = VC_BYTES(record);
    dht_desk_take_cookie(&desk, 1);
    ask(1, put);
    refresh.seq = 7;
    desk.hands[2].has_cookie = false;
    assert_in_range(dht_desk_ask(&desk, 2, &refresh, &answer), 1, asked);
    assert_int_equal(answer.type, VC_DHT_HOLD);
    assert_int_equal(answer.hold, VC_DHT_HOLD_YES);
}

static void a_cookie_is_good_for_its_address_and_ten_minutes_at_most(void **state)
{
    struct vc_dht_request put = {.type = VC_DHT_PUT};
    uint8_t record[VC_DHT_RECORD_LEN];
    struct dht_hand *hand = &desk.hands[1];
    struct vc_dht_cookie cookie;
    struct vc_hash32 place;

    (void)state;
    dht_world_record(&desk.world, 1, 7, 24, record, &place);
    put.record = VC_BYTES(record);
    dht_desk_take_cookie(&desk, 1);
    cookie = hand->cookie;
    hand->addr.port++;
    ask(1, put);
    assert_int_equal(answer.type, VC_DHT_PONG);
    hand->addr.port--;
    hand->cookie = cookie;
    dht_world_run(&desk.world, 10 * MINUTE);
    ask(1, put);
    assert_int_equal(answer.type, VC_DHT_PONG);
    assert_int_equal(dht_world_holds(desk.node, &place), 0);
    dht_world_run(&desk.world, 4 * MINUTE);
    ask(1, put);
    assert_int_equal(answer.type, VC_DHT_HOLD);
}

static void copies_get_nothing(void **state)
{
    const struct vc_dht_request find = {.type = VC_DHT_FIND};
    struct dht_datagram datagram;
    uint64_t before;

    (void)state;
    dht_hand_ask(&desk.hands[1], &desk.node->dht->key, find, VC_DHT_FIND_BODY_MIN,
                 &datagram);
    assert_true(dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram)));
    before = desk.node->bytes_out;
    assert_true(before > 0);
    for (int i = 0; i < 5; i++) {
        (void)dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram));
        (void)dht_world_feed(desk.node, &desk.hands[2].addr, dht_bytes(&datagram));
        dht_world_run(&desk.world, 1000);
    }
    assert_int_equal(desk.node->bytes_out, before);
    assert_int_equal(dht_world_status(desk.node).dropped_replay, 10);
}

/* Every byte of a request is one that has to be right. */
static void changed_requests_get_nothing(void **state)
{
    const struct vc_dht_request ping = {.type = VC_DHT_PING};
    struct dht_datagram datagram;

    (void)state;
    for (size_t at = 0; at < 85; at++) {
        dht_hand_ask(&desk.hands[1], &desk.node->dht->key, ping, VC_DHT_PING_BODY_MIN,
                     &datagram);
        datagram.b[at] ^= 0x40;
        (void)dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram));
    }
    assert_int_equal(desk.node->bytes_out, 0);
}

static void hello_has_to_be_a_find(void **state)
{
    struct dht_hand *hand = &desk.hands[1];
    struct dht_datagram datagram;

    (void)state;
    for (unsigned type = VC_DHT_PING; type <= VC_DHT_GET; type++) {
        const struct vc_dht_request request = {.type = (enum vc_dht_type)type};
        uint64_t before = desk.node->bytes_out;

        hand->has_cookie = false;
        dht_hand_ask(hand, NULL, request, VC_DHT_HELLO_BODY_MIN, &datagram);
        (void)dht_world_feed(desk.node, &hand->addr, dht_bytes(&datagram));
        assert_int_equal(desk.node->bytes_out > before, type == VC_DHT_FIND);
    }
}

/* It hears nothing and says nothing, whoever asks: all is left to others at its socket. */
static void a_client_is_silent(void **state)
{
    struct vc_dht_config cfg;

    (void)state;
    dht_desk_end(&desk);
    dht_world_config(&cfg);
    cfg.is_bootstrap = false;
    for (int is_configured = 0; is_configured < 2; is_configured++) {
        struct dht_datagram datagram;

        cfg.is_client = is_configured == 1;
        dht_desk_begin(&desk, &cfg, 4, false);
        for (unsigned type = VC_DHT_PING; type <= VC_DHT_RING; type++) {
            const struct vc_dht_request request = {
                .type = (enum vc_dht_type)type,
                .record = VC_BYTES(desk.record),
                .contact = dht_hand_contact(&desk.hands[2])};
            bool is_heard;

            dht_hand_ask(&desk.hands[1], &desk.node->dht->key, request,
                         VC_DHT_GET_BODY_MIN, &datagram);
            is_heard =
                dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram));
            /* One that may become a router hears that it can be reached. */
            assert_int_equal(is_heard, is_configured == 0);
        }
        dht_hand_ask(&desk.hands[1], NULL, (struct vc_dht_request){.type = VC_DHT_FIND},
                     VC_DHT_HELLO_BODY_MIN, &datagram);
        assert_false(
            dht_world_feed(desk.node, &desk.hands[1].addr, dht_bytes(&datagram)));
        dht_world_run(&desk.world, MINUTE);
        assert_int_equal(desk.node->bytes_out, 0);
        dht_desk_end(&desk);
    }
}

/* A CALL becomes a RING to somebody in another /16, and that one a PING to the caller. */
static void call_and_ring(void **state)
{
    const struct dht_heard *ring;

    (void)state;
    dht_desk_meet(&desk);
    dht_desk_take_cookie(&desk, 1);
    dht_desk_take_cookie(&desk, 2);
    dht_desk_clear(&desk);
    ask(1, (struct vc_dht_request){.type = VC_DHT_CALL});
    assert_int_equal(answer.type, VC_DHT_PONG);
    dht_world_run(&desk.world, 1000);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_RING, DHT_DESK_ANY), 1);
    ring = dht_desk_last(&desk, VC_DHT_RING, DHT_DESK_ANY);
    assert_int_not_equal(ring->hand, 1);
    assert_true(vc_addr_equal(&ring->request.contact.addr, &desk.hands[1].addr));
    assert_memory_equal(ring->request.contact.key.b, desk.hands[1].key.b, 32);
    dht_desk_clear(&desk);
    ask(2, (struct vc_dht_request){.type = VC_DHT_RING,
                                   .contact = dht_hand_contact(&desk.hands[5])});
    dht_world_run(&desk.world, 1000);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, 5), 1);
    /* But none to where no node can be. */
    desk.hands[6].addr.ip[0] = 10;
    ask(2, (struct vc_dht_request){.type = VC_DHT_RING,
                                   .contact = dht_hand_contact(&desk.hands[6])});
    dht_world_run(&desk.world, 1000);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, 6), 0);
}

/* A second, and ten at once: nobody makes a machine write to whom he likes at a rate. */
static void rings_are_limited(void **state)
{
    (void)state;
    dht_desk_take_cookie(&desk, 1);
    dht_desk_clear(&desk);
    for (int i = 0; i < 60; i++) {
        ask(1, (struct vc_dht_request){.type = VC_DHT_RING,
                                       .contact = dht_hand_contact(&desk.hands[5])});
        dht_world_run(&desk.world, 100);
    }
    assert_in_range(dht_desk_count(&desk, VC_DHT_PING, 5), VC_DHT_RING_BURST,
                    VC_DHT_RING_BURST + 6 * VC_DHT_RING_RATE);
}

/* Whoever asks is told the time of the machine's own clock, whatever others tell it. */
static void the_time_in_answers_is_ones_own(void **state)
{
    uint32_t date_s = (uint32_t)(DHT_WORLD_DATE_MS / 1000);

    (void)state;
    for (uint32_t i = 0; i < desk.hand_count; i++) {
        desk.skew_ms[i] = 3600 * 1000;
    }
    dht_desk_meet(&desk);
    assert_in_range(
        vc_dht_date(desk.node->dht, &(struct vc_now){.mono = desk.world.now}) / 1000,
        date_s + 3600, date_s + 3620);
    ask(1, (struct vc_dht_request){.type = VC_DHT_PING});
    assert_in_range(answer.time_s, date_s, date_s + 20);
}

/* 50 a second and 200 at once of one /24 are looked at; others are heard all the same. */
static void a_flood_from_one_network_starves_nobody_else(void **state)
{
    const struct vc_dht_request ping = {.type = VC_DHT_PING};
    struct dht_hand *flooder = &desk.hands[1];
    uint64_t answers;

    (void)state;
    answers = dht_world_status(desk.node).answers;
    for (int i = 0; i < 1000; i++) {
        struct dht_datagram datagram;

        flooder->addr.ip[3] = (uint8_t)i;
        dht_hand_ask(flooder, &desk.node->dht->key, ping, VC_DHT_PING_BODY_MIN,
                     &datagram);
        (void)dht_world_feed(desk.node, &flooder->addr, dht_bytes(&datagram));
        if (i % 100 == 99) {
            dht_world_run(&desk.world, 100);
            ask(2, ping);
            assert_int_equal(answer.type, VC_DHT_PONG);
        }
    }
    answers = dht_world_status(desk.node).answers - answers - 10;
    assert_in_range(answers, VC_DHT_PREFIX_BURST,
                    VC_DHT_PREFIX_BURST + VC_DHT_PREFIX_RATE);
    assert_int_equal(dht_world_status(desk.node).dropped_rate, 1000 - answers);
}

/* Strangers cost a Diffie-Hellman each: when they have had theirs, those that are known are still
 * heard. */
static void the_budget_for_strangers(void **state)
{
    const struct vc_dht_request ping = {.type = VC_DHT_PING};
    uint32_t answered = 0;

    (void)state;
    ask(2, ping);
    for (uint32_t i = 0; i < VC_DHT_DH_BURST + 500; i++) {
        struct dht_hand stranger;
        struct dht_datagram datagram;
        const uint8_t ip[4] = {60, (uint8_t)(i >> 8), (uint8_t)i, 1};
        struct vc_addr addr = vc_addr_ipv4(ip, 99);
        uint64_t before = desk.node->bytes_out;

        dht_hand_begin(&stranger, desk.node->cfg.network_id, &addr, 1000 + i);
        dht_hand_ask(&stranger, &desk.node->dht->key, ping, VC_DHT_PING_BODY_MIN,
                     &datagram);
        (void)dht_world_feed(desk.node, &addr, dht_bytes(&datagram));
        answered += desk.node->bytes_out > before;
        if (i % 100 == 0) {
            ask(2, ping);
            assert_int_equal(answer.type, VC_DHT_PONG);
        }
    }
    assert_in_range(answered, VC_DHT_DH_BURST - 2, VC_DHT_DH_BURST);
    dht_world_run(&desk.world, 1000);
    ask(3, ping);
    assert_int_equal(answer.type, VC_DHT_PONG);
}

static bool name_nobody(struct dht_desk *from, uint32_t hand,
                        const struct dht_heard *heard, struct vc_dht_answer *said)
{
    (void)from;
    (void)hand;
    (void)heard;
    said->contact_count = 0;
    return true;
}

/* A router that asks is pinged, and put into the table when it answers; a client is not. */
static void routers_that_ask_are_looked_at(void **state)
{
    (void)state;
    desk.answer = name_nobody;
    desk.hands[1].is_router = true;
    ask(1, (struct vc_dht_request){.type = VC_DHT_FIND});
    ask(2, (struct vc_dht_request){.type = VC_DHT_FIND});
    dht_world_run(&desk.world, 1000);
    assert_int_equal(dht_desk_count(&desk, VC_DHT_PING, 1), 1);
    assert_int_equal(dht_desk_count(&desk, 0, 2), 0);
    assert_int_equal(dht_world_status(desk.node).nodes, 1);
}

static void its_own_requests_come_back_in_vain(void **state)
{
    struct dht_hand mirror = desk.hands[1];
    struct dht_datagram datagram;

    (void)state;
    mirror.secret = desk.node->dht->secret;
    mirror.key = desk.node->dht->key;
    dht_hand_ask(&mirror, NULL, (struct vc_dht_request){.type = VC_DHT_FIND},
                 VC_DHT_HELLO_BODY_MIN, &datagram);
    assert_true(dht_world_feed(desk.node, &mirror.addr, dht_bytes(&datagram)));
    assert_int_equal(desk.node->bytes_out, 0);
    assert_int_equal(dht_world_status(desk.node).dropped_strange, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(every_request_gets_its_answer),
        TEST(nothing_that_needs_a_cookie_is_done_without),
        TEST(a_refresh_needs_none),
        TEST(a_cookie_is_good_for_its_address_and_ten_minutes_at_most),
        TEST(copies_get_nothing),
        TEST(changed_requests_get_nothing),
        TEST(hello_has_to_be_a_find),
        TEST(a_client_is_silent),
        TEST(call_and_ring),
        TEST(rings_are_limited),
        TEST(the_time_in_answers_is_ones_own),
        TEST(a_flood_from_one_network_starves_nobody_else),
        TEST(the_budget_for_strangers),
        TEST(routers_that_ask_are_looked_at),
        TEST(its_own_requests_come_back_in_vain),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
