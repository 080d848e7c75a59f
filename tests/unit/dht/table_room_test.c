#include "tests/support/check.h"
#include "tests/unit/dht/table_nodes.h"

/* Tables of a private network have no diversity limits, so that buckets can be tried alone. */
static struct vc_dht_table table;

static int set_up_private(void **state)
{
    (void)state;
    table_open(&table, 300, 64, true);
    return 0;
}

static int set_up_small(void **state)
{
    (void)state;
    table_open(&table, 2 * VC_DHT_NEAR, 64, true);
    return 0;
}

static int set_up_public(void **state)
{
    (void)state;
    table_open(&table, 300, 64, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    table_close(&table);
    return 0;
}

static bool hear(vc_ms now, const struct vc_dht_contact *contact)
{
    return vc_dht_table_heard(&table, now, contact);
}

static uint32_t count_in_bucket(unsigned bucket)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < table.count; i++) {
        count += vc_dht_bucket(vc_dht_distance(table.own, table.ids[i])) == bucket;
    }
    return count;
}

/* The VC_DHT_NEAR nearest, so that no farther node is near. */
static void fill_near(vc_ms now, uint32_t *number)
{
    for (uint32_t i = 0; i < VC_DHT_NEAR; i++) {
        struct vc_dht_contact contact = node_in_bucket(&table, 6 + i % 3, number);

        assert_true(hear(now, &contact));
    }
}

static void a_full_bucket_keeps_the_oldest(void **state)
{
    struct vc_dht_contact contact, first = {0};
    uint32_t number = 0;

    (void)state;
    fill_near(0, &number);
    for (uint32_t i = 0; i < VC_DHT_K; i++) {
        contact = node_in_bucket(&table, 1, &number);
        first = i == 0 ? contact : first;
        assert_true(hear(0, &contact));
    }
    contact = node_in_bucket(&table, 1, &number);
    assert_false(vc_dht_table_wants(&table, 0, &contact));
    assert_int_equal(table.spares.count, 1);
    assert_false(hear(0, &contact));
    assert_int_equal(table.spares.count, 1);
    assert_int_equal(count_in_bucket(1), VC_DHT_K);
    assert_non_null(entry_of(&table, &first));
    /* In other buckets there is room. */
    contact = node_in_bucket(&table, 2, &number);
    assert_true(hear(0, &contact));
}

static void the_near_are_kept_whatever_their_buckets_hold(void **state)
{
    uint32_t number = 0;

    (void)state;
    for (uint32_t i = 0; i < VC_DHT_NEAR; i++) {
        struct vc_dht_contact contact = node_in_bucket(&table, 1, &number);

        assert_true(hear(0, &contact));
    }
    assert_int_equal(count_in_bucket(1), VC_DHT_NEAR);
    /* Nearer ones come in as well; those that are near no more stay. */
    fill_near(0, &number);
    assert_int_equal(table.count, 2 * VC_DHT_NEAR);
    struct vc_dht_contact contact = node_in_bucket(&table, 1, &number);

    assert_false(hear(0, &contact));
}

/* The next node of @bucket that is farther than all of it in the table. */
static struct vc_dht_contact farther_in_bucket(unsigned bucket, uint32_t *number)
{
    struct vc_dht_contact contact;
    uint64_t farthest = 0;

    for (uint32_t i = 0; i < table.count; i++) {
        uint64_t distance = vc_dht_distance(table.own, table.ids[i]);

        if (vc_dht_bucket(distance) == bucket && distance > farthest) {
            farthest = distance;
        }
    }
    do {
        contact = node_in_bucket(&table, bucket, number);
    } while (vc_dht_distance(table.own, id_in(&table, &contact)) <= farthest);
    return contact;
}

