#include "dht/table_parts.h"

#include "tests/support/check.h"
#include "tests/unit/dht/table_nodes.h"

static struct vc_dht_table table;

static int set_up(void **state)
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

static void who_answers_is_in(void **state)
{
    struct vc_dht_contact one = node(1), two = node(2), got[4];

    (void)state;
    assert_int_equal(vc_dht_table_nearest(&table, 5, false, got, 4), 0);
    assert_true(vc_dht_table_heard(&table, 7 * SECOND, &one));
    assert_true(vc_dht_table_heard(&table, 8 * SECOND, &two));
    assert_true(vc_dht_table_heard(&table, 9 * SECOND, &one));
    assert_int_equal(table.count, 2);
    assert_int_equal(vc_dht_table_good(&table), 2);
    assert_true(vc_dht_seconds_ms(entry_of(&table, &one)->heard_at) == 9 * SECOND);
    assert_int_equal(vc_dht_table_nearest(&table, id_in(&table, &two), true, got, 4),
                     2);
    assert_memory_equal(&got[0], &two, sizeof two);
    assert_memory_equal(&got[1], &one, sizeof one);
    assert_int_equal(vc_dht_table_nearest(&table, id_in(&table, &two), true, got, 1),
                     1);
}

/* Tags only save a look: equal things have equal ones, and most others have not. */
static void tags_tell_most_apart(void **state)
{
    struct vc_dht_contact one = node(1), other;
    unsigned keys = 0, ports = 0, networks = 0;

    (void)state;
    for (unsigned i = 1; i <= 200; i++) {
        uint32_t tag = vc_dht_table_tag_of_addr(&one.addr);

        other = one;
        other.key.b[0] ^= (uint8_t)i;
        keys +=
            vc_dht_table_tag_of_key(&other.key) == vc_dht_table_tag_of_key(&one.key);
        other.addr.port = (uint16_t)(one.addr.port + i);
        assert_true(vc_dht_tags_agree(vc_dht_table_tag_of_addr(&other.addr), tag,
                                      VC_DHT_TAG_WIDE));
        ports += vc_dht_tags_agree(vc_dht_table_tag_of_addr(&other.addr), tag,
                                   VC_DHT_TAG_ADDR);
        other.addr.ip[1] ^= (uint8_t)i;
        networks += vc_dht_tags_agree(vc_dht_table_tag_of_addr(&other.addr), tag,
                                      VC_DHT_TAG_WIDE);
    }
    assert_int_equal(keys, 0);
    assert_in_range(ports, 0, 4);
    assert_in_range(networks, 0, 4);
}

static void who_only_asks_is_not(void **state)
{
    struct vc_dht_contact one = node(1);

    (void)state;
    assert_true(vc_dht_table_wants(&table, 0, &one));
    vc_dht_table_seen(&table, 0, &one);
    assert_int_equal(table.count, 0);
    assert_true(vc_dht_table_heard(&table, 0, &one));
    assert_false(vc_dht_table_wants(&table, 0, &one));
}

static void a_failure_makes_suspect_and_an_answer_clears(void **state)
{
    struct vc_dht_contact one = node(1), two = node(2), got[4];

    (void)state;
    vc_dht_table_heard(&table, 0, &one);
    vc_dht_table_heard(&table, 0, &two);
    fails(&table, 10 * SECOND, &one);
    assert_int_equal(entry_of(&table, &one)->standing, VC_DHT_FAILED);
    assert_int_equal(vc_dht_table_good(&table), 1);
    /* Not for others, and for ourselves behind the rest. */
    assert_int_equal(vc_dht_table_nearest(&table, id_in(&table, &one), true, got, 4),
                     1);
    assert_memory_equal(&got[0], &two, sizeof two);
    assert_int_equal(vc_dht_table_nearest(&table, id_in(&table, &one), false, got, 4),
                     2);
    assert_memory_equal(&got[0], &two, sizeof two);
    assert_memory_equal(&got[1], &one, sizeof one);
    assert_int_equal(vc_dht_table_oldest(&table, got, 4), 1);
    /* A request of its own does not clear it: it may ask but never answer. */
    vc_dht_table_seen(&table, 11 * SECOND, &one);
    assert_int_equal(entry_of(&table, &one)->standing, VC_DHT_FAILED);
    vc_dht_table_heard(&table, 11 * SECOND, &one);
    assert_int_equal(entry_of(&table, &one)->standing, VC_DHT_GOOD);
    fails(&table, 60 * SECOND, &one);
    assert_int_equal(entry_of(&table, &one)->standing, VC_DHT_FAILED);
}

