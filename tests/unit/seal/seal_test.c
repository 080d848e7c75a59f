#include "tests/support/check.h"
#include "tests/unit/seal/host.h"

static void without_keys_nothing_is_sealed(void **state)
{
    struct host a, b;
    struct vc_sealed sealed;
    struct vc_bytes none = {NULL, 0};
    struct vc_seal_state known;
    struct parcel parcel;

    (void)state;
    host_open(&a, 1, true);
    host_open(&b, 2, true);
    assert_int_equal(vc_seal_seal(a.seal, &a.now, PEER, 1, none, none, &sealed),
                     VC_ERR_NOT_FOUND);
    assert_false(vc_seal_state(a.seal, &a.now, PEER, &known));
    assert_false(vc_seal_owes_turn(a.seal, PEER));
    assert_int_equal(vc_seal_generation(a.seal, PEER), 0);
    vc_seal_rekey(a.seal, &a.now, PEER, 1, VC_SEAL_UNOPENED); /* nobody: nothing */
    host_meet(&a, &b);
    assert_int_equal(host_try_seal(&a, 1, "x", &parcel), VC_ERR_AWAY);
    assert_false(host_state(&a).has_prekey);
    host_give_keys(&a, &b, 1);
    assert_true(host_state(&a).has_prekey);
    assert_false(host_state(&a).has_session);
    parcel = host_seal(&a, 1, "x");
    assert_true(host_state(&a).has_session);
    assert_int_equal(host_state(&a).since, a.now.unix_ms);
    assert_memory_equal(host_state(&a).session.b, parcel.session.b, 16);
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static void an_opening_stands_in_front_until_the_first_reply(void **state)
{
    struct host a, b;
    struct parcel first, second;

    (void)state;
    host_pair(&a, &b, 1);
    first = host_seal(&a, 1, "one");
    assert_true(first.prefix_len > 0 && first.prefix_len <= VC_SEAL_OPENING_MAX);
    host_take(&b, &first, "one");
    host_say(&b, &a, 1, "reply");
    second = host_seal(&a, 2, "two");
    assert_int_equal(second.prefix_len, 0);
    host_crash(&a);
    host_meet(&a, &b);
    assert_int_equal(vc_seal_prefix(a.seal, PEER, &first.session).len, 0);
    host_take(&b, &second, "two");
    parcel_free(&first);
    parcel_free(&second);
    host_close_pair(&a, &b);
}

static void an_acknowledgement_drops_the_opening(void **state)
{
    struct host a, b;
    struct parcel first, second, third;
    struct vc_id16 nobody = {{0}};

    (void)state;
    host_pair(&a, &b, 1);
    first = host_seal(&a, 1, "one");
    second = host_seal(&a, 2, "two");
    host_turn(&a);
    host_take(&b, &first, "one");
    vc_seal_confirm(a.seal, PEER, &nobody);
    assert_true(vc_seal_prefix(a.seal, PEER, &first.session).len > 0);
    vc_seal_confirm(a.seal, PEER, &first.session);
    assert_int_equal(vc_seal_prefix(a.seal, PEER, &first.session).len, 0);
    third = host_again(&a, &second);
    assert_int_equal(third.prefix_len, 0);
    host_take(&b, &third, "two");
    /* The row is written with the next change; until then a crash brings it back. */
    host_crash(&a);
    host_meet(&a, &b);
    assert_true(vc_seal_prefix(a.seal, PEER, &first.session).len > 0);
    vc_seal_confirm(a.seal, PEER, &first.session);
    host_say(&a, &b, 3, "three");
    host_crash(&a);
    host_meet(&a, &b);
    assert_int_equal(vc_seal_prefix(a.seal, PEER, &first.session).len, 0);
    parcel_free(&first);
    parcel_free(&second);
    parcel_free(&third);
    host_close_pair(&a, &b);
}

static void the_longest_object_and_the_empty_one_are_sealed(void **state)
{
    static uint8_t text[VC_SEAL_OBJECT_MAX + 1];
    struct vc_bytes all = {text, VC_SEAL_OBJECT_MAX}, none = {NULL, 0};
    struct host a, b;
    struct vc_sealed sealed;
    struct vc_opened opened;
    struct parcel parcel;
    uint8_t *object;
    struct vc_bytes prefix;

    (void)state;
    memset(text, 0x80, sizeof text);
    host_pair(&a, &b, 1);
    assert_int_equal(vc_store_reserve(a.store, VC_SEAL_SEAL_OPS, VC_SEAL_SEAL_BYTES),
                     VC_OK);
    assert_int_equal(
        vc_seal_seal(a.seal, &a.now, PEER, (UINT64_C(1) << 62) - 1, none, all, &sealed),
        VC_OK);
    assert_true(sealed.frame.len <= VC_SEAL_FRAME_MAX);
    prefix = vc_seal_prefix(a.seal, PEER, &sealed.session);
    object = malloc(prefix.len + sealed.frame.len);
    memcpy(object, prefix.data, prefix.len);
    memcpy(object + prefix.len, sealed.frame.data, sealed.frame.len);
    assert_int_equal(
        vc_seal_open(b.seal, &b.now, PEER,
                     (struct vc_bytes){object, prefix.len + sealed.frame.len}, &opened),
        VC_OK);
    free(object);
    assert_int_equal(opened.number, (UINT64_C(1) << 62) - 1);
    assert_int_equal(opened.object.len, VC_SEAL_OBJECT_MAX);
    assert_memory_equal(opened.object.data, text, VC_SEAL_OBJECT_MAX);
    host_accept(&b);
    all.len++;
    expect_assert_failure(assert_int_equal(
        vc_seal_seal(a.seal, &a.now, PEER, 1, none, all, &sealed), VC_OK));
    parcel = host_seal(&a, 2, "");
    assert_int_equal(parcel_frame(&parcel).len, VC_RATCHET_OVERHEAD + 192);
    host_take(&b, &parcel, "");
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

/* The longest live statement stands in the openings of @host from now on. */
static void add_statement(struct host *host)
{
    struct vc_live *live = &host->person.account.live;

    live->list_seq = 1;
    live->count = VC_LIVE_INDICES_MAX;
    for (uint16_t i = 0; i < live->count; i++) {
        live->indices[i] = i;
    }
}

static void a_long_statement_fits_into_an_opening(void **state)
{
    struct host a, b;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 1);
    add_statement(&a);
    parcel = host_seal(&a, 1, "long");
    assert_true(parcel.prefix_len > 290 + 75 &&
                parcel.prefix_len <= VC_SEAL_OPENING_MAX);
    host_turn(&a);
    host_crash(&a);
    host_meet(&a, &b);
    assert_int_equal(vc_seal_prefix(a.seal, PEER, &parcel.session).len,
                     parcel.prefix_len);
    host_take(&b, &parcel, "long");
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static void a_new_session_is_answered_and_a_long_chain_turned(void **state)
{
    struct host a, b;

    (void)state;
    host_pair(&a, &b, 1);
    assert_false(vc_seal_owes_turn(a.seal, PEER));
    host_say(&a, &b, 1, "first");
    assert_false(vc_seal_owes_turn(a.seal, PEER));
    assert_true(vc_seal_owes_turn(b.seal, PEER));
    host_say(&b, &a, 1, "");
    assert_false(vc_seal_owes_turn(a.seal, PEER)); /* an answer wants no answer */
    assert_false(vc_seal_owes_turn(b.seal, PEER));
    for (uint64_t i = 0; i < VC_SEAL_TURN_FRAMES; i++) {
        assert_false(vc_seal_owes_turn(b.seal, PEER));
        host_say(&a, &b, 2 + i, "only one side writes");
    }
    assert_true(vc_seal_owes_turn(b.seal, PEER));
    host_say(&b, &a, 2, "");
    assert_false(vc_seal_owes_turn(b.seal, PEER));
    assert_false(vc_seal_owes_turn(a.seal, PEER));
    host_say(&a, &b, 200, "the chain has turned");
    assert_false(vc_seal_owes_turn(b.seal, PEER));
    host_close_pair(&a, &b);
}

static void a_tag_tells_frames_under_one_number_apart(void **state)
{
    struct host a, b;
    struct parcel one, two;
    uint8_t tag[VC_SEAL_TAG_LEN], other[VC_SEAL_TAG_LEN];
    static const uint8_t zeros[VC_SEAL_TAG_LEN];

    (void)state;
    host_pair(&a, &b, 1);
    one = host_seal(&a, 1, "same");
    two = host_seal(&a, 1, "same");
    vc_seal_tag(parcel_frame(&one), tag);
    vc_seal_tag(parcel_frame(&two), other);
    assert_memory_not_equal(tag, other, sizeof tag);
    vc_seal_tag((struct vc_bytes){one.bytes, VC_RATCHET_OVERHEAD - 1}, tag);
    assert_memory_equal(tag, zeros, sizeof tag);
    parcel_free(&one);
    parcel_free(&two);
    host_close_pair(&a, &b);
}

static size_t equal_bytes(struct vc_bytes a, struct vc_bytes b, size_t from)
{
    size_t count = 0;

    assert_int_equal(a.len, b.len);
    for (size_t i = from; i < a.len; i++) {
        count += a.data[i] == b.data[i] ? 1 : 0;
    }
    return count;
}

/* Something else, or the same words: neither shows. */
static const char *said_again(size_t i)
{
    return i % 4 < 2 ? "and now it is something else" : "what the lost time said";
}

/* A store that was put back uses message keys a second time. */
static void an_old_store_gives_nothing_away(void **state)
{
    enum { FRAMES = 64 };
    static struct parcel lost[FRAMES], again[FRAMES];
    struct host a, b;
    struct vc_memory_disk *old;
    size_t equal = 0, bytes = 0;

    (void)state;
    host_pair(&a, &b, 1);
    host_say(&a, &b, 1, "before");
    host_say(&b, &a, 1, "before");
    host_say(&a, &b, 2, "before");
    old = vc_memory_disk_copy(a.disk);
    for (uint64_t i = 0; i < FRAMES; i++) {
        lost[i] = host_seal(&a, 3 + i, "what the lost time said");
    }
    host_restore(&a, old);
    host_meet(&a, &b);
    for (uint64_t i = 0; i < FRAMES; i++) {
        again[i] = host_seal(&a, 3 + i, said_again(i));
        /* The same place, the same header: nothing else. */
        assert_int_equal(again[i].place.n, lost[i].place.n);
        assert_memory_equal(again[i].bytes, lost[i].bytes, VC_RATCHET_HEADER_LEN);
        equal += equal_bytes(parcel_object(&lost[i]), parcel_object(&again[i]),
                             VC_RATCHET_HEADER_LEN);
        bytes += lost[i].len - VC_RATCHET_HEADER_LEN;
    }
    /* By chance 1 of 256: 54 of 13,824; ten standard deviations more are 128. */
    assert_true(bytes == FRAMES * 216 && equal < 128);
    /* The other side opens one of the two, as it was sealed, and no other. */
    for (size_t i = 0; i < FRAMES; i++) {
        const bool is_lost = i % 2 == 0;

        host_take(&b, is_lost ? &lost[i] : &again[i],
                  is_lost ? "what the lost time said" : said_again(i));
        host_expect_refused(&b, is_lost ? &again[i] : &lost[i], VC_ERR_EXISTS);
        parcel_free(&lost[i]);
        parcel_free(&again[i]);
    }
    host_rekey(&a, vc_seal_generation(b.seal, PEER), VC_SEAL_ROLLBACK);
    host_say(&a, &b, 100, "in a new session");
    assert_int_equal(host_state(&a).reason, VC_SEAL_ROLLBACK);
    host_say(&b, &a, 100, "it goes on");
    host_close_pair(&a, &b);
}

static void when_an_allocation_fails_nothing_has_changed(void **state)
{
    static struct host_picture before;
    struct host a, b;
    struct parcel parcel, later;
    struct vc_opened opened;

    (void)state;
    host_pair(&a, &b, 1);
    host_picture(&a, &before);
    for (uint64_t n = 1;; n++) {
        vc_err err;

        a.alloc.fails_at = a.alloc.calls + n;
        err = host_try_seal(&a, 1, "words", &parcel);
        a.alloc.fails_at = 0;
        if (err == VC_OK) {
            assert_true(n > 1);
            break;
        }
        assert_int_equal(err, VC_ERR_NO_MEMORY);
        host_expect_same(&a, &before);
    }
    for (int i = 0; i < 5; i++) {
        later = host_seal(&a, 2, "later");
        if (i < 4) {
            parcel_free(&later);
        }
    }
    host_picture(&b, &before);
    for (uint64_t n = 1;; n++) {
        vc_err err;

        b.alloc.fails_at = b.alloc.calls + n;
        err = host_try_open(&b, &later, &opened); /* a new session that skips */
        b.alloc.fails_at = 0;
        if (err == VC_OK) {
            assert_true(n > 2);
            break;
        }
        assert_int_equal(err, VC_ERR_NO_MEMORY);
        host_expect_same(&b, &before);
    }
    host_accept(&b);
    parcel_free(&parcel);
    parcel_free(&later);
    host_close_pair(&a, &b);
}

static void a_beginning_without_memory_leaves_nothing(void **state)
{
    struct host a;
    struct vc_secret32 seed = {{1}};
    struct vc_seal_config cfg;
    struct vc_seal *seal;

    (void)state;
    vc_seal_deinit(NULL);
    host_open(&a, 1, true);
    cfg = a.seal->cfg;
    for (uint64_t n = 1;; n++) {
        vc_err err;

        a.alloc.fails_at = a.alloc.calls + n;
        err = vc_seal_init(&cfg, &a.now, &seed, &seal);
        a.alloc.fails_at = 0;
        if (err == VC_OK) {
            assert_true(n > 3);
            break;
        }
        assert_int_equal(err, VC_ERR_NO_MEMORY);
    }
    vc_seal_deinit(seal);
    host_close(&a);
}

/* The chain is full: the next one is sealed in a new session. */
static void a_chain_at_its_end_begins_a_session(void **state)
{
    struct host a, b;
    struct vc_seal_peer *peer;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 1);
    host_say(&a, &b, 1, "first");
    host_say(&b, &a, 1, "first");
    host_say(&a, &b, 2, "second");
    assert_int_equal(vc_seal_peer_load(a.seal, PEER, &peer), VC_OK);
    vc_seal_session_best(peer)->ratchet.send_n = UINT32_MAX;
    assert_int_equal(host_try_seal(&a, 3, "no number left", &parcel), VC_ERR_AWAY);
    host_say(&a, &b, 3, "in a new one");
    assert_int_equal(host_state(&a).generation, 2);
    host_close_pair(&a, &b);
}

static void what_a_seal_reserves_is_enough(void **state)
{
    struct host a, b;
    struct parcel parcel;
    uint32_t n = 0;

    (void)state;
    host_pair(&a, &b, VC_ONE_TIME_MAX);
    add_statement(&a);
    vc_memory_commit_at_once(a.store, false);
    while (vc_store_reserve(a.store, VC_SEAL_SEAL_OPS + 1, VC_SEAL_SEAL_BYTES + 4) ==
           VC_OK) {
        vc_store_put(a.store, VC_TABLE_EVENT,
                     (struct vc_bytes){(const uint8_t *)&n, sizeof n},
                     (struct vc_bytes){NULL, 0});
        n++;
    }
    parcel = host_seal(&a, 1, "the biggest rows");
    host_turn(&a);
    host_take(&b, &parcel, "the biggest rows");
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_keys_nothing_is_sealed),
        cmocka_unit_test(an_opening_stands_in_front_until_the_first_reply),
        cmocka_unit_test(an_acknowledgement_drops_the_opening),
        cmocka_unit_test(the_longest_object_and_the_empty_one_are_sealed),
        cmocka_unit_test(a_long_statement_fits_into_an_opening),
        cmocka_unit_test(a_new_session_is_answered_and_a_long_chain_turned),
        cmocka_unit_test(a_tag_tells_frames_under_one_number_apart),
        cmocka_unit_test(an_old_store_gives_nothing_away),
        cmocka_unit_test(when_an_allocation_fails_nothing_has_changed),
        cmocka_unit_test(a_beginning_without_memory_leaves_nothing),
        cmocka_unit_test(a_chain_at_its_end_begins_a_session),
        cmocka_unit_test(what_a_seal_reserves_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
