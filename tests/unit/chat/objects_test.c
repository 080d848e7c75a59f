#include "node/chat/objects.h"

#include <string.h>

#include "tests/support/test.h"

static struct vc_message_object a_message(void)
{
    static const uint8_t body[] = {'h', 'i'};
    struct vc_message_object message = {.seq = 7,
                                        .clock = UINT64_C(0x0102030405060708),
                                        .parents = {{0, 0, 3}, {1, 0, 6}},
                                        .parent_count = 2,
                                        .type = 1,
                                        .type_version = 1,
                                        .body = VC_BYTES(body)};
    return message;
}

static struct vc_bytes encode(const struct vc_message_object *message, uint8_t *room,
                              size_t size)
{
    struct vc_writer w = vc_writer(room, size);

    vc_message_object_write_head(&w, message);
    vc_write_bytes(&w, message->body);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    return vc_writer_bytes(&w);
}

static void a_message_has_the_bytes_that_the_spec_says(void **state)
{
    static const uint8_t expected[] = {1, 1, 7, 0, 0, 0, 8, 7, 6,   5,  4,
                                       3, 2, 1, 2, 0, 0, 3, 0, 0,   0,  1,
                                       0, 6, 0, 0, 0, 1, 0, 1, 'h', 'i'};
    struct vc_message_object message = a_message();
    uint8_t room[128];
    struct vc_bytes bytes = encode(&message, room, sizeof room);

    (void)state;
    assert_int_equal(bytes.len, sizeof expected);
    assert_memory_equal(bytes.data, expected, sizeof expected);
}

static void a_message_reads_back_as_it_was_written(void **state)
{
    struct vc_message_object message = a_message(), read;
    uint8_t room[128];

    (void)state;
    assert_int_equal(vc_message_object_read(encode(&message, room, sizeof room), &read),
                     VC_OK);
    assert_int_equal(read.seq, 7);
    assert_int_equal(read.clock, message.clock);
    assert_int_equal(read.parent_count, 2);
    assert_int_equal(vc_ref_compare(&read.parents[1], &message.parents[1]), 0);
    assert_int_equal(read.type, 1);
    assert_int_equal(read.body.len, 2);
}

static void every_cut_of_a_message_is_malformed(void **state)
{
    struct vc_message_object message = a_message(), read;
    uint8_t room[128];
    struct vc_bytes bytes = encode(&message, room, sizeof room);

    (void)state;
    for (size_t len = 0; len + 2 <= bytes.len; len++) {
        assert_int_equal(
            vc_message_object_read((struct vc_bytes){bytes.data, len}, &read),
            VC_ERR_MALFORMED);
    }
}

/* Changes one byte of an encoded message and reads it. */
static vc_err read_changed(size_t at, uint8_t value)
{
    struct vc_message_object message = a_message(), read;
    uint8_t room[128];
    struct vc_bytes bytes = encode(&message, room, sizeof room);

    room[at] = value;
    return vc_message_object_read(bytes, &read);
}

static void what_a_message_may_not_hold_is_malformed(void **state)
{
    (void)state;
    assert_int_equal(read_changed(0, 2), VC_ERR_MALFORMED); /* version */
    assert_int_equal(read_changed(2, 0), VC_ERR_MALFORMED); /* seq 0 */
    assert_int_equal(read_changed(13, 0x80),
                     VC_ERR_MALFORMED);                      /* clock beyond the end */
    assert_int_equal(read_changed(14, 9), VC_ERR_MALFORMED); /* nine parents */
    assert_int_equal(read_changed(15, 2), VC_ERR_MALFORMED); /* parents out of order */
    assert_int_equal(read_changed(17, 0), VC_ERR_MALFORMED); /* a parent with seq 0 */
    assert_int_equal(read_changed(13, 0x7f), VC_OK);
}

static void a_parent_named_twice_is_malformed(void **state)
{
    struct vc_message_object message = a_message(), read;
    uint8_t room[128];

    (void)state;
    message.parents[1] = message.parents[0];
    assert_int_equal(vc_message_object_read(encode(&message, room, sizeof room), &read),
                     VC_ERR_MALFORMED);
}

