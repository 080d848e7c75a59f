#include "crypto/pad.h"
#include "tests/support/check.h"
#include "tests/unit/seal/host.h"

static void the_first_object_opens_with_a_one_time_prekey(void **state)
{
    struct host a, b;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    host_say(&a, &b, 1, "hello");
    assert_int_equal(host_state(&b).generation, 1);
    assert_int_equal(host_state(&b).reason, VC_SEAL_THEIRS);
    assert_int_equal(host_state(&a).reason, VC_SEAL_FIRST);
    assert_int_equal(host_count(&b, VC_TABLE_PREKEY), ONE_TIMES); /* and one signed */
    assert_int_equal(host_stats(&a).sessions_begun, 1);
    assert_int_equal(host_stats(&b).sessions_taken, 1);
    host_say(&b, &a, 1, "and you");
    host_close_pair(&a, &b);
}

static void the_first_object_opens_without_one(void **state)
{
    struct host a, b;

    (void)state;
    host_pair(&a, &b, 0);
    host_say(&a, &b, 1, "hello");
    host_say(&b, &a, 1, "and you");
    assert_int_equal(host_count(&b, VC_TABLE_PREKEY), 1);
    host_close_pair(&a, &b);
}

static void a_repeated_opening_with_later_frames_is_of_the_same_session(void **state)
{
    struct host a, b;
    struct parcel frames[4];

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    for (uint64_t i = 0; i < 4; i++) {
        frames[i] = host_seal(&a, i, "again");
        assert_true(frames[i].prefix_len > 0);
        assert_memory_equal(frames[i].bytes, frames[0].bytes, frames[0].prefix_len);
    }
    for (size_t i = 4; i > 0; i--) { /* the last comes first */
        host_take(&b, &frames[i - 1], "again");
        parcel_free(&frames[i - 1]);
    }
    assert_int_equal(host_stats(&b).sessions_taken, 1);
    assert_int_equal(host_count(&b, VC_TABLE_REPLAY), 1);
    host_close_pair(&a, &b);
}

/* Five sessions of higher generations push the first one out. */
static void push_out(struct host *a, struct host *b)
{
    for (uint32_t i = 0; i <= VC_SEAL_SESSIONS_MAX + 1; i++) {
        host_rekey(a, 0, VC_SEAL_UNOPENED);
        host_say(a, b, 100 + i, "anew");
    }
}

static void an_opening_whose_session_is_gone_is_refused(void **state)
{
    struct host a, b;
    struct parcel first;

    (void)state;
    host_pair(&a, &b, 0);
    first = host_seal(&a, 1, "first");
    host_take(&b, &first, "first");
    host_expect_refused(&b, &first, VC_ERR_EXISTS);
    push_out(&a, &b);
    host_expect_refused(&b, &first, VC_ERR_AUTH);
    host_crash(&b);
    host_meet(&b, &a);
    host_expect_refused(&b, &first, VC_ERR_AUTH);
    /* With the prekey it would be opened, if nobody remembered it. */
    assert_int_equal(host_count(&b, VC_TABLE_REPLAY), VC_SEAL_SESSIONS_MAX + 3);
    parcel_free(&first);
    host_close_pair(&a, &b);
}

static void nothing_is_kept_of_what_is_not_accepted(void **state)
{
    static struct host_picture before;
    struct host a, b;
    struct vc_opened opened;
    struct parcel frames[6];

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    for (uint64_t i = 0; i < 6; i++) {
        frames[i] = host_seal(&a, i, "words");
    }
    /* A new session that skips; then in a session: the next, one that skips, one kept. */
    host_picture(&b, &before);
    assert_int_equal(host_try_open(&b, &frames[3], &opened), VC_OK);
    host_expect_same(&b, &before);
    host_take(&b, &frames[2], "words");
    for (size_t i = 0; i < 6; i++) {
        if (i != 2) {
            host_picture(&b, &before);
            assert_int_equal(host_try_open(&b, &frames[i], &opened), VC_OK);
            host_expect_same(&b, &before);
        }
    }
    for (size_t i = 0; i < 6; i++) {
        if (i != 2) {
            host_take(&b, &frames[i], "words");
        }
        parcel_free(&frames[i]);
    }
    host_close_pair(&a, &b);
}

static void what_was_opened_before_is_said_to_be(void **state)
{
    struct host a, b;
    struct parcel first, second;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    first = host_seal(&a, 1, "one");
    second = host_seal(&a, 2, "two");
    host_take(&b, &second, "two");
    host_take(&b, &first, "one");
    host_expect_refused(&b, &first, VC_ERR_EXISTS);
    host_expect_refused(&b, &second, VC_ERR_EXISTS);
    assert_int_equal(host_stats(&b).duplicates, 2);
    parcel_free(&first);
    parcel_free(&second);
    host_close_pair(&a, &b);
}

