/* node/link/half_open.c: handshakes of others, and floods of them. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

/* Takes the first datagram that node @index has for the network. */
static struct vc_bytes take_datagram(uint32_t index, struct vc_addr *ret_to)
{
    static uint8_t kept[VC_PACKET_MAX];
    struct vc_link_output output;
    while (vc_link_next(world.nodes[index].link, world.now, &output)) {
        if (output.kind != VC_LINK_DATAGRAM)
            continue;
        memcpy(kept, output.bytes.data, output.bytes.len);
        if (ret_to != NULL)
            *ret_to = output.addr;
        return (struct vc_bytes){kept, output.bytes.len};
    }
    return (struct vc_bytes){NULL, 0};
}

/* Somebody who knows node 1's keys writes a msg1 with an ephemeral of his own. */
struct flooder {
    struct vc_handshake hs;
    struct vc_rng rng;
    uint32_t made;
    uint8_t room[VC_HANDSHAKE_MAX];
};

static struct flooder flooder;

static void begin_msg1(struct flooder *f)
{
    struct link_node *target = &world.nodes[1];
    struct vc_secret32 e, s = {{9}};
    struct vc_mask mask;
    struct vc_cid cid;
    vc_mask_of_contact(&mask, target->cfg.network_id, &target->contacts,
                       &target->dev_dh_public);
    vc_rng_draw(&f->rng, e.b, sizeof e.b);
    vc_rng_draw(&f->rng, cid.b, sizeof cid.b);
    struct vc_handshake_config cfg = {.kind = VC_HANDSHAKE_LINK,
                                      .is_initiator = true,
                                      .network_id = target->cfg.network_id,
                                      .mask = &mask,
                                      .dev_dh = &s,
                                      .peer_dev_dh = &target->dev_dh_public,
                                      .responder_root = &target->cfg.root,
                                      .e = &e,
                                      .own_cid = cid};
    vc_handshake_init(&f->hs, &cfg);
    f->made++;
}

static struct vc_bytes write_msg1(struct flooder *f, const uint8_t *cookie)
{
    struct vc_writer w = vc_writer(f->room, sizeof f->room);
    vc_err err = vc_handshake_write_msg1(&f->hs, cookie, &f->rng, &w);
    VC_CHECK(err == VC_OK);
    return vc_writer_bytes(&w);
}

static int begin(void **state)
{
    struct vc_secret32 seed = {{7}};
    memset(&flooder, 0, sizeof flooder);
    vc_rng_init(&flooder.rng, &seed);
    struct vc_link_config cfg = {
        .peers_max = 16, .half_open_max = 256, .chunk_count = 1024, .packets_max = 256};
    (void)state;
    link_duo_begin_with(&cfg);
    return 0;
}

static void recv(const struct vc_addr *from, struct vc_bytes datagram)
{
    vc_link_recv(world.nodes[1].link, world.now, from, datagram);
}

static struct vc_link_stats stats_of_1(void)
{
    struct vc_link_stats stats;
    vc_link_stats(world.nodes[1].link, &stats);
    return stats;
}

static void strangers_get_nothing_and_cost_nothing(void **state)
{
    (void)state;
    uint8_t bytes[300];
    struct vc_addr from = link_world_addr(77, 77);
    for (uint32_t i = 0; i < 20000; i++) {
        for (size_t j = 0; j < sizeof bytes; j++)
            bytes[j] = (uint8_t)link_world_random(&world);
        recv(&from, (struct vc_bytes){bytes, i % sizeof bytes});
    }
    assert_int_equal(take_datagram(1, NULL).len, 0);
    assert_int_equal(stats_of_1().dh_for_strangers, 0);
    assert_int_equal(stats_of_1().dropped_strange, 20000);
}

static void every_changed_bit_of_a_hello_makes_it_a_strangers(void **state)
{
    (void)state;
    struct vc_addr from = link_world_addr(77, 77);
    uint8_t bytes[VC_HANDSHAKE_MAX];
    begin_msg1(&flooder);
    struct vc_bytes msg1 = write_msg1(&flooder, NULL);
    for (size_t bit = 0; bit < 8 * msg1.len; bit++) {
        memcpy(bytes, msg1.data, msg1.len);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        recv(&from, (struct vc_bytes){bytes, msg1.len});
    }
    assert_int_equal(take_datagram(1, NULL).len, 0);
    assert_int_equal(stats_of_1().dh_for_strangers, 0);
    recv(&from, msg1);
    assert_true(take_datagram(1, NULL).len > 0);
}

