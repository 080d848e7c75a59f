/*
 * A table whose keys are hidden answers as one whose keys are not: the same rows in both,
 * the same scans.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/storage/host.h"

#define ROWS  300
#define SCANS 4000

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* Few different bytes, so that keys share their starts. */
static struct vc_bytes draw_key(uint64_t *rng, uint8_t room[8], size_t least)
{
    static const uint8_t bytes[] = {0x00, 0x01, 0x80, 0xff};
    size_t len = least + draw(rng) % (9 - least);

    for (size_t i = 0; i < len; i++) {
        room[i] = bytes[draw(rng) % (i < 3 ? 2 : 4)];
    }
    return (struct vc_bytes){room, len};
}

static int set_up(void **state, bool is_on_disk)
{
    struct host *host = malloc(sizeof *host);
    uint64_t rng = 3;

    host_init(host, is_on_disk);
    for (int i = 0; i < ROWS; i++) {
        uint8_t room[8];
        struct vc_bytes key = draw_key(&rng, room, 1);

        assert_int_equal(vc_store_reserve(host->store, 2, 100), VC_OK);
        vc_store_put(host->store, VC_TABLE_SETTING, key, key);
        vc_store_put(host->store, VC_TABLE_MESSAGE, key, key);
    }
    assert_int_equal(host_settle(host, vc_store_submit(host->store)), VC_OK);
    *state = host;
    return 0;
}

static int in_memory(void **state)
{
    return set_up(state, false);
}

static int on_disk(void **state)
{
    return set_up(state, true);
}

static int tear_down(void **state)
{
    host_deinit(*state);
    free(*state);
    return 0;
}

struct seen {
    uint8_t bytes[ROWS * 9];
    size_t len;
    size_t rows;
    size_t rows_max;
};

static bool note(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct seen *seen = ctx;

    assert_int_equal(key.len, value.len);
    assert_memory_equal(key.data, value.data, key.len);
    seen->bytes[seen->len] = (uint8_t)key.len;
    memcpy(seen->bytes + seen->len + 1, key.data, key.len);
    seen->len += 1 + key.len;
    return ++seen->rows < seen->rows_max;
}

static void scans_see_the_same_rows_in_the_same_order(void **state)
{
    struct host *host = *state;
    static struct seen plain;
    static struct seen hidden;
    uint64_t rng = 4;
    size_t rows = 0;

    for (int i = 0; i < SCANS; i++) {
        uint8_t prefix[8];
        uint8_t from[8];
        struct vc_scan scan = {.table = VC_TABLE_SETTING,
                               .prefix = draw_key(&rng, prefix, 0),
                               .from = draw_key(&rng, from, 0),
                               .is_reverse = draw(&rng) % 2 == 0,
                               .on_row = note,
                               .ctx = &plain};

        scan.prefix.len = scan.prefix.len > 0 ? draw(&rng) % scan.prefix.len : 0;
        plain.len = plain.rows = hidden.len = hidden.rows = 0;
        plain.rows_max = hidden.rows_max = draw(&rng) % 3 == 0 ? 3 : ROWS + 1;
        assert_int_equal(vc_store_scan(host->store, &scan), VC_OK);
        scan.table = VC_TABLE_MESSAGE;
        scan.ctx = &hidden;
        assert_int_equal(vc_store_scan(host->store, &scan), VC_OK);
        assert_int_equal(hidden.rows, plain.rows);
        assert_int_equal(hidden.len, plain.len);
        assert_memory_equal(hidden.bytes, plain.bytes, plain.len);
        rows += plain.rows;
    }
    assert_true(rows > SCANS);
}

static bool read_another(void *ctx, struct vc_bytes key, struct vc_bytes value)
{
    struct host *host = ctx;
    struct vc_bytes other;

    assert_int_equal(vc_store_get(host->store, VC_TABLE_SETTING, key, &other), VC_OK);
    assert_int_equal(other.len, value.len);
    assert_memory_equal(other.data, value.data, value.len);
    return true;
}

static void rows_can_be_read_in_the_middle_of_a_scan(void **state)
{
    struct host *host = *state;
    struct vc_scan scan = {
        .table = VC_TABLE_MESSAGE, .on_row = read_another, .ctx = host};

    assert_int_equal(vc_store_scan(host->store, &scan), VC_OK);
}

static void what_was_read_stays_until_the_turn_is_over(void **state)
{
    struct host *host = *state;
    struct vc_bytes first;
    struct vc_bytes other;
    uint64_t rng = 3;
    uint8_t room[8];
    struct vc_bytes key = draw_key(&rng, room, 1);
    struct vc_scan scan = {
        .table = VC_TABLE_MESSAGE, .on_row = read_another, .ctx = host};

    assert_int_equal(vc_store_get(host->store, VC_TABLE_MESSAGE, key, &first), VC_OK);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(vc_store_get(host->store, VC_TABLE_SETTING, key, &other),
                         VC_OK);
    }
    assert_int_equal(vc_store_scan(host->store, &scan), VC_OK);
    assert_int_equal(first.len, key.len);
    assert_memory_equal(first.data, key.data, key.len);
}

#define BOTH(test)                                               \
    cmocka_unit_test_setup_teardown(test, in_memory, tear_down), \
        cmocka_unit_test_setup_teardown(test, on_disk, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(scans_see_the_same_rows_in_the_same_order),
        BOTH(rows_can_be_read_in_the_middle_of_a_scan),
        BOTH(what_was_read_stays_until_the_turn_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
