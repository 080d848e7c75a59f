/*
 * How a session begins, what it sends and whose a frame is.  The hashes and the DHs that are
 * asked of prim.c are counted (linker option --wrap), so that finding costs what it may.
 */
#include "crypto/ratchet.h"

#include "crypto/ratchet_step.h"
#include "tests/unit/crypto/talk.h"

static struct talk_side alice, bob, carol, dave;
static size_t hash_count, dh_count;

void __real_vc_hash_parts(void *ret_hash, size_t len, const char *label,
                          const struct vc_secret32 *key, const struct vc_bytes *parts,
                          size_t part_count);
void __wrap_vc_hash_parts(void *ret_hash, size_t len, const char *label,
                          const struct vc_secret32 *key, const struct vc_bytes *parts,
                          size_t part_count);
void __wrap_vc_hash_parts(void *ret_hash, size_t len, const char *label,
                          const struct vc_secret32 *key, const struct vc_bytes *parts,
                          size_t part_count)
{
    hash_count++;
    __real_vc_hash_parts(ret_hash, len, label, key, parts, part_count);
}

bool __real_vc_dh(struct vc_secret32 *ret_shared, const struct vc_secret32 *secret,
                  const struct vc_key32 *public_key);
bool __wrap_vc_dh(struct vc_secret32 *ret_shared, const struct vc_secret32 *secret,
                  const struct vc_key32 *public_key);
bool __wrap_vc_dh(struct vc_secret32 *ret_shared, const struct vc_secret32 *secret,
                  const struct vc_key32 *public_key)
{
    dh_count++;
    return __real_vc_dh(ret_shared, secret, public_key);
}

static void begin(void)
{
    talk_begin(&alice, &bob, 1);
    talk_begin(&carol, &dave, 2);
}

/* Finds without opening; it costs the trials that are expected and nothing else. */
static vc_err find(const struct talk_side *side, struct vc_bytes frame, size_t tries,
                   struct vc_ratchet_found *ret_found)
{
    vc_err err;

    hash_count = dh_count = 0;
    err = vc_ratchet_find(&side->ratchet, frame, ret_found);
    assert_int_equal(hash_count, tries);
    assert_int_equal(dh_count, 0);
    return err;
}