static void the_same_hello_gets_the_same_answer_wherever_it_comes_from(void **state)
{
    (void)state;
    struct vc_addr first = link_world_addr(77, 77), second = link_world_addr(78, 1), to;
    uint8_t answer[VC_HANDSHAKE_MAX];
    begin_msg1(&flooder);
    recv(&first, write_msg1(&flooder, NULL));
    struct vc_bytes msg2 = take_datagram(1, &to);
    assert_true(vc_addr_equal(&to, &first));
    size_t len = msg2.len;
    memcpy(answer, msg2.data, len);
    struct vc_bytes again = write_msg1(&flooder, NULL);
    recv(&second, again);
    assert_true(len <= again.len);
    msg2 = take_datagram(1, &to);
    assert_true(vc_addr_equal(&to, &second));
    assert_int_equal(msg2.len, len);
    assert_memory_equal(msg2.data, answer, len);
    assert_int_equal(stats_of_1().dh_for_strangers, 1);
    /* But not for ever: a copied hello must not make a fountain of us. */
    uint32_t answers = 2;
    for (int i = 0; i < 1000; i++) {
        recv(&second, again);
        answers += take_datagram(1, NULL).len > 0;
    }
    assert_int_equal(answers, VC_LINK_REPLIES_MAX);
}

static void a_place_is_let_go_after_its_time(void **state)
{
    (void)state;
    struct vc_addr from = link_world_addr(77, 77);
    begin_msg1(&flooder);
    recv(&from, write_msg1(&flooder, NULL));
    assert_int_equal(stats_of_1().half_open, 1);
    assert_int_equal(vc_link_due(world.nodes[1].link),
                     world.now + VC_LINK_HALF_OPEN_MS);
    link_duo_wait(VC_LINK_HALF_OPEN_MS - 1);
    assert_int_equal(stats_of_1().half_open, 1);
    link_duo_wait(1);
    assert_int_equal(stats_of_1().half_open, 0);
    assert_int_equal(world.nodes[1].link->cids.count, 0);
    assert_int_equal(vc_link_due(world.nodes[1].link), VC_NEVER);
}

/* Takes @count places from as many addresses, each of another network. */
static void crowd(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct vc_addr from = link_world_addr(1000 + i, 77);
        begin_msg1(&flooder);
        recv(&from, write_msg1(&flooder, NULL));
        (void)take_datagram(1, NULL);
    }
}

static void many_open_places_cost_a_cookie_and_no_dh(void **state)
{
    (void)state;
    struct vc_addr from = link_world_addr(77, 77), other = link_world_addr(78, 77), to;
    uint8_t cookie[VC_COOKIE_LEN];
    crowd(VC_LINK_COOKIE_FROM);
    assert_int_equal(stats_of_1().cookies_sent, 0);
    begin_msg1(&flooder);
    struct vc_bytes msg1 = write_msg1(&flooder, NULL);
    recv(&from, msg1);
    struct vc_bytes reply = take_datagram(1, &to);
    assert_int_equal(stats_of_1().cookies_sent, 1);
    assert_int_equal(stats_of_1().dh_for_strangers, VC_LINK_COOKIE_FROM);
    assert_true(reply.len < msg1.len && vc_addr_equal(&to, &from));
    assert_true(vc_handshake_read_cookie(&flooder.hs, reply, cookie));
    recv(&other, write_msg1(&flooder, cookie)); /* it is good for one address */
    assert_int_equal(stats_of_1().dh_for_strangers, VC_LINK_COOKIE_FROM);
    (void)take_datagram(1, NULL);
    recv(&from, write_msg1(&flooder, cookie));
    assert_int_equal(stats_of_1().dh_for_strangers, VC_LINK_COOKIE_FROM + 1);
    assert_true(take_datagram(1, NULL).len > VC_HANDSHAKE_MIN);
}

