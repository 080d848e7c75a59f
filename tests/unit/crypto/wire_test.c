/*
 * What the end-to-end layer looks like to somebody who sees every byte and holds no key: every
 * position of what is sent is even over many objects, and nearly all chats have one length.
 *
 * The judge is a chi-square of each position over its 256 values.  Everything comes from one fixed
 * seed, so a run says the same each time; honest random bytes would be refused with about one of
 * a million seeds.
 */
#include <math.h>
#include <stdio.h>

#include "crypto/pad.h"
#include "crypto/ratchet.h"
#include "tests/support/judge.h"
#include "tests/support/prop.h"
#include "tests/support/test.h"
#include "tests/unit/crypto/person.h"

#define OBJECTS       10000
#define STATEMENT_LEN 75 /* a live statement that names one device */
#define FRAME_LEN     (VC_RATCHET_OVERHEAD + VC_PAD_FLOOR)
#define OBJECT_MAX    (VC_OPENING_MAX + FRAME_LEN)

_Static_assert(OBJECT_MAX <= JUDGE_LEN_MAX, "an object with all its positions");

static const uint8_t network[8] = {'v', 'e', 'c', 'h', 'e', 't', 's', 't'};

/* Alice, Bob, and what he has published: the same in every session. */
struct talk {
    struct vc_rng rng;
    struct person alice, bob;
    struct vc_prekey prekey;
    struct vc_secret32 prekey_secret;
    uint8_t statement[STATEMENT_LEN];
    struct vc_session_keys keys;
    struct vc_ratchet ratchet;
    uint8_t object[OBJECT_MAX];
    size_t opening_len;
};

static void begin(struct talk *talk)
{
    const struct vc_secret32 seed = {{'w', 'i', 'r', 'e'}};

    memset(talk, 0, sizeof(*talk));
    assert_int_equal(vc_crypto_init(), VC_OK);
    vc_rng_init(&talk->rng, &seed);
    person_init(&talk->alice, 1);
    person_init(&talk->bob, 2);
    person_secret(&talk->prekey_secret, 3, 3);
    talk->prekey = (struct vc_prekey){.suite = VC_SUITE_CLASSIC,
                                      .id = 1,
                                      .from = PERSON_FROM_S,
                                      .until = PERSON_FROM_S + VC_PREKEY_USE_S};
    vc_dh_public(&talk->prekey.key, &talk->prekey_secret);
    vc_prekey_sign(&talk->prekey, &talk->bob.account.root,
                   &talk->bob.device.sig_secret);
}

static void draw(struct talk *talk, struct vc_secret32 *ret_secret)
{
    vc_rng_draw(&talk->rng, ret_secret, sizeof(*ret_secret));
}

static void open_session(struct talk *talk)
{
    struct vc_writer w = vc_writer(talk->object, VC_OPENING_MAX);
    struct vc_secret32 e, own;
    const struct vc_opening_recipient to = {.root = talk->bob.account.root,
                                            .dev_dh =
                                                talk->bob.device.certificate.dev_dh,
                                            .prekey = &talk->prekey};
    const struct vc_opening_sender from = {.root = talk->alice.account.root,
                                           .certificate =
                                               talk->alice.device.certificate,
                                           .generation = 1,
                                           .statement = VC_BYTES(talk->statement)};
    const struct vc_opening_config cfg = {.network_id = VC_BYTES(network),
                                          .to = &to,
                                          .from = &from,
                                          .dev_dh = &talk->alice.device.dh_secret,
                                          .e = &e};

    draw(talk, &e);
    draw(talk, &own);
    assert_int_equal(vc_opening_write(&cfg, &w, &talk->keys), VC_OK);
    assert_int_equal(
        vc_ratchet_init_initiator(&talk->ratchet, &talk->keys, &talk->prekey.key, &own),
        VC_OK);
    talk->opening_len = vc_writer_bytes(&w).len;
}

/* The same words, sealed by @ratchet. */
static void seal(struct talk *talk, struct vc_ratchet *ratchet,
                 uint8_t frame[FRAME_LEN])
{
    uint8_t text[VC_PAD_FLOOR] = "yes";
    struct vc_ratchet_place place;
    struct vc_secret32 fresh;

    draw(talk, &fresh);
    assert_int_equal(vc_pad_fill(text, 3), sizeof(text));
    assert_int_equal(vc_ratchet_seal(ratchet, &fresh, VC_BYTES(text), frame, &place),
                     VC_OK);
}

