/* The account moves to another record key, and a forward stands at the old one. */
#include <stdio.h>
#include <string.h>

#include "crypto/blind.h"
#include "node/chat/state.h"
#include "tests/unit/node/party.h"

#define DAY (24 * PARTY_HOUR)

static struct vc_chat_keys keys_of(struct party_host *host)
{
    struct vc_chat_keys keys;

    vc_chat_keys(party_chat(host), &keys);
    return keys;
}

static vc_err move(struct party *party, struct party_host *host,
                   const struct vc_secret32 *entropy, uint32_t *ret_invites)
{
    struct vc_now now = party_now(party, host);
    vc_err err = vc_chat_move(party_chat(host), &now, entropy, ret_invites);

    party_end_turn(party, host);
    party_turn(party);
    return err;
}

static void restart(struct party *party, struct party_host *host)
{
    party_crash(party, host);
    assert_int_equal(party_start(party, host), VC_OK);
}

/* Takes the root off as the owner does. */
static void drop_root(struct party *party, struct party_host *host)
{
    char given[VC_CHAT_WORDS_ASKED][12];
    const char *answers[VC_CHAT_WORDS_ASKED];
    struct vc_chat_words words;

    assert_int_equal(vc_chat_words(party_chat(host), &words), VC_OK);
    for (int i = 0; i < VC_CHAT_WORDS_ASKED; i++) {
        const char *at = words.text;

        for (int skip = 1; skip < words.asked[i]; skip++) {
            at = strchr(at, ' ') + 1;
        }
        (void)snprintf(given[i], sizeof given[i], "%.*s", (int)strcspn(at, " "), at);
        answers[i] = given[i];
    }
    assert_int_equal(vc_chat_drop_root(party_chat(host), answers), VC_OK);
    party_end_turn(party, host);
}

static void contacts_learn_the_new_key_and_a_forward_stands(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1],
                      *c = &party->hosts[2];
    struct vc_account before;
    uint32_t bob, carol, alice_at_b, alice_at_c, invites = 9;
    const struct vc_move *moved;

    party_meet(party, a, b, &bob, &alice_at_b);
    party_meet(party, a, c, &carol, &alice_at_c);
    party_run(party, 1000);
    party_crash(party, c);
    before = *vc_node_account(a->node);
    assert_int_equal(keys_of(a).unknowing, 0);
    assert_int_equal(move(party, a, NULL, &invites), VC_OK);
    assert_int_equal(invites, 0);
    party_run(party, 2000);
    assert_int_equal(keys_of(a).record_generation, 1);
    assert_int_equal(keys_of(a).unknowing, 1); /* carol is away */
    assert_memory_not_equal(&vc_node_account(a->node)->record, &before.record, 32);
    assert_memory_equal(&vc_person_find(party_chat(b), alice_at_b)->row.record,
                        &vc_node_account(a->node)->record, 32);
    assert_int_equal(vc_person_find(party_chat(b), alice_at_b)->row.live_seq, 2);
    restart(party, a);
    assert_int_equal(party_chat(a)->forwards.count, 1);
    moved = &party_chat(a)->forwards.moves[0];
    assert_int_equal(vc_forward_verify(&moved->forward, &before.root), VC_OK);
    assert_memory_equal(&moved->forward.old_record, &before.record, 32);
    assert_memory_equal(&moved->old_seed, &before.record_secret, 32);
    assert_memory_equal(&moved->forward.new_record, &vc_node_account(a->node)->record,
                        32);
    assert_int_equal(party_start(party, c), VC_OK);
    party_run(party, PARTY_HOUR);
    assert_int_equal(keys_of(a).unknowing, 0);
    assert_memory_equal(&vc_person_find(party_chat(c), alice_at_c)->row.record,
                        &vc_node_account(a->node)->record, 32);
}

static void a_forward_goes_after_60_days_if_everybody_knows(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    uint32_t bob, alice, invites;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    assert_int_equal(move(party, a, NULL, &invites), VC_OK);
    party_run(party, 2000);
    party_crash(party, b);
    assert_int_equal(move(party, a, NULL, &invites), VC_OK);
    assert_int_equal(party_chat(a)->forwards.count, 2);
    a->skew_ms += INT64_C(59) * 24 * 3600 * 1000;
    restart(party, a);
    party_run(party, 1000);
    assert_int_equal(party_chat(a)->forwards.count, 2);
    a->skew_ms += INT64_C(2) * 24 * 3600 * 1000;
    restart(party, a);
    party_run(party, 1000);
    /* Bob knows the first move, and not the second. */
    assert_int_equal(party_chat(a)->forwards.count, 1);
    assert_int_equal(keys_of(a).unknowing, 1);
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, PARTY_HOUR);
    assert_int_equal(party_chat(a)->forwards.count, 0);
    assert_int_equal(keys_of(a).unknowing, 0);
    assert_true(keys_of(a).moved_at == 0);
    restart(party, a);
    assert_int_equal(party_chat(a)->forwards.count, 0);
    assert_int_equal(keys_of(a).record_generation, 2);
}

