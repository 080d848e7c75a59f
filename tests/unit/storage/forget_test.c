/*
 * What was deleted from a table that forgets cannot be read from the disk any more.
 *
 * The judge is a thief with everything that lies there: he reads the file byte by byte and
 * tries to open a row at each place with all keys that the directory still holds.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/base/cursor.h"
#include "storage/epochs.h"
#include "storage/seal.h"
#include "storage/unlock.h"
#include "tests/unit/storage/faults.h"
#include "tests/unit/storage/folder.h"
#include "tests/unit/storage/host.h"

#define PLANTED     200
#define VALUE_BYTES 40
#define KEY_BYTES   16

static void faults_off(void)
{
    for (int i = 0; i < FAULT_CALL_COUNT; i++) {
        fault_set((enum fault_call)i, 0, 0, false);
    }
}

static int set_up(void **state)
{
    struct host *host = malloc(sizeof *host);

    faults_off();
    host_init(host, true);
    *state = host;
    return 0;
}

static int tear_down(void **state)
{
    faults_off();
    host_deinit(*state);
    free(*state);
    return 0;
}

/* Opens the store again, with another time between two turns. */
static void open_again(struct host *host, vc_ms forget_after_ms)
{
    host_close(host);
    host->disk_cfg.forget_after_ms = forget_after_ms;
    assert_int_equal(host_open(host), VC_OK);
}

/* Message key @number, as the ratchet would keep it: peer ‖ session ‖ chain ‖ n. */
static void make_row(uint32_t number, uint8_t key[KEY_BYTES],
                     uint8_t value[VALUE_BYTES])
{
    struct vc_writer w = vc_writer(key, KEY_BYTES);

    vc_write_be32(&w, 1 + number % 3);
    vc_write_be32(&w, 1);
    vc_write_be32(&w, number % 7);
    vc_write_be32(&w, number);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    memset(value, 0, VALUE_BYTES);
    (void)snprintf((char *)value, VALUE_BYTES, "planted key %u", number);
}

static void put_row(struct host *host, uint32_t number)
{
    uint8_t key[KEY_BYTES];
    uint8_t value[VALUE_BYTES];

    make_row(number, key, value);
    assert_int_equal(vc_store_reserve(host->store, 1, 100), VC_OK);
    vc_store_put(host->store, VC_TABLE_SKIPPED, VC_BYTES(key), VC_BYTES(value));
}

static void del_row(struct host *host, uint32_t number)
{
    uint8_t key[KEY_BYTES];
    uint8_t value[VALUE_BYTES];

    make_row(number, key, value);
    assert_int_equal(vc_store_reserve(host->store, 1, 100), VC_OK);
    vc_store_del(host->store, VC_TABLE_SKIPPED, VC_BYTES(key));
}

static void commit(struct host *host)
{
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
}

/* Plants keys in many commits, so that pages are copied, and deletes them in one: LMDB has
 * had no reason to write over the pages then. */
static void plant_and_delete(struct host *host)
{
    for (uint32_t i = 0; i < PLANTED; i++) {
        put_row(host, i);
        if (i % 10 == 9) {
            commit(host);
        }
    }
    for (uint32_t i = 0; i < PLANTED; i++) {
        del_row(host, i);
    }
    put_row(host, PLANTED + 1); /* one lives on */
    commit(host);
}

/* Opens what may be a row at @at: its key stands before it. */
static void try_to_open(struct vc_keyring *ring, struct vc_bytes file, size_t at,
                        bool found[PLANTED])
{
    const size_t key_len = KEY_BYTES - VC_FRONT_BYTES + VC_PLACE_BYTES;
    const size_t len =
        VC_EPOCH_BYTES + VC_SEAL_OVERHEAD + 1 + VC_FRONT_BYTES + VALUE_BYTES;
    struct vc_bytes stored = {file.data + at, len};
    uint8_t room[256];
    struct vc_epoch_key epoch;
    struct vc_row row;
    char *end;
    unsigned long number;

    if (at < key_len || at + len > file.len ||
        !vc_keyring_find(ring, vc_row_epoch(stored), &epoch) ||
        vc_row_open(&row, (struct vc_room){room, sizeof room}, ring, VC_TABLE_SKIPPED,
                    (struct vc_bytes){file.data + at - key_len, key_len},
                    stored) != VC_OK) {
        return;
    }
    assert_memory_equal(row.value.data, "planted key ", 12);
    number = strtoul((const char *)row.value.data + 12, &end, 10);
    if (number < PLANTED) {
        found[number] = true;
    }
}

/* How many of the planted keys does a thief find in the directory? */
static size_t steal(struct host *host)
{
    bool found[PLANTED] = {false};
    struct vc_keyring *ring = host_ring(host);
    struct vc_bytes file;
    struct stat facts;
    uint8_t *bytes;
    char path[128];
    size_t count = 0;
    FILE *stream;

    host_path(host, "store.mdb", path);
    stream = fopen(path, "rb");
    assert_non_null(stream);
    assert_int_equal(fstat(fileno(stream), &facts), 0);
    bytes = malloc((size_t)facts.st_size);
    assert_int_equal(fread(bytes, 1, (size_t)facts.st_size, stream), facts.st_size);
    (void)fclose(stream);
    file = (struct vc_bytes){bytes, (size_t)facts.st_size};
    for (size_t at = 0; at + VC_EPOCH_BYTES <= file.len; at++) {
        try_to_open(ring, file, at, found);
    }
    for (size_t i = 0; i < PLANTED; i++) {
        count += found[i] ? 1 : 0;
    }
    free(bytes);
    vc_unlock_end(ring);
    assert_int_equal(folder_find(host->dir, bytes_of("planted key")), 0);
    return count;
}

