#include "tests/support/check.h"
#include "tests/unit/seal/host.h"

/* Two devices of which the second one commits when it is told to. */
static void pair_slow(struct host *a, struct host *b, size_t one_times)
{
    host_open(a, 1, true);
    host_open(b, 2, false);
    host_meet(a, b);
    host_meet(b, a);
    host_give_keys(a, b, one_times);
    host_give_keys(b, a, one_times);
}

static bool is_there(struct host *host, enum vc_table table, struct vc_seal_key key)
{
    struct vc_bytes value;

    return vc_store_get(host->store, table, vc_seal_key_bytes(&key), &value) == VC_OK;
}

/* The id of the only one-time prekey that @host was given. */
static uint32_t only_one_time(struct host *host)
{
    struct vc_seal_peer *peer;

    assert_int_equal(vc_seal_peer_load(host->seal, PEER, &peer), VC_OK);
    assert_int_equal(peer->row.one_time_count, 1);
    return peer->row.one_times[0].id;
}

static void a_one_time_prekey_goes_in_the_turn_in_which_its_session_comes(void **state)
{
    struct host a, b;
    struct parcel parcel;
    struct vc_opened opened;
    uint32_t id;

    (void)state;
    pair_slow(&a, &b, 1);
    id = only_one_time(&a);
    parcel = host_seal(&a, 1, "hello");
    assert_int_equal(host_try_open(&b, &parcel, &opened), VC_OK);
    assert_true(is_there(&b, VC_TABLE_PREKEY, vc_seal_key_prekey(id)));
    host_accept(&b);
    assert_false(is_there(&b, VC_TABLE_PREKEY, vc_seal_key_prekey(id)));
    assert_true(is_there(&b, VC_TABLE_SESSION, vc_seal_key_session(PEER, 1)));
    /* The turn is lost: the other state, as a whole. */
    host_crash(&b);
    host_meet(&b, &a);
    assert_true(is_there(&b, VC_TABLE_PREKEY, vc_seal_key_prekey(id)));
    assert_false(is_there(&b, VC_TABLE_SESSION, vc_seal_key_session(PEER, 1)));
    host_take(&b, &parcel, "hello");
    host_turn(&b);
    host_crash(&b);
    host_meet(&b, &a);
    assert_false(is_there(&b, VC_TABLE_PREKEY, vc_seal_key_prekey(id)));
    assert_true(is_there(&b, VC_TABLE_SESSION, vc_seal_key_session(PEER, 1)));
    host_expect_refused(&b, &parcel, VC_ERR_EXISTS);
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static void keys_that_are_skipped_are_rows_until_they_are_used(void **state)
{
    struct host a, b;
    struct parcel frames[5];

    (void)state;
    host_pair(&a, &b, 0);
    for (uint64_t i = 0; i < 5; i++) {
        frames[i] = host_seal(&a, i, "words");
    }
    host_take(&b, &frames[4], "words");
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), 4);
    host_crash(&b);
    host_meet(&b, &a);
    for (size_t i = 0; i < 4; i++) {
        struct vc_seal_key key =
            vc_seal_key_skipped(PEER, 1, &(struct vc_ratchet_place){1, (uint32_t)i});

        assert_true(is_there(&b, VC_TABLE_SKIPPED, key));
        host_take(&b, &frames[i], "words");
        assert_false(is_there(&b, VC_TABLE_SKIPPED, key));
        parcel_free(&frames[i]);
    }
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), 0);
    parcel_free(&frames[4]);
    host_close_pair(&a, &b);
}

static void keys_that_are_skipped_go_after_thirty_days(void **state)
{
    struct host a, b;
    struct parcel frames[3];

    (void)state;
    host_pair(&a, &b, 0);
    for (uint64_t i = 0; i < 3; i++) {
        frames[i] = host_seal(&a, i, "words");
    }
    host_take(&b, &frames[1], "words");
    host_pass(&b, VC_RATCHET_SKIPPED_DAYS * VC_SEAL_DAY_MS);
    host_take(&b, &frames[2], "words");
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), 0);
    /* The other side is told, and seals it anew. */
    host_expect_refused(&b, &frames[0], VC_ERR_EXISTS);
    for (size_t i = 0; i < 3; i++) {
        parcel_free(&frames[i]);
    }
    host_close_pair(&a, &b);
}

