#include "tests/support/test.h"

#include <string.h>

#include "storage/plain.h"
#include "storage/schema.h"
#include "storage/seal.h"

static struct vc_keyring ring;
static uint8_t key[] = "conversation";
static uint8_t value[] = "see you at eight";
static uint8_t stored[sizeof value + VC_STORED_OVERHEAD_MAX];
static uint8_t room[sizeof stored];
static struct vc_row_key place;
static size_t stored_len;

static void set_epochs(uint32_t newest, uint32_t older)
{
    struct vc_epoch_key keys[2];
    struct vc_secret32 seed = {{0}};

    for (int i = 0; i < 2; i++) {
        seed.b[0] = (uint8_t)(i == 0 ? newest : older);
        vc_epoch_key_make(&keys[i], i == 0 ? newest : older, &seed);
    }
    vc_keyring_set(&ring, &keys[0], &keys[1]);
}

static int set_up_group(void **state)
{
    static const struct vc_secret32 data_key = {{1, 2, 3}};

    (void)state;
    return vc_crypto_init() == VC_OK && vc_keyring_init(&ring, &data_key) == VC_OK ? 0
                                                                                   : -1;
}

static int tear_down_group(void **state)
{
    (void)state;
    vc_keyring_deinit(&ring);
    return 0;
}

static void seal(enum vc_table table)
{
    vc_row_key_make(&place, &ring, table, VC_BYTES(key));
    stored_len = vc_row_stored_len(table, &place, sizeof value);
    assert_true(stored_len <= sizeof stored);
    vc_row_seal(stored, &ring, table, &place, VC_BYTES(value));
}

static vc_err open_as(enum vc_table table, struct vc_row *ret_row)
{
    return vc_row_open(ret_row, (struct vc_room){room, sizeof room}, &ring, table,
                       vc_row_key_bytes(&place), (struct vc_bytes){stored, stored_len});
}

static int set_up(void **state)
{
    (void)state;
    set_epochs(2, 1);
    seal(VC_TABLE_MESSAGE);
    return 0;
}

static void what_was_sealed_opens(void **state)
{
    static const enum vc_table tables[] = {VC_TABLE_SETTING, VC_TABLE_MESSAGE,
                                           VC_TABLE_SKIPPED};
    struct vc_row row;

    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        seal(tables[i]);
        assert_null(memmem(stored, stored_len, value, sizeof value - 1));
        assert_int_equal(open_as(tables[i], &row), VC_OK);
        assert_int_equal(row.value.len, sizeof value);
        assert_memory_equal(row.value.data, value, sizeof value);
        assert_int_equal(row.key.len, sizeof key);
        assert_memory_equal(row.key.data, key, sizeof key);
    }
}

static void an_empty_value_can_be_sealed(void **state)
{
    struct vc_row row;

    (void)state;
    vc_row_key_make(&place, &ring, VC_TABLE_GAP, VC_BYTES(key));
    stored_len = vc_row_stored_len(VC_TABLE_GAP, &place, 0);
    vc_row_seal(stored, &ring, VC_TABLE_GAP, &place, (struct vc_bytes){0});
    assert_int_equal(open_as(VC_TABLE_GAP, &row), VC_OK);
    assert_int_equal(row.value.len, 0);
}