static void a_changed_byte_opens_nothing(void **state)
{
    struct host a, b;
    struct parcel first, later;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    first = host_seal(&a, 1, "words");
    for (size_t i = 0; i < first.len; i += 5) {
        first.bytes[i] ^= 0x10;
        host_expect_refused(&b, &first, VC_ERR_AUTH);
        first.bytes[i] ^= 0x10;
    }
    host_take(&b, &first, "words");
    later = host_seal(&a, 2, "words");
    for (size_t i = later.prefix_len; i < later.len; i += 5) {
        later.bytes[i] ^= 1;
        host_expect_refused(&b, &later, VC_ERR_AUTH);
        later.bytes[i] ^= 1;
    }
    for (size_t len = later.len; later.len > 0;) {
        later.len--;
        host_expect_refused(&b, &later, VC_ERR_AUTH);
        if (later.len == 0) {
            later.len = len;
            break;
        }
    }
    host_take(&b, &later, "words");
    parcel_free(&first);
    parcel_free(&later);
    host_close_pair(&a, &b);
}

static void another_device_of_the_contact_is_refused(void **state)
{
    struct host a, b;
    struct vc_device second;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 0);
    person_device(&second, &a.person.account, 1, 1);
    assert_int_equal(
        vc_seal_peer_put(b.seal, PEER, &a.person.account.root, &second.certificate),
        VC_OK);
    parcel = host_seal(&a, 1, "who");
    host_expect_refused(&b, &parcel, VC_ERR_AUTH);
    host_meet(&b, &a);
    host_take(&b, &parcel, "who");
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static void another_root_is_refused(void **state)
{
    struct host a, b;
    struct person stranger;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 0);
    person_init(&stranger, 9);
    assert_int_equal(vc_seal_peer_put(b.seal, PEER, &stranger.account.root,
                                      &a.person.device.certificate),
                     VC_OK);
    parcel = host_seal(&a, 1, "who");
    host_expect_refused(&b, &parcel, VC_ERR_AUTH);
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static void another_network_is_refused(void **state)
{
    struct host a, b;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 0);
    host_turn(&b);
    b.network = "else";
    host_crash(&b);
    host_meet(&b, &a);
    parcel = host_seal(&a, 1, "where");
    host_expect_refused(&b, &parcel, VC_ERR_AUTH);
    b.network = "test";
    host_crash(&b);
    host_meet(&b, &a);
    host_take(&b, &parcel, "where");
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static void an_opening_of_a_suite_below_the_best_is_refused(void **state)
{
    struct host a, b;
    struct vc_seal_peer *peer;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 0);
    assert_int_equal(vc_seal_peer_load(b.seal, PEER, &peer), VC_OK);
    peer->row.suite = VC_SUITE_CLASSIC + 1;
    parcel = host_seal(&a, 1, "low");
    host_expect_refused(&b, &parcel, VC_ERR_AUTH);
    peer->row.suite = 0;
    host_take(&b, &parcel, "low");
    assert_int_equal(peer->row.suite, VC_SUITE_CLASSIC);
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static void a_generation_without_a_higher_one_is_refused(void **state)
{
    struct host a, b;
    struct vc_seal_peer *peer;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 0);
    assert_int_equal(vc_seal_peer_load(a.seal, PEER, &peer), VC_OK);
    peer->row.generation = VC_SEAL_GENERATION_MAX - 1;
    parcel = host_seal(&a, 1, "the last");
    host_take(&b, &parcel, "the last");
    parcel_free(&parcel);
    host_rekey(&b, 0, VC_SEAL_UNOPENED);
    assert_int_equal(host_try_seal(&b, 1, "none is higher", &parcel), VC_ERR_AWAY);
    host_rekey(&b, UINT32_MAX, VC_SEAL_UNOPENED);
    assert_int_equal(vc_seal_generation(b.seal, PEER), VC_SEAL_GENERATION_MAX);
    host_close_pair(&a, &b);
}

/* Seals @content as it is, behind what seal.c would not write. */
static struct parcel seal_content(struct host *host, struct vc_bytes content)
{
    struct parcel parcel = host_seal(host, 7, "to begin with");
    struct vc_seal_peer *peer = vc_seal_peer_find(host->seal, PEER);
    struct vc_seal_session *session = vc_seal_session_best(peer);
    struct vc_ratchet_place place;

    parcel_free(&parcel);
    parcel.bytes = malloc(session->opening_len + VC_RATCHET_OVERHEAD + content.len);
    parcel.prefix_len = session->opening_len;
    parcel.len = session->opening_len + VC_RATCHET_OVERHEAD + content.len;
    memcpy(parcel.bytes, session->opening, session->opening_len);
    assert_int_equal(vc_ratchet_seal(&session->ratchet, NULL, content,
                                     parcel.bytes + parcel.prefix_len, &place),
                     VC_OK);
    return parcel;
}

