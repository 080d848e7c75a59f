#include "cli/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/test.h"

/* A connection whose other end is ours: what veched says is written before it is asked. */
static struct vc_connection connection;
static int other;

static int connect_pair(void **state)
{
    (void)state;
    int ends[2];

    vc_connection_init(&connection);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    connection.fd = ends[0];
    other = ends[1];
    return 0;
}

static int disconnect_pair(void **state)
{
    (void)state;
    vc_connection_close(&connection);
    return close(other);
}

static void say(const char *text)
{
    assert_int_equal(write(other, text, strlen(text)), strlen(text));
}

static void an_answer_is_found_by_its_id(void **state)
{
    (void)state;
    json_t *result = NULL;
    char asked[256] = "";

    say("{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{\"old\":1}}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"new\":1}}\n");
    assert_int_equal(vc_connection_call(&connection, "contacts.get",
                                        json_pack("{s:s}", "contact", "bob"), &result),
                     VC_OK);
    assert_non_null(json_object_get(result, "new"));
    json_decref(result);
    assert_true(read(other, asked, sizeof(asked) - 1) > 0);
    assert_string_equal(asked,
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contacts.get\","
                        "\"params\":{\"contact\":\"bob\"}}\n");
}

static void events_that_come_during_a_call_are_kept_in_order(void **state)
{
    (void)state;
    json_t *event = NULL;

    say("{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"seq\":1}}\n"
        "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"seq\":2}}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"
        "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"seq\":3}}\n");
    assert_int_equal(vc_connection_call(&connection, "node.status", NULL, NULL), VC_OK);
    for (int seq = 1; seq <= 3; seq++) {
        assert_true(vc_connection_has_more(&connection));
        assert_int_equal(vc_connection_event(&connection, 1000, &event), VC_OK);
        assert_int_equal(json_integer_value(json_object_get(event, "seq")), seq);
        json_decref(event);
    }
    assert_false(vc_connection_has_more(&connection));
    assert_int_equal(vc_connection_event(&connection, 0, &event), VC_ERR_TIMEOUT);
}

static void an_error_comes_with_the_words_of_veched(void **state)
{
    (void)state;

    say("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-28,\"name\":\"no_contact\","
        "\"message\":\"nobody\",\"hint\":\"look\",\"detail\":\"bob\"}}\n");
    assert_int_equal(vc_connection_call(&connection, "node.status", NULL, NULL),
                     VC_ERR_NO_CONTACT);
    assert_string_equal(connection.failure.words, "nobody");
    assert_string_equal(connection.failure.detail, "bob");
}

static void a_line_may_come_in_pieces(void **state)
{
    (void)state;
    struct vc_control_message message;

    say("{\"jsonrpc\":\"2.0\",");
    assert_int_equal(vc_connection_next(&connection, 0, &message), VC_ERR_TIMEOUT);
    say("\"id\":5,\"result\":{}}\n{\"json");
    assert_int_equal(vc_connection_next(&connection, 1000, &message), VC_OK);
    assert_int_equal(message.id, 5);
    json_decref(message.body);
    assert_int_equal(vc_connection_next(&connection, 0, &message), VC_ERR_TIMEOUT);
}

static void the_end_of_the_connection_is_said(void **state)
{
    (void)state;
    struct vc_control_message message;

    assert_int_equal(shutdown(other, SHUT_RDWR), 0);
    assert_int_equal(vc_connection_next(&connection, -1, &message), VC_ERR_NO_DAEMON);
    assert_int_equal(vc_connection_call(&connection, "node.status", NULL, NULL),
                     VC_ERR_NO_DAEMON);
}

static void what_is_not_the_protocol_is_another_version(void **state)
{
    (void)state;
    struct vc_control_message message;

    say("hello\n");
    assert_int_equal(vc_connection_next(&connection, 1000, &message), VC_ERR_VERSION);
}

static void a_socket_path_has_107_bytes_at_most(void **state)
{
    (void)state;
    struct vc_connection lone;
    char path[109];

    memset(path, 'x', 108);
    path[0] = '/';
    path[108] = '\0';
    vc_connection_init(&lone);
    assert_int_equal(vc_connection_open(&lone, path), VC_ERR_USAGE);
    path[107] = '\0';
    assert_int_equal(vc_connection_open(&lone, path), VC_ERR_NO_DAEMON);
    vc_connection_close(&lone);
}

static void without_a_connection_there_is_no_daemon(void **state)
{
    (void)state;
    struct vc_connection lone;
    int64_t id = 0;

    vc_connection_init(&lone);
    assert_int_equal(vc_connection_send(&lone, "node.status", json_object(), &id),
                     VC_ERR_NO_DAEMON);
    assert_int_equal(vc_connection_call(&lone, "node.status", NULL, NULL),
                     VC_ERR_NO_DAEMON);
    vc_connection_close(&lone);
}

#define WITH_PAIR(test) \
    cmocka_unit_test_setup_teardown(test, connect_pair, disconnect_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAIR(an_answer_is_found_by_its_id),
        WITH_PAIR(events_that_come_during_a_call_are_kept_in_order),
        WITH_PAIR(an_error_comes_with_the_words_of_veched),
        WITH_PAIR(a_line_may_come_in_pieces),
        WITH_PAIR(the_end_of_the_connection_is_said),
        WITH_PAIR(what_is_not_the_protocol_is_another_version),
        cmocka_unit_test(a_socket_path_has_107_bytes_at_most),
        cmocka_unit_test(without_a_connection_there_is_no_daemon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
