#include "tests/support/test.h"

#include <stdlib.h>

#include "storage/seal.h"
#include "tests/unit/storage/host.h"

static int set_up(void **state)
{
    struct host *host = malloc(sizeof *host);

    host_init(host, false);
    vc_memory_commit_at_once(host->store, false);
    *state = host;
    return 0;
}

static int tear_down(void **state)
{
    host_deinit(*state);
    free(*state);
    return 0;
}

static void nothing_is_committed_until_it_is_completed(void **state)
{
    struct host *host = *state;
    uint64_t ticket;

    assert_false(vc_memory_is_committing(host->store));
    host_put(host, VC_TABLE_CONTACT, "a", "1");
    ticket = vc_store_submit(host->store);
    assert_true(vc_memory_is_committing(host->store));
    assert_true(vc_store_poll(host->store).committed < ticket);
    assert_int_equal(vc_memory_disk_rows(host->memory), 0);
    vc_memory_complete(host->store, VC_OK);
    assert_int_equal(vc_memory_disk_rows(host->memory), 1);
    assert_true(vc_store_is_busy(host->store));
    assert_int_equal(vc_store_poll(host->store).committed, ticket);
    assert_false(vc_store_is_busy(host->store));
}

static void turns_gather_while_one_is_committed(void **state)
{
    struct host *host = *state;
    uint64_t first;
    uint64_t last = 0;

    host_put(host, VC_TABLE_CONTACT, "a", "1");
    first = vc_store_submit(host->store);
    for (int i = 0; i < 5; i++) {
        host_put(host, VC_TABLE_CONTACT, "a", "2");
        last = vc_store_submit(host->store);
    }
    vc_memory_complete(host->store, VC_OK);
    assert_int_equal(vc_store_poll(host->store).committed, first);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "2");
    assert_true(vc_memory_is_committing(host->store));
    vc_memory_complete(host->store, VC_OK);
    assert_int_equal(vc_store_poll(host->store).committed, last);
}

static void an_open_turn_is_not_handed_over(void **state)
{
    struct host *host = *state;

    host_put(host, VC_TABLE_CONTACT, "a", "1");
    (void)vc_store_submit(host->store);
    vc_memory_complete(host->store, VC_OK);
    host_put(host, VC_TABLE_CONTACT, "b", "1");
    (void)vc_store_poll(host->store);
    assert_false(vc_memory_is_committing(host->store));
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "b"), "1");
}

static void a_crash_loses_what_was_not_completed(void **state)
{
    struct host *host = *state;

    host_put(host, VC_TABLE_CONTACT, "a", "1");
    (void)vc_store_submit(host->store);
    vc_memory_complete(host->store, VC_OK);
    (void)vc_store_poll(host->store);
    host_put(host, VC_TABLE_CONTACT, "a", "2");
    (void)vc_store_submit(host->store);
    host_put(host, VC_TABLE_CONTACT, "b", "2");
    (void)vc_store_submit(host->store);
    vc_memory_crash(host->store);
    assert_int_equal(host_open(host), VC_OK);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "1");
    assert_null(host_get(host, VC_TABLE_CONTACT, "b"));
}

static void a_failed_commit_is_told_once_and_recovered_from(void **state)
{
    struct host *host = *state;
    uint64_t good;
    uint64_t lost;
    struct vc_store_progress progress;

    host_put(host, VC_TABLE_CONTACT, "a", "1");
    good = vc_store_submit(host->store);
    vc_memory_complete(host->store, VC_OK);
    (void)vc_store_poll(host->store);
    host_put(host, VC_TABLE_CONTACT, "a", "2");
    (void)vc_store_submit(host->store);
    host_put(host, VC_TABLE_CONTACT, "b", "2");
    lost = vc_store_submit(host->store);
    vc_memory_complete(host->store, VC_ERR_STORE_IO);
    progress = vc_store_poll(host->store);
    assert_int_equal(progress.failure, VC_ERR_STORE_IO);
    assert_int_equal(progress.committed, good);
    assert_int_equal(vc_store_health(host->store), VC_ERR_STORE_IO);
    assert_int_equal(vc_store_poll(host->store).failure, VC_OK);
    /* Until somebody recovers, reads see what they saw. */
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "2");
    vc_store_recover(host->store);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "1");
    assert_null(host_get(host, VC_TABLE_CONTACT, "b"));
    assert_false(vc_store_is_busy(host->store));
    assert_int_equal(vc_store_reserve(host->store, 1, 10), VC_ERR_STORE_IO);
    vc_memory_complete(host->store, VC_OK);
    assert_int_equal(vc_store_poll(host->store).failure, VC_OK);
    assert_int_equal(vc_store_health(host->store), VC_OK);
    host_put(host, VC_TABLE_CONTACT, "a", "3");
    assert_true(vc_store_submit(host->store) > lost);
    vc_memory_complete(host->store, VC_OK);
    assert_int_equal(vc_store_poll(host->store).committed, lost + 1);
}

