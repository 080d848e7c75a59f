#include "tests/support/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/slots.h"
#include "tests/unit/storage/folder.h"

static struct vc_slots slots_of(uint8_t first, uint8_t second)
{
    struct vc_slots slots;

    memset(slots.bytes[0], first, VC_SLOT_BYTES);
    memset(slots.bytes[1], second, VC_SLOT_BYTES);
    return slots;
}

static void expect(const struct folder *folder, uint8_t first, uint8_t second)
{
    struct vc_slots expected = slots_of(first, second);
    struct vc_slots found;

    assert_int_equal(vc_slots_read(folder->fd, "file", &found), VC_OK);
    assert_memory_equal(&found, &expected, sizeof found);
}

static void what_was_made_is_read(void **state)
{
    const struct folder *folder = *state;
    struct vc_slots slots = slots_of('a', 'b');
    struct stat facts;

    assert_int_equal(vc_slots_read(folder->fd, "file", &slots), VC_ERR_NOT_FOUND);
    assert_int_equal(vc_slots_make(folder->fd, "file", &slots), VC_OK);
    expect(folder, 'a', 'b');
    assert_int_equal(fstatat(folder->fd, "file", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    assert_int_equal(facts.st_size, 2 * VC_SLOT_BYTES);
    slots = slots_of('c', 'd');
    folder_write(folder, "file.new", VC_BYTES(slots.bytes[0]));
    assert_int_equal(vc_slots_make(folder->fd, "file", &slots), VC_OK);
    expect(folder, 'c', 'd');
    assert_int_equal(faccessat(folder->fd, "file.new", F_OK, 0), -1);
}

static void a_slot_is_written_where_it_is(void **state)
{
    const struct folder *folder = *state;
    struct vc_slots slots = slots_of('a', 'b');
    struct stat before;
    struct stat after;

    assert_int_equal(vc_slots_write(folder->fd, "file", 0, slots.bytes[0]),
                     VC_ERR_NOT_FOUND);
    assert_int_equal(vc_slots_make(folder->fd, "file", &slots), VC_OK);
    assert_int_equal(fstatat(folder->fd, "file", &before, 0), 0);
    slots = slots_of('x', 'y');
    assert_int_equal(vc_slots_write(folder->fd, "file", 0, slots.bytes[0]), VC_OK);
    expect(folder, 'x', 'b');
    assert_int_equal(vc_slots_write(folder->fd, "file", 1, slots.bytes[1]), VC_OK);
    expect(folder, 'x', 'y');
    assert_int_equal(fstatat(folder->fd, "file", &after, 0), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_size, 2 * VC_SLOT_BYTES);
}

static void a_short_file_ends_in_zeros_and_a_link_is_not_followed(void **state)
{
    const struct folder *folder = *state;
    static const uint8_t bytes[100] = {1};
    struct vc_slots slots;

    folder_write(folder, "file", VC_BYTES(bytes));
    assert_int_equal(vc_slots_read(folder->fd, "file", &slots), VC_OK);
    assert_memory_equal(slots.bytes[0], bytes, sizeof bytes);
    assert_int_equal(slots.bytes[1][VC_SLOT_BYTES - 1], 0);
    assert_int_equal(symlinkat("file", folder->fd, "link"), 0);
    assert_int_equal(vc_slots_read(folder->fd, "link", &slots), VC_ERR_PERMISSION);
    assert_int_equal(vc_slots_write(folder->fd, "link", 0, slots.bytes[0]),
                     VC_ERR_PERMISSION);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, folder_set_up, folder_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(what_was_made_is_read),
        ONE(a_slot_is_written_where_it_is),
        ONE(a_short_file_ends_in_zeros_and_a_link_is_not_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