static void who_has_failed_is_near_no_more(void **state)
{
    struct vc_dht_contact contact;
    uint32_t number = 0;

    (void)state;
    for (uint32_t i = 0; i < VC_DHT_NEAR; i++) {
        contact = node_in_bucket(&table, 6, &number);
        assert_true(hear(0, &contact));
    }
    contact = farther_in_bucket(6, &number);
    assert_false(hear(0, &contact));
    fails(&table, SECOND, &table.entries[3].contact);
    assert_true(hear(SECOND, &contact));
    assert_int_equal(table.count, VC_DHT_NEAR + 1);
    contact = farther_in_bucket(6, &number);
    assert_false(hear(SECOND, &contact));
}

static void a_suspect_gives_way_when_it_had_time_to_answer(void **state)
{
    struct vc_dht_contact contact, weak = {0};
    uint32_t number = 0;

    (void)state;
    fill_near(0, &number);
    for (uint32_t i = 0; i < VC_DHT_K; i++) {
        contact = node_in_bucket(&table, 1, &number);
        weak = i == 3 ? contact : weak;
        assert_true(hear(0, &contact));
    }
    fails(&table, 10 * SECOND, &weak);
    vc_dht_table_answered(&table, 11 * SECOND);
    contact = node_in_bucket(&table, 1, &number);
    assert_false(hear(10 * SECOND + VC_DHT_SUSPECT_YIELDS_MS - SECOND, &contact));
    assert_non_null(entry_of(&table, &weak));
    assert_true(
        vc_dht_table_wants(&table, 10 * SECOND + VC_DHT_SUSPECT_YIELDS_MS, &contact));
    assert_non_null(entry_of(&table, &weak)); /* not before the other has answered */
    assert_true(hear(10 * SECOND + VC_DHT_SUSPECT_YIELDS_MS, &contact));
    assert_null(entry_of(&table, &weak));
    assert_int_equal(count_in_bucket(1), VC_DHT_K);
}

static void of_suspects_the_first_gives_way(void **state)
{
    struct vc_dht_contact contacts[VC_DHT_K], contact;
    uint32_t number = 0;

    (void)state;
    fill_near(0, &number);
    for (uint32_t i = 0; i < VC_DHT_K; i++) {
        contacts[i] = node_in_bucket(&table, 1, &number);
        assert_true(hear(0, &contacts[i]));
    }
    fails(&table, 10 * SECOND, &contacts[5]);
    fails(&table, 15 * SECOND, &contacts[4]);
    fails(&table, 15 * SECOND, &contacts[6]);
    vc_dht_table_answered(&table, 16 * SECOND);
    contact = node_in_bucket(&table, 1, &number);
    assert_true(hear(HOUR, &contact));
    assert_null(entry_of(&table, &contacts[5]));
    contact = node_in_bucket(&table, 1, &number);
    assert_true(hear(HOUR, &contact));
    assert_null(entry_of(&table, &contacts[4]));
    assert_non_null(entry_of(&table, &contacts[6]));
}

static void spares_are_of_many_networks(void **state)
{
    uint32_t number = 0;

    (void)state;
    for (uint32_t i = 0; i < VC_DHT_NEAR; i++) {
        struct vc_dht_contact contact = node_in_bucket(&table, 6 + i % 3, &number);

        assert_true(hear(0, &contact));
    }
    for (uint32_t i = 0; i < VC_DHT_K; i++) {
        struct vc_dht_contact contact = node_in_bucket(&table, 1, &number);

        assert_true(hear(0, &contact));
    }
    for (uint32_t i = 0; i < 5000; i++) {
        struct vc_dht_contact contact = node(100000 + i);

        contact.addr =
            vc_addr_ipv4((const uint8_t[]){9, 9, (uint8_t)(i >> 8), (uint8_t)i}, 4000);
        if (bucket_in(&table, &contact) == 1) {
            assert_false(vc_dht_table_wants(&table, 0, &contact));
        }
    }
    assert_int_equal(table.spares.count, VC_DHT_BUCKET_PER_16);
}

