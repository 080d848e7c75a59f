#include "tests/support/test.h"

#include <string.h>

#include "crypto/prim.h"
#include "storage/plain.h"

static uint8_t key[] = "conversation";
static uint8_t value[] = "see you at eight";
static uint8_t stored[sizeof value + VC_PLAIN_CHECK_BYTES];

static int set_up(void **state)
{
    (void)state;
    if (vc_crypto_init() != VC_OK) {
        return -1;
    }
    vc_plain_encode(stored, VC_TABLE_MESSAGE, VC_BYTES(key), VC_BYTES(value));
    return 0;
}

static vc_err open_it(struct vc_bytes *ret_value)
{
    return vc_plain_decode(VC_TABLE_MESSAGE, VC_BYTES(key), VC_BYTES(stored),
                           ret_value);
}

static void what_was_encoded_is_read(void **state)
{
    struct vc_bytes opened;

    (void)state;
    assert_int_equal(open_it(&opened), VC_OK);
    assert_int_equal(opened.len, sizeof value);
    assert_memory_equal(opened.data, value, sizeof value);
}

static void an_empty_value_can_be_stored(void **state)
{
    uint8_t room[VC_PLAIN_CHECK_BYTES];
    struct vc_bytes opened;

    (void)state;
    vc_plain_encode(room, VC_TABLE_GAP, VC_BYTES(key), (struct vc_bytes){0});
    assert_int_equal(
        vc_plain_decode(VC_TABLE_GAP, VC_BYTES(key), VC_BYTES(room), &opened), VC_OK);
    assert_int_equal(opened.len, 0);
}

static void every_flipped_bit_is_damage(void **state)
{
    struct vc_bytes opened;

    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof stored; bit++) {
        stored[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(open_it(&opened), VC_ERR_STORE_DAMAGED);
        stored[bit / 8] ^= (uint8_t)(1u << (bit % 8));
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
            assert_int_equal(vc_plain_decode((enum vc_table)table, VC_BYTES(key),
                                             VC_BYTES(stored), &opened),
                             VC_ERR_STORE_DAMAGED);
        }
    }
    assert_int_equal(
        vc_plain_decode(VC_TABLE_MESSAGE, shorter, VC_BYTES(stored), &opened),
        VC_ERR_STORE_DAMAGED);
}

static void what_is_too_short_or_too_long_is_damage(void **state)
{
    static uint8_t room[VC_STORE_VALUE_MAX + 1 + VC_PLAIN_CHECK_BYTES];
    static uint8_t long_key[VC_STORE_KEY_MAX + 1];
    struct vc_bytes opened;

    (void)state;
    for (size_t len = 0; len < sizeof stored; len++) {
        assert_int_equal(vc_plain_decode(VC_TABLE_MESSAGE, VC_BYTES(key),
                                         (struct vc_bytes){stored, len}, &opened),
                         VC_ERR_STORE_DAMAGED);
    }
    vc_plain_encode(room, VC_TABLE_GAP, VC_BYTES(key),
                    (struct vc_bytes){room, VC_STORE_VALUE_MAX + 1});
    assert_int_equal(
        vc_plain_decode(VC_TABLE_GAP, VC_BYTES(key), VC_BYTES(room), &opened),
        VC_ERR_STORE_DAMAGED);
    assert_int_equal(vc_plain_decode(VC_TABLE_MESSAGE, VC_BYTES(long_key),
                                     VC_BYTES(stored), &opened),
                     VC_ERR_STORE_DAMAGED);
    assert_int_equal(vc_plain_decode(VC_TABLE_MESSAGE, (struct vc_bytes){0},
                                     VC_BYTES(stored), &opened),
                     VC_ERR_STORE_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_is_read),
        cmocka_unit_test(an_empty_value_can_be_stored),
        cmocka_unit_test(every_flipped_bit_is_damage),
        cmocka_unit_test(a_row_at_a_wrong_place_is_damage),
        cmocka_unit_test(what_is_too_short_or_too_long_is_damage),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
