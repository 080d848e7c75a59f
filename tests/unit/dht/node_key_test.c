#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

static struct dht_desk desk;
static uint8_t saved[VC_DHT_SAVED_MAX];
static size_t saved_len;
static struct vc_key32 earlier; /* the key that was saved */
static uint64_t earlier_id;

static int tear_down(void **state)
{
    (void)state;
    if (desk.node != NULL) {
        dht_desk_end(&desk);
    }
    return 0;
}

static struct vc_dht *dht(void)
{
    return desk.node->dht;
}

static bool is_earlier(void)
{
    return memcmp(dht()->key.b, earlier.b, sizeof earlier.b) == 0;
}

static void save(void)
{
    struct vc_now now = dht_world_clock(desk.node);

    saved_len = vc_dht_save(dht(), &now, saved, sizeof saved);
    earlier = dht()->key;
    earlier_id = dht()->families[0].id;
}

/* Another life of it, at @addr (NULL: where it was), with what was saved. */
static void live_again(const struct vc_addr *addr)
{
    struct vc_now now;

    dht_world_stop(desk.node);
    if (addr != NULL) {
        desk.node->addrs[0] = *addr;
    }
    dht_desk_clear(&desk);
    dht_world_start(desk.node);
    now = dht_world_clock(desk.node);
    assert_int_equal(vc_dht_restore(dht(), &now, (struct vc_bytes){saved, saved_len}),
                     VC_OK);
    assert_false(is_earlier());
    dht_world_drain(desk.node);
}

static struct vc_dht_config undecided(void)
{
    struct vc_dht_config cfg;

    dht_world_config(&cfg);
    cfg.is_bootstrap = false;
    return cfg;
}

static void live(uint32_t hands)
{
    struct vc_dht_config cfg = undecided();

    dht_desk_begin(&desk, &cfg, hands, false);
    dht_desk_meet(&desk);
    dht_world_run(&desk.world, 5000);
    save();
}

static struct vc_addr elsewhere(void)
{
    return vc_addr_ipv4((const uint8_t[]){77, 1, 2, 3}, 4000);
}

static uint32_t heard_from_earlier(void)
{
    uint32_t count = 0;

    for (size_t i = 0; i < desk.heard_count; i++) {
        const struct vc_dht_header *header = &desk.heard[i].header;

        count += memcmp(header->asker.b, earlier.b, sizeof earlier.b) == 0;
    }
    return count;
}

static void who_is_where_he_was_is_who_he_was(void **state)
{
    (void)state;
    live(12);
    live_again(NULL);
    dht_world_run(&desk.world, 1500);
    assert_true(is_earlier());
    assert_true(dht()->families[0].id == earlier_id);
    assert_true(dht()->families[0].table.own == earlier_id);
    /* Nobody was lost by it, and it can still talk. */
    assert_true(dht_world_status(desk.node).nodes >= 11);
    dht_desk_clear(&desk);
    dht_world_run(&desk.world, VC_DHT_WALK_SPREAD_MS + 60000);
    assert_true(heard_from_earlier() > 0);
    assert_int_equal(heard_from_earlier(), desk.heard_count);
}

/* Neither the key nor the id of it comes to anybody's ears. */
static void who_is_elsewhere_is_somebody_else(void **state)
{
    struct vc_addr addr = elsewhere();

    (void)state;
    live(12);
    live_again(&addr);
    /* It is known as soon as the first three have said so. */
    dht_world_run(&desk.world, VC_DHT_SAME_MS / 2);
    assert_false(dht()->earlier.is_open);
    dht_world_run(&desk.world, 120000);
    assert_false(is_earlier());
    assert_true(desk.heard_count > 12);
    assert_int_equal(heard_from_earlier(), 0);
    for (size_t i = 0; i < desk.heard_count; i++) {
        assert_true(desk.heard[i].request.target != earlier_id);
    }
    assert_true(dht()->families[0].table.own == dht()->families[0].id);
}

/* One or two could say anything; what all say who answer at all is believed in the end. */
static void two_words_of_it_are_not_enough_at_once(void **state)
{
    (void)state;
    live(12);
    for (uint32_t i = 2; i < 12; i++) {
        desk.is_silent[i] = true;
    }
    live_again(NULL);
    dht_world_run(&desk.world, VC_DHT_SAME_MS - 100);
    assert_true(dht_world_status(desk.node).is_joined);
    assert_false(is_earlier());
    assert_int_equal(heard_from_earlier(), 0);
    dht_world_run(&desk.world, 2000);
    assert_true(is_earlier());
}

static void liars_do_not_get_it(void **state)
{
    struct vc_addr addr = elsewhere(), home;

    (void)state;
    live(12);
    home = desk.node->addrs[0];
    for (uint32_t i = 0; i < 2; i++) {
        desk.seen[i] = home;
    }
    live_again(&addr);
    dht_world_run(&desk.world, 60000);
    assert_false(is_earlier());
    assert_false(dht()->earlier.is_open);
    assert_int_equal(heard_from_earlier(), 0);
}