static void nobody_gives_way_for_our_own_silence(void **state)
{
    struct vc_dht_contact contact, weak = {0};
    uint32_t number = 0;

    (void)state;
    fill_near(0, &number);
    for (uint32_t i = 0; i < VC_DHT_K; i++) {
        contact = node_in_bucket(&table, 1, &number);
        weak = i == 3 ? contact : weak;
        assert_true(hear(0, &contact));
    }
    fails(&table, 10 * SECOND, &weak);
    contact = node_in_bucket(&table, 1, &number);
    assert_false(hear(HOUR, &contact)); /* the first answer since */
    assert_int_equal(entry_of(&table, &weak)->standing, VC_DHT_UNSURE);
}

static void when_all_is_full_the_near_come_in_for_the_suspect(void **state)
{
    struct vc_dht_contact contact, weak = {0};
    uint32_t number = 0;

    (void)state;
    fill_near(0, &number);
    while (table.count < table.capacity) {
        contact = node_in_bucket(&table, table.count % 3, &number);
        weak = table.count == 40 ? contact : weak;
        assert_true(hear(0, &contact));
    }
    fails(&table, SECOND, &weak);
    contact = node_in_bucket(&table, 9, &number);
    assert_true(hear(SECOND, &contact));
    assert_null(entry_of(&table, &weak));
    assert_int_equal(table.count, table.capacity);
}

static void when_all_is_full_the_youngest_of_the_fullest_bucket_goes(void **state)
{
    struct vc_dht_contact contact, youngest = {0};
    uint32_t number = 0;

    (void)state;
    fill_near(0, &number);
    for (uint32_t i = 0; i < VC_DHT_K; i++) {
        youngest = node_in_bucket(&table, 1, &number);
        assert_true(hear(0, &youngest));
    }
    while (table.count < table.capacity) {
        contact = node_in_bucket(&table, 2 + table.count % 2, &number);
        assert_true(hear(0, &contact));
    }
    contact = node_in_bucket(&table, 9, &number);
    assert_true(hear(0, &contact));
    assert_null(entry_of(&table, &youngest));
    assert_int_equal(count_in_bucket(1), VC_DHT_K - 1);
    /* For the same reason one that is not near, as long as its bucket has fewer. */
    while (count_in_bucket(0) + 2 <= count_in_bucket(1)) {
        contact = node_in_bucket(&table, 0, &number);
        assert_true(hear(0, &contact));
        assert_int_equal(table.count, table.capacity);
    }
    contact = node_in_bucket(&table, 0, &number);
    assert_false(hear(0, &contact));
}

static void we_are_not_in_our_own_table(void **state)
{
    struct vc_dht_contact contact = node(1);

    (void)state;
    vc_dht_table_set_own(&table, 0, id_in(&table, &contact));
    assert_false(hear(0, &contact));
    assert_int_equal(table.count + table.spares.count, 0);
}

/* Nodes of bucket 1 with addresses in 9.@second/16, or of its network 1/24: how many come in. */
static uint32_t hear_of_network(uint8_t second, bool is_one_24)
{
    uint32_t before = table.count;

    for (uint32_t number = 0; number < 20000; number++) {
        uint8_t third = is_one_24 ? 1 : (uint8_t)(number >> 8);
        struct vc_dht_contact contact = node(number + second * 20000u);

        contact.addr =
            vc_addr_ipv4((const uint8_t[]){9, second, third, (uint8_t)number},
                         (uint16_t)(1 + number));
        if (bucket_in(&table, &contact) == 1) {
            hear(0, &contact);
        }
    }
    return table.count - before;
}

static void a_bucket_has_few_of_one_network(void **state)
{
    (void)state;
    assert_int_equal(hear_of_network(1, true), VC_DHT_BUCKET_PER_24);
    assert_int_equal(table.spares.count, 0); /* nor do they wait */
    assert_int_equal(hear_of_network(1, false),
                     VC_DHT_BUCKET_PER_16 - VC_DHT_BUCKET_PER_24);
    assert_int_equal(hear_of_network(2, false), VC_DHT_BUCKET_PER_16);
    assert_int_equal(table.spares.count, 0);
}