/* A frame with a header of our choice and a text that nobody can open. */
static void forge(struct talk_frame *ret_frame, const struct vc_ratchet *ratchet,
                  const struct vc_siv_key *key, struct vc_ratchet_header header)
{
    memset(ret_frame, 0, sizeof *ret_frame);
    vc_ratchet_header_seal(ret_frame->bytes, key, &ratchet->session, &header);
    ret_frame->len = VC_RATCHET_OVERHEAD + 10;
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

static void keys_that_are_not_needed_any_more_are_gone(void **state)
{
    static const uint8_t zeros[64];
    const struct vc_ratchet *r = &bob.ratchet;

    (void)state;
    begin();
    talk_say(&alice, &bob, "the prekey's private half goes with this");
    assert_false(r->has_send);
    assert_memory_equal(&r->own_secret, zeros, sizeof r->own_secret);
    talk_say(&bob, &alice, "an answer");
    assert_true(r->has_send);
    assert_memory_not_equal(&r->own_secret, zeros, sizeof r->own_secret);
    talk_say(&alice, &bob, "and the answer's keys with this");
    assert_memory_equal(&r->own_secret, zeros, sizeof r->own_secret);
    assert_memory_equal(&r->send_chain, zeros, sizeof r->send_chain);
    assert_memory_equal(&r->send_header, zeros, sizeof r->send_header);
    vc_ratchet_wipe(&bob.ratchet);
    for (size_t i = 0; i < sizeof bob.ratchet; i++) {
        assert_int_equal(((const uint8_t *)r)[i], 0);
    }
}

static void a_recipient_who_has_opened_nothing_cannot_seal(void **state)
{
    struct talk_state before, after;
    struct talk_frame frame;
    const uint8_t text[] = {'x'};

    (void)state;
    begin();
    talk_save(&bob, &before);
    assert_int_equal(talk_seal_bytes(&bob, VC_BYTES(text), &frame), VC_ERR_AUTH);
    talk_save(&bob, &after);
    assert_true(talk_is_same(&before, &after));
}

static void a_prekey_of_low_order_begins_no_session(void **state)
{
    const struct vc_key32 zero = {{0}};
    const struct vc_secret32 own = {{1}};
    struct vc_session_keys keys;
    struct vc_ratchet ratchet, before;

    (void)state;
    talk_keys(&keys, 1);
    memset(&ratchet, 0xee, sizeof ratchet);
    before = ratchet;
    assert_int_equal(vc_ratchet_init_initiator(&ratchet, &keys, &zero, &own),
                     VC_ERR_AUTH);
    assert_memory_equal(&ratchet, &before, sizeof ratchet);
}

static void a_text_may_stand_where_it_will_be_sealed(void **state)
{
    struct talk_state before;
    struct talk_frame apart, in_place;
    const uint8_t text[] = "what is sealed";
    struct vc_bytes plain = {in_place.bytes + VC_RATCHET_OVERHEAD, sizeof text};

    (void)state;
    begin();
    talk_save(&alice, &before);
    assert_int_equal(talk_seal_bytes(&alice, VC_BYTES(text), &apart), VC_OK);
    talk_restore(&alice, &before);
    memcpy(in_place.bytes + VC_RATCHET_OVERHEAD, text, sizeof text);
    assert_int_equal(
        vc_ratchet_seal(&alice.ratchet, NULL, plain, in_place.bytes, &in_place.place),
        VC_OK);
    assert_memory_equal(apart.bytes, in_place.bytes, apart.len);
}

static void the_longest_text_goes_through_and_a_longer_one_is_our_mistake(void **state)
{
    static uint8_t text[VC_RATCHET_TEXT_MAX + 1], plain[VC_RATCHET_TEXT_MAX];
    static uint8_t frame[VC_RATCHET_OVERHEAD + VC_RATCHET_TEXT_MAX + 1];
    static const struct vc_bytes whole = {text, sizeof text};
    struct vc_bytes sealed = {frame, sizeof frame - 1};
    struct vc_ratchet_place place;
    struct vc_ratchet_found found;
    struct vc_ratchet_change change;

    (void)state;
    begin();
    memset(text, 'x', sizeof text);
    assert_int_equal(vc_ratchet_seal(&alice.ratchet, NULL,
                                     (struct vc_bytes){text, VC_RATCHET_TEXT_MAX},
                                     frame, &place),
                     VC_OK);
    assert_int_equal(vc_ratchet_find(&bob.ratchet, sealed, &found), VC_OK);
    assert_int_equal(vc_ratchet_open(&bob.ratchet, &found, NULL, TALK_DAY, sealed,
                                     plain, NULL, &change),
                     VC_OK);
    assert_memory_equal(plain, text, sizeof plain);
    sealed.len++;
    assert_int_equal(find(&alice, sealed, 0, &found), VC_ERR_AUTH);
    expect_assert_failure(
        ignore_err(vc_ratchet_seal(&alice.ratchet, NULL, whole, frame, &place)));
}

static void a_new_chain_needs_fresh_bytes_and_an_old_one_does_not(void **state)
{
    struct talk_frame frame;
    struct vc_bytes nothing = {NULL, 0};

    (void)state;
    begin();
    talk_say(&alice, &bob, "hello");
    expect_assert_failure(ignore_err(
        vc_ratchet_seal(&bob.ratchet, NULL, nothing, frame.bytes, &frame.place)));
    talk_say(&bob, &alice, "hello");
    assert_int_equal(
        vc_ratchet_seal(&bob.ratchet, NULL, nothing, frame.bytes, &frame.place), VC_OK);
    assert_int_equal(frame.place.chain, 1);
    assert_int_equal(frame.place.n, 1);
}

static void a_chain_ends_at_its_last_number(void **state)
{
    const uint8_t text[] = {'x'};
    struct talk_state before, after;
    struct talk_frame frame;

    (void)state;
    begin();
    talk_say(&alice, &bob, "hello");
    talk_say(&bob, &alice, "hello");
    talk_say(&alice, &bob, "the second chain");
    alice.ratchet.send_n = bob.ratchet.recv_n = UINT32_MAX - 1;
    talk_say(&alice, &bob, "the last frame");
    assert_int_equal(bob.ratchet.recv_n, UINT32_MAX);
    talk_save(&alice, &before);
    assert_int_equal(talk_seal_bytes(&alice, VC_BYTES(text), &frame), VC_ERR_FULL);
    talk_save(&alice, &after);
    assert_true(talk_is_same(&before, &after));
    talk_say(&bob, &alice, "go on");
    talk_say(&alice, &bob, "in the next chain");
    assert_int_equal(alice.ratchet.send_before, UINT32_MAX);
}

static void chains_are_not_counted_beyond_the_last_number(void **state)
{
    const uint8_t text[] = {'x'};
    struct talk_frame frame;

    (void)state;
    begin();
    talk_say(&alice, &bob, "hello");
    bob.ratchet.send_count = UINT32_MAX;
    assert_int_equal(talk_seal_bytes(&bob, VC_BYTES(text), &frame), VC_ERR_FULL);
    assert_false(bob.ratchet.has_send);
    bob.ratchet.send_count = 0;
    talk_seal(&bob, "hello", &frame);
    alice.ratchet.recv_count = UINT32_MAX;
    assert_int_equal(talk_hear(&alice, &frame, "hello"), VC_ERR_FULL);
}

/* One for each side's turn; and one for each old chain with keys that are kept. */
static void a_forged_frame_costs_one_hash_a_header_key(void **state)
{
    static const uint8_t forged[250] = {1, 2, 3};
    struct vc_ratchet_found found;
    struct talk_frame lost;
    size_t tries = 1;

    (void)state;
    begin();
    assert_int_equal(vc_ratchet_tries(&alice.ratchet), 1);
    assert_int_equal(find(&alice, VC_BYTES(forged), 1, &found), VC_ERR_AUTH);
    for (size_t chain = 0; chain <= 10; chain++) {
        assert_int_equal(vc_ratchet_tries(&bob.ratchet), tries);
        assert_int_equal(find(&bob, VC_BYTES(forged), tries, &found), VC_ERR_AUTH);
        talk_seal(&alice, "lost", &lost);
        talk_say(&alice, &bob, "one");
        talk_say(&bob, &alice, "two");
        tries = 2 + (chain < VC_RATCHET_CHAINS_MAX ? chain : VC_RATCHET_CHAINS_MAX);
    }
    assert_int_equal(tries, 10);
}

static void header_keys_are_tried_from_the_likeliest_to_the_oldest(void **state)
{
    struct vc_ratchet_found found;
    struct talk_frame kept[3], frame;

    (void)state;
    begin();
    for (size_t i = 0; i < 3; i++) {
        talk_seal(&alice, "kept", &kept[i]);
        talk_say(&alice, &bob, "one");
        talk_say(&bob, &alice, "two");
    }
    talk_seal(&alice, "next", &frame);
    assert_int_equal(find(&bob, talk_bytes(&kept[2]), 1, &found), VC_OK);
    assert_int_equal(found.where, VC_RATCHET_PRESENT);
    assert_int_equal(find(&bob, talk_bytes(&frame), 2, &found), VC_OK);
    assert_int_equal(found.where, VC_RATCHET_NEXT);
    assert_int_equal(find(&bob, talk_bytes(&kept[1]), 3, &found), VC_OK);
    assert_int_equal(found.where, VC_RATCHET_OLD);
    assert_int_equal(found.old_at, 1);
    assert_int_equal(find(&bob, talk_bytes(&kept[0]), 4, &found), VC_OK);
    assert_int_equal(found.old_at, 0);
    assert_true(found.needs_key);
    assert_int_equal(found.place.chain, 1);
}

static void frames_of_another_session_are_not_of_this_one(void **state)
{
    struct vc_ratchet_found found;
    struct talk_frame frame;

    (void)state;
    begin();
    for (size_t i = 0; i < 5; i++) {
        talk_say(&alice, &bob, "here");
        talk_seal(&carol, "there", &frame);
        assert_int_equal(talk_hear(&bob, &frame, "there"), VC_ERR_AUTH);
        assert_int_equal(talk_hear(&dave, &frame, "there"), VC_OK);
        talk_seal(&bob, "here", &frame);
        assert_int_equal(talk_hear(&carol, &frame, "here"), VC_ERR_AUTH);
        assert_int_equal(talk_hear(&bob, &frame, "one's own"), VC_ERR_AUTH);
        assert_int_equal(talk_hear(&alice, &frame, "here"), VC_OK);
        talk_say(&dave, &carol, "there");
    }
    /* The same keys under another name are another session, too. */
    talk_seal(&alice, "here", &frame);
    bob.ratchet.session.b[0] ^= 1;
    assert_int_equal(find(&bob, talk_bytes(&frame), 2, &found), VC_ERR_AUTH);
}

static void what_is_too_short_is_not_of_any_session(void **state)
{
    struct vc_ratchet_found found;
    struct talk_frame frame;

    (void)state;
    begin();
    talk_seal(&alice, "", &frame);
    for (size_t len = 0; len < VC_RATCHET_OVERHEAD; len++) {
        struct vc_bytes cut = {frame.bytes, len};
        assert_int_equal(find(&bob, cut, 0, &found), VC_ERR_AUTH);
    }
    assert_int_equal(find(&bob, talk_bytes(&frame), 1, &found), VC_OK);
}

/* The headers of a peer who has the keys and does not keep to the rules: each is refused by
 * what it says, before any step is made for it. */
static void numbers_that_cannot_be_are_refused_at_once(void **state)
{
    struct vc_ratchet_found found;
    struct talk_frame frame;
    struct vc_ratchet *b = &bob.ratchet;
    const struct vc_key32 other = {{7}};
    struct vc_key32 present;

    (void)state;
    begin();
    /* The first chain follows no other. */
    forge(&frame, b, &b->recv_next, (struct vc_ratchet_header){other, 0, 1});
    assert_int_equal(find(&bob, talk_bytes(&frame), 1, &found), VC_ERR_MALFORMED);
    forge(&frame, b, &b->recv_next, (struct vc_ratchet_header){other, 2000, 0});
    assert_int_equal(find(&bob, talk_bytes(&frame), 1, &found), VC_OK);
    forge(&frame, b, &b->recv_next, (struct vc_ratchet_header){other, 2001, 0});
    assert_int_equal(find(&bob, talk_bytes(&frame), 1, &found), VC_ERR_FULL);
    talk_say(&alice, &bob, "hello");
    talk_say(&alice, &bob, "hello again");
    /* No next chain before there was an answer to this one. */
    forge(&frame, b, &b->recv_next, (struct vc_ratchet_header){other, 0, 2});
    assert_int_equal(find(&bob, talk_bytes(&frame), 2, &found), VC_ERR_MALFORMED);
    talk_say(&bob, &alice, "hello");
    assert_int_equal(find(&bob, talk_bytes(&frame), 2, &found), VC_OK);
    forge(&frame, b, &b->recv_next, (struct vc_ratchet_header){other, 0, 1});
    assert_int_equal(find(&bob, talk_bytes(&frame), 2, &found), VC_ERR_MALFORMED);
    /* A chain has one ratchet key. */
    present = b->peer_public;
    forge(&frame, b, &b->recv_header, (struct vc_ratchet_header){other, 2, 0});
    assert_int_equal(find(&bob, talk_bytes(&frame), 1, &found), VC_ERR_MALFORMED);
    forge(&frame, b, &b->recv_header, (struct vc_ratchet_header){present, 2, 77});
    assert_int_equal(find(&bob, talk_bytes(&frame), 1, &found), VC_OK);
}

static void the_largest_numbers_do_not_overflow(void **state)
{
    static const uint32_t large[] = {UINT32_MAX, UINT32_MAX - 1, UINT32_MAX - 2,
                                     UINT32_MAX / 2, UINT32_MAX / 2 + 1};
    struct vc_ratchet_found found;
    struct talk_frame frame;
    struct vc_ratchet *b = &bob.ratchet;
    const struct vc_key32 other = {{7}};

    (void)state;
    begin();
    for (size_t i = 0; i < 5; i++) {
        talk_seal(&alice, "kept", &frame);
    }
    talk_say(&alice, &bob, "hello");
    talk_say(&bob, &alice, "hello");
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
        vc_err err = large[i] == UINT32_MAX ? VC_ERR_MALFORMED : VC_ERR_FULL;

        forge(&frame, b, &b->recv_header,
              (struct vc_ratchet_header){b->peer_public, large[i], 0});
        assert_int_equal(find(&bob, talk_bytes(&frame), 1, &found), err);
        forge(&frame, b, &b->recv_next, (struct vc_ratchet_header){other, large[i], 6});
        assert_int_equal(find(&bob, talk_bytes(&frame), 2, &found), err);
        forge(&frame, b, &b->recv_next, (struct vc_ratchet_header){other, 0, large[i]});
        assert_int_equal(find(&bob, talk_bytes(&frame), 2, &found), VC_ERR_FULL);
        /* Together they are a small number of 32 bits. */
        forge(&frame, b, &b->recv_next,
              (struct vc_ratchet_header){other, UINT32_MAX - large[i] + 9, large[i]});
        assert_int_equal(find(&bob, talk_bytes(&frame), 2, &found), VC_ERR_FULL);
    }
    forge(&frame, b, &b->recv_next, (struct vc_ratchet_header){other, 9, 6});
    assert_int_equal(find(&bob, talk_bytes(&frame), 2, &found), VC_OK);
    assert_int_equal(found.skips, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_talk_in_turns),
        cmocka_unit_test(keys_that_are_not_needed_any_more_are_gone),
        cmocka_unit_test(a_recipient_who_has_opened_nothing_cannot_seal),
        cmocka_unit_test(a_prekey_of_low_order_begins_no_session),
        cmocka_unit_test(a_text_may_stand_where_it_will_be_sealed),
        cmocka_unit_test(the_longest_text_goes_through_and_a_longer_one_is_our_mistake),
        cmocka_unit_test(a_new_chain_needs_fresh_bytes_and_an_old_one_does_not),
        cmocka_unit_test(a_chain_ends_at_its_last_number),
        cmocka_unit_test(chains_are_not_counted_beyond_the_last_number),
        cmocka_unit_test(a_forged_frame_costs_one_hash_a_header_key),
        cmocka_unit_test(header_keys_are_tried_from_the_likeliest_to_the_oldest),
        cmocka_unit_test(frames_of_another_session_are_not_of_this_one),
        cmocka_unit_test(what_is_too_short_is_not_of_any_session),
        cmocka_unit_test(numbers_that_cannot_be_are_refused_at_once),
        cmocka_unit_test(the_largest_numbers_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
