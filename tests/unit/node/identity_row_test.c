#include "node/identity_row.h"

#include <string.h>

#include "storage/memory.h"
#include "tests/support/test.h"

static const struct vc_now now = {.mono = 5, .unix_ms = UINT64_C(1790000000000)};

struct fixture {
    struct vc_memory_disk *disk;
    struct vc_store *store;
    struct vc_rng rng;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct vc_secret32 seed = {{7}};

    assert_int_equal(vc_crypto_init(), VC_OK);
    fixture.disk = vc_memory_disk_new();
    assert_int_equal(vc_memory_open(fixture.disk, &fixture.store), VC_OK);
    vc_memory_commit_at_once(fixture.store, true);
    vc_rng_init(&fixture.rng, &seed);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    vc_store_close(fixture->store);
    vc_memory_disk_free(fixture->disk);
    return 0;
}

static void an_empty_store_gets_an_identity_that_stays(void **state)
{
    struct fixture *fixture = *state;
    struct vc_account first, second;
    struct vc_device first_device, second_device;

    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &first, &first_device),
        VC_OK);
    assert_true(vc_store_submit(fixture->store) > 0);
    (void)vc_store_poll(fixture->store);
    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &second, &second_device),
        VC_OK);
    assert_memory_equal(first.root.b, second.root.b, sizeof first.root.b);
    assert_memory_equal(first.entropy.b, second.entropy.b, sizeof first.entropy.b);
    assert_memory_equal(first.contacts.b, second.contacts.b, sizeof first.contacts.b);
    assert_memory_equal(first_device.dh_secret.b, second_device.dh_secret.b, 32);
    assert_int_equal(vc_store_submit(fixture->store), 0);
    assert_int_equal(vc_certificate_verify(&second_device.certificate, &second.root),
                     VC_OK);
    assert_int_equal(second_device.certificate.from, 1790000000);
}

static void what_was_not_committed_was_never_there(void **state)
{
    struct fixture *fixture = *state;
    struct vc_account first, second;
    struct vc_device device;

    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &first, &device), VC_OK);
    vc_memory_crash(fixture->store);
    assert_int_equal(vc_memory_open(fixture->disk, &fixture->store), VC_OK);
    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &second, &device), VC_OK);
    assert_memory_not_equal(first.root.b, second.root.b, sizeof first.root.b);
}

/* The row as it was written before there were live statements. */
static void put_without_live(struct fixture *fixture, const struct vc_account *account,
                             const struct vc_device *device)
{
    static const uint8_t key[] = {'s', 'e', 'l', 'f'};
    struct vc_account old = *account;
    uint8_t room[VC_IDENTITY_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    old.live = (struct vc_live){.count = 0};
    assert_int_equal(vc_identity_write(&w, &old, device), VC_OK);
    assert_int_equal(vc_store_reserve(fixture->store, 2, 1024), VC_OK);
    vc_store_put(fixture->store, VC_TABLE_IDENTITY, VC_BYTES(key), vc_writer_bytes(&w));
    vc_store_del(fixture->store, VC_TABLE_ROOT, VC_BYTES(key));
    assert_true(vc_store_submit(fixture->store) > 0);
    (void)vc_store_poll(fixture->store);
}

static void a_row_without_a_live_statement_gets_one(void **state)
{
    struct fixture *fixture = *state;
    struct vc_account account;
    struct vc_device device;

    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &account, &device),
        VC_OK);
    assert_int_equal(account.live.list_seq, 1);
    put_without_live(fixture, &account, &device);
    for (int start = 0; start < 2; start++) {
        assert_int_equal(
            vc_identity_load(fixture->store, &now, &fixture->rng, &account, &device),
            VC_OK);
        assert_int_equal(account.live.list_seq, 1);
        assert_int_equal(account.live.until, 1790000000 + VC_LIVE_S);
        assert_int_equal(vc_live_verify(&account.live, &account.root), VC_OK);
        /* Written at the first start, and there at the second. */
        assert_int_equal(vc_store_submit(fixture->store) > 0, start == 0);
        (void)vc_store_poll(fixture->store);
    }
    /* Without the root nobody can make one. */
    vc_account_drop_root(&account);
    put_without_live(fixture, &account, &device);
    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &account, &device),
        VC_OK);
    assert_int_equal(account.live.count, 0);
    assert_int_equal(vc_store_submit(fixture->store), 0);
}

