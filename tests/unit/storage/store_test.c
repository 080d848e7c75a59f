/* The contract of store.h: each test runs over both backends. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/storage/host.h"

static int in_memory(void **state)
{
    struct host *host = malloc(sizeof *host);

    host_init(host, false);
    *state = host;
    return 0;
}

static int on_disk(void **state)
{
    struct host *host = malloc(sizeof *host);

    host_init(host, true);
    *state = host;
    return 0;
}

static int tear_down(void **state)
{
    host_deinit(*state);
    free(*state);
    return 0;
}

static void what_was_written_is_read_before_its_commit(void **state)
{
    struct host *host = *state;
    uint64_t ticket;

    host_put(host, VC_TABLE_CONTACT, "bob", "one");
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "bob"), "one");
    ticket = vc_store_submit(host->store);
    assert_int_not_equal(ticket, 0);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "bob"), "one");
    host_put(host, VC_TABLE_CONTACT, "bob", "two");
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "bob"), "two");
    ticket = vc_store_submit(host->store);
    assert_int_equal(host_settle(host, ticket), VC_OK);
    assert_string_equal(host_get(host, VC_TABLE_CONTACT, "bob"), "two");
    assert_null(host_get(host, VC_TABLE_DEVICE, "bob"));
}

static void a_removed_row_is_gone_at_once_and_for_good(void **state)
{
    struct host *host = *state;

    host_put(host, VC_TABLE_CONTACT, "bob", "one");
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    host_del(host, VC_TABLE_CONTACT, "bob");
    host_del(host, VC_TABLE_CONTACT, "never");
    assert_null(host_get(host, VC_TABLE_CONTACT, "bob"));
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    assert_null(host_get(host, VC_TABLE_CONTACT, "bob"));
    host_close(host);
    assert_int_equal(host_open(host), VC_OK);
    assert_null(host_get(host, VC_TABLE_CONTACT, "bob"));
}

static void what_was_submitted_outlives_close(void **state)
{
    struct host *host = *state;

    host_put(host, VC_TABLE_SETTING, "a", "1");
    (void)vc_store_submit(host->store);
    host_put(host, VC_TABLE_SETTING, "b", "2");
    (void)vc_store_submit(host->store);
    host_close(host);
    assert_int_equal(host_open(host), VC_OK);
    assert_string_equal(host_get(host, VC_TABLE_SETTING, "a"), "1");
    assert_string_equal(host_get(host, VC_TABLE_SETTING, "b"), "2");
}

static void an_open_turn_does_not_outlive_close(void **state)
{
    struct host *host = *state;

    host_put(host, VC_TABLE_SETTING, "a", "1");
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    host_put(host, VC_TABLE_SETTING, "a", "half");
    host_close(host);
    assert_int_equal(host_open(host), VC_OK);
    assert_string_equal(host_get(host, VC_TABLE_SETTING, "a"), "1");
}

static void a_turn_without_writes_has_no_ticket(void **state)
{
    struct host *host = *state;

    assert_int_equal(vc_store_submit(host->store), 0);
    assert_int_equal(vc_store_reserve(host->store, 1, 10), VC_OK);
    assert_int_equal(vc_store_submit(host->store), 0);
    assert_false(vc_store_is_busy(host->store));
}

static void tickets_rise_and_come_back_in_order(void **state)
{
    struct host *host = *state;
    uint64_t last = 0;
    uint64_t committed = 0;

    for (int i = 0; i < 200; i++) {
        struct vc_store_progress progress = vc_store_poll(host->store);
        uint64_t ticket;

        assert_int_equal(progress.failure, VC_OK);
        assert_true(progress.committed >= committed && progress.committed <= last);
        committed = progress.committed;
        host_put(host, VC_TABLE_EVENT, "same", "row");
        ticket = vc_store_submit(host->store);
        assert_true(ticket > last);
        last = ticket;
    }
    assert_int_equal(host_settle(host, last), VC_OK);
    assert_int_equal(vc_store_poll(host->store).committed, last);
    assert_false(vc_store_is_busy(host->store));
}

static void after_a_wait_the_commit_has_ended(void **state)
{
    struct host *host = *state;
    uint64_t ticket;

    vc_store_wait(host->store); /* there is none: at once */
    host_put(host, VC_TABLE_EVENT, "a", "row");
    ticket = vc_store_submit(host->store);
    vc_store_wait(host->store);
    assert_int_equal(vc_store_poll(host->store).committed, ticket);
    vc_store_wait(host->store);
    assert_false(vc_store_is_busy(host->store));
}

