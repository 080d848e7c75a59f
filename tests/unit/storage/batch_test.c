#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prim.h"
#include "storage/batch.h"
#include "storage/rows.h"

static const uint8_t hash_key[16] = {1, 2, 3};

static int set_up(void **state)
{
    struct vc_batch *batch = malloc(sizeof *batch);

    if (vc_crypto_init() != VC_OK || !vc_batch_init(batch, hash_key)) {
        return -1;
    }
    *state = batch;
    return 0;
}

static int tear_down(void **state)
{
    vc_batch_deinit(*state);
    free(*state);
    return 0;
}

static struct vc_bytes text(const char *string)
{
    return (struct vc_bytes){(const uint8_t *)string, strlen(string)};
}

static void add(struct vc_batch *batch, enum vc_table table, const char *key,
                const char *value)
{
    vc_batch_add(batch,
                 &(struct vc_batch_op){.table = table,
                                       .is_del = value == NULL,
                                       .key = text(key),
                                       .value = text(value == NULL ? "" : value)});
}

static bool holds(const struct vc_batch *batch, enum vc_table table, const char *key,
                  const char *value)
{
    struct vc_batch_op op;

    return vc_batch_find(batch, table, text(key), &op) && !op.is_del &&
           op.value.len == strlen(value) &&
           memcmp(op.value.data, value, op.value.len) == 0;
}

static void a_later_write_takes_the_place_of_an_earlier_one(void **state)
{
    struct vc_batch *batch = *state;
    struct vc_batch_op op;

    add(batch, VC_TABLE_CONTACT, "a", "one");
    add(batch, VC_TABLE_CONTACT, "a", "two");
    assert_int_equal(batch->count, 1);
    assert_true(holds(batch, VC_TABLE_CONTACT, "a", "two"));
    add(batch, VC_TABLE_CONTACT, "a", NULL);
    assert_int_equal(batch->count, 1);
    assert_true(vc_batch_find(batch, VC_TABLE_CONTACT, text("a"), &op));
    assert_true(op.is_del);
}

static void one_key_in_two_tables_is_two_rows(void **state)
{
    struct vc_batch *batch = *state;

    add(batch, VC_TABLE_CONTACT, "a", "one");
    add(batch, VC_TABLE_DEVICE, "a", "two");
    add(batch, VC_TABLE_DEVICE, "ab", "three");
    assert_true(holds(batch, VC_TABLE_CONTACT, "a", "one"));
    assert_true(holds(batch, VC_TABLE_DEVICE, "a", "two"));
    assert_true(holds(batch, VC_TABLE_DEVICE, "ab", "three"));
    assert_false(holds(batch, VC_TABLE_CONTACT, "ab", "three"));
}

static void a_cleared_batch_is_empty_and_wiped(void **state)
{
    struct vc_batch *batch = *state;

    add(batch, VC_TABLE_IDENTITY, "key", "secret");
    batch->ticket = 7;
    vc_batch_clear(batch);
    assert_int_equal(batch->count, 0);
    assert_int_equal(batch->ticket, 0);
    assert_false(holds(batch, VC_TABLE_IDENTITY, "key", "secret"));
    assert_true(vc_is_zero(batch->bytes, 9));
    for (size_t i = 0; i < VC_BATCH_SLOTS; i++) {
        assert_int_equal(batch->slots[i], 0);
    }
}

/* Fills it to the last byte: what fits() says is what fits. */
static void what_fits_is_what_can_be_added(void **state)
{
    struct vc_batch *batch = *state;
    static uint8_t value[1000];
    uint32_t number = 0;

    while (vc_batch_fits(batch, 1, 4 + sizeof value)) {
        uint8_t key[4] = {(uint8_t)number, (uint8_t)(number >> 8), 0, 0};

        vc_batch_add(batch, &(struct vc_batch_op){.table = VC_TABLE_OUTBOX,
                                                  .key = VC_BYTES(key),
                                                  .value = VC_BYTES(value)});
        number++;
    }
    assert_int_equal(number, VC_STORE_BATCH_BYTES / (4 + sizeof value + 16));
    assert_false(vc_batch_fits(batch, SIZE_MAX, 0));
    assert_false(vc_batch_fits(batch, 1, SIZE_MAX));
    for (uint32_t i = 0; i < number; i++) {
        uint8_t key[4] = {(uint8_t)i, (uint8_t)(i >> 8), 0, 0};
        struct vc_batch_op op;

        assert_true(vc_batch_find(batch, VC_TABLE_OUTBOX, VC_BYTES(key), &op));
        assert_int_equal(op.value.len, sizeof value);
    }
}

static void the_order_is_that_of_tables_and_keys(void **state)
{
    struct vc_batch *batch = *state;
    static const char *const keys[] = {"b", "a", "ab", "\xff", "aa", "b0", "0"};
    uint16_t *order = malloc(VC_STORE_BATCH_OPS * sizeof *order);

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        add(batch, VC_TABLE_DEVICE, keys[i], "");
        add(batch, VC_TABLE_CONTACT, keys[i], "");
    }
    vc_batch_sort(batch, order);
    for (uint32_t i = 1; i < batch->count; i++) {
        struct vc_batch_op before = vc_batch_at(batch, order[i - 1]);
        struct vc_batch_op op = vc_batch_at(batch, order[i]);

        assert_true(
            before.table < op.table ||
            (before.table == op.table && vc_key_compare(before.key, op.key) < 0));
    }
    free(order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_later_write_takes_the_place_of_an_earlier_one,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_key_in_two_tables_is_two_rows, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_cleared_batch_is_empty_and_wiped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_fits_is_what_can_be_added, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_order_is_that_of_tables_and_keys, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