static void two_failures_half_a_minute_apart_put_out(void **state)
{
    struct vc_dht_contact one = node(1), two = node(2);

    (void)state;
    vc_dht_table_heard(&table, 0, &one);
    vc_dht_table_heard(&table, 0, &two);
    fails(&table, 10 * SECOND, &one);
    vc_dht_table_heard(&table, 11 * SECOND, &two);
    fails(&table, 39 * SECOND, &one);
    vc_dht_table_heard(&table, 39 * SECOND, &two);
    assert_int_equal(entry_of(&table, &one)->standing, VC_DHT_FAILED);
    fails(&table, 40 * SECOND, &one);
    /* It may still be we. */
    assert_int_equal(entry_of(&table, &one)->standing, VC_DHT_CONDEMNED);
    vc_dht_table_heard(&table, 41 * SECOND, &two);
    assert_null(entry_of(&table, &one));
    assert_int_equal(table.count, 1);
}

static void the_condemned_may_be_the_one_who_answers(void **state)
{
    struct vc_dht_contact one = node(1), two = node(2);

    (void)state;
    vc_dht_table_heard(&table, 0, &one);
    vc_dht_table_heard(&table, 0, &two);
    fails(&table, 10 * SECOND, &one);
    vc_dht_table_answered(&table, 11 * SECOND);
    fails(&table, 40 * SECOND, &one);
    assert_true(vc_dht_table_heard(&table, 41 * SECOND, &one));
    assert_ptr_equal(entry_of(&table, &one), &table.entries[0]); /* still the oldest */
    assert_int_equal(entry_of(&table, &one)->standing, VC_DHT_GOOD);
}

static void a_failure_that_an_answer_has_followed_counts_at_once(void **state)
{
    struct vc_dht_contact one = node(1), two = node(2);

    (void)state;
    vc_dht_table_heard(&table, 0, &one);
    vc_dht_table_heard(&table, 0, &two);
    for (int i = 1; i <= 2; i++) {
        vc_dht_table_asked(&table, (vc_ms)i * 40 * SECOND);
        vc_dht_table_answered(&table, (vc_ms)i * 40 * SECOND + 100);
        vc_dht_table_failed(&table, (vc_ms)i * 40 * SECOND + VC_DHT_GIVE_UP_MS, &one);
    }
    assert_null(entry_of(&table, &one));
}

static void nobody_goes_for_our_own_silence(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        struct vc_dht_contact contact = node(i);

        vc_dht_table_heard(&table, 0, &contact);
    }
    uint32_t count = table.count;

    assert_true(count > 40);
    /* An hour without uplink, in which everybody is asked every minute. */
    for (vc_ms now = HOUR; now < 2 * HOUR; now += MINUTE) {
        for (uint32_t i = 0; i < 100; i++) {
            struct vc_dht_contact contact = node(i);

            fails(&table, now + i * 100, &contact);
            assert_int_equal(table.count, count);
        }
        assert_true(vc_dht_table_is_in_doubt(&table, now + 10 * SECOND));
    }
    assert_int_equal(vc_dht_table_good(&table), 0);
    vc_dht_table_answered(&table, 2 * HOUR);
    assert_false(vc_dht_table_is_in_doubt(&table, 2 * HOUR + MINUTE));
    assert_int_equal(table.count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(table.entries[i].standing, VC_DHT_UNSURE);
    }
    /* One failure afterwards is the first again. */
    fails(&table, 2 * HOUR + MINUTE, &table.entries[0].contact);
    vc_dht_table_answered(&table, 2 * HOUR + MINUTE);
    assert_int_equal(table.count, count);
    assert_int_equal(table.entries[0].standing, VC_DHT_FAILED);
}

static void what_was_known_before_the_silence_still_counts(void **state)
{
    struct vc_dht_contact one = node(1), two = node(2);

    (void)state;
    vc_dht_table_heard(&table, 0, &one);
    vc_dht_table_heard(&table, 0, &two);
    fails(&table, 10 * SECOND, &one);
    vc_dht_table_heard(&table, 11 * SECOND, &two);
    fails(&table, MINUTE, &one);
    fails(&table, MINUTE, &two);
    vc_dht_table_answered(&table, 2 * MINUTE);
    assert_int_equal(entry_of(&table, &one)->standing, VC_DHT_FAILED);
    assert_int_equal(entry_of(&table, &two)->standing, VC_DHT_UNSURE);
}