static void a_borrowed_value_outlives_later_writes_of_the_turn(void **state)
{
    struct host *host = *state;
    struct vc_bytes first;

    host_put(host, VC_TABLE_CONTACT, "bob", "first");
    assert_int_equal(
        vc_store_get(host->store, VC_TABLE_CONTACT, bytes_of("bob"), &first), VC_OK);
    host_put(host, VC_TABLE_CONTACT, "bob", "other");
    assert_memory_equal(first.data, "first", 5);
    host_del(host, VC_TABLE_CONTACT, "bob");
    assert_memory_equal(first.data, "first", 5);
}

static void sizes_at_the_limits_are_kept(void **state)
{
    struct host *host = *state;
    uint8_t *value = malloc(VC_STORE_VALUE_MAX);
    uint8_t key[VC_STORE_KEY_MAX];
    struct vc_bytes got;

    memset(key, 0xff, sizeof key);
    for (size_t i = 0; i < VC_STORE_VALUE_MAX; i++) {
        value[i] = (uint8_t)(i * 7);
    }
    assert_int_equal(
        vc_store_reserve(host->store, 2, 1 + sizeof key + VC_STORE_VALUE_MAX), VC_OK);
    vc_store_put(host->store, VC_TABLE_OUTBOX, VC_BYTES(key),
                 (struct vc_bytes){value, VC_STORE_VALUE_MAX});
    vc_store_put(host->store, VC_TABLE_OUTBOX, bytes_of("e"), (struct vc_bytes){0});
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    host_close(host);
    assert_int_equal(host_open(host), VC_OK);
    assert_int_equal(vc_store_get(host->store, VC_TABLE_OUTBOX, VC_BYTES(key), &got),
                     VC_OK);
    assert_int_equal(got.len, VC_STORE_VALUE_MAX);
    assert_memory_equal(got.data, value, VC_STORE_VALUE_MAX);
    assert_int_equal(vc_store_get(host->store, VC_TABLE_OUTBOX, bytes_of("e"), &got),
                     VC_OK);
    assert_int_equal(got.len, 0);
    free(value);
}

/* Room for what was reserved is there; when it is not, that is said before. */
static void a_full_batch_says_so_and_is_empty_after_a_commit(void **state)
{
    struct host *host = *state;
    static uint8_t value[VC_STORE_VALUE_MAX];
    uint64_t ticket;
    int puts = 0;

    while (vc_store_reserve(host->store, 1, 4 + sizeof value) == VC_OK) {
        uint8_t key[4] = {'k', (uint8_t)puts, 0, 0};

        vc_store_put(host->store, VC_TABLE_OUTBOX, VC_BYTES(key), VC_BYTES(value));
        puts++;
    }
    assert_int_equal(puts, VC_STORE_BATCH_BYTES / (sizeof value + 4 + 16));
    assert_int_equal(vc_store_reserve(host->store, 1, 4 + sizeof value), VC_ERR_FULL);
    ticket = vc_store_submit(host->store);
    assert_int_equal(host_settle(host, ticket), VC_OK);
    assert_int_equal(vc_store_reserve(host->store, 1, 4 + sizeof value), VC_OK);
}

