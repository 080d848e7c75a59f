#include <string.h>

#include "dht/machine.h"
#include "tests/support/dht_desk.h"
#include "tests/support/test.h"

#define SECOND (UINT64_C(1000))
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static struct dht_desk desk;
static uint8_t record[VC_DHT_RECORD_LEN];
static struct vc_hash32 place;

static void begin(const struct vc_dht_config *cfg, uint32_t hands)
{
    dht_desk_begin(&desk, cfg, hands, false);
    dht_desk_meet(&desk);
    dht_world_record(&desk.world, 1, 7, 24, record, &place);
    dht_desk_clear(&desk);
}

static int tear_down(void **state)
{
    (void)state;
    if (desk.node != NULL) {
        dht_desk_end(&desk);
    }
    return 0;
}

static const struct dht_told *done(uint32_t ask)
{
    assert_int_equal(dht_world_count(&desk.world, desk.node, VC_DHT_DONE, ask), 1);
    return dht_world_last(&desk.world, desk.node, VC_DHT_DONE, ask);
}

static uint32_t kept(void)
{
    return dht_world_count(&desk.world, desk.node, VC_DHT_KEPT, 0);
}

static uint8_t kept_by(void)
{
    const struct dht_told *told =
        dht_world_last(&desk.world, desk.node, VC_DHT_KEPT, 0);

    assert_memory_equal(told->output.place.b, place.b, sizeof place.b);
    return told->output.holders;
}

static uint32_t holding(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < desk.hand_count; i++) {
        count += desk.holds[i];
    }
    return count;
}

static uint32_t count(unsigned type)
{
    return dht_desk_count(&desk, type, DHT_DESK_ANY);
}

/* Waits until it has told once more how many keep the record; gives how long that was after the
 * last time. */
static vc_ms next_kept(vc_ms at_most)
{
    const struct dht_told *told =
        dht_world_last(&desk.world, desk.node, VC_DHT_KEPT, 0);
    vc_ms last = told == NULL ? desk.world.now : told->at;
    uint32_t before = kept();

    while (kept() == before && desk.world.now < last + at_most) {
        dht_world_run(&desk.world, 50);
    }
    assert_int_equal(kept(), before + 1);
    told = dht_world_last(&desk.world, desk.node, VC_DHT_KEPT, 0);
    return told->at - last;
}

/* ---- the first time ---- */

static void twelve_hold_it(void **state)
{
    uint32_t ask;

    (void)state;
    begin(NULL, 30);
    ask = dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    assert_int_equal(done(ask)->output.reason, VC_OK);
    assert_in_range(done(ask)->output.holders, VC_DHT_REPLICAS, VC_DHT_REPLICAS_MAX);
    assert_memory_equal(done(ask)->output.place.b, place.b, sizeof place.b);
    assert_true(holding() >= VC_DHT_REPLICAS);
    assert_memory_equal(desk.record, record, sizeof record);
    assert_int_equal(kept(), 1);
}

static void all_of_a_smaller_network_hold_it(void **state)
{
    uint32_t ask;

    (void)state;
    begin(NULL, 5);
    ask = dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    assert_int_equal(done(ask)->output.reason, VC_OK);
    assert_int_equal(done(ask)->output.holders, 5);
    assert_int_equal(holding(), 5);
}

static uint32_t refusers;

static bool refuse(struct dht_desk *at, uint32_t hand, const struct dht_heard *heard,
                   struct vc_dht_answer *answer)
{
    if (heard->request.type == VC_DHT_PUT && hand < refusers) {
        at->holds[hand] = false;
        answer->hold = VC_DHT_HOLD_FULL;
    }
    return true;
}

/* Who refuses is passed over, as long as there are twelve others. */
static void others_hold_it_when_some_refuse(void **state)
{
    uint32_t ask;

    (void)state;
    begin(NULL, 30);
    desk.answer = refuse;
    refusers = 10;
    ask = dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    assert_int_equal(done(ask)->output.reason, VC_OK);
    assert_true(holding() >= VC_DHT_REPLICAS);
}

