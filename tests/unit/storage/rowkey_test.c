#include "tests/support/test.h"

#include <string.h>

#include "storage/rowkey.h"

static struct vc_keyring ring;

static int set_up(void **state)
{
    static const struct vc_secret32 data_key = {{5}};

    (void)state;
    return vc_crypto_init() == VC_OK && vc_keyring_init(&ring, &data_key) == VC_OK ? 0
                                                                                   : -1;
}

static int tear_down(void **state)
{
    (void)state;
    vc_keyring_deinit(&ring);
    return 0;
}

/* The way there and back. */
static struct vc_row_key go(enum vc_table table, struct vc_bytes key)
{
    struct vc_row_key place = {.len = 0};
    uint8_t room[VC_STORE_KEY_MAX];
    struct vc_bytes found;
    struct vc_bytes value;

    vc_row_key_make(&place, &ring, table, key);
    assert_int_equal(vc_row_key_restore(table, vc_row_key_bytes(&place),
                                        (struct vc_bytes){place.front, place.front_len},
                                        room, &found, &value),
                     VC_OK);
    assert_int_equal(found.len, key.len);
    assert_memory_equal(found.data, key.data, key.len);
    assert_int_equal(value.len, 0);
    return place;
}

static void every_key_goes_there_and_back(void **state)
{
    uint8_t key[VC_STORE_KEY_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(i + 1);
    }
    for (unsigned table = 0; table < VC_TABLE_COUNT; table++) {
        for (size_t len = 1; len <= sizeof key; len++) {
            struct vc_row_key place =
                go((enum vc_table)table, (struct vc_bytes){key, len});

            if (!vc_row_key_is_hidden((enum vc_table)table)) {
                assert_int_equal(place.len, len);
                assert_memory_equal(place.bytes, key, len);
            } else if (len >= VC_FRONT_BYTES) {
                assert_memory_not_equal(place.bytes, key, VC_FRONT_BYTES);
                assert_memory_equal(place.bytes + VC_PLACE_BYTES, key + VC_FRONT_BYTES,
                                    len - VC_FRONT_BYTES);
            }
        }
    }
}

static void one_contact_has_other_places_in_every_table(void **state)
{
    static const uint8_t key[] = {0, 0, 0, 7, 1};
    struct vc_row_key message = go(VC_TABLE_MESSAGE, VC_BYTES(key));
    struct vc_row_key order = go(VC_TABLE_ORDER, VC_BYTES(key));
    struct vc_keyring other;
    struct vc_row_key elsewhere = {.len = 0};

    (void)state;
    assert_memory_not_equal(message.bytes, order.bytes, VC_PLACE_BYTES);
    assert_int_equal(vc_keyring_init(&other, &(struct vc_secret32){{6}}), VC_OK);
    vc_row_key_make(&elsewhere, &other, VC_TABLE_MESSAGE, VC_BYTES(key));
    assert_memory_not_equal(message.bytes, elsewhere.bytes, VC_PLACE_BYTES);
    vc_keyring_deinit(&other);
}

static void a_shorter_key_stands_elsewhere(void **state)
{
    static const uint8_t key[] = {1, 0, 0, 0};
    struct vc_row_key places[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        places[i] = go(VC_TABLE_CONTACT, (struct vc_bytes){key, i + 1});
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(places[i].bytes, places[j].bytes, VC_PLACE_BYTES);
        }
    }
}

static void a_place_that_is_made_again_is_as_a_new_one(void **state)
{
    static const uint8_t keys[][6] = {
        {0, 0, 0, 7, 1, 2}, {0, 0, 0, 7, 1, 3}, {0, 0, 0, 8, 1, 3}, {0, 0, 0, 8}};
    static const enum vc_table tables[] = {VC_TABLE_MESSAGE, VC_TABLE_ORDER,
                                           VC_TABLE_SETTING, VC_TABLE_ORDER};
    struct vc_row_key again = {.len = 0};

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        struct vc_bytes key = {keys[i % 4], i % 5 == 0 ? 3 : 6};
        struct vc_row_key fresh = go(tables[i / 3 % 4], key);

        vc_row_key_make(&again, &ring, tables[i / 3 % 4], key);
        assert_int_equal(again.len, fresh.len);
        assert_memory_equal(again.bytes, fresh.bytes, fresh.len);
        assert_int_equal(again.front_len, fresh.front_len);
        assert_memory_equal(again.front, fresh.front, fresh.front_len);
    }
}

static void what_cannot_stand_there_is_damage(void **state)
{
    static const uint8_t key[] = {0, 0, 0, 7, 1};
    struct vc_row_key place = go(VC_TABLE_MESSAGE, VC_BYTES(key));
    static const uint8_t fronts[][5] = {
        {3, 0, 0, 0, 7}, {5, 0, 0, 0, 7}, {0, 0, 0, 0, 7}};
    uint8_t room[VC_STORE_KEY_MAX];
    struct vc_bytes found;
    struct vc_bytes value;

    (void)state;
    for (size_t i = 0; i < sizeof fronts / sizeof fronts[0]; i++) {
        assert_int_equal(vc_row_key_restore(VC_TABLE_MESSAGE, vc_row_key_bytes(&place),
                                            VC_BYTES(fronts[i]), room, &found, &value),
                         VC_ERR_STORE_DAMAGED);
    }
    assert_int_equal(
        vc_row_key_restore(VC_TABLE_MESSAGE, (struct vc_bytes){place.bytes, 7},
                           (struct vc_bytes){place.front, 5}, room, &found, &value),
        VC_ERR_STORE_DAMAGED);
    assert_int_equal(vc_row_key_restore(VC_TABLE_MESSAGE, vc_row_key_bytes(&place),
                                        (struct vc_bytes){0}, room, &found, &value),
                     VC_ERR_STORE_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_goes_there_and_back),
        cmocka_unit_test(one_contact_has_other_places_in_every_table),
        cmocka_unit_test(a_shorter_key_stands_elsewhere),
        cmocka_unit_test(a_place_that_is_made_again_is_as_a_new_one),
        cmocka_unit_test(what_cannot_stand_there_is_damage),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
