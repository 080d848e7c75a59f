#include "crypto/pad.h"

#include <string.h>

#include "tests/unit/crypto/checks.h"

/* Padmé as it stands in the paper, over all lengths that an object may have. */
static size_t padme(size_t len)
{
    unsigned e = 0, s = 0;

    while (len >> (e + 1) != 0) {
        e++;
    }
    while (e >> (s + 1) != 0) {
        s++;
    }
    s++;
    return (len + (((size_t)1 << (e - s)) - 1)) >> (e - s) << (e - s);
}

static void lengths_are_the_floor_and_then_padme(void **state)
{
    (void)state;
    for (size_t len = 0; len < 70000; len++) {
        size_t padded = vc_pad_len(len);

        assert_int_equal(padded, len < VC_PAD_FLOOR ? VC_PAD_FLOOR : padme(len + 1));
        assert_true(padded > len);
        assert_true(len < VC_PAD_FLOOR || padded * 100 <= (len + 1) * 112);
    }
}

static void what_was_padded_is_found_again(void **state)
{
    static uint8_t room[80000];
    size_t len = 1;

    (void)state;
    for (size_t i = 0; i < 1200; i++) {
        size_t text = i < 700 ? i : i * 50;

        memset(room, (int)(i % 3 == 0 ? 0x80 : 0), sizeof room);
        size_t padded = vc_pad_fill(room, text);
        assert_int_equal(padded, vc_pad_len(text));
        assert_int_equal(vc_pad_strip((struct vc_bytes){room, padded}, &len), VC_OK);
        assert_int_equal(len, text);
    }
}

static void without_padding_it_is_malformed(void **state)
{
    uint8_t room[VC_PAD_FLOOR] = {0};
    size_t len = 77;

    (void)state;
    assert_int_equal(vc_pad_strip(VC_BYTES(room), &len), VC_ERR_MALFORMED);
    room[5] = 0x81;
    assert_int_equal(vc_pad_strip(VC_BYTES(room), &len), VC_ERR_MALFORMED);
    assert_int_equal(vc_pad_strip((struct vc_bytes){room, 0}, &len), VC_ERR_MALFORMED);
    assert_int_equal(len, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_the_floor_and_then_padme),
        cmocka_unit_test(what_was_padded_is_found_again),
        cmocka_unit_test(without_padding_it_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
