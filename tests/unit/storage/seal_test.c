#include "tests/support/test.h"

#include <string.h>

#include "crypto/prim.h"
#include "storage/seal.h"

static uint8_t key[] = "conversation";
static uint8_t value[] = "see you at eight";
static uint8_t sealed[sizeof value + VC_SEAL_OVERHEAD];

static int set_up(void **state)
{
    (void)state;
    if (vc_crypto_init() != VC_OK) {
        return -1;
    }
    vc_value_seal(sealed, VC_TABLE_MESSAGE, VC_BYTES(key), VC_BYTES(value));
    return 0;
}

static vc_err open_it(struct vc_bytes *ret_value)
{
    return vc_value_open(VC_TABLE_MESSAGE, VC_BYTES(key), VC_BYTES(sealed), ret_value);
}

static void what_was_sealed_opens(void **state)
{
    struct vc_bytes opened;

    (void)state;
    assert_int_equal(open_it(&opened), VC_OK);
    assert_int_equal(opened.len, sizeof value);
    assert_memory_equal(opened.data, value, sizeof value);
}

static void an_empty_value_can_be_sealed(void **state)
{
    uint8_t room[VC_SEAL_OVERHEAD];
    struct vc_bytes opened;

    (void)state;
    vc_value_seal(room, VC_TABLE_GAP, VC_BYTES(key), (struct vc_bytes){0});
    assert_int_equal(
        vc_value_open(VC_TABLE_GAP, VC_BYTES(key), VC_BYTES(room), &opened), VC_OK);
    assert_int_equal(opened.len, 0);
}

static void every_flipped_bit_is_damage(void **state)
{
    struct vc_bytes opened;

    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(open_it(&opened), VC_ERR_STORE_DAMAGED);
        sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t bit = 0; bit < 8 * sizeof key; bit++) {
        key[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(open_it(&opened), VC_ERR_STORE_DAMAGED);
        key[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(open_it(&opened), VC_OK);
}

static void a_row_at_a_wrong_place_is_damage(void **state)
{
    struct vc_bytes opened;
    struct vc_bytes shorter = {key, sizeof key - 1};

    (void)state;
    for (unsigned table = 0; table < VC_TABLE_COUNT; table++) {
        if (table != VC_TABLE_MESSAGE) {
            assert_int_equal(vc_value_open((enum vc_table)table, VC_BYTES(key),
                                           VC_BYTES(sealed), &opened),
                             VC_ERR_STORE_DAMAGED);
        }
    }
    assert_int_equal(
        vc_value_open(VC_TABLE_MESSAGE, shorter, VC_BYTES(sealed), &opened),
        VC_ERR_STORE_DAMAGED);
}

static void what_is_too_short_or_too_long_is_damage(void **state)
{
    static uint8_t room[VC_STORE_VALUE_MAX + 1 + VC_SEAL_OVERHEAD];
    static uint8_t long_key[VC_STORE_KEY_MAX + 1];
    struct vc_bytes opened;

    (void)state;
    for (size_t len = 0; len < sizeof sealed; len++) {
        assert_int_equal(vc_value_open(VC_TABLE_MESSAGE, VC_BYTES(key),
                                       (struct vc_bytes){sealed, len}, &opened),
                         VC_ERR_STORE_DAMAGED);
    }
    vc_value_seal(room, VC_TABLE_GAP, VC_BYTES(key),
                  (struct vc_bytes){room, VC_STORE_VALUE_MAX + 1});
    assert_int_equal(
        vc_value_open(VC_TABLE_GAP, VC_BYTES(key), VC_BYTES(room), &opened),
        VC_ERR_STORE_DAMAGED);
    assert_int_equal(
        vc_value_open(VC_TABLE_MESSAGE, VC_BYTES(long_key), VC_BYTES(sealed), &opened),
        VC_ERR_STORE_DAMAGED);
    assert_int_equal(vc_value_open(VC_TABLE_MESSAGE, (struct vc_bytes){0},
                                   VC_BYTES(sealed), &opened),
                     VC_ERR_STORE_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens),
        cmocka_unit_test(an_empty_value_can_be_sealed),
        cmocka_unit_test(every_flipped_bit_is_damage),
        cmocka_unit_test(a_row_at_a_wrong_place_is_damage),
        cmocka_unit_test(what_is_too_short_or_too_long_is_damage),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