static void a_batch_is_also_full_of_operations(void **state)
{
    struct host *host = *state;
    uint64_t ticket;

    assert_int_equal(
        vc_store_reserve(host->store, VC_STORE_BATCH_OPS, VC_STORE_BATCH_OPS * 5),
        VC_OK);
    for (uint32_t i = 0; i < VC_STORE_BATCH_OPS; i++) {
        uint8_t key[4] = {(uint8_t)(i >> 8), (uint8_t)i, 1, 2};
        uint8_t value[1] = {(uint8_t)i};

        vc_store_put(host->store, VC_TABLE_MESSAGE, VC_BYTES(key), VC_BYTES(value));
    }
    assert_int_equal(vc_store_reserve(host->store, 1, 5), VC_ERR_FULL);
    ticket = vc_store_submit(host->store);
    assert_int_equal(host_settle(host, ticket), VC_OK);
    for (uint32_t i = 0; i < VC_STORE_BATCH_OPS; i++) {
        uint8_t key[4] = {(uint8_t)(i >> 8), (uint8_t)i, 1, 2};
        struct vc_bytes got;

        assert_int_equal(
            vc_store_get(host->store, VC_TABLE_MESSAGE, VC_BYTES(key), &got), VC_OK);
        assert_int_equal(got.data[0], (uint8_t)i);
    }
}

struct seen {
    char text[512];
    int left; /* rows until the scan is stopped; below 0: never */
};

static bool note_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct seen *seen = ctx;
    size_t len = strlen(seen->text);

    (void)snprintf(seen->text + len, sizeof seen->text - len, "%.*s=%.*s ",
                   (int)key.len, (const char *)key.data, (int)value.len,
                   (const char *)value.data);
    return --seen->left != 0;
}

static void expect_scan(struct host *host, const char *prefix, const char *from,
                        bool is_reverse, int limit, const char *expected)
{
    struct seen seen = {.left = limit};
    struct vc_scan scan = {.table = VC_TABLE_ORDER,
                           .prefix = bytes_of(prefix),
                           .from = bytes_of(from),
                           .is_reverse = is_reverse,
                           .on_row = note_row,
                           .ctx = &seen};

    assert_int_equal(vc_store_scan(host->store, &scan), VC_OK);
    assert_string_equal(seen.text, expected);
}

static void scans_go_both_ways_within_a_prefix(void **state)
{
    struct host *host = *state;
    static const char *const keys[] = {"b2", "a",   "b",     "b1",
                                       "c",  "b10", "b\xff", "b\xff\xff"};

    expect_scan(host, "", "", false, -1, "");
    expect_scan(host, "b", "", true, -1, "");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        host_put(host, VC_TABLE_ORDER, keys[i], "v");
    }
    host_put(host, VC_TABLE_MESSAGE, "b3", "of another table");
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    expect_scan(host, "", "", false, -1,
                "a=v b=v b1=v b10=v b2=v b\xff=v b\xff\xff=v c=v ");
    expect_scan(host, "", "", true, -1,
                "c=v b\xff\xff=v b\xff=v b2=v b10=v b1=v b=v a=v ");
    expect_scan(host, "b", "", false, 3, "b=v b1=v b10=v ");
    expect_scan(host, "b", "", true, 2, "b\xff\xff=v b\xff=v ");
    expect_scan(host, "b\xff", "", true, -1, "b\xff\xff=v b\xff=v ");
    expect_scan(host, "b1", "", false, -1, "b1=v b10=v ");
    expect_scan(host, "b1", "", true, -1, "b10=v b1=v ");
    expect_scan(host, "b", "b10", false, 2, "b10=v b2=v ");
    expect_scan(host, "b", "b11", false, 1, "b2=v ");
    expect_scan(host, "b", "b11", true, 2, "b10=v b1=v ");
    expect_scan(host, "b", "b10", true, 2, "b10=v b1=v ");
    expect_scan(host, "b", "a", false, 1, "b=v ");
    expect_scan(host, "b", "a", true, -1, "");
    expect_scan(host, "b", "c", true, 1, "b\xff\xff=v ");
    expect_scan(host, "b", "c", false, -1, "");
    expect_scan(host, "d", "", true, -1, "");
    expect_scan(host, "d", "", false, -1, "");
    expect_scan(host, "\xff", "", true, -1, "");
    expect_scan(host, "", "b2", true, -1, "b2=v b10=v b1=v b=v a=v ");
    expect_scan(host, "", "zz", true, 1, "c=v ");
}

