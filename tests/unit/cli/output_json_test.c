#include <stdlib.h>
#include <string.h>

#include "tests/unit/cli/fake.h"

static void a_text_comes_back_exact(void **state)
{
    (void)state;
    static const char text[] = "\033]52;c;aGk=\a\r\n\xe2\x80\xae \xc2\x9b \0 end";
    char *contact = vc_fake_contact("{}");
    char answer[4096];
    char *usual = vc_fake_message("{}");
    json_t *message = json_loads(usual, 0, NULL);
    char *dumped;

    json_object_set_new(message, "text", json_stringn(text, sizeof(text) - 1));
    dumped = json_dumps(message, JSON_COMPACT);
    vc_fake_reset();
    (void)snprintf(answer, sizeof(answer), "{\"contact\":%s}", contact);
    vc_fake_answer("contacts.get", answer);
    (void)snprintf(answer, sizeof(answer), "{\"messages\":[%s],\"more\":false}",
                   dumped);
    vc_fake_answer("messages.list", answer);
    struct vc_run run = vc_fake_veche("", "read", "bob", "--json");
    for (const char *c = run.out; *c != '\0'; c++)
        assert_true(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
    json_t *line = json_loads(run.out, JSON_ALLOW_NUL, NULL);
    const json_t *back = json_object_get(line, "text");
    assert_int_equal(json_string_length(back), sizeof(text) - 1);
    assert_memory_equal(json_string_value(back), text, sizeof(text) - 1);
    json_decref(line);
    json_decref(message);
    free(dumped);
    free(usual);
    free(contact);
    vc_run_clear(&run);
}

static void an_error_is_an_object_on_standard_output(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_failure("contacts.list", VC_ERR_DISK_FULL, "here");
    struct vc_run run = vc_fake_veche("", "contacts", "--json");
    assert_int_equal(run.exit_code, 1);
    assert_string_equal(run.err, "");
    json_t *line = json_loads(run.out, 0, NULL);
    assert_true(vc_json_is(line, "kind", "error"));
    assert_true(vc_json_is(line, "name", "disk_full"));
    assert_true(vc_json_is(line, "detail", "here"));
    assert_int_equal(vc_json_integer(line, "v"), 1);
    json_decref(line);
    vc_run_clear(&run);
}

static void notes_are_for_people(void **state)
{
    (void)state;

    vc_fake_reset();
    vc_fake_answer("contacts.list", "{\"contacts\":[]}");
    struct vc_run run = vc_fake_veche("", "contacts", "--json");
    assert_string_equal(run.out, "");
    assert_int_equal(run.exit_code, 0);
    vc_run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_comes_back_exact),
        cmocka_unit_test(an_error_is_an_object_on_standard_output),
        cmocka_unit_test(notes_are_for_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
