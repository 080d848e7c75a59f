#include "tests/support/check.h"
#include "tests/unit/seal/host.h"

enum { YEARS_TEN = 3653 }; /* days */

static struct vc_prekey own_prekey(struct host *host)
{
    struct vc_prekey prekey;

    assert_true(vc_seal_own_prekey(host->seal, &prekey));
    return prekey;
}

static void jump(struct host *host, int64_t days)
{
    host->now.unix_ms += (uint64_t)(days * (int64_t)VC_SEAL_DAY_MS);
}

static void give(struct host *host, const struct vc_prekey *prekey)
{
    assert_int_equal(vc_store_reserve(host->store, 1, VC_SEAL_SEAL_BYTES), VC_OK);
    vc_seal_peer_keys(host->seal, &host->now, PEER, prekey, NULL, 0);
}

static uint32_t known_prekey(struct host *host)
{
    struct vc_seal_peer *peer;

    assert_int_equal(vc_seal_peer_load(host->seal, PEER, &peer), VC_OK);
    return peer->row.has_prekey ? peer->row.prekey.id : 0;
}

static void the_first_tick_makes_a_prekey(void **state)
{
    struct host a;
    struct vc_prekey prekey, kept;

    (void)state;
    host_open(&a, 1, true);
    prekey = own_prekey(&a);
    assert_int_equal(prekey.suite, VC_SUITE_CLASSIC);
    assert_int_equal(prekey.index, 0);
    assert_int_equal(prekey.from, a.now.unix_ms / 1000);
    assert_int_equal(prekey.until, prekey.from + VC_PREKEY_USE_S);
    assert_int_equal(
        vc_prekey_verify(&prekey, &a.person.account.root, &a.person.device.certificate),
        VC_OK);
    host_crash(&a);
    kept = own_prekey(&a);
    assert_int_equal(kept.id, prekey.id);
    /* Not without room for its row. */
    host_close(&a);
}

static void without_room_there_is_none_yet(void **state)
{
    struct host a;
    struct vc_seal_config cfg;
    struct vc_secret32 seed = {{5}};
    struct vc_prekey prekey;
    struct vc_memory_disk *disk = vc_memory_disk_new();
    struct vc_store *store;
    struct vc_seal *seal;
    struct vc_now now;

    (void)state;
    host_open(&a, 1, true);
    cfg = a.seal->cfg;
    now = a.now;
    assert_int_equal(vc_memory_open(disk, &store), VC_OK);
    vc_memory_complete(store, VC_ERR_DISK_FULL);
    (void)vc_store_poll(store);
    cfg.store = store;
    assert_int_equal(vc_seal_init(&cfg, &now, &seed, &seal), VC_OK);
    assert_int_equal(vc_seal_due(seal), now.mono);
    vc_seal_tick(seal, &now);
    assert_false(vc_seal_own_prekey(seal, &prekey));
    assert_int_equal(vc_seal_due(seal), now.mono + VC_SEAL_RETRY_MS);
    vc_memory_complete(store, VC_OK);
    (void)vc_store_poll(store);
    now.mono += VC_SEAL_RETRY_MS;
    vc_seal_tick(seal, &now);
    assert_true(vc_seal_own_prekey(seal, &prekey));
    vc_seal_deinit(seal);
    vc_memory_crash(store);
    vc_memory_disk_free(disk);
    host_close(&a);
}

static void prekeys_turn_after_two_days_and_go_after_sixty_two(void **state)
{
    struct host a;
    struct vc_prekey first, last;

    (void)state;
    host_open(&a, 1, true);
    first = own_prekey(&a);
    host_live(&a, 47 * (vc_ms)3600000);
    assert_int_equal(own_prekey(&a).id, first.id);
    host_live(&a, 7 * (vc_ms)3600000);
    assert_int_not_equal(own_prekey(&a).id, first.id);
    assert_int_equal(host_count(&a, VC_TABLE_PREKEY), 2);
    for (int day = 3; day < 62; day++) {
        last = own_prekey(&a);
        host_live(&a, VC_SEAL_DAY_MS);
        assert_non_null(vc_seal_own_find(a.seal, first.id));
        if (day % 7 == 0) {
            host_crash(&a);
        }
    }
    assert_true(a.seal->own_count >= 28 && a.seal->own_count < 34);
    host_live(&a, 2 * VC_SEAL_DAY_MS);
    assert_null(vc_seal_own_find(a.seal, first.id));
    assert_non_null(vc_seal_own_find(a.seal, last.id));
    host_crash(&a);
    assert_null(vc_seal_own_find(a.seal, first.id));
    host_live(&a, 200 * VC_SEAL_DAY_MS);
    assert_true(a.seal->own_count < 34);
    assert_int_equal(host_count(&a, VC_TABLE_PREKEY), a.seal->own_count);
    host_close(&a);
}

