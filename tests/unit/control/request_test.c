#include "node/control/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static vc_err read_text(const char *text, struct vc_control_request *request,
                        char *detail)
{
    return vc_control_request_read(
        (struct vc_bytes){(const uint8_t *)text, strlen(text)}, request, detail, 256);
}

static void expect_error(const char *text, vc_err err, const char *part)
{
    struct vc_control_request request;
    char detail[256];

    assert_int_equal(read_text(text, &request, detail), err);
    assert_non_null(request.id);
    if (part != NULL && strstr(detail, part) == NULL)
        fail_msg("\"%s\" does not hold \"%s\"", detail, part);
    vc_control_request_clear(&request);
}

static void a_request_is_read(void **state)
{
    (void)state;
    struct vc_control_request request;
    char detail[256];

    assert_int_equal(
        read_text("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"messages.send\","
                  "\"params\":{\"contact\":\"bob\",\"text\":\"hi\"}}\n",
                  &request, detail),
        VC_OK);
    assert_int_equal(json_integer_value(request.id), 7);
    assert_int_equal(request.method, vc_control_method_find("messages.send"));
    assert_string_equal(json_string_value(json_object_get(request.params, "text")),
                        "hi");
    vc_control_request_clear(&request);
    assert_null(request.params);
}

static void parameters_are_an_empty_object_when_there_are_none(void **state)
{
    (void)state;
    struct vc_control_request request;
    char detail[256];

    assert_int_equal(
        read_text("{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"node.status\"}",
                  &request, detail),
        VC_OK);
    assert_true(json_is_object(request.params));
    assert_int_equal(json_object_size(request.params), 0);
    vc_control_request_clear(&request);
}

static void a_notification_has_no_id(void **state)
{
    (void)state;
    struct vc_control_request request;
    char detail[256];

    assert_int_equal(
        read_text("{\"jsonrpc\":\"2.0\",\"method\":\"node.status\"}", &request, detail),
        VC_OK);
    assert_null(request.id);
    vc_control_request_clear(&request);
}

static void a_null_parameter_is_none(void **state)
{
    (void)state;
    struct vc_control_request request;
    char detail[256];

    assert_int_equal(
        read_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"invite.create\","
                  "\"params\":{\"days\":null,\"note\":\"bob\"}}",
                  &request, detail),
        VC_OK);
    assert_int_equal(json_object_size(request.params), 1);
    vc_control_request_clear(&request);
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contacts.get\","
                 "\"params\":{\"contact\":null}}",
                 VC_ERR_BAD_PARAMS, "contact: it is missing");
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;

    expect_error("", VC_ERR_BAD_REQUEST, "not JSON");
    expect_error("nonsense", VC_ERR_BAD_REQUEST, "not JSON");
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"node.status\"} x",
                 VC_ERR_BAD_REQUEST, "not JSON");
    expect_error("[]", VC_ERR_BAD_REQUEST, "no batches");
    expect_error("{\"id\":1,\"method\":\"node.status\"}", VC_ERR_BAD_REQUEST,
                 "jsonrpc");
    expect_error("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"node.status\"}",
                 VC_ERR_BAD_REQUEST, "jsonrpc");
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1}", VC_ERR_BAD_REQUEST, "method");
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", VC_ERR_BAD_REQUEST,
                 "method");
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"node.status\"}",
                 VC_ERR_BAD_REQUEST, "id");
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"node.status\"}",
                 VC_ERR_BAD_REQUEST, "id");
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"node.status\",\"more\":1}",
                 VC_ERR_BAD_REQUEST, "only");
    /* A name that is there twice means two things. */
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"node.status\"}",
                 VC_ERR_BAD_REQUEST, "not JSON");
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"node.status\xff\"}",
                 VC_ERR_BAD_REQUEST, "not JSON");
}

static void an_error_is_answered_with_the_id(void **state)
{
    (void)state;
    struct vc_control_request request;
    char detail[256];

    assert_int_equal(
        read_text("{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":\"no.such\"}",
                  &request, detail),
        VC_ERR_UNKNOWN_METHOD);
    assert_string_equal(json_string_value(request.id), "me");
    assert_string_equal(detail, "no.such");
    vc_control_request_clear(&request);
    assert_int_equal(read_text("{]", &request, detail), VC_ERR_BAD_REQUEST);
    assert_true(json_is_null(request.id));
    vc_control_request_clear(&request);
}

static void an_id_may_not_make_the_answer_long(void **state)
{
    (void)state;
    char text[512];
    char id[160];

    memset(id, 'x', 129);
    id[129] = '\0';
    (void)snprintf(text, sizeof(text),
                   "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"node.status\"}",
                   id);
    expect_error(text, VC_ERR_BAD_REQUEST, "id");
}

