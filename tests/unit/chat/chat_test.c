/* The door: settings, addresses, and memory that fails at any moment. */
#include <string.h>

#include "node/chat/limits.h"
#include "tests/unit/node/party.h"

static void settings_outlive_the_node(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now = party_now(party, a);
    struct vc_owner owner;

    vc_chat_owner(party_chat(a), &owner);
    assert_string_equal(owner.name, "alice");
    assert_true(owner.sends_read_receipts);
    assert_int_equal(vc_chat_set_name(party_chat(a), &now, "Alicia"), VC_OK);
    assert_int_equal(vc_chat_set_read_receipts(party_chat(a), &now, false), VC_OK);
    party_end_turn(party, a);
    party_turn(party);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    vc_chat_owner(party_chat(a), &owner);
    assert_string_equal(owner.name, "Alicia"); /* the default does not come back */
    assert_false(owner.sends_read_receipts);
}

static void addresses_that_cannot_be_used_are_left_out(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now = party_now(party, a);
    struct vc_addr addrs[VC_CARD_ADDRS_MAX + 3] = {{.family = 0}};
    struct vc_owner owner;

    addrs[1] = (struct vc_addr){.ip = {224, 0, 0, 1}, .port = 5, .family = 4};
    for (size_t i = 2; i < sizeof addrs / sizeof addrs[0]; i++) {
        addrs[i] =
            (struct vc_addr){.ip = {10, 1, 1, (uint8_t)i}, .port = 5, .family = 4};
    }
    vc_chat_set_addresses(party_chat(a), &now, addrs, sizeof addrs / sizeof addrs[0]);
    vc_chat_owner(party_chat(a), &owner);
    assert_int_equal(owner.addr_count, VC_CARD_ADDRS_MAX);
    assert_int_equal(owner.addrs[0].ip[3], 2);
}

static void an_ill_store_refuses_and_says_why(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now = party_now(party, a);
    struct vc_invite_state invite;
    struct vc_join_state join;

    party_run(party, 10);
    vc_memory_complete(a->store, VC_ERR_STORE_IO);
    party_turn(party);
    assert_int_equal(vc_chat_set_name(party_chat(a), &now, "x"), VC_ERR_STORE_IO);
    assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "", &invite),
                     VC_ERR_STORE_IO);
    vc_memory_complete(a->store, VC_OK);
    party_turn(party);
    assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "", &invite), VC_OK);
    vc_memory_complete(party->hosts[1].store, VC_ERR_STORE_IO);
    party_turn(party);
    assert_int_equal(
        vc_chat_join(party_chat(&party->hosts[1]), &now, invite.text, "", &join),
        VC_ERR_STORE_IO);
}

/* Everything that people do, with what fails being tried again later. */
static void live(struct party *party)
{
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now = party_now(party, a);
    struct vc_invite_state invite;
    struct vc_join_state join;
    struct vc_message message;

    for (int i = 0; i < 3; i++) {
        if (vc_chat_invite(party_chat(a), &now, 0, "", &invite) == VC_OK) {
            break;
        }
    }
    party_end_turn(party, a);
    for (int i = 0; i < 3; i++) {
        if (vc_chat_join(party_chat(b), &now, invite.text, "", &join) == VC_OK) {
            break;
        }
    }
    party_end_turn(party, b);
    party_run(party, 60000);
    for (int i = 0; i < 3; i++) {
        if (party_try_say(party, a, 1, "hello", &message) == VC_OK) {
            break;
        }
    }
    party_run(party, 60000);
    for (int i = 0; i < 3; i++) {
        if (party_try_say(party, b, 1, "hello too", &message) == VC_OK) {
            break;
        }
    }
    {
        struct party_forged forged = {.seq = 9,
                                      .clock = 5,
                                      .parents = {{party_author(b, a), 0, 8}},
                                      .parent_count = 1,
                                      .text = "over a hole"};

        party_forge_message(party, b, 1, &forged);
    }
    party_run(party, 60000);
}

static void memory_that_fails_once_loses_nothing(void **state)
{
    uint64_t calls = 1000;

    (void)state;
    for (uint64_t nth = 1; nth <= calls; nth++) {
        for (int victim = 0; victim < 2; victim++) {
            static struct party party;
            struct party_host *host = &party.hosts[victim];
            uint64_t start;

            party_open(&party);
            start = host->alloc.calls;
            host->alloc.fails_at = start + nth;
            live(&party);
            assert_string_equal(party_texts(&party.hosts[1], 1), "hello\nhello too\n");
            assert_string_equal(party_texts(&party.hosts[0], 1),
                                "over a hole\nhello\nhello too\n");
            assert_int_equal(party_state(&party.hosts[0], 1, "hello"),
                             VC_MESSAGE_DELIVERED);
            assert_int_equal(party_state(&party.hosts[1], 1, "hello too"),
                             VC_MESSAGE_DELIVERED);
            if (victim == 0) {
                calls = host->alloc.calls - start;
            }
            party_close(&party);
        }
    }
}

static void memory_that_fails_at_the_start_is_said(void **state)
{
    static struct party party;
    struct party_host *a = &party.hosts[0];
    uint32_t bob, alice;
    vc_err err = VC_ERR_NO_MEMORY;

    (void)state;
    party_open(&party);
    party_meet(&party, a, &party.hosts[1], &bob, &alice);
    party_say(&party, a, bob, "kept");
    party_run(&party, 100);
    party_crash(&party, a);
    for (uint64_t nth = 1; err != VC_OK; nth++) {
        a->alloc.fails_at = a->alloc.calls + nth;
        err = party_start(&party, a);
        if (err != VC_OK) {
            assert_int_equal(err, VC_ERR_NO_MEMORY);
            assert_int_equal(a->alloc.used, 0);
        }
        assert_true(nth < 100);
    }
    assert_string_equal(party_texts(a, bob), "kept\n");
    party_close(&party);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(settings_outlive_the_node),
        PARTY_TEST(addresses_that_cannot_be_used_are_left_out),
        PARTY_TEST(an_ill_store_refuses_and_says_why),
        cmocka_unit_test(memory_that_fails_once_loses_nothing),
        cmocka_unit_test(memory_that_fails_at_the_start_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
