/* The tables without the rest of the store: what disk.c and walk.c build on. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/seal.h"
#include "storage/tables.h"
#include "storage/unlock.h"
#include "tests/unit/storage/host.h"

static const uint8_t hash_key[16] = {0};

struct fixture {
    struct host host; /* for its folder */
    struct vc_keyring *ring;
    char path[128];
    struct vc_tables *tables;
    struct vc_batch batch;
};

static vc_err open_tables(struct fixture *fixture, bool is_read_only)
{
    struct vc_tables_config cfg = {.path = fixture->path,
                                   .schema = &vc_schema_now,
                                   .ring = fixture->ring,
                                   .is_read_only = is_read_only};

    return vc_tables_open(&cfg, &fixture->tables);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    host_init(&fixture->host, true);
    host_close(&fixture->host);
    host_path(&fixture->host, "store.mdb", fixture->path);
    assert_true(vc_batch_init(&fixture->batch, hash_key));
    fixture->ring = host_ring(&fixture->host);
    assert_int_equal(open_tables(fixture, false), VC_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    vc_tables_close(fixture->tables);
    vc_unlock_end(fixture->ring);
    vc_batch_deinit(&fixture->batch);
    host_deinit(&fixture->host);
    free(fixture);
    return 0;
}

static void put(struct fixture *fixture, const char *key, const char *value)
{
    struct vc_batch_op op = {.table = VC_TABLE_SETTING,
                             .is_del = value == NULL,
                             .key = bytes_of(key),
                             .value = bytes_of(value == NULL ? "" : value)};

    vc_batch_add(&fixture->batch, &op);
}

static void apply(struct fixture *fixture)
{
    assert_int_equal(vc_tables_apply(fixture->tables, &fixture->batch), VC_OK);
    vc_batch_clear(&fixture->batch);
}

static vc_err get(struct fixture *fixture, const char *key, struct vc_bytes *ret_sealed)
{
    return vc_tables_get(fixture->tables, VC_TABLE_SETTING, bytes_of(key), ret_sealed);
}

static void reads_see_a_commit_after_renew(void **state)
{
    struct fixture *fixture = *state;
    struct vc_bytes sealed;
    struct vc_row row;
    uint8_t room[64];
    size_t commit = vc_tables_commit(fixture->tables);

    put(fixture, "a", "1");
    apply(fixture);
    assert_int_equal(get(fixture, "a", &sealed), VC_ERR_NOT_FOUND);
    assert_int_equal(vc_tables_renew(fixture->tables), VC_OK);
    assert_int_equal(vc_tables_commit(fixture->tables), commit + 1);
    assert_int_equal(get(fixture, "a", &sealed), VC_OK);
    assert_int_equal(vc_row_open(&row, (struct vc_room){room, sizeof room},
                                 fixture->ring, VC_TABLE_SETTING, bytes_of("a"),
                                 sealed),
                     VC_OK);
    assert_int_equal(row.value.len, 1);
    assert_memory_equal(row.value.data, "1", 1);
}

static void what_is_borrowed_outlives_a_commit(void **state)
{
    struct fixture *fixture = *state;
    struct vc_bytes sealed;
    uint8_t before[64];

    put(fixture, "a", "first");
    apply(fixture);
    assert_int_equal(vc_tables_renew(fixture->tables), VC_OK);
    assert_int_equal(get(fixture, "a", &sealed), VC_OK);
    assert_int_equal(sealed.len, VC_SEAL_OVERHEAD + 5);
    memcpy(before, sealed.data, sealed.len);
    for (int i = 0; i < 20; i++) {
        put(fixture, "a", "other");
        put(fixture, "b", i % 2 == 0 ? "x" : NULL);
        apply(fixture);
    }
    assert_memory_equal(sealed.data, before, sealed.len);
}

static void an_absent_row_is_removed_without_complaint(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "never", NULL);
    apply(fixture);
}

static void a_probe_is_a_commit(void **state)
{
    struct fixture *fixture = *state;
    size_t commit = vc_tables_commit(fixture->tables);

    assert_int_equal(vc_tables_probe(fixture->tables), VC_OK);
    assert_int_equal(vc_tables_probe(fixture->tables), VC_OK);
    assert_int_equal(vc_tables_renew(fixture->tables), VC_OK);
    assert_int_equal(vc_tables_commit(fixture->tables), commit + 2);
}

static void all_tables_are_there_and_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct vc_rows *rows;
    struct vc_bytes key;
    struct vc_bytes value;

    put(fixture, "b", "");
    put(fixture, "a", "");
    apply(fixture);
    assert_int_equal(vc_tables_renew(fixture->tables), VC_OK);
    for (unsigned table = 0; table < VC_TABLE_COUNT; table++) {
        assert_int_equal(vc_tables_rows(fixture->tables, table, &rows), VC_OK);
    }
    assert_int_equal(vc_tables_rows(fixture->tables, VC_TABLE_SETTING, &rows), VC_OK);
    assert_int_equal(rows->move(rows, VC_ROWS_FIRST, &key, &value), VC_OK);
    assert_memory_equal(key.data, "a", 1);
    assert_int_equal(rows->move(rows, VC_ROWS_NEXT, &key, &value), VC_OK);
    assert_memory_equal(key.data, "b", 1);
    assert_int_equal(rows->move(rows, VC_ROWS_NEXT, &key, &value), VC_ERR_NOT_FOUND);
    assert_int_equal(rows->move(rows, VC_ROWS_LAST, &key, &value), VC_OK);
    assert_int_equal(rows->move(rows, VC_ROWS_PREV, &key, &value), VC_OK);
    assert_int_equal(rows->move(rows, VC_ROWS_PREV, &key, &value), VC_ERR_NOT_FOUND);
}

static void an_environment_without_our_version_is_no_store(void **state)
{
    struct fixture *fixture = *state;
    struct vc_tables_config cfg = {
        .path = fixture->path, .schema = &vc_schema_now, .ring = fixture->ring};

    vc_tables_close(fixture->tables);
    fixture->tables = NULL;
    assert_int_equal(truncate(fixture->path, 0), 0);
    /* LMDB takes an empty file for a new one. */
    assert_int_equal(vc_tables_open(&cfg, &fixture->tables), VC_ERR_STORE_DAMAGED);
}

static void names_on_disk_do_not_change(void **state)
{
    static const char *const names[] = {
        "meta",       "identity", "setting",   "contact",      "device",  "invite",
        "join",       "mailbox",  "outbox",    "conversation", "message", "order",
        "message_id", "gap",      "unsettled", "token",        "event",   "session",
        "skipped",    "prekey",   "replay"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_string_equal(vc_tables_name((unsigned)i), names[i]);
    }
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(reads_see_a_commit_after_renew),
        ONE(what_is_borrowed_outlives_a_commit),
        ONE(an_absent_row_is_removed_without_complaint),
        ONE(a_probe_is_a_commit),
        ONE(all_tables_are_there_and_in_order),
        ONE(an_environment_without_our_version_is_no_store),
        cmocka_unit_test(names_on_disk_do_not_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