/* The newest epoch of the directory; while a turn is under way, @ret_is_turning. */
static uint32_t read_epoch(const struct host *host, bool *ret_is_turning)
{
    struct vc_keyring *ring = host_ring(host);
    uint32_t number = ring->newest.number;

    *ret_is_turning = ring->older.number != 0;
    vc_unlock_end(ring);
    return number;
}

static uint32_t epoch_now(const struct host *host)
{
    bool is_turning;

    return read_epoch(host, &is_turning);
}

static bool has_turned(const struct host *host, uint32_t before)
{
    bool is_turning;

    return read_epoch(host, &is_turning) != before && !is_turning;
}

static void expect_survivor(struct host *host)
{
    uint8_t key[KEY_BYTES];
    uint8_t value[VALUE_BYTES];
    struct vc_bytes found;

    make_row(PLANTED + 1, key, value);
    assert_int_equal(vc_store_get(host->store, VC_TABLE_SKIPPED, VC_BYTES(key), &found),
                     VC_OK);
    assert_memory_equal(found.data, value, sizeof value);
}

static void without_a_turn_a_thief_finds_every_deleted_key(void **state)
{
    struct host *host = *state;

    open_again(host, VC_NEVER);
    plant_and_delete(host);
    host_close(host);
    assert_int_equal(steal(host), PLANTED);
}

static void after_a_turn_a_thief_finds_none(void **state)
{
    struct host *host = *state;
    uint32_t before;

    open_again(host, VC_NEVER);
    before = epoch_now(host);
    plant_and_delete(host);
    host_close(host);
    assert_int_equal(steal(host), PLANTED);
    host->disk_cfg.forget_after_ms = 0;
    assert_int_equal(host_open(host), VC_OK);
    while (!has_turned(host, before)) { /* the committer begins by itself */
        assert_int_equal(host_wait(host).failure, VC_OK);
    }
    assert_int_equal(steal(host), 0); /* while it runs */
    expect_survivor(host);
    host_close(host);
    assert_int_equal(steal(host), 0);
    assert_int_equal(host_open(host), VC_OK);
    expect_survivor(host);
}

static void a_clean_end_does_not_wait_for_the_hour(void **state)
{
    struct host *host = *state;

    open_again(host, 3600 * 1000);
    plant_and_delete(host);
    assert_int_equal(steal(host), PLANTED);
    host_close(host);
    assert_int_equal(steal(host), 0);
    assert_int_equal(host_open(host), VC_OK);
    expect_survivor(host);
}

/* Turn after turn, while rows are read and written. */
static void turns_do_not_disturb_who_reads_and_writes(void **state)
{
    struct host *host = *state;
    uint32_t before;

    open_again(host, 0);
    before = epoch_now(host);
    put_row(host, PLANTED + 1);
    commit(host);
    /* How many turns there are in so many commits is up to the disk: until there were eleven. */
    for (uint32_t i = 0; i < 100 || epoch_now(host) <= before + 10; i++) {
        put_row(host, i % 100);
        if (i > 0) {
            del_row(host, (i - 1) % 100);
        }
        expect_survivor(host);
        commit(host);
        expect_survivor(host);
    }
    host_close(host);
    assert_true(epoch_now(host) > before + 10);
    assert_int_equal(host_check(host->dir, NULL, NULL, 0), VC_OK);
    assert_true(steal(host) <= 1); /* the last one lives */
}

/* Each write and each sync of a turn fails once: nothing is lost, and a later turn does it. */
static void a_turn_that_fails_is_done_later(void **state)
{
    struct host *host = *state;

    static const enum fault_call calls[] = {FAULT_WRITE, FAULT_FDATASYNC};

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        for (unsigned nth = 1; nth < 12; nth++) {
            open_again(host, VC_NEVER);
            plant_and_delete(host);
            host_close(host);
            host->disk_cfg.forget_after_ms = 3600 * 1000;
            assert_int_equal(host_open(host), VC_OK);
            fault_set(calls[i], nth, EIO, false);
            host_close(host); /* turns, or tries to */
            faults_off();
            assert_int_equal(host_check(host->dir, NULL, NULL, 0), VC_OK);
            assert_int_equal(host_open(host), VC_OK);
            expect_survivor(host);
            host_close(host);
            assert_int_equal(steal(host), 0);
            assert_int_equal(host_open(host), VC_OK);
        }
    }
}

static void a_turn_that_was_cut_off_is_ended_at_the_next_start(void **state)
{
    struct host *host = *state;
    struct vc_keyring *ring;
    struct folder folder;
    uint32_t before;

    open_again(host, VC_NEVER);
    plant_and_delete(host);
    host_close(host);
    before = epoch_now(host);
    ring = host_ring(host);
    (void)snprintf(folder.path, sizeof folder.path, "%s", host->dir);
    folder_open(&folder);
    assert_int_equal(vc_epochs_begin(folder.fd, ring), VC_OK);
    folder_close(&folder);
    vc_unlock_end(ring);
    assert_int_equal(host_check(host->dir, NULL, NULL, 0), VC_OK);
    assert_int_equal(host_open(host), VC_OK);
    expect_survivor(host);
    assert_true(has_turned(host, before));
    assert_int_equal(epoch_now(host), before + 1);
    host_close(host);
    assert_int_equal(steal(host), 0);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(without_a_turn_a_thief_finds_every_deleted_key),
        ONE(after_a_turn_a_thief_finds_none),
        ONE(a_clean_end_does_not_wait_for_the_hour),
        ONE(turns_do_not_disturb_who_reads_and_writes),
        ONE(a_turn_that_fails_is_done_later),
        ONE(a_turn_that_was_cut_off_is_ended_at_the_next_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