/* It is kept for the next time when nobody has said yet where we are. */
static void before_it_is_known_the_earlier_one_is_saved(void **state)
{
    struct vc_now now;
    uint8_t again[VC_DHT_SAVED_MAX];

    (void)state;
    live(12);
    for (uint32_t i = 0; i < 12; i++) {
        desk.is_silent[i] = true;
    }
    live_again(NULL);
    dht_world_run(&desk.world, 5000);
    assert_true(dht()->earlier.is_open);
    now = dht_world_clock(desk.node);
    assert_true(vc_dht_save(dht(), &now, again, sizeof again) > 42);
    assert_memory_equal(again + 10, saved + 10, 32 + 7 + 4);
    /* Nor does a change of network that is told before anybody has answered lose it. */
    vc_dht_moved(dht(), &now);
    dht_world_drain(desk.node);
    for (uint32_t i = 0; i < 12; i++) {
        desk.is_silent[i] = false;
    }
    dht_world_run(&desk.world, 20000);
    assert_true(is_earlier());
}

static void the_time_at_the_address_goes_on(void **state)
{
    (void)state;
    live(12);
    dht_world_run(&desk.world, 600000);
    save();
    live_again(NULL);
    dht_world_run(&desk.world, 5000);
    assert_true(is_earlier());
    assert_in_range(dht()->families[0].up_before_ms, 600000, 700000);
    /* But no further than anybody asks for. */
    dht_world_run(&desk.world, 3600000);
    save();
    live_again(NULL);
    dht_world_run(&desk.world, 5000);
    assert_int_equal(dht()->families[0].up_before_ms, VC_DHT_UPTIME_MS);
}

static void an_answer_to_the_key_before_is_opened(void **state)
{
    uint64_t answers;
    struct vc_now now;

    (void)state;
    live(4);
    now = dht_world_clock(desk.node);
    assert_true(
        vc_dht_wish_for(dht(), &(struct vc_dht_wish){.to = {.addr = desk.hands[1].addr,
                                                            .key = desk.hands[1].key},
                                                     .type = VC_DHT_PING,
                                                     .owner = VC_DHT_OWNER_PING}));
    dht_world_drain(desk.node);
    assert_false(vc_dht_calls_due(&dht()->calls) == VC_NEVER);
    answers = dht()->stats.datagrams_in;
    vc_dht_key_renew(dht(), &now);
    dht_world_run(&desk.world, 500);
    assert_true(dht()->stats.datagrams_in > answers);
    assert_int_equal(dht()->stats.dropped_malformed, 0);
    /* To one before that it is not. */
    assert_true(
        vc_dht_wish_for(dht(), &(struct vc_dht_wish){.to = {.addr = desk.hands[1].addr,
                                                            .key = desk.hands[1].key},
                                                     .type = VC_DHT_PING,
                                                     .owner = VC_DHT_OWNER_PING}));
    dht_world_drain(desk.node);
    vc_dht_key_renew(dht(), &now);
    vc_dht_key_renew(dht(), &now);
    dht_world_run(&desk.world, 500);
    assert_true(dht()->stats.dropped_malformed > 0);
}

/* Others see it at another host, though nobody has said that the network is another. */
static void who_is_moved_unawares_takes_a_new_key(void **state)
{
    struct vc_addr addr = elsewhere();
    struct vc_hash32 place = {{1}};
    struct vc_key32 before;

    (void)state;
    live(12);
    before = dht()->key;
    for (uint32_t i = 0; i < 12; i++) {
        desk.seen[i] = desk.node->addrs[0]; /* another port is the same host */
        desk.seen[i].port++;
    }
    (void)dht_world_get(desk.node, &place); /* all answer */
    dht_world_run(&desk.world, 10000);
    assert_int_equal(dht_world_status(desk.node).seen.port, desk.seen[0].port);
    assert_memory_equal(dht()->key.b, before.b, sizeof before.b);
    for (uint32_t i = 0; i < 12; i++) {
        desk.seen[i] = addr;
    }
    (void)dht_world_get(desk.node, &place);
    dht_world_run(&desk.world, 10000);
    assert_true(memcmp(dht()->key.b, before.b, sizeof before.b) != 0);
}

static void the_same_host(void **state)
{
    uint8_t ip[16] = {0x20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct vc_addr six = vc_addr_ipv6(ip, 1), other;
    struct vc_addr four = vc_addr_ipv4(ip, 1);

    (void)state;
    ip[15]++;
    other = vc_addr_ipv6(ip, 2);
    assert_true(vc_dht_is_same_host(&six, &other));
    ip[7]++;
    other = vc_addr_ipv6(ip, 1);
    assert_false(vc_dht_is_same_host(&six, &other));
    assert_false(vc_dht_is_same_host(&six, &four));
    other = vc_addr_ipv4(ip, 9);
    assert_true(vc_dht_is_same_host(&four, &other));
    ip[3]++;
    other = vc_addr_ipv4(ip, 1);
    assert_false(vc_dht_is_same_host(&four, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(who_is_where_he_was_is_who_he_was),
        TEST(who_is_elsewhere_is_somebody_else),
        TEST(two_words_of_it_are_not_enough_at_once),
        TEST(liars_do_not_get_it),
        TEST(before_it_is_known_the_earlier_one_is_saved),
        TEST(the_time_at_the_address_goes_on),
        TEST(an_answer_to_the_key_before_is_opened),
        TEST(who_is_moved_unawares_takes_a_new_key),
        TEST(the_same_host),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
