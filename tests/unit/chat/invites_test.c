/* Invites: made, listed, bound to who joined, revoked, and over. */
#include <string.h>

#include "node/chat/limits.h"
#include "tests/unit/node/party.h"

static vc_err invite(struct party *party, struct party_host *host, uint32_t days,
                     const char *note, struct vc_invite_state *ret_invite)
{
    struct vc_now now = party_now(party, host);
    vc_err err = vc_chat_invite(party_chat(host), &now, days, note, ret_invite);

    party_end_turn(party, host);
    return err;
}

static struct vc_invite_state listed(struct party *party, struct party_host *host,
                                     uint32_t id)
{
    struct vc_invite_state all[VC_CHAT_INVITES_KEPT];
    struct vc_now now = party_now(party, host);
    size_t count = vc_chat_invites(party_chat(host), &now, all, VC_CHAT_INVITES_KEPT);

    for (size_t i = 0; i < count; i++) {
        if (all[i].id == id) {
            return all[i];
        }
    }
    fail_msg("invite %u is not listed", id);
    return all[0];
}

/* The end of a join with this text; the contact when it is done. */
static struct vc_join_state join(struct party *party, struct party_host *host,
                                 const char *text, vc_ms wait_ms)
{
    struct vc_join_state joins[VC_CHAT_JOINS_MAX], state;
    struct vc_now now = party_now(party, host);
    size_t count;

    assert_int_equal(vc_chat_join(party_chat(host), &now, text, "", &state), VC_OK);
    party_end_turn(party, host);
    party_run(party, wait_ms);
    now = party_now(party, host);
    count = vc_chat_joins(party_chat(host), &now, joins, VC_CHAT_JOINS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (joins[i].id == state.id) {
            return joins[i];
        }
    }
    fail_msg("join %u is not listed", state.id);
    return state;
}

static void an_invite_has_154_letters_and_our_address(void **state)
{
    struct party *party = *state;
    struct vc_invite_state made;
    struct vc_invite parsed;

    assert_int_equal(invite(party, &party->hosts[0], 0, "for bob", &made), VC_OK);
    assert_int_equal(strlen(made.text), VC_INVITE_TEXT_LEN);
    assert_int_equal(vc_invite_parse(made.text, &parsed), VC_OK);
    assert_int_equal(parsed.addr_count, 1);
    assert_true(vc_addr_equal(&parsed.addrs[0], &party->hosts[0].addr));
    assert_string_equal(made.note, "for bob");
    /* Seven days, to the end of the day. */
    assert_in_range(made.expires_at - made.made_at, 7 * VC_CHAT_DAY_MS,
                    8 * VC_CHAT_DAY_MS);
}

static void what_cannot_be_is_refused(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now = party_now(party, a);
    struct vc_invite_state made;

    assert_int_equal(invite(party, a, 3651, "", &made), VC_ERR_BAD_PARAMS);
    assert_int_equal(invite(party, a, 1, "a\nb", &made), VC_ERR_BAD_NAME);
    assert_int_equal(vc_chat_invite_revoke(party_chat(a), &now, 77), VC_ERR_NO_INVITE);
    vc_node_set_addresses(a->node, &now, NULL, 0);
    assert_int_equal(invite(party, a, 1, "", &made), VC_ERR_NO_NETWORK);
}

static void no_more_are_open_than_the_link_tries(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now = party_now(party, a);
    struct vc_invite_state made, first;

    assert_int_equal(invite(party, a, 0, "", &first), VC_OK);
    for (int i = 1; i < VC_LINK_INVITES_MAX; i++) {
        assert_int_equal(invite(party, a, 0, "", &made), VC_OK);
    }
    assert_int_equal(invite(party, a, 0, "", &made), VC_ERR_FULL);
    /* One that only says no gives its place. */
    assert_int_equal(vc_chat_invite_revoke(party_chat(a), &now, first.id), VC_OK);
    party_end_turn(party, a);
    assert_int_equal(invite(party, a, 0, "", &made), VC_OK);
    assert_int_equal(made.id, VC_LINK_INVITES_MAX + 1);
}