static void health_alone_keeps_promises_away(void **state)
{
    struct host *host = *state;

    vc_memory_complete(host->store, VC_ERR_DISK_FULL);
    assert_int_equal(vc_store_poll(host->store).failure, VC_OK);
    assert_int_equal(vc_store_reserve(host->store, 1, 1), VC_ERR_DISK_FULL);
    vc_memory_complete(host->store, VC_OK);
    (void)vc_store_poll(host->store);
    assert_int_equal(vc_store_reserve(host->store, 1, 1), VC_OK);
}

static void a_recover_in_the_middle_drops_the_batches(void **state)
{
    struct host *host = *state;

    host_put(host, VC_TABLE_CONTACT, "a", "1");
    (void)vc_store_submit(host->store);
    host_put(host, VC_TABLE_CONTACT, "b", "1");
    vc_store_recover(host->store);
    assert_false(vc_memory_is_committing(host->store));
    assert_null(host_get(host, VC_TABLE_CONTACT, "a"));
    assert_null(host_get(host, VC_TABLE_CONTACT, "b"));
    assert_int_equal(vc_memory_disk_rows(host->memory), 0);
}

static void a_copied_disk_goes_its_own_way(void **state)
{
    struct host *host = *state;
    struct vc_memory_disk *old;

    host_put(host, VC_TABLE_CONTACT, "a", "1");
    (void)vc_store_submit(host->store);
    vc_memory_complete(host->store, VC_OK);
    old = vc_memory_disk_copy(host->memory);
    (void)vc_store_poll(host->store);
    host_put(host, VC_TABLE_CONTACT, "a", "2");
    host_put(host, VC_TABLE_CONTACT, "b", "2");
    (void)vc_store_submit(host->store);
    vc_memory_complete(host->store, VC_OK);
    assert_int_equal(vc_memory_disk_rows(host->memory), 2);
    host_close(host);
    vc_memory_disk_free(host->memory);
    host->memory = old;
    assert_int_equal(host_open(host), VC_OK);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "a"), "1");
    assert_int_equal(vc_memory_disk_rows(host->memory), 1);
}

static bool accept_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    (void)key;
    (void)value;
    ++*(int *)ctx;
    return true;
}

static void a_flipped_row_is_damage_to_get_and_scan(void **state)
{
    struct host *host = *state;
    struct vc_bytes value;
    int rows = 0;
    struct vc_scan scan = {
        .table = VC_TABLE_CONTACT, .on_row = accept_row, .ctx = &rows};

    host_put(host, VC_TABLE_CONTACT, "a", "1");
    host_put(host, VC_TABLE_CONTACT, "b", "1");
    (void)vc_store_submit(host->store);
    vc_memory_complete(host->store, VC_OK);
    (void)vc_store_poll(host->store);
    assert_true(vc_memory_disk_flip(host->memory, VC_TABLE_CONTACT, bytes_of("b"), 0));
    assert_false(vc_memory_disk_flip(host->memory, VC_TABLE_CONTACT, bytes_of("b"),
                                     VC_SEAL_OVERHEAD + 2 + 1));
    assert_false(vc_memory_disk_flip(host->memory, VC_TABLE_CONTACT, bytes_of("c"), 0));
    assert_int_equal(vc_store_get(host->store, VC_TABLE_CONTACT, bytes_of("b"), &value),
                     VC_ERR_STORE_DAMAGED);
    assert_int_equal(vc_store_scan(host->store, &scan), VC_ERR_STORE_DAMAGED);
    assert_int_equal(rows, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_committed_until_it_is_completed,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(turns_gather_while_one_is_committed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_open_turn_is_not_handed_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_crash_loses_what_was_not_completed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failed_commit_is_told_once_and_recovered_from,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(health_alone_keeps_promises_away, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_recover_in_the_middle_drops_the_batches,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_copied_disk_goes_its_own_way, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_flipped_row_is_damage_to_get_and_scan, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
