/* The conductor: turns, commits that fail, and nothing said too early. */
#include <string.h>

#include "tests/unit/node/party.h"

static void the_same_node_comes_back(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_key32 root = vc_node_account(a->node)->root;
    struct vc_key32 dev_dh = vc_node_device(a->node)->certificate.dev_dh;

    party_turn(party);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_memory_equal(root.b, vc_node_account(a->node)->root.b, sizeof root.b);
    assert_memory_equal(dev_dh.b, vc_node_device(a->node)->certificate.dev_dh.b,
                        sizeof dev_dh.b);
}

static void a_turn_without_writes_has_no_ticket(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now;

    party_run(party, 1000);
    now = party_now(party, a);
    assert_int_equal(vc_node_submit(a->node, &now), 0);
    (void)vc_node_chat(a->node);
    assert_int_equal(vc_node_submit(a->node, &now), 0);
    assert_true(vc_node_due(a->node) > now.mono);
}

static void hold(struct party_host *host, bool is_held)
{
    host->is_held = is_held;
    vc_memory_commit_at_once(host->store, !is_held);
}

static void nothing_leaves_before_its_commit(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    hold(a, true);
    party_say(party, a, bob, "not yet");
    party_run(party, 5000);
    assert_string_equal(party_texts(b, alice), "");
    assert_string_equal(party_texts(a, bob), "");
    hold(a, false);
    party_run(party, 100);
    assert_string_equal(party_texts(b, alice), "not yet\n");
}

static void nothing_is_acknowledged_before_its_commit(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    hold(b, true);
    party_say(party, a, bob, "keep me");
    party_run(party, 5000);
    assert_int_equal(party_state(a, bob, "keep me"), VC_MESSAGE_QUEUED);
    party_crash(party, b); /* it was never kept, and never said to be */
    b->is_held = false;
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, 60000);
    assert_string_equal(party_texts(b, alice), "keep me\n");
    assert_int_equal(party_state(a, bob, "keep me"), VC_MESSAGE_DELIVERED);
}

/* What the event loop does when a commit fails. */
static void rebuild(struct party *party, struct party_host *host, vc_err failure)
{
    struct vc_now now = party_now(party, host);
    uint64_t committed;

    vc_memory_complete(host->store, failure);
    assert_int_equal(vc_node_poll(host->node, &now, &committed), failure);
    vc_node_deinit(host->node);
    host->node = NULL;
    vc_store_recover(host->store);
    assert_int_equal(party_start(party, host), VC_OK);
    vc_memory_commit_at_once(host->store, false);
}

static void a_failed_commit_is_a_crash_without_dying(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_message message;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    hold(a, true);
    party_say(party, a, bob, "never promised");
    rebuild(party, a, VC_ERR_STORE_IO);
    party_turn(party);
    assert_string_equal(party_texts(a, bob), "");
    assert_int_equal(party_try_say(party, a, bob, "refused", &message),
                     VC_ERR_STORE_IO);
    party_say(party, b, alice, "waits for a disk");
    party_run(party, 5000);
    assert_int_equal(party_state(b, alice, "waits for a disk"), VC_MESSAGE_QUEUED);
    vc_memory_complete(a->store, VC_OK); /* the disk is well again */
    hold(a, false);
    party_run(party, 60000);
    assert_int_equal(party_try_say(party, a, bob, "accepted", &message), VC_OK);
    party_run(party, 1000);
    assert_string_equal(party_texts(a, bob), "waits for a disk\naccepted\n");
    assert_string_equal(party_texts(b, alice), "waits for a disk\naccepted\n");
    assert_int_equal(party_find(b, alice, "accepted").ref.seq, 1);
}

static void datagrams_of_strangers_get_no_answer(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now = party_now(party, a);
    struct vc_node_output output;
    uint8_t noise[1300];

    for (uint32_t i = 0; i < 5000; i++) {
        size_t len = (i * 7919u) % sizeof noise;

        for (size_t at = 0; at < len; at++) {
            noise[at] = (uint8_t)(i * 31u + at * (i | 1u));
        }
        vc_node_recv(a->node, &now, &party->hosts[1].addr,
                     (struct vc_bytes){noise, len});
        assert_false(vc_node_next(a->node, &now, &output));
        assert_int_equal(vc_node_submit(a->node, &now), 0);
    }
}

static void who_stops_tells_the_others(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, b, alice, "kept over the stop");
    party_stop(party, b);
    party_run(party, 100);
    assert_false(party_contact(party, a, bob).is_connected);
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, 5000);
    assert_string_equal(party_texts(a, bob), "kept over the stop\n");
}

static void the_default_capacities_are_those_of_a_person(void **state)
{
    struct vc_node_config config;

    (void)state;
    vc_node_config_default(&config);
    assert_true(config.peers_max >= VC_CHAT_CONTACTS_MAX);
    assert_int_equal(config.half_open_max, 1024);
    assert_in_range(config.network_id.len, 1, 32);
}