static void what_was_taken_is_forgotten_with_its_prekey(void **state)
{
    struct host a, b;
    struct vc_prekey prekey;
    struct parcel parcel;

    (void)state;
    host_pair(&a, &b, 0);
    prekey = own_prekey(&b);
    for (uint32_t i = 0; i < VC_SEAL_SWEEP_ROWS + 40; i++) {
        parcel = host_seal(&a, i, "one session each");
        host_take(&b, &parcel, "one session each");
        host_turn(&b);
        host_rekey(&a, 0, VC_SEAL_UNOPENED);
        if (i > 0) {
            parcel_free(&parcel);
        } else {
            host_expect_refused(&b, &parcel, VC_ERR_EXISTS);
            parcel_free(&parcel);
        }
    }
    assert_int_equal(host_count(&b, VC_TABLE_REPLAY), VC_SEAL_SWEEP_ROWS + 40);
    host_live(&b, 61 * VC_SEAL_DAY_MS);
    assert_int_equal(host_count(&b, VC_TABLE_REPLAY), VC_SEAL_SWEEP_ROWS + 40);
    host_live(&b, 2 * VC_SEAL_DAY_MS);
    assert_null(vc_seal_own_find(b.seal, prekey.id));
    assert_int_equal(host_count(&b, VC_TABLE_REPLAY), 0);
    host_close_pair(&a, &b);
}

/* Prekeys go on being turned and used, whatever the clock has said. */
static void check_clock(int64_t days, bool restarts)
{
    struct host a, b;
    struct vc_prekey wrong;

    host_pair(&a, &b, 1);
    host_say(&a, &b, 1, "before");
    jump(&b, days);
    if (restarts) {
        host_crash(&b);
        host_meet(&b, &a);
    }
    host_live(&b, VC_SEAL_DAY_MS);
    wrong = own_prekey(&b);
    assert_true(wrong.from + VC_PREKEY_TURN_S >= b.now.unix_ms / 1000);
    assert_true(wrong.from <= b.now.unix_ms / 1000);
    host_give_keys(&a, &b, 2);
    assert_int_equal(known_prekey(&a), days > 0 ? wrong.id : known_prekey(&a));
    host_rekey(&a, 0, VC_SEAL_FIRST);
    give(&a, &wrong); /* as a complaint brings it */
    host_say(&a, &b, 2, "in between");
    host_say(&b, &a, 2, "in between");
    jump(&b, -days);
    for (int i = 0; i < 40; i++) {
        struct vc_prekey now;

        if (restarts && i % 3 == 0) {
            host_crash(&b);
            host_meet(&b, &a);
        }
        host_live(&a, 2 * VC_SEAL_DAY_MS);
        host_live(&b, 2 * VC_SEAL_DAY_MS);
        now = own_prekey(&b);
        assert_true(now.from <= b.now.unix_ms / 1000);
        assert_true(b.now.unix_ms / 1000 - now.from < VC_PREKEY_TURN_S + 86400);
        host_give_keys(&a, &b, 1);
        assert_int_equal(known_prekey(&a), now.id);
        host_rekey(&a, 0, VC_SEAL_FIRST);
        host_say(&a, &b, 10 + (uint64_t)i, "afterwards");
        host_say(&b, &a, 10 + (uint64_t)i, "afterwards");
    }
    /* The wrong one has not stayed for ten years. */
    assert_null(vc_seal_own_find(b.seal, wrong.id));
    assert_true(b.seal->own_count < VC_SEAL_PREKEYS_MAX);
    host_close_pair(&a, &b);
}

static void a_clock_that_jumps_breaks_nothing_for_good(void **state)
{
    (void)state;
    check_clock(YEARS_TEN, false);
    check_clock(YEARS_TEN, true);
    check_clock(-YEARS_TEN, false);
    check_clock(-YEARS_TEN, true);
    check_clock(40, true);
    check_clock(-40, true);
}

