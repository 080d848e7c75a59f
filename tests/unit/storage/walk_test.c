/*
 * The walk believes nothing, so it must not complain of anything that LMDB really leaves
 * behind: stores after long random use, in use, and with pages missing at the end.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/image.h"
#include "storage/unlock.h"
#include "storage/walk.h"
#include "tests/unit/storage/host.h"

#define KEYS 6000

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

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

static void expect_sound(struct host *host, uint64_t rows)
{
    char words[160] = "";
    uint64_t found = 0;
    vc_err err = host_check(host->dir, &found, words, sizeof words);

    if (err != VC_OK || found != rows) {
        fail_msg("%s (%s): %llu rows, %llu expected", vc_err_name(err), words,
                 (unsigned long long)found, (unsigned long long)rows);
    }
}

/* What exists, so that the walk's count can be compared. */
struct model {
    bool has[VC_TABLE_COUNT][KEYS];
    uint64_t rows;
};

static void set_row(struct host *host, struct model *model, uint64_t *rng)
{
    static uint8_t room[20000];
    enum vc_table table = draw(rng) % 2 == 0 ? VC_TABLE_MESSAGE : VC_TABLE_OUTBOX;
    uint32_t number = draw(rng) % KEYS;
    size_t len = draw(rng) % 10 == 0 ? draw(rng) % sizeof room : draw(rng) % 300;
    bool is_del =
        draw(rng) % 16 < (*rng >> 40) % 16; /* growing and shrinking by turns */
    bool *has = &model->has[table][number];
    char key[VC_STORE_KEY_MAX];
    struct vc_bytes key_bytes = {(uint8_t *)key, 0};

    /* Long keys make deep trees, and their length hangs on the number. */
    key_bytes.len = (size_t)snprintf(
        key, sizeof key, "%08u%.*s", number * 2654435761u, (int)(number % 50),
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw");
    while (vc_store_reserve(host->store, 1, sizeof key + sizeof room) == VC_ERR_FULL) {
        (void)vc_store_submit(host->store);
        assert_int_equal(host_settle_all(host), VC_OK);
    }
    if (is_del) {
        vc_store_del(host->store, table, key_bytes);
    } else {
        vc_store_put(host->store, table, key_bytes, (struct vc_bytes){room, len});
    }
    model->rows += (uint64_t)!is_del - (uint64_t)*has;
    *has = !is_del;
}

static void what_long_random_use_leaves_is_sound(void **state)
{
    struct host *host = *state;
    static struct model model;
    const char *given = getenv("SEED");
    const char *rounds = getenv("ROUNDS");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 11;
    uint64_t rng = seed;
    int count = rounds != NULL ? (int)strtol(rounds, NULL, 10) : 24;

    print_message("seed %llu\n", (unsigned long long)seed);
    memset(&model, 0, sizeof model);
    model.rows = 2; /* the version, and what tells the keys */
    for (int round = 0; round < count; round++) {
        for (uint32_t i = draw(&rng) % 2000; i > 0; i--) {
            set_row(host, &model, &rng);
            if (draw(&rng) % 64 == 0) {
                (void)vc_store_submit(host->store);
                assert_int_equal(vc_store_poll(host->store).failure, VC_OK);
            }
        }
        (void)vc_store_submit(host->store);
        assert_int_equal(host_settle_all(host), VC_OK);
        if (round % 4 == 3) {
            host_close(host);
        }
        expect_sound(host, model.rows); /* of a store in use, three times in four */
        if (host->store == NULL) {
            assert_int_equal(host_open(host), VC_OK);
        }
    }
}

/* Commits go on while the child walks: it sees one state, from before or after. */
static void a_store_that_is_written_to_can_be_walked(void **state)
{
    struct host *host = *state;
    struct vc_walk walk = {.ring = host_ring(host)};
    char path[128];

    host_path(host, "store.mdb", path);
    for (int i = 0; i < 50; i++) {
        host_put(host, VC_TABLE_SETTING, "a", "1");
        (void)vc_store_submit(host->store);
        assert_int_equal(vc_store_poll(host->store).failure, VC_OK);
        assert_int_equal(host_check(host->dir, NULL, NULL, 0), VC_OK);
    }
    host_close(host);
    assert_int_equal(vc_walk_file(path, &walk), VC_OK);
    assert_int_equal(walk.rows, 3);
    vc_unlock_end(walk.ring);
}

static void note_progress(void *ctx, const struct vc_walk *walk)
{
    assert_true(walk->words[0] != '\0');
    ++*(int *)ctx;
}

static void progress_is_told(void **state)
{
    struct host *host = *state;
    int reports = 0;
    struct vc_walk walk = {
        .ring = host_ring(host), .on_progress = note_progress, .ctx = &reports};
    char path[128];

    for (int i = 0; i < 1000; i++) {
        char key[16];

        (void)snprintf(key, sizeof key, "%d", i);
        host_put(host, VC_TABLE_ORDER, key, "");
    }
    (void)vc_store_submit(host->store);
    host_close(host);
    host_path(host, "store.mdb", path);
    assert_int_equal(vc_walk_file(path, &walk), VC_OK);
    assert_true(reports >= 4);
    vc_unlock_end(walk.ring);
}

static void a_missing_file_is_told(void **state)
{
    struct vc_walk walk = {.no_ring = VC_ERR_STORE_KEY};

    (void)state;
    assert_int_not_equal(vc_walk_file("/nonexistent/veche", &walk), VC_OK);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(what_long_random_use_leaves_is_sound),
        ONE(a_store_that_is_written_to_can_be_walked),
        ONE(progress_is_told),
        cmocka_unit_test(a_missing_file_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