static void two_lives_of_equal_seeds_are_equal(void **state)
{
    static struct party first, second;
    uint32_t bob, alice;

    (void)state;
    party_open(&first);
    party_open(&second);
    party_meet(&first, &first.hosts[0], &first.hosts[1], &bob, &alice);
    party_meet(&second, &second.hosts[0], &second.hosts[1], &bob, &alice);
    party_say(&first, &first.hosts[0], bob, "hello"); /* now something is under way */
    party_say(&second, &second.hosts[0], bob, "hello");
    party_turn(&first);
    party_turn(&second);
    assert_true(first.count > 0);
    assert_int_equal(first.now, second.now);
    assert_int_equal(first.count, second.count);
    assert_memory_equal(vc_node_account(first.hosts[0].node)->root.b,
                        vc_node_account(second.hosts[0].node)->root.b, 32);
    for (size_t i = 0; i < first.count; i++) {
        const struct party_flying *one =
            &first.flying[(first.first + i) % PARTY_FLYING_MAX];
        const struct party_flying *two =
            &second.flying[(second.first + i) % PARTY_FLYING_MAX];

        assert_int_equal(one->len, two->len);
        assert_memory_equal(one->bytes, two->bytes, one->len);
    }
    party_close(&first);
    party_close(&second);
}

static struct vc_dht_status dht_status(struct party *party, struct party_host *host)
{
    struct vc_dht_status status;
    struct vc_now now = party_now(party, host);

    vc_dht_status(vc_node_dht(host->node), &now, &status);
    return status;
}

static void the_nodes_of_the_dht_are_known_after_a_restart(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];

    party_begin_dht(party);
    assert_true(dht_status(party, a).is_joined);
    party_stop(party, a);
    party->has_no_doors = true;
    assert_int_equal(party_start(party, a), VC_OK);
    assert_false(dht_status(party, a).is_joined);
    party_run(party, 1000);
    assert_true(dht_status(party, a).is_joined);
    /* Without that there would be no way in. */
    party_crash(party, a);
    party_lose(a, VC_TABLE_SETTING);
    assert_int_equal(party_start(party, a), VC_OK);
    party_run(party, 1000);
    assert_false(dht_status(party, a).is_joined);
}

static void only_another_address_is_a_move(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_key32 key;
    struct vc_addr seen;

    party_begin_dht(party);
    key = dht_status(party, a).key;
    party_move(party, a, a->addr.ip[1]); /* the same */
    assert_memory_equal(dht_status(party, a).key.b, key.b, sizeof key.b);
    party_move(party, a, 50);
    assert_memory_not_equal(dht_status(party, a).key.b, key.b, sizeof key.b);
    party_run(party, 1000);
    seen = dht_status(party, a).seen;
    assert_true(vc_addr_equal(&seen, &a->addr));
}

static void with_a_dht_it_starts_with_all_its_memory_or_not_at_all(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    vc_err err = VC_ERR_NO_MEMORY;
    unsigned failures = 0;

    party_begin_dht(party);
    party_stop(party, a);
    while (err != VC_OK) {
        a->alloc.calls = 0;
        a->alloc.fails_at = ++failures;
        err = party_start(party, a);
        assert_true(err == VC_OK || err == VC_ERR_NO_MEMORY);
        assert_true(err == VC_OK || a->alloc.used == 0);
        assert_true(failures < 100);
    }
    a->alloc.fails_at = 0;
    assert_true(failures > 4);
}

/* Datagrams of the DHT and of sessions come through one socket. */
static void sessions_and_the_dht_share_a_socket(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_link_stats before, after;
    uint64_t answers;
    uint32_t bob, alice;

    party_begin_dht(party);
    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    vc_link_stats(vc_node_link(b->node), &before);
    answers = dht_status(party, b).datagrams_in;
    party_move(party, a, 50); /* whom it asks whether they live */
    for (int i = 0; i < 20; i++) {
        party_say(party, a, bob, "x");
        party_run(party, 100);
    }
    vc_link_stats(vc_node_link(b->node), &after);
    assert_true(after.datagrams_in >= before.datagrams_in + 20);
    assert_int_equal(after.dropped_strange, before.dropped_strange);
    assert_true(dht_status(party, b).datagrams_in > answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(the_same_node_comes_back),
        PARTY_TEST(a_turn_without_writes_has_no_ticket),
        PARTY_TEST(nothing_leaves_before_its_commit),
        PARTY_TEST(nothing_is_acknowledged_before_its_commit),
        PARTY_TEST(a_failed_commit_is_a_crash_without_dying),
        PARTY_TEST(datagrams_of_strangers_get_no_answer),
        PARTY_TEST(who_stops_tells_the_others),
        PARTY_TEST(the_nodes_of_the_dht_are_known_after_a_restart),
        PARTY_TEST(only_another_address_is_a_move),
        PARTY_TEST(with_a_dht_it_starts_with_all_its_memory_or_not_at_all),
        PARTY_TEST(sessions_and_the_dht_share_a_socket),
        cmocka_unit_test(the_default_capacities_are_those_of_a_person),
        cmocka_unit_test(two_lives_of_equal_seeds_are_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
