/* What the owner writes: checked, kept once, and given up when he says so. */
#include <string.h>

#include "node/chat/limits.h"
#include "tests/unit/node/party.h"

static struct vc_bytes text_of(const char *text)
{
    return (struct vc_bytes){(const uint8_t *)text, strlen(text)};
}

static vc_err say(struct party *party, uint32_t contact, struct vc_bytes text,
                  const char *token, struct vc_message *ret_message)
{
    struct party_host *a = &party->hosts[0];
    struct vc_now now = party_now(party, a);
    vc_err err = vc_chat_send_text(party_chat(a), &now, contact, text, text_of(token),
                                   ret_message);

    party_end_turn(party, a);
    party_turn(party);
    return err;
}

static void what_is_no_text_is_refused(void **state)
{
    static uint8_t longest[VC_CHAT_TEXT_MAX + 1];
    static const uint8_t bad[] = {'a', 0xff, 'b'};
    struct party *party = *state;
    struct vc_message message;
    char token[VC_CHAT_TOKEN_MAX + 2];
    uint32_t bob, alice;

    party_meet(party, &party->hosts[0], &party->hosts[1], &bob, &alice);
    memset(longest, 'a', sizeof longest);
    memset(token, 't', sizeof token);
    token[sizeof token - 1] = '\0';
    assert_int_equal(say(party, bob, VC_BYTES(longest), "", &message), VC_ERR_TOO_LONG);
    assert_int_equal(
        say(party, bob, (struct vc_bytes){longest, VC_CHAT_TEXT_MAX}, "", &message),
        VC_OK);
    assert_int_equal(say(party, bob, VC_BYTES(bad), "", &message), VC_ERR_BAD_TEXT);
    assert_int_equal(say(party, bob, text_of(""), "", &message), VC_ERR_BAD_TEXT);
    assert_int_equal(say(party, 77, text_of("x"), "", &message), VC_ERR_NO_CONTACT);
    assert_int_equal(say(party, bob, text_of("x"), token, &message), VC_ERR_BAD_PARAMS);
    party_run(party, 2000);
    assert_int_equal(party_contact(party, &party->hosts[1], alice).unread, 1);
}

static void hostile_text_arrives_as_it_was_written(void **state)
{
    static const char hostile[] = "\x1b[31mred\x07 \xe2\x80\xae"
                                  "drow \r\n\t\x7f \xc2\x9b";
    struct party *party = *state;
    uint32_t bob, alice;

    party_meet(party, &party->hosts[0], &party->hosts[1], &bob, &alice);
    party_say(party, &party->hosts[0], bob, hostile);
    party_run(party, 500);
    assert_int_equal(party_find(&party->hosts[1], alice, hostile).body.len,
                     sizeof hostile - 1);
}

static void a_token_makes_one_message_of_many_requests(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_message first, again;
    uint32_t bob, carol, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    party_meet(party, a, &party->hosts[2], &carol, &alice);
    assert_int_equal(say(party, bob, text_of("once"), "token", &first), VC_OK);
    assert_int_equal(say(party, bob, text_of("once"), "token", &again), VC_OK);
    assert_memory_equal(first.id.b, again.id.b, sizeof first.id.b);
    assert_int_equal(say(party, bob, text_of("twice"), "token", &again),
                     VC_ERR_TOKEN_REUSED);
    assert_int_equal(say(party, carol, text_of("once"), "token", &again), VC_OK);
    assert_memory_not_equal(first.id.b, again.id.b, sizeof first.id.b);
    party_crash(party, a);
    assert_int_equal(party_start(party, a), VC_OK);
    assert_int_equal(say(party, bob, text_of("once"), "token", &again), VC_OK);
    assert_int_equal(again.ref.seq, first.ref.seq);
    assert_string_equal(party_texts(a, bob), "once\n");
}

static void a_repeated_request_is_answered_after_the_first_is_durable(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_now now;
    struct vc_message message;
    uint64_t first_ticket;
    uint32_t bob, alice;

    party_meet(party, a, &party->hosts[1], &bob, &alice);
    a->is_held = true;
    vc_memory_commit_at_once(a->store, false);
    now = party_now(party, a);
    assert_int_equal(vc_chat_send_text(party_chat(a), &now, bob, text_of("hi"),
                                       text_of("token"), &message),
                     VC_OK);
    party_end_turn(party, a);
    first_ticket = a->ticket;
    assert_int_equal(vc_chat_send_text(party_chat(a), &now, bob, text_of("hi"),
                                       text_of("token"), &message),
                     VC_OK);
    party_end_turn(party, a);
    assert_true(a->ticket > first_ticket);
}

