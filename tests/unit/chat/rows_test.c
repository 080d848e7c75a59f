#include "node/chat/rows.h"

#include <string.h>

#include "tests/support/test.h"

/* Every shorter start of @bytes and every byte more is damage to @read. */
#define EXPECT_EXACT(bytes, read)                                                   \
    do {                                                                            \
        uint8_t longer[1024];                                                       \
        for (size_t cut = 0; cut < (bytes).len; cut++) {                            \
            assert_int_equal((read)((struct vc_bytes){(bytes).data, cut}, &back),   \
                             VC_ERR_STORE_DAMAGED);                                 \
        }                                                                           \
        memcpy(longer, (bytes).data, (bytes).len);                                  \
        longer[(bytes).len] = 0;                                                    \
        assert_int_equal((read)((struct vc_bytes){longer, (bytes).len + 1}, &back), \
                         VC_ERR_STORE_DAMAGED);                                     \
        longer[0]++;                                                                \
        assert_int_equal((read)((struct vc_bytes){longer, (bytes).len}, &back),     \
                         VC_ERR_STORE_DAMAGED);                                     \
    } while (0)

static void the_owner_reads_back(void **state)
{
    struct vc_owner_row row = {.sends_read_receipts = true, .name = "alice"}, back;
    uint8_t room[VC_OWNER_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    vc_owner_row_write(&w, &row);
    EXPECT_EXACT(vc_writer_bytes(&w), vc_owner_row_read);
    assert_int_equal(vc_owner_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_true(back.sends_read_receipts);
    assert_string_equal(back.name, "alice");
    room[1] = 2;
    assert_int_equal(vc_owner_row_read(vc_writer_bytes(&w), &back),
                     VC_ERR_STORE_DAMAGED);
}

static void numbers_never_start_at_nothing(void **state)
{
    struct vc_counters_row row = {1, 2, 3, 4}, back;
    uint8_t room[VC_COUNTERS_ROW_LEN];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    vc_counters_row_write(&w, &row);
    EXPECT_EXACT(vc_writer_bytes(&w), vc_counters_row_read);
    assert_int_equal(vc_counters_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_int_equal(back.join, 4);
    room[5] = 0;
    assert_int_equal(vc_counters_row_read(vc_writer_bytes(&w), &back),
                     VC_ERR_STORE_DAMAGED);
}

static void a_contact_reads_back(void **state)
{
    struct vc_contact_row row = {.is_verified = true,
                                 .is_resending = true,
                                 .peer = 9,
                                 .root = {{1}},
                                 .contacts = {{2}},
                                 .added_at = 3,
                                 .last_seen_at = 4,
                                 .card_sent = 5,
                                 .card_acked = 6,
                                 .live_seq = 7,
                                 .device_since = 8,
                                 .petname = "bob",
                                 .own_name = "Robert"};
    struct vc_contact_row back;
    uint8_t room[VC_CONTACT_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    vc_contact_row_write(&w, &row);
    EXPECT_EXACT(vc_writer_bytes(&w), vc_contact_row_read);
    assert_int_equal(vc_contact_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_true(back.is_verified && back.is_resending);
    assert_false(back.is_blocked || back.is_removed);
    assert_int_equal(back.peer, 9);
    assert_int_equal(back.contacts.b[0], 2);
    assert_int_equal(back.card_acked, 6);
    assert_int_equal(back.live_seq, 7);
    assert_true(back.device_since == 8);
    assert_string_equal(back.petname, "bob");
    assert_string_equal(back.own_name, "Robert");
}

/* Version 1 had neither of the two fields before the names, and marks of another kind. */
static void a_contact_of_version_1_reads_as_one_without_our_card(void **state)
{
    enum { NAMES_LEN = 4 + 7, NEW_LEN = 12 };
    struct vc_contact_row row = {.peer = 9,
                                 .added_at = 3,
                                 .card_sent = 5,
                                 .card_acked = 6,
                                 .petname = "bob",
                                 .own_name = "Robert"};
    struct vc_contact_row back;
    uint8_t room[VC_CONTACT_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    size_t len;

    (void)state;
    vc_contact_row_write(&w, &row);
    len = vc_writer_bytes(&w).len;
    memmove(room + len - NAMES_LEN - NEW_LEN, room + len - NAMES_LEN, NAMES_LEN);
    room[0] = 1;
    assert_int_equal(vc_contact_row_read((struct vc_bytes){room, len - NEW_LEN}, &back),
                     VC_OK);
    assert_int_equal(back.peer, 9);
    assert_true(back.added_at == 3);
    assert_true(back.card_sent == 0 && back.card_acked == 0);
    assert_int_equal(back.live_seq, 0);
    assert_string_equal(back.own_name, "Robert");
}

static void the_keys_that_turned_read_back(void **state)
{
    struct vc_turning_row row = {
        .is_wanted = true, .turned_at = 5, .count = VC_CHAT_OLD_KEYS_MAX};
    struct vc_turning_row back;
    uint8_t room[VC_TURNING_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    for (uint8_t i = 0; i < row.count; i++) {
        row.old[i].generation = (uint8_t)(3 - i);
        row.old[i].key.b[31] = i;
    }
    vc_turning_row_write(&w, &row);
    assert_int_equal(vc_writer_left(&w), 0);
    EXPECT_EXACT(vc_writer_bytes(&w), vc_turning_row_read);
    assert_int_equal(vc_turning_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_true(back.is_wanted && back.turned_at == 5);
    assert_int_equal(back.old[14].generation, 245);
    assert_int_equal(back.old[14].key.b[31], 14);
    room[10] = VC_CHAT_OLD_KEYS_MAX + 1;
    assert_int_equal(vc_turning_row_read(vc_writer_bytes(&w), &back),
                     VC_ERR_STORE_DAMAGED);
}

static void the_forwards_read_back(void **state)
{
    static struct vc_forwards_row row, back;
    static uint8_t room[VC_FORWARDS_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    row.count = VC_CHAT_FORWARDS_MAX;
    row.moves[15].old_seed.b[0] = 7;
    row.moves[15].forward.until = 9;
    vc_forwards_row_write(&w, &row);
    assert_int_equal(vc_writer_left(&w), 0);
    assert_int_equal(vc_forwards_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_memory_equal(&back, &row, sizeof row);
    assert_int_equal(
        vc_forwards_row_read((struct vc_bytes){room, sizeof room - 1}, &back),
        VC_ERR_STORE_DAMAGED);
    room[1]++;
    assert_int_equal(vc_forwards_row_read(vc_writer_bytes(&w), &back),
                     VC_ERR_STORE_DAMAGED);
}

static void a_device_reads_back_with_the_most_addresses(void **state)
{
    struct vc_device_row row = {.contact = 5,
                                .addr_count = VC_CARD_ADDRS_MAX,
                                .good_count = VC_CHAT_GOOD_ADDRS_MAX};
    struct vc_device_row back;
    uint8_t room[VC_DEVICE_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    row.certificate.version = 1;
    row.certificate.suite = VC_SUITE_CLASSIC;
    for (uint8_t i = 0; i < VC_CARD_ADDRS_MAX; i++) {
        row.addrs[i] = (struct vc_addr){.ip = {0x20, i}, .port = 1, .family = 6};
    }
    for (uint8_t i = 0; i < VC_CHAT_GOOD_ADDRS_MAX; i++) {
        row.good[i] = (struct vc_addr){.ip = {0x20, 9, i}, .port = 2, .family = 6};
    }
    vc_device_row_write(&w, &row);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    assert_int_equal(vc_device_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_int_equal(back.contact, 5);
    assert_true(vc_addr_equal(&back.addrs[7], &row.addrs[7]));
    assert_true(vc_addr_equal(&back.good[3], &row.good[3]));
    EXPECT_EXACT(vc_writer_bytes(&w), vc_device_row_read);
}

static void an_invite_reads_back(void **state)
{
    struct vc_invite_row row = {.is_revoked = true,
                                .made_at = 1,
                                .expires_at = VC_NEVER,
                                .contact = 2,
                                .bound_root = {{3}},
                                .note = "for bob",
                                .text = "VECHE:ABC"};
    struct vc_invite_row back;
    uint8_t room[VC_INVITE_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    vc_invite_row_write(&w, &row);
    EXPECT_EXACT(vc_writer_bytes(&w), vc_invite_row_read);
    assert_int_equal(vc_invite_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_true(back.is_revoked && !back.is_settled);
    assert_true(back.expires_at == VC_NEVER);
    assert_string_equal(back.note, "for bob");
    assert_string_equal(back.text, "VECHE:ABC");
}

static void a_join_reads_back_and_cannot_have_ended_twice(void **state)
{
    struct vc_join_row row = {.is_failed = true,
                              .reason = VC_ERR_INVITE_USED,
                              .begun_at = 1,
                              .peer = 2,
                              .petname = "al",
                              .text = "VECHE:ABC"};
    struct vc_join_row back;
    uint8_t room[VC_JOIN_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    vc_join_row_write(&w, &row);
    EXPECT_EXACT(vc_writer_bytes(&w), vc_join_row_read);
    assert_int_equal(vc_join_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_int_equal(back.reason, VC_ERR_INVITE_USED);
    assert_string_equal(back.petname, "al");
    row.is_done = true;
    w = vc_writer(room, sizeof room);
    vc_join_row_write(&w, &row);
    assert_int_equal(vc_join_row_read(vc_writer_bytes(&w), &back),
                     VC_ERR_STORE_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_owner_reads_back),
        cmocka_unit_test(numbers_never_start_at_nothing),
        cmocka_unit_test(a_contact_reads_back),
        cmocka_unit_test(a_contact_of_version_1_reads_as_one_without_our_card),
        cmocka_unit_test(the_keys_that_turned_read_back),
        cmocka_unit_test(the_forwards_read_back),
        cmocka_unit_test(a_device_reads_back_with_the_most_addresses),
        cmocka_unit_test(an_invite_reads_back),
        cmocka_unit_test(a_join_reads_back_and_cannot_have_ended_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
