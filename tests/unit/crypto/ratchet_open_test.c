/*
 * What opens, in which order, and which keys are kept for how long.  talk_open() demands at
 * each refusal that no bit of the state has changed and no key was left behind.
 */
#include "crypto/ratchet.h"

#include "crypto/ratchet_step.h"
#include "tests/unit/crypto/talk.h"

static struct talk_side alice, bob;

/* Alice has sent and Bob has answered, so that both have both chains. */
static void begin(void)
{
    talk_begin(&alice, &bob, 1);
    talk_say(&alice, &bob, "hello");
    talk_say(&bob, &alice, "hello");
}

static void seal_many(struct talk_side *side, size_t count, struct talk_frame *ret_last)
{
    for (size_t i = 0; i < count; i++) {
        talk_seal(side, "lost", ret_last);
    }
}

/* Each side says something, so that both have new chains. */
static void turn(void)
{
    talk_say(&bob, &alice, "and then?");
    talk_say(&alice, &bob, "and then this");
}

/* Bob keeps @count keys of a chain that then becomes an older one. */
static void keep_in_old_chain(size_t count)
{
    struct talk_frame last;

    seal_many(&alice, count, &last);
    talk_say(&alice, &bob, "behind them");
    turn();
}

static void frames_open_in_any_order_and_once(void **state)
{
    static struct talk_frame frames[6];

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

static void frames_of_several_chains_open_newest_first(void **state)
{
    static struct talk_frame frames[5][4];
    struct talk_frame answer;

    (void)state;
    talk_begin(&alice, &bob, 1);
    talk_say(&alice, &bob, "hello");
    for (size_t chain = 0; chain < 5; chain++) {
        talk_seal(&bob, "an answer", &answer);
        assert_int_equal(talk_hear(&alice, &answer, "an answer"), VC_OK);
        for (size_t i = 0; i < 4; i++) {
            talk_seal(&alice, "late", &frames[chain][i]);
        }
        /* One is there at once, so that Bob answers; the others come at the end. */
        assert_int_equal(talk_hear(&bob, &frames[chain][chain % 4], "late"), VC_OK);
    }
    for (size_t chain = 5; chain-- > 0;) {
        for (size_t i = 4; i-- > 0;) {
            /* The present chain is known to its end; of an older one the header key goes
             * with the last key, and with it all that could be said of the frame. */
            vc_err again = chain == 4 || bob.ratchet.old_count == chain + 1
                               ? VC_ERR_EXISTS
                               : VC_ERR_AUTH;

            assert_int_equal(talk_hear(&bob, &frames[chain][i], "late"),
                             i == chain % 4 ? again : VC_OK);
        }
    }
    assert_int_equal(bob.row_count, 0);
    assert_int_equal(bob.ratchet.old_count, 0);
}

static void both_sides_may_send_before_they_hear(void **state)
{
    struct talk_frame to_bob[3], to_alice[3];

    (void)state;
    begin();
    for (size_t round = 0; round < 10; round++) {
        for (size_t i = 0; i < 3; i++) {
            talk_seal(&alice, "crossing", &to_bob[i]);
            talk_seal(&bob, "crossing", &to_alice[i]);
        }
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(talk_hear(&bob, &to_bob[2 - i], "crossing"), VC_OK);
            assert_int_equal(talk_hear(&alice, &to_alice[i], "crossing"), VC_OK);
        }
    }
    assert_int_equal(alice.row_count + bob.row_count, 0);
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
    assert_int_equal(bob.ratchet.recv_rows.left, VC_RATCHET_GAP_MAX);
}

static void a_gap_over_two_chains_is_counted_as_one(void **state)
{
    struct talk_frame last;

    (void)state;
    for (uint32_t more = 0; more < 2; more++) {
        begin();
        talk_say(&alice, &bob, "hello");
        seal_many(&alice, 1200, &last);
        talk_say(&bob, &alice, "go on");
        seal_many(&alice, 801 + more, &last);
        assert_int_equal(talk_hear(&bob, &last, "lost"),
                         more == 0 ? VC_OK : VC_ERR_FULL);
    }
    begin();
    talk_say(&alice, &bob, "hello");
    seal_many(&alice, 1200, &last);
    turn();
    assert_int_equal(bob.ratchet.old[0].rows.left, 1200);
    assert_int_equal(bob.ratchet.old[0].rows.first, 1);
    assert_int_equal(bob.ratchet.old[0].rows.end, 1201);
}

