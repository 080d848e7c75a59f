#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "storage/keyfile.h"
#include "tests/unit/storage/folder.h"

#define WORDS(text) ((struct vc_bytes){(const uint8_t *)(text), sizeof(text) - 1})

static const struct vc_bytes nothing = {NULL, 0};

static vc_err open_with(const struct folder *folder, struct vc_bytes passphrase,
                        struct vc_secret32 *ret_key)
{
    return vc_key_file_open(folder->fd, passphrase, ret_key);
}

static void a_slot_has_one_form(void **state)
{
    struct vc_key_slot slot = {.number = 7,
                               .form = VC_KEY_PASSPHRASE,
                               .cost = {3, 1024},
                               .salt = {1},
                               .body = {2}};
    uint8_t bytes[VC_SLOT_BYTES];
    uint8_t again[VC_SLOT_BYTES];
    struct vc_key_slot found;

    (void)state;
    vc_key_slot_encode(&slot, bytes);
    assert_int_equal(vc_key_slot_decode(VC_BYTES(bytes), &found), VC_OK);
    vc_key_slot_encode(&found, again);
    assert_memory_equal(bytes, again, sizeof bytes);
    assert_int_equal(found.number, 7);
    for (size_t bit = 0; bit < 8 * 160; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(vc_key_slot_decode(VC_BYTES(bytes), &found), VC_ERR_MALFORMED);
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(
        vc_key_slot_decode((struct vc_bytes){bytes, VC_SLOT_BYTES - 1}, &found),
        VC_ERR_MALFORMED);
}

/* All with a right check: what is refused is what stands there. */
static void what_cannot_be_is_malformed(void **state)
{
    static const struct vc_key_slot bad[] = {
        {.number = 0, .form = VC_KEY_PLAIN},
        {.number = 1, .form = (enum vc_key_form)0},
        {.number = 1, .form = (enum vc_key_form)3},
        {.number = 1, .form = VC_KEY_PLAIN, .cost = {1, 0}},
        {.number = 1, .form = VC_KEY_PLAIN, .cost = {0, 8}},
        {.number = 1, .form = VC_KEY_PLAIN, .salt = {0, 1}},
        {.number = 1, .form = VC_KEY_PLAIN, .body = {[32] = 1}},
        {.number = 1, .form = VC_KEY_PASSPHRASE, .cost = {0, 8}},
        {.number = 1, .form = VC_KEY_PASSPHRASE, .cost = {1, 7}},
        {.number = 1, .form = VC_KEY_PASSPHRASE, .cost = {VC_ARGON2_PASSES_MAX + 1, 8}},
        {.number = 1,
         .form = VC_KEY_PASSPHRASE,
         .cost = {1, VC_ARGON2_MEMORY_KIB_MAX + 1}},
    };
    uint8_t bytes[VC_SLOT_BYTES];
    struct vc_key_slot found;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        vc_key_slot_encode(&bad[i], bytes);
        assert_int_equal(vc_key_slot_decode(VC_BYTES(bytes), &found), VC_ERR_MALFORMED);
    }
}

static void a_key_without_a_passphrase_opens_by_itself(void **state)
{
    const struct folder *folder = *state;
    struct vc_secret32 made;
    struct vc_secret32 found;
    enum vc_key_form form;

    assert_int_equal(open_with(folder, nothing, &found), VC_ERR_NOT_FOUND);
    assert_int_equal(vc_key_file_make(folder->fd, &made), VC_OK);
    assert_false(vc_is_zero(&made, sizeof made));
    assert_int_equal(open_with(folder, nothing, &found), VC_OK);
    assert_memory_equal(&found, &made, sizeof made);
    assert_int_equal(vc_key_file_form(folder->fd, &form), VC_OK);
    assert_int_equal(form, VC_KEY_PLAIN);
}

