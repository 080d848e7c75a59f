#include "node/chat/rows.h"

#include <string.h>

#include "tests/support/test.h"

static int compare(const struct vc_chat_key *a, const struct vc_chat_key *b)
{
    size_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->b, b->b, len);

    return order != 0 ? order : (int)a->len - (int)b->len;
}

static void messages_sort_by_conversation_author_and_seq(void **state)
{
    struct vc_message_ref refs[] = {{0, 0, 1}, {0, 0, 256}, {0, 1, 1}, {1, 0, 2}};
    struct vc_chat_key last = {.len = 0};

    (void)state;
    for (uint32_t contact = 1; contact < 300; contact += 255) {
        for (size_t i = 0; i < sizeof refs / sizeof refs[0]; i++) {
            struct vc_chat_key key = vc_key_ref(contact, &refs[i]);

            assert_true(compare(&last, &key) < 0);
            last = key;
        }
    }
}

static void the_order_of_keys_is_the_order_of_messages(void **state)
{
    struct vc_order_key orders[] = {
        {1, 5, {9}, {1, 0, 9}},
        {1, 6, {2}, {0, 0, 1}},
        {1, 6, {2}, {0, 0, 2}},
        {1, 6, {1}, {1, 0, 8}},
        {1, UINT64_C(0x100000000000000), {0}, {0, 0, 1}},
        {2, 1, {0}, {0, 0, 1}},
    };
    struct vc_chat_key last = {.len = 0};

    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct vc_chat_key key = vc_key_order(&orders[i]);
        struct vc_order_key back;

        assert_true(compare(&last, &key) < 0);
        assert_int_equal(
            vc_key_order_read(vc_key_bytes(&key), VC_BYTES(orders[i].id), &back),
            VC_OK);
        assert_int_equal(back.contact, orders[i].contact);
        assert_int_equal(back.order, orders[i].order);
        assert_memory_equal(back.id, orders[i].id, sizeof back.id);
        assert_int_equal(back.ref.seq, orders[i].ref.seq);
        last = key;
    }
}

static void a_key_of_another_length_is_damage(void **state)
{
    struct vc_message_ref ref = {1, 2, 3};
    struct vc_chat_key key = vc_key_ref(7, &ref);
    struct vc_order_key order = {.contact = 1};
    uint32_t contact;

    (void)state;
    assert_int_equal(vc_key_ref_read(vc_key_bytes(&key), &contact, &ref), VC_OK);
    assert_int_equal(contact, 7);
    key.len--;
    assert_int_equal(vc_key_ref_read(vc_key_bytes(&key), &contact, &ref),
                     VC_ERR_STORE_DAMAGED);
    assert_int_equal(vc_key_order_read(vc_key_bytes(&key), VC_BYTES(order.id), &order),
                     VC_ERR_STORE_DAMAGED);
    key = vc_key_order(&order);
    assert_int_equal(vc_key_order_read(vc_key_bytes(&key), VC_BYTES(order.id), &order),
                     VC_OK);
    assert_int_equal(
        vc_key_order_read(vc_key_bytes(&key), (struct vc_bytes){order.id, 7}, &order),
        VC_ERR_STORE_DAMAGED);
}

static void settings_events_and_numbers_have_keys(void **state)
{
    struct vc_chat_key owner = vc_key_text("owner");
    struct vc_chat_key one = vc_key_long(1), many = vc_key_long(256);
    struct vc_chat_key number = vc_key_number(0x01020304);
    static const uint8_t expected[] = {1, 2, 3, 4};

    (void)state;
    assert_int_equal(owner.len, 5);
    assert_true(compare(&one, &many) < 0);
    assert_int_equal(number.len, 4);
    assert_memory_equal(number.b, expected, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_sort_by_conversation_author_and_seq),
        cmocka_unit_test(the_order_of_keys_is_the_order_of_messages),
        cmocka_unit_test(a_key_of_another_length_is_damage),
        cmocka_unit_test(settings_events_and_numbers_have_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