static void the_table_has_few_of_one_network(void **state)
{
    uint32_t taken = 0;

    (void)state;
    for (uint32_t i = 0; i < 2000; i++) {
        struct vc_dht_contact contact = node(i);

        contact.addr =
            vc_addr_ipv4((const uint8_t[]){9, 9, 9, (uint8_t)i}, (uint16_t)(1 + i));
        taken += hear(0, &contact);
    }
    assert_in_range(taken, 6, VC_DHT_TABLE_PER_24);
    assert_int_equal(table.count, taken);
}

/* Somebody with 10,000 nodes in three /16, who answers everything and is quick to ask, beside
 * 1,000 others of whom each tenth datagram is lost. */
static void many_nodes_of_few_networks_get_their_share_only(void **state)
{
    uint32_t of_three = 0, others = 0, per_bucket[VC_DHT_BUCKETS + 1] = {0};
    vc_ms now = HOUR;

    (void)state;
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 10000; i++, now += 100) {
            struct vc_dht_contact bad = node(100000 + i);
            struct vc_dht_contact other = node(i % 1000);

            bad.addr = vc_addr_ipv4((const uint8_t[]){200, (uint8_t)(i % 3),
                                                      (uint8_t)(i / 3 % 256),
                                                      (uint8_t)(i / 768)},
                                    4000);
            if (vc_dht_table_wants(&table, now, &bad)) {
                hear(now, &bad);
            }
            if (i % 10 == 0) {
                fails(&table, now, &other);
            } else {
                hear(now, &other);
            }
        }
    }
    for (uint32_t i = 0; i < table.count; i++) {
        bool is_bad = table.entries[i].contact.addr.ip[0] == 200;
        unsigned bucket = vc_dht_bucket(vc_dht_distance(table.own, table.ids[i]));

        of_three += is_bad;
        others += !is_bad;
        per_bucket[bucket] += is_bad;
        assert_true(per_bucket[bucket] <= 3 * VC_DHT_BUCKET_PER_16);
    }
    print_message("%u of them, %u others\n", of_three, others);
    assert_true(of_three <= 3 * VC_DHT_TABLE_PER_16);
    assert_true(others > 90);
}

static void ipv6_has_its_own_prefixes(void **state)
{
    uint32_t taken = 0;

    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        struct vc_dht_contact contact = {.key.b = {(uint8_t)i, 1}};

        /* One /48. */
        contact.addr = vc_addr_ipv6(
            (const uint8_t[16]){0x2a, 1, 2, 3, 4, 5, (uint8_t)i, [15] = 1}, 4000);
        taken += hear(0, &contact);
    }
    assert_in_range(taken, 4, VC_DHT_TABLE_PER_24);
}

#define TEST(name, kind) cmocka_unit_test_setup_teardown(name, set_up_##kind, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_bucket_keeps_the_oldest, private),
        TEST(the_near_are_kept_whatever_their_buckets_hold, private),
        TEST(who_has_failed_is_near_no_more, private),
        TEST(a_suspect_gives_way_when_it_had_time_to_answer, private),
        TEST(of_suspects_the_first_gives_way, private),
        TEST(spares_are_of_many_networks, public),
        TEST(nobody_gives_way_for_our_own_silence, private),
        TEST(when_all_is_full_the_near_come_in_for_the_suspect, small),
        TEST(when_all_is_full_the_youngest_of_the_fullest_bucket_goes, small),
        TEST(we_are_not_in_our_own_table, private),
        TEST(a_bucket_has_few_of_one_network, public),
        TEST(the_table_has_few_of_one_network, public),
        TEST(many_nodes_of_few_networks_get_their_share_only, public),
        TEST(ipv6_has_its_own_prefixes, public),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