/* Can who has this forward publish at the old place of a device, found with the old R? */
static void expect_signs_at_old_places(const struct vc_chat_forward *forward)
{
    const struct vc_key32 *record = &forward->forward.old_record;
    uint8_t message[VC_FORWARD_LEN];
    struct vc_writer w = vc_writer(message, sizeof message);
    struct vc_key32 public_key;
    struct vc_scalar factor;
    struct vc_blinded key;
    struct vc_sig sig;

    vc_forward_write(&w, &forward->forward);
    vc_blind_of_device(&factor, record, 20455, 0);
    assert_true(vc_blind_public(&public_key, record, &factor));
    assert_true(vc_blind_secret(&key, &forward->old_secret, &factor));
    vc_blinded_sign(&sig, &key, vc_writer_bytes(&w));
    assert_true(vc_sign_verify(&sig, &public_key, vc_writer_bytes(&w)));
}

static size_t forwards_of(struct party *party, struct party_host *host,
                          struct vc_chat_forward *ret_forwards, size_t room)
{
    struct vc_now now = party_now(party, host);

    return vc_chat_forwards(party_chat(host), &now, ret_forwards, room);
}

static void forwards_can_be_published_at_the_old_places_without_the_root(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_secret32 entropy = vc_node_account(a->node)->entropy;
    struct vc_key32 records[3] = {vc_node_account(a->node)->record};
    struct vc_chat_forward forwards[4] = {0};
    struct vc_now now = party_now(party, a);
    uint32_t invites;

    drop_root(party, a);
    assert_int_equal(forwards_of(party, a, forwards, 4), 0);
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(vc_chat_move(party_chat(a), &now, &entropy, &invites), VC_OK);
        /* Nobody is told what could be forgotten. */
        assert_int_equal(forwards_of(party, a, forwards, 4), 0);
        party_end_turn(party, a);
        party_turn(party);
        records[i] = vc_node_account(a->node)->record;
        assert_int_equal(forwards_of(party, a, forwards, 4), i);
    }
    restart(party, a);
    assert_false(keys_of(a).has_root);
    memset(forwards, 0, sizeof forwards);
    assert_int_equal(forwards_of(party, a, forwards, 1), 2);
    assert_true(vc_is_zero(&forwards[1], sizeof forwards[1])); /* no room was given */
    assert_int_equal(forwards_of(party, a, forwards, 4), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            vc_forward_verify(&forwards[i].forward, &vc_node_account(a->node)->root),
            VC_OK);
        assert_memory_equal(&forwards[i].forward.old_record, &records[i], 32);
        assert_memory_equal(&forwards[i].forward.new_record, &records[i + 1], 32);
        expect_signs_at_old_places(&forwards[i]);
    }
}

static void a_forward_stands_no_longer_than_60_days(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_chat_forward forwards[4];
    struct vc_key32 between;
    uint32_t bob, alice, invites;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    party_crash(party, b);
    assert_int_equal(move(party, a, NULL, &invites), VC_OK);
    between = vc_node_account(a->node)->record;
    a->skew_ms += INT64_C(59) * 24 * 3600 * 1000;
    assert_int_equal(move(party, a, NULL, &invites), VC_OK);
    assert_int_equal(forwards_of(party, a, forwards, 4), 2);
    a->skew_ms += INT64_C(2) * 24 * 3600 * 1000;
    party_run(party, 1000);
    /* Bob knows neither, so both are kept. */
    assert_int_equal(party_chat(a)->forwards.count, 2);
    assert_int_equal(forwards_of(party, a, forwards, 4), 1);
    assert_memory_equal(&forwards[0].forward.old_record, &between, 32);
    a->skew_ms += INT64_C(59) * 24 * 3600 * 1000;
    assert_int_equal(forwards_of(party, a, forwards, 4), 0);
}

