/* Joins are durable, tried until they end, and end in one contact. */
#include <string.h>

#include "node/chat/limits.h"
#include "tests/unit/node/party.h"

static void make_invite(struct party *party, struct party_host *host, char *ret_text)
{
    struct vc_now now = party_now(party, host);
    struct vc_invite_state invite;

    assert_int_equal(vc_chat_invite(party_chat(host), &now, 0, "", &invite), VC_OK);
    party_end_turn(party, host);
    memcpy(ret_text, invite.text, sizeof invite.text);
}

static vc_err begin(struct party *party, struct party_host *host, const char *text,
                    const char *petname, struct vc_join_state *ret_join)
{
    struct vc_now now = party_now(party, host);
    vc_err err = vc_chat_join(party_chat(host), &now, text, petname, ret_join);

    party_end_turn(party, host);
    return err;
}

static struct vc_join_state only(struct party *party, struct party_host *host)
{
    struct vc_join_state joins[VC_CHAT_JOINS_MAX];
    struct vc_now now = party_now(party, host);

    assert_int_equal(vc_chat_joins(party_chat(host), &now, joins, VC_CHAT_JOINS_MAX),
                     1);
    return joins[0];
}

static size_t contact_count(struct party *party, struct party_host *host)
{
    struct vc_contact contacts[8];
    struct vc_now now = party_now(party, host);

    return vc_chat_contacts(party_chat(host), &now, contacts, 8);
}

static void texts_that_are_no_invites_are_refused_at_once(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    char text[VC_INVITE_TEXT_LEN + 1];
    struct vc_join_state join;

    make_invite(party, a, text);
    assert_int_equal(begin(party, a, text, "", &join), VC_ERR_INVITE_OWN);
    assert_int_equal(begin(party, &party->hosts[1], "hello", "", &join),
                     VC_ERR_INVITE_BAD);
    assert_int_equal(begin(party, &party->hosts[1], text, "\x1b[2J", &join),
                     VC_ERR_BAD_NAME);
    text[40] = text[40] == 'A' ? 'C' : 'A';
    assert_int_equal(begin(party, &party->hosts[1], text, "", &join),
                     VC_ERR_INVITE_CHECKSUM);
}

static void the_same_invite_again_is_the_same_join(void **state)
{
    struct party *party = *state;
    struct party_host *b = &party->hosts[1];
    char text[VC_INVITE_TEXT_LEN + 1];
    struct vc_join_state first, again;

    make_invite(party, &party->hosts[0], text);
    assert_int_equal(begin(party, b, text, "al", &first), VC_OK);
    assert_int_equal(begin(party, b, text, "somebody", &again), VC_OK);
    assert_int_equal(first.id, again.id);
    party_run(party, 2000);
    assert_int_equal(begin(party, b, text, "", &again), VC_OK);
    assert_int_equal(again.stage, VC_JOIN_DONE);
    assert_int_equal(again.contact, 1);
    assert_string_equal(party_contact(party, b, 1).petname, "al");
    assert_int_equal(contact_count(party, &party->hosts[0]), 1);
}

static void a_join_waits_for_an_inviter_who_is_away(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    char text[VC_INVITE_TEXT_LEN + 1];
    struct vc_join_state join;

    make_invite(party, a, text);
    party_turn(party);
    party_crash(party, a);
    assert_int_equal(begin(party, b, text, "", &join), VC_OK);
    party_run(party, 30000);
    assert_int_equal(only(party, b).stage, VC_JOIN_CONNECTING);
    assert_int_equal(only(party, b).reason, VC_ERR_PEER_UNREACHABLE);
    party_crash(party, b);
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, 1000);
    assert_int_equal(party_start(party, a), VC_OK);
    party_run(party, 60000);
    assert_int_equal(only(party, b).stage, VC_JOIN_DONE);
    assert_int_equal(contact_count(party, a), 1);
    assert_int_equal(contact_count(party, b), 1);
}

/* Either side dies after each turn of the meeting in its turn. */
static void a_crash_at_any_moment_strands_nobody(void **state)
{
    (void)state;
    for (int victim = 0; victim < 2; victim++) {
        for (int turns = 1; turns < 24; turns++) {
            static struct party party;
            struct party_host *a = &party.hosts[0], *b = &party.hosts[1];
            char text[VC_INVITE_TEXT_LEN + 1];
            struct vc_join_state join;
            uint32_t bob = 1, alice = 1;

            party_open(&party);
            make_invite(&party, a, text);
            party_turn(&party);
            assert_int_equal(begin(&party, b, text, "", &join), VC_OK);
            party_turn(&party);
            for (int i = 0; i < turns; i++) {
                party.now += 2;
                party_turn(&party);
            }
            party_crash(&party, &party.hosts[victim]);
            assert_int_equal(party_start(&party, &party.hosts[victim]), VC_OK);
            party_run(&party, 120000);
            assert_int_equal(only(&party, b).stage, VC_JOIN_DONE);
            assert_int_equal(contact_count(&party, a), 1);
            assert_int_equal(contact_count(&party, b), 1);
            party_say(&party, a, bob, "hello");
            party_say(&party, b, alice, "hello too");
            party_run(&party, 120000);
            assert_int_equal(party_state(a, bob, "hello"), VC_MESSAGE_DELIVERED);
            assert_int_equal(party_state(b, alice, "hello too"), VC_MESSAGE_DELIVERED);
            party_close(&party);
        }
    }
}

