#include "tests/support/check.h"
#include "tests/unit/seal/host.h"

static void two_beginnings_at_once_both_live(void **state)
{
    struct host a, b;
    struct parcel from_a[3], from_b[3];
    struct vc_id16 smaller;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    for (uint64_t i = 0; i < 2; i++) {
        from_a[i] = host_seal(&a, i, "from a");
        from_b[i] = host_seal(&b, i, "from b");
    }
    smaller = memcmp(from_a[0].session.b, from_b[0].session.b, 16) < 0
                  ? from_a[0].session
                  : from_b[0].session;
    host_take(&a, &from_b[0], "from b");
    host_take(&b, &from_a[0], "from a");
    assert_int_equal(host_state(&a).generation, 1);
    assert_int_equal(host_state(&b).generation, 1);
    assert_memory_equal(host_state(&a).session.b, smaller.b, sizeof smaller.b);
    assert_memory_equal(host_state(&b).session.b, smaller.b, sizeof smaller.b);
    assert_true(vc_seal_is_live(a.seal, PEER, &from_a[0].session));
    assert_true(vc_seal_is_live(b.seal, PEER, &from_b[0].session));
    from_a[2] = host_seal(&a, 2, "from a");
    from_b[2] = host_seal(&b, 2, "from b");
    assert_memory_equal(from_a[2].session.b, smaller.b, sizeof smaller.b);
    assert_memory_equal(from_b[2].session.b, smaller.b, sizeof smaller.b);
    for (size_t i = 0; i < 3; i++) {
        if (i > 0) {
            host_take(&a, &from_b[i], "from b");
            host_take(&b, &from_a[i], "from a");
        }
        parcel_free(&from_a[i]);
        parcel_free(&from_b[i]);
    }
    for (uint64_t i = 3; i < 20; i++) {
        host_say(i % 3 == 0 ? &a : &b, i % 3 == 0 ? &b : &a, i, "and so on");
    }
    assert_int_equal(host_stats(&a).sessions_begun + host_stats(&b).sessions_begun, 2);
    host_close_pair(&a, &b);
}

static void the_higher_generation_is_sent_under(void **state)
{
    struct host a, b;
    struct parcel old;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    host_say(&a, &b, 1, "first");
    host_say(&b, &a, 1, "first");
    old = host_seal(&a, 2, "on its way");
    host_rekey(&a, 4, VC_SEAL_UNOPENED);
    assert_false(host_state(&a).has_session);
    assert_false(vc_seal_is_live(a.seal, PEER, &old.session));
    host_say(&a, &b, 3, "second");
    assert_int_equal(host_state(&a).generation, 5);
    assert_int_equal(host_state(&a).reason, VC_SEAL_UNOPENED);
    assert_int_equal(host_state(&b).generation, 5);
    assert_int_equal(vc_seal_generation(b.seal, PEER), 5);
    host_take(&b, &old, "on its way"); /* the older one still receives */
    host_say(&b, &a, 2, "under the second");
    host_rekey(&b, 0, VC_SEAL_UNOPENED);
    host_say(&b, &a, 3, "third");
    assert_int_equal(host_state(&a).generation, 6);
    parcel_free(&old);
    host_close_pair(&a, &b);
}

static void what_began_is_told_once(void **state)
{
    struct host a, b;
    uint32_t peer = 0;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    assert_false(vc_seal_begun(a.seal, &peer));
    host_say(&a, &b, 1, "first");
    assert_true(vc_seal_begun(a.seal, &peer));
    assert_int_equal(peer, PEER);
    assert_false(vc_seal_begun(a.seal, &peer));
    peer = 0;
    assert_true(vc_seal_begun(b.seal, &peer));
    assert_int_equal(peer, PEER);
    host_say(&b, &a, 1, "the same");
    assert_false(vc_seal_begun(a.seal, &peer));
    assert_false(vc_seal_begun(b.seal, &peer));
    host_rekey(&a, 0, VC_SEAL_ROLLBACK);
    assert_false(vc_seal_begun(a.seal, &peer)); /* not before it has begun */
    host_say(&a, &b, 2, "second");
    assert_true(vc_seal_begun(a.seal, &peer));
    assert_true(vc_seal_begun(b.seal, &peer));
    assert_false(vc_seal_begun(b.seal, &peer));
    host_close_pair(&a, &b);
}

