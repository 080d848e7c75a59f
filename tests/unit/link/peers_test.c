/* node/link/peers.c: who is known, and under which keys strangers are answered. */
#include "tests/support/test.h"

#include <string.h>

#include "node/link/machine.h"
#include "tests/support/link_told.h"

static struct vc_link_peer keys_of(uint32_t index)
{
    return (struct vc_link_peer){.dev_dh = world.nodes[index].dev_dh_public,
                                 .root = world.nodes[index].cfg.root,
                                 .contacts = world.nodes[index].contacts};
}

static struct vc_link *link_of(uint32_t index)
{
    return world.nodes[index].link;
}

static void there_are_as_many_peers_as_the_config_says(void **state)
{
    (void)state;
    struct vc_link *link = link_of(0);
    struct vc_link_peer keys = keys_of(1);
    for (uint32_t i = 0; i < link->peers_max - 1; i++) {
        keys.dev_dh.b[0]++;
        assert_int_equal(vc_link_peer_put(link, 1000 + 3 * i, &keys), VC_OK);
    }
    assert_int_equal(vc_link_peer_put(link, 5, &keys), VC_ERR_FULL);
    assert_int_equal(vc_link_join(link, world.now, 5, &(struct vc_id16){{1}}, NULL, 0),
                     VC_ERR_FULL);
    assert_int_equal(vc_link_peer_put(link, 1000, &keys), VC_OK);
    vc_link_peer_remove(link, world.now, 1003);
    assert_int_equal(vc_link_peer_put(link, 5, &keys), VC_OK);
    assert_int_equal(vc_link_peer_put(link, 6, &keys), VC_ERR_FULL);
}

static void a_removed_peer_is_gone_with_his_session_and_nothing_is_told(void **state)
{
    (void)state;
    link_duo_connect();
    vc_link_peer_remove(link_of(0), world.now, 1);
    link_duo_wait(200);
    assert_int_equal(told[0].downs, 0);
    assert_int_equal(told[1].reason, VC_ERR_AWAY);
    assert_int_equal(link_of(0)->peer_pool.count, 0);
    assert_int_equal(link_of(0)->cids.count, 0);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]),
                     VC_ERR_NOT_FOUND);
    /* And he is a stranger again. */
    assert_int_equal(link_world_connect(&world.nodes[1], &world.nodes[0]), VC_OK);
    link_duo_wait(VC_LINK_ATTEMPT_MS);
    assert_int_equal(told[0].ups, 1);
    assert_int_equal(told[1].reason, VC_ERR_PEER_UNREACHABLE);
}

static void removing_who_is_not_there_changes_nothing(void **state)
{
    (void)state;
    vc_link_peer_remove(link_of(0), world.now, 99);
    vc_link_close(link_of(0), world.now, 99);
    link_duo_connect();
}

static void a_session_goes_on_when_only_other_keys_of_the_peer_change(void **state)
{
    (void)state;
    link_duo_connect();
    struct vc_link_peer keys = keys_of(1);
    keys.contacts.b[3] ^= 1;
    assert_int_equal(vc_link_peer_put(link_of(0), 1, &keys), VC_OK);
    struct vc_link_state s;
    assert_true(vc_link_state(link_of(0), 1, &s));
    keys.dev_dh.b[3] ^= 1;
    assert_int_equal(vc_link_peer_put(link_of(0), 1, &keys), VC_OK);
    assert_false(vc_link_state(link_of(0), 1, &s));
}

static void of_two_numbers_with_one_key_the_last_one_is_met(void **state)
{
    (void)state;
    struct vc_link_peer keys = keys_of(0);
    assert_int_equal(vc_link_peer_put(link_of(1), 50, &keys), VC_OK);
    assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
    link_duo_wait(200);
    assert_int_equal(told[1].up.peer, 50);
    vc_link_peer_remove(link_of(1), world.now, 0); /* takes nothing from the other */
    assert_int_equal(vc_peers_find_key(link_of(1), &keys.dev_dh),
                     vc_peers_find(link_of(1), 50));
}