static void too_few_hold_it(void **state)
{
    uint32_t ask;

    (void)state;
    begin(NULL, 15);
    desk.answer = refuse;
    refusers = 6;
    ask = dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    assert_int_equal(done(ask)->output.reason, VC_ERR_TIMEOUT);
    assert_int_equal(done(ask)->output.holders, 9);
    /* That is clear at once, and not only in the end. */
    assert_in_range(done(ask)->output.took_ms, 1, 1500);
    refusers = 0;
    (void)next_kept(20 * SECOND);
    assert_in_range(kept_by(), VC_DHT_REPLICAS, 15);
}

static bool say_pong_to_puts(struct dht_desk *at, uint32_t hand,
                             const struct dht_heard *heard,
                             struct vc_dht_answer *answer)
{
    if (heard->request.type == VC_DHT_PUT && hand < 6) {
        at->holds[hand] = false;
        answer->type = VC_DHT_PONG;
    }
    return true;
}

/* Who wants ever another cookie is not waited for. */
static void who_takes_no_cookie_is_passed_over(void **state)
{
    uint32_t ask;

    (void)state;
    begin(NULL, 15);
    desk.answer = say_pong_to_puts;
    ask = dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    assert_int_equal(done(ask)->output.reason, VC_ERR_TIMEOUT);
    assert_in_range(done(ask)->output.took_ms, 1, 1500);
}

static bool lose_puts_once(struct dht_desk *at, uint32_t hand,
                           const struct dht_heard *heard, struct vc_dht_answer *answer)
{
    static uint32_t seen[DHT_DESK_HANDS_MAX];

    (void)answer;
    if (heard->request.type != VC_DHT_PUT || seen[hand]++ >= 2) {
        return true;
    }
    at->holds[hand] = false;
    return false;
}

static void a_put_that_is_lost_is_sent_again(void **state)
{
    uint32_t ask;

    (void)state;
    begin(NULL, 30);
    desk.answer = lose_puts_once;
    ask = dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    assert_int_equal(done(ask)->output.reason, VC_OK);
    assert_true(count(VC_DHT_PUT) >= 3 * VC_DHT_REPLICAS);
}

/* After five seconds, then ever later, up to some minutes. */
static void what_did_not_end_well_is_tried_again(void **state)
{
    vc_ms wait = VC_DHT_PUT_AGAIN_MS;
    uint32_t ask;

    (void)state;
    begin(NULL, 20);
    memset(desk.is_silent, true, sizeof desk.is_silent);
    ask = dht_world_publish(desk.node, VC_BYTES(record));
    (void)next_kept(9 * SECOND);
    assert_int_equal(done(ask)->output.reason, VC_ERR_NO_NETWORK);
    for (int i = 0; i < 5; i++) {
        assert_in_range(next_kept(2 * wait + 9 * SECOND), wait, 2 * wait + 9 * SECOND);
        assert_int_equal(kept_by(), 0);
        wait *= 2;
    }
    memset(desk.is_silent, false, sizeof desk.is_silent);
    dht_world_run(&desk.world, 15 * MINUTE);
    assert_true(kept_by() >= VC_DHT_REPLICAS);
}

/* ---- every hour ---- */

static void holders_are_asked_every_hour_and_every_sixth_time_looked_up(void **state)
{
    vc_ms shortest = HOUR, longest = HOUR;
    uint32_t puts;

    (void)state;
    begin(NULL, 30);
    (void)dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    for (int round = 1; round <= 20; round++) {
        vc_ms took;

        dht_desk_clear(&desk);
        took = next_kept(2 * HOUR);
        assert_in_range(took, 47 * MINUTE, 72 * MINUTE + 9 * SECOND);
        shortest = vc_ms_min(shortest, took);
        longest = took > longest ? took : longest;
        puts = count(VC_DHT_PUT);
        if (round % VC_DHT_REFRESHES_PER_PUT == 0) {
            assert_true(count(VC_DHT_FIND) > 0);
        }
        /* Who holds it need not get it again. */
        assert_int_equal(puts, 0);
        assert_in_range(count(VC_DHT_REFRESH), VC_DHT_REPLICAS, VC_DHT_REPLICAS_MAX);
        assert_in_range(kept_by(), VC_DHT_REPLICAS, VC_DHT_REPLICAS_MAX);
        dht_world_run(&desk.world, 9 * SECOND);
    }
    /* No rhythm: about an hour, and never the same. */
    assert_true(shortest < 57 * MINUTE && longest > 63 * MINUTE);
}