static void sealing_while_something_is_pending_keeps_it(void **state)
{
    struct host a, b;
    struct parcel first, second, answer;
    struct vc_opened opened;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    first = host_seal(&a, 1, "question");
    second = host_seal(&a, 2, "another");
    /* A new session, accepted. */
    assert_int_equal(host_try_open(&b, &first, &opened), VC_OK);
    answer = host_seal(&b, 1, "answer");
    assert_int_equal(opened.object.len, 8);
    assert_memory_equal(opened.object.data, "question", 8);
    host_accept(&b);
    host_take(&a, &answer, "answer");
    parcel_free(&answer);
    /* A session that is there, not accepted: it counts as opened. */
    assert_int_equal(host_try_open(&b, &second, &opened), VC_OK);
    answer = host_seal(&b, 2, "answer");
    host_expect_refused(&b, &second, VC_ERR_EXISTS);
    host_take(&a, &answer, "answer");
    host_crash(&b);
    host_meet(&b, &a);
    host_expect_refused(&b, &second, VC_ERR_EXISTS);
    host_say(&a, &b, 3, "it goes on");
    assert_int_equal(host_stats(&a).sessions_begun, 1);
    parcel_free(&answer);
    parcel_free(&first);
    parcel_free(&second);
    host_close_pair(&a, &b);
}

static void sealing_for_another_device_keeps_nothing(void **state)
{
    struct host a, b;
    struct parcel first;
    struct vc_opened opened;
    struct vc_sealed sealed;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    first = host_seal(&a, 1, "question");
    assert_int_equal(host_try_open(&b, &first, &opened), VC_OK);
    assert_int_equal(vc_seal_peer_put(b.seal, 7, &a.person.account.root,
                                      &a.person.device.certificate),
                     VC_OK);
    assert_int_equal(vc_seal_seal(b.seal, &b.now, 7, 1, (struct vc_bytes){NULL, 0},
                                  (struct vc_bytes){NULL, 0}, &sealed),
                     VC_ERR_AWAY);
    assert_false(is_there(&b, VC_TABLE_SESSION, vc_seal_key_session(PEER, 1)));
    host_accept(&b);
    assert_true(is_there(&b, VC_TABLE_SESSION, vc_seal_key_session(PEER, 1)));
    parcel_free(&first);
    host_close_pair(&a, &b);
}

enum { MANY = VC_RATCHET_GAP_MAX + 1 };

static void seal_many(struct host *host, struct parcel *frames)
{
    for (uint64_t i = 0; i < MANY; i++) {
        frames[i] = host_seal(host, i, "many");
        host_turn(host);
    }
}

static void free_many(struct parcel *frames)
{
    for (size_t i = 0; i < MANY; i++) {
        parcel_free(&frames[i]);
    }
}

/* Fills the open turn until no more than @ops and @bytes fit. */
static void fill_batch(struct host *host, size_t ops, size_t bytes)
{
    static uint8_t value[4096];
    uint32_t n = 0;

    while (vc_store_reserve(host->store, ops + 1, bytes + sizeof value + 4) == VC_OK) {
        struct vc_bytes key = {(const uint8_t *)&n, sizeof n};

        vc_store_put(host->store, VC_TABLE_EVENT, key, VC_BYTES(value));
        n++;
    }
    while (vc_store_reserve(host->store, ops + 1, bytes + 4) == VC_OK) {
        struct vc_bytes key = {(const uint8_t *)&n, sizeof n};

        vc_store_put(host->store, VC_TABLE_EVENT, key, (struct vc_bytes){NULL, 0});
        n++;
    }
}

static void without_room_for_the_keys_it_skips_it_waits(void **state)
{
    static struct parcel frames[MANY];
    struct host a, b;
    struct vc_opened opened;

    (void)state;
    pair_slow(&a, &b, 0);
    seal_many(&a, frames);
    fill_batch(&b, VC_SEAL_SPARE_OPS + 100, VC_SEAL_SPARE_BYTES + 8192);
    assert_int_equal(host_try_open(&b, &frames[MANY - 1], &opened), VC_ERR_FULL);
    host_take(&b, &frames[0],
              "many"); /* what skips nothing needs no more than it says */
    assert_int_equal(host_try_open(&b, &frames[MANY - 1], &opened), VC_ERR_FULL);
    host_turn(&b);
    host_take(&b, &frames[MANY - 1], "many");
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), MANY - 2);
    for (size_t i = 1; i < MANY - 1; i++) {
        host_take(&b, &frames[i], "many");
        host_turn(&b);
    }
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), 0);
    free_many(frames);
    host_close_pair(&a, &b);
}

/* The most that one object can write: it gives up as many keys as may be kept, and skips as
 * many; and others write all that is left to them before it is accepted. */
