#include "node/mail/limits.h"
#include "node/mail/rows.h"
#include "tests/support/check.h"
#include "tests/unit/mail/host.h"

static struct host host;

static int set_up(void **state)
{
    (void)state;
    host_open(&host, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_close(&host);
    return 0;
}

static void remove_peer(uint32_t peer)
{
    assert_int_equal(
        vc_store_reserve(host.store, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES), VC_OK);
    vc_mail_peer_remove(host.mail, peer);
}

static vc_err put_again(uint32_t peer)
{
    assert_int_equal(
        vc_store_reserve(host.store, VC_MAIL_ACCEPT_OPS, VC_MAIL_ACCEPT_BYTES), VC_OK);
    return vc_mail_peer_put(host.mail, peer);
}

/* Turns as the conductor would do them, until mail wants no more. */
static uint32_t turns_until_quiet(void)
{
    struct vc_mail_output output;
    uint32_t turns = 0;
    do {
        host_tick(&host, 0);
        while (host_next(&host, &output))
            ;
        host_turn(&host);
        turns++;
    } while (vc_mail_due(host.mail) == 0);
    return turns;
}

static void send_many(uint32_t peer, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(host_send(&host, peer, "x", NULL), VC_OK);
        if (i % 1000 == 999)
            host_turn(&host);
    }
    host_turn(&host);
}

static void peers_are_found_in_any_order(void **state)
{
    (void)state;
    const uint32_t peers[] = {30, 10, 20, 5, 40, 15, 63, 0};
    const size_t count = sizeof(peers) / sizeof(peers[0]);
    for (size_t i = 0; i < count; i++)
        host_peer_put(&host, peers[i]);
    host_turn(&host);
    struct vc_mail_state found;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < count; i++)
            assert_true(vc_mail_state(host.mail, peers[i], &found));
        assert_false(vc_mail_state(host.mail, 11, &found));
        assert_false(vc_mail_state(host.mail, 64, &found));
        assert_false(vc_mail_state(host.mail, VC_LINK_PEER_JOINING, &found));
        host_crash(&host, true);
    }
}

static void putting_a_known_peer_changes_nothing(void **state)
{
    (void)state;
    host_peer_put(&host, 1);
    send_many(1, 3);
    assert_int_equal(host_submit(&host), 0);
    assert_int_equal(vc_mail_peer_put(host.mail, 1), VC_OK);
    assert_int_equal(host_submit(&host), 0);
    assert_int_equal(host_state(&host, 1).sent, 3);
}

static void every_peer_has_numbers_of_his_own(void **state)
{
    (void)state;
    uint64_t number;
    host_peer_put(&host, 1);
    host_peer_put(&host, 2);
    assert_int_equal(host_send(&host, 1, "x", &number), VC_OK);
    assert_int_equal(number, 1);
    assert_int_equal(host_send(&host, 1, "x", &number), VC_OK);
    assert_int_equal(number, 2);
    assert_int_equal(host_send(&host, 2, "x", &number), VC_OK);
    assert_int_equal(number, 1);
}

static void a_removed_peer_is_unknown_at_once(void **state)
{
    (void)state;
    struct vc_mail_state gone;
    host_peer_put(&host, 1);
    send_many(1, 3);
    host_up(&host, 1, 1);
    remove_peer(1);
    assert_false(vc_mail_state(host.mail, 1, &gone));
    assert_int_equal(host_send(&host, 1, "x", NULL), VC_ERR_NOT_FOUND);
    assert_int_equal(put_again(1), VC_ERR_EXISTS);
    feed_data(&host, 1, 1, "x");
    host_expect_nothing(&host);
    feed_ack(&host, 1, 1, 0, 0);
    host_expect_nothing(&host);
    vc_mail_wake(host.mail, &host.now, 1);
    host_expect_silence(&host, 1);
    remove_peer(1);
    remove_peer(2);
}

static void the_rows_of_a_removed_peer_go_away_in_parts(void **state)
{
    (void)state;
    const uint32_t count = 3 * VC_MAIL_REMOVE_ROWS + 10;
    host_peer_put(&host, 1);
    host_peer_put(&host, 2);
    send_many(1, count);
    send_many(2, 5);
    assert_int_equal(vc_memory_disk_rows(host.disk), count + 5 + 2);
    remove_peer(1);
    assert_true(turns_until_quiet() >= 4);
    assert_int_equal(vc_memory_disk_rows(host.disk), 5 + 1);
    assert_int_equal(host_state(&host, 2).waiting, 5);
    host_crash(&host, true);
    assert_int_equal(host_state(&host, 2).waiting, 5);
}

