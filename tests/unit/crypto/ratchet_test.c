#include "crypto/ratchet.h"

#include "tests/unit/crypto/talk.h"

static struct talk_side alice, bob, carol, dave;

static void begin(void)
{
    talk_begin(&alice, &bob, 1);
    talk_begin(&carol, &dave, 2);
}

static void both_sides_talk_in_turns(void **state)
{
    (void)state;
    begin();
    for (uint32_t turn = 1; turn <= 20; turn++) {
        talk_say(&alice, &bob, "one");
        talk_say(&alice, &bob, "");
        talk_say(&bob, &alice, "two");
        talk_say(&bob, &alice, "three");
        assert_int_equal(alice.ratchet.send_count, turn);
        assert_int_equal(bob.ratchet.recv_count, turn);
        assert_int_equal(bob.ratchet.send_count, turn);
        assert_int_equal(alice.ratchet.recv_count, turn);
    }
    assert_int_equal(alice.row_count + bob.row_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_talk_in_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