/* The words that b lost are sealed again, in a session of a higher generation. */
static void go_on_anew(struct host *a, struct host *b, uint64_t number)
{
    uint32_t before = vc_seal_generation(a->seal, PEER);
    struct vc_prekey prekey;

    assert_true(vc_seal_own_prekey(b->seal, &prekey));
    assert_int_equal(vc_store_reserve(a->store, 4, (size_t)2 * VC_SEAL_SEAL_BYTES),
                     VC_OK);
    vc_seal_peer_keys(a->seal, &a->now, PEER, &prekey, NULL, 0);
    vc_seal_rekey(a->seal, &a->now, PEER, vc_seal_generation(b->seal, PEER),
                  VC_SEAL_UNOPENED);
    host_say(a, b, number, "once more");
    assert_true(host_state(a).generation > before);
    assert_int_equal(host_state(a).generation, host_state(b).generation);
    host_say(b, a, number, "yes");
}

/* Crashes b after each step of a talk; @step counts them down. */
static bool talk(struct host *a, struct host *b, int step)
{
    struct parcel parcel;
    struct vc_opened opened;

    for (uint64_t i = 0; i < 4; i++) {
        parcel = host_seal(a, i, "words");
        host_turn(a);
        if (step-- == 0 || host_try_open(b, &parcel, &opened) != VC_OK) {
            parcel_free(&parcel);
            return false;
        }
        if (step-- > 0) {
            host_accept(b);
            if (step-- > 0) {
                host_turn(b);
            }
        }
        parcel_free(&parcel);
        if (step < 0) {
            return false;
        }
        if (step-- == 0 || host_try_seal(b, i, "answer", &parcel) != VC_OK) {
            return false;
        }
        if (step-- > 0) {
            host_turn(b);
            host_take(a, &parcel, "answer");
            host_turn(a);
        }
        parcel_free(&parcel);
        if (step < 0) {
            return false;
        }
    }
    return true;
}

static void a_crash_at_any_step_costs_one_session_at_most(void **state)
{
    bool is_whole = false;

    (void)state;
    for (int step = 0; !is_whole; step++) {
        struct host a, b;
        struct parcel parcel;
        struct vc_opened opened;
        vc_err err;

        host_open(&a, 1, false);
        host_open(&b, 2, false);
        host_meet(&a, &b);
        host_meet(&b, &a);
        host_give_keys(&a, &b, ONE_TIMES);
        host_give_keys(&b, &a, ONE_TIMES);
        is_whole = talk(&a, &b, step);
        host_crash(&b);
        host_meet(&b, &a);
        parcel = host_seal(&a, 10, "after it");
        host_turn(&a);
        err = host_try_open(&b, &parcel, &opened);
        if (err == VC_OK) {
            host_accept(&b);
            host_say(&b, &a, 10, "here");
        } else {
            assert_int_equal(err, VC_ERR_AUTH);
            go_on_anew(&a, &b, 11);
        }
        parcel_free(&parcel);
        host_close_pair(&a, &b);
    }
}

static void who_lost_its_rows_is_given_a_new_session(void **state)
{
    struct host a, b;
    struct vc_memory_disk *old;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, ONE_TIMES);
    old = vc_memory_disk_copy(b.disk);
    host_say(&a, &b, 1, "hello");
    host_say(&b, &a, 1, "hello");
    host_restore(&b, old);
    host_meet(&b, &a);
    parcel = host_seal(&a, 2, "lost");
    host_expect_refused(&b, &parcel, VC_ERR_AUTH);
    parcel_free(&parcel);
    go_on_anew(&a, &b, 3);
    host_close_pair(&a, &b);
}

static void of_more_than_four_sessions_the_oldest_go_with_their_keys(void **state)
{
    struct host a, b;
    struct parcel parcel, first;

    (void)state;
    host_pair(&a, &b, 0);
    first = host_seal(&a, 1, "skipped");
    for (uint32_t i = 1; i <= VC_SEAL_SESSIONS_MAX; i++) {
        parcel = host_seal(&a, 10 + i, "skipped as well");
        parcel_free(&parcel);
        host_say(&a, &b, 20 + i, "opened");
        host_rekey(&a, 0, VC_SEAL_UNOPENED);
    }
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), VC_SEAL_SESSIONS_MAX + 1);
    assert_int_equal(host_count(&b, VC_TABLE_SESSION), VC_SEAL_SESSIONS_MAX + 1);
    assert_int_equal(host_count(&a, VC_TABLE_SESSION), VC_SEAL_SESSIONS_MAX + 1);
    host_say(&a, &b, 30, "one too many");
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), VC_SEAL_SESSIONS_MAX - 1);
    assert_int_equal(host_count(&b, VC_TABLE_SESSION), VC_SEAL_SESSIONS_MAX + 1);
    host_expect_refused(&b, &first, VC_ERR_AUTH);
    host_rekey(&a, 0, VC_SEAL_UNOPENED);
    host_say(&a, &b, 31, "again");
    host_crash(&b);
    host_meet(&b, &a);
    host_say(&b, &a, 31, "the last one is sent under");
    assert_int_equal(host_state(&b).generation, host_state(&a).generation);
    parcel_free(&first);
    host_close_pair(&a, &b);
}