static void a_crash_in_the_middle_of_a_removal_is_made_good(void **state)
{
    (void)state;
    struct vc_mail_state gone;
    host_peer_put(&host, 1);
    send_many(1, 5 * VC_MAIL_REMOVE_ROWS);
    remove_peer(1);
    host_turn(&host);
    host_tick(&host, 0);
    host_turn(&host);
    assert_true(vc_memory_disk_rows(host.disk) > VC_MAIL_REMOVE_ROWS);
    host_crash(&host, true);
    assert_false(vc_mail_state(host.mail, 1, &gone));
    assert_int_equal(vc_mail_due(host.mail), 0);
    turns_until_quiet();
    assert_int_equal(vc_memory_disk_rows(host.disk), 0);
}

static void a_removal_waits_for_room_in_the_store(void **state)
{
    (void)state;
    host_peer_put(&host, 1);
    send_many(1, 10);
    host_expect(&host, VC_MAIL_CONNECT);
    host_expect_nothing(&host);
    remove_peer(1);
    static uint8_t filler[VC_STORE_VALUE_MAX];
    uint32_t key = 0;
    while (vc_store_reserve(host.store, 1, sizeof(filler) + sizeof(key)) == VC_OK) {
        key++;
        vc_store_put(host.store, VC_TABLE_EVENT,
                     (struct vc_bytes){(const uint8_t *)&key, sizeof(key)},
                     VC_BYTES(filler));
    }
    size_t left = VC_STORE_BATCH_BYTES % 1000;
    while (vc_store_reserve(host.store, 1, left + sizeof(key)) == VC_OK) {
        key++;
        vc_store_put(host.store, VC_TABLE_EVENT,
                     (struct vc_bytes){(const uint8_t *)&key, sizeof(key)},
                     (struct vc_bytes){filler, left});
    }
    vc_mail_flush(host.mail);
    assert_int_not_equal(vc_mail_due(host.mail), 0);
    host_turn(&host);
    turns_until_quiet();
    assert_int_equal(vc_memory_disk_rows(host.disk), key);
}

static void what_a_turn_of_a_removed_peer_promised_is_nothing(void **state)
{
    (void)state;
    vc_memory_commit_at_once(host.store, false);
    host_peer_put(&host, 1);
    assert_int_equal(host_send(&host, 1, "x", NULL), VC_OK);
    host_abandon(&host, 1, 1);
    host_greet(&host, 1, 0, NULL);
    feed_data(&host, 1, 1, "x");
    struct vc_mail_output delivery = host_expect(&host, VC_MAIL_DELIVERY);
    remove_peer(1);
    host_accept(&host, &delivery);
    host_expect_nothing(&host);
    host_turn(&host);
    host_tick(&host, 0);
    host_turn(&host);
    assert_int_equal(vc_memory_disk_rows(host.disk), 0);
}

static void a_damaged_mailbox_row_is_said(void **state)
{
    (void)state;
    host_peer_put(&host, 1);
    uint8_t key[VC_MAILBOX_KEY_LEN];
    vc_store_put(host.store, VC_TABLE_MAILBOX, vc_mailbox_key(key, 2),
                 (struct vc_bytes){key, 4});
    host_turn(&host);
    struct vc_mail_config cfg = {
        .alloc = test_alloc(&host.alloc),
        .store = host.store,
        .link = host.link,
        .seal = host.seal,
    };
    struct vc_secret32 seed = {{1}};
    struct vc_mail *mail = NULL;
    assert_int_equal(vc_mail_init(&cfg, &host.now, &seed, &mail), VC_ERR_STORE_DAMAGED);
    assert_null(mail);
}

static void there_are_at_most_65536_peers(void **state)
{
    (void)state;
    for (uint32_t peer = 0; peer < VC_MAIL_PEERS_MAX; peer++) {
        assert_int_equal(put_again(peer), VC_OK);
        if (peer % 4096 == 4095)
            host_submit(&host);
        if (vc_memory_is_committing(host.store))
            vc_memory_complete(host.store, VC_OK);
        (void)vc_store_poll(host.store);
    }
    assert_int_equal(put_again(VC_MAIL_PEERS_MAX), VC_ERR_FULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(peers_are_found_in_any_order),
        TEST(putting_a_known_peer_changes_nothing),
        TEST(every_peer_has_numbers_of_his_own),
        TEST(a_removed_peer_is_unknown_at_once),
        TEST(the_rows_of_a_removed_peer_go_away_in_parts),
        TEST(a_crash_in_the_middle_of_a_removal_is_made_good),
        TEST(a_removal_waits_for_room_in_the_store),
        TEST(what_a_turn_of_a_removed_peer_promised_is_nothing),
        TEST(a_damaged_mailbox_row_is_said),
        TEST(there_are_at_most_65536_peers),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
