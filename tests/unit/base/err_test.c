#include "crypto/base/err.h"

#include <ctype.h>
#include <string.h>

#include "tests/support/test.h"

static void a_name_is_the_lower_case_of_its_constant(void **state)
{
    (void)state;
#define CASE(name, code, exit_code, words, hint)                          \
    {                                                                     \
        const char *upper = #name;                                        \
        const char *lower = vc_err_name(VC_ERR_##name);                   \
        assert_int_equal(strlen(lower), strlen(upper));                   \
        for (size_t i = 0; upper[i] != '\0'; i++) {                       \
            assert_int_equal(lower[i], tolower((unsigned char)upper[i])); \
        }                                                                 \
        assert_int_equal(vc_err_from_name(lower), VC_ERR_##name);         \
        assert_int_equal(vc_err_exit_code(VC_ERR_##name), exit_code);     \
        assert_string_equal(vc_err_words(VC_ERR_##name), words);          \
        assert_string_equal(vc_err_hint(VC_ERR_##name), hint);            \
    }
    VC_ERRORS(CASE)
#undef CASE
    assert_string_equal(vc_err_name(VC_ERR_PEER_UNREACHABLE), "peer_unreachable");
}

static void every_error_has_words_and_a_hint(void **state)
{
    (void)state;
    for (int code = -1; code >= VC_ERR_LAST; code--) {
        vc_err err = (vc_err)code;
        size_t len = strlen(vc_err_words(err));

        assert_true(len > 0 && strlen(vc_err_hint(err)) > 0);
        assert_true(vc_err_words(err)[len - 1] != '.');
        assert_int_not_equal(vc_err_exit_code(err), 0);
    }
    assert_string_equal(vc_err_hint(VC_OK), "");
    assert_int_equal(vc_err_exit_code(VC_OK), 0);
}

static void names_are_all_different(void **state)
{
    (void)state;
    for (int a = 0; a >= VC_ERR_LAST; a--) {
        for (int b = a - 1; b >= VC_ERR_LAST; b--) {
            assert_string_not_equal(vc_err_name((vc_err)a), vc_err_name((vc_err)b));
        }
    }
}

static void what_is_no_code_is_internal(void **state)
{
    (void)state;
    static const int numbers[] = {1, 46, VC_ERR_LAST - 1, -1000};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_string_equal(vc_err_name((vc_err)numbers[i]), "internal");
        assert_string_equal(vc_err_words((vc_err)numbers[i]),
                            vc_err_words(VC_ERR_INTERNAL));
    }
    assert_int_equal(vc_err_from_name("no_such_name"), VC_ERR_INTERNAL);
    assert_int_equal(vc_err_from_name("FULL"), VC_ERR_INTERNAL);
    assert_int_equal(vc_err_from_name(""), VC_ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_the_lower_case_of_its_constant),
        cmocka_unit_test(every_error_has_words_and_a_hint),
        cmocka_unit_test(names_are_all_different),
        cmocka_unit_test(what_is_no_code_is_internal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