/* He never hears an answer: his side must not run out of places. */
static void who_only_begins_never_runs_out(void **state)
{
    struct host a, b;

    (void)state;
    host_pair(&a, &b, 0);
    for (uint32_t i = 1; i <= 40; i++) {
        struct parcel parcel = host_seal(&a, i, "anybody?");

        assert_int_equal(parcel.generation, i);
        parcel_free(&parcel);
        host_rekey(&a, 0, VC_SEAL_UNOPENED);
        host_turn(&a);
    }
    assert_true(host_count(&a, VC_TABLE_SESSION) <= VC_SEAL_SESSIONS_MAX + 2);
    host_say(&a, &b, 41, "here I am");
    host_close_pair(&a, &b);
}

static void without_room_to_drop_old_ones_a_new_one_waits(void **state)
{
    struct host a, b;
    struct vc_opened opened;
    struct parcel parcel;
    uint32_t n = 0;

    (void)state;
    host_open(&a, 1, true);
    host_open(&b, 2, false);
    host_meet(&a, &b);
    host_meet(&b, &a);
    host_give_keys(&a, &b, 0);
    /* The batch of b's turn has room for what is accepted only. */
    while (vc_store_reserve(b.store, 4000, VC_SEAL_SPARE_BYTES) == VC_OK) {
        static const uint8_t value[8192];

        vc_store_put(b.store, VC_TABLE_EVENT,
                     (struct vc_bytes){(const uint8_t *)&n, sizeof n}, VC_BYTES(value));
        n++;
    }
    for (uint32_t i = 1; i <= VC_SEAL_SESSIONS_ROOM; i++) {
        parcel = host_seal(&a, i, "more");
        host_take(&b, &parcel, "more");
        parcel_free(&parcel);
        host_rekey(&a, 0, VC_SEAL_UNOPENED);
    }
    parcel = host_seal(&a, 9, "one more");
    assert_int_equal(host_try_open(&b, &parcel, &opened), VC_ERR_FULL);
    host_turn(&b);
    host_take(&b, &parcel, "one more");
    assert_int_equal(host_count(&b, VC_TABLE_SESSION), VC_SEAL_SESSIONS_MAX + 1);
    parcel_free(&parcel);
    host_close_pair(&a, &b);
}

static void a_prekey_of_low_order_begins_nothing(void **state)
{
    struct host a, b;
    struct vc_seal_peer *peer;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 1);
    assert_int_equal(vc_seal_peer_load(a.seal, PEER, &peer), VC_OK);
    peer->row.one_times[0].key = (struct vc_key32){{0}};
    assert_int_equal(host_try_seal(&a, 1, "x", &parcel), VC_ERR_AWAY);
    assert_int_equal(host_count(&a, VC_TABLE_SESSION), 1);
    host_say(&a, &b, 1, "without the one-time prekey");
    host_rekey(&a, 0, VC_SEAL_UNOPENED);
    peer->row.prekey.key = (struct vc_key32){{0}};
    assert_int_equal(host_try_seal(&a, 2, "x", &parcel), VC_ERR_AWAY);
    assert_false(host_state(&a).has_prekey);
    host_give_keys(&a, &b, 0);
    host_say(&a, &b, 2, "with another");
    host_close_pair(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_beginnings_at_once_both_live),
        cmocka_unit_test(the_higher_generation_is_sent_under),
        cmocka_unit_test(what_began_is_told_once),
        cmocka_unit_test(a_crash_at_any_step_costs_one_session_at_most),
        cmocka_unit_test(who_lost_its_rows_is_given_a_new_session),
        cmocka_unit_test(of_more_than_four_sessions_the_oldest_go_with_their_keys),
        cmocka_unit_test(who_only_begins_never_runs_out),
        cmocka_unit_test(without_room_to_drop_old_ones_a_new_one_waits),
        cmocka_unit_test(a_prekey_of_low_order_begins_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
