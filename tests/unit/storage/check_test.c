#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/pages.h"
#include "tests/unit/storage/host.h"

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

/* A few hundred rows, and the file's path. */
static void fill(struct host *host, char ret_path[128])
{
    for (int i = 0; i < 500; i++) {
        char key[16];

        (void)snprintf(key, sizeof key, "%d", i);
        host_put(host, VC_TABLE_MESSAGE, key, "the text of a message");
    }
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    /* In a commit of its own, so that it stands in the file once. */
    host_put(host, VC_TABLE_OUTBOX, "one", "see you at eight");
    (void)vc_store_submit(host->store);
    host_close(host);
    host_path(host, "store.mdb", ret_path);
}

static void a_good_store_is_counted(void **state)
{
    struct host *host = *state;
    char path[128];
    char words[64] = "untouched";
    uint64_t rows = 0;

    fill(host, path);
    assert_int_equal(host_check(host->dir, &rows, words, sizeof words), VC_OK);
    assert_int_equal(rows, 503); /* with the version and what tells the keys */
    assert_string_equal(words, "untouched");
    assert_int_equal(host_check(host->dir, NULL, NULL, 0), VC_OK);
}

/* The last byte of the one row in the outbox. */
static vc_err find_text(void *ctx, enum vc_table table, struct vc_bytes key,
                        struct vc_bytes stored)
{
    (void)key;
    if (table == VC_TABLE_OUTBOX) {
        *(const uint8_t **)ctx = stored.data + stored.len - 1;
    }
    return VC_OK;
}

static void a_wrong_text_is_damage_with_a_place(void **state)
{
    struct host *host = *state;
    static uint8_t bytes[1 << 20];
    char path[128];
    char words[128] = "";
    char short_words[8] = "";
    struct vc_pages_walk pages = {.file.data = bytes, .on_row = find_text};
    const uint8_t *text = NULL;
    FILE *file;

    fill(host, path);
    file = fopen(path, "r+b");
    assert_non_null(file);
    pages.file.len = fread(bytes, 1, sizeof bytes, file);
    pages.ctx = &text;
    assert_int_equal(vc_image_decode(pages.file, &pages.image), VC_OK);
    assert_int_equal(vc_pages_walk(&pages), VC_OK);
    assert_non_null(text);
    assert_int_equal(fseek(file, text - bytes, SEEK_SET), 0);
    assert_int_equal(fputc(*text ^ 1, file), *text ^ 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(host_check(host->dir, NULL, words, sizeof words),
                     VC_ERR_STORE_DAMAGED);
    assert_non_null(strstr(words, "in outbox"));
    assert_int_equal(host_check(host->dir, NULL, short_words, sizeof short_words),
                     VC_ERR_STORE_DAMAGED);
    assert_int_equal(strlen(short_words), sizeof short_words - 1);
}

static void a_file_that_is_cut_off_is_damaged_also_to_open(void **state)
{
    struct host *host = *state;
    char words[128] = "";
    struct stat file;
    char path[128];

    fill(host, path);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(truncate(path, file.st_size / 2 / 4096 * 4096), 0);
    assert_int_equal(host_check(host->dir, NULL, words, sizeof words),
                     VC_ERR_STORE_DAMAGED);
    assert_int_not_equal(words[0], '\0');
    assert_int_equal(host_open(host), VC_ERR_STORE_DAMAGED);
}

static void what_is_no_store_is_told(void **state)
{
    struct host *host = *state;
    char words[128] = "";
    char path[128];
    FILE *file;

    fill(host, path);
    file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 100000; i++) {
        (void)fputs("not a store ", file);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(host_check(host->dir, NULL, words, sizeof words),
                     VC_ERR_STORE_DAMAGED);
    assert_int_not_equal(words[0], '\0');
    assert_int_equal(host_open(host), VC_ERR_STORE_DAMAGED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(host_check(host->dir, NULL, words, sizeof words),
                     VC_ERR_STORE_DAMAGED);
    assert_int_equal(host_open(host), VC_ERR_STORE_DAMAGED);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(host_check(host->dir, NULL, words, sizeof words),
                     VC_ERR_NOT_FOUND);
    assert_int_equal(host_check("/nonexistent/veche", NULL, NULL, 0), VC_ERR_NOT_FOUND);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(a_good_store_is_counted),
        ONE(a_wrong_text_is_damage_with_a_place),
        ONE(a_file_that_is_cut_off_is_damaged_also_to_open),
        ONE(what_is_no_store_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
