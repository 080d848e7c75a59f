#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/image.h"
#include "tests/unit/storage/host.h"

/* Where things stand in a meta page, counted in bytes from its start. */
#define WORD      sizeof(size_t)
#define AT_KIND   (WORD + 2)
#define AT_MAGIC  (WORD + 8)
#define AT_FREE   (AT_MAGIC + 8 + 2 * WORD)
#define AT_TABLES (AT_FREE + VC_IMAGE_TREE_BYTES)
#define AT_LAST   (AT_TABLES + VC_IMAGE_TREE_BYTES)
#define AT_COMMIT (AT_LAST + WORD)

static uint8_t head[VC_IMAGE_HEAD_BYTES];
static size_t head_len;

/* The first pages of a real store. */
static int set_up(void **state)
{
    struct host host;
    char path[128];
    FILE *file;

    (void)state;
    host_init(&host, true);
    for (int i = 0; i < 3; i++) {
        host_put(&host, VC_TABLE_ORDER, "a", "b");
        assert_int_equal(host_settle(&host, vc_store_submit(host.store)), VC_OK);
    }
    host_close(&host);
    host_path(&host, "store.mdb", path);
    file = fopen(path, "rb");
    assert_non_null(file);
    head_len = fread(head, 1, sizeof head, file);
    (void)fclose(file);
    host_deinit(&host);
    return 0;
}

static vc_err decode(struct vc_image *ret_image)
{
    return vc_image_decode((struct vc_bytes){head, head_len}, ret_image);
}

static void a_real_file_is_read(void **state)
{
    struct vc_image image;
    struct vc_image other;

    (void)state;
    assert_int_equal(decode(&image), VC_OK);
    assert_int_equal(image.page_bytes, sysconf(_SC_PAGESIZE));
    assert_true(image.last_page > 2);
    assert_int_equal(image.commit, 4);
    assert_int_equal(image.tables.entries, VC_TABLE_COUNT);
    assert_int_equal(
        vc_image_decode_commit((struct vc_bytes){head, head_len}, 3, &other), VC_OK);
    assert_int_equal(other.commit, 3);
    assert_int_equal(
        vc_image_decode_commit((struct vc_bytes){head, head_len}, 2, &other),
        VC_ERR_BUSY);
}

static void every_cut_is_damage(void **state)
{
    struct vc_image image;

    (void)state;
    assert_int_equal(decode(&image), VC_OK);
    for (size_t len = 0; len < 2 * (size_t)image.page_bytes; len++) {
        assert_int_equal(vc_image_decode((struct vc_bytes){head, len}, &image),
                         VC_ERR_STORE_DAMAGED);
    }
}

static void expect_damage(size_t page, size_t at, size_t len, uint64_t number)
{
    uint8_t kept[8];
    struct vc_image image;
    uint8_t *field = head + page * (size_t)sysconf(_SC_PAGESIZE) + at;

    memcpy(kept, field, len);
    memcpy(field, &number, len);
    if (decode(&image) != VC_ERR_STORE_DAMAGED) {
        fail_msg("page %zu, byte %zu: taken for good", page, at);
    }
    memcpy(field, kept, len);
}

static void fields_that_cannot_be_are_damage(void **state)
{
    (void)state;
    for (size_t page = 0; page < 2; page++) {
        expect_damage(page, AT_KIND, 2, 2);
        expect_damage(page, AT_MAGIC, 4, 1);
        expect_damage(page, AT_MAGIC + 4, 4, 2);
        expect_damage(page, AT_FREE, 4, 0);
        expect_damage(page, AT_FREE, 4, 4097);
        expect_damage(page, AT_FREE, 4, 1u << 31);
        expect_damage(page, AT_FREE + 4, 2, 0);
        expect_damage(page, AT_FREE + 4, 2, 9);
        expect_damage(page, AT_TABLES + 4, 2, 4);
        expect_damage(page, AT_TABLES + 8 + 4 * WORD, WORD, 1);
        expect_damage(page, AT_TABLES + 8 + 4 * WORD, WORD, (uint64_t)1 << 30);
        expect_damage(page, AT_LAST, WORD, (uint64_t)1 << 40);
        expect_damage(page, AT_LAST, WORD, 0);
        expect_damage(page, AT_COMMIT, WORD, 9);
        expect_damage(page, AT_COMMIT, WORD, 0);
    }
}

static void every_flip_of_the_commit_is_damage(void **state)
{
    struct vc_image image;

    (void)state;
    for (size_t page = 0; page < 2; page++) {
        uint8_t *field = head + page * (size_t)sysconf(_SC_PAGESIZE) + AT_COMMIT;

        for (size_t bit = 0; bit < 8 * WORD; bit++) {
            field[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            assert_int_equal(decode(&image), VC_ERR_STORE_DAMAGED);
            field[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
    }
}

static void the_length_of_the_file_is_compared(void **state)
{
    struct host host;
    struct stat file;
    char path[128];
    bool is_short = true;

    (void)state;
    host_init(&host, true);
    host_close(&host);
    host_path(&host, "store.mdb", path);
    assert_int_equal(vc_image_look(path, &is_short), VC_OK);
    assert_false(is_short);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(truncate(path, file.st_size - 1), 0);
    assert_int_equal(vc_image_look(path, &is_short), VC_OK);
    assert_true(is_short);
    assert_int_equal(vc_image_look("/nonexistent/veche", &is_short), VC_ERR_NOT_FOUND);
    assert_int_equal(vc_image_look("/tmp", &is_short), VC_ERR_STORE_DAMAGED);
    assert_int_equal(vc_image_look("/dev/null", &is_short), VC_ERR_STORE_DAMAGED);
    host_deinit(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_file_is_read),
        cmocka_unit_test(every_cut_is_damage),
        cmocka_unit_test(fields_that_cannot_be_are_damage),
        cmocka_unit_test(every_flip_of_the_commit_is_damage),
        cmocka_unit_test(the_length_of_the_file_is_compared),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