static void a_cookie_outlives_the_turn_of_its_secret(void **state)
{
    (void)state;
    struct vc_addr from = link_world_addr(77, 77);
    uint8_t cookie[VC_COOKIE_LEN];
    crowd(VC_LINK_COOKIE_FROM);
    begin_msg1(&flooder);
    recv(&from, write_msg1(&flooder, NULL));
    assert_true(vc_handshake_read_cookie(&flooder.hs, take_datagram(1, NULL), cookie));
    struct vc_handshake hs = flooder.hs;
    for (int turns = 1; turns <= 2; turns++) {
        world.now += VC_LINK_COOKIE_MS;
        uint64_t before = stats_of_1().dh_for_strangers;
        crowd(2); /* turns the secret; the old places are still there, no tick came */
        flooder.hs = hs;
        recv(&from, write_msg1(&flooder, cookie));
        assert_int_equal(stats_of_1().dh_for_strangers - before, turns == 1);
        if (turns == 1) {
            uint32_t slot = world.nodes[1].link->half_open_ages.tail;
            vc_half_open_free(world.nodes[1].link, slot);
        }
    }
}

static void a_full_house_gives_the_oldest_place_away(void **state)
{
    (void)state;
    struct vc_link *link = world.nodes[1].link;
    uint8_t cookie[VC_COOKIE_LEN];
    crowd(VC_LINK_COOKIE_FROM);
    for (uint32_t i = 0; i < 300; i++) {
        struct vc_addr from = link_world_addr(5000 + 7 * i, 77);
        begin_msg1(&flooder);
        recv(&from, write_msg1(&flooder, NULL));
        assert_true(
            vc_handshake_read_cookie(&flooder.hs, take_datagram(1, NULL), cookie));
        recv(&from, write_msg1(&flooder, cookie));
        assert_true(take_datagram(1, NULL).len > 0);
        assert_true(link->stats.half_open <= link->half_open_max);
    }
    assert_int_equal(link->stats.half_open, link->half_open_max);
}

static void one_address_gets_few_places_while_many_are_taken(void **state)
{
    (void)state;
    struct vc_addr from = link_world_addr(77, 77);
    uint8_t cookie[VC_COOKIE_LEN];
    crowd(VC_LINK_COOKIE_FROM);
    uint64_t before = stats_of_1().dh_for_strangers;
    for (uint32_t i = 0; i < 50; i++) {
        from.port++;
        begin_msg1(&flooder);
        recv(&from, write_msg1(&flooder, NULL));
        assert_true(
            vc_handshake_read_cookie(&flooder.hs, take_datagram(1, NULL), cookie));
        recv(&from, write_msg1(&flooder, cookie));
        (void)take_datagram(1, NULL);
    }
    assert_true(stats_of_1().dh_for_strangers - before <= VC_LINK_HALF_OPEN_PER_PREFIX);
}

static void a_contact_gets_in_while_a_thousand_a_second_knock(void **state)
{
    (void)state;
    vc_ms start = world.now;
    crowd(VC_LINK_COOKIE_FROM);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    uint64_t in = 0, out = 0;
    while (told[0].ups == 0 && world.now < start + 5000) {
        struct vc_addr from =
            link_world_addr(link_world_below(&world, 1u << 20) + 100, 7);
        begin_msg1(&flooder);
        struct vc_bytes msg1 = write_msg1(&flooder, NULL);
        in += msg1.len;
        recv(&from, msg1);
        uint64_t before = world.bytes;
        link_world_drain(&world.nodes[1]);
        out += world.bytes - before;
        link_duo_wait(1);
    }
    assert_int_equal(told[0].ups, 1);
    assert_int_equal(told[1].ups, 1);
    assert_true(out <= in);
}