static void scans_see_only_what_is_committed(void **state)
{
    struct host *host = *state;

    host_put(host, VC_TABLE_ORDER, "a", "old");
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    host_put(host, VC_TABLE_ORDER, "a", "new");
    host_put(host, VC_TABLE_ORDER, "b", "new");
    expect_scan(host, "", "", false, -1, "a=old ");
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    expect_scan(host, "", "", false, -1, "a=new b=new ");
}

static void figures_count_what_was_committed(void **state)
{
    struct host *host = *state;
    struct vc_store_stats stats;

    host_put(host, VC_TABLE_ORDER, "ab", "cde");
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    vc_store_stats(host->store, &stats);
    assert_int_equal(stats.commits, 1);
    assert_int_equal(stats.turns, 1);
    assert_int_equal(stats.ops, 1);
    assert_int_equal(stats.bytes, 5);
    assert_int_equal(stats.failed_commits, 0);
    assert_int_equal(stats.file_bytes > 0, host->is_on_disk);
}

/*
 * Random turns against a plain array, with closings in between.  The seed is printed, so
 * that a failure can be run again.
 */
#define MODEL_KEYS 64

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void check_model(struct host *host, const int *model)
{
    for (int i = 0; i < MODEL_KEYS; i++) {
        char key[16];
        char value[16];
        const char *got;

        (void)snprintf(key, sizeof key, "key%d", i);
        (void)snprintf(value, sizeof value, "%d", model[i]);
        got = host_get(host, VC_TABLE_GAP, key);
        if (model[i] == 0) {
            assert_null(got);
        } else {
            assert_non_null(got);
            assert_string_equal(got, value);
        }
    }
}

static void random_turns_agree_with_a_plain_model(void **state)
{
    struct host *host = *state;
    int model[MODEL_KEYS] = {0};
    const char *given = getenv("SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20240601;
    uint64_t rng = seed;

    print_message("seed %llu\n", (unsigned long long)seed);
    for (int turn = 1; turn < 300; turn++) {
        for (uint32_t i = draw(&rng) % 8; i > 0; i--) {
            char key[16];
            char value[16];
            int number = (int)(draw(&rng) % MODEL_KEYS);

            (void)snprintf(key, sizeof key, "key%d", number);
            (void)snprintf(value, sizeof value, "%d", turn);
            if (draw(&rng) % 4 == 0) {
                host_del(host, VC_TABLE_GAP, key);
                model[number] = 0;
            } else {
                host_put(host, VC_TABLE_GAP, key, value);
                model[number] = turn;
            }
        }
        (void)vc_store_submit(host->store);
        assert_int_equal(vc_store_poll(host->store).failure, VC_OK);
        check_model(host, model);
        if (draw(&rng) % 32 == 0) {
            host_close(host);
            assert_int_equal(host_open(host), VC_OK);
            check_model(host, model);
        }
    }
}

#define BOTH(test)                                         \
    {#test " (memory)", test, in_memory, tear_down, NULL}, \
    {                                                      \
#test " (disk)", test, on_disk, tear_down, NULL    \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(what_was_written_is_read_before_its_commit),
        BOTH(a_removed_row_is_gone_at_once_and_for_good),
        BOTH(what_was_submitted_outlives_close),
        BOTH(an_open_turn_does_not_outlive_close),
        BOTH(a_turn_without_writes_has_no_ticket),
        BOTH(tickets_rise_and_come_back_in_order),
        BOTH(after_a_wait_the_commit_has_ended),
        BOTH(a_borrowed_value_outlives_later_writes_of_the_turn),
        BOTH(sizes_at_the_limits_are_kept),
        BOTH(a_full_batch_says_so_and_is_empty_after_a_commit),
        BOTH(a_batch_is_also_full_of_operations),
        BOTH(scans_go_both_ways_within_a_prefix),
        BOTH(scans_see_only_what_is_committed),
        BOTH(figures_count_what_was_committed),
        BOTH(random_turns_agree_with_a_plain_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