/* Flips each bit of a frame that @text opens as; then it opens as it is. */
static void flip_all(const struct talk_frame *frame, const char *text)
{
    struct talk_frame flipped = *frame;

    for (size_t bit = 0; bit < 8 * frame->len; bit++) {
        flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(talk_hear(&bob, &flipped, text), VC_ERR_AUTH);
        flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    flipped.len--;
    assert_int_equal(talk_hear(&bob, &flipped, text), VC_ERR_AUTH);
    assert_int_equal(talk_hear(&bob, frame, text), VC_OK);
}

static void every_flipped_bit_is_refused_and_changes_nothing(void **state)
{
    struct talk_frame old, skipped, ahead, next;

    (void)state;
    begin();
    talk_seal(&alice, "kept in an old chain", &old);
    talk_seal(&alice, "used", &skipped);
    assert_int_equal(talk_hear(&bob, &skipped, "used"), VC_OK);
    turn();
    talk_seal(&alice, "skipped", &skipped);
    talk_seal(&alice, "some frames ahead", &ahead);
    flip_all(&ahead, "some frames ahead");
    flip_all(&skipped, "skipped");
    flip_all(&old, "kept in an old chain");
    talk_say(&bob, &alice, "go on");
    talk_seal(&alice, "lost", &next);
    talk_seal(&alice, "of the next chain", &next);
    flip_all(&next, "of the next chain");
}

static void a_forged_text_behind_a_gap_leaves_no_key(void **state)
{
    struct talk_frame last;

    (void)state;
    begin();
    seal_many(&alice, VC_RATCHET_GAP_MAX + 1, &last);
    last.bytes[last.len - 1] ^= 1;
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_ERR_AUTH);
    assert_int_equal(bob.row_count, 0);
    last.bytes[last.len - 1] ^= 1;
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_OK);
}

static void eight_old_chains_keep_keys_and_a_ninth_costs_the_oldest(void **state)
{
    static struct talk_frame kept[VC_RATCHET_CHAINS_MAX + 1];

    (void)state;
    begin();
    for (size_t i = 0; i <= VC_RATCHET_CHAINS_MAX; i++) {
        assert_int_equal(bob.ratchet.old_count, i);
        talk_seal(&alice, "late", &kept[i]);
        talk_say(&alice, &bob, "behind it");
        turn();
    }
    assert_int_equal(bob.ratchet.old_count, VC_RATCHET_CHAINS_MAX);
    assert_int_equal(bob.change.forgotten_count, 1);
    assert_int_equal(bob.change.forgotten[0].chain, 2);
    assert_int_equal(bob.change.forgotten[0].left, 1);
    assert_int_equal(bob.row_count, VC_RATCHET_CHAINS_MAX);
    assert_int_equal(talk_hear(&bob, &kept[0], "late"), VC_ERR_AUTH);
    for (size_t i = VC_RATCHET_CHAINS_MAX; i > 0; i--) {
        assert_int_equal(talk_hear(&bob, &kept[i], "late"), VC_OK);
    }
    assert_int_equal(bob.ratchet.old_count, 0);
}

static void the_keys_of_the_oldest_chains_make_room(void **state)
{
    struct talk_frame last;

    (void)state;
    begin();
    keep_in_old_chain(700);
    keep_in_old_chain(600);
    keep_in_old_chain(500);
    assert_int_equal(bob.row_count, 1800);
    seal_many(&alice, 201, &last);
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_OK);
    assert_int_equal(bob.change.forgotten_count, 0);
    assert_int_equal(bob.row_count, VC_RATCHET_SKIPPED_MAX);
    seal_many(&alice, 2, &last);
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_OK);
    assert_int_equal(bob.change.forgotten_count, 1);
    assert_int_equal(bob.change.forgotten[0].left, 700);
    assert_int_equal(bob.row_count, 1301);
    seal_many(&alice, 1501, &last);
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_OK);
    assert_int_equal(bob.change.forgotten_count, 2);
    assert_int_equal(bob.row_count, 1701);
}

static void the_own_chain_of_a_frame_gives_up_nothing_for_it(void **state)
{
    struct talk_frame late, last, ahead;

    (void)state;
    begin();
    keep_in_old_chain(100);
    talk_seal(&alice, "late", &late);
    seal_many(&alice, 1500, &last);
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_OK);
    assert_int_equal(bob.ratchet.recv_rows.left, 1500);
    seal_many(&alice, 502, &ahead);
    assert_int_equal(talk_hear(&bob, &ahead, "lost"), VC_ERR_FULL);
    assert_int_equal(bob.row_count, 1600);
    assert_int_equal(talk_hear(&bob, &late, "late"), VC_OK);
    assert_int_equal(talk_hear(&bob, &ahead, "lost"), VC_OK);
    assert_int_equal(bob.change.forgotten_count, 1);
    assert_int_equal(bob.row_count, VC_RATCHET_SKIPPED_MAX);
}

