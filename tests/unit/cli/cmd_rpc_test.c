#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/cli/fake.h"

static int other;

/* The connection's other end is ours; @answers are there before anything is asked. */
static void begin(const char *answers)
{
    int ends[2];

    vc_fake_reset();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    vc_fake_socket(ends[0]);
    other = ends[1];
    assert_int_equal(write(other, answers, strlen(answers)), strlen(answers));
}

static void expect_asked(const char *text)
{
    char asked[4096] = "";

    (void)recv(other, asked, sizeof(asked) - 1, MSG_DONTWAIT);
    assert_string_equal(asked, text);
    close(other);
}

static void lines_go_both_ways_untouched(void **state)
{
    (void)state;

    begin("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{ }}\n");
    struct vc_run run = vc_fake_veche("{\"jsonrpc\": \"2.0\",\"id\":1}\n", "rpc");
    assert_int_equal(run.exit_code, 0);
    assert_string_equal(run.out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{ }}\n");
    assert_string_equal(run.err, "");
    vc_run_clear(&run);
    expect_asked("{\"jsonrpc\": \"2.0\",\"id\":1}\n");
}

static void
a_last_line_without_an_end_gets_one_and_blank_lines_are_left_out(void **state)
{
    (void)state;

    begin("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
    struct vc_run run = vc_fake_veche("\n  \n{\"id\":1}", "rpc");
    assert_int_equal(run.exit_code, 0);
    vc_run_clear(&run);
    expect_asked("{\"id\":1}\n");
}

static void notifications_are_not_waited_for(void **state)
{
    (void)state;

    begin("");
    struct vc_run run = vc_fake_veche(
        "{\"jsonrpc\":\"2.0\",\"method\":\"events.unsubscribe\"}\n", "rpc");
    assert_int_equal(run.exit_code, 0);
    vc_run_clear(&run);
    expect_asked("{\"jsonrpc\":\"2.0\",\"method\":\"events.unsubscribe\"}\n");
}

static void the_end_of_veched_is_an_error(void **state)
{
    (void)state;

    begin("");
    assert_int_equal(shutdown(other, SHUT_WR), 0);
    struct vc_run run = vc_fake_veche("{\"id\":1}\n", "rpc");
    assert_int_equal(run.exit_code, 4);
    vc_run_clear(&run);
    close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_go_both_ways_untouched),
        cmocka_unit_test(
            a_last_line_without_an_end_gets_one_and_blank_lines_are_left_out),
        cmocka_unit_test(notifications_are_not_waited_for),
        cmocka_unit_test(the_end_of_veched_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
