#include "node/control/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static vc_err read_text(const char *text, struct vc_control_message *message)
{
    return vc_control_message_read(
        (struct vc_bytes){(const uint8_t *)text, strlen(text)}, message);
}

static void a_reply_is_one_line_and_is_read_back(void **state)
{
    (void)state;
    struct vc_control_message message;
    json_t *id = json_integer(9);
    size_t len = 0;

    char *line = vc_control_reply(id, json_pack("{s:s}", "text", "two\nlines"), &len);
    assert_non_null(line);
    assert_int_equal(line[len - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + len - 1);
    assert_int_equal(read_text(line, &message), VC_OK);
    assert_false(message.is_notification);
    assert_int_equal(message.id, 9);
    assert_int_equal(message.err, VC_OK);
    assert_string_equal(json_string_value(json_object_get(message.body, "text")),
                        "two\nlines");
    json_decref(message.body);
    json_decref(id);
    free(line);
}

static void every_error_is_read_back_as_itself(void **state)
{
    (void)state;

    for (int code = -1; code >= VC_ERR_LAST; code--) {
        struct vc_control_message message;
        size_t len = 0;
        char *line = vc_control_failure(NULL, (vc_err)code, "the third one", &len);
        assert_non_null(line);
        assert_int_equal(read_text(line, &message), VC_OK);
        assert_int_equal(message.err, code);
        assert_string_equal(message.code_name, vc_err_name((vc_err)code));
        assert_string_equal(message.words, vc_err_words((vc_err)code));
        assert_string_equal(message.hint, vc_err_hint((vc_err)code));
        assert_string_equal(message.detail, "the third one");
        assert_null(message.body);
        free(line);
    }
}

static int number_of(vc_err err)
{
    json_t *error = vc_control_error(err, NULL);
    int number = (int)json_integer_value(json_object_get(error, "code"));

    json_decref(error);
    return number;
}

static void json_rpc_s_own_numbers_are_kept(void **state)
{
    (void)state;

    assert_int_equal(number_of(VC_ERR_BAD_REQUEST), -32600);
    assert_int_equal(number_of(VC_ERR_UNKNOWN_METHOD), -32601);
    assert_int_equal(number_of(VC_ERR_BAD_PARAMS), -32602);
    assert_int_equal(number_of(VC_ERR_INTERNAL), -32603);
    assert_int_equal(number_of(VC_ERR_NO_CONTACT), VC_ERR_NO_CONTACT);
}

static void a_detail_that_is_not_utf8_is_left_out(void **state)
{
    (void)state;
    json_t *error = vc_control_error(VC_ERR_IO, "\xff\xfe");

    assert_non_null(error);
    assert_null(json_object_get(error, "detail"));
    json_decref(error);
}

static void a_call_is_a_request(void **state)
{
    (void)state;
    struct vc_control_request request;
    char detail[128];
    size_t len = 0;

    char *line =
        vc_control_call(3, "contacts.get", json_pack("{s:s}", "contact", "bob"), &len);
    assert_int_equal(
        vc_control_request_read((struct vc_bytes){(const uint8_t *)line, len}, &request,
                                detail, sizeof(detail)),
        VC_OK);
    assert_int_equal(json_integer_value(request.id), 3);
    vc_control_request_clear(&request);
    free(line);
}

static void an_event_is_a_notification(void **state)
{
    (void)state;
    struct vc_control_message message;
    size_t len = 0;

    char *line = vc_control_notify("event", json_pack("{s:s}", "kind", "gap"), &len);
    assert_int_equal(read_text(line, &message), VC_OK);
    assert_true(message.is_notification);
    assert_string_equal(message.method, "event");
    assert_string_equal(json_string_value(json_object_get(message.body, "kind")),
                        "gap");
    json_decref(message.body);
    free(line);
}

static void without_parameters_there_is_an_empty_object(void **state)
{
    (void)state;
    struct vc_control_message message;
    size_t len = 0;

    char *line = vc_control_notify("event", NULL, &len);
    assert_string_equal(line,
                        "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{}}\n");
    free(line);
    line = vc_control_call(1, "node.stop", NULL, &len);
    assert_non_null(strstr(line, "\"params\":{}"));
    free(line);
    /* An error of a request that could not be read belongs to no id. */
    line = vc_control_failure(NULL, VC_ERR_BAD_REQUEST, "", &len);
    assert_int_equal(read_text(line, &message), VC_OK);
    assert_int_equal(message.id, 0);
    assert_string_equal(message.detail, "");
    free(line);
}

static void a_zero_character_goes_there_and_back(void **state)
{
    (void)state;
    struct vc_control_message message;
    size_t len = 0;

    json_t *id = json_integer(1);
    char *line =
        vc_control_reply(id, json_pack("{s:s%}", "text", "a\0b", (size_t)3), &len);
    assert_int_equal(read_text(line, &message), VC_OK);
    assert_int_equal(json_string_length(json_object_get(message.body, "text")), 3);
    json_decref(message.body);
    json_decref(id);
    free(line);
}

static void what_is_no_message_is_malformed(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "{}",
        "[]",
        "{\"jsonrpc\":\"2.0\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}",
        "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{}}",
        "{\"id\":1,\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"event\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":7,\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}} {}",
        "{\"jsonrpc\":2,\"id\":1,\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":[]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":[]}",
        "{\"jsonrpc\":\"2.0\",\"params\":{},\"method\":"
        "\"a.method.whose.name.is.so.long.that.nobody.has.ever.seen.one.like.it."
        "anywhere\"}",
    };
    struct vc_control_message message;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(read_text(cases[i], &message), VC_ERR_MALFORMED);
    static const uint8_t long_line[VC_CONTROL_LINE_MAX + 1];
    assert_int_equal(vc_control_message_read(VC_BYTES(long_line), &message),
                     VC_ERR_MALFORMED);
}

