/* Tokens: found while they count, forgotten when they are old, cheap on disk. */
#include <string.h>

#include "node/chat/state.h"
#include "tests/support/prop.h"
#include "tests/unit/node/party.h"

static void a_token_is_of_one_contact(void **state)
{
    struct vc_bytes one = {(const uint8_t *)"a", 1}, two = {(const uint8_t *)"b", 1};

    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    assert_true(vc_token_hash(1, one) == vc_token_hash(1, one));
    assert_true(vc_token_hash(1, one) != vc_token_hash(2, one));
    assert_true(vc_token_hash(1, one) != vc_token_hash(1, two));
}

/* Ends the turn that wrote tokens by hand. */
static void end_turn(struct party *party, struct party_host *host)
{
    party_end_turn(party, host);
    party_turn(party);
}

static vc_err add(struct party *party, struct party_host *host, uint64_t hash,
                  uint32_t seq)
{
    struct vc_now now = party_now(party, host);
    struct vc_chat *chat = party_chat(host);
    vc_err err = vc_tokens_reserve(chat);

    if (err == VC_OK) {
        err = vc_room_take(chat, NULL, 1, 16);
    }
    if (err == VC_OK) {
        vc_tokens_add(chat, &now, hash, 1, seq);
    }
    return err;
}

static void hashes_that_collide_are_told_apart(void **state)
{
    struct vc_prop prop = vc_prop_begin("hashes_that_collide_are_told_apart");
    static uint64_t hashes[3000];
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];

    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t seq;

        /* Few of the low bits differ, so that the table has long runs. */
        hashes[i] = (uint64_t)i << 32 | vc_prop_below(&prop, 40);
        assert_int_equal(add(party, a, hashes[i], i + 1), VC_OK);
        if (i % 100 == 0) {
            end_turn(party, a);
        }
        assert_true(vc_tokens_find(party_chat(a), hashes[i], 1, &seq));
        assert_false(vc_tokens_find(party_chat(a), hashes[i], 2, &seq));
    }
    for (int life = 0; life < 2; life++) {
        for (uint32_t i = 0; i < 3000; i++) {
            uint32_t seq = 0;

            assert_true(vc_tokens_find(party_chat(a), hashes[i], 1, &seq));
            assert_int_equal(seq, i + 1);
            assert_false(vc_tokens_find(party_chat(a), hashes[i] ^ 1u << 31, 1, &seq));
        }
        end_turn(party, a);
        party_crash(party, a);
        assert_int_equal(party_start(party, a), VC_OK);
    }
}

static void a_turn_makes_one_row(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];

    for (uint32_t i = 1; i <= 100; i++) {
        assert_int_equal(add(party, a, i, i), VC_OK);
    }
    end_turn(party, a);
    assert_int_equal(party_rows(a, VC_TABLE_TOKEN), 1);
    for (uint32_t i = 1; i <= 2 * VC_TOKENS_IN_ROW + 1; i++) {
        assert_int_equal(add(party, a, 1000 + i, i), VC_OK);
    }
    end_turn(party, a);
    assert_int_equal(party_rows(a, VC_TABLE_TOKEN), 4);
}

static void only_so_many_are_known(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    uint32_t seq;

    for (uint64_t i = 1; i <= VC_CHAT_TOKENS_KEPT + 5000; i++) {
        assert_int_equal(add(party, a, i * UINT64_C(0x9e3779b97f4a7c15), (uint32_t)i),
                         VC_OK);
        if (i % 500 == 0) {
            end_turn(party, a);
        }
    }
    end_turn(party, a);
    assert_false(vc_tokens_find(party_chat(a), UINT64_C(0x9e3779b97f4a7c15), 1, &seq));
    assert_true(vc_tokens_find(
        party_chat(a), (VC_CHAT_TOKENS_KEPT + 5000) * UINT64_C(0x9e3779b97f4a7c15), 1,
        &seq));
    assert_int_equal(seq, VC_CHAT_TOKENS_KEPT + 5000);
    assert_true(party_chat(a)->token_rows_hold < VC_CHAT_TOKENS_KEPT + 1000);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_true(vc_tokens_find(
        party_chat(a), (VC_CHAT_TOKENS_KEPT + 5000) * UINT64_C(0x9e3779b97f4a7c15), 1,
        &seq));
}

static void old_ones_are_forgotten_and_new_ones_are_not(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_bytes text = {(const uint8_t *)"hi", 2};
    struct vc_message message, again;
    struct vc_now now;
    uint32_t bob, alice;
    uint8_t last = 19;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    for (uint8_t i = 0; i < 20; i++) {
        now = party_now(party, a);
        assert_int_equal(vc_chat_send_text(party_chat(a), &now, bob, text,
                                           (struct vc_bytes){&i, 1}, &message),
                         VC_OK);
        party_end_turn(party, a);
        party_run(party, 3 * VC_CHAT_DAY_MS);
    }
    assert_in_range(party_rows(a, VC_TABLE_TOKEN), 10, 12);
    assert_int_equal(party_chat(a)->token_count - party_chat(a)->token_first,
                     party_rows(a, VC_TABLE_TOKEN));
    now = party_now(party, a);
    assert_int_equal(vc_chat_send_text(party_chat(a), &now, bob, text,
                                       (struct vc_bytes){&last, 1}, &again),
                     VC_OK);
    assert_memory_equal(message.id.b, again.id.b, sizeof again.id.b);
    party_end_turn(party, a);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    now = party_now(party, a);
    assert_int_equal(vc_chat_send_text(party_chat(a), &now, bob, text,
                                       (struct vc_bytes){&last, 1}, &again),
                     VC_OK);
    assert_memory_equal(message.id.b, again.id.b, sizeof again.id.b);
}

static void memory_that_fails_refuses_the_request(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_bytes text = {(const uint8_t *)"hi", 2},
                    token = {(const uint8_t *)"t", 1};
    struct vc_message message;
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    now = party_now(party, a);
    for (uint64_t nth = 1; nth <= 2; nth++) {
        a->alloc.fails_at = a->alloc.calls + nth;
        assert_int_equal(
            vc_chat_send_text(party_chat(a), &now, bob, text, token, &message),
            VC_ERR_NO_MEMORY);
    }
    assert_int_equal(vc_chat_send_text(party_chat(a), &now, bob, text, token, &message),
                     VC_OK);
    assert_int_equal(message.ref.seq, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_of_one_contact),
        PARTY_TEST(hashes_that_collide_are_told_apart),
        PARTY_TEST(a_turn_makes_one_row),
        PARTY_TEST(only_so_many_are_known),
        PARTY_TEST(old_ones_are_forgotten_and_new_ones_are_not),
        PARTY_TEST(memory_that_fails_refuses_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
