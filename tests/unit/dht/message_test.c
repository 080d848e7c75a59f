#include "dht/message.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/dht_samples.h"
#include "tests/support/test.h"

#define ROOM 1200

static size_t write_request(uint8_t room[ROOM], const struct vc_dht_request *request)
{
    struct vc_writer w = vc_writer(room, ROOM);

    vc_dht_request_write(&w, request);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    return vc_writer_bytes(&w).len;
}

static size_t write_answer(uint8_t room[ROOM], const struct vc_dht_answer *answer)
{
    struct vc_writer w = vc_writer(room, ROOM);

    vc_dht_answer_write(&w, answer);
    assert_int_equal(vc_writer_end(&w), VC_OK);
    return vc_writer_bytes(&w).len;
}

static vc_err read_request(const uint8_t *bytes, size_t len, bool has_cookie)
{
    struct vc_dht_request request;

    return vc_dht_request_read((struct vc_bytes){bytes, len}, has_cookie, &request);
}

static vc_err read_answer(const uint8_t *bytes, size_t len)
{
    struct vc_dht_answer answer;

    return vc_dht_answer_read((struct vc_bytes){bytes, len}, &answer);
}

/* Reads what stands in @bytes, writes it again and compares; then with padding, with padding
 * that is none, and cut off. */
static void judge_request(const uint8_t *bytes, size_t len, bool has_cookie)
{
    uint8_t padded[ROOM] = {0}, again[ROOM];
    struct vc_dht_request read;

    memcpy(padded, bytes, len);
    for (size_t padding = 0; padding < 3; padding++) {
        assert_int_equal(vc_dht_request_read((struct vc_bytes){padded, len + padding},
                                             has_cookie, &read),
                         VC_OK);
        assert_int_equal(write_request(again, &read), len);
        assert_memory_equal(again, bytes, len);
    }
    for (size_t i = len; i < len + 20; i++) {
        padded[i] = 0x80;
        assert_int_equal(read_request(padded, len + 20, has_cookie), VC_ERR_MALFORMED);
        padded[i] = 0;
    }
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(read_request(bytes, cut, has_cookie), VC_ERR_MALFORMED);
    }
}

static void test_requests_are_read_as_written(void **state)
{
    (void)state;
    for (unsigned type = DHT_REQUEST_FIRST; type <= DHT_REQUEST_LAST; type++) {
        for (int with = 0; with < 2; with++) {
            struct vc_dht_request request = dht_sample_request(type, with == 1);
            uint8_t bytes[ROOM];

            judge_request(bytes, write_request(bytes, &request), request.has_cookie);
        }
    }
}

static void judge_answer(const uint8_t *bytes, size_t len)
{
    uint8_t padded[ROOM] = {0}, again[ROOM];
    struct vc_dht_answer read;

    memcpy(padded, bytes, len);
    for (size_t padding = 0; padding < 3; padding++) {
        assert_int_equal(
            vc_dht_answer_read((struct vc_bytes){padded, len + padding}, &read), VC_OK);
        assert_int_equal(write_answer(again, &read), len);
        assert_memory_equal(again, bytes, len);
    }
    for (size_t i = len; i < len + 20; i++) {
        padded[i] = 0x80;
        assert_int_equal(read_answer(padded, len + 20), VC_ERR_MALFORMED);
        padded[i] = 0;
    }
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(read_answer(bytes, cut), VC_ERR_MALFORMED);
    }
}

static void test_answers_are_read_as_written(void **state)
{
    (void)state;
    for (unsigned type = DHT_ANSWER_FIRST; type <= DHT_ANSWER_LAST; type++) {
        for (uint8_t family = 4; family <= 6; family += 2) {
            struct vc_dht_answer answer = dht_sample_answer(type, family);
            uint8_t bytes[ROOM];

            judge_answer(bytes, write_answer(bytes, &answer));
        }
    }
}

