#include "node/mail/machine.h"

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
    const struct vc_mailbox_row given = {
        .is_ending = true,
        .next = 0x0205,
        .sealed = 0x0203,
        .resealed = 0x0204,
        .dropped = 0x0103,
        .dropped_rows = 0x0101,
        .last_tag = "tagtagta",
    };
    struct vc_bytes row = vc_mailbox_row_encode(room, &given, &acked, &seen);
    const uint8_t expected[] = {
        2,   1,                                  /* version, ending */
        5,   2,   0,    0,   0,   0,   0,   0,   /* next */
        3,   2,   0,    0,   0,   0,   0,   0,   /* sealed */
        4,   2,   0,    0,   0,   0,   0,   0,   /* resealed */
        3,   1,   0,    0,   0,   0,   0,   0,   /* dropped */
        1,   1,   0,    0,   0,   0,   0,   0,   /* of these with rows */
        't', 'a', 'g',  't', 'a', 'g', 't', 'a', /* tag of the last */
        2,   1,   0,    0,   0,   0,   0,   0,   /* acked: prefix */
        1,   0,   0x02,                          /*   bitmap */
        7,   0,   0,    0,   0,   0,   0,   0,   /* seen: prefix */
        0,   0,                                  /*   bitmap */
    };
    assert_int_equal(row.len, sizeof(expected));
    assert_memory_equal(row.data, expected, sizeof(expected));

    struct vc_mailbox_row back;
    assert_int_equal(vc_mailbox_row_decode(row, &back), VC_OK);
    assert_true(back.is_ending);
    assert_false(back.is_rolled_back);
    assert_int_equal(back.next, 0x0205);
    assert_int_equal(back.sealed, 0x0203);
    assert_int_equal(back.resealed, 0x0204);
    assert_int_equal(back.dropped, 0x0103);
    assert_int_equal(back.dropped_rows, 0x0101);
    assert_memory_equal(back.last_tag, given.last_tag, VC_SEAL_TAG_LEN);
    assert_int_equal(back.acked_prefix, 0x0102);
    assert_int_equal(back.acked_bitmap.len, 1);
    assert_int_equal(back.seen_prefix, 7);
    assert_int_equal(back.seen_bitmap.len, 0);
    vc_numbers_deinit(&acked, &alloc);
}

static void a_mailbox_row_is_in_one_of_three_states(void **state)
{
    (void)state;
    struct vc_numbers none = {0};
    uint8_t room[VC_MAILBOX_ROW_MAX];
    struct vc_mailbox_row row = {.next = 1, .is_rolled_back = true}, back;
    struct vc_bytes bytes = vc_mailbox_row_encode(room, &row, &none, &none);
    assert_int_equal(room[1], 2);
    assert_int_equal(vc_mailbox_row_decode(bytes, &back), VC_OK);
    assert_true(back.is_rolled_back);
    assert_false(back.is_ending);
    /* Nobody is told any more of one that was removed. */
    row.is_ending = true;
    (void)vc_mailbox_row_encode(room, &row, &none, &none);
    assert_int_equal(room[1], 1);
    room[1] = 3;
    assert_int_equal(vc_mailbox_row_decode(bytes, &back), VC_ERR_MALFORMED);
}

static void a_mailbox_row_from_before_there_were_seals_is_read(void **state)
{
    (void)state;
    const uint8_t old[] = {
        1, 0,                      /* version, in use */
        9, 0, 0,    0, 0, 0, 0, 0, /* next */
        2, 0, 0,    0, 0, 0, 0, 0, /* acked: prefix */
        1, 0, 0x02,                /*   bitmap */
        7, 0, 0,    0, 0, 0, 0, 0, /* seen: prefix */
        0, 0,                      /*   bitmap */
    };
    uint8_t copy[sizeof(old)];
    struct vc_mailbox_row row;
    assert_int_equal(vc_mailbox_row_decode(VC_BYTES(old), &row), VC_OK);
    assert_int_equal(row.next, 9);
    assert_int_equal(row.acked_prefix, 2);
    assert_int_equal(row.seen_prefix, 7);
    assert_int_equal(row.sealed, 0);
    /* No tag tells anything about what was given then. */
    assert_int_equal(row.resealed, 8);
    assert_int_equal(row.dropped, 0);
    assert_true(vc_is_zero(row.last_tag, sizeof(row.last_tag)));
    memcpy(copy, old, sizeof(old));
    copy[1] = 2;
    assert_int_equal(vc_mailbox_row_decode(VC_BYTES(copy), &row), VC_ERR_MALFORMED);
    copy[1] = 0;
    copy[2] = 0;
    assert_int_equal(vc_mailbox_row_decode(VC_BYTES(copy), &row), VC_ERR_MALFORMED);
}