static void doubt_takes_ten_seconds_of_silence(void **state)
{
    (void)state;
    assert_false(vc_dht_table_is_in_doubt(&table, HOUR));
    vc_dht_table_asked(&table, HOUR);
    vc_dht_table_asked(&table, HOUR + 5 * SECOND);
    assert_false(vc_dht_table_is_in_doubt(&table, HOUR + VC_DHT_DOUBT_MS - 1));
    assert_true(vc_dht_table_is_in_doubt(&table, HOUR + VC_DHT_DOUBT_MS));
    vc_dht_table_answered(&table, HOUR + MINUTE);
    assert_false(vc_dht_table_is_in_doubt(&table, 2 * HOUR));
}

static struct vc_dht_contact moved_to(struct vc_dht_contact contact, uint8_t last)
{
    contact.addr.ip[3] = last;
    return contact;
}

static void nobody_is_put_elsewhere_while_he_answers(void **state)
{
    struct vc_dht_contact one = node(1), elsewhere = moved_to(one, 77);

    (void)state;
    vc_dht_table_heard(&table, 0, &one);
    assert_false(vc_dht_table_wants(&table, SECOND, &elsewhere));
    assert_false(vc_dht_table_heard(&table, SECOND, &elsewhere));
    assert_non_null(entry_of(&table, &one));
    assert_int_equal(table.count, 1);
    vc_dht_table_seen(&table, MINUTE, &elsewhere);
    assert_true(vc_dht_seconds_ms(entry_of(&table, &one)->heard_at) == 0);
    /* Nor does he fail where he never was. */
    fails(&table, MINUTE, &elsewhere);
    assert_int_equal(entry_of(&table, &one)->standing, VC_DHT_GOOD);
}

static void who_has_failed_moves_to_where_he_answers(void **state)
{
    struct vc_dht_contact one = node(1), elsewhere = moved_to(one, 77), got;

    (void)state;
    vc_dht_table_heard(&table, 0, &one);
    fails(&table, MINUTE, &one);
    assert_true(vc_dht_table_wants(&table, MINUTE, &elsewhere));
    assert_true(vc_dht_table_heard(&table, MINUTE, &elsewhere));
    assert_int_equal(table.count, 1);
    assert_non_null(entry_of(&table, &elsewhere));
    assert_int_equal(vc_dht_table_nearest(&table, 0, true, &got, 1), 1);
    assert_true(table.ids[0] == id_in(&table, &elsewhere));
}

static void a_new_key_at_an_address_replaces_the_old(void **state)
{
    struct vc_dht_contact one = node(1), other = node(2);

    (void)state;
    other.addr = one.addr;
    vc_dht_table_heard(&table, 0, &one);
    assert_true(vc_dht_table_wants(&table, SECOND, &other));
    assert_true(vc_dht_table_heard(&table, SECOND, &other));
    assert_int_equal(table.count, 1);
    assert_non_null(entry_of(&table, &other));
}

static void the_oldest_are_given_in_order(void **state)
{
    struct vc_dht_contact got[8], contacts[5];

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        contacts[i] = node(100 - i);
        vc_dht_table_heard(&table, 0, &contacts[i]);
    }
    fails(&table, SECOND, &contacts[1]);
    assert_int_equal(vc_dht_table_oldest(&table, got, 3), 3);
    assert_memory_equal(&got[0], &contacts[0], sizeof got[0]);
    assert_memory_equal(&got[1], &contacts[2], sizeof got[0]);
    assert_memory_equal(&got[2], &contacts[3], sizeof got[0]);
    assert_int_equal(vc_dht_table_oldest(&table, got, 8), 4);
}

static void a_new_own_id_keeps_the_nodes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2000; i++) {
        struct vc_dht_contact contact = node(i);

        vc_dht_table_heard(&table, 0, &contact);
    }
    uint32_t before = table.count;
    struct vc_dht_contact oldest = table.entries[0].contact;
    uint32_t in_bucket = 0;

    vc_dht_table_set_own(&table, HOUR, ~table.own);
    assert_memory_equal(&table.entries[0].contact, &oldest, sizeof oldest);
    /* What were buckets before is one now, and the limits of one hold. */
    assert_in_range(table.count, before / 2, before);
    for (uint32_t i = 0; i < table.count; i++) {
        assert_true(table.ids[i] == id_in(&table, &table.entries[i].contact));
        in_bucket += bucket_in(&table, &table.entries[i].contact) == 0;
    }
    assert_true(in_bucket > VC_DHT_K);
}