static void open_invites_are_good_no_more(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_invite_state invite, kept[4];
    struct vc_join_state join;
    struct vc_now now = party_now(party, a);
    uint32_t invites = 0;

    assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "", &invite), VC_OK);
    assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "for bob", &invite), VC_OK);
    assert_int_equal(vc_chat_invite_revoke(party_chat(a), &now, 1), VC_OK);
    party_end_turn(party, a);
    assert_int_equal(move(party, a, NULL, &invites), VC_OK);
    assert_int_equal(invites, 1);
    restart(party, a);
    now = party_now(party, a);
    assert_int_equal(vc_chat_invites(party_chat(a), &now, kept, 4), 2);
    assert_true(kept[0].is_revoked && kept[1].is_revoked);
    now = party_now(party, b);
    assert_int_equal(vc_chat_join(party_chat(b), &now, invite.text, "", &join), VC_OK);
    party_end_turn(party, b);
    party_run(party, 3000);
    assert_int_equal(vc_chat_joins(party_chat(b), &now, &join, 1), 1);
    assert_int_equal(join.stage, VC_JOIN_FAILED);
    assert_int_equal(join.reason, VC_ERR_NO_INVITE);
    /* A new one is good. */
    now = party_now(party, a);
    assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "", &invite), VC_OK);
    party_end_turn(party, a);
    now = party_now(party, b);
    assert_int_equal(vc_chat_join(party_chat(b), &now, invite.text, "", &join), VC_OK);
    party_end_turn(party, b);
    party_run(party, 3000);
    assert_int_equal(party_event_count(b, VC_EVENT_CONTACT_ADDED), 1);
}

static void without_the_root_it_needs_the_words(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_secret32 entropy = vc_node_account(a->node)->entropy, wrong = {{7}};
    struct vc_now now = party_now(party, a);
    uint32_t invites;

    drop_root(party, a);
    assert_int_equal(move(party, a, NULL, &invites), VC_ERR_NO_ROOT);
    assert_int_equal(move(party, a, &wrong, &invites), VC_ERR_WORDS_WRONG);
    assert_int_equal(vc_chat_extend(party_chat(a), &now, &wrong), VC_ERR_WORDS_WRONG);
    assert_int_equal(vc_chat_extend(party_chat(a), &now, NULL), VC_ERR_NO_ROOT);
    assert_int_equal(keys_of(a).record_generation, 0);
    assert_int_equal(move(party, a, &entropy, &invites), VC_OK);
    assert_int_equal(keys_of(a).record_generation, 1);
    assert_false(keys_of(a).has_root); /* it was there for a moment only */
    assert_true(vc_is_zero(&vc_node_account(a->node)->entropy, 32));
    restart(party, a);
    assert_false(keys_of(a).has_root);
    assert_int_equal(keys_of(a).record_generation, 1);
}

static void a_live_statement_is_made_good_for_two_more_years(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_secret32 entropy = vc_node_account(a->node)->entropy;
    vc_ms before = keys_of(a).live_until;
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_run(party, 1000);
    drop_root(party, a);
    a->skew_ms += INT64_C(365) * 24 * 3600 * 1000;
    now = party_now(party, a);
    assert_int_equal(vc_chat_extend(party_chat(a), &now, &entropy), VC_OK);
    party_end_turn(party, a);
    party_run(party, 1000);
    assert_true(keys_of(a).live_until >= before + 365 * DAY);
    assert_int_equal(keys_of(a).record_generation, 0);
    assert_int_equal(vc_person_find(party_chat(b), alice)->row.live_seq, 2);
}

static void no_more_than_sixteen_moves_are_remembered(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    uint32_t invites;

    for (int moves = 1; moves <= VC_RECORD_GENERATION_MAX; moves++) {
        assert_int_equal(move(party, a, NULL, &invites), VC_OK);
        party_turn(party);
        assert_int_equal(party_chat(a)->forwards.count,
                         moves < VC_CHAT_FORWARDS_MAX ? moves : VC_CHAT_FORWARDS_MAX);
    }
    assert_int_equal(party_chat(a)->forwards.moves[15].forward.new_generation, 255);
    assert_int_equal(move(party, a, NULL, &invites), VC_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(contacts_learn_the_new_key_and_a_forward_stands),
        PARTY_TEST(a_forward_goes_after_60_days_if_everybody_knows),
        PARTY_TEST(forwards_can_be_published_at_the_old_places_without_the_root),
        PARTY_TEST(a_forward_stands_no_longer_than_60_days),
        PARTY_TEST(open_invites_are_good_no_more),
        PARTY_TEST(without_the_root_it_needs_the_words),
        PARTY_TEST(a_live_statement_is_made_good_for_two_more_years),
        PARTY_TEST(no_more_than_sixteen_moves_are_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
