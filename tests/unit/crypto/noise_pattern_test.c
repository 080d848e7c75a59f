#include "crypto/noise_pattern.h"

#include <string.h>

#include "crypto/noise.h"
#include "tests/support/test.h"

static void only_names_in_the_table_are_found(void **state)
{
    (void)state;
    assert_non_null(vc_noise_pattern_find("XK"));
    assert_non_null(vc_noise_pattern_find("XXpsk3"));
    assert_null(vc_noise_pattern_find("xk"));
    assert_null(vc_noise_pattern_find("XXpsk"));
    assert_null(vc_noise_pattern_find(""));
}

static void who_sends_which_key_is_read_from_the_messages(void **state)
{
    const struct vc_noise_pattern *xk = vc_noise_pattern_find("XK");
    const struct vc_noise_pattern *n = vc_noise_pattern_find("N");

    (void)state;
    assert_true(vc_noise_pattern_sends(xk, true, VC_NOISE_S));
    assert_false(vc_noise_pattern_sends(xk, false, VC_NOISE_S));
    assert_true(vc_noise_pattern_sends(xk, false, VC_NOISE_E));
    assert_true(vc_noise_pattern_sends(n, true, VC_NOISE_E));
    assert_false(vc_noise_pattern_sends(n, false, VC_NOISE_E));
}

static size_t count_tokens(const struct vc_noise_pattern *pattern,
                           enum vc_noise_token token)
{
    size_t count = 0;

    for (size_t i = 0; i < pattern->message_count; i++) {
        for (const uint8_t *t = pattern->messages[i]; *t != VC_NOISE_END; t++) {
            count += *t == token;
        }
    }
    return count;
}

static void both_of_our_patterns_have_ee_and_se(void **state)
{
    static const char *const ours[] = {"XK", "XXpsk3"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct vc_noise_pattern *pattern = vc_noise_pattern_find(ours[i]);
        assert_int_equal(count_tokens(pattern, VC_NOISE_EE), 1);
        assert_int_equal(count_tokens(pattern, VC_NOISE_ES), 1);
        assert_int_equal(count_tokens(pattern, VC_NOISE_SE), 1);
        assert_int_equal(count_tokens(pattern, VC_NOISE_PSK), pattern->has_psk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_names_in_the_table_are_found),
        cmocka_unit_test(who_sends_which_key_is_read_from_the_messages),
        cmocka_unit_test(both_of_our_patterns_have_ee_and_se),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
