#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

static const char words[] =
    "{\"words\":\"abandon ability able about above absent absorb abstract absurd abuse "
    "access accident account accuse achieve acid acoustic acquire across act action "
    "actor "
    "actress actual\",\"ask_first\":2,\"ask_second\":9,\"ask_third\":24}";

/* The state of keys that status tells. */
static void answer_status(const char *more)
{
    char *status = vc_fake_status(more);

    vc_fake_reset();
    vc_fake_answer("node.status", status);
    free(status);
}

static void words_are_shown_with_their_numbers(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer("identity.words", words);
    struct vc_run run = vc_fake_veche("", "words", "--keep");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "   1 abandon     2 ability     3 able        4 about    \n");
    assert_holds(run.out, "  21 action     22 actor      23 actress    24 actual   \n");
    assert_holds(run.out, "stays on this device");
    assert_null(vc_fake_asked("identity.drop_root", 0));
    vc_run_clear(&run);
    vc_fake_answer("identity.words", words);
    run = vc_fake_veche("", "words", "--json");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "\"kind\":\"words\"");
    assert_holds(run.out, "\"ask_third\":24");
    vc_run_clear(&run);
}

/* Whoever cannot be asked keeps the root. */
static void without_a_terminal_the_root_stays(void **state)
{
    (void)state;

    vc_fake_reset();
    struct vc_run run = vc_fake_veche("\nability\nabsurd\nactual\n", "words");
    assert_int_equal(run.exit_code, 2);
    assert_null(vc_fake_asked("identity.words", 0));
    vc_run_clear(&run);
    vc_fake_failure("identity.words", VC_ERR_NO_ROOT, NULL);
    run = vc_fake_veche("", "words", "--keep");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "the root of the account is not on this device");
    vc_run_clear(&run);
}

static void an_address_is_shown(void **state)
{
    (void)state;

    answer_status("{\"moves\":2,\"moved_at\":1764000000000,\"unknowing\":3}");
    struct vc_run run = vc_fake_veche("", "address");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "moved        2 times\n");
    assert_holds(run.out, "unknowing    3 contacts do not have the new address yet\n");
    assert_holds(run.out, "root         on your paper\n");
    vc_run_clear(&run);
    answer_status("{}");
    run = vc_fake_veche("", "address", "--json");
    assert_holds(run.out, "\"kind\":\"address\"");
    assert_holds(run.out, "\"has_root\":false");
    vc_run_clear(&run);
}

static void a_move_is_asked_for_twice(void **state)
{
    (void)state;

    answer_status("{\"has_root\":true}");
    struct vc_run run = vc_fake_veche("y\n", "address", "renew");
    assert_int_equal(run.exit_code, 2);
    assert_null(vc_fake_asked("address.renew", 0));
    vc_run_clear(&run);
    answer_status("{\"has_root\":true}");
    vc_fake_answer("address.renew", "{\"moves\":1,\"invites\":2}");
    run = vc_fake_veche("", "address", "renew", "--yes");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "2 open invites are good no more");
    assert_false(vc_json_has(vc_fake_asked("address.renew", 0), "words"));
    vc_run_clear(&run);
    run = vc_fake_veche("", "address", "frobnicate");
    assert_int_equal(run.exit_code, 2);
    vc_run_clear(&run);
}

static void without_the_root_the_words_are_read(void **state)
{
    (void)state;

    answer_status("{}");
    struct vc_run run = vc_fake_veche("", "address", "renew", "--yes");
    assert_int_equal(run.exit_code, 2);
    assert_null(vc_fake_asked("address.renew", 0));
    vc_run_clear(&run);
    answer_status("{}");
    vc_fake_answer("address.renew", "{\"moves\":1,\"invites\":0}");
    run = vc_fake_veche("abandon ability\n", "address", "renew", "--yes", "--json");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(vc_json_string(vc_fake_asked("address.renew", 0), "words"),
                        "abandon ability");
    assert_holds(run.out, "\"moves\":1");
    vc_run_clear(&run);
    answer_status("{}");
    vc_fake_failure("address.extend", VC_ERR_WORDS_WRONG,
                    "word 7 is not one of the list");
    run = vc_fake_veche("abandon ability\n", "address", "extend");
    assert_int_equal(run.exit_code, 1);
    assert_holds(run.err, "word 7 is not one of the list");
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_shown_with_their_numbers),
        cmocka_unit_test(without_a_terminal_the_root_stays),
        cmocka_unit_test(an_address_is_shown),
        cmocka_unit_test(a_move_is_asked_for_twice),
        cmocka_unit_test(without_the_root_the_words_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
