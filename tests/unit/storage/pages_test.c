/* Every byte of a small store, changed: what the walk of the pages lets pass is harmless. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "storage/pages.h"
#include "storage/seal.h"
#include "storage/unlock.h"
#include "tests/unit/storage/host.h"

#define ROWS 300

struct file {
    uint8_t *bytes;
    size_t len;
};

static struct file file;
static struct vc_keyring *ring;

static int set_up(void **state)
{
    static uint8_t large[10000];
    struct host host;
    struct stat stat_of;
    char path[128];
    FILE *stream;

    (void)state;
    host_init(&host, true);
    for (int i = 0; i < ROWS; i++) {
        char key[16];

        (void)snprintf(key, sizeof key, "%d", i * 7919 % ROWS);
        host_put(&host, VC_TABLE_MESSAGE, key, "a text that is not very long at all");
        if (i % 60 == 0) {
            assert_int_equal(host_settle(&host, vc_store_submit(host.store)), VC_OK);
        }
    }
    assert_int_equal(vc_store_reserve(host.store, 1, 1 + sizeof large), VC_OK);
    vc_store_put(host.store, VC_TABLE_OUTBOX, bytes_of("L"), VC_BYTES(large));
    (void)vc_store_submit(host.store);
    host_close(&host);
    ring = host_ring(&host);
    host_path(&host, "store.mdb", path);
    stream = fopen(path, "rb");
    assert_non_null(stream);
    assert_int_equal(fstat(fileno(stream), &stat_of), 0);
    file.len = (size_t)stat_of.st_size;
    file.bytes = malloc(file.len);
    assert_int_equal(fread(file.bytes, 1, file.len, stream), file.len);
    (void)fclose(stream);
    host_deinit(&host);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vc_unlock_end(ring);
    free(file.bytes);
    return 0;
}

static vc_err open_row(void *ctx, enum vc_table table, struct vc_bytes key,
                       struct vc_bytes sealed)
{
    static uint8_t room[VC_STORED_MAX];
    struct vc_row row;

    ++*(unsigned *)ctx;
    return vc_row_open(&row, (struct vc_room){room, sizeof room}, ring, table, key,
                       sealed);
}

static vc_err walk(size_t len, unsigned *ret_rows)
{
    struct vc_pages_walk pages = {
        .file = {file.bytes, len}, .on_row = open_row, .ctx = ret_rows};
    vc_err err = vc_image_decode(pages.file, &pages.image);

    *ret_rows = 0;
    if (err != VC_OK) {
        return err;
    }
    err = vc_pages_walk(&pages);
    /* A row says by itself what is wrong with it; all else needs words. */
    assert_true(err != VC_ERR_STORE_DAMAGED || pages.words != NULL || *ret_rows > 0);
    return err;
}

static void a_good_file_passes(void **state)
{
    unsigned rows;

    (void)state;
    assert_int_equal(walk(file.len, &rows), VC_OK);
    assert_int_equal(rows, ROWS + 3);
}

/* All rows are there and right, or it is damage: never a row less. */
static void every_changed_byte_is_damage_or_harmless(void **state)
{
    static const uint8_t masks[] = {0x01, 0x80, 0xff};
    unsigned damaged = 0;

    (void)state;
    for (size_t i = 0; i < 3 * file.len; i += 97) {
        size_t at = i / 3;
        uint8_t mask = masks[i % 3];
        unsigned rows;
        vc_err err;

        file.bytes[at] ^= mask;
        err = walk(file.len, &rows);
        file.bytes[at] ^= mask;
        if (err == VC_OK) {
            assert_int_equal(rows, ROWS + 3);
        } else {
            assert_int_equal(err, VC_ERR_STORE_DAMAGED);
            damaged++;
        }
    }
    assert_true(damaged > 0);
}

static void every_cut_is_damage_or_harmless(void **state)
{
    unsigned rows;

    (void)state;
    for (size_t len = 0; len < file.len; len += 128) {
        vc_err err = walk(len, &rows);

        assert_true(err == VC_ERR_STORE_DAMAGED || rows == ROWS + 3);
    }
}

static vc_err stop(void *ctx, enum vc_table table, struct vc_bytes key,
                   struct vc_bytes sealed)
{
    (void)ctx;
    (void)table;
    (void)key;
    (void)sealed;
    return VC_ERR_TIMEOUT;
}

static void what_on_row_says_ends_the_walk(void **state)
{
    struct vc_pages_walk pages = {.file = {file.bytes, file.len}, .on_row = stop};

    (void)state;
    assert_int_equal(vc_image_decode(pages.file, &pages.image), VC_OK);
    assert_int_equal(vc_pages_walk(&pages), VC_ERR_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_passes),
        cmocka_unit_test(every_changed_byte_is_damage_or_harmless),
        cmocka_unit_test(every_cut_is_damage_or_harmless),
        cmocka_unit_test(what_on_row_says_ends_the_walk),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
