/* Planted migrations over files on disk: from this version on. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/schema.h"
#include "tests/unit/storage/host.h"

#define NOW  VC_SCHEMA_VERSION
#define ROWS 3000

static int set_up(void **state)
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

/* The first step: every contact's value gets a byte in front, and moves to the table of devices. */
static vc_err move_contacts(struct vc_schema_tx *tx)
{
    uint8_t key[VC_STORE_KEY_MAX];
    uint8_t value[64] = {'+'};
    struct vc_bytes after = {key, 0};

    for (;;) {
        struct vc_bytes found;
        struct vc_bytes old;
        vc_err err = tx->calls->next(tx, VC_TABLE_CONTACT, after, &found, &old);

        if (err != VC_OK) {
            return err == VC_ERR_NOT_FOUND ? VC_OK : err;
        }
        memcpy(key, found.data, found.len);
        after.len = found.len;
        memcpy(value + 1, old.data, old.len);
        err = tx->calls->put(tx, VC_TABLE_DEVICE, after,
                             (struct vc_bytes){value, old.len + 1});
        if (err == VC_OK) {
            err = tx->calls->del(tx, VC_TABLE_CONTACT, after);
        }
        if (err != VC_OK) {
            return err;
        }
    }
}

/* The second: one row that says that it was done, and reads what the step before wrote. */
static vc_err add_a_row(struct vc_schema_tx *tx)
{
    static const uint8_t key[] = {'d', 'o', 'n', 'e'};
    static const uint8_t contact[] = {'c', '1'};
    struct vc_bytes value;
    vc_err err = tx->calls->get(tx, VC_TABLE_DEVICE, VC_BYTES(contact), &value);

    return err != VC_OK ? err
                        : tx->calls->put(tx, VC_TABLE_SETTING, VC_BYTES(key), value);
}

static vc_err break_down(struct vc_schema_tx *tx)
{
    (void)tx;
    return VC_ERR_STORE_DAMAGED;
}

static const struct vc_migration good_steps[] = {{NOW, move_contacts},
                                                 {NOW + 1, add_a_row}};
static const struct vc_migration bad_steps[] = {{NOW, move_contacts},
                                                {NOW + 1, break_down}};
static const struct vc_schema two_later = {NOW + 2, good_steps, 2};
static const struct vc_schema bad_two_later = {NOW + 2, bad_steps, 2};
static const struct vc_schema one_later = {NOW + 1, good_steps, 1};

static void fill(struct host *host)
{
    for (int i = 0; i < ROWS; i++) {
        char key[16];

        (void)snprintf(key, sizeof key, "c%d", i);
        host_put(host, VC_TABLE_CONTACT, key, key);
    }
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    host_close(host);
}

static void expect_moved(struct host *host, bool is_moved)
{
    for (int i = 0; i < ROWS; i++) {
        char key[16];
        char moved[20];

        (void)snprintf(key, sizeof key, "c%d", i);
        (void)snprintf(moved, sizeof moved, "+%s", key);
        if (is_moved) {
            assert_string_equal(host_get(host, VC_TABLE_DEVICE, key), moved);
            assert_null(host_get(host, VC_TABLE_CONTACT, key));
        } else {
            assert_string_equal(host_get(host, VC_TABLE_CONTACT, key), key);
            assert_null(host_get(host, VC_TABLE_DEVICE, key));
        }
    }
}

static void an_older_file_is_upgraded_step_by_step(void **state)
{
    struct host *host = *state;

    fill(host);
    host->disk_cfg.schema = &two_later;
    assert_int_equal(host_open(host), VC_OK);
    expect_moved(host, true);
    assert_string_equal(host_get(host, VC_TABLE_SETTING, "done"), "+c1");
    host_close(host);
    assert_int_equal(host_open(host), VC_OK);
    expect_moved(host, true);
}

static void an_upgrade_begins_where_the_file_is(void **state)
{
    struct host *host = *state;

    fill(host);
    host->disk_cfg.schema = &one_later;
    assert_int_equal(host_open(host), VC_OK);
    host_close(host);
    host->disk_cfg.schema = &two_later;
    assert_int_equal(host_open(host), VC_OK);
    expect_moved(host, true);
    assert_string_equal(host_get(host, VC_TABLE_SETTING, "done"), "+c1");
}

static void an_upgrade_that_fails_changes_nothing(void **state)
{
    struct host *host = *state;

    fill(host);
    host->disk_cfg.schema = &bad_two_later;
    assert_int_equal(host_open(host), VC_ERR_STORE_DAMAGED);
    host->disk_cfg.schema = &vc_schema_now;
    assert_int_equal(host_open(host), VC_OK);
    expect_moved(host, false);
}

static void a_newer_file_is_refused_and_not_touched(void **state)
{
    struct host *host = *state;

    fill(host);
    host->disk_cfg.schema = &two_later;
    assert_int_equal(host_open(host), VC_OK);
    host_close(host);
    host->disk_cfg.schema = &vc_schema_now;
    assert_int_equal(host_open(host), VC_ERR_STORE_NEWER);
    host->disk_cfg.schema = &one_later;
    assert_int_equal(host_open(host), VC_ERR_STORE_NEWER);
    assert_int_equal(host_check(host->dir, NULL, NULL, 0), VC_ERR_STORE_NEWER);
    host->disk_cfg.schema = &two_later;
    assert_int_equal(host_open(host), VC_OK);
    expect_moved(host, true);
}

static void a_reader_does_not_upgrade(void **state)
{
    struct host *host = *state;
    struct vc_lmdb_config cfg = {.dir = host->dir, .is_read_only = true};

    fill(host);
    host->disk_cfg.schema = &two_later;
    assert_int_equal(vc_disk_open(&cfg, &host->disk_cfg, &host->store, NULL),
                     VC_ERR_UNSUPPORTED);
    host->disk_cfg.schema = &vc_schema_now;
    assert_int_equal(vc_disk_open(&cfg, &host->disk_cfg, &host->store, NULL), VC_OK);
    expect_moved(host, false);
}

static void the_version_row_has_one_form(void **state)
{
    uint8_t row[VC_SCHEMA_ROW_BYTES + 1] = {0};
    uint32_t version = 0;

    (void)state;
    vc_schema_encode(0x01020304, row);
    assert_int_equal(
        vc_schema_decode((struct vc_bytes){row, VC_SCHEMA_ROW_BYTES}, &version), VC_OK);
    assert_int_equal(version, 0x01020304);
    for (size_t len = 0; len <= sizeof row; len++) {
        if (len != VC_SCHEMA_ROW_BYTES) {
            assert_int_equal(vc_schema_decode((struct vc_bytes){row, len}, &version),
                             VC_ERR_MALFORMED);
        }
    }
    memset(row, 0, sizeof row);
    assert_int_equal(
        vc_schema_decode((struct vc_bytes){row, VC_SCHEMA_ROW_BYTES}, &version),
        VC_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_older_file_is_upgraded_step_by_step, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_upgrade_begins_where_the_file_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_upgrade_that_fails_changes_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_newer_file_is_refused_and_not_touched, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_reader_does_not_upgrade, set_up, tear_down),
        cmocka_unit_test(the_version_row_has_one_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
