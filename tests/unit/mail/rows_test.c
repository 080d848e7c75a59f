#include "node/mail/rows.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/unit/mail/host.h"

static void keys_sort_by_peer_and_number(void **state)
{
    (void)state;
    uint8_t mailbox[VC_MAILBOX_KEY_LEN], outbox[VC_OUTBOX_KEY_LEN];
    struct vc_bytes key = vc_mailbox_key(mailbox, 0x01020304);
    assert_int_equal(key.len, 4);
    assert_memory_equal(key.data, "\x01\x02\x03\x04", 4);
    uint32_t peer;
    assert_int_equal(vc_mailbox_key_decode(key, &peer), VC_OK);
    assert_int_equal(peer, 0x01020304);
    key = vc_outbox_key(outbox, 0x01020304, 0x05060708090a0b0c);
    assert_int_equal(key.len, 12);
    assert_memory_equal(key.data, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c",
                        12);
}

static void a_mailbox_key_names_a_device(void **state)
{
    (void)state;
    uint32_t peer;
    const uint8_t joining[] = {0x80, 0, 0, 0}, cut[] = {0, 0, 1},
                  more[] = {0, 0, 0, 1, 0};
    assert_int_equal(vc_mailbox_key_decode(VC_BYTES(joining), &peer), VC_ERR_MALFORMED);
    assert_int_equal(vc_mailbox_key_decode(VC_BYTES(cut), &peer), VC_ERR_MALFORMED);
    assert_int_equal(vc_mailbox_key_decode(VC_BYTES(more), &peer), VC_ERR_MALFORMED);
}

static void a_mailbox_row_has_its_place_for_every_field(void **state)
{
    (void)state;
    struct test_alloc counted = {0};
    struct vc_alloc alloc = test_alloc(&counted);
    struct vc_numbers acked = {.prefix = 0x0102}, seen = {.prefix = 0x07};
    assert_int_equal(vc_numbers_widen(&acked, &alloc), VC_OK);
    vc_numbers_add(&acked, 0x0104);
    uint8_t room[VC_MAILBOX_ROW_MAX];
    struct vc_bytes row = vc_mailbox_row_encode(room, true, 0x0105, &acked, &seen);
    const uint8_t expected[] = {
        1, 1,                      /* version, ending */
        5, 1, 0,    0, 0, 0, 0, 0, /* next */
        2, 1, 0,    0, 0, 0, 0, 0, /* acked: prefix */
        1, 0, 0x02,                /*   bitmap */
        7, 0, 0,    0, 0, 0, 0, 0, /* seen: prefix */
        0, 0,                      /*   bitmap */
    };
    assert_int_equal(row.len, sizeof(expected));
    assert_memory_equal(row.data, expected, sizeof(expected));

    struct vc_mailbox_row back;
    assert_int_equal(vc_mailbox_row_decode(row, &back), VC_OK);
    assert_true(back.is_ending);
    assert_int_equal(back.next, 0x0105);
    assert_int_equal(back.acked_prefix, 0x0102);
    assert_int_equal(back.acked_bitmap.len, 1);
    assert_int_equal(back.seen_prefix, 7);
    assert_int_equal(back.seen_bitmap.len, 0);
    vc_numbers_deinit(&acked, &alloc);
}

static void no_mailbox_row_acknowledges_what_was_never_numbered(void **state)
{
    (void)state;
    struct vc_numbers acked = {.prefix = 9}, seen = {0};
    uint8_t room[VC_MAILBOX_ROW_MAX];
    expect_assert_failure(vc_mailbox_row_encode(room, false, 9, &acked, &seen));
    struct vc_bytes row = vc_mailbox_row_encode(room, false, 10, &acked, &seen);
    struct vc_mailbox_row back;
    assert_int_equal(vc_mailbox_row_decode(row, &back), VC_OK);
    room[2] = 9;
    assert_int_equal(vc_mailbox_row_decode(row, &back), VC_ERR_MALFORMED);
    room[2] = 0;
    assert_int_equal(vc_mailbox_row_decode(row, &back), VC_ERR_MALFORMED);
}