/* Earlier versions had the root in the row of the account, where nothing is forgotten. */
static void the_root_gets_a_row_of_its_own(void **state)
{
    static const uint8_t key[] = {'s', 'e', 'l', 'f'};
    struct fixture *fixture = *state;
    struct vc_account account, again;
    struct vc_device device;
    struct vc_bytes value;
    uint8_t room[VC_IDENTITY_ENCODED_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &account, &device),
        VC_OK);
    assert_int_equal(vc_identity_write(&w, &account, &device), VC_OK);
    assert_int_equal(vc_store_reserve(fixture->store, 2, 1024), VC_OK);
    vc_store_put(fixture->store, VC_TABLE_IDENTITY, VC_BYTES(key), vc_writer_bytes(&w));
    vc_store_del(fixture->store, VC_TABLE_ROOT, VC_BYTES(key));
    assert_true(vc_store_submit(fixture->store) > 0);
    (void)vc_store_poll(fixture->store);
    for (int start = 0; start < 2; start++) {
        assert_int_equal(
            vc_identity_load(fixture->store, &now, &fixture->rng, &again, &device),
            VC_OK);
        assert_memory_equal(&again.entropy, &account.entropy, sizeof account.entropy);
        assert_int_equal(vc_store_submit(fixture->store) > 0, start == 0);
        (void)vc_store_poll(fixture->store);
    }
    assert_int_equal(
        vc_store_get(fixture->store, VC_TABLE_IDENTITY, VC_BYTES(key), &value), VC_OK);
    assert_int_equal(vc_identity_read(value, &again, &device), VC_OK);
    assert_false(vc_account_has_root(&again));
    assert_int_equal(vc_store_get(fixture->store, VC_TABLE_ROOT, VC_BYTES(key), &value),
                     VC_OK);
    assert_int_equal(value.len, sizeof account.entropy);
    assert_memory_equal(value.data, account.entropy.b, value.len);
}

static void the_root_of_another_account_is_damage(void **state)
{
    static const uint8_t key[] = {'s', 'e', 'l', 'f'}, other[32] = {7};
    struct fixture *fixture = *state;
    struct vc_account account;
    struct vc_device device;

    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &account, &device),
        VC_OK);
    for (size_t len = 31; len <= 32; len++) {
        assert_int_equal(vc_store_reserve(fixture->store, 1, 64), VC_OK);
        vc_store_put(fixture->store, VC_TABLE_ROOT, VC_BYTES(key),
                     (struct vc_bytes){other, len});
        assert_int_equal(
            vc_identity_load(fixture->store, &now, &fixture->rng, &account, &device),
            VC_ERR_STORE_DAMAGED);
    }
}

static void a_live_statement_that_gets_old_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    struct vc_now later = now;
    struct vc_account account;
    struct vc_device device;

    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &account, &device),
        VC_OK);
    assert_true(vc_store_submit(fixture->store) > 0);
    (void)vc_store_poll(fixture->store);
    later.unix_ms += UINT64_C(1000) * (VC_LIVE_S - VC_LIVE_RENEW_S);
    assert_int_equal(
        vc_identity_load(fixture->store, &later, &fixture->rng, &account, &device),
        VC_OK);
    assert_int_equal(account.live.list_seq, 1);
    later.unix_ms += 1000;
    assert_int_equal(
        vc_identity_load(fixture->store, &later, &fixture->rng, &account, &device),
        VC_OK);
    assert_int_equal(account.live.list_seq, 2);
    assert_int_equal(account.live.until, later.unix_ms / 1000 + VC_LIVE_S);
    assert_true(vc_store_submit(fixture->store) > 0);
    (void)vc_store_poll(fixture->store);
    /* Long after its end as well. */
    later.unix_ms += UINT64_C(1000) * 2 * VC_LIVE_S;
    assert_int_equal(
        vc_identity_load(fixture->store, &later, &fixture->rng, &account, &device),
        VC_OK);
    assert_int_equal(account.live.list_seq, 3);
}

static void a_row_that_cannot_be_read_is_damage_and_not_a_new_identity(void **state)
{
    static const uint8_t key[] = {'s', 'e', 'l', 'f'}, value[] = {1, 2, 3};
    struct fixture *fixture = *state;
    struct vc_account account;
    struct vc_device device;

    assert_int_equal(vc_store_reserve(fixture->store, 1, 64), VC_OK);
    vc_store_put(fixture->store, VC_TABLE_IDENTITY, VC_BYTES(key), VC_BYTES(value));
    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &account, &device),
        VC_ERR_STORE_DAMAGED);
}

static void a_store_that_takes_nothing_gives_no_identity(void **state)
{
    struct fixture *fixture = *state;
    struct vc_account account;
    struct vc_device device;

    vc_memory_complete(fixture->store, VC_ERR_DISK_FULL);
    (void)vc_store_poll(fixture->store);
    assert_int_equal(
        vc_identity_load(fixture->store, &now, &fixture->rng, &account, &device),
        VC_ERR_DISK_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_store_gets_an_identity_that_stays,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_not_committed_was_never_there, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_row_without_a_live_statement_gets_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_root_gets_a_row_of_its_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_root_of_another_account_is_damage, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_live_statement_that_gets_old_is_made_anew,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_row_that_cannot_be_read_is_damage_and_not_a_new_identity, setup,
            teardown),
        cmocka_unit_test_setup_teardown(a_store_that_takes_nothing_gives_no_identity,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
