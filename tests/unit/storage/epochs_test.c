#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "storage/epochs.h"
#include "tests/unit/storage/folder.h"

static struct vc_keyring ring;

static int set_up(void **state)
{
    (void)folder_set_up(state);
    return vc_keyring_init(&ring, &(struct vc_secret32){{3}}) == VC_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    vc_keyring_deinit(&ring);
    return folder_tear_down(state);
}

static uint32_t newest(void)
{
    struct vc_epoch_key key;

    vc_keyring_newest(&ring, &key);
    return key.number;
}

static bool knows(uint32_t number)
{
    struct vc_epoch_key key;

    return vc_keyring_find(&ring, number, &key);
}

static void a_slot_has_one_form(void **state)
{
    struct vc_epoch_slot slot = {.number = 7, .body = {1, 2}};
    uint8_t bytes[VC_SLOT_BYTES];
    uint8_t again[VC_SLOT_BYTES];
    struct vc_epoch_slot found;

    (void)state;
    vc_epoch_slot_encode(&slot, bytes);
    assert_int_equal(vc_epoch_slot_decode(VC_BYTES(bytes), &found), VC_OK);
    vc_epoch_slot_encode(&found, again);
    assert_memory_equal(bytes, again, sizeof bytes);
    for (size_t at = 0; at < sizeof bytes; at++) {
        bool is_content = at >= 9 && at < 9 + 4 + VC_EPOCH_BODY_BYTES;

        bytes[at] ^= 0x40;
        assert_int_equal(vc_epoch_slot_decode(VC_BYTES(bytes), &found),
                         is_content ? VC_OK : VC_ERR_MALFORMED);
        bytes[at] ^= 0x40;
    }
    slot.number = 0;
    vc_epoch_slot_encode(&slot, bytes);
    assert_int_equal(vc_epoch_slot_decode(VC_BYTES(bytes), &found), VC_ERR_MALFORMED);
    assert_int_equal(vc_epoch_slot_decode((struct vc_bytes){0}, &found),
                     VC_ERR_MALFORMED);
}

static void epochs_follow_each_other(void **state)
{
    const struct folder *folder = *state;

    assert_int_equal(vc_epochs_load(folder->fd, &ring), VC_ERR_STORE_KEY);
    assert_int_equal(vc_epochs_make(folder->fd, &ring), VC_OK);
    for (uint32_t number = 1; number < 6; number++) {
        assert_int_equal(newest(), number);
        assert_false(knows(number - 1));
        assert_int_equal(vc_epochs_begin(folder->fd, &ring), VC_OK);
        assert_true(knows(number) && knows(number + 1));
        /* The power goes here: both are there. */
        assert_int_equal(vc_epochs_load(folder->fd, &ring), VC_OK);
        assert_true(knows(number) && knows(number + 1));
        assert_int_equal(newest(), number + 1);
        assert_true(vc_keyring_has_older(&ring));
        assert_int_equal(vc_epochs_erase(folder->fd, &ring), VC_OK);
        assert_true(vc_keyring_forget(&ring));
        assert_false(knows(number));
        assert_int_equal(vc_epochs_load(folder->fd, &ring), VC_OK);
        assert_false(knows(number));
        assert_int_equal(newest(), number + 1);
    }
}

static void a_torn_slot_is_none(void **state)
{
    const struct folder *folder = *state;
    static uint8_t bytes[2 * VC_SLOT_BYTES];
    struct vc_bytes file;

    assert_int_equal(vc_epochs_make(folder->fd, &ring), VC_OK);
    assert_int_equal(vc_epochs_begin(folder->fd, &ring), VC_OK); /* slot 0 */
    file = folder_read(folder, VC_EPOCH_FILE);
    memcpy(bytes, file.data, sizeof bytes);
    bytes[40] ^= 1;
    folder_write(folder, VC_EPOCH_FILE, VC_BYTES(bytes));
    assert_int_equal(vc_epochs_load(folder->fd, &ring), VC_OK);
    assert_int_equal(newest(), 1);
    assert_false(vc_keyring_has_older(&ring));
    assert_int_equal(vc_epochs_begin(folder->fd, &ring), VC_OK);
    assert_int_equal(newest(), 2);
}

static void the_file_of_another_data_key_is_none(void **state)
{
    const struct folder *folder = *state;

    assert_int_equal(vc_epochs_make(folder->fd, &ring), VC_OK);
    vc_keyring_deinit(&ring);
    assert_int_equal(vc_keyring_init(&ring, &(struct vc_secret32){{4}}), VC_OK);
    assert_int_equal(vc_epochs_load(folder->fd, &ring), VC_ERR_STORE_KEY);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(a_slot_has_one_form),
        ONE(epochs_follow_each_other),
        ONE(a_torn_slot_is_none),
        ONE(the_file_of_another_data_key_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