/* The fields of the document, by their offsets. */
static void test_fields_stand_where_the_document_says(void **state)
{
    static const uint8_t target[8] = {8, 7, 6, 5, 4, 3, 2, 1};
    struct vc_dht_request request = dht_sample_request(VC_DHT_FIND, true);
    struct vc_dht_answer answer = dht_sample_answer(VC_DHT_HOLD, 4);
    uint8_t bytes[ROOM];

    (void)state;
    assert_int_equal(write_request(bytes, &request), 1 + 16 + 8);
    assert_int_equal(bytes[0], 2);
    assert_memory_equal(bytes + 1, request.cookie.b, 16);
    assert_memory_equal(bytes + 17, target, 8);
    request = dht_sample_request(VC_DHT_REFRESH, true);
    assert_int_equal(write_request(bytes, &request), 1 + 16 + 32 + 8);
    assert_memory_equal(bytes + 17, request.place.b, 32);
    assert_int_equal(bytes[49], 9);
    assert_int_equal(write_answer(bytes, &answer), 1 + 16 + 4 + 7 + 1 + 8);
    assert_int_equal(bytes[0], 132);
    assert_memory_equal(bytes + 1, answer.cookie.b, 16);
    assert_memory_equal(bytes + 17, ((const uint8_t[]){4, 3, 2, 1}), 4);
    assert_memory_equal(bytes + 21, ((const uint8_t[]){4, 192, 0, 2, 77, 0xe8, 3}), 7);
    assert_int_equal(bytes[28], VC_DHT_HOLD_FAR);
    assert_int_equal(bytes[29], 11);
}

static void test_types_that_are_not_known_are_told_apart(void **state)
{
    uint8_t bytes[ROOM] = {0};

    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        bytes[0] = (uint8_t)type;
        if (type < 1 || type > 7) {
            assert_int_equal(read_request(bytes, 60, true), VC_ERR_UNSUPPORTED);
        }
        if (type < 129 || type > 132) {
            assert_int_equal(read_answer(bytes, 60), VC_ERR_UNSUPPORTED);
        }
    }
    assert_int_equal(read_request(bytes, 0, true), VC_ERR_MALFORMED);
    assert_int_equal(read_answer(bytes, 0), VC_ERR_MALFORMED);
}

/* NODES to an asker of one family with contacts of another, one behind the other. */
static vc_err read_nodes(uint8_t family, uint8_t count, uint8_t contact_family)
{
    struct vc_dht_answer answer = dht_sample_answer(VC_DHT_NODES, family);
    uint8_t bytes[ROOM];
    struct vc_writer w = vc_writer(bytes, sizeof bytes);

    answer.type = VC_DHT_PONG;
    vc_dht_answer_write(&w, &answer);
    bytes[0] = VC_DHT_NODES;
    vc_write_u8(&w, count);
    for (uint8_t i = 0; i < count; i++) {
        vc_dht_contact_write(
            &w, &(struct vc_dht_contact){.addr = dht_sample_addr(contact_family, i)});
    }
    assert_int_equal(vc_writer_end(&w), VC_OK);
    return read_answer(bytes, vc_writer_bytes(&w).len);
}

static void test_nodes_are_few_and_of_one_family(void **state)
{
    (void)state;
    for (uint8_t count = 0; count < 12; count++) {
        assert_int_equal(read_nodes(4, count, 4),
                         count <= VC_DHT_CONTACTS_IPV4 ? VC_OK : VC_ERR_MALFORMED);
        assert_int_equal(read_nodes(6, count, 6),
                         count <= VC_DHT_CONTACTS_IPV6 ? VC_OK : VC_ERR_MALFORMED);
    }
    assert_int_equal(read_nodes(4, 1, 6), VC_ERR_MALFORMED);
    assert_int_equal(read_nodes(6, 1, 4), VC_ERR_MALFORMED);
}

