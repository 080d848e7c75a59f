/*
 * A thousand damaged files: flipped, overwritten, cut off, or not ours at all.  For each, the
 * check says "damaged", or the store opens and everything it gives is right; and this
 * process never meets a signal or a hang.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/storage/host.h"

#define FILES       1000
#define ROWS        400
#define SECONDS_MAX 60 /* of one file: a hang */

struct image {
    uint8_t *bytes;
    size_t len;
};

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* Row @i: most are small, some stand on pages of their own. */
static size_t make_value(int i, uint8_t *room)
{
    size_t len = i % 25 == 0 ? 9000 : (size_t)(20 + i % 90);

    for (size_t at = 0; at < len; at++) {
        room[at] = (uint8_t)('a' + (i + (int)at) % 26);
    }
    return len;
}

static enum vc_table table_of(int i)
{
    return i % 3 == 0   ? VC_TABLE_MESSAGE
           : i % 3 == 1 ? VC_TABLE_ORDER
                        : VC_TABLE_OUTBOX;
}

static void put_row(struct host *host, int i)
{
    static uint8_t room[9000];
    char key[16];
    struct vc_bytes value = {room, make_value(i, room)};

    (void)snprintf(key, sizeof key, "row%05d", i);
    while (vc_store_reserve(host->store, 1, sizeof key + value.len) == VC_ERR_FULL) {
        assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    }
    vc_store_put(host->store, table_of(i), bytes_of(key), value);
}

/* In several commits and with removals, so that there are free pages. */
static void fill(struct host *host)
{
    for (int i = 0; i < ROWS; i++) {
        put_row(host, i);
        if (i % 50 == 49) {
            assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
        }
    }
    for (int i = 0; i < ROWS; i += 25) {
        char key[16];

        (void)snprintf(key, sizeof key, "row%05d", i);
        host_del(host, table_of(i), key);
        assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
        put_row(host, i);
    }
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
}

static void read_image(const char *path, struct image *ret_image)
{
    FILE *file = fopen(path, "rb");
    struct stat stat_of;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &stat_of), 0);
    ret_image->len = (size_t)stat_of.st_size;
    ret_image->bytes = malloc(ret_image->len);
    assert_int_equal(fread(ret_image->bytes, 1, ret_image->len, file), ret_image->len);
    (void)fclose(file);
}

static void write_image(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* Changes a copy of the image; gives its new length, and says what it did. */
static size_t damage(const struct image *image, uint8_t *bytes, uint64_t *rng,
                     char what[64])
{
    uint32_t kind = draw(rng) % 10;
    size_t at = draw(rng) % image->len;
    size_t len = 1 + draw(rng) % 512;

    memcpy(bytes, image->bytes, image->len);
    len = len < image->len - at ? len : image->len - at;
    if (kind < 4) {
        (void)snprintf(what, 64, "bit %zu", at);
        bytes[at] ^= (uint8_t)(1u << (draw(rng) % 8));
    } else if (kind < 6) {
        /* A header of a page, where LMDB's own structure stands. */
        at = at / 4096 * 4096 + draw(rng) % 160;
        (void)snprintf(what, 64, "byte %zu", at);
        bytes[at] = (uint8_t)draw(rng);
    } else if (kind == 6) {
        (void)snprintf(what, 64, "%zu bytes at %zu", len, at);
        for (size_t i = 0; i < len; i++) {
            bytes[at + i] = (uint8_t)draw(rng);
        }
    } else if (kind == 7) {
        (void)snprintf(what, 64, "cut at %zu", at);
        return at;
    } else if (kind == 8) {
        size_t from = draw(rng) % (image->len / 4096) * 4096;
        size_t to = draw(rng) % (image->len / 4096) * 4096;

        (void)snprintf(what, 64, "page %zu over page %zu", from / 4096, to / 4096);
        memcpy(bytes + to, image->bytes + from, 4096);
    } else {
        size_t foreign = draw(rng) % image->len;

        (void)snprintf(what, 64, "foreign file of %zu bytes", foreign);
        for (size_t i = 0; i < foreign; i++) {
            bytes[i] = (uint8_t)draw(rng);
        }
        return foreign;
    }
    return image->len;
}

/* In a child: opens what was found good, reads every row and writes one. */
static int use_store(struct host *host)
{
    static uint8_t room[9000];
    int missing = 0;

    (void)alarm(SECONDS_MAX);
    if (host_open(host) != VC_OK) {
        return 10;
    }
    for (int i = 0; i < ROWS; i++) {
        char key[16];
        struct vc_bytes value;
        size_t len = make_value(i, room);
        vc_err err;

        (void)snprintf(key, sizeof key, "row%05d", i);
        err = vc_store_get(host->store, table_of(i), bytes_of(key), &value);
        if (err != VC_OK) {
            missing++;
        } else if (value.len != len || memcmp(value.data, room, len) != 0) {
            return 11;
        }
    }
    put_row(host, ROWS);
    if (host_settle(host, vc_store_submit(host->store)) != VC_OK) {
        return 12;
    }
    host_close(host);
    return missing > 0 ? 13 : 0;
}

static int run_in_child(struct host *host)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        _exit(use_store(host));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* Does the check tell it?  Else the store must be of use as if nothing had happened. */
static bool is_told(struct host *host, int number, const char *what)
{
    char words[160] = "";
    uint64_t rows;
    vc_err err;
    int status;

    assert_false(vc_lmdb_was_clean(host->dir));
    err = host_check(host->dir, &rows, words, sizeof words);
    if (err != VC_OK) {
        if (err != VC_ERR_STORE_DAMAGED || words[0] == '\0') {
            fail_msg("file %d (%s): %s, words \"%s\"", number, what, vc_err_name(err),
                     words);
        }
        return true;
    }
    status = run_in_child(host);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail_msg("file %d (%s): passed the check, then status %x", number, what,
                 (unsigned)status);
    }
    return false;
}

static void a_thousand_damaged_files_are_told_or_harmless(void **state)
{
    struct host host;
    struct image image;
    char path[128];
    const char *given = getenv("SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 7;
    uint8_t *bytes;
    int told = 0;

    (void)state;
    host_init(&host, true);
    fill(&host);
    host_close(&host);
    host_path(&host, "store.mdb", path);
    read_image(path, &image);
    bytes = malloc(image.len);
    print_message("seed %llu, %zu bytes\n", (unsigned long long)seed, image.len);
    for (int i = 0; i < FILES; i++) {
        uint64_t rng = seed * 1000003 + (uint64_t)i;
        char what[64];

        (void)draw(&rng);
        write_image(path, bytes, damage(&image, bytes, &rng, what));
        told += is_told(&host, i, what) ? 1 : 0;
    }
    print_message("%d told, %d harmless\n", told, FILES - told);
    free(bytes);
    free(image.bytes);
    host_deinit(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_damaged_files_are_told_or_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
