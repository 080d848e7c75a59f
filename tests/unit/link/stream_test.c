/* node/link/stream.c: objects cut at any place and put together in any order. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "node/link/link.h"
#include "node/link/stream.h"
#include "tests/support/prop.h"

#define COUNT 600

static union vc_chunk room[COUNT];
static struct vc_chunk_bits bits[COUNT];
static uint32_t links[COUNT];
static struct vc_chunks chunks;
static struct vc_send_stream out;
static struct vc_recv_stream in;
static uint8_t object[VC_LINK_OBJECT_MAX];

static int begin(void **state)
{
    (void)state;
    chunks = (struct vc_chunks){.chunks = room, .bits = bits};
    vc_pool_init(&chunks.pool, links, COUNT);
    memset(room, 0xee, sizeof room);
    memset(bits, 0xee, sizeof bits);
    vc_send_stream_init(&out);
    vc_recv_stream_init(&in);
    return 0;
}

static void append(const void *bytes, size_t len)
{
    uint64_t whole = len + vc_varint_len(len);
    uint32_t need = vc_send_stream_need(&out, whole), held = chunks.pool.count;
    assert_true(vc_send_stream_room(&out) >= whole);
    vc_send_stream_append(
        &out, &chunks, (struct vc_bytes){bytes, len / 2},
        (struct vc_bytes){(const uint8_t *)bytes + len / 2, len - len / 2});
    assert_int_equal(chunks.pool.count - held, need);
}

static void carry(uint64_t offset, size_t len)
{
    static uint8_t bytes[VC_LINK_WINDOW];
    vc_send_stream_copy(&out, &chunks, offset, len, bytes);
    uint32_t need = vc_recv_stream_need(&in, &chunks, offset, len);
    uint32_t held = chunks.pool.count;
    vc_recv_stream_write(&in, &chunks, offset, (struct vc_bytes){bytes, len});
    assert_int_equal(chunks.pool.count - held, need);
}

static void a_stream_at_rest_holds_no_chunk(void **state)
{
    (void)state;
    assert_int_equal(vc_send_stream_held(&out), 0);
    append("one", 3);
    assert_int_equal(vc_send_stream_held(&out), 2);
    carry(0, out.end);
    assert_true(vc_recv_stream_has_object(&in));
    struct vc_bytes got = vc_recv_stream_read(&in, &chunks, object);
    assert_int_equal(got.len, 3);
    assert_memory_equal(got.data, "one", 3);
    assert_int_equal(in.held, 0);
    vc_send_stream_advance(&out, &chunks, out.end);
    assert_int_equal(chunks.pool.count, 0);
}

static void bytes_that_came_before_change_nothing(void **state)
{
    (void)state;
    append("first", 5);
    append("second", 6);
    carry(0, out.end);
    carry(2, 3);
    carry(0, out.end);
    struct vc_bytes got = vc_recv_stream_read(&in, &chunks, object);
    assert_memory_equal(got.data, "first", 5);
    carry(0, 4);
    got = vc_recv_stream_read(&in, &chunks, object);
    assert_memory_equal(got.data, "second", 6);
    assert_false(vc_recv_stream_has_object(&in));
    carry(0, out.end);
    assert_int_equal(in.held, 0);
}

static void an_impossible_length_breaks_the_stream(void **state)
{
    (void)state;
    static const uint8_t none[] = {0};
    static const uint8_t long_form[] = {0x40, 0x01, 'x'};
    static const uint8_t eight[] = {0xc0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t too_long[] = {0x80, 0x01, 0x01, 0x01};
    static const struct vc_bytes bad[] = {{none, sizeof none},
                                          {long_form, sizeof long_form},
                                          {eight, sizeof eight},
                                          {too_long, sizeof too_long}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct vc_recv_stream stream;
        vc_recv_stream_init(&stream);
        vc_recv_stream_write(&stream, &chunks, 0, bad[i]);
        assert_true(stream.is_broken);
        assert_false(vc_recv_stream_has_object(&stream));
        vc_recv_stream_deinit(&stream, &chunks);
    }
    assert_int_equal(chunks.pool.count, 0);
}

/* Reads what is there and looks whether it is the next of the objects that were sent. */
static uint32_t read_all(uint32_t number)
{
    while (vc_recv_stream_has_object(&in)) {
        struct vc_bytes got = vc_recv_stream_read(&in, &chunks, object);
        uint32_t said;
        assert_true(got.len >= sizeof said);
        memcpy(&said, got.data, sizeof said);
        assert_int_equal(said, number);
        for (size_t i = sizeof said; i < got.len; i++)
            assert_int_equal(got.data[i], (uint8_t)(number + i));
        number++;
    }
    in.limit = in.read + VC_LINK_WINDOW;
    return number;
}

/* Pieces of what is in the window, in any order, some twice. */
static void objects_arrive_whole_and_in_order(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("objects_arrive_whole_and_in_order");
    uint32_t sent = 0, got = 0;
    while (sent < 3000) {
        for (int i = 0; i < 8; i++) {
            size_t len =
                sizeof sent + vc_prop_below(&prop, sent % 50 == 0 ? 40000 : 700);
            for (size_t j = sizeof sent; j < len; j++)
                object[j] = (uint8_t)(sent + j);
            memcpy(object, &sent, sizeof sent);
            if (len + 4 > vc_send_stream_room(&out))
                break;
            append(object, len);
            sent++;
        }
        for (int i = 0; i < 30 && in.ready < out.end; i++) {
            uint64_t until = out.end < in.limit ? out.end : in.limit;
            if (until == in.ready)
                break;
            uint64_t from =
                out.base + vc_prop_below(&prop, (uint32_t)(until - out.base));
            if (vc_prop_below(&prop, 3) == 0)
                from = in.ready;
            size_t len = 1 + vc_prop_below(&prop, 1200);
            carry(from, from + len > until ? (size_t)(until - from) : len);
        }
        got = read_all(got);
        vc_send_stream_advance(&out, &chunks, in.ready);
    }
    while (in.ready < out.end) {
        carry(in.ready,
              (size_t)(out.end - in.ready < 1200 ? out.end - in.ready : 1200));
        got = read_all(got);
    }
    assert_int_equal(got, sent);
    vc_send_stream_advance(&out, &chunks, out.end);
    assert_int_equal(chunks.pool.count, 0);
}

static void an_end_gives_everything_back(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        append(object, 1500);
    carry(5000, 3000);
    carry(20000, 9);
    assert_true(chunks.pool.count > 100);
    vc_send_stream_deinit(&out, &chunks);
    vc_recv_stream_deinit(&in, &chunks);
    assert_int_equal(chunks.pool.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_stream_at_rest_holds_no_chunk, begin),
        cmocka_unit_test_setup(bytes_that_came_before_change_nothing, begin),
        cmocka_unit_test_setup(an_impossible_length_breaks_the_stream, begin),
        cmocka_unit_test_setup(objects_arrive_whole_and_in_order, begin),
        cmocka_unit_test_setup(an_end_gives_everything_back, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