static void an_error_of_a_newer_version_is_an_error(void **state)
{
    (void)state;
    struct vc_control_message message;

    assert_int_equal(
        read_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"name\":\"newer\","
                  "\"message\":\"new words\",\"hint\":\"new hint\"}}",
                  &message),
        VC_OK);
    assert_int_equal(message.err, VC_ERR_INTERNAL);
    assert_string_equal(message.words, "new words");
    assert_int_equal(
        read_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"name\":\"ok\"}}",
                  &message),
        VC_OK);
    assert_int_equal(message.err, VC_ERR_INTERNAL);
}

static void a_line_over_the_limit_is_not_made(void **state)
{
    (void)state;
    size_t room = VC_CONTROL_LINE_MAX + 1;
    char *text = malloc(room);
    size_t len = 0;

    memset(text, 'a', room);
    assert_null(vc_control_reply(NULL, json_pack("{s:s%}", "text", text, room), &len));
    assert_null(
        vc_control_notify("event", json_pack("{s:s%}", "text", text, room), &len));
    free(text);
}

static long allocations_left;

static void *failing_malloc(size_t len)
{
    return allocations_left-- > 0 ? malloc(len) : NULL;
}

static void every_failing_allocation_gives_no_line_and_leaks_nothing(void **state)
{
    (void)state;
    char *line = NULL;
    int failures = 0;

    json_set_alloc_funcs(failing_malloc, free);
    for (long n = 0; line == NULL; n++) {
        size_t len = 0;
        allocations_left = 1000;
        json_t *result = json_pack("{s:s}", "text", "hi");
        allocations_left = n;
        line = vc_control_reply(NULL, result, &len);
        failures += line == NULL;
        assert_true(n < 1000);
    }
    free(line);
    json_set_alloc_funcs(malloc, free);
    assert_true(failures > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_one_line_and_is_read_back),
        cmocka_unit_test(every_error_is_read_back_as_itself),
        cmocka_unit_test(json_rpc_s_own_numbers_are_kept),
        cmocka_unit_test(a_detail_that_is_not_utf8_is_left_out),
        cmocka_unit_test(a_call_is_a_request),
        cmocka_unit_test(an_event_is_a_notification),
        cmocka_unit_test(without_parameters_there_is_an_empty_object),
        cmocka_unit_test(a_zero_character_goes_there_and_back),
        cmocka_unit_test(what_is_no_message_is_malformed),
        cmocka_unit_test(an_error_of_a_newer_version_is_an_error),
        cmocka_unit_test(a_line_over_the_limit_is_not_made),
        cmocka_unit_test(every_failing_allocation_gives_no_line_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
