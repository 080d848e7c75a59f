#include <stdlib.h>
#include <string.h>

#include "cli/invite.h"
#include "tests/unit/cli/fake.h"

#define INVITE(id, state, note)                              \
    "{\"id\":" id ",\"text\":\"VECHE:ABC\",\"note\":\"" note \
    "\",\"made_at\":1764000000000,"                          \
    "\"expires_at\":1764604800000,\"contact\":null,\"state\":\"" state "\"}"

static void the_whole_command_is_shown(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer("invite.create", "{\"invite\":" INVITE("1", "open", "bob") "}");
    struct vc_run run = vc_fake_veche("", "invite", "--days", "7", "--for", "bob");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out,
                 "Send this line to bob, over a way that you trust.\nIt works once, "
                 "until 2025-12-01:\n\n    veche join VECHE:ABC\n");
    assert_int_equal(vc_json_integer(vc_fake_asked("invite.create", 0), "days"), 7);
    assert_string_equal(vc_json_string(vc_fake_asked("invite.create", 0), "note"),
                        "bob");
    vc_run_clear(&run);
}

static void quietly_only_the_invite_is_shown(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer("invite.create", "{\"invite\":" INVITE("1", "open", "") "}");
    struct vc_run run = vc_fake_veche("", "invite", "-q");
    assert_string_equal(run.out, "VECHE:ABC\n");
    vc_run_clear(&run);
    vc_fake_answer("invite.create", "{\"invite\":" INVITE("1", "open", "") "}");
    run = vc_fake_veche("", "invite", "--json");
    assert_holds(run.out,
                 "{\"v\":1,\"kind\":\"invite\",\"id\":1,\"text\":\"VECHE:ABC\"");
    vc_run_clear(&run);
}

static void invites_are_listed_and_revoked(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer(
        "invite.list",
        "{\"invites\":[" INVITE("1", "used", "bob") "," INVITE("2", "open", "") "]}");
    struct vc_run run = vc_fake_veche("", "invite", "--list");
    assert_string_equal(
        run.out,
        "#1  used, made 2025-11-24 16:00, valid until 2025-12-01 16:00, for bob\n"
        "#2  open, made 2025-11-24 16:00, valid until 2025-12-01 16:00\n"
        "    VECHE:ABC\n");
    vc_run_clear(&run);
    run = vc_fake_veche("", "invite", "--revoke", "2");
    assert_int_equal(run.exit_code, 0);
    assert_int_equal(vc_json_integer(vc_fake_asked("invite.revoke", 0), "id"), 2);
    vc_run_clear(&run);
    run = vc_fake_veche("", "invite", "--days", "0");
    assert_int_equal(run.exit_code, 2);
    vc_run_clear(&run);
}

static void an_open_invite_is_used_again_and_one_for_somebody_is_not(void **state)
{
    (void)state;
    struct vc_cli cli = {.out = &vc_output_text};
    json_t *invite = NULL;
    int exit_code = 0;

    vc_fake_reset();
    vc_fake_answer("invite.list",
                   "{\"invites\":[" INVITE("1", "open", "bob") "," INVITE(
                       "2", "expired", "") "," INVITE("3", "open", "") "]}");
    assert_true(vc_invite_open_one(&cli, &invite, &exit_code));
    assert_int_equal(vc_json_integer(invite, "id"), 3);
    json_decref(invite);
    vc_fake_answer("invite.list", "{\"invites\":[" INVITE("1", "open", "bob") "]}");
    vc_fake_answer("invite.create", "{\"invite\":" INVITE("4", "open", "") "}");
    assert_true(vc_invite_open_one(&cli, &invite, &exit_code));
    assert_int_equal(vc_json_integer(invite, "id"), 4);
    json_decref(invite);
}

static void a_qr_code_is_drawn_when_it_is_asked_for(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer("invite.create", "{\"invite\":" INVITE("1", "open", "") "}");
    struct vc_run run = vc_fake_veche("", "invite", "--qr");
    assert_int_equal(run.exit_code, 0);
    assert_holds(run.out, "\033[48;5;231m");
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_command_is_shown),
        cmocka_unit_test(quietly_only_the_invite_is_shown),
        cmocka_unit_test(invites_are_listed_and_revoked),
        cmocka_unit_test(an_open_invite_is_used_again_and_one_for_somebody_is_not),
        cmocka_unit_test(a_qr_code_is_drawn_when_it_is_asked_for),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