static void a_queued_message_is_given_up(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    struct vc_message first, second, theirs;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    theirs = party_say(party, b, alice, "theirs");
    party_say(party, a, bob, "delivered");
    party_run(party, 500);
    now = party_now(party, a);
    first = party_find(a, bob, "delivered");
    assert_int_equal(vc_chat_abandon(party_chat(a), &now, bob, first.ref),
                     VC_ERR_NOT_FOUND);
    assert_int_equal(vc_chat_abandon(party_chat(a), &now, bob, theirs.ref),
                     VC_ERR_NOT_FOUND);
    b->is_deaf = true;
    second = party_say(party, a, bob, "never mind");
    party_turn(party);
    now = party_now(party, a);
    assert_int_equal(vc_chat_abandon(party_chat(a), &now, bob, second.ref), VC_OK);
    assert_int_equal(vc_chat_abandon(party_chat(a), &now, bob, second.ref),
                     VC_ERR_NOT_FOUND);
    party_end_turn(party, a);
    party_turn(party);
    second = party_find(a, bob, "never mind");
    assert_int_equal(second.state, VC_MESSAGE_FAILED);
    assert_int_equal(second.reason, VC_ERR_ABANDONED);
    party_say(party, a, bob, "after it"); /* does not name what was given up */
    b->is_deaf = false;
    party_run(party, 120000);
    assert_non_null(strstr(party_texts(b, alice), "after it\n"));
    assert_false(party_find(b, alice, "after it").has_gap);
    assert_int_equal(party_state(a, bob, "after it"), VC_MESSAGE_DELIVERED);
}

static void many_that_were_given_up_do_not_hold_up_the_others(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    struct vc_now now;
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_crash(party, b);
    for (int i = 0; i < VC_CHAT_BEYOND_MAX + 200; i++) {
        struct vc_message message = party_say(party, a, bob, "waits");

        if (i > 0) {
            now = party_now(party, a);
            assert_int_equal(vc_chat_abandon(party_chat(a), &now, bob, message.ref),
                             VC_OK);
            party_end_turn(party, a);
        }
        if (i % 100 == 0) {
            party_turn(party);
        }
    }
    party_say(party, a, bob, "last");
    assert_int_equal(party_start(party, b), VC_OK);
    party_run(party, 120000);
    assert_int_equal(party_state(a, bob, "last"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_contact(party, b, alice).unread, 2);
}

static void a_full_store_takes_nothing_and_says_so(void **state)
{
    static uint8_t body[VC_CHAT_TEXT_MAX];
    struct party *party = *state;
    struct party_host *a = &party->hosts[0];
    struct vc_bytes text = VC_BYTES(body);
    struct vc_message message;
    struct vc_now now;
    int sent = 0;
    vc_err err = VC_OK;
    uint32_t bob, alice;

    memset(body, 'a', sizeof body);
    party_meet(party, a, &party->hosts[1], &bob, &alice);
    a->is_held = true;
    vc_memory_commit_at_once(a->store, false);
    now = party_now(party, a);
    while (sent < 1000 && err == VC_OK) {
        err = vc_chat_send_text(party_chat(a), &now, bob, text, text_of(""), &message);
        sent += err == VC_OK ? 1 : 0;
        party_end_turn(party, a);
    }
    assert_int_equal(err, VC_ERR_FULL);
    assert_in_range(sent, 10, 100);
    assert_false(vc_node_has_room(a->node));
    a->is_held = false;
    while (vc_memory_is_committing(a->store)) {
        vc_memory_complete(a->store, VC_OK);
        party_turn(party);
    }
    vc_memory_commit_at_once(a->store, true);
    assert_true(vc_node_has_room(a->node));
    party_run(party, 10000);
    assert_int_equal(party_contact(party, &party->hosts[1], alice).unread, sent);
    vc_memory_complete(a->store, VC_ERR_DISK_FULL);
    party_turn(party);
    assert_int_equal(party_try_say(party, a, bob, "x", &message), VC_ERR_DISK_FULL);
    vc_memory_complete(a->store, VC_OK);
    party_turn(party);
    assert_int_equal(party_try_say(party, a, bob, "x", &message), VC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(what_is_no_text_is_refused),
        PARTY_TEST(hostile_text_arrives_as_it_was_written),
        PARTY_TEST(a_token_makes_one_message_of_many_requests),
        PARTY_TEST(a_repeated_request_is_answered_after_the_first_is_durable),
        PARTY_TEST(a_queued_message_is_given_up),
        PARTY_TEST(many_that_were_given_up_do_not_hold_up_the_others),
        PARTY_TEST(a_full_store_takes_nothing_and_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
