#include "crypto/ratchet.h"

#include "tests/unit/crypto/talk.h"

static struct talk_side alice, bob;

/* Alice has sent and Bob has answered, so that both have both chains. */
static void begin(void)
{
    talk_begin(&alice, &bob, 1);
    talk_say(&alice, &bob, "hello");
    talk_say(&bob, &alice, "hello");
}

static void frames_open_in_any_order_and_once(void **state)
{
    static struct talk_frame frames[8];

    (void)state;
    /* Every permutation of 6 by its number, with each frame twice. */
    for (uint32_t number = 0; number < 720; number++) {
        uint32_t rest = number, left[6] = {0, 1, 2, 3, 4, 5};

        begin();
        for (size_t i = 0; i < 6; i++) {
            talk_seal(&alice, "in some order", &frames[i]);
        }
        for (uint32_t count = 6; count > 0; count--) {
            uint32_t at = rest % count, which = left[at];

            rest /= count;
            left[at] = left[count - 1];
            assert_int_equal(talk_hear(&bob, &frames[which], "in some order"), VC_OK);
            assert_int_equal(talk_hear(&bob, &frames[which], "in some order"),
                             VC_ERR_EXISTS);
        }
        assert_int_equal(bob.row_count, 0);
        assert_int_equal(bob.ratchet.recv_rows.left, 0);
    }
}

static void seal_many(struct talk_side *side, size_t count, struct talk_frame *ret_last)
{
    for (size_t i = 0; i < count; i++) {
        talk_seal(side, "lost", ret_last);
    }
}

static void a_gap_of_2000_is_opened_and_one_of_2001_is_not(void **state)
{
    struct talk_frame last;

    (void)state;
    begin();
    seal_many(&alice, VC_RATCHET_GAP_MAX + 2, &last);
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_ERR_FULL);
    begin();
    seal_many(&alice, VC_RATCHET_GAP_MAX + 1, &last);
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_OK);
    assert_int_equal(bob.row_count, VC_RATCHET_GAP_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_open_in_any_order_and_once),
        cmocka_unit_test(a_gap_of_2000_is_opened_and_one_of_2001_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
