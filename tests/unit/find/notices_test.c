/* node/find/notices.c: what stands in the DHT, and when it is published. */
#include "tests/support/test.h"

#include "tests/unit/find/host.h"

#define DAY_MS UINT64_C(86400000)

static struct host host;
static struct vc_addr here;

static int begin(void **state)
{
    (void)state;
    here = host_addr(1);
    host_open(&host, 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    host_close(&host);
    return 0;
}

/* Joined and published, some seconds after the start; the check has found nothing. */
static void publish_first(void)
{
    host_set_self(&host, &here);
    host_join(&host);
    host_pass(&host, 5000);
    assert_int_equal(host.dht.put_count, 1);
    host_done(&host, host_put(&host)->ask, VC_OK, 12);
    host_done(&host, host_get(&host)->ask, VC_ERR_NOT_FOUND, 0);
    host_pass(&host, 60000);
    assert_int_equal(host.dht.put_count, 1);
}

static void
it_is_published_when_there_is_something_to_say_and_somebody_to_hear(void **state)
{
    (void)state;
    host_pass(&host, 60000);
    assert_int_equal(host.dht.put_count, 0);
    host_set_self(&host, &here);
    host_pass(&host, 60000);
    assert_int_equal(host.dht.put_count, 0); /* not joined */
    host_join(&host);
    host_pass(&host, VC_FIND_SETTLE_MS);
    assert_int_equal(host.dht.put_count, 1);
}

static void nothing_is_published_of_nowhere(void **state)
{
    (void)state;
    host.dht.is_joined = true;
    host_changed(&host);
    host_pass(&host, 60000);
    assert_int_equal(host.dht.put_count, 0);
}

static void after_the_start_it_is_spread_at_random(void **state)
{
    const struct vc_id16 secret = {{1}};
    vc_ms spread = (VC_FIND_INVITES_MAX + 1) * VC_FIND_SPREAD_MS;

    (void)state;
    host_set_self(&host, &here);
    host_join(&host);
    for (uint32_t i = 1; i <= VC_FIND_INVITES_MAX; i++) {
        vc_find_invite_put(host.find, &host.now, i, &secret, VC_NEVER);
    }
    host_pass(&host, VC_FIND_SPREAD_MS + VC_FIND_SETTLE_MS);
    assert_true(host.dht.put_count >= 1 && host.dht.put_count < VC_FIND_INVITES_MAX);
    host_pass(&host, spread);
    assert_int_equal(host.dht.put_count, VC_FIND_INVITES_MAX + 1);
}

static void a_change_is_published_once_it_has_settled(void **state)
{
    struct vc_hash32 place;
    uint64_t seq;

    (void)state;
    publish_first();
    place = host_put(&host)->place;
    seq = host_put(&host)->seq;
    here = host_addr(9);
    host_set_self(&host, &here);
    host_pass(&host, VC_FIND_SETTLE_MS - 1);
    assert_int_equal(host.dht.put_count, 1);
    host_pass(&host, 2);
    assert_int_equal(host.dht.put_count, 2);
    assert_memory_equal(host_put(&host)->place.b, place.b, sizeof place.b);
    assert_true(host_put(&host)->seq > seq);
    host_set_self(&host, &here); /* nothing is new */
    host_pass(&host, 60000);
    assert_int_equal(host.dht.put_count, 2);
}

static void a_place_gets_two_records_in_ten_seconds(void **state)
{
    (void)state;
    publish_first();
    for (uint8_t i = 10; i < 40; i++) {
        here = host_addr(i);
        host_set_self(&host, &here);
        host_pass(&host, 1000);
    }
    assert_true(host.dht.put_count >= 1 + 6 && host.dht.put_count <= 1 + 8);
    host_pass(&host, VC_FIND_EVERY_MS);
    assert_true(host.dht.put_count <= 1 + 9); /* and the last word is said */
    assert_true(host.find->notices[0].posts[1].is_posted ||
                host.find->notices[0].posts[0].is_posted);
}

static void when_the_network_changes_it_waits_to_be_seen(void **state)
{
    (void)state;
    publish_first();
    vc_find_moved(host.find, &host.now);
    assert_int_equal(host.dht.moves, 1);
    host_pass(&host, 3000);
    assert_int_equal(host.dht.put_count, 1);
    host_join(&host);
    host_pass(&host, VC_FIND_SETTLE_MS);
    assert_int_equal(host.dht.put_count, 2); /* under another node key */
}

/* Another life, in a network of @size nodes, that joins at once; gives how long it takes until it
 * puts its record, up to @max. */
static vc_ms put_after_restart(uint64_t size, vc_ms max)
{
    size_t count = host.dht.put_count;
    vc_ms began;

    host_turn(&host);
    host_crash(&host);
    host.dht.network_size = size;
    host_set_self(&host, &here);
    host_join(&host);
    began = host.now.mono;
    while (host.dht.put_count == count && host.now.mono - began < max) {
        host_pass(&host, 1000);
    }
    return host.now.mono - began;
}

/* Somebody holds what would be said: that has time, and not the same for all. */
static void what_was_said_before_the_start_is_said_again_later(void **state)
{
    vc_ms shortest = VC_FIND_SAME_SPREAD_MS, longest = 0;
    struct vc_find_status status;

    (void)state;
    publish_first();
    for (int life = 0; life < 40; life++) {
        vc_ms waited = put_after_restart(VC_FIND_SAME_NODES, VC_FIND_SAME_SPREAD_MS);

        assert_true(waited <= VC_FIND_SAME_SPREAD_MS);
        host_done(&host, host_put(&host)->ask, VC_OK, 12);
        shortest = vc_ms_min(shortest, waited);
        longest = waited > longest ? waited : longest;
    }
    assert_true(shortest < VC_FIND_SAME_SPREAD_MS / 4);
    assert_true(longest > VC_FIND_SAME_SPREAD_MS * 3 / 4);
    (void)put_after_restart(VC_FIND_SAME_NODES, 0);
    host_pass(&host, 3000);
    vc_find_status(host.find, &host.now, &status);
    assert_true(status.is_left != (host.dht.put_count > 41));
    assert_false(status.is_published);
}

/* In a small network all who hold it may have restarted as well; or it says something else; or
 * nobody holds the last one. */
static void what_may_not_stand_there_is_said_at_once(void **state)
{
    vc_ms at_once = VC_FIND_SPREAD_MS + 2000;

    (void)state;
    publish_first();
    assert_true(put_after_restart(VC_FIND_SAME_NODES - 1, 60000) <= at_once);
    host_done(&host, host_put(&host)->ask, VC_OK, 12);
    here = host_addr(2);
    assert_true(put_after_restart(VC_FIND_SAME_NODES, 60000) <= at_once);
    /* That one was not acknowledged. */
    here = host_addr(1);
    assert_true(put_after_restart(VC_FIND_SAME_NODES, 60000) <= at_once);
    host_done(&host, host_put(&host)->ask, VC_OK, 12);
    host.dht.key.b[5]++;
    assert_true(put_after_restart(VC_FIND_SAME_NODES, 60000) <= at_once);
}

/* The earlier node key may be ours again in a moment, and the record names it. */
static void while_the_key_is_open_nothing_is_said(void **state)
{
    (void)state;
    host.dht.is_key_open = true;
    host_set_self(&host, &here);
    host_join(&host);
    host_pass(&host, 2 * VC_DHT_SAME_MS - 1);
    assert_int_equal(host.dht.put_count, 0);
    host.dht.is_key_open = false;
    host_changed(&host);
    host_pass(&host, VC_FIND_SETTLE_MS);
    assert_int_equal(host.dht.put_count, 1);
}

static void tomorrow_is_published_before_midnight(void **state)
{
    struct vc_hash32 today;
    vc_ms at;

    (void)state;
    publish_first();
    today = host_put(&host)->place;
    at = DAY_MS - host.now.unix_ms % DAY_MS - VC_DHT_RECORD_AHEAD_S * 1000;
    host_pass(&host, at - 1000);
    assert_int_equal(host.dht.put_count, 1);
    host_pass(&host, VC_FIND_AHEAD_SPREAD_MS + 2000);
    assert_int_equal(host.dht.put_count, 2);
    assert_memory_not_equal(host_put(&host)->place.b, today.b, sizeof today.b);
    /* What is new is said at both. */
    here = host_addr(9);
    host_set_self(&host, &here);
    host_pass(&host, 1000);
    assert_int_equal(host.dht.put_count, 4);
    /* And the day after that, only in its turn. */
    host_pass(&host, 12 * 3600 * 1000);
    assert_int_equal(host.dht.put_count, 4);
    host_pass(&host, 13 * 3600 * 1000);
    assert_int_equal(host.dht.put_count, 5);
    assert_true(host.dht.puts[0].is_withdrawn);
}

static void a_clock_that_is_set_right_publishes_for_the_right_day(void **state)
{
    (void)state;
    publish_first();
    host.dht.time = host.now.unix_ms + 400 * DAY_MS;
    host_changed(&host);
    host_pass(&host, 1000);
    assert_int_equal(host.dht.put_count, 2);
    assert_true(host_put(&host)->seq > host.dht.time - DAY_MS);
}

static void a_clock_that_goes_forth_and_back_uses_no_number_twice(void **state)
{
    struct vc_hash32 place;
    uint64_t seq;

    (void)state;
    publish_first();
    place = host_put(&host)->place;
    seq = host_put(&host)->seq;
    for (int i = 0; i < 3; i++) {
        host.dht.time = host.now.unix_ms + 2 * DAY_MS;
        host_changed(&host);
        host_pass(&host, VC_FIND_EVERY_MS);
        assert_memory_not_equal(host_put(&host)->place.b, place.b, sizeof place.b);
        host.dht.time = host.now.unix_ms;
        host_changed(&host);
        host_pass(&host, VC_FIND_EVERY_MS);
        assert_memory_equal(host_put(&host)->place.b, place.b, sizeof place.b);
        assert_true(host_put(&host)->seq > seq);
        seq = host_put(&host)->seq;
    }
}

static void an_invites_place_stands_while_it_is_open(void **state)
{
    const struct vc_id16 secret = {{1}};

    (void)state;
    publish_first();
    vc_find_invite_put(host.find, &host.now, 3, &secret, VC_NEVER);
    vc_find_invite_put(host.find, &host.now, 3, &secret, VC_NEVER);
    host_pass(&host, 1000);
    assert_int_equal(host.dht.put_count, 2);
    vc_find_invite_remove(host.find, 4);
    assert_false(host_put(&host)->is_withdrawn);
    vc_find_invite_remove(host.find, 3);
    assert_true(host_put(&host)->is_withdrawn);
    assert_false(host.dht.puts[0].is_withdrawn);
    here = host_addr(9);
    host_set_self(&host, &here);
    host_pass(&host, 60000);
    assert_int_equal(host.dht.put_count, 3);
}

static void an_invite_that_expires_is_withdrawn(void **state)
{
    const struct vc_id16 secret = {{1}};

    (void)state;
    publish_first();
    vc_find_invite_put(host.find, &host.now, 3, &secret, host.now.unix_ms + 3600000);
    host_pass(&host, 3599000);
    assert_int_equal(host.dht.put_count, 2);
    assert_false(host_put(&host)->is_withdrawn);
    host_pass(&host, 2000);
    assert_true(host_put(&host)->is_withdrawn);
}

static void no_more_invites_have_places_than_there_is_room_for(void **state)
{
    const struct vc_id16 secret = {{1}};
    const struct vc_forward forward = {.until = UINT32_MAX};
    const struct vc_sign_secret old = {{0}};

    (void)state;
    for (uint32_t i = 1; i <= VC_FIND_INVITES_MAX + 1; i++) {
        vc_find_invite_put(host.find, &host.now, i, &secret, VC_NEVER);
    }
    assert_int_equal(host.find->notices[VC_FIND_INVITES_MAX].invite,
                     VC_FIND_INVITES_MAX);
    assert_int_equal(host.find->notices[VC_FIND_INVITES_MAX + 1].kind,
                     VC_FIND_NOTICE_FREE);
    vc_find_forward_put(host.find, &host.now, &forward, &old);
    vc_find_forward_put(host.find, &host.now, &forward, &old);
    assert_int_equal(host.find->notices[VC_FIND_INVITES_MAX + 1].kind,
                     VC_FIND_NOTICE_FORWARD);
    assert_int_equal(host.find->notices[VC_FIND_INVITES_MAX + 2].kind,
                     VC_FIND_NOTICE_FREE);
}

static void a_forward_stands_until_its_date(void **state)
{
    struct vc_sign_secret old = host.person.account.record_secret;
    struct vc_forward forward;
    size_t count;

    (void)state;
    publish_first();
    assert_int_equal(vc_account_turn_record(&host.person.account,
                                            (uint32_t)(host.now.unix_ms / 1000),
                                            &forward),
                     VC_OK);
    vc_find_forward_put(host.find, &host.now, &forward, &old);
    vc_find_notices_wake(host.find, host.now.mono);
    host_pass(&host, 60000);
    assert_int_equal(host.dht.put_count, 3);
    host_pass(&host, (vc_ms)VC_FORWARD_S * 1000);
    count = host.dht.put_count;
    assert_true(count > 2 * 59 && count <= 2 * 62 + 3);
    for (size_t i = 1; i < VC_FIND_NOTICES_MAX; i++) {
        assert_int_equal(host.find->notices[i].kind, VC_FIND_NOTICE_FREE);
    }
}

static void what_nobody_took_is_put_again_some_times(void **state)
{
    (void)state;
    host_set_self(&host, &here);
    host_join(&host);
    host_pass(&host, 5000);
    host_done(&host, host_put(&host)->ask, VC_ERR_NO_NETWORK, 0);
    host_pass(&host, VC_FIND_AGAIN_MS);
    assert_int_equal(host.dht.put_count, 2);
    for (size_t i = 2; i < 20; i++) {
        host_done(&host, host_put(&host)->ask, VC_ERR_NO_NETWORK, 0);
        host_pass(&host, 60000);
    }
    assert_int_equal(host.dht.put_count, 1 + VC_FIND_AGAIN_TRIES);
    assert_int_equal(host.dht.get_count, 0);
    host_done(&host, host_put(&host)->ask, VC_OK, 3);
    assert_int_equal(host.find->notices[0].posts[1].failures +
                         host.find->notices[0].posts[0].failures,
                     0);
}

static void when_the_dht_is_full_it_is_tried_again(void **state)
{
    (void)state;
    host.dht.is_full = true;
    host_set_self(&host, &here);
    host_join(&host);
    host_pass(&host, 30000);
    assert_int_equal(host.dht.put_count, 0);
    host.dht.is_full = false;
    host_pass(&host, VC_FIND_AGAIN_MS);
    assert_int_equal(host.dht.put_count, 1);
}

/* As after a store was put back: somebody holds a record of ours with a greater number. */
static void a_newer_record_of_ours_is_overtaken(void **state)
{
    uint8_t newer[VC_DHT_RECORD_LEN];
    uint64_t seq;

    (void)state;
    host_set_self(&host, &here);
    host_join(&host);
    host.now.unix_ms += 3000000; /* for the number of the newer one */
    host_record_of(&host, &host.person, &here, newer);
    seq = host.now.unix_ms;
    host.now.unix_ms -= 3000000;
    host_pass(&host, 5000);
    assert_true(host_put(&host)->seq < seq);
    host_done(&host, host_put(&host)->ask, VC_OK, 12);
    assert_int_equal(host.dht.get_count, 1);
    assert_memory_equal(host_get(&host)->place.b, host_put(&host)->place.b, 32);
    host_found(&host, host_get(&host)->ask, VC_BYTES(newer));
    host_done(&host, host_get(&host)->ask, VC_OK, 0);
    host_pass(&host, VC_FIND_EVERY_MS);
    assert_int_equal(host.dht.put_count, 2);
    assert_true(host_put(&host)->seq > seq);
    host_done(&host, host_put(&host)->ask, VC_OK, 12);
    assert_int_equal(host.dht.get_count, 1); /* once in a life */
}

static void what_is_not_newer_changes_nothing(void **state)
{
    uint8_t record[VC_DHT_RECORD_LEN];

    (void)state;
    host_set_self(&host, &here);
    host_join(&host);
    host_pass(&host, 5000);
    memcpy(record, host_put(&host)->bytes, sizeof record);
    host_done(&host, host_put(&host)->ask, VC_OK, 12);
    host_found(&host, host_get(&host)->ask, VC_BYTES(record));
    host_found(&host, host_get(&host)->ask, (struct vc_bytes){record, 17});
    host_pass(&host, 60000);
    assert_int_equal(host.dht.put_count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_published_when_there_is_something_to_say_and_somebody_to_hear),
        TEST(nothing_is_published_of_nowhere),
        TEST(after_the_start_it_is_spread_at_random),
        TEST(a_change_is_published_once_it_has_settled),
        TEST(a_place_gets_two_records_in_ten_seconds),
        TEST(when_the_network_changes_it_waits_to_be_seen),
        TEST(what_was_said_before_the_start_is_said_again_later),
        TEST(what_may_not_stand_there_is_said_at_once),
        TEST(while_the_key_is_open_nothing_is_said),
        TEST(tomorrow_is_published_before_midnight),
        TEST(a_clock_that_is_set_right_publishes_for_the_right_day),
        TEST(a_clock_that_goes_forth_and_back_uses_no_number_twice),
        TEST(an_invites_place_stands_while_it_is_open),
        TEST(an_invite_that_expires_is_withdrawn),
        TEST(no_more_invites_have_places_than_there_is_room_for),
        TEST(a_forward_stands_until_its_date),
        TEST(what_nobody_took_is_put_again_some_times),
        TEST(when_the_dht_is_full_it_is_tried_again),
        TEST(a_newer_record_of_ours_is_overtaken),
        TEST(what_is_not_newer_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