static void a_body_beyond_the_limit_is_malformed(void **state)
{
    static uint8_t body[VC_CHAT_BODY_MAX + 1], room[VC_CHAT_BODY_MAX + 128];
    struct vc_message_object message = a_message(), read;

    (void)state;
    message.body = (struct vc_bytes){body, VC_CHAT_BODY_MAX};
    assert_int_equal(vc_message_object_read(encode(&message, room, sizeof room), &read),
                     VC_OK);
    message.body.len++;
    assert_int_equal(vc_message_object_read(encode(&message, room, sizeof room), &read),
                     VC_ERR_MALFORMED);
}

static struct vc_hash32 id_of(const struct vc_message_object *message,
                              uint8_t conversation, uint8_t root, uint8_t device)
{
    struct vc_hash32 pair = {{conversation}}, id;
    struct vc_key32 author = {{root}};

    vc_message_id(&id, &pair, &author, device, message);
    return id;
}

static void everything_that_counts_changes_the_id(void **state)
{
    static const uint8_t other[] = {'h', 'o'};
    struct vc_message_object message = a_message(), changed[7];
    struct vc_hash32 ids[10];

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        changed[i] = message;
    }
    changed[0].seq++;
    changed[1].clock++;
    changed[2].parent_count = 1;
    changed[3].parents[1].seq++;
    changed[4].type++;
    changed[5].type_version++;
    changed[6].body = VC_BYTES(other);
    for (size_t i = 0; i < 7; i++) {
        ids[i] = id_of(&changed[i], 0, 0, 0);
    }
    ids[7] = id_of(&message, 1, 0, 0);
    ids[8] = id_of(&message, 0, 1, 0);
    ids[9] = id_of(&message, 0, 0, 1);
    for (size_t i = 0; i < 10; i++) {
        struct vc_hash32 id = id_of(&message, 0, 0, 0);

        assert_memory_not_equal(ids[i].b, id.b, sizeof id.b);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(ids[i].b, ids[j].b, sizeof id.b);
        }
    }
}

static void both_sides_call_their_conversation_the_same(void **state)
{
    struct vc_key32 low = {{1}}, high = {{2}};
    struct vc_hash32 at_low, at_high;
    uint8_t low_author, high_author;

    (void)state;
    vc_pair_id(&at_low, &low_author, &low, &high);
    vc_pair_id(&at_high, &high_author, &high, &low);
    assert_memory_equal(at_low.b, at_high.b, sizeof at_low.b);
    assert_int_equal(low_author, 0);
    assert_int_equal(high_author, 1);
}

static void receipts_and_requests_read_back(void **state)
{
    struct vc_read_object read = {.device = 3, .up_to = 99}, read_back;
    struct vc_refs_object refs = {.refs = {{0, 0, 1}, {0, 0, 2}, {1, 0, 1}},
                                  .count = 3};
    struct vc_refs_object refs_back;
    uint8_t room[VC_REFS_OBJECT_MAX], version, kind;
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    vc_read_object_write(&w, &read);
    assert_int_equal(vc_writer_bytes(&w).len, VC_READ_OBJECT_LEN);
    assert_int_equal(vc_read_object_read(vc_writer_bytes(&w), &read_back), VC_OK);
    assert_int_equal(read_back.up_to, 99);
    assert_int_equal(read_back.device, 3);
    w = vc_writer(room, sizeof room);
    vc_refs_object_write(&w, VC_OBJECT_GONE, &refs);
    assert_int_equal(vc_object_read_kind(vc_writer_bytes(&w), &version, &kind), VC_OK);
    assert_int_equal(kind, VC_OBJECT_GONE);
    assert_int_equal(vc_refs_object_read(vc_writer_bytes(&w), &refs_back), VC_OK);
    assert_int_equal(refs_back.count, 3);
    assert_int_equal(vc_ref_compare(&refs_back.refs[2], &refs.refs[2]), 0);
}

