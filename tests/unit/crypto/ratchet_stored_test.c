#include "crypto/ratchet.h"

#include "tests/unit/crypto/talk.h"

static struct talk_side alice, bob;

static vc_err read_state(const struct talk_state *state, struct vc_ratchet *ret_ratchet)
{
    struct vc_reader r = vc_reader((struct vc_bytes){state->bytes, state->len});

    return vc_ratchet_read(&r, ret_ratchet);
}

/* Calls @check with every state that a talk of 12 turns goes through on both sides. */
static void with_all_states(void (*check)(const struct talk_side *side))
{
    struct talk_frame lost;

    talk_begin(&alice, &bob, 1);
    for (size_t turn = 0; turn < 12; turn++) {
        check(&alice);
        check(&bob);
        talk_seal(&alice, "lost", &lost);
        talk_say(&alice, &bob, "one");
        check(&alice);
        check(&bob);
        talk_say(&bob, &alice, "two");
        talk_seal(&bob, "lost", &lost);
    }
    assert_int_equal(bob.ratchet.old_count, VC_RATCHET_CHAINS_MAX);
}

static void is_read_as_it_was_written(const struct talk_side *side)
{
    static struct talk_side copy;
    struct talk_state state, again;

    talk_save(side, &state);
    memset(&copy.ratchet, 0xee, sizeof copy.ratchet);
    talk_restore(&copy, &state);
    talk_save(&copy, &again);
    assert_true(talk_is_same(&state, &again));
    assert_int_equal(copy.ratchet.has_send, side->ratchet.has_send);
    assert_int_equal(copy.ratchet.has_recv, side->ratchet.has_recv);
    assert_int_equal(copy.ratchet.send_n, side->ratchet.send_n);
    assert_memory_equal(&copy.ratchet.own_secret, &side->ratchet.own_secret, 32);
    assert_memory_equal(&copy.ratchet.own_public, &side->ratchet.own_public, 32);
    assert_memory_equal(&copy.ratchet.peer_public, &side->ratchet.peer_public, 32);
    assert_memory_equal(&copy.ratchet.send_header, &side->ratchet.send_header, 64);
    assert_memory_equal(&copy.ratchet.recv_header, &side->ratchet.recv_header, 64);
    assert_memory_equal(&copy.ratchet.recv_rows, &side->ratchet.recv_rows,
                        sizeof copy.ratchet.recv_rows);
    assert_memory_equal(copy.ratchet.old, side->ratchet.old, sizeof copy.ratchet.old);
}

static void all_states_are_read_as_they_were_written(void **state)
{
    (void)state;
    with_all_states(is_read_as_it_was_written);
}

static void has_one_length(const struct talk_side *side)
{
    struct vc_ratchet ratchet, before;
    struct talk_state state, other;

    memset(&ratchet, 0xee, sizeof ratchet);
    before = ratchet;
    talk_save(side, &state);
    other = state;
    for (other.len = 0; other.len < state.len; other.len++) {
        assert_int_equal(read_state(&other, &ratchet), VC_ERR_MALFORMED);
    }
    assert_true(state.len < sizeof state.bytes);
    other.bytes[other.len++] = 0;
    assert_int_equal(read_state(&other, &ratchet), VC_ERR_MALFORMED);
    assert_memory_equal(&ratchet, &before, sizeof before);
}

static void a_state_that_is_cut_off_or_longer_is_refused(void **state)
{
    (void)state;
    with_all_states(has_one_length);
}