static void a_chain_that_becomes_old_makes_room_by_what_it_had(void **state)
{
    struct talk_frame last;

    (void)state;
    begin();
    keep_in_old_chain(100);
    seal_many(&alice, 1501, &last);
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_OK);
    seal_many(&alice, 200, &last);
    talk_say(&bob, &alice, "go on");
    seal_many(&alice, 301, &last);
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_OK);
    /* The oldest were enough: 1500 + 200 + 300. */
    assert_int_equal(bob.change.forgotten_count, 1);
    assert_int_equal(bob.row_count, VC_RATCHET_SKIPPED_MAX);
    begin();
    keep_in_old_chain(100);
    seal_many(&alice, 1501, &last);
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_OK);
    seal_many(&alice, 200, &last);
    talk_say(&bob, &alice, "go on");
    seal_many(&alice, 302, &last);
    assert_int_equal(talk_hear(&bob, &last, "lost"), VC_OK);
    assert_int_equal(bob.change.forgotten_count, 2);
    assert_int_equal(bob.change.forgotten[1].left, 1500);
    assert_int_equal(bob.row_count, 501);
    assert_int_equal(bob.ratchet.old[0].rows.left, 200);
    assert_int_equal(bob.ratchet.recv_rows.left, 301);
}

static void kept_keys_are_given_up_after_30_days(void **state)
{
    struct talk_frame old, present, later;

    (void)state;
    begin();
    talk_seal(&alice, "late", &old);
    talk_say(&alice, &bob, "behind it");
    turn();
    bob.today += 10;
    talk_seal(&alice, "late", &present);
    talk_say(&alice, &bob, "behind it");
    bob.today = TALK_DAY + VC_RATCHET_SKIPPED_DAYS - 1;
    talk_expire(&bob);
    assert_int_equal(bob.change.forgotten_count, 0);
    bob.today++;
    talk_expire(&bob);
    assert_int_equal(bob.change.forgotten_count, 1);
    assert_int_equal(bob.change.forgotten[0].left, 1);
    assert_int_equal(bob.ratchet.old_count, 0);
    assert_int_equal(talk_hear(&bob, &old, "late"), VC_ERR_AUTH);
    /* A key that is skipped keeps those of its chain. */
    bob.today = TALK_DAY + 10 + VC_RATCHET_SKIPPED_DAYS - 1;
    talk_seal(&alice, "late", &later);
    talk_say(&alice, &bob, "behind it");
    bob.today++;
    talk_expire(&bob);
    assert_int_equal(bob.row_count, 2);
    assert_int_equal(talk_hear(&bob, &later, "late"), VC_OK);
    bob.today += VC_RATCHET_SKIPPED_DAYS;
    talk_expire(&bob);
    assert_int_equal(bob.row_count, 0);
    assert_int_equal(bob.ratchet.recv_rows.left, 0);
    assert_int_equal(talk_hear(&bob, &present, "late"), VC_ERR_EXISTS);
    talk_say(&alice, &bob, "it goes on");
}

static void nine_chains_may_be_given_up_at_once(void **state)
{
    (void)state;
    begin();
    for (size_t i = 0; i < VC_RATCHET_CHAINS_MAX; i++) {
        keep_in_old_chain(2);
    }
    talk_seal(&alice, "lost", &(struct talk_frame){.len = 0});
    bob.today = UINT32_MAX - 1; /* the days after it do not overflow */
    talk_say(&alice, &bob, "behind it");
    assert_int_equal(bob.ratchet.recv_rows.until_day, UINT32_MAX);
    bob.today = UINT32_MAX;
    talk_expire(&bob);
    assert_int_equal(bob.change.forgotten_count, VC_RATCHET_CHAINS_MAX + 1);
    assert_int_equal(bob.row_count, 0);
    assert_int_equal(vc_ratchet_tries(&bob.ratchet), 2);
    turn();
}