static void damaged_mailbox_rows_are_malformed(void **state)
{
    (void)state;
    struct vc_numbers acked = {.prefix = 9}, seen = {0};
    uint8_t room[VC_MAILBOX_ROW_MAX], copy[VC_MAILBOX_ROW_MAX];
    struct vc_bytes row = vc_mailbox_row_encode(room, false, 12, &acked, &seen);
    struct vc_mailbox_row back;
    for (size_t len = 0; len < row.len; len++)
        assert_int_equal(vc_mailbox_row_decode((struct vc_bytes){room, len}, &back),
                         VC_ERR_MALFORMED);
    assert_int_equal(vc_mailbox_row_decode((struct vc_bytes){room, row.len + 1}, &back),
                     VC_ERR_MALFORMED);
    const struct {
        size_t at;
        uint8_t value;
    } damages[] = {{0, 2}, {1, 2}, {18, 1}, {28, 1}, {9, 0x40}, {27, 0x40}};
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        memcpy(copy, room, row.len);
        copy[damages[i].at] = damages[i].value;
        assert_int_equal(vc_mailbox_row_decode((struct vc_bytes){copy, row.len}, &back),
                         VC_ERR_MALFORMED);
    }
}

static void an_outbox_row_keeps_the_object_as_it_is(void **state)
{
    (void)state;
    static uint8_t room[VC_OUTBOX_ROW_MAX];
    struct vc_mail_object object = {
        .id = {{0xaa, 0xbb}},
        .ref = {1, 2, 3},
        .head = {(const uint8_t *)"he", 2},
        .body = {(const uint8_t *)"llo", 3},
    };
    struct vc_bytes bytes = vc_outbox_object_encode(room, &object);
    assert_int_equal(bytes.len, VC_OUTBOX_HEAD_LEN + 5);
    assert_int_equal(room[0], 1);
    assert_int_equal(room[1], VC_OUTBOX_OBJECT);
    assert_true(vc_is_zero(room + 2, 16));
    assert_memory_equal(room + 18, "\xaa\xbb", 2);
    assert_memory_equal(room + 50, "\x01\x02\x03", 3);
    assert_memory_equal(room + 66, "hello", 5);

    struct vc_outbox_row row;
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_OK);
    assert_int_equal(row.kind, VC_OUTBOX_OBJECT);
    assert_memory_equal(row.id.b, object.id.b, 32);
    assert_memory_equal(row.ref, object.ref, 16);
    assert_int_equal(row.object.len, 5);
    assert_memory_equal(row.object.data, "hello", 5);
    assert_int_equal(
        vc_outbox_row_decode((struct vc_bytes){room, VC_OUTBOX_HEAD_LEN}, &row),
        VC_ERR_MALFORMED);
    room[1] = 3;
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_ERR_MALFORMED);
    room[1] = VC_OUTBOX_OBJECT;
    room[0] = 2;
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_ERR_MALFORMED);
}

static void an_abandoned_row_is_empty(void **state)
{
    (void)state;
    uint8_t room[VC_OUTBOX_HEAD_LEN + 1] = {0};
    struct vc_outbox_row row;
    struct vc_bytes bytes = vc_outbox_abandoned_encode(room);
    assert_int_equal(bytes.len, VC_OUTBOX_HEAD_LEN);
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_OK);
    assert_int_equal(row.kind, VC_OUTBOX_ABANDONED);
    assert_int_equal(row.object.len, 0);
    assert_int_equal(vc_outbox_row_decode(VC_BYTES(room), &row), VC_ERR_MALFORMED);
    room[50] = 1;
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_sort_by_peer_and_number),
        cmocka_unit_test(a_mailbox_key_names_a_device),
        cmocka_unit_test(a_mailbox_row_has_its_place_for_every_field),
        cmocka_unit_test(no_mailbox_row_acknowledges_what_was_never_numbered),
        cmocka_unit_test(damaged_mailbox_rows_are_malformed),
        cmocka_unit_test(an_outbox_row_keeps_the_object_as_it_is),
        cmocka_unit_test(an_abandoned_row_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
