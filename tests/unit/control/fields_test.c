#include "node/control/fields.h"

#include <string.h>

#include "tests/support/test.h"

static void words_that_do_not_fit_are_cut_between_characters(void **state)
{
    (void)state;
    char words[8];

    vc_control_say(words, sizeof(words), "%s", "abcdefghij");
    assert_string_equal(words, "abcdefg");
    vc_control_say(words, sizeof(words), "%s", "abcde\xe2\x82\xac");
    assert_string_equal(words, "abcde");
    vc_control_say(words, sizeof(words), "%s", "abcd\xe2\x82\xac");
    assert_string_equal(words, "abcd\xe2\x82\xac");
    vc_control_say(words, 0, "%s", "nothing");
    vc_control_say(words, 1, "%s", "nothing");
    assert_string_equal(words, "");
}

static json_t *contact(void)
{
    return json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:i, s:b, s:i, s:i, s:i}", "id", 1,
        "name", "bob", "own_name", "Bob", "fingerprint",
        "00112233445566778899aabbccddeeff", "veche_id", "veche1abc", "is_blocked", 0,
        "is_verified", 0, "is_connected", 1, "added_at", 1, "is_waiting_for_keys", 0,
        "waiting", 0, "unread", 0, "gaps", 0);
}

static void a_result_is_checked_through_its_objects(void **state)
{
    (void)state;
    int method = vc_control_method_find("contacts.list");
    char detail[256] = "";
    json_t *result = json_pack("{s:[o]}", "contacts", contact());
    json_t *first = json_array_get(json_object_get(result, "contacts"), 0);

    assert_true(vc_control_result_fits(method, result, detail, sizeof(detail)));
    json_object_set_new(first, "rtt_ms", json_null());
    assert_true(vc_control_result_fits(method, result, detail, sizeof(detail)));
    json_object_set_new(first, "rtt_ms", json_string("fast"));
    assert_false(vc_control_result_fits(method, result, detail, sizeof(detail)));
    assert_string_equal(detail, "contacts.rtt_ms: it has to be an integer");
    json_object_del(first, "rtt_ms");
    json_object_set_new(first, "failure", json_pack("{s:i}", "code", -1));
    assert_false(vc_control_result_fits(method, result, detail, sizeof(detail)));
    assert_string_equal(detail, "contacts.failure.name: it is missing");
    json_object_del(first, "failure");
    json_object_set_new(first, "color", json_string("red"));
    assert_false(vc_control_result_fits(method, result, detail, sizeof(detail)));
    assert_string_equal(detail, "contacts.color: there is no such field");
    json_decref(result);
}

static void an_event_is_checked_by_its_kind(void **state)
{
    (void)state;
    char detail[256] = "";
    json_t *event =
        json_pack("{s:i, s:s, s:i, s:i, s:s}", "seq", 4, "kind", "message.read_here",
                  "at", 1, "contact", 1, "contact_name", "b");

    assert_true(vc_control_event_fits(event, detail, sizeof(detail)));
    json_object_set_new(event, "kind", json_string("message.eaten"));
    assert_false(vc_control_event_fits(event, detail, sizeof(detail)));
    assert_string_equal(detail, "message.eaten: there is no such event");
    json_object_set_new(event, "kind", json_string("message.read_here"));
    json_object_del(event, "at");
    assert_false(vc_control_event_fits(event, detail, sizeof(detail)));
    json_object_set_new(event, "at", json_integer(1));
    json_object_del(event, "contact");
    assert_false(vc_control_event_fits(event, detail, sizeof(detail)));
    assert_string_equal(detail, "contact: it is missing");
    json_decref(event);
}

static void what_is_no_event_is_none(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "[]",
        "{}",
        "{\"kind\":7,\"at\":1}",
        "{\"kind\":\"gap\",\"at\":\"now\",\"first\":1}",
        "{\"kind\":\"gap\",\"at\":1,\"first\":1,\"seq\":\"x\"}",
        "{\"kind\":\"gap\",\"at\":1,\"first\":-1}",
        "{\"kind\":\"gap\",\"at\":1,\"first\":1,\"more\":1}",
    };
    char detail[256];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *event = json_loads(cases[i], 0, NULL);
        assert_non_null(event);
        assert_false(vc_control_event_fits(event, detail, sizeof(detail)));
        json_decref(event);
    }
    json_t *event =
        json_loads("{\"kind\":\"gap\",\"at\":1,\"first\":1,\"seq\":null}", 0, NULL);
    assert_true(vc_control_event_fits(event, detail, sizeof(detail)));
    json_decref(event);
}

static void arrays_without_a_name_hold_strings(void **state)
{
    (void)state;
    int method = vc_control_method_find("node.log");
    char detail[256] = "";
    json_t *result = json_pack("{s:[s, s]}", "lines", "a", "b");

    assert_true(vc_control_result_fits(method, result, detail, sizeof(detail)));
    json_array_append_new(json_object_get(result, "lines"), json_integer(1));
    assert_false(vc_control_result_fits(method, result, detail, sizeof(detail)));
    json_object_set_new(result, "lines", json_string("a"));
    assert_false(vc_control_result_fits(method, result, detail, sizeof(detail)));
    assert_string_equal(detail, "lines: it has to be an array");
    json_decref(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_do_not_fit_are_cut_between_characters),
        cmocka_unit_test(a_result_is_checked_through_its_objects),
        cmocka_unit_test(an_event_is_checked_by_its_kind),
        cmocka_unit_test(what_is_no_event_is_none),
        cmocka_unit_test(arrays_without_a_name_hold_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