static void a_row_that_the_state_does_not_know_opens_nothing(void **state)
{
    struct talk_frame frame;
    struct vc_ratchet_found found;
    struct vc_ratchet_change change;
    const struct vc_secret32 stray = {{1}};
    uint8_t plain[TALK_TEXT_MAX];

    (void)state;
    begin();
    talk_seal(&alice, "opened", &frame);
    assert_int_equal(talk_hear(&bob, &frame, "opened"), VC_OK);
    assert_int_equal(vc_ratchet_find(&bob.ratchet, talk_bytes(&frame), &found), VC_OK);
    assert_true(found.needs_key);
    assert_int_equal(vc_ratchet_open(&bob.ratchet, &found, &stray, TALK_DAY,
                                     talk_bytes(&frame), plain, NULL, &change),
                     VC_ERR_EXISTS);
}

static void what_was_found_before_the_state_changed_is_our_mistake(void **state)
{
    static struct talk_frame frame;
    static struct vc_ratchet_found found;
    static struct vc_ratchet_change change;
    static uint8_t plain[TALK_TEXT_MAX];

    (void)state;
    begin();
    talk_seal(&alice, "once", &frame);
    assert_int_equal(vc_ratchet_find(&bob.ratchet, talk_bytes(&frame), &found), VC_OK);
    assert_int_equal(talk_hear(&bob, &frame, "once"), VC_OK);
    expect_assert_failure(
        ignore_err(vc_ratchet_open(&bob.ratchet, &found, NULL, TALK_DAY,
                                   talk_bytes(&frame), plain, NULL, &change)));
    talk_say(&bob, &alice, "go on");
    talk_seal(&alice, "next", &frame);
    assert_int_equal(vc_ratchet_find(&bob.ratchet, talk_bytes(&frame), &found), VC_OK);
    assert_int_equal(talk_hear(&bob, &frame, "next"), VC_OK);
    expect_assert_failure(
        ignore_err(vc_ratchet_open(&bob.ratchet, &found, NULL, TALK_DAY,
                                   talk_bytes(&frame), plain, NULL, &change)));
}

/* A header that Bob believes, with a key that gives no secret. */
static void a_ratchet_key_of_low_order_is_refused(void **state)
{
    /* 0, 1, the two points of order 8, p - 1, p, p + 1: and each with the highest bit. */
    static const uint8_t points[][32] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
         0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
         0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
        {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
        {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    };
    struct talk_frame frame = {.len = VC_RATCHET_OVERHEAD};

    (void)state;
    begin();
    talk_say(&alice, &bob, "hello");
    talk_say(&bob, &alice, "hello");
    for (size_t i = 0; i < 2 * sizeof points / sizeof points[0]; i++) {
        struct vc_ratchet_header header = {.n = 3, .before = bob.ratchet.recv_n};

        memcpy(header.key.b, points[i / 2], sizeof header.key.b);
        header.key.b[31] |= i % 2 == 0 ? 0 : 0x80;
        vc_ratchet_header_seal(frame.bytes, &bob.ratchet.recv_next,
                               &bob.ratchet.session, &header);
        assert_int_equal(talk_hear(&bob, &frame, ""), VC_ERR_AUTH);
    }
    turn();
}

/* X25519 takes 32 bytes whatever they are: p + 9 is the base point, and 2^255 + u is u. */
static void a_ratchet_key_in_another_encoding_is_the_point_it_encodes(void **state)
{
    struct vc_ratchet_header header = {.n = 0, .before = 1};
    struct talk_frame frame = {.len = VC_RATCHET_OVERHEAD + 4};
    struct vc_ratchet_turn turned;
    struct vc_secret32 key;

    (void)state;
    for (int high = 0; high < 2; high++) {
        begin();
        memset(header.key.b, 0xff, sizeof header.key.b);
        header.key.b[0] = 0xed + 9;
        header.key.b[31] = high == 1 ? 0xff : 0x7f;
        vc_ratchet_header_seal(frame.bytes, &bob.ratchet.recv_next,
                               &bob.ratchet.session, &header);
        assert_true(vc_ratchet_dh_step(&turned, &bob.ratchet.root,
                                       &bob.ratchet.own_secret,
                                       &(struct vc_key32){{9}}));
        vc_ratchet_chain_step(&turned.chain, &key);
        vc_ratchet_text_seal(frame.bytes, &key, &bob.ratchet.session,
                             (struct vc_bytes){(const uint8_t *)"nine", 4});
        frame.place = (struct vc_ratchet_place){2, 0};
        assert_int_equal(talk_hear(&bob, &frame, "nine"), VC_OK);
        /* But in its chain it has one encoding. */
        header = (struct vc_ratchet_header){{{9}}, 1, 1};
        vc_ratchet_header_seal(frame.bytes, &bob.ratchet.recv_header,
                               &bob.ratchet.session, &header);
        assert_int_equal(talk_hear(&bob, &frame, "nine"), VC_ERR_MALFORMED);
        header = (struct vc_ratchet_header){.n = 0, .before = 1};
    }
}

/* A sender whose state was put back uses keys again, for other texts. */
static void a_sender_who_was_put_back_shows_nothing_and_is_recognised(void **state)
{
    size_t equal = 0, compared = 0;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        struct talk_state before;
        struct talk_frame first, second;
        uint8_t text[TALK_TEXT_MAX] = {0}, other[TALK_TEXT_MAX] = {1};

        memcpy(text + 4, &i, sizeof i);
        memcpy(other + 4, &i, sizeof i);
        if (i % 100 == 0) {
            begin();
            talk_say(&alice, &bob, "hello");
        }
        talk_save(&alice, &before);
        assert_int_equal(talk_seal_bytes(&alice, VC_BYTES(text), &first), VC_OK);
        talk_restore(&alice, &before);
        assert_int_equal(talk_seal_bytes(&alice, VC_BYTES(other), &second), VC_OK);
        assert_memory_equal(first.bytes, second.bytes, VC_RATCHET_HEADER_LEN);
        for (size_t at = VC_RATCHET_HEADER_LEN; at < first.len; at++) {
            equal += first.bytes[at] == second.bytes[at] ? 1 : 0;
            compared++;
        }
        assert_int_equal(talk_open(&bob, talk_bytes(&first), text,
                                   &(struct vc_ratchet_found){.skips = 0}),
                         VC_OK);
        assert_int_equal(talk_hear(&bob, &second, ""), VC_ERR_EXISTS);
    }
    /* One in 256 by chance; 343.75 expected, the standard deviation is 18.5. */
    assert_int_equal(compared, 88000);
    assert_true(equal > 343 - 111 && equal < 343 + 111);
}