static void no_mailbox_row_acknowledges_what_was_never_numbered(void **state)
{
    (void)state;
    struct vc_numbers acked = {.prefix = 9}, seen = {0};
    uint8_t room[VC_MAILBOX_ROW_MAX];
    struct vc_mailbox_row given = {.next = 9}, back;
    expect_assert_failure(vc_mailbox_row_encode(room, &given, &acked, &seen));
    given.next = 10;
    struct vc_bytes row = vc_mailbox_row_encode(room, &given, &acked, &seen);
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
    struct vc_mailbox_row given = {.next = 12, .sealed = 10}, back;
    struct vc_bytes row = vc_mailbox_row_encode(room, &given, &acked, &seen);
    for (size_t len = 0; len < row.len; len++)
        assert_int_equal(vc_mailbox_row_decode((struct vc_bytes){room, len}, &back),
                         VC_ERR_MALFORMED);
    assert_int_equal(vc_mailbox_row_decode((struct vc_bytes){room, row.len + 1}, &back),
                     VC_ERR_MALFORMED);
    const struct {
        size_t at;
        uint8_t value;
    } damages[] = {
        {0, 0},  {0, 3},  {1, 3},  {10, 12},  {18, 12},   {26, 11},   {34, 1},
        {42, 1}, {58, 1}, {68, 1}, {9, 0x40}, {67, 0x40}, {57, 0x40},
    };
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        memcpy(copy, room, row.len);
        copy[damages[i].at] = damages[i].value;
        assert_int_equal(vc_mailbox_row_decode((struct vc_bytes){copy, row.len}, &back),
                         VC_ERR_MALFORMED);
    }
}

static struct vc_outbox_row an_object(enum vc_outbox_kind kind)
{
    return (struct vc_outbox_row){
        .kind = kind,
        .session = {{0x11, 0x22}},
        .id = {{0xaa, 0xbb}},
        .ref = {1, 2, 3},
        .object = {(const uint8_t *)"hello", 5},
    };
}

static void an_outbox_row_keeps_the_object_as_it_is(void **state)
{
    (void)state;
    static uint8_t room[VC_OUTBOX_ROW_MAX];
    const struct vc_outbox_row given = an_object(VC_OUTBOX_OBJECT);
    struct vc_bytes bytes = vc_outbox_row_encode(room, &given);
    assert_int_equal(bytes.len, VC_OUTBOX_HEAD_LEN + 5);
    assert_int_equal(room[0], 1);
    assert_int_equal(room[1], VC_OUTBOX_OBJECT);
    assert_memory_equal(room + 2, "\x11\x22", 2);
    assert_memory_equal(room + 18, "\xaa\xbb", 2);
    assert_memory_equal(room + 50, "\x01\x02\x03", 3);
    assert_memory_equal(room + 66, "hello", 5);

    struct vc_outbox_row row;
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_OK);
    assert_int_equal(row.kind, VC_OUTBOX_OBJECT);
    assert_memory_equal(row.session.b, given.session.b, 16);
    assert_memory_equal(row.id.b, given.id.b, 32);
    assert_memory_equal(row.ref, given.ref, 16);
    assert_int_equal(row.object.len, 5);
    assert_memory_equal(row.object.data, "hello", 5);
    assert_int_equal(
        vc_outbox_row_decode((struct vc_bytes){room, VC_OUTBOX_HEAD_LEN}, &row),
        VC_ERR_MALFORMED);
    room[1] = VC_OUTBOX_TURN;
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_OK);
    for (unsigned kind = 0; kind < 256; kind++) {
        room[1] = (uint8_t)kind;
        bool is_known = kind == VC_OUTBOX_OBJECT || kind == VC_OUTBOX_TURN;
        assert_int_equal(vc_outbox_row_decode(bytes, &row),
                         is_known ? VC_OK : VC_ERR_MALFORMED);
    }
    room[1] = VC_OUTBOX_OBJECT;
    room[0] = 2;
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_ERR_MALFORMED);
}