static void the_clock_of_who_uses_a_prekey_may_jump_too(void **state)
{
    struct host a, b;
    struct vc_prekey next;

    (void)state;
    host_pair(&a, &b, 1);
    jump(&a, YEARS_TEN);
    assert_true(host_state(&a).has_prekey); /* however old it looks */
    next = own_prekey(&b);
    give(&a, &next);
    assert_true(host_state(&a).has_prekey);
    jump(&a, -YEARS_TEN);
    assert_true(host_state(&a).has_prekey);
    jump(&a, -YEARS_TEN);
    host_live(&b, 3 * VC_SEAL_DAY_MS);
    next = own_prekey(&b);
    give(&a, &next);
    assert_int_equal(known_prekey(&a), next.id);
    host_say(&a, &b, 1, "hello");
    host_close_pair(&a, &b);
}

static void no_more_than_forty_are_kept(void **state)
{
    struct host a;

    (void)state;
    host_open(&a, 1, true);
    for (int i = 0; i < 100; i++) {
        jump(&a, i % 2 == 0 ? YEARS_TEN : -YEARS_TEN);
        host_live(&a, VC_SEAL_DAY_MS / 3);
        assert_true(a.seal->own_count <= VC_SEAL_PREKEYS_MAX);
        assert_int_equal(host_count(&a, VC_TABLE_PREKEY), a.seal->own_count);
        if (i % 10 == 0) {
            host_crash(&a);
        }
    }
    host_close(&a);
}

static void one_time_prekeys_that_nobody_used_go(void **state)
{
    struct host a, b;

    (void)state;
    host_pair(&a, &b, 0);
    for (int i = 0; i < 40; i++) {
        host_give_keys(&a, &b, VC_ONE_TIME_MAX);
    }
    assert_int_equal(host_count(&b, VC_TABLE_PREKEY), 321);
    host_live(&b, VC_SEAL_ONE_TIME_DAYS * VC_SEAL_DAY_MS - VC_SEAL_DAY_MS);
    assert_true(host_count(&b, VC_TABLE_PREKEY) > 320);
    host_give_keys(&a, &b, 2);
    host_live(&b, 3 * VC_SEAL_DAY_MS);
    assert_int_equal(host_count(&b, VC_TABLE_PREKEY), b.seal->own_count + 2);
    host_close_pair(&a, &b);
}

static void one_time_prekeys_from_the_future_go_too(void **state)
{
    struct host a, b;

    (void)state;
    host_pair(&a, &b, 0);
    jump(&b, YEARS_TEN);
    host_give_keys(&a, &b, VC_ONE_TIME_MAX);
    jump(&b, -YEARS_TEN);
    host_live(&b, VC_SEAL_DAY_MS);
    host_say(&a, &b, 1, "one of them");
    host_live(&b, (VC_SEAL_ONE_TIME_DAYS - 2) * VC_SEAL_DAY_MS);
    assert_int_equal(host_count(&b, VC_TABLE_PREKEY),
                     b.seal->own_count + VC_ONE_TIME_MAX - 1);
    host_live(&b, 5 * VC_SEAL_DAY_MS);
    assert_int_equal(host_count(&b, VC_TABLE_PREKEY), b.seal->own_count);
    host_close_pair(&a, &b);
}

static void one_time_prekeys_have_rising_ids_and_their_halves(void **state)
{
    struct host a;
    struct vc_one_time keys[VC_ONE_TIME_MAX];

    (void)state;
    host_open(&a, 1, true);
    assert_int_equal(vc_store_reserve(a.store, VC_ONE_TIME_MAX, VC_ONE_TIME_MAX * 128),
                     VC_OK);
    vc_seal_one_times(a.seal, &a.now, keys, VC_ONE_TIME_MAX);
    for (size_t i = 0; i < VC_ONE_TIME_MAX; i++) {
        struct vc_secret32 secret;
        struct vc_key32 public_key;

        assert_true(keys[i].id > (i == 0 ? 0 : keys[i - 1].id));
        assert_int_equal(vc_seal_one_time_get(a.seal, keys[i].id, &secret), VC_OK);
        vc_dh_public(&public_key, &secret);
        assert_memory_equal(public_key.b, keys[i].key.b, sizeof public_key.b);
    }
    {
        struct vc_secret32 secret;

        assert_int_equal(vc_seal_one_time_get(a.seal, own_prekey(&a).id, &secret),
                         VC_ERR_NOT_FOUND);
        assert_int_equal(vc_seal_one_time_get(a.seal, 0, &secret), VC_ERR_NOT_FOUND);
    }
    host_close(&a);
}