static void content_that_is_not_of_the_form_is_malformed(void **state)
{
    static uint8_t room[VC_RATCHET_TEXT_MAX];
    static const struct {
        uint8_t bytes[10];
        size_t len;
    } contents[] = {
        {{0}, 0},                            /* nothing, not even padding */
        {{0, 0, 0, 0}, 4},                   /* padding without its mark */
        {{0x80, 0, 0, 0}, 4},                /* no number */
        {{0x40, 5, 0x80, 0}, 4},             /* a number in a longer form */
        {{0x40, 0x80, 0, 0}, 4},             /* a number that is cut off */
        {{1, 2, 3, 4}, 4},                   /* no padding */
        {{1, 2, 3, 4, 5, 6, 7, 8, 0x80}, 9}, /* a salt that is cut off */
    };
    struct host a, b;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 0);
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        parcel =
            seal_content(&a, (struct vc_bytes){contents[i].bytes, contents[i].len});
        host_expect_refused(&b, &parcel, VC_ERR_MALFORMED);
        parcel_free(&parcel);
    }
    /* An object that is longer than one may be, and a frame that is. */
    room[1 + VC_SEAL_SALT_LEN + VC_SEAL_OBJECT_MAX + 1] = 0x80;
    parcel = seal_content(
        &a, (struct vc_bytes){room, 1 + VC_SEAL_SALT_LEN + VC_SEAL_OBJECT_MAX + 2});
    host_expect_refused(&b, &parcel, VC_ERR_MALFORMED);
    parcel_free(&parcel);
    parcel = seal_content(&a, (struct vc_bytes){room, sizeof room});
    host_expect_refused(&b, &parcel, VC_ERR_MALFORMED);
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static void junk_is_not_opened(void **state)
{
    static uint8_t junk[2048];
    struct host a, b;
    struct parcel parcel = {.bytes = junk};

    (void)state;
    host_pair(&a, &b, 1);
    host_say(&a, &b, 1, "a session that is tried");
    for (size_t len = 0; len < sizeof junk; len += 37) {
        junk[len] = (uint8_t)len;
        parcel.len = len;
        host_expect_refused(&b, &parcel, VC_ERR_AUTH);
    }
    assert_int_equal(vc_seal_open(b.seal, &b.now, 99, parcel_object(&parcel), NULL),
                     VC_ERR_NOT_FOUND);
    host_close_pair(&a, &b);
}

/* What stands where none can stand now is complained of, or a store that was put back would
 * wait for ever. */
static void a_frame_from_another_time_is_not_malformed(void **state)
{
    struct host a, b;
    struct vc_memory_disk *old;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 0);
    host_say(&a, &b, 1, "one");
    host_say(&b, &a, 1, "two");
    old = vc_memory_disk_copy(b.disk);
    host_say(&a, &b, 2, "three"); /* b's sending chain ends with it */
    host_restore(&b, old);
    host_meet(&b, &a);
    host_say(&b, &a, 2, "four"); /* and goes on here: a takes it for its chain's next */
    parcel = host_seal(&a, 3, "five");
    host_take(&b, &parcel, "five");
    parcel_free(&parcel);
    old = vc_memory_disk_copy(a.disk);
    host_say(&b, &a, 3, "six");
    host_say(&a, &b, 4, "seven");
    host_restore(&a, old);
    host_meet(&a, &b);
    parcel = host_seal(&b, 4, "eight");
    host_expect_refused(&a, &parcel, VC_ERR_AUTH);
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_object_opens_with_a_one_time_prekey),
        cmocka_unit_test(the_first_object_opens_without_one),
        cmocka_unit_test(a_repeated_opening_with_later_frames_is_of_the_same_session),
        cmocka_unit_test(an_opening_whose_session_is_gone_is_refused),
        cmocka_unit_test(nothing_is_kept_of_what_is_not_accepted),
        cmocka_unit_test(what_was_opened_before_is_said_to_be),
        cmocka_unit_test(a_changed_byte_opens_nothing),
        cmocka_unit_test(another_device_of_the_contact_is_refused),
        cmocka_unit_test(another_root_is_refused),
        cmocka_unit_test(another_network_is_refused),
        cmocka_unit_test(an_opening_of_a_suite_below_the_best_is_refused),
        cmocka_unit_test(a_generation_without_a_higher_one_is_refused),
        cmocka_unit_test(content_that_is_not_of_the_form_is_malformed),
        cmocka_unit_test(junk_is_not_opened),
        cmocka_unit_test(a_frame_from_another_time_is_not_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