/* Each changed bit is refused or is another state, which is written so and not otherwise. */
static void has_one_encoding(const struct talk_side *side)
{
    static struct talk_side copy;
    struct talk_state state, again;

    talk_save(side, &state);
    for (size_t bit = 0; bit < 8 * state.len; bit++) {
        state.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (read_state(&state, &copy.ratchet) == VC_OK) {
            assert_true(bit >= 24); /* behind version and flags */
            talk_save(&copy, &again);
            assert_true(talk_is_same(&state, &again));
        }
        state.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void a_state_has_one_encoding_and_every_flag_counts(void **state)
{
    (void)state;
    with_all_states(has_one_encoding);
}

/* A state as none can be is written and not read again. */
static void is_refused(const struct vc_ratchet *wrong)
{
    uint8_t room[2 * VC_RATCHET_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_reader r;
    struct vc_ratchet ratchet;

    vc_ratchet_write(&w, wrong);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    r = vc_reader(vc_writer_bytes(&w));
    assert_int_equal(vc_ratchet_read(&r, &ratchet), VC_ERR_MALFORMED);
}

/* Bob, who has both chains, kept keys in the present one and in two older ones. */
static const struct vc_ratchet *begin(void)
{
    struct talk_frame lost;

    talk_begin(&alice, &bob, 1);
    for (size_t turn = 0; turn < 3; turn++) {
        talk_seal(&alice, "lost", &lost);
        talk_seal(&alice, "lost", &lost);
        talk_say(&alice, &bob, "one");
        talk_say(&bob, &alice, "two");
    }
    assert_int_equal(bob.ratchet.old_count, 2);
    is_read_as_it_was_written(&bob);
    return &bob.ratchet;
}

static void counts_of_chains_that_cannot_be_are_refused(void **state)
{
    struct vc_ratchet wrong;

    (void)state;
    wrong = *begin();
    wrong.send_count = 1;
    is_refused(&wrong);
    wrong.send_count = 5;
    is_refused(&wrong);
    wrong.send_count = 4; /* as if it were the initiator's */
    wrong.recv_count = UINT32_MAX;
    is_refused(&wrong);
    wrong.send_count = UINT32_MAX;
    wrong.recv_count = 0;
    is_refused(&wrong);
    talk_begin(&alice, &bob, 1);
    wrong = alice.ratchet; /* sends, has received nothing */
    wrong.send_count = 0;
    is_refused(&wrong);
    wrong.send_count = 2;
    is_refused(&wrong);
    wrong.send_count = 1;
    wrong.recv_count = 1;
    is_refused(&wrong);
    wrong = bob.ratchet; /* has done neither */
    wrong.send_count = 1;
    is_refused(&wrong);
    talk_say(&alice, &bob, "hello");
    wrong = bob.ratchet; /* has received and sent nothing */
    wrong.recv_count = 0;
    is_refused(&wrong);
    wrong.recv_count = 2;
    is_refused(&wrong);
    wrong = bob.ratchet;
    wrong.send_count = 2;
    is_refused(&wrong);
}

static void a_chain_before_the_first_is_refused(void **state)
{
    struct vc_ratchet wrong;

    (void)state;
    talk_begin(&alice, &bob, 1);
    wrong = alice.ratchet;
    wrong.send_before = 1;
    is_refused(&wrong);
    wrong = bob.ratchet;
    wrong.send_before = 1;
    is_refused(&wrong);
    talk_say(&alice, &bob, "hello");
    wrong = bob.ratchet;
    wrong.send_before = 1;
    is_refused(&wrong);
    talk_say(&bob, &alice, "hello");
    wrong = bob.ratchet;
    wrong.send_before = 1;
    is_refused(&wrong);
    is_read_as_it_was_written(&alice); /* one frame in the chain that is over */
    assert_int_equal(alice.ratchet.send_before, 1);
}

static void kept_keys_that_cannot_be_are_refused(void **state)
{
    const struct vc_ratchet *right = begin();
    struct vc_ratchet wrong;

    (void)state;
    wrong = *right;
    wrong.recv_rows.left = 3; /* of 0 and 1 */
    is_refused(&wrong);
    wrong = *right;
    wrong.recv_rows.end = 0;
    is_refused(&wrong);
    wrong = *right;
    wrong.recv_rows.first = 2;
    is_refused(&wrong);
    wrong.recv_rows.end = 1; /* which is below the first */
    is_refused(&wrong);
    wrong = *right;
    wrong.recv_rows.end = 3; /* 2 has opened */
    is_refused(&wrong);
    wrong = *right;
    wrong.recv_n = 0;
    wrong.recv_rows = (struct vc_ratchet_rows){0};
    is_refused(&wrong);
    wrong = *right;
    wrong.recv_n = 5000;
    wrong.recv_rows.end = 4000;
    wrong.recv_rows.left = VC_RATCHET_SKIPPED_MAX - 3; /* and 4 of the older */
    is_refused(&wrong);
    wrong.recv_rows.left = VC_RATCHET_SKIPPED_MAX + 1;
    is_refused(&wrong);
    wrong.recv_rows.left = UINT32_MAX;
    wrong.recv_rows.end = UINT32_MAX;
    wrong.recv_n = UINT32_MAX;
    is_refused(&wrong);
}

static void old_chains_that_cannot_be_are_refused(void **state)
{
    const struct vc_ratchet *right = begin();
    struct vc_ratchet wrong;

    (void)state;
    wrong = *right;
    wrong.old[1].rows.chain = wrong.old[0].rows.chain;
    is_refused(&wrong);
    wrong = *right;
    wrong.old[0].rows.chain = 0;
    is_refused(&wrong);
    wrong = *right;
    wrong.old[1].rows.chain = wrong.recv_count;
    is_refused(&wrong);
    wrong = *right;
    wrong.old[1].rows.left = 0;
    is_refused(&wrong);
    wrong = *right;
    wrong.old[0].rows.left = 3;
    is_refused(&wrong);
    wrong = *right;
    wrong.old[0].rows.end = UINT32_MAX;
    wrong.old[0].rows.left = UINT32_MAX - 3; /* with the others no more than 1 */
    is_refused(&wrong);
    wrong = *right;
    wrong.send_count = wrong.recv_count = wrong.recv_rows.chain = 20;
    for (uint8_t i = 2; i < VC_RATCHET_CHAINS_MAX; i++) {
        wrong.old[i].rows = (struct vc_ratchet_rows){i + 1u, 0, 1, 1, TALK_DAY};
    }
    wrong.old_count = VC_RATCHET_CHAINS_MAX;
    bob.ratchet = wrong;
    is_read_as_it_was_written(&bob);
}

static void a_ninth_old_chain_and_another_version_are_refused(void **state)
{
    struct talk_state stored;
    struct vc_ratchet ratchet;
    size_t at;

    (void)state;
    begin();
    bob.ratchet.old_count = 0;
    talk_save(&bob, &stored);
    at = stored.len - 1; /* the count */
    for (unsigned int count = 1; count <= UINT8_MAX; count++) {
        stored.bytes[at] = (uint8_t)count;
        stored.len = sizeof stored.bytes;
        assert_int_equal(read_state(&stored, &ratchet), VC_ERR_MALFORMED);
    }
    talk_save(&bob, &stored);
    assert_int_equal(read_state(&stored, &ratchet), VC_OK);
    for (unsigned int version = 0; version <= UINT8_MAX; version++) {
        stored.bytes[0] = (uint8_t)version;
        assert_int_equal(read_state(&stored, &ratchet),
                         version == 1 ? VC_OK : VC_ERR_MALFORMED);
    }
}

static void a_room_that_is_too_small_is_noticed(void **state)
{
    struct talk_state stored;

    (void)state;
    begin();
    talk_save(&bob, &stored);
    for (size_t len = 0; len < stored.len; len++) {
        struct vc_writer w = vc_writer(stored.bytes, len);
        vc_ratchet_write(&w, &bob.ratchet);
        assert_int_equal(vc_writer_end(&w), VC_ERR_FULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_states_are_read_as_they_were_written),
        cmocka_unit_test(a_state_that_is_cut_off_or_longer_is_refused),
        cmocka_unit_test(a_state_has_one_encoding_and_every_flag_counts),
        cmocka_unit_test(counts_of_chains_that_cannot_be_are_refused),
        cmocka_unit_test(a_chain_before_the_first_is_refused),
        cmocka_unit_test(kept_keys_that_cannot_be_are_refused),
        cmocka_unit_test(old_chains_that_cannot_be_are_refused),
        cmocka_unit_test(a_ninth_old_chain_and_another_version_are_refused),
        cmocka_unit_test(a_room_that_is_too_small_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