static void both_join_each_other_and_are_one_contact(void **state)
{
    (void)state;
    for (vc_ms apart = 0; apart < 60; apart += 4) {
        static struct party party;
        struct party_host *a = &party.hosts[0], *b = &party.hosts[1];
        char of_a[VC_INVITE_TEXT_LEN + 1], of_b[VC_INVITE_TEXT_LEN + 1];
        struct vc_join_state join;

        party_open(&party);
        make_invite(&party, a, of_a);
        make_invite(&party, b, of_b);
        assert_int_equal(begin(&party, b, of_a, "", &join), VC_OK);
        party_run(&party, apart);
        assert_int_equal(begin(&party, a, of_b, "", &join), VC_OK);
        party_run(&party, 120000);
        assert_int_equal(only(&party, a).stage, VC_JOIN_DONE);
        assert_int_equal(only(&party, b).stage, VC_JOIN_DONE);
        assert_int_equal(contact_count(&party, a), 1);
        assert_int_equal(contact_count(&party, b), 1);
        party_say(&party, a, 1, "hello");
        party_say(&party, b, 1, "hello too");
        party_run(&party, 60000);
        assert_int_equal(party_state(a, 1, "hello"), VC_MESSAGE_DELIVERED);
        assert_int_equal(party_state(b, 1, "hello too"), VC_MESSAGE_DELIVERED);
        party_close(&party);
    }
}

static void a_cancelled_join_ends_and_can_begin_again(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now = party_now(party, b);
    char text[VC_INVITE_TEXT_LEN + 1];
    struct vc_join_state join;

    make_invite(party, a, text);
    a->is_deaf = true;
    assert_int_equal(begin(party, b, text, "", &join), VC_OK);
    assert_int_equal(vc_chat_join_cancel(party_chat(b), &now, join.id), VC_OK);
    party_end_turn(party, b);
    assert_int_equal(vc_chat_join_cancel(party_chat(b), &now, join.id),
                     VC_ERR_NOT_FOUND);
    a->is_deaf = false;
    party_run(party, 60000);
    assert_int_equal(only(party, b).stage, VC_JOIN_FAILED);
    assert_int_equal(only(party, b).reason, VC_ERR_ABANDONED);
    assert_int_equal(contact_count(party, b), 0);
    assert_int_equal(begin(party, b, text, "", &join), VC_OK);
    party_run(party, 60000);
    assert_int_equal(only(party, b).stage, VC_JOIN_DONE);
}

static void an_invite_that_expires_while_it_is_tried_ends_the_join(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    char text[VC_INVITE_TEXT_LEN + 1];
    struct vc_join_state join;

    make_invite(party, a, text);
    party_crash(party, a);
    assert_int_equal(begin(party, b, text, "", &join), VC_OK);
    party_run(party, 9 * 24 * PARTY_HOUR);
    assert_int_equal(only(party, b).stage, VC_JOIN_FAILED);
    assert_int_equal(only(party, b).reason, VC_ERR_INVITE_EXPIRED);
    assert_int_equal(party_start(party, a), VC_OK);
}

static void only_so_many_are_pending(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_join_state join;
    struct vc_invite invite;
    char text[VC_INVITE_TEXT_LEN + 1];
    struct vc_now now = party_now(party, b);

    make_invite(party, a, text);
    a->is_deaf = true;
    assert_int_equal(vc_invite_parse(text, &invite), VC_OK);
    for (int i = 0; i < VC_CHAT_JOINS_MAX; i++) {
        invite.secret.b[0]++;
        vc_invite_format(&invite, text);
        assert_int_equal(begin(party, b, text, "", &join), VC_OK);
    }
    invite.secret.b[0]++;
    vc_invite_format(&invite, text);
    assert_int_equal(begin(party, b, text, "", &join), VC_ERR_FULL);
    assert_int_equal(vc_chat_join_cancel(party_chat(b), &now, 3), VC_OK);
    party_end_turn(party, b);
    assert_int_equal(begin(party, b, text, "", &join), VC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(texts_that_are_no_invites_are_refused_at_once),
        PARTY_TEST(the_same_invite_again_is_the_same_join),
        PARTY_TEST(a_join_waits_for_an_inviter_who_is_away),
        cmocka_unit_test(a_crash_at_any_moment_strands_nobody),
        cmocka_unit_test(both_join_each_other_and_are_one_contact),
        PARTY_TEST(a_cancelled_join_ends_and_can_begin_again),
        PARTY_TEST(an_invite_that_expires_while_it_is_tried_ends_the_join),
        PARTY_TEST(only_so_many_are_pending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
