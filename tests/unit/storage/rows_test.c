/* Scans over a plain array, against the plainest possible reading of store.h. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "storage/rows.h"

#define ROWS_MAX 40

struct array {
    struct vc_rows rows;
    uint8_t keys[ROWS_MAX][3];
    size_t lens[ROWS_MAX];
    size_t count;
    size_t at;
};

static struct vc_bytes key_at(const struct array *array, size_t i)
{
    return (struct vc_bytes){array->keys[i], array->lens[i]};
}

static vc_err move(struct vc_rows *rows, enum vc_rows_move move, struct vc_bytes *key,
                   struct vc_bytes *ret_value)
{
    struct array *array = (struct array *)rows;

    if (move == VC_ROWS_FIRST) {
        array->at = 0;
    } else if (move == VC_ROWS_LAST) {
        array->at = array->count == 0 ? 0 : array->count - 1;
    } else if (move == VC_ROWS_NEXT) {
        array->at++;
    } else if (move == VC_ROWS_PREV) {
        array->at = array->at == 0 ? array->count : array->at - 1;
    } else {
        for (array->at = 0; array->at < array->count &&
                            vc_key_compare(key_at(array, array->at), *key) < 0;) {
            array->at++;
        }
    }
    if (array->at >= array->count) {
        return VC_ERR_NOT_FOUND;
    }
    *key = key_at(array, array->at);
    *ret_value = *key;
    return VC_OK;
}

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* Short keys of few bytes, so that prefixes and neighbours happen. */
static struct vc_bytes draw_key(uint64_t *rng, uint8_t room[3], size_t shortest)
{
    static const uint8_t letters[] = {0x00, 0x01, 0xfe, 0xff};
    size_t len = shortest + draw(rng) % (4 - shortest);

    for (size_t i = 0; i < len; i++) {
        room[i] = letters[draw(rng) % sizeof letters];
    }
    return (struct vc_bytes){room, len};
}

static int compare_rows(const void *a, const void *b)
{
    return vc_key_compare(*(const struct vc_bytes *)a, *(const struct vc_bytes *)b);
}

static void fill(struct array *array, uint64_t *rng)
{
    uint8_t rooms[ROWS_MAX][3];
    struct vc_bytes keys[ROWS_MAX];
    size_t count = draw(rng) % ROWS_MAX;

    array->rows.move = move;
    array->count = 0;
    for (size_t i = 0; i < count; i++) {
        keys[i] = draw_key(rng, rooms[i], 1);
    }
    qsort(keys, count, sizeof keys[0], compare_rows);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && vc_key_compare(keys[i - 1], keys[i]) == 0) {
            continue;
        }
        memcpy(array->keys[array->count], keys[i].data, keys[i].len);
        array->lens[array->count++] = keys[i].len;
    }
}

struct seen {
    const uint8_t *keys[ROWS_MAX];
    size_t count;
    size_t limit;
};

static bool note_row(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct seen *seen = ctx;

    assert_ptr_equal(key.data, value.data);
    assert_true(seen->count < ROWS_MAX);
    seen->keys[seen->count++] = key.data;
    return seen->count < seen->limit;
}

/* Every row in turn: does it have the prefix, and is it on the right side of from? */
static void expect(const struct array *array, const struct vc_scan *scan, size_t limit,
                   struct seen *ret_seen)
{
    ret_seen->count = 0;
    for (size_t step = 0; step < array->count && ret_seen->count < limit; step++) {
        size_t i = scan->is_reverse ? array->count - 1 - step : step;
        struct vc_bytes key = key_at(array, i);
        int order = vc_key_compare(key, scan->from);

        if (key.len < scan->prefix.len ||
            memcmp(key.data, scan->prefix.data, scan->prefix.len) != 0 ||
            (scan->from.len > 0 && (scan->is_reverse ? order > 0 : order < 0))) {
            continue;
        }
        ret_seen->keys[ret_seen->count++] = key.data;
    }
}

static void scans_give_what_a_plain_reading_gives(void **state)
{
    uint64_t rng = 42;
    static struct array array;

    (void)state;
    print_message("seed 42\n");
    for (int round = 0; round < 20000; round++) {
        uint8_t rooms[2][3];
        struct seen expected;
        struct seen seen = {.limit = 1 + draw(&rng) % ROWS_MAX};
        struct vc_scan scan = {
            .prefix = draw_key(&rng, rooms[0], 0),
            .from = draw_key(&rng, rooms[1], 0),
            .is_reverse = draw(&rng) % 2 == 0,
            .on_row = note_row,
            .ctx = &seen,
        };

        fill(&array, &rng);
        expect(&array, &scan, seen.limit, &expected);
        assert_int_equal(vc_rows_scan(&array.rows, &scan), VC_OK);
        assert_int_equal(seen.count, expected.count);
        for (size_t i = 0; i < seen.count; i++) {
            assert_ptr_equal(seen.keys[i], expected.keys[i]);
        }
    }
}

static vc_err damaged(struct vc_rows *rows, enum vc_rows_move move,
                      struct vc_bytes *key, struct vc_bytes *ret_value)
{
    (void)rows;
    (void)move;
    (void)key;
    (void)ret_value;
    return VC_ERR_STORE_DAMAGED;
}

static void trouble_below_comes_out(void **state)
{
    struct vc_rows rows = {damaged};
    struct seen seen = {.limit = 1};
    struct vc_scan scan = {.on_row = note_row, .ctx = &seen};

    (void)state;
    assert_int_equal(vc_rows_scan(&rows, &scan), VC_ERR_STORE_DAMAGED);
    scan.is_reverse = true;
    assert_int_equal(vc_rows_scan(&rows, &scan), VC_ERR_STORE_DAMAGED);
    assert_int_equal(seen.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_give_what_a_plain_reading_gives),
        cmocka_unit_test(trouble_below_comes_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