static void parameters_that_do_not_fit_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *params;
        const char *part;
    } cases[] = {
        {"contacts.get", "{}", "contact: it is missing"},
        {"contacts.get", "{\"contact\":7}", "contact: it has to be a string"},
        {"contacts.get", "{\"contact\":\"\"}", "contact: it is empty"},
        {"contacts.get", "{\"contact\":\"bob\",\"more\":1}",
         "more: there is no such field"},
        {"contacts.get", "[\"bob\"]", "it has to be an object"},
        {"contacts.get", "{\"contact\":\"b\\u0000b\"}",
         "contact: it holds a zero character"},
        {"invite.create", "{\"days\":0}", "days: it has to be 1 to 3650"},
        {"invite.create", "{\"days\":3651}", "days: it has to be 1 to 3650"},
        {"invite.create", "{\"days\":1.5}", "days: it has to be an integer"},
        {"invite.create", "{\"days\":true}", "days: it has to be an integer"},
        {"contacts.verify", "{\"contact\":\"b\",\"is_verified\":1}", "true or false"},
        {"messages.get", "{\"id\":\"abc\"}", "id: it has 3 bytes, not 64 to 64"},
        {"node.log", "{\"level\":\"loud\"}", "level: it has to be one of: error"},
        {"node.log", "{\"level\":\"warn info\"}", "level: it has to be one of: error"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text),
                       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
                       cases[i].method, cases[i].params);
        expect_error(text, VC_ERR_BAD_PARAMS, cases[i].part);
    }
}

static void a_text_may_hold_a_zero_character(void **state)
{
    (void)state;
    struct vc_control_request request;
    char detail[256];

    assert_int_equal(
        read_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"messages.send\","
                  "\"params\":{\"contact\":\"bob\",\"text\":\"a\\u0000b\"}}",
                  &request, detail),
        VC_OK);
    assert_int_equal(json_string_length(json_object_get(request.params, "text")), 3);
    vc_control_request_clear(&request);
}

static void a_long_field_name_is_quoted_in_part_and_stays_utf8(void **state)
{
    (void)state;
    char text[512] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"node.status\",\"params\":{\"";
    struct vc_control_request request;
    char detail[256];

    size_t len = strlen(text);
    for (int i = 0; i < 40; i++, len += 3)
        memcpy(text + len, "\xe2\x82\xac", 3);
    memcpy(text + len, "\":1}}", 6);
    assert_int_equal(read_text(text, &request, detail), VC_ERR_BAD_PARAMS);
    json_t *as_json = json_string(detail);
    assert_non_null(as_json);
    assert_true(strlen(detail) < 80);
    json_decref(as_json);
    vc_control_request_clear(&request);
}

static void a_line_over_the_limit_is_refused(void **state)
{
    (void)state;
    static char text[VC_CONTROL_LINE_MAX + 2];
    struct vc_control_request request;
    char detail[256];

    memset(text, ' ', sizeof(text) - 1);
    assert_int_equal(read_text(text, &request, detail), VC_ERR_BAD_REQUEST);
    assert_non_null(strstr(detail, "longer"));
    vc_control_request_clear(&request);
}

static void deep_nesting_is_refused_and_not_followed(void **state)
{
    (void)state;
    static char text[20000];

    memset(text, '[', sizeof(text) - 1);
    expect_error(text, VC_ERR_BAD_REQUEST, NULL);
}

static long allocations_left;

static void *failing_malloc(size_t len)
{
    return allocations_left-- > 0 ? malloc(len) : NULL;
}

static void every_failing_allocation_is_an_error_and_no_crash(void **state)
{
    (void)state;
    static const char text[] =
        "{\"jsonrpc\":\"2.0\",\"id\":\"an id\",\"method\":\"messages.send\","
        "\"params\":{\"contact\":\"bob\",\"text\":\"hi\",\"token\":null}}";
    vc_err err = VC_ERR_NO_MEMORY;
    int failures = 0;

    json_set_alloc_funcs(failing_malloc, free);
    for (long n = 0; err != VC_OK; n++) {
        struct vc_control_request request;
        char detail[256];
        allocations_left = n;
        err = read_text(text, &request, detail);
        failures += err != VC_OK;
        allocations_left = 1000;
        vc_control_request_clear(&request);
        assert_true(n < 1000);
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(failures > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read),
        cmocka_unit_test(parameters_are_an_empty_object_when_there_are_none),
        cmocka_unit_test(a_notification_has_no_id),
        cmocka_unit_test(a_null_parameter_is_none),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(an_error_is_answered_with_the_id),
        cmocka_unit_test(an_id_may_not_make_the_answer_long),
        cmocka_unit_test(parameters_that_do_not_fit_are_named),
        cmocka_unit_test(a_text_may_hold_a_zero_character),
        cmocka_unit_test(a_long_field_name_is_quoted_in_part_and_stays_utf8),
        cmocka_unit_test(a_line_over_the_limit_is_refused),
        cmocka_unit_test(deep_nesting_is_refused_and_not_followed),
        cmocka_unit_test(every_failing_allocation_is_an_error_and_no_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