static void open_frame(struct vc_ratchet *ratchet, const uint8_t frame[FRAME_LEN])
{
    const struct vc_bytes bytes = {frame, FRAME_LEN};
    struct vc_ratchet_found found;
    struct vc_ratchet_change change;
    uint8_t text[VC_PAD_FLOOR];

    assert_int_equal(vc_ratchet_find(ratchet, bytes, &found), VC_OK);
    assert_int_equal(
        vc_ratchet_open(ratchet, &found, NULL, 0, bytes, text, NULL, &change), VC_OK);
}

static void first_objects_of_one_device_to_one_other_are_even(void **state)
{
    static struct judge judge;
    static struct talk talk;

    (void)state;
    begin(&talk);
    for (size_t i = 0; i < OBJECTS; i++) {
        open_session(&talk);
        seal(&talk, &talk.ratchet, talk.object + talk.opening_len);
        judge_look(&judge, talk.object, talk.opening_len + FRAME_LEN);
    }
    assert_int_equal(judge_uneven(&judge), 0);
}

static void frames_of_one_chat_are_even(void **state)
{
    static struct judge judge;
    static struct talk talk;
    struct vc_ratchet bob, *sides[2] = {&talk.ratchet, &bob};
    uint8_t frame[FRAME_LEN];

    (void)state;
    begin(&talk);
    open_session(&talk);
    vc_ratchet_init_recipient(&bob, &talk.keys, &talk.prekey_secret);
    for (size_t i = 0; i < OBJECTS; i++) {
        int side = i / 4 % 2 != 0; /* four in a row, then the other */

        seal(&talk, sides[side], frame);
        open_frame(sides[!side], frame);
        judge_look(&judge, frame, sizeof(frame));
    }
    assert_int_equal(judge_uneven(&judge), 0);
}

/* What the judge has to see: a bit that is always the same, a counter, and a fixed byte. */
static void the_judge_sees_what_is_not_even(void **state)
{
    static struct judge judge;
    const struct vc_secret32 seed = {{'b', 'a', 'd'}};
    struct vc_rng rng;
    uint8_t object[5];

    (void)state;
    vc_rng_init(&rng, &seed);
    for (size_t i = 0; i < OBJECTS; i++) {
        vc_rng_draw(&rng, object, sizeof(object));
        object[0] &= 0x7f;
        object[1] = (uint8_t)i;
        object[2] = 0x80;
        judge_look(&judge, object, sizeof(object));
    }
    assert_true(judge_chi_square(&judge, 0) > JUDGE_CHI_MAX);
    assert_true(judge_chi_square(&judge, 1) < JUDGE_CHI_MIN);
    assert_true(judge_chi_square(&judge, 2) > JUDGE_CHI_MAX);
    assert_in_range((uintmax_t)judge_chi_square(&judge, 3), JUDGE_CHI_MIN,
                    JUDGE_CHI_MAX);
    assert_in_range((uintmax_t)judge_chi_square(&judge, 4), JUDGE_CHI_MIN,
                    JUDGE_CHI_MAX);
    assert_true(judge_uneven(&judge) >= 3);
}

/* What people type, in bytes: half of it below 40, one in seven above 80, one in fifty above
 * 170; the logarithm is normal (here the sum of twelve even numbers). */
static size_t typed_len(struct vc_prop *prop)
{
    double sum = -6;

    for (int i = 0; i < 12; i++) {
        sum += (double)vc_prop_below(prop, 1000000) / 1e6;
    }
    double len = 40 * exp(0.7 * sum);
    return len < 1 ? 1 : (size_t)len;
}

static void nearly_all_short_chats_have_one_length(void **state)
{
    /* Around the text: kind, number, clock, parents, type, and the number of delivery. */
    enum { AROUND = 40, CORPUS = 20000 };
    struct vc_prop prop = vc_prop_begin("nearly_all_short_chats_have_one_length");
    size_t same = 0, longest = 0;

    (void)state;
    for (size_t i = 0; i < CORPUS; i++) {
        size_t len = VC_RATCHET_OVERHEAD + vc_pad_len(AROUND + typed_len(&prop));

        same += len == FRAME_LEN;
        longest = len > longest ? len : longest;
    }
    printf("%.1f %% of %d texts make %d bytes, the longest %zu\n",
           100.0 * (double)same / CORPUS, CORPUS, FRAME_LEN, longest);
    assert_int_equal(FRAME_LEN, 272);
    assert_true(100 * same >= (size_t)95 * CORPUS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_judge_sees_what_is_not_even),
        cmocka_unit_test(first_objects_of_one_device_to_one_other_are_even),
        cmocka_unit_test(frames_of_one_chat_are_even),
        cmocka_unit_test(nearly_all_short_chats_have_one_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
