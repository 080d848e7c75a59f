#include "tests/support/check.h"
#include "tests/unit/seal/host.h"

enum { OTHER = 2 };

static size_t rows(struct host *host)
{
    return host_count(host, VC_TABLE_SESSION) + host_count(host, VC_TABLE_SKIPPED);
}

/* Sessions with kept keys, in the present chain and in older ones. */
static void fill(struct host *a, struct host *b)
{
    uint64_t number = 1;

    for (int session = 0; session < 3; session++) {
        for (int chain = 0; chain < 3; chain++) {
            for (int i = 0; i < 5; i++) {
                struct parcel parcel = host_seal(a, number++, "skipped");

                parcel_free(&parcel);
            }
            host_say(a, b, number++, "opened");
            host_say(b, a, number++, "answered");
        }
        host_rekey(a, 0, VC_SEAL_UNOPENED);
    }
}

static void a_device_goes_with_all_of_its_rows(void **state)
{
    (void)state;
    for (size_t budget = 1; budget < 70; budget += budget < 8 ? 1 : 30) {
        struct host a, b;
        bool is_done = false;
        size_t calls = 0;

        host_pair(&a, &b, 1);
        fill(&a, &b);
        assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), 3 * 3 * 5);
        /* Another device keeps its own. */
        assert_int_equal(vc_seal_peer_put(b.seal, OTHER, &a.person.account.root,
                                          &a.person.device.certificate),
                         VC_OK);
        assert_int_equal(vc_store_reserve(b.store, 1, VC_SEAL_SEAL_BYTES), VC_OK);
        vc_seal_rekey(b.seal, &b.now, OTHER, 5, VC_SEAL_UNOPENED);
        host_turn(&b);
        while (!is_done) {
            size_t left = budget;

            assert_int_equal(vc_store_reserve(b.store, budget, budget * 64), VC_OK);
            is_done = vc_seal_peer_purge(b.seal, PEER, &left);
            assert_true(left <= budget);
            assert_true(++calls <= 60);
            host_turn(&b);
            if (calls % 3 == 0) {
                host_crash(&b);
            }
        }
        assert_int_equal(rows(&b), 1);
        assert_int_equal(host_count(&b, VC_TABLE_REPLAY), 3); /* that is the prekey's */
        host_close_pair(&a, &b);
    }
}

static void rows_that_are_not_committed_go_too(void **state)
{
    struct host a, b;
    size_t budget = 100;

    (void)state;
    host_open(&a, 1, true);
    host_open(&b, 2, false);
    host_meet(&a, &b);
    host_meet(&b, &a);
    host_give_keys(&a, &b, 1);
    for (uint64_t i = 0; i < 4; i++) {
        struct parcel parcel = host_seal(&a, i, "words");

        if (i == 3) {
            host_take(&b, &parcel, "words");
        }
        parcel_free(&parcel);
    }
    assert_int_equal(vc_store_reserve(b.store, budget, budget * 64), VC_OK);
    assert_true(vc_seal_peer_purge(b.seal, PEER, &budget));
    assert_null(vc_seal_peer_find(b.seal, PEER));
    assert_int_equal(rows(&b), 0);
    host_close_pair(&a, &b);
}

static void damaged_rows_of_a_device_go_too(void **state)
{
    struct host a, b;
    struct vc_seal_key peer = vc_seal_key_session(PEER, 0);
    struct vc_seal_key session = vc_seal_key_session(PEER, 2);
    static const uint8_t garbage[3];
    size_t budget = 100;

    (void)state;
    host_pair(&a, &b, 1);
    fill(&a, &b);
    assert_int_equal(vc_store_reserve(b.store, 2, 128), VC_OK);
    vc_store_put(b.store, VC_TABLE_SESSION, vc_seal_key_bytes(&session),
                 VC_BYTES(garbage));
    vc_store_put(b.store, VC_TABLE_SESSION, vc_seal_key_bytes(&peer),
                 VC_BYTES(garbage));
    host_turn(&b);
    assert_int_equal(vc_store_reserve(b.store, budget, budget * 64), VC_OK);
    assert_true(vc_seal_peer_purge(b.seal, PEER, &budget));
    assert_int_equal(rows(&b), 0);
    host_close_pair(&a, &b);
}

static void a_device_that_is_not_known_is_purged(void **state)
{
    struct host a;
    size_t budget = 1;

    (void)state;
    host_open(&a, 1, true);
    assert_int_equal(vc_store_reserve(a.store, 1, 64), VC_OK);
    assert_true(vc_seal_peer_purge(a.seal, 77, &budget));
    host_close(&a);
}

static void kept_keys_go_although_nothing_comes_any_more(void **state)
{
    struct host a, b;

    (void)state;
    host_pair(&a, &b, 1);
    fill(&a, &b);
    for (uint32_t i = 10; i < 60; i++) {
        assert_int_equal(vc_seal_peer_put(b.seal, i, &a.person.account.root,
                                          &a.person.device.certificate),
                         VC_OK);
    }
    host_live(&b, (VC_RATCHET_SKIPPED_DAYS - 2) * VC_SEAL_DAY_MS);
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), 3 * 3 * 5);
    host_crash(&b); /* nobody loads it */
    host_meet(&b, &a);
    host_live(&b, 3 * VC_SEAL_DAY_MS);
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), 0);
    assert_false(vc_seal_peer_find(b.seal, PEER)->is_loaded);
    host_say(&a, &b, 1000, "the sessions live");
    host_say(&b, &a, 1000, "the sessions live");
    host_close_pair(&a, &b);
}

static void what_is_pending_outlives_a_tick(void **state)
{
    struct host a, b;
    struct parcel parcel;
    struct vc_opened opened;

    (void)state;
    host_pair(&a, &b, 1);
    fill(&a, &b);
    parcel = host_seal(&a, 1000, "slow");
    assert_int_equal(host_try_open(&b, &parcel, &opened), VC_OK);
    host_live(&b, 40 * VC_SEAL_DAY_MS);
    assert_memory_equal(opened.object.data, "slow", 4);
    host_accept(&b);
    parcel_free(&parcel);
    host_live(&b, 2 * VC_SEAL_DAY_MS);
    assert_int_equal(host_count(&b, VC_TABLE_SKIPPED), 0);
    host_say(&b, &a, 1001, "it goes on");
    host_close_pair(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_goes_with_all_of_its_rows),
        cmocka_unit_test(rows_that_are_not_committed_go_too),
        cmocka_unit_test(damaged_rows_of_a_device_go_too),
        cmocka_unit_test(a_device_that_is_not_known_is_purged),
        cmocka_unit_test(kept_keys_go_although_nothing_comes_any_more),
        cmocka_unit_test(what_is_pending_outlives_a_tick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