static void nodes_of_an_earlier_run_are_unsure(void **state)
{
    struct vc_dht_contact one = node(1), two = node(2), got;

    (void)state;
    vc_dht_table_heard(&table, HOUR, &two);
    vc_dht_table_restore(&table, HOUR, &one, false);
    vc_dht_table_restore(&table, HOUR, &one, false);
    vc_dht_table_restore(&table, HOUR, &two, false);
    assert_int_equal(table.count, 2);
    assert_int_equal(entry_of(&table, &one)->standing, VC_DHT_UNSURE);
    assert_int_equal(entry_of(&table, &two)->standing, VC_DHT_GOOD);
    assert_true(vc_dht_table_due(&table) <= HOUR);
    assert_true(vc_dht_table_ping(&table, HOUR, &got));
    assert_memory_equal(&got, &one, sizeof one);
    vc_dht_table_heard(&table, HOUR, &one);
    assert_int_equal(vc_dht_table_good(&table), 2);
    for (uint32_t i = 0; i < 2000; i++) {
        one = node(i);
        vc_dht_table_heard(&table, HOUR, &one);
    }
    /* But for those of a moment ago. */
    one = node(5000);
    vc_dht_table_restore(&table, HOUR, &one, true);
    assert_true(!vc_dht_table_has(&table, &one.key) ||
                entry_of(&table, &one)->standing == VC_DHT_GOOD);
    /* Nobody gives way to them. */
    uint32_t count = table.count;

    fails(&table, HOUR + MINUTE, &table.entries[9].contact);
    for (uint32_t i = 2000; i < 3000; i++) {
        one = node(i);
        vc_dht_table_restore(&table, HOUR + 5 * MINUTE, &one, false);
    }
    assert_true(table.count >= count);
    assert_int_equal(table.entries[9].standing, VC_DHT_FAILED);
}

static void who_was_put_out_is_told_once(void **state)
{
    struct vc_dht_contact one = node(1), two = node(2), got;

    (void)state;
    vc_dht_table_heard(&table, 0, &one);
    vc_dht_table_heard(&table, 0, &two);
    for (uint32_t i = 1; i < 3; i++) {
        assert_false(vc_dht_table_take_gone(&table, &got));
        fails(&table, i * MINUTE, &one);
        vc_dht_table_answered(&table, i * MINUTE);
    }
    assert_true(vc_dht_table_take_gone(&table, &got));
    assert_memory_equal(&got, &one, sizeof one);
    assert_false(vc_dht_table_take_gone(&table, &got));
}

static void ipv6_is_alike(void **state)
{
    struct vc_dht_contact one = {
        .addr = vc_addr_ipv6((const uint8_t[16]){0x2a, 1, [15] = 1}, 5)};
    struct vc_dht_contact got;

    (void)state;
    assert_true(vc_dht_table_heard(&table, 0, &one));
    assert_int_equal(vc_dht_table_nearest(&table, 0, true, &got, 1), 1);
    assert_memory_equal(&got, &one, sizeof one);
    assert_true(table.ids[0] == id_in(&table, &one));
}

static void too_small_a_table_is_a_mistake(void **state)
{
    struct vc_dht_table small;

    (void)state;
    expect_assert_failure(
        vc_dht_table_init(&small, table.ids, 2 * VC_DHT_NEAR - 1, 0, false));
    expect_assert_failure(
        (void)vc_dht_table_nearest(&table, 0, true, NULL, VC_DHT_NEAREST_MAX + 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_answers_is_in),
        TEST(tags_tell_most_apart),
        TEST(who_only_asks_is_not),
        TEST(a_failure_makes_suspect_and_an_answer_clears),
        TEST(two_failures_half_a_minute_apart_put_out),
        TEST(the_condemned_may_be_the_one_who_answers),
        TEST(a_failure_that_an_answer_has_followed_counts_at_once),
        TEST(nobody_goes_for_our_own_silence),
        TEST(what_was_known_before_the_silence_still_counts),
        TEST(doubt_takes_ten_seconds_of_silence),
        TEST(nobody_is_put_elsewhere_while_he_answers),
        TEST(who_has_failed_moves_to_where_he_answers),
        TEST(a_new_key_at_an_address_replaces_the_old),
        TEST(the_oldest_are_given_in_order),
        TEST(a_new_own_id_keeps_the_nodes),
        TEST(nodes_of_an_earlier_run_are_unsure),
        TEST(who_was_put_out_is_told_once),
        TEST(ipv6_is_alike),
        TEST(too_small_a_table_is_a_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