static void a_waiting_row_has_a_mark_and_no_words(void **state)
{
    (void)state;
    static uint8_t room[VC_OUTBOX_ROW_MAX];
    struct vc_outbox_row given = an_object(VC_OUTBOX_WAITING), row;
    given.object.len = 0;
    given.session = (struct vc_id16){{0}};
    struct vc_bytes bytes = vc_outbox_row_encode(room, &given);
    assert_int_equal(bytes.len, VC_OUTBOX_HEAD_LEN);
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_OK);
    assert_int_equal(row.kind, VC_OUTBOX_WAITING);
    assert_memory_equal(row.ref, given.ref, 16);
    assert_memory_equal(row.id.b, given.id.b, 32);
    bytes.len++;
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_ERR_MALFORMED);
    bytes.len--;
    room[17] = 1;
    assert_int_equal(vc_outbox_row_decode(bytes, &row), VC_ERR_MALFORMED);
}

static void an_abandoned_row_has_only_the_tag_of_what_it_replaces(void **state)
{
    (void)state;
    uint8_t room[VC_OUTBOX_ROW_MAX], tag[VC_SEAL_TAG_LEN];
    const struct vc_outbox_row given = an_object(VC_OUTBOX_OBJECT);
    const struct vc_outbox_row waiting = {.kind = VC_OUTBOX_WAITING, .ref = {7}};
    struct vc_outbox_row row = vc_outbox_abandoned(&given), back;
    vc_seal_tag(given.object, tag);
    struct vc_bytes bytes = vc_outbox_row_encode(room, &row);
    assert_int_equal(bytes.len, VC_OUTBOX_HEAD_LEN);
    assert_true(vc_is_zero(room + 2, 48));
    assert_memory_equal(room + 50, tag, sizeof(tag));
    assert_true(vc_is_zero(room + 58, 8));
    assert_int_equal(vc_outbox_row_decode(bytes, &back), VC_OK);
    assert_int_equal(back.kind, VC_OUTBOX_ABANDONED);
    assert_int_equal(back.object.len, 0);
    /* Given up once more, it is the same; what was never sealed has no tag. */
    row = vc_outbox_abandoned(&back);
    assert_memory_equal(row.ref, tag, sizeof(tag));
    row = vc_outbox_abandoned(&waiting);
    assert_true(vc_is_zero(row.ref, sizeof(row.ref)));

    const size_t zeros[] = {2, 17, 18, 49, 58, 65};
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        room[zeros[i]] = 1;
        assert_int_equal(vc_outbox_row_decode(bytes, &back), VC_ERR_MALFORMED);
        room[zeros[i]] = 0;
    }
    bytes.len++;
    assert_int_equal(vc_outbox_row_decode(bytes, &back), VC_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_sort_by_peer_and_number),
        cmocka_unit_test(a_mailbox_key_names_a_device),
        cmocka_unit_test(a_mailbox_row_has_its_place_for_every_field),
        cmocka_unit_test(a_mailbox_row_is_in_one_of_three_states),
        cmocka_unit_test(a_mailbox_row_from_before_there_were_seals_is_read),
        cmocka_unit_test(no_mailbox_row_acknowledges_what_was_never_numbered),
        cmocka_unit_test(damaged_mailbox_rows_are_malformed),
        cmocka_unit_test(an_outbox_row_keeps_the_object_as_it_is),
        cmocka_unit_test(a_waiting_row_has_a_mark_and_no_words),
        cmocka_unit_test(an_abandoned_row_has_only_the_tag_of_what_it_replaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