static void test_nodes_are_not_written_otherwise(void **state)
{
    struct vc_dht_answer answer = dht_sample_answer(VC_DHT_NODES, 6);
    uint8_t bytes[ROOM];

    (void)state;
    answer.contact_count = VC_DHT_CONTACTS_IPV6 + 1;
    expect_assert_failure((void)write_answer(bytes, &answer));
    answer.contact_count = 1;
    answer.contacts[0].addr = dht_sample_addr(4, 1);
    expect_assert_failure((void)write_answer(bytes, &answer));
    answer.contact_count = 0;
    judge_answer(bytes, write_answer(bytes, &answer));
}

static void test_a_verdict_and_an_address_are_ones_that_can_be(void **state)
{
    struct vc_dht_answer answer = dht_sample_answer(VC_DHT_HOLD, 4);
    uint8_t bytes[ROOM];
    size_t len = write_answer(bytes, &answer);

    (void)state;
    for (unsigned hold = 0; hold < 256; hold++) {
        bytes[28] = (uint8_t)hold;
        assert_int_equal(read_answer(bytes, len),
                         hold <= VC_DHT_HOLD_FAR ? VC_OK : VC_ERR_MALFORMED);
    }
    answer.seen.port = 0;
    assert_int_equal(read_answer(bytes, write_answer(bytes, &answer)),
                     VC_ERR_MALFORMED);
    answer = dht_sample_answer(VC_DHT_HOLD, 4);
    len = write_answer(bytes, &answer);
    bytes[21] = 5;
    assert_int_equal(read_answer(bytes, len), VC_ERR_MALFORMED);
}

static void test_what_is_wrong_changes_nothing(void **state)
{
    struct vc_dht_request request = {.seq = 77};
    struct vc_dht_answer answer = {.seq = 78};
    const uint8_t bytes[3] = {VC_DHT_GET, 1, 2};

    (void)state;
    assert_int_equal(vc_dht_request_read(VC_BYTES(bytes), false, &request),
                     VC_ERR_MALFORMED);
    assert_int_equal(vc_dht_answer_read(VC_BYTES(bytes), &answer), VC_ERR_UNSUPPORTED);
    assert_true(request.seq == 77 && request.type == 0);
    assert_true(answer.seq == 78 && answer.type == 0);
}

static void test_a_record_has_one_length(void **state)
{
    struct vc_dht_request request = dht_sample_request(VC_DHT_PUT, true);
    struct vc_dht_answer answer = dht_sample_answer(VC_DHT_VALUE, 4);
    uint8_t bytes[ROOM];

    (void)state;
    request.record.len--;
    expect_assert_failure((void)write_request(bytes, &request));
    answer.record.len--;
    expect_assert_failure((void)write_answer(bytes, &answer));
}

static void test_a_body_has_its_least_length_without_a_cookie(void **state)
{
    (void)state;
    assert_int_equal(vc_dht_request_body_min(VC_DHT_PING, false, false), 8);
    assert_int_equal(vc_dht_request_body_min(VC_DHT_FIND, false, false), 424);
    assert_int_equal(vc_dht_request_body_min(VC_DHT_FIND, true, false), 456);
    assert_int_equal(vc_dht_request_body_min(VC_DHT_GET, false, false), 1008);
    for (unsigned type = DHT_REQUEST_FIRST; type <= DHT_REQUEST_LAST; type++) {
        assert_int_equal(vc_dht_request_body_min((enum vc_dht_type)type, false, true),
                         0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_read_as_written),
        cmocka_unit_test(test_answers_are_read_as_written),
        cmocka_unit_test(test_fields_stand_where_the_document_says),
        cmocka_unit_test(test_types_that_are_not_known_are_told_apart),
        cmocka_unit_test(test_nodes_are_few_and_of_one_family),
        cmocka_unit_test(test_nodes_are_not_written_otherwise),
        cmocka_unit_test(test_a_verdict_and_an_address_are_ones_that_can_be),
        cmocka_unit_test(test_what_is_wrong_changes_nothing),
        cmocka_unit_test(test_a_record_has_one_length),
        cmocka_unit_test(test_a_body_has_its_least_length_without_a_cookie),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
