#include "node/chat/rows.h"

#include <string.h>

#include "tests/support/test.h"

static void a_conversation_reads_back_with_what_arrived_beyond(void **state)
{
    struct vc_conversation_row row = {.clock = 1,
                                      .own_seq = 5000,
                                      .delivered = 2,
                                      .read_there = 1,
                                      .highest = 9,
                                      .contiguous = 8,
                                      .base = 3,
                                      .arrivals = 7,
                                      .read_mark = 6,
                                      .receipt_wanted = 5,
                                      .receipt_sent = 4,
                                      .receipt_acked = 3,
                                      .heads = {{{0, 0, 2}, 77}, {{1, 0, 9}, 78}},
                                      .head_count = 2};
    struct vc_conversation_row back;
    uint8_t room[VC_CONVERSATION_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    row.beyond[1] = 0x81;
    row.beyond[VC_BEYOND_BYTES - 1] = 0x80;
    vc_conversation_row_write(&w, &row);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    assert_int_equal(vc_conversation_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_int_equal(back.beyond_count, 3);
    assert_int_equal(back.own_seq, 5000);
    assert_int_equal(back.receipt_acked, 3);
    assert_int_equal(back.heads[1].order, 78);
    assert_memory_equal(back.beyond, row.beyond, sizeof row.beyond);
}

static void a_conversation_has_one_encoding(void **state)
{
    struct vc_conversation_row row = {.own_seq = 9}, back;
    uint8_t room[VC_CONVERSATION_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_bytes bytes;

    (void)state;
    row.beyond[0] = 2;
    vc_conversation_row_write(&w, &row);
    bytes = vc_writer_bytes(&w);
    assert_int_equal(vc_conversation_row_read(bytes, &back), VC_OK);
    room[bytes.len - 1] = 0; /* an empty byte at the end of the map */
    assert_int_equal(vc_conversation_row_read(bytes, &back), VC_ERR_STORE_DAMAGED);
}

static void books_that_contradict_themselves_are_damage(void **state)
{
    struct vc_conversation_row rows[3] = {{.own_seq = 1, .delivered = 2},
                                          {.arrivals = 1, .read_mark = 2},
                                          {.clock = VC_CHAT_CLOCK_MAX + 1}};
    struct vc_conversation_row back;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint8_t room[VC_CONVERSATION_ROW_MAX];
        struct vc_writer w = vc_writer(room, sizeof room);

        vc_conversation_row_write(&w, &rows[i]);
        assert_int_equal(vc_conversation_row_read(vc_writer_bytes(&w), &back),
                         VC_ERR_STORE_DAMAGED);
    }
}

static void a_message_reads_back(void **state)
{
    static const uint8_t body[] = {'h', 'i'};
    struct vc_message_row row = {.is_failed = true,
                                 .reason = VC_ERR_ABANDONED,
                                 .id = {{1, 2}},
                                 .clock = 3,
                                 .order = 4,
                                 .stored_at = 5,
                                 .number = 6,
                                 .parents = {{0, 0, 1}},
                                 .parent_count = 1,
                                 .type = 7,
                                 .type_version = 8,
                                 .body = VC_BYTES(body)};
    struct vc_message_row back;
    uint8_t room[256];
    struct vc_writer w = vc_writer(room, sizeof room);
    struct vc_bytes bytes;

    (void)state;
    vc_message_row_write_head(&w, &row);
    assert_true(vc_writer_bytes(&w).len <= VC_MESSAGE_ROW_HEAD_MAX);
    vc_write_bytes(&w, row.body);
    bytes = vc_writer_bytes(&w);
    assert_int_equal(vc_message_row_read(bytes, &back), VC_OK);
    assert_true(back.is_failed);
    assert_int_equal(back.reason, VC_ERR_ABANDONED);
    assert_int_equal(back.number, 6);
    assert_int_equal(back.type_version, 8);
    assert_memory_equal(back.body.data, body, sizeof body);
    for (size_t cut = 0; cut + 2 <= bytes.len; cut++) {
        assert_int_equal(vc_message_row_read((struct vc_bytes){bytes.data, cut}, &back),
                         VC_ERR_STORE_DAMAGED);
    }
    room[2] = 200; /* an error that there is not */
    assert_int_equal(vc_message_row_read(bytes, &back), VC_ERR_STORE_DAMAGED);
}

static void holes_and_unsettled_messages_read_back(void **state)
{
    struct vc_gap_row gap = {.is_lost = true, .opened_at = 9}, gap_back;
    struct vc_unsettled_row row = {.clock = 1,
                                   .order = 2,
                                   .id = {3},
                                   .parents = {{0, 0, 1}, {1, 0, 2}},
                                   .parent_count = 2};
    struct vc_unsettled_row back;
    uint8_t room[VC_UNSETTLED_ROW_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    vc_gap_row_write(&w, &gap);
    assert_int_equal(vc_writer_bytes(&w).len, VC_GAP_ROW_LEN);
    assert_int_equal(vc_gap_row_read(vc_writer_bytes(&w), &gap_back), VC_OK);
    assert_true(gap_back.is_lost);
    w = vc_writer(room, sizeof room);
    vc_unsettled_row_write(&w, &row);
    assert_int_equal(vc_unsettled_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_int_equal(back.order, 2);
    assert_int_equal(back.parents[1].seq, 2);
    vc_write_u8(&w, 0);
    assert_int_equal(vc_unsettled_row_read(vc_writer_bytes(&w), &back),
                     VC_ERR_STORE_DAMAGED);
}

static void tokens_and_events_read_back(void **state)
{
    struct vc_token_row token = {
        .day = 3, .count = 2, .tokens = {{1, 2, 3}, {4, 5, 6}}};
    struct vc_token_row token_back;
    struct vc_event_row row = {.count = 5,
                               .event = {.kind = VC_EVENT_MESSAGE,
                                         .at = 1,
                                         .contact = 2,
                                         .ref = {1, 0, 3},
                                         .seq_last = 3,
                                         .state = VC_MESSAGE_RECEIVED}};
    struct vc_event_row back;
    uint8_t room[VC_TOKEN_ROW_MAX + 16];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    vc_token_row_write(&w, &token);
    assert_int_equal(vc_token_row_read(vc_writer_bytes(&w), &token_back), VC_OK);
    assert_int_equal(token_back.day, 3);
    assert_int_equal(token_back.count, 2);
    assert_int_equal(token_back.tokens[1].seq, 6);
    assert_int_equal(vc_token_row_read((struct vc_bytes){room, 5}, &token_back),
                     VC_ERR_STORE_DAMAGED); /* no token at all */
    assert_int_equal(vc_token_row_read((struct vc_bytes){room, 22}, &token_back),
                     VC_ERR_STORE_DAMAGED);
    room[0] = VC_CHAT_ROW_VERSION;
    assert_int_equal(vc_token_row_read(VC_BYTES(room), &token_back),
                     VC_ERR_STORE_DAMAGED);
    w = vc_writer(room, sizeof room);
    vc_event_row_write(&w, &row);
    assert_int_equal(vc_writer_bytes(&w).len, VC_EVENT_ROW_LEN);
    assert_int_equal(vc_event_row_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_int_equal(back.count, 5);
    assert_int_equal(back.event.ref.seq, 3);
    row.event.kind = VC_EVENT_CONTACT_CHANGED; /* where messages have a state */
    row.count = 1;
    for (int change = VC_CHANGE_DEVICE; change <= VC_CHANGE_SESSION; change++) {
        row.event.change = (enum vc_change)change;
        w = vc_writer(room, sizeof room);
        vc_event_row_write(&w, &row);
        assert_int_equal(vc_event_row_read(vc_writer_bytes(&w), &back), VC_OK);
        assert_int_equal(back.event.change, change);
        assert_int_equal(back.event.state, VC_MESSAGE_RECEIVED);
    }
    row.event.change = (enum vc_change)(VC_CHANGE_SESSION + 1);
    w = vc_writer(room, sizeof room);
    vc_event_row_write(&w, &row);
    assert_int_equal(vc_event_row_read(vc_writer_bytes(&w), &back),
                     VC_ERR_STORE_DAMAGED);
    row.count = 5;
    row.event.kind = VC_EVENT_JOIN; /* only messages run */
    w = vc_writer(room, sizeof room);
    vc_event_row_write(&w, &row);
    assert_int_equal(vc_event_row_read(vc_writer_bytes(&w), &back),
                     VC_ERR_STORE_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_reads_back_with_what_arrived_beyond),
        cmocka_unit_test(a_conversation_has_one_encoding),
        cmocka_unit_test(books_that_contradict_themselves_are_damage),
        cmocka_unit_test(a_message_reads_back),
        cmocka_unit_test(holes_and_unsettled_messages_read_back),
        cmocka_unit_test(tokens_and_events_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