/* One who was put back behind an answer begins a chain again, with another ratchet key. */
static void a_chain_that_is_begun_twice_is_recognised(void **state)
{
    struct talk_state before;
    struct talk_frame first, second;

    (void)state;
    begin();
    talk_save(&bob, &before);
    talk_say(&alice, &bob, "hello");
    talk_say(&bob, &alice, "go on");
    talk_save(&alice, &before);
    talk_seal(&alice, "begun", &first);
    talk_restore(&alice, &before);
    talk_seal(&alice, "begun again", &second);
    assert_memory_not_equal(first.bytes, second.bytes, VC_RATCHET_HEADER_LEN);
    assert_int_equal(talk_hear(&bob, &first, "begun"), VC_OK);
    assert_int_equal(talk_hear(&bob, &second, "begun again"), VC_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_open_in_any_order_and_once),
        cmocka_unit_test(frames_of_several_chains_open_newest_first),
        cmocka_unit_test(both_sides_may_send_before_they_hear),
        cmocka_unit_test(a_gap_of_2000_is_opened_and_one_of_2001_is_not),
        cmocka_unit_test(a_gap_over_two_chains_is_counted_as_one),
        cmocka_unit_test(every_flipped_bit_is_refused_and_changes_nothing),
        cmocka_unit_test(a_forged_text_behind_a_gap_leaves_no_key),
        cmocka_unit_test(eight_old_chains_keep_keys_and_a_ninth_costs_the_oldest),
        cmocka_unit_test(the_keys_of_the_oldest_chains_make_room),
        cmocka_unit_test(the_own_chain_of_a_frame_gives_up_nothing_for_it),
        cmocka_unit_test(a_chain_that_becomes_old_makes_room_by_what_it_had),
        cmocka_unit_test(kept_keys_are_given_up_after_30_days),
        cmocka_unit_test(nine_chains_may_be_given_up_at_once),
        cmocka_unit_test(a_row_that_the_state_does_not_know_opens_nothing),
        cmocka_unit_test(what_was_found_before_the_state_changed_is_our_mistake),
        cmocka_unit_test(a_ratchet_key_of_low_order_is_refused),
        cmocka_unit_test(a_ratchet_key_in_another_encoding_is_the_point_it_encodes),
        cmocka_unit_test(a_sender_who_was_put_back_shows_nothing_and_is_recognised),
        cmocka_unit_test(a_chain_that_is_begun_twice_is_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
