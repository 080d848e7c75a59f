#include "tests/support/test.h"

#include <string.h>

#include "storage/keyfile.h"
#include "storage/unlock.h"
#include "tests/unit/storage/folder.h"

static const struct vc_bytes nothing = {NULL, 0};

static void the_same_files_give_the_same_keys(void **state)
{
    const struct folder *folder = *state;
    struct vc_keyring *made;
    struct vc_keyring *again;

    assert_int_equal(vc_unlock(folder->fd, nothing, &made), VC_ERR_NOT_FOUND);
    assert_int_equal(vc_unlock_or_make(folder->fd, nothing, &made), VC_OK);
    assert_int_equal(vc_unlock_or_make(folder->fd, nothing, &again), VC_OK);
    assert_memory_equal(&made->values, &again->values, sizeof made->values);
    assert_memory_equal(&made->places, &again->places, sizeof made->places);
    vc_unlock_end(again);
    assert_int_equal(vc_unlock(folder->fd, nothing, &again), VC_OK);
    assert_memory_equal(&made->slots, &again->slots, sizeof made->slots);
    vc_unlock_end(again);
    vc_unlock_end(made);
    vc_unlock_end(NULL);
}

static void a_key_that_is_there_is_never_made_anew(void **state)
{
    const struct folder *folder = *state;
    static const uint8_t words[] = {'w'};
    static const uint8_t junk[100] = {1};
    struct vc_keyring *ring;

    assert_int_equal(vc_unlock_or_make(folder->fd, nothing, &ring), VC_OK);
    vc_unlock_end(ring);
    assert_int_equal(vc_key_file_change(folder->fd, nothing, VC_BYTES(words)), VC_OK);
    assert_int_equal(vc_unlock_or_make(folder->fd, nothing, &ring), VC_ERR_LOCKED);
    assert_int_equal(vc_unlock_or_make(folder->fd, VC_BYTES(words), &ring), VC_OK);
    vc_unlock_end(ring);
    folder_write(folder, VC_KEY_FILE, VC_BYTES(junk));
    assert_int_equal(vc_unlock_or_make(folder->fd, nothing, &ring), VC_ERR_STORE_KEY);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, folder_set_up, folder_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(the_same_files_give_the_same_keys),
        ONE(a_key_that_is_there_is_never_made_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