static void the_list_forgets_what_is_long_over(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_invite_state made, all[VC_CHAT_INVITES_KEPT];
    struct vc_now now = party_now(party, a);

    for (int i = 0; i < VC_CHAT_INVITES_KEPT + 10; i++) {
        assert_int_equal(invite(party, a, 0, "", &made), VC_OK);
        assert_int_equal(vc_chat_invite_revoke(party_chat(a), &now, made.id), VC_OK);
        party_end_turn(party, a);
    }
    assert_int_equal(vc_chat_invites(party_chat(a), &now, all, VC_CHAT_INVITES_KEPT),
                     VC_CHAT_INVITES_KEPT);
    party_turn(party);
    assert_int_equal(party_rows(a, VC_TABLE_INVITE), VC_CHAT_INVITES_KEPT);
    assert_int_equal(all[0].id, 11); /* the oldest went, and numbers go on */
}

static void the_note_becomes_the_petname(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_invite_state made;
    struct vc_join_state joined;

    assert_int_equal(invite(party, a, 0, "Bobby", &made), VC_OK);
    joined = join(party, b, made.text, 2000);
    assert_int_equal(joined.stage, VC_JOIN_DONE);
    made = listed(party, a, made.id);
    assert_string_equal(party_contact(party, a, made.contact).petname, "Bobby");
    assert_string_equal(party_contact(party, a, made.contact).own_name, "bob");
}

static void a_second_root_is_told_that_it_was_used(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_invite_state made;
    struct vc_join_state joined;

    /* Bob's last words are lost, so that the invite is still answered. */
    assert_int_equal(invite(party, a, 0, "", &made), VC_OK);
    joined = join(party, &party->hosts[1], made.text, 40);
    assert_int_not_equal(listed(party, a, made.id).contact, 0);
    joined = join(party, &party->hosts[2], made.text, 5000);
    if (joined.stage == VC_JOIN_FAILED) {
        assert_int_equal(joined.reason, VC_ERR_INVITE_USED);
    } else {
        assert_int_equal(joined.stage, VC_JOIN_CONNECTING); /* bob was quick: silence */
    }
    assert_int_equal(party_stats(a).refused_joins,
                     joined.stage == VC_JOIN_FAILED ? 1 : 0);
}

static void a_revoked_one_says_no(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now = party_now(party, a);
    struct vc_invite_state made;
    struct vc_join_state joined;

    assert_int_equal(invite(party, a, 0, "", &made), VC_OK);
    assert_int_equal(vc_chat_invite_revoke(party_chat(a), &now, made.id), VC_OK);
    party_end_turn(party, a);
    joined = join(party, &party->hosts[1], made.text, 2000);
    assert_int_equal(joined.stage, VC_JOIN_FAILED);
    assert_int_equal(joined.reason, VC_ERR_NO_INVITE);
    assert_true(listed(party, a, made.id).is_revoked);
    assert_int_equal(party_event_count(&party->hosts[1], VC_EVENT_JOIN), 1);
}

static void an_expired_one_says_so_to_a_slow_clock(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_invite_state made;
    struct vc_join_state joined;

    assert_int_equal(invite(party, a, 1, "", &made), VC_OK);
    a->skew_ms = 60 * (int64_t)PARTY_HOUR;
    joined = join(party, b, made.text, 2000);
    assert_int_equal(joined.reason, VC_ERR_INVITE_EXPIRED);
    assert_true(listed(party, a, made.id).is_expired);
    /* A day later there is silence. */
    a->skew_ms = 100 * (int64_t)PARTY_HOUR;
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    joined = join(party, b, made.text, 2000);
    assert_int_equal(joined.stage, VC_JOIN_CONNECTING);
}

static void open_ones_are_answered_after_a_restart(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_invite_state made;

    assert_int_equal(invite(party, a, 0, "", &made), VC_OK);
    party_turn(party);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_int_equal(join(party, b, made.text, 2000).stage, VC_JOIN_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(an_invite_has_154_letters_and_our_address),
        PARTY_TEST(what_cannot_be_is_refused),
        PARTY_TEST(no_more_are_open_than_the_link_tries),
        PARTY_TEST(the_list_forgets_what_is_long_over),
        PARTY_TEST(the_note_becomes_the_petname),
        PARTY_TEST(a_second_root_is_told_that_it_was_used),
        PARTY_TEST(a_revoked_one_says_no),
        PARTY_TEST(an_expired_one_says_so_to_a_slow_clock),
        PARTY_TEST(open_ones_are_answered_after_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
