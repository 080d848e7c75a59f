/* A store that the last program of version 1 has written. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/upgrade.h"
#include "tests/unit/storage/folder.h"
#include "tests/unit/storage/host.h"

static const enum vc_table tables[] = {VC_TABLE_IDENTITY, VC_TABLE_SETTING,
                                       VC_TABLE_CONTACT, VC_TABLE_MESSAGE,
                                       VC_TABLE_OUTBOX};

/* A directory as version 1 leaves it. */
static int set_up(void **state)
{
    struct host *host = malloc(sizeof *host);
    struct folder folder;
    static uint8_t bytes[200000];
    static const char *const names[] = {"store.mdb", "key", "epoch", "clean"};
    FILE *file = fopen(VC_FIXTURES "/version_1.mdb", "rb");
    size_t len;

    assert_non_null(file);
    len = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    host_init(host, true);
    host_close(host);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];

        host_path(host, names[i], path);
        assert_int_equal(unlink(path), 0);
    }
    (void)snprintf(folder.path, sizeof folder.path, "%s", host->dir);
    folder_open(&folder);
    folder_write(&folder, "store.mdb", (struct vc_bytes){bytes, len});
    folder_close(&folder);
    *state = host;
    return 0;
}

static int tear_down(void **state)
{
    host_deinit(*state);
    free(*state);
    return 0;
}

/* The id is no part of the key any more. */
static void expect_order(struct host *host)
{
    struct vc_bytes value;

    for (uint8_t n = 0; n < 3; n++) {
        uint8_t key[18] = {0, 0, 0,         1,     0, 0, 0, 0, 0,
                           0, 0, 7 + n / 2, n & 1, 0, 0, 0, 0, n + 1};
        char expected[9];

        (void)snprintf(expected, sizeof expected, "canary %u", (unsigned)n);
        assert_int_equal(
            vc_store_get(host->store, VC_TABLE_ORDER, VC_BYTES(key), &value), VC_OK);
        assert_int_equal(value.len, 8);
        assert_memory_equal(value.data, expected, 8);
    }
}

static void expect_rows(struct host *host)
{
    struct vc_bytes value;
    uint64_t rows = 0;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (unsigned n = 0; n < 8; n++) {
            uint8_t key[8] = {0, 0, 0, (uint8_t)(n % 3 + 1), 0, 0, 0, (uint8_t)n};
            char expected[64];

            (void)snprintf(expected, sizeof expected,
                           "canary of table %u, row %u, round 2", (unsigned)tables[i],
                           n);
            assert_int_equal(
                vc_store_get(host->store, tables[i], VC_BYTES(key), &value), VC_OK);
            assert_int_equal(value.len, strlen(expected));
            assert_memory_equal(value.data, expected, value.len);
        }
    }
    assert_int_equal(
        vc_store_get(host->store, VC_TABLE_MESSAGE, bytes_of("large"), &value), VC_OK);
    assert_int_equal(value.len, 9000);
    assert_memory_equal(value.data, "canary large", 12);
    expect_order(host);
    assert_int_equal(host_check(host->dir, &rows, NULL, 0), VC_OK);
    assert_int_equal(rows, 5 * 8 + 1 + 3 + 2);
}

static bool exists(const struct host *host, const char *name)
{
    char path[128];

    host_path(host, name, path);
    return access(path, F_OK) == 0;
}

static void every_row_is_there_and_no_text_is_left(void **state)
{
    struct host *host = *state;
    uint64_t rows = 0;

    assert_true(folder_find(host->dir, bytes_of("canary")) > 41);
    assert_int_equal(host_check(host->dir, &rows, NULL, 0), VC_OK); /* without a key */
    assert_int_equal(rows, 5 * 8 + 1 + 3 + 1);
    assert_false(exists(host, "key"));
    assert_int_equal(host_open(host), VC_OK);
    expect_rows(host);
    assert_int_equal(folder_find(host->dir, bytes_of("canary")), 0);
    assert_false(exists(host, "store.mdb.new"));
    assert_true(exists(host, "key"));
    host_close(host);
    assert_int_equal(host_open(host), VC_OK);
    expect_rows(host);
}

static void the_old_bytes_are_overwritten(void **state)
{
    struct host *host = *state;
    char path[128];
    char link_path[128];

    /* A second name keeps the old file's bytes in reach. */
    host_path(host, "store.mdb", path);
    host_path(host, "old", link_path);
    assert_int_equal(link(path, link_path), 0);
    assert_int_equal(host_open(host), VC_OK);
    assert_int_equal(folder_find(host->dir, bytes_of("canary")), 0);
}

/* What stands under the name of a file that is being made was cut off: the new file before
 * the names changed, or the old one after that. */
static void what_was_cut_off_is_erased(void **state)
{
    struct host *host = *state;
    char made[128];

    host_path(host, "store.mdb.new", made);
    for (int round = 0; round < 2; round++) {
        FILE *file = fopen(made, "wb");

        assert_non_null(file);
        assert_true(fputs("canary of another file", file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(host_open(host), VC_OK);
        assert_int_equal(folder_find(host->dir, bytes_of("canary")), 0);
        assert_false(exists(host, "store.mdb.new"));
        expect_rows(host);
        host_close(host);
    }
}

static void a_reader_does_not_upgrade(void **state)
{
    struct host *host = *state;
    struct vc_lmdb_config cfg = {.dir = host->dir, .is_read_only = true};
    char path[128];
    bool is_plain = false;

    assert_int_equal(vc_lmdb_open(&cfg, &host->store, NULL), VC_ERR_UNSUPPORTED);
    host_path(host, "store.mdb", path);
    assert_int_equal(vc_upgrade_is_wanted(path, &is_plain), VC_OK);
    assert_true(is_plain);
    assert_int_equal(host_open(host), VC_OK);
    host_close(host);
    assert_int_equal(vc_upgrade_is_wanted(path, &is_plain), VC_OK);
    assert_false(is_plain);
}

static void a_damaged_row_stops_it_and_the_old_file_stays(void **state)
{
    struct host *host = *state;
    static uint8_t bytes[200000];
    char path[128];
    FILE *file;
    size_t len;
    uint8_t *text;

    host_path(host, "store.mdb", path);
    file = fopen(path, "r+b");
    assert_non_null(file);
    len = fread(bytes, 1, sizeof bytes, file);
    for (text = bytes; (text = memmem(text, len - (size_t)(text - bytes),
                                      "row 7, round 2", 14)) != NULL;
         text++) {
        text[4] = '8';
    }
    rewind(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(host_open(host), VC_ERR_STORE_DAMAGED);
    assert_true(folder_find(host->dir, bytes_of("canary")) > 41);
    assert_false(exists(host, "store.mdb.new"));
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(every_row_is_there_and_no_text_is_left),
        ONE(the_old_bytes_are_overwritten),
        ONE(what_was_cut_off_is_erased),
        ONE(a_reader_does_not_upgrade),
        ONE(a_damaged_row_stops_it_and_the_old_file_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