static void what_is_about_restoring_has_the_bytes_that_the_spec_says(void **state)
{
    static const uint8_t asked[VC_RESTORE_OBJECT_LEN] = {1, 6, 8, 7, 6, 5, 4, 3,
                                                         2, 1, 9, 0, 0, 0, 2, 1};
    static const uint8_t done[VC_RESTORED_OBJECT_LEN] = {1, 8, 8, 7, 6, 5, 4, 3, 2, 1,
                                                         5, 0, 0, 0, 9, 0, 0, 0, 2, 1};
    uint8_t own[] = {1, 7, 5, 0, 0, 0, 1, 1, 3, 0, 0, 0,  6,
                     0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 'x'};
    struct vc_restore_object ask = {
        .mark = 0x0102030405060708, .own_from = 9, .theirs_from = 0x0102};
    struct vc_restored_object answer = {
        .mark = 0x0102030405060708, .highest = 5, .own_next = 9, .theirs_next = 0x0102};
    struct vc_message_object message = {.seq = 3,
                                        .clock = 6,
                                        .type = VC_BODY_TEXT,
                                        .type_version = 1,
                                        .body = {(const uint8_t *)"x", 1}};
    uint8_t room[64], head[VC_MESSAGE_HEAD_MAX];
    struct vc_writer w = vc_writer(room, sizeof room), h = vc_writer(head, sizeof head);
    uint32_t highest;

    (void)state;
    vc_restore_object_write(&w, &ask);
    assert_int_equal(vc_writer_bytes(&w).len, sizeof asked);
    assert_memory_equal(room, asked, sizeof asked);
    ask = (struct vc_restore_object){.mark = 0};
    assert_int_equal(vc_restore_object_read(VC_BYTES(asked), &ask), VC_OK);
    assert_true(ask.mark == 0x0102030405060708 && ask.own_from == 9 &&
                ask.theirs_from == 0x0102);
    w = vc_writer(room, sizeof room);
    vc_restored_object_write(&w, &answer);
    assert_int_equal(vc_writer_bytes(&w).len, sizeof done);
    assert_memory_equal(room, done, sizeof done);
    answer = (struct vc_restored_object){.mark = 0};
    assert_int_equal(vc_restored_object_read(VC_BYTES(done), &answer), VC_OK);
    assert_true(answer.highest == 5 && answer.own_next == 9 &&
                answer.theirs_next == 0x0102);
    w = vc_writer(room, sizeof room);
    vc_message_object_write_head(&h, &message);
    vc_own_object_write_head(&w, 5, vc_writer_bytes(&h));
    vc_write_bytes(&w, message.body);
    assert_int_equal(vc_writer_bytes(&w).len, sizeof own);
    assert_memory_equal(room, own, sizeof own);
    assert_int_equal(vc_own_object_read(VC_BYTES(own), &highest, &message), VC_OK);
    assert_true(highest == 5 && message.seq == 3 && message.body.len == 1);
    for (size_t len = 0; len < sizeof own; len++) {
        assert_int_equal(
            vc_own_object_read((struct vc_bytes){own, len}, &highest, &message),
            VC_ERR_MALFORMED);
    }
    own[7] = VC_OBJECT_READ; /* what it carries is a MESSAGE */
    assert_int_equal(vc_own_object_read(VC_BYTES(own), &highest, &message),
                     VC_ERR_MALFORMED);
}

static void a_parent_stands_before_its_child(void **state)
{
    struct vc_message_ref ref = {.author = 1, .device = 2, .seq = 5};
    struct vc_message_object message = {.parents = {{1, 2, 4}}, .parent_count = 1};

    (void)state;
    assert_true(vc_message_has_sane_parents(&message, &ref));
    message.parents[0].seq = 5;
    assert_false(vc_message_has_sane_parents(&message, &ref));
    message.parents[0].device = 3; /* of another device it may be any */
    assert_true(vc_message_has_sane_parents(&message, &ref));
    message.parents[0] = (struct vc_message_ref){.author = 2, .seq = 1};
    assert_false(vc_message_has_sane_parents(&message, &ref));
}