static void an_invite_lets_a_stranger_in_until_it_is_taken_back(void **state)
{
    (void)state;
    struct vc_id16 secret = {{4}}, wrong = {{5}};
    struct link_node *a = &world.nodes[0], *b = &world.nodes[1];
    assert_int_equal(vc_link_invite_put(b->link, 3, &secret), VC_OK);
    assert_int_equal(vc_link_join(a->link, world.now, 40, &wrong, &b->addr, 1), VC_OK);
    link_duo_wait(VC_LINK_ATTEMPT_MS);
    assert_int_equal(told[0].reason, VC_ERR_PEER_UNREACHABLE);
    assert_int_equal(stats_of_1().dh_for_strangers, 0);
    assert_int_equal(vc_link_join(a->link, world.now, 41, &secret, &b->addr, 1), VC_OK);
    link_duo_wait(200);
    assert_int_equal(told[0].ups, 1);
    assert_true(told[0].up.is_join && told[1].up.is_join);
    assert_int_equal(told[1].up.invite, 3);
    assert_memory_equal(told[1].up.dev_dh.b, a->dev_dh_public.b, 32);
    vc_link_close(a->link, world.now, 41);
    link_duo_wait(200);
    vc_link_invite_remove(b->link, 3);
    assert_int_equal(vc_link_join(a->link, world.now, 42, &secret, &b->addr, 1), VC_OK);
    link_duo_wait(200);
    assert_int_equal(told[0].ups, 1);
}

static void strangers_who_join_are_few_and_the_same_one_is_one(void **state)
{
    (void)state;
    struct vc_id16 secret = {{4}};
    struct link_node *b = &world.nodes[1];
    assert_int_equal(vc_link_invite_put(b->link, 3, &secret), VC_OK);
    for (uint32_t i = 0; i < VC_LINK_JOINING_MAX + 4; i++) {
        struct link_node *a = &world.nodes[0];
        a->cfg.dev_dh.b[5] =
            (uint8_t)(i < 3 ? 0 : i); /* the same one comes three times */
        link_world_restart(a);
        vc_dh_public(&a->dev_dh_public, &a->cfg.dev_dh);
        assert_int_equal(vc_link_join(a->link, world.now, 40, &secret, &b->addr, 1),
                         VC_OK);
        link_duo_wait(100);
    }
    assert_int_equal(b->link->joining_count, VC_LINK_JOINING_MAX);
    assert_int_equal(told[1].ups, VC_LINK_JOINING_MAX + 2);
    assert_int_equal(told[1].downs, 2); /* EXISTS, twice */
}

/* A datagram that was kept back. */
static struct {
    uint32_t node, skip;
    size_t len;
    struct vc_addr from;
    uint8_t bytes[VC_PACKET_MAX];
} keeping;

/* Keeps back datagram number keeping.skip of one node. */
static bool keep_one(struct link_world *w, struct link_node *from, const struct vc_addr *to,
                     struct vc_bytes bytes)
{
    (void)w, (void)to;
    if (from->index != keeping.node || keeping.len > 0 || keeping.skip-- > 0)
        return false;
    keeping.len = bytes.len;
    keeping.from = from->addr;
    memcpy(keeping.bytes, bytes.data, bytes.len);
    return true;
}

static void hand_over(uint32_t to)
{
    assert_true(keeping.len > 0);
    vc_link_recv(world.nodes[to].link, world.now, &keeping.from,
                 (struct vc_bytes){keeping.bytes, keeping.len});
}

static void a_handshake_that_was_overtaken_is_dropped(void **state)
{
    (void)state;
    /* Both connect; msg3 of the larger key is held up until the other handshake is done. */
    uint32_t larger = memcmp(world.nodes[0].dev_dh_public.b,
                             world.nodes[1].dev_dh_public.b, 32) > 0
                          ? 0
                          : 1;
    uint32_t smaller = 1 - larger;
    memset(&keeping, 0, sizeof keeping);
    keeping.node = larger;
    keeping.skip = 2; /* its msg1 and its msg2 */
    world.filter = keep_one;
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    assert_int_equal(link_world_connect(&world.nodes[1], &world.nodes[0]), VC_OK);
    link_duo_wait(200);
    assert_int_equal(told[0].ups + told[1].ups, 2);
    assert_true(link_duo_session(smaller, larger)->keys.is_initiator);
    hand_over(smaller);
    link_duo_wait(200);
    assert_int_equal(told[0].ups + told[1].ups, 2);
    assert_int_equal(told[0].downs + told[1].downs, 0);
    assert_int_equal(world.nodes[smaller].link->stats.half_open, 0);
}

static void begin_rekey(uint32_t node)
{
    struct vc_link *link = world.nodes[node].link;
    vc_attempt_begin_rekey(link, world.now, vc_peers_find(link, 1 - node));
}

