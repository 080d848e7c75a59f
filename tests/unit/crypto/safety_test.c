#include "crypto/safety.h"

#include <ctype.h>
#include <string.h>

#include "tests/support/test.h"
#include "tests/unit/crypto/person.h"

static int init_crypto(void **state)
{
    (void)state;
    return vc_crypto_init();
}

/* The account of the specification's examples, and one of 32 times 0x11. */
static void example_pair(struct vc_account *ret_a, struct vc_account *ret_b)
{
    struct vc_secret32 entropy, contacts;

    memset(&contacts, 0x02, sizeof(contacts));
    memset(&entropy, 0x01, sizeof(entropy));
    vc_account_init(ret_a, &entropy, &contacts);
    memset(&entropy, 0x11, sizeof(entropy));
    vc_account_init(ret_b, &entropy, &contacts);
}

static void the_worked_example_of_the_specification_holds(void **state)
{
    (void)state;
    struct vc_account a, b;
    char number[VC_SAFETY_TEXT_MAX], code[VC_SAFETY_CODE_LEN + 1];

    example_pair(&a, &b);
    vc_safety_number(&a.root, &b.root, number);
    assert_string_equal(number, "49843 88999 50294 21523 75414 12128 "
                                "77139 48998 66063 17474 02382 32437");
    vc_safety_code(&a.fingerprint, &b.fingerprint, code);
    assert_string_equal(code, "VECHE-VERIFY:AFCRPINAM3CAMRK2QIUJKSVL3BG"
                              "F3EPXMUK3U7ZCOJ26XF3J6WBUOGKVSU");
}

static void both_sides_see_the_same(void **state)
{
    (void)state;
    struct vc_account a, b;
    char number[2][VC_SAFETY_TEXT_MAX], code[2][VC_SAFETY_CODE_LEN + 1];

    example_pair(&a, &b);
    vc_safety_number(&a.root, &b.root, number[0]);
    vc_safety_number(&b.root, &a.root, number[1]);
    assert_string_equal(number[0], number[1]);
    vc_safety_code(&a.fingerprint, &b.fingerprint, code[0]);
    vc_safety_code(&b.fingerprint, &a.fingerprint, code[1]);
    assert_string_equal(code[0], code[1]);
    assert_int_equal(vc_safety_compare(code[0], &a.fingerprint, &b.fingerprint), VC_OK);
    assert_int_equal(vc_safety_compare(code[0], &b.fingerprint, &a.fingerprint), VC_OK);
}

static void a_code_of_others_is_told_from_one_that_is_mistyped(void **state)
{
    (void)state;
    struct person eve;
    struct vc_account a, b;
    char code[VC_SAFETY_CODE_LEN + 1];

    example_pair(&a, &b);
    person_init(&eve, 3);
    vc_safety_code(&a.fingerprint, &eve.account.fingerprint, code);
    assert_int_equal(vc_safety_compare(code, &a.fingerprint, &b.fingerprint),
                     VC_ERR_VERIFY_MISMATCH);
    vc_safety_code(&a.fingerprint, &b.fingerprint, code);
    for (size_t i = 0; i < VC_SAFETY_CODE_LEN; i++) {
        char before = code[i];

        code[i] = before == 'A' ? 'B' : 'A';
        assert_int_equal(vc_safety_compare(code, &a.fingerprint, &b.fingerprint),
                         VC_ERR_MALFORMED);
        code[i] = before;
    }
    for (size_t len = 0; len < VC_SAFETY_CODE_LEN; len++) {
        code[len] = '\0';
        assert_int_equal(vc_safety_compare(code, &a.fingerprint, &b.fingerprint),
                         VC_ERR_MALFORMED);
        vc_safety_code(&a.fingerprint, &b.fingerprint, code);
    }
}

static void blanks_and_lower_case_are_forgiven(void **state)
{
    (void)state;
    struct vc_account a, b;
    char code[VC_SAFETY_CODE_LEN + 1], sloppy[2 * VC_SAFETY_CODE_LEN + 2];
    size_t len = 0;

    example_pair(&a, &b);
    vc_safety_code(&a.fingerprint, &b.fingerprint, code);
    for (size_t i = 0; code[i] != '\0'; i++) {
        sloppy[len++] = (char)tolower(code[i]);
        if (i % 5 == 0) {
            sloppy[len++] = i % 2 == 0 ? '\n' : ' ';
        }
    }
    sloppy[len] = '\0';
    assert_int_equal(vc_safety_compare(sloppy, &a.fingerprint, &b.fingerprint), VC_OK);
    sloppy[len] = 'A';
    sloppy[len + 1] = '\0';
    assert_int_equal(vc_safety_compare(sloppy, &a.fingerprint, &b.fingerprint),
                     VC_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example_of_the_specification_holds),
        cmocka_unit_test(both_sides_see_the_same),
        cmocka_unit_test(a_code_of_others_is_told_from_one_that_is_mistyped),
        cmocka_unit_test(blanks_and_lower_case_are_forgiven),
    };
    return cmocka_run_group_tests(tests, init_crypto, NULL);
}