static void left_over_bytes_are_malformed(void **state)
{
    struct vc_read_object read = {.device = 3, .up_to = 99};
    struct vc_refs_object refs = {.refs = {{0, 0, 1}}, .count = 1};
    uint8_t room[64] = {0};
    struct vc_writer w = vc_writer(room, sizeof room);
    vc_err reason;

    (void)state;
    vc_read_object_write(&w, &read);
    vc_write_u8(&w, 0);
    assert_int_equal(vc_read_object_read(vc_writer_bytes(&w), &read), VC_ERR_MALFORMED);
    w = vc_writer(room, sizeof room);
    vc_refs_object_write(&w, VC_OBJECT_PULL, &refs);
    vc_write_u8(&w, 0);
    assert_int_equal(vc_refs_object_read(vc_writer_bytes(&w), &refs), VC_ERR_MALFORMED);
    w = vc_writer(room, sizeof room);
    vc_join_refused_write(&w, VC_ERR_BLOCKED);
    vc_write_u8(&w, 0);
    assert_int_equal(vc_join_refused_read(vc_writer_bytes(&w), &reason),
                     VC_ERR_MALFORMED);
}

static void a_refusal_says_why_and_an_unknown_one_is_a_no(void **state)
{
    static const vc_err reasons[] = {VC_ERR_REFUSED, VC_ERR_INVITE_USED,
                                     VC_ERR_INVITE_EXPIRED, VC_ERR_NO_INVITE,
                                     VC_ERR_BLOCKED};
    uint8_t room[VC_JOIN_REFUSED_LEN];
    struct vc_writer w;
    vc_err reason;

    (void)state;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        w = vc_writer(room, sizeof room);
        vc_join_refused_write(&w, reasons[i]);
        assert_int_equal(vc_join_refused_read(vc_writer_bytes(&w), &reason), VC_OK);
        assert_int_equal(reason, reasons[i]);
    }
    room[2] = 200;
    assert_int_equal(vc_join_refused_read(VC_BYTES(room), &reason), VC_OK);
    assert_int_equal(reason, VC_ERR_REFUSED);
}

static void a_join_card_keeps_where_its_sender_stands(void **state)
{
    static struct vc_join_card card, back;
    struct vc_account account;
    struct vc_device device;
    struct vc_secret32 secrets[4] = {{{1}}, {{2}}, {{3}}, {{4}}};
    uint8_t room[VC_JOIN_CARD_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);

    (void)state;
    assert_int_equal(vc_crypto_init(), VC_OK);
    vc_account_init(&account, &secrets[0], &secrets[1]);
    vc_device_init(&device, &account, 0, 1000, &secrets[2], &secrets[3]);
    card.is_known = true;
    card.settled = 41;
    card.highest = 57;
    card.card.root = account.root;
    card.card.record = account.record;
    card.card.contacts = account.contacts;
    card.card.devices[0] = device.certificate;
    card.card.device_count = 1;
    memcpy(card.card.name, "bob", 4);
    assert_int_equal(vc_join_card_write(&w, &card), VC_OK);
    assert_int_equal(vc_join_card_read(vc_writer_bytes(&w), &back), VC_OK);
    assert_true(back.is_known);
    assert_int_equal(back.settled, 41);
    assert_int_equal(back.highest, 57);
    assert_string_equal(back.card.name, "bob");
    room[2] = 2; /* neither yes nor no */
    assert_int_equal(vc_join_card_read(vc_writer_bytes(&w), &back), VC_ERR_MALFORMED);
    w = vc_writer(room, sizeof room);
    vc_card_object_write(&w, &card.card);
    assert_int_equal(vc_card_object_read(vc_writer_bytes(&w), &back.card), VC_OK);
    assert_string_equal(back.card.name, "bob");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_has_the_bytes_that_the_spec_says),
        cmocka_unit_test(a_message_reads_back_as_it_was_written),
        cmocka_unit_test(every_cut_of_a_message_is_malformed),
        cmocka_unit_test(what_a_message_may_not_hold_is_malformed),
        cmocka_unit_test(a_parent_named_twice_is_malformed),
        cmocka_unit_test(a_body_beyond_the_limit_is_malformed),
        cmocka_unit_test(everything_that_counts_changes_the_id),
        cmocka_unit_test(both_sides_call_their_conversation_the_same),
        cmocka_unit_test(receipts_and_requests_read_back),
        cmocka_unit_test(what_is_about_restoring_has_the_bytes_that_the_spec_says),
        cmocka_unit_test(a_parent_stands_before_its_child),
        cmocka_unit_test(left_over_bytes_are_malformed),
        cmocka_unit_test(a_refusal_says_why_and_an_unknown_one_is_a_no),
        cmocka_unit_test(a_join_card_keeps_where_its_sender_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
