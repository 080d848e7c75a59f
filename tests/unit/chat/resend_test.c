/* What waits for a device that is gone is written anew for the next one. */
#include <stdio.h>
#include <string.h>

#include "node/chat/state.h"
#include "tests/unit/node/party.h"

static void forget(struct party *party, struct party_host *host, uint32_t contact)
{
    struct vc_now now = party_now(party, host);

    assert_int_equal(vc_chat_contact_remove(party_chat(host), &now, contact), VC_OK);
    party_end_turn(party, host);
    party_run(party, 5000);
}

static void many_messages_wait_for_a_contact_who_forgot_us(void **state)
{
    struct party *party = *state;
    struct party_host *a = &party->hosts[0], *b = &party->hosts[1];
    char text[16];
    uint32_t bob, alice;

    party_meet(party, a, b, &bob, &alice);
    party_say(party, a, bob, "delivered");
    party_run(party, 500);
    forget(party, b, alice);
    for (int i = 0; i < 600; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        party_say(party, a, bob, text);
        if (i % 100 == 0) {
            party_run(party, 10);
        }
    }
    party_meet(party, a, b, &bob, &alice);
    party_run(party, 60000);
    assert_int_equal(party_contact(party, b, alice).unread, 600);
    assert_int_equal(party_state(a, bob, "0"), VC_MESSAGE_DELIVERED);
    assert_int_equal(party_state(a, bob, "599"), VC_MESSAGE_DELIVERED);
    assert_int_equal(vc_chat_gaps(party_chat(b), alice), 0);
    assert_false(vc_person_find(party_chat(a), bob)->row.is_resending);
}

static void a_crash_in_the_middle_loses_none(void **state)
{
    (void)state;
    for (int turns = 1; turns < 12; turns++) {
        static struct party party;
        struct party_host *a = &party.hosts[0], *b = &party.hosts[1];
        struct vc_now now;
        struct vc_invite_state invite;
        struct vc_join_state join;
        uint32_t bob, alice;

        party_open(&party);
        party_meet(&party, a, b, &bob, &alice);
        party_say(&party, a, bob, "delivered");
        party_run(&party, 500);
        forget(&party, b, alice);
        for (int i = 0; i < 400; i++) {
            party_say(&party, a, bob, "waits");
        }
        now = party_now(&party, a);
        assert_int_equal(vc_chat_invite(party_chat(a), &now, 0, "", &invite), VC_OK);
        party_end_turn(&party, a);
        assert_int_equal(vc_chat_join(party_chat(b), &now, invite.text, "", &join),
                         VC_OK);
        party_end_turn(&party, b);
        for (int i = 0; i < turns; i++) {
            party.now += 5;
            party_turn(&party);
        }
        party_crash(&party, a);
        assert_int_equal(party_start(&party, a), VC_OK);
        party_run(&party, 120000);
        alice++; /* a new number */
        assert_int_equal(party_contact(&party, b, alice).unread, 400);
        assert_int_equal(party_state(a, bob, "waits"), VC_MESSAGE_DELIVERED);
        party_close(&party);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PARTY_TEST(many_messages_wait_for_a_contact_who_forgot_us),
        cmocka_unit_test(a_crash_in_the_middle_loses_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
