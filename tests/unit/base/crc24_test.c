#include "crypto/base/crc24.h"

#include "tests/support/prop.h"
#include "tests/support/test.h"

static void the_known_answer_is_met(void **state)
{
    (void)state;
    static const uint8_t digits[9] = "123456789";

    /* The check value of CRC-24/OPENPGP in catalogues of such sums. */
    assert_int_equal(vc_crc24(VC_BYTES(digits)), 0x21cf02);
    assert_int_equal(vc_crc24((struct vc_bytes){NULL, 0}), VC_CRC24_INITIAL);
}

static void every_burst_of_24_bits_is_found(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("every_burst_of_24_bits_is_found");

    for (int run = 0; run < 20000; run++) {
        uint8_t bytes[89];
        uint32_t burst = 1 + vc_prop_below(&prop, 0xffffff);
        uint32_t at = vc_prop_below(&prop, 8 * sizeof(bytes) - 24 + 1);

        vc_prop_bytes(&prop, bytes, sizeof(bytes));
        uint32_t before = vc_crc24(VC_BYTES(bytes));
        for (uint32_t i = 0; i < 24; i++) {
            if ((burst >> i & 1) != 0) {
                bytes[(at + i) / 8] ^= (uint8_t)(0x80 >> (at + i) % 8);
            }
        }
        assert_int_not_equal(vc_crc24(VC_BYTES(bytes)), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_answer_is_met),
        cmocka_unit_test(every_burst_of_24_bits_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