static void every_flipped_bit_is_damage(void **state)
{
    struct vc_row row;

    (void)state;
    for (size_t bit = 0; bit < 8 * stored_len; bit++) {
        stored[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(open_as(VC_TABLE_MESSAGE, &row), VC_ERR_STORE_DAMAGED);
        stored[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t bit = 0; bit < 8u * place.len; bit++) {
        place.bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(open_as(VC_TABLE_MESSAGE, &row), VC_ERR_STORE_DAMAGED);
        place.bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(open_as(VC_TABLE_MESSAGE, &row), VC_OK);
}

static void a_row_at_a_wrong_place_is_damage(void **state)
{
    struct vc_row row;

    (void)state;
    for (unsigned table = 0; table < VC_TABLE_COUNT; table++) {
        if (table != VC_TABLE_MESSAGE) {
            assert_int_equal(open_as((enum vc_table)table, &row), VC_ERR_STORE_DAMAGED);
        }
    }
    place.len--;
    assert_int_equal(open_as(VC_TABLE_MESSAGE, &row), VC_ERR_STORE_DAMAGED);
}

static void another_data_key_opens_nothing(void **state)
{
    static const struct vc_secret32 data_key = {{1, 2, 4}};
    struct vc_keyring other;
    struct vc_row row;

    (void)state;
    assert_int_equal(vc_keyring_init(&other, &data_key), VC_OK);
    assert_int_equal(vc_row_open(&row, (struct vc_room){room, sizeof room}, &other,
                                 VC_TABLE_MESSAGE, vc_row_key_bytes(&place),
                                 (struct vc_bytes){stored, stored_len}),
                     VC_ERR_STORE_DAMAGED);
    vc_keyring_deinit(&other);
}

static void what_is_to_be_forgotten_opens_while_its_epoch_is_known(void **state)
{
    static const enum vc_table tables[] = {VC_TABLE_SESSION, VC_TABLE_SKIPPED,
                                           VC_TABLE_PREKEY, VC_TABLE_REPLAY};
    struct vc_row row;

    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        assert_true(vc_table_forgets(tables[i]));
        set_epochs(2, 1);
        seal(tables[i]);
        assert_int_equal(vc_row_epoch((struct vc_bytes){stored, stored_len}), 2);
        set_epochs(3, 2);
        assert_int_equal(open_as(tables[i], &row), VC_OK);
        set_epochs(4, 3);
        assert_int_equal(open_as(tables[i], &row), VC_ERR_STORE_DAMAGED);
        set_epochs(2, 0);
        assert_int_equal(open_as(tables[i], &row), VC_OK);
    }
    assert_false(vc_table_forgets(VC_TABLE_MESSAGE));
}

static void what_is_too_short_or_too_long_is_damage(void **state)
{
    static uint8_t large[VC_STORED_MAX + 1];
    static uint8_t long_key[VC_ROW_KEY_MAX + 1];
    struct vc_room large_room = {large, sizeof large};
    struct vc_row row;
    size_t whole = stored_len;

    (void)state;
    for (stored_len = 0; stored_len < whole; stored_len++) {
        assert_int_equal(open_as(VC_TABLE_MESSAGE, &row), VC_ERR_STORE_DAMAGED);
    }
    assert_int_equal(vc_row_open(&row, large_room, &ring, VC_TABLE_MESSAGE,
                                 vc_row_key_bytes(&place), VC_BYTES(large)),
                     VC_ERR_STORE_DAMAGED);
    assert_int_equal(vc_row_open(&row, large_room, &ring, VC_TABLE_MESSAGE,
                                 VC_BYTES(long_key), VC_BYTES(stored)),
                     VC_ERR_STORE_DAMAGED);
    assert_int_equal(vc_row_open(&row, large_room, &ring, VC_TABLE_MESSAGE,
                                 (struct vc_bytes){0}, VC_BYTES(stored)),
                     VC_ERR_STORE_DAMAGED);
}

static void the_version_needs_no_key(void **state)
{
    static const uint8_t version_key[] = VC_SCHEMA_KEY;
    static const uint8_t version[] = {2, 0, 0, 0};
    struct vc_bytes found;

    (void)state;
    vc_row_key_make(&place, &ring, VC_TABLE_META, VC_BYTES(version_key));
    stored_len = vc_row_stored_len(VC_TABLE_META, &place, sizeof version);
    vc_row_seal(stored, &ring, VC_TABLE_META, &place, VC_BYTES(version));
    assert_int_equal(vc_plain_decode(VC_TABLE_META, VC_BYTES(version_key),
                                     (struct vc_bytes){stored, stored_len}, &found),
                     VC_OK);
    assert_memory_equal(found.data, version, sizeof version);
}

#define ONE(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(what_was_sealed_opens),
        ONE(an_empty_value_can_be_sealed),
        ONE(every_flipped_bit_is_damage),
        ONE(a_row_at_a_wrong_place_is_damage),
        ONE(another_data_key_opens_nothing),
        ONE(what_is_to_be_forgotten_opens_while_its_epoch_is_known),
        ONE(what_is_too_short_or_too_long_is_damage),
        ONE(the_version_needs_no_key),
    };

    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