static void who_has_lost_it_gets_it_again(void **state)
{
    uint32_t held;

    (void)state;
    begin(NULL, 30);
    (void)dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    dht_world_run(&desk.world, 5 * MINUTE); /* its walks are over */
    held = holding();
    for (uint32_t i = 0, lost = 0; lost < 5; i++) {
        lost += desk.holds[i];
        desk.holds[i] = false;
    }
    dht_desk_clear(&desk);
    (void)next_kept(2 * HOUR);
    assert_int_equal(count(VC_DHT_PUT), 5);
    assert_int_equal(count(VC_DHT_FIND), 0);
    assert_int_equal(holding(), held);
    assert_int_equal(kept_by(), held);
}

static void it_is_put_anew_when_fewer_than_nine_hold_it(void **state)
{
    uint32_t silent = 0;

    (void)state;
    begin(NULL, 40);
    (void)dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    for (uint32_t i = 0; i < 40; i++) {
        if (desk.holds[i] && holding() - silent >= VC_DHT_HOLDERS_MIN) {
            desk.is_silent[i] = true;
            silent++;
        }
    }
    (void)next_kept(2 * HOUR);
    assert_int_equal(kept_by(), VC_DHT_HOLDERS_MIN - 1);
    dht_desk_clear(&desk);
    (void)next_kept(9 * SECOND);
    assert_true(count(VC_DHT_FIND) > 0);
    assert_in_range(kept_by(), VC_DHT_REPLICAS, VC_DHT_REPLICAS_MAX);
}

/* ---- the end ---- */

static void a_later_one_takes_its_place(void **state)
{
    uint8_t later[VC_DHT_RECORD_LEN];
    uint32_t first, second;

    (void)state;
    begin(NULL, 30);
    for (vc_ms after = 0; after < 400; after += 33) {
        uint64_t seq = 100 + after;

        dht_world_record(&desk.world, 1, seq, 24, record, &place);
        dht_world_record(&desk.world, 1, seq + 1, 24, later, &place);
        first = dht_world_publish(desk.node, VC_BYTES(record));
        dht_world_run(&desk.world, after);
        second = dht_world_publish(desk.node, VC_BYTES(later));
        dht_world_run(&desk.world, 9 * SECOND);
        assert_true(done(first)->output.reason == VC_OK ||
                    done(first)->output.reason == VC_ERR_TIMEOUT);
        assert_int_equal(done(second)->output.reason, VC_OK);
        assert_memory_equal(desk.record, later, sizeof later);
        assert_true(kept_by() >= VC_DHT_REPLICAS);
    }
    /* It is one record that is kept, not many. */
    dht_desk_clear(&desk);
    (void)next_kept(2 * HOUR);
    assert_in_range(count(VC_DHT_REFRESH), VC_DHT_REPLICAS, VC_DHT_REPLICAS_MAX);
    dht_world_run(&desk.world, 20 * MINUTE);
    assert_in_range(count(VC_DHT_REFRESH), VC_DHT_REPLICAS, VC_DHT_REPLICAS_MAX);
}

/* Nobody asks about what is kept by none: neither of the end nor of the replaced put. */
static void nothing_is_said_of_one_that_was_replaced(void **state)
{
    uint8_t later[VC_DHT_RECORD_LEN];
    uint32_t before;

    (void)state;
    begin(NULL, 30);
    dht_world_record(&desk.world, 1, 8, 24, later, &place);
    before = kept();
    (void)dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 30);
    (void)dht_world_publish(desk.node, VC_BYTES(later));
    dht_world_run(&desk.world, 9 * SECOND);
    assert_int_equal(kept(), before + 1);
    assert_true(kept_by() >= VC_DHT_REPLICAS);
}