static void a_passphrase_is_set_changed_and_removed(void **state)
{
    const struct folder *folder = *state;
    struct vc_bytes first = WORDS("one two three");
    struct vc_bytes second = WORDS("four");
    struct vc_secret32 made;
    struct vc_secret32 found;

    assert_int_equal(vc_key_file_make(folder->fd, &made), VC_OK);
    assert_int_equal(folder_find(folder->path, VC_BYTES(made.b)), 2);
    assert_int_equal(vc_key_file_change(folder->fd, nothing, first), VC_OK);
    assert_int_equal(folder_find(folder->path, VC_BYTES(made.b)), 0);
    assert_int_equal(open_with(folder, nothing, &found), VC_ERR_LOCKED);
    assert_int_equal(open_with(folder, second, &found), VC_ERR_WRONG_PASSPHRASE);
    assert_int_equal(open_with(folder, first, &found), VC_OK);
    assert_memory_equal(&found, &made, sizeof made);

    assert_int_equal(vc_key_file_change(folder->fd, nothing, second), VC_ERR_EXISTS);
    assert_int_equal(vc_key_file_change(folder->fd, second, second),
                     VC_ERR_WRONG_PASSPHRASE);
    assert_int_equal(vc_key_file_change(folder->fd, first, second), VC_OK);
    assert_int_equal(open_with(folder, first, &found), VC_ERR_WRONG_PASSPHRASE);
    assert_int_equal(vc_key_file_change(folder->fd, second, nothing), VC_OK);
    assert_int_equal(open_with(folder, nothing, &found), VC_OK);
    assert_memory_equal(&found, &made, sizeof made);
}

/* Every state of the two writes of a change: the old form or the new one opens, and after
 * settling only one. */
static void a_change_that_is_cut_off_leaves_a_key(void **state)
{
    const struct folder *folder = *state;
    struct vc_bytes words = WORDS("one");
    struct vc_bytes file;
    struct vc_secret32 made;
    struct vc_secret32 found;
    static uint8_t old[2 * VC_SLOT_BYTES];
    static uint8_t new[2 * VC_SLOT_BYTES];
    static uint8_t mixed[2 * VC_SLOT_BYTES];

    assert_int_equal(vc_key_file_make(folder->fd, &made), VC_OK);
    file = folder_read(folder, VC_KEY_FILE);
    memcpy(old, file.data, sizeof old);
    assert_int_equal(vc_key_file_change(folder->fd, nothing, words), VC_OK);
    file = folder_read(folder, VC_KEY_FILE);
    memcpy(new, file.data, sizeof new);
    assert_memory_equal(new, new + VC_SLOT_BYTES, VC_SLOT_BYTES);
    for (unsigned slot = 0; slot < 2; slot++) {
        for (unsigned sectors = 0; sectors <= 8; sectors++) {
            size_t len = 512 * sectors;
            vc_err err;

            /* The first write, torn; and the second one. */
            memcpy(mixed, slot == 0 ? old : new, sizeof mixed);
            memcpy(mixed + slot * VC_SLOT_BYTES, old + slot * VC_SLOT_BYTES,
                   VC_SLOT_BYTES);
            memcpy(mixed + slot * VC_SLOT_BYTES, new + slot *VC_SLOT_BYTES, len);
            folder_write(folder, VC_KEY_FILE, VC_BYTES(mixed));
            err = open_with(folder, nothing, &found);
            assert_true(err == VC_OK || err == VC_ERR_LOCKED);
            assert_int_equal(vc_key_file_settle(folder->fd), VC_OK);
            assert_int_equal(open_with(folder, nothing, &found), err);
            file = folder_read(folder, VC_KEY_FILE);
            assert_memory_equal(file.data, file.data + VC_SLOT_BYTES, VC_SLOT_BYTES);
            if (err == VC_ERR_LOCKED) {
                assert_int_equal(folder_find(folder->path, VC_BYTES(made.b)), 0);
            }
        }
    }
}

static void a_file_without_a_slot_is_no_key(void **state)
{
    const struct folder *folder = *state;
    static const uint8_t junk[2 * VC_SLOT_BYTES] = {1, 2, 3};
    struct vc_secret32 found;

    folder_write(folder, VC_KEY_FILE, VC_BYTES(junk));
    assert_int_equal(open_with(folder, nothing, &found), VC_ERR_STORE_KEY);
    folder_write(folder, VC_KEY_FILE, nothing);
    assert_int_equal(open_with(folder, nothing, &found), VC_ERR_STORE_KEY);
    assert_int_equal(vc_key_file_change(folder->fd, nothing, nothing),
                     VC_ERR_STORE_KEY);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, folder_set_up, folder_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(a_slot_has_one_form),
        ONE(what_cannot_be_is_malformed),
        ONE(a_key_without_a_passphrase_opens_by_itself),
        ONE(a_passphrase_is_set_changed_and_removed),
        ONE(a_change_that_is_cut_off_leaves_a_key),
        ONE(a_file_without_a_slot_is_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