static void answers_come_under_each_key_that_is_valid_and_no_other(void **state)
{
    (void)state;
    struct vc_secret32 keys[VC_LINK_GENERATIONS_MAX + 1];
    for (size_t i = 0; i < VC_LINK_GENERATIONS_MAX + 1; i++)
        memset(&keys[i], (int)i + 1, sizeof keys[i]);
    vc_link_answer_to(link_of(1), keys, VC_LINK_GENERATIONS_MAX + 1);
    for (size_t i = 0; i < VC_LINK_GENERATIONS_MAX + 1;
         i += VC_LINK_GENERATIONS_MAX / 2) {
        struct vc_link_peer peer = keys_of(1);
        peer.contacts = keys[i];
        assert_int_equal(vc_link_peer_put(link_of(0), 1, &peer), VC_OK);
        uint32_t ups = told[0].ups;
        assert_int_equal(link_world_connect(&world.nodes[0], &world.nodes[1]), VC_OK);
        link_duo_wait(200);
        assert_int_equal(told[0].ups - ups, i < VC_LINK_GENERATIONS_MAX);
        vc_link_close(link_of(0), world.now, 1);
        link_duo_wait(200);
    }
    vc_link_answer_to(link_of(1), keys, 0);
    assert_int_equal(link_of(1)->generation_count, 0);
}

static void sixteen_invites_are_open_and_no_more(void **state)
{
    (void)state;
    struct vc_id16 secret = {{1}};
    for (uint32_t i = 0; i < VC_LINK_INVITES_MAX; i++)
        assert_int_equal(vc_link_invite_put(link_of(0), i, &secret), VC_OK);
    assert_int_equal(vc_link_invite_put(link_of(0), 99, &secret), VC_ERR_FULL);
    assert_int_equal(vc_link_invite_put(link_of(0), 3, &secret), VC_OK);
    vc_link_invite_remove(link_of(0), 4);
    vc_link_invite_remove(link_of(0), 4);
    assert_null(vc_peers_invite(link_of(0), 4));
    assert_int_equal(vc_link_invite_put(link_of(0), 99, &secret), VC_OK);
    assert_non_null(vc_peers_invite(link_of(0), 99));
}

static void one_who_joins_has_a_place_until_it_fails_or_he_is_known(void **state)
{
    (void)state;
    struct vc_id16 secret = {{1}};
    assert_int_equal(
        vc_link_join(link_of(0), world.now, 30, &secret, &world.nodes[1].addr, 1),
        VC_OK);
    assert_int_equal(link_of(0)->peer_count, 2);
    link_duo_wait(VC_LINK_ATTEMPT_MS);
    assert_int_equal(told[0].reason, VC_ERR_PEER_UNREACHABLE);
    assert_int_equal(link_of(0)->peer_count, 1);
    assert_int_equal(vc_link_invite_put(link_of(1), 2, &secret), VC_OK);
    assert_int_equal(
        vc_link_join(link_of(0), world.now, 30, &secret, &world.nodes[1].addr, 1),
        VC_OK);
    link_duo_wait(200);
    assert_int_equal(told[0].ups, 1);
    struct vc_link_peer keys = keys_of(1);
    assert_int_equal(vc_link_peer_put(link_of(0), 30, &keys), VC_OK);
    struct vc_link_state s;
    assert_true(vc_link_state(link_of(0), 30, &s));
    vc_link_close(link_of(0), world.now, 30);
    assert_int_equal(link_of(0)->peer_count, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, link_duo_begin, link_duo_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(there_are_as_many_peers_as_the_config_says),
        TEST(a_removed_peer_is_gone_with_his_session_and_nothing_is_told),
        TEST(removing_who_is_not_there_changes_nothing),
        TEST(a_session_goes_on_when_only_other_keys_of_the_peer_change),
        TEST(of_two_numbers_with_one_key_the_last_one_is_met),
        TEST(answers_come_under_each_key_that_is_valid_and_no_other),
        TEST(sixteen_invites_are_open_and_no_more),
        TEST(one_who_joins_has_a_place_until_it_fails_or_he_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