static void one_place_is_enough_to_replace_it(void **state)
{
    struct vc_dht_config cfg;
    uint8_t later[VC_DHT_RECORD_LEN];

    (void)state;
    dht_world_config(&cfg);
    cfg.asks_max = cfg.keeps_max = 1;
    begin(&cfg, 30);
    dht_world_record(&desk.world, 1, 8, 24, later, &place);
    (void)dht_world_publish(desk.node, VC_BYTES(record));
    while (dht_world_open_asks(&desk.world) > 0) {
        dht_world_run(&desk.world, 1);
    }
    (void)dht_world_publish(desk.node, VC_BYTES(later));
    dht_world_run(&desk.world, 9 * SECOND);
    assert_memory_equal(desk.record, later, sizeof later);
}

static void a_withdrawn_one_is_kept_no_longer(void **state)
{
    uint32_t ask;

    (void)state;
    begin(NULL, 30);
    ask = dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    dht_world_withdraw(desk.node, &place);
    dht_desk_clear(&desk);
    dht_world_run(&desk.world, 4 * HOUR);
    assert_int_equal(count(VC_DHT_REFRESH) + count(VC_DHT_PUT), 0);
    assert_int_equal(done(ask)->output.reason, VC_OK);
    dht_world_withdraw(desk.node, &place); /* there is none */
}

/* In the middle of its first put it ends at once, and says nothing more. */
static void one_that_is_withdrawn_at_once(void **state)
{
    struct vc_now now;
    uint32_t ask;

    (void)state;
    begin(NULL, 30);
    now = dht_world_clock(desk.node);
    assert_int_equal(vc_dht_publish(desk.node->dht, &now, VC_BYTES(record), &ask),
                     VC_OK);
    dht_world_drain(desk.node);
    dht_world_run(&desk.world, 50);
    dht_world_withdraw(desk.node, &place);
    dht_world_run(&desk.world, 50); /* what is on its way arrives */
    dht_desk_clear(&desk);
    dht_world_run(&desk.world, 2 * HOUR);
    assert_int_equal(dht_world_count(&desk.world, desk.node, VC_DHT_DONE, ask), 0);
    assert_int_equal(kept(), 0);
    assert_int_equal(count(VC_DHT_PUT), 0);
}

static void an_expired_one_is_kept_no_longer(void **state)
{
    (void)state;
    begin(NULL, 30);
    dht_world_record(&desk.world, 1, 7, 3, record, &place);
    (void)dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 3 * HOUR + 72 * MINUTE);
    dht_desk_clear(&desk);
    dht_world_run(&desk.world, 4 * HOUR);
    assert_int_equal(count(VC_DHT_REFRESH) + count(VC_DHT_PUT), 0);
    assert_false(desk.node->dht->keeps[0].is_used);
}

static void there_are_so_many_places(void **state)
{
    struct vc_now now;
    struct vc_hash32 other;
    uint32_t ask;

    (void)state;
    begin(NULL, 20);
    for (uint32_t i = 0; i < desk.node->cfg.keeps_max; i++) {
        dht_world_record(&desk.world, 10 + i, 7, 24, record, &place);
        (void)dht_world_publish(desk.node, VC_BYTES(record));
        dht_world_run(&desk.world, 9 * SECOND);
    }
    now = dht_world_clock(desk.node);
    dht_world_record(&desk.world, 99, 7, 24, record, &other);
    assert_int_equal(vc_dht_publish(desk.node->dht, &now, VC_BYTES(record), &ask),
                     VC_ERR_FULL);
    assert_int_equal(vc_dht_publish(desk.node->dht, &now,
                                    (struct vc_bytes){record, sizeof record - 1}, &ask),
                     VC_ERR_MALFORMED);
    /* What is there already can be replaced. */
    dht_world_record(&desk.world, 11, 8, 24, record, &other);
    ask = dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
    assert_int_equal(done(ask)->output.reason, VC_OK);
    dht_world_withdraw(desk.node, &place);
    dht_world_record(&desk.world, 99, 7, 24, record, &other);
    (void)dht_world_publish(desk.node, VC_BYTES(record));
    dht_world_run(&desk.world, 9 * SECOND);
}

