#include "crypto/ratchet.h"

#include "tests/unit/crypto/talk.h"

static struct talk_side alice, bob;

static vc_err read_state(const struct talk_state *state, struct vc_ratchet *ret_ratchet)
{
    struct vc_reader r = vc_reader((struct vc_bytes){state->bytes, state->len});

    return vc_ratchet_read(&r, ret_ratchet);
}

/* Read again it is the same, cut off anywhere it is nothing. */
static void check_state(const struct talk_side *side)
{
    struct talk_state state, again;
    static struct talk_side copy;
    struct vc_ratchet before;

    talk_save(side, &state);
    talk_restore(&copy, &state);
    talk_save(&copy, &again);
    assert_true(talk_is_same(&state, &again));
    memset(&copy.ratchet, 0xee, sizeof copy.ratchet);
    before = copy.ratchet;
    again = state;
    for (again.len = 0; again.len < state.len; again.len++) {
        assert_int_equal(read_state(&again, &copy.ratchet), VC_ERR_MALFORMED);
    }
    if (state.len < sizeof state.bytes) {
        again.len = state.len + 1;
        again.bytes[state.len] = 0;
        assert_int_equal(read_state(&again, &copy.ratchet), VC_ERR_MALFORMED);
    }
    assert_memory_equal(&copy.ratchet, &before, sizeof before);
}

static void states_are_read_as_they_were_written(void **state)
{
    struct talk_frame lost;

    (void)state;
    talk_begin(&alice, &bob, 1);
    for (size_t turn = 0; turn < 12; turn++) {
        check_state(&alice);
        check_state(&bob);
        talk_seal(&alice, "lost", &lost);
        talk_say(&alice, &bob, "one");
        check_state(&bob);
        check_state(&alice);
        talk_say(&bob, &alice, "two");
        talk_seal(&bob, "lost", &lost);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_read_as_they_were_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