static void what_is_promised_has_room_at_the_worst(void **state)
{
    static struct parcel frames[MANY];
    struct host a, b;
    struct vc_opened opened;
    struct parcel last;

    (void)state;
    pair_slow(&a, &b, 0);
    seal_many(&a, frames);
    host_take(&b, &frames[MANY - 1], "many"); /* a whole chain is kept */
    host_turn(&b);
    free_many(frames);
    host_say(&b, &a, 1, "the chain ends");
    seal_many(&a, frames);
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), VC_RATCHET_SKIPPED_MAX);
    last = frames[MANY - 1];
    /* Just so much is free that it is opened. */
    fill_batch(&b, VC_SEAL_SPARE_OPS + 2 * VC_RATCHET_SKIPPED_MAX + VC_SEAL_ACCEPT_OPS,
               VC_SEAL_SPARE_BYTES + VC_SEAL_ACCEPT_BYTES +
                   VC_RATCHET_SKIPPED_MAX * (2 * 16 + VC_SEAL_SKIPPED_ROW_LEN));
    assert_int_equal(host_try_open(&b, &last, &opened), VC_OK);
    for (uint32_t i = 0; i < VC_SEAL_SPARE_OPS - VC_SEAL_ACCEPT_OPS; i++) {
        static const uint8_t value[96];
        uint8_t key[8] = {(uint8_t)i, (uint8_t)(i >> 8), 1};

        assert_int_equal(vc_store_reserve(b.store, 1, 104), VC_OK);
        vc_store_put(b.store, VC_TABLE_EVENT, VC_BYTES(key), VC_BYTES(value));
    }
    host_accept(&b);
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), VC_RATCHET_SKIPPED_MAX);
    for (size_t i = 0; i < MANY - 1; i++) {
        host_take(&b, &frames[i], "many");
        host_turn(&b);
    }
    free_many(frames);
    host_close_pair(&a, &b);
}

/* A hole at the beginning of a chain that is longer than a batch has operations. */
static void a_long_chain_with_an_old_hole_is_given_up(void **state)
{
    struct host a, b;
    struct vc_seal_peer *peer;
    struct vc_ratchet *ratchet;

    (void)state;
    host_pair(&a, &b, 0);
    for (uint64_t i = 0; i < 3; i++) {
        struct parcel parcel = host_seal(&a, i, "words");

        if (i != 1) {
            host_take(&b, &parcel, "words");
        }
        parcel_free(&parcel);
    }
    assert_int_equal(vc_seal_peer_load(b.seal, PEER, &peer), VC_OK);
    ratchet = &peer->sessions[0]->ratchet;
    assert_int_equal(ratchet->recv_rows.left, 1);
    /* As if a hundred thousand had come, and one more were missing. */
    ratchet->recv_n = 100002;
    ratchet->recv_rows.end = 100001;
    ratchet->recv_rows.left = 2;
    host_pass(&b, VC_RATCHET_SKIPPED_DAYS * VC_SEAL_DAY_MS);
    host_live(&b, VC_SEAL_SWEEP_MS);
    assert_int_equal(ratchet->recv_rows.left, 0);
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), 0);
    host_close_pair(&a, &b);
}

static void what_was_opened_does_not_stay_in_memory(void **state)
{
    struct host a, b;
    struct parcel parcel;
    struct vc_opened opened;

    (void)state;
    host_pair(&a, &b, 0);
    memset(b.seal->plain, 0, VC_SEAL_FRAME_MAX);
    parcel = host_seal(&a, 1, "a secret");
    assert_int_equal(host_try_open(&b, &parcel, &opened), VC_OK);
    host_accept(&b);
    for (size_t i = 0; i < VC_SEAL_FRAME_MAX; i++) {
        assert_int_equal(b.seal->plain[i], 0);
    }
    for (size_t i = 0; i < sizeof b.seal->row; i++) {
        assert_int_equal(b.seal->row[i], 0);
    }
    for (size_t i = 0; i < sizeof b.seal->pending.ratchet; i++) {
        assert_int_equal(((const uint8_t *)&b.seal->pending.ratchet)[i], 0);
    }
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static void accepting_nothing_is_a_mistake(void **state)
{
    struct host a, b;
    struct parcel parcel;
    struct vc_opened opened;

    (void)state;
    host_pair(&a, &b, 0);
    expect_assert_failure(vc_seal_accept(b.seal, &b.now, PEER));
    parcel = host_seal(&a, 1, "bye");
    assert_int_equal(host_try_open(&b, &parcel, &opened), VC_OK);
    vc_seal_peer_forget(b.seal, PEER); /* because of what it says */
    host_accept(&b);
    assert_int_equal(host_count(&b, VC_TABLE_SESSION),
                     1); /* the peer's, with its keys */
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_one_time_prekey_goes_in_the_turn_in_which_its_session_comes),
        cmocka_unit_test(keys_that_are_skipped_are_rows_until_they_are_used),
        cmocka_unit_test(keys_that_are_skipped_go_after_thirty_days),
        cmocka_unit_test(sealing_while_something_is_pending_keeps_it),
        cmocka_unit_test(sealing_for_another_device_keeps_nothing),
        cmocka_unit_test(without_room_for_the_keys_it_skips_it_waits),
        cmocka_unit_test(what_is_promised_has_room_at_the_worst),
        cmocka_unit_test(a_long_chain_with_an_old_hole_is_given_up),
        cmocka_unit_test(what_was_opened_does_not_stay_in_memory),
        cmocka_unit_test(accepting_nothing_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