static void prekeys_that_are_not_the_devices_are_passed_over(void **state)
{
    struct host a, b;
    struct vc_prekey prekey, other;
    struct vc_seal_peer *peer;

    (void)state;
    host_pair(&a, &b, 0);
    prekey = own_prekey(&b);
    other = prekey;
    other.key.b[0] ^= 1;
    give(&a, &other);
    assert_int_equal(vc_seal_peer_load(a.seal, PEER, &peer), VC_OK);
    assert_memory_equal(peer->row.prekey.key.b, prekey.key.b, sizeof prekey.key.b);
    other = own_prekey(&a); /* somebody else's */
    give(&a, &other);
    assert_int_equal(known_prekey(&a), prekey.id);
    /* A suite below the best. */
    host_live(&a, 3 * VC_SEAL_DAY_MS);
    host_live(&b, 3 * VC_SEAL_DAY_MS);
    peer->row.suite = VC_SUITE_CLASSIC + 1;
    other = own_prekey(&b);
    give(&a, &other);
    assert_int_equal(known_prekey(&a), prekey.id);
    assert_false(host_state(&a).has_prekey);
    peer->row.suite = VC_SUITE_CLASSIC;
    give(&a, &other);
    assert_int_equal(known_prekey(&a), other.id);
    /* Older ones come late. */
    give(&a, &prekey);
    assert_int_equal(known_prekey(&a), other.id);
    /* But are taken when there is no better one. */
    peer->row.prekey.suite = 0;
    give(&a, &prekey);
    assert_int_equal(known_prekey(&a), prekey.id);
    assert_true(host_state(&a).has_prekey);
    host_close_pair(&a, &b);
}

static void one_time_prekeys_are_used_once_each(void **state)
{
    struct host a, b;
    struct vc_seal_peer *peer;

    (void)state;
    host_pair(&a, &b, 2);
    assert_int_equal(vc_seal_peer_load(a.seal, PEER, &peer), VC_OK);
    for (uint8_t i = 2; i > 0; i--) {
        assert_int_equal(peer->row.one_time_count, i);
        host_say(&a, &b, i, "hello");
        host_rekey(&a, 0, VC_SEAL_ROLLBACK);
    }
    assert_int_equal(peer->row.one_time_count, 0);
    host_say(&a, &b, 9, "without");
    host_give_keys(&a, &b, 3);
    assert_int_equal(peer->row.one_time_count, 3);
    host_give_keys(&a, &b, 0); /* none is no news about them */
    assert_int_equal(peer->row.one_time_count, 3);
    host_rekey(&a, 0, VC_SEAL_UNOPENED); /* he may have lost them */
    assert_int_equal(peer->row.one_time_count, 0);
    host_close_pair(&a, &b);
}

static void damaged_prekeys_are_told(void **state)
{
    struct host a;
    struct vc_seal_key key = vc_seal_key_prekey(7);
    struct vc_secret32 seed = {{1}}, secret;
    struct vc_seal_config cfg;
    struct vc_seal *seal;

    (void)state;
    host_open(&a, 1, true);
    assert_int_equal(vc_store_reserve(a.store, 1, 64), VC_OK);
    vc_store_put(a.store, VC_TABLE_PREKEY, vc_seal_key_bytes(&key),
                 (struct vc_bytes){(const uint8_t *)"garbage", 7});
    host_turn(&a);
    assert_int_equal(vc_seal_one_time_get(a.seal, 7, &secret), VC_ERR_STORE_DAMAGED);
    cfg = a.seal->cfg;
    assert_int_equal(vc_seal_init(&cfg, &a.now, &seed, &seal), VC_ERR_STORE_DAMAGED);
    host_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_tick_makes_a_prekey),
        cmocka_unit_test(without_room_there_is_none_yet),
        cmocka_unit_test(prekeys_turn_after_two_days_and_go_after_sixty_two),
        cmocka_unit_test(what_was_taken_is_forgotten_with_its_prekey),
        cmocka_unit_test(a_clock_that_jumps_breaks_nothing_for_good),
        cmocka_unit_test(the_clock_of_who_uses_a_prekey_may_jump_too),
        cmocka_unit_test(no_more_than_forty_are_kept),
        cmocka_unit_test(one_time_prekeys_that_nobody_used_go),
        cmocka_unit_test(one_time_prekeys_from_the_future_go_too),
        cmocka_unit_test(one_time_prekeys_have_rising_ids_and_their_halves),
        cmocka_unit_test(prekeys_that_are_not_the_devices_are_passed_over),
        cmocka_unit_test(one_time_prekeys_are_used_once_each),
        cmocka_unit_test(damaged_prekeys_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