/* ---- both families ---- */

static void insert(uint8_t family, uint8_t number)
{
    const uint8_t ip[16] = {60, number, 1, 1};
    struct vc_dht_contact holder = {.addr = family == 4 ? vc_addr_ipv4(ip, 9)
                                                        : vc_addr_ipv6(ip, 9),
                                    .key = {{number}}};

    vc_dht_keep_insert(desk.node->dht, 0, &holder);
}

/* Each has its share of the holders, and nobody is there twice over the same. */
static void no_family_takes_the_places_of_the_other(void **state)
{
    const struct vc_dht_keep *keep;
    struct vc_dht_config cfg;

    (void)state;
    dht_world_config(&cfg);
    cfg.has_ipv6 = true;
    begin(&cfg, 1);
    keep = &desk.node->dht->keeps[0];
    for (uint8_t round = 0; round < 2; round++) {
        for (uint8_t i = 0; i < 40; i++) {
            insert(4, i);
        }
        assert_int_equal(vc_dht_keep_holders(keep),
                         (1 + round) * VC_DHT_REPLICAS_MAX / 2);
        for (uint8_t i = 0; i < 40; i++) {
            insert(6, i);
        }
        assert_int_equal(vc_dht_keep_holders(keep), VC_DHT_REPLICAS_MAX);
    }
}

static uint32_t refreshes[2];

static bool count_refreshes(struct dht_world *in, struct dht_node *from,
                            const struct vc_addr *to, struct vc_bytes bytes)
{
    const struct dht_node *node = dht_world_at(in, to);
    struct vc_dht_header header;
    struct vc_dht_request request;

    if (from->index == 0 && node != NULL && node->dht != NULL &&
        dht_world_read(node, bytes, &header, &request)) {
        refreshes[to->family == 6] += request.type == VC_DHT_REFRESH;
    }
    return false;
}

static void holders_of_both_families_are_asked(void **state)
{
    static struct dht_world world;
    struct vc_dht_config cfg;
    const struct dht_told *told;

    (void)state;
    dht_world_config(&cfg);
    cfg.has_ipv6 = true;
    dht_world_init(&world, 3);
    dht_world_build(&world, 20, &cfg);
    dht_world_record(&world, 1, 7, 24, record, &place);
    (void)dht_world_publish(&world.nodes[0], VC_BYTES(record));
    dht_world_run(&world, 9 * SECOND);
    world.filter = count_refreshes;
    dht_world_run(&world, 75 * MINUTE);
    told = dht_world_last(&world, &world.nodes[0], VC_DHT_KEPT, 0);
    assert_int_equal(told->output.holders, VC_DHT_REPLICAS_MAX);
    assert_true(refreshes[0] >= VC_DHT_REPLICAS && refreshes[1] >= VC_DHT_REPLICAS);
    dht_world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(twelve_hold_it),
        TEST(all_of_a_smaller_network_hold_it),
        TEST(others_hold_it_when_some_refuse),
        TEST(too_few_hold_it),
        TEST(who_takes_no_cookie_is_passed_over),
        TEST(a_put_that_is_lost_is_sent_again),
        TEST(what_did_not_end_well_is_tried_again),
        TEST(holders_are_asked_every_hour_and_every_sixth_time_looked_up),
        TEST(who_has_lost_it_gets_it_again),
        TEST(it_is_put_anew_when_fewer_than_nine_hold_it),
        TEST(a_later_one_takes_its_place),
        TEST(nothing_is_said_of_one_that_was_replaced),
        TEST(one_place_is_enough_to_replace_it),
        TEST(a_withdrawn_one_is_kept_no_longer),
        TEST(one_that_is_withdrawn_at_once),
        TEST(an_expired_one_is_kept_no_longer),
        TEST(there_are_so_many_places),
        TEST(no_family_takes_the_places_of_the_other),
        TEST(holders_of_both_families_are_asked),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