static void assert_one_session_and_no_down(void)
{
    assert_memory_equal(&link_duo_session(0, 1)->keys.tag,
                        &link_duo_session(1, 0)->keys.tag, sizeof(struct vc_session_tag));
    assert_int_equal(told[0].downs + told[1].downs, 0);
    uint32_t before = told[1].objects;
    assert_int_equal(link_duo_say(0, 1, VC_LINK_CHAT, "x", 3000), VC_OK);
    link_duo_wait(500);
    assert_int_equal(told[1].objects, before + 1);
}

static void two_who_renew_keys_at_once_settle_on_one(void **state)
{
    (void)state;
    link_duo_connect();
    for (int apart = 0; apart <= 40; apart += 5) {
        struct vc_session_tag tag = link_duo_session(0, 1)->keys.tag;
        begin_rekey(apart % 2 == 0 ? 0 : 1);
        link_duo_wait((vc_ms)apart);
        if (memcmp(&tag, &link_duo_session(0, 1)->keys.tag, sizeof tag) == 0 &&
            memcmp(&tag, &link_duo_session(1, 0)->keys.tag, sizeof tag) == 0)
            begin_rekey(apart % 2 == 0 ? 1 : 0);
        link_duo_wait(2000);
        assert_memory_not_equal(&tag, &link_duo_session(0, 1)->keys.tag, sizeof tag);
        assert_one_session_and_no_down();
    }
}

static void keys_may_be_renewed_from_the_ones_before_the_last(void **state)
{
    (void)state;
    link_duo_connect();
    /* Node 1 has gone on to keys that node 0 never saw confirmed. */
    struct vc_session *s = link_duo_session(1, 0);
    s->old_tag = s->keys.tag;
    s->keys.tag.b[0] ^= 1;
    begin_rekey(0);
    link_duo_wait(500);
    assert_one_session_and_no_down();
}

static void who_lost_the_session_does_not_continue_it(void **state)
{
    (void)state;
    link_duo_connect();
    link_world_restart(&world.nodes[1]);
    link_world_introduce(&world.nodes[1], &world.nodes[0]);
    begin_rekey(0);
    link_duo_wait(1000);
    assert_int_equal(told[1].ups, 1); /* that of the first life */
    assert_int_equal(world.nodes[1].link->stats.sessions, 0);
    link_duo_wait(60000);
    assert_int_equal(told[0].reason, VC_ERR_TIMEOUT);
}

static void an_invite_taken_back_in_the_middle_lets_nobody_in(void **state)
{
    (void)state;
    struct vc_id16 secret = {{4}};
    struct link_node *a = &world.nodes[0], *b = &world.nodes[1];
    assert_int_equal(vc_link_invite_put(b->link, 3, &secret), VC_OK);
    memset(&keeping, 0, sizeof keeping);
    keeping.skip = 1; /* msg1 */
    world.filter = keep_one;
    assert_int_equal(vc_link_join(a->link, world.now, 40, &secret, &b->addr, 1), VC_OK);
    link_duo_wait(100);
    vc_link_invite_remove(b->link, 3);
    hand_over(1);
    link_duo_wait(VC_LINK_ATTEMPT_MS);
    assert_int_equal(told[1].ups, 0);
    assert_int_equal(told[0].reason, VC_ERR_PEER_UNREACHABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strangers_get_nothing_and_cost_nothing),
        TEST(every_changed_bit_of_a_hello_makes_it_a_strangers),
        TEST(the_same_hello_gets_the_same_answer_wherever_it_comes_from),
        TEST(a_place_is_let_go_after_its_time),
        TEST(many_open_places_cost_a_cookie_and_no_dh),
        TEST(a_cookie_outlives_the_turn_of_its_secret),
        TEST(a_full_house_gives_the_oldest_place_away),
        TEST(one_address_gets_few_places_while_many_are_taken),
        TEST(a_contact_gets_in_while_a_thousand_a_second_knock),
        TEST(an_invite_lets_a_stranger_in_until_it_is_taken_back),
        TEST(a_handshake_that_was_overtaken_is_dropped),
        TEST(two_who_renew_keys_at_once_settle_on_one),
        TEST(keys_may_be_renewed_from_the_ones_before_the_last),
        TEST(who_lost_the_session_does_not_continue_it),
        TEST(an_invite_taken_back_in_the_middle_lets_nobody_in),
        TEST(strangers_who_join_are_few_and_the_same_one_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
